//! What is decided about awards and what comes of it: the words of [`super::awards`].

use crate::domain::Day;

/// A decision of the council about a tie: it holds while exactly this tie stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Code of the award.
    pub award: String,
    /// Block that it is about.
    pub block: Option<String>,
    /// Day of the board.
    pub as_of: Day,
    /// Codes of the tied units, sorted by their bytes.
    pub tied: Vec<String>,
    /// Codes of those that win, as many as places were left.
    pub winners: Vec<String>,
}

/// What an award needs beyond its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The level of the day is known to be the best.
    BestLevel,
    /// The change is above 0.
    Reduction,
    /// At least one level dropped.
    LevelDrop,
    /// There is a day since which the unit is green.
    Green,
}

/// Why a unit wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Won {
    /// By its place.
    Place,
    /// It reaches the threshold.
    Threshold,
    /// It shares the last place, and all who do win.
    TieShared,
    /// The council decided.
    TieDecided,
}

/// Why a unit in reach of an award does not win it. Awards are named by their place in [`Outcome::awards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its level is not the best.
    LevelNotBest,
    /// Its level is unknown.
    LevelUnknown,
    /// It reduced nothing.
    NoReduction,
    /// It dropped no level.
    NoLevelDrop,
    /// It is not green.
    NotGreen,
    /// It has another award already.
    HasAward(usize),
    /// The quota is used up.
    OverQuota,
    /// It is tied for the last place, and nobody decided yet.
    TieOpen,
    /// It was tied for the last place, and the council chose others.
    TieLost,
    /// It hangs on the open tie of another award.
    Waits(usize),
}

/// A winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Index of the unit.
    pub unit: u32,
    /// Its rank on the award's board.
    pub rank: u32,
    /// Its points, in hundredths.
    pub points: i64,
    /// Why.
    pub won: Won,
}

/// A unit in reach that does not win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Index of the unit.
    pub unit: u32,
    /// Its rank on the award's board.
    pub rank: u32,
    /// Why.
    pub reason: Reason,
}

/// A tie for the last places of an award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The rank that they share.
    pub rank: u32,
    /// How many of them can win.
    pub places_left: u64,
    /// The tied units, by name.
    pub units: Vec<u32>,
    /// What became of it.
    pub end: TieEnd,
}

/// What became of a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieEnd {
    /// All of them win.
    Shared,
    /// The council is still to decide.
    Open,
    /// The decision of this index decided it.
    Decided(usize),
}

/// One award, in one block where it is given in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awarded {
    /// Its place in the catalogue.
    pub award: usize,
    /// The block whose units compete.
    pub block: Option<String>,
    /// How many units have a rank there.
    pub ranked: u64,
    /// How many have none.
    pub unranked: u64,
    /// What it needs beyond the place.
    pub needs: Vec<Need>,
    /// How many awards the quota allows.
    pub quota: Option<u64>,
    /// Who wins, in the board's order.
    pub winners: Vec<Winner>,
    /// Who was in reach and does not win, in the board's order.
    pub passed_over: Vec<PassedOver>,
    /// The tie for its last places.
    pub tie: Option<Tie>,
}

/// All awards of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of the catalogue, block after block.
    pub awards: Vec<Awarded>,
    /// Of each decision, whether it decides a tie.
    pub is_used: Vec<bool>,
}
