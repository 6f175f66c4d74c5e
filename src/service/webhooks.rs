//! Webhooks: who is told when a day is closed, and of whom nobody heard.
//!
//! What is told goes into the outbox in the transaction of the closing (`outbox`) and is sent
//! from there by the scheduler, signed as Standard Webhooks says, until the address takes it
//! or it is given up. A secret is told once and never again; of an address, which may hold
//! one as well, the log keeps the host alone.

use super::Service;
use super::access::{Contest, Grant};
use super::accounts::once;
use super::audit::Note;
use super::decisions::{tag, tagged};
use super::fault::{Code, Fault};
use super::figures::done;
use super::outbound;
use super::outbox::{delivery, message};
use super::secrets;
use super::views::{TakenBackView, WrittenView};
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::Instant;
use crate::store::campaigns::{self, StoredCampaign};
use crate::store::webhooks::{self, Delivery, DeliveryState, Webhook};
use serde::Serialize;
use utoipa::ToSchema;

/// What an address can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A day was closed.
    DayClosed,
    /// A day was closed, and units had not reported it.
    DayNotReported,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 2] = [Self::DayClosed, Self::DayNotReported];

    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::DayClosed => "day.closed",
            Self::DayNotReported => "day.not_reported",
        }
    }

    /// The event of a name.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(code: &str) -> Result<Self, &'static str> {
        Self::ALL.into_iter().find(|event| event.code() == code).ok_or("day.closed or day.not_reported")
    }
}

/// The event of a message that somebody asks for to try an address.
const PING: &str = "ping";

/// Addresses that a campaign tells at most.
pub const MAX_WEBHOOKS: usize = 20;

/// A webhook as somebody asks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookFor {
    /// The address.
    pub url: String,
    /// What it is told of.
    pub events: Vec<Event>,
}

/// Addresses may hold secrets; they are not printed.
impl std::fmt::Debug for WebhookFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookFor").field("events", &self.events).finish_non_exhaustive()
    }
}

/// A webhook; its secret is nowhere in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    pub id: String,
    /// The address that is told.
    pub url: String,
    /// What it is told of: `day.closed`, `day.not_reported`.
    pub events: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

/// A new webhook, with its secret, told this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewWebhookView {
    /// What it is.
    #[serde(flatten)]
    pub view: WebhookView,
    /// What its messages are signed with; null where the same request is answered again,
    /// since it is told once.
    pub secret: Option<String>,
}

/// A message to a webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its id, sent as `webhook-id`: the same on every try, so that receivers know it again.
    pub id: String,
    /// `day.closed`, `day.not_reported` or `ping`.
    pub event: String,
    /// The day that it tells of.
    #[schema(format = Date)]
    pub date: Option<String>,
    /// `pending`, `delivered` or `failed` (given up).
    pub state: &'static str,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it is sent next, where it is pending.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Instant>,
    /// Status that the address answered last.
    pub last_status: Option<u16>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When the address took it, or it was given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
}

/// The events that an address is told of.
pub(super) fn events_of(webhook: &Webhook) -> impl Iterator<Item = &str> {
    webhook.events.split(',')
}

fn view_of(webhook: &Webhook) -> WebhookView {
    WebhookView {
        id: webhook.webhook_id.clone(),
        url: webhook.url.clone(),
        events: events_of(webhook).map(str::to_owned).collect(),
        created_by: webhook.created_by.clone(),
        created_at: Instant::from_micros(webhook.created_us),
    }
}

fn delivery_view(delivery: Delivery) -> DeliveryView {
    let is_pending = delivery.state == DeliveryState::Pending;
    DeliveryView {
        id: delivery.id,
        event: delivery.event,
        date: delivery.day.map(|day| day.to_string()),
        state: delivery.state.code(),
        attempts: delivery.attempts,
        created_at: delivery.created_at,
        next_attempt_at: is_pending.then_some(delivery.due_at),
        last_status: delivery.last_status,
        last_error: delivery.last_error,
        ended_at: delivery.ended_at,
    }
}

/// A change for the log: the address by its host alone.
fn note(action: &'static str, before: Option<&Webhook>, after: Option<&Webhook>) -> Note {
    let id = after.or(before).map(|webhook| webhook.webhook_id.as_str()).unwrap_or_default();
    let kept = |webhook: &Webhook| {
        let host = outbound::host_of(&webhook.url).unwrap_or_default();
        WebhookView { url: host, ..view_of(webhook) }
    };
    Note::of(action, format!("webhooks/{id}"), before.map(kept).as_ref(), after.map(kept).as_ref())
}

fn no_webhook(id: &str) -> Fault {
    Fault::new(Code::WebhookNotFound, format!("there is no webhook {id:?} in this campaign"))
}

fn find(work: &mut Work<'_>, id: &str) -> Result<(StoredCampaign, Webhook), Fault> {
    let stored = work.campaign()?;
    let found = webhooks::find_opt(work.conn()?, stored.id, id)?;
    Ok((stored, found.ok_or_else(|| no_webhook(id))?))
}

fn codes(events: &[Event]) -> String {
    let asked = Event::ALL.into_iter().filter(|event| events.contains(event));
    asked.map(Event::code).collect::<Vec<_>>().join(",")
}

impl Service {
    fn check_address(&self, url: &str) -> Result<(), Fault> {
        let wrong = |expected| Fault::of_field(Code::InvalidRequest, "/url", format!("expected {expected}"));
        outbound::check_url(url, self.outbound.allows_private()).map_err(wrong)
    }

    /// Makes a webhook; answers its secret, this once.
    pub fn create_webhook(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        new: WebhookFor,
        request: WriteRequest,
    ) -> Result<Pending, Fault> {
        self.check_address(&new.url)?;
        let code = campaign.to_owned();
        Ok(self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            if webhooks::list(work.conn()?, stored.id)?.len() >= MAX_WEBHOOKS {
                let detail = format!("a campaign has at most {MAX_WEBHOOKS} webhooks; take one out first");
                return Err(Fault::new(Code::TooManyWebhooks, detail));
            }
            let webhook = Webhook {
                campaign_id: stored.id,
                webhook_id: secrets::key()?,
                url: new.url,
                events: codes(&new.events),
                secret: outbound::new_secret()?,
                created_by: work.actor().to_owned(),
                created_us: work.now.micros(),
            };
            webhooks::insert(work.conn()?, &webhook)?;
            work.note(note("webhook.create", None, Some(&webhook)));
            let told = |secret| NewWebhookView { view: view_of(&webhook), secret };
            let mut answer = once(201, &told(Some(webhook.secret.clone())), &told(None))?;
            answer.etag = Some(tag(&view_of(&webhook)));
            let campaign = super::figures::escape(&code);
            answer.location = Some(format!("/campaigns/{campaign}/webhooks/{}", webhook.webhook_id));
            Ok(answer)
        }))
    }

    /// Changes where a webhook leads and what it is told of; its secret stays.
    pub fn put_webhook(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        id: String,
        new: WebhookFor,
        request: WriteRequest,
    ) -> Result<Pending, Fault> {
        self.check_address(&new.url)?;
        Ok(self.write(grant, campaign, request, move |work, request| {
            let (_, before) = find(work, &id)?;
            request.check_if_match(Some(&tag(&view_of(&before))), false)?;
            let after = Webhook { url: new.url, events: codes(&new.events), ..before.clone() };
            if after != before {
                webhooks::update(work.conn()?, &after)?;
                work.note(note("webhook.put", Some(&before), Some(&after)));
            }
            tagged(200, view_of(&after), work.revision())
        }))
    }

    /// Takes a webhook out, with its messages.
    pub fn delete_webhook(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        id: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, before) = find(work, &id)?;
            request.check_if_match(Some(&tag(&view_of(&before))), false)?;
            webhooks::delete(work.conn()?, stored.id, &id)?;
            work.note(note("webhook.delete", Some(&before), None).with("reason", reason.clone()));
            let written = TakenBackView { withdrawn_at: work.now, reason };
            done(200, &WrittenView { written, revision: work.revision() })
        })
    }

    /// Sends a webhook a message that tells of nothing, to try it.
    pub fn ping_webhook(&self, grant: &Grant<Contest>, campaign: &str, id: String, request: WriteRequest) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let (stored, webhook) = find(work, &id)?;
            let data = serde_json::json!({"campaign": stored.campaign.code});
            let new = delivery(&webhook, PING, None, message(PING, work.now, data)?, work.now)?;
            webhooks::enqueue(work.conn()?, stored.id, &new)?;
            done(201, &WrittenView { written: delivery_view(new), revision: work.revision() })
        })
    }

    /// The webhooks of a campaign, the oldest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn webhooks(&self, _grant: &Grant<Contest>, campaign: &str) -> Result<Vec<WebhookView>, Fault> {
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(webhooks::list(conn, stored.id)?.iter().map(view_of).collect())
        })
    }

    /// The webhook of an id. May block.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn webhook(&self, grant: &Grant<Contest>, campaign: &str, id: &str) -> Result<WebhookView, Fault> {
        let found = self.webhooks(grant, campaign)?.into_iter().find(|webhook| webhook.id == id);
        found.ok_or_else(|| no_webhook(id))
    }

    /// The messages to a webhook, the latest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such webhook, or what the database says.
    pub fn deliveries(&self, grant: &Grant<Contest>, campaign: &str, id: &str) -> Result<Vec<DeliveryView>, Fault> {
        self.webhook(grant, campaign, id)?;
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(webhooks::list_deliveries(conn, stored.id, id)?.into_iter().map(delivery_view).collect())
        })
    }
}
