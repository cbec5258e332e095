//! Redoing an explanation as a person would: each step from its inputs, as its formula says, and nothing else.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::support::figures::list;

/// Decimals that a computed value is cut to.
const DECIMALS: u32 = 12;

/// One step as it is published in English.
struct Step<'a> {
    json: &'a Value,
    names: Vec<&'a str>,
    values: Vec<Decimal>,
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}"))
}

pub(super) fn number(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap_or_else(|problem| panic!("{problem}: {value}"))
}

impl<'a> Step<'a> {
    fn new(json: &'a Value) -> Self {
        let inputs = list(&json["inputs"]);
        let names = inputs.iter().map(|input| text(input, "name")).collect();
        Self { json, names, values: inputs.iter().map(|input| number(&input["value"])).collect() }
    }

    /// An input by its name.
    fn named(&self, name: &str) -> Option<Decimal> {
        let at = self.names.iter().position(|other| *other == name)?;
        Some(self.values[at])
    }

    /// What the formula gives.
    fn redo(&self) -> Decimal {
        let (formula, names, values) = (text(self.json, "formula"), &self.names, &self.values);
        let sum = |values: &[Decimal]| values.iter().sum::<Decimal>();
        let is = |shape: String| formula == shape;
        let pairs = || names.chunks(2).map(|pair| pair.join(" x ")).collect::<Vec<_>>().join(" + ");
        match names.len() {
            0 if is("0".to_owned()) => Decimal::ZERO,
            1 if is(names[0].to_owned()) => values[0],
            1 if is(format!("{} rounded to the cent, half a cent up", names[0])) => {
                (values[0] * Decimal::ONE_HUNDRED + Decimal::new(5, 1)).trunc() / Decimal::ONE_HUNDRED
            }
            3 if is(format!(
                "{} cut to the cent, and one cent more if {} is not above {}",
                names[0], names[2], names[1]
            )) =>
            {
                let more = if values[2] <= values[1] { Decimal::ONE } else { Decimal::ZERO };
                ((values[0] * Decimal::ONE_HUNDRED).trunc() + more) / Decimal::ONE_HUNDRED
            }
            _ if is(names.join(" - ")) => values[0] - sum(&values[1..]),
            _ if is(names.join(" + ")) => sum(values),
            2 if is(names.join(" / ")) => values[0] / values[1],
            2 if is(format!("{} x {} / 100", names[0], names[1])) => values[0] * values[1] / Decimal::ONE_HUNDRED,
            3 if is(format!("{} x {} / {}", names[0], names[1], names[2])) => values[0] * values[1] / values[2],
            _ if is(names.join(" x ")) => values.iter().product(),
            _ if is(pairs()) => values.chunks(2).map(|pair| pair[0] * pair[1]).sum(),
            _ if is(format!("{} within {}", names[0], names[1..].join(", "))) => {
                let raised = self.named("minimum").map_or(values[0], |minimum| values[0].max(minimum));
                self.named("maximum").map_or(raised, |maximum| raised.min(maximum))
            }
            _ if is(format!("{} of the band that holds {}", names[names.len() - 1], names[0])) => {
                assert!(self.named("band above").is_none_or(|above| values[0] > above), "{}", self.json);
                assert!(self.named("band up to").is_none_or(|up_to| values[0] <= up_to), "{}", self.json);
                values[values.len() - 1]
            }
            _ => panic!("nobody can redo {}", self.json),
        }
    }
}

/// Redoes every step of an explanation in English, and answers the value of the last.
#[track_caller]
pub(super) fn redo(explanation: &Value) -> Decimal {
    let mut values: Vec<Decimal> = Vec::new();
    for json in list(&explanation["steps"]) {
        let step = Step::new(json);
        let (redone, told) = (step.redo(), number(&json["value"]));
        // Whole inputs give the very value, cut; an input that was cut itself is off by less than a millionth of a cent.
        let cut_before = step.values.iter().any(|value| value.scale() > 6);
        let off = (redone.trunc_with_scale(DECIMALS) - told.trunc_with_scale(DECIMALS)).abs();
        assert!(off <= if cut_before { Decimal::new(1, 8) } else { Decimal::ZERO }, "{redone} by {json}");
        // What is rounded or bounded was worked out before.
        for (name, value) in step.names.iter().zip(&step.values) {
            assert!(*name != "exact quota" || values.contains(value), "{value} comes from nowhere: {explanation}");
        }
        values.push(told);
    }
    *values.last().unwrap()
}
