//! A plan: one version of one year of one Ambito.

use std::collections::BTreeMap;
use std::sync::Arc;

use allocation::{Cents, Micros};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use entity::kinds::{FundLevel, PlanKind as Kind, PlanStatus as Status};

use super::ambito::Ambito;
use super::budget::{Budget, fund_view};
use super::comparison::{self, PlanComparison};
use super::comune::Comune;
use super::database::database;
use super::direct::Rows;
use super::enums::{PlanKind, PlanStatus};
use super::fund::FundCoverage;
use super::id::Key;
use super::mutation::UserError;
use super::programme::Resolution;
use super::scalars::{Date, Euro, ExactDecimal};
use super::settlement::{Settlement, settle};
use super::sight::{Sight, sight};
use super::small_cells;
use super::spread::{BurdenSpread, spread};
use super::verification::PlanVerification;
use super::writing::writing;
use crate::error::{Error, Result};
use crate::store::master::ComuneEntry;
use crate::store::plan::{ComuneKey, PlanBook, problems};

/// One year's budgets, funding, rules and quotas, as one version that is approved whole (piano annuale).
#[derive(Clone)]
pub struct Plan(pub(super) Arc<PlanBook>);

/// What one comune owes over all services of a plan (totale per Comune).
#[derive(SimpleObject)]
pub struct ComuneTotal {
    /// The comune (Comune).
    pub comune: Comune,
    /// What it owes (importo).
    pub amount: Euro,
    /// For each of its residents, rounded half up to the cent (euro per abitante).
    pub per_resident: Option<Euro>,
    /// Its share of what all comuni owe, from 0 to 1, six decimals (quota percentuale).
    pub share: ExactDecimal,
}

/// Residents as a plan counts them: the value it froze, or else the latest count not after the first day of its year.
pub(super) fn residents(sight: &Sight, plan: &PlanBook, comune: &ComuneEntry) -> Option<Micros> {
    plan.residents(comune.istat)
        .or_else(|| small_cells::residents(sight.book(), comune, NaiveDate::from_ymd_opt(plan.row.year, 1, 1)))
}

/// What each fund covers of some budgets, and the comuni with it, under the fund of their level; by row id of the fund.
pub(super) fn coverage_by_fund(sight: &Sight, plan: &PlanBook) -> Result<BTreeMap<i64, Cents>> {
    let ambito = sight.ambito(plan.row.ambito_id).ok_or_else(|| Error::broken("ambito of plan", plan.row.id))?;
    let comuni = ambito.funds.iter().find(|fund| fund.level == FundLevel::Comuni);
    let comuni = comuni.ok_or_else(|| Error::broken("fund of the comuni of ambito", ambito.row.id))?;
    let mut amounts: BTreeMap<i64, Cents> = BTreeMap::new();
    let mut add = |fund: i64, cents: Cents| -> Result<()> {
        let amount = amounts.entry(fund).or_insert(Cents::ZERO);
        *amount = amount.checked_add(cents)?;
        Ok(())
    };
    for budget in &plan.budgets {
        for row in &budget.funding {
            add(row.fund_id, row.amount)?;
        }
        add(comuni.id, budget.municipal_share)?;
    }
    Ok(amounts)
}

impl Plan {
    fn days_in_force(&self, sight: &Sight) -> Option<(NaiveDate, Option<NaiveDate>)> {
        sight.ambito(self.0.row.ambito_id)?.days_in_force(&self.0)
    }

    fn comune_total(&self, sight: &Sight, key: ComuneKey, amount: Cents, total: Cents) -> Result<ComuneTotal> {
        let comune = sight.book().comune(key.id).ok_or_else(|| Error::broken("comune of quota", key.id))?;
        let residents = residents(sight, &self.0, comune);
        Ok(ComuneTotal {
            comune: Comune(comune.clone()),
            amount: Euro(amount),
            per_resident: residents.and_then(|residents| allocation::per_unit(amount, residents)).map(Euro),
            share: ExactDecimal::six_places(allocation::proportion(amount, total).unwrap_or(Micros::new(0))),
        })
    }
}

/// One year's budgets, funding, rules and quotas, as one version that is approved whole (piano annuale).
#[Object]
impl Plan {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Plan(self.0.row.id).id()
    }

    /// The Ambito (Ambito).
    async fn ambito(&self, ctx: &Context<'_>) -> Option<Result<Ambito>> {
        let find = || Ok(sight(ctx)?.ambito(self.0.row.ambito_id).map(|ambito| Ambito(ambito.clone())));
        find().transpose()
    }

    /// The year (anno).
    async fn year(&self) -> i32 {
        self.0.row.year
    }

    /// What it is for (tipo di piano).
    async fn kind(&self) -> PlanKind {
        self.0.row.kind.into()
    }

    /// Its version within the Ambito and the year, from 1 (versione).
    async fn version(&self) -> i32 {
        self.0.row.version
    }

    /// Counts what was changed of it: what `expectedVersion` of an act asks for (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// Where it stands (stato).
    async fn status(&self) -> PlanStatus {
        self.0.row.status.into()
    }

    /// The act that approved it (deliberazione).
    async fn resolution(&self) -> Option<Resolution> {
        self.0.resolution.clone().map(Resolution)
    }

    /// The first day on which it is in force: that of its resolution; none where an act of the same day replaces it (in vigore dal).
    async fn in_force_from(&self, ctx: &Context<'_>) -> Option<Result<Date>> {
        sight(ctx).map(|sight| Some(Date(self.days_in_force(sight)?.0))).transpose()
    }

    /// The last day on which it is in force; none while no later act replaces it (in vigore fino al).
    async fn in_force_to(&self, ctx: &Context<'_>) -> Option<Result<Date>> {
        sight(ctx).map(|sight| self.days_in_force(sight)?.1.map(Date)).transpose()
    }

    /// The sum of its budgets (totale).
    async fn total(&self) -> Euro {
        Euro(self.0.total)
    }

    /// What of it the comuni share (quota dei Comuni).
    async fn municipal_share(&self) -> Euro {
        Euro(self.0.municipal_share)
    }

    /// What every fund covers, and the comuni; it adds up to the total (fonti di copertura).
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Vec<FundCoverage>> {
        let sight = sight(ctx)?;
        let amounts = coverage_by_fund(sight, &self.0)?;
        let cover = |(fund, amount): (i64, Cents)| {
            Ok(FundCoverage {
                fund: fund_view(sight, self.0.row.ambito_id, fund)?,
                amount: Euro(amount),
                share: ExactDecimal::six_places(allocation::proportion(amount, self.0.total).unwrap_or(Micros::new(0))),
            })
        };
        amounts.into_iter().map(cover).collect()
    }

    /// Its budgets, in the order in which the plan has them (budget di gestione).
    async fn budgets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of these services (codici dei servizi).")] services: Option<Vec<String>>,
    ) -> Rows<'_, Budget> {
        let wanted = |at: &usize| {
            services.as_ref().is_none_or(|services| services.iter().any(|code| **code == *self.0.budgets[*at].service))
        };
        let budget = |at| Budget { plan: self.0.clone(), at };
        Rows::new(ctx, (0..self.0.budgets.len()).filter(wanted).map(budget).collect::<Vec<_>>())
    }

    /// The budget of a service (budget di gestione).
    async fn budget(
        &self,
        #[graphql(desc = "Code of the service (codice del servizio).")] service: String,
    ) -> Option<Budget> {
        self.0.budget(&service).map(|at| Budget { plan: self.0.clone(), at })
    }

    /// What each comune owes over all services, by ISTAT code (totali per Comune).
    async fn comune_totals(&self, ctx: &Context<'_>) -> Result<Vec<ComuneTotal>> {
        let sight = sight(ctx)?;
        let total = Cents::sum(self.0.comune_totals.iter().copied())?;
        let totals = self.0.comuni.iter().zip(&self.0.comune_totals);
        totals.map(|(comune, amount)| self.comune_total(sight, *comune, *amount, total)).collect()
    }

    /// How evenly what the comuni owe lies on their residents; none where residents of one are not known (distribuzione dell'onere).
    async fn spread(&self, ctx: &Context<'_>) -> Option<Result<BurdenSpread>> {
        let totals = self.0.comuni.iter().zip(&self.0.comune_totals).map(|(comune, amount)| (comune.istat, *amount));
        sight(ctx).and_then(|sight| spread(sight, &self.0, totals)).transpose()
    }

    /// SHA-256 over its canonical inputs and results, as 64 hexadecimal digits; of a plan not approved yet, as it stands now (impronta).
    async fn digest(&self, ctx: &Context<'_>) -> Result<String> {
        match &self.0.row.digest {
            Some(digest) => Ok(digest.clone()),
            None => crate::store::digest::of_plan(&self.0, sight(ctx)?.book().names()),
        }
    }

    /// All that stands between it and its approval (problemi). Once it is approved, where agreements commit more than its budgets have by now.
    async fn problems(&self, ctx: &Context<'_>) -> Option<Result<Vec<UserError>>> {
        let find = || {
            let sight = sight(ctx)?;
            let problems = problems(&self.0, sight.book())?;
            Ok(problems.iter().map(|problem| UserError::new(problem, sight.language())).collect())
        };
        Some(find())
    }

    /// Its stored figures read anew, computed again and compared (verifica).
    async fn verification(&self, ctx: &Context<'_>) -> Option<Result<PlanVerification>> {
        let check = async || {
            let sight = sight(ctx)?;
            let result = match writing(ctx) {
                Some(writing) => writing.verify(self.0.row.id).await?,
                None => sight.verifications().of(database(ctx)?, self.0.row.id).await?,
            };
            PlanVerification::new(sight, &self.0, result)
        };
        Some(check().await)
    }

    /// Of a final plan, what each comune still owes for each service or is given back; before its approval, what that would be (conguaglio). None of other plans.
    async fn settlement(&self, ctx: &Context<'_>) -> Option<Result<Vec<Settlement>>> {
        let row = &self.0.row;
        if row.kind != Kind::Final || row.status == Status::Withdrawn {
            return None;
        }
        let read = async || {
            let sight = sight(ctx)?;
            let charged = match writing(ctx) {
                Some(writing) => writing.charged(self.0.row.id).await?,
                None => sight.settlements().charged(database(ctx)?, self.0.row.id).await?,
            };
            settle(sight, &self.0, &charged)
        };
        read().await.transpose()
    }

    /// How its quotas differ from those of another plan, and why: the change from the other to this one (confronto).
    async fn comparison(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identifier of the other plan, of the same Ambito (altro piano).")] other: ID,
    ) -> Option<Result<PlanComparison>> {
        let find = || {
            let sight = sight(ctx)?;
            let Some(Key::Plan(id)) = Key::read(&other) else { return Ok(None) };
            let Some(other) = sight.plan(id).filter(|other| other.row.ambito_id == self.0.row.ambito_id) else {
                return Ok(None);
            };
            comparison::compare(sight, other, &self.0).map(Some)
        };
        find().transpose()
    }

    /// How the document was read where it leaves room (nota).
    async fn note(&self) -> Option<&str> {
        self.0.row.note.as_deref()
    }
}
