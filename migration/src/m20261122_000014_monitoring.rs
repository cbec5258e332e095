//! What is watched over time: indicators and their readings, monthly reports, governing bodies, projects; and the area that each service is classified in.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [CLASSIFICATION, REPORT, BODY, PROJECT] {
            run(manager, sql).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The seven target areas of the yearly survey of the social expenditure of the comuni (ISTAT).
const CLASSIFICATION: &str = "
ALTER TABLE service ADD COLUMN target_area @text CHECK (target_area IN ('FAMILY_MINORS', 'DISABLED', 'ADDICTIONS', 'ELDERLY', 'MIGRANTS', 'POVERTY', 'SEVERAL'));
ALTER TABLE indicator ADD COLUMN unit @text;
ALTER TABLE indicator ADD COLUMN target_micros @big CHECK (target_micros >= 0);
ALTER TABLE indicator ADD COLUMN at_most @bool NOT NULL DEFAULT FALSE;
ALTER TABLE indicator ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE project ADD COLUMN fund_id @big REFERENCES fund (id) ON DELETE RESTRICT;
ALTER TABLE project ADD COLUMN starts_on @day;
ALTER TABLE project ADD COLUMN ends_on @day CHECK (ends_on >= starts_on);
ALTER TABLE project ADD COLUMN ambiti_count @int CHECK (ambiti_count >= 1);
ALTER TABLE project ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
CREATE INDEX project_fund ON project (fund_id);

CREATE TABLE indicator_reading (
  id           @id,
  indicator_id @big NOT NULL REFERENCES indicator (id) ON DELETE RESTRICT,
  read_on      @day NOT NULL,
  value_micros @big NOT NULL,
  source       @text NOT NULL,
  recorded_by  @text NOT NULL,
  recorded_at  @instant NOT NULL,
  row_version  @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  UNIQUE (indicator_id, read_on)
) @strict;
";

const REPORT: &str = "
CREATE TABLE monitoring_field (
  id          @id,
  ambito_id   @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  position    @int NOT NULL CHECK (position >= 1),
  code        @text NOT NULL,
  name        @text NOT NULL,
  kind        @text NOT NULL CHECK (kind IN ('TEXT', 'NUMBER', 'EURO', 'YES_NO')),
  required    @bool NOT NULL,
  retired     @bool NOT NULL,
  row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  UNIQUE (ambito_id, code)
) @strict;

CREATE TABLE monitoring_report (
  id             @id,
  agreement_id   @big NOT NULL REFERENCES agreement (id) ON DELETE RESTRICT,
  programme_code @text NOT NULL,
  month          @int NOT NULL CHECK (month BETWEEN 199001 AND 220012 AND month % 100 BETWEEN 1 AND 12),
  status         @text NOT NULL CHECK (status IN ('DRAFT', 'SUBMITTED')),
  submitted_on   @day,
  written_by     @text NOT NULL,
  row_version    @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  CHECK ((status = 'SUBMITTED') = (submitted_on IS NOT NULL)),
  UNIQUE (agreement_id, programme_code, month)
) @strict;

CREATE TABLE monitoring_value (
  id        @id,
  report_id @big NOT NULL REFERENCES monitoring_report (id) ON DELETE RESTRICT,
  field_id  @big NOT NULL REFERENCES monitoring_field (id) ON DELETE RESTRICT,
  value     @text NOT NULL,
  UNIQUE (report_id, field_id)
) @strict;
CREATE INDEX monitoring_value_field ON monitoring_value (field_id);
";

const BODY: &str = "
CREATE TABLE governing_body (
  id           @id,
  ambito_id    @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  agreement_id @big REFERENCES agreement (id) ON DELETE RESTRICT,
  code         @text NOT NULL,
  name         @text NOT NULL,
  level        @text NOT NULL CHECK (level IN ('DIRECTION', 'MUNICIPAL', 'PARTNER', 'PROGRAMME')),
  meetings     @int CHECK (meetings BETWEEN 1 AND 31),
  every_months @int CHECK (every_months BETWEEN 1 AND 120),
  starts_on    @day NOT NULL,
  ends_on      @day,
  row_version  @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  CHECK (ends_on >= starts_on),
  CHECK ((meetings IS NULL) = (every_months IS NULL)),
  UNIQUE (ambito_id, code)
) @strict;
CREATE INDEX governing_body_agreement ON governing_body (agreement_id);

CREATE TABLE body_member (
  id           @id,
  body_id      @big NOT NULL REFERENCES governing_body (id) ON DELETE RESTRICT,
  position     @int NOT NULL CHECK (position >= 1),
  side         @text NOT NULL CHECK (side IN ('COMUNE', 'MANAGING_BODY', 'PARTNER', 'OTHER')),
  organisation @text NOT NULL,
  role         @text NOT NULL,
  seats        @int NOT NULL CHECK (seats BETWEEN 1 AND 1000),
  UNIQUE (body_id, position)
) @strict;

CREATE TABLE body_meeting (
  id          @id,
  body_id     @big NOT NULL REFERENCES governing_body (id) ON DELETE RESTRICT,
  held_on     @day NOT NULL,
  subject     @text,
  recorded_by @text NOT NULL,
  recorded_at @instant NOT NULL,
  UNIQUE (body_id, held_on)
) @strict;
";

const PROJECT: &str = "
CREATE TABLE project_milestone (
  id         @id,
  project_id @big NOT NULL REFERENCES project (id) ON DELETE RESTRICT,
  position   @int NOT NULL CHECK (position >= 1),
  item       @text NOT NULL,
  due_on     @day NOT NULL,
  started_on @day,
  done_on    @day,
  CHECK (done_on >= started_on),
  UNIQUE (project_id, position)
) @strict;

CREATE TABLE project_expense (
  id           @id,
  project_id   @big NOT NULL REFERENCES project (id) ON DELETE RESTRICT,
  spent_on     @day NOT NULL,
  amount_cents @big NOT NULL CHECK (amount_cents <> 0),
  description  @text NOT NULL,
  reference    @text CHECK (length(reference) BETWEEN 1 AND 200),
  reverses_id  @big UNIQUE REFERENCES project_expense (id) ON DELETE RESTRICT,
  recorded_by  @text NOT NULL,
  recorded_at  @instant NOT NULL,
  CHECK ((amount_cents < 0) = (reverses_id IS NOT NULL))
) @strict;
CREATE INDEX project_expense_project ON project_expense (project_id);
";
