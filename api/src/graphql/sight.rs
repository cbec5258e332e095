//! What one asker sees of the book: the only way in which resolvers enter it. What it may not see is not there.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use allocation::{Explainer, IstatCode};

use async_graphql::{Context, ContextBase};
use chrono::NaiveDate;
use entity::kinds::PlanStatus;
use entity::partner;

use super::Asking;
use super::activities::Activities;
use super::agreement::Agreements;
use super::benefit_lists::BenefitLists;
use super::expense_report::ExpenseReports;
use super::language::Language;
use super::origin::Origin;
use super::payment::Payments;
use super::rate_limit::RateLimit;
use super::settlement::Settlements;
use super::statement::Statements;
use super::verification::Verifications;
use super::watched::Watched;
use crate::auth::viewer::{Role, Standing, Viewer};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::book::Book;
use crate::store::master::{AgreementEntry, AmbitoBook, BenefitMeasureEntry, ComuneEntry, ServiceEntry};
use crate::store::plan::PlanBook;

/// The asker, the book of this instant, and how it is to be told.
pub(super) struct Sight {
    own: Own,
    origin: Origin,
    book: Arc<Book>,
    newer: Newer,
    language: Language,
    today: NaiveDate,
    people_min: i64,
    seconds_max: u64,
    deadline: Option<Instant>,
    withheld: Mutex<Withheld>,
    explainers: Mutex<Explainers>,
    verifications: Verifications,
    statements: Statements,
    settlements: Settlements,
    payments: Payments,
    activities: Activities,
    watched: Watched,
    agreement_versions: Agreements,
    expense_reports: ExpenseReports,
    benefits: BenefitLists,
    repeats_names: bool,
}

/// The book that a request goes on with once it has written, and the one after that. What was found in an older one may still be held.
#[derive(Default)]
struct Newer(OnceLock<Box<(Arc<Book>, Newer)>>);

/// The comuni whose cells are withheld.
type Withheld = HashMap<Cells, Arc<BTreeSet<IstatCode>>>;

/// Values of all comuni that are withheld together. Numbers are row ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cells {
    /// What a plan's budget for a service counts by.
    Basis { plan: i64, service: i64 },
    /// A measure of a day, for a service or none, of an Ambito's comuni.
    Measured { ambito: i64, measure: i64, service: Option<i64>, day: NaiveDate },
}

/// Budgets worked out to be explained, by the plan's row id and the budget's place in it.
type Explainers = HashMap<(i64, usize), Arc<Explainer<'static>>>;

/// What is true of this asker or this request only, and not of others of the same standing.
pub(super) struct Own {
    /// Who asks.
    pub(super) viewer: Viewer,
    /// What is left of its allowance; none where there is no limit.
    pub(super) allowance: Option<RateLimit>,
}

/// The sight of a request; every request has one.
pub(super) fn sight<'a>(ctx: &Context<'a>) -> Result<&'a Sight> {
    sight_of(ctx).ok_or_else(|| Error::internal("a request without a sight"))
}

/// The same from wherever the library calls.
pub(super) fn sight_of<'a, T>(ctx: &ContextBase<'a, T>) -> Option<&'a Sight> {
    ctx.data_opt::<Sight>()
}

impl Sight {
    pub(super) fn new(asking: Asking, origin: Origin, limits: &Limits) -> Self {
        let Asking { viewer, allowance, book, language, today, repeats_names, writing: _ } = asking;
        let own = Own { viewer, allowance };
        let (people_min, seconds_max) = (limits.small_cell_people_min, limits.execution_seconds_max);
        let deadline = Instant::now().checked_add(Duration::from_secs(seconds_max));
        let (newer, withheld, explainers, verifications) = Default::default();
        let (statements, settlements, payments, activities) = Default::default();
        let (agreement_versions, expense_reports, benefits, watched) = Default::default();
        Self {
            own,
            origin,
            book,
            newer,
            language,
            today,
            people_min,
            seconds_max,
            deadline,
            withheld,
            explainers,
            verifications,
            statements,
            settlements,
            payments,
            activities,
            watched,
            agreement_versions,
            expense_reports,
            benefits,
            repeats_names,
        }
    }

    /// Whether lists may be written at once: the library merges what is asked for twice under one name, and cannot look into what is written.
    pub(super) fn may_write_at_once(&self) -> bool {
        !self.repeats_names
    }

    /// What the asker may see. All that is known of an asker but for what [`Sight::own`] gives.
    pub(super) fn asker(&self) -> &Standing {
        &self.own.viewer.standing
    }

    /// What is true of this asker or this request only. The answer is then for nobody else, and for no other time.
    pub(super) fn own(&self) -> &Own {
        self.origin.mark_beyond_book();
        &self.own
    }

    /// Says that the answer depends on more than the book and the asker's standing.
    pub(super) fn mark_beyond_book(&self) {
        self.origin.mark_beyond_book();
    }

    /// The whole book: for codes and arithmetic behind what was found through the sight. Where the request writes, it holds what was written.
    pub(super) fn book(&self) -> &Arc<Book> {
        let (mut book, mut newer) = (&self.book, &self.newer);
        while let Some(next) = newer.0.get() {
            (book, newer) = (&next.0, &next.1);
        }
        book
    }

    /// Goes on with a newer book: one that holds what the request has written.
    pub(super) fn turn_to(&self, book: Arc<Book>) {
        // What was worked out of the older one may not hold any more.
        self.withheld.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.explainers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut newer = &self.newer;
        while let Some(next) = newer.0.get() {
            newer = &next.1;
        }
        // Acts of a request follow one another, so the place is free.
        let _ = newer.0.set(Box::new((book, Newer::default())));
    }

    /// How often the request has gone on with a newer book: what was read before may not hold any more.
    pub(super) fn turns(&self) -> usize {
        let (mut turns, mut newer) = (0, &self.newer);
        while let Some(next) = newer.0.get() {
            (turns, newer) = (turns + 1, &next.1);
        }
        turns
    }

    /// The language of the answer.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// The day of a question: the one named, or today.
    pub(super) fn day(&self, as_of: Option<super::scalars::Date>) -> NaiveDate {
        as_of.map_or(self.today, |date| date.0)
    }

    /// How few people make a cell small.
    pub(super) fn people_min(&self) -> i64 {
        self.people_min
    }

    /// Refuses to go on once the request has had its time: a loop that never waits cannot be ended from outside.
    pub(super) fn check_time(&self) -> Result<()> {
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => Err(Error::Timeout(self.seconds_max)),
            _ => Ok(()),
        }
    }

    /// The comuni whose cells are withheld: found once a request, then kept.
    pub(super) fn withheld(
        &self,
        cells: Cells,
        find: impl FnOnce() -> BTreeSet<IstatCode>,
    ) -> Arc<BTreeSet<IstatCode>> {
        let mut kept = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(cells).or_insert_with(|| Arc::new(find())).clone()
    }

    /// The partners of an Ambito, by code; a partner sees itself alone.
    pub(super) fn partners<'a>(&'a self, ambito: &'a AmbitoBook) -> impl Iterator<Item = &'a Arc<partner::Model>> {
        ambito.partners.iter().filter(|partner| self.asker().sees_partner(partner.id))
    }

    /// A partner by row id.
    pub(super) fn partner(&self, id: i64) -> Option<&Arc<partner::Model>> {
        let partner = self.book().partner(id)?;
        (self.asker().sees_ambito(partner.ambito_id) && self.asker().sees_partner(id)).then_some(partner)
    }

    /// The verifications of this request.
    pub(super) fn verifications(&self) -> &Verifications {
        &self.verifications
    }

    /// The accounts that this request reads.
    pub(super) fn statements(&self) -> &Statements {
        &self.statements
    }

    /// The settlements of this request.
    pub(super) fn settlements(&self) -> &Settlements {
        &self.settlements
    }

    /// The payments of this request.
    pub(super) fn payments(&self) -> &Payments {
        &self.payments
    }

    /// The versions of agreements that this request reads.
    pub(super) fn agreement_versions(&self) -> &Agreements {
        &self.agreement_versions
    }

    /// The reports of expenses of this request.
    pub(super) fn expense_reports(&self) -> &ExpenseReports {
        &self.expense_reports
    }

    /// The agreements of an Ambito, by code.
    pub(super) fn agreements_of<'a>(&'a self, ambito: &'a AmbitoBook) -> impl Iterator<Item = &'a Arc<AgreementEntry>> {
        ambito.agreements.iter().filter(|one| self.asker().sees_agreement(one.row.ambito_id, &one.partners))
    }

    /// An agreement by row id.
    pub(super) fn agreement(&self, id: i64) -> Option<&Arc<AgreementEntry>> {
        let (ambito, agreement) = self.book().agreement(id)?;
        self.asker().sees_agreement(ambito.row.id, &agreement.partners).then_some(agreement)
    }

    /// The activity of this request.
    pub(super) fn activities(&self) -> &Activities {
        &self.activities
    }

    /// The benefits that this request reads.
    pub(super) fn benefits(&self) -> &BenefitLists {
        &self.benefits
    }

    /// A measure of benefits by row id, with the Ambito it belongs to.
    pub(super) fn benefit_measure(&self, id: i64) -> Option<(&Arc<AmbitoBook>, &Arc<BenefitMeasureEntry>)> {
        self.ambiti().find_map(|ambito| Some((ambito, ambito.benefit_measure(id)?.1)))
    }

    /// What of this request is watched over time.
    pub(super) fn watched(&self) -> &Watched {
        &self.watched
    }

    /// A budget worked out to be explained: once a request and budget, then kept.
    pub(super) fn explainer(
        &self,
        plan: i64,
        budget: usize,
        work_out: impl FnOnce() -> Result<Explainer<'static>>,
    ) -> Result<Arc<Explainer<'static>>> {
        let mut kept = self.explainers.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match kept.entry((plan, budget)) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(Arc::new(work_out()?)).clone(),
        })
    }

    /// Every Ambito that the asker sees, by code.
    pub(super) fn ambiti(&self) -> impl DoubleEndedIterator<Item = &Arc<AmbitoBook>> {
        self.book().ambiti().filter(|ambito| self.asker().sees_ambito(ambito.row.id))
    }

    /// An Ambito by row id.
    pub(super) fn ambito(&self, id: i64) -> Option<&Arc<AmbitoBook>> {
        self.book().ambito(id).filter(|_| self.asker().sees_ambito(id))
    }

    /// An Ambito by code.
    pub(super) fn ambito_by_code(&self, code: &str) -> Option<&Arc<AmbitoBook>> {
        self.book().ambito_by_code(code).filter(|ambito| self.asker().sees_ambito(ambito.row.id))
    }

    /// The Ambito that a comune belongs to today.
    pub(super) fn ambito_of(&self, comune: &ComuneEntry) -> Option<&Arc<AmbitoBook>> {
        self.ambito_on(comune, self.today)
    }

    /// The same of another day.
    pub(super) fn ambito_on(&self, comune: &ComuneEntry, day: NaiveDate) -> Option<&Arc<AmbitoBook>> {
        self.ambito(comune.ambito_on(day)?)
    }

    /// The comuni that are members of an Ambito today, by ISTAT code.
    pub(super) fn members<'a>(&'a self, ambito: &'a AmbitoBook) -> impl Iterator<Item = &'a Arc<ComuneEntry>> {
        self.members_on(ambito, self.today)
    }

    /// The same of another day.
    pub(super) fn members_on<'a>(
        &'a self,
        ambito: &'a AmbitoBook,
        day: NaiveDate,
    ) -> impl Iterator<Item = &'a Arc<ComuneEntry>> {
        let id = ambito.row.id;
        let comuni = ambito.comuni.iter();
        comuni.filter_map(|comune| self.book().comune(*comune)).filter(move |comune| comune.ambito_on(day) == Some(id))
    }

    /// A comune by row id: one that is or was of an Ambito that the asker sees. Who adds comuni sees also those that nobody has yet.
    pub(super) fn comune(&self, id: i64) -> Option<&Arc<ComuneEntry>> {
        let (comune, asker) = (self.book().comune(id)?, self.asker());
        let is_of_own = comune.memberships.iter().any(|row| asker.sees_ambito(row.ambito_id));
        (is_of_own || asker.keeps_registry()).then_some(comune)
    }

    /// A comune by code.
    pub(super) fn comune_by_istat(&self, code: allocation::IstatCode) -> Option<&Arc<ComuneEntry>> {
        self.comune(self.book().names().comune_id(code)?)
    }

    /// A service by row id.
    pub(super) fn service(&self, id: i64) -> Option<&Arc<ServiceEntry>> {
        let (ambito, service) = self.book().service(id)?;
        self.asker().sees_ambito(ambito.row.id).then_some(service)
    }

    /// Whether a plan is there for the asker. It is asked last of all, since the answer may then tell of the plan.
    pub(super) fn shows(&self, plan: &PlanBook) -> bool {
        let shows = self.asker().sees_plan(plan.row.ambito_id, plan.row.status);
        if shows && plan.row.status != PlanStatus::Approved {
            self.origin.mark_open_plan();
        }
        shows
    }

    /// A plan by row id.
    pub(super) fn plan(&self, id: i64) -> Option<&Arc<PlanBook>> {
        self.book().plan(id).filter(|plan| self.shows(plan))
    }

    /// The plan in force in an Ambito.
    pub(super) fn in_force<'a>(&self, ambito: &'a AmbitoBook, year: i32, day: NaiveDate) -> Option<&'a Arc<PlanBook>> {
        ambito.in_force(year, day).filter(|plan| self.shows(plan))
    }

    /// Whether agreements exist for the asker at all.
    pub(super) fn sees_agreements(&self) -> bool {
        self.asker().role != Role::Admin
    }

    /// Whether plans, quotas and what follows from them exist for the asker at all.
    pub(super) fn sees_plans(&self) -> bool {
        !matches!(self.asker().role, Role::Admin | Role::Partner)
    }
}
