//! Writes agreements: the first version of one, and those that amend and renew it. What a version says is checked before, and never changes after.

use allocation::IstatCode;
use chrono::NaiveDate;
use entity::kinds::VersionKind;
use entity::{agreement, agreement_version};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::check::{self, Ground, missing};
use super::digest::{Identity, of_version};
use super::given::{GivenAgreement, GivenTerms};
use super::terms::Terms;
use super::{codes, rows};
use crate::auth::permit::MasterPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{AGREEMENTS_AN_AMBITO_MAX, VERSIONS_AN_AGREEMENT_MAX};
use crate::store::ambito::expect_room;
use crate::store::book::Book;
use crate::store::change::{next_revision, own_ambito};
use crate::store::insert::insert_row;
use crate::store::master::AmbitoBook;
use crate::store::{Transaction, Write, shape};

/// The agreement to follow, and the number of the version that is its latest as its reader saw it.
pub type Expected = (i64, i32);

/// Writes a new agreement with its first version. Returns its row id.
pub async fn add(write: &Write, permit: &MasterPermit, given: GivenAgreement, book: &Book) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    let tx = write.tx();
    let code = shape::code(given.code, "input.code")?;
    let own = agreement::Entity::find().filter(agreement::Column::AmbitoId.eq(ambito.row.id));
    if own.clone().filter(agreement::Column::Code.eq(&*code)).one(tx).await?.is_some() {
        return Err(Refusal::new(Code::Duplicate).argument("input.code").into());
    }
    let count = usize::try_from(own.count(tx).await?).map_err(Error::internal)?;
    expect_room(count, AGREEMENTS_AN_AMBITO_MAX, "input.code")?;
    let terms = check::terms(given.terms, Ground::Ambito(ambito))?;
    let member = |istat| member(istat, terms.effective_from, (ambito, book), "input.grantorComune");
    let grantor = given.grantor.map(member).transpose()?;
    let identity = Identity { ambito: &ambito.row.code, code: &code, kind: given.kind, grantor: given.grantor };
    let digest = of_version(&identity, 1, VersionKind::Original, &terms)?;
    let subject = subject(&ambito.row.code, &code);
    let id = insert_row!(
        tx,
        agreement { ambito_id: ambito.row.id, code: code.clone(), kind: given.kind, grantor_comune_id: grantor }
    );
    let head = rows::Head { agreement: id, number: 1, kind: VersionKind::Original, digest: &digest };
    rows::insert(write, permit.actor(), &head, &terms).await?;
    write.audit(permit.actor(), "agreement.add", &subject, None, Some(digest)).await?;
    Ok(id)
}

/// Writes a version that changes what is agreed from a day on, within one period of the agreement: that may end earlier, and begins as it did.
pub async fn amend(
    write: &Write,
    permit: &MasterPermit,
    expected: Expected,
    given: GivenTerms,
    book: &Book,
) -> Result<()> {
    follow(write, permit, expected, given, (book, VersionKind::Amendment)).await
}

/// Writes a version for a further period, which begins after all that there are.
pub async fn renew(
    write: &Write,
    permit: &MasterPermit,
    expected: Expected,
    given: GivenTerms,
    book: &Book,
) -> Result<()> {
    follow(write, permit, expected, given, (book, VersionKind::Renewal)).await
}

async fn follow(
    write: &Write,
    permit: &MasterPermit,
    (id, expected): Expected,
    given: GivenTerms,
    (book, kind): (&Book, VersionKind),
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let (row, versions) = of_agreement(write.tx(), id, ambito.row.id).await?;
    let latest = versions.iter().map(|version| version.number).max().unwrap_or_default();
    let number = next_revision(latest, expected)?;
    expect_room(versions.len(), VERSIONS_AN_AGREEMENT_MAX, "input.agreement")?;
    let terms = check::terms(given, Ground::Ambito(ambito))?;
    let before = before(&terms, &versions, kind)?;
    let grantor = row.grantor_comune_id.map(|comune| book.names().comune(comune)).transpose()?;
    if let Some(istat) = grantor {
        member(istat, terms.effective_from, (ambito, book), "input.terms.effectiveFrom")?;
    }
    codes::expect_same(write.tx(), &versions, kind, &terms).await?;
    let identity = Identity { ambito: &ambito.row.code, code: &row.code, kind: row.kind, grantor };
    let digest = of_version(&identity, number, kind, &terms)?;
    let head = rows::Head { agreement: id, number, kind, digest: &digest };
    rows::insert(write, permit.actor(), &head, &terms).await?;
    let act = if kind == VersionKind::Renewal { "agreement.renew" } else { "agreement.amend" };
    let subject = subject(&ambito.row.code, &row.code);
    write.audit(permit.actor(), act, &subject, Some(before.digest.clone()), Some(digest)).await
}

/// An agreement of an Ambito and its versions, by the day from which each holds.
async fn of_agreement(
    tx: &Transaction,
    id: i64,
    ambito: i64,
) -> Result<(agreement::Model, Vec<agreement_version::Model>)> {
    let found = agreement::Entity::find_by_id(id).filter(agreement::Column::AmbitoId.eq(ambito)).one(tx).await?;
    let row = found.ok_or_else(|| missing("input.agreement".to_owned()))?;
    let versions = agreement_version::Entity::find().filter(agreement_version::Column::AgreementId.eq(id));
    Ok((row, versions.order_by_asc(agreement_version::Column::EffectiveFrom).all(tx).await?))
}

/// The version whose place an amendment takes, or after which a renewal comes. An amendment belongs to the act whose period it names by its first day, also where
/// a renewal for a coming period is there already.
fn before<'v>(
    terms: &Terms,
    versions: &'v [agreement_version::Model],
    kind: VersionKind,
) -> Result<&'v agreement_version::Model> {
    let refusal = |argument: &str| Refusal::new(Code::VersionsOverlap).argument(argument);
    let overlap = |argument: &str| Err(refusal(argument).into());
    if kind == VersionKind::Renewal {
        let last = versions.last().ok_or_else(|| Error::internal("an agreement without a version"))?;
        return if terms.period.from > last.ends_on { Ok(last) } else { overlap("input.terms.startsOn") };
    }
    // It takes the place of a version, whose first days would otherwise be those of no version.
    let Some(before) = versions.iter().rfind(|version| version.starts_on == terms.period.from) else {
        let mut days: Vec<String> = versions.iter().map(|version| version.starts_on.to_string()).collect();
        days.dedup();
        let days = days.join(", ");
        let refusal = refusal("input.terms.startsOn").message(
            format!("Una modifica ha lo stesso inizio del periodo che modifica ({days})."),
            format!("An amendment starts on the day on which the period that it amends does ({days})."),
        );
        return Err(refusal.into());
    };
    if terms.period.to > before.ends_on {
        return overlap("input.terms.endsOn");
    }
    if terms.effective_from <= before.effective_from {
        return overlap("input.terms.effectiveFrom");
    }
    Ok(before)
}

/// The row id of a comune that is a member of the Ambito on a day. One that is not there is no member either.
fn member(istat: IstatCode, day: NaiveDate, (ambito, book): (&AmbitoBook, &Book), argument: &str) -> Result<i64> {
    let found = book.comune_by_istat(istat).filter(|comune| comune.ambito_on(day) == Some(ambito.row.id));
    let refusal = || Refusal::new(Code::NotAMember).comune(istat).argument(argument);
    Ok(found.ok_or_else(refusal)?.row.id)
}

/// What the audit trail calls an agreement.
pub(super) fn subject(ambito: &str, code: &str) -> String {
    format!("agreement:{ambito}/{code}")
}
