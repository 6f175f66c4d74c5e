//! Webhooks: addresses that are told when a day is closed, and what became of the messages.

use super::body::{self, required};
use super::paging::{Cursor, Page};
use super::params::{CampaignPath, PageQuery, ReasonQuery, WebhookPath};
use crate::domain::json::Reader;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::{ApiError, Kind};
use crate::service::rendered::Rendered;
use crate::service::views::{self, TakenBackView, WrittenView};
use crate::service::webhooks::{DeliveryView, Event, NewWebhookView, WebhookFor, WebhookView};
use crate::service::{Fault, access};
use actix_web::web;
use utoipa::ToSchema;

/// An address, and what it is told of.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct WebhookRequest {
    /// The address, https, of the public internet; at most 500 characters.
    #[schema(format = "uri")]
    url: String,
    /// `day.closed`, `day.not_reported`, or both.
    events: Vec<String>,
}

fn read_webhook(bytes: &[u8]) -> Result<WebhookFor, ApiError> {
    body::read(bytes, |reader, json| {
        let of = reader.object("", json, &["url", "events"])?;
        let url = required(reader, &of, "url", |text| Ok::<_, &str>(text.to_owned()));
        let events = reader.required(&of, "events").cloned();
        let events = events.and_then(|list| reader.list("events", &list).map(<[_]>::to_vec)).unwrap_or_default();
        let event =
            |(at, item): (usize, &_), reader: &mut Reader| reader.text(&format!("events.{at}"), item, Event::parse);
        let events: Vec<Event> = events.iter().enumerate().filter_map(|item| event(item, reader)).collect();
        if events.is_empty() && reader.errors.is_empty() {
            reader.wrong("events", None, "day.closed, day.not_reported or both");
        }
        Some(WebhookFor { url: url?, events })
    })
}

/// The addresses that are told; their secrets are nowhere in them.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/webhooks",
    tag = "days",
    params(CampaignPath, PageQuery),
    responses((status = 200, description = "Webhooks, the oldest first", body = crate::service::views::Page<WebhookView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_webhooks(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.accepts(&[JSON])?;
    let (cursor, campaign) = (Cursor::of(&call)?, call.path("campaign")?);
    let name = format!("webhooks {campaign}");
    let found = call.service.blocking(move |service| service.webhooks(&grant, &campaign)).await?;
    // whoever walks on while one is added starts again
    let page = Page::of(&call, cursor.as_ref(), &name, found.len() as i64, None)?;
    call.reply_json(&views::Page { revision: None, ..page.cut(found) }, None)
}

/// Makes a webhook; its secret is told this once.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/webhooks",
    tag = "days",
    params(CampaignPath),
    request_body = WebhookRequest,
    responses((status = 201, description = "Made", body = NewWebhookView)),
    security(("bearer" = []))
)]
pub(super) async fn create_webhook(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let bytes = call.json_body(payload).await?;
    let (new, campaign, request) = (read_webhook(&bytes)?, call.path("campaign")?, call.write_request(&bytes)?);
    Ok(call.written(call.service.create_webhook(&grant, &campaign, new, request)?.answer().await?))
}

/// A webhook.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/webhooks/{id}",
    tag = "days",
    params(WebhookPath),
    responses((status = 200, description = "The webhook", body = WebhookView)),
    security(("bearer" = []))
)]
pub(super) async fn get_webhook(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.accepts(&[JSON])?;
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let found = call.service.blocking(move |service| service.webhook(&grant, &campaign, &id)).await?;
    let bytes = serde_json::to_vec(&found).map_err(Fault::internal)?;
    Ok(call.reply(&Rendered::new(bytes), JSON, None))
}

/// Changes where a webhook leads and what it is told of; its secret stays.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/webhooks/{id}",
    tag = "days",
    params(WebhookPath),
    request_body = WebhookRequest,
    responses((status = 200, description = "The webhook", body = WrittenView<WebhookView>)),
    security(("bearer" = []))
)]
pub(super) async fn put_webhook(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let bytes = call.json_body(payload).await?;
    let (new, request) = (read_webhook(&bytes)?, call.write_request(&bytes)?);
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    Ok(call.written(call.service.put_webhook(&grant, &campaign, id, new, request)?.answer().await?))
}

/// Takes a webhook out, with its messages.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/webhooks/{id}",
    tag = "days",
    params(WebhookPath, ReasonQuery),
    responses((status = 200, description = "Taken out", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_webhook(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.no_body()?;
    let (campaign, id, reason) = (call.path("campaign")?, call.path("id")?, call.reason()?);
    let request = call.write_request(&[])?;
    Ok(call.written(call.service.delete_webhook(&grant, &campaign, id, reason, request).answer().await?))
}

/// Sends a webhook a message that tells of nothing, to try it.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/webhooks/{id}/ping",
    tag = "days",
    params(WebhookPath),
    responses((status = 201, description = "In the outbox", body = WrittenView<DeliveryView>)),
    security(("bearer" = []))
)]
pub(super) async fn ping_webhook(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    if !matches!(call.body(payload, 16).await?.as_ref(), b"" | b"{}") {
        return Err(ApiError::new(Kind::BodyNotAllowed, "this takes no body"));
    }
    let (campaign, id, request) = (call.path("campaign")?, call.path("id")?, call.write_request(&[])?);
    Ok(call.written(call.service.ping_webhook(&grant, &campaign, id, request).answer().await?))
}

/// The messages to a webhook, and what became of them.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/webhooks/{id}/deliveries",
    tag = "days",
    params(WebhookPath, PageQuery),
    responses((status = 200, description = "Messages, the latest first", body = crate::service::views::Page<DeliveryView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_deliveries(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.accepts(&[JSON])?;
    let (cursor, campaign, id) = (Cursor::of(&call)?, call.path("campaign")?, call.path("id")?);
    let name = format!("deliveries {campaign} {id}");
    let found = call.service.blocking(move |service| service.deliveries(&grant, &campaign, &id)).await?;
    // whoever walks on while one is added starts again
    let page = Page::of(&call, cursor.as_ref(), &name, found.len() as i64, None)?;
    call.reply_json(&views::Page { revision: None, ..page.cut(found) }, None)
}
