//! Who is asking, and what that lets it see. Made from a verified token and the client's row; never from the request's own words.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::kinds::PlanStatus;
pub use entity::kinds::Role;

/// Which Ambiti a client belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every Ambito on the server (reporting, audit, administration).
    All,
    /// Those with these row ids.
    Ambiti(BTreeSet<i64>),
}

/// The one who asks.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Name of the client, the token's `sub`.
    pub client: Arc<str>,
    /// What it may see.
    pub standing: Arc<Standing>,
    /// When its token ends.
    pub expires_at: DateTime<Utc>,
}

/// All that decides what a viewer sees. Two viewers of equal standing get the same answer to the same question, as long as it is not
/// about the viewer itself: kept answers rest on that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// What it is.
    pub role: Role,
    /// Where it belongs.
    pub scope: Scope,
    /// Row id of the comune it speaks for; only with `Role::Comune`.
    pub comune: Option<i64>,
    /// Row id of the partner that it speaks for; only with `Role::Partner`.
    pub partner: Option<i64>,
}

impl Standing {
    /// Whether the Ambito with this row id exists for the viewer.
    pub fn sees_ambito(&self, ambito: i64) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Ambiti(ids) => ids.contains(&ambito),
        }
    }

    /// Whether the viewer administers the whole server: it keeps the list of Ambiti and comuni.
    pub fn keeps_registry(&self) -> bool {
        self.role == Role::Admin && self.scope == Scope::All
    }

    /// Whether a partner of one of its Ambiti exists for the viewer: to a partner no other does.
    pub fn sees_partner(&self, partner: i64) -> bool {
        self.role != Role::Partner || self.partner == Some(partner)
    }

    /// Whether an agreement of this Ambito, made with these partners, exists for the viewer: to a partner only its own do.
    pub fn sees_agreement(&self, ambito: i64, partners: &BTreeSet<i64>) -> bool {
        self.sees_ambito(ambito)
            && match self.role {
                Role::Admin => false,
                Role::Partner => self.partner.is_some_and(|own| partners.contains(&own)),
                Role::Comune | Role::Reporting | Role::Azienda | Role::Assemblea | Role::Auditor => true,
            }
    }

    /// Whether a version of an agreement that the viewer sees, made with these partners, exists for it: to a partner no version without it does.
    pub fn sees_version(&self, partners: &[i64]) -> bool {
        self.role != Role::Partner || self.partner.is_some_and(|own| partners.contains(&own))
    }

    /// Whether a plan of this Ambito in this status exists for the viewer.
    pub fn sees_plan(&self, ambito: i64, status: PlanStatus) -> bool {
        self.sees_ambito(ambito)
            && match self.role {
                Role::Azienda | Role::Auditor => true,
                Role::Assemblea => matches!(status, PlanStatus::Proposed | PlanStatus::Approved),
                Role::Comune | Role::Reporting => status == PlanStatus::Approved,
                Role::Admin | Role::Partner => false,
            }
    }

    /// Whether there are comuni of which the viewer may see what they were charged and have paid.
    pub fn sees_payments(&self) -> bool {
        matches!(self.role, Role::Azienda | Role::Auditor | Role::Comune)
    }

    /// Whether the viewer may see what a comune was charged and has paid to an Ambito: the comune itself, the managing body that it pays, and
    /// auditors.
    pub fn sees_payments_of(&self, ambito: i64, comune: i64) -> bool {
        self.sees_ambito(ambito)
            && match self.role {
                Role::Azienda | Role::Auditor => true,
                Role::Comune => self.comune == Some(comune),
                Role::Reporting | Role::Assemblea | Role::Admin | Role::Partner => false,
            }
    }

    /// Whether the viewer may see what a comune consumed even where so few people stand behind the figure that it could name them.
    /// The managing body sees all of its Ambito, a comune its own; everybody else sees suppressed aggregates.
    pub fn sees_small_cells_of(&self, ambito: i64, comune: i64) -> bool {
        match self.role {
            Role::Azienda => self.sees_ambito(ambito),
            Role::Comune => self.comune == Some(comune),
            Role::Reporting | Role::Assemblea | Role::Auditor | Role::Admin | Role::Partner => false,
        }
    }
}
