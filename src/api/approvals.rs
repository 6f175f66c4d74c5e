//! What waits for a second person: read, approved, refused, taken back.

use super::body::{ReasonRequest, read, text};
use super::paging::{Cursor, Page};
use super::params::{ApprovalPath, ApprovalsQuery, CampaignPath, MinRevision, PageQuery, ReasonQuery};
use crate::domain::text::parse_reason;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::approvals::{ApprovalDetailView, ApprovalFilter, ApprovalState, ApprovalView, Viewer};
use crate::service::views::{self, WrittenView};
use crate::service::{Moment, access};
use actix_web::web;
use utoipa::ToSchema;

/// An approval.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct ApproveRequest {
    /// Why, 1 to 500 characters; never public.
    reason: Option<String>,
}

fn read_approval(bytes: &[u8]) -> Result<Option<String>, ApiError> {
    read(bytes, |reader, json| {
        let of = reader.object("", json, &["reason"])?;
        Some(text(reader, &of, "reason", parse_reason))
    })
}

fn viewer(call: &Call) -> Result<Viewer, ApiError> {
    Ok(Viewer::of(&call.caller, &call.path("campaign")?)?)
}

/// What waits, or waited, for a second person, the latest first: one's own requests, and for
/// the council and auditors all inside their scope.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/approvals",
    tag = "approvals",
    params(CampaignPath, ApprovalsQuery, MinRevision, PageQuery),
    responses((status = 200, description = "Requests, the latest first", body = views::Page<ApprovalView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_approvals(call: Call) -> Answer {
    let viewer = viewer(&call)?;
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let state = call.parse("state", "pending, approved, rejected, stale or withdrawn", ApprovalState::parse)?;
    let filter = ApprovalFilter { state, unit: call.text("unit")? };
    call.look_live(Moment::Now).await?;
    let campaign = call.path("campaign")?;
    let name = format!("approvals {filter:?} {viewer:?}");
    let found = call.service.blocking(move |service| service.approvals(&campaign, &filter, &viewer)).await?;
    // a request changes no revision of the campaign, so a walk is bound to how many there are
    let page = Page::of(&call, cursor.as_ref(), &name, found.version, None)?;
    let list = views::Page { revision: Some(found.revision), ..page.cut(found.items) };
    call.reply_json(&list, Some(found.revision))
}

/// A request with what it would do to the boards now.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/approvals/{id}",
    tag = "approvals",
    params(ApprovalPath, MinRevision),
    responses((status = 200, description = "The request; its ETag is what approving it names", body = ApprovalDetailView)),
    security(("bearer" = []))
)]
pub(super) async fn get_approval(call: Call) -> Answer {
    let viewer = viewer(&call)?;
    call.accepts(&[JSON])?;
    let snapshot = call.look_live(Moment::Now).await?.snapshot;
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let (revision, approval, has_private) =
        call.service.blocking(move |service| service.approval(&campaign, &id, &viewer)).await?;
    call.note_private_read(&snapshot, has_private).await?;
    call.reply_json(&approval, Some(revision))
}

/// A second person approves a request that they have looked at (`If-Match` with its ETag, 428
/// without): it takes effect. Where what it was asked against has changed, 409 `approval_stale`.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/approvals/{id}/approve",
    tag = "approvals",
    params(ApprovalPath),
    request_body = ApproveRequest,
    responses((status = 200, description = "It took effect", body = WrittenView<ApprovalView>)),
    security(("bearer" = []))
)]
pub(super) async fn approve_request(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Approve>()?;
    let body = call.json_body(payload).await?;
    let reason = read_approval(&body)?;
    let (campaign, id, request) = (call.path("campaign")?, call.path("id")?, call.write_request(&body)?);
    Ok(call.written(call.service.approve(&grant, &campaign, id, reason, request).answer().await?))
}

/// A second person refuses a request: nothing changes.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/approvals/{id}/reject",
    tag = "approvals",
    params(ApprovalPath),
    request_body = ReasonRequest,
    responses((status = 200, description = "Refused", body = WrittenView<ApprovalView>)),
    security(("bearer" = []))
)]
pub(super) async fn reject_request(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Approve>()?;
    let body = call.json_body(payload).await?;
    let ReasonRequest { reason } = ReasonRequest::read(&body)?;
    let (campaign, id, request) = (call.path("campaign")?, call.path("id")?, call.write_request(&body)?);
    Ok(call.written(call.service.reject(&grant, &campaign, id, reason, request).answer().await?))
}

/// Who asked takes a request back before anybody has decided.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/approvals/{id}",
    tag = "approvals",
    params(ApprovalPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<ApprovalView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_approval(call: Call) -> Answer {
    let grant = call.caller.known()?;
    call.no_body()?;
    let sees_others = call.may::<access::Waiting>().is_ok();
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let (reason, request) = (call.reason()?, call.write_request(&[])?);
    let pending = call.service.withdraw_request(&grant, &campaign, (id, sees_others), reason, request);
    Ok(call.written(pending.answer().await?))
}
