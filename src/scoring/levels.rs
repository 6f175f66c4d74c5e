//! Colour levels of units and days (domain.md section 3).
//!
//! "A level is known where both worlds agree; else it is unknown." Kinds whose
//! rules read only their own figures get their levels unit by unit; kinds that
//! read children or neighbours need the whole map, day by day and world by world.

use super::ledger::Ledger;
use super::register::Register;
use super::window::{Reading, Windows, World};

/// The level of a day on which the worlds differ.
pub const UNKNOWN: u8 = u8::MAX;

/// A level if it is one.
pub fn known(level: u8) -> Option<u8> {
    (level != UNKNOWN).then_some(level)
}

/// The levels of one unit on the board of a day.
#[derive(Clone, Debug, Default)]
pub struct UnitLevels {
    /// Known level of each day from the reader's first to D, or [`UNKNOWN`].
    pub by_day: Vec<u8>,
    /// Level at S−1, known or imputed.
    pub start: Option<u8>,
    /// Level at D, known or imputed.
    pub current: Option<u8>,
    windows: Windows,
}

/// Gives the levels of the units of one kind on the board of a day.
#[derive(Debug)]
pub struct LevelReader<'a> {
    ledger: &'a Ledger,
    kind: u16,
    from: usize,
    as_of: usize,
    map: Option<LevelMap>,
}

impl<'a> LevelReader<'a> {
    /// A reader of the levels of a kind from a day (at the latest S−1) to D.
    pub fn new(ledger: &'a Ledger, kind: u16, from: usize, as_of: usize) -> Self {
        let from = from.min(ledger.calendar.window.start.saturating_sub(1));
        let reads_others = ledger.register.rules.get(usize::from(kind)).is_some_and(|r| r.reads_other_units());
        let map = reads_others.then(|| LevelMap::compute(ledger, kind, from, as_of));
        Self { ledger, kind, from, as_of, map }
    }

    /// The first day that levels are read for.
    pub fn first_day(&self) -> usize {
        self.from
    }

    /// Whether the kind has rules at all; without any it has no levels.
    pub fn has_rules(&self) -> bool {
        self.ledger.register.rules.get(usize::from(self.kind)).is_some_and(|r| r.has_rules)
    }

    /// Reads the levels of a unit of the kind into a buffer that is used again and again.
    pub fn read(&self, unit: u32, into: &mut UnitLevels) {
        let days = self.as_of + 1 - self.from;
        into.by_day.clear();
        into.by_day.resize(days, UNKNOWN);
        (into.start, into.current) = (None, None);
        if !self.has_rules() || self.ledger.register.is_empty_unit(unit) {
            return;
        }
        let start_day = self.ledger.calendar.window.start.saturating_sub(1);
        match &self.map {
            Some(map) => {
                for (day, level) in into.by_day.iter_mut().enumerate() {
                    *level = map.known(unit, day);
                }
                into.start = known(into.by_day[start_day - self.from]).or_else(|| map.imputed_start(unit));
                into.current = known(into.by_day[days - 1]).or_else(|| map.imputed_current(unit));
            }
            None => self.read_own(unit, start_day, into),
        }
    }

    fn read_own(&self, unit: u32, start_day: usize, into: &mut UnitLevels) {
        let Some(rules) = self.ledger.register.rules.get(usize::from(self.kind)) else { return };
        let UnitLevels { by_day, start, current, windows } = into;
        windows.fill(self.ledger, unit, rules, self.as_of, Reading::Open);
        windows.agreed_levels(rules, self.from, UNKNOWN, by_day);
        *start = known(by_day[start_day - self.from]);
        *current = by_day.last().copied().and_then(known);
        if start.is_some() && current.is_some() {
            return;
        }
        windows.fill(self.ledger, unit, rules, self.as_of, Reading::Imputed { as_of: self.as_of });
        let imputed = |day| windows.agreed_level(rules, day);
        *start = start.or_else(|| imputed(start_day));
        *current = current.or_else(|| imputed(self.as_of));
    }
}

/// The levels of all units that a kind's levels depend on.
#[derive(Debug)]
struct LevelMap {
    units: usize,
    /// Known levels, day after day.
    known: Vec<u8>,
    start: Vec<u8>,
    current: Vec<u8>,
}

impl LevelMap {
    fn compute(ledger: &Ledger, kind: u16, from: usize, as_of: usize) -> Self {
        let register = &*ledger.register;
        let kinds = kinds_below(register, kind);
        let days: Vec<usize> = (from..=as_of).collect();
        let known = both_worlds(ledger, &kinds, &days, Reading::Open);
        let start_day = ledger.calendar.window.start.saturating_sub(1);
        let imputed = both_worlds(ledger, &kinds, &[start_day, as_of], Reading::Imputed { as_of });
        let units = register.len();
        let (start, current) = imputed.split_at(units.min(imputed.len()));
        Self { units, start: start.to_vec(), current: current.to_vec(), known }
    }

    fn known(&self, unit: u32, day: usize) -> u8 {
        self.known.get(day * self.units + unit as usize).copied().unwrap_or(UNKNOWN)
    }

    fn imputed_start(&self, unit: u32) -> Option<u8> {
        self.start.get(unit as usize).copied().and_then(known)
    }

    fn imputed_current(&self, unit: u32) -> Option<u8> {
        self.current.get(unit as usize).copied().and_then(known)
    }
}

/// A kind and all kinds that its levels read: those of direct children, theirs, and so on.
fn kinds_below(register: &Register, kind: u16) -> Vec<bool> {
    let mut needed = vec![false; register.rules.len()];
    let mut todo = vec![kind];
    while let Some(kind) = todo.pop() {
        let at = usize::from(kind);
        if needed.get(at).copied().unwrap_or(true) {
            continue;
        }
        needed[at] = true;
        if !register.rules[at].children.is_empty() {
            let children = register.of_kind[at].iter().flat_map(|u| register.children.of(*u));
            todo.extend(children.filter_map(|c| register.unit(*c)).map(|c| c.kind));
        }
    }
    needed
}

/// The levels that both worlds agree on, day after day; [`UNKNOWN`] elsewhere.
fn both_worlds(ledger: &Ledger, kinds: &[bool], days: &[usize], reading: Reading) -> Vec<u8> {
    let (mut agreed, high) = worlds(ledger, kinds, days, reading);
    for (level, high) in agreed.iter_mut().zip(&high) {
        if *level != *high {
            *level = UNKNOWN;
        }
    }
    let units = ledger.register.len();
    for unit in (0..units as u32).filter(|u| ledger.register.is_empty_unit(*u)) {
        agreed.iter_mut().skip(unit as usize).step_by(units).for_each(|level| *level = UNKNOWN);
    }
    agreed
}

/// The levels of all units of some kinds in the low and in the high world, day after day.
fn worlds(ledger: &Ledger, kinds: &[bool], days: &[usize], reading: Reading) -> (Vec<u8>, Vec<u8>) {
    let units = ledger.register.len();
    let mut low = vec![0u8; units * days.len()];
    let mut high = low.clone();
    let mut windows = Windows::default();
    let to = days.iter().copied().max().unwrap_or(0);
    for (kind, _) in kinds.iter().enumerate().filter(|(_, needed)| **needed) {
        let rules = &ledger.register.rules[kind];
        for unit in &ledger.register.of_kind[kind] {
            windows.fill(ledger, *unit, rules, to, reading);
            for (at, day) in days.iter().enumerate() {
                low[at * units + *unit as usize] = windows.level(rules, *day, World::Low);
                high[at * units + *unit as usize] = windows.level(rules, *day, World::High);
            }
        }
    }
    for map in low.chunks_mut(units.max(1)).chain(high.chunks_mut(units.max(1))) {
        settle(&ledger.register, kinds, map);
    }
    (low, high)
}

/// The level that what is known demands of a unit on each of some days: that of the low
/// world, so at least this strict; where the level is known, it is that one. None for a unit
/// without levels.
pub fn demanded(ledger: &Ledger, unit: u32, days: std::ops::RangeInclusive<usize>) -> Option<Vec<u8>> {
    let register = &*ledger.register;
    let rules = register.rules_of(unit).filter(|rules| rules.has_rules && !register.is_empty_unit(unit))?;
    if !rules.reads_other_units() {
        let mut windows = Windows::default();
        windows.fill(ledger, unit, rules, *days.end(), Reading::Open);
        return Some(days.map(|day| windows.level(rules, day, World::Low)).collect());
    }
    let kind = register.unit(unit)?.kind;
    let days: Vec<usize> = days.collect();
    let (low, _) = worlds(ledger, &kinds_below(register, kind), &days, Reading::Open);
    Some(low.into_iter().skip(unit as usize).step_by(register.len().max(1)).collect())
}

/// The settled levels of one day in the low and in the high world, of a kind and
/// all kinds that its levels read; for explanations.
pub fn worlds_on(ledger: &Ledger, kind: u16, day: usize, reading: Reading) -> (Vec<u8>, Vec<u8>) {
    worlds(ledger, &kinds_below(&ledger.register, kind), &[day], reading)
}

/// Raises the levels of one day and world, that own figures gave, by what children
/// and neighbours say (domain.md section 3, Order).
fn settle(register: &Register, kinds: &[bool], levels: &mut [u8]) {
    for group in &register.kind_order {
        let is_needed = |kind: &&u16| kinds.get(usize::from(**kind)) == Some(&true);
        let members = group.iter().filter(is_needed).flat_map(|k| &register.of_kind[usize::from(*k)]);
        let mut members: Vec<u32> = members.copied().collect();
        members.sort_by_key(|u| std::cmp::Reverse(register.depth[*u as usize]));
        for unit in &members {
            raise_by_children(register, *unit, levels);
        }
        raise_by_neighbours(register, &members, levels);
    }
}

fn raise_by_children(register: &Register, unit: u32, levels: &mut [u8]) {
    let Some(rules) = register.rules_of(unit).filter(|r| !r.children.is_empty()) else { return };
    for condition in &rules.children {
        let (or_worse, all) = children_at_or_worse(register, unit, condition.at_level, levels);
        if condition.holds(or_worse, all) {
            let level = &mut levels[unit as usize];
            *level = (*level).max(condition.level);
        }
    }
}

/// How many of the children that count are at a level or worse, and how many count.
pub fn children_at_or_worse(register: &Register, unit: u32, at_level: u8, levels: &[u8]) -> (u32, u32) {
    let counting = register.children.of(unit).iter().filter(|c| register.counts_for_parent(**c));
    counting.fold((0, 0), |(worse, all), child| (worse + u32::from(levels[*child as usize] >= at_level), all + 1))
}

/// The worst level among the neighbours that count.
pub fn worst_neighbour(register: &Register, unit: u32, levels: &[u8]) -> Option<u8> {
    let counting = register.neighbours.of(unit).iter().filter(|n| !register.is_empty_unit(**n));
    counting.map(|n| levels[*n as usize]).max()
}

/// One pass per level from the worst down; a pass sees the levels as they stood before it.
fn raise_by_neighbours(register: &Register, members: &[u32], levels: &mut [u8]) {
    let conditions = |u: u32| register.rules_of(u).map(|r| r.neighbours.as_slice()).unwrap_or_default();
    let touched: Vec<u32> = members.iter().copied().filter(|u| !conditions(*u).is_empty()).collect();
    if touched.is_empty() {
        return;
    }
    let mut raised = Vec::new();
    for level in (1..=register.campaign.scheme.worst()).rev() {
        for unit in touched.iter().filter(|u| levels[**u as usize] < level) {
            let worst = worst_neighbour(register, *unit, levels);
            if conditions(*unit).iter().any(|c| c.level == level && worst.is_some_and(|w| w >= c.at_level)) {
                raised.push(*unit);
            }
        }
        for unit in raised.drain(..) {
            levels[unit as usize] = level;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contest::{FigureRow, Stamp};
    use crate::domain::{Campaign, Contest, Counts, Unit};
    use std::sync::Arc;

    /// A district over wards that had these cases on the eve of the window.
    fn district(scheme: &str, wards: &[u32]) -> Ledger {
        let document = format!(
            r#"{{"code": "t", "time_zone": "Asia/Ho_Chi_Minh",
            "window": {{"from": "2021-07-09", "to": "2021-07-10"}}, "baseline": {{"from": "2021-06-25", "to": "2021-07-08"}},
            "kinds": [{{"code": "district", "figures": "derived", "derived_from": "ward"}}, {{"code": "ward", "figures": "reported"}}],
            "level_scheme": "{scheme}", "scoring": {{"components": [{{"measure": "level_drop", "max_points": 100}}]}}}}"#
        );
        let campaign = Campaign::parse(document.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
        let mut contest = Contest::new(Arc::new(campaign));
        let unit = |code: String, kind: u16, parent: Option<u32>| Unit {
            name: code.clone(),
            code,
            kind,
            parent,
            block: None,
            population: None,
            households: None,
            point: None,
        };
        contest.units.push(unit("d".to_owned(), 0, None));
        let eve = contest.campaign.baseline.to;
        for (at, cases) in (1u32..).zip(wards) {
            contest.units.push(unit(format!("w{at}"), 1, Some(0)));
            for day in contest.campaign.earliest_day().iter_days().take_while(|day| *day <= eve) {
                let cases = if day == eve { *cases } else { 0 };
                let counts = Counts::new([Some(cases), None, None, None, None, None]).unwrap();
                contest.figures.push(FigureRow { unit: at, day, counts, stamp: Stamp::ALWAYS, note: None });
            }
        }
        Ledger::build(&contest, Arc::new(Register::new(&contest)), None)
    }

    /// The district's level on the eve, of 14 wards of which some had so many cases each.
    fn level(scheme: &str, some: &[(usize, u32)]) -> String {
        let mut wards: Vec<u32> = some.iter().flat_map(|(count, cases)| vec![*cases; *count]).collect();
        wards.resize(14, 0);
        let ledger = district(scheme, &wards);
        let eve = ledger.calendar.window.start - 1;
        let mut levels = UnitLevels::default();
        LevelReader::new(&ledger, 0, eve, eve).read(0, &mut levels);
        ledger.register.campaign.scheme.level_code(levels.by_day[0]).to_owned()
    }

    #[test]
    fn a_districts_level_turns_at_five_and_seven_of_fourteen_wards_and_at_one_red() {
        const YELLOW: u32 = 1;
        const ORANGE: u32 = 6;
        const RED: u32 = 16;
        let turns: [(&[(usize, u32)], &str); 12] = [
            (&[], "green"),
            (&[(1, YELLOW)], "yellow"),
            (&[(6, YELLOW)], "yellow"),
            (&[(7, YELLOW)], "orange"),
            (&[(4, ORANGE)], "yellow"),
            (&[(5, ORANGE)], "orange"),
            (&[(6, ORANGE)], "orange"),
            (&[(7, ORANGE)], "red"),
            (&[(1, RED)], "orange"),
            (&[(4, RED)], "orange"),
            (&[(5, RED)], "red"),
            (&[(3, RED), (4, ORANGE)], "red"),
        ];
        for (some, expected) in turns {
            assert_eq!(level("counts-14d", some), expected, "{some:?}");
        }
        // of unknown source all of them are, as 2686 reads blanks: one is orange, three are red
        assert_eq!(level("qd-2686-2021", &[(6, 1)]), "orange");
        assert_eq!(level("qd-2686-2021", &[(7, 1)]), "red");
        assert_eq!(level("qd-2686-2021", &[(4, 3)]), "orange");
        assert_eq!(level("qd-2686-2021", &[(5, 3)]), "red");
    }

    #[test]
    fn what_is_known_is_demanded_though_the_level_is_unknown() {
        let ledger = district("counts-14d", &[7]);
        let eve = ledger.calendar.window.start - 1;
        // the days of the window are missing: at least orange, perhaps red
        let orange = ledger.register.campaign.scheme.level_index("orange");
        assert_eq!(
            demanded(&ledger, 1, eve..=eve + 1).map(|d| d.iter().map(|l| Some(*l)).collect()),
            Some(vec![orange, orange])
        );
        assert_eq!(
            demanded(&ledger, 0, eve..=eve).map(|d| Some(d[0])),
            Some(ledger.register.campaign.scheme.level_index("red"))
        );
    }
}
