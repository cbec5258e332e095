//! Agreements: what an Ambito or one of its comuni agrees with partners, version by version.
//!
//! A version says in advance how many rows of each kind it has; their positions are unique and go no further, so that it is closed with the last of them.
//! What was agreed never changes: a mistake is put right by another version. How far its milestones have come is no part of it.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;
use crate::guard::{Event, Guard, create, only_added, refuse_truncate};
use crate::refusal::{AGREEMENT_IMMUTABLE, CODE_IMMUTABLE};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [AGREEMENT, VERSION, LINES, CONTRIBUTIONS, DAYS, VALUE, PROGRESS] {
            run(manager, sql).await?;
        }
        create(manager, &of_agreement()).await?;
        create(manager, &of_version()).await?;
        for (table, count) in TERMS {
            create(manager, &of_terms(table, count)).await?;
        }
        let terms = TERMS.iter().map(|(table, _)| *table).chain(["agreement", "agreement_version"]);
        let kept: Vec<_> = terms.map(|table| (table, AGREEMENT_IMMUTABLE)).collect();
        refuse_truncate(manager, &kept).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const AGREEMENT: &str = "
CREATE TABLE agreement (
  id                @id,
  ambito_id         @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  code              @text NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
  kind              @text NOT NULL CHECK (kind IN ('SERVICE_CONTRACT', 'CO_DESIGN', 'COLLABORATION', 'ENTRUSTMENT', 'TENDER')),
  grantor_comune_id @big REFERENCES comune (id) ON DELETE RESTRICT,
  UNIQUE (ambito_id, code)
) @strict;
CREATE INDEX agreement_grantor_comune ON agreement (grantor_comune_id);
";

const VERSION: &str = "
CREATE TABLE agreement_version (
  id                      @id,
  agreement_id            @big NOT NULL REFERENCES agreement (id) ON DELETE RESTRICT,
  number                  @int NOT NULL CHECK (number >= 1),
  kind                    @text NOT NULL CHECK (kind IN ('ORIGINAL', 'AMENDMENT', 'RENEWAL')),
  title                   @text NOT NULL,
  act                     @text,
  effective_from          @day NOT NULL,
  starts_on               @day NOT NULL,
  ends_on                 @day NOT NULL,
  note                    @text,
  assumed                 @bool NOT NULL,
  digest                  @text NOT NULL CHECK (length(digest) = 64),
  partner_count           @int NOT NULL CHECK (partner_count >= 1),
  service_count           @int NOT NULL CHECK (service_count >= 0),
  area_count              @int NOT NULL CHECK (area_count >= 0),
  line_count              @int NOT NULL CHECK (line_count >= 0),
  line_part_count         @int NOT NULL CHECK (line_part_count >= 0),
  contribution_count      @int NOT NULL CHECK (contribution_count >= 0),
  contribution_item_count @int NOT NULL CHECK (contribution_item_count >= 0),
  instalment_count        @int NOT NULL CHECK (instalment_count >= 0),
  milestone_count         @int NOT NULL CHECK (milestone_count >= 0),
  recurrence_count        @int NOT NULL CHECK (recurrence_count >= 0),
  perimeter_count         @int NOT NULL CHECK (perimeter_count >= 0),
  programme_count         @int NOT NULL CHECK (programme_count >= 0),
  written_by              @text NOT NULL,
  written_at              @instant NOT NULL,
  CHECK (ends_on >= starts_on),
  CHECK ((number = 1) = (kind = 'ORIGINAL')),
  UNIQUE (agreement_id, number)
) @strict;

CREATE TABLE agreement_partner (
  id         @id,
  version_id @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position   @int NOT NULL CHECK (position >= 1),
  partner_id @big NOT NULL REFERENCES partner (id) ON DELETE RESTRICT,
  UNIQUE (version_id, position),
  UNIQUE (version_id, partner_id)
) @strict;
CREATE INDEX agreement_partner_partner ON agreement_partner (partner_id);

CREATE TABLE agreement_service (
  id         @id,
  version_id @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position   @int NOT NULL CHECK (position >= 1),
  service_id @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  UNIQUE (version_id, position),
  UNIQUE (version_id, service_id)
) @strict;
CREATE INDEX agreement_service_service ON agreement_service (service_id);

CREATE TABLE agreement_area (
  id         @id,
  version_id @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position   @int NOT NULL CHECK (position >= 1),
  code       @text NOT NULL,
  name       @text,
  UNIQUE (version_id, position),
  UNIQUE (version_id, code)
) @strict;
";

/// A line knows which of its amounts was given, so that the others can be worked out again.
const LINES: &str = "
CREATE TABLE agreement_line (
  id              @id,
  version_id      @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position        @int NOT NULL CHECK (position >= 1),
  code            @text NOT NULL,
  year            @int NOT NULL CHECK (year BETWEEN 1990 AND 2200),
  area            @text,
  item            @text,
  service_id      @big REFERENCES service (id) ON DELETE RESTRICT,
  given           @text NOT NULL CHECK (given IN ('NET', 'GROSS', 'PARTS')),
  net_cents       @big NOT NULL CHECK (net_cents >= 0),
  vat_cents       @big NOT NULL CHECK (vat_cents >= 0),
  gross_cents     @big NOT NULL CHECK (gross_cents >= 0),
  vat_regime      @text NOT NULL CHECK (vat_regime IN ('RATE', 'EXEMPT', 'OUT_OF_SCOPE')),
  vat_rate_micros @big CHECK (vat_rate_micros >= 0),
  UNIQUE (version_id, position),
  CHECK (gross_cents = net_cents + vat_cents),
  CHECK ((vat_regime = 'RATE') = (vat_rate_micros IS NOT NULL)),
  UNIQUE (version_id, code)
) @strict;
CREATE INDEX agreement_line_service ON agreement_line (service_id);

CREATE TABLE agreement_line_part (
  id              @id,
  version_id      @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position        @int NOT NULL CHECK (position >= 1),
  line_id         @big NOT NULL REFERENCES agreement_line (id) ON DELETE RESTRICT,
  item            @text NOT NULL,
  given           @text NOT NULL CHECK (given IN ('MONTHS', 'HOURS')),
  quantity_micros @big NOT NULL CHECK (quantity_micros >= 0),
  price_cents     @big NOT NULL CHECK (price_cents >= 0),
  net_cents       @big NOT NULL CHECK (net_cents >= 0),
  vat_cents       @big NOT NULL CHECK (vat_cents >= 0),
  gross_cents     @big NOT NULL CHECK (gross_cents >= 0),
  stated_cents    @big CHECK (stated_cents >= 0),
  UNIQUE (version_id, position),
  CHECK (gross_cents = net_cents + vat_cents)
) @strict;
CREATE INDEX agreement_line_part_line ON agreement_line_part (line_id);
";

const CONTRIBUTIONS: &str = "
CREATE TABLE agreement_contribution (
  id             @id,
  version_id     @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position       @int NOT NULL CHECK (position >= 1),
  year           @int NOT NULL CHECK (year BETWEEN 1990 AND 2200),
  area           @text,
  item           @text,
  partner_id     @big REFERENCES partner (id) ON DELETE RESTRICT,
  percent_micros @big CHECK (percent_micros >= 0),
  amount_cents   @big NOT NULL CHECK (amount_cents >= 0),
  UNIQUE (version_id, position)
) @strict;
CREATE INDEX agreement_contribution_partner ON agreement_contribution (partner_id);

CREATE TABLE agreement_contribution_item (
  id              @id,
  version_id      @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position        @int NOT NULL CHECK (position >= 1),
  contribution_id @big NOT NULL REFERENCES agreement_contribution (id) ON DELETE RESTRICT,
  item            @text NOT NULL,
  amount_cents    @big NOT NULL CHECK (amount_cents >= 0),
  UNIQUE (version_id, position)
) @strict;
CREATE INDEX agreement_contribution_item_contribution ON agreement_contribution_item (contribution_id);
";

const DAYS: &str = "
CREATE TABLE agreement_instalment (
  id           @id,
  version_id   @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position     @int NOT NULL CHECK (position >= 1),
  label        @text NOT NULL,
  period_from  @day,
  period_to    @day,
  due_date     @day,
  amount_cents @big NOT NULL CHECK (amount_cents > 0),
  UNIQUE (version_id, position),
  CHECK (period_to >= period_from),
  CHECK ((period_from IS NULL) = (period_to IS NULL))
) @strict;

CREATE TABLE agreement_milestone (
  id         @id,
  version_id @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position   @int NOT NULL CHECK (position >= 1),
  code       @text NOT NULL,
  area       @text,
  item       @text NOT NULL,
  from_date  @day,
  by_date    @day,
  UNIQUE (version_id, position),
  CHECK ((from_date IS NULL) <> (by_date IS NULL)),
  UNIQUE (version_id, code)
) @strict;

CREATE TABLE agreement_recurrence (
  id           @id,
  version_id   @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position     @int NOT NULL CHECK (position >= 1),
  kind         @text NOT NULL CHECK (kind IN ('MONITORING', 'PLANNING', 'PROGRAMME')),
  month_day    @int CHECK (month_day BETWEEN 101 AND 1231 AND month_day % 100 BETWEEN 1 AND 31),
  every_months @int CHECK (every_months BETWEEN 1 AND 120),
  UNIQUE (version_id, position),
  CHECK ((month_day IS NULL) <> (every_months IS NULL))
) @strict;
";

const VALUE: &str = "
CREATE TABLE agreement_perimeter (
  id            @id,
  version_id    @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position      @int NOT NULL CHECK (position >= 1),
  year          @int NOT NULL CHECK (year BETWEEN 1990 AND 2200),
  public_cents  @big NOT NULL CHECK (public_cents >= 0),
  private_cents @big NOT NULL CHECK (private_cents >= 0),
  UNIQUE (version_id, position),
  UNIQUE (version_id, year)
) @strict;

CREATE TABLE agreement_programme (
  id            @id,
  version_id    @big NOT NULL REFERENCES agreement_version (id) ON DELETE RESTRICT,
  position      @int NOT NULL CHECK (position >= 1),
  code          @text NOT NULL,
  name          @text NOT NULL,
  year          @int CHECK (year BETWEEN 1990 AND 2200),
  public_cents  @big CHECK (public_cents >= 0),
  private_cents @big CHECK (private_cents >= 0),
  UNIQUE (version_id, position),
  UNIQUE (version_id, code)
) @strict;
";

/// What partners did, and the lines of budgets that an agreement commits.
const PROGRESS: &str = "
CREATE TABLE milestone_progress (
  id           @id,
  agreement_id @big NOT NULL REFERENCES agreement (id) ON DELETE RESTRICT,
  code         @text NOT NULL,
  started_on   @day,
  done_on      @day,
  note         @text,
  row_version  @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  CHECK (done_on >= started_on),
  UNIQUE (agreement_id, code)
) @strict;

ALTER TABLE budget_line ADD COLUMN agreement_line_id @big REFERENCES agreement_line (id) ON DELETE RESTRICT;
CREATE INDEX budget_line_agreement_line ON budget_line (agreement_line_id);
";

/// The tables of what a version holds, and the column of the version that says how many of its rows it has.
const TERMS: [(&str, &str); 12] = [
    ("agreement_partner", "partner_count"),
    ("agreement_service", "service_count"),
    ("agreement_area", "area_count"),
    ("agreement_line", "line_count"),
    ("agreement_line_part", "line_part_count"),
    ("agreement_contribution", "contribution_count"),
    ("agreement_contribution_item", "contribution_item_count"),
    ("agreement_instalment", "instalment_count"),
    ("agreement_milestone", "milestone_count"),
    ("agreement_recurrence", "recurrence_count"),
    ("agreement_perimeter", "perimeter_count"),
    ("agreement_programme", "programme_count"),
];

fn of_agreement() -> [Guard; 3] {
    let same = "(ambito_id = NEW.ambito_id AND code = NEW.code)";
    let insert = Guard::new("agreement", Event::Insert).refuse(
        AGREEMENT_IMMUTABLE,
        "an agreement is never replaced",
        format!("EXISTS (SELECT 1 FROM agreement WHERE id = NEW.id OR {same})"),
    );
    let changes = "an agreement stays what it is; what is agreed changes by a new version";
    [
        insert,
        Guard::new("agreement", Event::Update).refuse(CODE_IMMUTABLE, changes, "1 = 1"),
        Guard::new("agreement", Event::Delete).refuse(AGREEMENT_IMMUTABLE, changes, "1 = 1"),
    ]
}

/// Versions are numbered without a gap, and each holds from a later day than the one before.
fn of_version() -> [Guard; 3] {
    let before = "SELECT 1 FROM agreement_version v WHERE v.agreement_id = NEW.agreement_id";
    let unfit = format!(
        "(NEW.number > 1 AND NOT EXISTS ({before} AND v.number = NEW.number - 1)) \
         OR EXISTS ({before} AND v.effective_from >= NEW.effective_from)"
    );
    only_added(
        "agreement_version",
        AGREEMENT_IMMUTABLE,
        "agreement_id = NEW.agreement_id AND number = NEW.number",
        &[(AGREEMENT_IMMUTABLE, "a version follows the one before it, and holds from a later day", unfit)],
    )
}

fn of_terms(table: &'static str, count: &str) -> [Guard; 3] {
    let beyond =
        format!("NOT EXISTS (SELECT 1 FROM agreement_version WHERE id = NEW.version_id AND NEW.position <= {count})");
    only_added(
        table,
        AGREEMENT_IMMUTABLE,
        "version_id = NEW.version_id AND position = NEW.position",
        &[(AGREEMENT_IMMUTABLE, "a version has no more rows than it says", beyond)],
    )
}
