//! Indicators: their unit and target, and what is read of them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, missing, needed, optional, payload};
use super::monitoring::month_from;
use super::{IndicatorPayload, IndicatorReadingPayload, asker};
use crate::auth::{MasterPermit, Viewer};
use crate::error::{Error, Result};
use crate::graphql::id::Key;
use crate::graphql::indicator::{Indicator, IndicatorReading};
use crate::graphql::scalars::{Date, ExactDecimal};
use crate::graphql::sight::{Sight, sight};
use crate::graphql::writing::Act;
use crate::store::change::Change;
use crate::store::indicator::{self, IndicatorChange, NewReading, ReadingChange};
use crate::store::reading;

/// What becomes of an indicator (modifica dell'indicatore): what is left out stays.
#[derive(InputObject)]
pub struct UpdateIndicatorInput {
    /// Identifier of the indicator (indicatore).
    pub indicator: ID,
    /// The indicator's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Unit of its readings (unità di misura).
    pub unit: MaybeUndefined<String>,
    /// What is aimed at; not below zero (obiettivo).
    pub target: MaybeUndefined<ExactDecimal>,
    /// Whether that is the most that a reading may be, rather than the least (obiettivo massimo).
    pub target_is_maximum: MaybeUndefined<bool>,
    /// Whether its readings count people, so that small ones are withheld; every indicator does until this says no (conta persone).
    pub counts_people: MaybeUndefined<bool>,
    /// A day of the month from which unit and target hold, not to come and not before their last change: readings of earlier months keep theirs. This month where
    /// left out, and all months where the indicator had neither (valido dal mese).
    pub from: Option<Date>,
}

/// A reading to be recorded (rilevazione).
#[derive(InputObject)]
pub struct RecordReadingInput {
    /// Identifier of the indicator (indicatore).
    pub indicator: ID,
    /// The day; not after today, and one reading a day (data di rilevazione).
    pub read_on: Date,
    /// What it showed; where the indicator counts people, few of them are shown to the managing body alone (valore).
    pub value: ExactDecimal,
    /// Where that comes from; it names no person (fonte).
    pub source: String,
    /// Whether no document gives it (valore presunto).
    #[graphql(default)]
    pub assumed: bool,
}

/// What becomes of a reading (correzione della rilevazione): what is left out stays.
#[derive(InputObject)]
pub struct CorrectReadingInput {
    /// Identifier of the reading (rilevazione).
    pub reading: ID,
    /// The reading's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// What it showed (valore).
    pub value: MaybeUndefined<ExactDecimal>,
    /// Where that comes from; it names no person (fonte).
    pub source: MaybeUndefined<String>,
    /// Whether no document gives it (valore presunto).
    pub assumed: MaybeUndefined<bool>,
}

#[derive(Default)]
pub(super) struct IndicatorMutation;

#[Object]
impl IndicatorMutation {
    /// Says in what an indicator is measured and what it is to reach (modifica un indicatore). Which indicators a service has is said with the service. By the
    /// managing body.
    async fn update_indicator(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which indicator (modifica).")] input: UpdateIndicatorInput,
    ) -> Option<Result<IndicatorPayload>> {
        Some(update(ctx, input).await)
    }

    /// Records what an indicator showed on a day (registra una rilevazione). By the managing body.
    async fn record_reading(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reading (rilevazione).")] input: RecordReadingInput,
    ) -> Option<Result<IndicatorReadingPayload>> {
        Some(record(ctx, input).await)
    }

    /// Corrects what was recorded of a day (corregge una rilevazione). By the managing body.
    async fn correct_reading(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which reading (correzione).")] input: CorrectReadingInput,
    ) -> Option<Result<IndicatorReadingPayload>> {
        Some(correct(ctx, input).await)
    }
}

/// The indicator with this row id, and the right to keep it.
fn own((sight, viewer): (&Sight, &Viewer), id: Option<i64>, argument: &str) -> Result<(MasterPermit, i64)> {
    let found = id.and_then(|id| Some((Indicator::find(sight, id)?.ambito(), id)));
    let (ambito, id) = found.ok_or_else(|| missing(argument))?;
    Ok((viewer.keep_master(ambito).ok_or_else(|| missing(argument))?, id))
}

fn named(id: &ID) -> Option<i64> {
    match Key::read(id) {
        Some(Key::Indicator(id)) => Some(id),
        _ => None,
    }
}

async fn update(ctx: &Context<'_>, input: UpdateIndicatorInput) -> Result<IndicatorPayload> {
    let (sight_now, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = own((sight_now, viewer), named(&input.indicator), "input.indicator")?;
        let target = match optional(input.target) {
            Change::Stays => Change::Stays,
            Change::To(target) => Change::To(target.map(|target| target.micros()).transpose()?),
        };
        let at_most = needed(input.target_is_maximum, "input.targetIsMaximum")?;
        let counts_people = needed(input.counts_people, "input.countsPeople")?;
        let from = month_from(input.from)?;
        let change = IndicatorChange { unit: optional(input.unit), target, at_most, counts_people, from };
        indicator::update(act.write(), &permit, (id, input.expected_version), change, sight_now.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| Indicator::find(sight, id)))
}

async fn record(ctx: &Context<'_>, input: RecordReadingInput) -> Result<IndicatorReadingPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, indicator) = own((sight, viewer), named(&input.indicator), "input.indicator")?;
        let value = input.value.micros()?;
        let RecordReadingInput { read_on, source, assumed, .. } = input;
        let new = NewReading { indicator, read_on: read_on.0, value, source, assumed };
        let id = indicator::record(act.write(), &permit, new, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn correct(ctx: &Context<'_>, input: CorrectReadingInput) -> Result<IndicatorReadingPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let Some(Key::Reading(id)) = Key::read(&input.reading) else { return Err(missing("input.reading")) };
        let indicator = indicator::reading(act.write(), id).await?.map(|row| row.indicator_id);
        let (permit, _) = own((sight, viewer), indicator, "input.reading")?;
        let value = needed(input.value, "input.value")?.map(|value| value.micros()).transpose()?;
        let (source, assumed) = (needed(input.source, "input.source")?, needed(input.assumed, "input.assumed")?);
        let change = ReadingChange { value, source, assumed };
        indicator::correct(act.write(), &permit, (id, input.expected_version), change, sight.book()).await?;
        written(&act, id).await
    };
    let done = done.await;
    Ok(act.end(done).await?.map(Some).into())
}

async fn written(act: &Act<'_>, id: i64) -> Result<IndicatorReading> {
    let found = reading::whole(act.write().tx(), id).await?;
    Ok(IndicatorReading(found.ok_or_else(|| Error::broken("reading", id))?))
}
