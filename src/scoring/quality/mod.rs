//! Figures that a person should look at again: flags, never penalties.
//!
//! Each rule is a question about the figures that stand, with numbers small enough to be
//! checked by hand; no board, level or point reads an answer. The constants were chosen on
//! the bundled real campaigns, so that a council gets a handful of questions a day and not
//! a hundred (docs/data-quality.md has the counts). Everything is a pure function of the
//! ledger: a flag can neither be out of date nor depend on the order in which figures came.
//! Excused days count nowhere, and raise none. Start reading at [`findings`].

mod copies;
mod series;
mod words;

#[cfg(test)]
mod tests;

use super::ledger::{Ledger, is_due};
use super::reconcile::{parent_gaps, reported_children};
use crate::domain::Day;
use std::sync::Arc;

pub use words::Words;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// A rule that raises flags.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name),+
        }

        impl Rule {
            /// All rules, in the order in which a day's flags are listed.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name on the wire.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code),+
                }
            }
        }
    };
}

rules! {
    /// Many cases on one day after days without any, some of which were not reported or were
    /// unlike the unit: cases of several days booked at once.
    Backlog = "backlog",
    /// Days of zero that end in more than the allowance at once.
    ZeroStreak = "zero_streak",
    /// Far more than the unit ever reported: the bound of `confirm_unusual`.
    Unusual = "unusual",
    /// On the last day that the unit reported, a small part of what the week before had.
    LastDayDrop = "last_day_drop",
    /// Not the sum of what was reported below the unit.
    ParentChildren = "parent_children",
    /// The same count on day after day.
    CopiedDays = "copied_days",
    /// A week like that of another unit, day for day.
    CopiedUnits = "copied_units",
}

impl Rule {
    /// The rule of a name on the wire.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
    }
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// By which rule.
    pub rule: Rule,
    /// Whose figure.
    pub unit: u32,
    /// Index of the day of the figure.
    pub day: usize,
    /// The numbers that the rule compared, by name.
    pub numbers: Vec<(&'static str, u64)>,
    /// The units with the same series, its own among them; one list for all of their findings,
    /// so that a copy by thousands costs no more than a copy by two.
    pub alike: Arc<[u32]>,
    /// Tells the values that it rests on from others.
    pub fingerprint: u64,
}

impl Finding {
    /// A finding that rests on some values.
    fn new(rule: Rule, (unit, day): (u32, usize), numbers: Vec<(&'static str, u64)>, basis: &[u64]) -> Self {
        Self { rule, unit, day, numbers, alike: Arc::default(), fingerprint: fingerprint(basis) }
    }
}

/// FNV-1a over the values' bytes: the same on every machine and in every version, since
/// answers are kept under it. No secret rests on it.
fn fingerprint(values: &[u64]) -> u64 {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What a person should look at: by unit, day and rule. One reading of every unit-day of
/// Bs…E, and for each count beyond the allowance a look at the days before it.
pub fn findings(ledger: &Ledger) -> Vec<Finding> {
    let Some(last) = last_reported(ledger) else { return Vec::new() };
    let mut found = Vec::new();
    let mut days = Vec::with_capacity(ledger.calendar.len);
    for unit in (0..ledger.register.len() as u32).filter(|unit| !ledger.register.is_derived(*unit)) {
        due_days(ledger, unit, last, &mut days);
        series::of_unit(ledger, unit, &days, &mut found);
    }
    copies::of_units(ledger, last, &mut found);
    found.extend(unlike_children(ledger, last));
    found.sort_by_key(|finding| (finding.unit, finding.day, finding.rule));
    found
}

/// Units that report themselves and are not the sum of the units below them, on days on which
/// all of these reported.
fn unlike_children(ledger: &Ledger, last: usize) -> impl Iterator<Item = Finding> {
    let days = ledger.calendar.baseline.start..last + 1;
    let gaps = parent_gaps(ledger, &reported_children(&ledger.register), days);
    gaps.into_iter().filter(|gap| gap.difference().is_some_and(|difference| difference != 0)).map(|gap| {
        let (own, children) = (u64::from(gap.own), u64::from(gap.children));
        let numbers = vec![("community_f0", own), ("sum_below", gap.sum), ("units_below", children)];
        Finding::new(Rule::ParentChildren, (gap.parent, gap.day), numbers, &[own, gap.sum, children])
    })
}

/// The last day of Bs…E with a figure that counts.
fn last_reported(ledger: &Ledger) -> Option<usize> {
    let (first, end) = (ledger.calendar.baseline.start, ledger.calendar.window.end);
    (first..end).rev().find(|day| ledger.reports_on(*day) > 0)
}

/// A due day and what was reported for it.
type DueDay = (usize, Option<u32>);

/// The due days of a unit from Bs to the last reported day, into `days`.
fn due_days(ledger: &Ledger, unit: u32, last: usize, days: &mut Vec<DueDay>) {
    let of_unit = ledger.days(unit);
    days.clear();
    let all = of_unit.flags.iter().zip(of_unit.community).enumerate().take(last + 1);
    let due = all.skip(ledger.calendar.baseline.start).filter(|(_, (flags, _))| is_due(**flags));
    days.extend(due.map(|(day, (flags, cases))| (day, (flags & super::ledger::REPORTED != 0).then_some(*cases))));
}

/// The name of a flag: stable while the values that it rests on stand, safe in an address.
/// The unit's code comes last, as the only part of any form.
pub fn flag_id(rule: Rule, day: Day, fingerprint: u64, unit_code: &str) -> String {
    use std::fmt::Write;
    let mut id = format!("{}.{day}.{fingerprint:016x}.", rule.code());
    for byte in unit_code.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            id.push(char::from(byte));
        } else {
            // an underscore stands for a percent sign, so that no address needs one
            let _ = write!(id, "_{byte:02x}");
        }
    }
    id
}

/// What a flag's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagId {
    /// The rule.
    pub rule: Rule,
    /// The day.
    pub day: Day,
    /// Of the values that it rests on.
    pub fingerprint: u64,
    /// Code of the unit.
    pub unit_code: String,
}

impl FlagId {
    /// Reads a flag's name; none where it is none.
    pub fn parse(id: &str) -> Option<Self> {
        let mut parts = id.splitn(4, '.');
        let rule = Rule::of(parts.next()?)?;
        let day = crate::domain::time::parse_day(parts.next()?).ok()?;
        let fingerprint = u64::from_str_radix(parts.next()?, 16).ok()?;
        let unit_code = decoded(parts.next()?)?;
        let read = Self { rule, day, fingerprint, unit_code };
        // one flag has one name
        (flag_id(read.rule, read.day, read.fingerprint, &read.unit_code) == id).then_some(read)
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first == b'_' {
            let (hex, more) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = more;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
