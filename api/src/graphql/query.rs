//! The entry points of the API.

use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::join_all;

use super::activity::{ActivityFilter, activity};
use super::agreement::Agreement;
use super::ambito::Ambito;
use super::audit::{AuditFilter, audit_trail};
use super::benefit_measure::BenefitMeasure;
use super::benefits::{BenefitDimension, BenefitFilter, BenefitSums, benefits};
use super::body::GoverningBody;
use super::budget::Budget;
use super::comune::Comune;
use super::cost_allocation::{CostAllocation, CostDimension, cost_allocation};
use super::database::database;
use super::expense_report::{self, ExpenseReport, ExpenseReportFilter, expense_reports};
use super::fund::{Fund, Measure};
use super::id::Key;
use super::indicator::Indicator;
use super::membership::Membership;
use super::monitoring_report::MonitoringReport;
use super::page::{
    ActivityConnection, AmbitoConnection, AuditEventConnection, Cursors, ExpenseReportConnection, PageArguments,
    QuotaConnection, page,
};
use super::partner::Partner;
use super::payment::{self, Payment};
use super::plan::Plan;
use super::programme::{Programme, Resolution};
use super::project::Project;
use super::quota::Quota;
use super::quotas::{QuotaFilter, QuotaOrder, quotas};
use super::rate_limit::RateLimit;
use super::scalars::{Date, IstatCode};
use super::service::Service;
use super::sight::{Sight, sight};
use super::simulation::{Simulation, SimulationInput, simulate};
use super::simulations::{self, SimulationComparison, SimulationsInput};
use super::social_spending::{SocialSpending, SpendingDimension, social_spending};
use super::viewer::Viewer;
use super::work_plan::WorkPlan;
use crate::error::{Bound, Error, Result};
use crate::limits::Limits;

/// The entry points (interrogazioni).
pub struct Query;

/// Anything with an opaque identifier (nodo).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque identifier (identificativo)."))]
pub enum Node {
    /// An Ambito.
    Ambito(Ambito),
    /// A comune.
    Comune(Comune),
    /// A membership.
    Membership(Membership),
    /// A service.
    Service(Service),
    /// A fund.
    Fund(Fund),
    /// A partner.
    Partner(Partner),
    /// A programme.
    Programme(Programme),
    /// A measure.
    Measure(Measure),
    /// A plan.
    Plan(Plan),
    /// A resolution.
    Resolution(Resolution),
    /// A budget.
    Budget(Budget),
    /// A quota.
    Quota(Quota),
    /// A payment.
    Payment(Payment),
    /// A report of expenses.
    ExpenseReport(ExpenseReport),
    /// An indicator.
    Indicator(Indicator),
    /// A project.
    Project(Project),
    /// A governing body.
    GoverningBody(GoverningBody),
    /// A work plan.
    WorkPlan(WorkPlan),
    /// A monitoring report.
    MonitoringReport(MonitoringReport),
    /// An agreement.
    Agreement(Agreement),
    /// A measure of benefits.
    BenefitMeasure(BenefitMeasure),
}

/// What an identifier stands for; none where it is unknown, or not for this asker.
async fn find(ctx: &Context<'_>, sight: &Sight, id: &ID) -> Option<Result<Node>> {
    match Key::read(id)? {
        Key::Payment(id) => payment::find(ctx, sight, id).await.transpose().map(|found| found.map(Node::Payment)),
        Key::ExpenseReport(id) => {
            let found = expense_report::find(ctx, sight, id).await;
            found.transpose().map(|found| found.map(Node::ExpenseReport))
        }
        Key::Body(id) => GoverningBody::find(ctx, id).await.transpose().map(|found| found.map(Node::GoverningBody)),
        Key::WorkPlan(id) => WorkPlan::find(ctx, id).await.transpose().map(|found| found.map(Node::WorkPlan)),
        Key::MonitoringReport(id) => {
            MonitoringReport::find(ctx, id).await.transpose().map(|found| found.map(Node::MonitoringReport))
        }
        key => find_in_book(sight, key).map(Ok),
    }
}

/// The same of what the book holds.
fn find_in_book(sight: &Sight, key: Key) -> Option<Node> {
    Some(match key {
        Key::Ambito(id) => Node::Ambito(Ambito(sight.ambito(id)?.clone())),
        Key::Comune(id) => Node::Comune(Comune(sight.comune(id)?.clone())),
        Key::Membership(id) => Node::Membership(Membership::find(sight, id)?),
        Key::Service(id) => Node::Service(Service(sight.service(id)?.clone())),
        Key::Fund(id) => {
            let fund = sight.ambiti().find_map(|ambito| ambito.funds.iter().find(|fund| fund.id == id));
            Node::Fund(Fund(fund?.clone()))
        }
        Key::Partner(id) => Node::Partner(Partner(sight.partner(id)?.clone())),
        Key::Agreement(id) => Node::Agreement(Agreement(sight.agreement(id)?.clone())),
        Key::Programme(id) => {
            let programme = sight.ambiti().find_map(|ambito| ambito.programmes.iter().find(|row| row.id == id));
            Node::Programme(Programme(programme?.clone()))
        }
        Key::Measure(id) => {
            let measure = sight.ambiti().find_map(|ambito| ambito.measures.iter().find(|row| row.id == id));
            Node::Measure(Measure(measure?.clone()))
        }
        Key::Plan(id) => Node::Plan(Plan(sight.plan(id)?.clone())),
        Key::Resolution(id) => {
            let act = sight.ambiti().find_map(|ambito| ambito.resolutions.iter().find(|act| act.id == id));
            Node::Resolution(Resolution(act?.clone()))
        }
        Key::Budget(plan, service) => Node::Budget(find_budget(sight, plan, service)?),
        Key::Quota(plan, service, comune) => {
            let Budget { plan, at: budget } = find_budget(sight, plan, service)?;
            let at = plan.budgets[budget].quota_comuni.iter().position(|key| key.id == comune)?;
            Node::Quota(Quota { plan, budget, at })
        }
        Key::BenefitMeasure(id) => Node::BenefitMeasure(BenefitMeasure(sight.benefit_measure(id)?.1.clone())),
        Key::Indicator(id) => Node::Indicator(Indicator::find(sight, id)?),
        Key::Project(id) => Node::Project(Project::find(sight, id)?),
        // These are named to acts, and read through what they are part of.
        Key::Charge(_)
        | Key::AgreementLine(_)
        | Key::Expense(_)
        | Key::BenefitApplication(_)
        | Key::BenefitGrant(_)
        | Key::Reading(_)
        | Key::ProjectExpense(_)
        | Key::MonitoringField(_)
        // These are not of the book.
        | Key::Payment(_)
        | Key::ExpenseReport(_)
        | Key::Body(_)
        | Key::WorkPlan(_)
        | Key::MonitoringReport(_) => return None,
    })
}

fn find_budget(sight: &Sight, plan: i64, service: i64) -> Option<Budget> {
    let plan = sight.plan(plan)?;
    let at = plan.budgets.iter().position(|budget| budget.service_id == service)?;
    Some(Budget { plan: plan.clone(), at })
}

pub(super) fn limits<'a>(ctx: &Context<'a>) -> Result<&'a Limits> {
    ctx.data_opt::<Limits>().ok_or_else(|| Error::internal("a schema without limits"))
}

/// The entry points (interrogazioni).
#[Object]
impl Query {
    /// Who the server takes the caller for (utente).
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// Anything by its identifier (nodo).
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Opaque identifier (identificativo).")] id: ID,
    ) -> Option<Result<Node>> {
        match sight(ctx) {
            Ok(sight) => find(ctx, sight, &id).await,
            Err(problem) => Some(Err(problem)),
        }
    }

    /// Several things by their identifiers, in the same order; at most 100 (nodi).
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Opaque identifiers (identificativi).")] ids: Vec<ID>,
    ) -> Option<Result<Vec<Option<Result<Node>>>>> {
        let find_all = async {
            let ids_max = limits(ctx)?.ids_max;
            if ids.len() > ids_max {
                return Err(Error::limit(Bound::Ids, ids_max));
            }
            let sight = sight(ctx)?;
            // At once, so that those which the database has to be asked for are read together.
            Ok(join_all(ids.iter().map(|id| find(ctx, sight, id))).await)
        };
        Some(find_all.await)
    }

    /// An Ambito by its code (Ambito).
    async fn ambito(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the Ambito (codice).")] code: String,
    ) -> Option<Result<Ambito>> {
        let find = || Ok(sight(ctx)?.ambito_by_code(&code).map(|ambito| Ambito(ambito.clone())));
        find().transpose()
    }

    /// The Ambiti that the caller belongs to, by code (Ambiti).
    async fn ambiti(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100 (ultimi).")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor (prima di).")] before: Option<String>,
    ) -> Option<Result<AmbitoConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let find = || {
            let ambiti: Vec<_> = sight(ctx)?.ambiti().cloned().collect();
            let cursors = Cursors { order: "ambiti" };
            page(
                &ambiti,
                &arguments,
                limits(ctx)?,
                &cursors,
                |ambito| ambito.row.code.clone(),
                Ord::cmp,
                |ambito| Ok(Ambito(ambito.clone())),
            )
            .map(Into::into)
        };
        Some(find())
    }

    /// A comune by its ISTAT code (Comune).
    async fn comune(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "ISTAT code (codice ISTAT).")] istat_code: IstatCode,
    ) -> Option<Result<Comune>> {
        let find = || Ok(sight(ctx)?.comune_by_istat(istat_code.0).map(|comune| Comune(comune.clone())));
        find().transpose()
    }

    /// An agreement by its identifier (accordo).
    async fn agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identifier of the agreement (identificativo).")] id: ID,
    ) -> Option<Result<Agreement>> {
        let find = || match Key::read(&id) {
            Some(Key::Agreement(id)) => Ok(sight(ctx)?.agreement(id).map(|agreement| Agreement(agreement.clone()))),
            _ => Ok(None),
        };
        find().transpose()
    }

    /// The quotas of all plans in force (quote), by year, Ambito, service and comune unless ordered otherwise.
    #[allow(clippy::too_many_arguments)] // They are the contract's.
    async fn quotas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which quotas; all where left out (filtro).")] filter: Option<QuotaFilter>,
        #[graphql(desc = "In which order (ordinamento).")] order_by: Option<Vec<QuotaOrder>>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100 (ultimi).")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor (prima di).")] before: Option<String>,
    ) -> Option<Result<QuotaConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let find = || {
            let sight = sight(ctx)?;
            quotas(
                sight,
                &filter.unwrap_or_default(),
                &order_by.unwrap_or_default(),
                sight.day(as_of),
                &arguments,
                limits(ctx)?,
            )
            .map(Into::into)
        };
        Some(find())
    }

    /// What was delivered, case by case (prestazioni erogate): to the managing body all of its Ambito's, to a comune that of its own residents; others have
    /// none. By Ambito, month, service, comune and measure.
    #[allow(clippy::too_many_arguments)] // They are the contract's.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all where left out (filtro).")] filter: Option<ActivityFilter>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100 (ultimi).")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor (prima di).")] before: Option<String>,
    ) -> Option<Result<ActivityConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let find = async {
            let sight = sight(ctx)?;
            let Some(permit) = sight.asker().read_activity() else { return Ok(None) };
            let store = database(ctx)?;
            let counts = ctx.look_ahead().field("totalCount").exists();
            let filter = filter.unwrap_or_default();
            let page = activity(sight, store, &permit, &filter, (&arguments, limits(ctx)?), counts).await?;
            Ok(Some(page.into()))
        };
        find.await.transpose()
    }

    /// What partners spent under agreements, oldest report first (rendicontazioni): to the managing body all of its Ambito's, to a partner its own, to auditors and to the
    /// comune that grants the agreement those that were submitted; others have none.
    #[allow(clippy::too_many_arguments)] // As of the other lists.
    async fn expense_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all where left out (filtro).")] filter: Option<ExpenseReportFilter>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100 (ultimi).")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor (prima di).")] before: Option<String>,
    ) -> Option<Result<ExpenseReportConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let read = async { expense_reports(ctx, filter.unwrap_or_default(), &arguments, limits(ctx)?).await };
        read.await.transpose().map(|page| page.map(Into::into))
    }

    /// The benefits granted in an Ambito, added up (titoli sociali concessi): how many, to how many people, and how much is due for the months asked about. The managing
    /// body sees all of it, a comune that of its own residents; of others they see whole years as they were published, without what few people have: `publishedOn` and `explanation` say so.
    async fn benefits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which benefits (filtro).")] filter: BenefitFilter,
        #[graphql(desc = "Added up by what; one row where empty (dimensioni).")] group_by: Vec<BenefitDimension>,
    ) -> Option<Result<BenefitSums>> {
        let find = async { benefits(ctx, &filter, &group_by).await };
        find.await.transpose()
    }

    /// The cost of the services under all plans in force, added up (ripartizione dei costi).
    async fn cost_allocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which quotas; all where left out (filtro).")] filter: Option<QuotaFilter>,
        #[graphql(desc = "Added up by what; one row where empty (dimensioni).")] group_by: Vec<CostDimension>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<CostAllocation>> {
        let find = || {
            let sight = sight(ctx)?;
            let per_resident = ctx.look_ahead().field("rows").field("perResident").exists();
            cost_allocation(sight, &filter.unwrap_or_default(), &group_by, (sight.day(as_of), per_resident))
        };
        Some(find())
    }

    /// What the services of a year cost, planned and actual, by a classification that each Ambito keeps of its services: for the Region and the
    /// Ministry; none of an Ambito that the caller does not see (spesa sociale).
    async fn social_spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
        #[graphql(desc = "Added up by what; one row where empty (dimensioni).")] by: Vec<SpendingDimension>,
        #[graphql(desc = "Code of an Ambito; all that the caller sees where left out (codice dell'Ambito).")]
        ambito: Option<String>,
        #[graphql(desc = "The day asked about; today where left out (alla data).")] as_of: Option<Date>,
    ) -> Option<Result<SocialSpending>> {
        let find = || {
            let sight = sight(ctx)?;
            let is_there = ambito.as_deref().is_none_or(|code| sight.ambito_by_code(code).is_some());
            let Some(year) = (is_there && sight.sees_plans()).then_some(year) else { return Ok(None) };
            social_spending(sight, year, &by, (ambito.as_deref(), sight.day(as_of))).map(Some)
        };
        find().transpose()
    }

    /// What the quotas of a service would be if its plan in force were different: nothing is written (simulazione).
    async fn simulation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different (ipotesi).")] input: SimulationInput,
    ) -> Option<Result<Simulation>> {
        sight(ctx).and_then(|sight| simulate(sight, &input)).transpose()
    }

    /// Alternatives to a plan in force side by side, over some services or all: nothing is written (confronto tra alternative).
    async fn simulations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is compared (alternative a confronto).")] input: SimulationsInput,
    ) -> Option<Result<SimulationComparison>> {
        let find = || simulations::compare(sight(ctx)?, &input, limits(ctx)?);
        find().transpose()
    }

    /// Every write, oldest first, chained by hash (registro delle operazioni): all for an auditor, those of its own Ambito for a managing body, and
    /// nothing for everybody else.
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events; all where left out (filtro).")] filter: Option<AuditFilter>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100 (ultimi).")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor (prima di).")] before: Option<String>,
    ) -> Option<Result<AuditEventConnection>> {
        let arguments = PageArguments { first, after, last, before };
        let read = async { audit_trail(ctx, filter, &arguments, limits(ctx)?).await };
        read.await.transpose().map(|page| page.map(Into::into))
    }

    /// What is left of the caller's allowance of requests; none where there is no limit (limite di richieste).
    async fn rate_limit(&self, ctx: &Context<'_>) -> Option<Result<RateLimit>> {
        sight(ctx).map(|sight| sight.own().allowance).transpose()
    }
}
