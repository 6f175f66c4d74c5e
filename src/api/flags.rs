//! Flags about figures: listed, looked at, answered, reopened. Never public.

use super::body::FlagAnswerRequest;
use super::paging::{Cursor, Page, at_cursor};
use super::params::{CampaignPath, FlagPath, FlagsQuery, MinRevision, PageQuery, ReasonQuery};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::scoring::quality::Rule;
use crate::service::completeness::kind_asked;
use crate::service::figures::visible_unit;
use crate::service::flags::{FlagFilter, FlagView};
use crate::service::live::{Sight, Snapshot};
use crate::service::rendered::Key;
use crate::service::views::{TakenBackView, WrittenView};
use crate::service::{Fault, Moment, access};
use actix_web::web;

/// What a person should look at among the figures, the latest day first: open flags as the
/// facts raise them, closed ones as they were answered.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/flags",
    tag = "flags",
    params(CampaignPath, FlagsQuery, MinRevision, PageQuery),
    responses((status = 200, description = "Flags that the caller may see", body = crate::service::views::Page<FlagView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_flags(call: Call) -> Answer {
    call.may::<access::Hidden>()?;
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let snapshot = at_cursor(&call, call.look_live(Moment::Now).await?, Moment::Now, cursor.as_ref())?.snapshot;
    let sight = call.sight(&snapshot);
    let filter = filter(&call, &snapshot, sight)?;
    call.note_private_read(&snapshot, snapshot.has_private(call.get("kind"))).await?;
    let list = format!("flags {filter:?} {sight:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, snapshot.read_at, None)?;
    let key = Key::of(&snapshot, (&list, &page.rows));
    let (service, revision) = (call.service.clone(), snapshot.revision);
    let make = move || {
        let (total, items) = service.flags(&snapshot, &filter, sight, page.rows.clone())?;
        let next_cursor = page.next(total);
        let view = crate::service::views::Page { items, next_cursor, total: total as u64, revision: Some(revision) };
        serde_json::to_vec(&view).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

fn filter(call: &Call, snapshot: &Snapshot, sight: Sight) -> Result<FlagFilter, ApiError> {
    let is_open = |text: &str| match text {
        "open" => Some(true),
        "closed" => Some(false),
        _ => None,
    };
    let rules = Rule::ALL.iter().map(|rule| rule.code()).collect::<Vec<_>>().join(", ");
    let kind = call.text("kind")?;
    Ok(FlagFilter {
        rule: call.parse("rule", &format!("one of {rules}"), Rule::of)?,
        is_open: call.parse("state", "open or closed", is_open)?,
        kind: kind.map(|code| kind_asked(snapshot, Some(&code))).transpose()?,
        within: call.text("within")?.map(|code| visible_unit(snapshot, &code, sight)).transpose()?,
        from: call.day("from")?,
        to: call.day("to")?,
    })
}

/// A flag: its rule, its numbers, the days it rests on, and what was answered.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/flags/{id}",
    tag = "flags",
    params(FlagPath, MinRevision),
    responses((status = 200, description = "The flag", body = FlagView)),
    security(("bearer" = []))
)]
pub(super) async fn get_flag(call: Call) -> Answer {
    call.may::<access::Hidden>()?;
    call.accepts(&[JSON])?;
    let snapshot = call.look_live(Moment::Now).await?.snapshot;
    let (id, sight, revision) = (call.path("id")?, call.sight(&snapshot), snapshot.revision);
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let view = call.service.blocking(move |service| service.flag(&snapshot, &id, sight)).await?;
    call.reply_json(&view, Some(revision))
}

/// Answers a flag: the council's answer closes it, that of who reports for the unit explains
/// it and leaves it open. No figure changes.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/flags/{id}",
    tag = "flags",
    params(FlagPath),
    request_body = FlagAnswerRequest,
    responses(
        (status = 200, description = "Answered anew, or already so", body = WrittenView<FlagView>),
        (status = 201, description = "Answered for the first time", body = WrittenView<FlagView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_flag(call: Call, payload: web::Payload) -> Answer {
    let (council, reporter) = (call.may::<access::Decisions>(), call.may::<access::Figures>()?);
    let body = call.json_body(payload).await?;
    let answer = FlagAnswerRequest::read(&body)?;
    let (campaign, id, request) = (call.path("campaign")?, call.path("id")?, call.write_request(&body)?);
    let pending = match council {
        Ok(grant) => call.service.close_flag(&grant, &campaign, id, answer, request),
        Err(_) => call.service.explain_flag(&reporter, &campaign, id, answer, request),
    };
    Ok(call.written(pending.answer().await?))
}

/// Takes back what closed a flag: it is open again, where its values stand.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/flags/{id}",
    tag = "flags",
    params(FlagPath, ReasonQuery),
    responses((status = 200, description = "Reopened", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_flag(call: Call) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    call.no_body()?;
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let (reason, request) = (call.reason()?, call.write_request(&[])?);
    Ok(call.written(call.service.reopen_flag(&grant, &campaign, id, reason, request).answer().await?))
}
