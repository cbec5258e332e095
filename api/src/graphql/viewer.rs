//! The viewer: who the server takes the asker for.

use async_graphql::{Context, Enum, Object};
use entity::kinds::PlanStatus;

use super::ambito::Ambito;
use super::comune::Comune;
use super::enums::Role;
use super::scalars::DateTime;
use super::sight::sight;
use crate::auth::viewer::{Role as Roles, Scope};
use crate::error::Result;

/// Who asks (utente).
pub struct Viewer;

/// Something that the viewer may do (permesso). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Permission {
    /// See approved plans and all their quotas (piani approvati).
    ReadApprovedPlans,
    /// See plans that were put before the assembly (piani proposti).
    ReadProposedPlans,
    /// See plans in preparation and those given up (bozze e piani ritirati).
    ReadDraftPlans,
    /// See what the residents of every comune used, few people included (consumi di tutti i comuni).
    ReadAllConsumption,
    /// See what its own residents used, few people included (consumi propri).
    ReadOwnConsumption,
    /// Try what the quotas would be (simulazione).
    Simulate,
    /// Read the audit trail, whole or of its own Ambito (registro delle operazioni).
    ReadAuditTrail,
}

/// Who asks (utente).
#[Object]
impl Viewer {
    /// What it is (ruolo).
    async fn role(&self, ctx: &Context<'_>) -> Result<Role> {
        Ok(sight(ctx)?.asker().role.into())
    }

    /// Its Ambito, where it belongs to exactly one (Ambito).
    async fn ambito(&self, ctx: &Context<'_>) -> Option<Result<Ambito>> {
        let find = || {
            let sight = sight(ctx)?;
            let Scope::Ambiti(ids) = &sight.asker().scope else { return Ok(None) };
            let only = ids.first().filter(|_| ids.len() == 1);
            Ok(only.and_then(|id| sight.ambito(*id)).map(|ambito| Ambito(ambito.clone())))
        };
        find().transpose()
    }

    /// The comune it speaks for (Comune).
    async fn comune(&self, ctx: &Context<'_>) -> Option<Result<Comune>> {
        let find = || {
            let sight = sight(ctx)?;
            Ok(sight.asker().comune.and_then(|id| sight.comune(id)).map(|comune| Comune(comune.clone())))
        };
        find().transpose()
    }

    /// What it may do (permessi).
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Vec<Permission>> {
        let sight = sight(ctx)?;
        let asker = sight.asker();
        let anywhere = match &asker.scope {
            Scope::All => Some(i64::MIN),
            Scope::Ambiti(ids) => ids.first().copied(),
        };
        let sees = |status| anywhere.is_some_and(|ambito| asker.sees_plan(ambito, status));
        let all = [
            (Permission::ReadApprovedPlans, sees(PlanStatus::Approved)),
            (Permission::ReadProposedPlans, sees(PlanStatus::Proposed)),
            (Permission::ReadDraftPlans, sees(PlanStatus::Draft)),
            (Permission::ReadAllConsumption, asker.role == Roles::Azienda),
            (Permission::ReadOwnConsumption, asker.role == Roles::Comune),
            (Permission::Simulate, anywhere.is_some_and(|ambito| asker.simulate(ambito).is_some())),
            (Permission::ReadAuditTrail, asker.trail().is_some()),
        ];
        Ok(all.into_iter().filter_map(|(permission, held)| held.then_some(permission)).collect())
    }

    /// When its token ends (scadenza).
    async fn expires_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        Ok(DateTime(sight(ctx)?.own().viewer.expires_at))
    }
}
