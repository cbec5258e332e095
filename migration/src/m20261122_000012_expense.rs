//! What partners spent under agreements: their reports, and the expenses in these with their documents.
//!
//! A document is used once: an expense that was refused gives it back. What was paid never changes.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::apply::LOCK_KEY;
use crate::dialect::run;
use crate::guard::{Event, Guard, create, refuse_truncate};
use crate::refusal::{EXPENSE_IMMUTABLE, ILLEGAL_TRANSITION};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, REPORT).await?;
        run(manager, EXPENSE).await?;
        create(manager, &of_report()).await?;
        create(manager, &of_expense()).await?;
        let kept = ["expense_report", "expense"].map(|table| (table, EXPENSE_IMMUTABLE));
        refuse_truncate(manager, &kept).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const REPORT: &str = "
CREATE TABLE expense_report (
  id                @id,
  agreement_id      @big NOT NULL REFERENCES agreement (id) ON DELETE RESTRICT,
  partner_id        @big NOT NULL REFERENCES partner (id) ON DELETE RESTRICT,
  number            @int NOT NULL CHECK (number >= 1),
  period_from       @day NOT NULL,
  period_to         @day NOT NULL,
  status            @text NOT NULL CHECK (status IN ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'ADMITTED', 'PAID')),
  note              @text,
  created_by        @text NOT NULL,
  submitted_by      @text,
  submitted_at      @instant,
  reviewed_by       @text,
  reviewed_at       @instant,
  returned_reason   @text,
  paid_on           @day,
  payment_reference @text CHECK (length(payment_reference) BETWEEN 1 AND 200),
  paid_by           @text,
  row_version       @int NOT NULL DEFAULT 1 CHECK (row_version >= 1),
  CHECK (period_to >= period_from),
  CHECK (status = 'DRAFT' OR submitted_by IS NOT NULL),
  CHECK (reviewed_by <> submitted_by),
  CHECK ((status = 'PAID') = (paid_on IS NOT NULL)),
  UNIQUE (agreement_id, partner_id, number)
) @strict;
CREATE INDEX expense_report_partner ON expense_report (partner_id);
";

/// A part of the cost is charged to a line of the agreement; the rest is the partner's own. The digest says which document it is, whatever it is called; the key is its
/// reference without blanks and in small letters.
const EXPENSE: &str = "
CREATE TABLE expense (
  id                 @id,
  report_id          @big NOT NULL REFERENCES expense_report (id) ON DELETE RESTRICT,
  position           @int NOT NULL CHECK (position >= 1),
  spent_on           @day NOT NULL,
  category           @text NOT NULL,
  description        @text,
  line_code          @text,
  net_cents          @big NOT NULL CHECK (net_cents >= 0),
  vat_cents          @big NOT NULL CHECK (vat_cents >= 0),
  gross_cents        @big NOT NULL CHECK (gross_cents > 0),
  vat_regime         @text NOT NULL CHECK (vat_regime IN ('RATE', 'EXEMPT', 'OUT_OF_SCOPE')),
  vat_rate_micros    @big CHECK (vat_rate_micros >= 0),
  vat_recoverable    @bool NOT NULL,
  charged_cents      @big NOT NULL CHECK (charged_cents >= 0),
  document_reference @text NOT NULL CHECK (length(document_reference) BETWEEN 1 AND 200),
  document_key       @text NOT NULL CHECK (length(document_key) >= 1),
  document_digest    @text NOT NULL CHECK (length(document_digest) = 64),
  status             @text NOT NULL CHECK (status IN ('REPORTED', 'ADMITTED', 'REFUSED')),
  admitted_cents     @big CHECK (admitted_cents >= 0),
  refusal            @text CHECK (length(refusal) BETWEEN 1 AND 1000),
  CHECK (gross_cents = net_cents + vat_cents),
  CHECK ((vat_regime = 'RATE') = (vat_rate_micros IS NOT NULL)),
  CHECK (charged_cents <= gross_cents),
  CHECK (line_code IS NOT NULL OR charged_cents = 0),
  CHECK ((status = 'REPORTED') = (admitted_cents IS NULL)),
  CHECK (admitted_cents <= charged_cents),
  UNIQUE (report_id, position)
) @strict;
CREATE UNIQUE INDEX expense_document ON expense (document_digest) WHERE status <> 'REFUSED';
CREATE INDEX expense_document_key ON expense (document_key);
";

/// The ways of a report. Sent back from a review it is a draft again; until it is paid, a review can be opened anew.
const MOVES: &str = "('DRAFT', 'DRAFT'), ('DRAFT', 'SUBMITTED'), ('SUBMITTED', 'UNDER_REVIEW'), ('SUBMITTED', 'DRAFT'), \
                     ('UNDER_REVIEW', 'UNDER_REVIEW'), ('UNDER_REVIEW', 'DRAFT'), ('UNDER_REVIEW', 'ADMITTED'), \
                     ('ADMITTED', 'UNDER_REVIEW'), ('ADMITTED', 'PAID')";

fn of_report() -> [Guard; 3] {
    let same = "(agreement_id = NEW.agreement_id AND partner_id = NEW.partner_id AND number = NEW.number)";
    let insert = Guard::new("expense_report", Event::Insert).refuse(
        EXPENSE_IMMUTABLE,
        "a report is never replaced",
        format!("EXISTS (SELECT 1 FROM expense_report WHERE id = NEW.id OR {same})"),
    );
    let insert = insert.refuse(ILLEGAL_TRANSITION, "a report begins as a draft", "NEW.status <> 'DRAFT'");
    let other = "OLD.id <> NEW.id OR OLD.agreement_id <> NEW.agreement_id OR OLD.partner_id <> NEW.partner_id \
                 OR OLD.number <> NEW.number OR OLD.created_by <> NEW.created_by";
    let update = Guard::new("expense_report", Event::Update)
        .refuse(EXPENSE_IMMUTABLE, "a report that was paid never changes", "OLD.status = 'PAID'")
        .refuse(EXPENSE_IMMUTABLE, "a report stays that of its agreement and partner", other)
        .refuse(
            ILLEGAL_TRANSITION,
            "a report moves only along its states",
            format!("(OLD.status, NEW.status) NOT IN (VALUES {MOVES})"),
        );
    let delete = Guard::new("expense_report", Event::Delete).refuse(
        EXPENSE_IMMUTABLE,
        "only a draft is given up",
        "OLD.status <> 'DRAFT'",
    );
    [insert, update, delete]
}

/// Expenses are written while their report is a draft, and judged while it is under review.
fn of_expense() -> [Guard; 3] {
    let in_status = |row: &str, status: &str| {
        format!("EXISTS (SELECT 1 FROM expense_report r WHERE r.id = {row}.report_id AND r.status = '{status}')")
    };
    let sentence = "the expenses of a report stay as they are once it was submitted, but for what its review says";
    let cited = "OLD.id <> NEW.id OR OLD.report_id <> NEW.report_id OR OLD.spent_on <> NEW.spent_on \
                 OR OLD.charged_cents <> NEW.charged_cents OR OLD.gross_cents <> NEW.gross_cents \
                 OR OLD.net_cents <> NEW.net_cents OR OLD.line_code IS DISTINCT FROM NEW.line_code \
                 OR OLD.vat_recoverable <> NEW.vat_recoverable OR OLD.document_digest <> NEW.document_digest \
                 OR OLD.document_reference <> NEW.document_reference OR OLD.document_key <> NEW.document_key \
                 OR OLD.position <> NEW.position OR OLD.category <> NEW.category OR OLD.vat_cents <> NEW.vat_cents \
                 OR OLD.description IS DISTINCT FROM NEW.description OR OLD.vat_regime <> NEW.vat_regime \
                 OR OLD.vat_rate_micros IS DISTINCT FROM NEW.vat_rate_micros";
    let lock = format!("pg_advisory_xact_lock({LOCK_KEY})");
    let insert = Guard::new("expense", Event::Insert)
        .refuse(
            EXPENSE_IMMUTABLE,
            "an expense is never replaced",
            "EXISTS (SELECT 1 FROM expense WHERE id = NEW.id OR (report_id = NEW.report_id AND position = NEW.position) \
             OR (document_digest = NEW.document_digest AND status <> 'REFUSED' AND NEW.status <> 'REFUSED'))",
        )
        .refuse(EXPENSE_IMMUTABLE, sentence, format!("NOT {}", in_status("NEW", "DRAFT")))
        .lock(lock.clone());
    let update = Guard::new("expense", Event::Update)
        .refuse(
            EXPENSE_IMMUTABLE,
            sentence,
            format!("NOT {} AND NOT {}", in_status("OLD", "DRAFT"), in_status("OLD", "UNDER_REVIEW")),
        )
        .refuse(EXPENSE_IMMUTABLE, sentence, format!("{} AND ({cited})", in_status("OLD", "UNDER_REVIEW")))
        .refuse(
            EXPENSE_IMMUTABLE,
            "an expense stays in its report",
            "OLD.report_id <> NEW.report_id OR OLD.id <> NEW.id",
        )
        // On SQLite an update may take the row that is in its way out.
        .refuse(
            EXPENSE_IMMUTABLE,
            "a document is used once",
            "NEW.status <> 'REFUSED' AND EXISTS (SELECT 1 FROM expense WHERE id <> NEW.id AND status <> 'REFUSED' \
             AND document_digest = NEW.document_digest)",
        )
        .refuse(
            EXPENSE_IMMUTABLE,
            "an expense is never replaced",
            "EXISTS (SELECT 1 FROM expense WHERE id <> NEW.id AND report_id = NEW.report_id AND position = NEW.position)",
        )
        .lock(lock);
    let delete = Guard::new("expense", Event::Delete).refuse(
        EXPENSE_IMMUTABLE,
        sentence,
        format!("NOT {}", in_status("OLD", "DRAFT")),
    );
    [insert, update, delete]
}
