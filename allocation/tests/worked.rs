//! Worked cases of rules, adjustments, rounding and funding, one line each, with quotas done by hand.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use allocation::{
    Adjustment, Band, Basis, BudgetCase, Cents, Error, Funding, FundingSize, IstatCode, MeasureCode, Method, Micros,
    Part, PartSize, Rounding, Rule, RuleBody, SimpleRule, compute, share,
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

fn residents() -> MeasureCode {
    MeasureCode::parse("RESIDENTS").unwrap()
}

fn hours() -> MeasureCode {
    MeasureCode::parse("HOURS").unwrap()
}

/// `"2000 1000; 30 -"`: residents of each comune, then hours; a dash is a missing value.
fn basis(text: &str) -> Basis {
    let columns: Vec<Vec<&str>> = text.split(';').map(|column| column.split_whitespace().collect()).collect();
    let mut basis = Basis::new((1..=columns[0].len()).map(comune).collect()).unwrap();
    for (measure, column) in [residents(), hours()].iter().zip(&columns) {
        for (index, value) in column.iter().enumerate().filter(|(_, value)| **value != "-") {
            basis.set(measure, comune(index + 1), number(value)).unwrap();
        }
    }
    basis
}

fn equal() -> Rule {
    Rule::simple(Method::Equal)
}

fn by_residents() -> Rule {
    Rule::by_measure(residents())
}

fn by_hours() -> Rule {
    Rule::by_measure(hours())
}

fn fixed_weights(weights: &[&str]) -> Rule {
    let weights = weights.iter().enumerate();
    Rule::simple(Method::ByFixedWeights {
        weights: weights.map(|(index, weight)| (comune(index + 1), number(weight))).collect(),
    })
}

/// `"3000=1 10000=1.5 *=2"`.
fn bands<T>(text: &str, value: fn(&str) -> T) -> Vec<Band<T>> {
    let bands = text.split_whitespace().map(|band| {
        let (up_to, given) = band.split_once('=').unwrap();
        Band { up_to: (up_to != "*").then(|| number(up_to)), value: value(given) }
    });
    bands.collect()
}

fn by_bands(text: &str) -> Rule {
    let bands = bands(text, number);
    Rule::simple(Method::ByBands { measure: residents(), marginal: false, bands })
}

fn by_marginal_bands(text: &str) -> Rule {
    let bands = bands(text, number);
    Rule::simple(Method::ByBands { measure: residents(), marginal: true, bands })
}

fn flat(text: &str) -> Rule {
    let amounts = bands(text, cents);
    Rule::simple(Method::FlatByBand { measure: residents(), amounts })
}

fn tariff(price: &str) -> Rule {
    Rule::simple(Method::Tariff { measure: residents(), price: number(price) })
}

fn half_up(rule: Rule) -> Rule {
    Rule { rounding: Rounding::HalfUpEach, ..rule }
}

/// Parts such as `("60%", rule)`, `("100.00", rule)` and `("rest", rule)`.
fn mixed<const N: usize>(parts: [(&str, Rule); N]) -> Rule {
    let parts = parts.into_iter().map(|(size, rule)| {
        let size = match (size, size.strip_suffix('%')) {
            ("rest", _) => PartSize::Remainder,
            (_, Some(percent)) => PartSize::Percent(number(percent)),
            (amount, None) => PartSize::Amount(cents(amount)),
        };
        let rule = rule.simple_rules()[0].clone();
        Part { size, rule }
    });
    let body = RuleBody::Mixed(parts.collect());
    Rule { body, rounding: Rounding::default() }
}

/// The rule with one comune adjusted: `"exempt"`, `"x0.5"`, `"price 8"`, `"fixed 1.00"`, `"min 1.00"`, `"max 1.00"`.
fn own(rule: Rule, number_of: usize, text: &str) -> Rule {
    let RuleBody::Simple(mut simple) = rule.body else {
        return rule;
    };
    let own: &mut Adjustment = simple.adjustments.entry(comune(number_of)).or_default();
    for word in text.split(", ") {
        match word.split_once(' ') {
            Some(("price", price)) => own.price = Some(number(price)),
            Some(("fixed", amount)) => own.fixed = Some(cents(amount)),
            Some(("min", amount)) => own.minimum = Some(cents(amount)),
            Some(("max", amount)) => own.maximum = Some(cents(amount)),
            _ if word == "exempt" => own.exempt = true,
            _ => own.multiplier = Some(number(word.strip_prefix('x').unwrap())),
        }
    }
    Rule { body: RuleBody::Simple(simple), ..rule }
}

/// The quotas as text, with the residue where there is one, or the code of the refusal.
fn outcome(amount: &str, rule: &Rule, values: &str) -> String {
    match share(cents(amount), rule, &basis(values)) {
        Err(error) => error.code().to_owned(),
        Ok(sharing) => {
            let quotas = sharing.quotas.iter().map(|(_, quota)| quota.to_string());
            let mut words: Vec<String> = quotas.collect();
            if sharing.residue != Cents::ZERO {
                words.push(format!("residue {}", sharing.residue));
            }
            words.join(" ")
        }
    }
}

fn check(table: &[(&str, Rule, &str, &str)]) {
    for (amount, rule, values, expected) in table {
        assert_eq!(outcome(amount, rule, values), *expected, "{amount} by {rule:?} of {values}");
    }
}

#[test]
#[rustfmt::skip]
fn rules() {
    check(&[
        ("100.00",    equal(),                          "1 1 1",              "33.34 33.33 33.33"),
        ("0.01",      equal(),                          "1 1 1",              "0.01 0.00 0.00"),
        ("100.00",    half_up(equal()),                 "1 1 1",              "33.33 33.33 33.33 residue 0.01"),
        ("0.02",      half_up(equal()),                 "1 1 1",              "0.01 0.01 0.01 residue -0.01"),
        ("0.01",      half_up(equal()),                 "1 1",                "0.01 0.01 residue -0.01"),
        ("5.00",      equal(),                          "",                   "ZERO_WEIGHTS"),
        ("0.00",      equal(),                          "",                   ""),
        ("100.00",    by_residents(),                   "2000 1000",          "66.67 33.33"),
        ("110000.00", by_residents(),                   "12000 4500 3500",    "66000.00 24750.00 19250.00"),
        ("1000.00",   by_residents(),                   "83.25 16.75",        "832.50 167.50"),
        // All remainders are equal: the larger share comes first, then the lower code.
        ("10.00",     by_residents(),                   "1 1 4",              "1.67 1.66 6.67"),
        ("10.00",     by_residents(),                   "4 1 1",              "6.67 1.67 1.66"),
        ("100.00",    by_residents(),                   "0 5",                "0.00 100.00"),
        ("1.00",      by_residents(),                   "0 0",                "ZERO_WEIGHTS"),
        ("0.00",      by_residents(),                   "0 0",                "0.00 0.00"),
        ("1.00",      by_residents(),                   "- 5",                "NO_BASIS"),
        ("0.00",      by_residents(),                   "- 5",                "0.00 0.00"),
        ("1.00",      by_hours(),                       "1 5",                "NO_BASIS"),
        ("0.00",      by_hours(),                       "1 5",                "0.00 0.00"),
        ("1.00",      by_residents(),                   "-1 5",               "NEGATIVE"),
        ("-1.00",     by_residents(),                   "1 5",                "NEGATIVE"),
        ("1000.00",   fixed_weights(&["60", "25", "15"]), "1 1 1",            "600.00 250.00 150.00"),
        ("1000.00",   fixed_weights(&["60", "25"]),     "1 1 1",              "NO_WEIGHT"),
        ("1000.00",   fixed_weights(&["60", "25"]),     "1",                  "UNKNOWN_COMUNE"),
        ("1000.00",   fixed_weights(&["60", "-25"]),    "1 1",                "NEGATIVE"),
        ("450.00",    by_bands("3000=1 10000=1.5 *=2"), "2500 8000 20000",    "100.00 150.00 200.00"),
        ("250.00",    by_bands("3000=1 10000=1.5 *=2"), "3000 3000.000001",   "100.00 150.00"),
        ("300.00",    by_marginal_bands("1000=1 *=0.5"), "1000 3000",         "100.00 200.00"),
        ("300.00",    by_marginal_bands("1000=1 *=0.5"), "500 1000",          "100.00 200.00"),
        ("300.00",    by_bands("1000=1 500=2 *=3"),     "1",                  "BAD_BANDS"),
        ("300.00",    by_bands("1000=1"),               "1",                  "BAD_BANDS"),
        ("300.00",    by_bands("*=1 *=2"),              "1",                  "BAD_BANDS"),
        ("300.00",    by_bands(""),                     "1",                  "BAD_BANDS"),
        ("150.00",    tariff("9"),                      "10.5 3",             "94.50 27.00 residue 28.50"),
        ("100.00",    tariff("9"),                      "10.5 3",             "94.50 27.00 residue -21.50"),
        ("0.00",      tariff("0.333333"),               "1.5 0",              "0.50 0.00 residue -0.50"),
        ("0.00",      tariff("9"),                      "- 1",                "NO_BASIS"),
        ("1.00",      tariff("-9"),                     "1",                  "NEGATIVE"),
        ("1.00",      tariff("9000000000000"),          "9000000000000",      "OVERFLOW"),
        ("1000.00",   flat("3000=200.00 *=500.00"),     "3000 3001",          "200.00 500.00 residue 300.00"),
    ]);
}

#[test]
#[rustfmt::skip]
fn mixed_rules() {
    check(&[
        ("1000.00", mixed([("60%", by_residents()), ("40%", by_hours())]),         "2000 1000; 30 70", "520.00 480.00"),
        ("1000.00", mixed([("60%", by_residents()), ("rest", by_hours())]),        "2000 1000; 30 70", "520.00 480.00"),
        ("400.00",  mixed([("100.00", equal()), ("rest", by_residents())]),        "2000 1000",        "250.00 150.00"),
        // Rounded once: 0.25 + 0.3333 of a cent against 0.25 + 0.1667.
        ("0.01",    mixed([("50%", equal()), ("rest", by_residents())]),           "2000 1000",        "0.01 0.00"),
        ("100.00",  half_up(mixed([("50%", equal()), ("rest", by_residents())])),  "2 1",              "58.33 41.67"),
        ("150.00",  mixed([("50.00", tariff("9")), ("rest", by_hours())]),         "2 3; 2 1",         "84.67 60.33 residue 5.00"),
        ("500.00",  mixed([("60.00", equal()), ("rest", tariff("9"))]),            "2 3",              "48.00 57.00 residue 395.00"),
        ("100.00",  mixed([("60%", equal()), ("50%", equal())]),                   "1",                "PERCENTAGES_OVER_100"),
        ("100.00",  mixed([("60%", equal()), ("30%", equal())]),                   "1",                "PARTS_DO_NOT_ADD_UP"),
        ("100.00",  mixed([("60%", equal()), ("50.00", equal())]),                 "1",                "PARTS_DO_NOT_ADD_UP"),
        ("100.00",  mixed([("100.01", equal()), ("rest", equal())]),               "1",                "PARTS_DO_NOT_ADD_UP"),
        ("100.00",  mixed([("rest", equal()), ("rest", equal())]),                 "1",                "TWO_REMAINDERS"),
        ("100.00",  mixed([("-1.00", equal()), ("rest", equal())]),                "1",                "NEGATIVE"),
        ("100.00",  mixed([]),                                                     "1",                "NO_PARTS"),
        ("100.00",  mixed([("50%", own(equal(), 1, "fixed 10.00")), ("rest", own(equal(), 2, "exempt"))]),
                                                                                   "1 1",              "60.00 40.00"),
        ("0.00",    mixed([("60%", by_residents()), ("rest", by_hours())]),        "0 -",              "0.00 0.00"),
    ]);
}

#[test]
#[rustfmt::skip]
fn adjustments() {
    check(&[
        ("100.00", own(by_residents(), 1, "exempt"),                        "2000 1000 1000", "0.00 50.00 50.00"),
        ("100.00", own(by_residents(), 1, "exempt"),                        "- 1000 1000",    "0.00 50.00 50.00"),
        ("100.00", own(equal(), 1, "exempt"),                               "1",              "ZERO_WEIGHTS"),
        ("100.00", own(by_residents(), 1, "x0.5"),                          "2000 1000 1000", "33.34 33.33 33.33"),
        ("100.00", own(equal(), 2, "x3"),                                   "1 1",            "25.00 75.00"),
        ("100.00", own(by_residents(), 1, "fixed 40.00"),                   "- 1 1",          "40.00 30.00 30.00"),
        ("100.00", own(by_residents(), 1, "fixed 100.01"),                  "1 1 1",          "FIXED_ABOVE_AMOUNT"),
        ("100.00", own(by_residents(), 1, "fixed 100.00"),                  "1 0",            "100.00 0.00"),
        ("100.00", own(by_residents(), 3, "min 30.00"),                     "80 15 5",        "58.95 11.05 30.00"),
        ("100.00", own(by_residents(), 1, "max 50.00"),                     "80 15 5",        "50.00 37.50 12.50"),
        ("100.00", own(own(by_residents(), 1, "max 50.00"), 3, "min 20.00"), "80 15 5",       "50.00 30.00 20.00"),
        // The minimum of the second takes 10.00 from both others, and that brings the first below its own.
        ("100.00", own(own(by_residents(), 2, "min 30.00"), 1, "min 45.00"), "50 20 30",      "45.00 30.00 25.00"),
        ("100.00", own(by_residents(), 1, "min 10.00"),                     "0 5",            "10.00 90.00"),
        ("100.00", own(by_residents(), 1, "max 10.00"),                     "0 5",            "0.00 100.00"),
        ("0.00",   own(by_residents(), 1, "min 10.00"),                     "0 5",            "INFEASIBLE_BOUNDS"),
        ("100.00", own(by_residents(), 1, "min 10.00, max 9.99"),           "1 5",            "INFEASIBLE_BOUNDS"),
        ("100.00", own(own(equal(), 1, "max 49.99"), 2, "max 50.00"),       "1 1",            "INFEASIBLE_BOUNDS"),
        ("100.00", own(own(equal(), 1, "max 50.00"), 2, "max 50.00"),       "1 1",            "50.00 50.00"),
        ("100.00", own(own(equal(), 1, "min 50.01"), 2, "min 50.00"),       "1 1",            "INFEASIBLE_BOUNDS"),
        ("100.00", own(equal(), 1, "min -1.00"),                            "1 1",            "NEGATIVE"),
        ("100.00", own(equal(), 1, "x-1"),                                  "1 1",            "NEGATIVE"),
        ("100.00", own(equal(), 1, "price 8"),                              "1 1",            "NOT_APPLICABLE"),
        ("100.00", own(equal(), 3, "exempt"),                               "1 1",            "UNKNOWN_COMUNE"),
        ("170.00", own(tariff("9"), 1, "price 8"),                          "10 10",          "80.00 90.00"),
        ("135.00", own(tariff("9"), 1, "x0.5"),                             "10 10",          "45.00 90.00"),
        ("190.00", own(tariff("9"), 1, "min 100.00"),                       "10 10",          "100.00 90.00"),
        ("140.00", own(tariff("9"), 1, "max 50.00"),                        "10 10",          "50.00 90.00"),
        ("97.00",  own(tariff("9"), 1, "fixed 7.00"),                       "- 10",           "7.00 90.00"),
        ("90.00",  own(tariff("9"), 1, "exempt"),                           "- 10",           "0.00 90.00"),
        // 33.333333% of 200.00 is 66.67.
        ("566.67", own(flat("3000=200.00 *=500.00"), 1, "x0.333333"),       "1 4000",         "66.67 500.00"),
        ("100.00", own(by_residents(), 1, "exempt, fixed 5.00, min 9.00"),  "1 1",            "0.00 100.00"),
        ("100.00", own(by_residents(), 1, "fixed 5.00, min 9.00, x2"),      "1 1",            "5.00 95.00"),
    ]);
}

/// `"30.00 40.00 rest"`: what each fund covers; `rest` is a balancing fund.
fn budget(amount: &str, funds: &str, rule: Rule, values: &str) -> BudgetCase {
    let funds = funds.split_whitespace().enumerate().map(|(index, size)| Funding {
        fund: format!("F{index}"),
        size: match size {
            "rest" => FundingSize::Balancing,
            amount => FundingSize::Fixed(cents(amount)),
        },
    });
    BudgetCase { amount: cents(amount), funding: funds.collect(), rule, basis: basis(values) }
}

#[test]
#[rustfmt::skip]
fn funding() {
    let table = [
        // budget, funds, rule, basis; funding, municipal share, quotas, residue
        ("100.00", "30.00 40.00",      by_residents(), "2 1",   "30.00 40.00 | 30.00 | 20.00 10.00 | 0.00"),
        ("100.00", "",                 half_up(equal()), "1 1 1", " | 100.00 | 33.33 33.33 33.33 | 0.01"),
        ("100.00", "100.00",           by_residents(), "- 0",   "100.00 | 0.00 | 0.00 0.00 | 0.00"),
        ("100.00", "30.00 rest",       tariff("9"),    "2 1",   "30.00 43.00 | 27.00 | 18.00 9.00 | 0.00"),
        ("57.00",  "rest 30.00",       tariff("9"),    "2 1",   "0.00 30.00 | 27.00 | 18.00 9.00 | 0.00"),
        ("500.00", "rest",             mixed([("60.00", equal()), ("rest", tariff("9"))]), "2 3", "395.00 | 105.00 | 48.00 57.00 | 0.00"),
        ("50.00",  "30.00",            tariff("9"),    "2 1",   "30.00 | 20.00 | 18.00 9.00 | -7.00"),
        ("100.00", "30.00 rest",       by_residents(), "2 1",   "BALANCING_NEEDS_FIXED_TOTAL"),
        ("100.00", "rest rest",        tariff("9"),    "2 1",   "TWO_BALANCING"),
        ("56.99",  "30.00 rest",       tariff("9"),    "2 1",   "UNBALANCED"),
        ("100.00", "60.00 40.01",      equal(),        "1",     "FUNDING_EXCEEDS_BUDGET"),
        ("100.00", "-0.01",            equal(),        "1",     "NEGATIVE"),
        ("-0.01",  "",                 equal(),        "1",     "NEGATIVE"),
    ];
    for (amount, funds, rule, values, expected) in table {
        let found = match compute(&budget(amount, funds, rule, values)) {
            Err(error) => error.code().to_owned(),
            Ok(outcome) => {
                let funding: Vec<_> = outcome.funding.iter().map(|(_, covered)| covered.to_string()).collect();
                let quotas: Vec<_> = outcome.quotas.iter().map(|(_, quota)| quota.to_string()).collect();
                format!("{} | {} | {} | {}", funding.join(" "), outcome.municipal_share, quotas.join(" "), outcome.residue)
            }
        };
        assert_eq!(found, expected, "{amount} less {funds}");
    }
}

#[test]
fn refusals_name_the_comune() {
    let table = [
        (by_residents(), "1 -", Some(2)),
        (by_residents(), "1 -4", Some(2)),
        (by_hours(), "1 4", None),
        (own(equal(), 3, "exempt"), "1 1", Some(3)),
        (own(equal(), 1, "price 4"), "1 1", Some(1)),
        (own(equal(), 1, "min 2.00, max 1.00"), "1 1", Some(1)),
        (own(equal(), 1, "min 2.00"), "1 1", None),
        (fixed_weights(&["1"]), "1 1", Some(2)),
    ];
    for (rule, values, expected) in table {
        let error = share(cents("1.00"), &rule, &basis(values)).unwrap_err();
        assert_eq!(error.comune(), expected.map(comune), "{error}");
    }
    let twice = Basis::new(vec![comune(1), comune(2), comune(1)]);
    assert_eq!(twice, Err(Error::DuplicateComune { comune: comune(1) }));
    let mut one = basis("1");
    let unknown = Err(Error::UnknownComune { comune: comune(2) });
    assert_eq!(one.set(&residents(), comune(2), Micros::ONE), unknown);
}

#[test]
fn a_rule_knows_its_measures_and_whether_it_fixes_its_total() {
    let both = mixed([("60%", by_residents()), ("20%", by_hours()), ("rest", by_residents())]);
    let table = [
        (equal(), "", false),
        (by_residents(), "RESIDENTS", false),
        (tariff("9"), "RESIDENTS", true),
        (flat("*=1.00"), "RESIDENTS", true),
        (both, "HOURS RESIDENTS", false),
        (mixed([("1.00", by_hours()), ("40%", tariff("9"))]), "HOURS RESIDENTS", true),
        (mixed([("40%", by_hours()), ("rest", tariff("9"))]), "HOURS RESIDENTS", false),
    ];
    for (rule, measures, fixes_total) in table {
        let found: Vec<_> = rule.measures().into_iter().map(MeasureCode::as_str).collect();
        assert_eq!(found.join(" "), measures);
        assert_eq!(rule.fixes_total(), fixes_total);
    }
    let plain = SimpleRule::new(Method::Equal);
    assert!(plain.adjustments.is_empty());
}
