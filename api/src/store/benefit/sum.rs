//! What was granted, for adding up: each grant of some measures with the months for which something is due. Two statements, however many grants there are.
//!
//! It is everything, few people included: what an asker may see of the sums is for the caller to cut.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::kinds::GrantStatus;
use sea_orm::{ConnectionTrait, Value};

use super::at_the_door;
use super::term::{Amount, Term, Turn};
use crate::error::{Error, Result};
use crate::limits::BENEFIT_GRANTS_A_LOOK;
use crate::store::activity::Month;
use crate::store::case::folded;
use crate::store::packed::Word;
use crate::store::{Store, packed};

/// What is due to a case under a grant.
#[derive(Clone, Debug)]
pub struct Share {
    /// Row id of the measure.
    pub measure: i64,
    /// Row id of the comune of residence.
    pub comune: i64,
    /// Kind of benefit.
    pub kind: Arc<str>,
    /// Number of the case: the same for the same case of the same comune.
    pub case: usize,
    /// The months for which something is due, and how much, oldest first.
    pub due: Vec<(Month, Cents)>,
}

/// Which grants: of some measures, to the residents of some comuni where they are named, with a day between these.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Row ids of the measures.
    pub measures: BTreeSet<i64>,
    /// Row ids of the comuni.
    pub comuni: Option<BTreeSet<i64>>,
    /// The first month.
    pub from: Option<Month>,
    /// The last month.
    pub to: Option<Month>,
}

type GrantRow = (i64, i64, i64, String, String, NaiveDate, NaiveDate, Option<i64>, Option<i64>);

/// Reads grants with what is due in the months that are wanted; one with nothing due in them is left out. There may be very many, so it is asked on the way
/// whether there is time for more.
pub async fn read(store: &Store, wanted: &Wanted, is_in_time: impl Fn() -> Result<()> + Sync) -> Result<Vec<Share>> {
    at_the_door!(store, |tx| shares(&tx, wanted, &is_in_time))
}

/// The same on a connection.
pub async fn shares(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    is_in_time: impl Fn() -> Result<()> + Sync,
) -> Result<Vec<Share>> {
    let (condition, values) = wanted.condition();
    let columns = "g.id, g.benefit_measure_id, g.comune_id, g.case_code, g.kind, g.starts_on, g.ends_on, g.monthly_cents, g.single_cents";
    let from = format!("FROM benefit_grant g WHERE {condition}");
    let mut rows: Vec<GrantRow> = packed::table(db, columns, (from, values.clone())).await?;
    let from = format!("FROM benefit_grant_event e JOIN benefit_grant g ON g.id = e.grant_id WHERE {condition}");
    let mut turns: Vec<(i64, i32, Word<GrantStatus>, NaiveDate)> =
        packed::table(db, "e.grant_id, e.position, e.status, e.from_date", (from, values)).await?;
    turns.sort_unstable_by_key(|(grant, position, ..)| (*grant, *position));
    let mut histories: HashMap<i64, Vec<Turn>> = HashMap::new();
    for (grant, _, status, from) in turns {
        histories.entry(grant).or_default().push(Turn { status: status.0, from });
    }
    rows.sort_unstable_by_key(|row| row.0);
    let mut cases: BTreeMap<(i64, String), usize> = BTreeMap::new();
    let mut kinds: BTreeMap<String, Arc<str>> = BTreeMap::new();
    let mut shares = Vec::with_capacity(rows.len());
    for (at, (id, measure, comune, case, kind, starts_on, ends_on, monthly, single)) in rows.into_iter().enumerate() {
        if at.is_multiple_of(BENEFIT_GRANTS_A_LOOK) {
            is_in_time()?;
        }
        let amount = Amount::stored(monthly, single).ok_or_else(|| Error::broken("benefit grant", id))?;
        let turns = histories.remove(&id).unwrap_or_default();
        let due = Term { starts_on, ends_on, amount, turns }.due();
        let due: Vec<(Month, Cents)> = due.into_iter().filter(|(month, _)| wanted.covers(*month)).collect();
        if due.is_empty() {
            continue;
        }
        let next = cases.len();
        let case = *cases.entry((comune, folded(&case))).or_insert(next);
        let kind = kinds.entry(kind).or_insert_with_key(|kind| kind.as_str().into()).clone();
        shares.push(Share { measure, comune, kind, case, due });
    }
    Ok(shares)
}

impl Wanted {
    fn covers(&self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.to.is_none_or(|to| month <= to)
    }

    fn condition(&self) -> (String, Vec<Value>) {
        let list = |ids: &BTreeSet<i64>| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        for (column, ids) in [("g.benefit_measure_id", Some(&self.measures)), ("g.comune_id", self.comuni.as_ref())] {
            match ids {
                Some(ids) if ids.is_empty() => parts.push("1 = 0".to_owned()),
                Some(ids) => parts.push(format!("{column} IN ({})", list(ids))),
                None => {}
            }
        }
        for (sign, day) in
            [("g.ends_on >=", self.from.map(Month::first_day)), ("g.starts_on <=", self.to.map(Month::last_day))]
        {
            if let Some(day) = day {
                values.push(day.into());
                parts.push(format!("{sign} ${}", values.len()));
            }
        }
        (parts.join(" AND "), values)
    }
}
