//! What is delivered in 2023, by a formula: hours of four services in each comune, month and case; as files, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Code, Weights};
use crate::support::figures::{COMUNI, Comune, hundredths};

/// The year.
pub(super) const YEAR: i64 = 2023;
/// The services of which hours are sent.
pub(super) const SERVICES: [Code; 4] = ["ADM", "SIL", "SAD", "ADP"];

/// Service, comune, month and case.
type Key = (Code, Code, i64, String);

/// Hundredths of hours. What is sent anew takes the place of what was there.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours(BTreeMap<Key, i128>);

/// What a service gives a comune in a month: hundredths of hours for each case. Gambara, which joins SAD in September, has it from October on.
fn of_month(service: Code, at: usize, comune: &Comune, month: i64) -> Vec<i128> {
    let place = i128::try_from(at).unwrap();
    let month = i128::from(month);
    let sway = |case: i128| (place * 7 + month * 5 + case * 3) % 11 * 25 - 125;
    let (year, cases) = match service {
        "SAD" if comune.istat == super::GAMBARA => {
            return if month < 10 { Vec::new() } else { vec![1_000 + month * 25] };
        }
        "SAD" => (hundredths(comune.hours[0]), comune.cases[0].min(3)),
        "ADP" => (hundredths(comune.hours[1]), comune.cases[1].min(3)),
        "ADM" => (hundredths(comune.hours[2]), comune.cases[2].min(4)),
        _ => {
            // In every other comune one more from July on.
            let cases = 1 + comune.residents[4] / 4_000 + i128::from(month > 6 && at.is_multiple_of(2));
            return (0..cases).map(|case| 450 + (place * 3 + month * 2 + case) % 7 * 50).collect();
        }
    };
    // A third of the comuni consume more than the founding figures, the others less.
    let part = if at.is_multiple_of(3) { 112 } else { 97 };
    (0..cases).map(|case| (year * part / (1_200 * cases) + sway(case)).max(75)).collect()
}

impl Hours {
    /// A month as it is first reported.
    pub(super) fn reported(month: i64) -> Self {
        let mut hours = BTreeMap::new();
        for service in SERVICES {
            for (at, comune) in COMUNI.iter().enumerate() {
                for (case, value) in of_month(service, at, comune, month).into_iter().enumerate() {
                    hours.insert((service, comune.istat, month, format!("C-{:04}", 100 + at * 20 + case)), value);
                }
            }
        }
        Self(hours)
    }

    /// Some cases of one service, comune and month.
    pub(super) fn corrected(service: Code, comune: Code, month: i64, values: &[i128]) -> Self {
        let case = |(at, value): (usize, &i128)| ((service, comune, month, format!("C-{:04}", 900 + at)), *value);
        Self(values.iter().enumerate().map(case).collect())
    }

    /// Takes up what a file says: all that it says of a service, comune and month.
    pub(super) fn take(&mut self, file: Self) {
        let named: BTreeSet<(Code, Code, i64)> = file.0.keys().map(|key| (key.0, key.1, key.2)).collect();
        self.0.retain(|key, _| !named.contains(&(key.0, key.1, key.2)));
        self.0.extend(file.0);
    }

    /// How many values there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// How many months of a service and comune.
    pub(super) fn months(&self) -> usize {
        self.0.keys().map(|key| (key.0, key.1, key.2)).collect::<BTreeSet<_>>().len()
    }

    /// As a program writes it, or in even months as a spreadsheet in Italy does: names for codes, semicolons, commas before the decimals.
    pub(super) fn csv(&self) -> String {
        let is_even = self.0.keys().any(|key| key.2 % 2 == 0);
        let line = |((service, istat, month, case), value): (&Key, &i128)| {
            let (whole, part) = (value / 100, value % 100);
            if !is_even {
                return format!("{service},{istat},{YEAR}-{month:02},{case},HOURS,{whole}.{part:02}\n");
            }
            let name = COMUNI.iter().find(|comune| comune.istat == *istat).unwrap().name;
            format!("{service};{name};{month:02}/{YEAR};{case};{whole},{part:02}\r\n")
        };
        let header =
            if is_even { "servizio;comune;mese;caso;ore\r\n" } else { "service,comune,month,case,measure,value\n" };
        header.to_owned() + &self.0.iter().map(line).collect::<String>()
    }

    /// Hundredths of hours and people, by month, of a service and comune.
    pub(super) fn by_month(&self, service: &str, comune: &str) -> BTreeMap<i64, (i128, usize)> {
        let mut months: BTreeMap<i64, (i128, usize)> = BTreeMap::new();
        for (key, value) in self.0.iter().filter(|(key, _)| key.0 == service && key.1 == comune) {
            let month = months.entry(key.2).or_default();
            *month = (month.0 + value, month.1 + 1);
        }
        months
    }

    /// Hundredths of hours of the year.
    pub(super) fn of_year(&self, service: &str, comune: &str) -> i128 {
        self.by_month(service, comune).values().map(|(hours, _)| hours).sum()
    }

    /// The hours of a service in each of some comuni.
    pub(super) fn weights(&self, service: &str, comuni: impl Iterator<Item = Code>) -> Weights {
        comuni.map(|comune| (comune, self.of_year(service, comune))).collect()
    }

    /// How many people a service had in the year in each comune.
    pub(super) fn people(&self, service: &str) -> Weights {
        let people = |comune: &Comune| {
            let own = self.0.keys().filter(|key| key.0 == service && key.1 == comune.istat).map(|key| &key.3);
            i128::try_from(own.collect::<BTreeSet<_>>().len()).unwrap()
        };
        COMUNI.iter().map(|comune| (comune.istat, people(comune))).collect()
    }
}

/// A number of so many ten-to-the-minus-`places` as the server writes it.
pub(super) fn decimal(number: i128, places: usize) -> String {
    let one = 10_i128.pow(u32::try_from(places).unwrap());
    let text = format!("{}.{:0places$}", number / one, number % one);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
