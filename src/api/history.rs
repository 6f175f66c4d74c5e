//! A contest over its days: a unit's ranks, and the share of green units.

use super::leaderboard::resolved;
use super::params::{AudienceQuery, CampaignPath, HistoryQuery, LevelsQuery, MomentQuery, UnitPath};
use crate::http::call::{Answer, Call, JSON};
use crate::service::Fault;
use crate::service::boards::{AsOf, Ask};
use crate::service::figures::visible_unit;
use crate::service::history::{GreenShareView, HistoryView, days_of, green_share, history};
use crate::service::levels::{Lens, level_day};
use crate::service::rendered::Key;

/// A unit's rank, points and level on the board of each day, on its own track.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/history",
    tag = "boards",
    params(UnitPath, HistoryQuery, MomentQuery, AudienceQuery),
    responses((status = 200, description = "The days", body = HistoryView))
)]
pub(super) async fn get_history(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let view = call.look(call.moment()?).await?;
    let sight = call.sight(&view.snapshot);
    let unit = visible_unit(&view.snapshot, &call.path("code")?, sight)?;
    let register = view.snapshot.register();
    let kind = register.unit(unit).and_then(|u| register.campaign.kind(u.kind)).map(|k| k.code.clone());
    let ask = Ask { kind, as_of: call.day("to")?.map(AsOf::Day), ..call.board()? };
    let query = resolved(&view, &ask, sight)?;
    let days = days_of(view.snapshot.ledger(), call.day("from")?, query.as_of)?;
    call.note_private_read(&view.snapshot, view.snapshot.is_private(unit)).await?;
    let default_day = view.default_day(call.moment()?);
    let snapshot = view.snapshot;
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, ("history", unit, &query, &days, default_day, sight));
    let make = move || {
        let shown = |unit, day| snapshot.shown(unit, sight, default_day == Some(day));
        serde_json::to_vec(&history(&snapshot, &query, unit, days, shown)?).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// The share of green units of each kind, on each day from the eve of the window to a day.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/green-share",
    tag = "boards",
    params(CampaignPath, LevelsQuery, MomentQuery, AudienceQuery),
    responses((status = 200, description = "The share, and how many units have each level", body = GreenShareView))
)]
pub(super) async fn get_green_share(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let view = call.look(call.moment()?).await?;
    let snapshot = view.snapshot.clone();
    let sight = call.sight(&snapshot);
    let lens = Lens { sight, default_day: view.default_day(call.moment()?) };
    let day = level_day(&snapshot, call.day("date")?, view.judged_at)?;
    let kind = call.text("kind")?;
    call.note_private_read(&snapshot, snapshot.has_private(kind.as_deref())).await?;
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, ("green share", day, &kind, lens));
    let make =
        move || serde_json::to_vec(&green_share(&snapshot, day, kind.as_deref(), lens)?).map_err(Fault::internal);
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}
