//! What approved plans charge the comuni, what these pay, and which payment settles which charge; and the codes that a
//! comune books a service by.
//!
//! All of it is only added to: a mistake is put right by a row of the opposite amount. A charge follows from an approved
//! plan and is no part of it, so the column that names the plan is not called `plan_id`, by which the tables of what a
//! plan freezes are known.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::dialect::run;
use crate::guard::{Guard, create, only_added, refuse_truncate};
use crate::refusal::{BILLING_IMMUTABLE, BILLING_UNBALANCED};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SERVICE_CODES).await?;
        run(manager, CHARGE).await?;
        run(manager, PAYMENT).await?;
        create(manager, &of_billing()).await?;
        create(manager, &of_charge()).await?;
        create(manager, &of_payment()).await?;
        create(manager, &of_payment_match()).await?;
        let kept = ["billing", "charge", "payment", "payment_match"].map(|table| (table, BILLING_IMMUTABLE));
        refuse_truncate(manager, &kept).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The code of a tender (CIG) has 10 letters and digits, that of a public investment project (CUP) has 15.
const SERVICE_CODES: &str = "
ALTER TABLE service ADD COLUMN cig @text CHECK (length(cig) = 10);
ALTER TABLE service ADD COLUMN cup @text CHECK (length(cup) = 15);
";

/// A billing says in advance how many charges it has: their positions are unique and go no further, so that it is closed
/// with the last of them.
const CHARGE: &str = "
CREATE TABLE billing (
  id                @id,
  approved_plan_id  @big NOT NULL REFERENCES plan (id) ON DELETE RESTRICT,
  service_id        @big NOT NULL REFERENCES service (id) ON DELETE RESTRICT,
  kind              @text NOT NULL CHECK (kind IN ('INSTALMENT', 'AMENDMENT', 'SETTLEMENT')),
  superseded        @bool NOT NULL,
  charged_on        @day NOT NULL,
  charge_count      @int NOT NULL CHECK (charge_count >= 0),
  total_cents       @big NOT NULL,
  mission_programme @text,
  cig               @text CHECK (length(cig) = 10),
  cup               @text CHECK (length(cup) = 15),
  reason            @text NOT NULL,
  CHECK (charge_count > 0 OR total_cents = 0),
  CHECK (NOT superseded OR charge_count = 0),
  UNIQUE (approved_plan_id, service_id)
) @strict;
CREATE INDEX billing_service ON billing (service_id);

CREATE TABLE charge (
  id             @id,
  billing_id     @big NOT NULL REFERENCES billing (id) ON DELETE RESTRICT,
  position       @int NOT NULL CHECK (position >= 1),
  comune_id      @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  number         @int NOT NULL CHECK (number >= 1),
  due_date       @day NOT NULL,
  financial_year @int NOT NULL CHECK (financial_year BETWEEN 1990 AND 2210),
  amount_cents   @big NOT NULL CHECK (amount_cents <> 0),
  UNIQUE (billing_id, position)
) @strict;
CREATE INDEX charge_comune ON charge (comune_id);
";

/// Either a payment or a credit (a charge below zero) settles a charge. A payment that is reversed takes its matches back
/// by matches below zero of the reversal.
const PAYMENT: &str = "
CREATE TABLE payment (
  id           @id,
  ambito_id    @big NOT NULL REFERENCES ambito (id) ON DELETE RESTRICT,
  comune_id    @big NOT NULL REFERENCES comune (id) ON DELETE RESTRICT,
  paid_on      @day NOT NULL,
  amount_cents @big NOT NULL,
  reference    @text CHECK (length(reference) BETWEEN 1 AND 200),
  reverses_id  @big UNIQUE REFERENCES payment (id) ON DELETE RESTRICT,
  recorded_by  @text NOT NULL,
  recorded_at  @instant NOT NULL,
  CHECK ((amount_cents > 0 AND reverses_id IS NULL) OR (amount_cents < 0 AND reverses_id IS NOT NULL)),
  CHECK (reverses_id < id)
) @strict;
CREATE INDEX payment_comune ON payment (comune_id, ambito_id);

CREATE TABLE payment_match (
  id           @id,
  charge_id    @big NOT NULL REFERENCES charge (id) ON DELETE RESTRICT,
  payment_id   @big REFERENCES payment (id) ON DELETE RESTRICT,
  credit_id    @big REFERENCES charge (id) ON DELETE RESTRICT,
  amount_cents @big NOT NULL CHECK (amount_cents <> 0),
  CHECK ((payment_id IS NULL) <> (credit_id IS NULL)),
  CHECK (payment_id IS NOT NULL OR amount_cents > 0)
) @strict;
CREATE INDEX payment_match_charge ON payment_match (charge_id);
CREATE INDEX payment_match_payment ON payment_match (payment_id);
CREATE INDEX payment_match_credit ON payment_match (credit_id);
";

/// A table that is only added to, by rows of which none of the sentences holds.
fn kept(table: &'static str, same: &str, unbalanced: &[(&str, String)]) -> [Guard; 3] {
    let unbalanced: Vec<_> =
        unbalanced.iter().map(|(sentence, when)| (BILLING_UNBALANCED, *sentence, when.clone())).collect();
    only_added(table, BILLING_IMMUTABLE, same, &unbalanced)
}

fn of_billing() -> [Guard; 3] {
    let unbalanced = "NOT EXISTS (SELECT 1 FROM plan p JOIN service s ON s.ambito_id = p.ambito_id \
                      WHERE p.id = NEW.approved_plan_id AND s.id = NEW.service_id AND p.status = 'APPROVED')";
    kept(
        "billing",
        "approved_plan_id = NEW.approved_plan_id AND service_id = NEW.service_id",
        &[("a plan charges once it is approved, for services of its Ambito", unbalanced.to_owned())],
    )
}

fn of_charge() -> [Guard; 3] {
    let unbalanced = "NOT EXISTS (SELECT 1 FROM billing WHERE id = NEW.billing_id AND NEW.position <= charge_count \
                      AND (NEW.amount_cents > 0 OR kind <> 'INSTALMENT'))";
    let sentence = "a billing has no more charges than it says, and only an amendment or a settlement gives back";
    kept("charge", "billing_id = NEW.billing_id AND position = NEW.position", &[(sentence, unbalanced.to_owned())])
}

fn of_payment() -> [Guard; 3] {
    let unbalanced = "NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment WHERE id = NEW.reverses_id \
                      AND reverses_id IS NULL AND ambito_id = NEW.ambito_id AND comune_id = NEW.comune_id \
                      AND amount_cents = -NEW.amount_cents AND paid_on <= NEW.paid_on)";
    let sentence = "a reversal takes the whole of an earlier payment back, and is not reversed itself";
    kept("payment", "reverses_id = NEW.reverses_id", &[(sentence, unbalanced.to_owned())])
}

/// What is matched of a payment or a charge lies between nothing and the whole of it, with each match that is added.
fn of_payment_match() -> [Guard; 3] {
    let sum = |column: &str| {
        format!(
            "(NEW.amount_cents + (SELECT coalesce(sum(m.amount_cents), 0) FROM payment_match m \
             WHERE m.{column} = NEW.{column}))"
        )
    };
    let ambito = |charge: &str| {
        format!(
            "(SELECT s.ambito_id FROM billing b JOIN service s ON s.id = b.service_id WHERE b.id = {charge}.billing_id)"
        )
    };
    let of_charge = format!(
        "NOT EXISTS (SELECT 1 FROM charge c WHERE c.id = NEW.charge_id AND {} BETWEEN 0 AND c.amount_cents)",
        sum("charge_id")
    );
    let of_payment = format!(
        "NEW.payment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment p JOIN charge c ON c.id = NEW.charge_id \
         WHERE p.id = NEW.payment_id AND c.comune_id = p.comune_id AND p.ambito_id = {} \
         AND (NEW.amount_cents > 0) = (p.amount_cents > 0) \
         AND {} BETWEEN CASE WHEN p.amount_cents < 0 THEN p.amount_cents ELSE 0 END \
         AND CASE WHEN p.amount_cents > 0 THEN p.amount_cents ELSE 0 END)",
        ambito("c"),
        sum("payment_id")
    );
    let of_credit = format!(
        "NEW.credit_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM charge k JOIN charge c ON c.id = NEW.charge_id \
         WHERE k.id = NEW.credit_id AND c.comune_id = k.comune_id AND {} = {} AND {} <= -k.amount_cents)",
        ambito("c"),
        ambito("k"),
        sum("credit_id")
    );
    kept(
        "payment_match",
        "1 = 0",
        &[
            ("what is matched of a charge is neither below zero nor above it", of_charge),
            ("what is matched of a payment is neither below zero nor above it, and of the comune's own", of_payment),
            ("what is matched of a credit is not above it, and of the comune's own", of_credit),
        ],
    )
}
