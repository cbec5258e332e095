//! Services: what each is, for whom, and which funds may cover it. The code never changes. Who takes part is said by each plan.

use allocation::Cents;
use chrono::NaiveDate;
use entity::kinds::TargetArea;
use entity::{benefit_measure, indicator, participation, project, service, service_fund, service_target, service_task};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::bundle::{ProjectRecord, ServiceRecord};
use super::change::{Change, next_revision, own_ambito};
use super::insert::{insert_row, insert_rows};
use super::master::{AmbitoBook, ServiceEntry};
use super::names::Names;
use super::plan::{Codes, comune_ids};
use super::text::checked;
use super::{Transaction, Write, digest, mission, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{SERVICE_LIST_ENTRIES_MAX, SERVICES_AN_AMBITO_MAX};
use crate::store::book::Book;

/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 2_000;
/// The places that a service can have in the list of its Ambito.
const POSITIONS: std::ops::RangeInclusive<i32> = 1..=1_000_000;

/// What is said of a service; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ServiceChange {
    /// Name.
    pub name: Option<String>,
    /// Area.
    pub area: Option<String>,
    /// How it is delivered.
    pub delivery: Option<String>,
    /// Mission and programme of D.Lgs. 118/2011.
    pub mission_programme: Change<String>,
    /// Whom it is for, as the Ambito classifies it.
    pub target_area: Change<TargetArea>,
    /// Code of the tender that it is bought by (CIG).
    pub cig: Change<String>,
    /// Code of the public investment project that it belongs to (CUP).
    pub cup: Change<String>,
    /// A note.
    pub note: Change<String>,
    /// Its place in the list of the Ambito.
    pub position: Option<i32>,
    /// For whom.
    pub targets: Option<Vec<String>>,
    /// What it includes.
    pub tasks: Option<Vec<String>>,
    /// Result indicators.
    pub indicators: Option<Vec<String>>,
    /// Codes of the funds that may cover it.
    pub funds: Option<Vec<String>>,
}

/// Writes a new service, at the end of the list unless a place is given. Returns its row id.
pub async fn add(
    write: &Write,
    permit: &MasterPermit,
    code: String,
    described: ServiceChange,
    book: &Book,
) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let code = shape::code(code, "input.code")?;
    if ambito.service(&code).is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    expect_room(ambito.services.len(), SERVICES_AN_AMBITO_MAX, "input.code")?;
    let last = ambito.services.iter().map(|service| service.row.position).max().unwrap_or(0);
    let position = described.position.unwrap_or(last.saturating_add(1).min(*POSITIONS.end()));
    // Something must be said of these, so that a blank is refused as any other would be.
    let whole = ServiceChange {
        name: Some(described.name.unwrap_or_default()),
        area: Some(described.area.unwrap_or_default()),
        delivery: Some(described.delivery.unwrap_or_default()),
        position: Some(position),
        ..described
    };
    let record = whole.over(blank(code), ambito)?;
    let after = canonical(&record, position)?;
    let id = insert(write.tx(), &Codes::of(ambito), position, &record, book.names()).await?;
    write.audit(permit.actor(), "service.add", &subject(ambito, &record.code), None, Some(after)).await?;
    Ok(id)
}

/// Changes a service that is still at this revision. An indicator that keeps its name stays the same indicator.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: ServiceChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let old = ambito.services.iter().find(|service| service.row.id == id);
    let old = old.ok_or_else(|| Error::broken("service", id))?;
    let next = next_revision(old.row.row_version, revision)?;
    let position = change.position.unwrap_or(old.row.position);
    let before = record(old, book.names())?;
    let digest_before = canonical(&before, old.row.position)?;
    let after = change.over(before.clone(), ambito)?;
    let digest_after = canonical(&after, position)?;
    replace_parts(write.tx(), old, (&before, &after), &Codes::of(ambito)).await?;
    let subject = subject(ambito, &after.code);
    let row = service::ActiveModel {
        name: Set(after.name),
        area: Set(after.area),
        delivery: Set(after.delivery),
        mission_programme: Set(after.mission_programme),
        target_area: Set(after.target_area),
        note: Set(after.note),
        position: Set(position),
        cig: Set(after.cig),
        cup: Set(after.cup),
        row_version: Set(next),
        ..Default::default()
    };
    service::Entity::update_many().set(row).filter(service::Column::Id.eq(id)).exec(write.tx()).await?;
    write.audit(permit.actor(), "service.update", &subject, Some(digest_before), Some(digest_after)).await
}

impl ServiceChange {
    /// What is said of the service then. Only what is given is checked: the rest stands already.
    fn over(self, old: ServiceRecord, ambito: &AmbitoBook) -> Result<ServiceRecord> {
        let line = |new: Option<String>, old: String, argument: &str| {
            new.map_or_else(|| Ok(old), |text| personal::line(text, argument))
        };
        let lines = |new: Option<Vec<String>>, old: Vec<String>, argument: &str| {
            new.map_or_else(|| Ok(old), |texts| shape::lines(texts, argument, SERVICE_LIST_ENTRIES_MAX))
        };
        if self.position.is_some_and(|position| !POSITIONS.contains(&position)) {
            return Err(shape::invalid(
                "input.position",
                "Il posto nell'elenco va da 1 a 1000000.",
                "A place in the list is from 1 to 1000000.",
            ));
        }
        let mission_programme = self.mission_programme.checked(|text| {
            let words = ("Una missione e programma è come 12.03.", "A mission and programme is like 12.03.");
            let text = expect(text, shape::is_mission_programme, "input.missionProgramme", words)?;
            // What is there already may be of before the list was closed.
            if mission::meaning(&text).is_none() && old.mission_programme.as_ref() != Some(&text) {
                return Err(Refusal::new(Code::UnknownMission).argument("input.missionProgramme").into());
            }
            Ok(text)
        })?;
        let cig = self.cig.checked(|text| {
            let words = ("Un CIG ha dieci lettere maiuscole e cifre.", "A CIG has ten upper-case letters and digits.");
            expect(text, shape::is_cig, "input.cig", words)
        })?;
        let cup = self.cup.checked(|text| {
            let words =
                ("Un CUP ha quindici lettere maiuscole e cifre.", "A CUP has fifteen upper-case letters and digits.");
            expect(text, shape::is_cup, "input.cup", words)
        })?;
        let note = self
            .note
            .checked(|text| personal::free(checked(text, "input.note", NOTE_CHARACTERS_MAX)?, "input.note"))?;
        let covered_by = self.funds.map_or_else(|| Ok(old.covered_by), |codes| funds(codes, ambito))?;
        Ok(ServiceRecord {
            name: line(self.name, old.name, "input.name")?,
            area: line(self.area, old.area, "input.area")?,
            delivery: line(self.delivery, old.delivery, "input.delivery")?,
            mission_programme: mission_programme.over(old.mission_programme),
            target_area: self.target_area.over(old.target_area),
            cig: cig.over(old.cig),
            cup: cup.over(old.cup),
            note: note.over(old.note),
            targets: lines(self.targets, old.targets, "input.targets")?,
            tasks: lines(self.tasks, old.tasks, "input.tasks")?,
            indicators: lines(self.indicators, old.indicators, "input.indicators")?,
            covered_by,
            ..old
        })
    }
}

/// A service of which nothing is said yet. Nobody takes part from any day: each plan says who does.
fn blank(code: String) -> ServiceRecord {
    ServiceRecord {
        code,
        name: String::new(),
        area: String::new(),
        delivery: String::new(),
        mission_programme: None,
        target_area: None,
        cig: None,
        cup: None,
        note: None,
        targets: Vec::new(),
        tasks: Vec::new(),
        indicators: Vec::new(),
        covered_by: Vec::new(),
        projects: Vec::new(),
        benefit_measures: Vec::new(),
        participants: Vec::new(),
        participants_from: NaiveDate::MIN,
    }
}

/// A text of a shape.
fn expect(
    text: String,
    is: impl Fn(&str) -> bool,
    argument: &str,
    (it, en): (&'static str, &'static str),
) -> Result<String> {
    if is(&text) { Ok(text) } else { Err(shape::invalid(argument, it, en)) }
}

/// Codes of funds of the Ambito, each once.
fn funds(codes: Vec<String>, ambito: &AmbitoBook) -> Result<Vec<String>> {
    shape::at_most(codes.len(), SERVICE_LIST_ENTRIES_MAX, "input.funds")?;
    for (at, code) in codes.iter().enumerate() {
        let refusal = |code| Refusal::new(code).argument(format!("input.funds.{at}"));
        if !ambito.funds.iter().any(|fund| fund.code == *code) {
            return Err(refusal(Code::NotFound).into());
        }
        if codes[..at].contains(code) {
            return Err(refusal(Code::Duplicate).into());
        }
    }
    Ok(codes)
}

/// What the book says of a service, as far as these acts change it.
fn record(entry: &ServiceEntry, names: &Names) -> Result<ServiceRecord> {
    let row = &entry.row;
    Ok(ServiceRecord {
        name: row.name.clone(),
        area: row.area.clone(),
        delivery: row.delivery.clone(),
        mission_programme: row.mission_programme.clone(),
        target_area: row.target_area,
        cig: row.cig.clone(),
        cup: row.cup.clone(),
        note: row.note.clone(),
        targets: entry.targets.clone(),
        tasks: entry.tasks.clone(),
        indicators: entry.indicators.iter().map(|row| row.name.clone()).collect(),
        covered_by: entry.funds.iter().map(|id| names.fund(*id).map(str::to_owned)).collect::<Result<_>>()?,
        ..blank(row.code.clone())
    })
}

/// Writes the lists that changed in the place of those that were.
async fn replace_parts(
    tx: &Transaction,
    old: &ServiceEntry,
    (before, after): (&ServiceRecord, &ServiceRecord),
    codes: &Codes,
) -> Result<()> {
    let id = old.row.id;
    if before.targets != after.targets {
        service_target::Entity::delete_many().filter(service_target::Column::ServiceId.eq(id)).exec(tx).await?;
        insert_rows!(tx, &after.targets, service_target, |at, name| { service_id: id, position: at, name: name.clone() });
    }
    if before.tasks != after.tasks {
        service_task::Entity::delete_many().filter(service_task::Column::ServiceId.eq(id)).exec(tx).await?;
        insert_rows!(tx, &after.tasks, service_task, |at, name| { service_id: id, position: at, name: name.clone() });
    }
    if before.covered_by != after.covered_by {
        service_fund::Entity::delete_many().filter(service_fund::Column::ServiceId.eq(id)).exec(tx).await?;
        insert_funds(tx, id, &after.covered_by, codes).await?;
    }
    if before.indicators != after.indicators {
        replace_indicators(tx, old, &after.indicators).await?;
    }
    Ok(())
}

/// The row of an indicator that keeps its name stays, since others may name it by then; its place may be another.
async fn replace_indicators(tx: &Transaction, old: &ServiceEntry, names: &[String]) -> Result<()> {
    let gone: Vec<&indicator::Model> = old.indicators.iter().filter(|row| !names.contains(&row.name)).collect();
    if !gone.is_empty() {
        super::indicator::let_go(tx, &gone).await?;
        let ids = gone.iter().map(|row| row.id);
        indicator::Entity::delete_many().filter(indicator::Column::Id.is_in(ids)).exec(tx).await?;
    }
    let mut new = Vec::new();
    for (position, name) in (1_i32..).zip(names) {
        match old.indicators.iter().find(|row| row.name == *name) {
            Some(row) if row.position == position => {}
            Some(row) => {
                indicator::Entity::update_many()
                    .col_expr(indicator::Column::Position, Expr::value(position))
                    .filter(indicator::Column::Id.eq(row.id))
                    .exec(tx)
                    .await?;
            }
            None => new.push((position, name)),
        }
    }
    let id = old.row.id;
    insert_rows!(tx, new, indicator, |_at, own| { service_id: id, position: own.0, name: own.1.clone() });
    Ok(())
}

async fn insert_funds(tx: &Transaction, id: i64, funds: &[String], codes: &Codes) -> Result<()> {
    let funds = funds.iter().map(|code| codes.fund(code)).collect::<Result<Vec<_>>>()?;
    insert_rows!(tx, funds, service_fund, |at, fund| { service_id: id, position: at, fund_id: fund });
    Ok(())
}

/// Writes a service with all that belongs to it. Returns its row id.
pub(super) async fn insert(
    tx: &Transaction,
    codes: &Codes,
    position: i32,
    record: &ServiceRecord,
    names: &Names,
) -> Result<i64> {
    let id = insert_row!(
        tx,
        service {
            ambito_id: codes.ambito,
            code: record.code.clone(),
            name: record.name.clone(),
            area: record.area.clone(),
            delivery: record.delivery.clone(),
            mission_programme: record.mission_programme.clone(),
            target_area: record.target_area,
            cig: record.cig.clone(),
            cup: record.cup.clone(),
            note: record.note.clone(),
            position: position,
        }
    );
    insert_rows!(tx, &record.targets, service_target, |at, name| { service_id: id, position: at, name: name.clone() });
    insert_rows!(tx, &record.tasks, service_task, |at, name| { service_id: id, position: at, name: name.clone() });
    insert_rows!(tx, &record.indicators, indicator, |at, name| { service_id: id, position: at, name: name.clone() });
    insert_funds(tx, id, &record.covered_by, codes).await?;
    let fund = |own: &ProjectRecord| own.fund.as_ref().map(|code| codes.fund(code)).transpose();
    let funds = record.projects.iter().map(fund).collect::<Result<Vec<_>>>()?;
    let projects = record.projects.iter().zip(funds);
    insert_rows!(tx, projects, project, |at, own| {
        service_id: id,
        position: at,
        name: own.0.name.clone(),
        years: own.0.years.clone(),
        contribution_cents: own.0.contribution.map(Cents::get),
        act: own.0.act.clone(),
        note: own.0.note.clone(),
        fund_id: own.1,
        starts_on: own.0.starts_on,
        ends_on: own.0.ends_on,
        ambiti_count: own.0.ambiti,
    });
    insert_rows!(tx, &record.benefit_measures, benefit_measure, |at, own| {
        service_id: id,
        position: at,
        name: own.name.clone(),
        kind: own.kind.clone(),
        act: own.act.clone(),
    });
    let participants = comune_ids(&record.participants, names)?;
    insert_rows!(tx, participants, participation, |at, comune| {
        service_id: id,
        comune_id: comune,
        valid_from: record.participants_from,
        valid_to: None,
    });
    Ok(id)
}

fn subject(ambito: &AmbitoBook, code: &str) -> String {
    format!("service:{}/{code}", ambito.row.code)
}

fn canonical(record: &ServiceRecord, position: i32) -> Result<String> {
    let mut said = json!({
        "code": record.code,
        "name": record.name,
        "area": record.area,
        "delivery": record.delivery,
        "mission_programme": record.mission_programme,
        "cig": record.cig,
        "cup": record.cup,
        "note": record.note,
        "position": position,
        "targets": record.targets,
        "tasks": record.tasks,
        "indicators": record.indicators,
        "funds": record.covered_by,
    });
    // One that is not classified has the digest that it had before there were areas.
    if let (Some(area), Some(fields)) = (record.target_area, said.as_object_mut()) {
        fields.insert("target_area".to_owned(), area.to_value().into());
    }
    digest::of_value(&said)
}
