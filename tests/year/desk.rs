//! The desks from which the year is run: the managing body's and the assembly's, each over HTTP. What is done is counted, for the audit trail.

use std::cell::RefCell;
use std::collections::BTreeMap;

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::write::new_key;

/// A server on which a year is run, and how often each act was done to it.
pub(super) struct Desk {
    pub(super) server: Server,
    done: RefCell<BTreeMap<&'static str, usize>>,
}

/// How a file of activity is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    File,
    Mutation,
}

/// A plan in preparation.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: Value,
    pub(super) revision: i64,
}

/// Mutations by what the audit trail calls them.
const ACTS: [(&str, &str); 13] = [
    ("createPlan", "plan.create"),
    ("setBudget", "plan.set_budget"),
    ("setFunding", "plan.set_funding"),
    ("setRule", "plan.set_rule"),
    ("setParticipants", "plan.set_participants"),
    ("setBasis", "plan.set_basis"),
    ("setInstalments", "plan.set_instalments"),
    ("proposePlan", "plan.propose"),
    ("sendBackPlan", "plan.send_back"),
    ("approvePlan", "plan.approve"),
    ("addResolution", "resolution.add"),
    ("recordPayment", "payment.record"),
    ("reversePayment", "payment.reverse"),
];

/// What the audit trail calls a mutation.
fn act_of(mutation: &str) -> &'static str {
    ACTS.iter().find(|(name, _)| *name == mutation).unwrap().1
}

fn input_type(mutation: &str) -> String {
    format!("{}{}Input!", mutation[..1].to_uppercase(), &mutation[1..])
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { server: Server::start(), done: RefCell::default() }
    }

    /// It is ten in the morning of this day.
    pub(super) fn on(&self, day: &str) {
        self.server.clock().set_day(day.parse().unwrap());
    }

    /// Counts an act.
    pub(super) fn count(&self, act: &'static str) {
        *self.done.borrow_mut().entry(act).or_default() += 1;
    }

    /// How often each act was done, by the name that the audit trail has for it.
    pub(super) fn done(&self) -> BTreeMap<&'static str, usize> {
        self.done.borrow().clone()
    }

    /// Calls one mutation many times in one request, each of which must be done. Gives what is selected, in their order.
    pub(super) fn write_all(&self, role: Role, mutation: &str, inputs: &[Value], selection: &str) -> Vec<Value> {
        let name = |at: usize| format!("a{at}");
        let parameters: Vec<String> =
            (0..inputs.len()).map(|at| format!("${}: {}", name(at), input_type(mutation))).collect();
        let calls: Vec<String> = (0..inputs.len())
            .map(|at| {
                format!("{0}: {mutation}(input: ${0}) {{ {selection} errors {{ code path message }} }}", name(at))
            })
            .collect();
        let query = format!("mutation({}) {{ {} }}", parameters.join(", "), calls.join(" "));
        let variables = inputs.iter().enumerate().map(|(at, input)| (name(at), input.clone())).collect();
        let token = self.server.token_of(role);
        let mut data = self.server.send_write(&token, &new_key(), &query, Value::Object(variables)).data();
        let mut answers = Vec::new();
        for (at, input) in inputs.iter().enumerate() {
            let answer = data[name(at)].take();
            assert_eq!(answer["errors"], json!([]), "{mutation} {input}");
            self.count(act_of(mutation));
            answers.push(answer);
        }
        answers
    }

    /// Calls one mutation, which must be done.
    pub(super) fn write(&self, role: Role, mutation: &str, input: Value, selection: &str) -> Value {
        self.write_all(role, mutation, &[input], selection).remove(0)
    }

    /// Calls one mutation, which must be refused by this code.
    pub(super) fn refused(&self, role: Role, mutation: &str, input: Value, code: &str) {
        self.server.check_refused(role, mutation, input, code);
    }

    /// Begins a draft as a copy.
    pub(super) fn copy(&self, kind: &str, of: &Value) -> Draft {
        let input = json!({ "ambito": "9", "year": 2023, "kind": kind, "copyOf": of });
        let answer = self.write(Role::Azienda, "createPlan", input, "plan { id revision }");
        Draft { id: answer["plan"]["id"].clone(), revision: answer["plan"]["revision"].as_i64().unwrap() }
    }

    /// Does something to a plan.
    pub(super) fn act(&self, role: Role, mutation: &str, draft: &mut Draft, rest: Value) {
        let mut input = json!({ "plan": draft.id, "expectedVersion": draft.revision });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.write(role, mutation, input, "plan { revision }");
        draft.revision += 1;
    }

    /// Edits a draft.
    pub(super) fn edit(&self, draft: &mut Draft, mutation: &str, rest: Value) {
        self.act(Role::Azienda, mutation, draft, rest);
    }

    /// Approves a proposed plan by an act of a day.
    pub(super) fn approve(&self, draft: &mut Draft, number: &str, day: &str) {
        let act = json!({ "ambito": "9", "number": number, "date": day, "body": "Assemblea dei Sindaci" });
        let resolution =
            self.write(Role::Assemblea, "addResolution", act, "resolution { id }")["resolution"]["id"].take();
        self.act(Role::Assemblea, "approvePlan", draft, json!({ "resolution": resolution }));
    }

    /// Asks as a role; what is answered.
    pub(super) fn ask(&self, role: Role, query: &str) -> Value {
        let body = json!({ "query": query }).to_string();
        self.server.ask_once(&self.server.token_of(role), &body).data()
    }

    /// Sends a file of activity, as a request of its own or within a mutation; what is told of it.
    pub(super) fn send_file(&self, way: Way, name: &str, csv: &str) -> Value {
        if way == Way::Mutation {
            let selection = "{ import { written values months replacedMonths knownSince problems { reason } } }";
            let input = json!({ "ambito": "9", "name": name, "csv": csv });
            return self.server.write(Role::Azienda, "importActivity", input, selection)["import"].take();
        }
        let bearer = format!("Bearer {}", self.server.token_of(Role::Azienda));
        let headers = [("content-type", "text/csv"), ("authorization", bearer.as_str())];
        self.server.post(&format!("/import/activity?ambito=9&name={name}"), &headers, csv).json()
    }
}
