//! What lasts longer than a plan: Ambiti, comuni, measures, funds, programmes, services, resolutions.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, AMBITO).await?;
        run(manager, MEASURE).await?;
        run(manager, SERVICE).await?;
        run(manager, SERVICE_PARTS).await?;
        run(manager, MEASUREMENT).await?;
        run(manager, RESOLUTION).await?;
        run(manager, KNOWN_MEASURES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const AMBITO: &str = "
CREATE TABLE ambito (
  id            @id,
  code          @text NOT NULL UNIQUE,
  name          @text NOT NULL,
  region        @text NOT NULL,
  province      @text NOT NULL,
  managing_body @text NOT NULL,
  legal_form    @text
) @strict;

CREATE TABLE comune (
  id             @id,
  istat_code     @text NOT NULL UNIQUE CHECK (length(istat_code) = 6),
  name           @text NOT NULL,
  cadastral_code @text,
  province       @text NOT NULL
) @strict;

CREATE TABLE membership (
  id         @id,
  ambito_id  @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  comune_id  @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  valid_from @day NOT NULL,
  valid_to   @day,
  CHECK (valid_to >= valid_from),
  UNIQUE (ambito_id, comune_id, valid_from)
) @strict;
CREATE INDEX membership_comune ON membership (comune_id);

CREATE TABLE programme (
  id        @id,
  ambito_id @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  title     @text NOT NULL,
  from_year @int NOT NULL CHECK (from_year BETWEEN 1990 AND 2200),
  to_year   @int NOT NULL CHECK (to_year BETWEEN 1990 AND 2200),
  note      @text,
  CHECK (to_year >= from_year)
) @strict;
CREATE INDEX programme_ambito ON programme (ambito_id);

CREATE TABLE fund (
  id        @id,
  ambito_id @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  code      @text NOT NULL,
  name      @text NOT NULL,
  level     @text NOT NULL CHECK (level IN ('EUROPE', 'STATE', 'REGION', 'COMUNI', 'PARTNER', 'USERS', 'OTHER')),
  UNIQUE (ambito_id, code)
) @strict;
";

const MEASURE: &str = "
CREATE TABLE measure (
  id          @id,
  ambito_id   @big REFERENCES ambito (id) ON DELETE RESTRICT,
  code        @text NOT NULL,
  name        @text NOT NULL,
  unit        @text NOT NULL,
  consumption @bool NOT NULL
) @strict;
CREATE UNIQUE INDEX measure_code ON measure (coalesce(ambito_id, 0), code);
";

const SERVICE: &str = "
CREATE TABLE service (
  id                @id,
  ambito_id         @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  code              @text NOT NULL,
  name              @text NOT NULL,
  area              @text NOT NULL,
  delivery          @text NOT NULL,
  mission_programme @text,
  note              @text,
  position          @int NOT NULL,
  UNIQUE (ambito_id, code)
) @strict;

CREATE TABLE participation (
  id         @id,
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  comune_id  @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  valid_from @day NOT NULL,
  valid_to   @day,
  CHECK (valid_to >= valid_from),
  UNIQUE (service_id, comune_id, valid_from)
) @strict;
CREATE INDEX participation_comune ON participation (comune_id);

CREATE TABLE service_fund (
  id         @id,
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  fund_id    @big NOT NULL REFERENCES fund (id) ON DELETE RESTRICT,
  position   @int NOT NULL,
  UNIQUE (service_id, fund_id)
) @strict;
CREATE INDEX service_fund_fund ON service_fund (fund_id);
";

const SERVICE_PARTS: &str = "
CREATE TABLE service_target (
  id         @id,
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  position   @int NOT NULL,
  name       @text NOT NULL
) @strict;
CREATE INDEX service_target_service ON service_target (service_id);

CREATE TABLE service_task (
  id         @id,
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  position   @int NOT NULL,
  name       @text NOT NULL
) @strict;
CREATE INDEX service_task_service ON service_task (service_id);

CREATE TABLE indicator (
  id         @id,
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  position   @int NOT NULL,
  name       @text NOT NULL
) @strict;
CREATE INDEX indicator_service ON indicator (service_id);

CREATE TABLE project (
  id                 @id,
  service_id         @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  position           @int NOT NULL,
  name               @text NOT NULL,
  years              @text,
  contribution_cents @big CHECK (contribution_cents >= 0),
  act                @text,
  note               @text
) @strict;
CREATE INDEX project_service ON project (service_id);

CREATE TABLE benefit_measure (
  id         @id,
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  position   @int NOT NULL,
  name       @text NOT NULL,
  kind       @text NOT NULL,
  act        @text
) @strict;
CREATE INDEX benefit_measure_service ON benefit_measure (service_id);
";

const MEASUREMENT: &str = "
CREATE TABLE measurement (
  id             @id,
  measure_id     @big NOT NULL REFERENCES measure (id) ON DELETE RESTRICT,
  comune_id      @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  service_id     @big REFERENCES service (id) ON DELETE RESTRICT,
  value_micros   @big NOT NULL CHECK (value_micros >= 0),
  reference_date @day NOT NULL,
  source         @text NOT NULL,
  assumed        @bool NOT NULL
) @strict;
CREATE UNIQUE INDEX measurement_key ON measurement (measure_id, comune_id, coalesce(service_id, 0), reference_date);
CREATE INDEX measurement_comune ON measurement (comune_id);
CREATE INDEX measurement_service ON measurement (service_id);
";

const RESOLUTION: &str = "
CREATE TABLE resolution (
  id         @id,
  ambito_id  @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  number     @text NOT NULL,
  adopted_on @day NOT NULL,
  body       @text NOT NULL,
  subject    @text,
  assumed    @bool NOT NULL,
  UNIQUE (ambito_id, number, adopted_on, body)
) @strict;
";

/// The measures of the published schema, which an Ambito may add its own to.
const KNOWN_MEASURES: &str = "
INSERT INTO measure (ambito_id, code, name, unit, consumption) VALUES
  (NULL, 'RESIDENTS',         'Residenti',                    'abitanti', FALSE),
  (NULL, 'RESIDENTS_0_17',    'Residenti da 0 a 17 anni',     'abitanti', FALSE),
  (NULL, 'RESIDENTS_18_64',   'Residenti da 18 a 64 anni',    'abitanti', FALSE),
  (NULL, 'RESIDENTS_65_PLUS', 'Residenti di 65 anni e oltre', 'abitanti', FALSE),
  (NULL, 'RESIDENTS_75_PLUS', 'Residenti di 75 anni e oltre', 'abitanti', FALSE),
  (NULL, 'HOURS',             'Ore erogate',                  'ore',      TRUE),
  (NULL, 'ENTRUSTED_HOURS',   'Ore affidate',                 'ore',      FALSE),
  (NULL, 'CASES',             'Casi in carico',               'casi',     TRUE),
  (NULL, 'ACCESSES',          'Accessi',                      'accessi',  TRUE),
  (NULL, 'DAYS',              'Giorni di presenza',           'giorni',   TRUE),
  (NULL, 'AREA_KM2',          'Superficie',                   'km2',      FALSE),
  (NULL, 'INCOME_PER_HEAD',   'Reddito per abitante',         'euro',     FALSE);
";
