//! Work plans of programmes: what is to be done in a period, version by version, and what was reported of it.
//!
//! A version says in advance how many milestones it has, so that it is closed with the last of them. Nothing here ever changes: a plan is replaced by its next
//! version, and a report by the next report.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;
use crate::guard::{create, only_added, refuse_truncate};
use crate::refusal::WORK_PLAN_IMMUTABLE;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await?;
        for (table, same, unfit) in KEPT {
            let (sentence, when) = unfit;
            let unfit = [(WORK_PLAN_IMMUTABLE, sentence, when.to_owned())];
            let unfit = if when.is_empty() { &unfit[..0] } else { &unfit[..] };
            create(manager, &only_added(table, WORK_PLAN_IMMUTABLE, same, unfit)).await?;
        }
        refuse_truncate(manager, &KEPT.map(|(table, ..)| (table, WORK_PLAN_IMMUTABLE))).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const TABLES: &str = "
CREATE TABLE work_plan (
  id           @id,
  programme_id @big NOT NULL REFERENCES programme (id) ON DELETE RESTRICT,
  code         @text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
  UNIQUE (programme_id, code)
) @strict;

CREATE TABLE work_plan_version (
  id              @id,
  work_plan_id    @big NOT NULL REFERENCES work_plan (id) ON DELETE RESTRICT,
  number          @int NOT NULL CHECK (number >= 1),
  effective_from  @day NOT NULL,
  title           @text NOT NULL,
  act             @text,
  note            @text,
  starts_on       @day NOT NULL,
  ends_on         @day NOT NULL,
  assumed         @bool NOT NULL,
  milestone_count @int NOT NULL CHECK (milestone_count >= 0),
  written_by      @text NOT NULL,
  written_at      @instant NOT NULL,
  CHECK (ends_on >= starts_on),
  UNIQUE (work_plan_id, number)
) @strict;

CREATE TABLE work_plan_milestone (
  id          @id,
  version_id  @big NOT NULL REFERENCES work_plan_version (id) ON DELETE RESTRICT,
  position    @int NOT NULL CHECK (position >= 1),
  code        @text NOT NULL,
  item        @text NOT NULL,
  responsible @text,
  from_date   @day,
  by_date     @day,
  CHECK ((from_date IS NULL) <> (by_date IS NULL)),
  UNIQUE (version_id, position),
  UNIQUE (version_id, code)
) @strict;

CREATE TABLE work_plan_report (
  id           @id,
  work_plan_id @big NOT NULL REFERENCES work_plan (id) ON DELETE RESTRICT,
  code         @text NOT NULL,
  number       @int NOT NULL CHECK (number >= 1),
  started_on   @day,
  done_on      @day,
  note         @text,
  recorded_by  @text NOT NULL,
  recorded_at  @instant NOT NULL,
  CHECK (done_on >= started_on),
  UNIQUE (work_plan_id, code, number)
) @strict;
";

/// The tables, when a row of them is the new one, and what else a new row may not be.
const KEPT: [(&str, &str, (&str, &str)); 4] = [
    ("work_plan", "programme_id = NEW.programme_id AND code = NEW.code", ("", "")),
    (
        "work_plan_version",
        "work_plan_id = NEW.work_plan_id AND number = NEW.number",
        (
            "a version follows the one before it, and holds from its day or a later one",
            "(NEW.number > 1 AND NOT EXISTS (SELECT 1 FROM work_plan_version v \
               WHERE v.work_plan_id = NEW.work_plan_id AND v.number = NEW.number - 1)) \
             OR EXISTS (SELECT 1 FROM work_plan_version v \
               WHERE v.work_plan_id = NEW.work_plan_id AND v.effective_from > NEW.effective_from)",
        ),
    ),
    (
        "work_plan_milestone",
        "version_id = NEW.version_id AND (position = NEW.position OR code = NEW.code)",
        (
            "a version has no more milestones than it says",
            "NOT EXISTS (SELECT 1 FROM work_plan_version WHERE id = NEW.version_id AND NEW.position <= milestone_count)",
        ),
    ),
    (
        "work_plan_report",
        "work_plan_id = NEW.work_plan_id AND code = NEW.code AND number = NEW.number",
        (
            "a report follows the one before it",
            "NEW.number > 1 AND NOT EXISTS (SELECT 1 FROM work_plan_report r \
               WHERE r.work_plan_id = NEW.work_plan_id AND r.code = NEW.code AND r.number = NEW.number - 1)",
        ),
    ),
];
