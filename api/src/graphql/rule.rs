//! Cost-sharing rules as they are published: one type a kind, under one interface.

use allocation::{Cents, Method, PartSize, RuleBody};
use async_graphql::{Interface, SimpleObject, Union};

use super::comune::Comune;
use super::enums::{Rounding, RuleKind};
use super::explanation::rule_summary;
use super::language::Language;
use super::scalars::{Euro, ExactDecimal};
use super::sight::Sight;
use crate::error::{Error, Result};

/// How the municipal share is divided (criterio di riparto).
#[derive(Interface)]
#[graphql(
    field(name = "kind", ty = "&RuleKind", desc = "Which rule it is (tipo)."),
    field(
        name = "summary",
        ty = "&String",
        desc = "The rule in one sentence, in the language of the request (sintesi)."
    ),
    field(name = "rounding", ty = "&Rounding", desc = "How exact shares become cents (arrotondamento)."),
    field(
        name = "adjustments",
        ty = "&Vec<RuleAdjustment>",
        desc = "What is different for single comuni (correttivi)."
    ),
    field(
        name = "assumed",
        ty = "&bool",
        desc = "Whether no document gives it: it was assumed for the demonstration (valore presunto)."
    ),
    field(name = "note", ty = "&Option<String>", desc = "A note (nota).")
)]
pub enum CostSharingRule {
    /// The same for each comune.
    Equal(EqualRule),
    /// In proportion to a measure.
    Measure(MeasureRule),
    /// In proportion to given weights.
    FixedWeight(FixedWeightRule),
    /// In proportion to the weight of a band.
    Band(BandRule),
    /// The amount of a band.
    FlatBand(FlatBandRule),
    /// A price for each unit.
    Tariff(TariffRule),
    /// Parts with rules of their own.
    Mixed(MixedRule),
    /// None yet.
    Undecided(UndecidedRule),
}

/// A rule that is not mixed (criterio semplice). A part is never mixed again.
#[derive(Union)]
pub enum SimpleRule {
    /// The same for each comune.
    Equal(EqualRule),
    /// In proportion to a measure.
    Measure(MeasureRule),
    /// In proportion to given weights.
    FixedWeight(FixedWeightRule),
    /// In proportion to the weight of a band.
    Band(BandRule),
    /// The amount of a band.
    FlatBand(FlatBandRule),
    /// A price for each unit.
    Tariff(TariffRule),
}

/// Declares a kind of rule: what the interface names, and what the kind adds.
macro_rules! rule_types {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// Which rule it is (tipo).
            pub kind: RuleKind,
            /// The rule in one sentence, in the language of the request (sintesi).
            pub summary: String,
            /// How exact shares become cents (arrotondamento).
            pub rounding: Rounding,
            /// What is different for single comuni (correttivi).
            pub adjustments: Vec<RuleAdjustment>,
            /// Whether no document gives it: it was assumed for the demonstration (valore presunto).
            pub assumed: bool,
            /// A note (nota).
            pub note: Option<String>,
            $($(#[$field_doc])* pub $field: $ty,)*
        }
    )*};
}

rule_types! {
    /// The same for each comune (parti uguali).
    EqualRule {}
    /// In proportion to a measure (in proporzione a una misura).
    MeasureRule {
        /// Code of the measure (misura).
        measure: String,
    }
    /// In proportion to given weights (pesi fissi).
    FixedWeightRule {
        /// The weights (pesi).
        weights: Vec<ComuneWeight>,
    }
    /// In proportion to the weight of the band that a measure falls in (pesi per fascia).
    BandRule {
        /// Code of the measure (misura).
        measure: String,
        /// Whether weights are summed over the bands, each for its stretch of the measure (progressivo).
        marginal: bool,
        /// The bands, ascending (fasce).
        bands: Vec<WeightBand>,
    }
    /// The amount of the band that a measure falls in (importo per fascia).
    FlatBandRule {
        /// Code of the measure (misura).
        measure: String,
        /// The bands, ascending (fasce).
        amounts: Vec<AmountBand>,
    }
    /// A price for each unit of a measure (tariffa).
    TariffRule {
        /// Code of the measure (misura).
        measure: String,
        /// Euro for one unit (prezzo).
        price: ExactDecimal,
    }
    /// Nobody has said yet how the municipal share is divided: only in drafts, which cannot be proposed so (criterio da stabilire).
    UndecidedRule {}
    /// Parts, each under a rule of its own (criterio misto).
    MixedRule {
        /// The parts, in order (parti).
        parts: Vec<RulePart>,
    }
}

/// A part of a mixed rule (parte): exactly one of amount, percent and remainder says how large it is.
#[derive(SimpleObject)]
pub struct RulePart {
    /// A fixed amount (importo).
    pub amount: Option<Euro>,
    /// Percent of the municipal share (percentuale).
    pub percent: Option<ExactDecimal>,
    /// Whether it takes what the other parts leave (resto).
    pub remainder: bool,
    /// Its rule (criterio).
    pub rule: SimpleRule,
}

/// The weight of a band (fascia).
#[derive(SimpleObject)]
pub struct WeightBand {
    /// The highest value in it; none for the last band (fino a).
    pub up_to: Option<ExactDecimal>,
    /// Its weight (peso).
    pub weight: ExactDecimal,
}

/// The amount of a band (fascia).
#[derive(SimpleObject)]
pub struct AmountBand {
    /// The highest value in it; none for the last band (fino a).
    pub up_to: Option<ExactDecimal>,
    /// Its amount (importo).
    pub amount: Euro,
}

/// The weight of a comune (peso).
#[derive(SimpleObject)]
pub struct ComuneWeight {
    /// The comune (Comune).
    pub comune: Comune,
    /// Its weight (peso).
    pub weight: ExactDecimal,
}

/// What is different for one comune (correttivo).
#[derive(Clone, SimpleObject)]
pub struct RuleAdjustment {
    /// The comune (Comune).
    pub comune: Comune,
    /// Whether it pays nothing and is left out (esente).
    pub exempt: bool,
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

/// What a rule's view needs besides the rule.
pub(super) struct RuleView<'a> {
    pub(super) sight: &'a Sight,
    pub(super) ambito: i64,
    pub(super) assumed: bool,
    pub(super) note: Option<&'a str>,
}

/// What stands in the place of a rule that nobody has given yet.
pub(super) fn undecided(language: Language) -> CostSharingRule {
    let summary = language.choose("Criterio non ancora stabilito.", "The rule is not decided yet.");
    CostSharingRule::Undecided(UndecidedRule {
        kind: RuleKind::Undecided,
        summary: summary.to_owned(),
        rounding: allocation::Rounding::default().into(),
        adjustments: Vec::new(),
        assumed: false,
        note: None,
    })
}

impl RuleView<'_> {
    /// The rule as published.
    pub(super) fn rule(&self, rule: &allocation::Rule) -> Result<CostSharingRule> {
        match &rule.body {
            RuleBody::Simple(simple) => Ok(match self.simple(simple, rule.rounding)? {
                SimpleRule::Equal(rule) => CostSharingRule::Equal(rule),
                SimpleRule::Measure(rule) => CostSharingRule::Measure(rule),
                SimpleRule::FixedWeight(rule) => CostSharingRule::FixedWeight(rule),
                SimpleRule::Band(rule) => CostSharingRule::Band(rule),
                SimpleRule::FlatBand(rule) => CostSharingRule::FlatBand(rule),
                SimpleRule::Tariff(rule) => CostSharingRule::Tariff(rule),
            }),
            RuleBody::Mixed(parts) => Ok(CostSharingRule::Mixed(MixedRule {
                kind: RuleKind::Mixed,
                summary: rule_summary(rule, self.unit(), self.sight.language()),
                rounding: rule.rounding.into(),
                adjustments: Vec::new(),
                assumed: self.assumed,
                note: self.note.map(str::to_owned),
                parts: parts.iter().map(|part| self.part(part, rule.rounding)).collect::<Result<_>>()?,
            })),
        }
    }

    fn part(&self, part: &allocation::Part, rounding: allocation::Rounding) -> Result<RulePart> {
        Ok(RulePart {
            amount: if let PartSize::Amount(amount) = part.size { Some(Euro(amount)) } else { None },
            percent: if let PartSize::Percent(percent) = part.size { Some(percent.into()) } else { None },
            remainder: part.size == PartSize::Remainder,
            rule: self.simple(&part.rule, rounding)?,
        })
    }

    /// The name and unit of a measure, in Italian, as the Ambito knows it.
    fn unit(&self) -> impl Fn(&allocation::MeasureCode) -> (String, String) {
        |code| {
            let ambito = self.sight.ambito(self.ambito);
            let row = ambito.and_then(|ambito| ambito.measures.iter().rfind(|row| row.code == code.as_str()));
            row.map_or_else(|| (code.to_string(), String::new()), |row| (row.name.clone(), row.unit.clone()))
        }
    }

    fn comune(&self, code: allocation::IstatCode) -> Result<Comune> {
        let comune = self.sight.comune_by_istat(code);
        comune.map(|comune| Comune(comune.clone())).ok_or_else(|| Error::not_found("comune", code.as_str()))
    }

    fn adjustments(&self, rule: &allocation::SimpleRule) -> Result<Vec<RuleAdjustment>> {
        let adjustment = |(code, own): (&allocation::IstatCode, &allocation::Adjustment)| {
            Ok(RuleAdjustment {
                comune: self.comune(*code)?,
                exempt: own.exempt,
                multiplier: own.multiplier.map(Into::into),
                price: own.price.map(Into::into),
                fixed: own.fixed.map(Euro),
                minimum: own.minimum.map(Euro),
                maximum: own.maximum.map(Euro),
            })
        };
        rule.adjustments.iter().map(adjustment).collect()
    }

    fn simple(&self, simple: &allocation::SimpleRule, rounding: allocation::Rounding) -> Result<SimpleRule> {
        let whole = allocation::Rule { body: RuleBody::Simple(simple.clone()), rounding };
        let summary = rule_summary(&whole, self.unit(), self.sight.language());
        let adjustments = self.adjustments(simple)?;
        let note = self.note.map(str::to_owned);
        /// Fills in what the interface names.
        macro_rules! published {
            ($name:ident, $kind:ident { $($field:ident: $value:expr),* }) => {
                $name { kind: RuleKind::$kind, summary, rounding: rounding.into(), adjustments, assumed: self.assumed, note, $($field: $value),* }
            };
        }
        Ok(match &simple.method {
            Method::Equal => SimpleRule::Equal(published!(EqualRule, Equal {})),
            Method::ByMeasure { measure } => {
                SimpleRule::Measure(published!(MeasureRule, ByMeasure { measure: measure.to_string() }))
            }
            Method::ByFixedWeights { weights } => {
                let weight = |(code, weight): (&allocation::IstatCode, &allocation::Micros)| {
                    Ok(ComuneWeight { comune: self.comune(*code)?, weight: (*weight).into() })
                };
                let weights = weights.iter().map(weight).collect::<Result<_>>()?;
                SimpleRule::FixedWeight(published!(FixedWeightRule, ByFixedWeights { weights: weights }))
            }
            Method::ByBands { measure, marginal, bands } => {
                let band = |band: &allocation::Band<allocation::Micros>| WeightBand {
                    up_to: band.up_to.map(Into::into),
                    weight: band.value.into(),
                };
                let bands = bands.iter().map(band).collect();
                SimpleRule::Band(published!(
                    BandRule,
                    ByBands { measure: measure.to_string(), marginal: *marginal, bands: bands }
                ))
            }
            Method::FlatByBand { measure, amounts } => {
                let band = |band: &allocation::Band<Cents>| AmountBand {
                    up_to: band.up_to.map(Into::into),
                    amount: Euro(band.value),
                };
                let amounts = amounts.iter().map(band).collect();
                SimpleRule::FlatBand(published!(
                    FlatBandRule,
                    FlatByBand { measure: measure.to_string(), amounts: amounts }
                ))
            }
            Method::Tariff { measure, price } => SimpleRule::Tariff(published!(
                TariffRule,
                Tariff { measure: measure.to_string(), price: (*price).into() }
            )),
        })
    }
}
