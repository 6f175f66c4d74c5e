//! A scheme's rules as one kind needs them: sorted, split by what they read.

use crate::domain::scheme::{Blank, Condition, Enough, Scheme};

/// What an own condition compares the sum of a window with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// At least so many cases.
    Cases(u64),
    /// `sum × factor ≥ bound × population`; a bound of 0 is reached by everybody.
    Rate {
        /// 100000 × 100 × per_days: the rate is held in hundredths.
        factor: u64,
        /// at_least in hundredths × days.
        bound: u64,
    },
}

/// A condition that reads the unit's own figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnCondition {
    /// The level of its rule.
    pub level: u8,
    /// Slot of its indicator among [`KindRules::indicators`].
    pub slot: usize,
    /// Days of its window, the day itself included.
    pub days: usize,
    /// What the sum must reach.
    pub threshold: Threshold,
    /// The condition as the scheme has it.
    pub source: Condition,
}

/// A condition on the unit's direct children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildrenCondition {
    /// The level of its rule.
    pub level: u8,
    /// Children at this level or worse are counted.
    pub at_level: u8,
    /// How many are enough.
    pub enough: Enough,
}

impl ChildrenCondition {
    /// Whether so many of so many suffice (domain.md section 3, table).
    pub fn holds(&self, count: u32, of: u32) -> bool {
        match self.enough {
            _ if of == 0 => false,
            Enough::Share(percent) => u64::from(count) * 100 >= u64::from(percent) * u64::from(of),
            Enough::Count(enough) => count >= enough,
        }
    }
}

/// A condition on the unit's neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourCondition {
    /// The level of its rule.
    pub level: u8,
    /// A neighbour at this level or worse suffices.
    pub at_level: u8,
}

/// The rules of one kind. Since any condition of a rule suffices and rules are
/// tried from the worst level down, a level is the worst one of all conditions
/// that hold: rules fall apart into conditions, each with its level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindRules {
    /// Whether the scheme has any rule for the kind.
    pub has_rules: bool,
    /// Conditions on own figures, worst level first.
    pub own: Vec<OwnCondition>,
    /// Conditions on children.
    pub children: Vec<ChildrenCondition>,
    /// Conditions on neighbours.
    pub neighbours: Vec<NeighbourCondition>,
    /// Indexes of the indicators that own conditions read.
    pub indicators: Vec<usize>,
    /// The longest window of its own conditions, in days.
    pub look_back: usize,
    /// Whether a rule is by population, also where a rate of 0 is reached without one.
    pub needs_population: bool,
}

impl KindRules {
    /// The rules of a kind under a scheme.
    pub fn of(scheme: &Scheme, kind: &str) -> Self {
        let mut rules = Self::default();
        for rule in scheme.rules_for(kind) {
            rules.has_rules = true;
            for condition in &rule.any {
                rules.add(rule.level, condition);
            }
        }
        rules.own.sort_by_key(|c| std::cmp::Reverse(c.level));
        rules
    }

    fn add(&mut self, level: u8, condition: &Condition) {
        self.look_back = self.look_back.max(condition.look_back() as usize);
        let threshold = match *condition {
            Condition::Children { level: at_level, enough } => {
                self.children.push(ChildrenCondition { level, at_level, enough });
                return;
            }
            Condition::Neighbour { level: at_level } => {
                self.neighbours.push(NeighbourCondition { level, at_level });
                return;
            }
            Condition::Sum { at_least, .. } => Threshold::Cases(at_least),
            Condition::DaysSince { .. } => Threshold::Cases(1),
            Condition::Rate { days, per_days, at_least_hundredths, .. } => {
                self.needs_population = true;
                let factor = 10_000_000 * u64::from(per_days);
                Threshold::Rate { factor, bound: at_least_hundredths * u64::from(days) }
            }
        };
        let indicator = condition.indicator().map_or(0, |i| i.index());
        let slot = self.indicators.iter().position(|i| *i == indicator).unwrap_or_else(|| {
            self.indicators.push(indicator);
            self.indicators.len() - 1
        });
        let days = condition.look_back() as usize;
        self.own.push(OwnCondition { level, slot, days, threshold, source: *condition });
    }

    /// Whether levels of the kind depend on other units' levels.
    pub fn reads_other_units(&self) -> bool {
        !self.children.is_empty() || !self.neighbours.is_empty()
    }

    /// Whether all its conditions are on children.
    pub fn reads_children_only(&self) -> bool {
        !self.children.is_empty() && self.own.is_empty() && self.neighbours.is_empty()
    }
}

/// Whether a blank of an indicator reads as zero.
pub fn reads_as_zero(scheme: &Scheme, indicator: usize) -> bool {
    scheme.unclassified.get(indicator) == Some(&Blank::Zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::builtin;

    #[test]
    fn conditions_of_a_kind_stand_worst_level_first() {
        let scheme = builtin::find("qd-2686-2021").unwrap();
        let ward = KindRules::of(scheme, "ward");
        assert_eq!(ward.own.iter().map(|c| c.level).collect::<Vec<_>>(), [3, 3, 2, 1]);
        assert_eq!(ward.look_back, 14);
        assert_eq!(ward.neighbours.len(), 2);
        assert!(ward.has_rules && !ward.needs_population && !ward.reads_children_only());
        let district = KindRules::of(scheme, "district");
        assert!(district.reads_children_only());
        assert!(!KindRules::of(scheme, "household").has_rules);
    }

    #[test]
    fn shares_of_14_wards_are_5_for_30_percent_and_7_for_half() {
        let share = |percent| ChildrenCondition { level: 3, at_level: 3, enough: Enough::Share(percent) };
        assert!(!share(30).holds(4, 14) && share(30).holds(5, 14));
        assert!(!share(50).holds(6, 14) && share(50).holds(7, 14));
        assert!(!share(1).holds(0, 0));
        let count = ChildrenCondition { level: 2, at_level: 3, enough: Enough::Count(1) };
        assert!(count.holds(1, 14) && !count.holds(0, 14) && !count.holds(0, 0));
    }

    #[test]
    fn every_rate_needs_a_population_and_days_since_counts_the_day_itself() {
        let rate = |at_least_hundredths| Condition::Rate {
            indicator: crate::domain::Indicator::CommunityF0,
            days: 14,
            per_days: 7,
            at_least_hundredths,
        };
        let mut rules = KindRules::default();
        assert!(!rules.needs_population);
        rules.add(1, &rate(0));
        assert!(rules.needs_population);
        assert_eq!(rules.own.last().map(|c| c.threshold), Some(Threshold::Rate { factor: 70_000_000, bound: 0 }));
        rules.add(1, &rate(2000));
        assert_eq!(rules.own.last().map(|c| c.threshold), Some(Threshold::Rate { factor: 70_000_000, bound: 28_000 }));
        rules.add(1, &Condition::DaysSince { indicator: crate::domain::Indicator::HouseholdsF0, at_most: 14 });
        assert_eq!(rules.own.last().map(|c| (c.days, c.slot)), Some((15, 1)));
        assert_eq!(rules.look_back, 15);
    }
}
