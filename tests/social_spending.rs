//! Spending for the Region and the Ministry: planned and actual, by mission and programme, target area and source, with sums that are the plans' own.
//!
//! The figures are sums of the founding plan's budgets, worked out by hand. Of ADM's 110,000.00 the FNPS covers 40,000.00, the comuni 5,027.25 hours at
//! 9.00 euro, which is 45,245.25, and the FSR the rest.

use api::auth::Role;
use serde_json::{Value, json};

use crate::decision::{Held, approve, copy, in_force, resolution};
use crate::support::{MANERBIO, Server};
use crate::support::{accord, neighbour};

const TOTAL: &str = "3366000.00";

/// What is asked of the year 2022 of Ambito 9, as a role.
fn spending(server: &Server, role: Role, by: &str, as_of: &str) -> Value {
    let query = format!(
        "{{ socialSpending(year: 2022, by: [{by}], ambito: \"9\", asOf: \"{as_of}\") {{ year planned actual withoutActual {{ code }} withoutPlan {{ code }}
            rows {{ missionProgramme targetArea source fund {{ code }} service {{ code }} ambito {{ code }} planned actual difference }} }} }}"
    );
    server.data(role, &query)["socialSpending"].take()
}

/// A column of the rows beside what they are rows of.
fn column(answer: &Value, key: &str, amount: &str) -> Vec<(Value, Value)> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().map(|row| (row[key].clone(), row[amount].clone())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(Value, Value)> {
    expected.iter().map(|(key, amount)| (json!(key), json!(amount))).collect()
}

#[rustfmt::skip]
const AREAS: [(&str, &str); 4] = [
    ("FAMILY_MINORS", "421000.00"), // TUTELA 180,000, ADM 110,000, CONSULENZA 10,000, MEDIAZIONE 121,000
    ("DISABLED", "1100000.00"),     // ADP
    ("ELDERLY", "430000.00"),       // SAD
    ("SEVERAL", "1415000.00"),      // STAFF 105,000, ORGANI 125,000, SIL 105,000, SSB 265,000, the projects' 215,000, TITOLI 600,000
];

#[rustfmt::skip]
const MISSIONS: [(&str, &str); 6] = [
    ("12.01", "411000.00"), ("12.02", "1100000.00"), ("12.03", "430000.00"),
    ("12.04", "705000.00"), ("12.05", "10000.00"),   ("12.07", "710000.00"),
];

#[rustfmt::skip]
const SOURCES: [(&str, &str); 4] = [
    ("STATE", "381000.00"),    // FNPS: TUTELA 180,000, CONSULENZA 10,000, MEDIAZIONE 121,000, ADM 40,000, SIL 30,000
    ("REGION", "49754.75"),    // FSR: SIL 25,000, ADM 24,754.75
    ("COMUNI", "2120245.25"),  // 2,075,000 of STAFF, ORGANI, SSB, SAD, ADP and SIL, and 45,245.25 of ADM
    ("OTHER", "815000.00"),    // bound revenue: the projects' 215,000, TITOLI 600,000
];

#[test]
fn what_is_planned_is_the_plans_sum_however_it_is_added_up() {
    let server = Server::start();
    for (by, key, expected) in [
        ("TARGET_AREA", "targetArea", &AREAS[..]),
        ("MISSION_PROGRAMME", "missionProgramme", &MISSIONS[..]),
        ("SOURCE", "source", &SOURCES[..]),
    ] {
        let found = spending(&server, Role::Auditor, by, "2022-12-31");
        assert_eq!(column(&found, key, "planned"), pairs(expected), "{by}");
        assert_eq!((&found["planned"], &found["actual"]), (&json!(TOTAL), &Value::Null));
        assert_eq!(found["withoutActual"], json!([{ "code": "9" }]));
        assert!(column(&found, key, "actual").iter().all(|(_, amount)| amount.is_null()), "nothing is final yet");
    }
    let whole = spending(&server, Role::Auditor, "", "2022-12-31");
    assert_eq!(whole["rows"].as_array().unwrap().len(), 1);
    assert_eq!(whole["rows"][0]["planned"], json!(TOTAL));
    // Each code has the names of the decree.
    let query = r#"{ socialSpending(year: 2022, by: [MISSION_PROGRAMME], ambito: "9") { rows { missionProgramme missionName programmeName } } }"#;
    let names = server.data(Role::Auditor, query)["socialSpending"]["rows"].take();
    let mission = "Diritti sociali, politiche sociali e famiglia";
    let expected =
        json!({ "missionProgramme": "12.05", "missionName": mission, "programmeName": "Interventi per le famiglie" });
    assert_eq!((&names[4], &names[0]["missionName"]), (&expected, &json!(mission)));
    assert_eq!(names[0]["programmeName"], json!("Interventi per l'infanzia e i minori e per asili nido"));
    // Nobody had approved it by then.
    let before = spending(&server, Role::Auditor, "SOURCE", "2021-12-12");
    assert_eq!((&before["rows"], &before["planned"], &before["actual"]), (&json!([]), &json!("0.00"), &Value::Null));
    assert_eq!((&before["withoutActual"], &before["withoutPlan"]), (&json!([]), &json!([{ "code": "9" }])));
}

/// The plan of 2022 on actual cost: SAD cost 1,234.56 more, TITOLI 9,999.50 less.
fn settle(server: &Server) {
    let mut plan = copy(server, 2022, "FINAL", &in_force(server, 2022, "2022-12-31")["id"]);
    let funding = json!([{ "fund": "VINCOLATE", "amount": "590000.50" }]);
    for (name, service, field, value) in [
        ("setBudget", "SAD", "amount", json!("431234.56")),
        ("setFunding", "TITOLI", "funding", funding),
        ("setBudget", "TITOLI", "amount", json!("590000.50")),
    ] {
        let mut input = plan.with("service", json!(service));
        input[field] = value;
        plan = Held::of(&server.write_plan(Role::Azienda, name, input));
    }
    plan.step(server, Role::Azienda, "proposePlan");
    approve(server, &plan, &resolution(server, "12", "2023-04-28"));
}

#[test]
fn what_it_was_stands_beside_what_was_planned() {
    let server = Server::start();
    settle(&server);
    let found = spending(&server, Role::Reporting, "TARGET_AREA", "2023-12-31");
    assert_eq!(column(&found, "targetArea", "planned"), pairs(&AREAS));
    let actual = [
        ("FAMILY_MINORS", "421000.00"),
        ("DISABLED", "1100000.00"),
        ("ELDERLY", "431234.56"),
        ("SEVERAL", "1405000.50"),
    ];
    assert_eq!(column(&found, "targetArea", "actual"), pairs(&actual));
    let difference = [("FAMILY_MINORS", "0.00"), ("DISABLED", "0.00"), ("ELDERLY", "1234.56"), ("SEVERAL", "-9999.50")];
    assert_eq!(column(&found, "targetArea", "difference"), pairs(&difference));
    assert_eq!(
        (&found["planned"], &found["actual"], &found["withoutActual"]),
        (&json!(TOTAL), &json!("3357235.06"), &json!([]))
    );
    let found = spending(&server, Role::Reporting, "SOURCE", "2023-12-31");
    let actual = [("STATE", "381000.00"), ("REGION", "49754.75"), ("COMUNI", "2121479.81"), ("OTHER", "805000.50")];
    assert_eq!(column(&found, "source", "actual"), pairs(&actual));
    // The sums are those of the plans.
    let plans = server.data(Role::Reporting, r#"{ ambito(code: "9") { plans(year: 2022) { kind total } } }"#);
    let expected = json!([{ "kind": "FORECAST", "total": TOTAL }, { "kind": "FINAL", "total": "3357235.06" }]);
    assert_eq!(plans["ambito"]["plans"], expected);
    // As of the day before the act it was not known.
    assert_eq!(spending(&server, Role::Reporting, "SOURCE", "2023-04-27")["actual"], Value::Null);
}

#[test]
fn the_ambito_edits_its_classification() {
    let server = Server::start();
    let query = r#"{ ambito(code: "9") { service(code: "SIL") { id revision targetArea missionProgramme } } }"#;
    let service = server.data(Role::Azienda, query)["ambito"]["service"].take();
    assert_eq!((&service["targetArea"], &service["missionProgramme"]), (&json!("SEVERAL"), &json!("12.04")));
    let update = |revision: i64, area: Value, mission: Value| {
        let input = json!({
            "service": service["id"], "expectedVersion": revision, "targetArea": area, "missionProgramme": mission,
        });
        server.write(
            Role::Azienda,
            "updateService",
            input,
            "{ service { targetArea missionProgramme } errors { code } }",
        )
    };
    let done = update(1, json!("DISABLED"), json!("12.02"));
    let expected = json!({ "targetArea": "DISABLED", "missionProgramme": "12.02" });
    assert_eq!(done, json!({ "service": expected, "errors": [] }));
    let areas = column(&spending(&server, Role::Auditor, "TARGET_AREA", "2022-12-31"), "targetArea", "planned");
    let expected = [
        ("FAMILY_MINORS", "421000.00"),
        ("DISABLED", "1205000.00"),
        ("ELDERLY", "430000.00"),
        ("SEVERAL", "1310000.00"),
    ];
    assert_eq!(areas, pairs(&expected));
    // What is in no class stands in a row of its own, first, and nothing is lost.
    assert_eq!(update(2, Value::Null, Value::Null)["errors"], json!([]));
    let found = spending(&server, Role::Auditor, "MISSION_PROGRAMME, TARGET_AREA", "2022-12-31");
    let first = &found["rows"][0];
    assert_eq!((&first["missionProgramme"], &first["targetArea"]), (&Value::Null, &Value::Null));
    assert_eq!((&first["planned"], &found["planned"]), (&json!("105000.00"), &json!(TOTAL)));
    assert_eq!(update(2, json!("ELDERLY"), Value::Null)["errors"][0]["code"], json!("VERSION_CONFLICT"));
    // A code of before the list was closed stays readable, without names, and the service can still be changed.
    let other = r#"{ ambito(code: "9") { service(code: "SAD") { id } } }"#;
    let other = server.data(Role::Azienda, other)["ambito"]["service"]["id"].take();
    let old = "UPDATE service SET mission_programme = '12.99' WHERE code = 'SAD' AND ambito_id = (SELECT id FROM ambito WHERE code = '9')";
    accord::run(&server, &[old.to_owned()]);
    let query = r#"{ socialSpending(year: 2022, by: [MISSION_PROGRAMME], ambito: "9") { rows { missionProgramme programmeName planned } } }"#;
    let rows = server.data(Role::Auditor, query)["socialSpending"]["rows"].take();
    let expected = json!({ "missionProgramme": "12.99", "programmeName": null, "planned": "430000.00" });
    assert!(rows.as_array().unwrap().contains(&expected), "{rows}");
    let change = |code: &str| json!({ "service": other, "expectedVersion": 1, "missionProgramme": code });
    server.check_refusals(
        Role::Azienda,
        vec![
            ("updateService", change("12.98"), "UNKNOWN_MISSION", "input.missionProgramme"),
            ("updateService", change("21.01"), "UNKNOWN_MISSION", "input.missionProgramme"),
        ],
    );
    let told = server.done(Role::Azienda, "updateService", change("12.99"), "service", "{ missionProgramme }");
    assert_eq!(told, json!({ "missionProgramme": "12.99" }));
}

#[test]
fn each_role_sees_the_spending_of_its_own_ambiti() {
    let server = Server::start();
    neighbour::add(&server);
    let query = "{ socialSpending(year: 2020, by: [AMBITO]) { planned rows { ambito { code } planned } withoutActual { code } } }";
    let nine = json!({ "ambito": { "code": "9" }, "planned": TOTAL });
    for role in [Role::Comune, Role::Azienda, Role::Assemblea] {
        let found = server.data(role, query)["socialSpending"].take();
        let expected = json!({ "planned": TOTAL, "rows": [nine], "withoutActual": [{ "code": "9" }] });
        assert_eq!(found, expected, "{role:?}");
    }
    let plans = server.data(Role::Auditor, r#"{ ambito(code: "T1") { plan(year: 2020) { total } } }"#);
    let neighbours = &plans["ambito"]["plan"]["total"];
    for role in [Role::Auditor, Role::Reporting] {
        let found = server.data(role, query)["socialSpending"].take();
        assert_eq!(found["rows"], json!([nine, { "ambito": { "code": "T1" }, "planned": neighbours }]), "{role:?}");
    }
    for role in [Role::Admin, Role::Partner] {
        assert_eq!(server.data(role, query)["socialSpending"], Value::Null, "{role:?}");
    }
    // Another's Ambito is as one that is not there.
    let of = |code: &str| {
        let query = format!(
            "{{ socialSpending(year: 2020, by: [SERVICE], ambito: \"{code}\") {{ planned rows {{ planned }} }} }}"
        );
        server.ask(&server.token_for(Role::Comune, Some(MANERBIO)), &query, Value::Null).data()
    };
    assert_eq!((of("T1"), of("ZZ")), (json!({ "socialSpending": null }), json!({ "socialSpending": null })));
    for query in [
        "{ socialSpending(year: 2020, by: [FUND, FUND]) { planned } }",
        "{ benefits(filter: { ambito: \"9\" }, groupBy: [YEAR, YEAR]) { total { amount } } }",
    ] {
        assert_eq!(server.ask(&server.token_of(Role::Auditor), query, Value::Null).code(), "BAD_REQUEST", "{query}");
    }
}
