//! What a project spends of its contribution. Expenses are only added to: one that was a mistake is taken back by a row of its own.

use std::collections::HashMap;

use allocation::Cents;
use chrono::NaiveDate;
use entity::{project, project_expense};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{find, is_within, narrowed, outside};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{PAYMENT_CENTS_MAX, PAYMENT_REFERENCE_CHARACTERS_MAX};
use crate::store::book::Book;
use crate::store::change::own_ambito;
use crate::store::insert::insert_row;
use crate::store::master::{AmbitoBook, ServiceEntry};
use crate::store::packed::{self, IDS_A_STATEMENT};
use crate::store::pages::{self, Asked, Found, Place};
use crate::store::{Transaction, Write, digest, personal, shape};

/// An expense to be recorded.
#[derive(Clone, Debug)]
pub struct NewExpense {
    /// Row id of the project.
    pub project: i64,
    /// The day; not after today.
    pub spent_on: NaiveDate,
    /// How much; above zero.
    pub amount: Cents,
    /// What for.
    pub description: String,
    /// The document it rests on.
    pub reference: Option<String>,
}

/// Records an expense of a project, within its time and, on its day and on every day after it, its contribution: what is taken back counts from the day of
/// the reversal only. Returns its row id.
pub async fn record(write: &Write, permit: &MasterPermit, new: NewExpense, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let (service, project) = find(ambito, new.project)?;
    let spent_on = shape::past_day(new.spent_on, write.clock().today(), "input.spentOn")?;
    if !is_within(project, spent_on) {
        return Err(outside("input.spentOn"));
    }
    if new.amount <= Cents::ZERO {
        return Err(shape::invalid("input.amount", "Una spesa è più di zero.", "An expense is above zero."));
    }
    if new.amount > Cents::new(PAYMENT_CENTS_MAX) {
        return Err(Refusal::new(Code::Overflow).argument("input.amount").into());
    }
    let description = personal::free(shape::line(new.description, "input.description")?, "input.description")?;
    let reference = new.reference.map(reference).transpose()?;
    let most = highest(write.tx(), project.id, Some(spent_on)).await?;
    let left = Cents::new(project.contribution_cents.unwrap_or(0)).checked_sub(most)?;
    if new.amount > left {
        let refusal = Refusal::new(Code::BeyondBudget).argument("input.amount").message(
            format!("Del contributo restano {left} euro, da quel giorno in poi."),
            format!("Of the contribution {left} euro are left, from that day on."),
        );
        return Err(refusal.into());
    }
    let row = project_expense::Model {
        id: 0,
        project_id: project.id,
        spent_on,
        amount_cents: new.amount.get(),
        description,
        reference,
        reverses_id: None,
        recorded_by: permit.actor().to_owned(),
        recorded_at: write.clock().now(),
    };
    insert(write, (permit, "project_expense.record"), (ambito, service), row).await
}

/// Refuses an expense that the project has already and that was not taken back: of the same day, amount, description and reference. A file that is sent
/// a second time would book it twice.
pub async fn expect_unknown(write: &Write, new: &NewExpense) -> Result<()> {
    let description = shape::line(new.description.clone(), "input.description")?;
    let document = new.reference.clone().map(reference).transpose()?;
    let of_document = match document {
        Some(document) => project_expense::Column::Reference.eq(document),
        None => project_expense::Column::Reference.is_null(),
    };
    let same = project_expense::Entity::find()
        .filter(project_expense::Column::ProjectId.eq(new.project))
        .filter(project_expense::Column::SpentOn.eq(new.spent_on))
        .filter(project_expense::Column::AmountCents.eq(new.amount.get()))
        .filter(project_expense::Column::Description.eq(description))
        .filter(project_expense::Column::ReversesId.is_null())
        .filter(of_document);
    let same: Vec<i64> = same.all(write.tx()).await?.into_iter().map(|row| row.id).collect();
    let reversed =
        project_expense::Entity::find().filter(project_expense::Column::ReversesId.is_in(same.iter().copied()));
    if reversed.all(write.tx()).await?.len() < same.len() {
        return Err(Refusal::new(Code::Duplicate).into());
    }
    Ok(())
}

/// Takes an expense back as a whole, on a day from its own to today. Returns the row id of the reversal.
pub async fn reverse(
    write: &Write,
    permit: &MasterPermit,
    id: i64,
    (on, why): (NaiveDate, Option<String>),
    book: &Book,
) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let old = written(write, id).await?.ok_or_else(|| Error::broken("project_expense", id))?;
    let (service, _) = find(ambito, old.project_id)?;
    let reversals = project_expense::Entity::find().filter(project_expense::Column::ReversesId.eq(id));
    if old.reverses_id.is_some() || reversals.one(write.tx()).await?.is_some() {
        let refusal = Refusal::new(Code::Duplicate).argument("input.expense");
        return Err(refusal.message("È già stornata, o è uno storno.", "It is reversed, or is a reversal.").into());
    }
    if on < old.spent_on || on > write.clock().today() {
        return Err(shape::invalid(
            "input.reversedOn",
            "Lo storno va dal giorno della spesa a oggi.",
            "A reversal is of a day from that of the expense to today.",
        ));
    }
    let row = project_expense::Model {
        spent_on: on,
        amount_cents: Cents::ZERO.checked_sub(Cents::new(old.amount_cents))?.get(),
        reference: why.map(reference).transpose()?,
        reverses_id: Some(id),
        recorded_by: permit.actor().to_owned(),
        recorded_at: write.clock().now(),
        ..old
    };
    insert(write, (permit, "project_expense.reverse"), (ambito, service), row).await
}

async fn insert(
    write: &Write,
    (permit, act): (&MasterPermit, &str),
    (ambito, service): (&AmbitoBook, &ServiceEntry),
    row: project_expense::Model,
) -> Result<i64> {
    let project_expense::Model { project_id, spent_on, amount_cents, reverses_id, .. } = row;
    let after =
        digest::of_value(&json!([project_id, spent_on, amount_cents, row.description, row.reference, reverses_id]))?;
    let id = insert_row!(
        write.tx(),
        project_expense {
            project_id: project_id,
            spent_on: spent_on,
            amount_cents: amount_cents,
            description: row.description,
            reference: row.reference,
            reverses_id: reverses_id,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
        }
    );
    let subject = format!("project_expense:{}/{}/{project_id}/{id}", ambito.row.code, service.row.code);
    write.audit(permit.actor(), act, &subject, None, Some(after)).await?;
    Ok(id)
}

fn reference(text: String) -> Result<String> {
    let text = shape::line_of(text, "input.reference", PAYMENT_REFERENCE_CHARACTERS_MAX)?;
    personal::refuse_reference(&text, "input.reference").map(|()| text)
}

/// An expense as a write sees it.
pub async fn written(write: &Write, id: i64) -> Result<Option<project_expense::Model>> {
    Ok(project_expense::Entity::find_by_id(id).one(write.tx()).await?)
}

/// Refuses what a project becomes where it fits what was spent worse than it did.
pub(super) async fn expect_fitting(tx: &Transaction, old: &project::Model, project: &project::Model) -> Result<()> {
    let contribution = |row: &project::Model| Cents::new(row.contribution_cents.unwrap_or(0));
    let spent = highest(tx, project.id, None).await?;
    if contribution(project) < contribution(old) && contribution(project) < spent {
        let refusal = Refusal::new(Code::BeyondBudget).argument("input.contribution").message(
            format!("Del progetto risultano spesi fino a {spent} euro."),
            format!("Of the project up to {spent} euro were spent."),
        );
        return Err(refusal.into());
    }
    // A reversal may come when the project is over, and an expense that was taken back holds up nobody.
    let sql = "SELECT min(e.spent_on), max(e.spent_on) FROM project_expense e WHERE e.project_id = $1 \
               AND e.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM project_expense r WHERE r.reverses_id = e.id)";
    let rows = packed::rows(tx, sql, [project.id.into()]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let day = |at: usize| -> Result<Option<NaiveDate>> { Ok(row.try_get_by_index(at)?) };
    let (begins_later, ends_sooner) = narrowed(old, project);
    if begins_later && day(0)?.zip(project.starts_on).is_some_and(|(first, from)| first < from) {
        return Err(outside("input.startsOn"));
    }
    if ends_sooner && day(1)?.zip(project.ends_on).is_some_and(|(last, to)| last > to) {
        return Err(outside("input.endsOn"));
    }
    Ok(())
}

/// The most that a project had spent at the end of a day: of this day and all after it, or of all days where none is given.
async fn highest(tx: &Transaction, project: i64, from: Option<NaiveDate>) -> Result<Cents> {
    let sql = "SELECT spent_on, CAST(sum(amount_cents) AS BIGINT) FROM project_expense WHERE project_id = $1 \
               GROUP BY spent_on ORDER BY spent_on";
    let (mut sum, mut most) = (Cents::ZERO, Cents::ZERO);
    for row in packed::rows(tx, sql, [project.into()]).await? {
        let day: NaiveDate = row.try_get_by_index(0)?;
        sum = sum.checked_add(Cents::new(row.try_get_by_index(1)?))?;
        // What was spent before the day stands on it, and no earlier sum does.
        most = if from.is_some_and(|from| day <= from) { sum } else { most.max(sum) };
    }
    Ok(most)
}

/// What each project had spent by a day, that day included.
pub async fn sums(tx: &Transaction, keys: &[(i64, NaiveDate)]) -> Result<HashMap<(i64, NaiveDate), Cents>> {
    let mut found: HashMap<(i64, NaiveDate), Cents> = keys.iter().map(|key| (*key, Cents::ZERO)).collect();
    let mut days: Vec<NaiveDate> = keys.iter().map(|(_, day)| *day).collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
        let of_day: Vec<i64> = keys.iter().filter(|key| key.1 == day).map(|key| key.0).collect();
        let sums = sums_of(tx, &of_day, day).await?;
        found.extend(sums.into_iter().map(|(id, sum)| ((id, day), sum)));
    }
    Ok(found)
}

async fn sums_of(tx: &Transaction, ids: &[i64], day: NaiveDate) -> Result<HashMap<i64, Cents>> {
    let mut found = HashMap::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let (names, mut values) = packed::parameters(some);
        values.push(day.into());
        let until = format!("spent_on <= ${}", values.len());
        let sql = format!(
            "SELECT project_id, CAST(sum(amount_cents) AS BIGINT) FROM project_expense \
             WHERE project_id IN ({names}) AND {until} GROUP BY project_id"
        );
        for row in packed::rows(tx, &sql, values).await? {
            found.insert(row.try_get_by_index(0)?, Cents::new(row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// Pages of the expenses of projects.
pub async fn read(tx: &Transaction, asked: &[Asked]) -> Result<HashMap<Asked, Found<project_expense::Model>>> {
    let place = Place {
        from: "project_expense",
        id: "id",
        owner: "project_id",
        day: "spent_on",
        is_month: false,
        condition: String::new(),
    };
    pages::read::<project_expense::Entity>(tx, &place, asked, project_expense::Column::Id, |row| row.id).await
}
