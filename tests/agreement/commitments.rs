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
    set_budget_of(server, plan, "SAD", rest)
}

/// The same of another service.
fn set_budget_of(server: &Server, plan: &Value, service: &str, rest: Value) -> Value {
    let input = json!({ "plan": plan["id"], "expectedVersion": plan["revision"], "service": service });
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

/// What is said of the first line of a budget of SAD that points to a line of so much.
fn below_line(amount: &str, committed: &str) -> Value {
    json!([{
        "code": "BELOW_COMMITMENTS", "service": "SAD", "path": ["budgets", "SAD", "lines", "0"], "message": [amount, committed],
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
    assert_eq!(problems(&server, &approved), json!([]));
    // What is agreed later is told of the plan in force, too, until an amendment of it takes its place.
    amend(&server, &first, 3, of_2023("2023-04-01", "700000.00", Some("SAD")));
    assert_eq!(problems(&server, &approved), below("900000.00", "1000000.00"));
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
    let (agreement, line) = committed(&server, "UNO", "100000.00", None);
    let plan = set_budget(&server, &plan, lines("100000.00", &line));
    let pointing = json!([
        { "item": "affidamento", "agreementLine": { "id": line, "agreement": "UNO", "version": 1, "code": "A" } },
        { "item": "personale", "agreementLine": null },
    ]);
    let seen = read(&server, &plan, LINES);
    assert_eq!(seen["budget"]["lines"], pointing);
    assert_eq!(seen["problems"], json!([]));
    // The line is the same in the version that amends it, and commits what that says.
    amend(&server, &agreement, 1, of_2023("2023-02-01", "100000.01", None));
    assert_eq!(problems(&server, &plan), below_line("100000.00", "100000.01"));
    let same = copy(&server, &plan, 2023, "FORECAST");
    assert_eq!(read(&server, &same, LINES)["budget"]["lines"], pointing);
    assert_eq!(problems(&server, &same), below_line("100000.00", "100000.01"));
    let later = copy(&server, &plan, 2024, "FORECAST");
    let later = read(&server, &later, LINES)["budget"]["lines"].take();
    assert_eq!((&later[0]["agreementLine"], &later[1]["agreementLine"]), (&Value::Null, &Value::Null));
    // What it points to is part of what is proposed and verified.
    amend(&server, &agreement, 2, of_2023("2023-03-01", "100000.00", None));
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

#[test]
fn each_line_is_covered_by_what_points_to_it_and_the_rest_by_its_service() {
    let server = Server::start();
    let plan = draft(&server);
    let (_, line) = committed(&server, "UNO", "900000.00", None);
    // The money of the staff beside it does not pay it: 100,000.00 of 900,000.00, though the budget has as much.
    let plan = set_budget(&server, &plan, lines("100000.00", &line));
    assert_eq!(problems(&server, &plan), below_line("100000.00", "900000.00"));
    // Two lines that point to it are taken together.
    let two = json!({ "lines": [
        { "item": "affidamento", "gross": "100000.00", "vatRegime": "OUT_OF_SCOPE", "agreementLine": line },
        { "item": "affidamento, estate", "gross": "800000.00", "vatRegime": "OUT_OF_SCOPE", "agreementLine": line },
        { "item": "personale", "gross": "50000.00", "vatRegime": "OUT_OF_SCOPE" },
    ] });
    let plan = set_budget(&server, &plan, two);
    assert_eq!(problems(&server, &plan), json!([]));
    // What nothing points to is for the budget of its service, less what points elsewhere: 50,000.00 are left of 950,000.00.
    let (tied, own) = committed(&server, "DUE", "50000.01", Some("SAD"));
    assert_eq!(problems(&server, &plan), below("950000.00", "950000.01"));
    amend(&server, &tied, 1, of_2023("2023-02-01", "50000.00", Some("SAD")));
    assert_eq!(problems(&server, &plan), json!([]));
    // Once a line points to it, it is asked of that line and not of the budget.
    let pointed = json!({ "lines": [
        { "item": "affidamento", "gross": "900000.00", "vatRegime": "OUT_OF_SCOPE", "agreementLine": line },
        { "item": "personale", "gross": "49999.00", "vatRegime": "OUT_OF_SCOPE", "agreementLine": own },
    ] });
    let plan = set_budget(&server, &plan, pointed);
    let expected = json!([{
        "code": "BELOW_COMMITMENTS", "service": "SAD", "path": ["budgets", "SAD", "lines", "1"], "message": ["49999.00", "50000.00"],
    }]);
    assert_eq!(problems(&server, &plan), expected);
}

#[test]
fn what_several_services_share_is_asked_once() {
    let server = Server::start();
    let mut plan = draft(&server);
    let (agreement, line) = committed(&server, "UNO", "300000.00", None);
    let share = |gross: &str| json!({ "lines": [{ "item": "affidamento", "gross": gross, "vatRegime": "OUT_OF_SCOPE", "agreementLine": line }] });
    // 180,000.00 of one and 120,000.00 of the other.
    plan = set_budget(&server, &plan, share("180000.00"));
    plan = set_budget_of(&server, &plan, "ADP", share("119999.01"));
    assert_eq!(problems(&server, &plan), below_line("299999.01", "300000.00"));
    plan = set_budget_of(&server, &plan, "ADP", share("120000.00"));
    assert_eq!(problems(&server, &plan), json!([]));
    // An agreement that is tied to both, with a line that names neither: their budgets have 5,000.00 beside, together.
    plan = set_budget(&server, &plan, json!({ "amount": "182000.00" }));
    plan = set_budget_of(&server, &plan, "ADP", json!({ "amount": "123000.00" }));
    amend(
        &server,
        &agreement,
        1,
        with(of_2023("2023-02-01", "300000.00", None), json!({ "services": ["SAD", "ADP"] })),
    );
    assert_eq!(problems(&server, &plan), json!([]));
    let tied = |gross: &str| with(of_2023("2023-01-01", gross, None), json!({ "services": ["ADP", "SAD"] }));
    let second = add(&server, "DUE", tied("5000.01"));
    let short = json!([{
        "code": "BELOW_COMMITMENTS", "service": "SAD", "path": ["budgets", "SAD", "amount"], "message": ["305000.00", "305000.01"],
    }]);
    assert_eq!(problems(&server, &plan), short);
    amend(&server, &second, 1, with(tied("5000.00"), json!({ "effectiveFrom": "2023-02-01" })));
    assert_eq!(problems(&server, &plan), json!([]));
    // One of them alone has its own to bear first: 1.00 of SAD leaves 304,999.00 to both.
    committed(&server, "TRE", "1.00", Some("SAD"));
    assert_eq!(problems(&server, &plan)[0]["message"], json!(["304999.00", "305000.00"]));
}

#[test]
fn what_services_can_bear_for_each_other_is_not_counted_twice() {
    let server = Server::start();
    let mut plan = draft(&server);
    for (service, amount) in [("SAD", "0.00"), ("ADP", "100.00"), ("ADM", "0.00")] {
        plan = set_budget_of(&server, &plan, service, json!({ "amount": amount }));
    }
    let tied = |code: &str, gross: &str, services: [&str; 2]| {
        add(&server, code, with(of_2023("2023-01-01", gross, None), json!({ "services": services })));
    };
    // 100.00 for each of two, and what the third asks for is with a service that can help neither: only 100.00 for 200.00.
    tied("X", "100.00", ["SAD", "ADP"]);
    tied("Y", "100.00", ["ADP", "ADM"]);
    tied("Z", "10.00", ["ADM", "PROGETTI-UDP"]);
    let found = problems(&server, &plan);
    let short: Vec<&Value> =
        found.as_array().unwrap().iter().filter(|one| one["code"] == "BELOW_COMMITMENTS").collect();
    assert_eq!(short.len(), 1, "{found}");
    assert_eq!(short[0]["message"], json!(["100.00", "200.00"]));
}

#[test]
fn a_line_that_an_amendment_drops_is_pointed_to_no_more() {
    let server = Server::start();
    let plan = draft(&server);
    let line = |code: &str| json!({ "code": code, "year": 2023, "vatRegime": "OUT_OF_SCOPE", "gross": "100000.00" });
    let both = terms("2023-01-01", "2023-12-31", json!({ "lines": [line("A"), line("B")] }));
    let id = add(&server, "UNO", both.clone());
    let query = format!("{{ agreement(id: {id}) {{ versions {{ lines {{ id }} }} }} }}");
    let found = server.data(Role::Azienda, &query)["agreement"]["versions"][0]["lines"].take();
    let (dropped, kept) = (&found[0]["id"], &found[1]["id"]);
    let plan = set_budget(&server, &plan, lines("100000.00", dropped));
    assert_eq!(problems(&server, &plan), json!([]));
    let without = with(both.clone(), json!({ "effectiveFrom": "2023-02-01", "lines": [line("B")] }));
    amend(&server, &id, 1, without);
    let stale = json!([{ "code": "OUTSIDE_AGREEMENT", "service": "SAD", "path": ["budgets", "SAD", "lines", "0"], "message": [] }]);
    assert_eq!(problems(&server, &plan), stale);
    let propose = json!({ "plan": plan["id"], "expectedVersion": plan["revision"] });
    server.check_refused(Role::Azienda, "proposePlan", propose, "OUTSIDE_AGREEMENT");
    // Nothing points to it anew; a row of the version before points to the line that is still there.
    let input = |line: &Value| {
        let input = json!({ "plan": plan["id"], "expectedVersion": plan["revision"], "service": "SAD" });
        with(input, lines("100000.00", line))
    };
    let payload = server.write(Role::Azienda, "setBudget", input(dropped), PLAN);
    assert_eq!(payload["errors"][0]["path"], json!(["input", "lines", "0", "agreementLine"]), "{payload}");
    server.check_refused(Role::Azienda, "setBudget", input(dropped), "OUTSIDE_AGREEMENT");
    let plan = server.write_plan(Role::Azienda, "setBudget", input(kept));
    assert_eq!(problems(&server, &plan), json!([]));
    // An amendment that brings it back puts right what pointed to it.
    let plan = set_budget(&server, &plan, json!({ "amount": "1.00" }));
    amend(&server, &id, 2, with(both, json!({ "effectiveFrom": "2023-03-01" })));
    let plan = set_budget(&server, &plan, lines("100000.00", dropped));
    assert_eq!(problems(&server, &plan), json!([]));
}
