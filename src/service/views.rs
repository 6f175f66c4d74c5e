//! What people see: the read models that API, pages and command line all print.
//!
//! Field names are those of contract.md section 3. Points and percentages are
//! [`Hundredths`], printed as JSON numbers made from integers.

use crate::domain::Instant;
use crate::domain::number::Hundredths;
use serde::Serialize;
use utoipa::ToSchema;

/// A leaderboard: one kind and track, ordered by one key, as of one day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the kind that is ranked.
    pub kind: String,
    /// `improvement` or `kept_clean`.
    pub track: &'static str,
    /// `points`, `reduction` or `level_drop`.
    pub by: &'static str,
    /// Only units strictly below this one.
    pub within: Option<String>,
    /// Only units of this block.
    pub block: Option<String>,
    /// The day D of the board.
    #[schema(format = Date)]
    pub as_of: String,
    /// Only what was recorded by then, when asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub known_at: Option<Instant>,
    /// `provisional`, `frozen` or `final`.
    pub status: &'static str,
    /// S…D has fewer days than there are closing days.
    pub early: bool,
    /// Revision of the campaign that the board shows; null without a database.
    pub revision: Option<i64>,
    /// Code of the level scheme.
    pub level_scheme: String,
    /// Version of the policy; null without a database.
    pub policy_version: Option<i64>,
    /// All rows.
    pub total: u64,
    /// Rows with a rank.
    pub ranked: u64,
    /// The rows, in order.
    pub items: Vec<RowView>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
}

/// One row of a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowView {
    /// Place; equal keys share it, and the following places stay empty.
    pub rank: Option<u64>,
    /// Places won since the board of the day before (negative: lost).
    pub rank_change: Option<i64>,
    /// Who.
    pub unit: UnitRef,
    /// Points; null where there is no baseline or nothing is due.
    pub points: Option<PointsView>,
    /// The plain reduction (e − c)/e in percent; shown, not scored.
    #[schema(value_type = Option<f64>)]
    pub reduction_percent: Option<Hundredths>,
    /// The adjusted reduction in percent: the number that ranks.
    #[schema(value_type = Option<f64>)]
    pub change_percent: Option<Hundredths>,
    /// Mean community F0 of the baseline's due days.
    #[schema(value_type = Option<f64>)]
    pub baseline_mean: Option<Hundredths>,
    /// Mean community F0 of the closing days, imputed days included.
    #[schema(value_type = Option<f64>)]
    pub closing_mean: Option<Hundredths>,
    /// Levels; null for a kind without rules.
    pub level: Option<RowLevelView>,
    /// Community F0 reported in S…D.
    pub community_f0: u64,
    /// What silence added in S…D.
    pub imputed_f0: u64,
    /// Missing due days in S…D.
    pub imputed_days: u64,
    /// Due days in S…D known to be at the best level.
    pub green_days: u64,
    /// Missing due days in S…D.
    pub missing_days: u64,
    /// Why there is no rank: every reason that holds.
    pub unranked: Vec<&'static str>,
    /// The days from Bs to D, with `include=days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<RowDayView>>,
}

/// A unit as boards name it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitRef {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of the unit above.
    pub parent_code: Option<String>,
    /// Block that it is ranked in.
    pub block: Option<String>,
}

/// Points and their parts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PointsView {
    /// The sum.
    #[schema(value_type = f64)]
    pub total: Hundredths,
    /// The components of the policy, in its order.
    pub components: Vec<ComponentView>,
    /// Bonus after its cap.
    #[schema(value_type = f64)]
    pub bonus: Hundredths,
    /// Deduction after its cap, positive.
    #[schema(value_type = f64)]
    pub deduction: Hundredths,
}

/// One component of the points.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComponentView {
    /// `case_reduction`, `level_drop`, `green_days`, `reporting` or `criteria`.
    pub measure: &'static str,
    /// What it gave.
    #[schema(value_type = f64)]
    pub points: Hundredths,
    /// The most it gives.
    #[schema(value_type = f64)]
    pub max_points: Hundredths,
}

/// Start and current level of a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowLevelView {
    /// Declared start, else the level known at S−1, else `unknown`.
    pub start: String,
    /// Level known at D, else `unknown`.
    pub current: String,
    /// Levels dropped; negative is worse.
    pub dropped: Option<i64>,
    /// The start that `dropped` was taken from: declared, known or imputed.
    pub start_used: Option<String>,
    /// The current level that `dropped` was taken from: known or imputed.
    pub current_used: Option<String>,
}

/// One day of a unit on a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// `reported`, `missing`, `excused` or `not_due`.
    pub state: &'static str,
    /// What was reported.
    pub community_f0: Option<u64>,
    /// Level of the day, `unknown` where nobody knows; null for a kind without rules.
    pub level: Option<String>,
    /// Rank on the same board of that day.
    pub rank: Option<u64>,
}
