//! Who wins which award: a pure function of the boards of a day, the catalogue and the
//! council's decisions about ties.
//!
//! A **place** is a rank of the award's board. Units of equal rank hold the places that
//! follow together, and share the first of them; where the council decided who of them gets
//! the last places of an award, the others stand at the place after it. A place whose holder
//! wins nothing passes to nobody. A **quota** counts awards given. Awards are given in the
//! order of the catalogue, and a unit wins one at most: so what stands later never changes
//! what stands before it. Where a tie is open, every later award that hangs on it waits.
//!
//! Conditions beyond the place ([`Need`]): on kept_clean the level of the day is known to be
//! the best; on improvement whatever rests on a reduction needs one (change above 0), the
//! order by levels a dropped level; the order by green days a green unit.

use super::appraisal::{Appraisal, Appraiser, Track};
use super::board::{Board, By, Place, Query};
use super::exact::Exact;
use super::ledger::Ledger;
use super::levels::UNKNOWN;
use crate::domain::awards::{Award, Given, Ties};
use crate::domain::{Day, Measure};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A decision of the council about a tie: it holds while exactly this tie stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Code of the award.
    pub award: String,
    /// Block that it is about.
    pub block: Option<String>,
    /// Day of the board.
    pub as_of: Day,
    /// Codes of the tied units, sorted by their bytes.
    pub tied: Vec<String>,
    /// Codes of those that win, as many as places were left.
    pub winners: Vec<String>,
}

/// What an award needs beyond its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The level of the day is known to be the best.
    BestLevel,
    /// The change is above 0.
    Reduction,
    /// At least one level dropped.
    LevelDrop,
    /// There is a day since which the unit is green.
    Green,
}

/// Why a unit wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Won {
    /// By its place.
    Place,
    /// It reaches the threshold.
    Threshold,
    /// It shares the last place, and all who do win.
    TieShared,
    /// The council decided.
    TieDecided,
}

/// Why a unit in reach of an award does not win it. Awards are named by their place in [`Outcome::awards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its level is not the best.
    LevelNotBest,
    /// Its level is unknown.
    LevelUnknown,
    /// It reduced nothing.
    NoReduction,
    /// It dropped no level.
    NoLevelDrop,
    /// It is not green.
    NotGreen,
    /// It has another award already.
    HasAward(usize),
    /// The quota is used up.
    OverQuota,
    /// It is tied for the last place, and nobody decided yet.
    TieOpen,
    /// It was tied for the last place, and the council chose others.
    TieLost,
    /// It hangs on the open tie of another award.
    Waits(usize),
}

/// A winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Index of the unit.
    pub unit: u32,
    /// Its rank on the award's board.
    pub rank: u32,
    /// Its points, in hundredths.
    pub points: i64,
    /// Why.
    pub won: Won,
}

/// A unit in reach that does not win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Index of the unit.
    pub unit: u32,
    /// Its rank on the award's board.
    pub rank: u32,
    /// Why.
    pub reason: Reason,
}

/// A tie for the last places of an award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The rank that they share.
    pub rank: u32,
    /// How many of them can win.
    pub places_left: u64,
    /// The tied units, by name.
    pub units: Vec<u32>,
    /// What became of it.
    pub end: TieEnd,
}

/// What became of a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieEnd {
    /// All of them win.
    Shared,
    /// The council is still to decide.
    Open,
    /// The decision of this index decided it.
    Decided(usize),
}

/// One award, in one block where it is given in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awarded {
    /// Its place in the catalogue.
    pub award: usize,
    /// The block whose units compete.
    pub block: Option<String>,
    /// How many units have a rank there.
    pub ranked: u64,
    /// How many have none.
    pub unranked: u64,
    /// What it needs beyond the place.
    pub needs: Vec<Need>,
    /// How many awards the quota allows.
    pub quota: Option<u64>,
    /// Who wins, in the board's order.
    pub winners: Vec<Winner>,
    /// Who was in reach and does not win, in the board's order.
    pub passed_over: Vec<PassedOver>,
    /// The tie for its last places.
    pub tie: Option<Tie>,
}

/// All awards of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of the catalogue, block after block.
    pub awards: Vec<Awarded>,
    /// Of each decision, whether it decides a tie.
    pub is_used: Vec<bool>,
}

/// What an award needs beyond its place, under a campaign's policy.
pub fn needs(award: &Award, has_levels: bool, scores_reduction: bool) -> Vec<Need> {
    let by_reduction = match award.by {
        By::Reduction => true,
        By::Points => scores_reduction,
        By::LevelDrop | By::GreenOn => false,
    };
    let asks_for_reduction =
        matches!(award.to, Given::Threshold { reduction, change, .. } if reduction.or(change).is_some());
    let is_clean = award.track == Track::KeptClean;
    let all = [
        (is_clean && has_levels, Need::BestLevel),
        (!is_clean && (by_reduction || asks_for_reduction), Need::Reduction),
        (award.by == By::LevelDrop, Need::LevelDrop),
        (award.by == By::GreenOn, Need::Green),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, need)| need).collect()
}

/// The awards on the boards of a day; `board` gives a board of the ledger. Of decisions
/// about one tie the latest in the list counts.
pub fn awards(ledger: &Ledger, as_of: usize, decisions: &[Decided], board: impl Fn(&Query) -> Arc<Board>) -> Outcome {
    let campaign = &ledger.register.campaign;
    let mut course = Course { ledger, as_of, decisions, fates: HashMap::new(), places: HashMap::new(), done: 0 };
    let mut appraisers: BTreeMap<(u16, bool), Appraiser<'_>> = BTreeMap::new();
    let mut outcome = Outcome { awards: Vec::new(), is_used: vec![false; decisions.len()] };
    for (at, award) in campaign.awards.list.iter().enumerate() {
        let Some(kind) = campaign.kind_index(&award.kind) else { continue };
        let query = Query { kind, track: award.track, by: award.by, as_of, within: None, block: award.block.clone() };
        let board = board(&query);
        let appraiser = appraisers.entry((kind, award.by == By::GreenOn));
        let appraiser = appraiser.or_insert_with(|| Appraiser::new(ledger, kind, as_of, award.by));
        for (block, places) in by_block(ledger, &board) {
            let awarded = course.give((at, award), block, &places, appraiser);
            if let Some(Tie { end: TieEnd::Decided(decision), .. }) = awarded.tie
                && let Some(is_used) = outcome.is_used.get_mut(decision)
            {
                *is_used = true;
            }
            outcome.awards.push(awarded);
            course.done += 1;
        }
    }
    outcome
}

/// A board's places, apart for each block where each has ranks of its own; in the order of
/// the blocks' names, units without a block first.
fn by_block(ledger: &Ledger, board: &Board) -> Vec<(Option<String>, Vec<Place>)> {
    let asked = &board.query.block;
    if asked.is_some() || !ledger.register.campaign.policy.rank_within_blocks {
        return vec![(asked.clone(), board.places.clone())];
    }
    let mut blocks: BTreeMap<Option<String>, Vec<Place>> = BTreeMap::new();
    for place in &board.places {
        let block = ledger.register.unit(place.unit).and_then(|unit| unit.block.clone());
        blocks.entry(block).or_default().push(*place);
    }
    blocks.into_iter().collect()
}

/// What earlier awards leave of a unit.
#[derive(Clone, Copy)]
enum Fate {
    /// It has won this one.
    Has(usize),
    /// Whether it wins hangs on the open tie of this one.
    Pending(usize),
}

/// Awards given one after another.
struct Course<'a> {
    ledger: &'a Ledger,
    as_of: usize,
    decisions: &'a [Decided],
    fates: HashMap<u32, Fate>,
    /// Places that decisions moved, by the board's order and the award's own block.
    places: HashMap<(By, Option<String>), HashMap<u32, u32>>,
    /// How many were given.
    done: usize,
}

/// Units that hold the same place.
#[derive(Default)]
struct Group {
    place: u32,
    size: u32,
    /// Those that would win.
    able: Vec<(u32, u32, i64)>,
    /// Those whose earlier award is open.
    waiting: Vec<(u32, u32, usize)>,
}

/// How many awards are left at least and at most, whatever open ties bring.
struct Left {
    low: u64,
    high: u64,
    /// The tie that makes the difference.
    hangs_on: Option<usize>,
}

impl<'a> Course<'a> {
    fn give(
        &mut self,
        (at, award): (usize, &Award),
        block: Option<String>,
        places: &[Place],
        appraiser: &Appraiser<'_>,
    ) -> Awarded {
        let policy = &self.ledger.register.campaign.policy;
        let scores_reduction =
            policy.components.iter().any(|c| c.measure == Measure::CaseReduction && c.max_points > 0);
        let ranked = places.iter().filter(|place| place.rank.is_some()).count() as u64;
        let quota = award.quota.of(ranked);
        let mut awarded = Awarded {
            award: at,
            block,
            ranked,
            unranked: places.len() as u64 - ranked,
            needs: needs(award, appraiser.levels.has_rules(), scores_reduction),
            quota,
            winners: Vec::new(),
            passed_over: Vec::new(),
            tie: None,
        };
        let most = quota.unwrap_or(u64::MAX);
        let mut left = Left { low: most, high: most, hangs_on: None };
        for (place, units) in self.groups(award, places) {
            if matches!(award.to, Given::Places { to, .. } if place > to) {
                break;
            }
            let group = self.look_at(award, place, &units, appraiser, &mut awarded);
            self.give_group(award, group, &mut left, &mut awarded);
        }
        awarded
    }

    /// The ranked units by the place that they hold.
    fn groups(&self, award: &Award, places: &[Place]) -> Vec<(u32, Vec<(u32, u32)>)> {
        let moved = self.places.get(&(award.by, award.block.clone()));
        let ranked = places.iter().filter_map(|place| place.rank.map(|rank| (place.unit, rank)));
        let place_of = |(unit, rank): (u32, u32)| moved.and_then(|m| m.get(&unit)).copied().unwrap_or(rank);
        let mut held: Vec<(u32, (u32, u32))> = ranked.map(|unit| (place_of(unit), unit)).collect();
        held.sort_by_key(|(place, _)| *place);
        let equal = held.chunk_by(|a, b| a.0 == b.0);
        equal.filter_map(|units| Some((units.first()?.0, units.iter().map(|(_, unit)| *unit).collect()))).collect()
    }

    /// Parts the units of a place into those that can win and those that cannot.
    fn look_at(
        &self,
        award: &Award,
        place: u32,
        units: &[(u32, u32)],
        appraiser: &Appraiser<'_>,
        awarded: &mut Awarded,
    ) -> Group {
        let mut group = Group { place, size: units.len() as u32, ..Group::default() };
        let mut appraisal = Appraisal::default();
        for &(unit, rank) in units {
            if matches!(award.to, Given::Places { from, .. } if place < from) {
                continue;
            }
            appraiser.appraise(unit, &mut appraisal);
            if !reaches(award, &appraisal) {
                continue;
            }
            let failed = awarded.needs.iter().find_map(|need| fails(*need, &appraisal));
            match (failed, self.fates.get(&unit)) {
                (Some(reason), _) => awarded.passed_over.push(PassedOver { unit, rank, reason }),
                (None, Some(Fate::Has(other))) => {
                    awarded.passed_over.push(PassedOver { unit, rank, reason: Reason::HasAward(*other) });
                }
                (None, Some(Fate::Pending(other))) => group.waiting.push((unit, rank, *other)),
                (None, None) => group.able.push((unit, rank, appraisal.total)),
            }
        }
        group
    }

    /// Gives the award to the units of a place, as far as it goes.
    fn give_group(&mut self, award: &Award, group: Group, left: &mut Left, awarded: &mut Awarded) {
        let places = match award.to {
            Given::Places { to, .. } => u64::from((to + 1).min(group.place + group.size) - group.place),
            Given::Threshold { .. } => u64::MAX,
        };
        let (able, waiting) = (group.able.len() as u64, group.waiting.len() as u64);
        let (low, high) = (places.min(left.low), places.min(left.high));
        if able + waiting == 0 {
            return;
        }
        if high == 0 {
            pass_over(&group, awarded, Reason::OverQuota);
        } else if able + waiting <= low {
            let won = if matches!(award.to, Given::Places { .. }) { Won::Place } else { Won::Threshold };
            self.win(&group, won, awarded);
            self.wait(&group, left, awarded);
            left.low -= able + waiting;
            left.high -= able;
        } else if award.ties == Ties::All && low > 0 {
            if able > 0 && waiting == 0 {
                awarded.tie = Some(tie(&group, low, TieEnd::Shared));
            }
            self.win(&group, Won::TieShared, awarded);
            self.wait(&group, left, awarded);
            left.low = left.low.saturating_sub(able + waiting);
            left.high = left.high.saturating_sub(able);
        } else if waiting == 0 && low == high {
            self.settle(award, &group, low, awarded);
            if low == places {
                self.move_on(award, &group, awarded);
            }
            (left.low, left.high) = (left.low - low, left.high - low);
        } else {
            self.hang(&group, left, awarded);
            if high == places && able + waiting > places {
                self.move_on(award, &group, awarded);
            }
            left.low = left.low.saturating_sub((able + waiting).min(high));
            left.high -= able.min(high);
        }
    }

    fn win(&mut self, group: &Group, won: Won, awarded: &mut Awarded) {
        for &(unit, rank, points) in &group.able {
            self.fates.insert(unit, Fate::Has(self.done));
            awarded.winners.push(Winner { unit, rank, points, won });
        }
    }

    /// Those wait whose earlier award is open; they win here where they do not win there.
    fn wait(&self, group: &Group, left: &mut Left, awarded: &mut Awarded) {
        for &(unit, rank, other) in &group.waiting {
            awarded.passed_over.push(PassedOver { unit, rank, reason: Reason::Waits(other) });
            left.hangs_on = Some(other);
        }
    }

    /// All of a place wait: who of them wins hangs on the open tie of another award.
    fn hang(&mut self, group: &Group, left: &mut Left, awarded: &mut Awarded) {
        let other = group.waiting.first().map(|(_, _, other)| *other).or(left.hangs_on);
        let other = other.unwrap_or(self.done);
        left.hangs_on = Some(other);
        pass_over(group, awarded, Reason::Waits(other));
        for (unit, ..) in &group.able {
            self.fates.insert(*unit, Fate::Pending(other));
        }
    }

    /// A tie for so many places that the council decides, or has decided.
    fn settle(&mut self, award: &Award, group: &Group, places: u64, awarded: &mut Awarded) {
        let found = self.decision(award, awarded.block.as_deref(), group, places);
        let end = found.map_or(TieEnd::Open, |(at, _)| TieEnd::Decided(at));
        awarded.tie = Some(tie(group, places, end));
        let chosen = found.map(|(_, decision)| &decision.winners);
        for &(unit, rank, points) in &group.able {
            let (fate, reason) = match chosen {
                None => (Some(Fate::Pending(self.done)), Reason::TieOpen),
                Some(winners) if winners.iter().any(|code| code == self.code(unit)) => {
                    self.fates.insert(unit, Fate::Has(self.done));
                    awarded.winners.push(Winner { unit, rank, points, won: Won::TieDecided });
                    continue;
                }
                Some(_) => (None, Reason::TieLost),
            };
            if let Some(fate) = fate {
                self.fates.insert(unit, fate);
            }
            awarded.passed_over.push(PassedOver { unit, rank, reason });
        }
    }

    /// Who was tied for the last places of an award and did not get one, or may not, holds
    /// the place after it.
    fn move_on(&mut self, award: &Award, group: &Group, awarded: &Awarded) {
        let Given::Places { to, .. } = award.to else { return };
        let moved = self.places.entry((award.by, award.block.clone())).or_default();
        let has_won = |unit: &u32| awarded.winners.iter().any(|winner| winner.unit == *unit);
        let able = group.able.iter().map(|able| able.0);
        let tied = able.chain(group.waiting.iter().map(|waiting| waiting.0));
        moved.extend(tied.filter(|unit| !has_won(unit)).map(|unit| (unit, to + 1)));
    }

    fn code(&self, unit: u32) -> &str {
        self.ledger.register.unit(unit).map_or("", |unit| &unit.code)
    }

    /// The latest decision about exactly this tie.
    fn decision(&self, award: &Award, block: Option<&str>, group: &Group, places: u64) -> Option<(usize, &'a Decided)> {
        let mut tied: Vec<&str> = group.able.iter().map(|able| self.code(able.0)).collect();
        tied.sort_unstable();
        let day = self.ledger.calendar.day(self.as_of);
        let is_about = |(_, d): &(usize, &Decided)| {
            (d.award.as_str(), d.block.as_deref(), d.as_of) == (award.code.as_str(), block, day)
                && d.winners.len() as u64 == places
                && d.tied == tied
        };
        self.decisions.iter().enumerate().rfind(is_about)
    }
}

fn tie(group: &Group, places_left: u64, end: TieEnd) -> Tie {
    let rank = group.able.first().map_or(group.place, |able| able.1);
    Tie { rank, places_left, units: group.able.iter().map(|able| able.0).collect(), end }
}

fn pass_over(group: &Group, awarded: &mut Awarded, reason: Reason) {
    let able = group.able.iter().map(|able| (able.0, able.1));
    let units = able.chain(group.waiting.iter().map(|waiting| (waiting.0, waiting.1)));
    awarded.passed_over.extend(units.map(|(unit, rank)| PassedOver { unit, rank, reason }));
}

/// Whether a unit reaches the threshold of an award; exactly, not as shares are shown.
fn reaches(award: &Award, a: &Appraisal) -> bool {
    let Given::Threshold { points, reduction, change } = award.to else { return true };
    points.is_none_or(|least| a.total >= least)
        && change.is_none_or(|least| a.change >= Exact::small(least, 10_000))
        && reduction.is_none_or(|least| a.reduces_by(least))
}

/// Why a unit fails a need; none where it does not.
fn fails(need: Need, a: &Appraisal) -> Option<Reason> {
    match need {
        Need::BestLevel => match a.levels.by_day.last() {
            Some(0) => None,
            None | Some(&UNKNOWN) => Some(Reason::LevelUnknown),
            Some(_) => Some(Reason::LevelNotBest),
        },
        Need::Reduction => (a.change <= Exact::ZERO).then_some(Reason::NoReduction),
        Need::LevelDrop => a.dropped.is_none_or(|dropped| dropped <= 0).then_some(Reason::NoLevelDrop),
        Need::Green => a.green_on.is_none().then_some(Reason::NotGreen),
    }
}

#[cfg(test)]
mod tests;
