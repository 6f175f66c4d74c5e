//! The page of the map: the days, the drawing, the same data as a table, a small map a day.

use super::cells::{Drawn, Layout};
use super::picture::{cases, drawings, on_page, outlines, small};
use super::{Asked, MAX_CELLS, layout, said_of};
use crate::domain::{Campaign, Day, Scheme};
use crate::service::figures::escape;
use crate::service::map::{MapUnitView, MapView};
use crate::service::views::LevelDayView;
use crate::service::words::board_status;
use crate::web::forms::scrolling;
use crate::web::frame::{Frame, Here, Visitor, level_sign, level_word};
use crate::web::home::title;
use crate::web::words::Language;
use maud::{Markup, html};

/// Small maps of more cells than this are no maps but noise.
const MAX_SMALL: usize = 80;
/// Rows of one page of the table.
const PAGE_ROWS: usize = 400;

struct Page<'a> {
    asked: &'a Asked,
    view: &'a MapView,
    layout: Layout,
    l: Language,
    number: usize,
}

/// The page.
pub(super) fn page(asked: &Asked, view: &MapView, visitor: Visitor, number: usize) -> Markup {
    let layout = if view.units.len() > MAX_CELLS { super::cells::lay_out(&[]) } else { layout(view) };
    let page = Page { asked, view, layout, l: asked.language, number };
    let content = page.content();
    let campaign = page.campaign();
    let frame = Frame {
        language: page.l,
        title: format!(
            "{} {} · {}",
            page.l.pick("Bản đồ", "Map"),
            page.l.short_day(page.day()),
            title(campaign, page.l)
        ),
        other: page.address(&[("lang", page.l.other().code().to_owned())]),
        campaign: Some(&campaign.code),
        scheme: Some(&campaign.scheme),
        visitor,
        here: Some(Here::Map),
    };
    frame.page(&content)
}

impl Page<'_> {
    fn campaign(&self) -> &Campaign {
        self.asked.snapshot.campaign()
    }

    fn scheme(&self) -> &Scheme {
        &self.campaign().scheme
    }

    fn day(&self) -> Day {
        self.asked.snapshot.ledger().calendar.day(self.asked.day)
    }

    /// The place of the day among those of the view.
    fn at(&self) -> usize {
        self.view.at(&self.asked.snapshot)
    }

    fn kind_name(&self) -> String {
        let kind = self.campaign().kinds.iter().find(|kind| kind.code == self.view.kind);
        kind.and_then(|kind| kind.name.pick(self.l.is_vi())).unwrap_or(&self.view.kind).to_lowercase()
    }

    /// This page's address with some parameters changed.
    fn address(&self, changes: &[(&str, String)]) -> String {
        self.address_of("map", changes)
    }

    fn address_of(&self, what: &str, changes: &[(&str, String)]) -> String {
        let mut parameters = vec![
            ("kind", self.view.kind.clone()),
            ("date", self.day().to_string()),
            ("lang", self.l.code().to_owned()),
        ];
        for (name, value) in changes {
            match parameters.iter_mut().find(|(n, _)| n == name) {
                Some(parameter) => parameter.1.clone_from(value),
                None => parameters.push((name, value.clone())),
            }
        }
        let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        format!("/c/{}/{what}?{}", escape(&self.campaign().code), pairs.join("&"))
    }

    /// Every day from the eve of the window to its end; whether there are figures by then.
    fn days(&self) -> Vec<(Day, bool)> {
        let calendar = &self.asked.snapshot.ledger().calendar;
        let days = calendar.window.start - 1..calendar.window.end;
        days.map(|day| (calendar.day(day), day <= self.asked.upto)).collect()
    }

    fn content(&self) -> Markup {
        let (l, all) = (self.l, self.view.units.len() as u64);
        let day = format!("{} {}", l.weekday(self.day()), l.long_day(self.day()));
        html! {
            div.head {
                h1 {
                    @if l.is_vi() { "Bản đồ " (l.whole(all)) " " (self.kind_name()) ", " (day) }
                    @else { "Map of " (l.whole(all)) " " (self.kind_name()) @if all != 1 { "s" } ", " (day) }
                }
                p { (self.tally(self.view.days.get(self.at()))) }
            }
            (self.ribbon())
            (self.tabs())
            div.mapgrid {
                (self.map_panel())
                div {
                    (self.table())
                    (self.meanings())
                }
            }
            (self.small_maps())
            p.note.pad0 {
                (l.pick("Dùng lại: ", "To embed: "))
                a href=(self.address_of("map.svg", &[])) { "map.svg" } " · "
                a href=(self.geojson()) { "levels.geojson" }
            }
        }
    }

    fn geojson(&self) -> String {
        let (code, kind) = (escape(&self.campaign().code), escape(&self.view.kind));
        format!("/c/{code}/levels.geojson?kind={kind}&date={}", self.day())
    }

    /// How many units have each level, in words.
    fn tally(&self, day: Option<&LevelDayView>) -> String {
        let l = self.l;
        let word = |count: &crate::service::views::LevelCountView| {
            let units = count.units?;
            let name = level_word(self.scheme(), l, &count.level).to_lowercase();
            Some(format!("{} {name}", l.whole(units)))
        };
        let counts = day.map(|day| day.counts.iter().filter_map(word).collect::<Vec<_>>()).unwrap_or_default();
        if counts.is_empty() {
            let hidden = "Số đơn vị theo cấp độ của ngày này không công bố.";
            return l.pick(hidden, "How many units have each level is not public for this day.").to_owned();
        }
        counts.join(", ")
    }

    fn ribbon(&self) -> Markup {
        let (l, snapshot) = (self.l, &self.asked.snapshot);
        let (status, day) = (snapshot.status(), l.long_day(self.day()));
        let closes = self.campaign().day_closes.format("%H:%M").to_string();
        let next = self.day().succ_opt().map(|day| l.short_day(day)).unwrap_or_default();
        html! {
            div.ribbon {
                b { svg aria-hidden="true" { use href="#i-clock" {} } (board_status(status, l.is_vi())) }
                span {
                    @match (l, status == "provisional", self.asked.is_closed) {
                        (Language::Vi, true, true) => { "Số liệu đến hết " (day) ", đã chốt lúc " (closes) " ngày " (next) ". Còn có thể đính chính." },
                        (Language::Vi, true, false) => { "Số liệu đến " (day) ", sẽ chốt lúc " (closes) " ngày " (next) "." },
                        (Language::Vi, false, _) => { "Số liệu đến hết " (day) "." },
                        (Language::En, true, true) => { "Figures to the end of " (day) ", closed at " (closes) " on " (next) ". Corrections can still come." },
                        (Language::En, true, false) => { "Figures to " (day) ", which closes at " (closes) " on " (next) "." },
                        (Language::En, false, _) => { "Figures to the end of " (day) "." },
                    }
                }
                span.end { (l.pick("bản số", "revision")) " " (l.whole(snapshot.revision.unsigned_abs())) }
            }
        }
    }

    fn tabs(&self) -> Markup {
        let (l, tabs) = (self.l, self.asked.tabs());
        html! {
            @if tabs.len() > 1 {
                nav.tabs aria-label=(l.pick("Loại đơn vị", "Kind of unit")) {
                    ul {
                        @for tab in &tabs {
                            li {
                                a href=(self.address(&[("kind", tab.code.clone())])) aria-current=[(tab.code == self.view.kind).then_some("page")] {
                                    (tab.name) " " small { (l.whole(tab.units as u64)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn map_panel(&self) -> Markup {
        let l = self.l;
        let name = self.map_name();
        html! {
            section.panel.map aria-labelledby="map-h" {
                h2.vh id="map-h" { (l.pick("Bản đồ", "Map")) }
                (self.stepper())
                (self.day_row())
                @if self.view.units.len() > MAX_CELLS {
                    p.note {
                        @if l.is_vi() { "Hơn " (l.whole(MAX_CELLS as u64)) " đơn vị thì không vẽ được cho dễ đọc; xem bảng, hoặc levels.geojson." }
                        @else { "More than " (l.whole(MAX_CELLS as u64)) " units cannot be drawn legibly; see the table, or levels.geojson." }
                    }
                } @else {
                    @let drawn = drawings(self.view, &self.layout, self.scheme(), self.at(), l);
                    (on_page(&drawn, &self.layout, &name, |code| self.unit_address(code)))
                    p.note { (said_of(self.layout.drawn, l)) }
                    @if self.layout.loose > 0 {
                        p.note {
                            @if l.is_vi() { "Ô vuông bên dưới: " (self.layout.loose) " đơn vị chưa rõ vị trí." }
                            @else { "Squares below: " (self.layout.loose) " units of which nobody said where they lie." }
                        }
                    }
                }
            }
        }
    }

    fn map_name(&self) -> String {
        let (l, day) = (self.l, self.l.long_day(self.day()));
        match (l, self.layout.drawn) {
            (Language::Vi, Drawn::Boundaries) => format!("Bản đồ cấp độ màu ngày {day}"),
            (Language::Vi, _) => format!("Bản đồ giản lược cấp độ màu ngày {day}"),
            (Language::En, Drawn::Boundaries) => format!("Map of colour levels on {day}"),
            (Language::En, _) => format!("Schematic map of colour levels on {day}"),
        }
    }

    /// The page of a unit whose code is escaped; the eve of the window has no board.
    fn unit_address(&self, code: &str) -> String {
        let day = self.day().max(self.campaign().window.from);
        format!("/c/{}/u/{code}?as_of={day}&lang={}", escape(&self.campaign().code), self.l.code())
    }

    fn stepper(&self) -> Markup {
        let l = self.l;
        let days = self.days();
        let at = days.iter().position(|(day, _)| *day == self.day()).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|at| days.get(at));
        let link = |day: Day| self.address(&[("date", day.to_string())]);
        html! {
            div.stepper {
                @if let Some((day, _)) = before { a.btn rel="prev" href=(link(*day)) { "‹ " (l.short_day(*day)) } }
                form.pick method="get" {
                    label.vh for="mapday" { (l.pick("Chọn ngày", "Choose a day")) }
                    select id="mapday" name="date" {
                        @for (day, _) in days.iter().rev().filter(|(_, has_figures)| *has_figures) {
                            option value=(day) selected[*day == self.day()] { (l.short_weekday(*day)) " " (l.short_day(*day)) }
                        }
                    }
                    input type="hidden" name="kind" value=(self.view.kind);
                    input type="hidden" name="lang" value=(l.code());
                    button.btn { (l.pick("Xem", "Show")) }
                }
                @match days.get(at + 1) {
                    Some((day, true)) => a.btn rel="next" href=(link(*day)) { (l.short_day(*day)) " ›" },
                    Some((day, false)) => span.btn aria-disabled="true" { span { (l.short_day(*day)) span.w { (l.pick(": chưa có số liệu", ": no figures yet")) } " ›" } },
                    None => {},
                }
            }
        }
    }

    fn day_row(&self) -> Markup {
        let l = self.l;
        html! {
            ol.dayrow aria-label=(l.pick("Chọn ngày", "Choose a day")) {
                @for (day, has_figures) in self.days() {
                    li {
                        @if has_figures {
                            a href=(self.address(&[("date", day.to_string())])) aria-current=[(day == self.day()).then_some("date")] { (l.short_day(day)) }
                        } @else {
                            span { (l.short_day(day)) span.vh { (l.pick(" chưa có số liệu", " no figures yet")) } }
                        }
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let l = self.l;
        let pages = self.view.units.len().div_ceil(PAGE_ROWS).max(1);
        let number = self.number.min(pages);
        let name = l.pick("Cùng số liệu, dạng bảng", "The same data as a table");
        let rows = self.view.units.iter().skip((number - 1) * PAGE_ROWS).take(PAGE_ROWS);
        let status = board_status(self.asked.snapshot.status(), l.is_vi()).to_lowercase();
        html! {
            section.panel.same aria-labelledby="same-h" {
                h2 id="same-h" { (name) }
                (scrolling(name, &html! {
                    table.days-table {
                        caption.vh { (self.kind_name()) ", " (l.long_day(self.day())) ", " (status) "; " (l.pick("F0 cộng đồng của ngày ấy", "community F0 of that day")) }
                        thead { tr {
                            th scope="col" { (l.pick("Đơn vị", "Unit")) }
                            th scope="col" { (l.pick("Cấp độ", "Level")) }
                            th scope="col" { (l.pick("Hôm trước", "Day before")) }
                            th.num scope="col" { "F0" }
                        } }
                        tbody { @for item in rows { (self.row(item)) } }
                    }
                }))
                @if pages > 1 {
                    nav.turn aria-label=(l.pick("Trang", "Pages")) {
                        @if number > 1 { a rel="prev" href=(self.address(&[("page", (number - 1).to_string())])) { (l.pick("‹ Trang trước", "‹ Previous")) } }
                        span { (number) "/" (pages) }
                        @if number < pages { a rel="next" href=(self.address(&[("page", (number + 1).to_string())])) { (l.pick("Trang sau ›", "Next ›")) } }
                    }
                }
            }
        }
    }

    fn row(&self, item: &MapUnitView) -> Markup {
        let l = self.l;
        let level = |at: Option<usize>| at.and_then(|at| item.level(at));
        let (today, before) = (level(Some(self.at())), level(self.at().checked_sub(1)));
        let cases = cases(item, l);
        html! {
            tr {
                th scope="row" { a href=(self.unit_address(&escape(&item.unit.code))) { (item.unit.name) } }
                td { @match today { Some(code) => (level_sign(self.scheme(), l, code, true)), None => (l.pick("không công bố", "not public")) } }
                td { @match before { Some(code) => (level_sign(self.scheme(), l, code, true)), None => "–" } }
                td.num { @match item.community_f0 { Some(number) => (l.whole(number)), None if cases.is_empty() => "–", None => (cases) } }
            }
        }
    }

    fn meanings(&self) -> Markup {
        let l = self.l;
        html! {
            section.panel.same aria-labelledby="means-h" {
                h2 id="means-h" { (l.pick("Chữ và màu nghĩa là gì", "What letters and colours mean")) }
                ul.means {
                    @for level in &self.scheme().levels { li { (level_sign(self.scheme(), l, &level.code, true)) } }
                    li {
                        (level_sign(self.scheme(), l, "unknown", true))
                        span.dim { (l.pick("thiếu ngày báo, không bao giờ là xanh", "a report is missing; never green")) }
                    }
                }
                p.note { a href=(format!("/c/{}/rules?lang={}", escape(&self.campaign().code), l.code())) { (l.pick("Ngưỡng của từng cấp độ, trong thể lệ", "The thresholds, in the rules")) } }
            }
        }
    }

    /// A small map a day, or where they would be noise the tally of each day.
    fn small_maps(&self) -> Markup {
        let l = self.l;
        let is_drawn = self.view.units.len() <= MAX_SMALL;
        html! {
            section.small-maps {
                h2 { (l.pick("Từng ngày một", "Day by day")) }
                @if is_drawn { (outlines(&self.layout)) }
                ol.tiles {
                    @for (at, (day, has_figures)) in self.days().into_iter().enumerate() {
                        li {
                            @if has_figures {
                                a href=(self.address(&[("date", day.to_string())])) aria-current=[(day == self.day()).then_some("date")] {
                                    @if is_drawn { (small(&drawings(self.view, &self.layout, self.scheme(), at, l), &self.layout)) }
                                    b { (l.short_day(day)) } " " (if at == 0 { l.pick("mốc", "start") } else { l.short_weekday(day) })
                                    br;
                                    (self.tally(self.view.days.get(at)))
                                }
                            } @else {
                                span.tile.off { b { (l.short_day(day)) } " " (l.short_weekday(day)) br; (l.pick("chưa có số liệu", "no figures yet")) }
                            }
                        }
                    }
                }
            }
        }
    }
}
