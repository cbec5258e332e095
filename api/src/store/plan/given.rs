//! What an edit of a draft gives, checked before it is written. What only the whole plan can tell is left to `problems.rs`.

use allocation::{Cents, Error as Fault, IstatCode, Micros, Rule};
use entity::kinds::FundLevel;

use super::Edit;
use super::draft::{Amount, BasisSource};
use crate::error::{Code, Error, Refusal, Result};
use crate::store::bundle::{FundingRecord, InstalmentRecord, LineRecord};
use crate::store::master::AmbitoBook;
use crate::store::personal;
use crate::store::shape::{self, at_most, invalid};
use crate::store::text::checked;

/// A trillion euro: more than any budget, and few enough that the sums of a plan fit.
const AMOUNT_MAX: Cents = Cents::new(100_000_000_000_000);
/// Lines of a budget.
const LINES_MAX: usize = 200;
/// Instalments of a year.
const INSTALMENTS_MAX: usize = 60;
/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Characters of a line's item, and of the source of a value.
const NAME_CHARACTERS_MAX: usize = 200;

/// A note.
pub(super) fn note(note: Option<String>) -> Result<Option<String>> {
    note.map(|text| personal::free(checked(text, "input.note", NOTE_CHARACTERS_MAX)?, "input.note")).transpose()
}

/// The edit, its texts trimmed.
pub(super) fn edit(edit: Edit, ambito: &AmbitoBook) -> Result<Edit> {
    Ok(match edit {
        Edit::Budget { service, amount, note: text } => {
            Edit::Budget { service, amount: self::amount(amount)?, note: note(text)? }
        }
        Edit::Funding { service, funding } => {
            fundings(&funding, ambito)?;
            Edit::Funding { service, funding }
        }
        Edit::Rule { service, rule, note: text } => {
            self::rule(&rule)?;
            Edit::Rule { service, rule, note: note(text)? }
        }
        Edit::Basis { service, measure, source } => Edit::Basis { service, measure, source: self::source(source)? },
        Edit::Instalments(records) => {
            instalments(&records)?;
            Edit::Instalments(records)
        }
        Edit::NoBudget { .. } | Edit::Participants { .. } => edit,
    })
}

fn amount(amount: Amount) -> Result<Amount> {
    match amount {
        Amount::Sum(sum) => {
            within(sum, "input.amount")?;
            Ok(Amount::Sum(sum))
        }
        Amount::Lines(lines) => {
            at_most(lines.len(), LINES_MAX, "input.lines")?;
            let lines: Vec<LineRecord> =
                lines.into_iter().enumerate().map(|(at, line)| self::line(line, at)).collect::<Result<_>>()?;
            within(Cents::sum(lines.iter().map(|line| line.gross))?, "input.lines")?;
            Ok(Amount::Lines(lines))
        }
    }
}

fn line(line: LineRecord, at: usize) -> Result<LineRecord> {
    let place = |field: &str| format!("input.lines.{at}.{field}");
    within(line.net, &place("net"))?;
    within(line.gross, &place("gross"))?;
    if line.rate.is_some_and(|rate| !(Micros::ZERO..=Micros::HUNDRED).contains(&rate)) {
        return Err(invalid(&place("vatRate"), "L'aliquota va da 0 a 100.", "A rate is from 0 to 100."));
    }
    let item = personal::free(checked(line.item, &place("item"), NAME_CHARACTERS_MAX)?, &place("item"))?;
    Ok(LineRecord { item, ..line })
}

fn fundings(records: &[FundingRecord], ambito: &AmbitoBook) -> Result<()> {
    for (at, record) in records.iter().enumerate() {
        let place = |field: &str| format!("input.funding.{at}.{field}");
        let fund = ambito.funds.iter().find(|fund| fund.code == record.fund);
        let fund = fund.ok_or_else(|| Refusal::new(Code::NotFound).argument(place("fund")))?;
        if fund.level == FundLevel::Comuni {
            return Err(invalid(
                &place("fund"),
                "La quota dei Comuni risulta dal riparto: non è una copertura da indicare.",
                "What the comuni pay comes of the sharing: it is no funding to be given.",
            ));
        }
        if records[..at].iter().any(|other| other.fund == record.fund) {
            return Err(Refusal::new(Code::Duplicate).argument(place("fund")).into());
        }
        if let Some(amount) = record.amount {
            within(amount, &place("amount"))?;
        }
    }
    if records.iter().filter(|record| record.amount.is_none()).count() > 1 {
        return Err(Error::from(Fault::TwoBalancing).at("input.funding"));
    }
    Ok(())
}

fn rule(rule: &Rule) -> Result<()> {
    rule.check().map_err(|fault| Error::from(fault).at("input.rule"))
}

fn source(source: BasisSource) -> Result<BasisSource> {
    if let BasisSource::ActivityYear(year) = source {
        shape::year(year, "input.source.activityYear")?;
    }
    let BasisSource::Values { values, reference_date, source } = source else { return Ok(source) };
    for (at, (comune, value)) in values.iter().enumerate() {
        let place = format!("input.source.values.values.{at}");
        if *value < Micros::ZERO {
            return Err(negative(*comune, &format!("{place}.value")));
        }
        if values[..at].iter().any(|(other, _)| other == comune) {
            return Err(Refusal::new(Code::Duplicate).comune(comune).argument(format!("{place}.comune")).into());
        }
    }
    let named = "input.source.values.source";
    let source = personal::free(checked(source, named, NAME_CHARACTERS_MAX)?, named)?;
    Ok(BasisSource::Values { values, reference_date, source })
}

fn negative(comune: IstatCode, argument: &str) -> Error {
    let refusal = Refusal::new(Code::Invalid).comune(comune).argument(argument);
    refusal.message("Un valore non può essere negativo.", "A value cannot be below zero.").into()
}

fn instalments(records: &[InstalmentRecord]) -> Result<()> {
    at_most(records.len(), INSTALMENTS_MAX, "input.instalments")?;
    for (at, record) in records.iter().enumerate() {
        if !(Micros::ZERO..=Micros::HUNDRED).contains(&record.percent) {
            return Err(invalid(
                &format!("input.instalments.{at}.percent"),
                "Una percentuale va da 0 a 100.",
                "A percentage is from 0 to 100.",
            ));
        }
        if at > 0 && records[at - 1].due_date >= record.due_date {
            return Err(invalid(
                &format!("input.instalments.{at}.dueDate"),
                "Le scadenze sono in ordine, una al giorno.",
                "Due days are in order, one instalment a day.",
            ));
        }
    }
    Ok(())
}

/// Refuses an amount below zero, or above what the sums of a plan have room for.
pub(super) fn within(amount: Cents, argument: &str) -> Result<()> {
    if amount.is_negative() {
        return Err(invalid(argument, "Un importo non può essere negativo.", "An amount cannot be below zero."));
    }
    if amount > AMOUNT_MAX {
        return Err(Refusal::new(Code::Overflow).argument(argument).into());
    }
    Ok(())
}
