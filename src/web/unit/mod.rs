//! `/c/{campaign}/u/{code}`: one unit, and why it stands where it stands.
//!
//! The sentences, the days and the numbers are those of the standing that the API answers;
//! what a reader does not see is not in it.

mod course;

pub(super) use course::revisions;

use super::charts::{DayMark, spark};
use super::forms::scrolling;
use super::frame::{Frame, Visitor, level_sign};
use super::words::Language;
use super::{language, page};
use crate::domain::{Campaign, Day};
use crate::http::call::{Answer, Call};
use crate::http::problem::ApiError;
use crate::service::boards::{Ask, resolve};
use crate::service::figures::{escape, visible_unit};
use crate::service::history::{HistoryView, days_of, history};
use crate::service::live::Snapshot;
use crate::service::rendered::Key;
use crate::service::standing::{CountView, StandingDayView, StandingView, standing};
use crate::service::views::FigureRevisionView;
use crate::service::words::{self, unranked_reason};
use crate::service::{Code, Fault, Moment};
use maud::{Markup, html};
use std::sync::Arc;

/// The page of a unit on the board of a day.
pub(super) async fn get_unit_page(call: Call) -> Answer {
    let language = language(&call)?;
    let (audience, view) = (call.audience()?, call.look(Moment::Now).await?);
    let sight = call.sight(&view.snapshot);
    let code = call.path("code")?;
    let unit = visible_unit(&view.snapshot, &code, sight)?;
    let default_day = view.default_day(Moment::Now);
    let (snapshot, now) = (view.snapshot, view.judged_at);
    let register = snapshot.register();
    let kind = register.unit(unit).and_then(|u| register.campaign.kind(u.kind)).map(|k| k.code.clone());
    let query = resolve(snapshot.ledger(), &Ask { kind, ..call.board()? }, now).map_err(Fault::from)?;
    call.note_private_read(&snapshot, snapshot.is_private(unit)).await?;
    let visitor = Visitor::of(&call, Some(&snapshot.campaign().code));
    let is_default = default_day == Some(query.as_of);
    let key = Key::of(&snapshot, ("unit", unit, &query, &audience, default_day, language, &visitor));
    let revision = Some(snapshot.revision);
    let service = call.service.clone();
    let make = move || {
        let shown = |unit| snapshot.shown(unit, sight, is_default);
        let view = standing(&snapshot.boards, &query, unit, revision, shown);
        let view = view.ok_or_else(|| Fault::new(Code::NotOnThisBoard, format!("{code} is not on this board")))?;
        let on_day = |unit, day| snapshot.shown(unit, sight, default_day == Some(day));
        let days = days_of(snapshot.ledger(), None, query.as_of)?;
        let course = history(&snapshot, &query, unit, days, on_day)?;
        let campaign = &snapshot.campaign().code;
        let revisions = |day: &StandingDayView| {
            let day = day.date.parse::<Day>().ok()?;
            let found = service.figure_history(campaign, &code, day, &audience);
            Some(found.map(|(_, revisions)| (day, revisions)))
        };
        let figures = view.days.iter().filter_map(revisions).collect::<Result<Vec<_>, Fault>>()?;
        let sheet =
            Sheet { view: &view, course: &course, figures: &figures, snapshot: &snapshot, l: language, visitor };
        Ok(sheet.page().into_string().into_bytes())
    };
    let rendered: Result<Arc<_>, Fault> = call.service.answers.get(key, make).await;
    Ok(page(&call, &*rendered.map_err(ApiError::from)?, revision))
}

struct Sheet<'a> {
    view: &'a StandingView,
    course: &'a HistoryView,
    /// Everything that was recorded for each day.
    figures: &'a [(Day, Vec<FigureRevisionView>)],
    snapshot: &'a Snapshot,
    l: Language,
    visitor: Visitor,
}

impl Sheet<'_> {
    fn campaign(&self) -> &Campaign {
        self.snapshot.campaign()
    }

    fn page(&self) -> Markup {
        let (l, unit, campaign) = (self.l, &self.view.row.unit, self.campaign());
        let board = format!("/c/{}?kind={}&as_of={}", escape(&campaign.code), escape(&unit.kind), self.view.as_of);
        let sentences = if l.is_vi() { &self.view.sentences.vi } else { &self.view.sentences.en };
        let content = html! {
            p.crumb { a href=(format!("{board}&track={}&lang={}", self.view.track, l.code())) { (l.pick("‹ Bảng xếp hạng", "‹ Leaderboard")) }
                " · "
                a href=(format!("/c/{}/map?kind={}&date={}&lang={}", escape(&campaign.code), escape(&unit.kind), self.view.as_of, l.code())) { (l.pick("Bản đồ", "Map")) }
            }
            div.head {
                h1 { (unit.name) }
                p { (unit.code) " · " (self.kind_name()) " · " (l.pick("tính hết ngày", "at the end of")) " " (self.day(&self.view.as_of)) }
            }
            (self.facts())
            section.panel.why {
                h2 { (l.pick("Vì sao", "Why")) }
                ol.steps { @for sentence in sentences { li { (sentence) } } }
            }
            @if let Some(effort) = &self.view.what_would_it_take { (course::next_step(effort, l)) }
            @if !self.view.days.is_empty() { (self.days()) }
            (course::by_day(self.course, campaign, l))
            @if !self.figures.is_empty() { (course::corrections(self.figures, campaign, l)) }
        };
        let address = format!("/c/{}/u/{}?as_of={}", escape(&campaign.code), escape(&unit.code), self.view.as_of);
        let frame = Frame {
            language: l,
            title: format!("{} · {}", unit.name, super::home::title(campaign, l)),
            other: format!("{address}&by={}&lang={}", self.view.by, l.other().code()),
            campaign: Some(&campaign.code),
            scheme: Some(&campaign.scheme),
            visitor: self.visitor.clone(),
            here: None,
        };
        frame.page(&content)
    }

    fn kind_name(&self) -> &str {
        let kind = &self.view.row.unit.kind;
        let found = self.campaign().kinds.iter().find(|k| k.code == *kind);
        found.and_then(|k| k.name.pick(self.l.is_vi())).unwrap_or(kind)
    }

    /// A day as people write it.
    fn day(&self, date: &str) -> String {
        date.parse::<Day>().map_or_else(|_| date.to_owned(), |day| self.l.long_day(day))
    }

    /// Rank, points, reduction, level, cases: what one looks for first.
    fn facts(&self) -> Markup {
        let (l, row) = (self.l, &self.view.row);
        let total = row.points.as_ref().and_then(|points| points.total);
        let hidden = l.pick("không công bố", "not public");
        let reasons: Vec<&str> = row.unranked.iter().map(|code| unranked_reason(code, l.is_vi())).collect();
        html! {
            dl.facts.panel {
                div { dt { (l.pick("Hạng", "Rank")) } dd {
                    @match row.rank {
                        Some(rank) => b { (rank) },
                        None if reasons.is_empty() => (hidden),
                        None => { b { (l.pick("Chưa xếp hạng", "Unranked")) } small { (reasons.join(" · ")) } },
                    }
                } }
                div { dt { (l.pick("Điểm", "Points")) } dd { @match total { Some(total) => b { (l.two_decimals(total)) }, None => (hidden) } } }
                div { dt { (l.pick("Kéo giảm hiệu chỉnh", "Adjusted reduction")) } dd {
                    @match row.change_percent { Some(change) => b { (l.change(change)) }, None => "–" }
                    @if let Some(plain) = row.reduction_percent { small { (l.pick("thường:", "plain:")) " " (l.change(plain)) } }
                } }
                @if let Some(level) = &row.level {
                    div { dt { (l.pick("Cấp độ", "Level")) } dd {
                        @match (&level.start, &level.current) {
                            (Some(start), Some(now)) => {
                                (level_sign(&self.campaign().scheme, l, start, true)) " → " (level_sign(&self.campaign().scheme, l, now, true))
                            },
                            (None, Some(now)) => (level_sign(&self.campaign().scheme, l, now, true)),
                            _ => (hidden),
                        }
                        @if let Some(dropped) = level.dropped { small { (l.dropped(dropped)) } }
                    } }
                }
                div { dt { (l.pick("F0 cộng đồng trong kỳ", "Community F0 in the window")) } dd {
                    @match row.community_f0 { Some(cases) => b { (l.whole(cases)) }, None => (hidden) }
                    @if let Some(missing) = row.missing_days.filter(|days| *days > 0) {
                        small { @if l.is_vi() { "thiếu " (missing) " ngày" } @else { "missing " (missing) " days" } }
                    }
                } }
            }
        }
    }

    fn days(&self) -> Markup {
        let l = self.l;
        let mark = |day: &&StandingDayView| match (day.state, day.community_f0) {
            ("reported", Some(cases)) => DayMark::Cases(cases),
            ("missing", _) => DayMark::Missing,
            ("excused", _) => DayMark::Excused,
            _ => DayMark::NotDue,
        };
        let of = |period: &str| -> Vec<DayMark> {
            self.view.days.iter().filter(|day| day.period == period).map(|day| mark(&day)).collect()
        };
        let name = l.pick("F0 mỗi ngày: kỳ gốc, rồi kỳ thi đua", "F0 a day: baseline, then the window");
        html! {
            section {
                h2 { (l.pick("Từng ngày", "Day by day")) }
                div.wide { (spark(&of("baseline"), &of("window"), name)) }
                (scrolling(l.pick("Từng ngày", "Day by day"), &html! {
                    table.days-table {
                        caption.vh { (self.view.row.unit.name) ": " (name) }
                        thead { tr {
                            th scope="col" { (l.pick("Ngày", "Day")) }
                            th scope="col" { (l.pick("Kỳ", "Period")) }
                            th.num scope="col" { (l.pick("F0 cộng đồng", "Community F0")) }
                            th scope="col" { (l.pick("Cấp độ", "Level")) }
                            @if self.has_instants() { th scope="col" { (l.pick("Ghi lúc", "Recorded at")) } }
                            @if self.has_details() { th scope="col" { (l.pick("Chi tiết", "Details")) } }
                        } }
                        tbody { @for day in self.view.days.iter().rev() { (self.row(day)) } }
                    }
                }))
            }
        }
    }

    fn row(&self, day: &StandingDayView) -> Markup {
        let l = self.l;
        let period = match (day.period, day.closing) {
            ("baseline", _) => l.pick("kỳ gốc", "baseline"),
            ("window", true) => l.pick("ngày chấm", "closing day"),
            ("window", false) => l.pick("kỳ thi đua", "window"),
            _ => l.pick("trước kỳ gốc", "look-back"),
        };
        html! {
            tr {
                th scope="row" { (self.day(&day.date)) }
                td { (period) }
                td.num {
                    @match (day.state, day.community_f0) {
                        ("reported", Some(cases)) => (l.whole(cases)),
                        ("missing", _) => {
                            b { (l.pick("chưa báo", "not reported")) }
                            @if let Some(cases) = day.imputed_f0 { " (" (l.pick("tính là", "counts as")) " " (l.whole(cases)) ")" }
                        },
                        ("excused", Some(cases)) => { (l.whole(cases)) " " (l.pick("(được miễn)", "(excused)")) },
                        ("excused", None) => (l.pick("được miễn", "excused")),
                        _ => "–",
                    }
                }
                td { @match &day.level { Some(level) => (level_sign(&self.campaign().scheme, l, level, true)), None => "–" } }
                @if self.has_instants() { td { (self.recorded_at(day)) } }
                @if self.has_details() { td { (self.details(day)) } }
            }
        }
    }

    /// When the figure that stands was recorded.
    fn recorded_at(&self, day: &StandingDayView) -> String {
        let of_day = self.figures.iter().find(|(date, _)| date.to_string() == day.date);
        let last = of_day.and_then(|(_, revisions)| revisions.last()).filter(|last| last.withdrawn_at.is_none());
        let at = last.and_then(|last| last.figure.recorded_at);
        at.map_or_else(|| "–".to_owned(), |at| self.l.moment(at, self.campaign().time_zone))
    }

    /// Whether anything was recorded by the service, and did not come with the pack.
    fn has_instants(&self) -> bool {
        let recorded = |revision: &FigureRevisionView| revision.figure.recorded_at.is_some();
        self.figures.iter().any(|(_, revisions)| revisions.iter().any(recorded))
    }

    fn has_details(&self) -> bool {
        self.view.days.iter().any(|day| !day.counts.is_empty())
    }

    /// The optional counts that were given.
    fn details(&self, day: &StandingDayView) -> String {
        let count = |count: &CountView| {
            format!("{}: {}", words::indicator(count.indicator, self.l.is_vi()), self.l.whole(u64::from(count.value)))
        };
        day.counts.iter().map(count).collect::<Vec<_>>().join(" · ")
    }
}
