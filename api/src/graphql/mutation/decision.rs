//! What moves a plan: proposed, sent back, approved, withdrawn.

use async_graphql::{Context, ID, InputObject, Object};
use entity::kinds::PlanStatus;

use super::{PlanPayload, UserError, asker, find_plan, told};
use crate::auth::viewer::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::id::Key;
use crate::graphql::sight::Sight;
use crate::graphql::writing::Act;
use crate::store::plan::{self as plans, PlanBook};

/// Declares the inputs of acts that name a plan and nothing else.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Identifier of the plan (piano).
            pub plan: ID,
            /// The plan's revision that this is based on (revisione attesa).
            pub expected_version: i32,
        }
    )*};
}

steps! {
    /// Which draft is put before the assembly (proposta).
    ProposePlanInput,
    /// Which proposed plan is sent back (rinvio).
    SendBackPlanInput,
    /// Which plan is given up (ritiro).
    WithdrawPlanInput,
}

/// Which proposed plan is approved, and by which act (approvazione).
#[derive(InputObject)]
pub struct ApprovePlanInput {
    /// Identifier of the plan (piano).
    pub plan: ID,
    /// The plan's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Identifier of the resolution that approves it (deliberazione).
    pub resolution: ID,
}

#[derive(Default)]
pub(super) struct DecisionMutation;

#[Object]
impl DecisionMutation {
    /// Puts a draft before the assembly (propone il piano). Refused while anything stands in its way, with all of it. By the managing body.
    async fn propose_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft (bozza).")] input: ProposePlanInput,
    ) -> Option<Result<PlanPayload>> {
        Some(take(ctx, &input.plan, input.expected_version, Step::Propose).await)
    }

    /// Sends a proposed plan back: it is a draft again (rinvia il piano). By the assembly.
    async fn send_back_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plan (piano).")] input: SendBackPlanInput,
    ) -> Option<Result<PlanPayload>> {
        Some(take(ctx, &input.plan, input.expected_version, Step::SendBack).await)
    }

    /// Approves a proposed plan by a resolution (approva il piano): it is binding from the act's day, and never changed again. Refused while anything
    /// stands in its way, with all of it. By the assembly, and never by who proposed it.
    async fn approve_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plan, and by which act (piano e deliberazione).")] input: ApprovePlanInput,
    ) -> Option<Result<PlanPayload>> {
        Some(take(ctx, &input.plan, input.expected_version, Step::Approve(input.resolution)).await)
    }

    /// Gives up a draft or a proposed plan (ritira il piano). It stays readable. By the managing body.
    async fn withdraw_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plan (piano).")] input: WithdrawPlanInput,
    ) -> Option<Result<PlanPayload>> {
        Some(take(ctx, &input.plan, input.expected_version, Step::Withdraw).await)
    }
}

/// An act that moves a plan.
enum Step {
    Propose,
    SendBack,
    Approve(ID),
    Withdraw,
}

impl Step {
    /// Whose act it is.
    fn role(&self) -> Role {
        match self {
            Self::Propose | Self::Withdraw => Role::Azienda,
            Self::SendBack | Self::Approve(_) => Role::Assemblea,
        }
    }

    /// The status in which the plan must have nothing wrong with it, where it must. Since it was proposed a comune may have left the Ambito.
    fn looks_at(&self) -> Option<PlanStatus> {
        match self {
            Self::Propose => Some(PlanStatus::Draft),
            Self::Approve(_) => Some(PlanStatus::Proposed),
            Self::SendBack | Self::Withdraw => None,
        }
    }
}

async fn take(ctx: &Context<'_>, plan: &ID, revision: i32, step: Step) -> Result<PlanPayload> {
    let (sight, _) = asker(ctx, |viewer| viewer.standing.role == step.role())?;
    let act = Act::begin(ctx).await?;
    let found = find_plan(sight, plan);
    if let (Ok(plan), Some(status)) = (&found, step.looks_at()) {
        let errors = in_the_way(sight, plan, revision, status)?;
        if !errors.is_empty() {
            act.end_idle().await?;
            return Ok(Err(errors).into());
        }
    }
    let done = async {
        let plan = found?;
        moved(sight, &act, plan, revision, step).await?;
        Ok(plan.row.id)
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

/// All that stands in the way of a plan; nothing where it has not this revision and status, which the act itself says.
fn in_the_way(sight: &Sight, plan: &PlanBook, revision: i32, status: PlanStatus) -> Result<Vec<UserError>> {
    if plans::expect(sight.book(), plan.row.id, revision, status).is_err() {
        return Ok(Vec::new());
    }
    let problems = plans::problems(plan, sight.book())?;
    Ok(problems.iter().map(|problem| UserError::new(problem, sight.language())).collect())
}

async fn moved(sight: &Sight, act: &Act<'_>, plan: &PlanBook, revision: i32, step: Step) -> Result<()> {
    let (id, ambito, viewer, names) = (plan.row.id, plan.row.ambito_id, &sight.own().viewer, sight.book().names());
    let hidden = || Error::from(Refusal::new(Code::NotFound).argument("input.plan"));
    let write = act.write();
    match step {
        Step::Propose => {
            let permit = viewer.propose(ambito).ok_or_else(hidden)?;
            plans::expect(sight.book(), id, revision, PlanStatus::Draft)?;
            plans::propose(write, &permit, id, names).await
        }
        Step::SendBack => {
            let permit = viewer.approve(ambito).ok_or_else(hidden)?;
            plans::expect(sight.book(), id, revision, PlanStatus::Proposed)?;
            plans::send_back(write, &permit, id, names).await
        }
        Step::Approve(resolution) => {
            let permit = viewer.approve(ambito).ok_or_else(hidden)?;
            plans::expect(sight.book(), id, revision, PlanStatus::Proposed)?;
            let Some(Key::Resolution(resolution)) = Key::read(&resolution) else {
                return Err(Refusal::new(Code::ResolutionRequired).argument("input.resolution").into());
            };
            plans::approve(write, &permit, id, resolution, names).await
        }
        Step::Withdraw => {
            let permit = viewer.draft(ambito).ok_or_else(hidden)?;
            plans::expect_open(sight.book(), id, revision)?;
            plans::withdraw(write, &permit, id, names).await
        }
    }
}
