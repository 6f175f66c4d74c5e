//! Words that the command line, the pages and the standings share, in Vietnamese and English.

/// One of two texts.
pub fn pick<'a>(vietnamese: bool, vi: &'a str, en: &'a str) -> &'a str {
    if vietnamese { vi } else { en }
}

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
    pick(vietnamese, vi, en)
}

/// What a board is, as it is announced.
pub fn board_status(code: &str, vietnamese: bool) -> &str {
    match code {
        "provisional" => pick(vietnamese, "Tạm tính", "Provisional"),
        "frozen" => pick(vietnamese, "Đã đóng băng", "Frozen"),
        "final" => pick(vietnamese, "Kết quả chính thức", "Final"),
        other => other,
    }
}

/// Where an appeal stands.
pub fn appeal_state(code: &str, vietnamese: bool) -> &str {
    match code {
        "open" => pick(vietnamese, "đang chờ trả lời", "open"),
        "accepted" => pick(vietnamese, "được chấp nhận", "accepted"),
        "rejected" => pick(vietnamese, "không được chấp nhận", "rejected"),
        "withdrawn" => pick(vietnamese, "đã rút", "withdrawn"),
        other => other,
    }
}

/// What an appeal is about.
pub fn appeal_matter(code: &str, vietnamese: bool) -> &str {
    match code {
        "figures" => pick(vietnamese, "số liệu", "figures"),
        "levels" => pick(vietnamese, "cấp độ", "levels"),
        "points" => pick(vietnamese, "điểm", "points"),
        "rank" => pick(vietnamese, "xếp hạng", "rank"),
        "criteria" => pick(vietnamese, "tiêu chí", "criteria"),
        "adjustments" => pick(vietnamese, "điểm thưởng, điểm trừ", "bonuses and deductions"),
        "awards" => pick(vietnamese, "khen thưởng", "awards"),
        other => other,
    }
}

/// A track.
pub fn track(code: &str, vietnamese: bool) -> &str {
    match code {
        "improvement" => pick(vietnamese, "kéo giảm", "improvement"),
        "kept_clean" => pick(vietnamese, "giữ sạch", "kept clean"),
        other => other,
    }
}

/// What a board is ordered by.
pub fn order(code: &str, vietnamese: bool) -> &str {
    match code {
        "points" => pick(vietnamese, "điểm", "points"),
        "reduction" => pick(vietnamese, "kéo giảm hiệu chỉnh", "adjusted reduction"),
        "level_drop" => pick(vietnamese, "số bậc hạ", "levels dropped"),
        "green_on" => pick(vietnamese, "ngày bắt đầu xanh", "the day since when it is green"),
        other => other,
    }
}

/// A key that ranks.
pub fn key(code: &str, vietnamese: bool) -> &str {
    match code {
        "total" => pick(vietnamese, "tổng điểm", "total points"),
        "change" => pick(vietnamese, "kéo giảm hiệu chỉnh", "adjusted reduction"),
        "levels_dropped" => pick(vietnamese, "số bậc hạ", "levels dropped"),
        "current_level" => pick(vietnamese, "cấp độ hiện tại", "current level"),
        "community_f0" => pick(vietnamese, "số F0 cộng đồng", "community F0"),
        "green_days" => pick(vietnamese, "số ngày xanh", "green days"),
        "green_on" => pick(vietnamese, "ngày bắt đầu xanh", "the day since when it is green"),
        "missing_days" => pick(vietnamese, "số ngày thiếu", "missing days"),
        other => other,
    }
}

/// A component of the points.
pub fn measure_name(code: &str, vietnamese: bool) -> &str {
    match code {
        "case_reduction" => pick(vietnamese, "kéo giảm F0", "case reduction"),
        "level_drop" => pick(vietnamese, "hạ cấp độ", "level drop"),
        "green_days" => pick(vietnamese, "ngày xanh", "green days"),
        "reporting" => pick(vietnamese, "báo đúng hạn", "reporting"),
        "criteria" => pick(vietnamese, "tiêu chí", "criteria"),
        other => other,
    }
}

/// A component of the points, and what it counts on a track.
pub fn measure<'a>(code: &'a str, track: &str, vietnamese: bool) -> &'a str {
    let (vi, en) = match (code, track) {
        ("case_reduction", "kept_clean") => {
            ("kéo giảm F0 (ngày không có F0 / ngày phải báo)", "case reduction (clean days / due days)")
        }
        ("case_reduction", _) => ("kéo giảm F0", "case reduction"),
        ("level_drop", "kept_clean") => {
            ("hạ cấp độ (ngày cuối kỳ xanh / ngày cuối kỳ)", "level drop (green closing days / closing days)")
        }
        ("level_drop", _) => ("hạ cấp độ (số bậc hạ / số bậc tối đa)", "level drop (levels dropped / most possible)"),
        ("green_days", _) => ("ngày xanh (ngày xanh / ngày phải báo)", "green days (green days / due days)"),
        ("reporting", _) => ("báo đúng hạn (ngày đúng hạn / ngày phải báo)", "reporting (days in time / due days)"),
        ("criteria", _) => ("tiêu chí (phần đã thẩm định)", "criteria (verified share)"),
        (other, _) => (other, other),
    };
    pick(vietnamese, vi, en)
}

/// One of the six counts.
pub fn indicator(code: &str, vietnamese: bool) -> &str {
    match code {
        "community_f0" => pick(vietnamese, "F0 cộng đồng", "community F0"),
        "contained_f0" => pick(vietnamese, "F0 trong khu cách ly, phong tỏa", "contained F0"),
        "unknown_source_f0" => pick(vietnamese, "F0 chưa rõ nguồn lây", "F0 of unknown source"),
        "high_risk_setting_f0" => pick(vietnamese, "F0 từ nơi nguy cơ cao", "F0 from high-risk settings"),
        "households_f0" => pick(vietnamese, "hộ có F0", "households with F0"),
        "linked_households_f0" => pick(vietnamese, "hộ có F0 liên quan hộ khác", "linked households with F0"),
        other => other,
    }
}
