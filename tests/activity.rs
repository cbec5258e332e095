//! Activity: files in over HTTP and the command line, what is told of them, and what is read back by month and by case.
//!
//! Every figure is worked out here from the rows that were sent.

mod attack;
mod basis;
mod forecast;
mod mutation;
mod pages;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};

use api::auth::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::figures::{COMUNI, list};
use crate::support::tables::{snapshot, texts, wait};
use crate::support::{Answer, MANERBIO, PONTEVICO, Server, own_folder, process};

/// One value of a file: service, comune, month (year x 100 + month), case, measure, hundredths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) i64,
    pub(crate) String,
    pub(crate) &'static str,
    pub(crate) i64,
);

const HEADER: &str = "service,comune,month,case,measure,value\n";

/// A number of hundredths as the server writes it.
pub(crate) fn decimal(hundredths: i64) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The lines as a file.
fn csv(lines: &[Line]) -> String {
    let line = |Line(service, comune, month, case, measure, value): &Line| {
        format!("{service},{comune},{}-{:02},{case},{measure},{}\n", month / 100, month % 100, decimal(*value))
    };
    HEADER.to_owned() + &lines.iter().map(line).collect::<String>()
}

/// Hours and accesses of two services in all comuni of 2022, with as many cases as differ from comune to comune and month to month.
pub(crate) fn year(months: std::ops::RangeInclusive<i64>) -> Vec<Line> {
    let mut lines = Vec::new();
    for month in months {
        for (at, comune) in (0_i64..).zip(&COMUNI) {
            for service in ["ADM", "SAD"] {
                let cases = (at * 7 + month * 3 + i64::from(service == "ADM")) % 12;
                for case in 0..cases {
                    let code = format!("C-{case:04}");
                    lines.push(Line(
                        service,
                        comune.istat,
                        202_200 + month,
                        code.clone(),
                        "HOURS",
                        125 + case * 50 + month,
                    ));
                    if case % 3 == 0 {
                        lines.push(Line(service, comune.istat, 202_200 + month, code, "ACCESSES", 200));
                    }
                }
            }
        }
    }
    lines
}

/// Sends a file.
pub(crate) fn send(server: &Server, token: &str, parameters: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("content-type", "text/csv"), ("authorization", bearer.as_str())];
    server.post(&format!("/import/activity?{parameters}"), &headers, body)
}

/// Sends a file as the managing body, and fails the test where it is not taken.
pub(crate) fn import(server: &Server, lines: &[Line]) -> Value {
    let answer = send(server, &server.token_of(Role::Azienda), "ambito=9&name=file.csv", &csv(lines));
    let report = answer.json();
    assert!(answer.status == 200 && report["written"] == true, "{}", answer.body);
    report
}

fn ask(server: &Server, asker: (Role, Option<&str>), query: &str) -> Value {
    server.ask(&server.token_for(asker.0, asker.1), query, Value::Null).data()
}

const AZIENDA: (Role, Option<&str>) = (Role::Azienda, None);

/// What lines come to: by service, comune, month and measure the hundredths, and by service, comune and month the cases.
fn sums(lines: &[Line]) -> (BTreeMap<(String, String, i64, String), i64>, BTreeMap<(String, String, i64), i64>) {
    let (mut totals, mut people) = (BTreeMap::new(), BTreeMap::<_, BTreeSet<&str>>::new());
    for Line(service, comune, month, case, measure, value) in lines {
        let (service, comune) = ((*service).to_owned(), (*comune).to_owned());
        *totals.entry((service.clone(), comune.clone(), *month, (*measure).to_owned())).or_default() += value;
        people.entry((service, comune, *month)).or_default().insert(case);
    }
    let people = people.into_iter().map(|(key, cases)| (key, i64::try_from(cases.len()).unwrap()));
    (totals, people.collect())
}

/// The months of a comune as an asker sees them, withheld ones left out: by service, comune, month and measure, the total and the cases.
fn months_of(
    server: &Server,
    asker: (Role, Option<&str>),
    comune: &str,
    in_year: i32,
) -> BTreeMap<(String, String, i64, String), (String, i64)> {
    let query = format!(
        "{{ comune(istatCode: \"{comune}\") {{ activity(year: {in_year}) {{ month service {{ code }} measure total cases withheld }} }} }}"
    );
    let data = ask(server, asker, &query);
    let shown = list(&data["comune"]["activity"]).iter().filter(|row| {
        assert_eq!(row["withheld"] == true, row["total"].is_null() && row["cases"].is_null(), "{row}");
        row["withheld"] == false
    });
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let month = |value: &Value| {
        let text = value.as_str().unwrap();
        assert!(text.ends_with("-01"), "{text}");
        text[..4].parse::<i64>().unwrap() * 100 + text[5..7].parse::<i64>().unwrap()
    };
    let entry = |row: &Value| {
        let key = (text(&row["service"]["code"]), comune.to_owned(), month(&row["month"]), text(&row["measure"]));
        (key, (text(&row["total"]), row["cases"].as_i64().unwrap()))
    };
    shown.map(entry).collect()
}

/// The same, worked out from the lines.
fn expected_months(lines: &[Line], comune: &str) -> BTreeMap<(String, String, i64, String), (String, i64)> {
    let (totals, people) = sums(lines);
    let mut expected = BTreeMap::new();
    for ((service, istat, month, measure), total) in totals.into_iter().filter(|(key, _)| key.1 == comune) {
        let cases = people[&(service.clone(), istat.clone(), month)];
        expected.insert((service.clone(), istat.clone(), month, "CASES".to_owned()), (cases.to_string(), cases));
        expected.insert((service, istat, month, measure), (decimal(total), cases));
    }
    expected
}

#[test]
fn what_was_sent_is_read_back_by_month() {
    let server = Server::start();
    let lines = year(1..=4);
    let report = import(&server, &lines);
    let months: BTreeSet<_> = lines.iter().map(|line| (line.0, line.1, line.2, line.4)).collect();
    for (name, expected) in [
        ("rows", json!(lines.len())),
        ("accepted", json!(lines.len())),
        ("rejected", json!(0)),
        ("values", json!(lines.len())),
        ("months", json!(months.len())),
        ("replacedMonths", json!(0)),
        ("knownSince", Value::Null),
        ("dryRun", json!(false)),
        ("problems", json!([])),
    ] {
        assert_eq!(report[name], expected, "{name}: {report}");
    }
    for comune in [MANERBIO, PONTEVICO, "017108"] {
        assert_eq!(months_of(&server, AZIENDA, comune, 2022), expected_months(&lines, comune), "{comune}");
        assert!(months_of(&server, AZIENDA, comune, 2021).is_empty());
    }
    // A comune sees its own in full, whatever is small.
    for comune in [MANERBIO, PONTEVICO] {
        let own = (Role::Comune, Some(comune));
        assert_eq!(months_of(&server, own, comune, 2022), expected_months(&lines, comune));
    }
    let query = format!(
        "{{ comune(istatCode: \"{MANERBIO}\") {{ activity(year: 2022) {{ total }} forecast(year: 2022) {{ expected }} }} activity {{ totalCount }} }}"
    );
    let nothing = json!({ "comune": { "activity": null, "forecast": null }, "activity": null });
    assert_eq!(ask(&server, (Role::Admin, None), &query), nothing);
}

#[test]
fn the_tariff_prices_what_was_delivered() {
    let server = Server::start();
    let lines = year(1..=3);
    import(&server, &lines);
    let query = format!(
        "{{ comune(istatCode: \"{PONTEVICO}\") {{ activity(year: 2022, service: \"ADM\") {{ month measure total price amount service {{ code }} }}
            sad: activity(year: 2022, service: \"SAD\") {{ price amount }} other: activity(year: 2022, service: \"NONE\") {{ price }} }} }}"
    );
    let data = ask(&server, (Role::Comune, Some(PONTEVICO)), &query);
    let (totals, _) = sums(&lines);
    let mut hours = 0;
    for row in list(&data["comune"]["activity"]) {
        assert_eq!(row["service"]["code"], "ADM");
        if row["measure"] != "HOURS" {
            assert!(row["price"].is_null() && row["amount"].is_null(), "{row}");
            continue;
        }
        hours += 1;
        let month = row["month"].as_str().unwrap()[5..7].parse::<i64>().unwrap() + 202_200;
        let hundredths = totals[&("ADM".to_owned(), PONTEVICO.to_owned(), month, "HOURS".to_owned())];
        // 9.00 euro an hour.
        let cents = hundredths * 9;
        assert_eq!(
            (&row["price"], &row["amount"]),
            (&json!("9"), &json!(format!("{}.{:02}", cents / 100, cents % 100)))
        );
    }
    assert!(hours >= 2, "{data}");
    for row in list(&data["comune"]["sad"]) {
        assert!(row["price"].is_null() && row["amount"].is_null(), "{row}");
    }
    assert_eq!(data["comune"]["other"], json!([]));
}

/// The acts on activity since the beginning: act, subject without the Ambito, digests before and after, each shortened.
fn trail(server: &Server) -> Vec<String> {
    wait(async {
        let db = server.database().outside().await;
        let sql = "SELECT act || ' ' || substr(subject, 12, 6) || ' ' || coalesce(substr(digest_before, 1, 6), '-') || ' ' \
                   || substr(digest_after, 1, 6) || ' ' || actor FROM audit_event WHERE act LIKE 'activity.%' ORDER BY sequence";
        let events = texts(&db, sql).await;
        db.close().await.unwrap();
        events
    })
}

#[test]
fn the_same_file_changes_nothing_and_a_correction_takes_the_place_of_what_it_names() {
    let server = Server::start();
    let azienda = server.token_of(Role::Azienda);
    let first = year(1..=3);
    let digest = |report: &Value| report["digest"].as_str().unwrap().to_owned();
    let one = digest(&import(&server, &first));
    let before = snapshot(server.database());
    let again = send(&server, &azienda, "ambito=9&mode=REJECT_FAILED_ROWS", &csv(&first)).json();
    assert_eq!((&again["written"], &again["digest"]), (&json!(false), &json!(one)));
    assert_eq!(again["knownSince"], "2026-06-15T10:00:00.000000Z");
    assert!(snapshot(server.database()) == before, "the same file changed something");

    // The hours of SAD in Pontevico in February, with other cases; everything else stays.
    let names = |line: &&Line| (line.0, line.1, line.2, line.4) == ("SAD", PONTEVICO, 202_202, "HOURS");
    let correction: Vec<Line> =
        (0..7).map(|case| Line("SAD", PONTEVICO, 202_202, format!("K-{case}"), "HOURS", 1_000 + case)).collect();
    assert!(first.iter().any(|line| names(&line)));
    let report = import(&server, &correction);
    assert_eq!((&report["months"], &report["replacedMonths"]), (&json!(1), &json!(1)));
    let two = digest(&report);
    let now: Vec<Line> = first.iter().filter(|line| !names(line)).chain(&correction).cloned().collect();
    for comune in [MANERBIO, PONTEVICO] {
        assert_eq!(months_of(&server, AZIENDA, comune, 2022), expected_months(&now, comune), "{comune}");
    }

    // A file that replaces the first one whole: what of it this one does not name goes, and what is the second's stays.
    let whole = year(2..=2);
    let whole: Vec<Line> = whole.into_iter().filter(|line| line.0 == "ADM").collect();
    let answer = send(&server, &azienda, &format!("ambito=9&replaces={one}"), &csv(&whole));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let three = digest(&answer.json());
    let now: Vec<Line> = whole.iter().chain(&correction).cloned().collect();
    for comune in [MANERBIO, PONTEVICO, "017108"] {
        assert_eq!(months_of(&server, AZIENDA, comune, 2022), expected_months(&now, comune), "{comune}");
    }
    // The first one does not come back by being sent again, but by taking the place of what replaced it.
    assert_eq!(send(&server, &azienda, "ambito=9", &csv(&first)).json()["written"], false);
    let back = send(&server, &azienda, &format!("ambito=9&replaces={three}"), &csv(&first)).json();
    assert_eq!(back["written"], true, "{back}");
    assert_eq!(months_of(&server, AZIENDA, PONTEVICO, 2022), expected_months(&first, PONTEVICO));

    let [one, two, three] = [&one[..6], &two[..6], &three[..6]];
    let event = |act: &str, subject: &str, before: &str, after: &str| {
        format!("activity.{act} {subject} {before} {after} azienda")
    };
    assert_eq!(
        trail(&server),
        [
            event("import", one, "-", one),
            event("replace", one, one, two),
            event("import", two, "-", two),
            event("replace", one, one, three),
            event("import", three, "-", three),
            event("replace", two, two, one),
            event("replace", three, three, one),
            event("import", one, "-", one),
        ]
    );
}

#[test]
fn a_dry_run_tells_what_would_be() {
    let server = Server::start();
    let azienda = server.token_of(Role::Azienda);
    let lines = year(1..=2);
    import(&server, &lines);
    let before = snapshot(server.database());
    let body = csv(&year(2..=3)) + "SAD,017999,2022-01,C-1,HOURS,1\n";
    for (mode, replaced) in [("REJECT_FAILED_ROWS", true), ("REJECT_EVERYTHING", false)] {
        let answer = send(&server, &azienda, &format!("ambito=9&dryRun=true&mode={mode}"), &body);
        let report = answer.json();
        assert_eq!(
            (answer.status, &report["written"], &report["dryRun"]),
            (200, &json!(false), &json!(true)),
            "{report}"
        );
        let months: BTreeSet<_> = year(2..=2).iter().map(|line| (line.0, line.1, line.4)).collect();
        assert_eq!(report["replacedMonths"], json!(if replaced { months.len() } else { 0 }), "{report}");
        assert_eq!((&report["rejected"], &report["problems"][0]["reason"]), (&json!(1), &json!("UNKNOWN_COMUNE")));
    }
    assert!(snapshot(server.database()) == before, "a dry run changed something");
    let answer = send(&server, &azienda, "ambito=9&mode=REJECT_FAILED_ROWS", &body);
    assert_eq!((answer.status, &answer.json()["written"]), (200, &json!(true)));
    assert_eq!(months_of(&server, AZIENDA, PONTEVICO, 2022), expected_months(&year(1..=3), PONTEVICO));
}

#[test]
fn a_file_comes_in_by_the_command_line_too() {
    let server = Server::start();
    let folder = own_folder();
    let file = folder.join("ore.csv");
    // As a spreadsheet writes it, in its own encoding.
    let text = b"servizio;comune;mese;caso;ore;\xc3\xa0\n".to_vec();
    std::fs::write(&file, text).unwrap();
    let run = |file: &std::path::Path, more: &[&str]| {
        let mut arguments = vec!["import-activity", file.to_str().unwrap(), "--ambito", "9"];
        arguments.extend(more);
        process::end(server.database().program(&arguments))
    };
    let refused = run(&file, &[]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("ore.csv:1:6: this column is not known (found \"à\") UNKNOWN_COLUMN"),
        "{}",
        refused.err
    );
    std::fs::write(
        &file,
        b"servizio;comune;mese;caso;ore\r\nSAD;Bassano Bresciano;gen-22;C-1;7,5\r\nSAD;Localit\xe0;gen-22;C-1;1\r\n",
    )
    .unwrap();
    let before = snapshot(server.database());
    let refused = run(&file, &[]);
    assert!(
        refused.code == Some(1)
            && refused.err.contains("ore.csv:3:2: no comune of the Ambito in that month (found \"Località\")"),
        "{}",
        refused.err
    );
    let dry = run(&file, &["--mode", "REJECT_FAILED_ROWS", "--dry-run"]);
    assert!(dry.out.starts_with("would be imported: 1 of 2 rows, 1 months, 0 replaced, digest "), "{dry:?}");
    assert!(snapshot(server.database()) == before);
    let done = run(&file, &["--mode", "REJECT_FAILED_ROWS"]);
    assert!(done.code == Some(0) && done.out.starts_with("imported: 1 of 2 rows"), "{done:?}");
    let known = run(&file, &["--mode", "REJECT_FAILED_ROWS"]);
    assert!(known.code == Some(0) && known.out.starts_with("known since "), "{known:?}");
    let lines = [Line("SAD", "017013", 202_201, "C-1".to_owned(), "HOURS", 750)];
    assert_eq!(months_of(&server, AZIENDA, "017013", 2022), expected_months(&lines, "017013"));
    assert!(trail(&server)[0].ends_with("operator:import-activity"), "{:?}", trail(&server));
    std::fs::remove_dir_all(folder).unwrap();
}

/// A list of comuni reads the activity of all of them in one statement.
#[test]
fn a_list_costs_one_statement() {
    let server = Server::start();
    import(&server, &year(1..=2));
    let query = "{ ambito(code: \"9\") { comuni { activity(year: 2022) { total } forecast(year: 2022) { expected } } services { activity(year: 2022) { total } } } }";
    let token = server.token_of(Role::Reporting);
    let body = json!({ "query": query }).to_string();
    server.ask_once(&token, &json!({ "query": "{ viewer { role } }" }).to_string());
    let before = server.store().statements();
    let answer = server.ask_once(&token, &body);
    assert!(answer.status == 200 && answer.json().get("errors").is_none(), "{}", answer.body);
    // One for the comuni, whether months or forecasts are asked for, and one for the services.
    assert_eq!(server.store().statements() - before, 2);
}

/// A row as the database has it is moved with the rest; here only that the tables hold what they should.
#[test]
fn what_is_stored_of_a_month_is_what_its_rows_come_to() {
    let server = Server::start();
    import(&server, &year(1..=5));
    import(
        &server,
        &year(2..=2)
            .into_iter()
            .filter(|line| line.4 == "HOURS" && line.1 != MANERBIO)
            .map(|mut line| {
                line.5 += 1;
                line
            })
            .collect::<Vec<_>>(),
    );
    wait(async {
        let db = server.database().outside().await;
        let wrong = "SELECT CAST(m.id AS TEXT) FROM activity_month m LEFT JOIN (SELECT activity_month_id, CAST(sum(value_micros) AS BIGINT) AS total, \
            sum(CASE WHEN value_micros > 0 THEN 1 ELSE 0 END) AS cases, count(*) AS counted FROM activity GROUP BY activity_month_id) a \
            ON a.activity_month_id = m.id WHERE m.import_id IS NOT NULL \
            AND (coalesce(a.total, -1) <> m.total_micros OR coalesce(a.cases, -1) <> m.cases OR coalesce(a.counted, -1) <> m.row_count)";
        assert_eq!(texts(&db, wrong).await, Vec::<String>::new());
        let counted = "SELECT CAST(m.id AS TEXT) FROM activity_month m WHERE m.import_id IS NULL AND m.cases <> (SELECT count(DISTINCT a.case_code) \
            FROM activity_month o JOIN activity a ON a.activity_month_id = o.id WHERE o.service_id = m.service_id AND o.comune_id = m.comune_id AND o.month = m.month)";
        assert_eq!(texts(&db, counted).await, Vec::<String>::new());
        assert!(
            db.execute_unprepared("DELETE FROM activity_import").await.is_err(),
            "months are left without their file"
        );
        db.close().await.unwrap();
    });
}
