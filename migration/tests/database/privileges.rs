//! The application's role on `PostgreSQL`: what it may do, to the letter, and which roles are refused.

use std::collections::BTreeMap;

use migration::{Migrator, MigratorTrait, migrate};
use sea_orm_migration::sea_orm::{ConnectionTrait, TransactionTrait};

use crate::catalogue::{columns, rows, schema, tables};
use crate::fixture::Database;
use crate::support::{Done, Engine, Place, engines, texts};

/// What the program does to each table besides reading it and adding rows, written down apart from the list that grants it.
const WRITES: [(&str, &str); 27] = [
    ("activity", "DELETE INSERT"),
    ("activity_month", "DELETE INSERT"),
    ("adjustment", "DELETE INSERT"),
    ("audit_event", "INSERT"),
    ("basis", "DELETE INSERT"),
    ("benefit_criterion", "DELETE INSERT"),
    ("body_member", "DELETE INSERT"),
    ("budget", "DELETE INSERT"),
    ("budget_line", "DELETE INSERT"),
    ("expense", "DELETE INSERT"),
    ("expense_report", "DELETE INSERT"),
    ("funding", "DELETE INSERT"),
    ("idempotency_key", "DELETE INSERT"),
    ("indicator", "DELETE INSERT"),
    ("indicator_past", "DELETE INSERT"),
    ("monitoring_value", "DELETE INSERT"),
    ("participant", "DELETE INSERT"),
    ("plan_instalment", "DELETE INSERT"),
    ("project_milestone", "DELETE INSERT"),
    ("quota", "DELETE INSERT"),
    ("rule", "DELETE INSERT"),
    ("rule_band", "DELETE INSERT"),
    ("rule_weight", "DELETE INSERT"),
    ("seaql_migrations", ""),
    ("service_fund", "DELETE INSERT"),
    ("service_target", "DELETE INSERT"),
    ("service_task", "DELETE INSERT"),
];

/// The columns that it changes.
const CHANGES: [(&str, &str); 27] = [
    ("ambito", "legal_form managing_body name province region row_version"),
    ("benefit_application", "reason row_version status"),
    ("benefit_grant", "committed_cents row_version status"),
    ("benefit_measure", "act budget_cents criteria ends_on fund_id kind name position row_version starts_on"),
    ("budget", "amount_cents assumed municipal_share_cents note residue_cents"),
    ("client", "revoked_at"),
    ("comune", "cadastral_code name province row_version"),
    (
        "expense",
        "admitted_cents category charged_cents description document_digest document_key document_reference gross_cents line_code net_cents refusal spent_on status updated_by vat_cents vat_rate_micros vat_recoverable vat_regime",
    ),
    (
        "expense_report",
        "act_id note paid_by paid_on payment_reference period_from period_to returned_reason reviewed_at reviewed_by row_version status submitted_at submitted_by",
    ),
    ("fund", "name row_version"),
    ("funding", "amount_cents"),
    ("governing_body", "ends_on every_months level meetings name row_version"),
    ("indicator", "at_most counts_people from_month position row_version target_micros unit"),
    ("indicator_reading", "assumed row_version source value_micros"),
    ("measure", "name row_version unit"),
    ("measurement", "assumed row_version source value_micros"),
    ("membership", "row_version valid_from valid_to"),
    ("milestone_progress", "done_on note row_version started_on"),
    ("monitoring_field", "counts_people from_month name position required retired row_version"),
    ("monitoring_report", "row_version status submitted_on written_by"),
    ("partner", "name row_version tax_code"),
    ("plan", "approved_at approved_by digest proposed_at proposed_by resolution_id row_version status"),
    ("programme", "from_year note row_version title to_year"),
    ("project", "act ambiti_count contribution_cents ends_on fund_id name note row_version starts_on years"),
    ("project_milestone", "done_on started_on"),
    ("resolution", "adopted_on body number row_version subject"),
    ("service", "area cig cup delivery mission_programme name note position row_version target_area"),
];

fn postgres() -> bool {
    engines().contains(&Engine::Postgres)
}

#[tokio::test]
async fn the_role_has_what_the_program_needs_and_no_more() -> Done {
    if !postgres() {
        return Ok(());
    }
    let database = Database::migrated(Engine::Postgres, "exact").await?;
    let role = database.place.application();
    let granted = texts(
        &database.owner,
        &format!(
            "SELECT relname || ': ' || string_agg(privilege_type, ' ' ORDER BY privilege_type) \
             FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace \
             AND grantee = '{role}'::regrole AND NOT is_grantable GROUP BY relname ORDER BY relname"
        ),
    )
    .await?;
    let mut names = tables(&database.owner).await?;
    names.push("seaql_migrations".to_owned());
    names.sort();
    let writes = BTreeMap::from(WRITES);
    let expected: Vec<_> = names
        .iter()
        .map(|table| {
            let mut all: Vec<_> =
                writes.get(table.as_str()).copied().unwrap_or("INSERT").split_whitespace().chain(["SELECT"]).collect();
            all.sort_unstable();
            format!("{table}: {}", all.join(" "))
        })
        .collect();
    assert_eq!(granted, expected);

    // Of everything else: the schema's use, the connection; and for PUBLIC nothing but, of the database, the connection.
    let others = "
        SELECT 'schema ' || privilege_type || ' ' || grantee::regrole FROM pg_namespace, aclexplode(nspacl)
          WHERE nspname = 'public' AND grantee <> nspowner
        UNION ALL SELECT 'database ' || privilege_type || ' ' || grantee::regrole FROM pg_database, aclexplode(datacl)
          WHERE datname = current_database() AND grantee <> datdba
        UNION ALL SELECT relname || ' ' || privilege_type FROM pg_class,
          aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner)))
          WHERE relnamespace = 'public'::regnamespace AND (grantee = 0 OR relkind = 'S' AND grantee <> relowner)
        UNION ALL SELECT proname || ' ' || privilege_type FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
          WHERE pronamespace = 'public'::regnamespace AND grantee <> proowner
        UNION ALL SELECT concat_ws(' ', privilege_type, attrelid::regclass, attname, grantee::regrole)
          FROM pg_attribute, aclexplode(attacl)
          WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        ORDER BY 1";
    let mut expected =
        vec![format!("database CONNECT {role}"), "database CONNECT -".to_owned(), format!("schema USAGE {role}")];
    for (table, columns) in CHANGES {
        expected.extend(columns.split(' ').map(|column| format!("UPDATE {table} {column} {role}")));
    }
    expected.sort();
    let mut found = texts(&database.owner, others).await?;
    found.sort();
    assert_eq!(found, expected);
    Ok(())
}

/// Rights that someone gave by hand are gone after the next migration.
#[tokio::test]
async fn every_migration_gives_and_takes_anew() -> Done {
    if !postgres() {
        return Ok(());
    }
    let database = Database::filled(Engine::Postgres, "anew").await?;
    let role = database.place.application();
    let (before, data) = (schema(&database.owner).await?, rows(&database.owner).await?);
    let by_hand = format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; \
         GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}; GRANT ALL ON SCHEMA public TO {role}, PUBLIC; \
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}, PUBLIC; GRANT UPDATE (actor) ON audit_event TO {role}; \
         REVOKE INSERT ON quota FROM {role}"
    );
    database.run_as_owner(&by_hand).await?;
    assert_ne!(schema(&database.owner).await?, before);
    migrate(&database.owner, Some(&role)).await?;
    // The order within a list of rights tells how they came about, which is not what counts.
    let sorted = |lines: Vec<String>| -> Vec<String> {
        let mut lines: Vec<String> = lines
            .into_iter()
            .map(|line| {
                let mut parts: Vec<_> = line.split([',', '{', '}']).collect();
                parts.sort_unstable();
                parts.concat()
            })
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(schema(&database.owner).await?), sorted(before));
    assert_eq!(rows(&database.owner).await?, data);
    Ok(())
}

/// New rows get their numbers, although the role may not touch the sequences.
#[tokio::test]
async fn new_rows_get_numbers() -> Done {
    if !postgres() {
        return Ok(());
    }
    let database = Database::migrated(Engine::Postgres, "numbers").await?;
    let sql = "INSERT INTO comune (istat_code, name, province) VALUES ('017001', 'Acquafredda', 'BS'), \
               ('017004', 'Alfianello', 'BS') RETURNING id::text";
    assert_eq!(database.texts(sql).await?, ["1", "2"]);
    for sql in ["SELECT setval('comune_id_seq', 1)", "SELECT nextval('comune_id_seq')"] {
        assert!(database.run(sql).await.unwrap_err().to_string().contains("permission denied for sequence"));
    }
    Ok(())
}

/// Each change to the role or its surroundings, made by the superuser, that a migration must notice.
#[tokio::test]
async fn a_role_that_could_do_more_is_refused() -> Done {
    if !postgres() {
        return Ok(());
    }
    let place = Place::new(Engine::Postgres, "more").await?;
    let (owner, superuser) = (place.as_owner().await?, place.as_superuser().await?);
    let (role, owner_name) = (place.application(), place.owner());
    let other = format!("{role}_other");
    let database = texts(&superuser, "SELECT current_database()::text").await?.concat();
    for (make, undo, word) in [
        (format!("ALTER ROLE {role} SUPERUSER"), format!("ALTER ROLE {role} NOSUPERUSER"), "superuser"),
        (format!("ALTER ROLE {role} CREATEROLE"), format!("ALTER ROLE {role} NOCREATEROLE"), "create roles"),
        (format!("GRANT {owner_name} TO {role}"), format!("REVOKE {owner_name} FROM {role}"), "owner of the database"),
        (
            format!("GRANT pg_write_all_data TO {role}"),
            format!("REVOKE pg_write_all_data FROM {role}"),
            "more rights to the table audit_event than the program needs",
        ),
        (
            format!("GRANT pg_write_server_files TO {role}"),
            format!("REVOKE pg_write_server_files FROM {role}"),
            "pg_write_server_files",
        ),
        (
            format!("GRANT SET ON PARAMETER session_replication_role TO {role}"),
            format!("REVOKE SET ON PARAMETER session_replication_role FROM {role}"),
            "session_replication_role",
        ),
        (
            format!("CREATE ROLE {other}; GRANT CREATE ON SCHEMA public TO {other}; GRANT {other} TO {role}"),
            format!("DROP OWNED BY {other}; DROP ROLE {other}"),
            "create in the schema",
        ),
        (
            format!("CREATE ROLE {other}; GRANT TEMPORARY ON DATABASE {database} TO {other}; GRANT {other} TO {role}"),
            format!("DROP OWNED BY {other}; DROP ROLE {other}"),
            "temporary tables",
        ),
    ] {
        superuser.execute_unprepared(&make).await?;
        let before = schema(&owner).await?;
        let error = migrate(&owner, Some(&role)).await.unwrap_err().to_string();
        assert!(error.contains(word), "{make}: {error}");
        assert_eq!(schema(&owner).await?, before, "{make}");
        superuser.execute_unprepared(&undo).await?;
    }
    assert!(migrate(&owner, Some(&owner_name)).await.is_err());
    migrate(&owner, Some(&role)).await?;
    // Rights to single columns, which need the tables to be there.
    for right in ["UPDATE (actor) ON audit_event", "UPDATE (role) ON client", "INSERT (version) ON seaql_migrations"] {
        let make = format!("CREATE ROLE {other}; GRANT {right} TO {other}; GRANT {other} TO {role}");
        superuser.execute_unprepared(&make).await?;
        let error = migrate(&owner, Some(&role)).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("more rights to the table"), "{right}: {error}");
        superuser.execute_unprepared(&format!("DROP OWNED BY {other}; DROP ROLE {other}")).await?;
    }
    migrate(&owner, Some(&role)).await?;
    Ok(())
}

/// What the program never changes, its role cannot, also where no guard keeps it.
#[tokio::test]
async fn columns_that_the_program_leaves_alone_stay() -> Done {
    if !postgres() {
        return Ok(());
    }
    let database = Database::filled(Engine::Postgres, "columns").await?;
    let before = rows(&database.owner).await?;
    for (table, changed) in CHANGES {
        for column in columns(&database.owner, table).await? {
            let sql = format!("UPDATE {table} SET {column} = {column} WHERE false");
            let done = database.run(&sql).await;
            if changed.split(' ').any(|changed| changed == column) {
                done?;
            } else {
                assert!(done.unwrap_err().to_string().contains("permission denied for table"), "{sql}");
            }
        }
    }
    assert_eq!(rows(&database.owner).await?, before);
    Ok(())
}

/// A change of a later version brings tables: whoever serves already may use them, also where nobody names the role again.
#[tokio::test]
async fn whoever_serves_has_rights_to_new_tables_too() -> Done {
    if !postgres() {
        return Ok(());
    }
    let whole = Database::migrated(Engine::Postgres, "renewed_whole").await?;
    let place = Place::new(Engine::Postgres, "renewed").await?;
    let (owner, role) = (place.as_owner().await?, place.application());
    // As an older version left it, without the changes that came since.
    let tx = owner.begin().await?;
    Migrator::up(&tx, Some(3)).await?;
    tx.execute_unprepared(&format!("GRANT SELECT, INSERT ON audit_event TO {role}")).await?;
    tx.commit().await?;
    migrate(&owner, None).await?;
    let of = |place: &Place, lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|line| line.replace(&place.owner(), "owner").replace(&place.application(), "role")).collect()
    };
    assert_eq!(of(&place, schema(&owner).await?), of(&whole.place, schema(&whole.owner).await?));
    Ok(())
}

/// A name that has to be quoted, and one that would do harm if it were not.
#[tokio::test]
async fn names_of_roles_are_quoted() -> Done {
    if !postgres() {
        return Ok(());
    }
    let place = Place::new(Engine::Postgres, "quoted").await?;
    let superuser = place.as_superuser().await?;
    let name = format!("{}\"; DROP TABLE plan; --", place.application());
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    superuser.execute_unprepared(&format!("CREATE ROLE {quoted}")).await?;
    let done = migrate(&place.as_owner().await?, Some(&name)).await;
    let tables = tables(&superuser).await?;
    superuser.execute_unprepared(&format!("DROP OWNED BY {quoted}; DROP ROLE {quoted}")).await?;
    done?;
    assert!(tables.contains(&"plan".to_owned()));
    Ok(())
}
