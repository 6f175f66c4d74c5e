//! Everybody of a kind on both tracks at once: what two boards have in common is computed
//! once, so that a change can be judged in the time of one board before and one after.

use super::appraisal::{Appraisal, Appraiser, Track};
use super::board::{Board, Keys, Packed, Query, board_of, in_parts, members, merge};
use super::ledger::Ledger;
use std::sync::Arc;

/// What of a unit a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gist {
    /// Index of the unit.
    pub unit: u32,
    /// The track that it is on.
    pub track: Track,
    /// Its total in hundredths; none where points mean nothing.
    pub points: Option<i64>,
    /// Its declared start, else the level known at S−1, or [`super::levels::UNKNOWN`]; none
    /// for a kind without rules.
    pub start: Option<u8>,
    /// Its level known at D, or [`super::levels::UNKNOWN`]; none for a kind without rules.
    pub current: Option<u8>,
}

impl Gist {
    fn of(appraiser: &Appraiser<'_>, unit: u32, a: &Appraisal) -> Self {
        let ledger = appraiser.ledger;
        let has_rules = appraiser.levels.has_rules();
        let before_window = ledger.calendar.window.start - 1 - appraiser.levels.first_day();
        let start = ledger.start_level(unit).or_else(|| a.levels.by_day.get(before_window).copied());
        Self {
            unit,
            track: a.track,
            points: (!a.has_no_points()).then_some(a.total),
            start: start.filter(|_| has_rules),
            current: a.levels.by_day.last().copied().filter(|_| has_rules),
        }
    }
}

/// Both boards of a kind, with what is said of each unit.
#[derive(Debug)]
pub struct Survey {
    /// The boards, in the order of [`Track::ALL`].
    pub boards: [Board; 2],
    /// The units that were asked for, in the register's order.
    pub gists: Vec<Gist>,
}

impl Survey {
    /// Both boards of a query, whichever track it names.
    pub fn new(ledger: &Ledger, query: &Query) -> Self {
        let appraiser = Arc::new(Appraiser::new(ledger, query.kind, query.as_of, query.by));
        let queries = Track::ALL.map(|track| Query { track, ..query.clone() });
        let keys = queries.each_ref().map(|query| Keys::with(appraiser.clone(), query));
        let members = members(&ledger.register, query);
        let parts = in_parts(&members, |part| pack_part(&appraiser, &keys, part));
        let mut gists = Vec::with_capacity(members.len());
        let (mut improvement, mut kept_clean) = (Packed::for_members(0), Packed::for_members(0));
        for ([first, second], mut of_part) in parts {
            (improvement, kept_clean) = (merge(improvement, first), merge(kept_clean, second));
            gists.append(&mut of_part);
        }
        let [of_improvement, of_kept_clean] = &keys;
        let [first, second] = &queries;
        Self {
            boards: [board_of(first, of_improvement, improvement), board_of(second, of_kept_clean, kept_clean)],
            gists,
        }
    }

    /// The board of a track.
    pub fn board(&self, track: Track) -> &Board {
        let [improvement, kept_clean] = &self.boards;
        match track {
            Track::Improvement => improvement,
            Track::KeptClean => kept_clean,
        }
    }

    /// What is said of a unit, if it was asked for.
    pub fn gist(&self, unit: u32) -> Option<&Gist> {
        let at = self.gists.binary_search_by_key(&unit, |gist| gist.unit).ok()?;
        self.gists.get(at)
    }

    /// The rank of a unit on its own track.
    pub fn rank_of(&self, gist: &Gist) -> Option<u32> {
        self.board(gist.track).rank_of(gist.unit)
    }
}

fn pack_part(appraiser: &Appraiser<'_>, keys: &[Keys<'_>; 2], part: &[u32]) -> ([Packed; 2], Vec<Gist>) {
    let [of_improvement, of_kept_clean] = keys;
    let (mut improvement, mut kept_clean) = (Packed::for_members(part.len()), Packed::for_members(0));
    let mut gists = Vec::with_capacity(part.len());
    let mut appraisal = Appraisal::default();
    for unit in part {
        appraiser.appraise(*unit, &mut appraisal);
        match appraisal.track {
            Track::Improvement => of_improvement.add(*unit, &appraisal, &mut improvement),
            Track::KeptClean => of_kept_clean.add(*unit, &appraisal, &mut kept_clean),
        }
        gists.push(Gist::of(appraiser, *unit, &appraisal));
    }
    improvement.sort();
    kept_clean.sort();
    ([improvement, kept_clean], gists)
}
