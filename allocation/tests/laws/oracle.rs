//! The sums once more, slowly and plainly, in fractions of big numbers. Shares no code with the crate: only its types.

use allocation::{Adjustment, Band, Basis, Method, Micros, PartSize, Rounding, Rule, RuleBody, SimpleRule};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

/// A fraction.
pub(crate) type Q = BigRational;

/// A whole number as a fraction.
pub(crate) fn whole(number: i64) -> Q {
    Q::from_integer(number.into())
}

/// Millionths as a fraction.
pub(crate) fn micros(number: Micros) -> Q {
    Q::new(number.0.into(), 1_000_000.into())
}

/// The nearest whole number, a half up.
pub(crate) fn half_up(share: &Q) -> BigInt {
    (share + Q::new(1.into(), 2.into())).floor().to_integer()
}

/// The exact shares in cents, tariffs and amounts by band rounded; none where there is no solution.
pub(crate) fn exact(amount: i64, rule: &Rule, basis: &Basis) -> Option<Vec<Q>> {
    match &rule.body {
        RuleBody::Simple(simple) => part(&whole(amount), simple, basis),
        RuleBody::Mixed(parts) => {
            let mut sizes = Vec::new();
            for part in parts {
                sizes.push(match part.size {
                    PartSize::Amount(cents) => Some(whole(cents.0)),
                    PartSize::Percent(percent) => Some(whole(amount) * micros(percent) / whole(100)),
                    PartSize::Remainder => None,
                });
            }
            let taken: Q = sizes.iter().flatten().cloned().sum();
            let left = whole(amount) - taken;
            let remainders = sizes.iter().filter(|size| size.is_none()).count();
            let priced =
                parts.iter().all(|part| matches!(part.size, PartSize::Amount(_)) || is_priced(&part.rule.method));
            if left < Q::zero() || remainders > 1 {
                return None;
            }
            if remainders == 0 && !left.is_zero() && !priced {
                return None;
            }
            let mut sums = vec![Q::zero(); basis.comuni().len()];
            for (size, mixed) in sizes.into_iter().zip(parts) {
                let size = size.unwrap_or_else(|| left.clone());
                let shares = part(&size, &mixed.rule, basis)?;
                for (sum, share) in sums.iter_mut().zip(shares) {
                    *sum += share;
                }
            }
            Some(sums)
        }
    }
}

fn is_priced(method: &Method) -> bool {
    matches!(method, Method::Tariff { .. } | Method::FlatByBand { .. })
}

/// What a rule gives each comune of an amount.
fn part(amount: &Q, rule: &SimpleRule, basis: &Basis) -> Option<Vec<Q>> {
    let none = Adjustment::default();
    let mut items = Vec::new();
    let mut left = amount.clone();
    for comune in basis.comuni() {
        let own = rule.adjustments.get(comune).unwrap_or(&none);
        if own.exempt {
            items.push(Item::Pays(Q::zero()));
            continue;
        }
        if let Some(fixed) = own.fixed {
            left -= whole(fixed.0);
            items.push(Item::Pays(whole(fixed.0)));
            continue;
        }
        let measure = rule.method.measure().map(|code| basis.get(code, *comune));
        let value = match measure {
            None => Q::one(),
            Some(Some(value)) => micros(value),
            Some(None) if amount.is_zero() && !is_priced(&rule.method) => Q::zero(),
            Some(None) => return None,
        };
        let weight = match &rule.method {
            Method::Equal => Q::one(),
            Method::ByMeasure { .. } => value,
            Method::ByFixedWeights { weights } => micros(*weights.get(comune)?),
            Method::ByBands { marginal: false, bands, .. } => micros(band(bands, &value)),
            Method::ByBands { marginal: true, bands, .. } => marginal(bands, &value),
            Method::FlatByBand { amounts, .. } => whole(band(amounts, &value).0),
            Method::Tariff { price, .. } => value * micros(own.price.unwrap_or(*price)) * whole(100),
        };
        let weight = weight * own.multiplier.map_or(Q::one(), micros);
        let low = own.minimum.map_or(Q::zero(), |cents| whole(cents.0));
        let high = own.maximum.map(|cents| whole(cents.0));
        if is_priced(&rule.method) {
            let price = Q::from_integer(half_up(&weight));
            items.push(Item::Pays(clamp(&price, &low, high.as_ref())));
        } else {
            items.push(Item::Shares { weight, low, high });
        }
    }
    if is_priced(&rule.method) {
        return Some(items.iter().map(|item| item.at(&Q::zero())).collect());
    }
    // The sum that is solved counts what single comuni pay on their own.
    left += items.iter().filter_map(Item::own).sum::<Q>();
    solve(&left, &items)
}

/// One comune's place in an amount.
enum Item {
    /// So much, whatever the factor.
    Pays(Q),
    /// `clamp(factor x weight, low, high)`.
    Shares { weight: Q, low: Q, high: Option<Q> },
}

impl Item {
    fn own(&self) -> Option<Q> {
        match self {
            Item::Pays(amount) => Some(amount.clone()),
            Item::Shares { .. } => None,
        }
    }

    fn at(&self, factor: &Q) -> Q {
        match self {
            Item::Pays(amount) => amount.clone(),
            Item::Shares { weight, low, high } => clamp(&(factor * weight), low, high.as_ref()),
        }
    }
}

fn clamp(value: &Q, low: &Q, high: Option<&Q>) -> Q {
    let raised = value.max(low).clone();
    high.map_or(raised.clone(), |high| raised.min(high.clone()))
}

/// The shares that add up to the total: between two neighbouring kinks the sum is a straight line.
fn solve(total: &Q, items: &[Item]) -> Option<Vec<Q>> {
    let sum = |factor: &Q| items.iter().map(|item| item.at(factor)).sum::<Q>();
    let mut kinks = vec![Q::zero()];
    for item in items {
        if let Item::Shares { weight, low, high } = item
            && !weight.is_zero()
        {
            kinks.push(low / weight);
            kinks.extend(high.as_ref().map(|high| high / weight));
        }
    }
    kinks.sort();
    // One stretch past the last kink stands for all that follow it.
    let past = kinks.last()? + Q::one();
    let last = sum(kinks.last()?);
    let slope = sum(&past) - &last;
    let factor = if sum(&kinks[0]) > *total {
        return None;
    } else if let Some(exact) = kinks.iter().find(|kink| sum(kink) == *total) {
        exact.clone()
    } else if let Some([below, above]) = kinks.array_windows().find(|[_, above]| sum(above) > *total) {
        let (from, to) = (sum(below), sum(above));
        below + (total - &from) / (to - &from) * (above - below)
    } else if slope.is_zero() {
        return None;
    } else {
        kinks.last()? + (total - last) / slope
    };
    Some(items.iter().map(|item| item.at(&factor)).collect())
}

/// The value of the band a measure falls in.
fn band<T: Copy>(bands: &[Band<T>], value: &Q) -> T {
    let mut bands = bands.iter();
    let found = bands.find(|band| band.up_to.is_none_or(|up_to| *value <= micros(up_to)));
    found.unwrap().value
}

/// The sum over all bands of the weight times what of the measure lies in the band.
fn marginal(bands: &[Band<Micros>], value: &Q) -> Q {
    let mut from = Q::zero();
    let mut sum = Q::zero();
    for band in bands {
        let to = band.up_to.map_or(value.clone(), |up_to| micros(up_to).min(value.clone()));
        let inside = (to - &from).max(Q::zero());
        sum += inside * micros(band.value);
        from = band.up_to.map_or(from, micros);
    }
    sum
}

/// Whole cents from exact shares.
pub(crate) fn round(shares: &[Q], rounding: Rounding) -> Vec<i64> {
    let mut cents: Vec<BigInt> = shares.iter().map(|share| share.floor().to_integer()).collect();
    match rounding {
        Rounding::HalfUpEach => cents = shares.iter().map(half_up).collect(),
        Rounding::LargestRemainder => {
            let rest: Q = shares.iter().map(Q::fract).sum();
            let mut order: Vec<usize> = (0..shares.len()).collect();
            order.sort_by(|a, b| {
                let remainders = shares[*b].fract().cmp(&shares[*a].fract());
                remainders.then(shares[*b].cmp(&shares[*a])).then(a.cmp(b))
            });
            let rest = half_up(&rest).to_usize().unwrap();
            for position in order.into_iter().take(rest) {
                cents[position] += 1;
            }
        }
    }
    cents.iter().map(|cents| cents.to_i64().unwrap()).collect()
}
