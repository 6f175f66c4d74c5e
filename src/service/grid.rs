//! The units and days of a kind with the figures themselves, for those who see them whole:
//! where a report is missing, the worst rows first.

use super::boards::named;
use super::days::DayTimes;
use super::live::{Sight, Snapshot};
use super::views::UnitRef;
use crate::domain::{Day, Instant};
use crate::scoring::ledger::{DayState, is_in_time};
use std::ops::Range;

/// Units and days.
#[derive(Clone, Debug)]
pub struct GridView {
    /// The days of baseline and window.
    pub days: Vec<Day>,
    /// How many of them are of the baseline.
    pub baseline: usize,
    /// The units of this page: those with the most missing days first, then by name.
    pub rows: Vec<GridRow>,
    /// For each day what all units of the kind reported together; none where nobody did.
    pub sums: Vec<Option<u64>>,
    /// How many units all pages have together.
    pub total: usize,
    /// Unit-days of closed days that are owed and were not reported.
    pub missing: u64,
}

/// A unit.
#[derive(Clone, Debug)]
pub struct GridRow {
    /// Which one.
    pub unit: UnitRef,
    /// Its closed days without a report.
    pub missing: u64,
    /// For each of the days what is known.
    pub cells: Vec<GridCell>,
}

/// What is known of a unit's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridCell {
    /// The figure.
    Reported {
        /// Community F0.
        cases: u32,
        /// Whether it was first reported after the day had closed.
        is_late: bool,
        /// Whether the day can still be changed freely.
        is_open: bool,
    },
    /// The day has closed without a report.
    Missing,
    /// The council excused it.
    Excused,
    /// The day has begun and has not closed; nothing was reported yet.
    Waiting,
    /// The day has not begun.
    NotDue,
}

/// The grid of a kind, of the units whose figures a reader may see. `closed` are days that the
/// council closed before their cut-off.
pub fn grid(
    snapshot: &Snapshot,
    kind: u16,
    rows: Range<usize>,
    (now, closed): (Instant, &[Day]),
    sight: Sight,
) -> GridView {
    let (ledger, register) = (snapshot.ledger(), snapshot.register());
    let calendar = &ledger.calendar;
    let indexes = calendar.baseline.start..calendar.window.end;
    let days: Vec<Day> = indexes.clone().map(|at| calendar.day(at)).collect();
    let state =
        |day: &Day| if closed.contains(day) { "closed" } else { DayTimes::of(snapshot.campaign(), *day).state(now) };
    let states: Vec<&'static str> = days.iter().map(state).collect();
    let of_kind = register.of_kind.get(usize::from(kind)).map(Vec::as_slice).unwrap_or_default();
    let members: Vec<u32> = of_kind.iter().copied().filter(|unit| snapshot.shows_figures(*unit, sight)).collect();
    let mut sums: Vec<Option<u64>> = vec![None; days.len()];
    let mut found = Vec::with_capacity(members.len());
    for unit in members {
        let mut missing = 0;
        for ((at, state), sum) in indexes.clone().zip(&states).zip(&mut sums) {
            match cell(snapshot, unit, at, state) {
                GridCell::Reported { cases, .. } => *sum = Some(sum.unwrap_or_default() + u64::from(cases)),
                GridCell::Missing => missing += 1,
                _ => {}
            }
        }
        found.push((std::cmp::Reverse(missing), register.name_rank(unit), unit));
    }
    found.sort_unstable();
    let row = |(std::cmp::Reverse(missing), _, unit): &(std::cmp::Reverse<u64>, u32, u32)| GridRow {
        unit: named(ledger, *unit, |above| snapshot.is_visible(above, sight)),
        missing: *missing,
        cells: indexes.clone().zip(&states).map(|(at, state)| cell(snapshot, *unit, at, state)).collect(),
    };
    GridView {
        baseline: calendar.baseline.len(),
        rows: found.iter().skip(rows.start).take(rows.len()).map(row).collect(),
        sums,
        total: found.len(),
        missing: found.iter().map(|(missing, ..)| missing.0).sum(),
        days,
    }
}

fn cell(snapshot: &Snapshot, unit: u32, at: usize, state: &str) -> GridCell {
    let ledger = snapshot.ledger();
    let days = ledger.days(unit);
    let flags = days.flags.get(at).copied().unwrap_or_default();
    match ledger.day_state(unit, at, at) {
        DayState::Excused => GridCell::Excused,
        DayState::Reported => GridCell::Reported {
            cases: days.community.get(at).copied().unwrap_or_default(),
            is_late: !is_in_time(flags),
            is_open: state != "closed",
        },
        _ if state == "not_begun" => GridCell::NotDue,
        DayState::Missing if state == "closed" => GridCell::Missing,
        DayState::Missing => GridCell::Waiting,
        DayState::NotDue => GridCell::NotDue,
    }
}
