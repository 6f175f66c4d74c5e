//! Exact numbers: hundredths, decimals read from text, rounded ratios.
//!
//! Points, percentages and means are integers of one hundredth; no floating
//! point decides anything (domain.md section 4, first sentence).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number with two decimals, held as an integer of hundredths (3544 is 35.44).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hundredths(pub i64);

impl Hundredths {
    /// The value as text with exactly two decimals: `-13.33`, `60.00`.
    pub fn fixed(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", n / 100, n % 100)
    }
}

impl std::fmt::Display for Hundredths {
    /// The shortest form: `60`, `0.5`, `-13.33`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.fixed();
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Serialize for Hundredths {
    /// A JSON number with at most two decimals. The quotient of an integer by
    /// 100 is the double nearest to it, whose shortest form is the decimal itself.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 { s.serialize_i64(self.0 / 100) } else { s.serialize_f64(self.0 as f64 / 100.0) }
    }
}

impl<'de> Deserialize<'de> for Hundredths {
    /// Reads what is written, by its digits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?.to_string();
        let text = number.strip_suffix(".0").unwrap_or(&number);
        let expected = || serde::de::Error::custom(format!("expected a number with two decimals, found {number}"));
        parse_decimal(text, 2).map(Self).ok_or_else(expected)
    }
}

/// `num / den` rounded to a whole number, half away from zero (domain.md section 4).
///
/// `den` must be positive. Both stay far below 2¹²⁶ everywhere it is called:
/// sums of at most 2⁶⁰ cases by factors of at most 2⁶⁰.
pub fn round_half_away(num: i128, den: i128) -> i64 {
    debug_assert!(den > 0);
    if let (Ok(num), Ok(den)) = (i64::try_from(num), i64::try_from(den))
        && num.unsigned_abs() < 1 << 61
        && den < 1 << 61
    {
        // the same in 64 bits, where division is several times faster
        let twice = num.unsigned_abs() * 2 + den.unsigned_abs();
        let magnitude = (twice / (den.unsigned_abs() * 2)) as i64;
        return if num < 0 { -magnitude } else { magnitude };
    }
    let twice = num.unsigned_abs() * 2 + den.unsigned_abs();
    let magnitude = twice / (den.unsigned_abs() * 2);
    let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
    if num < 0 { -magnitude } else { magnitude }
}

/// Reads a decimal with at most `decimals` digits after the point and gives it
/// in units of the last one: `("300.25", 2)` is 30025.
///
/// Only digits, one point and a leading minus are a number here; no `+`, no
/// exponent, no separators, no spaces.
pub fn parse_decimal(text: &str, decimals: usize) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    if digits.contains('.') && part.is_empty() {
        return None;
    }
    let kept = part.trim_end_matches('0');
    if kept.len() > decimals {
        return None;
    }
    let scale = 10i64.checked_pow(u32::try_from(decimals).ok()?)?;
    let fraction: i64 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
    let missing = u32::try_from(decimals - kept.len()).ok()?;
    let fraction = fraction.checked_mul(10i64.checked_pow(missing)?)?;
    let whole: i64 = whole.parse().ok()?;
    let value = whole.checked_mul(scale)?.checked_add(fraction)?;
    Some(if negative { -value } else { value })
}

/// Reads a whole number from 0 to `max`: digits only, nothing else.
pub fn parse_whole(text: &str, max: u64) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| *n <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(round_half_away(1, 2), 1);
        assert_eq!(round_half_away(-1, 2), -1);
        assert_eq!(round_half_away(49, 100), 0);
        assert_eq!(round_half_away(-149, 100), -1);
        assert_eq!(round_half_away(6000 * 7, 19), 2211);
        // in 64 bits and beyond alike
        for (num, den) in [(1i128, 2i128), (-149, 100), (7, 3), (-5, 2), (0, 9)] {
            let large = 1i128 << 62;
            assert_eq!(round_half_away(num * large, den * large), round_half_away(num, den));
        }
    }

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        assert_eq!(parse_decimal("300.25", 2), Some(30025));
        assert_eq!(parse_decimal("2.50", 1), Some(25));
        assert_eq!(parse_decimal("-0.5", 2), Some(-50));
        for wrong in ["", ".5", "5.", "+5", "1e3", "1,5", " 1", "0.125", "--1", "1.2.3"] {
            assert_eq!(parse_decimal(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn hundredths_print_without_idle_zeros() {
        assert_eq!(Hundredths(6000).to_string(), "60");
        assert_eq!(Hundredths(-1333).to_string(), "-13.33");
        assert_eq!(Hundredths(50).to_string(), "0.5");
        assert_eq!(Hundredths(10000).to_string(), "100");
        assert_eq!(Hundredths(-5).fixed(), "-0.05");
        assert_eq!(serde_json::to_string(&Hundredths(1579)).ok().as_deref(), Some("15.79"));
        assert_eq!(serde_json::to_string(&Hundredths(6000)).ok().as_deref(), Some("60"));
    }
}
