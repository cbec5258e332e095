//! The account of one comune with its Ambito, kept by the test: charges, payments, and which settles which. Written from what `docs/decisions.md` says of
//! charges, payments and statements.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::ledger::{Due, Plan, split, text};
use crate::support::figures::euro;

/// What is read of a statement, in the form of [`Account::statement`].
pub(super) const STATEMENT: &str = "charged paid outstanding overdue unmatched
    charges { number service { code } kind dueDate amount paid outstanding overdue chargedOn financialYear }
    payments { paidOn amount reversed }";

#[derive(Clone, Debug)]
struct Charge {
    year: i32,
    /// Place of the service in the programme, and its code.
    service: (usize, &'static str),
    kind: &'static str,
    number: usize,
    due: NaiveDate,
    cents: i128,
    charged_on: NaiveDate,
}

#[derive(Clone, Debug)]
struct Payment {
    paid_on: NaiveDate,
    cents: i128,
    /// Place of the payment that it takes back.
    reverses: Option<usize>,
}

/// What settles: a payment, or a credit, which is a charge below zero. By place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Payment(usize),
    Credit(usize),
}

#[derive(Clone, Debug)]
struct Match {
    charge: usize,
    by: By,
    cents: i128,
    /// The first day on which both sides are there.
    from: NaiveDate,
}

/// One comune's.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    charges: Vec<Charge>,
    payments: Vec<Payment>,
    matches: Vec<Match>,
}

/// Cents as the server writes them.
pub(super) fn money(cents: i128) -> String {
    format!("{}{}", if cents < 0 { "-" } else { "" }, euro(cents.abs()))
}

/// What a difference is due with: at a year's first act all its instalments, at a later one those after its day, at a settlement its day.
fn dues(plan: &Plan, kind: &str, act: NaiveDate) -> Vec<Due> {
    match kind {
        "INSTALMENT" => plan.schedule.clone(),
        "AMENDMENT" => plan.schedule.iter().filter(|due| due.day > act).copied().collect(),
        _ => {
            let last = plan.schedule.last().unwrap();
            vec![Due { day: last.day.max(act), percent: 100_000_000, ..*last }]
        }
    }
}

impl Account {
    /// What a year was charged for a service.
    pub(super) fn charged(&self, year: i32, service: &str) -> i128 {
        let own = self.charges.iter().filter(|charge| charge.year == year && charge.service.1 == service);
        own.map(|charge| charge.cents).sum()
    }

    /// Charges what an approved plan adds to what its year was charged, by an act of a day.
    pub(super) fn charge(&mut self, plan: &Plan, comune: &str, kind: &'static str, act: &str) {
        let act = act.parse().unwrap();
        let dues = dues(plan, kind, act);
        let percents: Vec<i128> = dues.iter().map(|due| due.percent).collect();
        for (place, service) in plan.services.iter().enumerate() {
            let difference = plan.quota(service.code, comune) - self.charged(plan.year, service.code);
            let parts = dues.iter().zip(split(difference, &percents)).filter(|(_, cents)| *cents != 0);
            self.charges.extend(parts.map(|(due, cents)| Charge {
                year: plan.year,
                service: (place, service.code),
                kind,
                number: due.number,
                due: due.day,
                cents,
                charged_on: act,
            }));
        }
        self.settle();
    }

    /// Records a payment, for the charge at a place where it names one. Gives its own place.
    pub(super) fn pay(&mut self, paid_on: NaiveDate, cents: i128, names: Option<usize>) -> usize {
        let at = self.payments.len();
        self.payments.push(Payment { paid_on, cents, reverses: None });
        if let Some(charge) = names {
            self.use_up(By::Payment(at), [charge]);
        }
        self.settle();
        at
    }

    /// What a payment has settled.
    pub(super) fn matched(&self, payment: usize) -> i128 {
        self.payments[payment].cents - self.left_of_payment(payment, NaiveDate::MAX)
    }

    /// Takes the newest payment back, and gives how much it was.
    pub(super) fn reverse_last(&mut self, on: NaiveDate) -> i128 {
        let at = self.payments.len();
        let (payment, cents) = (at - 1, self.payments[at - 1].cents);
        self.payments.push(Payment { paid_on: on, cents: -cents, reverses: Some(payment) });
        let settled: Vec<Match> = self.matches.iter().filter(|one| one.by == By::Payment(payment)).cloned().collect();
        for one in settled {
            let from = on.max(self.charges[one.charge].charged_on);
            self.matches.push(Match { by: By::Payment(at), cents: -one.cents, from, ..one });
        }
        self.settle();
        cents
    }

    /// The place of a charge of a year, by its service, kind and number.
    pub(super) fn find(&self, year: i32, service: &str, kind: &str, number: usize) -> usize {
        let is = |charge: &Charge| {
            (charge.year, charge.service.1, charge.kind, charge.number) == (year, service, kind, number)
        };
        self.charges.iter().position(is).unwrap()
    }

    /// What is open of a charge.
    fn open_of(&self, charge: usize) -> i128 {
        self.charges[charge].cents - self.paid(charge, NaiveDate::MAX)
    }

    /// What is left of a payment or a credit.
    fn left(&self, by: By) -> i128 {
        match by {
            By::Payment(at) => self.left_of_payment(at, NaiveDate::MAX),
            By::Credit(at) => -self.open_of(at),
        }
    }

    /// Settles charges, one after the other, by as much as is left.
    fn use_up(&mut self, by: By, charges: impl IntoIterator<Item = usize>) {
        let mut left = self.left(by);
        let other = match by {
            By::Payment(at) => self.payments[at].paid_on,
            By::Credit(at) => self.charges[at].charged_on,
        };
        for charge in charges {
            if left == 0 {
                return;
            }
            let cents = left.min(self.open_of(charge));
            if cents > 0 {
                let from = self.charges[charge].charged_on.max(other);
                self.matches.push(Match { charge, by, cents, from });
                left -= cents;
            }
        }
    }

    /// The oldest first: by due date, then by the code of the service.
    fn in_order(&self, is_wanted: impl Fn(&Charge) -> bool) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.charges.len()).filter(|at| is_wanted(&self.charges[*at])).collect();
        found.sort_by_key(|at| (self.charges[*at].due, self.charges[*at].service.1));
        found
    }

    /// Settles what is open by what is there: credits first, each its own service's charge of its own day, then its service's, then any; then payments.
    fn settle(&mut self) {
        for credit in self.in_order(|charge| charge.cents < 0) {
            let Charge { service, due, .. } = self.charges[credit];
            let same_day = self.in_order(|charge| charge.cents > 0 && charge.service == service && charge.due == due);
            let same_service = self.in_order(|charge| charge.cents > 0 && charge.service == service);
            let any = self.in_order(|charge| charge.cents > 0);
            self.use_up(By::Credit(credit), [same_day, same_service, any].concat());
        }
        let is_reversed = |at: usize| self.payments.iter().any(|other| other.reverses == Some(at));
        let mut payments: Vec<usize> =
            (0..self.payments.len()).filter(|at| self.payments[*at].cents > 0 && !is_reversed(*at)).collect();
        payments.sort_by_key(|at| self.payments[*at].paid_on);
        for payment in payments {
            self.use_up(By::Payment(payment), self.in_order(|charge| charge.cents > 0));
        }
    }

    /// What of a charge is settled on a day; what of a credit is used, below zero.
    fn paid(&self, charge: usize, on: NaiveDate) -> i128 {
        let until = || self.matches.iter().filter(|one| one.from <= on);
        let settled: i128 = until().filter(|one| one.charge == charge).map(|one| one.cents).sum();
        let used: i128 = until().filter(|one| one.by == By::Credit(charge)).map(|one| one.cents).sum();
        settled - used
    }

    fn left_of_payment(&self, payment: usize, on: NaiveDate) -> i128 {
        let used = self.matches.iter().filter(|one| one.by == By::Payment(payment) && one.from <= on);
        self.payments[payment].cents - used.map(|one| one.cents).sum::<i128>()
    }

    /// What is open of a year on a day, of what is due by another.
    pub(super) fn open(&self, year: i32, on: NaiveDate, due_by: NaiveDate) -> i128 {
        let own = self.charges.iter().enumerate();
        let own = own.filter(|(_, charge)| charge.year == year && charge.charged_on <= on && charge.due <= due_by);
        own.map(|(at, charge)| charge.cents - self.paid(at, on)).sum()
    }

    /// The statement of a year on a day, as the server is to answer it.
    pub(super) fn statement(&self, year: i32, on: NaiveDate) -> Value {
        let mut lines: Vec<usize> = (0..self.charges.len())
            .filter(|at| self.charges[*at].year == year && self.charges[*at].charged_on <= on)
            .collect();
        lines.sort_by_key(|at| (self.charges[*at].due, self.charges[*at].service.0));
        let mut sums = [0; 4];
        let mut charges = Vec::new();
        for at in &lines {
            let charge = &self.charges[*at];
            let paid = self.paid(*at, on);
            let outstanding = charge.cents - paid;
            let overdue = if charge.due < on { outstanding.max(0) } else { 0 };
            for (sum, cents) in sums.iter_mut().zip([charge.cents, paid, outstanding, overdue]) {
                *sum += cents;
            }
            charges.push(json!({
                "number": charge.number, "service": { "code": charge.service.1 }, "kind": charge.kind, "dueDate": text(charge.due),
                "amount": money(charge.cents), "paid": money(paid), "outstanding": money(outstanding), "overdue": money(overdue),
                "chargedOn": text(charge.charged_on), "financialYear": chrono::Datelike::year(&charge.due),
            }));
        }
        let mut made: Vec<usize> = (0..self.payments.len()).filter(|at| self.payments[*at].paid_on <= on).collect();
        made.sort_by_key(|at| self.payments[*at].paid_on);
        let is_reversed = |at: usize| made.iter().any(|other| self.payments[*other].reverses == Some(at));
        let settles = |at: usize| {
            let own = |one: &Match| one.by == By::Payment(at) && one.from <= on && lines.contains(&one.charge);
            self.matches.iter().any(own)
        };
        let is_listed = |at: usize| settles(at) || (!is_reversed(at) && self.left_of_payment(at, on) > 0);
        let payment = |at: &usize| {
            let payment = &self.payments[*at];
            json!({ "paidOn": text(payment.paid_on), "amount": money(payment.cents), "reversed": is_reversed(*at) })
        };
        let unmatched: i128 = made.iter().map(|at| self.left_of_payment(*at, on)).sum();
        let sums = sums.map(money);
        json!({
            "charged": sums[0], "paid": sums[1], "outstanding": sums[2], "overdue": sums[3], "unmatched": money(unmatched),
            "charges": charges, "payments": made.iter().filter(|at| is_listed(**at)).map(payment).collect::<Vec<_>>(),
        })
    }
}
