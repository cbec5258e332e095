//! `[[work_plan]]`: what is to be done in a period, and what was reported of it.

use super::{came, given};
use crate::exchange::agreement::all;
use crate::exchange::document::{Table, Value};
use crate::exchange::names::Declared;
use crate::exchange::text;
use crate::store::agreement::given::MilestoneDay;
use crate::store::governance::WorkPlanRecord;
use crate::store::work_plan::report::MilestoneReport;
use crate::store::work_plan::{GivenWorkPlan, NewMilestone};

pub(super) fn work_plan(mut table: Table<'_>) -> Option<WorkPlanRecord> {
    let year = table.need("programme").and_then(Value::year);
    let code = table.read("code", text::code);
    let title = table.text("title");
    let (act, note) = (table.text_or_none("act"), table.text_or_none("note"));
    let starts_on = table.need("starts_on").and_then(Value::date);
    let ends_on = table.need("ends_on").and_then(Value::date);
    let effective_from = table.get("effective_from").and_then(Value::date);
    let assumed = table.flag("assumed");
    let mut codes = Declared::new();
    let milestones = all(&mut table, "milestone", |table| milestone(table, &mut codes));
    let reports = all(&mut table, "report", |mut table| {
        let milestone = table.need("milestone").and_then(|value| codes.refer(value, "milestone", text::code));
        let (started_on, done_on) = came(&mut table);
        let note = table.text_or_none("note");
        table.finish();
        Some(MilestoneReport {
            milestone: milestone?,
            revision: 0,
            started_on: given(started_on),
            done_on: given(done_on),
            note: given(note),
        })
    });
    table.finish();
    Some(WorkPlanRecord {
        year: year?,
        code: code?,
        given: GivenWorkPlan {
            title: title?,
            act,
            note,
            starts_on: starts_on?,
            ends_on: ends_on?,
            effective_from,
            milestones: milestones?,
            assumed,
        },
        reports: reports?,
        places: table.places(&[("milestones", "milestone"), ("reports", "report")]),
    })
}

/// `milestone`
fn milestone(mut table: Table<'_>, codes: &mut Declared<String>) -> Option<NewMilestone> {
    let code = codes.declare(table.need("code"), text::code);
    let item = table.text("item");
    let responsible = table.text_or_none("responsible");
    let when = match (table.get("from"), table.get("by")) {
        (Some(value), None) => value.date().map(MilestoneDay::From),
        (None, Some(value)) => value.date().map(MilestoneDay::By),
        _ => {
            table.problem("a milestone has either `from` or `by`");
            None
        }
    };
    table.finish();
    Some(NewMilestone { code: code?, item: item?, responsible, when: when? })
}
