//! What all reports under an act of an agreement come to, added up by the database, line by line. The act is the first, or a renewal, with its amendments.
//!
//! A draft is its writers' alone and counts for nobody, so that whoever reads it reads the same. A partner reads what its own reports come to; and where others may
//! charge the lines, too, not how much is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::agreement_line;
use sea_orm::ConnectionTrait;

use super::account::{LineAccount, blank};
use super::lines::of_versions;
use super::read::{condition, of_agreements};
use super::terms::Terms;
use crate::auth::ReadExpensesPermit;
use crate::error::{Error, Result};
use crate::limits::AGREEMENT_ROWS_AN_ANSWER_MAX;
use crate::store::agreement::read::too_many;
use crate::store::{Store, Write, packed};

/// The row id of an agreement, and the number of a version of the act that is meant; that of today where there is none.
pub type AskedAccount = (i64, Option<i32>);

/// What the reports under an act come to.
#[derive(Clone, Debug)]
pub struct AgreementAccount {
    /// Number of the version whose lines hold.
    pub version: i32,
    /// Its lines and any other that was charged, by year and code. Why expenses were refused is read with their reports.
    pub lines: Vec<LineAccount>,
    /// Whether the asker is told how much is left.
    pub tells_remaining: bool,
}

/// What is charged to a line by the reports that count, added up.
struct Sum {
    code: String,
    year: i32,
    reported: Cents,
    admitted: Cents,
    refused: Cents,
    paid: Cents,
}

/// Reads accounts, as many statements for many as for one. Of an agreement whose reports are not for the asker, or a version that is not there, there is none.
pub async fn account_of(
    store: &Store,
    permit: &ReadExpensesPermit,
    asked: &[AskedAccount],
) -> Result<HashMap<AskedAccount, Result<Arc<AgreementAccount>>>> {
    let snapshot = store.read_for_client().await?;
    let found = accounts(snapshot.tx(), permit, (asked, store.clock().today())).await;
    snapshot.end(found).await
}

/// The same of one as a write sees it.
pub async fn account_within(
    write: &Write,
    permit: &ReadExpensesPermit,
    asked: AskedAccount,
) -> Result<Option<Arc<AgreementAccount>>> {
    accounts(write.tx(), permit, (&[asked], write.clock().today())).await?.remove(&asked).transpose()
}

async fn accounts(
    db: &impl ConnectionTrait,
    permit: &ReadExpensesPermit,
    (asked, today): (&[AskedAccount], NaiveDate),
) -> Result<HashMap<AskedAccount, Result<Arc<AgreementAccount>>>> {
    let agreements: BTreeSet<i64> = asked.iter().map(|(agreement, _)| *agreement).collect();
    let terms = Terms::read(db, &shown(db, permit, &agreements.into_iter().collect::<Vec<_>>()).await?).await?;
    let of = |one: &AskedAccount| {
        let (act, version) = terms.of_account(*one, permit.partner(), today)?;
        Some((*one, act, version))
    };
    let found: Vec<_> = asked.iter().filter_map(of).collect();
    let versions: BTreeMap<i64, i64> =
        found.iter().map(|(_, _, version)| (version.id, i64::from(version.line_count))).collect();
    if usize::try_from(versions.values().sum::<i64>()).map_err(Error::internal)? > AGREEMENT_ROWS_AN_ANSWER_MAX {
        return Ok(asked.iter().map(|one| (*one, Err(too_many()))).collect());
    }
    let lines = lines(db, &versions.into_keys().collect::<Vec<_>>()).await?;
    let acts: BTreeSet<i64> = found.iter().map(|(_, act, _)| act.id).collect();
    let sums = sums(db, permit, &acts.into_iter().collect::<Vec<_>>()).await?;
    let mut accounts = HashMap::new();
    for (one, act, version) in found {
        let has_others = |partner| terms.has_others(act, partner, today);
        let tells_remaining = !permit.partner().is_some_and(has_others);
        let own = lines.get(&version.id).map_or(&[][..], Vec::as_slice);
        let charged = sums.get(&act.id).map_or(&[][..], Vec::as_slice);
        let lines = work_out(own, charged, tells_remaining)?;
        accounts.insert(one, Ok(Arc::new(AgreementAccount { version: version.number, lines, tells_remaining })));
    }
    Ok(accounts)
}

/// Those of some agreements whose reports are for the asker.
async fn shown(db: &impl ConnectionTrait, permit: &ReadExpensesPermit, agreements: &[i64]) -> Result<BTreeSet<i64>> {
    let mut shown = BTreeSet::new();
    for some in agreements.chunks(packed::IDS_A_STATEMENT) {
        let (names, values) = packed::parameters(some);
        let sql = format!("SELECT a.id FROM agreement a WHERE a.id IN ({names}) AND {}", of_agreements(permit));
        for row in packed::rows(db, &sql, values).await? {
            shown.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(shown)
}

/// The lines of some versions.
async fn lines(db: &impl ConnectionTrait, versions: &[i64]) -> Result<HashMap<i64, Vec<agreement_line::Model>>> {
    let mut lines: HashMap<i64, Vec<agreement_line::Model>> = HashMap::new();
    for some in versions.chunks(packed::IDS_A_STATEMENT) {
        for line in of_versions(db, some.iter().copied(), None).await? {
            lines.entry(line.version_id).or_default().push(line);
        }
    }
    Ok(lines)
}

/// What the reports of some acts charge to each line, of those that are for the asker and no drafts.
async fn sums(db: &impl ConnectionTrait, permit: &ReadExpensesPermit, acts: &[i64]) -> Result<HashMap<i64, Vec<Sum>>> {
    let mut sums: HashMap<i64, Vec<Sum>> = HashMap::new();
    let sum = |amount: &str| format!("CAST(sum({amount}) AS BIGINT)");
    for some in acts.chunks(packed::IDS_A_STATEMENT) {
        let (names, values) = packed::parameters(some);
        // Within an act a code is a line of one year.
        let sql = format!(
            "SELECT r.act_id, e.line_code, CAST(substr(CAST(min(e.spent_on) AS TEXT), 1, 4) AS INTEGER), {}, {}, {}, {} \
             FROM expense e JOIN expense_report r ON r.id = e.report_id JOIN agreement a ON a.id = r.agreement_id \
             WHERE r.act_id IN ({names}) AND r.status <> 'DRAFT' AND e.line_code IS NOT NULL AND {} \
             GROUP BY r.act_id, e.line_code",
            sum("e.charged_cents"),
            sum("coalesce(e.admitted_cents, 0)"),
            sum("CASE WHEN e.status = 'REPORTED' THEN 0 ELSE e.charged_cents - e.admitted_cents END"),
            sum("CASE WHEN r.status = 'PAID' THEN e.admitted_cents ELSE 0 END"),
            condition(permit),
        );
        for row in packed::rows(db, &sql, values).await? {
            let cents = |at: usize| -> Result<Cents> { Ok(Cents::new(row.try_get_by_index(at)?)) };
            sums.entry(row.try_get_by_index(0)?).or_default().push(Sum {
                code: row.try_get_by_index(1)?,
                year: row.try_get_by_index(2)?,
                reported: cents(3)?,
                admitted: cents(4)?,
                refused: cents(5)?,
                paid: cents(6)?,
            });
        }
    }
    Ok(sums)
}

fn work_out(lines: &[agreement_line::Model], sums: &[Sum], tells_remaining: bool) -> Result<Vec<LineAccount>> {
    let mut accounts: BTreeMap<(i32, String), LineAccount> = BTreeMap::new();
    for line in lines {
        accounts.insert((line.year, line.code.clone()), blank(&line.code, line.year, Some(line)));
    }
    for sum in sums {
        let key = (sum.year, sum.code.clone());
        let line = accounts.entry(key).or_insert_with(|| blank(&sum.code, sum.year, None));
        (line.reported, line.admitted, line.refused, line.paid) = (sum.reported, sum.admitted, sum.refused, sum.paid);
    }
    for line in accounts.values_mut() {
        // What was paid stays so, though an amendment lowered the line since.
        line.reimbursable = line.admitted.min(line.budget).max(line.paid);
        line.remaining = if tells_remaining { Some(line.budget.checked_sub(line.admitted)?) } else { None };
    }
    Ok(accounts.into_values().collect())
}
