//! What other facts would do to the boards: whose rank, track, points and level would move.
//!
//! One board before and one after for a kind, both tracks together, whoever asks: a dry run
//! ([`super::dry_run`]), an approval, an import. Nothing is written here, and of units that the
//! reader may not see nothing is told or counted. Start reading at [`effect`], [`compare`] is
//! below it.

use super::boards::{AsOf, Ask, level_code, named, resolve};
use super::fault::Fault;
use super::live::{Sight, Snapshot};
use super::views::UnitRef;
use crate::domain::number::Hundredths;
use crate::domain::{Day, Instant, Scheme};
use crate::scoring::Ledger;
use crate::scoring::appraisal::{Appraisal, Appraiser, Track};
use crate::scoring::board::{Query, default_day};
use crate::scoring::survey::{Gist, Survey};
use serde::Serialize;
use utoipa::ToSchema;

/// What a change does, or would do, to the boards of a campaign.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct EffectView {
    /// The day of the boards: the one shown by default before or after, whichever is later;
    /// null before the first board, and where nothing changes.
    #[schema(format = Date)]
    pub as_of: Option<String>,
    /// The boards by points of the kinds in which something would move.
    pub boards: Vec<BoardEffectView>,
}

/// What a change does, or would do, to the boards of a kind, both tracks together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardEffectView {
    /// Code of the kind.
    pub kind: String,
    /// Rows with a rank.
    pub ranked: BeforeAfterView,
    /// How many units would change, in what.
    pub changed: ChangedView,
    /// Units that would change in anything.
    pub total: u64,
    /// The first of them, in the order of the new boards.
    pub items: Vec<MoveView>,
}

/// A number before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BeforeAfterView {
    /// As it stands.
    pub before: u64,
    /// After the change.
    pub after: u64,
}

/// How many units would change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedView {
    /// In their rank, or the board that it is of.
    pub ranks: u64,
    /// In their track.
    pub tracks: u64,
    /// In their total points.
    pub points: u64,
    /// In the level that they start from or are at.
    pub levels: u64,
}

/// A unit that would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MoveView {
    /// Who.
    pub unit: UnitRef,
    /// As it stands.
    pub before: PlaceView,
    /// After the change.
    pub after: PlaceView,
}

/// Where a unit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceView {
    /// `improvement` or `kept_clean`.
    pub track: &'static str,
    /// Its place on the board of its track.
    pub rank: Option<u64>,
    /// Total points; null where there is no baseline or nothing is due.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
    /// Its levels; null for a kind without rules.
    pub level: Option<PlaceLevelView>,
    /// Why there is no rank: every reason that holds.
    pub unranked: Vec<&'static str>,
}

/// Levels of a unit on a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceLevelView {
    /// Declared start, else the level known at S−1, else `unknown`.
    pub start: String,
    /// Level known at D, else `unknown`.
    pub current: String,
}

/// How many units of a kind are listed.
const LISTED: usize = 50;

/// What other facts do to the boards by points, kind by kind and on both tracks, as a reader
/// sees it. `kinds` are those in which anything may differ on a day that both calendars have;
/// where the default day moves, everybody's board does.
///
/// # Errors
/// What a board would be refused for.
pub(super) fn effect(
    before: &Snapshot,
    after: &Ledger,
    kinds: impl Fn(u16) -> bool,
    sight: Sight,
    now: Instant,
) -> Result<EffectView, Fault> {
    let day = |ledger: &Ledger| default_day(ledger, now).ok().map(|day| ledger.calendar.day(day));
    let (was, is) = (day(before.ledger()), day(after));
    let Some(as_of) = was.max(is) else { return Ok(EffectView::default()) };
    let mut boards = Vec::new();
    for (kind, index) in before.campaign().kinds.iter().zip(0u16..) {
        if was != is || kinds(index) {
            boards.extend(of_kind((before, after), (&kind.code, as_of), sight, now)?);
        }
    }
    Ok(EffectView { as_of: Some(as_of.to_string()), boards })
}

/// What differs between the boards by points of one day by two sets of facts, kind by kind and
/// on both tracks, as a reader sees it.
///
/// # Errors
/// What a board would be refused for.
pub(super) fn effect_on(
    (before, after): (&Snapshot, &Ledger),
    as_of: Day,
    sight: Sight,
    now: Instant,
) -> Result<Vec<BoardEffectView>, Fault> {
    let kinds = before.campaign().kinds.iter();
    let boards = kinds.map(|kind| of_kind((before, after), (&kind.code, as_of), sight, now));
    boards.filter_map(Result::transpose).collect()
}

/// Where a unit stands on the board of its kind that is asked for.
pub(super) fn place_of(ledger: &Ledger, query: Query, unit: u32) -> Option<PlaceView> {
    let side = Side::new(ledger, query);
    side.survey.gist(unit).map(|gist| side.place(&side.appraiser(), gist))
}

fn of_kind(
    (before, after): (&Snapshot, &Ledger),
    (kind, as_of): (&str, Day),
    sight: Sight,
    now: Instant,
) -> Result<Option<BoardEffectView>, Fault> {
    let ask = Ask { kind: Some(kind.to_owned()), as_of: Some(AsOf::Day(as_of)), ..Ask::default() };
    let query = resolve(before.ledger(), &ask, now)?;
    let wanted = Wanted { track: None, offset: 0, limit: LISTED, sight };
    let Comparison { ranked, changed, total, items } = compare(before, after, &query, &wanted);
    Ok((total > 0).then(|| BoardEffectView { kind: kind.to_owned(), ranked, changed, total, items }))
}

/// What of a comparison is told to whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Only units that are on this track before or after.
    pub(super) track: Option<Track>,
    /// How many changed units are left out at the beginning.
    pub(super) offset: usize,
    /// How many changed units are listed.
    pub(super) limit: usize,
    /// Of units whose figures the reader may not see nothing is told.
    pub(super) sight: Sight,
}

/// Both boards of a kind before and after.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    /// Rows with a rank, of the tracks that are asked for.
    pub(super) ranked: BeforeAfterView,
    /// How many units change, in what.
    pub(super) changed: ChangedView,
    /// Units that change in anything.
    pub(super) total: u64,
    /// Those of them that are listed, in the order of the new boards.
    pub(super) items: Vec<MoveView>,
}

/// The boards before and after, with who changes in what. The units of both are the same, in
/// the same order; the day is that of the query, on the calendar before.
pub(super) fn compare(before: &Snapshot, after: &Ledger, query: &Query, wanted: &Wanted) -> Comparison {
    let day = before.ledger().calendar.day(query.as_of);
    let then = Query { as_of: after.calendar.index(day).unwrap_or(query.as_of), ..query.clone() };
    let (old, new) = (Side::new(before.ledger(), query.clone()), Side::new(after, then));
    let (track, sight) = (wanted.track, wanted.sight);
    let is_shown = |unit: u32| sight == Sight::Full || before.shows_figures(unit, sight);
    let Differences { changed, total, of } = Differences::between(&old, &new, track, is_shown);
    Comparison {
        ranked: BeforeAfterView { before: old.ranked(track, is_shown), after: new.ranked(track, is_shown) },
        changed,
        total,
        items: moves(before, &old, &new, wanted, &of),
    }
}

/// One of the two sides of a comparison.
struct Side<'a> {
    ledger: &'a Ledger,
    survey: Survey,
    query: Query,
}

impl<'a> Side<'a> {
    fn new(ledger: &'a Ledger, query: Query) -> Self {
        Self { ledger, survey: Survey::new(ledger, &query), query }
    }

    fn scheme(&self) -> &Scheme {
        &self.ledger.register.campaign.scheme
    }

    fn level(&self, level: Option<u8>) -> Option<&str> {
        level.map(|level| self.scheme().level_code(level))
    }

    fn place(&self, appraiser: &Appraiser<'_>, gist: &Gist) -> PlaceView {
        let mut appraisal = Appraisal::default();
        appraiser.appraise(gist.unit, &mut appraisal);
        let code = |level: u8| level_code(self.scheme(), Some(level));
        PlaceView {
            track: gist.track.code(),
            rank: self.survey.rank_of(gist).map(u64::from),
            points: gist.points.map(Hundredths),
            level: gist
                .start
                .zip(gist.current)
                .map(|(start, current)| PlaceLevelView { start: code(start), current: code(current) }),
            unranked: appraisal.unranked().map(|reason| reason.code()).collect(),
        }
    }

    fn appraiser(&self) -> Appraiser<'a> {
        let Query { kind, as_of, by, .. } = self.query;
        Appraiser::new(self.ledger, kind, as_of, by)
    }

    fn ranked(&self, track: Option<Track>, is_shown: impl Fn(u32) -> bool) -> u64 {
        let boards = Track::ALL.into_iter().filter(|of| track.is_none_or(|track| track == *of));
        let places = boards.flat_map(|track| &self.survey.board(track).places);
        places.filter(|place| place.rank.is_some() && is_shown(place.unit)).count() as u64
    }
}

/// Who differs between two sides, and in what.
struct Differences {
    changed: ChangedView,
    total: u64,
    /// Whether each unit of the register does.
    of: Vec<bool>,
}

impl Differences {
    fn between(old: &Side<'_>, new: &Side<'_>, track: Option<Track>, is_shown: impl Fn(u32) -> bool) -> Self {
        let of = vec![false; new.ledger.register.len()];
        let mut found = Self { changed: ChangedView::default(), total: 0, of };
        // both sides ask for the same units in the same order
        for (was, is) in old.survey.gists.iter().zip(&new.survey.gists) {
            let is_asked = track.is_none_or(|track| was.track == track || is.track == track);
            if is_asked && is_shown(was.unit) {
                found.add(old, new, was, is);
            }
        }
        found
    }

    fn add(&mut self, old: &Side<'_>, new: &Side<'_>, was: &Gist, is: &Gist) {
        let (rank, then) = (old.survey.rank_of(was), new.survey.rank_of(is));
        let tracks = was.track != is.track;
        let ranks = rank != then || (tracks && rank.is_some());
        let points = was.points != is.points;
        let levels = old.level(was.start) != new.level(is.start) || old.level(was.current) != new.level(is.current);
        let changed = &mut self.changed;
        let counts = [&mut changed.ranks, &mut changed.tracks, &mut changed.points, &mut changed.levels];
        let differs = [ranks, tracks, points, levels];
        counts.into_iter().zip(differs).for_each(|(count, differs)| *count += u64::from(differs));
        if differs.contains(&true) {
            self.total += 1;
            self.of.get_mut(was.unit as usize).into_iter().for_each(|of| *of = true);
        }
    }
}

/// The changed units that are listed, in the order of the new boards.
fn moves(snapshot: &Snapshot, old: &Side<'_>, new: &Side<'_>, wanted: &Wanted, is_changed: &[bool]) -> Vec<MoveView> {
    let mut tracks = Track::ALL;
    // the track that is asked for stands first
    tracks.sort_by_key(|track| wanted.track.is_some_and(|asked| asked != *track));
    let places = tracks.into_iter().flat_map(|track| &new.survey.board(track).places);
    let changed = places.filter(|place| is_changed.get(place.unit as usize) == Some(&true));
    let appraisers = (old.appraiser(), new.appraiser());
    let view = |unit: u32| {
        let (before, after) = (old.survey.gist(unit)?, new.survey.gist(unit)?);
        Some(MoveView {
            unit: named(new.ledger, unit, |above| snapshot.is_visible(above, wanted.sight)),
            before: old.place(&appraisers.0, before),
            after: new.place(&appraisers.1, after),
        })
    };
    changed.skip(wanted.offset).take(wanted.limit).filter_map(|place| view(place.unit)).collect()
}
