//! `figures.csv`: daily counts with their history.

use super::Errors;
use super::table::{Columns, Row, read_stream, read_table};
use super::units::UnitIndex;
use crate::domain::campaign::Figures;
use crate::domain::contest::{FigureRow, Stamp};
use crate::domain::figure::MAX_COUNT;
use crate::domain::number::parse_whole;
use crate::domain::text::parse_note;
use crate::domain::time::parse_day;
use crate::domain::{Campaign, Counts, Day, Indicator, Instant, Unit};
use std::collections::HashMap;
use std::io::Read;

const FIGURES: Columns = Columns {
    file: "figures.csv",
    names: &[
        "unit_code",
        "date",
        "community_f0",
        "contained_f0",
        "unknown_source_f0",
        "high_risk_setting_f0",
        "households_f0",
        "linked_households_f0",
        "recorded_at",
        "note",
        "withdrawn_at",
    ],
    required: 3,
};
const UNIT: usize = 0;
const DATE: usize = 1;
const FIRST_COUNT: usize = 2;
const RECORDED_AT: usize = 8;
const NOTE: usize = 9;
const WITHDRAWN_AT: usize = 10;

/// Whether a line is the header of a strict table of figures, of this campaign or another.
pub fn is_figures_header(line: &[u8]) -> bool {
    let is_known = |column: &str| FIGURES.names.contains(&column) || column == "source";
    header_columns(line).is_some_and(|mut columns| columns.all(is_known))
}

/// Whether a header has columns of instants, as only packs have them.
pub fn tells_time(line: &[u8]) -> bool {
    let is_instant = |column: &str| ["recorded_at", "withdrawn_at"].contains(&column);
    header_columns(line).is_some_and(|mut columns| columns.any(is_instant))
}

fn header_columns(line: &[u8]) -> Option<impl Iterator<Item = &str>> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let text = std::str::from_utf8(line).ok()?;
    Some(text.trim_end_matches('\r').split(',').map(|column| column.trim_matches('"')))
}

/// Reads figures of the units of a campaign.
pub fn read_figures(
    campaign: &Campaign,
    units: &[Unit],
    index: &UnitIndex,
    bytes: &[u8],
    errors: &mut Errors,
) -> Vec<FigureRow> {
    let mut rows: Vec<FigureRow> = Vec::new();
    let mut seen = Seen::new(campaign, units.len());
    let find = |code: &str| index.get(code).copied();
    read_table(&FIGURES, bytes, errors, |row, errors| {
        if let Some(figure) = read_figure(campaign, units, find, row, errors)
            && seen.is_new((figure.unit, figure.day), Some(figure.stamp.recorded_at), row, errors)
        {
            rows.push(figure);
        }
    });
    rows
}

/// Reads figures one after another, one for a unit and day, from a source that need not
/// fit into memory; `find` finds the place of a unit by its code.
///
/// # Errors
/// What the source says.
pub fn stream_figures(
    campaign: &Campaign,
    units: &[Unit],
    find: impl Fn(&str) -> Option<u32>,
    source: impl Read,
    errors: &mut Errors,
    mut each: impl FnMut(FigureRow, &mut Errors),
) -> std::io::Result<()> {
    let mut seen = Seen::new(campaign, units.len());
    read_stream(&FIGURES, source, errors, |row, errors| {
        if let Some(figure) = read_figure(campaign, units, &find, row, errors)
            && seen.is_new((figure.unit, figure.day), None, row, errors)
        {
            each(figure, errors);
        }
    })
}

fn read_figure(
    campaign: &Campaign,
    units: &[Unit],
    find: impl Fn(&str) -> Option<u32>,
    row: &Row<'_>,
    errors: &mut Errors,
) -> Option<FigureRow> {
    let unit = read_reporting_unit(campaign, units, find, row, UNIT, errors);
    let day = read_day(campaign, row, errors);
    let counts = read_counts(row, FIRST_COUNT, errors);
    let stamp = read_stamp(row, RECORDED_AT, WITHDRAWN_AT, errors);
    let note = row.optional(errors, NOTE, parse_note);
    let (unit, day, counts, stamp, note) = (unit?, day?, counts?, stamp?, note?);
    Some(FigureRow { unit, day, counts, stamp, note: note.map(String::into_boxed_str) })
}

/// The day of a row, which stands in its second column.
pub(super) fn read_day(campaign: &Campaign, row: &Row<'_>, errors: &mut Errors) -> Option<Day> {
    row.required(errors, DATE, parse_day).filter(|day| {
        let in_time = *day <= campaign.window.to;
        if !in_time {
            row.wrong(errors, DATE, format!("a day up to {}, the window's last", campaign.window.to));
        }
        in_time
    })
}

/// The rows that were read, by unit and day. Most days have one, so the days that the rules
/// look at take four bytes each, and only what comes again or before them takes more.
struct Seen {
    first: Day,
    days: usize,
    /// Line of the first row of each unit's day; 0 where there is none yet.
    lines: Vec<u32>,
    /// Lines of the other rows: those with an instant of their own, and of earlier days.
    instants: HashMap<(u32, Day, Instant), u64>,
}

impl Seen {
    fn new(campaign: &Campaign, units: usize) -> Self {
        let first = campaign.earliest_day();
        let days = usize::try_from((campaign.window.to - first).num_days() + 1).unwrap_or_default();
        Self { first, days, lines: vec![0; units.saturating_mul(days)], instants: HashMap::new() }
    }

    /// Whether no row before was for this unit and day – and instant, where days have a
    /// history; else says which was.
    fn is_new(
        &mut self,
        (unit, day): (u32, Day),
        recorded_at: Option<Instant>,
        row: &Row<'_>,
        errors: &mut Errors,
    ) -> bool {
        let at = usize::try_from((day - self.first).num_days()).ok().filter(|at| *at < self.days);
        let slot = at.and_then(|at| self.lines.get_mut(unit as usize * self.days + at));
        // what is known from the beginning, as most of a pack is, stands once for a day
        if let (Some(slot), None | Some(Instant::BEGINNING)) = (slot, recorded_at) {
            let before = std::mem::replace(slot, u32::try_from(row.line).unwrap_or(u32::MAX));
            return before == 0 || Self::refuse(u64::from(before), row, errors);
        }
        let key = (unit, day, recorded_at.unwrap_or(Instant::BEGINNING));
        match self.instants.insert(key, row.line) {
            None => true,
            Some(before) => Self::refuse(before, row, errors),
        }
    }

    fn refuse(before: u64, row: &Row<'_>, errors: &mut Errors) -> bool {
        row.wrong_row(errors, format!("one row for a unit, day and recorded_at; line {before} has them already"));
        false
    }
}

/// The unit of a row that only a reporting unit may have.
pub(super) fn read_reporting_unit(
    campaign: &Campaign,
    units: &[Unit],
    find: impl Fn(&str) -> Option<u32>,
    row: &Row<'_>,
    column: usize,
    errors: &mut Errors,
) -> Option<u32> {
    let Some(unit) = find(&row.nfc_at(column)) else {
        row.wrong(errors, column, "the code of a unit");
        return None;
    };
    let kind = units.get(unit as usize).and_then(|u| campaign.kind(u.kind));
    if kind.is_some_and(|k| k.figures != Figures::Reported) {
        row.wrong(errors, column, "a unit that reports: the figures of this kind are derived");
        return None;
    }
    Some(unit)
}

pub(super) fn read_counts(row: &Row<'_>, first: usize, errors: &mut Errors) -> Option<Counts> {
    let mut values = [None; 6];
    let mut is_sound = true;
    for (at, value) in values.iter_mut().enumerate() {
        let count = |t: &str| {
            let number = parse_whole(t, u64::from(MAX_COUNT)).and_then(|n| u32::try_from(n).ok());
            number.ok_or("a whole number from 0 to 10000000, digits only")
        };
        let read = if at == 0 {
            row.required(errors, first, count).map(Some)
        } else {
            row.optional(errors, first + at, count)
        };
        is_sound &= read.is_some();
        *value = read.flatten();
    }
    if !is_sound {
        return None;
    }
    match Counts::new(values) {
        Ok(counts) => Some(counts),
        Err(wrong) => {
            for error in wrong {
                let at = Indicator::ALL.iter().position(|i| *i == error.indicator).unwrap_or(0);
                row.wrong(errors, first + at, error.expected);
            }
            None
        }
    }
}

/// An instant that may be left out: known from the beginning.
pub(super) fn read_recorded_at(row: &Row<'_>, column: usize, errors: &mut Errors) -> Option<Instant> {
    row.optional(errors, column, Instant::parse).map(|at| at.unwrap_or(Instant::BEGINNING))
}

/// `recorded_at` and `withdrawn_at` of a row.
pub(super) fn read_stamp(row: &Row<'_>, recorded: usize, withdrawn: usize, errors: &mut Errors) -> Option<Stamp> {
    let recorded_at = read_recorded_at(row, recorded, errors);
    let withdrawn_at = row.optional(errors, withdrawn, Instant::parse);
    let stamp = Stamp { recorded_at: recorded_at?, withdrawn_at: withdrawn_at? };
    if stamp.withdrawn_at.is_some_and(|at| at < stamp.recorded_at) {
        row.wrong(errors, withdrawn, "an instant not before recorded_at");
        return None;
    }
    Some(stamp)
}
