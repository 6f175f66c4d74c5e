//! JSON documents read strictly: every wrong place is named, nothing is guessed.
//!
//! serde's derive stops at the first mistake and keeps the last of two equal
//! keys. A council that edits `campaign.json` by hand wants all mistakes at
//! once, each with its path (contract.md section 1), so documents are read into
//! a tree that keeps repeated keys, and [`Reader`] walks it.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// One wrong place in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where: `scoring.closing_days`, list members counted from 0 (`kinds.0.code`).
    pub path: String,
    /// What stands there, as written; `None` where nothing does.
    pub value: Option<String>,
    /// What is expected there.
    pub expected: String,
}

/// A JSON value that keeps the order and the repetition of keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number; a fraction keeps the shortest text of the double it was read as.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON value that fills the whole text.
    ///
    /// # Errors
    /// A message with line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        serde_json::from_slice(bytes).map_err(|e| format!("line {}, column {}", e.line(), e.column()))
    }

    /// The value as a short text for an error message.
    pub fn excerpt(&self) -> String {
        let text = match self {
            Json::Null => "null".to_owned(),
            Json::Bool(b) => b.to_string(),
            Json::Number(n) => n.to_string(),
            Json::Text(t) => t.clone(),
            Json::List(_) => "a list".to_owned(),
            Json::Object(_) => "an object".to_owned(),
        };
        match text.char_indices().nth(100) {
            Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
            None => text,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Tree;
        impl<'de> Visitor<'de> for Tree {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, v: bool) -> Result<Json, E> {
                Ok(Json::Bool(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Json, E> {
                Ok(Json::Number(v.into()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Json, E> {
                Ok(Json::Number(v.into()))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Json, E> {
                Ok(serde_json::Number::from_f64(v).map_or(Json::Null, Json::Number))
            }
            fn visit_str<E>(self, v: &str) -> Result<Json, E> {
                Ok(Json::Text(v.to_owned()))
            }
            fn visit_string<E>(self, v: String) -> Result<Json, E> {
                Ok(Json::Text(v))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Json::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Json::Object(fields))
            }
        }
        d.deserialize_any(Tree)
    }
}

/// Collects what is wrong with a document while it is read.
#[derive(Debug, Default)]
pub struct Reader {
    /// Everything found so far, in reading order.
    pub errors: Vec<FieldError>,
}

/// An object whose keys were checked: each known, each once.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    fields: &'a [(String, Json)],
}

impl Fields<'_> {
    /// The path of a field of this object.
    pub fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The field, if it is there and not null.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.fields.iter().find(|(k, v)| k == key && *v != Json::Null).map(|(_, v)| v)
    }
}

/// `parent.key`, or `key` at the top.
pub fn join(parent: &str, key: &str) -> String {
    if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") }
}

impl Reader {
    /// Records an error.
    pub fn wrong(&mut self, path: impl Into<String>, value: Option<&Json>, expected: impl Into<String>) {
        self.errors.push(FieldError { path: path.into(), value: value.map(Json::excerpt), expected: expected.into() });
    }

    /// The value as an object with no key outside `known` and none twice.
    pub fn object<'a>(&mut self, path: &str, json: &'a Json, known: &[&str]) -> Option<Fields<'a>> {
        let Json::Object(fields) = json else {
            self.wrong(path, Some(json), "an object");
            return None;
        };
        for (i, (key, _)) in fields.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                let expected = format!("no such field; known here are {}", known.join(", "));
                self.wrong(join(path, key), None, expected);
            } else if fields.iter().take(i).any(|(k, _)| k == key) {
                self.wrong(join(path, key), None, "each field once");
            }
        }
        Some(Fields { path: path.to_owned(), fields })
    }

    /// A field that must be there.
    pub fn required<'a>(&mut self, of: &'a Fields<'_>, key: &str) -> Option<&'a Json> {
        let found = of.get(key);
        if found.is_none() {
            self.wrong(of.path(key), None, "a value: this field is required");
        }
        found
    }

    /// The value as a list.
    pub fn list<'a>(&mut self, path: &str, json: &'a Json) -> Option<&'a [Json]> {
        let Json::List(list) = json else {
            self.wrong(path, Some(json), "a list");
            return None;
        };
        Some(list)
    }

    /// The value as a text that a parser accepts.
    pub fn text<T, E: Into<String>>(
        &mut self,
        path: &str,
        json: &Json,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Json::Text(text) = json else {
            self.wrong(path, Some(json), "a text");
            return None;
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.wrong(path, Some(json), expected);
                None
            }
        }
    }

    /// The value as true or false.
    pub fn flag(&mut self, path: &str, json: &Json) -> Option<bool> {
        let Json::Bool(flag) = json else {
            self.wrong(path, Some(json), "true or false");
            return None;
        };
        Some(*flag)
    }

    /// The value as a whole number between two bounds, however written (`3`, `3.0`).
    pub fn whole(&mut self, path: &str, json: &Json, min: u64, max: u64) -> Option<u64> {
        let value = as_hundredths(json).filter(|h| h % 100 == 0).and_then(|h| u64::try_from(h / 100).ok());
        let value = value.filter(|n| (min..=max).contains(n));
        if value.is_none() {
            self.wrong(path, Some(json), format!("a whole number from {min} to {max}"));
        }
        value
    }

    /// The value as a number with at most two decimals, in hundredths, between two bounds.
    pub fn hundredths(&mut self, path: &str, json: &Json, min: i64, max: i64) -> Option<i64> {
        let value = as_hundredths(json).filter(|n| (min..=max).contains(n));
        if value.is_none() {
            let (min, max) = (super::number::Hundredths(min), super::number::Hundredths(max));
            self.wrong(path, Some(json), format!("a number from {min} to {max} with at most two decimals"));
        }
        value
    }

    /// A number above 0 with so many decimals at most, as an integer of the last of them.
    pub fn positive_decimal(&mut self, path: &str, json: &Json, decimals: usize) -> Option<u64> {
        let number = match json {
            Json::Number(n) => Some(n.to_string()),
            _ => None,
        };
        let value = number.and_then(|text| super::number::parse_decimal(&text, decimals));
        let value = value.and_then(|v| u64::try_from(v).ok()).filter(|v| *v > 0);
        if value.is_none() {
            self.wrong(path, Some(json), format!("a number above 0 with at most {decimals} decimals"));
        }
        value
    }
}

/// A JSON number with at most two decimals, as an integer of hundredths.
fn as_hundredths(json: &Json) -> Option<i64> {
    let Json::Number(n) = json else { return None };
    if let Some(whole) = n.as_i64() {
        return whole.checked_mul(100);
    }
    let text = n.as_f64().filter(|v| v.abs() < 1e12)?.to_string();
    super::number::parse_decimal(&text, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_their_value_not_their_spelling() {
        let mut reader = Reader::default();
        let number = |text: &str| Json::parse(text.as_bytes()).unwrap_or(Json::Null);
        assert_eq!(reader.whole("a", &number("3.0"), 1, 9), Some(3));
        assert_eq!(reader.whole("a", &number("3e0"), 1, 9), Some(3));
        assert_eq!(reader.hundredths("a", &number("300.25"), 0, 100_000), Some(30025));
        assert!(reader.errors.is_empty());
        for wrong in ["3.5", "0", "10", "-1", "\"3\"", "true", "1e300"] {
            assert_eq!(reader.whole("a", &number(wrong), 1, 9), None, "{wrong}");
        }
        assert_eq!(reader.hundredths("a", &number("0.125"), 0, 100), None);
    }

    #[test]
    fn repeated_and_unknown_keys_are_named_by_path() {
        let json = Json::parse(br#"{"a": 1, "a": 2, "x": 3}"#).unwrap_or(Json::Null);
        let mut reader = Reader::default();
        reader.object("top", &json, &["a"]);
        let paths: Vec<_> = reader.errors.iter().map(|e| e.path.as_str()).collect();
        assert_eq!(paths, ["top.a", "top.x"]);
    }

    #[test]
    fn a_deep_document_is_an_error_not_a_crash() {
        assert!(Json::parse("[".repeat(100_000).as_bytes()).is_err());
    }
}
