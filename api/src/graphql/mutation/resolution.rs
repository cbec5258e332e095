//! Acts of the bodies that decide: recorded before they approve a plan.

use async_graphql::{Context, InputObject, Object};

use super::{ResolutionPayload, asker};
use crate::auth::viewer::Role;
use crate::error::{Code, Error, Refusal, Result};
use crate::graphql::programme::Resolution;
use crate::graphql::scalars::Date;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::resolution::{self, NewResolution};

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
}

async fn add(ctx: &Context<'_>, input: AddResolutionInput) -> Result<ResolutionPayload> {
    let (sight_now, viewer) = asker(ctx, |viewer| matches!(viewer.standing.role, Role::Azienda | Role::Assemblea))?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let missing = || Error::from(Refusal::new(Code::NotFound).argument("input.ambito"));
        let ambito = sight_now.ambito_by_code(&input.ambito).ok_or_else(missing)?;
        let permit = viewer.record_resolution(ambito.row.id).ok_or_else(missing)?;
        let AddResolutionInput { number, date, body, subject, .. } = input;
        let new = NewResolution { number, adopted_on: date.0, body, subject };
        let id = resolution::add(act.write(), &permit, new, sight_now.book()).await?;
        Ok((ambito.row.id, id))
    };
    let done = done.await;
    let done = act.end(done).await?;
    let find = |(ambito, id): (i64, i64)| {
        let ambito = sight(ctx)?.ambito(ambito).ok_or_else(|| Error::broken("ambito", ambito))?;
        let found = ambito.resolutions.iter().find(|row| row.id == id);
        found.map(|row| Resolution(row.clone())).ok_or_else(|| Error::broken("resolution", id))
    };
    Ok(match done {
        Ok(added) => Ok(Some(find(added)?)),
        Err(errors) => Err(errors),
    }
    .into())
}
