//! Projects with revenue bound to them: what each is, what it was granted, when it runs. Its steps are `timeline`'s, what it spent is `expense`'s.

pub mod expense;
pub mod timeline;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use entity::project;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::change::{Change, next_revision, own_ambito};
use super::insert::insert_row;
use super::master::{AmbitoBook, ServiceEntry};
use super::packed::{self, IDS_A_STATEMENT};
use super::text::checked;
use super::{Transaction, Write, digest, in_effect, personal, shape};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{AMBITI_MAX, PAYMENT_CENTS_MAX, PROJECTS_A_SERVICE_MAX};
use crate::store::book::Book;

/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 2_000;

/// What is said of a project; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    /// Name.
    pub name: Option<String>,
    /// Years, as its act words them.
    pub years: Change<String>,
    /// What is contributed to it.
    pub contribution: Change<Cents>,
    /// Code of the fund that its revenue comes from.
    pub fund: Change<String>,
    /// The act that grants it.
    pub act: Change<String>,
    /// First day.
    pub starts_on: Change<NaiveDate>,
    /// Last day.
    pub ends_on: Change<NaiveDate>,
    /// Ambiti that share the contribution.
    pub ambiti: Change<i32>,
    /// A note.
    pub note: Change<String>,
}

/// Writes a new project of a service (row id), at the end of its list. Returns its row id.
pub async fn add(
    write: &Write,
    permit: &MasterPermit,
    service: i64,
    described: ProjectChange,
    book: &Book,
) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let service = ambito.services.iter().find(|one| one.row.id == service);
    let service = service.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.service"))?;
    expect_room(service.projects.len(), PROJECTS_A_SERVICE_MAX, "input.service")?;
    let last = service.projects.iter().map(|row| row.position).max().unwrap_or(0);
    let position = last.checked_add(1).ok_or_else(|| Error::from(Refusal::new(Code::Overflow)))?;
    let blank = project::Model {
        id: 0,
        service_id: service.row.id,
        position,
        name: String::new(),
        years: None,
        contribution_cents: None,
        act: None,
        note: None,
        fund_id: None,
        starts_on: None,
        ends_on: None,
        ambiti_count: None,
        row_version: 1,
    };
    let new = described.over(&blank, ambito)?;
    unlike_others(&new, service)?;
    let after = canonical(&new, ambito)?;
    let id = insert_row!(
        write.tx(),
        project {
            service_id: new.service_id,
            position: new.position,
            name: new.name,
            years: new.years,
            contribution_cents: new.contribution_cents,
            act: new.act,
            note: new.note,
            fund_id: new.fund_id,
            starts_on: new.starts_on,
            ends_on: new.ends_on,
            ambiti_count: new.ambiti_count,
        }
    );
    write.audit(permit.actor(), "project.add", &subject(ambito, service, id), None, Some(after)).await?;
    Ok(id)
}

/// Changes a project that is still at this revision. What it spent and when its steps are due must not fit worse than before: rows that were written
/// when less was asked of them hold up no other change.
pub async fn update(
    write: &Write,
    permit: &MasterPermit,
    (id, revision): (i64, i32),
    change: ProjectChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let (service, old) = find(ambito, id)?;
    let next = next_revision(old.row_version, revision)?;
    let new = change.over(old, ambito)?;
    if new.name != old.name {
        unlike_others(&new, service)?;
    }
    expense::expect_fitting(write.tx(), old, &new).await?;
    timeline::expect_fitting(write.tx(), old, &new).await?;
    let digests = (canonical(old, ambito)?, canonical(&new, ambito)?);
    let row = project::ActiveModel {
        name: Set(new.name),
        years: Set(new.years),
        contribution_cents: Set(new.contribution_cents),
        act: Set(new.act),
        note: Set(new.note),
        fund_id: Set(new.fund_id),
        starts_on: Set(new.starts_on),
        ends_on: Set(new.ends_on),
        ambiti_count: Set(new.ambiti_count),
        row_version: Set(next),
        ..Default::default()
    };
    project::Entity::update_many().set(row).filter(project::Column::Id.eq(id)).exec(write.tx()).await?;
    let subject = subject(ambito, service, id);
    write.audit(permit.actor(), "project.update", &subject, Some(digests.0), Some(digests.1)).await
}

impl ProjectChange {
    /// What is said of the project then.
    fn over(self, old: &project::Model, ambito: &AmbitoBook) -> Result<project::Model> {
        let line = |argument: &'static str| move |text| personal::free(shape::line(text, argument)?, argument);
        let note = |text| personal::free(checked(text, "input.note", NOTE_CHARACTERS_MAX)?, "input.note");
        let act = |text| personal::act(shape::line(text, "input.act")?, "input.act");
        let name = self.name.map_or_else(|| Ok(old.name.clone()), line("input.name"))?;
        let contribution = self.contribution.checked(|amount| match amount {
            amount if amount.is_negative() => {
                let (it, en) = ("Un contributo non è negativo.", "A contribution is not below zero.");
                Err(shape::invalid("input.contribution", it, en))
            }
            amount if amount > Cents::new(PAYMENT_CENTS_MAX) => {
                Err(Refusal::new(Code::Overflow).argument("input.contribution").into())
            }
            amount => Ok(amount),
        })?;
        let sharing = self.ambiti.checked(|count| {
            let fits = usize::try_from(count).is_ok_and(|count| (1..=AMBITI_MAX).contains(&count));
            let (it, en) = ("Gli Ambiti vanno da 1 a 2000.", "There are from 1 to 2000 Ambiti.");
            if fits { Ok(count) } else { Err(shape::invalid("input.ambiti", it, en)) }
        })?;
        let new = project::Model {
            name,
            years: self.years.checked(line("input.years"))?.over(old.years.clone()),
            contribution_cents: contribution.over(old.contribution_cents.map(Cents::new)).map(Cents::get),
            act: self.act.checked(act)?.over(old.act.clone()),
            note: self.note.checked(note)?.over(old.note.clone()),
            fund_id: match self.fund {
                Change::Stays => old.fund_id,
                Change::To(code) => code.map(|code| fund(ambito, &code)).transpose()?,
            },
            starts_on: self.starts_on.checked(|day| shape::day(day, "input.startsOn"))?.over(old.starts_on),
            ends_on: self.ends_on.checked(|day| shape::day(day, "input.endsOn"))?.over(old.ends_on),
            ambiti_count: sharing.over(old.ambiti_count),
            ..old.clone()
        };
        if new.starts_on.zip(new.ends_on).is_some_and(|(from, to)| to < from) {
            let (it, en) = ("Il progetto finisce prima di cominciare.", "The project ends before it begins.");
            return Err(shape::invalid("input.endsOn", it, en));
        }
        Ok(new)
    }
}

/// The partners of the agreements that are tied to each of these services, by the versions in effect on a day whose period is not over by then.
pub async fn partners_of_services(
    tx: &Transaction,
    services: &[i64],
    day: NaiveDate,
) -> Result<HashMap<i64, Arc<BTreeSet<i64>>>> {
    // Also those of none, so that nobody asks for them again.
    let mut found: HashMap<i64, BTreeSet<i64>> = services.iter().map(|service| (*service, BTreeSet::new())).collect();
    for some in services.chunks(IDS_A_STATEMENT) {
        let (names, mut values) = packed::parameters(some);
        values.push(day.into());
        let today = format!("${}", values.len());
        let in_effect = in_effect::version_on(&today);
        let sql = format!(
            "SELECT s.service_id, p.partner_id FROM agreement_service s JOIN agreement_version v ON v.id = s.version_id \
               JOIN agreement_partner p ON p.version_id = v.id WHERE s.service_id IN ({names}) AND v.ends_on >= {today} AND {in_effect}"
        );
        for row in packed::rows(tx, &sql, values).await? {
            found.entry(row.try_get_by_index(0)?).or_default().insert(row.try_get_by_index(1)?);
        }
    }
    Ok(found.into_iter().map(|(service, partners)| (service, Arc::new(partners))).collect())
}

/// Row id of a fund of the Ambito.
fn fund(ambito: &AmbitoBook, code: &str) -> Result<i64> {
    let found = ambito.funds.iter().find(|fund| fund.code == code).map(|fund| fund.id);
    found.ok_or_else(|| Refusal::new(Code::NotFound).argument("input.fund").into())
}

/// Refuses the name of another project of the service.
fn unlike_others(new: &project::Model, service: &ServiceEntry) -> Result<()> {
    if service.projects.iter().any(|row| row.id != new.id && row.name == new.name) {
        return Err(Refusal::new(Code::Duplicate).argument("input.name").into());
    }
    Ok(())
}

/// A project of the Ambito, and its service.
fn find(ambito: &AmbitoBook, id: i64) -> Result<(&ServiceEntry, &project::Model)> {
    let mut all = ambito.services.iter().flat_map(|service| service.projects.iter().map(move |row| (&**service, row)));
    all.find(|(_, row)| row.id == id).ok_or_else(|| Error::broken("project", id))
}

/// Whether a day lies in the time of a project, as far as that is known.
fn is_within(project: &project::Model, day: NaiveDate) -> bool {
    project.starts_on.is_none_or(|from| from <= day) && project.ends_on.is_none_or(|to| day <= to)
}

/// Whether a project begins later than it did, and whether it ends sooner: only then may it leave out days that it had.
fn narrowed(old: &project::Model, new: &project::Model) -> (bool, bool) {
    let ends_sooner = new.ends_on.is_some_and(|to| old.ends_on.is_none_or(|was| to < was));
    (new.starts_on > old.starts_on, ends_sooner)
}

/// A day outside the time of the project.
fn outside(argument: &str) -> Error {
    let refusal = Refusal::new(Code::OutsidePeriod).argument(argument);
    refusal.message("È fuori dal periodo del progetto.", "It is outside the time of the project.").into()
}

fn subject(ambito: &AmbitoBook, service: &ServiceEntry, id: i64) -> String {
    format!("project:{}/{}/{id}", ambito.row.code, service.row.code)
}

fn canonical(row: &project::Model, ambito: &AmbitoBook) -> Result<String> {
    let fund = row.fund_id.and_then(|id| ambito.funds.iter().find(|fund| fund.id == id)).map(|fund| &fund.code);
    let project::Model { name, years, contribution_cents, act, note, starts_on, ends_on, ambiti_count, .. } = row;
    digest::of_value(&json!([name, years, contribution_cents, fund, act, note, starts_on, ends_on, ambiti_count]))
}
