//! A version of an agreement: what one act agreed, whole. It never changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use allocation::Cents;
use async_graphql::{Context, Lookahead, Object, SimpleObject};
use chrono::NaiveDate;
use entity::kinds::RecurrenceKind;

use super::agreement_days::{Instalment, Milestone, Recurrence, within};
use super::agreement_line::{AgreementContribution, AgreementLine, AgreementYear, line, of_partner};
use super::agreement_value::{AgreementPerimeter, AgreementProgramme, AgreementValue, perimeters, programmes, value};
use super::enums::VersionKind;
use super::partner::Partner;
use super::scalars::Date;
use super::service::Service;
use super::sight::{Sight, sight};
use crate::auth::Role;
use crate::error::{Error, Result};
use crate::limits::AGREEMENT_DAYS_AN_ANSWER_MAX;
use crate::store::agreement::read::{Contribution, Parts, Version};
use crate::store::agreement::schedule::{self, due};

/// What one act agreed (testo dell'accordo): the first, an amendment within the period, or a renewal. It never changes.
#[derive(Clone)]
pub struct AgreementVersion(pub(super) Arc<Version>);

/// An area of an agreement (area di co-progettazione).
#[derive(SimpleObject)]
pub struct AgreementArea {
    /// Code, unique in the version (codice).
    pub code: String,
    /// Name, where the document gives one (denominazione).
    pub name: Option<String>,
}

/// What each field of a version is read from.
const FIELDS: [(&str, Parts); 16] = [
    ("partners", Parts::PARTNERS),
    ("services", Parts::SERVICES),
    ("areas", Parts::AREAS),
    ("lines", Parts::LINES),
    ("years", Parts::LINES.and(Parts::CONTRIBUTIONS)),
    ("contributions", Parts::CONTRIBUTIONS),
    ("instalments", Parts::INSTALMENTS),
    ("milestones", Parts::MILESTONES),
    ("monitoringDates", Parts::RECURRENCES),
    ("planningDates", Parts::RECURRENCES),
    ("programmeDates", Parts::RECURRENCES),
    ("recurrences", Parts::RECURRENCES),
    ("perimeter", Parts::PERIMETERS),
    ("perimeters", Parts::PERIMETERS),
    ("value", Parts::PERIMETERS),
    ("programmes", Parts::PROGRAMMES),
];

/// What has to be read for the fields that are asked of versions.
pub(super) fn parts_asked(ahead: &Lookahead<'_>) -> Parts {
    let asked = FIELDS.iter().filter(|(field, _)| ahead.field(field).exists());
    asked.fold(Parts::NONE, |parts, (_, part)| parts.and(*part))
}

impl AgreementVersion {
    /// The version, of which these parts are needed.
    fn with(&self, parts: Parts) -> Result<&Version> {
        if self.0.parts.has(parts) {
            return Ok(&self.0);
        }
        Err(Error::internal("a part of an agreement that was not read"))
    }

    /// The days on which something recurs.
    fn recurring(&self, kind: RecurrenceKind, from: Option<Date>, to: Option<Date>) -> Result<Vec<Date>> {
        let version = self.with(Parts::RECURRENCES)?;
        let period = (version.row.starts_on, version.row.ends_on);
        let window = (from.map(|day| day.0), to.map(|day| day.0));
        let days = schedule::recurring(&version.recurrences, kind, period, window);
        if days.len() > AGREEMENT_DAYS_AN_ANSWER_MAX {
            return Err(Error::bad_request(
                "Troppe date: indicare from e to.",
                "There are too many days: give from and to.",
            ));
        }
        Ok(days.into_iter().map(Date).collect())
    }

    /// The contributions that the asker may read: to a partner those of others are not there.
    fn contributed<'v>(&'v self, sight: &'v Sight) -> Result<impl Iterator<Item = &'v Contribution>> {
        let contributions = self.with(Parts::CONTRIBUTIONS)?.contributions.iter();
        Ok(contributions.filter(|one| one.row.partner_id.is_none_or(|partner| sight.asker().sees_partner(partner))))
    }

    /// Whether the asker may read what all partners add together: to one of several it would tell what the others do.
    fn tells_private(&self, sight: &Sight) -> Result<bool> {
        Ok(sight.asker().role != Role::Partner || self.with(Parts::PARTNERS)?.partners.len() == 1)
    }

    /// Sums of lines and contributions, a year.
    fn totals(&self, sight: &Sight) -> Result<Vec<AgreementYear>> {
        let version = self.with(Parts::LINES)?;
        let mut years: BTreeMap<i32, [Cents; 4]> = BTreeMap::new();
        let mut add = |year: i32, amounts: [i64; 4]| -> Result<()> {
            let sums = years.entry(year).or_insert([Cents::ZERO; 4]);
            for (sum, amount) in sums.iter_mut().zip(amounts) {
                *sum = sum.checked_add(Cents::new(amount))?;
            }
            Ok(())
        };
        for line in &version.lines {
            add(line.row.year, [line.row.net_cents, line.row.vat_cents, line.row.gross_cents, 0])?;
        }
        for one in self.contributed(sight)? {
            add(one.row.year, [0, 0, 0, one.row.amount_cents])?;
        }
        Ok(years.into_iter().map(|(year, sums)| AgreementYear::new(year, sums)).collect())
    }
}

/// What one act agreed (testo dell'accordo): the first, an amendment within the period, or a renewal. It never changes.
#[Object]
impl AgreementVersion {
    /// Number, from 1 (numero di versione). An amendment or a renewal names the latest of the agreement, `Agreement.latestVersion`, which need not be in force.
    async fn number(&self) -> i32 {
        self.0.row.number
    }

    /// What made it (tipo di atto).
    async fn kind(&self) -> VersionKind {
        self.0.row.kind.into()
    }

    /// Title (titolo).
    async fn title(&self) -> &str {
        &self.0.row.title
    }

    /// The act, as it is cited (atto).
    async fn act(&self) -> Option<&str> {
        self.0.row.act.as_deref()
    }

    /// The day from which it holds (efficace dal).
    async fn effective_from(&self) -> Date {
        Date(self.0.row.effective_from)
    }

    /// First day of the period (inizio).
    async fn starts_on(&self) -> Date {
        Date(self.0.row.starts_on)
    }

    /// Last day of the period (scadenza).
    async fn ends_on(&self) -> Date {
        Date(self.0.row.ends_on)
    }

    /// A note (nota).
    async fn note(&self) -> Option<&str> {
        self.0.row.note.as_deref()
    }

    /// Whether no document gives some of it (presunto).
    async fn assumed(&self) -> bool {
        self.0.row.assumed
    }

    /// SHA-256 of what was agreed, in hexadecimal; none to a partner beside others, for it is also of what they add (impronta).
    async fn digest(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        let told = || Ok(self.tells_private(sight(ctx)?)?.then_some(self.0.row.digest.as_str()));
        told().transpose()
    }

    /// The partners, in the order of the document; a partner sees itself alone (partner). At most 100.
    async fn partners(&self, ctx: &Context<'_>) -> Result<Vec<Partner>> {
        let sight = sight(ctx)?;
        let partners = &self.with(Parts::PARTNERS)?.partners;
        Ok(partners.iter().filter_map(|id| sight.partner(*id)).map(|partner| Partner(partner.clone())).collect())
    }

    /// The services that it is tied to (servizi): at most 100.
    async fn services(&self, ctx: &Context<'_>) -> Result<Vec<Service>> {
        let sight = sight(ctx)?;
        let services = &self.with(Parts::SERVICES)?.services;
        Ok(services.iter().filter_map(|id| sight.service(*id)).map(|service| Service(service.clone())).collect())
    }

    /// Its areas (aree): at most 100.
    async fn areas(&self) -> Result<Vec<AgreementArea>> {
        let areas = &self.with(Parts::AREAS)?.areas;
        Ok(areas.iter().map(|row| AgreementArea { code: row.code.clone(), name: row.name.clone() }).collect())
    }

    /// What is paid: a line a year and item (voci di spesa), at most 1,000 in a version.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this year (anno).")] year: Option<i32>,
        #[graphql(desc = "Only those of the area with this code (area).")] area: Option<String>,
    ) -> Result<Vec<AgreementLine>> {
        let sight = sight(ctx)?;
        let lines = self.with(Parts::LINES)?.lines.iter();
        let fits = |row: &entity::agreement_line::Model| {
            year.is_none_or(|year| row.year == year) && (area.is_none() || row.area == area)
        };
        Ok(lines.filter(|one| fits(&one.row)).map(|one| line(sight, one)).collect())
    }

    /// What the lines and the contributions of each year add up to (totali per anno).
    async fn years(&self, ctx: &Context<'_>) -> Result<Vec<AgreementYear>> {
        self.totals(sight(ctx)?)
    }

    /// What partners add of their own; to a partner without what others add (risorse del partner). At most 1,000 in a version.
    async fn contributions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this year (anno).")] year: Option<i32>,
    ) -> Result<Vec<AgreementContribution>> {
        let sight = sight(ctx)?;
        let fits = |one: &&Contribution| year.is_none_or(|year| one.row.year == year);
        Ok(self.contributed(sight)?.filter(fits).map(|one| of_partner(sight, one)).collect())
    }

    /// Its instalments (rate), at most 500. Where days are given, only those that are due from the one to the other, both included; the same day twice is that day.
    async fn instalments(
        &self,
        #[graphql(desc = "Due on this day or later (dal).")] due_from: Option<Date>,
        #[graphql(desc = "Due on this day or before (entro il).")] due_by: Option<Date>,
    ) -> Result<Vec<Instalment>> {
        let instalments = self.with(Parts::INSTALMENTS)?.instalments.iter();
        Ok(instalments.filter(|row| within(row.due_date, due_from, due_by)).map(Instalment::new).collect())
    }

    /// Its milestones, each as it stands on a day (tappe), at most 1,000; to a partner without what was reported of those that others have since. Where days are given, only those that begin or are to be done from the one to the other.
    async fn milestones(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day on which they stand so; today where left out (alla data).")] as_of: Option<Date>,
        #[graphql(desc = "Whose day is this one or later (dal).")] due_from: Option<Date>,
        #[graphql(desc = "Whose day is this one or before (entro il).")] due_by: Option<Date>,
    ) -> Result<Vec<Milestone>> {
        let day: NaiveDate = sight(ctx)?.day(as_of);
        let version = self.with(Parts::MILESTONES)?;
        let fitting = version.milestones.iter().filter(|row| within(due(row), due_from, due_by));
        fitting.map(|row| Milestone::new(row, version.progress.get(&row.code), day)).collect()
    }

    /// The days on which it is monitored (date di monitoraggio).
    async fn monitoring_dates(
        &self,
        #[graphql(desc = "From this day on (dal).")] from: Option<Date>,
        #[graphql(desc = "Until this day (al).")] to: Option<Date>,
    ) -> Option<Result<Vec<Date>>> {
        Some(self.recurring(RecurrenceKind::Monitoring, from, to))
    }

    /// The days by which the activity of the next year is planned (termini della programmazione).
    async fn planning_dates(
        &self,
        #[graphql(desc = "From this day on (dal).")] from: Option<Date>,
        #[graphql(desc = "Until this day (al).")] to: Option<Date>,
    ) -> Option<Result<Vec<Date>>> {
        Some(self.recurring(RecurrenceKind::Planning, from, to))
    }

    /// The days on which the programme of the activity is drawn up anew (date del programma di attività).
    async fn programme_dates(
        &self,
        #[graphql(desc = "From this day on (dal).")] from: Option<Date>,
        #[graphql(desc = "Until this day (al).")] to: Option<Date>,
    ) -> Option<Result<Vec<Date>>> {
        Some(self.recurring(RecurrenceKind::Programme, from, to))
    }

    /// The days that come again, as they were given (scadenze ricorrenti): at most 50.
    async fn recurrences(&self) -> Result<Vec<Recurrence>> {
        self.with(Parts::RECURRENCES)?.recurrences.iter().map(Recurrence::new).collect()
    }

    /// What it is worth in a year, and how much of that is public; not for a partner that is one of several (perimetro economico).
    async fn perimeter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year (anno).")] year: i32,
    ) -> Option<Result<AgreementPerimeter>> {
        let find = || {
            let all = perimeters(self.with(Parts::PERIMETERS)?, self.tells_private(sight(ctx)?)?)?;
            Ok(all.into_iter().find(|one| one.year == year))
        };
        find().transpose()
    }

    /// What it is worth in each year of which that is stated; not for a partner that is one of several (perimetro economico per anno): at most 100.
    async fn perimeters(&self, ctx: &Context<'_>) -> Result<Vec<AgreementPerimeter>> {
        perimeters(self.with(Parts::PERIMETERS)?, self.tells_private(sight(ctx)?)?)
    }

    /// What it is worth over these years (valore complessivo); none where nothing is stated.
    async fn value(&self, ctx: &Context<'_>) -> Option<Result<AgreementValue>> {
        let find = || value(self.with(Parts::PERIMETERS)?, self.tells_private(sight(ctx)?)?);
        find().transpose()
    }

    /// Its programmes (programmi): at most 100.
    async fn programmes(&self, ctx: &Context<'_>) -> Result<Vec<AgreementProgramme>> {
        programmes(self.with(Parts::PROGRAMMES)?, self.tells_private(sight(ctx)?)?)
    }
}
