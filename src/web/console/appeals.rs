//! `/c/{campaign}/appeals`: units appeal here until the last day that the campaign names, and
//! the council answers here.

use super::effects::{Effect, effect};
use super::{ROWS, Room, done, page_asked, rows_of, to_sign_in};
use crate::domain::appeals::{MAX_WORDS_CHARS, parse_words};
use crate::domain::text::parse_reason;
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::{Caller, Decisions, Figures, Hidden};
use crate::service::appeals::{
    AppealAnswerFor, AppealAnswerView, AppealDetailView, AppealFilter, AppealFor, AppealMatter, AppealState,
    AppealView, Counted,
};
use crate::service::figures::escape;
use crate::service::words::appeal_matter;
use crate::service::writer::Written;
use crate::service::{Code, Fault};
use crate::web::forms::{alert, hidden, reason, typed};
use crate::web::language;
use crate::web::problems::Refused;
use actix_web::web;
use maud::{Markup, html};

/// Shows the list, and the form to whoever may lodge one.
pub(super) async fn get_appeals(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "appeals");
    }
    call.may::<Hidden>()?;
    list(&call, None).await
}

/// Lodges an appeal.
pub(super) async fn post_appeal(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "appeals");
    }
    let (council, grant) = (call.may::<Decisions>(), call.may::<Figures>()?);
    let form = call.form(payload).await?;
    let room = Room::open(&call, l).await?;
    let draft = Draft::read(&form);
    let written = match draft.appeal(council.is_ok()) {
        Ok(appeal) => {
            let request = call.form_write(&form, None);
            call.service.lodge_appeal(&grant, &room.campaign().code, appeal, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    match written {
        Ok(written) => {
            let id = written.location.as_deref().and_then(|at| at.rsplit('/').next()).unwrap_or_default();
            call.see_other(&room.address(&format!("appeals/{id}"), "done=lodged&"))
        }
        Err(fault) => list(&call, Some((Refused::of(fault)?, draft))).await,
    }
}

/// What was typed into the form.
#[derive(Default)]
struct Draft {
    unit: String,
    text: String,
    date: String,
    what: String,
}

impl Draft {
    fn read(form: &Form) -> Self {
        let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
        Self { unit: field("unit"), text: typed(form, "text"), date: field("date"), what: field("what") }
    }

    fn appeal(&self, on_behalf: bool) -> Result<AppealFor, Fault> {
        let wrong = |pointer: &str, expected: &str| {
            Fault::of_field(Code::InvalidRequest, pointer, format!("expected {expected}"))
        };
        let about_day = match self.date.as_str() {
            "" => None,
            date => Some(parse_day(date).map_err(|_| wrong("/about/date", "a day"))?),
        };
        Ok(AppealFor {
            unit_code: self.unit.clone(),
            text: parse_words(&self.text).map_err(|expected| wrong("/text", expected))?,
            about_day,
            about_what: AppealMatter::parse(&self.what),
            on_behalf,
        })
    }
}

async fn list(call: &Call, typed: Option<(Refused, Draft)>) -> Answer {
    let room = Room::open(call, language(call)?).await?;
    let l = room.l;
    let state = call.parse("state", "open, accepted, rejected or withdrawn", AppealState::parse)?;
    let (campaign, audience) = (room.campaign().code.clone(), call.audience()?);
    let filter = AppealFilter { state, unit: None };
    let found = call.service.blocking(move |service| service.appeals(&campaign, &filter, &audience)).await?;
    call.note_private_read(&room.snapshot, found.has_private).await?;
    let (page, total) = (page_asked(call)?, found.items.len());
    let rest = state.map_or_else(String::new, |state| format!("state={}&", state.code()));
    let content = html! {
        div.head {
            h1 { (l.pick("Khiếu nại", "Appeals")) }
            p { (until(&room)) }
        }
        @if found.items.is_empty() { div.panel.empty { p { (l.pick("Không có khiếu nại nào.", "There is no appeal.")) } } }
        @else {
            div.panel.pad { ul.todo {
                @for appeal in found.items.iter().skip(rows_of(page).start).take(ROWS) { li { (item(&room, appeal)) } }
            } }
        }
        (room.turner("appeals", &rest, (page, total)))
        @if call.may::<Figures>().is_ok() { (lodge(call, &room, typed.as_ref())?) }
    };
    Ok(room.shown(call, ("appeals", l.pick("Khiếu nại", "Appeals")), &content))
}

/// Until when appeals are taken.
fn until(room: &Room) -> String {
    let l = room.l;
    match (room.campaign().appeals, l.is_vi()) {
        (Some(appeals), true) => format!("Nhận đến hết ngày {}.", l.long_day(appeals.until)),
        (Some(appeals), false) => format!("Taken until the end of {}.", l.long_day(appeals.until)),
        (None, true) => "Nhận đến khi có kết quả cuối cùng.".to_owned(),
        (None, false) => "Taken until the result is final.".to_owned(),
    }
}

fn item(room: &Room, appeal: &AppealView) -> Markup {
    let l = room.l;
    html! {
        a href=(room.address(&format!("appeals/{}", escape(&appeal.id)), "")) { b { (appeal.unit.name) } @if let Some(about) = about(room, appeal) { ": " (about) } }
        " · " (if l.is_vi() { &appeal.state_words.vi } else { &appeal.state_words.en })
        br; (appeal.lodged_by) ", " (room.moment(appeal.lodged_at))
    }
}

/// What it is about, where that was said.
fn about(room: &Room, appeal: &AppealView) -> Option<String> {
    let l = room.l;
    let about = appeal.about.as_ref()?;
    let what = about.what_words.as_ref().map(|words| if l.is_vi() { words.vi.clone() } else { words.en.clone() });
    let parts: Vec<String> = what.into_iter().chain(about.date.as_ref().map(|date| room.day(date))).collect();
    Some(parts.join(", "))
}

fn lodge(call: &Call, room: &Room, typed: Option<&(Refused, Draft)>) -> Result<Markup, ApiError> {
    let l = room.l;
    let own = match &call.caller {
        Caller::Known(who) => who.mandate.scope.unit().map(str::to_owned),
        _ => None,
    };
    let blank = Draft::default();
    let draft = typed.map_or(&blank, |(_, draft)| draft);
    let unit = if draft.unit.is_empty() { own.as_deref().unwrap_or_default() } else { draft.unit.as_str() };
    let is_wrong = typed.map(|_| "told");
    Ok(html! {
        section.panel.pad aria-labelledby="lodge" {
            h2 id="lodge" { (l.pick("Gửi khiếu nại", "Lodge an appeal")) }
            form.do method="post" action=(room.address("appeals", "")) {
                (alert(l, typed.map(|(refused, _)| refused)))
                (hidden(call)?)
                label for="unit" { (l.pick("Mã đơn vị", "Code of the unit")) }
                input id="unit" name="unit" type="text" maxlength="64" required value=(unit);
                label for="what" { (l.pick("Về việc (không bắt buộc)", "About (optional)")) }
                select id="what" name="what" {
                    option value="" { (l.pick("Việc khác", "Something else")) }
                    @for matter in AppealMatter::ALL {
                        option value=(matter.code()) selected[draft.what == matter.code()] { (appeal_matter(matter.code(), l.is_vi())) }
                    }
                }
                label for="date" { (l.pick("Ngày (không bắt buộc)", "Day (optional)")) }
                input id="date" name="date" type="date" value=(draft.date);
                label for="text" { (l.pick("Nội dung (không ghi tên người bệnh)", "What is said (no names of patients)")) }
                textarea id="text" name="text" rows="5" maxlength=(MAX_WORDS_CHARS) required aria-describedby=[is_wrong] { (draft.text) }
                button.btn { (l.pick("Gửi khiếu nại", "Lodge it")) }
            }
        }
    })
}

/// Shows one with its answers and its effect.
pub(super) async fn get_appeal(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "appeals");
    }
    call.may::<Hidden>()?;
    let told = match call.get("done") {
        Some("lodged") => Some(l.pick("Đã nhận khiếu nại.", "The appeal was received.")),
        Some("answered") => Some(l.pick("Đã trả lời.", "Answered.")),
        Some("withdrawn") => Some(l.pick("Đã rút khiếu nại.", "The appeal is taken back.")),
        _ => None,
    };
    one(&call, None, told).await
}

/// Takes the council's answer.
pub(super) async fn post_answer(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "appeals");
    }
    call.may::<Hidden>()?;
    let form = call.form(payload).await?;
    let room = Room::open(&call, l).await?;
    let id = call.path("id")?;
    let is_back = form.get("state") == Some("withdrawn");
    let written = match is_back {
        true => withdraw(&call, &room, &id, &form).await,
        false => settle(&call, &room, &id, &form).await,
    };
    match written {
        Ok(_) => {
            let told = if is_back { "withdrawn" } else { "answered" };
            call.see_other(&room.address(&format!("appeals/{}", escape(&id)), &format!("done={told}&")))
        }
        Err(fault) => {
            let typed = Typed {
                refused: Refused::of(fault)?,
                answer: typed(&form, "answer"),
                reason: typed(&form, "reason"),
                corrections: typed(&form, "corrections"),
            };
            one(&call, Some(typed), None).await
        }
    }
}

/// What has moved since an appeal was lodged, counted before the write waits for its turn.
async fn counted(call: &Call, room: &Room, id: &str) -> Result<Option<Counted>, Fault> {
    let of = (room.campaign().code.clone(), id.to_owned());
    call.service.blocking(move |service| service.counted_since_appeal(&of.0, &of.1)).await
}

/// The council answers it.
async fn settle(call: &Call, room: &Room, id: &str, form: &Form) -> Result<Written, Fault> {
    let campaign = &room.campaign().code;
    let grant = call.caller.may::<Decisions>(Some(campaign))?;
    let said = answer(form)?;
    let of = (id.to_owned(), counted(call, room, id).await?);
    call.service.answer_appeal(&grant, campaign, of, said, call.form_write(form, None)).answer().await
}

/// The unit's side takes it back.
async fn withdraw(call: &Call, room: &Room, id: &str, form: &Form) -> Result<Written, Fault> {
    let campaign = &room.campaign().code;
    let grant = call.caller.may::<Figures>(Some(campaign))?;
    let is_council = call.caller.may::<Decisions>(Some(campaign)).is_ok();
    let reason = reason(form, "reason")?;
    let of = (id.to_owned(), counted(call, room, id).await?, is_council);
    call.service.withdraw_appeal(&grant, campaign, of, reason, call.form_write(form, None)).answer().await
}

fn answer(form: &Form) -> Result<AppealAnswerFor, Fault> {
    let wrong =
        |pointer: &str, expected: &str| Fault::of_field(Code::InvalidRequest, pointer, format!("expected {expected}"));
    let reason = match typed(form, "reason").as_str() {
        "" => None,
        text => Some(parse_reason(text).map_err(|expected| wrong("/reason", expected))?),
    };
    let mut corrections = Vec::new();
    for part in typed(form, "corrections").split([',', ' ']).filter(|part| !part.is_empty()) {
        let number: Option<i64> = part.parse().ok().filter(|n| *n > 0 && !corrections.contains(n));
        corrections.push(number.ok_or_else(|| wrong("/corrections", "numbers of revisions, each once"))?);
    }
    if corrections.len() > 100 {
        return Err(wrong("/corrections", "at most 100 revisions"));
    }
    corrections.sort_unstable();
    Ok(AppealAnswerFor {
        is_accepted: match form.get("state") {
            Some("accepted") => true,
            Some("rejected") => false,
            _ => return Err(wrong("/state", "accepted or rejected")),
        },
        answer: parse_words(&typed(form, "answer")).map_err(|expected| wrong("/answer", expected))?,
        reason,
        corrections,
    })
}

/// An answer that was refused, as it was typed.
struct Typed {
    refused: Refused,
    answer: String,
    reason: String,
    corrections: String,
}

async fn one(call: &Call, typed: Option<Typed>, told: Option<&str>) -> Answer {
    let room = Room::open(call, language(call)?).await?;
    let l = room.l;
    let (campaign, id, audience) = (room.campaign().code.clone(), call.path("id")?, call.audience()?);
    let found = call.service.blocking(move |service| service.appeal(&campaign, &id, &audience)).await?;
    let (_, detail, has_private) = found;
    call.note_private_read(&room.snapshot, has_private).await?;
    let appeal = &detail.appeal;
    let content = html! {
        p.crumb { a href=(room.address("appeals", "")) { (l.pick("‹ Khiếu nại", "‹ Appeals")) } }
        div.head {
            h1 { (appeal.unit.name) @if let Some(about) = about(&room, appeal) { ": " (about) } }
            p { (if l.is_vi() { &appeal.state_words.vi } else { &appeal.state_words.en }) " · " (appeal.lodged_by) ", " (room.moment(appeal.lodged_at)) }
        }
        (done(told))
        section.panel.pad { h2 { (l.pick("Nội dung", "What is said")) } p.said { (appeal.text) }
            @if let (Some(by), Some(at)) = (&appeal.withdrawn_by, appeal.withdrawn_at) {
                p.note {
                    (l.pick("Đã rút: ", "Taken back: ")) (by) ", " (room.moment(at))
                    @if let Some(reason) = &appeal.withdrawn_reason { ". " (reason) }
                }
            }
        }
        @if !detail.answers.is_empty() {
            section.panel.pad {
                h2 { (l.pick("Trả lời", "Answers")) }
                @for answer in &detail.answers { (answered(&room, answer)) }
            }
        }
        (moved(&room, &detail)?)
        (answer_form(call, &room, appeal, typed.as_ref())?)
        @if appeal.state == "open" && call.may::<Figures>().is_ok() {
            (room.take_back(call, &format!("appeals/{}", escape(&appeal.id)), ("state", "withdrawn"), l.pick("Rút khiếu nại", "Take the appeal back"))?)
        }
    };
    let page = format!("appeals/{}", escape(&appeal.id));
    Ok(room.shown(call, (&page, l.pick("Khiếu nại", "Appeals")), &content))
}

fn answered(room: &Room, answer: &AppealAnswerView) -> Markup {
    let l = room.l;
    html! {
        p.said {
            b { @if answer.state == "accepted" { (l.pick("Chấp nhận", "Accepted")) } @else { (l.pick("Bác", "Rejected")) } } ": " (answer.answer)
        }
        p.note {
            (answer.answered_by) ", " (room.moment(answer.answered_at))
            @if let Some(reason) = &answer.reason { " · " (l.pick("thay trả lời trước:", "in place of the one before:")) " " (reason) }
            @if !answer.corrections.is_empty() {
                " · " (l.pick("sửa ở lần ghi", "corrected by revision")) " "
                (answer.corrections.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Where the unit stood when it was lodged, and stands by now, or stood when it was answered.
fn moved(room: &Room, detail: &AppealDetailView) -> Result<Markup, ApiError> {
    let l = room.l;
    Ok(html! {
        @if let Some(of) = &detail.effect {
            section.panel.pad {
                h2 { (l.pick("Từ khi khiếu nại đến nay", "What has moved since")) }
                (effect(room, &Effect::of(of)?))
            }
        }
    })
}

fn answer_form(call: &Call, room: &Room, appeal: &AppealView, typed: Option<&Typed>) -> Result<Markup, ApiError> {
    let l = room.l;
    let is_own = appeal.lodged_by == call.caller.name();
    if call.may::<Decisions>().is_err() || appeal.state == "withdrawn" {
        return Ok(alert(l, typed.map(|typed| &typed.refused)));
    }
    if is_own {
        return Ok(html! {
            (alert(l, typed.map(|typed| &typed.refused)))
            div.ribbon { span { (l.pick("Bạn gửi khiếu nại này; một người khác phải trả lời.", "You lodged this one; somebody else has to answer.")) } }
        });
    }
    let field = |of: fn(&Typed) -> &String| typed.map(of).map(String::as_str).unwrap_or_default();
    Ok(html! {
        section.panel.pad aria-labelledby="answer-it" {
            h2 id="answer-it" { @if appeal.answer.is_some() { (l.pick("Trả lời lại", "Answer anew")) } @else { (l.pick("Trả lời", "Answer")) } }
            form.do method="post" action=(room.address(&format!("appeals/{}", escape(&appeal.id)), "")) {
                (alert(l, typed.map(|typed| &typed.refused)))
                (hidden(call)?)
                label for="answer" { (l.pick("Nội dung trả lời", "What is said")) }
                textarea id="answer" name="answer" rows="4" maxlength=(MAX_WORDS_CHARS) required { (field(|typed| &typed.answer)) }
                label for="corrections" { (l.pick("Các lần ghi đã sửa (số, cách nhau bằng dấu phẩy; không bắt buộc)", "Revisions that correct it (numbers with commas; optional)")) }
                input id="corrections" name="corrections" type="text" value=(field(|typed| &typed.corrections));
                @if appeal.answer.is_some() {
                    label for="reason" { (l.pick("Lý do thay trả lời trước", "Why it takes the place of the answer before")) }
                    input id="reason" name="reason" type="text" maxlength="500" required value=(field(|typed| &typed.reason));
                }
                div.row {
                    button.btn.main name="state" value="accepted" { (l.pick("Chấp nhận", "Accept")) }
                    button.btn name="state" value="rejected" { (l.pick("Bác", "Reject")) }
                }
            }
        }
    })
}
