//! From a budget and its funding to the municipal share, and from there to quotas.

use crate::basis::Basis;
use crate::cents::Cents;
use crate::code::IstatCode;
use crate::error::{Error, Field};
use crate::rule::Rule;
use crate::share::share;

/// How much of a budget a fund covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FundingSize {
    /// So much.
    Fixed(Cents),
    /// What the other funds and the quotas leave; at most one, and only where the rule fixes its own total.
    Balancing,
}

/// One fund's part in a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funding {
    /// The code of the fund.
    pub fund: String,
    /// How much it covers.
    pub size: FundingSize,
}

/// Everything the quotas of one budget depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetCase {
    /// The budget.
    pub amount: Cents,
    /// Its funding.
    pub funding: Vec<Funding>,
    /// How the municipal share is divided.
    pub rule: Rule,
    /// Who takes part, and their measures.
    pub basis: Basis,
}

/// What comes of a case. `amount = funding + municipal share` and `municipal share = quotas + residue`, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetOutcome {
    /// The budget.
    pub amount: Cents,
    /// What each fund covers, in the order of the case.
    pub funding: Vec<(String, Cents)>,
    /// What the comuni share.
    pub municipal_share: Cents,
    /// What each comune pays, in order of their codes.
    pub quotas: Vec<(IstatCode, Cents)>,
    /// The municipal share less the quotas; negative where a tariff brings in more.
    pub residue: Cents,
}

/// Works a case out.
pub fn compute(case: &BudgetCase) -> Result<BudgetOutcome, Error> {
    let covered = fixed_funding(case)?;
    let left = case.amount.checked_sub(covered)?;
    let balancing = case.funding.iter().filter(|funding| funding.size == FundingSize::Balancing).count();
    match balancing {
        0 => {
            let sharing = share(left, &case.rule, &case.basis)?;
            Ok(outcome(case, Cents::ZERO, left, sharing.quotas, sharing.residue))
        }
        1 if !case.rule.fixes_total() => Err(Error::BalancingNeedsFixedTotal),
        1 => {
            let sharing = share(left, &case.rule, &case.basis)?;
            if sharing.residue.is_negative() {
                return Err(Error::Unbalanced { excess: sharing.total.checked_sub(left)? });
            }
            let rest = sharing.residue;
            Ok(outcome(case, rest, sharing.total, sharing.quotas, Cents::ZERO))
        }
        _ => Err(Error::TwoBalancing),
    }
}

/// What the funds of a fixed size cover; never more than the budget.
fn fixed_funding(case: &BudgetCase) -> Result<Cents, Error> {
    case.amount.not_negative(Field::Amount)?;
    let mut sizes = Vec::new();
    for funding in &case.funding {
        if let FundingSize::Fixed(amount) = funding.size {
            sizes.push(amount.not_negative(Field::Funding)?);
        }
    }
    let covered = Cents::sum(sizes)?;
    if covered > case.amount {
        return Err(Error::FundingExceedsBudget { amount: case.amount, funding: covered });
    }
    Ok(covered)
}

/// Puts an outcome together; `balance` is what a balancing fund covers.
fn outcome(
    case: &BudgetCase,
    balance: Cents,
    municipal_share: Cents,
    quotas: Vec<(IstatCode, Cents)>,
    residue: Cents,
) -> BudgetOutcome {
    let funding = case.funding.iter().map(|funding| {
        let amount = match funding.size {
            FundingSize::Fixed(amount) => amount,
            FundingSize::Balancing => balance,
        };
        (funding.fund.clone(), amount)
    });
    BudgetOutcome { amount: case.amount, funding: funding.collect(), municipal_share, quotas, residue }
}
