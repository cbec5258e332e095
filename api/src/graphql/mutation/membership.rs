//! Memberships: begun, ended, and corrected.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{missing, needed, optional, payload};
use super::{MembershipPayload, asker};
use crate::auth::viewer::Role;
use crate::error::Result;
use crate::graphql::id::Key;
use crate::graphql::membership::Membership;
use crate::graphql::scalars::{Date, IstatCode};
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::membership::{self, MembershipChange, Validity};

/// That a comune is to be a member of an Ambito (adesione all'Ambito).
#[derive(InputObject)]
pub struct AddMembershipInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// The comune (Comune).
    pub comune: IstatCode,
    /// The first day (dal).
    pub valid_from: Date,
    /// The last day, itself included; none while it lasts (al).
    pub valid_to: Option<Date>,
}

/// What becomes of a membership (modifica dell'adesione): what is left out stays.
#[derive(InputObject)]
pub struct UpdateMembershipInput {
    /// Identifier of the membership (adesione).
    pub membership: ID,
    /// The membership's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// The first day (dal).
    pub valid_from: MaybeUndefined<Date>,
    /// The last day, itself included; where null it lasts (al).
    pub valid_to: MaybeUndefined<Date>,
}

#[derive(Default)]
pub(super) struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Makes a comune a member of an Ambito (aggiunge un'adesione). On a day a comune belongs to one Ambito at most. By the Ambito's administrator.
    async fn add_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The membership (adesione).")] input: AddMembershipInput,
    ) -> Option<Result<MembershipPayload>> {
        Some(add(ctx, input).await)
    }

    /// Ends a membership, or corrects its days (modifica un'adesione). Approved plans keep whom they froze; a draft's problems tell who is not a
    /// member any more. By the Ambito's administrator.
    async fn update_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which membership (modifica).")] input: UpdateMembershipInput,
    ) -> Option<Result<MembershipPayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddMembershipInput) -> Result<MembershipPayload> {
    let (sight, viewer) = asker(ctx, |viewer| viewer.standing.role == Role::Admin)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let ambito = sight.ambito_by_code(&input.ambito).ok_or_else(|| missing("input.ambito"))?;
        let permit = viewer.keep_ambito(ambito.row.id).ok_or_else(|| missing("input.ambito"))?;
        let comune = sight.comune_by_istat(input.comune.0).ok_or_else(|| missing("input.comune"))?;
        let days = Validity { from: input.valid_from.0, to: input.valid_to.map(|day| day.0) };
        membership::add(act.write(), &permit, comune, days, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateMembershipInput) -> Result<MembershipPayload> {
    let (sight, viewer) = asker(ctx, |viewer| viewer.standing.role == Role::Admin)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let found = match Key::read(&input.membership) {
            Some(Key::Membership(id)) => Membership::find(sight, id),
            _ => None,
        };
        let row = found.ok_or_else(|| missing("input.membership"))?.row;
        let permit = viewer.keep_ambito(row.ambito_id).ok_or_else(|| missing("input.membership"))?;
        let change = MembershipChange {
            from: needed(input.valid_from.map_value(|day| day.0), "input.validFrom")?,
            to: optional(input.valid_to.map_value(|day| day.0)),
        };
        membership::update(act.write(), &permit, (row.id, input.expected_version), change, sight.book()).await?;
        Ok(row.id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<MembershipPayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| Membership::find(sight, id)))
}
