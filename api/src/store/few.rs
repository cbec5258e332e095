//! Few people: which of the counts of one year are withheld from whoever may not see small ones.
//!
//! A count is small where it is not zero and below the threshold. A total of the year less what is shown would give back what is withheld together: so the smallest of the
//! others are withheld with it, until they are two and enough people. Which ones depends on the year alone, never on what is asked of it.

use std::collections::HashSet;
use std::hash::Hash;

/// A whole one, in millionths.
const ONE_MICROS: i64 = 1_000_000;

/// Whether a count (in millionths) is of somebody, but of few.
pub(super) fn is_small(count: i64, people_min: i64) -> bool {
    count != 0 && count.unsigned_abs() < people_min.saturating_mul(ONE_MICROS).unsigned_abs()
}

/// The keys of the counts (in millionths) that are withheld, of those of one year.
pub(super) fn withheld<K: Copy + Eq + Hash + Ord>(counts: &[(K, i64)], people_min: i64) -> HashSet<K> {
    let enough = people_min.saturating_mul(ONE_MICROS).unsigned_abs();
    let mut sorted: Vec<(u64, K)> =
        counts.iter().filter(|(_, count)| *count != 0).map(|(key, count)| (count.unsigned_abs(), *key)).collect();
    sorted.sort_unstable();
    let mut found = HashSet::new();
    if sorted.first().is_none_or(|(smallest, _)| *smallest >= enough) {
        return found;
    }
    let mut people = 0_u64;
    for (count, key) in sorted {
        if count >= enough && found.len() >= 2 && people >= enough {
            break;
        }
        found.insert(key);
        people = people.saturating_add(count);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::withheld;

    fn check(counts: &[i64], expected: &[usize]) {
        let counts: Vec<(usize, i64)> = counts.iter().map(|count| count * 1_000_000).enumerate().collect();
        let mut found: Vec<usize> = withheld(&counts, 5).into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn no_total_gives_a_small_count_back() {
        // Nobody, or enough.
        check(&[], &[]);
        check(&[0, 5, 9], &[]);
        // One small count takes the smallest other with it, but no empty one.
        check(&[4, 9, 6, 0], &[0, 2]);
        // Two hide each other where they are enough together: 2 + 3 = 5, but 1 + 3 = 4.
        check(&[2, 3, 9], &[0, 1]);
        check(&[1, 3, 9], &[0, 1, 2]);
        // Alone there is nothing to hide behind.
        check(&[1], &[0]);
        // What is taken off is as telling as what is added.
        check(&[-2, 7], &[0, 1]);
    }

    #[test]
    fn a_part_of_one_is_few() {
        assert_eq!(withheld(&[(1, 4_999_999), (2, 5_000_000)], 5).len(), 2);
    }
}
