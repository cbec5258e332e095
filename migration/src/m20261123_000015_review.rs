//! Who wrote an expense, which act of its agreement a report is under, and what the database guards of a review beside its steps.
//!
//! The triggers on reports and expenses are made anew with all that they refused before.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::apply::LOCK_KEY;
use crate::dialect::run;
use crate::guard::{Event, Guard, create, remove};
use crate::refusal::{EXPENSE_IMMUTABLE, ILLEGAL_TRANSITION};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let guards = of_report().into_iter().chain(of_expense()).collect::<Vec<_>>();
        remove(manager, &guards).await?;
        run(manager, COLUMNS).await?;
        run(manager, &refolded()).await?;
        create(manager, &guards).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Of expenses written before nobody knows by whom. A report is under the last act that began by its first day: the first act of the agreement, or a renewal.
const COLUMNS: &str = "
ALTER TABLE expense ADD COLUMN created_by @text;
ALTER TABLE expense ADD COLUMN updated_by @text;
ALTER TABLE expense_report ADD COLUMN act_id @big REFERENCES agreement_version (id) ON DELETE RESTRICT;
UPDATE expense_report SET act_id = coalesce(
  (SELECT v.id FROM agreement_version v WHERE v.agreement_id = expense_report.agreement_id AND v.kind <> 'AMENDMENT'
     AND v.starts_on <= expense_report.period_from AND v.ends_on >= expense_report.period_to
   ORDER BY v.number DESC LIMIT 1),
  (SELECT v.id FROM agreement_version v WHERE v.agreement_id = expense_report.agreement_id AND v.kind = 'ORIGINAL'));
CREATE INDEX expense_report_act ON expense_report (act_id);
";

/// Signs that no key of a document has any more.
const DROPPED: &str = "-./_,;:()[]'\"#°*+&@!?–—\\";

/// The keys of documents without their signs, as far as SQL knows them; one of nothing but signs stays as it is.
fn refolded() -> String {
    let folded = DROPPED.chars().fold("document_key".to_owned(), |sql, sign| {
        let sign = if sign == '\'' { "''".to_owned() } else { sign.to_string() };
        format!("replace({sql}, '{sign}', '')")
    });
    format!("UPDATE expense SET document_key = {folded} WHERE length({folded}) >= 1;\n")
}

/// The ways of a report. Sent back from a review it is a draft again; until it is paid, a review can be opened anew.
const MOVES: &str = "('DRAFT', 'DRAFT'), ('DRAFT', 'SUBMITTED'), ('SUBMITTED', 'UNDER_REVIEW'), ('SUBMITTED', 'DRAFT'), \
                     ('UNDER_REVIEW', 'UNDER_REVIEW'), ('UNDER_REVIEW', 'DRAFT'), ('UNDER_REVIEW', 'ADMITTED'), \
                     ('ADMITTED', 'UNDER_REVIEW'), ('ADMITTED', 'PAID')";

/// What a report says beside its status, and the moves that may change it, as conditions on `OLD` and `NEW`.
const CHANGES: [(&[&str], &str); 5] = [
    (&["period_from", "period_to", "act_id", "note"], "OLD.status = 'DRAFT'"),
    (&["submitted_by", "submitted_at"], "NEW.status IN ('DRAFT', 'SUBMITTED')"),
    (
        &["reviewed_by", "reviewed_at"],
        "NEW.status <> OLD.status AND NEW.status IN ('DRAFT', 'UNDER_REVIEW', 'ADMITTED')",
    ),
    (&["returned_reason"], "NEW.status = 'DRAFT'"),
    (&["paid_on", "paid_by", "payment_reference"], "NEW.status = 'PAID'"),
];

fn of_report() -> [Guard; 3] {
    let same = "(agreement_id = NEW.agreement_id AND partner_id = NEW.partner_id AND number = NEW.number)";
    let act = "NEW.act_id IS NULL OR NOT EXISTS (SELECT 1 FROM agreement_version WHERE id = NEW.act_id \
               AND agreement_id = NEW.agreement_id AND kind <> 'AMENDMENT')";
    let of_its_act = "a report is under an act of its agreement";
    let insert = Guard::new("expense_report", Event::Insert)
        .refuse(
            EXPENSE_IMMUTABLE,
            "a report is never replaced",
            format!("EXISTS (SELECT 1 FROM expense_report WHERE id = NEW.id OR {same})"),
        )
        .refuse(ILLEGAL_TRANSITION, "a report begins as a draft", "NEW.status <> 'DRAFT'")
        .refuse(EXPENSE_IMMUTABLE, of_its_act, act);
    let other = "OLD.id <> NEW.id OR OLD.agreement_id <> NEW.agreement_id OR OLD.partner_id <> NEW.partner_id \
                 OR OLD.number <> NEW.number OR OLD.created_by <> NEW.created_by";
    let update = Guard::new("expense_report", Event::Update)
        .refuse(EXPENSE_IMMUTABLE, "a report that was paid never changes", "OLD.status = 'PAID'")
        .refuse(EXPENSE_IMMUTABLE, "a report stays that of its agreement and partner", other)
        .refuse(
            ILLEGAL_TRANSITION,
            "a report moves only along its states",
            format!("(OLD.status, NEW.status) NOT IN (VALUES {MOVES})"),
        )
        .refuse(EXPENSE_IMMUTABLE, of_its_act, act);
    let update = CHANGES.iter().fold(update, |guard, (columns, when)| {
        let changed: Vec<String> =
            columns.iter().map(|column| format!("OLD.{column} IS DISTINCT FROM NEW.{column}")).collect();
        let sentence = format!("what a report says changes with its step only: {}", columns.join(", "));
        guard.refuse(EXPENSE_IMMUTABLE, &sentence, format!("({}) AND NOT ({when})", changed.join(" OR ")))
    });
    let delete = Guard::new("expense_report", Event::Delete).refuse(
        EXPENSE_IMMUTABLE,
        "only a draft is given up",
        "OLD.status <> 'DRAFT'",
    );
    [insert, reviewed(update).lock(format!("pg_advisory_xact_lock({LOCK_KEY})")), delete]
}

/// What a review needs: somebody who neither wrote nor submitted, and a word on every expense.
fn reviewed(update: Guard) -> Guard {
    let expense = |of: &str| format!("EXISTS (SELECT 1 FROM expense WHERE report_id = NEW.id AND {of})");
    let under_review = "NEW.status IN ('UNDER_REVIEW', 'ADMITTED', 'PAID')";
    update
        .refuse(ILLEGAL_TRANSITION, "a review is somebody's", format!("{under_review} AND NEW.reviewed_by IS NULL"))
        .refuse(
            ILLEGAL_TRANSITION,
            "who wrote or submitted does not review",
            format!(
                "NEW.status IN ('UNDER_REVIEW', 'ADMITTED') AND (NEW.reviewed_by = NEW.submitted_by OR {})",
                expense("(created_by = NEW.reviewed_by OR updated_by = NEW.reviewed_by)")
            ),
        )
        .refuse(
            ILLEGAL_TRANSITION,
            "a review ends on an instant",
            "NEW.status IN ('ADMITTED', 'PAID') AND NEW.reviewed_at IS NULL",
        )
        .refuse(
            ILLEGAL_TRANSITION,
            "every expense is judged before its report is admitted",
            format!("NEW.status IN ('ADMITTED', 'PAID') AND {}", expense("status = 'REPORTED'")),
        )
        .refuse(
            ILLEGAL_TRANSITION,
            "what was admitted is open before its report is a draft",
            format!("NEW.status = 'DRAFT' AND {}", expense("status = 'ADMITTED'")),
        )
}

/// Expenses are written while their report is a draft, and judged while it is under review.
fn of_expense() -> [Guard; 3] {
    let in_status = |row: &str, status: &str| {
        format!("EXISTS (SELECT 1 FROM expense_report r WHERE r.id = {row}.report_id AND r.status = '{status}')")
    };
    let sentence = "the expenses of a report stay as they are once it was submitted, but for what its review says";
    let judged = "an expense is judged in a review only";
    let cited = "OLD.id <> NEW.id OR OLD.report_id <> NEW.report_id OR OLD.spent_on <> NEW.spent_on \
                 OR OLD.charged_cents <> NEW.charged_cents OR OLD.gross_cents <> NEW.gross_cents \
                 OR OLD.net_cents <> NEW.net_cents OR OLD.line_code IS DISTINCT FROM NEW.line_code \
                 OR OLD.vat_recoverable <> NEW.vat_recoverable OR OLD.document_digest <> NEW.document_digest \
                 OR OLD.document_reference <> NEW.document_reference OR OLD.document_key <> NEW.document_key \
                 OR OLD.position <> NEW.position OR OLD.category <> NEW.category OR OLD.vat_cents <> NEW.vat_cents \
                 OR OLD.description IS DISTINCT FROM NEW.description OR OLD.vat_regime <> NEW.vat_regime \
                 OR OLD.vat_rate_micros IS DISTINCT FROM NEW.vat_rate_micros \
                 OR OLD.updated_by IS DISTINCT FROM NEW.updated_by";
    let lock = format!("pg_advisory_xact_lock({LOCK_KEY})");
    let insert = Guard::new("expense", Event::Insert)
        .refuse(
            EXPENSE_IMMUTABLE,
            "an expense is never replaced",
            "EXISTS (SELECT 1 FROM expense WHERE id = NEW.id OR (report_id = NEW.report_id AND position = NEW.position) \
             OR (document_digest = NEW.document_digest AND status <> 'REFUSED' AND NEW.status <> 'REFUSED'))",
        )
        .refuse(EXPENSE_IMMUTABLE, sentence, format!("NOT {}", in_status("NEW", "DRAFT")))
        .refuse(EXPENSE_IMMUTABLE, judged, "NEW.status = 'ADMITTED'")
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
            judged,
            format!(
                "{} AND (NEW.status = 'ADMITTED' OR (NEW.status = 'REFUSED' AND OLD.status <> 'REFUSED'))",
                in_status("OLD", "DRAFT")
            ),
        )
        .refuse(
            EXPENSE_IMMUTABLE,
            "an expense stays in its report, and that of who wrote it first",
            "OLD.report_id <> NEW.report_id OR OLD.id <> NEW.id OR OLD.created_by IS DISTINCT FROM NEW.created_by",
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
