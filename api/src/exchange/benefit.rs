//! `benefits.toml`: what measures of benefits may grant, and what was granted under them.

use allocation::{Cents, IstatCode};
use chrono::NaiveDate;

use super::document::{Source, Table, Value};
use super::files::Content;
use super::problem::{Problem, Problems, checked};
use super::text;
use crate::store::benefit::Amount;
use crate::store::benefit::import::{BenefitBundle, GrantRecord, MeasureRecord};
use crate::store::benefit::measure::GivenCriterion;

/// The name of the file.
const BENEFITS: &str = "benefits.toml";

/// Reads a file of benefits: the records, or everything that is wrong, by line.
pub(super) fn parse_benefits(file: &str) -> Result<BenefitBundle, Vec<Problem>> {
    let content = Content::new(file.as_bytes().to_vec());
    checked(|problems| read(&content, problems))
}

fn read(content: &Content, problems: &Problems) -> Option<BenefitBundle> {
    let (source, root) = Source::parse(BENEFITS, content.text(BENEFITS, problems), problems);
    let mut root = source.root(&root);
    let ambito = root.read("ambito", text::code);
    let service = root.read("service", text::code);
    let measures = root.tables("measure").into_iter().map(measure).collect::<Option<_>>();
    let grants = root.tables("grant").into_iter().map(grant).collect::<Option<_>>();
    root.finish();
    Some(BenefitBundle { ambito: ambito?, service: service?, measures: measures?, grants: grants? })
}

fn day(table: &mut Table<'_>, key: &str) -> Option<NaiveDate> {
    table.need(key).and_then(Value::date)
}

fn number(table: &mut Table<'_>, key: &str) -> Option<i32> {
    let value = table.need(key)?;
    let number = value.count().and_then(|count| i32::try_from(count).ok());
    if number.is_none() {
        value.problem("it is too large");
    }
    number
}

/// `[[measure]]`
fn measure(mut table: Table<'_>) -> Option<MeasureRecord> {
    let name = table.text("name");
    let fund = table.read("fund", text::code);
    let (from, to) = (day(&mut table, "from"), day(&mut table, "to"));
    let budget = table.read("budget", text::money);
    let criteria = table.text("criteria");
    let published = table.tables("criterion").into_iter().map(criterion).collect::<Option<_>>();
    table.finish();
    Some(MeasureRecord {
        name: name?,
        fund: fund?,
        period: (from?, to?),
        budget: budget?,
        criteria: criteria?,
        published: published?,
        places: table.places(&[("publishedCriteria", "criterion")]),
    })
}

/// `[[measure.criterion]]`
fn criterion(mut table: Table<'_>) -> Option<GivenCriterion> {
    let (code, name) = (table.read("code", text::code), table.text("name"));
    let (points, maximum_times) = (number(&mut table, "points"), number(&mut table, "maximum_times"));
    table.finish();
    Some(GivenCriterion { code: code?, name: name?, points: points?, maximum_times: maximum_times? })
}

/// `[[grant]]`: the same benefit for several cases of a comune.
fn grant(mut table: Table<'_>) -> Option<GrantRecord> {
    let measure = table.text("measure");
    let comune: Option<IstatCode> = table.read("comune", text::istat);
    let cases = table.texts("cases");
    let granted_on = day(&mut table, "granted_on");
    let (from, to) = (day(&mut table, "from"), day(&mut table, "to"));
    let (monthly, single) = (money(&mut table, "monthly"), money(&mut table, "single"));
    let amount = match (monthly, single) {
        (Some(amount), None) => Some(Amount::Monthly(amount)),
        (None, Some(amount)) => Some(Amount::Single(amount)),
        _ => {
            table.problem("a grant has an amount that is monthly or single");
            None
        }
    };
    table.finish();
    Some(GrantRecord {
        measure: measure?,
        comune: comune?,
        cases,
        granted_on: granted_on?,
        period: (from?, to?),
        amount: amount?,
        places: table.places(&[]),
    })
}

fn money(table: &mut Table<'_>, key: &str) -> Option<Cents> {
    table.read_or_none(key, text::money)
}
