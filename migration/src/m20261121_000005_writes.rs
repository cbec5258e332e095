//! What writes through the API need: the answers to requests that must have one effect only.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, IDEMPOTENCY_KEY).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// A key belongs to its client: what another sent under the same name is none of its business.
const IDEMPOTENCY_KEY: &str = "
CREATE TABLE idempotency_key (
  id           @id,
  client_id    @text NOT NULL,
  key          @text NOT NULL,
  request_hash @text NOT NULL,
  answer       @text NOT NULL,
  answered_at  @instant NOT NULL,
  UNIQUE (client_id, key)
) @strict;
CREATE INDEX idempotency_key_answered ON idempotency_key (answered_at);
";
