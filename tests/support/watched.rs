//! Something of each kind that is watched over time, in Ambito 9 with the agreement S001, so that every field of it has something to show.

use api::auth::Role;
use serde_json::json;

use super::Server;

/// Reads an indicator, spends of a project, lets a body meet, and submits a monitoring report.
pub(crate) fn add(server: &Server) {
    let query = r#"{ ambito(code: "9") { service(code: "SAD") { id indicators { id } } } }"#;
    let mut service = server.data(Role::Azienda, query)["ambito"]["service"].take();
    let indicator = service["indicators"][0]["id"].take();
    let done = |name: &str, input, thing: &str, field: &str| {
        server.done(Role::Azienda, name, input, thing, &format!("{{ {field} }}"))[field].take()
    };
    let change = json!({ "indicator": indicator, "expectedVersion": 1, "unit": "%", "target": "1", "countsPeople": false, "from": "2021-01-01" });
    done("updateIndicator", change, "indicator", "id");
    let reading = json!({ "indicator": indicator, "readOn": "2021-01-31", "value": "1", "source": "Azienda" });
    done("recordReading", reading, "reading", "id");
    let project = json!({
        "service": service["id"], "name": "Progetto", "years": "2017-2025", "contribution": "10.00", "fund": "FNPS",
        "act": "atto", "note": "nota", "ambiti": 2, "startsOn": "2017-01-01", "endsOn": "2025-12-31",
    });
    let project = done("addProject", project, "project", "id");
    let steps =
        json!({ "project": project, "expectedVersion": 1, "milestones": [{ "item": "Avvio", "dueOn": "2021-01-31" }] });
    done("setProjectTimeline", steps, "project", "id");
    let step = json!({
        "project": project, "expectedVersion": 2, "milestone": 1, "startedOn": "2021-01-01", "doneOn": "2021-01-31",
    });
    done("reportProjectMilestone", step, "project", "id");
    let expense = json!({
        "project": project, "spentOn": "2021-01-31", "amount": "1.00", "description": "Corso", "reference": "1",
    });
    let expense = done("recordProjectExpense", expense, "expense", "id");
    done("reverseProjectExpense", json!({ "expense": expense }), "expense", "id");
    let body = json!({
        "ambito": "9", "code": "CABINA", "name": "Cabina", "level": "DIRECTION", "agreement": "S001",
        "due": { "meetings": 2, "everyMonths": 1 }, "startsOn": "2019-01-01", "endsOn": "2021-12-31",
        "members": [{ "side": "COMUNE", "organisation": "Comune", "role": "referente" }],
    });
    let body = done("addGoverningBody", body, "body", "id");
    let meeting = json!({ "body": body, "heldOn": "2019-01-31", "subject": "avvio" });
    done("recordMeeting", meeting, "meeting", "heldOn");
    let query = r#"{ ambito(code: "9") { programmes { id } } }"#;
    let programme = server.data(Role::Azienda, query)["ambito"]["programmes"][0]["id"].take();
    let plan = json!({
        "programme": programme, "code": "PL2020", "title": "Piano", "act": "atto", "note": "nota", "startsOn": "2020-01-01",
        "endsOn": "2020-12-31", "milestones": [
            { "code": "M1", "item": "Avvio", "responsible": "Azienda", "from": "2020-01-31" },
            { "code": "M2", "item": "Fine", "by": "2020-11-30" },
        ],
    });
    let plan = done("addWorkPlan", plan, "workPlan", "id");
    let report = json!({
        "workPlan": plan, "milestone": "M1", "expectedVersion": 0, "startedOn": "2020-01-31", "doneOn": "2020-03-31",
        "note": "nota",
    });
    done("reportWorkPlanMilestone", report, "workPlan", "id");
    let values =
        [("TESTO", "TEXT", "testo"), ("ORE", "NUMBER", "1"), ("SPESA", "EURO", "1.00"), ("FATTO", "YES_NO", "YES")];
    for (code, kind, _) in values {
        let field = json!({ "ambito": "9", "code": code, "name": code, "kind": kind, "required": true, "countsPeople": false, "from": "2020-01-01" });
        done("addMonitoringField", field, "field", "id");
    }
    let values = values.map(|(field, _, value)| json!({ "field": field, "value": value }));
    let report =
        json!({ "ambito": "9", "agreement": "S001", "programme": "P", "month": "2020-01-01", "values": values });
    let report = done("writeMonitoringReport", report, "report", "id");
    done("submitMonitoringReport", json!({ "report": report, "expectedVersion": 1 }), "report", "id");
    done("returnMonitoringReport", json!({ "report": report, "expectedVersion": 2 }), "report", "id");
    done("submitMonitoringReport", json!({ "report": report, "expectedVersion": 3 }), "report", "id");
}
