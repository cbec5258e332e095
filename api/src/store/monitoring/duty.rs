//! Which monitoring reports were due on a day, and what became of each.
//!
//! A month of a programme is due when it is over, and so many days of grace after it: on the first day of the next month where there are none. The
//! programmes of a month are those of the version that holds at its end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{Days, Months, NaiveDate};
use entity::kinds::MonitoringStatus;
use sea_orm::ActiveEnum;

use super::terms::{self, Of, Terms};
use crate::auth::ReadMonitoringPermit;
use crate::error::Result;
use crate::limits::MONITORING_MONTHS_MAX;
use crate::store::Transaction;
use crate::store::activity::Month;
use crate::store::packed;

/// A report that was due.
#[derive(Clone, Debug)]
pub struct Duty {
    /// The month.
    pub month: Month,
    /// Row id of the agreement.
    pub agreement_id: i64,
    /// Code of the agreement.
    pub agreement: String,
    /// Code of the programme.
    pub programme: String,
    /// Name of the programme.
    pub name: String,
    /// The day from which it is due.
    pub due_on: NaiveDate,
    /// Row id of the report, once there is one for the asker.
    pub report: Option<i64>,
    /// The day it was submitted, if it was by the day that is asked about.
    pub submitted_on: Option<NaiveDate>,
}

/// Who asks of which Ambito (row id), as of which day, with how many days of grace.
pub type Asked = (i64, ReadMonitoringPermit, NaiveDate, u32);

/// What is known of a report: its row id, and the day it was submitted.
type Known = HashMap<(i64, String, i32), (i64, Option<NaiveDate>)>;

/// What was due in each Ambito, by month, agreement and programme: of the months that count.
pub async fn read(tx: &Transaction, asked: &[Asked]) -> Result<HashMap<Asked, Arc<Vec<Duty>>>> {
    let mut ambiti: Vec<i64> = asked.iter().map(|one| one.0).collect();
    ambiti.sort_unstable();
    ambiti.dedup();
    let mut by_ambito: BTreeMap<i64, Vec<Terms>> = BTreeMap::new();
    for terms in terms::read(tx, Of::Ambiti(&ambiti)).await? {
        by_ambito.entry(terms.ambito).or_default().push(terms);
    }
    let known = reports(tx, &ambiti).await?;
    let mut found = HashMap::new();
    for one in asked {
        let (owner, permit, day, grace) = *one;
        let mut duties = Vec::new();
        for terms in by_ambito.get(&owner).map(Vec::as_slice).unwrap_or_default() {
            if permit.covers(&terms.partners) {
                add_duties(&mut duties, terms, (day, grace), (permit, &known));
            }
        }
        // Agreements come by code and programmes as the agreement lists them: the sort keeps to months, agreements, codes.
        duties.sort_by(|one, other| {
            (one.month, &one.agreement, &one.programme).cmp(&(other.month, &other.agreement, &other.programme))
        });
        found.insert(*one, Arc::new(duties));
    }
    Ok(found)
}

fn add_duties(
    duties: &mut Vec<Duty>,
    terms: &Terms,
    (day, grace): (NaiveDate, u32),
    (permit, known): (ReadMonitoringPermit, &Known),
) {
    let Some((first, last)) = terms.months() else { return };
    let months = Months::new(MONITORING_MONTHS_MAX.unsigned_abs());
    let earliest = day.checked_sub_months(months).unwrap_or(day).max(first.first_day());
    let mut next = Month::of(earliest);
    while let Some(month) = next.filter(|month| *month <= last) {
        let Some(due_on) = month.last_day().checked_add_days(Days::new(u64::from(grace) + 1)) else { return };
        if due_on > day {
            return;
        }
        for programme in terms.programmes(month) {
            let report = known.get(&(terms.agreement, programme.code.clone(), month.get()));
            let submitted_on = report.and_then(|report| report.1);
            // What is not submitted is there for whoever sees drafts.
            let shown = report.filter(|_| submitted_on.is_some() || permit.shows_drafts());
            duties.push(Duty {
                month,
                agreement_id: terms.agreement,
                agreement: terms.code.clone(),
                programme: programme.code.clone(),
                name: programme.name.clone(),
                due_on,
                report: shown.map(|report| report.0),
                submitted_on: submitted_on.filter(|submitted| *submitted <= day),
            });
        }
        next = month.last_day().succ_opt().and_then(Month::of);
    }
}

/// Every report of these Ambiti.
async fn reports(tx: &Transaction, ambiti: &[i64]) -> Result<Known> {
    let mut known = HashMap::new();
    for some in ambiti.chunks(packed::IDS_A_STATEMENT) {
        let (names, values) = packed::parameters(some);
        let from = format!(
            "FROM monitoring_report WHERE agreement_id IN (SELECT id FROM agreement WHERE ambito_id IN ({names}))"
        );
        let columns = "id, agreement_id, programme_code, month, status, submitted_on";
        let rows: Vec<(i64, i64, String, i32, String, Option<NaiveDate>)> =
            packed::table(tx, columns, (from, values)).await?;
        for (id, agreement, programme, month, status, submitted_on) in rows {
            let submitted_on = submitted_on.filter(|_| status == MonitoringStatus::Submitted.to_value());
            known.insert((agreement, programme, month), (id, submitted_on));
        }
    }
    Ok(known)
}
