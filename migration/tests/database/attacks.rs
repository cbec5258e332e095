//! What only `PostgreSQL` offers to get round a guard: none of it works for the application's role, and what no owner may
//! do is refused to the owner, too. The rows and the catalogue are the same afterwards.

use migration::refusal::{
    AGREEMENT_IMMUTABLE, AUDIT_IMMUTABLE, BENEFIT_IMMUTABLE, BILLING_IMMUTABLE, CODE_IMMUTABLE, DUPLICATE,
    EXPENSE_IMMUTABLE, MONITORING_IMMUTABLE, PLAN_IMMUTABLE,
};
use sea_orm_migration::sea_orm::sqlx::postgres::PgPoolCopyExt;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::agreements::{MONITORING, TERMS};
use crate::catalogue::{rows, schema};
use crate::fixture::{APPROVED, Database, approve, propose};
use crate::guards::{check_refused, plan_tables};
use crate::support::{Done, Engine, engines, texts};

async fn filled(name: &str) -> Result<Option<Database>, Box<dyn std::error::Error>> {
    if !engines().contains(&Engine::Postgres) {
        return Ok(None);
    }
    Ok(Some(Database::filled(Engine::Postgres, name).await?))
}

/// Runs one attack in a session of its own, which may set what it likes. Says how it was refused, if it was.
async fn attack(database: &Database, sql: &str) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let session = database.place.as_application().await?;
    let refused = session.execute_unprepared(sql).await.err().map(|error| error.to_string());
    session.close().await?;
    Ok(refused)
}

/// Each attack must be refused with one of the words, and change nothing.
async fn check_attacks(database: &Database, attacks: &[String], words: &[&str]) -> Done {
    let before = (rows(&database.owner).await?, schema(&database.owner).await?);
    for sql in attacks {
        let refused = attack(database, sql).await?.ok_or_else(|| format!("went through: {sql}"))?;
        assert!(words.iter().any(|word| refused.contains(word)), "{refused}\n{sql}");
    }
    assert_eq!((rows(&database.owner).await?, schema(&database.owner).await?), before);
    Ok(())
}

/// The tables whose rows are kept, with the word of their guard.
async fn kept(database: &Database) -> Result<Vec<(String, &'static str)>, Box<dyn std::error::Error>> {
    let mut kept: Vec<_> = plan_tables(database).await?.into_iter().map(|table| (table, PLAN_IMMUTABLE)).collect();
    kept.extend(["plan", "resolution"].map(|table| (table.to_owned(), PLAN_IMMUTABLE)));
    kept.extend(["ambito", "comune", "service", "fund", "measure"].map(|table| (table.to_owned(), CODE_IMMUTABLE)));
    kept.extend(["audit_event", "audit_head"].map(|table| (table.to_owned(), AUDIT_IMMUTABLE)));
    let billing = ["billing", "charge", "payment", "payment_match"];
    kept.extend(billing.map(|table| (table.to_owned(), BILLING_IMMUTABLE)));
    let agreements: Vec<_> = TERMS.iter().map(|(table, _)| *table).chain(["agreement", "agreement_version"]).collect();
    kept.extend(agreements.into_iter().map(|table| (table.to_owned(), AGREEMENT_IMMUTABLE)));
    kept.extend(["expense_report", "expense"].map(|table| (table.to_owned(), EXPENSE_IMMUTABLE)));
    kept.extend(["benefit_score", "benefit_grant_event"].map(|table| (table.to_owned(), BENEFIT_IMMUTABLE)));
    kept.extend(MONITORING.map(|table| (table.to_owned(), MONITORING_IMMUTABLE)));
    Ok(kept)
}

#[tokio::test]
async fn tables_are_never_emptied() -> Done {
    let Some(database) = filled("truncate").await? else { return Ok(()) };
    let mut statements = Vec::new();
    for (table, word) in kept(&database).await? {
        for more in ["", " RESTART IDENTITY", " CASCADE"] {
            statements.push((format!("TRUNCATE {table}{more}"), word));
        }
    }
    let before = rows(&database.owner).await?;
    for (sql, word) in &statements {
        let as_owner = database.run_as_owner(sql).await.unwrap_err().to_string();
        // Without CASCADE a table that others refer to is refused before its trigger is asked.
        let words = [word, "cannot truncate a table referenced in a foreign key", "is never emptied"];
        assert!(words.iter().any(|word| as_owner.contains(word)), "{as_owner}\n{sql}");
        let refused = attack(&database, sql).await?.ok_or_else(|| format!("went through: {sql}"))?;
        assert!(refused.contains("permission denied for table"), "{refused}\n{sql}");
    }
    assert_eq!(rows(&database.owner).await?, before);
    Ok(())
}

#[tokio::test]
async fn other_ways_to_write_meet_the_same_guards() -> Done {
    let Some(database) = filled("ways").await? else { return Ok(()) };
    let kept = APPROVED * 10;
    let columns = "id, plan_id, budget_id, comune_id, amount_cents";
    let merge = "MERGE INTO plan t USING (SELECT 1::bigint AS id) s ON t.id = s.id WHEN MATCHED THEN";
    let join = "FROM budget b WHERE b.id = budget_id";
    let programme = "INSERT INTO programme (ambito_id, title, from_year, to_year)";
    let approved = [
        format!("{merge} UPDATE SET note = 'x'"),
        format!("{merge} DELETE"),
        format!(
            "MERGE INTO quota t USING (SELECT * FROM quota WHERE plan_id = {APPROVED}) s ON t.id = s.id + 1000 \
             WHEN NOT MATCHED THEN INSERT ({columns}) VALUES (900 + s.id, s.plan_id, s.budget_id, 2, 1)"
        ),
        format!("UPDATE quota SET amount_cents = b.amount_cents {join} AND b.plan_id = {APPROVED}"),
        format!("DELETE FROM quota USING plan WHERE plan.id = plan_id AND status = 'APPROVED' AND quota.id = {kept}"),
        "WITH gone AS (DELETE FROM quota RETURNING *) SELECT count(*) FROM gone".to_owned(),
        format!(
            "WITH moved AS (UPDATE plan SET note = 'x' WHERE id = {APPROVED} RETURNING *) \
             {programme} SELECT ambito_id, note, 2000, 2001 FROM moved"
        ),
        format!(
            "INSERT INTO quota ({columns}) VALUES ({kept}, {APPROVED}, {kept}, 1, 1) \
             ON CONFLICT ON CONSTRAINT quota_pkey DO UPDATE SET amount_cents = excluded.amount_cents"
        ),
        format!("INSERT INTO quota ({columns}) OVERRIDING SYSTEM VALUE VALUES (999, {APPROVED}, {kept}, 2, 1)"),
        format!("DO $$ BEGIN UPDATE plan SET note = 'x' WHERE id = {APPROVED}; END $$"),
    ];
    let events = [
        "INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT (sequence) DO UPDATE SET actor = 'x'",
        "MERGE INTO audit_event t USING audit_event s ON t.sequence = s.sequence \
         WHEN MATCHED THEN UPDATE SET actor = 'x'",
    ];
    let mut statements: Vec<_> = approved.into_iter().map(|sql| (sql, PLAN_IMMUTABLE)).collect();
    statements.extend(events.map(|sql| (sql.to_owned(), AUDIT_IMMUTABLE)));
    let again = "INSERT INTO comune OVERRIDING SYSTEM VALUE VALUES (1, '017009', 'x', NULL, 'x', 1)";
    statements.push((again.to_owned(), DUPLICATE));
    check_refused(&database, &statements).await
}

/// Rows that come by `COPY` fire the triggers of rows, too.
#[tokio::test]
async fn copied_rows_meet_the_guards() -> Done {
    let Some(database) = filled("copy").await? else { return Ok(()) };
    let kept = APPROVED * 10;
    let before = rows(&database.owner).await?;
    for db in [&database.owner, &database.connection] {
        for (table, row, word) in [
            ("quota", format!("900\t{APPROVED}\t{kept}\t2\t1\n"), PLAN_IMMUTABLE),
            ("plan", "900\t1\t\\N\t2030\tFORECAST\t1\tAPPROVED\t1\n".to_owned(), "missing data"),
            ("audit_event", "1\t2020-01-01\tx\tx\tx\t\\N\t\\N\tx\tx\n".to_owned(), AUDIT_IMMUTABLE),
            ("audit_head", "1\th1\tk\ts\t2020-01-01\n".to_owned(), AUDIT_IMMUTABLE),
            ("audit_head", "2\tx\tk\ts\t2020-01-01\n".to_owned(), AUDIT_IMMUTABLE),
            ("comune", "1\t017009\tx\t\\N\tx\t1\n".to_owned(), DUPLICATE),
        ] {
            let mut copy = db.get_postgres_connection_pool().copy_in_raw(&format!("COPY {table} FROM STDIN")).await?;
            let sent = copy.send(row.as_bytes()).await.map(|_| ());
            let refused = match sent {
                Ok(()) => copy.finish().await.map(|_| ()).unwrap_err(),
                Err(error) => error,
            };
            assert!(refused.to_string().contains(word), "{refused}: {table}");
            assert_eq!(rows(&database.owner).await?, before, "{table}");
        }
    }
    Ok(())
}

/// `@` is the table.
const ON_A_TABLE: [&str; 21] = [
    "ALTER TABLE @ DISABLE TRIGGER ALL",
    "ALTER TABLE @ DISABLE TRIGGER USER",
    "ALTER TABLE @ ENABLE REPLICA TRIGGER guard_@_update",
    "ALTER TABLE @ ADD COLUMN x INTEGER",
    "ALTER TABLE @ RENAME TO x",
    "ALTER TABLE @ OWNER TO CURRENT_USER",
    "ALTER TABLE @ ENABLE ROW LEVEL SECURITY",
    "ALTER TRIGGER guard_@_update ON @ RENAME TO x",
    "DROP TABLE @ CASCADE",
    "DROP TRIGGER guard_@_update ON @",
    "DROP FUNCTION guard_@_update() CASCADE",
    "CREATE OR REPLACE FUNCTION guard_@_update() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER FUNCTION guard_@_update() SET search_path = pg_temp",
    "CREATE TRIGGER a BEFORE UPDATE ON @ FOR EACH ROW EXECUTE FUNCTION guard_@_insert()",
    "CREATE OR REPLACE TRIGGER guard_@_update BEFORE UPDATE ON @ FOR EACH ROW WHEN (false) \
    EXECUTE FUNCTION guard_@_update()",
    "CREATE RULE r AS ON UPDATE TO @ DO INSTEAD NOTHING",
    "CREATE POLICY p ON @",
    "CREATE INDEX ON @ ((1))",
    "COMMENT ON TABLE @ IS 'x'",
    "TRUNCATE @ CASCADE",
    "SELECT setval(pg_get_serial_sequence('@', 'id'), 1)",
];

const ON_THE_REST: [&str; 27] = [
    "ALTER TABLE quota ALTER COLUMN amount_cents TYPE INTEGER",
    "ALTER TABLE quota DROP CONSTRAINT quota_amount_cents_check",
    "ALTER TABLE quota SET SCHEMA pg_temp",
    "ALTER SEQUENCE quota_id_seq RESTART",
    "DROP SCHEMA public CASCADE",
    "ALTER SCHEMA public RENAME TO x",
    "CREATE SCHEMA x",
    "CREATE TABLE x (id INTEGER)",
    "CREATE TABLE public.x AS SELECT * FROM quota",
    "CREATE VIEW x AS SELECT * FROM quota",
    "CREATE FUNCTION public.x() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
    "CREATE TEMPORARY TABLE plan (id BIGINT)",
    "SELECT 1 AS id INTO TEMPORARY plan",
    "CREATE FUNCTION pg_temp.x() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION guard_truncate()",
    "CREATE PUBLICATION p FOR ALL TABLES",
    "INSERT INTO seaql_migrations VALUES ('x', 0)",
    "DELETE FROM seaql_migrations",
    "UPDATE pg_trigger SET tgenabled = 'D'",
    "UPDATE pg_class SET relhastriggers = false WHERE relname = 'quota'",
    "DELETE FROM pg_trigger",
    "COPY quota FROM '/dev/null'",
    "COPY quota TO '/tmp/quota'",
    "COPY quota FROM PROGRAM 'true'",
    "SELECT lo_import('/dev/null')",
    "SELECT pg_read_file('/etc/hostname')",
];

#[tokio::test]
async fn the_application_alters_nothing() -> Done {
    let Some(database) = filled("alters").await? else { return Ok(()) };
    let mut attacks = Vec::new();
    for (table, _) in kept(&database).await? {
        for sql in ON_A_TABLE {
            // The events of the audit trail and their heads have their own numbers, and no sequence.
            if !(sql.contains("setval") && table.starts_with("audit_")) {
                attacks.push(sql.replace('@', &table));
            }
        }
    }
    attacks.extend(ON_THE_REST.map(str::to_owned));
    let words = [
        "permission denied",
        "must be owner",
        "must have CREATE privilege",
        "must be superuser",
        "Must be superuser",
        "cannot create temporary",
        "cannot change owner",
    ];
    check_attacks(&database, &attacks, &words).await
}

#[tokio::test]
async fn the_application_takes_no_other_role_and_no_setting() -> Done {
    let Some(database) = filled("roles").await? else { return Ok(()) };
    let (owner, role) = (database.place.owner(), database.place.application());
    let attacks = [
        format!("SET ROLE {owner}"),
        format!("SET SESSION AUTHORIZATION {owner}"),
        format!("SET LOCAL ROLE {owner}"),
        format!("GRANT {owner} TO {role}"),
        format!("REASSIGN OWNED BY {owner} TO {role}"),
        format!("DROP OWNED BY {owner}"),
        format!("ALTER ROLE {role} SUPERUSER"),
        format!("ALTER ROLE {owner} PASSWORD 'x'"),
        format!("DROP ROLE {owner}"),
        "CREATE ROLE x".to_owned(),
        "SET session_replication_role = replica".to_owned(),
        "SELECT set_config('session_replication_role', 'replica', false)".to_owned(),
        format!("ALTER ROLE {role} SET session_replication_role = replica"),
        "ALTER DATABASE template1 SET session_replication_role = replica".to_owned(),
        "ALTER SYSTEM SET session_replication_role = replica".to_owned(),
        "SET allow_system_table_mods = on".to_owned(),
        format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO {role}"),
    ];
    check_attacks(&database, &attacks, &["permission denied", "must be", "cannot be changed", "must have"]).await
}

/// To give what one has not is a warning on `PostgreSQL`; what counts is that it has no effect.
#[tokio::test]
async fn the_application_gives_itself_nothing() -> Done {
    let Some(database) = filled("gives").await? else { return Ok(()) };
    let role = database.place.application();
    let before = (rows(&database.owner).await?, schema(&database.owner).await?);
    for to in [role.as_str(), "PUBLIC"] {
        for sql in [
            format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {to}"),
            format!("GRANT UPDATE, DELETE, TRUNCATE, TRIGGER ON audit_event TO {to}"),
            format!("GRANT UPDATE (amount_cents) ON quota TO {to}"),
            format!("GRANT ALL ON SCHEMA public TO {to}"),
            format!("GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO {to}"),
            format!("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {to}"),
            format!("GRANT USAGE, CREATE ON SCHEMA public TO {to} WITH GRANT OPTION"),
        ] {
            // Refused or without effect.
            let _ = attack(&database, &sql).await?;
            assert_eq!((rows(&database.owner).await?, schema(&database.owner).await?), before, "{sql}");
        }
    }
    Ok(())
}

/// What a session can set and make for itself does not lead the guards astray; here it may make temporary tables, as
/// where the database is another's.
#[tokio::test]
async fn nothing_of_the_session_leads_the_guards_astray() -> Done {
    let Some(database) = filled("astray").await? else { return Ok(()) };
    let role = database.place.application();
    let superuser = database.place.as_superuser().await?;
    let name = texts(&superuser, "SELECT current_database()::text").await?.concat();
    superuser.execute_unprepared(&format!("GRANT TEMPORARY ON DATABASE {name} TO {role}")).await?;
    superuser.close().await?;

    let kept = APPROVED * 10;
    let write = format!("DELETE FROM public.quota WHERE id = {kept}");
    let change = format!("UPDATE public.plan SET digest = 'x' WHERE id = {APPROVED}");
    let shadow = "CREATE TEMPORARY TABLE plan (LIKE public.plan)";
    let attacks = [
        format!("{shadow}; {write}"),
        format!(
            "CREATE TEMPORARY TABLE q (LIKE public.quota); CREATE TRIGGER t BEFORE INSERT ON q FOR EACH ROW \
             EXECUTE FUNCTION public.guard_quota_delete(); {write}"
        ),
        format!("{shadow}; SET search_path = pg_temp, public; {write}"),
        format!("CREATE TEMPORARY VIEW plan AS SELECT * FROM public.plan WHERE false; {write}"),
        format!(
            "CREATE TEMPORARY TABLE budget (LIKE public.budget); \
             CREATE TEMPORARY TABLE rule (LIKE public.rule); {write}"
        ),
        format!("SET search_path = ''; {write}"),
        format!("SET search_path = ''; {change}"),
        format!("CREATE FUNCTION pg_temp.noteq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'; {change}"),
        format!(
            "CREATE FUNCTION pg_temp.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'; \
             CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.same, LEFTARG = text, RIGHTARG = text); \
             SET search_path = pg_temp, pg_catalog, public; {change}"
        ),
        format!("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ; {change}"),
        format!("BEGIN; SET CONSTRAINTS ALL DEFERRED; {change}; COMMIT"),
        format!("BEGIN; SAVEPOINT s; {write}; ROLLBACK TO s; COMMIT"),
        format!("SET default_transaction_read_only = off; SET row_security = off; {write}"),
        format!("SET enable_seqscan = off; SET enable_indexscan = off; SET enable_bitmapscan = off; {write}"),
        format!("SET plpgsql.variable_conflict = use_variable; {write}"),
        format!("SET check_function_bodies = off; SET jit = off; {change}"),
        format!("PREPARE p AS {write}; EXECUTE p"),
        format!(
            "BEGIN; DECLARE c CURSOR FOR SELECT * FROM public.plan WHERE id = {APPROVED} FOR UPDATE; FETCH c; \
                 UPDATE public.plan SET digest = 'x' WHERE CURRENT OF c"
        ),
    ];
    let before = rows(&database.owner).await?;
    for sql in &attacks {
        let refused = attack(&database, sql).await?.ok_or_else(|| format!("went through: {sql}"))?;
        let fits = ["PLAN_IMMUTABLE: ", "permission denied"].iter().any(|word| refused.contains(word));
        assert!(fits, "{refused}\n{sql}");
        assert_eq!(rows(&database.owner).await?, before, "something changed: {sql}");
    }
    Ok(())
}

/// An approval that runs beside a write of the same plan: the write waits for it, and is then refused.
#[tokio::test]
async fn a_write_beside_an_approval_waits_and_is_refused() -> Done {
    let Some(database) = filled("beside").await? else { return Ok(()) };
    database.run(&propose(2)).await?;
    let write = "DELETE FROM quota WHERE id = 20";
    // The approval is first, and not yet committed.
    let approver: DatabaseConnection = database.place.as_application().await?;
    approver.execute_unprepared(&format!("BEGIN; {}", approve(2))).await?;
    let writer = database.place.as_application().await?;
    let mut writing = tokio::spawn(async move { writer.execute_unprepared(write).await });
    let waited = tokio::time::timeout(std::time::Duration::from_millis(300), &mut writing).await;
    assert!(waited.is_err(), "the write did not wait for the approval");
    approver.execute_unprepared("COMMIT").await?;
    let refused = writing.await?.unwrap_err().to_string();
    assert!(refused.contains(PLAN_IMMUTABLE), "{refused}");
    Ok(())
}
