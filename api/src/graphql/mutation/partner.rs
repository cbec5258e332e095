//! Partners: added, and changed.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, needed, optional, own, payload, permit_by_code};
use super::{PartnerPayload, asker};
use crate::error::Result;
use crate::graphql::id::Key;
use crate::graphql::partner::Partner;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::partner::{self, NewPartner, PartnerChange};

/// A partner to be (partner).
#[derive(InputObject)]
pub struct AddPartnerInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, unique in the Ambito and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// Tax code of the organisation, eleven digits; never that of a person (codice fiscale).
    pub tax_code: Option<String>,
}

/// What becomes of a partner (modifica del partner): what is left out stays, and what is `null` is emptied.
#[derive(InputObject)]
pub struct UpdatePartnerInput {
    /// Identifier of the partner (partner).
    pub partner: ID,
    /// The partner's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// Tax code of the organisation (codice fiscale).
    pub tax_code: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct PartnerMutation;

#[Object]
impl PartnerMutation {
    /// Adds a partner (aggiunge un partner). By the managing body.
    async fn add_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner (partner).")] input: AddPartnerInput,
    ) -> Option<Result<PartnerPayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes a partner (modifica un partner). Its code stays, since agreements name it. By the managing body.
    async fn update_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which partner (modifica).")] input: UpdatePartnerInput,
    ) -> Option<Result<PartnerPayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddPartnerInput) -> Result<PartnerPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let new = NewPartner { code: input.code, name: input.name, tax_code: input.tax_code };
        partner::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdatePartnerInput) -> Result<PartnerPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, found) = own((sight, viewer), &input.partner, "input.partner", |ambito, key| {
            ambito.partners.iter().find(|partner| key == Key::Partner(partner.id))
        })?;
        let change = PartnerChange { name: needed(input.name, "input.name")?, tax_code: optional(input.tax_code) };
        partner::update(act.write(), &permit, (found.id, input.expected_version), change, sight.book()).await?;
        Ok(found.id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<PartnerPayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.partner(id).map(|partner| Partner(partner.clone()))))
}
