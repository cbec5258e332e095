//! Reports as they are read: which exist for an asker, and what each holds.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDate;
use entity::{expense, expense_report};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::account::{Account, accounts};
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

/// What of a report is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parts {
    /// Its expenses.
    pub expenses: bool,
    /// What it comes to, so far.
    pub account: Option<Depth>,
}

/// How much of what a report comes to is asked for; each has what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// Its totals, and the lines that it charges.
    Totals,
    /// All lines that it may charge.
    Lines,
    /// Why expenses were not admitted whole.
    Reasons,
}

/// What a report holds, as far as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// Its expenses, by position.
    pub expenses: Vec<expense::Model>,
    /// What it comes to.
    pub account: Account,
}

/// Of which agreements reports exist for whoever has the permit, over `a`.
pub(super) fn of_agreements(permit: &ReadExpensesPermit) -> String {
    let mut sql = "1 = 1".to_owned();
    // Writing to a text does not fail.
    if let Some(ambiti) = permit.ambiti() {
        let ids: Vec<String> = ambiti.iter().map(i64::to_string).collect();
        // No list of SQL is empty, and no row id is 0.
        let _ = write!(sql, " AND a.ambito_id IN ({})", if ids.is_empty() { "0".to_owned() } else { ids.join(", ") });
    }
    if let Some(comune) = permit.grantor() {
        let _ = write!(sql, " AND a.grantor_comune_id = {comune}");
    }
    sql
}

/// Which reports exist for whoever has the permit, over `r` and `a`.
pub(super) fn condition(permit: &ReadExpensesPermit) -> String {
    let mut sql = of_agreements(permit);
    if let Some(partner) = permit.partner() {
        let _ = write!(sql, " AND r.partner_id = {partner}");
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
    let snapshot = store.read_for_client().await?;
    let found = find(snapshot.tx(), permit, ids).await;
    let found = snapshot.end(found).await?;
    Ok(found.into_iter().map(|recorded| (recorded.row.id, Ok(Arc::new(recorded)))).collect())
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

/// Reads what reports hold, as many statements for many as for one. They are such as the asker was shown.
pub async fn detail(
    store: &Store,
    permit: &ReadExpensesPermit,
    asked: &[(i64, Parts)],
) -> Result<HashMap<(i64, Parts), Result<Arc<Detail>>>> {
    let snapshot = store.read_for_client().await?;
    let found = details(snapshot.tx(), permit, asked, store.clock().today()).await;
    let found = snapshot.end(found).await?;
    let found: HashMap<i64, Arc<Detail>> = found.into_iter().map(|(id, detail)| (id, Arc::new(detail))).collect();
    Ok(asked.iter().filter_map(|one| Some((*one, Ok(found.get(&one.0)?.clone())))).collect())
}

/// What a report holds as a write sees it.
pub async fn detail_within(write: &Write, permit: &ReadExpensesPermit, asked: (i64, Parts)) -> Result<Option<Detail>> {
    Ok(details(write.tx(), permit, &[asked], write.clock().today()).await?.remove(&asked.0))
}

/// What reports hold, each with all that is asked of any.
async fn details(
    db: &impl ConnectionTrait,
    permit: &ReadExpensesPermit,
    asked: &[(i64, Parts)],
    today: NaiveDate,
) -> Result<HashMap<i64, Detail>> {
    let ids: Vec<i64> = asked.iter().map(|(id, _)| *id).collect::<BTreeSet<i64>>().into_iter().collect();
    let depth = asked.iter().filter_map(|(_, parts)| parts.account).max();
    let mut found: HashMap<i64, Detail> = HashMap::new();
    for some in ids.chunks(packed::IDS_A_STATEMENT) {
        let reports = find(db, permit, some).await?;
        found.extend(reports.iter().map(|report| (report.row.id, Detail::default())));
        if let Some(depth) = depth {
            let asked = (reports.as_slice(), today, depth);
            for (id, account) in accounts(db, permit, asked).await? {
                found.entry(id).or_default().account = account;
            }
        }
        if asked.iter().any(|(_, parts)| parts.expenses) {
            let own = expense::Column::ReportId.is_in(reports.iter().map(|report| report.row.id));
            let rows = expense::Entity::find().filter(own).order_by_asc(expense::Column::ReportId);
            for row in rows.order_by_asc(expense::Column::Position).all(db).await? {
                found.entry(row.report_id).or_default().expenses.push(row);
            }
        }
    }
    Ok(found)
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
