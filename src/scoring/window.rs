//! Sums over windows of days, in the two worlds of domain.md section 3.
//!
//! A window buffer is filled for one unit (of a derived one: with all units
//! under its sum) and then gives the sum of any days in constant time. It is
//! reused from unit to unit, so that levels cost no allocation.

use super::ledger::{Ledger, UnitDays, is_due, is_missing};
use super::rules::{KindRules, OwnCondition, Threshold};
use crate::domain::Indicator;
use crate::domain::scheme::Blank;

/// How open values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Left open: 0 in the low world, as large as can be in the high one.
    Open,
    /// Imputed alike in both worlds (domain.md section 3, Imputed levels), on the
    /// board of this day.
    Imputed {
        /// D.
        as_of: usize,
    },
}

/// One of the two worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Every open value as small as it can be.
    Low,
    /// Every open value as large as it can be.
    High,
}

#[derive(Clone, Debug, Default)]
struct Prefix {
    low: Vec<u64>,
    /// Empty where it is the same as `low` and nothing is open.
    high: Vec<u64>,
    /// Days whose value has no limit.
    open: Vec<u32>,
}

impl Prefix {
    fn clear(&mut self) {
        self.low.clear();
        self.high.clear();
        self.open.clear();
    }

    fn resize(&mut self, len: usize) {
        self.low.resize(len, 0);
        self.high.resize(len, 0);
        self.open.resize(len, 0);
    }

    /// Values of days become sums of all days up to each.
    fn add_up(&mut self) {
        for day in 1..self.low.len() {
            self.low[day] += self.low[day - 1];
            self.high[day] += self.high[day - 1];
            self.open[day] += self.open[day - 1];
        }
    }

    /// One unit's community cases, none of whose days is missing: one world, added up at once.
    fn fill_closed(&mut self, cases: &[u32]) {
        self.clear();
        let mut sum = 0;
        self.low.push(0);
        self.low.extend(cases.iter().map(|c| {
            sum += u64::from(*c);
            sum
        }));
    }

    /// The sum of the days up to `to`, from `from` on, and whether it has no limit.
    fn between(&self, from: usize, to: usize, world: World) -> (u64, bool) {
        match world {
            World::High if !self.high.is_empty() => (self.high[to] - self.high[from], self.open[to] > self.open[from]),
            _ => (self.low[to] - self.low[from], false),
        }
    }
}

/// The window sums of one unit.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    slots: Vec<Prefix>,
    population: Option<u64>,
    /// Whether nothing is open, so that both worlds are one.
    worlds_agree: bool,
    /// A buffer for the levels of the high world.
    high_levels: Vec<u8>,
}

impl Windows {
    /// Fills the buffer with a unit's days 0…`to`.
    pub fn fill(&mut self, ledger: &Ledger, unit: u32, rules: &KindRules, to: usize, reading: Reading) {
        let len = to + 2;
        self.population =
            if rules.needs_population { ledger.register.unit(unit).and_then(|u| u.population) } else { None };
        self.worlds_agree = !rules.needs_population || self.population.is_some();
        self.slots.resize_with(rules.indicators.len(), Prefix::default);
        let is_derived = ledger.register.is_derived(unit);
        if let ([slot], [indicator], false) = (self.slots.as_mut_slice(), rules.indicators.as_slice(), is_derived)
            && *indicator == Indicator::CommunityF0.index()
        {
            let days = ledger.days(unit);
            let due = days.flags.get(ledger.calendar.baseline.start..=to).unwrap_or_default();
            if !due.iter().any(|flags| is_missing(*flags)) {
                slot.fill_closed(days.community.get(..=to).unwrap_or_default());
                return;
            }
        }
        for slot in &mut self.slots {
            slot.clear();
            slot.resize(len);
        }
        if is_derived {
            for leaf in ledger.register.leaves.of(unit) {
                self.add(ledger, &ledger.days(*leaf), rules, to, reading);
            }
        } else {
            self.add(ledger, &ledger.days(unit), rules, to, reading);
        }
        self.slots.iter_mut().for_each(Prefix::add_up);
    }

    fn add(&mut self, ledger: &Ledger, days: &UnitDays<'_>, rules: &KindRules, to: usize, reading: Reading) {
        let imputed = match reading {
            Reading::Open => 0,
            Reading::Imputed { as_of } => u64::from(imputed_value(ledger, days, as_of)),
        };
        let community = Indicator::CommunityF0.index();
        for (slot, indicator) in self.slots.iter_mut().zip(&rules.indicators) {
            if *indicator == community {
                self.worlds_agree &= add_community(slot, ledger, days, to, imputed, reading);
                continue;
            }
            self.worlds_agree = false;
            for day in 0..=to {
                let value = DayValue::read(ledger, days, *indicator, day);
                let value = match reading {
                    Reading::Open => value,
                    Reading::Imputed { .. } => {
                        let silent = if day < ledger.calendar.window.start { 0 } else { imputed };
                        value.imputed(silent, super::rules::reads_as_zero(&ledger.register.campaign.scheme, *indicator))
                    }
                };
                match value {
                    DayValue::Known { low, high } => {
                        slot.low[day + 1] += low;
                        slot.high[day + 1] += high;
                    }
                    DayValue::Missing | DayValue::BlankWithoutLimit => slot.open[day + 1] += 1,
                }
            }
        }
    }

    /// The levels of days from `from` on, where both worlds agree; `unknown` elsewhere.
    pub fn agreed_levels(&mut self, rules: &KindRules, from: usize, unknown: u8, levels: &mut [u8]) {
        if rules.needs_population {
            for (level, day) in levels.iter_mut().zip(from..) {
                *level = self.agreed_level(rules, day).unwrap_or(unknown);
            }
            return;
        }
        self.fill_levels(rules, from, World::Low, levels);
        if self.worlds_agree {
            return;
        }
        let mut high = std::mem::take(&mut self.high_levels);
        high.clear();
        high.resize(levels.len(), 0);
        self.fill_levels(rules, from, World::High, &mut high);
        for (low, high) in levels.iter_mut().zip(&high) {
            *low = if low == high { *low } else { unknown };
        }
        self.high_levels = high;
    }

    /// The levels of days from `from` on in a world, by rules without a population: day
    /// after day for one condition at a time, so that a board is arithmetic over slices.
    fn fill_levels(&self, rules: &KindRules, from: usize, world: World, levels: &mut [u8]) {
        levels.fill(0);
        // from the best level to the worst: the last that holds is the worst that does
        for condition in rules.own.iter().rev() {
            let (Threshold::Cases(at_least), Some(slot)) = (condition.threshold, self.slots.get(condition.slot)) else {
                continue;
            };
            let sums = if world == World::High && !slot.high.is_empty() { &slot.high } else { &slot.low };
            for_each_window(sums, from, condition.days, levels, |level, sum| {
                *level = if sum >= at_least { condition.level } else { *level };
            });
            if world == World::High && !slot.open.is_empty() {
                for_each_window(&slot.open, from, condition.days, levels, |level, open| {
                    *level = if open > 0 { condition.level } else { *level };
                });
            }
        }
    }

    /// The level that a unit's own figures give it on a day, where both worlds agree.
    pub fn agreed_level(&self, rules: &KindRules, day: usize) -> Option<u8> {
        let low = self.level(rules, day, World::Low);
        (self.worlds_agree || low == self.level(rules, day, World::High)).then_some(low)
    }

    /// The level that a unit's own figures give it on a day in a world.
    pub fn level(&self, rules: &KindRules, day: usize, world: World) -> u8 {
        rules.own.iter().find(|c| self.holds(c, day, world)).map_or(0, |c| c.level)
    }

    /// Whether a condition on own figures holds on a day in a world.
    pub fn holds(&self, condition: &OwnCondition, day: usize, world: World) -> bool {
        let (sum, is_open) = self.sum(condition, day, world);
        match condition.threshold {
            Threshold::Cases(at_least) => is_open || sum >= at_least,
            Threshold::Rate { bound: 0, .. } => true,
            Threshold::Rate { factor, bound } => {
                let population = match (self.population, world) {
                    (Some(population), _) => population,
                    (None, World::Low) => return false,
                    (None, World::High) => 1,
                };
                is_open || u128::from(sum) * u128::from(factor) >= u128::from(bound) * u128::from(population)
            }
        }
    }

    /// The sum that a condition sees on a day, and whether it has no limit.
    pub fn sum(&self, condition: &OwnCondition, day: usize, world: World) -> (u64, bool) {
        let Some(slot) = self.slots.get(condition.slot) else { return (0, false) };
        slot.between((day + 1).saturating_sub(condition.days), day + 1, world)
    }
}

/// Says of each of the days from `from` on what the sum of the `days` days that end on it
/// gives; of a window that begins before the column, the sum of the days there are.
fn for_each_window<T: Copy + Default + std::ops::Sub<Output = T>>(
    ends: &[T],
    from: usize,
    days: usize,
    levels: &mut [u8],
    mut see: impl FnMut(&mut u8, T),
) {
    let short = days.saturating_sub(from + 1).min(levels.len());
    let (cut, whole) = levels.split_at_mut(short);
    let ends_of_days = ends.get(from + 1..).unwrap_or_default();
    cut.iter_mut().zip(ends_of_days).for_each(|(level, end)| see(level, *end));
    let starts = ends.get((from + 1 + short).saturating_sub(days)..).unwrap_or_default();
    let ends_of_days = ends_of_days.get(short..).unwrap_or_default();
    whole.iter_mut().zip(ends_of_days.iter().zip(starts)).for_each(|(level, (end, start))| see(level, *end - *start));
}

/// Adds a unit's community cases, which are never blank: columns hold 0 where nothing
/// counts, and only a missing day is open. Says whether none is.
fn add_community(
    slot: &mut Prefix,
    ledger: &Ledger,
    days: &UnitDays<'_>,
    to: usize,
    imputed: u64,
    reading: Reading,
) -> bool {
    let cases = days.community.iter().take(to + 1);
    for ((low, high), cases) in slot.low.iter_mut().skip(1).zip(slot.high.iter_mut().skip(1)).zip(cases) {
        *low += u64::from(*cases);
        *high += u64::from(*cases);
    }
    let first_due = ledger.calendar.baseline.start;
    let due = days.flags.get(first_due..=to).unwrap_or_default();
    if !due.iter().any(|flags| is_missing(*flags)) {
        return true;
    }
    let missing = (first_due..).zip(due).filter(|(_, flags)| is_missing(**flags)).map(|(day, _)| day);
    for day in missing {
        match reading {
            Reading::Open => slot.open[day + 1] += 1,
            Reading::Imputed { .. } if day >= ledger.calendar.window.start => {
                slot.low[day + 1] += imputed;
                slot.high[day + 1] += imputed;
            }
            Reading::Imputed { .. } => {}
        }
    }
    reading != Reading::Open
}

/// What a day's value is (domain.md section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayValue {
    Known {
        low: u64,
        high: u64,
    },
    Missing,
    /// A blank of a count that is part of none.
    BlankWithoutLimit,
}

impl DayValue {
    fn read(ledger: &Ledger, days: &UnitDays<'_>, indicator: usize, day: usize) -> Self {
        let flags = days.flags.get(day).copied().unwrap_or_default();
        let nothing = Self::Known { low: 0, high: 0 };
        if !is_due(flags) {
            return nothing;
        }
        if is_missing(flags) {
            return if day < ledger.calendar.baseline.start { nothing } else { Self::Missing };
        }
        Self::of_figure(ledger, days, indicator, day)
    }

    fn of_figure(ledger: &Ledger, days: &UnitDays<'_>, indicator: usize, day: usize) -> Self {
        let exactly = |v: u64| Self::Known { low: v, high: v };
        let community = || u64::from(days.community.get(day).copied().unwrap_or_default());
        if let Some(value) = days.value(indicator, day) {
            return exactly(u64::from(value));
        }
        match ledger.register.campaign.scheme.unclassified.get(indicator).copied().unwrap_or_default() {
            Blank::Zero => exactly(0),
            Blank::AsCommunity => exactly(community()),
            Blank::Unknown => {
                let whole = Indicator::ALL.get(indicator).and_then(|i| i.whole());
                match whole.map(|w| Self::of_figure(ledger, days, w.index(), day)) {
                    Some(Self::Known { high, .. }) => Self::Known { low: 0, high },
                    _ => Self::BlankWithoutLimit,
                }
            }
        }
    }

    /// The value with what is open imputed: a missing day as `silent` (0 where the
    /// indicator's blanks read as zero), a blank as the count that it is part of.
    fn imputed(self, silent: u64, reads_as_zero: bool) -> Self {
        let exactly = |v: u64| Self::Known { low: v, high: v };
        match self {
            Self::Known { high, .. } => exactly(high),
            Self::Missing if reads_as_zero => exactly(0),
            Self::Missing | Self::BlankWithoutLimit => exactly(silent),
        }
    }
}

/// What a missing due day in S…D counts as: the larger of 1 and the unit's
/// largest reported community F0 on Bs…D (domain.md section 4, "Silence must not help").
pub fn imputed_value(ledger: &Ledger, days: &UnitDays<'_>, as_of: usize) -> u32 {
    let from = ledger.calendar.baseline.start;
    let largest = days.community.get(from..=as_of).and_then(|d| d.iter().copied().max());
    largest.unwrap_or_default().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::Register;
    use crate::scoring::small_contest::{RED_FROM_ONE, contest};
    use std::sync::Arc;

    #[test]
    fn each_window_is_the_sum_of_its_days() {
        let values = [3u32, 1, 4, 1, 5, 9, 2, 6];
        let mut ends = vec![0];
        ends.extend(values.iter().scan(0, |sum, v| {
            *sum += v;
            Some(*sum)
        }));
        for from in 0..values.len() {
            for days in 1..=values.len() {
                let mut seen = Vec::new();
                let mut levels = vec![0; values.len() - from];
                for_each_window(&ends, from, days, &mut levels, |_, sum| seen.push(sum));
                let of_day = |end: usize| values[(end + 1).saturating_sub(days)..=end].iter().sum::<u32>();
                assert_eq!(seen, (from..values.len()).map(of_day).collect::<Vec<_>>(), "from {from}, {days} days");
            }
        }
    }

    #[test]
    fn silence_is_open_from_the_first_baseline_day_on_and_nothing_before() {
        let contest = contest(1, RED_FROM_ONE);
        let ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
        let first = ledger.calendar.baseline.start;
        let read = |day| DayValue::read(&ledger, &ledger.days(0), Indicator::CommunityF0.index(), day);
        assert!(first > 0, "the rules look back beyond the baseline");
        assert!(matches!(read(first), DayValue::Missing));
        assert!(matches!(read(first - 1), DayValue::Known { low: 0, high: 0 }));
        assert_eq!(ledger.entry(0, first).counts, None);
    }
}
