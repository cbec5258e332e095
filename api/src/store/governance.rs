//! Importing who governs an Ambito, its work plans, and the time and spending of its projects: checked records become rows, in one transaction, or nothing does.
//!
//! Everything is written by the functions that acts take, each with its event in the audit trail.

use std::collections::HashSet;
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::{governing_body, work_plan as work_plan_row};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::body::{self, NewBody};
use super::book::Book;
use super::change::Change;
use super::master::AmbitoBook;
use super::packed;
use super::places::Places;
use super::project::expense::{self, NewExpense};
use super::project::timeline::{self, NewStep, StepReport};
use super::project::{self, ProjectChange};
use super::work_plan::report::{self, MilestoneReport};
use super::work_plan::{self, GivenWorkPlan};
use super::{Store, Transaction, Write};
use crate::auth::permit::{MasterPermit, Operator};
use crate::error::{Code, Error, Refusal, Result};

/// What a file of governance holds once it was read and checked, in the order of the file.
#[derive(Clone, Debug)]
pub struct GovernanceBundle {
    /// Code of the Ambito, which is there.
    pub ambito: String,
    /// Governing bodies.
    pub bodies: Vec<BodyRecord>,
    /// Work plans.
    pub work_plans: Vec<WorkPlanRecord>,
    /// Projects.
    pub projects: Vec<ProjectTimeRecord>,
    /// Where the file says whose they are.
    pub places: Places,
}

/// A governing body with its meetings.
#[derive(Clone, Debug)]
pub struct BodyRecord {
    /// The body.
    pub new: NewBody,
    /// The days on which it met, each with what the meeting was about.
    pub meetings: Vec<(NaiveDate, Option<String>)>,
    /// Where it and its meetings stand.
    pub places: Places,
}

/// A work plan with what was reported of its milestones.
#[derive(Clone, Debug)]
pub struct WorkPlanRecord {
    /// A year of the programme that it belongs to.
    pub year: i32,
    /// Code.
    pub code: String,
    /// What it says.
    pub given: GivenWorkPlan,
    /// What was reported of its milestones, in order; the revisions are counted when they are written.
    pub reports: Vec<MilestoneReport>,
    /// Where it and its reports stand.
    pub places: Places,
}

/// A project with its timeline and what it spent: a new one of a service, or more of one that is there.
#[derive(Clone, Debug)]
pub struct ProjectTimeRecord {
    /// Code of the service.
    pub service: String,
    /// Name.
    pub name: String,
    /// What is said of it; what is not given stays.
    pub change: ProjectChange,
    /// Its steps, each with the day it was begun and the day it was done.
    pub steps: Vec<(NewStep, Option<NaiveDate>, Option<NaiveDate>)>,
    /// What it spent: the day, how much, what for, and the document it rests on.
    pub expenses: Vec<(NaiveDate, Cents, String, Option<String>)>,
    /// Where it stands, with its steps and expenses.
    pub places: Places,
}

/// What an import wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Code of the Ambito.
    pub ambito: String,
    /// How many governing bodies.
    pub bodies: usize,
    /// How many work plans.
    pub work_plans: usize,
    /// How many projects.
    pub projects: usize,
}

/// Writes a bundle. Bodies, work plans and expenses of projects must be new. A refusal says of which record it is, and where that stands in the file.
pub async fn import(store: &Store, operator: &Operator, bundle: &GovernanceBundle) -> Result<Imported> {
    let write = store.write().await?;
    let mut book = write.book(&store.book()).await?;
    let code = &bundle.ambito;
    let ambito = book.ambito_by_code(code).ok_or_else(|| bundle.places.no_ambito(code))?.row.id;
    let permit = operator.keep_master(ambito);
    for record in &bundle.bodies {
        import_body(&write, &permit, record, &book).await?;
    }
    for record in &bundle.work_plans {
        import_work_plan(&write, &permit, record, &book).await?;
    }
    for record in &bundle.projects {
        book = import_project(&write, &permit, record, book).await?;
    }
    store.commit(write).await?;
    Ok(Imported {
        ambito: code.clone(),
        bodies: bundle.bodies.len(),
        work_plans: bundle.work_plans.len(),
        projects: bundle.projects.len(),
    })
}

/// What a folder has not of a bundle, each record alone, so that one that is refused keeps back no other: bodies and work plans whose codes it has not, and
/// projects that nobody touched. What somebody wrote stays theirs, and a project that is not there by its name was given another.
pub async fn missing(store: &Store, bundle: &GovernanceBundle) -> Result<Vec<GovernanceBundle>> {
    let book = store.book();
    let Some(ambito) = book.ambito_by_code(&bundle.ambito) else { return Ok(Vec::new()) };
    let snapshot = store.read_for_client().await?;
    let known = Known::read(snapshot.tx(), ambito).await;
    let known = snapshot.end(known).await?;
    let none = GovernanceBundle { bodies: Vec::new(), work_plans: Vec::new(), projects: Vec::new(), ..bundle.clone() };
    let bodies = bundle.bodies.iter().filter(|record| !known.bodies.contains(&record.new.code));
    let plans = bundle.work_plans.iter().filter(|record| !known.work_plans.contains(&record.code));
    let untouched = |record: &&ProjectTimeRecord| {
        let project = project_of(ambito, record);
        project.is_some_and(|row| row.row_version == 1 && !known.touched.contains(&row.id))
    };
    let projects = bundle.projects.iter().filter(untouched);
    let bodies = bodies.map(|record| GovernanceBundle { bodies: vec![record.clone()], ..none.clone() });
    let plans = plans.map(|record| GovernanceBundle { work_plans: vec![record.clone()], ..none.clone() });
    let projects = projects.map(|record| GovernanceBundle { projects: vec![record.clone()], ..none.clone() });
    Ok(bodies.chain(plans).chain(projects).collect())
}

/// What an Ambito has already of what governs it.
struct Known {
    /// Codes of its bodies, also of those that sit no more.
    bodies: HashSet<String>,
    /// Codes of its work plans.
    work_plans: HashSet<String>,
    /// Row ids of the projects that have steps or spent something.
    touched: HashSet<i64>,
}

impl Known {
    async fn read(tx: &Transaction, ambito: &AmbitoBook) -> Result<Self> {
        let bodies = governing_body::Entity::find().filter(governing_body::Column::AmbitoId.eq(ambito.row.id));
        let programmes = ambito.programmes.iter().map(|row| row.id);
        let plans = work_plan_row::Entity::find().filter(work_plan_row::Column::ProgrammeId.is_in(programmes));
        let sql = "SELECT p.id FROM project p JOIN service s ON s.id = p.service_id WHERE s.ambito_id = $1 \
                     AND (EXISTS (SELECT 1 FROM project_expense e WHERE e.project_id = p.id) \
                       OR EXISTS (SELECT 1 FROM project_milestone m WHERE m.project_id = p.id))";
        let touched = packed::rows(tx, sql, [ambito.row.id.into()]).await?;
        Ok(Self {
            bodies: bodies.all(tx).await?.into_iter().map(|row| row.code).collect(),
            work_plans: plans.all(tx).await?.into_iter().map(|row| row.code).collect(),
            touched: touched.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<_>>()?,
        })
    }
}

/// The project that a record is of, where the service has it.
fn project_of<'a>(ambito: &'a AmbitoBook, record: &ProjectTimeRecord) -> Option<&'a entity::project::Model> {
    ambito.service(&record.service)?.projects.iter().find(|row| row.name == record.name)
}

async fn import_body(write: &Write, permit: &MasterPermit, record: &BodyRecord, book: &Book) -> Result<()> {
    let name = format!("body {}", record.new.code);
    let added = body::add(write, permit, record.new.clone(), book).await;
    let id = added.map_err(|fault| record.places.located(&name, fault))?;
    for (at, (held_on, about)) in record.meetings.iter().enumerate() {
        let met = body::record_meeting(write, permit, (id, *held_on), about.clone(), book).await;
        let place = || record.places.entry("meetings", at);
        met.map_err(|fault| place().located(&format!("{name}, meeting {held_on}"), fault))?;
    }
    Ok(())
}

async fn import_work_plan(write: &Write, permit: &MasterPermit, record: &WorkPlanRecord, book: &Book) -> Result<()> {
    let name = format!("work_plan {}", record.code);
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let years = |row: &&Arc<entity::programme::Model>| (row.from_year..=row.to_year).contains(&record.year);
    let missing = || record.places.located(&name, Refusal::new(Code::NotFound).argument("programme").into());
    let programme = ambito.programmes.iter().find(years).ok_or_else(missing)?.id;
    let new = (programme, record.code.clone());
    let id = work_plan::add(write, permit, new, record.given.clone(), book).await;
    let id = id.map_err(|fault| record.places.located(&name, fault))?;
    for (at, given) in record.reports.iter().enumerate() {
        let before = record.reports[..at].iter().filter(|other| other.milestone == given.milestone).count();
        let revision = i32::try_from(before).map_err(Error::internal)?;
        let told = report::report(write, permit, id, MilestoneReport { revision, ..given.clone() }, book).await;
        let place = || record.places.entry("reports", at);
        told.map_err(|fault| place().located(&format!("{name}, report {}", at + 1), fault))?;
    }
    Ok(())
}

/// Returns the book with the project.
async fn import_project(
    write: &Write,
    permit: &MasterPermit,
    record: &ProjectTimeRecord,
    mut book: Arc<Book>,
) -> Result<Arc<Book>> {
    let name = format!("project {}", record.name);
    let of_project = |fault: Error| record.places.located(&name, fault);
    let missing = || of_project(Refusal::new(Code::NotFound).argument("service").into());
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let service = ambito.service(&record.service).ok_or_else(missing)?;
    let known = project_of(ambito, record).map(|row| (row.id, row.row_version));
    let (id, mut revision) = if let Some((id, revision)) = known {
        let changed = project::update(write, permit, (id, revision), record.change.clone(), &book).await;
        changed.map_err(of_project)?;
        (id, revision + 1)
    } else {
        let new = ProjectChange { name: Some(record.name.clone()), ..record.change.clone() };
        (project::add(write, permit, service.row.id, new, &book).await.map_err(of_project)?, 1)
    };
    book = write.book(&book).await?;
    if !record.steps.is_empty() {
        let steps = record.steps.iter().map(|(step, ..)| step.clone()).collect();
        timeline::set(write, permit, (id, revision), steps, &book).await.map_err(of_project)?;
        (book, revision) = (write.book(&book).await?, revision + 1);
    }
    for (at, (_, started_on, done_on)) in record.steps.iter().enumerate() {
        if started_on.is_none() && done_on.is_none() {
            continue;
        }
        let given = |day: &Option<NaiveDate>| day.map_or(Change::Stays, |day| Change::To(Some(day)));
        let number = i32::try_from(at + 1).map_err(Error::internal)?;
        let given = StepReport { number, started_on: given(started_on), done_on: given(done_on) };
        let told = timeline::report(write, permit, (id, revision), given, &book).await;
        let place = || record.places.entry("milestones", at);
        told.map_err(|fault| place().located(&format!("{name}, milestone {number}"), fault))?;
        (book, revision) = (write.book(&book).await?, revision + 1);
    }
    import_expenses(write, permit, (id, record), &book).await?;
    Ok(book)
}

async fn import_expenses(
    write: &Write,
    permit: &MasterPermit,
    (project, record): (i64, &ProjectTimeRecord),
    book: &Book,
) -> Result<()> {
    for (at, (spent_on, amount, description, reference)) in record.expenses.iter().cloned().enumerate() {
        let new = NewExpense { project, spent_on, amount, description, reference };
        let recorded = async {
            expense::expect_unknown(write, &new).await?;
            expense::record(write, permit, new, book).await
        };
        let place = || record.places.entry("expenses", at);
        let name = || format!("project {}, expense {}", record.name, at + 1);
        recorded.await.map_err(|fault| place().located(&name(), fault))?;
    }
    Ok(())
}
