//! Units as people name them: by code, else by name inside a parent.

use super::Cell;
use super::header::Column;
use super::values::{NO_VALUE, is_unseen, trim};
use crate::domain::campaign::Figures;
use crate::domain::text::{fold, nfc};
use crate::domain::{Campaign, Unit};
use std::collections::HashMap;

/// Why a row's unit was not found: the column and what is expected there.
pub type NotFound = (Column, String);

/// The units of a campaign that may be found, by code and by name.
pub struct UnitBook<'a> {
    campaign: &'a Campaign,
    units: &'a [Unit],
    codes: HashMap<&'a str, u32>,
    names: HashMap<String, Vec<u32>>,
}

impl<'a> UnitBook<'a> {
    /// Opens the book; units that are not `visible` are not there.
    pub fn new(campaign: &'a Campaign, units: &'a [Unit], visible: impl Fn(u32) -> bool) -> Self {
        let mut book = Self { campaign, units, codes: HashMap::new(), names: HashMap::new() };
        for (at, unit) in (0u32..).zip(units).filter(|(at, _)| visible(*at)) {
            book.codes.insert(unit.code.as_str(), at);
            if let Some(key) = name_key(&unit.name) {
                book.names.entry(key).or_default().push(at);
            }
        }
        book
    }

    /// Whether a text is the code of a unit.
    pub fn is_code(&self, text: &str) -> bool {
        self.codes.contains_key(nfc(trim(text)).as_str())
    }

    /// The code of a unit.
    pub fn code(&self, unit: u32) -> &str {
        self.unit(unit).map(|u| u.code.as_str()).unwrap_or_default()
    }

    /// The unit of a row, and whether its name told it.
    ///
    /// # Errors
    /// Which cell names no unit that reports.
    pub fn find(&self, code: &Cell, name: &Cell, parent: &Cell) -> Result<(u32, bool), NotFound> {
        if *code != Cell::Blank {
            return self.by_code(code).map(|unit| (unit, false)).map_err(|expected| (Column::UnitCode, expected));
        }
        let parents = self.parents(parent).map_err(|expected| (Column::Parent, expected))?;
        self.by_name(name, parents.as_deref()).map(|unit| (unit, true)).map_err(|expected| (Column::Name, expected))
    }

    fn by_code(&self, cell: &Cell) -> Result<u32, String> {
        let code = code_text(cell)?;
        if let Some(unit) = self.codes.get(code.as_str()) {
            return self.reporting(*unit);
        }
        let bare = code.trim_start_matches('0');
        let is_number = !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit());
        let mut alike: Vec<&str> = self.codes.keys().copied().filter(|c| c.trim_start_matches('0') == bare).collect();
        alike.sort_unstable();
        alike.truncate(5);
        if is_number && !alike.is_empty() {
            return Err(format!("the code of a unit; leading zeros may be lost, candidates: {}", alike.join(", ")));
        }
        Err("the code of a unit".to_owned())
    }

    fn by_name(&self, cell: &Cell, parents: Option<&[u32]>) -> Result<u32, String> {
        let Cell::Text(name) = cell else {
            return Err(if *cell == Cell::NoValue { NO_VALUE } else { "the name of a unit" }.to_owned());
        };
        let Some(key) = name_key(name) else {
            return Err("the name of a unit, not a number or a kind alone".to_owned());
        };
        let inside = |unit: &u32| match (parents, self.unit(*unit).and_then(|u| u.parent)) {
            (None, _) => true,
            (Some(parents), parent) => parent.is_some_and(|p| parents.contains(&p)),
        };
        let all: Vec<u32> = self.names.get(&key).into_iter().flatten().copied().filter(inside).collect();
        let reporting: Vec<u32> = all.iter().copied().filter(|u| self.reporting(*u).is_ok()).collect();
        match (reporting.as_slice(), all.first()) {
            ([unit], _) => Ok(*unit),
            ([], Some(derived)) => self.reporting(*derived),
            ([], None) => Err("the name of a unit of the campaign".to_owned()),
            (several, _) => Err(format!("a name that one unit has; candidates: {}", self.candidates(several))),
        }
    }

    /// The units that a parent's cell may mean; none of a blank.
    fn parents(&self, cell: &Cell) -> Result<Option<Vec<u32>>, String> {
        if *cell == Cell::Blank {
            return Ok(None);
        }
        let text = code_text(cell)?;
        if let Some(unit) = self.codes.get(text.as_str()) {
            return Ok(Some(vec![*unit]));
        }
        let named = name_key(&text).and_then(|key| self.names.get(&key));
        named.cloned().map(Some).ok_or_else(|| "the code or name of the unit above".to_owned())
    }

    fn reporting(&self, unit: u32) -> Result<u32, String> {
        let kind = self.unit(unit).and_then(|u| self.campaign.kind(u.kind));
        if kind.is_some_and(|k| k.figures != Figures::Reported) {
            return Err("a unit that reports: the figures of this kind are derived".to_owned());
        }
        Ok(unit)
    }

    fn candidates(&self, units: &[u32]) -> String {
        let shown = units.iter().take(5).filter_map(|u| self.unit(*u)).map(|u| format!("{} ({})", u.code, u.name));
        shown.collect::<Vec<_>>().join(", ")
    }

    fn unit(&self, unit: u32) -> Option<&Unit> {
        self.units.get(unit as usize)
    }
}

/// The text of a cell that holds a code.
fn code_text(cell: &Cell) -> Result<String, String> {
    match cell {
        Cell::Text(text) => Ok(nfc(trim(text))),
        Cell::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(digits.clone()),
        Cell::NoValue => Err(NO_VALUE.to_owned()),
        Cell::Number(_) => Err("the code of a unit, not a number with a sign or decimals".to_owned()),
        Cell::Day(_) | Cell::Other(_) => Err("the code of a unit, not a date".to_owned()),
        Cell::Blank | Cell::Error(_) => Err("the code of a unit".to_owned()),
    }
}

/// Words that a kind of place is written with, as [`words`] leaves them, and what stands for
/// them; longer ones first.
const KINDS: &[(&[&str], &str)] = &[
    (&["to", "dan", "pho"], "tdp"),
    (&["khu", "pho"], "kp"),
    (&["thi", "tran"], "tt"),
    (&["thi", "xa"], "tx"),
    (&["thanh", "pho"], "tp"),
    (&["t", "d", "p"], "tdp"),
    (&["k", "p"], "kp"),
    (&["t", "t"], "tt"),
    (&["t", "x"], "tx"),
    (&["t", "p"], "tp"),
    (&["tdp"], "tdp"),
    (&["kp"], "kp"),
    (&["tt"], "tt"),
    (&["tx"], "tx"),
    (&["tp"], "tp"),
    (&["phuong"], "p"),
    (&["ph"], "p"),
    (&["p"], "p"),
    (&["xa"], "x"),
    (&["x"], "x"),
    (&["quan"], "q"),
    (&["q"], "q"),
    (&["huyen"], "h"),
    (&["h"], "h"),
    (&["thon"], "thon"),
    (&["ap"], "ap"),
];

/// What two spellings of a name have in common; none of what is no name: a number or the
/// word of a kind alone.
pub fn name_key(name: &str) -> Option<String> {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let kind = KINDS.iter().find_map(|(kind, short)| words.strip_prefix(*kind).map(|rest| (*short, rest)));
    let (kind, rest) = kind.unwrap_or(("", words.as_slice()));
    let is_number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
    if rest.is_empty() || (kind.is_empty() && rest.iter().all(&is_number)) {
        return None;
    }
    let mut key = format!("{kind}:");
    for word in rest {
        // 1 and 2 are not 12
        if is_number(word) && key.ends_with(|c: char| c.is_ascii_digit()) {
            key.push('-');
        }
        key.push_str(word);
    }
    Some(key)
}

/// The runs of letters and of digits in a text, folded.
fn words(name: &str) -> Vec<String> {
    let seen: String = name.chars().filter(|c| !is_unseen(*c)).collect();
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for c in fold(&seen).chars() {
        let class = c.is_alphanumeric().then(|| c.is_ascii_digit());
        match (class, words.last_mut()) {
            (Some(_), Some(word)) if class == before => word.push(c),
            (Some(_), _) => words.push(c.to_string()),
            (None, _) => {}
        }
        before = class;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_however_they_are_written() {
        for (a, b) in [
            ("P.7", "Phường 07"),
            ("phuong 11", "Phường 11"),
            ("PHƯỜNG 3", "Phường 03"),
            (" Phường\u{a0}09 ", "Phường 9"),
            ("Phu\u{31b}o\u{31b}\u{300}ng 06", "Phường 6"),
            ("P13", "Phường 13"),
            ("Phường\u{200b} 12", "Phường 12"),
            ("KP 3", "Khu phố 3"),
            ("k.p.3", "Khu phố 3"),
            ("TDP 5", "Tổ dân phố 5"),
            ("Q. Phú Nhuận", "quận phunhuan"),
            ("X. Tân Nhựt", "Xã Tân Nhựt"),
        ] {
            assert_eq!(name_key(a), name_key(b), "{a} and {b}");
            assert!(name_key(a).is_some());
        }
        for (a, b) in
            [("P.21", "P.12"), ("P.2", "P.21"), ("Phường 7", "Quận 7"), ("KP 1/2", "KP 12"), ("Phố Huế", "Huế")]
        {
            assert_ne!(name_key(a), name_key(b), "{a} and {b}");
        }
        for none in ["7", "Phường", "P.", "Khu phố", "", "  ", "1 2"] {
            assert_eq!(name_key(none), None, "{none}");
        }
    }
}
