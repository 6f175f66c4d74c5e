//! Small charts as inline SVG, drawn here so that no script is needed. Their colours
//! are classes of the stylesheet; each has a name in words.

use super::words::Language;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write as _;

/// What a day of a unit was, for a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayMark {
    /// So many cases were reported.
    Cases(u64),
    /// Nothing was reported and something was due.
    Missing,
    /// The day was excused.
    Excused,
    /// The day is not due yet.
    NotDue,
}

/// Index of a level; none where nobody knows it.
pub(super) type LevelMark = Option<u8>;

const STRIP_HEIGHT: f64 = 22.0;

/// The path of a rectangle.
fn rect(x: f64, y: f64, width: f64, height: f64) -> String {
    format!("M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}Z")
}

fn x_of(column: usize) -> f64 {
    // the eve of the window stands apart
    if column == 0 { 0.0 } else { 6.0 + 14.0 * column as f64 }
}

/// Width of the strip of a window.
pub(super) fn strip_width(window: usize) -> f64 {
    x_of(window) + 12.0
}

/// Levels by day, low is good: the eve of the window, then the days so far; the rest of
/// the window as ticks. Below them stands each level's symbol where it begins, so that no
/// colour stands alone.
pub(super) fn strip(levels: &[LevelMark], symbols: &[String], window: usize, name: &str) -> Markup {
    let of = symbols.len();
    let mut paths: Vec<(String, String)> = Vec::new();
    let mut add = |class: String, path: String| match paths.iter_mut().find(|(c, _)| *c == class) {
        Some((_, paths)) => paths.push_str(&path),
        None => paths.push((class, path)),
    };
    for (column, level) in levels.iter().enumerate() {
        let x = x_of(column);
        match level {
            Some(level) => {
                let height = STRIP_HEIGHT * f64::from(level + 1) / of as f64;
                add(format!("t{level}"), rect(x, 0.0, 12.0, STRIP_HEIGHT));
                add(format!("f{level}"), rect(x, STRIP_HEIGHT - height, 12.0, height));
                add(format!("e{level}"), rect(x, STRIP_HEIGHT - height, 12.0, 2.0));
            }
            None => add("gx".to_owned(), rect(x, 0.0, 12.0, STRIP_HEIGHT)),
        }
    }
    for column in levels.len()..=window {
        add("tick".to_owned(), rect(x_of(column), STRIP_HEIGHT - 2.0, 12.0, 2.0));
    }
    if let Some(last) = levels.len().checked_sub(1) {
        add("now".to_owned(), rect(x_of(last), STRIP_HEIGHT + 2.5, 12.0, 1.5));
    }
    // fills lie above tints, edges above fills
    paths.sort_by_key(|(class, _)| ["t", "g", "f", "e"].iter().position(|c| class.starts_with(c) && class != "tick"));
    let width = strip_width(window);
    let before = |column: usize| column.checked_sub(1).and_then(|before| levels.get(before));
    let begins = levels.iter().enumerate().filter(|(column, level)| before(*column) != Some(level));
    let symbol = |level: &LevelMark| match level {
        Some(level) => symbols.get(usize::from(*level)).map_or("", String::as_str),
        None => "?",
    };
    html! {
        svg.strip viewBox=(format!("0 0 {width:.0} 37")) width=(format!("{width:.0}")) height="37" role="img" aria-label=(name) {
            @for (class, path) in &paths { path class=(class) d=(path) {} }
            text y="36" {
                @for (column, level) in begins { tspan x=(format!("{:.0}", x_of(column) + 6.0)) { (symbol(level)) } }
            }
        }
    }
}

const SPARK_TOP: f64 = 12.0;
const SPARK_BASE: f64 = 34.0;

/// Cases by day, baseline then window, each row on its own scale; the peak is labelled.
pub(super) fn spark(baseline: &[DayMark], window: &[DayMark], name: &str) -> Markup {
    let cases = |mark: &DayMark| match mark {
        DayMark::Cases(n) => *n,
        _ => 0,
    };
    let peak = baseline.iter().chain(window).map(cases).max().unwrap_or_default();
    let gap = if baseline.is_empty() { 0.0 } else { 4.0 };
    let x_of = |at: usize| 5.0 * at as f64 + if at >= baseline.len() { gap } else { 0.0 };
    let width = x_of(baseline.len() + window.len()).max(1.0);
    let (mut bars, mut now, mut zeros, mut missing, mut ticks) =
        (String::new(), String::new(), String::new(), String::new(), String::new());
    let mut peak_at = None;
    for (at, mark) in baseline.iter().chain(window).enumerate() {
        let x = x_of(at);
        match mark {
            DayMark::Cases(0) => zeros.push_str(&rect(x, SPARK_BASE - 1.5, 4.0, 1.5)),
            DayMark::Cases(n) => {
                let height = ((SPARK_BASE - SPARK_TOP) * *n as f64 / peak.max(1) as f64).max(1.8);
                let into = if at < baseline.len() { &mut bars } else { &mut now };
                into.push_str(&rect(x, SPARK_BASE - height, 4.0, height));
                if *n == peak && peak_at.is_none() {
                    peak_at = Some(x + 2.0);
                }
            }
            DayMark::Missing => missing.push_str(&rect(x, SPARK_TOP + 4.0, 4.0, SPARK_BASE - SPARK_TOP - 4.0)),
            DayMark::Excused => zeros.push_str(&rect(x, SPARK_BASE - 6.0, 4.0, 1.0)),
            DayMark::NotDue => ticks.push_str(&rect(x, SPARK_BASE - 2.0, 4.0, 2.0)),
        }
    }
    html! {
        svg.spark viewBox=(format!("0 0 {width:.0} 34")) width=(format!("{width:.0}")) height="34" role="img" aria-label=(name) {
            @for (class, path) in [("sz", &zeros), ("tick", &ticks), ("gx", &missing), ("sb", &bars), ("sw", &now)] {
                @if !path.is_empty() { path class=(class) d=(path) {} }
            }
            @if let Some(x) = peak_at {
                text.axb x=(format!("{:.0}", x.clamp(6.0, (width - 6.0).max(6.0)))) y="9" text-anchor="middle" { (peak) }
            }
        }
    }
}

/// A component of the points for a bar: what it gave of how much, in hundredths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// What it gave.
    pub(super) points: i64,
    /// The most it gives.
    pub(super) max: i64,
}

const BAR_WIDTH: f64 = 112.0;

/// Points as a bar of parts, from a zero line; what is lost lies to its left.
pub(super) fn points_bar(parts: &[Part], shows_negative: bool, name: &str) -> Markup {
    let all: i64 = parts.iter().map(|p| p.max).sum::<i64>().max(1);
    let zero = if shows_negative { BAR_WIDTH / 2.0 } else { 0.0 };
    let scale = (BAR_WIDTH - zero) / all as f64;
    let (mut right, mut left) = (zero, zero);
    let mut bars: Vec<(usize, f64, f64)> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let width = (part.points.abs().min(part.max.max(0)) as f64) * scale;
        if part.points > 0 {
            bars.push((index, right, width));
            right += width;
        } else if part.points < 0 {
            left -= width;
            bars.push((index, left, width));
        }
    }
    html! {
        svg.pts viewBox="0 0 112 8" width="112" height="8" role="img" aria-label=(name) {
            rect.p0 width="112" height="8" {}
            @for (index, x, width) in bars {
                rect class=(if index == 0 { "p1" } else { "p2" }) x=(format!("{x:.2}")) width=(format!("{width:.2}")) height="8" {}
            }
            @if shows_negative { path.zero d=(format!("M{zero:.1} 0v8")) {} }
        }
    }
}

/// How many units have each level on a day: best at the bottom, unknown on top.
pub(super) fn day_stack(counts: &[u64], unknown: u64, symbols: &[String]) -> Markup {
    const HEIGHT: f64 = 167.0;
    let all = counts.iter().sum::<u64>() + unknown;
    let mut bottom = 169.0;
    let mut out = String::new();
    let mut slice = |fill: &str, edge: Option<String>, letter: &str, text: String, count: u64| {
        if count == 0 || all == 0 {
            return;
        }
        let height = HEIGHT * count as f64 / all as f64;
        let (y, drawn) = (bottom - height, (height - 1.0).max(0.5));
        bottom = y;
        // writing into a String does not fail
        let _ = write!(out, r#"<rect class="{fill}" y="{y:.1}" width="100%" height="{drawn:.1}"/>"#);
        if let Some(edge) = edge {
            let _ = write!(out, r#"<rect class="{edge}" y="{y:.1}" width="100%" height="1.5"/>"#);
        }
        if height >= 11.0 {
            let middle = y + height / 2.0 + 3.5;
            let text = html! { (text) }.into_string();
            let _ = write!(out, r#"<text class="{letter}" x="50%" y="{middle:.1}">{text}</text>"#);
        }
    };
    for (index, count) in counts.iter().enumerate() {
        let symbol = symbols.get(index).map_or("", String::as_str);
        let (fill, edge) = (format!("f{index}"), format!("e{index}"));
        slice(&fill, Some(edge), &format!("li i{index}"), format!("{symbol}{count}"), *count);
    }
    slice("gx", None, "lix", format!("?{unknown}"), unknown);
    html! { svg aria-hidden="true" { (PreEscaped(out)) } }
}

/// Runs of equal days in words: "9/7 to 12/7 orange".
pub(super) fn runs(language: Language, days: &[(String, String)]) -> String {
    let mut out: Vec<String> = Vec::new();
    for run in days.chunk_by(|a, b| a.1 == b.1) {
        if let (Some((from, what)), Some((to, _))) = (run.first(), run.last()) {
            let span = if from == to { from.clone() } else { format!("{from} {} {to}", language.pick("đến", "to")) };
            out.push(format!("{span} {what}"));
        }
    }
    out.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_day_a_zero_and_a_day_to_come_are_drawn_apart() {
        let svg = spark(&[DayMark::Cases(0), DayMark::Missing], &[DayMark::Cases(3), DayMark::NotDue], "F0");
        let svg = svg.into_string();
        for class in ["sz", "gx", "sw", "tick"] {
            assert!(svg.contains(&format!("class=\"{class}\"")), "{class}: {svg}");
        }
        assert!(svg.contains(">3</text>"));
    }

    #[test]
    fn lost_points_lie_left_of_the_zero_line() {
        let parts = [Part { points: -3_000, max: 6_000 }, Part { points: 2_000, max: 4_000 }];
        let svg = points_bar(&parts, true, "").into_string();
        assert!(svg.contains(r#"class="p1" x="39.20" width="16.80""#), "{svg}");
        assert!(svg.contains(r#"class="p2" x="56.00" width="11.20""#), "{svg}");
    }

    #[test]
    fn each_run_of_days_has_its_letter() {
        let symbols = ["X", "V"].map(str::to_owned);
        let svg = strip(&[Some(1), Some(1), Some(0), None, None, Some(1)], &symbols, 15, "").into_string();
        let letters: Vec<&str> = svg.split("</tspan>").filter_map(|t| t.rsplit_once('>')).map(|t| t.1).collect();
        assert_eq!(letters, ["V", "X", "?", "V", ""]);
        assert!(svg.contains(r#"<tspan x="40">X</tspan>"#), "{svg}");
    }

    #[test]
    fn days_are_told_in_runs() {
        let day = |d: &str, l: &str| (d.to_owned(), l.to_owned());
        let days = [day("8/7", "vàng"), day("9/7", "cam"), day("10/7", "cam")];
        assert_eq!(runs(Language::Vi, &days), "8/7 vàng; 9/7 đến 10/7 cam");
    }
}
