//! Projects with revenue bound to them (progetti): what each was granted and has spent, and its timeline.

use std::collections::BTreeSet;
use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use entity::{project, project_expense, project_milestone};

use super::batch::Batch;
use super::direct::by_library;
use super::enums::MilestoneState;
use super::fund::Fund;
use super::id::Key;
use super::page::{Cursors, ProjectExpenseConnection};
use super::reading::{DayPage, page_of, together};
use super::scalars::{Date, DateTime, Euro};
use super::service::Service;
use super::sight::{Sight, sight};
use crate::auth::viewer::Role;
use crate::error::Result;
use crate::store::agreement::schedule;
use crate::store::master::ServiceEntry;
use crate::store::pages::{Asked, Found};
use crate::store::project::{expense, partners_of_services, timeline};

/// A project with revenue bound to it (progetto).
#[derive(Clone)]
pub struct Project {
    service: Arc<ServiceEntry>,
    at: usize,
}

/// What a project spent, or a reversal of it (spesa del progetto, storno).
#[derive(Clone)]
pub struct ProjectExpense(pub(super) project_expense::Model);

/// A step of a project, as it stood on a day (tappa del cronoprogramma).
#[derive(SimpleObject)]
pub struct ProjectMilestone {
    /// Its place in the timeline, from 1 (numero).
    pub number: i32,
    /// What is to happen (descrizione).
    pub item: String,
    /// By which day (scadenza).
    pub due_on: Date,
    /// Day it was begun, if it was by then (data di avvio).
    pub started_on: Option<Date>,
    /// Day it was done, if it was by then (data di conclusione).
    pub done_on: Option<Date>,
    /// How far it had come (stato).
    pub state: MilestoneState,
    /// Whether it was not done by the day it is due (in ritardo).
    pub late: bool,
    /// Days from that day to the day it was done, or to the day asked about where it was not; 0 where it is not late (giorni di ritardo).
    pub days_late: i32,
}

/// What one request asks for of projects.
#[derive(Default)]
pub(super) struct Projects {
    spent: Batch<(i64, NaiveDate), Cents>,
    timelines: Batch<i64, Arc<Vec<project_milestone::Model>>>,
    expenses: Batch<Asked, Arc<Found<project_expense::Model>>>,
    partners: Batch<(i64, NaiveDate), Arc<BTreeSet<i64>>>,
}

impl Project {
    /// Those of a service, in order.
    pub(super) fn of_service(service: &Arc<ServiceEntry>) -> Vec<Self> {
        (0..service.projects.len()).map(|at| Self { service: service.clone(), at }).collect()
    }

    /// The one with this row id, as long as the asker sees its Ambito.
    pub(super) fn find(sight: &Sight, id: i64) -> Option<Self> {
        sight.ambiti().flat_map(|ambito| &ambito.services).find_map(|service| {
            let at = service.projects.iter().position(|row| row.id == id)?;
            Some(Self { service: service.clone(), at })
        })
    }

    /// Row id of its Ambito.
    pub(super) fn ambito(&self) -> i64 {
        self.service.row.ambito_id
    }

    pub(super) fn row(&self) -> &project::Model {
        &self.service.projects[self.at]
    }

    fn is_read_by(&self, sight: &Sight) -> bool {
        sight.asker().sees_results_of(self.ambito())
    }

    /// What is known of its revenue, where the asker is told it.
    async fn told<T>(&self, ctx: &Context<'_>, value: Option<T>) -> Option<Result<T>> {
        let value = value?;
        match self.is_told(ctx).await {
            Ok(true) => Some(Ok(value)),
            Ok(false) => None,
            Err(problem) => Some(Err(problem)),
        }
    }

    /// Revenue of the Ambito is public among its comuni; a partner is told what its own agreements rest on.
    async fn is_told(&self, ctx: &Context<'_>) -> Result<bool> {
        let sight = sight(ctx)?;
        let Some(own) = sight.asker().partner.filter(|_| sight.asker().role == Role::Partner) else {
            return Ok(self.is_read_by(sight));
        };
        let key = (self.service.row.id, sight.day(None));
        let partners = together(ctx, &sight.watched().projects.partners, key, |tx, keys| {
            Box::pin(async move {
                let day = keys.first().map(|key| key.1).unwrap_or_default();
                let services: Vec<i64> = keys.iter().map(|key| key.0).collect();
                let found = partners_of_services(tx, &services, day).await?;
                Ok(found.into_iter().map(|(service, partners)| ((service, day), partners)).collect())
            })
        });
        Ok(partners.await?.is_some_and(|partners| partners.contains(&own)))
    }

    async fn spent_by(&self, ctx: &Context<'_>, day: NaiveDate) -> Result<Cents> {
        let batch = &sight(ctx)?.watched().projects.spent;
        let sum = together(ctx, batch, (self.row().id, day), |tx, keys| {
            Box::pin(async move { expense::sums(tx, &keys).await })
        });
        Ok(sum.await?.unwrap_or(Cents::ZERO))
    }
}

/// A project with revenue bound to it (progetto).
#[Object]
impl Project {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Project(self.row().id).id()
    }

    /// The service that it belongs to (servizio).
    async fn service(&self) -> Service {
        Service(self.service.clone())
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.row().name
    }

    /// Years, as the document writes them (anni).
    async fn years(&self) -> Option<&str> {
        self.row().years.as_deref()
    }

    /// What is contributed to it; the whole of it, where several Ambiti share it (contributo). For whoever sees the plans of its Ambito, and for the partners of an
    /// agreement in effect that its service is tied to and that is not over.
    async fn contribution(&self, ctx: &Context<'_>) -> Option<Result<Euro>> {
        self.told(ctx, self.row().contribution_cents.map(|cents| Euro(Cents::new(cents)))).await
    }

    /// The fund that its revenue comes from (fondo). For whoever is told the contribution.
    async fn fund(&self, ctx: &Context<'_>) -> Option<Result<Fund>> {
        let ambito = sight(ctx).ok()?.ambito(self.ambito())?;
        let fund = ambito.funds.iter().find(|fund| Some(fund.id) == self.row().fund_id);
        self.told(ctx, fund.map(|fund| Fund(fund.clone()))).await
    }

    /// The act that grants it (atto). For whoever is told the contribution.
    async fn act(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.told(ctx, self.row().act.as_deref()).await
    }

    /// First day, where a document gives it (dal).
    async fn starts_on(&self) -> Option<Date> {
        self.row().starts_on.map(Date)
    }

    /// Last day, where a document gives it (al).
    async fn ends_on(&self) -> Option<Date> {
        self.row().ends_on.map(Date)
    }

    /// How many Ambiti share the contribution; none where it is this one's alone (Ambiti dell'alleanza).
    async fn ambiti(&self) -> Option<i32> {
        self.row().ambiti_count
    }

    /// A note (nota). For whoever is told the contribution.
    async fn note(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.told(ctx, self.row().note.as_deref()).await
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.row().row_version
    }

    /// What was spent by a day, reversals taken off (speso). For whoever sees the plans of its Ambito.
    async fn spent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Euro>> {
        let sight = sight(ctx).ok().filter(|sight| self.is_read_by(sight))?;
        Some(self.spent_by(ctx, sight.day(as_of)).await.map(Euro))
    }

    /// What of the contribution was left on a day (residuo). For whoever sees the plans of its Ambito.
    async fn remaining(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Euro>> {
        let sight = sight(ctx).ok().filter(|sight| self.is_read_by(sight))?;
        let contribution = Cents::new(self.row().contribution_cents?);
        let find = async { Ok(Euro(contribution.checked_sub(self.spent_by(ctx, sight.day(as_of)).await?)?)) };
        Some(find.await)
    }

    /// What it spent, by day (spese). For whoever sees the plans of its Ambito.
    async fn spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this day or later (dal).")] from: Option<Date>,
        #[graphql(desc = "Of this day or earlier (al).")] to: Option<Date>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<ProjectExpenseConnection>> {
        let sight = sight(ctx).ok().filter(|sight| self.is_read_by(sight))?;
        let find = async {
            let cursors = Cursors { order: "projectExpenses" };
            let asked = DayPage { first, after, from, to }.asked(ctx, self.row().id, &cursors)?;
            let found = together(ctx, &sight.watched().projects.expenses, asked, |tx, keys| {
                Box::pin(async move {
                    let pages = expense::read(tx, &keys).await?;
                    Ok(pages.into_iter().map(|(asked, page)| (asked, Arc::new(page))).collect())
                })
            });
            let found = found.await?.unwrap_or_default();
            let place = |row: &project_expense::Model| (row.spent_on, row.id);
            page_of(&found, &asked, &cursors, place, |row| ProjectExpense(row.clone())).map(Into::into)
        };
        Some(find.await)
    }

    /// Its steps, as they stood on a day (cronoprogramma). For whoever sees the plans of its Ambito.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<Vec<ProjectMilestone>>> {
        let sight = sight(ctx).ok().filter(|sight| self.is_read_by(sight))?;
        let find = async {
            let steps = together(ctx, &sight.watched().projects.timelines, self.row().id, |tx, keys| {
                Box::pin(async move { timeline::read(tx, &keys).await })
            });
            let day = sight.day(as_of);
            Ok(steps.await?.unwrap_or_default().iter().map(|row| ProjectMilestone::on(row, day)).collect())
        };
        Some(find.await)
    }
}

impl ProjectMilestone {
    /// A step as it stood on a day: what was reported of a later day does not count.
    fn on(row: &project_milestone::Model, day: NaiveDate) -> Self {
        let standing = schedule::standing_of((None, Some(row.due_on)), (row.started_on, row.done_on), day);
        Self {
            number: row.position,
            item: row.item.clone(),
            due_on: Date(row.due_on),
            started_on: standing.started_on.map(Date),
            done_on: standing.done_on.map(Date),
            state: standing.progress.into(),
            late: standing.days_late > 0,
            days_late: i32::try_from(standing.days_late).unwrap_or(i32::MAX),
        }
    }
}

by_library!(ProjectExpense);

/// What a project spent, or a reversal of it (spesa del progetto, storno).
#[Object]
impl ProjectExpense {
    /// Opaque identifier: what a reversal names (identificativo).
    async fn id(&self) -> ID {
        Key::ProjectExpense(self.0.id).id()
    }

    /// The day (data).
    async fn spent_on(&self) -> Date {
        Date(self.0.spent_on)
    }

    /// How much; below zero it is a reversal (importo).
    async fn amount(&self) -> Euro {
        Euro(Cents::new(self.0.amount_cents))
    }

    /// What for (descrizione).
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The document it rests on, or why it is reversed (riferimento).
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// The expense that it reverses (spesa stornata).
    async fn reverses(&self) -> Option<ID> {
        self.0.reverses_id.map(|id| Key::ProjectExpense(id).id())
    }

    /// When it was recorded (registrata il).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }
}
