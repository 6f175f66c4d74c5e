//! The rules of a campaign and their versions.

use super::body::{INSTANTS, read, refuse_instants, required, text};
use super::paging::{Cursor, Page};
use super::params::{AudienceQuery, CampaignPath, MinRevision, PageQuery, PolicyPath};
use crate::domain::RulesChange;
use crate::domain::json::{Fields, Reader};
use crate::domain::text::{parse_note, parse_reason};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::approvals::ApprovalView;
use crate::service::policies::{PolicyView, Words};
use crate::service::views::WrittenView;
use crate::service::{Fault, Moment, access};
use actix_web::web;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A change of the rules: what it leaves out stays as it is; at least one of the first three.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct PolicyRequest {
    /// How points are given, as in the campaign's document: with defaults for what it leaves out.
    #[schema(value_type = Option<Object>)]
    scoring: Option<Value>,
    /// A built-in level scheme's code, or a whole scheme.
    level_scheme: Option<Value>,
    /// Small-number allowances of kinds in cases, by the kind's code; null takes a kind's own away.
    #[schema(value_type = Option<Object>)]
    allowances: Option<BTreeMap<String, Option<u32>>>,
    /// Why, 1 to 500 characters; never public.
    reason: String,
    /// What it rests on, at most 500 characters.
    legal_reference: Option<String>,
}

impl PolicyRequest {
    fn read(bytes: &[u8]) -> Result<(RulesChange, Words), ApiError> {
        read(bytes, |reader, json| {
            let known = [&RulesChange::FIELDS[..], &["reason", "legal_reference"], &INSTANTS].concat();
            let of = reader.object("", json, &known)?;
            refuse_instants(reader, &of);
            let change = read_change(reader, &of);
            let reason = required(reader, &of, "reason", parse_reason);
            let legal_reference = text(reader, &of, "legal_reference", parse_note).filter(|t| !t.is_empty());
            Some((change, Words { reason, legal_reference }))
        })
    }
}

/// Reads a change of rules that names at least one.
pub(super) fn read_change(reader: &mut Reader, of: &Fields<'_>) -> RulesChange {
    if RulesChange::FIELDS.iter().all(|name| of.get(name).is_none()) {
        reader.wrong(of.path("scoring"), None, "at least one of scoring, level_scheme and allowances");
    }
    RulesChange::read(reader, of)
}

/// The versions of a campaign's rules; the last is in force.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/policies",
    tag = "policies",
    params(CampaignPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Versions, the oldest first", body = crate::service::views::Page<PolicyView>))
)]
pub(super) async fn list_policies(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    call.look(Moment::Now).await?;
    let (campaign, audience) = (call.path("campaign")?, call.audience()?);
    let name = format!("policies {audience:?}");
    let (revision, found) = call.service.blocking(move |service| service.policies(&campaign, &audience)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// A version of a campaign's rules.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/policies/{version}",
    tag = "policies",
    params(PolicyPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The version", body = PolicyView))
)]
pub(super) async fn get_policy(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    call.look(Moment::Now).await?;
    let (campaign, audience, given) = (call.path("campaign")?, call.audience()?, call.path("version")?);
    let version: i64 = given.parse().map_err(|_| Fault::no_policy(&given))?;
    let (revision, policy) =
        call.service.blocking(move |service| service.policy(&campaign, version, &audience)).await?;
    call.reply_json(&policy, Some(revision))
}

/// Changes the rules from now on; boards of the time before keep theirs.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/policies",
    tag = "policies",
    params(CampaignPath),
    request_body = PolicyRequest,
    responses(
        (status = 200, description = "These rules are in force already", body = WrittenView<PolicyView>),
        (status = 201, description = "The new version", body = WrittenView<PolicyView>),
        (status = 202, description = "It waits for a second person", body = WrittenView<ApprovalView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn create_policy(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Rules>()?;
    let body = call.json_body(payload).await?;
    let (change, words) = PolicyRequest::read(&body)?;
    let (campaign, request) = (call.path("campaign")?, call.write_request(&body)?);
    Ok(call.written(call.service.create_policy(&grant, &campaign, change, words, request).answer().await?))
}
