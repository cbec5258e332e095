//! Who sees which benefits: cases are for the managing body and the comune of residence, sums for those who see plans, and nothing for others.

use super::sums::sums;
use super::*;
use crate::support::neighbour;

const LISTS: &str = "committed remaining ranking { totalCount nodes { rank application { case } } }
    applications { totalCount nodes { case } } grants { totalCount nodes { case } }";

/// Two of Manerbio and one of Pontevico who wait, and as many who have it.
fn filled(server: &Server) -> Value {
    let measure = measure(server, "10000.00");
    for (comune, case) in [(MANERBIO, "1"), (PONTEVICO, "2"), (MANERBIO, "3")] {
        apply(server, &measure, (comune, &format!("W-{case}")), "2023-02-01", json!([]));
        grant(server, &measure, (comune, &format!("G-{case}")), ("2023-02-01", "2023-03-31"), monthly("100.00"));
    }
    measure
}

#[test]
fn cases_are_for_the_managing_body_and_the_comune_of_residence() {
    let server = Server::start();
    neighbour::add(&server);
    let measure = filled(&server);
    let seen = |token: &str| {
        let query = format!("{{ node(id: {measure}) {{ ... on BenefitMeasure {{ {LISTS} }} }} }}");
        server.ask(token, &query, Value::Null).data()["node"].take()
    };
    let case = |case: &str| json!({ "case": case });
    let page = |cases: &[&str]| json!({ "totalCount": cases.len(), "nodes": cases.iter().map(|one| case(one)).collect::<Vec<_>>() });
    let ranked = |cases: &[(i32, &str)]| {
        let nodes: Vec<Value> =
            cases.iter().map(|(rank, one)| json!({ "rank": rank, "application": case(one) })).collect();
        json!({ "totalCount": cases.len(), "nodes": nodes })
    };
    assert_eq!(
        seen(&server.token_of(Role::Azienda)),
        json!({
            "committed": "600.00", "remaining": "9400.00", "ranking": ranked(&[(1, "W-1"), (2, "W-2"), (3, "W-3")]),
            "applications": page(&["W-1", "W-2", "W-3"]), "grants": page(&["G-1", "G-2", "G-3"]),
        })
    );
    assert_eq!(
        seen(&server.token_for(Role::Comune, Some(MANERBIO))),
        json!({
            "committed": null, "remaining": null, "ranking": ranked(&[(1, "W-1"), (3, "W-3")]),
            "applications": page(&["W-1", "W-3"]), "grants": page(&["G-1", "G-3"]),
        })
    );
    assert_eq!(
        seen(&server.token_for(Role::Comune, Some(PONTEVICO))),
        json!({
            "committed": null, "remaining": null, "ranking": ranked(&[(2, "W-2")]), "applications": page(&["W-2"]), "grants": page(&["G-2"]),
        })
    );
    let nothing =
        json!({ "committed": null, "remaining": null, "ranking": null, "applications": null, "grants": null });
    for role in [Role::Reporting, Role::Assemblea, Role::Auditor, Role::Admin, Role::Partner] {
        assert_eq!(seen(&server.token_of(role)), nothing, "{role:?}");
        // What a measure may grant in all is a figure of the plans.
        let query = "{ ambito(code: \"9\") { service(code: \"TITOLI\") { benefitMeasures { name budget } } } }";
        let found = server.data(role, query)["ambito"]["service"]["benefitMeasures"].take();
        let budget = found.as_array().unwrap().iter().find(|own| own["name"] == "Voucher di conciliazione");
        let is_told = budget.is_some_and(|own| own["budget"].is_string());
        assert_eq!(is_told, !matches!(role, Role::Admin | Role::Partner), "{role:?} {found}");
    }
    // Another Ambito's: not there at all.
    for token in
        [neighbour::token(&server, Role::Azienda, None), neighbour::token(&server, Role::Comune, Some(neighbour::ALFA))]
    {
        assert_eq!(seen(&token), Value::Null);
        assert_eq!(sums(&server, &token, "", "YEAR"), Value::Null);
    }
}

#[test]
fn sums_are_for_those_who_see_plans() {
    let server = Server::start();
    filled(&server);
    for role in [Role::Admin, Role::Partner] {
        assert_eq!(sums(&server, &server.token_of(role), "", "YEAR"), Value::Null, "{role:?}");
    }
    // What is recorded in June is told of when it is over.
    let reader = server.token_of(Role::Reporting);
    let query = "{ benefits(filter: { ambito: \"9\" }, groupBy: [YEAR]) { publishedOn explanation rows { year } total { amount withheld } } }";
    let told = server.ask(&reader, query, Value::Null).data()["benefits"].take();
    let explanation = "Benefits of which single cases are not seen are those recorded up to 2026-05-31; later ones are told once their month is over. By measure, kind, year and \
        comune, those of fewer than 5 people are left out of every sum, and figures change when the benefits of 5 people or more have changed.";
    let nothing = json!({ "publishedOn": "2026-05-31", "explanation": explanation, "rows": [], "total": { "amount": null, "withheld": true } });
    assert_eq!(told, nothing);
    let live = server.ask(&server.token_of(Role::Azienda), query, Value::Null).data()["benefits"].take();
    assert_eq!((&live["publishedOn"], &live["explanation"]), (&Value::Null, &json!("All that is recorded now.")));
    assert_eq!(live["total"], json!({ "amount": "600.00", "withheld": false }));
    server.clock().set_day("2026-07-01".parse().unwrap());
    // Three people are few: nothing is shown, and no comune named.
    let hidden = |token: &str, filter: &str| {
        let found = sums(&server, token, filter, "COMUNE, YEAR");
        let rows = found["rows"].as_array().unwrap();
        let is_hidden = |sum: &Value| {
            sum["withheld"] == json!(true)
                && sum["amount"].is_null()
                && sum["grantCount"].is_null()
                && sum["caseCount"].is_null()
        };
        (rows.len(), rows.iter().filter(|row| is_hidden(row)).count(), is_hidden(&found["total"]))
    };
    for role in [Role::Reporting, Role::Assemblea, Role::Auditor] {
        assert_eq!(hidden(&server.token_of(role), ""), (0, 0, true), "{role:?}");
    }
    assert_eq!(hidden(&server.token_of(Role::Azienda), ""), (2, 0, false));
    let comune = server.token_for(Role::Comune, Some(MANERBIO));
    // Its own, and not the other's, which is left out of the total, too.
    assert_eq!(hidden(&comune, ""), (1, 0, false));
    let both = sums(&server, &comune, "", "YEAR");
    let own = json!({ "measure": null, "grantCount": 2, "caseCount": 2, "amount": "400.00", "withheld": true });
    assert_eq!(both["total"], own);
    assert_eq!(hidden(&comune, &format!("comuni: [\"{MANERBIO}\"]")), (1, 0, false));
    assert_eq!(hidden(&comune, &format!("comuni: [\"{PONTEVICO}\"]")), (0, 0, true));
    unknown_and_foreign_are_one(&server, &comune);
    // Of its own residents it may ask by month; of others nobody may who does not see the cases.
    let by_month = |token: &str, filter: &str| {
        let query = format!(
            "{{ benefits(filter: {{ ambito: \"9\" {filter} }}, groupBy: [MONTH]) {{ rows {{ month amount }} }} }}"
        );
        server.ask(token, &query, Value::Null)
    };
    let own = by_month(&comune, &format!("comuni: [\"{MANERBIO}\"], from: \"2023-02-28\", to: \"2023-02-01\"")).data();
    assert_eq!(own["benefits"]["rows"], json!([{ "month": "2023-02-01", "amount": "200.00" }]));
    for (token, filter) in [
        (&comune, String::new()),
        (&comune, format!("comuni: [\"{MANERBIO}\", \"{PONTEVICO}\"]")),
        (&server.token_of(Role::Auditor), String::new()),
    ] {
        assert_eq!(by_month(token, &filter).code(), "BAD_REQUEST", "{filter}");
    }
    for part in ["from: \"2023-02-01\"", "to: \"2023-11-30\""] {
        let query =
            format!("{{ benefits(filter: {{ ambito: \"9\", {part} }}, groupBy: [YEAR]) {{ total {{ amount }} }} }}");
        assert_eq!(server.ask(&server.token_of(Role::Reporting), &query, Value::Null).code(), "BAD_REQUEST", "{part}");
    }
}

/// A comune that is registered, and that it does not see, is one that nobody knows, alone and beside its own.
fn unknown_and_foreign_are_one(server: &Server, comune: &str) {
    let new = json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" });
    let added = server.write(Role::Admin, "addComune", new, "{ comune { name } errors { code } }");
    assert_eq!(added["errors"], json!([]));
    for beside in ["", "\"017103\", "] {
        for group_by in ["MEASURE", "MONTH", "COMUNE"] {
            let told = |code: &str| {
                let query = super::sums::query(&format!("comuni: [{beside}\"{code}\"]"), group_by);
                let answer = server.ask(comune, &query, Value::Null);
                let mut said = answer.json();
                // The number of a request is its own.
                if let Some(number) = said.pointer_mut("/errors/0/extensions/requestId") {
                    number.take();
                }
                (answer.status, said)
            };
            assert_eq!(told("017999"), told("099999"), "{beside} {group_by}");
        }
    }
}
