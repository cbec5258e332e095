//! What benefits and applications go by outside: numbers at random, since those of rows count how many others were recorded in between, also where nobody may know that.
//!
//! What was recorded before there were such numbers goes by that of its row. A row that has a reference goes by nothing else.

use aws_lc_rs::rand;

use crate::error::{Error, Result};

/// The lowest; the numbers of rows stay below it.
const REFERENCE_MIN: u64 = 1 << 32;
/// The one after the highest.
const REFERENCE_END: u64 = 1 << 62;

/// A reference for a new row. There are so many that two never meet; the database would refuse the second.
pub(super) fn new() -> Result<i64> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the machine gave no random bytes"))?;
    let number = REFERENCE_MIN.saturating_add(u64::from_le_bytes(bytes) % (REFERENCE_END - REFERENCE_MIN));
    i64::try_from(number).map_err(Error::internal)
}

/// The condition of the row that goes by a number.
pub(super) fn goes_by(number: i64) -> String {
    if u64::try_from(number).is_ok_and(|number| number >= REFERENCE_MIN) {
        format!("reference = {number}")
    } else {
        format!("reference IS NULL AND id = {number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_counts_nothing() {
        let mut drawn: Vec<i64> = (0..1_000).map(|_| new().unwrap()).collect();
        assert!(drawn.iter().all(|one| (1 << 32..1 << 62).contains(one)), "{drawn:?}");
        assert!(!drawn.is_sorted());
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 1_000);
    }

    #[test]
    fn a_row_goes_by_one_number() {
        assert_eq!(goes_by(1 << 32), "reference = 4294967296");
        for number in [(1 << 32) - 1, 1, 0, -1, i64::MIN] {
            assert_eq!(goes_by(number), format!("reference IS NULL AND id = {number}"));
        }
    }
}
