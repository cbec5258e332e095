//! What was agreed never changes, and a version is closed with the last row that it says it has. What became of a benefit, and what monitoring showed, is only added to.

use migration::refusal::{
    AGREEMENT_IMMUTABLE, BENEFIT_IMMUTABLE, CODE_IMMUTABLE, MONITORING_IMMUTABLE, WORK_PLAN_IMMUTABLE,
};

use crate::catalogue::columns;
use crate::fixture::Database;
use crate::guards::{changes, check_refused, with_word};
use crate::support::{Done, engines};

/// The tables of what a version holds, and the column of the version that counts their rows. Version 1 of the fixture has one row in each.
pub(crate) const TERMS: [(&str, &str); 13] = [
    ("agreement_partner", "partner_count"),
    ("agreement_service", "service_count"),
    ("agreement_area", "area_count"),
    ("agreement_line", "line_count"),
    ("agreement_line_part", "line_part_count"),
    ("agreement_contribution", "contribution_count"),
    ("agreement_contribution_item", "contribution_item_count"),
    ("agreement_instalment", "instalment_count"),
    ("agreement_milestone", "milestone_count"),
    ("agreement_recurrence", "recurrence_count"),
    ("agreement_perimeter", "perimeter_count"),
    ("agreement_programme", "programme_count"),
    ("agreement_programme_year", "programme_year_count"),
];

/// The tables of what monitoring showed on a past day.
pub(crate) const MONITORING: [&str; 4] =
    ["monitoring_field_past", "monitoring_submission", "monitoring_submission_value", "monitoring_return"];

#[tokio::test]
async fn what_was_agreed_never_changes() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "agreed").await?;
        for table in TERMS.iter().map(|(table, _)| *table).chain(["agreement_version"]) {
            check_refused(&database, &with_word(AGREEMENT_IMMUTABLE, &changes(&database, table).await?)).await?;
        }
        let of_agreement = changes(&database, "agreement").await?;
        let (updates, others): (Vec<_>, Vec<_>) = of_agreement.into_iter().partition(|sql| sql.starts_with("UPDATE"));
        check_refused(&database, &with_word(CODE_IMMUTABLE, &updates)).await?;
        check_refused(&database, &with_word(AGREEMENT_IMMUTABLE, &others)).await?;
        for table in ["benefit_score", "benefit_grant_event"] {
            check_refused(&database, &with_word(BENEFIT_IMMUTABLE, &changes(&database, table).await?)).await?;
        }
        check_refused(&database, &with_word(BENEFIT_IMMUTABLE, &others_in_place(&database).await?)).await?;
        for table in MONITORING {
            check_refused(&database, &with_word(MONITORING_IMMUTABLE, &changes(&database, table).await?)).await?;
        }
        for table in ["work_plan", "work_plan_version", "work_plan_milestone", "work_plan_report"] {
            check_refused(&database, &with_word(WORK_PLAN_IMMUTABLE, &changes(&database, table).await?)).await?;
        }
        let unfit = [
            // An earlier day, a gap, a milestone more than the version says, a report after none.
            "INSERT INTO work_plan_version SELECT 9, work_plan_id, 2, '2019-01-09', title, act, note, starts_on, ends_on, assumed, 0, written_by, written_at FROM work_plan_version WHERE id = 1",
            "INSERT INTO work_plan_version SELECT 9, work_plan_id, 3, '2019-02-01', title, act, note, starts_on, ends_on, assumed, 0, written_by, written_at FROM work_plan_version WHERE id = 1",
            "INSERT INTO work_plan_milestone SELECT 9, version_id, 2, 'M2', item, responsible, from_date, by_date FROM work_plan_milestone WHERE id = 1",
            "INSERT INTO work_plan_report SELECT 9, work_plan_id, 'M2', 2, started_on, done_on, note, recorded_by, recorded_at FROM work_plan_report WHERE id = 1",
        ];
        check_refused(&database, &with_word(WORK_PLAN_IMMUTABLE, &unfit)).await?;
    }
    Ok(())
}

/// Every way to change what a benefit or an application goes by, or to put another in its place.
async fn others_in_place(database: &Database) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut statements = Vec::new();
    for table in ["benefit_application", "benefit_grant"] {
        let is_of_place =
            |sql: &String| !sql.starts_with("DELETE") && (!sql.starts_with("UPDATE") || sql.contains("id = 99"));
        statements.extend(changes(database, table).await?.into_iter().filter(is_of_place));
        for reference in ["NULL", "4294967297", "reference - 1", "reference + 1"] {
            statements.push(format!("UPDATE {table} SET reference = {reference} WHERE id = 1"));
        }
        let columns = columns(&database.owner, table).await?.join(", ");
        let others = columns.replacen("id", "99", 1);
        statements.push(format!("INSERT INTO {table} ({columns}) SELECT {others} FROM {table} WHERE id = 1"));
        statements.push(format!("REPLACE INTO {table} ({columns}) SELECT {others} FROM {table} WHERE id = 1"));
    }
    Ok(statements)
}

#[tokio::test]
async fn a_version_has_no_more_rows_than_it_says() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "closed").await?;
        let mut statements = Vec::new();
        for (table, count) in TERMS {
            let said =
                database.texts(&format!("SELECT CAST({count} AS TEXT) FROM agreement_version WHERE id = 1")).await?;
            assert_eq!(said, ["1"], "{count}");
            let columns = columns(&database.owner, table).await?;
            let select = |version: &str, position: &str, columns: &[String]| {
                let values = columns.iter().map(|column| match column.as_str() {
                    "id" => "99".to_owned(),
                    "version_id" => version.to_owned(),
                    "position" => position.to_owned(),
                    // Another than any that is there.
                    "code" => "'NUOVO'".to_owned(),
                    "year" => "2019".to_owned(),
                    other => other.to_owned(),
                });
                let values: Vec<_> = values.collect();
                format!("INSERT INTO {table} SELECT {} FROM {table} WHERE id = 1", values.join(", "))
            };
            // One more of a version that has one, the first of one that has none or all, one of a version that is not there.
            statements.extend([("1", "2"), ("2", "2"), ("9", "1")].map(|(version, at)| select(version, at, &columns)));
        }
        check_refused(&database, &with_word(AGREEMENT_IMMUTABLE, &statements)).await?;
        let period = |id: i64, number: i64, kind: &str, from: &str, period: &str| {
            format!(
                "INSERT INTO agreement_version SELECT {id}, agreement_id, {number}, '{kind}', title, act, '{from}', {period}, \
                 note, assumed, digest, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, written_by, written_at, 0 \
                 FROM agreement_version WHERE id = 2"
            )
        };
        let version = |id, number, kind: &str, from: &str| period(id, number, kind, from, "starts_on, ends_on");
        let unfit = [
            // A gap, a day that is not later, the same number again.
            version(9, 4, "AMENDMENT", "2020-07-01"),
            version(9, 3, "AMENDMENT", "2020-06-01"),
            version(9, 3, "AMENDMENT", "2020-05-31"),
            version(9, 2, "AMENDMENT", "2020-07-01"),
        ];
        check_refused(&database, &with_word(AGREEMENT_IMMUTABLE, &unfit)).await?;
        assert_eq!(database.run(&version(9, 3, "RENEWAL", "2020-06-02")).await?, 1);
        assert!(
            database.run(&version(10, 4, "ORIGINAL", "2020-07-02")).await.is_err(),
            "only the first is the original"
        );
        // Of a renewal for a coming period the running one is amended all the same; neither holds from a day of another version.
        let coming = "'2021-01-01', '2021-12-31'";
        assert_eq!(database.run(&period(10, 4, "RENEWAL", "2021-01-01", coming)).await?, 1);
        assert_eq!(database.run(&version(11, 5, "AMENDMENT", "2020-07-01")).await?, 1);
        let unfit = [
            version(12, 6, "AMENDMENT", "2020-06-30"),
            version(12, 6, "AMENDMENT", "2020-07-01"),
            period(12, 6, "AMENDMENT", "2020-07-01", coming),
            // Of a period that no act has.
            period(12, 6, "AMENDMENT", "2021-02-01", "'2021-01-02', '2021-12-31'"),
            period(12, 6, "AMENDMENT", "2019-12-31", "'2019-12-01', '2019-12-31'"),
            period(12, 6, "RENEWAL", "2020-12-31", "'2020-12-31', '2020-12-31'"),
        ];
        check_refused(&database, &with_word(AGREEMENT_IMMUTABLE, &unfit)).await?;
    }
    Ok(())
}
