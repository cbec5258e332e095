//! The digest of a plan: SHA-256 over its canonical inputs and results.
//!
//! Canonical means: natural codes instead of row ids, cents and micros as whole numbers, every list in a stated order, no spaces. So the
//! same plan has the same digest on every engine and after every move.

use allocation::{IstatCode, Micros};
use aws_lc_rs::digest::{SHA256, digest};
use chrono::NaiveDate;
use entity::resolution;
use sea_orm::ActiveEnum;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::names::Names;
use super::plan::{BudgetBook, Instalment, Line, PlanBook, Vintage};
use crate::error::{Error, Result};

/// The digest as 64 hexadecimal digits.
pub fn of_plan(book: &PlanBook, names: &Names) -> Result<String> {
    if let Some(known) = book.digest.get() {
        return Ok(known.to_string());
    }
    let digest = with_resolution(book, book.resolution.as_deref(), names)?;
    Ok(book.digest.get_or_init(|| digest.into()).to_string())
}

/// The digest that a plan has once this resolution approves it.
pub(super) fn with_resolution(
    book: &PlanBook,
    resolution: Option<&resolution::Model>,
    names: &Names,
) -> Result<String> {
    of_value(&canonical(book, resolution, names)?)
}

/// The digest of what is written as JSON.
pub(super) fn of_value(canonical: &impl Serialize) -> Result<String> {
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

/// A plan as it is written: the fields in the order of their names.
#[derive(Serialize)]
struct Canonical<'b> {
    ambito: &'b str,
    budgets: Vec<CanonicalBudget<'b>>,
    format: u8,
    instalments: Vec<(i32, NaiveDate, i64, bool)>,
    kind: String,
    note: Option<&'b str>,
    resolution: Option<(&'b str, NaiveDate, &'b str, bool)>,
    version: i32,
    year: i32,
}

fn canonical<'b>(
    book: &'b PlanBook,
    resolution: Option<&'b resolution::Model>,
    names: &'b Names,
) -> Result<Canonical<'b>> {
    let mut budgets: Vec<&BudgetBook> = book.budgets.iter().collect();
    budgets.sort_by(|one, other| one.service.cmp(&other.service));
    let instalment = |row: &Instalment| (row.number, row.due_date, row.percent.get(), row.assumed);
    Ok(Canonical {
        ambito: names.ambito(book.row.ambito_id)?,
        budgets: budgets.into_iter().map(|budget| canonical_budget(budget, names)).collect::<Result<_>>()?,
        format: 1,
        instalments: book.instalments.iter().map(instalment).collect(),
        kind: book.row.kind.to_value(),
        note: book.row.note.as_deref(),
        resolution: resolution.map(|row| (&*row.number, row.adopted_on, &*row.body, row.assumed)),
        version: book.row.version,
        year: book.row.year,
    })
}

/// A budget as it is written: the fields in the order of their names.
#[derive(Serialize)]
struct CanonicalBudget<'b> {
    amount: i64,
    assumed: bool,
    /// By comune and measure: the value, the day, the source, whether it is assumed.
    basis: Vec<(Istat, &'b str, i64, NaiveDate, &'b str, bool)>,
    funding: Vec<Value>,
    lines: Vec<Value>,
    municipal_share: i64,
    note: Option<&'b str>,
    participants: Vec<Istat>,
    quotas: Vec<(Istat, i64)>,
    residue: i64,
    rule: Option<Value>,
    rule_assumed: bool,
    rule_note: Option<&'b str>,
    service: &'b str,
}

/// The code of a comune, written as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Istat(IstatCode);

impl Serialize for Istat {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

fn canonical_budget<'b>(budget: &'b BudgetBook, names: &Names) -> Result<CanonicalBudget<'b>> {
    let line = |line: &Line| {
        let mut canonical = json!([
            line.item,
            line.net.get(),
            line.vat.get(),
            line.gross.get(),
            line.regime.to_value(),
            line.rate.map(Micros::get),
            line.given.to_value()
        ]);
        // Only where there is one: plans that were approved before agreements were known have the digest that they had.
        if let (Some(fields), Some(to)) = (canonical.as_array_mut(), &line.agreement_line) {
            fields.push(json!(to.name));
        }
        canonical
    };
    let funding = budget.funding.iter().map(|row| {
        let level = names.fund_level(row.fund_id)?.to_value();
        Ok(json!([names.fund(row.fund_id)?, level, row.amount.get(), row.balancing, row.assumed]))
    });
    let mut basis = Vec::new();
    for column in &budget.basis {
        for (comune, frozen) in column.rows(&budget.comuni) {
            let Vintage { reference_date, source, assumed } = frozen.vintage;
            let (measure, value) = (column.measure.as_str(), frozen.value.get());
            basis.push((Istat(comune.istat), measure, value, *reference_date, &**source, *assumed));
        }
    }
    basis.sort_unstable();
    let amounts = budget.quotas.iter().map(|amount| amount.get());
    Ok(CanonicalBudget {
        amount: budget.amount.get(),
        assumed: budget.assumed,
        basis,
        funding: funding.collect::<Result<_>>()?,
        lines: budget.lines.iter().map(line).collect(),
        municipal_share: budget.municipal_share.get(),
        note: budget.note.as_deref(),
        participants: budget.comuni.iter().map(|comune| Istat(comune.istat)).collect(),
        quotas: budget.quota_comuni.iter().map(|comune| Istat(comune.istat)).zip(amounts).collect(),
        residue: budget.residue.get(),
        rule: budget.rule.as_deref().map(|book| canonical_rule(&book.rule)),
        rule_assumed: budget.is_rule_assumed(),
        rule_note: budget.rule_note(),
        service: &budget.service,
    })
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
