//! Plans as they are given, written into rows: by imports, by copies and by the edits of a draft. Results are written by `results.rs`.

use std::collections::HashMap;

use allocation::{Cents, IstatCode, MeasureCode, Micros};
use entity::kinds::PlanStatus;
use entity::{basis, budget, budget_line, funding, participant, plan, plan_instalment};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use crate::error::{Error, Result};
use crate::store::bundle::{
    BasisRecord, BudgetRecord, FundingRecord, InstalmentRecord, LineRecord, PlanRecord, Pointer,
};
use crate::store::insert::{self, insert_row, insert_rows};
use crate::store::names::Names;
use crate::store::rule::{self, Place};
use crate::store::{Transaction, Write};

/// Row ids behind the codes of one Ambito.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    /// Row id of the Ambito.
    pub ambito: i64,
    /// Of its funds.
    pub funds: HashMap<String, i64>,
    /// Of its services.
    pub services: HashMap<String, i64>,
}

impl Codes {
    /// Row id of a fund.
    pub(in crate::store) fn fund(&self, code: &str) -> Result<i64> {
        self.funds.get(code).copied().ok_or_else(|| Error::not_found("fund", code))
    }

    /// Row id of a service.
    pub(in crate::store) fn service(&self, code: &str) -> Result<i64> {
        self.services.get(code).copied().ok_or_else(|| Error::not_found("service", code))
    }

    /// Row id of a measure.
    pub(in crate::store) fn measure(&self, code: &MeasureCode, names: &Names) -> Result<i64> {
        names.measure_id(self.ambito, code).ok_or_else(|| Error::not_found("measure", code.as_str()))
    }
}

/// Row id of a comune.
pub(in crate::store) fn comune_id(code: IstatCode, names: &Names) -> Result<i64> {
    names.comune_id(code).ok_or_else(|| Error::not_found("comune", code.as_str()))
}

/// Row ids of comuni.
pub(in crate::store) fn comune_ids(codes: &[IstatCode], names: &Names) -> Result<Vec<i64>> {
    codes.iter().map(|code| comune_id(*code, names)).collect()
}

/// Where the rows of a budget belong.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) plan: i64,
    pub(super) budget: i64,
}

/// Writes a draft with all that belongs to it. Returns its row id and its version, the next one of its Ambito and year.
pub(in crate::store) async fn draft(
    write: &Write,
    codes: &Codes,
    programme: Option<i64>,
    record: &PlanRecord,
    names: &Names,
) -> Result<(i64, i32)> {
    let tx = write.tx();
    let version = next_version(tx, codes.ambito, record.year).await?;
    let id = insert_row!(
        tx,
        plan {
            ambito_id: codes.ambito,
            programme_id: programme,
            year: record.year,
            kind: record.kind,
            version: version,
            status: PlanStatus::Draft,
            row_version: 1,
            note: record.note.clone(),
            created_at: write.clock().now(),
        }
    );
    instalments(tx, id, &record.instalments).await?;
    for budget in &record.budgets {
        whole_budget(tx, codes, id, budget, names).await?;
    }
    Ok((id, version))
}

async fn next_version(tx: &Transaction, ambito: i64, year: i32) -> Result<i32> {
    let of_year = plan::Entity::find().filter(plan::Column::AmbitoId.eq(ambito)).filter(plan::Column::Year.eq(year));
    let last = of_year.select_only().column_as(Expr::col(plan::Column::Version).max(), "last");
    let last: Option<Option<i32>> = last.into_tuple().one(tx).await?;
    Ok(last.flatten().unwrap_or(0) + 1)
}

/// Writes when a plan's quotas are due.
pub(super) async fn instalments(tx: &Transaction, plan: i64, records: &[InstalmentRecord]) -> Result<()> {
    insert_rows!(tx, records, plan_instalment, |at, own| {
        plan_id: plan,
        number: at,
        due_date: own.due_date,
        percent_micros: own.percent.get(),
        assumed: own.assumed,
    });
    Ok(())
}

/// Writes a budget with all that belongs to it.
pub(super) async fn whole_budget(
    tx: &Transaction,
    codes: &Codes,
    plan: i64,
    record: &BudgetRecord,
    names: &Names,
) -> Result<At> {
    let budget = insert_row!(
        tx,
        budget {
            plan_id: plan,
            service_id: codes.service(&record.service)?,
            amount_cents: record.amount.get(),
            municipal_share_cents: 0,
            residue_cents: 0,
            note: record.note.clone(),
            assumed: record.assumed,
        }
    );
    let at = At { plan, budget };
    lines(tx, at, &record.lines).await?;
    fundings(tx, codes, at, &record.funding).await?;
    participants(tx, at, &comune_ids(&record.participants, names)?).await?;
    bases(tx, codes, at, &record.basis, names).await?;
    if let Some(rule) = &record.rule {
        let (assumed, note) = (record.rule_assumed, record.rule_note.as_deref());
        rule::insert(tx, &Place { ambito: codes.ambito, plan, budget, assumed, note }, rule, names).await?;
    }
    Ok(at)
}

/// Writes the lines of a budget.
pub(super) async fn lines(tx: &Transaction, at: At, records: &[LineRecord]) -> Result<()> {
    if records.iter().filter_map(|line| line.agreement_line.as_ref()).any(|to| to.row().is_none()) {
        return Err(Error::internal("a pointer to an agreement by codes that were not looked up"));
    }
    insert_rows!(tx, records, budget_line, |position, line| {
        plan_id: at.plan,
        budget_id: at.budget,
        position: position,
        item: line.item.clone(),
        net_cents: line.net.get(),
        vat_cents: line.vat.get(),
        gross_cents: line.gross.get(),
        vat_regime: line.regime,
        vat_rate_micros: line.rate.map(Micros::get),
        given: line.given,
        agreement_line_id: line.agreement_line.as_ref().and_then(Pointer::row),
    });
    Ok(())
}

/// Writes the funding of a budget.
pub(super) async fn fundings(tx: &Transaction, codes: &Codes, at: At, records: &[FundingRecord]) -> Result<()> {
    let mut rows = Vec::with_capacity(records.len());
    for (position, own) in (1_i32..).zip(records) {
        rows.push(funding::ActiveModel {
            plan_id: Set(at.plan),
            budget_id: Set(at.budget),
            position: Set(position),
            fund_id: Set(codes.fund(&own.fund)?),
            amount_cents: Set(own.amount.map_or(0, Cents::get)),
            balancing: Set(own.amount.is_none()),
            assumed: Set(own.assumed),
            ..Default::default()
        });
    }
    insert::many(tx, rows).await
}

/// Writes who takes part, by row id of the comune.
pub(super) async fn participants(tx: &Transaction, at: At, comuni: &[i64]) -> Result<()> {
    insert_rows!(tx, comuni, participant, |_at, comune| {
        plan_id: at.plan,
        budget_id: at.budget,
        comune_id: *comune,
    });
    Ok(())
}

/// Writes frozen values.
pub(super) async fn bases(
    tx: &impl ConnectionTrait,
    codes: &Codes,
    at: At,
    records: &[BasisRecord],
    names: &Names,
) -> Result<()> {
    let mut rows = Vec::with_capacity(records.len());
    for own in records {
        rows.push(basis::ActiveModel {
            plan_id: Set(at.plan),
            budget_id: Set(at.budget),
            measure_id: Set(codes.measure(&own.measure, names)?),
            comune_id: Set(comune_id(own.comune, names)?),
            value_micros: Set(own.value.get()),
            reference_date: Set(own.reference_date),
            source: Set(own.source.clone()),
            assumed: Set(own.assumed),
            ..Default::default()
        });
    }
    insert::many(tx, rows).await
}
