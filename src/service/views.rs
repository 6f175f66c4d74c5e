//! What people see: the read models that API, pages and command line all print.
//!
//! Field names are those of contract.md section 3. Points and percentages are
//! [`Hundredths`], printed as JSON numbers made from integers.

use super::approvals::{PendingView, TwoPersonsView};
use super::effects::EffectView;
use super::impact::{Impact, RaisedFlagsView};
use super::results::StatusResultView;
use super::settling::SettlingView;
use crate::domain::number::Hundredths;
use crate::domain::{Counts, Indicator, Instant};
use crate::pack::loose::figures::ReadAs;
use crate::pack::loose::options::SEPARATOR;
use serde::Serialize;
use std::collections::BTreeMap;
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
    /// `points`, `reduction`, `level_drop` or `green_on`.
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
    /// Which sources the figures of S…D rest on, of all units of the board; null where that
    /// tells of a hidden unit. Only where the campaign declares sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<SourceDaysView>>, required = false)]
    pub sources: Option<Option<Vec<SourceDaysView>>>,
}

/// How many unit-days rest on a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceDaysView {
    /// Code of the source; null: figures recorded before sources were declared.
    pub source: Option<String>,
    /// Unit-days with a figure from it.
    pub unit_days: u64,
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
    pub community_f0: Option<u64>,
    /// What silence added in S…D.
    pub imputed_f0: Option<u64>,
    /// Missing due days in S…D.
    pub imputed_days: Option<u64>,
    /// Due days in S…D known to be at the best level.
    pub green_days: Option<u64>,
    /// Missing due days in S…D.
    pub missing_days: Option<u64>,
    /// Since when it is green: on boards by `green_on`, and where the campaign has `green_by`.
    #[serde(flatten)]
    pub green: Option<GreenView>,
    /// Why there is no rank: every reason that holds.
    pub unranked: Vec<&'static str>,
    /// The days from Bs to D, with `include=days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<RowDayView>>,
}

/// Since when a unit is green (domain.md section 3, Green status).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GreenView {
    /// The first day from which on it is green up to the board's day; null where it is not,
    /// or where that is not public.
    #[schema(format = Date)]
    pub green_on: Option<String>,
    /// Whether that was by the campaign's `green_by`; null before that day is over, or where
    /// that is not public. Only where the campaign has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<bool>, required = false)]
    pub green_by_kept: Option<Option<bool>>,
}

impl GreenView {
    /// Takes out what a reader does not see.
    pub(super) fn mask(&mut self) {
        self.green_on = None;
        self.green_by_kept = self.green_by_kept.map(|_| None);
    }
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
    /// The sum; null where a part of it is not public.
    #[schema(value_type = Option<f64>)]
    pub total: Option<Hundredths>,
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
    /// What it gave; null where that is not public.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
    /// The most it gives.
    #[schema(value_type = f64)]
    pub max_points: Hundredths,
}

/// Start and current level of a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowLevelView {
    /// Declared start, else the level known at S−1, else `unknown`; null where it is not public.
    pub start: Option<String>,
    /// Level known at D, else `unknown`; null where it is not public.
    pub current: Option<String>,
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
    /// Code of the source that the figure comes from, where the campaign declares sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The members.
    pub items: Vec<T>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
    /// How many members all pages have together.
    pub total: u64,
    /// Revision of the campaign that the list shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

/// What a write answers: the thing as it now is, and the revision that it made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WrittenView<T> {
    /// The thing.
    #[serde(flatten)]
    pub written: T,
    /// Revision of the campaign after the write.
    pub revision: i64,
}

/// A unit, with the columns of `units.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UnitView {
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
    /// People.
    pub population: Option<u64>,
    /// Households.
    pub households: Option<u64>,
    /// Latitude in degrees.
    pub lat: Option<f64>,
    /// Longitude in degrees.
    pub lng: Option<f64>,
    /// `active`, `withdrawn` or `disqualified`.
    pub state: &'static str,
}

/// What registering units answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitsView {
    /// The units.
    pub items: Vec<UnitView>,
}

/// A figure, with the columns of `figures.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FigureView {
    /// Code of the unit.
    pub unit_code: String,
    /// The day its cases belong to.
    #[schema(format = Date)]
    pub date: String,
    /// Cases found outside quarantine and locked-down areas.
    pub community_f0: u64,
    /// Cases found in quarantine, locked-down areas, at entry; null: not classified.
    pub contained_f0: Option<u64>,
    /// Community cases of unknown source; null: not classified.
    pub unknown_source_f0: Option<u64>,
    /// Community cases from settings of high risk; null: not classified.
    pub high_risk_setting_f0: Option<u64>,
    /// Households with their first case; null: not classified.
    pub households_f0: Option<u64>,
    /// Those of them linked to other households; null: not classified.
    pub linked_households_f0: Option<u64>,
    /// A note; never public.
    pub note: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
    /// What waits for a second person about this day; only where something does, and for
    /// those to whom the unit is confided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingView>,
    /// Code of the source that it comes from, where the campaign declares sources; absent
    /// where it came from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What the sources of lower precedence say, where the campaign declares sources; never public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<Vec<OtherSourceView>>,
}

/// The six counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsView {
    /// Cases found outside quarantine and locked-down areas.
    pub community_f0: u64,
    /// Cases found in quarantine, locked-down areas, at entry; null: not classified.
    pub contained_f0: Option<u64>,
    /// Community cases of unknown source; null: not classified.
    pub unknown_source_f0: Option<u64>,
    /// Community cases from settings of high risk; null: not classified.
    pub high_risk_setting_f0: Option<u64>,
    /// Households with their first case; null: not classified.
    pub households_f0: Option<u64>,
    /// Those of them linked to other households; null: not classified.
    pub linked_households_f0: Option<u64>,
}

impl CountsView {
    pub(super) fn of(counts: &Counts) -> Self {
        let count = |indicator| counts.get(indicator).map(u64::from);
        Self {
            community_f0: u64::from(counts.community_f0()),
            contained_f0: count(Indicator::ContainedF0),
            unknown_source_f0: count(Indicator::UnknownSourceF0),
            high_risk_setting_f0: count(Indicator::HighRiskSettingF0),
            households_f0: count(Indicator::HouseholdsF0),
            linked_households_f0: count(Indicator::LinkedHouseholdsF0),
        }
    }
}

/// What a source says of a day on which another one stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OtherSourceView {
    /// Code of the source.
    pub source: String,
    /// What it says.
    pub counts: CountsView,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// One revision of what a source said of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourceRevisionView {
    /// Code of the source.
    pub source: String,
    /// What it said.
    pub counts: CountsView,
    /// Whether it is what the source says now.
    pub stands: bool,
    /// Whether it is the figure of the day.
    pub leads: bool,
    /// A note.
    pub note: Option<String>,
    /// Why it was recorded.
    pub reason: Option<String>,
    /// Revision of the campaign that brought it.
    pub revision: i64,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Instant>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

/// One revision in a figure's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FigureRevisionView {
    /// The figure.
    #[serde(flatten)]
    pub figure: FigureView,
    /// Why it was recorded; never public.
    pub reason: Option<String>,
    /// Revision of the campaign that brought it.
    pub revision: i64,
    /// Which way it came: `api`, `import` (a table) or `pack`.
    pub source: &'static str,
    /// Code of the declared source that it came from, where the campaign declares sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_source: Option<String>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Instant>,
    /// Why it was taken back; never public.
    pub withdrawn_reason: Option<String>,
    /// Who asked for it and who approved it, where two persons were needed; never public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_persons: Option<TwoPersonsView>,
    /// Who asked for it to be taken back and who approved that, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_by_two: Option<TwoPersonsView>,
}

/// What taking something back answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TakenBackView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub withdrawn_at: Instant,
    /// Why.
    pub reason: String,
}

/// What a batch of figures, or a file, did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowsView {
    /// Days that had no figure.
    pub new: u64,
    /// Days with another figure.
    pub changed: u64,
    /// Days that stood so already.
    pub same: u64,
    /// Cells without a value.
    pub blank: u64,
    /// Rows that repeat another.
    pub repeated: u64,
    /// Rows that are wrong.
    pub wrong: u64,
}

/// How a table was read: what the reader decided, and can be told to do otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadingView {
    /// Its encoding; null for a workbook.
    pub encoding: Option<&'static str>,
    /// Its separator: `comma`, `semicolon` or `tab`; null for a workbook.
    pub separator: Option<&'static str>,
    /// Name of the sheet of a workbook.
    pub sheet: Option<String>,
    /// Each header, and what it was read as.
    pub columns: Vec<ColumnView>,
    /// `dmy`, `mdy` or `ymd`, where dates were written out.
    pub date_order: Option<&'static str>,
    /// `long` or `wide`.
    pub layout: &'static str,
    /// `daily` or `cumulative`.
    pub counts: &'static str,
    /// Names that units were found by, each with the code of the unit.
    pub names: BTreeMap<String, String>,
    /// What the sender should know.
    pub remarks: Vec<String>,
}

/// A header of a table, and what it was read as.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColumnView {
    /// As it stands.
    pub header: String,
    /// The column, or the day of a wide table.
    pub column: String,
}

impl ReadingView {
    /// As the reader tells it.
    pub fn of(read: ReadAs) -> Self {
        let column = |(header, column)| ColumnView { header, column };
        Self {
            encoding: read.encoding,
            separator: read.separator.map(|sign| SEPARATOR.word(sign)),
            sheet: read.sheet,
            columns: read.columns.into_iter().map(column).collect(),
            date_order: read.date_order,
            layout: read.layout,
            counts: read.counts,
            names: read.names,
            remarks: read.remarks,
        }
    }
}

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// What it was read as: `pack`, `figures` or `units`.
    pub read_as: &'static str,
    /// How a table as people send them was read; null for packs and for tables that are
    /// strict as they stand.
    pub reading: Option<ReadingView>,
    /// Whether nothing was stored.
    pub dry_run: bool,
    /// Rows by what they did.
    pub rows: RowsView,
    /// How many units it speaks of.
    pub units: u64,
    /// How many days it speaks of.
    pub days: u64,
    /// Reporting units of the campaign that it says nothing of.
    pub silent_units: Vec<String>,
    /// Of a dry run: whether the real one would wait for a second person.
    pub needs_approval: bool,
    /// Id of the import, by which it is listed and undone; null where it changed nothing.
    pub import: Option<String>,
    /// Whose rank, track, points or level it moves, as far as whoever imports may see it; null
    /// where units, kinds or the campaign's days change with it, or the campaign is new: then no
    /// place can be compared with another.
    pub effects: Option<EffectView>,
    /// The questions about figures that it raises, as far as whoever imports may see them; null
    /// where `effects` is.
    pub flags: Option<RaisedFlagsView>,
}

impl ImportView {
    /// Says what the import does beside storing its rows, where that can be said.
    pub(super) fn tell(&mut self, impact: Option<Impact>) {
        (self.effects, self.flags) = impact.map(|Impact { effects, flags }| (effects, flags)).unzip();
    }
}

/// An excused day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExcuseView {
    /// Code of the unit.
    pub unit_code: String,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// Why; never public.
    pub reason: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// A declared start level.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StartLevelView {
    /// Code of the unit.
    pub unit_code: String,
    /// Code of the level.
    pub level: String,
    /// Why; never public.
    pub reason: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// A unit's state as it was decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StateView {
    /// Code of the unit.
    pub unit_code: String,
    /// `active`, `withdrawn` or `disqualified`.
    pub state: &'static str,
    /// Why.
    pub reason: String,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
}

/// A bonus or deduction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdjustmentView {
    /// Its id.
    pub id: String,
    /// Code of the unit.
    pub unit_code: String,
    /// `bonus` or `deduction`.
    pub kind: &'static str,
    /// Points, more than 0.
    #[schema(value_type = f64)]
    pub points: Hundredths,
    /// Why; never public.
    pub reason: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// A pair of neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NeighboursView {
    /// Code of one.
    pub a: String,
    /// Code of the other.
    pub b: String,
}

/// All pairs of neighbours.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeighbourListView {
    /// The pairs.
    pub items: Vec<NeighboursView>,
    /// How many there are.
    pub total: u64,
}

/// The level of a unit on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelView {
    /// Which unit.
    pub unit: UnitRef,
    /// Its level, or `unknown`; null where it is not public.
    pub level: Option<String>,
    /// Level that the unit declares to act at; null where there is none, or it is not public.
    pub declared: Option<String>,
    /// The stricter of the two; `unknown` where the figures may still demand a stricter one;
    /// null where it is not public.
    pub effective: Option<String>,
}

/// How many units have a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LevelCountView {
    /// The level, or `unknown`.
    pub level: String,
    /// How many units; null where that is not public.
    pub units: Option<u64>,
}

/// Levels on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelsView {
    /// Code of the campaign.
    pub campaign: String,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// Code of the level scheme.
    pub level_scheme: String,
    /// How many units have each level, best first, `unknown` last.
    pub counts: Vec<LevelCountView>,
    /// The units.
    pub items: Vec<LevelView>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
    /// How many units there are.
    pub total: u64,
}

/// Levels of a unit over days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelHistoryItem {
    /// Which unit.
    pub unit: UnitRef,
    /// Its level on each of `days`, or `unknown`; null where it is not public.
    pub levels: Vec<Option<String>>,
}

/// How many units have each level on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// How many units have each level, best first, `unknown` last.
    pub counts: Vec<LevelCountView>,
}

/// Levels over days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelHistoryView {
    /// Code of the campaign.
    pub campaign: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// Code of the level scheme.
    pub level_scheme: String,
    /// The days, with how many units have each level.
    pub days: Vec<LevelDayView>,
    /// The units.
    pub items: Vec<LevelHistoryItem>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
    /// How many units there are.
    pub total: u64,
}

/// One day of the window, as a client needs it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// `not_begun`, `open` (the day itself), `due` (over, until it closes) or `closed`.
    pub state: &'static str,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Instant,
    /// When its figures are due: what comes later is late.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Instant,
    /// How many units have reported; null where hidden units are among them.
    pub reported_units: Option<u64>,
}

/// What the caller can do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CapabilitiesView {
    /// Whether the caller may write.
    pub write: bool,
    /// Tracks of the boards.
    pub tracks: [&'static str; 2],
    /// Orders of the boards.
    pub by: [&'static str; 4],
    /// Languages of titles and texts.
    pub languages: [&'static str; 2],
}

/// What the public sees in place of the campaign as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FreezeStatusView {
    /// `frozen`, `final` or, to those who may know of it, `planned`.
    pub status: &'static str,
    /// Since when the public sees it; null while it is planned.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Instant>,
    /// Number of the result that it is; null for a freeze.
    pub issue: Option<i64>,
    /// When it is planned to come into force; never public.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub planned_for: Option<Instant>,
    /// Why; never public.
    pub reason: Option<String>,
    /// Who wanted it, as the log names them; never public.
    pub author: Option<String>,
}

/// All that a client needs to draw its first screen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusView {
    /// Code of the campaign.
    pub campaign: String,
    /// `draft` (no units yet, or the first day has not begun), `open`, `closed` (the last day
    /// has closed), `final` (an issue of the result was made), `re_issued` (a further one was)
    /// or `revoked` (the latest one was revoked).
    pub state: &'static str,
    /// The result; null: none was made.
    pub result: Option<StatusResultView>,
    /// The day that it is there.
    #[schema(format = Date)]
    pub today: String,
    /// The campaign's time zone.
    pub time_zone: String,
    /// The day of the board shown by default; null before the first.
    #[schema(format = Date)]
    pub default_day: Option<String>,
    /// The latest day with a report; null before the first.
    #[schema(format = Date)]
    pub live_day: Option<String>,
    /// The days of the window.
    pub days: Vec<StatusDayView>,
    /// Units that report; null where hidden units are among them.
    pub reporting_units: Option<u64>,
    /// From when on figures are not expected to move any more; no rank reads it.
    pub settling: SettlingView,
    /// Revision of the campaign.
    pub revision: i64,
    /// The freeze; null: the boards are not frozen.
    pub freeze: Option<FreezeStatusView>,
    /// What the caller can do.
    pub capabilities: CapabilitiesView,
}
