//! Quotas: amount, share, basis with its day and source, what is assumed, and instalments, for every quota of every year.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::figures::{BUDGETS, Budget, YEARS, euro, instalments, list, share, wide};
use crate::support::{Server, workshop};

/// Every quota of a year's budgets, budget by budget, as the managing body sees them.
fn quotas(server: &Server, year: i32, fields: &str) -> Vec<Vec<Value>> {
    let query =
        format!(r#"{{ ambito(code: "9") {{ plan(year: {year}) {{ budgets {{ quotas {{ {fields} }} }} }} }} }}"#);
    let data = server.data(Role::Azienda, &query);
    list(&data["ambito"]["plan"]["budgets"]).iter().map(|budget| list(&budget["quotas"]).clone()).collect()
}

/// Where the value that a budget counts by was published.
fn source(budget: &Budget, year: i32) -> Option<&'static str> {
    Some(match (budget.basis(year)?.0, year) {
        ("RESIDENTS", 2020) => "Allegato OCDPC 658/2020",
        ("RESIDENTS", _) => "ISTAT",
        _ => "Valore ipotizzato per la dimostrazione",
    })
}

#[test]
fn share_and_basis_of_every_quota() {
    let server = Server::start();
    for year in YEARS {
        let found = quotas(
            &server,
            year,
            "amount share measure basis basisReferenceDate basisSource year comune { istatCode }",
        );
        for (found, budget) in found.iter().zip(&BUDGETS) {
            let whole = budget.municipal_share();
            let (measure, day, values) = budget
                .basis(year)
                .map_or((None, None, Vec::new()), |(code, day, values)| (Some(code), Some(day), values));
            let expected = budget.quotas(year).into_iter().enumerate().map(|(at, (istat, cents))| {
                json!({
                    "amount": euro(cents), "year": year, "comune": { "istatCode": istat }, "measure": measure,
                    "share": (whole > 0).then(|| share(cents, whole)), "basis": values.get(at),
                    "basisReferenceDate": day, "basisSource": source(budget, year),
                })
            });
            assert_eq!(*found, expected.collect::<Vec<_>>(), "{year} {}", budget.service);
        }
    }
}

#[test]
fn instalments_of_every_quota_are_40_40_and_20_percent_of_it() {
    let server = Server::start();
    for year in YEARS {
        let days = [format!("{year}-03-31"), format!("{year}-07-31"), format!("{year}-12-15")];
        for (found, budget) in
            quotas(&server, year, "amount instalments { number dueDate amount assumed }").iter().zip(&BUDGETS)
        {
            for (quota, (istat, cents)) in found.iter().zip(budget.quotas(year)) {
                let parts = instalments(cents).into_iter().zip(&days).zip(1..).map(|((part, day), number)| {
                    json!({ "number": number, "dueDate": day, "amount": euro(part), "assumed": true })
                });
                assert_eq!(quota["instalments"], parts.collect::<Value>(), "{year} {} {istat}", budget.service);
                let sum: i128 = list(&quota["instalments"]).iter().map(|part| wide(&part["amount"])).sum();
                assert_eq!(sum, cents, "{year} {} {istat}", budget.service);
            }
        }
    }
}

/// 40% of 749.25 is 299.70, 80% is 599.40; 40% of 560.25 is 224.10; of 9.01: 3.604, 7.208.
#[test]
fn instalments_worked_by_hand() {
    for (cents, expected) in [
        (74_925, [29_970, 29_970, 14_985]),
        (901, [360, 361, 180]),
        (1, [0, 1, 0]),
        (2, [1, 1, 0]),
        (3, [1, 1, 1]),
        (0, [0, 0, 0]),
    ] {
        assert_eq!(instalments(cents), expected, "{cents}");
    }
}

/// Amounts (each read as a year's) are assumed in every budget of the demonstration, so each of its quotas is; where nothing is, none is.
#[test]
fn assumed_is_said_of_each_quota_that_rests_on_it() {
    let server = Server::start();
    for year in YEARS {
        for (found, budget) in quotas(&server, year, "assumed").iter().zip(&BUDGETS) {
            assert_eq!(found.len(), budget.participants().len(), "{year} {}", budget.service);
            assert!(found.iter().all(|quota| *quota == json!({ "assumed": true })), "{year} {}", budget.service);
        }
    }
    workshop::import_to(&server);
    let query = r#"{ ambito(code: "10") { plan(year: 2021) { budgets { assumed quotas { assumed } } } } }"#;
    let data = server.data(Role::Auditor, query);
    let nothing =
        json!({ "assumed": false, "quotas": [{ "assumed": false }, { "assumed": false }, { "assumed": false }] });
    let budgets = list(&data["ambito"]["plan"]["budgets"]);
    assert_eq!(budgets.len(), 10);
    assert!(budgets.iter().all(|budget| *budget == nothing), "{budgets:?}");
}

/// Each thing that can be assumed, alone, in a budget of its own: its quotas are assumed, and no others.
#[test]
fn each_assumption_alone_makes_a_quota_assumed() {
    let server = Server::start();
    workshop::import_changed(&server, |plan| {
        let budget = |service: &str| plan.budgets.iter().position(|budget| budget.service == service).unwrap();
        let [amount, rule, funding, basis] = ["PARI", "ABITANTI", "FISSO", "FASCE"].map(budget);
        plan.budgets[amount].assumed = true;
        plan.budgets[rule].rule_assumed = true;
        plan.budgets[funding].funding[0].assumed = true;
        let alfa = plan.budgets[basis].basis.iter().position(|row| row.comune.as_str() == workshop::COMUNI[0]).unwrap();
        plan.budgets[basis].basis[alfa].assumed = true;
        plan.instalments[0].assumed = true;
    });
    let query = r#"{ ambito(code: "10") { plan(year: 2021) { budgets {
        service { code } assumed rule { assumed } funding { assumed } quotas { assumed instalments { assumed } }
    } } } }"#;
    let data = server.data(Role::Auditor, query);
    for budget in list(&data["ambito"]["plan"]["budgets"]) {
        let service = budget["service"]["code"].as_str().unwrap();
        let quotas = match service {
            "PARI" | "ABITANTI" | "FISSO" => [true; 3],
            "FASCE" => [true, false, false],
            _ => [false; 3],
        };
        let instalments = json!([{ "assumed": true }, { "assumed": false }]);
        let quotas = quotas.map(|assumed| json!({ "assumed": assumed, "instalments": instalments }));
        assert_eq!(budget["quotas"], json!(quotas), "{service}");
        assert_eq!(
            (&budget["assumed"], &budget["rule"]["assumed"]),
            (&json!(service == "PARI"), &json!(service == "ABITANTI")),
            "{service}"
        );
        let funding = list(&budget["funding"]);
        assert!(funding.iter().all(|funding| funding["assumed"] == (service == "FISSO")), "{service}");
    }
}

#[test]
fn a_quota_leads_to_its_plan_budget_service_and_comune() {
    let server = Server::start();
    let query = r#"{ quotas(first: 100, filter: { services: ["SAD"] }) { nodes {
        id year amount plan { id year } budget { id amount service { code } } service { id code } comune { id istatCode }
    } } }"#;
    let data = server.data(Role::Comune, query);
    let nodes = list(&data["quotas"]["nodes"]);
    assert_eq!(nodes.len(), 48);
    for quota in nodes {
        assert_eq!(quota["plan"]["year"], quota["year"]);
        assert_eq!(
            (&quota["budget"]["amount"], &quota["budget"]["service"]["code"]),
            (&json!("430000.00"), &json!("SAD"))
        );
        assert_eq!(quota["service"]["code"], "SAD");
    }
    let ids: Vec<&str> = nodes.iter().map(|quota| quota["id"].as_str().unwrap()).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    let again = server.ask(
        &server.token_of(Role::Comune),
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Quota { amount year comune { istatCode } } } }",
        json!({ "ids": ids }),
    );
    let expected = nodes.iter().map(|quota| {
        let comune = json!({ "istatCode": quota["comune"]["istatCode"] });
        json!({ "__typename": "Quota", "id": quota["id"], "amount": quota["amount"], "year": quota["year"], "comune": comune })
    });
    assert_eq!(again.data()["nodes"], expected.collect::<Value>());
}

/// Where a rule counts by several measures, or by none, there is no single basis to show.
#[test]
fn a_quota_without_one_measure_has_no_basis() {
    let server = Server::start();
    workshop::import_to(&server);
    let check = |service: &str, measure: Option<&str>, basis: [Option<&str>; 3]| {
        let query = format!(
            r#"{{ ambito(code: "10") {{ plan(year: 2021) {{ budget(service: "{service}") {{ quotas {{ measure basis }} }} }} }} }}"#
        );
        let data = server.data(Role::Auditor, &query);
        let expected = basis.map(|basis| json!({ "measure": measure, "basis": basis }));
        assert_eq!(data["ambito"]["plan"]["budget"]["quotas"], json!(expected), "{service}");
    };
    let residents = [Some("1000"), Some("3000"), Some("6000")];
    check("PARI", None, [None; 3]);
    check("PESI", None, [None; 3]);
    check("DOPPIO", None, [None; 3]);
    check("ABITANTI", Some("RESIDENTS"), residents);
    check("FASCE", Some("RESIDENTS"), residents);
    check("FISSO", Some("RESIDENTS"), residents);
    check("MISTO", Some("RESIDENTS"), residents);
    check("MENSA", Some("MEALS"), [Some("10.5"), Some("20"), Some("0")]);
}
