//! Appeals of units: lodged, read, answered, taken back. Never public.

use super::body::{self, INSTANTS, required, text};
use super::paging::{Cursor, Page};
use super::params::{AppealPath, AppealsQuery, CampaignPath, MinRevision, PageQuery, ReasonQuery};
use crate::domain::appeals::parse_words;
use crate::domain::json::{Fields, Json, Reader};
use crate::domain::text::{parse_code, parse_reason};
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::appeals::{
    AppealAnswerFor, AppealDetailView, AppealFilter, AppealFor, AppealMatter, AppealState, AppealView,
};
use crate::service::views::{self, WrittenView};
use crate::service::{Moment, access};
use actix_web::web;
use utoipa::ToSchema;

/// An appeal. No names, addresses or other particulars of patients stand in it.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct AppealRequest {
    /// Code of the unit that appeals.
    unit_code: String,
    /// What is said, 1 to 4000 characters; never public.
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
    /// What it is about.
    about: Option<AppealAboutRequest>,
}

/// What an appeal is about.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct AppealAboutRequest {
    /// The day.
    #[schema(format = Date)]
    date: Option<String>,
    /// `figures`, `levels`, `points`, `rank`, `criteria`, `adjustments` or `awards`.
    what: Option<String>,
}

/// What the council answers.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct AppealAnswerRequest {
    /// `accepted` or `rejected`.
    state: String,
    /// What is said, 1 to 4000 characters; never public.
    #[schema(min_length = 1, max_length = 4000)]
    answer: String,
    /// Why, where it takes the place of another answer: 1 to 500 characters; never public.
    reason: Option<String>,
    /// Revisions since the appeal that correct what was wrong, at most 100, each once.
    #[schema(max_items = 100)]
    corrections: Option<Vec<i64>>,
}

/// How many corrections an answer names at most.
const MAX_CORRECTIONS: usize = 100;

/// The most that a revision can be, as the document says of all whole numbers.
const MAX_REVISION: u64 = 9_007_199_254_740_991;

/// The fields of an object in which no instant may stand; where one does, that is told by name.
fn known<const N: usize>(fields: [&'static str; N]) -> Vec<&'static str> {
    fields.into_iter().chain(INSTANTS).collect()
}

fn read_appeal(bytes: &[u8], on_behalf: bool) -> Result<AppealFor, ApiError> {
    body::read(bytes, |reader, json| {
        let of = reader.object("", json, &known(["unit_code", "text", "about"]))?;
        body::refuse_instants(reader, &of);
        let unit_code = required(reader, &of, "unit_code", parse_code);
        let said = required(reader, &of, "text", parse_words);
        let (about_day, about_what) = of.get("about").map_or((None, None), |about| read_about(reader, about));
        Some(AppealFor { unit_code: unit_code?, text: said?, about_day, about_what, on_behalf })
    })
}

fn read_about(reader: &mut Reader, json: &Json) -> (Option<crate::domain::Day>, Option<AppealMatter>) {
    let Some(of) = reader.object("about", json, &["date", "what"]) else { return (None, None) };
    let matters = AppealMatter::ALL.map(AppealMatter::code).join(", ");
    let matter = |text: &str| AppealMatter::parse(text).ok_or_else(|| format!("one of: {matters}"));
    (text(reader, &of, "date", parse_day), text(reader, &of, "what", matter))
}

fn read_answer(bytes: &[u8]) -> Result<AppealAnswerFor, ApiError> {
    body::read(bytes, |reader, json| {
        let of = reader.object("", json, &known(["state", "answer", "reason", "corrections"]))?;
        body::refuse_instants(reader, &of);
        let is_accepted = required(reader, &of, "state", |text| match text {
            "accepted" => Ok(true),
            "rejected" => Ok(false),
            _ => Err("accepted or rejected"),
        });
        let answer = required(reader, &of, "answer", parse_words);
        let reason = text(reader, &of, "reason", parse_reason);
        let corrections = read_corrections(reader, &of);
        Some(AppealAnswerFor { is_accepted: is_accepted?, answer: answer?, reason, corrections })
    })
}

/// The revisions in their order.
fn read_corrections(reader: &mut Reader, of: &Fields<'_>) -> Vec<i64> {
    let Some(json) = of.get("corrections") else { return Vec::new() };
    let list = reader.list("corrections", json).map(<[_]>::to_vec).unwrap_or_default();
    if list.len() > MAX_CORRECTIONS {
        reader.wrong("corrections", None, "at most 100 revisions");
        return Vec::new();
    }
    let mut found: Vec<i64> = Vec::with_capacity(list.len());
    for (at, item) in list.iter().enumerate() {
        let path = format!("corrections.{at}");
        let revision = reader.whole(&path, item, 1, MAX_REVISION).and_then(|n| i64::try_from(n).ok());
        if revision.is_some_and(|revision| found.contains(&revision)) {
            reader.wrong(path, Some(item), "each revision once");
        }
        found.extend(revision);
    }
    found.sort_unstable();
    found
}

/// Appeals of units, the latest first: for council, committee and auditors all, for reporters
/// those inside their scope.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/appeals",
    tag = "appeals",
    params(CampaignPath, AppealsQuery, MinRevision, PageQuery),
    responses((status = 200, description = "Appeals, the latest first", body = views::Page<AppealView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_appeals(call: Call) -> Answer {
    call.may::<access::Hidden>()?;
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let state = call.parse("state", "open, accepted, rejected or withdrawn", AppealState::parse)?;
    let filter = AppealFilter { state, unit: call.text("unit")? };
    let snapshot = call.look(Moment::Now).await?.snapshot;
    let (campaign, audience) = (call.path("campaign")?, call.audience()?);
    let name = format!("appeals {filter:?} {audience:?}");
    let found = call.service.blocking(move |service| service.appeals(&campaign, &filter, &audience)).await?;
    call.note_private_read(&snapshot, found.has_private).await?;
    // an appeal changes no revision of the campaign, so a walk is bound to how many there are
    let page = Page::of(&call, cursor.as_ref(), &name, found.version, None)?;
    let list = views::Page { revision: Some(found.revision), ..page.cut(found.items) };
    call.reply_json(&list, Some(found.revision))
}

/// Lodges an appeal for a unit, until the last day that the campaign names (409
/// `appeals_closed` after it).
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/appeals",
    tag = "appeals",
    params(CampaignPath),
    request_body = AppealRequest,
    responses((status = 201, description = "Lodged", body = WrittenView<AppealView>)),
    security(("bearer" = []))
)]
pub(super) async fn create_appeal(call: Call, payload: web::Payload) -> Answer {
    let (council, grant) = (call.may::<access::Decisions>(), call.may::<access::Figures>()?);
    let body = call.json_body(payload).await?;
    let appeal = read_appeal(&body, council.is_ok())?;
    let (campaign, request) = (call.path("campaign")?, call.write_request(&body)?);
    Ok(call.written(call.service.lodge_appeal(&grant, &campaign, appeal, request).answer().await?))
}

/// An appeal with its answers, and what the corrections since it was lodged did to the boards.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/appeals/{id}",
    tag = "appeals",
    params(AppealPath, MinRevision),
    responses((status = 200, description = "The appeal with its effect", body = AppealDetailView)),
    security(("bearer" = []))
)]
pub(super) async fn get_appeal(call: Call) -> Answer {
    call.may::<access::Hidden>()?;
    call.accepts(&[JSON])?;
    let snapshot = call.look(Moment::Now).await?.snapshot;
    let (campaign, id, audience) = (call.path("campaign")?, call.path("id")?, call.audience()?);
    let (revision, appeal, has_private) =
        call.service.blocking(move |service| service.appeal(&campaign, &id, &audience)).await?;
    call.note_private_read(&snapshot, has_private).await?;
    call.reply_json(&appeal, Some(revision))
}

/// The council answers an appeal: somebody else than lodged it. Another answer in place of the
/// one that stands needs a reason. No figure changes.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/appeals/{id}",
    tag = "appeals",
    params(AppealPath),
    request_body = AppealAnswerRequest,
    responses(
        (status = 200, description = "Answered anew, or already so", body = WrittenView<AppealView>),
        (status = 201, description = "Answered for the first time", body = WrittenView<AppealView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_appeal(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let (said, request) = (read_answer(&body)?, call.write_request(&body)?);
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let counted = counted(&call, &campaign, &id).await?;
    let pending = call.service.answer_appeal(&grant, &campaign, (id, counted), said, request);
    Ok(call.written(pending.answer().await?))
}

/// The unit's side takes an appeal back that nobody has answered.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/appeals/{id}",
    tag = "appeals",
    params(AppealPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<AppealView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_appeal(call: Call) -> Answer {
    let (council, grant) = (call.may::<access::Decisions>(), call.may::<access::Figures>()?);
    call.no_body()?;
    let (reason, request) = (call.reason()?, call.write_request(&[])?);
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let counted = counted(&call, &campaign, &id).await?;
    let of = (id, counted, council.is_ok());
    Ok(call.written(call.service.withdraw_appeal(&grant, &campaign, of, reason, request).answer().await?))
}

/// What has moved since an appeal was lodged, counted before the write waits for its turn.
async fn counted(call: &Call, campaign: &str, id: &str) -> Result<Option<crate::service::appeals::Counted>, ApiError> {
    let (campaign, id) = (campaign.to_owned(), id.to_owned());
    Ok(call.service.blocking(move |service| service.counted_since_appeal(&campaign, &id)).await?)
}
