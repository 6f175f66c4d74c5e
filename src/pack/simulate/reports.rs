//! How what happened is told: on time, late, corrected, taken back, or not at all.

use super::dice::Dice;
use super::epidemic::Series;
use super::{BASELINE_DAYS, DAYS};

/// Seconds since the first day told began in UTC.
pub(super) type Second = i64;

pub(super) const HOUR: Second = 3_600;
pub(super) const DAY: Second = 24 * HOUR;
/// 12:00 of the next day in Ho Chi Minh City, when a day closes, from the day's beginning in UTC.
const CUT_OFF: Second = DAY + 5 * HOUR;

/// How well a unit reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Every day.
    Exact,
    /// With a gap now and then.
    Usual,
    /// With many gaps.
    Careless,
    /// Every day, from the window's first on.
    Newcomer,
    /// Never.
    Silent,
}

impl Habit {
    /// Gaps are gathered in few units of those wards that are not orderly: spread evenly,
    /// they would leave no sum of units known.
    pub(super) fn draw(is_orderly: bool, dice: &mut Dice) -> Self {
        match dice.below(1_000) {
            0..990 if is_orderly => Self::Exact,
            0..620 => Self::Exact,
            620..860 => Self::Usual,
            860..950 => Self::Careless,
            950..980 => Self::Newcomer,
            980..990 => Self::Silent,
            _ => Self::Usual,
        }
    }

    /// Chances in a million that a day is never reported, and that it is reported late.
    fn faults(self) -> (u32, u32) {
        match self {
            Self::Exact | Self::Newcomer => (0, 10_000),
            Self::Usual => (15_000, 80_000),
            Self::Careless => (150_000, 300_000),
            Self::Silent => (1_000_000, 0),
        }
    }

    /// The first day that it reports.
    fn first_day(self) -> usize {
        if self == Self::Newcomer { BASELINE_DAYS } else { 0 }
    }
}

/// One row of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// Which day, from 0.
    pub(super) day: usize,
    /// Community F0.
    pub(super) community: u16,
    /// When it was recorded.
    pub(super) recorded: Second,
    /// When it was taken back.
    pub(super) withdrawn: Option<Second>,
    /// Why, where there is something to say.
    pub(super) note: &'static str,
}

const ADDED: &str = "bổ sung ca ghi nhận muộn";
const MISTYPED: &str = "sửa số nhập nhầm";
const TAKEN_BACK: &str = "rút lại, nhập nhầm đơn vị";
const AGAIN: &str = "nhập lại sau khi rút";

/// The reports of a unit up to, and without, a day.
pub(super) fn reports(habit: Habit, series: &Series, end: usize, dice: &mut Dice) -> Vec<Report> {
    let (missing, late) = habit.faults();
    let mut told = Vec::with_capacity(DAYS + 4);
    for (day, truth) in series.iter().copied().enumerate().take(end).skip(habit.first_day()) {
        if dice.happens(missing) {
            continue;
        }
        let begins = DAY * day as Second;
        let recorded = if dice.happens(late) {
            begins + CUT_OFF + later(dice, HOUR / 6, 3 * DAY)
        } else {
            // from 17:00 to 23:59 there
            begins + later(dice, 10 * HOUR, 17 * HOUR - 1)
        };
        let first = Report { day, community: truth, recorded, withdrawn: None, note: "" };
        // a day with cases is revised far more often than one without
        let corrected = if truth > 0 { 70_000 } else { 4_000 };
        if dice.happens(corrected) {
            correct(first, dice, &mut told);
        } else if dice.happens(2_500) {
            take_back(first, dice, &mut told);
        } else {
            told.push(first);
        }
    }
    told
}

fn later(dice: &mut Dice, least: Second, most: Second) -> Second {
    least + Second::from(dice.below(u32::try_from(most - least + 1).unwrap_or(u32::MAX)))
}

/// A wrong first row and one or two after it, the last of which is right.
fn correct(right: Report, dice: &mut Dice, told: &mut Vec<Report>) {
    let (first, note) = match right.community {
        0 => (dice.between(1, 2) as u16, MISTYPED),
        truth if dice.happens(750_000) => (truth - 1, ADDED),
        truth => (truth + dice.between(1, 3) as u16, MISTYPED),
    };
    told.push(Report { community: first, ..right });
    let mut recorded = right.recorded + later(dice, HOUR, 3 * DAY);
    if dice.happens(150_000) {
        told.push(Report { community: right.community + 1, recorded, note: MISTYPED, ..right });
        recorded += later(dice, HOUR, DAY);
    }
    told.push(Report { recorded, note, ..right });
}

/// A row that is taken back; half of them are entered again.
fn take_back(right: Report, dice: &mut Dice, told: &mut Vec<Report>) {
    let withdrawn = right.recorded + later(dice, HOUR, DAY);
    told.push(Report { withdrawn: Some(withdrawn), note: TAKEN_BACK, ..right });
    if dice.happens(500_000) {
        told.push(Report { recorded: withdrawn + later(dice, HOUR, DAY), note: AGAIN, ..right });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(habit: Habit, end: usize) -> Vec<Vec<Report>> {
        let mut dice = Dice::new(3, 3);
        let mut series = [0; DAYS];
        series.iter_mut().step_by(3).for_each(|day| *day = 2);
        (0..500).map(|_| reports(habit, &series, end, &mut dice)).collect()
    }

    #[test]
    fn rows_of_a_day_follow_each_other_and_the_last_is_right() {
        for unit in many(Habit::Usual, DAYS) {
            for pair in unit.windows(2).filter(|p| p[0].day == p[1].day) {
                assert!(pair[0].withdrawn.unwrap_or(pair[0].recorded) < pair[1].recorded, "{pair:?}");
            }
            for (at, row) in unit.iter().enumerate() {
                let is_last = unit.get(at + 1).is_none_or(|next| next.day != row.day);
                assert!(!is_last || row.community == if row.day % 3 == 0 { 2 } else { 0 }, "{row:?}");
                assert!(row.recorded > DAY * row.day as Second && row.withdrawn.is_none_or(|w| w > row.recorded));
            }
        }
    }

    #[test]
    fn habits_keep_to_their_days() {
        assert!(many(Habit::Silent, DAYS).iter().all(Vec::is_empty));
        assert!(many(Habit::Newcomer, DAYS).iter().flatten().all(|r| r.day >= BASELINE_DAYS));
        assert!(many(Habit::Careless, 20).iter().flatten().all(|r| r.day < 20));
        let days = |habit| {
            many(habit, DAYS)
                .iter()
                .map(|u| (0..DAYS).filter(|d| !u.iter().any(|r| r.day == *d)).count())
                .sum::<usize>()
        };
        assert_eq!(days(Habit::Exact), 0);
        assert!(days(Habit::Usual) > 0 && days(Habit::Careless) > 5 * days(Habit::Usual));
    }
}
