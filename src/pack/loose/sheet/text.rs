//! Texts: decoded, and parted into records.

use super::{cut_off, push, text_cell};
use crate::domain::text::nfc;
use crate::pack::loose::options::{SEPARATOR, SheetOptions};
use crate::pack::loose::{Cell, Sheet, SheetRow};
use crate::pack::table::first_line;
use crate::pack::{Errors, PackError};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1258};

/// The encodings that a sender may name.
const ENCODINGS: [(&str, &Encoding); 4] =
    [("utf-8", UTF_8), ("utf-16le", UTF_16LE), ("utf-16be", UTF_16BE), ("windows-1258", WINDOWS_1258)];

/// What to do about a file in an encoding that is not read.
const REMEDY: &str = "text in UTF-8: save the file as \"CSV UTF-8\"";

/// Reads a CSV file in any of the encodings and separators that spreadsheets write. None
/// where it cannot be read at all; records of a wrong length are listed and left out.
pub fn read_text(file: &str, bytes: &[u8], options: &SheetOptions, errors: &mut Errors) -> Option<Sheet> {
    let (encoding, text) = decode(file, bytes, options, errors)?;
    let separator = options.separator.unwrap_or_else(|| separator_of(&text));
    if SEPARATOR.word(separator).is_empty() {
        let expected = "a separator: \",\", \";\" or a tab".to_owned();
        push(errors, file, None, Some("separator"), &separator.to_string(), expected);
        return None;
    }
    if !is_whole(&text, separator) {
        let line = text.lines().count() as u64;
        let last = text.lines().last().unwrap_or_default();
        push(errors, file, Some(line), None, last, "a closing quote; the file ends in mid-line".to_owned());
        return None;
    }
    let rows = records(file, &text, separator, errors);
    let mut sheet = Sheet { rows, encoding: Some(encoding), separator: Some(separator), ..Sheet::default() };
    let lines = text.lines().count() as u64;
    sheet.remarks.extend(cut_off(lines));
    Some(sheet)
}

/// Whether each quote is closed. Only one at the beginning of a field opens.
fn is_whole(text: &str, separator: char) -> bool {
    let (mut is_quoted, mut was_quote, mut begins) = (false, false, true);
    for c in text.chars() {
        match c {
            '"' if is_quoted => (is_quoted, was_quote) = (false, true),
            '"' if begins || was_quote => (is_quoted, was_quote) = (true, false),
            _ => was_quote = false,
        }
        begins = !is_quoted && (c == separator || matches!(c, '\n' | '\r'));
    }
    !is_quoted
}

/// The separator that occurs most in the header line, outside of quotes.
fn separator_of(text: &str) -> char {
    let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let (mut counts, mut is_quoted) = ([(',', 0), (';', 0), ('\t', 0)], false);
    for c in header.chars() {
        is_quoted ^= c == '"';
        for (separator, count) in &mut counts {
            *count += usize::from(!is_quoted && *separator == c);
        }
    }
    // the first of equals, so that one column alone is read with a comma
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(separator, _)| *separator)
}

fn records(file: &str, text: &str, separator: char, errors: &mut Errors) -> Vec<SheetRow> {
    let delimiter = u8::try_from(separator).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let (mut rows, mut width, mut record) = (Vec::new(), None, csv::ByteRecord::new());
    let ends_in_line = text.ends_with(['\n', '\r']);
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let line = first_line(text.as_bytes(), &record);
        let cells: Vec<Cell> = record.iter().map(|f| text_cell(&String::from_utf8_lossy(f))).collect();
        if cells.iter().all(|c| *c == Cell::Blank) {
            continue;
        }
        let width = *width.get_or_insert(cells.len());
        if cells.len() != width {
            let is_cut = cells.len() < width && !ends_in_line && reader.position().byte() as usize >= text.len();
            let cut = if is_cut { "; the file ends in mid-line" } else { "" };
            let expected = format!("{width} fields, as many as the header has; found {}{cut}", cells.len());
            errors.push(PackError { file: file.to_owned(), line: Some(line), column: None, value: None, expected });
            continue;
        }
        rows.push(SheetRow { line, cells });
    }
    rows
}

fn decode(file: &str, bytes: &[u8], options: &SheetOptions, errors: &mut Errors) -> Option<(&'static str, String)> {
    let encoding = match &options.encoding {
        Some(label) => {
            let found = Encoding::for_label(label.as_bytes());
            if !ENCODINGS.iter().any(|(_, e)| Some(*e) == found) {
                let known = ENCODINGS.map(|(name, _)| name).join(", ");
                push(errors, file, None, Some("encoding"), label, format!("an encoding: {known}"));
                return None;
            }
            found?
        }
        None => encoding_of(bytes),
    };
    let name = ENCODINGS.iter().find(|(_, e)| *e == encoding).map(|(name, _)| *name)?;
    let (text, is_wrong) = encoding.decode_with_bom_removal(bytes);
    // encoding_rs maps what windows-1258 leaves free to control characters
    let wrong = |c: &char| *c == '\u{FFFD}' || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
    if let Some(at) = text.char_indices().find(|(_, c)| wrong(c)).filter(|(_, c)| is_wrong || *c != '\u{FFFD}') {
        let line = text.get(..at.0).unwrap_or_default().matches('\n').count() as u64 + 1;
        let value = at.1.escape_unicode().to_string();
        push(errors, file, Some(line), None, &value, format!("{REMEDY}; this is no character of {name}"));
        return None;
    }
    let text = nfc(&text);
    if let Some((line, word, old)) = old_encoding(&text).filter(|_| encoding == WINDOWS_1258) {
        push(errors, file, Some(line), None, &word, format!("{REMEDY}; this looks like {old}, which is not read"));
        return None;
    }
    Some((name, text))
}

/// Marks decide; then UTF-16 by its zero bytes; then UTF-8 where it is valid.
fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // the separators and digits of a table have a zero byte in UTF-16: a third of one side; few
    // characters have one at the other, such as the mark of `à` where it stands apart
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let zeros = |side: usize| head.iter().skip(side).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match () {
        () if bytes.len().is_multiple_of(2) && odd * 6 > head.len() && even * 4 < odd => UTF_16LE,
        () if bytes.len().is_multiple_of(2) && even * 6 > head.len() && odd * 4 < even => UTF_16BE,
        () if std::str::from_utf8(bytes).is_ok() => UTF_8,
        () => WINDOWS_1258,
    }
}

/// The first word that shows an encoding from before Unicode, with its line and the name of
/// it. A word of TCVN3 has `­` (ư) or `µ`, `¶`, `¸`, `¹`, `®` between or before letters; one of
/// VNI has a vowel that is doubled as in `öô`, `öø`, `aø`, `eâ`: none occurs in Vietnamese.
fn old_encoding(text: &str) -> Option<(u64, String, &'static str)> {
    const VNI: [&str; 8] = ["öô", "öø", "öù", "aø", "oâ", "eâ", "aâ", "ñö"];
    let is_tcvn3 = |w: &str| {
        let letters = w.chars().filter(|c| c.is_alphabetic()).count();
        letters > 0 && w.contains(['\u{AD}', 'µ', '¶', '¸', '¹', '®'])
    };
    for (line, content) in (1..).zip(text.lines()) {
        for word in content.split([' ', ',', ';', '\t', '"']) {
            let lower = word.to_lowercase();
            let old = if is_tcvn3(word) {
                "TCVN3"
            } else if VNI.iter().any(|pair| lower.contains(pair)) {
                "VNI"
            } else {
                continue;
            };
            return Some((line, word.to_owned(), old));
        }
    }
    None
}
