//! Levels of units by day, and the built-in level schemes.

use super::paging::{Cursor, Page, look, walk_of};
use super::params::{AudienceQuery, CampaignPath, LevelsQuery, MomentQuery, PageQuery};
use crate::domain::builtin;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::levels::{Lens, level_day, level_history, levels};
use crate::service::live::Snapshot;
use crate::service::rendered::Key;
use crate::service::views::{LevelHistoryView, LevelsView};
use crate::service::{Code, Fault};
use std::sync::Arc;

/// What both lists of levels are asked for, resolved.
struct Asked {
    snapshot: Arc<Snapshot>,
    lens: Lens,
    day: usize,
    kind: Option<String>,
    page: Page,
    /// What the answer is kept under.
    key: Key,
}

impl Asked {
    async fn read(call: &Call, name: &str) -> Result<Self, ApiError> {
        call.accepts(&[JSON])?;
        let cursor = Cursor::of(call)?;
        let moment = call.moment()?;
        let view = look(call, moment, cursor.as_ref()).await?;
        let snapshot = view.snapshot.clone();
        let default_day = view.default_day(moment);
        let lens = Lens { sight: call.sight(&snapshot), default_day };
        let day = match cursor.as_ref().and_then(|c| c.day) {
            Some(day) => day,
            None => level_day(&snapshot, call.day("date")?, view.judged_at)?,
        };
        let kind = call.text("kind")?;
        call.note_private_read(&snapshot, snapshot.has_private(kind.as_deref())).await?;
        let list = format!("{name} {day} {kind:?} {:?} {lens:?}", snapshot.known_at);
        let page = Page::of(call, cursor.as_ref(), &list, walk_of(&snapshot, moment), Some(day))?;
        let key = Key::of(&snapshot, (&list, &page.rows));
        Ok(Self { snapshot, lens, day, kind, page, key })
    }

    fn next_cursor(&self, total: u64) -> Option<String> {
        self.page.next(usize::try_from(total).unwrap_or(usize::MAX))
    }
}

/// Every unit's level on a day.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/levels",
    tag = "boards",
    params(CampaignPath, LevelsQuery, MomentQuery, AudienceQuery, PageQuery),
    responses((status = 200, description = "Levels, and how many units have each", body = LevelsView))
)]
pub(super) async fn get_levels(call: Call) -> Answer {
    let asked = Asked::read(&call, "levels").await?;
    let (key, revision) = (asked.key, asked.snapshot.revision);
    let make = move || {
        let rows = asked.page.rows.clone();
        let mut view = levels(&asked.snapshot, asked.day, asked.kind.as_deref(), rows, asked.lens)?;
        view.next_cursor = asked.next_cursor(view.total);
        serde_json::to_vec(&view).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// Every unit's level on each day from the eve of the window to a day.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/levels/history",
    tag = "boards",
    params(CampaignPath, LevelsQuery, MomentQuery, AudienceQuery, PageQuery),
    responses((status = 200, description = "Levels by day, and how many units have each", body = LevelHistoryView))
)]
pub(super) async fn get_level_history(call: Call) -> Answer {
    let asked = Asked::read(&call, "level history").await?;
    let (key, revision) = (asked.key, asked.snapshot.revision);
    let make = move || {
        let rows = asked.page.rows.clone();
        let mut view = level_history(&asked.snapshot, asked.day, asked.kind.as_deref(), rows, asked.lens)?;
        view.next_cursor = asked.next_cursor(view.total);
        serde_json::to_vec(&view).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// The built-in level schemes.
#[utoipa::path(
    get,
    path = "/api/v1/level-schemes",
    tag = "schemes",
    params(PageQuery),
    responses((status = 200, description = "Scheme objects", body = crate::service::views::Page<serde_json::Value>))
)]
pub(super) async fn list_level_schemes(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let page = Page::of(&call, cursor.as_ref(), "schemes", 0, None)?;
    let schemes = builtin::all().iter().map(|s| s.to_json()).collect();
    let list = crate::service::views::Page { revision: None, ..page.cut(schemes) };
    call.reply_json(&list, None)
}

/// A built-in level scheme.
#[utoipa::path(
    get,
    path = "/api/v1/level-schemes/{scheme}",
    tag = "schemes",
    params(("scheme" = String, Path, description = "Code of the scheme")),
    responses((status = 200, description = "A scheme object", body = serde_json::Value))
)]
pub(super) async fn get_level_scheme(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let code = call.path("scheme")?;
    let scheme = builtin::find(&code);
    let scheme = scheme.ok_or_else(|| Fault::new(Code::SchemeNotFound, format!("no built-in scheme {code:?}")))?;
    call.reply_json(&scheme.to_json(), None)
}
