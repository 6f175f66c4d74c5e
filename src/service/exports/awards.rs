//! Awards as exports show them, from those that the campaign's catalogue gives.

use super::phrases::decimal;
use super::report::{ReportAward, ReportTexts, ReportWinner};
use crate::scoring::Register;
use crate::service::awards::views::{AwardThresholdView, AwardTieView, WinnerView};
use crate::service::awards::{AwardView, AwardsView};
use crate::service::flags::WordsView;

/// The awards of a view, in its order.
pub fn of_view(view: &AwardsView, register: &Register) -> Vec<ReportAward> {
    view.items.iter().map(|award| one(award, register)).collect()
}

fn texts(words: &WordsView) -> ReportTexts {
    ReportTexts { vi: Some(words.vi.clone()), en: Some(words.en.clone()) }
}

fn one(award: &AwardView, register: &Register) -> ReportAward {
    let kind = register.campaign.kinds.iter().find(|kind| kind.code == award.kind);
    ReportAward {
        code: award.code.clone(),
        name: texts(&award.name),
        form: texts(&award.form),
        kind: award.kind.clone(),
        kind_name: kind.map(|kind| (&kind.name).into()).unwrap_or_default(),
        track: award.track.to_owned(),
        block: award.block.clone(),
        quota: quota(award),
        remarks: remarks(award),
        winners: award.winners.iter().map(|winner| one_winner(winner, register)).collect(),
    }
}

fn one_winner(winner: &WinnerView, register: &Register) -> ReportWinner {
    let parent = winner.unit.parent_code.as_deref().and_then(|code| register.find(code));
    let is_tied = winner.note.code.starts_with("tie");
    ReportWinner {
        rank: Some(u64::from(winner.rank)),
        code: winner.unit.code.clone(),
        name: winner.unit.name.clone(),
        parent_name: parent.and_then(|unit| register.unit(unit)).map(|unit| unit.name.clone()),
        block: winner.unit.block.clone(),
        points: winner.points,
        bonus: None,
        money: winner.money.and_then(|money| i64::try_from(money).ok()),
        note: is_tied.then(|| winner.note.text.vi.clone()),
    }
}

/// For what an award is given and how often at most.
fn quota(award: &AwardView) -> String {
    let places = award.places.map(|places| match places.to.saturating_sub(places.from) {
        0 => format!("hạng {}", places.from),
        _ => format!("hạng {} đến {}", places.from, places.to),
    });
    let threshold = award.threshold.map(|threshold| threshold_in_words(&threshold));
    let most = award.quota.map(|quota| format!("tối đa {} suất", quota.awards));
    let parts: Vec<String> = [places, threshold, most].into_iter().flatten().collect();
    parts.join(", ")
}

fn threshold_in_words(threshold: &AwardThresholdView) -> String {
    let of = [
        threshold.points_at_least.map(|p| format!("từ {} điểm", decimal(Some(p)))),
        threshold.reduction_percent_at_least.map(|p| format!("kéo giảm từ {}%", decimal(Some(p)))),
        threshold.change_percent_at_least.map(|p| format!("kéo giảm hiệu chỉnh từ {}%", decimal(Some(p)))),
    ];
    let parts: Vec<String> = of.into_iter().flatten().collect();
    parts.join(", ")
}

/// So many of those who were passed over are named.
const NAMED: usize = 20;

/// Ties, overflow and what else there is to know.
fn remarks(award: &AwardView) -> Vec<String> {
    let mut remarks: Vec<String> = award.tie.iter().map(tie_in_words).collect();
    remarks.extend(award.notes.iter().map(|note| note.text.vi.clone()));
    let named = award.passed_over.iter().take(NAMED);
    remarks.extend(named.map(|passed| format!("{} (hạng {}): {}", passed.unit.name, passed.rank, passed.note.text.vi)));
    let named = award.passed_over.len().min(NAMED) as u64;
    if award.passed_over_total > named {
        remarks.push(format!("Và {} đơn vị khác trong diện xét mà không đạt.", award.passed_over_total - named));
    }
    remarks
}

fn tie_in_words(tie: &AwardTieView) -> String {
    let names: Vec<&str> = tie.units.iter().map(|unit| unit.name.as_str()).collect();
    let start = format!("Đồng hạng {} ({}): còn {} suất", tie.rank, names.join(", "), tie.places_left);
    match &tie.decision {
        _ if tie.is_open => format!("{start}; chờ Hội đồng quyết định."),
        Some(decision) => format!("{start}; Hội đồng quyết định: {}.", decision.reason.trim_end_matches('.')),
        None => format!("{start}; các đơn vị đồng hạng cùng được khen thưởng."),
    }
}
