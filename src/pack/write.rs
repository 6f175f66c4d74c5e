//! A contest written as a pack: what [`super::read`] reads back equal.

use super::ReadError;
use super::source::Files;
use crate::domain::contest::{CriterionRow, Stamp};
use crate::domain::number::{Hundredths, parse_decimal};
use crate::domain::{Contest, Day, Indicator, Instant};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The files of a contest's pack. Optional files without rows are left out.
pub fn files(contest: &Contest) -> Files {
    let mut files = BTreeMap::new();
    let mut document = serde_json::to_vec_pretty(&contest.campaign.to_json()).unwrap_or_default();
    document.push(b'\n');
    files.insert("campaign.json".to_owned(), document);
    files.insert("units.csv".to_owned(), units(contest));
    files.insert("figures.csv".to_owned(), figures(contest));
    let optional = [
        ("neighbours.csv", neighbours(contest)),
        ("states.csv", states(contest)),
        ("source_figures.csv", source_figures(contest)),
        ("excused.csv", excuses(contest)),
        ("start_levels.csv", start_levels(contest)),
        ("declared_levels.csv", declared_levels(contest)),
        ("criteria.csv", criteria(contest)),
        ("assessments.csv", assessments(contest)),
        ("adjustments.csv", adjustments(contest)),
    ];
    for (name, table) in optional {
        if table.rows > 0 {
            files.insert(name.to_owned(), table.finish());
        }
    }
    if let Some(boundaries) = &contest.boundaries {
        files.insert("boundaries.geojson".to_owned(), boundaries.as_bytes().to_vec());
    }
    Files(files)
}

/// Writes a pack to a folder (made where it is missing) or, where the path ends in
/// `.zip`, to a zip file.
///
/// # Errors
/// What the file system refuses.
pub fn write_path(contest: &Contest, path: &Path) -> Result<(), ReadError> {
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |cause| ReadError::Io { path, cause }
    };
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
        return std::fs::write(path, write_zip(contest)).map_err(io(path));
    }
    std::fs::create_dir_all(path).map_err(io(path))?;
    for (name, content) in files(contest).0 {
        let file = path.join(name);
        std::fs::write(&file, content).map_err(io(&file))?;
    }
    Ok(())
}

/// A pack as the bytes of a zip; the same contest gives the same bytes.
pub fn write_zip(contest: &Contest) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    // the default time of an entry is fixed, not the clock's
    let options = zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, content) in files(contest).0 {
        // writing into memory does not fail
        if zip.start_file(name, options).is_ok() {
            let _ = zip.write_all(&content);
        }
    }
    zip.finish().map(std::io::Cursor::into_inner).unwrap_or_default()
}

struct Table {
    writer: csv::Writer<Vec<u8>>,
    rows: usize,
}

impl Table {
    fn new(header: &[&str]) -> Self {
        let mut table = Self { writer: csv::Writer::from_writer(Vec::new()), rows: 0 };
        table.add(header.iter().map(|h| (*h).to_owned()));
        table.rows = 0;
        table
    }

    fn add(&mut self, row: impl IntoIterator<Item = String>) {
        // writing into memory does not fail
        let _ = self.writer.write_record(row);
        self.rows += 1;
    }

    fn finish(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn instant(at: Instant) -> String {
    text(at.to_rfc3339())
}

fn stamp(stamp: &Stamp) -> [String; 2] {
    [instant(stamp.recorded_at), text(stamp.withdrawn_at.and_then(Instant::to_rfc3339))]
}

fn day(day: Option<Day>) -> String {
    text(day)
}

fn code(contest: &Contest, unit: u32) -> String {
    text(contest.units.get(unit as usize).map(|u| u.code.clone()))
}

fn kind(contest: &Contest, kind: u16) -> String {
    text(contest.campaign.kind(kind).map(|k| k.code.clone()))
}

fn units(contest: &Contest) -> Vec<u8> {
    let header = ["code", "name", "kind", "parent_code", "block", "population", "households", "lat", "lng"];
    let mut table = Table::new(&header);
    for unit in &contest.units {
        table.add([
            unit.code.clone(),
            unit.name.clone(),
            kind(contest, unit.kind),
            unit.parent.map(|p| code(contest, p)).unwrap_or_default(),
            unit.block.clone().unwrap_or_default(),
            text(unit.population),
            text(unit.households),
            text(unit.point.map(|p| p.lat)),
            text(unit.point.map(|p| p.lng)),
        ]);
    }
    table.finish()
}

fn neighbours(contest: &Contest) -> Table {
    let mut table = Table::new(&["a", "b"]);
    for (a, b) in &contest.neighbours {
        table.add([code(contest, *a), code(contest, *b)]);
    }
    table
}

fn figures(contest: &Contest) -> Vec<u8> {
    let counts = Indicator::ALL.map(Indicator::code);
    let header: Vec<&str> =
        ["unit_code", "date"].into_iter().chain(counts).chain(["recorded_at", "withdrawn_at", "note"]).collect();
    let mut table = Table::new(&header);
    for row in &contest.figures {
        let start = [code(contest, row.unit), row.day.to_string()];
        let counts = Indicator::ALL.map(|i| text(row.counts.get(i)));
        let note = text(row.note.clone());
        table.add(start.into_iter().chain(counts).chain(stamp(&row.stamp)).chain([note]));
    }
    table.finish()
}

fn source_figures(contest: &Contest) -> Table {
    let counts = Indicator::ALL.map(Indicator::code);
    let header: Vec<&str> = ["unit_code", "date", "source"]
        .into_iter()
        .chain(counts)
        .chain(["recorded_at", "withdrawn_at", "note"])
        .collect();
    let mut table = Table::new(&header);
    for row in &contest.source_figures {
        let source = contest.campaign.sources.code(row.source).to_owned();
        let start = [code(contest, row.unit), row.day.to_string(), source];
        let counts = Indicator::ALL.map(|i| text(row.counts.get(i)));
        table.add(start.into_iter().chain(counts).chain(stamp(&row.stamp)).chain([text(row.note.clone())]));
    }
    table
}

fn states(contest: &Contest) -> Table {
    let mut table = Table::new(&["unit_code", "state", "reason", "recorded_at"]);
    for row in &contest.states {
        let state = row.state.code().to_owned();
        table.add([code(contest, row.unit), state, row.reason.clone(), instant(row.recorded_at)]);
    }
    table
}

fn excuses(contest: &Contest) -> Table {
    let mut table = Table::new(&["unit_code", "date", "reason", "recorded_at", "withdrawn_at"]);
    for row in &contest.excuses {
        let start = [code(contest, row.unit), row.day.to_string(), row.reason.clone()];
        table.add(start.into_iter().chain(stamp(&row.stamp)));
    }
    table
}

fn start_levels(contest: &Contest) -> Table {
    let mut table = Table::new(&["unit_code", "level", "reason", "recorded_at", "withdrawn_at"]);
    for row in &contest.start_levels {
        table
            .add([code(contest, row.unit), row.level.clone(), row.reason.clone()].into_iter().chain(stamp(&row.stamp)));
    }
    table
}

fn declared_levels(contest: &Contest) -> Table {
    let mut table = Table::new(&["unit_code", "date", "level", "reason", "recorded_at", "withdrawn_at"]);
    for row in &contest.declared_levels {
        let start = [code(contest, row.unit), row.from.to_string(), row.level.clone(), text(row.reason.clone())];
        table.add(start.into_iter().chain(stamp(&row.stamp)));
    }
    table
}

fn criteria(contest: &Contest) -> Table {
    let mut header = vec!["code", "kind", "name_vi", "name_en", "type", "weight", "required", "due", "recorded_at"];
    // columns that came later stand where somebody uses them, so that older readers take the rest
    let is_more = |row: &CriterionRow| row.max_points.is_some() || row.evidence.is_some() || !row.stamp.stands();
    let has_more = contest.criteria.iter().any(is_more);
    if has_more {
        header.extend(["max_points", "evidence", "withdrawn_at"]);
    }
    let mut table = Table::new(&header);
    for row in &contest.criteria {
        let [recorded_at, withdrawn_at] = stamp(&row.stamp);
        let more = [text(row.max_points.map(Hundredths)), text(row.evidence.clone()), withdrawn_at];
        let plain = [
            row.code.clone(),
            kind(contest, row.kind),
            text(row.name_vi.clone()),
            text(row.name_en.clone()),
            text(row.value_type.map(|t| t.code())),
            millionths(row.weight),
            text(row.required),
            day(row.due),
            recorded_at,
        ];
        table.add(plain.into_iter().chain(more.into_iter().filter(|_| has_more)));
    }
    table
}

/// A weight as the shortest decimal.
fn millionths(weight: u64) -> String {
    let text = format!("{}.{:06}", weight / 1_000_000, weight % 1_000_000);
    let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    debug_assert_eq!(parse_decimal(&text, 6).map(|w| w as u64), Some(weight));
    text
}

fn assessments(contest: &Contest) -> Table {
    let header = ["unit_code", "criterion_code", "value", "verified", "date", "evidence", "recorded_at"];
    let mut table = Table::new(&header);
    for row in &contest.assessments {
        table.add([
            code(contest, row.unit),
            row.criterion.clone(),
            Hundredths(i64::from(row.value)).to_string(),
            row.verified.to_string(),
            day(row.date),
            text(row.evidence.clone()),
            instant(row.recorded_at),
        ]);
    }
    table
}

fn adjustments(contest: &Contest) -> Table {
    let mut table = Table::new(&["unit_code", "kind", "points", "reason", "recorded_at", "withdrawn_at"]);
    for row in &contest.adjustments {
        let points = Hundredths(row.points).to_string();
        let start = [code(contest, row.unit), row.kind.code().to_owned(), points, row.reason.clone()];
        table.add(start.into_iter().chain(stamp(&row.stamp)));
    }
    table
}
