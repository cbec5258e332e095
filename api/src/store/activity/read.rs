//! Reading activity: what months come to, and the rows of cases by pages. Sums are stored, so that reading them never walks the rows; pages
//! find their months first and then only the rows that they show.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sea_orm::{ConnectionTrait, Statement, Value};

use super::month::Month;
use crate::auth::ReadActivityPermit;
use crate::error::{Error, Result};
use crate::store::{Store, packed};

/// What a month of a service, comune and measure comes to. Numbers are row ids but for the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthSum {
    /// Ambito.
    pub ambito: i64,
    /// Comune of residence.
    pub comune: i64,
    /// Service.
    pub service: i64,
    /// The month.
    pub month: Month,
    /// Measure.
    pub measure: i64,
    /// Sum, in millionths.
    pub total: i64,
    /// People behind it.
    pub cases: i64,
}

/// What the months of a year come to in some Ambiti, in one statement; of some services, where they are named. It is everything, few people included: what an
/// asker may see of it is for the caller to cut.
pub async fn months(
    db: &impl ConnectionTrait,
    ambiti: &BTreeSet<i64>,
    year: i32,
    services: Option<&BTreeSet<i64>>,
) -> Result<Vec<MonthSum>> {
    let (Some(first), Some(last)) = (Month::new(year, 1), Month::new(year, 12)) else { return Ok(Vec::new()) };
    let mut sql = "FROM activity_month WHERE month BETWEEN $1 AND $2".to_owned();
    list(&mut sql, "ambito_id", Some(ambiti));
    list(&mut sql, "service_id", services);
    let values: [Value; 2] = [first.get().into(), last.get().into()];
    let columns = "ambito_id, comune_id, service_id, month, measure_id, total_micros, cases";
    let text = packed::table_text(db, columns, &sql, values).await?;
    let rows: Vec<(i64, i64, i64, i32, i64, i64, i64)> = packed::parse(&text)?;
    let sum = |(ambito, comune, service, month, measure, total, cases)| {
        let month = Month::stored(month).ok_or_else(|| Error::broken("activity of ambito", ambito))?;
        Ok(MonthSum { ambito, comune, service, month, measure, total, cases })
    };
    rows.into_iter().map(sum).collect()
}

/// Which rows: those that fit everything that is given. Numbers are row ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Ambiti.
    pub ambiti: Option<Vec<i64>>,
    /// Services.
    pub services: Option<Vec<i64>>,
    /// Comuni.
    pub comuni: Option<Vec<i64>>,
    /// Measures.
    pub measures: Option<Vec<i64>>,
    /// The first month.
    pub from: Option<Month>,
    /// The last month.
    pub to: Option<Month>,
}

/// Where a row stands in the list: Ambito, month, service, comune, measure (row ids), and the code of its case.
pub type PlaceInList = (i64, i32, i64, i64, i64, String);

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Row id.
    pub id: i64,
    /// Where it stands in the list, which says everything else of it.
    pub place: PlaceInList,
    /// Value, in millionths.
    pub value: i64,
}

/// Which way a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the beginning.
    Forward,
    /// From the end.
    Backward,
}

/// The most months that one statement reads the rows of; SQLite takes no more than 500 parts.
const MONTHS_A_STATEMENT: usize = 400;

const ORDER: [&str; 5] = ["ambito_id", "month", "service_id", "comune_id", "measure_id"];

/// ` AND column IN (...)`. An empty list takes nothing.
fn list<'i>(sql: &mut String, column: &str, ids: Option<impl IntoIterator<Item = &'i i64>>) {
    let Some(ids) = ids else { return };
    let ids: Vec<String> = ids.into_iter().map(i64::to_string).collect();
    // Writing to a string does not fail.
    let _ =
        if ids.is_empty() { write!(sql, " AND 1 = 0") } else { write!(sql, " AND {column} IN ({})", ids.join(", ")) };
}

impl Wanted {
    /// What months have to fulfil, the asker's own bounds included.
    fn condition(&self, permit: &ReadActivityPermit) -> String {
        let mut sql = "row_count > 0".to_owned();
        list(&mut sql, "ambito_id", permit.ambiti());
        let comune = permit.comune().map(|id| [id]);
        list(&mut sql, "comune_id", comune.as_ref());
        let lists = [
            ("ambito_id", &self.ambiti),
            ("service_id", &self.services),
            ("comune_id", &self.comuni),
            ("measure_id", &self.measures),
        ];
        for (column, ids) in lists {
            list(&mut sql, column, ids.as_ref());
        }
        for (sign, month) in [(">=", self.from), ("<=", self.to)] {
            if let Some(month) = month {
                let _ = write!(sql, " AND month {sign} {}", month.get());
            }
        }
        sql
    }
}

/// How many rows there are. Their months know how many they have.
pub async fn count(store: &Store, permit: &ReadActivityPermit, wanted: &Wanted) -> Result<i64> {
    let condition = wanted.condition(permit);
    let sql =
        format!("SELECT CAST(coalesce(sum(row_count), 0) AS BIGINT) AS counted FROM activity_month WHERE {condition}");
    let db = store.reader();
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.ok_or_else(|| Error::internal("a sum without a row"))?.try_get("", "counted")?)
}

/// A month that has rows of a page.
struct Found {
    id: i64,
    key: (i64, i32, i64, i64, i64),
    rows: i64,
}

/// The first or last so many rows between two places, in the order of the list.
pub async fn page(
    store: &Store,
    permit: &ReadActivityPermit,
    wanted: &Wanted,
    between: (Option<&PlaceInList>, Option<&PlaceInList>),
    (direction, most): (Direction, usize),
) -> Result<Vec<Row>> {
    page_on(store.reader(), permit, wanted, between, (direction, most)).await
}

/// The same on a connection. A page of more rows than there may be months in a statement can have fewer than it has room for; the last one has none.
pub(super) async fn page_on(
    db: &impl ConnectionTrait,
    permit: &ReadActivityPermit,
    wanted: &Wanted,
    between: (Option<&PlaceInList>, Option<&PlaceInList>),
    (direction, most): (Direction, usize),
) -> Result<Vec<Row>> {
    let found = months_of_page(db, &wanted.condition(permit), between, (direction, most)).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let (sql, values) = rows_of_page(&found, between, (direction, most));
    let rows = packed::rows(db, &sql, values).await?;
    let mut page = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, month): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let month = found.iter().find(|found| found.id == month).ok_or_else(|| Error::broken("activity", id))?;
        let (ambito, number, service, comune, measure) = month.key;
        let place = (ambito, number, service, comune, measure, row.try_get_by_index(2)?);
        page.push(Row { id, place, value: row.try_get_by_index(3)? });
    }
    page.sort_unstable_by(|one, other| one.place.cmp(&other.place));
    match direction {
        Direction::Forward => page.truncate(most),
        Direction::Backward => drop(page.drain(..page.len().saturating_sub(most))),
    }
    Ok(page)
}

/// The statement for the rows of months: of each no more than the page has room for.
fn rows_of_page(
    found: &[Found],
    between: (Option<&PlaceInList>, Option<&PlaceInList>),
    (direction, most): (Direction, usize),
) -> (String, Vec<Value>) {
    let way = way(direction);
    let mut values: Vec<Value> = Vec::new();
    let mut parts = Vec::with_capacity(found.len());
    for (at, month) in found.iter().enumerate() {
        let mut part = format!(
            "SELECT id, activity_month_id, case_code, value_micros FROM activity WHERE activity_month_id = {}",
            month.id
        );
        for (bound, sign) in [(between.0, ">"), (between.1, "<")] {
            // Of the month that a cursor stands in, only what is on this side of it.
            if let Some(place) = bound.filter(|place| key_of(place) == month.key) {
                values.push(place.5.as_str().into());
                let _ = write!(part, " AND case_code {sign} ${}", values.len());
            }
        }
        parts.push(format!("SELECT * FROM ({part} ORDER BY case_code {way} LIMIT {most}) AS m{at}"));
    }
    (parts.join(" UNION ALL "), values)
}

fn way(direction: Direction) -> &'static str {
    if direction == Direction::Forward { "ASC" } else { "DESC" }
}

fn key_of(place: &PlaceInList) -> (i64, i32, i64, i64, i64) {
    (place.0, place.1, place.2, place.3, place.4)
}

/// The months that the rows of a page are of: each has one row at least, and of that which a cursor stands in it is not known how many are left.
async fn months_of_page(
    db: &impl ConnectionTrait,
    condition: &str,
    between: (Option<&PlaceInList>, Option<&PlaceInList>),
    (direction, most): (Direction, usize),
) -> Result<Vec<Found>> {
    let columns = ORDER.join(", ");
    let mut sql = format!("SELECT id, {columns}, row_count FROM activity_month WHERE {condition}");
    for (bound, sign) in [(between.0, ">="), (between.1, "<=")] {
        if let Some((ambito, month, service, comune, measure, _)) = bound {
            let _ = write!(sql, " AND ({columns}) {sign} ({ambito}, {month}, {service}, {comune}, {measure})");
        }
    }
    let way = way(direction);
    let order: Vec<String> = ORDER.iter().map(|column| format!("{column} {way}")).collect();
    // The months at both ends may have rows beyond the cursors only.
    let _ = write!(sql, " ORDER BY {} LIMIT {}", order.join(", "), most.saturating_add(2).min(MONTHS_A_STATEMENT));
    let mut found: Vec<Found> = Vec::new();
    let mut sure: i64 = 0;
    for row in packed::rows(db, &sql, []).await? {
        let key: (i64, i32, i64, i64, i64) = (
            row.try_get_by_index(1)?,
            row.try_get_by_index(2)?,
            row.try_get_by_index(3)?,
            row.try_get_by_index(4)?,
            row.try_get_by_index(5)?,
        );
        let rows: i32 = row.try_get_by_index(6)?;
        let is_cut = [between.0, between.1].into_iter().flatten().any(|place| key_of(place) == key);
        let month = Found { id: row.try_get_by_index(0)?, key, rows: if is_cut { 0 } else { i64::from(rows) } };
        let enough = usize::try_from(sure).is_ok_and(|sure| sure >= most);
        if enough {
            break;
        }
        sure += month.rows;
        found.push(month);
    }
    Ok(found)
}
