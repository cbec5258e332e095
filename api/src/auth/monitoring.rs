//! The rights around what is watched over time: who writes and reads monitoring reports, who reads what bodies, indicators and projects show.

use std::sync::Arc;

use super::viewer::{Role, Standing, Viewer};

/// The right to write the monitoring reports of one Ambito: those of all partners and the managing body's own, or those of one partner.
#[derive(Clone, Debug)]
pub struct MonitoringPermit {
    actor: Arc<str>,
    ambito: i64,
    partner: Option<i64>,
}

/// The right to read monitoring reports: all, or those of one partner; drafts among them, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReadMonitoringPermit {
    partner: Option<i64>,
    drafts: bool,
}

impl Standing {
    /// The managing body reads all reports of its Ambito, a partner its own; the comuni, the assembly and auditors read what was
    /// submitted. A reporting tool and an administrator read none: a report tells in words what is done for people.
    pub fn read_monitoring(&self, ambito: i64) -> Option<ReadMonitoringPermit> {
        if !self.sees_ambito(ambito) {
            return None;
        }
        match self.role {
            Role::Azienda => Some(ReadMonitoringPermit { partner: None, drafts: true }),
            Role::Partner => Some(ReadMonitoringPermit { partner: Some(self.partner?), drafts: true }),
            Role::Comune | Role::Assemblea | Role::Auditor => {
                Some(ReadMonitoringPermit { partner: None, drafts: false })
            }
            Role::Reporting | Role::Admin => None,
        }
    }

    /// Whether the viewer may see what few people stand behind in the reports that it reads: whoever writes reports.
    pub fn sees_small_counts_of_reports(&self) -> bool {
        matches!(self.role, Role::Azienda | Role::Partner)
    }

    /// Whether the viewer may see readings that few people stand behind: the managing body.
    pub fn sees_small_counts_of_indicators(&self, ambito: i64) -> bool {
        self.role == Role::Azienda && self.sees_ambito(ambito)
    }

    /// Whether the viewer may see what indicators showed and what projects spent: whoever sees the plans of the Ambito.
    pub fn sees_results_of(&self, ambito: i64) -> bool {
        self.sees_ambito(ambito) && !matches!(self.role, Role::Admin | Role::Partner)
    }

    /// Whether the viewer may see a governing body. One of an agreement exists for the partners of the version in effect; one
    /// that governs the Ambito for no partner.
    pub fn sees_body(&self, ambito: i64, partners: &[i64]) -> bool {
        self.sees_ambito(ambito)
            && match self.role {
                Role::Admin => false,
                Role::Partner => self.partner.is_some_and(|own| partners.contains(&own)),
                Role::Comune | Role::Reporting | Role::Azienda | Role::Assemblea | Role::Auditor => true,
            }
    }
}

impl Viewer {
    /// The managing body writes the reports of its Ambito, a partner its own.
    pub fn write_monitoring(&self, ambito: i64) -> Option<MonitoringPermit> {
        let partner = match self.standing.role {
            Role::Azienda => None,
            Role::Partner => Some(self.standing.partner?),
            _ => return None,
        };
        let may = self.standing.sees_ambito(ambito);
        may.then(|| MonitoringPermit { actor: self.client.clone(), ambito, partner })
    }
}

impl MonitoringPermit {
    /// Who acts.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The Ambito it holds for.
    pub fn ambito(&self) -> i64 {
        self.ambito
    }

    /// The partner whose reports alone it holds for.
    pub fn partner(&self) -> Option<i64> {
        self.partner
    }
}

impl ReadMonitoringPermit {
    /// Whether it holds for what is of this partner, where the version that holds in the month names it; none is the managing body.
    pub fn covers(&self, partner: Option<i64>, is_named: bool) -> bool {
        self.partner.is_none_or(|own| is_named && partner == Some(own))
    }

    /// The partner whose reports alone it holds for.
    pub fn partner(&self) -> Option<i64> {
        self.partner
    }

    /// Whether it holds for what is not submitted yet.
    pub fn shows_drafts(&self) -> bool {
        self.drafts
    }
}
