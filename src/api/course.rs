//! The course of units: the levels that they declare to act at, when they opened and closed,
//! and how many below one are green.

use super::body::{DeclaredLevelRequest, LifetimeRequest};
use super::figures::is_private;
use super::leaderboard::resolved;
use super::paging::{Cursor, Page};
use super::params::{AudienceQuery, CampaignPath, DayPath, MinRevision, MomentQuery, PageQuery, ReasonQuery, UnitPath};
use crate::http::call::{Answer, Call, JSON};
use crate::service::boards::Ask;
use crate::service::declared_levels::{DeclaredLevelView, DeclaredLevelsView};
use crate::service::figures::visible_unit;
use crate::service::lifetimes::LifetimeView;
use crate::service::rendered::Key;
use crate::service::roll_up::{RollUpView, roll_up};
use crate::service::views::{TakenBackView, WrittenView};
use crate::service::{Code, Fault, Moment, View, access};
use actix_web::web;

/// What a unit declares, and its levels day by day: assessed, declared, effective.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/declared-levels",
    tag = "course",
    params(UnitPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "Declarations, and the levels of each day", body = DeclaredLevelsView))
)]
pub(super) async fn list_declared_levels(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (campaign, code) = (call.path("campaign")?, call.path("code")?);
    let (View { snapshot, .. }, audience) = call.look_at(&code).await?;
    call.note_private_read(&snapshot, is_private(&snapshot, &code)).await?;
    let view = call.service.blocking(move |service| service.declared_levels(&campaign, &code, &audience)).await?;
    call.reply_json(&view, Some(view.revision))
}

/// A unit declares that it acts at a level from a day on: earlier or higher than its figures
/// demand, never later or lower.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/declared-levels/{date}",
    tag = "course",
    params(DayPath),
    request_body = DeclaredLevelRequest,
    responses(
        (status = 200, description = "Declared anew, or already so", body = WrittenView<DeclaredLevelView>),
        (status = 201, description = "Declared", body = WrittenView<DeclaredLevelView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_declared_level(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Assess>()?;
    let body = call.json_body(payload).await?;
    let DeclaredLevelRequest { level, reason } = DeclaredLevelRequest::read(&body)?;
    let (campaign, code, day) = (call.path("campaign")?, call.path("code")?, call.day_in_path()?);
    let request = call.write_request(&body)?;
    let pending = call.service.declare_level(&grant, &campaign, code, (day, level, reason), request);
    Ok(call.written(pending.answer().await?))
}

/// Takes a declaration back: an earlier one holds again, if there is one.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}/declared-levels/{date}",
    tag = "course",
    params(DayPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_declared_level(call: Call) -> Answer {
    let grant = call.may::<access::Assess>()?;
    call.no_body()?;
    let (campaign, code, day) = (call.path("campaign")?, call.path("code")?, call.day_in_path()?);
    let (reason, request) = (call.reason()?, call.write_request(&[])?);
    let pending = call.service.take_back_declared_level(&grant, &campaign, code, day, reason, request);
    Ok(call.written(pending.answer().await?))
}

/// The units that open or close during the campaign.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/lifetimes",
    tag = "course",
    params(CampaignPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Lifetimes by unit", body = crate::service::views::Page<LifetimeView>))
)]
pub(super) async fn list_lifetimes(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    call.look(Moment::Now).await?;
    let (campaign, audience) = (call.path("campaign")?, call.audience()?);
    let name = format!("lifetimes {audience:?}");
    let (revision, found) = call.service.blocking(move |service| service.lifetimes(&campaign, &audience)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// When a unit opened or closed, and who goes on in its place.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/lifetime",
    tag = "course",
    params(UnitPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The lifetime", body = LifetimeView))
)]
pub(super) async fn get_lifetime(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (campaign, code) = (call.path("campaign")?, call.path("code")?);
    let (View { snapshot, .. }, audience) = call.look_at(&code).await?;
    visible_unit(&snapshot, &code, call.sight(&snapshot))?;
    let (revision, found) = call.service.blocking(move |service| service.lifetimes(&campaign, &audience)).await?;
    let found = found.into_iter().find(|lifetime| lifetime.unit_code == code);
    let none = || Fault::new(Code::LifetimeNotFound, format!("{code} neither opens nor closes"));
    call.reply_json(&found.ok_or_else(none)?, Some(revision))
}

/// Says when a unit opened or closed, and who goes on in its place: its days outside are
/// excused, and one that closes is withdrawn; its figures stay where they were reported.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/lifetime",
    tag = "course",
    params(UnitPath),
    request_body = LifetimeRequest,
    responses(
        (status = 200, description = "Said anew, or already so", body = WrittenView<LifetimeView>),
        (status = 201, description = "Said", body = WrittenView<LifetimeView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_lifetime(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let lifetime = LifetimeRequest::read(&body)?;
    let (campaign, code, request) = (call.path("campaign")?, call.path("code")?, call.write_request(&body)?);
    Ok(call.written(call.service.set_lifetime(&grant, &campaign, code, lifetime, request).answer().await?))
}

/// Takes a lifetime back, with the excuses and the state that came with it.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}/lifetime",
    tag = "course",
    params(UnitPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_lifetime(call: Call) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    call.no_body()?;
    let (campaign, code, reason) = (call.path("campaign")?, call.path("code")?, call.reason()?);
    let request = call.write_request(&[])?;
    Ok(call.written(call.service.take_back_lifetime(&grant, &campaign, code, reason, request).answer().await?))
}

/// How many of the units below one are green, by kind and day.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/roll-up",
    tag = "course",
    params(
        UnitPath, MomentQuery, AudienceQuery,
        ("as_of" = Option<String>, Query, description = "The last day, or `live`; the latest closed day with a report without")
    ),
    responses((status = 200, description = "Green units by kind and day", body = RollUpView))
)]
pub(super) async fn get_roll_up(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let view = call.look(call.moment()?).await?;
    let (snapshot, sight) = (view.snapshot.clone(), call.sight(&view.snapshot));
    let unit = visible_unit(&snapshot, &call.path("code")?, sight)?;
    let query = resolved(&view, &Ask { as_of: call.board()?.as_of, ..Ask::default() }, sight)?;
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let key = Key::of(&snapshot, ("roll-up", unit, query.as_of, sight));
    let revision = snapshot.revision;
    let make = move || serde_json::to_vec(&roll_up(&snapshot, unit, query.as_of, sight)).map_err(Fault::internal);
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}
