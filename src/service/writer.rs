//! The writer: one thread a process through which every write goes.
//!
//! It takes what is queued, and in one transaction applies each write – one that is refused
//! costs nobody else anything: it has asked the database nothing, or in a savepoint of its
//! own – gives out revisions and rising instants under the campaign's lock, commits, brings
//! the live boards up to date, and then answers all. An answer means: durable, and visible
//! to the next read of this process. Who asks is looked at once more in the transaction, and
//! what is worth keeping goes into the log with it. What the writes of a transaction share
//! is in `batch`.

use super::access::{Audience, Identity, Proof};
use super::audit::{self, Entry, Note, Origin};
use super::batch::{Ahead, Batch, Facts, Outcome};
use super::catch_up;
use super::fault::{Code, Fault};
use super::figures::stored_day;
use super::live::{Change, Live, Recorded, Snapshot};
use super::measures::{Measures, Queued};
use super::pins;
use crate::clock::Clock;
use crate::domain::{Contest, Day, Instant, Unit};
use crate::scoring::ledger::DayEntry;
use crate::scoring::usual::{Usual, usual};
use crate::store::campaigns::{NewRevision, StoredCampaign};
use crate::store::figures::StoredFigure;
use crate::store::units::{self, StoredUnit};
use crate::store::{Database, DbConn, StoreError, begin_savepoint, end_savepoint, is_alive, read, write};
use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// There is none yet.
    Absent,
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
    /// Why, where one reason is given for all of an import.
    pub reason: Option<String>,
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
            (None, _) | (Some(IfMatch::Any), Some(_)) | (Some(IfMatch::Absent), None) => Ok(()),
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
    pub(super) fn campaign(&self) -> Option<&str> {
        match &self.subject {
            Subject::Campaign(code) => Some(code),
            Subject::Accounts => None,
        }
    }

    fn code(&self) -> &str {
        self.campaign().unwrap_or_default()
    }

    /// Code of the unit and the day that it is about, where it is about one.
    pub(super) fn about(&self) -> Option<(&str, Day)> {
        self.about.as_ref().map(|(unit, day)| (unit.as_str(), *day))
    }
}

impl Subject {
    pub(super) fn chain(&self) -> String {
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
    /// Code of the unit and the day that it is about, where that is known before: then
    /// what stands there is looked up together with what others are about.
    pub(super) about: Option<(String, Day)>,
    /// How it is asked for.
    pub(super) request: WriteRequest,
}

/// How the facts in memory follow.
#[derive(Debug, Default)]
pub(super) enum Follow {
    /// Nothing changed.
    #[default]
    Nothing,
    /// These changed.
    By(Vec<Change>),
    /// They are these; figures of these days changed.
    To(Arc<Snapshot>, BTreeSet<Day>),
    /// Units, rules or everything: they are loaded again.
    Reload,
}

impl Follow {
    /// The facts after a write, from those before it.
    pub(super) fn lead(self, before: Option<Facts>, recorded: Recorded) -> Option<Facts> {
        match self {
            Self::Nothing => before,
            Self::By(changes) => before.map(|facts| facts.with(&changes, recorded)),
            Self::To(snapshot, _) => Some(Facts::from_snapshot(snapshot)),
            Self::Reload => None,
        }
    }
}

/// A write at work, inside the writer's transaction.
pub struct Work<'a> {
    conn: &'a mut DbConn,
    /// Whether it can be undone alone.
    has_savepoint: bool,
    batch: &'a mut Batch,
    /// The clock's instant.
    pub now: Instant,
    ask: &'a Ask,
    head: Option<StoredCampaign>,
    /// The revision before it.
    from: i64,
    accepted: Vec<NewRevision>,
    figures: Vec<StoredFigure>,
    follow: Follow,
    notes: Vec<Note>,
    is_dry: bool,
    behalf: Option<Behalf>,
    refusal: Option<Fault>,
}

/// Whose request a write carries out, once a second person has approved it.
#[derive(Clone, Debug)]
pub(super) struct Behalf {
    /// The number of the approval.
    pub(super) approval: i64,
    /// Who asked, as the log names them.
    pub(super) requested_by: String,
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

    /// Who is the author of what is written: whose request is carried out, else who asks.
    pub(super) fn author(&self) -> &str {
        self.behalf.as_ref().map_or_else(|| self.actor(), |behalf| &behalf.requested_by)
    }

    /// Says that from here on an approved request is carried out.
    pub(super) fn act_on_behalf(&mut self, behalf: Behalf) {
        self.behalf = Some(behalf);
    }

    /// Whether an approved request is carried out.
    pub(super) fn is_approved(&self) -> bool {
        self.behalf.is_some()
    }

    /// Keeps what was done, and answers a refusal all the same.
    pub(super) fn refuse_but_keep(&mut self, fault: Fault) {
        self.refusal = Some(fault);
    }

    /// Whether everything is undone at the end.
    pub(super) fn is_dry(&self) -> bool {
        self.is_dry
    }

    /// Whether who asks is a machine.
    pub(super) fn is_machine(&self) -> bool {
        matches!(self.ask.proof.identity, Some(Identity::Machine { .. }))
    }

    /// Keeps something in the log; who asked for it beside who does it.
    pub fn note(&mut self, note: Note) {
        let note = match &self.behalf {
            Some(Behalf { approval, requested_by }) => {
                note.with("approval", approval.to_string()).with("requested_by", requested_by.clone())
            }
            None => note,
        };
        self.notes.push(note);
    }

    /// The database. Whoever asks for it may write: what the batch has waiting is stored
    /// first, and what is done from here on can be undone alone.
    ///
    /// # Errors
    /// What the database says.
    pub fn conn(&mut self) -> Result<&mut DbConn, Fault> {
        self.batch.store(self.conn)?;
        if !self.has_savepoint {
            begin_savepoint(self.conn)?;
            self.has_savepoint = true;
        }
        Ok(self.conn)
    }

    /// The facts as the write finds them, where they are in memory; none once it has
    /// changed something itself.
    fn facts(&self) -> Option<&Facts> {
        let is_unchanged = matches!(self.follow, Follow::Nothing);
        self.batch.facts(self.ask.code(), self.revision_now()).filter(|_| is_unchanged)
    }

    /// The unit of a code, if the write may touch it.
    ///
    /// # Errors
    /// 404 where there is none; 403 where it lies outside the caller's scope, and 404
    /// there too where nobody outside may know of it.
    pub fn unit(&mut self, stored: &StoredCampaign, code: &str) -> Result<StoredUnit, Fault> {
        if let Some(facts) = self.facts() {
            let unit = facts.unit(code).ok_or_else(|| Fault::no_unit(code))?;
            let is_within = self.ask.within.as_ref().is_none_or(|within| facts.is_within(code, within));
            return if is_within { Ok(unit) } else { Err(outside(stored, &unit.unit)) };
        }
        let unit = units::find_opt(self.conn()?, stored.id, &stored.campaign, code)?;
        let unit = unit.ok_or_else(|| Fault::no_unit(code))?;
        self.check_within(stored, &unit)?;
        Ok(unit)
    }

    /// What stands for a unit's day, with the figure itself as it is stored.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn standing(
        &mut self,
        stored: &StoredCampaign,
        unit: &StoredUnit,
        day: Day,
    ) -> Result<(DayEntry, Option<StoredFigure>), Fault> {
        let Some(entry) = self.facts().and_then(|facts| facts.entry(&unit.unit.code, day)) else {
            self.batch.miss(self.ask.code());
            return Ok(stored_day(self.conn()?, stored, unit.id, day)?);
        };
        let figure = match entry.counts {
            Some(_) => self.batch.figure(self.conn, (stored.id, unit.id, day))?,
            None => None,
        };
        Ok((entry, figure))
    }

    /// What is usual for a unit on a day; none where it has no history yet.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn usual(
        &mut self,
        stored: &StoredCampaign,
        unit: &StoredUnit,
        day: Day,
    ) -> Result<Option<Usual>, Fault> {
        if let Some(facts) = self.facts() {
            return Ok(facts.usual(&unit.unit.code, day));
        }
        let snapshot = self.present(stored)?;
        let places = snapshot.register().find(&unit.unit.code).zip(snapshot.ledger().calendar.index(day));
        Ok(places.and_then(|(unit, day)| usual(snapshot.ledger(), unit, day)))
    }

    /// Stores a figure, with others once the write is done.
    pub(super) fn record(&mut self, figure: StoredFigure) {
        self.figures.push(figure);
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
                Some(id) => units::find_place(self.conn()?, stored.id, id)?,
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

    /// What whoever writes may see.
    pub(super) fn audience(&self) -> Audience {
        self.within().map_or(Audience::Full, |unit| Audience::Within(unit.into()))
    }

    /// The facts as they stand in this transaction: those in memory where nothing was
    /// written since, else read from the database.
    pub(super) fn present(&mut self, stored: &StoredCampaign) -> Result<Arc<Snapshot>, Fault> {
        if let Some(facts) = self.facts() {
            return Ok(facts.snapshot());
        }
        Ok(Arc::new(Snapshot::load(self.conn()?, stored)?))
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
        if matches!(self.follow, Follow::Nothing) {
            // whoever changes facts says so besides
            self.follow = Follow::By(Vec::new());
        }
        Ok((head.revision, head.last_recorded_at))
    }

    /// The revisions that were accepted in this transaction and are not stored yet, of this
    /// campaign and maybe of others.
    pub(super) fn pending_revisions(&self) -> Vec<NewRevision> {
        self.batch.revisions().iter().chain(&self.accepted).cloned().collect()
    }

    /// Says that instants up to this one were given, by a pack's own history.
    pub fn raise_last_recorded(&mut self, to: Instant) {
        if let Some(head) = &mut self.head {
            head.last_recorded_at = head.last_recorded_at.max(to);
        }
    }

    /// The revision as it stands; of what will be undone, the one before it.
    pub fn revision(&self) -> i64 {
        if self.is_dry { self.from } else { self.revision_now() }
    }

    /// The campaign's revision now, and when its latest change was recorded.
    pub(super) fn recorded(&self) -> Recorded {
        let head = self.head.as_ref().map(|head| head.last_recorded_at);
        (self.revision(), head.unwrap_or(self.now))
    }

    fn revision_now(&self) -> i64 {
        self.head.as_ref().map_or(0, |h| h.revision)
    }

    /// Says what changed, so that the facts in memory follow.
    pub fn changed(&mut self, change: Change) {
        match &mut self.follow {
            Follow::Reload => {}
            Follow::By(changes) => changes.push(change),
            follow @ Follow::Nothing => *follow = Follow::By(vec![change]),
            follow @ Follow::To(..) => *follow = Follow::Reload,
        }
    }

    /// Says that the facts in memory are these, since figures of these days changed; unless
    /// something else did, too.
    pub(super) fn follow_with(&mut self, snapshot: Snapshot, days: BTreeSet<Day>) {
        self.follow = match &self.follow {
            Follow::Nothing => Follow::To(Arc::new(snapshot), days),
            Follow::By(changes) if changes.is_empty() => Follow::To(Arc::new(snapshot), days),
            _ => Follow::Reload,
        };
    }

    /// The facts as the write leaves them, from those that it began at; none where nothing
    /// changed, or where they have to be loaded again.
    pub(super) fn left(&self, before: &Snapshot) -> Option<Arc<Snapshot>> {
        match &self.follow {
            Follow::Nothing | Follow::Reload => None,
            Follow::By(changes) => Some(Arc::new(before.after(changes, self.recorded()))),
            Follow::To(snapshot, _) => Some(snapshot.clone()),
        }
    }

    /// Whether the facts have to be loaded again.
    pub(super) fn is_reloaded(&self) -> bool {
        matches!(self.follow, Follow::Reload)
    }

    /// Says that units or rules changed: the facts are loaded again.
    pub fn reload(&mut self) {
        self.follow = Follow::Reload;
    }

    /// Undoes everything at the end, after the answer was made.
    pub fn undo_at_the_end(&mut self) {
        self.is_dry = true;
    }

    fn outcome(self) -> Outcome {
        let ask = self.ask;
        let entry = |note| Entry {
            at: self.now,
            actor: ask.proof.actor.clone(),
            role: ask.proof.role,
            origin: ask.request.origin.clone(),
            note,
        };
        Outcome {
            head: self.head,
            revisions: with_touched(self.accepted, &self.follow),
            follow: self.follow,
            figures: self.figures,
            entries: self.notes.into_iter().map(entry).collect(),
        }
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
        let mut thread =
            Thread { database, loader: None, clock, live, measures: measures.clone(), teller, conn: None, used };
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
    /// Loads a campaign beside the writer.
    loader: Option<JoinHandle<()>>,
    clock: Clock,
    live: Arc<Live>,
    measures: Arc<Measures>,
    /// By what other processes know this one.
    teller: u64,
    conn: Option<DbConn>,
    used: std::time::Instant,
}

impl Thread {
    fn run(&mut self, queue: &Receiver<Job>) {
        loop {
            let Ok(first) = queue.recv() else { break };
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
        if let Some(loader) = self.loader.take() {
            let _ = loader.join();
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

    /// Loads a campaign that is not in memory, so that its next writes find there what
    /// stands; one at a time, and never while anybody waits for it.
    fn load_beside(&mut self, code: String) {
        if self.loader.as_ref().is_some_and(|loader| !loader.is_finished()) {
            return;
        }
        let (database, live, measures) = (self.database.clone(), self.live.clone(), self.measures.clone());
        let work = move || {
            // what fails is told to whoever reads
            let loaded = database.reader().map_err(Fault::from);
            let load = |conn: &mut DbConn| catch_up::load(conn, &live, &code, &measures);
            let loaded = loaded.and_then(|mut conn| read(&mut conn, load));
            drop(loaded.map(|snapshot| live.put(&code, snapshot)));
        };
        // without a thread, writes ask the database as before
        self.loader = std::thread::Builder::new().name("loader".to_owned()).spawn(work).ok();
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
        let (live, teller) = (self.live.clone(), self.teller);
        let done = match self.connected() {
            Ok(conn) => write(conn, |conn| apply_all(conn, &live, teller, now, tasks)),
            Err(error) => Err(error),
        };
        match done {
            Ok((answers, mut ahead)) => {
                let took = begun.elapsed();
                self.measures.transaction(writes, took);
                tracing::debug!(writes, took_us = took.as_micros() as u64, "committed");
                let missed = std::mem::take(&mut ahead.missed);
                ahead.publish(&live);
                missed.into_iter().for_each(|code| self.load_beside(code));
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

type Tasks = Vec<(Ask, Task, Span)>;

/// Applies the writes of a batch, each of which can be refused alone, and keeps what is
/// worth keeping.
fn apply_all(
    conn: &mut DbConn,
    live: &Live,
    teller: u64,
    now: Instant,
    tasks: Tasks,
) -> Result<(Vec<Result<Written, Fault>>, Ahead), StoreError> {
    let mut batch = Batch::begin(conn, live, now, tasks.iter().map(|(ask, ..)| ask))?;
    let mut answers = Vec::with_capacity(tasks.len());
    for (ask, task, span) in tasks {
        let frozen = freeze_before(conn, &mut batch, now, &ask);
        let answer = frozen.and_then(|()| span.in_scope(|| apply(conn, &mut batch, now, &ask, task)));
        if let Some(error) = batch.failed.take() {
            return Err(error);
        }
        if let Err(fault) = &answer
            && fault.code == Code::Unavailable
        {
            return Err(StoreError::Unreachable(fault.cause.as_deref().unwrap_or_default().to_owned()));
        }
        answers.push(answer);
    }
    Ok((answers, batch.finish(conn, now, teller)?))
}

/// Puts a planned freeze in force that is due, before anything is written: nothing that is
/// recorded at its instant or later gets into what the public sees.
fn freeze_before(conn: &mut DbConn, batch: &mut Batch, now: Instant, ask: &Ask) -> Result<(), Fault> {
    if !batch.head(ask.code()).is_some_and(|head| head.pinning.is_due(now)) {
        return Ok(());
    }
    let freeze = pins::by_the_clock(ask.subject.clone());
    apply(conn, batch, now, &freeze, Box::new(pins::put_in_force))?;
    Ok(())
}

/// The revisions of a write, with what it touched where one revision tells all of it.
fn with_touched(mut accepted: Vec<NewRevision>, follow: &Follow) -> Vec<NewRevision> {
    if let [revision] = accepted.as_mut_slice() {
        revision.touch(catch_up::touched(follow));
    }
    accepted
}

/// Applies a write; one that is refused leaves nothing behind.
fn apply(conn: &mut DbConn, batch: &mut Batch, now: Instant, ask: &Ask, task: Task) -> Result<Written, Fault> {
    batch.known.check(conn, now, &ask.proof)?;
    let key = ask.request.idempotency.as_ref();
    if let Some(kept) = key.and_then(|key| batch.answers.replay(key).transpose()) {
        return kept;
    }
    let head = batch.head(ask.code());
    let from = head.as_ref().map_or(0, |h| h.revision);
    let mut work = Work {
        conn,
        has_savepoint: false,
        batch,
        now,
        ask,
        head,
        from,
        accepted: Vec::new(),
        figures: Vec::new(),
        follow: Follow::Nothing,
        notes: Vec::new(),
        is_dry: false,
        behalf: None,
        refusal: None,
    };
    let done = task(&mut work);
    let is_kept = done.is_ok() && !work.is_dry;
    if work.has_savepoint
        && let Err(error) = end_savepoint(work.conn, is_kept)
    {
        work.batch.failed = Some(error);
    }
    let Done { status, body, etag, location, kept_body } = done?;
    let written = Written { status, revision: work.revision(), body, etag, location };
    if is_kept {
        let refusal = work.refusal.take();
        let outcome = work.outcome();
        batch.take(&ask.subject, outcome);
        if let Some(fault) = refusal {
            return Err(fault);
        }
        if let Some(key) = key {
            let kept = kept_body.map_or_else(|| written.clone(), |body| Written { body, ..written.clone() });
            batch.answers.keep(key, kept);
        }
    }
    Ok(written)
}

/// The greatest instant in a contest's own history.
pub(super) fn last_instant(contest: &Contest) -> Instant {
    contest.instants().max().unwrap_or(Instant::BEGINNING)
}
