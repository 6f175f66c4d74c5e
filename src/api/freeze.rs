//! Freezing what the public sees, and thawing it.

use super::body::{self, INSTANTS, refuse_instants, required};
use super::params::{CampaignPath, ReasonQuery};
use crate::domain::Day;
use crate::domain::text::parse_reason;
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::pins::FreezeView;
use crate::service::{Moment, access};
use actix_web::web;
use utoipa::ToSchema;

/// Why the boards are frozen, and from when on.
#[derive(Debug, ToSchema)]
pub(super) struct FreezeRequest {
    /// Why, 1 to 500 characters; never public.
    reason: String,
    /// From the beginning of this day there on; at once without.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Day>,
}

impl FreezeRequest {
    fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        body::read(bytes, |reader, json| {
            let of = reader.object("", json, &[&["reason", "from"][..], &INSTANTS].concat())?;
            refuse_instants(reader, &of);
            let reason = required(reader, &of, "reason", parse_reason);
            let from = body::text(reader, &of, "from", parse_day);
            Some(Self { reason: reason?, from })
        })
    }
}

/// What the public sees in place of the campaign as it stands, since when, why and by whom.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/freeze",
    tag = "awards",
    params(CampaignPath),
    responses((status = 200, description = "The pin in force, what is planned, and what was", body = FreezeView)),
    security(("bearer" = []))
)]
pub(super) async fn get_freeze(call: Call) -> Answer {
    let grant = call.may::<access::Results>()?;
    call.accepts(&[JSON])?;
    let campaign = call.path("campaign")?;
    let view = call.service.blocking(move |service| service.freeze_of(&grant, &campaign)).await?;
    call.reply_json(&view, Some(view.revision))
}

/// Freezes what the public sees, on all addresses: the campaign as it stands, at once or from
/// the beginning of a day there on. What is recorded later is for those who work in it.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/freeze",
    tag = "awards",
    params(CampaignPath),
    request_body = FreezeRequest,
    responses(
        (status = 200, description = "It stands, or is planned, already so", body = FreezeView),
        (status = 201, description = "Frozen, or planned", body = FreezeView)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_freeze(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let FreezeRequest { reason, from } = FreezeRequest::read(&body)?;
    let (campaign, request) = (call.path("campaign")?, call.write_request(&body)?);
    Ok(call.written(call.service.freeze(&grant, &campaign, (reason, from), request).answer().await?))
}

/// Thaws: the public sees the campaign as it stands again; a freeze that was planned is
/// called off. A final result stays.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/freeze",
    tag = "awards",
    params(CampaignPath, ReasonQuery),
    responses((status = 200, description = "Thawed", body = FreezeView)),
    security(("bearer" = []))
)]
pub(super) async fn delete_freeze(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.no_body()?;
    let (campaign, reason, request) = (call.path("campaign")?, call.reason()?, call.write_request(&[])?);
    // what the public will see is loaded here, and not while the first of it waits
    call.look_live(Moment::Now).await?;
    Ok(call.written(call.service.thaw(&grant, &campaign, reason, request).answer().await?))
}
