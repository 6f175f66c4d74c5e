//! What the public reads while a board is frozen or final: the campaign as an archive holds
//! it. Law 8 (domain.md section 5): nothing that is recorded later can move it.
//!
//! One place decides ([`Service::at`] for what is in memory, [`Service::read_of`] for what is
//! in the database): whoever does not see the live campaign reads the archive of the pin in
//! force, a database of its own to which nothing is ever written. Names, neighbours, rules,
//! revisions and closings are those of then, and days are judged as they stood then.

use super::access::{Audience, Grant};
use super::audit::Origin;
use super::fault::{Code, Fault};
use super::figures::done;
use super::live::Snapshot;
use super::past::{Edition, History, Moment, Past, WITHOUT_HISTORY};
use super::writer::WriteRequest;
use super::{LOADERS, Service, View, settling};
use crate::domain::Instant;
use crate::store::archives::{self, Archived};
use crate::store::campaigns::{self, Pinning, StoredCampaign};
use crate::store::pins;
pub use crate::store::pins::PinStatus;
use crate::store::{self, DbConn, contests};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The pin by which a board is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Its number in the campaign.
    pub pin: i64,
    /// What the board is.
    pub status: PinStatus,
    /// Number of the result that it shows.
    pub issue: Option<i64>,
    /// Since when, which is also when its days are judged.
    pub since: Instant,
}

/// A campaign as an archive holds it.
#[derive(Debug)]
pub struct Frozen {
    pub(super) pinned: Pinned,
    archive: Archived,
    snapshot: Arc<Snapshot>,
    history: OnceLock<Arc<History>>,
    past: Past,
    pub(super) settling: settling::Kept,
}

impl Frozen {
    /// Reads the archive as [`Service::read`] reads the database.
    pub(super) fn read<T>(&self, work: impl FnOnce(&mut DbConn) -> Result<T, Fault>) -> Result<T, Fault> {
        self.archive.read(work)
    }

    fn history(&self, campaign: &str) -> Result<Arc<History>, Fault> {
        if let Some(history) = self.history.get() {
            return Ok(history.clone());
        }
        let history = Arc::new(self.read(|conn| load_history(conn, campaign))?);
        Ok(self.history.get_or_init(|| history).clone())
    }

    /// The campaign at a moment: one after the archive's last is the archive's last.
    fn at(self: &Arc<Self>, campaign: &str, moment: Moment) -> Result<View, Fault> {
        let since = self.pinned.since;
        let (snapshot, judged_at) = match moment {
            Moment::Now => (self.snapshot.clone(), since),
            _ => {
                let history = self.history(campaign)?;
                let (judged_at, known_at) = history.resolve(moment)?;
                (self.past.snapshot(campaign, &history, known_at)?, judged_at.min(since))
            }
        };
        Ok(View { snapshot, judged_at, frozen: Some(self.clone()) })
    }
}

/// The archives in memory: of each campaign the one that was read last.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<HashMap<String, Arc<Frozen>>>);

impl Shelf {
    fn get(&self, campaign: &str, pin: i64) -> Option<Arc<Frozen>> {
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.get(campaign).filter(|frozen| frozen.pinned.pin == pin).cloned()
    }

    fn put(&self, campaign: &str, frozen: Arc<Frozen>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(campaign.to_owned(), frozen);
    }
}

/// The history of a campaign with all versions of its rules.
pub(super) fn load_history(conn: &mut DbConn, campaign: &str) -> Result<History, Fault> {
    let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
    let loaded = contests::load_stored(conn, &stored)?;
    let revisions = campaigns::list_revisions(conn, stored.id)?;
    let editions = Edition::all(&stored.campaign, store::policies::list(conn, stored.id)?);
    let reshaped_at = campaigns::last_revision_of(conn, stored.id, &WITHOUT_HISTORY)?.unwrap_or(0);
    Ok(History::new(loaded.contest, editions, loaded.revision, revisions, reshaped_at).under(stored.pinning))
}

impl Service {
    /// A campaign at a moment as an audience sees it. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or revision, 410 where a pinned moment can no longer
    /// be shown, or what the database says.
    pub fn at(&self, campaign: &str, moment: Moment, audience: &Audience) -> Result<View, Fault> {
        if let Moment::Pinned { known_at, .. } = moment
            && known_at > self.clock.now()
        {
            let detail = "known_at: expected an instant that has passed, since a revision is asked for with it";
            return Err(Fault::of_field(Code::InvalidRequest, "known_at", detail));
        }
        let snapshot = self.snapshot(campaign)?;
        if let Some(frozen) = self.frozen_for(campaign, snapshot.pinning, audience)? {
            return frozen.at(campaign, moment);
        }
        if moment == Moment::Now {
            return Ok(View { snapshot, judged_at: self.clock.now(), frozen: None });
        }
        let history = self.history(campaign)?;
        // it may have been read after the facts in memory, by another process's freeze
        if let Some(frozen) = self.frozen_for(campaign, history.pinning, audience)? {
            return frozen.at(campaign, moment);
        }
        let (judged_at, known_at) = history.resolve(moment)?;
        Ok(View { snapshot: self.past.snapshot(campaign, &history, known_at)?, judged_at, frozen: None })
    }

    /// [`Service::at`] now, where all that it needs is in memory.
    pub(super) fn at_once(&self, campaign: &str, audience: &Audience) -> Option<View> {
        let (snapshot, now) = (self.live.latest(campaign)?, self.clock.now());
        if audience.sees_live() || (snapshot.pinning.pin.is_none() && !snapshot.pinning.is_due(now)) {
            return Some(View { snapshot, judged_at: now, frozen: None });
        }
        let frozen = self.shelf.get(campaign, snapshot.pinning.pin?)?;
        frozen.at(campaign, Moment::Now).ok()
    }

    /// The facts of a campaign as an audience sees them now. May block.
    ///
    /// # Errors
    /// As [`Service::at`].
    pub(super) fn seen(&self, campaign: &str, audience: &Audience) -> Result<Arc<Snapshot>, Fault> {
        Ok(self.at(campaign, Moment::Now, audience)?.snapshot)
    }

    /// Reads what an audience sees of a campaign in the database: of the archive, where it
    /// does not see the live campaign. That is looked up in the transaction that reads.
    ///
    /// # Errors
    /// 404 where there is no such campaign, what `work` answers, or what the database says.
    pub(super) fn read_of<T>(
        &self,
        campaign: &str,
        audience: &Audience,
        work: impl FnOnce(&mut DbConn, &StoredCampaign) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let none = || Fault::no_campaign(campaign);
        let live = self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(none)?;
            let is_live = audience.sees_live() || !self.hides(stored.pinning);
            Ok(if is_live { Ok(work(conn, &stored)?) } else { Err((work, stored.pinning)) })
        })?;
        let (work, pinning) = match live {
            Ok(found) => return Ok(found),
            Err(hidden) => hidden,
        };
        let work = |conn: &mut DbConn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(none)?;
            work(conn, &stored)
        };
        match self.frozen_for(campaign, pinning, audience)? {
            Some(frozen) => frozen.read(work),
            // what was planned was called off meanwhile
            None => self.read(work),
        }
    }

    fn hides(&self, pinning: Pinning) -> bool {
        pinning.pin.is_some() || pinning.is_due(self.clock.now())
    }

    /// What an audience sees in place of the live campaign, if anything. A planned freeze
    /// that is due is put in force first.
    fn frozen_for(&self, campaign: &str, pinning: Pinning, audience: &Audience) -> Result<Option<Arc<Frozen>>, Fault> {
        if audience.sees_live() {
            return Ok(None);
        }
        let pin = match pinning.pin {
            None if pinning.is_due(self.clock.now()) => self.freeze_due(campaign)?,
            pin => pin,
        };
        pin.map(|pin| self.frozen(campaign, pin)).transpose()
    }

    /// Puts a planned freeze in force that is due; the number of the pin in force then. May
    /// block.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn freeze_due(&self, campaign: &str) -> Result<Option<i64>, Fault> {
        let origin = Origin { address: "scheduler".to_owned(), request_id: None };
        let request = WriteRequest { origin, ..WriteRequest::default() };
        // before any write the writer does it
        self.write(&Grant::by_the_clock(), campaign, request, |_, _| done(200, &())).wait()?;
        self.read(|conn| Ok(campaigns::find_opt(conn, campaign)?.and_then(|stored| stored.pinning.pin)))
    }

    /// The archive of a pin, opened where it is not in memory.
    fn frozen(&self, campaign: &str, pin: i64) -> Result<Arc<Frozen>, Fault> {
        if let Some(frozen) = self.shelf.get(campaign, pin) {
            return Ok(frozen);
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(campaign.as_bytes());
        let lock = self.opening.get(hasher.finish() as usize % LOADERS);
        let _one_at_a_time = lock.map(|l| l.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(frozen) = self.shelf.get(campaign, pin) {
            return Ok(frozen);
        }
        let frozen = Arc::new(self.open(campaign, pin)?);
        self.shelf.put(campaign, frozen.clone());
        Ok(frozen)
    }

    fn open(&self, campaign: &str, pin: i64) -> Result<Frozen, Fault> {
        let missing = || Fault::internal(format!("pin {pin} of {campaign} shows no archive"));
        let (row, facts) = self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            let row = pins::find_opt(conn, stored.id, pin)?.ok_or_else(missing)?;
            let archive = row.archive_id.ok_or_else(missing)?;
            let facts = archives::facts(conn, stored.id, archive)?.ok_or_else(missing)?;
            Ok((row, facts))
        })?;
        let since = row.pinned_at().ok_or_else(missing)?;
        let pinned = Pinned { pin, status: row.status(), issue: row.issue, since };
        let archive = archives::open(&facts)?;
        let snapshot = archive.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(missing)?;
            Ok::<_, Fault>(Snapshot::load(conn, &stored)?)
        })?;
        Ok(Frozen {
            pinned,
            archive,
            snapshot: Arc::new(snapshot.shown_by(Some(pinned))),
            history: OnceLock::new(),
            past: Past::of(pinned),
            settling: settling::Kept::default(),
        })
    }
}
