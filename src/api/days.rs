//! Reporting days: when each opens, is due and closes, and who has not reported.

use super::body;
use super::body::required;
use super::paging::{Cursor, Page, at_cursor, look};
use super::params::{AudienceQuery, CampaignDayPath, CampaignPath, MinRevision, PageQuery};
use crate::domain::text::parse_reason;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::days::{DayReportView, DayView, day_report, day_states, days_view, index_of};
use crate::service::rendered::Key;
use crate::service::views::WrittenView;
use crate::service::{Audience, Fault, Moment, View, access};
use actix_web::web;
use utoipa::ToSchema;

/// The reporting days of baseline and window: when each opens, is due and closes, how many
/// reported, and in time.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/days",
    tag = "days",
    params(CampaignPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Days in their order", body = crate::service::views::Page<DayView>))
)]
pub(super) async fn list_days(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let view = look(&call, Moment::Now, cursor.as_ref()).await?;
    let (snapshot, sight, now) = (view.snapshot.clone(), call.sight(&view.snapshot), view.judged_at);
    let code = snapshot.campaign().code.clone();
    let audience = call.audience()?;
    let closings = call.service.blocking(move |service| service.closings(&code, &audience)).await?;
    let list = format!("days {sight:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, snapshot.read_at, None)?;
    // beside the facts it follows the clock, and who closed what
    let states = day_states(&snapshot, now);
    let key = Key::of(&snapshot, (&list, format!("{states:?} {closings:?}"), &page.rows));
    let revision = snapshot.revision;
    let make = move || {
        let days = page.cut(days_view(&snapshot, &closings, now, sight));
        serde_json::to_vec(&days).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// A reporting day, and the units that owe its report and have not given it: those that the
/// caller is entrusted with.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/days/{date}",
    tag = "days",
    params(CampaignDayPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "The day, and whom to remind", body = DayReportView))
)]
pub(super) async fn get_day(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let (view, audience) = look_for_reminders(&call, cursor.as_ref()).await?;
    let (snapshot, sight, now) = (view.snapshot.clone(), call.sight(&view.snapshot), view.judged_at);
    let at = index_of(&snapshot, call.day_in_path()?)?;
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let code = snapshot.campaign().code.clone();
    let hides_others = matches!(audience, Audience::Own(_)) && snapshot.is_pinned();
    let closings = call.service.blocking(move |service| service.closings(&code, &audience)).await?;
    let list = format!("day {at} {sight:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, snapshot.read_at, None)?;
    let revision = snapshot.revision;
    let rows = page.rows.clone();
    let make = move |_: &_| Ok(day_report(&snapshot, at, &closings, now, rows, sight));
    let mut report = call.service.blocking(make).await?;
    if hides_others {
        report.day.hide_reports();
    }
    report.next_cursor = page.next(usize::try_from(report.total).unwrap_or(usize::MAX));
    call.reply_json(&report, Some(revision))
}

/// Whom to remind is asked of the campaign as it stands, by those who see any unit so.
async fn look_for_reminders(call: &Call, cursor: Option<&Cursor>) -> Result<(View, Audience), ApiError> {
    let audience = call.audience()?;
    let Audience::Within(own) = &audience else { return Ok((look(call, Moment::Now, cursor).await?, audience)) };
    let live = call.look_live(Moment::Now).await?;
    Ok((at_cursor(call, live, Moment::Now, cursor)?, Audience::Own(own.clone())))
}

/// Why a day is closed before its cut-off.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
pub(super) struct CloseDayRequest {
    /// Why, 1 to 500 characters; never public.
    reason: String,
}

/// Closes a day for reporting before its cut-off, once the day itself is over. Boards follow
/// the cut-off all the same; a report that comes after the closing is a late one for approvals.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/days/{date}/close",
    tag = "days",
    params(CampaignDayPath),
    request_body = CloseDayRequest,
    responses((status = 200, description = "Closed", body = WrittenView<DayView>)),
    security(("bearer" = []))
)]
pub(super) async fn close_day(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let reason = body::read(&body, |reader, json| {
        let of = reader.object("", json, &["reason"])?;
        required(reader, &of, "reason", parse_reason)
    })?;
    let (campaign, day, request) = (call.path("campaign")?, call.day_in_path()?, call.write_request(&body)?);
    // what is not in memory is loaded here, and not while others wait for the writer
    call.look_live(Moment::Now).await?;
    Ok(call.written(call.service.close_day(&grant, &campaign, day, reason, request).answer().await?))
}
