//! The digest of a plan: SHA-256 over its canonical inputs and results.
//!
//! Canonical means: natural codes instead of row ids, cents and micros as whole numbers, every list in a stated order, no spaces. So the
//! same plan has the same digest on every engine and after every move.

use allocation::Micros;
use aws_lc_rs::digest::{SHA256, digest};
use entity::resolution;
use sea_orm::ActiveEnum;
use serde_json::{Value, json};

use super::names::Names;
use super::plan::{BudgetBook, Line, PlanBook, Vintage};
use crate::error::{Error, Result};

/// The digest as 64 hexadecimal digits.
pub fn of_plan(book: &PlanBook, names: &Names) -> Result<String> {
    with_resolution(book, book.resolution.as_deref(), names)
}

/// The digest that a plan has once this resolution approves it.
pub(super) fn with_resolution(
    book: &PlanBook,
    resolution: Option<&resolution::Model>,
    names: &Names,
) -> Result<String> {
    let canonical = canonical(book, resolution, names)?;
    of_value(&canonical)
}

/// The digest of a canonical value.
pub(super) fn of_value(canonical: &Value) -> Result<String> {
    let bytes = serde_json::to_vec(canonical).map_err(Error::internal)?;
    Ok(hex(digest(&SHA256, &bytes).as_ref()))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn canonical(book: &PlanBook, resolution: Option<&resolution::Model>, names: &Names) -> Result<Value> {
    let instalments: Vec<Value> = book
        .instalments
        .iter()
        .map(|row| json!([row.number, row.due_date.to_string(), row.percent.get(), row.assumed]))
        .collect();
    let mut budgets: Vec<&BudgetBook> = book.budgets.iter().collect();
    budgets.sort_by(|one, other| one.service.cmp(&other.service));
    let budgets: Vec<Value> =
        budgets.into_iter().map(|budget| canonical_budget(budget, names)).collect::<Result<_>>()?;
    let resolution = resolution.map(|row| json!([row.number, row.adopted_on.to_string(), row.body, row.assumed]));
    Ok(json!({
        "format": 1,
        "ambito": names.ambito(book.row.ambito_id)?,
        "year": book.row.year,
        "version": book.row.version,
        "kind": book.row.kind.to_value(),
        "note": book.row.note,
        "resolution": resolution,
        "instalments": instalments,
        "budgets": budgets,
    }))
}

fn canonical_budget(budget: &BudgetBook, names: &Names) -> Result<Value> {
    let line = |line: &Line| {
        json!([
            line.item,
            line.net.get(),
            line.vat.get(),
            line.gross.get(),
            line.regime.to_value(),
            line.rate.map(Micros::get),
            line.given.to_value()
        ])
    };
    let lines: Vec<Value> = budget.lines.iter().map(line).collect();
    let funding: Vec<Value> = budget
        .funding
        .iter()
        .map(|row| {
            let level = names.fund_level(row.fund_id)?.to_value();
            Ok(json!([names.fund(row.fund_id)?, level, row.amount.get(), row.balancing, row.assumed]))
        })
        .collect::<Result<_>>()?;
    let mut basis = Vec::new();
    for column in &budget.basis {
        for (comune, frozen) in column.rows(&budget.comuni) {
            let Vintage { reference_date, source, assumed } = frozen.vintage;
            let measure = column.measure.to_string();
            basis.push((
                comune.istat.to_string(),
                measure,
                frozen.value.get(),
                reference_date.to_string(),
                source,
                assumed,
            ));
        }
    }
    basis.sort();
    let participants: Vec<String> = budget.comuni.iter().map(|comune| comune.istat.to_string()).collect();
    let amounts = budget.quotas.iter().map(|amount| amount.get());
    let quotas: Vec<(String, i64)> =
        budget.quota_comuni.iter().map(|comune| comune.istat.to_string()).zip(amounts).collect();
    Ok(json!({
        "service": budget.service,
        "note": budget.note,
        "assumed": budget.assumed,
        "amount": budget.amount.get(),
        "municipal_share": budget.municipal_share.get(),
        "residue": budget.residue.get(),
        "lines": lines,
        "funding": funding,
        "rule": budget.rule.as_deref().map(|book| canonical_rule(&book.rule)),
        "rule_note": budget.rule_note(),
        "rule_assumed": budget.is_rule_assumed(),
        "participants": participants,
        "basis": basis,
        "quotas": quotas,
    }))
}

fn canonical_rule(rule: &allocation::Rule) -> Value {
    use allocation::{PartSize, Rounding, RuleBody};
    let rounding = match rule.rounding {
        Rounding::LargestRemainder => "LARGEST_REMAINDER",
        Rounding::HalfUpEach => "HALF_UP_EACH",
    };
    let parts: Vec<Value> = match &rule.body {
        RuleBody::Simple(simple) => vec![canonical_simple(simple)],
        RuleBody::Mixed(parts) => parts
            .iter()
            .map(|part| {
                let size = match part.size {
                    PartSize::Amount(cents) => json!({"amount": cents.get()}),
                    PartSize::Percent(micros) => json!({"percent": micros.get()}),
                    PartSize::Remainder => json!("remainder"),
                };
                json!({"size": size, "rule": canonical_simple(&part.rule)})
            })
            .collect(),
    };
    json!({"rounding": rounding, "mixed": matches!(rule.body, RuleBody::Mixed(_)), "parts": parts})
}

fn canonical_simple(rule: &allocation::SimpleRule) -> Value {
    use allocation::Method;
    let method = match &rule.method {
        Method::Equal => json!("EQUAL"),
        Method::ByMeasure { measure } => json!({"by_measure": measure.as_str()}),
        Method::ByFixedWeights { weights } => {
            let weights: Vec<_> = weights.iter().map(|(comune, weight)| (comune.to_string(), weight.get())).collect();
            json!({"weights": weights})
        }
        Method::ByBands { measure, marginal, bands } => {
            let bands: Vec<_> =
                bands.iter().map(|band| (band.up_to.map(allocation::Micros::get), band.value.get())).collect();
            json!({"by_bands": measure.as_str(), "marginal": marginal, "bands": bands})
        }
        Method::FlatByBand { measure, amounts } => {
            let amounts: Vec<_> =
                amounts.iter().map(|band| (band.up_to.map(allocation::Micros::get), band.value.get())).collect();
            json!({"flat_by_band": measure.as_str(), "amounts": amounts})
        }
        Method::Tariff { measure, price } => json!({"tariff": measure.as_str(), "price": price.get()}),
    };
    let adjustments: Vec<Value> = rule
        .adjustments
        .iter()
        .map(|(comune, own)| {
            json!([
                comune.to_string(),
                own.exempt,
                own.multiplier.map(allocation::Micros::get),
                own.price.map(allocation::Micros::get),
                own.fixed.map(allocation::Cents::get),
                own.minimum.map(allocation::Cents::get),
                own.maximum.map(allocation::Cents::get),
            ])
        })
        .collect();
    json!({"method": method, "adjustments": adjustments})
}
