//! JSON as bytes: what an answer is made of in the end, and what large lists are written as at once (`graphql::direct`).
//!
//! The library's value has a variant for bytes, which JSON has no use for: in an answer of this server it holds JSON that is ready.

use allocation::Cents;
use async_graphql::Value;
use serde::Serialize;

use crate::error::{Error, Result};

/// JSON that is being written.
#[derive(Debug, Default)]
pub struct Json(Vec<u8>);

impl Json {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Makes room for so many bytes more.
    pub fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes);
    }

    /// How many bytes were written.
    pub fn written(&self) -> usize {
        self.0.len()
    }

    /// Writes what is JSON already: brackets, commas, names.
    pub fn raw(&mut self, json: &[u8]) {
        self.0.extend_from_slice(json);
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) -> Result<()> {
        // Without a way out of the loop, so that the compiler looks at many bytes at once.
        let must_be_escaped = |byte: u8| u8::from(byte < b' ' || byte == b'"' || byte == b'\\');
        let escape = text.bytes().map(must_be_escaped).fold(0, |found, one| found | one) != 0;
        if escape {
            return self.any(text);
        }
        self.plain(text);
        Ok(())
    }

    /// Writes a text that contains nothing to escape, as codes and names of fields do not.
    fn plain(&mut self, text: &str) {
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    /// Writes an amount, as [`super::scalars::Euro`] spells it.
    pub(super) fn euro(&mut self, amount: Cents) -> Result<()> {
        let (cents, hundred) = (amount.get().unsigned_abs(), 100);
        self.raw(if amount.is_negative() { b"\"-" } else { b"\"" });
        self.any(&(cents / hundred))?;
        self.0.push(b'.');
        if cents % hundred < 10 {
            self.0.push(b'0');
        }
        self.any(&(cents % hundred))?;
        self.0.push(b'"');
        Ok(())
    }

    /// Writes what may be missing.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T) -> Result<()>) -> Result<()> {
        let Some(value) = value else {
            self.raw(b"null");
            return Ok(());
        };
        write(self, value)
    }

    /// Writes anything that knows how it is serialized.
    pub fn any(&mut self, value: &(impl Serialize + ?Sized)) -> Result<()> {
        serde_json::to_writer(&mut self.0, value).map_err(Error::internal)
    }

    /// Writes a value of the library, with what is ready in it.
    pub fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Binary(ready) => self.raw(ready),
            Value::String(text) => self.text(text)?,
            Value::Enum(name) => self.plain(name),
            Value::List(entries) => {
                self.0.push(b'[');
                for (position, entry) in entries.iter().enumerate() {
                    self.comma(position);
                    self.value(entry)?;
                }
                self.0.push(b']');
            }
            Value::Object(members) => {
                self.0.push(b'{');
                for (position, (name, member)) in members.iter().enumerate() {
                    self.comma(position);
                    self.plain(name);
                    self.0.push(b':');
                    self.value(member)?;
                }
                self.0.push(b'}');
            }
            Value::Null | Value::Boolean(_) | Value::Number(_) => self.any(value)?,
        }
        Ok(())
    }

    /// Writes what stands before an entry that is not the first.
    pub fn comma(&mut self, position: usize) {
        if position > 0 {
            self.0.push(b',');
        }
    }
}

/// Bytes of what is ready in a value.
pub fn ready_bytes(value: &Value) -> usize {
    match value {
        Value::Binary(ready) => ready.len(),
        Value::List(entries) => entries.iter().map(ready_bytes).sum(),
        Value::Object(members) => members.values().map(ready_bytes).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Name, value};

    use super::*;

    fn written(write: impl FnOnce(&mut Json) -> Result<()>) -> String {
        let mut json = Json::default();
        write(&mut json).unwrap();
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn texts_are_escaped() {
        for text in ["", "SAD", "Orzinuovi è qui", "a\"b", "a\\b", "a\nb", "\u{1}", "\u{7f}", "\u{2028}", "😀"] {
            let json = written(|json| json.text(text));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text, "{json}");
            assert_eq!(json, serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn amounts_are_spelled_as_the_scalar_does() {
        for cents in [0, 1, 9, 10, 99, 100, 101, -1, -100, 11_000_000, i64::MAX, i64::MIN] {
            assert_eq!(written(|json| json.euro(Cents::new(cents))), format!("\"{}\"", Cents::new(cents)));
        }
    }

    #[test]
    fn values_are_what_the_library_would_write() {
        let whole = value!({
            "a": [1, -2, true, null, "x\"y"],
            "b": {"c": [], "d": {}},
        });
        assert_eq!(written(|json| json.value(&whole)), serde_json::to_string(&whole).unwrap());
        let one = Value::Enum(Name::new("APPROVED"));
        assert_eq!(written(|json| json.value(&one)), "\"APPROVED\"");
        let ready = Value::List(vec![Value::Binary(b"{\"a\":1}".as_slice().into()), Value::Null]);
        assert_eq!(written(|json| json.value(&ready)), "[{\"a\":1},null]");
    }
}
