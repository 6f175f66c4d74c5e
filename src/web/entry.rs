//! `/c/{campaign}/enter`: a day's figure, entered on a phone in seconds.
//!
//! A plain form that needs no script: it carries a key, so that a form which a bad line made
//! somebody send twice writes once, and the entity tag of what stood when it was opened, so
//! that nobody writes over what somebody else sent meanwhile without seeing it.

use super::account::token_field;
use super::frame::{Frame, Here, Visitor};
use super::words::Language;
use super::{in_other_language, language, own_page};
use crate::domain::figure::MAX_COUNT;
use crate::domain::text::{parse_note, parse_reason};
use crate::domain::time::parse_day;
use crate::domain::{Campaign, Care, Counts, Day, Indicator, Instant};
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::{ApiError, Kind};
use crate::scoring::ledger::{DayState, is_counted};
use crate::scoring::usual::usual;
use crate::service::access::{Caller, Figures, Grant};
use crate::service::days::DayTimes;
use crate::service::figures::{NewFigure, escape, visible_unit};
use crate::service::live::{Sight, Snapshot};
use crate::service::rendered::etag_of;
use crate::service::sessions::form_key;
use crate::service::units::UnitFilter;
use crate::service::views::FigureView;
use crate::service::words::indicator;
use crate::service::writer::IfMatch;
use crate::service::{Code, Fault, Moment};
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use std::sync::Arc;

/// Units that are offered to choose from on one page.
const OFFERED: usize = 60;

/// What the form was opened on, where the day had no figure.
const NOTHING: &str = "nothing";

/// Shows the form, or the units to choose from.
pub(super) async fn get_entry(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l);
    }
    call.may::<Figures>()?;
    let desk = Desk::open(&call, l).await?;
    let Some(unit) = desk.unit(call.text("unit")?.as_deref())? else {
        // a search form that is sent empty asks for all
        let content = desk.choose(call.get("q").filter(|q| !q.trim().is_empty()))?;
        return Ok(desk.shown(&call, &content));
    };
    let day = call.day("day")?.unwrap_or_else(|| desk.present_day());
    let day = desk.day(day)?;
    let standing = desk.standing(&call, unit, day).await?;
    let notice = match call.get("sent") {
        Some("recorded") if standing.is_some() => Notice::Recorded,
        Some("waiting") => Notice::Waiting,
        _ => Notice::None,
    };
    // whose figure it is stays chosen from day to day; the one that stands may be somebody else's
    let source = call.text("source")?.unwrap_or_default();
    let draft = Draft { source, ..Draft::of(standing.as_ref()) };
    let content = desk.form(&call, unit, day, &Sheet { standing, draft, notice, key: new_key()? })?;
    Ok(desk.shown(&call, &content))
}

/// Takes the form.
pub(super) async fn post_entry(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l);
    }
    let grant = call.may::<Figures>()?;
    let form = call.form(payload).await?;
    let desk = Desk::open(&call, l).await?;
    let unit = desk.unit(form.get("unit"))?.ok_or_else(|| Fault::no_unit(""))?;
    let day = form.get("day").and_then(|text| parse_day(text).ok());
    let day = desk.day(day.unwrap_or_else(|| desk.present_day()))?;
    let draft = Draft::read(&form);
    let notice = match draft.figure() {
        Err(notice) => notice,
        Ok(figure) if figure.source.is_none() && !desk.campaign().sources.is_empty() => Notice::Source,
        Ok(figure) => match desk.send(&call, &grant, (unit, day), &form, figure).await {
            Ok(202) => return desk.done(&call, (unit, day), &draft, "waiting"),
            Ok(_) => return desk.done(&call, (unit, day), &draft, "recorded"),
            Err(fault) => Notice::of(fault)?,
        },
    };
    let standing = desk.standing(&call, unit, day).await?;
    // a key whose write was refused is not used up; what is sent next may be another figure
    let content = desk.form(&call, unit, day, &Sheet { standing, draft, notice, key: new_key()? })?;
    Ok(desk.shown(&call, &content))
}

/// What the script says of the line; without a script nothing is said.
fn network_line(l: Language) -> Markup {
    html! {
        p.net role="status"
            data-online=(l.pick("Có mạng. Số gửi đi được ghi ngay.", "Online. What you send is recorded at once."))
            data-offline=(l.pick("Mất mạng. Số được giữ trên máy này và tự gửi khi có mạng.", "Offline. The figure is kept on this device and sent when the line is back."))
            data-sending=(l.pick("Đang gửi…", "Sending…"))
            data-kept=(l.pick("Số gõ dở được giữ trên máy này. Chưa gửi.", "What you typed was kept on this device. It is not sent yet.")) {}
    }
}

/// Leads to where one signs in, and from there back here.
fn to_sign_in(call: &Call, l: Language) -> Answer {
    let here = format!("/c/{}/enter?lang={}", escape(&call.path("campaign")?), l.code());
    call.see_other(&format!("/sign-in?lang={}&next={}", l.code(), escape(&here)))
}

/// A key that no other form has.
fn new_key() -> Result<String, ApiError> {
    Ok(form_key()?)
}

/// The part of an address that keeps a source chosen.
fn of_source(draft: &Draft) -> String {
    if draft.source.is_empty() { String::new() } else { format!("&source={}", escape(&draft.source)) }
}

/// What was typed into the form, as it was typed.
#[derive(Clone, Debug, Default)]
struct Draft {
    counts: [String; 6],
    note: String,
    reason: String,
    /// Code of the source that says so, where the campaign declares sources.
    source: String,
}

/// A field that is wrong, and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    indicator: Indicator,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// Something at all: empty is not reported.
    Number,
    /// A whole number.
    Whole,
    /// No more than the count that it is part of.
    Part(Indicator),
}

impl Draft {
    fn of(standing: Option<&FigureView>) -> Self {
        let Some(f) = standing else { return Self::default() };
        let counts = [
            Some(f.community_f0),
            f.contained_f0,
            f.unknown_source_f0,
            f.high_risk_setting_f0,
            f.households_f0,
            f.linked_households_f0,
        ];
        let counts = counts.map(|count| count.map(|n| n.to_string()).unwrap_or_default());
        Self { counts, note: f.note.clone().unwrap_or_default(), ..Self::default() }
    }

    fn read(form: &Form) -> Self {
        // browsers end the lines of a text with two characters, which a text's length does not mean
        let text = |name: &str| form.get(name).unwrap_or_default().replace("\r\n", "\n");
        let mut counts = Indicator::ALL.map(|indicator| text(indicator.code()));
        if let (Some(_), [community, ..]) = (form.get("zero"), &mut counts) {
            *community = "0".to_owned();
        }
        Self { counts, note: text("note"), reason: text("reason"), source: text("source") }
    }

    fn count(&self, indicator: Indicator) -> &str {
        self.counts.get(indicator.index()).map_or("", String::as_str)
    }

    fn figure(&self) -> Result<NewFigure, Notice> {
        let wrong = |indicator, expected| Notice::Wrong(Wrong { indicator, expected });
        let mut values = [None; 6];
        for (indicator, value) in Indicator::ALL.into_iter().zip(&mut values) {
            *value = match self.count(indicator) {
                "" if indicator == Indicator::CommunityF0 => return Err(wrong(indicator, Expected::Number)),
                "" => None,
                text => {
                    let whole = text
                        .parse::<u32>()
                        .ok()
                        .filter(|n| *n <= MAX_COUNT && text.bytes().all(|b| b.is_ascii_digit()));
                    Some(whole.ok_or_else(|| wrong(indicator, Expected::Whole))?)
                }
            };
        }
        let counts = Counts::new(values).map_err(|errors| {
            let indicator = errors.first().map_or(Indicator::CommunityF0, |error| error.indicator);
            let whole = indicator.whole().unwrap_or(Indicator::CommunityF0);
            wrong(indicator, Expected::Part(whole))
        })?;
        let note = Some(parse_note(&self.note).map_err(|_| Notice::Text)?).filter(|note| !note.is_empty());
        let reason = match self.reason.as_str() {
            "" => None,
            reason => Some(parse_reason(reason).map_err(|_| Notice::Text)?),
        };
        let source = Some(self.source.clone()).filter(|source| !source.is_empty());
        Ok(NewFigure { counts, note, reason, source })
    }
}

/// What the form says above its field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Notice {
    None,
    /// It was recorded.
    Recorded,
    /// It waits for a second person.
    Waiting,
    /// A field is wrong.
    Wrong(Wrong),
    /// Note or reason are too long.
    Text,
    /// Nobody says whose figure it is.
    Source,
    /// Far above what the unit reported before: right only with a reason.
    Unusual,
    /// The day has closed: a reason is needed.
    Reason,
    /// Something else was sent meanwhile.
    Conflict,
    /// Refused for another reason: which, and what the service says of it.
    Refused(Code, String),
}

impl Notice {
    /// What of a refusal people can mend here; anything else is an error of its own.
    fn of(fault: Fault) -> Result<Self, ApiError> {
        match fault.code {
            Code::ConfirmUnusual => Ok(Self::Unusual),
            Code::ReasonRequired => Ok(Self::Reason),
            // a form that was sent, and then sent again with another figure, is none that was read since
            Code::PreconditionFailed | Code::IdempotencyKeyReused => Ok(Self::Conflict),
            Code::InvalidRequest
            | Code::DayNotBegun
            | Code::DayOutsideCampaign
            | Code::DayOutOfReach
            | Code::ApprovalPending => Ok(Self::Refused(fault.code, fault.detail.into_owned())),
            _ => Err(fault.into()),
        }
    }
}

/// The form: what stands, what was typed, what is said of it.
struct Sheet {
    standing: Option<FigureView>,
    draft: Draft,
    notice: Notice,
    key: String,
}

/// Where somebody enters figures: the campaign as it stands, and what is theirs in it.
struct Desk {
    snapshot: Arc<Snapshot>,
    now: Instant,
    language: Language,
    sight: Sight,
    /// Code of the unit that their right ends at.
    scope: Option<String>,
    visitor: Visitor,
}

impl Desk {
    async fn open(call: &Call, language: Language) -> Result<Self, ApiError> {
        let campaign = call.path("campaign")?;
        // whoever reports sees the own unit as it stands, whatever the public sees
        let view = call.look_live(Moment::Now).await?;
        let scope = match &call.caller {
            Caller::Known(who) => who.mandate.scope.unit().map(str::to_owned),
            _ => None,
        };
        let sight = call.sight(&view.snapshot);
        Ok(Self {
            snapshot: view.snapshot,
            now: view.judged_at,
            language,
            sight,
            scope,
            visitor: Visitor::of(call, Some(&campaign)),
        })
    }

    fn campaign(&self) -> &Campaign {
        self.snapshot.campaign()
    }

    /// The unit that is asked for, or the only one that there is to report for.
    fn unit(&self, asked: Option<&str>) -> Result<Option<u32>, Fault> {
        if let Some(code) = asked {
            let unit = visible_unit(&self.snapshot, code, self.sight)?;
            if !self.snapshot.is_confided(unit, self.sight) {
                return Err(Fault::new(Code::Forbidden, format!("{code} is not yours to report for")));
            }
            return Ok(Some(unit));
        }
        match self.reporting(None)?.as_slice() {
            [only] => Ok(Some(*only)),
            _ => Ok(None),
        }
    }

    /// The units that report and are theirs, by name.
    fn reporting(&self, q: Option<&str>) -> Result<Vec<u32>, Fault> {
        let register = self.snapshot.register();
        let mut found = Vec::new();
        if let (Some(code), None) = (&self.scope, q) {
            found.push(visible_unit(&self.snapshot, code, self.sight)?);
        }
        let filter = UnitFilter { within: self.scope.clone(), q: q.map(str::to_owned), ..UnitFilter::default() };
        found.extend(filter.find(&self.snapshot, self.sight)?);
        let reports = |unit: &u32| {
            let kind = register.unit(*unit).and_then(|u| self.campaign().kind(u.kind));
            kind.is_some_and(|kind| kind.figures == crate::domain::campaign::Figures::Reported)
        };
        found.retain(reports);
        Ok(found)
    }

    /// The day that it is there, inside the window.
    fn present_day(&self) -> Day {
        let campaign = self.campaign();
        let today = self.now.day_in(campaign.time_zone).unwrap_or(campaign.window.from);
        today.clamp(campaign.baseline.from, campaign.window.to)
    }

    fn day(&self, day: Day) -> Result<Day, Fault> {
        let campaign = self.campaign();
        if (campaign.baseline.from..=campaign.window.to).contains(&day) {
            return Ok(day);
        }
        let detail = format!("day: expected one from {} to {}", campaign.baseline.from, campaign.window.to);
        Err(Fault::of_field(Code::InvalidRequest, "/day", detail))
    }

    fn code(&self, unit: u32) -> &str {
        self.snapshot.register().unit(unit).map_or("", |unit| unit.code.as_str())
    }

    fn name(&self, unit: u32) -> &str {
        self.snapshot.register().unit(unit).map_or("", |unit| unit.name.as_str())
    }

    async fn standing(&self, call: &Call, unit: u32, day: Day) -> Result<Option<FigureView>, ApiError> {
        call.note_private_read(&self.snapshot, self.snapshot.is_private(unit)).await?;
        let (campaign, code) = (self.campaign().code.clone(), self.code(unit).to_owned());
        let (_, audience) = call.look_at(&code).await?;
        let found = call.service.blocking(move |service| service.figure(&campaign, &code, day, &audience)).await;
        match found {
            Ok((_, figure)) => Ok(Some(figure)),
            Err(fault) if fault.code == Code::FigureNotFound => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Sends what was typed; answers the status of the write.
    async fn send(
        &self,
        call: &Call,
        grant: &Grant<Figures>,
        (unit, day): (u32, Day),
        form: &Form,
        figure: NewFigure,
    ) -> Result<u16, Fault> {
        let seen = form.get("seen").map(|seen| match seen {
            NOTHING => IfMatch::Absent,
            tag => IfMatch::Tags(vec![tag.to_owned()]),
        });
        let (campaign, code) = (&self.campaign().code, self.code(unit).to_owned());
        let request = call.form_write(form, seen);
        let written = call.service.record_figure(grant, campaign, code, day, figure, request).answer().await?;
        Ok(written.status)
    }

    fn address(&self, unit: u32, day: Day, rest: &str) -> String {
        let (campaign, unit) = (escape(&self.campaign().code), escape(self.code(unit)));
        format!("/c/{campaign}/enter?unit={unit}&day={day}&lang={}{rest}", self.language.code())
    }

    fn done(&self, call: &Call, (unit, day): (u32, Day), draft: &Draft, sent: &str) -> Answer {
        call.see_other(&self.address(unit, day, &format!("{}&sent={sent}", of_source(draft))))
    }

    fn shown(&self, call: &Call, content: &Markup) -> HttpResponse {
        let l = self.language;
        let campaign = self.campaign();
        let frame = Frame {
            language: l,
            title: format!("{} · {}", l.pick("Nhập số liệu", "Enter figures"), super::home::title(campaign, l)),
            other: in_other_language(call, l, format!("/c/{}/enter?lang={}", escape(&campaign.code), l.other().code())),
            campaign: Some(&campaign.code),
            scheme: Some(&campaign.scheme),
            visitor: self.visitor.clone(),
            here: Some(Here::Entry),
        };
        let html = html! { div.phone { (content) } };
        own_page(call, frame.page(&html))
    }

    /// The units to choose from, and a search where they are many.
    fn choose(&self, q: Option<&str>) -> Result<Markup, Fault> {
        let l = self.language;
        let found = self.reporting(q)?;
        let more = found.len().saturating_sub(OFFERED);
        Ok(html! {
            h1 { (l.pick("Báo số liệu cho đơn vị nào?", "Which unit do you report for?")) }
            form.search method="get" {
                input type="hidden" name="lang" value=(l.code());
                label for="q" { (l.pick("Tìm theo tên hoặc mã", "Find by name or code")) }
                input id="q" name="q" type="search" value=[q];
                button.btn { (l.pick("Tìm", "Find")) }
            }
            @if found.is_empty() { p.note { (l.pick("Không có đơn vị nào khớp.", "No unit matches.")) } }
            ul.units {
                @for unit in found.iter().take(OFFERED) {
                    li { a href=(self.address(*unit, self.present_day(), "")) { (self.name(*unit)) " " span.dim { (self.code(*unit)) } } }
                }
            }
            @if more > 0 {
                p.note { @if l.is_vi() { "Còn " (l.whole(more as u64)) " đơn vị nữa: hãy tìm theo tên." } @else { (l.whole(more as u64)) " more: find them by name." } }
            }
        })
    }

    fn form(&self, call: &Call, unit: u32, day: Day, sheet: &Sheet) -> Result<Markup, Fault> {
        let l = self.language;
        let seen = match &sheet.standing {
            Some(figure) => etag_of(&serde_json::to_vec(figure).map_err(Fault::internal)?),
            None => NOTHING.to_owned(),
        };
        let is_sent = matches!(sheet.notice, Notice::Recorded | Notice::Waiting);
        Ok(html! {
            div.who {
                span { (self.name(unit)) " · " (self.code(unit)) }
                @if self.reporting(None)?.len() > 1 {
                    a href=(format!("/c/{}/enter?lang={}", escape(&self.campaign().code), l.code())) { (l.pick("Đổi đơn vị", "Another unit")) }
                }
            }
            @if is_sent { (self.receipt(day, sheet)) } @else { h1 { (self.question(day)) } }
            p.due { (self.due(day)) }
            @if !is_sent { (self.before(unit, day)) }
            form method="post" action=(format!("/c/{}/enter?lang={}", escape(&self.campaign().code), l.code()))
                data-keep=(format!("{} {} {day}", self.campaign().code, self.code(unit))) {
                (token_field(call))
                input type="hidden" name="key" value=(sheet.key);
                input type="hidden" name="unit" value=(self.code(unit));
                input type="hidden" name="day" value=(day);
                input type="hidden" name="seen" value=(seen);
                @if is_sent {
                    details { summary { (l.pick("Sửa số này", "Change it")) } (self.fields(unit, day, sheet)) }
                } @else {
                    (self.fields(unit, day, sheet))
                }
            }
            (self.week(unit, day, &of_source(&sheet.draft)))
        })
    }

    fn question(&self, day: Day) -> String {
        let l = self.language;
        let (weekday, date) = (l.weekday(day), l.short_day(day));
        let is_today = self.now.day_in(self.campaign().time_zone) == Some(day);
        match (l, is_today) {
            (Language::Vi, true) => format!("{weekday} {date}: hôm nay có bao nhiêu F0 cộng đồng?"),
            (Language::Vi, false) => format!("{weekday} {date}: có bao nhiêu F0 cộng đồng?"),
            (Language::En, true) => format!("{weekday} {date}: how many community F0 today?"),
            (Language::En, false) => format!("{weekday} {date}: how many community F0?"),
        }
    }

    fn receipt(&self, day: Day, sheet: &Sheet) -> Markup {
        let l = self.language;
        let date = l.short_day(day);
        let standing = sheet.standing.as_ref();
        let zone = self.campaign().time_zone;
        let at = standing.and_then(|f| f.recorded_at).map(|at| l.moment(at, zone)).unwrap_or_default();
        html! {
            div.done role="status" {
                @if sheet.notice == Notice::Waiting {
                    h1 { (l.pick("Đã gửi, đang chờ duyệt", "Sent; it waits for approval")) }
                    p { (l.pick("Ngày này đã chốt, nên một người khác của Hội đồng phải duyệt.", "This day has closed, so a second person of the council has to approve.")) }
                } @else {
                    h1 {
                        @let cases = standing.map_or(0, |f| f.community_f0);
                        @if l.is_vi() { "Đã ghi " (l.whole(cases)) " ca cho ngày " (date) } @else { "Recorded " (l.whole(cases)) " for " (date) }
                    }
                    p { (at) }
                }
            }
        }
    }

    fn due(&self, day: Day) -> String {
        let l = self.language;
        let times = DayTimes::of(self.campaign(), day);
        let closes = l.moment(times.closes_at, self.campaign().time_zone);
        let reporting = &self.campaign().reporting;
        let is_open = [reporting.late_figures, reporting.corrections] == [Care::Open; 2];
        match (l, times.state(self.now), is_open) {
            (Language::Vi, "closed", true) => format!("Ngày này đã chốt lúc {closes}."),
            (Language::Vi, "closed", false) => {
                format!("Ngày này đã chốt lúc {closes}. Sửa sau giờ chốt phải ghi lý do.")
            }
            (Language::En, "closed", true) => format!("This day closed at {closes}."),
            (Language::En, "closed", false) => {
                format!("This day closed at {closes}. A change after that needs a reason.")
            }
            (Language::Vi, ..) => format!("Chốt số lúc {closes}. Đến lúc đó bạn sửa tự do."),
            (Language::En, ..) => format!("Closes at {closes}. Until then you can change it freely."),
        }
    }

    /// The day before, and the largest so far: what a slip of the finger is seen by.
    fn before(&self, unit: u32, day: Day) -> Markup {
        let l = self.language;
        let ledger = self.snapshot.ledger();
        let days = ledger.days(unit);
        let until = ledger.calendar.index(day).unwrap_or_default();
        let counted = |at: usize| {
            let is_there = days.flags.get(at).is_some_and(|flags| is_counted(*flags));
            days.community.get(at).copied().filter(|_| is_there)
        };
        let yesterday = until.checked_sub(1).and_then(counted);
        let largest = (0..until).filter_map(counted).max();
        let shown = |cases: Option<u32>| match cases {
            Some(cases) => format!("{} {}", l.whole(u64::from(cases)), l.pick("ca", "cases")),
            None => l.pick("chưa báo", "not reported").to_owned(),
        };
        html! {
            div.ref {
                span { (l.pick("Hôm trước", "The day before")) b { (shown(yesterday)) } }
                span { (l.pick("Cao nhất đến nay", "Highest so far")) b { (shown(largest)) } }
            }
        }
    }

    fn fields(&self, unit: u32, day: Day, sheet: &Sheet) -> Markup {
        let l = self.language;
        let draft = &sheet.draft;
        let is_wrong =
            |indicator: Indicator| matches!(&sheet.notice, Notice::Wrong(wrong) if wrong.indicator == indicator);
        let is_asked = matches!(sheet.notice, Notice::Unusual | Notice::Reason | Notice::Conflict);
        let says_more = Indicator::ALL.iter().skip(1).any(|i| !draft.count(*i).is_empty() || is_wrong(*i));
        html! {
            (self.said(unit, day, sheet))
            div.field {
                label for="n" { (l.pick("Số F0 cộng đồng", "Community F0")) }
                p.hint id="hint" { (l.pick("Ca phát hiện ngoài khu cách ly, phong tỏa.", "Cases found outside quarantine and locked-down areas.")) }
                input.ask[is_asked].bad[is_wrong(Indicator::CommunityF0)] id="n" name="community_f0" type="text" inputmode="numeric"
                    autocomplete="off" maxlength="8" aria-describedby="hint said" value=(draft.count(Indicator::CommunityF0))
                    aria-invalid=[is_wrong(Indicator::CommunityF0).then_some("true")];
            }
            (self.sources(sheet))
            @if is_asked || !draft.reason.is_empty() {
                div.field.why {
                    label for="why" { (l.pick("Lý do", "Reason")) }
                    textarea id="why" name="reason" rows="2" maxlength="500" { (draft.reason) }
                }
            }
            div.send {
                button.btn.main { (self.send_words(sheet)) }
                @if !is_asked { button.btn.zero name="zero" value="1" { (l.pick("Không có ca nào: gửi số 0", "No cases: send 0")) } }
            }
            (network_line(l))
            p.note { (l.pick("Để trống là chưa báo, không phải 0. Ngày chưa báo bị tính bằng ngày xấu nhất và không bao giờ là xanh.", "Empty means not reported, not 0. A day that is not reported counts as the worst one and is never green.")) }
            details open[says_more] {
                summary { (l.pick("Thêm chi tiết (không bắt buộc)", "More (optional)")) }
                @for (at, of) in Indicator::ALL.into_iter().enumerate().skip(1) {
                    div.more {
                        label for=(format!("n{at}")) { (indicator(of.code(), l.is_vi())) }
                        input.bad[is_wrong(of)] id=(format!("n{at}")) name=(of.code()) type="text" inputmode="numeric" autocomplete="off" maxlength="8"
                            value=(draft.count(of)) aria-invalid=[is_wrong(of).then_some("true")] aria-describedby=[is_wrong(of).then_some("said")];
                    }
                }
                div.more {
                    label for="note" { (l.pick("Ghi chú (không ghi tên người bệnh)", "Note (no names of patients)")) }
                    input id="note" name="note" type="text" maxlength="500" value=(draft.note);
                }
            }
        }
    }

    /// Whose figure it is, where the campaign declares sources, and what each says so far.
    fn sources(&self, sheet: &Sheet) -> Markup {
        let (l, sources) = (self.language, &self.campaign().sources);
        if sources.is_empty() {
            return html! {};
        }
        let name = |code: &str| {
            let source = sources.iter().find(|source| source.code == code);
            source.and_then(|source| source.name.pick(l.is_vi())).unwrap_or(code).to_owned()
        };
        let standing = sheet.standing.as_ref();
        let leading = standing.and_then(|figure| Some((figure.source.as_deref()?, figure.community_f0)));
        let others = standing.iter().flat_map(|figure| figure.others.iter().flatten());
        let said = leading.into_iter().chain(others.map(|other| (other.source.as_str(), other.counts.community_f0)));
        let said: Vec<String> = said.map(|(code, cases)| format!("{} {}", name(code), l.whole(cases))).collect();
        html! {
            div.more {
                label for="source" { (l.pick("Nguồn số liệu", "Whose figure it is")) }
                select id="source" name="source" required {
                    option value="" { (l.pick("Chọn nguồn", "Choose")) }
                    @for source in sources.iter() {
                        option value=(source.code) selected[source.code == sheet.draft.source] { (name(&source.code)) }
                    }
                }
                @if !said.is_empty() { p.hint { (l.pick("Đã có: ", "So far: ")) (said.join("; ")) } }
            }
        }
    }

    fn send_words(&self, sheet: &Sheet) -> String {
        let l = self.language;
        let typed = sheet.draft.count(Indicator::CommunityF0);
        match sheet.notice {
            Notice::Unusual if l.is_vi() => format!("Đúng là {typed}: gửi kèm lý do"),
            Notice::Unusual => format!("{typed} is right: send with the reason"),
            Notice::Conflict if l.is_vi() => format!("Ghi {typed} thay số trên"),
            Notice::Conflict => format!("Record {typed} in its place"),
            _ => l.pick("Gửi số ca", "Send").to_owned(),
        }
    }

    /// What is said of what was sent: above the field, and read out.
    fn said(&self, unit: u32, day: Day, sheet: &Sheet) -> Markup {
        let l = self.language;
        let ask = |title: String, words: String| html! { div.ask id="said" role="alert" { b { (title) } (words) } };
        match &sheet.notice {
            Notice::None | Notice::Recorded | Notice::Waiting => html! {},
            Notice::Wrong(wrong) => ask(self.expected(wrong), String::new()),
            Notice::Source => ask(
                l.pick("Hãy chọn nguồn số liệu", "Say whose figure it is").to_owned(),
                l.pick(
                    "Mỗi nguồn giữ một số riêng cho cùng một ngày.",
                    "Each source keeps a figure of its own for a day.",
                )
                .to_owned(),
            ),
            Notice::Text => ask(
                l.pick("Ghi chú hoặc lý do quá dài", "The note or the reason is too long").to_owned(),
                l.pick("Mỗi ô tối đa 500 ký tự.", "At most 500 characters each.").to_owned(),
            ),
            Notice::Refused(code, detail) => {
                let row = Kind::Of(*code).row();
                html! { div.ask id="said" role="alert" { b { (l.pick("Chưa ghi được: ", "Not recorded: ")) (l.pick(row.vi, row.en)) } span lang="en" { (detail) } } }
            }
            Notice::Reason => ask(
                l.pick("Ngày này đã chốt", "This day has closed").to_owned(),
                l.pick("Ghi lý do rồi gửi lại.", "Say why and send it again.").to_owned(),
            ),
            Notice::Conflict => {
                let standing = sheet.standing.as_ref().map(|f| l.whole(f.community_f0));
                let typed = sheet.draft.count(Indicator::CommunityF0);
                let title = match (standing, l) {
                    (Some(cases), Language::Vi) => format!("Trong lúc đó đã có số cho ngày này: {cases} ca"),
                    (Some(cases), Language::En) => format!("Meanwhile {cases} was recorded for this day"),
                    (None, Language::Vi) => "Trong lúc đó số của ngày này đã được rút lại".to_owned(),
                    (None, Language::En) => "Meanwhile the figure of this day was taken back".to_owned(),
                };
                let words = match l {
                    Language::Vi => format!("Bạn gõ {typed}. Nếu số của bạn đúng, ghi lý do rồi gửi."),
                    Language::En => format!("You typed {typed}. If yours is right, say why and send it."),
                };
                ask(title, words)
            }
            Notice::Unusual => self.unusual(unit, day, sheet.draft.count(Indicator::CommunityF0)),
        }
    }

    fn unusual(&self, unit: u32, day: Day, typed: &str) -> Markup {
        let l = self.language;
        let ledger = self.snapshot.ledger();
        let bound = ledger.calendar.index(day).and_then(|at| usual(ledger, unit, at));
        let (largest, most) = bound.map_or((0, 0), |usual| (u64::from(usual.largest), usual.most()));
        let (largest, most) = (l.whole(largest), l.whole(most));
        html! {
            div.ask id="said" role="alert" {
                @if l.is_vi() {
                    b { (typed) " cao hơn mọi ngày trước (nhiều nhất " (largest) " ca)" }
                    "Thường không quá " (most) ". Có thể là gõ nhầm, hoặc dồn nhiều ngày vào một. Nếu đúng, ghi lý do rồi gửi; Hội đồng cũng sẽ thấy."
                } @else {
                    b { (typed) " is far above every day before (the most was " (largest) ")" }
                    "Up to " (most) " is usual. It may be a slip, or several days booked on one. If it is right, say why and send it; the council will see it too."
                }
            }
        }
    }

    fn expected(&self, wrong: &Wrong) -> String {
        let l = self.language;
        let name = indicator(wrong.indicator.code(), l.is_vi());
        match (wrong.expected, l) {
            (Expected::Number, Language::Vi) => "Hãy điền số ca, hoặc bấm nút gửi số 0".to_owned(),
            (Expected::Number, Language::En) => "Type the number, or press the button that sends 0".to_owned(),
            (Expected::Whole, Language::Vi) => {
                format!("{name}: chỉ ghi chữ số, từ 0 đến {}", l.whole(u64::from(MAX_COUNT)))
            }
            (Expected::Whole, Language::En) => {
                format!("{name}: digits only, from 0 to {}", l.whole(u64::from(MAX_COUNT)))
            }
            (Expected::Part(whole), Language::Vi) => {
                format!("{name} không thể nhiều hơn {}", indicator(whole.code(), true))
            }
            (Expected::Part(whole), Language::En) => {
                format!("{name} cannot be more than {}", indicator(whole.code(), false))
            }
        }
    }

    /// The seven days up to the latest begun one, each a link to its form.
    fn week(&self, unit: u32, shown: Day, rest: &str) -> Markup {
        let l = self.language;
        let ledger = self.snapshot.ledger();
        let days = ledger.days(unit);
        let last = ledger.calendar.index(self.present_day()).unwrap_or_default();
        let first = ledger.calendar.baseline.start.max((last + 1).saturating_sub(7));
        html! {
            section {
                h2 { (l.pick("7 ngày gần nhất", "The last 7 days")) }
                ol.week {
                    @for at in first..=last {
                        @let day = ledger.calendar.day(at);
                        @let state = ledger.day_state(unit, at, last);
                        li.open[day == shown] {
                            a href=(self.address(unit, day, rest)) aria-current=[(day == shown).then_some("date")] {
                                @match state {
                                    DayState::Reported => b { (l.whole(u64::from(days.community.get(at).copied().unwrap_or_default()))) },
                                    DayState::Excused => b { "–" span.vh { (l.pick("được miễn", "excused")) } },
                                    _ => b { "?" span.vh { (l.pick("chưa báo", "not reported")) } },
                                }
                                (l.short_day(day))
                            }
                        }
                    }
                }
            }
        }
    }
}
