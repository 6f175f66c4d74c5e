//! Canonical JSON (RFC 8785), and SHA-256 over it.
//!
//! Large documents are written member by member, so that nothing but the parts
//! themselves is held. Names are ASCII here, where the order of their bytes is the order
//! of their UTF-16 units that the RFC asks for.

use crate::service::fault::Fault;
use crate::service::secrets::hex;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The canonical form of a value.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn canonical(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json_canonicalizer::to_vec(value).map_err(Fault::internal)
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 over what is written to it.
#[derive(Default)]
pub(super) struct Hasher(Sha256);

impl Hasher {
    /// The hash, in lower-case hexadecimal.
    pub(super) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes what is written to it if it is what was expected; else it fails.
pub(super) struct Expecting<'a>(pub(super) &'a [u8]);

impl Write for Expecting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        self.0 = rest;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON that is held in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Canonical(pub(super) String);

impl Canonical {
    /// A value in its canonical form.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, Fault> {
        serde_json_canonicalizer::to_string(value).map(Self).map_err(Fault::internal)
    }

    /// The value.
    pub(super) fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Canonical {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        serde_json_canonicalizer::to_string(&value).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A member of a document.
pub(super) enum Member<'a> {
    /// Any value.
    Value(&'a Value),
    /// A text.
    Text(&'a str),
    /// Texts by name.
    Texts(&'a BTreeMap<String, String>),
    /// Boards.
    Boards(&'a [BoardPart]),
    /// Rows.
    Rows(&'a [Canonical]),
}

/// Writes an object whose members stand in the order of their names already.
pub(super) fn write_object(out: &mut dyn Write, members: &[(&str, Member<'_>)]) -> io::Result<()> {
    debug_assert!(members.is_sorted_by(|a, b| a.0 < b.0));
    let mut before = "{";
    for (name, member) in members {
        out.write_all(before.as_bytes())?;
        write_value(out, name)?;
        out.write_all(b":")?;
        member.write(out)?;
        before = ",";
    }
    out.write_all(if members.is_empty() { &b"{}"[..] } else { b"}" })
}

fn write_value(out: &mut dyn Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    let mut out = out;
    serde_json_canonicalizer::to_writer(&value, &mut out).map_err(io::Error::other)
}

impl Member<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Value(value) => write_value(out, value),
            Self::Text(text) => write_value(out, text),
            Self::Texts(texts) => {
                let members: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), Member::Text(text))).collect();
                write_object(out, &members)
            }
            Self::Boards(boards) => write_list(out, boards.iter(), |out, board| board.write(out)),
            Self::Rows(rows) => write_list(out, rows.iter(), |out, row| out.write_all(row.0.as_bytes())),
        }
    }
}

fn write_list<T>(
    out: &mut dyn Write,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut dyn Write, T) -> io::Result<()>,
) -> io::Result<()> {
    let mut before = "[";
    let mut is_empty = true;
    for item in items {
        out.write_all(before.as_bytes())?;
        write(out, item)?;
        (before, is_empty) = (",", false);
    }
    out.write_all(if is_empty { &b"[]"[..] } else { b"]" })
}

/// A board of a result: its rows in their canonical form, since there may be many.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct BoardPart {
    /// The rows.
    pub(super) items: Vec<Canonical>,
    /// Everything else.
    #[serde(flatten)]
    pub(super) head: Map<String, Value>,
}

impl BoardPart {
    /// Writes the canonical form.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut members: Vec<_> = self.head.iter().map(|(name, value)| (name.as_str(), Member::Value(value))).collect();
        members.push(("items", Member::Rows(&self.items)));
        members.sort_by_key(|member| member.0);
        write_object(out, &members)
    }

    /// SHA-256 of the canonical form.
    pub(super) fn sha256(&self) -> String {
        let mut hasher = Hasher::default();
        // hashing does not fail
        let _ = self.write(&mut hasher);
        hasher.finish()
    }

    /// Its name in the manifest: kind and track, and the order where that is not points.
    pub(super) fn name(&self) -> String {
        let text = |name: &str| self.head.get(name).and_then(Value::as_str).unwrap_or("?");
        let order = Some(text("by")).filter(|by| *by != "points").map(|by| format!("/{by}")).unwrap_or_default();
        format!("{}/{}{order}", text("kind"), text("track"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::number::Hundredths;
    use serde_json::json;

    #[test]
    fn a_document_written_member_by_member_is_its_canonical_form() {
        let board = json!({"kind": "ward", "track": "improvement", "by": "points", "as_of": "2021-07-23", "total": 2,
            "items": [{"unit": {"name": "Phường \"7\"\n", "code": "a\u{1}"}, "points": {"total": 15.79}, "rank": 1}, {"rank": null}]});
        let part: BoardPart = serde_json::from_value(board.clone()).unwrap();
        assert_eq!((part.name(), part.items.len()), ("ward/improvement".to_owned(), 2));
        let texts =
            BTreeMap::from([("b.csv".to_owned(), "x,\"y\"\r\n\u{e000}😀".to_owned()), ("a".to_owned(), String::new())]);
        let mut written = Vec::new();
        let members = [
            ("boards", Member::Boards(std::slice::from_ref(&part))),
            ("inputs", Member::Texts(&texts)),
            ("none", Member::Value(&Value::Null)),
        ];
        write_object(&mut written, &members).unwrap();
        let whole = json!({"none": null, "inputs": texts, "boards": [board]});
        assert_eq!(String::from_utf8(written.clone()).unwrap(), String::from_utf8(canonical(&whole).unwrap()).unwrap());
        assert!(write_object(&mut Expecting(&written), &members).is_ok());
        written[20] ^= 1;
        assert!(write_object(&mut Expecting(&written), &members).is_err());
    }

    #[test]
    fn numbers_of_two_decimals_have_one_canonical_form() {
        for hundredths in -20_000..=20_000i64 {
            let text = String::from_utf8(canonical(&Hundredths(hundredths)).unwrap()).unwrap();
            assert_eq!(text, Hundredths(hundredths).to_string());
            assert_eq!(Canonical(text.clone()).value().to_string(), text);
        }
    }
}
