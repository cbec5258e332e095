//! Cost-sharing rules: from rows to the arithmetic's [`Rule`] and back. One rule is a row, or a row and one a part.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use allocation::{Adjustment, Band, Cents, Method, Micros, Part, PartSize, Rounding, Rule, RuleBody, SimpleRule};
use entity::kinds::{self, PartSizeKind, RuleKind};
use entity::{adjustment, rule, rule_band, rule_weight};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde::Deserialize;

use super::names::Names;
use super::packed::{self, Bit, Word};
use super::plan::RuleBook;
use crate::error::{Error, Result};

/// A row of the table `rule`, in the order of [`RuleRow::columns`].
#[derive(Debug, Deserialize)]
pub(super) struct RuleRow {
    id: i64,
    budget_id: i64,
    parent_id: Option<i64>,
    position: i32,
    kind: Word<RuleKind>,
    rounding: Word<kinds::Rounding>,
    measure_id: Option<i64>,
    marginal: Bit,
    price_micros: Option<i64>,
    size_kind: Option<Word<PartSizeKind>>,
    size_cents: Option<i64>,
    size_percent_micros: Option<i64>,
    assumed: Bit,
    note: Option<Box<str>>,
}

impl RuleRow {
    pub(super) fn columns() -> String {
        let (marginal, assumed) = (packed::bit("r.marginal"), packed::bit("r.assumed"));
        format!(
            "r.id, r.budget_id, r.parent_id, r.position, r.kind, r.rounding, r.measure_id, {marginal}, r.price_micros,
             r.size_kind, r.size_cents, r.size_percent_micros, {assumed}, r.note"
        )
    }
}

/// A row of the table `rule_band`.
#[derive(Debug, Deserialize)]
pub(super) struct BandRow {
    rule_id: i64,
    position: i32,
    up_to_micros: Option<i64>,
    weight_micros: Option<i64>,
    amount_cents: Option<i64>,
}

impl BandRow {
    pub(super) const COLUMNS: &str = "r.rule_id, r.position, r.up_to_micros, r.weight_micros, r.amount_cents";
}

/// A row of the table `rule_weight`.
#[derive(Debug, Deserialize)]
pub(super) struct WeightRow {
    rule_id: i64,
    comune_id: i64,
    weight_micros: i64,
}

impl WeightRow {
    pub(super) const COLUMNS: &str = "r.rule_id, r.comune_id, r.weight_micros";
}

/// A row of the table `adjustment`.
#[derive(Debug, Deserialize)]
pub(super) struct AdjustmentRow {
    rule_id: i64,
    comune_id: i64,
    exempt: Bit,
    multiplier_micros: Option<i64>,
    price_micros: Option<i64>,
    fixed_cents: Option<i64>,
    minimum_cents: Option<i64>,
    maximum_cents: Option<i64>,
}

impl AdjustmentRow {
    pub(super) fn columns() -> String {
        let exempt = packed::bit("r.exempt");
        format!(
            "r.rule_id, r.comune_id, {exempt}, r.multiplier_micros, r.price_micros, r.fixed_cents, r.minimum_cents, r.maximum_cents"
        )
    }
}

/// All rule rows of a plan, grouped so that each rule is put together without another statement.
#[derive(Default)]
pub(super) struct RuleRows {
    by_budget: HashMap<i64, Vec<RuleRow>>,
    bands: HashMap<i64, Vec<BandRow>>,
    weights: HashMap<i64, Vec<WeightRow>>,
    adjustments: HashMap<i64, Vec<AdjustmentRow>>,
}

impl RuleRows {
    pub(super) fn new(
        rules: Vec<RuleRow>,
        bands: Vec<BandRow>,
        weights: Vec<WeightRow>,
        adjustments: Vec<AdjustmentRow>,
    ) -> Self {
        let mut rows = Self::default();
        for row in rules {
            rows.by_budget.entry(row.budget_id).or_default().push(row);
        }
        for row in bands {
            rows.bands.entry(row.rule_id).or_default().push(row);
        }
        for row in weights {
            rows.weights.entry(row.rule_id).or_default().push(row);
        }
        for row in adjustments {
            rows.adjustments.entry(row.rule_id).or_default().push(row);
        }
        rows.bands.values_mut().for_each(|bands| bands.sort_by_key(|band| band.position));
        rows
    }

    /// The rule of a budget; none where it has none yet.
    pub(super) fn rule(&self, budget: i64, names: &Names) -> Result<Option<RuleBook>> {
        let Some(rows) = self.by_budget.get(&budget) else { return Ok(None) };
        let whole =
            rows.iter().find(|row| row.parent_id.is_none()).ok_or_else(|| Error::broken("rule of budget", budget))?;
        let body = if whole.kind.0 == RuleKind::Mixed {
            let mut parts: Vec<_> = rows.iter().filter(|row| row.parent_id == Some(whole.id)).collect();
            parts.sort_by_key(|row| (row.position, row.id));
            let part = |row: &&RuleRow| Ok(Part { size: part_size(row)?, rule: self.simple(row, names)? });
            RuleBody::Mixed(parts.iter().map(part).collect::<Result<_>>()?)
        } else {
            RuleBody::Simple(self.simple(whole, names)?)
        };
        let measures: BTreeSet<i64> = rows.iter().filter_map(|row| row.measure_id).collect();
        Ok(Some(RuleBook {
            rule: Rule { body, rounding: rounding_from_row(whole.rounding.0) },
            measures: measures.into_iter().collect(),
            assumed: whole.assumed.0,
            note: whole.note.clone(),
        }))
    }

    fn simple(&self, row: &RuleRow, names: &Names) -> Result<SimpleRule> {
        let measure = || {
            row.measure_id
                .ok_or_else(|| Error::broken("measure of rule", row.id))
                .and_then(|id| names.measure(id).cloned())
        };
        let bands = self.bands.get(&row.id).map_or(&[][..], Vec::as_slice);
        let method = match row.kind.0 {
            RuleKind::Equal => Method::Equal,
            RuleKind::ByMeasure => Method::ByMeasure { measure: measure()? },
            RuleKind::ByFixedWeights => Method::ByFixedWeights { weights: self.weights(row.id, names)? },
            RuleKind::ByBands => Method::ByBands {
                measure: measure()?,
                marginal: row.marginal.0,
                bands: bands.iter().map(weight_band).collect::<Result<_>>()?,
            },
            RuleKind::FlatByBand => Method::FlatByBand {
                measure: measure()?,
                amounts: bands.iter().map(amount_band).collect::<Result<_>>()?,
            },
            RuleKind::Tariff => Method::Tariff {
                measure: measure()?,
                price: Micros::new(row.price_micros.ok_or_else(|| Error::broken("price of rule", row.id))?),
            },
            RuleKind::Mixed => return Err(Error::broken("part of rule", row.id)),
        };
        Ok(SimpleRule { method, adjustments: self.adjustments(row.id, names)? })
    }

    fn weights(&self, rule: i64, names: &Names) -> Result<BTreeMap<allocation::IstatCode, Micros>> {
        let rows = self.weights.get(&rule).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| Ok((names.comune(row.comune_id)?, Micros::new(row.weight_micros)))).collect()
    }

    fn adjustments(&self, rule: i64, names: &Names) -> Result<BTreeMap<allocation::IstatCode, Adjustment>> {
        let rows = self.adjustments.get(&rule).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|row| Ok((names.comune(row.comune_id)?, adjustment_from_row(row)))).collect()
    }
}

fn part_size(row: &RuleRow) -> Result<PartSize> {
    match (row.size_kind.map(|kind| kind.0), row.size_cents, row.size_percent_micros) {
        (Some(PartSizeKind::Amount), Some(cents), _) => Ok(PartSize::Amount(Cents::new(cents))),
        (Some(PartSizeKind::Percent), _, Some(micros)) => Ok(PartSize::Percent(Micros::new(micros))),
        (Some(PartSizeKind::Remainder), _, _) => Ok(PartSize::Remainder),
        _ => Err(Error::broken("size of rule part", row.id)),
    }
}

fn weight_band(row: &BandRow) -> Result<Band<Micros>> {
    let value = row.weight_micros.ok_or_else(|| Error::broken("weight of band of rule", row.rule_id))?;
    Ok(Band { up_to: row.up_to_micros.map(Micros::new), value: Micros::new(value) })
}

fn amount_band(row: &BandRow) -> Result<Band<Cents>> {
    let value = row.amount_cents.ok_or_else(|| Error::broken("amount of band of rule", row.rule_id))?;
    Ok(Band { up_to: row.up_to_micros.map(Micros::new), value: Cents::new(value) })
}

fn adjustment_from_row(row: &AdjustmentRow) -> Adjustment {
    Adjustment {
        exempt: row.exempt.0,
        multiplier: row.multiplier_micros.map(Micros::new),
        price: row.price_micros.map(Micros::new),
        fixed: row.fixed_cents.map(Cents::new),
        minimum: row.minimum_cents.map(Cents::new),
        maximum: row.maximum_cents.map(Cents::new),
    }
}

fn rounding_from_row(rounding: kinds::Rounding) -> Rounding {
    match rounding {
        kinds::Rounding::LargestRemainder => Rounding::LargestRemainder,
        kinds::Rounding::HalfUpEach => Rounding::HalfUpEach,
    }
}

/// Where a rule is written: its budget, and what its author said of it.
pub(super) struct Place<'a> {
    pub(super) ambito: i64,
    pub(super) plan: i64,
    pub(super) budget: i64,
    pub(super) assumed: bool,
    pub(super) note: Option<&'a str>,
}

/// Writes a rule with its parts, bands, weights and adjustments.
pub(super) async fn insert(tx: &impl ConnectionTrait, place: &Place<'_>, rule: &Rule, names: &Names) -> Result<()> {
    let rounding = match rule.rounding {
        Rounding::LargestRemainder => kinds::Rounding::LargestRemainder,
        Rounding::HalfUpEach => kinds::Rounding::HalfUpEach,
    };
    let blank = |kind: RuleKind, position: i32| rule::ActiveModel {
        plan_id: Set(place.plan),
        budget_id: Set(place.budget),
        position: Set(position),
        kind: Set(kind),
        rounding: Set(rounding),
        marginal: Set(false),
        assumed: Set(place.assumed),
        note: Set(place.note.map(str::to_owned)),
        ..Default::default()
    };
    match &rule.body {
        RuleBody::Simple(simple) => insert_simple(tx, place, blank(kind_of(&simple.method), 0), simple, names).await,
        RuleBody::Mixed(parts) => {
            let whole = rule::Entity::insert(blank(RuleKind::Mixed, 0)).exec(tx).await?.last_insert_id;
            for (position, part) in (1_i32..).zip(parts) {
                let mut row = blank(kind_of(&part.rule.method), position);
                row.parent_id = Set(Some(whole));
                match part.size {
                    PartSize::Amount(cents) => {
                        row.size_kind = Set(Some(PartSizeKind::Amount));
                        row.size_cents = Set(Some(cents.get()));
                    }
                    PartSize::Percent(percent) => {
                        row.size_kind = Set(Some(PartSizeKind::Percent));
                        row.size_percent_micros = Set(Some(percent.get()));
                    }
                    PartSize::Remainder => row.size_kind = Set(Some(PartSizeKind::Remainder)),
                }
                insert_simple(tx, place, row, &part.rule, names).await?;
            }
            Ok(())
        }
    }
}

fn kind_of(method: &Method) -> RuleKind {
    match method {
        Method::Equal => RuleKind::Equal,
        Method::ByMeasure { .. } => RuleKind::ByMeasure,
        Method::ByFixedWeights { .. } => RuleKind::ByFixedWeights,
        Method::ByBands { .. } => RuleKind::ByBands,
        Method::FlatByBand { .. } => RuleKind::FlatByBand,
        Method::Tariff { .. } => RuleKind::Tariff,
    }
}

async fn insert_simple(
    tx: &impl ConnectionTrait,
    place: &Place<'_>,
    mut row: rule::ActiveModel,
    simple: &SimpleRule,
    names: &Names,
) -> Result<()> {
    if let Some(measure) = simple.method.measure() {
        let id =
            names.measure_id(place.ambito, measure).ok_or_else(|| Error::not_found("measure", measure.as_str()))?;
        row.measure_id = Set(Some(id));
    }
    if let Method::ByBands { marginal, .. } = &simple.method {
        row.marginal = Set(*marginal);
    }
    if let Method::Tariff { price, .. } = &simple.method {
        row.price_micros = Set(Some(price.get()));
    }
    let id = rule::Entity::insert(row).exec(tx).await?.last_insert_id;
    let bands: Vec<(Option<Micros>, Option<i64>, Option<i64>)> = match &simple.method {
        Method::ByBands { bands, .. } => bands.iter().map(|band| (band.up_to, Some(band.value.get()), None)).collect(),
        Method::FlatByBand { amounts, .. } => {
            amounts.iter().map(|band| (band.up_to, None, Some(band.value.get()))).collect()
        }
        _ => Vec::new(),
    };
    let bands = (1_i32..).zip(bands).map(|(position, (up_to, weight, amount))| rule_band::ActiveModel {
        plan_id: Set(place.plan),
        rule_id: Set(id),
        position: Set(position),
        up_to_micros: Set(up_to.map(Micros::get)),
        weight_micros: Set(weight),
        amount_cents: Set(amount),
        ..Default::default()
    });
    super::insert::many(tx, bands).await?;
    insert_weights(tx, place, id, simple, names).await
}

async fn insert_weights(
    tx: &impl ConnectionTrait,
    place: &Place<'_>,
    rule: i64,
    simple: &SimpleRule,
    names: &Names,
) -> Result<()> {
    let comune =
        |code: allocation::IstatCode| names.comune_id(code).ok_or_else(|| Error::not_found("comune", code.as_str()));
    let mut weights = Vec::new();
    if let Method::ByFixedWeights { weights: by_comune } = &simple.method {
        for (code, weight) in by_comune {
            weights.push(rule_weight::ActiveModel {
                plan_id: Set(place.plan),
                rule_id: Set(rule),
                comune_id: Set(comune(*code)?),
                weight_micros: Set(weight.get()),
                ..Default::default()
            });
        }
    }
    super::insert::many(tx, weights).await?;
    let mut adjustments = Vec::new();
    for (code, adjustment) in &simple.adjustments {
        adjustments.push(adjustment::ActiveModel {
            plan_id: Set(place.plan),
            rule_id: Set(rule),
            comune_id: Set(comune(*code)?),
            exempt: Set(adjustment.exempt),
            multiplier_micros: Set(adjustment.multiplier.map(Micros::get)),
            price_micros: Set(adjustment.price.map(Micros::get)),
            fixed_cents: Set(adjustment.fixed.map(Cents::get)),
            minimum_cents: Set(adjustment.minimum.map(Cents::get)),
            maximum_cents: Set(adjustment.maximum.map(Cents::get)),
            ..Default::default()
        });
    }
    super::insert::many(tx, adjustments).await
}
