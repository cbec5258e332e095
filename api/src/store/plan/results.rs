//! What comes out of a plan's inputs: balancing funding, municipal shares, residues, quotas. They are asserted before they are written and again on
//! what was written.

use allocation::{BudgetOutcome, Cents};
use entity::{budget, funding, quota};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::assemble;
use super::book::{BudgetBook, ComuneKey, PlanBook};
use crate::error::{Code, Error, Refusal, Result};
use crate::store::insert;
use crate::store::names::Names;
use crate::store::plan::comune_id;

/// Which budgets are computed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All of a plan.
    All,
    /// That of the service with this row id.
    OfService(i64),
    /// None: what changed is no input of theirs.
    None,
}

impl Which {
    fn covers(self, budget: &BudgetBook) -> bool {
        match self {
            Self::All => true,
            Self::OfService(service) => budget.service_id == service,
            Self::None => false,
        }
    }
}

/// Writes the results of some budgets, and gives the plan with them. One that cannot be computed yet has no quotas; `problems.rs` says why.
pub(super) async fn write(
    tx: &impl ConnectionTrait,
    mut book: PlanBook,
    which: Which,
    names: &Names,
) -> Result<PlanBook> {
    let plan = book.row.id;
    let mut rows = Vec::new();
    for budget in book.budgets.iter_mut().filter(|budget| which.covers(budget)) {
        quota::Entity::delete_many().filter(quota::Column::BudgetId.eq(budget.id)).exec(tx).await?;
        let outcome = match compute(budget, names) {
            Ok(outcome) => outcome,
            Err(Error::Refusal(_)) => unshared(budget, names)?,
            Err(fault) => return Err(fault),
        };
        write_sums(tx, budget, &outcome).await?;
        take(budget, &outcome, names)?;
        let own = budget.quota_comuni.iter().zip(&budget.quotas);
        rows.extend(own.map(|(comune, amount)| quota::ActiveModel {
            plan_id: Set(plan),
            budget_id: Set(budget.id),
            comune_id: Set(comune.id),
            amount_cents: Set(amount.get()),
            ..Default::default()
        }));
    }
    insert::many(tx, rows).await?;
    let PlanBook { row, resolution, instalments, budgets, .. } = book;
    assemble::with_sums(row, resolution, instalments, budgets)
}

/// Writes what a budget's row and its funding say of its results.
async fn write_sums(tx: &impl ConnectionTrait, budget: &BudgetBook, outcome: &BudgetOutcome) -> Result<()> {
    budget::Entity::update_many()
        .col_expr(budget::Column::MunicipalShareCents, Expr::value(outcome.municipal_share.get()))
        .col_expr(budget::Column::ResidueCents, Expr::value(outcome.residue.get()))
        .filter(budget::Column::Id.eq(budget.id))
        .exec(tx)
        .await?;
    for (funding, (_, amount)) in budget.funding.iter().zip(&outcome.funding).filter(|(funding, _)| funding.balancing) {
        funding::Entity::update_many()
            .col_expr(funding::Column::AmountCents, Expr::value(amount.get()))
            .filter(funding::Column::BudgetId.eq(budget.id))
            .filter(funding::Column::FundId.eq(funding.fund_id))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Puts the results into the budget as the book holds it. A test reads them back from the rows and compares.
fn take(budget: &mut BudgetBook, outcome: &BudgetOutcome, names: &Names) -> Result<()> {
    budget.municipal_share = outcome.municipal_share;
    budget.residue = outcome.residue;
    for (funding, (_, amount)) in
        budget.funding.iter_mut().zip(&outcome.funding).filter(|(funding, _)| funding.balancing)
    {
        funding.amount = *amount;
    }
    let mut quotas = Vec::with_capacity(outcome.quotas.len());
    for (istat, amount) in &outcome.quotas {
        quotas.push((ComuneKey { id: comune_id(*istat, names)?, istat: *istat }, *amount));
    }
    quotas.sort_unstable_by_key(|(comune, _)| comune.istat);
    budget.quota_total = Cents::sum(quotas.iter().map(|(_, amount)| *amount))?;
    let (comuni, amounts): (Vec<ComuneKey>, Vec<Cents>) = quotas.into_iter().unzip();
    // Mostly those that take part: then the list is held once.
    budget.quota_comuni = if comuni[..] == budget.comuni[..] { budget.comuni.clone() } else { comuni.into() };
    budget.quotas = amounts.into();
    Ok(())
}

/// Computes one budget and asserts its sums, whatever the arithmetic says of itself.
pub(in crate::store) fn compute(budget: &BudgetBook, names: &Names) -> Result<BudgetOutcome> {
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

/// What is known of a budget that cannot be shared: what its fixed funding leaves, and nothing of it is shared yet.
fn unshared(budget: &BudgetBook, names: &Names) -> Result<BudgetOutcome> {
    let fixed = Cents::sum(budget.funding.iter().filter(|row| !row.balancing).map(|row| row.amount))?;
    let left = budget.amount.checked_sub(fixed)?;
    let municipal_share = if left.is_negative() { Cents::ZERO } else { left };
    let amount = |balancing: bool, amount: Cents| if balancing { Cents::ZERO } else { amount };
    let funding =
        budget.funding.iter().map(|row| Ok((names.fund(row.fund_id)?.to_owned(), amount(row.balancing, row.amount))));
    Ok(BudgetOutcome {
        amount: budget.amount,
        funding: funding.collect::<Result<_>>()?,
        municipal_share,
        quotas: Vec::new(),
        residue: municipal_share,
    })
}
