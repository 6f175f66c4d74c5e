//! Boards as people ask for them and as they are shown.
//!
//! [`resolve`] turns what somebody asked into a [`Query`]; [`Boards`] keeps the
//! boards of one ledger, each computed once however many ask; [`board_view`]
//! prints one. `score`, `leaderboard`, the API and the pages all come through
//! here, so that the same question has one answer.

use super::privacy::{Shown, tells};
use super::views::{
    BoardView, ComponentView, GreenView, PointsView, RowDayView, RowLevelView, RowView, SourceDaysView, UnitRef,
};
use crate::domain::number::Hundredths;
use crate::domain::{Day, Instant, Scheme};
use crate::scoring::appraisal::{Appraisal, Appraiser, Track};
use crate::scoring::board::{self, Board, By, Query};
use crate::scoring::ledger::{DayState, Ledger};
use crate::scoring::levels::UNKNOWN;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The day that a board is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AsOf {
    /// This day.
    Day(Day),
    /// The latest day with a report, closed or not.
    Live,
}

/// What somebody asks of a leaderboard; what is left out has a default (contract.md section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Code of the kind; the first reported kind without.
    pub kind: Option<String>,
    /// The track; improvement without.
    pub track: Option<Track>,
    /// The order; by points without.
    pub by: Option<By>,
    /// The day; the latest closed one with a report without.
    pub as_of: Option<AsOf>,
    /// Code of the unit below which to look.
    pub within: Option<String>,
    /// The block.
    pub block: Option<String>,
}

/// Why a board cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No kind has this code.
    #[error("{given} is no kind of this campaign; expected one of: {expected}")]
    UnknownKind {
        /// What was asked for.
        given: String,
        /// The kinds there are.
        expected: String,
    },
    /// No unit has this code.
    #[error("{0} is no unit of this campaign")]
    UnknownUnit(String),
    /// The day lies outside the window.
    #[error("{given} lies outside the window; expected a day from {from} to {to}")]
    OutsideWindow {
        /// What was asked for.
        given: Day,
        /// First day.
        from: Day,
        /// Last day.
        to: Day,
    },
    /// No closed day of the window has a report yet.
    #[error("the contest has not started: no closed day of the window has a report yet")]
    NotStarted,
}

/// Resolves what was asked against what there is. `now` is K, or the present without one.
///
/// # Errors
/// What of it does not exist.
pub fn resolve(ledger: &Ledger, ask: &Ask, now: Instant) -> Result<Query, AskError> {
    let register = &ledger.register;
    let campaign = &register.campaign;
    let kind = match &ask.kind {
        None => campaign.default_kind(),
        Some(code) => campaign
            .kind_index(code)
            .ok_or_else(|| AskError::UnknownKind { given: code.clone(), expected: campaign.kind_codes() })?,
    };
    let within = match &ask.within {
        None => None,
        Some(code) => Some(register.find(code).ok_or_else(|| AskError::UnknownUnit(code.clone()))?),
    };
    let as_of = match ask.as_of {
        None => board::default_day(ledger, now).map_err(|_| AskError::NotStarted)?,
        Some(AsOf::Live) => board::live_day(ledger).map_err(|_| AskError::NotStarted)?,
        Some(AsOf::Day(given)) => {
            let (from, to) = (campaign.window.from, campaign.window.to);
            board::board_day(ledger, given).ok_or(AskError::OutsideWindow { given, from, to })?
        }
    };
    Ok(Query {
        kind,
        track: ask.track.unwrap_or(Track::Improvement),
        by: ask.by.unwrap_or(By::Points),
        as_of,
        within,
        block: ask.block.clone(),
    })
}

/// The boards of one ledger, each computed once however many ask at a time.
#[derive(Debug)]
pub struct Boards {
    /// The facts that all its boards are computed from.
    pub ledger: Arc<Ledger>,
    boards: Mutex<HashMap<Query, Arc<OnceLock<Arc<Board>>>>>,
}

/// More boards than this of one ledger are not kept.
const MAX_BOARDS: usize = 256;

impl Boards {
    /// The boards of a ledger.
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, boards: Mutex::default() }
    }

    /// The boards of later facts that differ on no day before one. "The board as of (D, K)
    /// does not depend on anything … dated after D" (domain.md section 5, law 6), so those of
    /// the two days before it stand as they are: what most people read while reporters enter
    /// today's figures, and what its movement is told from. Older ones are not carried along,
    /// so that what is held stays little.
    pub(super) fn after(&self, ledger: Arc<Ledger>, changed_from: usize) -> Self {
        // where nothing changed that boards are made of, all of them stand
        let first = if changed_from == usize::MAX { 0 } else { changed_from.saturating_sub(2) };
        let boards = self.boards.lock().unwrap_or_else(PoisonError::into_inner);
        let boards = boards.iter().filter(|(query, _)| (first..changed_from).contains(&query.as_of));
        Self { ledger, boards: Mutex::new(boards.map(|(query, board)| (query.clone(), board.clone())).collect()) }
    }

    /// A board; who asks for one that is being computed waits for it.
    pub fn get(&self, query: &Query) -> Arc<Board> {
        let cell = {
            let mut boards = self.boards.lock().unwrap_or_else(PoisonError::into_inner);
            if boards.len() >= MAX_BOARDS && !boards.contains_key(query) {
                boards.clear();
            }
            boards.entry(query.clone()).or_default().clone()
        };
        cell.get_or_init(|| Arc::new(board::rank(&self.ledger, query))).clone()
    }

    /// The same board of another day of the window, if there is one.
    pub fn on_day(&self, query: &Query, as_of: usize) -> Option<Arc<Board>> {
        let day_exists = self.ledger.calendar.window.contains(&as_of);
        day_exists.then(|| self.get(&Query { as_of, ..query.clone() }))
    }

    fn day_before(&self, query: &Query) -> Option<Arc<Board>> {
        query.as_of.checked_sub(1).and_then(|day| self.on_day(query, day))
    }
}

/// How a board is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Show {
    /// Which rows; all without.
    pub rows: Option<Range<usize>>,
    /// Whether each row shows its days.
    pub days: bool,
    /// K, as it is answered.
    pub known_at: Option<Instant>,
    /// Revision of the campaign.
    pub revision: Option<i64>,
    /// Version of the policy.
    pub policy_version: Option<i64>,
    /// `frozen` or `final` of a pinned board; provisional without.
    pub status: Option<&'static str>,
}

/// The places of a board as a reader sees them: those with a rank in its order, then the
/// others by name, so that the order tells nothing of a rank that is not shown.
pub fn shown_places(boards: &Boards, query: &Query, shown: impl Fn(u32) -> Shown) -> Vec<board::Place> {
    let board = boards.get(query);
    let mut places = Vec::with_capacity(board.places.len());
    let (mut others, mut is_masked) = (Vec::new(), false);
    for place in &board.places {
        let seen = shown(place.unit);
        let rank = place.rank.filter(|_| seen.rank);
        is_masked |= place.rank.is_some() && rank.is_none();
        match (seen.row, rank) {
            (false, _) => {}
            (true, Some(_)) => places.push(*place),
            (true, None) => others.push(board::Place { rank, ..*place }),
        }
    }
    if is_masked {
        others.sort_by_key(|place| boards.ledger.register.name_rank(place.unit));
    }
    places.append(&mut others);
    places
}

/// A board as people see it; `shown` says what of each unit the reader sees. Ranks are
/// those of the whole board.
pub fn board_view(boards: &Boards, query: &Query, show: &Show, shown: impl Fn(u32) -> Shown) -> BoardView {
    let ledger = &*boards.ledger;
    let campaign = &ledger.register.campaign;
    let visible = shown_places(boards, query, &shown);
    let rows = show.rows.clone().unwrap_or(0..visible.len());
    let rows = visible.get(rows.start.min(visible.len())..rows.end.min(visible.len())).unwrap_or_default();
    let within = query.within.and_then(|u| ledger.register.unit(u)).map(|u| u.code.clone());
    BoardView {
        campaign: campaign.code.clone(),
        kind: campaign.kind(query.kind).map_or_else(String::new, |k| k.code.clone()),
        track: query.track.code(),
        by: query.by.code(),
        within,
        block: query.block.clone(),
        as_of: ledger.calendar.day(query.as_of).to_string(),
        known_at: show.known_at,
        status: show.status.unwrap_or("provisional"),
        early: query.as_of + 1 - ledger.calendar.window.start < campaign.policy.closing_days as usize,
        revision: show.revision,
        level_scheme: campaign.scheme.code.clone(),
        policy_version: show.policy_version,
        total: visible.len() as u64,
        ranked: visible.iter().filter(|p| p.rank.is_some()).count() as u64,
        items: shown_rows(boards, query, rows, show.days, &shown),
        next_cursor: None,
        sources: (!campaign.sources.is_empty()).then(|| source_days(boards, query, &shown)),
    }
}

/// Code of the source that the figure of a unit's day comes from, where there is one.
pub(super) fn source_of_day(ledger: &Ledger, unit: u32, day: usize) -> Option<String> {
    let source = ledger.source(unit, day).filter(|_| ledger.entry(unit, day).counts.is_some())?;
    Some(ledger.register.campaign.sources.code(source).to_owned())
}

/// How many unit-days of S…D rest on which source, of all units of a board; none where a
/// reader sees not all of them.
fn source_days(boards: &Boards, query: &Query, shown: impl Fn(u32) -> Shown) -> Option<Vec<SourceDaysView>> {
    let ledger = &*boards.ledger;
    let (register, sources) = (&ledger.register, &ledger.register.campaign.sources);
    let mut counts = vec![0u64; sources.len() + 1];
    for place in &boards.get(query).places {
        let own = [place.unit];
        let of_unit = if register.is_derived(place.unit) { register.leaves.of(place.unit) } else { &own };
        for unit in of_unit {
            if !shown(*unit).numbers {
                return None;
            }
            for day in ledger.calendar.window.start..=query.as_of {
                if ledger.day_state(*unit, day, query.as_of) == DayState::Reported {
                    let at = ledger.source(*unit, day).map_or(sources.len(), usize::from);
                    counts.get_mut(at).into_iter().for_each(|count| *count += 1);
                }
            }
        }
    }
    let codes = sources.iter().map(|source| Some(source.code.clone())).chain([None]);
    let days = codes.zip(counts).map(|(source, unit_days)| SourceDaysView { source, unit_days });
    Some(days.filter(|days| days.source.is_some() || days.unit_days > 0).collect())
}

/// Rows of a board, in the order given, with what the reader sees of each.
pub fn shown_rows(
    boards: &Boards,
    query: &Query,
    rows: &[board::Place],
    with_days: bool,
    shown: impl Fn(u32) -> Shown,
) -> Vec<RowView> {
    let ledger = &*boards.ledger;
    let from = if with_days { ledger.calendar.baseline.start } else { ledger.calendar.window.start };
    let appraiser = Appraiser::with_levels_from(ledger, query.kind, query.as_of, query.by, from);
    let before = boards.day_before(query);
    let days = with_days.then(|| boards_by_day(boards, query));
    let mut appraisal = Appraisal::default();
    let view = |place: &board::Place| {
        appraiser.appraise(place.unit, &mut appraisal);
        let unit = named(ledger, place.unit, |above| shown(above).row);
        let mut row = row_view(ledger, *place, unit, &appraiser, &appraisal);
        let then = before.as_ref().and_then(|board| board.rank_of(place.unit));
        row.rank_change = place.rank.zip(then).map(|(now, then)| i64::from(then) - i64::from(now));
        row.days =
            days.as_ref().map(|days| day_views(ledger, place.unit, query.as_of, &appraiser, &appraisal, days, &shown));
        let seen = shown(place.unit);
        if seen != Shown::ALL {
            mask(&mut row, seen, ledger.start_level(place.unit).is_some());
        }
        row
    };
    rows.iter().map(view).collect()
}

/// Takes out of a row what its reader does not see (domain.md section 6).
fn mask(row: &mut RowView, seen: Shown, has_declared_start: bool) {
    if !seen.rank {
        row.rank = None;
        row.unranked.clear();
    }
    if !seen.numbers {
        row.rank_change = None;
        row.points = None;
        (row.reduction_percent, row.change_percent) = (None, None);
        (row.baseline_mean, row.closing_mean) = (None, None);
        (row.community_f0, row.imputed_f0, row.imputed_days) = (None, None, None);
        (row.green_days, row.missing_days) = (None, None);
        row.days.iter_mut().for_each(Vec::clear);
    }
    if !seen.levels {
        row.green.iter_mut().for_each(GreenView::mask);
        mask_levels(row, seen, has_declared_start);
    }
}

/// Takes out of a row the levels of other days than the board's own, and what was
/// computed from them. A declared start is a decision, told by itself.
fn mask_levels(row: &mut RowView, seen: Shown, has_declared_start: bool) {
    if let Some(level) = &mut row.level {
        let keeps_start = has_declared_start && seen.numbers;
        level.start = level.start.take().filter(|_| keeps_start);
        level.start_used = level.start_used.take().filter(|_| keeps_start);
        level.current = level.current.take().filter(|_| seen.day_level);
        (level.dropped, level.current_used) = (None, None);
        row.green_days = None;
        if let Some(points) = &mut row.points {
            points.total = None;
            let of_levels = |c: &&mut ComponentView| ["level_drop", "green_days"].contains(&c.measure);
            points.components.iter_mut().filter(of_levels).for_each(|c| c.points = None);
        }
    }
    let days = row.days.iter_mut().flatten().rev();
    days.skip(usize::from(seen.day_level)).for_each(|day| day.level = None);
}

/// The same board on each day of S…D.
fn boards_by_day(boards: &Boards, query: &Query) -> Vec<Arc<Board>> {
    let days = boards.ledger.calendar.window.start..=query.as_of;
    days.filter_map(|day| boards.on_day(query, day)).collect()
}

/// State and community cases of a unit's day as a reader sees them: no sum to which only
/// one or two hidden units reported, however many stand under it.
pub fn shown_day(
    ledger: &Ledger,
    unit: u32,
    day: usize,
    as_of: usize,
    shown: impl Fn(u32) -> Shown,
) -> (DayState, Option<u64>) {
    // none stands under a unit that reports itself
    let leaves = ledger.register.leaves.of(unit).iter().filter(|leaf| !shown(**leaf).numbers);
    let hidden = leaves.filter(|leaf| ledger.day_state(**leaf, day, as_of) == DayState::Reported).count();
    let (state, cases) = day_of(ledger, unit, day, as_of);
    (state, cases.filter(|_| !tells(u32::try_from(hidden).unwrap_or(u32::MAX))))
}

/// The code of a level that may be unknown.
pub fn level_code(scheme: &Scheme, level: Option<u8>) -> String {
    level.filter(|l| *l != UNKNOWN).map_or_else(|| "unknown".to_owned(), |l| scheme.level_code(l).to_owned())
}

/// How boards name a unit; the one above only where the reader may know of it.
pub fn named(ledger: &Ledger, unit: u32, is_visible: impl Fn(u32) -> bool) -> UnitRef {
    let register = &ledger.register;
    let found = register.unit(unit);
    let above = found.and_then(|u| u.parent).filter(|above| is_visible(*above));
    let code_of = |index: u32| register.unit(index).map(|u| u.code.clone());
    UnitRef {
        code: found.map_or_else(String::new, |u| u.code.clone()),
        name: found.map_or_else(String::new, |u| u.name.clone()),
        kind: found.and_then(|u| register.campaign.kind(u.kind)).map_or_else(String::new, |k| k.code.clone()),
        parent_code: above.and_then(code_of),
        block: found.and_then(|u| u.block.clone()),
    }
}

/// One row of a board; its movement and days are added by the caller.
fn row_view(ledger: &Ledger, place: board::Place, unit: UnitRef, appraiser: &Appraiser<'_>, a: &Appraisal) -> RowView {
    let scheme = &ledger.register.campaign.scheme;
    let shows_points = !a.has_no_points();
    let percent = |ratio: &crate::scoring::exact::Exact| Hundredths(ratio.scaled(10_000));
    let start_offset = ledger.calendar.window.start - 1 - appraiser.levels.first_day();
    let declared = ledger.start_level(place.unit);
    let level = appraiser.levels.has_rules().then(|| RowLevelView {
        start: Some(level_code(scheme, declared.or_else(|| a.levels.by_day.get(start_offset).copied()))),
        current: Some(level_code(scheme, a.levels.by_day.last().copied())),
        dropped: a.dropped.filter(|_| shows_points).map(i64::from),
        start_used: a.start.map(|l| scheme.level_code(l).to_owned()),
        current_used: a.levels.current.map(|l| scheme.level_code(l).to_owned()),
    });
    RowView {
        rank: place.rank.map(u64::from),
        rank_change: None,
        unit,
        points: shows_points.then(|| points_view(ledger, a)),
        reduction_percent: a.reduction_percent().filter(|_| shows_points).map(Hundredths),
        change_percent: shows_points.then(|| percent(&a.change)),
        baseline_mean: a.tally.baseline_mean().map(|m| Hundredths(m.scaled(100))),
        closing_mean: a.tally.closing_mean().map(|m| Hundredths(m.scaled(100))),
        level,
        community_f0: Some(a.tally.community_f0),
        imputed_f0: Some(a.tally.imputed_f0),
        imputed_days: Some(a.tally.missing),
        green_days: Some(u64::from(a.green_days)),
        missing_days: Some(a.tally.missing),
        green: appraiser.green().then(|| green_view(ledger, appraiser.as_of(), a.green_on)),
        unranked: a.unranked().map(|r| r.code()).collect(),
        days: None,
    }
}

/// Since when a unit is green, and whether that was in time (domain.md section 3).
fn green_view(ledger: &Ledger, as_of: usize, green_on: Option<usize>) -> GreenView {
    let green_by = ledger.register.campaign.green_by.and_then(|day| ledger.calendar.index(day));
    let is_over = |by: &usize| as_of >= *by;
    GreenView {
        green_on: green_on.map(|day| ledger.calendar.day(day).to_string()),
        green_by_kept: green_by.map(|by| Some(by).filter(is_over).map(|by| green_on.is_some_and(|on| on <= by))),
    }
}

fn points_view(ledger: &Ledger, a: &Appraisal) -> PointsView {
    let components = ledger.register.campaign.policy.components.iter().zip(&a.components);
    let component = |(c, points): (&crate::domain::policy::Component, &i64)| ComponentView {
        measure: c.measure.code(),
        points: Some(Hundredths(*points)),
        max_points: Hundredths(c.max_points),
    };
    PointsView {
        total: Some(Hundredths(a.total)),
        components: components.map(component).collect(),
        bonus: Hundredths(a.bonus),
        deduction: Hundredths(a.deduction),
    }
}

fn day_views(
    ledger: &Ledger,
    unit: u32,
    as_of: usize,
    appraiser: &Appraiser<'_>,
    a: &Appraisal,
    boards: &[Arc<Board>],
    shown: impl Fn(u32) -> Shown,
) -> Vec<RowDayView> {
    let (baseline, window) = (ledger.calendar.baseline.start, ledger.calendar.window.start);
    let view = |day: usize| {
        let (state, community_f0) = shown_day(ledger, unit, day, as_of, &shown);
        let level = a.levels.by_day.get(day - appraiser.levels.first_day()).copied();
        let level = appraiser.levels.has_rules().then(|| level_code(&ledger.register.campaign.scheme, level));
        let of_day = day.checked_sub(window).and_then(|offset| boards.get(offset));
        RowDayView {
            date: ledger.calendar.day(day).to_string(),
            state: state.code(),
            community_f0,
            level,
            rank: of_day.and_then(|board| board.rank_of(unit)).map(u64::from),
            source: source_of_day(ledger, unit, day),
        }
    };
    (baseline..=as_of).map(view).collect()
}

/// State and community cases of a unit's day. A derived unit's day is reported
/// where all units under its sum that owe it reported; its cases are the sum of
/// what was reported.
fn day_of(ledger: &Ledger, unit: u32, day: usize, as_of: usize) -> (DayState, Option<u64>) {
    if !ledger.register.is_derived(unit) {
        let cases = ledger.entry(unit, day).counts.map(|c| u64::from(c.community_f0()));
        return (ledger.day_state(unit, day, as_of), cases);
    }
    let (mut owing, mut reported, mut cases) = (0u32, 0u32, 0u64);
    for leaf in ledger.register.leaves.of(unit) {
        match ledger.day_state(*leaf, day, as_of) {
            DayState::Reported => {
                owing += 1;
                reported += 1;
                cases += ledger.days(*leaf).community.get(day).copied().map_or(0, u64::from);
            }
            DayState::Missing => owing += 1,
            DayState::Excused | DayState::NotDue => {}
        }
    }
    let is_in_time = (ledger.calendar.baseline.start..=as_of).contains(&day);
    let state = match owing {
        _ if !is_in_time => DayState::NotDue,
        0 => DayState::Excused,
        _ if reported == owing => DayState::Reported,
        _ => DayState::Missing,
    };
    (state, (reported > 0).then_some(cases))
}

#[cfg(test)]
#[path = "../../tests/support/known_boards.rs"]
pub(super) mod known_boards;

#[cfg(test)]
mod tests {
    use super::known_boards::{cases, compare, json, packs, report, score};
    use super::*;
    use crate::domain::Contest;
    use crate::pack;
    use crate::scoring::Register;

    #[test]
    fn every_board_of_every_pack_is_right_to_the_digit() {
        let (mut asked, mut failures) = (0, Vec::new());
        for (path, cases) in cases() {
            let contest = pack::read_path(&path).expect("a sound pack");
            for case in &cases {
                asked += 1;
                compare(case, score(&contest, &case["ask"]), &path.display().to_string(), &mut failures);
            }
        }
        report(asked, &failures);
    }

    /// A contest of a district over two wards, whose level comes from theirs.
    fn district(figures: &str) -> Contest {
        let campaign = r#"{
            "code": "t", "time_zone": "Asia/Ho_Chi_Minh",
            "window": {"from": "2021-07-09", "to": "2021-07-15"}, "baseline": {"from": "2021-07-02", "to": "2021-07-08"},
            "kinds": [{"code": "district", "figures": "derived", "derived_from": "ward"}, {"code": "ward", "figures": "reported"}],
            "level_scheme": {"code": "s",
                "levels": [{"code": "green", "colour": "\u00230FA57F"}, {"code": "red", "colour": "\u0023DA4711"}],
                "rules": [
                    {"kinds": ["ward"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 7, "at_least": 1}}]},
                    {"kinds": ["district"], "level": "red", "any": [{"children": {"level": "red", "count_at_least": 1}}]}]},
            "scoring": {"components": [{"measure": "level_drop", "max_points": 100}]}
        }"#;
        let units = "code,name,kind,parent_code\nd,D,district,\na,A,ward,d\nb,B,ward,d\n";
        let figures = format!("unit_code,date,community_f0\n{figures}");
        let files = [("campaign.json", campaign), ("units.csv", units), ("figures.csv", &figures)];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        pack::read(&pack::Files(files.into())).unwrap_or_else(|e| panic!("{:#?}", e.errors))
    }

    fn reasons(contest: &Contest, kind: &str) -> Vec<String> {
        let ask = serde_json::json!({"kind": kind, "as_of": "2021-07-09"});
        let board = score(contest, &ask).expect("a board");
        let reasons = board["items"][0]["unranked"].as_array().cloned().unwrap_or_default();
        reasons.iter().filter_map(|r| r.as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn a_start_by_children_needs_a_figure_below_in_the_look_back() {
        let only_window = district("a,2021-07-09,1\nb,2021-07-09,0\n");
        assert!(reasons(&only_window, "district").contains(&"no_start_level".to_owned()));
        let one_before = district("a,2021-07-09,1\nb,2021-07-08,0\n");
        assert!(!reasons(&one_before, "district").contains(&"no_start_level".to_owned()));
    }

    /// Wards with a baseline and closing days of given sums, spread over 14 and 7 days.
    fn wards(sums: &[(u64, u64)], scoring: &str) -> Contest {
        let campaign = format!(
            r#"{{"code": "t", "time_zone": "Asia/Ho_Chi_Minh",
            "window": {{"from": "2021-07-15", "to": "2021-07-21"}}, "baseline": {{"from": "2021-07-01", "to": "2021-07-14"}},
            "kinds": [{{"code": "ward", "figures": "reported"}}], "level_scheme": "counts-14d", "scoring": {scoring}}}"#
        );
        let mut units = "code,name,kind\n".to_owned();
        let mut figures = "unit_code,date,community_f0\n".to_owned();
        for (at, (baseline, closing)) in sums.iter().enumerate() {
            units += &format!("u{at},Ward {at},ward\n");
            for day in 1..=21u64 {
                let (sum, days, nth) = if day <= 14 { (baseline, 14, day - 1) } else { (closing, 7, day - 15) };
                let cases = sum / days + u64::from(nth < sum % days);
                figures += &format!("u{at},2021-07-{day:02},{cases}\n");
            }
        }
        let files = [("campaign.json", campaign), ("units.csv", units), ("figures.csv", figures)];
        let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
        pack::read(&pack::Files(files.into())).unwrap_or_else(|e| panic!("{:#?}", e.errors))
    }

    fn ranks(contest: &Contest, by: &str) -> Vec<(String, u64)> {
        let ask = serde_json::json!({"by": by, "as_of": "2021-07-21"});
        let board = score(contest, &ask).expect("a board");
        let rows = board["items"].as_array().cloned().unwrap_or_default();
        let row = |r: &serde_json::Value| Some((r["unit"]["code"].as_str()?.to_owned(), r["rank"].as_u64()?));
        rows.iter().filter_map(row).collect()
    }

    #[test]
    fn changes_that_differ_beyond_forty_bits_still_have_ranks_of_their_own() {
        // (e − c)/(c + 5) = (e + 5)/(c + 5) − 1: n/(n + 1) and (n + 1)/(n + 2) differ by 2⁻⁵²
        let n = 60_000_000;
        let sums = [(2 * (n - 5), n + 1 - 5), (2 * (n + 1 - 5), n + 2 - 5)];
        let contest = wards(&sums, r#"{"components": [{"measure": "case_reduction", "max_points": 100}]}"#);
        let expected = [("u1".to_owned(), 1), ("u0".to_owned(), 2)];
        assert_eq!(ranks(&contest, "reduction"), expected);
        let small = wards(
            &[(28, 7), (28, 6), (28, 7)],
            r#"{"components": [{"measure": "case_reduction", "max_points": 100}]}"#,
        );
        let expected = [("u1".to_owned(), 1), ("u0".to_owned(), 2), ("u2".to_owned(), 2)];
        assert_eq!(ranks(&small, "reduction"), expected);
    }

    #[test]
    fn points_rank_also_where_no_bonus_is_given() {
        let scoring = r#"{"components": [{"measure": "case_reduction", "max_points": 100}], "max_bonus": 0, "max_deduction": 0, "tie_break": []}"#;
        let contest = wards(&[(28, 9), (28, 7), (28, 8)], scoring);
        let order: Vec<String> = ranks(&contest, "points").into_iter().map(|(code, _)| code).collect();
        assert_eq!(order, ["u1", "u2", "u0"]);
        assert_eq!(ranks(&contest, "points").iter().map(|(_, rank)| *rank).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_row_is_the_same_with_its_days_and_without() {
        for (path, _) in cases() {
            let contest = pack::read_path(&path).expect("a sound pack");
            let ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
            let boards = Boards::new(Arc::new(ledger));
            let ask = Ask { as_of: Some(AsOf::Live), ..Ask::default() };
            let now = Instant::from_micros(i64::MAX);
            let Ok(query) = resolve(&boards.ledger, &ask, now) else { continue };
            let places = boards.get(&query).places.clone();
            let with_days = shown_rows(&boards, &query, &places, true, |_| Shown::ALL);
            let without = shown_rows(&boards, &query, &places, false, |_| Shown::ALL);
            let days = (query.as_of + 1).saturating_sub(boards.ledger.calendar.baseline.start);
            for (mut row, plain) in with_days.into_iter().zip(without) {
                let shown = row.days.take().unwrap_or_default();
                assert_eq!(shown.len(), days, "{}", path.display());
                assert_eq!(shown.last().and_then(|d| d.rank), plain.rank, "{}", path.display());
                let json = |row: &RowView| serde_json::to_string(row).expect("JSON");
                assert_eq!(json(&row), json(&plain), "{}", path.display());
            }
        }
    }

    #[test]
    fn every_pack_is_written_and_read_back_equal() {
        for (path, _) in cases() {
            let contest = pack::read_path(&path).expect("a sound pack");
            let again = pack::read(&pack::files(&contest)).expect("what was written is sound");
            assert_eq!(again, contest, "{}", path.display());
        }
    }

    #[test]
    fn every_wrong_pack_is_refused_with_each_of_its_errors() {
        let packs = packs("refused");
        assert!(packs.len() > 70);
        for path in packs {
            let refusal = match pack::read_path(&path) {
                Err(pack::ReadError::Refused(refusal)) => refusal,
                other => panic!("{}: {other:?}", path.display()),
            };
            let expected = json(&path.join("errors.json"));
            if let Some(total) = expected["total"].as_u64() {
                assert_eq!(refusal.total, total, "{}: {:#?}", path.display(), refusal.errors);
            }
            for wanted in expected["errors"].as_array().expect("errors") {
                let is_there = refusal.errors.iter().any(|e| {
                    wanted["file"].as_str() == Some(&e.file)
                        && (wanted["line"].is_null() || wanted["line"].as_u64() == e.line)
                        && (wanted["column"].is_null() || wanted["column"].as_str() == e.column.as_deref())
                });
                assert!(is_there, "{}: no error at {wanted}; got {:#?}", path.display(), refusal.errors);
            }
        }
    }
}
