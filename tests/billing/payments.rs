//! Payments: the oldest charge first, or the one that is named; reversed, paid too much, paid in advance.

use entity::kinds::PlanKind;
use serde_json::{Value, json};

use super::{
    NOTHING, approve, expected, import, pay, row_id, statement, take_back, try_to_pay, try_to_take_back, version,
};
use crate::support::figures::{YEARS, amount_due, euro, list, wide};
use crate::support::tables::snapshot;
use crate::support::{MANERBIO, PONTEVICO, Server, workshop};

/// The days of the acts that charge the demonstration's years.
const ACTS: [&str; 3] = ["2019-12-16", "2020-12-14", "2021-12-13"];
/// A day after every payment.
const END: &str = "2026-06-15";

/// The demonstration's charges of a comune over all years, the oldest first, with what is still open of each.
fn all_charges(istat: &str) -> Vec<(i32, &'static str, usize, i128)> {
    let mut all: Vec<(String, &str, i32, usize, i128)> = Vec::new();
    for year in YEARS {
        let of_year = expected(istat, year).into_iter();
        all.extend(of_year.map(|(service, number, due, cents)| (due, service, year, number, cents)));
    }
    all.sort();
    all.into_iter().map(|(_, service, year, number, cents)| (year, service, number, cents)).collect()
}

/// What is paid of each charge of a year once so much was paid in all.
fn paid(istat: &str, year: i32, mut cents: i128) -> Vec<(&'static str, usize, String)> {
    let mut paid = Vec::new();
    for (of, service, number, amount) in all_charges(istat) {
        let part = amount.min(cents);
        cents -= part;
        if of == year {
            paid.push((service, number, euro(part)));
        }
    }
    paid.sort();
    paid
}

/// The same as the server has it.
fn found_paid(server: &Server, istat: &str, year: i32, day: &str) -> Vec<(String, usize, String)> {
    let statement = statement(server, istat, year, day);
    let line = |charge: &Value| {
        let number = usize::try_from(charge["number"].as_u64().unwrap()).unwrap();
        assert_eq!(wide(&charge["paid"]) + wide(&charge["outstanding"]), wide(&charge["amount"]));
        (charge["service"]["code"].as_str().unwrap().to_owned(), number, charge["paid"].as_str().unwrap().to_owned())
    };
    let mut found: Vec<_> = list(&statement["charges"]).iter().map(line).collect();
    found.sort();
    assert_eq!(wide(&statement["paid"]) + wide(&statement["outstanding"]), wide(&statement["charged"]));
    found
}

#[track_caller]
fn check(server: &Server, istat: &str, day: &str, cents: i128) {
    for year in YEARS {
        // Before its act there was nothing to settle.
        let cents = if day < ACTS[usize::try_from(year - 2020).unwrap()] { None } else { Some(cents) };
        let expected: Vec<(String, usize, String)> = cents
            .map_or_else(Vec::new, |cents| paid(istat, year, cents))
            .into_iter()
            .map(|(service, number, euro)| (service.to_owned(), number, euro))
            .collect();
        assert_eq!(found_paid(server, istat, year, day), expected, "{istat} {year} {day}");
    }
}

#[test]
fn a_payment_settles_the_oldest_charges_of_its_comune() {
    let server = Server::start();
    let (year, all) = (amount_due(PONTEVICO, 2020), YEARS.map(|year| amount_due(PONTEVICO, year)).iter().sum::<i128>());
    let cents = |cents: i128| i64::try_from(cents).unwrap();
    pay(&server, PONTEVICO, "2020-03-01", 123_456, None);
    check(&server, PONTEVICO, END, 123_456);
    check(&server, PONTEVICO, "2020-02-29", 0);
    // The first year, and a piece of the next one.
    pay(&server, PONTEVICO, "2020-12-31", cents(year), None);
    check(&server, PONTEVICO, END, year + 123_456);
    check(&server, PONTEVICO, "2020-12-30", 123_456);
    assert_eq!(statement(&server, PONTEVICO, 2020, END)["overdue"], NOTHING);
    check(&server, MANERBIO, END, 0);

    // All, and 12.34 too much: that is of no year, and every year's statement shows it.
    pay(&server, PONTEVICO, "2026-01-02", cents(all - year - 123_456 + 1_234), None);
    check(&server, PONTEVICO, END, all);
    for year in YEARS {
        let found = statement(&server, PONTEVICO, year, END);
        assert_eq!([&found["unmatched"], &found["outstanding"], &found["overdue"]], ["12.34", NOTHING, NOTHING]);
        let payments = list(&found["payments"]);
        assert_eq!(payments.iter().map(|payment| wide(&payment["matched"])).sum::<i128>(), amount_due(PONTEVICO, year));
    }
    // Each payment as it was recorded, with what it settled of that year.
    let of_2020 = statement(&server, PONTEVICO, 2020, END)["payments"].take();
    let payment = |day: &str, amount: i128, matched: i128| json!({ "paidOn": day, "amount": euro(amount), "reference": "CRO 1", "matched": euro(matched), "reversed": false });
    let expected = [
        payment("2020-03-01", 123_456, 123_456),
        payment("2020-12-31", year, year - 123_456),
        payment("2026-01-02", all - year - 123_456 + 1_234, 0),
    ];
    assert_eq!(of_2020, json!(expected));
}

#[test]
fn a_payment_that_says_which_charge_settles_that_one_first() {
    let server = Server::start();
    let query =
        format!("{{ comune(istatCode: \"{PONTEVICO}\") {{ statement(year: 2021) {{ charges {{ id amount }} }} }} }}");
    let data = server.data(api::auth::Role::Azienda, &query);
    let last = list(&data["comune"]["statement"]["charges"]).last().unwrap().clone();
    let (id, amount) = (row_id(&last["id"]), wide(&last["amount"]));
    // 5.00 more than it comes to: they go to the oldest charge of all.
    pay(&server, PONTEVICO, "2021-01-10", i64::try_from(amount).unwrap() + 500, Some(id));
    let found = statement(&server, PONTEVICO, 2021, END);
    let last = list(&found["charges"]).last().unwrap();
    assert_eq!([&last["paid"], &last["outstanding"]], [euro(amount).as_str(), NOTHING]);
    assert_eq!(found["paid"], euro(amount));
    assert_eq!(statement(&server, PONTEVICO, 2020, END)["paid"], "5.00");
    // It is settled now, and is not paid again.
    let refused = try_to_pay(&server, PONTEVICO, "2021-01-11", 1, Some(id)).unwrap_err();
    assert_eq!(refused.code().as_str(), "INVALID");
}

#[test]
fn a_reversal_opens_what_its_payment_settled() {
    let server = Server::start();
    let first = pay(&server, PONTEVICO, "2020-03-01", 200_000, None);
    let second = pay(&server, PONTEVICO, "2020-03-05", 300_000, None);
    check(&server, PONTEVICO, END, 500_000);
    take_back(&server, first, "2020-03-20");
    // What is left settles the oldest that is open; what the second settled before, it still does.
    let found = statement(&server, PONTEVICO, 2020, END);
    assert_eq!([&found["paid"], &found["unmatched"]], ["3000.00", NOTHING]);
    let payments: Vec<Value> = list(&found["payments"])
        .iter()
        .map(|payment| json!([payment["amount"], payment["matched"], payment["reversed"], payment["reference"]]))
        .collect();
    assert_eq!(
        payments,
        [
            json!(["2000.00", "2000.00", true, "CRO 1"]),
            json!(["3000.00", "3000.00", false, "CRO 1"]),
            json!(["-2000.00", "-2000.00", false, "storno"]),
        ]
    );
    // On the days before it, both were there.
    check(&server, PONTEVICO, "2020-03-19", 500_000);
    // A payment again, and everything is as if the first had never been.
    pay(&server, PONTEVICO, "2020-04-01", 200_000, None);
    check(&server, PONTEVICO, END, 500_000);
    take_back(&server, second, "2020-04-02");
    assert_eq!(statement(&server, PONTEVICO, 2020, END)["paid"], "2000.00");
}

/// What a day's statement of 2021 says of the workshop's first comune.
#[track_caller]
fn check_day(server: &Server, day: &str, paid: &str, outstanding: &str, unmatched: &str) {
    let found = statement(server, workshop::COMUNI[0], 2021, day);
    let figures = ["paid", "outstanding", "unmatched"].map(|name| found[name].as_str().unwrap());
    assert_eq!(figures, [paid, outstanding, unmatched], "{day}");
}

/// The workshop with one service, which charges each of its comuni 100.00 by an act of the first day of 2021, in one instalment.
fn hundred(server: &Server) {
    import(server, |first| {
        let mut only = version(first, PlanKind::Forecast, &[], None);
        only.budgets.retain(|budget| budget.service == "PARI");
        only.budgets[0].amount = allocation::Cents::new(30_000);
        only.instalments.truncate(1);
        only.instalments[0].percent = allocation::Micros::new(100_000_000);
        vec![only]
    });
    approve(server, 1, "2021-01-01");
    check_day(server, END, NOTHING, "100.00", NOTHING);
}

#[test]
fn until_a_reversal_its_payment_stands_and_what_follows_it_waits() {
    let server = Server::start();
    hundred(&server);
    let alfa = workshop::COMUNI[0];
    let first = pay(&server, alfa, "2022-03-01", 10_000, None);
    let second = pay(&server, alfa, "2022-04-01", 10_000, None);
    take_back(&server, first, "2022-05-01");
    for (day, paid, outstanding, unmatched) in [
        ("2022-02-28", NOTHING, "100.00", NOTHING),
        ("2022-03-15", "100.00", NOTHING, NOTHING),
        ("2022-04-15", "100.00", NOTHING, "100.00"),
        ("2022-05-01", "100.00", NOTHING, NOTHING),
    ] {
        check_day(&server, day, paid, outstanding, unmatched);
    }
    // On the day between, the one had settled all and the other nothing.
    let between = statement(&server, alfa, 2021, "2022-04-15");
    let matched = |found: &Value| list(&found["payments"]).iter().map(|one| one["matched"].clone()).collect::<Vec<_>>();
    assert_eq!(matched(&between), ["100.00", NOTHING]);
    assert_eq!(matched(&statement(&server, alfa, 2021, "2022-05-01")), ["100.00", "100.00", "-100.00"]);

    // The second is taken back, too, by a day on which it still waited: the first stands until its own reversal.
    take_back(&server, second, "2022-04-10");
    for (day, paid, outstanding, unmatched) in [
        ("2022-04-05", "100.00", NOTHING, "100.00"),
        ("2022-04-15", "100.00", NOTHING, NOTHING),
        ("2022-05-01", NOTHING, "100.00", NOTHING),
    ] {
        check_day(&server, day, paid, outstanding, unmatched);
    }
}

#[test]
fn what_a_reversal_did_not_open_is_paid_from_the_earlier_day() {
    let server = Server::start();
    hundred(&server);
    let alfa = workshop::COMUNI[0];
    let first = pay(&server, alfa, "2022-03-01", 6_000, None);
    take_back(&server, first, "2022-05-01");
    // 40.00 were open all the time, 60.00 from May on.
    let second = pay(&server, alfa, "2022-04-01", 10_000, None);
    for (day, paid, outstanding, unmatched) in [
        ("2022-03-15", "60.00", "40.00", NOTHING),
        ("2022-04-15", "100.00", NOTHING, "60.00"),
        ("2022-05-01", "100.00", NOTHING, NOTHING),
    ] {
        check_day(&server, day, paid, outstanding, unmatched);
    }
    take_back(&server, second, "2022-04-15");
    check_day(&server, "2022-04-14", "100.00", NOTHING, "60.00");
    check_day(&server, "2022-04-15", "60.00", "40.00", NOTHING);
    check_day(&server, END, NOTHING, "100.00", NOTHING);
}

#[test]
fn what_is_paid_too_much_settles_the_next_charge() {
    let server = Server::start();
    import(&server, |first| {
        vec![
            version(first, PlanKind::Forecast, &[], None),
            version(first, PlanKind::Amendment, &[(0, 1_500_000)], None),
        ]
    });
    let alfa = workshop::COMUNI[0];
    // Before anything is charged: 1,000.00, of which 400.00 are taken back before the act.
    let kept = pay(&server, alfa, "2020-12-01", 60_000, None);
    let gone = pay(&server, alfa, "2020-12-02", 40_000, None);
    take_back(&server, gone, "2020-12-03");
    let found = statement(&server, alfa, 2021, END);
    assert_eq!([&found["charged"], &found["unmatched"], &found["paid"]], [NOTHING, "600.00", NOTHING]);
    assert_eq!(list(&found["payments"]).len(), 1);

    approve(&server, 1, "2021-01-15");
    let found = statement(&server, alfa, 2021, END);
    assert_eq!([&found["unmatched"], &found["paid"]], [NOTHING, "600.00"]);
    // The oldest by the code of the service: ABITANTI exempts Alfa, DOPPIO has 33.333333 percent of 500.00 x 0.1 + 500.00 x 10.5 / 30.5.
    let oldest = &list(&found["charges"]).iter().find(|charge| charge["service"]["code"] == "DOPPIO").unwrap();
    assert_eq!([&oldest["amount"], &oldest["paid"]], ["74.04", "74.04"]);
    // As of the day before the act the money was there, and nothing to settle.
    let before = statement(&server, alfa, 2021, "2021-01-14");
    assert_eq!([&before["charged"], &before["unmatched"]], [NOTHING, "600.00"]);

    // All the rest and 1.00 more; then PARI goes up to 5,000.00 each.
    let rest = wide(&found["outstanding"]);
    pay(&server, alfa, "2021-02-01", i64::try_from(rest).unwrap() + 100, None);
    assert_eq!(statement(&server, alfa, 2021, END)["unmatched"], "1.00");
    approve(&server, 2, "2021-06-30");
    let found = statement(&server, alfa, 2021, END);
    assert_eq!([&found["unmatched"], &found["outstanding"]], [NOTHING, "1665.67"]);
    take_back(&server, kept, "2021-07-01");
    assert_eq!(statement(&server, alfa, 2021, END)["outstanding"], "2265.67");
}

#[test]
fn payments_that_cannot_be_are_refused_and_change_nothing() {
    let server = Server::start();
    let id = |istat: &str| {
        let query = format!("{{ comune(istatCode: \"{istat}\") {{ statement(year: 2021) {{ charges {{ id }} }} }} }}");
        let data = server.data(api::auth::Role::Azienda, &query);
        row_id(&data["comune"]["statement"]["charges"][0]["id"])
    };
    let of_another = id(MANERBIO);
    let payment = pay(&server, PONTEVICO, "2021-03-02", 100, None);
    let gone = pay(&server, PONTEVICO, "2021-03-02", 100, None);
    let reversal = take_back(&server, gone, "2021-03-02");
    let before = snapshot(server.database());
    for (day, cents, charge, code) in [
        ("2021-03-01", 0, None, "INVALID"),
        ("2021-03-01", -1, None, "INVALID"),
        ("2026-06-16", 1, None, "INVALID"),
        ("2021-03-01", 1, Some(of_another), "INVALID"),
        ("2021-03-01", 1, Some(999_999), "NOT_FOUND"),
    ] {
        let refused = try_to_pay(&server, PONTEVICO, day, cents, charge).unwrap_err();
        assert_eq!(refused.code().as_str(), code, "{day} {cents} {charge:?}");
        assert!(snapshot(server.database()) == before, "something changed: {day} {cents} {charge:?}");
    }
    for (payment, day, code) in [
        (gone, "2021-03-03", "DUPLICATE"),
        (reversal, "2021-03-03", "DUPLICATE"),
        (payment, "2021-03-01", "INVALID"),
        (payment, "2026-06-16", "INVALID"),
        (999_999, "2021-03-03", "NOT_FOUND"),
    ] {
        let refused = try_to_take_back(&server, payment, day).unwrap_err();
        assert_eq!(refused.code().as_str(), code, "{payment} {day}");
        assert!(snapshot(server.database()) == before, "something changed: {payment} {day}");
    }
}
