//! Plans: one version of one year of one Ambito, as a book that never changes, and the acts that move it from draft to approved.
//!
//! Drafts are written by `import`. Sums are asserted before they are written and again on what was written.

mod assemble;
mod book;
mod read;

use allocation::{BudgetOutcome, Cents};
use entity::kinds::PlanStatus;
use entity::{budget, funding, plan, quota, resolution};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::names::Names;
use super::{Write, digest, insert};
use crate::auth::permit::{ApprovePermit, ProposePermit};
use crate::error::{Code, Error, Refusal, Result};
pub use book::{
    BudgetBook, Column, ComuneKey, Comuni, Frozen, FundingBook, Instalment, Line, PlanBook, RuleBook, Vintage,
};
pub(super) use read::{Wanted, plan as read, plans as read_many};

/// Computes a draft, so that it shows its quotas. Returns its digest.
pub(super) async fn compute_draft(write: &Write<'_>, plan: i64) -> Result<String> {
    let names = Names::load(write.tx()).await?;
    let book = read(write.tx(), plan, &names).await?;
    expect_status(&book, PlanStatus::Draft)?;
    write_results(write.tx(), &book, &names).await?;
    digest::of_plan(&read(write.tx(), plan, &names).await?, &names)
}

/// Proposes a draft: its quotas are computed, written and shown to the assembly. The digest of what is proposed is kept with it.
pub async fn propose(write: &Write<'_>, permit: &ProposePermit, plan: i64) -> Result<()> {
    let digest = compute_draft(write, plan).await?;
    let names = Names::load(write.tx()).await?;
    let book = read(write.tx(), plan, &names).await?;
    if !permit.covers(book.row.ambito_id) {
        return Err(Error::not_found("plan", &plan.to_string()));
    }
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Proposed);
    row.row_version = Set(book.row.row_version + 1);
    row.digest = Set(Some(digest.clone()));
    row.proposed_by = Set(Some(permit.actor().to_owned()));
    row.proposed_at = Set(Some(write.clock().now()));
    plan::Entity::update(row).exec(write.tx()).await?;
    write.audit(permit.actor(), "plan.propose", &subject(&book.row, &names)?, None, Some(digest)).await
}

/// Approves a proposed plan by a resolution of its Ambito: exactly what was proposed. From the commit on, nobody changes it.
pub async fn approve(write: &Write<'_>, permit: &ApprovePermit, plan: i64, resolution: i64) -> Result<()> {
    let names = Names::load(write.tx()).await?;
    let book = read(write.tx(), plan, &names).await?;
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
    let proposed = digest::of_plan(&book, &names)?;
    if book.row.digest.as_ref() != Some(&proposed) {
        return Err(Refusal::new(Code::VersionConflict).into());
    }
    if let Some(failure) = super::verification::failures(&book, &names)?.into_iter().next() {
        let refusal = Refusal::new(Code::PlanUnbalanced);
        return Err(failure.service.map_or(refusal.clone(), |service| refusal.service(service)).into());
    }
    let digest = digest::with_resolution(&book, Some(&act), &names)?;
    let mut row = book.row.clone().into_active_model();
    row.status = Set(PlanStatus::Approved);
    row.row_version = Set(book.row.row_version + 1);
    row.resolution_id = Set(Some(resolution));
    row.digest = Set(Some(digest.clone()));
    row.approved_by = Set(Some(permit.actor().to_owned()));
    row.approved_at = Set(Some(write.clock().now()));
    plan::Entity::update(row).exec(write.tx()).await?;
    let approved = read(write.tx(), plan, &names).await?;
    if digest::of_plan(&approved, &names)? != digest {
        return Err(Error::broken("digest of plan", plan));
    }
    super::billing::charge(write.tx(), &approved).await?;
    write.audit(permit.actor(), APPROVE, &subject(&book.row, &names)?, Some(proposed), Some(digest)).await
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

fn expect_status(book: &PlanBook, status: PlanStatus) -> Result<()> {
    if book.row.status == PlanStatus::Approved {
        return Err(Refusal::new(Code::PlanImmutable).into());
    }
    if book.row.status != status {
        return Err(Refusal::new(Code::IllegalTransition).into());
    }
    Ok(())
}

/// Computes every budget and writes what comes out: balancing funding, municipal share, residue, quotas.
async fn write_results(tx: &impl ConnectionTrait, book: &PlanBook, names: &Names) -> Result<()> {
    quota::Entity::delete_many().filter(quota::Column::PlanId.eq(book.row.id)).exec(tx).await?;
    let mut quotas = Vec::new();
    for budget in &book.budgets {
        let outcome = compute(budget, names)?;
        budget::Entity::update_many()
            .col_expr(budget::Column::MunicipalShareCents, Expr::value(outcome.municipal_share.get()))
            .col_expr(budget::Column::ResidueCents, Expr::value(outcome.residue.get()))
            .filter(budget::Column::Id.eq(budget.id))
            .exec(tx)
            .await?;
        for (funding, (_, amount)) in
            budget.funding.iter().zip(&outcome.funding).filter(|(funding, _)| funding.balancing)
        {
            funding::Entity::update_many()
                .col_expr(funding::Column::AmountCents, Expr::value(amount.get()))
                .filter(funding::Column::BudgetId.eq(budget.id))
                .filter(funding::Column::FundId.eq(funding.fund_id))
                .exec(tx)
                .await?;
        }
        for (comune, amount) in &outcome.quotas {
            quotas.push(quota::ActiveModel {
                plan_id: Set(book.row.id),
                budget_id: Set(budget.id),
                comune_id: Set(names.comune_id(*comune).ok_or_else(|| Error::not_found("comune", comune.as_str()))?),
                amount_cents: Set(amount.get()),
                ..Default::default()
            });
        }
    }
    insert::many(tx, quotas).await
}

/// Computes one budget and asserts its sums, whatever the arithmetic says of itself.
pub(super) fn compute(budget: &BudgetBook, names: &Names) -> Result<BudgetOutcome> {
    let refuse = |error: allocation::Error| Error::from(error).of_service(&budget.service);
    let outcome = allocation::compute(&budget.case(names)?).map_err(refuse)?;
    let quotas = Cents::sum(outcome.quotas.iter().map(|(_, amount)| *amount))?;
    let funded = Cents::sum(outcome.funding.iter().map(|(_, amount)| *amount))?;
    if quotas.checked_add(outcome.residue)? != outcome.municipal_share
        || funded.checked_add(outcome.municipal_share)? != outcome.amount
    {
        return Err(Refusal::new(Code::PlanUnbalanced).service(&budget.service).into());
    }
    Ok(outcome)
}
