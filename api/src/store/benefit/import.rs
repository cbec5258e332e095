//! Taking over benefits that were granted before this server was there: what measures may grant, and the grants, in one transaction, or nothing.
//!
//! Everything is written by the functions that acts take, each with its event in the audit trail. A grant counts as recorded on the day on which it was granted: so it was, elsewhere.

use allocation::{Cents, IstatCode};
use chrono::NaiveDate;

use super::grant::{NewGrant, Recipient, grant};
use super::measure::{BenefitMeasureChange, GivenCriterion, update};
use super::term::Amount;
use crate::auth::permit::Operator;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::change::Change;
use crate::store::master::BenefitMeasureEntry;
use crate::store::places::Places;
use crate::store::{Store, Write};

/// Benefits of a service.
#[derive(Clone, Debug)]
pub struct BenefitBundle {
    /// Code of the Ambito.
    pub ambito: String,
    /// Code of the service.
    pub service: String,
    /// What its measures may grant.
    pub measures: Vec<MeasureRecord>,
    /// What was granted.
    pub grants: Vec<GrantRecord>,
}

/// What a measure that is there may grant.
#[derive(Clone, Debug)]
pub struct MeasureRecord {
    /// Its name.
    pub name: String,
    /// Code of the fund that pays for it.
    pub fund: String,
    /// First and last day.
    pub period: (NaiveDate, NaiveDate),
    /// In all.
    pub budget: Cents,
    /// Who may have it, in words.
    pub criteria: String,
    /// What applications are ranked by.
    pub published: Vec<GivenCriterion>,
    /// Where it stands.
    pub places: Places,
}

/// A benefit that several cases of a comune were granted alike.
#[derive(Clone, Debug)]
pub struct GrantRecord {
    /// Name of the measure.
    pub measure: String,
    /// Comune of residence.
    pub comune: IstatCode,
    /// Pseudonyms.
    pub cases: Vec<String>,
    /// The day it was granted.
    pub granted_on: NaiveDate,
    /// First and last day.
    pub period: (NaiveDate, NaiveDate),
    /// How much.
    pub amount: Amount,
    /// Where it stands.
    pub places: Places,
}

/// Writes a bundle. Where one of its measures is not there, or something was set of it already, they are somebody's own: then nothing is written. Neither is anything where
/// what is there refuses it: it is somebody's own, too, and no reason not to start.
pub async fn import(store: &Store, operator: &Operator, bundle: &BenefitBundle) -> Result<()> {
    let write = store.write().await?;
    match write_bundle(store, &write, operator, bundle).await {
        Ok(true) => store.commit(write).await,
        Ok(false) => Ok(()),
        // The transaction is rolled back with `write`.
        Err(Error::Refusal(refusal)) => {
            let (place, service) = (refusal.argument.as_deref(), &bundle.service);
            let problem = format!("{}: {}", refusal.code, refusal.message.en);
            tracing::warn!(
                ambito = bundle.ambito,
                service,
                place,
                problem,
                "the benefits do not fit what is there, and are left out"
            );
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Whether nobody has set anything of a measure since it was founded.
fn is_as_founded(own: &BenefitMeasureEntry) -> bool {
    let row = &own.row;
    row.row_version == 1
        && (row.starts_on, row.ends_on, row.fund_id, row.budget_cents) == (None, None, None, None)
        && row.criteria.is_none()
        && own.criteria.is_empty()
}

async fn write_bundle(store: &Store, write: &Write, operator: &Operator, bundle: &BenefitBundle) -> Result<bool> {
    let mut book = write.book(&store.book()).await?;
    let found =
        book.ambito_by_code(&bundle.ambito).and_then(|own| Some((own.row.id, own.service(&bundle.service)?.clone())));
    let Some((ambito, service)) = found else { return Ok(false) };
    let find = |name: &str| service.benefit_measures.iter().find(|own| own.row.name == name);
    let is_new = |record: &MeasureRecord| find(&record.name).is_some_and(|own| is_as_founded(own));
    if !bundle.measures.iter().all(is_new) {
        return Ok(false);
    }
    for record in &bundle.measures {
        let Some(row) = find(&record.name).map(|own| &own.row) else { continue };
        let change = BenefitMeasureChange {
            fund: Change::To(Some(record.fund.clone())),
            from: Change::To(Some(record.period.0)),
            to: Change::To(Some(record.period.1)),
            budget: Change::To(Some(record.budget)),
            criteria: Change::To(Some(record.criteria.clone())),
            published: Some(record.published.clone()),
            ..Default::default()
        };
        let changed = update(write, &operator.keep_master(ambito), (row.id, row.row_version), change, &book).await;
        changed.map_err(|fault| record.places.located(&format!("measure {}", record.name), fault))?;
    }
    book = write.book(&book).await?;
    let permit = operator.grant_benefits(ambito);
    for record in &bundle.grants {
        let measure = find(&record.measure).map(|own| own.row.id);
        // Cases are named by their place alone.
        let at = |fault: Error| record.places.located(&format!("grant of {}", record.measure), fault);
        let missing = || at(Refusal::new(Code::NotFound).argument("measure").into());
        let measure = measure.ok_or_else(missing)?;
        for case in &record.cases {
            let (starts_on, ends_on) = record.period;
            let new = NewGrant {
                recipient: Recipient::Case { measure, comune: record.comune, case: case.clone() },
                kind: None,
                act: None,
                granted_on: Some(record.granted_on),
                recorded_on: Some(record.granted_on),
                starts_on,
                ends_on,
                amount: record.amount,
            };
            grant(write, &permit, new, &book).await.map_err(at)?;
        }
    }
    Ok(true)
}
