//! Payments of the comuni to their Ambito: recorded, and reversed where one was a mistake or did not arrive.
//!
//! Both are new rows; neither changes one. What a payment settles is `matching`'s.

use allocation::Cents;
use chrono::NaiveDate;
use entity::{ambito, comune, membership, payment};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::matching::{self, Meant};
use super::{Transaction, Write, digest};
use crate::auth::permit::PaymentPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::PAYMENT_REFERENCE_CHARACTERS_MAX;

/// What the audit trail calls both acts.
const RECORD: &str = "payment.record";
const REVERSE: &str = "payment.reverse";

/// A payment to be recorded. Numbers are row ids.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// The Ambito that was paid.
    pub ambito: i64,
    /// The comune that paid.
    pub comune: i64,
    /// The day on which it did; not after today.
    pub paid_on: NaiveDate,
    /// How much; above zero.
    pub amount: Cents,
    /// Reference of the transfer (CRO, TRN).
    pub reference: Option<String>,
    /// The charge that it is for; the oldest that are open where none is named.
    pub charge: Option<i64>,
}

/// Records a payment and settles charges by it: the one that it names, then the oldest that are open. What is left of it settles the next one that arises. Returns
/// its row id.
pub async fn record(write: &Write, permit: &PaymentPermit, new: &NewPayment) -> Result<i64> {
    let tx = write.tx();
    if !permit.covers(new.ambito) {
        return Err(Error::not_found("ambito", &new.ambito.to_string()));
    }
    if new.amount <= Cents::ZERO {
        return Err(Refusal::new(Code::Invalid).argument("amount").into());
    }
    if new.paid_on > write.clock().today() {
        return Err(Refusal::new(Code::Invalid).argument("paidOn").into());
    }
    check_reference(new.reference.as_deref())?;
    let member = membership::Entity::find()
        .filter(membership::Column::AmbitoId.eq(new.ambito))
        .filter(membership::Column::ComuneId.eq(new.comune));
    if member.one(tx).await?.is_none() {
        return Err(Error::not_found("comune", &new.comune.to_string()));
    }
    let row = payment::ActiveModel {
        ambito_id: Set(new.ambito),
        comune_id: Set(new.comune),
        paid_on: Set(new.paid_on),
        amount_cents: Set(new.amount.get()),
        reference: Set(new.reference.clone()),
        recorded_by: Set(permit.actor().to_owned()),
        recorded_at: Set(write.clock().now()),
        ..Default::default()
    };
    let id = payment::Entity::insert(row).exec(tx).await?.last_insert_id;
    let meant = new.charge.map(|charge| Meant { payment: id, charge });
    matching::settle(tx, new.ambito, Some(new.comune), meant).await?;
    audit(write, permit, RECORD, id).await?;
    Ok(id)
}

/// Reverses a payment: what it settled is open again, and is settled by what else is there. Returns the reversal's row id.
pub async fn reverse(
    write: &Write,
    permit: &PaymentPermit,
    payment: i64,
    on: NaiveDate,
    reason: Option<String>,
) -> Result<i64> {
    let tx = write.tx();
    let found = payment::Entity::find_by_id(payment).one(tx).await?.filter(|row| permit.covers(row.ambito_id));
    let found = found.ok_or_else(|| Error::not_found("payment", &payment.to_string()))?;
    let reversed = payment::Entity::find().filter(payment::Column::ReversesId.eq(payment)).one(tx).await?.is_some();
    if reversed || found.reverses_id.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("payment").into());
    }
    if on < found.paid_on || on > write.clock().today() {
        return Err(Refusal::new(Code::Invalid).argument("on").into());
    }
    check_reference(reason.as_deref())?;
    let row = payment::ActiveModel {
        ambito_id: Set(found.ambito_id),
        comune_id: Set(found.comune_id),
        paid_on: Set(on),
        amount_cents: Set(Cents::ZERO.checked_sub(Cents::new(found.amount_cents))?.get()),
        reference: Set(reason),
        reverses_id: Set(Some(payment)),
        recorded_by: Set(permit.actor().to_owned()),
        recorded_at: Set(write.clock().now()),
        ..Default::default()
    };
    let id = payment::Entity::insert(row).exec(tx).await?.last_insert_id;
    matching::take_back(tx, payment, id).await?;
    matching::settle(tx, found.ambito_id, Some(found.comune_id), None).await?;
    audit(write, permit, REVERSE, id).await?;
    Ok(id)
}

/// A text of one line that is not empty, or none.
fn check_reference(text: Option<&str>) -> Result<()> {
    let fits = |text: &str| {
        let length = text.chars().count();
        (1..=PAYMENT_REFERENCE_CHARACTERS_MAX).contains(&length)
            && text.trim() == text
            && !text.chars().any(char::is_control)
    };
    if text.is_none_or(fits) { Ok(()) } else { Err(Refusal::new(Code::Invalid).argument("reference").into()) }
}

/// Appends the event, with a digest of the row by its natural codes.
async fn audit(write: &Write, permit: &PaymentPermit, act: &str, id: i64) -> Result<()> {
    let row = payment::Entity::find_by_id(id).one(write.tx()).await?.ok_or_else(|| Error::broken("payment", id))?;
    let (ambito, comune) = codes(write.tx(), &row).await?;
    let paid_on = row.paid_on.to_string();
    let canonical = json!([ambito, comune, row.id, paid_on, row.amount_cents, row.reference, row.reverses_id]);
    let after = digest::of_value(&canonical)?;
    write.audit(permit.actor(), act, &format!("payment:{ambito}/{comune}/{id}"), None, Some(after)).await
}

/// Codes of the Ambito and of the comune.
async fn codes(tx: &Transaction, row: &payment::Model) -> Result<(String, String)> {
    let ambito = ambito::Entity::find_by_id(row.ambito_id).one(tx).await?;
    let comune = comune::Entity::find_by_id(row.comune_id).one(tx).await?;
    let both = ambito.zip(comune).ok_or_else(|| Error::broken("payment", row.id))?;
    Ok((both.0.code, both.1.istat_code))
}
