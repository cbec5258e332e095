//! Whatever is approved and paid, and in whatever order: what was charged is the quotas of the plan in force, what is paid and what is not add up to it,
//! and all the money that came in is either on a charge or waiting for one.

use std::collections::BTreeMap;

use allocation::{Cents, Micros};
use api::auth::Role;
use api::store::bundle::{InstalmentRecord, PlanRecord};
use chrono::{NaiveDate, TimeDelta};
use entity::kinds::PlanKind;
use serde_json::{Value, json};

use super::{approve, import, pay, row_id, take_back};
use crate::support::figures::{list, wide};
use crate::support::{Server, workshop};

/// Years that are tried.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// Numbers that look like chance and are the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn cents(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).unwrap() + 1
    }

    /// A day of 2021 or 2022.
    fn day(&mut self) -> String {
        let days = TimeDelta::days(i64::try_from(self.below(700)).unwrap());
        (NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + days).to_string()
    }
}

/// A version of the plan with two services, sometimes one, other amounts and another schedule.
fn version(first: &PlanRecord, chance: &mut Chance, at: u64) -> PlanRecord {
    let mut version = first.clone();
    version.kind = match at {
        0 => PlanKind::Forecast,
        _ if chance.below(2) == 0 => PlanKind::Amendment,
        _ => PlanKind::Final,
    };
    version.budgets.retain(|budget| ["PARI", "PESI"].contains(&budget.service.as_str()));
    if chance.below(4) == 0 {
        version.budgets.truncate(1);
    }
    for budget in &mut version.budgets {
        budget.amount = Cents::new(chance.cents(2_000_000) - 1);
    }
    let schedules: [&[(&str, i64)]; 4] = [
        &[("2021-03-31", 40_000_000), ("2021-07-31", 40_000_000), ("2021-12-15", 20_000_000)],
        &[("2021-06-30", 33_333_333), ("2022-01-31", 66_666_667)],
        &[("2021-10-31", 100_000_000)],
        &[("2021-05-31", 0), ("2021-11-30", 100_000_000), ("2022-05-31", 0)],
    ];
    let schedule = schedules[usize::try_from(chance.below(4)).unwrap()];
    let instalment = |(day, percent): &(&str, i64)| InstalmentRecord {
        due_date: day.parse().unwrap(),
        percent: Micros::new(*percent),
        assumed: false,
    };
    version.instalments = schedule.iter().map(instalment).collect();
    version
}

/// What a comune has paid by now: payments that were not taken back, by row id, with their days.
type Paid = BTreeMap<usize, BTreeMap<i64, (i128, String)>>;

/// Reads every account of the year, checks it, and returns what is open of each comune's charges, by identifier.
fn check(server: &Server, paid: &Paid, what: &str) -> Vec<Vec<(Value, i128)>> {
    let query = r#"{ ambito(code: "10") {
        comuni { istatCode amountDue(year: 2021) statement(year: 2021) { charged paid outstanding overdue unmatched
          charges { id amount paid outstanding overdue dueDate } payments { amount matched } } }
        plans { kind status settlement { finalQuota charged difference } } } }"#;
    let data = server.data(Role::Auditor, query);
    let mut open = Vec::new();
    for (at, comune) in list(&data["ambito"]["comuni"]).iter().enumerate() {
        let (found, due) = (&comune["statement"], &comune["amountDue"]);
        let money = |name: &str| wide(&found[name]);
        let due = if due.is_null() { 0 } else { wide(due) };
        assert_eq!(money("charged"), due, "{what}: {comune}");
        assert_eq!(money("paid") + money("outstanding"), due, "{what}: {comune}");
        let came_in: i128 = paid.get(&at).map_or(0, |own| own.values().map(|(cents, _)| cents).sum());
        assert_eq!(money("paid") + money("unmatched"), came_in, "{what}: {comune}");
        let charges = list(&found["charges"]);
        let mut sums = [0; 4];
        let (mut credits, mut debts) = (0, 0);
        for charge in charges {
            let parts = ["amount", "paid", "outstanding", "overdue"].map(|name| wide(&charge[name]));
            let [amount, paid, outstanding, overdue] = parts;
            assert_eq!(paid + outstanding, amount, "{what}: {charge}");
            assert!((0..=amount.abs()).contains(&(paid * amount.signum())), "{what}: {charge}");
            // Every due date is over by today.
            assert_eq!(overdue, outstanding.max(0), "{what}: {charge}");
            sums = [0, 1, 2, 3].map(|at| sums[at] + parts[at]);
            (credits, debts) = (credits + outstanding.min(0), debts + outstanding.max(0));
        }
        assert_eq!(sums, ["charged", "paid", "outstanding", "overdue"].map(money), "{what}: {comune}");
        // Nothing waits while something is open.
        assert!(debts == 0 || (credits == 0 && money("unmatched") == 0), "{what}: {comune}");
        let of_year: i128 = list(&found["payments"]).iter().map(|payment| wide(&payment["matched"])).sum();
        assert_eq!(of_year, money("paid"), "{what}: {comune}");
        let is_open = charges.iter().map(|charge| (charge["id"].clone(), wide(&charge["outstanding"])));
        open.push(is_open.filter(|(_, cents)| *cents > 0).collect());
    }
    for plan in list(&data["ambito"]["plans"]) {
        for line in plan["settlement"].as_array().into_iter().flatten() {
            assert_eq!(wide(&line["charged"]) + wide(&line["difference"]), wide(&line["finalQuota"]), "{what}: {plan}");
        }
        assert!(plan["kind"] == "FINAL" || plan["settlement"] == json!(null), "{what}");
    }
    open
}

/// What came in and what was taken back (below zero) of each comune, with its day.
type CameIn = Vec<(usize, String, i128)>;

/// Reads every account as of a day: no charge is paid beyond its amount, and the money that there was by then is on a charge or waits.
fn check_on(server: &Server, day: &str, came_in: &CameIn, what: &str) {
    let query = format!(
        "{{ ambito(code: \"10\") {{ comuni {{ statement(year: 2021, asOf: \"{day}\") {{ charged paid outstanding unmatched
          charges {{ amount paid outstanding }} payments {{ matched }} }} }} }} }}"
    );
    let data = server.data(Role::Auditor, &query);
    for (at, comune) in list(&data["ambito"]["comuni"]).iter().enumerate() {
        let found = &comune["statement"];
        let money = |name: &str| wide(&found[name]);
        let by_then = came_in.iter().filter(|(of, on, _)| *of == at && on.as_str() <= day);
        let by_then: i128 = by_then.map(|(_, _, cents)| cents).sum();
        assert_eq!(money("paid") + money("unmatched"), by_then, "{what}, {day}: {found}");
        assert_eq!(money("paid") + money("outstanding"), money("charged"), "{what}, {day}: {found}");
        assert!(money("unmatched") >= 0, "{what}, {day}: {found}");
        for charge in list(&found["charges"]) {
            let (amount, paid) = (wide(&charge["amount"]), wide(&charge["paid"]));
            assert!((0..=amount.abs()).contains(&(paid * amount.signum())), "{what}, {day}: {charge}");
        }
        let matched: i128 = list(&found["payments"]).iter().map(|payment| wide(&payment["matched"])).sum();
        assert_eq!(matched, money("paid"), "{what}, {day}: {found}");
    }
}

/// A year of chance: versions approved by acts in no order, with payments, some meant for a charge, and reversals between them.
fn live(seed: u64) {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let server = Server::start();
    let count = 2 + chance.below(3);
    let versions: Vec<PlanRecord> = {
        let bundle = workshop::bundle();
        (0..count).map(|at| version(&bundle.plans[0], &mut chance, at)).collect()
    };
    import(&server, |_| versions.clone());
    let (mut paid, mut came_in) = (Paid::new(), CameIn::new());
    let mut open = check(&server, &paid, "before");
    for version in 1..=i32::try_from(count).unwrap() {
        for step in 0..chance.below(5) {
            let what = format!("seed {seed}, version {version}, step {step}");
            let at = usize::try_from(chance.below(3)).unwrap();
            let own = paid.entry(at).or_default();
            let last = own.last_key_value().map(|(id, _)| *id);
            if let Some(last) = last.filter(|_| chance.below(4) == 0) {
                let (cents, paid_on) = own.remove(&last).unwrap();
                // On any day from that of the payment on, also while others waited.
                let day = chance.day().max(paid_on);
                take_back(&server, last, &day);
                came_in.push((at, day, -cents));
            } else {
                let meant = open[at].first().filter(|_| chance.below(3) == 0).map(|(id, _)| row_id(id));
                let cents = chance.cents(800_000);
                let day = chance.day();
                let id = pay(&server, workshop::COMUNI[at], &day, cents, meant);
                own.insert(id, (cents.into(), day.clone()));
                came_in.push((at, day, cents.into()));
            }
            open = check(&server, &paid, &what);
            for (_, day, _) in &came_in {
                check_on(&server, day, &came_in, &what);
            }
        }
        let day = chance.day();
        approve(&server, version, &day);
        open = check(&server, &paid, &format!("seed {seed}, version {version} approved on {day}"));
    }
}

#[test]
fn what_is_charged_paid_and_open_always_adds_up() {
    SEEDS.into_iter().for_each(live);
}
