//! Which monitoring reports were due on a day, and what became of each.
//!
//! A month of a programme is due when it is over, and so many days of grace after it: on the first day of the next month where there are none. Programmes and partners of a
//! month are those of the version that holds at its end, and each of these partners owes a report; one that the managing body submits of the whole programme stands for all of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{Days, Months, NaiveDate};
use sea_orm::Value;

use super::submission::stands;
use super::terms::{self, Of, Partner, Programme, Terms};
use crate::auth::ReadMonitoringPermit;
use crate::error::{Error, Result};
use crate::limits::{MONITORING_DUTIES_MAX, MONITORING_MONTHS_MAX};
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
    /// The partner that owes it; none where the agreement has none, and the managing body does.
    pub partner: Option<Partner>,
    /// The day from which it is due.
    pub due_on: NaiveDate,
    /// Row id of the report, once there is one for the asker, and whether it was submitted and stands on the day that is asked about.
    pub report: Option<(i64, bool)>,
    /// Whether it was begun by the day that is asked about, for whoever sees drafts.
    pub is_begun: bool,
    /// The day it was submitted, if what was submitted stands on the day that is asked about.
    pub submitted_on: Option<NaiveDate>,
}

/// What somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Row id of the Ambito.
    pub ambito: i64,
    /// Who asks.
    pub permit: ReadMonitoringPermit,
    /// As of which day.
    pub day: NaiveDate,
    /// Days of grace.
    pub grace: u32,
    /// Row id of the only agreement that is meant.
    pub agreement: Option<i64>,
    /// Only months from that of this day on are meant.
    pub from: Option<NaiveDate>,
}

impl Asked {
    /// The first day of what counts.
    fn first_day(&self) -> NaiveDate {
        let back = self.day.checked_sub_months(Months::new(MONITORING_MONTHS_MAX.unsigned_abs())).unwrap_or(self.day);
        self.from.map_or(back, |from| from.max(back))
    }
}

/// A report that is there: its row id, whether it is a draft no more, the day it was begun where that is known, and the days of its submissions.
#[derive(Clone, Debug)]
struct Known {
    id: i64,
    is_submitted: bool,
    begun_on: Option<NaiveDate>,
    submissions: Vec<(NaiveDate, Option<NaiveDate>)>,
}

/// Agreement, programme, month and partner.
type Place = (i64, String, i32, Option<i64>);

/// A row of a report: its id, what it is of, the day it was submitted, and the day it was begun.
type Row = (i64, i64, String, i32, Option<i64>, Option<NaiveDate>, Option<NaiveDate>);

/// What was due in each Ambito, by month, agreement, programme and partner: of the months that count.
pub async fn read(tx: &Transaction, asked: &[Asked]) -> Result<HashMap<Asked, Arc<Vec<Duty>>>> {
    let mut by_ambito: BTreeMap<i64, Vec<Terms>> = BTreeMap::new();
    for terms in all_terms(tx, asked).await? {
        by_ambito.entry(terms.ambito).or_default().push(terms);
    }
    let earliest = asked.iter().filter_map(|one| Month::of(one.first_day())).min();
    let agreements: Vec<i64> = by_ambito.values().flatten().map(|terms| terms.agreement).collect();
    let known = reports(tx, &agreements, earliest.map_or(0, Month::get)).await?;
    let mut found = HashMap::new();
    // Those of the questions before: a request may ask many at once.
    let mut asked_before = 0;
    for one in asked {
        // Things of one list ask the same of their Ambito.
        if found.contains_key(one) {
            continue;
        }
        let of_ambito = by_ambito.get(&one.ambito).map(Vec::as_slice).unwrap_or_default();
        let mut duties = Vec::new();
        for terms in of_ambito.iter().filter(|terms| one.agreement.is_none_or(|id| id == terms.agreement)) {
            add_duties(&mut duties, terms, (one, asked_before), &known)?;
        }
        asked_before += duties.len();
        duties.sort_by(|one, other| key(one).cmp(&key(other)));
        found.insert(*one, Arc::new(duties));
    }
    Ok(found)
}

/// What duties are sorted by.
fn key(duty: &Duty) -> (Month, &str, &str, Option<&str>) {
    (duty.month, &duty.agreement, &duty.programme, duty.partner.as_ref().map(|partner| partner.code.as_str()))
}

/// The agreements that are asked about: single ones where all who ask name one.
async fn all_terms(tx: &Transaction, asked: &[Asked]) -> Result<Vec<Terms>> {
    let named: Option<Vec<i64>> = asked.iter().map(|one| one.agreement).collect();
    let mut ids = named.clone().unwrap_or_else(|| asked.iter().map(|one| one.ambito).collect());
    ids.sort_unstable();
    ids.dedup();
    terms::read(tx, if named.is_some() { Of::Ids(&ids) } else { Of::Ambiti(&ids) }).await
}

fn add_duties(
    duties: &mut Vec<Duty>,
    terms: &Terms,
    (asked, asked_before): (&Asked, usize),
    known: &HashMap<Place, Known>,
) -> Result<()> {
    let Some((first, last)) = terms.months() else { return Ok(()) };
    let mut next = Month::of(asked.first_day().max(first.first_day()));
    while let Some(month) = next.filter(|month| *month <= last) {
        let Some(due_on) = month.last_day().checked_add_days(Days::new(u64::from(asked.grace) + 1)) else { break };
        if due_on > asked.day {
            break;
        }
        let partners = terms.partners(month);
        for programme in terms.programmes(month) {
            if partners.is_empty() && asked.permit.covers(None, true) {
                duties.push(duty(terms, (month, due_on), (programme, None), asked, known));
            }
            for partner in partners.iter().filter(|partner| asked.permit.covers(Some(partner.id), true)) {
                duties.push(duty(terms, (month, due_on), (programme, Some(partner)), asked, known));
            }
        }
        if asked_before + duties.len() > MONITORING_DUTIES_MAX {
            return Err(Error::bad_request(
                format!(
                    "Sono più di {MONITORING_DUTIES_MAX} relazioni: chiedere una convenzione alla volta, o meno mesi (from)."
                ),
                format!(
                    "These are more than {MONITORING_DUTIES_MAX} reports: ask for one agreement at a time, or for fewer months (from)."
                ),
            ));
        }
        next = month.last_day().succ_opt().and_then(Month::of);
    }
    Ok(())
}

fn duty(
    terms: &Terms,
    (month, due_on): (Month, NaiveDate),
    (programme, partner): (&Programme, Option<&Partner>),
    asked: &Asked,
    known: &HashMap<Place, Known>,
) -> Duty {
    let find = |partner: Option<i64>| known.get(&(terms.agreement, programme.code.clone(), month.get(), partner));
    let standing = |known: &Known| {
        let stands = |(on, returned): &&(NaiveDate, Option<NaiveDate>)| stands(Some(asked.day), *on, *returned);
        known.submissions.iter().rfind(stands).map(|(on, _)| *on)
    };
    let own = find(partner.map(|partner| partner.id));
    // That of the managing body on the whole programme, which is not for partners.
    let whole = partner.and_then(|_| find(None));
    let (of_own, of_whole) = (own.and_then(standing), whole.and_then(standing));
    let in_its_place = whole.filter(|_| of_own.is_none() && of_whole.is_some() && asked.permit.covers(None, false));
    let mine = own.filter(|known| known.is_submitted || of_own.is_some() || asked.permit.shows_drafts());
    // What nobody knows the beginning of was there before that was kept.
    let begun = |known: &Known| known.begun_on.is_none_or(|day| day <= asked.day);
    let is_begun = own.is_some_and(begun) && asked.permit.shows_drafts();
    let report = match in_its_place {
        Some(whole) => Some((whole.id, true)),
        None => mine.map(|known| (known.id, of_own.is_some())),
    };
    Duty {
        month,
        agreement_id: terms.agreement,
        agreement: terms.code.clone(),
        programme: programme.code.clone(),
        name: programme.name.clone(),
        partner: partner.cloned(),
        due_on,
        report,
        is_begun,
        submitted_on: of_own.or(of_whole),
    }
}

/// Every report of these agreements from a month on, with its submissions.
async fn reports(tx: &Transaction, agreements: &[i64], from: i32) -> Result<HashMap<Place, Known>> {
    let mut places: HashMap<i64, Place> = HashMap::new();
    let mut found: HashMap<Place, Known> = HashMap::new();
    for some in agreements.chunks(packed::IDS_A_STATEMENT) {
        let (names, mut values) = packed::parameters(some);
        values.push(Value::from(from));
        let which = format!("agreement_id IN ({names}) AND month >= ${}", values.len());
        let columns = "id, agreement_id, programme_code, month, partner_id, submitted_on, begun_on";
        let rows: Vec<Row> =
            packed::table(tx, columns, (format!("FROM monitoring_report WHERE {which}"), values.clone())).await?;
        for (id, agreement, programme, month, partner, submitted_on, begun_on) in rows {
            let place = (agreement, programme, month, partner);
            places.insert(id, place.clone());
            let is_submitted = submitted_on.is_some();
            found.insert(place, Known { id, is_submitted, begun_on, submissions: Vec::new() });
        }
        let from = format!(
            "FROM monitoring_submission s LEFT JOIN monitoring_return t ON t.submission_id = s.id \
             WHERE s.report_id IN (SELECT id FROM monitoring_report WHERE {which})"
        );
        let columns = "s.report_id, s.number, s.submitted_on, t.returned_on";
        let mut rows: Vec<(i64, i32, NaiveDate, Option<NaiveDate>)> =
            packed::table(tx, columns, (from, values)).await?;
        rows.sort_unstable();
        for (report, _, on, returned_on) in rows {
            if let Some(known) = places.get(&report).and_then(|place| found.get_mut(place)) {
                known.submissions.push((on, returned_on));
            }
        }
    }
    Ok(found)
}
