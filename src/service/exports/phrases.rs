//! Vietnamese as official papers write it: dates, numbers, names of kinds and tracks.

use super::report::{Report, ReportDecision, ReportRow, ReportSection};
use crate::domain::Day;
use crate::domain::number::Hundredths;
use crate::domain::time::parse_day;
use crate::service::words;
use chrono::Datelike;

/// What stands where somebody fills in a number or a day by hand.
pub(super) const DOTS: &str = "……";

/// A day in figures: 12/07/2021.
pub(super) fn short_day(day: &str) -> String {
    parse_day(day).map_or_else(|_| day.to_owned(), |d| format!("{:02}/{:02}/{}", d.day(), d.month(), d.year()))
}

/// A day in words as Decree 30 writes it: days below 10 and months below 3 with a nought.
pub(super) fn long_day(day: Day) -> String {
    let month = if day.month() < 3 { format!("{:02}", day.month()) } else { day.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", day.day(), day.year())
}

/// A day in words, or dots where it is not known.
pub(super) fn day_or_dots(day: Option<&str>) -> String {
    day.and_then(|day| parse_day(day).ok()).map_or_else(|| "ngày …… tháng …… năm ……".to_owned(), long_day)
}

/// A decision's number and day, or dots.
pub(super) fn number_and_day(decision: &ReportDecision) -> String {
    format!("số {} {}", decision.number.as_deref().unwrap_or(DOTS), day_or_dots(decision.date.as_deref()))
}

/// A number with two decimals behind a comma.
pub(super) fn decimal(value: Option<Hundredths>) -> String {
    value.map(|v| v.fixed().replace('.', ",")).unwrap_or_default()
}

/// Money with points between the thousands.
pub(super) fn money(dong: i64) -> String {
    let digits = dong.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    format!("{}{text} đồng", if dong < 0 { "-" } else { "" })
}

/// The name of a kind, else its code.
pub(super) fn kind_name(section: &ReportSection) -> String {
    section.kind_name.vietnamese().unwrap_or(&section.kind).to_owned()
}

/// A track as a table is headed.
pub(super) fn track(code: &str) -> &str {
    match code {
        "improvement" => "cải thiện",
        "kept_clean" => "giữ sạch",
        other => other,
    }
}

/// A block, with the word for one where its name has none.
pub(super) fn block(name: &str) -> String {
    let has_word = ["khối", "cụm"].iter().any(|word| name.to_lowercase().starts_with(word));
    if has_word { name.to_owned() } else { format!("khối {name}") }
}

/// The campaign's title, else its code.
pub(super) fn title(report: &Report) -> &str {
    report.title.vietnamese().unwrap_or(&report.campaign)
}

/// Who runs the campaign, else dots.
pub(super) fn organiser(report: &Report) -> &str {
    report.organiser.vietnamese().unwrap_or("………………………")
}

const COMMITTEE: &str = "Ủy ban nhân dân ";

/// The place that papers are dated at: that of a people's committee.
pub(super) fn place(report: &Report) -> &str {
    organiser(report).strip_prefix(COMMITTEE).unwrap_or("……………")
}

/// Whether a people's committee runs the campaign.
pub(super) fn is_committee(report: &Report) -> bool {
    organiser(report).starts_with(COMMITTEE)
}

/// What a result is worth.
pub(super) fn status(report: &Report) -> &'static str {
    match report.status.as_str() {
        "final" => "chính thức",
        "frozen" => "tạm chốt",
        _ => "tạm tính",
    }
}

/// What is to be said beside a row.
pub(super) fn remark(row: &ReportRow, is_tied: bool) -> String {
    let mut said: Vec<String> = Vec::new();
    if !row.unranked.is_empty() {
        let reasons: Vec<&str> = row.unranked.iter().map(|r| words::unranked_reason(r, true)).collect();
        said.push(format!("không xếp hạng: {}", reasons.join(", ")));
    }
    if is_tied {
        said.push("đồng hạng".to_owned());
    }
    if let Some(deduction) = row.deduction.filter(|d| d.0 > 0) {
        said.push(format!("trừ {} điểm", decimal(Some(deduction))));
    }
    if let Some(days) = row.missing_days.filter(|days| *days > 0 && row.unranked.is_empty()) {
        said.push(format!("thiếu {days} ngày báo cáo"));
    }
    let text = said.join("; ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How points come about and what the result is worth, a paragraph a sentence.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let rules = &report.rules;
    let component = |c: &super::report::ReportComponent| {
        format!("{} tối đa {}", words::measure_name(&c.measure, true), decimal(Some(c.max_points)))
    };
    let components: Vec<String> = rules.components.iter().map(component).collect();
    let keys: Vec<&str> = rules.tie_break.iter().map(|key| words::key(key, true)).collect();
    let mut notes = vec![
        format!("Kết quả {} tính đến ngày {}.", status(report), short_day(&report.as_of)),
        format!(
            "Kỳ gốc từ {} đến {}; thời gian thi đua từ {} đến {}.",
            short_day(&report.baseline.from),
            short_day(&report.baseline.to),
            short_day(&report.window.from),
            short_day(&report.window.to)
        ),
        format!("Tổng điểm là tổng các thành phần: {}; cộng điểm thưởng, trừ điểm trừ.", components.join("; ")),
        format!(
            "Kéo giảm so {} ngày cuối kỳ với nhịp của kỳ gốc; kéo giảm hiệu chỉnh cộng thêm {} ca vào mẫu số để một hai ca \
             may rủi không quyết định thứ hạng, và là số dùng để tính điểm.",
            rules.closing_days, rules.small_number_allowance
        ),
        "Đơn vị có ca trong kỳ gốc thi ở bảng cải thiện; đơn vị không có ca (hoặc gần như không) thi ở bảng giữ sạch.".to_owned(),
        "Ngày không báo cáo không được coi là không có ca: tính bằng ngày nhiều ca nhất của chính đơn vị, ít nhất là 1.".to_owned(),
    ];
    if !keys.is_empty() {
        notes.push(format!("Bằng điểm thì xét lần lượt: {}; vẫn bằng thì đồng hạng.", keys.join(", ")));
    }
    if report.early {
        notes.push(format!("Bảng còn sớm: chưa đủ {} ngày cuối kỳ.", rules.closing_days));
    }
    notes.push(format!(
        "Chiến dịch {}, bản số {}, quy tắc số {}, thang cấp độ {}.",
        report.campaign, report.revision, rules.policy_version, rules.level_scheme
    ));
    match &report.issue {
        Some(issue) => notes.push(format!("Kết quả lần {}, SHA-256 {}.", issue.number, issue.sha256)),
        None => notes.push("Chưa phải kết quả chính thức: chưa có mã kiểm chứng.".to_owned()),
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_numbers_are_written_as_official_papers_write_them() {
        let day = |text| day_or_dots(Some(text));
        assert_eq!(day("2021-07-05"), "ngày 05 tháng 7 năm 2021");
        assert_eq!(day("2021-02-15"), "ngày 15 tháng 02 năm 2021");
        assert_eq!(day_or_dots(None), "ngày …… tháng …… năm ……");
        assert_eq!(decimal(Some(Hundredths(-4809))), "-48,09");
        assert_eq!(money(1_490_000), "1.490.000 đồng");
        assert_eq!(money(500), "500 đồng");
    }
}
