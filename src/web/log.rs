//! `/c/{campaign}/log`: what was done and seen in a campaign, for auditors: filters, pages,
//! and whether the chain of entries still holds.

use super::forms::scrolling;
use super::frame::{Frame, Here, Visitor};
use super::words::Language;
use super::{language, own_page};
use crate::domain::time::local_instant;
use crate::domain::{Campaign, Day};
use crate::http::call::{Answer, Call};
use crate::http::problem::ApiError;
use crate::service::access::Audit;
use crate::service::audit::{AuditView, EntryFilter, EntryView, Report, chain_of, read_cursor};
use crate::service::figures::escape;
use crate::service::{Moment, Service};
use chrono::NaiveTime;
use maud::{Markup, html};

/// Entries on one page.
const ON_A_PAGE: i64 = 50;

/// So much of what stood and stands is shown of an entry.
const MOST_CHARS: usize = 2_000;

/// The page.
pub(super) async fn get_log(call: Call) -> Answer {
    let l = language(&call)?;
    if call.caller.is_anonymous() {
        let here = format!("/c/{}/log?lang={}", escape(&call.path("campaign")?), l.code());
        return call.see_other(&format!("/sign-in?lang={}&next={}", l.code(), escape(&here)));
    }
    let grant = call.may::<Audit>()?;
    let snapshot = call.look(Moment::Now).await?.snapshot;
    let campaign = snapshot.campaign();
    let asked = Asked::read(&call)?;
    let filter = asked.filter(campaign);
    let before = call.get("before").map(read_cursor).transpose()?.unwrap_or(i64::MAX);
    let checks = call.get("check").is_some();
    let code = campaign.code.clone();
    let read = move |service: &Service| {
        let view = service.audit(&grant, Some(&code), &filter, before, ON_A_PAGE)?;
        let report = checks.then(|| service.turns.take(|| service.verify_audit(&grant, &[]))).transpose()?;
        Ok((view, report))
    };
    let (view, report) = call.service.blocking(read).await?;
    let page = Page { l, campaign, asked: &asked };
    let frame = Frame {
        language: l,
        title: format!("{} · {}", l.pick("Nhật ký", "Log"), super::home::title(campaign, l)),
        other: page.address(l.other(), ""),
        campaign: Some(&campaign.code),
        scheme: Some(&campaign.scheme),
        visitor: Visitor::of(&call, Some(&campaign.code)),
        here: Some(Here::Log),
    };
    Ok(own_page(&call, frame.page(&page.content(&view, report.as_ref()))))
}

/// What is looked for.
struct Asked {
    actor: String,
    action: String,
    target: String,
    day: Option<Day>,
}

impl Asked {
    fn read(call: &Call) -> Result<Self, ApiError> {
        // a form that is sent with empty fields asks for all
        let text = |name: &str| call.get(name).map(str::trim).unwrap_or_default().to_owned();
        let day = if text("day").is_empty() { None } else { call.day("day")? };
        Ok(Self { actor: text("actor"), action: text("action"), target: text("target"), day })
    }

    fn filter(&self, campaign: &Campaign) -> EntryFilter {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let start = |day: Day| local_instant(campaign.time_zone, day, NaiveTime::MIN).micros();
        EntryFilter {
            actor: some(&self.actor),
            action: some(&self.action),
            target: some(&self.target),
            request_id: None,
            from_us: self.day.map(start),
            to_us: self.day.and_then(|day| day.succ_opt()).map(start),
        }
    }
}

struct Page<'a> {
    l: Language,
    campaign: &'a Campaign,
    asked: &'a Asked,
}

impl Page<'_> {
    fn address(&self, l: Language, more: &str) -> String {
        let asked = self.asked;
        let day = asked.day.map(|day| day.to_string()).unwrap_or_default();
        let fields = [("actor", &asked.actor), ("action", &asked.action), ("target", &asked.target), ("day", &day)];
        let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields: Vec<String> = given.map(|(name, value)| format!("&{name}={}", escape(value))).collect();
        format!("/c/{}/log?lang={}{}{more}", escape(&self.campaign.code), l.code(), fields.concat())
    }

    fn content(&self, view: &AuditView, report: Option<&Report>) -> Markup {
        let l = self.l;
        let count = l.whole(view.total.unsigned_abs());
        html! {
            div.head {
                h1 { (l.pick("Nhật ký", "Log")) }
                p { (super::home::title(self.campaign, l)) }
            }
            (self.chain(view, report))
            (self.form())
            h2 { (match (l, view.total) {
                (Language::Vi, _) => format!("{count} mục"),
                (Language::En, 1) => "1 entry".to_owned(),
                (Language::En, _) => format!("{count} entries"),
            }) }
            @if view.items.is_empty() {
                div.panel.empty { p { (l.pick("Không có mục nào như vậy.", "There is no such entry.")) } }
            } @else { (scrolling(l.pick("Các mục của nhật ký", "Entries of the log"), &self.table(&view.items))) }
            nav.turn aria-label=(l.pick("Trang", "Pages")) {
                @if let Some(cursor) = &view.next_cursor {
                    a.btn rel="next" href=(self.address(l, &format!("&before={}", escape(cursor)))) { (l.pick("Cũ hơn", "Older")) }
                }
            }
        }
    }

    /// Where the chain ends, and whether it holds.
    fn chain(&self, view: &AuditView, report: Option<&Report>) -> Markup {
        let l = self.l;
        let chain = chain_of(&self.campaign.code);
        let broken = report.and_then(|report| report.broken.iter().find(|place| place.chain == chain));
        let (number, hash) = (view.head.number, &view.head.hash);
        html! {
            @if let Some(place) = broken {
                div.ribbon.stop role="alert" {
                    b { (match l {
                        Language::Vi => format!("Chuỗi nhật ký bị đứt ở mục {}", place.number),
                        Language::En => format!("The chain is broken at entry {}", place.number),
                    }) }
                    span lang="en" { (place.what) }
                }
            } @else if report.is_some() {
                div.ribbon.final role="status" {
                    b { (match l {
                        Language::Vi => format!("Đã kiểm tra {number} mục: chuỗi nhật ký liền mạch, không mục nào bị sửa, xóa hay chèn."),
                        Language::En => format!("{number} entries were checked: the chain holds, none was changed, removed or put in."),
                    }) }
                }
            }
            p.note.hash { (match l {
                Language::Vi => format!("Mục cuối: {number}. Mã của nó: {hash}"),
                Language::En => format!("Last entry: {number}. Its hash: {hash}"),
            }) }
            p.links { a.btn href=(self.address(l, "&check=1")) { (l.pick("Kiểm tra chuỗi nhật ký", "Check the chain")) } }
        }
    }

    fn form(&self) -> Markup {
        let (l, asked) = (self.l, self.asked);
        let day = asked.day.map(|day| day.to_string()).unwrap_or_default();
        html! {
            form.filters.panel method="get" role="search" {
                input type="hidden" name="lang" value=(l.code());
                div { label for="actor" { (l.pick("Ai (user:tên)", "Who (user:name)")) } input id="actor" name="actor" maxlength="200" value=(asked.actor); }
                div { label for="action" { (l.pick("Việc (figure.record)", "Action (figure.record)")) } input id="action" name="action" maxlength="200" value=(asked.action); }
                div { label for="target" { (l.pick("Đối tượng", "Target")) } input id="target" name="target" maxlength="300" value=(asked.target); }
                div { label for="day" { (l.pick("Ngày (năm-tháng-ngày)", "Day (year-month-day)")) } input id="day" name="day" maxlength="10" placeholder="2021-07-13" value=(day); }
                button.btn.main { (l.pick("Lọc", "Filter")) }
            }
        }
    }

    fn table(&self, items: &[EntryView]) -> Markup {
        let l = self.l;
        html! {
            table.days-table {
                caption.vh { (l.pick("Các mục của nhật ký, mới nhất trước", "Entries of the log, the latest first")) }
                thead { tr {
                    th scope="col" { (l.pick("Mục", "Entry")) }
                    th scope="col" { (l.pick("Lúc", "When")) }
                    th scope="col" { (l.pick("Ai", "Who")) }
                    th scope="col" { (l.pick("Việc", "Action")) }
                    th scope="col" { (l.pick("Đối tượng", "Target")) }
                    th scope="col" { (l.pick("Trước và sau", "Before and after")) }
                } }
                tbody { @for entry in items { (self.entry(entry)) } }
            }
        }
    }

    fn entry(&self, entry: &EntryView) -> Markup {
        let l = self.l;
        let text = |value: &serde_json::Value| {
            let text = value.to_string();
            let shown: String = text.chars().take(MOST_CHARS).collect();
            if shown.len() < text.len() { format!("{shown}…") } else { shown }
        };
        html! {
            tr {
                th scope="row" { (entry.number) }
                td { (l.moment(entry.at, self.campaign.time_zone)) }
                td { (entry.actor) " (" (entry.role) ")" @if !entry.origin.is_empty() { br; small { (entry.origin) } } }
                td { (entry.action) }
                td.wrap-any { (entry.target) }
                td.wrap-any {
                    @if entry.before.is_some() || entry.after.is_some() {
                        details {
                            summary { (l.pick("Xem", "Show")) }
                            @if let Some(before) = &entry.before { p { b { (l.pick("Trước: ", "Before: ")) } code { (text(before)) } } }
                            @if let Some(after) = &entry.after { p { b { (l.pick("Sau: ", "After: ")) } code { (text(after)) } } }
                        }
                    }
                }
            }
        }
    }
}
