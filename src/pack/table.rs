//! Strict CSV: one table of a pack, record by record (contract.md section 1, CSV).

use super::{Errors, PackError};
use crate::domain::text::nfc;
use std::borrow::Cow;
use std::io::Read;

/// The columns of a file: the first `required` must be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// Name of the file.
    pub(super) file: &'static str,
    /// All columns that are known.
    pub(super) names: &'static [&'static str],
    /// How many of them, from the first, are required.
    pub(super) required: usize,
}

/// One record of a table.
#[derive(Debug)]
pub(super) struct Row<'a> {
    columns: &'a Columns,
    /// Place of each known column in the record, if the file has it.
    places: &'a [Option<usize>],
    record: &'a csv::StringRecord,
    /// Where the record begins.
    pub(super) line: u64,
}

impl Row<'_> {
    /// The text of a column by its place in [`Columns::names`]; empty where the file has none.
    pub(super) fn at(&self, column: usize) -> &str {
        self.places.get(column).copied().flatten().and_then(|i| self.record.get(i)).unwrap_or_default()
    }

    /// The text of a column as NFC.
    pub(super) fn nfc_at(&self, column: usize) -> Cow<'_, str> {
        let text = self.at(column);
        if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(nfc(text)) }
    }

    /// A mistake in a column of this record.
    pub(super) fn wrong(&self, errors: &mut Errors, column: usize, expected: impl Into<String>) {
        errors.push(PackError {
            file: self.columns.file.to_owned(),
            line: Some(self.line),
            column: self.columns.names.get(column).map(|c| (*c).to_owned()),
            value: Some(excerpt(self.at(column))),
            expected: expected.into(),
        });
    }

    /// A mistake of the whole record.
    pub(super) fn wrong_row(&self, errors: &mut Errors, expected: impl Into<String>) {
        let (file, line) = (self.columns.file.to_owned(), Some(self.line));
        errors.push(PackError { file, line, column: None, value: None, expected: expected.into() });
    }

    /// A column that must hold something.
    pub(super) fn required<T, E: Into<String>>(
        &self,
        errors: &mut Errors,
        column: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.at(column)) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.wrong(errors, column, expected);
                None
            }
        }
    }

    /// A column that may be empty. The outer option is none where it is wrong.
    pub(super) fn optional<T, E: Into<String>>(
        &self,
        errors: &mut Errors,
        column: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        if self.at(column).is_empty() {
            return Some(None);
        }
        self.required(errors, column, parse).map(Some)
    }
}

/// The beginning of a value, for messages.
pub(super) fn excerpt(value: &str) -> String {
    value
        .char_indices()
        .nth(100)
        .map_or_else(|| value.to_owned(), |(cut, _)| format!("{}…", value.get(..cut).unwrap_or_default()))
}

/// Reads a table and hands each sound record to `each`; records that are not
/// (too few fields, no UTF-8) are mistakes and skipped.
pub(super) fn read_table(
    columns: &Columns,
    bytes: &[u8],
    errors: &mut Errors,
    mut each: impl FnMut(&Row<'_>, &mut Errors),
) {
    if let Some(mut table) = Table::begin(columns, bytes, errors) {
        table.read(bytes, errors, &mut each);
    }
}

/// As [`read_table`], from a source that need not fit into memory: block after block, each
/// cut at the end of a record.
///
/// # Errors
/// What the source says.
pub(super) fn read_stream(
    columns: &Columns,
    mut source: impl Read,
    errors: &mut Errors,
    mut each: impl FnMut(&Row<'_>, &mut Errors),
) -> std::io::Result<()> {
    let mut block = Vec::with_capacity(BLOCK);
    let mut table = None;
    let mut wanted = BLOCK;
    loop {
        let missing = wanted.saturating_sub(block.len()) as u64;
        let got = source.by_ref().take(missing).read_to_end(&mut block)?;
        let is_last = (got as u64) < missing;
        let end = if is_last { block.len() } else { end_of_records(&block) };
        if end == 0 && !is_last {
            // a record that is longer than the block
            wanted *= 2;
            continue;
        }
        let records = block.get(..end).unwrap_or_default();
        if table.is_none() {
            table = Table::begin(columns, records, errors);
        }
        let Some(table) = &mut table else { return Ok(()) };
        table.read(records, errors, &mut each);
        if is_last {
            return Ok(());
        }
        block.drain(..end);
        wanted = BLOCK;
    }
}

/// How much of a source is read at a time, in bytes.
const BLOCK: usize = 4 << 20;

/// Where the last whole record of a block ends: after a line end outside of quotes. 0 where
/// there is none.
fn end_of_records(block: &[u8]) -> usize {
    let mut end = block.len();
    while let Some(at) = block.get(..end).and_then(|b| b.iter().rposition(|b| *b == b'\n')) {
        let quotes = block.get(..at).unwrap_or_default().iter().filter(|b| **b == b'"').count();
        if quotes % 2 == 0 {
            return at + 1;
        }
        end = at;
    }
    0
}

/// A table whose header was read.
struct Table<'c> {
    columns: &'c Columns,
    /// Place of each known column in a record, if the file has it.
    places: Vec<Option<usize>>,
    /// Fields of the header.
    width: usize,
    /// Lines of the blocks before.
    lines_before: u64,
}

impl<'c> Table<'c> {
    /// Reads the header; none where it is wrong.
    fn begin(columns: &'c Columns, bytes: &[u8], errors: &mut Errors) -> Option<Self> {
        let mut header = csv::ByteRecord::new();
        // what cannot be read has no columns
        let _ = reader(without_mark(bytes)).read_byte_record(&mut header);
        let places = read_header(columns, &header, errors)?;
        Some(Self { columns, places, width: header.len(), lines_before: 0 })
    }

    /// Reads the records of a block; the first one begins with the header.
    fn read(&mut self, block: &[u8], errors: &mut Errors, each: &mut impl FnMut(&Row<'_>, &mut Errors)) {
        let is_first = self.lines_before == 0;
        let bytes = if is_first { without_mark(block) } else { block };
        let mut reader = reader(bytes);
        let mut raw = csv::ByteRecord::new();
        if is_first {
            let _ = reader.read_byte_record(&mut raw);
        }
        let mut record = csv::StringRecord::new();
        while let Ok(true) = reader.read_byte_record(&mut raw) {
            let line = self.lines_before + first_line(bytes, &raw);
            let row = |record| Row { columns: self.columns, places: &self.places, record, line };
            if raw.len() != self.width {
                let expected = format!("{} fields, as many as the header has; found {}", self.width, raw.len());
                row(&record).wrong_row(errors, expected);
                continue;
            }
            // the record's memory goes to and fro, so that no row costs any
            match csv::StringRecord::from_byte_record(std::mem::take(&mut raw)) {
                Ok(text) => record = text,
                Err(error) => {
                    raw = error.into_byte_record();
                    row(&record).wrong_row(errors, "UTF-8 text");
                    continue;
                }
            }
            each(&row(&record), errors);
            raw = std::mem::take(&mut record).into_byte_record();
        }
        self.lines_before += block.iter().filter(|b| **b == b'\n').count() as u64;
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes)
}

/// The line on which a record begins. The reader counts from the line after the
/// record before; empty lines between the two belong to neither.
pub(super) fn first_line(bytes: &[u8], record: &csv::ByteRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let rest = usize::try_from(position.byte()).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let blank = rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).filter(|b| **b == b'\n').count();
    position.line() + blank as u64
}

fn read_header(columns: &Columns, header: &csv::ByteRecord, errors: &mut Errors) -> Option<Vec<Option<usize>>> {
    let mut wrong = |column: &str, value: Option<&str>, expected: String| {
        errors.push(PackError {
            file: columns.file.to_owned(),
            line: Some(1),
            column: Some(column.to_owned()),
            value: value.map(excerpt),
            expected,
        });
    };
    let mut places = vec![None; columns.names.len()];
    let mut is_sound = true;
    for (at, field) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(field).into_owned();
        match columns.names.iter().position(|n| *n == name) {
            Some(known) if places[known].is_some() => {
                wrong(&name, Some(&name), "each column once".to_owned());
                is_sound = false;
            }
            Some(known) => places[known] = Some(at),
            None => {
                let known = columns.names.join(", ");
                wrong(&name, Some(&name), format!("no such column; known here are {known}"));
                is_sound = false;
            }
        }
    }
    for (name, place) in columns.names.iter().zip(&places).take(columns.required) {
        if place.is_none() {
            wrong(name, None, "this column: it is required".to_owned());
            is_sound = false;
        }
    }
    is_sound.then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns { file: "t.csv", names: &["a", "b", "c"], required: 2 };

    fn read(text: &str) -> (Vec<(u64, String)>, Vec<PackError>) {
        let (mut rows, mut errors) = (Vec::new(), Errors::default());
        read_table(&COLUMNS, text.as_bytes(), &mut errors, |row, _| {
            rows.push((row.line, format!("{}|{}|{}", row.at(0), row.at(1), row.at(2))));
        });
        (rows, errors.first)
    }

    #[test]
    fn a_record_is_named_by_the_line_on_which_it_begins() {
        let (rows, errors) = read("\u{FEFF}b,a\r\n1,\"x\ny\"\r\n\r\n2,z\r\n");
        assert_eq!(rows, [(2, "x\ny|1|".to_owned()), (5, "z|2|".to_owned())]);
        assert!(errors.is_empty());
    }

    #[test]
    fn a_stream_is_cut_where_a_record_ends_and_keeps_its_lines() {
        let mut text = "b,a\r\n".to_owned();
        for row in 0..BLOCK / 20 {
            text += &format!("\"{row:08}\r\n\",\"z\"\"{row:08}\"\n\n");
        }
        assert!(text.len() > BLOCK);
        let (whole, errors) = read(&text);
        let (mut rows, mut found) = (Vec::new(), Errors::default());
        read_stream(&COLUMNS, text.as_bytes(), &mut found, |row, _| {
            rows.push((row.line, format!("{}|{}|{}", row.at(0), row.at(1), row.at(2))));
        })
        .unwrap();
        assert!(errors.is_empty() && found.is_empty());
        assert_eq!(rows.len(), BLOCK / 20);
        assert!(rows == whole);
        assert_eq!(end_of_records(b"a\n\"b\nc"), 2);
        assert_eq!(end_of_records(b"\"b\nc"), 0);
    }

    #[test]
    fn the_header_is_checked_before_any_record() {
        let places = |text: &str| read(text).1.iter().map(|e| (e.line, e.column.clone())).collect::<Vec<_>>();
        assert_eq!(places("a\n1\n"), [(Some(1), Some("b".to_owned()))]);
        assert_eq!(places("a,b,d\n"), [(Some(1), Some("d".to_owned()))]);
        assert_eq!(places("a,b,a\n"), [(Some(1), Some("a".to_owned()))]);
        assert_eq!(places("").len(), 2);
    }

    #[test]
    fn records_of_another_width_are_named_and_the_rest_is_read() {
        let (rows, errors) = read("a,b\n1\n1,2,3\n1,2\n");
        assert_eq!(rows, [(4, "1|2|".to_owned())]);
        assert_eq!(errors.iter().map(|e| e.line).collect::<Vec<_>>(), [Some(2), Some(3)]);
    }
}
