//! Levels of units by day, and how many units have each.

use super::boards::{level_code, named};
use super::declared_levels::effective;
use super::fault::{Code, Fault};
use super::live::{Sight, Snapshot};
use super::units::UnitFilter;
use super::views::{LevelCountView, LevelDayView, LevelHistoryItem, LevelHistoryView, LevelView, LevelsView};
use crate::domain::{Day, Instant, Scheme};
use crate::scoring::board;
use crate::scoring::levels::{LevelReader, UNKNOWN, UnitLevels, known};
use std::collections::HashMap;
use std::ops::Range;

/// Who reads levels, and on which day those of small units are public: that of the board
/// that is shown where nobody asks for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lens {
    /// Who reads.
    pub sight: Sight,
    /// The default board's day; none where a past moment is asked for.
    pub default_day: Option<usize>,
}

impl Lens {
    fn sees(self, snapshot: &Snapshot, unit: u32, day: usize) -> bool {
        snapshot.shown(unit, self.sight, self.default_day == Some(day)).day_level
    }

    /// Whether the numbers of units by level tell of no hidden one.
    pub(super) fn counts_are_public(self, snapshot: &Snapshot, units: &[u32], day: usize) -> bool {
        if self.default_day == Some(day) || self.sight == Sight::Full || snapshot.privacy.is_open() {
            return true;
        }
        let confided = |unit: &u32| snapshot.is_confided(*unit, self.sight);
        let others: Vec<u32> = units.iter().copied().filter(|unit| !confided(unit)).collect();
        snapshot.privacy.total_is_public(snapshot.register(), &others, |shown| !shown.levels)
    }
}

/// Every unit's level on a day.
///
/// # Errors
/// A kind that does not exist, a day outside the campaign, or no day with a report yet.
pub fn levels(
    snapshot: &Snapshot,
    date: usize,
    kind: Option<&str>,
    rows: Range<usize>,
    lens: Lens,
) -> Result<LevelsView, Fault> {
    let (units, by_unit) = read(snapshot, date..date + 1, kind, lens.sight)?;
    let ledger = snapshot.ledger();
    let scheme = &snapshot.campaign().scheme;
    let last = |unit: &u32| by_unit.get(unit).and_then(|levels| levels.last().copied());
    let counts = count(scheme, units.iter().filter_map(last), lens.counts_are_public(snapshot, &units, date));
    let shown = units.get(rows.start.min(units.len())..rows.end.min(units.len())).unwrap_or_default();
    let item = |unit: &u32| {
        let (is_seen, assessed) = (lens.sees(snapshot, *unit, date), last(unit).and_then(known));
        let declared = ledger.declared_level(*unit, ledger.calendar.day(date));
        let effective = effective(assessed, declared, scheme.worst());
        LevelView {
            unit: named(ledger, *unit, |above| snapshot.is_visible(above, lens.sight)),
            level: Some(level_code(scheme, assessed)).filter(|_| is_seen),
            declared: declared.map(|level| scheme.level_code(level).to_owned()).filter(|_| is_seen),
            effective: Some(level_code(scheme, effective)).filter(|_| is_seen),
        }
    };
    Ok(LevelsView {
        campaign: snapshot.campaign().code.clone(),
        date: ledger.calendar.day(date).to_string(),
        revision: snapshot.revision,
        level_scheme: scheme.code.clone(),
        counts,
        items: shown.iter().map(item).collect(),
        next_cursor: None,
        total: units.len() as u64,
    })
}

/// Every unit's level on each day from S−1 to a day, and the units by level of each.
///
/// # Errors
/// A kind that does not exist, or no day with a report yet.
pub fn level_history(
    snapshot: &Snapshot,
    upto: usize,
    kind: Option<&str>,
    rows: Range<usize>,
    lens: Lens,
) -> Result<LevelHistoryView, Fault> {
    let ledger = snapshot.ledger();
    let days = ledger.calendar.window.start - 1..upto + 1;
    let (units, by_unit) = read(snapshot, days.clone(), kind, lens.sight)?;
    let scheme = &snapshot.campaign().scheme;
    let day = |(offset, index): (usize, usize)| LevelDayView {
        date: ledger.calendar.day(index).to_string(),
        counts: count(
            scheme,
            units.iter().filter_map(|u| by_unit.get(u)?.get(offset).copied()),
            lens.counts_are_public(snapshot, &units, index),
        ),
    };
    let shown = units.get(rows.start.min(units.len())..rows.end.min(units.len())).unwrap_or_default();
    let item = |unit: &u32| LevelHistoryItem {
        unit: named(ledger, *unit, |above| snapshot.is_visible(above, lens.sight)),
        levels: by_unit
            .get(unit)
            .into_iter()
            .flatten()
            .zip(days.clone())
            .map(|(level, day)| Some(level_code(scheme, Some(*level))).filter(|_| lens.sees(snapshot, *unit, day)))
            .collect(),
    };
    Ok(LevelHistoryView {
        campaign: snapshot.campaign().code.clone(),
        revision: snapshot.revision,
        level_scheme: scheme.code.clone(),
        days: days.clone().enumerate().map(day).collect(),
        items: shown.iter().map(item).collect(),
        next_cursor: None,
        total: units.len() as u64,
    })
}

/// The day that levels are shown of: the one asked for, else the default board's.
///
/// # Errors
/// A day outside S−1…E, or no day with a report yet.
pub fn level_day(snapshot: &Snapshot, date: Option<Day>, now: Instant) -> Result<usize, Fault> {
    let ledger = snapshot.ledger();
    let Some(date) = date else {
        return board::default_day(ledger, now).map_err(|_| super::boards::AskError::NotStarted.into());
    };
    let first = ledger.calendar.window.start - 1;
    let index = ledger.calendar.index(date).filter(|i| (first..ledger.calendar.window.end).contains(i));
    index.ok_or_else(|| {
        let (from, to) = (ledger.calendar.day(first), snapshot.campaign().window.to);
        Fault::of_field(Code::DayOutsideWindow, "date", format!("expected a day from {from} to {to}"))
    })
}

/// Levels of units on some days.
pub(super) type ByUnit = HashMap<u32, Vec<u8>>;

/// Units of kinds with rules, in the order of names, and their levels on some days.
pub(super) fn read(
    snapshot: &Snapshot,
    days: Range<usize>,
    kind: Option<&str>,
    sight: Sight,
) -> Result<(Vec<u32>, ByUnit), Fault> {
    let filter = UnitFilter { kind: kind.map(str::to_owned), ..UnitFilter::default() };
    let mut units = filter.find(snapshot, sight)?;
    let ledger = snapshot.ledger();
    let register = snapshot.register();
    units.retain(|u| register.rules_of(*u).is_some_and(|r| r.has_rules));
    let mut by_kind: HashMap<u16, Vec<u32>> = HashMap::new();
    for unit in &units {
        if let Some(found) = register.unit(*unit) {
            by_kind.entry(found.kind).or_default().push(*unit);
        }
    }
    let mut by_unit = ByUnit::with_capacity(units.len());
    let mut levels = UnitLevels::default();
    for (kind, members) in by_kind {
        let reader = LevelReader::new(ledger, kind, days.start, days.end - 1);
        for unit in members {
            reader.read(unit, &mut levels);
            let skipped = days.start - reader.first_day();
            by_unit.insert(unit, levels.by_day.iter().copied().skip(skipped).collect());
        }
    }
    Ok((units, by_unit))
}

pub(super) fn count(scheme: &Scheme, levels: impl Iterator<Item = u8>, is_public: bool) -> Vec<LevelCountView> {
    let mut counts = vec![0u64; scheme.levels.len()];
    let mut unknown = 0;
    for level in levels {
        match counts.get_mut(usize::from(level)).filter(|_| level != UNKNOWN) {
            Some(count) => *count += 1,
            None => unknown += 1,
        }
    }
    let known = scheme.levels.iter().zip(counts);
    let view =
        |level: &str, units| LevelCountView { level: level.to_owned(), units: Some(units).filter(|_| is_public) };
    known.map(|(level, units)| view(&level.code, units)).chain([view("unknown", unknown)]).collect()
}
