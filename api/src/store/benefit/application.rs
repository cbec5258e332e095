//! Applications for benefits: recorded with what their measure's criteria make of them, then granted, rejected or withdrawn.

use allocation::IstatCode;
use chrono::NaiveDate;
use entity::kinds::ApplicationStatus;
use entity::{benefit_application, benefit_criterion, benefit_score};
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::grant::holds_one;
use super::measure::known_day;
use super::{
    canonical, expect_within, find_application, illegal, list, member, not_in_the_future, own_measure, pseudonym,
    reason, reference,
};
use crate::auth::permit::BenefitPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::BENEFIT_APPLICATIONS_A_MEASURE_MAX;
use crate::store::book::Book;
use crate::store::change::next_revision;
use crate::store::insert::{insert_row, insert_rows};
use crate::store::master::{AmbitoBook, BenefitMeasureEntry};
use crate::store::{Transaction, Write, shape};

/// An application to be recorded.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// Row id of the measure.
    pub measure: i64,
    /// Comune of residence.
    pub comune: IstatCode,
    /// Pseudonym of the case.
    pub case: String,
    /// The day of the application.
    pub applied_on: NaiveDate,
    /// Codes of the criteria that apply, each with how often.
    pub scores: Vec<(String, i32)>,
}

/// How an application ends without a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// By the applicant.
    Withdraw,
    /// By the managing body.
    Reject,
}

/// How often a criterion applies, and what that gives.
struct Score {
    criterion: i64,
    times: i32,
    points: i32,
}

/// Records an application, with the points that its measure's criteria give. Returns its row id.
pub async fn record(write: &Write, permit: &BenefitPermit, new: NewApplication, book: &Book) -> Result<i64> {
    let (ambito, measure) = own_measure(book, permit, new.measure)?;
    let day = known_day(new.applied_on, "input.appliedOn")?;
    let case = pseudonym(new.case, "input.case")?;
    expect_within(&measure.row, day, "input.appliedOn")?;
    not_in_the_future(write, day, "input.appliedOn")?;
    let comune = member((book, ambito), new.comune, (day, "input.comune"))?.row.id;
    let scores = scores(measure, new.scores)?;
    let points = scores.iter().try_fold(0_i32, |sum, score| sum.checked_add(score.points));
    let points = points.ok_or_else(|| Refusal::new(Code::Overflow).argument("input.scores"))?;
    if waits(write.tx(), (measure.row.id, comune, &case)).await? {
        let refusal = Refusal::new(Code::Duplicate).argument("input.case");
        return Err(refusal
            .message("Il caso ha già una domanda in attesa.", "The case has an application that waits.")
            .into());
    }
    if holds_one(write.tx(), (measure.row.id, comune, &case), (day, day)).await? {
        let refusal = Refusal::new(Code::Duplicate).argument("input.case");
        let (it, en) = ("Quel giorno il caso ha già il titolo.", "The case has the benefit on that day already.");
        return Err(refusal.message(it, en).into());
    }
    expect_room(write.tx(), measure.row.id).await?;
    let id = insert_row!(
        write.tx(),
        benefit_application {
            benefit_measure_id: measure.row.id,
            comune_id: comune,
            case_code: case,
            applied_on: day,
            points: points,
            status: ApplicationStatus::Waiting,
            recorded_by: permit.actor().to_owned(),
            recorded_at: write.clock().now(),
            reference: Some(reference::new()?),
        }
    );
    insert_rows!(write.tx(), scores, benefit_score, |at, score| {
        application_id: id,
        criterion_id: score.criterion,
        times: score.times,
        points: score.points,
    });
    let after = canonical(ambito, ("application", id), &ApplicationStatus::Waiting.to_value(), 1)?;
    write.audit(permit.actor(), "benefit.apply", &subject(ambito, id), None, Some(after)).await?;
    Ok(id)
}

/// Ends an application that waits and is still at this revision.
pub async fn close(
    write: &Write,
    permit: &BenefitPermit,
    (id, revision): (i64, i32),
    (closing, text): (Closing, String),
    book: &Book,
) -> Result<()> {
    let old = find_application(write.tx(), id).await?;
    let (ambito, _) = own_measure(book, permit, old.benefit_measure_id)?;
    let (status, act) = match closing {
        Closing::Withdraw => (ApplicationStatus::Withdrawn, "benefit.withdraw"),
        Closing::Reject => (ApplicationStatus::Rejected, "benefit.reject"),
    };
    let text = reason(text)?;
    let next = moved(write.tx(), &old, revision, (status, Some(text))).await?;
    let before = canonical(ambito, ("application", id), &old.status.to_value(), old.row_version)?;
    let after = canonical(ambito, ("application", id), &status.to_value(), next)?;
    write.audit(permit.actor(), act, &subject(ambito, id), Some(before), Some(after)).await
}

/// Gives an application that waits another status. Returns its new revision.
pub(super) async fn moved(
    tx: &Transaction,
    old: &benefit_application::Model,
    revision: i32,
    (status, reason): (ApplicationStatus, Option<String>),
) -> Result<i32> {
    let next = next_revision(old.row_version, revision)?;
    if old.status != ApplicationStatus::Waiting {
        return Err(illegal(
            "input.application",
            "La domanda non è più in attesa.",
            "The application does not wait any more.",
        ));
    }
    let row = benefit_application::ActiveModel {
        status: Set(status),
        reason: Set(reason),
        row_version: Set(next),
        ..Default::default()
    };
    let own = benefit_application::Column::Id.eq(old.id);
    benefit_application::Entity::update_many().set(row).filter(own).exec(tx).await?;
    Ok(next)
}

/// Whether an application of a case waits for a measure.
pub(super) async fn waits(tx: &Transaction, case: (i64, i64, &str)) -> Result<bool> {
    Ok(!list::of_case(tx, "benefit_application WHERE status = 'WAITING'", case).await?.is_empty())
}

/// What the criteria give, each named once and not more often than it counts.
fn scores(measure: &BenefitMeasureEntry, given: Vec<(String, i32)>) -> Result<Vec<Score>> {
    shape::at_most(given.len(), measure.criteria.len(), "input.scores")?;
    let mut scores: Vec<Score> = Vec::with_capacity(given.len());
    for (at, (code, times)) in given.into_iter().enumerate() {
        let place = |field: &str| format!("input.scores.{at}.{field}");
        let found: Option<&benefit_criterion::Model> = measure.criteria.iter().find(|own| own.code == code);
        let criterion = found.ok_or_else(|| Refusal::new(Code::NotFound).argument(place("criterion")))?;
        if scores.iter().any(|other| other.criterion == criterion.id) {
            return Err(Refusal::new(Code::Duplicate).argument(place("criterion")).into());
        }
        let most = criterion.maximum_times;
        if !(1..=most).contains(&times) {
            let refusal = Refusal::new(Code::Invalid).argument(place("times"));
            return Err(refusal
                .message(format!("Conta da 1 a {most} volte."), format!("It counts from 1 to {most} times."))
                .into());
        }
        let points = criterion.points.checked_mul(times).ok_or_else(|| Refusal::new(Code::Overflow))?;
        scores.push(Score { criterion: criterion.id, times, points });
    }
    Ok(scores)
}

async fn expect_room(tx: &Transaction, measure: i64) -> Result<()> {
    let of_measure = benefit_application::Column::BenefitMeasureId.eq(measure);
    let count = benefit_application::Entity::find().filter(of_measure).count(tx).await?;
    full(count, BENEFIT_APPLICATIONS_A_MEASURE_MAX)
}

/// Refuses one more of what a measure has so many of.
pub(super) fn full(count: u64, most: u64) -> Result<()> {
    if count < most {
        return Ok(());
    }
    let refusal = Refusal::new(Code::Invalid).argument("input.measure");
    let (it, en) = (format!("La misura ne ha già {most}."), format!("The measure has {most} of them already."));
    Err(Error::from(refusal.message(it, en)))
}

fn subject(ambito: &AmbitoBook, id: i64) -> String {
    format!("benefit:{}/application/{id}", ambito.row.code)
}
