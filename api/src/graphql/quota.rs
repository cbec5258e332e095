//! A quota: what one comune owes for one service in one plan, why, and when.

use std::borrow::Cow;
use std::sync::Arc;

use allocation::{Cents, Explainer, IstatCode, Micros};
use async_graphql::{Context, ID, Object, SimpleObject};

use super::budget::{Budget, BudgetRow};
use super::comune::Comune;
use super::direct::{Direct, Selected, Write};
use super::explanation::{self, QuotaExplanation, Subject};
use super::id::Key;
use super::language::Language;
use super::plan::Plan;
use super::scalars::{Date, Euro, ExactDecimal};
use super::service::Service;
use super::sight::{Sight, sight};
use super::small_cells;
use crate::error::{Error, Result};
use crate::store::master::ComuneEntry;
use crate::store::plan::{self, BudgetBook, Frozen, PlanBook};

/// What one comune owes for one service in one plan (quota).
#[derive(Clone)]
pub struct Quota {
    pub(super) plan: Arc<PlanBook>,
    pub(super) budget: usize,
    pub(super) at: usize,
}

/// A part of a quota that is due on a day (rata).
#[derive(SimpleObject)]
pub struct Instalment {
    /// Its number, from 1 (numero).
    pub number: i32,
    /// The day on which it is due (scadenza).
    pub due_date: Date,
    /// What is due (importo).
    pub amount: Euro,
    /// Whether no document gives the schedule: it was assumed for the demonstration (valore presunto).
    pub assumed: bool,
}

/// Where a quota stands in the book.
#[derive(Clone, Copy)]
pub(super) struct QuotaRow<'a> {
    pub(super) budget: BudgetRow<'a>,
    pub(super) at: usize,
}

impl<'a> QuotaRow<'a> {
    fn book(self) -> &'a BudgetBook {
        self.budget.book()
    }

    fn year(self) -> i32 {
        self.budget.plan.row.year
    }

    fn key(self) -> Key {
        Key::Quota(self.budget.plan.row.id, self.book().service_id, self.comune_id())
    }

    fn comune_id(self) -> i64 {
        self.book().quota_comuni[self.at].id
    }

    fn cents(self) -> Cents {
        self.book().quotas[self.at]
    }

    fn share(self) -> Option<Micros> {
        allocation::proportion(self.cents(), self.book().municipal_share)
    }

    fn comune(self, sight: &'a Sight) -> Result<&'a Arc<ComuneEntry>> {
        let id = self.comune_id();
        sight.book().comune(id).ok_or_else(|| Error::broken("comune of quota", id))
    }

    /// Whether anything it depends on is assumed.
    fn is_assumed(self) -> bool {
        self.book().is_quota_assumed(self.at)
    }
}

impl Direct for Quota {
    const NAME: &'static str = "Quota";

    type Row<'a> = QuotaRow<'a>;

    fn row(&self) -> QuotaRow<'_> {
        QuotaRow { budget: BudgetRow { plan: &self.plan, at: self.budget }, at: self.at }
    }

    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>> {
        match selected.name() {
            "id" => selected.leaf(|quota, _, json| json.text(&quota.key().id())),
            "year" => selected.leaf(|quota, _, json| json.any(&quota.year())),
            "amount" => selected.leaf(|quota, _, json| json.euro(quota.cents())),
            "share" => selected
                .leaf(|quota, _, json| json.option(quota.share(), |json, share| json.text(&share.display_six()))),
            "assumed" => selected.leaf(|quota, _, json| json.any(&quota.is_assumed())),
            "service" => selected.object::<Service>(|quota, sight| Ok(quota.budget.service(sight)?)),
            "comune" => selected.object::<Comune>(|quota, sight| Ok(quota.comune(sight)?)),
            "budget" => selected.object::<Budget>(|quota, _| Ok(quota.budget)),
            _ => None,
        }
    }
}

impl Quota {
    pub(super) fn book(&self) -> &BudgetBook {
        self.row().book()
    }

    pub(super) fn istat(&self) -> IstatCode {
        self.book().quota_comuni[self.at].istat
    }

    pub(super) fn cents(&self) -> Cents {
        self.row().cents()
    }

    fn as_budget(&self) -> Budget {
        Budget { plan: self.plan.clone(), at: self.budget }
    }

    /// Whether the value it was counted by is withheld from the asker.
    fn withholds_basis(&self, sight: &Sight) -> bool {
        small_cells::withheld_bases(sight, &self.plan, self.book()).contains(&self.istat())
    }

    /// The frozen value it was counted by, where the rule counts by one measure and the asker may see it.
    fn frozen(&self, sight: &Sight) -> Option<Frozen<'_>> {
        let [_] = self.book().measures()[..] else { return None };
        if self.withholds_basis(sight) {
            return None;
        }
        self.book().bases_of(self.at).next()
    }
}

/// What one comune owes for one service in one plan (quota).
#[Object]
impl Quota {
    /// Opaque identifier (identificativo).
    pub async fn id(&self) -> ID {
        self.row().key().id()
    }

    /// The plan (piano).
    async fn plan(&self) -> Plan {
        Plan(self.plan.clone())
    }

    /// The budget that is shared (budget di gestione).
    async fn budget(&self) -> Budget {
        self.as_budget()
    }

    /// The service (servizio).
    async fn service(&self, ctx: &Context<'_>) -> Result<Service> {
        Ok(Service(self.row().budget.service(sight(ctx)?)?.clone()))
    }

    /// The comune that owes it (Comune).
    async fn comune(&self, ctx: &Context<'_>) -> Result<Comune> {
        Ok(Comune(self.row().comune(sight(ctx)?)?.clone()))
    }

    /// The year (anno).
    async fn year(&self) -> i32 {
        self.row().year()
    }

    /// What is owed (importo).
    async fn amount(&self) -> Euro {
        Euro(self.cents())
    }

    /// Its share of the municipal share, from 0 to 1, six decimals; none where the comuni share nothing (quota percentuale).
    async fn share(&self) -> Option<ExactDecimal> {
        self.row().share().map(ExactDecimal::six_places)
    }

    /// Code of the measure that the rule counts by, where it is one (misura).
    async fn measure<'c>(&self, ctx: &Context<'c>) -> Option<Result<&'c str>> {
        let [measure] = self.book().measures()[..] else { return None };
        Some(sight(ctx).and_then(|sight| Ok(sight.book().names().measure(measure)?.as_str())))
    }

    /// The frozen value of that measure (base di riparto). What residents of another comune used is withheld where few people stand behind it.
    async fn basis(&self, ctx: &Context<'_>) -> Option<Result<ExactDecimal>> {
        let find = || Ok(self.frozen(sight(ctx)?).map(|frozen| frozen.value.into()));
        find().transpose()
    }

    /// The day that the value describes (data di riferimento).
    async fn basis_reference_date(&self, ctx: &Context<'_>) -> Option<Result<Date>> {
        let find = || Ok(self.frozen(sight(ctx)?).map(|frozen| Date(frozen.vintage.reference_date)));
        find().transpose()
    }

    /// Who published the value (fonte).
    async fn basis_source(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        let find = || Ok(self.frozen(sight(ctx)?).map(|frozen| &*frozen.vintage.source));
        find().transpose()
    }

    /// Whether anything it depends on is assumed, since no document gives it (valore presunto).
    async fn assumed(&self) -> bool {
        self.row().is_assumed()
    }

    /// Why it is this much, in steps that a person can redo (spiegazione).
    async fn explanation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The language; that of the request where left out (lingua).")] language: Option<Language>,
    ) -> Option<Result<QuotaExplanation>> {
        let explain = || {
            let sight = sight(ctx)?;
            sight.check_time()?;
            let explainer = sight.explainer(self.plan.row.id, self.budget, || {
                let names = sight.book().names();
                let (case, outcome) = (self.book().case(names)?, self.book().outcome(names)?);
                Ok(Explainer::new(Cow::Owned(case), Cow::Owned(outcome))?)
            })?;
            let subject = Subject {
                service: &self.book().service,
                comune: &self.row().comune(sight)?.row.name,
                year: self.plan.row.year,
                assumed: self.row().is_assumed(),
                withheld: self.withholds_basis(sight),
            };
            explanation::explain(&explainer, self.istat(), &subject, language.unwrap_or(sight.language()))
        };
        Some(explain())
    }

    /// When it is due (rate).
    async fn instalments(&self) -> Result<Vec<Instalment>> {
        if self.plan.instalments.is_empty() {
            return Ok(Vec::new());
        }
        let amounts = allocation::instalments(self.cents(), &self.plan.percents())?;
        let instalment = |(row, amount): (&plan::Instalment, Cents)| Instalment {
            number: row.number,
            due_date: Date(row.due_date),
            amount: Euro(amount),
            assumed: row.assumed,
        };
        Ok(self.plan.instalments.iter().zip(amounts).map(instalment).collect())
    }
}
