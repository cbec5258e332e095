//! What is watched over time, for the table of who may do what: an indicator, a project, a body, a field and reports of monitoring, each as it stands in a server.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::accord::{self, Version};

/// Identifiers of what stands in a server.
pub(super) struct Watched {
    service: Value,
    indicator: Value,
    reading: Value,
    field: Value,
    draft: Value,
    submitted: Value,
    body: Value,
    project: Value,
    expense: Value,
    programme: Value,
    work_plan: Value,
}

fn report(month: &str) -> Value {
    json!({ "ambito": "9", "agreement": "COPROG", "programme": "P1", "month": month, "values": [] })
}

fn body(code: &str) -> Value {
    json!({ "ambito": "9", "code": code, "name": "Cabina", "level": "DIRECTION", "startsOn": "2020-01-01", "members": [] })
}

fn work_plan(programme: &Value, code: &str) -> Value {
    let milestone = json!({ "code": "M1", "item": "Avvio", "by": "2020-03-31" });
    json!({
        "programme": programme, "code": code, "title": "Piano di lavoro", "startsOn": "2020-01-01", "endsOn": "2020-12-31",
        "effectiveFrom": "2020-01-01", "milestones": [milestone],
    })
}

impl Watched {
    pub(super) fn new(server: &Server) -> Self {
        let programmes = [("P1", "Programma", None)];
        let version = Version { from: "2020-01-01", to: "2029-12-31", partners: &["ALFA"], programmes: &programmes };
        accord::add(server, "9", "COPROG", &[version]);
        let query = r#"{ ambito(code: "9") { staff: service(code: "STAFF") { indicators { id } }
            udp: service(code: "PROGETTI-UDP") { id projects { id } } programmes { id } } }"#;
        let mut found = server.data(Role::Azienda, query)["ambito"].take();
        let indicator = found["staff"]["indicators"][0]["id"].take();
        let project = found["udp"]["projects"][0]["id"].take();
        let programme = found["programmes"][0]["id"].take();
        let done = |name: &str, input: Value, thing: &str| {
            server.done(Role::Azienda, name, input, thing, "{ id }")["id"].take()
        };
        let reading = json!({ "indicator": indicator, "readOn": "2022-01-31", "value": "1", "source": "Azienda" });
        let field = json!({ "ambito": "9", "code": "ORE", "name": "Ore", "kind": "NUMBER" });
        let steps = json!({ "project": project, "expectedVersion": 1, "milestones": [{ "item": "Avvio", "dueOn": "2018-01-01" }] });
        done("setProjectTimeline", steps, "project");
        let expense = json!({ "project": project, "spentOn": "2018-01-01", "amount": "1.00", "description": "Corso" });
        let draft = done("writeMonitoringReport", report("2022-01-01"), "report");
        let submitted = done("writeMonitoringReport", report("2022-02-01"), "report");
        done("submitMonitoringReport", json!({ "report": submitted, "expectedVersion": 1 }), "report");
        Self {
            service: found["udp"]["id"].take(),
            reading: done("recordReading", reading, "reading"),
            field: done("addMonitoringField", field, "field"),
            draft,
            submitted,
            body: done("addGoverningBody", body("CABINA"), "body"),
            expense: done("recordProjectExpense", expense, "expense"),
            work_plan: done("addWorkPlan", work_plan(&programme, "PL"), "workPlan"),
            programme,
            indicator,
            project,
        }
    }

    /// An input that would be done, were it allowed; none where the mutation is another's.
    pub(super) fn input(&self, name: &str) -> Option<Value> {
        let Self { indicator, project, .. } = self;
        Some(match name {
            "updateIndicator" => json!({ "indicator": indicator, "expectedVersion": 1, "target": "80" }),
            "recordReading" => {
                json!({ "indicator": indicator, "readOn": "2022-02-28", "value": "1", "source": "Azienda" })
            }
            "correctReading" => json!({ "reading": self.reading, "expectedVersion": 1, "value": "2" }),
            "addMonitoringField" => json!({ "ambito": "9", "code": "NOTE", "name": "Note", "kind": "TEXT" }),
            "updateMonitoringField" => json!({ "field": self.field, "expectedVersion": 1, "required": true }),
            "writeMonitoringReport" => report("2022-03-01"),
            "submitMonitoringReport" => json!({ "report": self.draft, "expectedVersion": 1 }),
            "returnMonitoringReport" => json!({ "report": self.submitted, "expectedVersion": 2 }),
            "addGoverningBody" => body("STAFF"),
            "updateGoverningBody" => json!({ "body": self.body, "expectedVersion": 1, "name": "Cabina di regia" }),
            "recordMeeting" => json!({ "body": self.body, "heldOn": "2022-01-10" }),
            "addProject" => json!({ "service": self.service, "name": "Nuovo" }),
            "updateProject" => json!({ "project": project, "expectedVersion": 2, "note": "nota" }),
            "setProjectTimeline" => json!({ "project": project, "expectedVersion": 2, "milestones": [] }),
            "reportProjectMilestone" => {
                json!({ "project": project, "expectedVersion": 2, "milestone": 1, "startedOn": "2018-01-01" })
            }
            "addWorkPlan" => work_plan(&self.programme, "NUOVO"),
            "updateWorkPlan" => json!({ "workPlan": self.work_plan, "expectedVersion": 1, "title": "Altro" }),
            "reportWorkPlanMilestone" => json!({
                "workPlan": self.work_plan, "milestone": "M1", "expectedVersion": 0, "startedOn": "2020-02-01",
            }),
            "recordProjectExpense" => {
                json!({ "project": project, "spentOn": "2018-02-01", "amount": "1.00", "description": "Corso" })
            }
            "reverseProjectExpense" => json!({ "expense": self.expense }),
            _ => return None,
        })
    }
}
