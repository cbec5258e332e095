//! The timeline of a project: its steps, when each is due, when it was begun and done.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use entity::{project, project_milestone};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{find, is_within, narrowed, outside, subject};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Refusal, Result};
use crate::limits::PROJECT_MILESTONES_MAX;
use crate::store::book::Book;
use crate::store::change::{Change, next_revision, own_ambito};
use crate::store::insert::insert_rows;
use crate::store::packed::IDS_A_STATEMENT;
use crate::store::{Transaction, Write, digest, personal, shape};

/// A step to be.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// What is to happen; each of a timeline once.
    pub item: String,
    /// By which day.
    pub due_on: NaiveDate,
}

/// What became of a step; what is not given stays.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// Its place in the timeline, from 1.
    pub number: i32,
    /// Day it was begun.
    pub started_on: Change<NaiveDate>,
    /// Day it was done.
    pub done_on: Change<NaiveDate>,
}

/// Writes the steps of a project that is still at this revision in the place of those that it has. What was reported of a step whose words stay is kept.
pub async fn set(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    steps: Vec<NewStep>,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let (service, project) = find(ambito, id)?;
    let next = next_revision(project.row_version, revision)?;
    shape::at_most(steps.len(), PROJECT_MILESTONES_MAX, "input.milestones")?;
    let old = rows(write.tx(), &[id]).await?;
    let mut new: Vec<project_milestone::Model> = Vec::with_capacity(steps.len());
    for (at, step) in steps.into_iter().enumerate() {
        let place = format!("input.milestones.{at}.item");
        let item = personal::free(shape::line(step.item, &place)?, &place)?;
        let place = format!("input.milestones.{at}.dueOn");
        let due_on = shape::day(step.due_on, &place)?;
        if !is_within(project, due_on) {
            return Err(outside(&place));
        }
        if new.iter().any(|other| other.item == item) {
            return Err(Refusal::new(Code::Duplicate).argument(format!("input.milestones.{at}.item")).into());
        }
        let known = old.iter().find(|row| row.item == item);
        let (started_on, done_on) = known.map_or((None, None), |row| (row.started_on, row.done_on));
        new.push(project_milestone::Model { id: 0, project_id: id, position: 0, item, due_on, started_on, done_on });
    }
    let digests = (canonical(&old)?, canonical(&new)?);
    let gone = project_milestone::Entity::delete_many().filter(project_milestone::Column::ProjectId.eq(id));
    gone.exec(write.tx()).await?;
    insert_rows!(write.tx(), &new, project_milestone, |at, own| {
        project_id: id,
        position: at,
        item: own.item.clone(),
        due_on: own.due_on,
        started_on: own.started_on,
        done_on: own.done_on,
    });
    turn(write.tx(), id, next).await?;
    let subject = subject(ambito, service, id);
    write.audit(permit.actor(), "project.timeline", &subject, Some(digests.0), Some(digests.1)).await
}

/// Reports what became of a step of a project that is still at this revision.
pub async fn report(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    report: StepReport,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let (service, project) = find(ambito, id)?;
    let next = next_revision(project.row_version, revision)?;
    let old = rows(write.tx(), &[id]).await?;
    let mut new = old.clone();
    let step = new.iter_mut().find(|row| row.position == report.number);
    let step = step.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.milestone"))?;
    let today = write.clock().today();
    let checked = |argument: &'static str| {
        move |day| match shape::past_day(day, today, argument)? {
            day if project.starts_on.is_some_and(|from| day < from) => Err(outside(argument)),
            day => Ok(day),
        }
    };
    let started = report.started_on.checked(checked("input.startedOn"))?;
    let done = report.done_on.checked(checked("input.doneOn"))?;
    step.started_on = started.over(step.started_on);
    step.done_on = done.over(step.done_on);
    if step.started_on.zip(step.done_on).is_some_and(|(started, done)| done < started) {
        let (it, en) = ("È concluso prima di cominciare.", "It is done before it is begun.");
        return Err(shape::invalid("input.doneOn", it, en));
    }
    let row = project_milestone::ActiveModel {
        started_on: Set(step.started_on),
        done_on: Set(step.done_on),
        ..Default::default()
    };
    let one = project_milestone::Entity::update_many().set(row).filter(project_milestone::Column::Id.eq(step.id));
    one.exec(write.tx()).await?;
    let digests = (canonical(&old)?, canonical(&new)?);
    turn(write.tx(), id, next).await?;
    let subject = subject(ambito, service, id);
    write.audit(permit.actor(), "project.milestone", &subject, Some(digests.0), Some(digests.1)).await
}

/// Refuses a shorter time of the project that leaves out the day by which a step is due, or begins after one on which a step was begun or done.
pub(super) async fn expect_fitting(tx: &Transaction, old: &project::Model, project: &project::Model) -> Result<()> {
    let (begins_later, ends_sooner) = narrowed(old, project);
    let steps = rows(tx, &[project.id]).await?;
    let came = steps.iter().flat_map(|row| [row.started_on, row.done_on]).flatten().min();
    let first = steps.iter().map(|row| row.due_on).chain(came).min();
    if begins_later && first.zip(project.starts_on).is_some_and(|(first, from)| first < from) {
        return Err(outside("input.startsOn"));
    }
    let last = steps.iter().map(|row| row.due_on).max();
    if ends_sooner && last.zip(project.ends_on).is_some_and(|(last, to)| last > to) {
        return Err(outside("input.endsOn"));
    }
    Ok(())
}

/// The steps of each of these projects, in order.
pub async fn read(tx: &Transaction, ids: &[i64]) -> Result<HashMap<i64, Arc<Vec<project_milestone::Model>>>> {
    let mut found: HashMap<i64, Vec<project_milestone::Model>> = ids.iter().map(|id| (*id, Vec::new())).collect();
    for row in rows(tx, ids).await? {
        found.entry(row.project_id).or_default().push(row);
    }
    Ok(found.into_iter().map(|(id, rows)| (id, Arc::new(rows))).collect())
}

async fn rows(tx: &Transaction, ids: &[i64]) -> Result<Vec<project_milestone::Model>> {
    let mut rows = Vec::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let of_some = project_milestone::Column::ProjectId.is_in(some.iter().copied());
        let found = project_milestone::Entity::find().filter(of_some).order_by_asc(project_milestone::Column::Position);
        rows.extend(found.all(tx).await?);
    }
    Ok(rows)
}

/// Counts a change of the project.
async fn turn(tx: &Transaction, id: i64, revision: i32) -> Result<()> {
    let row = project::ActiveModel { row_version: Set(revision), ..Default::default() };
    project::Entity::update_many().set(row).filter(project::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

fn canonical(rows: &[project_milestone::Model]) -> Result<String> {
    let row = |row: &project_milestone::Model| json!([row.item, row.due_on, row.started_on, row.done_on]);
    digest::of_value(&rows.iter().map(row).collect::<Vec<_>>())
}
