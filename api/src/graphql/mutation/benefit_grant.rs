//! Benefits: granted, suspended, resumed, ended, revoked.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};

use super::benefit_application::{grants_benefits, measure_key, permit_of};
use super::master::missing;
use super::{BenefitGrantPayload, UserError, asker};
use crate::error::Result;
use crate::graphql::benefit_grant::BenefitGrant;
use crate::graphql::id::Key;
use crate::graphql::scalars::{Date, Euro, IstatCode};
use crate::graphql::sight::sight;
use crate::graphql::writing::Act;
use crate::store::benefit::change::{self, Step};
use crate::store::benefit::grant::{self, NewGrant, Recipient};
use crate::store::benefit::list::{self, Granted};
use crate::store::benefit::{Amount, find_application_by, find_grant_by};

/// A benefit to be granted (titolo sociale).
#[derive(InputObject)]
pub struct GrantBenefitInput {
    /// To whom (destinatario).
    pub recipient: BenefitRecipientInput,
    /// Kind of benefit, if at all exactly as the measure says it (tipologia).
    pub kind: Option<String>,
    /// The act that grants it (atto).
    pub act: Option<String>,
    /// The day it is granted, not after today; today where left out (data di concessione).
    pub granted_on: Option<Date>,
    /// First day, of the measure's period (dal).
    pub from: Date,
    /// Last day, of the measure's period (al).
    pub to: Date,
    /// How much (importo).
    pub amount: BenefitAmountInput,
}

/// Whom a benefit is granted to (destinatario): exactly one of these.
#[derive(OneofObject)]
pub enum BenefitRecipientInput {
    /// Whoever applied (domanda).
    Application(WaitingApplicationInput),
    /// A case that did not apply (caso).
    Case(BenefitCaseInput),
}

/// An application that is granted (domanda accolta).
#[derive(InputObject)]
pub struct WaitingApplicationInput {
    /// Identifier of the application, which waits (domanda).
    pub application: ID,
    /// The application's revision that this is based on (revisione attesa).
    pub expected_version: i32,
}

/// A case that did not apply (caso).
#[derive(InputObject)]
pub struct BenefitCaseInput {
    /// Identifier of the measure (misura).
    pub measure: ID,
    /// Comune of residence, a member of the Ambito on the first day (Comune di residenza).
    pub comune: IstatCode,
    /// Pseudonym of the case: never a tax code, a date of birth, a name or a telephone number (codice del caso).
    pub case: String,
}

/// How much is granted (importo): exactly one of these.
#[derive(OneofObject)]
pub enum BenefitAmountInput {
    /// So much for each calendar month from that of the first day to that of the last (importo mensile).
    Monthly(Euro),
    /// So much at once (importo unico).
    Single(Euro),
}

/// Declares the inputs of what is done to a benefit.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident { $(#[$on_from:meta])* from, $(#[$on_reason:meta])* reason: $reason:ty })*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Identifier of the benefit (titolo).
            pub grant: ID,
            /// The benefit's revision that this is based on (revisione attesa).
            pub expected_version: i32,
            $(#[$on_from])*
            pub from: Date,
            $(#[$on_reason])*
            pub reason: $reason,
        }
    )*};
}

steps! {
    /// A benefit that is not paid out for the time being (sospensione).
    SuspendBenefitInput {
        /// The first day of that, of the benefit's period (dal).
        from,
        /// Why; nothing that tells who it is (motivo).
        reason: String
    }
    /// A benefit that is paid out again (ripresa).
    ResumeBenefitInput {
        /// The first day of that, of the benefit's period and not before it was suspended (dal).
        from,
        /// Why; nothing that tells who it is (motivo).
        reason: Option<String>
    }
    /// A benefit that ends (cessazione).
    EndBenefitInput {
        /// The first day without it: of its period, or the day after (dal).
        from,
        /// Why; nothing that tells who it is (motivo).
        reason: String
    }
    /// A benefit that is taken back (revoca).
    RevokeBenefitInput {
        /// The first day without it: of its period, or the day after (dal).
        from,
        /// Why; nothing that tells who it is (motivo).
        reason: String
    }
}

#[derive(Default)]
pub(super) struct BenefitGrantMutation;

#[Object]
impl BenefitGrantMutation {
    /// Grants a benefit, within what the measure's budget has left (concede un titolo sociale). By the managing body.
    async fn grant_benefit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The benefit, and to whom (titolo).")] input: GrantBenefitInput,
    ) -> Option<Result<BenefitGrantPayload>> {
        Some(grant(ctx, input).await)
    }

    /// Suspends a benefit (sospende un titolo): the months that it is suspended whole are not due; what they take of the budget is free once it ends. By the managing body.
    async fn suspend_benefit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which benefit, from when, and why (titolo).")] input: SuspendBenefitInput,
    ) -> Option<Result<BenefitGrantPayload>> {
        let SuspendBenefitInput { grant, expected_version, from, reason } = input;
        Some(step(ctx, (&grant, expected_version), (Step::Suspend, from, Some(reason))).await)
    }

    /// Resumes a benefit that was suspended (riprende un titolo sospeso). By the managing body.
    async fn resume_benefit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which benefit, and from when (titolo).")] input: ResumeBenefitInput,
    ) -> Option<Result<BenefitGrantPayload>> {
        let ResumeBenefitInput { grant, expected_version, from, reason } = input;
        Some(step(ctx, (&grant, expected_version), (Step::Resume, from, reason)).await)
    }

    /// Ends a benefit (fa cessare un titolo): the months that have not begun by the day are free again; a single amount stays, once its first day has come. By the managing body.
    async fn end_benefit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which benefit, from when, and why (titolo).")] input: EndBenefitInput,
    ) -> Option<Result<BenefitGrantPayload>> {
        let EndBenefitInput { grant, expected_version, from, reason } = input;
        Some(step(ctx, (&grant, expected_version), (Step::End, from, Some(reason))).await)
    }

    /// Takes a benefit back (revoca un titolo): the months from that of the day on are free again, a single amount whole. By the managing body.
    async fn revoke_benefit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which benefit, from when, and why (titolo).")] input: RevokeBenefitInput,
    ) -> Option<Result<BenefitGrantPayload>> {
        let RevokeBenefitInput { grant, expected_version, from, reason } = input;
        Some(step(ctx, (&grant, expected_version), (Step::Revoke, from, Some(reason))).await)
    }
}

async fn grant(ctx: &Context<'_>, input: GrantBenefitInput) -> Result<BenefitGrantPayload> {
    let (sight, viewer) = asker(ctx, grants_benefits)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, recipient) = match input.recipient {
            BenefitRecipientInput::Application(WaitingApplicationInput { application, expected_version }) => {
                let argument = "input.recipient.application.application";
                let Some(Key::BenefitApplication(number)) = Key::read(&application) else {
                    return Err(missing(argument));
                };
                let (id, measure) = find_application_by(act.write(), number).await?.ok_or_else(|| missing(argument))?;
                let permit = permit_of((sight, viewer), Some(measure), argument)?;
                (permit, Recipient::Application(id, expected_version))
            }
            BenefitRecipientInput::Case(BenefitCaseInput { measure, comune, case }) => {
                let argument = "input.recipient.case.measure";
                let measure = measure_key(&measure).ok_or_else(|| missing(argument))?;
                let permit = permit_of((sight, viewer), Some(measure), argument)?;
                (permit, Recipient::Case { measure, comune: comune.0, case })
            }
        };
        let amount = match input.amount {
            BenefitAmountInput::Monthly(amount) => Amount::Monthly(amount.0),
            BenefitAmountInput::Single(amount) => Amount::Single(amount.0),
        };
        let new = NewGrant {
            recipient,
            kind: input.kind,
            act: input.act,
            granted_on: input.granted_on.map(|day| day.0),
            recorded_on: None,
            starts_on: input.from.0,
            ends_on: input.to.0,
            amount,
        };
        let id = grant::grant(act.write(), &permit, new, sight.book()).await?;
        list::grant(act.write().tx(), id).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

async fn step(
    ctx: &Context<'_>,
    (grant, expected): (&ID, i32),
    (step, from, reason): (Step, Date, Option<String>),
) -> Result<BenefitGrantPayload> {
    let (sight, viewer) = asker(ctx, grants_benefits)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let argument = "input.grant";
        let Some(Key::BenefitGrant(number)) = Key::read(grant) else { return Err(missing(argument)) };
        let (id, measure) = find_grant_by(act.write(), number).await?.ok_or_else(|| missing(argument))?;
        let permit = permit_of((sight, viewer), Some(measure), argument)?;
        let what = (step, from.0, reason);
        change::change(act.write(), &permit, (id, expected), what, sight.book()).await?;
        list::grant(act.write().tx(), id).await
    };
    let done = done.await;
    told(ctx, act.end(done).await?)
}

/// The benefit as the request sees it now, or why it was refused.
fn told(ctx: &Context<'_>, ended: std::result::Result<Granted, Vec<UserError>>) -> Result<BenefitGrantPayload> {
    let sight = sight(ctx)?;
    Ok(match ended {
        Ok(granted) => Ok(Some(BenefitGrant::new(sight, &granted)?)),
        Err(errors) => Err(errors),
    }
    .into())
}
