//! Readings of indicators as they are read: each with what was aimed at in its month, and whether it is withheld.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use entity::{indicator, indicator_past, indicator_reading};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Value};

use super::activity::Month;
use super::packed::{self, IDS_A_STATEMENT};
use super::pages::{self, Asked, Found, Place};
use super::{Transaction, few};
use crate::error::{Error, Result};

/// What an indicator was to reach in a month.
#[derive(Clone, Debug)]
pub struct Aim {
    /// Unit of its readings.
    pub unit: Option<String>,
    /// What was aimed at, in millionths.
    pub target_micros: Option<i64>,
    /// Whether that was the most that a reading might be.
    pub at_most: bool,
}

/// What an indicator showed on a day.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its row.
    pub row: indicator_reading::Model,
    /// What was aimed at then.
    pub aim: Aim,
    /// Whether few people stand behind it, or it would give such a number back.
    pub withheld: bool,
}

impl Reading {
    /// Whether it reaches what was aimed at; none where nothing was, and where it is withheld.
    pub fn is_reached(&self) -> Option<bool> {
        let (target, value) = (self.aim.target_micros.filter(|_| !self.withheld)?, self.row.value_micros);
        Some(if self.aim.at_most { value <= target } else { value >= target })
    }
}

/// A page of the readings of an indicator, and how many people are enough for a count to be shown; none where all are.
pub type Wanted = (Asked, Option<i64>);

/// The last reading of an indicator (row id) that is not after a day, and the same.
pub type Last = (i64, NaiveDate, Option<i64>);

/// Pages of the readings of indicators.
pub async fn pages(tx: &Transaction, wanted: &[Wanted]) -> Result<HashMap<Wanted, Found<Reading>>> {
    let place = Place {
        from: "indicator_reading",
        id: "id",
        owner: "indicator_id",
        day: "read_on",
        is_month: false,
        condition: String::new(),
    };
    let asked: Vec<Asked> = wanted.iter().map(|(asked, _)| *asked).collect();
    let id = |row: &indicator_reading::Model| row.id;
    let pages = pages::read::<indicator_reading::Entity>(tx, &place, &asked, indicator_reading::Column::Id, id).await?;
    let rows: Vec<_> = wanted
        .iter()
        .flat_map(|(asked, people_min)| {
            let rows = pages.get(asked).map(|page| page.rows.clone()).unwrap_or_default();
            rows.into_iter().map(|row| (row, *people_min))
        })
        .collect();
    let readings = of_rows(tx, rows).await?;
    let mut found = HashMap::new();
    for one in wanted {
        let Some(page) = pages.get(&one.0) else { continue };
        let reading = |row: &indicator_reading::Model| {
            readings.get(&(row.id, one.1)).cloned().ok_or_else(|| Error::broken("reading", row.id))
        };
        let rows = page.rows.iter().map(reading).collect::<Result<_>>()?;
        found.insert(*one, Found { rows, has_next: page.has_next, total: page.total });
    }
    Ok(found)
}

/// The last reading of each indicator that is not after a day.
pub async fn latest(tx: &Transaction, wanted: &[Last]) -> Result<HashMap<Last, Reading>> {
    let days: BTreeSet<NaiveDate> = wanted.iter().map(|(_, day, _)| *day).collect();
    let mut rows: HashMap<(i64, NaiveDate), indicator_reading::Model> = HashMap::new();
    for day in days {
        let of_day: BTreeSet<i64> = wanted.iter().filter(|key| key.1 == day).map(|key| key.0).collect();
        for some in of_day.into_iter().collect::<Vec<_>>().chunks(IDS_A_STATEMENT) {
            let (names, mut values) = packed::parameters(some);
            values.push(day.into());
            let last = format!(
                "SELECT max(read_on) FROM indicator_reading other \
                 WHERE other.indicator_id = r.indicator_id AND other.read_on <= ${}",
                values.len()
            );
            let sql = format!(
                "SELECT r.id FROM indicator_reading r WHERE r.indicator_id IN ({names}) AND r.read_on = ({last})"
            );
            let ids = packed::rows(tx, &sql, values).await?;
            let ids = ids.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<Vec<i64>>>()?;
            let found = indicator_reading::Entity::find().filter(indicator_reading::Column::Id.is_in(ids));
            rows.extend(found.all(tx).await?.into_iter().map(|row| ((row.indicator_id, day), row)));
        }
    }
    let known = wanted.iter().filter_map(|(id, day, people_min)| Some((rows.get(&(*id, *day))?.clone(), *people_min)));
    let readings = of_rows(tx, known.collect()).await?;
    let reading = |one: &Last| Some((*one, readings.get(&(rows.get(&(one.0, one.1))?.id, one.2))?.clone()));
    Ok(wanted.iter().filter_map(reading).collect())
}

/// A reading as its writer sees it.
pub async fn whole(tx: &Transaction, id: i64) -> Result<Option<Reading>> {
    let Some(row) = indicator_reading::Entity::find_by_id(id).one(tx).await? else { return Ok(None) };
    Ok(of_rows(tx, vec![(row, None)]).await?.remove(&(id, None)))
}

/// Rows with what was aimed at, by row id and by how many people are enough.
async fn of_rows(
    tx: &Transaction,
    rows: Vec<(indicator_reading::Model, Option<i64>)>,
) -> Result<HashMap<(i64, Option<i64>), Reading>> {
    let ids: BTreeSet<i64> = rows.iter().map(|(row, _)| row.indicator_id).collect();
    let aims = Aims::read(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let guarded = || rows.iter().filter(|(row, people_min)| people_min.is_some() && aims.counts_people(row));
    let of: BTreeSet<i64> = guarded().map(|(row, _)| row.indicator_id).collect();
    let years: BTreeSet<i32> = guarded().map(|(row, _)| row.read_on.year()).collect();
    let peers = peers(tx, &of.into_iter().collect::<Vec<_>>(), &years).await?;
    let mut withheld: HashMap<(i64, i32, i64), HashSet<i64>> = HashMap::new();
    let mut found = HashMap::new();
    for (row, people_min) in &rows {
        let counted = people_min.filter(|_| aims.counts_people(row));
        let is_withheld = counted.is_some_and(|people_min| {
            let year = (row.indicator_id, row.read_on.year());
            let of_year = withheld
                .entry((year.0, year.1, people_min))
                .or_insert_with(|| few::withheld(peers.get(&year).map(Vec::as_slice).unwrap_or_default(), people_min));
            of_year.contains(&row.id)
        });
        let reading = Reading { row: row.clone(), aim: aims.of(row)?, withheld: is_withheld };
        found.insert((row.id, *people_min), reading);
    }
    Ok(found)
}

/// What indicators aim at, and what they aimed at before, oldest first.
struct Aims(HashMap<i64, (indicator::Model, Vec<indicator_past::Model>)>);

impl Aims {
    async fn read(tx: &Transaction, ids: &[i64]) -> Result<Self> {
        let mut found = HashMap::new();
        for some in ids.chunks(IDS_A_STATEMENT) {
            let rows = indicator::Entity::find().filter(indicator::Column::Id.is_in(some.iter().copied()));
            found.extend(rows.all(tx).await?.into_iter().map(|row| (row.id, (row, Vec::new()))));
            let past = indicator_past::Column::IndicatorId.is_in(some.iter().copied());
            let past = indicator_past::Entity::find().filter(past);
            for row in past.order_by_asc(indicator_past::Column::UntilMonth).all(tx).await? {
                if let Some((_, past)) = found.get_mut(&row.indicator_id) {
                    past.push(row);
                }
            }
        }
        Ok(Self(found))
    }

    fn counts_people(&self, reading: &indicator_reading::Model) -> bool {
        self.0.get(&reading.indicator_id).is_none_or(|(row, _)| row.counts_people)
    }

    /// What was aimed at in the month of a reading.
    fn of(&self, reading: &indicator_reading::Model) -> Result<Aim> {
        let broken = || Error::broken("indicator", reading.indicator_id);
        let (row, past) = self.0.get(&reading.indicator_id).ok_or_else(broken)?;
        let month = Month::of(reading.read_on).ok_or_else(broken)?.get();
        let past = past.iter().find(|past| past.until_month > month);
        Ok(match past {
            // What holds from the beginning or from an earlier month has no later change before the reading.
            Some(past) if row.from_month.is_some_and(|from| from > month) => {
                Aim { unit: past.unit.clone(), target_micros: past.target_micros, at_most: past.at_most }
            }
            _ => Aim { unit: row.unit.clone(), target_micros: row.target_micros, at_most: row.at_most },
        })
    }
}

/// All readings of these indicators in these years, by indicator and year: row id and value.
async fn peers(
    tx: &Transaction,
    indicators: &[i64],
    years: &BTreeSet<i32>,
) -> Result<HashMap<(i64, i32), Vec<(i64, i64)>>> {
    let mut found: HashMap<(i64, i32), Vec<(i64, i64)>> = HashMap::new();
    for some in indicators.chunks(IDS_A_STATEMENT) {
        let (names, mut values) = packed::parameters(some);
        let mut of_year = Vec::new();
        for year in years {
            let days = NaiveDate::from_ymd_opt(*year, 1, 1).zip(NaiveDate::from_ymd_opt(*year, 12, 31));
            let (first, last) = days.ok_or_else(|| Error::internal("a year of a reading"))?;
            values.extend([Value::from(first), Value::from(last)]);
            of_year.push(format!("read_on BETWEEN ${} AND ${}", values.len() - 1, values.len()));
        }
        let sql = format!(
            "SELECT indicator_id, read_on, id, value_micros FROM indicator_reading WHERE indicator_id IN ({names}) AND ({})",
            of_year.join(" OR ")
        );
        for row in packed::rows(tx, &sql, values).await? {
            let (indicator, day): (i64, NaiveDate) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let count = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            found.entry((indicator, day.year())).or_default().push(count);
        }
    }
    Ok(found)
}
