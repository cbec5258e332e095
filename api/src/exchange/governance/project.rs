//! `[[project]]`: the time of a project of a service, its steps, and what it spent.

use super::{came, count, given};
use crate::exchange::agreement::all;
use crate::exchange::document::{Table, Value};
use crate::exchange::text;
use crate::store::governance::ProjectTimeRecord;
use crate::store::project::ProjectChange;
use crate::store::project::timeline::NewStep;

pub(super) fn project(mut table: Table<'_>) -> Option<ProjectTimeRecord> {
    let service = table.read("service", text::code);
    let name = table.text("name");
    let ambiti = if table.has("ambiti") { count(&mut table, "ambiti") } else { None };
    let change = ProjectChange {
        name: None,
        years: given(table.text_or_none("years")),
        contribution: given(table.read_or_none("contribution", text::money)),
        fund: given(table.read_or_none("fund", text::code)),
        act: given(table.text_or_none("act")),
        starts_on: given(table.get("starts_on").and_then(Value::date)),
        ends_on: given(table.get("ends_on").and_then(Value::date)),
        ambiti: given(ambiti),
        note: given(table.text_or_none("note")),
    };
    let steps = all(&mut table, "milestone", |mut table| {
        let item = table.text("item");
        let due_on = table.need("due_on").and_then(Value::date);
        let (started_on, done_on) = came(&mut table);
        table.finish();
        Some((NewStep { item: item?, due_on: due_on? }, started_on, done_on))
    });
    let expenses = all(&mut table, "expense", |mut table| {
        let on = table.need("on").and_then(Value::date);
        let amount = table.read("amount", text::money);
        let (description, reference) = (table.text("description"), table.text_or_none("reference"));
        table.finish();
        Some((on?, amount?, description?, reference))
    });
    table.finish();
    let places = table.places(&[("milestones", "milestone"), ("expenses", "expense")]);
    Some(ProjectTimeRecord { service: service?, name: name?, change, steps: steps?, expenses: expenses?, places })
}
