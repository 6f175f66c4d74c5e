//! Tables as people send them: spreadsheets and loose CSV (issue of the reporting day).
//!
//! Two steps. [`sheet`] turns bytes into cells, whatever the encoding, separator or
//! workbook; what is done after it makes figures or units of the cells. Both list
//! every mistake by line, column, value and expectation, and say what they decided, so
//! that nothing is guessed in silence. Packs stay strict and never come here.

pub mod figures;
pub mod header;
pub mod series;
pub mod sheet;
pub mod units;
pub mod values;

use crate::domain::Day;

/// What a cell of a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing, or blanks alone.
    Blank,
    /// A text as it stands, decoded and composed (NFC), blanks at its ends kept.
    Text(String),
    /// A number cell of a workbook, in the shortest decimal digits that stand for it
    /// (`27346`, `1.229`, `-3`).
    Number(String),
    /// A date cell of a workbook.
    Day(Day),
    /// A date cell with a time of day, or any other that no day stands for; as shown.
    Other(String),
    /// An error cell such as `#N/A`.
    Error(String),
    /// A formula that the writing program left without its result.
    NoValue,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// Where it begins: the line of the file, the row of the sheet; the first is 1.
    pub line: u64,
    /// Its cells. A row of a workbook may be shorter than the header.
    pub cells: Vec<Cell>,
}

/// A table: its rows in order, the header among them, and how it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Rows that hold anything.
    pub rows: Vec<SheetRow>,
    /// `utf-8`, `utf-16le`, `utf-16be`, `windows-1258`; none of a workbook.
    pub encoding: Option<&'static str>,
    /// `,`, `;` or a tab; none of a workbook.
    pub separator: Option<char>,
    /// Name of the sheet of a workbook.
    pub sheet: Option<String>,
    /// Whether a workbook counts its days from 1904.
    pub from_1904: bool,
    /// What the sender should know: a file that ends at a format's limit, other sheets that
    /// were not read.
    pub remarks: Vec<String>,
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

#[cfg(test)]
mod variants;
