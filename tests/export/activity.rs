//! Activity case by case as a file: every row once, for whom it is, there and back again, and whole or cut.

use api::auth::Role;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{columns, get, rows};
use crate::activity::{Line, decimal, import, send, year};
use crate::support::figures::list;
use crate::support::ground::Wire;
use crate::support::tables::wait;
use crate::support::{MANERBIO, PONTEVICO, Server};

pub(super) const HEADER: &str = "service;comune;month;case;measure;value";
const COLUMNS: [&str; 6] = ["service", "comune", "month", "case", "measure", "value"];

/// Lines as rows of a file for programs, sorted.
fn sorted<'l>(lines: impl Iterator<Item = &'l Line>) -> Vec<[String; 6]> {
    let row = |Line(service, comune, month, case, measure, value): &Line| {
        let month = format!("{}-{:02}", month / 100, month % 100);
        [service, comune, month.as_str(), case, measure, &decimal(*value)].map(str::to_owned)
    };
    let mut rows: Vec<_> = lines.map(row).collect();
    rows.sort();
    rows
}

#[test]
fn every_row_is_in_the_file_once() {
    // Pages of a few rows, many of them within a month.
    let server = Server::with(|limits| {
        (limits.rate_per_minute, limits.export_page_rows) = (0, 7);
    });
    let lines = year(1..=2);
    import(&server, &lines);
    import(&server, &[Line("SAD", MANERBIO, 202_312, "C-1".to_owned(), "HOURS", 100)]);
    let found = |role: Role, more: &str| {
        let mut found = columns(&rows(&server, role, &format!("activity.csv?ambito=9&year=2022{more}")), COLUMNS);
        found.sort();
        found
    };
    let azienda = |more: &str| found(Role::Azienda, more);
    assert_eq!(azienda(""), sorted(lines.iter()));
    assert_eq!(azienda("&service=SAD"), sorted(lines.iter().filter(|line| line.0 == "SAD")));
    assert_eq!(azienda("&comune=017149"), sorted(lines.iter().filter(|line| line.1 == PONTEVICO)));
    let one = sorted(lines.iter().filter(|line| line.0 == "ADM" && line.1 == "017108"));
    assert!(!one.is_empty());
    assert_eq!(azienda("&comune=017108&service=ADM"), one);
    // A comune has its own residents'.
    assert_eq!(found(Role::Comune, ""), sorted(lines.iter().filter(|line| line.1 == MANERBIO)));
    let empty = get(&server, &server.token_of(Role::Comune), "activity.csv?ambito=9&year=2021&mark=false");
    assert_eq!((empty.status, empty.body.as_str()), (200, format!("{HEADER}\r\n").as_str()));
    assert_eq!(empty.header("cache-control").as_deref(), Some("no-store"));
    let named =
        get(&server, &server.token_of(Role::Azienda), "activity.csv?ambito=9&year=2021&service=SAD&comune=017149");
    assert_eq!(
        named.header("content-disposition").as_deref(),
        Some("attachment; filename=\"activity-9-2021-SAD-017149.csv\"")
    );
}

/// Codes as they are stored, and as a file has them.
const FORMULAS: [(&str, &str); 12] = [
    ("=1+1", "'=1+1"),
    ("'=1+2", "''=1+2"),
    ("+42", "'+42"),
    ("-42", "'-42"),
    ("@SUM(1)", "'@SUM(1)"),
    ("\t=1", "'\t=1"),
    ("\"=2", "\"'\"\"=2\""),
    ("＝1", "'＝1"),
    ("'C-7", "'C-7"),
    ("C-8", "C-8"),
    ("C;9", "\"C;9\""),
    ("=LINK(\"http://a\";1)", "\"'=LINK(\"\"http://a\"\";1)\""),
];

/// Values in millionths as they are sent, and as a file for people has them: one of three decimals could be thousands.
const VALUES: [(&str, &str); 4] = [("1.2340", "1,2340"), ("7.5", "7,5"), ("1000", "1000"), ("0.125", "0,1250")];

#[test]
fn what_goes_out_comes_back() {
    let server = Server::start();
    let azienda = server.token_of(Role::Azienda);
    let mut file = format!("{HEADER}\n");
    let mut expected = Vec::new();
    for (at, (_, written)) in FORMULAS.iter().enumerate() {
        let (sent, shown) = VALUES[at % VALUES.len()];
        file.extend(["SAD;017103;2022-01;", written, ";HOURS;", sent, "\n"]);
        expected.push(format!("SAD;017103;2022-01;{written};HOURS;{shown}"));
    }
    let answer = send(&server, &azienda, "ambito=9", &file);
    assert_eq!(answer.status, 200, "{}", answer.body);
    // They are stored without the guard.
    let stored = |server: &Server| {
        let data = server.data(Role::Azienda, "{ activity(first: 100) { nodes { case value } } }");
        let mut stored: Vec<_> = list(&data["activity"]["nodes"]).clone();
        stored.sort_by_key(|node| node["case"].as_str().unwrap().to_owned());
        stored
    };
    let first = stored(&server);
    let mut codes = FORMULAS.map(|(code, _)| code);
    codes.sort_unstable();
    assert_eq!(first.iter().map(|node| node["case"].as_str().unwrap()).collect::<Vec<_>>(), codes);
    let people = get(&server, &azienda, "activity.csv?ambito=9&year=2022&mark=false").body;
    let mut lines: Vec<&str> = people.split("\r\n").skip(1).filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    for format in ["", "&mark=false", "&separator=comma", "&separator=comma&decimal=point&mark=false", "&decimal=point"]
    {
        let path = format!("activity.csv?ambito=9&year=2022{format}");
        let exported = get(&server, &azienda, &path).body;
        let other = Server::start();
        let token = other.token_of(Role::Azienda);
        let answer = send(&other, &token, "ambito=9", &exported);
        assert_eq!((answer.status, &answer.json()["problems"]), (200, &json!([])), "{format}: {}", answer.body);
        assert_eq!(stored(&other), first, "{format}");
        assert_eq!(get(&other, &token, &path).body, exported, "{format}");
    }
}

/// Adds rows to the only month that there is: more than the buffers between a server and a client hold.
fn fill(server: &Server, rows: usize) {
    let row = Line("SAD", MANERBIO, 202_201, "C-0".to_owned(), "HOURS", 100);
    import(server, &[row]);
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         INSERT INTO activity (activity_month_id, case_code, value_micros) \
         SELECT m.id, 'C-{}-' || n.i, 1000000 FROM n, activity_month m WHERE m.import_id IS NOT NULL",
        "0".repeat(50)
    );
    wait(async {
        let db = server.database().outside().await;
        db.execute_unprepared(&sql).await.unwrap();
        db.close().await.unwrap();
    });
}

/// Asks for the file, and reads no more than the head of the answer.
fn begin(server: &Server) -> Wire {
    let token = server.token_of(Role::Azienda);
    let mut wire = Wire::to(server.url()).unwrap();
    wire.write(format!(
        "GET /export/activity.csv?ambito=9&year=2022 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    ));
    let (head, _) = wire.answer();
    assert!(head.starts_with("http/1.1 200") && head.contains("transfer-encoding: chunked"), "{head}");
    wire
}

/// Reads the rest: how many rows, and whether the end is there.
fn end(wire: Wire) -> (usize, bool) {
    let rest = wire.rest();
    let rows = rest.windows(7).filter(|window| *window == b";HOURS;").count();
    (rows, rest.ends_with(b"\r\n0\r\n\r\n"))
}

const MANY: usize = 200_000;

#[test]
fn a_long_file_is_sent_whole_or_is_seen_not_to_be() {
    let server = Server::start();
    fill(&server, MANY);
    // What is imported while the file is sent would be of another state than what was sent.
    let wire = begin(&server);
    import(&server, &[Line("SAD", MANERBIO, 202_202, "C-1".to_owned(), "HOURS", 100)]);
    let (rows, is_whole) = end(wire);
    assert!(rows > 0 && rows < MANY && !is_whole, "{rows}");
    let (rows, is_whole) = end(begin(&server));
    assert_eq!((rows, is_whole), (MANY + 2, true));
    // A database that goes away.
    let wire = begin(&server);
    wait(server.store().reader().close_by_ref()).unwrap();
    let (rows, is_whole) = end(wire);
    assert!(rows > 0 && rows < MANY && !is_whole, "{rows}");
}

#[test]
fn a_file_has_its_time() {
    let server = Server::with(|limits| (limits.rate_per_minute, limits.export_seconds_max) = (0, 0));
    let answer = get(&server, &server.token_of(Role::Azienda), "activity.csv?ambito=9&year=2022");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("TIMEOUT")));
}
