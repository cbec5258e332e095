//! Who sees what: each role, each status of a plan, each Ambito. What a caller may not see answers with the bytes of what is not there.

mod fields;

use api::auth::{Operator, Role};
use api::store::client;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::neighbour::{self, ALFA, APPROVED, DRAFT, PROPOSED, WITHDRAWN};
use crate::support::tables::wait;
use crate::support::{Answer, MANERBIO, Server};

const ROLES: [Role; 7] =
    [Role::Comune, Role::Reporting, Role::Azienda, Role::Assemblea, Role::Auditor, Role::Admin, Role::Partner];

/// What is asked, where the answer stands, what the others see there, what the administrator sees.
///
/// The quotas of three years: 11 services for all 20 comuni, SAD for 16 and ADP for 15. `PLAN` and `BUDGET` are ids of them.
#[rustfmt::skip]
const APPROVED_PLANS: &[(&str, &str, &str, &str)] = &[
    (r#"{ ambito(code: "9") { name } }"#, "/ambito/name", r#""Bassa Bresciana Centrale""#, r#""Bassa Bresciana Centrale""#),
    (r#"{ comune(istatCode: "017149") { name } }"#, "/comune/name", r#""Pontevico""#, r#""Pontevico""#),
    (r#"{ ambito(code: "9") { plan(year: 2021) { year } } }"#, "/ambito/plan", r#"{"year":2021}"#, "null"),
    (r#"{ ambito(code: "9") { plans { year } } }"#, "/ambito/plans", r#"[{"year":2020},{"year":2021},{"year":2022}]"#, "[]"),
    (r#"{ ambito(code: "9") { plans(status: APPROVED, year: 2022) { year } } }"#, "/ambito/plans", r#"[{"year":2022}]"#, "[]"),
    (r#"{ ambito(code: "9") { resolutions { totalCount } } }"#, "/ambito/resolutions", r#"{"totalCount":3}"#, "null"),
    (r#"{ ambito(code: "9") { service(code: "ADM") { budget(year: 2021) { amount } } } }"#, "/ambito/service/budget/amount", r#""110000.00""#, "null"),
    (r#"{ ambito(code: "9") { service(code: "ADM") { participants(year: 2021) { name } } } }"#, "/ambito/service/participants/0/name", r#""Alfianello""#, "null"),
    (r#"{ comune(istatCode: "017149") { services(year: 2021) { code } } }"#, "/comune/services/0/code", r#""STAFF""#, "null"),
    (r#"{ comune(istatCode: "017149") { quotas(year: 2021) { year } } }"#, "/comune/quotas/0/year", "2021", "null"),
    (r#"{ quotas(filter: { ambito: "9" }) { totalCount } }"#, "/quotas/totalCount", "753", "0"),
    (r#"{ costAllocation(filter: { ambito: "9" }, groupBy: [FUND, YEAR]) { total } }"#, "/costAllocation/total", r#""10098000.00""#, r#""0.00""#),
    (r#"{ simulation(input: { ambito: "9", year: 2021, service: "ADM" }) { amount } }"#, "/simulation", r#"{"amount":"110000.00"}"#, "null"),
    (r#"{ simulations(input: { ambito: "9", year: 2021, alternatives: [{ name: "a", plan: PLAN }] }) { alternatives { outcome { amount } } } }"#, "/simulations/alternatives/0/outcome", r#"{"amount":"3366000.00"}"#, "null"),
    (r#"{ ambito(code: "9") { plan(year: 2021) { spread { lowest { comune { province } } } } } }"#, "/ambito/plan/spread/lowest/comune/province", r#""BS""#, "null"),
    ("{ node(id: PLAN) { __typename } }", "/node", r#"{"__typename":"Plan"}"#, "null"),
    ("{ node(id: BUDGET) { __typename } }", "/node", r#"{"__typename":"Budget"}"#, "null"),
];

/// A server with both Ambiti.
fn server() -> Server {
    let server = Server::start();
    neighbour::add(&server);
    server
}

/// The body, without what differs from request to request.
fn body(answer: &Answer) -> String {
    answer.body.replace(&answer.header("x-request-id").unwrap(), "-")
}

/// The value at a place of an answer without errors.
fn at(server: &Server, token: &str, query: &str, place: &str) -> Value {
    let data = server.ask(token, query, Value::Null).data();
    data.pointer(place).unwrap_or_else(|| panic!("{query}: {data}")).clone()
}

#[test]
fn everybody_sees_the_approved_plans_but_the_administrator() {
    let server = server();
    let query = r#"{ ambito(code: "9") { plan(year: 2021) { id budget(service: "ADM") { id } } } }"#;
    let plan = at(&server, &server.token_of(Role::Auditor), query, "/ambito/plan");
    for role in ROLES {
        let token = server.token_of(role);
        for (query, place, others, admin) in APPROVED_PLANS {
            let query =
                query.replace("PLAN", &plan["id"].to_string()).replace("BUDGET", &plan["budget"]["id"].to_string());
            let data = server.ask(&token, &query, Value::Null).data();
            let expected: Value =
                if matches!(role, Role::Admin | Role::Partner) { admin } else { others }.parse().unwrap();
            assert_eq!(data.pointer(place).unwrap_or(&Value::Null), &expected, "{role:?}: {query}");
        }
        // What a comune owes is somebody's arithmetic elsewhere; here only who is told.
        let due =
            at(&server, &token, r#"{ comune(istatCode: "017149") { amountDue(year: 2021) } }"#, "/comune/amountDue");
        assert_eq!(due.is_string(), !matches!(role, Role::Admin | Role::Partner), "{role:?}");
    }
}

#[test]
fn each_role_sees_the_ambiti_it_belongs_to() {
    let server = server();
    let (nine, both) = (&["9"][..], &["9", "T1"][..]);
    for (role, ambiti, of_quotas) in [
        (Role::Comune, nine, nine),
        (Role::Reporting, both, both),
        (Role::Azienda, nine, nine),
        (Role::Assemblea, nine, nine),
        (Role::Auditor, both, both),
        (Role::Admin, both, &[]),
        (Role::Partner, nine, &[]),
    ] {
        let query = "{ ambiti { nodes { code } } costAllocation(groupBy: [AMBITO]) { rows { ambito { code } } } }";
        let data = server.data(role, query);
        let codes = |codes: &[&str]| codes.iter().map(|code| json!({ "code": code })).collect::<Vec<_>>();
        let rows: Vec<_> = codes(of_quotas).into_iter().map(|ambito| json!({ "ambito": ambito })).collect();
        let expected = json!({ "ambiti": { "nodes": codes(ambiti) }, "costAllocation": { "rows": rows } });
        assert_eq!(data, expected, "{role:?}");
    }
}

/// The ids of the neighbour's plans by year, and of a budget and a quota of each where there is one, as the managing body sees them.
fn neighbours_things(server: &Server, token: &str) -> Vec<(i32, String, Value)> {
    let query = r#"{ ambito(code: "T1") { plans { year id budgets { id quotas { id } } } } }"#;
    let plans = at(server, token, query, "/ambito/plans");
    let mut things = Vec::new();
    for plan in plans.as_array().unwrap() {
        let year = i32::try_from(plan["year"].as_i64().unwrap()).unwrap();
        for (kind, place) in [("Plan", "/id"), ("Budget", "/budgets/0/id"), ("Quota", "/budgets/0/quotas/0/id")] {
            things.extend(plan.pointer(place).map(|id| (year, kind.to_owned(), id.clone())));
        }
    }
    // Four plans, each with budgets and quotas: a draft's are computed as soon as it is written.
    assert_eq!(things.len(), 4 + 4 + 4);
    things
}

#[test]
fn each_role_sees_plans_by_their_status() {
    let server = server();
    let azienda = neighbour::token(&server, Role::Azienda, None);
    let things = neighbours_things(&server, &azienda);
    let years = [(APPROVED, "APPROVED"), (PROPOSED, "PROPOSED"), (DRAFT, "DRAFT"), (WITHDRAWN, "WITHDRAWN")];
    let cases = [
        (azienda, &years[..]),
        (neighbour::token(&server, Role::Assemblea, None), &years[..2]),
        (neighbour::token(&server, Role::Comune, Some(ALFA)), &years[..1]),
        (server.token_of(Role::Reporting), &years[..1]),
        (server.token_of(Role::Auditor), &years[..]),
        (server.token_of(Role::Admin), &[]),
        (server.token_of(Role::Assemblea), &[]),
    ];
    for (token, seen) in cases {
        let expected: Vec<Value> =
            seen.iter().map(|(year, status)| json!({ "year": year, "status": status })).collect();
        let data = server.ask(&token, r#"{ ambito(code: "T1") { plans { year status } } }"#, Value::Null).data();
        assert_eq!(data.pointer("/ambito/plans").unwrap_or(&json!([])), &json!(expected));
        for (year, kind, id) in &things {
            let is_seen = seen.iter().any(|(seen, _)| seen == year);
            let expected = if is_seen { json!({ "__typename": kind }) } else { Value::Null };
            assert_eq!(
                at(&server, &token, &format!("{{ node(id: {id}) {{ __typename }} }}"), "/node"),
                expected,
                "{kind} of {year}"
            );
        }
        for (year, status) in years {
            let of_status = format!(
                r#"{{ ambito(code: "T1") {{ plans(status: {status}) {{ year }} plan(year: {year}) {{ year }} }} }}"#
            );
            let data = server.ask(&token, &of_status, Value::Null).data();
            let is_seen = seen.contains(&(year, status));
            assert_eq!(data["ambito"]["plans"].as_array().map_or(0, Vec::len), usize::from(is_seen), "{status}");
            // Only what is approved is in force, whoever asks.
            assert_eq!(data["ambito"]["plan"].is_object(), is_seen && year == APPROVED, "{status}");
        }
    }
}

/// An identifier as the server would give it.
fn id(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Queries with a gap, what is hidden there from callers of Ambito 9, and what nobody has. What may fail below a gap stands on a line of its own, since an
/// error tells its column.
#[rustfmt::skip]
const HIDDEN: &[(&str, &str, &str)] = &[
    (r#"{ ambito(code: "?") { id name plans { id } } }"#, "T1", "ZZ"),
    (r#"{ comune(istatCode: "?") { id name ambito { id } population measurements { value } } }"#, "017001", "099999"),
    (r#"{ comune(istatCode: "?") { revision ambito(asOf: "2021-06-30") { code } memberships { id validFrom comune { name } } } }"#, "017001", "099999"),
    (r#"{ ambito(code: "?") { revision comuni(asOf: "2021-06-30") { name } memberships { id ambito { name } } } }"#, "T1", "ZZ"),
    (r#"{ quotas(filter: { ambito: "?" }) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"#, "T1", "ZZ"),
    (r#"{ quotas(filter: { comuni: ["?"] }) { totalCount nodes { id } } }"#, "017001", "099999"),
    (r#"{ quotas(filter: { services: ["?"] }) { totalCount } }"#, "MENSA", "ZZ"),
    (r#"{ quotas(filter: { areas: ["?"] }) { totalCount } }"#, "Minori", "ZZ"),
    (r#"{ quotas(filter: { ambito: "?" }, first: 0) { totalCount } }"#, "T1", "ZZ"),
    (r#"{ costAllocation(filter: { ambito: "?" }, groupBy: [COMUNE]) { total rows { amount } } }"#, "T1", "ZZ"),
    (r#"{ costAllocation(filter: { ambito: "?" }, groupBy: [FUND]) { total rows { amount } } }"#, "T1", "ZZ"),
    (r#"{ costAllocation(filter: { comuni: ["?"] }, groupBy: []) { total rows { amount } } }"#, "017001", "099999"),
    (r#"{ costAllocation(filter: { services: ["?"] }, groupBy: [YEAR]) { total rows { amount } } }"#, "MENSA", "ZZ"),
    (r#"{ ambito(code: "9") { service(code: "?") { name } services(area: "?") { name } } }"#, "MENSA", "ZZ"),
    (r#"{ ambito(code: "9") { plan(year: 2021) { budget(service: "?") { id } budgets(services: ["?"]) { id } } } }"#, "MENSA", "ZZ"),
    (r#"{ comune(istatCode: "017103") { measurements(measure: "?") { value } } }"#, "MEALS", "ZZ"),
    (r#"{ simulation(input: { ambito: "?", year: 2020, service: "SAD" }) { amount } }"#, "T1", "ZZ"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "?" }) { amount } }"#, "MENSA", "ZZ"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", participants: ["017103", "?"] }) { amount } }"#, "017001", "099999"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", basis: [{ comune: "?", measure: "HOURS", value: "1" }] }) { amount } }"#, "017001", "099999"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", basis: [{ comune: "017103", measure: "?", value: "1" }] }) { amount } }"#, "MEALS", "ZZ"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", funding: [{ fund: "?", amount: "1.00" }] }) { amount } }"#, "VICINO", "ZZ"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", rule: { byMeasure: { measure: "?" } } }) { amount } }"#, "MEALS", "ZZ"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", rule: { equal: { adjustments: [{ comune: "?", exempt: true }] } } }) { amount } }"#, "017001", "099999"),
    (r#"{ simulation(input: { ambito: "9", year: 2020, service: "SAD", participants: ["017103"], rule: { byFixedWeights: { weights: [{ comune: "017103", weight: "1" }, { comune: "?", weight: "1" }] } } }) { amount } }"#, "017001", "099999"),
    (r#"{ simulations(input: { ambito: "?", year: 2020, alternatives: [{ name: "a", services: [] }] }) { current { amount } } }"#, "T1", "ZZ"),
    (r#"{ simulations(input: { ambito: "9", year: 2020, services: ["?"], alternatives: [{ name: "a", services: [] }] }) { current { amount } } }"#, "MENSA", "ZZ"),
    (r#"{ simulations(input: { ambito: "9", year: 2020, alternatives: [{ name: "a", services: [{ service: "?" }] }] })
        { alternatives { outcome { amount } } } }"#, "MENSA", "ZZ"),
    (r#"{ simulations(input: { ambito: "9", year: 2020, alternatives: [{ name: "a", services: [{ service: "SAD", participants: ["017103", "?"] }] }] })
        { alternatives { outcome { amount } } } }"#, "017001", "099999"),
    (r#"{ simulations(input: { ambito: "9", year: 2020, alternatives: [{ name: "a", services: [{ service: "SAD", funding: [{ fund: "?", amount: "1.00" }] }] }] })
        { alternatives { outcome { amount } } } }"#, "VICINO", "ZZ"),
    (r#"{ simulations(input: { ambito: "9", year: 2020, alternatives: [{ name: "a", services: [{ service: "SAD", rule: { byMeasure: { measure: "?" } } }] }] })
        { alternatives { outcome { amount } } } }"#, "MEALS", "ZZ"),
];

/// The same of things by their identifiers.
fn hidden_ids(server: &Server) -> Vec<(&'static str, String, String)> {
    let azienda = neighbour::token(server, Role::Azienda, None);
    let mut cases = Vec::new();
    let query = r#"{ ambito(code: "T1") { id comuni { id } memberships { id } services { id } funds { id } plan(year: 2020) { id budgets { id quotas { id } } } } }"#;
    let ambito = at(server, &azienda, query, "/ambito");
    for (place, unknown) in [
        ("/id", "Ambito:999"),
        ("/comuni/0/id", "Comune:999"),
        ("/memberships/0/id", "Membership:999"),
        ("/services/0/id", "Service:999"),
        ("/funds/0/id", "Fund:999"),
        ("/plan/id", "Plan:999"),
        ("/plan/budgets/0/id", "Budget:999:1"),
        ("/plan/budgets/0/quotas/0/id", "Quota:999:1:1"),
    ] {
        let hidden = ambito.pointer(place).unwrap().as_str().unwrap();
        for query in [
            r#"{ node(id: "?") { id __typename } }"#,
            r#"{ nodes(ids: ["?", "x"]) { id } }"#,
            r#"{ ambito(code: "9") { plan(year: 2021) { year comparison(other: "?") { change } } } }"#,
            r#"{ simulations(input: { ambito: "9", year: 2021, alternatives: [{ name: "a", plan: "?" }] })
        { alternatives { plan { year } outcome { amount } } } }"#,
        ] {
            cases.push((query, hidden.to_owned(), id(unknown)));
            cases.push((query, hidden.to_owned(), "no identifier".to_owned()));
        }
    }
    cases
}

#[test]
fn what_another_ambito_has_is_not_there() {
    let server = server();
    let mut cases = hidden_ids(&server);
    cases.extend(HIDDEN.iter().map(|(query, hidden, unknown)| (*query, (*hidden).to_owned(), (*unknown).to_owned())));
    for role in [Role::Comune, Role::Azienda, Role::Assemblea] {
        let token = server.token_of(role);
        for (query, hidden, unknown) in &cases {
            let ask = |thing: &str| server.ask(&token, &query.replace('?', thing), Value::Null);
            let (one, other) = (ask(hidden), ask(unknown));
            assert_eq!(one.status, other.status, "{role:?}: {query}");
            // An answer may repeat what was asked for, and nothing else.
            assert_eq!(body(&one).replace(hidden, "?"), body(&other).replace(unknown, "?"), "{role:?}: {query}");
        }
    }
    // The same questions of those who see it have other answers, so that the table asks something.
    let auditor = server.token_of(Role::Auditor);
    let differs = |(query, hidden, unknown): &&(&str, String, String)| {
        let ask =
            |thing: &str| body(&server.ask(&auditor, &query.replace('?', thing), Value::Null)).replace(thing, "?");
        ask(hidden) != ask(unknown)
    };
    assert!(cases.iter().filter(differs).count() >= 20);
}

#[test]
fn what_a_role_may_not_see_of_its_own_ambito_is_not_there() {
    let server = server();
    let things = neighbours_things(&server, &neighbour::token(&server, Role::Azienda, None));
    let of_year = |wanted: &[i32]| things.iter().filter(|thing| wanted.contains(&thing.0)).collect::<Vec<_>>();
    let cases = [
        (neighbour::token(&server, Role::Comune, Some(ALFA)), of_year(&[PROPOSED, DRAFT, WITHDRAWN])),
        (server.token_of(Role::Reporting), of_year(&[PROPOSED, DRAFT, WITHDRAWN])),
        (neighbour::token(&server, Role::Assemblea, None), of_year(&[DRAFT, WITHDRAWN])),
        (server.token_of(Role::Admin), of_year(&[APPROVED, PROPOSED, DRAFT, WITHDRAWN])),
    ];
    for (token, hidden) in cases {
        for (_, kind, thing) in hidden {
            let unknown = json!(id(if kind == "Plan" { "Plan:999" } else { "Budget:999:1" }));
            for query in [
                "{ node(id: ?) { id } }",
                "{ nodes(ids: [?]) { id } }",
                r#"{ ambito(code: "T1") { plan(year: 2020) { comparison(other: ?) { change } } } }"#,
                r#"{ simulations(input: { ambito: "T1", year: 2020, alternatives: [{ name: "a", plan: ? }] })
        { alternatives { plan { year } outcome { amount } } } }"#,
            ] {
                let ask = |id: &Value| body(&server.ask(&token, &query.replace('?', &id.to_string()), Value::Null));
                assert_eq!(ask(thing), ask(&unknown), "{kind}: {query}");
            }
        }
    }
}

#[test]
fn the_viewer_is_told_who_it_is() {
    let server = server();
    let query = "{ viewer { role ambito { code } comune { istatCode } permissions expiresAt } }";
    let (nine, manerbio, null) = (json!({ "code": "9" }), json!({ "istatCode": MANERBIO }), Value::Null);
    let (approved, proposed, drafts) = ("READ_APPROVED_PLANS", "READ_PROPOSED_PLANS", "READ_DRAFT_PLANS");
    let trail = "READ_AUDIT_TRAIL";
    for (role, name, ambito, comune, permissions) in [
        (Role::Comune, "COMUNE", &nine, &manerbio, &[approved, "READ_OWN_CONSUMPTION", "SIMULATE"][..]),
        (Role::Reporting, "REPORTING", &null, &null, &[approved, "SIMULATE"]),
        (
            Role::Azienda,
            "AZIENDA",
            &nine,
            &null,
            &[approved, proposed, drafts, "READ_ALL_CONSUMPTION", "SIMULATE", trail],
        ),
        (Role::Assemblea, "ASSEMBLEA", &nine, &null, &[approved, proposed, "SIMULATE"]),
        (Role::Auditor, "AUDITOR", &null, &null, &[approved, proposed, drafts, "SIMULATE", trail]),
        (Role::Admin, "ADMIN", &null, &null, &[]),
    ] {
        let expected = json!({
            "role": name, "ambito": ambito, "comune": comune, "permissions": permissions,
            // An hour after the tests' clock.
            "expiresAt": "2026-06-15T11:00:00Z",
        });
        assert_eq!(server.data(role, query)["viewer"], expected);
    }
}

#[test]
fn a_revoked_client_is_refused_by_the_next_request() {
    let server = server();
    let token = neighbour::token(&server, Role::Comune, Some(ALFA));
    let ask = |token: &str| server.ask(token, "{ viewer { role } }", Value::Null);
    assert_eq!(ask(&token).status, 200);
    wait(client::revoke(server.store(), &Operator::at_the_machine("test").clients(), "neighbour-comune")).unwrap();
    let refused = ask(&token);
    assert_eq!((refused.status, refused.code().as_str()), (401, "INVALID_TOKEN"));
    assert_eq!(body(&refused), body(&ask("x")), "it tells its reason");
    assert_eq!(ask(&server.token_of(Role::Comune)).status, 200, "the others go on");
}
