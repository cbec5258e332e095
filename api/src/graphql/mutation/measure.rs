//! Measures of an Ambito's own: added, and changed.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, needed, own, payload, permit_by_code};
use super::{MeasurePayload, asker};
use crate::error::Result;
use crate::graphql::fund::Measure;
use crate::graphql::id::Key;
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::measure::{self, MeasureChange, NewMeasure};

/// A measure to be (misura).
#[derive(InputObject)]
pub struct AddMeasureInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, never changed, and not one of the measures that every Ambito has (codice): upper-case letters, digits and `_`.
    pub code: String,
    /// Name in Italian (denominazione).
    pub name: String,
    /// Unit in Italian (unità di misura).
    pub unit: String,
    /// Whether it counts what residents used, so that small values could name people and are withheld; never changed (consumo).
    pub consumption: bool,
}

/// What becomes of a measure of the Ambito's own (modifica della misura): what is left out stays.
#[derive(InputObject)]
pub struct UpdateMeasureInput {
    /// Identifier of the measure (misura).
    pub measure: ID,
    /// The measure's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name in Italian (denominazione).
    pub name: MaybeUndefined<String>,
    /// Unit in Italian; it stays once there are values or rules of the measure (unità di misura).
    pub unit: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct MeasureMutation;

#[Object]
impl MeasureMutation {
    /// Adds a measure of the Ambito's own (aggiunge una misura). By the managing body.
    async fn add_measure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The measure (misura).")] input: AddMeasureInput,
    ) -> Option<Result<MeasurePayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes a measure of the Ambito's own (modifica una misura). By the managing body.
    async fn update_measure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which measure (modifica).")] input: UpdateMeasureInput,
    ) -> Option<Result<MeasurePayload>> {
        Some(update(ctx, input).await)
    }
}

async fn add(ctx: &Context<'_>, input: AddMeasureInput) -> Result<MeasurePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let AddMeasureInput { code, name, unit, consumption, .. } = input;
        let new = NewMeasure { code, name, unit, consumption };
        measure::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateMeasureInput) -> Result<MeasurePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, found) = own((sight, viewer), &input.measure, "input.measure", |ambito, key| {
            ambito.measures.iter().find(|measure| key == Key::Measure(measure.id))
        })?;
        let change = MeasureChange { name: needed(input.name, "input.name")?, unit: needed(input.unit, "input.unit")? };
        measure::update(act.write(), &permit, (found.id, input.expected_version), change, sight.book()).await?;
        Ok(found.id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<MeasurePayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| {
        let found = sight.ambiti().find_map(|ambito| ambito.measures.iter().find(|row| row.id == id));
        found.map(|measure| Measure(measure.clone()))
    }))
}
