//! From a draft to a plan in force through the API: who may move a plan, from where to where, and what follows.

mod benefit;
mod table;
mod watched;

use api::auth::Role;
use api::store::Store;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::tables::{snapshot, wait};
use crate::support::write::{PLAN, new_key};
use crate::support::{PONTEVICO, Server, plain};

/// A plan as a test holds on to it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: Value,
    revision: i64,
}

impl Held {
    pub(crate) fn of(plan: &Value) -> Self {
        Self { id: plan["id"].clone(), revision: plan["revision"].as_i64().unwrap() }
    }

    fn input(&self) -> Value {
        json!({ "plan": self.id, "expectedVersion": self.revision })
    }

    pub(crate) fn with(&self, name: &str, value: Value) -> Value {
        let mut input = self.input();
        input[name] = value;
        input
    }

    /// Moves it as a role, which must be done.
    pub(crate) fn step(&mut self, server: &Server, role: Role, name: &str) {
        let plan = server.write_plan(role, name, self.input());
        // The assembly does not see the draft that it has sent back.
        assert_eq!(plan.is_null(), name == "sendBackPlan");
        self.revision += 1;
    }
}

pub(crate) fn copy(server: &Server, year: i32, kind: &str, of: &Value) -> Held {
    let input = json!({ "ambito": "9", "year": year, "kind": kind, "copyOf": of });
    Held::of(&server.write_plan(Role::Azienda, "createPlan", input))
}

pub(crate) fn in_force(server: &Server, year: i32, as_of: &str) -> Value {
    let query = format!("{{ ambito(code: \"9\") {{ plan(year: {year}, asOf: \"{as_of}\") {{ id version }} }} }}");
    server.data(Role::Reporting, &query)["ambito"]["plan"].take()
}

/// Records an act and gives its identifier.
pub(crate) fn resolution(server: &Server, number: &str, date: &str) -> Value {
    let input = json!({ "ambito": "9", "number": number, "date": date, "body": "Assemblea dei Sindaci" });
    let selection = "{ resolution { id number date body subject assumed } errors { code } }";
    let mut payload = server.write(Role::Assemblea, "addResolution", input, selection);
    assert_eq!(payload["errors"], json!([]));
    payload["resolution"]["id"].take()
}

pub(crate) fn approve(server: &Server, plan: &Held, resolution: &Value) -> Held {
    Held::of(&server.write_plan(Role::Assemblea, "approvePlan", plan.with("resolution", resolution.clone())))
}

/// The next plan, proposed.
fn proposed(server: &Server) -> Held {
    let mut plan = copy(server, 2023, "FORECAST", &in_force(server, 2022, "2022-06-30")["id"]);
    plan.step(server, Role::Azienda, "proposePlan");
    plan
}

#[test]
fn a_plan_goes_its_way_and_is_in_force_from_its_act_on() {
    let server = Server::start();
    let mut plan = copy(&server, 2023, "FORECAST", &in_force(&server, 2022, "2022-06-30")["id"]);
    plan.step(&server, Role::Azienda, "proposePlan");
    plan.step(&server, Role::Assemblea, "sendBackPlan");
    let edit = json!({ "plan": plan.id, "expectedVersion": plan.revision, "service": "SAD", "amount": "500000.00" });
    plan = Held::of(&server.write_plan(Role::Azienda, "setBudget", edit));
    plan.step(&server, Role::Azienda, "proposePlan");
    assert_eq!(in_force(&server, 2023, "2023-01-01"), Value::Null);
    let act = resolution(&server, "44", "2022-12-19");
    let approved = server.write(
        Role::Assemblea,
        "approvePlan",
        plan.with("resolution", act),
        "{ plan { id status revision inForceFrom problems { code } resolution { number } verification { holds } digest } errors { code } }",
    );
    let told = &approved["plan"];
    assert_eq!(told["status"], json!("APPROVED"));
    assert_eq!((&told["inForceFrom"], &told["resolution"]["number"]), (&json!("2022-12-19"), &json!("44")));
    assert_eq!((&told["verification"]["holds"], &told["problems"]), (&json!(true), &json!([])));
    assert_eq!(in_force(&server, 2023, "2022-12-18"), Value::Null);
    assert_eq!(in_force(&server, 2023, "2022-12-19")["id"], plan.id);
    // An amendment in September leaves what August asks as it was.
    let mut amendment = copy(&server, 2023, "AMENDMENT", &plan.id);
    amendment.step(&server, Role::Azienda, "proposePlan");
    let act = resolution(&server, "30", "2023-09-15");
    approve(&server, &amendment, &act);
    assert_eq!(in_force(&server, 2023, "2023-09-14")["id"], plan.id);
    assert_eq!(in_force(&server, 2023, "2023-09-15")["id"], amendment.id);
}

#[test]
fn what_stands_in_the_way_is_told_whole() {
    let server = Server::start();
    let plan = Held::of(&server.write_plan(
        Role::Azienda,
        "createPlan",
        json!({ "ambito": "9", "year": 2023, "kind": "FORECAST" }),
    ));
    let budget = json!({ "plan": plan.id, "expectedVersion": 1, "service": "SAD", "amount": "1.00" });
    let plan = Held::of(&server.write_plan(Role::Azienda, "setBudget", budget));
    let before = snapshot(server.database());
    let payload = server.write(Role::Azienda, "proposePlan", plan.input(), PLAN);
    let codes: Vec<&str> =
        payload["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["INSTALMENTS_UNBALANCED", "NO_RULE"]);
    assert_eq!(payload["errors"][1]["path"], json!(["budgets", "SAD", "rule"]));
    assert!(snapshot(server.database()) == before);
}

#[test]
fn what_has_come_into_the_way_of_a_proposal_stops_its_approval() {
    let server = Server::start();
    let plan = proposed(&server);
    let act = resolution(&server, "44", "2022-12-19");
    let query = format!("{{ comune(istatCode: \"{PONTEVICO}\") {{ memberships {{ id }} }} }}");
    let membership = server.data(Role::Admin, &query)["comune"]["memberships"][0]["id"].take();
    // It leaves before the year of the plan, and nothing else changes.
    let member_until = |revision: i64, last: Value| {
        let input = json!({ "membership": membership, "expectedVersion": revision, "validTo": last });
        let payload = server.write(Role::Admin, "updateMembership", input, "{ errors { code } }");
        assert_eq!(payload["errors"], json!([]));
    };
    member_until(1, json!("2022-06-30"));
    let before = snapshot(server.database());
    let payload = server.write(Role::Assemblea, "approvePlan", plan.with("resolution", act.clone()), PLAN);
    assert_eq!(payload["plan"], Value::Null);
    let told = payload["errors"].as_array().unwrap();
    // One of each service that it takes part in.
    assert_eq!(told.len(), 13);
    assert!(told.iter().all(|error| (&error["code"], &error["comune"]) == (&json!("NOT_A_MEMBER"), &json!(PONTEVICO))));
    assert!(snapshot(server.database()) == before);
    // What the act itself refuses comes first: another status, another revision.
    let mut old = plan.clone();
    old.revision -= 1;
    server.check_refused(Role::Assemblea, "approvePlan", old.with("resolution", act.clone()), "VERSION_CONFLICT");
    member_until(2, Value::Null);
    approve(&server, &plan, &act);
}

#[test]
fn who_proposed_does_not_approve() {
    let server = Server::start();
    let plan = proposed(&server);
    let act = resolution(&server, "44", "2022-12-19");
    let token = server.token_of(Role::Azienda);
    wait(async {
        let owner = Store::open(&server.database().owners_url(), server.store().clock().clone()).await.unwrap();
        let write = owner.write().await.unwrap();
        let sql = "UPDATE client SET role = 'ASSEMBLEA' WHERE client_id = 'azienda'";
        write.tx().execute_unprepared(sql).await.unwrap();
        write.audit("test", "client.change", "client:azienda", None, None).await.unwrap();
        owner.commit(write).await.unwrap();
        owner.close().await.unwrap();
        server.store().refresh().await.unwrap();
    });
    let before = snapshot(server.database());
    let query = format!("mutation($input: ApprovePlanInput!) {{ approvePlan(input: $input) {PLAN} }}");
    let answer =
        server.send_write(&token, &new_key(), &query, json!({ "input": plan.with("resolution", act.clone()) }));
    assert_eq!(answer.data()["approvePlan"]["errors"][0]["code"], json!("SAME_PERSON"));
    assert!(snapshot(server.database()) == before);
    approve(&server, &plan, &act);
}

#[test]
fn an_approval_needs_an_act_of_the_ambito() {
    let server = Server::start();
    crate::support::workshop::import_to(&server);
    let plan = proposed(&server);
    let other = "{ ambito(code: \"10\") { resolutions { nodes { id } } } }";
    let other = server.data(Role::Auditor, other)["ambito"]["resolutions"]["nodes"][0]["id"].take();
    for act in [other, json!("eA"), plan.id.clone()] {
        server.check_refused(Role::Assemblea, "approvePlan", plan.with("resolution", act), "RESOLUTION_REQUIRED");
    }
}

#[test]
fn an_act_is_recorded_once() {
    let server = Server::start();
    let add = |number: &str, ambito: &str| {
        let before = snapshot(server.database());
        let input = json!({ "ambito": ambito, "number": number, "date": "2022-12-19", "body": "Assemblea" });
        let payload = server.write(Role::Azienda, "addResolution", input, "{ resolution { id } errors { code path } }");
        (payload["errors"][0]["code"].as_str().map(str::to_owned), snapshot(server.database()) == before)
    };
    assert_eq!(add("7", "9"), (None, false));
    for (number, ambito, code) in [("7", "9", "DUPLICATE"), (" ", "9", "INVALID"), ("8", "10", "NOT_FOUND")] {
        assert_eq!(add(number, ambito), (Some(code.to_owned()), true), "{number} {ambito}");
    }
    let query = "{ ambito(code: \"9\") { resolutions { nodes { id number } } } }";
    let last = server.data(Role::Azienda, query)["ambito"]["resolutions"]["nodes"][3].take();
    assert_eq!(last["number"], json!("7"));
    let node = format!("{{ node(id: {}) {{ id ... on Resolution {{ number }} }} }}", last["id"]);
    assert_eq!(server.data(Role::Azienda, &node)["node"], last);
}

#[test]
fn of_two_approvals_at_once_one_wins() {
    let server = Server::start();
    let plan = proposed(&server);
    let acts = [resolution(&server, "44", "2022-12-19"), resolution(&server, "45", "2022-12-20")];
    let results: Vec<Value> = std::thread::scope(|scope| {
        let approving = acts.map(|act| {
            let (server, plan) = (&server, &plan);
            scope.spawn(move || server.write(Role::Assemblea, "approvePlan", plan.with("resolution", act), PLAN))
        });
        approving.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut codes: Vec<String> = results.iter().map(|payload| payload["errors"][0]["code"].to_string()).collect();
    codes.sort();
    assert_eq!(codes, ["\"VERSION_CONFLICT\"", "null"]);
}

#[test]
fn a_request_is_written_whole() {
    let server = Server::start();
    let plan = copy(&server, 2023, "FORECAST", &in_force(&server, 2022, "2022-06-30")["id"]);
    // The second sees what the first wrote; the third is refused and leaves the others.
    let edit = |revision: i64, amount: &str| {
        format!(
            "setBudget(input: {{ plan: {}, expectedVersion: {revision}, service: \"SAD\", amount: \"{amount}\" }}) {{ plan {{ revision budget(service: \"SAD\") {{ amount }} }} errors {{ code }} }}",
            plan.id
        )
    };
    let query = format!("mutation {{ a: {} b: {} c: {} }}", edit(1, "1.00"), edit(2, "2.00"), edit(1, "3.00"));
    let answer = server.send_write(&server.token_of(Role::Azienda), &new_key(), &query, Value::Null);
    let data = answer.data();
    assert_eq!(data["a"]["plan"], json!({ "revision": 2, "budget": { "amount": "1.00" } }));
    assert_eq!(data["b"]["plan"], json!({ "revision": 3, "budget": { "amount": "2.00" } }));
    assert_eq!(data["c"], json!({ "plan": null, "errors": [{ "code": "VERSION_CONFLICT" }] }));
    let query =
        format!("{{ node(id: {}) {{ ... on Plan {{ revision budget(service: \"SAD\") {{ amount }} }} }} }}", plan.id);
    assert_eq!(server.data(Role::Azienda, &query)["node"], data["b"]["plan"]);
}

#[test]
fn a_key_has_one_effect_and_one_answer() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let create = "mutation { createPlan(input: { ambito: \"9\", year: 2023, kind: FORECAST }) { plan { id version } errors { code } } }";
    let first = server.send_write(&token, "key-1", create, Value::Null);
    assert_eq!(first.data()["createPlan"]["plan"]["version"], json!(1));
    let before = snapshot(server.database());
    assert_eq!(plain(&server.send_write(&token, "key-1", create, Value::Null)), plain(&first));
    // What was kept is the answer, whatever happened since, and whoever else serves.
    let second = server.send_write(&token, "key-2", create, Value::Null);
    assert_eq!(second.data()["createPlan"]["plan"]["version"], json!(2));
    let again = server.beside(server.database().same());
    assert_eq!(plain(&again.send_write(&token, "key-1", create, Value::Null)), plain(&first));
    let other = create.replace("2023", "2024");
    let conflict = server.send_write(&token, "key-1", &other, Value::Null);
    assert_eq!((conflict.status, conflict.code().as_str()), (422, "IDEMPOTENCY_CONFLICT"));
    // Another client's key of the same name is another key.
    let assembly = server.token_of(Role::Assemblea);
    let add = "mutation { addResolution(input: { ambito: \"9\", number: \"1\", date: \"2022-12-19\", body: \"A\" }) { errors { code } } }";
    assert_eq!(server.send_write(&assembly, "key-1", add, Value::Null).data()["addResolution"]["errors"], json!([]));
    assert!(snapshot(server.database()) != before);
}

#[test]
fn two_at_once_under_one_key_are_one() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let create = "mutation { createPlan(input: { ambito: \"9\", year: 2023, kind: FORECAST }) { plan { version } errors { code } } }";
    let answers: Vec<_> = std::thread::scope(|scope| {
        let sending: Vec<_> =
            (0..6).map(|_| scope.spawn(|| server.send_write(&token, "one", create, Value::Null))).collect();
        sending.into_iter().map(|thread| plain(&thread.join().unwrap())).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let query = "{ ambito(code: \"9\") { plans(year: 2023) { version } } }";
    assert_eq!(server.data(Role::Azienda, query)["ambito"]["plans"], json!([{ "version": 1 }]));
}

#[test]
fn a_refused_act_keeps_no_key() {
    let server = Server::start();
    let token = server.token_of(Role::Azienda);
    let create = |year: i32| {
        format!(
            "mutation {{ createPlan(input: {{ ambito: \"9\", year: {year}, kind: FORECAST }}) {{ errors {{ code }} }} }}"
        )
    };
    let refused = server.send_write(&token, "mine", &create(1), Value::Null);
    assert_eq!(refused.data()["createPlan"]["errors"][0]["code"], json!("INVALID"));
    assert_eq!(server.send_write(&token, "mine", &create(2023), Value::Null).data()["createPlan"]["errors"], json!([]));
}

#[test]
fn a_write_needs_one_plain_key() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let body = json!({ "query": "mutation { createPlan(input: { ambito: \"9\", year: 2023, kind: FORECAST }) { errors { code } } }" });
    let long = "k".repeat(101);
    let before = snapshot(server.database());
    for (keys, code) in [
        (&[][..], "IDEMPOTENCY_KEY_REQUIRED"),
        (&["a", "b"], "BAD_REQUEST"),
        (&[""], "BAD_REQUEST"),
        (&["a b"], "BAD_REQUEST"),
        (&[&long], "BAD_REQUEST"),
    ] {
        let mut headers = vec![("content-type", "application/json"), ("authorization", bearer.as_str())];
        headers.extend(keys.iter().map(|key| ("idempotency-key", *key)));
        let answer = server.post("/graphql", &headers, &body.to_string());
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{keys:?}");
    }
    assert!(snapshot(server.database()) == before);
}
