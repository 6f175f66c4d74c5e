//! What a change would do, before anybody decides it: the boards under other rules, or with
//! one figure other than it is, beside those that stand.
//!
//! Nothing is written. The facts in memory are shared with the copy that the change is tried
//! on, so that it costs one board before and one after. What the real change would be refused
//! for is refused here, by the same checks.

use super::Service;
use super::View;
use super::access::{Grant, Rules as ChangeRules};
use super::boards::{Ask, level_code, named, resolve};
use super::fault::Fault;
use super::figures::{NewFigure, check_figure, entry_with, entry_without, no_figure};
use super::live::Snapshot;
use super::policies::check_declared_starts;
use super::views::UnitRef;
use crate::domain::number::Hundredths;
use crate::domain::{Day, Instant, RulesChange, Scheme};
use crate::scoring::appraisal::{Appraisal, Appraiser, Track};
use crate::scoring::board::Query;
use crate::scoring::check::{Warning, check_standing};
use crate::scoring::ledger::DayEntry;
use crate::scoring::survey::{Gist, Survey};
use crate::scoring::{Ledger, Register};
use crate::store::{DbConn, campaigns, decisions, figures};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A change that is tried.
#[derive(Clone, Debug, PartialEq)]
pub enum Trial {
    /// Other rules.
    Policy(RulesChange),
    /// One day of one unit.
    Figure {
        /// Code of the unit.
        unit_code: String,
        /// The day.
        day: Day,
        /// What would be recorded; none where the figure would be taken back.
        figure: Option<NewFigure>,
    },
}

/// What is asked of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// The change.
    pub trial: Trial,
    /// The board that is looked at; both tracks where none is named.
    pub ask: Ask,
    /// How many changed units are left out at the beginning.
    pub offset: usize,
    /// How many changed units are listed.
    pub limit: usize,
}

/// What a change would do to a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DryRunView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the kind that is ranked.
    pub kind: String,
    /// Only units that are on this track before or after; null: on both.
    pub track: Option<&'static str>,
    /// `points`, `reduction` or `level_drop`.
    pub by: &'static str,
    /// Only units strictly below this one.
    pub within: Option<String>,
    /// Only units of this block.
    pub block: Option<String>,
    /// The day D of the boards.
    #[schema(format = Date)]
    pub as_of: String,
    /// Revision of the campaign that the change was tried on.
    pub revision: i64,
    /// Version of the rules in force there.
    pub policy_version: i64,
    /// Codes of the level schemes that the levels are of.
    pub level_scheme: SchemesView,
    /// Rows with a rank.
    pub ranked: BeforeAfterView,
    /// How many units would change, in what.
    pub changed: ChangedView,
    /// Units that would change in anything.
    pub total: u64,
    /// Those of them that are listed, in the order of the new boards: improvement, then
    /// kept_clean; of one track, those that leave it come last.
    pub items: Vec<MoveView>,
    /// What the campaign check would say of the contest under other rules.
    pub warnings: Vec<WarningView>,
}

/// The codes of two level schemes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SchemesView {
    /// The one in force.
    pub before: String,
    /// The one after the change.
    pub after: String,
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

/// Something that a council should look at (domain.md section 4, Campaign check).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// Its stable name.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl Service {
    /// What a change would do to the boards of a view. May block.
    ///
    /// # Errors
    /// What the board, or the change itself, would be refused for.
    pub fn dry_run(&self, _grant: &Grant<ChangeRules>, view: &View, asked: DryRun) -> Result<DryRunView, Fault> {
        let before = &view.snapshot;
        let query = resolved(view, &asked)?;
        let after = match &asked.trial {
            Trial::Policy(change) => {
                let (mut ledger, looks_further) = under(before, change)?;
                if looks_further {
                    self.read(|conn| enter_days_before(conn, before, &mut ledger))?;
                }
                ledger
            }
            Trial::Figure { unit_code, day, figure } => {
                with_figure(before, unit_code, *day, figure.as_ref(), self.clock.now())?
            }
        };
        Ok(compare(before, &after, query, &asked))
    }
}

/// The facts under other rules, and whether these look back to days that are stored and not
/// in memory ([`enter_days_before`]).
pub(super) fn under(before: &Snapshot, change: &RulesChange) -> Result<(Ledger, bool), Fault> {
    let campaign = change.put_on(before.campaign(), "policy").map_err(Fault::of_document)?;
    check_declared_starts(before.ledger(), &campaign, "/policy")?;
    let register = Arc::new(Register::under(before.register(), Arc::new(campaign)));
    let ledger = before.ledger().under(register);
    let looks_further = ledger.calendar.first < before.ledger().calendar.first;
    let has_more = looks_further && before.ledger().has_days_before();
    Ok((ledger, has_more))
}

/// Enters what stands on days that the rules in force do not look back to.
pub(super) fn enter_days_before(conn: &mut DbConn, before: &Snapshot, ledger: &mut Ledger) -> Result<(), Fault> {
    let places: HashMap<i64, u32> = (0..before.register().len() as u32).map(|unit| (before.key(unit), unit)).collect();
    let (first, last) = (ledger.calendar.first, before.ledger().calendar.first.pred_opt());
    let code = &before.campaign().code;
    let stored = campaigns::find_opt(conn, code)?.ok_or_else(|| Fault::no_campaign(code))?;
    let figures = figures::standing_between(conn, stored.id, None, Some(first), last)?;
    let excuses = decisions::list_excuses(conn, stored.id)?;
    let mut set = |unit_id: i64, day: Day, change: &dyn Fn(DayEntry) -> DayEntry| {
        let place = places.get(&unit_id).copied().zip(ledger.calendar.index(day));
        if let Some((unit, at)) = place.filter(|_| last.is_some_and(|last| day <= last)) {
            ledger.set_day(unit, at, change(ledger.entry(unit, at)));
        }
    };
    // in the order of their instants: the last of a day stands
    for row in excuses {
        set(row.unit_id, row.day(), &|entry| DayEntry { excused: row.stamp().stands(), ..entry });
    }
    for row in figures {
        // days before the baseline are due to nobody, and none is late
        set(row.unit_id, row.day, &|entry| DayEntry { counts: Some(row.counts), ..entry });
    }
    Ok(())
}

/// The board that is looked at; without a kind, that of the unit whose figure is tried.
///
/// # Errors
/// What of it does not exist.
pub fn resolved(view: &View, asked: &DryRun) -> Result<Query, Fault> {
    let register = view.snapshot.register();
    let mut ask = asked.ask.clone();
    if let (None, Trial::Figure { unit_code, .. }) = (&ask.kind, &asked.trial) {
        let unit = register.find(unit_code).and_then(|unit| register.unit(unit));
        ask.kind = unit.and_then(|unit| register.campaign.kind(unit.kind)).map(|kind| kind.code.clone());
    }
    Ok(resolve(view.snapshot.ledger(), &ask, view.judged_at)?)
}

/// The facts with another figure of a day, or without it.
fn with_figure(
    before: &Snapshot,
    unit_code: &str,
    day: Day,
    figure: Option<&NewFigure>,
    now: Instant,
) -> Result<Ledger, Fault> {
    let (register, campaign) = (before.register(), before.campaign());
    let place = register.find(unit_code).ok_or_else(|| Fault::no_unit(unit_code))?;
    let unit = register.unit(place).ok_or_else(|| Fault::no_unit(unit_code))?;
    let mut ledger = Ledger::clone(before.ledger());
    let at = ledger.calendar.index(day);
    let standing = at.map(|at| ledger.entry(place, at)).unwrap_or_default();
    let entry = match figure {
        Some(new) => {
            check_figure(campaign, unit, day, now)?;
            entry_with(campaign, day, standing, new.counts, new.note.is_some(), now)
        }
        None if standing.counts.is_none() => return Err(no_figure(unit_code, day)),
        None => entry_without(standing),
    };
    if let Some(at) = at {
        ledger.set_day(place, at, entry);
    }
    Ok(ledger)
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

    fn ranked(&self, track: Option<Track>) -> u64 {
        let boards = Track::ALL.into_iter().filter(|of| track.is_none_or(|track| track == *of));
        boards.map(|track| self.survey.board(track).ranked as u64).sum()
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
    fn between(old: &Side<'_>, new: &Side<'_>, track: Option<Track>) -> Self {
        let of = vec![false; new.ledger.register.len()];
        let mut found = Self { changed: ChangedView::default(), total: 0, of };
        // both sides ask for the same units in the same order
        for (was, is) in old.survey.gists.iter().zip(&new.survey.gists) {
            if track.is_none_or(|track| was.track == track || is.track == track) {
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

/// The boards before and after, with who would change in what.
pub(super) fn compare(before: &Snapshot, after: &Ledger, query: Query, asked: &DryRun) -> DryRunView {
    let day = before.ledger().calendar.day(query.as_of);
    let then = Query { as_of: after.calendar.index(day).unwrap_or(query.as_of), ..query.clone() };
    let (old, new) = (Side::new(before.ledger(), query), Side::new(after, then));
    let track = asked.ask.track;
    let Differences { changed, total, of } = Differences::between(&old, &new, track);
    let register = before.register();
    let kind_code = |index: u16| register.campaign.kind(index).map_or_else(String::new, |kind| kind.code.clone());
    let within = old.query.within.and_then(|unit| register.unit(unit)).map(|unit| unit.code.clone());
    DryRunView {
        campaign: register.campaign.code.clone(),
        kind: kind_code(old.query.kind),
        track: track.map(Track::code),
        by: old.query.by.code(),
        within,
        block: old.query.block.clone(),
        as_of: day.to_string(),
        revision: before.revision,
        policy_version: before.policy_version,
        level_scheme: SchemesView { before: old.scheme().code.clone(), after: new.scheme().code.clone() },
        ranked: BeforeAfterView { before: old.ranked(track), after: new.ranked(track) },
        changed,
        total,
        items: moves(&old, &new, asked, &of),
        warnings: warnings(after, &asked.trial),
    }
}

/// The changed units that are listed, in the order of the new boards.
fn moves(old: &Side<'_>, new: &Side<'_>, asked: &DryRun, is_changed: &[bool]) -> Vec<MoveView> {
    let mut tracks = Track::ALL;
    // the track that is asked for stands first
    tracks.sort_by_key(|track| asked.ask.track.is_some_and(|asked| asked != *track));
    let places = tracks.into_iter().flat_map(|track| &new.survey.board(track).places);
    let changed = places.filter(|place| is_changed.get(place.unit as usize) == Some(&true));
    let appraisers = (old.appraiser(), new.appraiser());
    let view = |unit: u32| {
        let (before, after) = (old.survey.gist(unit)?, new.survey.gist(unit)?);
        Some(MoveView {
            unit: named(new.ledger, unit, |_| true),
            before: old.place(&appraisers.0, before),
            after: new.place(&appraisers.1, after),
        })
    };
    changed.skip(asked.offset).take(asked.limit).filter_map(|place| view(place.unit)).collect()
}

/// One figure gives the whole contest no reason to be looked at.
fn warnings(after: &Ledger, trial: &Trial) -> Vec<WarningView> {
    let view = |warning: Warning| WarningView { code: warning.code(), detail: warning.to_string() };
    match trial {
        Trial::Policy(_) => check_standing(after).into_iter().map(view).collect(),
        Trial::Figure { .. } => Vec::new(),
    }
}
