//! Whether a plan covers what agreements commit: line by line where its budgets point to the line, by service where nothing does.
//!
//! It reads nothing: budgets and commitments come in, what is short comes out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;

use super::commitment::Committed;
use crate::error::Result;
use crate::store::plan::BudgetBook;

/// A line of a budget, by the places of both.
pub(in crate::store) type At = (usize, usize);

/// What is not as agreements have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Short {
    /// The lines of budgets that point to a line of an agreement come to less than that.
    Line {
        /// The first of them.
        at: At,
        /// Agreement and line.
        name: String,
        /// What they come to.
        amount: Cents,
        /// What is agreed.
        committed: Cents,
    },
    /// A line points to one that is in force no more.
    Stale {
        /// The line.
        at: At,
        /// Agreement and line.
        name: String,
    },
    /// The budgets of services, which may be one, come to less than what is committed to them and what they point to.
    Services {
        /// Row ids of the services; all have to bear it together.
        services: BTreeSet<i64>,
        /// What their budgets come to.
        amount: Cents,
        /// What is committed.
        committed: Cents,
    },
}

/// A line of an agreement: code of the agreement, first day of the act, code of the line.
type Key<'k> = (&'k str, NaiveDate, &'k str);

/// What points to a line of an agreement, and whether that is in force.
#[derive(Default)]
struct Pointed {
    sum: Cents,
    lines: Vec<At>,
    is_in_force: bool,
}

/// What is committed to services that no line of a budget points to.
type Tied = BTreeMap<BTreeSet<i64>, Cents>;

/// All that a plan's budgets leave short of what is committed in its year.
pub(in crate::store) fn short(acts: &[Arc<Committed>], year: i32, budgets: &[BudgetBook]) -> Result<Vec<Short>> {
    let mut pointed = pointers(budgets)?;
    let mut found = Vec::new();
    let mut tied = Tied::new();
    for act in acts {
        for line in act.lines().filter(|line| line.year == year) {
            if let Some(pointed) = pointed.get_mut(&(&*act.agreement, act.starts_on, line.code)) {
                pointed.is_in_force = true;
                if pointed.sum < line.gross {
                    let name = format!("{}/{}", act.agreement, line.code);
                    let (amount, committed) = (pointed.sum, line.gross);
                    found.extend(pointed.lines.first().map(|at| Short::Line { at: *at, name, amount, committed }));
                }
                continue;
            }
            let services: BTreeSet<i64> = match line.service_id {
                Some(service) => BTreeSet::from([service]),
                None => act.services.iter().copied().collect(),
            };
            // What is tied to no service is nobody's until a budget points to it.
            if !services.is_empty() {
                let sum = tied.entry(services).or_default();
                *sum = sum.checked_add(line.gross)?;
            }
        }
    }
    let mut taken: HashMap<usize, Cents> = HashMap::new();
    for ((agreement, _, code), pointed) in &pointed {
        for at in &pointed.lines {
            if pointed.is_in_force {
                let sum = taken.entry(at.0).or_default();
                *sum = sum.checked_add(budgets[at.0].lines[at.1].gross)?;
            } else {
                found.push(Short::Stale { at: *at, name: format!("{agreement}/{code}") });
            }
        }
    }
    found.extend(services(&tied, &taken, budgets)?);
    found.sort_by_key(place);
    Ok(found)
}

/// Where what is short stands: by budget and line, services after them.
fn place(short: &Short) -> (usize, usize) {
    match short {
        Short::Line { at, .. } | Short::Stale { at, .. } => *at,
        Short::Services { .. } => (usize::MAX, 0),
    }
}

/// The lines of agreements that lines of budgets point to.
fn pointers(budgets: &[BudgetBook]) -> Result<HashMap<Key<'_>, Pointed>> {
    let mut pointed: HashMap<Key<'_>, Pointed> = HashMap::new();
    for (budget, book) in budgets.iter().enumerate() {
        for (line, own) in book.lines.iter().enumerate() {
            let Some(to) = own.agreement_line.as_deref() else { continue };
            let entry = pointed.entry((to.agreement(), to.starts_on, to.code())).or_default();
            entry.sum = entry.sum.checked_add(own.gross)?;
            entry.lines.push((budget, line));
        }
    }
    Ok(pointed)
}

/// The services whose budgets, less what their lines point to, are below what is tied to them. What is tied to several is asked of them together, once.
fn services(tied: &Tied, taken: &HashMap<usize, Cents>, budgets: &[BudgetBook]) -> Result<Vec<Short>> {
    let mut found = Vec::new();
    // What the budget of each service leaves after what is tied to it alone.
    let mut left: HashMap<i64, Cents> = HashMap::new();
    for (at, budget) in budgets.iter().enumerate() {
        let rest = budget.amount.checked_sub(taken.get(&at).copied().unwrap_or_default())?;
        left.insert(budget.service_id, rest.max(Cents::ZERO));
    }
    let amount = |service: i64| {
        budgets.iter().find(|budget| budget.service_id == service).map_or(Cents::ZERO, |budget| budget.amount)
    };
    for (services, need) in tied.iter().filter(|(services, _)| services.len() == 1) {
        for service in services {
            let free = left.entry(*service).or_default();
            let rest = free.checked_sub(*need)?;
            if rest.is_negative() && need.get() > 0 {
                let amount = amount(*service);
                let committed = amount.checked_sub(*free)?.checked_add(*need)?;
                found.push(Short::Services { services: services.clone(), amount, committed });
            }
            *free = rest.max(Cents::ZERO);
        }
    }
    let several: Vec<_> = tied.iter().filter(|(services, _)| services.len() > 1).collect();
    let free = |services: &BTreeSet<i64>| Cents::sum(services.iter().filter_map(|service| left.get(service).copied()));
    let short = |services: &BTreeSet<i64>, committed: Cents| -> Result<Option<Short>> {
        let amount = free(services)?;
        let services = services.clone();
        Ok((amount < committed).then_some(Short::Services { services, amount, committed }))
    };
    let before = found.len();
    for (services, need) in &several {
        found.extend(short(services, **need)?);
    }
    // Each group may have enough where together they have not.
    if found.len() == before {
        for (services, need) in together(&several)? {
            found.extend(short(&services, need)?);
        }
    }
    Ok(found)
}

/// What is tied to several services, those that share one taken together.
fn together(several: &[(&BTreeSet<i64>, &Cents)]) -> Result<Tied> {
    let mut groups = Tied::new();
    for (services, need) in several {
        let (mut all, mut sum) = ((*services).clone(), **need);
        let shared: Vec<BTreeSet<i64>> = groups.keys().filter(|other| !other.is_disjoint(services)).cloned().collect();
        for other in shared {
            sum = sum.checked_add(groups.remove(&other).unwrap_or_default())?;
            all.extend(other);
        }
        groups.insert(all, sum);
    }
    Ok(groups)
}
