//! What agreements say, version by version: of many agreements at once, in as many statements as for one, and only the tables that were asked for.
//!
//! What a version says never changes; how far its milestones have come does. Both are read as of one instant.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use entity::{
    agreement_area, agreement_contribution, agreement_contribution_item, agreement_instalment, agreement_line,
    agreement_line_part, agreement_milestone, agreement_partner, agreement_perimeter, agreement_programme,
    agreement_programme_year, agreement_recurrence, agreement_service, agreement_version, milestone_progress,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::{Error, Result};
use crate::limits::AGREEMENT_ROWS_AN_ANSWER_MAX;
use crate::store::load_master::group;
use crate::store::packed::IDS_A_STATEMENT;
use crate::store::{Store, Write};

/// Which tables of a version are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parts(u16);

impl Parts {
    /// None: the version's own row.
    pub const NONE: Self = Self(0);
    /// The partners.
    pub const PARTNERS: Self = Self(1);
    /// The services.
    pub const SERVICES: Self = Self(1 << 1);
    /// The areas.
    pub const AREAS: Self = Self(1 << 2);
    /// The lines, with their parts.
    pub const LINES: Self = Self(1 << 3);
    /// The contributions of partners, with their items.
    pub const CONTRIBUTIONS: Self = Self(1 << 4);
    /// The instalments.
    pub const INSTALMENTS: Self = Self(1 << 5);
    /// The milestones, and how far they have come.
    pub const MILESTONES: Self = Self(1 << 6);
    /// The days that come again.
    pub const RECURRENCES: Self = Self(1 << 7);
    /// What it is worth, by year.
    pub const PERIMETERS: Self = Self(1 << 8);
    /// The programmes.
    pub const PROGRAMMES: Self = Self(1 << 9);
    /// All of them.
    pub const ALL: Self = Self((1 << 10) - 1);

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of the others are among them.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which versions of an agreement are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// All of them.
    All,
    /// The one in force on a day: the latest that holds from a day not after it, also once its period is over.
    InForceOn(NaiveDate),
    /// The latest, also where it holds from a later day only.
    Latest,
}

/// What is asked of one agreement, by row id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The agreement.
    pub agreement: i64,
    /// Which versions.
    pub which: Which,
    /// Which tables.
    pub parts: Parts,
}

/// A version whole, or as much of it as was asked for. Rows are in their order.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its row.
    pub row: agreement_version::Model,
    /// Which of the lists below were read; the others are empty.
    pub parts: Parts,
    /// Row ids of its partners.
    pub partners: Vec<i64>,
    /// Row ids of the services that it is tied to.
    pub services: Vec<i64>,
    /// Its areas.
    pub areas: Vec<agreement_area::Model>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What partners add.
    pub contributions: Vec<Contribution>,
    /// Its instalments.
    pub instalments: Vec<agreement_instalment::Model>,
    /// Its milestones.
    pub milestones: Vec<agreement_milestone::Model>,
    /// How far the agreement's milestones have come, by code.
    pub progress: Arc<HashMap<String, milestone_progress::Model>>,
    /// The days that come again.
    pub recurrences: Vec<agreement_recurrence::Model>,
    /// What it is worth, by year.
    pub perimeters: Vec<agreement_perimeter::Model>,
    /// Its programmes.
    pub programmes: Vec<agreement_programme::Model>,
    /// What these are worth, by year.
    pub programme_years: Vec<agreement_programme_year::Model>,
}

/// A line with its parts.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its row.
    pub row: agreement_line::Model,
    /// Its parts.
    pub parts: Vec<agreement_line_part::Model>,
}

/// A contribution with its items.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// Its row.
    pub row: agreement_contribution::Model,
    /// Its items.
    pub items: Vec<agreement_contribution_item::Model>,
}

/// The versions that were asked for, oldest first.
pub type Versions = Arc<[Arc<Version>]>;

/// Reads what is asked of many agreements, as many statements for many as for one.
pub async fn read(store: &Store, asked: &[Asked]) -> Result<HashMap<Asked, Result<Versions>>> {
    let snapshot = store.read_for_client().await?;
    let found = read_within(snapshot.tx(), asked).await;
    snapshot.end(found).await
}

/// The same as a write has left it, which lasts only later.
pub async fn written(write: &Write, asked: Asked) -> Result<Versions> {
    let found = read_within(write.tx(), &[asked]).await?.remove(&asked);
    found.unwrap_or_else(|| Ok(Versions::from([])))
}

/// The same on a connection. An agreement that is not there has no versions.
pub(in crate::store) async fn read_within(
    db: &impl ConnectionTrait,
    asked: &[Asked],
) -> Result<HashMap<Asked, Result<Versions>>> {
    let agreements: BTreeSet<i64> = asked.iter().map(|one| one.agreement).collect();
    let agreements: Vec<i64> = agreements.into_iter().collect();
    let heads = heads(db, &agreements).await?;
    // Together, so that many questions need no more statements than one.
    let parts = asked.iter().fold(Parts::NONE, |parts, one| parts.and(one.parts));
    let wanted = asked.iter().flat_map(|one| one.which.of(heads.get(&one.agreement).map_or(&[], Vec::as_slice)));
    let wanted: HashMap<i64, agreement_version::Model> = wanted.map(|row| (row.id, row.clone())).collect();
    let rows: i64 = wanted.values().map(|row| parts.rows(row)).sum();
    if usize::try_from(rows).map_err(Error::internal)? > AGREEMENT_ROWS_AN_ANSWER_MAX {
        return Ok(asked.iter().map(|one| (*one, Err(too_many()))).collect());
    }
    let progress = if parts.has(Parts::MILESTONES) { progress(db, &agreements).await? } else { HashMap::new() };
    let versions = whole(db, wanted, parts, &progress).await?;
    let answer = |one: &Asked| -> Result<Versions> {
        let rows = one.which.of(heads.get(&one.agreement).map_or(&[], Vec::as_slice));
        let version = |row: &agreement_version::Model| match versions.get(&row.id) {
            Some(version) if version.has_all() => Ok(version.clone()),
            _ => Err(Error::broken("version of agreement", row.id)),
        };
        rows.iter().map(version).collect()
    };
    Ok(asked.iter().map(|one| (*one, answer(one))).collect())
}

/// What is said where an answer would read more rows than is bearable.
pub(in crate::store) fn too_many() -> Error {
    Error::bad_request(
        format!(
            "Gli accordi hanno più di {AGREEMENT_ROWS_AN_ANSWER_MAX} righe: chiedere meno accordi, versioni o elenchi."
        ),
        format!(
            "The agreements have more than {AGREEMENT_ROWS_AN_ANSWER_MAX} rows: ask for fewer agreements, versions or lists."
        ),
    )
}

impl Parts {
    /// How many rows of a version are read for these parts.
    fn rows(self, row: &agreement_version::Model) -> i64 {
        let counts = [
            (Self::PARTNERS, row.partner_count),
            (Self::SERVICES, row.service_count),
            (Self::AREAS, row.area_count),
            (Self::LINES, row.line_count),
            (Self::LINES, row.line_part_count),
            (Self::CONTRIBUTIONS, row.contribution_count),
            (Self::CONTRIBUTIONS, row.contribution_item_count),
            (Self::INSTALMENTS, row.instalment_count),
            (Self::MILESTONES, row.milestone_count),
            (Self::RECURRENCES, row.recurrence_count),
            (Self::PERIMETERS, row.perimeter_count),
            (Self::PROGRAMMES, row.programme_count),
            (Self::PROGRAMMES, row.programme_year_count),
        ];
        let asked = counts.into_iter().filter(|(part, _)| self.has(*part));
        1 + asked.map(|(_, count)| i64::from(count)).sum::<i64>()
    }
}

impl Which {
    /// Which of the versions of one agreement, which come by number. An amendment of the running period may have a later number than a renewal for a coming one.
    fn of(self, heads: &[agreement_version::Model]) -> &[agreement_version::Model] {
        self.among(heads, |row| row.effective_from)
    }

    /// The same of anything that tells from when each holds.
    pub fn among<T>(self, versions: &[T], from: impl Fn(&T) -> NaiveDate) -> &[T] {
        let at = match self {
            Self::All => return versions,
            Self::InForceOn(day) => {
                let held = versions.iter().enumerate().filter(|(_, version)| from(version) <= day);
                held.max_by_key(|(_, version)| from(version)).map(|(at, _)| at)
            }
            Self::Latest => versions.len().checked_sub(1),
        };
        at.map_or(&[], |at| &versions[at..=at])
    }
}

/// The rows of the versions of each agreement, by number.
async fn heads(db: &impl ConnectionTrait, agreements: &[i64]) -> Result<HashMap<i64, Vec<agreement_version::Model>>> {
    let mut heads = HashMap::new();
    for ids in agreements.chunks(IDS_A_STATEMENT) {
        let column = agreement_version::Column::AgreementId;
        let some = agreement_version::Entity::find().filter(column.is_in(ids.iter().copied()));
        let rows = some.order_by_asc(agreement_version::Column::Number).all(db).await?;
        heads.extend(group(rows, |row| row.agreement_id));
    }
    Ok(heads)
}

/// How far the milestones of each agreement have come, by code.
async fn progress(
    db: &impl ConnectionTrait,
    agreements: &[i64],
) -> Result<HashMap<i64, Arc<HashMap<String, milestone_progress::Model>>>> {
    let mut progress = HashMap::new();
    for ids in agreements.chunks(IDS_A_STATEMENT) {
        let column = milestone_progress::Column::AgreementId;
        let rows = milestone_progress::Entity::find().filter(column.is_in(ids.iter().copied())).all(db).await?;
        for (agreement, rows) in group(rows, |row| row.agreement_id) {
            let by_code = rows.into_iter().map(|row| (row.code.clone(), row)).collect();
            progress.insert(agreement, Arc::new(by_code));
        }
    }
    Ok(progress)
}

/// Rows of one table of some versions, by version and in their order; none where the table was not asked for.
macro_rules! rows {
    ($db:expr, $table:ident, $ids:expr, $asked:expr) => {{
        let mut rows = HashMap::new();
        for ids in $ids.chunks(IDS_A_STATEMENT).filter(|_| $asked) {
            let some = $table::Entity::find().filter($table::Column::VersionId.is_in(ids.iter().copied()));
            let some = some.order_by_asc($table::Column::VersionId).order_by_asc($table::Column::Position);
            rows.extend(group(some.all($db).await?, |row| row.version_id));
        }
        rows
    }};
}

/// Versions by row id, with the tables that were asked for.
async fn whole(
    db: &impl ConnectionTrait,
    rows: HashMap<i64, agreement_version::Model>,
    parts: Parts,
    progress: &HashMap<i64, Arc<HashMap<String, milestone_progress::Model>>>,
) -> Result<HashMap<i64, Arc<Version>>> {
    let mut ids: Vec<i64> = rows.keys().copied().collect();
    ids.sort_unstable();
    let mut partners = rows!(db, agreement_partner, ids, parts.has(Parts::PARTNERS));
    let mut services = rows!(db, agreement_service, ids, parts.has(Parts::SERVICES));
    let mut areas = rows!(db, agreement_area, ids, parts.has(Parts::AREAS));
    let mut lines = rows!(db, agreement_line, ids, parts.has(Parts::LINES));
    let mut line_parts = rows!(db, agreement_line_part, ids, parts.has(Parts::LINES));
    let mut contributions = rows!(db, agreement_contribution, ids, parts.has(Parts::CONTRIBUTIONS));
    let mut items = rows!(db, agreement_contribution_item, ids, parts.has(Parts::CONTRIBUTIONS));
    let mut instalments = rows!(db, agreement_instalment, ids, parts.has(Parts::INSTALMENTS));
    let mut milestones = rows!(db, agreement_milestone, ids, parts.has(Parts::MILESTONES));
    let mut recurrences = rows!(db, agreement_recurrence, ids, parts.has(Parts::RECURRENCES));
    let mut perimeters = rows!(db, agreement_perimeter, ids, parts.has(Parts::PERIMETERS));
    let mut programmes = rows!(db, agreement_programme, ids, parts.has(Parts::PROGRAMMES));
    let mut programme_years = rows!(db, agreement_programme_year, ids, parts.has(Parts::PROGRAMMES));
    let mut versions = HashMap::with_capacity(rows.len());
    for (id, row) in rows {
        let mut own_parts = group(line_parts.remove(&id).unwrap_or_default(), |part| part.line_id);
        let own_lines = lines.remove(&id).unwrap_or_default().into_iter();
        let mut own_items = group(items.remove(&id).unwrap_or_default(), |item| item.contribution_id);
        let own_contributions = contributions.remove(&id).unwrap_or_default().into_iter();
        let of_contribution = |row: agreement_contribution::Model| {
            let items = own_items.remove(&row.id).unwrap_or_default();
            Contribution { row, items }
        };
        let version = Version {
            parts,
            partners: partners.remove(&id).unwrap_or_default().into_iter().map(|row| row.partner_id).collect(),
            services: services.remove(&id).unwrap_or_default().into_iter().map(|row| row.service_id).collect(),
            areas: areas.remove(&id).unwrap_or_default(),
            lines: own_lines.map(|row| Line { parts: own_parts.remove(&row.id).unwrap_or_default(), row }).collect(),
            contributions: own_contributions.map(of_contribution).collect(),
            instalments: instalments.remove(&id).unwrap_or_default(),
            milestones: milestones.remove(&id).unwrap_or_default(),
            progress: progress.get(&row.agreement_id).cloned().unwrap_or_default(),
            recurrences: recurrences.remove(&id).unwrap_or_default(),
            perimeters: perimeters.remove(&id).unwrap_or_default(),
            programmes: programmes.remove(&id).unwrap_or_default(),
            programme_years: programme_years.remove(&id).unwrap_or_default(),
            row,
        };
        versions.insert(id, Arc::new(version));
    }
    Ok(versions)
}

impl Version {
    /// Whether it has as many rows as it says, of each table that was read.
    fn has_all(&self) -> bool {
        let row = &self.row;
        let line_parts: usize = self.lines.iter().map(|line| line.parts.len()).sum();
        let items: usize = self.contributions.iter().map(|one| one.items.len()).sum();
        let counts = [
            (Parts::PARTNERS, self.partners.len(), row.partner_count),
            (Parts::SERVICES, self.services.len(), row.service_count),
            (Parts::AREAS, self.areas.len(), row.area_count),
            (Parts::LINES, self.lines.len(), row.line_count),
            (Parts::LINES, line_parts, row.line_part_count),
            (Parts::CONTRIBUTIONS, self.contributions.len(), row.contribution_count),
            (Parts::CONTRIBUTIONS, items, row.contribution_item_count),
            (Parts::INSTALMENTS, self.instalments.len(), row.instalment_count),
            (Parts::MILESTONES, self.milestones.len(), row.milestone_count),
            (Parts::RECURRENCES, self.recurrences.len(), row.recurrence_count),
            (Parts::PERIMETERS, self.perimeters.len(), row.perimeter_count),
            (Parts::PROGRAMMES, self.programmes.len(), row.programme_count),
            (Parts::PROGRAMMES, self.programme_years.len(), row.programme_year_count),
        ];
        counts.iter().all(|(part, found, said)| !self.parts.has(*part) || i32::try_from(*found) == Ok(*said))
    }
}
