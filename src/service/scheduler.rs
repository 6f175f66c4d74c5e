//! What the service does by itself at its hour: runs the closing of each day after its
//! cut-off, puts planned freezes in force, and sends what webhooks are told.
//!
//! Nothing here is remembered that matters: what is to be done is read from the database, so
//! whoever starts again goes on where somebody stopped, and of several processes each thing
//! is done by one (a row that only one can write, a lease on each message). Boards never wait
//! for it: a day is closed at its cut-off, whether or not anything ran.

use super::Service;
use super::fault::Fault;
use crate::domain::Instant;
use crate::store::webhooks::{self, DeliveryState};
use crate::store::{DbConn, campaigns};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The longest pause where nothing is known to be due: as long as a message that another
/// process put into the outbox, or a cut-off that was moved, may wait.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Messages that are sent at a time.
const AT_ONCE: i64 = 8;

/// What is due, and when to look again.
#[derive(Debug)]
pub struct Scheduler {
    service: Arc<Service>,
    /// By campaign: the revision that was looked at, and the next cut-off after it.
    plan: HashMap<String, (i64, Option<Instant>)>,
}

impl Scheduler {
    /// One that knows nothing yet.
    pub fn new(service: Arc<Service>) -> Self {
        Self { service, plan: HashMap::new() }
    }

    /// Does what is due by the service's clock; answers when something is due next, as far as
    /// is known. May block as long as addresses take to answer.
    ///
    /// # Errors
    /// What the database says; what could not be done stays due.
    pub fn run_due(&mut self) -> Result<Option<Instant>, Fault> {
        let freeze = self.run_freezes_due()?;
        let cut_off = self.run_closings_due()?;
        let message = self.send_messages(self.service.clock.now())?;
        Ok([freeze, cut_off, message].into_iter().flatten().min())
    }

    /// Puts planned freezes in force that are due; when the next one is.
    ///
    /// # Errors
    /// What the database says.
    pub fn run_freezes_due(&self) -> Result<Option<Instant>, Fault> {
        let now = self.service.clock.now();
        let planned = self.service.read(|conn| Ok(campaigns::list_freezes(conn)?))?;
        for (code, at) in planned.iter().filter(|(_, at)| *at <= now) {
            // one that cannot be stored holds up no other; the public waits for it all the same
            match self.service.freeze_due(code) {
                Ok(_) => tracing::info!(campaign = code, ?at, "frozen"),
                Err(fault) => {
                    tracing::error!(campaign = code, %fault, cause = fault.cause.as_deref(), "a freeze is not in force")
                }
            }
        }
        Ok(planned.iter().map(|(_, at)| *at).filter(|at| *at > now).min())
    }

    /// Closes what is to be closed, in each campaign one day after another; the next cut-off.
    ///
    /// # Errors
    /// What the database says.
    pub fn run_closings_due(&mut self) -> Result<Option<Instant>, Fault> {
        let now = self.service.clock.now();
        let campaigns = self.service.read(|conn| Ok(campaigns::list(conn)?))?;
        self.plan.retain(|code, _| campaigns.iter().any(|(listed, _)| listed == code));
        for (code, revision) in campaigns {
            let planned = self.plan.get(&code).filter(|(at, _)| *at == revision).map(|(_, next)| *next);
            if planned.is_some_and(|next| next.is_none_or(|next| next > now)) {
                continue;
            }
            // one campaign that cannot be closed holds up no other
            match self.run_closings_of(&code, now) {
                Ok(next) => drop(self.plan.insert(code, (revision, next))),
                Err(fault) => {
                    tracing::error!(campaign = code, %fault, cause = fault.cause.as_deref(), "a day could not be closed")
                }
            }
        }
        Ok(self.plan.values().filter_map(|(_, next)| *next).min())
    }

    fn run_closings_of(&self, campaign: &str, now: Instant) -> Result<Option<Instant>, Fault> {
        for (day, closes_at) in self.service.days_to_close(campaign)? {
            if closes_at > now {
                return Ok(Some(closes_at));
            }
            if self.service.run_closing(campaign, day)? {
                self.service.measures.day_closed(closes_at, now);
                tracing::info!(campaign, %day, "closed");
            }
        }
        Ok(None)
    }

    /// Sends messages that are due, some at once; when the next one is.
    fn send_messages(&self, now: Instant) -> Result<Option<Instant>, Fault> {
        let due = self.service.read(|conn| Ok(webhooks::due(conn, now, AT_ONCE)?))?;
        std::thread::scope(|scope| {
            for (campaign, id) in &due {
                scope.spawn(move || self.send(campaign, id));
            }
        });
        let count = |conn: &mut DbConn, state| Ok::<_, Fault>(webhooks::count(conn, state)?);
        let states = [DeliveryState::Pending, DeliveryState::Failed];
        let [pending, failed] = self.service.read(|conn| Ok([count(conn, states[0])?, count(conn, states[1])?]))?;
        let lag = pending.1.map_or(0, |due_at| (now.micros() - due_at.micros()).max(0) / 1_000_000);
        self.service.measures.messages(pending.0, failed.0, lag);
        Ok(pending.1)
    }

    fn send(&self, campaign: &str, id: &str) {
        match self.service.deliver(campaign, id) {
            Ok(None) => {}
            Ok(Some(state)) => {
                self.service.measures.message_tried(state.code());
                tracing::debug!(campaign, id, state = state.code(), "a message was sent");
            }
            Err(fault) => {
                tracing::error!(campaign, id, %fault, cause = fault.cause.as_deref(), "a message could not be sent")
            }
        }
    }
}

/// The thread that does what is due; it ends when this is dropped, after what it is doing.
#[derive(Debug)]
pub struct Running {
    /// Dropped to end the thread.
    stop: Mutex<Option<Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    /// Starts the thread; it looks again after `longest` at the latest.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(service: Arc<Service>, longest: Duration) -> std::io::Result<Self> {
        let (sender, stop) = channel();
        let mut scheduler = Scheduler::new(service);
        let run = move || while run_once(&mut scheduler, &stop, longest) {};
        let thread = std::thread::Builder::new().name("scheduler".to_owned()).spawn(run)?;
        Ok(Self { stop: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

/// Does what is due and waits; says whether to go on.
fn run_once(scheduler: &mut Scheduler, stop: &Receiver<()>, longest: Duration) -> bool {
    let next = scheduler.run_due().unwrap_or_else(|fault| {
        // a database that is away is told to whoever reads or writes; here it only means to try again
        tracing::warn!(%fault, "what is due could not be done; it is tried again");
        None
    });
    let now = scheduler.service.clock.now();
    let until = next.map_or(longest, |next| {
        let wait = u64::try_from(next.micros() - now.micros()).unwrap_or_default();
        Duration::from_micros(wait).clamp(Duration::from_millis(100).min(longest), longest)
    });
    stop.recv_timeout(until) == Err(RecvTimeoutError::Timeout)
}
