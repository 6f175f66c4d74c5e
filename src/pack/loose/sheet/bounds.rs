//! What a workbook may hold before its reader sees it.
//!
//! The reader believes what a workbook says of itself: it reserves room for as many texts as
//! are announced, and keeps texts, styles and the list of sheets in memory. So the whole is
//! unpacked into nothing first, and what is kept is looked at. Sheets are read cell by cell,
//! and only bounded as a whole.

use super::push;
use crate::pack::source::{ALWAYS, is_safe};
use crate::pack::{Errors, Limits};
use std::io::{Cursor, Read};

/// What a workbook may be unpacked to, in bytes.
const MAX_WORKBOOK: u64 = 256 << 20;

/// What all of it that the reader keeps in memory may be unpacked to.
const MAX_KEPT: u64 = 32 << 20;

/// Elements of the styles: programs write at most 65,536 formats, each of a few elements, and
/// each is kept as a hundred bytes and more.
const MAX_STYLES: usize = 1 << 19;

/// Folders whose files are never kept: sheets, and pictures that nobody looks at.
const NOT_KEPT: [&str; 2] = ["xl/worksheets/", "xl/media/"];

/// The shortest text that can be announced, `<si/>`, in bytes.
const SHORTEST_TEXT: usize = 5;

/// Looks at a workbook; what it may not hold is told by name.
pub(super) fn check(file: &str, bytes: &[u8], errors: &mut Errors) -> Option<()> {
    let limits = Limits { bytes: MAX_WORKBOOK, ..Limits::default() };
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        errors.in_file(file, "an .xlsx workbook");
        return None;
    };
    if archive.len() > limits.entries {
        errors.in_file(file, format!("at most {} entries, not {}", limits.entries, archive.len()));
        return None;
    }
    let most = limits.bytes.min((bytes.len() as u64).saturating_mul(limits.expansion).max(ALWAYS));
    let (mut left, mut kept_left, mut is_book) = (most, MAX_KEPT, false);
    for index in 0..archive.len() {
        let Ok(entry) = archive.by_index(index) else {
            errors.in_file(file, format!("entries that can be unpacked, without a password; number {index} cannot"));
            return None;
        };
        let name = entry.name().map(|n| n.into_owned()).unwrap_or_else(|_| "..".to_owned());
        if !is_safe(&name) {
            push(errors, file, None, None, &name, "a name inside the workbook, without \"..\"".to_owned());
            return None;
        }
        is_book |= name == "xl/workbook.xml";
        let lower = name.to_ascii_lowercase();
        let is_kept = !NOT_KEPT.iter().any(|folder| lower.starts_with(folder));
        let most_of_it = if is_kept { left.min(kept_left) } else { left };
        let mut kept = Vec::new();
        let mut entry = entry.take(most_of_it + 1);
        let unpacked = match is_kept {
            true => entry.read_to_end(&mut kept).map(|got| got as u64),
            false => std::io::copy(&mut entry, &mut std::io::sink()),
        };
        let Ok(got) = unpacked else {
            push(errors, file, None, None, &name, "an entry that can be unpacked".to_owned());
            return None;
        };
        if got > most_of_it {
            let expected = match got > left {
                true => format!("at most {most} bytes unpacked in all"),
                false => format!("at most {MAX_KEPT} bytes unpacked beside the sheets"),
            };
            push(errors, file, None, None, &name, expected);
            return None;
        }
        if let Some(expected) = wrong_with(&lower, &kept) {
            push(errors, file, None, None, &name, expected);
            return None;
        }
        left -= got;
        kept_left -= if is_kept { got } else { 0 };
    }
    if !is_book {
        errors.in_file(file, "an .xlsx workbook; this is another kind, such as .ods or .xlsb");
        return None;
    }
    Some(())
}

/// What is expected of a part that the reader would be misled by.
fn wrong_with(name: &str, content: &[u8]) -> Option<String> {
    // the main part, which names all others, lies where no sheet does, in plain words
    if name == "_rels/.rels" {
        let text = String::from_utf8_lossy(content).to_ascii_lowercase();
        let is_plain = !["worksheets", "media", "&"].iter().any(|word| text.contains(word));
        return (!is_plain).then(|| "a workbook at xl/workbook.xml".to_owned());
    }
    if name.ends_with("styles.xml") && elements(content) > MAX_STYLES {
        return Some(format!("at most {MAX_STYLES} elements of styles"));
    }
    if name.ends_with("sharedstrings.xml") && announced(content) > content.len() / SHORTEST_TEXT {
        return Some("as many texts as uniqueCount says".to_owned());
    }
    None
}

fn elements(content: &[u8]) -> usize {
    content.iter().filter(|byte| **byte == b'<').count()
}

/// The largest number of texts that is announced anywhere.
fn announced(content: &[u8]) -> usize {
    const WORD: &[u8] = b"uniqueCount";
    let starts = content.windows(WORD.len()).enumerate().filter(|(_, word)| *word == WORD);
    let after = starts.filter_map(|(at, _)| content.get(at + WORD.len()..));
    let digits = after.map(|rest| {
        let value = rest.iter().skip_while(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'"' | b'\'' | b'+'));
        let digits = value.take_while(|b| b.is_ascii_digit());
        digits.fold(0_usize, |sum, digit| sum.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
    });
    digits.max().unwrap_or_default()
}
