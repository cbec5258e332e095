//! One sentence on a rule, and one on a quota.

use allocation::{
    BudgetCase, BudgetOutcome, Cents, InputName, IstatCode, MeasureCode, Method, PartSize, Rule, RuleBody, SimpleRule,
    Step, StepKind,
};

use super::Subject;
use super::words::{measure_in_english, measure_unit};
use crate::graphql::language::Language;

/// A number as people write it: with a comma in Italian.
fn number(text: impl std::fmt::Display, language: Language) -> String {
    let text = text.to_string();
    language.choose(text.replace('.', ","), text)
}

/// A rule in one sentence. `names` gives the Italian name and unit of a measure.
pub(in crate::graphql) fn rule_summary(
    rule: &Rule,
    names: impl Fn(&MeasureCode) -> (String, String),
    language: Language,
) -> String {
    let text = match &rule.body {
        RuleBody::Simple(simple) => simple_summary(simple, &names, language),
        RuleBody::Mixed(parts) => {
            let part = |part: &allocation::Part| {
                let size = match part.size {
                    PartSize::Amount(amount) => format!("{} euro", number(amount, language)),
                    PartSize::Percent(percent) => format!("{}%", number(percent, language)),
                    PartSize::Remainder => language.choose("il resto", "the rest").to_owned(),
                };
                format!("{size} {}", simple_summary(&part.rule, &names, language))
            };
            parts.iter().map(part).collect::<Vec<_>>().join("; ")
        }
    };
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

fn simple_summary(rule: &SimpleRule, names: &impl Fn(&MeasureCode) -> (String, String), language: Language) -> String {
    let name = |code: &MeasureCode| {
        let (name, _) = names(code);
        language.choose(name, measure_in_english(code.as_str()))
    };
    let text = match &rule.method {
        Method::Equal => language.choose("in parti uguali", "in equal parts").to_owned(),
        Method::ByMeasure { measure } => language
            .choose(format!("in proporzione a: {}", name(measure)), format!("in proportion to {}", name(measure))),
        Method::ByFixedWeights { .. } => language.choose("secondo pesi fissi", "by fixed weights").to_owned(),
        Method::ByBands { measure, marginal: false, .. } => language.choose(
            format!("secondo il peso della fascia di: {}", name(measure)),
            format!("by the weight of the band of {}", name(measure)),
        ),
        Method::ByBands { measure, marginal: true, .. } => language.choose(
            format!("secondo pesi progressivi per fascia di: {}", name(measure)),
            format!("by weights summed over the bands of {}", name(measure)),
        ),
        Method::FlatByBand { measure, .. } => language.choose(
            format!("un importo per fascia di: {}", name(measure)),
            format!("an amount for each band of {}", name(measure)),
        ),
        Method::Tariff { measure, price } => {
            let price = number(two_decimals(*price), language);
            language.choose(
                format!("{price} euro per ogni unità di: {} ({})", name(measure), names(measure).1),
                format!("{price} euro for each unit of {}", name(measure)),
            )
        }
    };
    match rule.adjustments.len() {
        0 => text,
        1 => language.choose(format!("{text}, con un correttivo"), format!("{text}, with one adjustment")),
        count => {
            language.choose(format!("{text}, con {count} correttivi"), format!("{text}, with {count} adjustments"))
        }
    }
}

/// A price is written with two decimals at least: 9 as `9.00`.
fn two_decimals(price: allocation::Micros) -> String {
    let text = price.to_string();
    match text.split_once('.').map(|(_, decimals)| decimals.len()) {
        None => format!("{text}.00"),
        Some(1) => format!("{text}0"),
        Some(_) => text,
    }
}

/// A quota in one sentence.
pub(super) fn of_quota(
    case: &BudgetCase,
    outcome: &BudgetOutcome,
    comune: IstatCode,
    steps: &[Step],
    subject: &Subject<'_>,
    language: Language,
) -> String {
    let amount = outcome.quotas.iter().find(|(code, _)| *code == comune).map_or(Cents::ZERO, |(_, amount)| *amount);
    let amount = number(amount, language);
    let Subject { service, comune: name, year, .. } = subject;
    let why = reason(case, outcome, comune, steps, subject, language);
    let assumed =
        if subject.assumed { language.choose(" (con valori presunti)", " (with assumed values)") } else { "" };
    language.choose(
        format!("{name} deve {amount} euro per {service} nel {year}: {why}{assumed}."),
        format!("{name} owes {amount} euro for {service} in {year}: {why}{assumed}."),
    )
}

fn reason(
    case: &BudgetCase,
    outcome: &BudgetOutcome,
    comune: IstatCode,
    steps: &[Step],
    subject: &Subject<'_>,
    language: Language,
) -> String {
    let share = number(outcome.municipal_share, language);
    if outcome.municipal_share == Cents::ZERO {
        let amount = number(outcome.amount, language);
        return language.choose(
            format!("i fondi coprono l'intero budget di {amount} euro"),
            format!("funds cover the whole budget of {amount} euro"),
        );
    }
    if subject.withheld {
        return language.choose(
            format!("la sua parte dei {share} euro a carico dei Comuni; la base di riparto non è mostrata perché riguarda poche persone"),
            format!("its part of the {share} euro that the comuni share; its basis is withheld, since few people stand behind it"),
        );
    }
    match &case.rule.body {
        RuleBody::Simple(rule) => simple_reason(rule, comune, steps, &share, language),
        RuleBody::Mixed(_) => {
            let parts =
                steps.iter().rev().find(|step| step.inputs.iter().any(|input| input.name == InputName::PartQuota));
            let parts = parts.map(|step| {
                step.inputs.iter().map(|input| number(input.value.normalize(), language)).collect::<Vec<_>>()
            });
            let parts = parts.unwrap_or_default().join(" + ");
            language.choose(
                format!("somma delle parti {parts}, arrotondata al centesimo, sui {share} euro a carico dei Comuni"),
                format!("the sum of the parts {parts}, rounded to the cent, of the {share} euro that the comuni share"),
            )
        }
    }
}

fn simple_reason(rule: &SimpleRule, comune: IstatCode, steps: &[Step], share: &str, language: Language) -> String {
    let own = rule.adjustments.get(&comune);
    if own.is_some_and(|own| own.exempt) {
        return language.choose("è esente", "it is exempt").to_owned();
    }
    if own.is_some_and(|own| own.fixed.is_some()) {
        return language.choose("ha un importo fisso", "it has a fixed amount").to_owned();
    }
    let value = |kind: StepKind| {
        let step = steps.iter().find(|step| step.kind == kind);
        step.map_or_else(String::new, |step| number(step.value.normalize(), language))
    };
    let input = |name: InputName| {
        let found = steps.iter().flat_map(|step| &step.inputs).find(|input| input.name == name);
        found.map_or_else(String::new, |input| number(input.value.normalize(), language))
    };
    let unit = |measure: &MeasureCode| measure_unit(Some(measure.as_str()), language);
    let bounded = steps.iter().any(|step| step.kind == StepKind::Bound);
    let bounds =
        if bounded { language.choose(", entro minimi e massimi", ", within minimums and maximums") } else { "" };
    let reason = match &rule.method {
        Method::Tariff { measure, price } => {
            let price = number(two_decimals(own.and_then(|own| own.price).unwrap_or(*price)), language);
            let (basis, unit) = (value(StepKind::Basis), unit(measure));
            language.choose(format!("{price} euro x {basis} {unit}"), format!("{price} euro x {basis} {unit}"))
        }
        Method::FlatByBand { measure, .. } => {
            let (basis, unit) = (value(StepKind::Basis), unit(measure));
            language.choose(
                format!("importo della fascia di {basis} {unit}"),
                format!("the amount of the band of {basis} {unit}"),
            )
        }
        Method::Equal => {
            let count = input(InputName::Participants);
            language.choose(
                format!("una di {count} parti uguali dei {share} euro a carico dei Comuni"),
                format!("one of {count} equal parts of the {share} euro that the comuni share"),
            )
        }
        Method::ByMeasure { measure } => {
            let (basis, total, unit) = (value(StepKind::Basis), input(InputName::WeightTotal), unit(measure));
            language.choose(
                format!("{basis} {unit} su {total} dei {share} euro a carico dei Comuni"),
                format!("{basis} {unit} of {total} of the {share} euro that the comuni share"),
            )
        }
        Method::ByFixedWeights { .. } | Method::ByBands { .. } => {
            let (weight, total) = (value(StepKind::Weight), input(InputName::WeightTotal));
            language.choose(
                format!("peso {weight} su {total} dei {share} euro a carico dei Comuni"),
                format!("weight {weight} of {total} of the {share} euro that the comuni share"),
            )
        }
    };
    format!("{reason}{bounds}")
}
