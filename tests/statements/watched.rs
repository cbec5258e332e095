//! What is watched over time costs as many statements for a hundred things as for one.

use super::*;
use crate::support::accord::{self, Version};

/// One of each, of Ambito 9: a project, an indicator, a body, a report, each with what belongs to it; and then a hundred.
fn fill(server: &Server, from: usize, to: usize) {
    let service =
        "(SELECT s.id FROM service s JOIN ambito a ON a.id = s.ambito_id WHERE a.code = '9' AND s.code = 'STAFF')";
    let rows = |row: &dyn Fn(usize) -> String| (from..=to).map(row).collect::<Vec<_>>().join(", ");
    let id = |table: &str, at: usize| format!("(SELECT id FROM {table} WHERE name = 'contato {at}')");
    let now = "'2026-01-01T00:00:00Z'";
    let sql = [
        format!(
            "INSERT INTO project (service_id, position, name, contribution_cents) VALUES {}",
            rows(&|at| format!("({service}, {at}, 'contato {at}', 1000)"))
        ),
        format!(
            "INSERT INTO project_milestone (project_id, position, item, due_on) VALUES {}",
            rows(&|at| format!("({}, 1, 'Avvio', '2020-01-01')", id("project", at)))
        ),
        format!(
            "INSERT INTO project_expense (project_id, spent_on, amount_cents, description, recorded_by, recorded_at) VALUES {}",
            rows(&|at| format!("({}, '2020-01-01', 100, 'Corso', 'azienda', {now})", id("project", at)))
        ),
        format!(
            "INSERT INTO indicator (service_id, position, name, target_micros) VALUES {}",
            rows(&|at| format!("({service}, {}, 'contato {at}', 1)", at + 10))
        ),
        format!(
            "INSERT INTO indicator_reading (indicator_id, read_on, value_micros, source, recorded_by, recorded_at) VALUES {}",
            rows(&|at| format!("({}, '2020-01-01', 1, 'Azienda', 'azienda', {now})", id("indicator", at)))
        ),
        format!(
            "INSERT INTO indicator_past (indicator_id, until_month, target_micros, at_most) VALUES {}",
            rows(&|at| format!("({}, 201001, 2, FALSE)", id("indicator", at)))
        ),
        format!(
            "INSERT INTO governing_body (ambito_id, agreement_id, code, name, level, meetings, every_months, starts_on) VALUES {}",
            rows(&|at| format!(
                "((SELECT id FROM ambito WHERE code = '9'), (SELECT id FROM agreement WHERE code = 'COPROG'), 'B{at}', \
                  'contato {at}', 'DIRECTION', 2, 1, '2019-01-01')"
            ))
        ),
        format!(
            "INSERT INTO body_member (body_id, position, side, organisation, role, seats) VALUES {}",
            rows(&|at| format!("({}, 1, 'COMUNE', 'Comune', 'referente', 3)", id("governing_body", at)))
        ),
        format!(
            "INSERT INTO body_meeting (body_id, held_on, recorded_by, recorded_at) VALUES {}",
            rows(&|at| format!("({}, '2019-01-10', 'azienda', {now})", id("governing_body", at)))
        ),
    ];
    accord::run(server, &sql);
    accord::run(server, &work_plans(from, to));
}

/// The same of work plans.
fn work_plans(from: usize, to: usize) -> [String; 4] {
    let programme = "(SELECT min(p.id) FROM programme p JOIN ambito a ON a.id = p.ambito_id WHERE a.code = '9')";
    let rows = |row: &dyn Fn(usize) -> String| (from..=to).map(row).collect::<Vec<_>>().join(", ");
    let plan = |at: usize| format!("(SELECT id FROM work_plan WHERE code = 'PL{at}')");
    let now = "'2026-01-01T00:00:00Z'";
    [
        format!("INSERT INTO work_plan (programme_id, code) VALUES {}", rows(&|at| format!("({programme}, 'PL{at}')"))),
        format!(
            "INSERT INTO work_plan_version (work_plan_id, number, effective_from, title, starts_on, ends_on, assumed, \
               milestone_count, written_by, written_at) VALUES {}",
            rows(&|at| format!(
                "({}, 1, '2020-01-01', 'contato {at}', '2020-01-01', '2020-12-31', FALSE, 1, 'azienda', {now})",
                plan(at)
            ))
        ),
        format!(
            "INSERT INTO work_plan_milestone (version_id, position, code, item, by_date) VALUES {}",
            rows(&|at| format!(
                "((SELECT id FROM work_plan_version WHERE title = 'contato {at}'), 1, 'M', 'Avvio', '2020-03-31')"
            ))
        ),
        format!(
            "INSERT INTO work_plan_report (work_plan_id, code, number, started_on, recorded_by, recorded_at) VALUES {}",
            rows(&|at| format!("({}, 'M', 1, '2020-02-01', 'azienda', {now})", plan(at)))
        ),
    ]
}

/// Fields of monitoring, and a report of each month, submitted.
fn fill_monitoring(server: &Server, from: usize, to: usize) {
    let rows = |row: &dyn Fn(usize) -> String| (from..=to).map(row).collect::<Vec<_>>().join(", ");
    let id = |table: &str, at: usize| format!("(SELECT id FROM {table} WHERE name = 'contato {at}')");
    let month = |at: usize| (2016 + (at - 1) / 12) * 100 + (at - 1) % 12 + 1;
    let report = |at: usize| format!("(SELECT id FROM monitoring_report WHERE month = {})", month(at));
    let sql = [
        format!(
            "INSERT INTO monitoring_field (ambito_id, position, code, name, kind, required, retired) VALUES {}",
            rows(&|at| format!(
                "((SELECT id FROM ambito WHERE code = '9'), {at}, 'F{at}', 'contato {at}', 'NUMBER', FALSE, FALSE)"
            ))
        ),
        format!(
            "INSERT INTO monitoring_field_past (field_id, until_month, position, name, required, retired) VALUES {}",
            rows(&|at| format!("({}, 201001, 1, 'prima', FALSE, FALSE)", id("monitoring_field", at)))
        ),
        format!(
            "INSERT INTO monitoring_report (agreement_id, programme_code, month, status, submitted_on, written_by, partner_id) VALUES {}",
            rows(&|at| format!(
                "((SELECT id FROM agreement WHERE code = 'COPROG'), 'P1', {}, 'SUBMITTED', '2024-01-01', 'azienda', \
                  (SELECT id FROM partner WHERE code = 'ALFA'))",
                month(at)
            ))
        ),
        format!(
            "INSERT INTO monitoring_submission (report_id, number, submitted_on, submitted_by) VALUES {}",
            rows(&|at| format!("({}, 1, '2024-01-01', 'azienda')", report(at)))
        ),
        format!(
            "INSERT INTO monitoring_submission_value (submission_id, field_id, position, name, value) VALUES {}",
            rows(&|at| format!(
                "((SELECT id FROM monitoring_submission WHERE report_id = {}), {}, 1, 'contato', '{at}')",
                report(at),
                id("monitoring_field", at)
            ))
        ),
    ];
    accord::run(server, &sql);
}

/// Each with how many nodes of it there are.
const QUERIES: [(&str, &str); 6] = [
    (
        "projects",
        r#"{ ambito(code: "9") { service(code: "STAFF") { projects { spent remaining timeline { state } spending(first: 2) { totalCount nodes { amount } } } } } }"#,
    ),
    (
        "indicators",
        r#"{ ambito(code: "9") { service(code: "STAFF") { indicators { latest { value } reached readings(first: 2) { totalCount nodes { value target withheld } } } } } }"#,
    ),
    (
        "bodies",
        r#"{ ambito(code: "9") { governingBodies { agreement { code } members { seats } meetings(first: 2) { totalCount nodes { heldOn } }
            attendance(from: "2019-01-01", to: "2019-12-31") { due held missing } } } }"#,
    ),
    (
        "work plans",
        r#"{ ambito(code: "9") { programmes { workPlans { title programme { title } milestones { state reports { number } } } } } }"#,
    ),
    (
        "reports",
        r#"{ ambito(code: "9") { monitoringReports(first: 100) { totalCount nodes { agreement { code } partner { code } programmeName values { field { code } value withheld } submissions { number values { value } } } }
            past: monitoringReports(first: 100, asOf: "2025-01-01") { nodes { values { value } } } } }"#,
    ),
    (
        "duties",
        r#"{ ambito(code: "9") { monitoringFields { code } monitoring(asOf: "2025-01-01") { due duties(first: 100, state: SUBMITTED) { nodes { partner { code } report { values { value } submissions { values { value } } } } } } } }"#,
    ),
];

#[test]
fn what_is_watched_costs_the_same_for_one_and_for_a_hundred() {
    let server = Server::with(|limits| limits.cost_max = 1_000_000_000);
    let version =
        Version { from: "2016-01-01", to: "2026-12-31", partners: &["ALFA"], programmes: &[("P1", "Programma", None)] };
    accord::add(&server, "9", "COPROG", &[version]);
    fill(&server, 1, 1);
    fill_monitoring(&server, 1, 1);
    let token = server.token_of(Role::Auditor);
    let count = |query: &str| {
        let before = server.store().statements();
        let answer = server.ask_once(&token, &json!({ "query": query }).to_string());
        assert!(answer.status == 200 && answer.json().get("errors").is_none(), "{query}\n{}", answer.body);
        (server.store().statements() - before, answer.body.len())
    };
    count("{ viewer { role } }");
    let of_one: Vec<_> = QUERIES.iter().map(|(_, query)| count(query)).collect();
    // A partner is told of a project by the agreements of its service: asked once, however many projects and fields, and also where there are none.
    let partner = server.token_of(Role::Partner);
    let query = r#"{ ambito(code: "9") { services { projects { name contribution act note fund { code } } } } }"#;
    let before = server.store().statements();
    let answer = server.ask_once(&partner, &json!({ "query": query }).to_string());
    assert!(answer.status == 200 && answer.body.contains("contato 1"), "{}", answer.body);
    let of_partner = server.store().statements() - before;
    fill(&server, 2, 100);
    fill_monitoring(&server, 2, 100);
    for ((name, query), (statements, length)) in QUERIES.iter().zip(of_one) {
        let (of_many, longer) = count(query);
        assert_eq!(of_many, statements, "{name}");
        assert!(statements > 0 && longer > 3 * length, "{name}: {length} and {longer}");
    }
    let before = server.store().statements();
    let answer = server.ask_once(&partner, &json!({ "query": query }).to_string());
    assert!(answer.status == 200 && answer.body.contains("contato 100"), "{}", answer.body);
    assert_eq!(server.store().statements() - before, of_partner);
}
