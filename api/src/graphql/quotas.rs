//! The list of quotas of all plans in force: which of them, in which order, by pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Enum, InputObject};
use chrono::NaiveDate;

use super::enums::OrderDirection;
use super::page::{Cursors, Page, PageArguments, Window, cut};
use super::quota::Quota;
use super::quota_list::{Found, QuotaKey, QuotaList};
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
        let mut plans = Vec::new();
        let mut add = |ambito: &'a Arc<AmbitoBook>| {
            let in_force = ambito.all_in_force(day).filter(|plan| takes(self.years.as_ref(), &plan.row.year));
            plans.extend(in_force.filter(|plan| sight.shows(plan)).map(|plan| (ambito, plan)));
        };
        match self.ambito {
            Some(code) => sight.ambito_by_code(code).into_iter().for_each(&mut add),
            None => sight.ambiti().for_each(&mut add),
        }
        plans
    }

    /// Whether every budget is wanted.
    pub(super) fn takes_every_budget(&self) -> bool {
        self.services.is_none() && self.areas.is_none()
    }

    /// Whether every quota of a budget that is wanted is wanted too.
    pub(super) fn takes_every_quota(&self) -> bool {
        self.comuni.is_none() && self.minimum.is_none() && self.maximum.is_none()
    }

    /// Whether a budget's quotas are wanted.
    pub(super) fn takes_budget(&self, ambito: &AmbitoBook, budget: &BudgetBook) -> bool {
        let area = || ambito.service(&budget.service).map(|service| service.row.area.as_str());
        takes(self.services.as_ref(), &&*budget.service)
            && self.areas.as_ref().is_none_or(|areas| area().is_some_and(|area| areas.contains(area)))
    }

    /// Where the quotas stand that are wanted of a budget that is wanted.
    pub(super) fn chosen(&self, budget: &BudgetBook) -> Chosen {
        let fits = |at: &usize| {
            let amount = budget.quotas[*at];
            self.minimum.is_none_or(|minimum| amount >= minimum) && self.maximum.is_none_or(|maximum| amount <= maximum)
        };
        match &self.comuni {
            _ if self.takes_every_quota() => Chosen::All(budget.quotas.len()),
            // A budget's comuni and the filter's are both in the order of their codes.
            Some(comuni) => {
                Chosen::Some(comuni.iter().filter_map(|code| budget.quota_of(*code)).filter(fits).collect())
            }
            None => Chosen::Some((0..budget.quotas.len()).filter(fits).collect()),
        }
    }
}

/// Positions in a budget's quotas, ascending.
pub(super) enum Chosen {
    /// So many, which is all.
    All(usize),
    /// These.
    Some(Vec<usize>),
}

impl Chosen {
    /// How many.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(len) => *len,
            Self::Some(positions) => positions.len(),
        }
    }

    /// The position of one of them.
    pub(super) fn at(&self, index: usize) -> usize {
        match self {
            Self::All(_) => index,
            Self::Some(positions) => positions[index],
        }
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
    let name = orders
        .iter()
        .fold("quotas".to_owned(), |name, order| format!("{name} {:?} {:?}", order.field, order.direction));
    let list = QuotaList::new(sight, filter.wanted(), orders, day)?;
    let cursors = Cursors { order: &name };
    let entries = |window: &Window<QuotaKey<'static>>| {
        let entry = |found: Found<'_>| Ok((cursors.write(&found.key())?, found.quota()));
        list.entries(window)?.into_iter().map(entry).collect()
    };
    cut(arguments, limits, &cursors, list.len(), |key, counted| list.rank(key, counted), entries)
}
