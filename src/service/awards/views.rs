//! Awards as people read them: who wins what, why, and what is still to be decided.
//!
//! Made by [`super::awards_of`] from the pure [`crate::scoring::awards`]; API, results,
//! exports and certificates all print these. The whole is for the council, committees and
//! auditors; what of it is public, [`super::public`] says.

use crate::domain::Instant;
use crate::domain::number::Hundredths;
use crate::service::flags::WordsView;
use crate::service::views::UnitRef;
use serde::Serialize;
use utoipa::ToSchema;

/// The awards of a campaign on the board of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AwardsView {
    /// Code of the campaign.
    pub campaign: String,
    /// The day of the boards that they are computed from.
    #[schema(format = Date)]
    pub as_of: String,
    /// `provisional`, `frozen` or `final`.
    pub status: &'static str,
    /// Revision of the campaign; null where there is none.
    pub revision: Option<i64>,
    /// Base salary that coefficients multiply, in đồng a month; null where no money is given.
    pub base_salary: Option<u64>,
    /// Money is rounded up to a multiple of this, in đồng.
    pub rounding_step: u64,
    /// The law that coefficients and rounding are from, as the campaign names it.
    pub legal_reference: Option<String>,
    /// The awards in the order of the catalogue; one that is given in each block, a block
    /// after the other.
    pub items: Vec<AwardView>,
    /// How many awards were won, ties that are not decided yet left out.
    pub total_winners: u64,
    /// All the money of those who won, in đồng, likewise.
    pub total_money: u64,
    /// How many ties wait for the council's decision.
    pub undecided: u64,
    /// Decisions that no longer decide anything, since the tie that they decided has changed.
    pub stale_decisions: Vec<AwardDecisionView>,
}

/// One award, in one block where it is given in each.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AwardView {
    /// Code, unique in the catalogue.
    pub code: String,
    /// Name.
    pub name: WordsView,
    /// Form of the award (hình thức khen thưởng), as the decision writes it.
    pub form: WordsView,
    /// Code of the kind whose units compete.
    pub kind: String,
    /// `improvement` or `kept_clean`.
    pub track: &'static str,
    /// What the board is ordered by.
    pub by: &'static str,
    /// Block whose units compete among themselves; null: all of the kind.
    pub block: Option<String>,
    /// The places that it is given for; null where a threshold gives it.
    pub places: Option<AwardPlacesView>,
    /// What a unit must reach; null where places give it.
    pub threshold: Option<AwardThresholdView>,
    /// How many there can be at most; null: as many as places or threshold give.
    pub quota: Option<AwardQuotaView>,
    /// What happens to units tied for the last place: `all` win, or the council `decide`s.
    pub ties: &'static str,
    /// Whether the money is a collective's, twice an individual's.
    pub collective: bool,
    /// Coefficient of the base salary, an exact decimal; null where no money is given.
    #[schema(example = "0.3")]
    pub coefficient: Option<String>,
    /// Money for each winner, in đồng; null where no money is given.
    pub money: Option<u64>,
    /// How many units have a rank on this board.
    pub ranked: u64,
    /// Who wins it, by rank, then name.
    pub winners: Vec<WinnerView>,
    /// The tie for its last place, decided or not; null where there is none to decide.
    pub tie: Option<AwardTieView>,
    /// Who was in reach and does not win it, by rank, then name; the first thousand.
    pub passed_over: Vec<PassedOverView>,
    /// How many were in reach and do not win it.
    pub passed_over_total: u64,
    /// What else there is to know, in structure and words.
    pub notes: Vec<AwardNoteView>,
}

/// Places from the first to the last, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwardPlacesView {
    /// First place.
    pub from: u32,
    /// Last place.
    pub to: u32,
}

/// What a unit must reach; all that is given. Shares are compared exactly, not as rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwardThresholdView {
    /// Points at least.
    #[schema(value_type = Option<f64>)]
    pub points_at_least: Option<Hundredths>,
    /// Plain reduction at least, in percent.
    #[schema(value_type = Option<f64>)]
    pub reduction_percent_at_least: Option<Hundredths>,
    /// Adjusted reduction at least, in percent.
    #[schema(value_type = Option<f64>)]
    pub change_percent_at_least: Option<Hundredths>,
}

/// How many there can be at most: the fewer of what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwardQuotaView {
    /// So many.
    pub at_most: Option<u32>,
    /// So many in a hundred ranked units, rounded down.
    #[schema(value_type = Option<f64>)]
    pub percent_of_ranked: Option<Hundredths>,
    /// What that comes to on this board.
    pub awards: u64,
}

/// Who wins an award.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WinnerView {
    /// Rank on the award's board.
    pub rank: u32,
    /// Which unit.
    pub unit: UnitRef,
    /// Points; null where they mean nothing or are not public.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
    /// Money, in đồng; null where no money is given.
    pub money: Option<u64>,
    /// Why it wins: `place`, `threshold`, `tie_shared` or `tie_decided`; in structure and words.
    pub note: AwardNoteView,
}

/// A tie for the last place or places of an award.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AwardTieView {
    /// Rank that the tied units share.
    pub rank: u32,
    /// How many of them can win.
    pub places_left: u32,
    /// The tied units, by name; those that have another award already are none of them.
    pub units: Vec<UnitRef>,
    /// Whether it waits for the council's decision.
    pub is_open: bool,
    /// The decision that stands; null where none does, or where all of them win.
    pub decision: Option<AwardDecisionView>,
}

/// A unit in reach of an award that does not win it, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PassedOverView {
    /// Rank on the award's board.
    pub rank: u32,
    /// Which unit.
    pub unit: UnitRef,
    /// Why: `level_not_best`, `level_unknown`, `no_reduction`, `no_level_drop`, `not_green`,
    /// `has_award`, `over_quota`, `tie_open`, `tie_lost`, `waits`; in structure and words.
    pub note: AwardNoteView,
}

/// Something to know about an award: a code with what it is about, and the same in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwardNoteView {
    /// The code.
    pub code: &'static str,
    /// Code of the other award that it speaks of; null where it speaks of none.
    pub award: Option<String>,
    /// The number that it speaks of; null where it speaks of none.
    pub number: Option<u64>,
    /// In words.
    pub text: WordsView,
}

/// A decision of the council about a tie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwardDecisionView {
    /// Its id.
    pub id: String,
    /// Code of the award.
    pub award: String,
    /// Block that it is about; null: all of the kind.
    pub block: Option<String>,
    /// Day of the board that it is about.
    #[schema(format = Date)]
    pub as_of: String,
    /// Codes of the units that were tied.
    pub tied: Vec<String>,
    /// Codes of those that get the places left.
    pub winners: Vec<String>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub decided_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub decided_at: Instant,
    /// `standing`, `stale` (the tie has changed, so it decides nothing) or `withdrawn`.
    pub state: &'static str,
    /// When it was taken back; null: it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Instant>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}
