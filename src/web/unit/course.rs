//! What a unit's page tells beyond the standing: rank and level by day, what the next place
//! would take, and the figures that were corrected.
//!
//! All of it is read from the views of the API: what a reader does not see is null there.

use crate::domain::{Campaign, Day};
use crate::service::effort::EffortView;
use crate::service::history::{HistoryDayView, HistoryView};
use crate::service::views::FigureRevisionView;
use crate::service::words::unranked_reason;
use crate::web::forms::scrolling;
use crate::web::frame::level_sign;
use crate::web::words::Language;
use maud::{Markup, html};

/// A day as people write it.
fn day_of(date: &str, l: Language) -> String {
    date.parse::<Day>().map_or_else(|_| date.to_owned(), |day| l.long_day(day))
}

/// Rank, points and level on the board of each day, the latest first.
pub(super) fn by_day(history: &HistoryView, campaign: &Campaign, l: Language) -> Markup {
    let heading = l.pick("Hạng và cấp độ theo ngày", "Rank and level by day");
    html! {
        section {
            h2 { (heading) }
            (scrolling(heading, &html! {
                table.days-table {
                    caption.vh { (history.unit.name) ": " (heading) }
                    thead { tr {
                        th scope="col" { (l.pick("Bảng ngày", "Board of")) }
                        th.num scope="col" { (l.pick("Hạng", "Rank")) }
                        th.num scope="col" { (l.pick("Điểm", "Points")) }
                        th scope="col" { (l.pick("Cấp độ", "Level")) }
                    } }
                    tbody { @for day in history.items.iter().rev() { (board_row(day, campaign, l)) } }
                }
            }))
        }
    }
}

fn board_row(day: &HistoryDayView, campaign: &Campaign, l: Language) -> Markup {
    let reasons: Vec<&str> = day.unranked.iter().map(|code| unranked_reason(code, l.is_vi())).collect();
    html! {
        tr {
            th scope="row" { (day_of(&day.date, l)) }
            td.num {
                @match day.rank {
                    Some(rank) => { b { (rank) } " / " (day.ranked) },
                    None if reasons.is_empty() => "–",
                    None => (reasons.join(" · ")),
                }
            }
            td.num { @match day.points { Some(points) => (l.two_decimals(points)), None => "–" } }
            td { @match &day.level { Some(level) => (level_sign(&campaign.scheme, l, level, true)), None => "–" } }
        }
    }
}

/// What it would have taken to pass the nearest unit of better rank.
pub(super) fn next_step(effort: &EffortView, l: Language) -> Markup {
    let told = told(effort, l);
    html! {
        @if !told.is_empty() {
            section.panel.why {
                h2 { (l.pick("Bước tiếp theo cần gì", "What the next place would take")) }
                ul.said { @for sentence in &told { li { (sentence) } } }
                p.note { (l.pick(
                    "Tính bằng cách thử lại số liệu trên chính bảng này, mọi đơn vị khác giữ nguyên. Không phải dự báo.",
                    "Found by ranking this very board with other figures, all other units as they are. It is no forecast.",
                )) }
            }
        }
    }
}

fn told(effort: &EffortView, l: Language) -> Vec<String> {
    let reason = effort.reason.map(|reason| match reason {
        "already_first" => l.pick("Đơn vị đang dẫn đầu.", "The unit is first."),
        "unranked" => {
            l.pick("Đơn vị chưa có hạng, nên chưa có ai để vượt.", "The unit has no rank, so there is nobody to pass.")
        }
        "sum_of_others" => l.pick(
            "Số liệu là tổng của các đơn vị bên dưới; hãy xem từng đơn vị.",
            "Its figures are a sum; look at the units below it.",
        ),
        "not_enough" => l.pick(
            "Dù không có ca nào trong kỳ cũng chưa vượt được.",
            "Not even a window without a case would be enough.",
        ),
        _ => l.pick("Có quá nhiều cách để thử hết.", "There are too many ways to try."),
    });
    let mut told: Vec<String> = reason.map(str::to_owned).into_iter().collect();
    let Some((other, rank)) = effort.unit.as_ref().zip(effort.rank) else { return told };
    let name = &other.name;
    if let Some(fewer) = &effort.fewer_cases {
        told.push(match l {
            Language::Vi => format!(
                "Vượt {name} (hạng {rank}): ít hơn {} ca, bớt từ ngày gần nhất; khi đó hạng {}.",
                l.whole(fewer.cases),
                fewer.rank
            ),
            Language::En => format!(
                "To pass {name} (rank {rank}): {} cases fewer, from the latest days first; rank {} then.",
                l.whole(fewer.cases),
                fewer.rank
            ),
        });
    }
    if let Some(clean) = &effort.clean_days {
        let dates: Vec<String> = clean.dates.iter().map(|date| day_of(date, l)).collect();
        let dates = dates.join(", ");
        told.push(match l {
            Language::Vi => {
                format!("Hoặc {} ngày có ca là ngày sạch ({dates}); khi đó hạng {}.", clean.days, clean.rank)
            }
            Language::En => format!("Or {} days with cases clean ({dates}); rank {} then.", clean.days, clean.rank),
        });
    }
    told
}

/// Days whose figure was corrected or taken back, with every value that it had.
pub(super) fn corrections(days: &[(Day, Vec<FigureRevisionView>)], campaign: &Campaign, l: Language) -> Markup {
    let heading = l.pick("Lịch sử đính chính", "History of corrections");
    let is_corrected = |(_, revisions): &&(Day, Vec<FigureRevisionView>)| {
        revisions.len() > 1 || revisions.iter().any(|revision| revision.withdrawn_at.is_some())
    };
    let corrected: Vec<_> = days.iter().filter(is_corrected).collect();
    html! {
        section {
            h2 { (heading) }
            @if corrected.is_empty() {
                p.note { (l.pick("Chưa có số nào được đính chính.", "No figure was corrected.")) }
            } @else {
                @let rows = corrected.iter().rev().flat_map(|(day, revisions)| revisions.iter().map(|revision| (*day, revision)));
                (revision_table(heading, rows, campaign, l))
            }
        }
    }
}

/// Everything that was recorded for one day, the oldest first.
pub(in crate::web) fn revisions(
    heading: &str,
    day: Day,
    revisions: &[FigureRevisionView],
    campaign: &Campaign,
    l: Language,
) -> Markup {
    html! {
        section {
            h2 { (heading) }
            (revision_table(heading, revisions.iter().map(|revision| (day, revision)), campaign, l))
        }
    }
}

fn revision_table<'a>(
    heading: &str,
    rows: impl Iterator<Item = (Day, &'a FigureRevisionView)>,
    campaign: &Campaign,
    l: Language,
) -> Markup {
    scrolling(
        heading,
        &html! {
            table.days-table {
                caption.vh { (heading) }
                thead { tr {
                    th scope="col" { (l.pick("Ngày", "Day")) }
                    th.num scope="col" { (l.pick("F0 cộng đồng", "Community F0")) }
                    th scope="col" { (l.pick("Ghi lúc", "Recorded at")) }
                    th scope="col" { (l.pick("Bản số", "Revision")) }
                    th scope="col" { (l.pick("Lý do", "Reason")) }
                } }
                tbody { @for (day, revision) in rows { (revision_row(day, revision, campaign, l)) } }
            }
        },
    )
}

fn revision_row(day: Day, revision: &FigureRevisionView, campaign: &Campaign, l: Language) -> Markup {
    let at = |instant| l.moment(instant, campaign.time_zone);
    let reasons: Vec<&str> =
        [&revision.reason, &revision.withdrawn_reason].into_iter().flatten().map(String::as_str).collect();
    html! {
        tr {
            th scope="row" { (l.long_day(day)) }
            td.num {
                (l.whole(revision.figure.community_f0))
                @if let Some(taken) = revision.withdrawn_at { br; small { (l.pick("rút lại lúc", "taken back at")) " " (at(taken)) } }
            }
            td { @match revision.figure.recorded_at { Some(instant) => (at(instant)), None => (l.pick("có sẵn trong gói số liệu", "came with the pack")) } }
            td { (l.whole(revision.revision.unsigned_abs())) }
            td {
                @if reasons.is_empty() { "–" } @else { (reasons.join(" · ")) }
                @for two in [&revision.two_persons, &revision.withdrawn_by_two].into_iter().flatten() {
                    br; small { @if l.is_vi() { (two.requested_by) " đề nghị, " (two.approved_by) " duyệt" } @else { "asked by " (two.requested_by) ", approved by " (two.approved_by) } }
                }
            }
        }
    }
}
