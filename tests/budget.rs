//! Budgets: the 13 of each year, their funding, quotas and residue, each compared with the sums of `support/figures.rs`, and lines with VAT.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, By, YEAR_TOTAL_CENTS, YEARS, euro, list, wide};
use crate::support::{Server, workshop};

/// Every budget of a year with its quotas.
fn budgets(server: &Server, year: i32) -> Vec<Value> {
    let query = format!(
        r#"{{ ambito(code: "9") {{ plan(year: {year}) {{ budgets {{
            amount municipalShare residue assumed note service {{ code }} lines {{ item }}
            funding {{ amount balancing assumed fund {{ code }} }}
            participants {{ istatCode }}
            quotas {{ amount comune {{ istatCode }} }}
        }} }} }} }}"#
    );
    list(&server.data(Role::Azienda, &query)["ambito"]["plan"]["budgets"]).clone()
}

/// The quotas of a budget as (ISTAT code, cents).
fn quotas(budget: &Value) -> Vec<(&str, i128)> {
    list(&budget["quotas"])
        .iter()
        .map(|quota| (quota["comune"]["istatCode"].as_str().unwrap(), wide(&quota["amount"])))
        .collect()
}

#[test]
fn the_13_budgets_of_each_year_have_the_documents_amounts() {
    let server = Server::start();
    for year in YEARS {
        let found = budgets(&server, year);
        assert_eq!(found.len(), 13, "{year}");
        for (budget, expected) in found.iter().zip(&BUDGETS) {
            assert_eq!(
                (&budget["service"]["code"], wide(&budget["amount"])),
                (&json!(expected.service), expected.cents),
                "{year}"
            );
            assert_eq!(
                (&budget["lines"], &budget["assumed"]),
                (&json!([]), &json!(true)),
                "{year} {}",
                expected.service
            );
        }
        assert_eq!(found.iter().map(|budget| wide(&budget["amount"])).sum::<i128>(), YEAR_TOTAL_CENTS, "{year}");
    }
}

#[test]
fn every_quota_of_every_year_is_what_whole_numbers_give() {
    let server = Server::start();
    for year in YEARS {
        for (budget, expected) in budgets(&server, year).iter().zip(&BUDGETS) {
            let (quotas, share) = (quotas(budget), wide(&budget["municipalShare"]));
            assert_eq!(quotas, expected.quotas(year), "{year} {}", expected.service);
            assert_eq!(share, expected.municipal_share(), "{year} {}", expected.service);
            let sum: i128 = quotas.iter().map(|(_, cents)| cents).sum();
            assert_eq!(sum + wide(&budget["residue"]), share, "{year} {}", expected.service);
            assert_eq!(budget["residue"], "0.00", "{year} {}", expected.service);
            let participants: Vec<&str> = expected.participants().iter().map(|comune| comune.istat).collect();
            let found: Vec<&str> =
                list(&budget["participants"]).iter().map(|comune| comune["istatCode"].as_str().unwrap()).collect();
            assert_eq!(found, participants, "{year} {}", expected.service);
        }
    }
}

#[test]
fn funding_is_the_documents_and_says_what_is_assumed() {
    let server = Server::start();
    for year in YEARS {
        for (budget, expected) in budgets(&server, year).iter().zip(&BUDGETS) {
            // The document names the funds of ADM and SIL and gives no amounts; FSR takes up what the tariff of ADM leaves.
            let open = matches!(expected.service, "ADM" | "SIL");
            let funding = expected.funding.iter().map(|(fund, cents)| {
                let balancing = expected.by == By::Tariff && *fund == "FSR";
                json!({ "amount": euro(*cents), "balancing": balancing, "assumed": open, "fund": { "code": fund } })
            });
            assert_eq!(budget["funding"], funding.collect::<Value>(), "{year} {}", expected.service);
        }
    }
}

/// Figures worked by hand, so that the sums of `figures.rs` are themselves held to something.
#[test]
fn quotas_worked_by_hand() {
    let server = Server::start();
    let check = |year: i32, service: &str, comune: &str, amount: &str| {
        let found = budgets(&server, year);
        let budget = found.iter().find(|budget| budget["service"]["code"] == service).unwrap();
        let (_, cents) = quotas(budget).into_iter().find(|(code, _)| *code == comune).unwrap();
        assert_eq!(euro(cents), amount, "{year} {service} {comune}");
    };
    // 9.00 x 83.25 and 9.00 x 858.75.
    check(2020, "ADM", "017004", "749.25");
    check(2022, "ADM", "017078", "7728.75");
    // 265000.00 x 312 / 15080 = 5482.7586...; 265000.00 x 2392 / 15080 = 42034.4827...
    check(2020, "SSB", "017004", "5482.76");
    check(2021, "SSB", "017078", "42034.48");
    // 50000.00 x 13128 / 113635 = 5776.3893...; 50000.00 x 2388 / 113635 = 1050.7326...: residents of 2021-01-01.
    check(2022, "SIL", "017103", "5776.39");
    check(2022, "SIL", "017004", "1050.73");
    // 430000.00 x 2790.25 / 19246.50 = 62338.9967...; 1100000.00 x 14188.50 / 57126.00 = 273209.2217...
    check(2021, "SAD", "017103", "62339.00");
    check(2020, "ADP", "017078", "273209.22");
    // Funds alone.
    check(2021, "TITOLI", "017103", "0.00");
}

#[test]
fn the_services_that_funds_cover_whole_charge_nobody() {
    let server = Server::start();
    for year in YEARS {
        let found = budgets(&server, year);
        let free: Vec<&Value> = found.iter().filter(|budget| budget["municipalShare"] == "0.00").collect();
        let codes: Vec<&str> = free.iter().map(|budget| budget["service"]["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["TUTELA", "CONSULENZA", "MEDIAZIONE", "PROGETTI-UDP", "PROGETTI-PROV", "TITOLI"], "{year}");
        for budget in free {
            let quotas = quotas(budget);
            assert_eq!((quotas.len(), quotas.iter().filter(|(_, cents)| *cents != 0).count()), (20, 0), "{year}");
        }
    }
}

#[test]
fn lines_show_net_vat_and_gross_and_make_the_amount() {
    let server = Server::start();
    workshop::import_to(&server);
    let query = r#"{ ambito(code: "10") { plan(year: 2021) { budget(service: "VOCI") {
        amount note assumed lines { item net vat vatRate vatRegime gross }
    } } } }"#;
    let data = server.data(Role::Auditor, query);
    let budget = &data["ambito"]["plan"]["budget"];
    let line = |item: &str, net: &str, vat: &str, rate: Option<&str>, regime: &str, gross: &str| json!({ "item": item, "net": net, "vat": vat, "vatRate": rate, "vatRegime": regime, "gross": gross });
    let lines = json!([
        // 1000.05 x 22% = 220.011
        line("Personale", "1000.05", "220.01", Some("22"), "RATE", "1220.06"),
        line("Sede", "500.00", "0.00", None, "EXEMPT", "500.00"),
        // 100.00 / 1.04 = 96.1538...
        line("Pasti", "96.15", "3.85", Some("4"), "RATE", "100.00"),
        line("Tributi", "9.99", "0.00", None, "OUT_OF_SCOPE", "9.99"),
    ]);
    assert_eq!(budget["lines"], lines);
    let gross: i128 = list(&budget["lines"]).iter().map(|line| wide(&line["gross"])).sum();
    assert_eq!((wide(&budget["amount"]), gross), (183_005, 183_005));
    assert_eq!((&budget["note"], &budget["assumed"]), (&json!("con IVA"), &json!(false)));
}

#[test]
fn a_budget_is_found_by_service_and_by_id() {
    let server = Server::start();
    let ask = |query: &str| server.data(Role::Comune, query);
    let data = ask(r#"{ ambito(code: "9") { plan(year: 2021) {
        id one: budget(service: "SAD") { id plan { id year } } none: budget(service: "sad") { id }
        two: budgets(services: ["SAD", "TITOLI", "X"]) { service { code } } no: budgets(services: []) { id } } } }"#);
    let plan = &data["ambito"]["plan"];
    assert_eq!((&plan["none"], &plan["no"]), (&Value::Null, &json!([])));
    assert_eq!(plan["two"], json!([{ "service": { "code": "SAD" } }, { "service": { "code": "TITOLI" } }]));
    assert_eq!((&plan["one"]["plan"]["id"], &plan["one"]["plan"]["year"]), (&plan["id"], &json!(2021)));
    let id = plan["one"]["id"].as_str().unwrap();
    let node =
        ask(&format!(r#"{{ node(id: "{id}") {{ __typename id ... on Budget {{ amount service {{ code }} }} }} }}"#));
    assert_eq!(
        node["node"],
        json!({ "__typename": "Budget", "id": id, "amount": "430000.00", "service": { "code": "SAD" } })
    );
}
