//! Activity: what was delivered, by service, comune of residence, month, measure and pseudonymous case.
//!
//! A file says everything of the months that it names, so that each month of a service, comune and measure is of one file, and a correction takes
//! its place whole. What a month comes to stands beside its cases and is written with them: reads of totals never walk the cases.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ACTIVITY).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Nothing is ever changed in place: a month that is imported again is another row. The index by Ambito is in the order of pages, and holds what a
/// count of them needs.
const ACTIVITY: &str = "
CREATE TABLE activity_import (
  id            @id,
  ambito_id     @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  digest        @text NOT NULL CHECK (length(digest) = 64),
  name          @text NOT NULL,
  actor         @text NOT NULL,
  imported_at   @instant NOT NULL,
  accepted_rows @int NOT NULL CHECK (accepted_rows >= 0),
  rejected_rows @int NOT NULL CHECK (rejected_rows >= 0),
  replaces_id   @big REFERENCES activity_import (id) ON DELETE RESTRICT
) @strict;
CREATE INDEX activity_import_digest ON activity_import (ambito_id, digest);
CREATE INDEX activity_import_replaces ON activity_import (replaces_id);

CREATE TABLE activity_month (
  id           @id,
  ambito_id    @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  service_id   @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  comune_id    @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  month        @int NOT NULL CHECK (month BETWEEN 199001 AND 220012 AND month % 100 BETWEEN 1 AND 12),
  measure_id   @big NOT NULL REFERENCES measure (id) ON DELETE RESTRICT,
  import_id    @big REFERENCES activity_import (id) ON DELETE RESTRICT,
  total_micros @big NOT NULL CHECK (total_micros >= 0),
  cases        @int NOT NULL CHECK (cases >= 0),
  row_count    @int NOT NULL CHECK (row_count >= 0),
  UNIQUE (service_id, comune_id, month, measure_id)
) @strict;
CREATE INDEX activity_month_page ON activity_month (ambito_id, month, service_id, comune_id, measure_id, row_count);
CREATE INDEX activity_month_import ON activity_month (import_id);
CREATE INDEX activity_month_comune ON activity_month (comune_id);
CREATE INDEX activity_month_measure ON activity_month (measure_id);

CREATE TABLE activity (
  id                @id,
  activity_month_id @big NOT NULL REFERENCES activity_month (id) ON DELETE RESTRICT,
  case_code         @text NOT NULL CHECK (length(case_code) BETWEEN 1 AND 64),
  value_micros      @big NOT NULL CHECK (value_micros >= 0),
  UNIQUE (activity_month_id, case_code)
) @strict;
";
