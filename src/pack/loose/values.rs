//! Days and counts in the cells of loose tables.

use super::Cell;
use crate::domain::figure::MAX_COUNT;
use crate::domain::time::parse_day;
use crate::domain::{Day, number::parse_whole};

/// The order of day, month and year in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
    /// Year, month, day.
    Ymd,
}

/// A date as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It can be read in one way only.
    Day(Day),
    /// Two numbers and the year: the order is the column's.
    Numbers(u32, u32, i32),
}

/// What is expected of a date.
pub const A_DAY: &str = "a day such as 2021-07-13 or 13/07/2021";

impl Written {
    /// Reads a cell that holds a date.
    ///
    /// # Errors
    /// What is expected there.
    pub fn read(cell: &Cell) -> Result<Self, &'static str> {
        match cell {
            Cell::Day(day) => Ok(Self::Day(*day)),
            Cell::Text(text) => Self::parse(trim(text)).ok_or(A_DAY),
            Cell::NoValue => Err(NO_VALUE),
            Cell::Blank | Cell::Number(_) | Cell::Other(_) | Cell::Error(_) => Err(A_DAY),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Ok(day) = parse_day(text) {
            return Some(Self::Day(day));
        }
        let mark = text.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
        let mut parts = text.split(mark);
        let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |t: &str| parse_whole(t, 9999).and_then(|n| u32::try_from(n).ok());
        let small = |t: &str| number(t).filter(|_| t.len() <= 2);
        let year = |t: &str| number(t).filter(|_| t.len() == 4).map(u32::cast_signed);
        if parts.next().is_some() {
            return None;
        }
        if let Some(y) = year(a) {
            return Day::from_ymd_opt(y, small(b)?, small(c)?).map(Self::Day);
        }
        let written = Self::Numbers(small(a)?, small(b)?, year(c)?);
        (written.day(DateOrder::Dmy).is_some() || written.day(DateOrder::Mdy).is_some()).then_some(written)
    }

    /// The day in an order, if there is such a day. One that is clear has none of an order.
    pub fn day(self, order: DateOrder) -> Option<Day> {
        match (self, order) {
            (Self::Day(day), _) => Some(day),
            (Self::Numbers(d, m, y), DateOrder::Dmy) | (Self::Numbers(m, d, y), DateOrder::Mdy) => {
                Day::from_ymd_opt(y, m, d)
            }
            (Self::Numbers(..), DateOrder::Ymd) => None,
        }
    }

    /// The only order that it can be read in, where there is only one.
    pub fn only_order(self) -> Option<DateOrder> {
        match (self, self.day(DateOrder::Dmy), self.day(DateOrder::Mdy)) {
            (Self::Numbers(..), Some(_), None) => Some(DateOrder::Dmy),
            (Self::Numbers(..), None, Some(_)) => Some(DateOrder::Mdy),
            _ => None,
        }
    }

    /// Whether its two readings are two days.
    pub fn is_ambiguous(self) -> bool {
        match (self.day(DateOrder::Dmy), self.day(DateOrder::Mdy)) {
            (Some(a), Some(b)) => a != b,
            _ => false,
        }
    }
}

/// What is expected of a count.
pub const A_COUNT: &str = "a whole number from 0 to 10000000";
/// What is said of a formula without its result.
pub const NO_VALUE: &str =
    "a value: this is a formula without a stored value, open and save the file in Excel or LibreOffice";

/// A count and whether groups of three were read as thousands; none of a blank.
///
/// # Errors
/// What is expected there.
pub fn read_count(cell: &Cell, decimal: Option<char>) -> Result<Option<(u32, bool)>, String> {
    match cell {
        Cell::Blank => Ok(None),
        Cell::NoValue => Err(NO_VALUE.to_owned()),
        Cell::Text(text) => read_count_text(trim(text), decimal),
        Cell::Number(text) => match plain(text) {
            Some(count) => Ok(Some((count, false))),
            None => Err(expected_count(text)),
        },
        Cell::Day(_) | Cell::Other(_) => Err(format!("{A_COUNT}, not a date")),
        Cell::Error(_) => Err(format!("{A_COUNT}, not an error cell")),
    }
}

fn read_count_text(text: &str, decimal: Option<char>) -> Result<Option<(u32, bool)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(count) = plain(text) {
        return Ok(Some((count, false)));
    }
    match groups(text, decimal).and_then(|digits| plain(&digits)) {
        Some(count) => Ok(Some((count, true))),
        None => Err(expected_count(text)),
    }
}

fn plain(text: &str) -> Option<u32> {
    parse_whole(text, u64::from(MAX_COUNT)).and_then(|n| u32::try_from(n).ok())
}

/// The digits of a number in groups of three.
fn groups(text: &str, decimal: Option<char>) -> Option<String> {
    let mark = text.chars().find(|c| !c.is_ascii_digit())?;
    let is_mark = match mark {
        ' ' | '\u{a0}' | '\u{202f}' => true,
        '.' => decimal != Some('.'),
        // it groups in English and divides in Vietnamese: only who says so is believed
        ',' => decimal == Some('.'),
        _ => false,
    };
    let mut parts = text.split(mark);
    let first = parts.next()?;
    let is_first = (1..=3).contains(&first.len()) && !first.starts_with('0');
    let is_sound = is_mark && is_first && parts.all(|p| p.len() == 3);
    let digits: String = text.chars().filter(|c| *c != mark).collect();
    (is_sound && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

fn expected_count(text: &str) -> String {
    let below = text.strip_prefix(['-', '−', '–']).unwrap_or_default();
    if !below.is_empty() && below.chars().all(|c| c.is_ascii_digit()) {
        return format!(
            "{A_COUNT}; to correct a count downwards record the right count for the day the cases belong to"
        );
    }
    let is_both = text.contains(',') && text.chars().all(|c| c.is_ascii_digit() || c == ',');
    if is_both {
        return format!("{A_COUNT}, digits only: a comma may divide or group (say decimal to settle it)");
    }
    A_COUNT.to_owned()
}

/// A text without blanks and characters that cannot be seen at its ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_unseen(c))
}

/// Characters that take no room.
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn groups_of_three_are_thousands_and_nothing_else_is() {
        for grouped in ["1.229", "1 229", "1\u{a0}229", "1\u{202f}229"] {
            assert_eq!(read_count(&text(grouped), None), Ok(Some((1229, true))), "{grouped:?}");
        }
        assert_eq!(read_count(&text("10.000.000"), None), Ok(Some((10_000_000, true))));
        assert_eq!(read_count(&text(" 12\u{a0}"), None), Ok(Some((12, false))));
        for wrong in [
            "1,229",
            "12.34",
            "1.22",
            "1,5",
            "1.2290",
            "1.0",
            "1e3",
            "10.000.001",
            "1 to 4",
            "<5",
            "938*",
            "–",
            "-",
            "n/a",
            "#DIV/0!",
            "0.229",
            "1.229 000",
            "+3",
            "x",
        ] {
            assert!(read_count(&text(wrong), None).is_err(), "{wrong}");
        }
        assert!(read_count(&text("-3"), None).is_err_and(|e| e.contains("the day the cases belong to")));
        assert!(read_count(&text("–"), None).is_err_and(|e| !e.contains("belong")));
    }

    #[test]
    fn a_declared_decimal_mark_settles_what_groups() {
        assert_eq!(read_count(&text("1,229"), Some('.')), Ok(Some((1229, true))));
        assert!(read_count(&text("1.229"), Some('.')).is_err());
        assert!(read_count(&text("1,229"), Some(',')).is_err());
        assert_eq!(read_count(&text("1.229"), Some(',')), Ok(Some((1229, true))));
    }

    #[test]
    fn cells_that_are_no_whole_number_are_refused() {
        assert_eq!(read_count(&Cell::Number("1229".to_owned()), None), Ok(Some((1229, false))));
        assert_eq!(read_count(&Cell::Blank, None), Ok(None));
        for cell in [Cell::Number("1.229".to_owned()), Cell::Error("#N/A".to_owned()), Cell::NoValue] {
            assert!(read_count(&cell, None).is_err(), "{cell:?}");
        }
        assert!(read_count(&Cell::NoValue, None).is_err_and(|e| e.contains("LibreOffice")));
    }

    #[test]
    fn dates_are_read_in_one_way_or_wait_for_the_column() {
        let day = Day::from_ymd_opt(2021, 7, 13).unwrap_or_default();
        for clear in ["2021-07-13", "2021/7/13"] {
            assert_eq!(Written::read(&text(clear)), Ok(Written::Day(day)));
        }
        for dmy in ["13/07/2021", "13-7-2021", "13.07.2021"] {
            let written = Written::read(&text(dmy));
            assert_eq!(written.map(Written::only_order), Ok(Some(DateOrder::Dmy)));
            assert_eq!(written.map(|w| w.day(DateOrder::Dmy)), Ok(Some(day)));
        }
        assert_eq!(Written::read(&text("07/14/2021")).map(Written::only_order), Ok(Some(DateOrder::Mdy)));
        assert_eq!(Written::read(&text("04/07/2021")).map(Written::is_ambiguous), Ok(true));
        assert_eq!(Written::read(&text("07/07/2021")).map(Written::is_ambiguous), Ok(false));
        for wrong in ["13/07/21", "31/13/2021", "2021-02-30", "13/07", "13/07-2021", "44390", ""] {
            assert!(Written::read(&text(wrong)).is_err(), "{wrong}");
        }
        assert!(Written::read(&Cell::Number("44390".to_owned())).is_err());
    }
}
