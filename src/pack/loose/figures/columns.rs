//! The header of a loose table: its columns, its layout, the days of a wide one, and the order
//! that all its dates are read in.

use super::{Places, Reader, shown};
use crate::domain::{Day, Indicator};
use crate::pack::loose::header::Column;
use crate::pack::loose::options::{CUMULATIVE, DATE_ORDER, LAYOUT, Layout};
use crate::pack::loose::values::{DateOrder, Written};
use crate::pack::loose::{Cell, SheetRow};
use std::collections::HashMap;

impl Reader<'_> {
    /// Finds the columns by their headers.
    pub(super) fn places(&mut self, header: &SheetRow) -> Option<Places> {
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
        self.read_as.layout = LAYOUT.word(if is_wide { Layout::Wide } else { Layout::Long });
        self.read_as.counts = CUMULATIVE.word(self.options.cumulative);
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
    pub(super) fn date_order(&mut self, header: &SheetRow, body: &[SheetRow], places: &Places) -> Option<DateOrder> {
        if let Some(order) = self.options.date_order {
            self.read_as.date_order = Some(DATE_ORDER.word(order));
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
            (Some((a, of_one, one, _)), Some((b, of_other, other, _))) => {
                let expected = format!(
                    "one order of day and month in the whole column: line {a} ({one}) can only be d/m/y, line {b} ({other}) only m/d/y"
                );
                self.wrong(a, of_one, Some(one), expected.clone());
                self.wrong(b, of_other, Some(other), expected);
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
        self.read_as.date_order = Some(DATE_ORDER.word(order.unwrap_or(DateOrder::Ymd)));
        order
    }

    pub(super) fn header_days(
        &mut self,
        header: &SheetRow,
        places: &Places,
        order: Option<DateOrder>,
    ) -> Vec<(usize, Day)> {
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
}
