//! Submissions of monitoring reports: each is kept with its answers as they were. Sent back it does not stand any more from that day on, and stays what it was on the days before.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use entity::{monitoring_field, monitoring_return, monitoring_submission, monitoring_submission_value};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::field::Field;
use super::report::Answers;
use crate::error::Result;
use crate::store::Transaction;
use crate::store::activity::Month;
use crate::store::insert::{insert_row, insert_rows};
use crate::store::packed::{self, IDS_A_STATEMENT};

/// That a report was submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Its row.
    pub row: monitoring_submission::Model,
    /// The day from which it does not stand any more.
    pub returned_on: Option<NaiveDate>,
}

impl Submission {
    /// Whether it stands at the end of a day; without a day, now.
    pub fn stands(&self, day: Option<NaiveDate>) -> bool {
        stands(day, self.row.submitted_on, self.returned_on)
    }
}

/// Whether what was submitted and sent back on these days stands at the end of a day; without a day, now.
pub(super) fn stands(day: Option<NaiveDate>, submitted_on: NaiveDate, returned_on: Option<NaiveDate>) -> bool {
    match day {
        None => returned_on.is_none(),
        Some(day) => submitted_on <= day && returned_on.is_none_or(|returned| returned > day),
    }
}

/// Keeps that a report was submitted, with its answers.
pub(super) async fn keep(tx: &Transaction, row: monitoring_submission::Model, answers: &Answers) -> Result<()> {
    let id = insert_row!(
        tx,
        monitoring_submission {
            report_id: row.report_id,
            number: row.number,
            submitted_on: row.submitted_on,
            submitted_by: row.submitted_by,
            digest: row.digest,
        }
    );
    insert_rows!(tx, answers, monitoring_submission_value, |_at, own| {
        submission_id: id,
        field_id: own.0.id,
        position: own.0.position,
        name: own.0.name.clone(),
        value: own.1.clone(),
    });
    Ok(())
}

/// Keeps that a submission was sent back.
pub(super) async fn send_back(tx: &Transaction, id: i64, day: NaiveDate, actor: &str) -> Result<()> {
    insert_row!(tx, monitoring_return { submission_id: id, returned_on: day, returned_by: actor.to_owned() });
    Ok(())
}

/// The submissions of each of these reports, oldest first.
pub(super) async fn of_reports(tx: &Transaction, reports: &[i64]) -> Result<HashMap<i64, Vec<Submission>>> {
    let mut found: HashMap<i64, Vec<Submission>> = HashMap::new();
    for some in reports.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_submission::Column::ReportId.is_in(some.iter().copied());
        let rows = monitoring_submission::Entity::find().filter(of_some);
        let rows = rows.order_by_asc(monitoring_submission::Column::Number).all(tx).await?;
        let (names, values) = packed::parameters(some);
        let sql = format!(
            "SELECT t.submission_id, t.returned_on FROM monitoring_return t \
             JOIN monitoring_submission s ON s.id = t.submission_id WHERE s.report_id IN ({names})"
        );
        let mut returned: HashMap<i64, NaiveDate> = HashMap::new();
        for row in packed::rows(tx, &sql, values).await? {
            returned.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        for row in rows {
            let returned_on = returned.remove(&row.id);
            found.entry(row.report_id).or_default().push(Submission { row, returned_on });
        }
    }
    Ok(found)
}

/// The answers of each of these submissions, with the month of its report, in the order of the report. `fields` are those of the Ambiti that the reports are of.
pub(super) async fn answers(
    tx: &Transaction,
    ids: &[(i64, Month)],
    fields: &[&Field],
) -> Result<HashMap<i64, Answers>> {
    let by_id: HashMap<i64, &Field> = fields.iter().map(|field| (field.row.id, *field)).collect();
    let months: HashMap<i64, Month> = ids.iter().copied().collect();
    let mut found: HashMap<i64, Answers> = HashMap::new();
    for some in ids.chunks(IDS_A_STATEMENT) {
        let of_some = monitoring_submission_value::Column::SubmissionId.is_in(some.iter().map(|(id, _)| *id));
        for row in monitoring_submission_value::Entity::find().filter(of_some).all(tx).await? {
            let Some((field, month)) = by_id.get(&row.field_id).zip(months.get(&row.submission_id)) else { continue };
            let asked = field.in_month(*month).unwrap_or_else(|| field.row.clone());
            let asked = monitoring_field::Model { position: row.position, name: row.name, ..asked };
            found.entry(row.submission_id).or_default().push((Arc::new(asked), row.value));
        }
    }
    for answers in found.values_mut() {
        answers.sort_by(|(one, _), (other, _)| (one.position, &one.code).cmp(&(other.position, &other.code)));
    }
    Ok(found)
}
