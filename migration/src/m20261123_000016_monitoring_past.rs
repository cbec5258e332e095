//! What monitoring was on a day: what a field asked and an indicator aimed at before they changed, each submission of a report with its answers, and whose report each is.
//!
//! `SQLite` cannot take a constraint out of a table, so there the table of reports is made again, with that of their answers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::{Engine, engine, run};
use crate::guard::{create, only_added, refuse_truncate};
use crate::refusal::MONITORING_IMMUTABLE;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DEFINITION).await?;
        let report = match engine(manager)? {
            Engine::Sqlite => REPORT_ANEW,
            Engine::Postgres => REPORT,
        };
        for sql in [report, PARTNER, SUBMISSION, SUBMITTED_BEFORE] {
            run(manager, sql).await?;
        }
        for (table, same) in KEPT {
            create(manager, &only_added(table, MONITORING_IMMUTABLE, same, &[])).await?;
        }
        refuse_truncate(manager, &KEPT.map(|(table, _)| (table, MONITORING_IMMUTABLE))).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Tables that are only added to, and what is true of a row that a new one would push out.
const KEPT: [(&str, &str); 4] = [
    ("monitoring_field_past", "field_id = NEW.field_id AND until_month = NEW.until_month"),
    ("monitoring_submission", "report_id = NEW.report_id AND number = NEW.number"),
    ("monitoring_submission_value", "submission_id = NEW.submission_id AND field_id = NEW.field_id"),
    ("monitoring_return", "submission_id = NEW.submission_id"),
];

/// A row without a first month has held from the beginning. Whatever is a number counts people until the Ambito says otherwise.
const DEFINITION: &str = "
ALTER TABLE indicator ADD COLUMN counts_people @bool NOT NULL DEFAULT TRUE;
ALTER TABLE indicator ADD COLUMN from_month @int CHECK (from_month BETWEEN 199001 AND 220012 AND from_month % 100 BETWEEN 1 AND 12);
ALTER TABLE indicator_reading ADD COLUMN assumed @bool NOT NULL DEFAULT FALSE;
ALTER TABLE monitoring_field ADD COLUMN counts_people @bool NOT NULL DEFAULT TRUE;
ALTER TABLE monitoring_field ADD COLUMN from_month @int CHECK (from_month BETWEEN 199001 AND 220012 AND from_month % 100 BETWEEN 1 AND 12);
UPDATE monitoring_field SET counts_people = FALSE WHERE kind <> 'NUMBER';

CREATE TABLE indicator_past (
  id            @id,
  indicator_id  @big NOT NULL REFERENCES indicator (id) ON DELETE RESTRICT,
  from_month    @int,
  until_month   @int NOT NULL CHECK (until_month BETWEEN 199001 AND 220012 AND until_month % 100 BETWEEN 1 AND 12),
  unit          @text,
  target_micros @big CHECK (target_micros >= 0),
  at_most       @bool NOT NULL,
  CHECK (from_month < until_month),
  UNIQUE (indicator_id, until_month)
) @strict;

CREATE TABLE monitoring_field_past (
  id          @id,
  field_id    @big NOT NULL REFERENCES monitoring_field (id) ON DELETE RESTRICT,
  from_month  @int,
  until_month @int NOT NULL CHECK (until_month BETWEEN 199001 AND 220012 AND until_month % 100 BETWEEN 1 AND 12),
  position    @int NOT NULL CHECK (position >= 1),
  name        @text NOT NULL,
  required    @bool NOT NULL,
  retired     @bool NOT NULL,
  CHECK (from_month < until_month),
  UNIQUE (field_id, until_month)
) @strict;
";

const REPORT: &str = "
ALTER TABLE monitoring_report DROP CONSTRAINT monitoring_report_agreement_id_programme_code_month_key;
ALTER TABLE monitoring_report ADD COLUMN partner_id @big REFERENCES partner (id) ON DELETE RESTRICT;
";

const REPORT_ANEW: &str = "
CREATE TABLE monitoring_report_anew (
  id             @id,
  agreement_id   @big NOT NULL REFERENCES agreement (id) ON DELETE RESTRICT,
  programme_code @text NOT NULL,
  month          @int NOT NULL CHECK (month BETWEEN 199001 AND 220012 AND month % 100 BETWEEN 1 AND 12),
  status         @text NOT NULL CHECK (status IN ('DRAFT', 'SUBMITTED')),
  submitted_on   @day,
  written_by     @text NOT NULL,
  row_version    @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  partner_id     @big REFERENCES partner (id) ON DELETE RESTRICT,
  CHECK ((status = 'SUBMITTED') = (submitted_on IS NOT NULL))
) @strict;
INSERT INTO monitoring_report_anew
  SELECT id, agreement_id, programme_code, month, status, submitted_on, written_by, row_version, NULL FROM monitoring_report;
CREATE TABLE monitoring_value_anew (
  id        @id,
  report_id @big NOT NULL REFERENCES monitoring_report_anew (id) ON DELETE RESTRICT,
  field_id  @big NOT NULL REFERENCES monitoring_field (id) ON DELETE RESTRICT,
  value     @text NOT NULL,
  UNIQUE (report_id, field_id)
) @strict;
INSERT INTO monitoring_value_anew SELECT id, report_id, field_id, value FROM monitoring_value;
DROP TABLE monitoring_value;
DROP TABLE monitoring_report;
ALTER TABLE monitoring_report_anew RENAME TO monitoring_report;
ALTER TABLE monitoring_value_anew RENAME TO monitoring_value;
CREATE INDEX monitoring_value_field ON monitoring_value (field_id);
";

/// A report that is there already is that of the partner of the version that held in its month, where there was only one; otherwise the managing body's.
const PARTNER: &str = "
UPDATE monitoring_report SET partner_id = (
  SELECT min(p.partner_id) FROM agreement_partner p WHERE p.version_id = (
    SELECT v.id FROM agreement_version v
    WHERE v.agreement_id = monitoring_report.agreement_id
      AND CAST(replace(substr(CAST(v.effective_from AS TEXT), 1, 7), '-', '') AS INTEGER) <= monitoring_report.month
    ORDER BY v.effective_from DESC, v.number DESC LIMIT 1)
  GROUP BY p.version_id HAVING count(*) = 1);
CREATE UNIQUE INDEX monitoring_report_of_partner ON monitoring_report (agreement_id, programme_code, month, partner_id)
  WHERE partner_id IS NOT NULL;
CREATE UNIQUE INDEX monitoring_report_of_all ON monitoring_report (agreement_id, programme_code, month) WHERE partner_id IS NULL;
CREATE INDEX monitoring_report_partner ON monitoring_report (partner_id);
CREATE INDEX monitoring_report_month ON monitoring_report (agreement_id, month);
";

const SUBMISSION: &str = "
CREATE TABLE monitoring_submission (
  id           @id,
  report_id    @big NOT NULL REFERENCES monitoring_report (id) ON DELETE RESTRICT,
  number       @int NOT NULL CHECK (number >= 1),
  submitted_on @day NOT NULL,
  submitted_by @text NOT NULL,
  digest       @text CHECK (length(digest) = 64),
  UNIQUE (report_id, number)
) @strict;

CREATE TABLE monitoring_submission_value (
  id            @id,
  submission_id @big NOT NULL REFERENCES monitoring_submission (id) ON DELETE RESTRICT,
  field_id      @big NOT NULL REFERENCES monitoring_field (id) ON DELETE RESTRICT,
  position      @int NOT NULL CHECK (position >= 1),
  name          @text NOT NULL,
  value         @text NOT NULL,
  UNIQUE (submission_id, field_id)
) @strict;
CREATE INDEX monitoring_submission_value_field ON monitoring_submission_value (field_id);

CREATE TABLE monitoring_return (
  id            @id,
  submission_id @big NOT NULL UNIQUE REFERENCES monitoring_submission (id) ON DELETE RESTRICT,
  returned_on   @day NOT NULL,
  returned_by   @text NOT NULL
) @strict;
";

/// What was submitted before is kept as it stands; nobody took its digest.
const SUBMITTED_BEFORE: &str = "
INSERT INTO monitoring_submission (report_id, number, submitted_on, submitted_by)
  SELECT id, 1, submitted_on, written_by FROM monitoring_report WHERE status = 'SUBMITTED' ORDER BY id;
INSERT INTO monitoring_submission_value (submission_id, field_id, position, name, value)
  SELECT s.id, f.id, f.position, f.name, v.value
  FROM monitoring_value v JOIN monitoring_submission s ON s.report_id = v.report_id JOIN monitoring_field f ON f.id = v.field_id
  ORDER BY v.id;
";
