//! Codes that stay: a line has one code in all versions of an act, and means the same by it.

use std::collections::HashMap;

use entity::kinds::VersionKind;
use entity::{agreement_line, agreement_version};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::terms::Terms;
use crate::error::Result;
use crate::store::Transaction;
use crate::store::shape::invalid;

/// Refuses an amendment that means another line by a code that its act has already: expenses and budgets name lines by their codes.
pub(super) async fn expect_same(
    tx: &Transaction,
    agreement: i64,
    kind: VersionKind,
    terms: &Terms,
) -> Result<()> {
    let act = acts(tx, agreement, kind).await?;
    same_lines(tx, act, terms).await
}

/// Row ids of the versions of the act that a further version is of; none where it is an act of its own.
async fn acts(tx: &Transaction, agreement: i64, kind: VersionKind) -> Result<Vec<i64>> {
    let versions = agreement_version::Entity::find().filter(agreement_version::Column::AgreementId.eq(agreement));
    let columns = [agreement_version::Column::Id, agreement_version::Column::Kind];
    let versions = versions.select_only().columns(columns).order_by_asc(agreement_version::Column::Number);
    let versions: Vec<(i64, VersionKind)> = versions.into_tuple().all(tx).await?;
    let first = match kind {
        VersionKind::Amendment => versions.iter().rposition(|(_, kind)| *kind != VersionKind::Amendment).unwrap_or(0),
        VersionKind::Original | VersionKind::Renewal => versions.len(),
    };
    Ok(versions.into_iter().skip(first).map(|(id, _)| id).collect())
}

async fn same_lines(tx: &Transaction, act: Vec<i64>, terms: &Terms) -> Result<()> {
    type Row = (String, i32, Option<i64>);
    let columns =
        [agreement_line::Column::Code, agreement_line::Column::Year, agreement_line::Column::ServiceId];
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
