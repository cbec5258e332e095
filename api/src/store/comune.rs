//! Comuni. One is never taken away and its ISTAT code never changes, which the database itself sees to.

use allocation::IstatCode;
use entity::comune;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::book::Book;
use super::change::{Change, next_revision};
use super::insert::insert_row;
use super::{Transaction, Write, digest, personal, shape};
use crate::auth::permit::{ComunePermit, RegistryPermit};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::COMUNI_MAX;

/// A comune to be.
#[derive(Clone, Debug)]
pub struct NewComune {
    /// The code that ISTAT gives it.
    pub istat_code: IstatCode,
    /// Name.
    pub name: String,
    /// The code that the land registry gives it.
    pub cadastral_code: Option<String>,
    /// Province.
    pub province: String,
}

/// What becomes of a comune; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ComuneChange {
    /// Name.
    pub name: Option<String>,
    /// The code that the land registry gives it.
    pub cadastral_code: Change<String>,
    /// Province.
    pub province: Option<String>,
}

/// Writes a new comune, which belongs to no Ambito yet. Returns its row id.
pub async fn add(write: &Write, permit: &RegistryPermit, new: NewComune, book: &Book) -> Result<i64> {
    let new = checked(new)?;
    if book.comune_by_istat(new.istat_code).is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.istatCode").comune(new.istat_code).into());
    }
    expect_room(book.comuni(), COMUNI_MAX, "input.istatCode")?;
    let id = insert(write.tx(), &new).await?;
    let after = canonical(&new)?;
    write.audit(permit.actor(), "comune.add", &subject(new.istat_code), None, Some(after)).await?;
    Ok(id)
}

/// Changes a comune that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &ComunePermit,
    revision: i32,
    change: ComuneChange,
    book: &Book,
) -> Result<()> {
    let old = book.comune(permit.comune()).ok_or_else(|| Error::broken("comune", permit.comune()))?;
    let next = next_revision(old.row.row_version, revision)?;
    let before = NewComune {
        istat_code: old.istat,
        name: old.row.name.clone(),
        cadastral_code: old.row.cadastral_code.clone(),
        province: old.row.province.clone(),
    };
    let after = checked(NewComune {
        istat_code: before.istat_code,
        name: change.name.unwrap_or_else(|| before.name.clone()),
        cadastral_code: change.cadastral_code.over(before.cadastral_code.clone()),
        province: change.province.unwrap_or_else(|| before.province.clone()),
    })?;
    let digests = (canonical(&before)?, canonical(&after)?);
    let row = comune::ActiveModel {
        name: Set(after.name),
        cadastral_code: Set(after.cadastral_code),
        province: Set(after.province),
        row_version: Set(next),
        ..Default::default()
    };
    comune::Entity::update_many().set(row).filter(comune::Column::Id.eq(old.row.id)).exec(write.tx()).await?;
    let subject = subject(before.istat_code);
    write.audit(permit.actor(), "comune.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// The row of a new comune.
pub(super) async fn insert(tx: &Transaction, new: &NewComune) -> Result<i64> {
    Ok(insert_row!(
        tx,
        comune {
            istat_code: new.istat_code.to_string(),
            name: new.name.clone(),
            cadastral_code: new.cadastral_code.clone(),
            province: new.province.clone(),
        }
    ))
}

fn checked(given: NewComune) -> Result<NewComune> {
    Ok(NewComune {
        istat_code: given.istat_code,
        name: personal::line(given.name, "input.name")?,
        cadastral_code: given.cadastral_code.map(|text| shape::cadastral(text, "input.cadastralCode")).transpose()?,
        province: shape::province(given.province, "input.province")?,
    })
}

fn subject(code: IstatCode) -> String {
    format!("comune:{code}")
}

fn canonical(comune: &NewComune) -> Result<String> {
    let NewComune { istat_code, name, cadastral_code, province } = comune;
    digest::of_value(&json!([istat_code.as_str(), name, cadastral_code, province]))
}
