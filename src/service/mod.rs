//! The use cases, and the read models that API, pages and command line all print.
//!
//! [`Service`] is the whole of it: one writer (`writer`), campaigns in memory
//! (`live`), past moments (`past`), answers as bytes (`rendered`). A right is
//! a grant made in `access`. Nothing here knows HTTP. Start reading at [`Service`].

pub mod access;
pub mod accounts;
pub mod appeals;
pub mod approvals;
pub mod audit;
pub mod awards;
mod batch;
pub mod board_csv;
pub mod boards;
pub mod campaigns;
mod catch_up;
mod closing;
pub mod completeness;
pub mod completeness_days;
pub mod criteria;
pub mod days;
pub mod decisions;
pub mod declared_levels;
pub mod dry_run;
pub mod effects;
pub mod effort;
pub mod events;
pub mod exports;
pub mod fault;
pub mod figures;
pub mod firmness;
pub mod flag_answers;
pub mod flags;
pub mod frozen;
pub mod grid;
pub mod history;
pub mod impact;
pub mod imports;
pub mod keys;
pub mod levels;
pub mod lifetimes;
pub mod live;
pub mod map;
mod measures;
mod outbound;
mod outbox;
pub mod packs;
pub mod passwords;
mod past;
pub mod pins;
pub mod policies;
pub mod privacy;
pub mod proof;
pub mod reconciliation;
mod recording;
pub mod rendered;
pub mod results;
pub mod roll_up;
pub mod scheduler;
mod secrets;
pub mod sentences;
pub mod sessions;
pub mod settling;
pub mod sources;
pub mod standing;
mod tables;
pub mod tokens;
pub mod units;
pub mod views;
mod watch;
pub mod webhooks;
pub mod words;
pub mod writer;

pub use access::{Audience, Caller, Grant};
pub use fault::{Code, Fault, FieldFault};
pub use past::Moment;

use crate::clock::Clock;
use crate::domain::{Day, Instant};
use crate::scoring::board;
use crate::store::{self, Database, DbConn, StoreError};
use keys::KeyRing;
use live::{Live, Snapshot};
use measures::Measures;
use outbound::Outbound;
use passwords::Passwords;
use past::{History, Past};
use proof::ResultKeys;
use rendered::Answers;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use watch::Watch;
use writer::{Ask, Done, Pending, Subject, Work, WriteRequest, Writer};

/// How many campaigns can be loaded at a time.
const LOADERS: usize = 16;

/// How long a read waits for a revision that is not here yet.
const PATIENCE: Duration = Duration::from_secs(2);

/// The service: what API, pages and command line call.
#[derive(Debug)]
pub struct Service {
    database: Database,
    /// Where the present comes from.
    pub clock: Clock,
    live: Arc<Live>,
    past: Past,
    /// Answers as bytes.
    pub answers: Answers,
    writer: Writer,
    _watch: Watch,
    measures: Arc<Measures>,
    /// Reports that take long, one after another.
    pub turns: firmness::Turns,
    /// Hashes passwords.
    pub passwords: Passwords,
    keys: Option<KeyRing>,
    result_keys: Option<ResultKeys>,
    outbound: Outbound,
    loading: [Mutex<()>; LOADERS],
    hasher: std::hash::RandomState,
    settling: settling::Kept,
    issues: results::KeptIssues,
    /// Archives that the public reads.
    shelf: frozen::Shelf,
    /// Held by campaign while an archive is opened.
    opening: [Mutex<()>; LOADERS],
    /// Who listens to which campaign.
    channels: events::Channels,
}

/// What people are known by, and what the service may call.
#[derive(Debug)]
pub struct Security {
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Signs access tokens; none in a process that signs nobody in.
    pub keys: Option<KeyRing>,
    /// Signs results; none in a process that makes none.
    pub result_keys: Option<ResultKeys>,
    /// Whether webhooks may lead to addresses that are not public, and to this machine without TLS.
    pub private_webhooks: bool,
}

/// A campaign at a moment, and the instant at which its days are judged.
#[derive(Clone, Debug)]
pub struct View {
    /// The facts.
    pub snapshot: Arc<Snapshot>,
    /// K as it was asked for, or the present; of a frozen board when it was frozen.
    pub judged_at: Instant,
    /// The archive that it is of, where it is not live.
    pub frozen: Option<Arc<frozen::Frozen>>,
}

impl View {
    /// The day of the board that is shown where nobody asks for another: the only one on
    /// which small units show rank and level (domain.md section 6). None where a past moment
    /// is asked for, or before the first board.
    pub fn default_day(&self, moment: Moment) -> Option<usize> {
        let day = || board::default_day(self.snapshot.ledger(), self.judged_at).ok();
        if moment == Moment::Now { day() } else { None }
    }

    /// The revision that is asked for, where it is not here yet; a frozen board lacks none.
    fn lacks(&self, min_revision: Option<i64>) -> Option<i64> {
        min_revision.filter(|wanted| self.frozen.is_none() && *wanted > self.snapshot.read_at)
    }
}

impl Service {
    /// The service over a database whose schema is current.
    ///
    /// # Errors
    /// Where the system gives the writer no thread.
    pub fn start(database: Database, clock: Clock, security: Security) -> std::io::Result<Arc<Self>> {
        let live = Arc::new(Live::default());
        let measures = Arc::new(Measures::new().map_err(std::io::Error::other)?);
        let hasher = std::hash::RandomState::new();
        let teller = hasher.build_hasher().finish();
        let writer = Writer::start(database.clone(), clock.clone(), live.clone(), measures.clone(), teller)?;
        let watch = Watch::start(database.clone(), live.clone(), teller)?;
        Ok(Arc::new(Self {
            database,
            clock,
            live,
            past: Past::default(),
            writer,
            _watch: watch,
            answers: Answers::new(measures.clone()),
            measures,
            turns: firmness::Turns::default(),
            passwords: security.passwords,
            keys: security.keys,
            result_keys: security.result_keys,
            outbound: Outbound::new(security.private_webhooks),
            loading: Default::default(),
            hasher,
            settling: settling::Kept::default(),
            issues: results::KeptIssues::default(),
            shelf: frozen::Shelf::default(),
            opening: Default::default(),
            channels: events::Channels::default(),
        }))
    }

    /// Whether the database answers and has the current schema. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_ready(&self) -> Result<bool, StoreError> {
        store::is_current(&mut *self.database.reader()?)
    }

    /// What an operator sees of the writer, the answers and the facts in memory.
    pub fn measured(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.measures.gather(&self.live)
    }

    fn read<T>(&self, work: impl FnOnce(&mut DbConn) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut conn = self.database.reader()?;
        store::read(&mut conn, work)
    }

    /// As [`Service::read`], for what one statement answers: it sees one moment by itself, and
    /// is asked again where the connection turns out to be dead. So it costs one round trip.
    fn ask<T>(&self, work: impl Fn(&mut DbConn) -> Result<T, StoreError>) -> Result<T, Fault> {
        let mut reader = self.database.untried_reader()?;
        match work(&mut reader) {
            Err(StoreError::Unreachable(_)) => {
                reader.is_found_dead();
                drop(reader);
                Ok(work(&mut *self.database.reader()?)?)
            }
            found => Ok(found?),
        }
    }

    fn write<R>(
        &self,
        grant: &Grant<R>,
        campaign: &str,
        request: WriteRequest,
        task: impl FnOnce(&mut Work<'_>, &WriteRequest) -> Result<Done, Fault> + Send + 'static,
    ) -> Pending {
        self.write_about(grant, campaign, None, request, task)
    }

    /// A write that says beforehand which unit's day it is about.
    fn write_about<R>(
        &self,
        grant: &Grant<R>,
        campaign: &str,
        about: Option<(String, Day)>,
        request: WriteRequest,
        task: impl FnOnce(&mut Work<'_>, &WriteRequest) -> Result<Done, Fault> + Send + 'static,
    ) -> Pending {
        let subject = Subject::Campaign(campaign.to_owned());
        let ask = Ask { subject, proof: grant.proof(), within: grant.within(), about, request };
        self.writer.write(ask, move |work| {
            let request = work.request();
            task(work, request)
        })
    }

    /// The campaigns' codes, the oldest first. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn campaign_codes(&self) -> Result<Vec<String>, Fault> {
        let listed = self.read(|conn| Ok(store::campaigns::list(conn)?))?;
        Ok(listed.into_iter().map(|(code, _)| code).collect())
    }

    /// A campaign as it stands, loaded where it is not in memory. May block.
    ///
    /// While the database is away, the last one that is here.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn snapshot(&self, campaign: &str) -> Result<Arc<Snapshot>, Fault> {
        if let Some(snapshot) = self.live.latest(campaign) {
            return Ok(snapshot);
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(campaign.as_bytes());
        let lock = self.loading.get(hasher.finish() as usize % LOADERS);
        let _one_at_a_time = lock.map(|l| l.lock().unwrap_or_else(PoisonError::into_inner));
        for _ in 0..10 {
            if let Some(snapshot) = self.live.latest(campaign) {
                return Ok(snapshot);
            }
            let snapshot = match self.load(campaign) {
                // what is here may be older than what is stored, but nobody saw more of it here
                Err(fault) if fault.code == Code::Unavailable => return self.live.last(campaign).ok_or(fault),
                found => self.live.put(campaign, found?),
            };
            // a write that came meanwhile is found missing by the next look
            if self.live.latest(campaign).is_none() {
                continue;
            }
            return Ok(snapshot);
        }
        Err(Fault::new(Code::Behind, "the campaign changes faster than it can be loaded"))
    }

    /// A campaign as it is stored: what is here brought up to it, or all of it loaded.
    fn load(&self, campaign: &str) -> Result<Snapshot, Fault> {
        self.read(|conn| catch_up::load(conn, &self.live, campaign, &self.measures))
    }

    /// A campaign at a revision that pages are still served of.
    pub fn kept(&self, campaign: &str, revision: i64) -> Option<Arc<Snapshot>> {
        self.live.at_revision(campaign, revision)
    }

    fn history(&self, campaign: &str) -> Result<Arc<History>, Fault> {
        let revision = self.snapshot(campaign)?.revision;
        self.past.history(campaign, revision, || self.read(|conn| frozen::load_history(conn, campaign)))
    }

    /// A campaign at a moment as an audience sees it, for whoever must not block; waits for
    /// `min_revision`. A frozen board answers any at once: nobody finds the live revision by
    /// trying.
    ///
    /// # Errors
    /// As [`Service::at`], and 503 where the revision does not come in time.
    pub async fn look(
        self: &Arc<Self>,
        campaign: &str,
        moment: Moment,
        min_revision: Option<i64>,
        audience: &Audience,
    ) -> Result<View, Fault> {
        let at_once = if moment == Moment::Now { self.at_once(campaign, audience) } else { None };
        match at_once.filter(|view| view.lacks(min_revision).is_none()) {
            Some(view) => Ok(view),
            // most requests wait for nothing, and what waits is large
            None => Box::pin(self.look_until(campaign, moment, min_revision, audience)).await,
        }
    }

    async fn look_until(
        self: &Arc<Self>,
        campaign: &str,
        moment: Moment,
        min_revision: Option<i64>,
        audience: &Audience,
    ) -> Result<View, Fault> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let at_once = if moment == Moment::Now { self.at_once(campaign, audience) } else { None };
            let view = match at_once {
                Some(view) => view,
                None => {
                    let (code, audience) = (campaign.to_owned(), audience.clone());
                    self.blocking(move |service| service.at(&code, moment, &audience)).await?
                }
            };
            let Some(wanted) = view.lacks(min_revision) else { return Ok(view) };
            if tokio::time::Instant::now() >= deadline {
                let detail = format!("revision {wanted} is not here yet; the latest is {}", view.snapshot.read_at);
                return Err(Fault::new(Code::Behind, detail));
            }
            // another process may have written it, and the news be on its way
            let code = campaign.to_owned();
            self.blocking(move |service| service.look_again(&code)).await?;
            if self.live.latest(campaign).is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Drops a campaign from memory that is further on in the database.
    fn look_again(&self, campaign: &str) -> Result<(), Fault> {
        let revision = self.read(|conn| Ok(store::campaigns::revision_of(conn, campaign)?))?;
        revision.into_iter().for_each(|revision| self.live.drop_older(campaign, revision));
        Ok(())
    }

    /// Runs something that blocks on a thread that may.
    ///
    /// # Errors
    /// What it answers.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let service = self.clone();
        let span = tracing::Span::current();
        let work = move || span.in_scope(|| work(&service));
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?
    }
}
