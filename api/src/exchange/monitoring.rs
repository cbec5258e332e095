//! `monitoring.toml`: what the monthly reports of an Ambito are to answer, what its indicators aim at, and what they showed.

use chrono::NaiveDate;
use entity::kinds::FieldKind;

use super::document::{Source, Table, Value};
use super::files::{MONITORING, MonitoringFile};
use super::names::Declared;
use super::problem::{Problem, Problems, checked};
use super::text;
use crate::store::monitoring::bundle::{FieldRecord, IndicatorRecord, MonitoringBundle, ReadingRecord};

/// Reads and checks a file of monitoring: the records, or everything that is wrong, by line.
pub fn parse_monitoring(file: &MonitoringFile) -> Result<MonitoringBundle, Vec<Problem>> {
    checked(|problems| read(file, problems))
}

fn read(file: &MonitoringFile, problems: &Problems) -> Option<MonitoringBundle> {
    let (source, root) = Source::parse(MONITORING, file.0.text(MONITORING, problems), problems);
    let mut root = source.root(&root);
    let (ambito, places) = (root.read("ambito", text::code), root.places(&[]));
    let (mut codes, mut names) = (Declared::new(), Declared::new());
    let fields: Vec<_> = root.tables("field").into_iter().map(|table| field(table, &mut codes)).collect();
    let indicators: Vec<_> = root.tables("indicator").into_iter().map(|table| indicator(table, &mut names)).collect();
    root.finish();
    Some(MonitoringBundle {
        ambito: ambito?,
        fields: fields.into_iter().collect::<Option<_>>()?,
        indicators: indicators.into_iter().collect::<Option<_>>()?,
        places,
    })
}

/// `[[field]]`
fn field(mut table: Table<'_>, codes: &mut Declared<String>) -> Option<FieldRecord> {
    const KINDS: [(&str, FieldKind); 4] = [
        ("TEXT", FieldKind::Text),
        ("NUMBER", FieldKind::Number),
        ("EURO", FieldKind::Euro),
        ("YES_NO", FieldKind::YesNo),
    ];
    let code = codes.declare(table.need("code"), text::code);
    let name = table.text("name");
    let kind = table.need("kind").and_then(|value| value.choice(&KINDS));
    let required = table.flag("required");
    let counts_people = table.get("counts_people").map(Value::flag);
    table.finish();
    let counts_people = stated(counts_people)?;
    Some(FieldRecord { code: code?, name: name?, kind: kind?, required, counts_people, places: table.places(&[]) })
}

/// What may be left out: nothing where it is, and no record where it is there and cannot be read.
#[expect(clippy::option_option, reason = "left out and unreadable are different things")]
fn stated<T>(given: Option<Option<T>>) -> Option<Option<T>> {
    given.map_or(Some(None), |read| read.map(Some))
}

/// `[[indicator]]`
fn indicator(mut table: Table<'_>, names: &mut Declared<String>) -> Option<IndicatorRecord> {
    let service = table.read("service", text::code);
    let name = table.text("name");
    if let (Some(service), Some(name)) = (&service, &name) {
        let key = format!("{name} of {service}");
        if let Err(line) = names.add(key.clone(), table.place()) {
            table.problem(format!("{key} stands already in line {line}"));
        }
    }
    let unit = table.text_or_none("unit");
    let target = table.read_or_none("target", text::number);
    let at_most = table.get("at_most").map(Value::flag);
    let counts_people = table.need("counts_people").and_then(Value::flag);
    let mut days = Declared::new();
    let readings: Vec<_> = table.tables("reading").into_iter().map(|table| reading(table, &mut days)).collect();
    table.finish();
    Some(IndicatorRecord {
        service: service?,
        name: name?,
        unit,
        target,
        at_most: stated(at_most)?,
        counts_people: counts_people?,
        readings: readings.into_iter().collect::<Option<_>>()?,
        places: table.places(&[]),
    })
}

/// `reading`
fn reading(mut table: Table<'_>, days: &mut Declared<NaiveDate>) -> Option<ReadingRecord> {
    let read_on = table.need("read_on").and_then(Value::date);
    if let Some(Err(line)) = read_on.map(|day| days.add(day, table.place())) {
        table.problem(format!("a reading of this day stands already in line {line}"));
    }
    let value = table.read("value", text::number);
    let source = table.text("source");
    let assumed = table.flag("assumed");
    table.finish();
    Some(ReadingRecord { read_on: read_on?, value: value?, source: source?, assumed, places: table.places(&[]) })
}
