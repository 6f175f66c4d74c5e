//! Figures from the cells of a loose table, long or wide.

use super::header::{Column, is_total};
use super::series::{Entered, Wrong, against_sum, differences, spread, without_repeats};
use super::units::UnitBook;
use super::values::{DateOrder, Written, read_count, trim};
use super::{Cell, Sheet, SheetRow};
use crate::domain::text::parse_note;
use crate::domain::{Campaign, Counts, Day, Indicator};
use crate::pack::{Errors, PackError};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How days stand in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A row for a unit and day.
    Long,
    /// A row for a unit, a column for a day.
    Wide,
}

/// What the sender said of the figures, where the reader must not decide.
#[derive(Clone, Debug, Default)]
pub struct FigureOptions {
    /// The order of dates.
    pub date_order: Option<DateOrder>,
    /// The mark before decimals; the other one of `.` and `,` groups thousands.
    pub decimal: Option<char>,
    /// How days stand.
    pub layout: Option<Layout>,
    /// Whether counts are sums since the beginning.
    pub cumulative: bool,
    /// How many rows there must be, headers and totals not counted.
    pub rows: Option<u64>,
}

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

    /// Finds the columns by their headers.
    fn places(&mut self, header: &SheetRow) -> Option<Places> {
        let before = self.errors.total();
        let mut places = Places { known: HashMap::new(), days: Vec::new() };
        let mut seen_days: Vec<Written> = Vec::new();
        for (at, cell) in header.cells.iter().enumerate() {
            let text = shown(cell);
            let day = Written::read(cell).ok().filter(|_| self.options.layout != Some(Layout::Long));
            let (name, is_new) = match (Column::find(&text), day) {
                (Some(column), _) => (column.code().to_owned(), places.known.insert(column, at).is_none()),
                (None, Some(day)) => {
                    places.days.push((at, day));
                    let is_new = !seen_days.contains(&day);
                    seen_days.push(day);
                    ("community_f0".to_owned(), is_new)
                }
                (None, None) if *cell == Cell::Blank => continue,
                (None, None) => {
                    let expected = format!("a known column: {}, or a day", Column::known());
                    self.wrong(header.line, &text, Some(text.clone()), expected);
                    continue;
                }
            };
            if !is_new {
                self.wrong(header.line, &name, Some(text.clone()), format!("the column {name} once"));
            }
            self.read_as.columns.push((text, name));
        }
        self.check_places(header.line, &places);
        (self.errors.total() == before).then_some(places)
    }

    fn check_places(&mut self, line: u64, places: &Places) {
        let has = |column| places.known.contains_key(&column);
        let is_wide = self.options.layout == Some(Layout::Wide) || !places.days.is_empty();
        self.read_as.layout = if is_wide { "wide" } else { "long" };
        self.read_as.counts = if self.options.cumulative { "cumulative" } else { "daily" };
        if !has(Column::UnitCode) && !has(Column::Name) {
            self.wrong(line, "unit_code", None, "a column of unit codes or names");
        }
        if is_wide {
            if places.days.is_empty() {
                self.wrong(line, "date", None, "a column for each day, with the day as its header");
            }
            let counts = Indicator::ALL.map(Column::Count);
            for column in [Column::Date, Column::DateFrom].into_iter().chain(counts).filter(|c| has(*c)) {
                self.wrong(line, column.code(), None, "columns of days alone: a wide table has no such column");
            }
            return;
        }
        for column in [Column::Date, Column::Count(Indicator::CommunityF0)] {
            if !has(column) {
                self.wrong(line, column.code(), None, "this column: it is required");
            }
        }
        if has(Column::DateFrom) && self.options.cumulative {
            self.wrong(line, "date_from", None, "no such column beside cumulative counts");
        }
    }

    /// Settles the order of all dates of the table.
    fn date_order(&mut self, header: &SheetRow, body: &[SheetRow], places: &Places) -> Option<DateOrder> {
        if let Some(order) = self.options.date_order {
            self.read_as.date_order = Some(order.code());
            return Some(order);
        }
        let mut dates: Vec<(u64, &'static str, String, Written)> = Vec::new();
        for (at, day) in &places.days {
            dates.push((header.line, "date", header.cells.get(*at).map(shown).unwrap_or_default(), *day));
        }
        for column in [Column::DateFrom, Column::Date] {
            let Some(at) = places.known.get(&column) else { continue };
            for row in body {
                if let Some(cell) = row.cells.get(*at)
                    && let Ok(day @ Written::Numbers(..)) = Written::read(cell)
                {
                    dates.push((row.line, column.code(), shown(cell), day));
                }
            }
        }
        let only = |order| dates.iter().find(move |(.., day)| day.only_order() == Some(order)).cloned();
        let order = match (only(DateOrder::Dmy), only(DateOrder::Mdy)) {
            (Some((a, _, one, _)), Some((b, column, other, _))) => {
                let expected = format!(
                    "one order of day and month in the whole column: line {a} ({one}) can only be d/m/y, line {b} ({other}) only m/d/y"
                );
                self.wrong(b, column, Some(other), expected);
                return None;
            }
            (Some(_), None) => Some(DateOrder::Dmy),
            (None, Some(_)) => Some(DateOrder::Mdy),
            (None, None) => None,
        };
        let unclear = dates.iter().find(|(.., day)| day.is_ambiguous()).cloned();
        if let (None, Some((line, column, value, written))) = (order, unclear)
            && let (Some(dmy), Some(mdy)) = (written.day(DateOrder::Dmy), written.day(DateOrder::Mdy))
        {
            let expected = format!(
                "dates of one reading: every date of the column may be d/m/y ({dmy}) or m/d/y ({mdy}); say date_order=dmy or date_order=mdy"
            );
            self.wrong(line, column, Some(value), expected);
            return None;
        }
        // dates such as 07/07/2021 are the same in both
        let order =
            order.or_else(|| dates.iter().any(|(.., d)| matches!(d, Written::Numbers(..))).then_some(DateOrder::Dmy));
        self.read_as.date_order = Some(order.unwrap_or(DateOrder::Ymd).code());
        order
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

    fn header_days(&mut self, header: &SheetRow, places: &Places, order: Option<DateOrder>) -> Vec<(usize, Day)> {
        let order = order.unwrap_or(DateOrder::Ymd);
        let mut days: Vec<(usize, Day)> = Vec::new();
        for (at, written) in &places.days {
            let Some(day) = written.day(order) else { continue };
            if days.iter().any(|(_, d)| *d == day) {
                self.wrong(header.line, "date", Some(day.to_string()), "each day in one column");
            }
            if self.in_time(header.line, day) {
                days.push((*at, day));
            }
        }
        days
    }

    fn in_time(&mut self, line: u64, day: Day) -> bool {
        let last = self.campaign.window.to;
        if day > last {
            self.wrong(line, "date", Some(day.to_string()), format!("a day up to {last}, the window's last"));
        }
        day <= last
    }

    fn unit<'c>(&mut self, line: u64, cell: impl Fn(Column) -> &'c Cell) -> Option<u32> {
        match self.book.find(cell(Column::UnitCode), cell(Column::Name), cell(Column::Parent)) {
            Ok((unit, by_name)) => {
                if by_name {
                    let code = self.book.code(unit).to_owned();
                    self.read_as.names.insert(trim(&shown(cell(Column::Name))).to_owned(), code);
                }
                Some(unit)
            }
            Err((column, expected)) => {
                self.wrong(line, column.code(), Some(shown(cell(column))), expected);
                None
            }
        }
    }

    fn day(&mut self, line: u64, column: Column, cell: &Cell, order: Option<DateOrder>) -> Option<Day> {
        match Written::read(cell) {
            Ok(written) => {
                let day = written.day(order.unwrap_or(DateOrder::Ymd));
                // where no order was settled this was said of the column
                if day.is_none()
                    && let Some(order) = order
                {
                    let expected = format!("a day in the order {}", order.code());
                    self.wrong(line, column.code(), Some(shown(cell)), expected);
                }
                day
            }
            Err(expected) => {
                self.wrong(line, column.code(), Some(shown(cell)), expected);
                None
            }
        }
    }

    fn count(&mut self, line: u64, column: &str, cell: &Cell) -> Option<Option<u32>> {
        match read_count(cell, self.options.decimal) {
            Ok(Some((count, is_grouped))) => {
                self.grouped += u64::from(is_grouped);
                Some(Some(count))
            }
            Ok(None) => Some(None),
            Err(expected) => {
                self.wrong(line, column, Some(shown(cell)), expected);
                None
            }
        }
    }

    fn note(&mut self, line: u64, cell: &Cell) -> Option<String> {
        let text = shown(cell);
        match parse_note(trim(&text)) {
            Ok(note) => Some(note).filter(|n| !n.is_empty()),
            Err(expected) => {
                self.wrong(line, "note", Some(text), expected);
                None
            }
        }
    }

    fn long_row<'c>(
        &mut self,
        line: u64,
        unit: Option<u32>,
        cell: impl Fn(Column) -> &'c Cell,
        order: Option<DateOrder>,
    ) -> Option<Entered> {
        let to = self.day(line, Column::Date, cell(Column::Date), order).filter(|day| self.in_time(line, *day));
        let from = match cell(Column::DateFrom) {
            Cell::Blank => to,
            from => self.day(line, Column::DateFrom, from, order),
        };
        let mut values = [None; 6];
        let mut is_sound = true;
        for (value, indicator) in values.iter_mut().zip(Indicator::ALL) {
            let read = self.count(line, indicator.code(), cell(Column::Count(indicator)));
            is_sound &= read.is_some();
            *value = read.flatten();
            if indicator == Indicator::CommunityF0 && read == Some(None) {
                let expected = "a whole number from 0 to 10000000, 0 if there was no case";
                self.wrong(line, indicator.code(), Some(String::new()), expected);
                is_sound = false;
            }
        }
        let note = self.note(line, cell(Column::Note));
        let (unit, from, to) = (unit?, from?, to?);
        if from > to || (to - from).num_days() >= MAX_SPREAD {
            let expected = format!("a day up to {to}, the last of at most {MAX_SPREAD} days");
            self.wrong(line, "date_from", Some(from.to_string()), expected);
            return None;
        }
        is_sound.then_some(Entered { line, unit, from, to, values, note })
    }

    fn wide_row<'c>(
        &mut self,
        row: &SheetRow,
        unit: Option<u32>,
        cell: impl Fn(Column) -> &'c Cell,
        days: &[(usize, Day)],
        entered: &mut Vec<Entered>,
    ) {
        let note = self.note(row.line, cell(Column::Note));
        for (at, day) in days {
            let read = self.count(row.line, &day.to_string(), row.cells.get(*at).unwrap_or(&Cell::Blank));
            match (read.flatten(), unit) {
                (Some(count), Some(unit)) => {
                    let values = [Some(count), None, None, None, None, None];
                    entered.push(Entered { line: row.line, unit, from: *day, to: *day, values, note: note.clone() });
                }
                (None, _) => self.blank += u64::from(read.is_some()),
                (Some(_), None) => {}
            }
        }
    }

    fn total<'c>(
        &mut self,
        row: &SheetRow,
        cell: impl Fn(Column) -> &'c Cell,
        days: &[(usize, Day)],
        order: Option<DateOrder>,
        totals: &mut Vec<Total>,
    ) {
        let line = row.line;
        for (at, day) in days {
            let told = self.count(line, &day.to_string(), row.cells.get(*at).unwrap_or(&Cell::Blank)).flatten();
            let indicator = Indicator::CommunityF0;
            totals.extend(told.map(|told| Total { line, day: Some(*day), indicator, told }));
        }
        let day = match cell(Column::Date) {
            Cell::Blank => None,
            date => self.day(line, Column::Date, date, order),
        };
        for indicator in Indicator::ALL {
            let told = self.count(line, indicator.code(), cell(Column::Count(indicator))).flatten();
            totals.extend(told.map(|told| Total { line, day, indicator, told }));
        }
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

/// How many days one count may be of.
const MAX_SPREAD: i64 = 366;

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
