//! What an agreement's lines have for a report, and whether all reports stay within it.

use std::collections::{BTreeSet, HashMap};

use allocation::Cents;
use chrono::NaiveDate;
use entity::{agreement_line, agreement_version, expense, expense_report};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::held::Held;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::{Transaction, packed};

/// The version that holds for a report of a period: the last amendment that is in effect on the day, of the first act or the renewal within whose period the report
/// lies. `versions` are those of one agreement, in any order.
pub(super) fn in_force<'v>(
    versions: impl IntoIterator<Item = &'v agreement_version::Model>,
    (from, to): (NaiveDate, NaiveDate),
    day: NaiveDate,
) -> Option<&'v agreement_version::Model> {
    // An amendment begins as the act that it belongs to, and a renewal after the end of what it renews, so that a report lies in one of them. Which was written
    // later tells nothing: the running period may be amended when a renewal for the coming one is there.
    let held = versions.into_iter().filter(|version| version.effective_from <= day && version.starts_on <= from);
    held.max_by_key(|version| version.effective_from).filter(|version| to <= version.ends_on)
}

/// Every version of some agreements, in the order of their numbers.
pub(super) async fn versions(
    db: &impl ConnectionTrait,
    agreements: impl IntoIterator<Item = i64>,
) -> Result<Vec<agreement_version::Model>> {
    let of = agreement_version::Column::AgreementId.is_in(agreements);
    Ok(agreement_version::Entity::find().filter(of).order_by_asc(agreement_version::Column::Number).all(db).await?)
}

/// The lines of some versions.
pub(super) async fn of_versions(
    db: &impl ConnectionTrait,
    versions: impl IntoIterator<Item = i64>,
) -> Result<Vec<agreement_line::Model>> {
    let of = agreement_line::Column::VersionId.is_in(versions);
    Ok(agreement_line::Entity::find().filter(of).all(db).await?)
}

/// The lines that a report may charge, by code; no period of the agreement where none has the report's.
pub(super) async fn of_report(
    tx: &Transaction,
    report: &expense_report::Model,
    day: NaiveDate,
) -> Result<HashMap<String, agreement_line::Model>> {
    let versions = versions(tx, [report.agreement_id]).await?;
    let version = in_force(&versions, (report.period_from, report.period_to), day)
        .ok_or_else(|| Error::from(Refusal::new(Code::OutsidePeriod).argument("input.report")))?;
    let lines = of_versions(tx, [version.id]).await?;
    Ok(lines.into_iter().map(|line| (line.code.clone(), line)).collect())
}

/// What an expense takes of its line: what was admitted of it, or all that is charged until it is judged.
pub(super) fn taken(expense: &expense::Model) -> Cents {
    Cents::new(expense.admitted_cents.unwrap_or(expense.charged_cents))
}

/// Refuses where all reports together take more of one of these lines than it has, as they stand in the transaction. The message says how much the line has for
/// this report.
pub(super) async fn expect_room(held: &Held<'_>, day: NaiveDate, of: &BTreeSet<&str>, argument: &str) -> Result<()> {
    if of.is_empty() {
        return Ok(());
    }
    let tx = held.write.tx();
    let lines = of_report(tx, &held.row, day).await?;
    let sql = "SELECT e.line_code, CAST(sum(coalesce(e.admitted_cents, e.charged_cents)) AS BIGINT), \
                 CAST(sum(CASE WHEN r.id = $2 THEN coalesce(e.admitted_cents, e.charged_cents) ELSE 0 END) AS BIGINT) \
               FROM expense e JOIN expense_report r ON r.id = e.report_id \
               WHERE r.agreement_id = $1 AND e.line_code IS NOT NULL GROUP BY e.line_code ORDER BY e.line_code";
    let taken = packed::rows(tx, sql, [held.row.agreement_id.into(), held.row.id.into()]).await?;
    for code in of {
        if !lines.contains_key(*code) {
            return Err(outside(code, argument));
        }
    }
    for row in taken {
        let (code, all, own): (String, i64, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let Some(line) = lines.get(&code).filter(|_| of.contains(code.as_str())) else { continue };
        let (budget, all, own) = (Cents::new(line.gross_cents), Cents::new(all), Cents::new(own));
        if all > budget {
            let left = budget.checked_sub(all.checked_sub(own)?)?.max(Cents::ZERO);
            let refusal = Refusal::new(Code::AboveLine).argument(argument).message(
                format!("La rendicontazione chiede {own} alla voce {code}, che per essa ha ancora {left}."),
                format!("The report asks {own} of the line {code}, which has {left} for it."),
            );
            return Err(refusal.into());
        }
    }
    Ok(())
}

/// A line that the agreement does not have.
pub(super) fn outside(code: &str, argument: &str) -> Error {
    let refusal = Refusal::new(Code::OutsideAgreement)
        .argument(argument)
        .message(format!("La convenzione non ha la voce {code}."), format!("The agreement has no line {code}."));
    refusal.into()
}

#[cfg(test)]
mod tests {
    use entity::kinds::VersionKind;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn version(number: i32, kind: VersionKind, days: [&str; 3]) -> agreement_version::Model {
        let [effective_from, starts_on, ends_on] = days.map(day);
        agreement_version::Model {
            id: i64::from(number),
            agreement_id: 1,
            number,
            kind,
            title: String::new(),
            act: None,
            effective_from,
            starts_on,
            ends_on,
            note: None,
            assumed: false,
            digest: String::new(),
            partner_count: 1,
            service_count: 0,
            area_count: 0,
            line_count: 0,
            line_part_count: 0,
            contribution_count: 0,
            contribution_item_count: 0,
            instalment_count: 0,
            milestone_count: 0,
            recurrence_count: 0,
            perimeter_count: 0,
            programme_count: 0,
            programme_year_count: 0,
            written_by: String::new(),
            written_at: chrono::DateTime::default(),
        }
    }

    #[test]
    fn a_report_is_under_the_last_amendment_of_its_own_period() {
        use VersionKind::{Amendment, Original, Renewal};
        let versions = [
            version(1, Original, ["2026-01-01", "2026-01-01", "2026-12-31"]),
            version(2, Renewal, ["2027-01-01", "2027-01-01", "2027-12-31"]),
            version(3, Amendment, ["2026-07-01", "2026-01-01", "2026-12-31"]),
            version(4, Amendment, ["2027-03-01", "2027-01-01", "2027-12-31"]),
        ];
        for (from, to, on, expected) in [
            ("2026-01-01", "2026-03-31", "2026-06-30", Some(1)),
            ("2026-01-01", "2026-03-31", "2026-07-01", Some(3)),
            // What holds of the period before goes on holding for it once the next has begun.
            ("2026-10-01", "2026-12-31", "2027-06-30", Some(3)),
            ("2027-01-01", "2027-01-31", "2027-02-28", Some(2)),
            ("2027-01-01", "2027-01-31", "2027-03-01", Some(4)),
            ("2026-12-01", "2027-01-31", "2027-03-01", None),
            ("2025-12-01", "2026-01-31", "2027-03-01", None),
        ] {
            let found = in_force(&versions, (day(from), day(to)), day(on)).map(|version| version.number);
            assert_eq!(found, expected, "{from} {to} on {on}");
        }
    }
}
