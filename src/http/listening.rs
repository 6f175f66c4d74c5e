//! Streams of server-sent events: who may open one, how long it lasts, what it says.
//!
//! A stream begins with what is shown by default now, unless the listener has just heard it
//! (`Last-Event-ID`), and goes on with each change. In between a comment comes now and then, so
//! that nobody on the way takes the connection for dead, and so that one which is dead is found.
//! All streams end as soon as the process is told to stop.

use super::call::{Answer, Call};
use super::identity::identify;
use super::problem::ApiError;
use crate::config::Edges;
use crate::service::Moment;
use crate::service::events::{EventView, News};
use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::stream;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The type of a stream of events.
pub const EVENTS: &str = "text/event-stream";

/// How often a stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long whoever finds no place is asked to wait, in seconds.
const WAIT_FOR_A_PLACE: u64 = 30;

/// The streams of a process.
#[derive(Debug)]
pub(crate) struct Listeners {
    /// The places; none where there is no limit.
    places: Option<Arc<Semaphore>>,
    is_over: watch::Sender<bool>,
}

impl Listeners {
    /// As many places as a configuration gives.
    pub(crate) fn new(edges: &Edges) -> Self {
        let number = edges.listeners.min(Semaphore::MAX_PERMITS);
        Self { places: (number > 0).then(|| Arc::new(Semaphore::new(number))), is_over: watch::Sender::new(false) }
    }

    /// Ends all streams, now and later.
    pub(crate) fn end(&self) {
        self.is_over.send_replace(true);
    }

    fn place(&self) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        let full = |_| ApiError::busy("too many listen just now; ask for the board itself meanwhile", WAIT_FOR_A_PLACE);
        self.places.clone().map(|places| places.try_acquire_owned().map_err(full)).transpose()
    }
}

impl Call {
    /// Answers with the events of the campaign of the path, as the caller sees it.
    ///
    /// # Errors
    /// There is no such campaign, or no place left.
    pub async fn listen(self) -> Answer {
        let listeners = self.data::<Listeners>()?;
        let place = listeners.place()?;
        let (campaign, audience) = (self.path("campaign")?, self.audience()?);
        // what changes after the look is news
        self.look(Moment::Now).await?;
        let news = self.service.listen(&campaign, &audience);
        let now = EventView::of(&self.look(Moment::Now).await?);
        let heard = self.last_event_id();
        let first = if heard.as_deref() == Some(&*now.id()) { "retry: 3000\n\n".to_owned() } else { told(&now) };
        let stream = Stream {
            call: self,
            sees_live: audience.sees_live(),
            first: Some(first),
            last: now,
            news,
            is_over: listeners.is_over.subscribe(),
            _place: place,
        };
        let next = |mut stream: Stream| async move {
            let text = stream.next().await?;
            Some((Ok::<_, Infallible>(Bytes::from(text)), stream))
        };
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_TYPE, EVENTS));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((header::VARY, "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language"));
        // nginx would collect what is to go out at once
        response.insert_header(("X-Accel-Buffering", "no"));
        Ok(response.streaming(stream::unfold(stream, next)))
    }

    fn last_event_id(&self) -> Option<String> {
        self.request.headers().get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned)
    }

    /// Whether the caller still sees the campaign as it stands: tokens end and roles change
    /// while a stream lasts.
    async fn still_sees_live(&self) -> bool {
        let asker = identify(&self.request).await.ok().and_then(|asker| asker.caller.ok());
        let campaign = self.path("campaign").unwrap_or_default();
        asker.is_some_and(|caller| caller.audience(&campaign).sees_live())
    }
}

/// A stream that is open.
struct Stream {
    call: Call,
    sees_live: bool,
    first: Option<String>,
    /// What was told last.
    last: EventView,
    news: News,
    is_over: watch::Receiver<bool>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Stream {
    /// What to say next; none at the end.
    async fn next(&mut self) -> Option<String> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let news = &mut self.news;
            let changed = tokio::select! {
                biased;
                _ = self.is_over.wait_for(|is_over| *is_over) => return None,
                changed = tokio::time::timeout(HEARTBEAT, news.changed()) => changed,
            };
            match changed {
                Err(_) => return Some(": alive\n\n".to_owned()),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => {}
            }
            let event = self.news.borrow_and_update().clone();
            // the channel may say what the first look was ahead of
            let is_new = |event: &Arc<EventView>| **event != self.last && event.revision >= self.last.revision;
            let Some(event) = event.filter(is_new) else { continue };
            if self.sees_live && !self.call.still_sees_live().await {
                return None;
            }
            self.last = EventView::clone(&event);
            return Some(told(&event));
        }
    }
}

/// An event as it goes over the wire.
fn told(event: &EventView) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("retry: 3000\nid: {}\nevent: board\ndata: {data}\n\n", event.id())
}
