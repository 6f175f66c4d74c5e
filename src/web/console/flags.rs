//! `/c/{campaign}/console/flags`: what a person should look at, what each says, and the answer.
//!
//! The council's answer closes a flag; that of who reports for the unit explains it.

use super::{ROWS, Room, done, page_asked, rows_of, to_sign_in};
use crate::domain::text::parse_reason;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::{Decisions, Figures, Hidden, Results};
use crate::service::figures::escape;
use crate::service::flag_answers::{FlagAnswerFor, FlagVerdict};
use crate::service::flags::{FlagDayView, FlagFilter, FlagView};
use crate::service::{Code, Fault};
use crate::web::forms::{alert, hidden, reason, scrolling, typed};
use crate::web::language;
use crate::web::problems::Refused;
use crate::web::words::Language;
use actix_web::web;
use maud::{Markup, html};

/// Shows the list.
pub(super) async fn get_flags(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console/flags");
    }
    call.may::<Hidden>()?;
    let told = match call.get("done") {
        Some("closed") => Some(l.pick("Đã trả lời; cảnh báo đã đóng.", "Answered; the flag is closed.")),
        Some("reopened") => Some(l.pick("Cảnh báo đã mở lại.", "The flag is open again.")),
        Some("explained") => {
            Some(l.pick("Đã giải thích; Hội đồng sẽ xem và đóng.", "Explained; the council will look and close it."))
        }
        _ => None,
    };
    shown(&call, None, told).await
}

/// Takes an answer.
pub(super) async fn post_flag(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console/flags");
    }
    let (council, reporter) = (call.may::<Decisions>(), call.may::<Figures>()?);
    let form = call.form(payload).await?;
    let room = Room::open(&call, l).await?;
    let (campaign, id) = (room.campaign().code.clone(), form.get("flag").unwrap_or_default().to_owned());
    let request = call.form_write(&form, None);
    if let Some(flag) = form.get("reopen") {
        let grant = call.may::<Decisions>()?;
        let written = match reason(&form, "reason") {
            Ok(reason) => call.service.reopen_flag(&grant, &campaign, flag.to_owned(), reason, request).answer().await,
            Err(fault) => Err(fault),
        };
        return match written {
            Ok(_) => call.see_other(&room.address("console/flags", "done=reopened&")),
            Err(fault) => shown(&call, Some(Typed::of(flag, Refused::of(fault)?)), None).await,
        };
    }
    let (written, told) = match (answer(&form), council) {
        (Err(fault), _) => (Err(fault), ""),
        (Ok(answer), Ok(grant)) => {
            (call.service.close_flag(&grant, &campaign, id.clone(), answer, request).answer().await, "closed")
        }
        (Ok(answer), Err(_)) => {
            (call.service.explain_flag(&reporter, &campaign, id.clone(), answer, request).answer().await, "explained")
        }
    };
    match written {
        Ok(_) => call.see_other(&room.address("console/flags", &format!("done={told}&"))),
        Err(fault) => {
            let typed = Typed {
                refused: Refused::of(fault)?,
                flag: id,
                verdict: form.get("verdict").map(str::to_owned),
                answer: typed(&form, "answer"),
            };
            shown(&call, Some(typed), None).await
        }
    }
}

fn answer(form: &Form) -> Result<FlagAnswerFor, Fault> {
    let wrong =
        |pointer: &str, expected: &str| Fault::of_field(Code::InvalidRequest, pointer, format!("expected {expected}"));
    let verdict = form.get("verdict").and_then(FlagVerdict::of).ok_or_else(|| wrong("/verdict", "a verdict"))?;
    let answer = parse_reason(&typed(form, "answer")).map_err(|expected| wrong("/answer", expected))?;
    Ok(FlagAnswerFor { answer, verdict })
}

/// An answer that was refused, as it was typed.
struct Typed {
    refused: Refused,
    flag: String,
    verdict: Option<String>,
    answer: String,
}

impl Typed {
    /// A refusal of something else than an answer.
    fn of(flag: &str, refused: Refused) -> Self {
        Self { refused, flag: flag.to_owned(), verdict: None, answer: String::new() }
    }
}

async fn shown(call: &Call, typed: Option<Typed>, told: Option<&str>) -> Answer {
    let room = Room::open(call, language(call)?).await?;
    let l = room.l;
    // a refused answer is shown in the list that it was sent from: the open ones
    let state = call.get("state").unwrap_or("open").to_owned();
    let filter = FlagFilter {
        is_open: match state.as_str() {
            "open" => Some(true),
            "closed" => Some(false),
            _ => None,
        },
        ..FlagFilter::default()
    };
    let page = page_asked(call)?;
    let (snapshot, sight) = (room.snapshot.clone(), room.sight);
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let found = call.service.blocking(move |service| service.flags(&snapshot, &filter, sight, rows_of(page)));
    let (total, flags) = found.await?;
    let states = [("open", l.pick("Chưa đóng", "Open")), ("closed", l.pick("Đã đóng", "Closed"))];
    let content = html! {
        div.head {
            h1 { (l.pick("Cảnh báo về số liệu", "Flags")) }
            p { (l.pick("Cảnh báo là câu hỏi, không trừ điểm ai.", "A flag is a question; it takes nothing from anybody.")) }
        }
        (done(told))
        nav.tabs aria-label=(l.pick("Trạng thái", "State")) { ul {
            @for (code, name) in states {
                li { a href=(room.address("console/flags", &format!("state={code}&"))) aria-current=[(state == code).then_some("true")] { (name) } }
            }
        } }
        p.note { @if l.is_vi() { (l.whole(total as u64)) " cảnh báo" } @else { (l.whole(total as u64)) " flags" } }
        // an answer that was sent to a flag which is not in the list any more
        @if let Some(typed) = typed.as_ref().filter(|typed| flags.iter().all(|flag| flag.id != typed.flag)) {
            (typed.refused.told(l))
        }
        @for flag in &flags { (item(call, &room, flag, typed.as_ref())?) }
        (room.turner("console/flags", &format!("state={}&", escape(&state)), (page.min(total.div_ceil(ROWS).max(1)), total)))
    };
    Ok(room.shown(call, ("console/flags", l.pick("Cảnh báo", "Flags")), &content))
}

fn item(call: &Call, room: &Room, flag: &FlagView, typed: Option<&Typed>) -> Result<Markup, ApiError> {
    let l = room.l;
    let says = if l.is_vi() { &flag.says.vi } else { &flag.says.en };
    let rule = if l.is_vi() { &flag.rule_words.vi } else { &flag.rule_words.en };
    let may_answer = flag.state == "open" && call.may::<Figures>().is_ok();
    let typed = typed.filter(|typed| typed.flag == flag.id);
    Ok(html! {
        section.panel.pad {
            h2 {
                a href=(format!("/c/{}/u/{}?lang={}", escape(&room.campaign().code), escape(&flag.unit.code), l.code())) { (flag.unit.name) }
                ", "
                @if call.may::<Results>().is_ok() {
                    a href=(room.address("console/day", &format!("unit={}&date={}&", escape(&flag.unit.code), flag.date))) { (room.day(&flag.date)) }
                } @else { (room.day(&flag.date)) }
            }
            p { b { (says) } }
            details { summary { (l.pick("Quy tắc", "The rule")) } p { (rule) } }
            (days(room, &flag.days))
            @if !flag.alike.is_empty() {
                p { (l.pick("Cùng dãy số:", "The same figures:")) " " (flag.alike.iter().map(|code| room.unit_name(code)).collect::<Vec<_>>().join(", ")) }
            }
            @if !flag.answers.is_empty() {
                ul.todo {
                    @for answer in &flag.answers {
                        li {
                            b { (verdict(l, &answer.verdict)) } ": " (answer.answer)
                            br; (answer.by) ", " (room.moment(answer.at))
                            @if let Some(why) = &answer.reopened_reason { br; (l.pick("Mở lại:", "Reopened:")) " " (why) }
                        }
                    }
                }
            }
            @if may_answer { (form(call, room, flag, typed)?) }
            @if flag.state == "closed" && call.may::<Decisions>().is_ok() {
                (room.take_back(call, "console/flags", ("reopen", &flag.id), l.pick("Mở lại", "Open it again"))?)
            }
        }
    })
}

fn days(room: &Room, days: &[FlagDayView]) -> Markup {
    let l = room.l;
    let shown = |day: &FlagDayView| match (day.state, day.community_f0) {
        (_, Some(cases)) => l.whole(u64::from(cases)),
        ("excused", None) => l.pick("miễn", "excused").to_owned(),
        ("missing", None) => l.pick("thiếu", "missing").to_owned(),
        _ => "–".to_owned(),
    };
    let name = l.pick("F0 của ngày đó và tuần trước", "F0 of the day and the week before");
    html! {
        @if !days.is_empty() {
            (scrolling(name, &html! {
                table.days-table {
                    caption.vh { (name) }
                    thead { tr { @for day in days { th.num scope="col" { (day.date.parse().map_or_else(|_| day.date.clone(), |day| l.short_day(day))) } } } }
                    tbody { tr { @for day in days { td.num { (shown(day)) } } } }
                }
            }))
        }
    }
}

fn form(call: &Call, room: &Room, flag: &FlagView, typed: Option<&Typed>) -> Result<Markup, ApiError> {
    let l = room.l;
    let is_council = call.may::<Decisions>().is_ok();
    let chosen = typed.and_then(|typed| typed.verdict.as_deref());
    Ok(html! {
        form.do method="post" action=(room.address("console/flags", "")) {
            (alert(l, typed.map(|typed| &typed.refused)))
            (hidden(call)?)
            input type="hidden" name="flag" value=(flag.id);
            label for=(format!("v-{}", flag.id)) { (l.pick("Kết luận", "What was found")) }
            select id=(format!("v-{}", flag.id)) name="verdict" required {
                @for of in FlagVerdict::ALL {
                    option value=(of.code()) selected[chosen == Some(of.code())] { (verdict(l, of.code())) }
                }
            }
            label for=(format!("a-{}", flag.id)) { (l.pick("Trả lời (không ghi tên người bệnh)", "Answer (no names of patients)")) }
            textarea id=(format!("a-{}", flag.id)) name="answer" rows="2" maxlength="500" required { (typed.map(|typed| typed.answer.as_str()).unwrap_or_default()) }
            button.btn { @if is_council { (l.pick("Trả lời và đóng", "Answer and close")) } @else { (l.pick("Gửi giải thích", "Send the explanation")) } }
        }
    })
}

fn verdict(l: Language, code: &str) -> &str {
    match code {
        "as_reported" => l.pick("Đúng như đã báo", "Right as reported"),
        "corrected" => l.pick("Sai, đã sửa", "Wrong, corrected"),
        "booked_late" => l.pick("Dồn ca của các ngày trước", "Holds cases of days before"),
        "excused" => l.pick("Ngày được miễn", "The day is excused"),
        other => other,
    }
}
