//! Counts of few people in monitoring reports: what is withheld of a report depends on what else was submitted of the same field, programme and year by the same partner.

use std::collections::{BTreeSet, HashMap, HashSet};

use allocation::Micros;
use chrono::NaiveDate;
use sea_orm::Value;

use super::report::{Report, Sought};
use super::submission::stands;
use crate::error::Result;
use crate::store::packed::{self, IDS_A_STATEMENT};
use crate::store::{Transaction, few};

/// The counts of a year that hide each other: those of an agreement's programme, of a partner or of the managing body, to a field.
type Year = (i64, String, Option<i64>, i64, i32);

/// A count that was submitted.
struct Count {
    of: Year,
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
    let mut years: HashMap<&Year, Vec<(i64, i64)>> = HashMap::new();
    for count in counts.iter().filter(|count| stands(day, count.submitted_on, count.returned_on)) {
        years.entry(&count.of).or_default().push((count.report, count.micros));
    }
    let mut found: HashMap<i64, HashSet<i64>> = HashMap::new();
    for (year, counts) in years {
        for report in few::withheld(&counts, people_min) {
            found.entry(report).or_default().insert(year.3);
        }
    }
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
                of: (
                    row.try_get_by_index(0)?,
                    row.try_get_by_index(1)?,
                    row.try_get_by_index(2)?,
                    row.try_get_by_index(3)?,
                    month / 100,
                ),
                report: row.try_get_by_index(5)?,
                micros: Micros::parse(&value)?.get(),
                submitted_on: row.try_get_by_index(7)?,
                returned_on: row.try_get_by_index(8)?,
            });
        }
    }
    Ok(found)
}
