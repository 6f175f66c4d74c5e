//! What a change does to ranks and levels, as a table: the same for what waits for a second
//! person, for a file that is tried, and for what moved since an appeal.

use super::Room;
use crate::domain::number::Hundredths;
use crate::service::Fault;
use crate::service::words::unranked_reason;
use crate::web::forms::scrolling;
use crate::web::frame::level_sign;
use maud::{Markup, html};
use serde::Deserialize;

/// An effect as answers tell it, and as it is kept with an appeal.
#[derive(Debug, Deserialize)]
pub(super) struct Effect {
    /// The day of the boards.
    as_of: Option<String>,
    /// The unit that an effect is asked for, whether it moved or not.
    own: Option<Move>,
    boards: Vec<Board>,
}

#[derive(Debug, Deserialize)]
struct Board {
    kind: String,
    changed: Changed,
    total: u64,
    items: Vec<Move>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    ranks: u64,
    points: u64,
    levels: u64,
}

#[derive(Debug, Deserialize)]
struct Move {
    unit: Unit,
    before: Place,
    after: Place,
}

#[derive(Debug, Deserialize)]
struct Unit {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Place {
    track: String,
    rank: Option<u64>,
    points: Option<f64>,
    level: Option<Level>,
    unranked: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Level {
    current: String,
}

impl Effect {
    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn of(view: impl serde::Serialize) -> Result<Self, Fault> {
        let value = serde_json::to_value(view).map_err(Fault::internal)?;
        serde_json::from_value(value).map_err(Fault::internal)
    }
}

/// The effect: the unit that it is asked for, then board by board.
pub(super) fn effect(room: &Room, effect: &Effect) -> Markup {
    let l = room.l;
    html! {
        @match &effect.as_of {
            Some(day) => p.note { (l.pick("Trên bảng hết ngày", "On the boards at the end of")) " " (room.day(day)) },
            None => p { (l.pick("Không có bảng nào thay đổi.", "No board changes.")) },
        }
        @if let Some(own) = &effect.own { (table(room, &own.unit.name, std::slice::from_ref(own))) }
        @if effect.as_of.is_some() && effect.boards.is_empty() {
            p { b { (l.pick("Không thứ hạng, điểm hay cấp độ nào thay đổi.", "No rank, no points and no level change.")) } }
        }
        @for board in &effect.boards { (of_board(room, board)) }
    }
}

fn of_board(room: &Room, board: &Board) -> Markup {
    let l = room.l;
    let kind = room.campaign().kinds.iter().find(|kind| kind.code == board.kind);
    let name = kind.and_then(|kind| kind.name.pick(l.is_vi())).unwrap_or(&board.kind);
    let changed = &board.changed;
    let (ranks, points, levels) = (l.whole(changed.ranks), l.whole(changed.points), l.whole(changed.levels));
    let summary = if l.is_vi() {
        format!("{name}: đổi hạng {ranks} đơn vị, đổi điểm {points}, đổi cấp độ {levels}")
    } else {
        format!("{name}: the rank of {ranks} changes, the points of {points}, the level of {levels}")
    };
    let more = board.total.saturating_sub(board.items.len() as u64);
    html! {
        (table(room, &summary, &board.items))
        @if more > 0 { p.note { @if l.is_vi() { "và " (l.whole(more)) " đơn vị nữa" } @else { "and " (l.whole(more)) " more" } } }
    }
}

fn table(room: &Room, caption: &str, moves: &[Move]) -> Markup {
    let l = room.l;
    html! {
        (scrolling(caption, &html! {
            table.days-table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (l.pick("Đơn vị", "Unit")) }
                    th scope="col" { (l.pick("Hạng", "Rank")) }
                    th scope="col" { (l.pick("Điểm", "Points")) }
                    th scope="col" { (l.pick("Cấp độ", "Level")) }
                } }
                tbody { @for item in moves { (row(room, item)) } }
            }
        }))
    }
}

/// One unit before and after.
fn row(room: &Room, item: &Move) -> Markup {
    let (before, after) = (&item.before, &item.after);
    html! {
        tr {
            th scope="row" { (item.unit.name) }
            td { (change(&rank(room, before), &rank(room, after))) }
            td { (change(&points(room, before), &points(room, after))) }
            td {
                @match (level(before), level(after)) {
                    (Some(was), Some(is)) if was == is => (level_sign(&room.campaign().scheme, room.l, is, true)),
                    (was, is) => {
                        @if let Some(was) = was { (level_sign(&room.campaign().scheme, room.l, was, true)) } @else { "–" }
                        " → "
                        @if let Some(is) = is { (level_sign(&room.campaign().scheme, room.l, is, true)) } @else { "–" }
                    },
                }
            }
        }
    }
}

fn change(before: &str, after: &str) -> Markup {
    html! { @if before == after { (after) } @else { (before) " → " b { (after) } } }
}

fn rank(room: &Room, place: &Place) -> String {
    let l = room.l;
    let track = match place.track.as_str() {
        "kept_clean" => l.pick(" (giữ sạch)", " (kept clean)"),
        _ => "",
    };
    match (place.rank, place.unranked.as_slice()) {
        (Some(rank), _) => format!("{}{track}", l.whole(rank)),
        (None, []) => "–".to_owned(),
        (None, reasons) => {
            let reasons: Vec<&str> = reasons.iter().map(|code| unranked_reason(code, l.is_vi())).collect();
            reasons.join(" · ")
        }
    }
}

fn points(room: &Room, place: &Place) -> String {
    // points have two decimals, which a number of an answer holds exactly enough
    let exact = |points: f64| Hundredths((points * 100.0).round() as i64);
    place.points.map_or_else(|| "–".to_owned(), |points| room.l.two_decimals(exact(points)))
}

fn level(place: &Place) -> Option<&str> {
    place.level.as_ref().map(|level| level.current.as_str())
}
