//! Campaigns and their status.

use super::body::read_campaign;
use super::paging::{Cursor, Page};
use super::params::{AudienceQuery, CampaignPath, MinRevision, PageQuery};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::access;
use crate::service::approvals::ApprovalView;
use crate::service::campaigns::{Told, campaign_json, status};
use crate::service::rendered::Rendered;
use crate::service::views::{FreezeStatusView, StatusView, WrittenView};
use crate::service::{Fault, Moment, View};
use actix_web::web;

/// The campaigns, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns",
    tag = "campaigns",
    params(PageQuery),
    responses((status = 200, description = "campaign.json objects", body = crate::service::views::Page<serde_json::Value>))
)]
pub(super) async fn list_campaigns(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    // campaigns are only ever added at the end, so a walk fits together by itself
    let page = Page::of(&call, cursor.as_ref(), "campaigns", 0, None)?;
    let caller = call.reader();
    let campaigns = call.service.blocking(move |service| service.campaigns(&caller)).await?;
    let documents = campaigns.iter().map(|c| c.to_json()).collect();
    let list = crate::service::views::Page { revision: None, ..page.cut(documents) };
    call.reply_json(&list, None)
}

/// A campaign.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}",
    tag = "campaigns",
    params(CampaignPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The campaign.json object", body = serde_json::Value))
)]
pub(super) async fn get_campaign(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    // whoever may replace it reads what there is to replace
    let is_theirs = call.reader().may::<access::Campaigns>(Some(&call.path("campaign")?)).is_ok();
    let view = if is_theirs { call.look_live(Moment::Now).await? } else { call.look(Moment::Now).await? };
    let document = Rendered::new(campaign_json(view.snapshot.campaign()));
    Ok(call.reply(&document, JSON, Some(view.snapshot.revision)))
}

/// Opens a campaign.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns",
    tag = "campaigns",
    request_body(content = serde_json::Value, description = "The campaign.json object"),
    responses((status = 201, description = "The campaign, with its revision", body = serde_json::Value)),
    security(("bearer" = []))
)]
pub(super) async fn create_campaign(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Campaigns>()?;
    let body = call.json_body(payload).await?;
    let campaign = read_campaign(&body)?;
    let written = call.service.create_campaign(&grant, campaign, call.write_request(&body)?).answer().await?;
    Ok(call.written(written))
}

/// Replaces a campaign; once figures exist, what they rest on is locked.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}",
    tag = "campaigns",
    params(CampaignPath),
    request_body(content = serde_json::Value, description = "The campaign.json object"),
    responses(
        (status = 200, description = "The campaign, with its revision", body = serde_json::Value),
        (status = 202, description = "It waits for a second person", body = WrittenView<ApprovalView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_campaign(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Campaigns>()?;
    let body = call.json_body(payload).await?;
    let campaign = read_campaign(&body)?;
    let code = call.path("campaign")?;
    let written = call.service.put_campaign(&grant, &code, campaign, call.write_request(&body)?).answer().await?;
    Ok(call.written(written))
}

/// All that a client needs to draw its first screen.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/status",
    tag = "campaigns",
    params(CampaignPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The status", body = StatusView))
)]
pub(super) async fn get_status(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let view = call.look(Moment::Now).await?;
    let learned = call.service.settling(&view).await?;
    let freeze = freeze_told(&call, &view).await?;
    let campaign = view.snapshot.campaign().code.clone();
    let issues = call.service.blocking(move |service| service.issues(&campaign)).await?;
    let told = Told { learned: &learned, issues: &issues, freeze };
    let status = status(&view.snapshot, view.judged_at, &call.reader(), told);
    let bytes = serde_json::to_vec(&status).map_err(Fault::internal)?;
    Ok(call.reply(&Rendered::new(bytes), JSON, Some(status.revision)))
}

/// What the caller may know of the freeze: the public since when, who may see results all of it.
async fn freeze_told(call: &Call, view: &View) -> Result<Option<FreezeStatusView>, ApiError> {
    if let Some(pinned) = view.snapshot.pinned {
        return Ok(Some(FreezeStatusView::public(&pinned)));
    }
    let Some(grant) = call.may::<access::Results>().ok().filter(|_| view.snapshot.is_pinned()) else {
        return Ok(None);
    };
    let campaign = call.path("campaign")?;
    let freeze = call.service.blocking(move |service| service.freeze_of(&grant, &campaign)).await?;
    Ok(freeze.pin.or(freeze.plan).map(FreezeStatusView::from))
}
