//! Work plans (piani di lavoro) of programmes: what is to be done in a period, by whom, and how it stands on a day.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use entity::{work_plan_milestone, work_plan_report};

use super::batch::Batch;
use super::enums::MilestoneState;
use super::id::Key;
use super::programme::Programme;
use super::reading::together;
use super::scalars::{Date, DateTime};
use super::sight::{Sight, sight};
use crate::error::Result;
use crate::store::agreement::schedule;
use crate::store::work_plan::{self, Standing, WorkPlan as Stored};

/// A work plan of a programme, as it stood on a day (piano di lavoro).
#[derive(Clone)]
pub struct WorkPlan {
    plan: Arc<Stored>,
    day: NaiveDate,
}

/// A milestone of a work plan, and how it stood on a day (tappa). It has either a day on which it begins or a day by which it is done.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct WorkPlanMilestone {
    /// Row id of its plan.
    #[graphql(skip)]
    plan: i64,
    /// Code: the same for the same milestone in every version (codice).
    pub code: String,
    /// What is to happen (attività).
    pub item: String,
    /// The organisation or role that answers for it; never a person (responsabile).
    pub responsible: Option<String>,
    /// The day it begins (a partire dal).
    pub from: Option<Date>,
    /// The day it is done by (entro il).
    pub by: Option<Date>,
    /// The day it began, where that was by the day asked about (avviata il).
    pub started_on: Option<Date>,
    /// The day it was done, where that was by the day asked about (conclusa il).
    pub done_on: Option<Date>,
    /// How far it has come (stato).
    pub state: MilestoneState,
    /// Whether it had not begun on the day it was to begin, or was not done by the day it was to be done; so it stays where it came late (in ritardo).
    pub late: bool,
    /// By how many days; 0 where it is not late (giorni di ritardo).
    pub days_late: i32,
    /// Counts what was reported of it: what the next report names as `expectedVersion`; 0 where nothing was (revisione).
    pub revision: i32,
}

/// What was reported of a milestone of a work plan (avanzamento).
#[derive(SimpleObject)]
pub struct WorkPlanReport {
    /// Its number among the reports of the milestone, from 1 (numero).
    pub number: i32,
    /// The day it began, as far as that was known (avviata il).
    pub started_on: Option<Date>,
    /// The day it was done, as far as that was known (conclusa il).
    pub done_on: Option<Date>,
    /// What was said of it (nota).
    pub note: Option<String>,
    /// When it was reported (registrato il).
    pub recorded_at: DateTime,
}

/// The work plans that one request asks for.
#[derive(Default)]
pub(super) struct WorkPlans {
    of_programme: Batch<(i64, NaiveDate), Arc<Vec<Arc<Stored>>>>,
    by_id: Batch<(i64, NaiveDate), Arc<Stored>>,
    /// By plan and version.
    standing: Batch<(i64, i64), Arc<Standing>>,
    reports: Batch<i64, Reports>,
}

/// What was reported of each milestone of a plan, by code.
type Reports = Arc<HashMap<String, Vec<work_plan_report::Model>>>;

/// The programme of a work plan, where the asker sees what its Ambito plans.
fn programme_of(sight: &Sight, id: i64) -> Option<Programme> {
    let found = |ambito: &&Arc<crate::store::master::AmbitoBook>| sight.asker().sees_results_of(ambito.row.id);
    let programmes = sight.ambiti().filter(found).flat_map(|ambito| &ambito.programmes);
    programmes.into_iter().find(|row| row.id == id).map(|row| Programme(row.clone()))
}

impl WorkPlan {
    /// A plan as it stands after an act.
    pub(super) fn new(plan: Arc<Stored>, day: NaiveDate) -> Self {
        Self { plan, day }
    }

    /// Those of a programme that the asker sees, as of a day, by code; none where it sees none of any.
    pub(super) async fn of_programme(ctx: &Context<'_>, id: i64, as_of: Option<Date>) -> Option<Result<Vec<Self>>> {
        let sight = sight(ctx).ok()?;
        programme_of(sight, id)?;
        let day = sight.day(as_of);
        let found = together(ctx, &sight.watched().work_plans.of_programme, (id, day), |tx, keys| {
            Box::pin(async move { work_plan::of_programmes(tx, &keys).await })
        });
        let plans = found.await.map(Option::unwrap_or_default);
        Some(plans.map(|plans| plans.iter().map(|plan| Self { plan: plan.clone(), day }).collect()))
    }

    /// The one with this row id, as of today; none where it is not for the asker.
    pub(super) async fn find(ctx: &Context<'_>, id: i64) -> Result<Option<Self>> {
        let sight = sight(ctx)?;
        let day = sight.day(None);
        let found = together(ctx, &sight.watched().work_plans.by_id, (id, day), |tx, keys| {
            Box::pin(async move { work_plan::with_ids(tx, &keys).await })
        });
        let plan = found.await?.filter(|plan| programme_of(sight, plan.row.programme_id).is_some());
        Ok(plan.map(|plan| Self { plan, day }))
    }
}

/// A work plan of a programme, as it stood on a day (piano di lavoro): what is to be done in a period, and by whom.
#[Object]
impl WorkPlan {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::WorkPlan(self.plan.row.id).id()
    }

    /// The programme that it belongs to (piano di programma).
    async fn programme(&self, ctx: &Context<'_>) -> Option<Programme> {
        programme_of(sight(ctx).ok()?, self.plan.row.programme_id)
    }

    /// Code, unique in the programme (codice).
    async fn code(&self) -> &str {
        &self.plan.row.code
    }

    /// Title (titolo).
    async fn title(&self) -> &str {
        &self.plan.version.title
    }

    /// The act that adopted it (atto).
    async fn act(&self) -> Option<&str> {
        self.plan.version.act.as_deref()
    }

    /// A note (nota).
    async fn note(&self) -> Option<&str> {
        self.plan.version.note.as_deref()
    }

    /// First day of its period (dal).
    async fn starts_on(&self) -> Date {
        Date(self.plan.version.starts_on)
    }

    /// Last day of its period (al).
    async fn ends_on(&self) -> Date {
        Date(self.plan.version.ends_on)
    }

    /// Day from which this version of it holds; as of an earlier day the one before is told (in vigore dal).
    async fn effective_from(&self) -> Date {
        Date(self.plan.version.effective_from)
    }

    /// Whether no document gives it: it was assumed for the demonstration (valore presunto).
    async fn assumed(&self) -> bool {
        self.plan.version.assumed
    }

    /// Number of the version: what an update of the last one names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.plan.version.number
    }

    /// Its milestones, at most 100, as they stood on the day (tappe).
    async fn milestones(&self, ctx: &Context<'_>) -> Result<Vec<WorkPlanMilestone>> {
        let key = (self.plan.row.id, self.plan.version.id);
        let standing = together(ctx, &sight(ctx)?.watched().work_plans.standing, key, |tx, keys| {
            Box::pin(async move { work_plan::standing(tx, &keys).await })
        });
        let standing = standing.await?.unwrap_or_default();
        let milestone = |(row, last): &(work_plan_milestone::Model, Option<work_plan_report::Model>)| {
            WorkPlanMilestone::on((self.plan.row.id, row), last.as_ref(), self.day)
        };
        Ok(standing.iter().map(milestone).collect())
    }
}

#[ComplexObject]
impl WorkPlanMilestone {
    /// All that was reported of it, at most 50, oldest first, whatever the day; the last counts, and none is ever changed (avanzamenti).
    async fn reports(&self, ctx: &Context<'_>) -> Result<Vec<WorkPlanReport>> {
        let found = together(ctx, &sight(ctx)?.watched().work_plans.reports, self.plan, |tx, keys| {
            Box::pin(async move { work_plan::reports(tx, &keys).await })
        });
        let found = found.await?.unwrap_or_default();
        Ok(found.get(&self.code).into_iter().flatten().map(WorkPlanReport::new).collect())
    }
}

impl WorkPlanMilestone {
    /// A milestone as it stood on a day by what is known now: what was reported of a later day does not count.
    fn on(
        (plan, row): (i64, &work_plan_milestone::Model),
        last: Option<&work_plan_report::Model>,
        day: NaiveDate,
    ) -> Self {
        let came = last.map_or((None, None), |last| (last.started_on, last.done_on));
        let standing = schedule::standing_of((row.from_date, row.by_date), came, day);
        Self {
            plan,
            code: row.code.clone(),
            item: row.item.clone(),
            responsible: row.responsible.clone(),
            from: row.from_date.map(Date),
            by: row.by_date.map(Date),
            started_on: standing.started_on.map(Date),
            done_on: standing.done_on.map(Date),
            state: standing.progress.into(),
            late: standing.days_late > 0,
            days_late: i32::try_from(standing.days_late).unwrap_or(i32::MAX),
            revision: last.map_or(0, |last| last.number),
        }
    }
}

impl WorkPlanReport {
    fn new(row: &work_plan_report::Model) -> Self {
        Self {
            number: row.number,
            started_on: row.started_on.map(Date),
            done_on: row.done_on.map(Date),
            note: row.note.clone(),
            recorded_at: DateTime(row.recorded_at),
        }
    }
}
