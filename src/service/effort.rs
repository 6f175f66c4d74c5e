//! What it would take to pass the unit above, as it is shown.

use super::boards::{Boards, named};
use super::privacy::Shown;
use super::views::UnitRef;
use crate::scoring::board::{Place, Query};
use crate::scoring::effort::{Effort, clean_days, fewer_cases};
use serde::Serialize;
use utoipa::ToSchema;

/// What it would have taken to pass the nearest unit of better rank on this very board:
/// the smallest change of the unit's own figures, found by ranking with other figures.
/// All other units, the baseline, excuses, missing days and decisions are as they are.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct EffortView {
    /// The nearest unit of better rank; null where there is none.
    pub unit: Option<UnitRef>,
    /// Its rank.
    pub rank: Option<u64>,
    /// So many of the unit's latest days with cases, read as clean.
    pub clean_days: Option<CleanDaysView>,
    /// So many cases fewer, taken from the latest days first.
    pub fewer_cases: Option<FewerCasesView>,
    /// Why there is none: `already_first`, `unranked`, `sum_of_others` (its figures are),
    /// `not_enough` (not even without a case in S…D) or `too_many_to_try`.
    pub reason: Option<&'static str>,
}

/// The smallest number of days with cases that would have had to be clean.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CleanDaysView {
    /// How many.
    pub days: u64,
    /// Which, the latest first: reported days of S…D with community F0.
    pub dates: Vec<String>,
    /// The unit's rank then.
    pub rank: u64,
}

/// The smallest number of cases that would have had to be fewer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FewerCasesView {
    /// How many community F0.
    pub cases: u64,
    /// The unit's rank then.
    pub rank: u64,
}

/// What it would take a unit to pass the nearest one of better rank. `visible` are the
/// places as the reader sees them; null where the reader does not see all of both units, or
/// where a hidden unit stands between them (domain.md section 6).
pub fn what_would_it_take(
    boards: &Boards,
    query: &Query,
    own: Place,
    visible: &[Place],
    shown: impl Fn(u32) -> Shown,
) -> Option<EffortView> {
    let register = &boards.ledger.register;
    let none = |reason| Some(EffortView { reason: Some(reason), ..EffortView::default() });
    let is_everything = || (0..register.len() as u32).all(|unit| shown(unit) == Shown::ALL);
    let reads_others = register.rules_of(own.unit).is_some_and(|rules| rules.reads_other_units());
    if shown(own.unit) != Shown::ALL || (reads_others && !is_everything()) {
        return None;
    }
    let Some(rank) = own.rank else { return none("unranked") };
    if rank == 1 {
        return none("already_first");
    }
    let other = nearest_better(boards, own.unit, rank, visible).filter(|place| shown(place.unit) == Shown::ALL)?;
    let view = EffortView {
        unit: Some(named(&boards.ledger, other.unit, |above| shown(above).row)),
        rank: other.rank.map(u64::from),
        ..EffortView::default()
    };
    if register.is_derived(own.unit) {
        return Some(EffortView { reason: Some("sum_of_others"), ..view });
    }
    let days = clean_days(&boards.ledger, query, own.unit, other.unit);
    let cases = fewer_cases(&boards.ledger, query, own.unit, other.unit);
    let reason = [&days, &cases].into_iter().find_map(|effort| match effort {
        Effort::Enough { .. } => None,
        Effort::NotEnough => Some("not_enough"),
        Effort::TooMany => Some("too_many_to_try"),
    });
    let date = |day: usize| boards.ledger.calendar.day(day).to_string();
    Some(EffortView {
        clean_days: match days {
            Effort::Enough { size, days, rank } => {
                let dates = days.into_iter().map(date).collect();
                Some(CleanDaysView { days: size, dates, rank: rank.into() })
            }
            _ => None,
        },
        fewer_cases: match cases {
            Effort::Enough { size, rank, .. } => Some(FewerCasesView { cases: size, rank: rank.into() }),
            _ => None,
        },
        reason,
        ..view
    })
}

/// The last place above a rank; none where somebody who is not seen stands there or shares
/// its rank, which the ranks that are seen tell anyway: they leave places empty.
fn nearest_better(boards: &Boards, unit: u32, rank: u32, visible: &[Place]) -> Option<Place> {
    let register = &boards.ledger.register;
    let block = |unit: u32| register.unit(unit).and_then(|u| u.block.as_deref());
    let is_of_one_contest =
        |place: &&Place| !register.campaign.policy.rank_within_blocks || block(place.unit) == block(unit);
    let better = || visible.iter().filter(|p| p.rank.is_some_and(|r| r < rank)).filter(is_of_one_contest);
    let nearest = better().max_by_key(|place| place.rank).copied()?;
    let sharing = better().filter(|place| place.rank == nearest.rank).count();
    (nearest.rank.map(|r| r as usize + sharing) == Some(rank as usize)).then_some(nearest)
}
