//! Everything that stands between a draft and its approval, so that a form can show it all at once.

use std::sync::Arc;

use allocation::{Cents, IstatCode, Micros};
use entity::kinds::PlanKind;

use super::book::{BudgetBook, PlanBook};
use super::draft::is_member_in;
use super::results::compute;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::agreement::commitment;
use crate::store::book::Book;
use crate::store::master::{AmbitoBook, ServiceEntry};

/// One thing that is wrong, with its place: the service and the comune that it is about, where it is about one.
pub type Problem = Refusal;

/// All that is wrong with a plan, by service.
pub fn problems(plan: &PlanBook, book: &Book) -> Result<Vec<Problem>> {
    let mut found = Vec::new();
    if plan.budgets.is_empty() {
        found.push(Refusal::new(Code::NoBudget).argument("budgets"));
    }
    // What a final plan leaves to pay is due when it is settled.
    let needs_instalments = plan.row.kind != PlanKind::Final || !plan.instalments.is_empty();
    if needs_instalments && allocation::instalments(Cents::ZERO, &plan.percents()).is_err() {
        found.push(instalments(plan));
    }
    for budget in &plan.budgets {
        of_budget(plan, budget, book, &mut found)?;
    }
    found.extend(without_budget(plan, book)?);
    Ok(found)
}

fn instalments(plan: &PlanBook) -> Problem {
    let sum: i128 = plan.instalments.iter().map(|row| i128::from(row.percent.get())).sum();
    let sum = i64::try_from(sum).map_or_else(|_| "?".to_owned(), |sum| Micros::new(sum).to_string());
    Refusal::new(Code::InstalmentsUnbalanced).argument("instalments").message(
        format!("Le percentuali delle rate sommano a {sum}, non a 100."),
        format!("The percentages of the instalments add up to {sum}, not to 100."),
    )
}

/// The Ambito of a plan that has to cover what agreements commit. A final plan says what was spent, which may be less.
fn committed<'b>(plan: &PlanBook, book: &'b Book) -> Option<&'b Arc<AmbitoBook>> {
    book.ambito(plan.row.ambito_id).filter(|_| plan.row.kind != PlanKind::Final)
}

/// What is said where a budget is below what agreements commit.
fn below(service: &str, amount: Cents, committed: Cents) -> Option<Problem> {
    let refusal = || {
        Refusal::new(Code::BelowCommitments).service(service).argument(format!("budgets.{service}.amount")).message(
            format!("Il budget ({amount} euro) è inferiore agli impegni delle convenzioni ({committed} euro)."),
            format!("The budget ({amount} euro) is below what agreements commit ({committed} euro)."),
        )
    };
    (amount < committed).then(refusal)
}

/// The services without a budget to which agreements commit something, in their order: taking a budget away does not take away what is to be paid.
fn without_budget(plan: &PlanBook, book: &Book) -> Result<Vec<Problem>> {
    let Some(ambito) = committed(plan, book) else { return Ok(Vec::new()) };
    let sums = commitment::without_budget(ambito, plan.row.year, &plan.budgets)?;
    let of_service = |service: &Arc<ServiceEntry>| below(&service.row.code, Cents::ZERO, *sums.get(&service.row.id)?);
    Ok(ambito.services.iter().filter_map(of_service).collect())
}

fn of_budget(plan: &PlanBook, budget: &BudgetBook, book: &Book, found: &mut Vec<Problem>) -> Result<()> {
    if let Some(ambito) = committed(plan, book) {
        found.extend(below(&budget.service, budget.amount, commitment::of_budget(ambito, plan.row.year, budget)?));
    }
    let before = found.len();
    let service = &budget.service;
    let refuse = |code: Code, argument: &str| {
        Refusal::new(code).service(service).argument(format!("budgets.{service}.{argument}"))
    };
    if budget.comuni.is_empty() {
        found.push(refuse(Code::NoParticipants, "participants"));
    }
    for key in &*budget.comuni {
        if !book.comune(key.id).is_some_and(|comune| is_member_in(comune, plan.row.ambito_id, plan.row.year)) {
            let comune = key.istat;
            found.push(refuse(Code::NotAMember, "participants").comune(comune).message(
                format!("Il comune {comune} non fa parte dell'Ambito nell'anno."),
                format!("The comune {comune} is not a member of the Ambito in the year."),
            ));
        }
    }
    if budget.rule.is_none() {
        found.push(refuse(Code::NoRule, "rule"));
    }
    found.extend(missing_values(budget).map(|(measure, comune)| {
        refuse(Code::NoBasis, "basis").comune(comune).message(
            format!("Manca il valore di {measure} per il comune {comune}."),
            format!("The measure {measure} has no value for the comune {comune}."),
        )
    }));
    let lines = Cents::sum(budget.lines.iter().map(|line| line.gross))?;
    if !budget.lines.is_empty() && lines != budget.amount {
        found.push(refuse(Code::PlanUnbalanced, "lines"));
    }
    if found.len() > before {
        return Ok(());
    }
    match compute(budget, book.names()) {
        Ok(outcome) => found.extend(unbalanced(budget, outcome.residue).map(|sentence| {
            let (it, en) = sentence;
            refuse(Code::PlanUnbalanced, "residue").message(it, en)
        })),
        Err(Error::Refusal(refusal)) => {
            let argument = if refusal.code == Code::FundingExceedsBudget { "funding" } else { "rule" };
            found.push(refusal.service(service).argument(format!("budgets.{service}.{argument}")));
        }
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// The comuni that the rule counts and that have no value of a measure of it.
fn missing_values(budget: &BudgetBook) -> impl Iterator<Item = (String, IstatCode)> {
    let rules = budget.rule.iter().flat_map(|book| book.rule.simple_rules());
    rules.filter_map(|rule| rule.method.measure().map(|measure| (rule, measure))).flat_map(move |(rule, measure)| {
        let counts =
            move |comune: &IstatCode| rule.adjustments.get(comune).is_none_or(|own| !own.exempt && own.fixed.is_none());
        let comuni = budget.comuni.iter().map(|key| key.istat).filter(counts);
        let missing = comuni.filter(move |comune| budget.value(measure.as_str(), *comune).is_none());
        missing.map(move |comune| (measure.to_string(), comune))
    })
}

/// What is said where the quotas leave more than rounding does: a tariff brings in too much or too little, and no fund takes up the rest.
fn unbalanced(budget: &BudgetBook, residue: Cents) -> Option<(String, String)> {
    let rounding = i64::try_from(budget.comuni.len()).unwrap_or(i64::MAX);
    (residue.get().saturating_abs() > rounding).then(|| {
        (
            format!("Le quote lasciano un residuo di {residue} euro che nessuna copertura assorbe."),
            format!("The quotas leave a residue of {residue} euro that no fund takes up."),
        )
    })
}
