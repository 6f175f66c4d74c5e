//! Figures.

use super::body::{self, FigureRequest, read_figures};
use super::paging::{Cursor, Page};
use super::params::{
    AudienceQuery, CampaignPath, DayFiguresQuery, DayPath, FiguresQuery, MinRevision, PageQuery, ReasonQuery,
    SourceQuery, UnitPath,
};
use crate::http::call::{Answer, Call, JSON};
use crate::service::access;
use crate::service::approvals::ApprovalView;
use crate::service::figures::{FigureFilter, TakeBack};
use crate::service::live::Snapshot;
use crate::service::views::{FigureRevisionView, FigureView, RowsView, SourceRevisionView, TakenBackView, WrittenView};
use crate::service::{Moment, View};
use actix_web::web;

/// The figures of a unit that stand.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/figures",
    tag = "figures",
    params(UnitPath, FiguresQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Figures by day", body = crate::service::views::Page<FigureView>))
)]
pub(super) async fn list_unit_figures(call: Call) -> Answer {
    let filter = FigureFilter {
        unit: Some(call.path("code")?),
        from: call.day("from")?,
        to: call.day("to")?,
        ..FigureFilter::default()
    };
    list(call, filter).await
}

/// The figures of a campaign that stand.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/figures",
    tag = "figures",
    params(CampaignPath, DayFiguresQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Figures by unit and day", body = crate::service::views::Page<FigureView>))
)]
pub(super) async fn list_figures(call: Call) -> Answer {
    let date = call.day("date")?;
    let filter = FigureFilter {
        kind: call.text("kind")?,
        within: call.text("within")?,
        from: date,
        to: date,
        ..FigureFilter::default()
    };
    list(call, filter).await
}

async fn list(call: Call, filter: FigureFilter) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let (view, audience) = match filter.unit.as_ref().or(filter.within.as_ref()) {
        Some(code) => call.look_at(code).await?,
        None => (call.look(Moment::Now).await?, call.audience()?),
    };
    let snapshot = view.snapshot;
    let of_unit = filter.unit.as_ref().map(|code| is_private(&snapshot, code));
    let is_private = of_unit.unwrap_or_else(|| snapshot.has_private(filter.kind.as_deref()));
    call.note_private_read(&snapshot, is_private).await?;
    let campaign = call.path("campaign")?;
    let name = format!("figures {filter:?} {audience:?}");
    let (revision, figures) =
        call.service.blocking(move |service| service.figures(&campaign, &filter, &audience)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(figures), Some(revision))
}

pub(super) fn is_private(snapshot: &Snapshot, code: &str) -> bool {
    snapshot.register().find(code).is_some_and(|unit| snapshot.is_private(unit))
}

/// The figure of a day that stands.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/figures/{date}",
    tag = "figures",
    params(DayPath, MinRevision, AudienceQuery),
    responses((status = 200, description = "The figure", body = FigureView))
)]
pub(super) async fn get_figure(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let (code, day) = (call.path("code")?, call.day_in_path()?);
    let (View { snapshot, .. }, audience) = call.look_at(&code).await?;
    call.note_private_read(&snapshot, is_private(&snapshot, &code)).await?;
    let campaign = call.path("campaign")?;
    let (revision, figure) =
        call.service.blocking(move |service| service.figure(&campaign, &code, day, &audience)).await?;
    call.reply_json(&figure, Some(revision))
}

/// Everything that was recorded for a day, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/figures/{date}/history",
    tag = "figures",
    params(DayPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Revisions", body = crate::service::views::Page<FigureRevisionView>))
)]
pub(super) async fn get_figure_history(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let (code, day) = (call.path("code")?, call.day_in_path()?);
    let (View { snapshot, .. }, audience) = call.look_at(&code).await?;
    call.note_private_read(&snapshot, is_private(&snapshot, &code)).await?;
    let campaign = call.path("campaign")?;
    let name = format!("history {code} {day} {audience:?}");
    let (revision, history) =
        call.service.blocking(move |service| service.figure_history(&campaign, &code, day, &audience)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(history), Some(revision))
}

/// Everything that the sources said of a day, by precedence and instant; nothing to the public.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/figures/{date}/sources",
    tag = "figures",
    params(DayPath, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Revisions", body = crate::service::views::Page<SourceRevisionView>))
)]
pub(super) async fn get_figure_sources(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let (code, day) = (call.path("code")?, call.day_in_path()?);
    let (View { snapshot, .. }, audience) = call.look_at(&code).await?;
    call.note_private_read(&snapshot, is_private(&snapshot, &code)).await?;
    let campaign = call.path("campaign")?;
    let name = format!("sources {code} {day} {audience:?}");
    let (revision, said) =
        call.service.blocking(move |service| service.figure_sources(&campaign, &code, day, &audience)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(said), Some(revision))
}

/// Records the figure of a day. One that is far beyond what the unit reported before is answered
/// with 409 `confirm_unusual`, which says the bound; sent again with a reason it is taken.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{campaign}/units/{code}/figures/{date}",
    tag = "figures",
    params(DayPath),
    request_body = FigureRequest,
    responses(
        (status = 200, description = "Corrected, or already so", body = WrittenView<FigureView>),
        (status = 201, description = "Recorded", body = WrittenView<FigureView>),
        (status = 202, description = "It waits for a second person", body = WrittenView<ApprovalView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn put_figure(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Figures>()?;
    let body = call.json_body(payload).await?;
    let (code, day) = (call.path("code")?, call.day_in_path()?);
    let request = body::read(&body, |reader, json| {
        let request = FigureRequest::read(reader, "", json, &["community_f0"])?;
        if request.unit_code.as_ref().is_some_and(|c| *c != code) {
            reader.wrong("unit_code", None, format!("{code:?}, the unit of the address"));
        }
        if request.date.is_some_and(|d| d != day) {
            reader.wrong("date", None, format!("{day}, the day of the address"));
        }
        Some(request)
    })?;
    let figure = request.into_figure()?;
    let campaign = call.path("campaign")?;
    let request = call.write_request(&body)?;
    let written = call.service.record_figure(&grant, &campaign, code, day, figure, request).answer().await?;
    Ok(call.written(written))
}

/// Takes the figure of a day back: the day is missing again, unless another source says what it was.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{campaign}/units/{code}/figures/{date}",
    tag = "figures",
    params(DayPath, ReasonQuery, SourceQuery),
    responses(
        (status = 200, description = "Taken back", body = WrittenView<TakenBackView>),
        (status = 202, description = "It waits for a second person", body = WrittenView<ApprovalView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn delete_figure(call: Call) -> Answer {
    let grant = call.may::<access::Figures>()?;
    call.no_body()?;
    let (campaign, code, day) = (call.path("campaign")?, call.path("code")?, call.day_in_path()?);
    let (source, reason, request) = (call.text("source")?, call.reason()?, call.write_request(&[])?);
    let of = TakeBack { source, reason };
    let written = call.service.take_back_figure(&grant, &campaign, code, day, of, request).answer().await?;
    Ok(call.written(written))
}

/// Records many figures, all or none.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/figures",
    tag = "figures",
    params(CampaignPath),
    request_body(content = Vec<FigureRequest>, description = "Each with unit_code and date"),
    responses(
        (status = 200, description = "Corrected, or already so", body = WrittenView<RowsView>),
        (status = 201, description = "Recorded", body = WrittenView<RowsView>),
        (status = 202, description = "It waits for a second person", body = WrittenView<ApprovalView>)
    ),
    security(("bearer" = []))
)]
pub(super) async fn create_figures(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Figures>()?;
    let body = call.json_body(payload).await?;
    let figures = read_figures(&body)?;
    let campaign = call.path("campaign")?;
    let written = call.service.record_figures(&grant, &campaign, figures, call.write_request(&body)?).answer().await?;
    Ok(call.written(written))
}
