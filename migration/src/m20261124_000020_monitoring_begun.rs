//! The day on which a monitoring report was begun: on the days before it nothing was there, whoever asks.
//!
//! Of reports that are there already the audit trail tells it. Before a report was of a partner its events named none, so these are a partner's where there is no report of the whole.
//! Where the trail tells nothing the first submission does; where there is none either the day stays unknown.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::{Engine, engine, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let day = match engine(manager)? {
            Engine::Sqlite => "substr(e.at, 1, 10)",
            Engine::Postgres => "CAST(e.at AT TIME ZONE 'UTC' AS DATE)",
        };
        run(manager, &BEGUN.replace("@event_day", day).replace("@place", PLACE)).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Days are those of UTC, as the program counts them. Events that name no partner are the older ones: they go first.
const BEGUN: &str = "
ALTER TABLE monitoring_report ADD COLUMN begun_on @day;

UPDATE monitoring_report SET begun_on = (SELECT min(@event_day) FROM audit_event e WHERE e.subject = @place)
WHERE partner_id IS NULL OR NOT EXISTS (SELECT 1 FROM monitoring_report w WHERE w.partner_id IS NULL
  AND w.agreement_id = monitoring_report.agreement_id AND w.programme_code = monitoring_report.programme_code AND w.month = monitoring_report.month);

UPDATE monitoring_report SET begun_on = (
  SELECT min(@event_day) FROM audit_event e
  WHERE e.subject = @place || '/' || (SELECT p.code FROM partner p WHERE p.id = monitoring_report.partner_id))
WHERE begun_on IS NULL AND partner_id IS NOT NULL;

UPDATE monitoring_report SET begun_on = (
  SELECT min(s.submitted_on) FROM monitoring_submission s WHERE s.report_id = monitoring_report.id)
WHERE begun_on IS NULL;
";

/// What the trail calls the month of a programme.
const PLACE: &str = "(
  SELECT 'monitoring:' || o.code || '/' || a.code || '/' || monitoring_report.programme_code || '/' || CAST(monitoring_report.month AS TEXT)
  FROM agreement a JOIN ambito o ON o.id = a.ambito_id WHERE a.id = monitoring_report.agreement_id)";
