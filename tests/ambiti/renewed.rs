//! What a server reads anew after an act on master data: the one Ambito or comune that the act names, however many others there are.

use std::sync::Arc;

use api::store::Store;
use api::store::book::Book;
use sea_orm::ConnectionTrait;

use super::*;
use crate::support::MANERBIO;

/// Acts on master data: what the trail calls them, and what they do to the rows.
const ACTS: [(&str, &str, &str); 15] = [
    ("ambito.update", "ambito:9", "UPDATE ambito SET name = 'Altro' WHERE code = '9'"),
    ("comune.update", "comune:017103", "UPDATE comune SET name = 'Altro' WHERE istat_code = '017103'"),
    ("comune.add", "comune:017998", "INSERT INTO comune (istat_code, name, province) VALUES ('017998', 'Nuovo', 'BS')"),
    (
        "membership.add",
        "membership:9/017998/2026-01-01",
        "INSERT INTO membership (ambito_id, comune_id, valid_from) SELECT a.id, c.id, DAY FROM ambito a, comune c WHERE a.code = '9' AND c.istat_code = '017998'",
    ),
    (
        "membership.update",
        "membership:9/017103/2020-01-01",
        "UPDATE membership SET valid_to = DAY WHERE comune_id = (SELECT id FROM comune WHERE istat_code = '017103')",
    ),
    (
        "service.add",
        "service:9/NUOVO",
        "INSERT INTO service (ambito_id, code, name, area, delivery, position) SELECT id, 'NUOVO', 'Nuovo', 'Area', 'diretta', 99 FROM ambito WHERE code = '9'",
    ),
    (
        "service.update",
        "service:9/SAD",
        "UPDATE service SET name = 'Altro' WHERE code = 'SAD' AND ambito_id = (SELECT id FROM ambito WHERE code = '9')",
    ),
    (
        "service.update",
        "service:9/SAD",
        "DELETE FROM service_target WHERE service_id = (SELECT min(service_id) FROM service_target)",
    ),
    (
        "fund.add",
        "fund:9/NUOVO",
        "INSERT INTO fund (ambito_id, code, name, level) SELECT id, 'NUOVO', 'Nuovo', 'OTHER' FROM ambito WHERE code = '9'",
    ),
    (
        "fund.update",
        "fund:9/FNPS",
        "UPDATE fund SET name = 'Altro' WHERE code = 'FNPS' AND ambito_id = (SELECT id FROM ambito WHERE code = '9')",
    ),
    (
        "programme.add",
        "programme:9/2",
        "INSERT INTO programme (ambito_id, title, from_year, to_year) SELECT id, 'Nuovo', 2024, 2026 FROM ambito WHERE code = '9'",
    ),
    (
        "programme.update",
        "programme:9/1",
        "UPDATE programme SET title = 'Altro' WHERE ambito_id = (SELECT id FROM ambito WHERE code = '9')",
    ),
    (
        "measure.add",
        "measure:9/NUOVA",
        "INSERT INTO measure (ambito_id, code, name, unit, consumption) SELECT id, 'NUOVA', 'Nuova', 'n', FALSE FROM ambito WHERE code = '9'",
    ),
    ("measure.update", "measure:9/NUOVA", "UPDATE measure SET name = 'Altra' WHERE code = 'NUOVA'"),
    (
        "measurement.set",
        "measurement:9/RESIDENTS/2023-01-01",
        "UPDATE measurement SET value_micros = 1000000 WHERE comune_id = (SELECT id FROM comune WHERE istat_code = '017103')",
    ),
];

/// So many Ambiti more, each of 20 comuni, with a service, a fund, a measure, a programme, and a count of residents for each comune.
const MANY: [&str; 8] = [
    "INSERT INTO ambito (code, name, region, province, managing_body) SELECT 'N' || i, 'Ambito', 'Lombardia', 'BS', 'Ente' FROM n WHERE i <= 198",
    "INSERT INTO comune (istat_code, name, province) SELECT CAST(900000 + i AS TEXT), 'N' || (1 + (i - 1) / 20), 'BS' FROM n",
    "INSERT INTO membership (ambito_id, comune_id, valid_from) SELECT a.id, c.id, DAY FROM ambito a JOIN comune c ON c.name = a.code",
    "INSERT INTO service (ambito_id, code, name, area, delivery, position) SELECT id, 'SAD', 'SAD', 'Area', 'diretta', 1 FROM ambito WHERE code LIKE 'N%'",
    "INSERT INTO fund (ambito_id, code, name, level) SELECT id, 'FNPS', 'FNPS', 'STATE' FROM ambito WHERE code LIKE 'N%'",
    "INSERT INTO measure (ambito_id, code, name, unit, consumption) SELECT id, 'MEALS', 'Pasti', 'pasti', FALSE FROM ambito WHERE code LIKE 'N%'",
    "INSERT INTO programme (ambito_id, title, from_year, to_year) SELECT id, 'Piano', 2020, 2023 FROM ambito WHERE code LIKE 'N%'",
    "INSERT INTO measurement (measure_id, comune_id, value_micros, reference_date, source, assumed) SELECT m.id, c.id, 5000000, DAY, 'ISTAT', FALSE FROM comune c, measure m WHERE m.code = 'RESIDENTS' AND c.istat_code >= '900000'",
];

/// A statement for the engine: how a day is written, and numbers to make rows of.
fn of_engine(server: &Server, sql: &str) -> String {
    let day = if server.database().is_postgres() { "DATE '2026-01-01'" } else { "'2026-01-01'" };
    let sql = sql.replace("DAY", day);
    if !sql.contains("FROM n") {
        return sql;
    }
    format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3960) {sql}")
}

/// Writes past the program.
fn run(server: &Server, statements: &[&str]) {
    wait(async {
        let db = server.database().outside().await;
        for sql in statements {
            let sql = of_engine(server, sql);
            db.execute_unprepared(&sql).await.unwrap_or_else(|problem| panic!("{problem}: {sql}"));
        }
        db.close().await.unwrap();
    });
}

/// An event of the trail, and the book that is read after it, with the statements that both cost.
fn act(server: &Server, act: &str, subject: &str) -> (u64, Arc<Book>) {
    let store = server.store();
    let before = store.statements();
    wait(async {
        let write = store.write().await.unwrap();
        write.audit("test", act, subject, None, None).await.unwrap();
        store.commit(write).await.unwrap();
    });
    (store.statements() - before, store.book())
}

/// All that a book has of master data, as text: of one Ambito, and of its comuni.
fn told(book: &Book, code: &str) -> String {
    let ambito = book.ambito_by_code(code).unwrap();
    let comuni: Vec<_> = ambito.comuni.iter().map(|id| book.comune(*id).unwrap()).collect();
    let services: Vec<_> = ambito.services.iter().map(|own| book.service(own.row.id).unwrap().1).collect();
    let names: Vec<_> = ambito.services.iter().map(|own| book.names().service(own.row.id).unwrap()).collect();
    let funds: Vec<_> = ambito.funds.iter().map(|own| book.names().fund(own.id).unwrap()).collect();
    let measures: Vec<_> = ambito.measures.iter().map(|own| book.names().measure(own.id).unwrap()).collect();
    let plans: Vec<_> = ambito.plans.iter().map(|plan| plan.row.id).collect();
    let rest =
        (&ambito.row, &ambito.services, &ambito.funds, &ambito.measures, &ambito.programmes, &ambito.resolutions);
    format!("{comuni:?}\n{services:?}\n{names:?}\n{funds:?}\n{measures:?}\n{plans:?}\n{rest:?}")
}

/// What a server that begins now reads.
fn anew(server: &Server) -> Arc<Book> {
    wait(async {
        let store = Store::open(&server.database().url(), server.store().clock().clone()).await.unwrap();
        let book = store.refresh().await.unwrap();
        store.close().await.unwrap();
        book
    })
}

#[test]
fn only_what_an_act_names_is_read_anew() {
    let few = Server::start();
    neighbour::add(&few);
    let many = Server::start();
    neighbour::add(&many);
    run(&many, &MANY);
    let (of_all, book) = act(&many, "unknown.act", "x");
    assert_eq!(book.ambiti().count(), 200);
    // A comune that cannot be read, of another Ambito: whoever touches its row fails.
    run(
        &many,
        &[
            "INSERT INTO comune (istat_code, name, province) VALUES ('BROKEN', 'x', 'BS')",
            "INSERT INTO membership (ambito_id, comune_id, valid_from) SELECT a.id, c.id, DAY FROM ambito a, comune c WHERE a.code = 'N7' AND c.istat_code = 'BROKEN'",
        ],
    );
    for (name, subject, sql) in ACTS {
        let counts = [&few, &many].map(|server| {
            run(server, &[sql]);
            let old = server.store().book();
            let (count, new) = act(server, name, subject);
            assert_eq!(new.version(), old.version() + 1, "{name}: the book was not read");
            // Everything else is what it was, in the same place.
            for (one, other) in old.ambiti().zip(new.ambiti()) {
                let is_same = Arc::ptr_eq(one, other);
                assert_eq!(is_same, one.row.code != "9" || name.starts_with("comune"), "{name} {}", one.row.code);
            }
            for id in old.ambito_by_code("T1").unwrap().comuni.iter() {
                assert!(Arc::ptr_eq(old.comune(*id).unwrap(), new.comune(*id).unwrap()), "{name}");
            }
            assert!(old.plans().count() > 5);
            assert!(old.plans().all(|plan| Arc::ptr_eq(plan, new.plan(plan.row.id).unwrap())), "{name}");
            assert_eq!(old.ambito_by_code("9").unwrap().plans.len(), new.ambito_by_code("9").unwrap().plans.len());
            count
        });
        assert_eq!(counts[0], counts[1], "{name} costs more where there are more Ambiti");
        assert!(counts[0] < 40 && (name.starts_with("comune") || counts[0] > 15), "{name}: {counts:?}");
        // What was read is what a server that begins now reads.
        assert_eq!(told(&few.store().book(), "9"), told(&anew(&few), "9"), "{name}");
    }
    let comune = allocation::IstatCode::parse(MANERBIO).unwrap();
    assert_eq!(few.store().book().comune_by_istat(comune).unwrap().row.name, "Altro");
    // The row that cannot be read is one: where everything is read, the reading fails, and the book stays.
    let version = many.store().book().version();
    let (_, book) = act(&many, "unknown.act", "x");
    assert_eq!(book.version(), version);
    assert!(of_all > 0);
}

/// Statements of an act through the API, its transaction and its answer included.
#[test]
fn an_act_through_the_api_costs_the_same_among_many() {
    let few = Server::start();
    let many = Server::start();
    run(&many, &MANY);
    act(&many, "unknown.act", "x");
    let costs = [&few, &many].map(|server| {
        let token = server.token_of(Role::Admin);
        server.ask(&token, "{ viewer { role } }", Value::Null);
        let (ambito, comune, membership) = (ambito_id(server), comune_id(server, PONTEVICO), membership_id(server, PONTEVICO));
        let acts = [
            ("addAmbito", json!({ "code": "X1", "name": "Nuovo", "region": "Lombardia", "province": "BS", "managingBody": "Ente" })),
            ("updateAmbito", json!({ "ambito": ambito, "expectedVersion": 1, "name": "Altro" })),
            ("addComune", json!({ "istatCode": "017999", "name": "Nuovo", "province": "BS" })),
            ("updateComune", json!({ "comune": comune, "expectedVersion": 1, "name": "Altro" })),
            ("addMembership", json!({ "ambito": "9", "comune": "017999", "validFrom": "2026-01-01" })),
            ("updateMembership", json!({ "membership": membership, "expectedVersion": 1, "validTo": "2026-12-31" })),
        ];
        acts.map(|(name, input)| {
            let before = server.store().statements();
            done(server, name, input);
            server.store().statements() - before
        })
    });
    assert_eq!(costs[0], costs[1]);
}
