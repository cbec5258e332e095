//! A plan of the book as records again, so that a copy takes the way that every plan takes.

use allocation::vat::{self, Vat};
use allocation::{Cents, Micros};
use chrono::{Datelike, NaiveDate};
use entity::kinds::{LineGiven, VatRegime};

use super::book::{BudgetBook, FundingBook, PlanBook};
use super::given;
use super::line::Line;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::bundle::{
    BasisRecord, BudgetRecord, FundingRecord, InstalmentRecord, LineRecord, PlanRecord, Pointer,
};
use crate::store::names::Names;

/// The plan for another year: its instalments are due as many years later, and what it froze stays as it was. Lines of agreements are of one year, so
/// that only a copy of the same year points to them again.
pub(super) fn of_plan(book: &PlanBook, year: i32, names: &Names) -> Result<PlanRecord> {
    let later = year - book.row.year;
    let instalment = |row: &super::book::Instalment| InstalmentRecord {
        due_date: years_later(row.due_date, later),
        percent: row.percent,
        assumed: row.assumed,
    };
    let mut budgets: Vec<BudgetRecord> =
        book.budgets.iter().map(|budget| of_budget(budget, names)).collect::<Result<_>>()?;
    if later != 0 {
        budgets.iter_mut().flat_map(|budget| &mut budget.lines).for_each(|line| line.agreement_line = None);
    }
    Ok(PlanRecord {
        year,
        kind: book.row.kind,
        note: book.row.note.clone(),
        resolution: None,
        instalments: book.instalments.iter().map(instalment).collect(),
        budgets,
    })
}

/// The same day of another year; the last day of February for the 29th.
fn years_later(day: NaiveDate, years: i32) -> NaiveDate {
    let year = day.year() + years;
    day.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28)).unwrap_or(day)
}

fn of_budget(budget: &BudgetBook, names: &Names) -> Result<BudgetRecord> {
    let funding = |row: &FundingBook| {
        Ok(FundingRecord {
            fund: names.fund(row.fund_id)?.to_owned(),
            amount: (!row.balancing).then_some(row.amount),
            assumed: row.assumed,
        })
    };
    let mut basis = Vec::new();
    for column in &budget.basis {
        basis.extend(column.rows(&budget.comuni).map(|(comune, frozen)| BasisRecord {
            measure: column.measure.clone(),
            comune: comune.istat,
            value: frozen.value,
            reference_date: frozen.vintage.reference_date,
            source: frozen.vintage.source.to_string(),
            assumed: frozen.vintage.assumed,
        }));
    }
    Ok(BudgetRecord {
        service: budget.service.to_string(),
        amount: budget.amount,
        lines: budget.lines.iter().map(of_line).collect(),
        funding: budget.funding.iter().map(funding).collect::<Result<_>>()?,
        rule: budget.rule.as_ref().map(|book| book.rule.clone()),
        rule_assumed: budget.is_rule_assumed(),
        rule_note: budget.rule_note().map(str::to_owned),
        participants: budget.comuni.iter().map(|comune| comune.istat).collect(),
        basis,
        note: budget.note.as_deref().map(str::to_owned),
        assumed: budget.assumed,
    })
}

fn of_line(line: &Line) -> LineRecord {
    LineRecord {
        item: line.item.to_string(),
        net: line.net,
        vat: line.vat,
        gross: line.gross,
        regime: line.regime,
        rate: line.rate,
        given: line.given,
        agreement_line: line.agreement_line.as_ref().map(|to| Pointer::Row(to.id)),
    }
}

/// The same with its budgets, lines and funding raised by so many percent, each rounded half up to the cent; rules and prices are the assembly's and
/// stay. A budget with lines is again their sum.
pub(super) fn raised(mut record: PlanRecord, percent: Micros) -> Result<PlanRecord> {
    if percent == Micros::ZERO {
        return Ok(record);
    }
    let whole = Micros::HUNDRED.get().checked_add(percent.get()).filter(|whole| *whole >= 0);
    let whole = Micros::new(whole.ok_or_else(|| {
        let refusal = Refusal::new(Code::Invalid).argument("input.raisePercent").message(
            "Gli importi non possono diminuire di più del 100%.",
            "Amounts cannot be lowered by more than 100%.",
        );
        Error::from(refusal)
    })?);
    for budget in &mut record.budgets {
        for line in &mut budget.lines {
            raise_line(line, whole)?;
        }
        budget.amount = if budget.lines.is_empty() {
            vat::percent_of(budget.amount, whole)?
        } else {
            Cents::sum(budget.lines.iter().map(|line| line.gross))?
        };
        for funding in &mut budget.funding {
            funding.amount = funding.amount.map(|amount| vat::percent_of(amount, whole)).transpose()?;
        }
        let lines = budget.lines.iter().flat_map(|line| [line.net, line.gross]);
        let funding = budget.funding.iter().filter_map(|funding| funding.amount);
        for amount in lines.chain(funding).chain([budget.amount]) {
            given::within(amount, "input.raisePercent")?;
        }
    }
    Ok(record)
}

fn raise_line(line: &mut LineRecord, whole: Micros) -> Result<()> {
    let regime = match (line.regime, line.rate) {
        (VatRegime::Rate, Some(rate)) => Vat::Rate(rate),
        (VatRegime::Exempt, _) => Vat::Exempt,
        (VatRegime::OutOfScope, _) => Vat::OutOfScope,
        (VatRegime::Rate, None) => return Err(Error::internal("a line at a rate without a rate")),
    };
    let made = match line.given {
        LineGiven::Net => vat::from_net(vat::percent_of(line.net, whole)?, regime)?,
        LineGiven::Gross => vat::from_gross(vat::percent_of(line.gross, whole)?, regime)?,
    };
    (line.net, line.vat, line.gross) = (made.net, made.vat, made.gross);
    Ok(())
}
