//! Words, days and numbers of the pages in Vietnamese and English.

use crate::domain::number::Hundredths;
use crate::domain::{Day, Instant};
use crate::service::words::measure_name;
use chrono::{Datelike, Weekday};
use chrono_tz::Tz;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Language {
    /// Its code.
    pub(super) fn code(self) -> &'static str {
        self.pick("vi", "en")
    }

    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Vi => Self::En,
            Self::En => Self::Vi,
        }
    }

    /// Whether it is Vietnamese.
    pub(super) fn is_vi(self) -> bool {
        self == Self::Vi
    }

    /// One of two texts.
    pub(super) fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// A whole number: 1.229 in Vietnamese, 1,229 in English.
    pub(super) fn whole(self, number: u64) -> String {
        let digits = number.to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push_str(self.pick(".", ","));
            }
            out.push(digit);
        }
        out
    }

    /// A number with two decimals: −1.229,50 in Vietnamese.
    pub(super) fn two_decimals(self, number: Hundredths) -> String {
        let (whole, rest) = (number.0.unsigned_abs() / 100, number.0.unsigned_abs() % 100);
        let sign = if number.0 < 0 { "−" } else { "" };
        format!("{sign}{}{}{rest:02}", self.whole(whole), self.pick(",", "."))
    }

    /// A change as people say it: down or up by so much.
    pub(super) fn change(self, percent: Hundredths) -> String {
        let size = self.two_decimals(Hundredths(percent.0.abs()));
        match percent.0.signum() {
            0 => self.pick("không đổi", "unchanged").to_owned(),
            1 => format!("{} {size}%", self.pick("giảm", "down")),
            _ => format!("{} {size}%", self.pick("tăng", "up")),
        }
    }

    /// A day without its year: 12/7, or 12 Jul.
    pub(super) fn short_day(self, day: Day) -> String {
        match self {
            Self::Vi => format!("{}/{}", day.day(), day.month()),
            Self::En => day.format("%-d %b").to_string(),
        }
    }

    /// A day with its year.
    pub(super) fn long_day(self, day: Day) -> String {
        match self {
            Self::Vi => format!("{}/{}/{}", day.day(), day.month(), day.year()),
            Self::En => day.format("%-d %B %Y").to_string(),
        }
    }

    /// An instant as the clock on the wall there shows it: 13:52, 13/7/2021.
    pub(super) fn moment(self, at: Instant, zone: Tz) -> String {
        let (Some(day), Some(time)) = (at.day_in(zone), at.clock_in(zone)) else { return String::new() };
        format!("{time}, {}", self.long_day(day))
    }

    /// The name of a weekday in one or two signs.
    pub(super) fn short_weekday(self, day: Day) -> &'static str {
        let (vi, en) = match day.weekday() {
            Weekday::Mon => ("T2", "Mon"),
            Weekday::Tue => ("T3", "Tue"),
            Weekday::Wed => ("T4", "Wed"),
            Weekday::Thu => ("T5", "Thu"),
            Weekday::Fri => ("T6", "Fri"),
            Weekday::Sat => ("T7", "Sat"),
            Weekday::Sun => ("CN", "Sun"),
        };
        self.pick(vi, en)
    }

    /// The name of a weekday.
    pub(super) fn weekday(self, day: Day) -> &'static str {
        let (vi, en) = match day.weekday() {
            Weekday::Mon => ("Thứ Hai", "Monday"),
            Weekday::Tue => ("Thứ Ba", "Tuesday"),
            Weekday::Wed => ("Thứ Tư", "Wednesday"),
            Weekday::Thu => ("Thứ Năm", "Thursday"),
            Weekday::Fri => ("Thứ Sáu", "Friday"),
            Weekday::Sat => ("Thứ Bảy", "Saturday"),
            Weekday::Sun => ("Chủ Nhật", "Sunday"),
        };
        self.pick(vi, en)
    }

    /// Levels dropped, in words.
    pub(super) fn dropped(self, levels: i64) -> String {
        match (levels, self) {
            (0, _) => self.pick("giữ nguyên", "unchanged").to_owned(),
            (n, Self::Vi) if n > 0 => format!("hạ {n} bậc"),
            (n, Self::Vi) => format!("tăng {} bậc", -n),
            (n, Self::En) if n > 0 => format!("dropped {n}"),
            (n, Self::En) => format!("rose {}", -n),
        }
    }

    /// A key that ranks.
    pub(super) fn key(self, code: &str) -> &str {
        match code {
            "total" => self.pick("điểm", "points"),
            "change" => self.pick("tỉ lệ kéo giảm", "reduction"),
            "levels_dropped" => self.pick("số bậc hạ", "levels dropped"),
            "current_level" => self.pick("cấp độ", "level"),
            "community_f0" => self.pick("số F0", "F0"),
            "green_days" => self.pick("số ngày xanh", "green days"),
            "green_on" => self.pick("xanh từ ngày", "green since"),
            "missing_days" => self.pick("số ngày thiếu", "missing days"),
            other => other,
        }
    }

    /// What a component of the points measures.
    pub(super) fn measure(self, code: &str) -> &str {
        measure_name(code, self.is_vi())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_does() {
        assert_eq!(Language::Vi.whole(1_229), "1.229");
        assert_eq!(Language::En.whole(1_234_567), "1,234,567");
        assert_eq!(Language::Vi.two_decimals(Hundredths(-122_905)), "−1.229,05");
        assert_eq!(Language::En.two_decimals(Hundredths(6_000)), "60.00");
        assert_eq!(Language::Vi.change(Hundredths(-200_000)), "tăng 2.000,00%");
        assert_eq!(Language::En.change(Hundredths(2_632)), "down 26.32%");
    }
}
