//! Plans and everything that a plan freezes.
//!
//! Each row carries the plan it belongs to, and refers to its budget or rule together with that plan, so that a row can
//! never hang between two plans and one look tells whether it may change.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, PLAN).await?;
        run(manager, BUDGET).await?;
        run(manager, BUDGET_PARTS).await?;
        run(manager, RULE).await?;
        run(manager, RULE_PARTS).await?;
        run(manager, RESULTS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const PLAN: &str = "
CREATE TABLE plan (
  id            @id,
  ambito_id     @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  programme_id  @big REFERENCES programme (id) ON DELETE RESTRICT,
  year          @int NOT NULL CHECK (year BETWEEN 1990 AND 2200),
  kind          @text NOT NULL CHECK (kind IN ('FORECAST', 'AMENDMENT', 'FINAL')),
  version       @int NOT NULL CHECK (version >= 1),
  status        @text NOT NULL CHECK (status IN ('DRAFT', 'PROPOSED', 'APPROVED', 'WITHDRAWN')),
  row_version   @int NOT NULL,
  resolution_id @big REFERENCES resolution (id) ON DELETE RESTRICT,
  digest        @text,
  note          @text,
  created_at    @instant NOT NULL,
  proposed_by   @text,
  proposed_at   @instant,
  approved_by   @text,
  approved_at   @instant,
  UNIQUE (ambito_id, year, version)
) @strict;
CREATE INDEX plan_resolution ON plan (resolution_id);

CREATE TABLE plan_instalment (
  id             @id,
  plan_id        @big NOT NULL REFERENCES plan (id) ON DELETE RESTRICT,
  number         @int NOT NULL CHECK (number >= 1),
  due_date       @day NOT NULL,
  percent_micros @big NOT NULL CHECK (percent_micros BETWEEN 0 AND 100000000),
  assumed        @bool NOT NULL,
  UNIQUE (plan_id, number)
) @strict;
";

const BUDGET: &str = "
CREATE TABLE budget (
  id                    @id,
  plan_id               @big NOT NULL REFERENCES plan (id) ON DELETE RESTRICT,
  service_id            @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  amount_cents          @big NOT NULL CHECK (amount_cents >= 0),
  municipal_share_cents @big NOT NULL CHECK (municipal_share_cents >= 0),
  residue_cents         @big NOT NULL,
  note                  @text,
  assumed               @bool NOT NULL,
  UNIQUE (plan_id, service_id),
  UNIQUE (id, plan_id)
) @strict;
CREATE INDEX budget_service ON budget (service_id);
";

/// A line may be negative (a rebate), so only its sum is checked. One funding at most takes up what is left.
const BUDGET_PARTS: &str = "
CREATE TABLE budget_line (
  id              @id,
  plan_id         @big NOT NULL,
  budget_id       @big NOT NULL,
  position        @int NOT NULL,
  item            @text NOT NULL,
  net_cents       @big NOT NULL,
  vat_cents       @big NOT NULL,
  gross_cents     @big NOT NULL CHECK (gross_cents = net_cents + vat_cents),
  vat_regime      @text NOT NULL CHECK (vat_regime IN ('RATE', 'EXEMPT', 'OUT_OF_SCOPE')),
  vat_rate_micros @big CHECK (vat_rate_micros BETWEEN 0 AND 100000000),
  given           @text NOT NULL CHECK (given IN ('NET', 'GROSS')),
  FOREIGN KEY (budget_id, plan_id) REFERENCES budget (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX budget_line_budget ON budget_line (budget_id);
CREATE INDEX budget_line_plan ON budget_line (plan_id);

CREATE TABLE funding (
  id           @id,
  plan_id      @big NOT NULL,
  budget_id    @big NOT NULL,
  position     @int NOT NULL,
  fund_id      @big NOT NULL REFERENCES fund (id) ON DELETE RESTRICT,
  amount_cents @big NOT NULL CHECK (amount_cents >= 0),
  balancing    @bool NOT NULL,
  assumed      @bool NOT NULL,
  UNIQUE (budget_id, fund_id),
  FOREIGN KEY (budget_id, plan_id) REFERENCES budget (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE UNIQUE INDEX funding_balancing ON funding (budget_id) WHERE balancing;
CREATE INDEX funding_plan ON funding (plan_id);
CREATE INDEX funding_fund ON funding (fund_id);

CREATE TABLE participant (
  id        @id,
  plan_id   @big NOT NULL,
  budget_id @big NOT NULL,
  comune_id @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  UNIQUE (budget_id, comune_id),
  FOREIGN KEY (budget_id, plan_id) REFERENCES budget (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX participant_plan ON participant (plan_id);
";

const RULE: &str = "
CREATE TABLE rule (
  id                  @id,
  plan_id             @big NOT NULL,
  budget_id           @big NOT NULL,
  parent_id           @big,
  position            @int NOT NULL,
  kind                @text NOT NULL CHECK (kind IN (
    'EQUAL', 'BY_MEASURE', 'BY_FIXED_WEIGHTS', 'BY_BANDS', 'FLAT_BY_BAND', 'TARIFF', 'MIXED')),
  rounding            @text NOT NULL CHECK (rounding IN ('LARGEST_REMAINDER', 'HALF_UP_EACH')),
  measure_id          @big REFERENCES measure (id) ON DELETE RESTRICT,
  marginal            @bool NOT NULL,
  price_micros        @big CHECK (price_micros >= 0),
  size_kind           @text CHECK (size_kind IN ('AMOUNT', 'PERCENT', 'REMAINDER')),
  size_cents          @big CHECK (size_cents >= 0),
  size_percent_micros @big CHECK (size_percent_micros BETWEEN 0 AND 100000000),
  assumed             @bool NOT NULL,
  note                @text,
  UNIQUE (id, plan_id),
  CHECK (parent_id <> id),
  FOREIGN KEY (budget_id, plan_id) REFERENCES budget (id, plan_id) ON DELETE RESTRICT,
  FOREIGN KEY (parent_id, plan_id) REFERENCES rule (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE UNIQUE INDEX rule_of_budget ON rule (budget_id) WHERE parent_id IS NULL;
CREATE INDEX rule_budget ON rule (budget_id);
CREATE INDEX rule_parent ON rule (parent_id);
CREATE INDEX rule_plan ON rule (plan_id);
";

const RULE_PARTS: &str = "
CREATE TABLE rule_band (
  id            @id,
  plan_id       @big NOT NULL,
  rule_id       @big NOT NULL,
  position      @int NOT NULL,
  up_to_micros  @big CHECK (up_to_micros >= 0),
  weight_micros @big CHECK (weight_micros >= 0),
  amount_cents  @big CHECK (amount_cents >= 0),
  FOREIGN KEY (rule_id, plan_id) REFERENCES rule (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX rule_band_rule ON rule_band (rule_id);
CREATE INDEX rule_band_plan ON rule_band (plan_id);

CREATE TABLE rule_weight (
  id            @id,
  plan_id       @big NOT NULL,
  rule_id       @big NOT NULL,
  comune_id     @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  weight_micros @big NOT NULL CHECK (weight_micros >= 0),
  UNIQUE (rule_id, comune_id),
  FOREIGN KEY (rule_id, plan_id) REFERENCES rule (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX rule_weight_plan ON rule_weight (plan_id);

CREATE TABLE adjustment (
  id                @id,
  plan_id           @big NOT NULL,
  rule_id           @big NOT NULL,
  comune_id         @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  exempt            @bool NOT NULL,
  multiplier_micros @big CHECK (multiplier_micros >= 0),
  price_micros      @big CHECK (price_micros >= 0),
  fixed_cents       @big CHECK (fixed_cents >= 0),
  minimum_cents     @big CHECK (minimum_cents >= 0),
  maximum_cents     @big CHECK (maximum_cents >= 0),
  UNIQUE (rule_id, comune_id),
  FOREIGN KEY (rule_id, plan_id) REFERENCES rule (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX adjustment_plan ON adjustment (plan_id);
";

const RESULTS: &str = "
CREATE TABLE basis (
  id             @id,
  plan_id        @big NOT NULL,
  budget_id      @big NOT NULL,
  measure_id     @big NOT NULL REFERENCES measure (id) ON DELETE RESTRICT,
  comune_id      @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  value_micros   @big NOT NULL CHECK (value_micros >= 0),
  reference_date @day NOT NULL,
  source         @text NOT NULL,
  assumed        @bool NOT NULL,
  UNIQUE (budget_id, measure_id, comune_id),
  FOREIGN KEY (budget_id, comune_id) REFERENCES participant (budget_id, comune_id) ON DELETE RESTRICT,
  FOREIGN KEY (budget_id, plan_id) REFERENCES budget (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX basis_plan ON basis (plan_id);

CREATE TABLE quota (
  id           @id,
  plan_id      @big NOT NULL,
  budget_id    @big NOT NULL,
  comune_id    @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  amount_cents @big NOT NULL CHECK (amount_cents >= 0),
  UNIQUE (budget_id, comune_id),
  FOREIGN KEY (budget_id, comune_id) REFERENCES participant (budget_id, comune_id) ON DELETE RESTRICT,
  FOREIGN KEY (budget_id, plan_id) REFERENCES budget (id, plan_id) ON DELETE RESTRICT
) @strict;
CREATE INDEX quota_plan ON quota (plan_id);
CREATE INDEX quota_comune ON quota (comune_id);
";
