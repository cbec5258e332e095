//! What was granted, for adding up: each grant of some measures with the months for which something is due. Two statements, however many grants there are.
//!
//! It is everything, few people included: what an asker may see of the sums is for the caller to cut. For that it is told as well what was recorded when.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::kinds::GrantStatus;
use sea_orm::{ConnectionTrait, DbBackend, Value};

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
    /// The same as it was recorded at the ends of months, of each month in which anything of the grant was; only where that is wanted.
    pub recorded: Vec<(Month, Vec<(Month, Cents)>)>,
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
    /// Whether it is told what was recorded when.
    pub with_records: bool,
}

/// A turn and the month in which it was recorded.
type Recorded = (Turn, Month);

type GrantRow = (i64, i64, i64, String, String, NaiveDate, NaiveDate, Option<i64>, Option<i64>);

/// Reads grants with what is due in the months that are wanted; one with nothing due in them is left out. There may be very many, so it is asked on the way
/// whether there is time for more.
pub async fn read(store: &Store, wanted: &Wanted, is_in_time: impl Fn() -> Result<()> + Sync) -> Result<Vec<Share>> {
    let snapshot = store.read_for_client().await?;
    let found = shares(snapshot.tx(), wanted, &is_in_time).await;
    snapshot.end(found).await
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
    let columns =
        format!("e.grant_id, e.position, e.status, e.from_date, {}", recorded_month(db.get_database_backend()));
    let mut turns: Vec<(i64, i32, Word<GrantStatus>, NaiveDate, i32)> =
        packed::table(db, &columns, (from, values)).await?;
    turns.sort_unstable_by_key(|(grant, position, ..)| (*grant, *position));
    let mut histories: HashMap<i64, Vec<Recorded>> = HashMap::new();
    for (grant, _, status, from, recorded) in turns {
        let recorded = Month::stored(recorded).ok_or_else(|| Error::broken("turn of benefit grant", grant))?;
        histories.entry(grant).or_default().push((Turn { status: status.0, from }, recorded));
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
        let history = histories.remove(&id).unwrap_or_default();
        let term = |turns: &[Recorded]| Term {
            starts_on,
            ends_on,
            amount,
            turns: turns.iter().map(|(turn, _)| *turn).collect(),
        };
        let due = wanted.covered(&term(&history));
        let recorded =
            if wanted.with_records { records(&history, |turns| wanted.covered(&term(turns))) } else { Vec::new() };
        if due.is_empty() && recorded.iter().all(|(_, due)| due.is_empty()) {
            continue;
        }
        let next = cases.len();
        let case = *cases.entry((comune, folded(&case))).or_insert(next);
        let kind = kinds.entry(kind).or_insert_with_key(|kind| kind.as_str().into()).clone();
        shares.push(Share { measure, comune, kind, case, due, recorded });
    }
    Ok(shares)
}

/// The month in which a turn was recorded, as its year x 100 and its number.
fn recorded_month(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYYMM') AS INTEGER)",
        _ => "CAST(replace(substr(e.recorded_at, 1, 7), '-', '') AS INTEGER)",
    }
}

/// What was due as of the end of each month in which a turn was recorded.
fn records(
    history: &[Recorded],
    due: impl Fn(&[Recorded]) -> Vec<(Month, Cents)>,
) -> Vec<(Month, Vec<(Month, Cents)>)> {
    let is_last = |at: usize| history.get(at + 1).is_none_or(|(_, next)| *next > history[at].1);
    (0..history.len()).filter(|at| is_last(*at)).map(|at| (history[at].1, due(&history[..=at]))).collect()
}

impl Wanted {
    /// What is due under a grant in the months that are wanted.
    fn covered(&self, term: &Term) -> Vec<(Month, Cents)> {
        term.due().into_iter().filter(|(month, _)| self.covers(*month)).collect()
    }

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
