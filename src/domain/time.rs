//! Days of a campaign and instants of the world.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use std::ops::Range;

/// A calendar day in the campaign's time zone.
pub type Day = NaiveDate;

/// A point in time in whole microseconds since 1970 UTC.
///
/// [`Instant::BEGINNING`] stands before all others: a record without
/// `recorded_at` "was known from the beginning" (domain.md section 4, Two times).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// Before every instant that a clock can show.
    pub const BEGINNING: Instant = Instant(i64::MIN);

    /// From microseconds since 1970 UTC.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 UTC; `i64::MIN` for the beginning.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// From a time of the clock; what is finer than a microsecond is cut off.
    pub fn from_utc(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_micros())
    }

    /// Reads RFC 3339 with seconds and offset; digits beyond µs are cut, not rounded.
    ///
    /// # Errors
    /// What is expected of an instant, for an error message.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str =
            "an instant with seconds and offset, such as 2021-07-12T05:00:00Z or 2021-07-12T12:00:00+07:00";
        let bytes = text.as_bytes();
        let form_is_right = text.is_ascii()
            && bytes.len() >= 20
            && matches!(bytes.get(10), Some(b'T' | b't'))
            && bytes.get(13) == Some(&b':')
            && bytes.get(16) == Some(&b':')
            && (text.ends_with(['Z', 'z']) || bytes.get(bytes.len().wrapping_sub(3)) == Some(&b':'));
        if !form_is_right {
            return Err(EXPECTED);
        }
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| EXPECTED)?;
        if !(1..=9999).contains(&time.naive_utc().year()) {
            return Err(EXPECTED);
        }
        Ok(Self::from_utc(time.with_timezone(&Utc)))
    }

    /// The instant as RFC 3339 UTC, with six digits only where there are any;
    /// `None` for the beginning.
    pub fn to_rfc3339(self) -> Option<String> {
        let time = DateTime::<Utc>::from_timestamp_micros(self.0)?;
        if self == Self::BEGINNING {
            return None;
        }
        Some(if self.0.rem_euclid(1_000_000) == 0 {
            time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        } else {
            time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
        })
    }

    /// The day that it is at this instant in a time zone.
    pub fn day_in(self, zone: Tz) -> Option<Day> {
        DateTime::<Utc>::from_timestamp_micros(self.0).map(|t| t.with_timezone(&zone).date_naive())
    }

    /// What clocks show at this instant in a time zone, as hours and minutes.
    pub fn clock_in(self, zone: Tz) -> Option<String> {
        DateTime::<Utc>::from_timestamp_micros(self.0).map(|t| t.with_timezone(&zone).format("%H:%M").to_string())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.to_rfc3339() {
            Some(text) => s.serialize_str(&text),
            None => s.serialize_none(),
        }
    }
}

/// Reads a day written `YYYY-MM-DD`, nothing else.
///
/// # Errors
/// What is expected of a day, for an error message.
pub fn parse_day(text: &str) -> Result<Day, &'static str> {
    const EXPECTED: &str = "a day written YYYY-MM-DD";
    let bytes = text.as_bytes();
    let form_is_right = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !form_is_right {
        return Err(EXPECTED);
    }
    // digits, as was just seen; millions of rows have a day each
    let number = |digits: Range<usize>| {
        let digits = bytes.get(digits).unwrap_or_default();
        digits.iter().fold(0u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    NaiveDate::from_ymd_opt(number(0..4).cast_signed(), number(5..7), number(8..10)).ok_or(EXPECTED)
}

/// The instant at which a local time stands on a day. A time that the clocks
/// skip counts as the first one after the gap; one that comes twice as the first.
pub fn local_instant(zone: Tz, day: Day, time: NaiveTime) -> Instant {
    let mut local = day.and_time(time);
    for _ in 0..48 {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => {
                return Instant::from_utc(t.with_timezone(&Utc));
            }
            LocalResult::None => local += chrono::Duration::minutes(30),
        }
    }
    Instant::from_utc(local.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_need_seconds_and_an_offset() {
        let z = Instant::parse("2021-07-12T05:00:00Z");
        assert_eq!(Instant::parse("2021-07-12T12:00:00+07:00"), z);
        assert_eq!(Instant::parse("2021-07-12t05:00:00z"), z);
        for wrong in [
            "2021-07-12",
            "2021-07-12T05:00Z",
            "2021-07-12T05:00:00",
            "2021-07-12 05:00:00Z",
            "2021-07-12T05:00:00+0700",
            "2021-13-12T05:00:00Z",
            "2021-07-12T24:00:00Z",
            "now",
            "1626109200",
            "",
        ] {
            assert!(Instant::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn digits_beyond_the_microsecond_are_cut() {
        let t = Instant::parse("2021-07-12T05:00:00.123456999Z").ok().and_then(Instant::to_rfc3339);
        assert_eq!(t.as_deref(), Some("2021-07-12T05:00:00.123456Z"));
    }

    #[test]
    fn days_have_one_form() {
        assert!(parse_day("2021-07-09").is_ok());
        for wrong in ["2021-7-9", "09/07/2021", "2021-02-30", "2021-07-09 ", "20210709", ""] {
            assert!(parse_day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_skipped_local_time_counts_as_the_first_after_the_gap() {
        let day = NaiveDate::from_ymd_opt(2021, 3, 28).unwrap_or_default();
        let skipped = local_instant(Tz::Europe__London, day, NaiveTime::from_hms_opt(1, 30, 0).unwrap_or_default());
        assert_eq!(skipped.to_rfc3339().as_deref(), Some("2021-03-28T01:00:00Z"));
    }
}
