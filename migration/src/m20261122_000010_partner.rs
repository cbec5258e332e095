//! Partners, and the role of the clients that act for one.
//!
//! `SQLite` cannot change the check of a column, so there the table of clients is made again, with what refers to it.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::{Engine, engine, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, PARTNER).await?;
        let client = match engine(manager)? {
            Engine::Sqlite => CLIENT_ANEW,
            Engine::Postgres => CLIENT,
        };
        run(manager, client).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const PARTNER: &str = "
CREATE TABLE partner (
  id          @id,
  ambito_id   @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  code        @text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
  name        @text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  tax_code    @text CHECK (length(tax_code) = 11),
  row_version @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  UNIQUE (ambito_id, code)
) @strict;
";

const CLIENT: &str = "
ALTER TABLE client DROP CONSTRAINT client_role_check;
ALTER TABLE client ADD CONSTRAINT client_role_check
  CHECK (role IN ('COMUNE', 'REPORTING', 'AZIENDA', 'ASSEMBLEA', 'AUDITOR', 'ADMIN', 'PARTNER'));
ALTER TABLE client ADD COLUMN partner_id @big REFERENCES partner (id) ON DELETE RESTRICT;
ALTER TABLE client ADD CHECK ((role = 'PARTNER') = (partner_id IS NOT NULL));
";

const CLIENT_ANEW: &str = "
CREATE TABLE client_anew (
  id          @id,
  client_id   @text NOT NULL UNIQUE,
  name        @text NOT NULL,
  role        @text NOT NULL CHECK (role IN ('COMUNE', 'REPORTING', 'AZIENDA', 'ASSEMBLEA', 'AUDITOR', 'ADMIN', 'PARTNER')),
  secret_hash @text,
  all_ambiti  @bool NOT NULL,
  comune_id   @big REFERENCES comune (id) ON DELETE RESTRICT,
  created_at  @instant NOT NULL,
  revoked_at  @instant,
  partner_id  @big REFERENCES partner (id) ON DELETE RESTRICT,
  CHECK (role <> 'COMUNE' OR comune_id IS NOT NULL),
  CHECK ((role = 'PARTNER') = (partner_id IS NOT NULL))
) @strict;
INSERT INTO client_anew
  SELECT id, client_id, name, role, secret_hash, all_ambiti, comune_id, created_at, revoked_at, NULL FROM client;
CREATE TABLE client_ambito_anew (
  id        @id,
  client_id @big NOT NULL REFERENCES client_anew (id) ON DELETE RESTRICT,
  ambito_id @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  UNIQUE (client_id, ambito_id)
) @strict;
INSERT INTO client_ambito_anew SELECT id, client_id, ambito_id FROM client_ambito;
DROP TABLE client_ambito;
DROP TABLE client;
ALTER TABLE client_anew RENAME TO client;
ALTER TABLE client_ambito_anew RENAME TO client_ambito;
CREATE INDEX client_ambito_ambito ON client_ambito (ambito_id);
";
