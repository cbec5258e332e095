//! Who may ask, and the chain of what was done.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CLIENT).await?;
        run(manager, AUDIT_EVENT).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const CLIENT: &str = "
CREATE TABLE client (
  id          @id,
  client_id   @text NOT NULL UNIQUE,
  name        @text NOT NULL,
  role        @text NOT NULL CHECK (role IN ('COMUNE', 'REPORTING', 'AZIENDA', 'ASSEMBLEA', 'AUDITOR', 'ADMIN')),
  secret_hash @text,
  all_ambiti  @bool NOT NULL,
  comune_id   @big REFERENCES comune (id) ON DELETE RESTRICT,
  created_at  @instant NOT NULL,
  revoked_at  @instant,
  CHECK (role <> 'COMUNE' OR comune_id IS NOT NULL)
) @strict;

CREATE TABLE client_ambito (
  id        @id,
  client_id @big NOT NULL REFERENCES client (id) ON DELETE RESTRICT,
  ambito_id @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  UNIQUE (client_id, ambito_id)
) @strict;
CREATE INDEX client_ambito_ambito ON client_ambito (ambito_id);
";

const AUDIT_EVENT: &str = "
CREATE TABLE audit_event (
  sequence      @big PRIMARY KEY CHECK (sequence > 0),
  at            @instant NOT NULL,
  actor         @text NOT NULL,
  act           @text NOT NULL,
  subject       @text NOT NULL,
  digest_before @text,
  digest_after  @text,
  previous_hash @text NOT NULL,
  hash          @text NOT NULL
) @strict;
";
