//! Payments of the comuni to their Ambito: recorded, and reversed where one was a mistake or did not arrive.
//!
//! Both are new rows; neither changes one. What a payment settles is `matching`'s.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::{ambito, comune, membership, payment};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::matching::{self, Meant};
use super::shape::invalid;
use super::{Store, Transaction, Write, digest, packed, personal};
use crate::auth::permit::PaymentPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{PAYMENT_CENTS_MAX, PAYMENT_REFERENCE_CHARACTERS_MAX};

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
    check(new, write.clock().today())?;
    let member = membership::Entity::find()
        .filter(membership::Column::AmbitoId.eq(new.ambito))
        .filter(membership::Column::ComuneId.eq(new.comune));
    if member.one(tx).await?.is_none() {
        return Err(Refusal::new(Code::NotFound).argument("input.comune").into());
    }
    if let Some(charge) = new.charge {
        check_charge(tx, new, charge).await?;
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
    let found = found.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.payment"))?;
    let reversed = payment::Entity::find().filter(payment::Column::ReversesId.eq(payment)).one(tx).await?.is_some();
    if reversed || found.reverses_id.is_some() {
        let refusal = Refusal::new(Code::Duplicate).argument("input.payment");
        return Err(refusal.message("È già stornato, o è uno storno.", "It is reversed, or is a reversal.").into());
    }
    if on < found.paid_on || on > write.clock().today() {
        return Err(invalid(
            "input.reversedOn",
            "Lo storno va dal giorno del pagamento a oggi.",
            "A reversal is of a day from that of the payment to today.",
        ));
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

/// A text of one line that is not empty and tells of nobody, or none.
fn check_reference(text: Option<&str>) -> Result<()> {
    let fits = |text: &str| {
        let length = text.chars().count();
        (1..=PAYMENT_REFERENCE_CHARACTERS_MAX).contains(&length)
            && text.trim() == text
            && !text.chars().any(char::is_control)
    };
    if text.is_none_or(fits) {
        return text.map_or(Ok(()), |text| personal::refuse_reference(text, "input.reference"));
    }
    let most = PAYMENT_REFERENCE_CHARACTERS_MAX;
    let refusal = Refusal::new(Code::Invalid).argument("input.reference").message(
        format!("Serve una riga da 1 a {most} caratteri, senza spazi intorno."),
        format!("A line of 1 to {most} characters is needed, without blanks around it."),
    );
    Err(refusal.into())
}

/// What of a payment is wrong by itself.
fn check(new: &NewPayment, today: NaiveDate) -> Result<()> {
    if new.amount <= Cents::ZERO {
        return Err(invalid("input.amount", "Un pagamento è più di zero.", "A payment is above zero."));
    }
    if new.amount > Cents::new(PAYMENT_CENTS_MAX) {
        return Err(Refusal::new(Code::Overflow).argument("input.amount").into());
    }
    if new.paid_on > today {
        return Err(invalid("input.paidOn", "Il giorno è nel futuro.", "The day is in the future."));
    }
    check_reference(new.reference.as_deref())
}

/// The charge that a payment names: one of its comune and Ambito, and no credit. Another Ambito's is not there. Whether it is open is `matching`'s to say.
async fn check_charge(tx: &Transaction, new: &NewPayment, charge: i64) -> Result<()> {
    let sql = "SELECT c.comune_id, c.amount_cents FROM charge c JOIN billing b ON b.id = c.billing_id \
               JOIN service s ON s.id = b.service_id WHERE c.id = $1 AND s.ambito_id = $2";
    let rows = packed::rows(tx, sql, [charge.into(), new.ambito.into()]).await?;
    let row = rows.first().ok_or_else(|| Refusal::new(Code::NotFound).argument("input.charge"))?;
    let (comune, cents): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    if comune != new.comune {
        return Err(invalid("input.charge", "L'addebito è di un altro Comune.", "The charge is another comune's."));
    }
    if cents < 0 {
        return Err(invalid("input.charge", "È un credito: non si paga.", "It is a credit: nobody pays it."));
    }
    Ok(())
}

/// A payment with what became of it until now.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its row.
    pub row: payment::Model,
    /// Whether it was reversed.
    pub is_reversed: bool,
    /// What it settled, by due date and service.
    pub matches: Vec<Matched>,
}

/// So much of a charge is settled by a payment; below zero, taken back by a reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Row id of the charge.
    pub charge: i64,
    /// Row id of its service.
    pub service_id: i64,
    /// The year of its plan.
    pub year: i32,
    /// Number of the instalment that it is due with.
    pub number: i32,
    /// The day it is due.
    pub due_date: NaiveDate,
    /// How much.
    pub amount: Cents,
}

/// Reads payments, as many statements for many as for one. What is not there is left out.
pub async fn read(store: &Store, ids: &[i64]) -> Result<HashMap<i64, Result<Arc<Recorded>>>> {
    let snapshot = store.read_for_client().await?;
    let found = find(snapshot.tx(), ids).await;
    let found = snapshot.end(found).await?;
    Ok(found.into_iter().map(|(id, recorded)| (id, Ok(Arc::new(recorded)))).collect())
}

/// Row id of the Ambito that a payment was made to; none where there is no such payment.
pub async fn ambito(write: &Write, id: i64) -> Result<Option<i64>> {
    Ok(payment::Entity::find_by_id(id).one(write.tx()).await?.map(|row| row.ambito_id))
}

/// A payment as a write sees it, which may have just recorded it.
pub async fn written(write: &Write, id: i64) -> Result<Recorded> {
    find(write.tx(), &[id]).await?.remove(&id).ok_or_else(|| Error::broken("payment", id))
}

async fn find(db: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Recorded>> {
    let mut found = HashMap::new();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let some_ids = || some.iter().copied();
        let reversals = payment::Entity::find().filter(payment::Column::ReversesId.is_in(some_ids())).all(db).await?;
        let reversed: HashSet<i64> = reversals.into_iter().filter_map(|row| row.reverses_id).collect();
        let rows = payment::Entity::find().filter(payment::Column::Id.is_in(some_ids())).all(db).await?;
        let recorded = |row: payment::Model| {
            let is_reversed = reversed.contains(&row.id);
            (row.id, Recorded { row, is_reversed, matches: Vec::new() })
        };
        found.extend(rows.into_iter().map(recorded));
        let (names, values) = packed::parameters(some);
        let sql = format!(
            "SELECT m.payment_id, c.id, b.service_id, p.year, c.number, c.due_date, CAST(sum(m.amount_cents) AS BIGINT) \
             FROM payment_match m JOIN charge c ON c.id = m.charge_id JOIN billing b ON b.id = c.billing_id \
               JOIN plan p ON p.id = b.approved_plan_id JOIN service s ON s.id = b.service_id \
             WHERE m.payment_id IN ({names}) \
             GROUP BY m.payment_id, c.id, b.service_id, p.year, c.number, c.due_date, s.position, s.code \
             ORDER BY c.due_date, s.position, s.code, c.id"
        );
        for row in packed::rows(db, &sql, values).await? {
            let matched = Matched {
                charge: row.try_get_by_index(1)?,
                service_id: row.try_get_by_index(2)?,
                year: row.try_get_by_index(3)?,
                number: row.try_get_by_index(4)?,
                due_date: row.try_get_by_index(5)?,
                amount: Cents::new(row.try_get_by_index(6)?),
            };
            let payment: i64 = row.try_get_by_index(0)?;
            if let Some(recorded) = found.get_mut(&payment) {
                recorded.matches.push(matched);
            }
        }
    }
    Ok(found)
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
