//! What monitoring needs of agreements: which programmes and which partners each had in which month. Both are those of the version that holds at the month's end; a programme
//! that says what it is worth in a year, or in some, is monitored in these years alone.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::error::Result;
use crate::store::Transaction;
use crate::store::activity::Month;
use crate::store::packed::{self, IDS_A_STATEMENT};

/// An agreement through its versions.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Row id.
    pub agreement: i64,
    /// Row id of the Ambito.
    pub ambito: i64,
    /// Code.
    pub code: String,
    /// Its versions, by the day from which each holds.
    versions: Vec<Version>,
}

/// A version, as far as it says what is monitored.
#[derive(Clone, Debug)]
struct Version {
    id: i64,
    effective_from: NaiveDate,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    partners: Vec<Partner>,
    programmes: Vec<Programme>,
}

/// A partner of a version.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Row id.
    pub id: i64,
    /// Code.
    pub code: String,
}

/// A programme of a version.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The years that alone it is of; none where it is of all.
    years: Vec<i32>,
}

impl Programme {
    fn is_of(&self, year: i32) -> bool {
        self.years.is_empty() || self.years.contains(&year)
    }
}

impl Terms {
    /// Its first and last month, through all versions.
    pub fn months(&self) -> Option<(Month, Month)> {
        let first = self.versions.iter().map(|version| version.starts_on).min()?;
        let last = self.versions.iter().map(|version| version.ends_on).max()?;
        Month::of(first).zip(Month::of(last))
    }

    /// The version that holds at the end of a month, where its period has a day of the month.
    fn in_month(&self, month: Month) -> Option<&Version> {
        let (first, last) = (month.first_day(), month.last_day());
        let version = self.versions.iter().rfind(|version| version.effective_from <= last)?;
        (version.starts_on <= last && version.ends_on >= first).then_some(version)
    }

    /// Whether some version covers a month.
    pub fn covers(&self, month: Month) -> bool {
        self.in_month(month).is_some()
    }

    /// The partners that it has in a month, in order; none where no version covers it.
    pub fn partners(&self, month: Month) -> &[Partner] {
        self.in_month(month).map(|version| &version.partners[..]).unwrap_or_default()
    }

    /// The partner with this row id, of whatever version.
    pub fn partner(&self, id: i64) -> Option<&Partner> {
        self.versions.iter().flat_map(|version| &version.partners).find(|partner| partner.id == id)
    }

    /// Whether this is one of its partners in a month.
    pub fn names(&self, partner: i64, month: Month) -> bool {
        self.partners(month).iter().any(|one| one.id == partner)
    }

    /// The programmes that it has in a month, in order.
    pub fn programmes(&self, month: Month) -> impl Iterator<Item = &Programme> {
        self.of_version(month).iter().filter(move |programme| programme.is_of(month.year()))
    }

    /// The name of a programme in a month, also of one that is not of the year: its report may be older than that.
    pub fn name(&self, programme: &str, month: Month) -> Option<&str> {
        self.of_version(month).iter().find(|one| one.code == programme).map(|one| one.name.as_str())
    }

    /// All programmes of the version that holds in a month, of whatever year.
    fn of_version(&self, month: Month) -> &[Programme] {
        self.in_month(month).map(|version| &version.programmes[..]).unwrap_or_default()
    }
}

/// Whose agreements are meant.
#[derive(Clone, Copy, Debug)]
pub enum Of<'i> {
    /// Those of these Ambiti.
    Ambiti(&'i [i64]),
    /// Those with these row ids.
    Ids(&'i [i64]),
}

/// Reads agreements in three statements.
pub async fn read(tx: &Transaction, of: Of<'_>) -> Result<Vec<Terms>> {
    let (column, ids) = match of {
        Of::Ambiti(ids) => ("a.ambito_id", ids),
        Of::Ids(ids) => ("a.id", ids),
    };
    let mut found = Vec::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        found.extend(read_some(tx, column, some).await?);
    }
    Ok(found)
}

async fn read_some(tx: &Transaction, column: &str, ids: &[i64]) -> Result<Vec<Terms>> {
    let (names, values) = packed::parameters(ids);
    let of = format!("FROM agreement a JOIN agreement_version v ON v.agreement_id = a.id WHERE {column} IN ({names})");
    let sql = format!(
        "SELECT a.id, a.ambito_id, a.code, v.id, v.effective_from, v.starts_on, v.ends_on {of} \
         ORDER BY a.ambito_id, a.code, v.effective_from, v.number"
    );
    let mut found: Vec<Terms> = Vec::new();
    // Where each version stands.
    let mut places: HashMap<i64, (usize, usize)> = HashMap::new();
    for row in packed::rows(tx, &sql, values.clone()).await? {
        let agreement: i64 = row.try_get_by_index(0)?;
        if found.last().is_none_or(|terms| terms.agreement != agreement) {
            let (ambito, code) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            found.push(Terms { agreement, ambito, code, versions: Vec::new() });
        }
        let at = found.len() - 1;
        let version = Version {
            id: row.try_get_by_index(3)?,
            effective_from: row.try_get_by_index(4)?,
            starts_on: row.try_get_by_index(5)?,
            ends_on: row.try_get_by_index(6)?,
            partners: Vec::new(),
            programmes: Vec::new(),
        };
        places.insert(version.id, (at, found[at].versions.len()));
        found[at].versions.push(version);
    }
    let which = format!("(SELECT v.id {of})");
    let sql = format!(
        "SELECT o.version_id, p.id, p.code FROM agreement_partner o JOIN partner p ON p.id = o.partner_id \
         WHERE o.version_id IN {which} ORDER BY o.version_id, o.position"
    );
    for row in packed::rows(tx, &sql, values.clone()).await? {
        let version: i64 = row.try_get_by_index(0)?;
        if let Some((at, version)) = places.get(&version) {
            let partner = Partner { id: row.try_get_by_index(1)?, code: row.try_get_by_index(2)? };
            found[*at].versions[*version].partners.push(partner);
        }
    }
    let sql = format!(
        "SELECT p.version_id, p.code, p.name, coalesce(p.year, y.year) FROM agreement_programme p \
         LEFT JOIN agreement_programme_year y ON y.version_id = p.version_id AND y.code = p.code \
         WHERE p.version_id IN {which} ORDER BY p.version_id, p.position, y.year"
    );
    for row in packed::rows(tx, &sql, values).await? {
        let version: i64 = row.try_get_by_index(0)?;
        let Some((at, version)) = places.get(&version) else { continue };
        let programmes = &mut found[*at].versions[*version].programmes;
        let (code, year): (String, Option<i32>) = (row.try_get_by_index(1)?, row.try_get_by_index(3)?);
        // One of several years has a row for each of them.
        if let Some(last) = programmes.last_mut().filter(|last| last.code == code) {
            last.years.extend(year);
        } else {
            programmes.push(Programme { code, name: row.try_get_by_index(2)?, years: year.into_iter().collect() });
        }
    }
    Ok(found)
}
