//! Every mutation of the schema, every role, every status of a plan: who may do what to which plan. Whatever is not listed here as allowed is refused.

use api::auth::Role;
use serde_json::{Value, json};

use super::{Held, copy, in_force, proposed, resolution};
use crate::schema::published_types;
use crate::statements;
use crate::support::Server;
use crate::support::tables::snapshot;
use crate::support::write::new_key;

const ROLES: [Role; 6] = [Role::Comune, Role::Reporting, Role::Azienda, Role::Assemblea, Role::Auditor, Role::Admin];
const STATUSES: [&str; 4] = ["DRAFT", "PROPOSED", "APPROVED", "WITHDRAWN"];

/// What may be done: the mutation, the role, the statuses of the plan that it names. Any other combination is refused.
const ALLOWED: &[(&str, Role, &[&str])] = &[
    ("createPlan", Role::Azienda, &STATUSES),
    ("setBudget", Role::Azienda, &["DRAFT"]),
    ("removeBudget", Role::Azienda, &["DRAFT"]),
    ("setFunding", Role::Azienda, &["DRAFT"]),
    ("setRule", Role::Azienda, &["DRAFT"]),
    ("setParticipants", Role::Azienda, &["DRAFT"]),
    ("setBasis", Role::Azienda, &["DRAFT"]),
    ("setInstalments", Role::Azienda, &["DRAFT"]),
    ("proposePlan", Role::Azienda, &["DRAFT"]),
    ("withdrawPlan", Role::Azienda, &["DRAFT", "PROPOSED"]),
    ("sendBackPlan", Role::Assemblea, &["PROPOSED"]),
    ("approvePlan", Role::Assemblea, &["PROPOSED"]),
    ("addResolution", Role::Azienda, &STATUSES),
    ("addResolution", Role::Assemblea, &STATUSES),
    ("importActivity", Role::Azienda, &STATUSES),
    ("recordPayment", Role::Azienda, &STATUSES),
    ("reversePayment", Role::Azienda, &STATUSES),
];

/// A plan in a status, of 2023.
fn plan_in(server: &Server, status: &str) -> Held {
    match status {
        "DRAFT" => copy(server, 2023, "FORECAST", &in_force(server, 2022, "2022-06-30")["id"]),
        "PROPOSED" => proposed(server),
        "APPROVED" => super::approve(server, &proposed(server), &resolution(server, "44", "2022-12-19")),
        _ => {
            let mut plan = plan_in(server, "DRAFT");
            plan.step(server, Role::Azienda, "withdrawPlan");
            plan
        }
    }
}

/// What stands in a server before anything is tried: a plan in a status, an act that approves nothing yet, a payment.
struct Ground {
    plan: Held,
    act: Value,
    payment: Value,
}

impl Ground {
    fn new(server: &Server, status: &str) -> Self {
        let (plan, act) = (plan_in(server, status), resolution(server, "99", "2022-12-30"));
        let mut paid = server.write(Role::Azienda, "recordPayment", payment(), "{ payment { id } }");
        Self { plan, act, payment: paid["payment"]["id"].take() }
    }
}

fn payment() -> Value {
    json!({ "ambito": "9", "comune": "017103", "paidOn": "2022-03-31", "amount": "1.00" })
}

/// An input that would be done, were it allowed. A mutation without one here fails the test.
fn input(name: &str, Ground { plan, act, payment: paid }: &Ground) -> Value {
    let with = |rest: Value| {
        let mut input = plan.input();
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    };
    match name {
        "createPlan" => json!({ "ambito": "9", "year": 2024, "kind": "FORECAST", "copyOf": plan.id }),
        "addResolution" => json!({ "ambito": "9", "number": "1", "date": "2022-12-19", "body": "Assemblea" }),
        "setBudget" => with(json!({ "service": "SAD", "amount": "1.00" })),
        "removeBudget" => with(json!({ "service": "SAD" })),
        "setFunding" => with(json!({ "service": "SAD", "funding": [] })),
        "setRule" => with(json!({ "service": "SAD", "rule": { "equal": {} } })),
        "setParticipants" => with(json!({ "service": "SAD", "comuni": ["017103"] })),
        "setBasis" => with(json!({ "measure": "RESIDENTS", "source": { "measuredOn": "2022-01-01" } })),
        "setInstalments" => with(json!({ "instalments": [{ "dueDate": "2023-12-31", "percent": "100" }] })),
        "proposePlan" | "sendBackPlan" | "withdrawPlan" => plan.input(),
        "approvePlan" => plan.with("resolution", act.clone()),
        "importActivity" => {
            json!({ "ambito": "9", "csv": "service,comune,month,case,ore\nSAD,017103,2022-01,C-1,1\n" })
        }
        "recordPayment" => payment(),
        "reversePayment" => json!({ "payment": paid }),
        _ => panic!("{name} has no input in this test"),
    }
}

/// Whether it was done.
fn is_done(server: &Server, role: Role, name: &str, input: &Value) -> bool {
    let ty = format!("{}{}Input!", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation($input: {ty}) {{ {name}(input: $input) {{ errors {{ code }} }} }}");
    let answer = server.send_write(&server.token_of(role), &new_key(), &query, json!({ "input": input }));
    let body = answer.json();
    match body["errors"][0]["extensions"]["code"].as_str() {
        Some(code) => {
            assert_eq!(code, "FORBIDDEN", "{name} {role:?} {body}");
            false
        }
        None => body["data"][name]["errors"] == json!([]),
    }
}

#[test]
fn every_mutation_role_and_status() {
    let types = published_types();
    let names: Vec<String> =
        statements::fields(&types, "Mutation").into_iter().map(|field| field.name.node.to_string()).collect();
    assert!(names.len() >= 13);
    for status in STATUSES {
        let server = Server::start();
        let ground = Ground::new(&server, status);
        let before = snapshot(server.database());
        let mut allowed = Vec::new();
        for name in &names {
            for role in ROLES {
                let may = |(allowed, by, statuses): &&(&str, Role, &[&str])| {
                    (*allowed, *by) == (name.as_str(), role) && statuses.contains(&status)
                };
                if ALLOWED.iter().any(|case| may(&case)) {
                    allowed.push((name, role));
                    continue;
                }
                assert!(!is_done(&server, role, name, &input(name, &ground)), "{name} by {role:?} on {status}");
            }
        }
        assert!(snapshot(server.database()) == before, "a refused act on a plan in {status} changed something");
        // Each of the others on a server of its own, since it changes the plan.
        for (name, role) in allowed {
            let server = Server::start();
            let ground = Ground::new(&server, status);
            assert!(is_done(&server, role, name, &input(name, &ground)), "{name} by {role:?} on {status}");
        }
    }
}
