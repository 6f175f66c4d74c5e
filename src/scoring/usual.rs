//! What is usual for a unit, so that a slip of the finger is asked about before it is stored.
//!
//! The bound can be computed by hand: three times the largest community F0 that the unit
//! reported on the 28 days before, and twice its small-number allowance more. The rules know
//! no such bound; it is ours, and decides no rank: a figure beyond it needs a reason, no more.
//! Fewer cases than usual are what the contest is for, and are never asked about.

use super::ledger::{Ledger, is_counted};

/// So many days before are looked at.
pub const DAYS: usize = 28;
/// A unit that reported on fewer of them has no history yet.
const ENOUGH: u32 = 7;

/// What is usual for a unit on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// The largest community F0 of the days before.
    pub largest: u32,
    /// On how many of them the unit reported.
    pub reported: u32,
    /// The kind's small-number allowance, at least 1.
    pub allowance: u32,
}

impl Usual {
    /// The most community F0 that is usual.
    pub fn most(&self) -> u64 {
        3 * u64::from(self.largest) + 2 * u64::from(self.allowance)
    }
}

/// What is usual for a unit on a day; none where it has reported too little before. Excused
/// days count nowhere.
pub fn usual(ledger: &Ledger, unit: u32, day: usize) -> Option<Usual> {
    let days = ledger.days(unit);
    let from = day.saturating_sub(DAYS);
    let flags = days.flags.get(from..day)?.iter();
    let reported = flags.zip(days.community.get(from..day)?).filter(|(flags, _)| is_counted(**flags));
    let (count, largest) =
        reported.fold((0, 0), |(count, largest), (_, cases)| (count + 1, cases.max(&largest).to_owned()));
    let allowance = ledger.register.unit(unit).map_or(0, |u| ledger.register.campaign.allowance(u.kind)).max(1);
    (count >= ENOUGH).then_some(Usual { largest, reported: count, allowance })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Counts;
    use crate::scoring::Register;
    use crate::scoring::ledger::DayEntry;
    use crate::scoring::small_contest::{RED_FROM_ONE, contest};
    use std::sync::Arc;

    #[test]
    fn the_bound_is_three_times_the_largest_day_and_twice_the_allowance() {
        let contest = contest(1, RED_FROM_ONE);
        let mut ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
        let start = ledger.calendar.window.start;
        let mut report = |day: usize, cases: u32, excused: bool| {
            let counts = Counts::new([Some(cases), None, None, None, None, None]).ok();
            ledger.set_day(0, day, DayEntry { counts, excused, ..DayEntry::default() });
        };
        (1..=6).for_each(|before| report(start - before, 0, false));
        report(start - 7, 50, true);
        assert_eq!(usual(&ledger, 0, start), None, "six days are no history, and an excused one is none");
        let counts = Counts::new([Some(2), None, None, None, None, None]).ok();
        ledger.set_day(0, start - 8, DayEntry { counts, ..DayEntry::default() });
        let found = usual(&ledger, 0, start);
        assert_eq!(found, Some(Usual { largest: 2, reported: 7, allowance: 5 }));
        assert_eq!(found.map(|u| u.most()), Some(16));
    }
}
