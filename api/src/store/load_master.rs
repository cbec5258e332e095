//! Reading master data: Ambiti, comuni with their memberships and measurements, services with what belongs to them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use allocation::{IstatCode, Micros};
use chrono::NaiveDate;
use entity::{
    ambito, benefit_criterion, benefit_measure, comune, fund, indicator, measure, membership, partner, programme,
    project, resolution, service,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::agreement::{commitment, entries};
use super::book::Master;
use super::master::{AmbitoBook, BenefitMeasureEntry, ComuneEntry, Measurement, ServiceEntry};
use super::names::Names;
use super::packed::{self, Bit, bit};
use super::part::{Of, Part};
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

/// What changed of the master data, by the codes that acts name.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Codes of Ambiti.
    pub(super) ambiti: BTreeSet<String>,
    /// ISTAT codes of comuni.
    pub(super) comuni: BTreeSet<String>,
    /// Codes of agreements that have another version, by the code of their Ambito, which is among those above.
    pub(super) agreements: BTreeMap<String, BTreeSet<String>>,
}

impl Changed {
    /// How many things that is.
    pub(super) fn count(&self) -> usize {
        self.ambiti.len() + self.comuni.len()
    }

    /// The parts that are to be read. What is not there any more has none.
    async fn parts(&self, db: &impl ConnectionTrait, old: &Master) -> Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(self.count());
        for code in &self.ambiti {
            // Codes never change, so only what is new is looked up.
            let id = match old.ambito_ids.get(code) {
                Some(id) => Some(*id),
                None => ambito::Entity::find().filter(ambito::Column::Code.eq(code)).one(db).await?.map(|row| row.id),
            };
            parts.extend(id.map(Part::Ambito));
        }
        for code in &self.comuni {
            let known = IstatCode::parse(code).ok().and_then(|code| old.names.comune_id(code));
            let id = match known {
                Some(id) => Some(id),
                None => {
                    comune::Entity::find().filter(comune::Column::IstatCode.eq(code)).one(db).await?.map(|row| row.id)
                }
            };
            parts.extend(id.map(Part::Comune));
        }
        Ok(parts)
    }
}

/// Older master data with what changed read anew, and these Ambiti by row id, without their plans. What it costs does not grow with the others.
pub(super) async fn renew(
    db: &impl ConnectionTrait,
    (old, known): (&Arc<Master>, &BTreeMap<i64, Arc<AmbitoBook>>),
    changed: &Changed,
) -> Result<(Arc<Master>, HashMap<i64, AmbitoBook>)> {
    let (mut master, mut ambiti) = (old.clone(), HashMap::new());
    let none = BTreeSet::new();
    for part in changed.parts(db, old).await? {
        let before = if let Part::Ambito(id) = part { known.get(&id) } else { None };
        // Of an Ambito that is known only what the agreements commit that were written to: it may have half a million lines.
        let of = before.map(|ambito| changed.agreements.get(&ambito.row.code).unwrap_or(&none));
        let of = of.filter(|codes| codes.len() <= packed::IDS_A_STATEMENT);
        let (read, mut books) = Box::pin(read((db, db), part, of)).await?;
        if let Some((before, of)) = before.zip(of) {
            for book in books.values_mut() {
                book.commitments = commitment::renewed(&before.commitments, of, &book.commitments);
            }
        }
        Arc::make_mut(&mut master).take(read);
        ambiti.extend(books);
    }
    Ok((master, ambiti))
}

/// A part of what is not plans and clients; its Ambiti by row id, without their plans. It is read through two connections at once, or twice
/// through the same. Where codes of agreements are given, what these alone commit is read.
pub(super) async fn read(
    (db, other): (&impl ConnectionTrait, &impl ConnectionTrait),
    part: Part,
    written: Option<&BTreeSet<String>>,
) -> Result<(Master, HashMap<i64, AmbitoBook>)> {
    let names_and_services = async { Ok((Names::load_part(db, part).await?, services(db, part).await?)) };
    let ((names, mut services), measurements) = tokio::try_join!(names_and_services, measurements(other, part))?;
    let mut master = Master { names, comuni: comuni(db, part, measurements).await?, ..Master::default() };
    let mut ambiti = HashMap::new();
    if matches!(part, Part::Comune(_)) {
        return Ok((master, ambiti));
    }
    let mut members = members(&master.comuni);
    let funds = fund::Entity::find().filter(part.of_ambito(fund::Column::AmbitoId)).order_by_asc(fund::Column::Code);
    let mut funds = group(funds.all(db).await?, |row| row.ambito_id);
    let partners =
        partner::Entity::find().filter(part.of_ambito(partner::Column::AmbitoId)).order_by_asc(partner::Column::Code);
    let mut partners = group(partners.all(db).await?, |row| row.ambito_id);
    let mut agreements = entries::read(db, part).await?;
    let mut commitments = commitment::read(db, part, written).await?;
    let programmes = programme::Entity::find()
        .filter(part.of_ambito(programme::Column::AmbitoId))
        .order_by_asc(programme::Column::FromYear)
        .order_by_asc(programme::Column::Id);
    let mut programmes = group(programmes.all(db).await?, |row| row.ambito_id);
    let resolutions = resolution::Entity::find()
        .filter(part.of_ambito(resolution::Column::AmbitoId))
        .order_by_asc(resolution::Column::AdoptedOn)
        .order_by_asc(resolution::Column::Id);
    let mut resolutions = group(resolutions.all(db).await?, |row| row.ambito_id);
    let measures = measure::Entity::find().filter(part.of_ambito_or_every("ambito_id"));
    let measures = measures.order_by_asc(measure::Column::Id);
    let measures: Vec<_> = measures.all(db).await?.into_iter().map(Arc::new).collect();
    for row in ambito::Entity::find().filter(part.of_ambito(ambito::Column::Id)).all(db).await? {
        let id = row.id;
        let own = |measure: &&Arc<measure::Model>| measure.ambito_id.is_none_or(|owner| owner == id);
        let entry = AmbitoBook {
            comuni: members.remove(&id).unwrap_or_default().into_values().collect(),
            services: services.remove(&id).unwrap_or_default(),
            partners: partners.remove(&id).unwrap_or_default().into_iter().map(Arc::new).collect(),
            agreements: agreements.remove(&id).unwrap_or_default(),
            commitments: commitments.remove(&id).unwrap_or_default(),
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
        master.partners.extend(entry.partners.iter().map(|partner| (partner.id, partner.clone())));
        for agreement in &entry.agreements {
            master.agreements.insert(agreement.row.id, (id, agreement.clone()));
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

async fn comuni(
    db: &impl ConnectionTrait,
    part: Part,
    mut measurements: HashMap<i64, Vec<Measurement>>,
) -> Result<HashMap<i64, Arc<ComuneEntry>>> {
    type Row = (i64, String, String, Option<String>, String, i32);
    let mut memberships = memberships(db, part).await?;
    let columns = "id, istat_code, name, cadastral_code, province, row_version";
    let rows: Vec<Row> = packed::table(db, columns, part.rows("comune", "id", Of::Comune)).await?;
    let mut comuni = HashMap::with_capacity(rows.len());
    for (id, istat_code, name, cadastral_code, province, row_version) in rows {
        let measurements = measurements.remove(&id).unwrap_or_default();
        let entry = ComuneEntry {
            istat: IstatCode::parse(&istat_code)?,
            row: comune::Model { id, istat_code, name, cadastral_code, province, row_version },
            memberships: memberships.remove(&id).unwrap_or_default().into(),
            // Copied, since a list that grew keeps room for more.
            measurements: Box::from(&measurements[..]),
        };
        comuni.insert(id, Arc::new(entry));
    }
    Ok(comuni)
}

/// The memberships of each comune, oldest first.
async fn memberships(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, Vec<membership::Model>>> {
    type Row = (i64, i64, i64, NaiveDate, Option<NaiveDate>, i32);
    let columns = "id, ambito_id, comune_id, valid_from, valid_to, row_version";
    let mut rows: Vec<Row> = packed::table(db, columns, part.rows("membership", "comune_id", Of::Comune)).await?;
    rows.sort_unstable_by_key(|(id, _, _, valid_from, ..)| (*valid_from, *id));
    let membership = |(id, ambito_id, comune_id, valid_from, valid_to, row_version): Row| membership::Model {
        id,
        ambito_id,
        comune_id,
        valid_from,
        valid_to,
        row_version,
    };
    Ok(group(rows.into_iter().map(membership), |row| row.comune_id))
}

#[derive(Deserialize)]
struct MeasurementRow<'t> {
    id: i64,
    comune_id: i64,
    measure_id: i64,
    service_id: Option<i64>,
    value_micros: i64,
    row_version: i32,
    reference_date: NaiveDate,
    #[serde(borrow)]
    source: Cow<'t, str>,
    assumed: Bit,
}

/// The measurements of each comune, oldest first.
async fn measurements(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, Vec<Measurement>>> {
    /// Of one source, by day and whether they are assumed.
    type OfSource = HashMap<(NaiveDate, bool), Arc<Vintage>>;
    let assumed = bit("assumed");
    let columns =
        format!("id, comune_id, measure_id, service_id, value_micros, row_version, reference_date, source, {assumed}");
    let mut vintages: HashMap<Box<str>, OfSource> = HashMap::new();
    let mut by_comune: HashMap<i64, Vec<Measurement>> = HashMap::new();
    // So many rows at a time, by row id: as one text they would be large.
    let mut after = 0_i64;
    loop {
        let (from, values) = part.page("measurement", ("comune_id", Of::Comune), after, ROWS_A_TEXT);
        let text = packed::table_text(db, &columns, &from, values).await?;
        let mut rows: Vec<MeasurementRow<'_>> = packed::parse(&text)?;
        rows.sort_unstable_by_key(|row| row.id);
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            if !vintages.contains_key(&*row.source) {
                vintages.insert((*row.source).into(), HashMap::new());
            }
            let Some(of_source) = vintages.get_mut(&*row.source) else { continue };
            let (reference_date, assumed) = (row.reference_date, row.assumed.0);
            let vintage = of_source
                .entry((reference_date, assumed))
                .or_insert_with(|| Arc::new(Vintage { reference_date, source: (*row.source).into(), assumed }));
            let MeasurementRow { measure_id, service_id, row_version, .. } = row;
            let of_row = (Micros::new(row.value_micros), vintage.clone());
            let measurement = Measurement::new(measure_id, service_id, row_version, of_row);
            by_comune.entry(row.comune_id).or_default().push(measurement);
        }
    }
    for rows in by_comune.values_mut() {
        rows.sort_by_key(|row| row.vintage.reference_date);
    }
    Ok(by_comune)
}

/// Rows of a table of what belongs to services, in order: the service, and a column more.
async fn of_services<T: DeserializeOwned>(
    (db, part): (&impl ConnectionTrait, Part),
    table: &str,
    column: &str,
) -> Result<HashMap<i64, Vec<T>>> {
    let columns = format!("position, id, service_id, {column}");
    let mut rows: Vec<(i32, i64, i64, T)> =
        packed::table(db, &columns, part.rows(table, "service_id", Of::Service)).await?;
    rows.sort_unstable_by_key(|(position, id, ..)| (*position, *id));
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for (_, _, service, value) in rows {
        groups.entry(service).or_default().push(value);
    }
    Ok(groups)
}

async fn indicators(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, Vec<indicator::Model>>> {
    type Row = (i64, i64, i32, String, Option<String>, Option<i64>, Bit, i32);
    let at_most = bit("at_most");
    let columns = format!("id, service_id, position, name, unit, target_micros, {at_most}, row_version");
    let from = part.rows("indicator", "service_id", Of::Service);
    let mut rows: Vec<Row> = packed::table(db, &columns, from).await?;
    rows.sort_unstable_by_key(|(id, _, position, ..)| (*position, *id));
    let indicator = |(id, service_id, position, name, unit, target_micros, at_most, row_version): Row| {
        indicator::Model { id, service_id, position, name, unit, target_micros, at_most: at_most.0, row_version }
    };
    Ok(group(rows.into_iter().map(indicator), |row| row.service_id))
}

/// The criteria of measures of benefits, in order, by measure.
async fn criteria(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, Vec<benefit_criterion::Model>>> {
    type Row = (i64, i64, i32, String, String, i32, i32);
    let columns = "c.id, c.benefit_measure_id, c.position, c.code, c.name, c.points, c.maximum_times";
    let table = "benefit_criterion c JOIN benefit_measure m ON m.id = c.benefit_measure_id";
    let mut rows: Vec<Row> = packed::table(db, columns, part.rows(table, "m.service_id", Of::Service)).await?;
    rows.sort_unstable_by_key(|(id, _, position, ..)| (*position, *id));
    let criterion = |(id, benefit_measure_id, position, code, name, points, maximum_times): Row| {
        benefit_criterion::Model { id, benefit_measure_id, position, code, name, points, maximum_times }
    };
    Ok(group(rows.into_iter().map(criterion), |row| row.benefit_measure_id))
}

/// Measures of benefits with their criteria, by service.
fn with_criteria(
    measures: HashMap<i64, Vec<benefit_measure::Model>>,
    mut criteria: HashMap<i64, Vec<benefit_criterion::Model>>,
) -> HashMap<i64, Vec<Arc<BenefitMeasureEntry>>> {
    let mut entry = |row: benefit_measure::Model| {
        let criteria = criteria.remove(&row.id).unwrap_or_default();
        Arc::new(BenefitMeasureEntry { row, criteria })
    };
    measures.into_iter().map(|(service, rows)| (service, rows.into_iter().map(&mut entry).collect())).collect()
}

async fn services(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, Vec<Arc<ServiceEntry>>>> {
    macro_rules! details {
        ($table:ident) => {
            group(
                $table::Entity::find()
                    .filter(part.of_service($table::Column::ServiceId))
                    .order_by_asc($table::Column::Position)
                    .order_by_asc($table::Column::Id)
                    .all(db)
                    .await?,
                |row| row.service_id,
            )
        };
    }
    if matches!(part, Part::Comune(_)) {
        return Ok(HashMap::new());
    }
    // What every service has comes packed.
    let mut targets: HashMap<i64, Vec<String>> = of_services((db, part), "service_target", "name").await?;
    let mut tasks: HashMap<i64, Vec<String>> = of_services((db, part), "service_task", "name").await?;
    let mut funds: HashMap<i64, Vec<i64>> = of_services((db, part), "service_fund", "fund_id").await?;
    let mut indicators = indicators(db, part).await?;
    let mut projects = details!(project);
    let measures: HashMap<i64, Vec<benefit_measure::Model>> = details!(benefit_measure);
    let mut benefits = with_criteria(measures, criteria(db, part).await?);
    let rows = service::Entity::find()
        .filter(part.of_ambito(service::Column::AmbitoId))
        .order_by_asc(service::Column::Position)
        .order_by_asc(service::Column::Code)
        .all(db)
        .await?;
    let entries = rows.into_iter().map(|row| {
        let id = row.id;
        Arc::new(ServiceEntry {
            row,
            targets: targets.remove(&id).unwrap_or_default(),
            tasks: tasks.remove(&id).unwrap_or_default(),
            indicators: indicators.remove(&id).unwrap_or_default(),
            funds: funds.remove(&id).unwrap_or_default(),
            projects: projects.remove(&id).unwrap_or_default(),
            benefit_measures: benefits.remove(&id).unwrap_or_default(),
        })
    });
    Ok(group(entries, |entry| entry.row.ambito_id))
}
