//! Agreements, once more: an amendment belongs to the act whose period it names, whatever act came after that, and a programme has its value year by year.
//!
//! Rows that are there stay as they are: a version without years of programmes has none.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::{Engine, engine, one, run};
use crate::guard::{create, only_added, refuse_truncate};
use crate::refusal::AGREEMENT_IMMUTABLE;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, PROGRAMME_YEAR).await?;
        let drop = match engine(manager)? {
            Engine::Sqlite => "DROP TRIGGER guard_agreement_version_insert",
            Engine::Postgres => "DROP TRIGGER guard_agreement_version_insert ON agreement_version",
        };
        one(manager.get_connection(), drop).await?;
        let [insert, ..] = only_added(
            "agreement_version",
            AGREEMENT_IMMUTABLE,
            "agreement_id = NEW.agreement_id AND number = NEW.number",
            &[(AGREEMENT_IMMUTABLE, "a version follows the one before it, and holds from a later day", unfit())],
        );
        create(manager, &[insert]).await?;
        let table = "agreement_programme_year";
        let beyond = "NOT EXISTS (SELECT 1 FROM agreement_version WHERE id = NEW.version_id AND NEW.position <= programme_year_count)";
        let of_years = only_added(
            table,
            AGREEMENT_IMMUTABLE,
            "version_id = NEW.version_id AND position = NEW.position",
            &[(AGREEMENT_IMMUTABLE, "a version has no more rows than it says", beyond.to_owned())],
        );
        create(manager, &of_years).await?;
        refuse_truncate(manager, &[(table, AGREEMENT_IMMUTABLE)]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Versions are numbered without a gap. The first act and each renewal hold from a later day than all before; an amendment from a later day than those of its
/// own act, which begin as it does, and never from the same day as another version.
fn unfit() -> String {
    let before = "SELECT 1 FROM agreement_version v WHERE v.agreement_id = NEW.agreement_id";
    format!(
        "(NEW.number > 1 AND NOT EXISTS ({before} AND v.number = NEW.number - 1)) \
         OR EXISTS ({before} AND v.effective_from >= NEW.effective_from \
           AND (NEW.kind <> 'AMENDMENT' OR v.starts_on = NEW.starts_on OR v.effective_from = NEW.effective_from))"
    )
}

const PROGRAMME_YEAR: &str = "
CREATE TABLE agreement_programme_year (
  id            @id,
  version_id    @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position      @int NOT NULL CHECK (position >= 1),
  code          @text NOT NULL,
  year          @int NOT NULL CHECK (year BETWEEN 1990 AND 2200),
  public_cents  @big NOT NULL CHECK (public_cents >= 0),
  private_cents @big NOT NULL CHECK (private_cents >= 0),
  UNIQUE (version_id, position),
  UNIQUE (version_id, code, year)
) @strict;

ALTER TABLE agreement_version ADD COLUMN programme_year_count @int NOT NULL DEFAULT 0 CHECK (programme_year_count >= 0);
";
