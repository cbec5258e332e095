//! What a file of monitoring holds once it was read and checked: plain records, in the order of the file.

use allocation::Micros;
use chrono::NaiveDate;
use entity::kinds::FieldKind;

use crate::store::places::Places;

/// Fields and indicators of an Ambito that is there already.
#[derive(Clone, Debug)]
pub struct MonitoringBundle {
    /// Code of the Ambito.
    pub ambito: String,
    /// What its monthly reports are to answer, in order.
    pub fields: Vec<FieldRecord>,
    /// What its indicators aim at, and what they showed.
    pub indicators: Vec<IndicatorRecord>,
    /// Where the file says whose they are.
    pub places: Places,
}

/// A field to be.
#[derive(Clone, Debug)]
pub struct FieldRecord {
    /// Code.
    pub code: String,
    /// What is asked.
    pub name: String,
    /// What kind of answer it takes.
    pub kind: FieldKind,
    /// Whether a report without it cannot be submitted.
    pub required: bool,
    /// Whether its answers count people; where nothing is said, a number does.
    pub counts_people: Option<bool>,
    /// Where it stands.
    pub places: Places,
}

/// An indicator that a service has already, with what is said of it.
#[derive(Clone, Debug)]
pub struct IndicatorRecord {
    /// Code of the service.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Unit of its readings; where nothing is said, it stays.
    pub unit: Option<String>,
    /// What is aimed at; where nothing is said, it stays.
    pub target: Option<Micros>,
    /// Whether that is the most that a reading may be; where nothing is said, it stays.
    pub at_most: Option<bool>,
    /// Whether its readings count people.
    pub counts_people: bool,
    /// What it showed.
    pub readings: Vec<ReadingRecord>,
    /// Where it stands.
    pub places: Places,
}

/// What an indicator showed on a day.
#[derive(Clone, Debug)]
pub struct ReadingRecord {
    /// The day.
    pub read_on: NaiveDate,
    /// The value.
    pub value: Micros,
    /// Where that comes from.
    pub source: String,
    /// Whether no document gives it.
    pub assumed: bool,
    /// Where it stands.
    pub places: Places,
}
