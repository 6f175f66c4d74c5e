//! Which unit reported on which day: completeness as a grid, for people who look for gaps.

use super::boards::named;
use super::fault::{Code, Fault};
use super::live::{Sight, Snapshot};
use super::views::UnitRef;
use crate::domain::{Day, Instant};
use crate::scoring::ledger::{DayState, is_in_time};
use serde::Serialize;
use std::ops::{Range, RangeInclusive};
use utoipa::ToSchema;

/// What became of each unit's days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompletenessDaysView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the kind.
    pub kind: String,
    /// Only units below this one.
    pub within: Option<String>,
    /// Revision of the campaign.
    pub revision: i64,
    /// The days.
    pub days: Vec<String>,
    /// The units, by name.
    pub items: Vec<UnitDaysView>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
    /// How many units all pages have together.
    pub total: u64,
}

/// What became of a unit's days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitDaysView {
    /// Which one.
    pub unit: UnitRef,
    /// For each of `days`: `on_time`, `late` (first reported after it closed), `missing`, or
    /// `excused`.
    pub states: Vec<&'static str>,
}

/// What is asked for, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridAsked {
    /// Index of the kind.
    pub kind: u16,
    /// Indexes of the first and the last day.
    pub days: RangeInclusive<usize>,
    /// Only units below this one.
    pub within: Option<u32>,
}

/// The days that are looked at: those asked for, else from S to today, brought into Bs…E.
///
/// # Errors
/// A day outside Bs…E, or a last day before the first.
pub fn days_asked(
    snapshot: &Snapshot,
    from: Option<Day>,
    to: Option<Day>,
    now: Instant,
) -> Result<RangeInclusive<usize>, Fault> {
    let (calendar, campaign) = (&snapshot.ledger().calendar, snapshot.campaign());
    let (first, last) = (campaign.baseline.from, campaign.window.to);
    let index = |name: &str, day: Day| {
        let found = calendar.index(day).filter(|index| *index >= calendar.baseline.start);
        let message = || format!("expected a day from {first} to {last}, found {day}");
        found.ok_or_else(|| Fault::of_field(Code::DayOutsideCampaign, name, message()))
    };
    let today = now.day_in(campaign.time_zone).unwrap_or_default();
    let to = index("to", to.unwrap_or(today.clamp(campaign.window.from, last)))?;
    let from = from.map_or(Ok(calendar.window.start.min(to)), |day| index("from", day))?;
    if from > to {
        let message = format!("expected a day up to {}, found {}", calendar.day(to), calendar.day(from));
        return Err(Fault::of_field(Code::InvalidRequest, "from", message));
    }
    Ok(from..=to)
}

/// The grid, of the units whose figures a reader may see.
pub fn completeness_days(
    snapshot: &Snapshot,
    asked: &GridAsked,
    rows: Range<usize>,
    sight: Sight,
) -> CompletenessDaysView {
    let (ledger, register) = (snapshot.ledger(), snapshot.register());
    let of_kind = register.of_kind.get(usize::from(asked.kind)).map(Vec::as_slice).unwrap_or_default();
    let is_shown = |unit: &u32| {
        asked.within.is_none_or(|above| register.is_below(*unit, above)) && snapshot.shows_figures(*unit, sight)
    };
    let mut members: Vec<u32> = of_kind.iter().copied().filter(is_shown).collect();
    members.sort_by_key(|unit| register.name_rank(*unit));
    let item = |unit: &u32| UnitDaysView {
        unit: named(ledger, *unit, |above| snapshot.is_visible(above, sight)),
        states: asked.days.clone().map(|day| state(snapshot, *unit, day, *asked.days.end())).collect(),
    };
    let campaign = snapshot.campaign();
    CompletenessDaysView {
        campaign: campaign.code.clone(),
        kind: campaign.kind(asked.kind).map(|kind| kind.code.clone()).unwrap_or_default(),
        within: asked.within.and_then(|unit| register.unit(unit)).map(|unit| unit.code.clone()),
        revision: snapshot.revision,
        days: asked.days.clone().map(|day| ledger.calendar.day(day).to_string()).collect(),
        items: members.iter().skip(rows.start).take(rows.len()).map(item).collect(),
        next_cursor: None,
        total: members.len() as u64,
    }
}

fn state(snapshot: &Snapshot, unit: u32, day: usize, as_of: usize) -> &'static str {
    let ledger = snapshot.ledger();
    let flags = ledger.days(unit).flags.get(day).copied().unwrap_or_default();
    match ledger.day_state(unit, day, as_of) {
        DayState::Reported if is_in_time(flags) => "on_time",
        DayState::Reported => "late",
        other => other.code(),
    }
}
