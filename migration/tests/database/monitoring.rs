//! Monitoring reports that an older program left: whose they are, when they were begun, and that what was submitted stays readable.

use std::error::Error;

use migration::{Migrator, MigratorTrait, migrate};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

use crate::support::{Done, Engine, Place, engines, texts};

/// The change that says whose a report is.
const CHANGE: &str = "m20261123_000016_monitoring_past";

/// From partner 1 to partner 2 in June 2020, and to both in 2021. Reports of March, July and of January 2021; the first two were submitted.
const OLDER: &str = "
INSERT INTO ambito VALUES (1, 'A1', 'Ambito uno', 'Lombardia', 'BS', 'Azienda', NULL, 1);
INSERT INTO partner VALUES (1, 1, 'COOP', 'Cooperativa', NULL, 1), (2, 1, 'ALTRA', 'Altra', NULL, 1);
INSERT INTO agreement VALUES (1, 1, 'COPROG', 'CO_DESIGN', NULL);
INSERT INTO agreement_version VALUES
  (1, 1, 1, 'ORIGINAL', 'C', NULL, '2020-01-01', '2020-01-01', '2020-05-31', NULL, FALSE, '@digest', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    'azienda', '2020-01-01T00:00:00Z'),
  (2, 1, 2, 'RENEWAL', 'C', NULL, '2020-06-01', '2020-06-01', '2020-12-31', NULL, FALSE, '@digest', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    'azienda', '2020-01-01T00:00:00Z'),
  (3, 1, 3, 'RENEWAL', 'C', NULL, '2021-01-01', '2021-01-01', '2021-12-31', NULL, FALSE, '@digest', 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    'azienda', '2020-01-01T00:00:00Z');
INSERT INTO agreement_partner VALUES (1, 1, 1, 1), (2, 2, 1, 2), (3, 3, 1, 1), (4, 3, 2, 2);
INSERT INTO monitoring_field VALUES (1, 1, 1, 'ORE', 'Ore svolte', 'NUMBER', TRUE, FALSE, 1), (2, 1, 2, 'NOTE', 'Note', 'TEXT', FALSE, FALSE, 1);
INSERT INTO monitoring_report VALUES (1, 1, 'P1', 202003, 'SUBMITTED', '2020-04-05', 'coop', 3),
  (2, 1, 'P1', 202007, 'SUBMITTED', '2020-08-05', 'azienda', 2), (5, 1, 'P1', 202101, 'DRAFT', NULL, 'coop', 1);
INSERT INTO monitoring_value VALUES (1, 1, 1, '12'), (2, 1, 2, 'nota'), (3, 2, 1, '7'), (9, 5, 1, '3');
";

/// Brings an empty database to what it was before a change, fills it, and brings it to this version.
async fn grown(place: &Place, change: &str, rows: &str) -> Result<DatabaseConnection, Box<dyn Error>> {
    let db = place.as_owner().await?;
    let before = Migrator::migrations().iter().position(|one| one.name() == change).ok_or("no such change")?;
    let tx = db.begin().await?;
    Migrator::up(&tx, Some(u32::try_from(before)?)).await?;
    tx.execute_unprepared(&rows.replace("@digest", &"2".repeat(64))).await?;
    tx.commit().await?;
    migrate(&db, place.role().as_deref()).await?;
    Ok(db)
}

#[tokio::test]
async fn reports_that_were_there_stay_with_their_answers() -> Done {
    for engine in engines() {
        let place = Place::new(engine, "monitoring").await?;
        let db = grown(&place, CHANGE, OLDER).await?;
        // Of one partner its own; of two the managing body's.
        let reports = "SELECT CAST(id AS TEXT) || ' ' || CAST(month AS TEXT) || ' ' || coalesce(CAST(partner_id AS TEXT), '-') \
            || ' ' || CAST(row_version AS TEXT) FROM monitoring_report ORDER BY id";
        assert_eq!(texts(&db, reports).await?, ["1 202003 1 3", "2 202007 2 2", "5 202101 - 1"]);
        let values = "SELECT CAST(id AS TEXT) || ' ' || CAST(report_id AS TEXT) || ' ' || value FROM monitoring_value ORDER BY id";
        assert_eq!(texts(&db, values).await?, ["1 1 12", "2 1 nota", "3 2 7", "9 5 3"]);
        let kept = "SELECT CAST(s.report_id AS TEXT) || ' ' || CAST(s.submitted_on AS TEXT) || ' ' || s.submitted_by || ' ' || v.name \
            || ' ' || v.value FROM monitoring_submission s JOIN monitoring_submission_value v ON v.submission_id = s.id \
            ORDER BY s.report_id, v.position";
        let expected =
            ["1 2020-04-05 coop Ore svolte 12", "1 2020-04-05 coop Note nota", "2 2020-08-05 azienda Ore svolte 7"];
        assert_eq!(texts(&db, kept).await?, expected);
        let counts = "SELECT code FROM monitoring_field WHERE counts_people";
        assert_eq!(texts(&db, counts).await?, ["ORE"]);
        if engine == Engine::Sqlite {
            let last = "SELECT CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = 'monitoring_report'";
            assert_eq!(texts(&db, last).await?, ["5"], "a number would be given twice");
        }
        // Each partner may have a report of the month now, and the managing body one.
        let another = |id: i32, partner: &str| {
            format!(
                "INSERT INTO monitoring_report (id, agreement_id, programme_code, month, status, written_by, partner_id) \
                 VALUES ({id}, 1, 'P1', 202101, 'DRAFT', 'x', {partner})"
            )
        };
        for (id, partner, fits) in [(6, "1", true), (7, "2", true), (8, "1", false), (9, "NULL", false)] {
            assert_eq!(db.execute_unprepared(&another(id, partner)).await.is_ok(), fits, "{partner}");
        }
    }
    Ok(())
}

/// The change that says when a report was begun.
const BEGUN: &str = "m20261124_000020_monitoring_begun";

/// Reports of partner 1, of partner 2 and of the managing body, some from the time when the trail named no partner; of 5 and 6 it tells nothing.
const NOT_SAID_WHEN: &str = "
INSERT INTO ambito VALUES (1, 'A1', 'Ambito uno', 'Lombardia', 'BS', 'Azienda', NULL, 1);
INSERT INTO partner VALUES (1, 1, 'COOP', 'Cooperativa', NULL, 1), (2, 1, 'ALTRA', 'Altra', NULL, 1);
INSERT INTO agreement VALUES (1, 1, 'COPROG', 'CO_DESIGN', NULL);
INSERT INTO monitoring_report VALUES (1, 1, 'P1', 202003, 'DRAFT', NULL, 'coop', 3, 1), (2, 1, 'P1', 202004, 'DRAFT', NULL, 'coop', 1, 1),
  (3, 1, 'P1', 202004, 'DRAFT', NULL, 'azienda', 1, NULL), (4, 1, 'P1', 202004, 'DRAFT', NULL, 'altra', 1, 2),
  (5, 1, 'P1', 202005, 'SUBMITTED', '2020-06-09', 'azienda', 4, NULL), (6, 1, 'P1', 202006, 'DRAFT', NULL, 'azienda', 1, NULL);
INSERT INTO monitoring_submission VALUES (1, 5, 1, '2020-06-07', 'azienda', NULL), (2, 5, 2, '2020-06-09', 'azienda', NULL);
INSERT INTO audit_event VALUES
  (1, '2020-04-02T23:59:59.999999Z', 'coop', 'monitoring.write', 'monitoring:A1/COPROG/P1/202003', NULL, 'd', '', 'h1'),
  (2, '2020-04-20T08:00:00Z', 'coop', 'monitoring.write', 'monitoring:A1/COPROG/P1/202003/COOP', NULL, 'd', 'h1', 'h2'),
  (3, '2020-05-03T08:00:00Z', 'azienda', 'monitoring.write', 'monitoring:A1/COPROG/P1/202004', NULL, 'd', 'h2', 'h3'),
  (4, '2020-05-04T00:00:00Z', 'coop', 'monitoring.write', 'monitoring:A1/COPROG/P1/202004/COOP', NULL, 'd', 'h3', 'h4'),
  (5, '2020-05-05T08:00:00Z', 'altra', 'monitoring.write', 'monitoring:A1/COPROG/P1/202004/ALTRA', NULL, 'd', 'h4', 'h5'),
  (6, '2020-05-06T08:00:00Z', 'altra', 'monitoring.write', 'monitoring:A1/COPROG/P1/202004/ALTRA', 'd', 'd', 'h5', 'h6');
";

#[tokio::test]
async fn the_trail_says_when_reports_that_were_there_were_begun() -> Done {
    for engine in engines() {
        let place = Place::new(engine, "monitoring_begun").await?;
        let db = grown(&place, BEGUN, NOT_SAID_WHEN).await?;
        let days = "SELECT CAST(id AS TEXT) || ' ' || coalesce(CAST(begun_on AS TEXT), '-') FROM monitoring_report ORDER BY id";
        let expected = ["1 2020-04-02", "2 2020-05-04", "3 2020-05-03", "4 2020-05-05", "5 2020-06-07", "6 -"];
        assert_eq!(texts(&db, days).await?, expected);
    }
    Ok(())
}
