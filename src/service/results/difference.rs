//! What became different from one issue to the next: of which units rank, track, points,
//! level or award changed. Told from the stored boards, so the public's difference holds nothing that
//! its boards do not.

use super::boards::{IssueBoard, rows};
use crate::service::fault::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The name of the part that holds it.
pub(super) const PART: &str = "difference";

/// What became different from an earlier issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DifferenceView {
    /// Number of the earlier issue.
    pub against: i64,
    /// By kind; kinds of which nothing of this changed are left out.
    pub kinds: Vec<KindDifferenceView>,
}

/// What became different among the units of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct KindDifferenceView {
    /// Code of the kind.
    pub kind: String,
    /// The units that changed: those with a rank now by it, then the others by code.
    pub items: Vec<ChangedUnitView>,
}

/// A unit that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedUnitView {
    /// Code of the unit.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it stood; null: it was not there.
    pub before: Option<IssuePlaceView>,
    /// Where it stands; null: it is no longer there.
    pub after: Option<IssuePlaceView>,
}

/// Where a unit stands on the board by points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IssuePlaceView {
    /// `improvement` or `kept_clean`.
    pub track: String,
    /// Its rank; null: unranked.
    pub rank: Option<u64>,
    /// Its points in total; null where there are none, or the reader may not see them.
    #[schema(value_type = Option<f64>)]
    pub points: Option<serde_json::Number>,
    /// Code of its level on the board's day; null likewise.
    pub level: Option<String>,
    /// Code of the award that it wins; null: none.
    pub award: Option<String>,
}

/// What of a stored row is compared.
#[derive(Deserialize)]
struct Line {
    rank: Option<u64>,
    unit: Named,
    points: Option<Points>,
    level: Option<Level>,
}

#[derive(Deserialize)]
struct Named {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct Points {
    total: Option<serde_json::Number>,
}

#[derive(Deserialize)]
struct Level {
    current: Option<String>,
}

/// A unit's name, and where it stands; by kind and code.
pub(super) type Places = BTreeMap<(String, String), (String, IssuePlaceView)>;

/// Adds the rows of a packed board to the places of its issue.
///
/// # Errors
/// The board cannot be read.
pub(super) fn add_places(places: &mut Places, board: &IssueBoard, packed: &[u8]) -> Result<(), Fault> {
    let rows = rows(packed)?;
    for row in rows.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()) {
        let Line { rank, unit, points, level } = serde_json::from_slice(row).map_err(Fault::internal)?;
        let place = IssuePlaceView {
            track: board.track.code().to_owned(),
            rank,
            points: points.and_then(|points| points.total),
            level: level.and_then(|level| level.current),
            award: None,
        };
        places.insert((board.kind.clone(), unit.code), (unit.name, place));
    }
    Ok(())
}

/// What became different from the places of an issue to those of the next.
pub(super) fn difference(against: i64, mut before: Places, after: Places) -> DifferenceView {
    let mut by_kind: BTreeMap<String, Vec<ChangedUnitView>> = BTreeMap::new();
    for ((kind, code), (name, place)) in after {
        let was = before.remove(&(kind.clone(), code.clone())).map(|(_, place)| place);
        if was.as_ref() != Some(&place) {
            by_kind.entry(kind).or_default().push(ChangedUnitView { code, name, before: was, after: Some(place) });
        }
    }
    for ((kind, code), (name, place)) in before {
        by_kind.entry(kind).or_default().push(ChangedUnitView { code, name, before: Some(place), after: None });
    }
    let rank = |changed: &ChangedUnitView| changed.after.as_ref().and_then(|place| place.rank).unwrap_or(u64::MAX);
    let kinds = by_kind.into_iter().map(|(kind, mut items)| {
        items.sort_by_key(rank);
        KindDifferenceView { kind, items }
    });
    DifferenceView { against, kinds: kinds.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(rows: &[(&str, u64, &str)]) -> Places {
        let place = |rank: u64, points: &str| IssuePlaceView {
            track: "improvement".into(),
            rank: Some(rank),
            points: points.parse().ok(),
            level: None,
            award: None,
        };
        let row = |(code, rank, points): &(&str, u64, &str)| {
            (("ward".to_owned(), (*code).to_owned()), ((*code).to_owned(), place(*rank, points)))
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn only_what_changed_is_told_and_who_came_or_went() {
        let before = places(&[("a", 1, "20.5"), ("b", 2, "10"), ("c", 3, "5"), ("gone", 4, "1")]);
        let after = places(&[("a", 2, "9"), ("b", 1, "10"), ("c", 3, "5"), ("new", 4, "1")]);
        let told = difference(7, before, after);
        assert_eq!((told.against, told.kinds.len()), (7, 1));
        let codes: Vec<&str> = told.kinds[0].items.iter().map(|item| item.code.as_str()).collect();
        assert_eq!(codes, ["b", "a", "new", "gone"]);
        assert!(told.kinds[0].items[2].before.is_none() && told.kinds[0].items[3].after.is_none());
        let same = places(&[("a", 1, "20.5")]);
        assert!(difference(1, same.clone(), same).kinds.is_empty());
    }
}
