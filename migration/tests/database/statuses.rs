//! Statuses move one way, natural keys stay, and audit events are only added, whoever asks.

use migration::refusal::{AUDIT_IMMUTABLE, CODE_IMMUTABLE, DUPLICATE, ILLEGAL_TRANSITION, PLAN_IMMUTABLE};

use crate::fixture::{DRAFT, Database, approve, draft, propose};
use crate::guards::{check_refused, with_word};
use crate::support::{Done, engines};

#[tokio::test]
async fn statuses_move_one_way() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "moves").await?;
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
    }
    Ok(())
}

#[tokio::test]
async fn a_plan_is_approved_only_with_what_it_needs() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "needs").await?;
        database.run(&propose(DRAFT)).await?;
        let full = approve(DRAFT);
        let mut statements = vec![
            (full.replace("resolution_id = 1", "resolution_id = NULL"), ILLEGAL_TRANSITION),
            (full.replace("digest = 'd1'", "digest = NULL"), ILLEGAL_TRANSITION),
            (full.replace("'assemblea'", "NULL"), ILLEGAL_TRANSITION),
            (full.replace("'assemblea'", "'azienda'"), ILLEGAL_TRANSITION),
            (full.replace("'2020-01-03T00:00:00Z'", "NULL"), ILLEGAL_TRANSITION),
            (full.replace("SET ", "SET proposed_by = NULL, "), ILLEGAL_TRANSITION),
            (
                full.replace("SET ", "SET proposed_by = 'other', ").replace("'assemblea'", "'azienda'"),
                ILLEGAL_TRANSITION,
            ),
            (format!("UPDATE plan SET proposed_by = 'other' WHERE id = {DRAFT}"), ILLEGAL_TRANSITION),
        ];
        for status in ["PROPOSED", "APPROVED", "WITHDRAWN"] {
            statements.push((draft(90, 90).replace("'DRAFT'", &format!("'{status}'")), ILLEGAL_TRANSITION));
        }
        check_refused(&database, &statements).await?;
        assert_eq!(database.run(&full).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn natural_keys_never_change() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "codes").await?;
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
            ("ambito", "1, 'A9', 'x', 'x', 'x', 'x', NULL, 1"),
            ("ambito", "9, 'A1', 'x', 'x', 'x', 'x', NULL, 1"),
            ("comune", "1, '017009', 'x', NULL, 'x', 1"),
            ("comune", "9, '017001', 'x', NULL, 'x', 1"),
            ("service", "1, 1, 'X', 'x', 'x', 'x', NULL, NULL, 1, NULL, NULL, 1, NULL"),
            ("service", "9, 1, 'SAD', 'x', 'x', 'x', NULL, NULL, 1, NULL, NULL, 1, NULL"),
            ("fund", "1, 1, 'X', 'x', 'STATE', 1"),
            ("fund", "9, 1, 'FNPS', 'x', 'STATE', 1"),
            ("measure", "1, NULL, 'X', 'x', 'x', FALSE, 1"),
            ("measure", "900, NULL, 'RESIDENTS', 'x', 'x', FALSE, 1"),
            ("measure", "900, 1, 'BEDS', 'x', 'x', FALSE, 1"),
        ] {
            for sql in [
                format!("INSERT INTO {table} VALUES ({values})"),
                format!("REPLACE INTO {table} VALUES ({values})"),
                format!("INSERT INTO {table} VALUES ({values}) ON CONFLICT (id) DO UPDATE SET id = excluded.id"),
            ] {
                statements.push((sql, DUPLICATE));
            }
        }
        check_refused(&database, &statements).await?;
        for table in ["ambito", "comune", "service", "fund", "measure"] {
            assert!(database.run_as_owner(&format!("UPDATE {table} SET name = 'another'")).await? > 0, "{table}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn audit_events_are_only_added() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "audit").await?;
        let event = |sequence: i64| {
            format!(
                "INTO audit_event VALUES ({sequence}, '2020-01-03T00:00:00Z', 'x', 'x', 'x', NULL, NULL, 'h2', 'h3')"
            )
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
    }
    Ok(())
}

#[tokio::test]
async fn signed_heads_are_only_added_and_only_for_events() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "heads").await?;
        let head = |sequence: i64, hash: &str| {
            format!("INTO audit_head VALUES ({sequence}, '{hash}', 'k', 's', '2020-01-03T00:00:00Z')")
        };
        let sql = [
            "UPDATE audit_head SET signature = 'x' WHERE sequence = 1",
            "UPDATE OR REPLACE audit_head SET sequence = 2 WHERE sequence = 1",
            "DELETE FROM audit_head WHERE sequence = 1",
            "DELETE FROM audit_head",
            &format!("INSERT {}", head(1, "h1")),
            &format!("REPLACE {}", head(1, "h1")),
            &format!("INSERT OR REPLACE {}", head(1, "h1")),
            &format!("INSERT {} ON CONFLICT (sequence) DO UPDATE SET key_id = 'x'", head(1, "h1")),
            // Of no event, and of one with another hash.
            &format!("INSERT {}", head(3, "h3")),
            &format!("INSERT {}", head(2, "h1")),
        ];
        check_refused(&database, &with_word(AUDIT_IMMUTABLE, &sql)).await?;
        assert_eq!(database.run(&format!("INSERT {}", head(2, "h2"))).await?, 1);
    }
    Ok(())
}
