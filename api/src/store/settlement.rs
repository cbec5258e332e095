//! Settlement: the final quotas of a year less what it was charged, by service and comune.
//!
//! Of a plan that is not approved it is what the settlement would be; of an approved one it is what was charged or given back by it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use allocation::Cents;
use sea_orm::ConnectionTrait;

use super::plan::PlanBook;
use super::{Store, Write, packed};
use crate::error::{Error, Result};

/// Sums of charges by service and comune, both by row id.
type Sums = BTreeMap<(i64, i64), Cents>;

/// What a plan's year was charged.
#[derive(Clone, Debug, Default)]
pub struct Charged {
    /// By the plans that were charged before this one; by all, where it is not charged.
    before: Sums,
    /// By the plan itself, where it is.
    own: Option<Sums>,
    /// Whether a later act had been charged already, so that this one settled nothing.
    superseded: bool,
}

/// The settlement of one comune for one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Row id of the service.
    pub service_id: i64,
    /// Row id of the comune.
    pub comune_id: i64,
    /// What the year costs it in the end.
    pub final_quota: Cents,
    /// What it was charged.
    pub charged: Cents,
    /// What it still owes; below zero, what it is given back.
    pub difference: Cents,
}

/// A billing, as far as it says which plan was charged when.
struct Billed {
    asked: i64,
    plan: i64,
    billing: i64,
    superseded: bool,
}

/// Reads what the years of plans were charged, as many statements for many plans as for one.
pub async fn read(store: &Store, plans: &[i64]) -> Result<HashMap<i64, Result<Arc<Charged>>>> {
    let _place = store.place_to_read().await?;
    let found = read_all(store, plans).await;
    if found.is_err() {
        store.contact.failed();
    }
    found
}

async fn read_all(store: &Store, plans: &[i64]) -> Result<HashMap<i64, Result<Arc<Charged>>>> {
    let tx = store.snapshot_at_the_door().await?;
    let found = read_within(&tx, plans).await?;
    tx.commit().await?;
    Ok(found.into_iter().map(|(plan, charged)| (plan, Ok(Arc::new(charged)))).collect())
}

/// What a plan's year was charged as a write has left it, which lasts only later.
pub async fn written(write: &Write, plan: i64) -> Result<Arc<Charged>> {
    let charged = read_within(write.tx(), &[plan]).await?.remove(&plan);
    charged.map(Arc::new).ok_or_else(|| Error::broken("charges of plan", plan))
}

async fn read_within(tx: &impl ConnectionTrait, plans: &[i64]) -> Result<HashMap<i64, Charged>> {
    let mut found = HashMap::new();
    for plans in plans.chunks(packed::IDS_A_STATEMENT) {
        let billed = billed(tx, plans).await?;
        let mut charged: HashMap<i64, Charged> = plans.iter().map(|plan| (*plan, Charged::default())).collect();
        for (asked, charged) in &mut charged {
            let own: Vec<&Billed> = billed.iter().filter(|one| one.asked == *asked && one.plan == *asked).collect();
            charged.own = (!own.is_empty()).then(Sums::new);
            charged.superseded = own.iter().any(|one| one.superseded);
        }
        add_sums(tx, plans, &billed, &mut charged).await?;
        found.extend(charged);
    }
    Ok(found)
}

/// Every billing of the years of these plans.
async fn billed(tx: &impl ConnectionTrait, plans: &[i64]) -> Result<Vec<Billed>> {
    let (names, values) = packed::parameters(plans);
    let sql = format!(
        "SELECT asked.id, p.id, b.id, b.superseded FROM plan asked \
         JOIN plan p ON p.ambito_id = asked.ambito_id AND p.year = asked.year \
         JOIN billing b ON b.approved_plan_id = p.id WHERE asked.id IN ({names})"
    );
    let billed = |row: &sea_orm::QueryResult| {
        Ok(Billed {
            asked: row.try_get_by_index(0)?,
            plan: row.try_get_by_index(1)?,
            billing: row.try_get_by_index(2)?,
            superseded: row.try_get_by_index(3)?,
        })
    };
    packed::rows(tx, &sql, values).await?.iter().map(billed).collect()
}

async fn add_sums(
    tx: &impl ConnectionTrait,
    plans: &[i64],
    billed: &[Billed],
    into: &mut HashMap<i64, Charged>,
) -> Result<()> {
    // The first billing of each plan that is charged tells which plans were charged before it.
    let mut first: HashMap<i64, i64> = HashMap::new();
    for one in billed {
        let known = first.entry(one.plan).or_insert(one.billing);
        *known = one.billing.min(*known);
    }
    let (names, values) = packed::parameters(plans);
    let sql = format!(
        "SELECT asked.id, p.id, b.service_id, c.comune_id, CAST(sum(c.amount_cents) AS BIGINT) FROM plan asked \
         JOIN plan p ON p.ambito_id = asked.ambito_id AND p.year = asked.year \
         JOIN billing b ON b.approved_plan_id = p.id JOIN charge c ON c.billing_id = b.id \
         WHERE asked.id IN ({names}) GROUP BY asked.id, p.id, b.service_id, c.comune_id"
    );
    for row in packed::rows(tx, &sql, values).await? {
        let (asked, plan): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let Some(charged) = into.get_mut(&asked) else { continue };
        let is_before = match (first.get(&asked), first.get(&plan)) {
            (Some(asked), Some(plan)) => plan < asked,
            _ => true,
        };
        let sums = match &mut charged.own {
            Some(own) if plan == asked => own,
            _ if is_before => &mut charged.before,
            _ => continue,
        };
        let sum = sums.entry((row.try_get_by_index(2)?, row.try_get_by_index(3)?)).or_insert(Cents::ZERO);
        *sum = sum.checked_add(Cents::new(row.try_get_by_index(4)?))?;
    }
    Ok(())
}

/// The settlement by service and comune, in the order of the plan's budgets and of the comuni's codes; then what was charged and has no quota any more. None where a
/// later act was charged before, so that the plan settles nothing.
pub fn lines(plan: &PlanBook, charged: &Charged) -> Result<Option<Vec<Line>>> {
    if charged.superseded {
        return Ok(None);
    }
    let mut left = charged.before.clone();
    let mut lines = Vec::with_capacity(plan.quota_count);
    let mut add = |service_id: i64, comune_id: i64, final_quota: Cents, charged: Cents| -> Result<()> {
        let difference = final_quota.checked_sub(charged)?;
        lines.push(Line { service_id, comune_id, final_quota, charged, difference });
        Ok(())
    };
    for budget in &plan.budgets {
        for (comune, quota) in budget.quota_comuni.iter().zip(&budget.quotas) {
            let charged = left.remove(&(budget.service_id, comune.id)).unwrap_or(Cents::ZERO);
            add(budget.service_id, comune.id, *quota, charged)?;
        }
    }
    for ((service, comune), charged) in left {
        add(service, comune, Cents::ZERO, charged)?;
    }
    if let Some(own) = &charged.own {
        // What was charged or given back is the difference, for each and in all.
        let settled = |line: &Line| own.get(&(line.service_id, line.comune_id)).copied().unwrap_or(Cents::ZERO);
        let known = Cents::sum(own.values().copied())? == Cents::sum(lines.iter().map(|line| line.difference))?;
        if !known || lines.iter().any(|line| settled(line) != line.difference) {
            return Err(Error::broken("settlement of plan", plan.row.id));
        }
    }
    Ok(Some(lines))
}
