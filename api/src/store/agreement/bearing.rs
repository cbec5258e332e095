//! Who bears what is tied to several services, where each of them may bear any part of it: a greatest flow from commitments to services, in whole cents.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use allocation::Cents;

use crate::error::{Error, Result};

/// What is committed to services that bear it together.
type Group<'g> = (&'g BTreeSet<i64>, Cents);

/// The groups that services cannot bear with what each has free, as few as it takes, those that share a service taken together: the services, and what is
/// committed to them. What is free of these is less than that, and nobody else can help.
pub(super) fn unborne(groups: &[Group<'_>], free: &HashMap<i64, Cents>) -> Result<Vec<(BTreeSet<i64>, Cents)>> {
    let mut bearing = Bearing {
        groups,
        free: free.clone(),
        left: groups.iter().map(|(_, need)| *need).collect(),
        borne: HashMap::new(),
        shut: BTreeSet::new(),
    };
    let mut short = BTreeSet::new();
    for group in 0..groups.len() {
        short.extend(bearing.place(group)?);
    }
    let mut found: Vec<(BTreeSet<i64>, Cents)> = Vec::new();
    for group in short {
        let (mut all, mut sum) = (groups[group].0.clone(), groups[group].1);
        let (shared, others) = found.into_iter().partition::<Vec<_>, _>(|(other, _)| !other.is_disjoint(&all));
        for (other, need) in shared {
            sum = sum.checked_add(need)?;
            all.extend(other);
        }
        found = others;
        found.push((all, sum));
    }
    found.sort();
    Ok(found)
}

/// What services bear so far.
struct Bearing<'g> {
    groups: &'g [Group<'g>],
    /// What each service has free still.
    free: HashMap<i64, Cents>,
    /// What of each group nobody bears yet.
    left: Vec<Cents>,
    /// What each service bears, by group.
    borne: HashMap<i64, BTreeMap<usize, Cents>>,
    /// Services that are full for good: what they bear cannot be moved to any that is not.
    shut: BTreeSet<i64>,
}

/// A way from a group to a service with something free: the service, and how each group and service on it was come by.
struct Way {
    end: i64,
    to_service: HashMap<i64, usize>,
    to_group: HashMap<usize, i64>,
}

impl Bearing<'_> {
    /// Has a group borne as far as it can be, moving others where that helps. Gives the groups that stand in each other's way where something is left.
    fn place(&mut self, group: usize) -> Result<BTreeSet<usize>> {
        while self.left[group] > Cents::ZERO {
            match self.way(group) {
                Ok(way) => self.take(group, &way)?,
                Err((groups, services)) => {
                    // No way leads out of them, now or later.
                    self.shut.extend(services);
                    return Ok(groups);
                }
            }
        }
        Ok(BTreeSet::new())
    }

    /// The shortest way; all that can be come by where there is none.
    fn way(&self, from: usize) -> std::result::Result<Way, (BTreeSet<usize>, BTreeSet<i64>)> {
        let mut way = Way { end: 0, to_service: HashMap::new(), to_group: HashMap::new() };
        let mut seen = BTreeSet::from([from]);
        let mut next = VecDeque::from([from]);
        while let Some(group) = next.pop_front() {
            for service in self.groups[group].0.iter().filter(|service| !self.shut.contains(service)) {
                if way.to_service.contains_key(service) {
                    continue;
                }
                way.to_service.insert(*service, group);
                if self.free.get(service).is_some_and(|free| *free > Cents::ZERO) {
                    way.end = *service;
                    return Ok(way);
                }
                for (other, _) in self.borne.get(service).into_iter().flatten().filter(|(_, sum)| **sum > Cents::ZERO) {
                    if seen.insert(*other) {
                        way.to_group.insert(*other, *service);
                        next.push_back(*other);
                    }
                }
            }
        }
        Err((seen, way.to_service.into_keys().collect()))
    }

    /// Moves as much along a way as it bears.
    fn take(&mut self, from: usize, way: &Way) -> Result<()> {
        let lost = || Error::internal("a way without a beginning");
        // From its end: each service, the group that comes to it, and the service which that group leaves.
        let mut steps = Vec::new();
        let mut service = way.end;
        loop {
            let group = *way.to_service.get(&service).ok_or_else(lost)?;
            if group == from {
                steps.push((service, group, None));
                break;
            }
            let leaves = *way.to_group.get(&group).ok_or_else(lost)?;
            steps.push((service, group, Some(leaves)));
            service = leaves;
        }
        let mut most = self.left[from].min(self.free.get(&way.end).copied().unwrap_or_default());
        for (_, group, leaves) in &steps {
            let Some(leaves) = leaves else { continue };
            most = most.min(self.borne.get(leaves).and_then(|borne| borne.get(group)).copied().unwrap_or_default());
        }
        for (service, group, leaves) in steps {
            let sum = self.borne.entry(service).or_default().entry(group).or_default();
            *sum = sum.checked_add(most)?;
            if let Some(leaves) = leaves {
                let sum = self.borne.entry(leaves).or_default().entry(group).or_default();
                *sum = sum.checked_sub(most)?;
            }
        }
        let free = self.free.entry(way.end).or_default();
        *free = free.checked_sub(most)?;
        self.left[from] = self.left[from].checked_sub(most)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(services: &[i64]) -> BTreeSet<i64> {
        services.iter().copied().collect()
    }

    fn asked(groups: &[(BTreeSet<i64>, i64)], free: &[i64]) -> Vec<(BTreeSet<i64>, i64)> {
        let groups: Vec<_> = groups.iter().map(|(services, need)| (services, Cents::new(*need))).collect();
        let free = (1..).zip(free).map(|(service, cents)| (service, Cents::new(*cents))).collect();
        unborne(&groups, &free).unwrap().into_iter().map(|(services, need)| (services, need.get())).collect()
    }

    #[test]
    fn those_are_named_that_nobody_else_can_help() {
        let (x, y, z) = ((set(&[1, 2]), 100), (set(&[2, 3]), 100), (set(&[3, 4]), 10));
        // Service 2 has 100 for 200; what 4 has is for the third alone.
        let found = asked(&[x.clone(), y.clone(), z.clone()], &[0, 100, 0, 1000]);
        assert_eq!(found, [(set(&[1, 2, 3]), 200)]);
        // The first is moved to service 1, so that the second has 2.
        assert_eq!(asked(&[x.clone(), y.clone(), z.clone()], &[100, 100, 0, 10]), []);
        // Two that share nothing are told apart.
        assert_eq!(asked(&[x, z], &[0, 99, 0, 9]), [(set(&[1, 2]), 100), (set(&[3, 4]), 10)]);
        assert_eq!(asked(&[y], &[5, 0, 100, 0]), []);
    }

    /// Groups can be borne where no choice of them asks for more than its services have: all choices are tried.
    #[test]
    fn it_is_short_where_some_choice_of_groups_asks_for_too_much() {
        let mut seed: u64 = 7;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut short = 0;
        for _ in 0..3_000 {
            let free: Vec<i64> = (0..5).map(|_| i64::try_from(next(20)).unwrap()).collect();
            let groups: Vec<_> = (0..5)
                .map(|_| {
                    let services = (1..=5).filter(|_| next(5) < 2).collect::<BTreeSet<i64>>();
                    (services, i64::try_from(next(14)).unwrap())
                })
                .filter(|(services, _)| services.len() > 1)
                .collect();
            let has = |services: &BTreeSet<i64>| {
                services.iter().map(|at| free[usize::try_from(at - 1).unwrap()]).sum::<i64>()
            };
            let lacks = (1_u32..1 << groups.len()).any(|choice| {
                let chosen =
                    || groups.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1).map(|(_, group)| group);
                chosen().map(|(_, need)| need).sum::<i64>()
                    > has(&chosen().flat_map(|(services, _)| services.clone()).collect())
            });
            let found = asked(&groups, &free);
            assert_eq!(!found.is_empty(), lacks, "{groups:?} {free:?}");
            assert!(found.iter().all(|(services, need)| has(services) < *need), "{groups:?} {free:?}");
            short += usize::from(lacks);
        }
        assert!((500..2_500).contains(&short), "{short}");
    }
}
