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

/// Inserts a row and returns its id.
macro_rules! insert_row {
    ($tx:expr, $table:ident { $($field:ident: $value:expr),* $(,)? }) => {
        <$table::Entity as sea_orm::EntityTrait>::insert($table::ActiveModel { $($field: sea_orm::ActiveValue::Set($value),)* ..Default::default() }).exec($tx).await?.last_insert_id
    };
}

/// Inserts one row a record.
macro_rules! insert_rows {
    ($tx:expr, $records:expr, $table:ident, |$position:ident, $record:ident| { $($field:ident: $value:expr),* $(,)? }) => {{
        // Collected first: an iterator that borrows, held while the database is waited for, would keep the work on one thread.
        let rows: Vec<$table::ActiveModel> = (1_i32..).zip($records).map(|($position, $record)| {
            let _ = $position;
            $table::ActiveModel { $($field: sea_orm::ActiveValue::Set($value),)* ..Default::default() }
        }).collect();
        $crate::store::insert::many($tx, rows).await?
    }};
}

pub(super) use {insert_row, insert_rows};
