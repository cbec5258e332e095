//! Reading the book: a fixed number of statements, whatever the number of rows, and none for plans that did not change.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use allocation::IstatCode;
use entity::kinds::PlanStatus;
use entity::{
    ambito, benefit_measure, client, client_ambito, comune, fund, indicator, measure, measurement, membership, plan,
    programme, project, resolution, service, service_fund, service_target, service_task,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::audit;
use super::book::Book;
use super::master::{AmbitoBook, ClientEntry, ComuneEntry, ServiceEntry};
use super::names::Names;
use super::plan::{self as plans, PlanBook};
use crate::error::Result;

/// Rows of one table, grouped by the row they belong to and in the order they were read.
fn group<K: std::hash::Hash + Eq, V>(rows: impl IntoIterator<Item = V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// Reads everything that `old` does not already hold.
pub(super) async fn book(db: &impl ConnectionTrait, old: &Book) -> Result<Book> {
    let version = audit::last_sequence(db).await?;
    let names = Arc::new(Names::load(db).await?);
    let comuni = comuni(db).await?;
    let plans = plan_books(db, old, &names).await?;
    let mut services = services(db).await?;
    let mut by_ambito = group(plans.values().cloned(), |plan| plan.row.ambito_id);
    let mut funds = group(fund::Entity::find().order_by_asc(fund::Column::Code).all(db).await?, |row| row.ambito_id);
    let mut programmes =
        group(programme::Entity::find().order_by_asc(programme::Column::FromYear).all(db).await?, |row| row.ambito_id);
    let resolutions =
        resolution::Entity::find().order_by_asc(resolution::Column::AdoptedOn).order_by_asc(resolution::Column::Id);
    let mut resolutions = group(resolutions.all(db).await?, |row| row.ambito_id);
    let measures = measure::Entity::find().order_by_asc(measure::Column::Id).all(db).await?;
    let measures: Vec<_> = measures.into_iter().map(Arc::new).collect();
    let mut book = Book { version, names, comuni, plans, clients: clients(db).await?, ..Book::default() };
    for row in ambito::Entity::find().order_by_asc(ambito::Column::Code).all(db).await? {
        let id = row.id;
        let mut plans = by_ambito.remove(&id).unwrap_or_default();
        plans.sort_by_key(|plan| (plan.row.year, plan.row.version));
        let own = |measure: &&Arc<measure::Model>| measure.ambito_id.is_none_or(|owner| owner == id);
        let entry = AmbitoBook {
            comuni: members(&book, id),
            services: services.remove(&id).unwrap_or_default(),
            funds: funds.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            measures: measures.iter().filter(own).cloned().collect(),
            programmes: programmes.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            resolutions: resolutions.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            plans,
            row,
        };
        for service in &entry.services {
            book.services.insert(service.row.id, (id, service.clone()));
        }
        book.ambito_ids.insert(entry.row.code.clone(), id);
        book.ambiti.insert(id, Arc::new(entry));
    }
    Ok(book)
}

/// Row ids of the comuni that are, were or will be members, by ISTAT code.
fn members(book: &Book, ambito: i64) -> Vec<i64> {
    let members = book.comuni.values().filter(|comune| comune.memberships.iter().any(|row| row.ambito_id == ambito));
    let by_code: BTreeMap<IstatCode, i64> = members.map(|comune| (comune.istat, comune.row.id)).collect();
    by_code.into_values().collect()
}

async fn comuni(db: &impl ConnectionTrait) -> Result<HashMap<i64, Arc<ComuneEntry>>> {
    let memberships = membership::Entity::find().order_by_asc(membership::Column::ValidFrom).all(db).await?;
    let mut memberships = group(memberships, |row| row.comune_id);
    let measurements = measurement::Entity::find()
        .order_by_asc(measurement::Column::ReferenceDate)
        .order_by_asc(measurement::Column::Id);
    let mut measurements = group(measurements.all(db).await?, |row| row.comune_id);
    let mut comuni = HashMap::new();
    for row in comune::Entity::find().all(db).await? {
        let entry = ComuneEntry {
            istat: IstatCode::parse(&row.istat_code)?,
            memberships: memberships.remove(&row.id).unwrap_or_default(),
            measurements: measurements.remove(&row.id).unwrap_or_default(),
            row,
        };
        comuni.insert(entry.row.id, Arc::new(entry));
    }
    Ok(comuni)
}

async fn services(db: &impl ConnectionTrait) -> Result<HashMap<i64, Vec<Arc<ServiceEntry>>>> {
    macro_rules! details {
        ($table:ident) => {
            group($table::Entity::find().order_by_asc($table::Column::Position).all(db).await?, |row| row.service_id)
        };
    }
    let mut targets = details!(service_target);
    let mut tasks = details!(service_task);
    let mut indicators = details!(indicator);
    let mut funds = details!(service_fund);
    let mut projects = details!(project);
    let mut benefits = details!(benefit_measure);
    let rows = service::Entity::find()
        .order_by_asc(service::Column::Position)
        .order_by_asc(service::Column::Code)
        .all(db)
        .await?;
    let entries = rows.into_iter().map(|row| {
        let id = row.id;
        Arc::new(ServiceEntry {
            row,
            targets: targets.remove(&id).unwrap_or_default().into_iter().map(|row| row.name).collect(),
            tasks: tasks.remove(&id).unwrap_or_default().into_iter().map(|row| row.name).collect(),
            indicators: indicators.remove(&id).unwrap_or_default(),
            funds: funds.remove(&id).unwrap_or_default().into_iter().map(|row| row.fund_id).collect(),
            projects: projects.remove(&id).unwrap_or_default(),
            benefit_measures: benefits.remove(&id).unwrap_or_default(),
        })
    });
    Ok(group(entries, |entry| entry.row.ambito_id))
}

/// Every plan: taken over from the old book where its row is the same, read anew otherwise.
async fn plan_books(db: &impl ConnectionTrait, old: &Book, names: &Names) -> Result<HashMap<i64, Arc<PlanBook>>> {
    let rows = plan::Entity::find().order_by_asc(plan::Column::Id).all(db).await?;
    // A plan that may still be edited is read anew: its budgets can change while its own row does not.
    let is_fixed = |row: &plan::Model| matches!(row.status, PlanStatus::Approved | PlanStatus::Withdrawn);
    let is_known = |row: &plan::Model| is_fixed(row) && old.plan(row.id).is_some_and(|book| book.row == *row);
    let (kept, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_known);
    let mut books = HashMap::new();
    for (id, read) in plans::load(db, new, names).await? {
        match read {
            Ok(book) => drop(books.insert(id, Arc::new(book))),
            // One plan that somebody broke from outside must not take the others away. What was read of it before is still true.
            Err(problem) => {
                tracing::error!(plan = id, %problem, "the rows of a plan do not fit together");
                books.extend(old.plan(id).map(|book| (id, book.clone())));
            }
        }
    }
    books.extend(kept.into_iter().filter_map(|row| Some((row.id, old.plan(row.id)?.clone()))));
    Ok(books)
}

async fn clients(db: &impl ConnectionTrait) -> Result<HashMap<String, ClientEntry>> {
    let mut ambiti = group(client_ambito::Entity::find().all(db).await?, |row| row.client_id);
    let rows = client::Entity::find().all(db).await?;
    let entries = rows.into_iter().map(|row| {
        let ambiti = ambiti.remove(&row.id).unwrap_or_default().into_iter().map(|row| row.ambito_id).collect();
        (row.client_id.clone(), ClientEntry { row, ambiti })
    });
    Ok(entries.collect())
}
