//! Awards: who wins what on the boards of a day, and the council's decisions about ties.
//! Not public; of a final result the awards are public with it.

use super::body::{self, refuse_instants, required};
use super::leaderboard::resolved;
use super::paging::{Cursor, Page, look};
use super::params::{AwardDecisionPath, AwardsQuery, CampaignPath, MinRevision, MomentQuery, PageQuery, ReasonQuery};
use crate::domain::text::{parse_code, parse_name, parse_reason};
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::awards::AwardsView;
use crate::service::awards::decisions::AwardDecisionFor;
use crate::service::awards::views::AwardDecisionView;
use crate::service::live::Snapshot;
use crate::service::rendered::Key;
use crate::service::views::{TakenBackView, WrittenView};
use crate::service::{Fault, Moment, access};
use actix_web::web;
use utoipa::ToSchema;

/// Which of the tied units get the last places of an award.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct AwardDecisionRequest {
    /// Code of the award.
    award: String,
    /// The block, where each block has ranks of its own.
    block: Option<String>,
    /// Day of the board; the latest closed day with a report without.
    #[schema(format = Date)]
    as_of: Option<String>,
    /// Codes of the units that win: as many of the tied as places are left.
    winners: Vec<String>,
    /// Why, 1 to 500 characters; never public.
    reason: String,
}

fn read_decision(bytes: &[u8]) -> Result<AwardDecisionFor, ApiError> {
    let known = ["award", "block", "as_of", "winners", "reason", "recorded_at", "withdrawn_at"];
    body::read(bytes, |reader, json| {
        let of = reader.object("", json, &known)?;
        refuse_instants(reader, &of);
        let award = required(reader, &of, "award", parse_code);
        let block = body::text(reader, &of, "block", parse_name);
        let as_of = body::text(reader, &of, "as_of", parse_day);
        let list = reader.required(&of, "winners").cloned();
        let list = list.and_then(|list| reader.list("winners", &list).map(<[_]>::to_vec)).unwrap_or_default();
        let named = list.iter().enumerate();
        let winners = named.filter_map(|(at, code)| reader.text(&format!("winners.{at}"), code, parse_code)).collect();
        let reason = required(reader, &of, "reason", parse_reason);
        Some(AwardDecisionFor { award: award?, block, as_of, winners, reason: reason? })
    })
}

/// Whether an award of a private kind is among those of a campaign.
fn names_private(snapshot: &Snapshot) -> bool {
    let campaign = snapshot.campaign();
    let mut kinds = campaign.awards.list.iter().filter_map(|award| campaign.kind_index(&award.kind));
    kinds.any(|kind| snapshot.is_private_kind(kind))
}

/// The awards on the boards of a day: who wins what and why, who is passed over, which ties
/// wait for the council.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/awards",
    tag = "awards",
    params(CampaignPath, AwardsQuery, MomentQuery),
    responses((status = 200, description = "The awards", body = AwardsView)),
    security(("bearer" = []))
)]
pub(super) async fn get_awards(call: Call) -> Answer {
    let grant = call.may::<access::Results>()?;
    call.accepts(&[JSON])?;
    let view = call.look(call.moment()?).await?;
    let as_of = resolved(&view, &call.board()?, call.sight(&view.snapshot))?.as_of;
    call.note_private_read(&view.snapshot, names_private(&view.snapshot)).await?;
    let (service, snapshot) = (call.service.clone(), view.snapshot);
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, ("awards", as_of, call.sight(&snapshot)));
    let make = move || serde_json::to_vec(&service.awards(&grant, &snapshot, as_of)?).map_err(Fault::internal);
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// The council's decisions about ties, and what became of them.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/awards/decisions",
    tag = "awards",
    params(CampaignPath, MinRevision, PageQuery),
    responses((status = 200, description = "Decisions, the latest first", body = crate::service::views::Page<AwardDecisionView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_award_decisions(call: Call) -> Answer {
    let grant = call.may::<access::Results>()?;
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let snapshot = look(&call, Moment::Now, cursor.as_ref()).await?.snapshot;
    call.note_private_read(&snapshot, names_private(&snapshot)).await?;
    let page = Page::of(&call, cursor.as_ref(), "award decisions", snapshot.read_at, None)?;
    let revision = snapshot.revision;
    let found = call.service.blocking(move |service| service.award_decisions(&grant, &snapshot)).await?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// Decides an open tie for the last places of an award.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/awards/decisions",
    tag = "awards",
    params(CampaignPath),
    request_body = AwardDecisionRequest,
    responses((status = 201, description = "Decided", body = WrittenView<AwardDecisionView>)),
    security(("bearer" = []))
)]
pub(super) async fn create_award_decision(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let bytes = call.json_body(payload).await?;
    let (new, campaign, request) = (read_decision(&bytes)?, call.path("campaign")?, call.write_request(&bytes)?);
    Ok(call.written(call.service.decide_tie(&grant, &campaign, new, request).answer().await?))
}

/// Takes a decision back: the tie is open again, where it stands.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/awards/decisions/{id}",
    tag = "awards",
    params(AwardDecisionPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_award_decision(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.no_body()?;
    let (campaign, id, reason) = (call.path("campaign")?, call.path("id")?, call.reason()?);
    let request = call.write_request(&[])?;
    Ok(call.written(call.service.take_back_tie(&grant, &campaign, id, reason, request).answer().await?))
}
