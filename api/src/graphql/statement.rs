//! The statement of a comune: what it was charged, what it has paid, and what is open.

use std::sync::Arc;

use async_graphql::{ID, SimpleObject};
use chrono::NaiveDate;

use super::batch::Batch;
use super::enums::ChargeKind;
use super::id::Key;
use super::payment::Payment;
use super::scalars::{Date, Euro};
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::statement::{self, Account, ChargeLine};

/// What a comune was charged for a year, what of it is paid and what is not, as of a day (estratto conto). An act counts from its day, a payment from the day it was
/// made. `charged` is always `paid` and `outstanding` together.
#[derive(SimpleObject)]
pub struct Statement {
    /// The year of the plans (anno).
    pub year: i32,
    /// The day it shows (alla data).
    pub as_of: Date,
    /// What the year was charged under the acts until then, credits taken off (importo addebitato).
    pub charged: Euro,
    /// What of it is paid, or set off against credits of the comune (pagato o compensato).
    pub paid: Euro,
    /// What of it is not; below zero the comune is owed it (residuo da pagare).
    pub outstanding: Euro,
    /// What of that was due before the day (scaduto).
    pub overdue: Euro,
    /// What the comune has paid, for any year, that has settled no charge yet; it will settle the next one (pagamenti da imputare).
    pub unmatched: Euro,
    /// The charges, by due date and service (addebiti).
    pub charges: Vec<Charge>,
    /// The payments that settled something of the year, and those of which something is left, by day; each with what it settled of the year (pagamenti).
    pub payments: Vec<Payment>,
}

/// What a comune is to pay on a day for one service, or is given back (addebito).
#[derive(SimpleObject)]
pub struct Charge {
    /// Opaque identifier (identificativo).
    pub id: ID,
    /// Number of the instalment that it is due with; 1 where it is due by itself (numero di rata).
    pub number: i32,
    /// The service (servizio).
    pub service: Service,
    /// What it is (tipo di addebito).
    pub kind: ChargeKind,
    /// The day it is due (scadenza).
    pub due_date: Date,
    /// How much; below zero it is a credit of the comune (importo).
    pub amount: Euro,
    /// What of it is paid or set off; of a credit what was used of it, below zero (pagato o compensato).
    pub paid: Euro,
    /// What of it is not (residuo).
    pub outstanding: Euro,
    /// What of that was due before the day (scaduto).
    pub overdue: Euro,
    /// The day of the act that it follows from (data della deliberazione).
    pub charged_on: Date,
    /// The financial year to book it in: that of its due date (esercizio finanziario).
    pub financial_year: i32,
    /// Mission and programme of D.Lgs. 118/2011, for example `"12.01"`, as they were when it was charged (missione e programma).
    pub mission_programme: Option<String>,
    /// Code of the tender (codice identificativo gara, CIG).
    pub cig: Option<String>,
    /// Code of the public investment project (codice unico di progetto, CUP).
    pub cup: Option<String>,
    /// Why it is charged, in Italian whatever the language of the request (causale).
    pub reason: String,
}

/// The accounts of one request. Comuni that are asked for together are read together.
#[derive(Default)]
pub(super) struct Statements(Batch<statement::Key, Arc<Account>>);

impl Statements {
    /// The account of a comune with an Ambito for a year.
    pub(super) async fn of(&self, store: &Store, key: statement::Key) -> Result<Arc<Account>> {
        let found = self.0.of(key, |asked| async move { statement::read(store, &asked).await }).await?;
        found.ok_or_else(|| Error::broken("account of comune", key.comune))
    }
}

impl Statement {
    pub(super) fn new(sight: &Sight, year: i32, day: NaiveDate, account: &Account) -> Result<Self> {
        let statement = account.on(day)?;
        Ok(Self {
            year,
            as_of: Date(day),
            charged: Euro(statement.charged),
            paid: Euro(statement.paid),
            outstanding: Euro(statement.outstanding),
            overdue: Euro(statement.overdue),
            unmatched: Euro(statement.unmatched),
            charges: statement.charges.into_iter().map(|line| charge(sight, line)).collect::<Result<_>>()?,
            payments: statement.payments.iter().map(|one| Payment::new(sight, one)).collect::<Result<_>>()?,
        })
    }
}

fn charge(sight: &Sight, line: ChargeLine) -> Result<Charge> {
    let ChargeLine { charge, paid, outstanding, overdue } = line;
    let service = sight.service(charge.service_id).ok_or_else(|| Error::broken("service of charge", charge.id))?;
    Ok(Charge {
        id: Key::Charge(charge.id).id(),
        number: charge.number,
        service: Service(service.clone()),
        kind: charge.kind.into(),
        due_date: Date(charge.due_date),
        amount: Euro(charge.amount),
        paid: Euro(paid),
        outstanding: Euro(outstanding),
        overdue: Euro(overdue),
        charged_on: Date(charge.charged_on),
        financial_year: charge.financial_year,
        mission_programme: charge.mission_programme,
        cig: charge.cig,
        cup: charge.cup,
        reason: charge.reason,
    })
}
