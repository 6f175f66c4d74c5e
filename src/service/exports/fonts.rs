//! The bundled faces and how wide their letters are.
//!
//! Liberation Serif has the widths of Times New Roman, which Decree 30/2020/NĐ-CP asks for,
//! and every letter of Vietnamese (`assets/fonts/SOURCE.md`).

use crate::service::fault::Fault;
use krilla::text::{Font, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, GlyphId, MetadataProvider};
use unicode_segmentation::UnicodeSegmentation;

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/LiberationSerif-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/fonts/LiberationSerif-Bold.ttf");
const ITALIC: &[u8] = include_bytes!("../../../assets/fonts/LiberationSerif-Italic.ttf");

/// Which of the faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    Italic,
}

/// The three faces.
pub(super) struct Fonts([Measured; 3]);

struct Measured {
    font: Font,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    units_per_em: f32,
}

impl Measured {
    fn read(bytes: &'static [u8]) -> Result<Self, Fault> {
        let font = Font::new(bytes.into(), 0).ok_or_else(|| Fault::internal("a bundled font cannot be read"))?;
        let read = FontRef::new(bytes).map_err(Fault::internal)?;
        let widths = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        Ok(Self { units_per_em: font.units_per_em(), font, letters: read.charmap(), widths })
    }
}

impl Fonts {
    /// Reads them.
    ///
    /// # Errors
    /// None that is foreseen: they are part of the program.
    pub(super) fn read() -> Result<Self, Fault> {
        Ok(Self([Measured::read(REGULAR)?, Measured::read(BOLD)?, Measured::read(ITALIC)?]))
    }

    fn of(&self, face: Face) -> &Measured {
        let [regular, bold, italic] = &self.0;
        match face {
            Face::Regular => regular,
            Face::Bold => bold,
            Face::Italic => italic,
        }
    }

    /// The face as the PDF embeds it.
    pub(super) fn font(&self, face: Face) -> Font {
        self.of(face).font.clone()
    }

    /// How wide a text is, in points.
    pub(super) fn width(&self, text: &str, face: Face, size: f32) -> f32 {
        let of = self.of(face);
        let glyph = |letter| of.letters.map(letter).unwrap_or(GlyphId::NOTDEF);
        let widths = text.chars().map(|letter| of.widths.advance_width(glyph(letter)).unwrap_or_default());
        widths.sum::<f32>() * size / of.units_per_em
    }

    /// The letters of a text, each as wide as it is measured: neither kerned nor joined, as
    /// word processors set Times.
    pub(super) fn letters(&self, text: &str, face: Face) -> Vec<KrillaGlyph> {
        let of = self.of(face);
        let letter = |(at, letter): (usize, char)| {
            let glyph = of.letters.map(letter).unwrap_or(GlyphId::NOTDEF);
            KrillaGlyph {
                glyph_id: krilla::text::GlyphId::new(glyph.to_u32()),
                text_range: at..at + letter.len_utf8(),
                x_advance: of.widths.advance_width(glyph).unwrap_or_default() / of.units_per_em,
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            }
        };
        text.char_indices().map(letter).collect()
    }

    /// A text in lines no wider than `room`; `first` is taken off the first. A word that is
    /// wider than a line is broken between letters.
    pub(super) fn wrap(&self, text: &str, face: Face, size: f32, room: f32, first: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        let left = |lines: &Vec<String>| if lines.is_empty() { room - first } else { room };
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, face, size) <= left(&lines) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.graphemes(true) {
                let longer = format!("{line}{letter}");
                if !line.is_empty() && self.width(&longer, face, size) > left(&lines) {
                    lines.push(std::mem::replace(&mut line, letter.to_owned()));
                } else {
                    line = longer;
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_vietnamese_is_in_every_face() {
        let fonts = Fonts::read().expect("the bundled fonts");
        let vowels = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ";
        let signs = "0123456789.,:;()“”–-/…%";
        for face in [Face::Regular, Face::Bold, Face::Italic] {
            for letter in vowels.chars().chain(vowels.to_uppercase().chars()).chain(signs.chars()) {
                assert!(fonts.of(face).letters.map(letter).is_some(), "{letter} {face:?}");
            }
        }
    }

    #[test]
    fn lines_are_no_wider_than_their_room_and_keep_every_letter() {
        let fonts = Fonts::read().expect("the bundled fonts");
        let long = format!("Phường {} số 7 Khu phố Nguyễn Thị Minh Khai", "ườ".repeat(60));
        let lines = fonts.wrap(&long, Face::Regular, 12.0, 100.0, 0.0);
        assert!(lines.len() > 5);
        for line in &lines {
            assert!(fonts.width(line, Face::Regular, 12.0) <= 100.0, "{line}");
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(&long));
    }

    #[test]
    fn letters_are_as_wide_as_those_of_times() {
        let fonts = Fonts::read().expect("the bundled fonts");
        // widths of Times New Roman in 2048ths of an em: A 1479, i 569, 0 1024
        let widths = ["A", "i", "0"].map(|letter| fonts.width(letter, Face::Regular, 2048.0));
        assert_eq!(widths.map(|width| width.round() as i32), [1479, 569, 1024]);
    }
}
