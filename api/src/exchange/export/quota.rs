//! The quotas of a plan: a row a comune and service.

use super::{Cell, Format, Piece};
use crate::error::{Error, Result};
use crate::store::book::Book;
use crate::store::master::AmbitoBook;
use crate::store::plan::PlanBook;

const COLUMNS: [&str; 14] = [
    "ambito",
    "year",
    "plan_kind",
    "plan_version",
    "resolution_number",
    "resolution_date",
    "service",
    "service_name",
    "istat_code",
    "comune",
    "budget",
    "municipal_share",
    "quota",
    "assumed",
];

/// The file, in the order of the services and of the comuni's codes.
pub fn quotas(format: Format, book: &Book, ambito: &AmbitoBook, plan: &PlanBook) -> Result<Vec<u8>> {
    let mut piece = Piece::first(format, &COLUMNS)?;
    // The plan in force has been approved, and so has a resolution.
    let act = plan.resolution.as_ref().ok_or_else(|| Error::broken("resolution of plan", plan.row.id))?;
    for budget in &plan.budgets {
        let service = ambito.service(&budget.service).ok_or_else(|| Error::broken("service", budget.service_id))?;
        for (at, (key, quota)) in budget.quota_comuni.iter().zip(&budget.quotas).enumerate() {
            let comune = book.comune(key.id).ok_or_else(|| Error::broken("comune of quota", key.id))?;
            piece.row(&[
                Cell::Text(&ambito.row.code),
                Cell::Whole(plan.row.year),
                Cell::Text(super::plan_kind(plan.row.kind)),
                Cell::Whole(plan.row.version),
                Cell::Text(&act.number),
                Cell::Day(act.adopted_on),
                Cell::Text(&service.row.code),
                Cell::Text(&service.row.name),
                Cell::Text(comune.istat.as_str()),
                Cell::Text(&comune.row.name),
                Cell::Amount(budget.amount),
                Cell::Amount(budget.municipal_share),
                Cell::Amount(*quota),
                Cell::Truth(budget.is_quota_assumed(at)),
            ])?;
        }
    }
    piece.finish()
}
