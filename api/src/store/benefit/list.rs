//! Benefits case by case: the applications and grants of measures, and the ranking of who waits, by pages. Many measures are read in as many statements as one.
//!
//! The ranking is by points, the most first, then by the day of the application, then by the order of receipt. So two askers see the same order, whenever they ask.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::{benefit_application, benefit_grant, benefit_grant_event, benefit_score};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult,
    QuerySelect,
};

use super::reference;
use super::term::{Amount, Term, Turn};
use crate::auth::permit::ReadBenefitsPermit;
use crate::error::{Error, Result};
use crate::store::case::folded;
use crate::store::{Store, packed};

/// A page of a measure's list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Row id of the measure.
    pub measure: i64,
    /// The comune whose residents alone are asked for.
    comune: Option<i64>,
    /// What the last entry before it goes by. After one that is not of the list nothing follows.
    pub after: Option<i64>,
    /// How many entries.
    pub count: usize,
}

impl Asked {
    /// A page of those that the permit is for.
    pub fn new(permit: &ReadBenefitsPermit, measure: i64, (after, count): (Option<i64>, usize)) -> Self {
        Self { measure, comune: permit.comune(), after, count }
    }

    /// The condition of what stands behind the entry `p` that the page begins after, which must be of the same list: it says whether there is one so that `is_behind` holds. An entry keeps its
    /// place when it leaves a ranking, so that whoever pages through it goes on from there.
    fn is_after(&self, table: &str, row: &str, is_behind: &str) -> String {
        let Some(after) = self.after else { return "1 = 1".to_owned() };
        let comune = self.comune.map_or_else(String::new, |comune| format!(" AND p.comune_id = {comune}"));
        format!(
            "EXISTS (SELECT 1 FROM (SELECT * FROM {table} WHERE {}) p \
             WHERE p.benefit_measure_id = {row}.benefit_measure_id{comune} AND ({is_behind}))",
            reference::goes_by(after)
        )
    }
}

/// A page as it was read.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// Its entries.
    pub entries: Vec<T>,
    /// Whether others follow.
    pub has_more: bool,
    /// How many there are in the whole list.
    pub total: i64,
}

/// A grant with its history.
#[derive(Clone, Debug)]
pub struct Granted {
    /// Its row.
    pub row: benefit_grant::Model,
    /// What the application that it answers goes by.
    pub application: Option<i64>,
    /// What became of it, in the order in which it was recorded.
    pub history: Vec<benefit_grant_event::Model>,
}

impl Granted {
    /// What it goes by outside.
    pub fn reference(&self) -> i64 {
        self.row.reference.unwrap_or(self.row.id)
    }
}

/// An application with its scores.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Its row.
    pub row: benefit_application::Model,
    /// What its measure's criteria give.
    pub scores: Vec<benefit_score::Model>,
}

impl Applied {
    /// What it goes by outside.
    pub fn reference(&self) -> i64 {
        self.row.reference.unwrap_or(self.row.id)
    }
}

/// An application that waits, and what places it.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The application.
    pub applied: Applied,
    /// Its place, from 1, among all that wait for the measure.
    pub place: i64,
    /// The one right before it.
    pub above: Option<Neighbour>,
    /// The one right behind it.
    pub below: Option<Neighbour>,
}

/// An application right beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Points.
    pub points: i32,
    /// The day of the application.
    pub day: NaiveDate,
    /// Row id of the comune of residence.
    pub comune: i64,
}

/// Pages by what was asked.
pub type Pages<T> = HashMap<Asked, Result<Arc<Listed<T>>>>;

/// What the grants of measures take of their budgets; of one without grants nothing is there.
pub async fn read_committed(store: &Store, measures: &[i64]) -> Result<HashMap<i64, Result<Cents>>> {
    let snapshot = store.read_for_client().await?;
    let found = committed_each(snapshot.tx(), measures).await;
    snapshot.end(found).await
}

/// The same on a connection, each by itself.
pub async fn committed_each(db: &impl ConnectionTrait, measures: &[i64]) -> Result<HashMap<i64, Result<Cents>>> {
    Ok(committed(db, measures).await?.into_iter().map(|(id, cents)| (id, Ok(cents))).collect())
}

/// The same sums on a connection.
pub async fn committed(db: &impl ConnectionTrait, measures: &[i64]) -> Result<HashMap<i64, Cents>> {
    let mut found = HashMap::new();
    for some in measures.chunks(packed::IDS_A_STATEMENT) {
        let (names, values) = packed::parameters(some);
        let sql = format!(
            "SELECT benefit_measure_id, CAST(sum(committed_cents) AS BIGINT) FROM benefit_grant \
             WHERE benefit_measure_id IN ({names}) GROUP BY benefit_measure_id"
        );
        for row in packed::rows(db, &sql, values).await? {
            found.insert(row.try_get_by_index(0)?, Cents::new(row.try_get_by_index(1)?));
        }
    }
    Ok(found)
}

/// Pages of grants, in the order in which they were recorded.
pub async fn read_grants(store: &Store, asked: &[Asked]) -> Result<Pages<Granted>> {
    let snapshot = store.read_for_client().await?;
    let found = grants(snapshot.tx(), asked).await;
    snapshot.end(found).await
}

/// The same on a connection.
pub async fn grants(db: &impl ConnectionTrait, asked: &[Asked]) -> Result<Pages<Granted>> {
    let ids = ids_of_pages(db, "benefit_grant", asked).await?;
    let mut rows = with_histories(db, &all(&ids)).await?;
    pages(db, "benefit_grant", ids, |id| rows.remove(&id)).await
}

/// Pages of applications, in the order of receipt.
pub async fn read_applications(store: &Store, asked: &[Asked]) -> Result<Pages<Applied>> {
    let snapshot = store.read_for_client().await?;
    let found = applications(snapshot.tx(), asked).await;
    snapshot.end(found).await
}

/// The same on a connection.
pub async fn applications(db: &impl ConnectionTrait, asked: &[Asked]) -> Result<Pages<Applied>> {
    let ids = ids_of_pages(db, "benefit_application", asked).await?;
    let mut rows = with_scores(db, &all(&ids)).await?;
    pages(db, "benefit_application", ids, |id| rows.remove(&id)).await
}

/// Pages of rankings.
pub async fn read_rankings(store: &Store, asked: &[Asked]) -> Result<Pages<Ranked>> {
    let snapshot = store.read_for_client().await?;
    let found = rankings(snapshot.tx(), asked).await;
    snapshot.end(found).await
}

/// The same on a connection.
pub async fn rankings(db: &impl ConnectionTrait, asked: &[Asked]) -> Result<Pages<Ranked>> {
    let mut found = Vec::new();
    for (alike, measures) in alike(asked) {
        let sql = ranking_sql(&alike, &measures);
        let rows = packed::rows(db, &sql, []).await?;
        let neighbours: HashMap<i64, (i64, Neighbours)> = rows.iter().map(neighbours).collect::<Result<_>>()?;
        let ids = by_measure(&rows, &alike, &measures)?;
        found.push((ids, neighbours));
    }
    let ids: Vec<_> = found.iter().flat_map(|(ids, _)| ids.iter().cloned()).collect();
    let mut rows = with_scores(db, &all(&ids)).await?;
    let mut neighbours: HashMap<i64, (i64, Neighbours)> = found.into_iter().flat_map(|(_, found)| found).collect();
    let ranked = |id: i64| {
        let (place, Neighbours { above, below }) = neighbours.remove(&id)?;
        Some(Ranked { applied: rows.remove(&id)?, place, above, below })
    };
    pages(db, "benefit_application WHERE status = 'WAITING'", ids, ranked).await
}

/// A grant as a connection sees it, which may have just recorded it.
pub async fn grant(db: &impl ConnectionTrait, id: i64) -> Result<Granted> {
    with_histories(db, &[id]).await?.remove(&id).ok_or_else(|| Error::broken("benefit grant", id))
}

/// An application, likewise.
pub async fn application(db: &impl ConnectionTrait, id: i64) -> Result<Applied> {
    with_scores(db, &[id]).await?.remove(&id).ok_or_else(|| Error::broken("benefit application", id))
}

/// What a grant comes to, from its rows.
pub(super) fn term(row: &benefit_grant::Model, history: &[benefit_grant_event::Model]) -> Result<Term> {
    let amount = Amount::stored(row.monthly_cents, row.single_cents);
    let amount = amount.ok_or_else(|| Error::broken("benefit grant", row.id))?;
    let turns = history.iter().map(|turn| Turn { status: turn.status, from: turn.from_date }).collect();
    Ok(Term { starts_on: row.starts_on, ends_on: row.ends_on, amount, turns })
}

/// The row ids of a page, and whether others follow.
type Ids = (Asked, Vec<i64>, bool);

fn all(ids: &[Ids]) -> Vec<i64> {
    ids.iter().flat_map(|(_, ids, _)| ids.iter().copied()).collect()
}

/// What is asked in the same way of several measures: it is read by one statement.
fn alike(asked: &[Asked]) -> HashMap<Asked, Vec<i64>> {
    let mut groups: HashMap<Asked, Vec<i64>> = HashMap::new();
    for one in asked {
        let measures = groups.entry(Asked { measure: 0, ..*one }).or_default();
        if !measures.contains(&one.measure) {
            measures.push(one.measure);
        }
    }
    groups
}

/// Row ids as the list of an `IN`.
fn listed(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// The row ids of the pages of a table, one more of each than asked for: so it is known whether others follow.
async fn ids_of_pages(db: &impl ConnectionTrait, table: &str, asked: &[Asked]) -> Result<Vec<Ids>> {
    let mut found = Vec::new();
    for (alike, measures) in alike(asked) {
        let mut condition = format!("benefit_measure_id IN ({})", listed(&measures));
        // Writing to a string does not fail.
        let _ = alike.comune.map(|comune| write!(condition, " AND comune_id = {comune}"));
        let _ = write!(condition, " AND {}", alike.is_after(table, "r", "r.id > p.id"));
        let sql = format!(
            "SELECT benefit_measure_id, id FROM (SELECT benefit_measure_id, id, \
               row_number() OVER (PARTITION BY benefit_measure_id ORDER BY id) AS n FROM {table} r WHERE {condition}) t \
             WHERE n <= {} ORDER BY benefit_measure_id, n",
            alike.count.saturating_add(1)
        );
        found.extend(by_measure(&packed::rows(db, &sql, []).await?, &alike, &measures)?);
    }
    Ok(found)
}

/// Rows that begin with a measure and an id, cut into the pages that were asked for.
fn by_measure(rows: &[QueryResult], alike: &Asked, measures: &[i64]) -> Result<Vec<Ids>> {
    let mut ids: HashMap<i64, Vec<i64>> = HashMap::new();
    for row in rows {
        ids.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
    }
    let page = |measure: &i64| {
        let mut ids = ids.remove(measure).unwrap_or_default();
        let has_more = ids.len() > alike.count;
        ids.truncate(alike.count);
        (Asked { measure: *measure, ..*alike }, ids, has_more)
    };
    Ok(measures.iter().map(page).collect())
}

/// The ranking of measures, each application with those beside it, whoever is asked for.
fn ranking_sql(alike: &Asked, measures: &[i64]) -> String {
    let is_behind = "r.points < p.points OR (r.points = p.points AND (r.applied_on > p.applied_on OR (r.applied_on = p.applied_on AND r.id > p.id)))";
    let mut shown = alike.is_after("benefit_application", "r", is_behind);
    let _ = alike.comune.map(|comune| write!(shown, " AND comune_id = {comune}"));
    format!(
        "SELECT benefit_measure_id, id, place, above_points, above_day, above_comune, below_points, below_day, below_comune FROM \
           (SELECT r.*, row_number() OVER (PARTITION BY benefit_measure_id ORDER BY place) AS n FROM \
             (SELECT benefit_measure_id, id, comune_id, points, applied_on, row_number() OVER w AS place, \
                lag(points) OVER w AS above_points, lag(applied_on) OVER w AS above_day, lag(comune_id) OVER w AS above_comune, \
                lead(points) OVER w AS below_points, lead(applied_on) OVER w AS below_day, lead(comune_id) OVER w AS below_comune \
              FROM benefit_application WHERE status = 'WAITING' AND benefit_measure_id IN ({}) \
              WINDOW w AS (PARTITION BY benefit_measure_id ORDER BY points DESC, applied_on, id)) r \
            WHERE {shown}) t \
         WHERE n <= {} ORDER BY benefit_measure_id, n",
        listed(measures),
        alike.count.saturating_add(1)
    )
}

/// Those right before and behind an application.
struct Neighbours {
    above: Option<Neighbour>,
    below: Option<Neighbour>,
}

/// The id of a row of a ranking, its place, and those beside it.
fn neighbours(row: &QueryResult) -> Result<(i64, (i64, Neighbours))> {
    let one = |at: usize| -> Result<Option<Neighbour>> {
        let (points, day): (Option<i32>, Option<NaiveDate>) =
            (row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?);
        let comune: Option<i64> = row.try_get_by_index(at + 2)?;
        Ok(points.zip(day).zip(comune).map(|((points, day), comune)| Neighbour { points, day, comune }))
    };
    Ok((row.try_get_by_index(1)?, (row.try_get_by_index(2)?, Neighbours { above: one(3)?, below: one(6)? })))
}

/// The pages with their entries, and how many there are in all: one statement more for each comune that is asked for.
async fn pages<T>(
    db: &impl ConnectionTrait,
    table: &str,
    ids: Vec<Ids>,
    mut entry: impl FnMut(i64) -> Option<T>,
) -> Result<Pages<T>> {
    let mut measures: HashMap<Option<i64>, Vec<i64>> = HashMap::new();
    for (asked, ..) in &ids {
        measures.entry(asked.comune).or_default().push(asked.measure);
    }
    let mut totals: HashMap<(Option<i64>, i64), i64> = HashMap::new();
    for (comune, measures) in measures {
        let and = if table.contains(" WHERE ") { "AND" } else { "WHERE" };
        let mut sql = format!(
            "SELECT benefit_measure_id, count(*) FROM {table} {and} benefit_measure_id IN ({})",
            listed(&measures)
        );
        let _ = comune.map(|comune| write!(sql, " AND comune_id = {comune}"));
        sql.push_str(" GROUP BY benefit_measure_id");
        for row in packed::rows(db, &sql, []).await? {
            totals.insert((comune, row.try_get_by_index(0)?), row.try_get_by_index(1)?);
        }
    }
    let page = |(asked, ids, has_more): Ids| {
        let total = totals.get(&(asked.comune, asked.measure)).copied().unwrap_or(0);
        let entries: Option<Vec<T>> = ids.into_iter().map(&mut entry).collect();
        let listed = entries.map(|entries| Arc::new(Listed { entries, has_more, total }));
        (asked, listed.ok_or_else(|| Error::broken("benefits of measure", asked.measure)))
    };
    Ok(ids.into_iter().map(page).collect())
}

/// The grants of a case under a measure, whatever became of them.
pub(super) async fn grants_of_case(
    db: &impl ConnectionTrait,
    (measure, comune, case): (i64, i64, &str),
) -> Result<Vec<Granted>> {
    let ids = of_case(db, "benefit_grant WHERE true", (measure, comune, case)).await?;
    Ok(with_histories(db, &ids).await?.into_values().collect())
}

/// The row ids of a case's entries of a table. Codes are compared here, since engines do not agree on what upper case is.
pub(super) async fn of_case(
    db: &impl ConnectionTrait,
    table: &str,
    (measure, comune, case): (i64, i64, &str),
) -> Result<Vec<i64>> {
    let sql = format!("SELECT id, case_code FROM {table} AND benefit_measure_id = $1 AND comune_id = $2");
    let mut ids = Vec::new();
    let case = folded(case);
    for row in packed::rows(db, &sql, [measure.into(), comune.into()]).await? {
        let code: String = row.try_get_by_index(1)?;
        if folded(&code) == case {
            ids.push(row.try_get_by_index(0)?);
        }
    }
    Ok(ids)
}

/// What the column is called that a grant is read with.
const APPLICATION: &str = "application_reference";
const REFERENCE_OF_APPLICATION: &str =
    "(SELECT coalesce(a.reference, a.id) FROM benefit_application a WHERE a.id = benefit_grant.application_id)";

/// A grant as it is read first, without its history.
impl FromQueryResult for Granted {
    fn from_query_result(row: &QueryResult, prefix: &str) -> std::result::Result<Self, DbErr> {
        let application = row.try_get(prefix, APPLICATION)?;
        Ok(Self { row: benefit_grant::Model::from_query_result(row, prefix)?, application, history: Vec::new() })
    }
}

async fn with_histories(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Granted>> {
    let mut found: HashMap<i64, Granted> = HashMap::new();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let some = || some.iter().copied();
        let rows = benefit_grant::Entity::find()
            .expr_as(Expr::cust(REFERENCE_OF_APPLICATION), APPLICATION)
            .filter(benefit_grant::Column::Id.is_in(some()))
            .into_model::<Granted>();
        found.extend(rows.all(db).await?.into_iter().map(|granted| (granted.row.id, granted)));
        let turns = benefit_grant_event::Entity::find()
            .filter(benefit_grant_event::Column::GrantId.is_in(some()))
            .order_by_asc(benefit_grant_event::Column::Position);
        for turn in turns.all(db).await? {
            if let Some(granted) = found.get_mut(&turn.grant_id) {
                granted.history.push(turn);
            }
        }
    }
    Ok(found)
}

async fn with_scores(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Applied>> {
    let mut found: HashMap<i64, Applied> = HashMap::new();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let some = || some.iter().copied();
        let own = benefit_application::Column::Id.is_in(some());
        let rows = benefit_application::Entity::find().filter(own).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.id, Applied { row, scores: Vec::new() })));
        let scores = benefit_score::Entity::find()
            .filter(benefit_score::Column::ApplicationId.is_in(some()))
            .order_by_asc(benefit_score::Column::CriterionId);
        for score in scores.all(db).await? {
            if let Some(applied) = found.get_mut(&score.application_id) {
                applied.scores.push(score);
            }
        }
    }
    Ok(found)
}
