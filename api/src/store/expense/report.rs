//! Reports themselves: begun, changed, removed, and submitted.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use entity::kinds::ReportStatus;
use entity::{expense, expense_report};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::given::text;
use super::held::{Held, subject, told};
use super::lines::{Beside, expect_line, expect_room, of_draft, taken};
use super::terms::Terms;
use crate::auth::ReportPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::EXPENSE_REPORTS_A_PARTNER_MAX;
use crate::store::Write;
use crate::store::change::Change;
use crate::store::insert::insert_row;
use crate::store::master::AmbitoBook;
use crate::store::shape::{YEAR_MAX, YEAR_MIN, invalid};

/// A report to be.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Code of the agreement.
    pub agreement: String,
    /// Code of the partner; that which the asker speaks for, where left out.
    pub partner: Option<String>,
    /// First and last day of the period.
    pub period: (NaiveDate, NaiveDate),
    /// A note.
    pub note: Option<String>,
}

/// What becomes of a report; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ReportChange {
    /// First day of the period.
    pub period_from: Option<NaiveDate>,
    /// Last day of the period.
    pub period_to: Option<NaiveDate>,
    /// A note.
    pub note: Change<String>,
}

/// Begins a report of an Ambito that the permit holds for. Returns its row id.
///
/// Reports of the same partner and agreement may be of overlapping periods: a document that comes late is reported by another, and no document counts twice.
pub async fn add(write: &Write, permit: &ReportPermit, ambito: &AmbitoBook, new: NewReport) -> Result<i64> {
    let partner = match (&new.partner, permit.partner()) {
        (Some(code), _) => ambito.partners.iter().find(|partner| partner.code == *code),
        (None, Some(own)) => ambito.partners.iter().find(|partner| partner.id == own),
        (None, None) => {
            return Err(invalid("input.partner", "Indicare il partner.", "The partner is to be named."));
        }
    };
    let missing = |argument: &str| Error::from(Refusal::new(Code::NotFound).argument(argument));
    let partner = partner.filter(|partner| permit.covers(ambito.row.id, partner.id));
    let partner = partner.ok_or_else(|| missing("input.partner"))?;
    let agreement = ambito.agreement(&new.agreement);
    // To a partner an agreement with others is not there.
    let shows = |partners: &BTreeSet<i64>| permit.partner().is_none_or(|own| partners.contains(&own));
    let agreement = agreement.filter(|agreement| shows(&agreement.partners));
    let agreement = agreement.ok_or_else(|| missing("input.agreement"))?;
    if !agreement.partners.contains(&partner.id) {
        return Err(Refusal::new(Code::OutsideAgreement).argument("input.partner").into());
    }
    let agreement = &agreement.row;
    let act = act(write, (agreement.id, partner.id), new.period).await?;
    let note = text(new.note, "input.note")?;
    let number = next_number(write, agreement.id, partner.id).await?;
    let id = insert_row!(
        write.tx(),
        expense_report {
            agreement_id: agreement.id,
            partner_id: partner.id,
            number: number,
            period_from: new.period.0,
            period_to: new.period.1,
            status: ReportStatus::Draft,
            note: note,
            created_by: permit.actor().to_owned(),
            act_id: act,
        }
    );
    let subject = subject(&ambito.row.code, &agreement.code, &partner.code, number);
    let after = told(write, id).await?;
    write.audit(permit.actor(), "expense_report.add", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Changes a draft that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &ReportPermit,
    (id, revision): (i64, i32),
    change: ReportChange,
) -> Result<()> {
    let held = own(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::Draft])?;
    let period = (change.period_from.unwrap_or(held.row.period_from), change.period_to.unwrap_or(held.row.period_to));
    let act = if period == (held.row.period_from, held.row.period_to) {
        held.row.act_id
    } else {
        act(write, (held.row.agreement_id, held.row.partner_id), period).await?
    };
    let (first, last) = days(&held.expenses, period);
    for (is_in, argument) in [(first >= period.0, "input.periodFrom"), (last <= period.1, "input.periodTo")] {
        if !is_in {
            let refusal = Refusal::new(Code::OutsidePeriod).argument(argument).message(
                "Una spesa della rendicontazione ne resterebbe fuori.",
                "An expense of the report would lie outside of it.",
            );
            return Err(refusal.into());
        }
    }
    let note = match change.note {
        Change::Stays => held.row.note.clone(),
        Change::To(note) => text(note, "input.note")?,
    };
    let row = expense_report::ActiveModel {
        period_from: Set(period.0),
        period_to: Set(period.1),
        act_id: Set(act),
        note: Set(note),
        ..Default::default()
    };
    held.close_with(row, permit.actor(), "expense_report.update").await
}

/// Gives up a draft with its expenses. Its number is free again where it was the last.
pub async fn remove(write: &Write, permit: &ReportPermit, (id, revision): (i64, i32)) -> Result<()> {
    let held = own(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::Draft])?;
    expense::Entity::delete_many().filter(expense::Column::ReportId.eq(id)).exec(write.tx()).await?;
    expense_report::Entity::delete_by_id(id).exec(write.tx()).await?;
    held.close_removed(permit.actor(), "expense_report.remove").await
}

/// Submits a draft, once its lines still have room for it.
pub async fn submit(write: &Write, permit: &ReportPermit, (id, revision): (i64, i32)) -> Result<()> {
    let mut held = own(write, permit, (id, revision)).await?;
    held.expect(&[ReportStatus::Draft])?;
    if held.expenses.is_empty() {
        let (it, en) = ("La rendicontazione non ha alcuna spesa.", "The report has no expense.");
        return Err(invalid("input.report", it, en));
    }
    let lines = of_draft(&mut held).await?;
    expect_room(&held, &lines, &codes(&held.expenses), (Beside::seen_by(permit), "input.report")).await?;
    for expense in held.expenses.iter().filter(|expense| taken(expense) > allocation::Cents::ZERO) {
        if let Some(code) = &expense.line_code {
            expect_line(&lines, (code, expense.spent_on), ("input.report", "input.report"))?;
        }
    }
    let row = expense_report::ActiveModel {
        status: Set(ReportStatus::Submitted),
        submitted_by: Set(Some(permit.actor().to_owned())),
        submitted_at: Set(Some(write.clock().now())),
        ..Default::default()
    };
    held.close_with(row, permit.actor(), "expense_report.submit").await
}

/// The codes of the lines that expenses are charged to and still ask something of.
pub(super) fn codes(expenses: &[expense::Model]) -> BTreeSet<&str> {
    let asking = expenses.iter().filter(|expense| taken(expense) > allocation::Cents::ZERO);
    asking.filter_map(|expense| expense.line_code.as_deref()).collect()
}

async fn own<'w>(write: &'w Write, permit: &ReportPermit, (id, revision): (i64, i32)) -> Result<Held<'w>> {
    let covers = |ambito, partner| permit.covers(ambito, partner);
    Held::find(write, (id, revision), "input.report", covers).await
}

/// The first and the last day of expenses; the period's own where there is none.
fn days(expenses: &[expense::Model], period: (NaiveDate, NaiveDate)) -> (NaiveDate, NaiveDate) {
    let days = || expenses.iter().map(|expense| expense.spent_on);
    (days().min().unwrap_or(period.0), days().max().unwrap_or(period.1))
}

/// The act that a report of this period is under. A period that is none, or that the agreement with the partner does not have whole, is refused: what is agreed with
/// others is not there for it.
async fn act(write: &Write, of: (i64, i64), (from, to): (NaiveDate, NaiveDate)) -> Result<i64> {
    let is_day = |day: NaiveDate| (YEAR_MIN..=YEAR_MAX).contains(&day.year());
    if from > to || !is_day(from) || !is_day(to) {
        return Err(invalid(
            "input.periodTo",
            "Il periodo va da un giorno a uno non precedente, tra il 1990 e il 2200.",
            "A period is from a day to one that is not before it, between 1990 and 2200.",
        ));
    }
    let terms = Terms::read(write.tx(), &BTreeSet::from([of.0])).await?;
    if let Some((act, _)) = terms.open(of, (from, to), write.clock().today()) {
        return Ok(act.id);
    }
    let refusal = Refusal::new(Code::OutsidePeriod).argument("input.periodFrom").message(
        "Il periodo non è compreso in quello della convenzione.",
        "The period does not lie within that of the agreement.",
    );
    Err(refusal.into())
}

async fn next_number(write: &Write, agreement: i64, partner: i64) -> Result<i32> {
    let last = expense_report::Entity::find()
        .filter(expense_report::Column::AgreementId.eq(agreement))
        .filter(expense_report::Column::PartnerId.eq(partner))
        .order_by_desc(expense_report::Column::Number);
    let last = last.one(write.tx()).await?.map_or(0, |report| report.number);
    if last >= EXPENSE_REPORTS_A_PARTNER_MAX {
        let most = EXPENSE_REPORTS_A_PARTNER_MAX;
        let refusal = Refusal::new(Code::Invalid).argument("input.agreement");
        return Err(refusal.message(format!("Al massimo {most}."), format!("At most {most}.")).into());
    }
    Ok(last + 1)
}
