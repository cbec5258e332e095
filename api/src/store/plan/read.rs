//! Plans as they are stored, read into the book's form: one row a plan, whatever the number of its budgets and comuni.
//!
//! The same reader serves the book, which reads thousands of plans, and verification, which reads one anew. A plan whose rows do not fit
//! together is an error of its own and keeps no other from being read.

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::IntoIter;

use allocation::Cents;
use chrono::NaiveDate;
use entity::plan;
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult};
use serde::Deserialize;

use super::assemble::{self, Parts};
use super::book::{ComuneKey, Comuni, PlanBook, RuleBook, Vintage, Vintages};
use super::line::LineRow;
use crate::error::{Error, Result};
use crate::store::names::Names;
use crate::store::packed::{self, Bit, RECORD, bit, json, json_row, numbers};
use crate::store::resolution;
use crate::store::rule::{AdjustmentRow, BandRow, RuleRow, RuleRows, WeightRow};

/// Plans read together at most.
const PLANS_A_CHUNK: usize = 200;
/// What reading some plans together should bring, so that a large book takes little memory on the way.
const BYTES_A_CHUNK: usize = 500_000;

/// Plans to be read, with the acts that approved them and the codes behind their row ids.
pub(in crate::store) struct Wanted<'a> {
    pub(in crate::store) plans: Vec<plan::Model>,
    pub(in crate::store) resolutions: &'a HashMap<i64, Arc<entity::resolution::Model>>,
    pub(in crate::store) names: &'a Names,
    /// Plans that are read together first; how much they bring decides how many follow.
    pub(in crate::store) at_once: usize,
}

/// Reads plans through two connections at once, or twice through the same.
pub(in crate::store) async fn plans(
    (one, other): (&impl ConnectionTrait, &impl ConnectionTrait),
    wanted: Wanted<'_>,
) -> Result<Vec<(i64, Result<PlanBook>)>> {
    let Wanted { mut plans, resolutions, names, at_once } = wanted;
    plans.sort_unstable_by_key(|plan| plan.id);
    let (books, rest) = (Vec::with_capacity(plans.len()), plans.into_iter().peekable());
    let work = Mutex::new(Work { rest, width: at_once.max(1), shared: Shared::default(), books });
    // Each takes the next plans when it has done its last, so that neither waits for the other.
    tokio::try_join!(lane(one, &work, resolutions, names), lane(other, &work, resolutions, names))?;
    Ok(work.into_inner().unwrap_or_else(PoisonError::into_inner).books)
}

/// What is left to do, and what is done.
struct Work {
    rest: Peekable<IntoIter<plan::Model>>,
    /// How far apart the first and the last row id of plans that are read together may be, and one more.
    width: usize,
    shared: Shared,
    books: Vec<(i64, Result<PlanBook>)>,
}

impl Work {
    /// The next plans that are read together.
    fn next(&mut self) -> Vec<plan::Model> {
        let first = self.rest.peek().map_or(0, |plan| plan.id);
        let beyond = first.saturating_add(i64::try_from(self.width).unwrap_or(i64::MAX));
        std::iter::from_fn(|| self.rest.next_if(|plan| plan.id < beyond)).collect()
    }
}

fn lock(work: &Mutex<Work>) -> MutexGuard<'_, Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads plans for as long as there are some.
async fn lane(
    db: &impl ConnectionTrait,
    work: &Mutex<Work>,
    resolutions: &HashMap<i64, Arc<entity::resolution::Model>>,
    names: &Names,
) -> Result<()> {
    loop {
        let chunk = lock(work).next();
        if chunk.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = chunk.iter().map(|plan| plan.id).collect();
        let (mut frames, mut quotas, mut bases) = (HashMap::new(), HashMap::new(), HashMap::new());
        let bytes = read_frames(db, &ids, &mut frames).await?
            + read_quotas(db, &ids, names, work, &mut quotas).await?
            + read_bases(db, &ids, names, work, &mut bases).await?;
        let mut work = lock(work);
        work.width = (BYTES_A_CHUNK * ids.len() / bytes.max(1)).clamp(1, PLANS_A_CHUNK);
        for plan in chunk {
            let id = plan.id;
            let act = plan.resolution_id.and_then(|id| resolutions.get(&id).cloned());
            let rows = Parts { frame: frames.remove(&id), quotas: quotas.remove(&id), bases: bases.remove(&id) };
            let book = assemble::plan(plan, act, rows, names, &mut work.shared);
            work.books.push((id, book));
        }
    }
}

/// Reads one plan as it is stored now.
pub(in crate::store) async fn plan(db: &impl ConnectionTrait, id: i64, names: &Names) -> Result<PlanBook> {
    let row = plan::Entity::find_by_id(id).one(db).await?;
    let row = row.ok_or_else(|| Error::not_found("plan", &id.to_string()))?;
    let resolutions = resolution::with_ids(db, row.resolution_id.as_slice()).await?;
    let wanted = Wanted { plans: vec![row], resolutions: &resolutions, names, at_once: 1 };
    let (_, book) = Box::pin(plans((db, db), wanted)).await?.pop().ok_or_else(|| Error::broken("plan", id))?;
    book
}

/// All rows of a plan whose number does not grow with the comuni, but for weights and adjustments.
pub(super) struct Frame {
    pub(super) instalments: Vec<InstalmentRow>,
    pub(super) budgets: Vec<BudgetRow>,
    pub(super) lines: HashMap<i64, Vec<LineRow>>,
    pub(super) funding: HashMap<i64, Vec<FundingRow>>,
    pub(super) rules: RuleRows,
}

#[derive(Deserialize)]
pub(super) struct InstalmentRow {
    pub(super) number: i32,
    pub(super) due_date: NaiveDate,
    pub(super) percent_micros: i64,
    pub(super) assumed: Bit,
}

#[derive(Deserialize)]
pub(super) struct BudgetRow {
    pub(super) id: i64,
    pub(super) service_id: i64,
    pub(super) amount_cents: i64,
    pub(super) municipal_share_cents: i64,
    pub(super) residue_cents: i64,
    pub(super) note: Option<Box<str>>,
    pub(super) assumed: Bit,
}

#[derive(Deserialize)]
pub(super) struct FundingRow {
    pub(super) id: i64,
    pub(super) budget_id: i64,
    pub(super) position: i32,
    pub(super) fund_id: i64,
    pub(super) amount_cents: i64,
    pub(super) balancing: Bit,
    pub(super) assumed: Bit,
}

/// Participants and quotas of a budget.
pub(super) struct QuotaRows {
    pub(super) comuni: Comuni,
    pub(super) quota_comuni: Comuni,
    pub(super) quotas: Box<[Cents]>,
}

/// The frozen values of a budget and measure, in the order of the comuni that have one.
pub(super) struct BasisRows {
    pub(super) measure: i64,
    pub(super) comuni: Comuni,
    pub(super) values: Arc<[i64]>,
    pub(super) vintages: Vintages,
}

/// What many budgets have in common: made once, then found again.
#[derive(Default)]
pub(super) struct Shared {
    /// By the text of their row ids.
    lists: HashMap<Box<str>, Listed>,
    comuni: HashSet<Comuni>,
    columns: HashSet<Arc<[i64]>>,
    vintages: HashSet<Arc<Vintage>>,
    /// By their text in JSON.
    origins: HashMap<Box<str>, Arc<Vintage>>,
    rules: HashSet<Arc<RuleBook>>,
    ids: Vec<i64>,
    numbers: Vec<i64>,
}

/// Comuni as rows listed them, brought into the order of their codes.
#[derive(Clone)]
struct Listed {
    comuni: Comuni,
    /// Which row comes at each place; none where the rows came in order.
    order: Option<Arc<[usize]>>,
}

impl Listed {
    fn new(ids: &[i64], names: &Names) -> Result<Self> {
        let mut keys = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            keys.push((ComuneKey { id: *id, istat: names.comune(*id)? }, at));
        }
        if keys.is_sorted_by_key(|(key, _)| key.istat) {
            return Ok(Self { comuni: keys.into_iter().map(|(key, _)| key).collect(), order: None });
        }
        keys.sort_unstable_by_key(|(key, _)| key.istat);
        let order = keys.iter().map(|(_, at)| *at).collect();
        Ok(Self { comuni: keys.into_iter().map(|(key, _)| key).collect(), order: Some(order) })
    }

    /// Numbers that came with the rows, in the order of the codes.
    fn arrange(&self, numbers: &[i64]) -> Result<Vec<i64>> {
        if numbers.len() != self.comuni.len() {
            return Err(Error::internal("as many numbers as comuni were expected"));
        }
        Ok(match &self.order {
            None => numbers.to_vec(),
            Some(order) => order.iter().filter_map(|at| numbers.get(*at).copied()).collect(),
        })
    }
}

impl Shared {
    /// The comuni in a text of row ids.
    fn list(&mut self, text: &str, names: &Names) -> Result<Listed> {
        if let Some(known) = self.lists.get(text) {
            return Ok(known.clone());
        }
        packed::read_numbers(text, &mut self.ids)?;
        let mut listed = Listed::new(&self.ids, names)?;
        // The same comuni in another order are the same list.
        if let Some(same) = self.comuni.get(&listed.comuni) {
            listed.comuni = same.clone();
        }
        self.comuni.insert(listed.comuni.clone());
        self.lists.insert(text.into(), listed.clone());
        Ok(listed)
    }

    pub(super) fn column(&mut self, values: Vec<i64>) -> Arc<[i64]> {
        if let Some(known) = self.columns.get(&values[..]) {
            return known.clone();
        }
        let values: Arc<[i64]> = values.into();
        self.columns.insert(values.clone());
        values
    }

    fn vintage(&mut self, vintage: Vintage) -> Arc<Vintage> {
        one_of(&mut self.vintages, vintage)
    }

    /// The vintage of a text in JSON.
    fn origin(&mut self, text: &str) -> Result<Arc<Vintage>> {
        if let Some(known) = self.origins.get(text) {
            return Ok(known.clone());
        }
        let (reference_date, source, Bit(assumed)) = serde_json::from_str(text).map_err(Error::internal)?;
        let vintage = self.vintage(Vintage { reference_date, source, assumed });
        self.origins.insert(text.into(), vintage.clone());
        Ok(vintage)
    }

    pub(super) fn rule(&mut self, rule: RuleBook) -> Arc<RuleBook> {
        one_of(&mut self.rules, rule)
    }
}

/// The one that equals this.
fn one_of<T: Eq + std::hash::Hash>(known: &mut HashSet<Arc<T>>, new: T) -> Arc<T> {
    if let Some(known) = known.get(&new) {
        return known.clone();
    }
    let new = Arc::new(new);
    known.insert(new.clone());
    new
}

/// Asks for columns of the plans with these row ids, in order. Returns how many bytes came.
async fn of_plans(
    db: &impl ConnectionTrait,
    ids: &[i64],
    columns: &str,
    mut take: impl FnMut(i64, &QueryResult) -> Result<usize>,
) -> Result<usize> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(0) };
    let sql = format!("SELECT p.id, {columns} FROM plan p WHERE p.id BETWEEN $1 AND $2");
    let mut bytes = 0;
    for row in packed::rows(db, &sql, [(*first).into(), (*last).into()]).await? {
        let id = row.try_get_by_index(0)?;
        // Between those that are wanted there may be others.
        if ids.binary_search(&id).is_ok() {
            bytes += take(id, &row)?;
        }
    }
    Ok(bytes)
}

async fn read_frames(
    db: &impl ConnectionTrait,
    ids: &[i64],
    frames: &mut HashMap<i64, Result<Frame>>,
) -> Result<usize> {
    let assumed = bit("r.assumed");
    let of_plan = |columns: &str, table: &str| {
        json(db.get_database_backend(), columns, &format!("FROM {table} r WHERE r.plan_id = p.id"))
    };
    let columns = [
        of_plan(&format!("r.number, r.due_date, r.percent_micros, {assumed}"), "plan_instalment"),
        of_plan(
            &format!("r.id, r.service_id, r.amount_cents, r.municipal_share_cents, r.residue_cents, r.note, {assumed}"),
            "budget",
        ),
        of_plan(LineRow::COLUMNS, "budget_line"),
        of_plan(
            &format!("r.id, r.budget_id, r.position, r.fund_id, r.amount_cents, {}, {assumed}", bit("r.balancing")),
            "funding",
        ),
        of_plan(&RuleRow::columns(), "rule"),
        of_plan(BandRow::COLUMNS, "rule_band"),
        of_plan(WeightRow::COLUMNS, "rule_weight"),
        of_plan(&AdjustmentRow::columns(), "adjustment"),
    ];
    of_plans(db, ids, &columns.join(", "), |plan, row| {
        let texts = (1..=columns.len()).map(|at| packed::text(row, at)).collect::<Result<Vec<_>>>()?;
        frames.insert(plan, frame(&texts));
        Ok(texts.iter().map(String::len).sum())
    })
    .await
}

fn frame(texts: &[String]) -> Result<Frame> {
    let [instalments, budgets, lines, funding, rules, bands, weights, adjustments] = texts else {
        return Err(Error::internal("a plan of another number of parts"));
    };
    let mut instalments: Vec<InstalmentRow> = packed::parse(instalments)?;
    instalments.sort_by_key(|row| row.number);
    let mut budgets: Vec<BudgetRow> = packed::parse(budgets)?;
    budgets.sort_by_key(|row| row.id);
    let mut frame = Frame {
        instalments,
        budgets,
        lines: HashMap::new(),
        funding: HashMap::new(),
        rules: RuleRows::new(
            packed::parse(rules)?,
            packed::parse(bands)?,
            packed::parse(weights)?,
            packed::parse(adjustments)?,
        ),
    };
    let mut rows: Vec<LineRow> = packed::parse(lines)?;
    rows.sort_by_key(|row| (row.position, row.id));
    for row in rows {
        frame.lines.entry(row.budget_id).or_default().push(row);
    }
    let mut rows: Vec<FundingRow> = packed::parse(funding)?;
    rows.sort_by_key(|row| (row.position, row.id));
    for row in rows {
        frame.funding.entry(row.budget_id).or_default().push(row);
    }
    Ok(frame)
}

/// Participants and quotas: `budget:participants:comuni:cents` a budget.
async fn read_quotas(
    db: &impl ConnectionTrait,
    ids: &[i64],
    names: &Names,
    work: &Mutex<Work>,
    quotas: &mut HashMap<i64, Result<HashMap<i64, QuotaRows>>>,
) -> Result<usize> {
    let backend = db.get_database_backend();
    let column = format!(
        "(SELECT string_agg(b.id || ':' || (SELECT {participants} FROM participant r WHERE r.budget_id = b.id)
           || ':' || (SELECT {comuni} || ':' || {cents} FROM quota r WHERE r.budget_id = b.id), '{RECORD}')
          FROM budget b WHERE b.plan_id = p.id)",
        participants = numbers(backend, "r.comune_id"),
        comuni = numbers(backend, "r.comune_id"),
        cents = numbers(backend, "r.amount_cents"),
    );
    of_plans(db, ids, &column, |plan, row| {
        let text = packed::text(row, 1)?;
        let shared = &mut lock(work).shared;
        let budgets = text.split_terminator(RECORD).map(|budget| quota_rows(budget, names, shared));
        quotas.insert(plan, budgets.collect());
        Ok(text.len())
    })
    .await
}

fn quota_rows(text: &str, names: &Names, shared: &mut Shared) -> Result<(i64, QuotaRows)> {
    let parts: Vec<&str> = text.split(':').collect();
    let [budget, participants, comuni, cents] = parts[..] else {
        return Err(Error::internal("a budget of another number of parts"));
    };
    let listed = shared.list(comuni, names)?;
    let taking_part = if participants == comuni { listed.clone() } else { shared.list(participants, names)? };
    packed::read_numbers(cents, &mut shared.numbers)?;
    let quotas = listed.arrange(&shared.numbers)?.into_iter().map(Cents::new).collect();
    Ok((packed::number(budget)?, QuotaRows { comuni: taking_part.comuni, quota_comuni: listed.comuni, quotas }))
}

/// Where the value of a comune comes from.
#[derive(Deserialize)]
struct OriginRow {
    comune_id: i64,
    reference_date: NaiveDate,
    source: Box<str>,
    assumed: Bit,
}

/// Before what all values of a column come from; without it, each has a row of its own.
const ALL_FROM: char = '=';

/// Frozen values: `budget:measure:comuni:values:origins` a budget and measure. The last part is JSON, which may hold anything.
async fn read_bases(
    db: &impl ConnectionTrait,
    ids: &[i64],
    names: &Names,
    work: &Mutex<Work>,
    bases: &mut HashMap<i64, Result<HashMap<i64, Vec<BasisRows>>>>,
) -> Result<usize> {
    let backend = db.get_database_backend();
    let assumed = bit("r.assumed");
    let each = json(
        backend,
        &format!("o.comune_id, o.reference_date, o.source, {}", bit("o.assumed")),
        "FROM basis o WHERE o.budget_id = b.id AND o.measure_id = r.measure_id",
    );
    let grouped = format!(
        "SELECT r.measure_id, {comuni} AS comuni, {values} AS vals,
           CASE WHEN min(r.reference_date) = max(r.reference_date) AND min(r.source) = max(r.source)
             AND sum({assumed}) IN (0, count(*)) THEN '{ALL_FROM}' || {all} ELSE {each} END AS origins
         FROM basis r WHERE r.budget_id = b.id GROUP BY r.measure_id",
        comuni = numbers(backend, "r.comune_id"),
        values = numbers(backend, "r.value_micros"),
        all = json_row(backend, &format!("min(r.reference_date), min(r.source), min({assumed})")),
    );
    let record = "b.id || ':' || g.measure_id || ':' || g.comuni || ':' || g.vals || ':' || g.origins";
    let column = format!(
        "(SELECT string_agg((SELECT string_agg({record}, '{RECORD}') FROM ({grouped}) g), '{RECORD}')
          FROM budget b WHERE b.plan_id = p.id)"
    );
    of_plans(db, ids, &column, |plan, row| {
        let text = packed::text(row, 1)?;
        bases.insert(plan, plan_bases(&text, names, &mut lock(work).shared));
        Ok(text.len())
    })
    .await
}

/// The columns of each budget, by measure.
fn plan_bases(text: &str, names: &Names, shared: &mut Shared) -> Result<HashMap<i64, Vec<BasisRows>>> {
    let mut by_budget: HashMap<i64, Vec<BasisRows>> = HashMap::new();
    for record in text.split_terminator(RECORD) {
        let parts: Vec<&str> = record.splitn(5, ':').collect();
        let [budget, measure, comuni, values, origins] = parts[..] else {
            return Err(Error::internal("a column of another number of parts"));
        };
        let budget = packed::number(budget)?;
        let listed = shared.list(comuni, names)?;
        packed::read_numbers(values, &mut shared.numbers)?;
        let values = listed.arrange(&shared.numbers)?;
        if values.iter().any(|value| *value < 0) {
            return Err(Error::broken("basis of budget", budget));
        }
        let vintages = vintages(origins, &listed.comuni, shared)?;
        let (measure, values) = (packed::number(measure)?, shared.column(values));
        by_budget.entry(budget).or_default().push(BasisRows { measure, comuni: listed.comuni, values, vintages });
    }
    for columns in by_budget.values_mut() {
        columns.sort_unstable_by_key(|column| column.measure);
    }
    Ok(by_budget)
}

fn vintages(origins: &str, comuni: &Comuni, shared: &mut Shared) -> Result<Vintages> {
    if let Some(all) = origins.strip_prefix(ALL_FROM) {
        return Ok(Vintages::One(shared.origin(all)?));
    }
    let mut by_comune = HashMap::new();
    for OriginRow { comune_id, reference_date, source, assumed } in packed::parse::<OriginRow>(origins)? {
        by_comune.insert(comune_id, shared.vintage(Vintage { reference_date, source, assumed: assumed.0 }));
    }
    Ok(Vintages::Each(comuni.iter().map(|comune| by_comune.remove(&comune.id)).collect()))
}
