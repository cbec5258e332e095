//! The settlement of a final plan: what each comune still owes for each service, or is given back.

use std::sync::Arc;

use async_graphql::SimpleObject;

use super::batch::Batch;
use super::comune::Comune;
use super::scalars::Euro;
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::plan::PlanBook;
use crate::store::settlement::{self, Charged, Line};

/// What the year costs a comune for a service in the end, and what it was charged (conguaglio). `finalQuota` is always `charged` and `difference` together.
#[derive(SimpleObject)]
pub struct Settlement {
    /// The service (servizio).
    pub service: Service,
    /// The comune (Comune).
    pub comune: Comune,
    /// Its quota under the final plan (quota a consuntivo).
    pub final_quota: Euro,
    /// What it was charged by the year's plans before, paid or not (importo addebitato).
    pub charged: Euro,
    /// What is still to pay; below zero, to give back (differenza a debito o a credito).
    pub difference: Euro,
}

/// The settlements of one request. Plans that are asked for together are read together.
#[derive(Default)]
pub(super) struct Settlements(Batch<i64, Arc<Charged>>);

impl Settlements {
    /// What the year of a plan was charged.
    pub(super) async fn charged(&self, store: &Store, plan: i64) -> Result<Arc<Charged>> {
        let found = self.0.of(plan, |asked| async move { settlement::read(store, &asked).await }).await?;
        found.ok_or_else(|| Error::broken("charges of plan", plan))
    }
}

/// The settlement of a final plan; none where a later act was charged before it.
pub(super) fn settle(sight: &Sight, plan: &PlanBook, charged: &Charged) -> Result<Option<Vec<Settlement>>> {
    let Some(lines) = settlement::lines(plan, charged)? else { return Ok(None) };
    lines.iter().map(|line| publish(sight, line)).collect::<Result<_>>().map(Some)
}

fn publish(sight: &Sight, line: &Line) -> Result<Settlement> {
    let service = sight.service(line.service_id).ok_or_else(|| Error::broken("service of charge", line.service_id))?;
    let comune =
        sight.book().comune(line.comune_id).ok_or_else(|| Error::broken("comune of charge", line.comune_id))?;
    Ok(Settlement {
        service: Service(service.clone()),
        comune: Comune(comune.clone()),
        final_quota: Euro(line.final_quota),
        charged: Euro(line.charged),
        difference: Euro(line.difference),
    })
}
