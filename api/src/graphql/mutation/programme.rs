//! Programmes: added, and changed.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, needed, optional, own, payload, permit_by_code};
use super::{ProgrammePayload, asker};
use crate::error::Result;
use crate::graphql::id::Key;
use crate::graphql::programme::Programme;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::programme::{self, Described, ProgrammeChange};

/// A programme to be (piano di programma).
#[derive(InputObject)]
pub struct AddProgrammeInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Title (titolo).
    pub title: String,
    /// First year (primo anno). No year is of two programmes.
    pub from_year: i32,
    /// Last year (ultimo anno).
    pub to_year: i32,
    /// A note (nota).
    pub note: Option<String>,
}

/// What becomes of a programme (modifica del piano di programma): what is left out stays, and what is `null` is emptied.
#[derive(InputObject)]
pub struct UpdateProgrammeInput {
    /// Identifier of the programme (piano di programma).
    pub programme: ID,
    /// The programme's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Title (titolo).
    pub title: MaybeUndefined<String>,
    /// First year (primo anno).
    pub from_year: MaybeUndefined<i32>,
    /// Last year (ultimo anno).
    pub to_year: MaybeUndefined<i32>,
    /// A note (nota).
    pub note: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct ProgrammeMutation;

#[Object]
impl ProgrammeMutation {
    /// Adds a programme (aggiunge un piano di programma). Plans that are begun from then on belong to the one of their year. By the managing body.
    async fn add_programme(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The programme (piano di programma).")] input: AddProgrammeInput,
    ) -> Option<Result<ProgrammePayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes a programme (modifica un piano di programma); the years of its plans stay within it. By the managing body.
    async fn update_programme(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which programme (modifica).")] input: UpdateProgrammeInput,
    ) -> Option<Result<ProgrammePayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddProgrammeInput) -> Result<ProgrammePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let AddProgrammeInput { title, from_year, to_year, note, .. } = input;
        let new = Described { title, from_year, to_year, note };
        programme::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateProgrammeInput) -> Result<ProgrammePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, found) = own((sight, viewer), &input.programme, "input.programme", |ambito, key| {
            ambito.programmes.iter().find(|programme| key == Key::Programme(programme.id))
        })?;
        let change = ProgrammeChange {
            title: needed(input.title, "input.title")?,
            from_year: needed(input.from_year, "input.fromYear")?,
            to_year: needed(input.to_year, "input.toYear")?,
            note: optional(input.note),
        };
        programme::update(act.write(), &permit, (found.id, input.expected_version), change, sight.book()).await?;
        Ok(found.id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<ProgrammePayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| {
        let found = sight.ambiti().find_map(|ambito| ambito.programmes.iter().find(|row| row.id == id));
        found.map(|programme| Programme(programme.clone()))
    }))
}
