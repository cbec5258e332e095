//! Two plans side by side: how each quota changes, and which decision changes it by how much.

use std::collections::BTreeSet;
use std::sync::Arc;

use allocation::Cents;
use async_graphql::SimpleObject;

use super::comune::Comune;
use super::plan::Plan;
use super::scalars::Euro;
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::plan::PlanBook;

/// How the quotas of one plan differ from those of another, and why (confronto).
#[derive(SimpleObject)]
pub struct PlanComparison {
    /// The plan compared with (piano di partenza).
    pub before: Plan,
    /// The plan asked about (piano di arrivo).
    pub after: Plan,
    /// One row a quota of either plan, by service and ISTAT code (variazioni).
    pub rows: Vec<QuotaChange>,
    /// The change of all quotas together (variazione totale).
    pub change: Euro,
}

/// How one quota changes (variazione). The five effects add up to the change, to the cent.
#[derive(SimpleObject)]
pub struct QuotaChange {
    /// The service (servizio).
    pub service: Service,
    /// The comune (Comune).
    pub comune: Comune,
    /// The quota before; zero where there was none (quota precedente).
    pub before: Euro,
    /// The quota after; zero where there is none (quota nuova).
    pub after: Euro,
    /// After less before (variazione).
    pub change: Euro,
    /// What the change of the budget does (effetto del budget).
    pub budget: Euro,
    /// What the change of the funding does (effetto delle coperture).
    pub funding: Euro,
    /// What the change of who takes part does (effetto delle adesioni).
    pub participation: Euro,
    /// What the change of the measured values does (effetto della base di riparto).
    pub basis: Euro,
    /// What the change of the rule does (effetto del criterio).
    pub rule: Euro,
}

/// Compares two plans of one Ambito.
pub(super) fn compare(sight: &Sight, before: &Arc<PlanBook>, after: &Arc<PlanBook>) -> Result<PlanComparison> {
    let services: BTreeSet<i64> = before.budgets.iter().chain(&after.budgets).map(|budget| budget.service_id).collect();
    let mut rows = Vec::new();
    let mut total = Cents::ZERO;
    for id in services {
        let service = sight.service(id).ok_or_else(|| Error::broken("service of budget", id))?;
        sight.check_time()?;
        let case = |plan: &'_ PlanBook| plan.budgets.iter().position(|budget| budget.service_id == id);
        let names = sight.book().names();
        let one = case(before).map(|at| before.budgets[at].case(names)).transpose()?;
        let other = case(after).map(|at| after.budgets[at].case(names)).transpose()?;
        let changes = allocation::compare(one.as_ref(), other.as_ref())
            .map_err(|fault| Error::from(fault).of_service(&service.row.code))?;
        for change in changes {
            let comune = sight.book().comune_by_istat(change.comune);
            let comune = comune.ok_or_else(|| Error::not_found("comune", change.comune.as_str()))?;
            let difference = change.after.checked_sub(change.before)?;
            total = total.checked_add(difference)?;
            rows.push(QuotaChange {
                service: Service(service.clone()),
                comune: Comune(comune.clone()),
                before: Euro(change.before),
                after: Euro(change.after),
                change: Euro(difference),
                budget: Euro(change.budget),
                funding: Euro(change.funding),
                participation: Euro(change.participation),
                basis: Euro(change.basis),
                rule: Euro(change.rule),
            });
        }
    }
    Ok(PlanComparison { before: Plan(before.clone()), after: Plan(after.clone()), rows, change: Euro(total) })
}
