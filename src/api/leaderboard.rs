//! Boards, the rows around a unit, and standings.

use super::paging::{Cursor, Page, look, walk_of};
use super::params::{AudienceQuery, BoardQuery, CampaignPath, MomentQuery, PageQuery, UnitPath};
use crate::domain::Instant;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::scoring::appraisal::Track;
use crate::scoring::board::Query;
use crate::service::board_csv::{Reader, board_csv};
use crate::service::boards::{AsOf, Ask, Show, board_view, resolve, shown_places};
use crate::service::figures::visible_unit;
use crate::service::live::{Sight, Snapshot};
use crate::service::rendered::Key;
use crate::service::standing::{StandingView, standing};
use crate::service::views::BoardView;
use crate::service::{Code, Fault, View};
use std::fmt::{self, Display};
use std::ops::Range;
use std::sync::Arc;

const CSV: &str = "text/csv";
const CSV_UTF8: &str = "text/csv; charset=utf-8; header=present";

/// What is asked of a board, resolved against what there is and what the reader may know of.
pub(super) fn resolved(view: &View, ask: &Ask, sight: Sight) -> Result<Query, ApiError> {
    if let Some(code) = &ask.within {
        visible_unit(&view.snapshot, code, sight)?;
    }
    Ok(resolve(view.snapshot.ledger(), ask, view.judged_at).map_err(Fault::from)?)
}

fn show(snapshot: &Snapshot, rows: Range<usize>, days: bool) -> Show {
    let (known_at, revision) = (snapshot.known_at, Some(snapshot.revision));
    let (policy_version, status) = (Some(snapshot.policy_version), Some(snapshot.status()));
    Show { rows: Some(rows), days, known_at, revision, policy_version, status }
}

/// Which board somebody walks through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Walk {
    query: Query,
    days: bool,
    known_at: Option<Instant>,
    sight: Sight,
    is_default: bool,
}

impl Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { query: Query { kind, track, by, as_of, within, block }, days, known_at, sight, is_default } = self;
        let (track, by) = (track.code(), by.code());
        write!(f, "board {kind} {track} {by} {as_of} {within:?} {block:?} {days} {known_at:?} {sight:?} {is_default}")
    }
}

/// A leaderboard: units of a kind and track in their order, as of a day.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/leaderboard",
    tag = "boards",
    params(
        CampaignPath, BoardQuery, MomentQuery, AudienceQuery, PageQuery,
        ("include" = Option<String>, Query, description = "`days`: each row with its days from the baseline's first to the board's")
    ),
    responses((status = 200, description = "The board", content((BoardView = "application/json"), (String = "text/csv"))))
)]
pub(super) async fn get_leaderboard(call: Call) -> Answer {
    let format = call.accepts(&[JSON, CSV])?;
    let cursor = Cursor::of(&call)?;
    let moment = call.moment()?;
    let view = look(&call, moment, cursor.as_ref()).await?;
    let sight = call.sight(&view.snapshot);
    let mut ask = call.board()?;
    if let Some(day) = cursor.as_ref().and_then(|c| c.day) {
        ask.as_of = Some(AsOf::Day(view.snapshot.ledger().calendar.day(day)));
    }
    let query = resolved(&view, &ask, sight)?;
    call.note_private_read(&view.snapshot, view.snapshot.is_private_kind(query.kind)).await?;
    let days = call.parse("include", "days", |t| (t == "days").then_some(()))?.is_some();
    let is_default = view.default_day(moment) == Some(query.as_of);
    let snapshot = view.snapshot;
    let day = Some(query.as_of);
    let walk = Walk { query, days, known_at: snapshot.known_at, sight, is_default };
    let mut page = Page::of(&call, cursor.as_ref(), &walk, walk_of(&snapshot, moment), day)?;
    if format == CSV && call.get("limit").is_none() {
        page.rows.end = usize::MAX;
    }
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, ("board", &walk, &page.rows, format));
    let content_type = if format == CSV { CSV_UTF8 } else { JSON };
    let make = move || render_board(&snapshot, &walk, &page, format == CSV);
    Ok(call.reply_at(moment, &*call.service.answers.get(key, make).await?, content_type, revision))
}

fn render_board(snapshot: &Arc<Snapshot>, walk: &Walk, page: &Page<Walk>, as_csv: bool) -> Result<Vec<u8>, Fault> {
    let shown = |unit| snapshot.shown(unit, walk.sight, walk.is_default);
    let mut board = board_view(&snapshot.boards, &walk.query, &show(snapshot, page.rows.clone(), walk.days), shown);
    board.next_cursor = page.next(usize::try_from(board.total).unwrap_or(usize::MAX));
    if as_csv {
        return Ok(board_csv(&board, Reader::Spreadsheet).into_bytes());
    }
    serde_json::to_vec(&board).map_err(Fault::internal)
}

/// The rows either side of a unit, with the ranks of the whole board.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/leaderboard/around/{code}",
    tag = "boards",
    params(
        UnitPath, BoardQuery, MomentQuery, AudienceQuery,
        ("span" = Option<u64>, Query, description = "Rows either side, 0 to 1000; fewer at the ends of the board", minimum = 0, maximum = 1000)
    ),
    responses((status = 200, description = "A part of the board", body = BoardView))
)]
pub(super) async fn get_leaderboard_around(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let moment = call.moment()?;
    let view = call.look(moment).await?;
    let sight = call.sight(&view.snapshot);
    let span = call.number("span", 0, 1_000)?.unwrap_or(3) as usize;
    let code = call.path("code")?;
    let unit = visible_unit(&view.snapshot, &code, sight)?;
    let mut ask = call.board()?;
    let register = view.snapshot.register();
    let kind = register.unit(unit).and_then(|u| register.campaign.kind(u.kind)).map(|k| k.code.clone());
    ask.kind = ask.kind.or(kind);
    let query = resolved(&view, &ask, sight)?;
    call.note_private_read(&view.snapshot, view.snapshot.is_private(unit)).await?;
    let is_default = view.default_day(moment) == Some(query.as_of);
    let snapshot = view.snapshot;
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, ("around", unit, span, &query, ask.track, sight, is_default));
    let track = ask.track;
    let make = move || {
        let shown = |u| snapshot.shown(u, sight, is_default);
        let place = |query: &Query| shown_places(&snapshot.boards, query, shown).iter().position(|p| p.unit == unit);
        let other = match query.track {
            Track::Improvement => Track::KeptClean,
            Track::KeptClean => Track::Improvement,
        };
        // without a track: the one that the unit is on
        let tracks = if track.is_some() { vec![query.track] } else { vec![query.track, other] };
        let queries = tracks.into_iter().map(|track| Query { track, ..query.clone() });
        let found = queries.filter_map(|query| place(&query).map(|at| (query, at))).next();
        let (query, at) = found.ok_or_else(|| {
            let hint = if track.is_some() { "; leave out track to see its own" } else { "" };
            Fault::new(Code::NotOnThisBoard, format!("{code} is not on this board{hint}"))
        })?;
        let rows = at.saturating_sub(span)..at + span + 1;
        let board = board_view(&snapshot.boards, &query, &show(&snapshot, rows, false), shown);
        serde_json::to_vec(&board).map_err(Fault::internal)
    };
    Ok(call.reply_at(moment, &*call.service.answers.get(key, make).await?, JSON, revision))
}

/// A unit's row, and how every number of it came about.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/units/{code}/standing",
    tag = "boards",
    params(
        UnitPath, MomentQuery, AudienceQuery,
        ("by" = Option<String>, Query, description = "`points`, `reduction`, `level_drop` or `green_on`; points without"),
        ("as_of" = Option<String>, Query, description = "Day of the board or `live`; the latest closed day with a report without")
    ),
    responses((status = 200, description = "The standing", body = StandingView))
)]
pub(super) async fn get_standing(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    let moment = call.moment()?;
    let view = call.look(moment).await?;
    let sight = call.sight(&view.snapshot);
    let code = call.path("code")?;
    let unit = visible_unit(&view.snapshot, &code, sight)?;
    let register = view.snapshot.register();
    let kind = register.unit(unit).and_then(|u| register.campaign.kind(u.kind)).map(|k| k.code.clone());
    let query = resolved(&view, &Ask { kind, ..call.board()? }, sight)?;
    call.note_private_read(&view.snapshot, view.snapshot.is_private(unit)).await?;
    let is_default = view.default_day(moment) == Some(query.as_of);
    let snapshot = view.snapshot;
    let revision = snapshot.revision;
    let key = Key::of(&snapshot, ("standing", unit, &query, sight, is_default));
    let make = move || {
        let shown = |u| snapshot.shown(u, sight, is_default);
        let view = standing(&snapshot.boards, &query, unit, Some(snapshot.revision), shown);
        let view = view.ok_or_else(|| Fault::new(Code::NotOnThisBoard, format!("{code} is not on this board")))?;
        serde_json::to_vec(&view).map_err(Fault::internal)
    };
    Ok(call.reply_at(moment, &*call.service.answers.get(key, make).await?, JSON, revision))
}
