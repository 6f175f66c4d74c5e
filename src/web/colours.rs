//! Level colours are data: a stylesheet for each campaign, with edges and tints made
//! so that a level can be told on light and on dark paper (WCAG 2.2 contrast).

use crate::domain::Scheme;
use std::fmt::Write as _;

type Rgb = [u8; 3];

const LIGHT: Rgb = [0xFF, 0xFF, 0xFF];
const DARK: Rgb = [0x15, 0x1D, 0x21];
const BLACK: Rgb = [0, 0, 0];

/// The least contrast of an edge with the paper.
const EDGE_CONTRAST: f64 = 4.5;

/// The stylesheet of a scheme; `days` columns stand in the day control.
pub(super) fn stylesheet(scheme: &Scheme, days: usize) -> String {
    let (mut light, mut dark, mut classes) = (String::new(), String::new(), String::new());
    for (index, level) in scheme.levels.iter().enumerate() {
        let fill = parse(&level.colour);
        // writing into a String does not fail
        let _ = write!(light, "--lv{index}: {}; ", hex(fill));
        let _ = write!(light, "--lv{index}e: {}; ", hex(edge(fill, BLACK, LIGHT)));
        let _ = write!(light, "--lv{index}t: {}; ", hex(mix(fill, LIGHT, 0.2)));
        let _ = write!(light, "--lv{index}i: {}; ", hex(letter(fill)));
        let _ = write!(dark, "--lv{index}e: {}; ", hex(edge(fill, LIGHT, DARK)));
        let _ = write!(dark, "--lv{index}t: {}; ", hex(mix(fill, DARK, 0.2)));
        let _ = writeln!(
            classes,
            ".f{index} {{ fill: var(--lv{index}); }} .e{index} {{ fill: var(--lv{index}e); }} \
             .t{index} {{ fill: var(--lv{index}t); }} .i{index} {{ fill: var(--lv{index}i); }} \
             .k{index} {{ fill: var(--lv{index}); stroke: var(--lv{index}e); }}"
        );
    }
    format!(
        ":root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n{classes}\
         .days {{ grid-template-columns: repeat({days}, minmax(var(--day, 0), 1fr)); }}\n"
    )
}

fn parse(colour: &str) -> Rgb {
    let number = u32::from_str_radix(colour.trim_start_matches('#'), 16).unwrap_or(0x80_80_80);
    let [_, r, g, b] = number.to_be_bytes();
    [r, g, b]
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// `share` of a colour on a paper.
fn mix(colour: Rgb, paper: Rgb, share: f64) -> Rgb {
    let one = |c: u8, p: u8| (f64::from(c) * share + f64::from(p) * (1.0 - share)).round() as u8;
    let ([r, g, b], [pr, pg, pb]) = (colour, paper);
    [one(r, pr), one(g, pg), one(b, pb)]
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: Rgb) -> f64 {
    let channel = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = colour;
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
}

fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour moved towards another until it can be told from the paper.
fn edge(fill: Rgb, towards: Rgb, paper: Rgb) -> Rgb {
    let steps = (0..=20).map(|step| mix(towards, fill, f64::from(step) / 20.0));
    steps.into_iter().find(|c| contrast(*c, paper) >= EDGE_CONTRAST).unwrap_or(towards)
}

/// Black or white, whichever is read better on a colour.
fn letter(fill: Rgb) -> Rgb {
    if contrast(BLACK, fill) >= contrast(LIGHT, fill) { BLACK } else { LIGHT }
}

/// The ink that is read best on a level's colour.
pub(super) fn letter_on(colour: &str) -> String {
    hex(letter(parse(colour)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::builtin;

    #[test]
    fn every_level_of_every_scheme_can_be_told_and_its_letter_read() {
        for level in builtin::all().iter().flat_map(|s| &s.levels) {
            let fill = parse(&level.colour);
            assert!(contrast(edge(fill, BLACK, LIGHT), LIGHT) >= EDGE_CONTRAST, "{}", level.code);
            assert!(contrast(edge(fill, LIGHT, DARK), DARK) >= EDGE_CONTRAST, "{}", level.code);
            assert!(contrast(letter(fill), fill) >= EDGE_CONTRAST, "{}", level.code);
        }
    }
}
