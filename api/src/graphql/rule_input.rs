//! Cost-sharing rules as they are asked for: from inputs to the arithmetic's rule. What cannot be computed is refused there, not here.

use std::collections::BTreeMap;

use allocation::{Adjustment, Band, MeasureCode, Method, Part, PartSize, RuleBody};
use async_graphql::{InputObject, OneofObject};

use super::enums::Rounding;
use super::scalars::{Euro, ExactDecimal, IstatCode};
use crate::error::{Code, Error, Refusal, Result};

/// How the municipal share is to be divided (criterio di riparto): exactly one of these.
#[derive(OneofObject)]
pub enum CostSharingRuleInput {
    /// The same for each comune (parti uguali).
    Equal(EqualRuleInput),
    /// In proportion to a measure (in proporzione a una misura).
    ByMeasure(MeasureRuleInput),
    /// In proportion to given weights (pesi fissi).
    ByFixedWeights(FixedWeightRuleInput),
    /// In proportion to the weight of the band that a measure falls in (pesi per fascia).
    ByBands(BandRuleInput),
    /// The amount of the band that a measure falls in (importo per fascia).
    FlatByBand(FlatBandRuleInput),
    /// A price for each unit of a measure (tariffa).
    Tariff(TariffRuleInput),
    /// Parts, each under a rule of its own (criterio misto).
    Mixed(MixedRuleInput),
}

/// The rule of a part (criterio semplice): exactly one of these.
#[derive(OneofObject)]
pub enum SimpleRuleInput {
    /// The same for each comune (parti uguali).
    Equal(EqualRuleInput),
    /// In proportion to a measure (in proporzione a una misura).
    ByMeasure(MeasureRuleInput),
    /// In proportion to given weights (pesi fissi).
    ByFixedWeights(FixedWeightRuleInput),
    /// In proportion to the weight of the band that a measure falls in (pesi per fascia).
    ByBands(BandRuleInput),
    /// The amount of the band that a measure falls in (importo per fascia).
    FlatByBand(FlatBandRuleInput),
    /// A price for each unit of a measure (tariffa).
    Tariff(TariffRuleInput),
}

/// Declares the input of a kind of rule: what the kind asks for, then what all rules may have.
macro_rules! rule_inputs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
            /// How exact shares become cents; largest remainder where left out. In a part, that of the whole rule (arrotondamento).
            pub rounding: Option<Rounding>,
            /// What is different for single comuni (correttivi).
            pub adjustments: Option<Vec<RuleAdjustmentInput>>,
        }
    )*};
}

rule_inputs! {
    /// The same for each comune (parti uguali).
    EqualRuleInput {}
    /// In proportion to a measure (in proporzione a una misura).
    MeasureRuleInput {
        /// Code of the measure (misura).
        measure: String,
    }
    /// In proportion to given weights (pesi fissi).
    FixedWeightRuleInput {
        /// One weight for each comune that takes part (pesi).
        weights: Vec<ComuneWeightInput>,
    }
    /// In proportion to the weight of the band that a measure falls in (pesi per fascia).
    BandRuleInput {
        /// Code of the measure (misura).
        measure: String,
        /// Whether weights are summed over the bands, each for its stretch of the measure; false where left out (progressivo).
        marginal: Option<bool>,
        /// The bands, ascending, the last one open (fasce).
        bands: Vec<WeightBandInput>,
    }
    /// The amount of the band that a measure falls in (importo per fascia).
    FlatBandRuleInput {
        /// Code of the measure (misura).
        measure: String,
        /// The bands, ascending, the last one open (fasce).
        amounts: Vec<AmountBandInput>,
    }
    /// A price for each unit of a measure (tariffa).
    TariffRuleInput {
        /// Code of the measure (misura).
        measure: String,
        /// Euro for one unit (prezzo).
        price: ExactDecimal,
    }
}

/// Parts, each under a rule of its own (criterio misto).
#[derive(InputObject)]
pub struct MixedRuleInput {
    /// The parts (parti).
    pub parts: Vec<RulePartInput>,
    /// How the sum of the exact parts becomes cents; largest remainder where left out (arrotondamento).
    pub rounding: Option<Rounding>,
}

/// A part of a mixed rule (parte).
#[derive(InputObject)]
pub struct RulePartInput {
    /// How large it is (dimensione).
    pub size: PartSizeInput,
    /// Its rule (criterio).
    pub rule: SimpleRuleInput,
}

/// How large a part is (dimensione): exactly one of these.
#[derive(OneofObject)]
pub enum PartSizeInput {
    /// A fixed amount (importo).
    Amount(Euro),
    /// Percent of the municipal share (percentuale).
    Percent(ExactDecimal),
    /// What the other parts leave; only `true` means something (resto).
    Remainder(bool),
}

/// The weight of a comune (peso).
#[derive(InputObject)]
pub struct ComuneWeightInput {
    /// The comune (Comune).
    pub comune: IstatCode,
    /// Its weight (peso).
    pub weight: ExactDecimal,
}

/// The weight of a band (fascia).
#[derive(InputObject)]
pub struct WeightBandInput {
    /// The highest value in it; left out for the last band (fino a).
    pub up_to: Option<ExactDecimal>,
    /// Its weight (peso).
    pub weight: ExactDecimal,
}

/// The amount of a band (fascia).
#[derive(InputObject)]
pub struct AmountBandInput {
    /// The highest value in it; left out for the last band (fino a).
    pub up_to: Option<ExactDecimal>,
    /// Its amount (importo).
    pub amount: Euro,
}

/// What is different for one comune (correttivo).
#[derive(InputObject)]
pub struct RuleAdjustmentInput {
    /// The comune (Comune).
    pub comune: IstatCode,
    /// Whether it pays nothing and is left out (esente).
    pub exempt: Option<bool>,
    /// What its weight is multiplied by (moltiplicatore).
    pub multiplier: Option<ExactDecimal>,
    /// Its own price, under a tariff (prezzo proprio).
    pub price: Option<ExactDecimal>,
    /// Its own amount, taken off before the others share (importo fisso).
    pub fixed: Option<Euro>,
    /// The least it pays (minimo).
    pub minimum: Option<Euro>,
    /// The most it pays (massimo).
    pub maximum: Option<Euro>,
}

/// A method with its adjustments and the rounding that was asked for.
struct Simple(allocation::SimpleRule, Option<Rounding>);

impl CostSharingRuleInput {
    /// The rule for the arithmetic.
    pub(super) fn rule(&self) -> Result<allocation::Rule> {
        let Simple(rule, rounding) = match self {
            Self::Equal(input) => input.simple()?,
            Self::ByMeasure(input) => input.simple()?,
            Self::ByFixedWeights(input) => input.simple()?,
            Self::ByBands(input) => input.simple()?,
            Self::FlatByBand(input) => input.simple()?,
            Self::Tariff(input) => input.simple()?,
            Self::Mixed(input) => return input.rule(),
        };
        Ok(allocation::Rule {
            body: RuleBody::Simple(rule),
            rounding: rounding.map_or_else(Default::default, Into::into),
        })
    }
}

impl MixedRuleInput {
    fn rule(&self) -> Result<allocation::Rule> {
        let rounding: allocation::Rounding = self.rounding.map_or_else(Default::default, Into::into);
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let Simple(rule, own) = part.rule.simple()?;
            if own.is_some_and(|own| allocation::Rounding::from(own) != rounding) {
                return Err(invalid(
                    "parts.rule.rounding",
                    "Le parti di un criterio misto si arrotondano insieme: l'arrotondamento si indica una volta, nel criterio misto.",
                    "The parts of a mixed rule are rounded together: the rounding is named once, in the mixed rule.",
                ));
            }
            let size = match &part.size {
                PartSizeInput::Amount(amount) => PartSize::Amount(amount.0),
                PartSizeInput::Percent(percent) => PartSize::Percent(percent.micros()?),
                PartSizeInput::Remainder(true) => PartSize::Remainder,
                PartSizeInput::Remainder(false) => {
                    return Err(invalid(
                        "parts.size.remainder",
                        "Il resto si indica con true.",
                        "A remainder is given as true.",
                    ));
                }
            };
            parts.push(Part { size, rule });
        }
        Ok(allocation::Rule { body: RuleBody::Mixed(parts), rounding })
    }
}

impl SimpleRuleInput {
    fn simple(&self) -> Result<Simple> {
        match self {
            Self::Equal(input) => input.simple(),
            Self::ByMeasure(input) => input.simple(),
            Self::ByFixedWeights(input) => input.simple(),
            Self::ByBands(input) => input.simple(),
            Self::FlatByBand(input) => input.simple(),
            Self::Tariff(input) => input.simple(),
        }
    }
}

/// Reads an input's own fields into a method.
macro_rules! methods {
    ($($name:ident: |$input:ident| $method:expr;)*) => {$(
        impl $name {
            fn simple(&self) -> Result<Simple> {
                let $input = self;
                let adjustments = adjustments(self.adjustments.as_deref().unwrap_or_default())?;
                Ok(Simple(allocation::SimpleRule { method: $method, adjustments }, self.rounding))
            }
        }
    )*};
}

methods! {
    EqualRuleInput: |_input| Method::Equal;
    MeasureRuleInput: |input| Method::ByMeasure { measure: measure(&input.measure)? };
    FixedWeightRuleInput: |input| Method::ByFixedWeights { weights: weights(&input.weights)? };
    BandRuleInput: |input| Method::ByBands {
        measure: measure(&input.measure)?,
        marginal: input.marginal.unwrap_or(false),
        bands: input.bands.iter().map(|band| Ok(Band { up_to: up_to(band.up_to.as_ref())?, value: band.weight.micros()? })).collect::<Result<_>>()?,
    };
    FlatBandRuleInput: |input| Method::FlatByBand {
        measure: measure(&input.measure)?,
        amounts: input.amounts.iter().map(|band| Ok(Band { up_to: up_to(band.up_to.as_ref())?, value: band.amount.0 })).collect::<Result<_>>()?,
    };
    TariffRuleInput: |input| Method::Tariff { measure: measure(&input.measure)?, price: input.price.micros()? };
}

fn up_to(value: Option<&ExactDecimal>) -> Result<Option<allocation::Micros>> {
    Ok(value.map(ExactDecimal::micros).transpose()?)
}

fn measure(code: &str) -> Result<MeasureCode> {
    MeasureCode::parse(code).map_err(|_| Error::not_found("measure", &code.chars().take(40).collect::<String>()))
}

fn weights(inputs: &[ComuneWeightInput]) -> Result<BTreeMap<allocation::IstatCode, allocation::Micros>> {
    let mut weights = BTreeMap::new();
    for input in inputs {
        if weights.insert(input.comune.0, input.weight.micros()?).is_some() {
            return Err(allocation::Error::DuplicateComune { comune: input.comune.0 }.into());
        }
    }
    Ok(weights)
}

fn adjustments(inputs: &[RuleAdjustmentInput]) -> Result<BTreeMap<allocation::IstatCode, Adjustment>> {
    let mut adjustments = BTreeMap::new();
    for input in inputs {
        let adjustment = Adjustment {
            exempt: input.exempt.unwrap_or(false),
            multiplier: input.multiplier.as_ref().map(ExactDecimal::micros).transpose()?,
            price: input.price.as_ref().map(ExactDecimal::micros).transpose()?,
            fixed: input.fixed.map(|amount| amount.0),
            minimum: input.minimum.map(|amount| amount.0),
            maximum: input.maximum.map(|amount| amount.0),
        };
        if adjustments.insert(input.comune.0, adjustment).is_some() {
            return Err(allocation::Error::DuplicateComune { comune: input.comune.0 }.into());
        }
    }
    Ok(adjustments)
}

fn invalid(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::Invalid).message(it, en).argument(argument).into()
}
