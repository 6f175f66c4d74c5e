//! One unit appraised on the board of a day: track, points, keys, reasons
//! (domain.md section 4). Boards, rows and explanations all read this one.

use super::board::By;
use super::exact::Exact;
use super::green::GreenReader;
use super::ledger::{Ledger, is_counted};
use super::levels::{LevelReader, UnitLevels};
use super::rules::KindRules;
use super::tally::Tally;
use crate::domain::policy::{Measure, Policy};
use crate::domain::unit::UnitState;
use num_bigint::BigInt;
use num_rational::BigRational;

pub use crate::domain::order::Track;

/// Why a unit has no rank, in the order in which reasons are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unranked {
    /// It left.
    Withdrawn,
    /// It was excluded.
    Disqualified,
    /// Too few reported due baseline days.
    NoBaseline,
    /// Too many missing due days in S…D.
    TooManyMissing,
    /// Nothing tells its start level.
    NoStartLevel,
    /// No due day in S…D.
    NothingDue,
}

impl Unranked {
    /// All reasons in their order.
    pub const ALL: [Unranked; 6] = [
        Self::Withdrawn,
        Self::Disqualified,
        Self::NoBaseline,
        Self::TooManyMissing,
        Self::NoStartLevel,
        Self::NothingDue,
    ];

    /// The name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Disqualified => "disqualified",
            Self::NoBaseline => "no_baseline",
            Self::TooManyMissing => "too_many_missing",
            Self::NoStartLevel => "no_start_level",
            Self::NothingDue => "nothing_due",
        }
    }
}

/// A unit's numbers on the board of a day. A buffer: one is filled for unit after unit.
#[derive(Clone, Debug)]
pub struct Appraisal {
    /// Its counted days.
    pub tally: Tally,
    /// Its levels.
    pub levels: UnitLevels,
    /// Its track.
    pub track: Track,
    /// The level that it starts from: declared, known or imputed.
    pub start: Option<u8>,
    /// Levels dropped; none where a level is missing.
    pub dropped: Option<i16>,
    /// Due days of S…D known to be at the best level.
    pub green_days: u32,
    /// Closing days known to be at the best level.
    pub closing_green: u32,
    /// The day since which it is green, where the board or the campaign asks for it.
    pub green_on: Option<usize>,
    /// e: what the closing days would have held at the baseline's pace.
    pub expected: Exact,
    /// The exact change.
    pub change: Exact,
    /// Points of each component in hundredths, in the policy's order.
    pub components: Vec<i64>,
    /// Bonus after its cap, in hundredths.
    pub bonus: i64,
    /// Deduction after its cap, in hundredths, positive.
    pub deduction: i64,
    /// The sum of it all, in hundredths.
    pub total: i64,
    /// Why there is no rank, one bit a reason.
    reasons: u8,
}

impl Default for Appraisal {
    fn default() -> Self {
        Self {
            tally: Tally::default(),
            levels: UnitLevels::default(),
            track: Track::Improvement,
            start: None,
            dropped: None,
            green_days: 0,
            closing_green: 0,
            green_on: None,
            expected: Exact::ZERO,
            change: Exact::ZERO,
            components: Vec::new(),
            bonus: 0,
            deduction: 0,
            total: 0,
            reasons: 0,
        }
    }
}

impl Appraisal {
    /// Why there is no rank, in order; empty for a ranked unit.
    pub fn unranked(&self) -> impl Iterator<Item = Unranked> + '_ {
        Unranked::ALL.into_iter().filter(|r| self.has(*r))
    }

    /// Whether the unit has a rank.
    pub fn is_ranked(&self) -> bool {
        self.reasons == 0
    }

    /// Whether a reason holds.
    pub fn has(&self, reason: Unranked) -> bool {
        self.reasons & (1 << reason as u8) != 0
    }

    /// Whether points and comparisons mean nothing (domain.md section 4, Ranked or not).
    pub fn has_no_points(&self) -> bool {
        self.has(Unranked::NoBaseline) || self.has(Unranked::NothingDue)
    }

    /// Cases in S…D with imputed ones: the tie-break key `community_f0`.
    pub fn cases(&self) -> u64 {
        self.tally.community_f0 + self.tally.imputed_f0
    }

    /// (e − c)/e in hundredths of a percent; none where e = 0.
    pub fn reduction_percent(&self) -> Option<i64> {
        if self.expected.is_zero() {
            return None;
        }
        let closing = BigRational::from_integer(BigInt::from(self.tally.closing_f0));
        let expected = self.expected.to_big();
        Some(Exact::from_big((&expected - closing) / &expected).scaled(10_000))
    }

    /// Whether the plain reduction (e − c)/e is at least so many hundredths of a percent,
    /// exactly; where e = 0 there is none.
    pub fn reduces_by(&self, least: i64) -> bool {
        if self.expected.is_zero() {
            return false;
        }
        let expected = self.expected.to_big();
        let reduced = &expected - BigRational::from_integer(BigInt::from(self.tally.closing_f0));
        reduced * BigInt::from(10_000) >= expected * BigInt::from(least)
    }
}

/// Appraises the units of one kind on the board of a day.
#[derive(Debug)]
pub struct Appraiser<'a> {
    /// The facts.
    pub ledger: &'a Ledger,
    /// The levels.
    pub levels: LevelReader<'a>,
    kind: u16,
    as_of: usize,
    by: By,
    /// Where somebody asks since when units are green.
    green: Option<GreenReader<'a>>,
    allowance: u32,
    held: Option<Track>,
}

impl<'a> Appraiser<'a> {
    /// An appraiser of a kind on the boards of D in an order.
    pub fn new(ledger: &'a Ledger, kind: u16, as_of: usize, by: By) -> Self {
        Self::with_levels_from(ledger, kind, as_of, by, ledger.calendar.window.start)
    }

    /// The same with levels from an earlier day on.
    pub fn with_levels_from(ledger: &'a Ledger, kind: u16, as_of: usize, by: By, from: usize) -> Self {
        let campaign = &ledger.register.campaign;
        let asks_for_green = by == By::GreenOn || campaign.green_by.is_some();
        Self {
            levels: LevelReader::new(ledger, kind, from, as_of),
            green: asks_for_green.then(|| GreenReader::new(ledger, kind)),
            allowance: campaign.allowance(kind),
            ledger,
            kind,
            as_of,
            by,
            held: None,
        }
    }

    /// Whether somebody asks since when units are green.
    pub fn green(&self) -> bool {
        self.green.is_some()
    }

    /// The board's day.
    pub fn as_of(&self) -> usize {
        self.as_of
    }

    /// The same with every unit on one track, whatever its figures say: for boards of
    /// units that are known to compete with each other.
    pub fn holding(self, track: Track) -> Self {
        Self { held: Some(track), ..self }
    }

    fn policy(&self) -> &Policy {
        &self.ledger.register.campaign.policy
    }

    /// Fills a buffer with a unit's numbers.
    pub fn appraise(&self, unit: u32, into: &mut Appraisal) {
        let closing_days = self.policy().closing_days as usize;
        into.tally.count(self.ledger, unit, self.as_of, closing_days);
        self.levels.read(unit, &mut into.levels);
        self.count_green(unit, into);
        into.start = self.ledger.start_level(unit).filter(|_| self.levels.has_rules()).or(into.levels.start);
        into.dropped = match (into.start, into.levels.current) {
            (Some(start), Some(current)) => Some(i16::from(start) - i16::from(current)),
            _ => None,
        };
        into.expected = into.tally.expected();
        into.change = change(&into.expected, into.tally.closing_f0, self.allowance);
        into.track = self.held.unwrap_or_else(|| self.track(into));
        into.reasons = self.reasons(unit, into);
        self.give_points(unit, into);
    }

    fn count_green(&self, unit: u32, into: &mut Appraisal) {
        let skip = self.ledger.calendar.window.start - self.levels.first_day();
        let levels = into.levels.by_day.get(skip..).unwrap_or_default();
        let green = |from: usize| -> u32 {
            let days = levels.iter().zip(&into.tally.due_days).skip(from);
            days.map(|(level, due)| u32::from(*level == 0 && *due)).sum()
        };
        (into.green_days, into.closing_green) = (green(0), green(into.tally.closing_from));
        into.green_on = self.green.as_ref().and_then(|reader| reader.green_on(unit, levels));
    }

    /// domain.md section 4, track.
    fn track(&self, a: &Appraisal) -> Track {
        let tally = &a.tally;
        let whole_baseline = tally.baseline_due > 0 && tally.baseline_whole == tally.baseline_due;
        let next_to_none = a.start == Some(0) && tally.baseline_f0 <= u64::from(self.allowance);
        if whole_baseline && (tally.baseline_f0 == 0 || next_to_none) { Track::KeptClean } else { Track::Improvement }
    }

    /// domain.md section 4, Ranked or not.
    fn reasons(&self, unit: u32, a: &Appraisal) -> u8 {
        let (policy, tally) = (self.policy(), &a.tally);
        let state = self.ledger.state(unit);
        let too_many_missing = if self.ledger.register.is_derived(unit) {
            tally.missing * 100 > u64::from(policy.max_missing_children_percent) * tally.owed
        } else {
            tally.missing > u64::from(policy.max_missing_days)
        };
        let reasons = [
            (Unranked::Withdrawn, state == UnitState::Withdrawn),
            (Unranked::Disqualified, state == UnitState::Disqualified),
            (Unranked::NoBaseline, tally.baseline_reported == 0 || tally.baseline_reported < policy.min_baseline_days),
            (Unranked::TooManyMissing, too_many_missing),
            (Unranked::NoStartLevel, self.lacks_start_level(unit)),
            (Unranked::NothingDue, tally.window_due == 0),
        ];
        reasons.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| 1 << reason as u8).sum()
    }

    fn lacks_start_level(&self, unit: u32) -> bool {
        // "`no_start_level` does not apply" to boards by green_on (domain.md section 3)
        let reads_start = self.by == By::LevelDrop || (self.by != By::GreenOn && self.policy().uses_levels());
        if !reads_start || !self.levels.has_rules() {
            return false;
        }
        let register = &self.ledger.register;
        let Some(rules) = register.rules.get(usize::from(self.kind)) else { return false };
        let lacks_population = rules.needs_population && register.unit(unit).is_some_and(|u| u.population.is_none());
        lacks_population || (self.ledger.start_level(unit).is_none() && !self.has_start_figure(unit, rules))
    }

    /// Whether a figure stands in the look-back of S−1 of a unit or, with rules by
    /// children, of any unit below that those rules reach.
    fn has_start_figure(&self, unit: u32, rules: &KindRules) -> bool {
        let register = &self.ledger.register;
        let own = [unit];
        let leaves = if register.is_derived(unit) { register.leaves.of(unit) } else { &own[..] };
        let end = self.ledger.calendar.window.start;
        let from = end.saturating_sub(rules.look_back);
        let has_figure = |leaf: &u32| {
            let days = self.ledger.days(*leaf);
            let flags = days.flags.get(from..end).unwrap_or_default();
            flags.iter().any(|f| is_counted(*f))
        };
        if leaves.iter().any(has_figure) {
            return true;
        }
        !rules.children.is_empty()
            && register.children.of(unit).iter().any(|child| {
                register.counts_for_parent(*child)
                    && register.rules_of(*child).is_some_and(|rules| self.has_start_figure(*child, rules))
            })
    }

    fn give_points(&self, unit: u32, into: &mut Appraisal) {
        let policy = self.policy();
        into.components.clear();
        let mut total = 0;
        for component in &policy.components {
            let points = self.share(unit, component.measure, into).scaled(component.max_points);
            let points = if policy.negative_points { points } else { points.max(0) };
            total += points;
            into.components.push(points);
        }
        let adjustments = self.ledger.adjustments(unit);
        into.bonus = adjustments.bonus.min(policy.max_bonus);
        into.deduction = adjustments.deduction.min(policy.max_deduction);
        into.total = total + into.bonus - into.deduction;
    }

    /// The share of its maximum that a component gives a unit, before negative ones are
    /// cut (domain.md section 4, table of components). Days stay counted: 10 of 14 is
    /// 10/14, not 5/7.
    pub fn share(&self, unit: u32, measure: Measure, a: &Appraisal) -> Exact {
        let share = |part: u32, of: u32| Exact::small(i64::from(part), i64::from(of));
        let tally = &a.tally;
        match (measure, a.track) {
            (Measure::CaseReduction, Track::Improvement) => a.change.clone(),
            (Measure::CaseReduction, Track::KeptClean) => share(tally.clean, tally.window_due),
            (Measure::LevelDrop, Track::Improvement) => {
                let worst = i64::from(self.ledger.register.campaign.scheme.worst());
                Exact::small(i64::from(a.dropped.unwrap_or(0)), worst)
            }
            (Measure::LevelDrop, Track::KeptClean) => share(a.closing_green, tally.closing_due),
            (Measure::GreenDays, _) => share(a.green_days, tally.window_due),
            (Measure::Reporting, _) => share(tally.on_time, tally.window_due),
            (Measure::Criteria, _) => self.criteria_share(unit),
        }
    }

    /// Σ weight × verified value/100 ÷ Σ weights; of several assessments the one of
    /// the latest date up to D counts alone.
    fn criteria_share(&self, unit: u32) -> Exact {
        let criteria = self.ledger.criteria(self.kind);
        let today = self.ledger.calendar.day(self.as_of);
        let mut values = vec![0u32; criteria.len()];
        for assessment in self.ledger.assessments(unit).iter().filter(|a| a.date.is_none_or(|d| d <= today)) {
            if let Some(value) = values.get_mut(assessment.criterion) {
                *value = assessment.value;
            }
        }
        let reached: BigInt = criteria.iter().zip(&values).map(|(c, v)| BigInt::from(c.weight) * v).sum();
        let weights: BigInt = criteria.iter().map(|c| BigInt::from(c.weight) * 10_000).sum();
        if weights == BigInt::ZERO { Exact::ZERO } else { Exact::from_big(BigRational::new(reached, weights)) }
    }
}

/// (e − c) / (max(e, c) + a), exact; 0 where e = c (domain.md section 4).
pub fn change(expected: &Exact, closing: u64, allowance: u32) -> Exact {
    let closing_small = i64::try_from(closing).ok();
    if let (Exact::Small { num, den }, Some(c)) = (expected, closing_small)
        && let Some(c) = c.checked_mul(*den)
        && let Some(bottom) = i64::from(allowance).checked_mul(*den).and_then(|a| a.checked_add(c.max(*num)))
    {
        return if *num == c { Exact::ZERO } else { Exact::small(num - c, bottom) };
    }
    let (e, c) = (expected.to_big(), BigRational::from_integer(BigInt::from(closing)));
    if e == c {
        return Exact::ZERO;
    }
    let larger = (&e).max(&c);
    Exact::from_big((&e - &c) / (larger + BigInt::from(allowance)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_of_the_rules_comes_out() {
        let ward_a = change(&Exact::small(28 * 7, 14), 7, 5);
        assert_eq!(ward_a.scaled(6000), 2211);
        assert_eq!(change(&Exact::small(28 * 7, 14), 12, 5).scaled(6000), 632);
        assert_eq!(change(&Exact::small(28 * 7, 14), 40, 5).scaled(6000), -3467);
    }

    #[test]
    fn big_and_small_changes_agree() {
        for (b, nc, nb, c, a) in [(28, 7, 14, 40, 5), (1, 3, 7, 0, 0), (0, 3, 7, 4, 1), (14, 7, 14, 7, 0)] {
            let small = Exact::small(b * nc, nb);
            let big = Exact::Big(Box::new(small.to_big()));
            assert_eq!(change(&small, c, a), change(&big, c, a));
        }
        let huge = change(&Exact::small(i64::MAX - 1, i64::MAX), 1_000_000, 5);
        assert!(huge < Exact::ZERO && huge > Exact::small(-1, 1));
    }
}
