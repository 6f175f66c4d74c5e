//! Addresses that are told of days, and the outbox of messages to them.
//!
//! A message is stored in the transaction of what it tells of. Whoever sends it moves its
//! next instant on first ([`claim`]), which is the lease: where that process ends before it
//! could say how it went, the message is due again by then.

use super::conn::DbConn;
use super::schema::{campaigns, webhook_deliveries as deliveries, webhooks};
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// An address that is told.
#[derive(Clone, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = webhooks, treat_none_as_default_value = false)]
pub struct Webhook {
    /// The key of its campaign.
    pub campaign_id: i64,
    /// Its key.
    pub webhook_id: String,
    /// The address.
    pub url: String,
    /// The events that it is told of, with commas between them.
    pub events: String,
    /// What the messages are signed with.
    pub secret: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made, in microseconds since 1970 UTC.
    pub created_us: i64,
}

/// Addresses may hold secrets as well; neither is printed.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("webhook_id", &self.webhook_id).finish_non_exhaustive()
    }
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is sent, or sent again, when it is due.
    Pending,
    /// The address took it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    fn parse(code: &str) -> Self {
        let known = [Self::Pending, Self::Delivered];
        known.into_iter().find(|state| state.code() == code).unwrap_or(Self::Failed)
    }
}

/// A message to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its key, by which a receiver knows it again.
    pub id: String,
    /// The key of its address.
    pub webhook_id: String,
    /// What it tells of.
    pub event: String,
    /// The day that it tells of.
    pub day: Option<Day>,
    /// What is sent, to the byte.
    pub body: String,
    /// When it was stored.
    pub created_at: Instant,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent next.
    pub due_at: Instant,
    /// What the address answered last.
    pub last_status: Option<u16>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was taken or given up.
    pub ended_at: Option<Instant>,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
struct DeliveryRow {
    campaign_id: i64,
    delivery_id: String,
    webhook_id: String,
    event: String,
    day: Option<i32>,
    body: String,
    created_us: i64,
    state: String,
    attempts: i32,
    due_us: i64,
    last_status: Option<i32>,
    last_error: Option<String>,
    ended_us: Option<i64>,
}

impl DeliveryRow {
    fn of(campaign_id: i64, delivery: &Delivery) -> Self {
        let delivery = delivery.clone();
        Self {
            campaign_id,
            delivery_id: delivery.id,
            webhook_id: delivery.webhook_id,
            event: delivery.event,
            day: delivery.day.map(day_number),
            body: delivery.body,
            created_us: delivery.created_at.micros(),
            state: delivery.state.code().to_owned(),
            attempts: i32::try_from(delivery.attempts).unwrap_or(i32::MAX),
            due_us: delivery.due_at.micros(),
            last_status: delivery.last_status.map(i32::from),
            last_error: delivery.last_error,
            ended_us: super::micros(delivery.ended_at),
        }
    }

    fn read(self) -> Delivery {
        Delivery {
            id: self.delivery_id,
            webhook_id: self.webhook_id,
            event: self.event,
            day: self.day.map(day_of),
            body: self.body,
            created_at: Instant::from_micros(self.created_us),
            state: DeliveryState::parse(&self.state),
            attempts: self.attempts.unsigned_abs(),
            due_at: Instant::from_micros(self.due_us),
            last_status: self.last_status.and_then(|status| u16::try_from(status).ok()),
            last_error: self.last_error,
            ended_at: self.ended_us.map(Instant::from_micros),
        }
    }
}

/// The addresses of a campaign, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<Webhook>, StoreError> {
    let query = webhooks::table.filter(webhooks::campaign_id.eq(campaign_id));
    Ok(query.order((webhooks::created_us.asc(), webhooks::webhook_id.asc())).load(conn)?)
}

/// The address of a key.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, id: &str) -> Result<Option<Webhook>, StoreError> {
    Ok(webhooks::table.find((campaign_id, id)).get_result(conn).optional()?)
}

/// Adds an address.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, webhook: &Webhook) -> Result<(), StoreError> {
    diesel::insert_into(webhooks::table).values(webhook).execute(conn)?;
    Ok(())
}

/// Changes where an address is and what it is told of.
///
/// # Errors
/// What the database says.
pub fn update(conn: &mut DbConn, webhook: &Webhook) -> Result<(), StoreError> {
    let row = webhooks::table.find((webhook.campaign_id, &webhook.webhook_id));
    let values = (webhooks::url.eq(&webhook.url), webhooks::events.eq(&webhook.events));
    diesel::update(row).set(values).execute(conn)?;
    Ok(())
}

/// Takes an address out, with its messages.
///
/// # Errors
/// What the database says.
pub fn delete(conn: &mut DbConn, campaign_id: i64, id: &str) -> Result<(), StoreError> {
    diesel::delete(webhooks::table.find((campaign_id, id))).execute(conn)?;
    Ok(())
}

/// Stores a message.
///
/// # Errors
/// What the database says.
pub fn enqueue(conn: &mut DbConn, campaign_id: i64, delivery: &Delivery) -> Result<(), StoreError> {
    diesel::insert_into(deliveries::table).values(DeliveryRow::of(campaign_id, delivery)).execute(conn)?;
    Ok(())
}

/// The messages to an address, the latest first.
///
/// # Errors
/// What the database says.
pub fn list_deliveries(conn: &mut DbConn, campaign_id: i64, webhook_id: &str) -> Result<Vec<Delivery>, StoreError> {
    let query = deliveries::table.filter(deliveries::campaign_id.eq(campaign_id));
    let query = query
        .filter(deliveries::webhook_id.eq(webhook_id))
        .order((deliveries::created_us.desc(), deliveries::delivery_id.asc()));
    Ok(query.load::<DeliveryRow>(conn)?.into_iter().map(DeliveryRow::read).collect())
}

/// Messages that are due at an instant, with the codes of their campaigns, no more than
/// `limit`.
///
/// # Errors
/// What the database says.
pub fn due(conn: &mut DbConn, now: Instant, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
    let query = deliveries::table.inner_join(campaigns::table);
    let query = query
        .filter(deliveries::state.eq(DeliveryState::Pending.code()))
        .filter(deliveries::due_us.le(now.micros()))
        .order((deliveries::due_us.asc(), deliveries::delivery_id.asc()))
        .limit(limit)
        .select((campaigns::code, deliveries::delivery_id));
    Ok(query.load(conn)?)
}

/// Takes a message that is due to be sent by whoever asks, until another instant: answers
/// it with where it goes, or none where somebody else has it or it is not due.
///
/// # Errors
/// What the database says.
pub fn claim(
    conn: &mut DbConn,
    campaign_id: i64,
    id: &str,
    now: Instant,
    until: Instant,
) -> Result<Option<(Delivery, Webhook)>, StoreError> {
    let row = deliveries::table
        .filter(deliveries::campaign_id.eq(campaign_id))
        .filter(deliveries::delivery_id.eq(id))
        .filter(deliveries::state.eq(DeliveryState::Pending.code()))
        .filter(deliveries::due_us.le(now.micros()));
    let values = (deliveries::due_us.eq(until.micros()), deliveries::attempts.eq(deliveries::attempts + 1));
    if diesel::update(row).set(values).execute(conn)? == 0 {
        return Ok(None);
    }
    let claimed: DeliveryRow = deliveries::table.find((campaign_id, id)).get_result(conn)?;
    let claimed = claimed.read();
    let webhook = find_opt(conn, campaign_id, &claimed.webhook_id)?;
    Ok(webhook.map(|webhook| (claimed, webhook)))
}

/// Says how far a message came on its last try.
///
/// # Errors
/// What the database says.
pub fn settle(conn: &mut DbConn, campaign_id: i64, delivery: &Delivery) -> Result<(), StoreError> {
    let row = deliveries::table
        .find((campaign_id, &delivery.id))
        // a slow try whose lease had ended says nothing about a later one
        .filter(deliveries::attempts.eq(i32::try_from(delivery.attempts).unwrap_or(i32::MAX)));
    let values = (
        deliveries::state.eq(delivery.state.code()),
        deliveries::due_us.eq(delivery.due_at.micros()),
        deliveries::last_status.eq(delivery.last_status.map(i32::from)),
        deliveries::last_error.eq(&delivery.last_error),
        deliveries::ended_us.eq(super::micros(delivery.ended_at)),
    );
    diesel::update(row).set(values).execute(conn)?;
    Ok(())
}

/// How many messages are in a state, and when the first of them was due.
///
/// # Errors
/// What the database says.
pub fn count(conn: &mut DbConn, state: DeliveryState) -> Result<(i64, Option<Instant>), StoreError> {
    let of_state = deliveries::table.filter(deliveries::state.eq(state.code()));
    let query = of_state.select((diesel::dsl::count_star(), diesel::dsl::min(deliveries::due_us)));
    let (number, first): (i64, Option<i64>) = query.get_result(conn)?;
    Ok((number, first.map(Instant::from_micros)))
}
