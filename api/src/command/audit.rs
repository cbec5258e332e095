//! `ambito audit verify`: whether the audit trail is whole, as whoever doubts it asks.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::auth::{HeadKeys, Operator};
use crate::config::Config;
use crate::store::audit::{self, Checked};

use super::{Failure, Place, answer, folder};

/// Checks every event and every signed head. It prints what was checked, or fails with the first thing that is wrong.
pub(super) async fn verify(config: &Config, place: &Place, key_sets: &[PathBuf]) -> Result<(), Failure> {
    let mut keys = HeadKeys::new(folder::keys(config, place)?);
    let problems = key_sets.iter().filter_map(|file| keys.add_file(file).err()).flatten();
    let problems: Vec<String> = problems.map(|problem| format!("ambito: {problem}")).collect();
    if !problems.is_empty() {
        return Err(Failure(problems));
    }
    // Without the book: a plan that cannot be read is no reason not to look at the trail.
    let store = folder::open_unread(&folder::database_url(config, place)?).await?;
    let checked = audit::verify(&store, &Operator::at_the_machine("audit"), &keys).await?;
    store.close().await?;
    if let Some(broken) = &checked.broken {
        let reached = match &checked.last {
            Some((last, hash)) => format!("it holds up to event {last} with the hash {hash}"),
            None => "no event holds".to_owned(),
        };
        return Err(Failure::new(format!(
            "the audit trail is broken at event {}: {}; {reached}",
            broken.sequence, broken.fault
        )));
    }
    answer(&report(&checked))
}

fn report(checked: &Checked) -> String {
    let mut text = format!("events: {}", checked.events);
    // Writing to a string does not fail.
    if let Some((last, hash)) = &checked.last {
        let _ = write!(text, ", the last is event {last} with the hash {hash}");
    }
    let _ = write!(text, "\nsigned heads: {}", checked.heads);
    if let Some(last) = checked.last_head {
        let _ = write!(text, ", the last is that of event {last}");
    }
    text.push('\n');
    if let Some(first) = checked.first_unsigned {
        let count = checked.unsigned_approvals;
        let _ = writeln!(text, "remark: approvals that were not signed: {count}, the first is event {first}");
    }
    if checked.unchecked_heads > 0 {
        let count = checked.unchecked_heads;
        let _ = writeln!(text, "remark: signatures that were not checked, since no key is at hand: {count}");
    }
    text + "the audit trail holds\n"
}
