//! Every mutation of the schema, every role, every status of a plan: who may do what to which plan. Whatever is not listed here as allowed is refused.

use std::collections::BTreeMap;

use api::auth::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::benefit::Benefits;
use super::watched::Watched;
use super::{Held, copy, in_force, proposed, resolution};
use crate::expense;
use crate::schema::published_types;
use crate::statements;
use crate::support::tables::snapshot;
use crate::support::write::new_key;
use crate::support::{Server, Template};

const ROLES: [Role; 7] =
    [Role::Comune, Role::Reporting, Role::Azienda, Role::Assemblea, Role::Auditor, Role::Admin, Role::Partner];
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
    ("updateResolution", Role::Azienda, &STATUSES),
    ("updateResolution", Role::Assemblea, &STATUSES),
    ("addService", Role::Azienda, &STATUSES),
    ("updateService", Role::Azienda, &STATUSES),
    ("addFund", Role::Azienda, &STATUSES),
    ("updateFund", Role::Azienda, &STATUSES),
    ("addProgramme", Role::Azienda, &STATUSES),
    ("updateProgramme", Role::Azienda, &STATUSES),
    ("addMeasure", Role::Azienda, &STATUSES),
    ("updateMeasure", Role::Azienda, &STATUSES),
    ("setMeasurements", Role::Azienda, &STATUSES),
    ("importActivity", Role::Azienda, &STATUSES),
    ("recordPayment", Role::Azienda, &STATUSES),
    ("reversePayment", Role::Azienda, &STATUSES),
    ("addAmbito", Role::Admin, &STATUSES),
    ("addPartner", Role::Azienda, &STATUSES),
    ("updatePartner", Role::Azienda, &STATUSES),
    ("addAgreement", Role::Azienda, &STATUSES),
    ("amendAgreement", Role::Azienda, &STATUSES),
    ("renewAgreement", Role::Azienda, &STATUSES),
    ("reportMilestone", Role::Azienda, &STATUSES),
    ("addBenefitMeasure", Role::Azienda, &STATUSES),
    ("updateBenefitMeasure", Role::Azienda, &STATUSES),
    ("recordBenefitApplication", Role::Azienda, &STATUSES),
    ("withdrawBenefitApplication", Role::Azienda, &STATUSES),
    ("rejectBenefitApplication", Role::Azienda, &STATUSES),
    ("grantBenefit", Role::Azienda, &STATUSES),
    ("suspendBenefit", Role::Azienda, &STATUSES),
    ("resumeBenefit", Role::Azienda, &STATUSES),
    ("endBenefit", Role::Azienda, &STATUSES),
    ("revokeBenefit", Role::Azienda, &STATUSES),
    ("updateAmbito", Role::Admin, &STATUSES),
    ("addComune", Role::Admin, &STATUSES),
    ("updateComune", Role::Admin, &STATUSES),
    ("addMembership", Role::Admin, &STATUSES),
    ("updateMembership", Role::Admin, &STATUSES),
    ("addExpenseReport", Role::Azienda, &STATUSES),
    ("addExpenseReport", Role::Partner, &STATUSES),
    ("updateExpenseReport", Role::Azienda, &STATUSES),
    ("updateExpenseReport", Role::Partner, &STATUSES),
    ("removeExpenseReport", Role::Azienda, &STATUSES),
    ("removeExpenseReport", Role::Partner, &STATUSES),
    ("submitExpenseReport", Role::Azienda, &STATUSES),
    ("submitExpenseReport", Role::Partner, &STATUSES),
    ("addExpense", Role::Azienda, &STATUSES),
    ("addExpense", Role::Partner, &STATUSES),
    ("updateExpense", Role::Azienda, &STATUSES),
    ("updateExpense", Role::Partner, &STATUSES),
    ("removeExpense", Role::Azienda, &STATUSES),
    ("removeExpense", Role::Partner, &STATUSES),
    ("beginExpenseReview", Role::Azienda, &STATUSES),
    ("judgeExpense", Role::Azienda, &STATUSES),
    ("returnExpenseReport", Role::Azienda, &STATUSES),
    ("admitExpenseReport", Role::Azienda, &STATUSES),
    ("payExpenseReport", Role::Azienda, &STATUSES),
    ("updateIndicator", Role::Azienda, &STATUSES),
    ("recordReading", Role::Azienda, &STATUSES),
    ("correctReading", Role::Azienda, &STATUSES),
    ("addMonitoringField", Role::Azienda, &STATUSES),
    ("updateMonitoringField", Role::Azienda, &STATUSES),
    ("writeMonitoringReport", Role::Azienda, &STATUSES),
    ("submitMonitoringReport", Role::Azienda, &STATUSES),
    ("returnMonitoringReport", Role::Azienda, &STATUSES),
    ("addGoverningBody", Role::Azienda, &STATUSES),
    ("updateGoverningBody", Role::Azienda, &STATUSES),
    ("recordMeeting", Role::Azienda, &STATUSES),
    ("addProject", Role::Azienda, &STATUSES),
    ("updateProject", Role::Azienda, &STATUSES),
    ("setProjectTimeline", Role::Azienda, &STATUSES),
    ("reportProjectMilestone", Role::Azienda, &STATUSES),
    ("addWorkPlan", Role::Azienda, &STATUSES),
    ("updateWorkPlan", Role::Azienda, &STATUSES),
    ("reportWorkPlanMilestone", Role::Azienda, &STATUSES),
    ("recordProjectExpense", Role::Azienda, &STATUSES),
    ("reverseProjectExpense", Role::Azienda, &STATUSES),
    ("writeMonitoringReport", Role::Partner, &STATUSES),
    ("submitMonitoringReport", Role::Partner, &STATUSES),
];

/// What stands in a server before anything is tried, and what mutations name.
struct Ground {
    /// A plan in a status.
    plan: Held,
    /// An act that approved nothing.
    act: Value,
    /// Services, funds, programmes and measures of the Ambito.
    master: Value,
    /// A measure of its own.
    measure: Value,
    /// A payment.
    payment: Value,
    /// An agreement of 2020, with a milestone.
    agreement: Value,
    /// Reports of expenses in each state, as acts name them.
    expenses: BTreeMap<&'static str, Value>,
    /// Benefits.
    benefits: Benefits,
    /// What is watched over time.
    watched: Watched,
}

impl Ground {
    fn new(server: &Server, status: &str) -> Self {
        let (plan, act) = (plan_in(server, status), resolution(server, "99", "2022-12-30"));
        let query = r#"{ ambito(code: "9") { services { id } funds { id } programmes { id } } }"#;
        let master = server.data(Role::Azienda, query)["ambito"].take();
        let own = json!({ "ambito": "9", "code": "PASTI", "name": "Pasti", "unit": "pasti", "consumption": false });
        let mut measure = server.write(Role::Azienda, "addMeasure", own, "{ measure { id } }");
        let mut paid = server.write(Role::Azienda, "recordPayment", payment(), "{ payment { id } }");
        let (measure, payment) = (measure["measure"]["id"].take(), paid["payment"]["id"].take());
        let made = agreement("PRIMO", terms("2020-01-01", "2020-12-31"));
        let mut made = server.write(Role::Azienda, "addAgreement", made, "{ agreement { id } }");
        let agreement = made["agreement"]["id"].take();
        let (expenses, benefits, watched) = (expense::inputs(server), Benefits::new(server), Watched::new(server));
        Self { plan, act, master, measure, payment, agreement, expenses, benefits, watched }
    }
}

fn agreement(code: &str, terms: Value) -> Value {
    json!({ "ambito": "9", "code": code, "kind": "CO_DESIGN", "terms": terms })
}

fn terms(starts_on: &str, ends_on: &str) -> Value {
    json!({
        "title": "Convenzione", "startsOn": starts_on, "endsOn": ends_on, "partners": ["ALFA"],
        "milestones": [{ "code": "AVVIO", "item": "avvio", "from": ends_on }],
    })
}

fn payment() -> Value {
    json!({ "ambito": "9", "comune": "017103", "paidOn": "2022-03-31", "amount": "1.00" })
}

/// The identifier of the first of its kind: the demonstration's.
fn id(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

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

/// An input that would be done, were it allowed. A mutation without one here fails the test.
fn input(name: &str, ground: &Ground) -> Value {
    let plan = &ground.plan;
    let with = |rest: Value| {
        let mut input = plan.input();
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    };
    let master = |name: &str, list: &str| {
        let mut input = json!({ "expectedVersion": 1 });
        input[name] = ground.master[list][0]["id"].clone();
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
        "approvePlan" => plan.with("resolution", ground.act.clone()),
        "updateResolution" => json!({ "resolution": ground.act, "expectedVersion": 1, "subject": "Piano" }),
        "addService" => json!({ "ambito": "9", "code": "NUOVO", "name": "n", "area": "a", "delivery": "d" }),
        "updateService" => master("service", "services"),
        "addFund" => json!({ "ambito": "9", "code": "NUOVO", "name": "n", "level": "STATE" }),
        "updateFund" => master("fund", "funds"),
        "addProgramme" => json!({ "ambito": "9", "title": "t", "fromYear": 2030, "toYear": 2032 }),
        "updateProgramme" => master("programme", "programmes"),
        "addMeasure" => json!({ "ambito": "9", "code": "NUOVA", "name": "n", "unit": "u", "consumption": false }),
        "updateMeasure" => json!({ "measure": ground.measure, "expectedVersion": 1, "name": "n" }),
        "setMeasurements" => {
            json!({ "ambito": "9", "measure": "RESIDENTS", "referenceDate": "2023-01-01", "source": "ISTAT",
            "values": [{ "comune": "017103", "value": "1" }] })
        }
        "importActivity" => {
            json!({ "ambito": "9", "csv": "service,comune,month,case,ore\nSAD,017103,2022-01,C-1,1\n" })
        }
        "recordPayment" => payment(),
        "reversePayment" => json!({ "payment": ground.payment }),
        "addAmbito" => {
            json!({ "code": "X1", "name": "Nuovo", "region": "Lombardia", "province": "BS", "managingBody": "Ente" })
        }
        "updateAmbito" => json!({ "ambito": id("Ambito:1"), "expectedVersion": 1, "name": "Altro" }),
        "addPartner" => json!({ "ambito": "9", "code": "NUOVO", "name": "Nuovo" }),
        "updatePartner" => json!({ "partner": id("Partner:1"), "expectedVersion": 1, "name": "Altro" }),
        "addAgreement" | "amendAgreement" | "renewAgreement" | "reportMilestone" => of_agreement(name, ground),
        "addComune" => json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" }),
        "updateComune" => json!({ "comune": id("Comune:1"), "expectedVersion": 1, "name": "Altro" }),
        // Before the comune was a member.
        "addMembership" => {
            json!({ "ambito": "9", "comune": "017103", "validFrom": "1990-01-01", "validTo": "1990-12-31" })
        }
        "updateMembership" => {
            json!({ "membership": id("Membership:1"), "expectedVersion": 1, "validTo": "2030-12-31" })
        }
        _ => {
            let of_others = ground.expenses.get(name).cloned().or_else(|| ground.benefits.input(name));
            of_others
                .or_else(|| ground.watched.input(name))
                .unwrap_or_else(|| panic!("{name} has no input in this test"))
        }
    }
}

/// The same of agreements.
fn of_agreement(name: &str, ground: &Ground) -> Value {
    match name {
        "addAgreement" => agreement("NUOVO", terms("2022-01-01", "2022-12-31")),
        "amendAgreement" => {
            let mut terms = terms("2020-01-01", "2020-12-31");
            terms["effectiveFrom"] = json!("2020-06-01");
            json!({ "agreement": ground.agreement, "expectedVersion": 1, "terms": terms })
        }
        "renewAgreement" => {
            let mut terms = terms("2021-01-01", "2021-12-31");
            terms["milestones"][0]["code"] = json!("SEGUITO");
            json!({ "agreement": ground.agreement, "expectedVersion": 1, "terms": terms })
        }
        _ => {
            json!({ "agreement": ground.agreement, "milestone": "AVVIO", "startedOn": "2020-12-31" })
        }
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

/// Tries every mutation as every role, on a plan in a status.
fn check(status: &str) {
    let types = published_types();
    let names: Vec<String> =
        statements::fields(&types, "Mutation").into_iter().map(|field| field.name.node.to_string()).collect();
    assert!(names.len() >= 70);
    let server = Server::start();
    let ground = Ground::new(&server, status);
    let before = snapshot(server.database());
    let mut allowed = Vec::new();
    for name in &names {
        for role in ROLES {
            let may = |(allowed, by, statuses): &&(&str, Role, &[&str])| {
                (*allowed, *by) == (name.as_str(), role) && statuses.contains(&status)
            };
            if let Some((_, _, statuses)) = ALLOWED.iter().find(may) {
                // What goes in every status has nothing to do with the plan, and is done once.
                let is_to_do = statuses.len() < STATUSES.len() || status == STATUSES[0];
                allowed.extend(is_to_do.then_some((name, role)));
                continue;
            }
            assert!(!is_done(&server, role, name, &input(name, &ground)), "{name} by {role:?} on {status}");
        }
    }
    assert!(snapshot(server.database()) == before, "a refused act on a plan in {status} changed something");
    // Each of the others on a server of its own, since it changes the plan.
    let template = Template::of(server);
    for (name, role) in allowed {
        let server = Server::like(&template);
        assert!(is_done(&server, role, name, &input(name, &ground)), "{name} by {role:?} on {status}");
    }
}

#[test]
fn every_mutation_and_role_on_a_draft() {
    check(STATUSES[0]);
}

#[test]
fn every_mutation_and_role_on_a_proposed_plan() {
    check(STATUSES[1]);
}

#[test]
fn every_mutation_and_role_on_an_approved_plan() {
    check(STATUSES[2]);
}

#[test]
fn every_mutation_and_role_on_a_withdrawn_plan() {
    check(STATUSES[3]);
}
