//! Ambiti: added, and described anew.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{missing, needed, optional, payload};
use super::{AmbitoPayload, asker};
use crate::auth::viewer::Role;
use crate::error::Result;
use crate::graphql::ambito::Ambito;
use crate::graphql::id::Key;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::ambito::{self, AmbitoChange};
use crate::store::bundle::AmbitoRecord;

/// An Ambito to be (Ambito).
#[derive(InputObject)]
pub struct AddAmbitoInput {
    /// Code, unique and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// Region (Regione).
    pub region: String,
    /// Province, two letters (Provincia).
    pub province: String,
    /// The body that manages the services (ente gestore).
    pub managing_body: String,
    /// Legal form of the managing body (forma giuridica).
    pub legal_form: Option<String>,
}

/// What becomes of an Ambito (modifica dell'Ambito): what is left out stays.
#[derive(InputObject)]
pub struct UpdateAmbitoInput {
    /// Identifier of the Ambito (Ambito).
    pub ambito: ID,
    /// The Ambito's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// Region (Regione).
    pub region: MaybeUndefined<String>,
    /// Province, two letters (Provincia).
    pub province: MaybeUndefined<String>,
    /// The body that manages the services (ente gestore).
    pub managing_body: MaybeUndefined<String>,
    /// Legal form of the managing body; none where null (forma giuridica).
    pub legal_form: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct AmbitoMutation;

#[Object]
impl AmbitoMutation {
    /// Adds an Ambito, with the fund of what its comuni pay (aggiunge un Ambito). By the administrator of the whole server.
    async fn add_ambito(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The Ambito (Ambito).")] input: AddAmbitoInput,
    ) -> Option<Result<AmbitoPayload>> {
        Some(add(ctx, input).await)
    }

    /// Describes an Ambito anew (modifica un Ambito). By its administrator.
    async fn update_ambito(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which Ambito (modifica).")] input: UpdateAmbitoInput,
    ) -> Option<Result<AmbitoPayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddAmbitoInput) -> Result<AmbitoPayload> {
    let (sight, viewer) = asker(ctx, |viewer| viewer.register().is_some())?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = viewer.register().ok_or_else(|| missing("input"))?;
        let AddAmbitoInput { code, name, region, province, managing_body, legal_form } = input;
        let new = AmbitoRecord { code, name, region, province, managing_body, legal_form };
        ambito::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateAmbitoInput) -> Result<AmbitoPayload> {
    let (sight, viewer) = asker(ctx, |viewer| viewer.standing.role == Role::Admin)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let found = match Key::read(&input.ambito) {
            Some(Key::Ambito(id)) => sight.ambito(id),
            _ => None,
        };
        let id = found.ok_or_else(|| missing("input.ambito"))?.row.id;
        let permit = viewer.keep_ambito(id).ok_or_else(|| missing("input.ambito"))?;
        let change = AmbitoChange {
            name: needed(input.name, "input.name")?,
            region: needed(input.region, "input.region")?,
            province: needed(input.province, "input.province")?,
            managing_body: needed(input.managing_body, "input.managingBody")?,
            legal_form: optional(input.legal_form),
        };
        ambito::update(act.write(), &permit, input.expected_version, change, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<AmbitoPayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.ambito(id).map(|ambito| Ambito(ambito.clone()))))
}
