//! What a bundle says in words tells of nobody: an import refuses what an act would, before anything is written, and names the record without saying the text again.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::store::bundle::{BudgetRecord, Bundle, PlanRecord, ServiceRecord};
use crate::store::personal;

/// Texts of one record, each with its name.
struct Texts {
    record: String,
}

/// Texts of a record that is called so in a refusal.
fn of(record: impl Into<String>) -> Texts {
    Texts { record: record.into() }
}

impl Texts {
    fn place(&self, name: &str) -> String {
        format!("{}, {name}", self.record)
    }

    /// A code, or the number of an act: it may be any number.
    fn reference<'t>(&self, name: &str, text: impl IntoIterator<Item = &'t String>) -> Result<&Self> {
        let mut texts = text.into_iter();
        texts.try_for_each(|text| personal::refuse_reference(text, &self.place(name)))?;
        Ok(self)
    }

    /// A text, or several.
    fn free<'t>(&self, name: &str, text: impl IntoIterator<Item = &'t String>) -> Result<&Self> {
        let mut texts = text.into_iter();
        texts.try_for_each(|text| personal::refuse(text, &self.place(name)))?;
        Ok(self)
    }
}

/// Refuses a bundle of which a text holds data of a person.
pub(super) fn name_nobody(bundle: &Bundle) -> Result<()> {
    let own = &bundle.ambito;
    of("ambito")
        .reference("code", [&own.code])?
        .free("name", [&own.name])?
        .free("region", [&own.region])?
        .free("managing_body", [&own.managing_body])?
        .free("legal_form", &own.legal_form)?;
    for record in &bundle.comuni {
        of(format!("comune {}", record.istat_code)).free("name", [&record.name])?;
    }
    if let Some(record) = &bundle.programme {
        of("programme").free("title", [&record.title])?.free("note", &record.note)?;
    }
    // By its place: a code may be what is refused.
    for (at, record) in (1..).zip(&bundle.funds) {
        of(format!("fund {at}")).reference("code", [&record.code])?.free("name", [&record.name])?;
    }
    for (at, record) in (1..).zip(&bundle.measures) {
        let code = record.code.to_string();
        of(format!("measure {at}"))
            .reference("code", [&code])?
            .free("name", [&record.name])?
            .free("unit", [&record.unit])?;
    }
    for (at, record) in (1..).zip(&bundle.services) {
        of(format!("service {at}")).reference("code", [&record.code])?;
        of_service(record)?;
    }
    let sources: BTreeSet<&String> = bundle.measurements.iter().map(|record| &record.source).collect();
    of("measurements").free("source", sources)?;
    bundle.plans.iter().try_for_each(of_plan)
}

fn of_service(record: &ServiceRecord) -> Result<()> {
    let service = format!("service {}", record.code);
    of(&*service)
        .free("name", [&record.name])?
        .free("area", [&record.area])?
        .free("delivery", [&record.delivery])?
        .free("note", &record.note)?
        .free("targets", &record.targets)?
        .free("tasks", &record.tasks)?
        .free("indicators", &record.indicators)?;
    for (at, project) in (1..).zip(&record.projects) {
        of(format!("{service}, project {at}"))
            .free("name", [&project.name])?
            .free("years", &project.years)?
            .reference("act", &project.act)?
            .free("note", &project.note)?;
    }
    for (at, measure) in (1..).zip(&record.benefit_measures) {
        of(format!("{service}, benefit measure {at}"))
            .free("name", [&measure.name])?
            .free("kind", [&measure.kind])?
            .reference("act", &measure.act)?;
    }
    Ok(())
}

fn of_plan(record: &PlanRecord) -> Result<()> {
    let plan = format!("plan {}", record.year);
    of(&*plan).free("note", &record.note)?;
    if let Some(act) = &record.resolution {
        of(format!("{plan}, resolution"))
            .reference("number", [&act.number])?
            .free("body", [&act.body])?
            .free("subject", &act.subject)?;
    }
    record.budgets.iter().try_for_each(|budget| of_budget(&plan, budget))
}

fn of_budget(plan: &str, record: &BudgetRecord) -> Result<()> {
    let sources: BTreeSet<&String> = record.basis.iter().map(|basis| &basis.source).collect();
    of(format!("{plan}, service {}", record.service))
        .free("note", &record.note)?
        .free("rule_note", &record.rule_note)?
        .free("lines", record.lines.iter().map(|line| &line.item))?
        .free("basis", sources)
        .map(|_| ())
}
