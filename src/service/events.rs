//! Who listens is told when another board is shown by default: after a write, when a day has
//! closed, when the public sees a frozen or final board or the live one again.
//!
//! Listeners of one campaign share one channel and one task, however many they are; those who
//! see a campaign as it stands have another one than the public. The task asks as any reader
//! asks ([`Service::look`]), so the public hears nothing of what it cannot read (law 8), and it
//! sleeps until the memory of campaigns changes or the clock moves the board. It ends with its
//! last listener.

use super::access::Audience;
use super::past::Moment;
use super::{Service, View};
use crate::domain::Instant;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use utoipa::ToSchema;

/// At least so long between two events of a channel: a burst of writes is one piece of news.
const BETWEEN: Duration = Duration::from_millis(200);

/// After so long it is looked again, whatever was foreseen: somebody may set the clock.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// After so long it is tried again where the campaign cannot be read.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What is shown by default now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventView {
    /// Code of the campaign.
    pub campaign: String,
    /// Revision that is shown.
    pub revision: i64,
    /// `provisional`, `frozen` or `final`.
    pub status: &'static str,
    /// Day of the board that is shown by default; null before the first one.
    #[schema(format = Date)]
    pub as_of: Option<String>,
}

impl EventView {
    /// What a look at a campaign now shows by default.
    pub fn of(view: &View) -> Self {
        let ledger = view.snapshot.ledger();
        let day = view.default_day(Moment::Now).map(|day| ledger.calendar.day(day).to_string());
        Self {
            campaign: view.snapshot.campaign().code.clone(),
            revision: view.snapshot.revision,
            status: view.snapshot.status(),
            as_of: day,
        }
    }

    /// Its name: another one as soon as something else is shown.
    pub fn id(&self) -> String {
        format!("{}-{}-{}", self.revision, self.as_of.as_deref().unwrap_or("none"), self.status)
    }
}

/// What listeners hold: the latest event, none until the first look.
pub type News = watch::Receiver<Option<Arc<EventView>>>;
type Teller = watch::Sender<Option<Arc<EventView>>>;

/// A campaign, and whether it is heard as it stands.
type Key = (String, bool);

/// The channels that somebody listens to.
#[derive(Debug, Default)]
pub(super) struct Channels(Mutex<HashMap<Key, Teller>>);

impl Channels {
    /// Ends a channel, unless somebody has come meanwhile.
    fn is_over(&self, key: &Key, teller: &Teller) -> bool {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = teller.receiver_count() == 0;
        if is_over {
            channels.remove(key);
        }
        is_over
    }
}

impl Service {
    /// Listens to a campaign as an audience sees it. Must be called where tasks can run.
    pub fn listen(self: &Arc<Self>, campaign: &str, audience: &Audience) -> News {
        let key = (campaign.to_owned(), audience.sees_live());
        let mut channels = self.channels.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(teller) = channels.get(&key) {
            return teller.subscribe();
        }
        let (teller, news) = watch::channel(None);
        channels.insert(key.clone(), teller.clone());
        tokio::spawn(tell(self.clone(), key, teller));
        news
    }

    /// When the clock alone may move what is shown: at the next cut-off, or by a planned freeze.
    fn until_moved(&self, view: &View) -> Duration {
        let (ledger, now) = (view.snapshot.ledger(), self.clock.now());
        let cut_offs = ledger.calendar.window.clone().map(|day| {
            let day = ledger.calendar.day(day);
            view.snapshot.campaign().cut_off(day)
        });
        let planned = view.snapshot.pinning.freezes_at;
        let next: Option<Instant> = cut_offs.chain(planned).filter(|at| *at > now).min();
        let wait = next.and_then(|at| u64::try_from(at.micros() - now.micros()).ok());
        wait.map_or(LOOK_AGAIN, Duration::from_micros).min(LOOK_AGAIN)
    }
}

/// Tells the listeners of a channel until the last of them is gone.
async fn tell(service: Arc<Service>, key: Key, teller: Teller) {
    let audience = if key.1 { Audience::Full } else { Audience::Public };
    let mut changes = service.live.changes();
    loop {
        // what changes from here on is looked at the next time
        changes.mark_unchanged();
        let wait = match service.look(&key.0, Moment::Now, None, &audience).await {
            Ok(view) => {
                let event = EventView::of(&view);
                teller.send_if_modified(|last| {
                    let is_new = last.as_deref() != Some(&event);
                    if is_new {
                        *last = Some(Arc::new(event));
                    }
                    is_new
                });
                service.until_moved(&view)
            }
            // the last news stay what they were
            Err(_) => TRY_AGAIN,
        };
        tokio::time::sleep(BETWEEN).await;
        tokio::select! {
            () = teller.closed() => if service.channels.is_over(&key, &teller) { return },
            _ = tokio::time::timeout(wait, changes.changed()) => {}
        }
    }
}
