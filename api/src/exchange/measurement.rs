//! `measurements.csv`: the values of measures, each for a comune on a day.

use std::collections::{BTreeMap, BTreeSet};

use allocation::{IstatCode, MeasureCode};
use chrono::NaiveDate;

use super::files::MEASUREMENTS;
use super::names::Names;
use super::problem::Problems;
use super::sheet::{self, Row};
use super::text;
use crate::store::bundle::MeasurementRecord;

const HEADER: [&str; 7] = ["istat_code", "measure", "service", "value", "reference_date", "source", "assumed"];

/// What tells one value from another: measure, service, day, comune.
type Key = (MeasureCode, Option<String>, NaiveDate, IstatCode);

/// All values, to look one up.
#[derive(Debug, Default)]
pub(super) struct Measurements {
    /// `None` is a value that stands in the file and could not be read.
    by_key: BTreeMap<Key, (usize, Option<MeasurementRecord>)>,
    by_service: BTreeSet<(MeasureCode, String, NaiveDate)>,
    counted: BTreeSet<(MeasureCode, String)>,
    complete: bool,
}

/// What a look-up finds.
pub(super) enum Found<'a> {
    /// The value.
    Value(&'a MeasurementRecord),
    /// It is certain that there is none.
    Absent,
    /// The file may well have it, in a row that could not be read.
    Unread,
}

impl Measurements {
    /// Whether a measure has been counted for one service by itself.
    pub(super) fn count(&self, measure: &MeasureCode, service: &str) -> bool {
        self.counted.contains(&(measure.clone(), service.to_owned()))
    }

    /// The value for a comune on a day: the service's own, where the measure was counted for it on that day, else the general one.
    pub(super) fn find(&self, measure: &MeasureCode, service: &str, day: NaiveDate, comune: IstatCode) -> Found<'_> {
        let own = self.by_service.contains(&(measure.clone(), service.to_owned(), day));
        let key = (measure.clone(), own.then(|| service.to_owned()), day, comune);
        match self.by_key.get(&key) {
            Some((_, Some(record))) => Found::Value(record),
            None if self.complete => Found::Absent,
            Some((_, None)) | None => Found::Unread,
        }
    }

    fn take(&mut self, row: &Row<'_>, names: &Names) -> Option<MeasurementRecord> {
        let comune = row.read("istat_code", text::istat);
        let measure = row.read("measure", text::measure);
        let service = row.read_or_none("service", text::code);
        let value = row.read("value", text::number);
        let day = row.read("reference_date", text::date);
        let source = row.read("source", text::plain);
        let assumed = row.read("assumed", text::flag);
        if let Some(code) = comune.filter(|code| names.comuni.lacks(code)) {
            row.problem(format!("no comune of the Ambito has the code {code}"));
        }
        if let Some(code) = measure.as_ref().filter(|code| names.lack_measure(code)) {
            row.problem(format!("no measure has the code {code}"));
        }
        if let Some(code) = service.as_ref().filter(|code| names.services.lacks(*code)) {
            row.problem(format!("no service has the code {code}"));
        }
        let service_unread = service.is_none() && !row.is_empty("service");
        let (Some(comune), Some(measure), false, Some(day)) = (comune, measure, service_unread, day) else {
            self.complete = false;
            return None;
        };
        let key = (measure.clone(), service.clone(), day, comune);
        if let Some((line, _)) = self.by_key.get(&key) {
            row.problem(format!("{measure} of {comune} on {day} stands already in line {line}"));
            return None;
        }
        if let Some(service) = &service {
            self.by_service.insert((measure.clone(), service.clone(), day));
            self.counted.insert((measure.clone(), service.clone()));
        }
        let record = value.zip(source).zip(assumed).map(|((value, source), assumed)| MeasurementRecord {
            measure,
            comune,
            service,
            value,
            reference_date: day,
            source,
            assumed,
        });
        self.by_key.insert(key, (row.place().line, record.clone()));
        record
    }
}

/// Reads the file.
pub(super) fn measurements(
    file: Option<&str>,
    names: &Names,
    problems: &Problems,
) -> (Vec<MeasurementRecord>, Measurements) {
    let mut records = Vec::new();
    let mut all = Measurements { complete: true, ..Measurements::default() };
    let complete = file.is_some_and(|file| {
        sheet::rows(MEASUREMENTS, file, &HEADER, problems, |row| records.extend(all.take(&row, names)))
    });
    all.complete &= complete;
    (records, all)
}
