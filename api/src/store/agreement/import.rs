//! Importing agreements: a checked [`AgreementBundle`] becomes rows, in one transaction, or nothing does.
//!
//! Everything is written by the functions that acts take, each with its event in the audit trail.

use std::sync::Arc;

use entity::kinds::VersionKind;

use super::bundle::{AgreementBundle, AmbitoOf};
use super::write::{add, amend, renew};
use crate::auth::permit::Operator;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::book::Book;
use crate::store::bundle::ComuneRecord;
use crate::store::comune::{self, NewComune};
use crate::store::membership::{self, Validity};
use crate::store::{Store, Write, ambito, partner};

/// What an import wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Code of the Ambito.
    pub ambito: String,
    /// How many partners were new.
    pub partners: usize,
    /// How many agreements.
    pub agreements: usize,
    /// How many versions they have.
    pub versions: usize,
}

/// Writes a bundle. A new Ambito and agreements must be new; comuni and partners that are there already stay as they are.
pub async fn import(store: &Store, operator: &Operator, bundle: &AgreementBundle) -> Result<Imported> {
    let write = store.write().await?;
    let book = write.book(&store.book()).await?;
    let imported = import_within(&write, operator, bundle, book).await?;
    store.commit(write).await?;
    Ok(imported)
}

/// The same as a part of a write, over the book as that has left it.
pub(in crate::store) async fn import_within(
    write: &Write,
    operator: &Operator,
    bundle: &AgreementBundle,
    mut book: Arc<Book>,
) -> Result<Imported> {
    if let AmbitoOf::New(record) = &bundle.ambito {
        ambito::add(write, &operator.register(), record.clone(), &book).await?;
        book = write.book(&book).await?;
    }
    let code = bundle.ambito.code();
    let missing = || Refusal::new(Code::NotFound).argument(format!("ambito {code}"));
    let id = book.ambito_by_code(code).ok_or_else(missing)?.row.id;
    book = import_comuni(write, operator, (id, &bundle.comuni), book).await?;
    let permit = operator.keep_master(id);
    let mut partners = 0;
    for (at, new) in bundle.partners.iter().enumerate() {
        let known = book.ambito(id).is_some_and(|own| own.partners.iter().any(|partner| partner.code == new.code));
        if !known {
            partner::add(write, &permit, new.clone(), &book).await.map_err(|fault| bundle.located(at, fault))?;
            partners += 1;
        }
    }
    book = write.book(&book).await?;
    let mut versions = 0;
    for record in &bundle.agreements {
        let code = &record.first.code;
        let at = |version: usize| move |fault: Error| record.located(version, fault);
        let agreement = add(write, &permit, record.first.clone(), &book).await.map_err(at(0))?;
        versions += 1;
        for (number, (kind, terms)) in (1..).zip(&record.later) {
            let expected = (agreement, number);
            let version = usize::try_from(number).map_err(Error::internal)?;
            let written = match kind {
                VersionKind::Renewal => renew(write, &permit, expected, terms.clone(), &book).await,
                VersionKind::Amendment => amend(write, &permit, expected, terms.clone(), &book).await,
                VersionKind::Original => Err(Error::internal(format!("a second first version of {code}"))),
            };
            written.map_err(at(version))?;
            versions += 1;
        }
    }
    Ok(Imported { ambito: bundle.ambito.code().to_owned(), partners, agreements: bundle.agreements.len(), versions })
}

/// Adds the comuni that the server does not know, and makes members of those that are none. Returns the book with them.
async fn import_comuni(
    write: &Write,
    operator: &Operator,
    (ambito, comuni): (i64, &[ComuneRecord]),
    mut book: Arc<Book>,
) -> Result<Arc<Book>> {
    for record in comuni.iter().filter(|record| book.comune_by_istat(record.istat_code).is_none()) {
        let new = NewComune {
            istat_code: record.istat_code,
            name: record.name.clone(),
            cadastral_code: record.cadastral_code.clone(),
            province: record.province.clone(),
        };
        comune::add(write, &operator.register(), new, &book).await?;
    }
    book = write.book(&book).await?;
    let permit = operator.keep_ambito(ambito);
    for record in comuni {
        let missing = || Error::internal("a comune that was just added");
        let entry = book.comune_by_istat(record.istat_code).ok_or_else(missing)?;
        if entry.ambito_on(record.member_from) != Some(ambito) {
            let days = Validity { from: record.member_from, to: None };
            membership::add(write, &permit, entry, days, &book).await?;
        }
    }
    write.book(&book).await
}
