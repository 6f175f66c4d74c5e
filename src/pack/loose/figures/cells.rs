//! The rows of a loose table: what their cells say of a unit's days.

use super::{Reader, Total, shown};
use crate::domain::text::parse_note;
use crate::domain::{Day, Indicator};
use crate::pack::loose::header::Column;
use crate::pack::loose::options::DATE_ORDER;
use crate::pack::loose::series::Entered;
use crate::pack::loose::values::{DateOrder, Written, read_count, trim};
use crate::pack::loose::{Cell, SheetRow};

/// How many days one count may be of.
const MAX_SPREAD: i64 = 366;

impl Reader<'_> {
    pub(super) fn unit<'c>(&mut self, line: u64, cell: impl Fn(Column) -> &'c Cell) -> Option<u32> {
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

    pub(super) fn day(&mut self, line: u64, column: Column, cell: &Cell, order: Option<DateOrder>) -> Option<Day> {
        match Written::read(cell) {
            Ok(written) => {
                let day = written.day(order.unwrap_or(DateOrder::Ymd));
                // where no order was settled this was said of the column
                if day.is_none()
                    && let Some(order) = order
                {
                    let expected = format!("a day in the order {}", DATE_ORDER.word(order));
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

    pub(super) fn count(&mut self, line: u64, column: &str, cell: &Cell) -> Option<Option<u32>> {
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

    pub(super) fn note(&mut self, line: u64, cell: &Cell) -> Option<String> {
        let text = shown(cell);
        match parse_note(trim(&text)) {
            Ok(note) => Some(note).filter(|n| !n.is_empty()),
            Err(expected) => {
                self.wrong(line, "note", Some(text), expected);
                None
            }
        }
    }

    pub(super) fn long_row<'c>(
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

    pub(super) fn wide_row<'c>(
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

    pub(super) fn total<'c>(
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
}
