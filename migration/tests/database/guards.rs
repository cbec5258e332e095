//! What the database refuses by itself of approved plans, whoever asks. Every refusal also shows that no row changed.

use migration::refusal::PLAN_IMMUTABLE;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::catalogue::{columns, rows};
use crate::fixture::{APPROVED, DRAFT, Database};
use crate::support::{Done, Engine, engines, texts};

/// Settings of a connection to `SQLite` that the guards must not depend on.
const SETTINGS: [&str; 4] = [
    "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON",
    "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = ON",
    "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = OFF",
];

/// What only `SQLite` understands.
const SQLITE_ONLY: [&str; 3] = ["REPLACE", "rowid", "OR IGNORE"];

/// Runs each statement as everyone who may connect: it must fail with its word and change nothing. The application's role
/// may also be refused for want of the right.
pub(crate) async fn check_refused(database: &Database, statements: &[(String, &str)]) -> Done {
    let before = rows(&database.owner).await?;
    match database.engine() {
        Engine::Sqlite => {
            for setting in SETTINGS {
                database.run(setting).await?;
                check_each(&database.owner, statements, &before, &[]).await?;
            }
        }
        Engine::Postgres => {
            let common: Vec<_> = statements
                .iter()
                .filter(|(sql, _)| !SQLITE_ONLY.iter().any(|word| sql.contains(word)))
                .cloned()
                .collect();
            check_each(&database.owner, &common, &before, &[]).await?;
            check_each(&database.connection, &common, &before, &["permission denied for table"]).await?;
        }
    }
    Ok(())
}

async fn check_each(db: &DatabaseConnection, statements: &[(String, &str)], before: &[String], also: &[&str]) -> Done {
    for (sql, word) in statements {
        match db.execute_unprepared(sql).await {
            Ok(done) => return Err(format!("went through ({} rows): {sql}", done.rows_affected()).into()),
            Err(error) => {
                let found = error.to_string();
                let fits = found.contains(&format!("{word}: ")) || also.iter().any(|other| found.contains(other));
                assert!(fits, "{found}\nwanted {word}: {sql}");
            }
        }
        assert_eq!(rows(db).await?, before, "something changed: {sql}");
    }
    Ok(())
}

pub(crate) fn with_word<'a>(word: &'a str, statements: &[impl AsRef<str>]) -> Vec<(String, &'a str)> {
    statements.iter().map(|sql| (sql.as_ref().to_owned(), word)).collect()
}

/// Every way to change row 1 of a table, to take it away, or to put it or another in its place.
pub(crate) async fn changes(database: &Database, table: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let columns = columns(&database.owner, table).await?;
    let rest: Vec<_> = columns.iter().filter(|column| *column != "id").cloned().collect();
    let rest = rest.join(", ");
    let mut sql = vec![
        format!("DELETE FROM {table}"),
        format!("DELETE FROM {table} WHERE id = 1"),
        format!("UPDATE {table} SET id = 99 WHERE id = 1"),
        format!("UPDATE {table} SET rowid = 99 WHERE id = 1"),
        format!("INSERT INTO {table} SELECT * FROM {table} WHERE id = 1"),
        format!("REPLACE INTO {table} SELECT * FROM {table} WHERE id = 1"),
        format!("INSERT OR IGNORE INTO {table} SELECT * FROM {table} WHERE id = 1"),
        format!("INSERT INTO {table} (id, {rest}) SELECT 1, {rest} FROM {table} WHERE id = 1 ON CONFLICT DO NOTHING"),
        format!(
            "INSERT INTO {table} SELECT * FROM {table} WHERE id = 1 ON CONFLICT (id) DO UPDATE SET id = excluded.id"
        ),
    ];
    sql.extend(columns.iter().map(|column| format!("UPDATE {table} SET {column} = {column} WHERE id = 1")));
    if !database.texts(&format!("SELECT CAST(id AS TEXT) FROM {table} WHERE id = 2")).await?.is_empty() {
        sql.push(format!("UPDATE OR REPLACE {table} SET id = 1 WHERE id = 2"));
    }
    Ok(sql)
}

/// The tables whose rows belong to a plan, from the catalogue: a new one cannot be forgotten.
pub(crate) async fn plan_tables(database: &Database) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let sql = match database.engine() {
        Engine::Sqlite => {
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'plan_id' \
             WHERE m.type = 'table' ORDER BY 1"
        }
        Engine::Postgres => {
            "SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'plan_id' \
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        }
    };
    let tables = texts(&database.owner, sql).await?;
    assert!(tables.len() >= 11, "{tables:?}");
    Ok(tables)
}

/// Every way to change the row `kept` of the approved plan, or its plan, using the row `free` of the draft.
fn attacks(table: &str, columns: &[String]) -> Vec<(String, &'static str)> {
    let (kept, free) = (APPROVED * 10, DRAFT * 10);
    let all = columns.join(", ");
    let others: Vec<_> = columns.iter().filter(|column| *column != "id").cloned().collect();
    let rest = others.join(", ");
    let sets: Vec<_> = others.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    let sets = sets.join(", ");

    let mut sql = vec![
        format!("DELETE FROM {table} WHERE plan_id = {APPROVED}"),
        format!("DELETE FROM {table}"),
        format!("UPDATE {table} SET id = 999 WHERE id = {kept}"),
        format!("UPDATE {table} SET rowid = 999 WHERE id = {kept}"),
        // The same row again, and the row of the draft under the id of the kept one.
        format!("REPLACE INTO {table} SELECT * FROM {table} WHERE id = {kept}"),
        format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = {kept}"),
        format!("INSERT OR IGNORE INTO {table} SELECT * FROM {table} WHERE id = {kept}"),
        format!("REPLACE INTO {table} ({all}) SELECT {kept}, {rest} FROM {table} WHERE id = {free}"),
        format!("REPLACE INTO {table} ({all}) SELECT '{kept}', {rest} FROM {table} WHERE id = {free}"),
        format!("REPLACE INTO {table} (rowid, {rest}) SELECT {kept}, {rest} FROM {table} WHERE id = {free}"),
        // One more row in the approved plan, or one in the place of another by its other keys.
        format!("INSERT INTO {table} ({rest}) SELECT {rest} FROM {table} WHERE id = {kept}"),
        format!("REPLACE INTO {table} ({rest}) SELECT {rest} FROM {table} WHERE id = {kept}"),
        // Upserts that land on the kept row, from its own plan and from the draft.
        format!("INSERT INTO {table} SELECT * FROM {table} WHERE id = {kept} ON CONFLICT (id) DO UPDATE SET {sets}"),
        format!(
            "INSERT INTO {table} ({all}) SELECT {kept}, {rest} FROM {table} WHERE id = {free} \
             ON CONFLICT (id) DO UPDATE SET {sets}"
        ),
        format!("INSERT INTO {table} ({rest}) SELECT {rest} FROM {table} WHERE id = {kept} ON CONFLICT DO NOTHING"),
        // Rows moved out of, into, and onto the approved plan.
        format!("UPDATE {table} SET plan_id = {DRAFT} WHERE id = {kept}"),
        format!("UPDATE {table} SET plan_id = {APPROVED} WHERE id = {free}"),
        format!("UPDATE OR REPLACE {table} SET id = {kept} WHERE id = {free}"),
    ];
    for column in &others {
        sql.push(format!("UPDATE {table} SET {column} = {column} WHERE id = {kept}"));
        sql.push(format!("UPDATE OR REPLACE {table} SET {column} = {column} WHERE id = {kept}"));
    }
    for parent in ["budget_id", "rule_id"] {
        if columns.iter().any(|column| column == parent) {
            sql.push(format!("UPDATE OR REPLACE {table} SET {parent} = {kept} WHERE id = {free}"));
            let moved = rest.replace(parent, &kept.to_string());
            sql.push(format!("REPLACE INTO {table} ({rest}) SELECT {moved} FROM {table} WHERE id = {free}"));
        }
    }
    sql.into_iter().map(|sql| (sql, PLAN_IMMUTABLE)).collect()
}

#[tokio::test]
async fn rows_of_an_approved_plan_never_change() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "children").await?;
        for table in plan_tables(&database).await? {
            for plan in [APPROVED, DRAFT] {
                let sql = format!("SELECT CAST(id AS TEXT) FROM {table} WHERE plan_id = {plan}");
                assert_eq!(database.texts(&sql).await?.len(), 2, "the fixture has no rows of plan {plan} in {table}");
            }
            check_refused(&database, &attacks(&table, &columns(&database.owner, &table).await?)).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn rows_of_a_draft_do_change() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "draft").await?;
        let mut left = plan_tables(&database).await?;
        for table in &left {
            let sql = format!("UPDATE {table} SET plan_id = plan_id WHERE plan_id = {DRAFT}");
            assert_eq!(database.run_as_owner(&sql).await?, 2, "{table}");
        }
        // The part of a rule goes before the rule. Of the tables, those that nothing refers to go first.
        assert_eq!(database.run_as_owner(&format!("DELETE FROM rule_weight WHERE rule_id = {DRAFT}1")).await?, 1);
        assert_eq!(database.run_as_owner(&format!("DELETE FROM adjustment WHERE rule_id = {DRAFT}1")).await?, 1);
        assert_eq!(database.run_as_owner(&format!("DELETE FROM rule WHERE id = {DRAFT}1")).await?, 1);
        while !left.is_empty() {
            let before = left.len();
            let mut kept = Vec::new();
            for table in left {
                match database.run_as_owner(&format!("DELETE FROM {table} WHERE plan_id = {DRAFT}")).await {
                    Ok(rows) => assert!(rows > 0, "{table}"),
                    Err(error) => {
                        assert!(error.to_string().to_lowercase().contains("foreign key constraint"), "{error}");
                        kept.push(table);
                    }
                }
            }
            assert!(kept.len() < before, "these cannot be deleted: {kept:?}");
            left = kept;
        }
        assert_eq!(database.run_as_owner(&format!("DELETE FROM plan WHERE id = {DRAFT}")).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_approved_plan_never_changes() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "plan").await?;
        let columns = columns(&database.owner, "plan").await?;
        let rest: Vec<_> = columns.iter().filter(|column| *column != "id").cloned().collect();
        let rest = rest.join(", ");
        let fresh = "ambito_id, year, kind, version, status, row_version, created_at";
        let values = "'FORECAST', 1, 'DRAFT', 1, '2020-01-01T00:00:00Z'";
        let upsert = "DO UPDATE SET note = 'x'";
        let mut sql = vec![
            "DELETE FROM plan WHERE id = 1".to_owned(),
            "DELETE FROM plan".to_owned(),
            "REPLACE INTO plan SELECT * FROM plan WHERE id = 1".to_owned(),
            "INSERT OR REPLACE INTO plan SELECT * FROM plan WHERE id = 1".to_owned(),
            format!("REPLACE INTO plan (id, {rest}) SELECT 1, {rest} FROM plan WHERE id = 2"),
            format!("REPLACE INTO plan (id, {fresh}) VALUES (1, 2, 2030, {values})"),
            format!("REPLACE INTO plan (id, {fresh}) VALUES ('1', 2, 2030, {values})"),
            format!("REPLACE INTO plan (rowid, {fresh}) VALUES (1, 2, 2030, {values})"),
            format!("REPLACE INTO plan (id, {fresh}) VALUES (50, 1, 2020, {values})"),
            format!("REPLACE INTO plan ({fresh}) VALUES (1, 2020, {values})"),
            format!("REPLACE INTO plan ({fresh}) VALUES (1, '2020', {values})"),
            format!("REPLACE INTO plan ({fresh}) VALUES (1, 2020.0, {values})"),
            format!(
                "INSERT INTO plan ({fresh}) VALUES (1, 2020, {values}) ON CONFLICT (ambito_id, year, version) {upsert}"
            ),
            format!("INSERT INTO plan (id, {fresh}) VALUES (1, 2, 2030, {values}) ON CONFLICT (id) {upsert}"),
            "UPDATE OR REPLACE plan SET id = 1 WHERE id = 2".to_owned(),
            "UPDATE OR REPLACE plan SET version = 1 WHERE id = 2".to_owned(),
            "UPDATE OR REPLACE plan SET rowid = 1 WHERE id = 2".to_owned(),
            "UPDATE plan SET id = 7 WHERE id = 2".to_owned(),
            "UPDATE plan SET ambito_id = 2 WHERE id = 2".to_owned(),
            "UPDATE plan SET year = 2021 WHERE id = 2".to_owned(),
            "UPDATE plan SET version = 9 WHERE id = 2".to_owned(),
        ];
        sql.extend(columns.iter().map(|column| format!("UPDATE plan SET {column} = {column} WHERE id = 1")));
        for status in ["DRAFT", "PROPOSED", "WITHDRAWN"] {
            sql.push(format!("UPDATE plan SET status = '{status}' WHERE id = 1"));
        }
        let sql: Vec<_> = sql.iter().map(String::as_str).collect();
        check_refused(&database, &with_word(PLAN_IMMUTABLE, &sql)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_resolution_of_an_approved_plan_never_changes() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "resolution").await?;
        let same = "(ambito_id, number, adopted_on, body, assumed) VALUES (1, '12', '2020-01-03', 'Assemblea', FALSE)";
        let other = "(id, ambito_id, number, adopted_on, body, assumed) VALUES (1, 1, '99', '2020-09-09', 'X', FALSE)";
        let sql = [
            "UPDATE resolution SET subject = 'x' WHERE id = 1",
            "UPDATE resolution SET adopted_on = '2019-01-01' WHERE id = 1",
            "UPDATE OR REPLACE resolution SET id = 1 WHERE id = 2",
            "UPDATE OR REPLACE resolution SET number = '12', adopted_on = '2020-01-03' WHERE id = 2",
            "DELETE FROM resolution WHERE id = 1",
            "REPLACE INTO resolution SELECT * FROM resolution WHERE id = 1",
            &format!("REPLACE INTO resolution {same}"),
            &format!("REPLACE INTO resolution {other}"),
            &format!("INSERT INTO resolution {other} ON CONFLICT (id) DO UPDATE SET number = excluded.number"),
        ];
        check_refused(&database, &with_word(PLAN_IMMUTABLE, &sql)).await?;
        assert_eq!(database.run_as_owner("UPDATE resolution SET subject = 'x' WHERE id = 2").await?, 1);
        assert_eq!(database.run_as_owner("DELETE FROM resolution WHERE id = 2").await?, 1);
    }
    Ok(())
}
