//! Measures of benefits (misure di titoli sociali): what they grant and by which criteria; and, for whoever sees cases, to whom.

use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Context, ID, Object, SimpleObject};

use super::benefit_application::{BenefitApplication, RankedApplication};
use super::benefit_grant::BenefitGrant;
use super::benefit_lists;
use super::fund::Fund;
use super::id::Key;
use super::page::{
    BenefitApplicationConnection, BenefitGrantConnection, BenefitRankingConnection, Bounds, Cursors, Page,
    PageArguments,
};
use super::query::limits;
use super::scalars::{Date, Euro};
use super::service::Service;
use super::sight::{Sight, sight};
use crate::auth::ReadBenefitsPermit;
use crate::error::{Error, Result};
use crate::store::benefit::list::Asked;
use crate::store::master::BenefitMeasureEntry;

/// A measure of support to people (titolo sociale): buono, voucher, contributo, progetto.
#[derive(Clone)]
pub struct BenefitMeasure(pub(super) Arc<BenefitMeasureEntry>);

/// What applications for a benefit are ranked by (criterio di graduatoria).
#[derive(SimpleObject)]
pub struct BenefitCriterion {
    /// Code, unique in the measure (codice).
    pub code: String,
    /// What is looked at (descrizione).
    pub name: String,
    /// Points for each time that it applies (punti).
    pub points: i32,
    /// The most times that it counts (massimo di volte).
    pub maximum_times: i32,
}

impl BenefitMeasure {
    fn service_of<'s>(&self, sight: &'s Sight) -> Result<&'s Arc<crate::store::master::ServiceEntry>> {
        let row = &self.0.row;
        sight.service(row.service_id).ok_or_else(|| Error::broken("service of benefit measure", row.id))
    }

    /// The right to see its cases; none for whoever has it not.
    fn read(&self, sight: &Sight) -> Result<Option<ReadBenefitsPermit>> {
        Ok(sight.asker().read_benefits(self.service_of(sight)?.row.ambito_id))
    }

    /// What its grants take of the budget, for whoever sees all of them: what one grant more takes would tell of it.
    async fn committed_cents(&self, ctx: &Context<'_>) -> Result<Option<Cents>> {
        let permit = self.read(sight(ctx)?)?;
        if permit.is_none_or(|permit| permit.comune().is_some()) {
            return Ok(None);
        }
        benefit_lists::committed(ctx, self.0.row.id).await.map(Some)
    }
}

/// What a page of one of the lists needs: what the entry before it goes by, and how many entries it has.
fn begin(
    ctx: &Context<'_>,
    cursors: &Cursors<'_>,
    (first, after): (Option<i32>, Option<String>),
) -> Result<(Option<i64>, usize)> {
    let arguments = PageArguments { first, after, ..PageArguments::default() };
    let Bounds { after, count, .. } = cursors.bounds(&arguments, limits(ctx)?)?;
    Ok((after, count))
}

/// A measure of support to people (titolo sociale): buono, voucher, contributo, progetto.
#[Object]
impl BenefitMeasure {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        Key::BenefitMeasure(self.0.row.id).id()
    }

    /// Name (denominazione).
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Kind (tipologia).
    async fn kind(&self) -> &str {
        &self.0.row.kind
    }

    /// The act that grants it (atto).
    async fn act(&self) -> Option<&str> {
        self.0.row.act.as_deref()
    }

    /// The service that grants it (servizio).
    async fn service(&self, ctx: &Context<'_>) -> Result<Service> {
        Ok(Service(self.service_of(sight(ctx)?)?.clone()))
    }

    /// The fund that pays for it (fondo).
    async fn fund(&self, ctx: &Context<'_>) -> Option<Result<Fund>> {
        let id = self.0.row.fund_id?;
        let find = || {
            let found = sight(ctx)?.ambiti().find_map(|ambito| ambito.funds.iter().find(|fund| fund.id == id));
            Ok(Fund(found.ok_or_else(|| Error::broken("fund of benefit measure", self.0.row.id))?.clone()))
        };
        Some(find())
    }

    /// First day of its period; nothing is granted as long as it has none (dal).
    async fn from(&self) -> Option<Date> {
        self.0.row.starts_on.map(Date)
    }

    /// Last day of its period (al).
    async fn to(&self) -> Option<Date> {
        self.0.row.ends_on.map(Date)
    }

    /// What it may grant in all; nothing is granted as long as there is none. For whoever sees the plans of its Ambito (stanziamento).
    async fn budget(&self, ctx: &Context<'_>) -> Option<Result<Euro>> {
        let budget = self.0.row.budget_cents.map(|cents| Euro(Cents::new(cents)))?;
        let told = || {
            let sight = sight(ctx)?;
            Ok(sight.asker().sees_results_of(self.service_of(sight)?.row.ambito_id).then_some(budget))
        };
        told().transpose()
    }

    /// What its grants take of the budget; for the managing body alone (impegnato).
    async fn committed(&self, ctx: &Context<'_>) -> Option<Result<Euro>> {
        self.committed_cents(ctx).await.transpose().map(|found| found.map(Euro))
    }

    /// What the budget has left; for the managing body alone, and none where there is no budget (residuo).
    async fn remaining(&self, ctx: &Context<'_>) -> Option<Result<Euro>> {
        let budget = Cents::new(self.0.row.budget_cents?);
        let find = async {
            let committed = self.committed_cents(ctx).await?;
            committed.map(|committed| Ok(Euro(budget.checked_sub(committed)?))).transpose()
        };
        find.await.transpose()
    }

    /// Who may have it, in words (requisiti).
    async fn criteria(&self) -> Option<&str> {
        self.0.row.criteria.as_deref()
    }

    /// What applications are ranked by, in order; it stays once there is an application (criteri di graduatoria).
    async fn published_criteria(&self) -> Vec<BenefitCriterion> {
        let criterion = |own: &entity::benefit_criterion::Model| BenefitCriterion {
            code: own.code.clone(),
            name: own.name.clone(),
            points: own.points,
            maximum_times: own.maximum_times,
        };
        self.0.criteria.iter().map(criterion).collect()
    }

    /// Counts its changes: what an update names as `expectedVersion` (revisione).
    async fn revision(&self) -> i32 {
        self.0.row.row_version
    }

    /// The applications that wait, by points, the most first, then by their days, then by the order of receipt (graduatoria): to the managing body all, to a comune those of
    /// its own residents, each with its place among all and nothing of the residents of others; others have none.
    async fn ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<BenefitRankingConnection>> {
        let find = async {
            let sight = sight(ctx)?;
            let Some(permit) = self.read(sight)? else { return Ok(None) };
            let cursors = Cursors { order: "benefitRanking" };
            let (after, count) = begin(ctx, &cursors, (first, after))?;
            let listed = benefit_lists::rankings(ctx, Asked::new(&permit, self.0.row.id, (after, count))).await?;
            let entry = |ranked: &crate::store::benefit::list::Ranked| {
                let cursor = cursors.write(&ranked.applied.reference())?;
                Ok((cursor, RankedApplication::new(sight, ranked, permit.comune())?))
            };
            let entries = listed.entries.iter().map(entry).collect::<Result<_>>()?;
            Ok(Some(Page::of_window(entries, (after.is_some(), listed.has_more), listed.total).into()))
        };
        find.await.transpose()
    }

    /// The applications, whatever became of them, in the order of receipt (domande): to the managing body all, to a comune those of its own residents; others have none.
    async fn applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<BenefitApplicationConnection>> {
        let find = async {
            let sight = sight(ctx)?;
            let Some(permit) = self.read(sight)? else { return Ok(None) };
            let cursors = Cursors { order: "benefitApplications" };
            let (after, count) = begin(ctx, &cursors, (first, after))?;
            let listed = benefit_lists::applications(ctx, Asked::new(&permit, self.0.row.id, (after, count))).await?;
            let entry = |applied: &crate::store::benefit::list::Applied| {
                Ok((cursors.write(&applied.reference())?, BenefitApplication::new(sight, applied)?))
            };
            let entries = listed.entries.iter().map(entry).collect::<Result<_>>()?;
            Ok(Some(Page::of_window(entries, (after.is_some(), listed.has_more), listed.total).into()))
        };
        find.await.transpose()
    }

    /// What was granted, in the order in which it was recorded (titoli concessi): to the managing body all, to a comune what its own residents have; others have none.
    async fn grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<BenefitGrantConnection>> {
        let find = async {
            let sight = sight(ctx)?;
            let Some(permit) = self.read(sight)? else { return Ok(None) };
            let cursors = Cursors { order: "benefitGrants" };
            let (after, count) = begin(ctx, &cursors, (first, after))?;
            let listed = benefit_lists::grants(ctx, Asked::new(&permit, self.0.row.id, (after, count))).await?;
            let entry = |granted: &crate::store::benefit::list::Granted| {
                Ok((cursors.write(&granted.reference())?, BenefitGrant::new(sight, granted)?))
            };
            let entries = listed.entries.iter().map(entry).collect::<Result<_>>()?;
            Ok(Some(Page::of_window(entries, (after.is_some(), listed.has_more), listed.total).into()))
        };
        find.await.transpose()
    }
}
