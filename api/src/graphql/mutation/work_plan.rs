//! Work plans of programmes: added, replaced by their next version, and reported on.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, missing, needed, optional, own};
use super::{WorkPlanPayload, asker};
use crate::auth::{MasterPermit, Viewer};
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::id::Key;
use crate::graphql::scalars::Date;
use crate::graphql::sight::Sight;
use crate::graphql::work_plan::WorkPlan;
use crate::graphql::writing::Act;
use crate::store::agreement::given::MilestoneDay;
use crate::store::work_plan::report::{self, MilestoneReport};
use crate::store::work_plan::{self, GivenWorkPlan, NewMilestone, WorkPlanChange};

/// A milestone of a work plan to be (tappa): it has either `from` or `by`.
#[derive(InputObject)]
pub struct WorkPlanMilestoneInput {
    /// Code, the same for the same milestone in every version (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// What is to happen (attività).
    pub item: String,
    /// The organisation or role that answers for it, at most 100 characters; never a person's name (responsabile).
    pub responsible: Option<String>,
    /// The day it begins, within the period of the plan (a partire dal).
    pub from: Option<Date>,
    /// The day it is done by, within the period of the plan (entro il).
    pub by: Option<Date>,
}

/// A work plan to be (piano di lavoro).
#[derive(InputObject)]
pub struct AddWorkPlanInput {
    /// Identifier of the programme (piano di programma).
    pub programme: ID,
    /// Code, unique in the programme and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// Title (titolo).
    pub title: String,
    /// The act that adopts it (atto).
    pub act: Option<String>,
    /// A note (nota).
    pub note: Option<String>,
    /// First day of its period, within the years of the programme (dal).
    pub starts_on: Date,
    /// Last day of its period, within the years of the programme (al).
    pub ends_on: Date,
    /// Day from which it holds, not after today; today where left out (in vigore dal).
    pub effective_from: Option<Date>,
    /// Its milestones in order, at most 100 (tappe).
    pub milestones: Vec<WorkPlanMilestoneInput>,
}

/// What becomes of a work plan (modifica del piano di lavoro): what is left out stays, what is null is emptied. It is replaced by a version of its own; the one
/// before stays readable as of its day, unless it is put right on that day.
#[derive(InputObject)]
pub struct UpdateWorkPlanInput {
    /// Identifier of the work plan (piano di lavoro).
    pub work_plan: ID,
    /// The revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Day from which it holds, not before that of the version before and not after today; today where left out (in vigore dal).
    pub effective_from: Option<Date>,
    /// Title (titolo).
    pub title: MaybeUndefined<String>,
    /// The act that adopts it (atto).
    pub act: MaybeUndefined<String>,
    /// A note (nota).
    pub note: MaybeUndefined<String>,
    /// First day of its period (dal).
    pub starts_on: MaybeUndefined<Date>,
    /// Last day of its period (al).
    pub ends_on: MaybeUndefined<Date>,
    /// All its milestones in order, at most 100, in the place of those that it has (tappe).
    pub milestones: MaybeUndefined<Vec<WorkPlanMilestoneInput>>,
}

/// What became of a milestone of a work plan (avanzamento di una tappa): what is left out stays as it was reported, what is null is emptied.
#[derive(InputObject)]
pub struct ReportWorkPlanMilestoneInput {
    /// Identifier of the work plan (piano di lavoro).
    pub work_plan: ID,
    /// Code of the milestone (tappa).
    pub milestone: String,
    /// The milestone's revision that this is based on; 0 where nothing was reported of it (revisione attesa).
    pub expected_version: i32,
    /// Day it began, not before the plan does and not after today (avviata il).
    pub started_on: MaybeUndefined<Date>,
    /// Day it was done, not before it began and not after today (conclusa il).
    pub done_on: MaybeUndefined<Date>,
    /// A note; no person is named (nota).
    pub note: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct WorkPlanMutation;

#[Object]
impl WorkPlanMutation {
    /// Adds a work plan to a programme (aggiunge un piano di lavoro). By the managing body.
    async fn add_work_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The work plan (piano di lavoro).")] input: AddWorkPlanInput,
    ) -> Option<Result<WorkPlanPayload>> {
        Some(add(ctx, input).await)
    }

    /// Replaces a work plan by its next version (sostituisce un piano di lavoro). What was reported of a milestone whose code stays is kept. By the managing body.
    async fn update_work_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which work plan (modifica).")] input: UpdateWorkPlanInput,
    ) -> Option<Result<WorkPlanPayload>> {
        Some(update(ctx, input).await)
    }

    /// Reports what became of a milestone of a work plan (registra l'avanzamento di una tappa). Earlier reports stay. By the managing body.
    async fn report_work_plan_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What became of which milestone (avanzamento).")] input: ReportWorkPlanMilestoneInput,
    ) -> Option<Result<WorkPlanPayload>> {
        Some(report(ctx, input).await)
    }
}

fn milestones(given: Vec<WorkPlanMilestoneInput>) -> Result<Vec<NewMilestone>> {
    let milestone = |(at, given): (usize, WorkPlanMilestoneInput)| {
        let when = match (given.from, given.by) {
            (Some(day), None) => MilestoneDay::From(day.0),
            (None, Some(day)) => MilestoneDay::By(day.0),
            _ => {
                let refusal = Refusal::new(Code::Invalid).argument(format!("input.milestones.{at}"));
                let (it, en) = ("Una tappa ha o `from` o `by`.", "A milestone has either `from` or `by`.");
                return Err(refusal.message(it, en).into());
            }
        };
        Ok(NewMilestone { code: given.code, item: given.item, responsible: given.responsible, when })
    };
    given.into_iter().enumerate().map(milestone).collect()
}

/// The work plan that an identifier names, and the right to keep it.
async fn kept(act: &Act<'_>, (sight, viewer): (&Sight, &Viewer), id: &ID) -> Result<(MasterPermit, i64)> {
    let Some(Key::WorkPlan(id)) = Key::read(id) else { return Err(missing("input.workPlan")) };
    let key = (id, act.write().clock().today());
    let plan = work_plan::with_ids(act.write().tx(), &[key]).await?.remove(&key);
    let programme = plan.map(|plan| plan.row.programme_id).ok_or_else(|| missing("input.workPlan"))?;
    let programme = Key::Programme(programme).id();
    let (permit, _) = own((sight, viewer), &programme, "input.workPlan", |ambito, key| {
        ambito.programmes.iter().find(|row| key == Key::Programme(row.id))
    })?;
    Ok((permit, id))
}

async fn written(act: &Act<'_>, id: i64) -> Result<WorkPlan> {
    let key = (id, act.write().clock().today());
    let found = work_plan::with_ids(act.write().tx(), &[key]).await?.remove(&key);
    Ok(WorkPlan::new(found.ok_or_else(|| Error::broken("work_plan", id))?, key.1))
}

async fn add(ctx: &Context<'_>, input: AddWorkPlanInput) -> Result<WorkPlanPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, programme) = own((sight, viewer), &input.programme, "input.programme", |ambito, key| {
            ambito.programmes.iter().find(|row| key == Key::Programme(row.id))
        })?;
        let given = GivenWorkPlan {
            title: input.title,
            act: input.act,
            note: input.note,
            starts_on: input.starts_on.0,
            ends_on: input.ends_on.0,
            effective_from: input.effective_from.map(|day| day.0),
            milestones: milestones(input.milestones)?,
            assumed: false,
        };
        let id = work_plan::add(act.write(), &permit, (programme.id, input.code), given, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn update(ctx: &Context<'_>, input: UpdateWorkPlanInput) -> Result<WorkPlanPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = kept(&act, (sight, viewer), &input.work_plan).await?;
        let change = WorkPlanChange {
            title: needed(input.title, "input.title")?,
            act: optional(input.act),
            note: optional(input.note),
            starts_on: needed(input.starts_on, "input.startsOn")?.map(|day| day.0),
            ends_on: needed(input.ends_on, "input.endsOn")?.map(|day| day.0),
            effective_from: input.effective_from.map(|day| day.0),
            milestones: needed(input.milestones, "input.milestones")?.map(milestones).transpose()?,
        };
        work_plan::update(act.write(), &permit, (id, input.expected_version), change, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn report(ctx: &Context<'_>, input: ReportWorkPlanMilestoneInput) -> Result<WorkPlanPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = kept(&act, (sight, viewer), &input.work_plan).await?;
        let given = MilestoneReport {
            milestone: input.milestone,
            revision: input.expected_version,
            started_on: optional(input.started_on.map_value(|day| day.0)),
            done_on: optional(input.done_on.map_value(|day| day.0)),
            note: optional(input.note),
        };
        report::report(act.write(), &permit, id, given, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}
