//! Ambiti: who runs social services together. An Ambito is never taken away and its code never changes, which the database itself sees to.

use entity::kinds::FundLevel;
use entity::{ambito, fund};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::book::Book;
use super::bundle::AmbitoRecord;
use super::change::{Change, next_revision};
use super::insert::insert_row;
use super::{Transaction, Write, digest, personal, shape};
use crate::auth::permit::{AmbitoPermit, RegistryPermit};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::AMBITI_MAX;

/// Code of the fund that stands for the comuni's quotas, where nobody names one: the first that is not another's.
const COMUNI_FUND_CODES: [&str; 3] = ["QUOTA_COMUNI", "COMUNI", "QUOTE_DEI_COMUNI"];
/// Its name.
const COMUNI_FUND_NAME: &str = "Quota dei Comuni";

/// What becomes of an Ambito; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct AmbitoChange {
    /// Name.
    pub name: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Province.
    pub province: Option<String>,
    /// The body that manages the services.
    pub managing_body: Option<String>,
    /// Its legal form.
    pub legal_form: Change<String>,
}

/// Writes a new Ambito, with the fund of what its comuni pay. Returns its row id.
pub async fn add(write: &Write, permit: &RegistryPermit, new: AmbitoRecord, book: &Book) -> Result<i64> {
    let mut new = checked(new)?;
    new.code = shape::code(new.code, "input.code")?;
    if book.ambito_by_code(&new.code).is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(book.ambiti().count(), AMBITI_MAX, "input.code")?;
    let id = insert(write.tx(), &new).await?;
    insert_comuni_fund(write.tx(), id, |_| false).await?;
    let after = canonical(&new)?;
    write.audit(permit.actor(), "ambito.add", &subject(&new.code), None, Some(after)).await?;
    Ok(id)
}

/// Changes an Ambito that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &AmbitoPermit,
    revision: i32,
    change: AmbitoChange,
    book: &Book,
) -> Result<()> {
    let old = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let next = next_revision(old.row.row_version, revision)?;
    let before = AmbitoRecord {
        code: old.row.code.clone(),
        name: old.row.name.clone(),
        region: old.row.region.clone(),
        province: old.row.province.clone(),
        managing_body: old.row.managing_body.clone(),
        legal_form: old.row.legal_form.clone(),
    };
    let AmbitoChange { name, region, province, managing_body, legal_form } = change;
    let after = checked(AmbitoRecord {
        code: before.code.clone(),
        name: name.unwrap_or_else(|| before.name.clone()),
        region: region.unwrap_or_else(|| before.region.clone()),
        province: province.unwrap_or_else(|| before.province.clone()),
        managing_body: managing_body.unwrap_or_else(|| before.managing_body.clone()),
        legal_form: legal_form.over(before.legal_form.clone()),
    })?;
    let digests = (canonical(&before)?, canonical(&after)?);
    let row = ambito::ActiveModel {
        name: Set(after.name),
        region: Set(after.region),
        province: Set(after.province),
        managing_body: Set(after.managing_body),
        legal_form: Set(after.legal_form),
        row_version: Set(next),
        ..Default::default()
    };
    ambito::Entity::update_many().set(row).filter(ambito::Column::Id.eq(old.row.id)).exec(write.tx()).await?;
    let subject = subject(&before.code);
    write.audit(permit.actor(), "ambito.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// The row of a new Ambito.
pub(super) async fn insert(tx: &Transaction, new: &AmbitoRecord) -> Result<i64> {
    Ok(insert_row!(
        tx,
        ambito {
            code: new.code.clone(),
            name: new.name.clone(),
            region: new.region.clone(),
            province: new.province.clone(),
            managing_body: new.managing_body.clone(),
            legal_form: new.legal_form.clone(),
        }
    ))
}

/// The fund of what the comuni pay: a source of coverage like the others, which every Ambito has from its first day.
pub(super) async fn insert_comuni_fund(tx: &Transaction, ambito: i64, is_taken: impl Fn(&str) -> bool) -> Result<()> {
    let free = COMUNI_FUND_CODES.iter().find(|code| !is_taken(code));
    let code = (*free.ok_or_else(|| Refusal::new(Code::Duplicate).argument("fund"))?).to_owned();
    let name = COMUNI_FUND_NAME.to_owned();
    insert_row!(tx, fund { ambito_id: ambito, code: code, name: name, level: FundLevel::Comuni });
    Ok(())
}

/// Refuses one thing more where there are this many.
pub(super) fn expect_room(count: usize, most: usize, argument: &str) -> Result<()> {
    if count < most {
        return Ok(());
    }
    let refusal = Refusal::new(Code::Invalid).argument(argument);
    Err(refusal.message(format!("Ce ne sono già {most}."), format!("There are {most} of them already.")).into())
}

/// The same, its texts checked; the code is not looked at.
fn checked(given: AmbitoRecord) -> Result<AmbitoRecord> {
    Ok(AmbitoRecord {
        code: given.code,
        name: personal::line(given.name, "input.name")?,
        region: personal::line(given.region, "input.region")?,
        province: shape::province(given.province, "input.province")?,
        managing_body: personal::line(given.managing_body, "input.managingBody")?,
        legal_form: given.legal_form.map(|text| personal::line(text, "input.legalForm")).transpose()?,
    })
}

fn subject(code: &str) -> String {
    format!("ambito:{code}")
}

fn canonical(ambito: &AmbitoRecord) -> Result<String> {
    let AmbitoRecord { code, name, region, province, managing_body, legal_form } = ambito;
    digest::of_value(&json!([code, name, region, province, managing_body, legal_form]))
}
