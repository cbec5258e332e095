//! Checks what is agreed by one act, and works out what follows from it. Nothing is written here.
//!
//! Lines are in `lines.rs`, and what hangs on days in `days.rs`. A refusal names the field of the input that is to change.

use std::collections::HashSet;
use std::hash::Hash;

use allocation::vat::percent_of;
use allocation::{Cents, Micros};
use chrono::{Datelike, NaiveDate};

use super::given::{ContributionSize, GivenContribution, GivenLine, GivenPerimeter, GivenProgramme, GivenTerms};
use super::terms::{Contribution, Line, Named, Period, Terms};
use super::{days, lines};
use crate::error::{Code, Error, Refusal, Result};
use crate::limits::{
    AGREEMENT_AREAS_MAX, AGREEMENT_CENTS_MAX, AGREEMENT_CONTRIBUTION_ITEMS_MAX, AGREEMENT_CONTRIBUTIONS_MAX,
    AGREEMENT_LINE_PARTS_MAX, AGREEMENT_LINES_MAX, AGREEMENT_PROGRAMME_YEARS_MAX, AGREEMENT_PROGRAMMES_MAX,
};
use crate::store::master::AmbitoBook;
use crate::store::shape::{self, at_most, invalid};
use crate::store::text::checked;

/// Characters of a note.
pub(super) const NOTE_CHARACTERS_MAX: usize = 4_000;

/// What there is to refer to.
#[derive(Clone, Copy)]
pub(super) enum Ground<'b> {
    /// What an Ambito has.
    Ambito(&'b AmbitoBook),
    /// Anything: a file is checked before it is known what there is.
    Any,
}

impl Ground<'_> {
    /// The row id of a partner.
    fn partner(self, code: &str) -> Option<i64> {
        match self {
            Self::Ambito(ambito) => ambito.partners.iter().find(|partner| partner.code == code).map(|row| row.id),
            Self::Any => Some(0),
        }
    }

    /// The row id of a service.
    fn service(self, code: &str) -> Option<i64> {
        match self {
            Self::Ambito(ambito) => ambito.service(code).map(|service| service.row.id),
            Self::Any => Some(0),
        }
    }
}

/// Checks terms as far as that needs nothing but themselves: what a file says is refused as an act would refuse it.
pub fn check_alone(given: GivenTerms) -> Result<()> {
    terms(given, Ground::Any).map(|_| ())
}

/// What the parts of a version may refer to.
pub(super) struct Scope<'b> {
    pub(super) ground: Ground<'b>,
    pub(super) period: Period,
    pub(super) areas: &'b [(String, Option<String>)],
    pub(super) partners: &'b [Named],
}

/// The terms, where all of them hold.
pub(super) fn terms(given: GivenTerms, ground: Ground<'_>) -> Result<Terms> {
    let period = period(given.starts_on, given.ends_on)?;
    let effective_from = given.effective_from.unwrap_or(period.from);
    if !period.covers(effective_from) {
        return Err(outside("input.terms.effectiveFrom"));
    }
    let partners = partners(given.partners, ground)?;
    let services = services(given.services, ground)?;
    let areas = areas(given.areas)?;
    let scope = Scope { ground, period, areas: &areas, partners: &partners };
    let lines = all_lines(given.lines, &scope)?;
    let contributions = contributions(given.contributions, &lines, &scope)?;
    let instalments = days::instalments(given.instalments, period)?;
    let milestones = days::milestones(given.milestones, &scope)?;
    let recurrences = days::recurrences(given.recurrences)?;
    let perimeters = perimeters(given.perimeters, period)?;
    let programmes = programmes(given.programmes, &perimeters, period)?;
    Ok(Terms {
        title: shape::line(given.title, "input.terms.title")?,
        act: given.act.map(|act| shape::line(act, "input.terms.act")).transpose()?,
        effective_from,
        period,
        note: given.note.map(|note| checked(note, "input.terms.note", NOTE_CHARACTERS_MAX)).transpose()?,
        assumed: given.assumed,
        partners,
        services,
        areas,
        lines,
        contributions,
        instalments,
        milestones,
        recurrences,
        perimeters,
        programmes,
    })
}

impl Period {
    /// Whether a day lies in it.
    pub(super) fn covers(self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Whether a year has days in it.
    fn touches(self, year: i32) -> bool {
        (self.from.year()..=self.to.year()).contains(&year)
    }
}

fn period(from: NaiveDate, to: NaiveDate) -> Result<Period> {
    shape::day(from, "input.terms.startsOn")?;
    shape::day(to, "input.terms.endsOn")?;
    if to < from {
        let (it, en) = ("Il periodo finisce prima di cominciare.", "The period ends before it begins.");
        return Err(invalid("input.terms.endsOn", it, en));
    }
    Ok(Period { from, to })
}

fn partners(codes: Vec<String>, ground: Ground<'_>) -> Result<Vec<Named>> {
    let argument = "input.terms.partners";
    if codes.is_empty() {
        return Err(invalid(argument, "Serve almeno un partner.", "At least one partner is needed."));
    }
    at_most(codes.len(), AGREEMENT_AREAS_MAX, argument)?;
    each_once(codes.iter(), |at| format!("{argument}.{at}"))?;
    let named = |(at, code): (usize, String)| {
        let id = ground.partner(&code).ok_or_else(|| missing(format!("{argument}.{at}")))?;
        Ok(Named { id, code })
    };
    codes.into_iter().enumerate().map(named).collect()
}

fn services(codes: Vec<String>, ground: Ground<'_>) -> Result<Vec<Named>> {
    let argument = "input.terms.services";
    at_most(codes.len(), AGREEMENT_AREAS_MAX, argument)?;
    each_once(codes.iter(), |at| format!("{argument}.{at}"))?;
    codes.into_iter().enumerate().map(|(at, code)| service(code, ground, || format!("{argument}.{at}"))).collect()
}

/// A service of the Ambito.
pub(super) fn service(code: String, ground: Ground<'_>, place: impl Fn() -> String) -> Result<Named> {
    let id = ground.service(&code).ok_or_else(|| missing(place()))?;
    Ok(Named { id, code })
}

fn areas(given: Vec<(String, Option<String>)>) -> Result<Vec<(String, Option<String>)>> {
    let argument = "input.terms.areas";
    at_most(given.len(), AGREEMENT_AREAS_MAX, argument)?;
    each_once(given.iter().map(|(code, _)| code), |at| format!("{argument}.{at}.code"))?;
    let area = |(at, (code, name)): (usize, (String, Option<String>))| {
        let code = shape::code(code, &format!("{argument}.{at}.code"))?;
        let name = name.map(|name| shape::line(name, &format!("{argument}.{at}.name"))).transpose()?;
        Ok((code, name))
    };
    given.into_iter().enumerate().map(area).collect()
}

fn all_lines(given: Vec<GivenLine>, scope: &Scope<'_>) -> Result<Vec<Line>> {
    let argument = "input.terms.lines";
    at_most(given.len(), AGREEMENT_LINES_MAX, argument)?;
    at_most(given.iter().map(|line| line.parts.len()).sum(), AGREEMENT_LINE_PARTS_MAX, argument)?;
    each_once(given.iter().map(|line| &line.code), |at| format!("{argument}.{at}.code"))?;
    given.into_iter().enumerate().map(|(at, line)| lines::line(line, &format!("{argument}.{at}"), scope)).collect()
}

impl Scope<'_> {
    /// The code of an area of the version.
    pub(super) fn area(&self, code: Option<String>, place: &str) -> Result<Option<String>> {
        match code {
            Some(code) if !self.areas.iter().any(|(known, _)| *known == code) => Err(missing(format!("{place}.area"))),
            other => Ok(other),
        }
    }

    /// A year of the period.
    pub(super) fn year(&self, year: i32, place: &str) -> Result<i32> {
        self.period.year(year, &format!("{place}.year"))
    }

    /// A partner of the version; one of the Ambito that is none of its own is told from one that is not there.
    fn partner(&self, code: &str, place: &str) -> Result<Named> {
        if let Some(known) = self.partners.iter().find(|partner| partner.code == code) {
            return Ok(known.clone());
        }
        let code = if self.ground.partner(code).is_some() { Code::OutsideAgreement } else { Code::NotFound };
        Err(Refusal::new(code).argument(format!("{place}.partner")).into())
    }
}

impl Period {
    fn year(self, year: i32, argument: &str) -> Result<i32> {
        if self.touches(year) { Ok(year) } else { Err(outside(argument)) }
    }
}

fn contributions(given: Vec<GivenContribution>, lines: &[Line], scope: &Scope<'_>) -> Result<Vec<Contribution>> {
    let argument = "input.terms.contributions";
    at_most(given.len(), AGREEMENT_CONTRIBUTIONS_MAX, argument)?;
    let items = given.iter().map(|contribution| contribution.items.len()).sum();
    at_most(items, AGREEMENT_CONTRIBUTION_ITEMS_MAX, argument)?;
    let checked = |(at, contribution)| self::contribution(contribution, &format!("{argument}.{at}"), (lines, scope));
    given.into_iter().enumerate().map(checked).collect()
}

fn contribution(given: GivenContribution, place: &str, (lines, scope): (&[Line], &Scope<'_>)) -> Result<Contribution> {
    let year = scope.year(given.year, place)?;
    let (percent, amount) = match given.size {
        ContributionSize::Amount(amount) => (None, within(amount, &format!("{place}.amount"))?),
        ContributionSize::Percent(percent) => {
            let argument = format!("{place}.percent");
            let amount = share_of_lines(percent, year, lines, &argument)?;
            (Some(percent), amount)
        }
    };
    let item_of = |(at, (item, amount)): (usize, (String, Cents))| {
        let item = shape::line(item, &format!("{place}.items.{at}.item"))?;
        Ok((item, within(amount, &format!("{place}.items.{at}.amount"))?))
    };
    let items: Vec<(String, Cents)> = given.items.into_iter().enumerate().map(item_of).collect::<Result<_>>()?;
    let sum = Cents::sum(items.iter().map(|(_, amount)| *amount))?;
    if !items.is_empty() && sum != amount {
        let (it, en) = (
            format!("Le voci danno {sum} euro, il contributo è di {amount} euro."),
            format!("The items add up to {sum} euro, the contribution is {amount} euro."),
        );
        return Err(Refusal::new(Code::Invalid).message(it, en).argument(format!("{place}.items")).into());
    }
    Ok(Contribution {
        year,
        area: scope.area(given.area, place)?,
        item: given.item.map(|item| shape::line(item, &format!("{place}.item"))).transpose()?,
        partner: given.partner.as_deref().map(|code| scope.partner(code, place)).transpose()?,
        percent,
        amount,
        items,
    })
}

/// So many per cent of the net total of a year's lines.
fn share_of_lines(percent: Micros, year: i32, lines: &[Line], argument: &str) -> Result<Cents> {
    if !(Micros::ZERO..=Micros::HUNDRED).contains(&percent) {
        return Err(invalid(argument, "La percentuale va da 0 a 100.", "A percentage is from 0 to 100."));
    }
    let net = Cents::sum(lines.iter().filter(|line| line.year == year).map(|line| line.amount.net))?;
    percent_of(net, percent).map_err(|fault| Error::from(fault).at(argument))
}

fn perimeters(given: Vec<GivenPerimeter>, period: Period) -> Result<Vec<GivenPerimeter>> {
    let argument = "input.terms.perimeters";
    at_most(given.len(), AGREEMENT_PROGRAMMES_MAX, argument)?;
    values(&given, argument, period)?;
    Ok(given)
}

/// What something is worth in some years, each once and of the period.
fn values(given: &[GivenPerimeter], argument: &str, period: Period) -> Result<()> {
    each_once(given.iter().map(|perimeter| perimeter.year), |at| format!("{argument}.{at}.year"))?;
    for (at, perimeter) in given.iter().enumerate() {
        let place = |field: &str| format!("{argument}.{at}.{field}");
        period.year(perimeter.year, &place("year"))?;
        within(perimeter.public, &place("public"))?;
        within(perimeter.private, &place("private"))?;
        let sum = perimeter.public.checked_add(perimeter.private)?;
        if perimeter.total.is_some_and(|total| total != sum) {
            let (it, en) = (
                format!("La parte pubblica e quella privata danno {sum} euro."),
                format!("The public and the private part add up to {sum} euro."),
            );
            return Err(Refusal::new(Code::Invalid).message(it, en).argument(place("total")).into());
        }
    }
    Ok(())
}

fn programmes(
    given: Vec<GivenProgramme>,
    perimeters: &[GivenPerimeter],
    period: Period,
) -> Result<Vec<GivenProgramme>> {
    let argument = "input.terms.programmes";
    at_most(given.len(), AGREEMENT_PROGRAMMES_MAX, argument)?;
    at_most(given.iter().map(|programme| programme.years.len()).sum(), AGREEMENT_PROGRAMME_YEARS_MAX, argument)?;
    each_once(given.iter().map(|programme| &programme.code), |at| format!("{argument}.{at}.code"))?;
    let programme = |(at, given): (usize, GivenProgramme)| {
        let place = |field: &str| format!("{argument}.{at}.{field}");
        let year = given.year.map(|year| period.year(year, &place("year"))).transpose()?;
        for (field, amount) in [("public", given.public), ("private", given.private)] {
            let Some(amount) = amount else { continue };
            within(amount, &place(field))?;
            if year.is_none() {
                let (it, en) = ("Gli importi sono di un anno.", "The amounts are of a year.");
                return Err(invalid(&place("year"), it, en));
            }
        }
        if year.is_some() && !given.years.is_empty() {
            let (it, en) = (
                "Indicare un anno, oppure l'elenco degli anni.",
                "Give one year, or the list of the years, and not both.",
            );
            return Err(invalid(&place("years"), it, en));
        }
        values(&given.years, &place("years"), period)?;
        let code = shape::code(given.code, &place("code"))?;
        let name = shape::line(given.name, &place("name"))?;
        Ok(GivenProgramme { code, name, ..given })
    };
    let programmes: Vec<GivenProgramme> = given.into_iter().enumerate().map(programme).collect::<Result<_>>()?;
    for perimeter in perimeters {
        expect_room(&programmes, *perimeter)?;
    }
    Ok(programmes)
}

/// The programmes of a year are together not above what the year is worth; the first that is too much is named.
fn expect_room(programmes: &[GivenProgramme], perimeter: GivenPerimeter) -> Result<()> {
    let (mut public, mut private) = (Cents::ZERO, Cents::ZERO);
    let nothing = Cents::ZERO;
    let of_year = |(at, programme): (usize, &GivenProgramme)| {
        let of_several = programme.years.iter().position(|one| one.year == perimeter.year);
        if let Some(year) = of_several {
            let value = programme.years[year];
            return Some((format!("programmes.{at}.years.{year}"), value.public, value.private));
        }
        let (public, private) = (programme.public.unwrap_or(nothing), programme.private.unwrap_or(nothing));
        (programme.year == Some(perimeter.year)).then(|| (format!("programmes.{at}"), public, private))
    };
    for (place, of_public, of_private) in programmes.iter().enumerate().filter_map(of_year) {
        public = public.checked_add(of_public)?;
        private = private.checked_add(of_private)?;
        for (field, sum, most) in [("public", public, perimeter.public), ("private", private, perimeter.private)] {
            if sum > most {
                let (it, en) = (
                    format!("I programmi superano il perimetro dell'anno ({most} euro)."),
                    format!("The programmes are above the perimeter of the year ({most} euro)."),
                );
                let argument = format!("input.terms.{place}.{field}");
                return Err(Refusal::new(Code::Invalid).message(it, en).argument(argument).into());
            }
        }
    }
    Ok(())
}

/// An amount that is not below zero, and that sums have room for.
pub(super) fn within(amount: Cents, argument: &str) -> Result<Cents> {
    if amount.is_negative() {
        return Err(invalid(argument, "Un importo non può essere negativo.", "An amount cannot be below zero."));
    }
    if amount.get() > AGREEMENT_CENTS_MAX {
        return Err(Refusal::new(Code::Overflow).argument(argument).into());
    }
    Ok(amount)
}

/// Refuses the first that is there a second time.
pub(super) fn each_once<T: Eq + Hash>(
    keys: impl IntoIterator<Item = T>,
    place: impl Fn(usize) -> String,
) -> Result<()> {
    let mut seen = HashSet::new();
    match keys.into_iter().position(|key| !seen.insert(key)) {
        Some(at) => Err(Refusal::new(Code::Duplicate).argument(place(at)).into()),
        None => Ok(()),
    }
}

/// What is not there.
pub(super) fn missing(argument: String) -> Error {
    Refusal::new(Code::NotFound).argument(argument).into()
}

/// What lies outside the period.
pub(super) fn outside(argument: &str) -> Error {
    Refusal::new(Code::OutsidePeriod).argument(argument).into()
}
