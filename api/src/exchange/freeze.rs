//! What a budget keeps of the measurements for ever, and the trial of its rule: whatever the arithmetic refuses is a problem
//! of the file. Not where quotas come from: the results are thrown away.

use allocation::{Basis, BudgetCase, Error, Funding, FundingSize, IstatCode, MeasureCode, Method, Rule, SimpleRule};

use super::comune::Comuni;
use super::document::Table;
use super::measurement::{Found, Measurements};
use super::names::Names;
use super::plan::Days;
use super::problem::Problems;
use super::rule::RuleRead;
use crate::store::bundle::{BasisRecord, BudgetRecord};

/// What a budget is checked against.
pub(super) struct Context<'a> {
    pub(super) names: &'a Names,
    pub(super) comuni: &'a Comuni,
    pub(super) measurements: &'a Measurements,
    pub(super) days: &'a Days,
    pub(super) problems: &'a Problems,
}

/// Reports weights and adjustments of comuni that do not take part, and comuni that do and have no weight.
pub(super) fn check_named(read: &RuleRead, participants: &[IstatCode], service: &str, context: &Context<'_>) {
    for (comune, place) in read.mentions.iter().filter(|(comune, _)| !participants.contains(comune)) {
        let comune = context.comuni.title(*comune);
        context.problems.add(*place, format!("{comune} does not take part in {service}"));
    }
    for rule in read.rule.iter().flat_map(Rule::simple_rules) {
        let Method::ByFixedWeights { weights } = &rule.method else { continue };
        for comune in participants.iter().filter(|comune| !weights.contains_key(comune) && counts(rule, **comune)) {
            let comune = context.comuni.title(*comune);
            context.problems.add(read.place, format!("{comune} takes part in {service} and has no weight"));
        }
    }
}

/// The frozen basis, by measure and comune: the measures of the rule, and beside them the residents and the cases, without which nobody
/// could say what a head pays or which counts are too small to show. `None` where a value is missing, which is reported.
pub(super) fn basis(
    rule: &Rule,
    participants: &[IstatCode],
    service: &str,
    year: i32,
    table: &Table<'_>,
    context: &Context<'_>,
) -> Option<Vec<BasisRecord>> {
    let mut records = Vec::new();
    let mut complete = true;
    for measure in measures(rule, service, context) {
        let counted = rule.measures().contains(&&measure);
        let Some(day) = context.days.find(year, &measure, service) else {
            // Residents are kept where they are known, and asked for only where the rule counts them.
            let needed = counted || context.measurements.count(&measure, service);
            if needed && context.days.are_complete() {
                table.problem(format!("{service} in {year}: no `[[basis]]` gives the reference date of {measure}"));
            }
            complete &= !needed;
            continue;
        };
        for comune in participants {
            match context.measurements.find(&measure, service, day, *comune) {
                Found::Value(found) => records.push(BasisRecord {
                    measure: measure.clone(),
                    comune: *comune,
                    value: found.value,
                    reference_date: found.reference_date,
                    source: found.source.clone(),
                    assumed: found.assumed,
                }),
                Found::Unread => complete = false,
                Found::Absent if counted && !asked(rule, &measure, *comune) => {}
                Found::Absent => {
                    let comune = context.comuni.title(*comune);
                    table.problem(format!("{service} in {year}: {measure} of {comune} on {day} is not measured"));
                    complete = false;
                }
            }
        }
    }
    complete.then_some(records)
}

/// Works the budget out, as the server will.
pub(super) fn compute(record: &BudgetRecord, rule: &Rule, context: &Context<'_>) -> Result<(), String> {
    let with_name = |error: Error| match error.comune() {
        Some(comune) => format!("{error}: {}", context.comuni.title(comune)),
        None => error.to_string(),
    };
    case(record, rule).and_then(|case| allocation::compute(&case)).map(|_| ()).map_err(with_name)
}

/// The budget as the arithmetic wants it.
pub(super) fn case(record: &BudgetRecord, rule: &Rule) -> Result<BudgetCase, Error> {
    let mut basis = Basis::new(record.participants.clone())?;
    for value in &record.basis {
        basis.set(&value.measure, value.comune, value.value)?;
    }
    let funding = record.funding.iter().map(|funding| Funding {
        fund: funding.fund.clone(),
        size: funding.amount.map_or(FundingSize::Balancing, FundingSize::Fixed),
    });
    Ok(BudgetCase { amount: record.amount, funding: funding.collect(), rule: rule.clone(), basis })
}

/// The measures to freeze, each once, in order of their codes.
fn measures(rule: &Rule, service: &str, context: &Context<'_>) -> Vec<MeasureCode> {
    let mut measures: Vec<MeasureCode> = rule.measures().into_iter().cloned().collect();
    measures.extend(MeasureCode::parse("RESIDENTS"));
    measures.extend(MeasureCode::parse("CASES").ok().filter(|cases| context.measurements.count(cases, service)));
    measures.sort_unstable();
    measures.dedup();
    measures
}

/// Whether a rule needs the measure of a comune.
fn asked(rule: &Rule, measure: &MeasureCode, comune: IstatCode) -> bool {
    rule.simple_rules().into_iter().any(|rule| rule.method.measure() == Some(measure) && counts(rule, comune))
}

/// Whether a comune shares by weight: neither exempt nor with an amount of its own.
fn counts(rule: &SimpleRule, comune: IstatCode) -> bool {
    rule.adjustments.get(&comune).is_none_or(|adjustment| !adjustment.exempt && adjustment.fixed.is_none())
}
