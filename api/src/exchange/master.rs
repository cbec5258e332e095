//! The Ambito, its programme, funds and measures: what `plan.toml` says once.

use chrono::NaiveDate;
use entity::kinds::FundLevel;

use super::document::{Table, Value};
use super::names::{Names, is_known_measure};
use super::text;
use crate::store::bundle::{AmbitoRecord, FundRecord, MeasureRecord, ProgrammeRecord};

/// `[ambito]`
pub(super) fn ambito(mut table: Table<'_>) -> Option<AmbitoRecord> {
    let code = table.read("code", text::code);
    let name = table.text("name");
    let region = table.text("region");
    let province = table.read("province", text::province);
    let managing_body = table.text("managing_body");
    let legal_form = table.text_or_none("legal_form");
    table.finish();
    Some(AmbitoRecord {
        code: code?,
        name: name?,
        region: region?,
        province: province?,
        managing_body: managing_body?,
        legal_form,
    })
}

/// `[programme]`
pub(super) fn programme(mut table: Table<'_>) -> Option<ProgrammeRecord> {
    let title = table.text("title");
    let from_year = table.need("from_year").and_then(Value::year);
    let to_year = table.need("to_year").and_then(Value::year);
    let note = table.text_or_none("note");
    if from_year.zip(to_year).is_some_and(|(from, to)| from > to) {
        table.problem("the programme ends before it begins");
    }
    table.finish();
    Some(ProgrammeRecord { title: title?, from_year: from_year?, to_year: to_year?, note })
}

/// `[[fund]]`
pub(super) fn fund(mut table: Table<'_>, names: &mut Names) -> Option<FundRecord> {
    const LEVELS: [(&str, FundLevel); 7] = [
        ("EUROPE", FundLevel::Europe),
        ("STATE", FundLevel::State),
        ("REGION", FundLevel::Region),
        ("COMUNI", FundLevel::Comuni),
        ("PARTNER", FundLevel::Partner),
        ("USERS", FundLevel::Users),
        ("OTHER", FundLevel::Other),
    ];
    let code = names.funds.declare(table.need("code"), text::code);
    let name = table.text("name");
    let level = table.need("level").and_then(|value| value.choice(&LEVELS));
    table.finish();
    Some(FundRecord { code: code?, name: name?, level: level? })
}

/// `[[measure]]`
pub(super) fn measure(mut table: Table<'_>, names: &mut Names) -> Option<MeasureRecord> {
    let value = table.need("code");
    let code = names.measures.declare(value, text::measure);
    if let (Some(value), Some(code)) = (value, &code)
        && is_known_measure(code)
    {
        value.problem(&format!("{code} is known to every server, with a meaning that stays"));
    }
    let name = table.text("name");
    let unit = table.text("unit");
    let consumption = table.need("consumption").and_then(Value::flag);
    table.finish();
    Some(MeasureRecord { code: code?, name: name?, unit: unit?, consumption: consumption? })
}

/// The day on which everything begins that names no day of its own: the first of the programme, else of the first plan.
pub(super) fn first_day(programme: Option<&ProgrammeRecord>, names: &Names) -> Option<NaiveDate> {
    let year = programme.map(|programme| programme.from_year).or_else(|| names.years.codes().next().copied())?;
    NaiveDate::from_ymd_opt(year, 1, 1)
}
