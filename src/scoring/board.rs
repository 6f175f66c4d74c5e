//! Boards: who stands where (domain.md section 4, Rank).
//!
//! A board is a pure function of (ledger, query). Each unit becomes one integer:
//! the keys of its rank, best first, packed from the left, and its place in the
//! order of names at the right. Sorting integers orders the board; units whose
//! keys are equal up to the name share a rank. The exact change is too wide to be
//! packed whole: its leading bits are, and where those do not tell two different
//! changes apart, or a number is too large for its field, the same keys are
//! compared one by one instead ([`Keys::compare`]).

use super::appraisal::{Appraisal, Appraiser, Track};
use super::exact::{Exact, KEY_BITS};
use super::ledger::Ledger;
use super::register::{Calendar, Register};
use crate::domain::policy::{Policy, TieKey};
use crate::domain::{Day, Instant};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

pub use crate::domain::order::By;

/// A key that ranks, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankKey {
    /// Total points, more first.
    Total,
    /// The day since which it is green, the earlier first, none last.
    GreenOn,
    /// A key of the tie-break chain.
    Tie(TieKey),
}

impl RankKey {
    /// The name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::GreenOn => "green_on",
            Self::Tie(key) => key.code(),
        }
    }
}

/// What a board is asked for, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// Index of the kind.
    pub kind: u16,
    /// The track.
    pub track: Track,
    /// The order.
    pub by: By,
    /// Index of D in the calendar.
    pub as_of: usize,
    /// Only units strictly below this one.
    pub within: Option<u32>,
    /// Only units of this block.
    pub block: Option<String>,
}

/// One row of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the unit.
    pub unit: u32,
    /// Its rank; none for an unranked unit.
    pub rank: Option<u32>,
}

/// An ordered board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// What was asked.
    pub query: Query,
    /// Its rows: ranked ones first, unranked ones after them by name.
    pub places: Vec<Place>,
    /// How many rows have a rank.
    pub ranked: usize,
    by_unit: ByUnit,
}

/// Ranks by unit, 0 for none: made from the places where somebody asks, so no part of what
/// a board is.
#[derive(Clone, Debug, Default)]
struct ByUnit(OnceLock<Box<[u32]>>);

impl PartialEq for ByUnit {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ByUnit {}

impl Board {
    /// The rank of a unit on this board.
    pub fn rank_of(&self, unit: u32) -> Option<u32> {
        let by_unit = self.by_unit.0.get_or_init(|| {
            let ranked = || self.places.iter().filter_map(|place| place.rank.map(|rank| (place.unit as usize, rank)));
            let mut ranks = vec![0; ranked().map(|(unit, _)| unit + 1).max().unwrap_or_default()];
            for (unit, rank) in ranked() {
                ranks[unit] = rank;
            }
            ranks.into_boxed_slice()
        });
        by_unit.get(unit as usize).copied().filter(|rank| *rank > 0)
    }
}

/// No closed day of the window has a report yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartedError;

/// The default day of a board: the latest of the window that is closed at an
/// instant and has a report of at least one unit (domain.md section 4).
///
/// # Errors
/// There is none yet.
pub fn default_day(ledger: &Ledger, now: Instant) -> Result<usize, StartedError> {
    let campaign = &ledger.register.campaign;
    let is_closed = |day: &usize| campaign.cut_off(ledger.calendar.day(*day)) <= now;
    let has_report = |day: &usize| ledger.reports_on(*day) > 0;
    ledger.calendar.window.clone().rev().filter(has_report).find(is_closed).ok_or(StartedError)
}

/// The live day of a board: the latest of the window with a report, closed or not.
///
/// # Errors
/// There is none yet.
pub fn live_day(ledger: &Ledger) -> Result<usize, StartedError> {
    ledger.calendar.window.clone().rev().find(|day| ledger.reports_on(*day) > 0).ok_or(StartedError)
}

/// The index of a day on which there can be a board: S ≤ D ≤ E.
pub fn board_day(ledger: &Ledger, day: Day) -> Option<usize> {
    ledger.calendar.index(day).filter(|d| ledger.calendar.window.contains(d))
}

/// The keys of a board in the order in which they rank.
pub fn rank_keys(chain: &[TieKey], by: By, track: Track) -> Vec<RankKey> {
    let first = match by {
        By::Points => RankKey::Total,
        By::Reduction => RankKey::Tie(TieKey::Change),
        By::LevelDrop => RankKey::Tie(TieKey::LevelsDropped),
        By::GreenOn => RankKey::GreenOn,
    };
    let is_left_out = |key: TieKey| {
        RankKey::Tie(key) == first
            || (track == Track::KeptClean && matches!(key, TieKey::Change | TieKey::LevelsDropped))
    };
    let chain = chain.iter().copied().filter(|key| !is_left_out(*key)).map(RankKey::Tie);
    std::iter::once(first).chain(chain).collect()
}

/// Orders a board.
pub fn rank(ledger: &Ledger, query: &Query) -> Board {
    rank_with(ledger, query, &Keys::new(ledger, query))
}

/// Orders these units as a board of its own, with all of them on its track whatever other
/// figures than the reported ones would say: for trials of how firm an order is.
pub fn rank_entries(ledger: &Ledger, query: &Query, entries: &[u32]) -> Vec<Place> {
    let appraiser = Appraiser::new(ledger, query.kind, query.as_of, query.by).holding(query.track);
    let keys = Keys::with(Arc::new(appraiser), query);
    keys.order(keys.pack_all(entries))
}

fn rank_with(ledger: &Ledger, query: &Query, keys: &Keys<'_>) -> Board {
    let packed = keys.pack_all(&members(&ledger.register, query));
    board_of(query, keys, packed)
}

/// The units of a query's kind that it asks for, on whichever track; in the register's order.
pub(super) fn members<'r>(register: &'r Register, query: &Query) -> Cow<'r, [u32]> {
    let of_kind = register.of_kind.get(usize::from(query.kind)).map(Vec::as_slice).unwrap_or_default();
    let is_asked_for = |unit: &u32| {
        query.within.is_none_or(|above| register.is_below(*unit, above))
            && query.block.as_deref().is_none_or(|b| register.unit(*unit).and_then(|u| u.block.as_deref()) == Some(b))
    };
    if query.within.is_none() && query.block.is_none() {
        return Cow::Borrowed(of_kind);
    }
    of_kind.iter().copied().filter(is_asked_for).collect()
}

/// The board of members that were packed.
pub(super) fn board_of(query: &Query, keys: &Keys<'_>, packed: Packed) -> Board {
    let register = &keys.ledger().register;
    let mut places = keys.order(packed);
    let ranked = places.iter().take_while(|p| p.rank.is_some()).count();
    if register.campaign.policy.rank_within_blocks && query.block.is_none() {
        let (with_rank, _) = places.split_at_mut(ranked);
        with_rank.sort_by_key(|p| (p.rank, register.name_rank(p.unit)));
    }
    Board { query: query.clone(), places, ranked, by_unit: ByUnit::default() }
}

/// The same board, always by comparing keys one by one: what the packed order must equal.
#[cfg(test)]
pub(crate) fn rank_one_by_one(ledger: &Ledger, query: &Query) -> Board {
    let keys = Keys { is_packing: false, ..Keys::new(ledger, query) };
    rank_with(ledger, query, &keys)
}

/// Members of a board, appraised and packed by one thread.
#[derive(Default)]
pub(super) struct Packed {
    ranked: Vec<u128>,
    unranked: Vec<u32>,
    /// Whether every number found room in its field and every change has a key of its own.
    is_exact: bool,
}

impl Packed {
    /// Room for so many.
    pub(super) fn for_members(len: usize) -> Self {
        Self { ranked: Vec::with_capacity(len), unranked: Vec::new(), is_exact: true }
    }

    /// Brings the ranked ones into their order.
    pub(super) fn sort(&mut self) {
        self.ranked.sort_unstable();
    }
}

/// The keys that order one board, and how they are packed.
pub(super) struct Keys<'a> {
    appraiser: Arc<Appraiser<'a>>,
    policy: &'a Policy,
    worst: i64,
    keys: Vec<RankKey>,
    query: &'a Query,
    /// Blocks by number, where each has ranks of its own.
    blocks: Option<std::collections::HashMap<&'a str, u128>>,
    name_bits: u32,
    widths: Vec<u32>,
    change_is_key: bool,
    /// Whether the packed order may be used where it is exact.
    is_packing: bool,
}

/// Fewer members than this are not worth a second thread.
const MIN_PER_THREAD: usize = 8_192;

impl<'a> Keys<'a> {
    fn new(ledger: &'a Ledger, query: &'a Query) -> Self {
        Self::with(Arc::new(Appraiser::new(ledger, query.kind, query.as_of, query.by)), query)
    }

    /// The keys of a query whose units are appraised already.
    pub(super) fn with(appraiser: Arc<Appraiser<'a>>, query: &'a Query) -> Self {
        let ledger = appraiser.ledger;
        let policy = &ledger.register.campaign.policy;
        let keys = rank_keys(&policy.tie_break, query.by, query.track);
        let name_bits = bits(ledger.register.len() as u64);
        let blocks = policy.rank_within_blocks.then(|| number_blocks(ledger));
        let taken = name_bits + blocks.as_ref().map_or(0, |b| bits(b.len() as u64 + 1));
        let worst = u64::from(ledger.register.campaign.scheme.worst());
        let days = (query.as_of + 1 - ledger.calendar.window.start) as u64;
        let fixed = |key: &RankKey| match key {
            RankKey::Total => bits((20_000 + policy.max_bonus + policy.max_deduction) as u64),
            RankKey::Tie(TieKey::Change) => KEY_BITS + 2,
            RankKey::Tie(TieKey::LevelsDropped) => bits(2 * worst + 1),
            RankKey::Tie(TieKey::CurrentLevel) => bits(worst + 1),
            RankKey::GreenOn | RankKey::Tie(TieKey::GreenDays) => bits(days),
            RankKey::Tie(TieKey::CommunityF0 | TieKey::MissingDays) => 0,
        };
        let left = 128u32.saturating_sub(taken + keys.iter().map(fixed).sum::<u32>());
        let has_cases = keys.contains(&RankKey::Tie(TieKey::CommunityF0));
        let missing = if keys.contains(&RankKey::Tie(TieKey::MissingDays)) { left.min(12) } else { 0 };
        let widths = keys.iter().map(|key| match key {
            RankKey::Tie(TieKey::CommunityF0) if has_cases => (left - missing).min(40),
            RankKey::Tie(TieKey::MissingDays) => missing,
            key => fixed(key),
        });
        Self {
            appraiser,
            policy,
            worst: worst as i64,
            change_is_key: keys.contains(&RankKey::Tie(TieKey::Change)),
            is_packing: true,
            widths: widths.collect(),
            keys,
            query,
            blocks,
            name_bits,
        }
    }

    fn ledger(&self) -> &'a Ledger {
        self.appraiser.ledger
    }

    fn order(&self, mut packed: Packed) -> Vec<Place> {
        let register = &self.ledger().register;
        packed.unranked.sort_unstable_by_key(|u| register.name_rank(*u));
        let mut places = Vec::with_capacity(packed.ranked.len() + packed.unranked.len());
        if packed.is_exact && self.is_packing {
            self.give_ranks_to_packed(&packed.ranked, &mut places);
        } else {
            self.give_ranks_one_by_one(&packed.ranked, &mut places);
        }
        places.extend(packed.unranked.iter().map(|unit| Place { unit: *unit, rank: None }));
        places
    }

    /// Packs and sorts all members, on several threads where there are many.
    fn pack_all(&self, members: &[u32]) -> Packed {
        in_parts(members, |part| self.pack(part)).into_iter().reduce(merge).unwrap_or_default()
    }

    fn pack(&self, members: &[u32]) -> Packed {
        let mut packed = Packed::for_members(members.len());
        let mut appraisal = Appraisal::default();
        for unit in members {
            self.appraiser.appraise(*unit, &mut appraisal);
            if appraisal.track == self.query.track {
                self.add(*unit, &appraisal, &mut packed);
            }
        }
        packed.sort();
        packed
    }

    /// Packs a member of the query's track.
    pub(super) fn add(&self, unit: u32, appraisal: &Appraisal, packed: &mut Packed) {
        if !appraisal.is_ranked() {
            packed.unranked.push(unit);
            return;
        }
        let (key, fits) = self.packed_key(unit, appraisal);
        packed.is_exact &= fits && (!self.change_is_key || appraisal.change.has_own_key());
        packed.ranked.push(key);
    }

    /// One integer per unit, smaller is better; and whether every field had room.
    fn packed_key(&self, unit: u32, a: &Appraisal) -> (u128, bool) {
        let mut fits = true;
        let mut packed = self.block_of(unit);
        for (key, width) in self.keys.iter().zip(&self.widths) {
            let limit = (1u64 << width) - 1;
            let value = self.field(*key, a);
            fits &= value <= limit;
            packed = (packed << width) | u128::from(value.min(limit));
        }
        ((packed << self.name_bits) | u128::from(self.ledger().register.name_rank(unit)), fits)
    }

    fn block_of(&self, unit: u32) -> u128 {
        let Some(blocks) = &self.blocks else { return 0 };
        let block = self.ledger().register.unit(unit).and_then(|u| u.block.as_deref());
        block.and_then(|b| blocks.get(b)).copied().unwrap_or(0)
    }

    /// A key as a number, smaller is better. Of the change these are the leading bits.
    fn field(&self, key: RankKey, a: &Appraisal) -> u64 {
        let (policy, worst) = (self.policy, self.worst);
        let first = self.ledger().calendar.window.start;
        let number = match key {
            RankKey::GreenOn => return (a.green_on.unwrap_or(self.query.as_of + 1) - first) as u64,
            RankKey::Total => 10_000 + policy.max_bonus - a.total,
            RankKey::Tie(TieKey::Change) => (1i64 << KEY_BITS) - a.change.key(),
            RankKey::Tie(TieKey::LevelsDropped) => a.dropped.map_or(2 * worst + 1, |d| worst - i64::from(d)),
            RankKey::Tie(TieKey::CurrentLevel) => a.levels.current.map_or(worst + 1, i64::from),
            RankKey::Tie(TieKey::CommunityF0) => return a.cases(),
            RankKey::Tie(TieKey::GreenDays) => {
                return (self.query.as_of + 1 - first) as u64 - u64::from(a.green_days);
            }
            RankKey::Tie(TieKey::MissingDays) => return a.tally.missing,
        };
        u64::try_from(number).unwrap_or(0)
    }

    fn give_ranks_to_packed(&self, ranked: &[u128], places: &mut Vec<Place>) {
        let register = &self.ledger().register;
        let name_mask = (1u128 << self.name_bits) - 1;
        let block_bits = self.widths.iter().sum::<u32>() + self.name_bits;
        let block = |key: u128| key.checked_shr(block_bits).unwrap_or(0);
        let (mut first_of_block, mut rank) = (0usize, 1usize);
        for (at, key) in ranked.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|b| ranked.get(b)).copied();
            if before.is_some_and(|b| block(b) != block(*key)) {
                first_of_block = at;
            }
            if before.is_none_or(|b| b >> self.name_bits != key >> self.name_bits) {
                rank = at - first_of_block + 1;
            }
            let unit = register.at_name_rank((key & name_mask) as u32).unwrap_or(u32::MAX);
            places.push(Place { unit, rank: Some(rank as u32) });
        }
    }

    /// The same order from the same keys, each compared by itself.
    fn give_ranks_one_by_one(&self, ranked: &[u128], places: &mut Vec<Place>) {
        let register = &self.ledger().register;
        let name_mask = (1u128 << self.name_bits) - 1;
        let mut appraisal = Appraisal::default();
        let mut rows: Vec<Whole> = Vec::with_capacity(ranked.len());
        for key in ranked {
            let Some(unit) = register.at_name_rank((key & name_mask) as u32) else { continue };
            self.appraiser.appraise(unit, &mut appraisal);
            let fields = self.keys.iter().map(|key| self.field(*key, &appraisal)).collect();
            rows.push(Whole { unit, block: self.block_of(unit), fields, change: appraisal.change.clone() });
        }
        let by_keys = |a: &Whole, b: &Whole| a.block.cmp(&b.block).then_with(|| self.compare(a, b));
        rows.sort_by(|a, b| by_keys(a, b).then(register.name_rank(a.unit).cmp(&register.name_rank(b.unit))));
        let (mut first_of_block, mut rank) = (0usize, 1usize);
        for (at, row) in rows.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|b| rows.get(b));
            if before.is_some_and(|b| b.block != row.block) {
                first_of_block = at;
            }
            if before.is_none_or(|b| by_keys(b, row) != Ordering::Equal) {
                rank = at - first_of_block + 1;
            }
            places.push(Place { unit: row.unit, rank: Some(rank as u32) });
        }
    }

    fn compare(&self, a: &Whole, b: &Whole) -> Ordering {
        let fields = self.keys.iter().zip(a.fields.iter().zip(&b.fields));
        for (key, (x, y)) in fields {
            let order = match key {
                RankKey::Tie(TieKey::Change) => b.change.cmp(&a.change),
                _ => x.cmp(y),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// The keys of one unit on a board, as numbers that people can check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitKeys {
    fields: Vec<u64>,
    /// Each key with its value, first to last.
    pub values: Vec<(RankKey, KeyValue)>,
}

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyValue {
    /// Points in hundredths.
    Points(i64),
    /// An exact ratio.
    Ratio(Exact),
    /// A count, or a difference of levels.
    Number(i64),
    /// Index of a level.
    Level(u8),
    /// A day.
    Day(Day),
    /// There is none; it stands last.
    None,
}

/// Explains the order of a board, key by key.
pub struct Comparison<'a>(Keys<'a>);

impl<'a> Comparison<'a> {
    /// For the boards of a query.
    pub fn new(ledger: &'a Ledger, query: &'a Query) -> Self {
        Self(Keys::new(ledger, query))
    }

    /// The keys of a unit.
    pub fn keys(&self, unit: u32) -> UnitKeys {
        let mut appraisal = Appraisal::default();
        self.0.appraiser.appraise(unit, &mut appraisal);
        let fields = self.0.keys.iter().map(|key| self.0.field(*key, &appraisal)).collect();
        let values =
            self.0.keys.iter().map(|key| (*key, key_value(*key, &appraisal, &self.0.ledger().calendar))).collect();
        UnitKeys { fields, values }
    }

    /// Which of two units stands first, by the keys alone.
    pub fn order(&self, a: &UnitKeys, b: &UnitKeys) -> Ordering {
        let of_key =
            |((key, x), (_, y)): (&(RankKey, KeyValue), &(RankKey, KeyValue)), (f, g): (&u64, &u64)| match (x, y) {
                (KeyValue::Ratio(x), KeyValue::Ratio(y)) if *key == RankKey::Tie(TieKey::Change) => y.cmp(x),
                _ => f.cmp(g),
            };
        let keys = a.values.iter().zip(&b.values).zip(a.fields.iter().zip(&b.fields));
        keys.map(|(values, fields)| of_key(values, fields)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The first key that separates two units; none where they share the rank.
    pub fn first_difference(&self, a: &UnitKeys, b: &UnitKeys) -> Option<RankKey> {
        let numbers = a.fields.iter().zip(&b.fields);
        let differs = |((key, x), (_, y)): (&(RankKey, KeyValue), &(RankKey, KeyValue)), (f, g): (&u64, &u64)| {
            let differs = if *key == RankKey::Tie(TieKey::Change) { x != y } else { f != g };
            differs.then_some(*key)
        };
        a.values.iter().zip(&b.values).zip(numbers).find_map(|(values, fields)| differs(values, fields))
    }
}

fn key_value(key: RankKey, a: &Appraisal, calendar: &Calendar) -> KeyValue {
    match key {
        RankKey::Total => KeyValue::Points(a.total),
        RankKey::GreenOn => a.green_on.map_or(KeyValue::None, |day| KeyValue::Day(calendar.day(day))),
        RankKey::Tie(TieKey::Change) => KeyValue::Ratio(a.change.clone()),
        RankKey::Tie(TieKey::LevelsDropped) => a.dropped.map_or(KeyValue::None, |d| KeyValue::Number(i64::from(d))),
        RankKey::Tie(TieKey::CurrentLevel) => a.levels.current.map_or(KeyValue::None, KeyValue::Level),
        RankKey::Tie(TieKey::CommunityF0) => KeyValue::Number(i64::try_from(a.cases()).unwrap_or(i64::MAX)),
        RankKey::Tie(TieKey::GreenDays) => KeyValue::Number(i64::from(a.green_days)),
        RankKey::Tie(TieKey::MissingDays) => KeyValue::Number(i64::try_from(a.tally.missing).unwrap_or(i64::MAX)),
    }
}

/// A unit's keys, unpacked.
struct Whole {
    unit: u32,
    block: u128,
    fields: Vec<u64>,
    change: Exact,
}

/// How many bits hold the numbers 0…`largest`.
fn bits(largest: u64) -> u32 {
    64 - largest.leading_zeros()
}

fn number_blocks(ledger: &Ledger) -> std::collections::HashMap<&str, u128> {
    let mut names: Vec<&str> = ledger.register.units.iter().filter_map(|u| u.block.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().zip(1u128..).collect()
}

/// Does something with the parts of many members, on several threads where that is worth it.
pub(super) fn in_parts<T: Send>(members: &[u32], work: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
    let threads = (members.len() / MIN_PER_THREAD).clamp(1, cores);
    if threads == 1 {
        return vec![work(members)];
    }
    std::thread::scope(|scope| {
        let part = members.len().div_ceil(threads);
        let running: Vec<_> = members.chunks(part).map(|part| scope.spawn(|| work(part))).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|p| std::panic::resume_unwind(p))).collect()
    })
}

/// The members of two threads.
pub(super) fn merge(mut a: Packed, mut b: Packed) -> Packed {
    let mut ranked = Vec::with_capacity(a.ranked.len() + b.ranked.len());
    let (mut left, mut right) = (a.ranked.iter().peekable(), b.ranked.iter().peekable());
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let smaller = if l <= r { left.next() } else { right.next() };
        ranked.extend(smaller);
    }
    ranked.extend(left);
    ranked.extend(right);
    a.unranked.append(&mut b.unranked);
    Packed { ranked, unranked: a.unranked, is_exact: a.is_exact && b.is_exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_several_threads_are_merged_in_order() {
        let part = |ranked: &[u128], unranked: &[u32], is_exact| Packed {
            ranked: ranked.to_vec(),
            unranked: unranked.to_vec(),
            is_exact,
        };
        let merged = merge(part(&[1, 4, 5], &[7], true), part(&[0, 2, 9], &[3], true));
        assert_eq!((merged.ranked, merged.unranked, merged.is_exact), (vec![0, 1, 2, 4, 5, 9], vec![7, 3], true));
        assert!(!merge(part(&[], &[], true), part(&[], &[], false)).is_exact);
        assert!(!merge(part(&[], &[], false), part(&[], &[], true)).is_exact);
    }

    #[test]
    fn keys_are_named_as_the_policy_names_them() {
        let chain = [TieKey::Change, TieKey::LevelsDropped, TieKey::CurrentLevel, TieKey::CommunityF0];
        let names = |by, track| rank_keys(&chain, by, track).into_iter().map(RankKey::code).collect::<Vec<_>>();
        let improvement = Track::Improvement;
        assert_eq!(
            names(By::Points, improvement),
            ["total", "change", "levels_dropped", "current_level", "community_f0"]
        );
        assert_eq!(names(By::Reduction, improvement), ["change", "levels_dropped", "current_level", "community_f0"]);
        assert_eq!(names(By::LevelDrop, improvement), ["levels_dropped", "change", "current_level", "community_f0"]);
        assert_eq!(names(By::Points, Track::KeptClean), ["total", "current_level", "community_f0"]);
        assert_eq!(
            names(By::GreenOn, improvement),
            ["green_on", "change", "levels_dropped", "current_level", "community_f0"]
        );
    }
}
