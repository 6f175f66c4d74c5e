//! A whole contest: campaign, units, and everything recorded with its history.
//!
//! What a pack holds, what the store loads, what the scoring's ledger is built
//! from. Rows point at units, kinds and criteria by index. Several rows for one
//! thing are its revisions, told apart by `recorded_at`.

use super::campaign::Campaign;
use super::figure::Counts;
use super::time::{Day, Instant};
use super::unit::{Unit, UnitState};
use std::sync::Arc;

/// A recorded fact's life: when it was known and until when it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// From then on it is known.
    pub recorded_at: Instant,
    /// From then on it is taken back.
    pub withdrawn_at: Option<Instant>,
}

impl Stamp {
    /// Known from the beginning and never taken back.
    pub const ALWAYS: Stamp = Stamp { recorded_at: Instant::BEGINNING, withdrawn_at: None };

    /// Whether it was never taken back.
    pub fn stands(&self) -> bool {
        self.withdrawn_at.is_none()
    }

    /// Whether it was recorded at or before an instant.
    pub fn is_known_at(&self, instant: Instant) -> bool {
        self.recorded_at <= instant
    }

    /// Whether it was taken back at or before an instant.
    pub fn is_withdrawn_at(&self, instant: Instant) -> bool {
        self.withdrawn_at.is_some_and(|w| w <= instant)
    }
}

/// One revision of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureRow {
    /// Index of the unit.
    pub unit: u32,
    /// The day its cases belong to.
    pub day: Day,
    /// The six counts.
    pub counts: Counts,
    /// Its life.
    pub stamp: Stamp,
    /// A note for people.
    pub note: Option<Box<str>>,
}

/// One revision of what a source said of a unit's day.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFigureRow {
    /// Index of the unit.
    pub unit: u32,
    /// The day its cases belong to.
    pub day: Day,
    /// Place of the source among the campaign's.
    pub source: u8,
    /// The six counts.
    pub counts: Counts,
    /// Its life.
    pub stamp: Stamp,
    /// A note for people.
    pub note: Option<Box<str>>,
}

/// One revision of an excuse: the day is not due.
#[derive(Clone, Debug, PartialEq)]
pub struct ExcuseRow {
    /// Index of the unit.
    pub unit: u32,
    /// The day excused.
    pub day: Day,
    /// Why.
    pub reason: String,
    /// Its life.
    pub stamp: Stamp,
}

/// One revision of a unit's state; never withdrawn, only followed by another.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    /// Index of the unit.
    pub unit: u32,
    /// From then on.
    pub state: UnitState,
    /// Why.
    pub reason: String,
    /// When.
    pub recorded_at: Instant,
}

/// One revision of a declared start level.
#[derive(Clone, Debug, PartialEq)]
pub struct StartLevelRow {
    /// Index of the unit.
    pub unit: u32,
    /// Code of the level: which one that is, the scheme says that is in force.
    pub level: String,
    /// Why.
    pub reason: String,
    /// Its life.
    pub stamp: Stamp,
}

/// One revision of the level that a unit declares to act at from a day on.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredLevelRow {
    /// Index of the unit.
    pub unit: u32,
    /// From this day on, until a later declaration.
    pub from: Day,
    /// Code of the level: which one that is, the scheme says that is in force.
    pub level: String,
    /// Why.
    pub reason: Option<String>,
    /// Its life.
    pub stamp: Stamp,
}

/// How a criterion's value is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CriterionType {
    /// 0 or 100.
    YesNo,
    /// 0 to 100.
    Percent,
    /// Points out of a maximum, brought to 0 to 100.
    Points,
}

impl CriterionType {
    /// The name in files and on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::YesNo => "yes_no",
            Self::Percent => "percent",
            Self::Points => "points",
        }
    }

    /// The type of a name.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::YesNo, Self::Percent, Self::Points].into_iter().find(|t| t.code() == code)
    }
}

/// How many decimals a weight may have; [`CriterionRow::weight`] counts in units of the last.
pub const WEIGHT_DECIMALS: usize = 6;

/// The most points that a criterion can give, in hundredths.
pub const MAX_CRITERION_POINTS: i64 = 10_000_000;

/// One revision of a criterion, known by kind and code.
#[derive(Clone, Debug, PartialEq)]
pub struct CriterionRow {
    /// Its code.
    pub code: String,
    /// Index of the kind that it is for.
    pub kind: u16,
    /// Name in Vietnamese.
    pub name_vi: Option<String>,
    /// Name in English.
    pub name_en: Option<String>,
    /// How its value is given.
    pub value_type: Option<CriterionType>,
    /// Its weight, more than 0, in millionths.
    pub weight: u64,
    /// Whether green status needs it.
    pub required: Option<bool>,
    /// The day by which it should be met.
    pub due: Option<Day>,
    /// The most points that can be given, in hundredths; of a `points` criterion alone.
    pub max_points: Option<i64>,
    /// What a unit should bring to support its value.
    pub evidence: Option<String>,
    /// Its life.
    pub stamp: Stamp,
}

/// One revision of an assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct AssessmentRow {
    /// Index of the unit.
    pub unit: u32,
    /// Code of the criterion, of the unit's kind.
    pub criterion: String,
    /// 0 to 100, in hundredths.
    pub value: u32,
    /// Only verified values score.
    pub verified: bool,
    /// The day that it speaks of; none stands before all others.
    pub date: Option<Day>,
    /// What supports it.
    pub evidence: Option<String>,
    /// When.
    pub recorded_at: Instant,
}

/// Whether an adjustment gives or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentKind {
    /// Gives points.
    Bonus,
    /// Takes points.
    Deduction,
}

impl AdjustmentKind {
    /// The name in files and on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Bonus => "bonus",
            Self::Deduction => "deduction",
        }
    }

    /// The kind of a name.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Bonus, Self::Deduction].into_iter().find(|k| k.code() == code)
    }
}

/// A bonus or deduction; any number a unit, all add up.
#[derive(Clone, Debug, PartialEq)]
pub struct AdjustmentRow {
    /// Index of the unit.
    pub unit: u32,
    /// Gives or takes.
    pub kind: AdjustmentKind,
    /// More than 0, in hundredths.
    pub points: i64,
    /// Why.
    pub reason: String,
    /// Its life.
    pub stamp: Stamp,
}

/// A contest with everything that was ever recorded in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    /// Rules and dates.
    pub campaign: Arc<Campaign>,
    /// The units; parents may stand anywhere, the tree has no cycle.
    pub units: Vec<Unit>,
    /// Pairs of neighbours, each once, of one kind.
    pub neighbours: Vec<(u32, u32)>,
    /// All revisions of figures.
    pub figures: Vec<FigureRow>,
    /// All revisions of what each source said, where the campaign declares sources.
    pub source_figures: Vec<SourceFigureRow>,
    /// All revisions of excuses.
    pub excuses: Vec<ExcuseRow>,
    /// All revisions of states.
    pub states: Vec<StateRow>,
    /// All revisions of declared start levels.
    pub start_levels: Vec<StartLevelRow>,
    /// All revisions of declared levels.
    pub declared_levels: Vec<DeclaredLevelRow>,
    /// All revisions of criteria.
    pub criteria: Vec<CriterionRow>,
    /// All revisions of assessments.
    pub assessments: Vec<AssessmentRow>,
    /// All adjustments.
    pub adjustments: Vec<AdjustmentRow>,
    /// The text of `boundaries.geojson`, where the pack has one.
    pub boundaries: Option<Arc<str>>,
}

impl Contest {
    /// A campaign in which nothing happened yet.
    pub fn new(campaign: Arc<Campaign>) -> Self {
        Self {
            campaign,
            units: Vec::new(),
            neighbours: Vec::new(),
            figures: Vec::new(),
            source_figures: Vec::new(),
            excuses: Vec::new(),
            states: Vec::new(),
            start_levels: Vec::new(),
            declared_levels: Vec::new(),
            criteria: Vec::new(),
            assessments: Vec::new(),
            adjustments: Vec::new(),
            boundaries: None,
        }
    }

    /// Every instant at which something was recorded or taken back, in no order.
    pub fn instants(&self) -> impl Iterator<Item = Instant> + '_ {
        let of_stamp = |s: &Stamp| [Some(s.recorded_at), s.withdrawn_at];
        let stamps = (self.figures.iter().map(|r| &r.stamp))
            .chain(self.excuses.iter().map(|r| &r.stamp))
            .chain(self.start_levels.iter().map(|r| &r.stamp))
            .chain(self.adjustments.iter().map(|r| &r.stamp))
            .chain(self.declared_levels.iter().map(|r| &r.stamp))
            .chain(self.criteria.iter().map(|r| &r.stamp))
            .chain(self.source_figures.iter().map(|r| &r.stamp));
        let plain = (self.states.iter().map(|r| r.recorded_at)).chain(self.assessments.iter().map(|r| r.recorded_at));
        stamps.flat_map(of_stamp).flatten().chain(plain)
    }
}
