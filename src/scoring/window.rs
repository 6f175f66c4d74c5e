//! Sums over windows of days, in the two worlds of domain.md section 3.
//!
//! A window buffer is filled for one unit (of a derived one: with all units
//! under its sum) and then gives the sum of any days in constant time. It is
//! reused from unit to unit, so that levels cost no allocation.

use super::ledger::{EXCUSED, Ledger, REPORTED, UnitDays};
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
    high: Vec<u64>,
    /// Days whose value has no limit.
    open: Vec<u32>,
}

/// The window sums of one unit.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    slots: Vec<Prefix>,
    population: Option<u64>,
}

impl Windows {
    /// Fills the buffer with a unit's days 0…`to`.
    pub fn fill(&mut self, ledger: &Ledger, unit: u32, rules: &KindRules, to: usize, reading: Reading) {
        let len = to + 2;
        self.population = ledger.register.unit(unit).and_then(|u| u.population);
        self.slots.resize_with(rules.indicators.len(), Prefix::default);
        for slot in &mut self.slots {
            slot.low.clear();
            slot.low.resize(len, 0);
            slot.high.clear();
            slot.high.resize(len, 0);
            slot.open.clear();
            slot.open.resize(len, 0);
        }
        if ledger.register.is_derived(unit) {
            for leaf in ledger.register.leaves.of(unit) {
                self.add(ledger, &ledger.days(*leaf), rules, to, reading);
            }
        } else {
            self.add(ledger, &ledger.days(unit), rules, to, reading);
        }
        for slot in &mut self.slots {
            for day in 0..=to {
                slot.low[day + 1] += slot.low[day];
                slot.high[day + 1] += slot.high[day];
                slot.open[day + 1] += slot.open[day];
            }
        }
    }

    fn add(&mut self, ledger: &Ledger, days: &UnitDays<'_>, rules: &KindRules, to: usize, reading: Reading) {
        let imputed = match reading {
            Reading::Open => 0,
            Reading::Imputed { as_of } => u64::from(imputed_value(ledger, days, as_of)),
        };
        for (slot, indicator) in self.slots.iter_mut().zip(&rules.indicators) {
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
        let (from, to) = ((day + 1).saturating_sub(condition.days), day + 1);
        match world {
            World::Low => (slot.low[to] - slot.low[from], false),
            World::High => (slot.high[to] - slot.high[from], slot.open[to] > slot.open[from]),
        }
    }
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
        if flags & EXCUSED != 0 {
            return nothing;
        }
        if flags & REPORTED == 0 {
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
