//! How certain and how firm the ranks of a board are, for the council: beside the official
//! rank, never instead of it.
//!
//! What is computed is told in [`crate::scoring::certainty`] and
//! [`crate::scoring::sensitivity`]; here it is bounded, put into words and shown.

use super::access::{Certainty, Grant};
use super::boards::named;
use super::fault::{Code, Fault};
use super::live::Snapshot;
use super::views::UnitRef;
use super::words;
use crate::domain::number::{Hundredths, round_half_away};
use crate::domain::policy::Component;
use crate::scoring::board::{Board, Query};
use crate::scoring::certainty::{spread, steps_per_draw};
use crate::scoring::sensitivity::{self, Change, Variant, changes, variants};
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TextView {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl TextView {
    fn of(vi: &str, en: &str) -> Self {
        Self { vi: vi.to_owned(), en: en.to_owned() }
    }
}

/// The board that a report speaks of.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportedBoardView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the kind that is ranked.
    pub kind: String,
    /// `improvement` or `kept_clean`.
    pub track: &'static str,
    /// `points`, `reduction` or `level_drop`.
    pub by: &'static str,
    /// Only units strictly below this one.
    pub within: Option<String>,
    /// Only units of this block.
    pub block: Option<String>,
    /// The day D of the board.
    #[schema(format = Date)]
    pub as_of: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// Always false: the official result is the leaderboard.
    pub official: bool,
    /// Says so.
    pub note: TextView,
    /// What was assumed, and what is not in it.
    pub model: TextView,
}

/// How certain the ranks of a board are under Poisson uncertainty of the counts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertaintyView {
    /// The board, and the model.
    #[serde(flatten)]
    pub board: ReportedBoardView,
    /// How often the counts were drawn and ranked anew.
    pub draws: u32,
    /// The seed: the same seed and facts give the same bytes, on every machine.
    pub seed: u64,
    /// The ranked units, in the order of the board.
    pub items: Vec<CertaintyRowView>,
}

/// Where a unit stood in the draws.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertaintyRowView {
    /// Who.
    pub unit: UnitRef,
    /// The official rank.
    pub rank: u64,
    /// 5% of the draws have this rank or a better one (nearest rank).
    pub rank_p5: u64,
    /// Half of the draws have this rank or a better one.
    pub rank_p50: u64,
    /// 95% of the draws have this rank or a better one.
    pub rank_p95: u64,
    /// In so many percent of the draws its rank was 1.
    #[schema(value_type = f64)]
    pub first_percent: Hundredths,
}

/// Which places of a board change when the contest is made a little otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SensitivityView {
    /// The board, and what was tried.
    #[serde(flatten)]
    pub board: ReportedBoardView,
    /// What was tried: weights, days, withdrawals.
    pub variants: Vec<VariantView>,
    /// The ranked units, in the order of the board.
    pub items: Vec<SensitivityRowView>,
}

/// One thing that was tried.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantView {
    /// Its number in this answer, from 1.
    pub number: u64,
    /// `weight`, `day` or `withdrawal`.
    pub what: &'static str,
    /// In words.
    pub text: TextView,
    /// Of a weight: the measure that was moved.
    pub measure: Option<&'static str>,
    /// Of a weight: the maxima then.
    pub maxima: Vec<MaximumView>,
    /// Of a day: the one that was excused for everybody.
    #[schema(format = Date)]
    pub date: Option<String>,
    /// Of a withdrawal: who.
    pub unit: Option<UnitRef>,
    /// How many units changed places beyond closing up.
    pub changed: u64,
}

/// The most that a component gives.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MaximumView {
    /// What is measured.
    pub measure: &'static str,
    /// The most points.
    #[schema(value_type = f64)]
    pub max_points: Hundredths,
}

/// A unit and the variants that change its place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SensitivityRowView {
    /// Who.
    pub unit: UnitRef,
    /// The official rank.
    pub rank: u64,
    /// Its place in the variants that change it; empty: it is firm.
    pub changes: Vec<ChangeView>,
}

/// A unit's place in a variant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// Number of the variant.
    pub variant: u64,
    /// The rank then; null where it would have none.
    pub rank: Option<u64>,
}

/// How many numbers are drawn, and days read, for one answer at most: a few seconds.
const MAX_STEPS: u64 = 400_000_000;
/// How often is drawn where nobody says.
const DRAWS: u64 = 1_000;
/// Fewer draws tell nothing of 5% of them.
pub const MIN_DRAWS: u64 = 100;
/// More draws tell nothing new.
pub const MAX_DRAWS: u64 = 10_000;
/// So many answers may wait for their turn.
const MAX_WAITING: usize = 4;

/// One such answer is worked out at a time, so that reports never take the machine from the
/// boards; who asks when too many wait is told to come again.
#[derive(Debug, Default)]
pub struct Turns {
    asked: AtomicUsize,
    one: Mutex<()>,
}

impl Turns {
    /// Does something when its turn has come. May block.
    ///
    /// # Errors
    /// 503 where too many wait, or what the work answers.
    pub fn take<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        let before = self.asked.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.asked);
        if before > MAX_WAITING {
            return Err(Fault::new(Code::Busy, "too many reports are being worked out; try again in a moment"));
        }
        let turn = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work();
        drop(turn);
        drop(waiting);
        done
    }
}

/// Who asked and has no answer yet.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How certain the ranks of a board are.
///
/// # Errors
/// 422 where the board is too large for so many draws.
pub fn certainty(
    _: &Grant<Certainty>,
    snapshot: &Snapshot,
    query: &Query,
    draws: Option<u64>,
    seed: u64,
) -> Result<CertaintyView, Fault> {
    let board = snapshot.boards.get(query);
    let ledger = snapshot.ledger();
    let possible = MAX_STEPS / steps_per_draw(ledger, &board).max(1);
    let wanted = draws.unwrap_or(DRAWS.min(possible));
    if wanted > possible || wanted < MIN_DRAWS {
        let hint = if possible < MIN_DRAWS { "ask within a unit or a block" } else { "ask for fewer draws" };
        let detail = format!("this board is too large for {wanted} draws: {possible} can be had; {hint}");
        return Err(Fault::of_field(Code::BoardTooLarge, "draws", detail));
    }
    let draws = u32::try_from(wanted).unwrap_or(u32::MAX);
    let row = |spread: crate::scoring::certainty::Spread| CertaintyRowView {
        unit: named(ledger, spread.unit, |_| true),
        rank: spread.rank.into(),
        rank_p5: spread.low.into(),
        rank_p50: spread.median.into(),
        rank_p95: spread.high.into(),
        first_percent: Hundredths(round_half_away(i128::from(spread.first) * 10_000, i128::from(draws))),
    };
    let items = spread(ledger, &board, draws, seed).into_iter().map(row).collect();
    Ok(CertaintyView { board: reported(snapshot, &board, chance()), draws, seed, items })
}

/// Which places of a board change when a weight moves by a tenth, a day is dropped, or one
/// unit withdraws.
///
/// # Errors
/// 422 where the board is too large.
pub fn sensitivity(_: &Grant<Certainty>, snapshot: &Snapshot, query: &Query) -> Result<SensitivityView, Fault> {
    let board = snapshot.boards.get(query);
    let ledger = snapshot.ledger();
    if sensitivity::steps(ledger, &board) > MAX_STEPS {
        let detail = "this board is too large to be tried with each unit withdrawn; ask within a unit or a block";
        return Err(Fault::new(Code::BoardTooLarge, detail));
    }
    let row = |place: &crate::scoring::board::Place| {
        let rank = place.rank?;
        Some(SensitivityRowView { unit: named(ledger, place.unit, |_| true), rank: rank.into(), changes: Vec::new() })
    };
    let mut items: Vec<SensitivityRowView> = board.places.iter().filter_map(row).collect();
    let mut tried = Vec::new();
    for (number, variant) in (1u64..).zip(variants(ledger, &board)) {
        let changed = changes(ledger, &board, &variant);
        tried.push(variant_view(snapshot, number, &variant, changed.len()));
        for Change { unit, rank } in changed {
            let at = board.places.iter().position(|place| place.unit == unit);
            if let Some(item) = at.and_then(|at| items.get_mut(at)) {
                item.changes.push(ChangeView { variant: number, rank: rank.map(u64::from) });
            }
        }
    }
    Ok(SensitivityView { board: reported(snapshot, &board, little_otherwise()), variants: tried, items })
}

fn variant_view(snapshot: &Snapshot, number: u64, variant: &Variant, changed: usize) -> VariantView {
    let ledger = snapshot.ledger();
    let view = VariantView {
        number,
        what: "weight",
        text: TextView::of("", ""),
        measure: None,
        maxima: Vec::new(),
        date: None,
        unit: None,
        changed: changed as u64,
    };
    match variant {
        Variant::Weight { component, components } => {
            let before = snapshot.campaign().policy.components.get(*component);
            let (measure, then) = components.get(*component).map_or(("", 0), |c| (c.measure.code(), c.max_points));
            let (then, before) = (Hundredths(then), Hundredths(before.map_or(0, |c| c.max_points)));
            let name = |vietnamese| words::measure_name(measure, vietnamese);
            let comma = |points: Hundredths| points.to_string().replace('.', ",");
            let maximum =
                |c: &Component| MaximumView { measure: c.measure.code(), max_points: Hundredths(c.max_points) };
            VariantView {
                text: TextView {
                    vi: format!("{}: tối đa {} điểm thay vì {}", name(true), comma(then), comma(before)),
                    en: format!("{}: at most {then} points instead of {before}", name(false)),
                },
                measure: Some(measure),
                maxima: components.iter().map(maximum).collect(),
                ..view
            }
        }
        Variant::Day(day) => {
            let date = ledger.calendar.day(*day);
            VariantView {
                what: "day",
                text: TextView {
                    vi: format!("bỏ ngày {} cho mọi đơn vị", date.format("%-d/%-m/%Y")),
                    en: format!("{date} is left out for everybody"),
                },
                date: Some(date.to_string()),
                ..view
            }
        }
        Variant::Withdrawal(unit) => {
            let unit = named(ledger, *unit, |_| true);
            let name = &unit.name;
            VariantView {
                what: "withdrawal",
                text: TextView { vi: format!("{name} rút"), en: format!("{name} withdraws") },
                unit: Some(unit),
                ..view
            }
        }
    }
}

fn reported(snapshot: &Snapshot, board: &Board, model: TextView) -> ReportedBoardView {
    let (query, register) = (&board.query, snapshot.register());
    let campaign = snapshot.campaign();
    ReportedBoardView {
        campaign: campaign.code.clone(),
        kind: campaign.kind(query.kind).map_or_else(String::new, |kind| kind.code.clone()),
        track: query.track.code(),
        by: query.by.code(),
        within: query.within.and_then(|unit| register.unit(unit)).map(|unit| unit.code.clone()),
        block: query.block.clone(),
        as_of: snapshot.ledger().calendar.day(query.as_of).to_string(),
        revision: snapshot.revision,
        official: false,
        note: TextView::of(
            "Đây không phải kết quả chính thức: thứ hạng chính thức là rank, như trên bảng xếp hạng.",
            "This is not the official result: the official rank is `rank`, as on the leaderboard.",
        ),
        model,
    }
}

fn chance() -> TextView {
    TextView::of(
        "Mỗi lần thử, số F0 cộng đồng của từng ngày đã báo được bốc lại theo phân phối Poisson có trung bình là số đã báo; \
        kỳ gốc và các ngày thi đua của mỗi đơn vị xếp hạng, mỗi kỳ thêm một số Poisson trung bình 0,5 rải vào các ngày đã báo \
        (trung bình và phương sai như hậu nghiệm Gamma(X + 1/2) của tiên nghiệm Jeffreys), nên kỳ không có ca nào không bị coi là chắc chắn. \
        Các số thành phần giữ tỉ lệ; cấp độ và thứ hạng tính lại chính xác. Ngày thiếu, ngày miễn, nhánh, tiêu chí, điểm thưởng và trừ giữ nguyên. \
        Không tính đến: các ca lây nhau, xét nghiệm nhiều hay ít, báo thiếu. Vì vậy khoảng thứ hạng ở đây hẹp hơn thực tế thì đúng hơn là rộng hơn.",
        "In each draw the community F0 of each reported day is drawn anew from a Poisson distribution whose mean is what was reported; \
        the baseline and the days of the contest of each ranked unit each get one more Poisson number of mean 0.5, spread over the reported days \
        (mean and variance of the posterior Gamma(X + 1/2) under Jeffreys' prior), so that a period without a case is not taken for certain. \
        Counts that are parts keep their share; levels and ranks are computed anew, exactly. Missing and excused days, tracks, criteria, bonuses and deductions stay. \
        Not in it: cases that infect one another, more or less testing, cases that were not reported. The intervals are therefore too narrow rather than too wide.",
    )
}

fn little_otherwise() -> TextView {
    TextView::of(
        "Các đơn vị có hạng được xếp lại khi: một thành phần điểm nặng hơn hoặc nhẹ hơn một phần mười (các thành phần khác co giãn để tổng vẫn là 100); \
        một ngày thi đua được miễn cho mọi đơn vị; một đơn vị rút. Chỉ nêu đơn vị đổi chỗ, không kể việc dồn lên khi có đơn vị không còn hạng.",
        "The ranked units are ranked anew where: one component weighs a tenth more or less (the others are scaled so that the sum stays 100); \
        one day of the contest is excused for everybody; one unit withdraws. Told are changes of places, not the closing up behind a unit that has no rank any more.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_report_is_worked_out_at_a_time_and_few_may_wait() {
        let turns = Turns::default();
        assert_eq!(turns.take(|| Ok(7)).unwrap(), 7);
        let refused: Result<(), Fault> = turns.take(|| Err(Fault::new(Code::NotStarted, "x")));
        assert_eq!(refused.err().map(|f| f.code), Some(Code::NotStarted));
        turns.asked.store(MAX_WAITING + 1, Ordering::Relaxed);
        assert_eq!(turns.take(|| Ok(())).err().map(|f| f.code), Some(Code::Busy));
        assert_eq!(turns.asked.load(Ordering::Relaxed), MAX_WAITING + 1, "who was refused waits no more");
    }
}
