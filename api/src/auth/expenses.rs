//! Permits on what partners spent: who writes reports, who reviews them, and who reads which.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::viewer::{Role, Scope, Standing, Viewer};

/// The right to write reports of expenses and to submit them: a partner its own, the managing body those of all partners of its Ambito.
#[derive(Clone, Debug)]
pub struct ReportPermit {
    actor: Arc<str>,
    standing: Arc<Standing>,
}

/// The right to review reports of expenses of some Ambiti, and to record that they were paid.
#[derive(Clone, Debug)]
pub struct ReviewPermit {
    actor: Arc<str>,
    standing: Arc<Standing>,
}

/// The right to read some reports of expenses. Row ids.
#[derive(Clone, Debug)]
pub struct ReadExpensesPermit {
    ambiti: Option<BTreeSet<i64>>,
    partner: Option<i64>,
    grantor: Option<i64>,
    drafts: bool,
}

impl Viewer {
    /// Partners report what they spent, and the managing body may do it for them.
    pub fn report_expenses(&self) -> Option<ReportPermit> {
        let may = matches!(self.standing.role, Role::Partner | Role::Azienda);
        may.then(|| ReportPermit { actor: self.client.clone(), standing: self.standing.clone() })
    }

    /// The managing body reviews and pays.
    pub fn review_expenses(&self) -> Option<ReviewPermit> {
        let may = self.standing.role == Role::Azienda;
        may.then(|| ReviewPermit { actor: self.client.clone(), standing: self.standing.clone() })
    }
}

impl Standing {
    /// The managing body reads all reports of its Ambiti and a partner its own; auditors, and the comune that grants an agreement, those that were
    /// submitted; nobody else any.
    pub fn read_expenses(&self) -> Option<ReadExpensesPermit> {
        let ambiti = match &self.scope {
            Scope::All => None,
            Scope::Ambiti(ids) => Some(ids.clone()),
        };
        let all = ReadExpensesPermit { ambiti, partner: None, grantor: None, drafts: false };
        match self.role {
            Role::Azienda => Some(ReadExpensesPermit { drafts: true, ..all }),
            Role::Partner => Some(ReadExpensesPermit { drafts: true, partner: Some(self.partner?), ..all }),
            Role::Comune => Some(ReadExpensesPermit { grantor: Some(self.comune?), ..all }),
            Role::Auditor => Some(all),
            Role::Reporting | Role::Assemblea | Role::Admin => None,
        }
    }
}

impl ReportPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for the reports of this partner in this Ambito.
    pub fn covers(&self, ambito: i64, partner: i64) -> bool {
        self.standing.sees_ambito(ambito) && self.standing.sees_partner(partner)
    }

    /// The partner that alone it holds for.
    pub fn partner(&self) -> Option<i64> {
        self.standing.partner
    }
}

impl ReviewPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whether it holds for this Ambito.
    pub fn covers(&self, ambito: i64) -> bool {
        self.standing.sees_ambito(ambito)
    }
}

impl ReadExpensesPermit {
    /// The Ambiti it holds for; none where it holds for all.
    pub fn ambiti(&self) -> Option<&BTreeSet<i64>> {
        self.ambiti.as_ref()
    }

    /// The partner whose reports alone it holds for.
    pub fn partner(&self) -> Option<i64> {
        self.partner
    }

    /// The comune that must grant the agreement.
    pub fn grantor(&self) -> Option<i64> {
        self.grantor
    }

    /// Whether it holds for drafts, too.
    pub fn drafts(&self) -> bool {
        self.drafts
    }
}
