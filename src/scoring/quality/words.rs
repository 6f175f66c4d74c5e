//! What a flag says to people, with its numbers, in Vietnamese and English.

use super::Rule;
use super::copies::{DAYS_WITH_CASES, DIFFERENT_COUNTS};
use super::series::{BACKLOG_TIMES, DROP_PART, ENOUGH_BEFORE, EQUAL_LARGE, EQUAL_SMALL, STREAK, WEEK};
use crate::scoring::usual;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Rule {
    /// The rule, so that a person can compute it by hand. *Allowance* is the kind's
    /// small-number allowance, at least 1.
    pub fn words(self) -> Words {
        let (vi, en) = match self {
            Self::Backlog => (
                format!(
                    "nhiều hơn số dư cho phép và ít nhất bằng {BACKLOG_TIMES} lần bình quân của tối đa {WEEK} ngày có báo cáo trước \
                     khoảng trống; ngay trước đó là các ngày không có ca: có ngày thiếu báo cáo (và ít nhất {ENOUGH_BEFORE} ngày có \
                     báo cáo trước đó), hoặc là số 0 trong khi {WEEK} ngày báo cáo trước có nhiều nhất một số 0"
                ),
                format!(
                    "more than the allowance and at least {BACKLOG_TIMES} times the mean of up to {WEEK} reported days before the \
                     gap; right before lie days without cases: with a missing one among them (and at least {ENOUGH_BEFORE} reported \
                     days before), or zeros where the {WEEK} reported days before had at most one zero"
                ),
            ),
            Self::ZeroStreak => (
                format!("nhiều hơn số dư cho phép ngay sau ít nhất {STREAK} ngày liền báo 0"),
                format!("more than the allowance right after at least {STREAK} reported days of 0 in a row"),
            ),
            Self::Unusual => (
                format!(
                    "nhiều hơn 3 lần ngày cao nhất của {} ngày trước (ít nhất 7 ngày có báo cáo) cộng 2 lần số dư cho phép",
                    usual::DAYS
                ),
                format!(
                    "more than 3 times the largest day of the {} days before (at least 7 of them reported) plus 2 times the allowance",
                    usual::DAYS
                ),
            ),
            Self::LastDayDrop => (
                format!(
                    "ngày cuối cùng đơn vị có báo cáo: nhiều nhất bằng 1/{DROP_PART} bình quân {WEEK} ngày trước, các ngày đó đều có báo cáo \
                     và bình quân không dưới số dư cho phép"
                ),
                format!(
                    "the unit's last day with a report: at most 1/{DROP_PART} of the mean of the {WEEK} days before, all of them \
                     reported and their mean not below the allowance"
                ),
            ),
            Self::ParentChildren => (
                "khác tổng của các đơn vị có báo cáo gần nhất ở dưới, vào ngày tất cả các đơn vị đó đều có báo cáo"
                    .to_owned(),
                "not the sum of the nearest units below that report, on a day on which all of them did".to_owned(),
            ),
            Self::CopiedDays => (
                format!(
                    "cùng một số khác 0 trong {EQUAL_LARGE} ngày liền nếu lớn hơn số dư cho phép, {EQUAL_SMALL} ngày liền nếu không"
                ),
                format!(
                    "the same count other than 0 on {EQUAL_LARGE} days in a row where it is more than the allowance, on {EQUAL_SMALL} else"
                ),
            ),
            Self::CopiedUnits => (
                format!(
                    "một tuần (tính từ ngày đầu kỳ gốc) giống hệt đơn vị cùng loại, cùng cấp trên: cả {WEEK} ngày có báo cáo, ít nhất \
                     {DAYS_WITH_CASES} ngày có ca, ít nhất {DIFFERENT_COUNTS} số khác nhau, tổng lớn hơn 2 lần số dư cho phép"
                ),
                format!(
                    "a week (counted from the baseline's first day) equal, day for day, to that of a unit of the same kind below the same \
                     unit: all {WEEK} days reported, at least {DAYS_WITH_CASES} with cases, at least {DIFFERENT_COUNTS} different counts, \
                     in sum more than 2 times the allowance"
                ),
            ),
        };
        Words { vi, en }
    }

    /// What a flag of the rule says, with its numbers by name; one that is not there is 0.
    pub fn says(self, number: impl Fn(&str) -> u64) -> Words {
        let n = number;
        let cases = n("community_f0");
        let (vi, en) = match self {
            Self::Backlog => (
                format!(
                    "{cases} F0 sau {} ngày không có ca ({} ngày thiếu báo cáo); {} ngày báo cáo trước đó có tổng {}",
                    n("days_without_cases"),
                    n("missing_days"),
                    n("reported_before"),
                    n("sum_before")
                ),
                format!(
                    "{cases} F0 after days without cases: {} ({} of them missing); the {} reported days before held {}",
                    n("days_without_cases"),
                    n("missing_days"),
                    n("reported_before"),
                    n("sum_before")
                ),
            ),
            Self::ZeroStreak => (
                format!("{cases} F0 sau {} ngày liền báo 0 (số dư cho phép: {})", n("zero_days"), n("allowance")),
                format!("{cases} F0 after {} days of 0 in a row (allowance: {})", n("zero_days"), n("allowance")),
            ),
            Self::Unusual => (
                format!(
                    "{cases} F0; nhiều nhất là bình thường: 3 × {} + 2 × {} = {}",
                    n("largest_before"),
                    n("allowance"),
                    n("most_usual")
                ),
                format!(
                    "{cases} F0; the most that is usual: 3 × {} + 2 × {} = {}",
                    n("largest_before"),
                    n("allowance"),
                    n("most_usual")
                ),
            ),
            Self::LastDayDrop => (
                format!("{cases} F0 ngày cuối; 7 ngày trước có tổng {}", n("sum_before")),
                format!("{cases} F0 on the last day; the 7 days before held {}", n("sum_before")),
            ),
            Self::ParentChildren => (
                format!("{cases} F0; tổng {} đơn vị ở dưới là {}", n("units_below"), n("sum_below")),
                format!("{cases} F0; the {} units below reported {} together", n("units_below"), n("sum_below")),
            ),
            Self::CopiedDays => (
                format!("{cases} F0 trong {} ngày liền", n("equal_days")),
                format!("{cases} F0 on {} days in a row", n("equal_days")),
            ),
            Self::CopiedUnits => (
                format!("{} đơn vị có cùng 7 số của tuần này, tổng {}", n("units"), n("sum")),
                format!("{} units have the same 7 counts in this week, in sum {}", n("units"), n("sum")),
            ),
        };
        Words { vi, en }
    }
}
