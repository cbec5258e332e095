//! The account of a comune with its Ambito: what a year was charged, what of it is paid, and how it stood on any day.
//!
//! A few statements read it for many comuni. A day is answered from what its acts and payments say: an act counts from its own day, a payment from the day it was
//! paid, whenever it was recorded. What a reversal opened again is open from the reversal's day on, whoever pays it then.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::kinds::ChargeKind;
use entity::payment;
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult};

use super::payment::{Matched, Recorded};
use super::{Store, Write, packed};
use crate::error::{Error, Result};

/// Whose account, with which Ambito, of which year. Numbers are row ids, but for the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The Ambito.
    pub ambito: i64,
    /// The comune.
    pub comune: i64,
    /// The year of the plans.
    pub year: i32,
}

/// A charge with what a comune books it by.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Row id.
    pub id: i64,
    /// Row id of the service.
    pub service_id: i64,
    /// The year of its plan.
    pub year: i32,
    /// What it is.
    pub kind: ChargeKind,
    /// Number of the instalment that it is due with.
    pub number: i32,
    /// The day it is due.
    pub due_date: NaiveDate,
    /// The financial year that it is booked in.
    pub financial_year: i32,
    /// How much; below zero it is a credit.
    pub amount: Cents,
    /// The day of the act that it follows from.
    pub charged_on: NaiveDate,
    /// Mission and programme of public accounts.
    pub mission_programme: Option<String>,
    /// Code of the tender.
    pub cig: Option<String>,
    /// Code of the public investment project.
    pub cup: Option<String>,
    /// Why it is charged.
    pub reason: String,
}

/// So much of a charge is settled, by a payment or by a credit.
#[derive(Clone, Copy, Debug)]
struct Settled {
    charge: i64,
    payment: Option<i64>,
    credit: Option<i64>,
    amount: Cents,
    /// The day from which it counts.
    from: NaiveDate,
}

/// A match as it is stored.
#[derive(Clone, Copy, Debug)]
struct Match {
    charge: i64,
    /// How much the charge comes to.
    of: Cents,
    payment: Option<i64>,
    /// The payment that this one reverses.
    reverses: Option<i64>,
    credit: Option<i64>,
    amount: Cents,
    /// The day from which both sides are there.
    day: NaiveDate,
}

/// All that a statement is made from.
#[derive(Clone, Debug, Default)]
pub struct Account {
    charges: Vec<Charge>,
    payments: Vec<payment::Model>,
    /// Of every year, in the order in which they were made: what is left of a payment depends on all of them.
    matches: Vec<Match>,
    /// The days from which they count.
    settled: Vec<Settled>,
}

/// How an account stood on a day.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What the year was charged, credits taken off.
    pub charged: Cents,
    /// What of it is paid, or set off.
    pub paid: Cents,
    /// What of it is not.
    pub outstanding: Cents,
    /// What of that should have been paid before the day.
    pub overdue: Cents,
    /// What was paid in all, of any year, and has settled nothing yet.
    pub unmatched: Cents,
    /// The charges, each with how it stood.
    pub charges: Vec<ChargeLine>,
    /// The payments that settled something of the year, and those of which something is left; each with what it settled of the year.
    pub payments: Vec<Recorded>,
}

/// How a charge stood on a day.
#[derive(Clone, Debug)]
pub struct ChargeLine {
    /// The charge.
    pub charge: Charge,
    /// What of it is paid, or set off; of a credit what was used, below zero.
    pub paid: Cents,
    /// What of it is not.
    pub outstanding: Cents,
    /// What of that should have been paid before the day.
    pub overdue: Cents,
}

/// Reads accounts, as many statements for many comuni as for one.
pub async fn read(store: &Store, keys: &[Key]) -> Result<HashMap<Key, Result<Arc<Account>>>> {
    let _place = store.place_to_read().await?;
    let found = read_all(store, keys).await;
    if found.is_err() {
        store.contact.failed();
    }
    found
}

async fn read_all(store: &Store, keys: &[Key]) -> Result<HashMap<Key, Result<Arc<Account>>>> {
    let tx = store.snapshot_at_the_door().await?;
    let accounts = read_within(&tx, keys).await?;
    tx.commit().await?;
    Ok(accounts.into_iter().map(|(key, account)| (key, account.checked().map(Arc::new))).collect())
}

/// An account as a write has left it, which lasts only later.
pub async fn written(write: &Write, key: Key) -> Result<Arc<Account>> {
    let account = read_within(write.tx(), &[key]).await?.remove(&key);
    account.ok_or_else(|| Error::broken("account of comune", key.comune))?.checked().map(Arc::new)
}

async fn read_within(tx: &impl ConnectionTrait, keys: &[Key]) -> Result<HashMap<Key, Account>> {
    let mut accounts: HashMap<Key, Account> = keys.iter().map(|key| (*key, Account::default())).collect();
    let mut comuni: Vec<i64> = keys.iter().map(|key| key.comune).collect();
    comuni.sort_unstable();
    comuni.dedup();
    for comuni in comuni.chunks(packed::IDS_A_STATEMENT) {
        read_charges(tx, comuni, &mut accounts).await?;
        read_payments(tx, comuni, &mut accounts).await?;
        read_matches(tx, comuni, &mut accounts).await?;
    }
    Ok(accounts)
}

async fn read_charges(tx: &impl ConnectionTrait, comuni: &[i64], into: &mut HashMap<Key, Account>) -> Result<()> {
    let (names, values) = packed::parameters(comuni);
    let sql = format!(
        "SELECT p.ambito_id, c.comune_id, p.year, c.id, b.service_id, b.kind, c.number, c.due_date, c.financial_year, \
           c.amount_cents, b.charged_on, b.mission_programme, b.cig, b.cup, b.reason \
         FROM charge c JOIN billing b ON b.id = c.billing_id JOIN plan p ON p.id = b.approved_plan_id \
           JOIN service s ON s.id = b.service_id \
         WHERE c.comune_id IN ({names}) ORDER BY c.due_date, s.position, s.code, c.id"
    );
    for row in packed::rows(tx, &sql, values).await? {
        let key =
            Key { ambito: row.try_get_by_index(0)?, comune: row.try_get_by_index(1)?, year: row.try_get_by_index(2)? };
        if let Some(account) = into.get_mut(&key) {
            account.charges.push(charge(&row)?);
        }
    }
    Ok(())
}

fn charge(row: &QueryResult) -> Result<Charge> {
    let kind: String = row.try_get_by_index(5)?;
    Ok(Charge {
        id: row.try_get_by_index(3)?,
        service_id: row.try_get_by_index(4)?,
        year: row.try_get_by_index(2)?,
        kind: ChargeKind::try_from_value(&kind)?,
        number: row.try_get_by_index(6)?,
        due_date: row.try_get_by_index(7)?,
        financial_year: row.try_get_by_index(8)?,
        amount: Cents::new(row.try_get_by_index(9)?),
        charged_on: row.try_get_by_index(10)?,
        mission_programme: row.try_get_by_index(11)?,
        cig: row.try_get_by_index(12)?,
        cup: row.try_get_by_index(13)?,
        reason: row.try_get_by_index(14)?,
    })
}

/// The accounts of a comune with an Ambito, of whichever year.
fn accounts_of(accounts: &mut HashMap<Key, Account>, ambito: i64, comune: i64) -> impl Iterator<Item = &mut Account> {
    let own = move |key: &Key| (key.ambito, key.comune) == (ambito, comune);
    accounts.iter_mut().filter(move |(key, _)| own(key)).map(|(_, account)| account)
}

async fn read_payments(tx: &impl ConnectionTrait, comuni: &[i64], into: &mut HashMap<Key, Account>) -> Result<()> {
    let rows = payment::Entity::find()
        .filter(payment::Column::ComuneId.is_in(comuni.iter().copied()))
        .order_by_asc(payment::Column::PaidOn)
        .order_by_asc(payment::Column::Id);
    for row in rows.all(tx).await? {
        accounts_of(into, row.ambito_id, row.comune_id).for_each(|account| account.payments.push(row.clone()));
    }
    Ok(())
}

async fn read_matches(tx: &impl ConnectionTrait, comuni: &[i64], into: &mut HashMap<Key, Account>) -> Result<()> {
    let (names, values) = packed::parameters(comuni);
    let sql = format!(
        "SELECT s.ambito_id, c.comune_id, m.charge_id, m.payment_id, m.credit_id, m.amount_cents, b.charged_on, \
           coalesce(p.paid_on, kb.charged_on), c.amount_cents, p.reverses_id \
         FROM payment_match m JOIN charge c ON c.id = m.charge_id JOIN billing b ON b.id = c.billing_id \
           JOIN service s ON s.id = b.service_id LEFT JOIN payment p ON p.id = m.payment_id \
           LEFT JOIN charge k ON k.id = m.credit_id LEFT JOIN billing kb ON kb.id = k.billing_id \
         WHERE c.comune_id IN ({names}) ORDER BY m.id"
    );
    for row in packed::rows(tx, &sql, values).await? {
        let (charged_on, paid_on): (NaiveDate, NaiveDate) = (row.try_get_by_index(6)?, row.try_get_by_index(7)?);
        let one = Match {
            charge: row.try_get_by_index(2)?,
            of: Cents::new(row.try_get_by_index(8)?),
            payment: row.try_get_by_index(3)?,
            reverses: row.try_get_by_index(9)?,
            credit: row.try_get_by_index(4)?,
            amount: Cents::new(row.try_get_by_index(5)?),
            day: charged_on.max(paid_on),
        };
        accounts_of(into, row.try_get_by_index(0)?, row.try_get_by_index(1)?)
            .for_each(|account| account.matches.push(one));
    }
    Ok(())
}

/// The days from which matches count. What a reversal opened was paid until its day, so whatever settles it counts from then at the earliest, even a payment of an
/// earlier day; and nothing is taken back before it counts. A match that takes a piece which was opened and one which was not becomes two.
fn settled(matches: &[Match]) -> Result<Vec<Settled>> {
    // What of each charge is open, and since which day.
    let mut open: HashMap<i64, Vec<(NaiveDate, Cents)>> = HashMap::new();
    let mut settled: Vec<Settled> = Vec::new();
    for &Match { charge, of, payment, reverses, credit, amount, day } in matches {
        let open = open.entry(charge).or_insert_with(|| vec![(NaiveDate::MIN, of)]);
        let mut left = amount;
        if reverses.is_some() {
            let taken = settled.iter().filter(|one| one.charge == charge && one.payment == reverses);
            for Settled { amount, from, .. } in taken.copied().collect::<Vec<_>>() {
                let from = from.max(day);
                left = left.checked_add(amount)?;
                open.push((from, amount));
                settled.push(Settled { charge, payment, credit, amount: Cents::ZERO.checked_sub(amount)?, from });
            }
        } else {
            // What was open on its day comes first, and of that what was opened last: older openings are of use to older payments.
            open.sort_unstable_by_key(|(since, _)| ((*since).max(day), Reverse(*since)));
            for (since, free) in &mut *open {
                let amount = left.min(*free);
                if amount > Cents::ZERO {
                    (left, *free) = (left.checked_sub(amount)?, free.checked_sub(amount)?);
                    settled.push(Settled { charge, payment, credit, amount, from: day.max(*since) });
                }
            }
            open.retain(|(_, free)| *free > Cents::ZERO);
        }
        if left != Cents::ZERO {
            return Err(Error::broken("what is paid of charge", charge));
        }
    }
    Ok(settled)
}

/// Refuses what lies beyond nothing on one side, or beyond the whole on the other.
fn within(part: Cents, whole: Cents, what: &'static str, id: i64) -> Result<()> {
    let fits = (whole.min(Cents::ZERO)..=whole.max(Cents::ZERO)).contains(&part);
    if fits { Ok(()) } else { Err(Error::broken(what, id)) }
}

impl Account {
    /// The account, where no charge and no payment is settled beyond its amount.
    fn checked(mut self) -> Result<Self> {
        self.settled = settled(&self.matches)?;
        let end = NaiveDate::MAX;
        for charge in &self.charges {
            self.paid_of(charge, end)?;
        }
        for payment in &self.payments {
            self.left_of(payment, end)?;
        }
        Ok(self)
    }

    /// What is settled of a charge on a day; of a credit, below zero, what was used of it.
    fn paid_of(&self, charge: &Charge, day: NaiveDate) -> Result<Cents> {
        let until = self.settled.iter().filter(|one| one.from <= day);
        let (mut settled, mut used) = (Vec::new(), Vec::new());
        for one in until {
            if one.charge == charge.id {
                settled.push(one.amount);
            }
            if one.credit == Some(charge.id) {
                used.push(one.amount);
            }
        }
        let paid = Cents::sum(settled)?.checked_sub(Cents::sum(used)?)?;
        within(paid, charge.amount, "what is paid of charge", charge.id)?;
        Ok(paid)
    }

    /// What of a payment has settled nothing on a day.
    fn left_of(&self, payment: &payment::Model, day: NaiveDate) -> Result<Cents> {
        let used = self.settled.iter().filter(|one| one.payment == Some(payment.id) && one.from <= day);
        let amount = Cents::new(payment.amount_cents);
        let left = amount.checked_sub(Cents::sum(used.map(|one| one.amount))?)?;
        within(left, amount, "what is left of payment", payment.id)?;
        Ok(left)
    }

    /// What a payment has settled of these charges on a day.
    fn matches(&self, payment: i64, day: NaiveDate, lines: &[ChargeLine]) -> Result<Vec<Matched>> {
        let own: Vec<_> = self.settled.iter().filter(|one| one.payment == Some(payment) && one.from <= day).collect();
        let mut matches = Vec::new();
        for ChargeLine { charge, .. } in lines {
            let mut parts = own.iter().filter(|one| one.charge == charge.id).map(|one| one.amount).peekable();
            if parts.peek().is_some() {
                let Charge { id, service_id, year, number, due_date, .. } = *charge;
                matches.push(Matched { charge: id, service_id, year, number, due_date, amount: Cents::sum(parts)? });
            }
        }
        Ok(matches)
    }

    /// How it stood on a day.
    pub fn on(&self, day: NaiveDate) -> Result<Statement> {
        let mut lines = Vec::new();
        for charge in self.charges.iter().filter(|charge| charge.charged_on <= day) {
            let paid = self.paid_of(charge, day)?;
            let outstanding = charge.amount.checked_sub(paid)?;
            let overdue = if charge.due_date < day { outstanding.max(Cents::ZERO) } else { Cents::ZERO };
            lines.push(ChargeLine { charge: charge.clone(), paid, outstanding, overdue });
        }
        let paid_by_then = || self.payments.iter().filter(|payment| payment.paid_on <= day);
        let (mut payments, mut unmatched) = (Vec::new(), Cents::ZERO);
        for payment in paid_by_then() {
            let left = self.left_of(payment, day)?;
            unmatched = unmatched.checked_add(left)?;
            let is_reversed = paid_by_then().any(|other| other.reverses_id == Some(payment.id));
            let matches = self.matches(payment.id, day, &lines)?;
            let is_left = !is_reversed && left > Cents::ZERO;
            if is_left || !matches.is_empty() {
                payments.push(Recorded { row: payment.clone(), is_reversed, matches });
            }
        }
        let sum = |of: fn(&ChargeLine) -> Cents| Cents::sum(lines.iter().map(of));
        let (charged, paid) = (sum(|line| line.charge.amount)?, sum(|line| line.paid)?);
        let (outstanding, overdue) = (sum(|line| line.outstanding)?, sum(|line| line.overdue)?);
        Ok(Statement { charged, paid, outstanding, overdue, unmatched, charges: lines, payments })
    }
}
