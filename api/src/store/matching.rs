//! Matching: which charge is settled by which payment, or by which credit.
//!
//! Whatever is written, what is open is settled by what is there, at once: a credit (a charge below zero) first settles its own service's charge of its
//! own due date, then its service's others, then the oldest of all; a payment settles the oldest, by due date and then by the code of the service. So
//! no comune has something open and something left at the same time. It does not record payments.

use allocation::Cents;
use chrono::NaiveDate;
use entity::payment_match;
use sea_orm::{ActiveValue::Set, ConnectionTrait, Value};

use super::{insert, packed};
use crate::error::{Code, Refusal, Result};

/// A charge with what is open of it, or a credit with what is left of it (above zero).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Open {
    id: i64,
    comune: i64,
    due_date: NaiveDate,
    service: String,
    left: Cents,
}

/// A payment with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unmatched {
    id: i64,
    comune: i64,
    paid_on: NaiveDate,
    left: Cents,
}

/// What settles a charge; by row id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Credit(i64),
    Payment(i64),
}

/// So much of a charge is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Match {
    charge: i64,
    by: By,
    amount: Cents,
}

/// A payment that says which charge it is for; by row id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meant {
    pub(super) payment: i64,
    pub(super) charge: i64,
}

/// Settles what is open in an Ambito, of one comune or of all, by what is there. A charge that a payment is meant for must be open.
pub(super) async fn settle(
    tx: &impl ConnectionTrait,
    ambito: i64,
    comune: Option<i64>,
    meant: Option<Meant>,
) -> Result<()> {
    let credits = open(tx, ambito, comune, Side::Credits).await?;
    let payments = unmatched(tx, ambito, comune).await?;
    if credits.is_empty() && payments.is_empty() {
        return Ok(());
    }
    let charges = open(tx, ambito, comune, Side::Charges).await?;
    let matches = matches(charges, &credits, &payments, meant)?;
    insert::many(tx, matches.iter().map(row)).await
}

/// Takes back what a payment settled, in the name of its reversal.
pub(super) async fn take_back(tx: &impl ConnectionTrait, payment: i64, reversal: i64) -> Result<()> {
    let sql = "SELECT charge_id, CAST(sum(amount_cents) AS BIGINT) FROM payment_match WHERE payment_id = $1 \
               GROUP BY charge_id ORDER BY charge_id";
    let mut rows = Vec::new();
    for row_found in packed::rows(tx, sql, [payment.into()]).await? {
        let (charge, settled) = (row_found.try_get_by_index(0)?, Cents::new(row_found.try_get_by_index(1)?));
        let amount = Cents::ZERO.checked_sub(settled)?;
        rows.push(row(&Match { charge, by: By::Payment(reversal), amount }));
    }
    insert::many(tx, rows).await
}

fn row(one: &Match) -> payment_match::ActiveModel {
    let (payment, credit) = match one.by {
        By::Payment(id) => (Some(id), None),
        By::Credit(id) => (None, Some(id)),
    };
    payment_match::ActiveModel {
        charge_id: Set(one.charge),
        payment_id: Set(payment),
        credit_id: Set(credit),
        amount_cents: Set(one.amount.get()),
        ..Default::default()
    }
}

#[derive(Clone, Copy)]
enum Side {
    Charges,
    Credits,
}

/// The values of a query about an Ambito or one comune of it, and the condition on the column of the comune.
fn place(ambito: i64, comune: Option<i64>, column: &str) -> (Vec<Value>, String) {
    match comune {
        Some(comune) => (vec![ambito.into(), comune.into()], format!("AND {column} = $2")),
        None => (vec![ambito.into()], String::new()),
    }
}

async fn open(tx: &impl ConnectionTrait, ambito: i64, comune: Option<i64>, side: Side) -> Result<Vec<Open>> {
    let (values, of_comune) = place(ambito, comune, "c.comune_id");
    let (which, sign, matched_as) = match side {
        Side::Charges => ("c.amount_cents > 0", "", "charge_id"),
        Side::Credits => ("c.amount_cents < 0", "-", "credit_id"),
    };
    let sql = format!(
        "SELECT * FROM (SELECT c.id, c.comune_id, c.due_date, s.code, {sign}c.amount_cents \
           - CAST((SELECT coalesce(sum(m.amount_cents), 0) FROM payment_match m WHERE m.{matched_as} = c.id) AS BIGINT) \
           AS left_cents \
         FROM charge c JOIN billing b ON b.id = c.billing_id JOIN service s ON s.id = b.service_id \
         WHERE s.ambito_id = $1 AND {which} {of_comune}) AS o WHERE left_cents > 0"
    );
    let open = |row: &sea_orm::QueryResult| {
        Ok(Open {
            id: row.try_get_by_index(0)?,
            comune: row.try_get_by_index(1)?,
            due_date: row.try_get_by_index(2)?,
            service: row.try_get_by_index(3)?,
            left: Cents::new(row.try_get_by_index(4)?),
        })
    };
    packed::rows(tx, &sql, values).await?.iter().map(open).collect()
}

async fn unmatched(tx: &impl ConnectionTrait, ambito: i64, comune: Option<i64>) -> Result<Vec<Unmatched>> {
    let (values, of_comune) = place(ambito, comune, "p.comune_id");
    let sql = format!(
        "SELECT * FROM (SELECT p.id, p.comune_id, p.paid_on, p.amount_cents \
           - CAST((SELECT coalesce(sum(m.amount_cents), 0) FROM payment_match m WHERE m.payment_id = p.id) AS BIGINT) \
           AS left_cents \
         FROM payment p WHERE p.ambito_id = $1 {of_comune} AND p.amount_cents > 0 \
         AND NOT EXISTS (SELECT 1 FROM payment r WHERE r.reverses_id = p.id)) AS u WHERE left_cents > 0"
    );
    let unmatched = |row: &sea_orm::QueryResult| {
        Ok(Unmatched {
            id: row.try_get_by_index(0)?,
            comune: row.try_get_by_index(1)?,
            paid_on: row.try_get_by_index(2)?,
            left: Cents::new(row.try_get_by_index(3)?),
        })
    };
    packed::rows(tx, &sql, values).await?.iter().map(unmatched).collect()
}

/// What settles what. The order in which things are given does not matter.
fn matches(
    mut charges: Vec<Open>,
    credits: &[Open],
    payments: &[Unmatched],
    meant: Option<Meant>,
) -> Result<Vec<Match>> {
    charges.sort_by(|one, other| (one.due_date, &one.service, one.id).cmp(&(other.due_date, &other.service, other.id)));
    let mut matches = Vec::new();
    let mut payments = payments.to_vec();
    payments.sort_by_key(|payment| (payment.paid_on, payment.id));
    if let Some(Meant { payment, charge }) = meant {
        let named = charges.iter_mut().find(|open| open.id == charge);
        let paid = payments.iter_mut().find(|unmatched| unmatched.id == payment);
        let settled = || {
            let refusal = Refusal::new(Code::Invalid).argument("input.charge");
            refusal.message("Nulla di questo addebito resta da pagare.", "Nothing of this charge is left to pay.")
        };
        let (named, paid) = named.zip(paid).ok_or_else(settled)?;
        paid.left = use_up(paid.left, By::Payment(payment), named, &mut matches)?;
    }
    let mut credits = credits.to_vec();
    credits.sort_by(|one, other| (one.due_date, &one.service, one.id).cmp(&(other.due_date, &other.service, other.id)));
    for credit in credits {
        let mut left = credit.left;
        let nearness = |open: &Open| match open.service == credit.service {
            true if open.due_date == credit.due_date => 0,
            true => 1,
            false => 2,
        };
        for near in 0..=2 {
            for open in charges.iter_mut().filter(|open| open.comune == credit.comune && nearness(open) == near) {
                left = use_up(left, By::Credit(credit.id), open, &mut matches)?;
            }
        }
    }
    for payment in payments {
        let mut left = payment.left;
        for open in charges.iter_mut().filter(|open| open.comune == payment.comune) {
            left = use_up(left, By::Payment(payment.id), open, &mut matches)?;
        }
    }
    Ok(matches)
}

/// Settles as much of a charge as there is. Returns what is then left.
fn use_up(left: Cents, by: By, open: &mut Open, matches: &mut Vec<Match>) -> Result<Cents> {
    let amount = left.min(open.left);
    if amount > Cents::ZERO {
        open.left = open.left.checked_sub(amount)?;
        matches.push(Match { charge: open.id, by, amount });
    }
    Ok(left.checked_sub(amount)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, 1, number).unwrap()
    }

    fn open(id: i64, comune: i64, due: u32, service: &str, left: i64) -> Open {
        Open { id, comune, due_date: day(due), service: service.to_owned(), left: Cents::new(left) }
    }

    fn paid(id: i64, comune: i64, on: u32, left: i64) -> Unmatched {
        Unmatched { id, comune, paid_on: day(on), left: Cents::new(left) }
    }

    /// Credits, payments, a payment with the charge it is meant for, and what comes of it.
    type Case<'c> = (&'c [Open], &'c [Unmatched], Option<(i64, i64)>, &'c [(i64, i64, i64)]);

    /// Matches as (charge, payment or minus the credit, cents).
    fn check(
        charges: &[Open],
        credits: &[Open],
        payments: &[Unmatched],
        meant: Option<(i64, i64)>,
    ) -> Vec<(i64, i64, i64)> {
        let meant = meant.map(|(payment, charge)| Meant { payment, charge });
        let found = matches(charges.to_vec(), credits, payments, meant).unwrap();
        let mut reversed = charges.to_vec();
        reversed.reverse();
        assert_eq!(matches(reversed, credits, payments, meant).unwrap(), found);
        let flat = |one: &Match| match one.by {
            By::Payment(id) => (one.charge, id, one.amount.get()),
            By::Credit(id) => (one.charge, -id, one.amount.get()),
        };
        found.iter().map(flat).collect()
    }

    #[test]
    fn the_oldest_is_settled_first_and_nobody_pays_for_another() {
        let charges = [open(1, 7, 9, "B", 50), open(2, 7, 9, "A", 50), open(3, 7, 1, "Z", 30), open(4, 8, 1, "A", 99)];
        let cases: [Case<'_>; 8] = [
            (&[], &[paid(1, 7, 1, 30)], None, &[(3, 1, 30)]),
            (&[], &[paid(1, 7, 1, 81)], None, &[(3, 1, 30), (2, 1, 50), (1, 1, 1)]),
            // More than there is: what is left stays.
            (&[], &[paid(1, 7, 1, 999)], None, &[(3, 1, 30), (2, 1, 50), (1, 1, 50)]),
            // The payment of the earlier day, whatever its number.
            (&[], &[paid(1, 7, 2, 10), paid(2, 7, 1, 25)], None, &[(3, 2, 25), (3, 1, 5), (2, 1, 5)]),
            // One that says which charge it is for, and what is left of it.
            (&[], &[paid(1, 7, 1, 60)], Some((1, 1)), &[(1, 1, 50), (3, 1, 10)]),
            // A credit: its own service's charge of its day, its service's, the oldest.
            (&[open(9, 7, 9, "B", 60)], &[], None, &[(1, -9, 50), (3, -9, 10)]),
            (
                &[open(9, 7, 30, "A", 70)],
                &[paid(1, 7, 1, 15)],
                None,
                &[(2, -9, 50), (3, -9, 20), (3, 1, 10), (1, 1, 5)],
            ),
            (&[open(9, 6, 1, "A", 70)], &[paid(1, 5, 1, 15)], None, &[]),
        ];
        for (credits, payments, meant, expected) in cases {
            assert_eq!(check(&charges, credits, payments, meant), expected, "{credits:?} {payments:?} {meant:?}");
        }
    }

    #[test]
    fn a_charge_that_is_not_open_is_not_paid() {
        let meant = Some(Meant { payment: 1, charge: 2 });
        let refused = matches(vec![open(1, 7, 1, "A", 5)], &[], &[paid(1, 7, 1, 5)], meant);
        assert_eq!(refused.unwrap_err().code(), Code::Invalid);
    }
}
