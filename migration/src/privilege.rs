//! What the application's role may do on `PostgreSQL`: exactly what the program does, given anew at every migration.
//!
//! The role that migrates owns the tables, and an owner can take guards out. So the program runs as another role, which
//! reads every table, writes where the list below says, and can neither alter, empty nor drop anything. What is not done
//! here: making the roles, and their passwords.

use std::collections::BTreeMap;

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

use crate::dialect::one;

/// What the program does to each table besides reading it, and which columns it changes. A test compares the list with the
/// catalogue. Locking a row takes the right to change a column of it: the guards lock `plan`, and the `resolution` that
/// approves one.
const WRITES: [(&str, &str, &str); 82] = [
    ("activity", "INSERT, DELETE", ""),
    ("activity_import", "INSERT", ""),
    ("activity_month", "INSERT, DELETE", ""),
    ("adjustment", "INSERT, DELETE", ""),
    ("agreement", "INSERT", ""),
    ("agreement_area", "INSERT", ""),
    ("agreement_contribution", "INSERT", ""),
    ("agreement_contribution_item", "INSERT", ""),
    ("agreement_instalment", "INSERT", ""),
    ("agreement_line", "INSERT", ""),
    ("agreement_line_part", "INSERT", ""),
    ("agreement_milestone", "INSERT", ""),
    ("agreement_partner", "INSERT", ""),
    ("agreement_perimeter", "INSERT", ""),
    ("agreement_programme", "INSERT", ""),
    ("agreement_programme_year", "INSERT", ""),
    ("agreement_recurrence", "INSERT", ""),
    ("agreement_service", "INSERT", ""),
    ("agreement_version", "INSERT", ""),
    ("ambito", "INSERT", "name, region, province, managing_body, legal_form, row_version"),
    ("audit_event", "INSERT", ""),
    ("audit_head", "INSERT", ""),
    ("basis", "INSERT, DELETE", ""),
    ("benefit_application", "INSERT", "status, reason, row_version"),
    ("benefit_criterion", "INSERT, DELETE", ""),
    ("benefit_grant", "INSERT", "committed_cents, status, row_version"),
    ("benefit_grant_event", "INSERT", ""),
    (
        "benefit_measure",
        "INSERT",
        "position, name, kind, act, fund_id, starts_on, ends_on, budget_cents, criteria, row_version",
    ),
    ("benefit_score", "INSERT", ""),
    ("billing", "INSERT", ""),
    ("body_meeting", "INSERT", ""),
    ("body_member", "INSERT, DELETE", ""),
    ("budget", "INSERT, DELETE", "amount_cents, municipal_share_cents, residue_cents, note, assumed"),
    ("budget_line", "INSERT, DELETE", ""),
    ("charge", "INSERT", ""),
    ("client", "INSERT", "revoked_at"),
    ("client_ambito", "INSERT", ""),
    ("comune", "INSERT", "name, cadastral_code, province, row_version"),
    (
        "expense",
        "INSERT, DELETE",
        "spent_on, category, description, line_code, net_cents, vat_cents, gross_cents, vat_regime, vat_rate_micros, vat_recoverable, charged_cents, document_reference, document_key, document_digest, status, admitted_cents, refusal, updated_by",
    ),
    (
        "expense_report",
        "INSERT, DELETE",
        "period_from, period_to, act_id, status, note, submitted_by, submitted_at, reviewed_by, reviewed_at, returned_reason, paid_on, payment_reference, paid_by, row_version",
    ),
    ("fund", "INSERT", "name, row_version"),
    ("funding", "INSERT, DELETE", "amount_cents"),
    ("governing_body", "INSERT", "name, level, meetings, every_months, ends_on, row_version"),
    ("idempotency_key", "INSERT, DELETE", ""),
    ("indicator", "INSERT, DELETE", "position, unit, target_micros, at_most, row_version, counts_people, from_month"),
    ("indicator_past", "INSERT, DELETE", ""),
    ("indicator_reading", "INSERT", "value_micros, source, assumed, row_version"),
    ("measure", "INSERT", "name, unit, row_version"),
    ("measurement", "INSERT", "value_micros, source, assumed, row_version"),
    ("membership", "INSERT", "valid_from, valid_to, row_version"),
    ("milestone_progress", "INSERT", "started_on, done_on, note, row_version"),
    ("monitoring_field", "INSERT", "position, name, required, retired, row_version, counts_people, from_month"),
    ("monitoring_field_past", "INSERT", ""),
    ("monitoring_report", "INSERT", "status, submitted_on, written_by, row_version"),
    ("monitoring_return", "INSERT", ""),
    ("monitoring_submission", "INSERT", ""),
    ("monitoring_submission_value", "INSERT", ""),
    ("monitoring_value", "INSERT, DELETE", ""),
    ("participant", "INSERT, DELETE", ""),
    ("participation", "INSERT", ""),
    ("partner", "INSERT", "name, tax_code, row_version"),
    ("payment", "INSERT", ""),
    ("payment_match", "INSERT", ""),
    (
        "plan",
        "INSERT",
        "status, row_version, digest, proposed_by, proposed_at, resolution_id, approved_by, approved_at",
    ),
    ("plan_instalment", "INSERT, DELETE", ""),
    ("programme", "INSERT", "title, from_year, to_year, note, row_version"),
    (
        "project",
        "INSERT",
        "name, years, contribution_cents, act, note, fund_id, starts_on, ends_on, ambiti_count, row_version",
    ),
    ("project_expense", "INSERT", ""),
    ("project_milestone", "INSERT, DELETE", "started_on, done_on"),
    ("quota", "INSERT, DELETE", ""),
    ("resolution", "INSERT", "number, adopted_on, body, subject, row_version"),
    ("rule", "INSERT, DELETE", ""),
    ("rule_band", "INSERT, DELETE", ""),
    ("rule_weight", "INSERT, DELETE", ""),
    (
        "service",
        "INSERT",
        "name, area, delivery, mission_programme, note, position, cig, cup, row_version, target_area",
    ),
    ("service_fund", "INSERT, DELETE", ""),
    ("service_target", "INSERT, DELETE", ""),
    ("service_task", "INSERT, DELETE", ""),
    ("work_plan", "INSERT", ""),
    ("work_plan_milestone", "INSERT", ""),
    ("work_plan_report", "INSERT", ""),
    ("work_plan_version", "INSERT", ""),
];

/// The record of the changes, which the program reads to know that none is missing.
const RECORD: (&str, &str, &str) = ("seaql_migrations", "", "");

/// Every way to write to a table that a role can be given, on version 15; the later `MAINTAIN` changes no row.
const ALL_WRITES: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
/// Those of them that can be given for single columns, but `UPDATE`, of which each column is looked at.
const BY_COLUMN: [&str; 2] = ["INSERT", "REFERENCES"];

/// Gives the role what it needs and takes the rest from it and from `PUBLIC`; refuses a role that could do more all the
/// same.
pub(crate) async fn grant(tx: &DatabaseTransaction, role: &str) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Err(DbErr::Custom("an application role is for PostgreSQL only".to_owned()));
    }
    let names = texts(tx, "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1::text", role).await?;
    let Some(quoted) = names.first() else {
        return Err(DbErr::Custom(format!("there is no role {role:?} in this PostgreSQL")));
    };
    refuse(role, &texts(tx, FAULTS, role).await?)?;
    for sql in texts(tx, &statements(), quoted).await? {
        one(tx, &sql).await?;
    }
    refuse(role, &texts(tx, &excess(), role).await?)
}

/// The roles that serve already: whoever besides the owner may add audit events.
pub(crate) async fn serving(tx: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT DISTINCT rolname::text FROM pg_class CROSS JOIN aclexplode(relacl) \
               JOIN pg_roles ON pg_roles.oid = grantee \
               WHERE pg_class.oid = to_regclass($1::text) AND privilege_type = 'INSERT' AND grantee <> relowner";
    texts(tx, sql, "audit_event").await
}

fn refuse(role: &str, faults: &[String]) -> Result<(), DbErr> {
    match faults {
        [] => Ok(()),
        _ => Err(DbErr::Custom(format!("the application role {role:?} does not fit: {}", faults.join("; ")))),
    }
}

/// The query for the statements that give and take, `$1` being the role's quoted name. The names of the database, the
/// schema, the sequences and the functions come from the catalogue.
fn statements() -> String {
    let mut parts = vec![
        // Only the database's owner can do this; where it is another, the check at the end tells what is missing.
        "SELECT format(sql, quote_ident(current_database()), $1::text) FROM pg_database, unnest(ARRAY[\
           'REVOKE TEMPORARY, CREATE ON DATABASE %s FROM PUBLIC, %s', \
           'GRANT CONNECT ON DATABASE %s TO %s']) AS sql \
         WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')"
            .to_owned(),
        "SELECT format(sql, quote_ident(current_schema()), $1::text) FROM unnest(ARRAY[\
           'REVOKE ALL ON SCHEMA %s FROM PUBLIC, %s', 'GRANT USAGE ON SCHEMA %s TO %s']) AS sql"
            .to_owned(),
        // The numbers of new rows come from these without a right; setting one would need it.
        "SELECT format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC, %s', string_agg(c.oid::regclass::text, ', '), $1::text) \
         FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'i' \
         WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace"
            .to_owned(),
        // Triggers fire without it; without it nobody hangs the guards' functions elsewhere.
        "SELECT format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, %s', string_agg(oid::regprocedure::text, ', '), $1::text) \
         FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'guard\\_%'"
            .to_owned(),
    ];
    let mut alike = BTreeMap::<_, Vec<_>>::new();
    for (table, writes, columns) in granted() {
        alike.entry(writes).or_default().push(table);
        if !columns.is_empty() {
            parts.push(format!("SELECT format('GRANT UPDATE ({columns}) ON {table} TO %s', $1::text)"));
        }
    }
    for (writes, tables) in alike {
        let (all, tables) = (if writes.is_empty() { "" } else { ", " }, tables.join(", "));
        parts.push(format!("SELECT format('REVOKE ALL ON {tables} FROM PUBLIC, %s', $1::text)"));
        parts.push(format!("SELECT format('GRANT SELECT{all}{writes} ON {tables} TO %s', $1::text)"));
    }
    // Giving comes after taking.
    format!("SELECT sql FROM ({}) AS all_of_it (sql) ORDER BY sql LIKE 'GRANT%', sql", parts.join(" UNION ALL "))
}

fn granted() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    WRITES.into_iter().chain([RECORD])
}

/// What makes the role `$1` unfit: that it can make itself more than it is, or owns what the guards are on.
const FAULTS: &str = "
    SELECT 'it is a superuser' FROM pg_roles WHERE rolname = $1::name AND rolsuper
    UNION ALL SELECT 'it can create roles, and so take any' FROM pg_roles WHERE rolname = $1::name AND rolcreaterole
    UNION ALL SELECT 'it belongs to ' || rolname FROM pg_roles
      WHERE rolname IN ('pg_execute_server_program', 'pg_write_server_files')
      AND pg_has_role($1::name, oid, 'MEMBER')
    UNION ALL SELECT 'it may set session_replication_role, which silences triggers'
      WHERE has_parameter_privilege($1::name, 'session_replication_role', 'SET')
    UNION ALL SELECT 'it is, or belongs to, the owner of the ' || what FROM (
      SELECT 'tables', relowner FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
      UNION SELECT 'database', datdba FROM pg_database WHERE datname = current_database()
      UNION SELECT 'schema', nspowner FROM pg_namespace WHERE nspname = current_schema()
    ) AS owned (what, owner) WHERE pg_has_role($1::name, owner, 'MEMBER')";

/// The query for what the role lacks, or has through another role or by another's grant, after all is given and taken.
fn excess() -> String {
    let mut parts = Vec::new();
    for (fault, holds) in [
        ("it may not connect to the database", "NOT has_database_privilege($1::name, current_database(), 'CONNECT')"),
        ("it may make temporary tables", "has_database_privilege($1::name, current_database(), 'TEMPORARY')"),
        ("it may create schemas", "has_database_privilege($1::name, current_database(), 'CREATE')"),
        ("it may not use the schema", "NOT has_schema_privilege($1::name, current_schema(), 'USAGE')"),
        ("it may create in the schema", "has_schema_privilege($1::name, current_schema(), 'CREATE')"),
    ] {
        parts.push(format!("SELECT '{fault}' WHERE {holds}"));
    }
    for (table, writes, columns) in granted() {
        let without = |all: &[&'static str]| {
            let others = all.iter().filter(|write| !writes.split(", ").any(|given| given == **write));
            others.copied().collect::<Vec<_>>().join(", ")
        };
        parts.push(format!(
            "SELECT 'it has more rights to the table {table} than the program needs' \
             WHERE has_table_privilege($1::name, '{table}', '{}') \
             OR has_any_column_privilege($1::name, '{table}', '{}') \
             OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 \
               AND NOT attisdropped AND attname <> ALL ('{{{columns}}}'::name[]) \
               AND has_column_privilege($1::name, attrelid, attnum, 'UPDATE'))",
            without(&ALL_WRITES),
            without(&BY_COLUMN)
        ));
    }
    parts.join(" UNION ALL ")
}

/// The first column of each row of a query with one value.
async fn texts(tx: &DatabaseTransaction, sql: &str, value: &str) -> Result<Vec<String>, DbErr> {
    let query = Statement::from_sql_and_values(tx.get_database_backend(), sql, [value.into()]);
    tx.query_all_raw(query).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::MigratorTrait;
    use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database, DbErr, Statement};

    use super::granted;

    #[test]
    fn the_list_names_rights_and_each_table_once() {
        let mut tables: Vec<_> = granted().map(|(table, ..)| table).collect();
        tables.sort_unstable();
        tables.dedup();
        assert_eq!(tables.len(), granted().count());
        for (table, writes, _) in granted() {
            let known = writes.split(", ").all(|write| ["", "INSERT", "DELETE"].contains(&write));
            assert!(known, "{table}: {writes}");
        }
    }

    #[tokio::test]
    async fn no_table_is_forgotten_and_no_column_made_up() -> Result<(), DbErr> {
        // In memory each connection has a database of its own.
        let mut options = ConnectOptions::new("sqlite::memory:");
        let db = Database::connect(options.max_connections(1).to_owned()).await?;
        crate::Migrator::up(&db, None).await?;
        let texts = async |sql: &str| -> Result<Vec<String>, DbErr> {
            let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
            rows.iter().map(|row| row.try_get_by_index(0)).collect()
        };
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut listed: Vec<_> = granted().map(|(table, ..)| table).collect();
        listed.sort_unstable();
        assert_eq!(texts(tables).await?, listed);
        for (table, _, columns) in granted().filter(|(.., columns)| !columns.is_empty()) {
            let known = texts(&format!("SELECT name FROM pragma_table_info('{table}')")).await?;
            assert!(columns.split(", ").all(|column| known.iter().any(|known| known == column)), "{table}: {columns}");
        }
        Ok(())
    }
}
