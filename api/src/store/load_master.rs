//! Reading master data: Ambiti, comuni with their memberships and measurements, services with what belongs to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use allocation::{IstatCode, Micros};
use chrono::NaiveDate;
use entity::{
    ambito, benefit_measure, comune, fund, indicator, measure, membership, programme, project, resolution, service,
    service_fund, service_target, service_task,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::book::Master;
use super::master::{AmbitoBook, ComuneEntry, Measurement, ServiceEntry};
use super::names::Names;
use super::packed::{self, Bit, bit};
use super::plan::Vintage;
use crate::error::Result;

/// Rows that come as one text, of a table that may be long.
const ROWS_A_TEXT: usize = 5_000;

/// Rows of one table, grouped by the row they belong to and in the order they were read.
pub(super) fn group<K: std::hash::Hash + Eq, V>(
    rows: impl IntoIterator<Item = V>,
    key: impl Fn(&V) -> K,
) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// Everything but plans and clients; the Ambiti by row id, without their plans.
pub(super) async fn read(db: &impl ConnectionTrait) -> Result<(Master, HashMap<i64, AmbitoBook>)> {
    let mut master = Master { names: Names::load(db).await?, comuni: comuni(db).await?, ..Master::default() };
    let mut services = services(db).await?;
    let mut members = members(&master.comuni);
    let mut funds = group(fund::Entity::find().order_by_asc(fund::Column::Code).all(db).await?, |row| row.ambito_id);
    let programmes =
        programme::Entity::find().order_by_asc(programme::Column::FromYear).order_by_asc(programme::Column::Id);
    let mut programmes = group(programmes.all(db).await?, |row| row.ambito_id);
    let resolutions =
        resolution::Entity::find().order_by_asc(resolution::Column::AdoptedOn).order_by_asc(resolution::Column::Id);
    let mut resolutions = group(resolutions.all(db).await?, |row| row.ambito_id);
    let measures = measure::Entity::find().order_by_asc(measure::Column::Id).all(db).await?;
    let measures: Vec<_> = measures.into_iter().map(Arc::new).collect();
    let mut ambiti = HashMap::new();
    for row in ambito::Entity::find().all(db).await? {
        let id = row.id;
        let own = |measure: &&Arc<measure::Model>| measure.ambito_id.is_none_or(|owner| owner == id);
        let entry = AmbitoBook {
            comuni: members.remove(&id).unwrap_or_default().into_values().collect(),
            services: services.remove(&id).unwrap_or_default(),
            funds: funds.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            measures: measures.iter().filter(own).cloned().collect(),
            programmes: programmes.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            resolutions: resolutions.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            plans: Vec::new(),
            row,
        };
        for service in &entry.services {
            master.services.insert(service.row.id, (id, service.clone()));
        }
        master.ambito_ids.insert(entry.row.code.clone(), id);
        ambiti.insert(id, entry);
    }
    Ok((master, ambiti))
}

/// Row ids of the comuni that are, were or will be members of each Ambito, by ISTAT code.
fn members(comuni: &HashMap<i64, Arc<ComuneEntry>>) -> HashMap<i64, BTreeMap<IstatCode, i64>> {
    let mut members: HashMap<i64, BTreeMap<IstatCode, i64>> = HashMap::new();
    for comune in comuni.values() {
        for membership in &comune.memberships {
            members.entry(membership.ambito_id).or_default().insert(comune.istat, comune.row.id);
        }
    }
    members
}

async fn comuni(db: &impl ConnectionTrait) -> Result<HashMap<i64, Arc<ComuneEntry>>> {
    let memberships =
        membership::Entity::find().order_by_asc(membership::Column::ValidFrom).order_by_asc(membership::Column::Id);
    let memberships = memberships.all(db).await?;
    let mut memberships = group(memberships, |row| row.comune_id);
    let mut measurements = measurements(db).await?;
    let mut comuni = HashMap::new();
    for row in comune::Entity::find().all(db).await? {
        let entry = ComuneEntry {
            istat: IstatCode::parse(&row.istat_code)?,
            memberships: memberships.remove(&row.id).unwrap_or_default().into(),
            measurements: measurements.remove(&row.id).unwrap_or_default().into(),
            row,
        };
        comuni.insert(entry.row.id, Arc::new(entry));
    }
    Ok(comuni)
}

/// The measurements of each comune, oldest first.
async fn measurements(db: &impl ConnectionTrait) -> Result<HashMap<i64, Vec<Measurement>>> {
    type Row = (i64, i64, i64, Option<i64>, i64, NaiveDate, Box<str>, Bit);
    let assumed = bit("assumed");
    let columns = format!("id, comune_id, measure_id, service_id, value_micros, reference_date, source, {assumed}");
    let mut vintages: HashMap<(NaiveDate, Box<str>, bool), Arc<Vintage>> = HashMap::new();
    let mut by_comune: HashMap<i64, Vec<Measurement>> = HashMap::new();
    // So many rows at a time, by row id: as one text they would be large.
    let mut after = 0;
    loop {
        let from = format!("FROM (SELECT * FROM measurement WHERE id > {after} ORDER BY id LIMIT {ROWS_A_TEXT}) m");
        let mut rows: Vec<Row> = packed::table(db, &columns, &from).await?;
        rows.sort_unstable_by_key(|(id, ..)| *id);
        let Some((last, ..)) = rows.last() else { break };
        after = *last;
        for (_, comune, measure_id, service_id, value, reference_date, source, Bit(assumed)) in rows {
            let key = (reference_date, source, assumed);
            let vintage = vintages.entry(key).or_insert_with_key(|(reference_date, source, assumed)| {
                Arc::new(Vintage { reference_date: *reference_date, source: source.clone(), assumed: *assumed })
            });
            let (value, vintage) = (Micros::new(value), vintage.clone());
            by_comune.entry(comune).or_default().push(Measurement { measure_id, service_id, value, vintage });
        }
    }
    for rows in by_comune.values_mut() {
        rows.sort_by_key(|row| row.vintage.reference_date);
    }
    Ok(by_comune)
}

async fn services(db: &impl ConnectionTrait) -> Result<HashMap<i64, Vec<Arc<ServiceEntry>>>> {
    macro_rules! details {
        ($table:ident) => {
            group(
                $table::Entity::find()
                    .order_by_asc($table::Column::Position)
                    .order_by_asc($table::Column::Id)
                    .all(db)
                    .await?,
                |row| row.service_id,
            )
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
