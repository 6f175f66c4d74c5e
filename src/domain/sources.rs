//! Sources of a campaign's figures: who may say what a unit's day was, in order of
//! precedence, and which of several reports stands.
//!
//! Where a campaign declares sources, each report names one; they are kept side by side,
//! and the figure of the day is that of the first source that has one.

use super::campaign::required_text;
use super::contest::Stamp;
use super::json::{Json, Reader};
use super::scheme::Texts;
use super::text;
use super::time::Instant;
use std::collections::BTreeMap;

/// More sources than this are none that anybody reconciles.
pub const MAX_SOURCES: usize = 20;

/// A source of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Unique in the campaign.
    pub code: String,
    /// For people.
    pub name: Texts,
}

/// The sources of a campaign, the one of highest precedence first; none where figures have
/// no declared source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Whether the campaign declares none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The sources, the first of highest precedence.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// The place of a code: the smaller, the higher its precedence.
    pub fn index(&self, code: &str) -> Option<u8> {
        self.0.iter().position(|s| s.code == code).and_then(|at| u8::try_from(at).ok())
    }

    /// The code at a place.
    pub fn code(&self, index: u8) -> &str {
        self.0.get(usize::from(index)).map_or("", |s| &s.code)
    }

    /// All codes, for messages.
    pub fn codes(&self) -> String {
        self.0.iter().map(|s| s.code.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether these are others' sources with none or more of lower precedence behind them:
    /// whatever stood before stands on.
    pub fn only_adds_to(&self, before: &Sources) -> bool {
        let codes = |sources: &Sources| sources.0.iter().map(|s| s.code.clone()).collect::<Vec<_>>();
        codes(self).starts_with(&codes(before))
    }

    /// The document that is read back.
    pub fn to_json(&self) -> serde_json::Value {
        let source = |s: &Source| serde_json::json!({"code": s.code, "name": s.name.to_json()});
        self.0.iter().map(source).collect()
    }

    /// Reads a list of sources.
    pub(super) fn read(reader: &mut Reader, path: &str, json: &Json) -> Option<Self> {
        let list = reader.list(path, json)?.to_vec();
        if list.len() > MAX_SOURCES {
            reader.wrong(path, None, format!("at most {MAX_SOURCES} sources"));
            return None;
        }
        let mut sources: Vec<Source> = Vec::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            let Some(of) = reader.object(&format!("{path}.{at}"), item, &["code", "name"]) else { continue };
            let name = of.get("name").map(|v| Texts::read(reader, &of.path("name"), v)).unwrap_or_default();
            let Some(code) = required_text(reader, &of, "code", text::parse_code) else { continue };
            if sources.iter().any(|before| before.code == code) {
                reader.wrong(of.path("code"), of.get("code"), "each source once");
            }
            sources.push(Source { code, name });
        }
        Some(Self(sources))
    }
}

/// Of all rows of one unit's day, those that stand at an instant, by precedence: of each
/// source the latest one recorded by then, unless it is taken back by then. The first is
/// the figure of the day.
pub fn standing<'r, R>(
    rows: impl Iterator<Item = &'r R>,
    of: impl Fn(&R) -> (u8, Stamp),
    at: Instant,
) -> BTreeMap<u8, &'r R> {
    let mut latest: BTreeMap<u8, (Stamp, &R)> = BTreeMap::new();
    for row in rows {
        let (source, stamp) = of(row);
        let is_later = |before: &(Stamp, &R)| before.0.recorded_at <= stamp.recorded_at;
        if stamp.is_known_at(at) && latest.get(&source).is_none_or(is_later) {
            latest.insert(source, (stamp, row));
        }
    }
    let stands = |(source, (stamp, row)): (u8, (Stamp, &'r R))| (!stamp.is_withdrawn_at(at)).then_some((source, row));
    latest.into_iter().filter_map(stands).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: u8, from: i64, to: Option<i64>) -> (u8, Stamp) {
        let (recorded_at, withdrawn_at) = (Instant::from_micros(from), to.map(Instant::from_micros));
        (source, Stamp { recorded_at, withdrawn_at })
    }

    fn leaders(rows: &[(u8, Stamp)]) -> Vec<Option<u8>> {
        let at = |at| standing(rows.iter(), |row| *row, Instant::from_micros(at)).keys().next().copied();
        (0..6).map(at).collect()
    }

    #[test]
    fn the_first_standing_by_precedence_leads_at_every_instant() {
        let rows = [row(1, 1, None), row(0, 2, Some(4)), row(2, 3, None), row(1, 5, Some(5))];
        assert_eq!(leaders(&rows), [None, Some(1), Some(0), Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn the_order_of_rows_decides_nothing() {
        let mut rows = vec![row(1, 1, None), row(0, 2, Some(4)), row(2, 3, None), row(1, 5, Some(5))];
        let expected = leaders(&rows);
        for _ in 0..rows.len() {
            rows.rotate_left(1);
            assert_eq!(leaders(&rows), expected);
        }
    }

    #[test]
    fn sources_may_only_be_added_behind() {
        let of = |codes: &[&str]| {
            let source = |code: &&str| Source { code: (*code).to_owned(), name: Texts::default() };
            Sources(codes.iter().map(source).collect())
        };
        assert!(of(&["a", "b"]).only_adds_to(&of(&["a"])));
        assert!(of(&["a"]).only_adds_to(&of(&[])));
        assert!(!of(&["b", "a"]).only_adds_to(&of(&["a"])));
        assert!(!of(&[]).only_adds_to(&of(&["a"])));
    }
}
