//! Everything that stands between a draft and its approval, so that a form can show it all at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use allocation::{Cents, IstatCode, Micros};
use entity::kinds::{PlanKind, PlanStatus};

use super::book::{BudgetBook, PlanBook};
use super::draft::is_member_in;
use super::results::compute;
use crate::error::{Code, Error, Refusal, Result};
use crate::store::agreement::cover::{self, Short};
use crate::store::book::Book;
use crate::store::master::AmbitoBook;

/// One thing that is wrong, with its place: the service and the comune that it is about, where it is about one.
pub type Problem = Refusal;

/// All that is wrong with a plan, by service. What was approved stays right, but agreements may have come to commit more since: then it wants an amendment, unless
/// another took its place already.
pub fn problems(plan: &PlanBook, book: &Book) -> Result<Vec<Problem>> {
    if plan.row.status == PlanStatus::Approved {
        let days = book.ambito(plan.row.ambito_id).and_then(|ambito| ambito.days_in_force(plan));
        return if matches!(days, Some((_, None))) { uncovered(plan, book) } else { Ok(Vec::new()) };
    }
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
    found.extend(uncovered(plan, book)?);
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

/// What a plan leaves short of what agreements commit. A service without a budget has one of nothing: taking a budget away does not take away what is to be paid.
pub(in crate::store) fn uncovered(plan: &PlanBook, book: &Book) -> Result<Vec<Problem>> {
    let Some(ambito) = committed(plan, book) else { return Ok(Vec::new()) };
    let short = cover::short(&ambito.commitments, plan.row.year, &plan.budgets)?;
    let of_line = |code: Code, at: cover::At| {
        let service = &plan.budgets[at.0].service;
        Refusal::new(code).service(service).argument(format!("budgets.{service}.lines.{}", at.1))
    };
    let problem = |short: Short| {
        match short {
        Short::Line { at, name, amount, committed } => Some(of_line(Code::BelowCommitments, at).message(
            format!("Le voci di budget che rinviano alla voce {name} ({amount} euro) sono inferiori a quanto essa impegna ({committed} euro)."),
            format!("The budget lines that point to the line {name} ({amount} euro) are below what that commits ({committed} euro)."),
        )),
        Short::Stale { at, name } => Some(of_line(Code::OutsideAgreement, at).message(
            format!("La voce {name} della convenzione non è più in vigore: una modifica l'ha tolta."),
            format!("The line {name} of the agreement is in force no more: an amendment has dropped it."),
        )),
        Short::Services { services, amount, committed } => below(ambito, &services, amount, committed),
    }
    };
    Ok(short.into_iter().filter_map(problem).collect())
}

/// What is said where the budgets of services are below what agreements commit; its place is the first of them.
fn below(ambito: &AmbitoBook, services: &BTreeSet<i64>, amount: Cents, committed: Cents) -> Option<Problem> {
    let own = ambito.services.iter().filter(|service| services.contains(&service.row.id));
    let codes: Vec<&str> = own.map(|service| service.row.code.as_str()).collect();
    let service = *codes.first()?;
    let refusal = Refusal::new(Code::BelowCommitments).service(service).argument(format!("budgets.{service}.amount"));
    if codes.len() == 1 {
        return Some(refusal.message(
            format!("Il budget ({amount} euro) è inferiore agli impegni delle convenzioni ({committed} euro)."),
            format!("The budget ({amount} euro) is below what agreements commit ({committed} euro)."),
        ));
    }
    let codes = codes.join(", ");
    Some(refusal.message(
        format!("Quanto resta dei budget di {codes} ({amount} euro) è inferiore agli impegni delle convenzioni comuni ({committed} euro)."),
        format!("What is left of the budgets of {codes} ({amount} euro) is below what their common agreements commit ({committed} euro)."),
    ))
}

fn of_budget(plan: &PlanBook, budget: &BudgetBook, book: &Book, found: &mut Vec<Problem>) -> Result<()> {
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
