//! Billing: what an approved plan charges each comune for each service, written in the transaction that approves it.
//!
//! A year is charged what its newest act says: the first act its instalments, each later one what it changes. So the charges of a year add up
//! to the quotas in force, to the cent, which is asserted before they are written and again on what was written. Which payment settles
//! which charge is `matching`'s.

use std::collections::{BTreeMap, BTreeSet};

use allocation::{Cents, Micros};
use chrono::{Datelike, NaiveDate};
use entity::kinds::{ChargeKind, PlanKind, PlanStatus};
use entity::{billing, charge, resolution, service};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::names::Names;
use super::plan::{self as plans, PlanBook};
use super::{Store, insert, matching, packed};
use crate::error::{Error, Result};

/// What the audit trail calls the charging of a plan that was approved before plans were charged.
const CHARGE: &str = "plan.charge";
/// Whom the audit trail names for it.
const MIGRATION: &str = "operator:migrate";

/// Sums of charges by service and comune, both by row id.
type Sums = BTreeMap<(i64, i64), Cents>;

/// What one part of a difference is due with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    number: i32,
    day: NaiveDate,
    percent: Micros,
}

/// The charges of one service.
struct Bill {
    service: i64,
    total: Cents,
    charges: Vec<Line>,
}

struct Line {
    comune: i64,
    due: Due,
    amount: Cents,
}

/// Charges what an approved plan adds to what its year was charged already, and settles with it what comuni have paid in advance.
pub(super) async fn charge(tx: &impl ConnectionTrait, plan: &PlanBook) -> Result<()> {
    let act = plan.resolution.as_deref().filter(|_| plan.row.status == PlanStatus::Approved);
    let act = act.ok_or_else(|| Error::broken("resolution of plan", plan.row.id))?;
    let acts = charged_acts(tx, plan).await?;
    let superseded = acts.iter().any(|charged| *charged > (act.adopted_on, plan.row.version));
    let kind = match plan.row.kind {
        PlanKind::Final => ChargeKind::Settlement,
        PlanKind::Forecast | PlanKind::Amendment if acts.is_empty() => ChargeKind::Instalment,
        PlanKind::Forecast | PlanKind::Amendment => ChargeKind::Amendment,
    };
    let before = charged(tx, plan).await?;
    let schedule = if superseded { Vec::new() } else { schedule(plan, kind, act.adopted_on)? };
    let bills = bills(plan, &before, &schedule)?;
    if !superseded {
        check(plan, &added(before, &bills)?)?;
    }
    write(tx, plan, act, (kind, superseded), &bills).await?;
    if !superseded {
        check(plan, &charged(tx, plan).await?)?;
    }
    matching::settle(tx, plan.row.ambito_id, None, None).await
}

/// Charges every approved plan that has not been charged: those of a database from before plans were. The oldest acts come first, as they would have.
pub(super) async fn catch_up(store: &Store) -> Result<()> {
    if uncharged(store.reader()).await?.is_empty() {
        return Ok(());
    }
    let write = store.write().await?;
    let names = Names::load(write.tx()).await?;
    for id in uncharged(write.tx()).await? {
        let plan = plans::read(write.tx(), id, &names).await?;
        charge(write.tx(), &plan).await?;
        let (subject, digest) = (plans::subject(&plan.row, &names)?, plan.row.digest.clone());
        write.audit(MIGRATION, CHARGE, &subject, digest.clone(), digest).await?;
    }
    store.commit(write).await
}

/// Approved plans with budgets that have no billing, in the order of their acts.
async fn uncharged(db: &impl ConnectionTrait) -> Result<Vec<i64>> {
    let sql = "SELECT p.id FROM plan p JOIN resolution r ON r.id = p.resolution_id WHERE p.status = 'APPROVED' \
               AND NOT EXISTS (SELECT 1 FROM billing b WHERE b.approved_plan_id = p.id) \
               AND EXISTS (SELECT 1 FROM budget g WHERE g.plan_id = p.id) ORDER BY r.adopted_on, p.version, p.id";
    packed::rows(db, sql, []).await?.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// The acts by which a plan's year was charged, with the versions that they approved.
async fn charged_acts(tx: &impl ConnectionTrait, plan: &PlanBook) -> Result<Vec<(NaiveDate, i32)>> {
    let sql = "SELECT DISTINCT b.charged_on, p.version FROM plan p JOIN billing b ON b.approved_plan_id = p.id \
               WHERE p.ambito_id = $1 AND p.year = $2";
    let rows = packed::rows(tx, sql, [plan.row.ambito_id.into(), plan.row.year.into()]).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// What a plan's year was charged so far.
async fn charged(tx: &impl ConnectionTrait, plan: &PlanBook) -> Result<Sums> {
    let sql = "SELECT b.service_id, c.comune_id, CAST(sum(c.amount_cents) AS BIGINT) FROM plan p \
               JOIN billing b ON b.approved_plan_id = p.id JOIN charge c ON c.billing_id = b.id \
               WHERE p.ambito_id = $1 AND p.year = $2 GROUP BY b.service_id, c.comune_id";
    let rows = packed::rows(tx, sql, [plan.row.ambito_id.into(), plan.row.year.into()]).await?;
    let sum = |row: &sea_orm::QueryResult| {
        let key = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        Ok((key, Cents::new(row.try_get_by_index(2)?)))
    };
    rows.iter().map(sum).collect()
}

/// The quotas of a plan.
fn quotas(plan: &PlanBook) -> Sums {
    let of_budget = |budget: &plans::BudgetBook| {
        let service = budget.service_id;
        let amounts = budget.quota_comuni.iter().zip(&budget.quotas);
        amounts.map(|(comune, amount)| ((service, comune.id), *amount)).collect::<Vec<_>>()
    };
    plan.budgets.iter().flat_map(of_budget).collect()
}

/// What the difference is due with: all instalments at the year's first act; at a later one those still to come; at its settlement, and where none is
/// still to come, one day.
fn schedule(plan: &PlanBook, kind: ChargeKind, act: NaiveDate) -> Result<Vec<Due>> {
    let due = |row: &plans::Instalment| Due { number: row.number, day: row.due_date, percent: row.percent };
    let to_come = |due: &Due| match kind {
        ChargeKind::Instalment => true,
        ChargeKind::Amendment => due.day > act,
        ChargeKind::Settlement => false,
    };
    let rest: Vec<Due> = plan.instalments.iter().map(due).filter(to_come).collect();
    if rest.iter().any(|due| due.percent > Micros::new(0)) {
        return Ok(rest);
    }
    // The last day of the schedule, or of the year where there is none, but not before the act that makes it binding.
    let last = plan.instalments.iter().map(|row| (row.due_date, row.number)).max();
    let end =
        NaiveDate::from_ymd_opt(plan.row.year, 12, 31).ok_or_else(|| Error::broken("year of plan", plan.row.id))?;
    let (day, number) = last.unwrap_or((end, 1));
    Ok(vec![Due { number, day: day.max(act), percent: Micros::HUNDRED }])
}

/// A bill for each service of the plan, and for each that the year was charged for before; without a day on which anything is due they are empty.
fn bills(plan: &PlanBook, before: &Sums, schedule: &[Due]) -> Result<Vec<Bill>> {
    let quotas = quotas(plan);
    let percents: Vec<Micros> = schedule.iter().map(|due| due.percent).collect();
    let mut bills: Vec<Bill> = Vec::new();
    let mut services: Vec<i64> = plan.budgets.iter().map(|budget| budget.service_id).collect();
    let others: BTreeSet<i64> = before.keys().map(|(service, _)| *service).collect();
    services.extend(others.into_iter().filter(|service| plan.budgets.iter().all(|own| own.service_id != *service)));
    for service in services {
        let own = (service, i64::MIN)..=(service, i64::MAX);
        let comuni: BTreeSet<i64> =
            quotas.range(own.clone()).chain(before.range(own)).map(|((_, comune), _)| *comune).collect();
        let mut bill = Bill { service, total: Cents::ZERO, charges: Vec::new() };
        for comune in comuni.into_iter().filter(|_| !schedule.is_empty()) {
            let of = |sums: &Sums| sums.get(&(service, comune)).copied().unwrap_or(Cents::ZERO);
            let difference = of(&quotas).checked_sub(of(before))?;
            bill.total = bill.total.checked_add(difference)?;
            let amounts = allocation::remaining_instalments(difference, &percents)?;
            let parts = schedule.iter().zip(amounts).filter(|(_, amount)| *amount != Cents::ZERO);
            bill.charges.extend(parts.map(|(due, amount)| Line { comune, due: *due, amount }));
        }
        if Cents::sum(bill.charges.iter().map(|line| line.amount))? != bill.total {
            return Err(Error::broken("charges of plan", plan.row.id));
        }
        bills.push(bill);
    }
    Ok(bills)
}

/// What a year is charged once these bills are written.
fn added(mut sums: Sums, bills: &[Bill]) -> Result<Sums> {
    for bill in bills {
        for line in &bill.charges {
            let sum = sums.entry((bill.service, line.comune)).or_insert(Cents::ZERO);
            *sum = sum.checked_add(line.amount)?;
        }
    }
    Ok(sums)
}

/// What was charged is the quotas, each of them and nothing besides.
fn check(plan: &PlanBook, charged: &Sums) -> Result<()> {
    let something = |(key, amount): (&(i64, i64), &Cents)| (*amount != Cents::ZERO).then_some((*key, *amount));
    let quotas = quotas(plan);
    if charged.iter().filter_map(something).eq(quotas.iter().filter_map(something)) {
        return Ok(());
    }
    Err(Error::broken("charges of plan", plan.row.id))
}

/// Writes the bills of a plan.
async fn write(
    tx: &impl ConnectionTrait,
    plan: &PlanBook,
    act: &resolution::Model,
    (kind, superseded): (ChargeKind, bool),
    bills: &[Bill],
) -> Result<()> {
    let services = service::Entity::find().filter(service::Column::Id.is_in(bills.iter().map(|bill| bill.service)));
    let services: BTreeMap<i64, service::Model> =
        services.all(tx).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut rows = Vec::with_capacity(bills.len());
    for bill in bills {
        let service = services.get(&bill.service).ok_or_else(|| Error::broken("service", bill.service))?;
        rows.push(billing::ActiveModel {
            approved_plan_id: Set(plan.row.id),
            service_id: Set(bill.service),
            kind: Set(kind),
            superseded: Set(superseded),
            charged_on: Set(act.adopted_on),
            charge_count: Set(count(bill.charges.len())?),
            total_cents: Set(bill.total.get()),
            mission_programme: Set(service.mission_programme.clone()),
            cig: Set(service.cig.clone()),
            cup: Set(service.cup.clone()),
            reason: Set(reason(plan.row.year, kind, service, act)),
            ..Default::default()
        });
    }
    insert::many(tx, rows).await?;
    let written = billing::Entity::find().filter(billing::Column::ApprovedPlanId.eq(plan.row.id)).all(tx).await?;
    let ids: BTreeMap<i64, i64> = written.into_iter().map(|row| (row.service_id, row.id)).collect();
    let mut rows = Vec::new();
    for bill in bills {
        let id = *ids.get(&bill.service).ok_or_else(|| Error::broken("billing of plan", plan.row.id))?;
        for (at, line) in bill.charges.iter().enumerate() {
            rows.push(charge::ActiveModel {
                billing_id: Set(id),
                position: Set(count(at + 1)?),
                comune_id: Set(line.comune),
                number: Set(line.due.number),
                due_date: Set(line.due.day),
                financial_year: Set(line.due.day.year()),
                amount_cents: Set(line.amount.get()),
                ..Default::default()
            });
        }
    }
    insert::many(tx, rows).await
}

fn count(number: usize) -> Result<i32> {
    i32::try_from(number).map_err(Error::internal)
}

/// Why it is charged, as a comune books it: in Italian, whatever the language of who asks.
fn reason(year: i32, kind: ChargeKind, service: &service::Model, act: &resolution::Model) -> String {
    let what = match kind {
        ChargeKind::Instalment => "Quota",
        ChargeKind::Amendment => "Variazione della quota",
        ChargeKind::Settlement => "Conguaglio della quota",
    };
    let (number, day) = (&act.number, act.adopted_on.format("%d/%m/%Y"));
    format!("{what} {year}, {} ({}); deliberazione n. {number} del {day}, {}", service.code, service.name, act.body)
}
