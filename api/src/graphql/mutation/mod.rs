//! What writes: one field an act, each with one `input` and a payload of what was written and of why not.
//!
//! A refusal of the domain is data of the payload; who may not act at all, and faults, are errors. The transaction is that of `writing.rs`.

pub mod activity;
pub mod agreement;
pub mod ambito;
pub mod benefit_application;
pub mod benefit_grant;
pub mod benefit_measure;
pub mod body;
pub mod comune;
pub mod decision;
pub mod draft;
pub mod expense;
pub mod expense_report;
pub mod expense_review;
pub mod fund;
pub mod indicator;
mod master;
pub mod measure;
pub mod measurement;
pub mod membership;
pub mod monitoring;
pub mod partner;
pub mod payment;
pub mod programme;
pub mod project;
pub mod resolution;
pub mod service;
pub mod work_plan;

use async_graphql::{Context, Enum, ID, MergedObject, SimpleObject};

use super::agreement::Agreement;
use super::ambito::Ambito;
use super::benefit_application::BenefitApplication;
use super::benefit_grant::BenefitGrant;
use super::benefit_measure::BenefitMeasure;
use super::body::{BodyMeeting, GoverningBody};
use super::comune::Comune;
use super::expense_report::ExpenseReport;
use super::fund::{Fund, Measure, Measurement};
use super::id::Key;
use super::indicator::{Indicator, IndicatorReading};
use super::language::Language;
use super::membership::Membership;
use super::monitoring_report::{MonitoringField, MonitoringReport};
use super::partner::Partner;
use super::payment::Payment;
use super::plan::Plan;
use super::programme::{Programme, Resolution};
use super::project::{Project, ProjectExpense};
use super::scalars::IstatCode;
use super::service::Service;
use super::sight::{Sight, sight};
use super::work_plan::WorkPlan;
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::plan::PlanBook;

/// What can be written (modifiche). Every request needs the header `Idempotency-Key`; the same request under the same key has one effect and one
/// answer. All that a request writes is written whole or not at all.
#[derive(Default, MergedObject)]
pub struct Mutation(
    draft::DraftMutation,
    decision::DecisionMutation,
    resolution::ResolutionMutation,
    payment::PaymentMutation,
    activity::ActivityMutation,
    ambito::AmbitoMutation,
    comune::ComuneMutation,
    membership::MembershipMutation,
    service::ServiceMutation,
    fund::FundMutation,
    partner::PartnerMutation,
    agreement::AgreementMutation,
    programme::ProgrammeMutation,
    measure::MeasureMutation,
    measurement::MeasurementMutation,
    expense_report::ExpenseReportMutation,
    expense::ExpenseMutation,
    expense_review::ExpenseReviewMutation,
    benefit_measure::BenefitMeasureMutation,
    benefit_application::BenefitApplicationMutation,
    benefit_grant::BenefitGrantMutation,
    indicator::IndicatorMutation,
    monitoring::MonitoringMutation,
    body::BodyMutation,
    project::ProjectMutation,
    work_plan::WorkPlanMutation,
);

/// Declares the codes of refusals, each with that of [`Code`] that it publishes.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Why an act was refused (codice di errore). This list may grow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl From<Code> for ErrorCode {
            fn from(code: Code) -> Self {
                match code {
                    $(Code::$name => Self::$name,)*
                    _ => Self::Invalid,
                }
            }
        }
    };
}

error_codes! {
    /// A value is not allowed (valore non ammesso).
    Invalid,
    /// What was named is not there (non trovato).
    NotFound,
    /// It is not allowed (non consentito).
    Forbidden,
    /// It was changed in the meantime: `expectedVersion` is not its revision (modificato nel frattempo).
    VersionConflict,
    /// An approved plan never changes (piano approvato).
    PlanImmutable,
    /// The plan's sums do not hold (conti che non quadrano).
    PlanUnbalanced,
    /// The plan cannot move from the status that it has (passaggio non ammesso).
    IllegalTransition,
    /// A resolution of the Ambito is needed (serve la deliberazione).
    ResolutionRequired,
    /// Who proposed a plan may not approve it (stessa persona).
    SamePerson,
    /// There is nothing to share by (manca la base di riparto).
    NoBasis,
    /// Minimums and maximums leave no solution (minimi e massimi incompatibili).
    InfeasibleBounds,
    /// The funding is above the budget (coperture oltre il budget).
    FundingExceedsBudget,
    /// It exists already, or was given twice (duplicato).
    Duplicate,
    /// A number is too large (numero troppo grande).
    Overflow,
    /// The plan has no budget (nessun budget).
    NoBudget,
    /// A service has no rule (manca il criterio).
    NoRule,
    /// Nobody takes part in a service (nessuna adesione).
    NoParticipants,
    /// A comune is not a member of the Ambito in the year (Comune non aderente).
    NotAMember,
    /// The instalments do not add up to 100 percent (rate che non sommano a 100).
    InstalmentsUnbalanced,
    /// Net, VAT and gross do not fit together at the rate (IVA che non torna).
    VatMismatch,
    /// A day lies outside the period that it belongs to (fuori periodo).
    OutsidePeriod,
    /// It is no part of the agreement (estraneo alla convenzione).
    OutsideAgreement,
    /// It is more than the line of the agreement has left (oltre la voce).
    AboveLine,
    /// A cost needs its document (manca il documento).
    DocumentRequired,
    /// The document was used for another cost already (documento già utilizzato).
    DocumentUsed,
    /// Two versions of an agreement would overlap (versioni sovrapposte).
    VersionsOverlap,
    /// It is more than the measure of benefits has left (oltre lo stanziamento).
    BeyondBudget,
    /// A pseudonym looks like personal data, or a text holds some (dato personale).
    PersonalData,
    /// It is no mission and programme of D.Lgs. 118/2011 (missione e programma sconosciuti).
    UnknownMission,
    /// A budget is below what agreements commit (sotto gli impegni delle convenzioni).
    BelowCommitments,
}

/// Why an act was refused, or what stands in a plan's way (errore).
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What kind of refusal (codice).
    pub code: ErrorCode,
    /// In a sentence, in the language of the request (messaggio).
    pub message: String,
    /// What it is about: the way to an input, or to a part of the plan (percorso).
    pub path: Option<Vec<String>>,
    /// Code of the service that it is about (servizio).
    pub service: Option<String>,
    /// The comune that it is about (Comune).
    pub comune: Option<IstatCode>,
}

impl UserError {
    /// A refusal as it is published.
    pub(super) fn new(refusal: &Refusal, language: Language) -> Self {
        let comune = refusal.comune.as_deref().and_then(|code| allocation::IstatCode::parse(code).ok());
        Self {
            code: refusal.code.into(),
            message: refusal.message.in_language(language).to_owned(),
            path: refusal.argument.as_ref().map(|path| path.split('.').map(str::to_owned).collect()),
            service: refusal.service.clone(),
            comune: comune.map(IstatCode),
        }
    }
}

/// Declares payloads: what was written, and why not.
macro_rules! payloads {
    ($($name:ident { $thing:ident: $ty:ty }, $of:literal;)*) => {$(
        #[doc = concat!("What became of an act on ", $of, ".")]
        #[derive(SimpleObject)]
        pub struct $name {
            /// As it stands now; none where the act was refused, and where it is not for the asker any more (risultato).
            pub $thing: Option<$ty>,
            /// Why it was refused; empty where it was done (errori).
            pub errors: Vec<UserError>,
        }

        impl From<std::result::Result<Option<$ty>, Vec<UserError>>> for $name {
            fn from(done: std::result::Result<Option<$ty>, Vec<UserError>>) -> Self {
                match done {
                    Ok($thing) => Self { $thing, errors: Vec::new() },
                    Err(errors) => Self { $thing: None, errors },
                }
            }
        }
    )*};
}

payloads! {
    PlanPayload { plan: Plan }, "a plan (piano)";
    PaymentPayload { payment: Payment }, "a payment (pagamento)";
    ResolutionPayload { resolution: Resolution }, "a resolution (deliberazione)";
    AmbitoPayload { ambito: Ambito }, "an Ambito (Ambito)";
    ComunePayload { comune: Comune }, "a comune (Comune)";
    MembershipPayload { membership: Membership }, "a membership (adesione)";
    ExpenseReportPayload { report: ExpenseReport }, "a report of expenses (rendicontazione)";
    ServicePayload { service: Service }, "a service (servizio)";
    FundPayload { fund: Fund }, "a fund (fondo)";
    PartnerPayload { partner: Partner }, "a partner (partner)";
    AgreementPayload { agreement: Agreement }, "an agreement (accordo)";
    ProgrammePayload { programme: Programme }, "a programme (piano di programma)";
    MeasurePayload { measure: Measure }, "a measure (misura)";
    BenefitMeasurePayload { benefit_measure: BenefitMeasure }, "a measure of benefits (misura di titoli sociali)";
    BenefitApplicationPayload { application: BenefitApplication }, "an application for a benefit (domanda)";
    BenefitGrantPayload { grant: BenefitGrant }, "a benefit (titolo sociale)";
    IndicatorPayload { indicator: Indicator }, "an indicator (indicatore)";
    IndicatorReadingPayload { reading: IndicatorReading }, "a reading of an indicator (rilevazione)";
    MonitoringFieldPayload { field: MonitoringField }, "a field of monitoring (campo del monitoraggio)";
    MonitoringReportPayload { report: MonitoringReport }, "a monitoring report (relazione di monitoraggio)";
    GoverningBodyPayload { body: GoverningBody }, "a governing body (organismo di governo)";
    BodyMeetingPayload { meeting: BodyMeeting }, "a meeting of a governing body (riunione)";
    ProjectPayload { project: Project }, "a project (progetto)";
    WorkPlanPayload { work_plan: WorkPlan }, "a work plan (piano di lavoro)";
    ProjectExpensePayload { expense: ProjectExpense }, "an expense of a project (spesa del progetto)";
    MeasurementsPayload { measurements: Vec<Measurement> }, "measurements (rilevazioni)";
}

/// What is told of an act on a plan: the plan as the request sees it now, or why not. Who has sent one back does not see it as a draft.
fn told(ctx: &Context<'_>, ended: std::result::Result<i64, Vec<UserError>>) -> Result<PlanPayload> {
    let sight = sight(ctx)?;
    Ok(ended.map(|id| sight.plan(id).map(|plan| Plan(plan.clone()))).into())
}

/// The plan that an identifier names; another than a plan that the asker sees is not there.
fn find_plan<'a>(sight: &'a Sight, id: &ID) -> Result<&'a PlanBook> {
    let found = match Key::read(id) {
        Some(Key::Plan(id)) => sight.plan(id),
        _ => None,
    };
    found.map(|plan| &**plan).ok_or_else(|| Refusal::new(Code::NotFound).argument("input.plan").into())
}

/// Who asks, once some role of it could act so anywhere; who never may is refused before anything is looked at.
fn asker<'a>(ctx: &Context<'a>, may: impl Fn(&Viewer) -> bool) -> Result<(&'a Sight, &'a Viewer)> {
    let sight = sight(ctx)?;
    let viewer = &sight.own().viewer;
    if may(viewer) { Ok((sight, viewer)) } else { Err(Error::Forbidden) }
}
