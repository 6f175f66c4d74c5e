//! Who has reported and who has not.

use super::paging::{Cursor, Page, at_cursor, look};
use super::params::{AudienceQuery, CampaignPath, CompletenessDaysQuery, CompletenessQuery, MinRevision, PageQuery};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::completeness::{Asked, CompletenessView, completeness, day_asked, kind_asked};
use crate::service::completeness_days::{CompletenessDaysView, GridAsked, completeness_days, days_asked};
use crate::service::figures::visible_unit;
use crate::service::rendered::Key;
use crate::service::{Fault, Moment, View};

/// Who owes a day's report, and how many reported in time: that day, and up to it.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/completeness",
    tag = "figures",
    params(CampaignPath, CompletenessQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "Shares, and the units that owe the day's report", body = CompletenessView))
)]
pub(super) async fn get_completeness(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let view = look_within(&call, cursor.as_ref()).await?;
    let (snapshot, sight) = (view.snapshot.clone(), call.sight(&view.snapshot));
    let day = match cursor.as_ref().and_then(|c| c.day) {
        Some(day) => day,
        None => day_asked(&snapshot, call.day("date")?, view.judged_at)?,
    };
    let within = call.text("within")?.map(|code| visible_unit(&snapshot, &code, sight)).transpose()?;
    let kind = kind_asked(&snapshot, call.text("kind")?.as_deref())?;
    call.note_private_read(&snapshot, snapshot.is_private_kind(kind)).await?;
    let asked = Asked { kind, day, within };
    let list = format!("completeness {asked:?} {sight:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, snapshot.read_at, Some(day))?;
    let settling = call.service.settling(&view).await?.view(&snapshot, sight);
    let key = Key::of(&snapshot, (&list, &page.rows, format!("{settling:?}")));
    let revision = snapshot.revision;
    let make = move || {
        let mut view = completeness(&snapshot, &asked, page.rows.clone(), sight, settling);
        view.next_cursor = page.next(usize::try_from(view.total).unwrap_or(usize::MAX));
        serde_json::to_vec(&view).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// Which unit reported on which day: a grid of units and days.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/completeness/days",
    tag = "figures",
    params(CampaignPath, CompletenessDaysQuery, MinRevision, AudienceQuery, PageQuery),
    responses((status = 200, description = "What became of each unit's days", body = CompletenessDaysView))
)]
pub(super) async fn get_completeness_days(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let view = look_within(&call, cursor.as_ref()).await?;
    let (snapshot, sight) = (view.snapshot.clone(), call.sight(&view.snapshot));
    // a day that begins does not change the walk
    let last = cursor.as_ref().and_then(|c| c.day).map(|day| snapshot.ledger().calendar.day(day));
    let days = days_asked(&snapshot, call.day("from")?, call.day("to")?.or(last), view.judged_at)?;
    let within = call.text("within")?.map(|code| visible_unit(&snapshot, &code, sight)).transpose()?;
    let kind = kind_asked(&snapshot, call.text("kind")?.as_deref())?;
    call.note_private_read(&snapshot, snapshot.is_private_kind(kind)).await?;
    let asked = GridAsked { kind, days, within };
    let list = format!("completeness days {asked:?} {sight:?}");
    let page = Page::of(&call, cursor.as_ref(), &list, snapshot.read_at, Some(*asked.days.end()))?;
    let key = Key::of(&snapshot, (&list, &page.rows));
    let revision = snapshot.revision;
    let make = move || {
        let mut view = completeness_days(&snapshot, &asked, page.rows.clone(), sight);
        view.next_cursor = page.next(usize::try_from(view.total).unwrap_or(usize::MAX));
        serde_json::to_vec(&view).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// The campaign at the moment of the first page of the walk; people see what lies below
/// their own unit as it stands.
async fn look_within(call: &Call, cursor: Option<&Cursor>) -> Result<View, ApiError> {
    match call.text("within")? {
        Some(code) => at_cursor(call, call.look_at(&code).await?.0, Moment::Now, cursor),
        None => look(call, Moment::Now, cursor).await,
    }
}
