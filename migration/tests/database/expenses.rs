//! What was paid of a partner's cost never changes, reports move along their states only, and a document is used once.

use migration::refusal::{EXPENSE_IMMUTABLE, ILLEGAL_TRANSITION};
use migration::{Migrator, MigratorTrait};
use sea_orm_migration::sea_orm::{ConnectionTrait, TransactionTrait};

use crate::fixture::Database;
use crate::guards::{changes, check_refused, with_word};
use crate::support::{Done, Place, engines, texts};

/// The states of a report, and the ways from each.
const MOVES: [(&str, &[&str]); 5] = [
    ("DRAFT", &["DRAFT", "SUBMITTED"]),
    ("SUBMITTED", &["UNDER_REVIEW", "DRAFT"]),
    ("UNDER_REVIEW", &["UNDER_REVIEW", "DRAFT", "ADMITTED"]),
    ("ADMITTED", &["UNDER_REVIEW", "PAID"]),
    ("PAID", &[]),
];

/// Report 2 of the fixture, a draft, goes so far.
const WAY: [&str; 4] = ["SUBMITTED", "UNDER_REVIEW", "ADMITTED", "PAID"];

/// Somebody moves it, with what the step says beside the status.
fn moved(to: &str) -> String {
    let said = match to {
        "SUBMITTED" => ", submitted_by = 'coop', submitted_at = '2020-07-01T00:00:00Z'",
        "UNDER_REVIEW" => ", reviewed_by = 'azienda'",
        "ADMITTED" => ", reviewed_at = '2020-07-02T00:00:00Z'",
        "PAID" => ", paid_on = '2020-08-01', paid_by = 'azienda', payment_reference = 'CRO 3'",
        _ => "",
    };
    format!("UPDATE expense_report SET status = '{to}'{said} WHERE id = 2")
}

/// Another expense, of a report, with a position and a document.
fn expense(verb: &str, id: i64, (report, position): (i64, i64), document: char) -> String {
    let digest = document.to_string().repeat(64);
    format!(
        "{verb} INTO expense VALUES ({id}, {report}, {position}, '2020-05-02', 'beni', NULL, NULL, 100, 0, 100, 'EXEMPT', NULL, FALSE, 0, \
         'nuova', 'nuova', '{digest}', 'REPORTED', NULL, NULL, 'coop', NULL)"
    )
}

#[tokio::test]
async fn what_was_paid_never_changes() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "reported").await?;
        // Report 1 was paid, and expenses 1 and 2 are in it.
        for table in ["expense_report", "expense"] {
            check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &changes(&database, table).await?)).await?;
        }
        let others = [
            // Into it, and out of it.
            expense("INSERT", 9, (1, 9), '9'),
            expense("REPLACE", 9, (1, 1), '9'),
            "UPDATE expense SET report_id = 1 WHERE id = 3".to_owned(),
            "UPDATE expense SET report_id = 2, position = 9 WHERE id = 1".to_owned(),
            "UPDATE expense SET refusal = NULL WHERE id = 2".to_owned(),
            "UPDATE expense_report SET number = 1 WHERE id = 2".to_owned(),
            "UPDATE OR REPLACE expense_report SET number = 1 WHERE id = 2".to_owned(),
            "UPDATE expense_report SET paid_on = '2020-06-01' WHERE id = 1".to_owned(),
            "REPLACE INTO expense_report (agreement_id, partner_id, number, period_from, period_to, status, created_by) \
             VALUES (1, 1, 1, '2020-01-01', '2020-01-02', 'DRAFT', 'x')"
                .to_owned(),
            // By the document that an expense of it has: 4 is that of expense 1.
            expense("INSERT", 9, (2, 9), '4'),
            expense("REPLACE", 9, (2, 9), '4'),
            format!("UPDATE expense SET document_digest = '{}' WHERE id = 3", "4".repeat(64)),
            format!("UPDATE OR REPLACE expense SET document_digest = '{}' WHERE id = 3", "4".repeat(64)),
        ];
        check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &others)).await?;
        // That of expense 2, which was refused, is free; once.
        assert_eq!(database.run(&expense("INSERT", 9, (2, 9), '5')).await?, 1);
        check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &[expense("INSERT", 10, (2, 10), '5')])).await?;
    }
    Ok(())
}

/// What else of a report, and of its expenses, does not change in a status or on the way out of it. Of expense 3 nobody knows who wrote it; expense 4 is the partner's.
async fn check_steps(database: &Database, from: &str) -> Done {
    let fixed = ["note = 'x'", "period_to = '2020-06-29'", "act_id = NULL", "act_id = 2"];
    let set = |what: &&str| format!("UPDATE expense_report SET {what} WHERE id = 2");
    let immutable: Vec<String> = match from {
        "DRAFT" => vec![
            set(&"act_id = NULL"),
            set(&"act_id = 2"),
            set(&"act_id = 3"),
            expense("INSERT", 9, (2, 9), '9').replace("'REPORTED', NULL", "'ADMITTED', 0"),
            "UPDATE expense SET status = 'REFUSED', admitted_cents = 0 WHERE id = 3".to_owned(),
            "UPDATE expense SET created_by = 'x' WHERE id = 3".to_owned(),
        ],
        "SUBMITTED" => {
            let taken_up =
                |what: &&str| set(&format!("status = 'UNDER_REVIEW', reviewed_by = 'azienda', {what}").as_str());
            fixed.iter().chain(&["submitted_by = 'x'"]).map(taken_up).collect()
        }
        "UNDER_REVIEW" => {
            let others = [
                "reviewed_by = 'x'",
                "reviewed_at = '2020-07-09T00:00:00Z'",
                "submitted_by = 'x'",
                "submitted_at = NULL",
                "returned_reason = 'x'",
                "payment_reference = 'x'",
                "paid_by = 'x'",
                "status = 'ADMITTED', reviewed_at = '2020-07-02T00:00:00Z', submitted_by = 'x'",
            ];
            let sets = fixed.iter().chain(&others).map(set);
            sets.chain(["UPDATE expense SET updated_by = 'x' WHERE id = 3".to_owned()]).collect()
        }
        "ADMITTED" => {
            let others = [
                "reviewed_by = 'x'",
                "reviewed_at = NULL",
                "submitted_at = NULL",
                "returned_reason = 'x'",
                "note = 'x'",
                "row_version = 9, period_to = '2020-06-29'",
            ];
            others
                .map(|what| {
                    format!("UPDATE expense_report SET status = 'PAID', paid_on = '2020-08-01', {what} WHERE id = 2")
                })
                .into()
        }
        _ => Vec::new(),
    };
    check_refused(database, &with_word(EXPENSE_IMMUTABLE, &immutable)).await?;
    let illegal: &[&str] = match from {
        // Nobody's review, and that of who submitted it, wrote an expense, or said it anew.
        "SUBMITTED" => &[
            "status = 'UNDER_REVIEW'",
            "status = 'UNDER_REVIEW', reviewed_by = 'coop'",
            "status = 'UNDER_REVIEW', reviewed_by = 'wrote'",
            "status = 'UNDER_REVIEW', reviewed_by = 'said'",
        ],
        // Judged they are all; and what was admitted is not taken into a draft.
        "UNDER_REVIEW" => &[
            "status = 'ADMITTED'",
            "status = 'ADMITTED', reviewed_at = '2020-07-02T00:00:00Z', reviewed_by = NULL",
            "status = 'ADMITTED', reviewed_at = '2020-07-02T00:00:00Z', reviewed_by = 'wrote'",
            "status = 'DRAFT'",
        ],
        _ => &[],
    };
    let illegal: Vec<String> = illegal.iter().map(set).collect();
    check_refused(database, &with_word(ILLEGAL_TRANSITION, &illegal)).await
}

#[tokio::test]
async fn a_report_moves_along_its_states_only() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "moves").await?;
        let born = |status: &str| {
            format!(
                "INSERT INTO expense_report (id, agreement_id, partner_id, number, period_from, period_to, status, created_by, submitted_by) \
                 VALUES (9, 1, 1, 9, '2020-01-01', '2020-01-02', '{status}', 'x', 'x')"
            )
        };
        let born = ["SUBMITTED", "UNDER_REVIEW", "ADMITTED"].map(born);
        check_refused(&database, &with_word(ILLEGAL_TRANSITION, &born)).await?;
        let other = expense("INSERT", 4, (2, 2), '8').replace("'coop', NULL", "'wrote', 'said'");
        assert_eq!(database.run(&other).await?, 1);
        for (at, (from, allowed)) in MOVES.iter().enumerate() {
            let word = if *from == "PAID" { EXPENSE_IMMUTABLE } else { ILLEGAL_TRANSITION };
            let others = MOVES.iter().map(|(to, _)| *to).filter(|to| !allowed.contains(to));
            let others: Vec<String> = others.map(moved).collect();
            check_refused(&database, &with_word(word, &others)).await?;
            if *from != "DRAFT" {
                // Its expenses stay, but for what a review says of them.
                let cited = [
                    "DELETE FROM expense WHERE id = 3",
                    "UPDATE expense SET charged_cents = 0, category = 'x' WHERE id = 3",
                ];
                check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &cited)).await?;
                let gone = ["DELETE FROM expense_report WHERE id = 2"];
                check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &gone)).await?;
            }
            let judged = "UPDATE expense SET status = 'ADMITTED', admitted_cents = 0 WHERE id = 3";
            match *from {
                "DRAFT" | "SUBMITTED" | "ADMITTED" | "PAID" => {
                    check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &[judged])).await?;
                }
                // Before the last of them is judged the report is not admitted.
                "UNDER_REVIEW" => {
                    let refuse = "UPDATE expense SET status = 'REFUSED', admitted_cents = 0 WHERE id = 4";
                    assert_eq!(database.run(refuse).await?, 1);
                    check_refused(&database, &with_word(ILLEGAL_TRANSITION, &[moved("ADMITTED")])).await?;
                    assert_eq!(database.run(judged).await?, 1);
                }
                _ => {}
            }
            check_steps(&database, from).await?;
            if let Some(next) = WAY.get(at) {
                assert_eq!(database.run(&moved(next)).await?, 1, "{from} {next}");
            }
        }
    }
    Ok(())
}

/// What was written before version 15 gets its act, and keeps its author unknown; what was paid is no hindrance.
#[tokio::test]
async fn what_was_there_before_gets_its_act() -> Done {
    for engine in engines() {
        let place = Place::new(engine, "before_review").await?;
        let owner = place.as_owner().await?;
        let tx = owner.begin().await?;
        Migrator::up(&tx, Some(14)).await?;
        tx.execute_unprepared(&before()).await?;
        tx.commit().await?;
        migration::migrate(&owner, None).await?;
        let acts = "SELECT CAST(id AS TEXT) || ' ' || act_id FROM expense_report ORDER BY id";
        // The first act; the renewal; the first act, which is cut short before it; the act of the other agreement.
        assert_eq!(texts(&owner, acts).await?, ["1 1", "2 3", "3 1", "4 4"]);
        let keys = "SELECT document_key || coalesce(created_by, '') FROM expense ORDER BY id";
        assert_eq!(texts(&owner, keys).await?, ["fattura12a", "--"]);
        let paid = owner.execute_unprepared("UPDATE expense_report SET note = 'x' WHERE id = 1").await;
        assert!(paid.unwrap_err().to_string().contains(EXPENSE_IMMUTABLE));
    }
    Ok(())
}

/// An agreement with an amendment that cuts it short and a renewal, another with none, and reports of version 14.
fn before() -> String {
    let version = |id: i64, agreement: i64, number: i64, kind: &str, days: [&str; 3]| {
        let [from, start, end] = days;
        let digest = "2".repeat(64);
        format!(
            "INSERT INTO agreement_version VALUES ({id}, {agreement}, {number}, '{kind}', 'Convenzione', NULL, '{from}', '{start}', '{end}', \
               NULL, FALSE, '{digest}', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'azienda', '2020-01-01T00:00:00Z');"
        )
    };
    let report = |id: i64, agreement: i64, days: [&str; 2]| {
        format!(
            "INSERT INTO expense_report (id, agreement_id, partner_id, number, period_from, period_to, status, created_by, submitted_by, \
               reviewed_by, reviewed_at) \
             VALUES ({id}, {agreement}, 1, {id}, '{}', '{}', 'DRAFT', 'x', 'coop', 'azienda', '2020-07-02T00:00:00Z');",
            days[0], days[1]
        )
    };
    let expense = |id: i64, key: &str, digit: &str| {
        format!(
            "INSERT INTO expense VALUES ({id}, 1, {id}, '2020-01-02', 'beni', NULL, NULL, 100, 0, 100, 'EXEMPT', NULL, FALSE, 0, 'x', '{key}', \
             '{}', 'ADMITTED', 0, NULL);",
            digit.repeat(64)
        )
    };
    let master = "INSERT INTO ambito (id, code, name, region, province, managing_body) VALUES (1, 'A1', 'Uno', 'Lombardia', 'BS', 'Azienda'); \
         INSERT INTO partner (id, ambito_id, code, name) VALUES (1, 1, 'COOP', 'Cooperativa'); \
         INSERT INTO agreement (id, ambito_id, code, kind) VALUES (1, 1, 'A', 'CO_DESIGN'), (2, 1, 'B', 'CO_DESIGN');";
    let mut sql = vec![
        master.to_owned(),
        version(1, 1, 1, "ORIGINAL", ["2020-01-01", "2020-01-01", "2021-12-31"]),
        version(2, 1, 2, "AMENDMENT", ["2020-06-01", "2020-01-01", "2020-12-31"]),
        version(3, 1, 3, "RENEWAL", ["2021-06-01", "2021-06-01", "2022-12-31"]),
        version(4, 2, 1, "ORIGINAL", ["2020-01-01", "2020-01-01", "2020-12-31"]),
        report(1, 1, ["2020-01-01", "2020-03-31"]),
        report(2, 1, ["2021-06-01", "2021-06-30"]),
        report(3, 1, ["2021-01-01", "2021-03-31"]),
        report(4, 2, ["2020-01-01", "2020-03-31"]),
        expense(1, "fatt-ura12/a", "1"),
        expense(2, "--", "2"),
    ];
    sql.extend(
        ["SUBMITTED", "UNDER_REVIEW", "ADMITTED"]
            .map(|to| format!("UPDATE expense_report SET status = '{to}' WHERE id = 1;")),
    );
    sql.push("UPDATE expense_report SET status = 'PAID', paid_on = '2020-08-01' WHERE id = 1;".to_owned());
    sql.concat()
}
