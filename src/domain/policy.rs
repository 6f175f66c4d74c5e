//! How points are given and ties are broken: data of a campaign, never constants
//! (domain.md sections 1 and 4).

use super::json::{Fields, Json, Reader};

/// What a component of the points measures (domain.md section 4, table).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Fewer cases than the baseline's pace.
    CaseReduction,
    /// Levels dropped since the start.
    LevelDrop,
    /// Days known to be at the best level.
    GreenDays,
    /// Days reported in time.
    Reporting,
    /// Verified self-assessments.
    Criteria,
}

impl Measure {
    /// All five.
    pub const ALL: [Measure; 5] =
        [Self::CaseReduction, Self::LevelDrop, Self::GreenDays, Self::Reporting, Self::Criteria];

    /// The name in files and on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::CaseReduction => "case_reduction",
            Self::LevelDrop => "level_drop",
            Self::GreenDays => "green_days",
            Self::Reporting => "reporting",
            Self::Criteria => "criteria",
        }
    }

    /// Whether it reads colour levels.
    pub fn uses_levels(self) -> bool {
        matches!(self, Self::LevelDrop | Self::GreenDays)
    }
}

/// A key of the tie-break chain (domain.md section 4, Rank).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TieKey {
    /// The exact change, higher first.
    Change,
    /// Levels dropped, more first, none last.
    LevelsDropped,
    /// The level used today, better first, none last.
    CurrentLevel,
    /// Cases in S…D with imputed ones, fewer first.
    CommunityF0,
    /// Green days, more first.
    GreenDays,
    /// Missing days, fewer first.
    MissingDays,
}

impl TieKey {
    /// All six, in the default order.
    pub const ALL: [TieKey; 6] =
        [Self::Change, Self::LevelsDropped, Self::CurrentLevel, Self::CommunityF0, Self::GreenDays, Self::MissingDays];

    /// The name in files and on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::LevelsDropped => "levels_dropped",
            Self::CurrentLevel => "current_level",
            Self::CommunityF0 => "community_f0",
            Self::GreenDays => "green_days",
            Self::MissingDays => "missing_days",
        }
    }
}

/// One component: a measure and the most points it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// What is measured.
    pub measure: Measure,
    /// The most points, in hundredths.
    pub max_points: i64,
}

/// The scoring policy. Defaults are those of domain.md section 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The components; their maxima add up to 100.00.
    pub components: Vec<Component>,
    /// How many due days at the end are compared with the baseline.
    pub closing_days: u32,
    /// Cases of luck that decide nothing; a kind may set its own.
    pub small_number_allowance: u32,
    /// Whether getting worse costs points.
    pub negative_points: bool,
    /// Fewer reported due baseline days make a unit unranked.
    pub min_baseline_days: u32,
    /// More missing due days in S…D make a unit unranked.
    pub max_missing_days: u32,
    /// The same for derived units, in percent of their children's due unit-days.
    pub max_missing_children_percent: u32,
    /// Whether each block has ranks of its own.
    pub rank_within_blocks: bool,
    /// Cap of the sum of bonuses of a unit, in hundredths.
    pub max_bonus: i64,
    /// Cap of the sum of deductions of a unit, in hundredths.
    pub max_deduction: i64,
    /// Keys that separate equal totals, first to last.
    pub tie_break: Vec<TieKey>,
}

/// The most points that bonuses or deductions may be capped at: 100,000.00.
const MAX_CAP: i64 = 10_000_000;
/// The most days that any setting may name.
pub const MAX_DAYS: u64 = 1_000;
/// The largest small-number allowance.
pub const MAX_ALLOWANCE: u64 = 10_000_000;

impl Policy {
    /// Whether a component reads colour levels.
    pub fn uses_levels(&self) -> bool {
        self.components.iter().any(|c| c.measure.uses_levels())
    }

    /// Reads the `scoring` object of a campaign.
    pub fn read(reader: &mut Reader, path: &str, json: &Json) -> Option<Self> {
        const KNOWN: [&str; 11] = [
            "components",
            "closing_days",
            "small_number_allowance",
            "negative_points",
            "min_baseline_days",
            "max_missing_days",
            "max_missing_children_percent",
            "rank_within_blocks",
            "max_bonus",
            "max_deduction",
            "tie_break",
        ];
        let of = reader.object(path, json, &KNOWN)?;
        let before = reader.errors.len();
        let components = read_components(reader, &of).unwrap_or_default();
        let mut whole = |key, min, max, default: u64| {
            let value = of.get(key).map_or(Some(default), |v| reader.whole(&of.path(key), v, min, max));
            value.and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
        };
        let closing_days = whole("closing_days", 1, MAX_DAYS, 7);
        let small_number_allowance = whole("small_number_allowance", 0, MAX_ALLOWANCE, 5);
        let min_baseline_days = whole("min_baseline_days", 0, MAX_DAYS, 7);
        let max_missing_days = whole("max_missing_days", 0, MAX_DAYS, 2);
        let max_missing_children_percent = whole("max_missing_children_percent", 0, 100, 10);
        let mut flag =
            |key, default| of.get(key).map_or(Some(default), |v| reader.flag(&of.path(key), v)).unwrap_or_default();
        let negative_points = flag("negative_points", true);
        let rank_within_blocks = flag("rank_within_blocks", false);
        let mut cap = |key| {
            of.get(key).map_or(Some(1000), |v| reader.hundredths(&of.path(key), v, 0, MAX_CAP)).unwrap_or_default()
        };
        let max_bonus = cap("max_bonus");
        let max_deduction = cap("max_deduction");
        let tie_break = of.get("tie_break").map_or(Some(TieKey::ALL.to_vec()), |v| read_tie_break(reader, &of, v));
        let policy = Self {
            components,
            closing_days,
            small_number_allowance,
            negative_points,
            min_baseline_days,
            max_missing_days,
            max_missing_children_percent,
            rank_within_blocks,
            max_bonus,
            max_deduction,
            tie_break: tie_break.unwrap_or_default(),
        };
        (reader.errors.len() == before).then_some(policy)
    }

    /// The object that [`Policy::read`] reads, every default written out.
    pub fn to_json(&self) -> serde_json::Value {
        use super::number::Hundredths;
        let components: Vec<_> = self
            .components
            .iter()
            .map(|c| serde_json::json!({"measure": c.measure.code(), "max_points": Hundredths(c.max_points)}))
            .collect();
        serde_json::json!({
            "components": components,
            "closing_days": self.closing_days,
            "small_number_allowance": self.small_number_allowance,
            "negative_points": self.negative_points,
            "min_baseline_days": self.min_baseline_days,
            "max_missing_days": self.max_missing_days,
            "max_missing_children_percent": self.max_missing_children_percent,
            "rank_within_blocks": self.rank_within_blocks,
            "max_bonus": Hundredths(self.max_bonus),
            "max_deduction": Hundredths(self.max_deduction),
            "tie_break": self.tie_break.iter().map(|k| k.code()).collect::<Vec<_>>(),
        })
    }
}

fn read_components(reader: &mut Reader, of: &Fields<'_>) -> Option<Vec<Component>> {
    let path = of.path("components");
    let json = reader.required(of, "components")?;
    let list = reader.list(&path, json)?;
    let before = reader.errors.len();
    let mut components: Vec<Component> = Vec::new();
    for (i, item) in list.iter().enumerate() {
        let Some(fields) = reader.object(&format!("{path}.{i}"), item, &["measure", "max_points"]) else { continue };
        let measure = reader.required(&fields, "measure").cloned();
        let measure = measure.and_then(|m| {
            reader.text(&fields.path("measure"), &m, |t| {
                let known = Measure::ALL.into_iter().find(|k| k.code() == t);
                known.ok_or("case_reduction, level_drop, green_days, reporting or criteria")
            })
        });
        let max_points = reader.required(&fields, "max_points").cloned();
        let max_points = max_points.and_then(|m| reader.hundredths(&fields.path("max_points"), &m, 0, 10_000));
        if let (Some(measure), Some(max_points)) = (measure, max_points) {
            if components.iter().any(|c| c.measure == measure) {
                reader.wrong(fields.path("measure"), fields.get("measure"), "each measure at most once");
            }
            components.push(Component { measure, max_points });
        }
    }
    if reader.errors.len() != before {
        return None;
    }
    let total: i64 = components.iter().map(|c| c.max_points).sum();
    if total != 10_000 {
        let total = super::number::Hundredths(total);
        reader.wrong(path, None, format!("maxima that add up to 100, not to {total}"));
        return None;
    }
    Some(components)
}

fn read_tie_break(reader: &mut Reader, of: &Fields<'_>, json: &Json) -> Option<Vec<TieKey>> {
    let path = of.path("tie_break");
    let mut keys: Vec<TieKey> = Vec::new();
    for (i, item) in reader.list(&path, json)?.iter().enumerate() {
        let at = format!("{path}.{i}");
        let key = reader.text(&at, item, |t| {
            let known = TieKey::ALL.into_iter().find(|k| k.code() == t);
            known.ok_or("change, levels_dropped, current_level, community_f0, green_days or missing_days")
        });
        match key {
            Some(key) if keys.contains(&key) => reader.wrong(at, Some(item), "each key at most once"),
            Some(key) => keys.push(key),
            None => {}
        }
    }
    Some(keys)
}
