//! Comuni: added, and described anew.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{missing, needed, optional, payload};
use super::{ComunePayload, asker};
use crate::auth::viewer::Role;
use crate::error::Result;
use crate::graphql::comune::Comune;
use crate::graphql::id::Key;
use crate::graphql::scalars::IstatCode;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::comune::{self, ComuneChange, NewComune};

/// A comune to be (Comune).
#[derive(InputObject)]
pub struct AddComuneInput {
    /// The code that ISTAT gives it, unique and never changed (codice ISTAT).
    pub istat_code: IstatCode,
    /// Name (denominazione).
    pub name: String,
    /// The code that the land registry gives it, a letter and three digits (codice catastale).
    pub cadastral_code: Option<String>,
    /// Province, two letters (Provincia).
    pub province: String,
}

/// What becomes of a comune (modifica del Comune): what is left out stays.
#[derive(InputObject)]
pub struct UpdateComuneInput {
    /// Identifier of the comune (Comune).
    pub comune: ID,
    /// The comune's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// The code that the land registry gives it; none where null (codice catastale).
    pub cadastral_code: MaybeUndefined<String>,
    /// Province, two letters (Provincia).
    pub province: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct ComuneMutation;

#[Object]
impl ComuneMutation {
    /// Adds a comune, which belongs to no Ambito yet (aggiunge un Comune). By the administrator of the whole server.
    async fn add_comune(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The comune (Comune).")] input: AddComuneInput,
    ) -> Option<Result<ComunePayload>> {
        Some(add(ctx, input).await)
    }

    /// Describes a comune anew (modifica un Comune). By the administrator of every Ambito that it ever belongs to.
    async fn update_comune(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which comune (modifica).")] input: UpdateComuneInput,
    ) -> Option<Result<ComunePayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddComuneInput) -> Result<ComunePayload> {
    let (sight, viewer) = asker(ctx, |viewer| viewer.register().is_some())?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = viewer.register().ok_or_else(|| missing("input"))?;
        let AddComuneInput { istat_code, name, cadastral_code, province } = input;
        let new = NewComune { istat_code: istat_code.0, name, cadastral_code, province };
        comune::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateComuneInput) -> Result<ComunePayload> {
    let (sight, viewer) = asker(ctx, |viewer| viewer.standing.role == Role::Admin)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let found = match Key::read(&input.comune) {
            Some(Key::Comune(id)) => sight.comune(id),
            _ => None,
        };
        let found = found.ok_or_else(|| missing("input.comune"))?;
        let ambiti = found.memberships.iter().map(|row| row.ambito_id);
        let permit = viewer.keep_comune(found.row.id, ambiti).ok_or_else(|| missing("input.comune"))?;
        let change = ComuneChange {
            name: needed(input.name, "input.name")?,
            cadastral_code: optional(input.cadastral_code),
            province: needed(input.province, "input.province")?,
        };
        comune::update(act.write(), &permit, input.expected_version, change, sight.book()).await?;
        Ok(found.row.id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<ComunePayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.comune(id).map(|comune| Comune(comune.clone()))))
}
