//! A service (servizio): what it is, for whom, and what it may cost. A domain noun; no layer of the code is called so.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::activities::Source;
use super::benefit_measure::BenefitMeasure;
use super::budget::Budget;
use super::comune::Comune;
use super::direct::{Direct, Selected, Write};
use super::enums::TargetArea;
use super::fund::Fund;
use super::id::Key;
use super::indicator::Indicator;
use super::json::Json;
use super::monthly_activity::{self, MonthlyActivity};
use super::project::Project;
use super::scalars::Date;
use super::sight::{Sight, sight};
use crate::error::Result;
use crate::store::master::ServiceEntry;

/// A social service that an Ambito runs (servizio): SAD, ADM, tutela minori ...
#[derive(Clone)]
pub struct Service(pub(super) Arc<ServiceEntry>);

impl Direct for Service {
    const NAME: &'static str = "Service";

    type Row<'a> = &'a ServiceEntry;

    fn row(&self) -> &ServiceEntry {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|service, _, json| json.text(&Key::Service(service.row.id).id())),
            "code" => selected.leaf(|service, _, json| json.text(&service.row.code)),
            "name" => selected.leaf(|service, _, json| json.text(&service.row.name)),
            "area" => selected.leaf(|service, _, json| json.text(&service.row.area)),
            "delivery" => selected.leaf(|service, _, json| json.text(&service.row.delivery)),
            "missionProgramme" => {
                selected.leaf(|service, _, json| json.option(service.row.mission_programme.as_deref(), Json::text))
            }
            "cig" => selected.leaf(|service, _, json| json.option(service.row.cig.as_deref(), Json::text)),
            "cup" => selected.leaf(|service, _, json| json.option(service.row.cup.as_deref(), Json::text)),
            "note" => selected.leaf(|service, _, json| json.option(service.row.note.as_deref(), Json::text)),
            "position" => selected.leaf(|service, _, json| json.any(&service.row.position)),
            "revision" => selected.leaf(|service, _, json| json.any(&service.row.row_version)),
            _ => None,
        }
    }
}

impl Service {
    fn budget_in_force(&self, sight: &Sight, year: i32, as_of: Option<Date>) -> Option<Budget> {
        let ambito = sight.ambito(self.0.row.ambito_id)?;
        let plan = sight.in_force(ambito, year, sight.day(as_of))?;
        Some(Budget { plan: plan.clone(), at: plan.budget(&self.0.row.code)? })
    }
}

/// A social service that an Ambito runs (servizio): SAD, ADM, tutela minori ...
#[Object]
impl Service {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Service(self.0.row.id).id()
    }

    /// Code, for example `SAD` (codice).
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Area (area).
    async fn area(&self) -> &str {
        &self.0.row.area
    }

    /// How it is delivered (modalità di gestione).
    async fn delivery(&self) -> &str {
        &self.0.row.delivery
    }

    /// For whom (destinatari).
    async fn targets(&self) -> &[String] {
        &self.0.targets
    }

    /// What it includes (attività comprese).
    async fn tasks(&self) -> &[String] {
        &self.0.tasks
    }

    /// Mission and programme of D.Lgs. 118/2011, for example `"12.01"` (missione e programma).
    async fn mission_programme(&self) -> Option<&str> {
        self.0.row.mission_programme.as_deref()
    }

    /// Whom it is for, as its Ambito classifies it for reports on spending (area di utenza).
    async fn target_area(&self) -> Option<TargetArea> {
        self.0.row.target_area.map(Into::into)
    }

    /// Code of the tender that it is bought by (codice identificativo gara, CIG).
    async fn cig(&self) -> Option<&str> {
        self.0.row.cig.as_deref()
    }

    /// Code of the public investment project that it belongs to (codice unico di progetto, CUP).
    async fn cup(&self) -> Option<&str> {
        self.0.row.cup.as_deref()
    }

    /// A note of the programme (nota).
    async fn note(&self) -> Option<&str> {
        self.0.row.note.as_deref()
    }

    /// Its place in the list of the Ambito; of two in one place, the lower code comes first (posto nell'elenco).
    async fn position(&self) -> i32 {
        self.0.row.position
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// The funds that the programme names for it (fonti di copertura).
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Vec<Fund>> {
        let Some(ambito) = sight(ctx)?.ambito(self.0.row.ambito_id) else { return Ok(Vec::new()) };
        let fund = |id: &i64| ambito.funds.iter().find(|fund| fund.id == *id).map(|fund| Fund(fund.clone()));
        Ok(self.0.funds.iter().filter_map(fund).collect())
    }

    /// The comuni that take part under the plan in force of the year (Comuni aderenti).
    async fn participants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
    ) -> Result<Vec<Comune>> {
        let sight = sight(ctx)?;
        self.budget_in_force(sight, year, None).map_or_else(|| Ok(Vec::new()), |budget| budget.comuni(sight))
    }

    /// Its budget in the plan in force of the year (budget di gestione).
    async fn budget(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Budget>> {
        let find = || Ok(self.budget_in_force(sight(ctx)?, year, as_of));
        find().transpose()
    }

    /// What was delivered to the residents of all comuni in the year, by month and measure (prestazioni erogate). A total that would give back what is withheld of a
    /// comune is withheld, too.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
    ) -> Option<Result<Vec<MonthlyActivity>>> {
        let sight = sight(ctx).ok().filter(|sight| sight.sees_plans())?;
        let find = async { monthly_activity::of_service(sight, Source::of(ctx)?, self, year).await };
        Some(find.await)
    }

    /// Its result indicators (indicatori di risultato).
    async fn indicators(&self) -> Vec<Indicator> {
        Indicator::of_service(&self.0)
    }

    /// Its projects with bound revenue (progetti).
    async fn projects(&self) -> Vec<Project> {
        Project::of_service(&self.0)
    }

    /// The measures of support that it grants (titoli sociali).
    async fn benefit_measures(&self) -> Vec<BenefitMeasure> {
        self.0.benefit_measures.iter().map(|own| BenefitMeasure(own.clone())).collect()
    }
}
