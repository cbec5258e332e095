//! What is agreed by one act, as clients give it. What it means is checked by the store; here is only told which of two ways something is given.

use allocation::vat::Vat;
use allocation::{Cents, Micros};
use async_graphql::InputObject;

use super::enums::{RecurrenceKind, VatRegime};
use super::scalars::{Date, Euro, ExactDecimal};
use crate::error::{Code, Error, Refusal, Result};
use crate::store::agreement::given::{
    ContributionSize, Every, GivenContribution, GivenInstalment, GivenLine, GivenMilestone, GivenPart, GivenPerimeter,
    GivenProgramme, GivenRecurrence, GivenSize, GivenTerms, MilestoneDay,
};

/// What a version of an agreement says (contenuto dell'accordo). It is given whole, also where it amends another.
#[derive(InputObject)]
pub struct AgreementTermsInput {
    /// Title (titolo).
    pub title: String,
    /// The act, as it is cited (atto).
    pub act: Option<String>,
    /// The day from which it holds; the first day of the period where left out (in vigore dal).
    pub effective_from: Option<Date>,
    /// First day of the period (periodo dal).
    pub starts_on: Date,
    /// Last day of the period (periodo al).
    pub ends_on: Date,
    /// A note (nota).
    pub note: Option<String>,
    /// Whether no document gives some of it (valore presunto).
    #[graphql(default)]
    pub assumed: bool,
    /// Codes of the partners, at least one (partner).
    pub partners: Vec<String>,
    /// Codes of the services that it is tied to (servizi).
    #[graphql(default)]
    pub services: Vec<String>,
    /// Areas (aree).
    #[graphql(default)]
    pub areas: Vec<AgreementAreaInput>,
    /// What the grantor pays, by year (voci di spesa): at most 1,000.
    #[graphql(default)]
    pub lines: Vec<AgreementLineInput>,
    /// What partners add of their own (risorse dei partner).
    #[graphql(default)]
    pub contributions: Vec<AgreementContributionInput>,
    /// When money is due (rate).
    #[graphql(default)]
    pub instalments: Vec<AgreementInstalmentInput>,
    /// What is to happen, and when (tappe).
    #[graphql(default)]
    pub milestones: Vec<MilestoneInput>,
    /// Days that come again (scadenze ricorrenti).
    #[graphql(default)]
    pub recurrences: Vec<RecurrenceInput>,
    /// What it is worth, by year (perimetro economico).
    #[graphql(default)]
    pub perimeters: Vec<PerimeterInput>,
    /// Programmes (programmi).
    #[graphql(default)]
    pub programmes: Vec<AgreementProgrammeInput>,
}

/// An area of an agreement (area).
#[derive(InputObject)]
pub struct AgreementAreaInput {
    /// Code (codice).
    pub code: String,
    /// Name, where the document gives one (denominazione).
    pub name: Option<String>,
}

/// What the grantor pays in a year for something (voce di spesa). Given net or gross, the other follows; where several amounts are given they must fit.
#[derive(InputObject)]
pub struct AgreementLineInput {
    /// Code: the same for the same line in every version (codice).
    pub code: String,
    /// The year (anno).
    pub year: i32,
    /// Code of its area (area).
    pub area: Option<String>,
    /// What it pays for (voce).
    pub item: Option<String>,
    /// Code of the service whose cost it is (servizio).
    pub service: Option<String>,
    /// How it is taxed (regime IVA).
    pub vat_regime: VatRegime,
    /// The rate in percent, where the regime is a rate (aliquota IVA).
    pub vat_rate: Option<ExactDecimal>,
    /// Without VAT (imponibile).
    pub net: Option<Euro>,
    /// The VAT, to be compared (IVA).
    pub vat: Option<Euro>,
    /// With VAT (importo lordo).
    pub gross: Option<Euro>,
    /// Parts. Where neither net nor gross is given they add up to the line, all of them months or all of them hours; otherwise they are some of it (componenti).
    #[graphql(default)]
    pub parts: Vec<AgreementLinePartInput>,
}

/// A part of a line: months and a monthly fee, or hours and an hourly cost (componente della voce).
#[derive(InputObject)]
pub struct AgreementLinePartInput {
    /// What it pays for (voce).
    pub item: String,
    /// Whole months (mesi).
    pub months: Option<i32>,
    /// The fee of a month, without VAT (canone mensile).
    pub monthly_fee: Option<Euro>,
    /// Hours (ore).
    pub hours: Option<ExactDecimal>,
    /// The cost of an hour, with VAT (costo orario).
    pub hourly_cost: Option<Euro>,
    /// The gross amount that the document prints, where it is another (importo dichiarato).
    pub stated: Option<Euro>,
}

/// What partners add of their own: an amount, or a percentage of the net total of the year's lines (risorse dei partner).
#[derive(InputObject)]
pub struct AgreementContributionInput {
    /// The year (anno).
    pub year: i32,
    /// Code of its area (area).
    pub area: Option<String>,
    /// What it is for (voce).
    pub item: Option<String>,
    /// Code of the partner that adds it (partner).
    pub partner: Option<String>,
    /// The amount (importo).
    pub amount: Option<Euro>,
    /// The percentage (percentuale).
    pub percent: Option<ExactDecimal>,
    /// Items, which add up to it where there are any (dettaglio).
    #[graphql(default)]
    pub items: Vec<AgreementContributionItemInput>,
}

/// An item of what partners add (dettaglio).
#[derive(InputObject)]
pub struct AgreementContributionItemInput {
    /// What it is (voce).
    pub item: String,
    /// The amount (importo).
    pub amount: Euro,
}

/// So much is due on a day (rata).
#[derive(InputObject)]
pub struct AgreementInstalmentInput {
    /// What the document calls it (denominazione).
    pub label: String,
    /// First day of the period that it is for (periodo dal).
    pub period_from: Option<Date>,
    /// Last day of the period that it is for (periodo al).
    pub period_to: Option<Date>,
    /// The day it is due, where the document gives it (scadenza).
    pub due_date: Option<Date>,
    /// How much (importo).
    pub amount: Euro,
}

/// What is to happen from a day on, or by a day (tappa): exactly one of both.
#[derive(InputObject)]
pub struct MilestoneInput {
    /// Code: the same for the same milestone in every version (codice).
    pub code: String,
    /// Code of its area (area).
    pub area: Option<String>,
    /// What is to happen (attività).
    pub item: String,
    /// The day it begins (a partire dal).
    pub from: Option<Date>,
    /// The day it is done by (entro il).
    pub by: Option<Date>,
}

/// A day that comes again (scadenza ricorrente): every year in a month on a day, or after so many months each.
#[derive(InputObject)]
pub struct RecurrenceInput {
    /// What is done on it (tipo di scadenza).
    pub kind: RecurrenceKind,
    /// The month, from 1 to 12 (mese).
    pub month: Option<i32>,
    /// The day of the month; 29 February is its last day in every year (giorno).
    pub day: Option<i32>,
    /// Months from one to the next, counted from the first day of the period (ogni quanti mesi).
    pub every_months: Option<i32>,
}

/// What an agreement or a programme is worth in a year (perimetro economico).
#[derive(InputObject)]
pub struct PerimeterInput {
    /// The year (anno).
    pub year: i32,
    /// What the grantor adds (parte pubblica).
    pub public: Euro,
    /// What the partners add (parte privata).
    pub private: Euro,
    /// The total that the document prints, to be compared (totale).
    pub total: Option<Euro>,
}

/// A programme of an agreement (programma).
#[derive(InputObject)]
pub struct AgreementProgrammeInput {
    /// Code (codice).
    pub code: String,
    /// Name (denominazione).
    pub name: String,
    /// The year that its amounts are of (anno).
    pub year: Option<i32>,
    /// What the grantor adds to it (parte pubblica).
    pub public: Option<Euro>,
    /// What the partners add to it (parte privata).
    pub private: Option<Euro>,
    /// What it is worth year by year, in the place of the year above (valore per anno): at most 1,000 of all programmes.
    #[graphql(default)]
    pub years: Vec<PerimeterInput>,
}

impl AgreementTermsInput {
    /// The terms, as the store checks them.
    pub(super) fn given(self) -> Result<GivenTerms> {
        /// Each of a list, with the way to it.
        fn each<I, G>(list: Vec<I>, name: &str, given: impl Fn(I, &str) -> Result<G>) -> Result<Vec<G>> {
            let named = |(at, input)| given(input, &format!("input.terms.{name}.{at}"));
            list.into_iter().enumerate().map(named).collect()
        }
        Ok(GivenTerms {
            title: self.title,
            act: self.act,
            effective_from: self.effective_from.map(|day| day.0),
            starts_on: self.starts_on.0,
            ends_on: self.ends_on.0,
            note: self.note,
            assumed: self.assumed,
            partners: self.partners,
            services: self.services,
            areas: self.areas.into_iter().map(|area| (area.code, area.name)).collect(),
            lines: each(self.lines, "lines", AgreementLineInput::given)?,
            contributions: each(self.contributions, "contributions", AgreementContributionInput::given)?,
            instalments: each(self.instalments, "instalments", AgreementInstalmentInput::given)?,
            milestones: each(self.milestones, "milestones", MilestoneInput::given)?,
            recurrences: each(self.recurrences, "recurrences", RecurrenceInput::given)?,
            perimeters: self.perimeters.into_iter().map(PerimeterInput::given).collect(),
            programmes: self.programmes.into_iter().map(AgreementProgrammeInput::given).collect(),
        })
    }
}

/// What is said where none of two ways is given, or both.
fn one_of(argument: &str) -> Error {
    let (it, en) = ("Indicare uno e uno solo dei due modi.", "Give one of the two ways, and only one.");
    invalid(argument, it, en)
}

fn invalid(argument: &str, it: &'static str, en: &'static str) -> Error {
    Refusal::new(Code::Invalid).argument(argument).message(it, en).into()
}

fn cents(amount: Option<Euro>) -> Option<Cents> {
    amount.map(|amount| amount.0)
}

/// A count. One below zero is none, and refused where none is.
fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn micros(number: &ExactDecimal, argument: &str) -> Result<Micros> {
    number.micros().map_err(|fault| Error::from(fault).at(argument))
}

impl AgreementLineInput {
    fn given(self, place: &str) -> Result<GivenLine> {
        let rate = self.vat_rate.as_ref().map(|rate| micros(rate, &format!("{place}.vatRate"))).transpose()?;
        let vat = match (self.vat_regime, rate) {
            (VatRegime::Rate, Some(rate)) => Vat::Rate(rate),
            (VatRegime::Exempt, None) => Vat::Exempt,
            (VatRegime::OutOfScope, None) => Vat::OutOfScope,
            _ => {
                return Err(invalid(
                    &format!("{place}.vatRate"),
                    "L'aliquota si indica se e solo se il regime è un'aliquota.",
                    "A rate is given where the regime is a rate, and only there.",
                ));
            }
        };
        let parts = self.parts.into_iter().enumerate();
        let parts = parts.map(|(at, part)| part.given(&format!("{place}.parts.{at}")));
        Ok(GivenLine {
            parts: parts.collect::<Result<_>>()?,
            code: self.code,
            year: self.year,
            area: self.area,
            item: self.item,
            service: self.service,
            vat,
            net: cents(self.net),
            vat_amount: cents(self.vat),
            gross: cents(self.gross),
        })
    }
}

impl AgreementLinePartInput {
    fn given(self, place: &str) -> Result<GivenPart> {
        let size = match (self.months, self.monthly_fee, self.hours, self.hourly_cost) {
            (Some(months), Some(fee), None, None) => GivenSize::Months(count(months), fee.0),
            (None, None, Some(hours), Some(cost)) => {
                GivenSize::Hours(micros(&hours, &format!("{place}.hours"))?, cost.0)
            }
            _ => return Err(one_of(&format!("{place}.months"))),
        };
        Ok(GivenPart { item: self.item, size, stated: cents(self.stated) })
    }
}

impl AgreementContributionInput {
    fn given(self, place: &str) -> Result<GivenContribution> {
        let size = match (self.amount, self.percent) {
            (Some(amount), None) => ContributionSize::Amount(amount.0),
            (None, Some(percent)) => ContributionSize::Percent(micros(&percent, &format!("{place}.percent"))?),
            _ => return Err(one_of(&format!("{place}.amount"))),
        };
        let items = self.items.into_iter().map(|item| (item.item, item.amount.0)).collect();
        let Self { year, area, item, partner, .. } = self;
        Ok(GivenContribution { year, area, item, partner, size, items })
    }
}

impl AgreementInstalmentInput {
    fn given(self, place: &str) -> Result<GivenInstalment> {
        let period = match (self.period_from, self.period_to) {
            (Some(from), Some(to)) => Some((from.0, to.0)),
            (None, None) => None,
            (from, _) => {
                let field = if from.is_some() { "periodTo" } else { "periodFrom" };
                let (it, en) = ("Un periodo ha due giorni.", "A period has two days.");
                return Err(invalid(&format!("{place}.{field}"), it, en));
            }
        };
        let due = self.due_date.map(|day| day.0);
        Ok(GivenInstalment { label: self.label, period, due, amount: self.amount.0 })
    }
}

impl MilestoneInput {
    fn given(self, place: &str) -> Result<GivenMilestone> {
        let when = match (self.from, self.by) {
            (Some(from), None) => MilestoneDay::From(from.0),
            (None, Some(by)) => MilestoneDay::By(by.0),
            _ => return Err(one_of(&format!("{place}.from"))),
        };
        Ok(GivenMilestone { code: self.code, area: self.area, item: self.item, when })
    }
}

impl RecurrenceInput {
    fn given(self, place: &str) -> Result<GivenRecurrence> {
        let every = match (self.month, self.day, self.every_months) {
            (Some(month), Some(day), None) => Every::Year(count(month), count(day)),
            (None, None, Some(months)) => Every::Months(count(months)),
            _ => return Err(one_of(&format!("{place}.month"))),
        };
        Ok(GivenRecurrence { kind: self.kind.into(), every })
    }
}

impl PerimeterInput {
    fn given(self) -> GivenPerimeter {
        let Self { year, public, private, total } = self;
        GivenPerimeter { year, public: public.0, private: private.0, total: cents(total) }
    }
}

impl AgreementProgrammeInput {
    fn given(self) -> GivenProgramme {
        let Self { code, name, year, public, private, years } = self;
        let years = years.into_iter().map(PerimeterInput::given).collect();
        GivenProgramme { code, name, year, public: cents(public), private: cents(private), years }
    }
}
