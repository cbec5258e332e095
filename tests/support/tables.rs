//! The database as a test looks at it: which tables there are, and every row of them, so that a test can show that nothing changed.

use std::future::Future;
use std::path::Path;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use super::database_url;

/// Waits for a future of the store.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The database of a folder, through a connection of the test's own.
pub(crate) async fn open(folder: &Path) -> DatabaseConnection {
    Database::connect(database_url(folder)).await.unwrap()
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

/// The tables, those of the migrations among them.
pub(crate) async fn tables(db: &impl ConnectionTrait) -> Vec<String> {
    texts(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name").await
}

/// The columns of a table, in their order.
pub(crate) async fn columns(db: &impl ConnectionTrait, table: &str) -> Vec<String> {
    texts(db, &format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")).await
}

/// A statement that gives every row of every table, a text a table.
pub(crate) async fn snapshot_query(db: &impl ConnectionTrait) -> String {
    let mut parts = Vec::new();
    for table in tables(db).await {
        let values: Vec<_> = columns(db, &table).await.iter().map(|column| format!("quote({column})")).collect();
        let rows = format!("SELECT {} AS line FROM {table} ORDER BY rowid", values.join(" || ',' || "));
        parts.push(format!("SELECT '{table}: ' || coalesce(group_concat(line, char(10)), '') FROM ({rows})"));
    }
    assert!(parts.len() > 20, "the tables are not found");
    parts.join(" UNION ALL ")
}

/// Every row of every table of a folder's database, a text a table.
pub(crate) fn snapshot(folder: &Path) -> Vec<String> {
    wait(async {
        let db = open(folder).await;
        let rows = texts(&db, &snapshot_query(&db).await).await;
        db.close().await.unwrap();
        rows
    })
}
