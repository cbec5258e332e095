//! What is refused: requests that may not, files that cannot. Each with its code, and nothing in the database is another after it.

use api::auth::Role;
use serde_json::json;

use super::*;
use crate::support::ground::Wire;
use crate::support::neighbour;

/// A row that nothing is wrong with, and rows of which each has one thing that is: the row, the column, the reason.
pub(super) const BAD: [(&str, &str); 17] = [
    ("XYZ,017103,2022-01,C-2,HOURS,1", "1 UNKNOWN_SERVICE"),
    ("TARIFF,017103,2022-01,C-2,HOURS,1", "1 UNKNOWN_SERVICE"),
    ("SAD,017999,2022-01,C-2,HOURS,1", "2 UNKNOWN_COMUNE"),
    // A comune of the Ambito beside.
    ("SAD,017001,2022-01,C-2,HOURS,1", "2 UNKNOWN_COMUNE"),
    ("SAD,017103,2026-07,C-2,HOURS,1", "3 FUTURE_MONTH"),
    ("SAD,017103,2022-13,C-2,HOURS,1", "3 NOT_A_MONTH"),
    ("SAD,017103,2022-01,RSSMRA80A01H501U,HOURS,1", "4 TAX_CODE"),
    ("SAD,017103,2022-01,Mario Rossi,HOURS,1", "4 NAME"),
    ("SAD,017103,2022-01,12/03/1984,HOURS,1", "4 DATE_OF_BIRTH"),
    ("SAD,017103,2022-01,,HOURS,1", "4 MISSING"),
    ("SAD,017103,2022-01,C-2,RESIDENTS,1", "5 UNKNOWN_MEASURE"),
    ("SAD,017103,2022-01,C-2,CASES,1", "5 CASES_ARE_COUNTED"),
    ("SAD,017103,2022-01,C-2,HOURS,-1", "6 NEGATIVE"),
    ("SAD,017103,2022-01,C-2,HOURS,0.0000001", "6 TOO_PRECISE"),
    ("SAD,017103,2022-01,C-2,HOURS,1000001", "6 TOO_LARGE"),
    ("SAD,017103,2022-01,C-2,HOURS", "- COLUMN_COUNT"),
    ("SAD,017103,2022-01,C-1,HOURS,2", "- DUPLICATE"),
];

pub(super) const GOOD: &str = "SAD,017103,2022-01,C-1,HOURS,1\n";

#[test]
fn a_file_with_a_bad_row_is_refused_whole() {
    let server = Server::start();
    neighbour::add(&server);
    let azienda = server.token_of(Role::Azienda);
    let before = snapshot(server.database());
    for (row, expected) in &BAD {
        let answer = send(&server, &azienda, "ambito=9", &format!("{HEADER}{GOOD}{row}\n"));
        let told = answer.json();
        let problem = &told["problems"][0];
        let column = problem["column"].as_i64().map_or_else(|| "-".to_owned(), |column| column.to_string());
        assert_eq!(format!("{column} {}", problem["reason"].as_str().unwrap()), *expected, "{row}: {}", answer.body);
        assert_eq!(
            (answer.status, &problem["line"], &told["rejected"], &told["written"]),
            (422, &json!(3), &json!(1), &json!(false))
        );
        assert_eq!((&told["status"], &told["code"]), (&json!(422), &json!("INVALID")), "{row}");
        assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
    }
    // All of them together, and no good row.
    let rows: String = BAD[..16].iter().map(|(row, _)| format!("{row}\n")).collect::<Vec<_>>().concat();
    let answer = send(&server, &azienda, "ambito=9&mode=REJECT_FAILED_ROWS", &format!("{HEADER}{rows}"));
    assert_eq!((answer.status, &answer.json()["rejected"]), (422, &json!(16)));
    for body in ["", HEADER, "a,b\n1,2\n", "service,comune,month,case,ore,cognome\nSAD,017103,2022-01,C-1,1,Rossi\n"] {
        let answer = send(&server, &azienda, "ambito=9&mode=REJECT_FAILED_ROWS", body);
        assert_eq!((answer.status, &answer.json()["written"]), (422, &json!(false)), "{body}");
    }
    assert!(snapshot(server.database()) == before, "something was written");
    // With the other mode the good row alone is taken.
    let rows: String = BAD.iter().map(|(row, _)| format!("{row}\n")).collect::<Vec<_>>().concat();
    let answer = send(&server, &azienda, "ambito=9&mode=REJECT_FAILED_ROWS", &format!("{HEADER}{GOOD}{rows}"));
    let told = answer.json();
    assert_eq!(
        (answer.status, &told["accepted"], &told["rejected"], &told["written"]),
        (200, &json!(1), &json!(17), &json!(true))
    );
    let lines = [Line("SAD", MANERBIO, 202_201, "C-1".to_owned(), "HOURS", 100)];
    assert_eq!(months_of(&server, AZIENDA, MANERBIO, 2022), expected_months(&lines, MANERBIO));
}

#[test]
fn problems_are_told_in_the_language_asked_for() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let told = |language: &str| {
        let headers = [
            ("content-type", "text/csv; charset=windows-1252"),
            ("authorization", &bearer),
            ("accept-language", language),
        ];
        server.post("/import/activity?ambito=9", &headers, &format!("{HEADER}SAD,017103,2022-01,C-1,HOURS,-1\n")).json()
    };
    assert_eq!(
        (&told("it")["detail"], &told("it")["problems"][0]["message"]),
        (&json!("Nessuna riga è stata importata."), &json!("valore negativo"))
    );
    assert_eq!(
        told("en")["problems"][0],
        json!({ "line": 2, "column": 6, "value": "-1", "reason": "NEGATIVE", "message": "below zero" })
    );
}

#[test]
fn who_may_not_import_does_not() {
    let server = Server::start();
    neighbour::add(&server);
    let before = snapshot(server.database());
    let body = format!("{HEADER}{GOOD}");
    let csv = ("content-type", "text/csv");
    let status = |headers: &[(&str, &str)], parameters: &str| {
        let answer = server.post(&format!("/import/activity?{parameters}"), headers, &body);
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(status(&[csv], "ambito=9"), (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(status(&[csv, ("authorization", "Bearer x")], "ambito=9"), (401, "INVALID_TOKEN".to_owned()));
    for role in [Role::Comune, Role::Reporting, Role::Assemblea, Role::Auditor, Role::Admin] {
        let bearer = format!("Bearer {}", server.token_of(role));
        assert_eq!(status(&[csv, ("authorization", &bearer)], "ambito=9"), (403, "FORBIDDEN".to_owned()), "{role:?}");
    }
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let own = [csv, ("authorization", bearer.as_str())];
    for (parameters, expected) in [
        ("", (400, "BAD_REQUEST")),
        ("ambito=9&mode=SOME", (400, "BAD_REQUEST")),
        ("ambito=9&dryRun=yes", (400, "BAD_REQUEST")),
        ("ambito=9&more=1", (400, "BAD_REQUEST")),
        ("ambito=9&ambito=9", (400, "BAD_REQUEST")),
        ("ambito=T1", (404, "NOT_FOUND")),
        ("ambito=T2", (404, "NOT_FOUND")),
        ("ambito=9&replaces=0", (404, "NOT_FOUND")),
        ("ambito=9&replaces=%00", (404, "NOT_FOUND")),
        ("ambito=9&replaces=%00&dryRun=true", (404, "NOT_FOUND")),
        ("ambito=9&name=a%0Ab", (400, "INVALID")),
    ] {
        assert_eq!(status(&own, parameters), (expected.0, expected.1.to_owned()), "{parameters}");
    }
    // Another Ambito and none are the same.
    let told = |code: &str| {
        let answer = server.post(&format!("/import/activity?ambito={code}"), &own, &body);
        answer.body.replace(&answer.header("x-request-id").unwrap(), "-")
    };
    assert_eq!(told("T1"), told("T9"));
    for content in ["application/json", "text/plain", "text/csv; charset=utf-16"] {
        assert_eq!(
            status(&[("content-type", content), own[1]], "ambito=9"),
            (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()),
            "{content}"
        );
    }
    let get = server.get("/import/activity?ambito=9", &own);
    assert_eq!((get.status, get.header("allow").as_deref()), (405, Some("POST")));
    assert!(snapshot(server.database()) == before, "something was written");
}

#[test]
fn a_body_that_is_cut_or_too_large_changes_nothing() {
    let server = Server::with(|limits| limits.import_body_bytes_max = 200);
    let before = snapshot(server.database());
    let azienda = server.token_of(Role::Azienda);
    let answer = send(&server, &azienda, "ambito=9", &format!("{HEADER}{}", GOOD.repeat(20)));
    assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("BODY_TOO_LARGE")));
    let head = |length: &str| {
        format!(
            "POST /import/activity?ambito=9 HTTP/1.1\r\nhost: a\r\ncontent-type: text/csv\r\nauthorization: Bearer {azienda}\r\n{length}\r\n\r\n"
        )
    };
    // Whole rows, and then the connection ends.
    for (length, body) in [
        ("content-length: 150", format!("{HEADER}{GOOD}")),
        ("transfer-encoding: chunked", format!("{:x}\r\n{HEADER}{GOOD}\r\n", HEADER.len() + GOOD.len())),
    ] {
        let mut wire = Wire::to(server.url()).unwrap();
        wire.write(head(length));
        wire.write(&body);
        drop(wire);
        // A request on another connection is answered after the cut one was given up; nothing of that was kept.
        assert_eq!(server.get("/health/live", &[]).status, 200);
    }
    let mut wire = Wire::to(server.url()).unwrap();
    wire.write(head("transfer-encoding: chunked"));
    for _ in 0..10 {
        wire.write(format!("{:x}\r\n{GOOD}\r\n", GOOD.len()));
    }
    let (answer, _) = wire.answer();
    assert!(answer.starts_with("http/1.1 413"), "{answer}");
    assert!(snapshot(server.database()) == before, "something was written");
    assert_eq!(send(&server, &azienda, "ambito=9", &format!("{HEADER}{GOOD}")).status, 200);
}

#[test]
fn a_formula_is_kept_as_text() {
    let server = Server::start();
    let cases = ["=1+1", "@SUM(1)", "+42", "-42"];
    let rows: String =
        cases.iter().map(|case| format!("SAD,017103,2022-01,{case},HOURS,1\n")).collect::<Vec<_>>().concat();
    let answer = send(&server, &server.token_of(Role::Azienda), "ambito=9", &format!("{HEADER}{rows}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = ask(&server, AZIENDA, "{ activity { nodes { case } } }");
    let mut read: Vec<&str> =
        list(&data["activity"]["nodes"]).iter().map(|node| node["case"].as_str().unwrap()).collect();
    read.sort_unstable();
    let mut expected = cases;
    expected.sort_unstable();
    assert_eq!(read, expected);
}

#[test]
fn a_file_of_which_more_is_good_by_now_is_taken_again() {
    let server = Server::start();
    let body = format!("{HEADER}{GOOD}SAD,017103,2026-07,C-2,HOURS,2\nSAD,017103,2026-08,C-3,HOURS,3\n");
    let take = |parameters: &str| send(&server, &server.token_of(Role::Azienda), parameters, &body).json();
    let check = |report: &serde_json::Value, written: bool, rejected: u32, replaced: u32| {
        assert_eq!(
            (&report["written"], &report["rejected"], &report["replacedMonths"], report["knownSince"].is_null()),
            (&json!(written), &json!(rejected), &json!(replaced), written),
            "{report}"
        );
    };
    let mode = "ambito=9&mode=REJECT_FAILED_ROWS";
    check(&take(mode), true, 2, 0);
    check(&take(mode), false, 2, 0);
    let line = |month: i64, case: &str, value: i64| Line("SAD", MANERBIO, month, case.to_owned(), "HOURS", value);
    let mut lines = vec![line(202_607, "C-2", 200)];
    // July has come: of the same bytes one row more is good.
    server.clock().advance(20 * 24 * 60 * 60);
    let dry = take(&format!("{mode}&dryRun=true"));
    assert_eq!((&dry["knownSince"], &dry["replacedMonths"]), (&serde_json::Value::Null, &json!(1)), "{dry}");
    let before = snapshot(server.database());
    assert_eq!(take("ambito=9")["written"], false);
    assert!(snapshot(server.database()) == before, "a file with a bad row was taken");
    check(&take(mode), true, 1, 1);
    check(&take(mode), false, 1, 0);
    assert_eq!(months_of(&server, AZIENDA, MANERBIO, 2026), expected_months(&lines, MANERBIO));
    // And August: nothing is wrong with it any more.
    server.clock().advance(30 * 24 * 60 * 60);
    check(&take("ambito=9"), true, 0, 2);
    check(&take("ambito=9"), false, 0, 0);
    lines.push(line(202_608, "C-3", 300));
    assert_eq!(months_of(&server, AZIENDA, MANERBIO, 2026), expected_months(&lines, MANERBIO));
    let first = [line(202_201, "C-1", 100)];
    assert_eq!(months_of(&server, AZIENDA, MANERBIO, 2022), expected_months(&first, MANERBIO));
}

#[test]
fn a_code_of_too_many_bytes_is_a_row_of_its_own() {
    let server = Server::start();
    let body = format!("{HEADER}SAD,017103,2022-01,{},HOURS,2\n{GOOD}", "\u{1f600}".repeat(64));
    let answer = send(&server, &server.token_of(Role::Azienda), "ambito=9&mode=REJECT_FAILED_ROWS", &body);
    let told = answer.json();
    assert_eq!((answer.status, &told["accepted"], &told["rejected"]), (200, &json!(1), &json!(1)), "{told}");
    assert_eq!(
        (&told["problems"][0]["line"], &told["problems"][0]["reason"]),
        (&json!(2), &json!("TOO_LONG")),
        "{told}"
    );
}
