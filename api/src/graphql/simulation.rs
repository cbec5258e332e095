//! Simulations: one budget of a plan in force computed again with something else in it. Nothing is written.
//!
//! What an asker may not see it may not count by either: a simulation could otherwise be made to give back what is withheld.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use allocation::{
    Basis, BudgetCase, BudgetOutcome, Cents, Explainer, FundingSize, IstatCode, MeasureCode, Method, Micros, RuleBody,
};
use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::comune::Comune;
use super::explanation::{self, QuotaExplanation, Subject};
use super::language::Language;
use super::plan::residents;
use super::rule::{CostSharingRule, RuleView};
use super::rule_input::CostSharingRuleInput;
use super::scalars::{self, Euro, ExactDecimal};
use super::sight::{Sight, sight};
use super::small_cells;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::master::{AmbitoBook, Measurement};
use crate::store::plan::{BudgetBook, FundingBook, PlanBook};

/// What is to be different (ipotesi). Whatever is left out is taken from the plan in force.
#[derive(InputObject)]
pub struct SimulationInput {
    /// Code of the Ambito (Ambito).
    pub ambito: String,
    /// The year (anno).
    pub year: i32,
    /// Code of the service (servizio).
    pub service: String,
    /// The budget (importo).
    pub amount: Option<Euro>,
    /// All the funding (coperture).
    pub funding: Option<Vec<FundingInput>>,
    /// The rule (criterio di riparto).
    pub rule: Option<CostSharingRuleInput>,
    /// The comuni that take part (Comuni aderenti).
    pub participants: Option<Vec<scalars::IstatCode>>,
    /// Values of measures (basi di riparto).
    pub basis: Option<Vec<BasisInput>>,
}

/// What a fund covers (copertura): an amount, or what the others and the quotas leave.
#[derive(InputObject)]
pub struct FundingInput {
    /// Code of the fund (fondo).
    pub fund: String,
    /// What it covers (importo).
    pub amount: Option<Euro>,
    /// Whether it takes up what the other funds and the quotas leave (a pareggio).
    pub balancing: Option<bool>,
}

/// The value of a measure for a comune (base di riparto).
#[derive(InputObject)]
pub struct BasisInput {
    /// The comune (Comune).
    pub comune: scalars::IstatCode,
    /// Code of the measure (misura).
    pub measure: String,
    /// The value (valore).
    pub value: ExactDecimal,
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

/// The budget that a simulation begins from.
struct Ground<'a> {
    sight: &'a Sight,
    ambito: &'a Arc<AmbitoBook>,
    plan: &'a Arc<PlanBook>,
    budget: &'a BudgetBook,
}

/// Computes a simulation; none where there is no plan in force with that service for this asker.
pub(super) fn simulate(sight: &Sight, input: &SimulationInput) -> Result<Option<Simulation>> {
    let Some(ground) = ground(sight, input) else { return Ok(None) };
    let refuse = |error: Error| error.of_service(&ground.budget.service);
    let (case, counts_assumed) = ground.case(input).map_err(refuse)?;
    let outcome = allocation::compute(&case).map_err(|fault| refuse(fault.into()))?;
    ground.publish(input, case, outcome, counts_assumed).map(Some)
}

fn ground<'a>(sight: &'a Sight, input: &SimulationInput) -> Option<Ground<'a>> {
    let ambito = sight.ambito_by_code(&input.ambito)?;
    sight.asker().simulate(ambito.row.id)?;
    let plan = sight.in_force(ambito, input.year, sight.day(None))?;
    let budget = &plan.budgets[plan.budget(&input.service)?];
    Some(Ground { sight, ambito, plan, budget })
}

impl Ground<'_> {
    /// What is computed, and whether it counts by a value that is assumed.
    fn case(&self, input: &SimulationInput) -> Result<(BudgetCase, bool)> {
        let rule = input.rule.as_ref().map_or_else(|| self.budget.rule().cloned(), CostSharingRuleInput::rule)?;
        let funding = match &input.funding {
            Some(inputs) => self.funding(inputs)?,
            None => self.own_funding(&rule)?,
        };
        let (basis, counts_assumed) = self.basis(input, &rule)?;
        Ok((
            BudgetCase { amount: input.amount.map_or(self.budget.amount, |amount| amount.0), funding, rule, basis },
            counts_assumed,
        ))
    }

    /// All the funding, each fund once, as in a plan.
    fn funding(&self, inputs: &[FundingInput]) -> Result<Vec<allocation::Funding>> {
        let mut all: Vec<allocation::Funding> = Vec::with_capacity(inputs.len());
        for input in inputs {
            let funding = self.fund(input)?;
            if all.iter().any(|other| other.fund == funding.fund) {
                let fund = &funding.fund;
                let message =
                    (format!("Il fondo {fund} compare due volte."), format!("The fund {fund} was given twice."));
                return Err(Refusal::new(Code::Duplicate)
                    .message(message.0, message.1)
                    .argument("input.funding.fund")
                    .into());
            }
            all.push(funding);
        }
        Ok(all)
    }

    fn fund(&self, input: &FundingInput) -> Result<allocation::Funding> {
        if !self.ambito.funds.iter().any(|fund| fund.code == input.fund) {
            return Err(not_found("fund", &input.fund, "input.funding.fund"));
        }
        let size = match (input.amount, input.balancing.unwrap_or(false)) {
            (Some(amount), false) => FundingSize::Fixed(amount.0),
            (None, true) => FundingSize::Balancing,
            _ => {
                let refusal = Refusal::new(Code::Invalid).argument("input.funding").message(
                    "Una copertura ha un importo, oppure è a pareggio.",
                    "A funding has an amount, or is balancing.",
                );
                return Err(refusal.into());
            }
        };
        Ok(allocation::Funding { fund: input.fund.clone(), size })
    }

    /// The funding of the plan. Under a rule that shares what is given, a fund that balances today keeps today's amount.
    fn own_funding(&self, rule: &allocation::Rule) -> Result<Vec<allocation::Funding>> {
        let keep = |row: &FundingBook| {
            let balances = row.balancing && rule.fixes_total();
            let size = if balances { FundingSize::Balancing } else { FundingSize::Fixed(row.amount) };
            Ok(allocation::Funding { fund: self.sight.book().names().fund(row.fund_id)?.to_owned(), size })
        };
        self.budget.funding.iter().map(keep).collect()
    }

    /// What is counted by: what is given, and for the rest what the rule's measures have; and whether any of the rest is assumed.
    fn basis(&self, input: &SimulationInput, rule: &allocation::Rule) -> Result<(Basis, bool)> {
        let comuni = match &input.participants {
            Some(codes) => codes.iter().map(|code| self.member(code.0)).collect::<Result<Vec<_>>>()?,
            None => self.budget.comuni.iter().map(|comune| comune.istat).collect(),
        };
        let mut basis = Basis::new(comuni.clone())?;
        for given in input.basis.as_deref().unwrap_or_default() {
            let measure = MeasureCode::parse(&given.measure).ok().filter(|code| self.knows(code));
            let measure = measure.ok_or_else(|| not_found("measure", &given.measure, "input.basis.measure"))?;
            let istat = self.member(given.comune.0)?;
            if basis.get(&measure, istat).is_some() {
                return Err(allocation::Error::DuplicateComune { comune: istat }.into());
            }
            basis.set(&measure, istat, given.value.micros()?)?;
        }
        let mut counts_assumed = false;
        for measure in rule.measures() {
            if !self.knows(measure) {
                return Err(not_found("measure", measure.as_str(), "input.rule.measure"));
            }
            let may_count = self.may_count_by(measure, input);
            for comune in comuni.iter().filter(|_| may_count) {
                let missing = basis.get(measure, *comune).is_none();
                if let Some((value, assumed)) = missing.then(|| self.value(measure, *comune)).flatten() {
                    basis.set(measure, *comune, value)?;
                    counts_assumed |= assumed;
                }
            }
        }
        Ok((basis, counts_assumed))
    }

    /// A comune of the Ambito; another is not there.
    fn member(&self, code: IstatCode) -> Result<IstatCode> {
        if self.sight.members(self.ambito).any(|comune| comune.istat == code) {
            return Ok(code);
        }
        let refusal = Refusal::new(Code::NotFound).comune(code).message(
            format!("Il comune {code} non fa parte dell'Ambito."),
            format!("The comune {code} is not one of the Ambito."),
        );
        Err(refusal.into())
    }

    fn knows(&self, measure: &MeasureCode) -> bool {
        self.ambito.measures.iter().any(|row| row.code == measure.as_str())
    }

    /// What residents used may be counted by whoever sees it all. Others may count by it where the published quotas give it away already: they are
    /// a price times it, or in proportion to it. Under any other rule they may only keep the rule as it is.
    fn may_count_by(&self, measure: &MeasureCode, input: &SimulationInput) -> bool {
        let own = match self.budget.rule().ok().map(|rule| &rule.body) {
            Some(RuleBody::Simple(rule)) if matches!(rule.method, Method::ByMeasure { .. } | Method::Tariff { .. }) => {
                rule.method.measure()
            }
            _ => None,
        };
        let is_counted = own == Some(measure) || input.rule.is_none();
        is_counted || self.sees_all() || !small_cells::is_consumption_code(self.ambito, measure)
    }

    fn sees_all(&self) -> bool {
        let asker = self.sight.asker();
        self.ambito.comuni.iter().all(|comune| asker.sees_small_cells_of(self.ambito.row.id, *comune))
    }

    /// A comune's value, and whether it is assumed: frozen with the budget, or with another of the plan, or else the latest one measured
    /// before the plan's year ends. What residents used is taken from elsewhere than this budget only for whoever sees it all.
    fn value(&self, measure: &MeasureCode, istat: IstatCode) -> Option<(Micros, bool)> {
        let names = self.sight.book().names();
        let id = names.measure_id(self.ambito.row.id, measure)?;
        let frozen = |budget: &BudgetBook| {
            let frozen = budget.frozen(id, istat)?;
            Some((frozen.value, frozen.vintage.assumed))
        };
        let consumption = small_cells::is_consumption_code(self.ambito, measure);
        let others = || self.plan.budgets.iter().filter(|_| !consumption).find_map(frozen);
        let measured = || {
            let day = chrono::NaiveDate::from_ymd_opt(self.plan.row.year, 12, 31)?;
            let entry = self.sight.book().comune_by_istat(istat).filter(|_| !consumption || self.sees_all())?;
            let of_service = |row: &&Measurement| row.service_id.is_none_or(|own| own == self.budget.service_id);
            let rows = entry
                .measurements
                .iter()
                .filter(|row| row.measure_id == id && row.vintage.reference_date <= day)
                .filter(of_service);
            let latest = rows.max_by_key(|row| (row.service_id.is_some(), row.vintage.reference_date));
            latest.map(|row| (row.value, row.vintage.assumed))
        };
        frozen(self.budget).or_else(others).or_else(measured)
    }

    fn publish(
        &self,
        input: &SimulationInput,
        case: BudgetCase,
        outcome: BudgetOutcome,
        counts_assumed: bool,
    ) -> Result<Simulation> {
        let note = self.budget.rule_note().filter(|_| input.rule.is_none());
        let assumed = self.budget.is_rule_assumed() && input.rule.is_none();
        let view = RuleView { sight: self.sight, ambito: self.ambito.row.id, assumed, note };
        let rule = view.rule(&case.rule)?;
        let consumption =
            case.rule.measures().into_iter().any(|code| small_cells::is_consumption_code(self.ambito, code));
        let withheld =
            if consumption { small_cells::withheld_bases(self.sight, self.plan, self.budget) } else { Arc::default() };
        let (service, year, assumed) =
            (self.budget.service.clone(), self.plan.row.year, counts_assumed || self.keeps_assumed(input));
        let explainer = Mutex::default();
        let shared = Arc::new(Shared { case, outcome, explainer, service, year, assumed, withheld });
        let outcome = &shared.outcome;
        let quotas = outcome.quotas.iter().map(|(comune, amount)| self.quota(&shared, *comune, *amount));
        Ok(Simulation {
            amount: Euro(outcome.amount),
            municipal_share: Euro(outcome.municipal_share),
            residue: Euro(outcome.residue),
            rule,
            quotas: quotas.collect::<Result<_>>()?,
        })
    }

    /// Whether anything but the values counted by is assumed and taken from the plan.
    fn keeps_assumed(&self, input: &SimulationInput) -> bool {
        let budget = self.budget;
        (input.amount.is_none() && budget.assumed)
            || (input.rule.is_none() && budget.is_rule_assumed())
            || (input.funding.is_none() && budget.funding.iter().any(|row| row.assumed))
    }

    fn quota(&self, shared: &Arc<Shared>, istat: IstatCode, amount: Cents) -> Result<SimulatedQuota> {
        let comune =
            self.sight.book().comune_by_istat(istat).ok_or_else(|| Error::not_found("comune", istat.as_str()))?;
        Ok(SimulatedQuota {
            shared: shared.clone(),
            comune: Comune(comune.clone()),
            istat,
            amount,
            current: self.budget.quota_of(istat).map(|at| self.budget.quotas[at]),
            residents: residents(self.sight, self.plan, comune),
        })
    }
}

fn not_found(what: &str, name: &str, argument: &str) -> Error {
    let name: String = name.chars().take(40).collect();
    let message = (format!("Non trovato: {what} {name}."), format!("Not found: {what} {name}."));
    Refusal::new(Code::NotFound).message(message.0, message.1).argument(argument).into()
}
