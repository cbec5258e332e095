//! The figures of two real agreements, reproduced to the cent: VAT lines, monthly fees, contributions and instalments.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use allocation::vat::{self, Line, Vat};
use allocation::{Cents, Error, Micros, instalments};

fn cents(text: &str) -> Cents {
    Cents::parse(text).unwrap()
}

fn number(text: &str) -> Micros {
    Micros::parse(text).unwrap()
}

fn rate(text: &str) -> Vat {
    Vat::Rate(number(text))
}

/// Crema, 2015 to 2017: year, area, net, rate, VAT, gross.
#[rustfmt::skip]
const CREMA_LINES: [(u16, u8, &str, &str, &str, &str); 24] = [
    (2015, 1, "213894.96", "4",  "8555.80",  "222450.76"),
    (2015, 2, "62280.00",  "4",  "2491.20",  "64771.20"),
    (2015, 2, "14275.40",  "4",  "571.02",   "14846.42"),
    (2015, 3, "92598.00",  "4",  "3703.92",  "96301.92"),
    (2015, 4, "38461.54",  "4",  "1538.46",  "40000.00"),
    (2015, 5, "312850.00", "22", "68827.00", "381677.00"),
    (2015, 5, "15080.00",  "22", "3317.60",  "18397.60"),
    (2015, 5, "117962.11", "22", "25951.66", "143913.77"),
    (2016, 1, "294105.57", "4",  "11764.22", "305869.79"),
    (2016, 2, "62280.00",  "4",  "2491.20",  "64771.20"),
    (2016, 2, "35688.50",  "4",  "1427.54",  "37116.04"),
    (2016, 3, "114996.00", "4",  "4599.84",  "119595.84"),
    (2016, 4, "42479.93",  "4",  "1699.20",  "44179.13"),
    (2016, 5, "414900.00", "22", "91278.00", "506178.00"),
    (2016, 5, "16550.00",  "22", "3641.00",  "20191.00"),
    (2016, 5, "117962.11", "22", "25951.66", "143913.77"),
    (2017, 1, "294105.57", "4",  "11764.22", "305869.79"),
    (2017, 2, "62280.00",  "4",  "2491.20",  "64771.20"),
    (2017, 2, "35688.50",  "4",  "1427.54",  "37116.04"),
    (2017, 3, "114996.00", "4",  "4599.84",  "119595.84"),
    (2017, 4, "42479.93",  "4",  "1699.20",  "44179.13"),
    (2017, 5, "414900.00", "22", "91278.00", "506178.00"),
    (2017, 5, "16550.00",  "22", "3641.00",  "20191.00"),
    (2017, 5, "117962.11", "22", "25951.66", "143913.77"),
];

#[test]
fn crema_lines_from_net_and_from_gross() {
    for (year, area, net, percent, vat, gross) in CREMA_LINES {
        let line = Line { net: cents(net), vat: cents(vat), gross: cents(gross) };
        assert_eq!(vat::from_net(line.net, rate(percent)), Ok(line), "{year} {area}");
        assert_eq!(vat::from_gross(line.gross, rate(percent)), Ok(line), "{year} {area}");
    }
}

#[test]
fn crema_totals_of_each_year() {
    for (year, net, gross) in
        [(2015, "867402.01", "982358.67"), (2016, "1098962.11", "1241814.77"), (2017, "1098962.11", "1241814.77")]
    {
        let lines: Vec<Line> = CREMA_LINES
            .iter()
            .filter(|line| line.0 == year)
            .map(|line| vat::from_net(cents(line.2), rate(line.3)).unwrap())
            .collect();
        assert_eq!(lines.len(), 8);
        let total = |part: fn(&Line) -> Cents| Cents::sum(lines.iter().map(part));
        assert_eq!(total(|line| line.net), Ok(cents(net)), "{year}");
        assert_eq!(total(|line| line.gross), Ok(cents(gross)), "{year}");
    }
}

#[test]
#[rustfmt::skip]
fn crema_area_3_is_months_times_fee() {
    let table = [
        // year, months, fee, net, gross at 4%; the net of area 3 that year
        (2015, [(8,  "2550.00", "20400.00", "21216.00"), (9,  "8022.00", "72198.00", "75085.92")], "92598.00"),
        (2016, [(12, "2300.00", "27600.00", "28704.00"), (12, "7283.00", "87396.00", "90891.84")], "114996.00"),
        (2017, [(12, "2300.00", "27600.00", "28704.00"), (12, "7283.00", "87396.00", "90891.84")], "114996.00"),
    ];
    for (year, fees, area) in table {
        let mut nets = Vec::new();
        for (months, fee, net, gross) in fees {
            let product = vat::months_times_fee(months, cents(fee)).unwrap();
            assert_eq!(product, cents(net), "{year}");
            assert_eq!(vat::from_net(product, rate("4")).unwrap().gross, cents(gross), "{year}");
            nets.push(product);
        }
        assert_eq!(Cents::sum(nets), Ok(cents(area)), "{year}");
    }
}

#[test]
fn crema_area_4_gains_one_percent_of_the_net_total() {
    let gain = vat::percent_of(cents("867402.01"), number("1")).unwrap();
    assert_eq!(gain, cents("8674.02"));
    let partner = ["5500.00", "5850.00", "29530.00", "18600.00", "45800.00"];
    let all = partner.map(cents).into_iter().chain([gain]);
    assert_eq!(Cents::sum(all), Ok(cents("113954.02")));
}

#[test]
fn cremona_operator_and_instalments() {
    for (hours, product) in [("76", "1995.00"), ("152", "3990.00")] {
        let cost = vat::hours_times_cost(number(hours), cents("26.25"));
        assert_eq!(cost, Ok(cents(product)));
    }
    let thirds = ["33.333333", "33.333333", "33.333334"].map(number);
    let tranches = ["9000.00", "9000.00", "9000.00"].map(cents);
    assert_eq!(instalments(cents("27000.00"), &thirds), Ok(tranches.to_vec()));
}

#[test]
#[rustfmt::skip]
fn instalments_follow_the_cumulative_percentages() {
    let table = [
        // total, percentages, instalments or the code of the refusal
        ("100.00", "50 50",          "50.00 50.00"),
        ("0.01",   "50 50",          "0.01 0.00"),
        ("0.05",   "25 25 25 25",    "0.01 0.02 0.01 0.01"),
        ("100.00", "30 40 30",       "30.00 40.00 30.00"),
        ("100.00", "0 100 0",        "0.00 100.00 0.00"),
        ("100.00", "50 49.999999",   "INSTALMENTS_NOT_100"),
        ("100.00", "50 50.000001",   "INSTALMENTS_NOT_100"),
        ("100.00", "",               "INSTALMENTS_NOT_100"),
        ("100.00", "100 0.000001",   "INSTALMENTS_NOT_100"),
        ("100.00", "150 -50",        "INSTALMENTS_NOT_100"),
        ("100.00", "-50 150",        "NEGATIVE"),
        ("-0.01",  "100",            "NEGATIVE"),
    ];
    for (total, percents, expected) in table {
        let percents: Vec<Micros> = percents.split_whitespace().map(number).collect();
        let found = match instalments(cents(total), &percents) {
            Err(error) => error.code().to_owned(),
            Ok(parts) => parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        };
        assert_eq!(found, expected, "{total}");
    }
}

#[test]
#[rustfmt::skip]
fn lines_without_vat_and_refusals() {
    let plain = |amount| Line { net: cents(amount), vat: Cents::ZERO, gross: cents(amount) };
    let negative = |field| Error::Negative { field, comune: None };
    let table = [
        (vat::from_net(cents("10.00"), Vat::Exempt),       Ok(plain("10.00"))),
        (vat::from_gross(cents("10.00"), Vat::OutOfScope), Ok(plain("10.00"))),
        (vat::from_net(cents("10.00"), rate("0")),         Ok(plain("10.00"))),
        (vat::from_net(cents("0.10"), rate("5")),          Ok(Line { net: cents("0.10"), vat: cents("0.01"), gross: cents("0.11") })),
        (vat::from_net(cents("-0.01"), rate("4")),         Err(negative(allocation::Field::Amount))),
        (vat::from_gross(cents("-0.01"), rate("4")),       Err(negative(allocation::Field::Amount))),
        (vat::from_net(cents("1.00"), rate("-4")),         Err(negative(allocation::Field::Percentage))),
        (vat::from_net(Cents(i64::MAX), rate("22")),       Err(Error::Overflow)),
        (vat::from_gross(Cents(i64::MAX), rate("0")),      Ok(Line { net: Cents(i64::MAX), vat: Cents::ZERO, gross: Cents(i64::MAX) })),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
    assert_eq!(vat::months_times_fee(12, Cents(i64::MAX)), Err(Error::Overflow));
    assert_eq!(vat::hours_times_cost(number("2"), Cents(i64::MAX)), Err(Error::Overflow));
    assert_eq!(vat::hours_times_cost(number("-2"), cents("1.00")), Err(negative(allocation::Field::Hours)));
    assert_eq!(vat::percent_of(cents("0.01"), number("50")), Ok(cents("0.01")));
    assert_eq!(vat::percent_of(cents("0.01"), number("49.999999")), Ok(cents("0.00")));
}
