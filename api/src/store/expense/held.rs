//! A report in the hands of an act: found, still as its reader saw it, and told in the audit trail as it was and as it is.

use entity::kinds::ReportStatus;
use entity::{agreement, ambito, expense, expense_report, partner};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::error::{Code, Error, Refusal, Result};
use crate::store::change::next_revision;
use crate::store::{Write, audit, digest};

/// The acts of whoever writes a report.
const WRITING: [&str; 4] = ["expense.add", "expense.update", "expense.remove", "expense_report.submit"];

/// A report that an act is about.
pub(super) struct Held<'w> {
    pub(super) write: &'w Write,
    pub(super) row: expense_report::Model,
    /// By position.
    pub(super) expenses: Vec<expense::Model>,
    pub(super) partner: partner::Model,
    /// The revision that it has after the act.
    pub(super) next: i32,
    subject: String,
    before: String,
}

impl<'w> Held<'w> {
    /// The report with this row id, where `covers` says of its Ambito and partner that it is the asker's, and where its revision is the expected one.
    pub(super) async fn find(
        write: &'w Write,
        (id, expected): (i64, i32),
        argument: &str,
        covers: impl Fn(i64, i64) -> bool,
    ) -> Result<Self> {
        let tx = write.tx();
        let missing = || Error::from(Refusal::new(Code::NotFound).argument(argument));
        let row = expense_report::Entity::find_by_id(id).one(tx).await?.ok_or_else(missing)?;
        let agreement = agreement::Entity::find_by_id(row.agreement_id).one(tx).await?;
        let agreement = agreement.ok_or_else(|| Error::broken("agreement of report", id))?;
        if !covers(agreement.ambito_id, row.partner_id) {
            return Err(missing());
        }
        let next = next_revision(row.row_version, expected)?;
        let partner = partner::Entity::find_by_id(row.partner_id).one(tx).await?;
        let partner = partner.ok_or_else(|| Error::broken("partner of report", id))?;
        let ambito = ambito::Entity::find_by_id(agreement.ambito_id).one(tx).await?;
        let ambito = ambito.ok_or_else(|| Error::broken("ambito of agreement", agreement.id))?;
        let expenses = expenses(write, id).await?;
        let subject = subject(&ambito.code, &agreement.code, &partner.code, row.number);
        let before = canonical(&row, &expenses)?;
        Ok(Self { write, row, expenses, partner, next, subject, before })
    }

    /// The same of the report that an expense is in, and the expense's place in it.
    pub(super) async fn find_by_expense(
        write: &'w Write,
        (id, expected): (i64, i32),
        covers: impl Fn(i64, i64) -> bool,
    ) -> Result<(Self, usize)> {
        let found = expense::Entity::find_by_id(id).one(write.tx()).await?;
        let found = found.ok_or_else(|| Error::from(Refusal::new(Code::NotFound).argument("input.expense")))?;
        let held = Self::find(write, (found.report_id, expected), "input.expense", covers).await?;
        let at = held.expenses.iter().position(|expense| expense.id == id);
        Ok((held, at.ok_or_else(|| Error::broken("expense", id))?))
    }

    /// Refuses an act that is not for a report that has come so far.
    pub(super) fn expect(&self, statuses: &[ReportStatus]) -> Result<()> {
        if statuses.contains(&self.row.status) {
            return Ok(());
        }
        let is = self.row.status.to_value();
        let refusal = Refusal::new(Code::IllegalTransition).message(
            format!("La rendicontazione è nello stato {is}: l'operazione non è ammessa."),
            format!("The report is {is}, in which this is not done."),
        );
        Err(refusal.into())
    }

    /// Refuses a reviewer who ever submitted the report, or wrote any of its expenses: also one that was corrected or removed since, or before it was sent back. The rows
    /// tell the first and the last, the trail all.
    pub(super) async fn expect_another(&self, reviewer: &str) -> Result<()> {
        let wrote = self.expenses.iter().flat_map(|expense| [&expense.created_by, &expense.updated_by]);
        let is_told = wrote.chain([&self.row.submitted_by]).any(|client| client.as_deref() == Some(reviewer));
        if !is_told && !audit::did(self.write.tx(), reviewer, &self.subject, &WRITING).await? {
            return Ok(());
        }
        let (it, en) = (
            "Chi ha scritto una spesa o presentato la rendicontazione non la istruisce e non la liquida.",
            "Who wrote an expense of the report, or submitted it, may neither review nor pay it.",
        );
        Err(Refusal::new(Code::SamePerson).message(it, en).into())
    }

    /// Ends an act that changed expenses: the report has another revision, and the trail its event.
    pub(super) async fn close_changed(self, actor: &str, act: &str) -> Result<()> {
        let row =
            expense_report::ActiveModel { row_version: sea_orm::ActiveValue::Set(self.next), ..Default::default() };
        self.close_with(row, actor, act).await
    }

    /// Ends an act that changes the report itself, its revision among it.
    pub(super) async fn close_with(self, row: expense_report::ActiveModel, actor: &str, act: &str) -> Result<()> {
        let row = expense_report::ActiveModel { row_version: sea_orm::ActiveValue::Set(self.next), ..row };
        let of = expense_report::Column::Id.eq(self.row.id);
        expense_report::Entity::update_many().set(row).filter(of).exec(self.write.tx()).await?;
        let after = told(self.write, self.row.id).await?;
        self.write.audit(actor, act, &self.subject, Some(self.before), Some(after)).await
    }

    /// Ends an act that removed the report.
    pub(super) async fn close_removed(self, actor: &str, act: &str) -> Result<()> {
        self.write.audit(actor, act, &self.subject, Some(self.before), None).await
    }
}

/// What the trail calls a report.
pub(super) fn subject(ambito: &str, agreement: &str, partner: &str, number: i32) -> String {
    format!("expense_report:{ambito}/{agreement}/{partner}/{number}")
}

/// The digest of a report as it stands.
pub(super) async fn told(write: &Write, id: i64) -> Result<String> {
    let row = expense_report::Entity::find_by_id(id).one(write.tx()).await?;
    let row = row.ok_or_else(|| Error::broken("expense report", id))?;
    canonical(&row, &expenses(write, id).await?)
}

async fn expenses(write: &Write, report: i64) -> Result<Vec<expense::Model>> {
    let of = expense::Entity::find().filter(expense::Column::ReportId.eq(report));
    Ok(of.order_by_asc(expense::Column::Position).all(write.tx()).await?)
}

/// The digest of a report with its expenses, by natural codes. The digests of the documents are in it, so that nobody guesses amounts by it.
fn canonical(row: &expense_report::Model, expenses: &[expense::Model]) -> Result<String> {
    let expense = |row: &expense::Model| {
        json!([
            row.position,
            row.spent_on,
            row.category,
            row.description,
            row.line_code,
            [row.net_cents, row.vat_cents, row.gross_cents, row.charged_cents],
            row.vat_regime.to_value(),
            row.vat_rate_micros,
            row.vat_recoverable,
            row.document_reference,
            row.document_digest,
            row.status.to_value(),
            row.admitted_cents,
            row.refusal,
        ])
    };
    digest::of_value(&json!([
        row.number,
        row.period_from,
        row.period_to,
        row.status.to_value(),
        row.note,
        [&row.submitted_by, &row.reviewed_by, &row.paid_by],
        [row.submitted_at.map(|at| at.timestamp_micros()), row.reviewed_at.map(|at| at.timestamp_micros())],
        row.returned_reason,
        row.paid_on,
        row.payment_reference,
        expenses.iter().map(expense).collect::<Vec<_>>(),
    ]))
}
