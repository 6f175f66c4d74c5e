//! What the council decides about units.

use super::body::{AdjustmentRequest, ReasonRequest, StartLevelRequest, StateRequest};
use super::paging::{Cursor, Page};
use super::params::{
    AdjustmentPath, AudienceQuery, CampaignPath, DayPath, MinRevision, PageQuery, ReasonQuery, UnitPath,
};
use crate::http::call::{Answer, Call, JSON};
use crate::service::access;
use crate::service::decisions::AdjustmentFor;
use crate::service::views::{AdjustmentView, ExcuseView, StartLevelView, StateView, TakenBackView, WrittenView};
use crate::service::{Audience, Code, Fault, Moment, Service};
use actix_web::web;
use serde::Serialize;

/// Says whether a unit takes part.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/state",
    tag = "decisions",
    params(UnitPath),
    request_body = StateRequest,
    responses((status = 200, description = "The state", body = WrittenView<StateView>)),
    security(("bearer" = []))
)]
pub(super) async fn put_state(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let StateRequest { state, reason } = StateRequest::read(&body)?;
    let (campaign, code, request) = (call.path("campaign")?, call.path("code")?, call.write_request(&body)?);
    Ok(call.written(call.service.set_state(&grant, &campaign, code, state, reason, request).answer().await?))
}

/// Takes a unit's state back: it takes part again.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}/state",
    tag = "decisions",
    params(UnitPath, ReasonQuery),
    responses((status = 200, description = "The state", body = WrittenView<StateView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_state(call: Call) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    call.no_body()?;
    let (campaign, code, reason) = (call.path("campaign")?, call.path("code")?, call.reason()?);
    let request = call.write_request(&[])?;
    Ok(call.written(call.service.reset_state(&grant, &campaign, code, reason, request).answer().await?))
}

/// Declares a unit's start level.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/start-level",
    tag = "decisions",
    params(UnitPath),
    request_body = StartLevelRequest,
    responses(
        (status = 200, description = "Declared anew, or already so", body = WrittenView<StartLevelView>),
        (status = 201, description = "Declared", body = WrittenView<StartLevelView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_start_level(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let StartLevelRequest { level, reason } = StartLevelRequest::read(&body)?;
    let (campaign, code, request) = (call.path("campaign")?, call.path("code")?, call.write_request(&body)?);
    Ok(call.written(call.service.set_start_level(&grant, &campaign, code, level, reason, request).answer().await?))
}

/// Takes a declared start level back.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}/start-level",
    tag = "decisions",
    params(UnitPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_start_level(call: Call) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    call.no_body()?;
    let (campaign, code, reason) = (call.path("campaign")?, call.path("code")?, call.reason()?);
    let request = call.write_request(&[])?;
    Ok(call.written(call.service.take_back_start_level(&grant, &campaign, code, reason, request).answer().await?))
}

/// Excuses a day: it is not due.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/excuses/{date}",
    tag = "decisions",
    params(DayPath),
    request_body = ReasonRequest,
    responses(
        (status = 200, description = "Excused anew, or already so", body = WrittenView<ExcuseView>),
        (status = 201, description = "Excused", body = WrittenView<ExcuseView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_excuse(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let ReasonRequest { reason } = ReasonRequest::read(&body)?;
    let (campaign, code, day) = (call.path("campaign")?, call.path("code")?, call.day_in_path()?);
    let request = call.write_request(&body)?;
    Ok(call.written(call.service.excuse_day(&grant, &campaign, code, day, reason, request).answer().await?))
}

/// Takes an excuse back: the day is due again.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}/excuses/{date}",
    tag = "decisions",
    params(DayPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_excuse(call: Call) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    call.no_body()?;
    let (campaign, code, day) = (call.path("campaign")?, call.path("code")?, call.day_in_path()?);
    let (reason, request) = (call.reason()?, call.write_request(&[])?);
    Ok(call.written(call.service.take_back_excuse(&grant, &campaign, code, day, reason, request).answer().await?))
}

/// The excuses that stand.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/excuses",
    tag = "decisions",
    params(CampaignPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Excuses by unit and day", body = crate::service::views::Page<ExcuseView>))
)]
pub(super) async fn list_excuses(call: Call) -> Answer {
    list(call, "excuses", Service::excuses).await
}

/// The declared start levels that stand.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/start-levels",
    tag = "decisions",
    params(CampaignPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Start levels by unit", body = crate::service::views::Page<StartLevelView>))
)]
pub(super) async fn list_start_levels(call: Call) -> Answer {
    list(call, "start levels", Service::start_levels).await
}

/// The bonuses and deductions that stand.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/adjustments",
    tag = "decisions",
    params(CampaignPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Adjustments, the oldest first", body = crate::service::views::Page<AdjustmentView>))
)]
pub(super) async fn list_adjustments(call: Call) -> Answer {
    list(call, "adjustments", Service::adjustments).await
}

/// A bonus or deduction that stands.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/adjustments/{id}",
    tag = "decisions",
    params(AdjustmentPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The adjustment", body = AdjustmentView))
)]
pub(super) async fn get_adjustment(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    call.look(Moment::Now).await?;
    let (campaign, id, audience) = (call.path("campaign")?, call.path("id")?, call.audience()?);
    let (revision, found) = call.service.blocking(move |service| service.adjustments(&campaign, &audience)).await?;
    let found = found.into_iter().find(|a| a.id == id);
    let none = || Fault::new(Code::AdjustmentNotFound, format!("no adjustment {id:?} stands"));
    call.reply_json(&found.ok_or_else(none)?, Some(revision))
}

type Read<T> = fn(&Service, &str, &Audience) -> Result<(i64, Vec<T>), Fault>;

async fn list<T: Serialize + Send + 'static>(call: Call, name: &str, read: Read<T>) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    call.look(Moment::Now).await?;
    let (campaign, audience) = (call.path("campaign")?, call.audience()?);
    let seen_by = audience.clone();
    let (revision, found) = call.service.blocking(move |service| read(service, &campaign, &seen_by)).await?;
    let page = Page::of(&call, cursor.as_ref(), &format!("{name} {audience:?}"), revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// Gives a bonus or takes a deduction.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/adjustments",
    tag = "decisions",
    params(CampaignPath),
    request_body = AdjustmentRequest,
    responses((status = 201, description = "The adjustment", body = WrittenView<AdjustmentView>)),
    security(("bearer" = []))
)]
pub(super) async fn create_adjustment(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let AdjustmentRequest { unit_code, kind, points, reason } = AdjustmentRequest::read(&body)?;
    let (campaign, request) = (call.path("campaign")?, call.write_request(&body)?);
    let pending = call.service.adjust(&grant, &campaign, AdjustmentFor { unit_code, kind, points, reason }, request);
    Ok(call.written(pending.answer().await?))
}

/// Takes a bonus or deduction back.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/adjustments/{id}",
    tag = "decisions",
    params(AdjustmentPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_adjustment(call: Call) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    call.no_body()?;
    let campaign = call.path("campaign")?;
    let text = call.path("id")?;
    let none = || Fault::new(Code::AdjustmentNotFound, format!("no adjustment {text:?} stands"));
    let id: i64 = text.parse().map_err(|_| none())?;
    let (reason, request) = (call.reason()?, call.write_request(&[])?);
    Ok(call.written(call.service.take_back_adjustment(&grant, &campaign, id, reason, request).answer().await?))
}
