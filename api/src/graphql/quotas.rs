//! The list of quotas of all plans in force: which of them, in which order, by pages.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Enum, InputObject};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::enums::OrderDirection;
use super::page::{Cursors, Page, PageArguments, page};
use super::quota::Quota;
use super::scalars::{Euro, IstatCode};
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::master::AmbitoBook;
use crate::store::plan::{BudgetBook, PlanBook};

/// Which quotas (filtro): those that fit everything that is given.
#[derive(Debug, Default, InputObject)]
pub struct QuotaFilter {
    /// Code of the Ambito (Ambito).
    pub ambito: Option<String>,
    /// The years (anni).
    pub years: Option<Vec<i32>>,
    /// Codes of the services (servizi).
    pub services: Option<Vec<String>>,
    /// The comuni (Comuni).
    pub comuni: Option<Vec<IstatCode>>,
    /// The areas (aree).
    pub areas: Option<Vec<String>>,
    /// Quotas of at least this amount (importo minimo).
    pub minimum: Option<Euro>,
    /// Quotas of at most this amount (importo massimo).
    pub maximum: Option<Euro>,
}

/// An order of quotas (ordinamento). What it leaves equal is ordered by year, Ambito, service and comune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, InputObject)]
pub struct QuotaOrder {
    /// By what (campo).
    pub field: QuotaOrderField,
    /// Which way (verso).
    pub direction: OrderDirection,
}

/// What quotas are ordered by (campo di ordinamento). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum QuotaOrderField {
    /// The year (anno).
    Year,
    /// The code of the service (servizio).
    Service,
    /// The ISTAT code of the comune (Comune).
    Comune,
    /// The amount (importo).
    Amount,
}

/// A filter made ready to be asked of every quota: its lists are sets.
pub(super) struct Wanted<'f> {
    ambito: Option<&'f str>,
    years: Option<BTreeSet<i32>>,
    services: Option<BTreeSet<&'f str>>,
    areas: Option<BTreeSet<&'f str>>,
    comuni: Option<BTreeSet<allocation::IstatCode>>,
    minimum: Option<Cents>,
    maximum: Option<Cents>,
}

/// Whether a set that may be left out has something in it.
fn takes<T: Ord>(set: Option<&BTreeSet<T>>, thing: &T) -> bool {
    set.is_none_or(|set| set.contains(thing))
}

impl QuotaFilter {
    /// The filter made ready.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            ambito: self.ambito.as_deref(),
            years: self.years.as_ref().map(|years| years.iter().copied().collect()),
            services: self.services.as_ref().map(|codes| codes.iter().map(String::as_str).collect()),
            areas: self.areas.as_ref().map(|areas| areas.iter().map(String::as_str).collect()),
            comuni: self.comuni.as_ref().map(|codes| codes.iter().map(|code| code.0).collect()),
            minimum: self.minimum.map(|amount| amount.0),
            maximum: self.maximum.map(|amount| amount.0),
        }
    }

    /// Whether it asks for something that only quotas have, and funding has not.
    pub(super) fn names_quotas(&self) -> bool {
        self.comuni.is_some() || self.minimum.is_some() || self.maximum.is_some()
    }
}

impl Wanted<'_> {
    /// The plans in force on a day that have quotas of this filter, by Ambito and year.
    pub(super) fn plans<'a>(&self, sight: &'a Sight, day: NaiveDate) -> Vec<(&'a Arc<AmbitoBook>, &'a Arc<PlanBook>)> {
        let ambiti = sight.ambiti().filter(|ambito| self.ambito.is_none_or(|code| code == ambito.row.code));
        let in_force = ambiti.flat_map(|ambito| ambito.all_in_force(day).into_iter().map(move |plan| (ambito, plan)));
        in_force.filter(|(_, plan)| sight.shows(plan) && takes(self.years.as_ref(), &plan.row.year)).collect()
    }

    /// Whether a budget's quotas are wanted.
    pub(super) fn takes_budget(&self, ambito: &AmbitoBook, budget: &BudgetBook) -> bool {
        let area = || ambito.service(&budget.service).map(|service| service.row.area.as_str());
        takes(self.services.as_ref(), &&*budget.service)
            && self.areas.as_ref().is_none_or(|areas| area().is_some_and(|area| areas.contains(area)))
    }

    /// Whether a quota of a budget that is wanted is wanted too.
    pub(super) fn takes_quota(&self, budget: &BudgetBook, at: usize) -> bool {
        let amount = budget.quotas[at];
        takes(self.comuni.as_ref(), &budget.quota_comuni[at].istat)
            && self.minimum.is_none_or(|minimum| amount >= minimum)
            && self.maximum.is_none_or(|maximum| amount <= maximum)
    }
}

/// What a quota is found by again: everything that an order may look at, and what makes it unique. Its texts are the book's own; only those
/// of a cursor are read anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct QuotaKey<'a> {
    year: i32,
    ambito: Cow<'a, str>,
    service: Cow<'a, str>,
    comune: Cow<'a, str>,
    cents: i64,
}

impl<'a> QuotaKey<'a> {
    fn new(ambito: &'a AmbitoBook, plan: &PlanBook, budget: &'a BudgetBook, at: usize) -> Self {
        Self {
            year: plan.row.year,
            ambito: Cow::Borrowed(&ambito.row.code),
            service: Cow::Borrowed(&budget.service),
            comune: Cow::Borrowed(budget.quota_comuni[at].istat.as_str()),
            cents: budget.quotas[at].get(),
        }
    }

    /// What orders quotas that nothing else does, and makes each unique.
    fn place(&self) -> (i32, &str, &str, &str) {
        (self.year, &self.ambito, &self.service, &self.comune)
    }

    fn compare(&self, other: &Self, orders: &[QuotaOrder]) -> Ordering {
        let by = |order: &QuotaOrder| {
            let way = match order.field {
                QuotaOrderField::Year => self.year.cmp(&other.year),
                QuotaOrderField::Service => self.service.cmp(&other.service),
                QuotaOrderField::Comune => self.comune.cmp(&other.comune),
                QuotaOrderField::Amount => self.cents.cmp(&other.cents),
            };
            if order.direction == OrderDirection::Desc { way.reverse() } else { way }
        };
        let named = orders.iter().map(by).find(|way| way.is_ne());
        named.unwrap_or_else(|| self.place().cmp(&other.place()))
    }
}

/// A page of the quotas of all plans in force on a day.
pub(super) fn quotas(
    sight: &Sight,
    filter: &QuotaFilter,
    orders: &[QuotaOrder],
    day: NaiveDate,
    arguments: &PageArguments,
    limits: &Limits,
) -> Result<Page<Quota>> {
    if orders.iter().enumerate().any(|(at, order)| orders[..at].iter().any(|before| before.field == order.field)) {
        return Err(Error::bad_request("orderBy: un campo compare due volte.", "orderBy: a field is named twice."));
    }
    let wanted = filter.wanted();
    let mut found = Vec::new();
    for (ambito, plan) in wanted.plans(sight, day) {
        sight.check_time()?;
        for (at, budget) in plan.budgets.iter().enumerate().filter(|(_, budget)| wanted.takes_budget(ambito, budget)) {
            let quotas = (0..budget.quotas.len()).filter(|quota| wanted.takes_quota(budget, *quota));
            found.extend(quotas.map(|quota| (QuotaKey::new(ambito, plan, budget, quota), plan, at, quota)));
        }
    }
    found.sort_by(|(one, ..), (other, ..)| one.compare(other, orders));
    let order = order_name(orders);
    let cursors = Cursors { order: &order };
    let compare = |one: &QuotaKey<'_>, other: &QuotaKey<'_>| one.compare(other, orders);
    let quota = |(_, plan, budget, at): &(_, &Arc<PlanBook>, usize, usize)| {
        Ok(Quota { plan: Arc::clone(plan), budget: *budget, at: *at })
    };
    page(&found, arguments, limits, &cursors, |(key, ..)| key.clone(), compare, quota)
}

fn order_name(orders: &[QuotaOrder]) -> String {
    orders.iter().fold("quotas".to_owned(), |name, order| format!("{name} {:?} {:?}", order.field, order.direction))
}
