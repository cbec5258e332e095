//! What a plan's figures must come to, worked out from what went in: whole cents and whole weights, nothing of the server and nothing of crate
//! `allocation`. Each rule is written down again from its description.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::support::figures::{BUDGETS, By, COMUNI, Comune, hundredths};

/// An ISTAT code, or the code of a service or fund.
pub(super) type Code = &'static str;
/// Weights by comune, all of one scale.
pub(super) type Weights = BTreeMap<Code, i128>;
/// Cents by comune.
pub(super) type Quotas = BTreeMap<Code, i128>;

/// How what the funds leave is divided.
#[derive(Clone, Debug)]
pub(super) enum Sharing {
    /// The funds leave nothing.
    Nothing,
    /// In proportion.
    By(Weights),
    /// So many percent in proportion to the first, the rest in proportion to the second.
    Mixed(i128, Weights, Weights),
    /// So many cents an hour, for hundredths of hours; one fund takes up what is left.
    Tariff(i128, Weights),
}

/// One service in a plan.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) code: Code,
    pub(super) budget: i128,
    /// What funds cover, in their order.
    pub(super) funds: Vec<(Code, i128)>,
    /// The fund that takes up the rest.
    pub(super) balancing: Option<Code>,
    pub(super) sharing: Sharing,
}

/// A version of a year's plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) year: i32,
    pub(super) services: Vec<Service>,
    pub(super) schedule: Vec<Due>,
}

/// An instalment: its number, its day, and millionths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) number: usize,
    pub(super) day: NaiveDate,
    pub(super) percent: i128,
}

/// A day from its text.
pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Rounds half up; away from zero where below it.
pub(super) fn half_up(numerator: i128, denominator: i128) -> i128 {
    numerator.signum() * ((numerator.abs() * 2 + denominator) / (denominator * 2))
}

/// Shares an amount whose exact shares are `numerator / denominator` cents each: all are cut to the cent, and the cents that this leaves go to those of
/// whom most was cut; where that is the same, to the larger share, and then to the lower code.
fn largest_remainders(amount: i128, exact: &BTreeMap<Code, i128>, denominator: i128) -> Quotas {
    let mut quotas: Quotas = exact.iter().map(|(code, numerator)| (*code, numerator / denominator)).collect();
    let left = amount - quotas.values().sum::<i128>();
    let mut waiting: Vec<(i128, i128, Code)> =
        exact.iter().map(|(code, numerator)| (-(numerator % denominator), -numerator, *code)).collect();
    waiting.sort_unstable();
    assert!((0..=waiting.len()).contains(&usize::try_from(left).unwrap()), "{left} cents are left");
    for (_, _, code) in waiting.into_iter().take(usize::try_from(left).unwrap()) {
        *quotas.get_mut(code).unwrap() += 1;
    }
    quotas
}

impl Service {
    /// What the funds with an amount of their own leave.
    fn left_by_funds(&self) -> i128 {
        self.budget - self.funds.iter().map(|(_, cents)| cents).sum::<i128>()
    }

    /// What each comune that takes part owes.
    pub(super) fn quotas(&self) -> Quotas {
        let share = self.left_by_funds();
        match &self.sharing {
            Sharing::Nothing => COMUNI.iter().map(|comune| (comune.istat, 0)).collect(),
            Sharing::By(weights) => {
                let exact = weights.iter().map(|(code, weight)| (*code, share * weight)).collect();
                largest_remainders(share, &exact, weights.values().sum())
            }
            Sharing::Mixed(percent, first, rest) => {
                let (of_first, of_rest): (i128, i128) = (first.values().sum(), rest.values().sum());
                let exact = first.iter().map(|(code, weight)| {
                    let parts = percent * weight * of_rest + (100 - percent) * rest[code] * of_first;
                    (*code, share * parts)
                });
                largest_remainders(share, &exact.collect(), 100 * of_first * of_rest)
            }
            Sharing::Tariff(price, hours) => {
                hours.iter().map(|(code, hours)| (*code, half_up(price * hours, 100))).collect()
            }
        }
    }

    /// What the comuni pay together.
    pub(super) fn municipal_share(&self) -> i128 {
        self.quotas().values().sum()
    }

    /// What every fund covers, with that of the one that takes up the rest.
    pub(super) fn coverage(&self) -> Vec<(Code, i128)> {
        let rest = self.balancing.map(|fund| (fund, self.left_by_funds() - self.municipal_share()));
        self.funds.iter().copied().chain(rest).collect()
    }
}

impl Plan {
    /// The plan of a year as the founding figures have it, which is the same in each of their years.
    pub(super) fn founding(year: i32) -> Self {
        let service = |budget: &crate::support::figures::Budget| {
            let balancing = (budget.by == By::Tariff).then_some("FSR");
            let fixed = budget.funding.iter().filter(|(fund, _)| Some(*fund) != balancing).copied();
            let hours = |at: usize| weights(&|comune| hundredths(comune.hours[at]));
            let sharing = match budget.by {
                By::Funds => Sharing::Nothing,
                By::Residents => Sharing::By(weights(&|comune| comune.residents_of(year.min(2022)))),
                By::Hours(at) => Sharing::By(hours(at).into_iter().filter(|(_, hours)| *hours > 0).collect()),
                By::Tariff => Sharing::Tariff(900, hours(2)),
            };
            Service { code: budget.service, budget: budget.cents, funds: fixed.collect(), balancing, sharing }
        };
        let schedule = [("03-31", 40), ("07-31", 40), ("12-15", 20)];
        let schedule = schedule.map(|(due, percent)| (format!("{year}-{due}"), percent * 1_000_000));
        let mut plan = Self { year, services: BUDGETS.iter().map(service).collect(), schedule: Vec::new() };
        plan.set_schedule(&schedule.each_ref().map(|(due, percent)| (due.as_str(), *percent)));
        plan
    }

    /// Says when its quotas are due.
    pub(super) fn set_schedule(&mut self, schedule: &[(&str, i128)]) {
        let due =
            |(at, (due, percent)): (usize, &(&str, i128))| Due { number: at + 1, day: day(due), percent: *percent };
        self.schedule = schedule.iter().enumerate().map(due).collect();
    }

    /// A service of it.
    pub(super) fn service(&self, code: &str) -> &Service {
        self.services.iter().find(|service| service.code == code).unwrap()
    }

    /// The same, to be changed.
    pub(super) fn service_mut(&mut self, code: &str) -> &mut Service {
        self.services.iter_mut().find(|service| service.code == code).unwrap()
    }

    /// All budgets.
    pub(super) fn total(&self) -> i128 {
        self.services.iter().map(|service| service.budget).sum()
    }

    /// What the comuni pay together.
    pub(super) fn municipal_share(&self) -> i128 {
        self.services.iter().map(Service::municipal_share).sum()
    }

    /// What a comune owes for a service; nothing where it takes no part.
    pub(super) fn quota(&self, service: &str, comune: &str) -> i128 {
        self.service(service).quotas().get(comune).copied().unwrap_or(0)
    }

    /// What a comune owes.
    pub(super) fn amount_due(&self, comune: &str) -> i128 {
        self.services.iter().map(|service| self.quota(service.code, comune)).sum()
    }
}

/// A weight for each comune.
pub(super) fn weights(weight: &dyn Fn(&Comune) -> i128) -> Weights {
    COMUNI.iter().map(|comune| (comune.istat, weight(comune))).collect()
}

/// Splits an amount over some instalments: up to each it is the amount times what their percentages add up to until then, rounded half up.
pub(super) fn split(cents: i128, percents: &[i128]) -> Vec<i128> {
    let whole: i128 = percents.iter().sum();
    let mut so_far = 0;
    let until_each = |percent: &i128| {
        so_far += percent;
        half_up(cents * so_far, whole)
    };
    let until: Vec<i128> = percents.iter().map(until_each).collect();
    let before = [0].into_iter().chain(until.iter().copied());
    until.iter().zip(before).map(|(until, before)| until - before).collect()
}

/// A day as the server writes it.
pub(super) fn text(day: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

#[test]
fn the_arithmetic_by_hand() {
    // 10.00 euro by 1, 1 and 1: 3.333..., of equal remainders and weights the lower code has the cent.
    let three = BTreeMap::from([("a", 1), ("b", 1), ("c", 1)]);
    let service = |sharing| Service { code: "S", budget: 1_200, funds: vec![("F", 200)], balancing: None, sharing };
    assert_eq!(service(Sharing::By(three.clone())).quotas(), BTreeMap::from([("a", 334), ("b", 333), ("c", 333)]));
    // 6.00 by 1, 2, 3 and 4.00 by 1, 1, 1: 2.333..., 3.333..., 4.333...; of equal remainders the larger share.
    let mixed = Sharing::Mixed(60, BTreeMap::from([("a", 1), ("b", 2), ("c", 3)]), three);
    assert_eq!(service(mixed).quotas(), BTreeMap::from([("a", 233), ("b", 333), ("c", 434)]));
    // 9.50 euro for 0.01 and for 1.10 hours: 9.5 cents, and 10.45 euro.
    let tariff = service(Sharing::Tariff(950, BTreeMap::from([("a", 1), ("b", 110)])));
    assert_eq!(tariff.quotas(), BTreeMap::from([("a", 10), ("b", 1_045)]));
    let balanced = Service { balancing: Some("G"), ..tariff };
    assert_eq!(balanced.coverage(), [("F", 200), ("G", 1_000 - 1_055)]);
    assert_eq!(split(1_000, &[20, 40]), [333, 667]);
    assert_eq!(split(-1_000, &[40, 20]), [-667, -333]);
    assert_eq!(split(1, &[30, 30, 40]), [0, 1, 0]);
}
