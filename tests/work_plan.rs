//! Work plans of programmes: what they say as of a day, and how their milestones stand on it.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::{Server, accord, neighbour};

const PLAN: &str = "{ id code revision title act note startsOn endsOn effectiveFrom assumed programme { title }
    milestones { code item responsible from by state late daysLate startedOn doneOn revision } }";

fn programme(server: &Server) -> Value {
    let query = r#"{ ambito(code: "9") { programmes { id } } }"#;
    server.data(Role::Azienda, query)["ambito"]["programmes"][0]["id"].take()
}

fn milestone(code: &str, item: &str, day: (&str, &str)) -> Value {
    json!({ "code": code, "item": item, day.0: day.1, "responsible": "Ufficio di Piano" })
}

/// A plan of 2020, decided on 15 January.
fn input(server: &Server) -> Value {
    json!({
        "programme": programme(server), "code": "PL2020", "title": "Piano di lavoro 2020", "act": "Del. 3/2020", "note": "prima stesura",
        "startsOn": "2020-01-01", "endsOn": "2020-12-31", "effectiveFrom": "2020-01-15",
        "milestones": [
            milestone("AVVIO", "Avvio dello staff", ("from", "2020-02-01")),
            milestone("PROCEDURE", "Procedure gestionali definite", ("by", "2020-06-30")),
        ],
    })
}

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

/// The plans of the programme as of a day.
fn plans(server: &Server, role: Role, day: &str, selection: &str) -> Value {
    let query = format!("{{ ambito(code: \"9\") {{ programmes {{ workPlans(asOf: \"{day}\") {selection} }} }} }}");
    server.data(role, &query)["ambito"]["programmes"][0]["workPlans"].take()
}

/// State, lateness and days of each milestone of the first plan.
fn standing(server: &Server, day: &str) -> Vec<(String, bool, i64)> {
    let told = plans(server, Role::Auditor, day, "{ milestones { state late daysLate } }")[0]["milestones"].take();
    let one = |row: &Value| {
        (row["state"].as_str().unwrap().to_owned(), row["late"].as_bool().unwrap(), row["daysLate"].as_i64().unwrap())
    };
    told.as_array().unwrap().iter().map(one).collect()
}

fn state(state: &str, days: i64) -> (String, bool, i64) {
    (state.to_owned(), days > 0, days)
}

#[test]
fn a_plan_stays_readable_as_of_its_day() {
    let server = Server::start();
    let plan = server.done(Role::Azienda, "addWorkPlan", input(&server), "workPlan", PLAN);
    let row = |code: &str, item: &str, (from, by): (Value, Value), state: &str, days: i64| {
        json!({
            "code": code, "item": item, "responsible": "Ufficio di Piano", "from": from, "by": by, "state": state,
            "late": days > 0, "daysLate": days, "startedOn": null, "doneOn": null, "revision": 0,
        })
    };
    // Days to 15 June 2026: six years from 1 February 2020, two of them with a 29 February, and 134 days; five from 30 June 2020, one with it, and 350.
    let (avvio, procedure) = (6 * 365 + 2 + 134, 5 * 365 + 1 + 350);
    let expected = json!({
        "id": plan["id"], "code": "PL2020", "revision": 1, "title": "Piano di lavoro 2020", "act": "Del. 3/2020",
        "note": "prima stesura", "startsOn": "2020-01-01", "endsOn": "2020-12-31", "effectiveFrom": "2020-01-15",
        "assumed": false, "programme": { "title": "Piano di programma triennale 2020-2022" },
        "milestones": [
            row("AVVIO", "Avvio dello staff", (json!("2020-02-01"), Value::Null), "PLANNED", avvio),
            row("PROCEDURE", "Procedure gestionali definite", (Value::Null, json!("2020-06-30")), "PLANNED", procedure),
        ],
    });
    assert_eq!(plan, expected);
    let report = |milestone: &str, revision: i64, rest: Value| {
        let base = json!({ "workPlan": plan["id"], "milestone": milestone, "expectedVersion": revision });
        let selection = "{ milestones { revision reports { number startedOn doneOn note } } }";
        server.done(Role::Azienda, "reportWorkPlanMilestone", with(base, rest), "workPlan", selection)
    };
    report("AVVIO", 0, json!({ "startedOn": "2020-02-11" }));
    report("PROCEDURE", 0, json!({ "startedOn": "2020-03-01", "doneOn": "2020-06-10", "note": "bozza" }));
    // It was not done after all, and later it was.
    report("PROCEDURE", 1, json!({ "doneOn": null, "note": null }));
    let told = report("PROCEDURE", 2, json!({ "doneOn": "2020-07-20" }));
    let reports = json!([
        { "number": 1, "startedOn": "2020-03-01", "doneOn": "2020-06-10", "note": "bozza" },
        { "number": 2, "startedOn": "2020-03-01", "doneOn": null, "note": null },
        { "number": 3, "startedOn": "2020-03-01", "doneOn": "2020-07-20", "note": null },
    ]);
    assert_eq!(told["milestones"][1], json!({ "revision": 3, "reports": reports }));
    // Asked of all milestones at once, each has its own.
    let asked = plans(&server, Role::Auditor, "2026-06-15", "{ milestones { reports { number startedOn } } }");
    let of_first = json!({ "reports": [{ "number": 1, "startedOn": "2020-02-11" }] });
    assert_eq!(asked[0]["milestones"][0], of_first);
    assert_eq!(asked[0]["milestones"][1]["reports"].as_array().map(Vec::len), Some(3));
    assert_eq!(standing(&server, "2020-02-01"), [state("PLANNED", 0), state("PLANNED", 0)]);
    assert_eq!(standing(&server, "2020-02-10"), [state("PLANNED", 9), state("PLANNED", 0)]);
    assert_eq!(standing(&server, "2020-03-01"), [state("STARTED", 10), state("STARTED", 0)]);
    assert_eq!(standing(&server, "2020-06-30"), [state("STARTED", 10), state("STARTED", 0)]);
    assert_eq!(standing(&server, "2020-07-10"), [state("STARTED", 10), state("STARTED", 10)]);
    assert_eq!(standing(&server, "2020-12-31"), [state("STARTED", 10), state("DONE", 20)]);
    check_next_version(&server, &plan["id"]);
    check_trail_and_roles(&server, &plan["id"]);
}

/// That the plan is replaced from a day on.
fn check_next_version(server: &Server, plan: &Value) {
    // From September on there is more time, and another milestone; what was reported of the one that stays is kept.
    let next = json!({
        "workPlan": plan, "expectedVersion": 1, "effectiveFrom": "2020-09-01", "title": "Piano di lavoro 2020-2021", "act": null,
        "endsOn": "2021-06-30",
        "milestones": [
            milestone("PROCEDURE", "Procedure gestionali definite", ("by", "2020-07-31")),
            milestone("VERIFICA", "Verifica", ("by", "2021-05-31")),
        ],
    });
    let told = server.done(Role::Azienda, "updateWorkPlan", next, "workPlan", "{ revision title act note endsOn }");
    let expected = json!({
        "revision": 2, "title": "Piano di lavoro 2020-2021", "act": null, "note": "prima stesura", "endsOn": "2021-06-30",
    });
    assert_eq!(told, expected);
    let heads = |day: &str| plans(server, Role::Auditor, day, "{ revision title endsOn milestones { code } }");
    let of_old = json!([{
        "revision": 1, "title": "Piano di lavoro 2020", "endsOn": "2020-12-31",
        "milestones": [{ "code": "AVVIO" }, { "code": "PROCEDURE" }],
    }]);
    let of_new = json!([{
        "revision": 2, "title": "Piano di lavoro 2020-2021", "endsOn": "2021-06-30",
        "milestones": [{ "code": "PROCEDURE" }, { "code": "VERIFICA" }],
    }]);
    assert_eq!(heads("2020-01-14"), json!([]));
    assert_eq!((heads("2020-01-15"), heads("2020-08-31")), (of_old.clone(), of_old));
    assert_eq!((heads("2020-09-01"), heads("2026-06-15")), (of_new.clone(), of_new));
    assert_eq!(standing(server, "2021-06-10"), [state("DONE", 0), state("PLANNED", 10)]);
}

/// That each act has its event, who sees the plan, and that its programme cannot shrink.
fn check_trail_and_roles(server: &Server, plan: &Value) {
    let query = "{ auditTrail(last: 6) { nodes { act } } }";
    let acts = server.data(Role::Auditor, query)["auditTrail"]["nodes"].take();
    let acts: Vec<&str> = acts.as_array().unwrap().iter().map(|event| event["act"].as_str().unwrap()).collect();
    let report = "work_plan.milestone";
    assert_eq!(acts, ["work_plan.add", report, report, report, report, "work_plan.update"]);
    let node = format!("{{ node(id: {plan}) {{ ... on WorkPlan {{ title }} }} }}");
    for role in [Role::Azienda, Role::Assemblea, Role::Auditor, Role::Comune, Role::Reporting] {
        assert_eq!(plans(server, role, "2026-06-15", "{ code }"), json!([{ "code": "PL2020" }]), "{role:?}");
        assert_eq!(server.data(role, &node)["node"], json!({ "title": "Piano di lavoro 2020-2021" }), "{role:?}");
    }
    for role in [Role::Admin, Role::Partner] {
        assert_eq!(plans(server, role, "2026-06-15", "{ code }"), Value::Null, "{role:?}");
        assert_eq!(server.data(role, &node)["node"], Value::Null, "{role:?}");
    }
    // The years of the programme stay around its work plans.
    let next = json!({ "ambito": "9", "title": "Piano di programma 2023-2025", "fromYear": 2023, "toYear": 2025 });
    let next = server.done(Role::Azienda, "addProgramme", next, "programme", "{ id }")["id"].take();
    let of_next = json!({
        "programme": next, "code": "PL2024", "title": "Piano 2024", "startsOn": "2024-01-01", "endsOn": "2024-12-31",
        "milestones": [],
    });
    let told = server.done(Role::Azienda, "addWorkPlan", of_next, "workPlan", "{ effectiveFrom }");
    assert_eq!(told, json!({ "effectiveFrom": "2026-06-15" }));
    let years = |rest: Value| with(json!({ "programme": next, "expectedVersion": 1 }), rest);
    server.check_refusals(
        Role::Azienda,
        vec![
            ("updateProgramme", years(json!({ "fromYear": 2025 })), "OUTSIDE_PERIOD", "input.fromYear"),
            ("updateProgramme", years(json!({ "toYear": 2023 })), "OUTSIDE_PERIOD", "input.toYear"),
        ],
    );
}

/// A work plan of the neighbour, with a milestone of the code that ours has. Returns its id, which is nothing to those of Ambito 9.
fn neighbours_plan(server: &Server) -> Value {
    let programme = "(SELECT p.id FROM programme p JOIN ambito a ON a.id = p.ambito_id WHERE a.code = 'T1')";
    let sql = [
        format!("INSERT INTO work_plan (programme_id, code) VALUES ({programme}, 'VICINO')"),
        "INSERT INTO work_plan_version (work_plan_id, number, effective_from, title, starts_on, ends_on, assumed, milestone_count, \
           written_by, written_at) \
         VALUES ((SELECT id FROM work_plan WHERE code = 'VICINO'), 1, '2020-01-01', 'Vicino', '2020-01-01', '2020-12-31', FALSE, 1, \
           'azienda', '2020-01-01T00:00:00Z')"
            .to_owned(),
        "INSERT INTO work_plan_milestone (version_id, position, code, item, by_date) \
         VALUES ((SELECT id FROM work_plan_version WHERE title = 'Vicino'), 1, 'AVVIO', 'Avvio', '2020-03-31')"
            .to_owned(),
    ];
    accord::run(server, &sql);
    let query = r#"{ ambito(code: "T1") { programmes { workPlans { id } } } }"#;
    let id = server.data(Role::Auditor, query)["ambito"]["programmes"][0]["workPlans"][0]["id"].take();
    let node = format!("{{ node(id: {id}) {{ ... on WorkPlan {{ title }} }} }}");
    assert_eq!(server.data(Role::Auditor, &node)["node"], json!({ "title": "Vicino" }));
    assert_eq!(server.data(Role::Azienda, &node)["node"], Value::Null);
    id
}

#[test]
fn a_plan_is_put_right_on_its_day_and_nothing_of_it_comes_before_it() {
    let server = Server::start();
    // It was to begin in June, and the act reads as a telephone number.
    let wrong = with(input(&server), json!({ "effectiveFrom": null, "act": "Decreto 347/1234567" }));
    let plan = server.done(Role::Azienda, "addWorkPlan", wrong, "workPlan", "{ id act effectiveFrom }");
    assert_eq!((&plan["act"], &plan["effectiveFrom"]), (&json!("Decreto 347/1234567"), &json!("2026-06-15")));
    let update = |revision: i32, rest: Value| {
        let input = with(json!({ "workPlan": plan["id"], "expectedVersion": revision }), rest);
        server.done(Role::Azienda, "updateWorkPlan", input, "workPlan", "{ revision startsOn effectiveFrom }")
    };
    let steps = |codes: &[&str]| {
        let steps = codes.iter().map(|code| milestone(code, "Tappa", ("by", "2020-12-31")));
        Value::from(steps.collect::<Vec<_>>())
    };
    let right = json!({ "startsOn": "2020-06-01", "milestones": steps(&["AVVIO"]) });
    let expected = json!({ "revision": 2, "startsOn": "2020-06-01", "effectiveFrom": "2026-06-15" });
    assert_eq!(update(1, right), expected);
    let heads = |day: &str| plans(&server, Role::Auditor, day, "{ revision startsOn milestones { code } }");
    let expected = json!([{ "revision": 2, "startsOn": "2020-06-01", "milestones": [{ "code": "AVVIO" }] }]);
    assert_eq!((heads("2026-06-14"), heads("2026-06-15")), (json!([]), expected));
    let report = |milestone: &str, revision: i32, day: &str| json!({ "workPlan": plan["id"], "milestone": milestone, "expectedVersion": revision, "startedOn": day });
    let early = |milestone: &str, day: &str| {
        ("reportWorkPlanMilestone", report(milestone, 0, day), "OUTSIDE_PERIOD", "input.startedOn")
    };
    // The version that was put right began in January, and never held.
    server.check_refusals(Role::Azienda, vec![early("AVVIO", "2020-05-31")]);
    server.done(Role::Azienda, "reportWorkPlanMilestone", report("AVVIO", 0, "2020-06-01"), "workPlan", "{ id }");
    let same = ("reportWorkPlanMilestone", report("AVVIO", 1, "2020-06-01"), "INVALID", "input.milestone");
    server.check_refusals(Role::Azienda, vec![same]);
    check_start_of_a_milestone(&server);
}

/// That a milestone which a later version brings begins with that version, and one which stays with the first that had it.
fn check_start_of_a_milestone(server: &Server) {
    let first = with(input(server), json!({ "code": "SECONDO" }));
    let plan = server.done(Role::Azienda, "addWorkPlan", first, "workPlan", "{ id }")["id"].take();
    let next = json!({
        "workPlan": plan, "expectedVersion": 1, "effectiveFrom": "2020-09-01", "startsOn": "2020-09-01", "endsOn": "2021-06-30",
        "milestones": [milestone("PROCEDURE", "Procedure", ("by", "2021-01-31")), milestone("VERIFICA", "Verifica", ("by", "2021-05-31"))],
    });
    server.done(Role::Azienda, "updateWorkPlan", next, "workPlan", "{ id }");
    let report = |milestone: &str, day: &str| json!({ "workPlan": plan, "milestone": milestone, "expectedVersion": 0, "startedOn": day });
    let early = |milestone: &str, day: &str| {
        ("reportWorkPlanMilestone", report(milestone, day), "OUTSIDE_PERIOD", "input.startedOn")
    };
    server.check_refusals(Role::Azienda, vec![early("VERIFICA", "2020-08-31"), early("PROCEDURE", "2019-12-31")]);
    for (code, day) in [("VERIFICA", "2020-09-01"), ("PROCEDURE", "2020-01-01")] {
        server.done(Role::Azienda, "reportWorkPlanMilestone", report(code, day), "workPlan", "{ id }");
    }
}

#[test]
#[rustfmt::skip] // One line a case.
fn refusals() {
    let server = Server::start();
    neighbour::add(&server);
    let plan = server.done(Role::Azienda, "addWorkPlan", input(&server), "workPlan", "{ id }")["id"].take();
    let foreign = server.data(Role::Auditor, r#"{ ambito(code: "T1") { programmes { id } } }"#)["ambito"].take();
    let programme = foreign["programmes"][0]["id"].clone();
    let foreign = neighbours_plan(&server);
    let new = |rest: Value| with(with(input(&server), json!({ "code": "NUOVO" })), rest);
    let old = |rest: Value| with(json!({ "workPlan": plan, "expectedVersion": 1, "effectiveFrom": "2020-02-01" }), rest);
    let report = |rest: Value| with(json!({ "workPlan": plan, "milestone": "AVVIO", "expectedVersion": 0, "startedOn": "2020-02-01" }), rest);
    let steps = |steps: Value| json!({ "milestones": steps });
    let step = |rest: Value| steps(json!([with(json!({ "code": "A", "item": "a", "by": "2020-03-31" }), rest)]));
    let many: Vec<Value> = (0..101).map(|at| json!({ "code": format!("M{at}"), "item": "a", "by": "2020-03-31" })).collect();
    server.check_refusals(Role::Azienda, vec![
        ("addWorkPlan", new(json!({ "programme": "eA" })), "NOT_FOUND", "input.programme"),
        ("addWorkPlan", new(json!({ "programme": programme })), "NOT_FOUND", "input.programme"),
        ("addWorkPlan", new(json!({ "code": "PL2020" })), "DUPLICATE", "input.code"),
        ("addWorkPlan", new(json!({ "code": "pl" })), "INVALID", "input.code"),
        ("addWorkPlan", new(json!({ "code": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.code"),
        ("addWorkPlan", new(json!({ "title": "" })), "INVALID", "input.title"),
        ("addWorkPlan", new(json!({ "title": "Piano RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.title"),
        ("addWorkPlan", new(json!({ "act": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.act"),
        ("addWorkPlan", new(json!({ "note": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.note"),
        ("addWorkPlan", new(json!({ "startsOn": "2019-12-31" })), "OUTSIDE_PERIOD", "input.startsOn"),
        ("addWorkPlan", new(json!({ "endsOn": "2023-01-01" })), "OUTSIDE_PERIOD", "input.endsOn"),
        ("addWorkPlan", new(json!({ "startsOn": "2021-01-01" })), "INVALID", "input.endsOn"),
        ("addWorkPlan", new(json!({ "effectiveFrom": "2026-06-16" })), "INVALID", "input.effectiveFrom"),
        ("addWorkPlan", new(step(json!({ "by": "2019-12-31" }))), "OUTSIDE_PERIOD", "input.milestones.0.by"),
        ("addWorkPlan", new(step(json!({ "by": null, "from": "2021-01-01" }))), "OUTSIDE_PERIOD", "input.milestones.0.from"),
        ("addWorkPlan", new(step(json!({ "from": "2020-03-31" }))), "INVALID", "input.milestones.0"),
        ("addWorkPlan", new(step(json!({ "by": null }))), "INVALID", "input.milestones.0"),
        ("addWorkPlan", new(step(json!({ "code": "a" }))), "INVALID", "input.milestones.0.code"),
        ("addWorkPlan", new(step(json!({ "item": "" }))), "INVALID", "input.milestones.0.item"),
        ("addWorkPlan", new(step(json!({ "item": "RSSMRA80A01B157X" }))), "PERSONAL_DATA", "input.milestones.0.item"),
        ("addWorkPlan", new(step(json!({ "responsible": "x".repeat(101) }))), "INVALID", "input.milestones.0.responsible"),
        ("addWorkPlan", new(step(json!({ "responsible": "RSSMRA80A01B157X" }))), "PERSONAL_DATA", "input.milestones.0.responsible"),
        ("addWorkPlan", new(steps(json!([milestone("A", "a", ("by", "2020-03-31")), milestone("A", "b", ("by", "2020-03-31"))]))), "DUPLICATE", "input.milestones.1.code"),
        ("addWorkPlan", new(steps(json!(many))), "INVALID", "input.milestones"),
        ("updateWorkPlan", old(json!({ "workPlan": "eA" })), "NOT_FOUND", "input.workPlan"),
        ("updateWorkPlan", old(json!({ "workPlan": foreign })), "NOT_FOUND", "input.workPlan"),
        ("updateWorkPlan", old(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateWorkPlan", old(json!({ "effectiveFrom": "2020-01-14" })), "VERSIONS_OVERLAP", "input.effectiveFrom"),
        ("updateWorkPlan", old(json!({ "effectiveFrom": "2026-06-16" })), "INVALID", "input.effectiveFrom"),
        ("updateWorkPlan", old(json!({ "title": null })), "INVALID", "input.title"),
        ("updateWorkPlan", old(json!({ "milestones": null })), "INVALID", "input.milestones"),
        ("updateWorkPlan", old(json!({ "endsOn": "2020-05-31" })), "OUTSIDE_PERIOD", "input.milestones.1.by"),
        ("reportWorkPlanMilestone", report(json!({ "workPlan": foreign })), "NOT_FOUND", "input.workPlan"),
        ("reportWorkPlanMilestone", report(json!({ "startedOn": null })), "INVALID", "input.milestone"),
        ("reportWorkPlanMilestone", report(json!({ "milestone": "NIENTE" })), "NOT_FOUND", "input.milestone"),
        ("reportWorkPlanMilestone", report(json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("reportWorkPlanMilestone", report(json!({ "startedOn": "2019-12-31" })), "OUTSIDE_PERIOD", "input.startedOn"),
        ("reportWorkPlanMilestone", report(json!({ "doneOn": "2019-12-31" })), "OUTSIDE_PERIOD", "input.doneOn"),
        ("reportWorkPlanMilestone", report(json!({ "startedOn": "2026-06-16" })), "INVALID", "input.startedOn"),
        ("reportWorkPlanMilestone", report(json!({ "doneOn": "2020-01-31" })), "INVALID", "input.doneOn"),
        ("reportWorkPlanMilestone", report(json!({ "note": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.note"),
    ]);
}
