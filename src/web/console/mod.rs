//! What the council does between the days: who has not reported, what asks for an answer,
//! what waits for a second person.
//!
//! Each page shows what the service tells its reader and writes with the rights that the
//! service proves; nothing here knows a rule of its own. Start reading at [`overview`].

mod appeals;
mod approvals;
mod day;
mod effects;
mod files;
mod flags;
mod overview;

use super::forms::hidden;
use super::frame::{Frame, Here, Visitor};
use super::words::Language;
use super::{in_other_language, own_page};
use crate::domain::{Campaign, Day, Instant};
use crate::http::call::{Answer, Call};
use crate::http::problem::ApiError;
use crate::http::{Handles, RouteError, Routes};
use crate::service::Moment;
use crate::service::figures::escape;
use crate::service::live::{Sight, Snapshot};
use actix_web::HttpResponse;
use actix_web::http::Method;
use maud::{Markup, html};
use std::sync::Arc;

/// Rows of a list on one page.
const ROWS: usize = 100;

/// Adds the addresses.
pub(super) fn add_routes(routes: &mut Routes) -> Result<(), RouteError> {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let (get, post) = (Method::GET, Method::POST);
    let of_console = ["kind", "page", "done", "lang"];
    routes.add(get.clone(), "/c/{campaign}/console", names(&of_console), overview::get_console.handler())?;
    routes.add(post.clone(), "/c/{campaign}/console/close", names(&["lang"]), overview::post_close.handler())?;
    let of_day = names(&["unit", "date", "done", "lang"]);
    routes.add(get.clone(), "/c/{campaign}/console/day", of_day, day::get_day.handler())?;
    routes.add(post.clone(), "/c/{campaign}/console/day", names(&["lang"]), day::post_day.handler())?;
    let of_list = ["state", "page", "done", "lang"];
    routes.add(get.clone(), "/c/{campaign}/console/flags", names(&of_list), flags::get_flags.handler())?;
    routes.add(post.clone(), "/c/{campaign}/console/flags", names(&["state", "lang"]), flags::post_flag.handler())?;
    routes.add(get.clone(), "/c/{campaign}/console/approvals", names(&of_list), approvals::get_approvals.handler())?;
    let approval = "/c/{campaign}/console/approvals/{id}";
    routes.add(get.clone(), approval, names(&["done", "lang"]), approvals::get_approval.handler())?;
    routes.add(post.clone(), approval, names(&["lang"]), approvals::post_approval.handler())?;
    routes.add(get.clone(), "/c/{campaign}/appeals", names(&of_list), appeals::get_appeals.handler())?;
    routes.add(post.clone(), "/c/{campaign}/appeals", names(&["lang"]), appeals::post_appeal.handler())?;
    let appeal = "/c/{campaign}/appeals/{id}";
    routes.add(get.clone(), appeal, names(&["done", "lang"]), appeals::get_appeal.handler())?;
    routes.add(post.clone(), appeal, names(&["lang"]), appeals::post_answer.handler())?;
    routes.add(get, "/c/{campaign}/files", names(&["done", "lang"]), files::get_files.handler())?;
    routes.add(post.clone(), "/c/{campaign}/files", names(&["lang"]), files::post_file.handler())?;
    routes.add(post, "/c/{campaign}/files/undo", names(&["lang"]), files::post_undo.handler())
}

/// Leads to where one signs in, and from there back to a page of the campaign.
fn to_sign_in(call: &Call, l: Language, page: &str) -> Answer {
    let here = format!("/c/{}/{page}?lang={}", escape(&call.path("campaign")?), l.code());
    call.see_other(&format!("/sign-in?lang={}&next={}", l.code(), escape(&here)))
}

/// A page of the campaign as it stands, for somebody with a proven right.
struct Room {
    l: Language,
    snapshot: Arc<Snapshot>,
    now: Instant,
    sight: Sight,
    visitor: Visitor,
}

impl Room {
    /// Opens it; the caller's right to see the campaign as it stands was proven before.
    async fn open(call: &Call, l: Language) -> Result<Self, ApiError> {
        let view = call.look_live(Moment::Now).await?;
        let sight = call.sight(&view.snapshot);
        let visitor = Visitor::of(call, Some(&view.snapshot.campaign().code));
        Ok(Self { l, now: view.judged_at, sight, visitor, snapshot: view.snapshot })
    }

    fn campaign(&self) -> &Campaign {
        self.snapshot.campaign()
    }

    /// The address of a page of the campaign; `rest` are parameters before the language.
    fn address(&self, page: &str, rest: &str) -> String {
        format!("/c/{}/{page}?{rest}lang={}", escape(&self.campaign().code), self.l.code())
    }

    /// A day as people write it.
    fn day(&self, date: &str) -> String {
        date.parse::<Day>().map_or_else(|_| date.to_owned(), |day| self.l.long_day(day))
    }

    fn moment(&self, at: Instant) -> String {
        self.l.moment(at, self.campaign().time_zone)
    }

    /// Name of a unit, where the reader may know it.
    fn unit_name<'a>(&'a self, code: &'a str) -> &'a str {
        let register = self.snapshot.register();
        let found = register.find(code).filter(|unit| self.snapshot.is_visible(*unit, self.sight));
        found.and_then(|unit| register.unit(unit)).map_or(code, |unit| unit.name.as_str())
    }

    /// The whole page, with the way to its sisters.
    fn shown(&self, call: &Call, (page, title): (&str, &str), content: &Markup) -> HttpResponse {
        let l = self.l;
        let campaign = self.campaign();
        let frame = Frame {
            language: l,
            title: format!("{title} · {}", super::home::title(campaign, l)),
            other: in_other_language(
                call,
                l,
                format!("/c/{}/{page}?lang={}", escape(&campaign.code), l.other().code()),
            ),
            campaign: Some(&campaign.code),
            scheme: Some(&campaign.scheme),
            visitor: self.visitor.clone(),
            here: (page == "console").then_some(Here::Console),
        };
        own_page(call, frame.page(&html! { (self.sisters(call, page)) (content) }))
    }

    /// The pages of the console that are the reader's.
    fn sisters(&self, call: &Call, page: &str) -> Markup {
        use crate::service::access::{Figures, Hidden, Results, Waiting};
        let l = self.l;
        let sisters = [
            (call.may::<Results>().is_ok(), "console", l.pick("Điều hành", "Console")),
            (call.may::<Hidden>().is_ok(), "console/flags", l.pick("Cảnh báo", "Flags")),
            (
                call.may::<Waiting>().is_ok() || call.may::<Figures>().is_ok(),
                "console/approvals",
                l.pick("Chờ duyệt", "Approvals"),
            ),
            (call.may::<Hidden>().is_ok(), "appeals", l.pick("Khiếu nại", "Appeals")),
            (call.may::<Figures>().is_ok(), "files", l.pick("Gửi tệp", "Files")),
        ];
        html! {
            nav.tabs.sisters aria-label=(l.pick("Các trang điều hành", "Pages of the console")) {
                ul {
                    @for (_, address, name) in sisters.into_iter().filter(|(is_theirs, ..)| *is_theirs) {
                        @let is_here = page == address;
                        li { a href=(self.address(address, "")) aria-current=[is_here.then_some("page")] { (name) } }
                    }
                }
            }
        }
    }

    /// A form that takes something back, with a reason: what is done stands in one hidden field.
    fn take_back(&self, call: &Call, page: &str, (name, value): (&str, &str), words: &str) -> Result<Markup, ApiError> {
        let id = format!("back-{value}");
        Ok(html! {
            details {
                summary { (words) }
                form.do method="post" action=(self.address(page, "")) {
                    (hidden(call)?)
                    input type="hidden" name=(name) value=(value);
                    label for=(id) { (self.l.pick("Lý do", "Reason")) }
                    input id=(id) name="reason" maxlength="500" required;
                    button.btn { (words) }
                }
            }
        })
    }

    /// Earlier and later pages of a list.
    fn turner(&self, page: &str, rest: &str, (at, total): (usize, usize)) -> Markup {
        let l = self.l;
        let last = total.div_ceil(ROWS).max(1);
        html! {
            @if last > 1 {
                nav.turn aria-label=(l.pick("Trang", "Pages")) {
                    @if at > 1 { a.btn rel="prev" href=(self.address(page, &format!("{rest}page={}&", at - 1))) { (l.pick("‹ Trước", "‹ Before")) } }
                    span { @if l.is_vi() { "Trang " (l.whole(at as u64)) " trong " (l.whole(last as u64)) } @else { "Page " (l.whole(at as u64)) " of " (l.whole(last as u64)) } }
                    @if at < last { a.btn rel="next" href=(self.address(page, &format!("{rest}page={}&", at + 1))) { (l.pick("Sau ›", "Next ›")) } }
                }
            }
        }
    }
}

/// Which page of a list is asked for, counted from 1.
fn page_asked(call: &Call) -> Result<usize, ApiError> {
    Ok(call.number("page", 1, 1_000_000)?.unwrap_or(1) as usize)
}

/// The rows of a page.
fn rows_of(page: usize) -> std::ops::Range<usize> {
    let from = (page - 1).saturating_mul(ROWS);
    from..from.saturating_add(ROWS)
}

/// What is said where a form was done.
fn done(told: Option<&str>) -> Markup {
    html! { @if let Some(told) = told { div.ribbon.final role="status" { span { (told) } } } }
}
