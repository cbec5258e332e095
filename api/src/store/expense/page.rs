//! The list of reports, page by page, oldest first. Three statements, however many there are.

use entity::kinds::ReportStatus;
use sea_orm::{ActiveEnum, Value};

use super::read::{Recorded, condition, find};
use crate::auth::ReadExpensesPermit;
use crate::error::{Error, Result};
use crate::store::shape::is_code;
use crate::store::{Store, packed};

/// Which reports: those that fit everything that is given.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Code of the Ambito.
    pub ambito: Option<String>,
    /// Code of the agreement.
    pub agreement: Option<String>,
    /// Code of the partner.
    pub partner: Option<String>,
    /// How far they have come.
    pub status: Option<ReportStatus>,
}

/// The reports that somebody asks for and may see.
pub struct Reports<'s> {
    store: &'s Store,
    permit: ReadExpensesPermit,
    condition: String,
    values: Vec<Value>,
}

/// How many reports there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// All of them.
    pub total: usize,
    /// Those up to a row id, itself included.
    pub up_to: usize,
    /// Those before a row id.
    pub before: usize,
}

/// Which of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Only those after this row id.
    pub after: Option<i64>,
    /// Only those before this row id.
    pub before: Option<i64>,
    /// How many.
    pub count: usize,
    /// Whether the first or the last of them.
    pub is_first: bool,
}

const FROM: &str = "FROM expense_report r JOIN agreement a ON a.id = r.agreement_id JOIN ambito t ON t.id = a.ambito_id \
                    JOIN partner p ON p.id = r.partner_id";

impl<'s> Reports<'s> {
    /// The reports of a filter, as far as the permit goes.
    pub fn new(store: &'s Store, permit: ReadExpensesPermit, filter: &ReportFilter) -> Self {
        let mut sql = condition(&permit);
        let mut values: Vec<Value> = Vec::new();
        let codes = [("t.code", &filter.ambito), ("a.code", &filter.agreement), ("p.code", &filter.partner)];
        for (column, code) in codes {
            let Some(code) = code else { continue };
            // What no code looks like does not reach the database.
            if is_code(code) {
                values.push(code.clone().into());
                sql = format!("{sql} AND {column} = ${}", values.len());
            } else {
                sql.push_str(" AND 1 = 0");
            }
        }
        if let Some(status) = filter.status {
            values.push(status.to_value().into());
            sql = format!("{sql} AND r.status = ${}", values.len());
        }
        Self { store, permit, condition: sql, values }
    }

    /// How many reports there are, how many of them up to one row id and before another, and those of a stretch that is chosen once they are counted: all as of one
    /// instant.
    pub async fn page(
        &self,
        edges: (Option<i64>, Option<i64>),
        stretch: impl FnOnce(&Counted) -> Stretch,
    ) -> Result<(Counted, Vec<Recorded>)> {
        let snapshot = self.store.read_for_client().await?;
        let read = async {
            let tx = snapshot.tx();
            let counted = self.count(tx, edges).await?;
            let ids = self.ids(tx, &stretch(&counted)).await?;
            let reports = if ids.is_empty() { Vec::new() } else { find(tx, &self.permit, &ids).await? };
            Ok((counted, reports))
        };
        let read = read.await;
        snapshot.end(read).await
    }

    async fn count(
        &self,
        db: &impl sea_orm::ConnectionTrait,
        (up_to, before): (Option<i64>, Option<i64>),
    ) -> Result<Counted> {
        // Row ids begin with 1.
        let (up_to, before) = (up_to.unwrap_or(0), before.unwrap_or(0));
        let sql = format!(
            "SELECT count(*), count(CASE WHEN r.id <= {up_to} THEN 1 END), count(CASE WHEN r.id < {before} THEN 1 END) \
             {FROM} WHERE {}",
            self.condition
        );
        let rows = packed::rows(db, &sql, self.values.clone()).await?;
        let row = rows.first().ok_or_else(|| Error::internal("nothing was counted"))?;
        let size = |at: usize| usize::try_from(row.try_get_by_index::<i64>(at)?).map_err(Error::internal);
        Ok(Counted { total: size(0)?, up_to: size(1)?, before: size(2)? })
    }

    async fn ids(&self, db: &impl sea_orm::ConnectionTrait, stretch: &Stretch) -> Result<Vec<i64>> {
        if stretch.count == 0 {
            return Ok(Vec::new());
        }
        let after = stretch.after.map(|id| format!(" AND r.id > {id}")).unwrap_or_default();
        let before = stretch.before.map(|id| format!(" AND r.id < {id}")).unwrap_or_default();
        let way = if stretch.is_first { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT r.id {FROM} WHERE {}{after}{before} ORDER BY r.id {way} LIMIT {}",
            self.condition, stretch.count
        );
        packed::rows(db, &sql, self.values.clone()).await?.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}
