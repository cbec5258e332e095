//! Events and signed heads byte for byte as they are stored, for whoever checks them.
//!
//! What the program reads elsewhere has gone through types that allow more than one spelling of a thing, such as an instant, and refuse what
//! is no text. Here a row comes in hexadecimal, so that no change of it can hide, and none can stop the reading of the others.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::error::{Error, Result};
use crate::store::packed;

/// Rows that are read at a time.
const ROWS_A_STATEMENT: usize = 500;
/// Microseconds of a second, as SQL writes it.
const MICROS: &str = "1000000";

/// An event as it is stored. A column that is not there is NULL; one that cannot be read as what it should be is an error of its own.
pub(super) struct RawEvent {
    pub(super) sequence: i64,
    pub(super) at: Column<DateTime<Utc>>,
    pub(super) actor: Column<String>,
    pub(super) act: Column<String>,
    pub(super) subject: Column<String>,
    pub(super) before: Column<Option<String>>,
    pub(super) after: Column<Option<String>>,
    pub(super) previous_hash: Column<String>,
    pub(super) hash: Column<String>,
}

/// A signed head as it is stored.
pub(super) struct RawHead {
    pub(super) sequence: i64,
    pub(super) hash: Column<String>,
    pub(super) key_id: Column<String>,
    pub(super) signature: Column<String>,
    pub(super) signed_at: Column<DateTime<Utc>>,
}

/// A value, or the name of the column that the program would not have written so.
pub(super) type Column<T> = std::result::Result<T, &'static str>;

/// The next events, from a sequence on.
pub(super) async fn events(db: &impl ConnectionTrait, from: i64) -> Result<Vec<RawEvent>> {
    let texts = ["actor", "act", "subject", "digest_before", "digest_after", "previous_hash", "hash"];
    let bound = format!("sequence >= $1 ORDER BY sequence LIMIT {ROWS_A_STATEMENT}");
    let rows = rows(db, "audit_event", "at", &texts, &bound, [from.into()]).await?;
    rows.iter().map(|row| event(db.get_database_backend(), row)).collect()
}

/// The signed heads of a stretch of sequences, both ends included.
pub(super) async fn heads(db: &impl ConnectionTrait, from: i64, to: i64) -> Result<Vec<RawHead>> {
    let bound = "sequence BETWEEN $1 AND $2 ORDER BY sequence";
    read_heads(db, bound, [from.into(), to.into()]).await
}

/// The first signed head from a sequence on.
pub(super) async fn head_from(db: &impl ConnectionTrait, from: i64) -> Result<Option<RawHead>> {
    Ok(read_heads(db, "sequence >= $1 ORDER BY sequence LIMIT 1", [from.into()]).await?.into_iter().next())
}

async fn read_heads(
    db: &impl ConnectionTrait,
    bound: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<Vec<RawHead>> {
    let rows = rows(db, "audit_head", "signed_at", &["hash", "key_id", "signature"], bound, values).await?;
    rows.iter().map(|row| head(db.get_database_backend(), row)).collect()
}

/// Rows with their sequence, their instant, and their texts in hexadecimal.
async fn rows(
    db: &impl ConnectionTrait,
    table: &str,
    instant: &str,
    texts: &[&str],
    bound: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<Vec<QueryResult>> {
    let hex = |column: &&str| match db.get_database_backend() {
        DbBackend::Postgres => format!("encode(convert_to({column}, 'UTF8'), 'hex')"),
        _ => format!("CASE WHEN {column} IS NOT NULL THEN hex({column}) END"),
    };
    let instant = match db.get_database_backend() {
        // Every instant that the type knows, those that no calendar does among them.
        DbBackend::Postgres => format!("CAST(extract(epoch FROM {instant}) * {MICROS} AS TEXT)"),
        _ => format!("hex({instant})"),
    };
    let columns = texts.iter().map(hex).collect::<Vec<_>>().join(", ");
    packed::rows(db, &format!("SELECT sequence, {instant}, {columns} FROM {table} WHERE {bound}"), values).await
}

fn event(backend: DbBackend, row: &QueryResult) -> Result<RawEvent> {
    Ok(RawEvent {
        sequence: row.try_get_by_index(0)?,
        at: instant(backend, row, 1, "at")?,
        actor: text(row, 2, "actor")?,
        act: text(row, 3, "act")?,
        subject: text(row, 4, "subject")?,
        before: text_or_null(row, 5, "digest_before")?,
        after: text_or_null(row, 6, "digest_after")?,
        previous_hash: text(row, 7, "previous_hash")?,
        hash: text(row, 8, "hash")?,
    })
}

fn head(backend: DbBackend, row: &QueryResult) -> Result<RawHead> {
    Ok(RawHead {
        sequence: row.try_get_by_index(0)?,
        signed_at: instant(backend, row, 1, "signed_at")?,
        hash: text(row, 2, "hash")?,
        key_id: text(row, 3, "key_id")?,
        signature: text(row, 4, "signature")?,
    })
}

fn text(row: &QueryResult, at: usize, name: &'static str) -> Result<Column<String>> {
    Ok(text_or_null(row, at, name)?.and_then(|text| text.ok_or(name)))
}

fn text_or_null(row: &QueryResult, at: usize, name: &'static str) -> Result<Column<Option<String>>> {
    let Some(hex) = row.try_get_by_index::<Option<String>>(at)? else { return Ok(Ok(None)) };
    let bytes = unhex(&hex).ok_or_else(|| Error::internal("the database writes hexadecimal otherwise"))?;
    Ok(String::from_utf8(bytes).map(Some).map_err(|_| name))
}

fn instant(backend: DbBackend, row: &QueryResult, at: usize, name: &'static str) -> Result<Column<DateTime<Utc>>> {
    let read = match backend {
        DbBackend::Postgres => row.try_get_by_index::<Option<String>>(at)?.as_deref().and_then(of_micros),
        _ => text(row, at, name)?.ok().as_deref().and_then(of_spelling),
    };
    Ok(read.ok_or(name))
}

/// An instant from its microseconds, a whole number with decimals that are zero.
fn of_micros(text: &str) -> Option<DateTime<Utc>> {
    let (micros, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_whole = decimals.bytes().all(|digit| digit == b'0');
    DateTime::from_timestamp_micros(micros.parse().ok()?).filter(|_| is_whole)
}

/// An instant from the one spelling in which it is written to a file.
fn of_spelling(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    let is_whole = instant.timestamp_subsec_nanos() % 1_000 == 0;
    (is_whole && instant.to_rfc3339_opts(SecondsFormat::AutoSi, false) == text).then_some(instant)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? * 16 + digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_one_spelling() {
        let noon: DateTime<Utc> = "2026-06-15T12:00:00Z".parse().unwrap();
        let later: DateTime<Utc> = "2026-06-15T12:00:00.000120Z".parse().unwrap();
        for (text, expected) in [
            ("2026-06-15T12:00:00+00:00", Some(noon)),
            ("2026-06-15T12:00:00.000120+00:00", Some(later)),
            ("2026-06-15T12:00:00Z", None),
            ("2026-06-15t12:00:00+00:00", None),
            ("2026-06-15 12:00:00+00:00", None),
            ("2026-06-15T12:00:00-00:00", None),
            ("2026-06-15T14:00:00+02:00", None),
            ("2026-06-15T12:00:00.000+00:00", None),
            ("2026-06-15T12:00:00.00012+00:00", None),
            ("2026-06-15T12:00:00.000000001+00:00", None),
            ("2026-06-15", None),
            ("", None),
        ] {
            assert_eq!(of_spelling(text), expected, "{text}");
        }
        for (text, expected) in [
            ("1781524800000000.000000", Some(noon)),
            ("1781524800000120", Some(later)),
            ("1781524800000000.500000", None),
            ("Infinity", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(of_micros(text), expected, "{text}");
        }
    }

    #[test]
    fn hexadecimal_becomes_bytes() {
        assert_eq!(unhex("00fFa0"), Some(vec![0, 255, 160]));
        assert_eq!((unhex(""), unhex("0"), unhex("0g")), (Some(vec![]), None, None));
    }
}
