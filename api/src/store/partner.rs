//! Partners: the organisations that agreements are made with. The code never changes, since agreements name it.

use entity::partner;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::change::{Change, next_revision, own_ambito};
use super::insert::insert_row;
use super::{Write, digest, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::PARTNERS_AN_AMBITO_MAX;
use crate::store::book::Book;

/// Digits of the tax code of an organisation, the same as of its VAT number.
const TAX_CODE_DIGITS: usize = 11;

/// Characters of a name.
const NAME_CHARACTERS_MAX: usize = 200;

/// A partner to be.
#[derive(Clone, Debug)]
pub struct NewPartner {
    /// Code, unique in the Ambito.
    pub code: String,
    /// Name.
    pub name: String,
    /// Tax code of the organisation.
    pub tax_code: Option<String>,
}

/// What becomes of a partner; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct PartnerChange {
    /// Name.
    pub name: Option<String>,
    /// Tax code of the organisation.
    pub tax_code: Change<String>,
}

/// Writes a new partner. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewPartner, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = shape::code(new.code, "input.code")?;
    let name = named(new.name)?;
    let tax_code = new.tax_code.map(|text| of_organisation(text, "input.taxCode")).transpose()?;
    if ambito.partners.iter().any(|partner| partner.code == code) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(ambito.partners.len(), PARTNERS_AN_AMBITO_MAX, "input.code")?;
    let after = canonical(&code, &name, tax_code.as_deref())?;
    let subject = subject(&ambito.row.code, &code);
    let id = insert_row!(write.tx(), partner { ambito_id: ambito.row.id, code: code, name: name, tax_code: tax_code });
    write.audit(permit.actor(), "partner.add", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Changes a partner that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: PartnerChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = ambito.partners.iter().find(|partner| partner.id == id).ok_or_else(|| Error::broken("partner", id))?;
    let next = next_revision(old.row_version, revision)?;
    let name = match change.name {
        Some(name) => named(name)?,
        None => old.name.clone(),
    };
    let tax_code = change.tax_code.checked(|text| of_organisation(text, "input.taxCode"))?.over(old.tax_code.clone());
    let before = canonical(&old.code, &old.name, old.tax_code.as_deref())?;
    let after = canonical(&old.code, &name, tax_code.as_deref())?;
    let row =
        partner::ActiveModel { name: Set(name), tax_code: Set(tax_code), row_version: Set(next), ..Default::default() };
    partner::Entity::update_many().set(row).filter(partner::Column::Id.eq(id)).exec(write.tx()).await?;
    let subject = subject(&ambito.row.code, &old.code);
    write.audit(permit.actor(), "partner.update", &subject, Some(before), Some(after)).await
}

fn named(name: String) -> Result<String> {
    personal::free(shape::line_of(name, "input.name", NAME_CHARACTERS_MAX)?, "input.name")
}

/// The tax code of an organisation has digits alone; that of a person, which is never stored, has letters.
fn of_organisation(text: String, argument: &str) -> Result<String> {
    if text.len() == TAX_CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    let (it, en) = (
        "Il codice fiscale di un ente ha undici cifre; quello di una persona non si registra.",
        "The tax code of an organisation has eleven digits; that of a person is not recorded.",
    );
    Err(shape::invalid(argument, it, en))
}

fn subject(ambito: &str, code: &str) -> String {
    format!("partner:{ambito}/{code}")
}

fn canonical(code: &str, name: &str, tax_code: Option<&str>) -> Result<String> {
    digest::of_value(&json!([code, name, tax_code]))
}
