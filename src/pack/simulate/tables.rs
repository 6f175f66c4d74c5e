//! The files of a pack, written row by row and never held.

use super::reports::{DAY, HOUR, Report, Second};
use crate::domain::Day;
use crate::domain::unit::Point;
use crate::pack::source::Files;
use chrono::Days;
use std::fmt::Write as _;
use std::io::{Result, Write};

/// Where the files of a simulated pack go.
pub trait Sink {
    /// A file while it is written. It is given large pieces and needs no buffer of its own.
    type File: Write;

    /// Begins a file of the pack.
    ///
    /// # Errors
    /// What the medium refuses.
    fn open(&mut self, name: &'static str) -> Result<Self::File>;

    /// Ends it.
    ///
    /// # Errors
    /// What the medium refuses.
    fn close(&mut self, name: &'static str, file: Self::File) -> Result<()>;
}

/// In memory, for packs that are small.
impl Sink for Files {
    type File = Vec<u8>;

    fn open(&mut self, _: &'static str) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn close(&mut self, name: &'static str, file: Vec<u8>) -> Result<()> {
        self.0.insert(name.to_owned(), file);
        Ok(())
    }
}

/// Writes a whole file.
pub(super) fn write_whole<S: Sink>(sink: &mut S, name: &'static str, content: &[u8]) -> Result<()> {
    let mut file = sink.open(name)?;
    file.write_all(content)?;
    sink.close(name, file)
}

/// How many bytes go to a file at once.
const BUFFER: usize = 1 << 16;

/// A file that begins with its first row, so that none stands empty.
struct Table<F: Write> {
    name: &'static str,
    header: &'static str,
    writer: Option<csv::Writer<F>>,
}

impl<F: Write> Table<F> {
    fn new(name: &'static str, header: &'static str) -> Self {
        Self { name, header, writer: None }
    }

    fn writer<S: Sink<File = F>>(&mut self, sink: &mut S) -> Result<&mut csv::Writer<F>> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => {
                let file = sink.open(self.name)?;
                let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(file);
                writer.write_record(self.header.split(','))?;
                writer
            }
        };
        Ok(self.writer.insert(writer))
    }

    fn finish<S: Sink<File = F>>(&mut self, sink: &mut S) -> Result<()> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        writer.flush()?;
        let file = writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?;
        sink.close(self.name, file)
    }
}

/// A row of `units.csv`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnitLine<'a> {
    pub(super) code: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) parent: &'a str,
    pub(super) block: &'a str,
    pub(super) population: u32,
    pub(super) households: Option<u32>,
    pub(super) point: Option<Point>,
}

/// Counts that a unit may leave blank.
#[derive(Clone, Copy, Debug)]
pub(super) struct Classes {
    pub(super) contained: u16,
    pub(super) unknown_source: u16,
    pub(super) households: u16,
}

/// The tables of a pack while it is written.
pub(super) struct Tables<'a, S: Sink> {
    sink: &'a mut S,
    first_day: Day,
    text: Scratch,
    units: Table<S::File>,
    figures: Table<S::File>,
    neighbours: Table<S::File>,
    states: Table<S::File>,
    excused: Table<S::File>,
    start_levels: Table<S::File>,
    adjustments: Table<S::File>,
    /// Rows of `units.csv`.
    pub(super) unit_rows: u64,
    /// Rows of `figures.csv`.
    pub(super) figure_rows: u64,
}

impl<'a, S: Sink> Tables<'a, S> {
    /// Begins the tables that every pack has; the others begin with their first row.
    pub(super) fn begin(sink: &'a mut S, first_day: Day) -> Result<Self> {
        let mut tables = Self {
            sink,
            first_day,
            text: Scratch(String::new()),
            units: Table::new("units.csv", "code,name,kind,parent_code,block,population,households,lat,lng"),
            figures: Table::new(
                "figures.csv",
                "unit_code,date,community_f0,contained_f0,unknown_source_f0,households_f0,recorded_at,withdrawn_at,note",
            ),
            neighbours: Table::new("neighbours.csv", "a,b"),
            states: Table::new("states.csv", "unit_code,state,reason,recorded_at"),
            excused: Table::new("excused.csv", "unit_code,date,reason,recorded_at,withdrawn_at"),
            start_levels: Table::new("start_levels.csv", "unit_code,level,reason,recorded_at,withdrawn_at"),
            adjustments: Table::new("adjustments.csv", "unit_code,kind,points,reason,recorded_at,withdrawn_at"),
            unit_rows: 0,
            figure_rows: 0,
        };
        tables.units.writer(tables.sink)?;
        tables.figures.writer(tables.sink)?;
        Ok(tables)
    }

    pub(super) fn unit(&mut self, unit: &UnitLine<'_>) -> Result<()> {
        let text = |value: Option<String>| value.unwrap_or_default();
        self.units.writer(self.sink)?.write_record([
            unit.code,
            unit.name,
            unit.kind,
            unit.parent,
            unit.block,
            &unit.population.to_string(),
            &text(unit.households.map(|n| n.to_string())),
            &text(unit.point.map(|p| p.lat.to_string())),
            &text(unit.point.map(|p| p.lng.to_string())),
        ])?;
        self.unit_rows += 1;
        Ok(())
    }

    pub(super) fn figure(&mut self, unit: &str, report: &Report, classes: Option<Classes>) -> Result<()> {
        let day = self.day(report.day);
        let text = &mut self.text;
        let writer = self.figures.writer(self.sink)?;
        writer.write_field(unit)?;
        writer.write_field(text.of(day))?;
        writer.write_field(text.of(report.community))?;
        let classes = classes.map(|c| [c.contained, c.unknown_source, c.households].map(Some));
        for class in classes.unwrap_or_default() {
            match class {
                Some(count) => writer.write_field(text.of(count))?,
                None => writer.write_field("")?,
            }
        }
        writer.write_field(text.instant(self.first_day, report.recorded))?;
        match report.withdrawn {
            Some(at) => writer.write_field(text.instant(self.first_day, at))?,
            None => writer.write_field("")?,
        }
        writer.write_field(report.note)?;
        writer.write_record(None::<&[u8]>)?;
        self.figure_rows += 1;
        Ok(())
    }

    pub(super) fn neighbours(&mut self, a: &str, b: &str) -> Result<()> {
        Ok(self.neighbours.writer(self.sink)?.write_record([a, b])?)
    }

    pub(super) fn state(&mut self, unit: &str, state: &str, reason: &str, recorded: Second) -> Result<()> {
        let recorded = instant(self.first_day, recorded);
        Ok(self.states.writer(self.sink)?.write_record([unit, state, reason, &recorded])?)
    }

    pub(super) fn excuse(&mut self, unit: &str, day: usize, reason: &str, life: Life) -> Result<()> {
        let day = self.day(day).to_string();
        let [recorded, withdrawn] = self.life(life);
        Ok(self.excused.writer(self.sink)?.write_record([unit, &day, reason, &recorded, &withdrawn])?)
    }

    pub(super) fn start_level(&mut self, unit: &str, level: &str, reason: &str, life: Life) -> Result<()> {
        let [recorded, withdrawn] = self.life(life);
        Ok(self.start_levels.writer(self.sink)?.write_record([unit, level, reason, &recorded, &withdrawn])?)
    }

    /// A bonus or deduction; points in halves.
    pub(super) fn adjustment(&mut self, unit: &str, kind: &str, halves: u32, reason: &str, life: Life) -> Result<()> {
        let points = format!("{}.{}", halves / 2, halves % 2 * 5);
        let [recorded, withdrawn] = self.life(life);
        Ok(self.adjustments.writer(self.sink)?.write_record([unit, kind, &points, reason, &recorded, &withdrawn])?)
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.units.finish(self.sink)?;
        self.figures.finish(self.sink)?;
        self.neighbours.finish(self.sink)?;
        self.states.finish(self.sink)?;
        self.excused.finish(self.sink)?;
        self.start_levels.finish(self.sink)?;
        self.adjustments.finish(self.sink)
    }

    fn day(&self, day: usize) -> Day {
        day_after(self.first_day, day as u64)
    }

    fn life(&self, life: Life) -> [String; 2] {
        let withdrawn = life.withdrawn.map(|at| instant(self.first_day, at)).unwrap_or_default();
        [instant(self.first_day, life.recorded), withdrawn]
    }
}

/// When a decision was recorded and taken back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) recorded: Second,
    pub(super) withdrawn: Option<Second>,
}

fn day_after(first: Day, days: u64) -> Day {
    first.checked_add_days(Days::new(days)).unwrap_or(first)
}

fn instant(first: Day, at: Second) -> String {
    let mut text = Scratch(String::new());
    text.instant(first, at);
    text.0
}

/// One buffer for the fields of a row: rows come by the million.
struct Scratch(String);

impl Scratch {
    fn of(&mut self, value: impl std::fmt::Display) -> &str {
        self.0.clear();
        // writing into memory does not fail
        let _ = write!(self.0, "{value}");
        &self.0
    }

    fn instant(&mut self, first: Day, at: Second) -> &str {
        let day = day_after(first, u64::try_from(at / DAY).unwrap_or_default());
        let second = at % DAY;
        self.0.clear();
        let _ = write!(self.0, "{day}T{:02}:{:02}:{:02}Z", second / HOUR, second / 60 % 60, second % 60);
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_days_and_seconds_after_the_first() {
        let first: Day = "2021-06-25".parse().unwrap();
        assert_eq!(instant(first, 0), "2021-06-25T00:00:00Z");
        assert_eq!(instant(first, 6 * DAY + 13 * HOUR + 61), "2021-07-01T13:01:01Z");
    }

    #[test]
    fn a_table_begins_with_its_first_row() {
        let mut files = Files::default();
        let mut tables = Tables::begin(&mut files, "2021-06-25".parse().unwrap()).unwrap();
        tables.adjustment("a", "bonus", 5, "x, y", Life { recorded: 0, withdrawn: Some(DAY) }).unwrap();
        tables.finish().unwrap();
        let names: Vec<_> = files.0.keys().map(String::as_str).collect();
        assert_eq!(names, ["adjustments.csv", "figures.csv", "units.csv"]);
        let text = String::from_utf8_lossy(files.get("adjustments.csv").unwrap_or_default()).into_owned();
        assert!(text.ends_with("\na,bonus,2.5,\"x, y\",2021-06-25T00:00:00Z,2021-06-26T00:00:00Z\n"), "{text}");
    }
}
