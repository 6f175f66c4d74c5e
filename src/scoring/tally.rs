//! One unit's days counted: what the points of domain.md section 4 are made of.
//!
//! A reported unit is tallied from its own days; a derived one from those of all
//! units under its sum, "each on its own due and closing days".

use super::exact::Exact;
use super::ledger::{LATE, Ledger, UnitDays, is_counted, is_due, is_in_time};
use super::window::imputed_value;
use num_bigint::BigInt;
use num_rational::BigRational;
use std::ops::Range;

/// How a unit, or all units under its sum that owe it, did on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct DayMark {
    owed: u32,
    reported: u32,
    clean: u32,
    on_time: u32,
}

/// The counted days of one unit on the board of a day.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// b: community cases of the baseline.
    pub baseline_f0: u64,
    /// Due baseline days; of a derived unit those that some child owes.
    pub baseline_due: u32,
    /// Of them, reported (by some child).
    pub baseline_reported: u32,
    /// Of them, reported by all that owe them.
    pub baseline_whole: u32,
    /// c: community cases of the closing days, imputed ones included.
    pub closing_f0: u64,
    /// Due days of S…D.
    pub window_due: u32,
    /// Of them, reported with 0 community cases by all that owe them.
    pub clean: u32,
    /// Of them, reported in time by all that owe them.
    pub on_time: u32,
    /// Community cases reported in S…D.
    pub community_f0: u64,
    /// What silence added in S…D.
    pub imputed_f0: u64,
    /// Missing due (unit-)days in S…D.
    pub missing: u64,
    /// Due (unit-)days in S…D.
    pub owed: u64,
    /// Whether each day of S…D is due, from S on.
    pub due_days: Vec<bool>,
    /// The place in `due_days` from which due days are closing days.
    pub closing_from: usize,
    /// How many closing days there are.
    pub closing_due: u32,
    /// One child after the other: (b, nb, c, nc); one entry for a reported unit.
    parts: Vec<Part>,
    marks: Vec<DayMark>,
}

/// Baseline and closing days of one unit under a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// b
    pub baseline_f0: u64,
    /// nb
    pub baseline_due: u32,
    /// c
    pub closing_f0: u64,
    /// nc
    pub closing_due: u32,
}

impl Tally {
    /// Counts the days of a unit on the board of D, into a buffer that is used again.
    pub fn count(&mut self, ledger: &Ledger, unit: u32, as_of: usize, closing_days: usize) {
        let baseline = ledger.calendar.baseline.clone();
        let window = ledger.calendar.window.start..as_of + 1;
        let (parts, mut marks) = (std::mem::take(&mut self.parts), std::mem::take(&mut self.marks));
        let due_days = std::mem::take(&mut self.due_days);
        *self = Self { parts, due_days, ..Self::default() };
        self.parts.clear();
        if !ledger.register.is_derived(unit) {
            self.marks = marks;
            self.count_reported(ledger, &ledger.days(unit), as_of, closing_days);
            return;
        }
        marks.clear();
        marks.resize(window.end - baseline.start, DayMark::default());
        for leaf in ledger.register.leaves.of(unit) {
            self.add(ledger, &ledger.days(*leaf), as_of, closing_days, &mut marks);
        }
        let (before, after) = marks.split_at(baseline.len());
        for mark in before.iter().filter(|m| m.owed > 0) {
            self.baseline_due += 1;
            self.baseline_reported += u32::from(mark.reported > 0);
            self.baseline_whole += u32::from(mark.reported == mark.owed);
        }
        self.due_days.clear();
        for mark in after {
            self.due_days.push(mark.owed > 0);
            if mark.owed > 0 {
                self.window_due += 1;
                self.clean += u32::from(mark.clean == mark.owed);
                self.on_time += u32::from(mark.on_time == mark.owed);
            }
        }
        (self.closing_from, self.closing_due) = last_due(&self.due_days, closing_days);
        self.marks = marks;
    }

    /// Counts a unit's own days. Columns hold 0 where nothing counts, so that sums need
    /// no branch; with one unit to look at, each day is owed once or not at all.
    fn count_reported(&mut self, ledger: &Ledger, days: &UnitDays<'_>, as_of: usize, closing_days: usize) {
        let baseline = ledger.calendar.baseline.clone();
        let window = baseline.end..as_of + 1;
        let sum = |range: Range<usize>| -> u64 { days.community[range].iter().map(|c| u64::from(*c)).sum() };
        let before = &days.flags[baseline.clone()];
        self.baseline_f0 = sum(baseline);
        (self.baseline_due, self.baseline_reported) = match all_in_time(before) {
            true => (before.len() as u32, before.len() as u32),
            false => (count(before, is_due), count(before, is_counted)),
        };
        self.baseline_whole = self.baseline_reported;
        let after = &days.flags[window.clone()];
        let cases = &days.community[window.clone()];
        self.community_f0 = sum(window.clone());
        self.due_days.clear();
        if all_in_time(after) {
            // every day was reported in time, as most are
            let all = after.len() as u32;
            self.due_days.resize(after.len(), true);
            (self.window_due, self.on_time) = (all, all);
            self.clean = cases.iter().map(|c| u32::from(*c == 0)).sum();
        } else {
            self.due_days.extend(after.iter().map(|f| is_due(*f)));
            self.window_due = count(after, is_due);
            self.on_time = count(after, |f| is_counted(f) && f & LATE == 0);
            self.clean = after.iter().zip(cases).map(|(f, c)| u32::from(is_counted(*f) && *c == 0)).sum();
            self.missing = u64::from(self.window_due) - u64::from(count(after, is_counted));
        }
        self.owed = u64::from(self.window_due);
        (self.closing_from, self.closing_due) = if self.window_due as usize == after.len() {
            // nothing is excused: the last days are the closing days
            (after.len().saturating_sub(closing_days), after.len().min(closing_days) as u32)
        } else {
            last_due(&self.due_days, closing_days)
        };
        let closing = window.start + self.closing_from..window.end;
        self.closing_f0 = sum(closing.clone());
        if self.missing > 0 {
            let imputed = u64::from(imputed_value(ledger, days, as_of));
            let silent = count(&days.flags[closing], |f| is_due(f) && !is_counted(f));
            self.imputed_f0 = imputed * self.missing;
            self.closing_f0 += imputed * u64::from(silent);
        }
        self.parts.push(Part {
            baseline_f0: self.baseline_f0,
            baseline_due: self.baseline_due,
            closing_f0: self.closing_f0,
            closing_due: self.closing_due,
        });
    }

    fn add(&mut self, ledger: &Ledger, days: &UnitDays<'_>, as_of: usize, closing_days: usize, marks: &mut [DayMark]) {
        let baseline = ledger.calendar.baseline.clone();
        let imputed = u64::from(imputed_value(ledger, days, as_of));
        let mut part = Part::default();
        for (mark, day) in marks.iter_mut().zip(baseline.clone()) {
            if mark_day(days, day, mark) {
                part.baseline_due += 1;
                part.baseline_f0 += u64::from(days.community[day]);
            }
        }
        let window = baseline.end..as_of + 1;
        let closing = closing_start(days, window.clone(), closing_days);
        for (mark, day) in marks.iter_mut().skip(baseline.len()).zip(window) {
            if !mark_day(days, day, mark) {
                continue;
            }
            self.owed += 1;
            let reported = is_counted(days.flags[day]);
            let cases = if reported { u64::from(days.community[day]) } else { imputed };
            if reported {
                self.community_f0 += cases;
            } else {
                self.missing += 1;
                self.imputed_f0 += cases;
            }
            if day >= closing {
                part.closing_due += 1;
                part.closing_f0 += cases;
            }
        }
        self.baseline_f0 += part.baseline_f0;
        self.closing_f0 += part.closing_f0;
        self.parts.push(part);
    }

    /// Baseline and closing days of each unit under the sum, or of the unit itself.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// e = b·nc/nb, summed over the parts (domain.md section 4; 0 where nb = 0).
    pub fn expected(&self) -> Exact {
        match self.parts.as_slice() {
            [part] => {
                Exact::small(to_i64(part.baseline_f0) * i64::from(part.closing_due), i64::from(part.baseline_due))
            }
            parts => {
                let numerator = |p: &Part| to_i64(p.baseline_f0).saturating_mul(i64::from(p.closing_due));
                sum_by_denominator(parts.iter().map(|p| (numerator(p), p.baseline_due)))
            }
        }
    }

    /// Mean community cases of a due baseline day; a sum of means over the parts, none over no days.
    pub fn baseline_mean(&self) -> Option<Exact> {
        mean(self.parts.iter().map(|p| (to_i64(p.baseline_f0), p.baseline_due)))
    }

    /// Mean community cases of a closing day, imputed ones included.
    pub fn closing_mean(&self) -> Option<Exact> {
        mean(self.parts.iter().map(|p| (to_i64(p.closing_f0), p.closing_due)))
    }

    /// Whether a day of S…D, counted from S, is a closing day.
    pub fn is_closing_day(&self, offset: usize) -> bool {
        offset >= self.closing_from && self.due_days.get(offset) == Some(&true)
    }
}

fn to_i64(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Whether every day has a figure that counts and came in time.
fn all_in_time(flags: &[u8]) -> bool {
    flags.iter().fold(true, |so_far, f| so_far & is_in_time(*f))
}

fn count(flags: &[u8], is_wanted: impl Fn(u8) -> bool) -> u32 {
    flags.iter().map(|f| u32::from(is_wanted(*f))).sum()
}

/// Marks a day that is due; says whether it is.
fn mark_day(days: &UnitDays<'_>, day: usize, mark: &mut DayMark) -> bool {
    let flags = days.flags[day];
    if !is_due(flags) {
        return false;
    }
    mark.owed += 1;
    if is_counted(flags) {
        mark.reported += 1;
        mark.clean += u32::from(days.community[day] == 0);
        mark.on_time += u32::from(flags & LATE == 0);
    }
    true
}

/// The first of the last `count` due days of a unit in a range.
fn closing_start(days: &UnitDays<'_>, window: Range<usize>, count: usize) -> usize {
    let mut left = count;
    for day in window.clone().rev() {
        if is_due(days.flags[day]) {
            left -= 1;
            if left == 0 {
                return day;
            }
        }
    }
    window.start
}

/// From where on due days are the last `count` ones, and how many those are.
fn last_due(due: &[bool], count: usize) -> (usize, u32) {
    let mut found = 0;
    for (at, _) in due.iter().enumerate().rev().filter(|(_, due)| **due) {
        found += 1;
        if found as usize == count {
            return (at, found);
        }
    }
    (0, found)
}

/// Σ numerator/denominator, exact; parts without days add nothing.
fn sum_by_denominator(parts: impl Iterator<Item = (i64, u32)>) -> Exact {
    let mut sums: std::collections::BTreeMap<u32, i128> = std::collections::BTreeMap::new();
    for (numerator, denominator) in parts.filter(|(_, d)| *d > 0) {
        *sums.entry(denominator).or_default() += i128::from(numerator);
    }
    let ratio = |(den, num): (u32, i128)| BigRational::new(BigInt::from(num), BigInt::from(den));
    Exact::from_big(sums.into_iter().map(ratio).sum())
}

fn mean(parts: impl Iterator<Item = (i64, u32)> + Clone) -> Option<Exact> {
    parts.clone().any(|(_, days)| days > 0).then(|| sum_by_denominator(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Counts;
    use crate::domain::contest::{ExcuseRow, FigureRow, Stamp};
    use crate::scoring::Register;
    use crate::scoring::small_contest::{RED_FROM_ONE, contest};
    use std::sync::Arc;

    #[test]
    fn the_last_due_days_are_the_closing_days_and_the_excused_ones_between_are_not() {
        let mut contest = contest(1, RED_FROM_ONE);
        for (at, day) in contest.campaign.baseline.from.iter_days().take(18).enumerate() {
            let counts = Counts::new([Some(at as u32), None, None, None, None, None]).unwrap();
            contest.figures.push(FigureRow { unit: 0, day, counts, stamp: Stamp::ALWAYS, note: None });
        }
        // 9 to 12 July have 14 to 17 cases; 11 July is excused
        let day = "2021-07-11".parse().unwrap();
        contest.excuses.push(ExcuseRow { unit: 0, day, reason: "power cut".into(), stamp: Stamp::ALWAYS });
        let ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
        let mut tally = Tally::default();
        tally.count(&ledger, 0, ledger.calendar.len - 1, 2);
        let closing: Vec<bool> = (0..5).map(|offset| tally.is_closing_day(offset)).collect();
        assert_eq!(closing, [false, true, false, true, false]);
        let part = Part { baseline_f0: 91, baseline_due: 14, closing_f0: 15 + 17, closing_due: 2 };
        assert_eq!(tally.parts(), [part]);
    }
}
