//! `/c/{campaign}/console/day`: one day of one unit – what stands, everything that was said of
//! it, and what the council decides about it.

use super::{Room, done, to_sign_in};
use crate::domain::Day;
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::{Decisions, Figures, Results};
use crate::service::figures::{TakeBack, escape, visible_unit};
use crate::service::views::{ExcuseView, FigureRevisionView, FigureView};
use crate::service::writer::Written;
use crate::service::{Code, Fault};
use crate::web::forms::{alert, hidden, reason, typed};
use crate::web::language;
use crate::web::problems::Refused;
use crate::web::unit::revisions;
use crate::web::words::Language;
use actix_web::web;
use maud::{Markup, html};

const PAGE: &str = "console/day";

/// Shows the day.
pub(super) async fn get_day(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console");
    }
    call.may::<Results>()?;
    let room = Room::open(&call, l).await?;
    let asked = Asked::of(&room, call.get("unit"), call.get("date"))?;
    let told = match call.get("done") {
        Some("waiting") => Some(l.pick(
            "Đã gửi đề nghị; một người khác của Hội đồng duyệt.",
            "Asked for; somebody else of the council decides.",
        )),
        done => done.and_then(Act::of).map(|act| act.receipt(l)),
    };
    shown(&call, &room, &asked, None, told).await
}

/// Decides something about it.
pub(super) async fn post_day(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console");
    }
    call.may::<Results>()?;
    let form = call.form(payload).await?;
    let room = Room::open(&call, l).await?;
    let asked = Asked::of(&room, form.get("unit"), form.get("date"))?;
    let act = form.get("act").and_then(Act::of);
    let act = act.ok_or_else(|| Fault::of_field(Code::InvalidRequest, "/act", "expected something to be done"))?;
    match decide(&call, &room, &asked, act, &form).await {
        Ok(written) => {
            let told = if written.status == 202 { "waiting" } else { act.code() };
            call.see_other(&room.address(PAGE, &format!("{}done={told}&", asked.query())))
        }
        Err(fault) => {
            let refused = NotDone { refused: Refused::of(fault)?, act, reason: typed(&form, "reason") };
            shown(&call, &room, &asked, Some(&refused), None).await
        }
    }
}

/// What can be decided about a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// The figure is taken back.
    TakeBack,
    /// The day is excused.
    Excuse,
    /// The excuse is taken back.
    Due,
}

impl Act {
    const ALL: [Self; 3] = [Self::TakeBack, Self::Excuse, Self::Due];

    fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }

    fn code(self) -> &'static str {
        match self {
            Self::TakeBack => "take_back",
            Self::Excuse => "excuse",
            Self::Due => "due",
        }
    }

    fn name(self, l: Language) -> &'static str {
        match self {
            Self::TakeBack => l.pick("Rút số này lại", "Take this figure back"),
            Self::Excuse => l.pick("Miễn báo ngày này", "Excuse this day"),
            Self::Due => l.pick("Bỏ miễn", "Take the excuse back"),
        }
    }

    fn meaning(self, l: Language) -> &'static str {
        match self {
            Self::TakeBack => l.pick(
                "Ngày này thành chưa có số; số cũ còn trong lịch sử.",
                "The day has no figure then; the old one stays in the history.",
            ),
            Self::Excuse => l.pick(
                "Ngày được miễn không phải báo và không bị gán ca.",
                "An excused day owes no report, and nothing is imputed for it.",
            ),
            Self::Due => l.pick("Ngày này lại phải báo.", "The day owes a report again."),
        }
    }

    fn receipt(self, l: Language) -> &'static str {
        match self {
            Self::TakeBack => l.pick("Đã rút số.", "The figure is taken back."),
            Self::Excuse => l.pick("Đã miễn ngày này.", "The day is excused."),
            Self::Due => l.pick("Đã bỏ miễn.", "The excuse is taken back."),
        }
    }
}

/// Something that was refused: why, and the reason that was typed.
struct NotDone {
    refused: Refused,
    act: Act,
    reason: String,
}

/// Which day of which unit.
struct Asked {
    unit: u32,
    code: String,
    day: Day,
}

impl Asked {
    fn of(room: &Room, unit: Option<&str>, date: Option<&str>) -> Result<Self, ApiError> {
        let code = unit.unwrap_or_default().trim().to_owned();
        let unit = visible_unit(&room.snapshot, &code, room.sight)?;
        let day = date.and_then(|text| parse_day(text.trim()).ok());
        let wrong = || Fault::of_field(Code::InvalidRequest, "date", "date: expected a day written YYYY-MM-DD");
        Ok(Self { unit, code, day: day.ok_or_else(wrong)? })
    }

    fn query(&self) -> String {
        format!("unit={}&date={}&", escape(&self.code), self.day)
    }
}

/// Does what was asked.
async fn decide(call: &Call, room: &Room, asked: &Asked, act: Act, form: &Form) -> Result<Written, Fault> {
    let (campaign, code, day) = (room.campaign().code.as_str(), asked.code.clone(), asked.day);
    let (caller, service) = (&call.caller, &call.service);
    let request = call.form_write(form, None);
    let pending = match act {
        Act::TakeBack => {
            let grant = caller.may::<Figures>(Some(campaign))?;
            let source = form.get("source").filter(|source| !source.is_empty()).map(str::to_owned);
            let of = TakeBack { source, reason: reason(form, "reason")? };
            service.take_back_figure(&grant, campaign, code, day, of, request)
        }
        Act::Excuse => {
            let grant = caller.may::<Decisions>(Some(campaign))?;
            service.excuse_day(&grant, campaign, code, day, reason(form, "reason")?, request)
        }
        Act::Due => {
            let grant = caller.may::<Decisions>(Some(campaign))?;
            service.take_back_excuse(&grant, campaign, code, day, reason(form, "reason")?, request)
        }
    };
    pending.answer().await
}

/// What is known of the day.
struct Known {
    figure: Option<FigureView>,
    history: Vec<FigureRevisionView>,
    excuse: Option<ExcuseView>,
}

async fn read(call: &Call, room: &Room, asked: &Asked) -> Result<Known, ApiError> {
    call.note_private_read(&room.snapshot, room.snapshot.is_private(asked.unit)).await?;
    let audience = call.audience()?;
    let (campaign, code, day) = (room.campaign().code.clone(), asked.code.clone(), asked.day);
    let found = call.service.blocking(move |service| {
        let figure = match service.figure(&campaign, &code, day, &audience) {
            Ok((_, figure)) => Some(figure),
            Err(fault) if fault.code == Code::FigureNotFound => None,
            Err(fault) => return Err(fault),
        };
        let (_, history) = service.figure_history(&campaign, &code, day, &audience)?;
        let date = day.to_string();
        let (_, excuses) = service.excuses(&campaign, &audience)?;
        let excuse = excuses.into_iter().find(|excuse| excuse.unit_code == code && excuse.date == date);
        Ok(Known { figure, history, excuse })
    });
    Ok(found.await?)
}

async fn shown(call: &Call, room: &Room, asked: &Asked, not_done: Option<&NotDone>, told: Option<&str>) -> Answer {
    let l = room.l;
    let known = read(call, room, asked).await?;
    let day = l.long_day(asked.day);
    let name = room.unit_name(&asked.code);
    let unit = format!("/c/{}/u/{}?lang={}", escape(&room.campaign().code), escape(&asked.code), l.code());
    let enter = room.address("enter", &format!("unit={}&day={}&", escape(&asked.code), asked.day));
    let heading = l.pick("Mọi lần ghi của ngày này", "Everything that was recorded for the day");
    let content = html! {
        div.head {
            h1 { (name) ", " (day) }
            p { a href=(unit) { (l.pick("Trang đơn vị", "The unit's page")) } }
        }
        (done(told))
        section.panel.pad {
            h2 { (l.pick("Đang có", "What stands")) }
            (standing(room, &known))
            @if call.may::<Figures>().is_ok() {
                p { a.btn href=(enter) { @if known.figure.is_some() { (l.pick("Sửa số", "Correct it")) } @else { (l.pick("Nhập số", "Enter a figure")) } } }
            }
        }
        @if !known.history.is_empty() { (revisions(heading, asked.day, &known.history, room.campaign(), l)) }
        (acts(call, room, asked, &known, not_done)?)
    };
    Ok(room.shown(call, (PAGE, &format!("{name}, {day}")), &content))
}

fn standing(room: &Room, known: &Known) -> Markup {
    let l = room.l;
    html! {
        @if let Some(figure) = &known.figure {
            p {
                b { (l.whole(figure.community_f0)) " F0" }
                @if let Some(source) = &figure.source { " · " (l.pick("nguồn", "source")) " " (source) }
                @if let Some(at) = figure.recorded_at { " · " (l.pick("ghi lúc", "recorded at")) " " (room.moment(at)) }
            }
            @if let Some(note) = &figure.note { p { (l.pick("Ghi chú: ", "Note: ")) (note) } }
            @if figure.pending.is_some() {
                p { a href=(room.address("console/approvals", "state=pending&")) { (l.pick("Có đề nghị chờ duyệt", "A change waits for approval")) } }
            }
            @for other in figure.others.iter().flatten() {
                p { (l.pick("Nguồn", "Source")) " " (other.source) ": " (l.whole(other.counts.community_f0)) }
            }
        }
        @if let Some(excuse) = &known.excuse {
            p { b { (l.pick("Được miễn", "Excused")) } @if let Some(reason) = &excuse.reason { ": " (reason) } }
        }
        @if known.figure.is_none() && known.excuse.is_none() { p { (l.pick("Chưa có số, không được miễn.", "No figure, no excuse.")) } }
    }
}

fn acts(
    call: &Call,
    room: &Room,
    asked: &Asked,
    known: &Known,
    not_done: Option<&NotDone>,
) -> Result<Markup, ApiError> {
    let (may_record, may_decide) = (call.may::<Figures>().is_ok(), call.may::<Decisions>().is_ok());
    let offered = [
        (may_record && known.figure.is_some(), Act::TakeBack),
        (may_decide && known.excuse.is_none(), Act::Excuse),
        (may_decide && known.excuse.is_some(), Act::Due),
    ];
    let offered: Vec<Act> = offered.into_iter().filter(|(is_offered, _)| *is_offered).map(|(_, act)| act).collect();
    // what was refused because it is not offered any more
    let stray = not_done.filter(|not_done| !offered.contains(&not_done.act));
    let source = known.figure.as_ref().and_then(|figure| figure.source.as_deref());
    let mut forms = html! { (alert(room.l, stray.map(|not_done| &not_done.refused))) };
    for act in offered {
        forms =
            html! { (forms) (form(call, room, asked, act, source, not_done.filter(|not_done| not_done.act == act))?) };
    }
    Ok(forms)
}

fn form(
    call: &Call,
    room: &Room,
    asked: &Asked,
    act: Act,
    source: Option<&str>,
    not_done: Option<&NotDone>,
) -> Result<Markup, ApiError> {
    let l = room.l;
    let id = format!("why-{}", act.code());
    Ok(html! {
        form.do.panel.pad method="post" action=(room.address(PAGE, "")) {
            h2 { (act.name(l)) }
            (alert(l, not_done.map(|not_done| &not_done.refused)))
            p { (act.meaning(l)) }
            (hidden(call)?)
            input type="hidden" name="unit" value=(asked.code);
            input type="hidden" name="date" value=(asked.day);
            input type="hidden" name="act" value=(act.code());
            @if let Some(source) = source.filter(|_| act == Act::TakeBack) { input type="hidden" name="source" value=(source); }
            label for=(id) { (l.pick("Lý do (không công khai)", "Reason (never public)")) }
            input id=(id) name="reason" maxlength="500" required value=[not_done.map(|not_done| not_done.reason.as_str())];
            button.btn { (act.name(l)) }
        }
    })
}
