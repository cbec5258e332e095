//! Agreements: added, amended, renewed, and how far their milestones have come.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use entity::kinds::VersionKind;

use super::master::{keeps_master, optional, own, payload, permit_by_code};
use super::{AgreementPayload, UserError, asker};
use crate::error::Result;
use crate::graphql::agreement::Agreement;
use crate::graphql::agreement_input::AgreementTermsInput;
use crate::graphql::enums::AgreementKind;
use crate::graphql::id::Key;
use crate::graphql::scalars::{Date, IstatCode};
use crate::graphql::sight::{Sight, sight};
use crate::graphql::writing::Act;
use crate::store::agreement::given::GivenAgreement;
use crate::store::agreement::progress::{self, Reported};
use crate::store::agreement::write;
use crate::store::change::Change;
use crate::store::master::AmbitoBook;

/// An agreement to be (accordo).
#[derive(InputObject)]
pub struct AddAgreementInput {
    /// Code of the Ambito (codice dell'Ambito).
    pub ambito: String,
    /// Code, unique in the Ambito and never changed (codice): upper-case letters, digits, `-` and `_`.
    pub code: String,
    /// What it is (tipo di accordo).
    pub kind: AgreementKind,
    /// The comune that grants it; none where the managing body does (Comune concedente).
    pub grantor_comune: Option<IstatCode>,
    /// What is agreed (contenuto dell'accordo).
    pub terms: AgreementTermsInput,
}

/// A version that follows another (nuovo testo).
macro_rules! versions {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Identifier of the agreement (accordo).
            pub agreement: ID,
            /// Number of the latest version that this is based on (versione attesa).
            pub expected_version: i32,
            /// What is agreed from then on, whole (contenuto dell'accordo).
            pub terms: AgreementTermsInput,
        }
    )*};
}

versions! {
    /// A change of an agreement (modifica dell'accordo): of the period that `startsOn` names, also where a renewal for a coming one is there, from a later day than that is in force from.
    AmendAgreementInput;
    /// A further period of an agreement (rinnovo dell'accordo), which begins after all that it has.
    RenewAgreementInput;
}

/// How far a milestone has come (avanzamento della tappa): what is left out stays, and what is `null` is emptied.
#[derive(InputObject)]
pub struct ReportMilestoneInput {
    /// Identifier of the agreement (accordo).
    pub agreement: ID,
    /// Code of the milestone, of any of its versions (codice della tappa).
    pub milestone: String,
    /// The milestone's revision that this is based on; 0 or left out where nothing was reported yet (revisione attesa).
    pub expected_version: Option<i32>,
    /// The day it began, not after today (avviata il).
    pub started_on: MaybeUndefined<Date>,
    /// The day it was done, not after today (conclusa il).
    pub done_on: MaybeUndefined<Date>,
    /// A note (nota).
    pub note: MaybeUndefined<String>,
}

#[derive(Default)]
pub(super) struct AgreementMutation;

#[Object]
impl AgreementMutation {
    /// Adds an agreement with its first version (aggiunge un accordo). By the managing body.
    async fn add_agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agreement (accordo).")] input: AddAgreementInput,
    ) -> Option<Result<AgreementPayload>> {
        Some(add(ctx, input).await)
    }

    /// Changes what is agreed from a day on (modifica un accordo); the version before stays readable as of its day. By the managing body.
    async fn amend_agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is agreed from then on, and in which agreement (modifica).")] input: AmendAgreementInput,
    ) -> Option<Result<AgreementPayload>> {
        let AmendAgreementInput { agreement, expected_version, terms } = input;
        Some(follow(ctx, (&agreement, expected_version), terms, VersionKind::Amendment).await)
    }

    /// Renews an agreement for a further period (rinnova un accordo). By the managing body.
    async fn renew_agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is agreed for the period, and in which agreement (rinnovo).")]
        input: RenewAgreementInput,
    ) -> Option<Result<AgreementPayload>> {
        let RenewAgreementInput { agreement, expected_version, terms } = input;
        Some(follow(ctx, (&agreement, expected_version), terms, VersionKind::Renewal).await)
    }

    /// Says how far a milestone has come (aggiorna una tappa). By the managing body.
    async fn report_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone, and when it began and was done (avanzamento).")] input: ReportMilestoneInput,
    ) -> Option<Result<AgreementPayload>> {
        Some(report(ctx, input).await)
    }
}

/// The agreement that a key names.
fn find(ambito: &AmbitoBook, key: Key) -> Option<&i64> {
    ambito.agreements.iter().map(|agreement| &agreement.row.id).find(|id| key == Key::Agreement(**id))
}

async fn add(ctx: &Context<'_>, input: AddAgreementInput) -> Result<AgreementPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let permit = permit_by_code(sight, viewer, &input.ambito)?;
        let grantor = input.grantor_comune.map(|code| code.0);
        let (kind, terms) = (input.kind.into(), input.terms.given()?);
        let given = GivenAgreement { code: input.code, kind, grantor, terms };
        write::add(act.write(), &permit, given, sight.book()).await
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn follow(
    ctx: &Context<'_>,
    (agreement, expected): (&ID, i32),
    terms: AgreementTermsInput,
    kind: VersionKind,
) -> Result<AgreementPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = own((sight, viewer), agreement, "input.agreement", find)?;
        let (expected, given, book) = ((*id, expected), terms.given()?, sight.book());
        match kind {
            VersionKind::Renewal => write::renew(act.write(), &permit, expected, given, book).await?,
            _ => write::amend(act.write(), &permit, expected, given, book).await?,
        }
        Ok(*id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

async fn report(ctx: &Context<'_>, input: ReportMilestoneInput) -> Result<AgreementPayload> {
    let (sight, viewer) = asker(ctx, keeps_master)?;
    let act = Act::begin(ctx).await?;
    let done = async {
        let (permit, id) = own((sight, viewer), &input.agreement, "input.agreement", find)?;
        let reported = Reported {
            milestone: input.milestone,
            revision: input.expected_version.unwrap_or(0),
            started_on: day(input.started_on),
            done_on: day(input.done_on),
            note: optional(input.note),
        };
        progress::report(act.write(), &permit, *id, reported, sight.book()).await?;
        Ok(*id)
    };
    let done = done.await;
    let ended = act.end(done).await?;
    told(ctx, ended)
}

fn day(given: MaybeUndefined<Date>) -> Change<chrono::NaiveDate> {
    optional(given.map_value(|day| day.0))
}

fn told(ctx: &Context<'_>, ended: std::result::Result<i64, Vec<UserError>>) -> Result<AgreementPayload> {
    let sight: &Sight = sight(ctx)?;
    Ok(payload(ended, |id| sight.agreement(id).map(|agreement| Agreement(agreement.clone()))))
}
