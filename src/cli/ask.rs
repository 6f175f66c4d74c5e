//! The options of a board, shared by `score` and `leaderboard`.

use super::Failure;
use super::output::{Format, Language};
use crate::domain::time::parse_day;
use crate::domain::{Instant, text};
use crate::scoring::appraisal::Track;
use crate::scoring::board::By;
use crate::service::boards::{AsOf, Ask, AskError};
use clap::Args;

/// Which board, and how it is printed.
#[derive(Clone, Debug, Args)]
pub(super) struct BoardOptions {
    /// Kind of units; the first reported kind without
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// improvement or kept_clean
    #[arg(long, value_name = "TRACK", value_parser = parse_track)]
    track: Option<Track>,
    /// Order: points, reduction, level_drop or green_on
    #[arg(long, value_name = "BY", value_parser = parse_by)]
    by: Option<By>,
    /// Day of the board (YYYY-MM-DD), or live; the latest closed day with a report without
    #[arg(long, value_name = "DAY|live", value_parser = parse_as_of)]
    as_of: Option<AsOf>,
    /// Only what was recorded by this instant (RFC 3339)
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    pub(super) known_at: Option<Instant>,
    /// Only units below this one
    #[arg(long, value_name = "CODE")]
    within: Option<String>,
    /// Only units of this block
    #[arg(long, value_name = "BLOCK")]
    block: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Language of the table
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t = Language::from_environment())]
    pub(super) lang: Language,
}

impl BoardOptions {
    /// What they ask for.
    pub(super) fn ask(&self) -> Ask {
        Ask {
            kind: self.kind.as_deref().map(text::nfc),
            track: self.track,
            by: self.by,
            as_of: self.as_of,
            within: self.within.as_deref().map(text::nfc),
            block: self.block.as_deref().map(text::nfc),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        let (code, column) = match &error {
            AskError::UnknownKind { .. } => ("unknown_kind", "kind"),
            AskError::UnknownUnit(_) => ("unit_not_found", "within"),
            AskError::OutsideWindow { .. } => ("day_outside_window", "as_of"),
            AskError::NotStarted => ("not_started", "as_of"),
        };
        Self::of_request(code, Some(column), error.to_string())
    }
}

fn parse_track(text: &str) -> Result<Track, &'static str> {
    Track::parse(text).ok_or("expected improvement or kept_clean")
}

fn parse_by(text: &str) -> Result<By, &'static str> {
    By::parse(text).ok_or("expected points, reduction, level_drop or green_on")
}

fn parse_as_of(text: &str) -> Result<AsOf, &'static str> {
    if text == "live" { Ok(AsOf::Live) } else { parse_day(text).map(AsOf::Day) }
}

fn parse_instant(text: &str) -> Result<Instant, &'static str> {
    Instant::parse(text)
}
