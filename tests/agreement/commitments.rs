//! Budgets and the agreements whose cost they are: a plan whose budget is below what agreements commit says so, and does not go its way.

use api::auth::Role;
use serde_json::{Value, json};

use super::writing::{add, done, terms, with};
use crate::support::Server;
use crate::support::write::PLAN;

/// A draft of 2023, as the plan in force of 2022 is.
fn draft(server: &Server) -> Value {
    let query = r#"{ ambito(code: "9") { plan(year: 2022) { id } } }"#;
    let copied = server.data(Role::Azienda, query)["ambito"]["plan"]["id"].take();
    let input = json!({ "ambito": "9", "year": 2023, "kind": "FORECAST", "copyOf": copied });
    server.write_plan(Role::Azienda, "createPlan", input)
}

/// A draft as a copy of another plan.
fn copy(server: &Server, plan: &Value, year: i32, kind: &str) -> Value {
    let input = json!({ "ambito": "9", "year": year, "kind": kind, "copyOf": plan["id"] });
    server.write_plan(Role::Azienda, "createPlan", input)
}

/// An edit of the budget of SAD; gives the plan.
fn set_budget(server: &Server, plan: &Value, rest: Value) -> Value {
    let input = json!({ "plan": plan["id"], "expectedVersion": plan["revision"], "service": "SAD" });
    server.write_plan(Role::Azienda, "setBudget", with(input, rest))
}

fn read(server: &Server, plan: &Value, selection: &str) -> Value {
    let query = format!("{{ node(id: {}) {{ ... on Plan {{ {selection} }} }} }}", plan["id"]);
    server.data(Role::Azienda, &query)["node"].take()
}

fn problems(server: &Server, plan: &Value) -> Value {
    let mut problems = read(server, plan, "problems { code service path message }")["problems"].take();
    for problem in problems.as_array_mut().unwrap() {
        // Which amounts it names, in whichever language.
        let message = problem["message"].take();
        let amounts =
            message.as_str().unwrap().split(['(', ' ']).filter(|word| word.ends_with(".00") || word.ends_with(".01"));
        problem["message"] = json!(amounts.collect::<Vec<_>>());
    }
    problems
}

/// What is said of a budget of SAD of so much where so much is committed.
fn below(amount: &str, committed: &str) -> Value {
    json!([{
        "code": "BELOW_COMMITMENTS", "service": "SAD", "path": ["budgets", "SAD", "amount"], "message": [amount, committed],
    }])
}

/// An agreement of 2023 with one line, which may be the cost of a service. Gives the agreement's identifier and the line's.
fn committed(server: &Server, code: &str, gross: &str, service: Option<&str>) -> (Value, Value) {
    let id = add(server, code, of_2023("2023-01-01", gross, service));
    let query = format!("{{ agreement(id: {id}) {{ versions {{ lines {{ id }} }} }} }}");
    let line = server.data(Role::Azienda, &query)["agreement"]["versions"][0]["lines"][0]["id"].take();
    (id, line)
}

fn of_2023(from: &str, gross: &str, service: Option<&str>) -> Value {
    let line = json!({ "code": "A", "year": 2023, "vatRegime": "OUT_OF_SCOPE", "gross": gross, "service": service });
    with(terms("2023-01-01", "2023-12-31", json!({ "lines": [line] })), json!({ "effectiveFrom": from }))
}

fn amend(server: &Server, id: &Value, version: i32, terms: Value) {
    done(server, "amendAgreement", json!({ "agreement": id, "expectedVersion": version, "terms": terms }), "{ id }");
}

#[test]
fn a_budget_below_its_agreements_is_a_problem_until_it_is_not() {
    let server = Server::start();
    let plan = draft(&server);
    let plan = set_budget(&server, &plan, json!({ "amount": "900000.00" }));
    assert_eq!(problems(&server, &plan), json!([]));
    let (first, _) = committed(&server, "UNO", "600000.00", Some("SAD"));
    assert_eq!(problems(&server, &plan), json!([]));
    let (second, _) = committed(&server, "DUE", "300000.01", Some("SAD"));
    assert_eq!(problems(&server, &plan), below("900000.00", "900000.01"));
    // It stands in the way of the proposal.
    let propose = json!({ "plan": plan["id"], "expectedVersion": plan["revision"] });
    server.check_refused(Role::Azienda, "proposePlan", propose.clone(), "BELOW_COMMITMENTS");
    // An amendment takes the place of what it amends; lines of other services and years commit nothing here.
    amend(&server, &second, 1, of_2023("2023-02-01", "300000.00", Some("SAD")));
    committed(&server, "TRE", "1.00", Some("ADM"));
    committed(&server, "QUATTRO", "1.00", None);
    let line = json!({ "code": "A", "year": 2022, "vatRegime": "EXEMPT", "gross": "1.00", "service": "SAD" });
    add(&server, "CINQUE", terms("2022-01-01", "2022-12-31", json!({ "lines": [line] })));
    assert_eq!(problems(&server, &plan), json!([]));
    let plan = server.write_plan(Role::Azienda, "proposePlan", propose);
    // What is agreed after the proposal stands in the way of the approval.
    amend(&server, &first, 1, of_2023("2023-02-01", "600000.01", Some("SAD")));
    let act = json!({ "ambito": "9", "number": "44", "date": "2022-12-19", "body": "Assemblea" });
    let act = server.write(Role::Assemblea, "addResolution", act, "{ resolution { id } }")["resolution"]["id"].take();
    let approve = json!({ "plan": plan["id"], "expectedVersion": plan["revision"], "resolution": act });
    server.check_refused(Role::Assemblea, "approvePlan", approve.clone(), "BELOW_COMMITMENTS");
    amend(&server, &first, 2, of_2023("2023-03-01", "600000.00", Some("SAD")));
    let approved = server.write_plan(Role::Assemblea, "approvePlan", approve);
    // What was approved has no problems any more, whatever is agreed later.
    amend(&server, &first, 3, of_2023("2023-04-01", "700000.00", Some("SAD")));
    assert_eq!(problems(&server, &approved), json!([]));
}

#[test]
fn a_budget_that_is_taken_away_leaves_what_is_committed() {
    let server = Server::start();
    let plan = draft(&server);
    committed(&server, "UNO", "600000.00", Some("SAD"));
    committed(&server, "DUE", "0.01", Some("SAD"));
    // Nothing is committed to it, or in another year.
    committed(&server, "TRE", "0.00", Some("ADM"));
    let line = json!({ "code": "A", "year": 2022, "vatRegime": "EXEMPT", "gross": "1.00", "service": "ADM" });
    add(&server, "QUATTRO", terms("2022-01-01", "2022-12-31", json!({ "lines": [line] })));
    let mut plan = set_budget(&server, &plan, json!({ "amount": "600000.01" }));
    assert_eq!(problems(&server, &plan), json!([]));
    for service in ["ADM", "SAD"] {
        let input = json!({ "plan": plan["id"], "expectedVersion": plan["revision"], "service": service });
        plan = server.write_plan(Role::Azienda, "removeBudget", input);
    }
    assert_eq!(problems(&server, &plan), below("0.00", "600000.01"));
    let propose = json!({ "plan": plan["id"], "expectedVersion": plan["revision"] });
    server.check_refused(Role::Azienda, "proposePlan", propose, "BELOW_COMMITMENTS");
    assert_eq!(problems(&server, &copy(&server, &plan, 2023, "FINAL")), json!([]));
}

#[test]
fn a_renewal_leaves_the_years_before_committed_and_a_final_plan_may_cost_less() {
    let server = Server::start();
    let plan = draft(&server);
    let plan = set_budget(&server, &plan, json!({ "amount": "900000.00" }));
    let (id, _) = committed(&server, "UNO", "900000.01", Some("SAD"));
    let line = json!({ "code": "A", "year": 2024, "vatRegime": "EXEMPT", "gross": "1.00", "service": "SAD" });
    let renewed = terms("2024-01-01", "2024-12-31", json!({ "lines": [line] }));
    done(&server, "renewAgreement", json!({ "agreement": id, "expectedVersion": 1, "terms": renewed }), "{ id }");
    assert_eq!(problems(&server, &plan), below("900000.00", "900000.01"));
    assert_eq!(problems(&server, &copy(&server, &plan, 2023, "FINAL")), json!([]));
    assert_eq!(problems(&server, &copy(&server, &plan, 2024, "FORECAST")), json!([]));
}

/// Lines of a budget, one of which is the cost of an agreement.
fn lines(gross: &str, line: &Value) -> Value {
    json!({ "lines": [
        { "item": "affidamento", "gross": gross, "vatRegime": "OUT_OF_SCOPE", "agreementLine": line },
        { "item": "personale", "gross": "800000.00", "vatRegime": "OUT_OF_SCOPE" },
    ] })
}

const LINES: &str =
    "budget(service: \"SAD\") { lines { item agreementLine { id agreement version code } } } problems { code }
    verification { holds }";

#[test]
fn a_budget_line_points_to_the_line_that_it_pays() {
    let server = Server::start();
    let plan = draft(&server);
    let (agreement, line) = committed(&server, "UNO", "900000.00", None);
    let plan = set_budget(&server, &plan, lines("100000.00", &line));
    let pointing = json!([
        { "item": "affidamento", "agreementLine": { "id": line, "agreement": "UNO", "version": 1, "code": "A" } },
        { "item": "personale", "agreementLine": null },
    ]);
    let seen = read(&server, &plan, LINES);
    assert_eq!(seen["budget"]["lines"], pointing);
    assert_eq!(seen["problems"], json!([]));
    // The line is the same in the version that amends it, and commits what that says.
    amend(&server, &agreement, 1, of_2023("2023-02-01", "900000.01", None));
    assert_eq!(problems(&server, &plan), below("900000.00", "900000.01"));
    let same = copy(&server, &plan, 2023, "FORECAST");
    assert_eq!(read(&server, &same, LINES)["budget"]["lines"], pointing);
    assert_eq!(problems(&server, &same), below("900000.00", "900000.01"));
    let later = copy(&server, &plan, 2024, "FORECAST");
    let later = read(&server, &later, LINES)["budget"]["lines"].take();
    assert_eq!((&later[0]["agreementLine"], &later[1]["agreementLine"]), (&Value::Null, &Value::Null));
    // What it points to is part of what is proposed and verified.
    amend(&server, &agreement, 2, of_2023("2023-03-01", "900000.00", None));
    let propose = json!({ "plan": plan["id"], "expectedVersion": plan["revision"] });
    let plan = server.write_plan(Role::Azienda, "proposePlan", propose);
    assert_eq!(read(&server, &plan, LINES)["verification"], json!({ "holds": true }));
}

#[test]
fn the_digest_of_a_plan_tells_what_its_lines_point_to() {
    let server = Server::start();
    let (plan, (_, line)) = (draft(&server), committed(&server, "UNO", "1.00", None));
    let mut revised = plan;
    let mut digests = Vec::new();
    for line in [Value::Null, line, Value::Null] {
        revised = set_budget(&server, &revised, lines("100000.00", &line));
        let trail = "{ auditTrail(last: 1) { nodes { act digestAfter } } }";
        let event = server.data(Role::Auditor, trail)["auditTrail"]["nodes"][0].take();
        assert_eq!(event["act"], json!("plan.set_budget"));
        digests.push(event["digestAfter"].clone());
    }
    assert_eq!(digests[0], digests[2]);
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn a_budget_line_points_to_no_other_line() {
    let server = Server::start();
    let plan = draft(&server);
    let (agreement, other) = committed(&server, "UNO", "1.00", Some("ADM"));
    let line = json!({ "code": "A", "year": 2022, "vatRegime": "EXEMPT", "gross": "1.00" });
    let earlier = add(&server, "DUE", terms("2022-01-01", "2022-12-31", json!({ "lines": [line] })));
    let query = format!("{{ agreement(id: {earlier}) {{ versions {{ lines {{ id }} }} }} }}");
    let earlier = server.data(Role::Azienda, &query)["agreement"]["versions"][0]["lines"][0]["id"].take();
    let cases = [(json!("eA"), "NOT_FOUND"), (agreement, "NOT_FOUND"), (other, "INVALID"), (earlier, "INVALID")];
    for (line, code) in cases {
        let input = json!({ "plan": plan["id"], "expectedVersion": plan["revision"], "service": "SAD" });
        let input = with(input, lines("1.00", &line));
        let payload = server.write(Role::Azienda, "setBudget", input.clone(), PLAN);
        assert_eq!(payload["errors"][0]["path"], json!(["input", "lines", "0", "agreementLine"]), "{payload}");
        server.check_refused(Role::Azienda, "setBudget", input, code);
    }
}
