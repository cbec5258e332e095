//! Indicators of services (indicatori di risultato), and what they showed over time.

use std::sync::Arc;

use allocation::Micros;
use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::{indicator, indicator_reading};

use super::batch::Batch;
use super::direct::by_library;
use super::id::Key;
use super::page::{Cursors, IndicatorReadingConnection};
use super::reading::{DayPage, page_of, together};
use super::scalars::{Date, DateTime, ExactDecimal};
use super::service::Service;
use super::sight::{Sight, sight};
use crate::error::Result;
use crate::store::indicator as stored;
use crate::store::master::ServiceEntry;
use crate::store::pages::{Asked, Found};

/// A sign of whether a service reaches its aim (indicatore di risultato).
#[derive(Clone)]
pub struct Indicator {
    service: Arc<ServiceEntry>,
    at: usize,
}

/// What an indicator showed on a day (rilevazione).
#[derive(Clone)]
pub struct IndicatorReading(pub(super) indicator_reading::Model);

/// The readings that one request asks for.
#[derive(Default)]
pub(super) struct Indicators {
    pages: Batch<Asked, Arc<Found<indicator_reading::Model>>>,
    latest: Batch<(i64, NaiveDate), indicator_reading::Model>,
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

    async fn latest_on(&self, ctx: &Context<'_>, day: NaiveDate) -> Result<Option<indicator_reading::Model>> {
        let sight = sight(ctx)?;
        if !self.is_read_by(sight) {
            return Ok(None);
        }
        together(ctx, &sight.watched().indicators.latest, (self.row().id, day), |tx, keys| {
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
            let found = together(ctx, &sight.watched().indicators.pages, asked, |tx, keys| {
                Box::pin(async move {
                    let pages = stored::readings(tx, &keys).await?;
                    Ok(pages.into_iter().map(|(asked, page)| (asked, Arc::new(page))).collect())
                })
            });
            let found = found.await?.unwrap_or_default();
            let place = |row: &indicator_reading::Model| (row.read_on, row.id);
            page_of(&found, &asked, &cursors, place, |row| IndicatorReading(row.clone())).map(Into::into)
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

    /// Whether the last reading not after a day reaches the target: is at least it, or at most it where the target is a maximum; none without a target, and
    /// without a reading (obiettivo raggiunto).
    async fn reached(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<bool>> {
        let target = self.row().target_micros?;
        let at_most = self.row().at_most;
        let find = async {
            let latest = self.latest_on(ctx, sight(ctx)?.day(as_of)).await?;
            Ok(latest.map(|row| if at_most { row.value_micros <= target } else { row.value_micros >= target }))
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
        Key::Reading(self.0.id).id()
    }

    /// The day (data di rilevazione).
    async fn read_on(&self) -> Date {
        Date(self.0.read_on)
    }

    /// What it showed (valore).
    async fn value(&self) -> ExactDecimal {
        Micros::new(self.0.value_micros).into()
    }

    /// Where that comes from (fonte).
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// When it was recorded (registrata il).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// Counts its changes: what a correction names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }
}
