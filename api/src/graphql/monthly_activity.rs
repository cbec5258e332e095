//! What was delivered month by month (prestazioni erogate): to the residents of a comune, or of all comuni of a service.

use allocation::{Micros, Tariff};
use async_graphql::SimpleObject;

use super::activities::{Shown, Source, year};
use super::scalars::{Date, Euro, ExactDecimal};
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::master::{AmbitoBook, ComuneEntry};

/// What was delivered of a service in a month, by one measure (prestazioni erogate nel mese).
#[derive(Clone, SimpleObject)]
pub struct MonthlyActivity {
    /// First day of the month (mese).
    pub month: Date,
    /// The service (servizio).
    pub service: Service,
    /// Code of the measure, for example `HOURS`. Under `CASES` stands how many people were in the charge of the service (misura).
    pub measure: String,
    /// How much was delivered; none where it is withheld (quantità).
    pub total: Option<ExactDecimal>,
    /// The people who were in the charge of the service in the month, whatever they were given; none where they are withheld (casi in carico).
    pub cases: Option<i32>,
    /// Price of one unit under the tariff of the plan in force, for this comune; none where the rule is another, and in totals of all comuni (tariffa).
    pub price: Option<ExactDecimal>,
    /// Price times total, rounded half up to the cent. The quota is rounded once over the year, so months may differ from it by cents (importo).
    pub amount: Option<Euro>,
    /// Whether few people stand behind it, or it would give such a number back (dato oscurato).
    pub withheld: bool,
}

/// What a comune's residents were given in a year, in every Ambito that it was a member of and the asker sees.
pub(super) async fn of_comune(
    sight: &Sight,
    source: Source<'_>,
    comune: &ComuneEntry,
    (in_year, service): (i32, Option<&str>),
) -> Result<Vec<MonthlyActivity>> {
    let mut months = Vec::new();
    for ambito in ambiti(sight, comune) {
        let service = match service.map(|code| ambito.service(code)) {
            Some(None) => continue,
            Some(Some(service)) => Some(service.row.id),
            None => None,
        };
        let activity = year(sight, source, ambito.row.id, in_year, service).await?;
        for shown in activity.of_comune(comune.row.id) {
            months.push(publish(sight, ambito, &shown, tariff(sight, ambito, &shown, comune)?)?);
        }
    }
    Ok(months)
}

/// What all comuni's residents were given of a service.
pub(super) async fn of_service(
    sight: &Sight,
    source: Source<'_>,
    service: &Service,
    in_year: i32,
) -> Result<Vec<MonthlyActivity>> {
    let Some(ambito) = sight.ambito(service.0.row.ambito_id) else { return Ok(Vec::new()) };
    let activity = year(sight, source, ambito.row.id, in_year, Some(service.0.row.id)).await?;
    activity.of_service(service.0.row.id)?.iter().map(|shown| publish(sight, ambito, shown, None)).collect()
}

/// The Ambiti that a comune is, was or will be a member of, each once, as far as the asker sees them.
pub(super) fn ambiti<'s>(sight: &'s Sight, comune: &ComuneEntry) -> Vec<&'s AmbitoBook> {
    let mut ids: Vec<i64> = comune.memberships.iter().map(|row| row.ambito_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| sight.ambito(id)).map(|ambito| &**ambito).collect()
}

/// What the comune pays for each unit under the plan in force.
fn tariff<'s>(
    sight: &'s Sight,
    ambito: &'s AmbitoBook,
    shown: &Shown,
    comune: &ComuneEntry,
) -> Result<Option<Tariff<'s>>> {
    let Some(plan) = sight.in_force(ambito, shown.month.year(), sight.day(None)) else { return Ok(None) };
    let Some(budget) = plan.budgets.iter().find(|budget| budget.service_id == shown.service) else { return Ok(None) };
    let measure = sight.book().names().measure(shown.measure)?;
    Ok(budget.rule().ok().and_then(|rule| rule.tariff_of(measure, comune.istat)))
}

fn publish(sight: &Sight, ambito: &AmbitoBook, shown: &Shown, tariff: Option<Tariff<'_>>) -> Result<MonthlyActivity> {
    let service = ambito.services.iter().find(|service| service.row.id == shown.service);
    let service = service.ok_or_else(|| Error::broken("service", shown.service))?;
    let amount = |total: Micros| tariff.map(|tariff| tariff.amount(total)).transpose();
    Ok(MonthlyActivity {
        month: Date(shown.month.first_day()),
        service: Service(service.clone()),
        measure: sight.book().names().measure(shown.measure)?.to_string(),
        total: shown.total.map(ExactDecimal::from),
        cases: shown.cases.and_then(|cases| i32::try_from(cases).ok()),
        price: tariff.map(|tariff| tariff.price.into()),
        amount: shown.total.map(amount).transpose()?.flatten().map(Euro),
        withheld: shown.total.is_none(),
    })
}
