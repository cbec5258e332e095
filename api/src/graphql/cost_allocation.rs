//! The cost allocation: quotas, or everything that covers the budgets, added up by what is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use allocation::{Cents, Micros};
use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use entity::kinds::FundLevel;

use super::ambito::Ambito;
use super::budget::fund_view;
use super::comune::Comune;
use super::fund::Fund;
use super::plan::residents;
use super::quotas::{QuotaFilter, Wanted};
use super::scalars::Euro;
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::master::AmbitoBook;
use crate::store::plan::{BudgetBook, PlanBook};

/// What the cost is added up by (dimensione di analisi). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CostDimension {
    /// By Ambito (Ambito).
    Ambito,
    /// By comune (Comune). Funds cover services, not comuni, so it does not go with `FUND`.
    Comune,
    /// By service (servizio).
    Service,
    /// By area (area).
    Area,
    /// By fund, the comuni's quotas among them (fonte di copertura).
    Fund,
    /// By year (anno).
    Year,
    /// By mission and programme of D.Lgs. 118/2011 (missione e programma).
    MissionProgramme,
}

/// The cost of the services, added up (ripartizione dei costi). Without `FUND` it is what the comuni owe; with it, the whole budgets.
#[derive(SimpleObject)]
pub struct CostAllocation {
    /// One row for each combination that occurs, in the order of `groupBy` (righe).
    pub rows: Vec<CostAllocationRow>,
    /// The sum of the rows (totale).
    pub total: Euro,
}

/// One combination of what the cost is added up by (riga). What is not asked for in `groupBy` is left empty.
#[derive(SimpleObject)]
pub struct CostAllocationRow {
    /// The Ambito (Ambito).
    pub ambito: Option<Ambito>,
    /// The comune (Comune).
    pub comune: Option<Comune>,
    /// The service (servizio).
    pub service: Option<Service>,
    /// The area (area).
    pub area: Option<String>,
    /// The fund (fonte di copertura).
    pub fund: Option<Fund>,
    /// The year (anno).
    pub year: Option<i32>,
    /// Mission and programme (missione e programma).
    pub mission_programme: Option<String>,
    /// The sum (importo).
    pub amount: Euro,
    /// For each resident of the comuni that share it, rounded half up; none where the row spans several years (euro per abitante).
    pub per_resident: Option<Euro>,
    /// How many quotas are in the sum; zero for a fund that is not the comuni's (numero di quote).
    pub quota_count: i32,
}

/// One value for each dimension asked for, so that rows sort by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Ambito(String, i64),
    Comune(allocation::IstatCode, i64),
    Service(String, i32, i64),
    Area(String),
    Fund(String, i64, i64),
    Year(i32),
    MissionProgramme(Option<String>),
}

/// What is added up for one combination.
#[derive(Default)]
struct Sum {
    cents: i128,
    quotas: usize,
    years: BTreeSet<i32>,
    /// Residents by comune: of one year, or the row has no value a resident.
    residents: BTreeMap<i64, Option<Micros>>,
}

/// An amount, and where it belongs.
struct Item<'a> {
    ambito: &'a Arc<AmbitoBook>,
    plan: &'a PlanBook,
    budget: &'a BudgetBook,
    comune: Option<(allocation::IstatCode, i64)>,
    fund: Option<&'a entity::fund::Model>,
    cents: i64,
    quotas: usize,
}

/// Adds up the quotas or the coverage of all plans in force on a day.
pub(super) fn cost_allocation(
    sight: &Sight,
    filter: &QuotaFilter,
    group_by: &[CostDimension],
    day: NaiveDate,
) -> Result<CostAllocation> {
    check(filter, group_by)?;
    let mut sums: BTreeMap<Vec<Value>, Sum> = BTreeMap::new();
    let by_fund = group_by.contains(&CostDimension::Fund);
    let wanted = filter.wanted();
    for (ambito, plan) in wanted.plans(sight, day) {
        sight.check_time()?;
        for budget in plan.budgets.iter().filter(|budget| wanted.takes_budget(ambito, budget)) {
            let items = if by_fund { coverage(ambito, plan, budget)? } else { quotas(&wanted, ambito, plan, budget) };
            for item in items {
                add(sight, &mut sums, group_by, &item)?;
            }
        }
    }
    let rows = sums.into_iter().map(|(key, sum)| row(sight, key, &sum)).collect::<Result<Vec<_>>>()?;
    let total = Cents::sum(rows.iter().map(|row| row.amount.0))?;
    Ok(CostAllocation { rows, total: Euro(total) })
}

fn check(filter: &QuotaFilter, group_by: &[CostDimension]) -> Result<()> {
    if group_by.iter().enumerate().any(|(at, dimension)| group_by[..at].contains(dimension)) {
        return Err(Error::bad_request(
            "groupBy: una dimensione compare due volte.",
            "groupBy: a dimension is named twice.",
        ));
    }
    let by_fund = group_by.contains(&CostDimension::Fund);
    if by_fund && (group_by.contains(&CostDimension::Comune) || filter.names_quotas()) {
        return Err(Error::bad_request(
            "I fondi coprono servizi, non comuni: FUND non si combina con COMUNE né con filtri su comuni o importi di quota.",
            "Funds cover services, not comuni: FUND does not go with COMUNE, nor with filters on comuni or on amounts of quotas.",
        ));
    }
    Ok(())
}

fn quotas<'a>(
    filter: &Wanted<'_>,
    ambito: &'a Arc<AmbitoBook>,
    plan: &'a PlanBook,
    budget: &'a BudgetBook,
) -> Vec<Item<'a>> {
    let wanted = (0..budget.quotas.len()).filter(|at| filter.takes_quota(budget, *at));
    let item = |at: usize| {
        let key = budget.quota_comuni[at];
        let comune = Some((key.istat, key.id));
        Item { ambito, plan, budget, comune, fund: None, cents: budget.quotas[at].get(), quotas: 1 }
    };
    wanted.map(item).collect()
}

fn coverage<'a>(ambito: &'a Arc<AmbitoBook>, plan: &'a PlanBook, budget: &'a BudgetBook) -> Result<Vec<Item<'a>>> {
    let find = |id: i64| {
        ambito.funds.iter().find(|fund| fund.id == id).map(AsRef::as_ref).ok_or_else(|| Error::broken("fund", id))
    };
    let item = |fund: &'a entity::fund::Model, cents: i64, quotas: usize| Item {
        ambito,
        plan,
        budget,
        comune: None,
        fund: Some(fund),
        cents,
        quotas,
    };
    let mut items = Vec::new();
    for row in &budget.funding {
        items.push(item(find(row.fund_id)?, row.amount.get(), 0));
    }
    let comuni = ambito.funds.iter().find(|fund| fund.level == FundLevel::Comuni);
    let comuni = comuni.ok_or_else(|| Error::broken("fund of the comuni of ambito", ambito.row.id))?;
    items.push(item(comuni, budget.municipal_share.get(), budget.quotas.len()));
    items.retain(|item| item.cents != 0);
    Ok(items)
}

fn add(sight: &Sight, sums: &mut BTreeMap<Vec<Value>, Sum>, group_by: &[CostDimension], item: &Item<'_>) -> Result<()> {
    let key = group_by.iter().map(|dimension| value(*dimension, item)).collect::<Result<Vec<_>>>()?;
    let sum = sums.entry(key).or_default();
    sum.cents += i128::from(item.cents);
    sum.quotas += item.quotas;
    sum.years.insert(item.plan.row.year);
    let comuni: Vec<i64> = match item.comune {
        Some((_, id)) => vec![id],
        None => item.budget.quota_comuni.iter().map(|key| key.id).collect(),
    };
    for id in comuni {
        sum.residents
            .entry(id)
            .or_insert_with(|| sight.book().comune(id).and_then(|comune| residents(sight, item.plan, comune)));
    }
    Ok(())
}

fn value(dimension: CostDimension, item: &Item<'_>) -> Result<Value> {
    let service =
        item.ambito.service(&item.budget.service).ok_or_else(|| Error::not_found("service", &item.budget.service))?;
    Ok(match dimension {
        CostDimension::Ambito => Value::Ambito(item.ambito.row.code.clone(), item.ambito.row.id),
        CostDimension::Comune => {
            let (code, id) = item.comune.ok_or_else(|| Error::internal("a funding has no comune"))?;
            Value::Comune(code, id)
        }
        CostDimension::Service => Value::Service(item.ambito.row.code.clone(), service.row.position, service.row.id),
        CostDimension::Area => Value::Area(service.row.area.clone()),
        CostDimension::Fund => {
            let fund = item.fund.ok_or_else(|| Error::internal("a quota has no fund"))?;
            Value::Fund(fund.code.clone(), item.ambito.row.id, fund.id)
        }
        CostDimension::Year => Value::Year(item.plan.row.year),
        CostDimension::MissionProgramme => Value::MissionProgramme(service.row.mission_programme.clone()),
    })
}

fn row(sight: &Sight, key: Vec<Value>, sum: &Sum) -> Result<CostAllocationRow> {
    let cents = i64::try_from(sum.cents).map_err(|_| allocation::Error::Overflow)?;
    let amount = Cents::new(cents);
    let residents: Option<Vec<Micros>> = sum.residents.values().copied().collect();
    let residents =
        residents.filter(|_| sum.years.len() == 1).map(|all| all.iter().map(|one| i128::from(one.get())).sum::<i128>());
    let residents = residents.and_then(|all| i64::try_from(all).ok()).map(Micros::new);
    let mut row = CostAllocationRow {
        ambito: None,
        comune: None,
        service: None,
        area: None,
        fund: None,
        year: None,
        mission_programme: None,
        amount: Euro(amount),
        per_resident: residents.and_then(|residents| allocation::per_unit(amount, residents)).map(Euro),
        quota_count: i32::try_from(sum.quotas).unwrap_or(i32::MAX),
    };
    for value in key {
        match value {
            Value::Ambito(_, id) => row.ambito = sight.ambito(id).map(|ambito| Ambito(ambito.clone())),
            Value::Comune(_, id) => row.comune = sight.book().comune(id).map(|comune| Comune(comune.clone())),
            Value::Service(_, _, id) => row.service = sight.service(id).map(|service| Service(service.clone())),
            Value::Area(area) => row.area = Some(area),
            Value::Fund(_, ambito, id) => row.fund = Some(fund_view(sight, ambito, id)?),
            Value::Year(year) => row.year = Some(year),
            Value::MissionProgramme(code) => row.mission_programme = code,
        }
    }
    Ok(row)
}
