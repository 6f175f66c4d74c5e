//! What of awards everybody may read, once a result is final (domain.md section 6).
//!
//! That a unit won is public, as its rank is. Awards of private kinds do not exist to the
//! public; the points of a small unit are not shown; who did not win and why, ties, notes
//! and decisions stay with the council.

use super::total_money;
use super::views::{AwardView, AwardsView, WinnerView};
use crate::scoring::Register;
use crate::service::privacy::Privacy;
use crate::service::views::UnitRef;

/// The public part of the awards of a final result.
pub fn public(view: &AwardsView, register: &Register, privacy: &Privacy) -> AwardsView {
    let is_public = |kind: &str| {
        let kind = register.campaign.kind_index(kind).and_then(|kind| register.campaign.kind(kind));
        kind.is_some_and(|kind| !kind.private)
    };
    let items = view.items.iter().filter(|item| is_public(&item.kind));
    let items: Vec<AwardView> = items.map(|item| award(item, register, privacy)).collect();
    AwardsView {
        total_winners: items.iter().map(|item| item.winners.len() as u64).sum(),
        total_money: total_money(&items),
        undecided: 0,
        stale_decisions: Vec::new(),
        items,
        ..view.clone()
    }
}

fn award(item: &AwardView, register: &Register, privacy: &Privacy) -> AwardView {
    AwardView {
        winners: item.winners.iter().filter_map(|winner| shown(winner, register, privacy)).collect(),
        tie: None,
        passed_over: Vec::new(),
        passed_over_total: 0,
        notes: Vec::new(),
        ..item.clone()
    }
}

/// A winner as the public sees it; none where it does not exist to the public.
fn shown(winner: &WinnerView, register: &Register, privacy: &Privacy) -> Option<WinnerView> {
    let unit = register.find(&winner.unit.code)?;
    let seen = privacy.shown(unit, true);
    if !seen.row {
        return None;
    }
    let above = winner.unit.parent_code.as_ref().filter(|code| register.find(code).is_some_and(|u| privacy.exists(u)));
    let points = winner.points.filter(|_| seen.numbers && seen.levels);
    let unit = UnitRef { parent_code: above.cloned(), ..winner.unit.clone() };
    Some(WinnerView { unit, points, ..winner.clone() })
}
