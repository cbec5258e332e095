//! What an agreement's lines have for a report, and whether what is asked of them stays within it.
//!
//! A line is one of an act: a renewal may use its code again for another. What takes room of it is another thing while a report is written and while it is judged.
//! Written, a report is measured beside all that was submitted already: to a partner by its own reports alone, since a refusal would tell it what others ask. Judged,
//! what was admitted of it so far is measured beside what was admitted, of whomever: so nothing above the line is ever paid. A draft takes room from nobody.

use std::collections::{BTreeSet, HashMap};

use allocation::Cents;
use chrono::{Datelike, NaiveDate};
use entity::{agreement_line, expense};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::held::Held;
use super::terms::Terms;
use crate::auth::ReportPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::packed;

/// The lines that a report may charge, by code.
pub(super) type Lines = HashMap<String, agreement_line::Model>;

/// Beside which other reports one is measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beside {
    /// Beside what was submitted: by this partner, or by all.
    Submitted(Option<i64>),
    /// Beside what was admitted, by all.
    Admitted,
}

impl Beside {
    /// What a writer of reports is told of.
    pub(super) fn seen_by(permit: &ReportPermit) -> Self {
        Self::Submitted(permit.partner())
    }

    /// Which other reports, over `r`.
    fn condition(self) -> String {
        match self {
            Self::Submitted(Some(partner)) => format!("r.status <> 'DRAFT' AND r.partner_id = {partner}"),
            Self::Submitted(None) => "r.status <> 'DRAFT'".to_owned(),
            Self::Admitted => "r.status IN ('ADMITTED', 'PAID')".to_owned(),
        }
    }

    /// What an expense takes of its line, over `e`. What a review has not come to yet is not admitted.
    fn taken(self) -> &'static str {
        match self {
            Self::Submitted(_) => "coalesce(e.admitted_cents, e.charged_cents)",
            Self::Admitted => "coalesce(e.admitted_cents, 0)",
        }
    }
}

/// The lines of some versions; only those of some codes, where they are given.
pub(super) async fn of_versions(
    db: &impl ConnectionTrait,
    versions: impl IntoIterator<Item = i64>,
    codes: Option<BTreeSet<&str>>,
) -> Result<Vec<agreement_line::Model>> {
    let mut lines = agreement_line::Entity::find().filter(agreement_line::Column::VersionId.is_in(versions));
    if let Some(codes) = codes {
        lines = lines.filter(agreement_line::Column::Code.is_in(codes));
    }
    Ok(lines.all(db).await?)
}

/// The lines that a draft may charge, under the act in whose period it lies now. It is refused where there is none.
pub(super) async fn of_draft(held: &mut Held<'_>) -> Result<Lines> {
    let (write, row) = (held.write, &mut held.row);
    let terms = Terms::read(write.tx(), &BTreeSet::from([row.agreement_id])).await?;
    let (of, period) = ((row.agreement_id, row.partner_id), (row.period_from, row.period_to));
    let found = terms.open(of, period, write.clock().today());
    let (act, version) =
        found.ok_or_else(|| Error::from(Refusal::new(Code::OutsidePeriod).argument("input.report")))?;
    if row.act_id != act.id {
        row.act_id = act.id;
        let moved = entity::expense_report::ActiveModel { act_id: Set(act.id), ..Default::default() };
        let own = entity::expense_report::Column::Id.eq(row.id);
        entity::expense_report::Entity::update_many().set(moved).filter(own).exec(write.tx()).await?;
    }
    by_code(held, version.id).await
}

/// The lines that are there for a report that was submitted, and the last day of what is agreed.
pub(super) async fn of_report(held: &Held<'_>) -> Result<(Lines, NaiveDate)> {
    let terms = Terms::read(held.write.tx(), &BTreeSet::from([held.row.agreement_id])).await?;
    let version = terms.of_report(&held.row, held.write.clock().today());
    let version = version.ok_or_else(|| Error::from(Refusal::new(Code::OutsideAgreement).argument("input.report")))?;
    Ok((by_code(held, version.id).await?, version.ends_on))
}

/// Refuses to admit an expense of a day after the last of what is agreed.
pub(super) fn expect_agreed(spent_on: NaiveDate, last: NaiveDate, argument: &str) -> Result<()> {
    if spent_on <= last {
        return Ok(());
    }
    let refusal = Refusal::new(Code::OutsidePeriod).argument(argument).message(
        format!("La convenzione termina il {last}: la spesa del {spent_on} non si ammette."),
        format!("The agreement ends on {last}: the expense of {spent_on} is not admitted."),
    );
    Err(refusal.into())
}

async fn by_code(held: &Held<'_>, version: i64) -> Result<Lines> {
    let lines = of_versions(held.write.tx(), [version], None).await?;
    Ok(lines.into_iter().map(|line| (line.code.clone(), line)).collect())
}

/// What an expense takes of its line: what was admitted of it, or all that is charged until it is judged.
pub(super) fn taken(expense: &expense::Model) -> Cents {
    Cents::new(expense.admitted_cents.unwrap_or(expense.charged_cents))
}

/// The line that an expense of a day is charged to.
pub(super) fn expect_line<'l>(
    lines: &'l Lines,
    (code, day): (&str, NaiveDate),
    (line_argument, day_argument): (&str, &str),
) -> Result<&'l agreement_line::Model> {
    let outside = || Error::from(Refusal::new(Code::OutsideAgreement).argument(line_argument));
    let line = lines.get(code).ok_or_else(outside)?;
    if line.year == day.year() {
        return Ok(line);
    }
    let refusal = Refusal::new(Code::OutsidePeriod)
        .argument(day_argument)
        .message(format!("La voce {code} è del {}.", line.year), format!("The line {code} is of {}.", line.year));
    Err(refusal.into())
}

/// Refuses where a report, with others beside it, takes more of one of these lines than it has, as they stand in the transaction. The message says how much the line
/// has for this report: it is for those who see all reports that were counted.
pub(super) async fn expect_room(
    held: &Held<'_>,
    lines: &Lines,
    of: &BTreeSet<&str>,
    (beside, argument): (Beside, &str),
) -> Result<()> {
    if let Some(code) = of.iter().find(|code| !lines.contains_key(**code)) {
        return Err(outside(code, argument));
    }
    if of.is_empty() {
        return Ok(());
    }
    let (taken, others) = (beside.taken(), beside.condition());
    let sql = format!(
        "SELECT e.line_code, CAST(sum({taken}) AS BIGINT), CAST(sum(CASE WHEN r.id = $2 THEN {taken} ELSE 0 END) AS BIGINT) \
         FROM expense e JOIN expense_report r ON r.id = e.report_id \
         WHERE r.act_id = $1 AND e.line_code IS NOT NULL AND (r.id = $2 OR ({others})) \
         GROUP BY e.line_code ORDER BY e.line_code"
    );
    for row in packed::rows(held.write.tx(), &sql, [held.row.act_id.into(), held.row.id.into()]).await? {
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
fn outside(code: &str, argument: &str) -> Error {
    let refusal = Refusal::new(Code::OutsideAgreement)
        .argument(argument)
        .message(format!("La convenzione non ha la voce {code}."), format!("The agreement has no line {code}."));
    refusal.into()
}
