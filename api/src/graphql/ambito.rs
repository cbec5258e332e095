//! An Ambito: its comuni, services, funds and plans.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::agreement::agreements;
use super::body::GoverningBody;
use super::comune::Comune;
use super::direct::{Direct, Selected, Write};
use super::enums::{AgreementKind, MonitoringStatus, PlanStatus};
use super::fund::{Fund, Measure};
use super::id::Key;
use super::json::Json;
use super::membership::Membership;
use super::monitoring::Monitoring;
use super::monitoring_report::{MonitoringField, MonitoringReport};
use super::page::{
    AgreementConnection, Cursors, MonitoringReportConnection, PageArguments, ResolutionConnection, page,
};
use super::partner::Partner;
use super::plan::Plan;
use super::programme::{Programme, Resolution};
use super::reading::DayPage;
use super::scalars::Date;
use super::service::Service;
use super::sight::sight;
use crate::auth::Role;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::master::AmbitoBook;

/// The group of comuni that runs social services together (Ambito territoriale sociale).
#[derive(Clone)]
pub struct Ambito(pub(super) Arc<AmbitoBook>);

impl Direct for Ambito {
    const NAME: &'static str = "Ambito";

    type Row<'a> = &'a AmbitoBook;

    fn row(&self) -> &AmbitoBook {
        &self.0
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|ambito, _, json| json.text(&Key::Ambito(ambito.row.id).id())),
            "code" => selected.leaf(|ambito, _, json| json.text(&ambito.row.code)),
            "name" => selected.leaf(|ambito, _, json| json.text(&ambito.row.name)),
            "region" => selected.leaf(|ambito, _, json| json.text(&ambito.row.region)),
            "province" => selected.leaf(|ambito, _, json| json.text(&ambito.row.province)),
            "managingBody" => selected.leaf(|ambito, _, json| json.text(&ambito.row.managing_body)),
            "legalForm" => selected.leaf(|ambito, _, json| json.option(ambito.row.legal_form.as_deref(), Json::text)),
            "revision" => selected.leaf(|ambito, _, json| json.any(&ambito.row.row_version)),
            _ => None,
        }
    }
}

/// The group of comuni that runs social services together (Ambito territoriale sociale).
#[Object]
impl Ambito {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Ambito(self.0.row.id).id()
    }

    /// Code, for example `"9"` (codice).
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Region (Regione).
    async fn region(&self) -> &str {
        &self.0.row.region
    }

    /// Province, two letters (Provincia).
    async fn province(&self) -> &str {
        &self.0.row.province
    }

    /// The body that manages the services (ente gestore).
    async fn managing_body(&self) -> &str {
        &self.0.row.managing_body
    }

    /// Legal form of the managing body (forma giuridica).
    async fn legal_form(&self) -> Option<&str> {
        self.0.row.legal_form.as_deref()
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// The comuni that are members on a day, by ISTAT code (Comuni).
    async fn comuni(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Result<Vec<Comune>> {
        let sight = sight(ctx)?;
        Ok(sight.members_on(&self.0, sight.day(as_of)).map(|comune| Comune(comune.clone())).collect())
    }

    /// Every membership, those that have ended and those to come among them, by comune and first day (adesioni).
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Vec<Membership>> {
        Ok(Membership::of_ambito(sight(ctx)?, &self.0))
    }

    /// The services, in the programme's order (servizi).
    async fn services(
        &self,
        #[graphql(desc = "Only those of this area (area).")] area: Option<String>,
    ) -> Vec<Service> {
        let wanted = |service: &&Arc<_>| -> bool { is_of_area(service, area.as_deref()) };
        self.0.services.iter().filter(wanted).map(|service| Service(service.clone())).collect()
    }

    /// A service by its code (servizio).
    async fn service(&self, #[graphql(desc = "Code of the service (codice).")] code: String) -> Option<Service> {
        self.0.service(&code).map(|service| Service(service.clone()))
    }

    /// The funds, by code (fondi).
    async fn funds(&self) -> Vec<Fund> {
        self.0.funds.iter().map(|fund| Fund(fund.clone())).collect()
    }

    /// The areas that services are grouped by, in the programme's order (aree).
    async fn areas(&self) -> Vec<&str> {
        let mut areas: Vec<&str> = Vec::new();
        for service in &self.0.services {
            if !areas.contains(&service.row.area.as_str()) {
                areas.push(&service.row.area);
            }
        }
        areas
    }

    /// What its rules can count by (misure).
    async fn measures(&self) -> Vec<Measure> {
        self.0.measures.iter().map(|measure| Measure(measure.clone())).collect()
    }

    /// The partners that it makes agreements with, by code; a partner sees itself alone (partner).
    async fn partners(&self, ctx: &Context<'_>) -> Result<Vec<Partner>> {
        Ok(sight(ctx)?.partners(&self.0).map(|partner| Partner(partner.clone())).collect())
    }

    /// Its agreements, by code; a partner sees its own alone (accordi).
    async fn agreements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
        #[graphql(desc = "Only those with the partner of this code (partner).")] partner: Option<String>,
        #[graphql(desc = "Only those of this kind (tipo).")] kind: Option<AgreementKind>,
    ) -> Option<Result<AgreementConnection>> {
        let arguments = PageArguments { first, after, ..PageArguments::default() };
        let find = || {
            let limits = ctx.data_opt::<Limits>().ok_or_else(|| Error::internal("no limits"))?;
            let which = (partner.as_deref(), kind);
            agreements(sight(ctx)?, &self.0, which, (&arguments, limits)).map(Into::into)
        };
        sight(ctx).is_ok_and(super::sight::Sight::sees_agreements).then(find)
    }

    /// Its programmes, oldest first (piani di programma).
    async fn programmes(&self) -> Vec<Programme> {
        self.0.programmes.iter().map(|programme| Programme(programme.clone())).collect()
    }

    /// The plan in force: the approved one of the year with the latest resolution not after the day (piano in vigore).
    async fn plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Plan>> {
        let find = || {
            let sight = sight(ctx)?;
            Ok(sight.in_force(&self.0, year, sight.day(as_of)).map(|plan| Plan(plan.clone())))
        };
        find().transpose()
    }

    /// Every version of its plans that the caller may see, by year and version (tutte le versioni).
    async fn plans(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this year (anno).")] year: Option<i32>,
        #[graphql(desc = "Only those in this status (stato).")] status: Option<PlanStatus>,
    ) -> Result<Vec<Plan>> {
        let sight = sight(ctx)?;
        let status = status.map(entity::kinds::PlanStatus::from);
        let plans = self.0.plans.iter().filter(|plan| {
            year.is_none_or(|year| plan.row.year == year)
                && status.is_none_or(|status| plan.row.status == status)
                && sight.shows(plan)
        });
        Ok(plans.map(|plan| Plan(plan.clone())).collect())
    }

    /// The bodies that govern it and its agreements, by code; a partner sees those of its own agreements (organismi di governo).
    async fn governing_bodies(&self, ctx: &Context<'_>) -> Option<Result<Vec<GoverningBody>>> {
        let may = sight(ctx).is_ok_and(|sight| sight.asker().role != Role::Admin);
        if may { Some(GoverningBody::of_ambito(ctx, self.0.row.id).await) } else { None }
    }

    /// What its monitoring reports are to answer, in order; what is not asked any more comes last (campi del monitoraggio). For whoever sees reports.
    async fn monitoring_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As they are asked of the month of this day; today's where left out (mese).")] month: Option<
            Date,
        >,
    ) -> Option<Result<Vec<MonitoringField>>> {
        sight(ctx).ok()?.asker().read_monitoring(self.0.row.id)?;
        Some(MonitoringField::of_ambito(ctx, self.0.row.id, month).await)
    }

    /// Monitoring reports of its agreements, by month (relazioni di monitoraggio): all for its managing body, its own for a partner, what was submitted for its comuni, its
    /// assembly and auditors. As of a day they are shown as they were submitted by then, whatever has become of them since; no draft of that day was kept.
    #[allow(clippy::too_many_arguments)] // They are those of every list by day.
    async fn monitoring_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that have come so far (stato).")] status: Option<MonitoringStatus>,
        #[graphql(desc = "As they were submitted by this day; as they are now where left out (alla data).")]
        as_of: Option<Date>,
        #[graphql(desc = "From the month of this day on (dal mese).")] from: Option<Date>,
        #[graphql(desc = "Up to the month of this day (al mese).")] to: Option<Date>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<MonitoringReportConnection>> {
        let of = (self.0.row.id, sight(ctx).ok()?.asker().read_monitoring(self.0.row.id)?);
        Some(MonitoringReport::of_ambito(ctx, of, (status, as_of), DayPage { first, after, from, to }).await)
    }

    /// Which monitoring reports were due on a day, which of them were there, and which were missing (stato del monitoraggio).
    async fn monitoring(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
        #[graphql(
            desc = "Days after the end of a month before its report is due, 0 to 366; 0 where left out (giorni di tolleranza)."
        )]
        grace_days: Option<i32>,
        #[graphql(desc = "Only those of the agreement with this code (convenzione).")] agreement: Option<String>,
        #[graphql(desc = "Only those of the month of this day, or of a later one (dal mese).")] from: Option<Date>,
    ) -> Option<Result<Monitoring>> {
        let of = (self.0.row.id, sight(ctx).ok()?.asker().read_monitoring(self.0.row.id)?);
        Some(Monitoring::of_ambito(ctx, of, (as_of, grace_days, from), agreement.as_deref()).await)
    }

    /// Its resolutions, oldest first (deliberazioni).
    async fn resolutions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<ResolutionConnection>> {
        let arguments = PageArguments { first, after, ..PageArguments::default() };
        let find = || {
            let limits = ctx.data_opt::<Limits>().ok_or_else(|| Error::internal("no limits"))?;
            let key = |row: &Arc<entity::resolution::Model>| (row.adopted_on.to_string(), row.id);
            let cursors = Cursors { order: "resolutions" };
            page(&self.0.resolutions, &arguments, limits, &cursors, key, Ord::cmp, |row| Ok(Resolution(row.clone())))
                .map(Into::into)
        };
        sight(ctx).is_ok_and(super::sight::Sight::sees_plans).then(find)
    }
}

fn is_of_area(service: &crate::store::master::ServiceEntry, area: Option<&str>) -> bool {
    area.is_none_or(|area| service.row.area == area)
}
