//! Reading many rows as few: the database packs the rows that belong to one row into one text, as JSON or as numbers with commas.
//!
//! Each row that a driver hands over costs it more than the row's values; at national size that is most of the time it takes to read the book.
//! The SQL is the same on both engines but for the names of two functions.

use std::str::FromStr;

use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, QueryResult, Statement};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::error::{Error, Result};

/// Between the texts of several rows. JSON never holds it unescaped.
pub(super) const RECORD: char = '\u{1e}';

/// A subquery that gives the rows of `from` as one JSON array of arrays.
pub(super) fn json(backend: DbBackend, columns: &str, from: &str) -> String {
    let (rows, row) = match backend {
        DbBackend::Postgres => ("json_agg", "json_build_array"),
        _ => ("json_group_array", "json_array"),
    };
    format!("(SELECT coalesce(CAST({rows}({row}({columns})) AS TEXT), '[]') {from})")
}

/// A column of truth as a number, since the engines write it differently in JSON.
pub(super) fn bit(column: &str) -> String {
    format!("CASE WHEN {column} THEN 1 ELSE 0 END")
}

/// Whole numbers of all rows of a group, with commas between. Two of them in one query list the rows in the same order.
pub(super) fn numbers(column: &str) -> String {
    format!("coalesce(string_agg(CAST({column} AS TEXT), ','), '')")
}

/// The rows of a statement.
pub(super) async fn rows(db: &impl ConnectionTrait, sql: String) -> Result<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?)
}

/// The rows of a table, read as one.
pub(super) async fn table<T: DeserializeOwned>(db: &impl ConnectionTrait, columns: &str, from: &str) -> Result<Vec<T>> {
    let sql = format!("SELECT {} AS packed", json(db.get_database_backend(), columns, from));
    match rows(db, sql).await?.first() {
        Some(row) => parse(&text(row, 0)?),
        None => Ok(Vec::new()),
    }
}

/// A text of a row; what is NULL is empty.
pub(super) fn text(row: &QueryResult, at: usize) -> Result<String> {
    Ok(row.try_get_by_index::<Option<String>>(at)?.unwrap_or_default())
}

/// The rows in a JSON array.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// A number in a text of our own queries.
pub(super) fn number<N: FromStr>(text: &str) -> Result<N> {
    text.parse().map_err(|_| Error::internal(format!("{text:?} is not a number")))
}

/// Reads numbers with commas between.
pub(super) fn read_numbers(text: &str, into: &mut Vec<i64>) -> Result<()> {
    into.clear();
    if text.is_empty() {
        return Ok(());
    }
    for part in text.split(',') {
        into.push(number(part)?);
    }
    Ok(())
}

/// A truth that came as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bit(pub(super) bool);

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Ok(Self(false)),
            1 => Ok(Self(true)),
            _ => Err(D::Error::custom("neither 0 nor 1")),
        }
    }
}

/// A word of a closed list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<E>(pub(super) E);

impl<'de, E: ActiveEnum<Value = String>> Deserialize<'de> for Word<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        E::try_from_value(&word).map(Self).map_err(|_| D::Error::custom("a word that is not in its list"))
    }
}
