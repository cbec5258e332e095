//! A payment of a comune to its Ambito, with the charges that it settled.

use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Context, ID, SimpleObject};

use super::batch::Batch;
use super::comune::Comune;
use super::database::database;
use super::id::Key;
use super::scalars::{Date, DateTime, Euro};
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::payment::{self, Matched, Recorded};

/// A payment of a comune, or the reversal of one (pagamento, storno). Within a statement it shows what it settled of the year until the day; elsewhere, of all years
/// until now.
#[derive(SimpleObject)]
pub struct Payment {
    /// Opaque identifier (identificativo).
    #[graphql(owned)]
    pub id: ID,
    /// The comune that paid (Comune).
    pub comune: Comune,
    /// The day it was made, or reversed (data di pagamento).
    pub paid_on: Date,
    /// How much; below zero it is a reversal (importo).
    pub amount: Euro,
    /// Reference of the transfer, or why it is reversed (riferimento, CRO).
    pub reference: Option<String>,
    /// What it settled, over all charges (importo imputato).
    pub matched: Euro,
    /// What it settled, charge by charge, by due date and service (imputazioni).
    pub matches: Vec<PaymentMatch>,
    /// Whether it was reversed (stornato).
    pub reversed: bool,
    /// The payment that it reverses (pagamento stornato).
    pub reverses: Option<ID>,
    /// When it was recorded (registrato il).
    pub recorded_at: DateTime,
}

/// So much of a charge is settled by a payment (imputazione).
#[derive(SimpleObject)]
pub struct PaymentMatch {
    /// Identifier of the charge (addebito).
    pub charge: ID,
    /// The service (servizio).
    pub service: Service,
    /// The year of the plan that it was charged by (anno).
    pub year: i32,
    /// Number of the instalment that it is due with; 1 where it is due by itself (numero di rata).
    pub number: i32,
    /// The day it is due (scadenza).
    pub due_date: Date,
    /// How much; below zero of a reversal, which takes it back (importo imputato).
    pub amount: Euro,
}

/// The payments that one request asks for by their identifiers. Those that are asked for together are read together.
#[derive(Default)]
pub(super) struct Payments(Batch<i64, Arc<Recorded>>);

/// A payment by row id; none where it is unknown, or not for this asker.
pub(super) async fn find(ctx: &Context<'_>, sight: &Sight, id: i64) -> Result<Option<Payment>> {
    let store: &Store = database(ctx)?;
    let found = sight.payments().0.of(id, |asked| async move { payment::read(store, &asked).await }).await?;
    let may_see = |one: &Arc<Recorded>| sight.asker().sees_payments_of(one.row.ambito_id, one.row.comune_id);
    found.filter(may_see).map(|recorded| Payment::new(sight, &recorded)).transpose()
}

impl Payment {
    pub(super) fn new(sight: &Sight, recorded: &Recorded) -> Result<Self> {
        let Recorded { row, is_reversed, matches } = recorded;
        let comune =
            sight.book().comune(row.comune_id).ok_or_else(|| Error::broken("comune of payment", row.id))?.clone();
        Ok(Self {
            id: Key::Payment(row.id).id(),
            comune: Comune(comune),
            paid_on: Date(row.paid_on),
            amount: Euro(Cents::new(row.amount_cents)),
            reference: row.reference.clone(),
            matched: Euro(Cents::sum(matches.iter().map(|one| one.amount))?),
            matches: matches.iter().map(|one| publish(sight, one)).collect::<Result<_>>()?,
            reversed: *is_reversed,
            reverses: row.reverses_id.map(|id| Key::Payment(id).id()),
            recorded_at: DateTime(row.recorded_at),
        })
    }
}

fn publish(sight: &Sight, one: &Matched) -> Result<PaymentMatch> {
    let service = sight.service(one.service_id).ok_or_else(|| Error::broken("service of charge", one.charge))?;
    Ok(PaymentMatch {
        charge: Key::Charge(one.charge).id(),
        service: Service(service.clone()),
        year: one.year,
        number: one.number,
        due_date: Date(one.due_date),
        amount: Euro(one.amount),
    })
}
