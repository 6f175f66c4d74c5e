//! The rules that look at one unit's own days.

use super::{DueDay, Finding, Rule};
use crate::scoring::ledger::Ledger;
use crate::scoring::usual::usual;

/// So many days of zero make a streak: with two, every second province of July 2021 would
/// have had a flag, and most for a single cluster.
pub(super) const STREAK: usize = 3;
/// So many reported days, a week with its weekend, say what a unit is like.
pub(super) const WEEK: usize = 7;
/// Fewer say nothing about a backlog after days that nobody reported.
pub(super) const ENOUGH_BEFORE: usize = 3;
/// A backlog is at least so many times the mean of the days before the gap: it holds the
/// cases of two days or more.
pub(super) const BACKLOG_TIMES: u64 = 2;
/// A drop is at most one in so many of the week's mean. A contest is there for cases to
/// fall; by half in a day they fall by themselves, to a quarter hardly ever.
pub(super) const DROP_PART: u64 = 4;
/// So many equal counts in a row, each above the allowance, are hardly chance.
pub(super) const EQUAL_LARGE: usize = 3;
/// So many small ones: three times 2 in a row is what a quiet unit really has.
pub(super) const EQUAL_SMALL: usize = 5;

/// What a person should look at among the due days of one unit.
pub(super) fn of_unit(ledger: &Ledger, unit: u32, days: &[DueDay], found: &mut Vec<Finding>) {
    let allowance = allowance(ledger, unit);
    let mut equal = 0;
    let mut before = None;
    for (at, (day, reported)) in days.iter().enumerate() {
        equal = if reported.is_some() && *reported == before { equal + 1 } else { 1 };
        before = *reported;
        let Some(cases) = *reported else { continue };
        if cases > allowance {
            // one flag a figure: the rule that says most about how it came about
            let history = days.get(..at).unwrap_or_default();
            let jump = backlog(history, cases, allowance).or_else(|| zero_streak(history, cases, allowance));
            let jump = jump.or_else(|| unusual(ledger, unit, *day, cases));
            found.extend(jump.map(|(rule, numbers, basis)| Finding::new(rule, (unit, *day), numbers, &basis)));
        }
        let enough = if cases > allowance { EQUAL_LARGE } else { EQUAL_SMALL };
        // once a run, on the day on which it became long enough
        if cases > 0 && equal == enough {
            let numbers = vec![("community_f0", u64::from(cases)), ("equal_days", enough as u64)];
            let basis = [u64::from(cases), enough as u64];
            found.push(Finding::new(Rule::CopiedDays, (unit, *day), numbers, &basis));
        }
    }
    // its own last day, not the campaign's: a question stays until the unit itself reports on
    let last = days.iter().rposition(|(_, reported)| reported.is_some());
    if let Some((day, Some(cases))) = last.and_then(|last| days.get(last)) {
        let history = days.get(..last.unwrap_or_default()).unwrap_or_default();
        let drop = last_day_drop(history, *cases, allowance);
        found.extend(drop.map(|(rule, numbers, basis)| Finding::new(rule, (unit, *day), numbers, &basis)));
    }
}

/// The small-number allowance of a unit's kind, at least 1: a count up to it is never a jump.
pub(super) fn allowance(ledger: &Ledger, unit: u32) -> u32 {
    ledger.register.unit(unit).map_or(0, |u| ledger.register.campaign.allowance(u.kind)).max(1)
}

/// A rule, the numbers that it compared, and those that its finding rests on.
type Met = (Rule, Vec<(&'static str, u64)>, Vec<u64>);

/// Cases of several days booked at once. Right before lie days without a case: missing, or
/// zero where hardly a day of the week before was; and the count is at least twice the mean
/// of the reported days before them.
fn backlog(history: &[DueDay], cases: u32, allowance: u32) -> Option<Met> {
    let is_empty = |(_, reported): &&DueDay| reported.unwrap_or(0) == 0;
    let gap = history.iter().rev().take_while(is_empty).count();
    let (earlier, gap_days) = history.split_at_checked(history.len() - gap)?;
    let missing = gap_days.iter().filter(|(_, reported)| reported.is_none()).count();
    let week = || earlier.iter().rev().filter_map(|(_, reported)| *reported).take(WEEK);
    let (number, zeros) = (week().count(), week().filter(|cases| *cases == 0).count());
    let sum: u64 = week().map(u64::from).sum();
    let is_gap = match missing {
        0 => gap > 0 && number == WEEK && zeros <= 1,
        _ => number >= ENOUGH_BEFORE,
    };
    if !is_gap || u64::from(cases) * (number as u64) < BACKLOG_TIMES * sum {
        return None;
    }
    let [cases, gap, missing, number] = [u64::from(cases), gap as u64, missing as u64, number as u64];
    let numbers = vec![
        ("community_f0", cases),
        ("days_without_cases", gap),
        ("missing_days", missing),
        ("reported_before", number),
        ("sum_before", sum),
        ("allowance", u64::from(allowance)),
    ];
    Some((Rule::Backlog, numbers, vec![cases, gap, missing, number, sum]))
}

/// Reported days of zero that end in more than the allowance at once.
fn zero_streak(history: &[DueDay], cases: u32, allowance: u32) -> Option<Met> {
    let zeros = history.iter().rev().take_while(|(_, reported)| *reported == Some(0)).count();
    let numbers =
        || vec![("community_f0", u64::from(cases)), ("zero_days", zeros as u64), ("allowance", u64::from(allowance))];
    // not on how long it was: a late correction of its first day changes nothing here
    (zeros >= STREAK).then(|| (Rule::ZeroStreak, numbers(), vec![u64::from(cases)]))
}

/// Beyond the bound that a single report is asked about: what came in files, or was
/// confirmed, is seen here.
fn unusual(ledger: &Ledger, unit: u32, day: usize, cases: u32) -> Option<Met> {
    // nothing up to twice the allowance is ever unusual; so hardly a day looks back
    let allowance = allowance(ledger, unit);
    if cases <= 2 * allowance {
        return None;
    }
    let usual = usual(ledger, unit, day).filter(|usual| u64::from(cases) > usual.most())?;
    let numbers = vec![
        ("community_f0", u64::from(cases)),
        ("largest_before", u64::from(usual.largest)),
        ("allowance", u64::from(usual.allowance)),
        ("most_usual", usual.most()),
    ];
    Some((Rule::Unusual, numbers, vec![u64::from(cases), usual.most()]))
}

/// On the last day that the unit reported, at most a quarter of the mean of the seven days
/// before, all of them reported and with the allowance a day or more.
fn last_day_drop(history: &[DueDay], cases: u32, allowance: u32) -> Option<Met> {
    let week = history.get(history.len().checked_sub(WEEK)?..)?;
    let sum = week.iter().try_fold(0, |sum, (_, reported)| Some(sum + u64::from((*reported)?)))?;
    let days = WEEK as u64;
    let is_drop = sum >= days * u64::from(allowance) && DROP_PART * days * u64::from(cases) <= sum;
    let numbers = || vec![("community_f0", u64::from(cases)), ("sum_before", sum), ("allowance", u64::from(allowance))];
    is_drop.then(|| (Rule::LastDayDrop, numbers(), vec![u64::from(cases), sum]))
}
