//! Scalars: texts with one spelling. Each refuses on input everything that it would not write itself, JSON numbers included.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;

use allocation::{Cents, Micros};

/// Takes a value that must be a text; anything else is of the wrong type.
fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn parsed<T: ScalarType + InputType>(value: &Value, parse: impl Fn(&str) -> Option<T>) -> InputValueResult<T> {
    text(value).and_then(parse).ok_or_else(|| InputValueError::custom("malformed"))
}

/// Money in euro (importo): a text with exactly two decimals, `"110000.00"`. Never a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Euro(pub Cents);

/// Money in euro (importo): a text with exactly two decimals, `"110000.00"`. Never a JSON number.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-7")]
impl ScalarType for Euro {
    fn parse(value: Value) -> InputValueResult<Self> {
        parsed(&value, |text| Cents::parse(text).ok().map(Self))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An exact decimal number (numero decimale) as a text, `"33.333333"`: at most six decimals on input, no exponent, never a JSON number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactDecimal(String);

impl ExactDecimal {
    /// Always six decimals, as shares are written.
    pub(super) fn six_places(micros: Micros) -> Self {
        Self(micros.display_six())
    }

    /// The number, where it came in as an argument. What does not fit was refused before the resolver ran.
    pub(super) fn micros(&self) -> Result<Micros, allocation::Error> {
        Micros::parse(&self.0)
    }
}

impl From<Micros> for ExactDecimal {
    fn from(micros: Micros) -> Self {
        Self(micros.to_string())
    }
}

impl From<Decimal> for ExactDecimal {
    fn from(decimal: Decimal) -> Self {
        Self(decimal.normalize().to_string())
    }
}

/// An exact decimal number (numero decimale) as a text, `"33.333333"`: at most six decimals on input, no exponent, never a JSON number.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-7")]
impl ScalarType for ExactDecimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        parsed(&value, |text| Micros::parse(text).ok().map(Self::from))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A day (data) as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

impl Date {
    /// The day that a text is, where it is spelled as the scalar is.
    pub fn read(text: &str) -> Option<Self> {
        let text: &[u8; 10] = text.as_bytes().try_into().ok()?;
        let (year, month, day) = (&text[..4], &text[5..7], &text[8..]);
        if (text[4], text[7]) != (b'-', b'-') {
            return None;
        }
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(*byte - b'0'));
        let number = |digits: &[u8]| digits.iter().try_fold(0, |number, byte| Some(number * 10 + digit(byte)?));
        let year = i32::try_from(number(year)?).ok()?;
        NaiveDate::from_ymd_opt(year, number(month)?, number(day)?).map(Self)
    }
}

/// A day (data) as `YYYY-MM-DD`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        parsed(&value, Self::read)
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant (data e ora) in UTC as RFC 3339, `"2020-12-31T09:30:00Z"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

impl DateTime {
    /// As it is written.
    pub(super) fn spelled(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// An instant (data e ora) in UTC as RFC 3339, `"2020-12-31T09:30:00Z"`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        parsed(&value, |text| {
            let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?;
            text.ends_with('Z').then(|| Self(instant.with_timezone(&Utc)))
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.spelled())
    }
}

/// The code that ISTAT gives a comune (codice ISTAT): six digits as a text, `"017004"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IstatCode(pub allocation::IstatCode);

impl IstatCode {
    /// The code that a text is.
    pub fn read(text: &str) -> Option<Self> {
        allocation::IstatCode::parse(text).ok().map(Self)
    }
}

/// The code that ISTAT gives a comune (codice ISTAT): six digits as a text, `"017004"`.
#[Scalar(specified_by_url = "https://www.istat.it/classificazione/codici-dei-comuni-delle-province-e-delle-regioni/")]
impl ScalarType for IstatCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        parsed(&value, Self::read)
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: ScalarType>(accepted: &[&str], refused: &[Value]) {
        for text in accepted {
            let value = T::parse(Value::from(*text)).ok().expect(text);
            assert_eq!(value.to_value(), Value::from(*text));
        }
        for value in refused {
            assert!(!T::is_valid(value), "{value} is accepted");
        }
    }

    fn texts(texts: &[&str]) -> Vec<Value> {
        let numbers = [Value::from(1), Value::Boolean(true), Value::from(vec!["1"])];
        texts.iter().map(|text| Value::from(*text)).chain(numbers).collect()
    }

    #[test]
    fn every_scalar_has_one_spelling() {
        check::<Euro>(
            &["110000.00", "0.01", "-5.10"],
            &texts(&["1e3", "1.5", "1", "", "+1.00", "1,00", "1.000", " 1.00", "99999999999999999999.00"]),
        );
        check::<ExactDecimal>(&["33.333333", "9", "-0.5"], &texts(&["1e3", "", "1.", "+1", "1_0", "0.1234567", "NaN"]));
        check::<Date>(
            &["2020-12-31", "2020-02-29"],
            &texts(&[
                "2020-13-01",
                "2020-00-01",
                "2020-01-00",
                "2020-04-31",
                "2021-02-29",
                "20:0-01-01",
                "２020-01",
                "2020/01/01",
                "2020-01-01 ",
                "2020-1-1",
                "20201231",
                "2020-12-31T00:00:00Z",
                "+020-01-01",
            ]),
        );
        check::<DateTime>(
            &["2020-12-31T09:30:00Z"],
            &texts(&["2020-12-31", "2020-12-31T09:30:00", "2020-12-31T09:30:00+01:00", "2020-12-31T25:00:00Z"]),
        );
        check::<IstatCode>(&["017004"], &texts(&["17004", "0170044", "01700a", "", "०१७००४"]));
    }
}
