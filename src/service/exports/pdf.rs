//! A paper as a PDF: where each line stands, and the file.
//!
//! A4 as Decree 30/2020/NĐ-CP asks: margins of 20 mm above and below, 30 mm on the left and
//! 15 mm on the right, 12 to 14 points, numbers of pages in the middle above from the second
//! page of each part on. Lines are drawn when a page is full, so that only the finished pages
//! are held. Start reading at [`paper`].

use super::fonts::{Face, Fonts};
use super::paper::{Align, Block, COLUMNS, Foot, Head, Paper, Rows};
use super::report::Report;
use crate::service::fault::Fault;
use chrono::{DateTime, Datelike, Timelike};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime as PdfTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};

/// Points in a millimetre.
pub(super) const MM: f32 = 72.0 / 25.4;

/// Something that stands on a page.
enum Mark {
    Text { x: f32, y: f32, face: Face, size: f32, text: String, ink: Ink },
    Line { from: (f32, f32), to: (f32, f32), weight: f32, ink: Ink },
}

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    Red,
}

impl Ink {
    fn colour(self) -> rgb::Color {
        match self {
            Self::Black => rgb::Color::new(0, 0, 0),
            Self::Red => rgb::Color::new(160, 24, 24),
        }
    }
}

/// A document that is being made.
pub(super) struct Press {
    pub(super) fonts: Fonts,
    document: Document,
    size: (f32, f32),
    marks: Vec<Mark>,
}

impl Press {
    /// An empty document whose pages have this size in points.
    pub(super) fn new(report: &Report, title: &str, size: (f32, f32)) -> Result<Self, Fault> {
        let mut document = Document::new();
        document.set_metadata(metadata(report, title));
        Ok(Self { fonts: Fonts::read()?, document, size, marks: Vec::new() })
    }

    /// A text whose baseline begins at a point.
    pub(super) fn text(&mut self, (x, y): (f32, f32), face: Face, size: f32, text: impl Into<String>) {
        self.marks.push(Mark::Text { x, y, face, size, text: text.into(), ink: Ink::Black });
    }

    /// A text around a middle.
    pub(super) fn centred(&mut self, (middle, y): (f32, f32), (face, ink): (Face, Ink), size: f32, text: &str) {
        let x = middle - self.fonts.width(text, face, size) / 2.0;
        self.marks.push(Mark::Text { x, y, face, size, text: text.to_owned(), ink });
    }

    /// A line.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), weight: f32, ink: Ink) {
        self.marks.push(Mark::Line { from, to, weight, ink });
    }

    /// Ends a page: what stands on it is drawn.
    pub(super) fn end_page(&mut self) {
        let (width, height) = self.size;
        let Some(settings) = PageSettings::from_wh(width, height) else { return };
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in self.marks.drain(..) {
            match mark {
                Mark::Text { x, y, face, size, text, ink } => {
                    surface.set_stroke(None);
                    surface.set_fill(Some(Fill { paint: ink.colour().into(), ..Fill::default() }));
                    let (letters, font) = (self.fonts.letters(&text, face), self.fonts.font(face));
                    surface.draw_glyphs(Point::from_xy(x, y), &letters, font, &text, size, false);
                }
                Mark::Line { from, to, weight, ink } => {
                    let mut path = PathBuilder::new();
                    path.move_to(from.0, from.1);
                    path.line_to(to.0, to.1);
                    surface.set_fill(None);
                    surface.set_stroke(Some(Stroke { paint: ink.colour().into(), width: weight, ..Stroke::default() }));
                    path.finish().iter().for_each(|path| surface.draw_path(path));
                }
            }
        }
        surface.finish();
        page.finish();
    }

    /// The file.
    pub(super) fn finish(self) -> Result<Vec<u8>, Fault> {
        self.document.finish().map_err(|error| Fault::internal(format!("{error:?}")))
    }
}

/// Properties of the file: all times are the report's.
fn metadata(report: &Report, title: &str) -> Metadata {
    let issue = report.issue.as_ref().map_or(0, |issue| issue.number);
    let id = format!("{}/{}/{issue}/{title}", report.campaign, report.revision);
    let metadata = Metadata::new()
        .title(title.to_owned())
        .language("vi-VN".to_owned())
        .creator("greenzone".to_owned())
        .authors(report.organiser.vietnamese().map(str::to_owned).into_iter().collect())
        .document_id(id);
    let stood_at = report.stood_at.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    match stood_at.map(|at| at.to_utc()) {
        None => metadata,
        Some(at) => {
            let small = |number: u32| u8::try_from(number).unwrap_or_default();
            let time = PdfTime::new(u16::try_from(at.year()).unwrap_or_default())
                .month(small(at.month()))
                .day(small(at.day()))
                .hour(small(at.hour()))
                .minute(small(at.minute()))
                .second(small(at.second()))
                .utc_offset_hour(0)
                .utc_offset_minute(0);
            metadata.creation_date(time)
        }
    }
}

const PAGE: (f32, f32) = (210.0 * MM, 297.0 * MM);
const LEFT: f32 = 30.0 * MM;
const RIGHT: f32 = (210.0 - 15.0) * MM;
const TOP: f32 = 20.0 * MM;
const BOTTOM: f32 = (297.0 - 20.0) * MM;
const WIDTH: f32 = RIGHT - LEFT;
const MIDDLE: f32 = (LEFT + RIGHT) / 2.0;

const BODY: f32 = 13.0;
const CELL: f32 = 11.5;
const PAD: f32 = 3.5;

/// How far baselines stand apart.
fn leading(size: f32) -> f32 {
    size * 1.22
}

/// Draws a paper.
///
/// # Errors
/// None that is foreseen.
pub(super) fn paper(report: &Report, paper: &Paper<'_>) -> Result<Vec<u8>, Fault> {
    let mut setter = Setter { press: Press::new(report, &paper.title, PAGE)?, y: TOP, page: 1, table: None };
    for part in &paper.parts {
        setter.head(&part.head);
        part.blocks.iter().for_each(|block| setter.block(block));
        setter.foot(&part.foot);
        setter.end_page();
        setter.page = 1;
    }
    setter.press.finish()
}

/// Sets blocks below one another, page after page.
struct Setter {
    press: Press,
    /// Where the next thing begins.
    y: f32,
    /// Number of the page in its part.
    page: u32,
    /// Where the table on this page begins, while one is set.
    table: Option<f32>,
}

impl Setter {
    fn end_page(&mut self) {
        self.rule_columns();
        if self.page > 1 {
            let number = self.page.to_string();
            self.press.centred((MIDDLE, TOP - 18.0), (Face::Regular, Ink::Black), BODY, &number);
        }
        self.press.end_page();
        self.page += 1;
        self.y = TOP;
    }

    /// Begins a new page where this one has not so much room left.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.end_page();
        }
    }

    /// Lines around the middle of a column; answers where they end.
    fn stack(&mut self, lines: &[(String, Face, f32)], middle: f32, room: f32, from: f32) -> f32 {
        let mut y = from;
        for (text, face, size) in lines {
            for line in self.press.fonts.wrap(text, *face, *size, room, 0.0) {
                y += leading(*size);
                self.press.centred((middle, y), (*face, Ink::Black), *size, &line);
            }
        }
        y
    }

    fn head(&mut self, head: &Head) {
        let left = (LEFT + WIDTH * 0.2, WIDTH * 0.4 - 4.0);
        let right = (LEFT + WIDTH * 0.7, WIDTH * 0.6);
        let above = head.above.iter().map(|above| (above.clone(), Face::Regular, 12.0));
        let organ: Vec<_> = above.chain([(head.organ.clone(), Face::Bold, 12.5)]).collect();
        let end = self.stack(&organ, left.0, left.1, self.y) + 5.0;
        let short = (self.press.fonts.width(&head.organ, Face::Bold, 12.5) * 0.4).min(left.1 * 0.4);
        self.press.line((left.0 - short / 2.0, end), (left.0 + short / 2.0, end), 0.8, Ink::Black);
        let motto = "Độc lập - Tự do - Hạnh phúc";
        let nation =
            [("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned(), Face::Bold, 12.5), (motto.to_owned(), Face::Bold, 13.5)];
        let long = self.press.fonts.width(motto, Face::Bold, 13.5);
        let line = self.stack(&nation, right.0, right.1, self.y) + 5.0;
        self.press.line((right.0 - long / 2.0, line), (right.0 + long / 2.0, line), 0.8, Ink::Black);
        let below = end.max(line) + 4.0;
        let number = self.stack(&[(head.number.clone(), Face::Regular, BODY)], left.0, left.1, below);
        let dated = self.stack(&[(head.dated.clone(), Face::Italic, BODY)], right.0, right.1, below);
        self.y = number.max(dated) + 14.0;
    }

    fn block(&mut self, block: &Block<'_>) {
        match block {
            Block::Title(text) => self.middle(text, Face::Bold, 14.0, 4.0),
            Block::About(text) => {
                self.middle(text, Face::Bold, 14.0, 4.0);
                let half = WIDTH * 0.09;
                self.press.line((MIDDLE - half, self.y), (MIDDLE + half, self.y), 0.8, Ink::Black);
                self.y += 8.0;
            }
            Block::Annex(text) => self.middle(text, Face::Italic, BODY, 4.0),
            Block::Centred(text) => self.middle(text, Face::Bold, BODY, 8.0),
            Block::Heading(text) => {
                self.y += 8.0;
                self.need(leading(BODY) * 2.0 + leading(CELL) * 7.0);
                self.paragraph(text, (Face::Bold, BODY), 0.0, 5.0);
            }
            Block::Text(text) => self.paragraph(text, (Face::Regular, 14.0), 10.0 * MM, 6.0),
            Block::Ground(text) => self.paragraph(text, (Face::Italic, 14.0), 10.0 * MM, 6.0),
            Block::Note(text) => self.paragraph(text, (Face::Italic, 11.5), 0.0, 3.0),
            Block::Table(rows) => self.table(rows),
        }
    }

    fn middle(&mut self, text: &str, face: Face, size: f32, after: f32) {
        for line in self.press.fonts.wrap(text, face, size, WIDTH * 0.9, 0.0) {
            self.need(leading(size));
            self.y += leading(size);
            self.press.centred((MIDDLE, self.y), (face, Ink::Black), size, &line);
        }
        self.y += after;
    }

    /// A paragraph in full lines: what is left of a line's room is shared among its spaces.
    fn paragraph(&mut self, text: &str, (face, size): (Face, f32), first: f32, after: f32) {
        let lines = self.press.fonts.wrap(text, face, size, WIDTH, first);
        let count = lines.len();
        for (at, line) in lines.iter().enumerate() {
            self.need(leading(size));
            self.y += leading(size);
            let begin = if at == 0 { LEFT + first } else { LEFT };
            if at + 1 == count {
                self.press.text((begin, self.y), face, size, line.as_str());
            } else {
                self.spread(line, face, size, begin);
            }
        }
        self.y += after;
    }

    fn spread(&mut self, line: &str, face: Face, size: f32, begin: f32) {
        let words: Vec<&str> = line.split(' ').collect();
        let gaps = words.len().saturating_sub(1);
        let rest = RIGHT - begin - self.press.fonts.width(line, face, size);
        let more = if gaps == 0 { 0.0 } else { rest / gaps as f32 };
        let mut x = begin;
        for (at, word) in words.iter().enumerate() {
            // the space belongs to the text, so that who copies it has whole sentences
            let word = if at < gaps { format!("{word} ") } else { (*word).to_owned() };
            let width = self.press.fonts.width(&word, face, size);
            self.press.text((x, self.y), face, size, word);
            x += width + more;
        }
    }

    fn table(&mut self, rows: &Rows<'_>) {
        self.table_head();
        for at in 0..rows.len() {
            let Some(cells) = rows.cells(at) else { continue };
            let fonts = &self.press.fonts;
            let in_lines = cells.iter().zip(&COLUMNS);
            let in_lines = in_lines
                .map(|(cell, column)| fonts.wrap(cell, Face::Regular, CELL, width_of(column) - 2.0 * PAD, 0.0))
                .collect();
            self.row(in_lines);
        }
        self.rule_columns();
        self.y += 6.0;
    }

    fn table_head(&mut self) {
        self.table = Some(self.y);
        self.press.line((LEFT, self.y), (RIGHT, self.y), 0.6, Ink::Black);
        let heads: Vec<Vec<String>> = COLUMNS
            .iter()
            .map(|column| self.press.fonts.wrap(column.0, Face::Bold, CELL, width_of(column) - 2.0 * PAD, 0.0))
            .collect();
        self.cells(&heads, Face::Bold);
    }

    /// A row; one that is higher than a page goes on on the next.
    fn row(&mut self, mut cells: Vec<Vec<String>>) {
        loop {
            let most = cells.iter().map(Vec::len).max().unwrap_or_default();
            let height = leading(CELL) * most as f32 + 2.0 * PAD;
            let room = BOTTOM - self.y;
            if height <= room {
                return self.cells(&cells, Face::Regular);
            }
            if self.table.is_none_or(|top| self.y > top + 60.0) && height <= BOTTOM - TOP - 60.0 {
                self.end_page();
                self.table_head();
                continue;
            }
            let lines = (((room - 2.0 * PAD) / leading(CELL)).floor().max(1.0)) as usize;
            let rest = cells.iter_mut().map(|cell| cell.split_off(lines.min(cell.len()))).collect();
            self.cells(&cells, Face::Regular);
            cells = rest;
            self.end_page();
            self.table_head();
        }
    }

    fn cells(&mut self, cells: &[Vec<String>], face: Face) {
        let most = cells.iter().map(Vec::len).max().unwrap_or_default();
        let height = leading(CELL) * most as f32 + 2.0 * PAD;
        let mut x = LEFT;
        for (lines, column) in cells.iter().zip(&COLUMNS) {
            let align = if face == Face::Bold { Align::Centre } else { column.2 };
            let lower = if face == Face::Bold { (most - lines.len()) as f32 * leading(CELL) / 2.0 } else { 0.0 };
            for (at, line) in lines.iter().enumerate() {
                let width = self.press.fonts.width(line, face, CELL);
                let begin = match align {
                    Align::Left => x + PAD,
                    Align::Centre => x + (width_of(column) - width) / 2.0,
                    Align::Right => x + width_of(column) - PAD - width,
                };
                let y = self.y + PAD + lower + leading(CELL) * at as f32 + CELL * 0.92;
                self.press.text((begin, y), face, CELL, line.as_str());
            }
            x += width_of(column);
        }
        self.y += height;
        self.press.line((LEFT, self.y), (RIGHT, self.y), 0.6, Ink::Black);
    }

    /// Draws the lines between the columns of the table on this page.
    fn rule_columns(&mut self) {
        let Some(top) = self.table.take() else { return };
        let mut x = LEFT;
        for width in [0.0].into_iter().chain(COLUMNS.iter().map(width_of)) {
            x += width;
            self.press.line((x, top), (x, self.y), 0.6, Ink::Black);
        }
    }

    fn foot(&mut self, foot: &Foot) {
        self.need(150.0);
        self.y += 14.0;
        let (from, middle) = (self.y, LEFT + WIDTH * 0.72);
        let mut signers: Vec<_> = foot.signers.iter().map(|line| (line.clone(), Face::Bold, 13.5)).collect();
        signers.push(("(Ký tên, đóng dấu, ghi rõ họ tên)".to_owned(), Face::Italic, 11.5));
        let end = self.stack(&signers, middle, WIDTH * 0.5, from);
        let mut y = from + leading(12.0);
        self.press.text((LEFT, y), Face::Italic, 12.0, "Nơi nhận:");
        for line in &foot.receivers {
            y += leading(11.0);
            self.press.text((LEFT, y), Face::Regular, 11.0, line.as_str());
        }
        self.y = y.max(end + 80.0);
    }
}

fn width_of(column: &super::paper::Column) -> f32 {
    WIDTH * f32::from(column.1) / 1000.0
}
