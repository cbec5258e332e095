//! An approved plan and the audit trail never change, whatever SQL is sent through the application's own connection: with its settings and its
//! role, and on the demonstration's plans. On PostgreSQL the same is sent as the tables' owner, whom the guards alone hold back.
//!
//! `migration/tests` shows the same for every setting of a connection, on rows made for it.

mod billing;
mod role;

use sea_orm::{ConnectionTrait, Database as Connector, DatabaseConnection, DbBackend, TransactionTrait};

use crate::support::Server;
use crate::support::neighbour;
use crate::support::tables::{columns, number, snapshot_query, tables, texts, wait};

/// Connections that the application opens at once.
const CONNECTIONS: usize = 4;
/// The columns that the application may change on PostgreSQL, and the tables whose rows it may delete; everything else it may only add and read.
const UPDATED: [(&str, &[&str]); 5] = [
    ("budget", &["amount_cents", "municipal_share_cents", "residue_cents", "note", "assumed"]),
    ("client", &["revoked_at"]),
    ("funding", &["amount_cents"]),
    (
        "plan",
        &[
            "status",
            "row_version",
            "digest",
            "proposed_by",
            "proposed_at",
            "resolution_id",
            "approved_by",
            "approved_at",
        ],
    ),
    ("resolution", &["number", "adopted_on", "body", "subject", "row_version"]),
];
const DELETED: [&str; 14] = [
    "activity",
    "activity_month",
    "adjustment",
    "basis",
    "budget",
    "budget_line",
    "funding",
    "idempotency_key",
    "participant",
    "plan_instalment",
    "quota",
    "rule",
    "rule_band",
    "rule_weight",
];

/// A row of an approved plan, and one of a draft, in a table.
struct Target {
    table: String,
    columns: Vec<String>,
    kept: i64,
    free: i64,
}

impl Target {
    /// The columns but the id, as a list.
    fn rest(&self) -> String {
        let rest: Vec<&str> = self.columns.iter().map(String::as_str).filter(|column| *column != "id").collect();
        rest.join(", ")
    }

    /// The columns but the id, one of them replaced by a value.
    fn rest_with(&self, name: &str, value: i64) -> String {
        let swap = |column: &String| if column == name { value.to_string() } else { column.clone() };
        let rest: Vec<String> = self.columns.iter().filter(|column| *column != "id").map(swap).collect();
        rest.join(", ")
    }

    /// Every way to change the kept row, to put another in its place, or to add one to its plan.
    fn attacks(&self, plan: i64, engine: DbBackend) -> Vec<String> {
        let Self { table, kept, free, .. } = self;
        let (rest, into_plan) = (self.rest(), self.rest_with("plan_id", plan));
        let all = format!("id, {rest}");
        let sets: Vec<String> = self.columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let sets = sets.join(", ");
        let fresh = "(SELECT max(id) + 1 FROM ".to_owned() + table + ")";
        let mut sql = vec![
            format!("DELETE FROM {table}"),
            format!("DELETE FROM {table} WHERE id = {kept}"),
            format!("UPDATE {table} SET id = -1 WHERE id = {kept}"),
            format!(
                "INSERT INTO {table} ({all}) SELECT {all} FROM {table} WHERE id = {kept} ON CONFLICT (id) DO UPDATE SET {sets}"
            ),
            format!(
                "INSERT INTO {table} ({all}) SELECT {kept}, {rest} FROM {table} WHERE id = {free} ON CONFLICT (id) DO UPDATE SET {sets}"
            ),
            format!("INSERT INTO {table} ({rest}) SELECT {rest} FROM {table} WHERE id = {kept} ON CONFLICT DO NOTHING"),
        ];
        for verb in verbs(engine) {
            // One more row in the approved plan: the kept one again, and the draft's, moved there.
            sql.push(format!("{verb} INTO {table} ({rest}) SELECT {rest} FROM {table} WHERE id = {kept}"));
            sql.push(format!("{verb} INTO {table} ({all}) SELECT {fresh}, {into_plan} FROM {table} WHERE id = {free}"));
        }
        let updates: &[&str] = if engine == DbBackend::Sqlite {
            &["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"]
        } else {
            &["UPDATE"]
        };
        for verb in updates {
            let own = |column: &String| format!("{verb} {table} SET {column} = {column} WHERE id = {kept}");
            sql.extend(self.columns.iter().map(own));
            sql.push(format!("{verb} {table} SET plan_id = {plan} WHERE id = {free}"));
        }
        sql.extend(if engine == DbBackend::Sqlite {
            vec![
                format!("UPDATE {table} SET rowid = -1 WHERE id = {kept}"),
                format!("REPLACE INTO {table} SELECT * FROM {table} WHERE id = {kept}"),
                format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = {kept}"),
                format!("REPLACE INTO {table} ({all}) SELECT {kept}, {rest} FROM {table} WHERE id = {free}"),
                format!("UPDATE OR REPLACE {table} SET id = {kept} WHERE id = {free}"),
            ]
        } else {
            let merge =
                format!("MERGE INTO {table} t USING (SELECT {kept} AS kept) s ON t.id = s.kept WHEN MATCHED THEN");
            vec![
                format!("{merge} DELETE"),
                format!("{merge} UPDATE SET plan_id = t.plan_id"),
                format!("WITH gone AS (DELETE FROM {table} WHERE id = {kept} RETURNING id) SELECT * FROM gone"),
                format!(
                    "UPDATE {table} t SET plan_id = o.plan_id FROM {table} o WHERE t.id = {kept} AND o.id = {kept}"
                ),
                format!(
                    "INSERT INTO {table} ({all}) OVERRIDING USER VALUE SELECT {all} FROM {table} WHERE id = {kept}"
                ),
            ]
        });
        sql
    }
}

/// Ways to begin the adding of a row.
fn verbs(engine: DbBackend) -> &'static [&'static str] {
    match engine {
        DbBackend::Sqlite => &["INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE"],
        _ => &["INSERT"],
    }
}

/// Runs each statement on a connection: it fails with its words, and no row of any table is another.
async fn check_refused(db: &DatabaseConnection, statements: &[(String, String)]) {
    let query = snapshot_query(db).await;
    let before = texts(db, &query).await;
    for (sql, words) in statements {
        match db.execute_unprepared(sql).await {
            Ok(done) => panic!("{} rows changed: {sql}", done.rows_affected()),
            Err(problem) => assert!(problem.to_string().contains(words), "{problem}\nwanted {words}: {sql}"),
        }
        assert!(texts(db, &query).await == before, "something changed: {sql}");
    }
}

/// The columns that a statement sets.
fn set_columns(sql: &str) -> Vec<&str> {
    let sets = sql.split_once(" SET ").map_or("", |(_, sets)| sets);
    let sets = [" WHERE ", " FROM "].iter().fold(sets, |sets, end| sets.split(end).next().unwrap_or_default());
    sets.split(", ").filter_map(|set| Some(set.split_once(" = ")?.0)).collect()
}

fn may_change(table: &str, column: &str) -> bool {
    UPDATED.iter().any(|(updated, columns)| *updated == table && columns.contains(&column))
}

/// The guards of a table refuse each statement, whoever sends it; on PostgreSQL the application may not even send most of them.
async fn check_guarded(server: &Server, table: &str, statements: &[String], word: &str) {
    let guarded = |sql: &String| (sql.clone(), word.to_owned());
    let mut as_application: Vec<_> = statements.iter().map(guarded).collect();
    if server.database().is_postgres() {
        let owner = Connector::connect(server.database().owners_url()).await.unwrap();
        check_refused(&owner, &as_application).await;
        owner.close().await.unwrap();
        for (sql, words) in &mut as_application {
            let updates = set_columns(sql).iter().any(|column| !may_change(table, column));
            let deletes = sql.contains("DELETE") && !DELETED.contains(&table);
            if updates || deletes {
                *words = format!("permission denied for table {table}");
            }
        }
    }
    check_refused(server.store().reader(), &as_application).await;
}

/// Every table whose rows belong to a plan, from the catalogue, so that a new one cannot be forgotten.
async fn plan_tables(db: &DatabaseConnection) -> Vec<String> {
    let mut found = Vec::new();
    for table in tables(db).await {
        if columns(db, &table).await.iter().any(|column| column == "plan_id") {
            found.push(table);
        }
    }
    assert!(found.len() >= 11, "{found:?}");
    found
}

/// The row of an approved plan to attack: one of the demonstration's last plan, or of the neighbour's where it has none.
async fn kept_row(db: &DatabaseConnection, table: &str, neighbours: i64) -> (i64, i64) {
    let demonstration =
        "(SELECT p.id FROM plan p JOIN ambito a ON a.id = p.ambito_id WHERE a.code = '9' AND p.year = 2022)";
    let row = |plan: &str| format!("SELECT coalesce(min(id), -1) FROM {table} WHERE plan_id = {plan}");
    match number(db, &row(demonstration)).await {
        -1 => (number(db, &row(&neighbours.to_string())).await, neighbours),
        row => (row, number(db, &format!("SELECT {demonstration}")).await),
    }
}

#[test]
fn no_row_of_an_approved_plan_changes() {
    let server = Server::start();
    neighbour::add(&server);
    let (approved, draft) =
        (neighbour::plan_id(&server, neighbour::APPROVED), neighbour::plan_id(&server, neighbour::DRAFT));
    let db = server.store().reader();
    wait(async {
        let mut of_demonstration = 0;
        for table in plan_tables(db).await {
            // A draft has no quotas yet; those of the proposed plan are as free.
            let others = format!("{draft}, {}", neighbour::plan_id(&server, neighbour::PROPOSED));
            let free =
                number(db, &format!("SELECT coalesce(min(id), -1) FROM {table} WHERE plan_id IN ({others})")).await;
            let (kept, plan) = kept_row(db, &table, approved).await;
            assert!(kept > 0 && free > 0, "no rows in {table}");
            of_demonstration += usize::from(plan != approved);
            let target = Target { columns: columns(db, &table).await, table, kept, free };
            let attacks = target.attacks(plan, db.get_database_backend());
            check_guarded(&server, &target.table, &attacks, "PLAN_IMMUTABLE: ").await;
        }
        assert!(of_demonstration >= 6, "the demonstration has rows in {of_demonstration} tables only");
    });
}

#[test]
fn no_approved_plan_changes() {
    let server = Server::start();
    neighbour::add(&server);
    let db = server.store().reader();
    wait(async {
        let kept: Vec<String> = texts(db, "SELECT CAST(id AS TEXT) FROM plan WHERE status = 'APPROVED'").await;
        assert_eq!(kept.len(), 4);
        let free = neighbour::plan_id(&server, neighbour::DRAFT);
        let names = columns(db, "plan").await;
        let rest: Vec<&str> = names.iter().map(String::as_str).filter(|column| *column != "id").collect();
        let rest = rest.join(", ");
        let draft = rest.replace("status", "'DRAFT'");
        let mut sql = Vec::new();
        for id in kept {
            sql.push("DELETE FROM plan".to_owned());
            sql.push(format!("DELETE FROM plan WHERE id = {id}"));
            sql.push(if server.database().is_postgres() {
                format!("UPDATE plan SET id = {id} WHERE id = {free}")
            } else {
                format!("UPDATE OR REPLACE plan SET id = {id} WHERE id = {free}")
            });
            sql.extend(names.iter().map(|column| format!("UPDATE plan SET {column} = {column} WHERE id = {id}")));
            sql.extend(
                ["DRAFT", "PROPOSED", "WITHDRAWN"]
                    .map(|status| format!("UPDATE plan SET status = '{status}' WHERE id = {id}")),
            );
            for verb in verbs(db.get_database_backend()) {
                sql.push(format!("{verb} INTO plan (id, {rest}) SELECT {id}, {rest} FROM plan WHERE id = {free}"));
                // Another id in the place of the same Ambito, year and version.
                sql.push(format!("{verb} INTO plan ({rest}) SELECT {draft} FROM plan WHERE id = {id}"));
            }
            let again = format!("INSERT INTO plan (id, {rest}) SELECT {id}, {draft} FROM plan WHERE id = {id}");
            sql.push(format!("{again} ON CONFLICT (id) DO UPDATE SET note = 'x'"));
            sql.push(format!("{again} ON CONFLICT (ambito_id, year, version) DO UPDATE SET note = 'x'"));
        }
        check_guarded(&server, "plan", &sql, "PLAN_IMMUTABLE: ").await;
    });
}

#[test]
fn no_act_of_an_approved_plan_and_no_event_or_head_of_the_trail_changes() {
    let server = Server::start();
    let db = server.store().reader();
    wait(async {
        for (table, key, word) in [
            ("resolution", "id", "PLAN_IMMUTABLE: "),
            ("audit_event", "sequence", "AUDIT_IMMUTABLE: "),
            ("audit_head", "sequence", "AUDIT_IMMUTABLE: "),
        ] {
            let names = columns(db, table).await;
            let sets: Vec<String> = names.iter().map(|column| format!("{column} = excluded.{column}")).collect();
            let upsert = format!("ON CONFLICT ({key}) DO UPDATE SET {}", sets.join(", "));
            let keys = texts(db, &format!("SELECT CAST({key} AS TEXT) FROM {table}")).await;
            assert!(keys.len() >= 3, "{table} has {} rows", keys.len());
            let mut sql = vec![format!("DELETE FROM {table}"), format!("UPDATE {table} SET {key} = {key} + 1000")];
            for id in keys {
                let row = format!("SELECT * FROM {table} WHERE {key} = {id}");
                sql.push(format!("DELETE FROM {table} WHERE {key} = {id}"));
                sql.extend(
                    names.iter().map(|column| format!("UPDATE {table} SET {column} = {column} WHERE {key} = {id}")),
                );
                sql.extend(verbs(db.get_database_backend()).iter().map(|verb| format!("{verb} INTO {table} {row}")));
                sql.push(format!("INSERT INTO {table} {row} {upsert}"));
            }
            check_guarded(&server, table, &sql, word).await;
        }
    });
}

#[test]
fn what_a_plan_rests_on_is_not_taken_from_under_it() {
    let server = Server::start();
    let words = if server.database().is_postgres() {
        "violates foreign key constraint"
    } else {
        "FOREIGN KEY constraint failed"
    };
    wait(async {
        for table in ["ambito", "comune", "service", "fund", "measure", "programme"] {
            check_guarded(&server, table, &[format!("DELETE FROM {table}")], words).await;
        }
    });
}

#[test]
fn every_connection_has_the_settings_that_the_guards_and_the_disk_need() {
    let server = Server::start();
    wait(async {
        // Held all at once, so that each is another connection.
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            held.push(server.store().reader().begin().await.unwrap());
        }
        assert!(server.store().reader().begin().await.is_err(), "there are more");
        let settings: &[(&str, &str)] = if server.database().is_postgres() {
            &[
                ("SHOW TimeZone", "UTC"),
                ("SHOW application_name", "ambito"),
                ("SHOW statement_timeout", "30s"),
                ("SHOW lock_timeout", "5s"),
                ("SHOW idle_in_transaction_session_timeout", "1min"),
                ("SHOW session_replication_role", "origin"),
            ]
        } else {
            &[
                ("SELECT journal_mode FROM pragma_journal_mode", "wal"),
                ("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"), // FULL
                ("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
                ("SELECT CAST(recursive_triggers AS TEXT) FROM pragma_recursive_triggers", "1"),
                ("SELECT CAST(trusted_schema AS TEXT) FROM pragma_trusted_schema", "0"),
                ("SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout", "5000"),
            ]
        };
        for connection in &held {
            for (question, expected) in settings {
                assert_eq!(texts(connection, question).await, [*expected], "{question}");
            }
        }
    });
}
