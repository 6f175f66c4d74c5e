//! Words that the command line and the pages share, in Vietnamese and English.

/// A reason for having no rank.
pub fn unranked_reason(code: &str, vietnamese: bool) -> &str {
    let (vi, en) = match code {
        "withdrawn" => ("đã rút", "withdrawn"),
        "disqualified" => ("bị loại", "disqualified"),
        "no_baseline" => ("không có kỳ gốc", "no baseline"),
        "too_many_missing" => ("thiếu quá số ngày", "too many days missing"),
        "no_start_level" => ("chưa rõ cấp độ đầu", "start level unknown"),
        "nothing_due" => ("không có ngày nào phải báo", "nothing due"),
        other => (other, other),
    };
    if vietnamese { vi } else { en }
}
