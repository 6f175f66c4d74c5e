//! The campaign check: what a council should look at before it trusts its boards
//! (domain.md section 4, Campaign check). Warnings, never refusals.

use super::appraisal::{Appraisal, Appraiser};
use super::board::live_day;
use super::ledger::{DayState, Ledger};
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
    let campaign = &contest.campaign;
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
    let earliest = campaign.earliest_day();
    let count = contest.figures.iter().filter(|r| r.day < earliest).count() as u64;
    if count > 0 {
        found.push(Warning::FiguresOutOfReach { count, earliest });
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
    let appraiser = Appraiser::new(ledger, kind, ledger.calendar.window.start, false);
    let mut appraisal = Appraisal::default();
    let mut counts = vec![0u32; usize::from(scheme.worst()) + 1];
    for unit in units {
        appraiser.appraise(*unit, &mut appraisal);
        if let Some(count) = appraisal.start.and_then(|l| counts.get_mut(usize::from(l))) {
            *count += 1;
        }
    }
    let of = units.len() as u32;
    let (level, count) = (0u8..).zip(counts).max_by_key(|(_, count)| *count)?;
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
    let units = (0u32..).zip(&ledger.register.units);
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
