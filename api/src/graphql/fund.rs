//! Funds (fondi) and measures (basi di riparto): what covers a budget, and what rules count by.

use std::sync::Arc;

use allocation::MeasureCode;
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::{fund, measure};

use super::comune::Comune;
use super::enums::FundLevel;
use super::id::Key;
use super::scalars::{Date, Euro, ExactDecimal};
use super::service::Service;
use super::sight::sight;
use crate::error::Result;
use crate::store::master::{self, ComuneEntry};

/// A source of coverage (fondo): the FNPS, the FSR, bound revenue, the comuni's quotas.
#[derive(Clone)]
pub struct Fund(pub(super) Arc<fund::Model>);

/// A source of coverage (fondo): the FNPS, the FSR, bound revenue, the comuni's quotas.
#[Object]
impl Fund {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Fund(self.0.id).id()
    }

    /// Code, unique in its Ambito (codice).
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whose money it is (livello di finanziamento).
    async fn level(&self) -> FundLevel {
        self.0.level.into()
    }

    /// Counts its changes, from 1: what acts take as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }
}

/// How much of a plan a fund covers (copertura).
#[derive(SimpleObject)]
pub struct FundCoverage {
    /// The fund (fondo).
    pub fund: Fund,
    /// What it covers (importo).
    pub amount: Euro,
    /// Its share of the plan's total, from 0 to 1, six decimals (quota percentuale).
    pub share: ExactDecimal,
}

/// Something that rules can count by (misura, base di riparto).
#[derive(Clone)]
pub struct Measure(pub(super) Arc<measure::Model>);

/// Something that rules can count by (misura, base di riparto).
#[Object]
impl Measure {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::Measure(self.0.id).id()
    }

    /// Code, for example `RESIDENTS` (codice).
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in Italian (denominazione).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Unit in Italian (unità di misura).
    async fn unit(&self) -> &str {
        &self.0.unit
    }

    /// Whether it counts what residents used, so that small values could name people and are withheld (consumo).
    async fn consumption(&self) -> bool {
        self.0.consumption
    }

    /// Counts its changes, from 1: what acts take as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row_version
    }
}

/// The value of a measure for one comune on a day (rilevazione).
#[derive(Clone)]
pub struct Measurement {
    pub(super) row: master::Measurement,
    pub(super) measure: MeasureCode,
    pub(super) comune: Arc<ComuneEntry>,
}

/// The value of a measure for one comune on a day (rilevazione).
#[Object]
impl Measurement {
    /// Code of the measure (misura).
    async fn measure(&self) -> &str {
        self.measure.as_str()
    }

    /// The comune whose value it is (Comune).
    async fn comune(&self) -> Comune {
        Comune(self.comune.clone())
    }

    /// The service it counts, where it counts one (servizio).
    async fn service(&self, ctx: &Context<'_>) -> Option<Result<Service>> {
        let sight = match sight(ctx) {
            Ok(sight) => sight,
            Err(error) => return Some(Err(error)),
        };
        sight.service(self.row.service_id()?).map(|service| Ok(Service(service.clone())))
    }

    /// The value (valore).
    async fn value(&self) -> ExactDecimal {
        self.row.value.into()
    }

    /// The day it describes (data di riferimento).
    async fn reference_date(&self) -> Date {
        Date(self.row.vintage.reference_date)
    }

    /// Who published it (fonte).
    async fn source(&self) -> &str {
        &self.row.vintage.source
    }

    /// Whether no document gives it: it was assumed for the demonstration (valore presunto).
    async fn assumed(&self) -> bool {
        self.row.vintage.assumed
    }

    /// Counts the changes of the value, from 1: what acts take as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.row.row_version
    }
}
