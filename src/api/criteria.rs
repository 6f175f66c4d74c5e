//! Criteria and assessments.

use super::body::{AssessmentRequest, CriteriaSetRequest, CriterionRequest, VerdictRequest};
use super::figures::is_private;
use super::paging::{Cursor, Page};
use super::params::{
    AssessmentPath, AssessmentsQuery, AudienceQuery, CampaignPath, CriteriaQuery, CriterionPath, MinRevision,
    PageQuery, ReasonQuery, UnitPath,
};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::criteria::{
    AssessmentStatus, AssessmentView, CriteriaSetView, CriteriaView, CriterionRevisionView, CriterionView,
    criteria_sets, no_criterion,
};
use crate::service::views::{TakenBackView, WrittenView};
use crate::service::{Moment, Service, View, access};
use actix_web::web;

/// The criteria that stand, by kind and code.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/criteria",
    tag = "criteria",
    params(CampaignPath, CriteriaQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Criteria", body = crate::service::views::Page<CriterionView>))
)]
pub(super) async fn list_criteria(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    call.look(Moment::Now).await?;
    let (campaign, kind, audience) = (call.path("campaign")?, call.text("kind")?, call.audience()?);
    let name = format!("criteria {kind:?}");
    let read = move |service: &Service| service.criteria(&campaign, kind.as_deref(), &audience);
    let (revision, found) = call.service.blocking(read).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// The built-in sets of criteria.
#[utoipa::path(
    get,
    path = "/api/v1/criteria-sets",
    tag = "criteria",
    params(PageQuery),
    responses((status = 200, description = "Sets", body = crate::service::views::Page<CriteriaSetView>))
)]
pub(super) async fn list_criteria_sets(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let page = Page::of(&call, cursor.as_ref(), "criteria sets", 0, None)?;
    let list = crate::service::views::Page { revision: None, ..page.cut(criteria_sets()) };
    call.reply_json(&list, None)
}

/// Defines the criteria of a built-in set for some kinds, all or nothing.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/criteria",
    tag = "criteria",
    params(CampaignPath),
    request_body = CriteriaSetRequest,
    responses((status = 200, description = "The criteria of the set as they stand", body = CriteriaView)),
    security(("bearer" = []))
)]
pub(super) async fn adopt_criteria(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let CriteriaSetRequest { set, kinds, reason } = CriteriaSetRequest::read(&body)?;
    let (campaign, request) = (call.path("campaign")?, call.write_request(&body)?);
    Ok(call.written(call.service.adopt_criteria(&grant, &campaign, set, kinds, reason, request).answer().await?))
}

/// A criterion.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/criteria/{kind}/{code}",
    tag = "criteria",
    params(CriterionPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The criterion", body = CriterionView))
)]
pub(super) async fn get_criterion(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    call.look(Moment::Now).await?;
    let (campaign, (kind, code), audience) = (call.path("campaign")?, criterion(&call)?, call.audience()?);
    let read = move |service: &Service| service.criteria(&campaign, None, &audience);
    let (revision, found) = call.service.blocking(read).await?;
    let found = found.into_iter().find(|c| c.kind == kind && c.code == code);
    call.reply_json(&found.ok_or_else(|| no_criterion(&kind, &code))?, Some(revision))
}

/// Everything that a criterion was, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/criteria/{kind}/{code}/history",
    tag = "criteria",
    params(CriterionPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Revisions", body = crate::service::views::Page<CriterionRevisionView>))
)]
pub(super) async fn get_criterion_history(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    call.look(Moment::Now).await?;
    let (campaign, (kind, code), audience) = (call.path("campaign")?, criterion(&call)?, call.audience()?);
    let name = format!("criterion history {kind} {code}");
    let read = move |service: &Service| service.criterion_history(&campaign, (&kind, &code), &audience);
    let (revision, history) = call.service.blocking(read).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(history), Some(revision))
}

/// Defines a criterion for a kind, or changes it. Once the window has begun this needs a
/// reason.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/criteria/{kind}/{code}",
    tag = "criteria",
    params(CriterionPath),
    request_body = CriterionRequest,
    responses(
        (status = 200, description = "Changed, or already so", body = WrittenView<CriterionView>),
        (status = 201, description = "Defined", body = WrittenView<CriterionView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_criterion(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let (campaign, key) = (call.path("campaign")?, criterion(&call)?);
    let new = CriterionRequest::read(&body, &key)?;
    let request = call.write_request(&body)?;
    Ok(call.written(call.service.put_criterion(&grant, &campaign, key, new, request).answer().await?))
}

/// Takes a criterion back: it scores, and is required, no more.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/criteria/{kind}/{code}",
    tag = "criteria",
    params(CriterionPath, ReasonQuery),
    responses((status = 200, description = "Taken back", body = WrittenView<TakenBackView>)),
    security(("bearer" = []))
)]
pub(super) async fn delete_criterion(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.no_body()?;
    let (campaign, key, reason) = (call.path("campaign")?, criterion(&call)?, call.reason()?);
    let request = call.write_request(&[])?;
    Ok(call.written(call.service.take_back_criterion(&grant, &campaign, key, reason, request).answer().await?))
}

/// What units are assessed at, as it stands for each unit, criterion and day.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/assessments",
    tag = "criteria",
    params(CampaignPath, AssessmentsQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Assessments by unit; the public sees verified ones", body = crate::service::views::Page<AssessmentView>))
)]
pub(super) async fn list_assessments(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    call.look(Moment::Now).await?;
    let (campaign, audience) = (call.path("campaign")?, call.audience()?);
    let status = call.parse("status", "submitted, verified or returned", AssessmentStatus::parse)?;
    let name = format!("assessments {status:?} {audience:?}");
    let (revision, found) =
        call.service.blocking(move |service| service.assessments(&campaign, &audience, status)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// Everything that was said of a unit: by criterion and day, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/assessments",
    tag = "criteria",
    params(UnitPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Revisions; the public sees verified ones", body = crate::service::views::Page<AssessmentView>))
)]
pub(super) async fn list_unit_assessments(call: Call) -> Answer {
    of_unit(call, None).await
}

/// Everything that was said of a unit by a criterion: by day, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/assessments/{criterion}",
    tag = "criteria",
    params(AssessmentPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Revisions; the public sees verified ones", body = crate::service::views::Page<AssessmentView>))
)]
pub(super) async fn get_assessment(call: Call) -> Answer {
    let criterion = call.path("criterion")?;
    of_unit(call, Some(criterion)).await
}

async fn of_unit(call: Call, criterion: Option<String>) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let (campaign, code) = (call.path("campaign")?, call.path("code")?);
    let (View { snapshot, .. }, audience) = call.look_at(&code).await?;
    call.note_private_read(&snapshot, is_private(&snapshot, &code)).await?;
    let name = format!("assessments of {code} {criterion:?} {audience:?}");
    let read = move |service: &Service| service.assessments_of(&campaign, &code, criterion.as_deref(), &audience);
    let (revision, found) = call.service.blocking(read).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}

/// A unit says how far it meets a criterion. It scores once the council has verified it; of
/// several days the latest counts alone.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/assessments/{criterion}",
    tag = "criteria",
    params(AssessmentPath),
    request_body = AssessmentRequest,
    responses(
        (status = 200, description = "Said anew, or already so", body = WrittenView<AssessmentView>),
        (status = 201, description = "Said", body = WrittenView<AssessmentView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_assessment(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Assess>()?;
    let body = call.json_body(payload).await?;
    let said = AssessmentRequest::read(&body)?;
    let (campaign, key, request) = (call.path("campaign")?, assessed(&call)?, call.write_request(&body)?);
    Ok(call.written(call.service.assess(&grant, &campaign, key, said, request).answer().await?))
}

/// The council verifies what a unit said, changes it with a reason, or returns it with a
/// reason.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/units/{code}/assessments/{criterion}/verify",
    tag = "criteria",
    params(AssessmentPath),
    request_body = VerdictRequest,
    responses((status = 200, description = "The assessment", body = WrittenView<AssessmentView>)),
    security(("bearer" = []))
)]
pub(super) async fn verify_assessment(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Decisions>()?;
    let body = call.json_body(payload).await?;
    let verdict = VerdictRequest::read(&body)?;
    let (campaign, key, request) = (call.path("campaign")?, assessed(&call)?, call.write_request(&body)?);
    Ok(call.written(call.service.verify(&grant, &campaign, key, verdict, request).answer().await?))
}

/// Kind and code of the criterion of the path.
fn criterion(call: &Call) -> Result<(String, String), ApiError> {
    Ok((call.path("kind")?, call.path("code")?))
}

/// Unit and criterion of the path.
fn assessed(call: &Call) -> Result<(String, String), ApiError> {
    Ok((call.path("code")?, call.path("criterion")?))
}
