//! A contest over its days: a unit's rank, points and level of each, and the share of
//! green units of each.
//!
//! Each day is that day's own board, asked for as everybody asks for it: what a reader
//! does not see there is not seen here either. Start reading at [`history`].

use super::boards::{Boards, named, shown_day, shown_rows};
use super::fault::{Code, Fault};
use super::levels::{Lens, count, read};
use super::live::Snapshot;
use super::privacy::Shown;
use super::views::{LevelCountView, UnitRef};
use crate::domain::number::{Hundredths, round_half_away};
use crate::domain::{Day, Scheme};
use crate::scoring::appraisal::{Appraisal, Appraiser};
use crate::scoring::board::{Place, Query};
use crate::scoring::green::GreenReader;
use crate::scoring::ledger::Ledger;
use crate::scoring::levels::UNKNOWN;
use serde::Serialize;
use std::ops::Range;
use utoipa::ToSchema;

/// A unit on each day of the window.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryView {
    /// Code of the campaign.
    pub campaign: String,
    /// Who.
    pub unit: UnitRef,
    /// `points`, `reduction` or `level_drop`.
    pub by: &'static str,
    /// Only units strictly below this one are ranked.
    pub within: Option<String>,
    /// Only units of this block are ranked.
    pub block: Option<String>,
    /// Revision of the campaign.
    pub revision: i64,
    /// Code of the level scheme.
    pub level_scheme: String,
    /// The days, the earliest first.
    pub items: Vec<HistoryDayView>,
}

/// A unit on the board of one day; what the reader does not see of that board is null.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryDayView {
    /// The day, D of its board.
    #[schema(format = Date)]
    pub date: String,
    /// `reported`, `missing` or `excused`.
    pub state: Option<&'static str>,
    /// Community F0 reported on this day.
    pub community_f0: Option<u64>,
    /// `improvement` or `kept_clean`.
    pub track: Option<&'static str>,
    /// Its place on the board as of this day.
    pub rank: Option<u64>,
    /// How many rows of that board have a rank.
    pub ranked: u64,
    /// Total points on that board.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
    /// Level known on this day, else `unknown`; null also for a kind without rules.
    pub level: Option<String>,
    /// Green status: that level is known to be the best, and every required criterion of the
    /// kind is met; null where that is not public, or nothing decides it.
    pub green: Option<bool>,
    /// Why there is no rank: every reason that holds.
    pub unranked: Vec<&'static str>,
}

/// How green a campaign was, day by day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GreenShareView {
    /// Code of the campaign.
    pub campaign: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// Code of the level scheme.
    pub level_scheme: String,
    /// Code of the best level, which is what counts as green.
    pub best_level: String,
    /// The kinds that have rules, in the campaign's order.
    pub items: Vec<GreenKindView>,
}

/// How green the units of a kind were, day by day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GreenKindView {
    /// Code of the kind.
    pub kind: String,
    /// Its units.
    pub units: u64,
    /// The days, from the eve of the window on.
    pub days: Vec<GreenDayView>,
}

/// How green the units of a kind were on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GreenDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// How many units have each level, best first, `unknown` last; null where that is not public.
    pub counts: Vec<LevelCountView>,
    /// Units known to be at the best level, of all units of the kind: an unknown level is
    /// not green. Null where `counts` are.
    #[schema(value_type = Option<f64>)]
    pub green_percent: Option<Hundredths>,
}

/// The days that a history is asked for, of S…D; `last` is D.
///
/// # Errors
/// A day outside S…E, or after `last`.
pub fn days_of(ledger: &Ledger, from: Option<Day>, last: usize) -> Result<Range<usize>, Fault> {
    let start = ledger.calendar.window.start;
    let Some(from) = from else { return Ok(start..last + 1) };
    let first = ledger.calendar.index(from).filter(|day| (start..=last).contains(day));
    first.map(|first| first..last + 1).ok_or_else(|| {
        let (from, to) = (ledger.calendar.day(start), ledger.calendar.day(last));
        Fault::of_field(Code::DayOutsideWindow, "from", format!("expected a day from {from} to {to}"))
    })
}

/// Rank, points and level of a unit on the board of each day; `shown` says what of a unit
/// the reader sees on a day.
///
/// # Errors
/// The unit is not on the boards that are asked for.
pub fn history(
    snapshot: &Snapshot,
    query: &Query,
    unit: u32,
    days: Range<usize>,
    shown: impl Fn(u32, usize) -> Shown,
) -> Result<HistoryView, Fault> {
    let boards = &snapshot.boards;
    let ledger = &*boards.ledger;
    let register = &ledger.register;
    let found = register.unit(unit);
    let is_inside = query.within.is_none_or(|above| register.is_below(unit, above))
        && (query.block.is_none() || found.and_then(|u| u.block.as_ref()) == query.block.as_ref());
    if !is_inside {
        let code = found.map_or("", |u| u.code.as_str());
        return Err(Fault::new(Code::NotOnThisBoard, format!("{code} is not on this board")));
    }
    // the baseline and the start decide it, so it is the same on every day
    let mut appraisal = Appraisal::default();
    Appraiser::new(ledger, query.kind, query.as_of, query.by).appraise(unit, &mut appraisal);
    let query = Query { track: appraisal.track, ..query.clone() };
    let day = |as_of: usize| day_view(boards, &Query { as_of, ..query.clone() }, unit, |u| shown(u, as_of));
    Ok(HistoryView {
        campaign: register.campaign.code.clone(),
        unit: named(ledger, unit, |above| shown(above, query.as_of).row),
        by: query.by.code(),
        within: query.within.and_then(|u| register.unit(u)).map(|u| u.code.clone()),
        block: query.block.clone(),
        revision: snapshot.revision,
        level_scheme: register.campaign.scheme.code.clone(),
        items: days.filter_map(day).collect(),
    })
}

fn day_view(boards: &Boards, query: &Query, unit: u32, shown: impl Fn(u32) -> Shown) -> Option<HistoryDayView> {
    let ledger = &*boards.ledger;
    let board = boards.get(query);
    let seen = shown(unit);
    let place = Place { unit, rank: board.rank_of(unit) };
    let row = shown_rows(boards, query, &[place], false, &shown).into_iter().next()?;
    let (state, community_f0) = shown_day(ledger, unit, query.as_of, query.as_of, &shown);
    let level = row.level.and_then(|level| level.current);
    let scheme = &ledger.register.campaign.scheme;
    let green = GreenReader::new(ledger, query.kind);
    let is_told = if green.needs_criteria() { seen.numbers && seen.levels } else { level.is_some() };
    let on_level = level.as_deref().and_then(|code| scheme.level_index(code)).unwrap_or(UNKNOWN);
    let ranked = board.places.iter().filter(|p| p.rank.is_some() && shown(p.unit).rank).count();
    Some(HistoryDayView {
        date: ledger.calendar.day(query.as_of).to_string(),
        state: seen.numbers.then(|| state.code()),
        community_f0: community_f0.filter(|_| seen.numbers),
        track: seen.rank.then(|| query.track.code()),
        rank: row.rank,
        ranked: ranked as u64,
        points: row.points.and_then(|points| points.total),
        green: is_told.then(|| green.is_green(unit, query.as_of, on_level)),
        level,
        unranked: row.unranked,
    })
}

/// The share of green units of each kind with rules, or of one, from the eve of the window
/// to a day.
///
/// # Errors
/// A kind that does not exist.
pub fn green_share(snapshot: &Snapshot, upto: usize, kind: Option<&str>, lens: Lens) -> Result<GreenShareView, Fault> {
    let campaign = snapshot.campaign();
    // a kind that is asked for and does not exist is refused by the reading
    let kinds: Vec<&str> = match kind {
        Some(kind) => vec![kind],
        None => campaign.kinds.iter().map(|kind| kind.code.as_str()).collect(),
    };
    let mut items = Vec::new();
    for kind in kinds {
        items.extend(green_kind(snapshot, upto, kind, lens)?);
    }
    Ok(GreenShareView {
        campaign: campaign.code.clone(),
        revision: snapshot.revision,
        level_scheme: campaign.scheme.code.clone(),
        best_level: campaign.scheme.level_code(0).to_owned(),
        items,
    })
}

/// The days of one kind; none where the reader knows of no unit of it that has a level.
fn green_kind(snapshot: &Snapshot, upto: usize, kind: &str, lens: Lens) -> Result<Option<GreenKindView>, Fault> {
    let calendar = &snapshot.ledger().calendar;
    let days = calendar.window.start - 1..upto + 1;
    let (units, by_unit) = read(snapshot, days.clone(), Some(kind), lens.sight)?;
    if units.is_empty() {
        return Ok(None);
    }
    let scheme = &snapshot.campaign().scheme;
    let day = |(offset, index): (usize, usize)| {
        let levels = units.iter().filter_map(|unit| by_unit.get(unit)?.get(offset).copied());
        let counts = count(scheme, levels, lens.counts_are_public(snapshot, &units, index));
        GreenDayView {
            date: calendar.day(index).to_string(),
            green_percent: green_percent(scheme, &counts, units.len()),
            counts,
        }
    };
    let days = days.enumerate().map(day).collect();
    Ok(Some(GreenKindView { kind: kind.to_owned(), units: units.len() as u64, days }))
}

fn green_percent(scheme: &Scheme, counts: &[LevelCountView], units: usize) -> Option<Hundredths> {
    let green = counts.iter().find(|count| count.level == scheme.level_code(0))?.units?;
    (units > 0).then(|| Hundredths(round_half_away(i128::from(green) * 10_000, units as i128)))
}
