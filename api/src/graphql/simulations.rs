//! Alternatives to a plan in force, side by side: what each comune would owe, and how evenly. Nothing is written, and nothing but the book is read.
//!
//! An alternative that cannot be worked out says why in its own place and leaves the others as they are. What an asker may see and count by is
//! what it is for a simulation of one service: `hypothesis` decides it for both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use allocation::{BudgetOutcome, Cents, IstatCode};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::kinds::PlanStatus;

use super::comune::Comune;
use super::direct::{Direct, Rows, Selected, Write};
use super::hypothesis::{self, Ground, SimulatedServiceInput};
use super::id::Key;
use super::plan::{Plan, residents};
use super::scalars::Euro;
use super::service::Service;
use super::sight::{Sight, sight};
use super::spread::{BurdenSpread, spread};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::Limits;
use crate::store::master::AmbitoBook;
use crate::store::plan::PlanBook;

/// Where an alternative says what is to be different, as refusals name it.
const CHANGES: &str = "input.alternatives.services";

/// What is compared with the plan in force (alternative a confronto).
#[derive(InputObject)]
pub struct SimulationsInput {
    /// Code of the Ambito (Ambito).
    pub ambito: String,
    /// The year of the plan in force (anno).
    pub year: i32,
    /// Codes of the services compared; every service where left out (servizi).
    pub services: Option<Vec<String>>,
    /// The alternatives, 1 to 10 (alternative).
    pub alternatives: Vec<AlternativeInput>,
}

/// One alternative (alternativa): the plan in force with something different in it, or another version of a plan. Exactly one of `services` and `plan`.
#[derive(InputObject)]
pub struct AlternativeInput {
    /// What it is called, unlike the others (nome).
    pub name: String,
    /// What is to be different, each service once; the others keep what they have in force (ipotesi).
    pub services: Option<Vec<SimulatedServiceInput>>,
    /// Identifier of a plan of the same Ambito, such as a draft or that of another year (piano).
    pub plan: Option<ID>,
}

/// A plan in force and alternatives to it, side by side (confronto tra alternative).
#[derive(SimpleObject)]
pub struct SimulationComparison {
    /// The plan in force (piano in vigore).
    pub plan: Plan,
    /// What comes of it (situazione attuale).
    pub current: SimulationOutcome,
    /// The alternatives, in the order of the question (alternative).
    pub alternatives: Vec<SimulationAlternative>,
}

/// One alternative, and what comes of it (alternativa).
pub struct SimulationAlternative {
    name: String,
    plan: Option<Plan>,
    outcome: Result<SimulationOutcome>,
}

/// What a plan or an alternative comes to, over the services compared (risultato).
pub struct SimulationOutcome {
    /// Whose count of residents holds.
    plan: Arc<PlanBook>,
    amount: Cents,
    municipal_share: Cents,
    residue: Cents,
    quotas: Quotas,
    comuni: Vec<ComuneOutcome>,
    services: Vec<ServiceOutcome>,
}

/// What one comune would owe over the services compared (risultato per Comune).
#[derive(Clone, SimpleObject)]
pub struct ComuneOutcome {
    /// The comune (Comune).
    pub comune: Comune,
    /// What it would owe; 0.00 where it would take no part (importo).
    pub amount: Euro,
    /// What it owes under the plan in force; none where it does not take part (importo attuale).
    pub current: Option<Euro>,
    /// What it would owe less what it owes; from zero where it does not take part today (variazione).
    pub change: Euro,
    /// What it would owe for each of its residents, rounded half up to the cent (euro per abitante).
    pub per_resident: Option<Euro>,
}

/// What one service would come to (risultato per servizio).
#[derive(Clone, SimpleObject)]
pub struct ServiceOutcome {
    /// The service (servizio).
    pub service: Service,
    /// The budget; 0.00 where the alternative is a plan without this service (importo).
    pub amount: Euro,
    /// What of it the comuni would share (quota dei Comuni).
    pub municipal_share: Euro,
    /// The municipal share less the sum of the quotas (residuo).
    pub residue: Euro,
    /// What the comuni share under the plan in force; none where that plan does not have the service (quota dei Comuni attuale).
    pub current: Option<Euro>,
    /// What they would share less what they share; from zero where the plan in force does not have the service (variazione).
    pub change: Euro,
}

impl Direct for ComuneOutcome {
    const NAME: &'static str = "ComuneOutcome";

    type Row<'a> = &'a Self;

    fn row(&self) -> &Self {
        self
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "comune" => selected.object::<Comune>(|row, _| Ok(row.comune.row())),
            "amount" => selected.leaf(|row, _, json| json.euro(row.amount.0)),
            "current" => selected.leaf(|row, _, json| json.option(row.current, |json, amount| json.euro(amount.0))),
            "change" => selected.leaf(|row, _, json| json.euro(row.change.0)),
            "perResident" => {
                selected.leaf(|row, _, json| json.option(row.per_resident, |json, amount| json.euro(amount.0)))
            }
            _ => None,
        }
    }
}

impl Direct for ServiceOutcome {
    const NAME: &'static str = "ServiceOutcome";

    type Row<'a> = &'a Self;

    fn row(&self) -> &Self {
        self
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "service" => selected.object::<Service>(|row, _| Ok(row.service.row())),
            "amount" => selected.leaf(|row, _, json| json.euro(row.amount.0)),
            "municipalShare" => selected.leaf(|row, _, json| json.euro(row.municipal_share.0)),
            "residue" => selected.leaf(|row, _, json| json.euro(row.residue.0)),
            "current" => selected.leaf(|row, _, json| json.option(row.current, |json, amount| json.euro(amount.0))),
            "change" => selected.leaf(|row, _, json| json.euro(row.change.0)),
            _ => None,
        }
    }
}

/// One alternative, and what comes of it (alternativa).
#[Object]
impl SimulationAlternative {
    /// What it is called (nome).
    async fn name(&self) -> &str {
        &self.name
    }

    /// The plan that was named as the alternative (piano).
    async fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// What comes of it; where it cannot be worked out, none and an error at this place that says why (risultato).
    async fn outcome(&self) -> Option<Result<&SimulationOutcome>> {
        Some(self.outcome.as_ref().map_err(Error::clone))
    }
}

/// What a plan or an alternative comes to, over the services compared (risultato).
#[Object]
impl SimulationOutcome {
    /// The sum of the budgets (importo).
    async fn amount(&self) -> Euro {
        Euro(self.amount)
    }

    /// What of it the comuni would share (quota dei Comuni).
    async fn municipal_share(&self) -> Euro {
        Euro(self.municipal_share)
    }

    /// The municipal share less the sum of the quotas (residuo).
    async fn residue(&self) -> Euro {
        Euro(self.residue)
    }

    /// One row a comune that takes part, here or under the plan in force, by ISTAT code (per Comune).
    async fn comuni(&self, ctx: &Context<'_>) -> Rows<'_, ComuneOutcome> {
        Rows::new(ctx, &self.comuni[..])
    }

    /// One row a service compared, in the services' order; last those of the plan in force that the alternative does not have (per servizio).
    async fn services(&self, ctx: &Context<'_>) -> Rows<'_, ServiceOutcome> {
        Rows::new(ctx, &self.services[..])
    }

    /// How evenly the quotas lie on the residents of the comuni that would take part; none where residents of one are not known (distribuzione dell'onere).
    async fn spread(&self, ctx: &Context<'_>) -> Option<Result<BurdenSpread>> {
        let quotas = self.quotas.iter().map(|(istat, amount)| (*istat, *amount));
        sight(ctx).and_then(|sight| spread(sight, &self.plan, quotas)).transpose()
    }
}

/// Cents by comune.
type Quotas = BTreeMap<IstatCode, Cents>;

/// What comes of each budget, by row id of its service, in the services' order.
type Outcomes = Vec<(i64, Arc<BudgetOutcome>)>;

/// The plan in force, and what of it is compared.
struct Compared<'a> {
    sight: &'a Sight,
    ambito: &'a Arc<AmbitoBook>,
    plan: &'a Arc<PlanBook>,
    /// Row ids of the services; all where none are named.
    services: Option<BTreeSet<i64>>,
    current: Outcomes,
    current_quotas: Quotas,
}

/// Compares alternatives with the plan in force; none where there is none for this asker.
pub(super) fn compare(
    sight: &Sight,
    input: &SimulationsInput,
    limits: &Limits,
) -> Result<Option<SimulationComparison>> {
    check(&input.alternatives, limits.alternatives_max)?;
    let Some((ambito, plan)) = hypothesis::plan_in_force(sight, &input.ambito, input.year) else { return Ok(None) };
    let services = input.services.as_deref().map(|codes| services(ambito, codes)).transpose()?;
    let mut compared = Compared { sight, ambito, plan, services, current: Vec::new(), current_quotas: Quotas::new() };
    compared.current = compared.outcomes_of(plan)?;
    compared.current_quotas = quotas(&compared.current)?;
    let current = compared.outcome(plan, &compared.current)?;
    let mut alternatives = Vec::with_capacity(input.alternatives.len());
    for alternative in &input.alternatives {
        sight.check_time()?;
        alternatives.push(compared.alternative(alternative));
    }
    Ok(Some(SimulationComparison { plan: Plan(plan.clone()), current, alternatives }))
}

/// What is true of the question whatever is in the book.
fn check(alternatives: &[AlternativeInput], most: usize) -> Result<()> {
    let refuse = |code: Code, argument: &str, it: String, en: String| {
        Err(Refusal::new(code).message(it, en).argument(argument).into())
    };
    if alternatives.is_empty() || alternatives.len() > most {
        let it = format!("Le alternative sono da 1 a {most}.");
        return refuse(Code::Invalid, "input.alternatives", it, format!("There are 1 to {most} alternatives."));
    }
    let mut names = BTreeSet::new();
    for AlternativeInput { name, .. } in alternatives {
        let argument = "input.alternatives.name";
        if name.trim().is_empty() {
            return refuse(
                Code::Invalid,
                argument,
                "Un'alternativa ha un nome.".to_owned(),
                "An alternative has a name.".to_owned(),
            );
        }
        if !names.insert(name) {
            let it = "Due alternative hanno lo stesso nome.".to_owned();
            return refuse(Code::Duplicate, argument, it, "Two alternatives have the same name.".to_owned());
        }
    }
    Ok(())
}

/// Row ids of services that the comparison is held to.
fn services(ambito: &AmbitoBook, codes: &[String]) -> Result<BTreeSet<i64>> {
    let id = |code: &String| {
        let service = ambito.service(code).map(|service| service.row.id);
        service.ok_or_else(|| hypothesis::not_found("service", code, "input.services"))
    };
    codes.iter().map(id).collect()
}

/// What each comune owes over all services.
fn quotas(outcomes: &Outcomes) -> Result<Quotas> {
    let mut quotas = Quotas::new();
    for (istat, amount) in outcomes.iter().flat_map(|(_, outcome)| &outcome.quotas) {
        let sum = quotas.entry(*istat).or_insert(Cents::ZERO);
        *sum = sum.checked_add(*amount)?;
    }
    Ok(quotas)
}

impl Compared<'_> {
    fn alternative(&self, input: &AlternativeInput) -> SimulationAlternative {
        let named = input.plan.as_ref().and_then(|id| self.plan_of(id));
        let worked = match (&input.services, &input.plan, &named) {
            (Some(changes), None, _) => self.changed(changes).map(|outcomes| (self.plan, outcomes)),
            (None, Some(_), Some(plan)) => self.outcomes_of(plan).map(|outcomes| (plan, outcomes)),
            (None, Some(_), None) => Err(Refusal::new(Code::NotFound)
                .message("Il piano indicato non c'è.", "The plan that was named is not there.")
                .argument("input.alternatives.plan")
                .into()),
            (Some(_), Some(_), _) | (None, None, _) => Err(Refusal::new(Code::Invalid)
                .message(
                    "Un'alternativa indica i servizi che cambiano, oppure un piano.",
                    "An alternative names the services that change, or else a plan.",
                )
                .argument("input.alternatives")
                .into()),
        };
        let outcome = worked.and_then(|(plan, outcomes)| self.outcome(plan, &outcomes));
        SimulationAlternative { name: input.name.clone(), plan: named.map(Plan), outcome }
    }

    /// A plan of this Ambito that the asker sees.
    fn plan_of(&self, id: &ID) -> Option<Arc<PlanBook>> {
        let Some(Key::Plan(id)) = Key::read(id) else { return None };
        self.sight.plan(id).filter(|plan| plan.row.ambito_id == self.ambito.row.id).cloned()
    }

    fn compares(&self, service: i64) -> bool {
        self.services.as_ref().is_none_or(|services| services.contains(&service))
    }

    /// What comes of the budgets of a plan: as approved, or worked out now where it may still change.
    fn outcomes_of(&self, plan: &PlanBook) -> Result<Outcomes> {
        let names = self.sight.book().names();
        let mut outcomes = Vec::with_capacity(plan.budgets.len());
        for budget in plan.budgets.iter().filter(|budget| self.compares(budget.service_id)) {
            let outcome = if plan.row.status == PlanStatus::Approved {
                budget.outcome(names)?
            } else {
                let computed = allocation::compute(&budget.case(names)?);
                computed.map_err(|fault| Error::from(fault).of_service(&budget.service))?
            };
            outcomes.push((budget.service_id, Arc::new(outcome)));
        }
        Ok(outcomes)
    }

    /// The plan in force with something else in some of its budgets.
    fn changed(&self, changes: &[SimulatedServiceInput]) -> Result<Outcomes> {
        let mut outcomes = self.current.clone();
        let mut seen = BTreeSet::new();
        for change in changes {
            let code = change.service.as_str();
            let refuse = |code: Code, it: &'static str, en: &'static str| {
                let refusal = Refusal::new(code).message(it, en).argument(format!("{CHANGES}.service"));
                Error::from(refusal).of_service(&change.service)
            };
            let ground = Ground::new(self.sight, (self.ambito, self.plan), code, CHANGES);
            let ground = ground.ok_or_else(|| hypothesis::not_found("service", code, &format!("{CHANGES}.service")))?;
            let id = ground.budget.service_id;
            if !seen.insert(id) {
                return Err(refuse(
                    Code::Duplicate,
                    "Il servizio compare due volte nell'alternativa.",
                    "The service was given twice in the alternative.",
                ));
            }
            let place = outcomes.iter_mut().find(|(service, _)| *service == id);
            let (_, outcome) = place.ok_or_else(|| {
                refuse(
                    Code::Invalid,
                    "L'alternativa cambia un servizio che non è tra quelli a confronto.",
                    "The alternative changes a service that is not among those compared.",
                )
            })?;
            *outcome = Arc::new(ground.work_out(change)?.outcome);
        }
        Ok(outcomes)
    }

    fn outcome(&self, plan: &Arc<PlanBook>, outcomes: &Outcomes) -> Result<SimulationOutcome> {
        let sum = |of: fn(&BudgetOutcome) -> Cents| Cents::sum(outcomes.iter().map(|(_, outcome)| of(outcome)));
        let quotas = quotas(outcomes)?;
        Ok(SimulationOutcome {
            plan: plan.clone(),
            amount: sum(|outcome| outcome.amount)?,
            municipal_share: sum(|outcome| outcome.municipal_share)?,
            residue: sum(|outcome| outcome.residue)?,
            comuni: self.comuni(plan, &quotas)?,
            services: self.service_rows(outcomes)?,
            quotas,
        })
    }

    fn comuni(&self, plan: &PlanBook, quotas: &Quotas) -> Result<Vec<ComuneOutcome>> {
        let either: BTreeSet<IstatCode> = quotas.keys().chain(self.current_quotas.keys()).copied().collect();
        let row = |istat: IstatCode| {
            let comune = self.sight.book().comune_by_istat(istat);
            let comune = comune.ok_or_else(|| Error::not_found("comune", istat.as_str()))?;
            let amount = quotas.get(&istat).copied().unwrap_or_default();
            let current = self.current_quotas.get(&istat).copied();
            let residents = residents(self.sight, plan, comune);
            Ok(ComuneOutcome {
                comune: Comune(comune.clone()),
                amount: Euro(amount),
                current: current.map(Euro),
                change: Euro(amount.checked_sub(current.unwrap_or_default())?),
                per_resident: residents.and_then(|residents| allocation::per_unit(amount, residents)).map(Euro),
            })
        };
        either.into_iter().map(row).collect()
    }

    fn service_rows(&self, outcomes: &Outcomes) -> Result<Vec<ServiceOutcome>> {
        let of = |outcomes: &Outcomes, service: i64| {
            outcomes.iter().find(|(id, _)| *id == service).map(|(_, outcome)| outcome.clone())
        };
        let own = outcomes.iter().map(|(id, outcome)| (*id, Some(outcome.clone())));
        let missing = self.current.iter().filter(|(id, _)| of(outcomes, *id).is_none()).map(|(id, _)| (*id, None));
        let row = |(id, outcome): (i64, Option<Arc<BudgetOutcome>>)| {
            let service = self.sight.service(id).ok_or_else(|| Error::broken("service of budget", id))?;
            let figure = |of: fn(&BudgetOutcome) -> Cents| outcome.as_deref().map(of).unwrap_or_default();
            let current = of(&self.current, id).map(|outcome| outcome.municipal_share);
            let municipal_share = figure(|outcome| outcome.municipal_share);
            Ok(ServiceOutcome {
                service: Service(service.clone()),
                amount: Euro(figure(|outcome| outcome.amount)),
                municipal_share: Euro(municipal_share),
                residue: Euro(figure(|outcome| outcome.residue)),
                current: current.map(Euro),
                change: Euro(municipal_share.checked_sub(current.unwrap_or_default())?),
            })
        };
        own.chain(missing).map(row).collect()
    }
}
