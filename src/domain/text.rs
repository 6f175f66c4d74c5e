//! Texts as people type them: NFC, printable, searchable, in Vietnamese order.

use icu_collator::options::CollatorOptions;
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale_core::locale;
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest code, in characters (domain.md section 2, Unit).
pub const MAX_CODE_CHARS: usize = 64;
/// The longest name, title or block, in characters.
pub const MAX_NAME_CHARS: usize = 300;
/// The longest reason or note, in characters (contract.md section 3, Writes).
pub const MAX_REASON_CHARS: usize = 500;

/// The text in Unicode normal form C.
pub fn nfc(text: &str) -> String {
    // most codes and parameters are ASCII, which is in that form
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Whether every character can be printed on one line.
pub fn is_printable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}'))
}

/// A code brought to NFC: 1 to 64 printable characters, neither `.` nor `..`.
///
/// # Errors
/// What is expected of a code, for an error message.
pub fn parse_code(text: &str) -> Result<String, &'static str> {
    let code = nfc(text);
    if code.trim().is_empty() {
        return Err("a code that is not empty");
    }
    if code.chars().count() > MAX_CODE_CHARS {
        return Err("a code of at most 64 characters");
    }
    if !is_printable(&code) {
        return Err("a code of printable characters");
    }
    if code == "." || code == ".." {
        return Err("a code other than \".\" and \"..\"");
    }
    Ok(code)
}

/// A name brought to NFC: 1 to 300 printable characters, not only spaces.
///
/// # Errors
/// What is expected of a name, for an error message.
pub fn parse_name(text: &str) -> Result<String, &'static str> {
    let name = nfc(text);
    if name.trim().is_empty() {
        return Err("a name that is not empty");
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err("a name of at most 300 characters");
    }
    if !is_printable(&name) {
        return Err("a name of printable characters");
    }
    Ok(name)
}

/// A reason brought to NFC: 1 to 500 characters, not only spaces.
///
/// # Errors
/// What is expected of a reason, for an error message.
pub fn parse_reason(text: &str) -> Result<String, &'static str> {
    let reason = nfc(text);
    if reason.trim().is_empty() {
        return Err("a reason that is not empty");
    }
    parse_note(&reason)
}

/// A note brought to NFC: at most 500 characters, line breaks allowed.
///
/// # Errors
/// What is expected of a note, for an error message.
pub fn parse_note(text: &str) -> Result<String, &'static str> {
    let note = nfc(text);
    if note.chars().count() > MAX_REASON_CHARS {
        return Err("a text of at most 500 characters");
    }
    if note.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("a text without control characters");
    }
    Ok(note)
}

/// The text as a search sees it: no case, no tones, d for đ, numbers without
/// leading zeros (contract.md section 3, on `q`).
pub fn fold(text: &str) -> String {
    let bare: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect();
    let mut folded = String::with_capacity(bare.len());
    let mut chars = bare.chars().peekable();
    let mut in_number = false;
    while let Some(c) = chars.next() {
        let next_is_digit = chars.peek().is_some_and(char::is_ascii_digit);
        if c == '0' && !in_number && next_is_digit {
            continue;
        }
        in_number = c.is_ascii_digit();
        folded.push(c);
    }
    folded
}

/// Names in the order of a Vietnamese index: CLDR `vi`, digits by their number
/// (domain.md section 4, Rank: Phường 2 before Phường 10).
pub struct NameOrder(Option<CollatorBorrowed<'static>>);

impl Default for NameOrder {
    fn default() -> Self {
        Self::new()
    }
}

impl NameOrder {
    /// The collator, from data compiled into the program.
    pub fn new() -> Self {
        let mut preferences = CollatorPreferences::from(&locale!("vi"));
        preferences.numeric_ordering = Some(CollationNumericOrdering::True);
        Self(Collator::try_new(preferences, CollatorOptions::default()).ok())
    }

    /// Compares two names; names that collate alike are equal here.
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        match &self.0 {
            Some(collator) => collator.compare(a, b),
            None => a.cmp(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_folds_tones_case_d_and_leading_zeros() {
        assert_eq!(fold("Phường 07"), "phuong 7");
        assert_eq!(fold("ĐẶNG Đức"), "dang duc");
        assert_eq!(fold("đa\u{323}\u{306}ng"), "dang");
        assert_eq!(fold("0"), "0");
        assert_eq!(fold("P.100"), "p.100");
        assert_eq!(fold("00"), "0");
    }

    #[test]
    fn names_stand_in_vietnamese_order_with_numbers_by_value() {
        let order = NameOrder::new();
        let names = ["Ấp 2", "Ấp 10", "Ấp An", "Ấp Ăn", "Ấp Ân", "Ấp Dân", "Ấp đông", "Ấp Đông", "Ấp E", "Ấp Ê"];
        for pair in names.windows(2) {
            if let [a, b] = pair {
                assert_eq!(order.compare(a, b), Ordering::Less, "{a} before {b}");
            }
        }
    }

    #[test]
    fn codes_are_opaque_but_printable_and_short() {
        assert_eq!(parse_code("12/3 🏠").as_deref(), Ok("12/3 🏠"));
        assert_eq!(parse_code("e\u{301}").as_deref(), Ok("é"));
        for wrong in ["", " ", ".", "..", "a\u{0}b", "a\nb", &"x".repeat(65)] {
            assert!(parse_code(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse_code(&"é".repeat(64)).is_ok());
    }
}
