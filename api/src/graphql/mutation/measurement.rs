//! Measurements: the values of a measure on a day.

use async_graphql::{Context, InputObject, Object};

use super::master::{keeps_master, permit_by_code};
use super::{MeasurementsPayload, asker};
use crate::error::{Error, Result};
use crate::graphql::fund::Measurement;
use crate::graphql::scalars::{Date, ExactDecimal, IstatCode};
use crate::graphql::sight::{Sight, sight};
use crate::graphql::small_cells;
use crate::graphql::writing::Act;
use crate::store::measurement::{self, Measured, NewMeasurements, NewValue};

/// Values of one measure on one day (rilevazioni).
#[derive(InputObject)]
pub struct SetMeasurementsInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code of the measure: one that every Ambito has, or one of its own (misura).
    pub measure: String,
    /// The day that the values describe; not after today (data di riferimento).
    pub reference_date: Date,
    /// Who says so (fonte).
    pub source: String,
    /// Code of the service that they count, where they count one (servizio).
    pub service: Option<String>,
    /// One for each comune, at most 600; those of the other comuni stay (valori).
    pub values: Vec<MeasuredValueInput>,
}

/// The value of one comune (valore).
#[derive(InputObject)]
pub struct MeasuredValueInput {
    /// The comune, a member on that day (Comune).
    pub comune: IstatCode,
    /// The value; not below zero (valore).
    pub value: ExactDecimal,
    /// The revision of the value that this takes the place of; left out where there is none yet (revisione attesa).
    pub expected_version: Option<i32>,
}

#[derive(Default)]
pub(super) struct MeasurementMutation;

#[Object]
impl MeasurementMutation {
    /// Adds values of a measure, and changes those that are there (registra le rilevazioni). A plan that froze one keeps it. By the managing body.
    async fn set_measurements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values (rilevazioni).")] input: SetMeasurementsInput,
    ) -> Option<Result<MeasurementsPayload>> {
        Some(set(ctx, input).await)
    }
}

async fn set(ctx: &Context<'_>, input: SetMeasurementsInput) -> Result<MeasurementsPayload> {
    let (sight_now, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight_now, viewer, &input.ambito)?;
        let value = |(at, given): (usize, MeasuredValueInput)| {
            let value = given.value.micros();
            let value = value.map_err(|fault| Error::from(fault).at(&format!("input.values.{at}.value")))?;
            Ok(NewValue { comune: given.comune.0, value, revision: given.expected_version })
        };
        let new = NewMeasurements {
            measure: input.measure,
            service: input.service,
            reference_date: input.reference_date.0,
            source: input.source,
            values: input.values.into_iter().enumerate().map(value).collect::<Result<_>>()?,
        };
        measurement::set(act.write(), &permit, new, sight_now.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    let sight = sight(ctx)?;
    Ok(match ended {
        Ok(measured) => Ok(Some(shown(sight, &measured)?)),
        Err(errors) => Err(errors),
    }
    .into())
}

/// The values as they stand now, in the order given, as far as the asker may see them.
fn shown(sight: &Sight, measured: &Measured) -> Result<Vec<Measurement>> {
    let measure = sight.book().names().measure(measured.measure)?;
    let mut shown = Vec::with_capacity(measured.comuni.len());
    for id in &measured.comuni {
        let comune = sight.comune(*id).ok_or_else(|| Error::broken("comune", *id))?;
        let row = measured.of(comune).ok_or_else(|| Error::broken("measurement of comune", *id))?;
        if small_cells::shows_measurement(sight, comune, row) {
            shown.push(Measurement { row: row.clone(), measure: measure.clone(), comune: comune.clone() });
        }
    }
    Ok(shown)
}
