//! Monthly monitoring (monitoraggio): which reports were due on a day, and which of them were missing.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};
use chrono::NaiveDate;

use super::agreement::Agreement;
use super::direct::by_library;
use super::monitoring_report::{MonitoringReport, agreement, partner};
use super::page::{Cursors, MonitoringDutyConnection, PageArguments, page};
use super::partner::Partner;
use super::query::limits;
use super::reading::together;
use super::scalars::Date;
use super::sight::sight;
use crate::auth::ReadMonitoringPermit;
use crate::error::{Error, Result};
use crate::limits::MONITORING_GRACE_DAYS_MAX;
use crate::store::monitoring::duty::{self, Asked, Duty};

/// How far a report that was due had come on a day (stato dell'adempimento). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MonitoringState {
    /// Nothing was there by then (mancante); to whoever does not see drafts, what was begun only is missing too.
    Missing,
    /// It was begun by then, and not submitted (bozza).
    Draft,
    /// It was submitted (trasmessa).
    Submitted,
}

/// A report that was due (relazione dovuta).
#[derive(Clone)]
pub struct MonitoringDuty {
    duty: Duty,
    day: NaiveDate,
    state: MonitoringState,
}

/// Which reports of an Ambito were due on a day, and what had become of them (stato del monitoraggio).
pub struct Monitoring {
    as_of: Date,
    duties: Arc<Vec<Duty>>,
    permit: ReadMonitoringPermit,
}

impl Monitoring {
    /// That of an Ambito on a day, of one agreement or of all, and of the months from a day's on.
    pub(super) async fn of_ambito(
        ctx: &Context<'_>,
        (ambito, permit): (i64, ReadMonitoringPermit),
        (as_of, grace_days, from): (Option<Date>, Option<i32>, Option<Date>),
        agreement: Option<&str>,
    ) -> Result<Self> {
        let sight = sight(ctx)?;
        let day = sight.day(as_of);
        let grace = u32::try_from(grace_days.unwrap_or(0))
            .ok()
            .filter(|days| *days <= MONITORING_GRACE_DAYS_MAX.unsigned_abs());
        let grace = grace.ok_or_else(|| {
            Error::bad_request(
                format!("I giorni di tolleranza vanno da 0 a {MONITORING_GRACE_DAYS_MAX}."),
                format!("Days of grace are from 0 to {MONITORING_GRACE_DAYS_MAX}."),
            )
        })?;
        // An agreement that is not there owes nothing.
        let only = agreement.map(|code| {
            let found = sight.ambito(ambito)?.agreements.iter().find(|one| one.row.code == code)?;
            Some(found.row.id)
        });
        if only == Some(None) {
            return Ok(Self { as_of: Date(day), duties: Arc::default(), permit });
        }
        let asked = Asked { ambito, permit, day, grace, agreement: only.flatten(), from: from.map(|day| day.0) };
        let found = together(ctx, &sight.watched().duties, asked, |tx, keys| {
            Box::pin(async move { duty::read(tx, &keys).await })
        });
        let duties = found.await?.unwrap_or_default();
        Ok(Self { as_of: Date(day), duties, permit })
    }

    fn count(&self, state: MonitoringState) -> i32 {
        let counted = self.duties.iter().filter(|duty| state_of(duty) == state).count();
        i32::try_from(counted).unwrap_or(i32::MAX)
    }
}

/// How far a report had come.
fn state_of(duty: &Duty) -> MonitoringState {
    if duty.submitted_on.is_some() {
        MonitoringState::Submitted
    } else if duty.is_begun {
        MonitoringState::Draft
    } else {
        MonitoringState::Missing
    }
}

/// Which reports of an Ambito were due on a day, and what had become of them (stato del monitoraggio).
#[Object]
impl Monitoring {
    /// The day it shows (alla data).
    async fn as_of(&self) -> Date {
        self.as_of
    }

    /// Reports due by then: one for each programme and month that was over, of the last 120 months and of the years that the programme is of where it says which, and for each
    /// partner that the agreement had in the month (relazioni dovute).
    async fn due(&self) -> i32 {
        i32::try_from(self.duties.len()).unwrap_or(i32::MAX)
    }

    /// Those that were submitted by then and not sent back by then (relazioni trasmesse).
    async fn submitted(&self) -> i32 {
        self.count(MonitoringState::Submitted)
    }

    /// Those that were begun by then and not submitted; none for whoever does not see drafts (relazioni in bozza).
    async fn drafts(&self) -> Option<i32> {
        self.permit.shows_drafts().then(|| self.count(MonitoringState::Draft))
    }

    /// Those of which nothing was there by then; for whoever does not see drafts, those too that were begun only (relazioni mancanti).
    async fn missing(&self) -> i32 {
        self.count(MonitoringState::Missing)
    }

    /// The reports that were due, by month, agreement, programme and partner (relazioni dovute, una per una).
    async fn duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that had come so far (stato).")] state: Option<MonitoringState>,
        #[graphql(desc = "The first so many, 1 to 100 (primi).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (dopo).")] after: Option<String>,
    ) -> Option<Result<MonitoringDutyConnection>> {
        let arguments = PageArguments { first, after, ..PageArguments::default() };
        let find = || {
            let is_meant = |duty: &&Duty| state.is_none_or(|state| state_of(duty) == state);
            let duties: Vec<&Duty> = self.duties.iter().filter(is_meant).collect();
            let key = |duty: &&Duty| {
                let Duty { month, agreement, programme, partner, .. } = duty;
                let partner = partner.as_ref().map(|partner| partner.code.clone());
                (month.get(), agreement.clone(), programme.clone(), partner)
            };
            let cursors = Cursors { order: "monitoringDuties" };
            let shown =
                |duty: &&Duty| Ok(MonitoringDuty { duty: (*duty).clone(), day: self.as_of.0, state: state_of(duty) });
            page(&duties, &arguments, limits(ctx)?, &cursors, key, Ord::cmp, shown).map(Into::into)
        };
        Some(find())
    }
}

by_library!(MonitoringDuty);

/// A report that was due (relazione dovuta).
#[Object]
impl MonitoringDuty {
    /// The agreement (convenzione).
    async fn agreement(&self, ctx: &Context<'_>) -> Result<Agreement> {
        agreement(ctx, self.duty.agreement_id)
    }

    /// The partner that owes it; none where the agreement has none, and the managing body does (partner).
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        partner(ctx, self.duty.partner.as_ref().map(|partner| partner.id))
    }

    /// Code of the programme (programma).
    async fn programme(&self) -> &str {
        &self.duty.programme
    }

    /// Name of the programme (denominazione del programma).
    async fn programme_name(&self) -> &str {
        &self.duty.name
    }

    /// First day of the month (mese).
    async fn month(&self) -> Date {
        Date(self.duty.month.first_day())
    }

    /// The day from which it is due: the first after its month, and after the days of grace (dovuta dal).
    async fn due_on(&self) -> Date {
        Date(self.duty.due_on)
    }

    /// How far it had come (stato).
    async fn state(&self) -> MonitoringState {
        self.state
    }

    /// The day it was submitted, if it was by then: by the partner, or by the managing body for the whole programme (trasmessa il).
    async fn submitted_on(&self) -> Option<Date> {
        self.duty.submitted_on.map(Date)
    }

    /// The report as it was submitted by then; where it was not, as it is now, if it is for the asker (relazione).
    async fn report(&self, ctx: &Context<'_>) -> Option<Result<MonitoringReport>> {
        let (id, stands) = self.duty.report?;
        MonitoringReport::find_as_of(ctx, id, stands.then_some(self.day)).await.transpose()
    }
}
