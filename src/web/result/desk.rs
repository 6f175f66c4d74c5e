//! What council, committee and auditors see of a result besides the public: what stands in
//! its way and where that is mended, the freeze, the forms that act.

use super::super::forms::{alert, hidden, reason_field, receipt, scrolling};
use super::super::words::Language;
use super::acts::CAN_BE_SET_ASIDE;
use super::{Desk, Matter, Said, awards};
use crate::domain::time::parse_day;
use crate::http::call::Call;
use crate::http::problem::ApiError;
use crate::service::exports::What;
use crate::service::figures::escape;
use crate::service::pins::PinView;
use crate::service::results::{BlockerView, ChangedUnitView, DifferenceView, IssuePlaceView, ResultRowView};
use maud::{Markup, html};

/// The council's part of the page.
pub(super) fn desk(desk: &Desk, call: &Call, matter: &Matter, said: &Said<'_>) -> Result<Markup, ApiError> {
    Ok(html! {
        (receipt(said.sent.and_then(|sent| sent_words(desk.l, sent))))
        (blockers(desk, matter))
        @if desk.may_act { (finalise(desk, call, matter, said)?) }
        (freeze(desk, call, matter, said)?)
        (awards::awards(desk, call, matter, said)?)
        section {
            h2 { (desk.l.pick("Tệp của đợt thi đua đang chạy", "Files of the campaign as it stands")) }
            p.links { (live_files(desk)) }
        }
    })
}

fn sent_words(l: Language, sent: &str) -> Option<&'static str> {
    let (vi, en) = match sent {
        "frozen" => ("Đã ghi lệnh tạm khóa bảng.", "The freeze was recorded."),
        "thawed" => ("Đã mở khóa bảng.", "The boards are thawed."),
        "issued" => ("Đã công bố kết quả.", "The result was issued."),
        "revoked" => ("Đã thu hồi kết quả.", "The result was revoked."),
        "decided" => ("Đã ghi quyết định về đồng hạng.", "The decision about the tie was recorded."),
        "taken_back" => ("Đã rút quyết định về đồng hạng.", "The decision about the tie was taken back."),
        _ => return None,
    };
    Some(if l.is_vi() { vi } else { en })
}

/// A blocker by its code, shortly.
pub(super) fn blocker_word(l: Language, code: &str) -> &str {
    match code {
        "unanswered_flags" => l.pick("Cờ nghi vấn chưa trả lời", "Unanswered flags"),
        "pending_approvals" => l.pick("Yêu cầu đang chờ duyệt", "Requests that wait"),
        "open_appeals" => l.pick("Khiếu nại chưa trả lời", "Open appeals"),
        "undecided_ties" => l.pick("Đồng hạng chưa quyết định", "Undecided ties"),
        other => other,
    }
}

/// Where one mends what stands in the way.
fn mended_at(desk: &Desk, code: &str) -> String {
    let page = match code {
        "unanswered_flags" => "console/flags",
        "pending_approvals" => "console/approvals",
        "open_appeals" => "console/appeals",
        "undecided_ties" => return "#awards-h".to_owned(),
        _ => "console",
    };
    format!("/c/{}/{page}?lang={}", escape(&desk.campaign().code), desk.l.code())
}

fn blockers(desk: &Desk, matter: &Matter) -> Markup {
    let l = desk.l;
    let items = &matter.blockers.items;
    let count = l.whole(items.len() as u64);
    html! {
        section aria-labelledby="blockers-h" {
            h2 id="blockers-h" {
                @match (l, items.len()) {
                    (Language::Vi, 0) => { "Không còn vướng mắc: có thể công bố" },
                    (Language::En, 0) => { "Nothing stands in the way of a result" },
                    (Language::Vi, _) => { "Công bố: còn " (count) " vướng mắc" },
                    (Language::En, 1) => { "Publish the result: 1 blocker" },
                    (Language::En, _) => { "Publish the result: " (count) " blockers" },
                }
            }
            ul.plain { @for item in items { (blocker(desk, item)) } }
        }
    }
}

fn blocker(desk: &Desk, item: &BlockerView) -> Markup {
    let l = desk.l;
    let name = if l.is_vi() { &item.name.vi } else { &item.name.en };
    let day = |text: &str| parse_day(text).map_or_else(|_| text.to_owned(), |day| l.short_day(day));
    let examples = item.examples.iter().filter_map(|example| {
        let parts = [example.unit_name.clone(), example.date.as_deref().map(day)];
        let words: Vec<String> = parts.into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" "))
    });
    let examples: Vec<String> = examples.collect();
    html! {
        li {
            a href=(mended_at(desk, item.code)) { (name) } " (" (l.whole(item.count)) ")"
            @if !examples.is_empty() { ": " (examples.join("; ")) @if item.count > examples.len() as u64 { "; …" } }
            " – "
            @if item.can_be_overridden { (l.pick("có thể bỏ qua nếu ghi lý do", "can be set aside with a reason")) }
            @else { (l.pick("không ai được bỏ qua", "nobody can set this aside")) }
        }
    }
}

fn finalise(desk: &Desk, call: &Call, matter: &Matter, said: &Said<'_>) -> Result<Markup, ApiError> {
    let l = desk.l;
    let open = matter.blockers.items.iter().filter(|item| CAN_BE_SET_ASIDE.contains(&item.code));
    let first = desk.issues.is_empty();
    Ok(html! {
        form.act.panel method="post" action=(desk.action("finalise")) {
            h2 { @if first { (l.pick("Công bố kết quả", "Publish the result")) } @else { (l.pick("Công bố lại sau đính chính", "Issue again after corrections")) } }
            (alert(l, said.of("finalise")))
            (hidden(call)?)
            @for item in open {
                @let field = format!("aside-{}", item.code);
                label for=(field) { (l.pick("Bỏ qua", "Set aside")) ": " (blocker_word(l, item.code)) " – " (l.pick("ghi lý do, để trống là không bỏ qua", "say why; left empty it is not set aside")) }
                input id=(field) name=(field) maxlength="500" value=(said.typed("finalise", &field));
            }
            (reason_field(l, "finalise-reason", &said.typed("finalise", "reason")))
            button.btn.main { (l.pick("Công bố kết quả", "Publish the result")) }
        }
    })
}

fn freeze(desk: &Desk, call: &Call, matter: &Matter, said: &Said<'_>) -> Result<Markup, ApiError> {
    let l = desk.l;
    let view = &matter.freeze;
    let is_frozen = view.pin.as_ref().is_some_and(|pin| pin.issue.is_none()) || view.plan.is_some();
    Ok(html! {
        section aria-labelledby="freeze-h" {
            h2 id="freeze-h" { (l.pick("Tạm khóa bảng", "Freeze")) }
            p {
                @match view.status {
                    "frozen" => (l.pick("Công chúng đang xem bản tạm khóa.", "The public sees a frozen board.")),
                    "final" => (l.pick("Công chúng đang xem kết quả đã công bố.", "The public sees the final result.")),
                    _ => (l.pick("Công chúng đang xem bảng đang chạy.", "The public sees the campaign as it stands.")),
                }
            }
            @for pin in view.pin.iter().chain(view.plan.iter()) { p.note { (pin_words(desk, pin)) } }
            @if desk.may_act {
                @if is_frozen {
                    form.act.panel method="post" action=(desk.action("thaw")) {
                        h3 { (l.pick("Mở khóa bảng", "Thaw the boards")) }
                        (alert(l, said.of("thaw")))
                        (hidden(call)?)
                        (reason_field(l, "thaw-reason", &said.typed("thaw", "reason")))
                        button.btn { (l.pick("Mở khóa", "Thaw")) }
                    }
                } @else {
                    form.act.panel method="post" action=(desk.action("freeze")) {
                        h3 { (l.pick("Khóa những gì công chúng xem", "Freeze what the public sees")) }
                        (alert(l, said.of("freeze")))
                        (hidden(call)?)
                        label for="from" { (l.pick("Từ đầu ngày (năm-tháng-ngày; để trống là ngay bây giờ)", "From the beginning of a day (year-month-day; empty: at once)")) }
                        input id="from" name="from" maxlength="10" placeholder="2021-07-20" value=(said.typed("freeze", "from"));
                        (reason_field(l, "freeze-reason", &said.typed("freeze", "reason")))
                        button.btn { (l.pick("Tạm khóa", "Freeze")) }
                    }
                }
            }
        }
    })
}

fn pin_words(desk: &Desk, pin: &PinView) -> String {
    let at = pin.since.or(pin.from).map(|at| desk.moment(at)).unwrap_or_default();
    let (who, why) = (&pin.author, &pin.reason);
    match (desk.l, pin.since.is_some()) {
        (Language::Vi, true) => format!("Từ {at}, do {who}: {why}"),
        (Language::Vi, false) => format!("Sẽ khóa lúc {at}, do {who}: {why}"),
        (Language::En, true) => format!("Since {at}, by {who}: {why}"),
        (Language::En, false) => format!("Planned for {at}, by {who}: {why}"),
    }
}

/// The form that revokes an issue.
pub(super) fn revoke(desk: &Desk, hidden: &Markup, said: &Said<'_>) -> Markup {
    let l = desk.l;
    let standing: Vec<&ResultRowView> = desk.issues.iter().filter(|row| row.status != "revoked").collect();
    html! {
        @if !standing.is_empty() {
            form.act.panel method="post" action=(desk.action("revoke")) {
                h3 { (l.pick("Thu hồi một lần công bố", "Revoke an issue")) }
                (alert(l, said.of("revoke")))
                (hidden)
                label for="revoke-issue" { (l.pick("Lần công bố", "Issue")) }
                select id="revoke-issue" name="issue" {
                    @for row in &standing { option value=(row.issue) { (l.pick("Lần", "Issue")) " " (row.issue) } }
                }
                (reason_field(l, "revoke-reason", &said.typed("revoke", "reason")))
                button.btn { (l.pick("Thu hồi", "Revoke")) }
            }
        }
    }
}

/// The exports, each as all it can be had as; of an issue, or of the campaign as it stands.
fn exports(desk: &Desk, base: &str, issue: Option<i64>) -> Markup {
    let l = desk.l;
    let name = |what: What| match what {
        What::Leaderboard => l.pick("Bảng", "Boards"),
        What::Awards => l.pick("Khen thưởng", "Awards"),
        What::Decision => l.pick("Hồ sơ quyết định", "Decision pack"),
        What::Certificates => l.pick("Giấy khen", "Certificates"),
    };
    let issue = issue.map(|n| format!("&issue={n}")).unwrap_or_default();
    let has_awards = !desk.campaign().awards.list.is_empty();
    html! {
        @for what in What::ALL.into_iter().filter(|what| *what == What::Leaderboard || has_awards) {
            @for format in what.formats() {
                a href=(format!("{base}/files/{}?format={}{issue}", what.code(), format.code())) { (name(what)) " " (format.code().to_uppercase()) }
                " "
            }
        }
    }
}

fn live_files(desk: &Desk) -> Markup {
    exports(desk, &format!("/c/{}", escape(&desk.campaign().code)), None)
}

/// The files of an issue for those who see it whole.
pub(super) fn files_of(desk: &Desk, base: &str, issue: i64) -> Markup {
    html! {
        a href=(format!("{base}/result/{issue}/proof")) { (desk.l.pick("Bản chứng thực đầy đủ", "Whole proof")) }
        " " (exports(desk, base, Some(issue)))
    }
}

/// What became different with an issue.
pub(super) fn difference(desk: &Desk, row: &ResultRowView, difference: &DifferenceView) -> Markup {
    let l = desk.l;
    let title = match l {
        Language::Vi => format!("Lần {} khác lần {} ở đâu", row.issue, difference.against),
        Language::En => format!("What issue {} changed from issue {}", row.issue, difference.against),
    };
    let changed = difference.kinds.iter().flat_map(|kind| &kind.items);
    let table = html! {
        table.days-table {
            caption.vh { (title) }
            thead { tr {
                th scope="col" { (l.pick("Đơn vị", "Unit")) }
                th scope="col" { (l.pick("Trước", "Before")) }
                th scope="col" { (l.pick("Nay", "Now")) }
            } }
            tbody { @for unit in changed { (changed_unit(desk, unit)) } }
        }
    };
    html! {
        section {
            h2 { (title) }
            @if difference.kinds.is_empty() {
                p { (l.pick("Không có gì khác về hạng, điểm, cấp độ và giải.", "Nothing of rank, points, level and awards.")) }
            } @else { (scrolling(&title, &table)) }
        }
    }
}

fn changed_unit(desk: &Desk, unit: &ChangedUnitView) -> Markup {
    html! {
        tr {
            th scope="row" { (unit.name) }
            td { (place(desk, unit.before.as_ref())) }
            td { (place(desk, unit.after.as_ref())) }
        }
    }
}

fn place(desk: &Desk, place: Option<&IssuePlaceView>) -> String {
    let l = desk.l;
    let Some(place) = place else { return "–".to_owned() };
    let rank = match place.rank {
        Some(rank) => format!("{} {rank}", l.pick("hạng", "rank")),
        None => l.pick("chưa xếp hạng", "unranked").to_owned(),
    };
    let track = crate::service::words::track(&place.track, l.is_vi());
    let points = place.points.as_ref().map(|points| {
        let text = points.to_string();
        format!("{} {}", if l.is_vi() { text.replace('.', ",") } else { text }, l.pick("điểm", "points"))
    });
    let scheme = &desk.campaign().scheme;
    let level = place.level.as_deref().map(|code| super::super::frame::level_word(scheme, l, code).to_lowercase());
    let all = [Some(format!("{rank} ({track})")), points, level, place.award.clone()];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
