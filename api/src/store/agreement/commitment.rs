//! What agreements commit: lines that are the cost of a service, whose budget is not to be below them.
//!
//! They are held in the book, since the problems of a draft are looked at again and again. Of each agreement those versions count that no amendment
//! has replaced: a renewal is of a further period, and leaves the years before it as they were agreed.

use std::collections::{BTreeMap, HashMap, HashSet};

use allocation::Cents;
use sea_orm::ConnectionTrait;

use crate::error::{Code, Refusal, Result};
use crate::store::master::AmbitoBook;
use crate::store::packed;
use crate::store::part::{Of, Part};
use crate::store::plan::BudgetBook;
use crate::store::shape::invalid;

/// A line that an agreement commits somebody to.
#[derive(Clone, Debug)]
pub struct Commitment {
    /// Code of the agreement.
    pub agreement: Box<str>,
    /// Code of the line.
    pub line: Box<str>,
    /// Its year.
    pub year: i32,
    /// Row id of the service whose cost it is.
    pub service_id: Option<i64>,
    /// What is to be paid, with VAT.
    pub gross: Cents,
}

/// The tables that say where a line belongs.
const LINE: &str =
    "agreement_line l JOIN agreement_version v ON v.id = l.version_id JOIN agreement a ON a.id = v.agreement_id";

/// What holds for a version that an amendment has replaced, which then follows it.
const REPLACED: &str = "EXISTS (SELECT 1 FROM agreement_version w
    WHERE w.agreement_id = v.agreement_id AND w.number = v.number + 1 AND w.kind = 'AMENDMENT')";

/// The commitments of each Ambito of a part, in one statement.
pub(in crate::store) async fn read(db: &impl ConnectionTrait, part: Part) -> Result<HashMap<i64, Box<[Commitment]>>> {
    type Row = (i64, Box<str>, Box<str>, i32, Option<i64>, i64);
    let from = part.rows(&format!("{LINE} AND NOT {REPLACED}"), "a.ambito_id", Of::Ambito);
    let rows: Vec<Row> =
        packed::table(db, "a.ambito_id, a.code, l.code, l.year, l.service_id, l.gross_cents", from).await?;
    let mut by_ambito: HashMap<i64, Vec<Commitment>> = HashMap::new();
    for (ambito, agreement, line, year, service_id, gross) in rows {
        let commitment = Commitment { agreement, line, year, service_id, gross: Cents::new(gross) };
        by_ambito.entry(ambito).or_default().push(commitment);
    }
    Ok(by_ambito.into_iter().map(|(ambito, commitments)| (ambito, commitments.into())).collect())
}

/// What agreements commit to the service of a budget in a year: the lines that are its cost, and those that its own lines point to.
pub(in crate::store) fn of_budget(ambito: &AmbitoBook, year: i32, budget: &BudgetBook) -> Result<Cents> {
    let points_to = |commitment: &&Commitment| {
        let mut pointing = budget.lines.iter().filter_map(|line| line.agreement_line.as_deref());
        pointing.any(|to| to.agreement() == &*commitment.agreement && to.code() == &*commitment.line)
    };
    let own = ambito.commitments.iter().filter(|commitment| commitment.year == year);
    let own = own.filter(|one| one.service_id == Some(budget.service_id) || points_to(one));
    Ok(Cents::sum(own.map(|commitment| commitment.gross))?)
}

/// What agreements commit in a year to services that none of these budgets is of, by row id of the service.
pub(in crate::store) fn without_budget(
    ambito: &AmbitoBook,
    year: i32,
    budgets: &[BudgetBook],
) -> Result<BTreeMap<i64, Cents>> {
    let has_budget: HashSet<i64> = budgets.iter().map(|budget| budget.service_id).collect();
    let mut sums: BTreeMap<i64, Cents> = BTreeMap::new();
    for one in ambito.commitments.iter().filter(|one| one.year == year) {
        if let Some(service) = one.service_id.filter(|service| !has_budget.contains(service)) {
            let sum = sums.entry(service).or_insert(Cents::ZERO);
            *sum = sum.checked_add(one.gross)?;
        }
    }
    Ok(sums)
}

/// A line of a budget, and the line of an agreement that it points to, by row id; none where it points to none.
pub(in crate::store) type Pointing = (usize, Option<i64>);

/// Refuses to point to a line of another Ambito, of another year, or that is the cost of another service.
pub(in crate::store) async fn expect_lines(
    tx: &impl ConnectionTrait,
    (ambito, year, service): (i64, i32, i64),
    lines: impl Iterator<Item = Pointing>,
) -> Result<()> {
    let lines: Vec<(usize, i64)> = lines.filter_map(|(at, line)| Some((at, line?))).collect();
    let mut ids: Vec<i64> = lines.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found: HashMap<i64, (i32, Option<i64>)> = HashMap::new();
    for ids in ids.chunks(packed::IDS_A_STATEMENT) {
        let (parameters, mut values) = packed::parameters(ids);
        values.push(ambito.into());
        let from = format!("FROM {LINE} WHERE l.id IN ({parameters}) AND a.ambito_id = ${}", values.len());
        let rows: Vec<(i64, i32, Option<i64>)> =
            packed::table(tx, "l.id, l.year, l.service_id", (from, values)).await?;
        found.extend(rows.into_iter().map(|(id, year, service)| (id, (year, service))));
    }
    for (at, id) in lines {
        let argument = format!("input.lines.{at}.agreementLine");
        match found.get(&id) {
            None => return Err(Refusal::new(Code::NotFound).argument(argument).into()),
            Some((of, _)) if *of != year => {
                let (it, en) =
                    ("La voce della convenzione è di un altro anno.", "The line of the agreement is of another year.");
                return Err(invalid(&argument, it, en));
            }
            Some((_, Some(of))) if *of != service => {
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
