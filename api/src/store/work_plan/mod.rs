//! Work plans of programmes: what is to be done in a period, and by whom. A plan is replaced by its next version, and stays readable as of its day.
//! What was reported of its milestones is `report`'s, what is read of them `read`'s.

mod read;
pub mod report;

use chrono::{Datelike, NaiveDate};
use entity::{programme, work_plan, work_plan_milestone, work_plan_version};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::agreement::given::MilestoneDay;
use super::ambito::expect_room;
use super::change::{Change, next_revision, own_ambito};
use super::insert::{insert_row, insert_rows};
use super::master::AmbitoBook;
use super::packed;
use super::text::checked;
use super::{Transaction, Write, digest, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{WORK_PLAN_MILESTONES_MAX, WORK_PLAN_VERSIONS_MAX, WORK_PLANS_A_PROGRAMME_MAX};
use crate::store::book::Book;
pub use read::{Standing, WorkPlan, of_programmes, reports, standing, with_ids};

/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Characters of who answers for a milestone. They are few, so that nobody writes a name beside the role.
const RESPONSIBLE_CHARACTERS_MAX: usize = 100;

/// A milestone to be.
#[derive(Clone, Debug)]
pub struct NewMilestone {
    /// Code; the same for the same milestone in every version.
    pub code: String,
    /// What is to happen.
    pub item: String,
    /// The organisation or role that answers for it; never a person.
    pub responsible: Option<String>,
    /// When it begins, or by when it is done.
    pub when: MilestoneDay,
}

/// What a work plan says.
#[derive(Clone, Debug)]
pub struct GivenWorkPlan {
    /// Title.
    pub title: String,
    /// The act.
    pub act: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// First day of the period.
    pub starts_on: NaiveDate,
    /// Last day of the period.
    pub ends_on: NaiveDate,
    /// Day from which it holds; today where none is given.
    pub effective_from: Option<NaiveDate>,
    /// Its milestones, in order.
    pub milestones: Vec<NewMilestone>,
    /// Whether no document gives it.
    pub assumed: bool,
}

/// What becomes of a work plan; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct WorkPlanChange {
    /// Title.
    pub title: Option<String>,
    /// The act.
    pub act: Change<String>,
    /// A note.
    pub note: Change<String>,
    /// First day of the period.
    pub starts_on: Option<NaiveDate>,
    /// Last day of the period.
    pub ends_on: Option<NaiveDate>,
    /// Day from which it holds; today where none is given.
    pub effective_from: Option<NaiveDate>,
    /// All its milestones, in the place of those that it has.
    pub milestones: Option<Vec<NewMilestone>>,
}

/// Writes a new work plan of a programme (row id), with its first version. Returns its row id.
pub async fn add(
    write: &Write,
    permit: &MasterPermit,
    (programme, code): (i64, String),
    given: GivenWorkPlan,
    book: &Book,
) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let programme = ambito.programmes.iter().find(|row| row.id == programme);
    let programme = programme.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.programme"))?;
    let code = shape::code(code, "input.code")?;
    let of_programme = work_plan::Entity::find().filter(work_plan::Column::ProgrammeId.eq(programme.id));
    let others = of_programme.all(write.tx()).await?;
    if others.iter().any(|other| other.code == code) {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(others.len(), WORK_PLANS_A_PROGRAMME_MAX, "input.code")?;
    let given = whole(given, programme)?;
    let from = given.effective_from.unwrap_or_else(|| write.clock().today());
    let from = shape::past_day(from, write.clock().today(), "input.effectiveFrom")?;
    let after = canonical(&code, from, &given)?;
    let subject = subject(ambito, programme.id, &code);
    let id = insert_row!(write.tx(), work_plan { programme_id: programme.id, code: code });
    insert(write, permit.actor(), (id, 1, from), given).await?;
    write.audit(permit.actor(), "work_plan.add", &subject, None, Some(after)).await?;
    Ok(id)
}

/// Replaces a work plan by its next version, as long as the one that the caller saw is the last.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: WorkPlanChange,
    book: &Book,
) -> Result<()> {
    let (ambito, plan) = own(write, permit, id, book).await?;
    let programme = ambito.programmes.iter().find(|row| row.id == plan.programme_id);
    let programme = programme.ok_or_else(|| Error::broken("work_plan", id))?;
    let versions = work_plan_version::Entity::find().filter(work_plan_version::Column::WorkPlanId.eq(id));
    let last = versions.clone().order_by_desc(work_plan_version::Column::Number).one(write.tx()).await?;
    let last = last.ok_or_else(|| Error::broken("work_plan", id))?;
    let next = next_revision(last.number, revision)?;
    let count = versions.count(write.tx()).await?;
    expect_room(usize::try_from(count).unwrap_or(usize::MAX), WORK_PLAN_VERSIONS_MAX, "input.workPlan")?;
    let today = write.clock().today();
    let from = shape::past_day(change.effective_from.unwrap_or(today), today, "input.effectiveFrom")?;
    // On its own day a version is put right: the one with the higher number holds.
    if from < last.effective_from {
        let refusal = Refusal::new(Code::VersionsOverlap).argument("input.effectiveFrom");
        let (it, en) = ("La versione precedente vale da un giorno dopo.", "The last version holds from a later day.");
        return Err(refusal.message(it, en).into());
    }
    let old = GivenWorkPlan {
        title: last.title,
        act: last.act,
        note: last.note,
        starts_on: last.starts_on,
        ends_on: last.ends_on,
        effective_from: None,
        milestones: milestones_of(write.tx(), last.id).await?,
        assumed: last.assumed,
    };
    let before = canonical(&plan.code, last.effective_from, &old)?;
    let given = GivenWorkPlan {
        title: change.title.unwrap_or(old.title),
        act: change.act.over(old.act),
        note: change.note.over(old.note),
        starts_on: change.starts_on.unwrap_or(old.starts_on),
        ends_on: change.ends_on.unwrap_or(old.ends_on),
        milestones: change.milestones.unwrap_or(old.milestones),
        ..old
    };
    let given = whole(given, programme)?;
    let after = canonical(&plan.code, from, &given)?;
    insert(write, permit.actor(), (id, next, from), given).await?;
    let subject = subject(ambito, programme.id, &plan.code);
    write.audit(permit.actor(), "work_plan.update", &subject, Some(before), Some(after)).await
}

/// A work plan of the Ambito that the permit holds for.
async fn own<'b>(
    write: &Write,
    permit: &MasterPermit,
    id: i64,
    book: &'b Book,
) -> Result<(&'b AmbitoBook, work_plan::Model)> {
    let ambito = own_ambito(book, permit)?;
    let plan = work_plan::Entity::find_by_id(id).one(write.tx()).await?;
    let plan = plan.filter(|plan| ambito.programmes.iter().any(|row| row.id == plan.programme_id));
    Ok((ambito, plan.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.workPlan"))?))
}

/// What a plan says, its texts trimmed, its days within the period, and that within the programme.
fn whole(given: GivenWorkPlan, programme: &programme::Model) -> Result<GivenWorkPlan> {
    let line = |argument: &'static str| move |text| personal::free(shape::line(text, argument)?, argument);
    let note = |text| personal::free(checked(text, "input.note", NOTE_CHARACTERS_MAX)?, "input.note");
    let act = |text| personal::act(shape::line(text, "input.act")?, "input.act");
    let years = programme.from_year..=programme.to_year;
    for (day, argument) in [(given.starts_on, "input.startsOn"), (given.ends_on, "input.endsOn")] {
        if !years.contains(&shape::day(day, argument)?.year()) {
            return Err(outside(argument, "È fuori dagli anni del programma.", "It is outside the programme's years."));
        }
    }
    if given.ends_on < given.starts_on {
        let (it, en) = ("Il piano finisce prima di cominciare.", "The plan ends before it begins.");
        return Err(shape::invalid("input.endsOn", it, en));
    }
    Ok(GivenWorkPlan {
        title: line("input.title")(given.title)?,
        act: given.act.map(act).transpose()?,
        note: given.note.map(note).transpose()?,
        milestones: milestones(given.milestones, (given.starts_on, given.ends_on))?,
        ..given
    })
}

fn milestones(given: Vec<NewMilestone>, (first, last): (NaiveDate, NaiveDate)) -> Result<Vec<NewMilestone>> {
    shape::at_most(given.len(), WORK_PLAN_MILESTONES_MAX, "input.milestones")?;
    let mut checked: Vec<NewMilestone> = Vec::with_capacity(given.len());
    for (at, milestone) in given.into_iter().enumerate() {
        let place = |field: &str| format!("input.milestones.{at}.{field}");
        let line = |text, field: &str, most| personal::free(shape::line_of(text, &place(field), most)?, &place(field));
        let code = shape::code(milestone.code, &place("code"))?;
        if checked.iter().any(|other| other.code == code) {
            return Err(Refusal::new(Code::Duplicate).argument(place("code")).into());
        }
        let (field, day) = match milestone.when {
            MilestoneDay::From(day) => ("from", day),
            MilestoneDay::By(day) => ("by", day),
        };
        if !(first..=last).contains(&day) {
            return Err(outside(&place(field), "È fuori dal periodo del piano.", "It is outside the plan's period."));
        }
        let responsible = milestone.responsible.map(|text| line(text, "responsible", RESPONSIBLE_CHARACTERS_MAX));
        checked.push(NewMilestone {
            code,
            item: line(milestone.item, "item", shape::TEXT_CHARACTERS_MAX)?,
            responsible: responsible.transpose()?,
            when: milestone.when,
        });
    }
    Ok(checked)
}

/// The milestones of a version, as they were given.
async fn milestones_of(tx: &Transaction, version: i64) -> Result<Vec<NewMilestone>> {
    let rows = work_plan_milestone::Entity::find()
        .filter(work_plan_milestone::Column::VersionId.eq(version))
        .order_by_asc(work_plan_milestone::Column::Position);
    let milestone = |row: work_plan_milestone::Model| {
        let when = row.from_date.map(MilestoneDay::From).or(row.by_date.map(MilestoneDay::By));
        let when = when.ok_or_else(|| Error::broken("work_plan_milestone", row.id))?;
        Ok(NewMilestone { code: row.code, item: row.item, responsible: row.responsible, when })
    };
    rows.all(tx).await?.into_iter().map(milestone).collect()
}

async fn insert(
    write: &Write,
    actor: &str,
    (plan, number, from): (i64, i32, NaiveDate),
    given: GivenWorkPlan,
) -> Result<()> {
    let version = insert_row!(
        write.tx(),
        work_plan_version {
            work_plan_id: plan,
            number: number,
            effective_from: from,
            title: given.title,
            act: given.act,
            note: given.note,
            starts_on: given.starts_on,
            ends_on: given.ends_on,
            assumed: given.assumed,
            milestone_count: i32::try_from(given.milestones.len()).map_err(Error::internal)?,
            written_by: actor.to_owned(),
            written_at: write.clock().now(),
        }
    );
    insert_rows!(write.tx(), &given.milestones, work_plan_milestone, |at, own| {
        version_id: version,
        position: at,
        code: own.code.clone(),
        item: own.item.clone(),
        responsible: own.responsible.clone(),
        from_date: days(own.when).0,
        by_date: days(own.when).1,
    });
    Ok(())
}

/// The day it begins, and the day it is done by.
fn days(when: MilestoneDay) -> (Option<NaiveDate>, Option<NaiveDate>) {
    match when {
        MilestoneDay::From(day) => (Some(day), None),
        MilestoneDay::By(day) => (None, Some(day)),
    }
}

/// Refuses years of a programme that leave out days of one of its work plans, whatever the version.
pub(super) async fn expect_within(tx: &Transaction, programme: i64, years: (i32, i32)) -> Result<()> {
    let sql = "SELECT min(v.starts_on), max(v.ends_on) FROM work_plan_version v JOIN work_plan w ON w.id = v.work_plan_id \
               WHERE w.programme_id = $1";
    let rows = packed::rows(tx, sql, [programme.into()]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let day = |at: usize| -> Result<Option<NaiveDate>> { Ok(row.try_get_by_index(at)?) };
    let (it, en) = (
        "Il programma ha un piano di lavoro fuori da questi anni.",
        "The programme has a work plan outside these years.",
    );
    if day(0)?.is_some_and(|day| day.year() < years.0) {
        return Err(outside("input.fromYear", it, en));
    }
    if day(1)?.is_some_and(|day| day.year() > years.1) {
        return Err(outside("input.toYear", it, en));
    }
    Ok(())
}

fn outside(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::OutsidePeriod).argument(argument).message(it, en).into()
}

fn subject(ambito: &AmbitoBook, programme: i64, code: &str) -> String {
    format!("work_plan:{}/{programme}/{code}", ambito.row.code)
}

fn canonical(code: &str, from: NaiveDate, given: &GivenWorkPlan) -> Result<String> {
    let GivenWorkPlan { title, act, note, starts_on, ends_on, assumed, milestones, .. } = given;
    let milestone = |own: &NewMilestone| json!([own.code, own.item, own.responsible, days(own.when)]);
    let milestones: Vec<_> = milestones.iter().map(milestone).collect();
    digest::of_value(&json!([code, from, title, act, note, starts_on, ends_on, assumed, milestones]))
}
