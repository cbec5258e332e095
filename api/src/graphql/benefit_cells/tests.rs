//! What is told of cells, worked out by hand; and that nothing which is told depends on what is withheld, in generated worlds.

use super::*;

const PEOPLE_MIN: usize = 5;

fn month(number: i32) -> Month {
    Month::stored(number).unwrap()
}

/// So many cents due in January of a year; nothing where they are none.
fn due(year: i32, cents: i64) -> Vec<(Month, Cents)> {
    if cents == 0 { Vec::new() } else { vec![(month(year * 100 + 1), Cents::new(cents))] }
}

/// A share of what was recorded in months, as cents of 2023.
fn share((measure, comune): (i64, i64), case: usize, recorded: &[(i32, i64)]) -> Share {
    let recorded: Vec<_> = recorded.iter().map(|(at, cents)| (month(*at), due(2023, *cents))).collect();
    let last = recorded.last().map(|(_, due)| due.clone()).unwrap_or_default();
    Share { measure, comune, kind: "k".into(), case, due: last, recorded }
}

fn sees(own: Option<i64>, closed: i32) -> Sees {
    Sees::Some { own, people_min: PEOPLE_MIN, closed: month(closed) }
}

fn total(shares: &[Share], sees: &Sees) -> Shown {
    add_up(shares, |_, _| Group::default(), sees, || Ok(())).unwrap().1
}

/// Of what is told: grants, people, cents; and whether something is left out.
fn told(shown: Shown) -> (Option<i64>, Option<i64>, Option<i64>, bool) {
    (shown.grants, shown.people, shown.amount.map(Cents::get), shown.withheld)
}

/// Cases from one number to another, each with one euro, recorded in a month.
fn cases(comune: i64, numbers: std::ops::Range<usize>, at: i32) -> Vec<Share> {
    numbers.map(|case| share((1, comune), case, &[(at, 100)])).collect()
}

#[test]
fn a_cell_is_told_of_from_enough_people_on_when_the_month_is_over() {
    let four = cases(1, 0..4, 202_305);
    let five = cases(1, 0..5, 202_305);
    let nothing = (None, None, None, true);
    assert_eq!(told(total(&[], &sees(None, 202_305))), nothing);
    assert_eq!(told(total(&five, &sees(None, 202_304))), nothing);
    assert_eq!(told(total(&four, &sees(None, 202_305))), (None, None, None, true));
    assert_eq!(told(total(&five, &sees(None, 202_305))), (Some(5), Some(5), Some(500), true));
    // Its own a comune sees as it is, and so does whoever sees all.
    assert_eq!(told(total(&four, &sees(Some(1), 202_304))), (Some(4), Some(4), Some(400), true));
    assert_eq!(told(total(&four, &Sees::All)), (Some(4), Some(4), Some(400), false));
    // What few people have is left out, and the rest is told.
    let both: Vec<Share> = five.iter().cloned().chain(cases(2, 10..12, 202_305)).collect();
    assert_eq!(told(total(&both, &sees(None, 202_305))), (Some(5), Some(5), Some(500), true));
    assert_eq!(told(total(&both, &sees(Some(2), 202_305))), (Some(7), Some(7), Some(700), true));
    assert_eq!(told(total(&both, &sees(Some(1), 202_305))), (Some(5), Some(5), Some(500), true));
    // So are other measures: people are told of one only.
    let of_two: Vec<Share> =
        five.iter().cloned().chain((20..26).map(|case| share((2, 1), case, &[(202_305, 10)]))).collect();
    assert_eq!(told(total(&of_two, &sees(None, 202_305))), (Some(11), None, Some(560), true));
}

#[test]
fn what_was_published_moves_on_with_as_many_people_as_make_a_cell() {
    // Six in January; one more in February and three in March are four; with one ended in April they are five.
    let mut shares = cases(1, 0..5, 202_301);
    shares.push(share((1, 1), 5, &[(202_301, 100), (202_304, 0)]));
    shares.extend(cases(1, 6..7, 202_302));
    shares.extend(cases(1, 7..10, 202_303));
    let at = |closed: i32| told(total(&shares, &sees(None, closed)));
    let six = (Some(6), Some(6), Some(600), true);
    assert_eq!([202_301, 202_302, 202_303].map(at), [six; 3]);
    assert_eq!(at(202_304), (Some(9), Some(9), Some(900), true));
    // One whose amount was changed and changed back does not differ.
    let mut shares = cases(1, 0..5, 202_301);
    shares.extend((5..9).map(|case| share((1, 1), case, &[(202_301, 100), (202_302, 50), (202_303, 100)])));
    shares.extend(cases(1, 9..13, 202_303));
    let at = |closed: i32| told(total(&shares, &sees(None, closed)));
    let nine = (Some(9), Some(9), Some(900), true);
    assert_eq!([202_301, 202_302, 202_303].map(at), [nine; 3]);
    // All but two are taken back: few are left, and it is withheld; when nobody is left there is nothing.
    let mut shares = cases(1, 0..2, 202_301);
    shares.extend((2..9).map(|case| share((1, 1), case, &[(202_301, 100), (202_305, 0)])));
    assert_eq!(told(total(&shares, &sees(None, 202_305))), (None, None, None, true));
    let gone: Vec<Share> = (0..5).map(|case| share((1, 1), case, &[(202_301, 100), (202_302, 0)])).collect();
    assert_eq!(told(total(&gone, &sees(None, 202_301))), (Some(5), Some(5), Some(500), true));
    // As where there never was anybody.
    assert_eq!(told(total(&gone, &sees(None, 202_302))), (None, None, None, true));
}

/// xorshift64: worlds are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

/// What a world has of a cell: measure, kind, comune, year, and the people's cents.
#[derive(Clone, Debug)]
struct Truth {
    of: (i64, &'static str, i64, i32),
    people: Vec<i64>,
}

const COMUNI: [i64; 4] = [1, 2, 3, 4];

fn world(dice: &mut Dice) -> Vec<Truth> {
    let mut cells = Vec::new();
    for measure in [1, 2] {
        for kind in ["a", "b"] {
            for comune in COMUNI {
                for year in [2023, 2024] {
                    let people = [0, 1, 2, 3, 4, 5, 6, 9][dice.roll(8)];
                    let people = (0..people).map(|_| 1 + i64::try_from(dice.roll(900)).unwrap()).collect();
                    cells.push(Truth { of: (measure, kind, comune, year), people });
                }
            }
        }
    }
    cells
}

fn shares(world: &[Truth]) -> Vec<Share> {
    let mut shares = Vec::new();
    for Truth { of: (measure, kind, comune, year), people } in world {
        for (number, cents) in people.iter().enumerate() {
            // A comune's first case is the same in all of its cells.
            let case = usize::try_from(*comune).unwrap() * 100 + number;
            let due = due(*year, *cents);
            let recorded = vec![(month(202_212), due.clone())];
            shares.push(Share { measure: *measure, comune: *comune, kind: (*kind).into(), case, due, recorded });
        }
    }
    shares
}

/// All that an asker can be told: by every grouping, of everything and of all subsets of comuni, measures, kinds and years.
fn all_answers(shares: &[Share], own: Option<i64>) -> Vec<(BTreeMap<Group, Shown>, Shown)> {
    let mut answers = Vec::new();
    for comuni in 1..16_u32 {
        for (measures, years) in (1..4_u32).flat_map(|measures| (1..4_u32).map(move |years| (measures, years))) {
            let takes =
                |share: &&Share| comuni >> (share.comune - 1) & 1 == 1 && measures >> (share.measure - 1) & 1 == 1;
            let is_of = |month: &Month| years >> (month.year() - 2023) & 1 == 1;
            let cut = |share: &Share| {
                let mut share = share.clone();
                share.due.retain(|(month, _)| is_of(month));
                share.recorded.iter_mut().for_each(|(_, due)| due.retain(|(month, _)| is_of(month)));
                share
            };
            let asked: Vec<Share> = shares.iter().filter(takes).map(cut).collect();
            // The groupings in turn, and all of them for the whole.
            let groupings = if (comuni, measures, years) == (15, 3, 3) { 0..16_u32 } else { comuni..comuni + 1 };
            for by in groupings {
                let group = |share: &Share, month: Month| Group {
                    measure: (by & 1 == 1).then_some(share.measure),
                    comune: (by & 2 == 2).then_some(share.comune),
                    kind: (by & 4 == 4).then(|| share.kind.clone()),
                    year: (by & 8 == 8).then(|| month.year()),
                    month: None,
                };
                answers.push(add_up(&asked, group, &sees(own, 202_212), || Ok(())).unwrap());
            }
        }
    }
    answers
}

/// Whoever asks, alone or with another comune: a withheld cell could be of any number of people from none to as many as are few, with any amounts, and every answer would be the same.
#[test]
fn whatever_is_withheld_could_be_anything_to_everybody_together() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut tried = 0;
    for _ in 0..2 {
        let world = world(&mut dice);
        let askers = || [None].into_iter().chain(COMUNI.map(Some));
        let told: Vec<_> = askers().map(|own| all_answers(&shares(&world), own)).collect();
        let small: Vec<usize> =
            (0..world.len()).filter(|at| (1..PEOPLE_MIN).contains(&world[*at].people.len())).collect();
        assert!(small.len() >= 8);
        for at in small.into_iter().step_by(6) {
            for people in 0..PEOPLE_MIN {
                let mut other = world.clone();
                other[at].people = (0..people).map(|_| 1 + i64::try_from(dice.roll(5_000)).unwrap()).collect();
                let other = shares(&other);
                for (own, told) in askers().zip(&told).filter(|(own, _)| *own != Some(world[at].of.2)) {
                    assert_eq!(&all_answers(&other, own), told, "{:?} to {own:?}", world[at]);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 60, "{tried}");
}

/// From one month to the next: what is told of a cell is of enough people, and stays or differs by enough of them.
#[test]
fn no_month_tells_of_few() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut moved, mut stayed) = (0, 0);
    for _ in 0..60 {
        let mut shares = Vec::new();
        for case in 0..30 {
            let mut recorded: Vec<(i32, i64)> = Vec::new();
            for number in 1..=12 {
                if dice.roll(5) == 0 {
                    recorded.push((202_300 + number, i64::try_from(dice.roll(3)).unwrap() * 100));
                }
            }
            shares.push(share((1, 1), case, &recorded));
        }
        let mut before: Option<(State, Shown)> = None;
        for closed in 202_301..=202_312 {
            let shown = total(&shares, &sees(None, closed));
            let mut cells = Cells::default();
            shares.iter().enumerate().for_each(|share| cells.note(share, month(closed)));
            let dues = cells.0.values().next().map(|cell| cell.published(PEOPLE_MIN)).unwrap_or_default();
            if dues.is_empty() {
                continue;
            }
            let state: State = dues
                .into_iter()
                .map(|(at, due, cents)| (shares[at].case, BTreeMap::from([(at, vec![(due, cents)])])))
                .collect();
            assert!(state.len() >= PEOPLE_MIN);
            if let Some((old, told)) = before.replace((state.clone(), shown)) {
                let cases: BTreeSet<&usize> = old.keys().chain(state.keys()).collect();
                let differ = cases.into_iter().filter(|case| old.get(case) != state.get(case)).count();
                assert!(differ == 0 || differ >= PEOPLE_MIN, "{differ}");
                assert!(differ > 0 || told == shown);
                moved += usize::from(differ > 0);
                stayed += usize::from(differ == 0);
            }
        }
    }
    assert!(moved > 30 && stayed > 30, "{moved} {stayed}");
}
