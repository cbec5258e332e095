//! Reading the book: few statements, each of which brings many rows as few, and only for what changed.
//!
//! What changed is said by the audit events since the last book. An act that is not known here may have changed anything.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use entity::kinds::PlanStatus;
use entity::{audit_event, client, client_ambito, plan, resolution};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::audit;
use super::book::{Book, Content, Master};
use super::load_master::{self, Changed, group};
use super::master::{AmbitoBook, ClientEntry};
use super::names::Names;
use super::packed::{self, Word};
use super::part::Part;
use super::plan::{self as plans, PlanBook};
use crate::error::Result;

/// Plans that are read together first: one, since it may be large.
const PLANS_AT_ONCE: usize = 1;

/// Ambiti and comuni whose master data is read anew one by one; where more changed, everything is read.
const RENEWED_MAX: usize = 50;

/// Every plan by row id, and the Ambiti some of whose plans or acts are others than in an older book.
type ChangedPlans = (HashMap<i64, Arc<PlanBook>>, HashSet<i64>);

/// What was done to plans, the most of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum OnPlans {
    #[default]
    Nothing,
    /// Drafts were made or edited.
    Edits,
    /// Some plan has another status, or may have.
    Moves,
}

/// What the events since a book say that they changed.
#[derive(Debug, Default)]
struct Changes {
    /// Everything may have changed, but approved plans.
    all: bool,
    clients: bool,
    plans: OnPlans,
    /// The plans that acts name, as they name them.
    subjects: HashSet<String>,
    /// Codes of the Ambiti that have new resolutions.
    resolutions: HashSet<String>,
    /// Master data.
    master: Changed,
}

impl Changes {
    fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// What the acts of these events change.
    fn of(events: &[audit_event::Model]) -> Self {
        let mut changes = Self::default();
        for event in events {
            match event.act.split_once('.') {
                Some(("client", _)) => changes.clients = true,
                // Nothing of the book: these are read from the database.
                Some((
                    "payment" | "activity" | "milestone" | "expense_report" | "expense" | "benefit" | "reading"
                    | "monitoring" | "body" | "project_expense" | "work_plan",
                    _,
                )) => {}
                Some(("plan", act)) => {
                    let is_edit = act == "create" || act == "remove_budget" || act.starts_with("set_");
                    changes.plans = changes.plans.max(if is_edit { OnPlans::Edits } else { OnPlans::Moves });
                    changes.subjects.insert(event.subject.clone());
                }
                Some(("resolution", _)) => {
                    changes.resolutions.insert(ambito_of(&event.subject).to_owned());
                }
                Some(("comune", "add" | "update")) => {
                    changes.master.comuni.insert(ambito_of(&event.subject).to_owned());
                }
                Some(
                    (
                        "ambito" | "membership" | "service" | "fund" | "programme" | "measure" | "partner"
                        | "indicator" | "project" | "benefit_measure",
                        "add" | "update",
                    )
                    | ("measurement", "set")
                    | ("project", "timeline" | "milestone"),
                ) => {
                    changes.master.ambiti.insert(ambito_of(&event.subject).to_owned());
                }
                Some(("agreement", _)) => {
                    let ambito = ambito_of(&event.subject).to_owned();
                    let code = event.subject.rsplit('/').next().unwrap_or_default().to_owned();
                    changes.master.agreements.entry(ambito.clone()).or_default().insert(code);
                    changes.master.ambiti.insert(ambito);
                }
                _ => return Self::all(),
            }
        }
        if changes.master.count() > RENEWED_MAX { Self::all() } else { changes }
    }

    /// Whether they leave the book as it was.
    fn is_nothing(&self) -> bool {
        !self.clients && !self.touches_plans() && self.master.count() == 0
    }

    /// Whether some plan may be another, or its act.
    fn touches_plans(&self) -> bool {
        self.all || self.plans != OnPlans::Nothing || !self.resolutions.is_empty()
    }

    /// Row ids of the Ambiti whose plans the acts name; none where one cannot be told, or everything may have changed.
    fn ambiti(&self, ids: &BTreeMap<String, i64>) -> Option<BTreeSet<i64>> {
        let named = self.subjects.iter().map(|subject| ambito_of(subject));
        let ids = named.chain(self.resolutions.iter().map(String::as_str)).map(|code| ids.get(code).copied());
        if self.all { None } else { ids.collect() }
    }
}

/// The code of the Ambito in what the audit trail calls one of its things: `plan:9/2020/1`; the comune's in `comune:017103`.
fn ambito_of(subject: &str) -> &str {
    subject.split([':', '/']).nth(1).unwrap_or_default()
}

/// What a write knows of its own changes, so that nothing is read for them that it has read itself.
#[derive(Default)]
pub(super) struct Known {
    /// Plans as it left them, by row id.
    pub(super) plans: HashMap<i64, Arc<PlanBook>>,
    /// Whether nobody else can have changed anything that the events do not name.
    pub(super) is_whole: bool,
}

impl Known {
    /// Every plan by row id, and the Ambiti of those that were edited, where nothing but drafts was edited and this write has them all at hand.
    fn edited(&self, old: &Book, changes: &Changes, names: &Names) -> Result<Option<ChangedPlans>> {
        if !self.is_whole || changes.all || changes.plans == OnPlans::Moves || !changes.resolutions.is_empty() {
            return Ok(None);
        }
        let mut missing: HashSet<&String> = changes.subjects.iter().collect();
        for plan in self.plans.values() {
            missing.remove(&plans::subject(&plan.row, names)?);
        }
        if !missing.is_empty() {
            return Ok(None);
        }
        let mut plans = old.plans.clone();
        plans.extend(self.plans.iter().map(|(id, plan)| (*id, plan.clone())));
        Ok(Some((plans, self.plans.values().map(|plan| plan.row.ambito_id).collect())))
    }
}

/// Reads everything that `old` does not already hold, through two connections that see the same instant, or through one named twice.
pub(super) async fn book(
    readers: (&impl ConnectionTrait, &impl ConnectionTrait),
    old: &Book,
    known: &Known,
) -> Result<Book> {
    let events = audit::since(readers.0, old.version).await?;
    let head = match events.last() {
        Some(last) => (last.sequence, last.hash.clone()),
        // Nothing was ever written, or the database was set back to before the old book.
        None => audit::head(readers.0).await?,
    };
    match events.split_first() {
        Some((first, new)) if old.version > 0 && first.hash == old.head => {
            read(readers, (old, known), &Changes::of(new), head).await
        }
        // The first book, or another database than the old one was read from.
        _ => read(readers, (&Book::default(), &Known::default()), &Changes::all(), head).await,
    }
}

async fn read(
    readers: (&impl ConnectionTrait, &impl ConnectionTrait),
    (old, known): (&Book, &Known),
    changes: &Changes,
    (version, head): (i64, String),
) -> Result<Book> {
    let (db, _) = readers;
    if changes.is_nothing() {
        let (content, master, ambiti) = (old.content.clone(), old.master.clone(), old.ambiti.clone());
        let (plans, clients) = (old.plans.clone(), old.clients.clone());
        return Ok(Book { version, head, content, master, ambiti, plans, clients });
    }
    let content = Content::default();
    let clients = if changes.all || changes.clients { Arc::new(clients(db).await?) } else { old.clients.clone() };
    let (master, mut ambiti) = if changes.all {
        let (master, ambiti) = Box::pin(load_master::read(readers, Part::Everything, None)).await?;
        (Arc::new(master), ambiti)
    } else {
        load_master::renew(db, (&old.master, &old.ambiti), &changes.master).await?
    };
    let (plans, mut touched) = if changes.touches_plans() {
        let acts = ambiti.values().flat_map(|ambito: &AmbitoBook| &ambito.resolutions);
        let acts = acts.map(|act| (act.id, act.clone())).collect();
        Box::pin(changed_plans(readers, (old, known), changes, (&master, acts))).await?
    } else {
        (old.plans.clone(), HashSet::new())
    };
    let mut next = if changes.all { BTreeMap::new() } else { old.ambiti.clone() };
    if !changes.all {
        // An Ambito whose plans or acts changed, and nothing else of it, is the old one but for these.
        let others = touched.iter().filter(|id| !ambiti.contains_key(id));
        let others = others.filter_map(|id| Some((*id, AmbitoBook::clone(old.ambiti.get(id)?))));
        let mut others: HashMap<i64, AmbitoBook> = others.collect();
        give_resolutions(db, changes, &mut others).await?;
        ambiti.extend(others);
    }
    touched.extend(ambiti.keys());
    let of_changed = plans.values().filter(|plan| touched.contains(&plan.row.ambito_id)).cloned();
    let mut by_ambito = group(of_changed, |plan| plan.row.ambito_id);
    for (id, mut ambito) in ambiti {
        ambito.plans = by_ambito.remove(&id).unwrap_or_default();
        ambito.plans.sort_by_key(|plan| (plan.row.year, plan.row.version));
        next.insert(id, Arc::new(ambito));
    }
    Ok(Book { version, head, content, master, ambiti: next, plans, clients })
}

/// Every plan by row id, and the Ambiti some of whose plans or acts are others than in the old book. `acts` are known already.
async fn changed_plans(
    readers: (&impl ConnectionTrait, &impl ConnectionTrait),
    (old, known): (&Book, &Known),
    changes: &Changes,
    (master, acts): (&Master, HashMap<i64, Arc<resolution::Model>>),
) -> Result<ChangedPlans> {
    if let Some(edited) = known.edited(old, changes, &master.names)? {
        return Ok(edited);
    }
    let only = if known.is_whole { changes.ambiti(&master.ambito_ids) } else { None };
    let index = index(readers.0, only.as_ref()).await?;
    // The acts that came with the Ambiti are not read again for their plans.
    let mut plans = plan_books(readers, (old, known), changes, (&master.names, acts), &index).await?;
    if let Some(only) = &only {
        let others = old.plans.iter().filter(|(_, plan)| !only.contains(&plan.row.ambito_id));
        plans.extend(others.map(|(id, plan)| (*id, plan.clone())));
    }
    // An Ambito none of whose plans changed is taken over.
    let mut touched: HashSet<i64> =
        index.iter().filter(|entry| !entry.is_kept(old, &plans)).map(|entry| entry.ambito).collect();
    touched.extend(old.plans.values().filter(|plan| !plans.contains_key(&plan.row.id)).map(|plan| plan.row.ambito_id));
    touched.extend(changes.resolutions.iter().filter_map(|code| master.ambito_ids.get(code)));
    Ok((plans, touched))
}

/// A plan as its row says in short.
struct Entry {
    id: i64,
    ambito: i64,
    row_version: i32,
    status: PlanStatus,
    year: i32,
    version: i32,
    digest: Option<String>,
}

impl Entry {
    /// Whether the plan's row is still what the old book holds.
    fn is_same(&self, book: &PlanBook) -> bool {
        (book.row.row_version, book.row.status, &book.row.digest) == (self.row_version, self.status, &self.digest)
    }

    /// Whether the new book holds the very plan of the old one.
    fn is_kept(&self, old: &Book, new: &HashMap<i64, Arc<PlanBook>>) -> bool {
        match (old.plan(self.id), new.get(&self.id)) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        }
    }
}

/// Every plan, or those of some Ambiti.
async fn index(db: &impl ConnectionTrait, only: Option<&BTreeSet<i64>>) -> Result<Vec<Entry>> {
    type Row = (i64, i64, i32, Word<PlanStatus>, i32, i32, Option<String>);
    let columns = "id, ambito_id, row_version, status, year, version, digest";
    let rows: Vec<Row> = match only {
        None => packed::table(db, columns, ("FROM plan", Vec::new())).await?,
        Some(ambiti) => {
            let mut rows = Vec::new();
            for ambito in ambiti {
                let text =
                    packed::table_text(db, columns, "FROM plan WHERE ambito_id = $1", [(*ambito).into()]).await?;
                rows.extend(packed::parse::<Row>(&text)?);
            }
            rows
        }
    };
    let entry = |(id, ambito, row_version, status, year, version, digest): Row| {
        let status = status.0;
        Entry { id, ambito, row_version, status, year, version, digest }
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Every plan: taken over from the old book where it did not change, read anew otherwise.
async fn plan_books(
    readers: (&impl ConnectionTrait, &impl ConnectionTrait),
    (old, known): (&Book, &Known),
    changes: &Changes,
    (names, mut acts): (&Names, HashMap<i64, Arc<resolution::Model>>),
    index: &[Entry],
) -> Result<HashMap<i64, Arc<PlanBook>>> {
    let (db, _) = readers;
    let is_kept = |entry: &&Entry| -> Result<bool> {
        let Some(book) = old.plan(entry.id).filter(|book| entry.is_same(book)) else { return Ok(false) };
        // A plan that may still be edited is read anew where an act names it: its budgets can change while its own row does not.
        let is_fixed = matches!(entry.status, PlanStatus::Approved | PlanStatus::Withdrawn);
        let subject = plans::subject_of(names.ambito(book.row.ambito_id)?, entry.year, entry.version);
        Ok(is_fixed || !(changes.all || changes.subjects.contains(&subject)))
    };
    let mut books = HashMap::with_capacity(index.len());
    let mut new = Vec::new();
    for entry in index {
        let read = known.plans.get(&entry.id).filter(|book| entry.is_same(book));
        match (read, old.plan(entry.id)) {
            (Some(book), _) => drop(books.insert(entry.id, book.clone())),
            (None, Some(book)) if is_kept(&entry)? => drop(books.insert(entry.id, book.clone())),
            _ => new.push(entry.id),
        }
    }
    new.sort_unstable();
    let mut rows = Vec::with_capacity(new.len());
    for ids in new.chunks(packed::IDS_A_STATEMENT) {
        let some = plan::Entity::find().filter(plan::Column::Id.is_in(ids.iter().copied()));
        rows.extend(some.order_by_asc(plan::Column::Id).all(db).await?);
    }
    let missing = rows.iter().filter_map(|row| row.resolution_id).filter(|id| !acts.contains_key(id));
    let missing: BTreeSet<i64> = missing.collect();
    acts.extend(super::resolution::with_ids(db, &missing.into_iter().collect::<Vec<_>>()).await?);
    let wanted = plans::Wanted { plans: rows, resolutions: &acts, names, at_once: PLANS_AT_ONCE };
    for (id, read) in Box::pin(plans::read_many(readers, wanted)).await? {
        match read {
            Ok(book) => drop(books.insert(id, Arc::new(book))),
            // One plan that somebody broke from outside must not take the others away. What was read of it before is still true.
            Err(problem) => {
                tracing::error!(plan = id, %problem, "the rows of a plan do not fit together");
                books.extend(old.plan(id).map(|book| (id, book.clone())));
            }
        }
    }
    Ok(books)
}

/// The acts of those of these Ambiti that have others than before, oldest first.
async fn give_resolutions(
    db: &impl ConnectionTrait,
    changes: &Changes,
    ambiti: &mut HashMap<i64, AmbitoBook>,
) -> Result<()> {
    let renewed = ambiti.iter().filter(|(_, ambito)| changes.resolutions.contains(&ambito.row.code));
    let ids: Vec<i64> = renewed.map(|(id, _)| *id).collect();
    for ids in ids.chunks(packed::IDS_A_STATEMENT) {
        let some = resolution::Entity::find().filter(resolution::Column::AmbitoId.is_in(ids.iter().copied()));
        let rows = some.order_by_asc(resolution::Column::AdoptedOn).order_by_asc(resolution::Column::Id);
        let mut by_ambito = group(rows.all(db).await?, |row| row.ambito_id);
        for id in ids {
            let rows = by_ambito.remove(id).unwrap_or_default();
            if let Some(ambito) = ambiti.get_mut(id) {
                ambito.resolutions = rows.into_iter().map(Arc::new).collect();
            }
        }
    }
    Ok(())
}

async fn clients(db: &impl ConnectionTrait) -> Result<HashMap<String, ClientEntry>> {
    let mut ambiti = group(client_ambito::Entity::find().all(db).await?, |row| row.client_id);
    let rows = client::Entity::find().all(db).await?;
    let entries = rows.into_iter().map(|row| {
        let ambiti = ambiti.remove(&row.id).unwrap_or_default().into_iter().map(|row| row.ambito_id).collect();
        let known = Arc::new(super::client::known(&row, &ambiti));
        (row.client_id.clone(), ClientEntry { row, ambiti, known })
    });
    Ok(entries.collect())
}
