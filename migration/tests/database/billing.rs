//! Charges, payments and matches are only added, and each only as far as its plan, its payment and its charge carry it.

use migration::refusal::{BILLING_IMMUTABLE, BILLING_UNBALANCED};

use crate::fixture::{DRAFT, Database};
use crate::guards::{changes, check_refused, with_word};
use crate::support::{Done, engines};

const TABLES: [&str; 4] = ["billing", "charge", "payment", "payment_match"];

#[tokio::test]
async fn what_was_billed_and_paid_never_changes() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "billed").await?;
        for table in TABLES {
            check_refused(&database, &with_word(BILLING_IMMUTABLE, &changes(&database, table).await?)).await?;
        }
        let again = [
            // By their other keys.
            "REPLACE INTO billing (approved_plan_id, service_id, kind, superseded, charged_on, charge_count, total_cents, reason) \
             VALUES (1, 1, 'AMENDMENT', FALSE, '2020-02-01', 0, 0, 'x')",
            "INSERT INTO billing (id, approved_plan_id, service_id, kind, superseded, charged_on, charge_count, total_cents, reason) \
             VALUES (9, 1, 1, 'AMENDMENT', FALSE, '2020-02-01', 0, 0, 'x')",
            "REPLACE INTO charge (billing_id, position, comune_id, number, due_date, financial_year, amount_cents) \
             VALUES (1, 2, 1, 2, '2020-12-31', 2020, 1)",
            "INSERT INTO charge VALUES (9, 1, 2, 1, 2, '2020-12-31', 2020, 1)",
        ];
        check_refused(&database, &with_word(BILLING_IMMUTABLE, &again)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_billed_or_matched_beyond_what_carries_it() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "unbalanced").await?;
        database
            .run("INSERT INTO service VALUES (7, 2, 'SAD', 'x', 'x', 'x', NULL, NULL, 1, NULL, NULL, 1, NULL)")
            .await?;
        let billing = |plan: i64, service: i64| {
            format!(
                "INSERT INTO billing VALUES (9, {plan}, {service}, 'INSTALMENT', FALSE, '2020-01-03', 0, 0, NULL, NULL, NULL, 'x')"
            )
        };
        let matched = |charge: i64, payment: &str, credit: &str, cents: i64| {
            format!("INSERT INTO payment_match VALUES (9, {charge}, {payment}, {credit}, {cents})")
        };
        let reversal = |ambito: i64, day: &str, cents: i64, of: i64| {
            format!(
                "INSERT INTO payment VALUES (9, {ambito}, 1, '{day}', {cents}, NULL, {of}, 'x', '2020-07-01T00:00:00Z')"
            )
        };
        let sql = [
            // A plan that is not approved; a service of another Ambito; nothing at all.
            billing(DRAFT, 1),
            billing(1, 7),
            billing(77, 1),
            // One charge more than the billing says, and a credit among instalments.
            "INSERT INTO charge VALUES (9, 1, 3, 1, 3, '2020-12-31', 2020, 1)".to_owned(),
            "INSERT INTO charge VALUES (9, 1, 3, 1, 3, '2020-12-31', 2020, -1)".to_owned(),
            // Of the payment 20 is left, of charge 1 200 is open, of charge 2 280, of the credit 30.
            matched(1, "1", "NULL", 21),
            matched(1, "NULL", "3", 31),
            matched(1, "1", "NULL", -1),
            matched(3, "1", "NULL", 1),
            matched(1, "NULL", "2", 1),
            matched(1, "NULL", "1", 1),
            // Another amount than the payment's, an earlier day, another Ambito, what is not there.
            reversal(1, "2020-07-01", -119, 1),
            reversal(1, "2020-05-31", -120, 1),
            reversal(2, "2020-07-01", -120, 1),
            reversal(1, "2020-07-01", -120, 8),
        ];
        let sql: Vec<_> = sql.iter().map(String::as_str).collect();
        check_refused(&database, &with_word(BILLING_UNBALANCED, &sql)).await?;

        // What fits goes through, and closes what it fills.
        for sql in [
            matched(1, "1", "NULL", 20),
            matched(2, "NULL", "3", 30).replace("(9,", "(10,"),
            reversal(1, "2020-06-01", -120, 1),
            matched(1, "9", "NULL", -120).replace("(9,", "(11,"),
        ] {
            assert_eq!(database.run(&sql).await?, 1, "{sql}");
        }
        let full = [
            matched(1, "1", "NULL", 1),
            matched(1, "9", "NULL", -1),
            matched(1, "NULL", "3", 1),
            reversal(1, "2020-07-01", 120, 9).replace("(9,", "(10,"),
        ];
        let full: Vec<_> = full.iter().map(|sql| sql.replace("(9,", "(12,")).collect();
        for sql in &full {
            let refused = database.run(sql).await.map(|_| sql).unwrap_err().to_string();
            let fits = [BILLING_UNBALANCED, BILLING_IMMUTABLE].iter().any(|word| refused.contains(word));
            assert!(fits || refused.to_lowercase().contains("check constraint"), "{refused}: {sql}");
        }
    }
    Ok(())
}

/// What no guard has to say, since the tables do.
#[tokio::test]
async fn the_tables_hold_no_nonsense() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "nonsense").await?;
        let payment = "INSERT INTO payment VALUES (9, 1, 1, '2020-07-01'";
        for sql in [
            "INSERT INTO charge VALUES (9, 2, 0, 1, 1, '2020-12-31', 2020, 1)".to_owned(),
            "INSERT INTO billing VALUES (9, 1, 2, 'OTHER', FALSE, '2020-01-03', 0, 0, NULL, NULL, NULL, 'x')"
                .to_owned(),
            format!("{payment}, 0, NULL, NULL, 'x', '2020-07-01T00:00:00Z')"),
            format!("{payment}, -5, NULL, NULL, 'x', '2020-07-01T00:00:00Z')"),
            format!("{payment}, 5, '', NULL, 'x', '2020-07-01T00:00:00Z')"),
            format!("{payment}, 5, '{}', NULL, 'x', '2020-07-01T00:00:00Z')", "x".repeat(201)),
            "INSERT INTO payment_match VALUES (9, 1, 1, 3, 1)".to_owned(),
            "INSERT INTO payment_match VALUES (9, 1, NULL, NULL, 1)".to_owned(),
            "INSERT INTO payment_match VALUES (9, 1, 1, NULL, 0)".to_owned(),
            "INSERT INTO service VALUES (8, 2, 'X', 'x', 'x', 'x', NULL, NULL, 1, '123456789', NULL, 1, NULL)"
                .to_owned(),
            "INSERT INTO service VALUES (8, 2, 'X', 'x', 'x', 'x', NULL, NULL, 1, NULL, '12345678901234', 1, NULL)"
                .to_owned(),
        ] {
            assert!(database.run(&sql).await.is_err(), "{sql}");
        }
    }
    Ok(())
}
