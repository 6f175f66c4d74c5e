//! Notices what other processes write: other replicas, or `greenzone import` beside a
//! running service.
//!
//! On PostgreSQL each commit tells its campaign and revision (`NOTIFY`), and every process
//! listens; what it told itself it knows. A notification can be lost with the connection that it was sent to; so whoever
//! connects again looks at all revisions once, and every process does so now and then
//! whether or not anything was told. SQLite tells nothing: there the look is all there is,
//! and it is short. A reader that demands a revision (`min_revision`) waits for neither.

use super::live::Live;
use crate::store::{Address, Database, DbConn, StoreError, campaigns};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the connection is asked for what was told.
const LISTEN_EVERY: Duration = Duration::from_millis(50);

/// How often all revisions are looked at where commits are told.
const LOOK_BEHIND: Duration = Duration::from_secs(5);

/// How often all revisions are looked at where nothing is told.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long after a lost connection the next one is tried.
const CONNECT_EVERY: Duration = Duration::from_millis(500);

/// The thread that watches; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    /// Dropped to end the thread.
    stop: Mutex<Option<Sender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Watch {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn start(database: Database, live: Arc<Live>, teller: u64) -> std::io::Result<Self> {
        let (sender, stop) = channel();
        let watch = move || {
            // an error is told where somebody reads; here it only means to try again
            while watch(&database, &live, teller, &stop).is_err() && !is_over(&stop, CONNECT_EVERY) {}
        };
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(watch)?;
        Ok(Self { stop: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

/// Waits, and says whether the watch is over.
fn is_over(stop: &Receiver<()>, wait: Duration) -> bool {
    stop.recv_timeout(wait) != Err(RecvTimeoutError::Timeout)
}

/// Watches on one connection until the end, or until the connection fails.
fn watch(database: &Database, live: &Live, teller: u64, stop: &Receiver<()>) -> Result<(), StoreError> {
    let mut conn = database.connect()?;
    let (tick, look_every) = match database.address() {
        Address::Postgres(_) => (LISTEN_EVERY, LOOK_BEHIND),
        Address::Sqlite(_) => (LOOK_EVERY, LOOK_EVERY),
    };
    // first listen, then look: what is committed in between is told
    campaigns::listen(&mut conn)?;
    look(&mut conn, live)?;
    let mut looked = Instant::now();
    while !is_over(stop, tick) {
        for (code, revision) in campaigns::told(&mut conn, teller)? {
            live.drop_older(&code, revision);
        }
        if looked.elapsed() >= look_every {
            look(&mut conn, live)?;
            looked = Instant::now();
        }
    }
    Ok(())
}

/// Drops campaigns from memory that are further on in the database.
fn look(conn: &mut DbConn, live: &Live) -> Result<(), StoreError> {
    campaigns::list(conn)?.iter().for_each(|(code, revision)| live.drop_older(code, *revision));
    Ok(())
}
