//! The digest of a version: SHA-256 over all that it says, with natural codes, in the order in which it was given.

use allocation::vat::{self, Vat};
use allocation::{Cents, IstatCode, Micros};
use entity::kinds::{AgreementKind, VatRegime, VersionKind};
use sea_orm::ActiveEnum;
use serde_json::{Value, json};

use super::days::every;
use super::given::{GivenProgramme, MilestoneDay};
use super::terms::{Contribution, Line, Named, Part, Terms};
use crate::error::Result;
use crate::store::digest;

/// What stays the same through all versions of an agreement.
pub(super) struct Identity<'a> {
    pub(super) ambito: &'a str,
    pub(super) code: &'a str,
    pub(super) kind: AgreementKind,
    pub(super) grantor: Option<IstatCode>,
}

/// The digest as 64 hexadecimal digits.
pub(super) fn of_version(identity: &Identity<'_>, number: i32, kind: VersionKind, terms: &Terms) -> Result<String> {
    let codes = |named: &[Named]| -> Vec<String> { named.iter().map(|one| one.code.clone()).collect() };
    let instalments = terms.instalments.iter().map(|row| json!([row.label, row.period, row.due, row.amount.get()]));
    let milestones = terms.milestones.iter().map(|row| {
        let (from, by) = match row.when {
            MilestoneDay::From(day) => (Some(day), None),
            MilestoneDay::By(day) => (None, Some(day)),
        };
        json!([row.code, row.area, row.item, from, by])
    });
    let perimeters = terms.perimeters.iter().map(|row| json!([row.year, row.public.get(), row.private.get()]));
    digest::of_value(&json!({
        "agreement": [identity.ambito, identity.code, identity.kind.to_value(), identity.grantor.map(|code| code.to_string())],
        "version": [number, kind.to_value()],
        "title": terms.title,
        "act": terms.act,
        "days": [terms.effective_from, terms.period.from, terms.period.to],
        "note": terms.note,
        "assumed": terms.assumed,
        "partners": codes(&terms.partners),
        "services": codes(&terms.services),
        "areas": terms.areas,
        "lines": terms.lines.iter().map(line).collect::<Vec<_>>(),
        "contributions": terms.contributions.iter().map(contribution).collect::<Vec<_>>(),
        "instalments": instalments.collect::<Vec<_>>(),
        "milestones": milestones.collect::<Vec<_>>(),
        "recurrences": terms.recurrences.iter().map(|row| json!([row.kind.to_value(), every(row.every)])).collect::<Vec<_>>(),
        "perimeters": perimeters.collect::<Vec<_>>(),
        "programmes": terms.programmes.iter().map(programme).collect::<Vec<_>>(),
    }))
}

/// Of one without a list of years as it was before there was any.
fn programme(row: &GivenProgramme) -> Value {
    let one = json!([row.code, row.name, row.year, cents(row.public), cents(row.private)]);
    if row.years.is_empty() {
        return one;
    }
    let years = row.years.iter().map(|value| json!([value.year, value.public.get(), value.private.get()]));
    json!([one, years.collect::<Vec<_>>()])
}

fn line(line: &Line) -> Value {
    let (regime, rate) = regime(line.vat);
    json!([
        line.code,
        line.year,
        line.area,
        line.item,
        line.service.as_ref().map(|service| &service.code),
        line.given.to_value(),
        amount(line.amount),
        regime.to_value(),
        rate.map(Micros::get),
        line.parts.iter().map(part).collect::<Vec<_>>(),
    ])
}

fn part(part: &Part) -> Value {
    json!([
        part.item,
        part.given.to_value(),
        part.quantity.get(),
        part.price.get(),
        amount(part.amount),
        cents(part.stated),
    ])
}

fn contribution(row: &Contribution) -> Value {
    json!([
        row.year,
        row.area,
        row.item,
        row.partner.as_ref().map(|partner| &partner.code),
        row.percent.map(Micros::get),
        row.amount.get(),
        row.items.iter().map(|(item, amount)| json!([item, amount.get()])).collect::<Vec<_>>(),
    ])
}

fn amount(line: vat::Line) -> [i64; 3] {
    [line.net.get(), line.vat.get(), line.gross.get()]
}

fn cents(amount: Option<Cents>) -> Option<i64> {
    amount.map(Cents::get)
}

/// How VAT applies, as a row has it.
pub(super) fn regime(vat: Vat) -> (VatRegime, Option<Micros>) {
    match vat {
        Vat::Rate(rate) => (VatRegime::Rate, Some(rate)),
        Vat::Exempt => (VatRegime::Exempt, None),
        Vat::OutOfScope => (VatRegime::OutOfScope, None),
    }
}
