//! Measures of benefits: added, and changed.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::master::{keeps_master, needed, optional, own, payload, permit_by_code};
use super::{BenefitMeasurePayload, asker};
use crate::error::Result;
use crate::graphql::benefit_measure::BenefitMeasure;
use crate::graphql::id::Key;
use crate::graphql::scalars::{Date, Euro};
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::benefit::measure::{self, BenefitMeasureChange, GivenCriterion, NewBenefitMeasure};
use crate::store::change::Change;

/// A measure of benefits to be (misura di titoli sociali).
#[derive(InputObject)]
pub struct AddBenefitMeasureInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code of the service that grants it (codice del servizio).
    pub service: String,
    /// Name; two measures of a name and service begin on other days (denominazione).
    pub name: String,
    /// Kind of benefit: buono, voucher, contributo (tipologia).
    pub kind: String,
    /// The act that it rests on (atto).
    pub act: Option<String>,
    /// Code of the fund that pays for it (codice del fondo).
    pub fund: Option<String>,
    /// First day of its period (dal).
    pub from: Option<Date>,
    /// Last day of its period (al).
    pub to: Option<Date>,
    /// What it may grant in all (stanziamento).
    pub budget: Option<Euro>,
    /// Who may have it, in words (requisiti).
    pub criteria: Option<String>,
    /// What applications are ranked by, in order; at most 50 (criteri di graduatoria).
    pub published_criteria: Option<Vec<BenefitCriterionInput>>,
}

/// What applications are ranked by (criterio di graduatoria).
#[derive(InputObject)]
pub struct BenefitCriterionInput {
    /// Code, unique in the measure (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// What is looked at (descrizione).
    pub name: String,
    /// Points for each time that it applies, 1 to 10000 (punti).
    pub points: i32,
    /// The most times that it counts, 1 to 100 (massimo di volte).
    #[graphql(default = 1)]
    pub maximum_times: i32,
}

/// What becomes of a measure of benefits (modifica della misura): what is left out stays, and what is `null` is emptied.
#[derive(InputObject)]
pub struct UpdateBenefitMeasureInput {
    /// Identifier of the measure (misura).
    pub measure: ID,
    /// The measure's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Name (denominazione).
    pub name: MaybeUndefined<String>,
    /// Kind of benefit (tipologia); it stays once there is a grant.
    pub kind: MaybeUndefined<String>,
    /// The act that it rests on (atto).
    pub act: MaybeUndefined<String>,
    /// Code of the fund that pays for it (codice del fondo).
    pub fund: MaybeUndefined<String>,
    /// First day of its period; no grant or application may come to lie before it (dal).
    pub from: MaybeUndefined<Date>,
    /// Last day of its period; no grant or application may come to lie behind it (al).
    pub to: MaybeUndefined<Date>,
    /// What it may grant in all; not less than what was granted (stanziamento).
    pub budget: MaybeUndefined<Euro>,
    /// Who may have it, in words (requisiti).
    pub criteria: MaybeUndefined<String>,
    /// What applications are ranked by, all of it; it stays once there is an application (criteri di graduatoria).
    pub published_criteria: MaybeUndefined<Vec<BenefitCriterionInput>>,
}

#[derive(Default)]
pub(super) struct BenefitMeasureMutation;

#[Object]
impl BenefitMeasureMutation {
    /// Adds a measure of benefits to a service (aggiunge una misura di titoli sociali). By the managing body.
    async fn add_benefit_measure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The measure (misura).")] input: AddBenefitMeasureInput,
    ) -> Option<Result<BenefitMeasurePayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes a measure of benefits (modifica una misura di titoli sociali), as far as what was granted under it allows. By the managing body.
    async fn update_benefit_measure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change, and of which measure (modifica).")] input: UpdateBenefitMeasureInput,
    ) -> Option<Result<BenefitMeasurePayload>> {
        Some(update(ctx, input).await)
    }
}

fn given(criteria: Vec<BenefitCriterionInput>) -> Vec<GivenCriterion> {
    let criterion = |own: BenefitCriterionInput| {
        let BenefitCriterionInput { code, name, points, maximum_times } = own;
        GivenCriterion { code, name, points, maximum_times }
    };
    criteria.into_iter().map(criterion).collect()
}

/// A change of what is behind a scalar.
fn inner<T, U>(given: MaybeUndefined<T>, inner: impl FnOnce(T) -> U) -> Change<U> {
    optional(given.map_value(inner))
}

async fn add(ctx: &Context<'_>, input: AddBenefitMeasureInput) -> Result<BenefitMeasurePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let new = NewBenefitMeasure {
            service: input.service,
            name: input.name,
            kind: input.kind,
            act: input.act,
            fund: input.fund,
            period: (input.from.map(|day| day.0), input.to.map(|day| day.0)),
            budget: input.budget.map(|amount| amount.0),
            criteria: input.criteria,
            published: given(input.published_criteria.unwrap_or_default()),
        };
        measure::add(act.write(), &permit, new, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn update(ctx: &Context<'_>, input: UpdateBenefitMeasureInput) -> Result<BenefitMeasurePayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, found) = own((sight, viewer), &input.measure, "input.measure", |ambito, key| match key {
            Key::BenefitMeasure(id) => ambito.benefit_measure(id).map(|(_, measure)| measure),
            _ => None,
        })?;
        let change = BenefitMeasureChange {
            name: needed(input.name, "input.name")?,
            kind: needed(input.kind, "input.kind")?,
            act: optional(input.act),
            fund: optional(input.fund),
            from: inner(input.from, |day| day.0),
            to: inner(input.to, |day| day.0),
            budget: inner(input.budget, |amount| amount.0),
            criteria: optional(input.criteria),
            published: needed(input.published_criteria, "input.publishedCriteria")?.map(given),
        };
        let id = found.row.id;
        measure::update(act.write(), &permit, (id, input.expected_version), change, sight.book()).await?;
        Ok(id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn told(ctx: &Context<'_>, ended: Result<i64, Vec<super::UserError>>) -> Result<BenefitMeasurePayload> {
    let sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.benefit_measure(id).map(|(_, measure)| BenefitMeasure(measure.clone()))))
}
