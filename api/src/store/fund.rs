//! Funds: what covers a budget. The code and the level never change, since approved plans name them; the database sees to that.

use entity::fund;
use entity::kinds::FundLevel;
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::change::{next_revision, own_ambito};
use super::insert::insert_row;
use super::{Write, digest, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::FUNDS_AN_AMBITO_MAX;
use crate::store::book::Book;

/// A fund to be.
#[derive(Clone, Debug)]
pub struct NewFund {
    /// Code, unique in the Ambito.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whose money it is.
    pub level: FundLevel,
}

/// Writes a new fund. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewFund, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = shape::code(new.code, "input.code")?;
    let name = personal::line(new.name, "input.name")?;
    if ambito.funds.iter().any(|fund| fund.code == code) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    // What the comuni pay is listed under one fund, and an Ambito has it from its first day.
    if new.level == FundLevel::Comuni && ambito.funds.iter().any(|fund| fund.level == FundLevel::Comuni) {
        let refusal = Refusal::new(Code::Duplicate).argument("input.level");
        return Err(refusal
            .message("La quota dei Comuni è già tra i fondi.", "What the comuni pay is among the funds already.")
            .into());
    }
    expect_room(ambito.funds.len(), FUNDS_AN_AMBITO_MAX, "input.code")?;
    let after = canonical(&code, &name, new.level)?;
    let subject = subject(&ambito.row.code, &code);
    let id = insert_row!(write.tx(), fund { ambito_id: ambito.row.id, code: code, name: name, level: new.level });
    write.audit(permit.actor(), "fund.add", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Gives a fund another name, if one is given.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    name: Option<String>,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = ambito.funds.iter().find(|fund| fund.id == id).ok_or_else(|| Error::broken("fund", id))?;
    let next = next_revision(old.row_version, revision)?;
    let name = name.map_or_else(|| Ok(old.name.clone()), |name| personal::line(name, "input.name"))?;
    let digests = (canonical(&old.code, &old.name, old.level)?, canonical(&old.code, &name, old.level)?);
    let row = fund::ActiveModel { name: Set(name), row_version: Set(next), ..Default::default() };
    fund::Entity::update_many().set(row).filter(fund::Column::Id.eq(id)).exec(write.tx()).await?;
    let subject = subject(&ambito.row.code, &old.code);
    write.audit(permit.actor(), "fund.update", &subject, Some(digests.0), Some(digests.1)).await
}

fn subject(ambito: &str, code: &str) -> String {
    format!("fund:{ambito}/{code}")
}

fn canonical(code: &str, name: &str, level: FundLevel) -> Result<String> {
    digest::of_value(&json!([code, name, level.to_value()]))
}
