//! Writing a file of activity: many rows a statement, in the order of their index, with what each month comes to beside them.
//!
//! Rows travel as JSON, which both engines unpack by themselves: one bound value for thousands of rows. Whether a file is to be written is not decided here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{activity, activity_import, activity_month};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement, Value};
use serde_json::json;

use super::file::{ActivityFile, MonthKey, Sum};
use super::month::Month;
use crate::error::{Error, Result};
use crate::store::{Transaction, packed};

/// Months that one statement looks for, adds or counts.
const MONTHS_A_STATEMENT: usize = 2_000;
/// Rows that one statement adds: about 200 KB of text.
const ROWS_A_STATEMENT: usize = 5_000;
/// Millionths of one case.
const MICROS: i64 = 1_000_000;

/// What went to make room.
pub(super) struct Replaced {
    pub(super) months: usize,
    /// Digests of the files that it was from, oldest first.
    pub(super) digests: Vec<String>,
}

/// A month of a service and comune, whatever the measure.
type Triple = (i64, i64, i32);

/// Rows given as JSON in the first bound value, as a table `given` with whole numbers `a`, `b` ..., and a text in the column that is named.
fn given(backend: DbBackend, columns: &str, text: Option<char>) -> String {
    let column = |(at, name): (usize, char)| match backend {
        DbBackend::Postgres => {
            let ty = if Some(name) == text { "TEXT" } else { "BIGINT" };
            format!("CAST(k.value ->> {at} AS {ty}) AS {name}")
        }
        _ => format!("json_extract(k.value, '$[{at}]') AS {name}"),
    };
    let columns: Vec<String> = columns.chars().enumerate().map(column).collect();
    let rows = match backend {
        DbBackend::Postgres => "json_array_elements(CAST(CAST($1 AS TEXT) AS JSON)) AS k (value)",
        _ => "json_each($1) AS k",
    };
    format!("(SELECT {} FROM {rows}) AS given", columns.join(", "))
}

async fn execute(db: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Writes a file: makes room, adds what it holds, counts the cases anew.
pub(super) async fn write(
    tx: &Transaction,
    actor: &str,
    now: DateTime<Utc>,
    file: &ActivityFile,
    replaces: Option<&activity_import::Model>,
) -> Result<Replaced> {
    let mut months = file.values.months()?;
    // Rows are in the order of their months; so are the months' numbers, that the index grows at its end.
    months.sort_unstable_by_key(|(_, key, _)| *key);
    let old = replaced(tx, file, replaces).await?;
    let triples: BTreeSet<Triple> =
        months.iter().map(|(_, key, _)| *key).chain(old.values().map(|(key, _)| *key)).map(triple).collect();
    let digests = digests(tx, &old).await?;
    make_room(tx, file.cases, &old, &triples).await?;
    let import = add_import(tx, actor, now, file, replaces).await?;
    let ids = add_months(tx, file.ambito, import, &months).await?;
    add_rows(tx, file, &ids).await?;
    count_cases(tx, file.ambito, file.cases, &triples).await?;
    Ok(Replaced { months: old.len(), digests })
}

fn triple(key: MonthKey) -> Triple {
    (key.service, key.comune, key.month.get())
}

/// How many months would go.
pub(super) async fn count_replaced(
    db: &impl ConnectionTrait,
    file: &ActivityFile,
    replaces: Option<&activity_import::Model>,
) -> Result<usize> {
    Ok(replaced(db, file, replaces).await?.len())
}

/// The months that go, by row id, with the import each is of: those that the file names, and those of the file that it replaces.
async fn replaced(
    db: &impl ConnectionTrait,
    file: &ActivityFile,
    replaces: Option<&activity_import::Model>,
) -> Result<BTreeMap<i64, (MonthKey, i64)>> {
    let columns = "m.id, m.service_id, m.comune_id, m.month, m.measure_id, m.import_id";
    let mut found = Vec::new();
    if let Some(import) = replaces {
        let sql = format!("SELECT {columns} FROM activity_month m WHERE m.import_id = $1");
        found.extend(packed::rows(db, &sql, [import.id.into()]).await?);
    }
    // The given rows come first in the loop: SQLite keeps the order of a CROSS JOIN.
    let sql = format!(
        "SELECT {columns} FROM {} CROSS JOIN activity_month m WHERE m.service_id = given.a AND m.comune_id = given.b \
         AND m.month = given.c AND m.measure_id = given.d",
        given(db.get_database_backend(), "abcd", None)
    );
    for some in file.values.months()?.chunks(MONTHS_A_STATEMENT) {
        let keys: Vec<_> =
            some.iter().map(|(_, key, _)| json!([key.service, key.comune, key.month.get(), key.measure])).collect();
        found.extend(packed::rows(db, &sql, [text(&keys)?.into()]).await?);
    }
    let mut months = BTreeMap::new();
    for row in found {
        let id: i64 = row.try_get_by_index(0)?;
        let month: i32 = row.try_get_by_index(3)?;
        let key = MonthKey {
            service: row.try_get_by_index(1)?,
            comune: row.try_get_by_index(2)?,
            month: Month::stored(month).ok_or_else(|| Error::broken("activity_month", id))?,
            measure: row.try_get_by_index(4)?,
        };
        let import = row.try_get_by_index::<Option<i64>>(5)?.ok_or_else(|| Error::broken("activity_month", id))?;
        months.insert(id, (key, import));
    }
    Ok(months)
}

/// Digests of the imports that months are of, oldest first.
async fn digests(tx: &Transaction, months: &BTreeMap<i64, (MonthKey, i64)>) -> Result<Vec<String>> {
    let imports: BTreeSet<i64> = months.values().map(|(_, import)| *import).collect();
    let mut digests = BTreeMap::new();
    for some in imports.into_iter().collect::<Vec<_>>().chunks(packed::IDS_A_STATEMENT) {
        let rows = activity_import::Entity::find().filter(activity_import::Column::Id.is_in(some.iter().copied()));
        digests.extend(rows.all(tx).await?.into_iter().map(|row| (row.id, row.digest)));
    }
    Ok(digests.into_values().collect())
}

/// Deletes months with their rows, and what was counted from them.
async fn make_room(
    tx: &Transaction,
    cases: i64,
    old: &BTreeMap<i64, (MonthKey, i64)>,
    triples: &BTreeSet<Triple>,
) -> Result<()> {
    let ids: Vec<i64> = old.keys().copied().collect();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let some = || some.iter().copied();
        activity::Entity::delete_many().filter(activity::Column::ActivityMonthId.is_in(some())).exec(tx).await?;
        activity_month::Entity::delete_many().filter(activity_month::Column::Id.is_in(some())).exec(tx).await?;
    }
    let backend = tx.get_database_backend();
    let sql = format!(
        "DELETE FROM activity_month WHERE id IN (SELECT m.id FROM {} CROSS JOIN activity_month m WHERE m.service_id = given.a \
         AND m.comune_id = given.b AND m.month = given.c AND m.measure_id = $2 AND m.import_id IS NULL)",
        given(backend, "abc", None)
    );
    for some in triples.iter().collect::<Vec<_>>().chunks(MONTHS_A_STATEMENT) {
        execute(tx, &sql, [text(&some)?.into(), cases.into()]).await?;
    }
    Ok(())
}

async fn add_import(
    tx: &Transaction,
    actor: &str,
    now: DateTime<Utc>,
    file: &ActivityFile,
    replaces: Option<&activity_import::Model>,
) -> Result<i64> {
    let count = |rows: u64| i32::try_from(rows).map_err(|_| allocation::Error::Overflow);
    let row = activity_import::ActiveModel {
        ambito_id: Set(file.ambito),
        digest: Set(file.digest.clone()),
        name: Set(file.name.clone()),
        actor: Set(actor.to_owned()),
        imported_at: Set(now),
        accepted_rows: Set(count(file.rows - file.rejected)?),
        rejected_rows: Set(count(file.rejected)?),
        replaces_id: Set(replaces.map(|import| import.id)),
        ..Default::default()
    };
    Ok(activity_import::Entity::insert(row).exec(tx).await?.last_insert_id)
}

/// Adds the months, and gives their row ids by their places in the file.
async fn add_months(
    tx: &Transaction,
    ambito: i64,
    import: i64,
    months: &[(u32, MonthKey, Sum)],
) -> Result<HashMap<u32, i64>> {
    let sql = format!(
        "INSERT INTO activity_month (ambito_id, service_id, comune_id, month, measure_id, import_id, total_micros, cases, row_count) \
         SELECT CAST($2 AS BIGINT), a, b, c, d, CAST($3 AS BIGINT), e, f, g FROM {} WHERE 1 = 1",
        given(tx.get_database_backend(), "abcdefg", None)
    );
    for some in months.chunks(MONTHS_A_STATEMENT) {
        let rows = some.iter().map(|(_, key, sum)| {
            json!([key.service, key.comune, key.month.get(), key.measure, sum.total, sum.cases, sum.rows])
        });
        execute(tx, &sql, [text(&rows.collect::<Vec<_>>())?.into(), ambito.into(), import.into()]).await?;
    }
    let sql = "SELECT id, service_id, comune_id, month, measure_id FROM activity_month WHERE import_id = $1";
    let mut found = HashMap::new();
    for row in packed::rows(tx, sql, [import.into()]).await? {
        let month: i32 = row.try_get_by_index(3)?;
        let key: (i64, i64, i32, i64) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?, month, row.try_get_by_index(4)?);
        found.insert(key, row.try_get_by_index(0)?);
    }
    let id = |(place, key, _): &(u32, MonthKey, Sum)| {
        let id = found.get(&(key.service, key.comune, key.month.get(), key.measure));
        Ok((*place, *id.ok_or_else(|| Error::broken("activity_import", import))?))
    };
    months.iter().map(id).collect()
}

async fn add_rows(tx: &Transaction, file: &ActivityFile, ids: &HashMap<u32, i64>) -> Result<()> {
    let sql = format!(
        "INSERT INTO activity (activity_month_id, case_code, value_micros) SELECT a, b, c FROM {} WHERE 1 = 1",
        given(tx.get_database_backend(), "abc", Some('b'))
    );
    let mut values = file.values.iter().peekable();
    while values.peek().is_some() {
        let rows = values.by_ref().take(ROWS_A_STATEMENT).map(|(place, code, micros)| {
            Ok((*ids.get(&place).ok_or_else(|| Error::broken("month of a file", i64::from(place)))?, code, micros))
        });
        let rows = rows.collect::<Result<Vec<(i64, &str, i64)>>>()?;
        execute(tx, &sql, [text(&rows)?.into()]).await?;
    }
    Ok(())
}

/// Counts the cases of months anew, over all their measures: a case that has hours and days is one.
async fn count_cases(tx: &Transaction, ambito: i64, cases: i64, triples: &BTreeSet<Triple>) -> Result<()> {
    let counted = "count(DISTINCT a.case_code)";
    let sql = format!(
        "INSERT INTO activity_month (ambito_id, service_id, comune_id, month, measure_id, import_id, total_micros, cases, row_count) \
         SELECT CAST($2 AS BIGINT), m.service_id, m.comune_id, m.month, CAST($3 AS BIGINT), NULL, {counted} * {MICROS}, {counted}, 0 \
         FROM {} CROSS JOIN activity_month m CROSS JOIN activity a WHERE m.service_id = given.a AND m.comune_id = given.b \
         AND m.month = given.c AND m.import_id IS NOT NULL AND a.activity_month_id = m.id \
         GROUP BY m.service_id, m.comune_id, m.month",
        given(tx.get_database_backend(), "abc", None)
    );
    for some in triples.iter().collect::<Vec<_>>().chunks(MONTHS_A_STATEMENT) {
        execute(tx, &sql, [text(&some)?.into(), ambito.into(), cases.into()]).await?;
    }
    Ok(())
}

fn text(rows: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(rows).map_err(Error::internal)
}
