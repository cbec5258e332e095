//! Funds: added, and renamed.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, needed, own, payload, permit_by_code};
use super::{FundPayload, asker};
use crate::error::Result;
use crate::graphql::enums::FundLevel;
use crate::graphql::fund::Fund;
use crate::graphql::id::Key;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::fund::{self, NewFund};

/// A fund to be (fondo).
#[derive(InputObject)]
pub struct AddFundInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, unique in the Ambito and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// Whose money it is, never changed (livello di finanziamento). Only one fund is the comuni's.
    pub level: FundLevel,
}

/// What becomes of a fund (modifica del fondo): what is left out stays.
#[derive(InputObject)]
pub struct UpdateFundInput {
    /// Identifier of the fund (fondo).
    pub fund: ID,
    /// The fund's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct FundMutation;

#[Object]
impl FundMutation {
    /// Adds a fund (aggiunge un fondo). By the managing body.
    async fn add_fund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fund (fondo).")] input: AddFundInput,
    ) -> Option<Result<FundPayload>> {
        Some(add(ctx, input).await)
    }

    /// Gives a fund another name (modifica un fondo). Its code and level stay, since approved plans take them from it. By the managing body.
    async fn update_fund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which fund (modifica).")] input: UpdateFundInput,
    ) -> Option<Result<FundPayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddFundInput) -> Result<FundPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let new = NewFund { code: input.code, name: input.name, level: input.level.into() };
        fund::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateFundInput) -> Result<FundPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, found) = own((sight, viewer), &input.fund, "input.fund", |ambito, key| {
            ambito.funds.iter().find(|fund| key == Key::Fund(fund.id))
        })?;
        let (id, name) = (found.id, needed(input.name, "input.name")?);
        fund::update(act.write(), &permit, (id, input.expected_version), name, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<FundPayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| {
        let found = sight.ambiti().find_map(|ambito| ambito.funds.iter().find(|fund| fund.id == id));
        found.map(|fund| Fund(fund.clone()))
    }))
}
