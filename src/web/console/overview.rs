//! `/c/{campaign}/console`: four counts, the grid of units and days, what is to be done, whom
//! to remind, and what does not add up.

use super::{Room, done, page_asked, rows_of, to_sign_in};
use crate::domain::Day;
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call};
use crate::http::problem::ApiError;
use crate::scoring::quality::Rule;
use crate::service::access::{Contest, Results};
use crate::service::appeals::{AppealFilter, AppealState};
use crate::service::approvals::{ApprovalFilter, ApprovalState, ApprovalView, Viewer};
use crate::service::completeness::kind_asked;
use crate::service::days::{DayReportView, DayView, day_report, days_view, index_of};
use crate::service::figures::{FigureFilter, escape};
use crate::service::flags::{FlagFilter, FlagView};
use crate::service::grid::{GridCell, GridRow, GridView, grid};
use crate::service::reconciliation::ResidualView;
use crate::service::{Code, Fault};
use crate::web::forms::{alert, hidden, reason, scrolling, typed};
use crate::web::language;
use crate::web::problems::Refused;
use actix_web::web;
use maud::{Markup, html};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Units that are named on the list for reminders, and days that do not add up.
const NAMED: usize = 60;

/// Open flags whose days are marked in the grid.
const MARKED: usize = 2_000;

/// So many days up to the present one are looked at for sums that do not fit.
const DAYS_BACK: u64 = 6;

/// Shows the console.
pub(super) async fn get_console(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console");
    }
    call.may::<Results>()?;
    let told = call.get("done").filter(|done| *done == "closed");
    let told = told.map(|_| l.pick("Đã chốt ngày.", "The day is closed."));
    shown(&call, None, told).await
}

/// Closes a day before its cut-off.
pub(super) async fn post_close(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        return to_sign_in(&call, l, "console");
    }
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    // what is not in memory is loaded here, and not while others wait for the writer
    let room = Room::open(&call, l).await?;
    let day = form.get("day").and_then(|text| parse_day(text).ok());
    let asked = day.ok_or_else(|| Fault::of_field(Code::InvalidRequest, "/day", "expected a day written YYYY-MM-DD"));
    let said = asked.and_then(|day| Ok((day, reason(&form, "reason")?)));
    let closed = match said {
        Ok((day, reason)) => {
            let request = call.form_write(&form, None);
            call.service.close_day(&grant, &room.campaign().code, day, reason, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    match closed {
        Ok(_) => call.see_other(&room.address("console", "done=closed&")),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            shown(&call, Some((refused, typed(&form, "reason"), day)), None).await
        }
    }
}

/// A closing that was refused: why, the reason that was typed, and of which day.
type NotClosed = (Refused, String, Option<Day>);

/// What the page tells.
struct Told {
    kind: u16,
    page: usize,
    today: Day,
    /// Whether the window is over, so that it is its last day.
    is_over: bool,
    grid: GridView,
    days: Vec<DayView>,
    report: DayReportView,
    approvals: Vec<ApprovalView>,
    flags: (usize, Vec<FlagView>),
    appeals: usize,
    residuals: Vec<ResidualView>,
}

async fn shown(call: &Call, not_closed: Option<NotClosed>, told: Option<&str>) -> Answer {
    let room = Room::open(call, language(call)?).await?;
    let kind = match call.text("kind")? {
        Some(code) => kind_asked(&room.snapshot, Some(&code))?,
        None => reporting_kind(&room),
    };
    call.note_private_read(&room.snapshot, room.snapshot.has_private(None)).await?;
    let told_now = read(call, &room, kind, page_asked(call)?).await?;
    let sheet = Sheet { room: &room, told: &told_now };
    let content = sheet.content(call, not_closed.as_ref(), told)?;
    Ok(room.shown(call, ("console", room.l.pick("Điều hành", "Console")), &content))
}

/// The first kind whose units report for themselves.
fn reporting_kind(room: &Room) -> u16 {
    let reports = |kind: &crate::domain::campaign::Kind| kind.figures == crate::domain::campaign::Figures::Reported;
    let found = room.campaign().kinds.iter().zip(0u16..).find(|(kind, _)| reports(kind));
    found.map_or(0, |(_, index)| index)
}

async fn read(call: &Call, room: &Room, kind: u16, page: usize) -> Result<Told, ApiError> {
    let campaign = room.campaign();
    let today = room.now.day_in(campaign.time_zone).unwrap_or(campaign.window.from);
    let is_over = today > campaign.window.to;
    let today = today.clamp(campaign.baseline.from, campaign.window.to);
    let at = index_of(&room.snapshot, today)?;
    let (viewer, audience) = (Viewer::of(&call.caller, &campaign.code)?, call.audience()?);
    let (snapshot, now, sight, code) = (room.snapshot.clone(), room.now, room.sight, campaign.code.clone());
    let found = call.service.blocking(move |service| {
        let closings = service.closings(&code, &audience)?;
        let days = days_view(&snapshot, &closings, now, sight);
        let closed: Vec<Day> = closings.iter().map(|closing| closing.day).collect();
        let pending = ApprovalFilter { state: Some(ApprovalState::Pending), unit: None };
        let open_flags = FlagFilter { is_open: Some(true), ..FlagFilter::default() };
        let open_appeals = AppealFilter { state: Some(AppealState::Open), unit: None };
        let from = today.checked_sub_days(chrono::Days::new(DAYS_BACK));
        let since = FigureFilter { from, to: Some(today), ..FigureFilter::default() };
        Ok(Told {
            kind,
            page,
            today,
            is_over,
            grid: grid(&snapshot, kind, rows_of(page), (now, &closed), sight),
            report: day_report(&snapshot, at, &closings, now, 0..NAMED, sight),
            days,
            approvals: service.approvals(&code, &pending, &viewer)?.items,
            flags: service.flags(&snapshot, &open_flags, sight, 0..MARKED)?,
            appeals: service.appeals(&code, &open_appeals, &audience)?.items.len(),
            residuals: service.reconciliation(&code, &since, &audience)?.1,
        })
    });
    Ok(found.await?)
}

struct Sheet<'a> {
    room: &'a Room,
    told: &'a Told,
}

impl Sheet<'_> {
    fn content(&self, call: &Call, not_closed: Option<&NotClosed>, told: Option<&str>) -> Result<Markup, ApiError> {
        let l = self.room.l;
        let today = self.told.today;
        Ok(html! {
            div.head {
                h1 {
                    (l.pick("Điều hành", "Console")) ": "
                    @if self.told.is_over { (l.pick("đã hết kỳ thi đua", "the window is over")) } @else { (l.weekday(today)) " " (l.short_day(today)) }
                }
                p { (l.pick("Bây giờ", "Now")) " " (self.room.moment(self.room.now)) }
            }
            (done(told))
            (self.counts())
            section.panel.pad aria-labelledby="g" {
                h2 id="g" { (l.pick("Đủ số liệu chưa", "Is everything there?")) }
                (self.kinds())
                (self.grid())
                (self.other_day())
            }
            div.cols.half {
                section.panel.pad aria-labelledby="do" {
                    h2 id="do" { (l.pick("Việc cần làm", "To do")) }
                    (self.to_do(call, not_closed)?)
                }
                section.panel.pad aria-labelledby="remind" {
                    h2 id="remind" { (self.remind_title()) }
                    (self.reminders())
                }
            }
            section.panel.pad aria-labelledby="sums" {
                h2 id="sums" { (l.pick("Đối soát 7 ngày gần nhất", "What does not add up, the last 7 days")) }
                (self.residuals())
            }
        })
    }

    fn counts(&self) -> Markup {
        let l = self.room.l;
        let (told, whole) = (self.told, |n: usize| l.whole(n as u64));
        let shares = told.report.day.reports;
        let waiting = told.report.total;
        html! {
            dl.kpi.panel {
                @let date = l.short_day(told.today);
                div { dt { @if told.is_over { @if l.is_vi() { "Ngày cuối " (date) " đã báo" } @else { "Reported for the last day, " (date) } } @else { (l.pick("Hôm nay đã báo", "Reported today")) } } dd {
                    @match shares {
                        Some(shares) => { (l.whole(shares.on_time + shares.late)) "/" (l.whole(shares.due)) },
                        None => "–",
                    }
                    small { @if l.is_vi() { "còn chờ " (l.whole(waiting)) } @else { (l.whole(waiting)) " to come" } }
                } }
                div { dt { (l.pick("Ô thiếu của ngày đã chốt", "Missing on closed days")) } dd {
                    (l.whole(told.grid.missing))
                    small { @if l.is_vi() { "trong " (whole(told.grid.total)) " đơn vị" } @else { "of " (whole(told.grid.total)) " units" } }
                } }
                div { dt { (l.pick("Chờ duyệt", "Waiting for approval")) } dd {
                    a href=(self.room.address("console/approvals", "state=pending&")) { (whole(told.approvals.len())) }
                    small { (l.pick("người khác duyệt", "by a second person")) }
                } }
                div { dt { (l.pick("Cảnh báo chưa trả lời", "Open flags")) } dd {
                    a href=(self.room.address("console/flags", "state=open&")) { (whole(told.flags.0)) }
                    small { @if l.is_vi() { (whole(told.appeals)) " khiếu nại đang mở" } @else { (whole(told.appeals)) " open appeals" } }
                } }
            }
        }
    }

    /// The kinds of the campaign, each a grid of its own.
    fn kinds(&self) -> Markup {
        let l = self.room.l;
        let kinds = &self.room.campaign().kinds;
        html! {
            @if kinds.len() > 1 {
                p.links {
                    @for (kind, index) in kinds.iter().zip(0u16..) {
                        a href=(self.room.address("console", &format!("kind={}&", escape(&kind.code)))) aria-current=[(index == self.told.kind).then_some("true")] {
                            (kind.name.pick(l.is_vi()).unwrap_or(&kind.code))
                        }
                        " "
                    }
                }
            }
        }
    }

    fn grid(&self) -> Markup {
        let (l, grid) = (self.room.l, &self.told.grid);
        let name = l.pick(
            "Số F0 cộng đồng theo đơn vị và ngày, với trạng thái báo cáo",
            "Community F0 by unit and day, with what became of the report",
        );
        let placed = |at: usize| Some(place(grid, at)).filter(|place| !place.is_empty());
        let kind = self.room.campaign().kind(self.told.kind).map_or("", |kind| kind.code.as_str());
        let marks = Marks::of(self.told);
        html! {
            (scrolling(name, &html! {
                table.grid {
                    caption.vh { (name) }
                    thead { tr {
                        th scope="col" { (l.pick("Đơn vị", "Unit")) }
                        @for (at, day) in grid.days.iter().enumerate() {
                            th class=[placed(at)] scope="col" { (l.short_day(*day)) }
                        }
                    } }
                    tbody { @for row in &grid.rows { (self.row(row, &marks)) } }
                    tfoot { tr {
                        th scope="row" { (l.pick("Cộng", "Sum")) }
                        @for (at, sum) in grid.sums.iter().enumerate() {
                            td class=[placed(at)] { @if let Some(sum) = sum { (l.whole(*sum)) } }
                        }
                    } }
                }
            }))
            (self.room.turner("console", &format!("kind={}&", escape(kind)), (self.told.page, grid.total)))
            (self.key())
        }
    }

    fn row(&self, row: &GridRow, marks: &Marks<'_>) -> Markup {
        let (l, grid) = (self.room.l, &self.told.grid);
        let unit = format!("/c/{}/u/{}?lang={}", escape(&self.room.campaign().code), escape(&row.unit.code), l.code());
        html! {
            tr {
                th scope="row" { a href=(unit) { (row.unit.name) } }
                @for (at, (day, cell)) in grid.days.iter().zip(&row.cells).enumerate() {
                    @let date = day.to_string();
                    @let (class, value, said) = self.cell(*cell, marks.is_flagged(&row.unit.code, &date));
                    @let waits = marks.is_waiting(&row.unit.code, &date);
                    td class=(format!("{class} {}{}", place(grid, at), if waits { " c" } else { "" }).trim_end()) {
                        @let content = html! {
                            (value)
                            @if !said.is_empty() { span.vh { " " (said) } }
                            @if waits { span.vh { " " (l.pick("có đề nghị chờ duyệt", "a change waits for approval")) } }
                        };
                        // what asks for something leads to where it is decided
                        @if matches!(class, "m" | "w" | "x" | "n late") || waits {
                            a href=(self.room.address("console/day", &format!("unit={}&date={date}&", escape(&row.unit.code)))) { (content) }
                        } @else { (content) }
                    }
                }
            }
        }
    }

    /// Class, sign, and what a sign means to who does not see it.
    fn cell(&self, cell: GridCell, is_flagged: bool) -> (&'static str, String, &str) {
        let l = self.room.l;
        match cell {
            GridCell::Reported { cases, .. } if is_flagged => {
                ("w", l.whole(u64::from(cases)), l.pick("có cảnh báo", "flagged"))
            }
            GridCell::Reported { cases, is_open: true, .. } => {
                ("o n", l.whole(u64::from(cases)), l.pick("ngày đang mở", "open day"))
            }
            GridCell::Reported { cases, is_late: true, .. } => {
                ("n late", l.whole(u64::from(cases)), l.pick("báo trễ", "late"))
            }
            GridCell::Reported { cases: 0, .. } => ("z", "0".to_owned(), ""),
            GridCell::Reported { cases, .. } => ("n", l.whole(u64::from(cases)), ""),
            GridCell::Missing => ("m", "–".to_owned(), l.pick("thiếu", "missing")),
            GridCell::Excused => ("x", l.pick("M", "E").to_owned(), l.pick("được miễn", "excused")),
            GridCell::Waiting => ("q", String::new(), l.pick("đang chờ", "waiting")),
            GridCell::NotDue => ("nd", "·".to_owned(), l.pick("chưa đến hạn", "not due")),
        }
    }

    fn key(&self) -> Markup {
        let l = self.room.l;
        html! {
            p.key {
                span { i { b { "4" } } (l.pick("đã báo", "reported")) }
                span { i.kz { "0" } (l.pick("đã báo, không có ca", "reported, no cases")) }
                span { i.kl { b { "4" } } (l.pick("báo trễ", "reported late")) }
                span { i.km { "–" } (l.pick("thiếu", "missing")) }
                span { i.kw { "78" } (l.pick("có cảnh báo", "flagged")) }
                span { i.ko { "4" } (l.pick("ngày đang mở", "open day")) }
                span { i.kq {} (l.pick("đang chờ", "waiting")) }
                span { i.kc { "3" } (l.pick("có đề nghị chờ duyệt", "a change waits for approval")) }
                span { i { (l.pick("M", "E")) } (l.pick("được miễn", "excused")) }
                span { i.kn { "·" } (l.pick("chưa đến hạn", "not due")) }
            }
        }
    }

    /// The way to a day that the grid does not mark.
    fn other_day(&self) -> Markup {
        let (l, campaign) = (self.room.l, self.room.campaign());
        html! {
            form.filters method="get" action=(format!("/c/{}/console/day", escape(&campaign.code))) {
                input type="hidden" name="lang" value=(l.code());
                label { (l.pick("Mã đơn vị", "Code of a unit")) " " input name="unit" required maxlength="64"; }
                label { (l.pick("Ngày", "Day")) " " input name="date" type="date" required min=(campaign.baseline.from) max=(campaign.window.to) value=(self.told.today); }
                button.btn { (l.pick("Xem ngày này", "Show this day")) }
            }
        }
    }

    fn to_do(&self, call: &Call, not_closed: Option<&NotClosed>) -> Result<Markup, ApiError> {
        let (l, told) = (self.room.l, self.told);
        let due: Vec<&DayView> = told.days.iter().filter(|day| day.state == "due").collect();
        let open = [
            (
                told.approvals.len(),
                "console/approvals",
                "state=pending&",
                ("đề nghị chờ duyệt", "requests wait for approval"),
            ),
            (told.flags.0, "console/flags", "state=open&", ("cảnh báo chưa trả lời", "flags without an answer")),
            (told.appeals, "appeals", "state=open&", ("khiếu nại đang mở", "appeals without an answer")),
        ];
        let is_idle = due.is_empty() && open.iter().all(|(count, ..)| *count == 0);
        let may_close = call.may::<Contest>().is_ok();
        // a day that closed meanwhile has no form any more
        let has_form = |(_, _, of): &&NotClosed| due.iter().any(|day| of.is_none_or(|of| of.to_string() == day.date));
        Ok(html! {
            (alert(l, not_closed.filter(|not_closed| !has_form(not_closed)).map(|(refused, ..)| refused)))
            @if is_idle { p { (l.pick("Không còn việc gì.", "Nothing is left to do.")) } }
            @if !is_idle { ul.todo {
                @for (count, page, rest, (vi, en)) in open.into_iter().filter(|(count, ..)| *count > 0) {
                    li { a href=(self.room.address(page, rest)) { b { (l.whole(count as u64)) } " " (l.pick(vi, en)) } }
                }
                @for day in &due {
                    li {
                        b { (l.pick("Chốt ngày", "Close")) " " (self.room.day(&day.date)) }
                        p { (self.closes(day)) }
                        @if may_close { (self.close_form(call, day, not_closed)?) }
                    }
                }
            } }
        })
    }

    fn closes(&self, day: &DayView) -> String {
        let at = self.room.moment(day.closes_at);
        if self.room.l.is_vi() {
            format!("Tự chốt lúc {at}. Chốt sớm thì báo sau đó là báo trễ.")
        } else {
            format!("Closes by itself at {at}. Once closed early, a report is a late one.")
        }
    }

    fn close_form(&self, call: &Call, day: &DayView, not_closed: Option<&NotClosed>) -> Result<Markup, ApiError> {
        let l = self.room.l;
        let of_this = not_closed.filter(|(_, _, of)| of.is_none_or(|of| of.to_string() == day.date));
        let id = format!("why-{}", day.date);
        Ok(html! {
            form.do method="post" action=(self.room.address("console/close", "")) {
                (alert(l, of_this.map(|(refused, ..)| refused)))
                (hidden(call)?)
                input type="hidden" name="day" value=(day.date);
                label for=(id) { (l.pick("Lý do chốt sớm", "Why it is closed early")) }
                input id=(id) name="reason" type="text" maxlength="500" required value=[of_this.map(|(_, typed, _)| typed)];
                button.btn { (l.pick("Chốt ngày này", "Close this day")) }
            }
        })
    }

    fn remind_title(&self) -> String {
        let (l, n) = (self.room.l, self.told.report.total);
        let day = l.short_day(self.told.today);
        if l.is_vi() {
            format!("Nhắc {} đơn vị chưa báo ngày {day}", l.whole(n))
        } else {
            format!("Remind {} units: no report for {day}", l.whole(n))
        }
    }

    fn reminders(&self) -> Markup {
        let (l, report) = (self.room.l, &self.told.report);
        let more = report.total.saturating_sub(report.items.len() as u64);
        html! {
            @if report.items.is_empty() { p { (l.pick("Mọi đơn vị đã báo.", "Everybody has reported.")) } } @else { ul.todo {
                @for item in &report.items {
                    @let silent = &item.silent;
                    li {
                        b { (silent.unit.name) } @if let Some(parent) = &item.parent_name { ", " (parent) }
                        @if silent.missing_days > 1 {
                            ": " @if l.is_vi() { (l.whole(silent.missing_days)) " ngày chưa báo" } @else { (l.whole(silent.missing_days)) " days without a report" }
                        }
                        @if let Some(last) = &silent.last_reported { " · " (l.pick("báo lần cuối cho ngày", "last reported for")) " " (self.room.day(last)) }
                    }
                }
            } }
            @if more > 0 { p.note { @if l.is_vi() { "và " (l.whole(more)) " đơn vị nữa" } @else { "and " (l.whole(more)) " more" } } }
        }
    }

    fn residuals(&self) -> Markup {
        let (l, all) = (self.room.l, &self.told.residuals);
        let more = all.len().saturating_sub(NAMED) as u64;
        html! {
            @if all.is_empty() { p { (l.pick("Tổng các đơn vị khớp với cấp trên, các nguồn khớp nhau.", "Sums fit what the units above report, and sources agree.")) } }
            @else { ul.todo { @for residual in all.iter().take(NAMED) { li { (self.residual(residual)) } } } }
            @if more > 0 { p.note { @if l.is_vi() { "và " (l.whole(more)) " dòng nữa" } @else { "and " (l.whole(more)) " more" } } }
        }
    }

    fn residual(&self, residual: &ResidualView) -> Markup {
        let l = self.room.l;
        let signed = |difference: i64| {
            format!("{}{}", if difference < 0 { "−" } else { "+" }, l.whole(difference.unsigned_abs()))
        };
        html! {
            a href=(self.room.address("console/day", &format!("unit={}&date={}&", escape(&residual.unit.code), residual.date))) { b { (residual.unit.name) ", " (self.room.day(&residual.date)) ": " (l.whole(residual.community_f0)) } }
            @if let Some(children) = &residual.children {
                br;
                @if l.is_vi() {
                    "Các đơn vị dưới cộng lại " (l.whole(children.community_f0)) " (" (l.whole(children.reported)) "/" (l.whole(children.units)) " đã báo)"
                } @else {
                    "Those below report " (l.whole(children.community_f0)) " together (" (l.whole(children.reported)) " of " (l.whole(children.units)) " reported)"
                }
                @match children.difference {
                    Some(difference) => { ": " (l.pick("lệch", "off by")) " " (signed(difference)) },
                    None => { ": " (l.pick("chưa kết luận được", "nothing can be said yet")) },
                }
            }
            @for against in &residual.against {
                br;
                (l.pick("Nguồn", "Source")) " " (against.source) ": " (l.whole(against.counts.community_f0))
                @if let Some(difference) = against.difference.get("community_f0") { " (" (l.pick("lệch", "off by")) " " (signed(*difference)) ")" }
            }
            @if let Some(source) = &residual.source { br; (l.pick("Đang tính theo nguồn", "Counted by the source")) " " (source) }
        }
    }
}

/// Where a column stands: in the baseline, which phones leave out, or first in the window.
fn place(grid: &GridView, at: usize) -> &'static str {
    match at.cmp(&grid.baseline) {
        Ordering::Less => "b",
        Ordering::Equal => "first",
        Ordering::Greater => "",
    }
}

/// Which unit-days of the grid are marked.
struct Marks<'a> {
    flagged: HashSet<(&'a str, &'a str)>,
    waiting: HashSet<(&'a str, &'a str)>,
}

impl<'a> Marks<'a> {
    fn of(told: &'a Told) -> Self {
        let is_of_figure = |flag: &&FlagView| flag.rule != Rule::ParentChildren.code();
        let flagged =
            told.flags.1.iter().filter(is_of_figure).map(|flag| (flag.unit.code.as_str(), flag.date.as_str()));
        let waiting = told.approvals.iter().filter_map(|a| Some((a.unit_code.as_deref()?, a.date.as_deref()?)));
        Self { flagged: flagged.collect(), waiting: waiting.collect() }
    }

    fn is_flagged(&self, unit: &str, date: &str) -> bool {
        self.flagged.contains(&(unit, date))
    }

    fn is_waiting(&self, unit: &str, date: &str) -> bool {
        self.waiting.contains(&(unit, date))
    }
}
