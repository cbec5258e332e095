//! What the database refuses by itself. Every refusal also shows that no row changed.

mod support;

use migration::refusal::{AUDIT_IMMUTABLE, CODE_IMMUTABLE, DUPLICATE, ILLEGAL_TRANSITION, PLAN_IMMUTABLE};
use sea_orm_migration::sea_orm::DbErr;
use support::{APPROVED, DRAFT, Database, Done, approve, draft, propose};

/// Settings of a connection that the guards must not depend on.
const SETTINGS: [&str; 4] = [
    "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON",
    "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = ON",
    "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = OFF",
];

/// A query for every row of every table, as one text each.
async fn snapshot_query(database: &Database) -> Result<String, DbErr> {
    let mut parts = Vec::new();
    for table in database.tables().await? {
        let columns = database.columns(&table).await?;
        let values: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
        parts.push(format!("SELECT '{table}: ' || {} FROM {table}", values.join(" || ', ' || ")));
    }
    Ok(format!("{} ORDER BY 1", parts.join(" UNION ALL ")))
}

/// Runs each statement under each setting: it must fail with its word and change nothing.
async fn check_refused(database: &Database, statements: &[(String, &str)]) -> Done {
    let snapshot = snapshot_query(database).await?;
    let before = database.texts(&snapshot).await?;
    for setting in SETTINGS {
        database.run(setting).await?;
        for (sql, word) in statements {
            match database.run(sql).await {
                Ok(rows) => return Err(format!("went through ({rows} rows; {setting}): {sql}").into()),
                Err(error) => {
                    let found = error.to_string();
                    assert!(found.contains(&format!("{word}: ")), "{found}\nwanted {word} ({setting}): {sql}");
                }
            }
            assert_eq!(database.texts(&snapshot).await?, before, "something changed: {sql}");
        }
    }
    Ok(())
}

fn with_word<'a>(word: &'a str, statements: &[&str]) -> Vec<(String, &'a str)> {
    statements.iter().map(|sql| ((*sql).to_owned(), word)).collect()
}

/// The tables whose rows belong to a plan, from the catalogue: a new one cannot be forgotten.
async fn plan_tables(database: &Database) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let tables = database
        .texts(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'plan_id' \
             WHERE m.type = 'table' ORDER BY 1",
        )
        .await?;
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
    let database = Database::filled("children").await?;
    for table in plan_tables(&database).await? {
        for plan in [APPROVED, DRAFT] {
            let ids = database.texts(&format!("SELECT quote(id) FROM {table} WHERE plan_id = {plan}")).await?;
            assert_eq!(ids.len(), 2, "the fixture has no rows of plan {plan} in {table}");
        }
        check_refused(&database, &attacks(&table, &database.columns(&table).await?)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn rows_of_a_draft_do_change() -> Done {
    let database = Database::filled("draft").await?;
    for table in plan_tables(&database).await? {
        let changed = database.run(&format!("UPDATE {table} SET plan_id = plan_id WHERE plan_id = {DRAFT}")).await?;
        assert_eq!(changed, 2, "{table}");
    }
    // Without foreign keys, so that the order of the tables does not matter.
    database.run("PRAGMA foreign_keys = OFF").await?;
    for table in plan_tables(&database).await? {
        assert_eq!(database.run(&format!("DELETE FROM {table} WHERE plan_id = {DRAFT}")).await?, 2, "{table}");
    }
    assert_eq!(database.run(&format!("DELETE FROM plan WHERE id = {DRAFT}")).await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_approved_plan_never_changes() -> Done {
    let database = Database::filled("plan").await?;
    let columns = database.columns("plan").await?;
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
    check_refused(&database, &with_word(PLAN_IMMUTABLE, &sql)).await
}

#[tokio::test]
async fn the_resolution_of_an_approved_plan_never_changes() -> Done {
    let database = Database::filled("resolution").await?;
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
    assert_eq!(database.run("UPDATE resolution SET subject = 'x' WHERE id = 2").await?, 1);
    assert_eq!(database.run("DELETE FROM resolution WHERE id = 2").await?, 1);
    Ok(())
}

#[tokio::test]
async fn statuses_move_one_way() -> Done {
    let database = Database::filled("moves").await?;
    let statuses = ["DRAFT", "PROPOSED", "APPROVED", "WITHDRAWN"];
    let may = |from, to| {
        from == to && from != "APPROVED"
            || matches!(
                (from, to),
                ("DRAFT", "PROPOSED" | "WITHDRAWN") | ("PROPOSED", "APPROVED" | "DRAFT" | "WITHDRAWN")
            )
    };
    let mut plan = 10;
    for from in statuses {
        for to in statuses {
            plan += 1;
            let way = match from {
                "PROPOSED" => propose(plan),
                "APPROVED" => format!("{}; {}", propose(plan), approve(plan)),
                "WITHDRAWN" => format!("UPDATE plan SET status = 'WITHDRAWN' WHERE id = {plan}"),
                _ => String::new(),
            };
            database.run(&format!("{}; {way}", draft(plan, plan))).await?;
            let sql = format!(
                "UPDATE plan SET status = '{to}', resolution_id = 1, digest = 'd', proposed_by = 'azienda', \
                 approved_by = 'assemblea', approved_at = '2020-01-03T00:00:00Z' WHERE id = {plan}"
            );
            if may(from, to) {
                assert_eq!(database.run(&sql).await?, 1, "{from} -> {to}");
            } else {
                let word = if from == "APPROVED" { PLAN_IMMUTABLE } else { ILLEGAL_TRANSITION };
                check_refused(&database, &[(sql, word)]).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_plan_is_approved_only_with_what_it_needs() -> Done {
    let database = Database::filled("needs").await?;
    database.run(&propose(DRAFT)).await?;
    let full = approve(DRAFT);
    let mut statements = vec![
        (full.replace("resolution_id = 1", "resolution_id = NULL"), ILLEGAL_TRANSITION),
        (full.replace("digest = 'd1'", "digest = NULL"), ILLEGAL_TRANSITION),
        (full.replace("'assemblea'", "NULL"), ILLEGAL_TRANSITION),
        (full.replace("'assemblea'", "'azienda'"), ILLEGAL_TRANSITION),
        (full.replace("'2020-01-03T00:00:00Z'", "NULL"), ILLEGAL_TRANSITION),
        (full.replace("SET ", "SET proposed_by = NULL, "), ILLEGAL_TRANSITION),
        (full.replace("SET ", "SET proposed_by = 'other', ").replace("'assemblea'", "'azienda'"), ILLEGAL_TRANSITION),
        (format!("UPDATE plan SET proposed_by = 'other' WHERE id = {DRAFT}"), ILLEGAL_TRANSITION),
    ];
    for status in ["PROPOSED", "APPROVED", "WITHDRAWN"] {
        statements.push((draft(90, 90).replace("'DRAFT'", &format!("'{status}'")), ILLEGAL_TRANSITION));
    }
    check_refused(&database, &statements).await?;
    assert_eq!(database.run(&full).await?, 1);
    Ok(())
}

#[tokio::test]
async fn natural_keys_never_change() -> Done {
    let database = Database::filled("codes").await?;
    let mut statements = with_word(
        CODE_IMMUTABLE,
        &[
            "UPDATE ambito SET code = 'A9' WHERE id = 1",
            "UPDATE OR REPLACE ambito SET code = 'A2' WHERE id = 1",
            "UPDATE comune SET istat_code = '017009' WHERE id = 1",
            "UPDATE OR REPLACE comune SET istat_code = '017004' WHERE id = 1",
            "UPDATE OR REPLACE comune SET id = 2 WHERE id = 1",
            "UPDATE comune SET rowid = 9 WHERE id = 1",
            "UPDATE service SET code = 'X' WHERE id = 1",
            "UPDATE service SET ambito_id = 2 WHERE id = 1",
            "UPDATE fund SET code = 'X' WHERE id = 1",
            "UPDATE fund SET ambito_id = 2 WHERE id = 1",
            "UPDATE measure SET code = 'X' WHERE id = 1",
            "UPDATE measure SET ambito_id = 1 WHERE id = 1",
            "UPDATE measure SET ambito_id = NULL WHERE id = 100",
        ],
    );
    for (table, values) in [
        ("ambito", "1, 'A9', 'x', 'x', 'x', 'x', NULL"),
        ("ambito", "9, 'A1', 'x', 'x', 'x', 'x', NULL"),
        ("comune", "1, '017009', 'x', NULL, 'x'"),
        ("comune", "9, '017001', 'x', NULL, 'x'"),
        ("service", "1, 1, 'X', 'x', 'x', 'x', NULL, NULL, 1"),
        ("service", "9, 1, 'SAD', 'x', 'x', 'x', NULL, NULL, 1"),
        ("fund", "1, 1, 'X', 'x', 'STATE'"),
        ("fund", "9, 1, 'FNPS', 'x', 'STATE'"),
        ("measure", "1, NULL, 'X', 'x', 'x', FALSE"),
        ("measure", "900, NULL, 'RESIDENTS', 'x', 'x', FALSE"),
        ("measure", "900, 1, 'BEDS', 'x', 'x', FALSE"),
    ] {
        for sql in [
            format!("INSERT INTO {table} VALUES ({values})"),
            format!("REPLACE INTO {table} VALUES ({values})"),
            format!("INSERT INTO {table} VALUES ({values}) ON CONFLICT DO UPDATE SET id = excluded.id"),
        ] {
            statements.push((sql, DUPLICATE));
        }
    }
    check_refused(&database, &statements).await?;
    for table in ["ambito", "comune", "service", "fund", "measure"] {
        assert!(database.run(&format!("UPDATE {table} SET name = 'another'")).await? > 0, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn audit_events_are_only_added() -> Done {
    let database = Database::filled("audit").await?;
    let event = |sequence: i64| {
        format!("INTO audit_event VALUES ({sequence}, '2020-01-03T00:00:00Z', 'x', 'x', 'x', NULL, NULL, 'h2', 'h3')")
    };
    let sql = [
        "UPDATE audit_event SET actor = 'x' WHERE sequence = 1",
        "UPDATE OR REPLACE audit_event SET sequence = 1 WHERE sequence = 2",
        "DELETE FROM audit_event WHERE sequence = 2",
        "DELETE FROM audit_event",
        &format!("INSERT {}", event(1)),
        &format!("REPLACE {}", event(1)),
        &format!("INSERT OR REPLACE {}", event(2)),
        &format!("INSERT {} ON CONFLICT (sequence) DO UPDATE SET actor = 'x'", event(2)),
    ];
    check_refused(&database, &with_word(AUDIT_IMMUTABLE, &sql)).await?;
    assert_eq!(database.run(&format!("INSERT {}", event(3))).await?, 1);
    Ok(())
}
