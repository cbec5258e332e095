//! `governance.toml`: who governs an Ambito and its agreements, its work plans, and the time and spending of its projects.

mod project;
mod work_plan;

use chrono::NaiveDate;
use entity::kinds::{BodyLevel, BodySide};

use super::agreement::all;
use super::document::{Source, Table, Value};
use super::files::{GOVERNANCE, GovernanceFile};
use super::names::Declared;
use super::problem::{Problem, Problems, checked};
use super::text;
use crate::store::body::{Cadence, NewBody, NewMember};
use crate::store::change::Change;
use crate::store::governance::{BodyRecord, GovernanceBundle};

/// Reads and checks a file of governance: the records, or everything that is wrong, by line.
pub fn parse_governance(file: &GovernanceFile) -> Result<GovernanceBundle, Vec<Problem>> {
    checked(|problems| read(file, problems))
}

fn read(file: &GovernanceFile, problems: &Problems) -> Option<GovernanceBundle> {
    let (source, root) = Source::parse(GOVERNANCE, file.0.text(GOVERNANCE, problems), problems);
    let mut root = source.root(&root);
    let (ambito, places) = (root.read("ambito", text::code), root.places(&[]));
    let mut codes = Declared::new();
    let bodies = all(&mut root, "body", |table| body(table, &mut codes));
    let work_plans = all(&mut root, "work_plan", work_plan::work_plan);
    let projects = all(&mut root, "project", project::project);
    root.finish();
    Some(GovernanceBundle { ambito: ambito?, bodies: bodies?, work_plans: work_plans?, projects: projects?, places })
}

/// `[[body]]`
fn body(mut table: Table<'_>, codes: &mut Declared<String>) -> Option<BodyRecord> {
    const LEVELS: [(&str, BodyLevel); 4] = [
        ("DIRECTION", BodyLevel::Direction),
        ("MUNICIPAL", BodyLevel::Municipal),
        ("PARTNER", BodyLevel::Partner),
        ("PROGRAMME", BodyLevel::Programme),
    ];
    let code = codes.declare(table.need("code"), text::code);
    let name = table.text("name");
    let level = table.need("level").and_then(|value| value.choice(&LEVELS));
    let agreement = table.read_or_none("agreement", text::code);
    let cadence = table.get("due").map(|value| value.table().and_then(cadence));
    let starts_on = table.need("starts_on").and_then(Value::date);
    let ends_on = table.get("ends_on").and_then(Value::date);
    let members = all(&mut table, "member", member);
    let meetings = all(&mut table, "meeting", |mut table| {
        let on = table.need("on").and_then(Value::date);
        let subject = table.text_or_none("subject");
        table.finish();
        Some((on?, subject))
    });
    table.finish();
    let cadence = match cadence {
        Some(given) => Some(given?),
        None => None,
    };
    Some(BodyRecord {
        new: NewBody {
            code: code?,
            name: name?,
            level: level?,
            agreement,
            cadence,
            starts_on: starts_on?,
            ends_on,
            members: members?,
        },
        meetings: meetings?,
        places: table.places(&[("members", "member"), ("meetings", "meeting")]),
    })
}

/// `due`
fn cadence(mut table: Table<'_>) -> Option<Cadence> {
    let (meetings, every_months) = (count(&mut table, "meetings"), count(&mut table, "every_months"));
    table.finish();
    Some(Cadence { meetings: meetings?, every_months: every_months? })
}

/// `member`
fn member(mut table: Table<'_>) -> Option<NewMember> {
    const SIDES: [(&str, BodySide); 4] = [
        ("COMUNE", BodySide::Comune),
        ("MANAGING_BODY", BodySide::ManagingBody),
        ("PARTNER", BodySide::Partner),
        ("OTHER", BodySide::Other),
    ];
    let side = table.need("side").and_then(|value| value.choice(&SIDES));
    let (organisation, role) = (table.text("organisation"), table.text("role"));
    let seats = count(&mut table, "seats");
    table.finish();
    Some(NewMember { side: side?, organisation: organisation?, role: role?, seats: seats? })
}

/// A needed number from 1.
fn count(table: &mut Table<'_>, key: &str) -> Option<i32> {
    let value = table.need(key)?;
    let count = i32::try_from(value.count()?).ok();
    if count.is_none() {
        value.problem("the number is too large");
    }
    count
}

/// The days of a thing that may have been begun and done.
fn came(table: &mut Table<'_>) -> (Option<NaiveDate>, Option<NaiveDate>) {
    (table.get("started_on").and_then(Value::date), table.get("done_on").and_then(Value::date))
}

/// What is not in the file stays as it is.
fn given<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Stays, |value| Change::To(Some(value)))
}
