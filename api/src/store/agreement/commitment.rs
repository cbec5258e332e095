//! What agreements commit: lines that are the cost of a service, which budgets are not to be below.
//!
//! They are held in the book, since the problems of a draft are looked at again and again. Of each act, the first or a renewal, that version counts which no
//! amendment has replaced: a renewal is of a further period, and leaves the years before it as they were agreed. What a plan leaves uncovered is worked out in
//! `cover.rs`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use allocation::Cents;
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, Value};

use crate::error::{Code, Error, Refusal, Result};
use crate::store::packed::{self, Bit};
use crate::store::part::{Of, Part};
use crate::store::shape::invalid;

/// The lines of one act of an agreement: its first version or a renewal, as it was amended last.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Code of the agreement.
    pub agreement: Box<str>,
    /// First day of its period, which no other act of the agreement has.
    pub starts_on: NaiveDate,
    /// Row ids of the services that it is tied to.
    pub services: Box<[i64]>,
    /// Codes of its lines, one after the other: an Ambito may have half a million, and each on its own would be a piece of memory of its own.
    codes: Box<str>,
    rows: Box<[Row]>,
}

/// A line without its code, which ends at a place of all codes.
#[derive(Clone, Copy, Debug)]
struct Row {
    gross: Cents,
    service: i64,
    year: i32,
    end: u32,
}

/// A line that an agreement commits somebody to.
#[derive(Clone, Copy, Debug)]
pub struct Commitment<'c> {
    /// Its code.
    pub code: &'c str,
    /// Its year.
    pub year: i32,
    /// Row id of the service whose cost it is.
    pub service_id: Option<i64>,
    /// What is to be paid, with VAT.
    pub gross: Cents,
}

impl Committed {
    /// Its lines, in the order in which they were written.
    pub fn lines(&self) -> impl Iterator<Item = Commitment<'_>> {
        let starts = std::iter::once(0).chain(self.rows.iter().map(|row| row.end));
        self.rows.iter().zip(starts).map(|(row, start)| Commitment {
            code: self.codes.get(start as usize..row.end as usize).unwrap_or_default(),
            year: row.year,
            service_id: (row.service > 0).then_some(row.service),
            gross: row.gross,
        })
    }
}

/// An act while its lines are read.
#[derive(Default)]
struct Reading {
    ambito: i64,
    agreement: Box<str>,
    starts_on: NaiveDate,
    services: Vec<i64>,
    codes: String,
    rows: Vec<Row>,
}

/// The tables that say where a line belongs.
const LINE: &str =
    "agreement_line l JOIN agreement_version v ON v.id = l.version_id JOIN agreement a ON a.id = v.agreement_id";

/// What holds for a version that an amendment has replaced: one of the same act, which begins on the same day.
const REPLACED: &str = "EXISTS (SELECT 1 FROM agreement_version w
    WHERE w.agreement_id = v.agreement_id AND w.starts_on = v.starts_on AND w.effective_from > v.effective_from)";

/// Lines that one statement reads: few enough that their text is small beside the book.
const LINES_A_STATEMENT: usize = 20_000;

/// The acts of an Ambito, by agreement and first day.
type Acts = Arc<[Arc<Committed>]>;

/// The commitments of each Ambito of a part, in as many statements as there are pages of lines; where codes of agreements are given, of these alone.
pub(in crate::store) async fn read(
    db: &impl ConnectionTrait,
    part: Part,
    agreements: Option<&BTreeSet<String>>,
) -> Result<HashMap<i64, Acts>> {
    type Head = (i64, i64, Box<str>, NaiveDate);
    if agreements.is_some_and(BTreeSet::is_empty) {
        return Ok(HashMap::new());
    }
    let rows = |tables: &str, more: &str| {
        let (from, mut values) = part.rows(&format!("{tables} {more} AND NOT {REPLACED}"), "a.ambito_id", Of::Ambito);
        let word = if values.is_empty() { "WHERE" } else { "AND" };
        let Some(codes) = agreements else { return (format!("{from} {word} a.id > 0"), values) };
        let names: Vec<String> = (1..=codes.len()).map(|at| format!("${}", values.len() + at)).collect();
        values.extend(codes.iter().map(|code| Value::from(code.as_str())));
        (format!("{from} {word} a.code IN ({})", names.join(", ")), values)
    };
    let version = "agreement_version v JOIN agreement a ON a.id = v.agreement_id";
    let heads = rows(version, "AND v.line_count > 0");
    let heads: Vec<Head> = packed::table(db, "v.id, a.ambito_id, a.code, v.starts_on", heads).await?;
    let mut acts: HashMap<i64, Reading> = HashMap::with_capacity(heads.len());
    for (version, ambito, agreement, starts_on) in heads {
        acts.insert(version, Reading { ambito, agreement, starts_on, ..Reading::default() });
    }
    if acts.is_empty() {
        return Ok(HashMap::new());
    }
    let tied =
        "agreement_service s JOIN agreement_version v ON v.id = s.version_id JOIN agreement a ON a.id = v.agreement_id";
    let services: Vec<(i64, i64)> = packed::table(db, "s.version_id, s.service_id", rows(tied, "")).await?;
    for (version, service) in services {
        if let Some(act) = acts.get_mut(&version) {
            act.services.push(service);
        }
    }
    lines(db, rows(LINE, ""), &mut acts).await?;
    let mut by_ambito: HashMap<i64, Vec<Arc<Committed>>> = HashMap::new();
    for act in acts.into_values() {
        by_ambito.entry(act.ambito).or_default().push(Arc::new(act.committed()));
    }
    Ok(by_ambito.into_iter().map(|(ambito, acts)| (ambito, sorted(acts))).collect())
}

fn sorted(mut acts: Vec<Arc<Committed>>) -> Acts {
    acts.sort_unstable_by(|one, other| (&one.agreement, one.starts_on).cmp(&(&other.agreement, other.starts_on)));
    acts.into()
}

/// What there was, with what was read anew of agreements with these codes.
pub(in crate::store) fn renewed(before: &Acts, agreements: &BTreeSet<String>, read: &Acts) -> Acts {
    if agreements.is_empty() {
        return before.clone();
    }
    let others = before.iter().filter(|act| !agreements.contains(&*act.agreement));
    sorted(others.chain(read.iter()).cloned().collect())
}

/// Reads the lines of acts, page by page.
async fn lines(
    db: &impl ConnectionTrait,
    (from, values): (String, Vec<Value>),
    acts: &mut HashMap<i64, Reading>,
) -> Result<()> {
    type Line<'t> = (i64, i64, &'t str, i32, Option<i64>, i64);
    let mut after = 0;
    loop {
        let mut values = values.clone();
        values.push(Value::from(after));
        let at = values.len();
        let from = format!(
            "FROM (SELECT l.id, l.version_id, l.code, l.year, l.service_id, l.gross_cents {from} AND l.id > ${at} \
             ORDER BY l.id LIMIT {LINES_A_STATEMENT}) page"
        );
        let text = packed::table_text(db, "id, version_id, code, year, service_id, gross_cents", &from, values).await?;
        let page: Vec<Line<'_>> = packed::parse(&text)?;
        for (id, version, code, year, service, gross) in &page {
            after = after.max(*id);
            let act = acts.get_mut(version).ok_or_else(|| Error::broken("version of agreement", *version))?;
            act.codes.push_str(code);
            let end = u32::try_from(act.codes.len()).map_err(Error::internal)?;
            act.rows.push(Row { gross: Cents::new(*gross), service: service.unwrap_or(0), year: *year, end });
        }
        if page.len() < LINES_A_STATEMENT {
            return Ok(());
        }
    }
}

impl Reading {
    fn committed(self) -> Committed {
        // Copied, since what grew keeps room for more.
        Committed {
            agreement: self.agreement,
            starts_on: self.starts_on,
            services: Box::from(&self.services[..]),
            codes: Box::from(self.codes.as_str()),
            rows: Box::from(&self.rows[..]),
        }
    }
}

/// The row id of a line of an agreement in a year, as it was amended last, and the service whose cost it is.
pub(in crate::store) async fn find(
    tx: &impl ConnectionTrait,
    (ambito, year): (i64, i32),
    (agreement, line): (&str, &str),
) -> Result<Option<(i64, Option<i64>)>> {
    let from = format!(
        "FROM {LINE} AND NOT {REPLACED} WHERE a.ambito_id = $1 AND a.code = $2 AND l.code = $3 AND l.year = $4"
    );
    let values = vec![ambito.into(), agreement.into(), line.into(), year.into()];
    let rows: Vec<(i64, Option<i64>)> = packed::table(tx, "l.id, l.service_id", (from, values)).await?;
    Ok(rows.into_iter().next())
}

/// A line of a budget, and the line of an agreement that it points to, by row id; none where it points to none.
pub(in crate::store) type Pointing = (usize, Option<i64>);

/// Refuses to point to a line of another Ambito, of another year, that is the cost of another service, or that an amendment has dropped.
pub(in crate::store) async fn expect_lines(
    tx: &impl ConnectionTrait,
    (ambito, year, service): (i64, i32, i64),
    lines: impl Iterator<Item = Pointing>,
) -> Result<()> {
    let lines: Vec<(usize, i64)> = lines.filter_map(|(at, line)| Some((at, line?))).collect();
    let mut ids: Vec<i64> = lines.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let in_force = packed::bit(
        "EXISTS (SELECT 1 FROM agreement_line k JOIN agreement_version u ON u.id = k.version_id WHERE u.agreement_id = v.agreement_id \
           AND u.starts_on = v.starts_on AND k.code = l.code AND NOT EXISTS (SELECT 1 FROM agreement_version w \
           WHERE w.agreement_id = u.agreement_id AND w.starts_on = u.starts_on AND w.effective_from > u.effective_from))",
    );
    let mut found: HashMap<i64, (i32, Option<i64>, bool)> = HashMap::new();
    for ids in ids.chunks(packed::IDS_A_STATEMENT) {
        let (parameters, mut values) = packed::parameters(ids);
        values.push(ambito.into());
        let from = format!("FROM {LINE} WHERE l.id IN ({parameters}) AND a.ambito_id = ${}", values.len());
        let columns = format!("l.id, l.year, l.service_id, {in_force}");
        let rows: Vec<(i64, i32, Option<i64>, Bit)> = packed::table(tx, &columns, (from, values)).await?;
        found.extend(rows.into_iter().map(|(id, year, service, in_force)| (id, (year, service, in_force.0))));
    }
    for (at, id) in lines {
        let argument = format!("input.lines.{at}.agreementLine");
        match found.get(&id) {
            None => return Err(Refusal::new(Code::NotFound).argument(argument).into()),
            Some((_, _, false)) => {
                let refusal = Refusal::new(Code::OutsideAgreement).argument(argument).message(
                    "La voce non è più in vigore: una modifica della convenzione l'ha tolta.",
                    "The line is in force no more: an amendment of the agreement has dropped it.",
                );
                return Err(refusal.into());
            }
            Some((of, _, _)) if *of != year => {
                let (it, en) =
                    ("La voce della convenzione è di un altro anno.", "The line of the agreement is of another year.");
                return Err(invalid(&argument, it, en));
            }
            Some((_, Some(of), _)) if *of != service => {
                let (it, en) = (
                    "La voce della convenzione è il costo di un altro servizio.",
                    "The line of the agreement is the cost of another service.",
                );
                return Err(invalid(&argument, it, en));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
