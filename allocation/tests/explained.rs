//! Worked explanations and comparisons, one line a step or a comune.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::fmt::Write;

use allocation::{
    Adjustment, Band, Basis, BudgetCase, BudgetOutcome, Cents, Error, Funding, FundingSize, IstatCode, MeasureCode,
    Method, Micros, Part, PartSize, Rounding, Rule, RuleBody, SimpleRule, compare, compute, explain,
};

fn cents(text: &str) -> Cents {
    Cents::parse(text).unwrap()
}

fn number(text: &str) -> Micros {
    Micros::parse(text).unwrap()
}

/// The comune with a number, from 1.
fn comune(number: usize) -> IstatCode {
    IstatCode::parse(&format!("0170{number:02}")).unwrap()
}

fn measure(code: &str) -> MeasureCode {
    MeasureCode::parse(code).unwrap()
}

fn by(code: &str) -> Rule {
    Rule::by_measure(measure(code))
}

/// Comuni by number, each with the value of one measure.
fn basis(code: &str, values: &[(usize, &str)]) -> Basis {
    let comuni = values.iter().map(|(of, _)| comune(*of)).collect();
    let mut basis = Basis::new(comuni).unwrap();
    for (of, value) in values {
        basis.set(&measure(code), comune(*of), number(value)).unwrap();
    }
    basis
}

fn case(amount: &str, fund: &str, rule: Rule, basis: Basis) -> BudgetCase {
    let size = FundingSize::Fixed(cents(fund));
    BudgetCase { amount: cents(amount), funding: vec![Funding { fund: "FSR".into(), size }], rule, basis }
}

/// The steps as text: part, kind, subject, formula, inputs, value and unit.
fn told(case: &BudgetCase, of: usize) -> String {
    let outcome = compute(case).unwrap();
    let mut text = String::new();
    for step in explain(case, &outcome, comune(of)).unwrap() {
        if let Some(part) = step.part {
            write!(text, "[{part}] ").unwrap();
        }
        write!(text, "{:?} {:?}(", step.kind, step.formula).unwrap();
        for (index, input) in step.inputs.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let subject = input.subject.as_ref().map_or(String::new(), |subject| format!(" {subject}"));
            write!(text, "{comma}{:?}{subject} {}", input.name, input.value).unwrap();
        }
        writeln!(text, ") = {} {:?}", step.value, step.unit).unwrap();
    }
    text
}

fn check(case: &BudgetCase, of: usize, expected: &[&str]) {
    assert_eq!(told(case, of), expected.join("\n") + "\n");
}

#[test]
fn a_quota_by_residents() {
    let basis = basis("RESIDENTS", &[(1, "2000"), (2, "1000")]);
    check(
        &case("150.00", "50.00", by("RESIDENTS"), basis),
        1,
        &[
            "Budget Given(Budget 150.00) = 150.00 Euro",
            "Funding Given(Funding FSR 50.00) = 50.00 Euro",
            "MunicipalShare Difference(Budget 150.00, Funding FSR 50.00) = 100.00 Euro",
            "Basis Given(Basis RESIDENTS 2000) = 2000 Measure",
            "Proportion Quotient(Basis RESIDENTS 2000, WeightTotal 3000) = 0.666666666666 Ratio",
            "ExactQuota ProductOverSum(SharedAmount 100.00, Basis RESIDENTS 2000, WeightTotal 3000) = 66.666666666666 Euro",
            "Rounding LargestRemainder(ExactQuota 66.666666666666, LeftoverCents 1, Rank 1) = 66.67 Euro",
        ],
    );
}

#[test]
fn a_quota_in_equal_parts_rounded_on_its_own() {
    let rule = Rule { rounding: Rounding::HalfUpEach, ..Rule::simple(Method::Equal) };
    let basis = basis("RESIDENTS", &[(1, "1"), (2, "1"), (3, "1")]);
    check(
        &case("100.00", "0.00", rule, basis),
        3,
        &[
            "Budget Given(Budget 100.00) = 100.00 Euro",
            "Funding Given(Funding FSR 0.00) = 0.00 Euro",
            "MunicipalShare Difference(Budget 100.00, Funding FSR 0.00) = 100.00 Euro",
            "Proportion Quotient(Weight 1, Participants 3) = 0.333333333333 Ratio",
            "ExactQuota ProductOverSum(SharedAmount 100.00, Weight 1, Participants 3) = 33.333333333333 Euro",
            "Rounding HalfUp(ExactQuota 33.333333333333) = 33.33 Euro",
        ],
    );
}

/// By bands; the first comune pays a fixed amount, the second has a multiplier, the third a maximum.
fn adjusted() -> BudgetCase {
    let band = |up_to: Option<&str>, value| Band { up_to: up_to.map(number), value: number(value) };
    let mut simple = SimpleRule::new(Method::ByBands {
        measure: measure("RESIDENTS"),
        marginal: false,
        bands: vec![band(Some("3000"), "1"), band(None, "2")],
    });
    let none = Adjustment::default;
    simple.adjustments = [
        (comune(1), Adjustment { fixed: Some(cents("10.00")), ..none() }),
        (comune(2), Adjustment { multiplier: Some(number("0.5")), ..none() }),
        (comune(3), Adjustment { maximum: Some(cents("30.00")), ..none() }),
    ]
    .into();
    let rule = Rule { body: RuleBody::Simple(simple), rounding: Rounding::default() };
    let values = [(1, "1"), (2, "9000"), (3, "3000.000001"), (4, "3000")];
    case("100.00", "0.00", rule, basis("RESIDENTS", &values))
}

#[test]
fn a_quota_at_its_maximum() {
    check(
        &adjusted(),
        3,
        &[
            "Budget Given(Budget 100.00) = 100.00 Euro",
            "Funding Given(Funding FSR 0.00) = 0.00 Euro",
            "MunicipalShare Difference(Budget 100.00, Funding FSR 0.00) = 100.00 Euro",
            "Fixed Difference(MunicipalShare 100.00, FixedOfOthers 10.00) = 90 Euro",
            "Bound Difference(SharedAmount 90, AtBounds 30.00) = 60 Euro",
            "Basis Given(Basis RESIDENTS 3000.000001) = 3000.000001 Measure",
            "Weight BandOf(Basis RESIDENTS 3000.000001, BandFrom 3000, BandWeight 2) = 2 Weight",
            "ExactQuota ProductOverSum(SharedAmount 60, Weight 2, WeightTotal 2) = 60 Euro",
            "Bound Clamp(ExactQuota 60, Maximum 30.00) = 30.00 Euro",
        ],
    );
}

#[test]
fn a_quota_with_a_multiplier_and_one_that_is_fixed() {
    let case = adjusted();
    check(
        &case,
        2,
        &[
            "Budget Given(Budget 100.00) = 100.00 Euro",
            "Funding Given(Funding FSR 0.00) = 0.00 Euro",
            "MunicipalShare Difference(Budget 100.00, Funding FSR 0.00) = 100.00 Euro",
            "Fixed Difference(MunicipalShare 100.00, FixedOfOthers 10.00) = 90 Euro",
            "Bound Difference(SharedAmount 90, AtBounds 30.00) = 60 Euro",
            "Basis Given(Basis RESIDENTS 9000) = 9000 Measure",
            "Weight BandOf(Basis RESIDENTS 9000, BandFrom 3000, BandWeight 2) = 2 Weight",
            "Weight Product(Weight 2, Multiplier 0.5) = 1 Weight",
            "Proportion Quotient(Weight 1, WeightTotal 2) = 0.5 Ratio",
            "ExactQuota ProductOverSum(SharedAmount 60, Weight 1, WeightTotal 2) = 30 Euro",
            "Rounding LargestRemainder(ExactQuota 30, LeftoverCents 0, Rank 1) = 30.00 Euro",
        ],
    );
    check(
        &case,
        1,
        &[
            "Budget Given(Budget 100.00) = 100.00 Euro",
            "Funding Given(Funding FSR 0.00) = 0.00 Euro",
            "MunicipalShare Difference(Budget 100.00, Funding FSR 0.00) = 100.00 Euro",
            "Fixed Given(FixedAmount 10.00) = 10.00 Euro",
        ],
    );
}

#[test]
fn a_tariff_beside_a_balancing_fund() {
    let rule = Rule::simple(Method::Tariff { measure: measure("HOURS"), price: number("9") });
    let mut case = case("100.00", "30.00", rule, basis("HOURS", &[(1, "0.555"), (2, "2")]));
    case.funding.push(Funding { fund: "FNPS".into(), size: FundingSize::Balancing });
    check(
        &case,
        1,
        &[
            "Budget Given(Budget 100.00) = 100.00 Euro",
            "Funding Given(Funding FSR 30.00) = 30.00 Euro",
            "Funding Difference(Budget 100.00, Funding FSR 30.00, QuotaTotal 23.00) = 47.00 Euro",
            "MunicipalShare Difference(Budget 100.00, Funding FSR 30.00, Funding FNPS 47.00) = 23.00 Euro",
            "Basis Given(Basis HOURS 0.555) = 0.555 Measure",
            "ExactQuota Product(Price 9, Basis HOURS 0.555) = 4.995 Euro",
            "Rounding HalfUp(ExactQuota 4.995) = 5.00 Euro",
        ],
    );
}

#[test]
fn a_mixed_quota() {
    let part = |size, method| Part { size, rule: SimpleRule::new(method) };
    let by_residents = Method::ByMeasure { measure: measure("RESIDENTS") };
    let rule = Rule {
        body: RuleBody::Mixed(vec![
            part(PartSize::Percent(number("60")), by_residents),
            part(PartSize::Remainder, Method::Equal),
        ]),
        rounding: Rounding::default(),
    };
    let basis = basis("RESIDENTS", &[(1, "2"), (2, "1")]);
    check(
        &case("100.01", "0.00", rule, basis),
        2,
        &[
            "Budget Given(Budget 100.01) = 100.01 Euro",
            "Funding Given(Funding FSR 0.00) = 0.00 Euro",
            "MunicipalShare Difference(Budget 100.01, Funding FSR 0.00) = 100.01 Euro",
            "[0] Part PercentOf(MunicipalShare 100.01, Percentage 60) = 60.006 Euro",
            "[0] Basis Given(Basis RESIDENTS 1) = 1 Measure",
            "[0] Proportion Quotient(Basis RESIDENTS 1, WeightTotal 3) = 0.333333333333 Ratio",
            "[0] ExactQuota ProductOverSum(SharedAmount 60.006, Basis RESIDENTS 1, WeightTotal 3) = 20.002 Euro",
            "[1] Part Difference(MunicipalShare 100.01, OtherParts 0 60.006) = 40.004 Euro",
            "[1] Proportion Quotient(Weight 1, Participants 2) = 0.5 Ratio",
            "[1] ExactQuota ProductOverSum(SharedAmount 40.004, Weight 1, Participants 2) = 20.002 Euro",
            "ExactQuota Sum(PartQuota 0 20.002, PartQuota 1 20.002) = 40.004 Euro",
            "Rounding LargestRemainder(ExactQuota 40.004, LeftoverCents 1, Rank 2) = 40.00 Euro",
        ],
    );
}

#[test]
fn only_the_outcome_of_the_case_is_explained() {
    let case = adjusted();
    let outcome = compute(&case).unwrap();
    let other = BudgetOutcome { residue: cents("0.01"), ..outcome.clone() };
    let refused = explain(&case, &other, comune(1));
    assert_eq!(refused, Err(Error::OutcomeOfAnotherCase));
    let unknown = explain(&case, &outcome, comune(9));
    assert_eq!(unknown, Err(Error::UnknownComune { comune: comune(9) }));
}

/// One line a comune: before, after; budget, funding, participation, basis, rule.
fn changes(before: Option<&BudgetCase>, after: Option<&BudgetCase>) -> Vec<String> {
    let changes = compare(before, after).unwrap().into_iter().map(|change| {
        format!(
            "{} {} {}; {} {} {} {} {}",
            change.comune,
            change.before,
            change.after,
            change.budget,
            change.funding,
            change.participation,
            change.basis,
            change.rule
        )
    });
    changes.collect()
}

#[test]
fn every_effect_is_told_apart() {
    let before = case("1000.00", "200.00", by("RESIDENTS"), basis("RESIDENTS", &[(1, "1000"), (2, "1000")]));
    let after = case(
        "1200.00",
        "400.00",
        Rule::simple(Method::Equal),
        basis("RESIDENTS", &[(1, "2000"), (2, "1000"), (3, "1000")]),
    );
    assert_eq!(
        changes(Some(&before), Some(&after)),
        [
            "017001 400.00 266.67; 100.00 -100.00 -133.33 133.33 -133.33",
            "017002 400.00 266.67; 100.00 -100.00 -133.33 -66.67 66.67",
            "017003 0.00 266.66; 0.00 0.00 266.66 -66.66 66.66",
        ]
    );
    // From nothing and to nothing, all is an effect of the budget.
    assert_eq!(
        changes(None, Some(&before)),
        ["017001 0.00 400.00; 400.00 0.00 0.00 0.00 0.00", "017002 0.00 400.00; 400.00 0.00 0.00 0.00 0.00",]
    );
    assert_eq!(
        changes(Some(&before), None),
        ["017001 400.00 0.00; -400.00 0.00 0.00 0.00 0.00", "017002 400.00 0.00; -400.00 0.00 0.00 0.00 0.00",]
    );
    assert!(changes(None, None).is_empty());
}

#[test]
fn a_comune_that_leaves_takes_its_adjustment_along() {
    let mut before = case("100.00", "0.00", by("RESIDENTS"), basis("RESIDENTS", &[(1, "1"), (2, "1"), (3, "1")]));
    if let RuleBody::Simple(simple) = &mut before.rule.body {
        let fixed = Some(cents("40.00"));
        let own = Adjustment { fixed, ..Adjustment::default() };
        simple.adjustments.insert(comune(3), own);
    }
    let after = case("100.00", "0.00", by("RESIDENTS"), basis("RESIDENTS", &[(1, "3"), (2, "1")]));
    assert_eq!(
        changes(Some(&before), Some(&after)),
        [
            "017001 30.00 75.00; 0.00 0.00 20.00 25.00 0.00",
            "017002 30.00 25.00; 0.00 0.00 20.00 -25.00 0.00",
            "017003 40.00 0.00; 0.00 0.00 -40.00 0.00 0.00",
        ]
    );
}

#[test]
fn what_cannot_be_worked_out_falls_to_the_next_step() {
    let before = case("100.00", "0.00", by("RESIDENTS"), basis("RESIDENTS", &[(1, "1"), (2, "1")]));
    // The new measure says nothing to the old rule, which keeps its own; a newcomer has no residents at all.
    let hours = case("100.00", "0.00", by("HOURS"), basis("HOURS", &[(1, "3"), (2, "1")]));
    let joined = case("100.00", "0.00", by("HOURS"), basis("HOURS", &[(1, "2"), (2, "1"), (3, "1")]));
    assert_eq!(
        changes(Some(&before), Some(&hours)),
        ["017001 50.00 75.00; 0.00 0.00 0.00 0.00 25.00", "017002 50.00 25.00; 0.00 0.00 0.00 0.00 -25.00",]
    );
    assert_eq!(
        changes(Some(&before), Some(&joined)),
        [
            "017001 50.00 50.00; 0.00 0.00 0.00 0.00 0.00",
            "017002 50.00 25.00; 0.00 0.00 0.00 0.00 -25.00",
            "017003 0.00 25.00; 0.00 0.00 0.00 0.00 25.00",
        ]
    );
    let larger = case("500.00", "300.00", by("RESIDENTS"), before.basis.clone());
    assert_eq!(changes(Some(&before), Some(&larger))[0], "017001 50.00 100.00; 200.00 -150.00 0.00 0.00 0.00");
    // The old funding exceeds the new budget, so that the budget alone cannot be tried.
    let smaller = case("40.00", "0.00", by("RESIDENTS"), before.basis.clone());
    assert_eq!(changes(Some(&larger), Some(&smaller))[0], "017001 100.00 20.00; 0.00 -80.00 0.00 0.00 0.00");
}
