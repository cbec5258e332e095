//! Grants: a benefit for a case, from an application or directly, within what its measure has left.

use allocation::{Cents, IstatCode};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::kinds::{ApplicationStatus, GrantStatus};
use entity::{benefit_grant, benefit_grant_event, benefit_measure};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::application::{full, moved, waits};
use super::list::Granted;
use super::measure::{act, known_day};
use super::term::{Amount, Term, Turn};
use super::{
    canonical, expect_within, find_application, list, member, not_in_the_future, own_measure, pseudonym, reference,
};
use crate::auth::permit::BenefitPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{BENEFIT_CENTS_MAX, BENEFIT_GRANTS_A_MEASURE_MAX};
use crate::store::activity::Month;
use crate::store::book::Book;
use crate::store::insert::insert_row;
use crate::store::master::AmbitoBook;
use crate::store::{Transaction, Write, shape};

/// Whom a benefit is granted to.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// Whoever applied: row id of the application, and its revision as the caller saw it.
    Application(i64, i32),
    /// A case that did not.
    Case {
        /// Row id of the measure.
        measure: i64,
        /// Comune of residence.
        comune: IstatCode,
        /// Pseudonym.
        case: String,
    },
}

/// A benefit to be granted.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// To whom.
    pub recipient: Recipient,
    /// Kind of benefit, which is the measure's.
    pub kind: Option<String>,
    /// The act that grants it.
    pub act: Option<String>,
    /// The day of it; today where left out.
    pub granted_on: Option<NaiveDate>,
    /// The day it was recorded elsewhere, where it is taken over from there.
    pub recorded_on: Option<NaiveDate>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// How much.
    pub amount: Amount,
}

/// A case of a comune, under a measure.
struct Whom {
    comune: i64,
    case: String,
    /// The application that is answered, and the day of it.
    application: Option<(i64, NaiveDate)>,
}

/// Grants a benefit. Returns its row id.
pub async fn grant(write: &Write, permit: &BenefitPermit, new: NewGrant, book: &Book) -> Result<i64> {
    let tx = write.tx();
    let measure = match &new.recipient {
        Recipient::Application(id, _) => find_application(tx, *id).await?.benefit_measure_id,
        Recipient::Case { measure, .. } => *measure,
    };
    let (ambito, measure) = own_measure(book, permit, measure)?;
    let measure = &measure.row;
    let (starts_on, ends_on) = days(&new, measure)?;
    let kind = kind(new.kind, measure)?;
    let act = new.act.map(act).transpose()?;
    let term = term(starts_on, ends_on, new.amount)?;
    let whom = whom(tx, new.recipient, measure, ((book, ambito), starts_on)).await?;
    let granted_on = new.granted_on.unwrap_or_else(|| write.clock().today());
    known_day(granted_on, "input.grantedOn")?;
    not_in_the_future(write, granted_on, "input.grantedOn")?;
    if whom.application.is_some_and(|(_, applied_on)| granted_on < applied_on) {
        let (it, en) = ("È prima della domanda.", "It is before the application.");
        return Err(shape::invalid("input.grantedOn", it, en));
    }
    expect_single(tx, measure.id, &whom, &term).await?;
    let committed = term.committed()?;
    expect_left(tx, measure, committed).await?;
    let recorded_at = new.recorded_on.map_or_else(|| write.clock().now(), |day| day.and_time(NaiveTime::MIN).and_utc());
    let (monthly, single) = match new.amount {
        Amount::Monthly(amount) => (Some(amount.get()), None),
        Amount::Single(amount) => (None, Some(amount.get())),
    };
    let id = insert_row!(
        tx,
        benefit_grant {
            benefit_measure_id: measure.id,
            application_id: whom.application.map(|(id, _)| id),
            comune_id: whom.comune,
            case_code: whom.case,
            kind: kind,
            act: act,
            granted_on: granted_on,
            starts_on: starts_on,
            ends_on: ends_on,
            monthly_cents: monthly,
            single_cents: single,
            committed_cents: committed.get(),
            status: GrantStatus::Granted,
            recorded_by: permit.actor().to_owned(),
            recorded_at: recorded_at,
            reference: Some(reference::new()?),
        }
    );
    let first = Turn { status: GrantStatus::Granted, from: starts_on };
    insert_turn(write, permit, (id, 1), (first, None), recorded_at).await?;
    let after = canonical(ambito, ("grant", id), &GrantStatus::Granted.to_value(), 1)?;
    write.audit(permit.actor(), "benefit.grant", &subject(ambito, id), None, Some(after)).await?;
    Ok(id)
}

/// The kind of a grant is its measure's: another would be another measure, and a kind written otherwise would be one more kind for good.
fn kind(given: Option<String>, measure: &benefit_measure::Model) -> Result<String> {
    if given.is_none_or(|given| given == measure.kind) {
        return Ok(measure.kind.clone());
    }
    let (it, en) = ("La tipologia è quella della misura.", "The kind is that of the measure.");
    Err(shape::invalid("input.kind", it, en))
}

/// The period of a grant, within its measure's.
fn days(new: &NewGrant, measure: &benefit_measure::Model) -> Result<(NaiveDate, NaiveDate)> {
    let starts_on = known_day(new.starts_on, "input.from")?;
    let ends_on = known_day(new.ends_on, "input.to")?;
    if ends_on < starts_on {
        let (it, en) = ("L'ultimo giorno è prima del primo.", "The last day is before the first.");
        return Err(shape::invalid("input.to", it, en));
    }
    expect_within(measure, starts_on, "input.from")?;
    expect_within(measure, ends_on, "input.to")?;
    Ok((starts_on, ends_on))
}

fn term(starts_on: NaiveDate, ends_on: NaiveDate, amount: Amount) -> Result<Term> {
    if amount.get() <= Cents::ZERO {
        return Err(shape::invalid("input.amount", "Un titolo è più di zero.", "A benefit is above zero."));
    }
    if amount.get() > Cents::new(BENEFIT_CENTS_MAX) {
        return Err(Refusal::new(Code::Overflow).argument("input.amount").into());
    }
    let turns = vec![Turn { status: GrantStatus::Granted, from: starts_on }];
    Ok(Term { starts_on, ends_on, amount, turns })
}

/// Whom a benefit goes to. An application that waits is granted by it; a case that has one is granted through it.
async fn whom(
    tx: &Transaction,
    recipient: Recipient,
    measure: &benefit_measure::Model,
    ((book, ambito), starts_on): ((&Book, &AmbitoBook), NaiveDate),
) -> Result<Whom> {
    match recipient {
        Recipient::Application(id, revision) => {
            let application = find_application(tx, id).await?;
            let istat = book.comune(application.comune_id).map(|comune| comune.istat);
            let istat = istat.ok_or_else(|| Error::broken("comune of benefit application", id))?;
            let comune = member((book, ambito), istat, (starts_on, "input.recipient.application"))?.row.id;
            moved(tx, &application, revision, (ApplicationStatus::Granted, None)).await?;
            let applied = Some((id, application.applied_on));
            Ok(Whom { comune, case: application.case_code, application: applied })
        }
        Recipient::Case { comune, case, .. } => {
            let case = pseudonym(case, "input.recipient.case.case")?;
            let comune = member((book, ambito), comune, (starts_on, "input.recipient.case.comune"))?.row.id;
            if waits(tx, (measure.id, comune, &case)).await? {
                let refusal = Refusal::new(Code::Duplicate).argument("input.recipient.case.case");
                let (it, en) = (
                    "Il caso ha una domanda in attesa: si concede quella.",
                    "The case has an application that waits: grant that one.",
                );
                return Err(refusal.message(it, en).into());
            }
            Ok(Whom { comune, case, application: None })
        }
    }
}

/// Refuses a second benefit to the same case on days that another holds, whether that one lasts or has ended since, and in a month for which that one is due: a month that had begun when a
/// benefit ended is due whole, and no month is due twice.
async fn expect_single(tx: &Transaction, measure: i64, whom: &Whom, wanted: &Term) -> Result<()> {
    let case = (measure, whom.comune, whom.case.as_str());
    if holds_one(tx, case, (wanted.starts_on, wanted.ends_on)).await? {
        let refusal = Refusal::new(Code::Duplicate).argument("input.recipient");
        let (it, en) = ("Il caso ha già il titolo in quei giorni.", "The case has the benefit on these days already.");
        return Err(refusal.message(it, en).into());
    }
    expect_months_free(tx, (case, None), wanted, "input.from").await
}

/// Refuses what makes a month due to a case that another benefit of the measure is due for; `None` is a benefit that is not recorded yet.
pub(super) async fn expect_months_free(
    tx: &Transaction,
    (case, own): ((i64, i64, &str), Option<i64>),
    wanted: &Term,
    argument: &str,
) -> Result<()> {
    let months: Vec<Month> = wanted.due().into_iter().map(|(month, _)| month).collect();
    for Granted { row, history, .. } in list::grants_of_case(tx, case).await? {
        if own == Some(row.id) {
            continue;
        }
        let due = list::term(&row, &history)?.due();
        if let Some((month, _)) = due.into_iter().find(|(month, _)| months.contains(month)) {
            let (first, last) = (month.first_day(), month.last_day());
            let (it, en) = (
                format!("Il mese dal {first} al {last} è già dovuto al caso con un altro titolo della misura."),
                format!(
                    "The month from {first} to {last} is due to the case already, under another benefit of the measure."
                ),
            );
            return Err(Refusal::new(Code::Duplicate).argument(argument).message(it, en).into());
        }
    }
    Ok(())
}

/// Whether a case has a benefit of a measure on one of these days.
pub(super) async fn holds_one(
    tx: &Transaction,
    case: (i64, i64, &str),
    (from, to): (NaiveDate, NaiveDate),
) -> Result<bool> {
    for Granted { row, history, .. } in list::grants_of_case(tx, case).await? {
        let held = list::term(&row, &history)?.days();
        if held.is_some_and(|(first, last)| first <= to && from <= last) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses more than a measure's budget has left. Whoever writes does so alone, so that nobody else takes it in between.
async fn expect_left(tx: &Transaction, measure: &benefit_measure::Model, wanted: Cents) -> Result<()> {
    let of_measure = benefit_grant::Column::BenefitMeasureId.eq(measure.id);
    full(benefit_grant::Entity::find().filter(of_measure).count(tx).await?, BENEFIT_GRANTS_A_MEASURE_MAX)?;
    let committed = list::committed(tx, &[measure.id]).await?.remove(&measure.id).unwrap_or(Cents::ZERO);
    let budget = Cents::new(measure.budget_cents.unwrap_or(0));
    if committed.checked_add(wanted)? <= budget {
        return Ok(());
    }
    let left = budget.checked_sub(committed)?;
    let refusal = Refusal::new(Code::BeyondBudget).argument("input.amount");
    let (it, en) = (
        format!("Il titolo impegna {wanted} euro; la misura ne ha ancora {left}."),
        format!("The benefit takes {wanted} euro; the measure has {left} left."),
    );
    Err(refusal.message(it, en).into())
}

/// Adds to a grant's history.
pub(super) async fn insert_turn(
    write: &Write,
    permit: &BenefitPermit,
    (grant, position): (i64, i32),
    (turn, reason): (Turn, Option<String>),
    recorded_at: DateTime<Utc>,
) -> Result<()> {
    insert_row!(
        write.tx(),
        benefit_grant_event {
            grant_id: grant,
            position: position,
            status: turn.status,
            from_date: turn.from,
            reason: reason,
            recorded_by: permit.actor().to_owned(),
            recorded_at: recorded_at,
        }
    );
    Ok(())
}

pub(super) fn subject(ambito: &AmbitoBook, id: i64) -> String {
    format!("benefit:{}/{id}", ambito.row.code)
}
