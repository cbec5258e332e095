//! What a year will consume (previsione dei consumi), from what it has consumed so far.
//!
//! The method is a straight line, so that anybody can redo it: the months so far, taken twelfths of a year. It knows no seasons; the range says how far apart
//! the months have been.

use std::collections::BTreeMap;

use allocation::{Cents, Micros, Tariff, at_present_rate};
use async_graphql::SimpleObject;

use super::activities::{Source, Year, year};
use super::monthly_activity::ambiti;
use super::scalars::{Euro, ExactDecimal};
use super::service::Service;
use super::sight::Sight;
use super::small_cells;
use crate::error::{Error, Result};
use crate::store::activity::CASES;
use crate::store::master::{AmbitoBook, ComuneEntry};
use crate::store::plan::BudgetBook;

/// Months of a year.
const MONTHS: u32 = 12;
/// What a service's hours are held against where its rule counts by the hours entrusted.
const ENTRUSTED: (&str, &str) = ("HOURS", "ENTRUSTED_HOURS");

/// What a comune will consume of a service in a year, at the present rate (previsione dei consumi).
///
/// The months so far run from January to the last one in which the service has anything in the Ambito; a month in which the comune has nothing counts as zero.
#[derive(Clone, SimpleObject)]
pub struct ConsumptionForecast {
    /// The service (servizio).
    pub service: Service,
    /// Code of the measure (misura).
    pub measure: String,
    /// How many months are known, from January (mesi rilevati).
    pub months_known: i32,
    /// What they come to (consumo rilevato).
    pub consumed: ExactDecimal,
    /// What the year will come to at their rate: consumed x 12 / months known, rounded half up to six decimals (consumo previsto).
    pub expected: ExactDecimal,
    /// The same if every month to come were like the lowest so far: consumed + months to come x lowest month (consumo minimo previsto).
    pub lowest: ExactDecimal,
    /// The same if every month to come were like the highest so far: consumed + months to come x highest month (consumo massimo previsto).
    pub highest: ExactDecimal,
    /// What the plan in force counts on: the basis of the comune by this measure, or the hours entrusted; none where its rule counts by neither, and where
    /// it is withheld (consumo del piano).
    pub planned: Option<ExactDecimal>,
    /// What the comune pays for a unit, where the rule is a tariff by this measure (tariffa).
    pub price: Option<ExactDecimal>,
    /// Price times expected, rounded half up to the cent, and put between the comune's minimum and maximum (importo previsto).
    pub expected_amount: Option<Euro>,
    /// The comune's quota under the plan in force (quota).
    pub quota: Option<Euro>,
    /// Whether more is expected than the plan counts on: under a tariff the amount above the quota, otherwise the consumption above the planned one; none where
    /// there is nothing to hold it against (superamento previsto).
    pub expected_overrun: Option<bool>,
}

/// The forecasts of a comune, by service and measure. What is withheld from the asker is left out.
pub(super) async fn of_comune(
    sight: &Sight,
    source: Source<'_>,
    comune: &ComuneEntry,
    in_year: i32,
) -> Result<Vec<ConsumptionForecast>> {
    let mut forecasts = Vec::new();
    for ambito in ambiti(sight, comune) {
        let activity = year(sight, source, ambito.row.id, in_year, None).await?;
        for ((service, measure), months) in months(&activity, comune) {
            let code = sight.book().names().measure(measure)?;
            if code.as_str() == CASES {
                // People do not add up over months.
                continue;
            }
            let rate = Rate::of(&months, activity.last_month(service))?;
            let against = Against::of(sight, ambito, (in_year, service), code, comune);
            forecasts.push(publish(ambito, service, code.as_str(), &rate, &against)?);
        }
    }
    Ok(forecasts)
}

/// What a comune was given in each month, by service and measure.
fn months(activity: &Year, comune: &ComuneEntry) -> BTreeMap<(i64, i64), BTreeMap<u32, i64>> {
    let mut months: BTreeMap<(i64, i64), BTreeMap<u32, i64>> = BTreeMap::new();
    for shown in activity.of_comune(comune.row.id) {
        if let Some(total) = shown.total {
            months.entry((shown.service, shown.measure)).or_default().insert(shown.month.number(), total.get());
        }
    }
    months
}

/// A year from its months so far.
#[derive(Debug, PartialEq, Eq)]
struct Rate {
    months: u32,
    consumed: Micros,
    expected: Micros,
    lowest: Micros,
    highest: Micros,
}

impl Rate {
    fn of(months: &BTreeMap<u32, i64>, known: u32) -> Result<Self> {
        let values: Vec<i64> = (1..=known).map(|month| months.get(&month).copied().unwrap_or(0)).collect();
        let overflow = || Error::from(allocation::Error::Overflow);
        let consumed = values.iter().try_fold(0_i64, |sum, value| sum.checked_add(*value)).ok_or_else(overflow)?;
        let to_come = i64::from(MONTHS.saturating_sub(known));
        let with = |month: Option<&i64>| {
            let more = month.copied().unwrap_or(0).checked_mul(to_come)?;
            consumed.checked_add(more).map(Micros::new)
        };
        let (lowest, highest) = (with(values.iter().min()), with(values.iter().max()));
        let consumed = Micros::new(consumed);
        Ok(Self {
            months: known,
            consumed,
            expected: at_present_rate(consumed, known, MONTHS)?.unwrap_or(consumed),
            lowest: lowest.ok_or_else(overflow)?,
            highest: highest.ok_or_else(overflow)?,
        })
    }
}

/// What the plan in force says of a comune and service.
#[derive(Default)]
struct Against<'s> {
    planned: Option<Micros>,
    tariff: Option<Tariff<'s>>,
    quota: Option<Cents>,
}

impl<'s> Against<'s> {
    fn of(
        sight: &'s Sight,
        ambito: &'s AmbitoBook,
        (in_year, service): (i32, i64),
        measure: &allocation::MeasureCode,
        comune: &ComuneEntry,
    ) -> Self {
        let Some(plan) = sight.in_force(ambito, in_year, sight.day(None)) else { return Self::default() };
        let Some(budget) = plan.budgets.iter().find(|budget| budget.service_id == service) else {
            return Self::default();
        };
        let shows_basis = !small_cells::withheld_bases(sight, plan, budget).contains(&comune.istat);
        let quota = budget.quota_of(comune.istat).and_then(|at| budget.quotas.get(at)).copied();
        let planned = shows_basis.then(|| planned(budget, measure.as_str(), comune)).flatten();
        let tariff = budget.rule().ok().and_then(|rule| rule.tariff_of(measure, comune.istat));
        Self { planned, tariff, quota }
    }
}

/// What the rule counts of the comune by this measure.
fn planned(budget: &BudgetBook, measure: &str, comune: &ComuneEntry) -> Option<Micros> {
    let rule = budget.rule().ok()?;
    let counts = |code: &str| rule.measures().iter().any(|counted| counted.as_str() == code);
    let value = |code: &str| counts(code).then(|| budget.value(code, comune.istat)).flatten();
    value(measure).or_else(|| (measure == ENTRUSTED.0).then(|| value(ENTRUSTED.1)).flatten())
}

fn publish(
    ambito: &AmbitoBook,
    service: i64,
    measure: &str,
    rate: &Rate,
    against: &Against<'_>,
) -> Result<ConsumptionForecast> {
    let found = ambito.services.iter().find(|entry| entry.row.id == service);
    let amount = against.tariff.map(|tariff| tariff.of_year(rate.expected)).transpose()?;
    let overrun = match (amount.zip(against.quota), against.planned) {
        (Some((amount, quota)), _) => Some(amount > quota),
        (None, Some(planned)) if against.tariff.is_none() => Some(rate.expected > planned),
        _ => None,
    };
    Ok(ConsumptionForecast {
        service: Service(found.ok_or_else(|| Error::broken("service", service))?.clone()),
        measure: measure.to_owned(),
        months_known: i32::try_from(rate.months).unwrap_or(i32::MAX),
        consumed: rate.consumed.into(),
        expected: rate.expected.into(),
        lowest: rate.lowest.into(),
        highest: rate.highest.into(),
        planned: against.planned.map(ExactDecimal::from),
        price: against.tariff.map(|tariff| tariff.price.into()),
        expected_amount: amount.map(Euro),
        quota: against.quota.map(Euro),
        expected_overrun: overrun,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_from_its_months() {
        let rate = |months: &[(u32, &str)], known| {
            let months = months.iter().map(|(month, value)| (*month, Micros::parse(value).unwrap().get())).collect();
            let rate = Rate::of(&months, known).unwrap();
            [rate.consumed, rate.expected, rate.lowest, rate.highest].map(|number| number.to_string())
        };
        assert_eq!(rate(&[(1, "10"), (2, "20"), (3, "12.5")], 3), ["42.5", "170", "132.5", "222.5"]);
        // A month without anything is a month of nothing.
        assert_eq!(rate(&[(1, "10")], 7), ["10", "17.142857", "10", "60"]);
        assert_eq!(rate(&[(12, "1")], 12), ["1", "1", "1", "1"]);
        let most = BTreeMap::from([(1, i64::MAX)]);
        assert!(Rate::of(&most, 1).is_err());
        assert_eq!(Rate::of(&most, 12).unwrap().expected, Micros::new(i64::MAX));
    }
}
