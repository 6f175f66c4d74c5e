//! Parameters that many operations share, as the document describes them.
#![expect(dead_code, reason = "the fields are read by the derive alone; requests are read in `call`")]

use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CampaignPath {
    /// Code of the campaign.
    campaign: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct UnitPath {
    /// Code of the campaign.
    campaign: String,
    /// Code of the unit, percent-encoded.
    code: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct DayPath {
    /// Code of the campaign.
    campaign: String,
    /// Code of the unit, percent-encoded.
    code: String,
    /// The day, YYYY-MM-DD, in the campaign's time zone.
    #[param(format = Date)]
    date: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CampaignDayPath {
    /// Code of the campaign.
    campaign: String,
    /// The day, YYYY-MM-DD, in the campaign's time zone.
    #[param(format = Date)]
    date: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ExportPath {
    /// Code of the campaign.
    campaign: String,
    /// `leaderboard`, `awards`, `decision` or `certificates`.
    what: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ImportPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the import.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ResultPath {
    /// Code of the campaign.
    campaign: String,
    /// Number of the issue, from 1.
    issue: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct IssueBoardQuery {
    /// Code of the kind; the campaign's first reported kind without.
    kind: Option<String>,
    /// `improvement` or `kept_clean`; improvement without.
    track: Option<String>,
    /// `points`, or another order that an award goes by; points without.
    by: Option<String>,
    /// Only units of this block, where ranks are those within blocks.
    block: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct WebhookPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the webhook.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct AwardDecisionPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the decision.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AwardsQuery {
    /// Day of the boards or `live`; the latest closed day with a report without.
    as_of: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CriterionPath {
    /// Code of the campaign.
    campaign: String,
    /// Code of the kind.
    kind: String,
    /// Code of the criterion, percent-encoded.
    code: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct AssessmentPath {
    /// Code of the campaign.
    campaign: String,
    /// Code of the unit, percent-encoded.
    code: String,
    /// Code of the criterion, of the unit's kind, percent-encoded.
    criterion: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CompletenessQuery {
    /// The day, of the window; today without, brought into the window.
    #[param(format = Date)]
    date: Option<String>,
    /// Code of a kind that reports itself; the campaign's first one without.
    kind: Option<String>,
    /// Only units below this one.
    within: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CompletenessDaysQuery {
    /// From this day on; the window's first without.
    #[param(format = Date)]
    from: Option<String>,
    /// Up to this day; today without, brought into the window.
    #[param(format = Date)]
    to: Option<String>,
    /// Code of a kind that reports itself; the campaign's first one without.
    kind: Option<String>,
    /// Only units below this one.
    within: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct FlagPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the flag.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FlagsQuery {
    /// Only of this rule: `backlog`, `zero_streak`, `unusual`, `last_day_drop`, `parent_children`, `copied_days` or
    /// `copied_units`.
    rule: Option<String>,
    /// Only `open` or only `closed` ones.
    state: Option<String>,
    /// Only of this kind.
    kind: Option<String>,
    /// Only of units below this one.
    within: Option<String>,
    /// From this day on.
    #[param(format = Date)]
    from: Option<String>,
    /// Up to this day.
    #[param(format = Date)]
    to: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CriteriaQuery {
    /// Only of this kind.
    kind: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AssessmentsQuery {
    /// Only `submitted`, `verified` or `returned` ones.
    status: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct AdjustmentPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the adjustment.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ApprovalPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the approval.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ApprovalsQuery {
    /// Only in this state: `pending`, `approved`, `rejected`, `stale` or `withdrawn`.
    state: Option<String>,
    /// Only about this unit.
    unit: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct AppealPath {
    /// Code of the campaign.
    campaign: String,
    /// Id of the appeal.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AppealsQuery {
    /// Only in this state: `open`, `accepted`, `rejected` or `withdrawn`.
    state: Option<String>,
    /// Only of this unit.
    unit: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct PolicyPath {
    /// Code of the campaign.
    campaign: String,
    /// Number of the version, from 1.
    version: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct UserPath {
    /// Name of the account.
    username: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct TokenPath {
    /// Id of the token.
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Code of the campaign; the log of accounts without.
    campaign: Option<String>,
    /// Only of this actor, such as `user:to-truong`.
    actor: Option<String>,
    /// Only of this action, such as `figure.record`.
    action: Option<String>,
    /// Only about this target, such as `units/27382/figures/2021-07-12`.
    target: Option<String>,
    /// Only of this request.
    request_id: Option<String>,
    /// From this instant on (RFC 3339; a plus is written %2B).
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before this instant.
    #[param(format = DateTime)]
    to: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Members of a page, 1 to 1000.
    #[param(default = 50, minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// `next_cursor` of the page before; bound to its revision.
    cursor: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MinRevision {
    /// Not older than this revision; waits up to 2 s, but not where the boards are frozen.
    #[param(minimum = 0)]
    min_revision: Option<i64>,
}

/// For whose eyes: of everything that the public may read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AudienceQuery {
    /// `public`: what the public sees, whoever asks.
    audience: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MomentQuery {
    /// Only what was recorded by this instant (RFC 3339; a plus is written %2B).
    #[param(format = DateTime)]
    known_at: Option<String>,
    /// The campaign as it stood at this revision; with `known_at` the board is pinned: the same for ever, or 410 `board_passed`.
    #[param(minimum = 1)]
    revision: Option<i64>,
    /// Not older than this revision; waits up to 2 s, but not where the boards are frozen.
    #[param(minimum = 0)]
    min_revision: Option<i64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardQuery {
    /// Code of the kind; the campaign's first reported kind without.
    kind: Option<String>,
    /// `improvement` or `kept_clean`; improvement without.
    track: Option<String>,
    /// `points`, `reduction`, `level_drop` or `green_on`; points without.
    by: Option<String>,
    /// Day of the board or `live`; the latest closed day with a report without.
    as_of: Option<String>,
    /// Only units below this one.
    within: Option<String>,
    /// Only units of this block.
    block: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DrawsQuery {
    /// How often the counts are drawn; 1000 without, fewer on a large board.
    #[param(minimum = 100, maximum = 10000)]
    draws: Option<u64>,
    /// The seed of chance; 1 without.
    #[param(minimum = 0)]
    seed: Option<u64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// `points`, `reduction` or `level_drop`; points without.
    by: Option<String>,
    /// Rank only among units below this one.
    within: Option<String>,
    /// Rank only among units of this block.
    block: Option<String>,
    /// From this day on; the window's first without.
    #[param(format = Date)]
    from: Option<String>,
    /// Up to this day; the latest closed day with a report without.
    #[param(format = Date)]
    to: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReasonQuery {
    /// Why, 1 to 500 characters.
    reason: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReconciliationQuery {
    /// Only this day.
    #[param(format = Date)]
    date: Option<String>,
    /// From this day on.
    #[param(format = Date)]
    from: Option<String>,
    /// Up to this day.
    #[param(format = Date)]
    to: Option<String>,
    /// Only units of this kind.
    kind: Option<String>,
    /// Only units below this one.
    within: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SourceQuery {
    /// Code of the source whose figure is taken back, where the campaign declares sources.
    source: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FiguresQuery {
    /// From this day on.
    #[param(format = Date)]
    from: Option<String>,
    /// Up to this day.
    #[param(format = Date)]
    to: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DayFiguresQuery {
    /// Only of this day.
    #[param(format = Date)]
    date: Option<String>,
    /// Only of this kind.
    kind: Option<String>,
    /// Only of units below this one.
    within: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UnitsQuery {
    /// Only of this kind.
    kind: Option<String>,
    /// Only direct children of this unit.
    parent: Option<String>,
    /// Only units below this one, at any depth.
    within: Option<String>,
    /// Only of this block.
    block: Option<String>,
    /// Only in this state: `active`, `withdrawn` or `disqualified`.
    state: Option<String>,
    /// Only with this in code or name, without regard to case, tones, đ/d and leading zeros.
    q: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LevelsQuery {
    /// The day; the default board's day without.
    #[param(format = Date)]
    date: Option<String>,
    /// Only of this kind.
    kind: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// What the table holds: `figures`, `units` or `pack`.
    what: Option<String>,
    /// Tells what would happen, and stores nothing.
    dry_run: Option<bool>,
    /// Why, for all rows that have no reason of their own: 1 to 500 characters.
    reason: Option<String>,
    /// Of a table of figures: its encoding (`utf-8`, `utf-16le`, `utf-16be`, `windows-1258`).
    encoding: Option<String>,
    /// Its separator: `comma`, `semicolon` or `tab`.
    separator: Option<String>,
    /// The mark before decimals, `point` or `comma`: the other one groups thousands.
    decimal: Option<String>,
    /// The sheet of a workbook; the first without.
    sheet: Option<String>,
    /// `long`, a row for a unit and day, or `wide`, a column for a day.
    layout: Option<String>,
    /// How days are written: `dmy`, `mdy` or `ymd`.
    date_order: Option<String>,
    /// `daily`, or `cumulative`: sums since the beginning.
    counts: Option<String>,
    /// How many rows there must be.
    rows: Option<u64>,
}
