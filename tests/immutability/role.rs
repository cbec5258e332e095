//! What the application's role on PostgreSQL may not do at all: take the guards out, pass them by, or become somebody who can. SQLite has no roles.

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::support::Server;
use crate::support::tables::{number, snapshot_query, texts, wait};

/// Statements, each with the words of its refusal, those of later versions after a bar. Where there are none, it may pass as long as nothing is another after it.
const REFUSED: &[(&str, &str)] = &[
    ("ALTER TABLE plan ADD COLUMN extra TEXT", "must be owner of table plan"),
    ("ALTER TABLE quota DROP COLUMN amount_cents", "must be owner of table quota"),
    ("ALTER TABLE quota ALTER COLUMN amount_cents TYPE TEXT", "must be owner of table quota"),
    ("ALTER TABLE quota RENAME TO other", "must be owner of table quota"),
    ("ALTER TABLE plan DROP CONSTRAINT plan_pkey CASCADE", "must be owner of table plan"),
    ("ALTER TABLE plan DISABLE TRIGGER ALL", "must be owner of table plan"),
    ("ALTER TABLE plan DISABLE TRIGGER USER", "must be owner of table plan"),
    ("ALTER TABLE plan DISABLE TRIGGER guard_plan_update", "must be owner of table plan"),
    ("ALTER TABLE audit_event DISABLE TRIGGER guard_audit_event_delete", "must be owner of table audit_event"),
    ("ALTER TABLE plan OWNER TO ambito_test_application", "must be owner of table plan"),
    ("ALTER TABLE plan ENABLE ROW LEVEL SECURITY", "must be owner of table plan"),
    ("DROP TABLE quota", "must be owner of table quota"),
    ("DROP TABLE audit_event CASCADE", "must be owner of table audit_event"),
    ("DROP TABLE seaql_migrations", "must be owner of table seaql_migrations"),
    ("DROP INDEX measure_code", "must be owner of index measure_code"),
    ("DROP TRIGGER guard_plan_update ON plan", "must be owner of relation plan"),
    ("DROP FUNCTION guard_plan_update() CASCADE", "must be owner of function guard_plan_update"),
    ("DROP SCHEMA public CASCADE", "must be owner of schema public"),
    ("ALTER FUNCTION guard_plan_update() RENAME TO other", "must be owner of function guard_plan_update"),
    ("ALTER FUNCTION guard_plan_update() SET search_path = pg_temp", "must be owner of function guard_plan_update"),
    (
        "CREATE OR REPLACE FUNCTION guard_plan_update() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "permission denied for schema public",
    ),
    ("TRUNCATE quota", "permission denied for table quota"),
    ("TRUNCATE plan CASCADE", "permission denied for table plan"),
    ("TRUNCATE audit_event", "permission denied for table audit_event"),
    ("TRUNCATE seaql_migrations", "permission denied for table seaql_migrations"),
    ("DELETE FROM seaql_migrations", "permission denied for table seaql_migrations"),
    (
        "INSERT INTO seaql_migrations VALUES ('m99999999_999999_other', 0)",
        "permission denied for table seaql_migrations",
    ),
    (
        "CREATE TRIGGER aside BEFORE UPDATE ON plan FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "permission denied for table plan",
    ),
    ("CREATE RULE aside AS ON DELETE TO quota DO INSTEAD NOTHING", "must be owner of table quota"),
    (
        "CREATE EVENT TRIGGER aside ON ddl_command_start EXECUTE FUNCTION guard_truncate()",
        "permission denied to create event trigger",
    ),
    ("CREATE TABLE other (id BIGINT)", "permission denied for schema public"),
    ("CREATE TEMPORARY TABLE plan (id BIGINT)", "permission denied to create temporary tables"),
    ("CREATE SCHEMA other", "permission denied for database"),
    ("SET session_replication_role = replica", "permission denied to set parameter"),
    ("SELECT set_config('session_replication_role', 'replica', false)", "permission denied to set parameter"),
    ("ALTER ROLE ambito_test_application SET session_replication_role = replica", "permission denied to set parameter"),
    ("ALTER SYSTEM SET fsync = off", "permission denied to set parameter"),
    ("SET ROLE ambito_test_owner", "permission denied to set role"),
    ("SET SESSION AUTHORIZATION ambito_test_owner", "permission denied to set session authorization"),
    ("ALTER ROLE ambito_test_application SUPERUSER", "must be superuser|permission denied to alter role"),
    ("CREATE ROLE other SUPERUSER", "must be superuser|permission denied to create role"),
    (
        "GRANT ambito_test_owner TO ambito_test_application",
        "must have admin option on role|permission denied to grant role",
    ),
    // Whoever holds some right without the option to hand it on is warned, and nothing is granted.
    ("GRANT UPDATE ON audit_event TO ambito_test_application", ""),
    ("GRANT ALL ON plan TO PUBLIC", ""),
    ("GRANT TRIGGER ON quota TO ambito_test_application", ""),
    ("GRANT CREATE ON SCHEMA public TO ambito_test_application", ""),
    ("REVOKE ALL ON plan FROM ambito_test_owner", ""),
    ("COPY quota FROM '/etc/passwd'", "to COPY from a file"),
    ("COPY quota TO PROGRAM 'true'", "COPY to or from an external program"),
    ("SELECT pg_read_file('postgresql.conf')", "permission denied for function pg_read_file"),
    ("SELECT lo_export(1, '/tmp/other')", "permission denied for function lo_export"),
    ("SELECT setval(pg_get_serial_sequence('quota', 'id'), 1)", "permission denied for sequence"),
    ("DROP OWNED BY ambito_test_owner", "permission denied to drop objects"),
    ("REASSIGN OWNED BY ambito_test_owner TO ambito_test_application", "permission denied to reassign objects"),
    ("COMMENT ON TABLE plan IS 'other'", "must be owner of table plan"),
    ("DO $$ BEGIN EXECUTE 'ALTER TABLE plan DISABLE TRIGGER ALL'; END $$", "must be owner of table plan"),
    ("SELECT 1; DROP TABLE quota; SELECT 1", "must be owner of table quota"),
];

/// What there is of tables, triggers, functions, rights and roles, a text a kind.
const CATALOGUE: &str = "
    SELECT string_agg(concat_ws(' ', relname, relkind, relowner, relacl, relrowsecurity), chr(10) ORDER BY relname)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT string_agg(concat_ws(' ', attrelid, attname, atttypid, attnotnull, attisdropped), chr(10) ORDER BY attrelid, attnum)
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT string_agg(concat_ws(' ', tgrelid, tgname, tgenabled, tgfoid), chr(10) ORDER BY pg_trigger.oid) FROM pg_trigger
    UNION ALL SELECT string_agg(concat_ws(' ', proname, prosrc, proconfig, proacl), chr(10) ORDER BY oid)
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT string_agg(concat_ws(' ', conname, contype, conrelid), chr(10) ORDER BY oid) FROM pg_constraint
    UNION ALL SELECT string_agg(concat_ws(' ', nspname, nspacl), chr(10) ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_temp'
    UNION ALL SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolcreaterole, rolconfig), chr(10) ORDER BY rolname)
      FROM pg_roles WHERE rolname LIKE 'ambito_test_%'
    UNION ALL SELECT current_user || ' ' || current_setting('session_replication_role')";

async fn state(db: &DatabaseConnection) -> Vec<String> {
    let mut state = texts(db, CATALOGUE).await;
    state.extend(texts(db, &snapshot_query(db).await).await);
    state
}

#[test]
fn the_application_cannot_take_the_guards_out_or_become_who_can() {
    let server = Server::start();
    if !server.database().is_postgres() {
        return;
    }
    let db = server.store().reader();
    wait(async {
        let before = state(db).await;
        for (sql, words) in REFUSED {
            let done = db.execute_unprepared(sql).await;
            match &done {
                Ok(_) => assert!(words.is_empty(), "it passed: {sql}"),
                Err(problem) if words.is_empty() => assert!(problem.to_string().contains("denied"), "{problem}: {sql}"),
                Err(problem) => {
                    let told = words.split('|').any(|words| problem.to_string().contains(words));
                    assert!(told, "{problem}\nwanted {words}: {sql}");
                }
            }
            assert!(state(db).await == before, "something changed: {sql}");
        }
        assert_eq!(number(db, "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'").await, 0);
    });
}

#[test]
fn the_server_knows_when_the_guards_do_not_bind_it() {
    let server = Server::start();
    if !server.database().is_postgres() {
        assert_eq!(wait(server.store().unbound()).unwrap(), None);
        return;
    }
    for (url, expected) in [
        (server.database().url(), None),
        (server.database().owners_url(), Some("it owns the tables")),
        (server.database().superusers_url(), Some("it is a superuser")),
    ] {
        wait(async {
            let store = api::store::Store::open(&url, server.store().clock().clone()).await.unwrap();
            assert_eq!(store.unbound().await.unwrap(), expected);
            store.close().await.unwrap();
        });
    }
}
