//! Indicators of services (indicatori di risultato), and what they showed over time.

use std::sync::Arc;

use allocation::Micros;
use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::indicator;

use super::batch::Batch;
use super::direct::by_library;
use super::id::Key;
use super::page::{Cursors, IndicatorReadingConnection};
use super::reading::{DayPage, page_of, together};
use super::scalars::{Date, DateTime, ExactDecimal};
use super::service::Service;
use super::sight::{Sight, sight};
use crate::error::Result;
use crate::store::activity::Month;
use crate::store::master::ServiceEntry;
use crate::store::pages::Found;
use crate::store::reading::{self as stored, Last, Reading, Wanted};

/// A sign of whether a service reaches its aim (indicatore di risultato).
#[derive(Clone)]
pub struct Indicator {
    service: Arc<ServiceEntry>,
    at: usize,
}

/// What an indicator showed on a day (rilevazione).
#[derive(Clone)]
pub struct IndicatorReading(pub(super) Reading);

/// The readings that one request asks for.
#[derive(Default)]
pub(super) struct Indicators {
    pages: Batch<Wanted, Arc<Found<Reading>>>,
    latest: Batch<Last, Reading>,
}

impl Indicator {
    /// Those of a service, in order.
    pub(super) fn of_service(service: &Arc<ServiceEntry>) -> Vec<Self> {
        (0..service.indicators.len()).map(|at| Self { service: service.clone(), at }).collect()
    }

    /// The one with this row id, as long as the asker sees its Ambito.
    pub(super) fn find(sight: &Sight, id: i64) -> Option<Self> {
        sight.ambiti().flat_map(|ambito| &ambito.services).find_map(|service| {
            let at = service.indicators.iter().position(|row| row.id == id)?;
            Some(Self { service: service.clone(), at })
        })
    }

    /// Row id of its Ambito.
    pub(super) fn ambito(&self) -> i64 {
        self.service.row.ambito_id
    }

    pub(super) fn row(&self) -> &indicator::Model {
        &self.service.indicators[self.at]
    }

    fn is_read_by(&self, sight: &Sight) -> bool {
        sight.asker().sees_results_of(self.ambito())
    }

    /// How many people are enough for a count to be shown to the asker; none where all are.
    fn people_min(&self, sight: &Sight) -> Option<i64> {
        let sees_all = sight.asker().sees_small_counts_of_indicators(self.ambito());
        (!sees_all).then_some(sight.people_min())
    }

    async fn latest_on(&self, ctx: &Context<'_>, day: NaiveDate) -> Result<Option<Reading>> {
        let sight = sight(ctx)?;
        if !self.is_read_by(sight) {
            return Ok(None);
        }
        let wanted = (self.row().id, day, self.people_min(sight));
        together(ctx, &sight.watched().indicators.latest, wanted, |tx, keys| {
            Box::pin(async move { stored::latest(tx, &keys).await })
        })
        .await
    }
}

/// A sign of whether a service reaches its aim (indicatore di risultato).
#[Object]
impl Indicator {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Indicator(self.row().id).id()
    }

    /// The service (servizio).
    async fn service(&self) -> Service {
        Service(self.service.clone())
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.row().name
    }

    /// Unit of its readings (unità di misura).
    async fn unit(&self) -> Option<&str> {
        self.row().unit.as_deref()
    }

    /// What is aimed at (obiettivo).
    async fn target(&self) -> Option<ExactDecimal> {
        self.row().target_micros.map(|target| Micros::new(target).into())
    }

    /// Whether the target is the most that a reading may be, as of a time of waiting, rather than the least (obiettivo massimo).
    async fn target_is_maximum(&self) -> bool {
        self.row().at_most
    }

    /// Whether its readings count people, so that small ones could name them and are withheld (conta persone).
    async fn counts_people(&self) -> bool {
        self.row().counts_people
    }

    /// First day of the month from which unit and target hold; none where they have held from the beginning (valido dal).
    async fn from(&self) -> Option<Date> {
        self.row().from_month.and_then(Month::stored).map(|month| Date(month.first_day()))
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.row().row_version
    }

    /// What it showed, by day (rilevazioni). For whoever sees the plans of its Ambito.
    async fn readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this day or later (dal).")] from: Option<Date>,
        #[graphql(desc = "Of this day or earlier (al).")] to: Option<Date>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<IndicatorReadingConnection>> {
        let sight = sight(ctx).ok().filter(|sight| self.is_read_by(sight))?;
        let find = async {
            let cursors = Cursors { order: "readings" };
            let asked = DayPage { first, after, from, to }.asked(ctx, self.row().id, &cursors)?;
            let wanted = (asked, self.people_min(sight));
            let found = together(ctx, &sight.watched().indicators.pages, wanted, |tx, keys| {
                Box::pin(async move {
                    let pages = stored::pages(tx, &keys).await?;
                    Ok(pages.into_iter().map(|(wanted, page)| (wanted, Arc::new(page))).collect())
                })
            });
            let found = found.await?.unwrap_or_default();
            let place = |reading: &Reading| (reading.row.read_on, reading.row.id);
            page_of(&found, &asked, &cursors, place, |reading| IndicatorReading(reading.clone())).map(Into::into)
        };
        Some(find.await)
    }

    /// The last reading not after a day (ultima rilevazione). For whoever sees the plans of its Ambito.
    async fn latest(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<IndicatorReading>> {
        let find = async { Ok(self.latest_on(ctx, sight(ctx)?.day(as_of)).await?.map(IndicatorReading)) };
        find.await.transpose()
    }

    /// Whether the last reading not after a day reaches the target of its month: is at least it, or at most it where the target is a maximum; none without a
    /// target, without a reading, and where that is withheld (obiettivo raggiunto).
    async fn reached(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<bool>> {
        let find = async {
            let latest = self.latest_on(ctx, sight(ctx)?.day(as_of)).await?;
            Ok(latest.and_then(|reading| reading.is_reached()))
        };
        find.await.transpose()
    }
}

by_library!(IndicatorReading);

/// What an indicator showed on a day (rilevazione).
#[Object]
impl IndicatorReading {
    /// Opaque identifier: what a correction names (identificativo).
    async fn id(&self) -> ID {
        Key::Reading(self.0.row.id).id()
    }

    /// The day (data di rilevazione).
    async fn read_on(&self) -> Date {
        Date(self.0.row.read_on)
    }

    /// What it showed; none where it is withheld (valore).
    async fn value(&self) -> Option<ExactDecimal> {
        (!self.0.withheld).then(|| Micros::new(self.0.row.value_micros).into())
    }

    /// Whether the value is not shown, because few people stand behind it or it would give such a number of the year back (valore oscurato).
    async fn withheld(&self) -> bool {
        self.0.withheld
    }

    /// Unit in its month (unità di misura).
    async fn unit(&self) -> Option<&str> {
        self.0.aim.unit.as_deref()
    }

    /// What was aimed at in its month (obiettivo).
    async fn target(&self) -> Option<ExactDecimal> {
        self.0.aim.target_micros.map(|target| Micros::new(target).into())
    }

    /// Whether that was the most that a reading might be (obiettivo massimo).
    async fn target_is_maximum(&self) -> bool {
        self.0.aim.at_most
    }

    /// Whether it reaches the target of its month; none without a target, and where the value is withheld (obiettivo raggiunto).
    async fn reached(&self) -> Option<bool> {
        self.0.is_reached()
    }

    /// Where that comes from (fonte).
    async fn source(&self) -> &str {
        &self.0.row.source
    }

    /// Whether no document gives it (valore presunto).
    async fn assumed(&self) -> bool {
        self.0.row.assumed
    }

    /// When it was recorded (registrata il).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.row.recorded_at)
    }

    /// Counts its changes: what a correction names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }
}
