//! What a sender says of a table, where the reader must not decide, and the words for it: the
//! API, the command line and the answers use the same.

use super::values::DateOrder;

/// How days stand in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A row for a unit and day.
    Long,
    /// A row for a unit, a column for a day.
    Wide,
}

/// What the sender said of the file, where the reader must not decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetOptions {
    /// The encoding, by its WHATWG label.
    pub encoding: Option<String>,
    /// The separator.
    pub separator: Option<char>,
    /// The sheet of a workbook, by name; the first without.
    pub sheet: Option<String>,
}

/// What the sender said of the figures, where the reader must not decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// The words that may be said of one thing, and what each means.
#[derive(Clone, Copy, Debug)]
pub struct Choice<T: 'static>(&'static [(&'static str, T)]);

impl<T: Copy + PartialEq + 'static> Choice<T> {
    /// What a word means.
    pub fn parse(self, word: &str) -> Option<T> {
        self.0.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
    }

    /// The word for something; empty for what cannot be said.
    pub fn word(self, meaning: T) -> &'static str {
        self.0.iter().find(|(_, known)| *known == meaning).map_or("", |(word, _)| *word)
    }

    /// All words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(word, _)| *word)
    }

    /// All words, for messages: `comma, semicolon or tab`.
    pub fn expected(self) -> String {
        let words: Vec<_> = self.words().collect();
        match words.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// What stands between two cells of a text.
pub const SEPARATOR: Choice<char> = Choice(&[("comma", ','), ("semicolon", ';'), ("tab", '\t')]);

/// The mark before decimals.
pub const DECIMAL: Choice<char> = Choice(&[("point", '.'), ("comma", ',')]);

/// How days stand.
pub const LAYOUT: Choice<Layout> = Choice(&[("long", Layout::Long), ("wide", Layout::Wide)]);

/// The order of dates.
pub const DATE_ORDER: Choice<DateOrder> =
    Choice(&[("dmy", DateOrder::Dmy), ("mdy", DateOrder::Mdy), ("ymd", DateOrder::Ymd)]);

/// Whether counts are sums since the beginning.
pub const CUMULATIVE: Choice<bool> = Choice(&[("daily", false), ("cumulative", true)]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_means_what_it_is_said_for() {
        for separator in [',', ';', '\t'] {
            assert_eq!(SEPARATOR.parse(SEPARATOR.word(separator)), Some(separator));
        }
        assert_eq!((SEPARATOR.parse("|"), SEPARATOR.word('|')), (None, ""));
        assert_eq!(SEPARATOR.expected(), "comma, semicolon or tab");
        assert_eq!(LAYOUT.expected(), "long or wide");
    }
}
