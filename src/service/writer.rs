//! The writer: one thread a process through which every write goes.
//!
//! It takes what is queued, and in one transaction applies each write in a
//! savepoint of its own – one that is refused costs nobody else anything – gives out
//! revisions and rising instants under the campaign's lock, commits, brings the live
//! boards up to date, and then answers all. An answer means: durable, and visible to
//! the next read of this process. Who asks is looked at once more in the transaction, and
//! what is worth keeping goes into the log with it.

use super::access::{Identity, Proof};
use super::audit::{self, Entry, Note, Origin};
use super::fault::{Code, Fault};
use super::live::{Change, Live, Snapshot};
use super::measures::{Measures, Queued};
use super::sessions::signed_in;
use crate::clock::Clock;
use crate::domain::{Contest, Instant, Unit};
use crate::store::accounts;
use crate::store::campaigns::{self, NewRevision, StoredCampaign};
use crate::store::idempotency::{self, KeptAnswer};
use crate::store::units::{self, StoredUnit};
use crate::store::{Database, DbConn, StoreError, is_alive, savepoint, write};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tracing::Span;

/// A key under which an answer is kept.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// Whose key it is.
    pub caller: String,
    /// The key.
    pub key: String,
    /// What is asked: method, address and body.
    pub fingerprint: String,
}

/// What a client demands of what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// It exists.
    Any,
    /// It has one of these entity tags.
    Tags(Vec<String>),
}

/// How a write is asked for.
#[derive(Clone, Debug, Default)]
pub struct WriteRequest {
    /// Where the answer is kept.
    pub idempotency: Option<Idempotency>,
    /// What must be there.
    pub if_match: Option<IfMatch>,
    /// Where it comes from.
    pub origin: Origin,
}

impl WriteRequest {
    /// A write by who runs the program.
    pub fn on_this_machine() -> Self {
        let origin = Origin { address: "command line".to_owned(), request_id: None };
        Self { origin, ..Self::default() }
    }

    /// Checks the demand against the entity tag of what is there; `needed` where
    /// something that exists would be replaced.
    ///
    /// # Errors
    /// 412 where it fails, 428 where it is missing and needed.
    pub fn check_if_match(&self, current: Option<&str>, needed: bool) -> Result<(), Fault> {
        match (&self.if_match, current) {
            (None, Some(_)) if needed => Err(Fault::new(
                Code::PreconditionRequired,
                "replacing this needs If-Match with the ETag of what you have read",
            )),
            (None, _) | (Some(IfMatch::Any), Some(_)) => Ok(()),
            (Some(IfMatch::Tags(tags)), Some(current)) if tags.iter().any(|t| t == current) => Ok(()),
            (Some(_), _) => Err(Fault::new(Code::PreconditionFailed, "this has changed since you have read it")),
        }
    }
}

/// What a write answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// 200 or 201.
    pub status: u16,
    /// Revision of the campaign after it; 0 where it is about no campaign.
    pub revision: i64,
    /// JSON.
    pub body: Vec<u8>,
    /// Entity tag of what now is there.
    pub etag: Option<String>,
    /// Where what was made is, below `/api/v1`.
    pub location: Option<String>,
}

/// What a piece of work has done; the writer adds the rest.
#[derive(Debug)]
pub struct Done {
    /// 200 or 201.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
    /// Entity tag of what now is there.
    pub etag: Option<String>,
    /// Where what was made is, below `/api/v1`.
    pub location: Option<String>,
    /// What is kept for a retry in place of the body, where the body tells a secret once.
    pub kept_body: Option<Vec<u8>>,
}

/// What a write is about: what is held while it is made, and the chain of its entries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// The campaign of a code.
    Campaign(String),
    /// Accounts, sessions and tokens.
    Accounts,
}

impl Ask {
    /// Code of the campaign, where it is about one.
    fn code(&self) -> &str {
        match &self.subject {
            Subject::Campaign(code) => code,
            Subject::Accounts => "",
        }
    }
}

impl Subject {
    fn chain(&self) -> String {
        match self {
            Self::Campaign(code) => audit::chain_of(code),
            Self::Accounts => audit::ACCOUNTS.to_owned(),
        }
    }
}

/// Who wants to write about what, and how.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// What it is about.
    pub(super) subject: Subject,
    /// Who it is by.
    pub(super) proof: Proof,
    /// Code of the unit that the right ends at, where it does.
    pub(super) within: Option<String>,
    /// How it is asked for.
    pub(super) request: WriteRequest,
}

/// How the facts in memory follow.
#[derive(Debug, Default)]
enum Follow {
    /// Nothing changed.
    #[default]
    Nothing,
    /// These changed.
    By(Vec<Change>),
    /// They are these.
    To(Box<Snapshot>),
    /// Units, rules or everything: they are loaded again.
    Reload,
}

/// A write at work, inside the writer's transaction.
pub struct Work<'a> {
    /// The database.
    pub conn: &'a mut DbConn,
    /// The clock's instant.
    pub now: Instant,
    ask: &'a Ask,
    live: &'a Live,
    head: Option<StoredCampaign>,
    /// The revision before it.
    from: i64,
    accepted: Vec<NewRevision>,
    follow: Follow,
    notes: Vec<Note>,
    is_dry: bool,
}

impl<'a> Work<'a> {
    /// How it was asked for.
    pub fn request(&self) -> &'a WriteRequest {
        &self.ask.request
    }

    /// Name of who asks, as the log keeps it.
    pub fn actor(&self) -> &str {
        &self.ask.proof.actor
    }

    /// Keeps something in the log.
    pub fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// The unit of a code, if the write may touch it.
    ///
    /// # Errors
    /// 404 where there is none; 403 where it lies outside the caller's scope, and 404
    /// there too where nobody outside may know of it.
    pub fn unit(&mut self, stored: &StoredCampaign, code: &str) -> Result<StoredUnit, Fault> {
        let unit = units::find_opt(self.conn, stored.id, &stored.campaign, code)?;
        let unit = unit.ok_or_else(|| Fault::no_unit(code))?;
        self.check_within(stored, &unit)?;
        Ok(unit)
    }

    /// Refuses a unit that lies outside the caller's scope.
    ///
    /// # Errors
    /// As [`Work::unit`].
    pub fn check_within(&mut self, stored: &StoredCampaign, unit: &StoredUnit) -> Result<(), Fault> {
        let Some(within) = &self.ask.within else { return Ok(()) };
        let (mut code, mut parent) = (unit.unit.code.clone(), unit.parent_id);
        while code != *within {
            let above = match parent {
                Some(id) => units::find_place(self.conn, stored.id, id)?,
                None => None,
            };
            (code, parent) = above.ok_or_else(|| outside(stored, &unit.unit))?;
        }
        Ok(())
    }

    /// The keys of the units that the write may touch, of all of a campaign; none where
    /// it may touch all.
    pub fn reach(&self, known: &[StoredUnit]) -> Option<HashSet<i64>> {
        let within = self.ask.within.as_ref()?;
        let parents: HashMap<i64, Option<i64>> = known.iter().map(|u| (u.id, u.parent_id)).collect();
        let root = known.iter().find(|u| u.unit.code == *within).map(|u| u.id);
        let is_below = |id: i64| {
            let mut at = Some(id);
            while at.is_some() && at != root {
                at = at.and_then(|id| parents.get(&id).copied().flatten());
            }
            at.is_some()
        };
        Some(known.iter().map(|u| u.id).filter(|id| root.is_some() && is_below(*id)).collect())
    }

    /// Code of the unit that the right ends at, where it does.
    pub(super) fn within(&self) -> Option<&'a str> {
        self.ask.within.as_deref()
    }

    /// The facts as they stand in this transaction: those in memory where nothing was
    /// written since, else read from the database.
    pub(super) fn present(&mut self, stored: &StoredCampaign) -> Result<Arc<Snapshot>, Fault> {
        let in_memory = self.live.latest(self.ask.code()).filter(|s| s.revision == stored.revision);
        match in_memory {
            Some(snapshot) if matches!(self.follow, Follow::Nothing) => Ok(snapshot),
            _ => Ok(Arc::new(Snapshot::load(self.conn, stored)?)),
        }
    }

    /// The campaign as it stands.
    ///
    /// # Errors
    /// 404 where there is none.
    pub fn campaign(&self) -> Result<StoredCampaign, Fault> {
        self.head.clone().ok_or_else(|| Fault::no_campaign(self.ask.code()))
    }

    /// The campaign, if there is one.
    pub fn campaign_opt(&self) -> Option<StoredCampaign> {
        self.head.clone()
    }

    /// Says that a campaign now exists, or has another document.
    pub fn set_campaign(&mut self, stored: StoredCampaign) {
        self.head = Some(stored);
        self.reload();
    }

    /// Accepts a change: gives it the next revision and a rising instant.
    ///
    /// # Errors
    /// 404 where there is no campaign.
    pub fn accept(&mut self, what: &'static str) -> Result<(i64, Instant), Fault> {
        let Some(head) = &mut self.head else { return Err(Fault::no_campaign(self.ask.code())) };
        let after = Instant::from_micros(head.last_recorded_at.micros().saturating_add(1));
        head.revision += 1;
        head.last_recorded_at = self.now.max(after);
        self.accepted.push(NewRevision::new(head.id, head.revision, head.last_recorded_at, what));
        Ok((head.revision, head.last_recorded_at))
    }

    /// Says that instants up to this one were given, by a pack's own history.
    pub fn raise_last_recorded(&mut self, to: Instant) {
        if let Some(head) = &mut self.head {
            head.last_recorded_at = head.last_recorded_at.max(to);
        }
    }

    /// The revision as it stands; of what will be undone, the one before it.
    pub fn revision(&self) -> i64 {
        if self.is_dry { self.from } else { self.head.as_ref().map_or(0, |h| h.revision) }
    }

    /// Says what changed, so that the facts in memory follow.
    pub fn changed(&mut self, change: Change) {
        match &mut self.follow {
            Follow::Reload => {}
            Follow::By(changes) => changes.push(change),
            follow @ Follow::Nothing => *follow = Follow::By(vec![change]),
            follow @ Follow::To(_) => *follow = Follow::Reload,
        }
    }

    /// Says that the facts in memory are these, unless more than figures changed.
    pub(super) fn follow_with(&mut self, snapshot: Snapshot) {
        self.follow = match self.follow {
            Follow::Nothing => Follow::To(Box::new(snapshot)),
            _ => Follow::Reload,
        };
    }

    /// Says that units or rules changed: the facts are loaded again.
    pub fn reload(&mut self) {
        self.follow = Follow::Reload;
    }

    /// Undoes everything at the end, after the answer was made.
    pub fn undo_at_the_end(&mut self) {
        self.is_dry = true;
    }
}

type Task = Box<dyn FnOnce(&mut Work<'_>) -> Result<Done, Fault> + Send>;

/// Refuses a unit outside the caller's scope; one of a private kind is not there at all
/// (domain.md section 6).
pub(super) fn outside(stored: &StoredCampaign, unit: &Unit) -> Fault {
    if stored.campaign.kind(unit.kind).is_none_or(|kind| kind.private) {
        return Fault::no_unit(&unit.code);
    }
    Fault::new(Code::Forbidden, format!("{} lies outside the scope of this account", unit.code))
}

struct Job {
    ask: Ask,
    task: Task,
    reply: oneshot::Sender<Result<Written, Fault>>,
    /// That of the request, so that what the writer logs names it.
    span: Span,
    _queued: Queued,
}

/// An answer that is on its way.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Written, Fault>>);

impl Pending {
    /// The answer, for whoever may block.
    ///
    /// # Errors
    /// What the write answers.
    pub fn wait(self) -> Result<Written, Fault> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(Fault::internal("the writer gave no answer")))
    }

    /// The answer, for whoever must not block.
    ///
    /// # Errors
    /// What the write answers.
    pub async fn answer(self) -> Result<Written, Fault> {
        self.0.await.unwrap_or_else(|_| Err(Fault::internal("the writer gave no answer")))
    }
}

/// The queue to the writer's thread; the thread ends when it is dropped.
#[derive(Debug)]
pub struct Writer {
    queue: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    measures: Arc<Measures>,
}

/// Writes that one transaction carries at most.
const MAX_BATCH: usize = 512;

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn start(
        database: Database,
        clock: Clock,
        live: Arc<Live>,
        measures: Arc<Measures>,
        teller: u64,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let used = std::time::Instant::now();
        let mut thread = Thread { database, clock, live, measures: measures.clone(), teller, conn: None, used };
        let handle = std::thread::Builder::new().name("writer".to_owned()).spawn(move || thread.run(&receiver))?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(handle)), measures })
    }

    /// Queues a write.
    pub(super) fn write(
        &self,
        ask: Ask,
        task: impl FnOnce(&mut Work<'_>) -> Result<Done, Fault> + Send + 'static,
    ) -> Pending {
        let (reply, answer) = oneshot::channel();
        let (span, _queued) = (Span::current(), Queued::new(&self.measures));
        let job = Job { ask, task: Box::new(task), reply, span, _queued };
        if let Some(queue) = self.queue.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            // a queue without a thread drops the job, and the answer says so
            let _ = queue.send(job);
        }
        Pending(answer)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(queue);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// After how long without a write the connection is tried before it is used.
const TRY_AFTER: Duration = Duration::from_secs(1);

struct Thread {
    database: Database,
    clock: Clock,
    live: Arc<Live>,
    measures: Arc<Measures>,
    /// By what other processes know this one.
    teller: u64,
    conn: Option<DbConn>,
    used: std::time::Instant,
}

/// A write that was applied and waits for the commit.
struct Applied {
    written: Written,
    /// Revision before it; the facts in memory follow from there.
    from: i64,
    /// Its revisions; stored with those of the whole batch.
    accepted: Vec<NewRevision>,
    follow: Follow,
    entries: Vec<Entry>,
}

impl Applied {
    /// An answer that was given before; nothing changes.
    fn again(written: Written) -> Self {
        Self { from: written.revision, accepted: Vec::new(), follow: Follow::Nothing, entries: Vec::new(), written }
    }
}

impl Thread {
    fn run(&mut self, queue: &Receiver<Job>) {
        loop {
            let Ok(first) = queue.recv() else { return };
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH
                && let Ok(job) = queue.try_recv()
            {
                batch.push(job);
            }
            // a panic costs its batch, never the writer; who waits is told that no answer came
            if catch_unwind(AssertUnwindSafe(|| self.run_batch(batch))).is_err() {
                tracing::error!("a write panicked; its batch was undone");
                self.conn = None;
            }
        }
    }

    /// The connection; one that lay idle is tried first, since a server that was started
    /// again meanwhile should cost nobody a write.
    fn connected(&mut self) -> Result<&mut DbConn, StoreError> {
        let lay_idle = self.used.elapsed() > TRY_AFTER;
        self.conn.take_if(|conn| lay_idle && !is_alive(conn));
        if self.conn.is_none() {
            self.conn = Some(self.database.connect()?);
        }
        self.used = std::time::Instant::now();
        self.conn.as_mut().ok_or_else(|| StoreError::Unreachable("no connection".to_owned()))
    }

    fn run_batch(&mut self, batch: Vec<Job>) {
        let now = self.clock.now();
        let mut tasks = Vec::with_capacity(batch.len());
        let mut replies = Vec::with_capacity(batch.len());
        let (begun, writes) = (std::time::Instant::now(), batch.len());
        for Job { ask, task, reply, span, .. } in batch {
            tasks.push((ask, task, span));
            replies.push(reply);
        }
        let subjects: Vec<Subject> = tasks.iter().map(|(ask, ..)| ask.subject.clone()).collect();
        let (live, teller) = (self.live.clone(), self.teller);
        let done = match self.connected() {
            Ok(conn) => write(conn, |conn| apply_all(conn, &live, teller, now, tasks)),
            Err(error) => Err(error),
        };
        match done {
            Ok(results) => {
                let took = begun.elapsed();
                self.measures.transaction(writes, took);
                tracing::debug!(writes, took_us = took.as_micros() as u64, "committed");
                let mut answers = Vec::with_capacity(replies.len());
                let mut ahead = Ahead { live: &live, of: BTreeMap::new() };
                for (subject, result) in subjects.iter().zip(results) {
                    answers.push(result.map(|applied| match subject {
                        Subject::Campaign(code) => ahead.follow(code, applied),
                        Subject::Accounts => applied.written,
                    }));
                }
                ahead.finish();
                for (reply, answer) in replies.into_iter().zip(answers) {
                    if let Err(fault) = &answer {
                        self.measures.refuse(fault.code);
                    }
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                self.conn = None;
                let fault = Fault::from(error);
                replies.iter().for_each(|_| self.measures.refuse(fault.code));
                replies.into_iter().for_each(|reply| drop(reply.send(Err(fault.clone()))));
            }
        }
    }
}

/// Changes of a batch on their way into the facts in memory: those of one campaign are
/// entered together, so that a batch costs one copy of what it touches.
struct Ahead<'l> {
    live: &'l Live,
    /// By campaign: the revisions before and after, and what changed between.
    of: BTreeMap<String, (i64, i64, Vec<Change>)>,
}

impl Ahead<'_> {
    fn follow(&mut self, code: &str, applied: Applied) -> Written {
        let (from, to) = (applied.from, applied.written.revision);
        match applied.follow {
            Follow::Nothing if to == from => {}
            Follow::By(mut changes) => match self.of.get_mut(code) {
                Some((_, last, before)) if *last == from => {
                    *last = to;
                    before.append(&mut changes);
                }
                _ => {
                    self.enter(code);
                    self.of.insert(code.to_owned(), (from, to, changes));
                }
            },
            Follow::To(snapshot) => {
                self.of.remove(code);
                self.live.put(code, *snapshot);
                self.live.drop_older(code, to);
            }
            Follow::Nothing | Follow::Reload => {
                self.of.remove(code);
                self.live.drop_older(code, to);
            }
        }
        applied.written
    }

    fn enter(&mut self, code: &str) {
        if let Some((from, to, changes)) = self.of.remove(code) {
            self.live.apply(code, from, to, &changes);
        }
    }

    fn finish(mut self) {
        while let Some(code) = self.of.keys().next().cloned() {
            self.enter(&code);
        }
    }
}

type Tasks = Vec<(Ask, Task, Span)>;

/// Applies the writes of a batch, each in its savepoint, and keeps what is worth keeping.
fn apply_all(
    conn: &mut DbConn,
    live: &Live,
    teller: u64,
    now: Instant,
    tasks: Tasks,
) -> Result<Vec<Result<Applied, Fault>>, StoreError> {
    let mut heads: BTreeMap<String, Option<StoredCampaign>> = BTreeMap::new();
    for (ask, ..) in &tasks {
        if let Subject::Campaign(code) = &ask.subject {
            heads.insert(code.clone(), None);
        }
    }
    // in the order of their codes, so that two processes cannot wait for each other
    for (code, head) in &mut heads {
        *head = campaigns::lock(conn, code)?;
    }
    if tasks.iter().any(|(ask, ..)| ask.subject == Subject::Accounts) {
        // after all campaigns, and before any account is touched
        crate::store::audit::lock(conn, audit::ACCOUNTS)?;
    }
    let before: BTreeMap<String, i64> =
        heads.iter().map(|(code, head)| (code.clone(), head.as_ref().map_or(-1, |h| h.revision))).collect();
    let mut results = Vec::with_capacity(tasks.len());
    let mut entries: BTreeMap<Subject, Vec<Entry>> = BTreeMap::new();
    let mut known = Known::default();
    let mut accepted = Vec::new();
    for (ask, task, span) in tasks {
        let head = heads.get(ask.code()).cloned().flatten();
        let apply = |conn: &mut DbConn| apply(conn, live, now, &ask, head, task);
        let result = known.check(conn, now, &ask.proof).and_then(|()| span.in_scope(|| apply(conn)));
        if let Err(fault) = &result
            && fault.code == Code::Unavailable
        {
            return Err(StoreError::Unreachable(fault.cause.as_deref().unwrap_or_default().to_owned()));
        }
        results.push(result.map(|(mut applied, head)| {
            match &ask.subject {
                Subject::Campaign(code) => drop(heads.insert(code.clone(), head)),
                // whoever was known may be so no longer
                Subject::Accounts => known = Known::default(),
            }
            entries.entry(ask.subject).or_default().append(&mut applied.entries);
            accepted.append(&mut applied.accepted);
            applied
        }));
    }
    campaigns::insert_revisions(conn, &accepted)?;
    for (code, head) in heads {
        if let Some(head) = head.filter(|h| before.get(&code) != Some(&h.revision)) {
            campaigns::set_revision(conn, head.id, head.revision, head.last_recorded_at)?;
            campaigns::tell(conn, teller, &head.campaign.code, head.revision)?;
        }
    }
    for (subject, entries) in entries.into_iter().filter(|(_, entries)| !entries.is_empty()) {
        audit::append(conn, &subject.chain(), entries)?;
    }
    Ok(results)
}

/// Who was looked at in this transaction: a batch of one person's writes looks once.
#[derive(Default)]
struct Known(HashMap<Identity, bool>);

impl Known {
    /// Refuses who may no longer do what was proven before: the account was changed or
    /// locked, the session ended, the token revoked or over.
    fn check(&mut self, conn: &mut DbConn, now: Instant, proof: &Proof) -> Result<(), Fault> {
        let Some(identity) = &proof.identity else { return Ok(()) };
        let is_known = match self.0.get(identity) {
            Some(is_known) => *is_known,
            None => {
                let found = is_as_proven(conn, now, identity)?;
                self.0.insert(identity.clone(), found);
                found
            }
        };
        if is_known { Ok(()) } else { Err(Fault::token_ended()) }
    }
}

fn is_as_proven(conn: &mut DbConn, now: Instant, identity: &Identity) -> Result<bool, StoreError> {
    Ok(match identity {
        Identity::Operator => true,
        Identity::Account(access) => signed_in(conn, access, now)?.is_some(),
        Identity::Machine { id } => accounts::find_token(conn, id)?.is_some_and(|token| token.is_taken(now)),
    })
}

/// The revisions of a write, with the units' days that it touched where it touched no more.
fn with_touched(accepted: Vec<NewRevision>, follow: &Follow) -> Vec<NewRevision> {
    let Follow::By(changes) = follow else { return accepted };
    let day = |change: &'_ Change| matches!(change, Change::Day { .. });
    if accepted.len() != 1 || !changes.iter().all(day) {
        return accepted;
    }
    let days = changes.iter().filter_map(|change| match change {
        Change::Day { unit, day, .. } => Some((unit.as_str(), *day)),
        _ => None,
    });
    accepted.into_iter().map(|revision| revision.touching(days.clone())).collect()
}

type WithHead = (Applied, Option<StoredCampaign>);

fn apply(
    conn: &mut DbConn,
    live: &Live,
    now: Instant,
    ask: &Ask,
    head: Option<StoredCampaign>,
    task: Task,
) -> Result<WithHead, Fault> {
    let idempotency = ask.request.idempotency.as_ref();
    if let Some(kept) = replay(conn, now, idempotency)? {
        return Ok((Applied::again(kept), head));
    }
    let unchanged = head.clone();
    let mut dry: Option<Written> = None;
    let result = savepoint(conn, |conn| {
        let from = head.as_ref().map_or(0, |h| h.revision);
        let mut work = Work {
            conn,
            now,
            ask,
            live,
            head,
            from,
            accepted: Vec::new(),
            follow: Follow::Nothing,
            notes: Vec::new(),
            is_dry: false,
        };
        let done = task(&mut work)?;
        let revision = work.revision();
        let Done { status, body, etag, location, kept_body } = done;
        let written = Written { status, revision, body, etag, location };
        if work.is_dry {
            dry = Some(written);
            // any refusal undoes the savepoint
            return Err(Fault::new(Code::Internal, "a dry run"));
        }
        let (follow, head, notes) = (work.follow, work.head, work.notes);
        let accepted = with_touched(work.accepted, &follow);
        if let Some(key) = idempotency {
            let kept = kept_body.map_or_else(|| written.clone(), |body| Written { body, ..written.clone() });
            keep(conn, now, key, &kept)?;
        }
        let entry = |note| Entry {
            at: now,
            actor: ask.proof.actor.clone(),
            role: ask.proof.role,
            origin: ask.request.origin.clone(),
            note,
        };
        let entries = notes.into_iter().map(entry).collect();
        Ok((Applied { written, from, accepted, follow, entries }, head))
    });
    match (result, dry) {
        (Err(_), Some(written)) => Ok((Applied::again(written), unchanged)),
        // another process kept an answer under this key meanwhile: it is the answer
        (Err(fault), None) if fault.code == Code::IdempotencyKeyReused && fault.cause.is_some() => {
            let kept = replay(conn, now, idempotency)?.ok_or(fault)?;
            Ok((Applied::again(kept), unchanged))
        }
        (result, _) => result,
    }
}

/// The answer that is kept under a key.
fn replay(conn: &mut DbConn, now: Instant, idempotency: Option<&Idempotency>) -> Result<Option<Written>, Fault> {
    let Some(Idempotency { caller, key, fingerprint }) = idempotency else { return Ok(None) };
    let Some(kept) = idempotency::find_opt(conn, caller, key, now)? else { return Ok(None) };
    if kept.fingerprint != *fingerprint {
        return Err(Fault::new(
            Code::IdempotencyKeyReused,
            "this Idempotency-Key was used for another request; a new request needs a new key",
        ));
    }
    Ok(Some(Written {
        status: u16::try_from(kept.status).unwrap_or(200),
        revision: kept.revision,
        body: kept.body,
        etag: kept.etag,
        location: kept.location,
    }))
}

fn keep(conn: &mut DbConn, now: Instant, key: &Idempotency, written: &Written) -> Result<(), Fault> {
    let answer = KeptAnswer {
        status: i32::from(written.status),
        revision: written.revision,
        body: written.body.clone(),
        etag: written.etag.clone(),
        location: written.location.clone(),
        ..KeptAnswer::new(&key.caller, &key.key, &key.fingerprint, now)
    };
    match idempotency::insert(conn, &answer) {
        Err(StoreError::Taken) => Err(Fault {
            cause: Some("kept by another process".into()),
            ..Fault::new(Code::IdempotencyKeyReused, "this Idempotency-Key is being used by another request")
        }),
        other => Ok(other?),
    }
}

/// The greatest instant in a contest's own history.
pub(super) fn last_instant(contest: &Contest) -> Instant {
    contest.instants().max().unwrap_or(Instant::BEGINNING)
}
