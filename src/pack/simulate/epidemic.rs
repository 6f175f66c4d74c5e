//! What truly happened: cases brought in, spreading to their neighbours in the same
//! ward, growing until measures bite and declining after.

use super::dice::Dice;
use super::{BASELINE_DAYS, DAYS};

/// Days that the epidemic runs before the first day told, so that it is under way by then.
const WARM_UP: usize = 12;
const HORIZON: usize = WARM_UP + DAYS;
/// From so many days after its own to so many, a case makes others.
const INFECTIOUS: std::ops::RangeInclusive<usize> = 2..=5;
/// A block of houses has only so many people to fall ill in these weeks.
const MOST_PER_UNIT: u16 = 60;

/// Community F0 of one unit on each day told.
pub(super) type Series = [u16; DAYS];

/// How an epidemic goes in one ward.
#[derive(Clone, Copy, Debug)]
pub(super) struct Temper {
    /// Cases brought into a unit a day, in millionths.
    introductions: u32,
    /// Chance that a case makes another on one of its infectious days, in millionths.
    spread: u32,
    /// The day, counted with the warm-up, from which both are cut.
    measures: usize,
}

impl Temper {
    /// A ward is quiet, middling or hot; the measures bite about when the window begins.
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let (introductions, spread) = match dice.below(100) {
            0..35 => (dice.between(50, 400), dice.between(180_000, 260_000)),
            35..70 => (dice.between(800, 2_500), dice.between(280_000, 360_000)),
            _ => (dice.between(4_000, 9_000), dice.between(340_000, 420_000)),
        };
        let measures = WARM_UP + BASELINE_DAYS - 4 + dice.below(10) as usize;
        Self { introductions, spread, measures }
    }

    /// Per unit and day, in millionths.
    fn introductions(&self, day: usize) -> u32 {
        if day < self.measures { self.introductions } else { self.introductions / 4 }
    }

    fn spread(&self, day: usize) -> u32 {
        if day < self.measures { self.spread } else { self.spread / 3 }
    }
}

/// The epidemic of so many units that stand beside each other in one ward.
pub(super) fn outbreak(units: usize, temper: &Temper, dice: &mut Dice) -> Vec<Series> {
    let mut wave = Wave { cases: vec![[0; HORIZON]; units], totals: vec![0; units] };
    for day in 0..HORIZON {
        for unit in 0..units {
            if dice.happens(temper.introductions(day)) {
                wave.add(unit, day);
            }
            for _ in 0..wave.on(unit, day) {
                for after in INFECTIOUS {
                    if dice.happens(temper.spread(day + after)) {
                        let whom = whom(unit, units, dice);
                        wave.add(whom, day + after);
                    }
                }
            }
        }
    }
    wave.cases.iter().map(told).collect()
}

struct Wave {
    cases: Vec<[u16; HORIZON]>,
    totals: Vec<u16>,
}

impl Wave {
    fn on(&self, unit: usize, day: usize) -> u16 {
        self.cases.get(unit).and_then(|days| days.get(day)).copied().unwrap_or_default()
    }

    /// One case more, unless the day is past the last or nobody is left to fall ill.
    fn add(&mut self, unit: usize, day: usize) {
        let place = self.cases.get_mut(unit).and_then(|days| days.get_mut(day));
        if let (Some(count), Some(total)) = (place, self.totals.get_mut(unit))
            && *total < MOST_PER_UNIT
        {
            *count += 1;
            *total += 1;
        }
    }
}

/// Most cases stay at home, some reach the next units, few go across the ward.
fn whom(unit: usize, units: usize, dice: &mut Dice) -> usize {
    let last = units.saturating_sub(1);
    match dice.below(100) {
        0..60 => unit,
        60..72 => unit.saturating_sub(1),
        72..84 => (unit + 1).min(last),
        _ => dice.below(u32::try_from(units).unwrap_or(u32::MAX)) as usize,
    }
}

fn told(days: &[u16; HORIZON]) -> Series {
    let mut series = [0; DAYS];
    for (told, count) in series.iter_mut().zip(days.iter().skip(WARM_UP)) {
        *told = *count;
    }
    series
}

/// The series of all units together.
pub(super) fn sum<'a>(series: impl IntoIterator<Item = &'a Series>) -> Series {
    let mut sum = [0u16; DAYS];
    for unit in series {
        for (day, count) in sum.iter_mut().zip(unit) {
            *day = day.saturating_add(*count);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 200 wards of 94 units, day by day.
    fn city() -> Vec<Series> {
        let ward = |part| {
            let mut dice = Dice::new(7, part);
            let temper = Temper::draw(&mut dice);
            outbreak(94, &temper, &mut dice)
        };
        (0..200).flat_map(ward).collect()
    }

    #[test]
    fn it_grows_then_declines_and_most_days_are_clean() {
        let city = city();
        let days: Vec<u64> = (0..DAYS).map(|d| city.iter().map(|unit| u64::from(unit[d])).sum()).collect();
        let week = |from: usize| days[from..from + 7].iter().sum::<u64>();
        assert!(week(7) > week(0) && week(22) * 2 < week(7), "{days:?}");
        let clean = city.iter().flatten().filter(|count| **count == 0).count();
        assert!(clean * 100 > city.len() * DAYS * 80, "{clean} of {}", city.len() * DAYS);
    }

    #[test]
    fn some_units_stay_clean_and_none_loses_more_people_than_it_has() {
        let city = city();
        let totals: Vec<u16> = city.iter().map(|unit| unit.iter().sum()).collect();
        let clean = totals.iter().filter(|total| **total == 0).count();
        assert!(clean * 4 > city.len() && clean * 10 < city.len() * 9, "{clean} of {}", city.len());
        assert!(totals.iter().all(|total| *total <= MOST_PER_UNIT));
    }

    #[test]
    fn no_units_have_no_epidemic() {
        let mut dice = Dice::new(1, 1);
        let temper = Temper::draw(&mut dice);
        assert!(outbreak(0, &temper, &mut dice).is_empty());
        assert_eq!(sum([&[1; DAYS], &[2; DAYS]]), [3; DAYS]);
    }
}
