//! What a benefit and an application go by outside: a number that counts nothing. The numbers of rows count over the whole server, and whoever saw two of its own knew how
//! many others were recorded between them.
//!
//! Rows that are there have none and go on by the number of their row: it is known outside already, and tells only of the past.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;
use crate::guard::{Event, Guard, create};
use crate::refusal::BENEFIT_IMMUTABLE;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, COLUMNS).await?;
        for table in ["benefit_application", "benefit_grant"] {
            create(manager, &kept(table)).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// No reference is the number of a row: those of rows without one stay far below.
const COLUMNS: &str = "
ALTER TABLE benefit_application ADD COLUMN reference @big CHECK (reference BETWEEN 4294967296 AND 4611686018427387904);
CREATE UNIQUE INDEX benefit_application_reference ON benefit_application (reference);
ALTER TABLE benefit_grant ADD COLUMN reference @big CHECK (reference BETWEEN 4294967296 AND 4611686018427387904);
CREATE UNIQUE INDEX benefit_grant_reference ON benefit_grant (reference);
";

/// What a row goes by stays, and no other row takes its place.
fn kept(table: &'static str) -> [Guard; 2] {
    let sentence = format!("what a {} goes by never changes", table.replace('_', " "));
    let same = format!("EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR reference = NEW.reference)");
    let changed = "OLD.id <> NEW.id OR OLD.reference IS DISTINCT FROM NEW.reference";
    [
        Guard::new(table, Event::Insert).refuse(BENEFIT_IMMUTABLE, &sentence, same),
        Guard::new(table, Event::Update).refuse(BENEFIT_IMMUTABLE, &sentence, changed),
    ]
}
