//! How boards are parted and ordered: the words that awards, boards and the wire share.

/// The two contests that are ranked apart (domain.md section 4, track).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// Had cases to reduce.
    Improvement,
    /// Had none, or next to none, and keeps it so.
    KeptClean,
}

impl Track {
    /// Both tracks.
    pub const ALL: [Track; 2] = [Self::Improvement, Self::KeptClean];

    /// The name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Improvement => "improvement",
            Self::KeptClean => "kept_clean",
        }
    }

    /// The track of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code() == code)
    }
}

/// What a board is ordered by first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// Points, then the chain.
    Points,
    /// The exact change, then the chain without it.
    Reduction,
    /// Levels dropped, then the chain without it.
    LevelDrop,
    /// The day since which a unit is green, the earlier first, none last, then the chain.
    GreenOn,
}

impl By {
    /// All orders.
    pub const ALL: [By; 4] = [Self::Points, Self::Reduction, Self::LevelDrop, Self::GreenOn];

    /// The name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Reduction => "reduction",
            Self::LevelDrop => "level_drop",
            Self::GreenOn => "green_on",
        }
    }

    /// The order of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.code() == code)
    }
}
