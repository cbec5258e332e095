//! How far the milestones of an agreement have come. It is told of a milestone by its code, whatever the version: an amendment does not undo what was done,
//! and a renewal has milestones with codes of their own.

use chrono::NaiveDate;
use entity::{agreement, agreement_milestone, agreement_version, milestone_progress};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::json;

use super::check::{missing, note_of, outside};
use crate::auth::permit::MasterPermit;
use crate::error::{Error, Result};
use crate::store::book::Book;
use crate::store::change::{Change, next_revision, own_ambito};
use crate::store::insert::insert_row;
use crate::store::shape::invalid;
use crate::store::{Transaction, Write, digest};

/// What is reported of a milestone; what is not given stays.
#[derive(Clone, Debug)]
pub struct Reported {
    /// Code of the milestone.
    pub milestone: String,
    /// The revision that this is based on; 0 where nothing was reported yet.
    pub revision: i32,
    /// The day it began.
    pub started_on: Change<NaiveDate>,
    /// The day it was done.
    pub done_on: Change<NaiveDate>,
    /// A note.
    pub note: Change<String>,
}

/// Writes how far a milestone of an agreement has come.
pub async fn report(write: &Write, permit: &MasterPermit, id: i64, reported: Reported, book: &Book) -> Result<()> {
    let (ambito, tx) = (own_ambito(book, permit)?, write.tx());
    let own = agreement::Entity::find_by_id(id).filter(agreement::Column::AmbitoId.eq(ambito.row.id));
    let agreement = own.one(tx).await?.ok_or_else(|| missing("input.agreement".to_owned()))?;
    let start = start(tx, id, &reported.milestone).await?;
    let code = reported.milestone;
    let of_milestone = milestone_progress::Entity::find().filter(milestone_progress::Column::AgreementId.eq(id));
    let old = of_milestone.filter(milestone_progress::Column::Code.eq(&*code)).one(tx).await?;
    let next = next_revision(old.as_ref().map_or(0, |row| row.row_version), reported.revision)?;
    let before = old.as_ref().map(canonical).transpose()?;
    let today = write.clock().today();
    let checked_day = |argument: &'static str| move |day| expect_between(day, (start, today), argument);
    let note = |note| note_of(note, "input.note");
    let was = old.as_ref();
    let started_on = reported.started_on.checked(checked_day("input.startedOn"))?;
    let started_on = started_on.over(was.and_then(|row| row.started_on));
    let done_on = reported.done_on.checked(checked_day("input.doneOn"))?.over(was.and_then(|row| row.done_on));
    if started_on.zip(done_on).is_some_and(|(started, done)| done < started) {
        let (it, en) = ("Non può concludersi prima di cominciare.", "It cannot be done before it began.");
        return Err(invalid("input.doneOn", it, en));
    }
    let note = reported.note.checked(note)?.over(was.and_then(|row| row.note.clone()));
    let row = milestone_progress::Model {
        id: was.map_or(0, |row| row.id),
        agreement_id: id,
        code,
        started_on,
        done_on,
        note,
        row_version: next,
    };
    let after = canonical(&row)?;
    let subject = format!("milestone:{}/{}/{}", ambito.row.code, agreement.code, row.code);
    put(tx, row, was.is_some()).await?;
    write.audit(permit.actor(), "milestone.report", &subject, before, Some(after)).await
}

/// The first day of an agreement that has a milestone with this code in some version.
async fn start(tx: &Transaction, agreement: i64, code: &str) -> Result<NaiveDate> {
    let versions = agreement_version::Entity::find().filter(agreement_version::Column::AgreementId.eq(agreement));
    let ids = versions.clone().select_only().column(agreement_version::Column::Id).into_query();
    let named = agreement_milestone::Entity::find().filter(agreement_milestone::Column::VersionId.in_subquery(ids));
    let named = named.filter(agreement_milestone::Column::Code.eq(code)).limit(1).one(tx).await?;
    named.ok_or_else(|| missing("input.milestone".to_owned()))?;
    let first = versions.order_by_asc(agreement_version::Column::StartsOn).limit(1).one(tx).await?;
    Ok(first.ok_or_else(|| Error::broken("version of agreement", agreement))?.starts_on)
}

/// A day from the first of the agreement to today.
fn expect_between(day: NaiveDate, (start, today): (NaiveDate, NaiveDate), argument: &str) -> Result<NaiveDate> {
    if day < start {
        return Err(outside(argument));
    }
    if day > today {
        return Err(invalid(argument, "Il giorno non è ancora venuto.", "The day has not come yet."));
    }
    Ok(day)
}

async fn put(tx: &Transaction, row: milestone_progress::Model, is_there: bool) -> Result<()> {
    let milestone_progress::Model { id, agreement_id, code, started_on, done_on, note, row_version } = row;
    if !is_there {
        insert_row!(
            tx,
            milestone_progress {
                agreement_id: agreement_id,
                code: code,
                started_on: started_on,
                done_on: done_on,
                note: note,
                row_version: row_version,
            }
        );
        return Ok(());
    }
    let changed = milestone_progress::ActiveModel {
        started_on: Set(started_on),
        done_on: Set(done_on),
        note: Set(note),
        row_version: Set(row_version),
        ..Default::default()
    };
    let own = milestone_progress::Entity::update_many().set(changed);
    own.filter(milestone_progress::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

fn canonical(row: &milestone_progress::Model) -> Result<String> {
    digest::of_value(&json!([row.code, row.started_on, row.done_on, row.note]))
}
