//! What lasts longer than a plan counts its changes, so that an edit can say which state of it it was made from.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ROW_VERSIONS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const ROW_VERSIONS: &str = "
ALTER TABLE ambito ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE comune ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE membership ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE programme ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE fund ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE measure ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE service ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE measurement ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
ALTER TABLE resolution ADD COLUMN row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1);
";
