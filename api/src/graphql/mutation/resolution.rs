//! Acts of the bodies that decide: recorded before they approve a plan.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{missing, needed, optional};
use super::{ResolutionPayload, UserError, asker};
use crate::auth::viewer::{Role, Viewer};
use crate::error::Result;
use crate::graphql::id::Key;
use crate::graphql::programme::Resolution;
use crate::graphql::scalars::Date;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::resolution::{self, NewResolution, ResolutionChange};

/// An act to be recorded (deliberazione).
#[derive(InputObject)]
pub struct AddResolutionInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Number (numero).
    pub number: String,
    /// Day of adoption; a plan that it approves is in force from then on (data).
    pub date: Date,
    /// The body that adopted it (organo).
    pub body: String,
    /// What it is about (oggetto).
    pub subject: Option<String>,
}

/// What becomes of an act that approved no plan yet (rettifica della deliberazione): what is left out stays, and what is `null` is emptied.
#[derive(InputObject)]
pub struct UpdateResolutionInput {
    /// Identifier of the resolution (deliberazione).
    pub resolution: ID,
    /// The resolution's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Number (numero).
    pub number: MaybeUndefined<String>,
    /// Day of adoption (data).
    pub date: MaybeUndefined<Date>,
    /// The body that adopted it (organo).
    pub body: MaybeUndefined<String>,
    /// What it is about (oggetto).
    pub subject: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct ResolutionMutation;

#[Object]
impl ResolutionMutation {
    /// Records an act, so that it can approve plans (registra una deliberazione). By the managing body or the assembly.
    async fn add_resolution(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The act (deliberazione).")] input: AddResolutionInput,
    ) -> Option<Result<ResolutionPayload>> {
        Some(add(ctx, input).await)
    }

    /// Corrects an act that approved no plan yet (rettifica una deliberazione). By the managing body or the assembly.
    async fn update_resolution(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which act (rettifica).")] input: UpdateResolutionInput,
    ) -> Option<Result<ResolutionPayload>> {
        Some(update(ctx, input).await)
    }
}

/// Whether somebody keeps the minutes of some Ambito.
fn keeps_minutes(viewer: &Viewer) -> bool {
    matches!(viewer.standing.role, Role::Azienda | Role::Assemblea)
}

async fn add(ctx: &Context<'_>, input: AddResolutionInput) -> Result<ResolutionPayload> {
    let (sight, viewer) = asker(ctx, keeps_minutes)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let hidden = || missing("input.ambito");
        let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(hidden)?;
        let permit = viewer.record_resolution(ambito.row.id).ok_or_else(hidden)?;
        let AddResolutionInput { number, date, body, subject, .. } = input;
        let new = NewResolution { number, adopted_on: date.0, body, subject };
        resolution::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateResolutionInput) -> Result<ResolutionPayload> {
    let (sight, viewer) = asker(ctx, keeps_minutes)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let hidden = || missing("input.resolution");
        let Some(Key::Resolution(id)) = Key::read(&input.resolution) else { return Err(hidden()) };
        let found = sight.ambiti().find(|ambito| ambito.resolutions.iter().any(|row| row.id == id));
        let permit = viewer.record_resolution(found.ok_or_else(hidden)?.row.id).ok_or_else(hidden)?;
        let change = ResolutionChange {
            number: needed(input.number, "input.number")?,
            adopted_on: needed(input.date, "input.date")?.map(|date| date.0),
            body: needed(input.body, "input.body")?,
            subject: optional(input.subject),
        };
        resolution::update(act.write(), &permit, (id, input.expected_version), change, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<UserError>>) -> Result<ResolutionPayload> {
    let sight = sight(ctx)?;
    Ok(super::master::payload(ended, |id| {
        let found = sight.ambiti().find_map(|ambito| ambito.resolutions.iter().find(|row| row.id == id));
        found.map(|row| Resolution(row.clone()))
    }))
}
