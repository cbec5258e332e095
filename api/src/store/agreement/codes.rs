//! Codes that stay: a line has one code in all versions of an act, and a milestone one of its own in the whole agreement.

use std::collections::{HashMap, HashSet};

use entity::kinds::VersionKind;
use entity::{agreement_line, agreement_milestone, agreement_version};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::terms::Terms;
use crate::error::{Code, Refusal, Result};
use crate::store::Transaction;
use crate::store::shape::invalid;

/// Refuses to mean something else by a code that there is already: expenses and budgets name lines by their codes, and what was reported of milestones
/// is told by theirs.
pub(super) async fn expect_same(
    tx: &Transaction,
    versions: &[agreement_version::Model],
    kind: VersionKind,
    terms: &Terms,
) -> Result<()> {
    let is_of_act =
        |version: &&agreement_version::Model| kind == VersionKind::Amendment && version.starts_on == terms.period.from;
    let (act, others): (Vec<_>, Vec<_>) = versions.iter().partition(is_of_act);
    let ids = |versions: Vec<&agreement_version::Model>| versions.into_iter().map(|version| version.id).collect();
    new_milestones(tx, ids(others), terms).await?;
    same_lines(tx, ids(act), terms).await
}

/// A milestone with the code of one of another act would be as far as that has come from its first day.
async fn new_milestones(tx: &Transaction, others: Vec<i64>, terms: &Terms) -> Result<()> {
    let milestones = agreement_milestone::Entity::find().filter(agreement_milestone::Column::VersionId.is_in(others));
    let codes = milestones.select_only().column(agreement_milestone::Column::Code).distinct();
    let codes: Vec<String> = codes.into_tuple().all(tx).await?;
    let codes: HashSet<String> = codes.into_iter().collect();
    match terms.milestones.iter().position(|milestone| codes.contains(&milestone.code)) {
        Some(at) => {
            let refusal = Refusal::new(Code::Duplicate).argument(format!("input.terms.milestones.{at}.code"));
            let refusal = refusal.message(
                "Il codice è di una tappa di un altro periodo: serve un altro codice.",
                "The code is that of a milestone of another period: give another code.",
            );
            Err(refusal.into())
        }
        None => Ok(()),
    }
}

async fn same_lines(tx: &Transaction, act: Vec<i64>, terms: &Terms) -> Result<()> {
    type Row = (String, i32, Option<i64>);
    let columns = [agreement_line::Column::Code, agreement_line::Column::Year, agreement_line::Column::ServiceId];
    let lines = agreement_line::Entity::find().filter(agreement_line::Column::VersionId.is_in(act));
    let lines: Vec<Row> = lines.select_only().columns(columns).distinct().into_tuple().all(tx).await?;
    let known: HashMap<String, (i32, Option<i64>)> =
        lines.into_iter().map(|(code, year, service)| (code, (year, service))).collect();
    for (at, line) in terms.lines.iter().enumerate() {
        let Some((year, service)) = known.get(&line.code) else { continue };
        if line.year != *year {
            let (it, en) = (
                "La voce con questo codice è di un altro anno: serve un altro codice.",
                "The line with this code is of another year: give another code.",
            );
            return Err(invalid(&format!("input.terms.lines.{at}.year"), it, en));
        }
        if line.service.as_ref().map(|service| service.id) != *service {
            let (it, en) = (
                "La voce con questo codice è il costo di un altro servizio: serve un altro codice.",
                "The line with this code is the cost of another service: give another code.",
            );
            return Err(invalid(&format!("input.terms.lines.{at}.service"), it, en));
        }
    }
    Ok(())
}
