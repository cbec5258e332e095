//! What a service delivered in a year, comune by comune, as a plan counts by it: hours and the like are added up over the months; people are counted once,
//! however many months they come in.

use std::collections::BTreeMap;

use allocation::Micros;
use sea_orm::ConnectionTrait;

use super::month::Month;
use crate::error::{Error, Result};
use crate::store::packed;

/// What a service delivered in a year. Comuni are named by their row ids; one to which nothing was delivered is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearOfService {
    /// The last month that has anything.
    pub last: Month,
    /// How much of the measure.
    pub totals: BTreeMap<i64, Micros>,
    /// To how many people, whatever the measure.
    pub people: BTreeMap<i64, Micros>,
}

/// Reads what a service delivered in a year by a measure; none where that is nothing. `cases` is the measure that counts people.
pub async fn of_year(
    db: &impl ConnectionTrait,
    service: i64,
    (measure, cases): (i64, i64),
    year: i32,
) -> Result<Option<YearOfService>> {
    let (Some(first), Some(end)) = (Month::new(year, 1), Month::new(year, 12)) else { return Ok(None) };
    let within = [service.into(), first.get().into(), end.get().into()];
    let sql = "SELECT comune_id, month, total_micros FROM activity_month \
               WHERE service_id = $1 AND month BETWEEN $2 AND $3 AND measure_id = $4";
    let (mut last, mut totals) = (None, BTreeMap::new());
    for row in packed::rows(db, sql, within.iter().cloned().chain([measure.into()])).await? {
        let (comune, month, micros): (i64, i32, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let month = Month::stored(month).ok_or_else(|| Error::broken("activity of service", service))?;
        last = last.max(Some(month));
        let total = totals.entry(comune).or_insert(0_i64);
        *total = total.checked_add(micros).ok_or(allocation::Error::Overflow)?;
    }
    let Some(last) = last else { return Ok(None) };
    let sql = "SELECT m.comune_id, count(DISTINCT a.case_code) FROM activity_month m \
               JOIN activity a ON a.activity_month_id = m.id \
               WHERE m.service_id = $1 AND m.month BETWEEN $2 AND $3 AND m.import_id IS NOT NULL GROUP BY m.comune_id";
    let mut people = BTreeMap::new();
    for row in packed::rows(db, sql, within).await? {
        let count: i64 = row.try_get_by_index(1)?;
        let micros = count.checked_mul(Micros::SCALE).ok_or(allocation::Error::Overflow)?;
        people.insert(row.try_get_by_index(0)?, Micros::new(micros));
    }
    let totals = totals.into_iter().map(|(comune, micros)| (comune, Micros::new(micros))).collect();
    let totals = if measure == cases { people.clone() } else { totals };
    Ok(Some(YearOfService { last, totals, people }))
}
