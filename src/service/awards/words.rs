//! What is said of awards, in Vietnamese and English: each note a code with its words.

use super::views::AwardNoteView;
use crate::scoring::awards::{Need, Reason, Winner, Won};
use crate::service::flags::WordsView;

fn note(code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> AwardNoteView {
    AwardNoteView { code, award: None, number: None, text: WordsView { vi: vi.into(), en: en.into() } }
}

fn counted(code: &'static str, number: u64, vi: &str, en: &str) -> AwardNoteView {
    let told = |text: &str| text.replace("{n}", &number.to_string());
    AwardNoteView { number: Some(number), ..note(code, told(vi), told(en)) }
}

fn about(code: &'static str, award: &str, vi: &str, en: &str) -> AwardNoteView {
    let told = |text: &str| text.replace("{award}", award);
    AwardNoteView { award: Some(award.to_owned()), ..note(code, told(vi), told(en)) }
}

/// What an award needs beyond its place.
pub(super) fn need(need: Need) -> AwardNoteView {
    match need {
        Need::BestLevel => note(
            "needs_best_level",
            "Chỉ trao cho đơn vị mà cấp độ trong ngày xét biết chắc là tốt nhất.",
            "Given only to units whose level on the day is known to be the best.",
        ),
        Need::Reduction => note(
            "needs_reduction",
            "Chỉ trao cho đơn vị có kéo giảm thật: kéo giảm hiệu chỉnh lớn hơn 0.",
            "Given only for a real reduction: an adjusted reduction above 0.",
        ),
        Need::LevelDrop => note(
            "needs_level_drop",
            "Chỉ trao cho đơn vị đã hạ ít nhất một bậc.",
            "Given only to units that dropped at least one level.",
        ),
        Need::Green => note("needs_green", "Chỉ trao cho đơn vị đã đạt xanh.", "Given only to units that are green."),
    }
}

/// So many units have no rank.
pub(super) fn unranked(units: u64) -> AwardNoteView {
    let vi = "{n} đơn vị không được xếp hạng nên không được xét.";
    counted("unranked", units, vi, "Units without a rank, which can win nothing: {n}.")
}

/// So many places go to nobody.
pub(super) fn places_empty(places: u64) -> AwardNoteView {
    let vi = "{n} hạng không trao cho ai, và không chuyển cho đơn vị khác.";
    counted("places_empty", places, vi, "Places given to nobody, which pass to nobody: {n}.")
}

/// So many win more than there are places.
pub(super) fn shared(more: u64) -> AwardNoteView {
    let vi = "Đồng hạng ở hạng cuối: tất cả cùng được, nhiều hơn {n} so với số giải.";
    counted("tie_shared", more, vi, "Those tied for the last place all win: {n} more than there are.")
}

/// So many awards wait for the council.
pub(super) fn undecided(places: u64) -> AwardNoteView {
    let vi = "{n} giải chờ hội đồng quyết định giữa các đơn vị đồng hạng.";
    counted("undecided", places, vi, "Awards that wait for the council to decide between tied units: {n}.")
}

/// So many units are beyond the quota.
pub(super) fn over_quota(units: u64) -> AwardNoteView {
    let vi = "{n} đơn vị đạt nhưng vượt chỉ tiêu.";
    counted("over_quota", units, vi, "Units that reach it beyond the quota: {n}.")
}

/// It hangs on the open tie of another award.
pub(super) fn waits(award: &str) -> AwardNoteView {
    about("waits", award, "Chờ quyết định về giải {award}.", "Waits for the decision about award {award}.")
}

/// Why a unit wins; `decision` is the number of the council's.
pub(super) fn winner(winner: &Winner, ranked: u64, decision: Option<&str>) -> AwardNoteView {
    let rank = winner.rank;
    match winner.won {
        Won::Place => note(
            "place",
            format!("Hạng {rank} trên {ranked} đơn vị được xếp hạng."),
            format!("Rank {rank} of {ranked} ranked units."),
        ),
        Won::Threshold => note(
            "threshold",
            format!("Đạt mức quy định; hạng {rank} trên {ranked} đơn vị được xếp hạng."),
            format!("Reaches the threshold; rank {rank} of {ranked} ranked units."),
        ),
        Won::TieShared => note(
            "tie_shared",
            format!("Đồng hạng {rank} ở hạng cuối: tất cả cùng được."),
            format!("Shares rank {rank}, the last place: all who do win."),
        ),
        Won::TieDecided => {
            let id = decision.unwrap_or_default();
            let told = note(
                "tie_decided",
                format!("Đồng hạng {rank}; hội đồng chọn, quyết định số {id}."),
                format!("Shares rank {rank}; the council chose it, decision {id}."),
            );
            AwardNoteView { number: id.parse().ok(), ..told }
        }
    }
}

/// Why a unit in reach does not win; `code` gives the code of another award.
pub(super) fn passed_over<'a>(reason: Reason, code: impl Fn(usize) -> &'a str) -> AwardNoteView {
    match reason {
        Reason::LevelNotBest => note(
            "level_not_best",
            "Cấp độ trong ngày xét không phải tốt nhất.",
            "Its level on the day is not the best.",
        ),
        Reason::LevelUnknown => {
            note("level_unknown", "Cấp độ trong ngày xét chưa rõ.", "Its level on the day is unknown.")
        }
        Reason::NoReduction => note(
            "no_reduction",
            "Không kéo giảm: kéo giảm hiệu chỉnh không lớn hơn 0.",
            "No reduction: its adjusted reduction is not above 0.",
        ),
        Reason::NoLevelDrop => note("no_level_drop", "Không hạ bậc nào.", "It dropped no level."),
        Reason::NotGreen => note("not_green", "Chưa đạt xanh.", "It is not green."),
        Reason::HasAward(other) => about(
            "has_award",
            code(other),
            "Đã được giải {award}; mỗi thành tích chỉ khen một lần.",
            "It has award {award}; one achievement is rewarded once.",
        ),
        Reason::OverQuota => {
            note("over_quota", "Đạt nhưng đã hết chỉ tiêu.", "It reaches the award, and the quota is used up.")
        }
        Reason::TieOpen => note(
            "tie_open",
            "Đồng hạng ở hạng cuối; chờ hội đồng quyết định.",
            "Tied for the last place; the council is to decide.",
        ),
        Reason::TieLost => note(
            "tie_lost",
            "Đồng hạng ở hạng cuối; hội đồng đã chọn đơn vị khác.",
            "Tied for the last place; the council chose others.",
        ),
        Reason::Waits(other) => waits(code(other)),
    }
}
