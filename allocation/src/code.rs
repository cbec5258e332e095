//! The two kinds of code the arithmetic knows: of a comune and of a measure.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// The ISTAT code of a comune: six digits, a text because it may start with zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IstatCode([u8; 6]);

impl IstatCode {
    /// Reads six ASCII digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let code: [u8; 6] = text.as_bytes().try_into().map_err(|_| Error::NotAnIstatCode)?;
        if code.iter().all(u8::is_ascii_digit) { Ok(Self(code)) } else { Err(Error::NotAnIstatCode) }
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits are ever kept, so the other branch is never taken.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for IstatCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for IstatCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The code of a measure, such as `RESIDENTS`: upper-case letters, digits and underscores, at most 40. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeasureCode(Arc<str>);

impl MeasureCode {
    /// The longest code allowed, in characters.
    pub const LENGTH_MAX: usize = 40;

    /// Reads a code that starts with a letter.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let starts_well = text.starts_with(|first: char| first.is_ascii_uppercase());
        let known = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_';
        if starts_well && text.len() <= Self::LENGTH_MAX && text.bytes().all(known) {
            Ok(Self(text.into()))
        } else {
            Err(Error::NotAMeasureCode)
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MeasureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for MeasureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes() {
        for (text, good) in [
            ("017029", true),
            ("999999", true),
            ("17029", false),
            ("0170290", false),
            ("01702a", false),
            ("", false),
            ("\u{e9}\u{e9}\u{e9}", false),
        ] {
            assert_eq!(IstatCode::parse(text).is_ok(), good, "{text}");
        }
        for (text, good) in [
            ("RESIDENTS", true),
            ("RESIDENTS_65", true),
            ("residents", false),
            ("65", false),
            ("_A", false),
            ("A B", false),
            ("", false),
            ("A2345678901234567890123456789012345678901", false),
            ("A234567890123456789012345678901234567890", true),
        ] {
            assert_eq!(MeasureCode::parse(text).is_ok(), good, "{text}");
        }
    }
}
