//! What was paid of a partner's cost never changes, reports move along their states only, and a document is used once.

use migration::refusal::{EXPENSE_IMMUTABLE, ILLEGAL_TRANSITION};

use crate::fixture::Database;
use crate::guards::{changes, check_refused, with_word};
use crate::support::{Done, engines};

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

fn moved(to: &str) -> String {
    let day = if to == "PAID" { "'2020-08-01'" } else { "NULL" };
    format!("UPDATE expense_report SET status = '{to}', submitted_by = 'coop', paid_on = {day} WHERE id = 2")
}

/// Another expense, of a report, with a position and a document.
fn expense(verb: &str, id: i64, (report, position): (i64, i64), document: char) -> String {
    let digest = document.to_string().repeat(64);
    format!(
        "{verb} INTO expense VALUES ({id}, {report}, {position}, '2020-05-02', 'beni', NULL, NULL, 100, 0, 100, 'EXEMPT', NULL, FALSE, 0, \
         'nuova', 'nuova', '{digest}', 'REPORTED', NULL, NULL)"
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
                "SUBMITTED" | "ADMITTED" | "PAID" => {
                    check_refused(&database, &with_word(EXPENSE_IMMUTABLE, &[judged])).await?;
                }
                "UNDER_REVIEW" => assert_eq!(database.run(judged).await?, 1),
                _ => {}
            }
            if let Some(next) = WAY.get(at) {
                assert_eq!(database.run(&moved(next)).await?, 1, "{from} {next}");
            }
        }
    }
    Ok(())
}
