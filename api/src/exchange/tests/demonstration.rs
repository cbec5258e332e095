//! The demonstration's files hold the figures of the plan of Ambito 9.

use std::collections::{BTreeMap, BTreeSet};

use allocation::{BudgetOutcome, Cents, compute};

use crate::exchange::{Bundle, benefits, demonstration, freeze};
use crate::store::bundle::{BudgetRecord, PlanRecord};

const MEASUREMENTS: &str = include_str!("../../../data/ambito-9/measurements.csv");
const BENEFITS: &str = include_str!("../../../data/invented/benefits.toml");

fn bundle() -> Bundle {
    demonstration().unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn outcome(budget: &BudgetRecord) -> BudgetOutcome {
    compute(&freeze::case(budget, budget.rule.as_ref().unwrap()).unwrap()).unwrap()
}

fn budget<'a>(plan: &'a PlanRecord, service: &str) -> &'a BudgetRecord {
    plan.budgets.iter().find(|budget| budget.service == service).unwrap()
}

#[test]
fn it_has_no_problem_and_every_part() {
    let bundle = bundle();
    assert_eq!((bundle.comuni.len(), bundle.services.len(), bundle.plans.len()), (20, 13, 3));
    assert!(bundle.comuni.iter().all(|comune| comune.cadastral_code.is_some()));
    let participants: BTreeMap<_, _> =
        bundle.services.iter().map(|service| (service.code.as_str(), service.participants.len())).collect();
    for (service, count) in participants {
        let expected = match service {
            "SAD" => 16,
            "ADP" => 15,
            _ => 20,
        };
        assert_eq!(count, expected, "{service}");
    }
    let days: BTreeSet<_> = bundle
        .measurements
        .iter()
        .filter(|measurement| measurement.measure.as_str() == "RESIDENTS")
        .map(|measurement| measurement.reference_date.to_string())
        .collect();
    assert_eq!(
        days.into_iter().collect::<Vec<_>>(),
        ["2011-10-09", "2018-12-31", "2020-01-01", "2021-01-01", "2022-01-01"]
    );
    assert_eq!(bundle.services.iter().map(|service| service.projects.len()).sum::<usize>(), 7);
    assert_eq!(bundle.services.iter().map(|service| service.benefit_measures.len()).sum::<usize>(), 5);
}

#[test]
fn each_year_comes_to_the_same_total() {
    for plan in bundle().plans {
        let total = Cents::sum(plan.budgets.iter().map(|budget| budget.amount)).unwrap();
        assert_eq!((plan.budgets.len(), total.to_string().as_str()), (13, "3366000.00"), "{}", plan.year);
        assert!(plan.resolution.is_some_and(|resolution| resolution.assumed));
        let due: Vec<_> = plan.instalments.iter().map(|instalment| instalment.due_date.to_string()).collect();
        assert_eq!(due, ["03-31", "07-31", "12-15"].map(|day| format!("{}-{day}", plan.year)));
    }
}

#[test]
fn every_budget_adds_up_and_funds_alone_charge_nobody() {
    for plan in bundle().plans {
        for budget in &plan.budgets {
            let outcome = outcome(budget);
            let quotas = Cents::sum(outcome.quotas.iter().map(|(_, quota)| *quota)).unwrap();
            let funding = Cents::sum(outcome.funding.iter().map(|(_, amount)| *amount)).unwrap();
            assert_eq!(quotas.checked_add(outcome.residue), Ok(outcome.municipal_share), "{}", budget.service);
            assert_eq!(funding.checked_add(outcome.municipal_share), Ok(budget.amount), "{}", budget.service);
            let funds_alone = ["TUTELA", "CONSULENZA", "MEDIAZIONE", "PROGETTI-UDP", "PROGETTI-PROV", "TITOLI"]
                .contains(&budget.service.as_str());
            assert_eq!(quotas == Cents::ZERO, funds_alone, "{}", budget.service);
        }
    }
}

#[test]
fn adm_costs_nine_euro_an_hour() {
    // Nine euro an hour are nine cents a hundredth of an hour, so that whole numbers do.
    let mut expected = BTreeMap::new();
    for line in MEASUREMENTS.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        if let [comune, "HOURS", "ADM", hours, ..] = cells[..] {
            let hundredths: i64 = hours.replace('.', "").parse().unwrap();
            expected.insert(comune.to_owned(), hundredths * 9);
        }
    }
    assert_eq!(expected.len(), 20);
    for plan in bundle().plans {
        let outcome = outcome(budget(&plan, "ADM"));
        let quotas: BTreeMap<_, _> =
            outcome.quotas.iter().map(|(comune, quota)| (comune.to_string(), quota.get())).collect();
        assert_eq!(quotas, expected);
        let total: i64 = expected.values().sum();
        assert_eq!(outcome.municipal_share.get(), total);
        assert_eq!(outcome.funding[1].1.get(), 11_000_000 - 4_000_000 - total, "FSR takes up the rest");
    }
}

#[test]
fn what_no_document_gives_is_marked() {
    for plan in bundle().plans {
        for budget in &plan.budgets {
            assert!(budget.assumed, "{}: that the amount is a year's", budget.service);
            assert_eq!(budget.rule_assumed, budget.service != "ADM", "{}", budget.service);
            for value in &budget.basis {
                assert_eq!(value.assumed, value.measure.as_str() != "RESIDENTS");
            }
            for funding in &budget.funding {
                assert_eq!(funding.assumed, ["ADM", "SIL"].contains(&budget.service.as_str()), "{}", budget.service);
            }
        }
        assert!(plan.instalments.iter().all(|instalment| instalment.assumed));
        let day = match plan.year {
            2020 => "2018-12-31",
            2021 => "2020-01-01",
            _ => "2021-01-01",
        };
        let staff = budget(&plan, "STAFF");
        assert!(staff.basis.iter().all(|value| value.reference_date.to_string() == day), "{}", plan.year);
    }
}

/// What is refused of benefits is told with the line that this names.
#[test]
fn benefits_know_where_they_stand() {
    let bundle = benefits().unwrap_or_else(|problems| panic!("{problems:#?}"));
    let line = |number: usize| BENEFITS.lines().nth(number - 1).unwrap();
    for record in &bundle.measures {
        let places = &record.places;
        assert_eq!((places.file, line(places.line)), ("benefits.toml", "[[measure]]"));
        assert_eq!(line(places.line_of("name")), format!("name = \"{}\"", record.name));
        assert_eq!(line(places.line_of("budget")), format!("budget = \"{}\"", record.budget));
        for at in 0..record.published.len() {
            assert_eq!(line(places.line_of(&format!("publishedCriteria.{at}.name"))), "[[measure.criterion]]");
        }
    }
    for record in &bundle.grants {
        assert_eq!(line(record.places.line), "[[grant]]");
        assert_eq!(line(record.places.line_of("grantedOn")), format!("granted_on = {}", record.granted_on));
    }
}
