//! Importing an Ambito: a checked [`Bundle`] becomes rows, in one transaction, or nothing does.
//!
//! Plans that come with a resolution are proposed and approved through the same functions that any plan takes; an import never
//! stores ready results.

mod texts;

use std::borrow::Cow;
use std::collections::HashMap;

use allocation::IstatCode;
use entity::kinds::FundLevel;
use entity::{fund, measure, measurement, programme, resolution};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::agreement::bundle::AgreementBundle;
use super::agreement::{commitment, import as agreements};
use super::book::Book;
use super::bundle::{Bundle, LineRecord, PlanRecord, Pointer, ResolutionRecord};
use super::comune::{self, NewComune};
use super::insert::insert_row;
use super::membership::{self, Validity};
use super::names::Names;
use super::plan::{self as plans, Codes, comune_id};
use super::{Store, Transaction, Write, ambito, insert, service};
use crate::auth::permit::Operator;
use crate::error::{Code, Refusal, Result};

/// What an import wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Code of the Ambito.
    pub ambito: String,
    /// How many comuni it has.
    pub comuni: usize,
    /// How many services.
    pub services: usize,
    /// How many plans, and how many of them are approved.
    pub plans: (usize, usize),
}

/// Row ids of what the import has written so far.
struct Ids {
    codes: Codes,
    programme: Option<i64>,
}

/// Writes a bundle. The Ambito must be new; a comune that is known already must be free to join it.
pub async fn import(store: &Store, operator: &Operator, bundle: &Bundle) -> Result<Imported> {
    Ok(import_with(store, operator, bundle, None).await?.0)
}

/// The same with the agreements that the budgets of its plans may point to, which are written between services and plans.
pub async fn import_with(
    store: &Store,
    operator: &Operator,
    bundle: &Bundle,
    of_agreements: Option<&AgreementBundle>,
) -> Result<(Imported, Option<agreements::Imported>)> {
    texts::name_nobody(bundle)?;
    let write = store.write().await?;
    let mut names = Names::load(write.tx()).await?;
    let mut ids = insert_ambito(write.tx(), bundle).await?;
    insert_comuni(write.tx(), bundle, ids.codes.ambito, &mut names).await?;
    insert_measures(write.tx(), bundle, ids.codes.ambito, &mut names).await?;
    for (position, record) in (1_i32..).zip(&bundle.services) {
        let id = service::insert(write.tx(), &ids.codes, position, record, &names).await?;
        ids.codes.services.insert(record.code.clone(), id);
    }
    insert_measurements(write.tx(), bundle, &ids.codes, &names).await?;
    let subject = format!("ambito:{}", bundle.ambito.code);
    let actor = operator.import();
    write.audit(actor.actor(), "ambito.import", &subject, None, Some(bundle.digest.clone())).await?;
    let mut done = None;
    // A new Ambito has no other agreements.
    let mut agreed = None;
    if let Some(bundle) = of_agreements {
        let book = write.book(&store.book()).await?;
        done = Some(Box::pin(agreements::import_within(&write, operator, bundle, book.clone())).await?);
        agreed = Some(write.book(&book).await?);
    }
    // Now with the funds and services that were just written.
    let names = Names::load(write.tx()).await?;
    let mut approved = 0;
    for record in &bundle.plans {
        let rows = pointed(write.tx(), &ids.codes, record).await?;
        let id = insert_plan(&write, operator, (&ids, &rows), &names).await?;
        let Some(act) = &record.resolution else { continue };
        if let Some(book) = &agreed {
            expect_covered(&write, (id, record), book, &names).await?;
        }
        let resolution = resolution_id(write.tx(), ids.codes.ambito, act).await?;
        plans::propose(&write, &operator.propose("azienda"), id, &names).await?;
        plans::approve(&write, &operator.approve("assemblea"), id, resolution, &names).await?;
        approved += 1;
    }
    store.commit(write).await?;
    let imported = Imported {
        ambito: bundle.ambito.code.clone(),
        comuni: bundle.comuni.len(),
        services: bundle.services.len(),
        plans: (bundle.plans.len(), approved),
    };
    Ok((imported, done))
}

/// A plan whose budgets point to lines of agreements by their rows.
async fn pointed<'r>(tx: &Transaction, codes: &Codes, record: &'r PlanRecord) -> Result<Cow<'r, PlanRecord>> {
    let is_named = |line: &LineRecord| line.agreement_line.as_ref().is_some_and(|to| to.row().is_none());
    if !record.budgets.iter().flat_map(|budget| &budget.lines).any(is_named) {
        return Ok(Cow::Borrowed(record));
    }
    let mut record = record.clone();
    let place_of = (codes.ambito, record.year);
    for budget in &mut record.budgets {
        let service = codes.service(&budget.service)?;
        for to in budget.lines.iter_mut().filter_map(|line| line.agreement_line.as_mut()) {
            let Pointer::Named { agreement, line, from, place } = &*to else { continue };
            let named =
                |code: Code| Refusal::new(code).argument(format!("{place}: agreement {agreement}, line {line}"));
            let found = commitment::find(tx, place_of, (agreement, line, *from)).await?;
            let (id, of) = match found[..] {
                [] => return Err(named(Code::NotFound).into()),
                [one] => one,
                _ => {
                    let (it, en) = (
                        "Più atti della convenzione hanno nell'anno una voce con questo codice: `agreement_from` dice il primo giorno di quello inteso.",
                        "Several acts of the agreement have a line of this code in the year: `agreement_from` says the first day of the one that is meant.",
                    );
                    return Err(named(Code::Invalid).message(it, en).into());
                }
            };
            if of.is_some_and(|of| of != service) {
                let (it, en) = (
                    "La voce della convenzione è il costo di un altro servizio.",
                    "The line of the agreement is the cost of another service.",
                );
                return Err(named(Code::Invalid).message(it, en).into());
            }
            *to = Pointer::Row(id);
        }
    }
    Ok(Cow::Owned(record))
}

async fn insert_ambito(tx: &Transaction, bundle: &Bundle) -> Result<Ids> {
    let record = &bundle.ambito;
    let known = entity::ambito::Entity::find().filter(entity::ambito::Column::Code.eq(&record.code)).one(tx).await?;
    if known.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument(format!("ambito {}", record.code)).into());
    }
    let ambito = ambito::insert(tx, record).await?;
    let programme = match &bundle.programme {
        None => None,
        Some(record) => Some(insert_row!(
            tx,
            programme {
                ambito_id: ambito,
                title: record.title.clone(),
                from_year: record.from_year,
                to_year: record.to_year,
                note: record.note.clone(),
            }
        )),
    };
    let mut funds = HashMap::new();
    for record in &bundle.funds {
        let id = insert_row!(
            tx,
            fund { ambito_id: ambito, code: record.code.clone(), name: record.name.clone(), level: record.level }
        );
        funds.insert(record.code.clone(), id);
    }
    // A file need not name the fund of what the comuni pay.
    if !bundle.funds.iter().any(|record| record.level == FundLevel::Comuni) {
        let is_taken = |code: &str| bundle.funds.iter().any(|record| record.code == code);
        ambito::insert_comuni_fund(tx, ambito, is_taken).await?;
    }
    Ok(Ids { codes: Codes { ambito, funds, services: HashMap::new() }, programme })
}

async fn insert_comuni(tx: &Transaction, bundle: &Bundle, ambito: i64, names: &mut Names) -> Result<()> {
    for record in &bundle.comuni {
        let days = Validity { from: record.member_from, to: None };
        let id = if let Some(id) = names.comune_id(record.istat_code) {
            expect_free(tx, (id, record.istat_code), days).await?;
            id
        } else {
            let new = NewComune {
                istat_code: record.istat_code,
                name: record.name.clone(),
                cadastral_code: record.cadastral_code.clone(),
                province: record.province.clone(),
            };
            let id = comune::insert(tx, &new).await?;
            names.add_comune(id, record.istat_code);
            id
        };
        membership::insert(tx, (ambito, id), days).await?;
    }
    Ok(())
}

/// A comune belongs to one Ambito at a time.
async fn expect_free(tx: &Transaction, (id, code): (i64, IstatCode), days: Validity) -> Result<()> {
    let rows = entity::membership::Entity::find().filter(entity::membership::Column::ComuneId.eq(id)).all(tx).await?;
    if rows.iter().any(|row| Validity::of(row).overlaps(days)) {
        return Err(Refusal::new(Code::Duplicate).comune(code).into());
    }
    Ok(())
}

async fn insert_measures(tx: &Transaction, bundle: &Bundle, ambito: i64, names: &mut Names) -> Result<()> {
    for record in &bundle.measures {
        let id = insert_row!(
            tx,
            measure {
                ambito_id: Some(ambito),
                code: record.code.to_string(),
                name: record.name.clone(),
                unit: record.unit.clone(),
                consumption: record.consumption,
            }
        );
        names.add_measure(id, Some(ambito), record.code.clone());
    }
    Ok(())
}

async fn insert_measurements(tx: &Transaction, bundle: &Bundle, codes: &Codes, names: &Names) -> Result<()> {
    let mut rows = Vec::with_capacity(bundle.measurements.len());
    for record in &bundle.measurements {
        let service = record.service.as_ref().map(|code| codes.service(code)).transpose()?;
        rows.push(measurement::ActiveModel {
            measure_id: Set(codes.measure(&record.measure, names)?),
            comune_id: Set(comune_id(record.comune, names)?),
            service_id: Set(service),
            value_micros: Set(record.value.get()),
            reference_date: Set(record.reference_date),
            source: Set(record.source.clone()),
            assumed: Set(record.assumed),
            ..Default::default()
        });
    }
    insert::many(tx, rows).await
}

/// Writes a plan as a draft. Returns its row id.
async fn insert_plan(
    write: &Write,
    operator: &Operator,
    (ids, record): (&Ids, &PlanRecord),
    names: &Names,
) -> Result<i64> {
    let (id, version) = plans::draft(write, &ids.codes, ids.programme, record, names).await?;
    let digest = plans::compute_draft(write, id, names).await?;
    let subject = plans::subject_of(names.ambito(ids.codes.ambito)?, record.year, version);
    write.audit(operator.import().actor(), "plan.create", &subject, None, Some(digest)).await?;
    Ok(id)
}

/// Refuses to approve a plan that leaves short what agreements commit, as the assembly would be refused; with the place in the file.
async fn expect_covered(write: &Write, (id, record): (i64, &PlanRecord), book: &Book, names: &Names) -> Result<()> {
    let plan = plans::read(write.tx(), id, names).await?;
    let Some(problem) = plans::uncovered(&plan, book)?.into_iter().next() else { return Ok(()) };
    let argument = problem.argument.clone().unwrap_or_default();
    let mut way = argument.split('.').skip(1);
    let (service, line) = (way.next(), way.nth(1).and_then(|at| at.parse::<usize>().ok()));
    let budget = record.budgets.iter().find(|budget| Some(budget.service.as_str()) == service);
    let line = budget.zip(line).and_then(|(budget, at)| budget.lines.get(at)?.agreement_line.as_ref());
    let place = match line {
        Some(Pointer::Named { place, .. }) => Some(place.as_str()),
        _ => budget.and_then(|budget| budget.place.as_deref()),
    };
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    Err(problem.argument(format!("{place}plan {}: {argument}", record.year)).into())
}

/// The row of a resolution, written where it is not there yet: one act may approve several plans.
async fn resolution_id(tx: &Transaction, ambito: i64, act: &ResolutionRecord) -> Result<i64> {
    let known = resolution::Entity::find()
        .filter(resolution::Column::AmbitoId.eq(ambito))
        .filter(resolution::Column::Number.eq(&act.number))
        .filter(resolution::Column::AdoptedOn.eq(act.adopted_on))
        .filter(resolution::Column::Body.eq(&act.body));
    if let Some(row) = known.one(tx).await? {
        return Ok(row.id);
    }
    Ok(insert_row!(
        tx,
        resolution {
            ambito_id: ambito,
            number: act.number.clone(),
            adopted_on: act.adopted_on,
            body: act.body.clone(),
            subject: act.subject.clone(),
            assumed: act.assumed,
        }
    ))
}
