//! What is reported of the milestones of a work plan. A report says all that is known of one by then; it is never changed, only followed by another.

use chrono::NaiveDate;
use entity::{work_plan_milestone, work_plan_report, work_plan_version};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{NOTE_CHARACTERS_MAX, outside, own};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::WORK_PLAN_VERSIONS_MAX;
use crate::store::ambito::expect_room;
use crate::store::book::Book;
use crate::store::change::{Change, next_revision};
use crate::store::insert::insert_row;
use crate::store::text::checked;
use crate::store::{Transaction, Write, digest, personal, shape};

/// What became of a milestone; what is not given stays as the last report has it.
#[derive(Clone, Debug)]
pub struct MilestoneReport {
    /// Code of the milestone.
    pub milestone: String,
    /// How many reports of it the caller saw; 0 where there was none.
    pub revision: i32,
    /// Day it was begun.
    pub started_on: Change<NaiveDate>,
    /// Day it was done.
    pub done_on: Change<NaiveDate>,
    /// A note.
    pub note: Change<String>,
}

/// Adds a report of a milestone that the last version of a work plan has.
pub async fn report(write: &Write, permit: &MasterPermit, id: i64, report: MilestoneReport, book: &Book) -> Result<()> {
    let (ambito, plan) = own(write, permit, id, book).await?;
    let code = report.milestone;
    let start = start_of(write.tx(), id, &code).await?;
    let old = work_plan_report::Entity::find()
        .filter(work_plan_report::Column::WorkPlanId.eq(id))
        .filter(work_plan_report::Column::Code.eq(&*code))
        .order_by_desc(work_plan_report::Column::Number);
    let old = old.one(write.tx()).await?;
    let number = next_revision(old.as_ref().map_or(0, |row| row.number), report.revision)?;
    expect_room(usize::try_from(report.revision).unwrap_or(usize::MAX), WORK_PLAN_VERSIONS_MAX, "input.milestone")?;
    let before = old.as_ref().map(canonical).transpose()?;
    let today = write.clock().today();
    let came = |argument: &'static str| {
        move |day| match shape::past_day(day, today, argument)? {
            day if day < start => {
                Err(outside(argument, "È prima dell'inizio del piano.", "It is before the plan begins."))
            }
            day => Ok(day),
        }
    };
    let note = |text| personal::free(checked(text, "input.note", NOTE_CHARACTERS_MAX)?, "input.note");
    let was = old.as_ref();
    let started_on = report.started_on.checked(came("input.startedOn"))?.over(was.and_then(|row| row.started_on));
    let done_on = report.done_on.checked(came("input.doneOn"))?.over(was.and_then(|row| row.done_on));
    if started_on.zip(done_on).is_some_and(|(started, done)| done < started) {
        let (it, en) = ("È concluso prima di cominciare.", "It is done before it is begun.");
        return Err(shape::invalid("input.doneOn", it, en));
    }
    let note = report.note.checked(note)?.over(was.and_then(|row| row.note.clone()));
    let told = was.map_or((None, None, None), |row| (row.started_on, row.done_on, row.note.as_ref()));
    if (started_on, done_on, note.as_ref()) == told {
        let (it, en) = ("Non cambia nulla di quanto è noto.", "It changes nothing of what is known.");
        return Err(shape::invalid("input.milestone", it, en));
    }
    let row = work_plan_report::Model {
        id: 0,
        work_plan_id: id,
        code,
        number,
        started_on,
        done_on,
        note,
        recorded_by: permit.actor().to_owned(),
        recorded_at: write.clock().now(),
    };
    let after = canonical(&row)?;
    let subject = format!("{}/{}", super::subject(ambito, plan.programme_id, &plan.code), row.code);
    insert_row!(
        write.tx(),
        work_plan_report {
            work_plan_id: row.work_plan_id,
            code: row.code,
            number: row.number,
            started_on: row.started_on,
            done_on: row.done_on,
            note: row.note,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
        }
    );
    write.audit(permit.actor(), "work_plan.milestone", &subject, before, Some(after)).await
}

/// The day that nothing of a milestone of the last version comes before: the start of the first version that has it, or of the last where that is earlier.
async fn start_of(tx: &Transaction, plan: i64, code: &str) -> Result<NaiveDate> {
    let versions = work_plan_version::Entity::find().filter(work_plan_version::Column::WorkPlanId.eq(plan));
    let versions = versions.order_by_asc(work_plan_version::Column::Number).all(tx).await?;
    let last = versions.last().ok_or_else(|| Error::broken("work_plan", plan))?;
    let milestones = work_plan_milestone::Entity::find()
        .filter(work_plan_milestone::Column::VersionId.is_in(versions.iter().map(|version| version.id)))
        .filter(work_plan_milestone::Column::Code.eq(code));
    let milestones = milestones.all(tx).await?;
    let has_it = |version: &&work_plan_version::Model| milestones.iter().any(|row| row.version_id == version.id);
    if !has_it(&last) {
        return Err(Refusal::new(Code::NotFound).argument("input.milestone").into());
    }
    Ok(held(&versions).find(has_it).map_or(last.starts_on, |first| first.starts_on.min(last.starts_on)))
}

/// The versions that held on some day: one that was put right on its own day never did.
fn held(versions: &[work_plan_version::Model]) -> impl Iterator<Item = &work_plan_version::Model> {
    let is_replaced = |at: usize, own: &work_plan_version::Model| {
        versions.get(at + 1).is_some_and(|next| next.effective_from <= own.effective_from)
    };
    versions.iter().enumerate().filter(move |(at, own)| !is_replaced(*at, own)).map(|(_, own)| own)
}

fn canonical(row: &work_plan_report::Model) -> Result<String> {
    digest::of_value(&json!([row.code, row.number, row.started_on, row.done_on, row.note]))
}
