//! Why a quota is what it is: the arithmetic's steps in words, and the whole in one sentence, in Italian or English.

mod sentence;
mod words;

use allocation::{Explainer, IstatCode, Step, StepKind};
use async_graphql::SimpleObject;

use super::language::Language;
use super::scalars::ExactDecimal;
use crate::error::Result;
pub(super) use sentence::rule_summary;

/// Why a quota is this much (spiegazione).
#[derive(SimpleObject)]
pub struct QuotaExplanation {
    /// The whole in one sentence (frase).
    pub text: String,
    /// The steps of the sum, in order (passaggi). Where the value that a comune was counted by is withheld, so are the steps that would give it back.
    pub steps: Vec<ExplanationStep>,
}

/// One step of a sum, so that a person can redo it (passaggio).
#[derive(SimpleObject)]
pub struct ExplanationStep {
    /// What it is about, for programs: `BUDGET`, `FUNDING`, `MUNICIPAL_SHARE` ... This list may grow (tipo).
    pub kind: String,
    /// What it is about, for people (descrizione).
    pub label: String,
    /// How the value follows from the inputs, in their order (formula).
    pub formula: String,
    /// What goes in (dati).
    pub inputs: Vec<NamedValue>,
    /// What comes out (risultato).
    pub value: ExactDecimal,
    /// Of what (unità).
    pub unit: String,
}

/// A number with a name (dato).
#[derive(SimpleObject)]
pub struct NamedValue {
    /// What it is (nome).
    pub name: String,
    /// How much (valore).
    pub value: ExactDecimal,
    /// Of what (unità).
    pub unit: String,
}

/// Whose quota is explained.
pub(super) struct Subject<'a> {
    /// Code of the service.
    pub(super) service: &'a str,
    /// Name of the comune.
    pub(super) comune: &'a str,
    /// The year.
    pub(super) year: i32,
    /// Whether anything the quota depends on is assumed.
    pub(super) assumed: bool,
    /// Whether the value the comune was counted by is withheld from the asker.
    pub(super) withheld: bool,
}

/// Explains the quota of a comune.
pub(super) fn explain(
    explainer: &Explainer<'_>,
    comune: IstatCode,
    subject: &Subject<'_>,
    language: Language,
) -> Result<QuotaExplanation> {
    let (case, outcome) = (explainer.case(), explainer.outcome());
    let mut steps = explainer.steps(comune)?;
    if subject.withheld {
        steps.retain(|step| matches!(step.kind, StepKind::Budget | StepKind::Funding | StepKind::MunicipalShare));
    }
    Ok(QuotaExplanation {
        text: sentence::of_quota(case, outcome, comune, &steps, subject, language),
        steps: steps.iter().map(|step| publish(step, language)).collect(),
    })
}

fn publish(step: &Step, language: Language) -> ExplanationStep {
    let measure = step.subject.as_deref();
    let input = |input: &allocation::NamedValue| NamedValue {
        name: words::input(input.name, input.subject.as_deref(), language),
        value: input.value.into(),
        unit: words::unit(input.unit, input.subject.as_deref().or(measure), language),
    };
    ExplanationStep {
        kind: words::kind(step.kind).to_owned(),
        label: words::label(step, language),
        formula: words::formula(step, language),
        inputs: step.inputs.iter().map(input).collect(),
        value: step.value.into(),
        unit: words::unit(step.unit, measure, language),
    }
}
