//! Permits: values that stand for a right. Functions of the store that need a right take one, so a call without it does not compile.
//!
//! A permit has no public constructor but through a [`Standing`] that holds the right, or through [`Operator`], who has the machine itself.

mod benefit;

use std::collections::BTreeSet;
use std::sync::Arc;

use entity::kinds::PlanStatus;

use super::viewer::{Role, Scope, Standing, Viewer};
pub use benefit::{BenefitPermit, ReadBenefitsPermit};

/// The person at the machine: whoever can start the program with the database's address needs no token.
#[derive(Clone, Debug)]
pub struct Operator {
    actor: Arc<str>,
}

impl Operator {
    /// For the command line only. `actor` is what the audit trail calls it.
    pub fn at_the_machine(actor: &str) -> Self {
        Self { actor: format!("operator:{actor}").into() }
    }

    /// May load master data and draft plans.
    pub fn import(&self) -> ImportPermit {
        ImportPermit { actor: self.actor.clone() }
    }

    /// May make and revoke clients.
    pub fn clients(&self) -> ClientPermit {
        ClientPermit { actor: self.actor.clone() }
    }

    /// May record payments.
    pub fn payments(&self) -> PaymentPermit {
        PaymentPermit { actor: self.actor.clone(), ambito: None }
    }

    /// May take in what was delivered, in any Ambito.
    pub fn activity(&self) -> ActivityPermit {
        ActivityPermit { actor: self.actor.clone(), ambito: None }
    }

    /// May add Ambiti and comuni.
    pub fn register(&self) -> RegistryPermit {
        RegistryPermit { actor: self.actor.clone() }
    }

    /// May change what is said of an Ambito, and which comuni are its members.
    pub fn keep_ambito(&self, ambito: i64) -> AmbitoPermit {
        AmbitoPermit { actor: self.actor.clone(), ambito }
    }

    /// May keep the master data of an Ambito, its partners and agreements among them.
    pub fn keep_master(&self, ambito: i64) -> MasterPermit {
        MasterPermit { actor: self.actor.clone(), ambito }
    }

    /// May record that the managing body proposed a plan.
    pub fn propose(&self, proposer: &str) -> ProposePermit {
        ProposePermit { actor: format!("{}/{proposer}", self.actor).into(), ambito: None }
    }

    /// May record that the assembly approved a plan.
    pub fn approve(&self, approver: &str) -> ApprovePermit {
        ApprovePermit { actor: format!("{}/{approver}", self.actor).into(), ambito: None }
    }
}

/// The right to load master data and draft plans.
#[derive(Clone, Debug)]
pub struct ImportPermit {
    actor: Arc<str>,
}

/// The right to make and revoke clients.
#[derive(Clone, Debug)]
pub struct ClientPermit {
    actor: Arc<str>,
}

/// The right to add Ambiti and comuni.
#[derive(Clone, Debug)]
pub struct RegistryPermit {
    actor: Arc<str>,
}

/// The right to change what is said of one Ambito, and which comuni are its members.
#[derive(Clone, Debug)]
pub struct AmbitoPermit {
    actor: Arc<str>,
    ambito: i64,
}

/// The right to change what is said of one comune.
#[derive(Clone, Debug)]
pub struct ComunePermit {
    actor: Arc<str>,
    comune: i64,
}

/// The right to prepare plans of one Ambito.
#[derive(Clone, Debug)]
pub struct DraftPermit {
    actor: Arc<str>,
    ambito: i64,
}

/// The right to record acts of an Ambito's bodies.
#[derive(Clone, Debug)]
pub struct ResolutionPermit {
    actor: Arc<str>,
    ambito: i64,
}

/// The right to keep the master data of one Ambito: its services, funds, programmes, measures and what they measure.
#[derive(Clone, Debug)]
pub struct MasterPermit {
    actor: Arc<str>,
    ambito: i64,
}

/// The right to propose a plan of one Ambito (any, where none is named).
#[derive(Clone, Debug)]
pub struct ProposePermit {
    actor: Arc<str>,
    ambito: Option<i64>,
}

/// The right to approve a plan of one Ambito (any, where none is named).
#[derive(Clone, Debug)]
pub struct ApprovePermit {
    actor: Arc<str>,
    ambito: Option<i64>,
}

/// The right to record the payments of the comuni of one Ambito (any, where none is named), and to reverse them.
#[derive(Clone, Debug)]
pub struct PaymentPermit {
    actor: Arc<str>,
    ambito: Option<i64>,
}

/// The right to try what the quotas of one Ambito would be.
#[derive(Clone, Debug)]
pub struct SimulatePermit {
    ambito: i64,
}

/// The right to read the audit trail: the whole of it, or what was done in some Ambiti.
#[derive(Clone, Debug)]
pub struct TrailPermit {
    standing: Standing,
}

impl Standing {
    /// Auditors read the trail of their Ambiti, and the whole where they belong to all; a managing body that of its own Ambito.
    pub fn trail(&self) -> Option<TrailPermit> {
        matches!(self.role, Role::Auditor | Role::Azienda).then(|| TrailPermit { standing: self.clone() })
    }
}

/// The right to take in what was delivered in one Ambito (any, where none is named).
#[derive(Clone, Debug)]
pub struct ActivityPermit {
    actor: Arc<str>,
    ambito: Option<i64>,
}

/// The right to see what was delivered case by case: in some Ambiti, to the residents of all comuni or of one.
#[derive(Clone, Debug)]
pub struct ReadActivityPermit {
    ambiti: Option<BTreeSet<i64>>,
    comune: Option<i64>,
}

impl Viewer {
    /// The managing body takes in what was delivered in its Ambiti.
    pub fn import_activity(&self, ambito: i64) -> Option<ActivityPermit> {
        let may = self.standing.role == Role::Azienda && self.standing.sees_ambito(ambito);
        may.then(|| ActivityPermit { actor: self.client.clone(), ambito: Some(ambito) })
    }
}

impl Standing {
    /// The managing body sees all cases of its Ambiti, a comune those of its own residents, and nobody else any.
    pub fn read_activity(&self) -> Option<ReadActivityPermit> {
        let ambiti = match &self.scope {
            Scope::All => None,
            Scope::Ambiti(ids) => Some(ids.clone()),
        };
        match self.role {
            Role::Azienda => Some(ReadActivityPermit { ambiti, comune: None }),
            Role::Comune => Some(ReadActivityPermit { ambiti, comune: Some(self.comune?) }),
            Role::Reporting | Role::Assemblea | Role::Auditor | Role::Admin | Role::Partner => None,
        }
    }

    /// Whoever sees an Ambito's plans in force may try alternatives to them.
    pub fn simulate(&self, ambito: i64) -> Option<SimulatePermit> {
        self.sees_plan(ambito, PlanStatus::Approved).then_some(SimulatePermit { ambito })
    }
}

impl Viewer {
    /// The administrator of the whole server adds Ambiti and comuni.
    pub fn register(&self) -> Option<RegistryPermit> {
        self.standing.keeps_registry().then(|| RegistryPermit { actor: self.client.clone() })
    }

    /// The administrator changes the Ambiti that it belongs to.
    pub fn keep_ambito(&self, ambito: i64) -> Option<AmbitoPermit> {
        self.is_in(Role::Admin, ambito).then(|| AmbitoPermit { actor: self.client.clone(), ambito })
    }

    /// It changes a comune where every Ambito that the comune is, was or will be a member of is among them; one of no Ambito belongs to the
    /// administrator of the whole server.
    pub fn keep_comune(&self, comune: i64, ambiti: impl IntoIterator<Item = i64>) -> Option<ComunePermit> {
        let mut ambiti = ambiti.into_iter().peekable();
        let may = ambiti.peek().is_some() && ambiti.all(|ambito| self.is_in(Role::Admin, ambito));
        (may || self.standing.keeps_registry()).then(|| ComunePermit { actor: self.client.clone(), comune })
    }

    /// The managing body prepares the plans of its Ambito.
    pub fn draft(&self, ambito: i64) -> Option<DraftPermit> {
        self.is_in(Role::Azienda, ambito).then(|| DraftPermit { actor: self.client.clone(), ambito })
    }

    /// The managing body proposes them.
    pub fn propose(&self, ambito: i64) -> Option<ProposePermit> {
        self.is_in(Role::Azienda, ambito).then(|| ProposePermit { actor: self.client.clone(), ambito: Some(ambito) })
    }

    /// The assembly approves them, or sends them back.
    pub fn approve(&self, ambito: i64) -> Option<ApprovePermit> {
        self.is_in(Role::Assemblea, ambito).then(|| ApprovePermit { actor: self.client.clone(), ambito: Some(ambito) })
    }

    /// Acts are recorded by whoever keeps the minutes: the managing body or the assembly.
    pub fn record_resolution(&self, ambito: i64) -> Option<ResolutionPermit> {
        let may = self.is_in(Role::Azienda, ambito) || self.is_in(Role::Assemblea, ambito);
        may.then(|| ResolutionPermit { actor: self.client.clone(), ambito })
    }

    /// The managing body keeps the master data of its Ambito.
    pub fn keep_master(&self, ambito: i64) -> Option<MasterPermit> {
        self.is_in(Role::Azienda, ambito).then(|| MasterPermit { actor: self.client.clone(), ambito })
    }

    /// The managing body records the payments of its Ambito's comuni.
    pub fn record_payments(&self, ambito: i64) -> Option<PaymentPermit> {
        self.is_in(Role::Azienda, ambito).then(|| PaymentPermit { actor: self.client.clone(), ambito: Some(ambito) })
    }

    fn is_in(&self, role: Role, ambito: i64) -> bool {
        self.standing.role == role && self.standing.sees_ambito(ambito)
    }
}

impl RegistryPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }
}

impl AmbitoPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The Ambito it holds for.
    pub fn ambito(&self) -> i64 {
        self.ambito
    }
}

impl ComunePermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The comune it holds for.
    pub fn comune(&self) -> i64 {
        self.comune
    }
}

impl DraftPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.ambito == ambito
    }
}

impl ResolutionPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The Ambito it holds for.
    pub fn ambito(&self) -> i64 {
        self.ambito
    }
}

impl MasterPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The Ambito it holds for.
    pub fn ambito(&self) -> i64 {
        self.ambito
    }
}

impl PaymentPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.ambito.is_none_or(|own| own == ambito)
    }
}

impl ImportPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }
}

impl ClientPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }
}

impl ProposePermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.ambito.is_none_or(|own| own == ambito)
    }
}

impl ApprovePermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.ambito.is_none_or(|own| own == ambito)
    }
}

impl TrailPermit {
    /// Whether it holds for every event, also for those that belong to no Ambito.
    pub fn is_whole(&self) -> bool {
        self.standing.role == Role::Auditor && self.standing.scope == Scope::All
    }

    /// Whether it holds for what was done in this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.standing.sees_ambito(ambito)
    }
}

impl ActivityPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.ambito.is_none_or(|own| own == ambito)
    }
}

impl ReadActivityPermit {
    /// The Ambiti it holds for; none where it holds for all.
    pub fn ambiti(&self) -> Option<&BTreeSet<i64>> {
        self.ambiti.as_ref()
    }

    /// The comune whose residents alone it holds for.
    pub fn comune(&self) -> Option<i64> {
        self.comune
    }
}

impl SimulatePermit {
    /// The Ambito it holds for.
    pub fn ambito(&self) -> i64 {
        self.ambito
    }
}
