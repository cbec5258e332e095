//! A hypothesis: what is to be different in one budget of a plan, and what comes of the budget then. Simulations of one service and of several stand on it.
//!
//! What an asker may not see it may not count by either: a simulation could otherwise be made to give back what is withheld.

use std::sync::Arc;

use allocation::{Basis, BudgetCase, BudgetOutcome, FundingSize, IstatCode, MeasureCode, Method, Micros, RuleBody};
use async_graphql::InputObject;

use super::rule_input::CostSharingRuleInput;
use super::scalars::{self, Euro, ExactDecimal};
use super::sight::Sight;
use super::small_cells;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::master::{AmbitoBook, Measurement};
use crate::store::plan::{BudgetBook, FundingBook, PlanBook};

/// What is to be different for one service (ipotesi). Whatever is left out is taken from the plan in force.
#[derive(InputObject)]
pub struct SimulatedServiceInput {
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

/// The budget that a hypothesis begins from.
pub(super) struct Ground<'a> {
    pub(super) sight: &'a Sight,
    pub(super) ambito: &'a Arc<AmbitoBook>,
    pub(super) plan: &'a Arc<PlanBook>,
    pub(super) budget: &'a BudgetBook,
    /// The argument that hypotheses come in, for refusals.
    argument: &'static str,
}

/// A budget worked out.
pub(super) struct Worked {
    /// What was computed.
    pub(super) case: BudgetCase,
    /// What came of it.
    pub(super) outcome: BudgetOutcome,
    /// Whether anything that it depends on is assumed.
    pub(super) assumed: bool,
}

/// The plan that simulations of a year begin from; none where there is none in force for this asker.
pub(super) fn plan_in_force<'a>(
    sight: &'a Sight,
    ambito: &str,
    year: i32,
) -> Option<(&'a Arc<AmbitoBook>, &'a Arc<PlanBook>)> {
    let ambito = sight.ambito_by_code(ambito)?;
    sight.asker().simulate(ambito.row.id)?;
    Some((ambito, sight.in_force(ambito, year, sight.day(None))?))
}

impl<'a> Ground<'a> {
    /// The budget of a service; none where the plan has none.
    pub(super) fn new(
        sight: &'a Sight,
        (ambito, plan): (&'a Arc<AmbitoBook>, &'a Arc<PlanBook>),
        service: &str,
        argument: &'static str,
    ) -> Option<Self> {
        let budget = &plan.budgets[plan.budget(service)?];
        Some(Self { sight, ambito, plan, budget, argument })
    }

    /// Computes the budget with something else in it. A refusal names the service.
    pub(super) fn work_out(&self, input: &SimulatedServiceInput) -> Result<Worked> {
        let work_out = || {
            let (case, counts_assumed) = self.case(input)?;
            let outcome = allocation::compute(&case)?;
            Ok(Worked { case, outcome, assumed: counts_assumed || self.keeps_assumed(input) })
        };
        work_out().map_err(|error: Error| error.of_service(&self.budget.service))
    }

    /// What is computed, and whether it counts by a value that is assumed.
    fn case(&self, input: &SimulatedServiceInput) -> Result<(BudgetCase, bool)> {
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
                    .argument(self.argument_of("funding.fund"))
                    .into());
            }
            all.push(funding);
        }
        Ok(all)
    }

    fn fund(&self, input: &FundingInput) -> Result<allocation::Funding> {
        if !self.ambito.funds.iter().any(|fund| fund.code == input.fund) {
            return Err(self.not_found("fund", &input.fund, "funding.fund"));
        }
        let size = match (input.amount, input.balancing.unwrap_or(false)) {
            (Some(amount), false) => FundingSize::Fixed(amount.0),
            (None, true) => FundingSize::Balancing,
            _ => {
                let refusal = Refusal::new(Code::Invalid).argument(self.argument_of("funding")).message(
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
    fn basis(&self, input: &SimulatedServiceInput, rule: &allocation::Rule) -> Result<(Basis, bool)> {
        let comuni = match &input.participants {
            Some(codes) => codes.iter().map(|code| self.member(code.0)).collect::<Result<Vec<_>>>()?,
            None => self.budget.comuni.iter().map(|comune| comune.istat).collect(),
        };
        let mut basis = Basis::new(comuni.clone())?;
        for given in input.basis.as_deref().unwrap_or_default() {
            let measure = MeasureCode::parse(&given.measure).ok().filter(|code| self.knows(code));
            let measure = measure.ok_or_else(|| self.not_found("measure", &given.measure, "basis.measure"))?;
            let istat = self.member(given.comune.0)?;
            if basis.get(&measure, istat).is_some() {
                return Err(allocation::Error::DuplicateComune { comune: istat }.into());
            }
            basis.set(&measure, istat, given.value.micros()?)?;
        }
        let mut counts_assumed = false;
        for measure in rule.measures() {
            if !self.knows(measure) {
                return Err(self.not_found("measure", measure.as_str(), "rule.measure"));
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
    fn may_count_by(&self, measure: &MeasureCode, input: &SimulatedServiceInput) -> bool {
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
            let of_service = |row: &&Measurement| row.service_id().is_none_or(|own| own == self.budget.service_id);
            let rows = entry
                .measurements
                .iter()
                .filter(|row| row.measure_id == id && row.vintage.reference_date <= day)
                .filter(of_service);
            let latest = rows.max_by_key(|row| (row.service_id().is_some(), row.vintage.reference_date));
            latest.map(|row| (row.value, row.vintage.assumed))
        };
        frozen(self.budget).or_else(others).or_else(measured)
    }

    /// Whether anything but the values counted by is assumed and taken from the plan.
    fn keeps_assumed(&self, input: &SimulatedServiceInput) -> bool {
        let budget = self.budget;
        (input.amount.is_none() && budget.assumed)
            || (input.rule.is_none() && budget.is_rule_assumed())
            || (input.funding.is_none() && budget.funding.iter().any(|row| row.assumed))
    }

    fn not_found(&self, what: &str, name: &str, argument: &str) -> Error {
        not_found(what, name, &self.argument_of(argument))
    }

    fn argument_of(&self, name: &str) -> String {
        format!("{}.{name}", self.argument)
    }
}

/// Something that the caller named and that is not there.
pub(super) fn not_found(what: &str, name: &str, argument: &str) -> Error {
    let name: String = name.chars().take(40).collect();
    let message = (format!("Non trovato: {what} {name}."), format!("Not found: {what} {name}."));
    Refusal::new(Code::NotFound).message(message.0, message.1).argument(argument).into()
}
