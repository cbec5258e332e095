//! A month of a year.

use chrono::{Datelike, NaiveDate};

/// The years that a month may lie in, as everywhere.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;

/// The months in Italian.
const MONTH_NAMES: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// How many letters of a month are enough: spreadsheets shorten them so.
const MONTH_LETTERS: usize = 3;

/// The number of a month, from 1, by its Italian name in small letters, or by as many letters of it as tell it from others.
pub fn month_named(name: &str) -> Option<u32> {
    let is_written = |month: &&str| name.len() >= MONTH_LETTERS && month.starts_with(name);
    (1..).zip(&MONTH_NAMES).find(|(_, month)| is_written(month)).map(|(number, _)| number)
}

/// A month, as year x 100 + month: 202301 is January 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month with this number, from 1, of a year.
    pub fn new(year: i32, number: u32) -> Option<Self> {
        let number = i32::try_from(number).ok().filter(|number| (1..=12).contains(number))?;
        YEARS.contains(&year).then_some(Self(year * 100 + number))
    }

    /// The month of a day.
    pub fn of(day: NaiveDate) -> Option<Self> {
        Self::new(day.year(), day.month())
    }

    /// The month that is stored as this number.
    pub fn stored(number: i32) -> Option<Self> {
        Self::new(number / 100, u32::try_from(number % 100).ok()?)
    }

    /// Year x 100 + month.
    pub fn get(self) -> i32 {
        self.0
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0 / 100
    }

    /// The month's number in its year, from 1.
    pub fn number(self) -> u32 {
        u32::try_from(self.0 % 100).unwrap_or(1)
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        // Only months of the calendar are ever made, so the other branch is never taken.
        NaiveDate::from_ymd_opt(self.year(), self.number(), 1).unwrap_or_default()
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        let first = self.first_day();
        first.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::Month;

    #[test]
    fn months_of_the_calendar_and_no_others() {
        let february = Month::new(2024, 2).unwrap();
        assert_eq!((february.get(), february.year(), february.number()), (202_402, 2024, 2));
        assert_eq!(february.first_day().to_string(), "2024-02-01");
        assert_eq!(february.last_day().to_string(), "2024-02-29");
        assert_eq!(Month::of(february.last_day()), Some(february));
        assert_eq!(Month::stored(202_312).map(|month| month.last_day().to_string()).as_deref(), Some("2023-12-31"));
        for (year, number) in [(2024, 0), (2024, 13), (1989, 1), (2201, 1)] {
            assert_eq!(Month::new(year, number), None);
        }
        assert_eq!((Month::stored(202_300), Month::stored(-202_301)), (None, None));
    }
}
