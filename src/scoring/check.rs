//! The campaign check: what a council should look at before it trusts its boards
//! (domain.md section 4, Campaign check). Warnings, never refusals.

use super::board::{in_parts, live_day};
use super::ledger::{DayState, Ledger};
use super::levels::{LevelReader, UnitLevels};
use crate::domain::campaign::Figures;
use crate::domain::unit::UnitState;
use crate::domain::{Contest, Day};

/// Something in a contest that makes its boards less than they seem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The rules look back further than the baseline reaches.
    LookBackBeyondBaseline {
        /// Longest look-back in days.
        look_back: u32,
        /// Days of the baseline.
        baseline: u32,
    },
    /// The baseline has fewer days than a rank needs: every unit is unranked.
    BaselineTooShort {
        /// Days of the baseline.
        baseline: u32,
        /// Days that a rank needs.
        needed: u32,
    },
    /// Units of a kind lack the population that their scheme needs.
    NoPopulation {
        /// Code of the kind.
        kind: String,
        /// Codes of the units.
        units: Vec<String>,
    },
    /// More than 80% of a kind start on one level: dropping levels decides little.
    SameStart {
        /// Code of the kind.
        kind: String,
        /// Code of the level.
        level: String,
        /// So many of them.
        count: u32,
        /// Of so many.
        of: u32,
    },
    /// On these days no unit of a kind reported.
    SilentDays {
        /// Code of the kind.
        kind: String,
        /// The days.
        days: Vec<Day>,
    },
    /// Figures before the earliest day that any look-back reaches enter nothing.
    FiguresOutOfReach {
        /// How many.
        count: u64,
        /// The earliest day that is reached.
        earliest: Day,
    },
    /// A withdrawn unit has days that are neither reported nor excused; they still
    /// count in the sums above it.
    WithdrawnWithMissingDays {
        /// Code of the unit.
        unit: String,
        /// How many days.
        days: u32,
    },
}

impl Warning {
    /// The name on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LookBackBeyondBaseline { .. } => "look_back_beyond_baseline",
            Self::BaselineTooShort { .. } => "baseline_too_short",
            Self::NoPopulation { .. } => "no_population",
            Self::SameStart { .. } => "same_start",
            Self::SilentDays { .. } => "silent_days",
            Self::FiguresOutOfReach { .. } => "figures_out_of_reach",
            Self::WithdrawnWithMissingDays { .. } => "withdrawn_with_missing_days",
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LookBackBeyondBaseline { look_back, baseline } => {
                write!(f, "the rules look back {look_back} days, the baseline has only {baseline}")
            }
            Self::BaselineTooShort { baseline, needed } => {
                write!(f, "the baseline has {baseline} days, a rank needs {needed}: nobody will be ranked")
            }
            Self::NoPopulation { kind, units } => {
                write!(f, "{} of kind {kind} have no population, which the scheme needs: {}", units.len(), some(units))
            }
            Self::SameStart { kind, level, count, of } => {
                write!(f, "{count} of {of} units of kind {kind} start on level {level}")
            }
            Self::SilentDays { kind, days } => {
                let days: Vec<String> = days.iter().map(Day::to_string).collect();
                write!(f, "no unit of kind {kind} reported on {} days: {}", days.len(), some(&days))
            }
            Self::FiguresOutOfReach { count, earliest } => {
                write!(f, "{count} figures are dated before {earliest}, the earliest day that enters anything")
            }
            Self::WithdrawnWithMissingDays { unit, days } => {
                write!(f, "{unit} is withdrawn, and {days} of its days are neither reported nor excused")
            }
        }
    }
}

/// The first few of a list.
fn some(list: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = list.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if list.len() > SHOWN { format!("{shown}, …") } else { shown }
}

/// Checks a contest as it stands.
pub fn check(contest: &Contest, ledger: &Ledger) -> Vec<Warning> {
    let earliest = contest.campaign.earliest_day();
    let out_of_reach = contest.figures.iter().filter(|r| r.day < earliest).count() as u64;
    check_with(ledger, out_of_reach)
}

/// Checks what a ledger holds. Of figures out of reach it knows those that its rules, since
/// it was built, no longer look back to ([`Ledger::under`]).
pub fn check_standing(ledger: &Ledger) -> Vec<Warning> {
    let earliest = ledger.register.campaign.earliest_day();
    let before = (0..ledger.calendar.len).take_while(|day| ledger.calendar.day(*day) < earliest);
    check_with(ledger, before.map(|day| u64::from(ledger.reports_on(day))).sum())
}

fn check_with(ledger: &Ledger, out_of_reach: u64) -> Vec<Warning> {
    let campaign = &ledger.register.campaign;
    let mut found = Vec::new();
    let (look_back, baseline) = (campaign.longest_look_back(), campaign.baseline.days());
    if look_back > baseline {
        found.push(Warning::LookBackBeyondBaseline { look_back, baseline });
    }
    if baseline < campaign.policy.min_baseline_days {
        found.push(Warning::BaselineTooShort { baseline, needed: campaign.policy.min_baseline_days });
    }
    for (kind, _) in (0u16..).zip(&campaign.kinds) {
        found.extend(lacking_population(ledger, kind));
        found.extend(same_start(ledger, kind));
        found.extend(silent_days(ledger, kind));
    }
    if out_of_reach > 0 {
        found.push(Warning::FiguresOutOfReach { count: out_of_reach, earliest: campaign.earliest_day() });
    }
    found.extend(withdrawn_with_missing_days(ledger));
    found
}

fn kind_code(ledger: &Ledger, kind: u16) -> String {
    ledger.register.campaign.kind(kind).map_or_else(String::new, |k| k.code.clone())
}

fn units_of(ledger: &Ledger, kind: u16) -> &[u32] {
    ledger.register.of_kind.get(usize::from(kind)).map(Vec::as_slice).unwrap_or_default()
}

fn lacking_population(ledger: &Ledger, kind: u16) -> Option<Warning> {
    let register = &ledger.register;
    register.rules.get(usize::from(kind)).filter(|r| r.needs_population)?;
    let lacking = units_of(ledger, kind).iter().filter_map(|u| register.unit(*u)).filter(|u| u.population.is_none());
    let units: Vec<String> = lacking.map(|u| u.code.clone()).collect();
    (!units.is_empty()).then(|| Warning::NoPopulation { kind: kind_code(ledger, kind), units })
}

fn same_start(ledger: &Ledger, kind: u16) -> Option<Warning> {
    let units = units_of(ledger, kind);
    let scheme = &ledger.register.campaign.scheme;
    if units.len() < 5 || !ledger.register.campaign.policy.uses_levels() {
        return None;
    }
    let first = ledger.calendar.window.start;
    let reader = LevelReader::new(ledger, kind, first, first);
    let count = |part: &[u32]| {
        let mut levels = UnitLevels::default();
        let mut counts = vec![0u32; usize::from(scheme.worst()) + 1];
        for unit in part {
            reader.read(*unit, &mut levels);
            let start = ledger.start_level(*unit).filter(|_| reader.has_rules()).or(levels.start);
            start.and_then(|level| counts.get_mut(usize::from(level))).into_iter().for_each(|count| *count += 1);
        }
        counts
    };
    let parts = in_parts(units, count);
    let total = |level: u8| parts.iter().filter_map(|counts| counts.get(usize::from(level))).sum::<u32>();
    let of = units.len() as u32;
    let (level, count) = (0..=scheme.worst()).map(|level| (level, total(level))).max_by_key(|(_, count)| *count)?;
    let kind = kind_code(ledger, kind);
    (count * 100 > of * 80).then(|| Warning::SameStart { kind, level: scheme.level_code(level).to_owned(), count, of })
}

fn silent_days(ledger: &Ledger, kind: u16) -> Option<Warning> {
    let is_reported = ledger.register.campaign.kind(kind).is_some_and(|k| k.figures == Figures::Reported);
    let last = live_day(ledger).ok().filter(|_| is_reported && !units_of(ledger, kind).is_empty())?;
    let is_silent =
        |day: &usize| units_of(ledger, kind).iter().all(|u| ledger.day_state(*u, *day, last) == DayState::Missing);
    let days: Vec<Day> =
        (ledger.calendar.baseline.start..=last).filter(is_silent).map(|d| ledger.calendar.day(d)).collect();
    (!days.is_empty()).then(|| Warning::SilentDays { kind: kind_code(ledger, kind), days })
}

fn withdrawn_with_missing_days(ledger: &Ledger) -> Vec<Warning> {
    let Ok(last) = live_day(ledger) else { return Vec::new() };
    let units = (0u32..).zip(ledger.register.units.iter());
    let missing = |unit: u32| {
        let days = ledger.calendar.baseline.start..=last;
        days.filter(|day| ledger.day_state(unit, *day, last) == DayState::Missing).count() as u32
    };
    units
        .filter(|(index, _)| ledger.state(*index) == UnitState::Withdrawn && !ledger.register.is_derived(*index))
        .map(|(index, unit)| Warning::WithdrawnWithMissingDays { unit: unit.code.clone(), days: missing(index) })
        .filter(|w| !matches!(w, Warning::WithdrawnWithMissingDays { days: 0, .. }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contest::{ExcuseRow, FigureRow, Stamp, StateRow};
    use crate::domain::{Counts, Instant};
    use crate::scoring::Register;
    use crate::scoring::small_contest::{RED_FROM_ONE, contest};
    use std::sync::Arc;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Reports a unit's days from one to another.
    fn report(contest: &mut Contest, unit: u32, from: &str, to: &str, cases: u32) {
        let counts = Counts::new([Some(cases), None, None, None, None, None]).unwrap();
        for day in day(from).iter_days().take_while(|d| *d <= day(to)) {
            contest.figures.push(FigureRow { unit, day, counts, stamp: Stamp::ALWAYS, note: None });
        }
    }

    fn warnings(contest: &Contest) -> Vec<Warning> {
        let ledger = Ledger::build(contest, Arc::new(Register::new(contest)), None);
        check(contest, &ledger)
    }

    fn codes(contest: &Contest) -> Vec<&'static str> {
        warnings(contest).iter().map(Warning::code).collect()
    }

    #[test]
    fn a_sound_contest_has_no_warning() {
        let mut sound = contest(4, RED_FROM_ONE);
        (0..4).for_each(|unit| report(&mut sound, unit, "2021-06-25", "2021-07-12", unit));
        assert_eq!(codes(&sound), [] as [&str; 0]);
    }

    #[test]
    fn a_look_back_may_be_as_long_as_the_baseline_and_no_longer() {
        let of = |days: u32| {
            let condition = format!(r#"{{"sum": {{"indicator": "community_f0", "days": {days}, "at_least": 1}}}}"#);
            let found = warnings(&contest(0, &condition));
            found.into_iter().next().map(|w| (w.code(), w.to_string()))
        };
        assert_eq!(of(14), None);
        let told = "the rules look back 15 days, the baseline has only 14";
        assert_eq!(of(15), Some(("look_back_beyond_baseline", told.to_owned())));
    }

    #[test]
    fn a_baseline_below_what_a_rank_needs_is_told() {
        let with_needed = |needed: u32| {
            let mut contest = contest(0, RED_FROM_ONE);
            let mut campaign = (*contest.campaign).clone();
            campaign.policy.min_baseline_days = needed;
            contest.campaign = Arc::new(campaign);
            warnings(&contest)
        };
        assert_eq!(with_needed(14), []);
        let short = with_needed(15);
        assert_eq!(short, [Warning::BaselineTooShort { baseline: 14, needed: 15 }]);
        assert_eq!(short[0].code(), "baseline_too_short");
        assert_eq!(short[0].to_string(), "the baseline has 14 days, a rank needs 15: nobody will be ranked");
    }

    #[test]
    fn units_without_the_population_that_the_scheme_needs_are_named() {
        let rate = r#"{"rate": {"indicator": "community_f0", "days": 7, "per_days": 7, "at_least": 1}}"#;
        let mut lacking = contest(7, rate);
        lacking.units[0].population = Some(1_000);
        let found = warnings(&lacking);
        assert_eq!(found[0].code(), "no_population");
        let told = "6 of kind ward have no population, which the scheme needs: w1, w2, w3, w4, w5, …";
        assert_eq!(found[0].to_string(), told);
        lacking.units[6].population = Some(1_000);
        let told = "5 of kind ward have no population, which the scheme needs: w1, w2, w3, w4, w5";
        assert_eq!(warnings(&lacking)[0].to_string(), told);
        lacking.units.iter_mut().for_each(|u| u.population = Some(1_000));
        assert!(!codes(&lacking).contains(&"no_population"));
        assert!(!codes(&contest(7, RED_FROM_ONE)).contains(&"no_population"));
    }

    #[test]
    fn more_than_80_percent_on_one_start_level_are_told() {
        let with_red = |wards: u32, red: u32| {
            let mut contest = contest(wards as usize, RED_FROM_ONE);
            (0..wards).for_each(|u| report(&mut contest, u, "2021-06-25", "2021-07-12", u32::from(u < red)));
            warnings(&contest)
        };
        assert_eq!(with_red(5, 4), [], "80% is not more");
        let same = with_red(6, 5);
        assert_eq!(same, [Warning::SameStart { kind: "ward".to_owned(), level: "red".to_owned(), count: 5, of: 6 }]);
        assert_eq!(same[0].code(), "same_start");
        assert_eq!(same[0].to_string(), "5 of 6 units of kind ward start on level red");
        assert_eq!(with_red(5, 5).len(), 1);
        assert_eq!(with_red(4, 4), [], "of few units it says nothing");
        let green = with_red(10, 1);
        assert_eq!(
            green,
            [Warning::SameStart { kind: "ward".to_owned(), level: "green".to_owned(), count: 9, of: 10 }]
        );
        let mut without_levels = contest(5, RED_FROM_ONE);
        (0..5).for_each(|u| report(&mut without_levels, u, "2021-06-25", "2021-07-12", 1));
        assert_eq!(codes(&without_levels), ["same_start"]);
        let mut campaign = (*without_levels.campaign).clone();
        campaign.policy.components[0].measure = crate::domain::Measure::CaseReduction;
        without_levels.campaign = Arc::new(campaign);
        assert_eq!(codes(&without_levels), [] as [&str; 0]);
    }

    #[test]
    fn days_on_which_a_whole_kind_is_silent_are_listed() {
        let mut silent = contest(2, RED_FROM_ONE);
        report(&mut silent, 0, "2021-06-25", "2021-07-09", 0);
        report(&mut silent, 1, "2021-06-25", "2021-07-08", 1);
        report(&mut silent, 1, "2021-07-11", "2021-07-11", 1);
        let found = warnings(&silent);
        assert_eq!(found, [Warning::SilentDays { kind: "ward".to_owned(), days: vec![day("2021-07-10")] }]);
        assert_eq!(found[0].code(), "silent_days");
        assert_eq!(found[0].to_string(), "no unit of kind ward reported on 1 days: 2021-07-10");
        let excuse = |unit| ExcuseRow { unit, day: day("2021-07-10"), reason: "x".to_owned(), stamp: Stamp::ALWAYS };
        silent.excuses.push(excuse(0));
        assert_eq!(warnings(&silent), [], "one excused day is not silent");
        assert_eq!(warnings(&contest(2, RED_FROM_ONE)), [], "before the first report nothing is silent");
        // nobody is not silence
        assert_eq!(warnings(&contest(0, RED_FROM_ONE)), []);
    }

    #[test]
    fn figures_before_any_look_back_are_counted() {
        let mut early = contest(2, RED_FROM_ONE);
        (0..2).for_each(|unit| report(&mut early, unit, "2021-06-25", "2021-07-12", unit));
        let first = early.campaign.earliest_day().to_string();
        report(&mut early, 0, &first, &first, 1);
        assert_eq!(warnings(&early), [], "the earliest day is reached");
        report(&mut early, 0, "2021-06-10", "2021-06-11", 1);
        let found = warnings(&early);
        assert_eq!(found, [Warning::FiguresOutOfReach { count: 2, earliest: day("2021-06-12") }]);
        assert_eq!(found[0].code(), "figures_out_of_reach");
        let told = "2 figures are dated before 2021-06-12, the earliest day that enters anything";
        assert_eq!(found[0].to_string(), told);
    }

    #[test]
    fn a_withdrawn_unit_with_missing_days_is_told() {
        let mut withdrawn = contest(2, RED_FROM_ONE);
        report(&mut withdrawn, 0, "2021-06-25", "2021-07-12", 0);
        report(&mut withdrawn, 1, "2021-06-25", "2021-07-10", 1);
        assert_eq!(warnings(&withdrawn), [], "it takes part");
        let recorded_at = Instant::BEGINNING;
        let state = |unit| StateRow { unit, state: UnitState::Withdrawn, reason: "x".to_owned(), recorded_at };
        withdrawn.states.push(state(0));
        assert_eq!(warnings(&withdrawn), [], "nothing of it is missing");
        withdrawn.states.push(state(1));
        let found = warnings(&withdrawn);
        assert_eq!(found, [Warning::WithdrawnWithMissingDays { unit: "w1".to_owned(), days: 2 }]);
        assert_eq!(found[0].code(), "withdrawn_with_missing_days");
        assert_eq!(found[0].to_string(), "w1 is withdrawn, and 2 of its days are neither reported nor excused");
    }
}
