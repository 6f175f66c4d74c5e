//! Units and neighbours.

use super::body::{self, NeighboursRequest, UnitRequest, read_neighbours, read_units};
use super::paging::{Cursor, Page, look};
use super::params::{AudienceQuery, CampaignPath, MinRevision, PageQuery, UnitPath, UnitsQuery};
use crate::domain::unit::UnitState;
use crate::http::call::{Answer, Call, JSON};
use crate::service::access;
use crate::service::figures::visible_unit;
use crate::service::rendered::{Key, Rendered};
use crate::service::units::{UnitFilter, list_json, neighbours, unit_json, unit_view};
use crate::service::views::{NeighbourListView, UnitView, UnitsView, WrittenView};
use crate::service::{Fault, Moment};
use actix_web::web;

/// The units that match, in the order of names.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units",
    tag = "units",
    params(CampaignPath, UnitsQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Units", body = crate::service::views::Page<UnitView>))
)]
pub(super) async fn list_units(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let view = look(&call, Moment::Now, cursor.as_ref()).await?;
    let (snapshot, sight) = (view.snapshot.clone(), call.sight(&view.snapshot));
    let filter = UnitFilter {
        kind: call.text("kind")?,
        parent: call.text("parent")?,
        within: call.text("within")?,
        block: call.text("block")?,
        state: call.parse("state", "active, withdrawn or disqualified", UnitState::parse)?,
        q: call.text("q")?,
    };
    let list = format!("units {filter:?} {sight:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, snapshot.read_at, None)?;
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, (&list, &page.rows));
    let make = move || {
        let found = page.cut(filter.find(&snapshot, sight)?);
        let list = crate::service::views::Page {
            items: found.items.iter().filter_map(|u| unit_view(&snapshot, *u, sight)).collect(),
            next_cursor: found.next_cursor,
            total: found.total,
            revision: found.revision,
        };
        serde_json::to_vec(&list).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// A unit.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}",
    tag = "units",
    params(UnitPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The unit", body = UnitView))
)]
pub(super) async fn get_unit(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let view = call.look(Moment::Now).await?;
    let code = call.path("code")?;
    let unit = visible_unit(&view.snapshot, &code, call.sight(&view.snapshot))?;
    let unit = unit_view(&view.snapshot, unit, call.sight(&view.snapshot)).ok_or_else(|| Fault::no_unit(&code))?;
    Ok(call.reply(&Rendered::new(unit_json(&unit)), JSON, Some(view.snapshot.revision)))
}

/// Registers units, all or none.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/units",
    tag = "units",
    params(CampaignPath),
    request_body = Vec<UnitRequest>,
    responses((status = 201, description = "The units", body = WrittenView<UnitsView>)),
    security(("bearer" = []))
)]
pub(super) async fn create_units(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Units>()?;
    let body = call.json_body(payload).await?;
    let units = read_units(&body)?;
    let campaign = call.path("campaign")?;
    let written = call.service.register_units(&grant, &campaign, units, call.write_request(&body)?).answer().await?;
    Ok(call.written(written))
}

/// Creates a unit, or replaces it (with `If-Match`).
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}",
    tag = "units",
    params(UnitPath),
    request_body = UnitRequest,
    responses(
        (status = 200, description = "Replaced, or already so", body = WrittenView<UnitView>),
        (status = 201, description = "Created", body = WrittenView<UnitView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_unit(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Units>()?;
    let body = call.json_body(payload).await?;
    let code = call.path("code")?;
    let unit = body::read(&body, |reader, json| {
        let unit = UnitRequest::read(reader, "", json, false)?;
        let is_other = unit.code.as_ref().is_some_and(|c| *c != code);
        if is_other {
            reader.wrong("code", None, format!("{code:?}, the code of the address"));
        }
        if let Err(expected) = crate::domain::text::parse_code(&code) {
            reader.wrong("code", None, expected);
        }
        Some(unit)
    })?;
    let unit = unit.into_unit(code, String::new());
    let campaign = call.path("campaign")?;
    let written = call.service.put_unit(&grant, &campaign, unit, call.write_request(&body)?).answer().await?;
    Ok(call.written(written))
}

/// Takes a unit out that has no figures and no units below it.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}",
    tag = "units",
    params(UnitPath, ("reason" = Option<String>, Query, description = "Why, 1 to 500 characters")),
    responses((status = 200, description = "Taken out", body = serde_json::Value)),
    security(("bearer" = []))
)]
pub(super) async fn delete_unit(call: Call) -> Answer {
    let grant = call.may::<access::Units>()?;
    call.no_body()?;
    if call.get("reason").is_some() {
        call.reason()?;
    }
    let (campaign, code) = (call.path("campaign")?, call.path("code")?);
    let written = call.service.delete_unit(&grant, &campaign, code, call.write_request(&[])?).answer().await?;
    Ok(call.written(written))
}

/// Pairs of neighbours.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/neighbours",
    tag = "units",
    params(CampaignPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "All pairs", body = NeighbourListView))
)]
pub(super) async fn get_neighbours(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let view = call.look(Moment::Now).await?;
    let list = neighbours(&view.snapshot, call.sight(&view.snapshot));
    Ok(call.reply(&Rendered::new(list_json(&list)), JSON, Some(view.snapshot.revision)))
}

/// Replaces all pairs of neighbours (with `If-Match`).
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/neighbours",
    tag = "units",
    params(CampaignPath),
    request_body = Vec<NeighboursRequest>,
    responses((status = 200, description = "All pairs", body = WrittenView<NeighbourListView>)),
    security(("bearer" = []))
)]
pub(super) async fn put_neighbours(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Contest>()?;
    let body = call.json_body(payload).await?;
    let pairs = read_neighbours(&body)?;
    let campaign = call.path("campaign")?;
    let written = call.service.put_neighbours(&grant, &campaign, pairs, call.write_request(&body)?).answer().await?;
    Ok(call.written(written))
}
