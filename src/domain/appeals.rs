//! Until when units can appeal: the object `appeals` of `campaign.json`; and what they and
//! the council may write.
//!
//! Where nothing is said, an appeal can be lodged until the result is final.

use super::campaign::{Span, required_text};
use super::json::{Json, Reader};
use super::text::nfc;
use super::time::{Day, parse_day};
use serde_json::{Value, json};

/// The longest text of an appeal or of its answer, in characters.
pub const MAX_WORDS_CHARS: usize = 4_000;

/// When appeals can be lodged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeals {
    /// The last day, inclusive, local to the campaign.
    pub until: Day,
}

impl Appeals {
    /// Reads it.
    pub(super) fn read(reader: &mut Reader, json: &Json) -> Option<Self> {
        let of = reader.object("appeals", json, &["until"])?;
        Some(Self { until: required_text(reader, &of, "until", parse_day)? })
    }

    /// The object that [`Appeals::read`] reads.
    pub fn to_json(&self) -> Value {
        json!({"until": self.until.to_string()})
    }

    /// Refuses a last day before the contest has begun.
    pub(super) fn check(&self, reader: &mut Reader, window: Span) {
        if self.until < window.from {
            let until = Json::Text(self.until.to_string());
            reader.wrong("appeals.until", Some(&until), "a day not before the window's first");
        }
    }

    /// Whether one can be lodged on a day of the campaign's time zone.
    pub fn are_taken_on(&self, today: Day) -> bool {
        today <= self.until
    }
}

/// What somebody appeals about, or answers, brought to NFC: 1 to 4,000 characters, not only
/// spaces, line breaks allowed.
///
/// # Errors
/// What is expected, for an error message.
pub fn parse_words(text: &str) -> Result<String, &'static str> {
    let words = nfc(text);
    if words.trim().is_empty() {
        return Err("a text that is not empty");
    }
    if words.chars().count() > MAX_WORDS_CHARS {
        return Err("a text of at most 4000 characters");
    }
    if words.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("a text without control characters");
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        parse_day(text).unwrap()
    }

    /// What is read, or the paths of what is wrong.
    fn read(text: &str) -> Result<Appeals, Vec<String>> {
        let mut reader = Reader::default();
        let read = Appeals::read(&mut reader, &Json::parse(text.as_bytes()).unwrap());
        let window = Span { from: day("2021-07-09"), to: day("2021-07-23") };
        read.iter().for_each(|appeals| appeals.check(&mut reader, window));
        let paths: Vec<String> = reader.errors.into_iter().map(|error| error.path).collect();
        if paths.is_empty() { Ok(read.unwrap()) } else { Err(paths) }
    }

    #[test]
    fn the_last_day_is_inclusive_and_survives_a_round_trip() {
        let appeals = read(r#"{"until": "2021-07-30"}"#).unwrap();
        assert_eq!(read(&appeals.to_json().to_string()), Ok(appeals));
        assert!(appeals.are_taken_on(day("2021-07-30")) && !appeals.are_taken_on(day("2021-07-31")));
    }

    #[test]
    fn wrong_places_are_named() {
        assert_eq!(read("{}"), Err(vec!["appeals.until".to_owned()]));
        assert_eq!(read(r#"{"until": "30/07/2021"}"#), Err(vec!["appeals.until".to_owned()]));
        assert_eq!(read(r#"{"until": "2021-07-08"}"#), Err(vec!["appeals.until".to_owned()]));
        assert!(read(r#"{"until": "2021-07-09"}"#).is_ok());
        assert_eq!(read(r#"{"until": "2021-07-30", "from": "x"}"#), Err(vec!["appeals.from".to_owned()]));
    }

    #[test]
    fn words_have_a_length_and_no_control_characters() {
        assert_eq!(parse_words("dòng một\ndòng hai").as_deref(), Ok("dòng một\ndòng hai"));
        assert!(parse_words(&"x".repeat(4_000)).is_ok());
        for wrong in [" \n".to_owned(), "x".repeat(4_001), "a\u{0}b".to_owned()] {
            assert!(parse_words(&wrong).is_err(), "{wrong:?}");
        }
    }
}
