//! The standing: a row, and how every number of it came about.
//!
//! Everything here is read from the same appraisal, windows and keys that made the
//! board (contract.md section 3, `/standing`), so a reader can redo it by hand.

use super::boards::{Boards, level_code, named, shown_day, shown_places, shown_rows, source_of_day};
use super::effort::{EffortView, what_would_it_take};
use super::privacy::Shown;
use super::sentences::{SentencesView, sentences};
use super::views::{ComponentView, RowView, UnitRef};
use crate::domain::Indicator;
use crate::domain::number::Hundredths;
use crate::domain::policy::{Component, Measure};
use crate::scoring::appraisal::{Appraisal, Appraiser, Track};
use crate::scoring::board::{Comparison, KeyValue, Place, Query, UnitKeys};
use crate::scoring::exact::Exact;
use crate::scoring::explain::{Reason, level_reasons};
use crate::scoring::ledger::{DayState, Ledger};
use crate::scoring::window::{Reading, imputed_value};
use serde::Serialize;
use utoipa::ToSchema;

/// A unit's row on a board and where its numbers come from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// Code of the campaign.
    pub campaign: String,
    /// `improvement` or `kept_clean`: the unit's own track.
    pub track: &'static str,
    /// The order of the board.
    pub by: &'static str,
    /// The day D of the board.
    #[schema(format = Date)]
    pub as_of: String,
    /// Revision of the campaign.
    pub revision: Option<i64>,
    /// The row as it stands on the board.
    pub row: RowView,
    /// Each day that enters anything, with its counts.
    pub days: Vec<StandingDayView>,
    /// The baseline: cases, due days, mean; null, as what follows, where numbers are not public.
    pub baseline: Option<PeriodView>,
    /// The closing days: cases, due days, mean.
    pub closing: Option<PeriodView>,
    /// e: the cases that the closing days would have held at the baseline's pace.
    pub expected: Option<FractionView>,
    /// Cases that count as luck.
    pub small_number_allowance: u32,
    /// (e − c) / (max(e, c) + a), in percent with two decimals.
    pub change: Option<FractionView>,
    /// Of a derived unit: each unit under its sum, on its own days.
    pub parts: Vec<PartView>,
    /// Why the start level is what it is; null for a kind without rules.
    pub start_level: Option<LevelReasonView>,
    /// Why the current level is what it is; null for a kind without rules.
    pub current_level: Option<LevelReasonView>,
    /// The keys that rank, first to last.
    pub keys: Vec<KeyView>,
    /// The unit above on the board, and the first key that separates them.
    pub above: Option<OtherView>,
    /// The unit below on the board, and the first key that separates them.
    pub below: Option<OtherView>,
    /// How each component came about: `max_points × numerator / denominator`, rounded half
    /// away from zero to two decimals; without those that are not public.
    pub workings: Vec<WorkingView>,
    /// What it would have taken to pass the nearest unit of better rank; null where the
    /// reader does not see both.
    pub what_would_it_take: Option<EffortView>,
    /// All of this in plain sentences, made from the fields above.
    pub sentences: SentencesView,
}

/// How a component of the points came about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkingView {
    /// `case_reduction`, `level_drop`, `green_days`, `reporting` or `criteria`.
    pub measure: &'static str,
    /// Numerator of its share, a whole number: a change, levels dropped, days.
    pub numerator: String,
    /// Denominator of its share, a whole number above 0.
    pub denominator: String,
    /// The most it gives.
    #[schema(value_type = f64)]
    pub max_points: Hundredths,
    /// What it gave.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
}

/// One day of a standing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandingDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// `look_back`, `baseline` or `window`.
    pub period: &'static str,
    /// `reported`, `missing`, `excused` or `not_due`.
    pub state: &'static str,
    /// Whether it is a closing day.
    pub closing: bool,
    /// Community F0 that stands.
    pub community_f0: Option<u64>,
    /// What a missing day counts as.
    pub imputed_f0: Option<u64>,
    /// Level of the day; null for a kind without rules and before S−1.
    pub level: Option<String>,
    /// The optional counts that were given.
    pub counts: Vec<CountView>,
    /// Code of the source that the figure comes from, where the campaign declares sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// An optional count.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountView {
    /// Its name.
    pub indicator: &'static str,
    /// Its value.
    pub value: u32,
}

/// Cases over days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// Cases, imputed ones included.
    pub community_f0: u64,
    /// Due days.
    pub due_days: u32,
    /// Cases a day.
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Hundredths>,
}

/// An exact fraction and what it is rounded to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FractionView {
    /// Numerator, a whole number.
    pub numerator: String,
    /// Denominator, a whole number above 0.
    pub denominator: String,
    /// Rounded half away from zero.
    #[schema(value_type = f64)]
    pub rounded: Hundredths,
}

impl FractionView {
    fn of(ratio: &Exact, factor: i64) -> Self {
        let exact = ratio.to_big();
        Self {
            numerator: exact.numer().to_string(),
            denominator: exact.denom().to_string(),
            rounded: Hundredths(ratio.scaled(factor)),
        }
    }
}

/// One unit under a sum.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartView {
    /// Which unit.
    pub unit: UnitRef,
    /// b
    pub baseline_f0: u64,
    /// nb
    pub baseline_due_days: u32,
    /// c
    pub closing_f0: u64,
    /// nc
    pub closing_due_days: u32,
}

/// Why a level is what it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelReasonView {
    /// The day of the level.
    #[schema(format = Date)]
    pub date: String,
    /// The level used: declared, known or imputed.
    pub used: Option<String>,
    /// The level that the council declared.
    pub declared: Option<String>,
    /// The level where every open value is as small as can be.
    pub low: Option<RuleSeenView>,
    /// The level where every open value is as large as can be; where it is the
    /// same as `low`, the level is known.
    pub high: Option<RuleSeenView>,
    /// The level with missing days imputed; only where it was needed.
    pub imputed: Option<RuleSeenView>,
}

/// A level, the rule that gave it and what the rule saw.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleSeenView {
    /// The level.
    pub level: String,
    /// The condition of the scheme that holds; null where no rule matches and the best level stands.
    #[schema(value_type = Option<Object>)]
    pub condition: Option<serde_json::Value>,
    /// The sum, the children or the neighbour's level that it saw.
    pub saw: Option<String>,
}

/// A ranking key and its value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyView {
    /// `total` or a key of the tie-break chain.
    pub key: &'static str,
    /// Its value as text: points, an exact fraction, a number, a level; null where there is none.
    pub value: Option<String>,
}

/// The next unit on the board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OtherView {
    /// Which unit.
    pub unit: UnitRef,
    /// Its rank.
    pub rank: Option<u64>,
    /// The first key that separates the two; null where they share the rank.
    pub separated_by: Option<&'static str>,
    /// The other unit's value of that key.
    pub value: Option<String>,
}

/// The standing of a unit on the board of a day, on the track that it is on.
/// `shown` says what of this and of other units the reader sees.
pub fn standing(
    boards: &Boards,
    query: &Query,
    unit: u32,
    revision: Option<i64>,
    shown: impl Fn(u32) -> Shown,
) -> Option<StandingView> {
    let ledger = &*boards.ledger;
    let (appraiser, appraisal) = appraise(ledger, query, unit);
    let query = Query { track: appraisal.track, ..query.clone() };
    let seen = shown(unit);
    let visible = shown_places(boards, &query, &shown);
    let at = visible.iter().position(|p| p.unit == unit)?;
    let place = *visible.get(at)?;
    let row = shown_rows(boards, &query, &[place], false, &shown).into_iter().next()?;
    let view = StandingView::of_row(ledger, &query, revision, row);
    let campaign = &ledger.register.campaign;
    if !seen.numbers {
        let sentences = sentences(&view, campaign);
        return Some(StandingView { sentences, ..view });
    }
    let scheme = &ledger.register.campaign.scheme;
    let comparison = Comparison::new(ledger, &query);
    let keys = comparison.keys(unit);
    let other = |place: Option<&Place>| {
        let place = *place?;
        let is_open = seen.levels && shown(place.unit) == Shown::ALL;
        let unit = named(ledger, place.unit, |above| shown(above).row);
        other_view(ledger, &comparison, &keys, place, unit, is_open)
    };
    let level = |view: Option<LevelReasonView>| view.filter(|_| seen.levels);
    let start_day = ledger.calendar.window.start - 1;
    let view = StandingView {
        workings: working_views(&appraiser, &appraisal, unit, &view.row),
        days: day_views(ledger, unit, query.as_of, &appraiser, &appraisal, &shown),
        baseline: Some(PeriodView {
            community_f0: appraisal.tally.baseline_f0,
            due_days: appraisal.tally.baseline_due,
            mean: appraisal.tally.baseline_mean().map(|m| Hundredths(m.scaled(100))),
        }),
        closing: Some(PeriodView {
            community_f0: appraisal.tally.closing_f0,
            due_days: appraisal.tally.closing_due,
            mean: appraisal.tally.closing_mean().map(|m| Hundredths(m.scaled(100))),
        }),
        expected: Some(FractionView::of(&appraisal.expected, 100)),
        change: Some(FractionView::of(&appraisal.change, 10_000)),
        parts: part_views(ledger, unit, &appraisal, &shown),
        start_level: level(level_view(ledger, unit, start_day, query.as_of, appraisal.start, ledger.start_level(unit))),
        current_level: level(level_view(ledger, unit, query.as_of, query.as_of, appraisal.levels.current, None)),
        keys: keys
            .values
            .iter()
            .map(|(key, value)| {
                let is_public = seen.levels || !reads_levels(key.code());
                KeyView { key: key.code(), value: key_text(scheme, value).filter(|_| is_public) }
            })
            .collect(),
        above: other(at.checked_sub(1).and_then(|i| visible.get(i))),
        below: other(visible.get(at + 1)),
        what_would_it_take: what_would_it_take(boards, &query, place, &visible, &shown),
        ..view
    };
    let sentences = sentences(&view, campaign);
    Some(StandingView { sentences, ..view })
}

/// Whether a component's share is one count over another: of days, or of levels.
fn counts(measure: Measure, track: Track) -> bool {
    !matches!((measure, track), (Measure::Criteria, _) | (Measure::CaseReduction, Track::Improvement))
}

/// The shares behind the components that the reader sees.
fn working_views(appraiser: &Appraiser<'_>, appraisal: &Appraisal, unit: u32, row: &RowView) -> Vec<WorkingView> {
    let policy = &appraiser.ledger.register.campaign.policy;
    let shown = row.points.iter().flat_map(|points| &points.components);
    let seen = policy.components.iter().zip(shown).filter(|(_, shown)| shown.points.is_some());
    let view = |(component, shown): (&Component, &ComponentView)| {
        let share = appraiser.share(unit, component.measure, appraisal);
        let (numerator, denominator) = match &share {
            // days stay as they were counted; everything else is brought to its smallest form
            Exact::Small { num, den } if counts(component.measure, appraisal.track) => {
                (num.to_string(), den.to_string())
            }
            share => {
                let exact = share.to_big();
                (exact.numer().to_string(), exact.denom().to_string())
            }
        };
        let max_points = Hundredths(component.max_points);
        WorkingView { measure: component.measure.code(), numerator, denominator, max_points, points: shown.points }
    };
    seen.map(view).collect()
}

/// Whether a key is made from levels.
fn reads_levels(key: &str) -> bool {
    ["total", "levels_dropped", "current_level", "green_days"].contains(&key)
}

impl StandingView {
    /// The standing of a unit whose numbers the reader does not see: its row.
    fn of_row(ledger: &Ledger, query: &Query, revision: Option<i64>, row: RowView) -> Self {
        Self {
            campaign: ledger.register.campaign.code.clone(),
            track: query.track.code(),
            by: query.by.code(),
            as_of: ledger.calendar.day(query.as_of).to_string(),
            revision,
            row,
            days: Vec::new(),
            baseline: None,
            closing: None,
            expected: None,
            small_number_allowance: ledger.register.campaign.allowance(query.kind),
            change: None,
            parts: Vec::new(),
            start_level: None,
            current_level: None,
            keys: Vec::new(),
            above: None,
            below: None,
            workings: Vec::new(),
            what_would_it_take: None,
            sentences: SentencesView::default(),
        }
    }
}

fn appraise<'a>(ledger: &'a Ledger, query: &Query, unit: u32) -> (Appraiser<'a>, Appraisal) {
    let appraiser = Appraiser::new(ledger, query.kind, query.as_of, query.by);
    let mut appraisal = Appraisal::default();
    appraiser.appraise(unit, &mut appraisal);
    (appraiser, appraisal)
}

fn day_views(
    ledger: &Ledger,
    unit: u32,
    as_of: usize,
    appraiser: &Appraiser<'_>,
    appraisal: &Appraisal,
    shown: impl Fn(u32) -> Shown,
) -> Vec<StandingDayView> {
    let seen = shown(unit);
    let is_derived = ledger.register.is_derived(unit);
    let days = ledger.days(unit);
    let imputed = u64::from(imputed_value(ledger, &days, as_of));
    let (baseline, window) = (ledger.calendar.baseline.start, ledger.calendar.window.start);
    let view = |day: usize| {
        let (state, community_f0) = shown_day(ledger, unit, day, as_of, &shown);
        let period = match day {
            d if d < baseline => "look_back",
            d if d < window => "baseline",
            _ => "window",
        };
        let is_silent = state == DayState::Missing && day >= window && !is_derived;
        let level = day.checked_sub(appraiser.levels.first_day()).and_then(|at| appraisal.levels.by_day.get(at));
        let counts = ledger.entry(unit, day).counts.filter(|_| !is_derived);
        let given = Indicator::ALL.into_iter().skip(1).filter_map(|indicator| {
            let value = counts.and_then(|c| c.get(indicator))?;
            Some(CountView { indicator: indicator.code(), value })
        });
        StandingDayView {
            date: ledger.calendar.day(day).to_string(),
            period,
            state: state.code(),
            closing: day.checked_sub(window).is_some_and(|offset| appraisal.tally.is_closing_day(offset)),
            community_f0,
            imputed_f0: is_silent.then_some(imputed),
            level: level
                .filter(|_| appraiser.levels.has_rules() && (seen.levels || (seen.day_level && day == as_of)))
                .map(|l| level_code(&ledger.register.campaign.scheme, Some(*l))),
            counts: given.collect(),
            source: source_of_day(ledger, unit, day),
        }
    };
    (0..=as_of).map(view).filter(|d| d.period != "look_back" || d.community_f0.is_some()).collect()
}

fn part_views(ledger: &Ledger, unit: u32, appraisal: &Appraisal, shown: impl Fn(u32) -> Shown) -> Vec<PartView> {
    if !ledger.register.is_derived(unit) {
        return Vec::new();
    }
    let leaves = ledger.register.leaves.of(unit).iter().zip(appraisal.tally.parts());
    leaves
        .filter(|(leaf, _)| shown(**leaf).numbers)
        .map(|(leaf, part)| PartView {
            unit: named(ledger, *leaf, |above| shown(above).row),
            baseline_f0: part.baseline_f0,
            baseline_due_days: part.baseline_due,
            closing_f0: part.closing_f0,
            closing_due_days: part.closing_due,
        })
        .collect()
}

fn level_view(
    ledger: &Ledger,
    unit: u32,
    day: usize,
    as_of: usize,
    used: Option<u8>,
    declared: Option<u8>,
) -> Option<LevelReasonView> {
    let scheme = &ledger.register.campaign.scheme;
    if !ledger.register.rules_of(unit).is_some_and(|r| r.has_rules) {
        return None;
    }
    let code = |level: u8| scheme.level_code(level).to_owned();
    let seen = |reason: Reason| rule_view(ledger, reason);
    let open = level_reasons(ledger, unit, day, Reading::Open);
    let is_known = open.is_some_and(|(low, high)| low.level == high.level);
    let imputed = level_reasons(ledger, unit, day, Reading::Imputed { as_of });
    let imputed = imputed.filter(|(low, high)| !is_known && low.level == high.level);
    Some(LevelReasonView {
        date: ledger.calendar.day(day).to_string(),
        used: used.map(code),
        declared: declared.map(code),
        low: open.map(|(low, _)| seen(low)),
        high: open.map(|(_, high)| seen(high)),
        imputed: imputed.map(|(low, _)| seen(low)),
    })
}

fn rule_view(ledger: &Ledger, reason: Reason) -> RuleSeenView {
    use crate::domain::scheme::Condition;
    let scheme = &ledger.register.campaign.scheme;
    let saw = reason.because.map(|seen| match (seen.condition, seen.of) {
        (Condition::Neighbour { .. }, _) => scheme.level_code(u8::try_from(seen.value).unwrap_or(0)).to_owned(),
        (_, Some(of)) => format!("{} of {of}", seen.value),
        _ if seen.is_open => "without limit".to_owned(),
        _ => seen.value.to_string(),
    });
    RuleSeenView {
        level: scheme.level_code(reason.level).to_owned(),
        condition: reason.because.map(|seen| scheme.condition_to_json(&seen.condition)),
        saw,
    }
}

/// Another unit of the board; what separates the two only where both are `open`.
fn other_view(
    ledger: &Ledger,
    comparison: &Comparison<'_>,
    own: &UnitKeys,
    place: Place,
    unit: UnitRef,
    is_open: bool,
) -> Option<OtherView> {
    let keys = comparison.keys(place.unit);
    let key = place.rank.filter(|_| is_open).and_then(|_| comparison.first_difference(own, &keys));
    let value = key.and_then(|key| keys.values.iter().find(|(k, _)| *k == key));
    Some(OtherView {
        unit,
        rank: place.rank.map(u64::from),
        separated_by: key.map(|k| k.code()),
        value: value.and_then(|(_, value)| key_text(&ledger.register.campaign.scheme, value)),
    })
}

/// The value of a key as a text.
pub fn key_text(scheme: &crate::domain::Scheme, value: &KeyValue) -> Option<String> {
    match value {
        KeyValue::Points(points) => Some(Hundredths(*points).to_string()),
        KeyValue::Ratio(ratio) => {
            let exact = ratio.to_big();
            Some(format!("{}/{}", exact.numer(), exact.denom()))
        }
        KeyValue::Number(number) => Some(number.to_string()),
        KeyValue::Level(level) => Some(scheme.level_code(*level).to_owned()),
        KeyValue::Day(day) => Some(day.to_string()),
        KeyValue::None => None,
    }
}

/// For each row of a board, the first key that separates it from the row before.
pub fn separating_keys(boards: &Boards, query: &Query, places: &[Place]) -> Vec<Option<&'static str>> {
    let comparison = Comparison::new(&boards.ledger, query);
    let mut before: Option<UnitKeys> = None;
    let separate = |place: &Place| {
        let keys = place.rank.map(|_| comparison.keys(place.unit));
        let key = before.as_ref().zip(keys.as_ref()).and_then(|(b, k)| comparison.first_difference(b, k));
        before = keys;
        key.map(|k| k.code())
    };
    places.iter().map(separate).collect()
}
