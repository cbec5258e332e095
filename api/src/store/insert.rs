//! Inserting many rows in few statements.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait};

use crate::error::Result;

/// Rows a statement: well below the engines' limits of bound values (32,766 on SQLite, 65,535 on PostgreSQL) for the widest table.
const ROWS_A_STATEMENT: usize = 500;

/// Inserts all rows; none is fine.
pub(super) async fn many<A>(tx: &impl ConnectionTrait, rows: impl IntoIterator<Item = A>) -> Result<()>
where
    A: ActiveModelTrait,
{
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<A> = rows.by_ref().take(ROWS_A_STATEMENT).collect();
        <A::Entity as EntityTrait>::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(())
}
