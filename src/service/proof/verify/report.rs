//! What a check of a result found.

use crate::pack::{MAX_LISTED, PackError};
use serde::Serialize;

/// Something that is not as it was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where: `manifest and signature`, `boards/ward/improvement row 3 …`, `inputs/figures.csv`.
    pub place: String,
    /// The line, where it can be told; the header is 1.
    pub line: Option<u64>,
    /// What stands there, where it can be told.
    pub found: Option<String>,
    /// What is expected there.
    pub expected: String,
}

/// The key of a signature that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Its thumbprint (RFC 7638).
    pub id: String,
    /// Whether somebody said which key it must be; else it is the file's own word.
    pub is_pinned: bool,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether all holds.
    pub holds: bool,
    /// Format of the file; empty where it has none.
    pub format: &'static str,
    /// Code of the campaign.
    pub campaign: String,
    /// Number of the issue.
    pub issue: i64,
    /// The day of its boards.
    pub as_of: String,
    /// When it was issued.
    pub issued_at: String,
    /// The program that made it, with its version.
    pub made_by: String,
    /// The program that checked it, with its version.
    pub checked_by: String,
    /// The key of its signature; null where that does not hold.
    pub key: Option<KeyView>,
    /// How many input files it has.
    pub inputs: u64,
    /// How many boards it has.
    pub boards: u64,
    /// How many rows these have.
    pub rows: u64,
    /// Whether the boards were made again from the inputs.
    pub recomputed: bool,
    /// The hash of the whole result that a public one names.
    pub whole_sha256: Option<String>,
    /// The key of the public file that was checked with it; null without one.
    pub public: Option<KeyView>,
    /// How many things are not as they were issued.
    pub total: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
}

/// Findings as they are made.
#[derive(Debug, Default)]
pub(super) struct Findings {
    total: u64,
    first: Vec<Finding>,
}

impl Findings {
    /// Something that is not as expected.
    pub(super) fn add(&mut self, place: impl Into<String>, expected: impl Into<String>) {
        self.push(Finding { place: place.into(), line: None, found: None, expected: expected.into() });
    }

    /// Something that is there, and something else is expected.
    pub(super) fn found(&mut self, place: &str, found: Option<impl Into<String>>, expected: String) {
        self.push(Finding { place: place.to_owned(), line: None, found: found.map(Into::into), expected });
    }

    /// Something in a line.
    pub(super) fn in_line(&mut self, place: &str, line: u64, expected: String) {
        self.push(Finding { place: place.to_owned(), line: Some(line), found: None, expected });
    }

    /// What is wrong with the inputs as a pack.
    pub(super) fn of_pack(&mut self, error: PackError) {
        let column = error.column.map(|column| format!(" {column}")).unwrap_or_default();
        let place = format!("inputs/{}{column}", error.file);
        self.push(Finding { place, line: error.line, found: error.value, expected: error.expected });
    }

    /// What is wrong with the public file beside a whole one.
    pub(super) fn of_public(&mut self, public: Self) {
        let unlisted = public.total - public.first.len() as u64;
        for finding in public.first {
            self.push(Finding { place: format!("public: {}", finding.place), ..finding });
        }
        self.total += unlisted;
    }

    fn push(&mut self, finding: Finding) {
        self.total += 1;
        if self.first.len() < MAX_LISTED {
            self.first.push(finding);
        }
    }

    /// How many there are, and the first of them.
    pub(super) fn finish(self) -> (u64, Vec<Finding>) {
        (self.total, self.first)
    }
}
