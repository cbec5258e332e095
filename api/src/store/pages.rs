//! Pages of rows that belong to many things, each by day and row id: two statements find them, however many things they belong to.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use chrono::{Datelike, NaiveDate};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Value};

use super::Transaction;
use super::packed::{self, IDS_A_STATEMENT};
use crate::error::{Error, Result};

/// Which rows are asked for of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// Row id of the thing that they belong to.
    pub owner: i64,
    /// Of this day or later.
    pub from: Option<NaiveDate>,
    /// Of this day or earlier.
    pub to: Option<NaiveDate>,
    /// After the row of this day and row id.
    pub after: Option<(NaiveDate, i64)>,
    /// At most so many.
    pub count: usize,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// Its rows, by day and row id.
    pub rows: Vec<T>,
    /// Whether others follow.
    pub has_next: bool,
    /// How many there are on the days that were asked for, those before and after the page among them.
    pub total: i64,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), has_next: false, total: 0 }
    }
}

/// Where rows stand, as SQL names it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// What the rows are read from.
    pub(super) from: &'static str,
    /// Their row id.
    pub(super) id: &'static str,
    /// What they belong to.
    pub(super) owner: &'static str,
    /// Their day, or their month as a number.
    pub(super) day: &'static str,
    /// Whether it is a month.
    pub(super) is_month: bool,
    /// What else must be true of them; it begins with `AND`.
    pub(super) condition: String,
}

/// What pages have in common that are read together.
type Stretch = (Option<NaiveDate>, Option<NaiveDate>, Option<(NaiveDate, i64)>, usize);

/// Reads the pages that are asked for, with the rows of an entity.
pub(super) async fn read<E: EntityTrait>(
    tx: &Transaction,
    place: &Place,
    asked: &[Asked],
    column: E::Column,
    id: fn(&E::Model) -> i64,
) -> Result<HashMap<Asked, Found<E::Model>>> {
    let pages = ids(tx, place, asked).await?;
    let mut rows = HashMap::new();
    let all: Vec<i64> = pages.values().flat_map(|page| page.rows.iter().copied()).collect();
    for some in all.chunks(IDS_A_STATEMENT) {
        let found = E::find().filter(column.is_in(some.iter().copied())).all(tx).await?;
        rows.extend(found.into_iter().map(|row| (id(&row), row)));
    }
    let fill = |(asked, page): (Asked, Found<i64>)| {
        let row = |id: i64| rows.get(&id).cloned().ok_or_else(|| Error::broken("row", id));
        let filled = page.rows.into_iter().map(row).collect::<Result<Vec<_>>>()?;
        Ok((asked, Found { rows: filled, has_next: page.has_next, total: page.total }))
    };
    pages.into_iter().map(fill).collect()
}

/// The same with row ids alone.
pub(super) async fn ids(tx: &Transaction, place: &Place, asked: &[Asked]) -> Result<HashMap<Asked, Found<i64>>> {
    let mut together: BTreeMap<Stretch, Vec<i64>> = BTreeMap::new();
    for one in asked {
        together.entry((one.from, one.to, one.after, one.count)).or_default().push(one.owner);
    }
    let mut found: HashMap<Asked, Found<i64>> = asked.iter().map(|one| (*one, Found::default())).collect();
    for (stretch, owners) in together {
        for owners in owners.chunks(IDS_A_STATEMENT) {
            read_stretch(tx, place, stretch, owners, &mut found).await?;
        }
    }
    Ok(found)
}

async fn read_stretch(
    tx: &Transaction,
    place: &Place,
    (from, to, after, count): Stretch,
    owners: &[i64],
    found: &mut HashMap<Asked, Found<i64>>,
) -> Result<()> {
    let Place { from: table, id, owner, day, is_month, condition } = place;
    let (names, mut values) = packed::parameters(owners);
    // A day far off, as "no end" is written, has a month all the same.
    let month = |day: NaiveDate| day.year().saturating_mul(100).saturating_add_unsigned(day.month());
    let value = |day: NaiveDate| -> Value { if *is_month { month(day).into() } else { day.into() } };
    let mut bounds = String::new();
    for (sign, bound) in [(">=", from), ("<=", to)] {
        if let Some(bound) = bound {
            values.push(value(bound));
            // Writing to a string does not fail.
            let _ = write!(bounds, " AND {day} {sign} ${}", values.len());
        }
    }
    let which = format!("FROM {table} WHERE {owner} IN ({names}) {condition}{bounds}");
    let asked = |owner: i64| Asked { owner, from, to, after, count };
    let totals = format!("SELECT {owner}, count(*) {which} GROUP BY {owner}");
    for row in packed::rows(tx, &totals, values.clone()).await? {
        if let Some(page) = found.get_mut(&asked(row.try_get_by_index(0)?)) {
            page.total = row.try_get_by_index(1)?;
        }
    }
    let mut later = String::new();
    if let Some((edge, row)) = after {
        values.push(value(edge));
        later = format!(" AND ({day}, {id}) > (${}, {row})", values.len());
    }
    // One more than is asked for tells whether others follow.
    let sql = format!(
        "SELECT owner, id FROM (SELECT {owner} AS owner, {id} AS id, \
           row_number() OVER (PARTITION BY {owner} ORDER BY {day}, {id}) AS place {which}{later}) rows_of_all \
         WHERE place <= {} ORDER BY owner, place",
        count.saturating_add(1)
    );
    for row in packed::rows(tx, &sql, values).await? {
        let Some(page) = found.get_mut(&asked(row.try_get_by_index(0)?)) else { continue };
        if page.rows.len() < count {
            page.rows.push(row.try_get_by_index(1)?);
        } else {
            page.has_next = true;
        }
    }
    Ok(())
}
