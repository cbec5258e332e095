//! Simulations: one budget of a plan in force computed again with something else in it. Nothing is written.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use allocation::{BudgetCase, BudgetOutcome, Cents, Explainer, IstatCode, Micros};
use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::comune::Comune;
use super::explanation::{self, QuotaExplanation, Subject};
use super::hypothesis::{self, Ground, SimulatedServiceInput, Worked};
use super::language::Language;
use super::plan::residents;
use super::rule::{CostSharingRule, RuleView};
use super::scalars::Euro;
use super::sight::{Sight, sight};
use super::small_cells;
use crate::error::{Error, Result};

/// What is to be different (ipotesi). Whatever is left out is taken from the plan in force.
#[derive(InputObject)]
pub struct SimulationInput {
    /// Code of the Ambito (Ambito).
    pub ambito: String,
    /// The year (anno).
    pub year: i32,
    /// The service, and what is to be different.
    #[graphql(flatten)]
    pub changes: SimulatedServiceInput,
}

/// What the quotas would be (simulazione).
#[derive(SimpleObject)]
pub struct Simulation {
    /// The budget (importo).
    pub amount: Euro,
    /// What the comuni would share (quota dei Comuni).
    pub municipal_share: Euro,
    /// The municipal share less the sum of the quotas (residuo).
    pub residue: Euro,
    /// The rule (criterio di riparto).
    pub rule: CostSharingRule,
    /// One quota a comune that takes part, by ISTAT code (quote).
    pub quotas: Vec<SimulatedQuota>,
}

/// What one comune would owe (quota simulata).
pub struct SimulatedQuota {
    shared: Arc<Shared>,
    comune: Comune,
    istat: IstatCode,
    amount: Cents,
    current: Option<Cents>,
    residents: Option<Micros>,
}

/// What all quotas of one simulation have in common.
struct Shared {
    case: BudgetCase,
    outcome: BudgetOutcome,
    /// Worked out for explanations, once one is asked for.
    explainer: Mutex<Option<Arc<Explainer<'static>>>>,
    service: Arc<str>,
    year: i32,
    assumed: bool,
    withheld: Arc<BTreeSet<IstatCode>>,
}

impl Shared {
    fn explainer(&self) -> Result<Arc<Explainer<'static>>> {
        let mut kept = self.explainer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*kept {
            return Ok(known.clone());
        }
        let new = Arc::new(Explainer::new(Cow::Owned(self.case.clone()), Cow::Owned(self.outcome.clone()))?);
        Ok(kept.insert(new).clone())
    }
}

/// What one comune would owe (quota simulata).
#[Object]
impl SimulatedQuota {
    /// The comune (Comune).
    async fn comune(&self) -> Comune {
        self.comune.clone()
    }

    /// What it would owe (importo).
    async fn amount(&self) -> Euro {
        Euro(self.amount)
    }

    /// What it owes under the plan in force; none where it does not take part (quota attuale).
    async fn current(&self) -> Option<Euro> {
        self.current.map(Euro)
    }

    /// What it would owe less what it owes; from zero where it does not take part today (variazione).
    async fn change(&self) -> Option<Result<Euro>> {
        let change = self.amount.checked_sub(self.current.unwrap_or(Cents::ZERO));
        Some(change.map(Euro).map_err(Error::from))
    }

    /// For each of its residents, rounded half up to the cent (euro per abitante).
    async fn per_resident(&self) -> Option<Euro> {
        allocation::per_unit(self.amount, self.residents?).map(Euro)
    }

    /// Why it would be this much, in steps that a person can redo (spiegazione).
    async fn explanation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; that of the request where left out (lingua).")] language: Option<Language>,
    ) -> Option<Result<QuotaExplanation>> {
        let explain = || {
            let subject = Subject {
                service: &self.shared.service,
                comune: &self.comune.0.row.name,
                year: self.shared.year,
                assumed: self.shared.assumed,
                withheld: self.shared.withheld.contains(&self.istat),
            };
            let language = language.unwrap_or(sight(ctx)?.language());
            explanation::explain(&*self.shared.explainer()?, self.istat, &subject, language)
        };
        Some(explain())
    }
}

/// Computes a simulation; none where there is no plan in force with that service for this asker.
pub(super) fn simulate(sight: &Sight, input: &SimulationInput) -> Result<Option<Simulation>> {
    let (ambito, changes) = (input.ambito.as_str(), &input.changes);
    let in_force = hypothesis::plan_in_force(sight, ambito, input.year);
    let ground = in_force.and_then(|in_force| Ground::new(sight, in_force, &changes.service, "input"));
    let Some(ground) = ground else { return Ok(None) };
    let worked = ground.work_out(changes)?;
    publish(&ground, changes, worked).map(Some)
}

fn publish(ground: &Ground<'_>, changes: &SimulatedServiceInput, worked: Worked) -> Result<Simulation> {
    let &Ground { sight, ambito, plan, budget, .. } = ground;
    let Worked { case, outcome, assumed } = worked;
    let keeps_rule = changes.rule.is_none();
    let view = RuleView {
        sight,
        ambito: ambito.row.id,
        assumed: budget.is_rule_assumed() && keeps_rule,
        note: budget.rule_note().filter(|_| keeps_rule),
    };
    let rule = view.rule(&case.rule)?;
    let consumption = case.rule.measures().into_iter().any(|code| small_cells::is_consumption_code(ambito, code));
    let withheld = if consumption { small_cells::withheld_bases(sight, plan, budget) } else { Arc::default() };
    let (service, year, explainer) = (budget.service.clone(), plan.row.year, Mutex::default());
    let shared = Arc::new(Shared { case, outcome, explainer, service, year, assumed, withheld });
    let outcome = &shared.outcome;
    let quotas = outcome.quotas.iter().map(|(comune, amount)| quota(ground, &shared, *comune, *amount));
    Ok(Simulation {
        amount: Euro(outcome.amount),
        municipal_share: Euro(outcome.municipal_share),
        residue: Euro(outcome.residue),
        rule,
        quotas: quotas.collect::<Result<_>>()?,
    })
}

fn quota(ground: &Ground<'_>, shared: &Arc<Shared>, istat: IstatCode, amount: Cents) -> Result<SimulatedQuota> {
    let &Ground { sight, plan, budget, .. } = ground;
    let comune = sight.book().comune_by_istat(istat).ok_or_else(|| Error::not_found("comune", istat.as_str()))?;
    Ok(SimulatedQuota {
        shared: shared.clone(),
        comune: Comune(comune.clone()),
        istat,
        amount,
        current: budget.quota_of(istat).map(|at| budget.quotas[at]),
        residents: residents(sight, plan, comune),
    })
}
