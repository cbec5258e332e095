//! What reports come to: added up by the database, line by line, and set against what their lines have.
//!
//! To a partner nothing here depends on what another reports: it is told what it was paid and admitted itself, and of a line that others may charge, too, not how
//! much is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allocation::Cents;
use chrono::Datelike;
use entity::kinds::ReportStatus;
use entity::{agreement_line, expense_report};
use sea_orm::ConnectionTrait;

use super::lines::of_versions;
use super::read::{Depth, Recorded};
use super::terms::Terms;
use crate::auth::ReadExpensesPermit;
use crate::error::Result;
use crate::store::packed;

/// A line of the agreement as a report uses it, or as all reports do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAccount {
    /// Code.
    pub code: String,
    /// Year.
    pub year: i32,
    /// What it pays for.
    pub item: Option<String>,
    /// Its gross amount in the version that holds for the report.
    pub budget: Cents,
    /// What the report charges to it.
    pub reported: Cents,
    /// What of that was admitted.
    pub admitted: Cents,
    /// What of that was refused.
    pub refused: Cents,
    /// What was refused, by position; read only where it is asked for.
    pub refusals: Vec<RefusedExpense>,
    /// What is admitted and within the line.
    pub reimbursable: Cents,
    /// What was paid of the line by all reports; to a partner, by its own.
    pub paid: Cents,
    /// What the line has beyond all that was admitted; none to a partner where others may charge it.
    pub remaining: Option<Cents>,
}

/// What of an expense was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedExpense {
    /// Its place in the report.
    pub position: i32,
    /// How much.
    pub amount: Cents,
    /// Why.
    pub reason: String,
}

/// Sums over the expenses of a report, or over some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What they cost; VAT that is recovered is no cost.
    pub cost: Cents,
    /// What is charged to lines.
    pub charged: Cents,
    /// What of that was admitted.
    pub admitted: Cents,
    /// What of that was refused.
    pub refused: Cents,
    /// What the partner bears by itself, of expenses that were not refused.
    pub own_resources: Cents,
    /// What is admitted and within its lines.
    pub reimbursable: Cents,
    /// What was paid.
    pub paid: Cents,
}

/// What a report comes to.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The lines of the agreement in the years of the report, by year and code, and any other that it charges.
    pub lines: Vec<LineAccount>,
    /// Over all expenses.
    pub totals: Totals,
}

/// The expenses of a report that are charged to one line, or to none, added up.
struct Sum {
    /// The line, and the year of the expenses.
    line: Option<(String, i32)>,
    totals: Totals,
}

/// What was admitted of a line by the reports that were admitted or paid, and what of it was paid.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    admitted: Cents,
    paid: Cents,
}

/// What some reports come to, by row id: six statements, however many there are.
pub(super) async fn accounts(
    db: &impl ConnectionTrait,
    permit: &ReadExpensesPermit,
    (reports, today, depth): (&[Recorded], chrono::NaiveDate, Depth),
) -> Result<HashMap<i64, Account>> {
    let terms = Terms::read(db, &reports.iter().map(|report| report.row.agreement_id).collect()).await?;
    let version = |report: &Recorded| terms.of_report(&report.row, today).map(|version| version.id);
    let versions: BTreeSet<i64> = reports.iter().filter_map(version).collect();
    let ids: Vec<i64> = reports.iter().map(|report| report.row.id).collect();
    let mut sums = sums(db, &ids).await?;
    let charged = || sums.values().flatten().filter_map(|sum| sum.line.as_ref().map(|(code, _)| code.as_str()));
    let codes = (depth == Depth::Totals).then(|| charged().collect());
    let mut lines: HashMap<i64, Vec<agreement_line::Model>> = HashMap::new();
    for line in of_versions(db, versions, codes).await? {
        lines.entry(line.version_id).or_default().push(line);
    }
    let act = |report: &Recorded| terms.act_of(&report.row, today);
    let used = used(db, permit, &reports.iter().map(act).collect()).await?;
    let mut reasons = if depth == Depth::Reasons { reasons(db, &ids).await? } else { HashMap::new() };
    let mut accounts = HashMap::new();
    for report in reports {
        let row = &report.row;
        let version = version(report);
        let is_private = permit.partner().is_some() && terms.is_shared(row, today);
        let own: &[agreement_line::Model] = version.and_then(|id| lines.get(&id)).map_or(&[], Vec::as_slice);
        let mut account =
            work_out(row, sums.remove(&row.id).unwrap_or_default(), (own, &used), (act(report), is_private))?;
        let mut refusals = reasons.remove(&row.id).unwrap_or_default();
        for line in &mut account.lines {
            line.refusals = refusals.remove(&line.code).unwrap_or_default();
        }
        accounts.insert(row.id, account);
    }
    Ok(accounts)
}

/// The expenses of each report by line.
async fn sums(db: &impl ConnectionTrait, reports: &[i64]) -> Result<HashMap<i64, Vec<Sum>>> {
    let mut sums: HashMap<i64, Vec<Sum>> = HashMap::new();
    let (names, values) = packed::parameters(reports);
    if values.is_empty() {
        return Ok(sums);
    }
    let cost = "CASE WHEN e.vat_recoverable THEN e.net_cents ELSE e.gross_cents END";
    let sum = |amount: &str| format!("CAST(sum({amount}) AS BIGINT)");
    let sql = format!(
        "SELECT e.report_id, e.line_code, CAST(substr(CAST(min(e.spent_on) AS TEXT), 1, 4) AS INTEGER), {}, {}, {}, {}, {} \
         FROM expense e WHERE e.report_id IN ({names}) GROUP BY e.report_id, e.line_code",
        sum(cost),
        sum("e.charged_cents"),
        sum("coalesce(e.admitted_cents, 0)"),
        sum("CASE WHEN e.status = 'REPORTED' THEN 0 ELSE e.charged_cents - e.admitted_cents END"),
        sum(&format!("CASE WHEN e.status = 'REFUSED' THEN 0 ELSE {cost} - e.charged_cents END")),
    );
    for row in packed::rows(db, &sql, values).await? {
        let cents = |at: usize| -> Result<Cents> { Ok(Cents::new(row.try_get_by_index(at)?)) };
        let (code, year): (Option<String>, i32) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let totals = Totals {
            cost: cents(3)?,
            charged: cents(4)?,
            admitted: cents(5)?,
            refused: cents(6)?,
            own_resources: cents(7)?,
            ..Totals::default()
        };
        let sum = Sum { line: code.map(|code| (code, year)), totals };
        sums.entry(row.try_get_by_index(0)?).or_default().push(sum);
    }
    Ok(sums)
}

/// Why expenses were not admitted whole, by report and line.
async fn reasons(
    db: &impl ConnectionTrait,
    reports: &[i64],
) -> Result<HashMap<i64, HashMap<String, Vec<RefusedExpense>>>> {
    let mut reasons: HashMap<i64, HashMap<String, Vec<RefusedExpense>>> = HashMap::new();
    let (names, values) = packed::parameters(reports);
    if values.is_empty() {
        return Ok(reasons);
    }
    let sql = format!(
        "SELECT report_id, line_code, position, charged_cents - coalesce(admitted_cents, 0), refusal FROM expense \
         WHERE report_id IN ({names}) AND line_code IS NOT NULL AND refusal IS NOT NULL ORDER BY report_id, position"
    );
    for row in packed::rows(db, &sql, values).await? {
        let refused = RefusedExpense {
            position: row.try_get_by_index(2)?,
            amount: Cents::new(row.try_get_by_index(3)?),
            reason: row.try_get_by_index(4)?,
        };
        let of_report = reasons.entry(row.try_get_by_index(0)?).or_default();
        of_report.entry(row.try_get_by_index(1)?).or_default().push(refused);
    }
    Ok(reasons)
}

/// What was admitted and paid of each line of some acts: by all reports, and to a partner by its own.
async fn used(
    db: &impl ConnectionTrait,
    permit: &ReadExpensesPermit,
    acts: &BTreeSet<i64>,
) -> Result<HashMap<(i64, String), Used>> {
    let mut used = HashMap::new();
    let own = permit.partner().map_or_else(String::new, |partner| format!(" AND r.partner_id = {partner}"));
    let acts: Vec<i64> = acts.iter().copied().collect();
    let (names, values) = packed::parameters(&acts);
    if values.is_empty() {
        return Ok(used);
    }
    let sql = format!(
        "SELECT r.act_id, e.line_code, CAST(sum(e.admitted_cents) AS BIGINT), \
           CAST(sum(CASE WHEN r.status = 'PAID' THEN e.admitted_cents ELSE 0 END) AS BIGINT) \
         FROM expense e JOIN expense_report r ON r.id = e.report_id \
         WHERE r.act_id IN ({names}) AND r.status IN ('ADMITTED', 'PAID') AND e.line_code IS NOT NULL{own} \
         GROUP BY r.act_id, e.line_code"
    );
    for row in packed::rows(db, &sql, values).await? {
        let key: (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let cents = |at: usize| -> Result<Cents> { Ok(Cents::new(row.try_get_by_index(at)?)) };
        used.insert(key, Used { admitted: cents(2)?, paid: cents(3)? });
    }
    Ok(used)
}

fn work_out(
    report: &expense_report::Model,
    sums: Vec<Sum>,
    (lines, used): (&[agreement_line::Model], &HashMap<(i64, String), Used>),
    (act, is_private): (i64, bool),
) -> Result<Account> {
    let years = report.period_from.year()..=report.period_to.year();
    let mut accounts: BTreeMap<(i32, String), LineAccount> = BTreeMap::new();
    for line in lines.iter().filter(|line| years.contains(&line.year)) {
        accounts.insert((line.year, line.code.clone()), blank(&line.code, line.year, Some(line)));
    }
    let mut totals = Totals::default();
    for Sum { line, totals: sum } in sums {
        totals.cost = totals.cost.checked_add(sum.cost)?;
        totals.charged = totals.charged.checked_add(sum.charged)?;
        totals.admitted = totals.admitted.checked_add(sum.admitted)?;
        totals.refused = totals.refused.checked_add(sum.refused)?;
        totals.own_resources = totals.own_resources.checked_add(sum.own_resources)?;
        // The line is of the year of its expenses; an amendment may have taken it away since.
        let Some((code, year)) = line else { continue };
        let line = accounts.entry((year, code.clone())).or_insert_with(|| blank(&code, year, None));
        (line.reported, line.admitted, line.refused) = (sum.charged, sum.admitted, sum.refused);
    }
    let counts = matches!(report.status, ReportStatus::Admitted | ReportStatus::Paid);
    for line in accounts.values_mut() {
        let used = used.get(&(act, line.code.clone())).copied().unwrap_or_default();
        let others = if counts { used.admitted.checked_sub(line.admitted)? } else { used.admitted };
        let for_report = line.budget.checked_sub(others)?;
        line.paid = used.paid;
        line.remaining = if is_private { None } else { Some(for_report.checked_sub(line.admitted)?) };
        let is_paid = report.status == ReportStatus::Paid;
        line.reimbursable = if is_paid { line.admitted } else { line.admitted.min(for_report.max(Cents::ZERO)) };
        totals.reimbursable = totals.reimbursable.checked_add(line.reimbursable)?;
    }
    if report.status == ReportStatus::Paid {
        totals.paid = totals.admitted;
    }
    Ok(Account { lines: accounts.into_values().collect(), totals })
}

/// A line of which nothing was reported; one that the agreement does not have, or no more, has no budget.
pub(super) fn blank(code: &str, year: i32, line: Option<&agreement_line::Model>) -> LineAccount {
    let zero = Cents::ZERO;
    LineAccount {
        code: code.to_owned(),
        year,
        item: line.and_then(|line| line.item.clone()),
        budget: line.map_or(zero, |line| Cents::new(line.gross_cents)),
        reported: zero,
        admitted: zero,
        refused: zero,
        refusals: Vec::new(),
        reimbursable: zero,
        paid: zero,
        remaining: None,
    }
}
