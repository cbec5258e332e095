//! What monitoring asks of the database at most, how often a report is submitted, and what an older program may have left in it.

use super::*;

/// 50 programmes of each of two agreements of 2016 to 2025. Within 120 months of 15 June 2026 there are 115 months of them, of 15 May 116.
#[test]
fn the_questions_of_one_read_are_bounded_together() {
    let server = Server::start();
    let codes: Vec<String> = (1..=50).map(|number| format!("P{number}")).collect();
    let programmes: Vec<_> = codes.iter().map(|code| (code.as_str(), "Programma", None)).collect();
    let version = || Version { from: "2016-01-01", to: "2025-12-31", partners: &["ALFA"], programmes: &programmes };
    accord::add(&server, "9", "PRIMA", &[version()]);
    accord::add(&server, "9", "SECONDA", &[version()]);
    let ask = |questions: &[&str]| {
        let fields: Vec<String> = (1..)
            .zip(questions)
            .map(|(number, arguments)| format!("q{number}: monitoring({arguments}) {{ due missing }}"))
            .collect();
        let query = format!("{{ ambito(code: \"9\") {{ {} }} }}", fields.join(" "));
        server.ask(&server.token_of(Role::Azienda), &query, Value::Null)
    };
    let (june, may) = (r#"asOf: "2026-06-15", agreement: "PRIMA""#, r#"asOf: "2026-05-15", agreement: "PRIMA""#);
    let other = r#"asOf: "2026-06-15", agreement: "SECONDA""#;
    let due = |due: i32| json!({ "due": due, "missing": due });
    for (questions, expected) in [
        (&[june][..], json!({ "q1": due(115 * 50) })),
        (&[may][..], json!({ "q1": due(116 * 50) })),
        // The same question is answered once.
        (&[june, june][..], json!({ "q1": due(115 * 50), "q2": due(115 * 50) })),
    ] {
        assert_eq!(ask(questions).data()["ambito"], expected, "{questions:?}");
    }
    // 5,750 and 5,800, or twice 5,750, are more than 10,000: of two days, of two agreements, and of the Ambito as a whole.
    for questions in [&[june, may][..], &[june, other], &[r#"asOf: "2026-06-15""#]] {
        let answer = ask(questions);
        assert_eq!(answer.code(), "BAD_REQUEST", "{questions:?}");
        assert!(answer.body.contains("10000"), "{}", answer.body);
    }
    // Of the months from June 2020 on, however many the Ambito has: 7 + 5 * 12 of 100 programmes. None is before the last 120 months, nor after the day.
    let of_months = |from: &str, day: &str| format!("from: \"{from}\", asOf: \"{day}\"");
    for (from, day, expected) in [
        ("2020-06-30", "2026-06-15", due(67 * 100)),
        ("2025-12-31", "2026-06-15", due(100)),
        ("2026-01-01", "2026-06-15", due(0)),
        ("2199-01-01", "2026-06-15", due(0)),
        ("1000-01-01", "2016-03-31", due(2 * 100)),
    ] {
        assert_eq!(ask(&[&of_months(from, day)]).data()["ambito"], json!({ "q1": expected }), "{from}");
    }
    assert_eq!(ask(&[&of_months("1000-01-01", "2026-06-15")]).code(), "BAD_REQUEST");
}

/// 98 times it was submitted and sent back already.
#[test]
fn what_cannot_be_submitted_again_is_not_sent_back() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    let id = write(&server, Role::Partner, report("2026-05-01", &WHOLE))["id"].take();
    let of_before = (1..=98).map(|number| format!("({number})")).collect::<Vec<_>>().join(", ");
    accord::run(
        &server,
        &[
            format!(
                "INSERT INTO monitoring_submission (report_id, number, submitted_on, submitted_by) \
                 SELECT r.id, n.column1, '2026-06-01', 'x' FROM monitoring_report r CROSS JOIN (VALUES {of_before}) AS n"
            ),
            "INSERT INTO monitoring_return (submission_id, returned_on, returned_by) SELECT id, '2026-06-01', 'x' FROM monitoring_submission"
                .to_owned(),
        ],
    );
    let input = |revision: i64| json!({ "report": id, "expectedVersion": revision });
    submit(&server, Role::Partner, &id, 1);
    server.done(Role::Azienda, "returnMonitoringReport", input(2), "report", "{ status }");
    submit(&server, Role::Partner, &id, 3);
    let hundredth = vec![("returnMonitoringReport", input(4), "INVALID", "input.report")];
    server.check_refusals(Role::Azienda, hundredth);
    let query = format!("{{ node(id: {id}) {{ ... on MonitoringReport {{ status submissions {{ number }} }} }} }}");
    let told = server.data(Role::Auditor, &query)["node"].take();
    assert_eq!((&told["status"], told["submissions"].as_array().unwrap().len()), (&json!("SUBMITTED"), 100));
}

/// A draft of before texts were looked through.
#[test]
fn an_old_draft_that_tells_of_a_person_is_not_submitted() {
    let server = Server::start();
    agreements(&server);
    fields(&server);
    let id = write(&server, Role::Partner, report("2026-05-01", &WHOLE))["id"].take();
    let answer = "INSERT INTO monitoring_value (report_id, field_id, value) \
        SELECT r.id, f.id, 'visita a RSSMRA80A01B157X' FROM monitoring_report r JOIN monitoring_field f ON f.code = 'NOTE'";
    accord::run(&server, &[answer.to_owned()]);
    let input = json!({ "report": id, "expectedVersion": 1 });
    for role in [Role::Partner, Role::Azienda] {
        let refused = vec![("submitMonitoringReport", input.clone(), "PERSONAL_DATA", "report.values.NOTE")];
        server.check_refusals(role, refused);
    }
    // Written anew without it, it goes.
    write(&server, Role::Partner, with(report("2026-05-01", &WHOLE), json!({ "expectedVersion": 1 })));
    submit(&server, Role::Partner, &id, 2);
}

/// A is worth so much in 2024 and 2026, B in 2025 alone, C is of 2026, and D says nothing of years.
#[test]
fn a_programme_is_monitored_in_the_years_that_it_is_worth_something_in() {
    let server = Server::start();
    let value = |year: i32| json!({ "year": year, "public": "10.00", "private": "0.00" });
    let programme = |code: &str, rest: Value| with(json!({ "code": code, "name": code }), rest);
    let terms = json!({
        "title": "Convenzione", "startsOn": "2024-12-01", "endsOn": "2026-12-31", "partners": ["ALFA"],
        "programmes": [
            programme("A", json!({ "years": [value(2026), value(2024)] })),
            programme("B", json!({ "years": [value(2025)] })),
            programme("C", json!({ "year": 2026 })),
            programme("D", json!({})),
        ],
    });
    let input = json!({ "ambito": "9", "code": "ANNI", "kind": "CO_DESIGN", "terms": terms });
    server.done(Role::Azienda, "addAgreement", input, "agreement", "{ id }");
    let mut expected = vec!["ANNI A 2024-12 MISSING".to_owned(), "ANNI D 2024-12 MISSING".to_owned()];
    for month in 1..=12 {
        expected.extend(["B", "D"].map(|code| format!("ANNI {code} 2025-{month:02} MISSING")));
    }
    for month in 1..=5 {
        expected.extend(["A", "C", "D"].map(|code| format!("ANNI {code} 2026-{month:02} MISSING")));
    }
    let arguments = r#"asOf: "2026-06-15", agreement: "ANNI""#;
    assert_eq!(duties(&server, Role::Azienda, arguments, ""), expected);
    let of =
        |programme: &str, month: &str| with(report(month, &[]), json!({ "agreement": "ANNI", "programme": programme }));
    let refused = [("A", "2025-05-01"), ("B", "2026-05-01"), ("B", "2024-12-01"), ("C", "2025-05-01")];
    let refused = refused.map(|(programme, month)| {
        ("writeMonitoringReport", of(programme, month), "OUTSIDE_AGREEMENT", "input.programme")
    });
    server.check_refusals(Role::Azienda, refused.to_vec());
    for (programme, month) in [("A", "2024-12-01"), ("A", "2026-05-01"), ("B", "2025-05-01"), ("D", "2025-05-01")] {
        assert_eq!(write(&server, Role::Azienda, of(programme, month))["programmeName"], json!(programme));
    }
    // A report from before that was asked of programmes can be corrected and submitted still.
    let older = "INSERT INTO monitoring_report (agreement_id, programme_code, month, status, written_by, partner_id) \
        SELECT agreement_id, 'B', 202605, 'DRAFT', 'x', partner_id FROM monitoring_report WHERE programme_code = 'B'";
    accord::run(&server, &[older.to_owned()]);
    let again = write(&server, Role::Partner, with(of("B", "2026-05-01"), json!({ "expectedVersion": 1 })));
    assert_eq!((&again["programmeName"], &again["revision"]), (&json!("B"), &json!(2)));
    assert_eq!(submit(&server, Role::Partner, &again["id"], 2)["status"], "SUBMITTED");
}
