//! Benefits (titoli sociali): what a measure may grant and by which criteria, who waits, and what was granted.
//!
//! People are pseudonymous cases. What became of a grant is only added to.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;
use crate::guard::{create, only_added, refuse_truncate};
use crate::refusal::BENEFIT_IMMUTABLE;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [MEASURE, APPLICATION, GRANT] {
            run(manager, sql).await?;
        }
        for (table, same) in KEPT {
            create(manager, &only_added(table, BENEFIT_IMMUTABLE, same, &[])).await?;
        }
        refuse_truncate(manager, &KEPT.map(|(table, _)| (table, BENEFIT_IMMUTABLE))).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const MEASURE: &str = "
ALTER TABLE benefit_measure ADD COLUMN fund_id @big REFERENCES fund (id) ON DELETE RESTRICT;
ALTER TABLE benefit_measure ADD COLUMN starts_on @day;
ALTER TABLE benefit_measure ADD COLUMN ends_on @day CHECK (ends_on >= starts_on);
ALTER TABLE benefit_measure ADD COLUMN budget_cents @big CHECK (budget_cents >= 0);
ALTER TABLE benefit_measure ADD COLUMN criteria @text;
ALTER TABLE benefit_measure ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
CREATE INDEX benefit_measure_fund ON benefit_measure (fund_id);

CREATE TABLE benefit_criterion (
  id                 @id,
  benefit_measure_id @big NOT NULL REFERENCES benefit_measure (id) ON DELETE RESTRICT,
  position           @int NOT NULL CHECK (position >= 1),
  code               @text NOT NULL,
  name               @text NOT NULL,
  points             @int NOT NULL CHECK (points BETWEEN 1 AND 10000),
  maximum_times      @int NOT NULL CHECK (maximum_times BETWEEN 1 AND 100),
  UNIQUE (benefit_measure_id, code)
) @strict;
";

/// A case waits once for a measure.
const APPLICATION: &str = "
CREATE TABLE benefit_application (
  id                 @id,
  benefit_measure_id @big NOT NULL REFERENCES benefit_measure (id) ON DELETE RESTRICT,
  comune_id          @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  case_code          @text NOT NULL CHECK (length(case_code) BETWEEN 1 AND 64),
  applied_on         @day NOT NULL,
  points             @int NOT NULL CHECK (points >= 0),
  status             @text NOT NULL CHECK (status IN ('WAITING', 'GRANTED', 'REJECTED', 'WITHDRAWN')),
  reason             @text,
  recorded_by        @text NOT NULL,
  recorded_at        @instant NOT NULL,
  row_version        @int NOT NULL DEFAULT 1 CHECK (row_version >= 1)
) @strict;
CREATE INDEX benefit_application_measure ON benefit_application (benefit_measure_id, status);
CREATE INDEX benefit_application_comune ON benefit_application (comune_id);
CREATE UNIQUE INDEX benefit_application_waiting ON benefit_application (benefit_measure_id, comune_id, case_code) WHERE status = 'WAITING';

CREATE TABLE benefit_score (
  id             @id,
  application_id @big NOT NULL REFERENCES benefit_application (id) ON DELETE RESTRICT,
  criterion_id   @big NOT NULL REFERENCES benefit_criterion (id) ON DELETE RESTRICT,
  times          @int NOT NULL CHECK (times >= 1),
  points         @int NOT NULL CHECK (points >= 1),
  UNIQUE (application_id, criterion_id)
) @strict;
CREATE INDEX benefit_score_criterion ON benefit_score (criterion_id);
";

const GRANT: &str = "
CREATE TABLE benefit_grant (
  id                 @id,
  benefit_measure_id @big NOT NULL REFERENCES benefit_measure (id) ON DELETE RESTRICT,
  application_id     @big UNIQUE REFERENCES benefit_application (id) ON DELETE RESTRICT,
  comune_id          @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  case_code          @text NOT NULL CHECK (length(case_code) BETWEEN 1 AND 64),
  kind               @text NOT NULL,
  act                @text,
  granted_on         @day NOT NULL,
  starts_on          @day NOT NULL,
  ends_on            @day NOT NULL,
  monthly_cents      @big CHECK (monthly_cents > 0),
  single_cents       @big CHECK (single_cents > 0),
  committed_cents    @big NOT NULL CHECK (committed_cents >= 0),
  status             @text NOT NULL CHECK (status IN ('GRANTED', 'SUSPENDED', 'ENDED', 'REVOKED')),
  recorded_by        @text NOT NULL,
  recorded_at        @instant NOT NULL,
  row_version        @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  CHECK (ends_on >= starts_on),
  CHECK ((monthly_cents IS NULL) <> (single_cents IS NULL))
) @strict;
CREATE INDEX benefit_grant_measure ON benefit_grant (benefit_measure_id);
CREATE INDEX benefit_grant_comune ON benefit_grant (comune_id);

CREATE TABLE benefit_grant_event (
  id          @id,
  grant_id    @big NOT NULL REFERENCES benefit_grant (id) ON DELETE RESTRICT,
  position    @int NOT NULL CHECK (position >= 1),
  status      @text NOT NULL CHECK (status IN ('GRANTED', 'SUSPENDED', 'ENDED', 'REVOKED')),
  from_date   @day NOT NULL,
  reason      @text,
  recorded_by @text NOT NULL,
  recorded_at @instant NOT NULL,
  UNIQUE (grant_id, position)
) @strict;
";

/// The tables that are only added to, and when a row of them is the new one.
const KEPT: [(&str, &str); 2] = [
    ("benefit_score", "application_id = NEW.application_id AND criterion_id = NEW.criterion_id"),
    ("benefit_grant_event", "grant_id = NEW.grant_id AND position = NEW.position"),
];
