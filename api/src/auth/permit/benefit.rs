//! The rights to benefits: to grant them, and to see them case by case.

use std::sync::Arc;

use super::Operator;
use crate::auth::viewer::{Role, Standing, Viewer};

/// The right to grant the benefits of one Ambito, and to record who applies for them.
#[derive(Clone, Debug)]
pub struct BenefitPermit {
    actor: Arc<str>,
    ambito: i64,
}

/// The right to see the benefits of one Ambito case by case: those of the residents of all comuni or of one.
#[derive(Clone, Debug)]
pub struct ReadBenefitsPermit {
    comune: Option<i64>,
}

impl Viewer {
    /// The managing body grants the benefits of its Ambito.
    pub fn grant_benefits(&self, ambito: i64) -> Option<BenefitPermit> {
        self.is_in(Role::Azienda, ambito).then(|| BenefitPermit { actor: self.client.clone(), ambito })
    }
}

impl Operator {
    /// May take over benefits that were granted elsewhere.
    pub fn grant_benefits(&self, ambito: i64) -> BenefitPermit {
        BenefitPermit { actor: self.actor.clone(), ambito }
    }
}

impl Standing {
    /// The managing body sees all cases of its Ambiti, a comune those of its own residents, and nobody else any.
    pub fn read_benefits(&self, ambito: i64) -> Option<ReadBenefitsPermit> {
        let comune = match self.role {
            Role::Azienda => None,
            Role::Comune => Some(self.comune?),
            Role::Reporting | Role::Assemblea | Role::Auditor | Role::Admin | Role::Partner => return None,
        };
        self.sees_ambito(ambito).then_some(ReadBenefitsPermit { comune })
    }
}

impl BenefitPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The Ambito it holds for.
    pub fn ambito(&self) -> i64 {
        self.ambito
    }
}

impl ReadBenefitsPermit {
    /// The comune whose residents alone it holds for.
    pub fn comune(&self) -> Option<i64> {
        self.comune
    }
}
