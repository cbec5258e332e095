//! Plans: one version of one year of one Ambito, as a book that never changes, and the acts that move it from draft to approved.
//!
//! Drafts are written by `import` and by [`edit`]. Sums are asserted before they are written and again on what was written.

mod assemble;
mod book;
mod draft;
mod freeze;
mod given;
mod line;
mod problems;
mod read;
mod records;
mod results;
mod write;

use std::sync::Arc;

use entity::kinds::PlanStatus;
use entity::{plan, resolution};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::book::Book;
use super::names::Names;
use super::{Write, digest};
use crate::auth::permit::{ApprovePermit, DraftPermit, ProposePermit};
use crate::error::{Code, Error, Refusal, Result};
pub use book::{BudgetBook, Column, ComuneKey, Comuni, Frozen, FundingBook, Instalment, PlanBook, RuleBook, Vintage};
pub use draft::{Amount, BasisSource, Edit, NewPlan, create, edit};
pub use line::{AgreementLine, Line};
pub(super) use problems::uncovered;
pub use problems::{Problem, problems};
pub(super) use read::{Wanted, plan as read, plans as read_many};
pub(super) use results::compute;
pub use write::Codes;
pub(super) use write::{comune_id, comune_ids, draft};

/// Computes a draft, so that it shows its quotas. Returns its digest.
pub(super) async fn compute_draft(write: &Write, plan: i64, names: &Names) -> Result<String> {
    let book = read(write.tx(), plan, names).await?;
    expect_status(&book, PlanStatus::Draft)?;
    let computed = results::write(write.tx(), book, results::Which::All, names).await?;
    let digest = digest::of_plan(&computed, names)?;
    write.knows(computed);
    Ok(digest)
}

/// Proposes a draft: its quotas are computed, written and shown to the assembly. The digest of what is proposed is kept with it.
pub async fn propose(write: &Write, permit: &ProposePermit, plan: i64, names: &Names) -> Result<()> {
    let digest = compute_draft(write, plan, names).await?;
    let book = read(write.tx(), plan, names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    expect_computed(&book, names)?;
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Proposed);
    row.row_version = Set(book.row.row_version + 1);
    row.digest = Set(Some(digest.clone()));
    row.proposed_by = Set(Some(permit.actor().to_owned()));
    row.proposed_at = Set(Some(write.clock().now()));
    plan::Entity::update(row).exec(write.tx()).await?;
    write.audit(permit.actor(), "plan.propose", &subject(&book.row, names)?, None, Some(digest)).await
}

/// Sends a proposed plan back to be changed. It is a draft again, and whoever proposed it is forgotten.
pub async fn send_back(write: &Write, permit: &ApprovePermit, plan: i64, names: &Names) -> Result<()> {
    let book = read(write.tx(), plan, names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    expect_status(&book, PlanStatus::Proposed)?;
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Draft);
    row.row_version = Set(book.row.row_version + 1);
    row.digest = Set(None);
    row.proposed_by = Set(None);
    row.proposed_at = Set(None);
    plan::Entity::update(row).exec(write.tx()).await?;
    let digest = digest::of_plan(&book, names)?;
    let subject = subject(&book.row, names)?;
    write.audit(permit.actor(), "plan.send_back", &subject, Some(digest.clone()), Some(digest)).await
}

/// Withdraws a plan that is not approved. It stays readable and is never moved again.
pub async fn withdraw(write: &Write, permit: &DraftPermit, plan: i64, names: &Names) -> Result<()> {
    let book = read(write.tx(), plan, names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    if book.row.status != PlanStatus::Proposed {
        expect_status(&book, PlanStatus::Draft)?;
    }
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Withdrawn);
    row.row_version = Set(book.row.row_version + 1);
    plan::Entity::update(row).exec(write.tx()).await?;
    let digest = digest::of_plan(&book, names)?;
    let subject = subject(&book.row, names)?;
    write.audit(permit.actor(), "plan.withdraw", &subject, Some(digest.clone()), Some(digest)).await
}

/// Approves a proposed plan by a resolution of its Ambito: exactly what was proposed. From the commit on, nobody changes it.
pub async fn approve(write: &Write, permit: &ApprovePermit, plan: i64, resolution: i64, names: &Names) -> Result<()> {
    let book = read(write.tx(), plan, names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    expect_status(&book, PlanStatus::Proposed)?;
    if book.row.proposed_by.as_deref() == Some(permit.actor()) {
        return Err(Refusal::new(Code::SamePerson).into());
    }
    let act = resolution::Entity::find_by_id(resolution).one(write.tx()).await?;
    let act =
        act.filter(|act| act.ambito_id == book.row.ambito_id).ok_or_else(|| Refusal::new(Code::ResolutionRequired))?;
    let proposed = digest::of_plan(&book, names)?;
    if book.row.digest.as_ref() != Some(&proposed) {
        return Err(Refusal::new(Code::VersionConflict).into());
    }
    if let Some(failure) = super::verification::failures(&book, names)?.into_iter().next() {
        let refusal = Refusal::new(Code::PlanUnbalanced);
        return Err(failure.service.map_or(refusal.clone(), |service| refusal.service(service)).into());
    }
    let digest = digest::with_resolution(&book, Some(&act), names)?;
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Approved);
    row.row_version = Set(book.row.row_version + 1);
    row.resolution_id = Set(Some(resolution));
    row.digest = Set(Some(digest.clone()));
    row.approved_by = Set(Some(permit.actor().to_owned()));
    row.approved_at = Set(Some(write.clock().now()));
    plan::Entity::update(row).exec(write.tx()).await?;
    let approved = read(write.tx(), plan, names).await?;
    if digest::of_plan(&approved, names)? != digest {
        return Err(Error::broken("digest of plan", plan));
    }
    super::billing::charge(write.tx(), &approved).await?;
    write.audit(permit.actor(), APPROVE, &subject(&book.row, names)?, Some(proposed), Some(digest)).await?;
    write.knows(approved);
    write.sign_head().await
}

/// What the audit trail calls the approval of a plan.
pub(super) const APPROVE: &str = "plan.approve";

/// What the audit trail calls a plan: its Ambito's code, its year and its version.
pub(super) fn subject(row: &plan::Model, names: &Names) -> Result<String> {
    Ok(subject_of(names.ambito(row.ambito_id)?, row.year, row.version))
}

pub(super) fn subject_of(ambito: &str, year: i32, version: i32) -> String {
    format!("plan:{ambito}/{year}/{version}")
}

/// A plan of a book that is still what its reader saw, and in this status.
pub fn expect(book: &Book, plan: i64, revision: i32, status: PlanStatus) -> Result<&Arc<PlanBook>> {
    let found = book.plan(plan).ok_or_else(|| Error::not_found("plan", &plan.to_string()))?;
    // Of two who act on what both saw, the second hears that it has changed, whatever it has become.
    if found.row.row_version != revision {
        return Err(Refusal::new(Code::VersionConflict).argument("input.expectedVersion").into());
    }
    expect_status(found, status)?;
    Ok(found)
}

/// A plan of a book that is still what its reader saw, and neither approved nor given up.
pub fn expect_open(book: &Book, plan: i64, revision: i32) -> Result<&Arc<PlanBook>> {
    let found = book.plan(plan).ok_or_else(|| Error::not_found("plan", &plan.to_string()))?;
    let status = if found.row.status == PlanStatus::Proposed { PlanStatus::Proposed } else { PlanStatus::Draft };
    expect(book, plan, revision, status)
}

fn expect_status(book: &PlanBook, status: PlanStatus) -> Result<()> {
    if book.row.status == PlanStatus::Approved {
        return Err(Refusal::new(Code::PlanImmutable).into());
    }
    if book.row.status != status {
        return Err(Refusal::new(Code::IllegalTransition).into());
    }
    Ok(())
}

/// Refuses where a budget could not be computed, with the reason of the first.
fn expect_computed(book: &PlanBook, names: &Names) -> Result<()> {
    book.budgets.iter().try_for_each(|budget| compute(budget, names).map(drop))
}
