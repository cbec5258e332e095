//! `ambito move`: a whole database into an empty one. (`move` is a word of the language, and no name for a module.)
//!
//! It says what may be moved where, and prints what was; how is `store::transfer`'s.

use std::fmt::Write as _;

use crate::clock::Clock;
use crate::config::{database_url, with_mode, without_password};
use crate::store::{State, Store, transfer};

use super::{Failure, answer};

/// Moves everything from one URL to the other, and prints each table with its rows and its digest.
pub(super) async fn run(from: &str, to: &str) -> Result<(), Failure> {
    for (argument, url) in [("--from", from), ("--to", to)] {
        // What cannot be read is not shown: a password may be anywhere in it.
        database_url(url).map_err(|problem| Failure::new(format!("{argument}: {problem}")))?;
    }
    if same(from) == same(to) {
        return Err(Failure::new("--from and --to name the same database"));
    }
    let source = open(&with_mode(from, false)).await?;
    let why_not = match source.state().await? {
        State::Current => None,
        State::New => Some("is not a database of this program"),
        State::Behind => Some("is of an older version; run `ambito migrate` on it first"),
        State::Ahead => Some("was made by a newer version of this program"),
    };
    refuse(from, why_not)?;
    refuse(from, not_owned(&source).await?)?;

    let target = open(&with_mode(to, true)).await?;
    let why_not = match target.state().await? {
        State::Current => None,
        State::New => {
            target.migrate(None).await?;
            None
        }
        State::Behind => Some("is of an older version; run `ambito migrate` on it first"),
        State::Ahead => Some("was made by a newer version of this program"),
    };
    refuse(to, why_not)?;
    refuse(to, not_owned(&target).await?)?;

    let tables = Box::pin(transfer::move_all(&source, &target)).await.map_err(Failure::new)?;
    source.close().await?;
    target.close().await?;
    let mut text = String::new();
    for table in &tables {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:<16} {:>9} {}", table.table, table.rows, table.digest);
    }
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    let (count, to) = (tables.len(), without_password(to));
    let _ = writeln!(text, "moved: {rows} rows in {count} tables, the same in both, to {to}");
    answer(&text)
}

async fn open(url: &str) -> Result<Store, Failure> {
    Store::open(url, Clock::system())
        .await
        .map_err(|problem| Failure::new(format!("the database {} cannot be opened ({problem})", without_password(url))))
}

/// What tells one database from another: what a URL says besides how to connect.
fn same(url: &str) -> String {
    let place = url.split('?').next().unwrap_or(url);
    match place.strip_prefix("sqlite:") {
        Some(path) => {
            let path = path.trim_start_matches("//");
            std::fs::canonicalize(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
        }
        // The user and the password are how to connect.
        None => place.rsplit('@').next().unwrap_or(place).trim_start_matches("postgres://").to_owned(),
    }
}

/// The numbers of the next rows can only be read and set by whom the tables belong to.
async fn not_owned(store: &Store) -> Result<Option<&'static str>, Failure> {
    let bound = store.is_postgres() && store.unbound().await?.is_none();
    Ok(bound.then_some("must be moved by the role that owns its tables"))
}

fn refuse(url: &str, why_not: Option<&str>) -> Result<(), Failure> {
    match why_not {
        Some(reason) => Err(Failure::new(format!("the database {} {reason}", without_password(url)))),
        None => Ok(()),
    }
}
