//! The awards of an issue: computed from its boards and the decisions that stand, stored
//! beside them, whole and as the public may read them.

use super::difference::Places;
use super::{PackedPart, Reader, pack};
use crate::service::awards::public::public;
use crate::service::awards::{About, AwardDecision, AwardsView, awards_of};
use crate::service::fault::Fault;
use crate::service::live::Snapshot;
use serde_json::Value;

/// The name of the part that holds them.
pub(super) const PART: &str = "awards";

/// The awards on the boards of the last day, by the decisions that stand.
pub(super) fn computed(snapshot: &Snapshot, decisions: &[AwardDecision]) -> AwardsView {
    let about = About { status: "final", revision: Some(snapshot.revision) };
    awards_of(&snapshot.boards, super::boards::last_day(snapshot), decisions, about)
}

/// The awards of an issue for each reader; null where the campaign gives none.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    whole: Value,
    public: Value,
}

impl Given {
    /// What is given, by what was computed.
    pub(super) fn of(snapshot: &Snapshot, computed: &AwardsView) -> Result<Self, Fault> {
        if snapshot.campaign().awards.list.is_empty() {
            return Ok(Self::default());
        }
        let json = |view: &AwardsView| serde_json::to_value(view).map_err(Fault::internal);
        let public = public(computed, snapshot.register(), &snapshot.privacy);
        Ok(Self { whole: json(computed)?, public: json(&public)? })
    }

    /// What a reader sees.
    pub(super) fn seen_by(&self, reader: Reader) -> &Value {
        match reader {
            Reader::Whole => &self.whole,
            Reader::Public => &self.public,
        }
    }

    /// The parts of the issue that hold them.
    pub(super) fn parts(&self) -> Result<Vec<PackedPart>, Fault> {
        let part = |reader: Reader| {
            let bytes = serde_json::to_vec(self.seen_by(reader)).map_err(Fault::internal)?;
            Ok::<PackedPart, Fault>((reader, PART.to_owned(), pack(&bytes)?))
        };
        Reader::ALL.into_iter().map(part).collect()
    }
}

/// Says in the places of an issue who won what.
pub(super) fn add_awards(places: &mut Places, awards: &Value) {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for item in list(awards, "items") {
        for winner in list(&item, "winners") {
            if let Some((_, place)) = places.get_mut(&(text(&item["kind"]), text(&winner["unit"]["code"]))) {
                place.award = Some(text(&item["code"]));
            }
        }
    }
}

/// Whether two issues give the same.
pub(super) fn are_the_same(one: &Value, other: &Value) -> bool {
    one["items"] == other["items"]
}
