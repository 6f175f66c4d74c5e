//! The result of a campaign: what stands in its way, its issues, their boards.

use super::body::{FinaliseRequest, ReasonRequest};
use super::paging::{Cursor, Page};
use super::params::{AudienceQuery, CampaignPath, IssueBoardQuery, MinRevision, PageQuery, ResultPath};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::live::Snapshot;
use crate::service::rendered::{Key, Rendered};
use crate::service::results::{BlockersView, Reader, ResultRowView, ResultView};
use crate::service::views::{self, BoardView, WrittenView};
use crate::service::{Moment, access};
use actix_web::web;

/// What of an issue the caller sees.
fn reader(call: &Call) -> Result<Reader, ApiError> {
    let right = call.reader().may::<access::Results>(Some(&call.path("campaign")?));
    Ok(if right.is_ok() { Reader::Whole } else { Reader::Public })
}

/// Keeps in the log that what is hidden of private units is read; the public's part holds none.
async fn note_read(call: &Call, snapshot: &Snapshot, reader: Reader, kind: Option<&str>) -> Result<(), ApiError> {
    call.note_private_read(snapshot, reader == Reader::Whole && snapshot.has_private(kind)).await
}

/// What stands between a campaign and its result, by name; nothing: an issue can be made.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/blockers",
    tag = "results",
    params(CampaignPath, MinRevision),
    responses((status = 200, description = "What stands in the way", body = BlockersView)),
    security(("bearer" = []))
)]
pub(super) async fn get_blockers(call: Call) -> Answer {
    call.may::<access::Results>()?;
    call.accepts(&[JSON])?;
    let view = call.look_live(Moment::Now).await?;
    let (snapshot, now) = (view.snapshot, view.judged_at);
    let revision = snapshot.revision;
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let blockers = call.service.blocking(move |service| service.blockers(&snapshot, now)).await?;
    call.reply_json(&blockers, Some(revision))
}

/// Makes an issue of the result: of the board of the last day, as it is known now. What stands
/// in the way refuses it (409 `blocked`), unless it can be overridden and is, with a reason.
/// The first is issue 1; after corrections a further one says what became different.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/finalise",
    tag = "results",
    params(CampaignPath),
    request_body = FinaliseRequest,
    responses((status = 201, description = "The issue", body = WrittenView<ResultRowView>)),
    security(("bearer" = []))
)]
pub(super) async fn finalise(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let ask = FinaliseRequest::read(&body)?;
    let (campaign, request) = (call.path("campaign")?, call.write_request(&body)?);
    Ok(call.written(call.service.finalise(&grant, &campaign, ask, request).await?))
}

/// The issues of the result, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/results",
    tag = "results",
    params(CampaignPath, AudienceQuery, MinRevision, PageQuery),
    responses((status = 200, description = "Issues", body = views::Page<ResultRowView>))
)]
pub(super) async fn list_results(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (cursor, reader) = (Cursor::of(&call)?, reader(&call)?);
    let revision = call.look(Moment::Now).await?.snapshot.revision;
    let campaign = call.path("campaign")?;
    let found = call.service.blocking(move |service| service.results(&campaign, reader)).await?;
    let revoked = found.iter().filter(|row| row.revoked_at.is_some()).count();
    // a walk is bound to what there is, also where the public is shown an earlier revision
    let version = i64::try_from(found.len() + revoked).unwrap_or(i64::MAX);
    let page = Page::of(&call, cursor.as_ref(), &format!("results {reader:?}"), version, None)?;
    let list = views::Page { revision: Some(revision), ..page.cut(found) };
    call.reply_json(&list, Some(revision))
}

/// An issue with its document and what became different: whole to council, committee and
/// auditors, else as the public may see it. Whether it was revoked stands here.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/results/{issue}",
    tag = "results",
    params(ResultPath, AudienceQuery, MinRevision),
    responses((status = 200, description = "The issue", body = ResultView))
)]
pub(super) async fn get_result(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (snapshot, reader) = (call.look(Moment::Now).await?.snapshot, reader(&call)?);
    note_read(&call, &snapshot, reader, None).await?;
    let (campaign, issue) = (call.path("campaign")?, call.path("issue")?);
    let json = call.service.blocking(move |service| service.result(&campaign, &issue, reader)).await?;
    Ok(call.reply(&Rendered::new(json), JSON, Some(snapshot.revision)))
}

/// The document of an issue, byte for byte as it was made; it never changes.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/results/{issue}/document",
    tag = "results",
    params(ResultPath, AudienceQuery, MinRevision),
    responses((status = 200, description = "The document", body = serde_json::Value))
)]
pub(super) async fn get_result_document(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (snapshot, reader) = (call.look(Moment::Now).await?.snapshot, reader(&call)?);
    note_read(&call, &snapshot, reader, None).await?;
    let (campaign, issue) = (call.path("campaign")?, call.path("issue")?);
    let document = call.service.blocking(move |service| service.result_document(&campaign, &issue, reader)).await?;
    Ok(call.reply_for_ever(&Rendered::new(document), JSON))
}

/// Revokes an issue: it stays to be read, and says so. An earlier issue that was not revoked
/// counts again; without one, boards are provisional again.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/results/{issue}/revoke",
    tag = "results",
    params(ResultPath),
    request_body = ReasonRequest,
    responses((status = 200, description = "Revoked", body = WrittenView<ResultRowView>)),
    security(("bearer" = []))
)]
pub(super) async fn revoke_result(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let ReasonRequest { reason } = ReasonRequest::read(&body)?;
    let (campaign, issue, request) = (call.path("campaign")?, call.path("issue")?, call.write_request(&body)?);
    Ok(call.written(call.service.revoke_result(&grant, &campaign, issue, reason, request).answer().await?))
}

/// A board of an issue. It never changes, not even where the issue is revoked: that stands at
/// the issue's own address.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/boards/{issue}",
    tag = "results",
    params(ResultPath, IssueBoardQuery, AudienceQuery, MinRevision, PageQuery),
    responses((status = 200, description = "The board", body = BoardView))
)]
pub(super) async fn get_result_board(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (cursor, reader, ask) = (Cursor::of(&call)?, reader(&call)?, call.board()?);
    let snapshot = call.look(Moment::Now).await?.snapshot;
    note_read(&call, &snapshot, reader, ask.kind.as_deref()).await?;
    let (campaign, issue) = (call.path("campaign")?, call.path("issue")?);
    let list = format!("board of issue {issue} {ask:?} {reader:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, 0, None)?;
    let key = Key::new((&campaign, &list, &page.rows));
    let service = call.service.clone();
    let make = move || {
        let rows = page.rows.clone();
        service.result_board(&campaign, (&issue, &ask), reader, rows, |total| page.next(total))
    };
    Ok(call.reply_for_ever(&*call.service.answers.get(key, make).await?, JSON))
}
