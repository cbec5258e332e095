//! Memberships: since when, and until when, a comune belongs to an Ambito. On a day it belongs to one at most.
//!
//! A plan froze who takes part in it, so an approved one does not mind what becomes of a membership; a draft tells in its problems.

use allocation::IstatCode;
use chrono::{Datelike, NaiveDate};
use entity::membership;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::ambito::expect_room;
use super::book::Book;
use super::change::{Change, next_revision};
use super::insert::insert_row;
use super::master::{AmbitoBook, ComuneEntry};
use super::{Transaction, Write, digest, shape};
use crate::auth::permit::AmbitoPermit;
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::MEMBERSHIPS_AN_AMBITO_MAX;

/// The days of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first.
    pub from: NaiveDate,
    /// The last, itself included; none while it lasts.
    pub to: Option<NaiveDate>,
}

impl Validity {
    /// The days of a membership that is there.
    pub(super) fn of(row: &membership::Model) -> Self {
        Self { from: row.valid_from, to: row.valid_to }
    }

    /// Whether some day is in both.
    pub(super) fn overlaps(self, other: Self) -> bool {
        let begins_in_time = |one: Self, other: Self| other.to.is_none_or(|to| one.from <= to);
        begins_in_time(self, other) && begins_in_time(other, self)
    }
}

/// What becomes of a membership's days; what is not given stays.
#[derive(Clone, Debug)]
pub struct MembershipChange {
    /// The first.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: Change<NaiveDate>,
}

/// Makes a comune a member. Returns the row id of the membership.
pub async fn add(
    write: &Write,
    permit: &AmbitoPermit,
    comune: &ComuneEntry,
    days: Validity,
    book: &Book,
) -> Result<i64> {
    let ambito = own_ambito(book, permit)?;
    expect_days(days)?;
    expect_free(comune, days, None)?;
    expect_room(memberships(ambito, book).count(), MEMBERSHIPS_AN_AMBITO_MAX, "input.comune")?;
    let id = insert(write.tx(), (ambito.row.id, comune.row.id), days).await?;
    let after = canonical(ambito, comune.istat, days)?;
    write.audit(permit.actor(), "membership.add", &subject(ambito, comune.istat, days), None, Some(after)).await?;
    Ok(id)
}

/// Changes the days of a membership that is still at this revision.
pub async fn update(
    write: &Write,
    permit: &AmbitoPermit,
    (id, revision): (i64, i32),
    change: MembershipChange,
    book: &Book,
) -> Result<()> {
    let ambito = own_ambito(book, permit)?;
    let found = memberships(ambito, book).find(|(_, row)| row.id == id);
    let (comune, old) = found.ok_or_else(|| Error::broken("membership", id))?;
    let next = next_revision(old.row_version, revision)?;
    let before = Validity::of(old);
    let after = Validity { from: change.from.unwrap_or(before.from), to: change.to.over(before.to) };
    expect_days(after)?;
    expect_free(comune, after, Some(id))?;
    let digests = (canonical(ambito, comune.istat, before)?, canonical(ambito, comune.istat, after)?);
    let row = membership::ActiveModel {
        valid_from: Set(after.from),
        valid_to: Set(after.to),
        row_version: Set(next),
        ..Default::default()
    };
    membership::Entity::update_many().set(row).filter(membership::Column::Id.eq(id)).exec(write.tx()).await?;
    // The name that it had when this was done to it, which leads from its first event to this one.
    let subject = subject(ambito, comune.istat, before);
    write.audit(permit.actor(), "membership.update", &subject, Some(digests.0), Some(digests.1)).await
}

/// Every membership of an Ambito, by comune and day.
pub fn memberships<'b>(
    ambito: &'b AmbitoBook,
    book: &'b Book,
) -> impl Iterator<Item = (&'b ComuneEntry, &'b membership::Model)> {
    let comuni = ambito.comuni.iter().filter_map(|id| book.comune(*id)).map(|comune| &**comune);
    let own = |comune: &'b ComuneEntry| comune.memberships.iter().map(move |row| (comune, row));
    comuni.flat_map(own).filter(|(_, row)| row.ambito_id == ambito.row.id)
}

/// The row of a new membership.
pub(super) async fn insert(tx: &Transaction, (ambito, comune): (i64, i64), days: Validity) -> Result<i64> {
    let (from, to) = (days.from, days.to);
    Ok(insert_row!(tx, membership { ambito_id: ambito, comune_id: comune, valid_from: from, valid_to: to }))
}

fn own_ambito<'b>(book: &'b Book, permit: &AmbitoPermit) -> Result<&'b AmbitoBook> {
    let found = book.ambito(permit.ambito());
    found.map(|ambito| &**ambito).ok_or_else(|| Error::broken("ambito", permit.ambito()))
}

/// Days that can be: of the years that are kept, and not the last before the first.
fn expect_days(days: Validity) -> Result<()> {
    shape::year(days.from.year(), "input.validFrom")?;
    let Some(to) = days.to else { return Ok(()) };
    shape::year(to.year(), "input.validTo")?;
    if days.from <= to {
        return Ok(());
    }
    Err(shape::invalid("input.validTo", "L'adesione finisce prima di iniziare.", "It ends before it begins."))
}

/// A comune belongs to one Ambito at a time, and to each at once only once; `own` is the membership that is changed. Which Ambito it is, is not
/// said: it may be hidden from the caller.
fn expect_free(comune: &ComuneEntry, days: Validity, own: Option<i64>) -> Result<()> {
    let others = comune.memberships.iter().filter(|row| Some(row.id) != own);
    if !others.map(Validity::of).any(|other| other.overlaps(days)) {
        return Ok(());
    }
    let code = comune.istat;
    let refusal = Refusal::new(Code::Duplicate).comune(code).argument("input.validFrom").message(
        format!("In quei giorni il comune {code} fa già parte di un Ambito."),
        format!("On those days the comune {code} belongs to an Ambito already."),
    );
    Err(refusal.into())
}

fn subject(ambito: &AmbitoBook, comune: IstatCode, days: Validity) -> String {
    format!("membership:{}/{comune}/{}", ambito.row.code, days.from)
}

fn canonical(ambito: &AmbitoBook, comune: IstatCode, days: Validity) -> Result<String> {
    let (from, to) = (days.from.to_string(), days.to.map(|day| day.to_string()));
    digest::of_value(&json!([ambito.row.code, comune.as_str(), from, to]))
}

#[cfg(test)]
mod tests {
    use super::Validity;

    #[test]
    fn days_overlap_where_one_is_in_both() {
        let days = |from: &str, to: &str| Validity { from: from.parse().unwrap(), to: to.parse().ok() };
        for (one, other, expected) in [
            (("2020-01-01", ""), ("2020-01-01", ""), true),
            (("2020-01-01", ""), ("2030-01-01", ""), true),
            (("2020-01-01", "2020-12-31"), ("2020-12-31", ""), true),
            (("2020-01-01", "2020-12-31"), ("2021-01-01", ""), false),
            (("2020-01-01", "2020-12-31"), ("2019-01-01", "2019-12-31"), false),
            (("2020-01-01", "2020-12-31"), ("2019-01-01", "2020-01-01"), true),
            (("2020-01-01", "2020-12-31"), ("2020-03-01", "2020-03-01"), true),
        ] {
            let (one, other) = (days(one.0, one.1), days(other.0, other.1));
            assert_eq!((one.overlaps(other), other.overlaps(one)), (expected, expected), "{one:?} {other:?}");
        }
    }
}
