//! Applications for benefits: recorded, withdrawn, rejected.

use async_graphql::{Context, ID, InputObject, Object};

use super::master::missing;
use super::{BenefitApplicationPayload, UserError, asker};
use crate::auth::BenefitPermit;
use crate::auth::viewer::{Role, Viewer};
use crate::error::Result;
use crate::graphql::benefit_application::BenefitApplication;
use crate::graphql::id::Key;
use crate::graphql::scalars::{Date, IstatCode};
use crate::graphql::sight::{Sight, sight};
use crate::graphql::writing::Act;
use crate::store::benefit::application::{self, Closing, NewApplication};
use crate::store::benefit::find_application_by;
use crate::store::benefit::list::{self, Applied};

/// An application to be recorded (domanda).
#[derive(InputObject)]
pub struct RecordBenefitApplicationInput {
    /// Identifier of the measure (misura).
    pub measure: ID,
    /// Comune of residence, a member of the Ambito on the day (Comune di residenza).
    pub comune: IstatCode,
    /// Pseudonym of the case: never a tax code, a date of birth, a name or a telephone number (codice del caso).
    pub case: String,
    /// The day of the application, of the measure's period and not after today (data della domanda).
    pub applied_on: Date,
    /// The published criteria that apply, each once (punteggi).
    pub scores: Vec<BenefitScoreInput>,
}

/// How often a criterion applies (punteggio).
#[derive(InputObject)]
pub struct BenefitScoreInput {
    /// Code of the criterion (criterio).
    pub criterion: String,
    /// How often it applies; not more often than it counts (volte).
    #[graphql(default = 1)]
    pub times: i32,
}

/// An application that its applicant takes back (ritiro della domanda).
#[derive(InputObject)]
pub struct WithdrawBenefitApplicationInput {
    /// Identifier of the application (domanda).
    pub application: ID,
    /// The application's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Why; nothing that tells who it is (motivo).
    pub reason: String,
}

/// An application that is turned down (rigetto della domanda).
#[derive(InputObject)]
pub struct RejectBenefitApplicationInput {
    /// Identifier of the application (domanda).
    pub application: ID,
    /// The application's revision that this is based on (revisione attesa).
    pub expected_version: i32,
    /// Why; nothing that tells who it is (motivo).
    pub reason: String,
}

#[derive(Default)]
pub(super) struct BenefitApplicationMutation;

#[Object]
impl BenefitApplicationMutation {
    /// Records an application for a benefit, with the points that the measure's criteria give (registra una domanda). By the managing body.
    async fn record_benefit_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (domanda).")] input: RecordBenefitApplicationInput,
    ) -> Option<Result<BenefitApplicationPayload>> {
        Some(record(ctx, input).await)
    }

    /// Withdraws an application that waits (ritira una domanda). By the managing body.
    async fn withdraw_benefit_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which application, and why (domanda).")] input: WithdrawBenefitApplicationInput,
    ) -> Option<Result<BenefitApplicationPayload>> {
        let WithdrawBenefitApplicationInput { application, expected_version, reason } = input;
        Some(close(ctx, (&application, expected_version), (Closing::Withdraw, reason)).await)
    }

    /// Rejects an application that waits (respinge una domanda). By the managing body.
    async fn reject_benefit_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which application, and why (domanda).")] input: RejectBenefitApplicationInput,
    ) -> Option<Result<BenefitApplicationPayload>> {
        let RejectBenefitApplicationInput { application, expected_version, reason } = input;
        Some(close(ctx, (&application, expected_version), (Closing::Reject, reason)).await)
    }
}

/// Whether somebody grants the benefits of some Ambito.
pub(super) fn grants_benefits(viewer: &Viewer) -> bool {
    viewer.standing.role == Role::Azienda
}

/// The right to grant what a measure grants, by the measure's row id. One of an Ambito that is not the asker's is not there.
pub(super) fn permit_of(
    (sight, viewer): (&Sight, &Viewer),
    measure: Option<i64>,
    argument: &str,
) -> Result<BenefitPermit> {
    let found = measure.and_then(|id| sight.benefit_measure(id));
    let (ambito, _) = found.ok_or_else(|| missing(argument))?;
    viewer.grant_benefits(ambito.row.id).ok_or_else(|| missing(argument))
}

/// The row id of a measure that an identifier names.
pub(super) fn measure_key(id: &ID) -> Option<i64> {
    match Key::read(id) {
        Some(Key::BenefitMeasure(id)) => Some(id),
        _ => None,
    }
}

async fn record(ctx: &Context<'_>, input: RecordBenefitApplicationInput) -> Result<BenefitApplicationPayload> {
    let (sight, viewer) = asker(ctx, grants_benefits)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let measure = measure_key(&input.measure).ok_or_else(|| missing("input.measure"))?;
        let permit = permit_of((sight, viewer), Some(measure), "input.measure")?;
        let new = NewApplication {
            measure,
            comune: input.comune.0,
            case: input.case,
            applied_on: input.applied_on.0,
            scores: input.scores.into_iter().map(|score| (score.criterion, score.times)).collect(),
        };
        let id = application::record(act.write(), &permit, new, sight.book()).await?;
        list::application(act.write().tx(), id).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

async fn close(
    ctx: &Context<'_>,
    (application, expected): (&ID, i32),
    closing: (Closing, String),
) -> Result<BenefitApplicationPayload> {
    let (sight, viewer) = asker(ctx, grants_benefits)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let argument = "input.application";
        let Some(Key::BenefitApplication(number)) = Key::read(application) else { return Err(missing(argument)) };
        let (id, measure) = find_application_by(act.write(), number).await?.ok_or_else(|| missing(argument))?;
        let permit = permit_of((sight, viewer), Some(measure), argument)?;
        application::close(act.write(), &permit, (id, expected), closing, sight.book()).await?;
        list::application(act.write().tx(), id).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

/// The application as the request sees it now, or why it was refused.
fn told(ctx: &Context<'_>, ended: std::result::Result<Applied, Vec<UserError>>) -> Result<BenefitApplicationPayload> {
    let sight = sight(ctx)?;
    Ok(match ended {
        Ok(applied) => Ok(Some(BenefitApplication::new(sight, &applied)?)),
        Err(errors) => Err(errors),
    }
    .into())
}
