//! Verification: a plan's stored rows are read anew, its quotas computed again, and both compared.

use std::sync::Arc;

use allocation::{Cents, IstatCode};

use super::book::Book;
use super::names::Names;
use super::plan::{self, BudgetBook, PlanBook};
use super::{Store, digest};
use crate::error::Result;

/// What a stored value is and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Code of the service whose budget fails.
    pub service: String,
    /// What was compared.
    pub what: What,
    /// What is stored; none where nothing is.
    pub stored: Option<Cents>,
    /// What the arithmetic gives; none where it refuses.
    pub computed: Option<Cents>,
}

/// The value that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The quota of a comune.
    Quota(IstatCode),
    /// The amount of a fund, by its code.
    Funding(String),
    /// The municipal share.
    MunicipalShare,
    /// The residue.
    Residue,
    /// The budget is not the sum of its lines.
    Lines,
    /// The inputs cannot be computed at all.
    Inputs,
}

/// The result of a verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Digest of what is stored now.
    pub digest: String,
    /// Digest recorded at approval.
    pub recorded: Option<String>,
    /// Every value that is not what it should be.
    pub failures: Vec<Failure>,
}

impl Verification {
    /// Whether all holds.
    pub fn holds(&self) -> bool {
        self.failures.is_empty() && self.recorded.as_ref().is_none_or(|recorded| *recorded == self.digest)
    }
}

/// Reads a plan's rows anew and recomputes them.
pub async fn verify(store: &Store, book: &Book, plan: i64) -> Result<Verification> {
    let stored: Arc<PlanBook> = plan::read(store.reader(), plan, book.names()).await?;
    Ok(Verification {
        digest: digest::of_plan(&stored, book.names())?,
        recorded: stored.row.digest.clone(),
        failures: failures(&stored, book.names())?,
    })
}

/// Every stored result that the arithmetic does not confirm.
pub(super) fn failures(book: &PlanBook, names: &Names) -> Result<Vec<Failure>> {
    let mut failures = Vec::new();
    for budget in &book.budgets {
        compare(budget, names, &mut failures)?;
    }
    Ok(failures)
}

fn compare(budget: &BudgetBook, names: &Names, failures: &mut Vec<Failure>) -> Result<()> {
    let mut check = |what: What, stored: Option<Cents>, computed: Option<Cents>| {
        if stored != computed || what == What::Inputs {
            failures.push(Failure { service: budget.service.clone(), what, stored, computed });
        }
    };
    if !budget.lines.is_empty() {
        let lines = Cents::sum(budget.lines.iter().map(|line| Cents::new(line.gross_cents)))?;
        check(What::Lines, Some(Cents::new(budget.row.amount_cents)), Some(lines));
    }
    let Ok(computed) = plan::compute(budget) else {
        check(What::Inputs, None, None);
        return Ok(());
    };
    let stored = budget.outcome(names)?;
    check(What::MunicipalShare, Some(stored.municipal_share), Some(computed.municipal_share));
    check(What::Residue, Some(stored.residue), Some(computed.residue));
    for ((fund, stored), (_, computed)) in stored.funding.iter().zip(&computed.funding) {
        check(What::Funding(fund.clone()), Some(*stored), Some(*computed));
    }
    for (comune, amount) in &computed.quotas {
        let stored = budget.quota_of(*comune).map(|at| Cents::new(budget.quotas[at].amount_cents));
        check(What::Quota(*comune), stored, Some(*amount));
    }
    for (comune, amount) in &stored.quotas {
        if !computed.quotas.iter().any(|(other, _)| other == comune) {
            check(What::Quota(*comune), Some(*amount), None);
        }
    }
    Ok(())
}
