//! A plan's verification as it is published.

use async_graphql::{Enum, SimpleObject};

use super::batch::Batch;
use super::comune::Comune;
use super::fund::Fund;
use super::language::Language;
use super::scalars::Euro;
use super::service::Service;
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::plan::PlanBook;
use crate::store::verification::{Failure, Verification, What, verify};

/// A plan's stored figures, read anew and computed again (verifica).
#[derive(SimpleObject)]
pub struct PlanVerification {
    /// Whether every stored figure is what its inputs give, and the digest is the one recorded at approval (esito).
    pub holds: bool,
    /// Digest of what is stored now; none where its rows do not fit together (impronta attuale).
    pub digest: Option<String>,
    /// Digest recorded at approval, or else at the proposal; none before it (impronta registrata).
    pub recorded_digest: Option<String>,
    /// Every figure that is not what it should be (difformità).
    pub failures: Vec<VerificationFailure>,
}

/// A stored figure that is not what it should be (difformità).
#[derive(SimpleObject)]
pub struct VerificationFailure {
    /// The service whose budget fails; none where it is the plan as a whole (servizio).
    pub service: Option<Service>,
    /// Which figure (dato).
    pub kind: VerificationFailureKind,
    /// The comune, where it is a quota (Comune).
    pub comune: Option<Comune>,
    /// The fund, where it is a funding (fondo).
    pub fund: Option<Fund>,
    /// What is stored; none where nothing is (registrato).
    pub stored: Option<Euro>,
    /// What the inputs give; none where they give nothing (ricalcolato).
    pub computed: Option<Euro>,
    /// The same in one sentence (descrizione).
    pub message: String,
}

/// Which figure of a plan fails (dato difforme). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum VerificationFailureKind {
    /// A quota (quota).
    Quota,
    /// What a fund covers (copertura).
    Funding,
    /// The municipal share (quota dei Comuni).
    MunicipalShare,
    /// The residue (residuo).
    Residue,
    /// The budget is not the sum of its lines, or a line's VAT is not what its rate gives (voci di costo).
    Lines,
    /// The inputs cannot be computed, or do not fit together (dati di ingresso).
    Inputs,
    /// The percentages of the instalments do not add up to 100 (rate).
    Instalments,
    /// What is stored is not what was approved or proposed (impronta).
    Digest,
    /// The plan was approved, and its row says otherwise (stato).
    Status,
}

/// The verifications of one request. Plans that are asked for together are read together.
#[derive(Default)]
pub(super) struct Verifications(Batch<i64, Verification>);

impl Verifications {
    /// The verification of a plan, by its row id.
    pub(super) async fn of(&self, store: &Store, plan: i64) -> Result<Verification> {
        let found = self.0.of(plan, |asked| async move { verify(store, &asked).await }).await?;
        found.ok_or_else(|| Error::not_found("plan", &plan.to_string()))
    }
}

impl PlanVerification {
    pub(super) fn new(sight: &Sight, plan: &PlanBook, result: Verification) -> Result<Self> {
        Ok(Self {
            holds: result.failures.is_empty(),
            failures: result.failures.iter().map(|failure| publish(sight, plan, failure)).collect::<Result<_>>()?,
            digest: result.digest,
            recorded_digest: result.recorded,
        })
    }
}

fn publish(sight: &Sight, plan: &PlanBook, failure: &Failure) -> Result<VerificationFailure> {
    let ambito = sight.ambito(plan.row.ambito_id).ok_or_else(|| Error::broken("ambito of plan", plan.row.id))?;
    let service = failure.service.as_deref().and_then(|code| ambito.service(code));
    let (kind, comune, fund) = match &failure.what {
        What::Quota(comune) => (VerificationFailureKind::Quota, sight.book().comune_by_istat(*comune), None),
        What::Funding(code) => {
            (VerificationFailureKind::Funding, None, ambito.funds.iter().find(|fund| fund.code == *code))
        }
        What::MunicipalShare => (VerificationFailureKind::MunicipalShare, None, None),
        What::Residue => (VerificationFailureKind::Residue, None, None),
        What::Lines => (VerificationFailureKind::Lines, None, None),
        What::Inputs => (VerificationFailureKind::Inputs, None, None),
        What::Instalments => (VerificationFailureKind::Instalments, None, None),
        What::Digest => (VerificationFailureKind::Digest, None, None),
        What::Status => (VerificationFailureKind::Status, None, None),
    };
    let of = comune.map(|comune| comune.row.name.as_str()).or(fund.map(|fund| fund.code.as_str()));
    Ok(VerificationFailure {
        message: message(failure, kind, of, sight.language()),
        service: service.map(|service| Service(service.clone())),
        kind,
        comune: comune.map(|comune| Comune(comune.clone())),
        fund: fund.map(|fund| Fund(fund.clone())),
        stored: failure.stored.map(Euro),
        computed: failure.computed.map(Euro),
    })
}

fn message(failure: &Failure, kind: VerificationFailureKind, of: Option<&str>, language: Language) -> String {
    let what = match kind {
        VerificationFailureKind::Quota => language.choose("quota", "quota"),
        VerificationFailureKind::Funding => language.choose("copertura", "funding"),
        VerificationFailureKind::MunicipalShare => language.choose("quota dei Comuni", "municipal share"),
        VerificationFailureKind::Residue => language.choose("residuo", "residue"),
        VerificationFailureKind::Lines => {
            language.choose("importo rispetto alle voci di costo", "amount against its lines")
        }
        VerificationFailureKind::Inputs => {
            language.choose("dati di ingresso non calcolabili", "inputs that cannot be computed")
        }
        VerificationFailureKind::Instalments => {
            language.choose("le rate non danno 100 per cento", "the instalments do not add up to 100 percent")
        }
        VerificationFailureKind::Digest => language
            .choose("i dati non sono quelli approvati o proposti", "the data are not what was approved or proposed"),
        VerificationFailureKind::Status => {
            language.choose("il piano risulta approvato", "the trail says that the plan was approved")
        }
    };
    let of = of.map(|of| format!(" ({of})")).unwrap_or_default();
    let subject = failure.service.as_deref().unwrap_or(language.choose("Piano", "Plan"));
    if failure.stored.is_none() && failure.computed.is_none() {
        return format!("{subject}: {what}.");
    }
    let none = language.choose("nessuno", "none");
    let euro = |amount: Option<allocation::Cents>| amount.map_or_else(|| none.to_owned(), |amount| amount.to_string());
    let (stored, computed) = (euro(failure.stored), euro(failure.computed));
    language.choose(
        format!("{subject}: {what}{of}: registrato {stored}, ricalcolato {computed}."),
        format!("{subject}: {what}{of}: stored {stored}, computed {computed}."),
    )
}
