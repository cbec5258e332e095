//! What is agreed by one act, as it is given: with codes where rows have ids, and without what follows from the rest.

use allocation::vat::Vat;
use allocation::{Cents, IstatCode, Micros};
use chrono::NaiveDate;
use entity::kinds::{AgreementKind, RecurrenceKind};

/// A new agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAgreement {
    /// Code; new in the Ambito.
    pub code: String,
    /// What it is.
    pub kind: AgreementKind,
    /// The comune that grants it; none where the managing body does.
    pub grantor: Option<IstatCode>,
    /// What its first version says.
    pub terms: GivenTerms,
}

/// What a version says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenTerms {
    /// Title.
    pub title: String,
    /// The act, as it is cited.
    pub act: Option<String>,
    /// Day from which it holds; the first day of the period where left out.
    pub effective_from: Option<NaiveDate>,
    /// First day of the period.
    pub starts_on: NaiveDate,
    /// Last day of the period.
    pub ends_on: NaiveDate,
    /// A note.
    pub note: Option<String>,
    /// Whether no document gives some of it.
    pub assumed: bool,
    /// Codes of the partners.
    pub partners: Vec<String>,
    /// Codes of the services that it is tied to.
    pub services: Vec<String>,
    /// Areas: code, and name where the document gives one.
    pub areas: Vec<(String, Option<String>)>,
    /// Lines.
    pub lines: Vec<GivenLine>,
    /// What partners add.
    pub contributions: Vec<GivenContribution>,
    /// Instalments.
    pub instalments: Vec<GivenInstalment>,
    /// Milestones.
    pub milestones: Vec<GivenMilestone>,
    /// Days that come again.
    pub recurrences: Vec<GivenRecurrence>,
    /// What it is worth, a year.
    pub perimeters: Vec<GivenPerimeter>,
    /// Programmes.
    pub programmes: Vec<GivenProgramme>,
}

/// A line. Where several amounts are given they must fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenLine {
    /// Code; the same for the same line in every version.
    pub code: String,
    /// Year.
    pub year: i32,
    /// Code of its area.
    pub area: Option<String>,
    /// What it pays for.
    pub item: Option<String>,
    /// Code of the service whose cost it is.
    pub service: Option<String>,
    /// How VAT applies.
    pub vat: Vat,
    /// Net amount.
    pub net: Option<Cents>,
    /// VAT, to be compared.
    pub vat_amount: Option<Cents>,
    /// Gross amount.
    pub gross: Option<Cents>,
    /// Parts. Where neither net nor gross is given they add up to the line: all of them months, or all of them hours; otherwise they are some of it.
    pub parts: Vec<GivenPart>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenPart {
    /// What it pays for.
    pub item: String,
    /// How it is worked out.
    pub size: GivenSize,
    /// Gross amount that the document prints, where it is another.
    pub stated: Option<Cents>,
}

/// How a part of a line is worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenSize {
    /// Whole months at a net monthly fee.
    Months(u32, Cents),
    /// Hours at an hourly cost with VAT.
    Hours(Micros, Cents),
}

/// What partners add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenContribution {
    /// Year.
    pub year: i32,
    /// Code of its area.
    pub area: Option<String>,
    /// What it is for.
    pub item: Option<String>,
    /// Code of the partner that adds it.
    pub partner: Option<String>,
    /// How much: an amount, or a percentage of the net total of the year's lines.
    pub size: ContributionSize,
    /// Items, which add up to it where there are any.
    pub items: Vec<(String, Cents)>,
}

/// How much a contribution is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContributionSize {
    /// So much.
    Amount(Cents),
    /// So many per cent of the net total of the year's lines.
    Percent(Micros),
}

/// An instalment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenInstalment {
    /// What the document calls it.
    pub label: String,
    /// First and last day of the period that it is for.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// Day it is due; none where the document does not give it.
    pub due: Option<NaiveDate>,
    /// Amount.
    pub amount: Cents,
}

/// A milestone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenMilestone {
    /// Code; the same for the same milestone in every version.
    pub code: String,
    /// Code of its area.
    pub area: Option<String>,
    /// What is to happen.
    pub item: String,
    /// When.
    pub when: MilestoneDay,
}

/// When a milestone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneDay {
    /// It begins on a day.
    From(NaiveDate),
    /// It is done by a day.
    By(NaiveDate),
}

/// A day that comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenRecurrence {
    /// What is done on it.
    pub kind: RecurrenceKind,
    /// When.
    pub every: Every,
}

/// How a day comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Every year, in a month (1 to 12) on a day; where the month has no such day, on its last.
    Year(u32, u32),
    /// After so many months each, counted from the first day of the period.
    Months(u32),
}

/// What a version is worth in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenPerimeter {
    /// Year.
    pub year: i32,
    /// What the grantor adds.
    pub public: Cents,
    /// What the partners add.
    pub private: Cents,
    /// The total that the document prints, to be compared.
    pub total: Option<Cents>,
}

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenProgramme {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Year that its amounts are of.
    pub year: Option<i32>,
    /// What the grantor adds to it.
    pub public: Option<Cents>,
    /// What the partners add to it.
    pub private: Option<Cents>,
    /// What it is worth year by year, where it is told of several years; then nothing is told of the one above.
    pub years: Vec<GivenPerimeter>,
}
