//! The outbox: messages to webhooks, stored with what they tell of, and sent from there until
//! the address takes them or they are given up.

use super::Service;
use super::access::Grant;
use super::audit::Origin;
use super::completeness::SharesView;
use super::days::{DayTimes, shares_of};
use super::fault::Fault;
use super::figures::done;
use super::live::Snapshot;
use super::outbound::Refusal;
use super::secrets;
use super::webhooks::{Event, events_of};
use super::writer::{Work, WriteRequest};
use crate::domain::{Day, Instant};
use crate::store::campaigns::StoredCampaign;
use crate::store::days::Closing;
use crate::store::webhooks::{self, Delivery, DeliveryState, Webhook};
use serde::Serialize;
use std::sync::mpsc::channel;

/// Codes that a message lists at most.
const MAX_CODES: usize = 1_000;

/// How long whoever sends a message has it alone, in microseconds: longer than a try can last.
const LEASE_US: i64 = 60_000_000;

/// The pauses after each failed try, in seconds: two days in all, then it is given up.
const PAUSES: [i64; 9] = [5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 86_400];

/// What a message says: the form of Standard Webhooks.
#[derive(Serialize)]
struct Message<'a, D> {
    #[serde(rename = "type")]
    event: &'a str,
    timestamp: Instant,
    data: D,
}

/// What is told of a closed day.
#[derive(Serialize)]
struct DayTold<'a> {
    campaign: &'a str,
    #[serde(serialize_with = "as_text")]
    date: Day,
    closes_at: Instant,
    closed_at: Instant,
    is_early: bool,
    reports: SharesView,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_reported: Option<SilentTold<'a>>,
}

/// The units that had not reported.
#[derive(Serialize)]
struct SilentTold<'a> {
    total: usize,
    /// Codes of those that are not private, the first thousand.
    units: Vec<&'a str>,
    /// How many private ones there are; their codes are not told.
    private_total: usize,
}

fn as_text<S: serde::Serializer>(day: &Day, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(day)
}

/// A closing that is told.
pub(super) struct Told<'a> {
    /// The facts that it was made from.
    pub(super) snapshot: &'a Snapshot,
    /// The closing.
    pub(super) closing: &'a Closing,
    /// The units that had not reported.
    pub(super) silent: &'a [u32],
}

impl Told<'_> {
    fn body(&self, event: Event) -> Result<String, Fault> {
        let (campaign, register) = (self.snapshot.campaign(), self.snapshot.register());
        let Closing { day, closed_at, counts, .. } = self.closing;
        let closes_at = DayTimes::of(campaign, *day).closes_at;
        let open = self.silent.iter().filter(|unit| !self.snapshot.is_private(**unit));
        let codes: Vec<&str> = open.filter_map(|unit| register.unit(*unit)).map(|unit| unit.code.as_str()).collect();
        let data = DayTold {
            campaign: &campaign.code,
            date: *day,
            closes_at,
            closed_at: *closed_at,
            is_early: *closed_at < closes_at,
            reports: shares_of(*counts),
            not_reported: (event == Event::DayNotReported).then(|| SilentTold {
                total: self.silent.len(),
                private_total: self.silent.len() - codes.len(),
                units: codes.into_iter().take(MAX_CODES).collect(),
            }),
        };
        message(event.code(), *closed_at, data)
    }
}

/// What is sent, to the byte.
pub(super) fn message(event: &str, timestamp: Instant, data: impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(&Message { event, timestamp, data }).map_err(Fault::internal)
}

/// Puts what is told of a closing into the outbox, in its transaction.
pub(super) fn tell(work: &mut Work<'_>, stored: &StoredCampaign, told: &Told<'_>) -> Result<(), Fault> {
    let listening = webhooks::list(work.conn()?, stored.id)?;
    for event in Event::ALL {
        if event == Event::DayNotReported && told.silent.is_empty() {
            continue;
        }
        let body = told.body(event)?;
        for webhook in listening.iter().filter(|webhook| events_of(webhook).any(|code| code == event.code())) {
            let delivery = delivery(webhook, event.code(), Some(told.closing.day), body.clone(), work.now)?;
            webhooks::enqueue(work.conn()?, stored.id, &delivery)?;
        }
    }
    Ok(())
}

/// A message that is due at once.
pub(super) fn delivery(
    webhook: &Webhook,
    event: &str,
    day: Option<Day>,
    body: String,
    now: Instant,
) -> Result<Delivery, Fault> {
    Ok(Delivery {
        id: format!("msg_{}", secrets::key()?),
        webhook_id: webhook.webhook_id.clone(),
        event: event.to_owned(),
        day,
        body,
        created_at: now,
        state: DeliveryState::Pending,
        attempts: 0,
        due_at: now,
        last_status: None,
        last_error: None,
        ended_at: None,
    })
}

impl Service {
    /// Sends a message that is due, unless somebody else has it, and says how it went; none
    /// where it was not sent. May block as long as an address may take to answer.
    pub(super) fn deliver(&self, campaign: &str, id: &str) -> Result<Option<DeliveryState>, Fault> {
        let origin = Origin { address: "scheduler".to_owned(), request_id: None };
        let request = WriteRequest { origin, ..WriteRequest::default() };
        let (sender, claimed) = channel();
        let of = id.to_owned();
        let claim = self.write(&Grant::by_the_clock(), campaign, request.clone(), move |work, _| {
            let (stored, now) = (work.campaign()?, work.now);
            let until = Instant::from_micros(now.micros() + LEASE_US);
            // who waits for it is told by the answer whether it was committed
            let _ = sender.send(webhooks::claim(work.conn()?, stored.id, &of, now, until)?);
            done(200, &())
        });
        claim.wait()?;
        let Some((message, webhook)) = claimed.try_recv().ok().flatten() else { return Ok(None) };
        let sent = self.outbound.send(&webhook, &message, self.clock.now());
        let settled = settled(message, sent, self.clock.now())?;
        let state = settled.state;
        let settle = self.write(&Grant::by_the_clock(), campaign, request, move |work, _| {
            let stored = work.campaign()?;
            webhooks::settle(work.conn()?, stored.id, &settled)?;
            done(200, &())
        });
        settle.wait()?;
        Ok(Some(state))
    }
}

/// How far a message is after a try: taken, to be sent again after a pause, or given up.
fn settled(message: Delivery, sent: Result<u16, Refusal>, now: Instant) -> Result<Delivery, Fault> {
    let refusal = match sent {
        Ok(status) => {
            let (state, last_status) = (DeliveryState::Delivered, Some(status));
            return Ok(Delivery { state, last_status, last_error: None, ended_at: Some(now), ..message });
        }
        Err(refusal) => refusal,
    };
    let (last_status, last_error) = (refusal.status, Some(refusal.why));
    let pause = PAUSES.get((message.attempts.max(1) - 1) as usize).copied().filter(|_| !refusal.is_final);
    let Some(pause) = pause else {
        let state = DeliveryState::Failed;
        return Ok(Delivery { state, last_status, last_error, ended_at: Some(now), ..message });
    };
    // up to a fifth more, so that those that failed together do not come together again
    let jitter = i64::from(secrets::random_byte()?) * pause * 1_000_000 / 5 / 255;
    let due_at = Instant::from_micros(now.micros() + pause * 1_000_000 + jitter);
    Ok(Delivery { due_at, last_status, last_error, ..message })
}
