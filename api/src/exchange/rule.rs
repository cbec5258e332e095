//! `[budget.rule]`: a cost-sharing rule from the closed list, as the arithmetic wants it.

use std::collections::BTreeMap;

use allocation::{
    Adjustment, Band, IstatCode, MeasureCode, Method, Micros, Part, PartSize, Rounding, Rule, RuleBody, SimpleRule,
};

use super::document::{Table, Value};
use super::names::Names;
use super::problem::Place;
use super::text::{self, Read};

/// A rule, and where it names single comuni.
pub(super) struct RuleRead {
    /// `None` where it could not be read.
    pub(super) rule: Option<Rule>,
    pub(super) assumed: bool,
    pub(super) note: Option<String>,
    /// Every comune that has a weight or an adjustment, with its place.
    pub(super) mentions: Vec<(IstatCode, Place)>,
    pub(super) place: Place,
}

/// The words for the kinds of rule: the same as in the published schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Equal,
    ByMeasure,
    ByFixedWeights,
    ByBands,
    FlatByBand,
    Tariff,
    Mixed,
}

const KINDS: [(&str, Kind); 7] = [
    ("EQUAL", Kind::Equal),
    ("BY_MEASURE", Kind::ByMeasure),
    ("BY_FIXED_WEIGHTS", Kind::ByFixedWeights),
    ("BY_BANDS", Kind::ByBands),
    ("FLAT_BY_BAND", Kind::FlatByBand),
    ("TARIFF", Kind::Tariff),
    ("MIXED", Kind::Mixed),
];

const ROUNDINGS: [(&str, Rounding); 2] =
    [("LARGEST_REMAINDER", Rounding::LargestRemainder), ("HALF_UP_EACH", Rounding::HalfUpEach)];

/// Reads a rule.
pub(super) fn rule(mut table: Table<'_>, names: &Names) -> Option<RuleRead> {
    let place = table.place();
    let kind = table.need("kind").and_then(|value| value.choice(&KINDS));
    let rounding = table.get("rounding").map_or(Some(Rounding::default()), |value| value.choice(&ROUNDINGS));
    let assumed = table.flag("assumed");
    let note = table.text_or_none("note");
    // Which keys are known depends on the kind; without it nothing sensible can be said of them.
    let kind = kind?;
    let mut mentions = Vec::new();
    let body = if kind == Kind::Mixed {
        parts(&mut table, names, &mut mentions).map(RuleBody::Mixed)
    } else {
        simple(&mut table, kind, names, &mut mentions).map(RuleBody::Simple)
    };
    table.finish();
    let rule = body.zip(rounding).map(|(body, rounding)| Rule { body, rounding });
    Some(RuleRead { rule, assumed, note, mentions, place })
}

/// `[[budget.rule.part]]`
fn parts(table: &mut Table<'_>, names: &Names, mentions: &mut Vec<(IstatCode, Place)>) -> Option<Vec<Part>> {
    table.need("part")?;
    let parts: Vec<_> = table.tables("part").into_iter().map(|part| read_part(part, names, mentions)).collect();
    // All are read before the first that failed gives up.
    parts.into_iter().collect()
}

fn read_part(mut table: Table<'_>, names: &Names, mentions: &mut Vec<(IstatCode, Place)>) -> Option<Part> {
    // The last kind is the mixture, which a part never is.
    let simple_kinds = KINDS.split_last().map_or(&[][..], |(_, simple)| simple);
    let size = part_size(&mut table);
    let kind = table.need("kind").and_then(|value| value.choice(simple_kinds))?;
    let rule = simple(&mut table, kind, names, mentions);
    table.finish();
    Some(Part { size: size?, rule: rule? })
}

fn part_size(table: &mut Table<'_>) -> Option<PartSize> {
    let amount = table.get("amount");
    let percent = table.get("percent");
    let remainder = table.get("remainder");
    match (amount, percent, remainder) {
        (Some(value), None, None) => value.read(text::money).map(PartSize::Amount),
        (None, Some(value), None) => value.read(text::percent).map(PartSize::Percent),
        (None, None, Some(value)) => {
            let remainder = value.flag()?;
            if !remainder {
                value.problem("either true or not written");
            }
            remainder.then_some(PartSize::Remainder)
        }
        _ => {
            table.problem("a part has exactly one of `amount`, `percent` and `remainder`");
            None
        }
    }
}

fn simple(
    table: &mut Table<'_>,
    kind: Kind,
    names: &Names,
    mentions: &mut Vec<(IstatCode, Place)>,
) -> Option<SimpleRule> {
    let method = method(table, kind, names, mentions);
    let adjustments = match table.get("adjustments") {
        None => Some(BTreeMap::new()),
        Some(value) => by_comune(value, names, mentions, |value| adjustment(value, kind == Kind::Tariff)),
    };
    Some(SimpleRule { method: method?, adjustments: adjustments? })
}

fn method(table: &mut Table<'_>, kind: Kind, names: &Names, mentions: &mut Vec<(IstatCode, Place)>) -> Option<Method> {
    match kind {
        // `parts` never asks for a mixture inside a mixture.
        Kind::Equal | Kind::Mixed => Some(Method::Equal),
        Kind::ByMeasure => Some(Method::ByMeasure { measure: measure(table, names)? }),
        Kind::ByFixedWeights => {
            let value = table.need("weights")?;
            let weights = by_comune(value, names, mentions, |value| value.read(text::number))?;
            Some(Method::ByFixedWeights { weights })
        }
        Kind::ByBands => {
            let measure = measure(table, names);
            let marginal = table.flag("marginal");
            let bands = bands(table, "bands", "weight", text::number);
            Some(Method::ByBands { measure: measure?, marginal, bands: bands? })
        }
        Kind::FlatByBand => {
            let measure = measure(table, names);
            let amounts = bands(table, "amounts", "amount", text::money);
            Some(Method::FlatByBand { measure: measure?, amounts: amounts? })
        }
        Kind::Tariff => {
            let measure = measure(table, names);
            let price = table.read("price", text::number);
            Some(Method::Tariff { measure: measure?, price: price? })
        }
    }
}

fn measure(table: &mut Table<'_>, names: &Names) -> Option<MeasureCode> {
    table.need("measure").and_then(|value| names.measure(value))
}

/// Bands that ascend, the last of them open.
fn bands<T>(
    table: &mut Table<'_>,
    key: &str,
    value_key: &str,
    parse: impl Fn(&str) -> Read<T>,
) -> Option<Vec<Band<T>>> {
    let field = table.need(key)?;
    let items = field.items()?;
    if items.is_empty() {
        field.problem("at least one band is needed");
        return None;
    }
    let mut bands = Some(Vec::new());
    let mut below: Option<Micros> = None;
    for (position, item) in items.iter().enumerate() {
        let last = position + 1 == items.len();
        let band = item.table().and_then(|mut band| {
            let up_to = band.read_or_none("up_to", text::number);
            let unread = band.has("up_to") && up_to.is_none();
            let value = band.read(value_key, &parse);
            band.finish();
            Some(Band { up_to, value: value? }).filter(|_| !unread)
        });
        match &band {
            Some(Band { up_to: None, .. }) if !last => item.problem("only the last band has no `up_to`"),
            Some(Band { up_to: Some(_), .. }) if last => item.problem("the last band must have no `up_to`"),
            Some(Band { up_to: Some(up_to), .. }) if below.is_some_and(|below| *up_to <= below) => {
                item.problem("`up_to` must be above that of the band before");
            }
            _ => {}
        }
        below = band.as_ref().and_then(|band| band.up_to).or(below);
        bands = bands.zip(band).map(|(mut bands, band)| {
            bands.push(band);
            bands
        });
    }
    bands
}

/// A table whose keys are ISTAT codes.
fn by_comune<'a, T>(
    value: Value<'a>,
    names: &Names,
    mentions: &mut Vec<(IstatCode, Place)>,
    read: impl Fn(Value<'a>) -> Option<T>,
) -> Option<BTreeMap<IstatCode, T>> {
    let mut all = Some(BTreeMap::new());
    for (key, value) in value.table()?.entries() {
        let code = match text::istat(key) {
            Ok(code) if !names.comuni.lacks(&code) => Some(code),
            Ok(code) => {
                value.problem(&format!("no comune of the Ambito has the code {code}"));
                None
            }
            Err(reason) => {
                value.problem(&reason);
                None
            }
        };
        let item = read(value);
        if let Some(code) = code {
            mentions.push((code, value.place()));
        }
        all = all.zip(code.zip(item)).map(|(mut all, (code, item))| {
            all.insert(code, item);
            all
        });
    }
    all
}

/// `{ exempt, multiplier, price, fixed, minimum, maximum }`
fn adjustment(value: Value<'_>, tariff: bool) -> Option<Adjustment> {
    let mut table = value.table()?;
    let exempt = table.flag("exempt");
    let multiplier = table.read_or_none("multiplier", text::number);
    // Elsewhere a price of its own would have no meaning, and stays an unknown key.
    let price = if tariff { table.read_or_none("price", text::number) } else { None };
    let fixed = table.read_or_none("fixed", text::money);
    let minimum = table.read_or_none("minimum", text::money);
    let maximum = table.read_or_none("maximum", text::money);
    table.finish();
    if minimum.zip(maximum).is_some_and(|(minimum, maximum)| minimum > maximum) {
        value.problem("the minimum is above the maximum");
    }
    Some(Adjustment { exempt, multiplier, price, fixed, minimum, maximum })
}
