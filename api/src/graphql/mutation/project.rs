//! Projects: what each is, its timeline, and what it spends.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, missing, needed, optional, own, payload};
use super::{ProjectExpensePayload, ProjectPayload, UserError, asker};
use crate::auth::{MasterPermit, Viewer};
use crate::error::{Error, Result};
use crate::graphql::id::Key;
use crate::graphql::project::{Project, ProjectExpense};
use crate::graphql::scalars::{Date, Euro};
use crate::graphql::sight::{Sight, sight};
use crate::graphql::writing::Act;
use crate::store::change::Change;
use crate::store::project::expense::{self, NewExpense};
use crate::store::project::timeline::{self, NewStep, StepReport};
use crate::store::project::{self, ProjectChange};

/// A project to be (progetto).
#[derive(InputObject)]
pub struct AddProjectInput {
    /// Identifier of the service that it belongs to (servizio).
    pub service: ID,
    /// Name, unique in the service (denominazione).
    pub name: String,
    /// Years, as its act words them (anni).
    pub years: Option<String>,
    /// What is contributed to it; the whole of it, where several Ambiti share it (contributo).
    pub contribution: Option<Euro>,
    /// Code of the fund that its revenue comes from (fondo).
    pub fund: Option<String>,
    /// The act that grants it (atto).
    pub act: Option<String>,
    /// First day (dal).
    pub starts_on: Option<Date>,
    /// Last day (al).
    pub ends_on: Option<Date>,
    /// How many Ambiti share the contribution, 1 to 2000 (Ambiti dell'alleanza).
    pub ambiti: Option<i32>,
    /// A note (nota).
    pub note: Option<String>,
}

/// What becomes of a project (modifica del progetto): what is left out stays, what is null is emptied.
#[derive(InputObject)]
pub struct UpdateProjectInput {
    /// Identifier of the project (progetto).
    pub project: ID,
    /// The project's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// Years, as its act words them (anni).
    pub years: MaybeUndefined<String>,
    /// What is contributed to it; not below what is spent (contributo).
    pub contribution: MaybeUndefined<Euro>,
    /// Code of the fund that its revenue comes from (fondo).
    pub fund: MaybeUndefined<String>,
    /// The act that grants it (atto).
    pub act: MaybeUndefined<String>,
    /// First day; no expense and no step lies before it (dal).
    pub starts_on: MaybeUndefined<Date>,
    /// Last day; no expense and no step lies after it (al).
    pub ends_on: MaybeUndefined<Date>,
    /// How many Ambiti share the contribution, 1 to 2000 (Ambiti dell'alleanza).
    pub ambiti: MaybeUndefined<i32>,
    /// A note (nota).
    pub note: MaybeUndefined<String>,
}

/// A step of a project to be (tappa del cronoprogramma).
#[derive(InputObject)]
pub struct ProjectMilestoneInput {
    /// What is to happen; each of a timeline once (descrizione).
    pub item: String,
    /// By which day, within the project's time (scadenza).
    pub due_on: Date,
}

/// The steps of a project (cronoprogramma).
#[derive(InputObject)]
pub struct SetProjectTimelineInput {
    /// Identifier of the project (progetto).
    pub project: ID,
    /// The project's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// All its steps in order, at most 100 (tappe).
    pub milestones: Vec<ProjectMilestoneInput>,
}

/// What became of a step of a project (avanzamento di una tappa): what is left out stays, what is null is emptied.
#[derive(InputObject)]
pub struct ReportProjectMilestoneInput {
    /// Identifier of the project (progetto).
    pub project: ID,
    /// The project's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Number of the step in the timeline, from 1 (numero della tappa).
    pub milestone: i32,
    /// Day it was begun; not after today (data di avvio).
    pub started_on: MaybeUndefined<Date>,
    /// Day it was done; not after today, and not before it was begun (data di conclusione).
    pub done_on: MaybeUndefined<Date>,
}

/// An expense to be recorded (spesa del progetto).
#[derive(InputObject)]
pub struct RecordProjectExpenseInput {
    /// Identifier of the project (progetto).
    pub project: ID,
    /// The day, within the project's time and not after today (data).
    pub spent_on: Date,
    /// How much; above zero, and at most what is left of the contribution (importo).
    pub amount: Euro,
    /// What for; no person is named (descrizione).
    pub description: String,
    /// The document it rests on: a line of at most 200 characters (riferimento).
    pub reference: Option<String>,
}

/// An expense to be reversed (storno).
#[derive(InputObject)]
pub struct ReverseProjectExpenseInput {
    /// Identifier of the expense (spesa).
    pub expense: ID,
    /// The day of the reversal: from that of the expense to today; today where left out (data dello storno).
    pub reversed_on: Option<Date>,
    /// Why: a line of at most 200 characters (causale dello storno).
    pub reference: Option<String>,
}

#[derive(Default)]
pub(super) struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Adds a project to a service (aggiunge un progetto). By the managing body.
    async fn add_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project (progetto).")] input: AddProjectInput,
    ) -> Option<Result<ProjectPayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes what is said of a project (modifica un progetto). By the managing body.
    async fn update_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which project (modifica).")] input: UpdateProjectInput,
    ) -> Option<Result<ProjectPayload>> {
        Some(update(ctx, input).await)
    }

    /// Gives a project its steps, in the place of those that it has (imposta il cronoprogramma). What was reported of a step whose words stay is kept. By the
    /// managing body.
    async fn set_project_timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The steps, and of which project (cronoprogramma).")] input: SetProjectTimelineInput,
    ) -> Option<Result<ProjectPayload>> {
        Some(set_timeline(ctx, input).await)
    }

    /// Reports what became of a step of a project (registra l'avanzamento di una tappa). By the managing body.
    async fn report_project_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What became of which step (avanzamento).")] input: ReportProjectMilestoneInput,
    ) -> Option<Result<ProjectPayload>> {
        Some(report_milestone(ctx, input).await)
    }

    /// Records what a project spent of its contribution (registra una spesa del progetto). By the managing body.
    async fn record_project_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense (spesa).")] input: RecordProjectExpenseInput,
    ) -> Option<Result<ProjectExpensePayload>> {
        Some(record(ctx, input).await)
    }

    /// Takes an expense back as a whole (storna una spesa del progetto). The payload has the reversal. By the managing body.
    async fn reverse_project_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense (spesa).")] input: ReverseProjectExpenseInput,
    ) -> Option<Result<ProjectExpensePayload>> {
        Some(reverse(ctx, input).await)
    }
}

impl AddProjectInput {
    fn described(self) -> ProjectChange {
        ProjectChange {
            name: Some(self.name),
            years: Change::To(self.years),
            contribution: Change::To(self.contribution.map(|amount| amount.0)),
            fund: Change::To(self.fund),
            act: Change::To(self.act),
            starts_on: Change::To(self.starts_on.map(|day| day.0)),
            ends_on: Change::To(self.ends_on.map(|day| day.0)),
            ambiti: Change::To(self.ambiti),
            note: Change::To(self.note),
        }
    }
}

impl UpdateProjectInput {
    fn change(self) -> Result<ProjectChange> {
        Ok(ProjectChange {
            name: needed(self.name, "input.name")?,
            years: optional(self.years),
            contribution: optional(self.contribution.map_value(|amount| amount.0)),
            fund: optional(self.fund),
            act: optional(self.act),
            starts_on: optional(self.starts_on.map_value(|day| day.0)),
            ends_on: optional(self.ends_on.map_value(|day| day.0)),
            ambiti: optional(self.ambiti),
            note: optional(self.note),
        })
    }
}

/// The project with this row id, and the right to keep it.
fn kept((sight, viewer): (&Sight, &Viewer), id: Option<i64>, argument: &str) -> Result<(MasterPermit, i64)> {
    let found = id.and_then(|id| Some((Project::find(sight, id)?.ambito(), id)));
    let (ambito, id) = found.ok_or_else(|| missing(argument))?;
    Ok((viewer.keep_master(ambito).ok_or_else(|| missing(argument))?, id))
}

fn named(id: &ID) -> Option<i64> {
    match Key::read(id) {
        Some(Key::Project(id)) => Some(id),
        _ => None,
    }
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<UserError>>) -> Result<ProjectPayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| Project::find(sight, id)))
}

async fn add(ctx: &Context<'_>, input: AddProjectInput) -> Result<ProjectPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, service) = own((sight, viewer), &input.service, "input.service", |ambito, key| {
            ambito.services.iter().find(|service| key == Key::Service(service.row.id))
        })?;
        project::add(act.write(), &permit, service.row.id, input.described(), sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateProjectInput) -> Result<ProjectPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = kept((sight, viewer), named(&input.project), "input.project")?;
        let revision = input.expected_version;
        project::update(act.write(), &permit, (id, revision), input.change()?, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn set_timeline(ctx: &Context<'_>, input: SetProjectTimelineInput) -> Result<ProjectPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = kept((sight, viewer), named(&input.project), "input.project")?;
        let step = |step: ProjectMilestoneInput| NewStep { item: step.item, due_on: step.due_on.0 };
        let steps = input.milestones.into_iter().map(step).collect();
        timeline::set(act.write(), &permit, (id, input.expected_version), steps, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn report_milestone(ctx: &Context<'_>, input: ReportProjectMilestoneInput) -> Result<ProjectPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = kept((sight, viewer), named(&input.project), "input.project")?;
        let report = StepReport {
            number: input.milestone,
            started_on: optional(input.started_on.map_value(|day| day.0)),
            done_on: optional(input.done_on.map_value(|day| day.0)),
        };
        timeline::report(act.write(), &permit, (id, input.expected_version), report, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn record(ctx: &Context<'_>, input: RecordProjectExpenseInput) -> Result<ProjectExpensePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, project) = kept((sight, viewer), named(&input.project), "input.project")?;
        let new = NewExpense {
            project,
            spent_on: input.spent_on.0,
            amount: input.amount.0,
            description: input.description,
            reference: input.reference,
        };
        let id = expense::record(act.write(), &permit, new, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn reverse(ctx: &Context<'_>, input: ReverseProjectExpenseInput) -> Result<ProjectExpensePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let Some(Key::ProjectExpense(id)) = Key::read(&input.expense) else { return Err(missing("input.expense")) };
        let project = expense::written(act.write(), id).await?.map(|row| row.project_id);
        let (permit, _) = kept((sight, viewer), project, "input.expense")?;
        let how = (sight.day(input.reversed_on), input.reference);
        let id = expense::reverse(act.write(), &permit, id, how, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn written(act: &Act<'_>, id: i64) -> Result<ProjectExpense> {
    let row = expense::written(act.write(), id).await?;
    Ok(ProjectExpense(row.ok_or_else(|| Error::broken("project_expense", id))?))
}
