//! Reports as they are read: which exist for an asker, and what each comes to.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use allocation::Cents;
use chrono::{Datelike, NaiveDate};
use entity::kinds::{ExpenseStatus, ReportStatus};
use entity::{agreement_line, expense, expense_report};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::given::cost_of;
use super::lines::{in_force, of_versions, versions};
use crate::auth::ReadExpensesPermit;
use crate::error::Result;
use crate::store::{Store, Write, packed};

/// A report, and where it belongs.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its row.
    pub row: expense_report::Model,
    /// Row id of the Ambito.
    pub ambito: i64,
}

/// What a report comes to.
#[derive(Clone, Debug)]
pub struct Detail {
    /// Its expenses, by position.
    pub expenses: Vec<expense::Model>,
    /// The lines of the agreement in the years of the report, by year and code, and any other that it charges.
    pub lines: Vec<LineAccount>,
    /// Over all expenses.
    pub totals: Totals,
}

/// A line of the agreement as a report uses it.
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
    /// What was refused, by position.
    pub refusals: Vec<RefusedExpense>,
    /// What is admitted and within the line.
    pub reimbursable: Cents,
    /// What was paid of the line by all reports; to a partner, by its own.
    pub paid: Cents,
    /// What the line has beyond all that was admitted.
    pub remaining: Cents,
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

/// Sums over the expenses of a report.
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

/// Which reports exist for whoever has the permit, over `r` and `a`.
pub(super) fn condition(permit: &ReadExpensesPermit) -> String {
    let mut sql = "1 = 1".to_owned();
    // Writing to a text does not fail.
    if let Some(ambiti) = permit.ambiti() {
        let ids: Vec<String> = ambiti.iter().map(i64::to_string).collect();
        // No list of SQL is empty, and no row id is 0.
        let _ = write!(sql, " AND a.ambito_id IN ({})", if ids.is_empty() { "0".to_owned() } else { ids.join(", ") });
    }
    if let Some(partner) = permit.partner() {
        let _ = write!(sql, " AND r.partner_id = {partner}");
    }
    if let Some(comune) = permit.grantor() {
        let _ = write!(sql, " AND a.grantor_comune_id = {comune}");
    }
    if !permit.drafts() {
        sql.push_str(" AND r.status <> 'DRAFT'");
    }
    sql
}

/// Reads reports, as many statements for many as for one. What is not there, or not for the asker, is left out.
pub async fn read(
    store: &Store,
    permit: &ReadExpensesPermit,
    ids: &[i64],
) -> Result<HashMap<i64, Result<Arc<Recorded>>>> {
    let _place = store.place_to_read().await?;
    let found = async {
        let tx = store.snapshot_at_the_door().await?;
        let found = find(&tx, permit, ids).await?;
        tx.commit().await?;
        Ok(found.into_iter().map(|recorded| (recorded.row.id, Ok(Arc::new(recorded)))).collect())
    };
    let found = found.await;
    if found.is_err() {
        store.contact.failed();
    }
    found
}

/// A report as a write sees it; none where it is not for the asker.
pub async fn written(write: &Write, permit: &ReadExpensesPermit, id: i64) -> Result<Option<Recorded>> {
    Ok(find(write.tx(), permit, &[id]).await?.pop())
}

/// The reports with these row ids, oldest first.
pub(super) async fn find(db: &impl ConnectionTrait, permit: &ReadExpensesPermit, ids: &[i64]) -> Result<Vec<Recorded>> {
    let mut places = HashMap::new();
    let mut reports = Vec::new();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let (names, values) = packed::parameters(some);
        let sql = format!(
            "SELECT r.id, a.ambito_id FROM expense_report r JOIN agreement a ON a.id = r.agreement_id \
             WHERE r.id IN ({names}) AND {}",
            condition(permit)
        );
        for row in packed::rows(db, &sql, values).await? {
            places.insert(row.try_get_by_index::<i64>(0)?, row.try_get_by_index::<i64>(1)?);
        }
        let rows = expense_report::Entity::find().filter(expense_report::Column::Id.is_in(some.iter().copied()));
        for row in rows.order_by_asc(expense_report::Column::Id).all(db).await? {
            if let Some(ambito) = places.remove(&row.id) {
                reports.push(Recorded { row, ambito });
            }
        }
    }
    Ok(reports)
}

/// Reads what reports come to, as many statements for many as for one. They are such as the asker was shown.
pub async fn detail(
    store: &Store,
    permit: &ReadExpensesPermit,
    ids: &[i64],
) -> Result<HashMap<i64, Result<Arc<Detail>>>> {
    let _place = store.place_to_read().await?;
    let found = async {
        let tx = store.snapshot_at_the_door().await?;
        let found = details(&tx, permit, ids, store.clock().today()).await?;
        tx.commit().await?;
        Ok(found.into_iter().map(|(id, detail)| (id, Ok(Arc::new(detail)))).collect())
    };
    let found = found.await;
    if found.is_err() {
        store.contact.failed();
    }
    found
}

/// What a report comes to as a write sees it.
pub async fn detail_within(write: &Write, permit: &ReadExpensesPermit, id: i64) -> Result<Option<Detail>> {
    Ok(details(write.tx(), permit, &[id], write.clock().today()).await?.remove(&id))
}

/// What was admitted and paid of a line of an agreement, over all reports.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    admitted: i64,
    paid: i64,
}

async fn details(
    db: &impl ConnectionTrait,
    permit: &ReadExpensesPermit,
    ids: &[i64],
    today: NaiveDate,
) -> Result<HashMap<i64, Detail>> {
    let mut found = HashMap::new();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let reports = find(db, permit, some).await?;
        let agreements: Vec<i64> = reports.iter().map(|report| report.row.agreement_id).collect();
        let versions = versions(db, agreements.iter().copied()).await?;
        let of = |report: &expense_report::Model| {
            let own = versions.iter().filter(|version| version.agreement_id == report.agreement_id);
            in_force(own, (report.period_from, report.period_to), today).map(|version| version.id)
        };
        let chosen: HashMap<i64, i64> =
            reports.iter().filter_map(|report| Some((report.row.id, of(&report.row)?))).collect();
        let lines = of_versions(db, chosen.values().copied()).await?;
        let used = used(db, permit, &agreements).await?;
        let mut expenses: HashMap<i64, Vec<expense::Model>> = HashMap::new();
        let rows = expense::Entity::find()
            .filter(expense::Column::ReportId.is_in(reports.iter().map(|report| report.row.id)))
            .order_by_asc(expense::Column::ReportId)
            .order_by_asc(expense::Column::Position);
        for row in rows.all(db).await? {
            expenses.entry(row.report_id).or_default().push(row);
        }
        for Recorded { row, .. } in reports {
            let version = chosen.get(&row.id).copied();
            let lines: Vec<&agreement_line::Model> =
                lines.iter().filter(|line| Some(line.version_id) == version).collect();
            let expenses = expenses.remove(&row.id).unwrap_or_default();
            let id = row.id;
            found.insert(id, work_out(&row, expenses, &lines, &used)?);
        }
    }
    Ok(found)
}

/// What was admitted of each line by all reports, and what was paid of it: to a partner by its own reports.
async fn used(
    db: &impl ConnectionTrait,
    permit: &ReadExpensesPermit,
    agreements: &[i64],
) -> Result<HashMap<(i64, String), Used>> {
    let mut used = HashMap::new();
    let own = permit.partner().map_or_else(|| "1 = 1".to_owned(), |partner| format!("r.partner_id = {partner}"));
    let (names, values) = packed::parameters(agreements);
    if values.is_empty() {
        return Ok(used);
    }
    let sql = format!(
        "SELECT r.agreement_id, e.line_code, CAST(sum(e.admitted_cents) AS BIGINT), \
           CAST(sum(CASE WHEN r.status = 'PAID' AND {own} THEN e.admitted_cents ELSE 0 END) AS BIGINT) \
         FROM expense e JOIN expense_report r ON r.id = e.report_id \
         WHERE r.agreement_id IN ({names}) AND e.status = 'ADMITTED' AND e.line_code IS NOT NULL \
         GROUP BY r.agreement_id, e.line_code"
    );
    for row in packed::rows(db, &sql, values).await? {
        let key: (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        used.insert(key, Used { admitted: row.try_get_by_index(2)?, paid: row.try_get_by_index(3)? });
    }
    Ok(used)
}

fn work_out(
    report: &expense_report::Model,
    expenses: Vec<expense::Model>,
    lines: &[&agreement_line::Model],
    used: &HashMap<(i64, String), Used>,
) -> Result<Detail> {
    let years = report.period_from.year()..=report.period_to.year();
    let mut accounts: BTreeMap<(i32, String), LineAccount> = BTreeMap::new();
    for line in lines.iter().filter(|line| years.contains(&line.year)) {
        accounts.insert((line.year, line.code.clone()), account(&line.code, line.year, Some(line)));
    }
    let mut totals = Totals::default();
    for row in &expenses {
        let (charged, admitted) = (Cents::new(row.charged_cents), Cents::new(row.admitted_cents.unwrap_or(0)));
        let refused =
            if row.status == ExpenseStatus::Reported { Cents::ZERO } else { charged.checked_sub(admitted)? };
        let cost = cost_of(row);
        let own = if row.status == ExpenseStatus::Refused { Cents::ZERO } else { cost.checked_sub(charged)? };
        totals.cost = totals.cost.checked_add(cost)?;
        totals.charged = totals.charged.checked_add(charged)?;
        totals.admitted = totals.admitted.checked_add(admitted)?;
        totals.refused = totals.refused.checked_add(refused)?;
        totals.own_resources = totals.own_resources.checked_add(own)?;
        let Some(code) = &row.line_code else { continue };
        // The line is of the year of the expense; an amendment may have taken it away since.
        let year = row.spent_on.year();
        let line = accounts.entry((year, code.clone())).or_insert_with(|| account(code, year, None));
        line.reported = line.reported.checked_add(charged)?;
        line.admitted = line.admitted.checked_add(admitted)?;
        line.refused = line.refused.checked_add(refused)?;
        if let Some(reason) = row.refusal.clone() {
            line.refusals.push(RefusedExpense { position: row.position, amount: refused, reason });
        }
    }
    for line in accounts.values_mut() {
        let used = used.get(&(report.agreement_id, line.code.clone())).copied().unwrap_or_default();
        let all = Cents::new(used.admitted);
        line.paid = Cents::new(used.paid);
        line.remaining = line.budget.checked_sub(all)?;
        let for_report = line.budget.checked_sub(all.checked_sub(line.admitted)?)?.max(Cents::ZERO);
        let is_paid = report.status == ReportStatus::Paid;
        line.reimbursable = if is_paid { line.admitted } else { line.admitted.min(for_report) };
        totals.reimbursable = totals.reimbursable.checked_add(line.reimbursable)?;
    }
    if report.status == ReportStatus::Paid {
        totals.paid = totals.admitted;
    }
    Ok(Detail { expenses, lines: accounts.into_values().collect(), totals })
}

fn account(code: &str, year: i32, line: Option<&&agreement_line::Model>) -> LineAccount {
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
        remaining: zero,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_without_ambiti_reads_any() {
        use crate::auth::{Role, Scope, Standing};
        let standing = Standing {
            role: Role::Azienda,
            scope: Scope::Ambiti(std::collections::BTreeSet::new()),
            comune: None,
            partner: None,
        };
        let permit = standing.read_expenses().unwrap();
        assert_eq!(condition(&permit), "1 = 1 AND a.ambito_id IN (0)");
    }
}
