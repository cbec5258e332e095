//! The figures of Ambito 9 as its documents give them, and what follows from them by whole numbers of the tests' own: nothing here
//! comes from the server or from crate `allocation`.

use serde_json::Value;

/// The plan years of the demonstration.
pub(crate) const YEARS: [i32; 3] = [2020, 2021, 2022];
/// A year's 13 budgets together.
pub(crate) const YEAR_TOTAL_CENTS: i128 = 336_600_000;
/// The days of the five counts of residents, as [`Comune::residents`] has them.
pub(crate) const COUNT_DAYS: [&str; 5] = ["2011-10-09", "2018-12-31", "2020-01-01", "2021-01-01", "2022-01-01"];
/// The day that all assumed hours and cases carry.
pub(crate) const ACTIVITY_DAY: &str = "2019-12-31";

/// A comune with what it counts.
#[derive(Debug)]
pub(crate) struct Comune {
    pub(crate) istat: &'static str,
    pub(crate) cadastral: &'static str,
    pub(crate) name: &'static str,
    /// On each of [`COUNT_DAYS`].
    pub(crate) residents: [i128; 5],
    /// Hours of SAD, ADP and ADM, and hours entrusted for SSB, as the document writes them. `0.00` of SAD or ADP: it takes no part.
    pub(crate) hours: [&'static str; 4],
    /// Cases of SAD, ADP and ADM.
    pub(crate) cases: [i128; 3],
}

const fn comune(texts: [&'static str; 3], residents: [i128; 5], hours: [&'static str; 4], cases: [i128; 3]) -> Comune {
    let [istat, cadastral, name] = texts;
    Comune { istat, cadastral, name, residents, hours, cases }
}

/// The 20 comuni, by ISTAT code.
#[rustfmt::skip] // One line a comune.
pub(crate) const COMUNI: [Comune; 20] = [
    comune(["017004", "A188", "Alfianello"], [2451, 2450, 2406, 2388, 2372], ["441.00", "1715.00", "83.25", "312.00"], [5, 6, 1]),
    comune(["017009", "A569", "Bagnolo Mella"], [12692, 12637, 12456, 12406, 12494], ["2982.25", "10109.50", "543.50", "1612.00"], [31, 33, 6]),
    comune(["017013", "A702", "Bassano Bresciano"], [2224, 2328, 2305, 2311, 2333], ["475.00", "1676.00", "121.00", "312.00"], [5, 5, 1]),
    comune(["017053", "C685", "Cigole"], [1619, 1557, 1520, 1482, 1441], ["404.75", "1276.50", "62.25", "312.00"], [4, 4, 1]),
    comune(["017071", "D576", "Fiesse"], [2175, 2055, 2012, 2000, 2003], ["468.50", "1520.50", "100.75", "312.00"], [5, 5, 1]),
    comune(["017073", "D891", "Gambara"], [4697, 4677, 4656, 4578, 4549], ["0.00", "0.00", "173.00", "572.00"], [0, 0, 2]),
    comune(["017078", "D999", "Ghedi"], [18321, 18669, 18444, 18396, 18518], ["0.00", "14188.50", "858.75", "2392.00"], [0, 46, 10]),
    comune(["017080", "E116", "Gottolengo"], [5238, 5151, 5042, 4933, 4957], ["1133.25", "4430.00", "175.25", "676.00"], [12, 14, 2]),
    comune(["017086", "E364", "Isorella"], [4091, 4106, 4078, 4059, 4064], ["0.00", "3202.50", "176.50", "520.00"], [0, 10, 2]),
    comune(["017088", "E526", "Leno"], [14364, 14249, 13972, 13956, 14243], ["3476.75", "0.00", "741.00", "1820.00"], [37, 0, 8]),
    comune(["017103", "E884", "Manerbio"], [12869, 13161, 13167, 13128, 13163], ["2790.25", "0.00", "526.50", "1664.00"], [29, 0, 6]),
    comune(["017108", "F216", "Milzano"], [1799, 1747, 1719, 1736, 1723], ["314.50", "1258.00", "85.50", "312.00"], [3, 4, 1]),
    comune(["017122", "G006", "Offlaga"], [4269, 4061, 4043, 4054, 4117], ["958.50", "3330.00", "150.25", "520.00"], [10, 11, 2]),
    comune(["017137", "G391", "Pavone del Mella"], [2838, 2770, 2730, 2688, 2706], ["565.00", "2050.00", "127.50", "364.00"], [6, 7, 1]),
    comune(["017149", "G859", "Pontevico"], [7121, 7138, 7020, 6910, 6991], ["1856.00", "5996.00", "242.75", "884.00"], [20, 19, 3]),
    comune(["017152", "G977", "Pralboino"], [2912, 2923, 2876, 2798, 2803], ["0.00", "0.00", "125.75", "364.00"], [0, 0, 1]),
    comune(["017172", "H865", "San Gervasio Bresciano"], [2469, 2628, 2634, 2620, 2685], ["515.00", "2260.00", "136.75", "312.00"], [5, 7, 2]),
    comune(["017177", "I607", "Seniga"], [1581, 1419, 1438, 1434, 1427], ["357.50", "1107.00", "56.75", "312.00"], [4, 4, 1]),
    comune(["017195", "L777", "Verolanuova"], [8133, 8190, 8076, 8012, 8018], ["1801.75", "0.00", "401.25", "1040.00"], [19, 0, 4]),
    comune(["017196", "L778", "Verolavecchia"], [3875, 3758, 3756, 3746, 3754], ["706.50", "3006.50", "139.00", "468.00"], [7, 10, 2]),
];

/// What the municipal share of a service is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Residents, of the count that the year freezes.
    Residents,
    /// Hours, at this place of [`Comune::hours`].
    Hours(usize),
    /// 9.00 euro for each hour of ADM.
    Tariff,
    /// Nothing: funds cover it whole.
    Funds,
}

/// A budget of each year: service, amount, funding as (fund, amount), and what the rest is divided by.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) service: &'static str,
    pub(crate) cents: i128,
    pub(crate) funding: &'static [(&'static str, i128)],
    pub(crate) by: By,
}

const fn budget(service: &'static str, euro: i128, funding: &'static [(&'static str, i128)], by: By) -> Budget {
    Budget { service, cents: euro * 100, funding, by }
}

/// The 13 budgets, in the programme's order; the same in each year. FSR's part of ADM is 110,000.00 - 40,000.00 - 9.00 x 5,027.25 hours.
pub(crate) const BUDGETS: [Budget; 13] = [
    budget("STAFF", 105_000, &[], By::Residents),
    budget("ORGANI", 125_000, &[], By::Residents),
    budget("TUTELA", 180_000, &[("FNPS", 18_000_000)], By::Funds),
    budget("ADM", 110_000, &[("FNPS", 4_000_000), ("FSR", 2_475_475)], By::Tariff),
    budget("SIL", 105_000, &[("FNPS", 3_000_000), ("FSR", 2_500_000)], By::Residents),
    budget("CONSULENZA", 10_000, &[("FNPS", 1_000_000)], By::Funds),
    budget("MEDIAZIONE", 121_000, &[("FNPS", 12_100_000)], By::Funds),
    budget("SSB", 265_000, &[], By::Hours(3)),
    budget("SAD", 430_000, &[], By::Hours(0)),
    budget("ADP", 1_100_000, &[], By::Hours(1)),
    budget("PROGETTI-UDP", 175_000, &[("VINCOLATE", 17_500_000)], By::Funds),
    budget("PROGETTI-PROV", 40_000, &[("VINCOLATE", 4_000_000)], By::Funds),
    budget("TITOLI", 600_000, &[("VINCOLATE", 60_000_000)], By::Funds),
];

impl Comune {
    /// Residents of the count that a plan year freezes.
    pub(crate) fn residents_of(&self, year: i32) -> i128 {
        self.residents[count_of(year)]
    }
}

impl Budget {
    /// What funds leave to the comuni.
    pub(crate) fn municipal_share(&self) -> i128 {
        self.cents - self.funding.iter().map(|(_, cents)| cents).sum::<i128>()
    }

    /// The comuni that take part.
    pub(crate) fn participants(&self) -> Vec<&'static Comune> {
        let takes_part = |comune: &&Comune| !matches!(self.by, By::Hours(at) if hundredths(comune.hours[at]) == 0);
        COMUNI.iter().filter(takes_part).collect()
    }

    /// The code of the measure, the day it describes and each participant's value as text; none where the rule counts nothing.
    pub(crate) fn basis(&self, year: i32) -> Option<(&'static str, &'static str, Vec<String>)> {
        let (measure, day, value): (_, _, &dyn Fn(&Comune) -> String) = match self.by {
            By::Funds => return None,
            By::Residents => ("RESIDENTS", COUNT_DAYS[count_of(year)], &|comune| comune.residents_of(year).to_string()),
            By::Tariff => ("HOURS", ACTIVITY_DAY, &|comune| plain(comune.hours[2])),
            By::Hours(3) => ("ENTRUSTED_HOURS", ACTIVITY_DAY, &|comune| plain(comune.hours[3])),
            By::Hours(at) => ("HOURS", ACTIVITY_DAY, &move |comune| plain(comune.hours[at])),
        };
        Some((measure, day, self.participants().into_iter().map(value).collect()))
    }

    /// The quota of each participant, by ISTAT code.
    pub(crate) fn quotas(&self, year: i32) -> Vec<(&'static str, i128)> {
        let comuni = self.participants();
        let weigh = |weight: &dyn Fn(&Comune) -> i128| {
            comuni.iter().map(|comune| (comune.istat, weight(comune))).collect::<Vec<_>>()
        };
        match self.by {
            By::Funds => weigh(&|_| 0),
            // 9.00 euro x hundredths of an hour / 100, in cents: 900 x h / 100.
            By::Tariff => weigh(&|comune| hundredths(comune.hours[2]) * 9),
            By::Residents => largest_remainder(self.municipal_share(), &weigh(&|comune| comune.residents_of(year))),
            By::Hours(at) => largest_remainder(self.municipal_share(), &weigh(&|comune| hundredths(comune.hours[at]))),
        }
    }
}

/// What a comune owes for a year, over all services.
pub(crate) fn amount_due(istat: &str, year: i32) -> i128 {
    let all = BUDGETS.iter().flat_map(|budget| budget.quotas(year));
    all.filter(|(comune, _)| *comune == istat).map(|(_, cents)| cents).sum()
}

/// A budget by the code of its service.
pub(crate) fn budget_of(service: &str) -> &'static Budget {
    BUDGETS.iter().find(|budget| budget.service == service).unwrap()
}

/// Where the count that a plan year freezes stands in [`COUNT_DAYS`].
fn count_of(year: i32) -> usize {
    match year {
        2020 => 1,
        2021 => 2,
        2022 => 3,
        other => panic!("there is no plan of {other}"),
    }
}

/// `"83.25"` as 8325.
pub(crate) fn hundredths(text: &str) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap();
    assert_eq!(decimals.len(), 2, "{text}");
    whole.parse::<i128>().unwrap() * 100 + decimals.parse::<i128>().unwrap()
}

/// `"441.00"` as the server writes numbers: `"441"`.
fn plain(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Cents as the server writes money.
pub(crate) fn euro(cents: i128) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `part / whole` with six decimals, half up.
pub(crate) fn share(part: i128, whole: i128) -> String {
    let millionths = (part * 2_000_000 + whole) / (whole * 2);
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// Shares an amount by weights: each rounded down, and the cents left over to the largest remainders, of equal ones to the larger
/// weight, of equal ones again to the lower code.
pub(crate) fn largest_remainder(amount: i128, weights: &[(&'static str, i128)]) -> Vec<(&'static str, i128)> {
    let total: i128 = weights.iter().map(|(_, weight)| weight).sum();
    let mut quotas: Vec<(&str, i128)> = weights.iter().map(|(code, weight)| (*code, amount * weight / total)).collect();
    let left = amount - quotas.iter().map(|(_, quota)| quota).sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| {
        let (code, weight) = weights[*at];
        (-(amount * weight % total), -weight, code)
    });
    for at in &order[..usize::try_from(left).unwrap()] {
        quotas[*at].1 += 1;
    }
    quotas
}

/// Cuts a quota into 40, 40 and 20 percent: what is due up to each day, rounded half up, less what was due before.
pub(crate) fn instalments(cents: i128) -> [i128; 3] {
    let up_to = |percent: i128| (cents * percent * 2 + 100) / 200;
    [up_to(40), up_to(80) - up_to(40), cents - up_to(80)]
}

/// The cents of a `Euro`, wide enough to be added up.
pub(crate) fn wide(euro: &Value) -> i128 {
    i128::from(super::cents(euro))
}

/// The entries of a JSON list.
#[track_caller]
pub(crate) fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

#[test]
fn the_tables_add_up() {
    assert_eq!(BUDGETS.iter().map(|budget| budget.cents).sum::<i128>(), YEAR_TOTAL_CENTS);
    let hours: i128 = COMUNI.iter().map(|comune| hundredths(comune.hours[2])).sum();
    assert_eq!(budget_of("ADM").municipal_share(), hours * 9);
    assert_eq!((budget_of("SAD").participants().len(), budget_of("ADP").participants().len()), (16, 15));
    for budget in &BUDGETS {
        for year in YEARS {
            assert_eq!(
                budget.quotas(year).iter().map(|(_, cents)| cents).sum::<i128>(),
                budget.municipal_share(),
                "{}",
                budget.service
            );
        }
    }
}
