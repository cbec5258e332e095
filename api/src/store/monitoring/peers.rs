//! Counts of few people in monitoring reports: what is withheld of a report depends on what else was submitted of the same field, programme and year.
//!
//! The counts of one partner hide each other. Those that the managing body reports of the whole are sums of the partners': where they could give one back they are withheld too.

use std::collections::{BTreeSet, HashMap, HashSet};

use allocation::Micros;
use chrono::NaiveDate;
use sea_orm::Value;

use super::report::{Report, Sought};
use super::submission::stands;
use crate::error::Result;
use crate::store::packed::{self, IDS_A_STATEMENT};
use crate::store::{Transaction, few};

/// What counts of a year are of: the agreement, its programme, the field and the year.
type Year = (i64, String, i64, i32);

/// The counts of a year of one partner, or of the managing body.
type Own<'c> = Vec<&'c Count>;

/// A count that was submitted.
struct Count {
    of: Year,
    partner: Option<i64>,
    month: i32,
    report: i64,
    micros: i64,
    submitted_on: NaiveDate,
    returned_on: Option<NaiveDate>,
}

/// Says of each report that is not shown whole which of its counts are withheld.
pub(super) async fn withhold(tx: &Transaction, reports: &mut [(Sought, Report)]) -> Result<()> {
    let guarded = || reports.iter().filter(|(sought, _)| sought.people_min.is_some()).map(|(_, report)| report);
    let agreements: BTreeSet<i64> = guarded().map(|report| report.row.agreement_id).collect();
    let years: BTreeSet<i32> = guarded().map(|report| report.month.year()).collect();
    let counts = read(tx, &agreements.into_iter().collect::<Vec<_>>(), &years).await?;
    let mut known: HashMap<(Option<NaiveDate>, i64), HashMap<i64, HashSet<i64>>> = HashMap::new();
    for (sought, report) in reports {
        let Some(people_min) = sought.people_min else { continue };
        let of_day =
            known.entry((sought.as_of, people_min)).or_insert_with(|| choose(&counts, sought.as_of, people_min));
        report.withheld = of_day.get(&report.row.id).cloned().unwrap_or_default();
    }
    Ok(())
}

/// Row ids of the fields that are withheld as of a day, by report.
fn choose(counts: &[Count], day: Option<NaiveDate>, people_min: i64) -> HashMap<i64, HashSet<i64>> {
    let mut years: HashMap<&Year, HashMap<Option<i64>, Own<'_>>> = HashMap::new();
    for count in counts.iter().filter(|count| stands(day, count.submitted_on, count.returned_on)) {
        years.entry(&count.of).or_default().entry(count.partner).or_default().push(count);
    }
    let mut found: HashMap<i64, HashSet<i64>> = HashMap::new();
    for (year, mut partners) in years {
        let wholes = partners.remove(&None).unwrap_or_default();
        for report in choose_of_year(&wholes, &partners.into_values().collect::<Vec<_>>(), people_min) {
            found.entry(report).or_default().insert(year.2);
        }
    }
    found
}

/// The reports whose counts of one year are withheld, of the managing body's on the whole and of each partner's.
fn choose_of_year(wholes: &Own<'_>, partners: &[Own<'_>], people_min: i64) -> HashSet<i64> {
    let few_of = |counts: &Own<'_>| {
        let counts: Vec<_> = counts.iter().map(|count| (count.report, count.micros)).collect();
        few::withheld(&counts, people_min)
    };
    let mut found: HashSet<i64> = partners.iter().flat_map(few_of).collect();
    let mut parts: HashMap<i32, i64> = HashMap::new();
    for count in partners.iter().flatten() {
        let sum = parts.entry(count.month).or_default();
        *sum = sum.saturating_add(count.micros);
    }
    // The whole less the partners that are shown is what the others counted, whether they submitted it or not.
    let rest = |whole: &Count| parts.get(&whole.month).map(|sum| whole.micros.saturating_sub(*sum));
    let gives_back = wholes.iter().any(|whole| rest(whole).is_some_and(|rest| few::is_small(rest, people_min)));
    let of_whole = few_of(wholes);
    let is_summed = wholes.iter().any(|whole| of_whole.contains(&whole.report) && parts.contains_key(&whole.month));
    if gives_back || !found.is_empty() {
        found.extend(wholes.iter().map(|whole| whole.report));
    }
    if is_summed {
        found.extend(partners.iter().flatten().map(|count| count.report));
        found.extend(wholes.iter().map(|whole| whole.report));
    }
    found.extend(of_whole);
    found
}

/// All counts of people that were submitted under these agreements, of months of these years.
async fn read(tx: &Transaction, agreements: &[i64], years: &BTreeSet<i32>) -> Result<Vec<Count>> {
    let mut found = Vec::new();
    for some in agreements.chunks(IDS_A_STATEMENT) {
        let (names, mut values) = packed::parameters(some);
        let of_year: Vec<String> = years
            .iter()
            .map(|year| {
                values.extend([Value::from(year * 100 + 1), Value::from(year * 100 + 12)]);
                format!("r.month BETWEEN ${} AND ${}", values.len() - 1, values.len())
            })
            .collect();
        let sql = format!(
            "SELECT r.agreement_id, r.programme_code, r.partner_id, v.field_id, r.month, r.id, v.value, s.submitted_on, t.returned_on \
             FROM monitoring_report r JOIN monitoring_submission s ON s.report_id = r.id \
             JOIN monitoring_submission_value v ON v.submission_id = s.id \
             JOIN monitoring_field f ON f.id = v.field_id AND f.kind = 'NUMBER' AND f.counts_people \
             LEFT JOIN monitoring_return t ON t.submission_id = s.id \
             WHERE r.agreement_id IN ({names}) AND ({})",
            of_year.join(" OR ")
        );
        for row in packed::rows(tx, &sql, values).await? {
            let month: i32 = row.try_get_by_index(4)?;
            let value: String = row.try_get_by_index(6)?;
            found.push(Count {
                of: (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(3)?, month / 100),
                partner: row.try_get_by_index(2)?,
                month,
                report: row.try_get_by_index(5)?,
                micros: Micros::parse(&value)?.get(),
                submitted_on: row.try_get_by_index(7)?,
                returned_on: row.try_get_by_index(8)?,
            });
        }
    }
    Ok(found)
}
