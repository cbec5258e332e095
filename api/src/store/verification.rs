//! Verification: a plan's stored rows are read anew, its figures computed again, and both compared; and what is stored is compared with what the
//! audit trail says was approved.

use std::collections::HashMap;
use std::sync::Arc;

use allocation::vat::{self, Vat};
use allocation::{Cents, IstatCode};
use entity::kinds::{LineGiven, PlanStatus, VatRegime};
use entity::{plan, resolution};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::book::Book;
use super::names::Names;
use super::plan::{self as plans, BudgetBook, Line, PlanBook};
use super::{Store, Transaction, Write, audit, digest};
use crate::error::{Error, Result};

/// Quotas of the plans that are read together, about: those of one national plan.
const QUOTAS_AT_ONCE: usize = 100_000;

/// What a stored value is and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Code of the service whose budget fails; none where it is the plan as a whole.
    pub service: Option<String>,
    /// What was compared.
    pub what: What,
    /// What is stored; none where nothing is.
    pub stored: Option<Cents>,
    /// What the arithmetic gives; none where it gives nothing.
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
    /// The budget is not the sum of its lines, or a line's VAT is not what its rate gives.
    Lines,
    /// The inputs cannot be computed, or do not fit together.
    Inputs,
    /// The percentages of the instalments do not add up.
    Instalments,
    /// What is stored is not what was approved or proposed.
    Digest,
    /// The plan was approved, and its row says otherwise.
    Status,
}

/// The result of a verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Digest of what is stored now; none where the rows do not fit together.
    pub digest: Option<String>,
    /// Digest recorded at approval, or else at the proposal.
    pub recorded: Option<String>,
    /// Every value that is not what it should be.
    pub failures: Vec<Failure>,
}

/// Reads the rows of plans anew, in one transaction, and recomputes them: as many statements for many plans as for one,
/// but where they are so large that they are read one after the other.
pub async fn verify(store: &Store, ids: &[i64]) -> Result<HashMap<i64, Result<Verification>>> {
    let _place = store.place_to_read().await?;
    let verified = read(store, ids).await;
    if verified.is_err() {
        store.contact.failed();
    }
    verified
}

async fn read(store: &Store, ids: &[i64]) -> Result<HashMap<i64, Result<Verification>>> {
    let tx = store.snapshot_at_the_door().await?;
    let done = read_within(&tx, &store.book(), ids).await?;
    tx.commit().await?;
    Ok(done)
}

/// The same for plans as a write has left them, which lasts only later. `book` is the book as the write sees it.
pub async fn verify_within(write: &Write, book: &Book, ids: &[i64]) -> Result<HashMap<i64, Result<Verification>>> {
    read_within(write.tx(), book, ids).await
}

async fn read_within(tx: &Transaction, book: &Book, ids: &[i64]) -> Result<HashMap<i64, Result<Verification>>> {
    let names = Names::load(tx).await?;
    let rows = plan::Entity::find().filter(plan::Column::Id.is_in(ids.iter().copied())).all(tx).await?;
    let mut subjects = HashMap::new();
    for row in &rows {
        subjects.insert(plans::subject(row, &names)?, row.id);
    }
    let approvals = audit::digests_after(tx, plans::APPROVE, subjects.keys()).await?;
    let approved: HashMap<i64, String> =
        approvals.into_iter().filter_map(|(subject, digest)| Some((*subjects.get(&subject)?, digest))).collect();
    let acts = resolution::Entity::find()
        .filter(resolution::Column::Id.is_in(rows.iter().filter_map(|row| row.resolution_id)));
    let resolutions = acts.all(tx).await?.into_iter().map(|row| (row.id, Arc::new(row))).collect();
    let mut done = HashMap::with_capacity(rows.len());
    for batch in batches(rows, |row| book.plan(row.id).map_or(0, |plan| plan.quota_count)) {
        let by_id: HashMap<i64, plan::Model> = batch.iter().map(|row| (row.id, row.clone())).collect();
        let at_once = batch.len();
        let wanted = plans::Wanted { plans: batch, resolutions: &resolutions, names: &names, at_once };
        for (id, stored) in plans::read_many((tx, tx), wanted).await? {
            if let Some(row) = by_id.get(&id) {
                done.insert(id, verified(row, stored, approved.get(&id), &names));
            }
        }
    }
    Ok(done)
}

/// Plans that are read together: all of them, unless they are large.
fn batches<T>(plans: Vec<T>, quotas: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut batches, mut held) = (Vec::<Vec<T>>::new(), 0);
    for plan in plans {
        let count = quotas(&plan);
        if let Some(batch) = batches.last_mut().filter(|_| held + count <= QUOTAS_AT_ONCE) {
            batch.push(plan);
            held += count;
        } else {
            batches.push(vec![plan]);
            held = count;
        }
    }
    batches
}

/// Compares a plan as it is stored with what its inputs give, and with what was approved.
fn verified(
    row: &plan::Model,
    stored: Result<PlanBook>,
    approved: Option<&String>,
    names: &Names,
) -> Result<Verification> {
    let whole = |what: What| Failure { service: None, what, stored: None, computed: None };
    let (mut failures, digest) = match stored {
        Ok(book) => (failures(&book, names)?, Some(digest::of_plan(&book, names)?)),
        Err(fault) if fault.is_fault() && !matches!(fault, Error::Internal(_)) => return Err(fault),
        Err(_) => (vec![whole(What::Inputs)], None),
    };
    let is_kept = match row.status {
        PlanStatus::Approved => digest.is_some() && row.digest == digest && approved == digest.as_ref(),
        PlanStatus::Proposed => digest.is_some() && row.digest == digest,
        PlanStatus::Draft | PlanStatus::Withdrawn => true,
    };
    if !is_kept {
        failures.push(whole(What::Digest));
    }
    if approved.is_some() && row.status != PlanStatus::Approved {
        failures.push(whole(What::Status));
    }
    Ok(Verification { digest, recorded: row.digest.clone(), failures })
}

/// Every stored result that the arithmetic does not confirm.
pub(super) fn failures(book: &PlanBook, names: &Names) -> Result<Vec<Failure>> {
    let mut failures = Vec::new();
    if !book.instalments.is_empty() && allocation::instalments(Cents::ZERO, &book.percents()).is_err() {
        failures.push(Failure { service: None, what: What::Instalments, stored: None, computed: None });
    }
    for budget in &book.budgets {
        compare(budget, names, &mut failures)?;
    }
    Ok(failures)
}

fn compare(budget: &BudgetBook, names: &Names, failures: &mut Vec<Failure>) -> Result<()> {
    let mut check = |what: What, stored: Option<Cents>, computed: Option<Cents>| {
        if stored != computed || what == What::Inputs {
            failures.push(Failure { service: Some(budget.service.to_string()), what, stored, computed });
        }
    };
    for line in &budget.lines {
        check(What::Lines, Some(line.gross), gross(line));
    }
    if !budget.lines.is_empty() {
        let lines = Cents::sum(budget.lines.iter().map(|line| line.gross))?;
        check(What::Lines, Some(budget.amount), Some(lines));
    }
    let Ok(computed) = plans::compute(budget, names) else {
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
        let stored = budget.quota_of(*comune).map(|at| budget.quotas[at]);
        check(What::Quota(*comune), stored, Some(*amount));
    }
    for (comune, amount) in &stored.quotas {
        if computed.quotas.binary_search_by_key(comune, |(other, _)| *other).is_err() {
            check(What::Quota(*comune), Some(*amount), None);
        }
    }
    Ok(())
}

/// What a line comes to from what its document gives; none where net, VAT and gross are not what its regime makes of it.
fn gross(line: &Line) -> Option<Cents> {
    let regime = match line.regime {
        VatRegime::Rate => Vat::Rate(line.rate?),
        VatRegime::Exempt => Vat::Exempt,
        VatRegime::OutOfScope => Vat::OutOfScope,
    };
    let made = match line.given {
        LineGiven::Net => vat::from_net(line.net, regime),
        LineGiven::Gross => vat::from_gross(line.gross, regime),
    };
    let made = made.ok()?;
    (made.net == line.net && made.vat == line.vat).then_some(made.gross)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_plans_are_read_one_after_the_other_and_small_ones_together() {
        let (large, half) = (QUOTAS_AT_ONCE + 1, QUOTAS_AT_ONCE / 2);
        for (quotas, expected) in [
            (vec![], vec![]),
            (vec![0, 1, 2], vec![vec![0, 1, 2]]),
            (vec![large, large], vec![vec![large], vec![large]]),
            (vec![half, half, 1], vec![vec![half, half], vec![1]]),
            (vec![1, large, 1, 2], vec![vec![1], vec![large], vec![1, 2]]),
        ] {
            assert_eq!(batches(quotas, |quotas| *quotas), expected);
        }
    }
}
