//! Reading many rows as few: the database packs the rows that belong to one row into one text, as JSON or as numbers with commas.
//!
//! Each row that a driver hands over costs it more than the row's values; at national size that is most of the time it takes to read the book.
//! The SQL is the same on both engines but for the names of two functions.

use std::str::FromStr;

use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::error::{Error, Result};

/// Between the texts of several rows. JSON never holds it unescaped.
pub(super) const RECORD: char = '\u{1e}';

/// A subquery that gives the rows of `from` as one JSON array of arrays.
pub(super) fn json(backend: DbBackend, columns: &str, from: &str) -> String {
    let (rows, row) = match backend {
        DbBackend::Postgres => ("json_agg", "json_build_array"),
        _ => ("json_group_array", "json_array"),
    };
    format!("(SELECT coalesce(CAST({rows}({row}({columns})) AS TEXT), '[]') {from})")
}

/// A column of truth as a number, since the engines write it differently in JSON.
pub(super) fn bit(column: &str) -> String {
    format!("CASE WHEN {column} THEN 1 ELSE 0 END")
}

/// Columns of one row as a JSON array.
pub(super) fn json_row(backend: DbBackend, columns: &str) -> String {
    let row = if backend == DbBackend::Postgres { "json_build_array" } else { "json_array" };
    format!("CAST({row}({columns}) AS TEXT)")
}

/// Whole numbers of all rows of a group, with commas between. Two of them in one query list the rows in the same order.
pub(super) fn numbers(backend: DbBackend, column: &str) -> String {
    // SQLite writes numbers as texts by itself, and sooner than when it is told to.
    let text = if backend == DbBackend::Postgres { format!("CAST({column} AS TEXT)") } else { column.to_owned() };
    format!("coalesce(string_agg({text}, ','), '')")
}

/// The rows of a statement with parameters, so that the same statement is prepared once however often it is sent.
pub(super) async fn rows(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?)
}

/// Row ids that one statement names: well below what the engines bind.
pub(super) const IDS_A_STATEMENT: usize = 500;

/// The names and values of parameters for a list of row ids: `$1, $2 ...`.
pub(super) fn parameters(ids: &[i64]) -> (String, Vec<Value>) {
    let names: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
    (names.join(", "), ids.iter().map(|id| Value::from(*id)).collect())
}

/// The rows of a table, read as one: `from` is the end of the query, with the values of its parameters.
pub(super) async fn table<T: DeserializeOwned>(
    db: &impl ConnectionTrait,
    columns: &str,
    (from, values): (impl AsRef<str>, Vec<Value>),
) -> Result<Vec<T>> {
    parse(&table_text(db, columns, from.as_ref(), values).await?)
}

/// The rows of a table as the text that [`parse`] reads.
pub(super) async fn table_text(
    db: &impl ConnectionTrait,
    columns: &str,
    from: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<String> {
    let sql = format!("SELECT {} AS packed", json(db.get_database_backend(), columns, from));
    match rows(db, &sql, values).await?.first() {
        Some(row) => text(row, 0),
        None => Ok("[]".to_owned()),
    }
}

/// A text of a row; what is NULL is empty.
pub(super) fn text(row: &QueryResult, at: usize) -> Result<String> {
    Ok(row.try_get_by_index::<Option<String>>(at)?.unwrap_or_default())
}

/// The rows in a JSON array.
pub(super) fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<Vec<T>> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// A number in a text of our own queries.
pub(super) fn number<N: FromStr>(text: &str) -> Result<N> {
    text.parse().map_err(|_| Error::internal(format!("{text:?} is not a number")))
}

/// Reads numbers with commas between.
pub(super) fn read_numbers(text: &str, into: &mut Vec<i64>) -> Result<()> {
    into.clear();
    if text.is_empty() {
        return Ok(());
    }
    let mut from = 0;
    // Byte by byte: most are short, and a national book has millions.
    let mut value = Some(0_i64);
    for (at, byte) in text.bytes().chain([b',']).enumerate() {
        if byte != b',' {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
            value = value.zip(digit).and_then(|(value, digit)| value.checked_mul(10)?.checked_add(digit));
            continue;
        }
        // What is more than digits, or none, is left to the library.
        into.push(match value {
            Some(value) if at > from => value,
            _ => number(&text[from..at])?,
        });
        (from, value) = (at + 1, Some(0));
    }
    Ok(())
}

/// A truth that came as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bit(pub(super) bool);

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Ok(Self(false)),
            1 => Ok(Self(true)),
            _ => Err(D::Error::custom("neither 0 nor 1")),
        }
    }
}

/// A word of a closed list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<E>(pub(super) E);

impl<'de, E: ActiveEnum<Value = String>> Deserialize<'de> for Word<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        E::try_from_value(&word).map(Self).map_err(|_| D::Error::custom("a word that is not in its list"))
    }
}

#[cfg(test)]
mod tests {
    use super::read_numbers;

    #[test]
    fn numbers_are_read_whole_or_refused() {
        let read = |text: &str| {
            let mut into = vec![7];
            read_numbers(text, &mut into).ok().map(|()| into)
        };
        let cases: [(&str, Option<&[i64]>); 12] = [
            ("", Some(&[])),
            ("0", Some(&[0])),
            ("1,22,333", Some(&[1, 22, 333])),
            ("-5,6", Some(&[-5, 6])),
            ("9223372036854775807,-9223372036854775808", Some(&[i64::MAX, i64::MIN])),
            ("9223372036854775808", None),
            ("99999999999999999999,1", None),
            ("1,,2", None),
            (",1", None),
            ("1,", None),
            ("1, 2", None),
            ("1.5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), expected, "{text:?}");
        }
    }
}
