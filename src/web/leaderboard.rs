//! `/c/{campaign}`: the leaderboard as people look at it.
//!
//! The page answers before it shows: how much is green, who leads, what changed, is it
//! complete; then the table. Everything comes from the views that the API prints.

use super::charts::{DayMark, LevelMark, Part, day_stack, points_bar, runs, spark, strip, strip_width};
use super::frame::{Frame, Here, Visitor, level_sign, level_word};
use super::home::{dates, title};
use super::words::Language;
use crate::domain::number::Hundredths;
use crate::domain::{Campaign, Day, Instant, Scheme};
use crate::scoring::appraisal::Track;
use crate::scoring::board::{By, Place, Query};
use crate::service::Fault;
use crate::service::boards::{shown_day, shown_places, shown_rows};
use crate::service::figures::escape;
use crate::service::frozen::{PinStatus, Pinned};
use crate::service::levels::{Lens, level_history};
use crate::service::live::Snapshot;
use crate::service::privacy::Shown;
use crate::service::standing::separating_keys;
use crate::service::units::UnitFilter;
use crate::service::views::{LevelDayView, RowDayView, RowView};
use crate::service::words::unranked_reason;
use maud::{Markup, html};
use std::collections::{BTreeSet, HashMap};

/// Rows of one page.
const PAGE_ROWS: usize = 200;

/// What the page is asked for, resolved.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The language.
    pub(super) language: Language,
    /// The board.
    pub(super) query: Query,
    /// The page of its rows, from 1.
    pub(super) page: usize,
    /// The present, by which days are open or closed.
    pub(super) now: Instant,
    /// Who reads, and on which day small units show rank and level.
    pub(super) lens: Lens,
    /// Who reads, for the head.
    pub(super) visitor: Visitor,
    /// The name of what is shown by default, by which the page knows what is new to it.
    pub(super) version: String,
}

struct View<'a> {
    snapshot: &'a Snapshot,
    asked: &'a Asked,
    campaign: &'a Campaign,
    scheme: &'a Scheme,
    /// What stands for each level beside its colour.
    symbols: Vec<String>,
    l: Language,
    as_of: Day,
}

/// A row of the page: the group it stands in, and what the board says.
struct Row {
    group: Group,
    view: RowView,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Ranked(Track),
    Unranked,
}

/// The page of a board.
///
/// # Errors
/// What reading the levels answers.
pub(super) fn page(snapshot: &Snapshot, asked: &Asked) -> Result<Markup, Fault> {
    let ledger = snapshot.ledger();
    let campaign = snapshot.campaign();
    let view = View {
        snapshot,
        asked,
        campaign,
        scheme: &campaign.scheme,
        symbols: campaign.scheme.symbols(asked.language.is_vi()),
        l: asked.language,
        as_of: ledger.calendar.day(asked.query.as_of),
    };
    view.page()
}

/// The page of a campaign that has no board yet.
pub(super) fn empty_page(snapshot: &Snapshot, language: Language, visitor: Visitor, version: Option<&str>) -> Markup {
    let l = language;
    let campaign = snapshot.campaign();
    let first = campaign.cut_off(campaign.window.from);
    let first_day = first.day_in(campaign.time_zone).map(|d| l.long_day(d)).unwrap_or_default();
    let closes = campaign.day_closes.format("%H:%M");
    let content = html! {
        (head(campaign, l))
        @if let Some(version) = version { (news(campaign, l, version)) }
        div.panel.empty {
            h2 { (l.pick("Chưa có bảng xếp hạng", "There is no board yet")) }
            p {
                @if l.is_vi() { "Bảng đầu tiên hiện khi ngày đầu chốt, lúc " (closes) " ngày " (first_day) ", và có báo cáo." }
                @else { "The first board appears once the first day has closed, at " (closes) " on " (first_day) ", and there is a report." }
            }
        }
    };
    frame(campaign, l, format!("/c/{}?lang={}", escape(&campaign.code), l.other().code()), visitor).page(&content)
}

fn frame(campaign: &Campaign, language: Language, other: String, visitor: Visitor) -> Frame<'_> {
    Frame {
        language,
        title: format!("{} · {}", language.pick("Bảng xếp hạng", "Leaderboard"), title(campaign, language)),
        other,
        campaign: Some(&campaign.code),
        scheme: Some(&campaign.scheme),
        visitor,
        here: Some(Here::Board),
    }
}

fn head(campaign: &Campaign, l: Language) -> Markup {
    let decision = campaign.decision.number.as_ref().map(|n| format!("{} {n}", l.pick("Kế hoạch", "Plan")));
    let organiser = campaign.organiser.pick(l.is_vi()).map(str::to_owned);
    let facts: Vec<String> = [organiser, decision, Some(dates(campaign, l))].into_iter().flatten().collect();
    html! {
        div.head {
            h1 { (title(campaign, l)) }
            p { (facts.join(" · ")) }
        }
    }
}

/// Where the script says that there is a new board; it takes no room in the page.
fn news(campaign: &Campaign, l: Language, version: &str) -> Markup {
    html! {
        p.news role="status" data-events=(format!("/c/{}/events", escape(&campaign.code))) data-version=(version)
            data-said=(l.pick("Có bảng mới.", "There is a newer board."))
            data-show=(l.pick("Xem bảng mới", "Show it")) {}
    }
}

impl View<'_> {
    fn page(&self) -> Result<Markup, Fault> {
        let history = level_history(self.snapshot, self.asked.query.as_of, self.kind_code(), 0..0, self.asked.lens)?;
        let rows = self.rows();
        let content = html! {
            (head(self.campaign, self.l))
            (news(self.campaign, self.l, &self.asked.version))
            (self.ribbon())
            (self.pulse(&history.days))
            (self.answers())
            (self.tabs())
            (self.blocks())
            (self.table(&rows.0))
            (self.turn(rows.1))
            (self.foot())
        };
        let other = self.address(&[("lang", Some(self.l.other().code().to_owned()))]);
        Ok(frame(self.campaign, self.l, other, self.asked.visitor.clone()).page(&content))
    }

    fn kind_code(&self) -> Option<&str> {
        self.campaign.kind(self.asked.query.kind).map(|k| k.code.as_str())
    }

    fn kind_name(&self) -> String {
        let kind = self.campaign.kind(self.asked.query.kind);
        kind.and_then(|k| k.name.pick(self.l.is_vi())).unwrap_or_default().to_lowercase()
    }

    /// This page's address with some parameters changed.
    fn address(&self, changes: &[(&str, Option<String>)]) -> String {
        let query = &self.asked.query;
        let within = query.within.and_then(|u| self.snapshot.register().unit(u)).map(|u| u.code.clone());
        let mut parameters: Vec<(&str, Option<String>)> = vec![
            ("kind", self.kind_code().map(str::to_owned)),
            ("track", (query.track != Track::Improvement).then(|| query.track.code().to_owned())),
            ("by", (query.by != By::Points).then(|| query.by.code().to_owned())),
            ("as_of", Some(self.as_of.to_string())),
            ("within", within),
            ("block", query.block.clone()),
            ("lang", Some(self.l.code().to_owned())),
        ];
        for (name, value) in changes {
            match parameters.iter_mut().find(|(n, _)| n == name) {
                Some(parameter) => parameter.1 = value.clone(),
                None => parameters.push((name, value.clone())),
            }
        }
        let pairs = parameters.into_iter().filter_map(|(name, value)| value.map(|v| format!("{name}={}", escape(&v))));
        format!("/c/{}?{}", escape(&self.campaign.code), pairs.collect::<Vec<_>>().join("&"))
    }

    fn is_closed(&self) -> bool {
        self.asked.now >= self.campaign.cut_off(self.as_of)
    }

    /// What the board is, in words.
    fn state(&self) -> &'static str {
        match self.snapshot.pinned.map(|pinned| pinned.status) {
            Some(PinStatus::Final) => self.l.pick("Kết quả chính thức", "Final"),
            Some(_) => self.l.pick("Đã đóng băng", "Frozen"),
            None if self.is_closed() => self.l.pick("Tạm tính", "Provisional"),
            None => self.l.pick("Đang chạy, chưa chốt", "Live, day not closed"),
        }
    }

    fn track_word(&self, track: Track) -> &'static str {
        match track {
            Track::Improvement => self.l.pick("Kéo giảm", "Improvement"),
            Track::KeptClean => self.l.pick("Giữ sạch", "Kept clean"),
        }
    }

    fn ribbon(&self) -> Markup {
        match self.snapshot.pinned {
            Some(pinned) => self.pinned_ribbon(&pinned),
            None => self.provisional_ribbon(),
        }
    }

    /// Of a board that does not follow what is recorded: what it is, and as of when.
    fn pinned_ribbon(&self, pinned: &Pinned) -> Markup {
        let (l, zone) = (self.l, self.campaign.time_zone);
        let at = pinned.since.clock_in(zone).unwrap_or_default();
        let day = pinned.since.day_in(zone).map(|day| l.long_day(day)).unwrap_or_default();
        let figures = format!("{} {}", l.weekday(self.as_of), l.long_day(self.as_of));
        let is_final = pinned.status == PinStatus::Final;
        html! {
            div class=(if is_final { "ribbon final" } else { "ribbon frozen" }) {
                b {
                    svg aria-hidden="true" { use href="#i-clock" {} }
                    (self.state())
                }
                span {
                    @match (l, is_final) {
                        (Language::Vi, false) => { "Số liệu đến hết " (figures) ", như tại " (at) " ngày " (day) ". Thay đổi ghi sau đó chưa hiện ở đây." },
                        (Language::Vi, true) => { "Số liệu đến hết " (figures) ", theo kết quả công bố lúc " (at) " ngày " (day) "." },
                        (Language::En, false) => { "Figures to the end of " (figures) ", as they stood at " (at) " on " (day) ". What is recorded later is not shown here." },
                        (Language::En, true) => { "Figures to the end of " (figures) ", by the result published at " (at) " on " (day) "." },
                    }
                }
                @if is_final && let Some(issue) = pinned.issue {
                    a href=(format!("/c/{}/result?issue={issue}&lang={}", escape(&self.campaign.code), l.code())) {
                        (l.pick("Kết quả công bố", "The result"))
                    }
                }
                (self.freshness())
            }
        }
    }

    /// When the latest of what is shown was recorded, and its revision.
    fn freshness(&self) -> Markup {
        let (l, at) = (self.l, self.snapshot.recorded_at);
        let at = l.moment(at, self.campaign.time_zone);
        let revision = l.whole(self.snapshot.revision.unsigned_abs());
        html! {
            span.end {
                @if self.snapshot.recorded_at > Instant::BEGINNING {
                    @if l.is_vi() { "Cập nhật " (at) " · " } @else { "Updated " (at) " · " }
                }
                (l.pick("bản số", "revision")) " " (revision)
            }
        }
    }

    fn provisional_ribbon(&self) -> Markup {
        let l = self.l;
        let closes = self.campaign.day_closes.format("%H:%M").to_string();
        let next = self.as_of.succ_opt().unwrap_or(self.as_of);
        let is_closed = self.is_closed();
        let day = format!("{} {}", l.weekday(self.as_of), l.long_day(self.as_of));
        let next = l.short_day(next);
        html! {
            div class=(if is_closed { "ribbon" } else { "ribbon warn" }) {
                b {
                    svg aria-hidden="true" { use href="#i-clock" {} }
                    (self.state())
                }
                span {
                    @match (l, is_closed) {
                        (Language::Vi, true) => { "Số liệu đến hết " (day) ", đã chốt lúc " (closes) " ngày " (next) ". Thứ hạng có thể đổi đến khi công bố kết quả." },
                        (Language::Vi, false) => { "Số liệu đến " (day) ", sẽ chốt lúc " (closes) " ngày " (next) "." },
                        (Language::En, true) => { "Figures to the end of " (day) ", closed at " (closes) " on " (next) ". Ranks can change until the result is published." },
                        (Language::En, false) => { "Figures to " (day) ", which closes at " (closes) " on " (next) "." },
                    }
                }
                (self.freshness())
            }
        }
    }

    fn pulse(&self, days: &[LevelDayView]) -> Markup {
        let l = self.l;
        let (Some(today), kind) = (days.last(), self.kind_name()) else { return html! {} };
        let before = days.len().checked_sub(2).and_then(|i| days.get(i));
        let of =
            |day: Option<&LevelDayView>, at: usize| day.and_then(|d| d.counts.get(at)).map_or(Some(0), |c| c.units);
        let Some(all) = today.counts.iter().map(|c| c.units).sum::<Option<u64>>() else {
            return html! { section.pulse.panel { div { p { (self.l.pick("Số đơn vị theo cấp độ của ngày này không công bố, vì sẽ lộ đơn vị nhỏ.", "How many units have each level is not public for this day: it would tell of small units.")) } } div { (self.stepper(&kind, 0)) (self.day_control(days)) } } };
        };
        if all == 0 {
            return html! {};
        }
        let best =
            self.scheme.levels.first().map(|b| level_word(self.scheme, l, &b.code).to_lowercase()).unwrap_or_default();
        let whole = |units: Option<u64>| units.map_or_else(|| "–".to_owned(), |units| l.whole(units));
        html! {
            section.pulse.panel aria-labelledby="pulse-h" {
                div {
                    h2.vh id="pulse-h" { (l.pick("Bao nhiêu phần bản đồ đã xanh", "How much of the map is green")) }
                    p.big {
                        (whole(of(Some(today), 0)))
                        small { " / " (l.whole(all)) " " @if l.is_vi() { (kind) " " (best) } @else { (plural(&kind, all)) " " (best) } }
                    }
                    ul.tally {
                        @for (at, count) in today.counts.iter().enumerate() {
                            li {
                                (level_sign(self.scheme, l, &count.level, true))
                                b { (whole(count.units)) }
                                i { (l.pick("hôm trước", "day before")) " " (whole(of(before, at))) }
                            }
                        }
                    }
                }
                div {
                    (self.stepper(&kind, all))
                    (self.day_control(days))
                }
            }
        }
    }

    fn window(&self) -> Vec<Day> {
        let ledger = self.snapshot.ledger();
        ledger.calendar.window.clone().map(|i| ledger.calendar.day(i)).collect()
    }

    /// The last day that has a board: the latest with a report.
    fn last_day(&self) -> Day {
        let ledger = self.snapshot.ledger();
        let live = crate::scoring::board::live_day(ledger);
        live.map_or(self.as_of, |d| ledger.calendar.day(d)).max(self.as_of)
    }

    fn stepper(&self, kind: &str, all: u64) -> Markup {
        let l = self.l;
        let window = self.window();
        let at = window.iter().position(|d| *d == self.as_of).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|i| window.get(i));
        let after = window.get(at + 1);
        let last = self.last_day();
        let link = |day: Day| self.address(&[("as_of", Some(day.to_string()))]);
        let nth = format!("{} {}/{}", l.pick("ngày", "day"), at + 1, window.len());
        let heading = match l {
            _ if all == 0 => l.pick("Chọn ngày", "Choose a day").to_owned(),
            Language::Vi => format!("{} {kind} theo cấp độ", l.whole(all)),
            Language::En => format!("{} {} by level", l.whole(all), plural(kind, all)),
        };
        html! {
            div.stepper {
                h2 { (heading) " " span.on-s { "· " (nth) } }
                @if let Some(day) = before { a.btn href=(link(*day)) rel="prev" { "‹ " (l.short_day(*day)) } }
                " "
                b.nb.cur { (l.weekday(self.as_of)) " " (l.short_day(self.as_of)) " · " (nth) }
                form.pick method="get" {
                    label.vh for="asof" { (l.pick("Chọn ngày", "Choose a day")) }
                    select id="asof" name="as_of" {
                        @for day in window.iter().rev().filter(|d| **d <= last) {
                            option value=(day) selected[*day == self.as_of] { (l.short_weekday(*day)) " " (l.short_day(*day)) }
                        }
                    }
                    @for (name, value) in self.kept() { input type="hidden" name=(name) value=(value); }
                    button.btn { (l.pick("Xem", "Show")) }
                }
                @match after {
                    Some(day) if *day <= last => a.btn href=(link(*day)) rel="next" { (l.short_day(*day)) " ›" },
                    Some(day) => span.btn aria-disabled="true" { span { (l.short_day(*day)) span.w { (l.pick(": chưa có số liệu", ": no figures yet")) } " ›" } },
                    None => {},
                }
            }
        }
    }

    /// The parameters that a form keeps.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let query = &self.asked.query;
        let mut kept = vec![("lang", self.l.code().to_owned())];
        kept.extend(self.kind_code().map(|k| ("kind", k.to_owned())));
        if query.track != Track::Improvement {
            kept.push(("track", query.track.code().to_owned()));
        }
        if query.by != By::Points {
            kept.push(("by", query.by.code().to_owned()));
        }
        kept.extend(query.block.clone().map(|b| ("block", b)));
        kept
    }

    fn day_control(&self, days: &[LevelDayView]) -> Markup {
        let l = self.l;
        let last = self.last_day();
        let column = |at: usize, day: Day| {
            let is_eve = at == 0;
            let label = if l.is_vi() && (is_eve || at == 1) {
                l.short_day(day)
            } else {
                chrono::Datelike::day(&day).to_string()
            };
            let under = if is_eve { l.pick("mốc", "start") } else { l.short_weekday(day) };
            let counts = days.get(at).map(|d| &d.counts);
            let words = counts.map(|counts| {
                let word = |c: &crate::service::views::LevelCountView| {
                    Some(format!("{} {}", c.units?, level_word(self.scheme, l, &c.level).to_lowercase()))
                };
                counts.iter().filter_map(word).collect::<Vec<_>>().join(", ")
            });
            let content = html! {
                @match counts {
                    Some(counts) => {
                        @let known: Vec<u64> = counts.iter().take(self.scheme.levels.len()).map(|c| c.units.unwrap_or_default()).collect();
                        (day_stack(&known, counts.last().and_then(|c| c.units).unwrap_or_default(), &self.symbols))
                    },
                    None => svg aria-hidden="true" { rect.void x="1" y="2" width="97%" height="167" {} },
                }
                b { (label) }
                span.wd { (under) }
            };
            html! {
                li {
                    @if !is_eve && day <= last {
                        a href=(self.address(&[("as_of", Some(day.to_string()))])) aria-current=[(day == self.as_of).then_some("date")] {
                            (content)
                            @if let Some(words) = words { span.vh { ": " (words) } }
                        }
                    } @else {
                        span.day { (content) @if !is_eve { span.vh { (l.pick(" chưa có số liệu", " no figures yet")) } } }
                    }
                }
            }
        };
        let eve = self.campaign.window.from.pred_opt().unwrap_or(self.campaign.window.from);
        html! {
            ol.days {
                (column(0, eve))
                @for (at, day) in self.window().into_iter().enumerate() { (column(at + 1, day)) }
            }
        }
    }

    fn visible(&self, query: &Query) -> Vec<Place> {
        shown_places(&self.snapshot.boards, query, |unit| self.shown(query, unit))
    }

    /// What the reader sees of a unit on a board.
    fn shown(&self, query: &Query, unit: u32) -> Shown {
        let Lens { sight, default_day } = self.asked.lens;
        self.snapshot.shown(unit, sight, default_day == Some(query.as_of))
    }

    fn other_track(&self) -> Query {
        let track = match self.asked.query.track {
            Track::Improvement => Track::KeptClean,
            Track::KeptClean => Track::Improvement,
        };
        Query { track, ..self.asked.query.clone() }
    }

    /// The rows of this page – the track asked for, the other one, then the unranked of
    /// both – and how many pages there are.
    fn rows(&self) -> (Vec<Row>, usize) {
        let (own, other) = (self.asked.query.clone(), self.other_track());
        let (of_own, of_other) = (self.visible(&own), self.visible(&other));
        let ranked = |places: &[Place]| places.iter().copied().filter(|p| p.rank.is_some()).collect::<Vec<_>>();
        let unranked = |places: &[Place]| places.iter().copied().filter(|p| p.rank.is_none()).collect::<Vec<_>>();
        let groups = [
            (Group::Ranked(own.track), &own, ranked(&of_own)),
            (Group::Ranked(other.track), &other, ranked(&of_other)),
            (Group::Unranked, &own, unranked(&of_own)),
            (Group::Unranked, &other, unranked(&of_other)),
        ];
        let total: usize = groups.iter().map(|(_, _, places)| places.len()).sum();
        let pages = total.div_ceil(PAGE_ROWS).max(1);
        let mut skip = (self.asked.page - 1).saturating_mul(PAGE_ROWS);
        let mut left = PAGE_ROWS;
        let mut rows = Vec::new();
        for (group, query, places) in groups {
            let shown: Vec<Place> = places.iter().copied().skip(skip).take(left).collect();
            skip = skip.saturating_sub(places.len());
            left -= shown.len();
            if shown.is_empty() {
                // the ranks of each day need not be read for nobody
                continue;
            }
            let views = shown_rows(&self.snapshot.boards, query, &shown, true, |unit| self.shown(query, unit));
            rows.extend(views.into_iter().map(|view| Row { group, view }));
        }
        (rows, pages)
    }

    fn answers(&self) -> Markup {
        let l = self.l;
        let query = &self.asked.query;
        let places = self.visible(query);
        let leaders: Vec<Place> = places.iter().copied().filter(|p| p.rank == Some(1)).collect();
        let first = leaders
            .first()
            .map(|p| shown_rows(&self.snapshot.boards, query, &[*p], false, |unit| self.shown(query, unit)));
        let first = first.and_then(|mut rows| rows.pop());
        let ledger = self.snapshot.ledger();
        let filter = UnitFilter { kind: self.kind_code().map(str::to_owned), ..UnitFilter::default() };
        let mut units = filter.find(self.snapshot, self.asked.lens.sight).unwrap_or_default();
        let all = units.len();
        // who is hidden is in no sum and in no list of the silent
        units.retain(|unit| self.snapshot.shows_figures(*unit, self.asked.lens.sight));
        let left_out = all - units.len();
        // none known is no zero
        let cases = |day: usize| -> Option<u64> {
            let of_day = |unit: &u32| shown_day(ledger, *unit, day, query.as_of, |u| self.shown(query, u)).1;
            units.iter().filter_map(of_day).reduce(|a, b| a + b)
        };
        let (today, before) = (cases(query.as_of), query.as_of.checked_sub(1).and_then(cases));
        let whole = |cases: Option<u64>| cases.map_or_else(|| "–".to_owned(), |cases| l.whole(cases));
        let due = ledger.calendar.window.start..=query.as_of;
        let owes = |unit: &u32| {
            due.clone().any(|day| {
                let (state, _) = shown_day(ledger, *unit, day, query.as_of, |u| self.shown(query, u));
                state == crate::scoring::ledger::DayState::Missing
            })
        };
        let silent: Vec<u32> = units.iter().copied().filter(|u| owes(u)).collect();
        let complete = units.len() - silent.len();
        let days = due.clone().count();
        let names: Vec<&str> =
            silent.iter().take(5).filter_map(|u| ledger.register.unit(*u)).map(|u| u.name.as_str()).collect();
        let yesterday = self.as_of.pred_opt().map(|d| l.short_day(d)).unwrap_or_default();
        let kind = self.kind_name();
        html! {
            section.answers aria-label=(l.pick("Tóm tắt", "Summary")) {
                div {
                    h2 { (l.pick("Dẫn đầu", "In the lead")) }
                    @match &first {
                        Some(row) => {
                            strong { (row.unit.name) @if leaders.len() > 1 { " " (l.pick("và", "and")) " " (leaders.len() - 1) " " (l.pick("đơn vị khác", "more")) } @if let Some(total) = row.points.as_ref().and_then(|p| p.total) { ", " (l.two_decimals(total)) " " (l.pick("điểm", "points")) } }
                            p { (self.lead_text(row)) }
                        },
                        None => strong { (l.pick("chưa có", "nobody yet")) },
                    }
                }
                div {
                    h2 { (l.pick("Thay đổi so với", "Changed since")) " " (yesterday) }
                    strong { (whole(today)) " " (l.pick("F0 mới, hôm trước", "new F0, the day before")) " " (whole(before)) }
                    p { (self.movers(&places)) }
                    @if left_out > 0 {
                        p { (l.pick("Không tính ", "Without ")) (l.whole(left_out as u64)) (l.pick(" đơn vị nhỏ: số liệu không công bố.", " small units, whose figures are not public.")) }
                    }
                }
                div {
                    h2 { (l.pick("Số liệu đã đủ chưa", "Is the data complete")) }
                    strong {
                        (l.whole(complete as u64)) "/" (l.whole(units.len() as u64)) " "
                        @if l.is_vi() { (kind) " báo đủ " (days) " ngày" } @else { (plural(&kind, units.len() as u64)) " reported all " (days) " days" }
                    }
                    p {
                        @if names.is_empty() { (l.pick("Không thiếu báo cáo nào.", "No report is missing.")) }
                        @else {
                            (l.pick("Còn thiếu: ", "Missing: ")) (names.join(", "))
                            @if silent.len() > names.len() { " " (l.pick("và", "and")) " " (silent.len() - names.len()) " " (l.pick("đơn vị khác", "more")) }
                            "."
                        }
                    }
                }
            }
        }
    }

    fn lead_text(&self, row: &RowView) -> String {
        let l = self.l;
        let change = row.change_percent.map(|c| l.change(c)).unwrap_or_default();
        let (from, to) = (row.baseline_mean.unwrap_or_default(), row.closing_mean.unwrap_or_default());
        match (l, row.change_percent) {
            (_, None) => String::new(),
            (Language::Vi, _) => format!(
                "Hiệu chỉnh {change}; kỳ gốc trung bình {} ca/ngày, nay {} ca/ngày.",
                l.two_decimals(from),
                l.two_decimals(to)
            ),
            (Language::En, _) => format!(
                "Adjusted {change}; {} cases a day in the baseline, {} now.",
                l.two_decimals(from),
                l.two_decimals(to)
            ),
        }
    }

    /// Who won and who lost places since the day before.
    fn movers(&self, places: &[Place]) -> String {
        let l = self.l;
        let query = &self.asked.query;
        let before = query.as_of.checked_sub(1).and_then(|day| self.snapshot.boards.on_day(query, day));
        let Some(before) = before else {
            return l.pick("Đây là bảng đầu tiên.", "This is the first board.").to_owned();
        };
        let mut moved: Vec<(i64, String)> = places
            .iter()
            .filter(|p| self.shown(query, p.unit).numbers)
            .filter_map(|p| Some((i64::from(before.rank_of(p.unit)?) - i64::from(p.rank?), p.unit)))
            .filter(|(by, _)| *by != 0)
            .filter_map(|(by, unit)| Some((by, self.snapshot.register().unit(unit)?.name.clone())))
            .collect();
        moved.sort_by_key(|(by, _)| -by.abs());
        let list = |up: bool| {
            let of_kind: Vec<&(i64, String)> = moved.iter().filter(|(by, _)| (*by > 0) == up).collect();
            let shown: Vec<String> =
                of_kind.iter().take(4).map(|(by, name)| format!("{name} ({})", by.abs())).collect();
            let rest = of_kind.len().saturating_sub(shown.len());
            let more = if rest > 0 { format!(" +{rest}") } else { String::new() };
            (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
        };
        let up = list(true).map(|names| format!("{}: {names}.", l.pick("Lên", "Up")));
        let down = list(false).map(|names| format!("{}: {names}.", l.pick("Xuống", "Down")));
        let told: Vec<String> = [up, down].into_iter().flatten().collect();
        if told.is_empty() { l.pick("Không ai đổi hạng.", "Nobody moved.").to_owned() } else { told.join(" ") }
    }

    fn tabs(&self) -> Markup {
        let l = self.l;
        let query = &self.asked.query;
        let count_of = |code: &str| {
            let filter = UnitFilter { kind: Some(code.to_owned()), ..UnitFilter::default() };
            filter.find(self.snapshot, self.asked.lens.sight).map_or(0, |units| units.len())
        };
        let kinds: Vec<(&str, &str, usize)> = self
            .campaign
            .kinds
            .iter()
            .map(|k| (k.code.as_str(), k.name.pick(l.is_vi()).unwrap_or(&k.code), count_of(&k.code)))
            .filter(|(.., units)| *units > 0)
            .collect();
        let ranked = |query: &Query| self.visible(query).iter().filter(|p| p.rank.is_some()).count();
        let tracks = [Track::Improvement, Track::KeptClean].map(|track| {
            let of_track = Query { track, ..query.clone() };
            (track, self.track_word(track), ranked(&of_track))
        });
        html! {
            nav.tabs aria-label=(l.pick("Bảng", "Boards")) {
                ul aria-label=(l.pick("Loại đơn vị", "Kind of unit")) {
                    @for (code, name, units) in kinds {
                        li {
                            a href=(self.address(&[("kind", Some(code.to_owned())), ("block", None), ("within", None)]))
                                aria-current=[(Some(code) == self.kind_code()).then_some("page")] {
                                (name) " " small { (l.whole(units as u64)) }
                            }
                        }
                    }
                }
                div.seg {
                    span { (l.pick("Nhánh", "Track")) }
                    ul {
                        @for (track, name, units) in tracks {
                            li {
                                a href=(self.address(&[("track", Some(track.code().to_owned()))]))
                                    aria-current=[(track == query.track).then_some("page")] {
                                    (name) " " small { (l.whole(units as u64)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A choice of blocks, where units of the kind have some.
    fn blocks(&self) -> Markup {
        let (l, query) = (self.l, &self.asked.query);
        let filter = UnitFilter { kind: self.kind_code().map(str::to_owned), ..UnitFilter::default() };
        let units = filter.find(self.snapshot, self.asked.lens.sight).unwrap_or_default();
        let register = self.snapshot.register();
        let of_unit = |unit: &u32| register.unit(*unit).and_then(|unit| unit.block.as_deref());
        let blocks: BTreeSet<&str> = units.iter().filter_map(of_unit).collect();
        if blocks.is_empty() {
            return html! {};
        }
        html! {
            form.blocks method="get" {
                label for="block" { (l.pick("Xem riêng khối", "Only the block")) }
                " "
                select id="block" name="block" {
                    @for block in blocks { option value=(block) selected[query.block.as_deref() == Some(block)] { (block) } }
                }
                input type="hidden" name="as_of" value=(self.as_of);
                @for (name, value) in self.kept().into_iter().filter(|(name, _)| *name != "block") {
                    input type="hidden" name=(name) value=(value);
                }
                " "
                button.btn { (l.pick("Xem", "Show")) }
                @if query.block.is_some() { " " a href=(self.address(&[("block", None)])) { (l.pick("Tất cả các khối", "All blocks")) } }
            }
        }
    }

    fn table(&self, rows: &[Row]) -> Markup {
        let l = self.l;
        let query = &self.asked.query;
        let shows_negative = rows.iter().any(|r| {
            r.view
                .points
                .as_ref()
                .is_some_and(|p| p.components.iter().any(|c| c.points.is_some_and(|points| points.0 < 0)))
        });
        let ties = self.ties(rows);
        let sort = |by: By, text: &str| {
            let is_current = query.by == by;
            html! {
                a href=(self.address(&[("by", Some(by.code().to_owned()))])) aria-current=[is_current.then_some("true")] {
                    (text) @if is_current { " ↓" }
                }
            }
        };
        let eve = self.campaign.window.from.pred_opt().unwrap_or(self.campaign.window.from);
        let window = self.campaign.window.days() as usize;
        let width = strip_width(window);
        let levels_head = html! {
            (l.pick("Cấp độ từng ngày (cột thấp là tốt)", "Level by day (low is good)"))
            svg viewBox=(format!("0 0 {width:.0} 14")) width=(format!("{width:.0}")) height="14" aria-hidden="true" {
                text.ax x="0" y="11" { (l.short_day(eve)) }
                text.ax x=(format!("{width:.0}")) y="11" text-anchor="end" { (l.short_day(self.campaign.window.to)) }
            }
        };
        html! {
            p.note { a href="#rules" { (l.pick("Cách tính điểm", "How points are counted")) } }
            table.board role="table" id="board" {
                caption { (self.caption()) }
                thead role="rowgroup" {
                    tr role="row" {
                        th.num role="columnheader" scope="col" { (l.pick("Hạng", "Rank")) }
                        th role="columnheader" scope="col" { (l.pick("Đổi hạng", "Move")) }
                        th role="columnheader" scope="col" { (l.pick("Đơn vị", "Unit")) }
                        th role="columnheader" scope="col" { (levels_head) }
                        th role="columnheader" scope="col" { (l.pick("F0 mỗi ngày", "F0 a day")) span.sub { (l.pick("kỳ gốc", "baseline")) " " (l.short_day(self.campaign.baseline.from)) " · " (l.pick("từ", "from")) " " (l.short_day(self.campaign.window.from)) } }
                        th role="columnheader" scope="col" aria-sort=[(query.by == By::Reduction).then_some("descending")] { (sort(By::Reduction, l.pick("Kéo giảm hiệu chỉnh", "Adjusted reduction"))) }
                        th role="columnheader" scope="col" aria-sort=[(query.by == By::LevelDrop).then_some("descending")] { (sort(By::LevelDrop, &format!("{} {} → {}", l.pick("Cấp độ", "Level"), l.short_day(eve), l.short_day(self.as_of)))) }
                        th.num role="columnheader" scope="col" aria-sort=[(query.by == By::Points).then_some("descending")] { (sort(By::Points, l.pick("Điểm", "Points"))) }
                        th.num role="columnheader" scope="col" { (l.pick("Thiếu", "Missing")) }
                    }
                }
                tbody role="rowgroup" {
                    @for (at, row) in rows.iter().enumerate() {
                        @if starts_group(rows, at, query.track) { (self.group_row(row.group)) }
                        @if let Some(text) = ties.get(&at) {
                            tr.tie role="row" { td role="cell" colspan="9" { (text) } }
                        }
                        @match row.group {
                            Group::Unranked => (self.unranked_row(&row.view)),
                            Group::Ranked(_) => (self.ranked_row(&row.view, shows_negative)),
                        }
                    }
                    @if rows.is_empty() {
                        tr role="row" { td role="cell" colspan="9" { (l.pick("Không có đơn vị nào để xem ở đây.", "There is no unit to show here.")) } }
                    }
                }
            }
        }
    }

    fn caption(&self) -> Markup {
        let l = self.l;
        let components = &self.campaign.policy.components;
        let parts: Vec<String> = components
            .iter()
            .map(|c| {
                format!("{} {} {}", l.measure(c.measure.code()), l.pick("tối đa", "up to"), Hundredths(c.max_points))
            })
            .collect();
        let keys: Vec<&str> = self.campaign.policy.tie_break.iter().map(|k| l.key(k.code())).collect();
        let (kind, track) = (self.kind_name(), self.track_word(self.asked.query.track).to_lowercase());
        let (day, state) = (l.long_day(self.as_of), self.state().to_lowercase());
        html! {
            // whoever hears the table alone hears which one it is
            span.vh {
                @match l {
                    Language::Vi => { "Bảng xếp hạng " (kind) ", nhánh " (track) ", đến hết " (day) ", " (state) ". " },
                    Language::En => { "Leaderboard of " (kind) ", track " (track) ", to the end of " (day) ", " (state) ". " },
                }
            }
            (l.pick("Điểm: ", "Points: ")) (parts.join(", ")) ". "
            @if !keys.is_empty() {
                (l.pick("Bằng điểm thì xét lần lượt ", "Equal points are separated by ")) (keys.join(", ")) ". "
            }
        }
    }

    /// Texts for the runs of equal points: which keys separate them.
    fn ties(&self, rows: &[Row]) -> HashMap<usize, String> {
        let mut found = HashMap::new();
        if self.asked.query.by != By::Points {
            return found;
        }
        let register = self.snapshot.register();
        let mut at = 0;
        let same = |a: &Row, b: &Row| {
            let total = |r: &Row| r.view.points.as_ref().and_then(|p| p.total);
            a.group == b.group && matches!(a.group, Group::Ranked(_)) && total(a).is_some() && total(a) == total(b)
        };
        for run in rows.chunk_by(same) {
            let start = at;
            at += run.len();
            let [first, _, ..] = run else { continue };
            let Group::Ranked(track) = first.group else { continue };
            let query = Query { track, ..self.asked.query.clone() };
            let place = |r: &Row| {
                let rank = r.view.rank.and_then(|n| u32::try_from(n).ok());
                Some(Place { unit: register.find(&r.view.unit.code)?, rank })
            };
            let places: Vec<Place> = run.iter().filter_map(place).collect();
            let keys = separating_keys(&self.snapshot.boards, &query, &places);
            let mut names: Vec<&str> = Vec::new();
            for key in keys.iter().flatten() {
                if !names.contains(&self.l.key(key)) {
                    names.push(self.l.key(key));
                }
            }
            let points = first
                .view
                .points
                .as_ref()
                .and_then(|p| p.total)
                .map(|total| self.l.two_decimals(total))
                .unwrap_or_default();
            found.insert(start, self.tie_text(run.len(), &points, &names));
        }
        found
    }

    fn tie_text(&self, units: usize, points: &str, names: &[&str]) -> String {
        match (self.l, names.is_empty()) {
            (Language::Vi, true) => format!("{units} đơn vị cùng {points} điểm, bằng nhau ở mọi tiêu chí: đồng hạng"),
            (Language::Vi, false) => {
                format!(
                    "{units} đơn vị cùng {points} điểm: phân hạng bằng {}; bằng nhau ở mọi tiêu chí thì đồng hạng",
                    names.join(", rồi ")
                )
            }
            (Language::En, true) => format!("{units} units at {points}, equal on all keys: they share the rank"),
            (Language::En, false) => {
                format!(
                    "{units} units at {points}: separated by {}; equal on all keys share the rank",
                    names.join(", then ")
                )
            }
        }
    }

    fn group_row(&self, group: Group) -> Markup {
        let l = self.l;
        let (name, note) = match group {
            Group::Ranked(Track::KeptClean) => (
                l.pick("Nhánh giữ sạch", "Kept clean"),
                l.pick(
                    "kỳ gốc không có F0 nên không có gì để kéo giảm; xếp riêng",
                    "no F0 in the baseline, so nothing to reduce; ranked apart",
                ),
            ),
            Group::Ranked(Track::Improvement) => {
                (l.pick("Nhánh kéo giảm", "Improvement"), l.pick("kỳ gốc có F0", "with F0 in the baseline"))
            }
            Group::Unranked => (
                l.pick("Chưa xếp hạng", "Unranked"),
                l.pick("thiếu báo cáo không bao giờ được tính là xanh", "a missing report never counts as green"),
            ),
        };
        html! { tr.grp role="row" { th role="rowheader" scope="rowgroup" colspan="9" { (name) " " small { (note) } } } }
    }

    fn ranked_row(&self, row: &RowView, shows_negative: bool) -> Markup {
        let l = self.l;
        html! {
            tr role="row" {
                td.rank role="cell" { (row.rank.map(|r| r.to_string()).unwrap_or_default()) }
                (movement(row.rank_change, l))
                (self.name_cell(row))
                (self.strip_cell(row))
                (self.spark_cell(row))
                td.red role="cell" {
                    b { (row.change_percent.map(|c| l.change(c)).unwrap_or_else(|| "–".to_owned())) }
                    @if let Some((from, to)) = row.baseline_mean.zip(row.closing_mean) {
                        span.sub { (l.two_decimals(from)) " → " (l.two_decimals(to)) " " (l.pick("ca/ngày", "a day")) }
                    } @else if row.community_f0.is_none() {
                        span.sub { (l.pick("không công bố", "not public")) }
                    }
                    @if let Some(plain) = row.reduction_percent { span.sub { (l.pick("tính thường", "plain")) ": " (l.change(plain)) } }
                }
                (self.level_cell(row))
                td.p.num role="cell" {
                    @if let Some(points) = &row.points {
                        span.tot { (points.total.map(|total| l.two_decimals(total)).unwrap_or_else(|| "–".to_owned())) }
                        (self.points_cell(points, shows_negative))
                    }
                }
                (self.missing_cell(row))
            }
        }
    }

    fn name_cell(&self, row: &RowView) -> Markup {
        let l = self.l;
        let standing = format!(
            "/c/{}/u/{}?by={}&as_of={}&lang={}",
            escape(&self.campaign.code),
            escape(&row.unit.code),
            self.asked.query.by.code(),
            self.as_of,
            l.code()
        );
        html! {
            th.unit role="rowheader" scope="row" {
                a href=(standing) title=(l.pick("Từng con số từ đâu ra", "How every number came about")) { (row.unit.name) }
                @if let Some(block) = &row.unit.block { span.sub { (block) } }
            }
        }
    }

    fn points_cell(&self, points: &crate::service::views::PointsView, shows_negative: bool) -> Markup {
        let l = self.l;
        let parts: Vec<Part> = points
            .components
            .iter()
            .map(|c| Part { points: c.points.map_or(0, |points| points.0), max: c.max_points.0 })
            .collect();
        let told: Vec<String> = points
            .components
            .iter()
            .map(|c| {
                let got = c.points.map(|points| l.two_decimals(points)).unwrap_or_else(|| "–".to_owned());
                let of = c.max_points;
                format!("{} {got} {} {of}", l.measure(c.measure), l.pick("trên", "of"))
            })
            .collect();
        html! {
            (points_bar(&parts, shows_negative, &told.join("; ")))
            @if points.bonus.0 != 0 { span.sub { (l.pick("thưởng", "bonus")) " +" (l.two_decimals(points.bonus)) } }
            @if points.deduction.0 != 0 { span.sub { (l.pick("trừ", "deduction")) " −" (l.two_decimals(points.deduction)) } }
        }
    }

    fn unranked_row(&self, row: &RowView) -> Markup {
        let l = self.l;
        let reasons: Vec<&str> = row.unranked.iter().map(|r| unranked_reason(r, l.is_vi())).collect();
        html! {
            tr role="row" {
                td.rank role="cell" { "–" }
                td.mv role="cell" {}
                (self.name_cell(row))
                (self.strip_cell(row))
                (self.spark_cell(row))
                td.why role="cell" colspan="3" {
                    @if let Some(current) = row.level.as_ref().and_then(|level| level.current.as_ref()) {
                        (level_sign(self.scheme, l, current, true)) " · "
                    }
                    @if reasons.is_empty() { (l.pick("Không công bố cho ngày này", "Not public for this day")) }
                    @else { (l.pick("Chưa xếp hạng: ", "Unranked: ")) (reasons.join(" · ")) }
                }
                (self.missing_cell(row))
            }
        }
    }

    fn missing_cell(&self, row: &RowView) -> Markup {
        let l = self.l;
        let Some(missing) = row.missing_days else { return html! { td.ms-cell.num role="cell" { "–" } } };
        let imputed = row.imputed_f0.unwrap_or_default();
        html! {
            td class=(if missing > 0 { "ms-cell num has" } else { "ms-cell num" }) role="cell" {
                @if missing > 0 { b { (missing) " " (l.pick("ngày", "days")) } } @else { "0" }
                @if imputed > 0 { span.sub { "+" (l.whole(imputed)) " F0 " (l.pick("gán", "imputed")) } }
            }
        }
    }

    fn level_cell(&self, row: &RowView) -> Markup {
        let l = self.l;
        html! {
            td.lvl role="cell" {
                @if let Some(level) = &row.level {
                    span.ft {
                        @if let Some(start) = level.start.as_ref().or(level.start_used.as_ref()) {
                            (level_sign(self.scheme, l, start, false))
                            svg aria-hidden="true" viewBox="0 0 14 10" { path d="M0 5h12M8.5 1.5 12 5 8.5 8.5" {} }
                            span.vh { " " (l.pick("đến", "to")) " " }
                        }
                        @if let Some(current) = level.current.as_ref().or(level.current_used.as_ref()) {
                            (level_sign(self.scheme, l, current, false))
                        }
                        span.sub.w {
                            @if let Some(dropped) = level.dropped { (l.dropped(dropped)) }
                            // what nobody knows is shown as unknown, and counts as something (domain.md section 3)
                            @if level.current.as_deref() == Some("unknown") && let Some(used) = &level.current_used {
                                " " (l.pick("tính như ", "counts as ")) (level_word(self.scheme, l, used).to_lowercase())
                            }
                        }
                    }
                }
            }
        }
    }

    fn strip_cell(&self, row: &RowView) -> Markup {
        let l = self.l;
        let window = self.campaign.window;
        let from = window.from.pred_opt().unwrap_or(window.from).to_string();
        let days: Vec<&RowDayView> = row.days.iter().flatten().filter(|d| d.date.as_str() >= from.as_str()).collect();
        let mark = |d: &&RowDayView| d.level.as_deref().and_then(|code| self.scheme.level_index(code));
        let levels: Vec<LevelMark> = days.iter().map(mark).collect();
        let has_levels = days.iter().any(|d| d.level.is_some());
        let told: Vec<(String, String)> = days
            .iter()
            .filter_map(|d| {
                Some((self.short(&d.date)?, level_word(self.scheme, l, d.level.as_deref()?).to_lowercase()))
            })
            .collect();
        html! {
            td.strips role="cell" {
                @if has_levels { (strip(&levels, &self.symbols, window.days() as usize, &runs(l, &told))) }
            }
        }
    }

    fn short(&self, date: &str) -> Option<String> {
        date.parse::<Day>().ok().map(|d| self.l.short_day(d))
    }

    /// The sum of some days in words; a day without a report is none of it, and no 0.
    fn sum_words(&self, marks: &[DayMark]) -> String {
        let l = self.l;
        let cases = || marks.iter().filter_map(|mark| if let DayMark::Cases(n) = mark { Some(*n) } else { None });
        let missing = marks.iter().filter(|mark| **mark == DayMark::Missing).count();
        let sum = l.whole(cases().sum());
        match (cases().next().is_some(), missing, l) {
            (_, 0, Language::Vi) => format!("tổng {sum}"),
            (_, 0, Language::En) => sum,
            (false, _, _) => l.pick("chưa báo", "nothing reported").to_owned(),
            (true, _, Language::Vi) => format!("tổng {sum}, thiếu {missing} ngày"),
            (true, _, Language::En) => format!("{sum} (days missing: {missing})"),
        }
    }

    fn spark_cell(&self, row: &RowView) -> Markup {
        let l = self.l;
        if row.community_f0.is_none() {
            return html! { td.spk role="cell" { span.sub { (l.pick("không công bố", "not public")) } } };
        }
        let mark = |d: &RowDayView| match (d.state, d.community_f0) {
            ("excused", _) => DayMark::Excused,
            ("not_due", _) => DayMark::NotDue,
            (_, Some(cases)) => DayMark::Cases(cases),
            _ => DayMark::Missing,
        };
        let from = self.campaign.window.from.to_string();
        let (baseline, window): (Vec<&RowDayView>, Vec<&RowDayView>) =
            row.days.iter().flatten().partition(|d| d.date.as_str() < from.as_str());
        let baseline: Vec<DayMark> = baseline.into_iter().map(mark).collect();
        let mut now: Vec<DayMark> = window.into_iter().map(mark).collect();
        now.resize(self.campaign.window.days() as usize, DayMark::NotDue);
        let (before, since) = (self.sum_words(&baseline), self.sum_words(&now));
        let from = l.short_day(self.campaign.window.from);
        let name = match l {
            Language::Vi => format!("F0 mỗi ngày: kỳ gốc {before}, từ {from} {since}"),
            Language::En => format!("F0 a day: {before} in the baseline, {since} since {from}"),
        };
        html! { td.spk role="cell" { (spark(&baseline, &now, &name)) } }
    }

    fn turn(&self, pages: usize) -> Markup {
        if pages < 2 {
            return html! {};
        }
        let l = self.l;
        let page = self.asked.page;
        let link = |to: usize| self.address(&[("page", Some(to.to_string()))]);
        html! {
            nav.turn aria-label=(l.pick("Trang", "Pages")) {
                @if page > 1 { a href=(link(page - 1)) rel="prev" { "‹ " (l.pick("Trang trước", "Previous")) } }
                span { (l.pick("Trang", "Page")) " " (page) "/" (pages) }
                @if page < pages { a href=(link(page + 1)) rel="next" { (l.pick("Trang sau", "Next")) " ›" } }
            }
        }
    }

    fn foot(&self) -> Markup {
        let l = self.l;
        let base = format!("/api/v1/campaigns/{}", escape(&self.campaign.code));
        let kind = self.kind_code().unwrap_or_default();
        let board = format!("{base}/leaderboard?kind={}&as_of={}&limit=1000", escape(kind), self.as_of);
        let policy = &self.campaign.policy;
        let (closing, allowance) = (policy.closing_days, self.campaign.allowance(self.asked.query.kind));
        html! {
            div.foot id="rules" {
                div {
                    p.note {
                        b { (l.pick("Đọc bảng. ", "Reading the board. ")) }
                        (l.pick(
                            "Dải màu: ô đầu là ngày trước khi thi đua, rồi từng ngày thi đua; cột thấp là tốt, ô gạch chéo là chưa rõ, vạch mảnh là chưa đến. Biểu đồ F0: xám là kỳ gốc, đậm là từ ngày thi đua; mỗi hàng một thang, số ghi là ngày cao nhất.",
                            "Strip: first the day before the contest, then each of its days; low is good, hatched is unknown, a thin line is still to come. F0 bars: grey is the baseline, dark the contest; each row has its own scale, the number is its highest day."
                        ))
                    }
                    p.note {
                        b { (l.pick("Cách tính. ", "How it is counted. ")) }
                        @if l.is_vi() {
                            "Kéo giảm hiệu chỉnh = (e − c) / (max(e, c) + " (allowance) "): e là số ca mà " (closing) " ngày cuối sẽ có nếu giữ nhịp kỳ gốc, c là số ca thật; số cộng thêm giữ cho vài ca lẻ không quyết định. Ngày thiếu báo cáo được gán số ca cao nhất của chính đơn vị, ít nhất 1."
                        } @else {
                            "Adjusted reduction = (e − c) / (max(e, c) + " (allowance) "): e is what the " (closing) " closing days would hold at the baseline's pace, c what they held; the allowance keeps a few cases from deciding. A missing day is imputed as the unit's own highest, at least 1."
                        }
                    }
                    p.note {
                        b { (l.pick("Ngưỡng màu. ", "Levels. ")) }
                        (l.pick("Thang ", "Scheme ")) a href=(format!("/api/v1/level-schemes/{}", escape(&self.scheme.code))) { (self.scheme.code) } "."
                    }
                }
                div.links {
                    a href=(self.address(&[("lang", None)]).replacen('?', "/board.csv?", 1)) { (l.pick("Tải CSV", "CSV")) }
                    a href=(board) { "JSON" }
                    a href="/docs/" { "API" }
                }
            }
        }
    }
}

/// Whether a row is the first of its group; the board's own track needs no heading.
fn starts_group(rows: &[Row], at: usize, own: Track) -> bool {
    let before = at.checked_sub(1).and_then(|i| rows.get(i)).map_or(Group::Ranked(own), |r| r.group);
    rows.get(at).is_some_and(|row| row.group != before)
}

fn movement(change: Option<i64>, l: Language) -> Markup {
    match change {
        Some(0) => {
            html! { td.mv role="cell" { span aria-hidden="true" { "=" } span.vh { (l.pick("không đổi", "unchanged")) } } }
        }
        Some(n) if n > 0 => html! {
            td.mv.up role="cell" { svg viewBox="0 0 10 10" aria-hidden="true" { path d="M5 1 9.5 9H.5Z" {} } " " (n) span.vh { (l.pick(" bậc lên", " places up")) } }
        },
        Some(n) => html! {
            td.mv.down role="cell" { svg viewBox="0 0 10 10" aria-hidden="true" { path d="M5 9 .5 1h9Z" {} } " " (-n) span.vh { (l.pick(" bậc xuống", " places down")) } }
        },
        None => html! { td.mv role="cell" {} },
    }
}

/// An English kind in the plural.
fn plural(kind: &str, count: u64) -> String {
    match kind.strip_suffix('y') {
        _ if count == 1 => kind.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}
