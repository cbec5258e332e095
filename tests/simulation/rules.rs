//! Every rule, rounding and adjustment: 100,000.07 euro of STAFF among the 20 comuni, by residents of 2020 where it is by residents.

use serde_json::{Value, json};

use super::exact::{Shares, half_up};
use super::{Expected, Quotas, Weights, check, residents};
use crate::support::Server;
use crate::support::figures::COMUNI;

/// What is shared.
const CENTS: i128 = 10_000_007;
const GHEDI: &str = "017078";
const SENIGA: &str = "017177";

fn by_residents() -> Shares {
    Shares::proportional(CENTS, &residents())
}

fn weighed(weight: impl Fn(i128) -> i128) -> Weights {
    residents().into_iter().map(|(istat, count)| (istat, weight(count))).collect()
}

/// Without some comuni.
fn others(without: &[&str]) -> Weights {
    residents().into_iter().filter(|(istat, _)| !without.contains(istat)).collect()
}

/// The rule's input with a rounding.
fn rounded(rule: &Value, rounding: &str) -> Value {
    let mut rule = rule.clone();
    rule.as_object_mut().unwrap().values_mut().next().unwrap()["rounding"] = rounding.into();
    json!({ "amount": "100000.07", "rule": rule })
}

/// Under both roundings.
#[track_caller]
fn check_shares(server: &Server, rule: &Value, kind: [&str; 2], shares: &Shares) {
    for (rounding, quotas) in
        [("LARGEST_REMAINDER", shares.largest_remainder()), ("HALF_UP_EACH", shares.half_up_each())]
    {
        check_quotas(server, &rounded(rule, rounding), [kind[0], kind[1], rounding], quotas);
    }
    // Largest remainder is what is meant where none is named.
    let expected = Expected { amount: CENTS, share: CENTS, quotas: shares.largest_remainder() };
    check(server, "STAFF", &json!({ "amount": "100000.07", "rule": rule }), &expected);
}

#[track_caller]
fn check_quotas(server: &Server, changes: &Value, rule: [&str; 3], quotas: Quotas) {
    let simulation = check(server, "STAFF", changes, &Expected { amount: CENTS, share: CENTS, quotas });
    let [typename, kind, rounding] = rule;
    assert_eq!(simulation["rule"], json!({ "__typename": typename, "kind": kind, "rounding": rounding }));
}

/// Bands up to 2,450 (Alfianello's very count) and up to 8,190 (Verolanuova's), and above.
fn bands(value: &str, values: [&str; 3]) -> Value {
    json!([{ "upTo": "2450", value: values[0] }, { "upTo": "8190.000", value: values[1] }, { value: values[2] }])
}

fn of_band<T>(count: i128, values: [T; 3]) -> T {
    let [low, middle, high] = values;
    match count {
        ..=2_450 => low,
        2_451..=8_190 => middle,
        _ => high,
    }
}

#[test]
fn every_rule_that_shares_an_amount() {
    let server = Server::start();
    let fixed = |at: usize| i128::try_from(at).unwrap() + 1;
    let weights: Vec<Value> = COMUNI
        .iter()
        .enumerate()
        .map(|(at, comune)| json!({ "comune": comune.istat, "weight": (fixed(at)).to_string() }))
        .collect();
    let by_fixed: Weights = COMUNI.iter().enumerate().map(|(at, comune)| (comune.istat, fixed(at))).collect();
    let band_weights = bands("weight", ["0.8", "1", "1.25"]);
    // In hundredths of a weight.
    let marginal =
        weighed(|count| count.min(2_450) * 80 + (count.min(8_190) - 2_450).max(0) * 100 + (count - 8_190).max(0) * 125);
    let table = [
        (json!({ "equal": {} }), ["EqualRule", "EQUAL"], Shares::proportional(CENTS, &weighed(|_| 1))),
        (json!({ "byMeasure": { "measure": "RESIDENTS" } }), ["MeasureRule", "BY_MEASURE"], by_residents()),
        (
            json!({ "byFixedWeights": { "weights": weights } }),
            ["FixedWeightRule", "BY_FIXED_WEIGHTS"],
            Shares::proportional(CENTS, &by_fixed),
        ),
        (
            json!({ "byBands": { "measure": "RESIDENTS", "bands": band_weights } }),
            ["BandRule", "BY_BANDS"],
            Shares::proportional(CENTS, &weighed(|count| of_band(count, [80, 100, 125]))),
        ),
        (
            json!({ "byBands": { "measure": "RESIDENTS", "marginal": true, "bands": band_weights } }),
            ["BandRule", "BY_BANDS"],
            Shares::proportional(CENTS, &marginal),
        ),
    ];
    for (rule, kind, shares) in &table {
        check_shares(&server, rule, *kind, shares);
    }
}

#[test]
fn every_rule_whose_total_follows() {
    let server = Server::start();
    let price = |micros: i128| {
        residents().into_iter().map(move |(istat, count)| (istat, half_up(count * micros, 10_000))).collect::<Quotas>()
    };
    let amounts = bands("amount", ["1000.00", "2500.50", "9999.99"]);
    let flat =
        residents().into_iter().map(|(istat, count)| (istat, of_band(count, [100_000, 250_050, 999_999]))).collect();
    let table = [
        (
            json!({ "flatByBand": { "measure": "RESIDENTS", "amounts": amounts } }),
            ["FlatBandRule", "FLAT_BY_BAND"],
            flat,
        ),
        (
            json!({ "tariff": { "measure": "RESIDENTS", "price": "0.333333" } }),
            ["TariffRule", "TARIFF"],
            price(333_333),
        ),
        // More than there is to share: the residue is negative.
        (
            json!({ "tariff": { "measure": "RESIDENTS", "price": "1.000005" } }),
            ["TariffRule", "TARIFF"],
            price(1_000_005),
        ),
    ];
    for (rule, [typename, kind], quotas) in table {
        for rounding in ["LARGEST_REMAINDER", "HALF_UP_EACH"] {
            check_quotas(&server, &rounded(&rule, rounding), [typename, kind, rounding], quotas.clone());
        }
    }
}

#[test]
fn a_mixed_rule_of_every_size() {
    let server = Server::start();
    let part = |size: Value, rule: Value| json!({ "size": size, "rule": rule });
    // Sizes in hundred-millionths of a cent.
    let whole = 100_000_000;
    let (amount, percent) = (1_000_000 * whole, CENTS * 33_333_333);
    let rest = CENTS * whole - amount - percent;
    let halved = |count: &(&'static str, i128)| if count.0 == GHEDI { count.1 } else { count.1 * 2 };
    let multiplied: Weights = residents().iter().map(|count| (count.0, halved(count))).collect();
    let parts = json!([
        part(json!({ "amount": "10000.00" }), json!({ "equal": {} })),
        part(json!({ "percent": "33.333333" }), json!({ "byMeasure": { "measure": "RESIDENTS" } })),
        part(
            json!({ "remainder": true }),
            json!({ "byMeasure": { "measure": "RESIDENTS", "adjustments": [{ "comune": GHEDI, "multiplier": "0.5" }] } }),
        ),
    ]);
    let shares = Shares::proportional(amount, &weighed(|_| 1))
        .plus(&Shares::proportional(percent, &residents()))
        .plus(&Shares::proportional(rest, &multiplied))
        .over(whole);
    check_shares(&server, &json!({ "mixed": { "parts": parts } }), ["MixedRule", "MIXED"], &shares);

    // A part may name the rounding of the whole again; percentages of exactly 100 leave nothing.
    let half = |rounding: &str| json!({ "byMeasure": { "measure": "RESIDENTS", "rounding": rounding } });
    let parts = json!([
        part(json!({ "percent": "62.5" }), half("HALF_UP_EACH")),
        part(json!({ "percent": "37.5" }), json!({ "equal": {} }))
    ]);
    let equal = Shares::proportional(CENTS * 375, &weighed(|_| 1));
    let shares = Shares::proportional(CENTS * 625, &residents()).plus(&equal).over(1_000);
    let rule = json!({ "amount": "100000.07", "rule": { "mixed": { "rounding": "HALF_UP_EACH", "parts": parts } } });
    check_quotas(&server, &rule, ["MixedRule", "MIXED", "HALF_UP_EACH"], shares.half_up_each());
}

#[test]
fn every_adjustment_of_a_rule_that_shares_an_amount() {
    let server = Server::start();
    let free = |cents: i128, without: &[&str]| Shares::proportional(cents, &others(without));
    let half: Weights =
        residents().into_iter().map(|(istat, count)| (istat, if istat == GHEDI { count } else { count * 2 })).collect();
    let table = [
        (json!([{ "comune": GHEDI, "exempt": true }]), free(CENTS, &[GHEDI]).with(&[(GHEDI, 0)])),
        (json!([{ "comune": GHEDI, "exempt": false }]), by_residents()),
        (json!([{ "comune": GHEDI, "multiplier": "0.5" }]), Shares::proportional(CENTS, &half)),
        (json!([{ "comune": GHEDI, "multiplier": "0" }]), free(CENTS, &[GHEDI]).with(&[(GHEDI, 0)])),
        (json!([{ "comune": GHEDI, "fixed": "5000.00" }]), free(CENTS - 500_000, &[GHEDI]).with(&[(GHEDI, 500_000)])),
        // Seniga's proportional share is about 1,218.00, Ghedi's 16,020.00.
        (
            json!([{ "comune": SENIGA, "minimum": "2000.00" }]),
            free(CENTS - 200_000, &[SENIGA]).with(&[(SENIGA, 200_000)]),
        ),
        (json!([{ "comune": SENIGA, "minimum": "1000.00" }]), by_residents()),
        (json!([{ "comune": GHEDI, "maximum": "9000.00" }]), free(CENTS - 900_000, &[GHEDI]).with(&[(GHEDI, 900_000)])),
        (json!([{ "comune": GHEDI, "maximum": "20000.00" }]), by_residents()),
        (
            json!([
                { "comune": SENIGA, "minimum": "2000.00", "maximum": "2000.00" },
                { "comune": GHEDI, "minimum": "0.00", "maximum": "9000.00" },
                { "comune": "017004", "fixed": "0.03" },
                { "comune": "017009", "exempt": true, "fixed": "7.00" },
            ]),
            free(CENTS - 1_100_003, &[SENIGA, GHEDI, "017004", "017009"]).with(&[
                (SENIGA, 200_000),
                (GHEDI, 900_000),
                ("017004", 3),
                ("017009", 0),
            ]),
        ),
    ];
    for (adjustments, shares) in &table {
        let rule = json!({ "byMeasure": { "measure": "RESIDENTS", "adjustments": adjustments } });
        check_shares(&server, &rule, ["MeasureRule", "BY_MEASURE"], shares);
    }
}

#[test]
fn every_adjustment_of_a_tariff() {
    let server = Server::start();
    let half_euro = |own: i128| -> Quotas {
        residents().into_iter().map(|(istat, count)| (istat, if istat == GHEDI { own } else { count * 50 })).collect()
    };
    // Ghedi's 18,669 residents at 0.50 are 9,334.50.
    let table = [
        (json!({ "exempt": true }), 0),
        (json!({ "price": "0.333333" }), half_up(18_669 * 333_333, 10_000)),
        (json!({ "price": "0" }), 0),
        (json!({ "multiplier": "0.333333" }), half_up(18_669 * 50 * 333_333, 1_000_000)),
        (json!({ "multiplier": "2", "price": "0.10" }), 18_669 * 20),
        (json!({ "fixed": "1.01" }), 101),
        (json!({ "minimum": "10000.00" }), 1_000_000),
        (json!({ "minimum": "9000.00" }), 933_450),
        (json!({ "maximum": "9000.00" }), 900_000),
        (json!({ "minimum": "1.00", "maximum": "9334.50" }), 933_450),
    ];
    for (mut adjustment, own) in table {
        adjustment["comune"] = GHEDI.into();
        let rule = json!({ "tariff": { "measure": "RESIDENTS", "price": "0.50", "adjustments": [adjustment] } });
        let changes = json!({ "amount": "100000.07", "rule": rule });
        check_quotas(&server, &changes, ["TariffRule", "TARIFF", "LARGEST_REMAINDER"], half_euro(own));
    }
}
