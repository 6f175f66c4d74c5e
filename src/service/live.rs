//! Campaigns in memory: facts loaded once, brought up to date after each write.
//!
//! Readers take an [`Arc<Snapshot>`] and keep it as long as they compute; the
//! writer puts the next one in its place, after its transaction has committed and
//! before it answers, so that a client reads its own write and never half of
//! somebody else's. An older revision never replaces a newer one.

use super::access::Audience;
use super::boards::Boards;
use super::frozen::Pinned;
use super::past::Edition;
use super::privacy::{Privacy, Shown};
use crate::domain::unit::UnitState;
use crate::domain::{Campaign, Contest, Day, Instant};
use crate::scoring::ledger::{Adjustments, DayEntry};
use crate::scoring::quality::{Finding, findings};
use crate::scoring::{Ledger, Register};
use crate::store::campaigns::{Pinning, StoredCampaign};
use crate::store::{DbConn, StoreError, contests, figures, policies};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use tokio::sync::watch;

/// A revision, and when it was recorded.
pub(super) type Recorded = (i64, Instant);

/// A campaign as it stood at one revision.
#[derive(Debug)]
pub struct Snapshot {
    /// Revision of the campaign that is shown.
    pub revision: i64,
    /// Revision of the campaign that the facts were read at; later than `revision`
    /// only where a past instant is shown.
    pub read_at: i64,
    /// When the latest of what it shows was recorded.
    pub recorded_at: Instant,
    /// K, where a past instant is shown.
    pub known_at: Option<Instant>,
    /// Version of the rules that its boards are computed by.
    pub policy_version: i64,
    /// Its facts and the boards computed from them.
    pub boards: Boards,
    /// What the public sees of whom.
    pub privacy: Arc<Privacy>,
    /// What the public sees in its place, where it is live.
    pub pinning: Pinning,
    /// The pin whose archive it is of, where it is not live.
    pub pinned: Option<Pinned>,
    /// The units' keys in the database by their places; none where a past instant is shown.
    keys: Arc<[i64]>,
    /// What a person should look at, once somebody asks.
    findings: OnceLock<Vec<Finding>>,
}

impl Snapshot {
    /// The facts of a stored campaign as they stand now. Figures go from the database into
    /// their columns one day after another, and are never held together.
    pub(super) fn load(conn: &mut DbConn, stored: &StoredCampaign) -> Result<Self, StoreError> {
        let mut loaded = contests::load_without_figures(conn, stored)?;
        let units = std::mem::take(&mut loaded.contest.units);
        let register = Arc::new(Register::of(stored.campaign.clone(), units, &loaded.contest.neighbours));
        let privacy = Arc::new(Privacy::of(&register));
        let mut ledger = Ledger::build(&loaded.contest, register, None);
        figures::for_each_day(conn, stored.id, &loaded.unit_ids, figures::ALL_DAYS, |revisions| {
            ledger.enter_day(revisions.iter(), Instant::from_micros(i64::MAX));
        })?;
        let (revision, boards) = (loaded.revision, Boards::new(Arc::new(ledger)));
        let policy_version = policies::latest_version(conn, stored.id)?;
        let keys = loaded.unit_ids.into();
        Ok(Self {
            revision,
            read_at: revision,
            recorded_at: stored.last_recorded_at,
            known_at: None,
            policy_version,
            boards,
            privacy,
            pinning: stored.pinning,
            pinned: None,
            keys,
            findings: OnceLock::new(),
        })
    }

    /// The same units at a later revision, with other facts, which differ on no day before
    /// the one of this index.
    pub(super) fn with(&self, ledger: Ledger, (revision, recorded_at): Recorded, changed_from: usize) -> Self {
        let boards = self.boards.after(Arc::new(ledger), changed_from);
        let (privacy, keys) = (self.privacy.clone(), self.keys.clone());
        let policy_version = self.policy_version;
        Self {
            revision,
            read_at: revision,
            recorded_at,
            known_at: None,
            policy_version,
            boards,
            privacy,
            pinning: self.pinning,
            pinned: self.pinned,
            keys,
            findings: OnceLock::new(),
        }
    }

    /// The same units at a later revision, with what changed.
    pub(super) fn after(&self, changes: &[Change], recorded: Recorded) -> Self {
        let mut ledger = Ledger::clone(self.ledger());
        changes.iter().for_each(|change| change.enter(&mut ledger));
        let changed_from = changes.iter().map(|change| change.first_day(&ledger)).min();
        self.with(ledger, recorded, changed_from.unwrap_or(usize::MAX))
    }

    /// The units' keys in the database by their places.
    pub(super) fn keys(&self) -> &[i64] {
        &self.keys
    }

    /// The key of a unit in the database.
    pub(super) fn key(&self, unit: u32) -> i64 {
        self.keys.get(unit as usize).copied().unwrap_or(-1)
    }

    /// The facts of a contest as they were known at an instant, under the rules of then.
    pub(super) fn at(contest: &Contest, edition: &Edition, revision: i64, read_at: i64, known_at: Instant) -> Self {
        let register = Arc::new(Register::of(edition.campaign.clone(), contest.units.clone(), &contest.neighbours));
        let privacy = Arc::new(Privacy::of(&register));
        let (recorded_at, known_at) = (known_at, Some(known_at));
        let boards = Boards::new(Arc::new(Ledger::build(contest, register, known_at)));
        Self {
            revision,
            read_at,
            recorded_at,
            known_at,
            policy_version: edition.version,
            boards,
            privacy,
            pinning: Pinning::default(),
            pinned: None,
            keys: Arc::default(),
            findings: OnceLock::new(),
        }
    }

    /// The same as an archive holds it, where a pin shows one.
    pub(super) fn shown_by(self, pinned: Option<Pinned>) -> Self {
        Self { pinned, ..self }
    }

    /// Whether the public sees something else in its place, now or from a planned instant on.
    pub fn is_pinned(&self) -> bool {
        self.pinning != Pinning::default()
    }

    /// What it is as a word: `provisional`, or of a pinned board `frozen` or `final`. A past
    /// moment is shown as it was announced.
    pub fn status(&self) -> &'static str {
        let pinned = self.pinned.filter(|_| self.known_at.is_none());
        pinned.map_or("provisional", |pinned| pinned.status.code())
    }

    /// What of the campaign answers are made from, for the keys that they are kept under.
    pub(super) fn edition(&self) -> impl Hash + '_ {
        (&self.campaign().code, self.read_at, self.known_at, self.pinned.map(|pinned| pinned.pin))
    }

    /// What a person should look at among its figures, by unit, day and rule; computed once.
    pub fn findings(&self) -> &[Finding] {
        self.findings.get_or_init(|| findings(self.ledger()))
    }

    /// The facts.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.boards.ledger
    }

    /// Who competes.
    pub fn register(&self) -> &Arc<Register> {
        &self.boards.ledger.register
    }

    /// What an audience sees of this campaign.
    pub fn sight(&self, audience: &Audience) -> Sight {
        match audience {
            Audience::Public => Sight::Public,
            Audience::Full => Sight::Full,
            // a unit that is not there has nothing below it
            Audience::Within(code) | Audience::Own(code) => {
                self.register().find(code).map_or(Sight::Public, Sight::Within)
            }
        }
    }

    /// What a reader sees of a unit's row, on the default board's day or elsewhere.
    pub fn shown(&self, unit: u32, sight: Sight, is_default_day: bool) -> Shown {
        if self.is_confided(unit, sight) { Shown::ALL } else { self.privacy.shown(unit, is_default_day) }
    }

    /// Whether a reader may know of a unit at all.
    pub fn is_visible(&self, unit: u32, sight: Sight) -> bool {
        self.privacy.exists(unit) || self.is_confided(unit, sight)
    }

    /// Whether a reader may see a unit's figures.
    pub fn shows_figures(&self, unit: u32, sight: Sight) -> bool {
        self.shown(unit, sight, false).numbers
    }

    /// Whether a reader may see what is never public of a unit: who, why, notes.
    pub fn is_confided(&self, unit: u32, sight: Sight) -> bool {
        match sight {
            Sight::Public => false,
            Sight::Full => true,
            Sight::Within(above) => unit == above || self.register().is_below(unit, above),
        }
    }

    /// Whether a unit is of a private kind (domain.md section 6).
    pub fn is_private(&self, unit: u32) -> bool {
        self.register().unit(unit).is_some_and(|unit| self.is_private_kind(unit.kind))
    }

    /// Whether a kind is private.
    pub fn is_private_kind(&self, kind: u16) -> bool {
        self.campaign().kind(kind).is_some_and(|kind| kind.private)
    }

    /// Whether a list of a kind, or of all, tells of a private unit.
    pub fn has_private(&self, kind: Option<&str>) -> bool {
        let is_asked = |code: &str| kind.is_none_or(|asked| asked == code);
        self.campaign().kinds.iter().any(|kind| kind.private && is_asked(&kind.code))
    }

    /// The campaign.
    pub fn campaign(&self) -> &Arc<Campaign> {
        &self.register().campaign
    }
}

/// What a reader sees of a campaign at one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// What is public.
    Public,
    /// What is public, and everything of a unit and below it.
    Within(u32),
    /// Everything.
    Full,
}

/// Something that a write changed in a campaign's facts. Written down, it tells other
/// processes; they read what stands on a day anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What stands for a unit on a day.
    #[serde(skip)]
    Day {
        /// Code of the unit.
        unit: String,
        /// The day.
        day: Day,
        /// What stands now.
        entry: DayEntry,
    },
    /// Whether a unit takes part.
    State {
        /// Code of the unit.
        unit: String,
        /// Its state now.
        state: UnitState,
    },
    /// A unit's declared start.
    StartLevel {
        /// Code of the unit.
        unit: String,
        /// Index of the level; none where it was taken back.
        level: Option<u8>,
    },
    /// The level that a unit declares to act at.
    DeclaredLevel {
        /// Code of the unit.
        unit: String,
        /// From this day on.
        from: Day,
        /// Index of the level; none where it was taken back.
        level: Option<u8>,
    },
    /// A unit's bonuses and deductions.
    Adjustments {
        /// Code of the unit.
        unit: String,
        /// Their sums now.
        sums: Adjustments,
    },
    /// What a unit is assessed at by a criterion for a day.
    Assessment {
        /// Code of the unit.
        unit: String,
        /// Code of the criterion.
        criterion: String,
        /// The day.
        date: Option<Day>,
        /// What it is worth now, in hundredths.
        value: u32,
    },
}

impl Change {
    /// The index of the first day on whose board it can be seen.
    pub(super) fn first_day(&self, ledger: &Ledger) -> usize {
        match self {
            // a day that no rule looks at is on no board
            Self::Day { day, .. } => ledger.calendar.index(*day).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Enters what changed into the facts.
    pub(super) fn enter(&self, ledger: &mut Ledger) {
        let register = ledger.register.clone();
        match self {
            Change::Day { unit, day, entry } => {
                if let (Some(unit), Some(day)) = (register.find(unit), ledger.calendar.index(*day)) {
                    ledger.set_day(unit, day, *entry);
                }
            }
            Change::State { unit, state } => {
                register.find(unit).into_iter().for_each(|unit| ledger.set_state(unit, *state));
            }
            Change::StartLevel { unit, level } => {
                register.find(unit).into_iter().for_each(|unit| ledger.set_start_level(unit, *level));
            }
            Change::DeclaredLevel { unit, from, level } => {
                register.find(unit).into_iter().for_each(|unit| ledger.set_declared_level(unit, *from, *level));
            }
            Change::Assessment { unit, criterion, date, value } => {
                register.find(unit).into_iter().for_each(|unit| ledger.set_assessment(unit, criterion, *date, *value));
            }
            Change::Adjustments { unit, sums } => {
                register.find(unit).into_iter().for_each(|unit| ledger.set_adjustments(unit, *sums));
            }
        }
    }
}

/// How many revisions of a campaign are kept for walks through pages.
const KEPT: usize = 16;

/// The revisions of one campaign that are in memory.
#[derive(Debug, Default)]
struct Kept {
    /// The latest at the front.
    snapshots: VecDeque<Arc<Snapshot>>,
    /// The revision that readers must at least see: writes up to it are committed.
    wanted: i64,
}

/// The campaigns in memory, by code.
#[derive(Debug, Default)]
pub struct Live(RwLock<HashMap<String, Kept>>, watch::Sender<()>);

impl Live {
    /// Wakes whoever waits for it at each change of any campaign.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.1.subscribe()
    }

    /// A campaign at its latest revision, if it is loaded and nothing newer is known of.
    pub fn latest(&self, campaign: &str) -> Option<Arc<Snapshot>> {
        let campaigns = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let kept = campaigns.get(campaign)?;
        kept.snapshots.front().filter(|s| s.revision >= kept.wanted).cloned()
    }

    /// A campaign at the latest revision that is here, whatever is known of newer ones.
    pub(super) fn last(&self, campaign: &str) -> Option<Arc<Snapshot>> {
        let campaigns = self.0.read().unwrap_or_else(PoisonError::into_inner);
        campaigns.get(campaign)?.snapshots.front().cloned()
    }

    /// A campaign at a revision that is still kept.
    pub fn at_revision(&self, campaign: &str, revision: i64) -> Option<Arc<Snapshot>> {
        let campaigns = self.0.read().unwrap_or_else(PoisonError::into_inner);
        campaigns.get(campaign)?.snapshots.iter().find(|s| s.revision == revision).cloned()
    }

    /// Puts a campaign in place, unless a newer revision already is there; answers the latest.
    pub fn put(&self, campaign: &str, snapshot: impl Into<Arc<Snapshot>>) -> Arc<Snapshot> {
        let snapshot = snapshot.into();
        let mut campaigns = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut campaigns.entry(campaign.to_owned()).or_default().snapshots;
        self.1.send_replace(());
        match kept.front() {
            Some(latest) if latest.revision >= snapshot.revision => latest.clone(),
            _ => {
                kept.push_front(snapshot.clone());
                kept.truncate(KEPT);
                snapshot
            }
        }
    }

    /// Forgets a campaign that is older than a revision; the next reader loads it again.
    pub fn drop_older(&self, campaign: &str, revision: i64) {
        let mut campaigns = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_campaign = campaigns.entry(campaign.to_owned()).or_default();
        if revision > of_campaign.wanted {
            of_campaign.wanted = revision;
            self.1.send_replace(());
        }
    }

    /// By campaign: how many committed revisions its facts here do not have.
    pub(super) fn behind(&self) -> Vec<(String, i64)> {
        let campaigns = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let behind = |(code, kept): (&String, &Kept)| {
            let here = kept.snapshots.front()?.revision;
            Some((code.clone(), (kept.wanted - here).max(0)))
        };
        campaigns.iter().filter_map(behind).collect()
    }
}
