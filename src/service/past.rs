//! Past moments of a campaign: boards as they were known at an instant or a revision.

use super::fault::{Code, Fault};
use super::frozen::Pinned;
use super::live::Snapshot;
use crate::domain::{Campaign, Contest, Instant};
use crate::store::campaigns::Pinning;
use crate::store::policies::StoredPolicy;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Which moment of a campaign is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Moment {
    /// As it stands.
    #[default]
    Now,
    /// As it was known at an instant.
    KnownAt(Instant),
    /// As it stood at a revision.
    Revision(i64),
    /// As it was known at an instant at which this revision stood: the same for ever, or gone.
    Pinned {
        /// The instant, by which days are judged too.
        known_at: Instant,
        /// The revision that stood then.
        revision: i64,
    },
}

impl Moment {
    /// Whether what is read of it never changes.
    pub fn is_pinned(self) -> bool {
        matches!(self, Self::Pinned { .. })
    }
}

/// The changes, by the words that the writer accepts them with, of what keeps no history of
/// its own: units, their neighbours, the campaign's document; and packs, which may bring
/// figures that were recorded long ago.
pub(super) const WITHOUT_HISTORY: [&str; 7] =
    ["campaign", "neighbours", "pack", "unit", "unit taken out", "units", "units imported"];

/// The campaign under the rules of one version.
#[derive(Clone, Debug)]
pub(super) struct Edition {
    /// Number of the version.
    pub(super) version: i64,
    /// From when on it counts.
    known_from: Instant,
    /// The campaign with its rules.
    pub(super) campaign: Arc<Campaign>,
}

impl Edition {
    /// The editions of a campaign by the versions of its rules, the oldest first.
    pub(super) fn all(campaign: &Arc<Campaign>, versions: Vec<StoredPolicy>) -> Vec<Self> {
        let edition = |stored: StoredPolicy| {
            let (version, known_from) = (stored.version, stored.known_from);
            let then = stored.rules.put_on(campaign);
            let campaign = if then == **campaign { campaign.clone() } else { Arc::new(then) };
            Self { version, known_from, campaign }
        };
        versions.into_iter().map(edition).collect()
    }
}

/// A campaign's whole history, and when what was recorded.
#[derive(Debug)]
pub(super) struct History {
    /// The facts.
    pub(super) contest: Contest,
    /// The rules, the oldest first; there is at least one version.
    editions: Vec<Edition>,
    /// The revision that they were read at.
    pub(super) revision: i64,
    /// All instants at which something was recorded, rising.
    instants: Vec<Instant>,
    /// Revisions with their instants, rising.
    revisions: Vec<(i64, Instant)>,
    /// The last revision that changed what keeps no history.
    reshaped_at: i64,
    /// What the public sees in its place.
    pub(super) pinning: Pinning,
}

impl History {
    /// The history of a contest; `reshaped_at` is the last revision of [`WITHOUT_HISTORY`].
    pub(super) fn new(
        contest: Contest,
        editions: Vec<Edition>,
        revision: i64,
        revisions: Vec<(i64, Instant)>,
        reshaped_at: i64,
    ) -> Self {
        let recorded = contest.instants().chain(revisions.iter().map(|r| r.1));
        let mut instants: Vec<Instant> = recorded.filter(|i| *i > Instant::BEGINNING).collect();
        instants.sort_unstable();
        instants.dedup();
        Self { contest, editions, revision, instants, revisions, reshaped_at, pinning: Pinning::default() }
    }

    /// The same, while the public sees something else in its place.
    pub(super) fn under(self, pinning: Pinning) -> Self {
        Self { pinning, ..self }
    }

    /// The latest instant recorded by then, so that any two instants between two
    /// changes are one board (contract.md section 3, Revisions); none: as asked.
    pub(super) fn brought(&self, known_at: Instant) -> Instant {
        let after = self.instants.partition_point(|i| *i <= known_at);
        after.checked_sub(1).and_then(|i| self.instants.get(i)).copied().unwrap_or(known_at)
    }

    /// The instant of a revision.
    pub(super) fn instant_of(&self, revision: i64) -> Option<Instant> {
        self.revisions.iter().find(|r| r.0 == revision).map(|r| r.1)
    }

    /// The revision that stood at an instant; before the first, the first.
    pub(super) fn revision_at(&self, known_at: Instant) -> i64 {
        let after = self.revisions.partition_point(|r| r.1 <= known_at);
        self.revisions.get(after.saturating_sub(1)).map_or(self.revision, |r| r.0)
    }

    /// The facts and the rules as they were known at an instant.
    ///
    /// # Errors
    /// There are no rules at all.
    pub(super) fn snapshot(&self, known_at: Instant) -> Result<Snapshot, Fault> {
        let edition = self.editions.iter().rfind(|e| e.known_from <= known_at);
        let edition = edition.ok_or_else(|| Fault::internal("the first version of the rules is missing"))?;
        Ok(Snapshot::at(&self.contest, edition, self.revision_at(known_at), self.revision, known_at))
    }

    /// The instant of a moment, and the one that stands for it.
    ///
    /// # Errors
    /// No such revision, another one at the instant it is pinned to, or a pinned one that can
    /// no longer be shown as it was.
    pub(super) fn resolve(&self, moment: Moment) -> Result<(Instant, Instant), Fault> {
        match moment {
            Moment::Now => Ok((Instant::from_micros(i64::MAX), self.brought(Instant::from_micros(i64::MAX)))),
            Moment::KnownAt(at) => Ok((at, self.brought(at))),
            Moment::Revision(number) => {
                let at = self.instant_of(number).ok_or_else(|| {
                    let last = self.revision;
                    let detail = format!("there is no revision {number}; this campaign has revisions up to {last}");
                    Fault::new(Code::RevisionNotFound, detail)
                })?;
                Ok((at, at))
            }
            Moment::Pinned { known_at, revision } => self.pin(known_at, revision),
        }
    }

    /// What does not stand still for a pinned moment is refused, never shown changed.
    fn pin(&self, known_at: Instant, revision: i64) -> Result<(Instant, Instant), Fault> {
        let (_, at) = self.resolve(Moment::Revision(revision))?;
        let stood = self.revision_at(known_at);
        if known_at < at || stood != revision {
            let detail = format!("revision: expected the one that stood at known_at, {stood}; found {revision}");
            return Err(Fault::of_field(Code::InvalidRequest, "revision", detail));
        }
        if revision < self.reshaped_at {
            let detail = format!(
                "revision {} changed units, their neighbours or the campaign itself after revision {revision}; \
                 leave out known_at for the figures of then with the units of now",
                self.reshaped_at
            );
            return Err(Fault::new(Code::BoardPassed, detail));
        }
        Ok((known_at, self.brought(known_at)))
    }
}

/// Histories and past snapshots that were asked for lately.
#[derive(Debug, Default)]
pub(super) struct Past {
    histories: Recent<(String, i64), Arc<History>, 2>,
    snapshots: Recent<(String, i64, Instant), Arc<Snapshot>, 16>,
    /// The pin whose archive all of it is of.
    pinned: Option<Pinned>,
}

impl Past {
    /// Past moments of the archive of a pin.
    pub(super) fn of(pinned: Pinned) -> Self {
        Self { pinned: Some(pinned), ..Self::default() }
    }

    /// The history of a campaign at a revision, loaded where it is not here.
    ///
    /// # Errors
    /// What loading answers.
    pub(super) fn history(
        &self,
        campaign: &str,
        revision: i64,
        load: impl FnOnce() -> Result<History, Fault>,
    ) -> Result<Arc<History>, Fault> {
        let key = (campaign.to_owned(), revision);
        if let Some(found) = self.histories.get(&key) {
            return Ok(found);
        }
        let history = Arc::new(load()?);
        self.histories.put((campaign.to_owned(), history.revision), history.clone());
        Ok(history)
    }

    /// The facts and the rules as they were known at an instant.
    ///
    /// # Errors
    /// As [`History::snapshot`].
    pub(super) fn snapshot(
        &self,
        campaign: &str,
        history: &History,
        known_at: Instant,
    ) -> Result<Arc<Snapshot>, Fault> {
        let key = (campaign.to_owned(), history.revision, known_at);
        if let Some(found) = self.snapshots.get(&key) {
            return Ok(found);
        }
        let snapshot = Arc::new(history.snapshot(known_at)?.shown_by(self.pinned));
        self.snapshots.put(key, snapshot.clone());
        Ok(snapshot)
    }
}

/// The last `N` things that were used.
#[derive(Debug)]
struct Recent<K, V, const N: usize>(Mutex<VecDeque<(K, V)>>);

impl<K, V, const N: usize> Default for Recent<K, V, N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq, V: Clone, const N: usize> Recent<K, V, N> {
    fn get(&self, key: &K) -> Option<V> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|(k, _)| k == key)?;
        let entry = entries.remove(at)?;
        let value = entry.1.clone();
        entries.push_front(entry);
        Some(value)
    }

    fn put(&self, key: K, value: V) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(k, _)| *k != key);
        entries.push_front((key, value));
        entries.truncate(N);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_are_kept() {
        let recent: Recent<u8, u8, 2> = Recent::default();
        recent.put(1, 10);
        recent.put(2, 20);
        assert_eq!(recent.get(&1), Some(10));
        recent.put(3, 30);
        assert_eq!((recent.get(&1), recent.get(&2), recent.get(&3)), (Some(10), None, Some(30)));
    }
}
