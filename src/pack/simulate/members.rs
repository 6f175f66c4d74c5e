//! One reporting unit: its figures, and what the council decided about it.

use super::dice::Dice;
use super::epidemic::Series;
use super::reports::{DAY, HOUR, Habit, Second, reports};
use super::tables::{Classes, Life, Sink, Tables};
use super::{BASELINE_DAYS, DAYS};
use std::io::Result;

const EXCUSES: [&str; 3] = ["mất điện, mất mạng", "khu cách ly, chưa lấy được mẫu", "cán bộ tổng hợp đi cách ly"];
const BONUSES: [&str; 3] =
    ["tổ COVID cộng đồng hoạt động tốt", "vận động hỗ trợ hộ khó khăn", "khai báo trực tuyến đầy đủ"];
const DEDUCTIONS: [&str; 2] = ["vi phạm Chỉ thị 16", "tụ tập đông người"];
const LEVELS: [&str; 4] = ["green", "yellow", "orange", "red"];

/// A unit that reports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    pub(super) code: &'a str,
    /// What truly happened.
    pub(super) series: &'a Series,
    /// From so many F0 in 14 days it is yellow, orange, red.
    pub(super) cuts: [u16; 3],
    /// Whether it may tell more than community F0.
    pub(super) classifies: bool,
    /// How well it reports.
    pub(super) habit: Habit,
    /// A unit about which nothing is decided: the first of a pack, so that each has a board.
    pub(super) is_steady: bool,
}

/// Writes its figures and the decisions about it.
pub(super) fn write<S: Sink>(member: &Member<'_>, dice: &mut Dice, tables: &mut Tables<'_, S>) -> Result<()> {
    let mut end = DAYS;
    if !member.is_steady {
        end = state(member, dice, tables)?;
        decisions(member, dice, tables)?;
    }
    let classifies = member.classifies && dice.happens(800_000);
    for report in reports(member.habit, member.series, end, dice) {
        let classes = classifies.then(|| classes(report.community, dice));
        tables.figure(member.code, &report, classes)?;
    }
    Ok(())
}

/// How the cases of a day fall into classes.
fn classes(community: u16, dice: &mut Dice) -> Classes {
    let mut of = Classes { contained: 0, unknown_source: 0, households: community.min(1) };
    for case in 0..community {
        of.contained += u16::from(dice.happens(400_000));
        of.unknown_source += u16::from(dice.happens(250_000));
        of.households += u16::from(case > 0 && dice.happens(350_000));
    }
    of
}

/// Some hours into a day there.
fn moment(day: usize, dice: &mut Dice) -> Second {
    DAY * day as Second + HOUR + Second::from(dice.below(9 * 3_600))
}

/// A few units leave the contest, whose remaining days the council then excuses, and a
/// few are excluded. Gives the day on which reports end.
fn state<S: Sink>(member: &Member<'_>, dice: &mut Dice, tables: &mut Tables<'_, S>) -> Result<usize> {
    // one that left with gaps behind it is a warning of the campaign check: a pack has few
    let is_withdrawn = dice.happens(4_000) && member.habit == Habit::Exact;
    let is_out = dice.happens(2_000);
    let day = BASELINE_DAYS + 2 + dice.below(10) as usize;
    let recorded = moment(day, dice);
    if is_withdrawn {
        tables.state(member.code, "withdrawn", "giải thể, sáp nhập", recorded)?;
        for left in day..DAYS {
            tables.excuse(member.code, left, "đã rút khỏi phong trào", Life { recorded, withdrawn: None })?;
        }
        return Ok(day);
    }
    if is_out {
        tables.state(member.code, "disqualified", "báo cáo sai sự thật", recorded)?;
    }
    Ok(DAYS)
}

fn decisions<S: Sink>(member: &Member<'_>, dice: &mut Dice, tables: &mut Tables<'_, S>) -> Result<()> {
    if dice.happens(8_000) {
        // before anybody can be withdrawn: a unit and day is excused once
        let day = dice.below(BASELINE_DAYS as u32 + 2) as usize;
        let life = life(day, dice);
        tables.excuse(member.code, day, dice.pick(&EXCUSES).unwrap_or_default(), life)?;
    }
    // nobody knows the level at which a newcomer began
    let declared = if member.habit == Habit::Newcomer { 400_000 } else { 2_000 };
    if dice.happens(declared) {
        let sum = member.series.iter().take(BASELINE_DAYS).fold(0u16, |sum, day| sum.saturating_add(*day));
        let level = member.cuts.iter().filter(|cut| sum >= **cut).count();
        let level = LEVELS.get(level).copied().unwrap_or("red");
        let life = life(BASELINE_DAYS, dice);
        tables.start_level(member.code, level, "theo biên bản của Ban chỉ đạo", life)?;
    }
    if dice.happens(10_000) {
        let is_bonus = dice.happens(600_000);
        let (kind, reasons) = if is_bonus { ("bonus", &BONUSES[..]) } else { ("deduction", &DEDUCTIONS[..]) };
        let day = BASELINE_DAYS + dice.below(15) as usize;
        let (halves, reason) = (dice.between(1, 10), dice.pick(reasons).unwrap_or_default());
        let life = life(day, dice);
        tables.adjustment(member.code, kind, halves, reason, life)?;
    }
    Ok(())
}

/// Decisions are recorded the day after, and one in eight is taken back.
fn life(day: usize, dice: &mut Dice) -> Life {
    let recorded = moment(day + 1, dice);
    let withdrawn = dice.happens(125_000).then(|| recorded + HOUR + Second::from(dice.below(3 * 86_400)));
    Life { recorded, withdrawn }
}
