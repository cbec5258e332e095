//! Activity that comes within a request: a file as a text, or rows. It is read and written as a file that comes by itself is, and what is refused changes nothing.

use api::auth::Role;

use super::refusals::{BAD, GOOD};
use super::*;
use crate::support::neighbour;
use crate::support::write::new_key;

const IMPORT: &str =
    "{ import { written dryRun mode digest rows accepted rejected values months replacedMonths knownSince moreProblems
    problems { line column value reason message } } errors { code path message } }";

/// Calls the mutation as the managing body; its payload, and the body as it came.
fn call(server: &Server, input: &Value) -> (Value, String) {
    let query = format!("mutation($input: ImportActivityInput!) {{ importActivity(input: $input) {IMPORT} }}");
    let token = server.token_of(Role::Azienda);
    let answer = server.send_write(&token, &new_key(), &query, json!({ "input": input }));
    (answer.data()["importActivity"].take(), answer.body)
}

/// The same for what must be taken; what became of it.
fn taken(server: &Server, input: &Value) -> Value {
    let (mut payload, _) = call(server, input);
    assert_eq!(payload["errors"], json!([]), "{input}");
    payload["import"].take()
}

fn of_csv(text: &str) -> Value {
    json!({ "ambito": "9", "csv": text, "name": "file.csv" })
}

fn of_rows(rows: &[Value]) -> Value {
    json!({ "ambito": "9", "rows": rows })
}

fn row(Line(service, comune, month, case, measure, value): &Line) -> Value {
    let day = format!("{}-{:02}-01", month / 100, month % 100);
    json!({ "service": service, "comune": comune, "month": day, "case": case, "measure": measure, "value": decimal(*value) })
}

fn good() -> Value {
    row(&Line("SAD", MANERBIO, 202_201, "C-1".to_owned(), "HOURS", 100))
}

/// The same row with one thing different.
fn with(name: &str, value: &str) -> Value {
    let mut row = good();
    row[name] = json!(value);
    row
}

/// What is told of so many lines that nothing is wrong with.
fn check_report(report: &Value, lines: &[Line], replaced: usize) {
    let months: BTreeSet<_> = lines.iter().map(|line| (line.0, line.1, line.2, line.4)).collect();
    for (name, expected) in [
        ("written", json!(true)),
        ("dryRun", json!(false)),
        ("mode", json!("REJECT_EVERYTHING")),
        ("rows", json!(lines.len())),
        ("accepted", json!(lines.len())),
        ("rejected", json!(0)),
        ("values", json!(lines.len())),
        ("months", json!(months.len())),
        ("replacedMonths", json!(replaced)),
        ("knownSince", Value::Null),
        ("problems", json!([])),
        ("moreProblems", json!(0)),
    ] {
        assert_eq!(report[name], expected, "{name}: {report}");
    }
}

#[test]
fn a_file_within_a_request_is_the_same_file() {
    let server = Server::start();
    let lines = year(1..=2);
    let report = taken(&server, &of_csv(&csv(&lines)));
    check_report(&report, &lines, 0);
    for comune in [MANERBIO, PONTEVICO, "017108"] {
        assert_eq!(months_of(&server, AZIENDA, comune, 2022), expected_months(&lines, comune), "{comune}");
    }
    // By itself it is known by the same digest, and within another request, too.
    let before = snapshot(server.database());
    let again = send(&server, &server.token_of(Role::Azienda), "ambito=9", &csv(&lines)).json();
    assert_eq!((&again["digest"], &again["knownSince"]), (&report["digest"], &json!("2026-06-15T10:00:00.000000Z")));
    let again = taken(&server, &of_csv(&csv(&lines)));
    assert_eq!((&again["digest"], &again["written"]), (&report["digest"], &json!(false)));
    assert_eq!(again["knownSince"], json!("2026-06-15T10:00:00Z"));
    assert!(snapshot(server.database()) == before, "the same file changed something");
    let digest = &report["digest"].as_str().unwrap()[..6];
    assert_eq!(trail(&server), [format!("activity.import {digest} - {digest} azienda")]);
}

#[test]
fn rows_are_read_as_those_of_a_file() {
    let server = Server::start();
    let lines = year(1..=1);
    let rows: Vec<Value> = lines.iter().map(row).collect();
    let report = taken(&server, &of_rows(&rows));
    check_report(&report, &lines, 0);
    assert_eq!(months_of(&server, AZIENDA, PONTEVICO, 2022), expected_months(&lines, PONTEVICO));
    let before = snapshot(server.database());
    assert_eq!(taken(&server, &of_rows(&rows))["knownSince"], json!("2026-06-15T10:00:00Z"));
    assert!(snapshot(server.database()) == before, "the same rows changed something");
    // A correction takes the place of the month that it names; it is another one with any other text in any cell.
    let names = |line: &&Line| (line.0, line.1, line.2, line.4) == ("ADM", PONTEVICO, 202_201, "HOURS");
    let correction = [Line("ADM", PONTEVICO, 202_201, "C-9".to_owned(), "HOURS", 1_234)];
    let second = taken(&server, &of_rows(&correction.each_ref().map(row)));
    check_report(&second, &correction, 1);
    assert_ne!(second["digest"], report["digest"]);
    let now: Vec<Line> = lines.iter().filter(|line| !names(line)).chain(&correction).cloned().collect();
    assert_eq!(months_of(&server, AZIENDA, PONTEVICO, 2022), expected_months(&now, PONTEVICO));
    // What replaces the first whole leaves nothing of it.
    let mut input = of_rows(&[good()]);
    input["replaces"] = report["digest"].clone();
    taken(&server, &input);
    let now = [correction[0].clone(), Line("SAD", MANERBIO, 202_201, "C-1".to_owned(), "HOURS", 100)];
    for comune in [PONTEVICO, MANERBIO, "017108"] {
        assert_eq!(months_of(&server, AZIENDA, comune, 2022), expected_months(&now, comune), "{comune}");
    }
}

#[test]
fn a_number_of_a_row_means_what_it_says() {
    let server = Server::start();
    let rows = ["1.234", "1000", "0.000001", "999999.999"].map(|value| {
        let mut row = with("value", value);
        row["case"] = json!(format!("C-{value}"));
        row
    });
    taken(&server, &of_rows(&rows));
    let data = ask(&server, AZIENDA, "{ activity { nodes { case value } } }");
    for node in list(&data["activity"]["nodes"]) {
        assert_eq!(node["case"].as_str().unwrap()[2..], *node["value"].as_str().unwrap());
    }
}

#[test]
fn a_formula_is_kept_as_text() {
    let server = Server::start();
    let cases = ["+42", "-42", "=1+1", "@SUM(1)"];
    taken(&server, &of_rows(&cases.map(|case| with("case", case))));
    let text: String = cases.map(|case| format!("ADM,017103,2022-01,{case},HOURS,1\n")).concat();
    taken(&server, &of_csv(&format!("{HEADER}{text}")));
    for service in ["SAD", "ADM"] {
        let query = format!("{{ activity(filter: {{ services: [\"{service}\"] }}) {{ nodes {{ case }} }} }}");
        let data = ask(&server, AZIENDA, &query);
        let mut read: Vec<&str> =
            list(&data["activity"]["nodes"]).iter().map(|node| node["case"].as_str().unwrap()).collect();
        read.sort_unstable();
        assert_eq!(read, cases, "{service}");
    }
}

#[test]
fn a_dry_run_tells_what_would_be() {
    let server = Server::start();
    taken(&server, &of_rows(&[good()]));
    let before = snapshot(server.database());
    let rows = [with("value", "2"), with("comune", "017999")];
    for (mode, replaced) in [("REJECT_FAILED_ROWS", 1), ("REJECT_EVERYTHING", 0)] {
        let mut input = of_rows(&rows);
        input["dryRun"] = json!(true);
        input["mode"] = json!(mode);
        let report = taken(&server, &input);
        assert_eq!(
            (&report["written"], &report["dryRun"], &report["mode"]),
            (&json!(false), &json!(true), &json!(mode))
        );
        assert_eq!((&report["accepted"], &report["rejected"]), (&json!(1), &json!(1)));
        assert_eq!(report["replacedMonths"], json!(replaced));
        assert_eq!(report["problems"][0]["reason"], "UNKNOWN_COMUNE");
    }
    assert!(snapshot(server.database()) == before, "a dry run changed something");
}

#[test]
fn what_cannot_be_is_refused_whole() {
    let server = Server::start();
    neighbour::add(&server);
    let before = snapshot(server.database());
    for (bad, expected) in BAD {
        let (payload, _) = call(&server, &of_csv(&format!("{HEADER}{GOOD}{bad}\n")));
        let (told, problem) = (&payload["import"], &payload["import"]["problems"][0]);
        let column = problem["column"].as_i64().map_or_else(|| "-".to_owned(), |column| column.to_string());
        assert_eq!(format!("{column} {}", problem["reason"].as_str().unwrap()), expected, "{bad}: {payload}");
        assert_eq!((&problem["line"], &told["rejected"], &told["written"]), (&json!(3), &json!(1), &json!(false)));
        assert_eq!(payload["errors"][0]["code"], "INVALID");
        assert_eq!(payload["errors"][0]["path"], json!(["input", "csv"]));
    }
    for (row, expected) in [
        (with("service", "XYZ"), "1 UNKNOWN_SERVICE"),
        (with("service", ""), "1 MISSING"),
        (with("comune", "017999"), "2 UNKNOWN_COMUNE"),
        (with("comune", neighbour::ALFA), "2 UNKNOWN_COMUNE"),
        (with("month", "2026-07-01"), "3 FUTURE_MONTH"),
        (with("month", "1989-12-31"), "3 NOT_A_MONTH"),
        (with("case", "RSSMRA80A01H501U"), "4 TAX_CODE"),
        (with("case", "Mario Rossi"), "4 NAME"),
        (with("case", "12/03/1984"), "4 DATE_OF_BIRTH"),
        (with("case", " "), "4 MISSING"),
        (with("case", "a\u{0}b"), "4 NOT_PRINTABLE"),
        (with("case", &"7".repeat(65)), "4 TOO_LONG"),
        (with("measure", "RESIDENTS"), "5 UNKNOWN_MEASURE"),
        (with("measure", "CASES"), "5 CASES_ARE_COUNTED"),
        (with("value", "-1"), "6 NEGATIVE"),
        (with("value", "1000000.000001"), "6 TOO_LARGE"),
        (good(), "- DUPLICATE"),
    ] {
        let (payload, _) = call(&server, &of_rows(&[good(), row.clone()]));
        let problem = &payload["import"]["problems"][0];
        let column = problem["column"].as_i64().map_or_else(|| "-".to_owned(), |column| column.to_string());
        assert_eq!(format!("{column} {}", problem["reason"].as_str().unwrap()), expected, "{row}: {payload}");
        assert_eq!((&problem["line"], &payload["import"]["accepted"]), (&json!(2), &json!(1)), "{row}");
        assert_eq!(payload["errors"][0]["path"], json!(["input", "rows"]));
    }
    // A file that is empty, has no rows, another header, or ends within a row.
    for (text, reason) in [
        ("", "NO_HEADER"),
        (HEADER, "NO_ROWS"),
        ("a,b\n1,2\n", "UNKNOWN_COLUMN"),
        (&format!("{HEADER}{GOOD}SAD,017103,2022-02,C"), "COLUMN_COUNT"),
        (&format!("{HEADER}SAD,017103,2022-01,\"C-1,HOURS,1\n{GOOD}"), "COLUMN_COUNT"),
    ] {
        let (payload, _) = call(&server, &of_csv(text));
        let problems = list(&payload["import"]["problems"]);
        assert!(problems.iter().any(|problem| problem["reason"] == reason), "{text}: {payload}");
        assert_eq!(payload["errors"][0]["code"], "INVALID", "{text}");
    }
    let (payload, _) = call(&server, &of_rows(&[]));
    assert_eq!(
        (&payload["import"]["problems"][0]["reason"], &payload["errors"][0]["code"]),
        (&json!("NO_ROWS"), &json!("INVALID"))
    );
    assert!(snapshot(server.database()) == before, "something was written");
    // In the other mode the good rows are taken.
    let mut input = of_rows(&[good(), with("case", "Mario Rossi"), with("month", "2026-07-01")]);
    input["mode"] = json!("REJECT_FAILED_ROWS");
    let report = taken(&server, &input);
    assert_eq!((&report["written"], &report["accepted"], &report["rejected"]), (&json!(true), &json!(1), &json!(2)));
    let lines = [Line("SAD", MANERBIO, 202_201, "C-1".to_owned(), "HOURS", 100)];
    assert_eq!(months_of(&server, AZIENDA, MANERBIO, 2022), expected_months(&lines, MANERBIO));
}

#[test]
fn what_cannot_be_read_has_no_outcome() {
    let server = Server::start();
    neighbour::add(&server);
    let before = snapshot(server.database());
    let text = format!("{HEADER}{GOOD}");
    let change = |name: &str, value: Value| {
        let mut input = of_csv(&text);
        input[name] = value;
        input
    };
    for (input, code, argument) in [
        (json!({ "ambito": "9" }), "INVALID", "csv"),
        (change("rows", json!([good()])), "INVALID", "csv"),
        (change("ambito", json!("8")), "NOT_FOUND", "ambito"),
        (change("ambito", json!(neighbour::AMBITO)), "NOT_FOUND", "ambito"),
        (change("name", json!("x".repeat(201))), "INVALID", "name"),
        (change("name", json!("a\nb")), "INVALID", "name"),
        (change("replaces", json!("0")), "NOT_FOUND", "replaces"),
        (change("replaces", json!("\u{0}")), "NOT_FOUND", "replaces"),
        (change("replaces", json!("A".repeat(64))), "NOT_FOUND", "replaces"),
    ] {
        let (payload, _) = call(&server, &input);
        assert_eq!(payload["import"], Value::Null, "{input}");
        assert_eq!(payload["errors"][0]["code"], json!(code), "{input}");
        assert_eq!(payload["errors"][0]["path"], json!(["input", argument]), "{input}");
    }
    let query = format!("mutation($input: ImportActivityInput!) {{ importActivity(input: $input) {IMPORT} }}");
    let token = server.token_of(Role::Azienda);
    for row in [with("comune", "17103"), with("month", "2022-01"), with("value", "1,5"), with("value", "0.0000001")] {
        let answer =
            server.send_write(&token, &new_key(), &query, json!({ "input": of_rows(std::slice::from_ref(&row)) }));
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_VARIABLES"), "{row}");
    }
    let large = of_csv(&format!("{HEADER}{}", GOOD.repeat(10_000)));
    let answer = server.send_write(&token, &new_key(), &query, json!({ "input": large }));
    assert_eq!((answer.status, answer.code().as_str()), (413, "BODY_TOO_LARGE"));
    assert!(snapshot(server.database()) == before, "something was written");
}

/// What looks like a person is told by three characters at most, wherever it stands.
#[test]
fn nobody_is_named_in_an_answer() {
    let server = Server::start();
    for person in ["RSSMRA80A01H501U", "Mario Rossi", "12/03/1984"] {
        let text = format!("{HEADER}SAD,017103,2022-01,{person},HOURS,1\n");
        for input in [of_csv(&text), of_rows(&[with("case", person)])] {
            let (payload, body) = call(&server, &input);
            let problem = &payload["import"]["problems"][0];
            assert_eq!(problem["value"], json!(format!("{}…", &person[..3])), "{payload}");
            assert!(!body.contains(&person[..4]), "{body}");
        }
    }
}

#[test]
fn problems_are_told_in_the_language_asked_for() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let query = "mutation($input: ImportActivityInput!) { importActivity(input: $input) { import { problems { message } } errors { message } } }";
    for (language, message, refused) in
        [("it", "valore negativo", "Nessuna riga è stata importata."), ("en", "below zero", "No row was imported.")]
    {
        let key = new_key();
        let headers = [
            ("content-type", "application/json"),
            ("authorization", bearer.as_str()),
            ("idempotency-key", key.as_str()),
            ("accept-language", language),
        ];
        let body = json!({ "query": query, "variables": { "input": of_rows(&[with("value", "-1")]) } });
        let payload = server.post("/graphql", &headers, &body.to_string()).data()["importActivity"].take();
        assert_eq!(payload["import"]["problems"][0]["message"], message);
        assert_eq!(payload["errors"][0]["message"], refused);
    }
}
