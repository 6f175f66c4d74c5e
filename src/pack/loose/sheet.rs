//! Bytes to cells: a text in any encoding and with any separator that spreadsheets write
//! ([`read_text`]), or a sheet of a workbook ([`read_workbook`]).

mod bounds;
mod text;
mod workbook;

pub use text::read_text;
pub use workbook::read_workbook;

use super::Cell;
use crate::domain::text::nfc;
use crate::pack::table::excerpt;
use crate::pack::{Errors, PackError};

/// Lines at which old and new spreadsheets cut a table off.
const CUTS: [u64; 2] = [65_536, 1_048_576];

fn push(errors: &mut Errors, file: &str, line: Option<u64>, column: Option<&str>, value: &str, expected: String) {
    let (file, column) = (file.to_owned(), column.map(str::to_owned));
    errors.push(PackError { file, line, column, value: Some(excerpt(value)), expected });
}

fn cut_off(lines: u64) -> Option<String> {
    let what = "where spreadsheets cut a table off; rows may be missing";
    CUTS.contains(&lines).then(|| format!("the table has exactly {lines} lines, {what}"))
}

fn text_cell(text: &str) -> Cell {
    if text.trim().is_empty() { Cell::Blank } else { Cell::Text(nfc(text)) }
}

#[cfg(test)]
mod tests;
