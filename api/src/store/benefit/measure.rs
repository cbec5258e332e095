//! Measures of benefits: added, and changed as far as what was granted under them allows.

use allocation::Cents;
use chrono::{Datelike, Months, NaiveDate};
use entity::{benefit_application, benefit_criterion, benefit_measure};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{
    BENEFIT_CENTS_MAX, BENEFIT_CRITERIA_A_MEASURE_MAX, BENEFIT_CRITERIA_CHARACTERS_MAX, BENEFIT_MEASURES_A_SERVICE_MAX,
    BENEFIT_YEARS_A_MEASURE_MAX,
};
use crate::store::ambito::expect_room;
use crate::store::book::Book;
use crate::store::change::{Change, next_revision, own_ambito};
use crate::store::insert::{insert_row, insert_rows};
use crate::store::master::{AmbitoBook, BenefitMeasureEntry, ServiceEntry};
use crate::store::text::checked;
use crate::store::{Transaction, Write, digest, packed, personal, shape};

/// Characters of a kind of benefit, and of an act as it is cited.
const LINE_CHARACTERS_MAX: usize = 200;
/// The most points that a criterion gives each time; the table has the same bound.
const POINTS_MAX: i32 = 10_000;
/// The most times that one counts; the table has the same bound.
const TIMES_MAX: i32 = 100;

/// A criterion that a measure publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenCriterion {
    /// Code, unique in the measure.
    pub code: String,
    /// What is looked at.
    pub name: String,
    /// Points for each time that it applies.
    pub points: i32,
    /// The most times that it counts.
    pub maximum_times: i32,
}

/// A measure to be.
#[derive(Clone, Debug)]
pub struct NewBenefitMeasure {
    /// Code of the service.
    pub service: String,
    /// Name.
    pub name: String,
    /// Kind of benefit.
    pub kind: String,
    /// The act that it rests on.
    pub act: Option<String>,
    /// Code of the fund that pays for it.
    pub fund: Option<String>,
    /// First and last day of its period.
    pub period: (Option<NaiveDate>, Option<NaiveDate>),
    /// What it may grant in all.
    pub budget: Option<Cents>,
    /// Who may have it, in words.
    pub criteria: Option<String>,
    /// What applications are ranked by.
    pub published: Vec<GivenCriterion>,
}

/// What becomes of a measure; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct BenefitMeasureChange {
    /// Name.
    pub name: Option<String>,
    /// Kind of benefit.
    pub kind: Option<String>,
    /// The act that it rests on.
    pub act: Change<String>,
    /// Code of the fund that pays for it.
    pub fund: Change<String>,
    /// First day of its period.
    pub from: Change<NaiveDate>,
    /// Last day of its period.
    pub to: Change<NaiveDate>,
    /// What it may grant in all.
    pub budget: Change<Cents>,
    /// Who may have it, in words.
    pub criteria: Change<String>,
    /// What applications are ranked by, whole.
    pub published: Option<Vec<GivenCriterion>>,
}

/// What a measure says, checked.
#[derive(Clone, Debug)]
struct Terms {
    name: String,
    kind: String,
    act: Option<String>,
    fund: Option<i64>,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    budget: Option<Cents>,
    criteria: Option<String>,
    published: Vec<GivenCriterion>,
}

impl Terms {
    fn of(entry: &BenefitMeasureEntry) -> Self {
        let row = entry.row.clone();
        let criterion = |own: &benefit_criterion::Model| GivenCriterion {
            code: own.code.clone(),
            name: own.name.clone(),
            points: own.points,
            maximum_times: own.maximum_times,
        };
        Self {
            name: row.name,
            kind: row.kind,
            act: row.act,
            fund: row.fund_id,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            budget: row.budget_cents.map(Cents::new),
            criteria: row.criteria,
            published: entry.criteria.iter().map(criterion).collect(),
        }
    }

    /// The digest; nothing of it is about anybody.
    fn canonical(&self, ambito: &AmbitoBook, service: &str) -> Result<String> {
        let fund = self.fund.and_then(|id| ambito.funds.iter().find(|fund| fund.id == id)).map(|fund| &fund.code);
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let published: Vec<_> =
            self.published.iter().map(|own| (&own.code, &own.name, own.points, own.maximum_times)).collect();
        digest::of_value(&json!([
            service,
            self.name,
            self.kind,
            self.act,
            fund,
            day(self.starts_on),
            day(self.ends_on),
            self.budget.map(Cents::get),
            self.criteria,
            published,
        ]))
    }

    /// What is wrong between its parts.
    fn check(&self) -> Result<()> {
        match (self.starts_on, self.ends_on) {
            (None, None) => Ok(()),
            (Some(from), Some(to)) if from <= to => {
                let months = Months::new(BENEFIT_YEARS_A_MEASURE_MAX.saturating_mul(12));
                if from.checked_add_months(months).is_some_and(|end| to < end) {
                    return Ok(());
                }
                let most = BENEFIT_YEARS_A_MEASURE_MAX;
                let refusal = Refusal::new(Code::Invalid).argument("input.to");
                let (it, en) = (
                    format!("Un periodo è al massimo di {most} anni."),
                    format!("A period is of {most} years at most."),
                );
                Err(refusal.message(it, en).into())
            }
            (Some(_), Some(_)) => {
                let (it, en) = ("L'ultimo giorno è prima del primo.", "The last day is before the first.");
                Err(shape::invalid("input.to", it, en))
            }
            (from, _) => {
                let argument = if from.is_some() { "input.to" } else { "input.from" };
                Err(shape::invalid(argument, "Un periodo ha due giorni.", "A period has two days."))
            }
        }
    }
}

/// Writes a new measure of a service. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, new: NewBenefitMeasure, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let service = ambito.service(&new.service).ok_or_else(|| Refusal::new(Code::NotFound).argument("input.service"))?;
    let (from, to) = new.period;
    let terms = Terms {
        name: line(new.name, "input.name")?,
        kind: kind(new.kind)?,
        act: new.act.map(act).transpose()?,
        fund: new.fund.map(|code| fund(ambito, &code)).transpose()?,
        starts_on: from.map(|day| known_day(day, "input.from")).transpose()?,
        ends_on: to.map(|day| known_day(day, "input.to")).transpose()?,
        budget: new.budget.map(budget).transpose()?,
        criteria: new.criteria.map(words).transpose()?,
        published: published(new.published)?,
    };
    terms.check()?;
    expect_new(service, &terms, None)?;
    expect_room(service.benefit_measures.len(), BENEFIT_MEASURES_A_SERVICE_MAX, "input.service")?;
    let last = service.benefit_measures.iter().map(|own| own.row.position).max().unwrap_or(0);
    let position = last.checked_add(1).ok_or_else(|| Refusal::new(Code::Overflow))?;
    let after = terms.canonical(ambito, &service.row.code)?;
    let id = insert_row!(
        write.tx(),
        benefit_measure {
            service_id: service.row.id,
            position: position,
            name: terms.name,
            kind: terms.kind,
            act: terms.act,
            fund_id: terms.fund,
            starts_on: terms.starts_on,
            ends_on: terms.ends_on,
            budget_cents: terms.budget.map(Cents::get),
            criteria: terms.criteria,
        }
    );
    insert_criteria(write.tx(), id, &terms.published).await?;
    let subject = subject(ambito, &service.row.code, id);
    write.audit(permit.actor(), "benefit_measure.add", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Changes a measure that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: BenefitMeasureChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let (service, old) = ambito.benefit_measure(id).ok_or_else(|| Error::broken("benefit measure", id))?;
    let next = next_revision(old.row.row_version, revision)?;
    let before = Terms::of(old);
    let after = changed(ambito, &before, change)?;
    after.check()?;
    expect_new(service, &after, Some(id))?;
    expect_fits(write.tx(), id, &before, &after).await?;
    let digests = (before.canonical(ambito, &service.row.code)?, after.canonical(ambito, &service.row.code)?);
    if after.published != before.published {
        let of_measure = benefit_criterion::Column::BenefitMeasureId.eq(id);
        benefit_criterion::Entity::delete_many().filter(of_measure).exec(write.tx()).await?;
        insert_criteria(write.tx(), id, &after.published).await?;
    }
    let row = benefit_measure::ActiveModel {
        name: Set(after.name),
        kind: Set(after.kind),
        act: Set(after.act),
        fund_id: Set(after.fund),
        starts_on: Set(after.starts_on),
        ends_on: Set(after.ends_on),
        budget_cents: Set(after.budget.map(Cents::get)),
        criteria: Set(after.criteria),
        row_version: Set(next),
        ..Default::default()
    };
    let own = benefit_measure::Column::Id.eq(id);
    benefit_measure::Entity::update_many().set(row).filter(own).exec(write.tx()).await?;
    let subject = subject(ambito, &service.row.code, id);
    write.audit(permit.actor(), "benefit_measure.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// What a measure says once it is changed.
fn changed(ambito: &AmbitoBook, old: &Terms, change: BenefitMeasureChange) -> Result<Terms> {
    let old = old.clone();
    let fund = match change.fund {
        Change::Stays => old.fund,
        Change::To(code) => code.map(|code| fund(ambito, &code)).transpose()?,
    };
    Ok(Terms {
        name: match change.name {
            Some(name) => line(name, "input.name")?,
            None => old.name,
        },
        kind: change.kind.map_or(Ok(old.kind), kind)?,
        act: change.act.checked(act)?.over(old.act),
        fund,
        starts_on: change.from.checked(|day| known_day(day, "input.from"))?.over(old.starts_on),
        ends_on: change.to.checked(|day| known_day(day, "input.to"))?.over(old.ends_on),
        budget: change.budget.checked(budget)?.over(old.budget),
        criteria: change.criteria.checked(words)?.over(old.criteria),
        published: change.published.map_or(Ok(old.published), published)?,
    })
}

/// Refuses what would go against what was granted under a measure, or applied for.
async fn expect_fits(tx: &Transaction, id: i64, before: &Terms, after: &Terms) -> Result<()> {
    let sql = "SELECT CAST(coalesce(sum(committed_cents), 0) AS BIGINT), min(starts_on), max(ends_on) \
               FROM benefit_grant WHERE benefit_measure_id = $1";
    let rows = packed::rows(tx, sql, [id.into()]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("a sum without a row"))?;
    let committed: i64 = row.try_get_by_index(0)?;
    let granted: (Option<NaiveDate>, Option<NaiveDate>) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let is_granted = granted.0.is_some();
    if is_granted && after.budget.is_none_or(|budget| budget.get() < committed) {
        let refusal = Refusal::new(Code::BeyondBudget).argument("input.budget");
        let (it, en) = ("È meno di quanto è già concesso.", "It is less than what was granted already.");
        return Err(refusal.message(it, en).into());
    }
    if is_granted && after.kind != before.kind {
        let (it, en) = (
            "Ci sono già dei titoli: la tipologia non cambia.",
            "There are benefits already: the kind does not change.",
        );
        return Err(shape::invalid("input.kind", it, en));
    }
    let sql = "SELECT min(applied_on), max(applied_on) FROM benefit_application WHERE benefit_measure_id = $1";
    let rows = packed::rows(tx, sql, [id.into()]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("a minimum without a row"))?;
    let applied: (Option<NaiveDate>, Option<NaiveDate>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let first = [granted.0, applied.0].into_iter().flatten().min();
    let last = [granted.1, applied.1].into_iter().flatten().max();
    let (it, en) =
        ("Fuori dal periodo resterebbero domande o titoli.", "Applications or grants would lie outside the period.");
    let outside =
        |argument: &str| -> Error { Refusal::new(Code::OutsidePeriod).argument(argument).message(it, en).into() };
    if first.is_some_and(|first| after.starts_on.is_none_or(|from| from > first)) {
        return Err(outside("input.from"));
    }
    if last.is_some_and(|last| after.ends_on.is_none_or(|to| to < last)) {
        return Err(outside("input.to"));
    }
    if after.published != before.published && is_applied(tx, id).await? {
        let (it, en) = (
            "Ci sono già delle domande: i criteri pubblicati non cambiano.",
            "There are applications already: the published criteria do not change.",
        );
        return Err(shape::invalid("input.publishedCriteria", it, en));
    }
    Ok(())
}

async fn is_applied(tx: &Transaction, id: i64) -> Result<bool> {
    let found =
        benefit_application::Entity::find().filter(benefit_application::Column::BenefitMeasureId.eq(id)).limit(1);
    Ok(found.one(tx).await?.is_some())
}

/// Of one service two measures of a name begin on other days.
fn expect_new(service: &ServiceEntry, terms: &Terms, own: Option<i64>) -> Result<()> {
    let mut others = service.benefit_measures.iter().filter(|other| Some(other.row.id) != own);
    if others.any(|other| other.row.name == terms.name && other.row.starts_on == terms.starts_on) {
        return Err(Refusal::new(Code::Duplicate).argument("input.name").into());
    }
    Ok(())
}

/// A text of one line that names nobody.
fn line(text: String, argument: &str) -> Result<String> {
    personal::free(shape::line_of(text, argument, LINE_CHARACTERS_MAX)?, argument)
}

fn kind(text: String) -> Result<String> {
    line(text, "input.kind")
}

/// An act, whose number may be any.
pub(super) fn act(text: String) -> Result<String> {
    let argument = "input.act";
    let text = shape::line_of(text, argument, LINE_CHARACTERS_MAX)?;
    personal::refuse_reference(&text, argument).map(|()| text)
}

fn words(text: String) -> Result<String> {
    let argument = "input.criteria";
    personal::free(checked(text, argument, BENEFIT_CRITERIA_CHARACTERS_MAX)?, argument)
}

fn fund(ambito: &AmbitoBook, code: &str) -> Result<i64> {
    let found = ambito.funds.iter().find(|fund| fund.code == code);
    Ok(found.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.fund"))?.id)
}

/// A day of the years that are known.
pub(super) fn known_day(day: NaiveDate, argument: &str) -> Result<NaiveDate> {
    shape::year(day.year(), argument).map(|_| day)
}

fn budget(amount: Cents) -> Result<Cents> {
    if amount.is_negative() {
        let (it, en) = ("Uno stanziamento non è negativo.", "A budget is not negative.");
        return Err(shape::invalid("input.budget", it, en));
    }
    if amount.get() > BENEFIT_CENTS_MAX {
        return Err(Refusal::new(Code::Overflow).argument("input.budget").into());
    }
    Ok(amount)
}

fn published(given: Vec<GivenCriterion>) -> Result<Vec<GivenCriterion>> {
    let argument = "input.publishedCriteria";
    shape::at_most(given.len(), BENEFIT_CRITERIA_A_MEASURE_MAX, argument)?;
    let mut criteria: Vec<GivenCriterion> = Vec::with_capacity(given.len());
    for (at, own) in given.into_iter().enumerate() {
        let place = |field: &str| format!("{argument}.{at}.{field}");
        let within = |number: i32, most: i32, field: &str| {
            if (1..=most).contains(&number) {
                return Ok(number);
            }
            let refusal = Refusal::new(Code::Invalid).argument(place(field));
            Err(Error::from(refusal.message(format!("Da 1 a {most}."), format!("From 1 to {most}."))))
        };
        let own = GivenCriterion {
            code: shape::code(own.code, &place("code"))?,
            name: line(own.name, &place("name"))?,
            points: within(own.points, POINTS_MAX, "points")?,
            maximum_times: within(own.maximum_times, TIMES_MAX, "maximumTimes")?,
        };
        if criteria.iter().any(|other| other.code == own.code) {
            return Err(Refusal::new(Code::Duplicate).argument(place("code")).into());
        }
        criteria.push(own);
    }
    Ok(criteria)
}

async fn insert_criteria(tx: &Transaction, id: i64, criteria: &[GivenCriterion]) -> Result<()> {
    insert_rows!(tx, criteria, benefit_criterion, |at, own| {
        benefit_measure_id: id,
        position: at,
        code: own.code.clone(),
        name: own.name.clone(),
        points: own.points,
        maximum_times: own.maximum_times,
    });
    Ok(())
}

fn subject(ambito: &AmbitoBook, service: &str, id: i64) -> String {
    format!("benefit_measure:{}/{service}/{id}", ambito.row.code)
}
