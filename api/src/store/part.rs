//! Which rows of master data are read: all of them, or what one act may have changed.

use entity::service;
use sea_orm::sea_query::{Expr, IntoCondition, Query};
use sea_orm::{ColumnTrait, Condition, Value};

/// A part of the master data. Numbers are row ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Everything,
    /// An Ambito, what belongs to it, and the comuni that are, were or will be its members, with what they have.
    Ambito(i64),
    /// A comune, with what it has.
    Comune(i64),
}

/// What a column names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Ambito,
    Service,
    Comune,
}

impl Part {
    /// What is true of the rows that belong to the part, with one parameter of this name; nothing where all rows do.
    fn belongs(self, column: &str, of: Of, parameter: &str) -> Option<(String, i64)> {
        match (self, of) {
            (Self::Everything, _) => None,
            (Self::Ambito(id), Of::Ambito) | (Self::Comune(id), Of::Comune) => {
                Some((format!("{column} = {parameter}"), id))
            }
            (Self::Ambito(id), Of::Service) => {
                Some((format!("{column} IN (SELECT id FROM service WHERE ambito_id = {parameter})"), id))
            }
            (Self::Ambito(id), Of::Comune) => {
                Some((format!("{column} IN (SELECT comune_id FROM membership WHERE ambito_id = {parameter})"), id))
            }
            // Nothing of an Ambito's is a comune's. The parameter is named all the same, since it is given.
            (Self::Comune(id), Of::Ambito | Of::Service) => Some((format!("{parameter} < 0"), id)),
        }
    }

    /// The rows of a table whose column names what is in the part: the end of a query, and the values of its parameters.
    pub(super) fn rows(self, table: &str, column: &str, of: Of) -> (String, Vec<Value>) {
        match self.belongs(column, of, "$1") {
            None => (format!("FROM {table}"), Vec::new()),
            Some((belongs, id)) => (format!("FROM {table} WHERE {belongs}"), vec![id.into()]),
        }
    }

    /// The same, only so many of the rows and only those after a row id, which is the first parameter.
    pub(super) fn page(self, table: &str, (column, of): (&str, Of), after: i64, count: usize) -> (String, Vec<Value>) {
        let (belongs, ids) = match self.belongs(column, of, "$2") {
            None => (String::new(), vec![after.into()]),
            Some((belongs, id)) => (format!("AND {belongs}"), vec![after.into(), id.into()]),
        };
        (format!("FROM (SELECT * FROM {table} WHERE id > $1 {belongs} ORDER BY id LIMIT {count}) page"), ids)
    }

    /// The rows of a table that belong to the Ambito which this column names, for a query that is not written by hand.
    pub(super) fn of_ambito(self, column: impl ColumnTrait) -> Condition {
        match self {
            Self::Everything => Condition::all(),
            Self::Ambito(id) => column.eq(id).into_condition(),
            Self::Comune(_) => nothing(),
        }
    }

    /// The same of a table whose column names a service of the Ambito.
    pub(super) fn of_service(self, column: impl ColumnTrait) -> Condition {
        let services = |id: i64| {
            let mut query = Query::select();
            query.column(service::Column::Id).from(service::Entity).and_where(service::Column::AmbitoId.eq(id));
            query
        };
        match self {
            Self::Everything => Condition::all(),
            Self::Ambito(id) => column.in_subquery(services(id)).into_condition(),
            Self::Comune(_) => nothing(),
        }
    }
}

/// True of no row.
fn nothing() -> Condition {
    Condition::all().add(Expr::cust("1 = 0"))
}
