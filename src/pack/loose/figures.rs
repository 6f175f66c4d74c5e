//! Figures from the cells of a loose table, long or wide.

mod cells;
mod columns;

use super::header::{Column, is_total};
use super::options::FigureOptions;
use super::series::{Entered, Wrong, against_sum, differences, spread, without_repeats};
use super::units::UnitBook;
use super::values::{DateOrder, Written};
use super::{Cell, Sheet, SheetRow};
use crate::domain::text::parse_note;
use crate::domain::{Campaign, Counts, Day, Indicator};
use crate::pack::{Errors, PackError};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a table was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadAs {
    /// Its encoding, where it has one.
    pub encoding: Option<&'static str>,
    /// Its separator, where it has one.
    pub separator: Option<char>,
    /// Name of the sheet of a workbook.
    pub sheet: Option<String>,
    /// Each header and what it was read as.
    pub columns: Vec<(String, String)>,
    /// The order of dates, where they have one.
    pub date_order: Option<&'static str>,
    /// `long` or `wide`.
    pub layout: &'static str,
    /// `daily` or `cumulative`.
    pub counts: &'static str,
    /// Each name and the code of the unit that it was read as.
    pub names: BTreeMap<String, String>,
    /// What the sender should know.
    pub remarks: Vec<String>,
}

/// A figure of a loose table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseFigure {
    /// Index of the unit.
    pub unit: u32,
    /// The day.
    pub day: Day,
    /// The counts.
    pub counts: Counts,
    /// The note.
    pub note: Option<String>,
}

/// The figures of a loose table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseFigures {
    /// One for a unit and day.
    pub rows: Vec<LooseFigure>,
    /// How the table was read.
    pub read_as: ReadAs,
    /// Cells of a wide table that hold nothing.
    pub blank: u64,
    /// Rows that repeat others.
    pub repeated: u64,
}

/// Reads figures of the units of `book`; none, with all mistakes, where there is any.
pub fn read_figures(
    campaign: &Campaign,
    book: &UnitBook<'_>,
    file: &str,
    sheet: Sheet,
    options: &FigureOptions,
    errors: &mut Errors,
) -> Option<LooseFigures> {
    let before = errors.total();
    let (header, body) = match sheet.rows.split_first() {
        Some(parts) => parts,
        None => {
            errors.in_file(file, "a table with a header");
            return None;
        }
    };
    let mut reader = Reader { campaign, book, file, options, errors, read_as: ReadAs::default(), blank: 0, grouped: 0 };
    let places = reader.places(header)?;
    let order = reader.date_order(header, body, &places);
    let (rows, totals) = reader.rows(header, body, &places, order);
    reader.count_rows(rows.lines.len());
    if reader.errors.total() > before {
        return None;
    }
    reader.check_totals(&rows.entered, &totals);
    let (figures, repeated) = reader.combine(rows.entered)?;
    if reader.errors.total() > before {
        return None;
    }
    let Reader { mut read_as, blank, grouped, .. } = reader;
    if grouped > 0 {
        read_as.remarks.push(format!("{grouped} counts with groups of three digits were read as thousands"));
    }
    if !repeated.is_empty() {
        let lines = repeated.iter().take(20).map(u64::to_string).collect::<Vec<_>>().join(", ");
        let more = if repeated.len() > 20 { " and more" } else { "" };
        read_as.remarks.push(format!("{} repeated rows, lines {lines}{more}", repeated.len()));
    }
    read_as.remarks.extend(sheet.remarks);
    (read_as.encoding, read_as.separator, read_as.sheet) = (sheet.encoding, sheet.separator, sheet.sheet);
    Some(LooseFigures { rows: figures, read_as, blank, repeated: repeated.len() as u64 })
}

/// Where the columns of a table are.
struct Places {
    known: HashMap<Column, usize>,
    /// Columns of days, of a wide table.
    days: Vec<(usize, Written)>,
}

/// The rows of a table.
#[derive(Default)]
struct Rows {
    entered: Vec<Entered>,
    /// Lines of all rows that are no totals.
    lines: BTreeSet<u64>,
}

/// A count of a row of sums: of a day, or of all.
struct Total {
    line: u64,
    day: Option<Day>,
    indicator: Indicator,
    told: u32,
}

struct Reader<'a> {
    campaign: &'a Campaign,
    book: &'a UnitBook<'a>,
    file: &'a str,
    options: &'a FigureOptions,
    errors: &'a mut Errors,
    read_as: ReadAs,
    blank: u64,
    grouped: u64,
}

impl Reader<'_> {
    fn wrong(&mut self, line: u64, column: &str, value: Option<String>, expected: impl Into<String>) {
        self.errors.push(PackError {
            file: self.file.to_owned(),
            line: Some(line),
            column: Some(column.to_owned()),
            value,
            expected: expected.into(),
        });
    }

    fn tell(&mut self, wrong: Vec<Wrong>) {
        for w in wrong {
            self.wrong(w.line, w.column, Some(w.value), w.expected);
        }
    }

    fn rows(
        &mut self,
        header: &SheetRow,
        body: &[SheetRow],
        places: &Places,
        order: Option<DateOrder>,
    ) -> (Rows, Vec<Total>) {
        let mut rows = Rows::default();
        let mut totals = Vec::new();
        let days = self.header_days(header, places, order);
        for row in body.iter().filter(|r| r.cells.iter().any(|c| *c != Cell::Blank)) {
            if row.cells.iter().skip(header.cells.len()).any(|c| *c != Cell::Blank) {
                let expected = format!("{} fields, as many as the header has", header.cells.len());
                self.wrong(row.line, "", None, expected);
                continue;
            }
            let cell = |column| places.known.get(&column).and_then(|at| row.cells.get(*at)).unwrap_or(&Cell::Blank);
            let is_sum = [Column::UnitCode, Column::Name]
                .into_iter()
                .map(cell)
                .any(|c| matches!(c, Cell::Text(t) if is_total(t) && !self.book.is_code(t)));
            if is_sum {
                self.total(row, cell, &days, order, &mut totals);
                continue;
            }
            rows.lines.insert(row.line);
            let unit = self.unit(row.line, cell);
            if places.days.is_empty() {
                rows.entered.extend(self.long_row(row.line, unit, cell, order));
            } else {
                self.wide_row(row, unit, cell, &days, &mut rows.entered);
            }
        }
        (rows, totals)
    }

    fn in_time(&mut self, line: u64, day: Day) -> bool {
        let last = self.campaign.window.to;
        if day > last {
            self.wrong(line, "date", Some(day.to_string()), format!("a day up to {last}, the window's last"));
        }
        day <= last
    }

    fn check_totals(&mut self, rows: &[Entered], totals: &[Total]) {
        let mut lines = BTreeSet::new();
        for total in totals {
            let summed = rows.iter().filter(|r| total.day.is_none_or(|day| r.to == day));
            let value = |r: &Entered| r.values.get(total.indicator.index()).copied().flatten().map(u64::from);
            let sum = summed.filter_map(value).sum();
            self.tell(against_sum(total.line, total.indicator, total.told, sum).into_iter().collect());
            lines.insert(total.line);
        }
        for line in lines {
            self.read_as.remarks.push(format!("line {line} is a total: compared with its rows, not stored"));
        }
    }

    fn count_rows(&mut self, found: usize) {
        if let Some(rows) = self.options.rows.filter(|rows| *rows != found as u64) {
            let expected = format!("{rows} rows, as was said; found {found}");
            self.errors.in_file(self.file, expected);
        }
    }

    /// One figure for a unit and day, and the lines of rows that repeat others.
    fn combine(&mut self, rows: Vec<Entered>) -> Option<(Vec<LooseFigure>, Vec<u64>)> {
        let combined = without_repeats(rows).and_then(|(rows, repeated)| {
            let rows = if self.options.cumulative { differences(rows)? } else { rows };
            Ok((rows, repeated))
        });
        let (rows, repeated) = combined.map_err(|wrong| self.tell(wrong)).ok()?;
        let mut figures = Vec::with_capacity(rows.len());
        for row in rows.iter().flat_map(spread) {
            let Entered { line, unit, to, values, note, .. } = row;
            let note = note.and_then(|note| match parse_note(&note) {
                Ok(note) => Some(note),
                Err(expected) => {
                    self.wrong(line, "note", Some(note), expected);
                    None
                }
            });
            match Counts::new(values) {
                Ok(counts) => figures.push(LooseFigure { unit, day: to, counts, note }),
                Err(wrong) => {
                    for error in wrong {
                        let value = values.get(error.indicator.index()).copied().flatten().map(|v| v.to_string());
                        self.wrong(line, error.indicator.code(), value, error.expected);
                    }
                }
            }
        }
        Some((figures, repeated))
    }
}

/// A cell as it stands, for messages.
fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Blank | Cell::NoValue => String::new(),
        Cell::Text(text) | Cell::Number(text) | Cell::Other(text) | Cell::Error(text) => text.clone(),
        Cell::Day(day) => day.to_string(),
    }
}

#[cfg(test)]
mod tests;
