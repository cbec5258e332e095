//! Putting a plan together from its rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use allocation::{Cents, IstatCode, Micros};
use entity::kinds::PlanStatus;
use entity::{plan, resolution};

use super::book::{
    BudgetBook, Column, ComuneKey, Comuni, Counted, FundingBook, Instalment, NONE, PlanBook, Vintages, position,
};
use super::line::LineRow;
use super::read::{BasisRows, BudgetRow, Frame, FundingRow, InstalmentRow, QuotaRows, Shared};
use crate::error::{Error, Result};
use crate::store::names::Names;

/// The measure that a plan's own count of residents goes by.
const RESIDENTS: &str = "RESIDENTS";

/// What was read of a plan; an error where it was not readable.
pub(super) struct Parts {
    pub(super) frame: Option<Result<Frame>>,
    pub(super) quotas: Option<Result<HashMap<i64, QuotaRows>>>,
    pub(super) bases: Option<Result<HashMap<i64, Vec<BasisRows>>>>,
}

/// The plan, with its sums.
pub(super) fn plan(
    row: plan::Model,
    resolution: Option<Arc<resolution::Model>>,
    parts: Parts,
    names: &Names,
    shared: &mut Shared,
) -> Result<PlanBook> {
    let broken = || Error::broken("plan", row.id);
    let mut frame = parts.frame.ok_or_else(broken)??;
    let mut quotas = parts.quotas.ok_or_else(broken)??;
    let mut bases = parts.bases.ok_or_else(broken)??;
    let is_draft = matches!(row.status, PlanStatus::Draft | PlanStatus::Withdrawn);
    let mut budgets = Vec::with_capacity(frame.budgets.len());
    for row in std::mem::take(&mut frame.budgets) {
        let own = quotas.remove(&row.id).ok_or_else(|| Error::broken("budget", row.id))?;
        let bases = bases.remove(&row.id).unwrap_or_default();
        let id = row.id;
        let budget = budget(row, &mut frame, own, bases, names, shared)?;
        // Only a draft may wait for its rules.
        if budget.rule.is_none() && !is_draft {
            return Err(Error::broken("rule of budget", id));
        }
        budgets.push(budget);
    }
    let instalments = frame.instalments.iter().map(instalment).collect();
    with_sums(row, resolution, instalments, budgets.into())
}

/// The plan of these parts: its sums follow from its budgets.
pub(super) fn with_sums(
    row: plan::Model,
    resolution: Option<Arc<resolution::Model>>,
    instalments: Box<[Instalment]>,
    budgets: Box<[BudgetBook]>,
) -> Result<PlanBook> {
    let total = Cents::sum(budgets.iter().map(|budget| budget.amount))?;
    let municipal_share = Cents::sum(budgets.iter().map(|budget| budget.municipal_share))?;
    let (comuni, comune_totals) = comune_totals(&budgets)?;
    Ok(PlanBook {
        row,
        resolution,
        instalments,
        total,
        municipal_share,
        quota_count: budgets.iter().map(|budget| budget.quotas.len()).sum(),
        comuni,
        comune_totals,
        residents: residents(&budgets),
        digest: OnceLock::new(),
        budgets,
    })
}

fn instalment(row: &InstalmentRow) -> Instalment {
    let InstalmentRow { number, due_date, percent_micros, assumed } = *row;
    Instalment { number, due_date, percent: Micros::new(percent_micros), assumed: assumed.0 }
}

fn funding(row: &FundingRow) -> FundingBook {
    FundingBook {
        fund_id: row.fund_id,
        amount: Cents::new(row.amount_cents),
        balancing: row.balancing.0,
        assumed: row.assumed.0,
    }
}

fn budget(
    row: BudgetRow,
    frame: &mut Frame,
    own: QuotaRows,
    values: Vec<BasisRows>,
    names: &Names,
    shared: &mut Shared,
) -> Result<BudgetBook> {
    let rule = frame.rules.rule(row.id, names)?.map(|rule| shared.rule(rule));
    let basis = values.into_iter().map(|rows| column(rows, &own.comuni, names, shared)).collect::<Result<_>>()?;
    let lines = frame.lines.remove(&row.id).unwrap_or_default();
    let sources = frame.funding.remove(&row.id).unwrap_or_default();
    // Each names a fund that is there: the sums need its code.
    sources.iter().try_for_each(|row| names.fund(row.fund_id).map(drop))?;
    Ok(BudgetBook {
        id: row.id,
        service_id: row.service_id,
        service: names.service_code(row.service_id)?.clone(),
        amount: Cents::new(row.amount_cents),
        municipal_share: Cents::new(row.municipal_share_cents),
        residue: Cents::new(row.residue_cents),
        quota_total: Cents::sum(own.quotas.iter().copied())?,
        assumed: row.assumed.0,
        note: row.note,
        lines: lines.into_iter().map(LineRow::line).collect(),
        funding: sources.iter().map(funding).collect(),
        rule,
        comuni: own.comuni,
        basis,
        quota_comuni: own.quota_comuni,
        quotas: own.quotas,
    })
}

/// The frozen values of a measure, brought into the order of the comuni that take part.
fn column(rows: BasisRows, comuni: &Comuni, names: &Names, shared: &mut Shared) -> Result<Column> {
    let measure = names.measure(rows.measure)?.clone();
    if Arc::ptr_eq(&rows.comuni, comuni) {
        let BasisRows { measure: measure_id, values, vintages, .. } = rows;
        return Ok(Column { measure_id, measure, values, vintages, strays: Box::default() });
    }
    let mut values = vec![NONE; comuni.len()];
    let mut each = vec![None; comuni.len()];
    let mut strays = Vec::new();
    for (at, (comune, value)) in rows.comuni.iter().zip(rows.values.iter()).enumerate() {
        let vintage = match &rows.vintages {
            Vintages::One(vintage) => Some(vintage),
            Vintages::Each(each) => each.get(at).and_then(Option::as_ref),
        };
        let vintage = vintage.ok_or_else(|| Error::broken("basis of comune", comune.id))?;
        match position(comuni, comune.istat) {
            Some(position) => (values[position], each[position]) = (*value, Some(vintage.clone())),
            None => strays.push((*comune, *value, vintage.clone())),
        }
    }
    let vintages = match rows.vintages {
        Vintages::One(vintage) => Vintages::One(vintage),
        Vintages::Each(_) => Vintages::Each(each.into()),
    };
    Ok(Column { measure_id: rows.measure, measure, values: shared.column(values), vintages, strays: strays.into() })
}

/// What each comune owes over all budgets.
fn comune_totals(budgets: &[BudgetBook]) -> Result<(Comuni, Box<[Cents]>)> {
    let mut lists: Vec<&Comuni> = budgets.iter().map(|budget| &budget.quota_comuni).collect();
    lists.dedup_by(|one, other| Arc::ptr_eq(one, other));
    if let [only] = lists[..] {
        let mut totals = vec![Cents::ZERO; only.len()];
        for budget in budgets {
            for (total, amount) in totals.iter_mut().zip(&budget.quotas) {
                *total = total.checked_add(*amount)?;
            }
        }
        return Ok((only.clone(), totals.into()));
    }
    let mut totals: BTreeMap<IstatCode, (ComuneKey, Cents)> = BTreeMap::new();
    for budget in budgets {
        for (comune, amount) in budget.quota_comuni.iter().zip(&budget.quotas) {
            let (_, total) = totals.entry(comune.istat).or_insert((*comune, Cents::ZERO));
            *total = total.checked_add(*amount)?;
        }
    }
    let comuni: Vec<ComuneKey> = totals.values().map(|(comune, _)| *comune).collect();
    // Often one of the budgets has all of them: then the list is held once.
    let known = lists.into_iter().find(|list| list[..] == comuni[..]);
    let comuni = known.map_or_else(|| comuni.into(), Comuni::clone);
    Ok((comuni, totals.into_values().map(|(_, total)| total).collect()))
}

/// Residents as the plan froze them: of each comune, the value of the first budget that has one.
fn residents(budgets: &[BudgetBook]) -> Option<Counted> {
    let columns: Vec<(&Comuni, &Arc<[i64]>)> = budgets.iter().filter_map(counted_residents).collect();
    let (comuni, values) = *columns.first()?;
    if columns.iter().all(|(other, _)| Arc::ptr_eq(other, comuni)) && !values.contains(&NONE) {
        return Some(Counted::new(comuni.clone(), values.clone()));
    }
    let mut residents: BTreeMap<IstatCode, (ComuneKey, i64)> = BTreeMap::new();
    for (comuni, values) in columns {
        let known = comuni.iter().zip(values.iter()).filter(|(_, value)| **value != NONE);
        for (comune, value) in known {
            residents.entry(comune.istat).or_insert((*comune, *value));
        }
    }
    let (comuni, values): (Vec<ComuneKey>, Vec<i64>) = residents.into_values().unzip();
    // Often that is all comuni of a budget: then the list is held once.
    let known = budgets.iter().map(|budget| &budget.quota_comuni).find(|list| list[..] == comuni[..]);
    let comuni = known.map_or_else(|| comuni.into(), Comuni::clone);
    Some(Counted::new(comuni, values.into()))
}

fn counted_residents(budget: &BudgetBook) -> Option<(&Comuni, &Arc<[i64]>)> {
    let column = budget.basis.iter().rfind(|column| column.measure.as_str() == RESIDENTS)?;
    Some((&budget.comuni, &column.values))
}
