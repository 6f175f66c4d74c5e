//! `/c/{campaign}/result`: the result of a campaign. The public reads the issue that counts;
//! council, committee and auditors see besides what stands in its way, the freeze, the
//! awards and every issue; the council acts.
//!
//! Rights and what is hidden are the service's matter, as for the API: an issue is read as
//! it was stored for whom. Start reading at [`get_result`].

mod acts;
mod awards;
mod desk;
mod files;
mod sheet;

pub(super) use acts::{post_finalise, post_freeze, post_revoke, post_thaw, post_tie, post_untie};
pub(super) use files::{get_file, get_proof};

use super::frame::{Frame, Here, Visitor};
use super::problems::Refused;
use super::words::Language;
use super::{language, own_page};
use crate::domain::{Campaign, Instant};
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::{Contest, Results};
use crate::service::awards::AwardsView;
use crate::service::awards::views::AwardDecisionView;
use crate::service::figures::escape;
use crate::service::live::Snapshot;
use crate::service::pins::FreezeView;
use crate::service::rendered::Key;
use crate::service::results::{BlockersView, DifferenceView, OverrideView, Reader, ResultRowView};
use crate::service::{Code, Fault, Moment};
use maud::{Markup, PreEscaped, html};
use std::sync::Arc;

/// The page.
pub(super) async fn get_result(call: Call) -> Answer {
    let desk = Desk::open(&call).await?;
    desk.shown(&call, &Said { sent: call.get("sent"), ..Said::default() }).await
}

/// What is said of the form that was just sent.
#[derive(Default)]
struct Said<'a> {
    /// What was done.
    sent: Option<&'a str>,
    /// The form that was refused, by its name.
    form: &'static str,
    /// Why.
    refused: Option<Refused>,
    /// What was typed into it.
    typed: Form,
}

impl Said<'_> {
    fn of(&self, form: &str) -> Option<&Refused> {
        self.refused.as_ref().filter(|_| self.form == form)
    }

    /// What was typed into a field of a form.
    fn typed(&self, form: &str, field: &str) -> String {
        if self.form == form { super::forms::typed(&self.typed, field) } else { String::new() }
    }
}

/// The result of a campaign as a reader has it before them.
struct Desk {
    l: Language,
    snapshot: Arc<Snapshot>,
    reader: Reader,
    /// Whether they may act, and not only see.
    may_act: bool,
    /// Whether they have the right to see it whole, and may look at it as the public does.
    is_of_house: bool,
    state: &'static str,
    /// The latest first.
    issues: Vec<ResultRowView>,
    visitor: Visitor,
}

/// What those see besides who have the right.
struct Matter {
    freeze: FreezeView,
    blockers: BlockersView,
    /// None before the first board.
    awards: Option<AwardsView>,
    decisions: Vec<AwardDecisionView>,
}

/// An issue that is shown.
struct Shown<'a> {
    row: &'a ResultRowView,
    difference: Option<DifferenceView>,
    overrides: Vec<OverrideView>,
    sheet: String,
}

impl Desk {
    async fn open(call: &Call) -> Result<Self, ApiError> {
        let l = language(call)?;
        let code = call.path("campaign")?;
        let view = call.look(Moment::Now).await?;
        let right = call.reader().may::<Results>(Some(&code));
        let reader = if right.is_ok() { Reader::Whole } else { Reader::Public };
        let campaign = code.clone();
        let read = move |service: &crate::service::Service| {
            Ok((service.issues(&campaign)?, service.results(&campaign, reader)?))
        };
        let (issues, rows) = call.service.blocking(read).await?;
        Ok(Self {
            l,
            state: issues.state(&view.snapshot, view.judged_at),
            snapshot: view.snapshot,
            reader,
            may_act: call.reader().may::<Contest>(Some(&code)).is_ok(),
            is_of_house: call.caller.may::<Results>(Some(&code)).is_ok(),
            issues: rows,
            visitor: Visitor::of(call, Some(&code)),
        })
    }

    fn campaign(&self) -> &Campaign {
        self.snapshot.campaign()
    }

    /// An address of the page, in its language.
    fn address(&self, more: &str) -> String {
        let audience = if self.is_of_house && self.reader == Reader::Public { "&audience=public" } else { "" };
        format!("/c/{}/result?lang={}{audience}{more}", escape(&self.campaign().code), self.l.code())
    }

    /// Where a form of the page is sent.
    fn action(&self, name: &str) -> String {
        format!("/c/{}/result/{name}?lang={}", escape(&self.campaign().code), self.l.code())
    }

    fn moment(&self, at: Instant) -> String {
        self.l.moment(at, self.campaign().time_zone)
    }

    /// The issue that is asked for, else the one that counts.
    fn issue(&self, call: &Call) -> Result<Option<&ResultRowView>, ApiError> {
        let Some(number) = call.number("issue", 1, i64::MAX as u64)? else {
            return Ok(self.issues.iter().find(|row| row.status == "valid"));
        };
        let found = self.issues.iter().find(|row| row.issue.unsigned_abs() == number);
        let missing = || Fault::new(Code::ResultNotFound, format!("this campaign has no issue {number}"));
        Ok(Some(found.ok_or_else(missing)?))
    }

    async fn shown(&self, call: &Call, said: &Said<'_>) -> Answer {
        let matter = if self.reader == Reader::Whole { Some(self.matter(call).await?) } else { None };
        let shown = match self.issue(call)? {
            Some(row) => Some(self.read(call, row).await?),
            None => None,
        };
        let content = html! {
            div.screen {
                (self.head())
                @if let Some(matter) = &matter { (desk::desk(self, call, matter, said)?) }
                (self.list(call, said)?)
                @if let Some(shown) = &shown { (self.about(shown)) }
                @if shown.is_none() { (self.nothing()) }
            }
            @if let Some(shown) = &shown { (PreEscaped(&shown.sheet)) }
        };
        let (l, campaign) = (self.l, self.campaign());
        let issue = call.get("issue").map(|n| format!("&issue={}", escape(n))).unwrap_or_default();
        let frame = Frame {
            language: l,
            title: format!("{} · {}", l.pick("Kết quả", "Result"), super::home::title(campaign, l)),
            other: self.address(&issue).replace(&format!("lang={}", l.code()), &format!("lang={}", l.other().code())),
            campaign: Some(&campaign.code),
            scheme: Some(&campaign.scheme),
            visitor: self.visitor.clone(),
            here: Some(Here::Result),
        };
        Ok(own_page(call, frame.page(&content)))
    }

    /// What those see besides who have the right; that they read of private units is kept.
    async fn matter(&self, call: &Call) -> Result<Matter, ApiError> {
        let (grant, code) = (call.may::<Results>()?, self.campaign().code.clone());
        call.note_private_read(&self.snapshot, self.snapshot.has_private(None)).await?;
        let view = call.look_live(Moment::Now).await?;
        let as_of = view.default_day(Moment::Now);
        let (snapshot, now) = (view.snapshot, view.judged_at);
        let read = move |service: &crate::service::Service| {
            Ok(Matter {
                freeze: service.freeze_of(&grant, &code)?,
                blockers: service.blockers(&snapshot, now)?,
                awards: as_of.map(|day| service.awards(&grant, &snapshot, day)).transpose()?,
                decisions: service.award_decisions(&grant, &snapshot)?,
            })
        };
        Ok(call.service.blocking(read).await?)
    }

    /// An issue as it was stored for the reader.
    async fn read<'a>(&self, call: &Call, row: &'a ResultRowView) -> Result<Shown<'a>, ApiError> {
        let (code, number, reader) = (self.campaign().code.clone(), row.issue.to_string(), self.reader);
        let campaign = code.clone();
        let changes = move |service: &crate::service::Service| service.result_changes(&campaign, &number, reader);
        let (difference, overrides) = call.service.blocking(changes).await?;
        let key = Key::of(&self.snapshot, ("sheet", row.issue, &row.status, self.l, reader, &row.revoked_at));
        let order = sheet::Order { l: self.l, reader, row: row.clone(), audience: call.audience()?, code };
        let (service, snapshot) = (call.service.clone(), self.snapshot.clone());
        let make = move || Ok(sheet::sheet(&service, &snapshot, &order)?.into_string().into_bytes());
        let rendered = call.service.answers.get(key, make).await?;
        let sheet = String::from_utf8_lossy(&rendered.bytes).into_owned();
        Ok(Shown { row, difference, overrides, sheet })
    }

    fn head(&self) -> Markup {
        let l = self.l;
        html! {
            div.head {
                h1 { (l.pick("Kết quả", "Result")) }
                p { (super::home::title(self.campaign(), l)) " · " (state_words(l, self.state)) }
            }
            @if self.is_of_house {
                nav.links aria-label=(l.pick("Ai xem", "Who looks")) {
                    @let base = format!("/c/{}/result?lang={}", escape(&self.campaign().code), l.code());
                    a.btn href=(base) aria-current=[(self.reader == Reader::Whole).then_some("page")] { (l.pick("Đang chạy", "As it stands")) }
                    a.btn href=(format!("{base}&audience=public")) aria-current=[(self.reader == Reader::Public).then_some("page")] { (l.pick("Bản công khai", "As the public sees it")) }
                }
            }
        }
    }

    /// What is said where no issue is shown.
    fn nothing(&self) -> Markup {
        let l = self.l;
        let board = format!("/c/{}?lang={}", escape(&self.campaign().code), l.code());
        html! {
            div.panel.empty {
                p {
                    @if self.state == "revoked" {
                        (l.pick("Kết quả đã bị thu hồi; hiện chưa có kết quả nào có hiệu lực.", "The result was revoked; none counts at present."))
                    } @else {
                        (l.pick("Chưa có kết quả chính thức.", "There is no final result yet."))
                    }
                }
                p { a href=(board) { (l.pick("Xem bảng xếp hạng", "See the leaderboard")) } }
            }
        }
    }

    /// The issues that there were.
    fn list(&self, call: &Call, said: &Said<'_>) -> Result<Markup, ApiError> {
        if self.issues.is_empty() {
            return Ok(html! {});
        }
        let l = self.l;
        let is_whole = self.reader == Reader::Whole;
        let revoking = if self.may_act { Some(super::forms::hidden(call)?) } else { None };
        let table = html! {
            table.days-table {
                caption.vh { (l.pick("Các lần công bố", "Issues")) }
                thead { tr {
                    th scope="col" { (l.pick("Lần", "Issue")) }
                    th scope="col" { (l.pick("Hiệu lực", "Status")) }
                    th scope="col" { (l.pick("Công bố lúc", "Made at")) }
                    th scope="col" { (l.pick("Mã kiểm tra bản đầy đủ", "Hash of the whole result")) }
                    @if is_whole { th scope="col" { (l.pick("Lý do", "Reason")) } }
                    th scope="col" { (l.pick("Tệp", "Files")) }
                } }
                tbody { @for row in &self.issues { (self.issue_row(row, is_whole)) } }
            }
        };
        Ok(html! {
            section aria-labelledby="issues-h" {
                h2 id="issues-h" { (l.pick("Các lần công bố", "Issues")) }
                (super::forms::scrolling(l.pick("Các lần công bố", "Issues"), &table))
                @if let Some(hidden) = &revoking { (desk::revoke(self, hidden, said)) }
            }
        })
    }

    fn issue_row(&self, row: &ResultRowView, is_whole: bool) -> Markup {
        let l = self.l;
        let status = match row.status {
            "valid" => l.pick("Có hiệu lực", "Counts"),
            "superseded" => l.pick("Đã có bản sau thay thế", "Superseded"),
            _ => l.pick("Đã thu hồi", "Revoked"),
        };
        let base = format!("/c/{}", escape(&self.campaign().code));
        html! {
            tr {
                th scope="row" { a href=(self.address(&format!("&issue={}", row.issue))) { (l.pick("Lần", "Issue")) " " (row.issue) } }
                td { (status) @if let Some(at) = row.revoked_at { " · " (self.moment(at)) } }
                td { (self.moment(row.created_at)) }
                td.hash { (row.whole_sha256) }
                @if is_whole {
                    td { (row.reason.as_deref().unwrap_or_default()) @if let Some(why) = &row.revoked_reason { " · " (l.pick("thu hồi: ", "revoked: ")) (why) } }
                }
                td.links {
                    a href=(format!("{base}/result/{}/proof?audience=public", row.issue)) { (l.pick("Bản chứng thực công khai", "Public proof")) }
                    " "
                    @if is_whole { (desk::files_of(self, &base, row.issue)) }
                }
            }
        }
    }

    /// What became different with an issue, and what was set aside for it.
    fn about(&self, shown: &Shown<'_>) -> Markup {
        let l = self.l;
        html! {
            @if shown.row.status == "revoked" {
                div.ribbon.stop { b { (l.pick("Kết quả này đã bị thu hồi.", "This result was revoked.")) } }
            }
            @if let Some(difference) = &shown.difference { (desk::difference(self, shown.row, difference)) }
            @if !shown.overrides.is_empty() {
                section {
                    h2 { (l.pick("Đã bỏ qua khi công bố", "Set aside for this issue")) }
                    ul.plain { @for aside in &shown.overrides { li { b { (desk::blocker_word(l, &aside.code)) } " (" (l.whole(aside.count)) "): " (aside.reason) } } }
                }
            }
        }
    }
}

/// Where a campaign stands, in words.
fn state_words(l: Language, state: &str) -> &'static str {
    let (vi, en) = match state {
        "draft" => ("Chưa bắt đầu", "Not begun"),
        "open" => ("Đang diễn ra", "Running"),
        "closed" => ("Đã kết thúc, chưa công bố kết quả", "Over, no result yet"),
        "final" => ("Đã công bố kết quả", "The result is final"),
        "re_issued" => ("Đã công bố lại kết quả", "The result was issued again"),
        _ => ("Kết quả đã bị thu hồi", "The result was revoked"),
    };
    if l.is_vi() { vi } else { en }
}
