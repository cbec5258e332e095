//! `ambito move`: between the engines and within one, every direction that the run's engines allow. What was moved answers as before, and where
//! anything is in the way nothing is moved.

mod broken;

use api::auth::Role;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::benefit;
use crate::billing;
use crate::expense;
use crate::support::database::Database;
use crate::support::process::{self, Ended};
use crate::support::tables::{number, snapshot, tables, texts, wait};
use crate::support::{MANERBIO, PONTEVICO, Server, own_folder, plain, workshop};

/// Queries of which each reaches other tables.
const QUERIES: [&str; 12] = [
    "{ ambiti { totalCount nodes { id code name managingBody measures { code name unit } funds { id code level }
       programmes { title fromYear toYear } services { id code area coverage { code } benefitMeasures { name } } } } }",
    "{ ambito(code: \"9\") { comuni { id istatCode name cadastralCode measurements { value referenceDate } } } }",
    "{ ambito(code: \"9\") { plan(year: 2020) { id digest inForceFrom note resolution { number date body subject }
       budgets { id amount residue note lines { item net vat gross } funding { fund { code } amount balancing } } } } }",
    "{ ambito(code: \"9\") { plans { id version status digest verification { holds digest recordedDigest } } } }",
    "{ ambito(code: \"10\") { plans { id year version status kind digest note total verification { holds }
       budgets { rule { kind rounding assumed } quotas { id amount basis instalments { number dueDate amount } } } } } }",
    "{ ambito(code: \"10\") { plan(year: 2021) { budgets { participants { istatCode } } } } }",
    "{ quotas(first: 100) { totalCount nodes { id amount basis } pageInfo { endCursor } } }",
    "{ ambito(code: \"10\") { plans { settlement { service { code } comune { istatCode } finalQuota charged difference } } } }",
    "{ comune(istatCode: \"017103\") { statement(year: 2021) { charged paid outstanding overdue unmatched
       charges { id number service { code } kind dueDate amount paid outstanding financialYear missionProgramme cig reason }
       payments { id paidOn amount reference matched reversed reverses recordedAt } } } }",
    "{ comune(istatCode: \"017103\") { activity(year: 2022) { month measure total cases } forecast(year: 2022) { expected } }
       activity { totalCount nodes { month case measure value } } }",
    "{ ambito(code: \"9\") { service(code: \"TITOLI\") { benefitMeasures { applications { edges { cursor node { id case } } }
       grants { edges { cursor node { id case application } } } } } } }",
    "{ costAllocation(groupBy: [FUND, YEAR]) { total rows { amount year fund { code } } } }",
];

/// The command between two databases, by whom their tables belong to.
fn moving(from: &Database, to: &Database) -> Ended {
    process::run(&["move", "--from", &from.owners_url(), "--to", &to.owners_url()], &[])
}

/// Moves, and gives the lines of the tables.
fn moved(from: &Database, to: &Database) -> Vec<String> {
    let ended = moving(from, to);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let mut lines: Vec<String> = ended.out.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap();
    assert!(last.starts_with("moved: ") && !last.contains("test@"), "{last}");
    lines
}

/// A server whose database has plans of every status, what was delivered in two months, and a comune whose row is gone but whose number stays given.
fn varied() -> Server {
    let server = Server::start();
    wait(async {
        let db = server.database().outside().await;
        for (version, status) in [(98, "DRAFT"), (99, "WITHDRAWN")] {
            let sql = format!(
                "INSERT INTO plan (ambito_id, year, kind, version, status, row_version, note, created_at)
                 SELECT ambito_id, year, kind, {version}, 'DRAFT', 7, 'è così', created_at FROM plan WHERE id = 1"
            );
            db.execute_unprepared(&sql).await.unwrap();
            let sql = format!("UPDATE plan SET status = '{status}' WHERE version = {version}");
            db.execute_unprepared(&sql).await.unwrap();
        }
        db.close().await.unwrap();
    });
    let bearer = format!("Bearer {}", server.token_of(Role::Azienda));
    let file = "servizio;comune;mese;caso;ore;giorni\nSAD;017103;2022-01;C-1;1,5;2\nSAD;017103;2022-02;=1+1;3;\n";
    let headers = [("content-type", "text/csv"), ("authorization", bearer.as_str())];
    assert_eq!(server.post("/import/activity?ambito=9", &headers, file).status, 200);
    // Its events let the server read what was written from outside.
    workshop::import_to(&server);
    // A payment that is reversed, one that is not, and what both have settled.
    let first = billing::pay(&server, MANERBIO, "2021-03-01", 1_000_000, None);
    billing::pay(&server, MANERBIO, "2021-03-02", 123_456, None);
    billing::take_back(&server, first, "2021-03-20");
    // Reports of expenses in every state, one of them sent back with an expense refused.
    expense::inputs(&server);
    expense::shared(&server, || ());
    benefit::granted(&server);
    wait(async {
        let db = server.database().outside().await;
        for sql in [
            "INSERT INTO comune (istat_code, name, province) VALUES ('999999', 'Passeggero', 'BS')",
            "DELETE FROM comune WHERE istat_code = '999999'",
        ] {
            db.execute_unprepared(sql).await.unwrap();
        }
        db.close().await.unwrap();
    });
    server
}

/// What a server answers to every query, to several callers.
fn answers(server: &Server, tokens: &[String]) -> Vec<(u16, String)> {
    let ask = |token: &String, query: &str| plain(&server.ask(token, query, Value::Null));
    tokens.iter().flat_map(|token| QUERIES.map(|query| ask(token, query))).collect()
}

#[test]
fn what_was_moved_answers_as_before() {
    let source = varied();
    let tokens = [
        source.token_of(Role::Auditor),
        source.token_of(Role::Azienda),
        source.token_for(Role::Comune, Some(MANERBIO)),
        source.token_for(Role::Comune, Some(PONTEVICO)),
    ];
    let expected = answers(&source, &tokens);
    for (query, (status, body)) in QUERIES.iter().zip(&expected) {
        assert!(*status == 200 && !body.contains("\"errors\""), "{query}: {body}");
    }

    // From the run's engine to each, and from there to each again.
    let mut lines: Option<Vec<String>> = None;
    let folder = own_folder();
    for first in Database::of_each_engine(&folder) {
        let printed = moved(source.database(), &first);
        assert_eq!(lines.get_or_insert_with(|| printed.clone()), &printed);
        let folder = own_folder();
        for second in Database::of_each_engine(&folder) {
            second.migrate();
            assert_eq!(moved(&first, &second), printed);
            let server = source.beside(second);
            for (found, expected) in answers(&server, &tokens).iter().zip(&expected) {
                assert_eq!(found, expected);
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_table_is_moved_with_all_its_rows() {
    let source = varied();
    let folder = own_folder();
    let target = Database::in_folder(&folder);
    let lines = moved(source.database(), &target);
    wait(async {
        let db = source.database().outside().await;
        let mut expected = Vec::new();
        for table in tables(&db).await.into_iter().filter(|table| table != "seaql_migrations") {
            let rows = number(&db, &format!("SELECT count(*) FROM {table}")).await;
            expected.push(format!("{table} {rows}"));
        }
        let found: Vec<String> = lines
            .iter()
            .map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                assert_eq!(words[2].len(), 64, "{line}");
                words[..2].join(" ")
            })
            .collect();
        assert_eq!(found, expected);
        db.close().await.unwrap();
    });
    // Between two files even the engine's own texts are the same.
    let again = own_folder();
    let second = Database::in_folder(&again);
    moved(&target, &second);
    assert_eq!(rows_of(&second), rows_of(&target));
    for folder in [folder, again] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// Every row, but of the record of the changes only the names: the times at which they were made differ.
fn rows_of(database: &Database) -> Vec<String> {
    snapshot(database).into_iter().filter(|text| !text.starts_with("seaql_migrations")).collect()
}

#[test]
fn numbers_go_on_where_they_were() {
    let source = varied();
    let folder = own_folder();
    let insert = "INSERT INTO comune (istat_code, name, province) VALUES ('999998', 'Nuovo', 'BS')";
    let last = "SELECT id FROM comune WHERE istat_code = '999998'";
    let count = "SELECT count(*) FROM comune WHERE id >= (SELECT id FROM comune WHERE istat_code = '999998') - 1";
    let targets = Database::of_each_engine(&folder);
    for target in &targets {
        moved(source.database(), target);
    }
    let next = |database: &Database| {
        wait(async {
            let db = database.outside().await;
            db.execute_unprepared(insert).await.unwrap();
            // The number before it was given to the comune that is gone.
            assert_eq!(number(&db, count).await, 1);
            let id = number(&db, last).await;
            db.close().await.unwrap();
            id
        })
    };
    let expected = next(source.database());
    for target in &targets {
        assert_eq!(next(target), expected);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// The guards were on while the rows came, and still are; on PostgreSQL the application's role has its rights.
#[test]
fn what_was_moved_is_guarded() {
    let source = varied();
    let folder = own_folder();
    for target in Database::of_each_engine(&folder) {
        target.migrate();
        moved(source.database(), &target);
        wait(async {
            let db = target.outside().await;
            let statuses = texts(&db, "SELECT DISTINCT status FROM plan ORDER BY status").await;
            assert_eq!(statuses, ["APPROVED", "DRAFT", "PROPOSED", "WITHDRAWN"]);
            let refused = db.execute_unprepared("UPDATE plan SET note = 'x' WHERE status = 'APPROVED'").await;
            assert!(refused.unwrap_err().to_string().contains("PLAN_IMMUTABLE"));
            db.close().await.unwrap();
        });
        let made = process::end(target.program(&["client", "create", "--name", "n", "--role", "AUDITOR"]));
        assert_eq!(made.code, Some(0), "{}", made.err);
    }
    std::fs::remove_dir_all(folder).unwrap();
}
