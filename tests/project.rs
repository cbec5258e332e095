//! Projects with bound revenue: what each was granted, what it spent, and its timeline on any day.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::{Server, accord, agreements, neighbour};

fn projects(server: &Server, service: &str, selection: &str) -> Value {
    projects_as(server, Role::Auditor, service, selection)
}

fn projects_as(server: &Server, role: Role, service: &str, selection: &str) -> Value {
    let query =
        format!("{{ ambito(code: \"9\") {{ service(code: \"{service}\") {{ projects {{ {selection} }} }} }} }}");
    server.data(role, &query)["ambito"]["service"]["projects"].take()
}

/// PON SIA: 205,467.00 over 2017-2019.
fn pon(server: &Server) -> Value {
    projects(server, "PROGETTI-UDP", "id")[0]["id"].take()
}

fn with(mut base: Value, rest: Value) -> Value {
    base.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    base
}

fn expense(project: &Value, day: &str, amount: &str) -> Value {
    json!({ "project": project, "spentOn": day, "amount": amount, "description": "Operatori" })
}

fn spend(server: &Server, input: Value) -> Value {
    server.done(Role::Azienda, "recordProjectExpense", input, "expense", "{ id }")["id"].take()
}

#[test]
fn the_demonstration_has_the_projects_of_the_programme() {
    let server = Server::start();
    let selection = "name years contribution act ambiti fund { code } startsOn endsOn revision spent remaining timeline { item } spending { totalCount }";
    let project = |name: &str, years: Value, contribution: Value, act: Value, ambiti: Value| {
        json!({
            "name": name, "years": years, "contribution": contribution, "act": act, "ambiti": ambiti, "fund": null,
            "startsOn": null, "endsOn": null, "revision": 1, "spent": "0.00", "remaining": contribution, "timeline": [],
            "spending": { "totalCount": 0 },
        })
    };
    let none = || Value::Null;
    let of_udp = [
        project("PON SIA (inclusione attiva)", json!("2017-2019"), json!("205467.00"), none(), none()),
        project(
            "FAMI prog-1117 (integrazione dei cittadini di paesi terzi)",
            json!("2018"),
            json!("94405.00"),
            none(),
            none(),
        ),
    ];
    assert_eq!(projects(&server, "PROGETTI-UDP", selection), json!(of_udp));
    let alliance =
        project("Conciliazione famiglia-lavoro", none(), json!("142900.00"), json!("DGR 5969/2016"), json!(5));
    assert_eq!(projects(&server, "PROGETTI-PROV", selection)[1], alliance);
}

/// What PON SIA had spent by a day, and what was left.
fn spent_on(server: &Server, day: &str) -> (String, String) {
    let selection = format!("spent(asOf: \"{day}\") remaining(asOf: \"{day}\")");
    let told = projects(server, "PROGETTI-UDP", &selection)[0].take();
    (told["spent"].as_str().unwrap().to_owned(), told["remaining"].as_str().unwrap().to_owned())
}

#[test]
fn a_project_spends_its_contribution_and_no_more() {
    let server = Server::start();
    let project = pon(&server);
    let change = json!({
        "project": project, "expectedVersion": 1, "fund": "FNPS", "startsOn": "2017-07-01", "endsOn": "2019-12-31",
    });
    let told =
        server.done(Role::Azienda, "updateProject", change, "project", "{ fund { code } startsOn endsOn revision }");
    assert_eq!(
        told,
        json!({ "fund": { "code": "FNPS" }, "startsOn": "2017-07-01", "endsOn": "2019-12-31", "revision": 2 })
    );
    // 205,467.00 = 100,000.00 + 105,466.99 + 0.01.
    let first = spend(&server, expense(&project, "2017-09-30", "100000.00"));
    spend(&server, expense(&project, "2018-12-31", "105466.99"));
    server.check_refusals(
        Role::Azienda,
        vec![("recordProjectExpense", expense(&project, "2019-01-01", "0.02"), "BEYOND_BUDGET", "input.amount")],
    );
    spend(&server, expense(&project, "2019-01-01", "0.01"));
    let on = |day: &str| spent_on(&server, day);
    let figures = |spent: &str, remaining: &str| (spent.to_owned(), remaining.to_owned());
    assert_eq!(on("2017-09-29"), figures("0.00", "205467.00"));
    assert_eq!(on("2017-09-30"), figures("100000.00", "105467.00"));
    assert_eq!(on("2018-12-31"), figures("205466.99", "0.01"));
    assert_eq!(on("2026-06-15"), figures("205467.00", "0.00"));
    // A reversal after the project's end gives the amount back from its own day on.
    let reverse = json!({ "expense": first, "reversedOn": "2020-02-01", "reference": "Registrata due volte" });
    let selection = "{ amount spentOn reference description reverses }";
    let reversal = server.done(Role::Azienda, "reverseProjectExpense", reverse.clone(), "expense", selection);
    let expected = json!({
        "amount": "-100000.00", "spentOn": "2020-02-01", "reference": "Registrata due volte",
        "description": "Operatori", "reverses": first,
    });
    assert_eq!(reversal, expected);
    assert_eq!(on("2020-01-31"), figures("205467.00", "0.00"));
    assert_eq!(on("2020-02-01"), figures("105467.00", "100000.00"));
    let update = |rest: Value| with(json!({ "project": project, "expectedVersion": 2 }), rest);
    server.check_refusals(
        Role::Azienda,
        vec![
            ("reverseProjectExpense", reverse, "DUPLICATE", "input.expense"),
            // 105,467.00 is spent, and until the day of the reversal it was 205,467.00: no day may stand above the contribution.
            ("updateProject", update(json!({ "contribution": "205466.99" })), "BEYOND_BUDGET", "input.contribution"),
            ("recordProjectExpense", expense(&project, "2019-12-31", "0.01"), "BEYOND_BUDGET", "input.amount"),
            ("updateProject", update(json!({ "startsOn": "2019-01-01" })), "OUTSIDE_PERIOD", "input.startsOn"),
            ("updateProject", update(json!({ "endsOn": "2018-12-31" })), "OUTSIDE_PERIOD", "input.endsOn"),
        ],
    );
    let pages = "spending(first: 2) { totalCount pageInfo { hasNextPage } nodes { spentOn amount } }";
    let page = projects(&server, "PROGETTI-UDP", pages)[0]["spending"].take();
    let expected = json!({
        "totalCount": 4, "pageInfo": { "hasNextPage": true },
        "nodes": [{ "spentOn": "2017-09-30", "amount": "100000.00" }, { "spentOn": "2018-12-31", "amount": "105466.99" }],
    });
    assert_eq!(page, expected);
    check_the_cent(&server, &project);
}

/// That the cent spent in 2019 can be spent anew once it was taken back, and no more.
fn check_the_cent(server: &Server, project: &Value) {
    // Taken back on its own day, the cent of 2019 can be spent anew, also before; but not twice.
    let query = format!("{{ node(id: {project}) {{ ... on Project {{ spending {{ nodes {{ id amount }} }} }} }} }}");
    let cent = server.data(Role::Azienda, &query)["node"]["spending"]["nodes"][2]["id"].take();
    let reverse = json!({ "expense": cent, "reversedOn": "2019-01-01" });
    server.done(Role::Azienda, "reverseProjectExpense", reverse, "expense", "{ id }");
    spend(server, expense(project, "2018-06-30", "0.01"));
    server.check_refusals(
        Role::Azienda,
        vec![("recordProjectExpense", expense(project, "2017-07-01", "0.01"), "BEYOND_BUDGET", "input.amount")],
    );
    for day in ["2018-06-30", "2018-12-31", "2019-01-01", "2020-01-31"] {
        let (spent, remaining) = spent_on(server, day);
        let is_last = day != "2018-06-30";
        let expected = if is_last { ("205467.00", "0.00") } else { ("100000.01", "105466.99") };
        assert_eq!((spent.as_str(), remaining.as_str()), expected, "{day}");
    }
}

/// A project as the version before left it, by rows of SQL: 10.00 of contribution and 20.00 spent in 2016 and in 2021, outside its years 2017 to 2019, as
/// is a step; and another project of the same name.
fn legacy(server: &Server) -> Value {
    let project = "(SELECT id FROM project WHERE name LIKE 'PON SIA%')";
    let spend = |day: &str| {
        format!(
            "INSERT INTO project_expense (project_id, spent_on, amount_cents, description, recorded_by, recorded_at) \
             VALUES ({project}, '{day}', 1000, 'Operatori', 'azienda', '2022-01-01T00:00:00Z')"
        )
    };
    let step = format!(
        "INSERT INTO project_milestone (project_id, position, item, due_on, started_on) \
         VALUES ({project}, 1, 'Avvio', '2020-06-30', '2016-11-30')"
    );
    let row = "UPDATE project SET contribution_cents = 1000, starts_on = '2017-01-01', ends_on = '2019-12-31' WHERE name LIKE 'PON SIA%'";
    let twin =
        "UPDATE project SET name = (SELECT name FROM project WHERE name LIKE 'PON SIA%') WHERE name LIKE 'FAMI%'";
    accord::run(server, &[spend("2016-12-31"), spend("2021-01-31"), step, row.to_owned(), twin.to_owned()]);
    pon(server)
}

#[test]
fn a_project_that_fits_nothing_any_more_can_still_be_changed_for_the_better() {
    let server = Server::start();
    let project = legacy(&server);
    let update = |revision: i32, rest: Value| with(json!({ "project": project, "expectedVersion": revision }), rest);
    let better = [
        json!({ "note": "nota", "act": "Prot. n. 347.1234567 del 3/2/2019" }),
        json!({ "contribution": "15.00" }),
        json!({ "startsOn": "2016-12-01" }),
        json!({ "endsOn": "2020-12-31", "contribution": "15.00" }),
        json!({ "startsOn": "2016-11-30", "endsOn": "2021-01-30" }),
    ];
    for (revision, change) in (1..).zip(better) {
        let told = server.done(Role::Azienda, "updateProject", update(revision, change), "project", "{ revision }");
        assert_eq!(told, json!({ "revision": revision + 1 }));
    }
    let told = projects(&server, "PROGETTI-UDP", "contribution startsOn endsOn act note")[0].take();
    let expected = json!({
        "contribution": "15.00", "startsOn": "2016-11-30", "endsOn": "2021-01-30", "act": "Prot. n. 347.1234567 del 3/2/2019",
        "note": "nota",
    });
    assert_eq!(told, expected);
    let worse = |rest: Value, code, path| ("updateProject", update(6, rest), code, path);
    server.check_refusals(
        Role::Azienda,
        vec![
            worse(json!({ "contribution": "14.99" }), "BEYOND_BUDGET", "input.contribution"),
            // The step was begun on 30 November 2016.
            worse(json!({ "startsOn": "2016-12-01" }), "OUTSIDE_PERIOD", "input.startsOn"),
            worse(json!({ "endsOn": "2021-01-29" }), "OUTSIDE_PERIOD", "input.endsOn"),
        ],
    );
    // More than was spent can be lowered to what was spent.
    for (revision, amount) in [(6, "30.00"), (7, "20.00")] {
        let change = update(revision, json!({ "contribution": amount }));
        server.done(Role::Azienda, "updateProject", change, "project", "{ id }");
    }
    let worse = update(8, json!({ "contribution": "19.99" }));
    server.check_refusals(Role::Azienda, vec![("updateProject", worse, "BEYOND_BUDGET", "input.contribution")]);
}

#[test]
fn a_timeline_tells_how_each_step_stood_on_a_day() {
    let server = Server::start();
    let project = pon(&server);
    let step = |item: &str, due: &str| json!({ "item": item, "dueOn": due });
    let set = |revision: i32, steps: Value| {
        let input = json!({ "project": project, "expectedVersion": revision, "milestones": steps });
        server.done(
            Role::Azienda,
            "setProjectTimeline",
            input,
            "project",
            "{ revision timeline { number item dueOn startedOn state } }",
        )
    };
    set(1, json!([step("Avvio", "2018-01-31"), step("Équipe", "2018-06-30"), step("Relazione", "2019-12-31")]));
    let report = |revision: i32, number: i32, rest: Value| {
        let input = with(json!({ "project": project, "expectedVersion": revision, "milestone": number }), rest);
        server.done(Role::Azienda, "reportProjectMilestone", input, "project", "{ revision }")
    };
    report(2, 1, json!({ "startedOn": "2018-01-10", "doneOn": "2018-01-31" }));
    report(3, 2, json!({ "startedOn": "2018-06-01" }));
    assert_eq!(report(4, 2, json!({ "doneOn": "2018-07-10" })), json!({ "revision": 5 }));
    let on = |day: &str| -> Vec<(String, bool, i64)> {
        let selection = format!("timeline(asOf: \"{day}\") {{ state late daysLate }}");
        let told = projects(&server, "PROGETTI-UDP", &selection)[0]["timeline"].take();
        let step = |step: &Value| {
            let late = (step["late"].as_bool().unwrap(), step["daysLate"].as_i64().unwrap());
            (step["state"].as_str().unwrap().to_owned(), late.0, late.1)
        };
        told.as_array().unwrap().iter().map(step).collect()
    };
    let state = |state: &str, late: bool, days: i64| (state.to_owned(), late, days);
    let planned = || state("PLANNED", false, 0);
    assert_eq!(on("2018-01-09"), [planned(), planned(), planned()]);
    assert_eq!(on("2018-01-30"), [state("STARTED", false, 0), planned(), planned()]);
    assert_eq!(on("2018-06-30"), [state("DONE", false, 0), state("STARTED", false, 0), planned()]);
    assert_eq!(on("2018-07-03"), [state("DONE", false, 0), state("STARTED", true, 3), planned()]);
    // It was done ten days late, and stays so.
    assert_eq!(on("2018-12-31"), [state("DONE", false, 0), state("DONE", true, 10), planned()]);
    // From 1 January to 15 June 2026, after six whole years of which two are leap years: 166 + 366 + 365 * 3 + 366 + 365 days.
    assert_eq!(on("2026-06-15")[2], state("PLANNED", true, 166 + 366 + 365 * 3 + 366 + 365));
    // A step whose words stay keeps what was reported; another begins anew.
    let told = set(5, json!([step("Équipe", "2018-07-31"), step("Chiusura", "2019-06-30")]));
    let steps = json!([
        { "number": 1, "item": "Équipe", "dueOn": "2018-07-31", "startedOn": "2018-06-01", "state": "DONE" },
        { "number": 2, "item": "Chiusura", "dueOn": "2019-06-30", "startedOn": null, "state": "PLANNED" },
    ]);
    assert_eq!(told, json!({ "revision": 6, "timeline": steps }));
    // The project's time takes in every step.
    let narrow = json!({ "project": project, "expectedVersion": 6, "endsOn": "2019-06-29" });
    server.check_refusals(Role::Azienda, vec![("updateProject", narrow, "OUTSIDE_PERIOD", "input.endsOn")]);
}

#[test]
fn a_new_project_is_the_last_of_its_service() {
    let server = Server::start();
    let query = r#"{ ambito(code: "9") { service(code: "PROGETTI-UDP") { id } } }"#;
    let service = server.data(Role::Azienda, query)["ambito"]["service"]["id"].take();
    let input = json!({
        "service": service, "name": "PNRR 1.1", "contribution": "211500.00", "act": "DD 98/2022", "ambiti": 2,
        "startsOn": "2022-05-09", "endsOn": "2026-03-31", "note": "due annualità", "years": "2022-2026", "fund": "VINCOLATE",
    });
    let selection =
        "{ id name years contribution act ambiti startsOn endsOn note fund { code } service { code } revision }";
    let mut told = server.done(Role::Azienda, "addProject", input, "project", selection);
    let id = told["id"].take();
    let expected = json!({
        "id": null, "name": "PNRR 1.1", "years": "2022-2026", "contribution": "211500.00", "act": "DD 98/2022", "ambiti": 2,
        "startsOn": "2022-05-09", "endsOn": "2026-03-31", "note": "due annualità", "fund": { "code": "VINCOLATE" },
        "service": { "code": "PROGETTI-UDP" }, "revision": 1,
    });
    assert_eq!(told, expected);
    let all = projects(&server, "PROGETTI-UDP", "id");
    assert_eq!((all.as_array().unwrap().len(), &all[2]["id"]), (3, &id));
    let node = server.data(Role::Comune, &format!("{{ node(id: {id}) {{ ... on Project {{ name }} }} }}"));
    assert_eq!(node["node"], json!({ "name": "PNRR 1.1" }));
}

#[test]
fn who_sees_the_plans_sees_what_was_spent() {
    let server = Server::start();
    let project = pon(&server);
    spend(&server, expense(&project, "2018-01-31", "5467.00"));
    let change =
        json!({ "project": project, "expectedVersion": 1, "act": "DGR 1", "note": "nota", "fund": "VINCOLATE" });
    server.done(Role::Azienda, "updateProject", change, "project", "{ id }");
    let query = format!(
        "{{ node(id: {project}) {{ ... on Project {{ contribution act note fund {{ code }} spent remaining spending {{ totalCount }} timeline {{ item }} }} }} }}"
    );
    for role in [Role::Azienda, Role::Assemblea, Role::Auditor, Role::Comune, Role::Reporting] {
        let expected = json!({
            "contribution": "205467.00", "act": "DGR 1", "note": "nota", "fund": { "code": "VINCOLATE" }, "spent": "5467.00", "remaining": "200000.00",
            "spending": { "totalCount": 1 }, "timeline": [],
        });
        assert_eq!(server.data(role, &query)["node"], expected, "{role:?}");
    }
    for role in [Role::Admin, Role::Partner] {
        let expected = json!({
            "contribution": null, "act": null, "note": null, "fund": null, "spent": null, "remaining": null, "spending": null,
            "timeline": null,
        });
        assert_eq!(server.data(role, &query)["node"], expected, "{role:?}");
    }
    // An agreement of the service that is over tells its partner nothing of what runs today.
    agreements::add_small(&server, "9", ("ALFA", "PROGETTI-UDP"), 1);
    let nothing = json!({
        "contribution": null, "act": null, "note": null, "fund": null, "spent": null, "remaining": null, "spending": null,
        "timeline": null,
    });
    assert_eq!(server.data(Role::Partner, &query)["node"], nothing);
    // One in effect with it: the partner is told what that rests on, and still not what was spent.
    agreements::add_of(&server, "9", ("ALFA", "PROGETTI-UDP"), &["CORRENTE".to_owned()], &[2026]);
    let expected = json!({
        "contribution": "205467.00", "act": "DGR 1", "note": "nota", "fund": { "code": "VINCOLATE" }, "spent": null,
        "remaining": null, "spending": null, "timeline": null,
    });
    assert_eq!(server.data(Role::Partner, &query)["node"], expected);
    let others = projects_as(&server, Role::Partner, "PROGETTI-PROV", "contribution act");
    assert_eq!(others[1], json!({ "contribution": null, "act": null }));
}

#[test]
#[rustfmt::skip] // One line a case.
fn refusals() {
    let server = Server::start();
    neighbour::add(&server);
    let query = r#"{ ambito(code: "9") { service(code: "PROGETTI-UDP") { id projects { id } } provincia: service(code: "PROGETTI-PROV") { projects { id } } } }"#;
    let found = server.data(Role::Azienda, query)["ambito"].take();
    let (service, project) = (found["service"]["id"].clone(), found["service"]["projects"][0]["id"].clone());
    let sportello = found["provincia"]["projects"][0]["id"].clone();
    let foreign = server.data(Role::Auditor, r#"{ ambito(code: "T1") { services { id } } }"#)["ambito"]["services"][0]["id"].take();
    let change = json!({ "project": project, "expectedVersion": 1, "startsOn": "2017-01-01", "endsOn": "2019-12-31" });
    server.done(Role::Azienda, "updateProject", change, "project", "{ id }");
    let steps = json!({ "project": project, "expectedVersion": 2, "milestones": [{ "item": "Avvio", "dueOn": "2018-01-31" }] });
    server.done(Role::Azienda, "setProjectTimeline", steps, "project", "{ id }");
    let spent = spend(&server, expense(&project, "2018-01-31", "10.00"));
    let add = |rest: Value| with(json!({ "service": service, "name": "Nuovo" }), rest);
    let update = |rest: Value| with(json!({ "project": project, "expectedVersion": 3 }), rest);
    let steps = |steps: Value| with(json!({ "project": project, "expectedVersion": 3 }), json!({ "milestones": steps }));
    let report = |rest: Value| with(json!({ "project": project, "expectedVersion": 3, "milestone": 1 }), rest);
    let new = |rest: Value| with(expense(&project, "2018-06-30", "1.00"), rest);
    let back = |rest: Value| with(json!({ "expense": spent }), rest);
    let many: Vec<Value> = (0..101).map(|at| json!({ "item": at.to_string(), "dueOn": "2018-01-31" })).collect();
    server.check_refusals(Role::Azienda, vec![
        ("addProject", add(json!({ "service": "eA" })), "NOT_FOUND", "input.service"),
        ("addProject", add(json!({ "service": foreign })), "NOT_FOUND", "input.service"),
        ("addProject", add(json!({ "name": "PON SIA (inclusione attiva)" })), "DUPLICATE", "input.name"),
        ("addProject", add(json!({ "name": " " })), "INVALID", "input.name"),
        ("addProject", add(json!({ "contribution": "-0.01" })), "INVALID", "input.contribution"),
        ("addProject", add(json!({ "contribution": "1000000000000.01" })), "OVERFLOW", "input.contribution"),
        ("addProject", add(json!({ "fund": "VICINO" })), "NOT_FOUND", "input.fund"),
        ("addProject", add(json!({ "startsOn": "1989-12-31" })), "INVALID", "input.startsOn"),
        ("addProject", add(json!({ "startsOn": "2020-01-01", "endsOn": "2019-12-31" })), "INVALID", "input.endsOn"),
        ("reportProjectMilestone", report(json!({ "startedOn": "2016-12-31" })), "OUTSIDE_PERIOD", "input.startedOn"),
        ("reportProjectMilestone", report(json!({ "doneOn": "2016-12-31" })), "OUTSIDE_PERIOD", "input.doneOn"),
        ("addProject", add(json!({ "ambiti": 0 })), "INVALID", "input.ambiti"),
        ("addProject", add(json!({ "ambiti": 2001 })), "INVALID", "input.ambiti"),
        ("updateProject", update(json!({ "project": service })), "NOT_FOUND", "input.project"),
        ("updateProject", update(json!({ "expectedVersion": 2 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("updateProject", update(json!({ "name": null })), "INVALID", "input.name"),
        ("updateProject", update(json!({ "contribution": null })), "BEYOND_BUDGET", "input.contribution"),
        ("updateProject", update(json!({ "startsOn": "2018-02-01" })), "OUTSIDE_PERIOD", "input.startsOn"),
        ("updateProject", update(json!({ "years": "a\u{0}" })), "INVALID", "input.years"),
        ("setProjectTimeline", steps(json!([{ "item": "Avvio", "dueOn": "2016-12-31" }])), "OUTSIDE_PERIOD", "input.milestones.0.dueOn"),
        ("setProjectTimeline", steps(json!([{ "item": "Avvio", "dueOn": "2018-01-01" }, { "item": "Fine", "dueOn": "2020-01-01" }])), "OUTSIDE_PERIOD", "input.milestones.1.dueOn"),
        ("setProjectTimeline", steps(json!([{ "item": "a", "dueOn": "2018-01-01" }, { "item": "a ", "dueOn": "2018-01-02" }])), "DUPLICATE", "input.milestones.1.item"),
        ("setProjectTimeline", steps(json!([{ "item": "", "dueOn": "2018-01-01" }])), "INVALID", "input.milestones.0.item"),
        ("setProjectTimeline", steps(json!(many)), "INVALID", "input.milestones"),
        ("setProjectTimeline", with(steps(json!([])), json!({ "expectedVersion": 1 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("reportProjectMilestone", report(json!({ "milestone": 2 })), "NOT_FOUND", "input.milestone"),
        ("reportProjectMilestone", report(json!({ "startedOn": "2026-06-16" })), "INVALID", "input.startedOn"),
        ("reportProjectMilestone", report(json!({ "doneOn": "2026-06-16" })), "INVALID", "input.doneOn"),
        ("reportProjectMilestone", report(json!({ "startedOn": "2018-02-01", "doneOn": "2018-01-31" })), "INVALID", "input.doneOn"),
        ("reportProjectMilestone", report(json!({ "expectedVersion": 4 })), "VERSION_CONFLICT", "input.expectedVersion"),
        ("recordProjectExpense", new(json!({ "project": "eA" })), "NOT_FOUND", "input.project"),
        ("recordProjectExpense", new(json!({ "spentOn": "2016-12-31" })), "OUTSIDE_PERIOD", "input.spentOn"),
        ("recordProjectExpense", new(json!({ "spentOn": "2020-01-01" })), "OUTSIDE_PERIOD", "input.spentOn"),
        ("recordProjectExpense", new(json!({ "spentOn": "2026-06-16" })), "INVALID", "input.spentOn"),
        ("recordProjectExpense", new(json!({ "amount": "0.00" })), "INVALID", "input.amount"),
        ("recordProjectExpense", new(json!({ "amount": "-1.00" })), "INVALID", "input.amount"),
        ("recordProjectExpense", new(json!({ "amount": "1000000000000.01" })), "OVERFLOW", "input.amount"),
        // 205,467.00 less 10.00 is 205,457.00.
        ("recordProjectExpense", new(json!({ "amount": "205457.01" })), "BEYOND_BUDGET", "input.amount"),
        ("recordProjectExpense", new(json!({ "project": sportello })), "BEYOND_BUDGET", "input.amount"),
        ("recordProjectExpense", new(json!({ "description": "" })), "INVALID", "input.description"),
        ("recordProjectExpense", new(json!({ "reference": "x".repeat(201) })), "INVALID", "input.reference"),
        ("reverseProjectExpense", back(json!({ "expense": project })), "NOT_FOUND", "input.expense"),
        ("reverseProjectExpense", back(json!({ "reversedOn": "2018-01-30" })), "INVALID", "input.reversedOn"),
        ("reverseProjectExpense", back(json!({ "reversedOn": "2026-06-16" })), "INVALID", "input.reversedOn"),
        ("reverseProjectExpense", back(json!({ "reference": " " })), "INVALID", "input.reference"),
    ]);
    check_personal_data(&server, [&service, &project, &spent]);
}

/// That no text of a project names a person.
#[rustfmt::skip] // One line a case.
fn check_personal_data(server: &Server, [service, project, spent]: [&Value; 3]) {
    let add = |rest: Value| with(json!({ "service": service, "name": "Nuovo" }), rest);
    let steps = |steps: Value| json!({ "project": project, "expectedVersion": 3, "milestones": steps });
    let new = |rest: Value| with(expense(project, "2018-06-30", "1.00"), rest);
    let back = |rest: Value| with(json!({ "expense": spent }), rest);
    server.check_refusals(Role::Azienda, vec![
        ("addProject", add(json!({ "name": "Progetto RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.name"),
        ("addProject", add(json!({ "act": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.act"),
        ("addProject", add(json!({ "years": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.years"),
        ("addProject", add(json!({ "note": "di rssmra80a01b157x" })), "PERSONAL_DATA", "input.note"),
        ("setProjectTimeline", steps(json!([{ "item": "Caso RSSMRA80A01B157X", "dueOn": "2018-01-31" }])), "PERSONAL_DATA", "input.milestones.0.item"),
        ("recordProjectExpense", new(json!({ "description": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.description"),
        ("recordProjectExpense", new(json!({ "reference": "busta RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.reference"),
        ("reverseProjectExpense", back(json!({ "reference": "RSSMRA80A01B157X" })), "PERSONAL_DATA", "input.reference"),
    ]);
}
