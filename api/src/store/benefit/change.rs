//! What becomes of a grant: it is suspended and resumed, ends, or is revoked. Each is one more entry of its history, from a day.

use chrono::NaiveDate;
use entity::benefit_grant;
use entity::kinds::GrantStatus;
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::grant::{expect_months_free, insert_turn, subject};
use super::list::{self, Granted};
use super::measure::known_day;
use super::term::Turn;
use super::{canonical, illegal, own_measure, reason};
use crate::auth::permit::BenefitPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::BENEFIT_TURNS_A_GRANT_MAX;
use crate::store::Write;
use crate::store::ambito::expect_room;
use crate::store::book::Book;
use crate::store::change::next_revision;

/// What is done to a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is not paid out from the day on.
    Suspend,
    /// It is paid out again.
    Resume,
    /// It ends: the day is the first without it.
    End,
    /// It is taken back from the day on.
    Revoke,
}

impl Step {
    /// What it leads to, from where, and what the trail calls it.
    const fn way(self) -> (GrantStatus, &'static [GrantStatus], &'static str) {
        use GrantStatus::{Ended, Granted, Revoked, Suspended};
        match self {
            Self::Suspend => (Suspended, &[Granted], "benefit.suspend"),
            Self::Resume => (Granted, &[Suspended], "benefit.resume"),
            Self::End => (Ended, &[Granted, Suspended], "benefit.end"),
            Self::Revoke => (Revoked, &[Granted, Suspended], "benefit.revoke"),
        }
    }
}

/// Changes a grant that is still at this revision.
pub async fn change(
    write: &Write,
    permit: &BenefitPermit,
    (id, revision): (i64, i32),
    (step, from, text): (Step, NaiveDate, Option<String>),
    book: &Book,
) -> Result<()> {
    let Granted { row: old, history, .. } = list::grant(write.tx(), id).await?;
    let (ambito, _) = own_measure(book, permit, old.benefit_measure_id)?;
    let next = next_revision(old.row_version, revision)?;
    let (status, sources, act) = step.way();
    if !sources.contains(&old.status) {
        return Err(illegal(
            "input.grant",
            "Il titolo non lo consente più.",
            "The benefit does not allow that any more.",
        ));
    }
    let reason = text.map(reason).transpose()?;
    let from = known_day(from, "input.from")?;
    let last = history.last().map_or(old.starts_on, |turn| turn.from_date);
    expect_day(&old, step, (last, from))?;
    if step == Step::Suspend {
        expect_room(history.len(), BENEFIT_TURNS_A_GRANT_MAX, "input.grant")?;
    }
    let position = history.iter().map(|turn| turn.position).max().unwrap_or(0);
    let position = position.checked_add(1).ok_or_else(|| Refusal::new(Code::Overflow))?;
    let turn = Turn { status, from };
    let mut term = list::term(&old, &history)?;
    term.turns.push(turn);
    if step == Step::Resume {
        // While it was suspended another may have been granted for what is due again now.
        let case = (old.benefit_measure_id, old.comune_id, old.case_code.as_str());
        expect_months_free(write.tx(), (case, Some(id)), &term, "input.from").await?;
    }
    let committed = term.committed()?;
    insert_turn(write, permit, (id, position), (turn, reason), write.clock().now()).await?;
    let row = benefit_grant::ActiveModel {
        status: Set(status),
        committed_cents: Set(committed.get()),
        row_version: Set(next),
        ..Default::default()
    };
    benefit_grant::Entity::update_many().set(row).filter(benefit_grant::Column::Id.eq(id)).exec(write.tx()).await?;
    let before = canonical(ambito, ("grant", id), &old.status.to_value(), old.row_version)?;
    let after = canonical(ambito, ("grant", id), &status.to_value(), next)?;
    write.audit(permit.actor(), act, &subject(ambito, id), Some(before), Some(after)).await
}

/// Refuses a day that the step cannot be of. A suspension and its end are of the period and follow one another. What ends a grant may reach back before a
/// suspension, and may be the day after the last one: so a suspended month is freed once the period is over.
fn expect_day(old: &benefit_grant::Model, step: Step, (last, from): (NaiveDate, NaiveDate)) -> Result<()> {
    let (first, end) = match step {
        Step::Suspend | Step::Resume => (last, Some(old.ends_on)),
        Step::End | Step::Revoke => (old.starts_on, old.ends_on.succ_opt()),
    };
    let end = end.ok_or_else(|| Error::broken("benefit grant", old.id))?;
    if (first..=end).contains(&from) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::OutsidePeriod).argument("input.from");
    let (it, en) = (format!("Il giorno va dal {first} al {end}."), format!("The day is from {first} to {end}."));
    Err(refusal.message(it, en).into())
}
