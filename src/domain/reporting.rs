//! How much care a campaign asks for when figures come late, are corrected after their day
//! has closed, or rules change once it runs: the object `reporting` of `campaign.json`.
//!
//! Where nothing is said, everything takes effect at once, as in packs of before.

use super::json::{Fields, Json, Reader};
use serde_json::{Value, json};

/// What a change needs before it takes effect. Each asks for more than the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// Nothing more.
    #[default]
    Open,
    /// A reason.
    Reason,
    /// A reason, and a second person who approves it.
    Approval,
}

impl Care {
    const ALL: [Self; 3] = [Self::Open, Self::Reason, Self::Approval];

    /// Its word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reason => "reason",
            Self::Approval => "approval",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|care| care.code() == text)
    }
}

/// The care that a campaign asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reporting {
    /// The first report of a day that has closed.
    pub late_figures: Care,
    /// Another figure, or none, for a closed day on which one stands.
    pub corrections: Care,
    /// Other rules, once the campaign runs; a reason they have anyway.
    pub rule_changes: Care,
}

impl Reporting {
    const FIELDS: [&str; 3] = ["late_figures", "corrections", "rule_changes"];

    /// Reads it; what is left out stays open.
    pub(super) fn read(reader: &mut Reader, json: &Json) -> Option<Self> {
        let of = reader.object("reporting", json, &Self::FIELDS)?;
        let figures = "open, reason or approval";
        Some(Self {
            late_figures: care(reader, &of, "late_figures", figures, |_| true),
            corrections: care(reader, &of, "corrections", figures, |_| true),
            rule_changes: care(reader, &of, "rule_changes", "open or approval", |care| care != Care::Reason),
        })
    }

    /// The object that [`Reporting::read`] reads.
    pub fn to_json(&self) -> Value {
        json!({
            "late_figures": self.late_figures.code(),
            "corrections": self.corrections.code(),
            "rule_changes": self.rule_changes.code(),
        })
    }

    /// What a figure of a closed day needs: the first one, or one in place of what stands.
    pub fn of_figure(&self, is_correction: bool) -> Care {
        if is_correction { self.corrections } else { self.late_figures }
    }

    /// Whether anything needs a second person.
    pub fn asks_for_two(&self) -> bool {
        self.all().contains(&Care::Approval)
    }

    /// Whether it asks for less than another one in anything.
    pub fn is_looser_than(&self, other: &Self) -> bool {
        self.all().into_iter().zip(other.all()).any(|(mine, theirs)| mine < theirs)
    }

    fn all(&self) -> [Care; 3] {
        [self.late_figures, self.corrections, self.rule_changes]
    }
}

fn care(reader: &mut Reader, of: &Fields<'_>, name: &str, expected: &'static str, takes: fn(Care) -> bool) -> Care {
    let Some(json) = of.get(name) else { return Care::Open };
    let parse = |text: &str| Care::parse(text).filter(|care| takes(*care)).ok_or(expected);
    reader.text(&of.path(name), json, parse).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Reporting, Vec<String>> {
        let mut reader = Reader::default();
        let read = Reporting::read(&mut reader, &Json::parse(text.as_bytes()).unwrap());
        let paths: Vec<String> = reader.errors.into_iter().map(|error| error.path).collect();
        if paths.is_empty() { Ok(read.unwrap()) } else { Err(paths) }
    }

    #[test]
    fn what_is_left_out_is_open_and_a_round_trip_changes_nothing() {
        assert_eq!(read("{}"), Ok(Reporting::default()));
        let some = read(r#"{"late_figures": "reason", "rule_changes": "approval"}"#).unwrap();
        assert_eq!((some.of_figure(false), some.of_figure(true)), (Care::Reason, Care::Open));
        assert_eq!(read(&some.to_json().to_string()), Ok(some));
    }

    #[test]
    fn wrong_words_are_named_by_path() {
        let wrong = r#"{"late_figures": "never", "corrections": 2, "rule_changes": "reason", "more": "open"}"#;
        let paths = ["more", "late_figures", "corrections", "rule_changes"].map(|name| format!("reporting.{name}"));
        assert_eq!(read(wrong), Err(paths.to_vec()));
    }

    #[test]
    fn less_care_in_anything_is_looser() {
        let strict = read(r#"{"late_figures": "reason", "corrections": "approval"}"#).unwrap();
        let mixed = read(r#"{"late_figures": "open", "corrections": "approval", "rule_changes": "approval"}"#).unwrap();
        assert!(mixed.is_looser_than(&strict) && strict.is_looser_than(&mixed));
        assert!(!strict.is_looser_than(&strict) && !strict.is_looser_than(&Reporting::default()));
        assert!(strict.asks_for_two() && !Reporting::default().asks_for_two());
    }
}
