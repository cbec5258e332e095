//! Every rule, adjustment and rounding of the closed list, as it is written and as it is read.

use std::collections::BTreeMap;

use allocation::{
    Adjustment, Band, Cents, IstatCode, MeasureCode, Method, Micros, Part, PartSize, Rounding, Rule, RuleBody,
    SimpleRule,
};
use chrono::NaiveDate;

use super::parse_changed;
use crate::store::bundle::BudgetRecord;

/// The budget of SAD in 2020, under a rule that is written like this.
fn budget(rule: &str) -> BudgetRecord {
    let written = format!("[budget.rule]\n{rule}\n");
    let change = ("plan.toml", "[budget.rule]\nkind = \"BY_MEASURE\"\nmeasure = \"HOURS\"\n", written.as_str());
    let bundle = parse_changed(&[change]).unwrap_or_else(|problems| panic!("{rule}: {problems:?}"));
    bundle.plans[0].budgets[0].clone()
}

fn comune(code: &str) -> IstatCode {
    IstatCode::parse(code).unwrap()
}

fn hours() -> MeasureCode {
    MeasureCode::parse("HOURS").unwrap()
}

fn micros(text: &str) -> Micros {
    Micros::parse(text).unwrap()
}

fn cents(text: &str) -> Cents {
    Cents::parse(text).unwrap()
}

#[test]
fn every_method_can_be_written() {
    let (hours, residents) = (hours(), MeasureCode::parse("RESIDENTS").unwrap());
    let weights = BTreeMap::from([(comune("017001"), micros("3")), (comune("017002"), micros("0.5"))]);
    let bands =
        vec![Band { up_to: Some(micros("1500")), value: micros("0.8") }, Band { up_to: None, value: Micros::ONE }];
    let amounts = vec![
        Band { up_to: Some(micros("1500")), value: cents("100.00") },
        Band { up_to: None, value: cents("250.00") },
    ];
    let written_bands = r#"bands = [{ up_to = "1500", weight = "0.8" }, { weight = "1" }]"#;
    let table = [
        (r#"kind = "EQUAL""#.to_owned(), Method::Equal),
        (
            r#"kind = "BY_MEASURE"
            measure = "HOURS""#
                .to_owned(),
            Method::ByMeasure { measure: hours.clone() },
        ),
        (
            r#"kind = "BY_FIXED_WEIGHTS"
            weights = { 017001 = "3", "017002" = "0.5" }"#
                .to_owned(),
            Method::ByFixedWeights { weights },
        ),
        (
            format!(
                r#"kind = "BY_BANDS"
            measure = "RESIDENTS"
            {written_bands}"#
            ),
            Method::ByBands { measure: residents.clone(), marginal: false, bands: bands.clone() },
        ),
        (
            format!(
                r#"kind = "BY_BANDS"
            measure = "RESIDENTS"
            marginal = true
            {written_bands}"#
            ),
            Method::ByBands { measure: residents.clone(), marginal: true, bands },
        ),
        (
            r#"kind = "FLAT_BY_BAND"
            measure = "RESIDENTS"
            amounts = [{ up_to = "1500", amount = "100.00" }, { amount = "250.00" }]"#
                .to_owned(),
            Method::FlatByBand { measure: residents, amounts },
        ),
        (
            r#"kind = "TARIFF"
            measure = "HOURS"
            price = "9.00""#
                .to_owned(),
            Method::Tariff { measure: hours, price: micros("9") },
        ),
    ];
    for (written, method) in table {
        assert_eq!(budget(&written).rule, Some(Rule::simple(method)), "{written}");
    }
}

#[test]
fn every_adjustment_can_be_written() {
    let none = Adjustment::default;
    let table = [
        ("exempt = true", Adjustment { exempt: true, ..none() }),
        (r#"multiplier = "0.5""#, Adjustment { multiplier: Some(micros("0.5")), ..none() }),
        (r#"price = "8.50""#, Adjustment { price: Some(micros("8.5")), ..none() }),
        (r#"fixed = "10.00""#, Adjustment { fixed: Some(cents("10.00")), ..none() }),
        (
            r#"minimum = "1.00", maximum = "99.00""#,
            Adjustment { minimum: Some(cents("1.00")), maximum: Some(cents("99.00")), ..none() },
        ),
    ];
    for (written, adjustment) in table {
        let rule = format!(
            "kind = \"TARIFF\"\nmeasure = \"HOURS\"\nprice = \"9\"\nadjustments = {{ 017001 = {{ {written} }} }}"
        );
        let expected = SimpleRule {
            method: Method::Tariff { measure: hours(), price: micros("9") },
            adjustments: BTreeMap::from([(comune("017001"), adjustment)]),
        };
        assert_eq!(budget(&rule).rule.unwrap().body, RuleBody::Simple(expected), "{written}");
    }
}

#[test]
fn a_mixture_has_parts_of_every_size() {
    let budget = budget(
        r#"kind = "MIXED"
        rounding = "HALF_UP_EACH"
        assumed = true
        note = "come nel 2019"
        [[budget.rule.part]]
        amount = "100.00"
        kind = "EQUAL"
        [[budget.rule.part]]
        percent = "60"
        kind = "BY_MEASURE"
        measure = "RESIDENTS"
        adjustments = { 017002 = { multiplier = "2" } }
        [[budget.rule.part]]
        remainder = true
        kind = "BY_MEASURE"
        measure = "HOURS""#,
    );
    let part = |size, method| Part { size, rule: SimpleRule::new(method) };
    let mut parts = vec![
        part(PartSize::Amount(cents("100.00")), Method::Equal),
        part(PartSize::Percent(micros("60")), Method::ByMeasure { measure: MeasureCode::parse("RESIDENTS").unwrap() }),
        part(PartSize::Remainder, Method::ByMeasure { measure: hours() }),
    ];
    let double = Adjustment { multiplier: Some(micros("2")), ..Adjustment::default() };
    parts[1].rule.adjustments.insert(comune("017002"), double);
    assert_eq!(budget.rule, Some(Rule { body: RuleBody::Mixed(parts), rounding: Rounding::HalfUpEach }));
    assert_eq!((budget.rule_assumed, budget.rule_note.as_deref()), (true, Some("come nel 2019")));
}

#[test]
fn a_budget_freezes_the_measures_of_its_rule_and_what_readers_need() {
    let basis = |budget: &BudgetRecord| -> Vec<String> {
        let values = budget.basis.iter();
        values.map(|value| format!("{} {} {} {}", value.measure, value.comune, value.value, value.assumed)).collect()
    };
    let by_hours = budget("kind = \"BY_MEASURE\"\nmeasure = \"HOURS\"");
    let residents = ["RESIDENTS 017001 1000 false", "RESIDENTS 017002 2000 false"];
    assert_eq!(basis(&by_hours), [&["HOURS 017001 10.5 true", "HOURS 017002 20 true"], &residents[..]].concat());
    assert_eq!(basis(&budget("kind = \"EQUAL\"")), residents);

    // Cases that were counted for the service are kept too: they tell which values are too small to show.
    let bundle = parse_changed(&[
        (
            "measurements.csv",
            "",
            "017001,CASES,SAD,4,2019-12-31,Azienda,true\n017002,CASES,SAD,7,2019-12-31,Azienda,true\n",
        ),
        ("plan.toml", "", "[[basis]]\nyears = [2020, 2021]\nmeasure = \"CASES\"\nreference_date = 2019-12-31\n"),
    ])
    .unwrap();
    assert_eq!(basis(&bundle.plans[0].budgets[0])[..2], ["CASES 017001 4 true", "CASES 017002 7 true"]);
    assert_eq!(bundle.plans[0].budgets[1].basis.len(), 3, "MENSA has no cases");
}

#[test]
fn a_value_of_the_service_comes_before_the_general_one_and_a_day_too() {
    let bundle = parse_changed(&[
        ("measurements.csv", "", "017001,RESIDENTS,SAD,111,2019-01-01,A,true\n017002,RESIDENTS,SAD,222,2019-01-01,A,true\n\
            017001,RESIDENTS,,1001,2020-01-01,B,false\n017002,RESIDENTS,,1002,2020-01-01,B,false\n017003,RESIDENTS,,1003,2020-01-01,B,false\n"),
        ("plan.toml", "", "[[basis]]\nyears = [2020]\nmeasure = \"RESIDENTS\"\nservice = \"MENSA\"\nreference_date = 2020-01-01\n"),
    ])
    .unwrap();
    let [sad, mensa] = &bundle.plans[0].budgets[..] else { panic!("two budgets") };
    let residents = |budget: &BudgetRecord| -> Vec<i64> {
        let all = budget.basis.iter().filter(|value| value.measure.as_str() == "RESIDENTS");
        all.map(|value| value.value.get() / Micros::SCALE).collect()
    };
    assert_eq!(residents(sad), [111, 222]);
    assert_eq!(residents(mensa), [1001, 1002, 1003]);
}

#[test]
fn what_is_left_out_has_a_default() {
    let bundle = parse_changed(&[]).unwrap();
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let from: Vec<_> = bundle.comuni.iter().map(|comune| comune.member_from).collect();
    assert_eq!(from, [day("2020-01-01"), day("2015-01-01"), day("2020-01-01")]);
    assert_eq!(bundle.services[1].participants, ["017001", "017002", "017003"].map(comune));
    assert_eq!(bundle.services[1].participants_from, day("2020-01-01"));
    let due: Vec<_> = bundle.plans[1].instalments.iter().map(|instalment| instalment.due_date).collect();
    assert_eq!(due, [day("2021-03-31"), day("2021-10-31")]);
    assert!(bundle.plans[0].resolution.is_some() && bundle.plans[1].resolution.is_none());
    let mensa = &bundle.plans[0].budgets[1];
    assert_eq!(mensa.amount, cents("200.00"));
    let lines: Vec<_> = mensa.lines.iter().map(|line| (line.net, line.vat, line.gross)).collect();
    assert_eq!(lines[0], (cents("100.00"), cents("22.00"), cents("122.00")));
    assert_eq!(lines[1], (cents("78.00"), Cents::ZERO, cents("78.00")));
}
