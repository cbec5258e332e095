//! What a database holds, as lines of text: its tables with all that belongs to them, and every row. Two databases with
//! the same lines are the same.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::support::texts;

/// Our tables, without the record of the changes.
pub(crate) async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
             AND name <> 'seaql_migrations' ORDER BY name"
        }
        _ => {
            "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
             AND relname <> 'seaql_migrations' ORDER BY relname"
        }
    };
    texts(db, sql).await
}

/// The columns of a table, in order.
pub(crate) async fn columns(db: &impl ConnectionTrait, table: &str) -> Result<Vec<String>, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
        _ => format!(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = 'public.{table}'::regclass \
             AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ),
    };
    texts(db, &sql).await
}

/// Every row of every table, as one text each; of the record of the changes, their names.
pub(crate) async fn rows(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let mut lines = Vec::new();
    let (exists, mut parts) = match db.get_database_backend() {
        DbBackend::Sqlite => ("SELECT name FROM sqlite_master WHERE name = 'seaql_migrations'", Vec::new()),
        _ => ("SELECT relname::text FROM pg_class WHERE oid = to_regclass('public.seaql_migrations')", Vec::new()),
    };
    if !texts(db, exists).await?.is_empty() {
        parts.push("SELECT 'seaql_migrations: ' || version AS line FROM seaql_migrations".to_owned());
    }
    for table in tables(db).await? {
        parts.push(match db.get_database_backend() {
            DbBackend::Sqlite => {
                let columns = columns(db, &table).await?;
                let values: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
                format!("SELECT '{table}: ' || {} AS line FROM {table}", values.join(" || ', ' || "))
            }
            _ => format!("SELECT '{table}: ' || t::text COLLATE \"C\" AS line FROM public.{table} t"),
        });
    }
    // In pieces, since the engines bound the terms of one statement.
    for some in parts.chunks(50) {
        lines.extend(texts(db, &format!("SELECT line FROM ({}) AS l ORDER BY 1", some.join(" UNION ALL "))).await?);
    }
    Ok(lines)
}

/// Everything in the catalogue that is ours: tables, columns, keys, indexes, triggers, functions, sequences, rights.
pub(crate) async fn schema(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let queries: &[&str] = match db.get_database_backend() {
        DbBackend::Sqlite => &["SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') \
                                FROM sqlite_master ORDER BY 1"],
        _ => &POSTGRES,
    };
    let mut lines = Vec::new();
    for query in queries {
        lines.extend(texts(db, query).await?);
    }
    Ok(lines)
}

const POSTGRES: [&str; 9] = [
    "SELECT concat_ws(' ', relkind, relname, relpersistence, relacl, relrowsecurity, relforcerowsecurity, relowner::regrole) \
     FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT concat_ws(' ', attrelid::regclass, attname, attnum, format_type(atttypid, atttypmod), attnotnull, attidentity, \
       attcollation::regcollation, attacl, pg_get_expr(adbin, adrelid)) \
     FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY 1",
    "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) FROM pg_constraint \
     WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid) FROM pg_index \
       JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    // Triggers of foreign keys are named by number; how many there are, and that all are on, is what counts.
    "SELECT concat_ws(' ', CASE WHEN tgisinternal THEN concat(tgrelid::regclass, tgfoid::regproc) \
       ELSE pg_get_triggerdef(pg_trigger.oid) END, tgenabled) \
     FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT concat_ws(' ', pg_get_functiondef(oid), proacl, proowner::regrole) FROM pg_proc \
     WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT concat_ws(' ', seqrelid::regclass, seqstart, seqincrement, seqmax) FROM pg_sequence \
       JOIN pg_class ON pg_class.oid = seqrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT concat_ws(' ', nspname, nspacl, nspowner::regrole) FROM pg_namespace \
     WHERE nspname NOT LIKE 'pg\\_%' ORDER BY 1",
    "SELECT concat_ws(' ', datacl, (SELECT string_agg(setconfig::text, ' ') FROM pg_db_role_setting \
       WHERE setdatabase = pg_database.oid)) FROM pg_database WHERE datname = current_database()",
];
