//! The drawing of a map: for the page, in the classes of its stylesheets, and alone, in
//! colours of its own.

use super::cells::{Cell, Layout, WIDTH};
use super::{Asked, layout, said_of};
use crate::domain::Scheme;
use crate::service::figures::escape;
use crate::service::map::{MapUnitView, MapView};
use crate::web::colours::letter_on;
use crate::web::frame::level_word;
use crate::web::home::title;
use crate::web::words::Language;
use maud::{Markup, html};

/// The room that a name, and a letter with a number, ask for.
const ROOM_FOR_NAME: f64 = 21.0;
const ROOM_FOR_LETTER: f64 = 3.0;
const SMALLEST: f64 = 6.0;

/// A unit's cell and what is written in it.
pub(super) struct Drawing<'a> {
    pub(super) item: &'a MapUnitView,
    pub(super) cell: &'a Cell,
    /// Its level's index; none where nobody knows it.
    index: Option<u8>,
    /// Its letter.
    letter: String,
    /// The part of its name that sets it apart.
    short: &'a str,
    /// Its cases, or why there are none.
    cases: String,
    /// All of that in words.
    pub(super) words: String,
}

/// What every cell shows on a day.
pub(super) fn drawings<'a>(
    view: &'a MapView,
    layout: &'a Layout,
    scheme: &Scheme,
    at: usize,
    l: Language,
) -> Vec<Drawing<'a>> {
    let symbols = scheme.symbols(l.is_vi());
    let names: Vec<&str> = view.units.iter().map(|item| item.unit.name.as_str()).collect();
    let common = common_words(&names);
    let draw = |(item, cell): (&'a MapUnitView, &'a Cell)| {
        let level = item.level(at);
        let index = level.and_then(|code| scheme.level_index(code));
        let letter = match (level, index.and_then(|i| symbols.get(usize::from(i)))) {
            (_, Some(symbol)) => symbol.clone(),
            (Some(_), None) => "?".to_owned(),
            (None, _) => "–".to_owned(),
        };
        let word = match level {
            Some(code) => level_word(scheme, l, code),
            None => l.pick("cấp độ không công bố", "level not public").to_owned(),
        };
        let cases = cases(item, l);
        let words = match cases.as_str() {
            "" => format!("{}: {word}", item.unit.name),
            cases => format!("{}: {word}, {cases}", item.unit.name),
        };
        let short = item.unit.name.get(common..).unwrap_or(&item.unit.name);
        Drawing { item, cell, index, letter, short, cases, words }
    };
    view.units.iter().zip(&layout.cells).map(draw).collect()
}

/// The cases of a day, or why there are none; nothing where that is not public.
pub(super) fn cases(item: &MapUnitView, l: Language) -> String {
    match (item.state, item.community_f0) {
        (Some("missing"), _) => l.pick("chưa báo", "no report").to_owned(),
        (Some("excused"), None) => l.pick("được miễn", "excused").to_owned(),
        (Some(_), Some(1)) => l.pick("1 ca", "1 case").to_owned(),
        (Some(_), Some(n)) => format!("{} {}", l.whole(n), l.pick("ca", "cases")),
        _ => String::new(),
    }
}

/// How many bytes of whole words all names begin with: "Phường " of all wards.
fn common_words(names: &[&str]) -> usize {
    let Some(first) = names.first().filter(|_| names.len() > 1) else { return 0 };
    let mut ends = first.char_indices().filter(|(_, c)| *c == ' ').map(|(at, c)| at + c.len_utf8());
    let is_common = |end: &usize| first.get(..*end).is_some_and(|head| names.iter().all(|name| name.starts_with(head)));
    let mut common = 0;
    while let Some(end) = ends.next().filter(is_common) {
        common = end;
    }
    common
}

/// How large the signs of a cell are: of its name, and of its letter and number.
struct Sizes {
    name: Option<f64>,
    letter: Option<f64>,
    shows_cases: bool,
}

fn sizes(drawing: &Drawing<'_>) -> Sizes {
    let room = drawing.cell.room;
    // a letter is about 0.62 of its size wide
    let fits = |text: &str, most: f64| (2.0 * room / (0.62 * text.chars().count().max(1) as f64)).min(most);
    let name = fits(drawing.short, (room * 0.62).min(18.0));
    let name = (room >= ROOM_FOR_NAME && name >= 8.0).then_some(name);
    let line = format!("{} · {}", drawing.letter, drawing.cases);
    let both = fits(&line, (room * 0.5).min(14.0));
    if !drawing.cases.is_empty() && both >= 8.0 {
        return Sizes { name, letter: Some(both), shows_cases: true };
    }
    let letter = if name.is_some() { (room * 0.5).min(14.0) } else { (room * 1.1).clamp(SMALLEST, 16.0) };
    Sizes { name, letter: (room >= ROOM_FOR_LETTER).then_some(letter), shows_cases: false }
}

/// How a cell and its signs are painted: by classes of the page, or in colours.
enum Paint<'a> {
    Classes,
    Colours(&'a Scheme),
}

impl Paint<'_> {
    fn class(&self, class: String) -> Option<String> {
        matches!(self, Self::Classes).then_some(class)
    }

    fn fill(&self, drawing: &Drawing<'_>) -> Option<String> {
        let Self::Colours(scheme) = self else { return None };
        let level = drawing.index.and_then(|index| scheme.levels.get(usize::from(index)));
        Some(level.map_or_else(|| "url(#unknown)".to_owned(), |level| level.colour.clone()))
    }

    fn ink(&self, drawing: &Drawing<'_>) -> Option<String> {
        let Self::Colours(scheme) = self else { return None };
        let level = drawing.index.and_then(|index| scheme.levels.get(usize::from(index)));
        Some(level.map_or_else(|| "#000000".to_owned(), |level| letter_on(&level.colour)))
    }

    /// What lifts signs off a hatched cell; on the page the stylesheet does.
    fn halo(&self, drawing: &Drawing<'_>) -> Option<&'static str> {
        (matches!(self, Self::Colours(_)) && drawing.index.is_none()).then_some("#ffffff")
    }
}

/// The class of a cell, and of what is written in it.
fn classes(drawing: &Drawing<'_>) -> (String, String) {
    match drawing.index {
        Some(index) => (format!("cell f{index}"), format!("i{index}")),
        None => ("cell cx".to_owned(), "ix".to_owned()),
    }
}

/// The name, letter and number of a cell.
fn signs(drawing: &Drawing<'_>, paint: &Paint<'_>) -> Markup {
    let (_, ink) = classes(drawing);
    let (x, y) = drawing.cell.at;
    let sizes = sizes(drawing);
    let (name_y, letter_y) = match (sizes.name, sizes.letter) {
        (Some(name), Some(letter)) => (y - 1.0, y + letter + name * 0.15),
        (Some(name), None) => (y + name * 0.35, y),
        (None, letter) => (y, y + letter.unwrap_or_default() * 0.35),
    };
    let halo = paint.halo(drawing);
    let (wide, order) = (halo.map(|_| "5"), halo.map(|_| "stroke"));
    // short names can grow on a phone, where the whole map is small
    let is_short = drawing.short.chars().count() <= 3;
    let place = if sizes.name.is_some() && is_short { "ml under" } else { "ml" };
    let head = if is_short { "mn short" } else { "mn" };
    html! {
        @if let Some(size) = sizes.name {
            text class=[paint.class(format!("{head} {ink}"))] fill=[paint.ink(drawing)] stroke=[halo] stroke-width=[wide] paint-order=[order]
                x=(format!("{x:.1}")) y=(format!("{name_y:.1}")) font-size=(format!("{size:.1}")) font-weight="700" text-anchor="middle" { (drawing.short) }
        }
        @if let Some(size) = sizes.letter {
            text class=[paint.class(format!("{place} {ink}"))] fill=[paint.ink(drawing)] stroke=[halo] stroke-width=[wide] paint-order=[order]
                x=(format!("{x:.1}")) y=(format!("{letter_y:.1}")) font-size=(format!("{size:.1}")) font-weight="600" text-anchor="middle" {
                (drawing.letter)
                @if sizes.shows_cases { tspan class=[paint.class("mc".to_owned())] { " · " (drawing.cases) } }
            }
        }
    }
}

/// The drawing on the page: each cell leads to its unit.
pub(super) fn on_page(drawings: &[Drawing<'_>], layout: &Layout, name: &str, link: impl Fn(&str) -> String) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {WIDTH:.0} {:.0}", layout.height)) role="group" aria-label=(name) {
            @for drawing in drawings {
                a href=(link(&escape(&drawing.item.unit.code))) aria-label=(drawing.words) {
                    path class=(classes(drawing).0) d=(drawing.cell.path) {}
                    g aria-hidden="true" { (signs(drawing, &Paint::Classes)) }
                }
            }
        }
    }
}

/// A small drawing of one day: colours and letters.
pub(super) fn small(drawings: &[Drawing<'_>], layout: &Layout) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {WIDTH:.0} {:.0}", layout.height)) aria-hidden="true" {
            @for (at, drawing) in drawings.iter().enumerate() {
                @let (x, y) = drawing.cell.at;
                @let size = (drawing.cell.room * 1.2).clamp(24.0, 52.0);
                @let (fill, ink) = classes(drawing);
                use href=(format!("#m{at}")) class=(fill) {}
                text class=(format!("ml {ink}"))
                    x=(format!("{x:.0}")) y=(format!("{:.0}", y + size * 0.35)) font-size=(format!("{size:.0}")) text-anchor="middle" { (drawing.letter) }
            }
        }
    }
}

/// The outlines that small drawings use, each once.
pub(super) fn outlines(layout: &Layout) -> Markup {
    html! {
        svg.sprite aria-hidden="true" focusable="false" {
            defs { @for (at, cell) in layout.cells.iter().enumerate() { path id=(format!("m{at}")) d=(cell.path) {} } }
        }
    }
}

const LEGEND: f64 = 128.0;

/// The picture for others to embed: with its title, its day, what its letters mean and what
/// it rests on.
pub(super) fn alone(asked: &Asked, view: &MapView) -> String {
    let (l, snapshot) = (asked.language, &asked.snapshot);
    let (campaign, layout) = (snapshot.campaign(), layout(view));
    let scheme = &campaign.scheme;
    let drawings = drawings(view, &layout, scheme, view.at(snapshot), l);
    let day = l.long_day(snapshot.ledger().calendar.day(asked.day));
    let heading = format!("{} · {day}", title(campaign, l));
    let height = layout.height + LEGEND;
    let paint = Paint::Colours(scheme);
    let symbols = scheme.symbols(l.is_vi());
    let step = WIDTH / (scheme.levels.len() + 1) as f64;
    let meanings = scheme.levels.iter().zip(&symbols);
    let status = crate::service::words::board_status(snapshot.status(), l.is_vi());
    let under = format!("{status} · {} {}", l.pick("bản số", "revision"), l.whole(snapshot.revision.unsigned_abs()));
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 -34 {WIDTH:.0} {:.0}", height + 34.0))
            width=(format!("{WIDTH:.0}")) height=(format!("{:.0}", height + 34.0)) font-family="sans-serif" role="img" lang=(l.code()) {
            title { (heading) }
            desc { (drawings.iter().map(|drawing| drawing.words.as_str()).collect::<Vec<_>>().join("; ")) }
            defs {
                pattern id="unknown" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect width="6" height="6" fill="#ffffff" {}
                    path d="M0 0V6" stroke="#5c6970" stroke-width="1.4" {}
                }
            }
            rect x="0" y="-34" width=(format!("{WIDTH:.0}")) height=(format!("{:.0}", height + 34.0)) fill="#ffffff" {}
            text x="8" y="-12" font-size="17" font-weight="700" fill="#14212b" { (heading) }
            g stroke="#14212b" stroke-width="1" {
                @for drawing in &drawings { path fill=[paint.fill(drawing)] d=(drawing.cell.path) {} }
            }
            @for drawing in &drawings {
                (signs(drawing, &paint))
            }
            g transform=(format!("translate(0 {:.0})", layout.height + 24.0)) font-size="13" fill="#14212b" {
                @for (nth, (level, symbol)) in meanings.enumerate() {
                    g transform=(format!("translate({:.0} 0)", 8.0 + step * nth as f64)) {
                        rect width="24" height="24" fill=(level.colour) stroke="#14212b" {}
                        text x="12" y="17" text-anchor="middle" font-weight="700" fill=(letter_on(&level.colour)) { (symbol) }
                        text x="32" y="17" { (level_word(scheme, l, &level.code)) }
                    }
                }
                g transform=(format!("translate({:.0} 0)", 8.0 + step * scheme.levels.len() as f64)) {
                    rect width="24" height="24" fill="url(#unknown)" stroke="#14212b" {}
                    circle cx="12" cy="12" r="8" fill="#ffffff" {}
                    text x="12" y="17" text-anchor="middle" font-weight="700" { "?" }
                    text x="32" y="17" { (level_word(scheme, l, "unknown")) }
                }
                text x="8" y="52" { (under) }
                @for (nth, line) in lines(said_of(layout.drawn, l)).iter().enumerate() {
                    text x="8" y=(format!("{}", 72 + 18 * nth)) { (line) }
                }
            }
        }
    };
    picture.into_string()
}

/// A sentence in lines that a picture holds.
fn lines(text: &str) -> Vec<String> {
    const WIDE: usize = 96;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= WIDE) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_where_all_begin_alike() {
        let at = common_words(&["Phường 14", "Phường 02"]);
        assert_eq!("Phường 14".get(at..), Some("14"));
        assert_eq!(common_words(&["Xã A", "Phường B"]), 0);
        assert_eq!(common_words(&["Phường 14"]), 0);
    }

    #[test]
    fn a_long_sentence_has_several_lines() {
        let text = said_of(super::super::cells::Drawn::Schematic, Language::Vi);
        let lines = lines(text);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= 96));
        assert_eq!(lines.join(" "), text);
    }
}
