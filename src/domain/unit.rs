//! Competing units and how they are told apart.

use super::text;
use serde::{Deserialize, Serialize};

/// The largest population or number of households that is believed.
pub const MAX_POPULATION: u64 = 100_000_000_000;

/// Whether a unit takes part in the ranks (domain.md section 2: "state concerns ranks only").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// Takes part.
    #[default]
    Active,
    /// Left the contest.
    Withdrawn,
    /// Was excluded by the council.
    Disqualified,
}

impl UnitState {
    /// All states.
    pub const ALL: [UnitState; 3] = [Self::Active, Self::Withdrawn, Self::Disqualified];

    /// The name in files and on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Withdrawn => "withdrawn",
            Self::Disqualified => "disqualified",
        }
    }

    /// The state of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// A point on the map in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Latitude, −90 to 90.
    pub lat: f64,
    /// Longitude, −180 to 180.
    pub lng: f64,
}

/// One competitor (domain.md section 2). Indexes point into the contest that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Unique in the campaign, NFC, opaque.
    pub code: String,
    /// Shown to people, NFC.
    pub name: String,
    /// Index of its kind in the campaign.
    pub kind: u16,
    /// Index of the unit above it.
    pub parent: Option<u32>,
    /// Like units that are ranked together (khối, cụm thi đua).
    pub block: Option<String>,
    /// People, more than 0.
    pub population: Option<u64>,
    /// Households, more than 0.
    pub households: Option<u64>,
    /// Where it lies.
    pub point: Option<Point>,
}

/// A latitude (`limit` 90) or longitude (180) in degrees.
pub fn parse_degrees(value: &str, limit: f64) -> Option<f64> {
    let plain = value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let degrees: f64 = value.parse().ok().filter(|_| plain && value.len() <= 30)?;
    (degrees.is_finite() && degrees.abs() <= limit).then_some(degrees)
}

/// A block's name; empty is none.
///
/// # Errors
/// What is expected of it.
pub fn parse_block(value: &str) -> Result<Option<String>, &'static str> {
    if value.is_empty() { Ok(None) } else { text::parse_name(value).map(Some) }
}
