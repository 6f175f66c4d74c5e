//! Awards of a campaign: who wins what on the boards of a day, with the council's decisions
//! about ties.
//!
//! [`awards_of`] is a function of boards and decisions alone, so that a final result, an
//! export or a proof can be made of any ledger, also of one that was read from a file.
//! Decisions are kept ([`decisions`]); everything else is computed. What of a final result is
//! public, [`public`] says. Start reading at [`awards_of`].

pub mod decisions;
pub mod public;
pub mod views;
mod words;

pub use decisions::AwardDecision;
pub use views::{AwardView, AwardsView};

use super::access::{Awards as SeeAwards, Grant};
use super::boards::{Boards, named};
use super::live::Snapshot;
use super::{Fault, Service};
use crate::domain::awards::{Award, Awards, Given};
use crate::domain::number::Hundredths;
use crate::domain::scheme::Texts;
use crate::scoring::Ledger;
use crate::scoring::awards::{Awarded, Decided, Outcome, Reason, Tie, TieEnd, Won, awards};
use crate::service::flags::WordsView;
use views::{
    AwardNoteView, AwardPlacesView, AwardQuotaView, AwardThresholdView, AwardTieView, PassedOverView, WinnerView,
};

/// So many that do not win are named of one award; all are counted.
const MAX_PASSED_OVER: usize = 1_000;

/// What is said of awards beside who wins them.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// `provisional`, `frozen` or `final`.
    pub status: &'static str,
    /// Revision of the campaign.
    pub revision: Option<i64>,
}

/// The awards on the boards of a day, by its index in the calendar; of the decisions those
/// count that were not taken back.
pub fn awards_of(boards: &Boards, as_of: usize, decisions: &[AwardDecision], about: About) -> AwardsView {
    let ledger = &*boards.ledger;
    let campaign = &ledger.register.campaign;
    let standing: Vec<&AwardDecision> = decisions.iter().filter(|d| d.withdrawn.is_none()).collect();
    let outcome = outcome(boards, as_of, &standing);
    let teller = Teller { ledger, awards: &campaign.awards, outcome: &outcome, decisions: &standing };
    let items: Vec<AwardView> = outcome.awards.iter().filter_map(|awarded| teller.award(awarded)).collect();
    let day = ledger.calendar.day(as_of);
    let is_stale = |at: usize, d: &AwardDecision| d.decided.as_of == day && outcome.is_used.get(at) == Some(&false);
    let stale = standing.iter().enumerate().filter(|(at, decision)| is_stale(*at, decision));
    AwardsView {
        campaign: campaign.code.clone(),
        as_of: day.to_string(),
        status: about.status,
        revision: about.revision,
        base_salary: campaign.awards.base_salary,
        rounding_step: campaign.awards.rounding_step,
        legal_reference: campaign.awards.legal_reference.clone(),
        total_winners: items.iter().map(|item| item.winners.len() as u64).sum(),
        total_money: total_money(&items),
        undecided: items.iter().filter(|item| item.is_undecided()).count() as u64,
        stale_decisions: stale.map(|(_, decision)| decision.view("stale")).collect(),
        items,
    }
}

/// The awards whose tie waits for the council.
pub fn undecided(view: &AwardsView) -> impl Iterator<Item = &AwardView> {
    view.items.iter().filter(|item| item.is_undecided())
}

impl AwardView {
    /// Whether its tie waits for the council.
    pub fn is_undecided(&self) -> bool {
        self.tie.as_ref().is_some_and(|tie| tie.is_open)
    }
}

/// Who wins what; decisions by their place in the list.
fn outcome(boards: &Boards, as_of: usize, standing: &[&AwardDecision]) -> Outcome {
    let decided: Vec<Decided> = standing.iter().map(|decision| decision.decided.clone()).collect();
    awards(&boards.ledger, as_of, &decided, |query| boards.get(query))
}

fn total_money(items: &[AwardView]) -> u64 {
    let money = items.iter().flat_map(|item| &item.winners).filter_map(|winner| winner.money);
    money.fold(0, u64::saturating_add)
}

/// Both languages; the one that is missing reads as the other.
fn both(texts: &Texts) -> WordsView {
    let text = |vietnamese| texts.pick(vietnamese).unwrap_or_default().to_owned();
    WordsView { vi: text(true), en: text(false) }
}

/// Tells what was computed.
struct Teller<'a> {
    ledger: &'a Ledger,
    awards: &'a Awards,
    outcome: &'a Outcome,
    decisions: &'a [&'a AwardDecision],
}

impl<'a> Teller<'a> {
    fn award(&self, awarded: &Awarded) -> Option<AwardView> {
        let award = self.awards.list.get(awarded.award)?;
        let money = self.awards.money(award);
        let decision = self.decision(awarded.tie.as_ref());
        let decision_id = decision.map(|decision| decision.id.as_str());
        let winners = awarded.winners.iter().map(|winner| WinnerView {
            rank: winner.rank,
            unit: named(self.ledger, winner.unit, |_| true),
            points: Some(Hundredths(winner.points)),
            money,
            note: words::winner(winner, awarded.ranked, decision_id),
        });
        let passed_over = awarded.passed_over.iter().take(MAX_PASSED_OVER).map(|passed| PassedOverView {
            rank: passed.rank,
            unit: named(self.ledger, passed.unit, |_| true),
            note: words::passed_over(passed.reason, |other| self.code_of(other)),
        });
        let (places, threshold) = given(award);
        Some(AwardView {
            code: award.code.clone(),
            name: both(&award.name),
            form: both(&award.form),
            kind: award.kind.clone(),
            track: award.track.code(),
            by: award.by.code(),
            block: awarded.block.clone(),
            places,
            threshold,
            quota: awarded.quota.map(|awards| AwardQuotaView {
                at_most: award.quota.at_most,
                percent_of_ranked: award.quota.percent_of_ranked.map(Hundredths),
                awards,
            }),
            ties: award.ties.code(),
            collective: award.collective,
            coefficient: award.coefficient_text(),
            money,
            ranked: awarded.ranked,
            winners: winners.collect(),
            tie: awarded.tie.as_ref().map(|tie| self.tie(tie, decision)),
            passed_over: passed_over.collect(),
            passed_over_total: awarded.passed_over.len() as u64,
            notes: self.notes(award, awarded),
        })
    }

    /// Code of an award by its place in the outcome.
    fn code_of(&self, at: usize) -> &'a str {
        let award = self.outcome.awards.get(at).and_then(|other| self.awards.list.get(other.award));
        award.map_or("", |award| &award.code)
    }

    fn decision(&self, tie: Option<&Tie>) -> Option<&'a AwardDecision> {
        match tie?.end {
            TieEnd::Decided(at) => self.decisions.get(at).copied(),
            TieEnd::Open | TieEnd::Shared => None,
        }
    }

    fn tie(&self, tie: &Tie, decision: Option<&AwardDecision>) -> AwardTieView {
        AwardTieView {
            rank: tie.rank,
            places_left: u32::try_from(tie.places_left).unwrap_or(u32::MAX),
            units: tie.units.iter().map(|unit| named(self.ledger, *unit, |_| true)).collect(),
            is_open: tie.end == TieEnd::Open,
            decision: decision.map(|decision| decision.view("standing")),
        }
    }

    fn notes(&self, award: &Award, awarded: &Awarded) -> Vec<AwardNoteView> {
        let mut notes: Vec<AwardNoteView> = awarded.needs.iter().map(|need| words::need(*need)).collect();
        let open = awarded.tie.as_ref().filter(|tie| tie.end == TieEnd::Open).map_or(0, |tie| tie.places_left);
        let shared = awarded.tie.as_ref().filter(|tie| tie.end == TieEnd::Shared);
        let sharing = awarded.winners.iter().filter(|winner| winner.won == Won::TieShared).count() as u64;
        let more = shared.map_or(0, |tie| sharing.saturating_sub(tie.places_left));
        let over = awarded.passed_over.iter().filter(|passed| passed.reason == Reason::OverQuota).count() as u64;
        let waits = awarded.passed_over.iter().find_map(|passed| match passed.reason {
            Reason::Waits(other) => Some(other),
            _ => None,
        });
        let empty = match award.to {
            Given::Places { from, to } if waits.is_none() => {
                let places = u64::from(to - from + 1).min(awarded.quota.unwrap_or(u64::MAX));
                places.saturating_sub(awarded.winners.len() as u64 + open)
            }
            _ => 0,
        };
        let mut tell = |number, words: fn(u64) -> AwardNoteView| {
            if number > 0 {
                notes.push(words(number));
            }
        };
        tell(open, words::undecided);
        tell(more, words::shared);
        tell(empty, words::places_empty);
        tell(over, words::over_quota);
        tell(awarded.unranked, words::unranked);
        notes.extend(waits.map(|other| words::waits(self.code_of(other))));
        notes
    }
}

fn given(award: &Award) -> (Option<AwardPlacesView>, Option<AwardThresholdView>) {
    match award.to {
        Given::Places { from, to } => (Some(AwardPlacesView { from, to }), None),
        Given::Threshold { points, reduction, change } => {
            let threshold = AwardThresholdView {
                points_at_least: points.map(Hundredths),
                reduction_percent_at_least: reduction.map(Hundredths),
                change_percent_at_least: change.map(Hundredths),
            };
            (None, Some(threshold))
        }
    }
}

impl Service {
    /// The awards on the boards of a day of a snapshot, with the decisions that stood at its
    /// revision. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn awards(&self, _grant: &Grant<SeeAwards>, snapshot: &Snapshot, as_of: usize) -> Result<AwardsView, Fault> {
        let decisions = self.award_decisions_at(snapshot)?;
        let about = About { status: "provisional", revision: Some(snapshot.revision) };
        Ok(awards_of(&snapshot.boards, as_of, &decisions, about))
    }
}
