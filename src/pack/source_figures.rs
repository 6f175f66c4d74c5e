//! `source_figures.csv`: what each source said of a unit's day, with its history. What the
//! first of them gives the day stands in `figures.csv`, for readers that know no sources.

use super::Errors;
use super::decisions::Against;
use super::figures::{read_counts, read_day, read_reporting_unit, read_stamp};
use super::table::{Columns, Row, read_stream, read_table};
use crate::domain::contest::{FigureRow, SourceFigureRow};
use crate::domain::sources::standing;
use crate::domain::text::parse_note;
use crate::domain::{Campaign, Counts, Day, Instant, Unit};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;

const COLUMNS: Columns = Columns {
    file: "source_figures.csv",
    names: &[
        "unit_code",
        "date",
        "source",
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
    required: 4,
};
/// A table of figures as somebody sends it to a campaign that declares sources.
const TABLE: Columns = Columns { file: "figures.csv", ..COLUMNS };
const SOURCE: usize = 2;
const FIRST_COUNT: usize = 3;
const RECORDED_AT: usize = 9;
const NOTE: usize = 10;
const WITHDRAWN_AT: usize = 11;

/// Reads what sources said; `figures` are those of the pack, which must agree with it.
pub(super) fn read_source_figures(
    against: Against<'_>,
    figures: &[FigureRow],
    bytes: &[u8],
    errors: &mut Errors,
) -> Vec<SourceFigureRow> {
    let mut rows: Vec<SourceFigureRow> = Vec::new();
    let mut lines: HashMap<(u32, Day, u8, Instant), u64> = HashMap::new();
    let before = errors.total();
    let mut places = Vec::new();
    read_table(&COLUMNS, bytes, errors, |row, errors| {
        let find = |code: &str| against.index.get(code).copied();
        let Some(said) = read_row(against.campaign, against.units, find, row, errors) else { return };
        let key = (said.unit, said.day, said.source, said.stamp.recorded_at);
        if let Some(line) = lines.insert(key, row.line) {
            let expected = format!("one row for a unit, day, source and recorded_at; line {line} has them already");
            return row.wrong_row(errors, expected);
        }
        places.push(row.line);
        rows.push(said);
    });
    if errors.total() == before {
        check_leaders(against, figures, &rows, &places, errors);
    }
    rows
}

/// Reads what sources say one after another, once for a unit, day and source; `find` finds
/// the place of a unit by its code.
///
/// # Errors
/// What the source says.
pub fn stream_source_figures(
    campaign: &Campaign,
    units: &[Unit],
    find: impl Fn(&str) -> Option<u32>,
    source: impl Read,
    errors: &mut Errors,
    mut each: impl FnMut(SourceFigureRow),
) -> std::io::Result<()> {
    let mut lines: HashMap<(u32, Day, u8), u64> = HashMap::new();
    read_stream(&TABLE, source, errors, |row, errors| {
        let Some(said) = read_row(campaign, units, &find, row, errors) else { return };
        match lines.insert((said.unit, said.day, said.source), row.line) {
            None => each(said),
            Some(line) => {
                let expected = format!("one row for a unit, day and source; line {line} has them already");
                row.wrong_row(errors, expected);
            }
        }
    })
}

fn read_row(
    campaign: &Campaign,
    units: &[Unit],
    find: impl Fn(&str) -> Option<u32>,
    row: &Row<'_>,
    errors: &mut Errors,
) -> Option<SourceFigureRow> {
    let unit = read_reporting_unit(campaign, units, find, row, 0, errors);
    let day = read_day(campaign, row, errors);
    let sources = &campaign.sources;
    let source = sources.index(&row.nfc_at(SOURCE));
    if source.is_none() {
        let expected = match sources.is_empty() {
            true => "nothing: campaign.json declares no sources".to_owned(),
            false => format!("a source of campaign.json: {}", sources.codes()),
        };
        row.wrong(errors, SOURCE, expected);
    }
    let counts = read_counts(row, FIRST_COUNT, errors);
    let stamp = read_stamp(row, RECORDED_AT, WITHDRAWN_AT, errors);
    let note = row.optional(errors, NOTE, parse_note);
    let (unit, day, source, counts, stamp, note) = (unit?, day?, source?, counts?, stamp?, note?);
    Some(SourceFigureRow { unit, day, source, counts, stamp, note: note.map(String::into_boxed_str) })
}

/// Refuses a pack whose figure of a day is not that of the first source that stands.
fn check_leaders(
    against: Against<'_>,
    figures: &[FigureRow],
    rows: &[SourceFigureRow],
    lines: &[u64],
    errors: &mut Errors,
) {
    let end = Instant::from_micros(i64::MAX);
    let mut latest: HashMap<(u32, Day), &FigureRow> = HashMap::new();
    for row in figures {
        let before = latest.entry((row.unit, row.day)).or_insert(row);
        if row.stamp.recorded_at >= before.stamp.recorded_at {
            *before = row;
        }
    }
    let mut by_day: BTreeMap<(u32, Day), Vec<(&SourceFigureRow, u64)>> = BTreeMap::new();
    for (row, line) in rows.iter().zip(lines) {
        by_day.entry((row.unit, row.day)).or_default().push((row, *line));
    }
    for ((unit, day), rows) in by_day {
        let standing = standing(rows.iter(), |(row, _)| (row.source, row.stamp), end);
        let Some((row, line)) = standing.values().next() else { continue };
        let said: Option<Counts> = latest.get(&(unit, day)).filter(|f| f.stamp.stands()).map(|f| f.counts);
        if said != Some(row.counts) {
            let code = against.units.get(unit as usize).map_or("", |u| u.code.as_str());
            errors.push(super::PackError {
                file: COLUMNS.file.to_owned(),
                line: Some(*line),
                column: Some("source".to_owned()),
                value: Some(against.campaign.sources.code(row.source).to_owned()),
                expected: format!("the counts that figures.csv has for {code} on {day}: this source comes first"),
            });
        }
    }
}
