//! What consumption comes to: at a tariff's price, and over a year at the present rate. Not the quotas: those are `share.rs`.

use num_bigint::BigInt;

use crate::cents::Cents;
use crate::code::{IstatCode, MeasureCode};
use crate::error::{Error, Field};
use crate::exact::{Whole, narrow_then_wide};
use crate::micros::Micros;
use crate::round::half_up;
use crate::rule::{Adjustment, Method, Rule, RuleBody, refuse_negative};

/// Decimals of a price times a measure above those of cents: six and six, less two from euro to cents.
const DECIMALS: u32 = 10;
/// Decimals of a multiplier.
const MULTIPLIER_DECIMALS: u32 = 6;

/// What one comune pays for each unit of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff<'r> {
    /// Euro for one unit: the comune's own price where it has one.
    pub price: Micros,
    adjustment: Option<&'r Adjustment>,
}

impl Rule {
    /// What a comune pays for each unit of a measure, where the rule as a whole is a tariff by that measure and the comune pays by it: one that is
    /// exempt, or has an amount of its own, does not.
    pub fn tariff_of(&self, measure: &MeasureCode, comune: IstatCode) -> Option<Tariff<'_>> {
        let RuleBody::Simple(rule) = &self.body else { return None };
        let Method::Tariff { measure: own, price } = &rule.method else { return None };
        let adjustment = rule.adjustments.get(&comune);
        let pays = own == measure && adjustment.is_none_or(|own| !own.exempt && own.fixed.is_none());
        let price = adjustment.and_then(|own| own.price).unwrap_or(*price);
        pays.then_some(Tariff { price, adjustment })
    }
}

impl Tariff<'_> {
    /// Price times quantity, and times the comune's multiplier where it has one, rounded half up to the cent once. Minimum and maximum are a year's
    /// and count only in [`Tariff::of_year`].
    pub fn amount(&self, quantity: Micros) -> Result<Cents, Error> {
        let multiplier = self.adjustment.and_then(|own| own.multiplier);
        let factors = [self.price, quantity, multiplier.unwrap_or(Micros::new(1))];
        let decimals = DECIMALS + multiplier.map_or(0, |_| MULTIPLIER_DECIMALS);
        for (factor, field) in factors.iter().zip([Field::Price, Field::Basis, Field::Multiplier]) {
            refuse_negative(factor.get(), field, None)?;
        }
        narrow_then_wide(|| product::<i128>(factors, decimals), || product::<BigInt>(factors, decimals))
    }

    /// The quota of a year with this quantity: the same, put between the comune's minimum and maximum.
    pub fn of_year(&self, quantity: Micros) -> Result<Cents, Error> {
        let amount = self.amount(quantity)?;
        Ok(self.adjustment.map_or(amount, |own| own.clamp(amount)))
    }
}

/// The product of three numbers with so many decimals too many.
fn product<T: Whole>(factors: [Micros; 3], decimals: u32) -> Result<Cents, Error> {
    let [price, quantity, multiplier] = factors.map(|factor| T::of(factor.get()));
    let exact = price.times(&quantity)?.times(&multiplier)?;
    half_up(&exact, &T::of_wide(10_i128.pow(decimals)))?.narrow().map(Cents)
}

/// What `months_whole` months come to at the rate of the first `months_done`: `done x months_whole / months_done`, rounded half up to six decimals.
/// None where no month is done.
pub fn at_present_rate(done: Micros, months_done: u32, months_whole: u32) -> Result<Option<Micros>, Error> {
    if months_done == 0 {
        return Ok(None);
    }
    refuse_negative(done.get(), Field::Basis, None)?;
    let numerator = i128::from(done.get()) * i128::from(months_whole);
    half_up(&numerator, &i128::from(months_done))?.narrow().map(|micros| Some(Micros::new(micros)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::SimpleRule;

    fn micros(text: &str) -> Micros {
        Micros::parse(text).unwrap()
    }

    fn cents(text: &str) -> Cents {
        Cents::parse(text).unwrap()
    }

    #[test]
    fn a_tariff_is_what_the_comune_pays() {
        let hours = MeasureCode::parse("HOURS").unwrap();
        let [plain, own, exempt, fixed, bounded, half] =
            ["1", "2", "3", "4", "5", "6"].map(|digit| IstatCode::parse(&format!("00000{digit}")).unwrap());
        let mut rule = SimpleRule::new(Method::Tariff { measure: hours.clone(), price: micros("9.5") });
        let mut add = |comune, adjustment| assert_eq!(rule.adjustments.insert(comune, adjustment), None);
        add(own, Adjustment { price: Some(micros("8.333333")), ..Adjustment::default() });
        add(exempt, Adjustment { exempt: true, ..Adjustment::default() });
        add(fixed, Adjustment { fixed: Some(cents("1.00")), ..Adjustment::default() });
        let bounds = (Some(cents("10.00")), Some(cents("20.00")));
        add(bounded, Adjustment { minimum: bounds.0, maximum: bounds.1, ..Adjustment::default() });
        add(half, Adjustment { multiplier: Some(micros("0.5")), ..Adjustment::default() });
        let rule = Rule { body: RuleBody::Simple(rule), rounding: crate::Rounding::default() };
        let amount = |comune, quantity: &str| rule.tariff_of(&hours, comune).unwrap().amount(micros(quantity));
        for (comune, quantity, expected) in [
            (plain, "0", "0.00"),
            (plain, "10.25", "97.38"), // 97.375
            (own, "3", "25.00"),       // 24.999999
            (bounded, "1", "9.50"),
            (half, "0.1", "0.48"), // 0.475
        ] {
            assert_eq!(amount(comune, quantity), Ok(cents(expected)), "{comune} {quantity}");
        }
        let year = |quantity: &str| rule.tariff_of(&hours, bounded).unwrap().of_year(micros(quantity));
        assert_eq!([year("1"), year("1.5"), year("3")], [Ok(cents("10.00")), Ok(cents("14.25")), Ok(cents("20.00"))]);
        assert!(rule.tariff_of(&hours, exempt).is_none() && rule.tariff_of(&hours, fixed).is_none());
        assert!(rule.tariff_of(&MeasureCode::parse("DAYS").unwrap(), plain).is_none());
        assert!(Rule::by_measure(hours.clone()).tariff_of(&hours, plain).is_none());
        assert_eq!(amount(half, "9223372036854.775807"), Ok(Cents::new(4_381_101_717_506_019)));
        assert_eq!(amount(plain, "-1"), Err(Error::Negative { field: Field::Basis, comune: None }));
    }

    #[test]
    fn a_year_at_the_present_rate() {
        for (done, months, expected) in
            [("10", 5, Some("24")), ("1", 7, Some("1.714286")), ("0", 12, Some("0")), ("3", 0, None)]
        {
            assert_eq!(at_present_rate(micros(done), months, 12), Ok(expected.map(micros)), "{done} {months}");
        }
        assert_eq!(at_present_rate(Micros::new(i64::MAX), 1, 12), Err(Error::Overflow));
        assert!(at_present_rate(micros("-1"), 1, 12).is_err());
    }
}
