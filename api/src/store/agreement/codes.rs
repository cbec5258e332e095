//! Codes that stay: a line has one code in all versions of an act, and a milestone one of its own in the whole agreement.

use std::collections::{HashMap, HashSet};

use entity::kinds::VersionKind;
use entity::{agreement_line, agreement_milestone, agreement_version};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::terms::Terms;
use crate::error::{Code, Refusal, Result};
use crate::store::Transaction;
use crate::store::shape::invalid;

/// Refuses to mean something else by a code that there is already: expenses and budgets name lines by their codes, and what was reported of milestones
/// is told by theirs.
pub(super) async fn expect_same(tx: &Transaction, agreement: i64, kind: VersionKind, terms: &Terms) -> Result<()> {
    let (before, act) = versions(tx, agreement, kind).await?;
    new_milestones(tx, before, terms).await?;
    same_lines(tx, act, terms).await
}

/// Row ids of the versions of acts before, and of those of the act that a further version is of: none where it is an act of its own.
async fn versions(tx: &Transaction, agreement: i64, kind: VersionKind) -> Result<(Vec<i64>, Vec<i64>)> {
    let versions = agreement_version::Entity::find().filter(agreement_version::Column::AgreementId.eq(agreement));
    let columns = [agreement_version::Column::Id, agreement_version::Column::Kind];
    let versions = versions.select_only().columns(columns).order_by_asc(agreement_version::Column::Number);
    let versions: Vec<(i64, VersionKind)> = versions.into_tuple().all(tx).await?;
    let first = match kind {
        VersionKind::Amendment => versions.iter().rposition(|(_, kind)| *kind != VersionKind::Amendment).unwrap_or(0),
        VersionKind::Original | VersionKind::Renewal => versions.len(),
    };
    let mut before: Vec<i64> = versions.into_iter().map(|(id, _)| id).collect();
    let act = before.split_off(first);
    Ok((before, act))
}

/// A milestone with the code of one of another act would be as far as that has come from its first day.
async fn new_milestones(tx: &Transaction, before: Vec<i64>, terms: &Terms) -> Result<()> {
    let milestones = agreement_milestone::Entity::find().filter(agreement_milestone::Column::VersionId.is_in(before));
    let codes = milestones.select_only().column(agreement_milestone::Column::Code).distinct();
    let codes: Vec<String> = codes.into_tuple().all(tx).await?;
    let codes: HashSet<String> = codes.into_iter().collect();
    match terms.milestones.iter().position(|milestone| codes.contains(&milestone.code)) {
        Some(at) => {
            let refusal = Refusal::new(Code::Duplicate).argument(format!("input.terms.milestones.{at}.code"));
            let refusal = refusal.message(
                "Il codice è di una tappa di un periodo precedente: serve un altro codice.",
                "The code is that of a milestone of an earlier period: give another code.",
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
