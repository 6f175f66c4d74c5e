//! The rule that looks at several units: weeks that are alike day for day.

use super::series::{WEEK, allowance};
use super::{Finding, Rule};
use crate::scoring::ledger::{Ledger, is_counted};
use std::sync::Arc;

/// So many of the seven days have cases: quiet weeks are alike by themselves.
pub(super) const DAYS_WITH_CASES: usize = 4;
/// So many different counts stand in the week: `1 1 1 1 0 0 0` is no signature.
pub(super) const DIFFERENT_COUNTS: usize = 3;

/// Whose children of which kind, the week's counts, and the unit.
type Week = ((Option<u32>, u16), [u32; WEEK], u32);

/// Units of one kind below the same unit with the same counts in a week. Weeks are counted
/// from Bs on, so that a flag's day does not move while days go by; a week that is not over
/// is not looked at.
pub(super) fn of_units(ledger: &Ledger, last: usize, found: &mut Vec<Finding>) {
    let mut weeks: Vec<Week> = Vec::new();
    for start in (ledger.calendar.baseline.start..=last).step_by(WEEK).take_while(|start| start + WEEK <= last + 1) {
        weeks.clear();
        weeks.extend((0..ledger.register.len() as u32).filter_map(|unit| week_of(ledger, unit, start)));
        weeks.sort_unstable();
        for alike in weeks.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|alike| alike.len() > 1) {
            let all: Arc<[u32]> = alike.iter().map(|(.., unit)| *unit).collect();
            found.extend(alike.iter().map(|(_, counts, unit)| {
                let basis = counts.map(u64::from);
                let numbers = vec![("sum", basis.iter().sum()), ("units", alike.len() as u64)];
                let place = (*unit, start + WEEK - 1);
                Finding { alike: all.clone(), ..Finding::new(Rule::CopiedUnits, place, numbers, &basis) }
            }));
        }
    }
}

/// A unit's week from a day on, where all of it was reported and it could be told from others.
fn week_of(ledger: &Ledger, unit: u32, start: usize) -> Option<Week> {
    let (days, register) = (ledger.days(unit), &ledger.register);
    let all = start..start + WEEK;
    let counts: [u32; WEEK] = days.community.get(all.clone())?.try_into().ok()?;
    let with_cases = counts.iter().filter(|cases| **cases > 0).count();
    if with_cases < DAYS_WITH_CASES || !days.flags.get(all)?.iter().all(|flags| is_counted(*flags)) {
        return None;
    }
    let mut different = counts;
    different.sort_unstable();
    let number = different.chunk_by(|a, b| a == b).count();
    let is_telling = number >= DIFFERENT_COUNTS && counts.iter().sum::<u32>() > 2 * allowance(ledger, unit);
    let of = register.unit(unit).filter(|_| is_telling && !register.is_derived(unit))?;
    Some(((of.parent, of.kind), counts, unit))
}
