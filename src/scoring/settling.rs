//! From when on figures stay as they are: learned from a campaign's own delays.
//!
//! The delay of a unit-day is the number of local days from the day itself to the day of the
//! last change of its figure: 0 where it was reported on the day and never touched again, 1
//! on the day after. Only what was recorded before today counts, so that the answer moves
//! once a day and not with each write; only days that are at least [`WATCHED`] days old, so
//! that a late change could have been seen. Nothing of this enters a board.

use crate::domain::Day;
use chrono::Days;

/// Days that a unit-day is watched before it counts: a week with its weekend.
pub const WATCHED: u64 = 7;
/// So many of 100 unit-days must have had their final figure.
pub const SHARE_PERCENT: u64 = 95;
/// Fewer unit-days than these tell nothing: with 20, one late change is the 5 of 100.
pub const ENOUGH: u64 = 20;
/// Delays from this one on are counted together.
pub const LONGEST: usize = 15;

/// How many unit-days had their last change after how many days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    counts: [u64; LONGEST + 1],
}

impl Delays {
    /// Counts a unit-day whose figure was last changed on a day, as it is seen today; a day
    /// that was not watched long enough is left out.
    pub fn add(&mut self, day: Day, changed_on: Day, today: Day) {
        if day.checked_add_days(Days::new(WATCHED)).is_none_or(|seen| seen >= today) {
            return;
        }
        let delay = usize::try_from((changed_on - day).num_days()).unwrap_or(0).min(LONGEST);
        if let Some(count) = self.counts.get_mut(delay) {
            *count += 1;
        }
    }

    /// The counts by delay; the last one holds all longer delays too.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// All unit-days that were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The fewest days after which at least 95 of 100 unit-days had their final figure; none
    /// with too little history, or where it takes [`LONGEST`] days or more.
    pub fn days_to_settle(&self) -> Option<u64> {
        let total = self.total();
        let mut so_far = 0;
        let settled = self.counts.iter().take(LONGEST).position(|count| {
            so_far += count;
            100 * so_far >= SHARE_PERCENT * total
        });
        settled.filter(|_| total >= ENOUGH).map(|days| days as u64)
    }

    /// The latest day whose figures are not expected to move any more: what came within
    /// [`Delays::days_to_settle`] days of it had come before today.
    pub fn settled_through(&self, today: Day) -> Option<Day> {
        today.checked_sub_days(Days::new(self.days_to_settle()? + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> Day {
        Day::from_ymd_opt(2021, 7, number).unwrap()
    }

    fn delays(of: &[(u64, u64)]) -> Delays {
        let mut delays = Delays::default();
        for (delay, number) in of {
            for _ in 0..*number {
                delays.add(day(1), day(1) + Days::new(*delay), day(31));
            }
        }
        delays
    }

    #[test]
    fn ninety_five_of_a_hundred_decide_and_not_one_fewer() {
        assert_eq!(delays(&[(0, 95), (3, 5)]).days_to_settle(), Some(0));
        assert_eq!(delays(&[(0, 94), (3, 6)]).days_to_settle(), Some(3));
        assert_eq!(delays(&[(0, 19)]).days_to_settle(), None, "too little history");
        assert_eq!(delays(&[(0, 20)]).days_to_settle(), Some(0));
        assert_eq!(delays(&[(20, 30)]).days_to_settle(), None, "nobody knows when");
        assert_eq!(Delays::default().days_to_settle(), None);
    }

    #[test]
    fn a_day_settles_once_the_days_that_it_takes_are_over() {
        // reported on the day after: through yesterday came all of the day before yesterday
        assert_eq!(delays(&[(1, 20)]).settled_through(day(20)), Some(day(18)));
        assert_eq!(delays(&[(0, 20)]).settled_through(day(20)), Some(day(19)));
        assert_eq!(delays(&[(1, 19)]).settled_through(day(20)), None);
    }

    #[test]
    fn a_day_counts_once_it_was_watched_for_a_week() {
        let mut delays = Delays::default();
        delays.add(day(1), day(1), day(8));
        assert_eq!(delays.total(), 0);
        delays.add(day(1), day(1), day(9));
        assert_eq!(delays.total(), 1);
        // a report before its day had begun cannot be; it would count as at once
        delays.add(day(2), day(1), day(20));
        assert_eq!(delays.counts().first(), Some(&2));
    }
}
