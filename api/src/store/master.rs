//! Master data as the book holds it: Ambiti, comuni, services with what belongs to them.

use std::collections::BTreeSet;
use std::num::NonZeroI64;
use std::sync::Arc;

use allocation::{IstatCode, Micros};
use chrono::{Datelike, NaiveDate};
use entity::kinds::PlanKind;
use entity::{
    agreement, ambito, benefit_criterion, benefit_measure, client, comune, fund, indicator, measure, membership,
    partner, programme, project, resolution, service,
};

use super::agreement::commitment::Committed;
use super::plan::{PlanBook, Vintage};
use crate::auth::KnownClient;

/// The value of a measure for a comune on a day.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Row id of the measure.
    pub measure_id: i64,
    /// Row id of the service that it counts, where it counts one. Many of these stand in memory, and this takes half the room of an `Option<i64>`.
    service: Option<NonZeroI64>,
    /// Counts the changes of the row.
    pub row_version: i32,
    /// The value.
    pub value: Micros,
    /// The day it describes, and who published it.
    pub vintage: Arc<Vintage>,
}

impl Measurement {
    /// From its row, with the source that it shares with others.
    pub(super) fn new(
        measure_id: i64,
        service_id: Option<i64>,
        row_version: i32,
        (value, vintage): (Micros, Arc<Vintage>),
    ) -> Self {
        Self { measure_id, service: service_id.and_then(NonZeroI64::new), row_version, value, vintage }
    }

    /// Row id of the service that it counts, where it counts one.
    pub fn service_id(&self) -> Option<i64> {
        self.service.map(NonZeroI64::get)
    }
}

/// A comune with its memberships and measurements.
#[derive(Debug)]
pub struct ComuneEntry {
    /// The comune's row.
    pub row: comune::Model,
    /// Its code.
    pub istat: IstatCode,
    /// Every membership it has had, oldest first.
    pub memberships: Box<[membership::Model]>,
    /// Values of measures, oldest first.
    pub measurements: Box<[Measurement]>,
}

impl ComuneEntry {
    /// The Ambito it belongs to on a day.
    pub fn ambito_on(&self, day: NaiveDate) -> Option<i64> {
        self.memberships.iter().rev().find(|row| covers(row.valid_from, row.valid_to, day)).map(|row| row.ambito_id)
    }

    /// The Ambiti it belongs to in a year, the last one first.
    pub fn ambiti_in(&self, year: i32) -> impl Iterator<Item = i64> {
        let is_in = move |row: &&membership::Model| {
            row.valid_from.year() <= year && row.valid_to.is_none_or(|to| year <= to.year())
        };
        self.memberships.iter().rev().filter(is_in).map(|row| row.ambito_id)
    }

    /// The latest value of a measure that describes no single service, not after a day.
    pub fn latest(&self, measure: i64, day: Option<NaiveDate>) -> Option<&Measurement> {
        let general = |row: &&Measurement| row.measure_id == measure && row.service.is_none();
        self.measurements.iter().filter(general).rfind(|row| day.is_none_or(|day| row.vintage.reference_date <= day))
    }
}

/// Whether a validity (last day included) covers a day.
pub fn covers(from: NaiveDate, to: Option<NaiveDate>, day: NaiveDate) -> bool {
    from <= day && to.is_none_or(|to| day <= to)
}

/// A service with all that describes it.
#[derive(Debug)]
pub struct ServiceEntry {
    /// The service's row.
    pub row: service::Model,
    /// For whom.
    pub targets: Vec<String>,
    /// What it includes.
    pub tasks: Vec<String>,
    /// Result indicators.
    pub indicators: Vec<indicator::Model>,
    /// Row ids of the funds that cover it.
    pub funds: Vec<i64>,
    /// Projects with bound revenue.
    pub projects: Vec<project::Model>,
    /// Benefits that it grants, in order.
    pub benefit_measures: Vec<Arc<BenefitMeasureEntry>>,
}

/// A measure of benefits with what it publishes.
#[derive(Debug)]
pub struct BenefitMeasureEntry {
    /// The measure's row.
    pub row: benefit_measure::Model,
    /// The criteria that applications are ranked by, in order.
    pub criteria: Vec<benefit_criterion::Model>,
}

/// An agreement, and which partners it is made with. What it says is read from the database.
#[derive(Debug)]
pub struct AgreementEntry {
    /// The agreement's row.
    pub row: agreement::Model,
    /// Row ids of the partners that some version of it names.
    pub partners: BTreeSet<i64>,
}

/// An Ambito with its master data and every version of its plans.
#[derive(Clone, Debug)]
pub struct AmbitoBook {
    /// The Ambito's row.
    pub row: ambito::Model,
    /// Row ids of the comuni that are, were or will be members, by ISTAT code.
    pub comuni: Arc<[i64]>,
    /// Its services, in order.
    pub services: Vec<Arc<ServiceEntry>>,
    /// Its funds, by code.
    pub funds: Vec<Arc<fund::Model>>,
    /// What its rules can count by: the measures known everywhere and its own.
    pub measures: Vec<Arc<measure::Model>>,
    /// The partners that it makes agreements with, by code.
    pub partners: Vec<Arc<partner::Model>>,
    /// Its agreements, by code.
    pub agreements: Vec<Arc<AgreementEntry>>,
    /// What its agreements commit it to pay.
    pub commitments: Arc<[Arc<Committed>]>,
    /// Its programmes, oldest first.
    pub programmes: Vec<Arc<programme::Model>>,
    /// Its resolutions, oldest first.
    pub resolutions: Vec<Arc<resolution::Model>>,
    /// Every version of every plan, by year and version.
    pub plans: Vec<Arc<PlanBook>>,
}

impl AmbitoBook {
    /// A service by its code.
    pub fn service(&self, code: &str) -> Option<&Arc<ServiceEntry>> {
        self.services.iter().find(|service| service.row.code == code)
    }

    /// An agreement by its code.
    pub fn agreement(&self, code: &str) -> Option<&Arc<AgreementEntry>> {
        self.agreements.iter().find(|agreement| agreement.row.code == code)
    }

    /// A measure of benefits by row id, with its service.
    pub fn benefit_measure(&self, id: i64) -> Option<(&Arc<ServiceEntry>, &Arc<BenefitMeasureEntry>)> {
        let of_service =
            |service: &'_ Arc<ServiceEntry>| service.benefit_measures.iter().position(|own| own.row.id == id);
        let (service, at) = self.services.iter().find_map(|service| Some((service, of_service(service)?)))?;
        Some((service, service.benefit_measures.get(at)?))
    }

    /// The plan in force: the approved one of the year with the latest resolution not after the day; of two of one day, the newer version.
    pub fn in_force(&self, year: i32, day: NaiveDate) -> Option<&Arc<PlanBook>> {
        let from = self.plans.partition_point(|plan| plan.row.year < year);
        latest(self.plans[from..].iter().take_while(|plan| plan.row.year == year), day)
    }

    /// The same among the plans of some kinds.
    pub fn in_force_of(
        &self,
        year: i32,
        day: NaiveDate,
        is_wanted: impl Fn(PlanKind) -> bool,
    ) -> Option<&Arc<PlanBook>> {
        latest(self.plans.iter().filter(|plan| plan.row.year == year && is_wanted(plan.row.kind)), day)
    }

    /// The plans in force on a day, one a year, oldest first.
    pub fn all_in_force(&self, day: NaiveDate) -> impl Iterator<Item = &Arc<PlanBook>> {
        let by_year = self.plans.chunk_by(|one, other| one.row.year == other.row.year);
        by_year.filter_map(move |plans| latest(plans.iter(), day))
    }

    /// The days on which a plan is in force: the first, and the last where a later act replaces it. None where it never is, since
    /// another act of the same day stands in its place.
    pub fn days_in_force(&self, plan: &PlanBook) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let from = plan.in_force_from()?;
        let others = self.plans.iter().filter(|other| other.row.year == plan.row.year && other.row.id != plan.row.id);
        let starts = others.filter_map(|other| other.in_force_from().map(|start| (start, other.row.version)));
        let Some((next, _)) = starts.filter(|start| *start > (from, plan.row.version)).min() else {
            return Some((from, None));
        };
        (next > from).then_some((from, next.pred_opt()))
    }
}

/// Of one year's plans, the one in force.
fn latest<'a>(plans: impl Iterator<Item = &'a Arc<PlanBook>>, day: NaiveDate) -> Option<&'a Arc<PlanBook>> {
    let adopted =
        |plan: &'a Arc<PlanBook>| Some((plan.in_force_from().filter(|from| *from <= day)?, plan.row.version, plan));
    plans.filter_map(adopted).max_by_key(|(from, version, _)| (*from, *version)).map(|(.., plan)| plan)
}

/// A client and the Ambiti it belongs to.
#[derive(Clone, Debug)]
pub struct ClientEntry {
    /// The client's row.
    pub row: client::Model,
    /// Row ids of its Ambiti.
    pub ambiti: BTreeSet<i64>,
    /// The client as the door asks for it, made once for all its requests.
    pub known: Arc<KnownClient>,
}
