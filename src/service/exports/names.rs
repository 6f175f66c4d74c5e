//! Names of sheets that every spreadsheet takes, and names of files.
//!
//! Excel allows a sheet 31 UTF-16 units, none of `: \ / ? * [ ]`, no apostrophe at the ends,
//! not `History`, and each name once, letter case aside. The whole name stands in the sheet.

use std::collections::HashSet;
use unicode_segmentation::UnicodeSegmentation;

const MAX_UNITS: usize = 31;
const FORBIDDEN: [char; 7] = [':', '\\', '/', '?', '*', '[', ']'];

/// The names that a workbook has given out.
#[derive(Debug, Default)]
pub(super) struct SheetNames(HashSet<String>);

impl SheetNames {
    /// A name that is like `name`, ends in `ending` whole, and is none of those given out.
    pub(super) fn give(&mut self, name: &str, ending: &str) -> String {
        let clean = clean(name);
        for number in 1.. {
            let tail = match number {
                1 => ending.to_owned(),
                n => format!(" {n}{ending}"),
            };
            let name = strip(&format!("{}{tail}", cut(&clean, MAX_UNITS.saturating_sub(units(&tail)))));
            let is_free = !name.is_empty() && name.to_lowercase() != "history";
            if is_free && self.0.insert(name.to_lowercase()) {
                return name;
            }
        }
        String::new()
    }
}

/// Without what no name may hold; runs of spaces are one.
fn clean(name: &str) -> String {
    let allowed = name.chars().map(|c| if c.is_control() || FORBIDDEN.contains(&c) { ' ' } else { c });
    let text: String = allowed.collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    strip(&words.join(" "))
}

fn strip(name: &str) -> String {
    name.trim_matches(|c: char| c == '\'' || c.is_whitespace()).to_owned()
}

/// The beginning that has at most so many UTF-16 units; no letter is cut in half.
fn cut(name: &str, most: usize) -> &str {
    let mut length = 0;
    let is_in = |(_, letter): &(usize, &str)| {
        length += units(letter);
        length <= most
    };
    let last = name.grapheme_indices(true).take_while(is_in).last();
    let end = last.map_or(0, |(at, letter)| at + letter.len());
    name.get(..end).unwrap_or_default().trim_end()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A file name of plain letters, whatever the code of the campaign.
pub(super) fn file_name(parts: &[&str], ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' };
    let parts: Vec<String> = parts.iter().map(|part| part.chars().map(plain).collect()).collect();
    format!("{}.{ending}", parts.join("-").trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_spreadsheets_take_and_kind_and_track_can_be_told() {
        let long = "Ban chỉ đạo phòng chống dịch và các lực lượng tuyến đầu khu ";
        let first = format!("{long}một");
        let second = format!("{long}hai");
        let circles = "🟢".repeat(16);
        let decomposed = "Tô\u{309}".repeat(20);
        let kinds = [
            "Tổ chức/đoàn thể: cơ quan [khối 1]",
            &first,
            &second,
            "History",
            "'Thôn'",
            &circles,
            &decomposed,
            "",
            "///",
            "Phường",
            "PHƯỜNG",
        ];
        let mut names = SheetNames::default();
        let mut given = HashSet::new();
        for kind in kinds {
            for ending in [" cải thiện", " giữ sạch"] {
                let name = names.give(kind, ending);
                assert!((1..=MAX_UNITS).contains(&units(&name)), "{name}");
                assert!(!name.contains(FORBIDDEN) && !name.starts_with('\'') && !name.ends_with('\''), "{name}");
                assert!(name.ends_with(ending.trim()), "{name}");
                assert!(!name.starts_with(char::is_whitespace), "{name:?}");
                assert!(given.insert(name.to_lowercase()), "{name} stands twice");
                // no half letter: what is left is made of whole letters of the kind's name
                let whole: HashSet<&str> = kind.graphemes(true).chain(ending.graphemes(true)).collect();
                let is_whole = |letter: &str| whole.contains(letter) || letter == " " || letter.parse::<u8>().is_ok();
                assert!(name.graphemes(true).all(is_whole), "{name}");
            }
        }
        assert_eq!(names.give("History", ""), "History 2");
    }

    #[test]
    fn a_file_is_named_in_plain_letters() {
        assert_eq!(file_name(&["q6/2021 ă", "leaderboard"], "xlsx"), "q6_2021__-leaderboard.xlsx");
    }
}
