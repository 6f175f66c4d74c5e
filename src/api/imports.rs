//! Imports that changed something: listed, and undone.

use super::body::ReasonRequest;
use super::paging::{Cursor, Page};
use super::params::{CampaignPath, ImportPath, PageQuery};
use crate::http::call::{Answer, Call, JSON};
use crate::service::access;
use crate::service::imports::ImportRecordView;
use crate::service::views::{self, WrittenView};
use actix_web::web;

/// The imports of a campaign that changed something. A dry run, and a file that says only
/// what stands, leave none.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/imports",
    tag = "import",
    params(CampaignPath, PageQuery),
    responses((status = 200, description = "Imports, the latest first", body = views::Page<ImportRecordView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_imports(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.accepts(&[JSON])?;
    let (cursor, campaign) = (Cursor::of(&call)?, call.path("campaign")?);
    let name = format!("imports {campaign}");
    let found = call.service.blocking(move |service| service.imports(&grant, &campaign)).await?;
    // whoever walks on while one is added starts again
    let page = Page::of(&call, cursor.as_ref(), &name, found.len() as i64, None)?;
    call.reply_json(&views::Page { revision: None, ..page.cut(found) }, None)
}

/// An import.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/imports/{id}",
    tag = "import",
    params(ImportPath),
    responses((status = 200, description = "The import", body = ImportRecordView)),
    security(("bearer" = []))
)]
pub(super) async fn get_import(call: Call) -> Answer {
    let grant = call.may::<access::Contest>()?;
    call.accepts(&[JSON])?;
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let found = call.service.blocking(move |service| service.import(&grant, &campaign, &id)).await?;
    call.reply_json(&found, None)
}

/// Undoes an import of figures, as one revision: what it recorded and nobody changed since
/// goes back to what stood before. All or nothing: 409 `changed_since` lists the unit-days
/// that were changed.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/imports/{id}/undo",
    tag = "import",
    params(ImportPath),
    request_body = ReasonRequest,
    responses((status = 200, description = "Undone", body = WrittenView<ImportRecordView>)),
    security(("bearer" = []))
)]
pub(super) async fn undo_import(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let (reason, request) = (ReasonRequest::read(&body)?.reason, call.write_request(&body)?);
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    // what is not in memory is loaded here, and not while others wait for the writer
    call.look_live(crate::service::Moment::Now).await?;
    Ok(call.written(call.service.undo_import(&grant, &campaign, id, reason, request).answer().await?))
}
