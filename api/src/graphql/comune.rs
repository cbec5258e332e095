//! A comune: what it is, what it counts, and what it owes.

use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Context, ID, Object};

use super::activities::Source;
use super::ambito::Ambito;
use super::database::database;
use super::direct::{Direct, Rows, Selected, Write};
use super::forecast::{self, ConsumptionForecast};
use super::fund::Measurement;
use super::id::Key;
use super::json::Json;
use super::membership::Membership;
use super::monthly_activity::{self, MonthlyActivity};
use super::quota::Quota;
use super::scalars::{Date, Euro, IstatCode};
use super::service::Service;
use super::sight::{Sight, sight};
use super::small_cells;
use super::statement::Statement;
use super::writing::writing;
use crate::error::Result;
use crate::store::master::{AmbitoBook, ComuneEntry};
use crate::store::plan::PlanBook;
use crate::store::statement::Key as AccountKey;

/// A municipality (Comune).
#[derive(Clone)]
pub struct Comune(pub(super) Arc<ComuneEntry>);

impl Direct for Comune {
    const NAME: &'static str = "Comune";

    type Row<'a> = &'a ComuneEntry;

    fn row(&self) -> &ComuneEntry {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|comune, _, json| json.text(&Key::Comune(comune.row.id).id())),
            "istatCode" => selected.leaf(|comune, _, json| json.text(comune.istat.as_str())),
            "cadastralCode" => {
                selected.leaf(|comune, _, json| json.option(comune.row.cadastral_code.as_deref(), Json::text))
            }
            "name" => selected.leaf(|comune, _, json| json.text(&comune.row.name)),
            "province" => selected.leaf(|comune, _, json| json.text(&comune.row.province)),
            "revision" => selected.leaf(|comune, _, json| json.any(&comune.row.row_version)),
            _ => None,
        }
    }
}

impl Comune {
    /// The Ambito that it belongs to in a year: where it has changed Ambito, or left, the last one that the asker sees; today's, where there is none.
    fn ambito_of_year<'a>(&self, sight: &'a Sight, year: i32) -> Option<&'a Arc<AmbitoBook>> {
        let of_year = self.0.ambiti_in(year).find_map(|ambito| sight.ambito(ambito));
        of_year.or_else(|| sight.ambito_of(&self.0))
    }

    /// The plan in force of a year in that Ambito.
    fn plan_in_force<'a>(&self, sight: &'a Sight, year: i32, as_of: Option<Date>) -> Option<&'a Arc<PlanBook>> {
        sight.in_force(self.ambito_of_year(sight, year)?, year, sight.day(as_of))
    }

    fn quotas_of(&self, plan: &Arc<PlanBook>) -> Vec<Quota> {
        let place = |(budget, book): (usize, &crate::store::plan::BudgetBook)| {
            Some(Quota { plan: plan.clone(), budget, at: book.quota_of(self.0.istat)? })
        };
        plan.budgets.iter().enumerate().filter_map(place).collect()
    }
}

/// A municipality (Comune).
#[Object]
impl Comune {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Comune(self.0.row.id).id()
    }

    /// The code that ISTAT gives it (codice ISTAT).
    async fn istat_code(&self) -> IstatCode {
        IstatCode(self.0.istat)
    }

    /// The code that the land registry gives it (codice catastale).
    async fn cadastral_code(&self) -> Option<&str> {
        self.0.row.cadastral_code.as_deref()
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Province, two letters (Provincia).
    async fn province(&self) -> &str {
        &self.0.row.province
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// The Ambito it belongs to on a day (Ambito).
    async fn ambito(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Ambito>> {
        let find = || {
            let sight = sight(ctx)?;
            Ok(sight.ambito_on(&self.0, sight.day(as_of)).map(|ambito| Ambito(ambito.clone())))
        };
        find().transpose()
    }

    /// Its memberships, those that have ended and those to come among them, oldest first (adesioni).
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Vec<Membership>> {
        Ok(Membership::of_comune(sight(ctx)?, &self.0))
    }

    /// Residents: the latest count not after the day (abitanti).
    async fn population(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; the latest count where left out (data di riferimento).")] reference_date: Option<
            Date,
        >,
    ) -> Option<Result<i32>> {
        let find = || {
            let book = sight(ctx)?.book();
            let latest = small_cells::residents(book, &self.0, reference_date.map(|date| date.0));
            Ok(latest.and_then(|residents| i32::try_from(residents.get() / 1_000_000).ok()))
        };
        find().transpose()
    }

    /// Values of its measures, oldest first (rilevazioni). What residents of another comune used is left out where few people stand behind it.
    async fn measurements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this measure (misura).")] measure: Option<String>,
    ) -> Option<Result<Vec<Measurement>>> {
        let find = || {
            let sight = sight(ctx)?;
            let mut shown = Vec::new();
            for row in &self.0.measurements {
                let code = sight.book().names().measure(row.measure_id)?;
                let wanted = measure.as_deref().is_none_or(|wanted| wanted == code.as_str());
                if wanted && small_cells::shows_measurement(sight, &self.0, row) {
                    shown.push(Measurement { row: row.clone(), measure: code.clone(), comune: self.0.clone() });
                }
            }
            Ok(shown)
        };
        sight(ctx).is_ok_and(Sight::sees_plans).then(find)
    }

    /// The services it takes part in under the plan in force of the year (servizi a cui aderisce).
    async fn services(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
    ) -> Result<Vec<Service>> {
        let sight = sight(ctx)?;
        let Some(plan) = self.plan_in_force(sight, year, None) else { return Ok(Vec::new()) };
        let takes_part = plan.budgets.iter().filter(|budget| budget.has(self.0.istat));
        Ok(takes_part
            .filter_map(|budget| sight.service(budget.service_id))
            .map(|service| Service(service.clone()))
            .collect())
    }

    /// Its quotas under the plan in force of the year, in the order of its budgets (quote).
    async fn quotas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Rows<'_, Quota>>> {
        let quotas = |plan| Rows::new(ctx, self.quotas_of(plan));
        let find = || Ok(self.plan_in_force(sight(ctx)?, year, as_of).map(quotas));
        find().transpose()
    }

    /// What it owes for the year under the plan in force, over all services (importo dovuto).
    async fn amount_due(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Euro>> {
        let find = || {
            let plan = self.plan_in_force(sight(ctx)?, year, as_of);
            Ok(plan.map(|plan| Euro(plan.comune_total(self.0.istat).unwrap_or(Cents::ZERO))))
        };
        find().transpose()
    }

    /// What it was charged for the year, what of it is paid and what is not, by charge (estratto conto). The comune's own, its managing body's and auditors' to see.
    async fn statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year of the plans (anno).")] year: i32,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Statement>> {
        let sight = match sight(ctx) {
            Ok(sight) => sight,
            Err(problem) => return Some(Err(problem)),
        };
        let (ambito, comune) = (self.ambito_of_year(sight, year)?.row.id, self.0.row.id);
        if !sight.asker().sees_payments_of(ambito, comune) {
            return None;
        }
        let read = async || {
            let key = AccountKey { ambito, comune, year };
            let account = match writing(ctx) {
                Some(writing) => writing.account(key).await?,
                None => sight.statements().of(database(ctx)?, key).await?,
            };
            Statement::new(sight, year, sight.day(as_of), &account)
        };
        Some(read().await)
    }

    /// What was delivered to its residents in the year, by service, month and measure (prestazioni erogate). Of another comune, what few people stand behind is
    /// withheld, and enough beside it that no total gives it back.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
        #[graphql(desc = "Only of the service with this code (servizio).")] service: Option<String>,
    ) -> Option<Result<Vec<MonthlyActivity>>> {
        let sight = sight(ctx).ok().filter(|sight| sight.sees_plans())?;
        let find =
            async { monthly_activity::of_comune(sight, Source::of(ctx)?, &self.0, (year, service.as_deref())).await };
        Some(find.await)
    }

    /// What the year will consume at the present rate, by service and measure, and whether that is more than the plan in force counts on (previsione dei consumi). Of another
    /// comune, what is withheld is left out.
    async fn forecast(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
    ) -> Option<Result<Vec<ConsumptionForecast>>> {
        let sight = sight(ctx).ok().filter(|sight| sight.sees_plans())?;
        let find = async { forecast::of_comune(sight, Source::of(ctx)?, &self.0, year).await };
        Some(find.await)
    }
}
