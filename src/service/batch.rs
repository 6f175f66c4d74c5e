//! What the writes of one transaction share, so that the database is asked once a batch and
//! not once a write.
//!
//! Before the first write the campaigns are held and whatever can be foreseen is looked up:
//! who asks, which answers are kept, which figures stand. What then stands is known in memory
//! ([`Facts`]), ahead of the commit. Rows that are known to be right wait here and are
//! stored together: before anybody asks the database itself, and at the end.

use super::access::{Identity, Proof};
use super::audit::{self, Entry};
use super::catch_up::{Patience, catch_up};
use super::fault::{Code, Fault};
use super::live::{Change, Live, Recorded, Snapshot};
use super::sessions::is_as_signed;
use super::writer::{Ask, Follow, Idempotency, Subject, Written};
use crate::domain::{Day, Instant, Unit};
use crate::scoring::Ledger;
use crate::scoring::ledger::DayEntry;
use crate::scoring::usual::{Usual, usual};
use crate::store::campaigns::{self, NewRevision, StoredCampaign};
use crate::store::figures::{self, StoredFigure};
use crate::store::idempotency::{self, KeptAnswer};
use crate::store::units::StoredUnit;
use crate::store::{DbConn, StoreError, accounts, sessions};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What the writes of one transaction share.
pub(super) struct Batch {
    /// The campaigns that are written to, by code.
    campaigns: BTreeMap<String, Head>,
    pub(super) known: Known,
    pub(super) answers: Answers,
    figures: Figures,
    revisions: Vec<NewRevision>,
    entries: BTreeMap<Subject, Vec<Entry>>,
    /// Campaigns whose facts were wanted and are not in memory.
    missed: BTreeSet<String>,
    /// Why nothing of the batch can be kept.
    pub(super) failed: Option<StoreError>,
}

/// A campaign as the writes so far leave it.
struct Head {
    stored: Option<StoredCampaign>,
    /// Its revision before the batch.
    before: i64,
    facts: Option<Facts>,
}

/// What a write leaves behind.
pub(super) struct Outcome {
    pub(super) head: Option<StoredCampaign>,
    pub(super) revisions: Vec<NewRevision>,
    pub(super) follow: Follow,
    pub(super) figures: Vec<StoredFigure>,
    pub(super) entries: Vec<Entry>,
}

impl Batch {
    /// Holds what the writes are about and looks up what they will ask for.
    pub(super) fn begin<'a>(
        conn: &mut DbConn,
        live: &Live,
        now: Instant,
        asks: impl Iterator<Item = &'a Ask> + Clone,
    ) -> Result<Self, StoreError> {
        let mut campaigns: BTreeMap<String, Head> = BTreeMap::new();
        // in the order of their codes, so that two processes cannot wait for each other
        for code in asks.clone().filter_map(Ask::campaign).collect::<BTreeSet<_>>() {
            let stored = campaigns::lock(conn, code)?;
            let before = stored.as_ref().map_or(-1, |s| s.revision);
            campaigns.insert(code.to_owned(), Head { stored, before, facts: None });
        }
        if asks.clone().any(|ask| ask.subject == Subject::Accounts) {
            // after all campaigns, and before any account is touched
            crate::store::audit::lock(conn, audit::ACCOUNTS)?;
        }
        let mut figures = Figures::default();
        for (code, head) in &mut campaigns {
            let of_campaign = asks.clone().filter(|ask| ask.campaign() == Some(code));
            let days: Vec<(&str, Day)> = of_campaign.filter_map(Ask::about).collect();
            let Some(stored) = &head.stored else { continue };
            head.facts = Facts::of(conn, live, stored, !days.is_empty())?;
            let Some(facts) = &head.facts else { continue };
            let standing: BTreeSet<(i64, Day)> = days.into_iter().filter_map(|at| facts.standing(at)).collect();
            figures.look_up(conn, stored.id, &Vec::from_iter(standing))?;
        }
        let known = Known::look_up(conn, now, asks.clone().filter_map(|ask| ask.proof.identity.as_ref()))?;
        let answers = Answers::look_up(conn, now, asks.filter_map(|ask| ask.request.idempotency.as_ref()))?;
        let (revisions, entries, missed) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Ok(Self { campaigns, known, answers, figures, revisions, entries, missed, failed: None })
    }

    /// The revisions that were accepted so far; they are stored at the end.
    pub(super) fn revisions(&self) -> &[NewRevision] {
        &self.revisions
    }

    /// A campaign as the writes so far leave it.
    pub(super) fn head(&self, code: &str) -> Option<StoredCampaign> {
        self.campaigns.get(code)?.stored.clone()
    }

    /// The facts of a campaign at a revision, where they are in memory.
    pub(super) fn facts(&self, code: &str, revision: i64) -> Option<&Facts> {
        self.campaigns.get(code)?.facts.as_ref().filter(|facts| facts.revision == revision)
    }

    /// Says that facts were wanted that are not in memory.
    pub(super) fn miss(&mut self, code: &str) {
        self.missed.insert(code.to_owned());
    }

    /// Stores what waits, so that the database can be asked. Whoever asks may change figures:
    /// what stands is then asked anew.
    pub(super) fn store(&mut self, conn: &mut DbConn) -> Result<(), Fault> {
        self.figures.store(conn).map_err(|error| {
            // what could not be stored is not of the write that asks now
            let fault = Fault::internal(error.to_string());
            self.failed = Some(error);
            fault
        })
    }

    /// The figure that stands for a unit's day, as it is or will be stored; the keys are those of
    /// campaign and unit.
    pub(super) fn figure(
        &mut self,
        conn: &mut DbConn,
        (campaign_id, unit_id, day): (i64, i64, Day),
    ) -> Result<Option<StoredFigure>, Fault> {
        let found = match self.figures.standing.get(&(campaign_id, unit_id, day)) {
            Some(found) => Some(found.clone()),
            None => {
                self.store(conn)?;
                figures::latest(conn, campaign_id, &[(unit_id, day)])?.pop()
            }
        };
        Ok(found.filter(|figure| figure.stamp.stands()))
    }

    /// Takes over what a write leaves behind.
    pub(super) fn take(&mut self, subject: &Subject, outcome: Outcome) {
        let Outcome { head, revisions, follow, figures, entries } = outcome;
        self.revisions.extend(revisions);
        self.entries.entry(subject.clone()).or_default().extend(entries);
        match subject {
            // whoever was known may be so no longer
            Subject::Accounts => self.known.forget(),
            Subject::Campaign(code) => {
                let (Some(after), Some(of_campaign)) = (head, self.campaigns.get_mut(code)) else { return };
                figures.into_iter().for_each(|figure| self.figures.add(after.id, figure));
                let before = of_campaign.stored.as_ref().map_or(0, |s| s.revision);
                let facts = of_campaign.facts.take().filter(|facts| facts.revision == before);
                of_campaign.facts = follow.lead(facts, (after.revision, after.last_recorded_at));
                of_campaign.stored = Some(after);
            }
        }
    }

    /// Stores what waits, and says at which revisions the campaigns stand.
    pub(super) fn finish(mut self, conn: &mut DbConn, now: Instant, teller: u64) -> Result<Ahead, StoreError> {
        self.figures.store(conn)?;
        self.answers.store(conn, now)?;
        campaigns::insert_revisions(conn, &self.revisions)?;
        let mut changed = BTreeMap::new();
        for (code, Head { stored, before, facts }) in self.campaigns {
            let Some(stored) = stored.filter(|s| s.revision != before) else { continue };
            campaigns::set_revision(conn, stored.id, stored.revision, stored.last_recorded_at)?;
            campaigns::tell(conn, teller, &stored.campaign.code, stored.revision)?;
            changed.insert(code, (stored.revision, facts));
        }
        for (subject, entries) in self.entries.into_iter().filter(|(_, entries)| !entries.is_empty()) {
            audit::append(conn, &subject.chain(), entries)?;
        }
        Ok(Ahead { changed, missed: self.missed })
    }
}

/// What the facts in memory become once a batch is committed.
pub(super) struct Ahead {
    changed: BTreeMap<String, (i64, Option<Facts>)>,
    /// Campaigns that writes would rather have in memory.
    pub(super) missed: BTreeSet<String>,
}

impl Ahead {
    /// Puts the facts in their place; those that are not known are loaded again by the next reader.
    pub(super) fn publish(self, live: &Live) {
        for (code, (revision, facts)) in self.changed {
            if let Some(facts) = facts.filter(|facts| facts.revision == revision) {
                live.put(&code, facts.into_snapshot());
            }
            live.drop_older(&code, revision);
        }
    }
}

/// The facts of a campaign as the writes of a batch leave them, ahead of its commit.
pub(super) struct Facts {
    base: Arc<Snapshot>,
    /// What changed since, all of it.
    ledger: Option<Ledger>,
    /// The index of the first day on whose board that can be seen.
    changed_from: usize,
    revision: i64,
    recorded_at: Instant,
}

impl Facts {
    /// Those in memory; where other processes wrote since and it `is_worth` it, what they
    /// changed is read first.
    fn of(conn: &mut DbConn, live: &Live, stored: &StoredCampaign, is_worth: bool) -> Result<Option<Self>, StoreError> {
        let Some(last) = live.last(&stored.campaign.code) else { return Ok(None) };
        let base = match last.revision == stored.revision {
            true => Some(last),
            false if is_worth => catch_up(conn, &last, Patience::Little)?.map(Arc::new),
            false => None,
        };
        Ok(base.map(Self::from_snapshot))
    }

    /// Those that a write found out itself.
    pub(super) fn from_snapshot(snapshot: Arc<Snapshot>) -> Self {
        let (revision, recorded_at) = (snapshot.revision, snapshot.recorded_at);
        Self { revision, recorded_at, base: snapshot, ledger: None, changed_from: usize::MAX }
    }

    /// With what a write changed.
    pub(super) fn with(mut self, changes: &[Change], (revision, recorded_at): Recorded) -> Self {
        let ledger = self.ledger.get_or_insert_with(|| Ledger::clone(self.base.ledger()));
        for change in changes {
            change.enter(ledger);
            self.changed_from = self.changed_from.min(change.first_day(ledger));
        }
        (self.revision, self.recorded_at) = (revision, recorded_at);
        self
    }

    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap_or_else(|| self.base.ledger())
    }

    /// The unit of a code.
    pub(super) fn unit(&self, code: &str) -> Option<StoredUnit> {
        let register = self.base.register();
        let at = register.find(code)?;
        let unit = register.unit(at)?;
        let parent_id = unit.parent.map(|above| self.base.key(above));
        Some(StoredUnit { id: self.base.key(at), parent_id, unit: Unit { parent: None, ..unit.clone() } })
    }

    /// Whether a unit is another one or stands below it.
    pub(super) fn is_within(&self, code: &str, within: &str) -> bool {
        let register = self.base.register();
        let places = register.find(code).zip(register.find(within));
        places.is_some_and(|(unit, above)| unit == above || register.is_below(unit, above))
    }

    /// What stands for a unit's day; none for a day that no rule looks at.
    pub(super) fn entry(&self, code: &str, day: Day) -> Option<DayEntry> {
        let ledger = self.ledger();
        Some(ledger.entry(ledger.register.find(code)?, ledger.calendar.index(day)?))
    }

    /// What is usual for a unit on a day.
    pub(super) fn usual(&self, code: &str, day: Day) -> Option<Usual> {
        let ledger = self.ledger();
        usual(ledger, ledger.register.find(code)?, ledger.calendar.index(day)?)
    }

    /// Key and day of a unit's day on which a figure stands.
    fn standing(&self, (code, day): (&str, Day)) -> Option<(i64, Day)> {
        self.entry(code, day)?.counts?;
        Some((self.base.key(self.base.register().find(code)?), day))
    }

    /// They as readers see them.
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        match &self.ledger {
            Some(ledger) => Arc::new(self.base.with(ledger.clone(), self.recorded(), self.changed_from)),
            None => self.base.clone(),
        }
    }

    fn recorded(&self) -> Recorded {
        (self.revision, self.recorded_at)
    }

    fn into_snapshot(self) -> Arc<Snapshot> {
        let recorded = self.recorded();
        match self.ledger {
            Some(ledger) => Arc::new(self.base.with(ledger, recorded, self.changed_from)),
            None => self.base,
        }
    }
}

/// Figures that wait to be stored, and those that stand where they are for.
#[derive(Default)]
struct Figures {
    /// By the campaign's key.
    waiting: BTreeMap<i64, Vec<StoredFigure>>,
    /// By the keys of campaign and unit, and the day.
    standing: HashMap<(i64, i64, Day), StoredFigure>,
}

impl Figures {
    fn look_up(&mut self, conn: &mut DbConn, campaign_id: i64, of: &[(i64, Day)]) -> Result<(), StoreError> {
        if of.is_empty() {
            return Ok(());
        }
        for figure in figures::latest(conn, campaign_id, of)? {
            self.standing.insert((campaign_id, figure.unit_id, figure.day), figure);
        }
        Ok(())
    }

    fn add(&mut self, campaign_id: i64, figure: StoredFigure) {
        self.standing.insert((campaign_id, figure.unit_id, figure.day), figure.clone());
        self.waiting.entry(campaign_id).or_default().push(figure);
    }

    fn store(&mut self, conn: &mut DbConn) -> Result<(), StoreError> {
        self.standing.clear();
        for (campaign_id, figures) in std::mem::take(&mut self.waiting) {
            figures::insert(conn, campaign_id, &figures)?;
        }
        Ok(())
    }
}

/// Who was looked at in this transaction.
pub(super) struct Known(HashMap<Identity, bool>);

impl Known {
    fn look_up<'a>(
        conn: &mut DbConn,
        now: Instant,
        identities: impl Iterator<Item = &'a Identity>,
    ) -> Result<Self, StoreError> {
        let mut found: HashMap<Identity, bool> = identities.map(|identity| (identity.clone(), false)).collect();
        let (mut machines, mut sessions_of) = (Vec::new(), HashMap::new());
        for (identity, is_known) in &mut found {
            match identity {
                Identity::Operator => *is_known = true,
                Identity::Machine { id } => machines.push((id.as_str(), is_known)),
                Identity::Account(access) => drop(sessions_of.insert(access, is_known)),
            }
        }
        let ids: Vec<&str> = machines.iter().map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            let tokens = accounts::find_tokens(conn, &ids)?;
            for (id, is_known) in machines {
                *is_known = tokens.iter().any(|token| token.id == id && token.is_taken(now));
            }
        }
        let ids: Vec<&str> = sessions_of.keys().map(|access| access.session.as_str()).collect();
        if !ids.is_empty() {
            let open = sessions::find_all_open(conn, &ids, now)?;
            let open: HashMap<&str, _> = open.iter().map(|(session, account)| (session.id.as_str(), account)).collect();
            for (access, is_known) in sessions_of {
                *is_known = open.get(access.session.as_str()).is_some_and(|account| is_as_signed(account, access));
            }
        }
        Ok(Self(found))
    }

    fn forget(&mut self) {
        self.0.clear();
    }

    /// Refuses who may no longer do what was proven before: the account was changed or
    /// locked, the session ended, the token revoked or over.
    pub(super) fn check(&mut self, conn: &mut DbConn, now: Instant, proof: &Proof) -> Result<(), Fault> {
        let Some(identity) = &proof.identity else { return Ok(()) };
        if !self.0.contains_key(identity) {
            self.0.extend(Self::look_up(conn, now, std::iter::once(identity))?.0);
        }
        if self.0.get(identity) == Some(&true) { Ok(()) } else { Err(Fault::token_ended()) }
    }
}

/// The answers under the keys of a batch: those kept before, and those to keep.
#[derive(Default)]
pub(super) struct Answers {
    /// By caller and key: what was asked, and what was answered.
    kept: HashMap<(String, String), (String, Written)>,
    waiting: Vec<(String, String)>,
}

impl Answers {
    fn look_up<'a>(
        conn: &mut DbConn,
        now: Instant,
        keys: impl Iterator<Item = &'a Idempotency>,
    ) -> Result<Self, StoreError> {
        let keys: Vec<(&str, &str)> = keys.map(|key| (key.caller.as_str(), key.key.as_str())).collect();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        idempotency::hold(conn, &keys)?;
        let found = idempotency::find(conn, &keys, now)?.into_iter().map(|kept| {
            let written = Written {
                status: u16::try_from(kept.status).unwrap_or(200),
                revision: kept.revision,
                body: kept.body,
                etag: kept.etag,
                location: kept.location,
            };
            ((kept.caller, kept.idempotency_key), (kept.fingerprint, written))
        });
        Ok(Self { kept: found.collect(), waiting: Vec::new() })
    }

    /// The answer that is kept under a key.
    pub(super) fn replay(&self, key: &Idempotency) -> Result<Option<Written>, Fault> {
        match self.kept.get(&(key.caller.clone(), key.key.clone())) {
            None => Ok(None),
            Some((fingerprint, written)) if *fingerprint == key.fingerprint => Ok(Some(written.clone())),
            Some(_) => Err(Fault::new(
                Code::IdempotencyKeyReused,
                "this Idempotency-Key was used for another request; a new request needs a new key",
            )),
        }
    }

    /// Keeps an answer under a key.
    pub(super) fn keep(&mut self, key: &Idempotency, written: Written) {
        let name = (key.caller.clone(), key.key.clone());
        self.waiting.push(name.clone());
        self.kept.insert(name, (key.fingerprint.clone(), written));
    }

    fn store(mut self, conn: &mut DbConn, now: Instant) -> Result<(), StoreError> {
        let answer = |name: &(String, String)| {
            let (fingerprint, written) = self.kept.remove(name)?;
            Some(KeptAnswer {
                caller: name.0.clone(),
                idempotency_key: name.1.clone(),
                fingerprint,
                status: i32::from(written.status),
                revision: written.revision,
                body: written.body,
                etag: written.etag,
                location: written.location,
                created_us: now.micros(),
            })
        };
        let answers: Vec<KeptAnswer> = self.waiting.iter().filter_map(answer).collect();
        idempotency::insert(conn, &answers)
    }
}
