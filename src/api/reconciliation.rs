//! What does not fit together, daily.

use super::paging::{Cursor, Page};
use super::params::{AudienceQuery, CampaignPath, MinRevision, PageQuery, ReconciliationQuery};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::figures::FigureFilter;
use crate::service::reconciliation::ResidualView;
use crate::service::{Code, Fault, Moment};

/// Days on which sources say different things, or a unit's figure is not the sum of those below
/// it; the latest day first.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/reconciliation",
    tag = "figures",
    params(CampaignPath, ReconciliationQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Residuals", body = crate::service::views::Page<ResidualView>))
)]
pub(super) async fn get_reconciliation(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let (date, from, to) = (call.day("date")?, call.day("from")?, call.day("to")?);
    if date.is_some() && (from.is_some() || to.is_some()) {
        let message = "expected either `date` or `from` and `to`, found both";
        return Err(ApiError::from(Fault::of_field(Code::InvalidRequest, "date", message)));
    }
    let (kind, within) = (call.text("kind")?, call.text("within")?);
    let filter = FigureFilter { unit: None, kind, within, from: date.or(from), to: date.or(to) };
    let (view, audience) = match &filter.within {
        Some(code) => call.look_at(code).await?,
        None => (call.look(Moment::Now).await?, call.audience()?),
    };
    let snapshot = view.snapshot;
    call.note_private_read(&snapshot, snapshot.has_private(filter.kind.as_deref())).await?;
    let campaign = call.path("campaign")?;
    let name = format!("reconciliation {filter:?} {audience:?}");
    let (revision, found) =
        call.service.blocking(move |service| service.reconciliation(&campaign, &filter, &audience)).await?;
    let page = Page::of(&call, cursor.as_ref(), &name, revision, None)?;
    call.reply_json(&page.cut(found), Some(revision))
}
