//! `/c/{campaign}/console/approvals`: what waits for a second person, with its effect on ranks
//! and levels before anybody decides.
//!
//! The form carries the entity tag of what was looked at, so that nobody approves an effect
//! that they have not seen.

use super::effects::{Effect, effect};
use super::{ROWS, Room, done, page_asked, rows_of, to_sign_in};
use crate::domain::text::parse_reason;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::{Approve, Waiting};
use crate::service::approvals::{
    ApprovalDetailView, ApprovalFilter, ApprovalRowView, ApprovalState, ApprovalView, Viewer,
};
use crate::service::figures::escape;
use crate::service::rendered::etag_of;
use crate::service::views::CountsView;
use crate::service::words::indicator;
use crate::service::writer::IfMatch;
use crate::service::{Code, Fault};
use crate::web::forms::{alert, hidden, reason, scrolling, typed};
use crate::web::language;
use crate::web::problems::Refused;
use crate::web::words::Language;
use actix_web::web;
use maud::{Markup, html};

/// Shows the list.
pub(super) async fn get_approvals(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console/approvals");
    }
    let viewer = Viewer::of(&call.caller, &call.path("campaign")?)?;
    let state = call.parse("state", "pending, approved, rejected, stale or withdrawn", ApprovalState::parse)?;
    let room = Room::open(&call, l).await?;
    let (campaign, filter) = (room.campaign().code.clone(), ApprovalFilter { state, unit: None });
    let found = call.service.blocking(move |service| service.approvals(&campaign, &filter, &viewer)).await?;
    let (page, total) = (page_asked(&call)?, found.items.len());
    let rest = state.map_or_else(String::new, |state| format!("state={}&", state.code()));
    let shown: Vec<&ApprovalView> = found.items.iter().skip(rows_of(page).start).take(ROWS).collect();
    let states = [("", l.pick("Tất cả", "All")), ("pending", l.pick("Đang chờ", "Waiting"))];
    let content = html! {
        div.head { h1 { (l.pick("Chờ người khác duyệt", "Waiting for a second person")) } }
        nav.tabs aria-label=(l.pick("Trạng thái", "State")) { ul {
            @for (code, name) in states {
                @let rest = if code.is_empty() { String::new() } else { format!("state={code}&") };
                li { a href=(room.address("console/approvals", &rest)) aria-current=[(state.map_or("", ApprovalState::code) == code).then_some("true")] { (name) } }
            }
        } }
        @if shown.is_empty() { div.panel.empty { p { (l.pick("Không có đề nghị nào.", "There is no request.")) } } }
        @else {
            div.panel.pad { ul.todo {
                @for approval in shown {
                    li {
                        a href=(room.address(&format!("console/approvals/{}", escape(&approval.id)), "")) { b { (title(&room, approval)) } }
                        " · " (state_words(l, approval.state))
                        br; (approval.requested_by) ", " (room.moment(approval.requested_at))
                        @if let Some(reason) = &approval.reason { br; "“" (reason) "”" }
                    }
                }
            } }
        }
        (room.turner("console/approvals", &rest, (page, total)))
    };
    Ok(room.shown(&call, ("console/approvals", l.pick("Chờ duyệt", "Approvals")), &content))
}

/// Shows one with its effect.
pub(super) async fn get_approval(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console/approvals");
    }
    let told = match call.get("done") {
        Some("approved") => Some(l.pick("Đã duyệt.", "Approved.")),
        Some("rejected") => Some(l.pick("Đã từ chối.", "Refused.")),
        Some("withdrawn") => Some(l.pick("Đã rút đề nghị.", "The request is taken back.")),
        _ => None,
    };
    shown(&call, None, told).await
}

/// Approves or refuses.
pub(super) async fn post_approval(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console/approvals");
    }
    let form = call.form(payload).await?;
    if form.get("verdict") == Some("withdraw") {
        return withdraw(&call, l, &form).await;
    }
    let grant = call.may::<Approve>()?;
    let room = Room::open(&call, l).await?;
    let (campaign, id) = (room.campaign().code.clone(), call.path("id")?);
    let seen = form.get("seen").map(|tag| IfMatch::Tags(vec![tag.to_owned()]));
    let told = if form.get("verdict") == Some("reject") { "rejected" } else { "approved" };
    let request = |if_match| call.form_write(&form, if_match);
    let written = match (told, said(&form)) {
        (_, Err(fault)) => Err(fault),
        ("rejected", Ok(Some(reason))) => {
            call.service.reject(&grant, &campaign, id.clone(), reason, request(None)).answer().await
        }
        ("rejected", Ok(None)) => {
            let expected = "refusing needs a reason: 1 to 500 characters";
            Err(Fault::of_field(Code::ReasonRequired, "/reason", expected))
        }
        (_, Ok(reason)) => call.service.approve(&grant, &campaign, id.clone(), reason, request(seen)).answer().await,
    };
    match written {
        Ok(_) => {
            let page = format!("console/approvals/{}", escape(&id));
            call.see_other(&room.address(&page, &format!("done={told}&")))
        }
        Err(fault) => shown(&call, Some((Refused::of(fault)?, typed(&form, "reason"))), None).await,
    }
}

/// Who asked takes it back.
async fn withdraw(call: &Call, l: Language, form: &Form) -> Answer {
    let (grant, sees_others) = (call.caller.known()?, call.may::<Waiting>().is_ok());
    let (campaign, id) = (call.path("campaign")?, call.path("id")?);
    let page = format!("/c/{}/console/approvals/{}?done=withdrawn&lang={}", escape(&campaign), escape(&id), l.code());
    let written = match reason(form, "reason") {
        Ok(reason) => {
            let request = call.form_write(form, None);
            call.service.withdraw_request(&grant, &campaign, (id, sees_others), reason, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    match written {
        Ok(_) => call.see_other(&page),
        Err(fault) => shown(call, Some((Refused::of(fault)?, String::new())), None).await,
    }
}

/// The reason in the form, where one was typed.
fn said(form: &Form) -> Result<Option<String>, Fault> {
    match typed(form, "reason").as_str() {
        "" => Ok(None),
        text => parse_reason(text).map(Some).map_err(|expected| {
            Fault::of_field(Code::InvalidRequest, "/reason", format!("reason: expected {expected}"))
        }),
    }
}

async fn shown(call: &Call, not_done: Option<(Refused, String)>, told: Option<&str>) -> Answer {
    let viewer = Viewer::of(&call.caller, &call.path("campaign")?)?;
    let room = Room::open(call, language(call)?).await?;
    let l = room.l;
    let (campaign, id) = (room.campaign().code.clone(), call.path("id")?);
    let found = call.service.blocking(move |service| service.approval(&campaign, &id, &viewer)).await?;
    let (_, detail, has_private) = found;
    call.note_private_read(&room.snapshot, has_private).await?;
    let approval = &detail.approval;
    let content = html! {
        p.crumb { a href=(room.address("console/approvals", "")) { (l.pick("‹ Chờ duyệt", "‹ Approvals")) } }
        div.head {
            h1 { (title(&room, approval)) }
            p { (state_words(l, approval.state)) " · " (approval.requested_by) ", " (room.moment(approval.requested_at)) }
        }
        (done(told))
        @if let Some(reason) = &approval.reason { p { (l.pick("Lý do:", "Why:")) " “" (reason) "”" } }
        @if let (Some(by), Some(at)) = (&approval.decided_by, approval.decided_at) {
            p { (l.pick("Người quyết định:", "Decided by")) " " (by) ", " (room.moment(at)) @if let Some(why) = &approval.decided_reason { ": “" (why) "”" } }
        }
        @if !detail.rows.is_empty() { (rows(&room, &detail)) }
        @if let Some(document) = &detail.document {
            details { summary { (l.pick("Văn bản được đề nghị", "The document that is asked for")) } pre.document tabindex="0" { (serde_json::to_string_pretty(document).map_err(Fault::internal)?) } }
        }
        @if let Some(of) = &detail.effect {
            section.panel.pad { h2 { (l.pick("Nếu duyệt", "If it is approved")) } (effect(&room, &Effect::of(of)?)) }
        }
        (decide(call, &room, &detail, not_done)?)
    };
    let page = format!("console/approvals/{}", escape(&approval.id));
    Ok(room.shown(call, (&page, l.pick("Chờ duyệt", "Approvals")), &content))
}

/// What a request is about, in words.
fn title(room: &Room, approval: &ApprovalView) -> String {
    let l = room.l;
    let what = match approval.what.as_str() {
        "figure" => l.pick("Số liệu", "Figure"),
        "take_back" => l.pick("Rút số liệu", "Figure taken back"),
        "figures" => l.pick("Nhiều số liệu", "Several figures"),
        "import" => l.pick("Tệp số liệu", "File of figures"),
        "policy" => l.pick("Đổi quy tắc", "Change of the rules"),
        "campaign" => l.pick("Đổi đợt thi đua", "Change of the campaign"),
        other => other,
    };
    match (&approval.unit_code, &approval.date) {
        (Some(unit), Some(date)) => format!("{what}: {}, {}", room.unit_name(unit), room.day(date)),
        _ if approval.unit_days > 0 && l.is_vi() => format!("{what}: {} ô", l.whole(approval.unit_days)),
        _ if approval.unit_days > 0 => format!("{what}: {} unit-days", l.whole(approval.unit_days)),
        _ => what.to_owned(),
    }
}

fn state_words(l: Language, state: &str) -> &str {
    match state {
        "pending" => l.pick("đang chờ", "waiting"),
        "approved" => l.pick("đã duyệt", "approved"),
        "rejected" => l.pick("bị từ chối", "refused"),
        "stale" => l.pick("không còn hiệu lực vì số liệu đã đổi", "stale: what it was asked against has changed"),
        "withdrawn" => l.pick("đã rút", "taken back"),
        other => other,
    }
}

fn rows(room: &Room, detail: &ApprovalDetailView) -> Markup {
    let l = room.l;
    let more = detail.approval.unit_days.saturating_sub(detail.rows.len() as u64);
    let name = l.pick("Số liệu được đề nghị", "The figures that are asked for");
    html! {
        (scrolling(name, &html! {
            table.days-table {
                caption { (name) }
                thead { tr {
                    th scope="col" { (l.pick("Đơn vị", "Unit")) }
                    th scope="col" { (l.pick("Ngày", "Day")) }
                    th scope="col" { (l.pick("F0 cộng đồng", "Community F0")) }
                    th scope="col" { (l.pick("Số khác, ghi chú, lý do", "Other counts, note, reason")) }
                } }
                tbody { @for of in &detail.rows {
                    tr {
                        th scope="row" { (room.unit_name(&of.unit_code)) }
                        td { (room.day(&of.date)) }
                        td { (counted(l, of, detail.approval.state == "pending")) }
                        td { (others(l, of)) }
                    }
                } }
            }
        }))
        @if more > 0 { p.note { @if l.is_vi() { "và " (l.whole(more)) " ô nữa" } @else { "and " (l.whole(more)) " more" } } }
    }
}

fn counted(l: Language, row: &ApprovalRowView, waits: bool) -> Markup {
    let whole = |counts: Option<CountsView>| counts.map(|counts| l.whole(counts.community_f0));
    html! {
        @if waits {
            @match whole(row.before) { Some(before) => s { (before) }, None => (l.pick("chưa có", "none yet")) }
            " → "
        }
        b { (whole(row.after).unwrap_or_else(|| l.pick("rút lại", "taken back").to_owned())) }
    }
}

fn others(l: Language, row: &ApprovalRowView) -> Markup {
    let fields = |of: CountsView| {
        [
            ("contained_f0", of.contained_f0),
            ("unknown_source_f0", of.unknown_source_f0),
            ("high_risk_setting_f0", of.high_risk_setting_f0),
            ("households_f0", of.households_f0),
            ("linked_households_f0", of.linked_households_f0),
        ]
    };
    let number = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |count| l.whole(count));
    let before = row.before.map(fields);
    let changed = row.after.map(fields).into_iter().flatten().enumerate().filter_map(|(at, (code, after))| {
        let before = before.and_then(|before| before.get(at).copied()).and_then(|(_, count)| count);
        (before != after).then(|| format!("{}: {} → {}", indicator(code, l.is_vi()), number(before), number(after)))
    });
    let parts = changed.chain(row.note.clone()).chain(row.reason.as_ref().map(|reason| format!("“{reason}”")));
    html! { (parts.collect::<Vec<_>>().join(" · ")) }
}

/// The form, or why there is none.
fn decide(
    call: &Call,
    room: &Room,
    detail: &ApprovalDetailView,
    not_done: Option<(Refused, String)>,
) -> Result<Markup, ApiError> {
    let l = room.l;
    let told = not_done.as_ref().map(|(refused, _)| refused);
    if detail.approval.state != "pending" {
        return Ok(alert(l, told));
    }
    let (is_own, is_current) = (detail.approval.requested_by == call.caller.name(), detail.is_current == Some(true));
    let seen = etag_of(&serde_json::to_vec(detail).map_err(ApiError::internal)?);
    let typed = not_done.as_ref().map(|(_, typed)| typed.as_str()).unwrap_or_default();
    Ok(html! {
        (alert(l, told))
        @if !is_current {
            div.ribbon.warn { span { (l.pick(
                "Số liệu đã đổi từ khi đề nghị được gửi, nên không duyệt được nữa; người gửi cần đề nghị lại.",
                "What it was asked against has changed, so it cannot be approved any more; it has to be asked for anew.",
            )) } }
        }
        @if is_own {
            div.ribbon { span { (l.pick(
                "Đây là đề nghị của chính bạn; một người khác của Hội đồng phải duyệt.",
                "You asked for this yourself; somebody else of the council has to decide.",
            )) } }
            (room.take_back(call, &format!("console/approvals/{}", escape(&detail.approval.id)), ("verdict", "withdraw"), l.pick("Rút đề nghị", "Take the request back"))?)
        } @else if call.may::<Approve>().is_ok() {
            form.do.panel.pad method="post" action=(room.address(&format!("console/approvals/{}", escape(&detail.approval.id)), "")) {
                (hidden(call)?)
                input type="hidden" name="seen" value=(seen);
                label for="reason" { (l.pick("Lý do (bắt buộc khi từ chối)", "Why (needed to refuse)")) }
                textarea id="reason" name="reason" rows="2" maxlength="500" aria-describedby=[told.map(|_| "told")] { (typed) }
                div.row {
                    @if is_current { button.btn.main name="verdict" value="approve" { (l.pick("Duyệt", "Approve")) } }
                    button.btn name="verdict" value="reject" { (l.pick("Từ chối", "Refuse")) }
                }
            }
        }
    })
}
