//! The spread of a burden, each comune against each other one, in whole numbers; and that of the plans as they are.

use api::auth::Role;
use serde_json::{Value, json};

use super::{Quotas, comune_of, in_force, totals};
use crate::support::Server;
use crate::support::figures::{YEARS, euro, share};

/// A comune, what it pays in cents, its residents.
type Burden = (&'static str, i128, i128);

/// A fraction to the nearest whole number, a half up.
pub(super) fn half_up(numerator: i128, denominator: i128) -> i128 {
    (numerator * 2 + denominator) / (denominator * 2)
}

/// The coefficient: half the differences between all pairs of residents by what they bear all told.
fn gini(burdens: &[Burden]) -> String {
    let (cents, residents) = burdens.iter().fold((0, 0), |sum, burden| (sum.0 + burden.1, sum.1 + burden.2));
    // One comune's residents against another's: n x m x |a/n - b/m| = |a x m - b x n|.
    let apart = |one: &Burden, other: &Burden| (one.1 * other.2 - other.1 * one.2).abs();
    let differences: i128 = burdens.iter().flat_map(|one| burdens.iter().map(move |other| apart(one, other))).sum();
    if cents == 0 { "0.000000".to_owned() } else { share(differences, 2 * cents * residents) }
}

/// The spread of quotas over the residents of a year.
pub(super) fn expected(quotas: &Quotas, year: i32) -> Value {
    let burdens: Vec<Burden> =
        quotas.iter().map(|(istat, cents)| (*istat, *cents, comune_of(istat).residents_of(year))).collect();
    let bears_more = |one: &Burden, other: &Burden| one.1 * other.2 > other.1 * one.2;
    let (mut highest, mut lowest) = (burdens[0], burdens[0]);
    for burden in &burdens {
        if bears_more(burden, &highest) {
            highest = *burden;
        }
        if bears_more(&lowest, burden) {
            lowest = *burden;
        }
    }
    let view = |(istat, cents, residents): Burden| json!({ "comune": { "istatCode": istat }, "perResident": euro(half_up(cents, residents)) });
    json!({ "highest": view(highest), "lowest": view(lowest), "gini": gini(&burdens) })
}

#[test]
fn worked_by_hand() {
    // 0.11, 0.0966 and 0.0933 euro a resident: (40 + 100 + 60) / (10 x 960) = 1/48.
    assert_eq!(gini(&[("a", 11_000, 1_000), ("b", 29_000, 3_000), ("c", 56_000, 6_000)]), "0.020833");
    // A third of the residents bears all.
    assert_eq!(gini(&[("a", 5, 1), ("b", 0, 2)]), "0.666667");
    assert_eq!(gini(&[("a", 5, 1), ("b", 10, 2)]), "0.000000");
    assert_eq!((half_up(5, 2), half_up(4, 3)), (3, 1));
}

#[test]
fn every_plan_has_its_spread() {
    let server = Server::start();
    for role in [Role::Comune, Role::Reporting, Role::Azienda] {
        for year in YEARS {
            let query = format!(
                "{{ ambito(code: \"9\") {{ plan(year: {year}) {{ spread {{
                    highest {{ comune {{ istatCode }} perResident }} lowest {{ comune {{ istatCode }} perResident }} gini }} }} }} }}"
            );
            let spread = server.data(role, &query)["ambito"]["plan"]["spread"].take();
            assert_eq!(spread, expected(&totals(&in_force(year)), year), "{year}");
        }
    }
}
