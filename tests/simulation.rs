//! Simulations: what the quotas would be, compared with quotas that the test works out in whole numbers; and that nothing is written.

mod exact;
mod refusals;
mod rules;

use std::collections::BTreeMap;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{self, BUDGETS, COMUNI, YEARS, budget_of, euro, hundredths, list, wide};
use crate::support::{Answer, Server, tables};
use exact::{Shares, half_up};

const QUERY: &str = "query($input: SimulationInput!) { simulation(input: $input) {
    amount municipalShare residue rule { __typename kind rounding }
    quotas { comune { istatCode } amount current change perResident } } }";

/// Cents by ISTAT code.
type Quotas = BTreeMap<&'static str, i128>;

/// Asks for a simulation of a service in 2020 with something else in it.
fn ask(server: &Server, service: &str, changes: &Value) -> Answer {
    let mut input = json!({ "ambito": "9", "year": 2020, "service": service });
    input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    server.ask(&server.token_of(Role::Azienda), QUERY, json!({ "input": input }))
}

/// What a simulation is to answer.
struct Expected {
    amount: i128,
    share: i128,
    quotas: Quotas,
}

/// Checks every figure of a simulation: the quotas as given, and what follows from them and from the plan in force.
#[track_caller]
fn check(server: &Server, service: &'static str, changes: &Value, expected: &Expected) -> Value {
    let answer = ask(server, service, changes);
    let simulation = answer.data()["simulation"].take();
    let amounts = [&simulation["amount"], &simulation["municipalShare"], &simulation["residue"]].map(wide);
    let total: i128 = expected.quotas.values().sum();
    assert_eq!(amounts, [expected.amount, expected.share, expected.share - total], "{changes}");
    let current: Quotas = budget_of(service).quotas(2020).into_iter().collect();
    let quotas = list(&simulation["quotas"]);
    assert_eq!(quotas.len(), expected.quotas.len(), "{changes}");
    // Both are in the order of the ISTAT codes.
    for (quota, (istat, cents)) in quotas.iter().zip(&expected.quotas) {
        let comune = COMUNI.iter().find(|comune| comune.istat == *istat).unwrap();
        let today = current.get(istat);
        let quota_expected = json!({
            "comune": { "istatCode": istat },
            "amount": euro(*cents),
            "current": today.map(|cents| euro(*cents)),
            "change": signed(cents - today.unwrap_or(&0)),
            "perResident": euro(half_up(*cents, comune.residents_of(2020))),
        });
        assert_eq!(*quota, quota_expected, "{changes}");
    }
    simulation
}

fn signed(cents: i128) -> String {
    if cents < 0 { format!("-{}", euro(-cents)) } else { euro(cents) }
}

/// Weights by ISTAT code.
type Weights = Vec<(&'static str, i128)>;

fn residents() -> Weights {
    COMUNI.iter().map(|comune| (comune.istat, comune.residents_of(2020))).collect()
}

/// Cents shared by weights.
fn by_weight(cents: i128, weights: &Weights) -> Quotas {
    Shares::proportional(cents, weights).largest_remainder()
}

#[test]
fn with_nothing_replaced_it_is_the_plan_in_force() {
    let server = Server::start();
    for budget in &BUDGETS {
        let quotas = budget.quotas(2020).into_iter().collect();
        check(
            &server,
            budget.service,
            &json!({}),
            &Expected { amount: budget.cents, share: budget.municipal_share(), quotas },
        );
    }
}

#[test]
fn each_input_is_replaced_alone_and_with_the_others() {
    let server = Server::start();
    let all = residents();
    let three: Weights =
        all.iter().filter(|(istat, _)| ["017078", "017103", "017177"].contains(istat)).copied().collect();
    let grown = |weights: &Weights| {
        weights.iter().map(|(istat, weight)| (*istat, if *istat == "017103" { 20_000 } else { *weight })).collect()
    };
    let basis = json!([{ "comune": "017103", "measure": "RESIDENTS", "value": "20000" }]);
    // FNPS covers 30,000.00 of SIL and FSR 25,000.00.
    let cases = [
        (json!({ "amount": "105000.07" }), 10_500_007, 5_000_007, all.clone()),
        (json!({ "funding": [] }), 10_500_000, 10_500_000, all.clone()),
        (json!({ "funding": [{ "fund": "FNPS", "amount": "104999.99" }] }), 10_500_000, 1, all.clone()),
        (
            json!({ "funding": [{ "fund": "FSR", "amount": "105000.00", "balancing": false }] }),
            10_500_000,
            0,
            all.clone(),
        ),
        (json!({ "participants": ["017177", "017078", "017103"] }), 10_500_000, 5_000_000, three.clone()),
        (json!({ "basis": basis }), 10_500_000, 5_000_000, grown(&all)),
        (
            json!({
                "amount": "90000.00",
                "funding": [{ "fund": "VINCOLATE", "amount": "0.01" }, { "fund": "FNPS", "amount": "9.99" }],
                "participants": ["017078", "017103", "017177"],
                "basis": basis,
            }),
            9_000_000,
            8_999_000,
            grown(&three),
        ),
    ];
    for (changes, amount, share, weights) in cases {
        check(&server, "SIL", &changes, &Expected { amount, share, quotas: by_weight(share, &weights) });
    }
}

#[test]
fn a_comune_that_takes_no_part_today_may_take_part() {
    let server = Server::start();
    // ADP has no hours of Manerbio: they are given. Its quota changes from nothing.
    let mut hours: Weights = COMUNI.iter().map(|comune| (comune.istat, hundredths(comune.hours[1]))).collect();
    hours.retain(|(_, hours)| *hours > 0);
    hours.push(("017103", 100_050));
    let codes: Vec<&str> = hours.iter().map(|(istat, _)| *istat).collect();
    let changes = json!({
        "participants": codes,
        "basis": [{ "comune": "017103", "measure": "HOURS", "value": "1000.5" }],
    });
    let quotas = by_weight(110_000_000, &hours);
    let simulation = check(&server, "ADP", &changes, &Expected { amount: 110_000_000, share: 110_000_000, quotas });
    let manerbio = list(&simulation["quotas"]).iter().find(|quota| quota["comune"]["istatCode"] == "017103").unwrap();
    assert!(manerbio["current"].is_null() && manerbio["change"] == manerbio["amount"]);
}

#[test]
fn a_measure_of_another_service_is_taken_where_there_is_no_closer_one() {
    let server = Server::start();
    let rule = json!({ "rule": { "byMeasure": { "measure": "RESIDENTS" } } });
    // SAD freezes residents beside its hours; only its 16 comuni share.
    let mut weights = residents();
    weights.retain(|(istat, _)| budget_of("SAD").participants().iter().any(|comune| comune.istat == *istat));
    assert_eq!(weights.len(), 16);
    check(
        &server,
        "SAD",
        &rule,
        &Expected { amount: 43_000_000, share: 43_000_000, quotas: by_weight(43_000_000, &weights) },
    );
    // The hours entrusted were counted for SSB, and are no other service's.
    let answer = ask(&server, "SAD", &json!({ "rule": { "byMeasure": { "measure": "ENTRUSTED_HOURS" } } }));
    let entrusted: Weights = weights.iter().map(|(istat, _)| (*istat, hundredths(of(istat).hours[3]))).collect();
    let quotas: Vec<i128> =
        list(&answer.data()["simulation"]["quotas"]).iter().map(|quota| wide(&quota["amount"])).collect();
    assert_eq!(quotas, by_weight(43_000_000, &entrusted).into_values().collect::<Vec<_>>());
}

fn of(istat: &str) -> &'static figures::Comune {
    COMUNI.iter().find(|comune| comune.istat == istat).unwrap()
}

#[test]
fn a_balancing_fund_takes_up_what_a_tariff_leaves() {
    let server = Server::start();
    let hours: i128 = COMUNI.iter().map(|comune| hundredths(comune.hours[2])).sum();
    let at = |price: i128| {
        COMUNI
            .iter()
            .map(|comune| (comune.istat, half_up(hundredths(comune.hours[2]) * price, 100)))
            .collect::<Quotas>()
    };
    let tariff = |price: &str| json!({ "tariff": { "measure": "HOURS", "price": price } });
    let cases = [
        // FSR takes up whatever the amount leaves beside FNPS's 40,000.00 and the quotas.
        (json!({ "amount": "120000.00" }), 12_000_000, at(900)),
        (json!({ "amount": "85245.25" }), 8_524_525, at(900)),
        (json!({ "rule": tariff("9.01") }), 11_000_000, at(901)),
        (json!({ "rule": tariff("0") }), 11_000_000, at(0)),
        (
            json!({ "funding": [{ "fund": "VINCOLATE", "balancing": true }], "rule": tariff("10") }),
            11_000_000,
            at(1_000),
        ),
    ];
    for (changes, amount, quotas) in cases {
        let share = quotas.values().sum();
        let simulation = check(&server, "ADM", &changes, &Expected { amount, share, quotas });
        assert_eq!(simulation["residue"], "0.00", "{changes}");
    }
    // Without a balancing fund the tariff leaves a residue: 110,000.00 less 9.00 for each hour.
    let expected = Expected { amount: 11_000_000, share: 11_000_000, quotas: at(900) };
    let simulation = check(&server, "ADM", &json!({ "funding": [] }), &expected);
    assert_eq!(wide(&simulation["residue"]), 11_000_000 - hours * 9);
    // Under a rule that shares what is given, FSR keeps what it covers today.
    let share = budget_of("ADM").municipal_share();
    let quotas = by_weight(share, &residents());
    check(
        &server,
        "ADM",
        &json!({ "rule": { "byMeasure": { "measure": "RESIDENTS" } } }),
        &Expected { amount: 11_000_000, share, quotas },
    );
}

#[test]
fn the_largest_amount_is_shared_too() {
    let server = Server::start();
    let most = i128::from(i64::MAX);
    let quotas = by_weight(most, &residents());
    check(
        &server,
        "STAFF",
        &json!({ "amount": "92233720368547758.07" }),
        &Expected { amount: most, share: most, quotas },
    );
}

#[test]
fn what_is_not_there_is_null() {
    let server = Server::start();
    let tokens = [Role::Comune, Role::Azienda, Role::Assemblea, Role::Reporting, Role::Auditor]
        .map(|role| server.token_of(role));
    let cases = [
        json!({ "ambito": "99", "year": 2020, "service": "SAD" }),
        json!({ "ambito": "", "year": 2020, "service": "SAD" }),
        json!({ "ambito": "9", "year": 2019, "service": "SAD" }),
        json!({ "ambito": "9", "year": -1, "service": "SAD" }),
        json!({ "ambito": "9", "year": i32::MAX, "service": "SAD" }),
        json!({ "ambito": "9", "year": 2020, "service": "sad" }),
        json!({ "ambito": "9", "year": 2020, "service": "NIDO" }),
    ];
    for input in cases {
        for token in &tokens {
            let answer = server.ask(token, QUERY, json!({ "input": input }));
            assert_eq!(answer.data(), json!({ "simulation": null }), "{input}");
        }
    }
    // For an administrator there are no plans at all.
    let input = json!({ "ambito": "9", "year": 2020, "service": "SAD" });
    let answer = server.ask(&server.token_of(Role::Admin), QUERY, json!({ "input": input }));
    assert_eq!(answer.data(), json!({ "simulation": null }));
}

#[test]
fn every_year_is_simulated_on_its_own_basis() {
    let server = Server::start();
    for year in YEARS {
        let answer = ask(&server, "ORGANI", &json!({ "year": year }));
        let quotas: Vec<i128> =
            list(&answer.data()["simulation"]["quotas"]).iter().map(|quota| wide(&quota["amount"])).collect();
        let expected: Vec<i128> = budget_of("ORGANI").quotas(year).into_iter().map(|(_, cents)| cents).collect();
        assert_eq!(quotas, expected, "{year}");
    }
}

#[test]
fn nothing_is_written() {
    let server = Server::start();
    let plans = "{ ambito(code: \"9\") { plans { digest verification { holds digest } budgets { amount quotas { amount } } } } }";
    let before = (tables::snapshot(server.database()), server.data(Role::Azienda, plans));
    ask(
        &server,
        "SIL",
        &json!({ "amount": "1.00", "funding": [], "rule": { "equal": {} }, "participants": ["017004"] }),
    )
    .data();
    ask(&server, "ADM", &json!({ "rule": { "tariff": { "measure": "HOURS", "price": "1" } } })).data();
    assert_eq!(ask(&server, "SIL", &json!({ "amount": "-1.00" })).code(), "INVALID");
    assert_eq!((tables::snapshot(server.database()), server.data(Role::Azienda, plans)), before);
}
