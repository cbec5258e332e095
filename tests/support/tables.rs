//! The database as a test looks at it: which tables there are, and every row of them, so that a test can show that nothing changed.

use std::future::Future;
use std::sync::OnceLock;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::runtime::Runtime;

use super::database::Database;

/// Waits for a future of the store. All run on one runtime, which lives as long as the run: a connection stays bound to the one that made it.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap()).block_on(work)
}

/// The first column of each row, as text.
pub(crate) async fn texts(db: &impl ConnectionTrait, sql: &str) -> Vec<String> {
    let query = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(query).await.unwrap_or_else(|problem| panic!("{problem}: {sql}"));
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// A whole number.
pub(crate) async fn number(db: &impl ConnectionTrait, sql: &str) -> i64 {
    let query = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(query).await.unwrap().unwrap_or_else(|| panic!("no row: {sql}"));
    row.try_get_by_index(0).unwrap()
}

fn is_postgres(db: &impl ConnectionTrait) -> bool {
    db.get_database_backend() == DbBackend::Postgres
}

/// The tables, those of the migrations among them.
pub(crate) async fn tables(db: &impl ConnectionTrait) -> Vec<String> {
    let sql = if is_postgres(db) {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    };
    texts(db, sql).await
}

/// The columns of a table, in their order.
pub(crate) async fn columns(db: &impl ConnectionTrait, table: &str) -> Vec<String> {
    let sql = if is_postgres(db) {
        format!(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
        )
    } else {
        format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")
    };
    texts(db, &sql).await
}

/// A statement that gives every row of every table, a text a table.
pub(crate) async fn snapshot_query(db: &impl ConnectionTrait) -> String {
    let mut parts = Vec::new();
    for table in tables(db).await {
        if is_postgres(db) {
            parts.push(format!(
                "SELECT '{table}: ' || coalesce(string_agg(t::text, chr(10) ORDER BY t), '') FROM {table} t"
            ));
            continue;
        }
        let values: Vec<_> = columns(db, &table).await.iter().map(|column| format!("quote({column})")).collect();
        let rows = format!("SELECT {} AS line FROM {table} ORDER BY rowid", values.join(" || ',' || "));
        parts.push(format!("SELECT '{table}: ' || coalesce(group_concat(line, char(10)), '') FROM ({rows})"));
    }
    assert!(parts.len() > 20, "the tables are not found");
    parts.join(" UNION ALL ")
}

/// Every row of every table of a database, a text a table.
pub(crate) fn snapshot(database: &Database) -> Vec<String> {
    wait(async {
        let db = database.outside().await;
        let mut rows = texts(&db, &snapshot_query(&db).await).await;
        db.close().await.unwrap();
        // PostgreSQL may read large tables side by side, and gives the one first that is read first.
        rows.sort_unstable();
        rows
    })
}
