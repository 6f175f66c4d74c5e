//! Campaign packs: a whole contest as files (contract.md section 1).
//!
//! Strict: every mistake is found in one reading and named by file, line, column,
//! value and expectation, and a pack with any mistake gives no contest. What the
//! rules say about the contest is `domain`'s and `scoring`'s matter; this module
//! only reads and writes. Start reading at [`read_path`] and [`read`].

mod bundled;
mod criteria;
mod decisions;
mod figures;
pub mod loose;
mod read;
pub mod simulate;
mod source;
mod source_figures;
mod table;
mod units;
mod write;

pub use bundled::{Bundled, bundled};
pub use figures::{is_figures_header, read_figures, stream_figures, tells_time};
pub use read::{read, read_path, read_zip};
pub use source::{Files, Limits};
pub use source_figures::stream_source_figures;
pub(crate) use units::on_rings;
pub use units::{UnitIndex, read_units};
pub use write::{files, write_path, write_zip};

use serde::Serialize;

/// How many errors a refusal lists; its total counts them all.
pub const MAX_LISTED: usize = 100;

/// One mistake in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackError {
    /// The file.
    pub file: String,
    /// Where the record begins; the header is line 1.
    pub line: Option<u64>,
    /// The column, or the path in `campaign.json`.
    pub column: Option<String>,
    /// What stands there.
    pub value: Option<String>,
    /// What is expected there.
    pub expected: String,
}

impl std::fmt::Display for PackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, " {column}")?;
        }
        if let Some(value) = &self.value {
            write!(f, ": {value:?}")?;
        }
        write!(f, ": expected {}", self.expected)
    }
}

/// Why a pack is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// `invalid_pack`.
    pub code: &'static str,
    /// For people.
    pub detail: String,
    /// How many mistakes there are.
    pub total: u64,
    /// The first of them.
    pub errors: Vec<PackError>,
}

/// A pack could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is wrong.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The environment failed.
    #[error("{path}: {cause}")]
    Io {
        /// What was read or written.
        path: String,
        /// Why it failed.
        cause: std::io::Error,
    },
}

/// Mistakes as they are found.
#[derive(Debug, Default)]
pub struct Errors {
    total: u64,
    first: Vec<PackError>,
}

impl Errors {
    /// Records a mistake.
    pub fn push(&mut self, error: PackError) {
        self.total += 1;
        if self.first.len() < MAX_LISTED {
            self.first.push(error);
        }
    }

    /// Records a mistake that concerns a whole file.
    pub fn in_file(&mut self, file: &str, expected: impl Into<String>) {
        self.push(PackError {
            file: file.to_owned(),
            line: None,
            column: None,
            value: None,
            expected: expected.into(),
        });
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The mistakes as a refusal; none where there are none.
    ///
    /// # Errors
    /// The refusal.
    pub fn into_result(self) -> Result<(), Refusal> {
        if self.is_empty() {
            return Ok(());
        }
        let detail = match self.total {
            1 => "the pack has 1 error; nothing was stored".to_owned(),
            n => format!("the pack has {n} errors; nothing was stored"),
        };
        Err(Refusal { code: "invalid_pack", detail, total: self.total, errors: self.first })
    }
}
