//! Importing who governs an Ambito, its work plans, and the time and spending of its projects: checked records become rows, in one transaction, or nothing does.
//!
//! Everything is written by the functions that acts take, each with its event in the audit trail.

use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;

use super::body::{self, NewBody};
use super::book::Book;
use super::change::Change;
use super::project::expense::{self, NewExpense};
use super::project::timeline::{self, NewStep, StepReport};
use super::project::{self, ProjectChange};
use super::work_plan::report::{self, MilestoneReport};
use super::work_plan::{self, GivenWorkPlan};
use super::{Store, Write};
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
}

/// A governing body with its meetings.
#[derive(Clone, Debug)]
pub struct BodyRecord {
    /// The body.
    pub new: NewBody,
    /// The days on which it met, each with what the meeting was about.
    pub meetings: Vec<(NaiveDate, Option<String>)>,
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

/// Writes a bundle. Bodies and work plans must be new.
pub async fn import(store: &Store, operator: &Operator, bundle: &GovernanceBundle) -> Result<Imported> {
    let write = store.write().await?;
    let mut book = write.book(&store.book()).await?;
    let code = &bundle.ambito;
    let missing = || Refusal::new(Code::NotFound).argument(format!("ambito {code}"));
    let ambito = book.ambito_by_code(code).ok_or_else(missing)?.row.id;
    let permit = operator.keep_master(ambito);
    for record in &bundle.bodies {
        let of_body = |problem: Error| problem.at(&format!("body {}", record.new.code));
        let id = body::add(&write, &permit, record.new.clone(), &book).await.map_err(of_body)?;
        for (held_on, about) in &record.meetings {
            body::record_meeting(&write, &permit, (id, *held_on), about.clone(), &book).await?;
        }
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

/// Whether a bundle was taken in already: all of it was, or nothing.
pub async fn is_there(store: &Store, bundle: &GovernanceBundle) -> Result<bool> {
    let Some(id) = store.book().ambito_by_code(&bundle.ambito).map(|ambito| ambito.row.id) else { return Ok(false) };
    let snapshot = store.read_for_client().await?;
    let found = body::of_ambiti(snapshot.tx(), &[id], store.clock().today()).await;
    let found = snapshot.end(found).await?.remove(&id).unwrap_or_default();
    Ok(bundle.bodies.iter().any(|record| found.iter().any(|body| body.row.code == record.new.code)))
}

async fn import_work_plan(write: &Write, permit: &MasterPermit, record: &WorkPlanRecord, book: &Book) -> Result<()> {
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let years = |row: &&Arc<entity::programme::Model>| (row.from_year..=row.to_year).contains(&record.year);
    let missing = || Refusal::new(Code::NotFound).argument(format!("programme {}", record.year));
    let programme = ambito.programmes.iter().find(years).ok_or_else(missing)?.id;
    let new = (programme, record.code.clone());
    let id = work_plan::add(write, permit, new, record.given.clone(), book).await?;
    for (at, given) in record.reports.iter().enumerate() {
        let before = record.reports[..at].iter().filter(|other| other.milestone == given.milestone).count();
        let revision = i32::try_from(before).map_err(Error::internal)?;
        report::report(write, permit, id, MilestoneReport { revision, ..given.clone() }, book).await?;
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
    let missing = || Refusal::new(Code::NotFound).argument(format!("service {}", record.service));
    let ambito = book.ambito(permit.ambito()).ok_or_else(|| Error::broken("ambito", permit.ambito()))?;
    let service = ambito.service(&record.service).ok_or_else(missing)?;
    let known = service.projects.iter().find(|row| row.name == record.name).map(|row| (row.id, row.row_version));
    let (id, mut revision) = if let Some((id, revision)) = known {
        project::update(write, permit, (id, revision), record.change.clone(), &book).await?;
        (id, revision + 1)
    } else {
        let new = ProjectChange { name: Some(record.name.clone()), ..record.change.clone() };
        (project::add(write, permit, service.row.id, new, &book).await?, 1)
    };
    book = write.book(&book).await?;
    if !record.steps.is_empty() {
        let steps = record.steps.iter().map(|(step, ..)| step.clone()).collect();
        timeline::set(write, permit, (id, revision), steps, &book).await?;
        (book, revision) = (write.book(&book).await?, revision + 1);
    }
    for (number, (_, started_on, done_on)) in (1..).zip(&record.steps) {
        if started_on.is_none() && done_on.is_none() {
            continue;
        }
        let given = StepReport { number, started_on: Change::To(*started_on), done_on: Change::To(*done_on) };
        timeline::report(write, permit, (id, revision), given, &book).await?;
        (book, revision) = (write.book(&book).await?, revision + 1);
    }
    for (spent_on, amount, description, reference) in record.expenses.iter().cloned() {
        let new = NewExpense { project: id, spent_on, amount, description, reference };
        expense::record(write, permit, new, &book).await?;
    }
    Ok(book)
}
