//! Who has reported and who has not: the list for reminders, and the shares on time
//! (domain.md section 2, State of a unit-day).

use super::boards::named;
use super::fault::{Code, Fault};
use super::live::{Sight, Snapshot};
use super::settling::SettlingView;
use super::units::kind_of;
use super::views::UnitRef;
use crate::domain::campaign::Figures;
use crate::domain::number::{Hundredths, round_half_away};
use crate::domain::{Day, Instant};
use crate::scoring::ledger::{DayState, is_in_time};
use serde::Serialize;
use std::ops::Range;
use utoipa::ToSchema;

/// How complete the reports of a kind are on a day, and up to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompletenessView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the kind.
    pub kind: String,
    /// Only units below this one.
    pub within: Option<String>,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// When the day closes; a first report after that is late.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Instant,
    /// Revision of the campaign.
    pub revision: i64,
    /// That day; null where it tells of a hidden unit.
    pub day: Option<SharesView>,
    /// All due days from S to it; null likewise.
    pub so_far: Option<SharesView>,
    /// From when on figures are not expected to move any more; no rank reads it.
    pub settling: SettlingView,
    /// The units that owe the day's report, by name.
    pub items: Vec<SilentUnitView>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
    /// How many units all pages have together.
    pub total: u64,
}

/// Unit-days by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SharesView {
    /// Unit-days that are due: not excused.
    pub due: u64,
    /// Of these, reported in time.
    pub on_time: u64,
    /// Of these, first reported after the day had closed.
    pub late: u64,
    /// Of these, not reported.
    pub missing: u64,
    /// Unit-days that the council excused.
    pub excused: u64,
    /// Share of the due unit-days that were reported in time; null where none is due.
    #[schema(value_type = Option<f64>)]
    pub on_time_percent: Option<Hundredths>,
}

/// A unit that owes a day's report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SilentUnitView {
    /// Which one.
    pub unit: UnitRef,
    /// `active`, `withdrawn` or `disqualified`; whoever is out of the ranking still owes its days.
    pub state: &'static str,
    /// Missing days from S to the day.
    pub missing_days: u64,
    /// The last day before with a report, of those in memory.
    #[schema(format = Date)]
    pub last_reported: Option<String>,
}

/// What is asked for, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Index of the kind.
    pub kind: u16,
    /// Index of the day.
    pub day: usize,
    /// Only units below this one.
    pub within: Option<u32>,
}

/// The day that is looked at: the one asked for, else today, brought into the window.
///
/// # Errors
/// A day outside S…E.
pub fn day_asked(snapshot: &Snapshot, date: Option<Day>, now: Instant) -> Result<usize, Fault> {
    let (ledger, window) = (snapshot.ledger(), snapshot.campaign().window);
    let today = now.day_in(snapshot.campaign().time_zone).unwrap_or_default();
    let date = date.unwrap_or(today.clamp(window.from, window.to));
    let index = ledger.calendar.index(date).filter(|day| ledger.calendar.window.contains(day));
    index.ok_or_else(|| {
        let message = format!("expected a day from {} to {}", window.from, window.to);
        Fault::of_field(Code::DayOutsideWindow, "date", message)
    })
}

/// The kind that is looked at, which reports figures itself.
///
/// # Errors
/// No such kind, or one whose figures are sums.
pub fn kind_asked(snapshot: &Snapshot, code: Option<&str>) -> Result<u16, Fault> {
    let campaign = snapshot.campaign();
    let Some(code) = code else { return Ok(campaign.default_kind()) };
    let kind = kind_of(campaign, code)?;
    match campaign.kind(kind).map(|kind| kind.figures) {
        Some(Figures::Reported) => Ok(kind),
        _ => {
            let message = format!("units of the kind {code} report nothing: their figures are sums");
            Err(Fault::of_field(Code::DerivedUnit, "kind", message))
        }
    }
}

/// How complete the reports of a kind are.
pub fn completeness(
    snapshot: &Snapshot,
    asked: &Asked,
    rows: Range<usize>,
    sight: Sight,
    settling: SettlingView,
) -> CompletenessView {
    let (ledger, register) = (snapshot.ledger(), snapshot.register());
    let of_kind = register.of_kind.get(usize::from(asked.kind)).map(Vec::as_slice).unwrap_or_default();
    let is_within = |unit: &u32| asked.within.is_none_or(|above| register.is_below(*unit, above));
    let members: Vec<u32> = of_kind.iter().copied().filter(is_within).collect();
    let (mut day, mut so_far, mut found) = (SharesView::default(), SharesView::default(), Vec::new());
    for unit in &members {
        let missing_before = so_far.missing;
        for at in ledger.calendar.window.start..=asked.day {
            count(snapshot, *unit, at, asked.day, &mut so_far);
        }
        let was_missing = day.missing;
        count(snapshot, *unit, asked.day, asked.day, &mut day);
        if day.missing > was_missing && snapshot.shows_figures(*unit, sight) {
            found.push((register.name_rank(*unit), *unit, so_far.missing - missing_before));
        }
    }
    found.sort_unstable();
    let shown = found.get(rows.start.min(found.len())..rows.end.min(found.len())).unwrap_or_default();
    let item = |(_, unit, missing_days): &(u32, u32, u64)| silent(snapshot, *unit, asked.day, *missing_days, sight);
    let is_public = total_is_shown(snapshot, &members, sight);
    let campaign = snapshot.campaign();
    let date = ledger.calendar.day(asked.day);
    CompletenessView {
        campaign: campaign.code.clone(),
        kind: campaign.kind(asked.kind).map(|kind| kind.code.clone()).unwrap_or_default(),
        within: asked.within.and_then(|unit| register.unit(unit)).map(|unit| unit.code.clone()),
        date: date.to_string(),
        closes_at: campaign.cut_off(date),
        revision: snapshot.revision,
        day: is_public.then(|| with_share(day)),
        so_far: is_public.then(|| with_share(so_far)),
        settling,
        items: shown.iter().map(item).collect(),
        next_cursor: None,
        total: found.len() as u64,
    }
}

/// A unit that owes a day's report, for a reader who may know of it.
pub(super) fn silent(snapshot: &Snapshot, unit: u32, day: usize, missing_days: u64, sight: Sight) -> SilentUnitView {
    let ledger = snapshot.ledger();
    SilentUnitView {
        unit: named(ledger, unit, |above| snapshot.is_visible(above, sight)),
        state: ledger.state(unit).code(),
        missing_days,
        last_reported: last_reported(snapshot, unit, day),
    }
}

/// Whether a reader may see numbers over these units: they tell of none that is hidden from it.
pub(super) fn total_is_shown(snapshot: &Snapshot, units: &[u32], sight: Sight) -> bool {
    let others: Vec<u32> = units.iter().copied().filter(|unit| !snapshot.is_confided(*unit, sight)).collect();
    snapshot.privacy.total_is_public(snapshot.register(), &others, |shown| !shown.numbers)
}

/// What became of a day of these units.
pub(super) fn shares_on(snapshot: &Snapshot, units: &[u32], day: usize) -> SharesView {
    let mut shares = SharesView::default();
    units.iter().for_each(|unit| count(snapshot, *unit, day, day, &mut shares));
    with_share(shares)
}

/// Counts one day of a unit.
fn count(snapshot: &Snapshot, unit: u32, day: usize, as_of: usize, shares: &mut SharesView) {
    let ledger = snapshot.ledger();
    let flags = ledger.days(unit).flags.get(day).copied().unwrap_or_default();
    match ledger.day_state(unit, day, as_of) {
        DayState::Reported if is_in_time(flags) => shares.on_time += 1,
        DayState::Reported => shares.late += 1,
        DayState::Missing => shares.missing += 1,
        DayState::Excused => shares.excused += 1,
        DayState::NotDue => {}
    }
}

/// With the sums that follow from the others.
pub(super) fn with_share(shares: SharesView) -> SharesView {
    let due = shares.on_time + shares.late + shares.missing;
    let percent = || Hundredths(round_half_away(i128::from(shares.on_time) * 10_000, i128::from(due)));
    SharesView { due, on_time_percent: (due > 0).then(percent), ..shares }
}

fn last_reported(snapshot: &Snapshot, unit: u32, before: usize) -> Option<String> {
    let ledger = snapshot.ledger();
    let is_reported = |day: &usize| ledger.entry(unit, *day).counts.is_some();
    (0..before).rev().find(is_reported).map(|day| ledger.calendar.day(day).to_string())
}
