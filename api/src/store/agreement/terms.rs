//! What a version says once it is checked: with row ids beside the codes, and every amount worked out.

use allocation::vat::{self, Vat};
use allocation::{Cents, Micros};
use chrono::NaiveDate;
use entity::kinds::{PartGiven, TermGiven};

use super::given::{GivenInstalment, GivenMilestone, GivenPerimeter, GivenProgramme, GivenRecurrence};

/// Something that has a row already.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) id: i64,
    pub(super) code: String,
}

/// The terms of a version.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) title: String,
    pub(super) act: Option<String>,
    pub(super) effective_from: NaiveDate,
    pub(super) period: Period,
    pub(super) note: Option<String>,
    pub(super) assumed: bool,
    pub(super) partners: Vec<Named>,
    pub(super) services: Vec<Named>,
    pub(super) areas: Vec<(String, Option<String>)>,
    pub(super) lines: Vec<Line>,
    pub(super) contributions: Vec<Contribution>,
    pub(super) instalments: Vec<GivenInstalment>,
    pub(super) milestones: Vec<GivenMilestone>,
    pub(super) recurrences: Vec<GivenRecurrence>,
    pub(super) perimeters: Vec<GivenPerimeter>,
    pub(super) programmes: Vec<GivenProgramme>,
}

/// The first and the last day of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

/// A line and its parts.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) code: String,
    pub(super) year: i32,
    pub(super) area: Option<String>,
    pub(super) item: Option<String>,
    pub(super) service: Option<Named>,
    pub(super) given: TermGiven,
    pub(super) vat: Vat,
    pub(super) amount: vat::Line,
    pub(super) parts: Vec<Part>,
}

/// A part of a line.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) item: String,
    pub(super) given: PartGiven,
    pub(super) quantity: Micros,
    pub(super) price: Cents,
    pub(super) amount: vat::Line,
    pub(super) stated: Option<Cents>,
}

/// What partners add.
#[derive(Debug)]
pub(super) struct Contribution {
    pub(super) year: i32,
    pub(super) area: Option<String>,
    pub(super) item: Option<String>,
    pub(super) partner: Option<Named>,
    pub(super) percent: Option<Micros>,
    pub(super) amount: Cents,
    pub(super) items: Vec<(String, Cents)>,
}
