//! A paper as a DOCX that committees edit: the layout of the PDF, set by the word processor.
//!
//! The library makes the document with a mark where each table goes. Then its parts are
//! written to a zip of our own, with the report's time for all entries, the rows of the tables
//! one by one in place of the marks, and without the numbers that the library counts its
//! paragraphs by over all documents of a thread.

use super::paper::{Align, Block, COLUMNS, Foot, Head, Paper, Part, Rows};
use super::report::Report;
use crate::service::fault::Fault;
use chrono::{DateTime, Datelike, Timelike};
use docx_rs::{
    AlignmentType, BuildXML, Docx, Header, LineSpacing, LineSpacingType, PageMargin, PageNum, PageNumType, PageSize,
    Paragraph, Run, RunFonts, Section, SpecialIndentType, Table, TableCell, TableLayoutType, TableRow, VAlignType,
    WidthType,
};
use std::io::{Cursor, Read, Write};

/// Twentieths of a point in a millimetre, by a thousand.
const MM: i32 = 56_693;

const fn mm(millimetres: i32) -> i32 {
    millimetres * MM / 1_000
}

/// Width of the text.
const WIDTH: usize = mm(165) as usize;
/// The letter in which a mark is written; texts have it taken out.
const MARK: char = '\u{F8FF}';

/// Writes a paper.
///
/// # Errors
/// None that is foreseen.
pub(super) fn paper(report: &Report, paper: &Paper<'_>) -> Result<Vec<u8>, Fault> {
    let mut tables: Vec<&Rows<'_>> = Vec::new();
    let times = RunFonts::new().ascii("Times New Roman").hi_ansi("Times New Roman").cs("Times New Roman");
    let stood_at = report.stood_at.as_deref().unwrap_or("1970-01-01T00:00:00Z");
    let mut docx = Docx::new().default_fonts(times).default_size(26).created_at(stood_at).updated_at(stood_at);
    let (last, before) = paper.parts.split_last().ok_or_else(|| Fault::internal("a paper without parts"))?;
    for part in before {
        // its first page has no header, since none is given for it; the library keeps one a section
        let mut section = Section::new()
            .page_size(PageSize::new().size(mm(210) as u32, mm(297) as u32))
            .page_margin(margins())
            .page_num_type(PageNumType::new().start(1))
            .title_pg()
            .header(page_numbers());
        for child in children(part, &mut tables) {
            section = match child {
                Child::Paragraph(paragraph) => section.add_paragraph(*paragraph),
                Child::Table(table) => section.add_table(*table),
            };
        }
        docx = docx.add_section(section);
    }
    docx = docx.page_size(mm(210) as u32, mm(297) as u32).page_margin(margins());
    docx = docx.page_num_type(PageNumType::new().start(1)).title_pg();
    docx = docx.first_header(Header::new().add_paragraph(Paragraph::new())).header(page_numbers());
    for child in children(last, &mut tables) {
        docx = match child {
            Child::Paragraph(paragraph) => docx.add_paragraph(*paragraph),
            Child::Table(table) => docx.add_table(*table),
        };
    }
    let mut made = Cursor::new(Vec::new());
    docx.pack(&mut made).map_err(Fault::internal)?;
    rewrite(report, made, &tables)
}

enum Child {
    Paragraph(Box<Paragraph>),
    Table(Box<Table>),
}

fn margins() -> PageMargin {
    let (upright, edge) = (mm(20), mm(10));
    PageMargin { top: upright, bottom: upright, left: mm(30), right: mm(15), header: edge, footer: edge, gutter: 0 }
}

fn page_numbers() -> Header {
    Header::new().add_paragraph(Paragraph::new().align(AlignmentType::Center).add_page_num(PageNum::new()))
}

/// A text as a run of a size in half points.
fn run(text: &str, size: usize) -> Run {
    Run::new().add_text(text.replace(MARK, "\u{FFFD}")).size(size)
}

fn line(run: Run, align: AlignmentType) -> Paragraph {
    Paragraph::new().add_run(run).align(align).line_spacing(spacing(0, 40))
}

/// Twentieths of a point above and below; lines stand as the face wants them.
fn spacing(before: u32, after: u32) -> LineSpacing {
    LineSpacing::new().line_rule(LineSpacingType::Auto).line(252).before(before).after(after)
}

fn children<'a>(part: &'a Part<'_>, tables: &mut Vec<&'a Rows<'a>>) -> Vec<Child> {
    let mut children = vec![Child::Table(Box::new(head(&part.head))), empty()];
    for block in &part.blocks {
        let paragraph = match block {
            Block::Table(rows) => {
                let mark = format!("{MARK}{}{MARK}", tables.len());
                tables.push(rows);
                Paragraph::new().add_run(Run::new().add_text(mark))
            }
            block => set(block),
        };
        children.push(Child::Paragraph(Box::new(paragraph)));
    }
    children.push(empty());
    children.push(Child::Table(Box::new(foot(&part.foot))));
    children.push(empty());
    children
}

fn empty() -> Child {
    Child::Paragraph(Box::new(Paragraph::new().line_spacing(spacing(0, 0))))
}

fn set(block: &Block<'_>) -> Paragraph {
    let justified = |run: Run| {
        let first = SpecialIndentType::FirstLine(mm(10));
        line(run, AlignmentType::Both).indent(None, Some(first), None, None).line_spacing(spacing(0, 120))
    };
    match block {
        Block::Title(text) => line(run(text, 28).bold(), AlignmentType::Center),
        Block::About(text) => line(run(text, 28).bold(), AlignmentType::Center),
        Block::Annex(text) => line(run(text, 26).italic(), AlignmentType::Center),
        Block::Centred(text) => line(run(text, 26).bold(), AlignmentType::Center).line_spacing(spacing(80, 120)),
        Block::Heading(text) => {
            line(run(text, 26).bold(), AlignmentType::Left).keep_next(true).line_spacing(spacing(160, 80))
        }
        Block::Text(text) => justified(run(text, 28)),
        Block::Ground(text) => justified(run(text, 28).italic()),
        Block::Note(text) => line(run(text, 23).italic(), AlignmentType::Both),
        Block::Table(_) => Paragraph::new(),
    }
}

fn head(head: &Head) -> Table {
    let centred = |run: Run| line(run, AlignmentType::Center).line_spacing(spacing(0, 0));
    let mut left = TableCell::new().width(WIDTH * 2 / 5, WidthType::Dxa);
    if let Some(above) = &head.above {
        left = left.add_paragraph(centred(run(above, 24)));
    }
    left = left.add_paragraph(centred(run(&head.organ, 25).bold()));
    left = left.add_paragraph(centred(run("_______", 16).bold()));
    let right = TableCell::new()
        .width(WIDTH * 3 / 5, WidthType::Dxa)
        .add_paragraph(centred(run("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 25).bold()))
        .add_paragraph(centred(run("Độc lập - Tự do - Hạnh phúc", 27).bold().underline("single")));
    let below = TableRow::new(vec![
        TableCell::new().add_paragraph(centred(run(&head.number, 26))),
        TableCell::new().add_paragraph(centred(run(&head.dated, 26).italic())),
    ]);
    bare(vec![TableRow::new(vec![left, right]), below], vec![WIDTH * 2 / 5, WIDTH * 3 / 5])
}

fn foot(foot: &Foot) -> Table {
    let mut left = TableCell::new().add_paragraph(line(run("Nơi nhận:", 24).bold().italic(), AlignmentType::Left));
    for receiver in &foot.receivers {
        left = left.add_paragraph(line(run(receiver, 22), AlignmentType::Left).line_spacing(spacing(0, 0)));
    }
    let mut right = TableCell::new();
    for signer in &foot.signers {
        right = right.add_paragraph(line(run(signer, 27).bold(), AlignmentType::Center).line_spacing(spacing(0, 0)));
    }
    let hand = run("(Ký tên, đóng dấu, ghi rõ họ tên)", 23).italic();
    right = right.add_paragraph(line(hand, AlignmentType::Center));
    bare(vec![TableRow::new(vec![left, right]).cant_split()], vec![WIDTH / 2, WIDTH / 2])
}

fn bare(rows: Vec<TableRow>, grid: Vec<usize>) -> Table {
    Table::without_borders(rows).set_grid(grid).width(WIDTH, WidthType::Dxa).layout(TableLayoutType::Fixed)
}

fn grid() -> Vec<usize> {
    COLUMNS.iter().map(|column| WIDTH * usize::from(column.1) / 1_000).collect()
}

/// A row of a table as XML.
fn row<'t>(cells: impl Iterator<Item = &'t str>, is_head: bool) -> String {
    let cell = |(text, (column, width)): (&str, (&super::paper::Column, usize))| {
        let align = match column.2 {
            _ if is_head => AlignmentType::Center,
            Align::Left => AlignmentType::Left,
            Align::Centre => AlignmentType::Center,
            Align::Right => AlignmentType::Right,
        };
        let run = run(text, 23);
        let run = if is_head { run.bold() } else { run };
        let set = line(run, align).line_spacing(spacing(20, 20));
        let up = if is_head { VAlignType::Center } else { VAlignType::Top };
        TableCell::new().width(width, WidthType::Dxa).vertical_align(up).add_paragraph(set)
    };
    let row = TableRow::new(cells.zip(COLUMNS.iter().zip(grid())).map(cell).collect()).cant_split();
    let xml = String::from_utf8(row.build()).unwrap_or_default();
    // the library does not know heads that are repeated on each page
    if is_head { xml.replacen("<w:cantSplit />", "<w:cantSplit /><w:tblHeader />", 1) } else { xml }
}

/// Writes the parts anew: the report's time, rows in place of marks.
fn rewrite(report: &Report, made: Cursor<Vec<u8>>, tables: &[&Rows<'_>]) -> Result<Vec<u8>, Fault> {
    let mut parts = zip::ZipArchive::new(made).map_err(Fault::internal)?;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().last_modified_time(entry_time(report));
    for at in 0..parts.len() {
        let mut part = parts.by_index(at).map_err(Fault::internal)?;
        if part.is_dir() {
            continue;
        }
        let name = part.name().map_err(Fault::internal)?.into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).map_err(Fault::internal)?;
        zip.start_file(name.as_str(), options).map_err(Fault::internal)?;
        if !name.ends_with(".xml") {
            zip.write_all(&bytes).map_err(Fault::internal)?;
            continue;
        }
        let text = unnumbered(&String::from_utf8(bytes).map_err(Fault::internal)?);
        if name == "word/document.xml" {
            fill(&mut zip, &text, tables)?;
        } else {
            zip.write_all(text.as_bytes()).map_err(Fault::internal)?;
        }
    }
    Ok(zip.finish().map_err(Fault::internal)?.into_inner())
}

fn entry_time(report: &Report) -> zip::DateTime {
    let at = report.stood_at.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok()).map(|at| at.to_utc());
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let time = at.and_then(|at| {
        let year = u16::try_from(at.year()).ok()?;
        let (month, day) = (small(at.month()), small(at.day()));
        let (hour, minute, second) = (small(at.hour()), small(at.minute()), small(at.second()));
        zip::DateTime::from_date_and_time(year, month, day, hour, minute, second).ok()
    });
    time.unwrap_or_default()
}

/// Without the numbers of paragraphs; in a text the sign `<` never stands as it is.
fn unnumbered(xml: &str) -> String {
    const NUMBERED: &str = "<w:p w14:paraId=\"";
    let mut pieces = xml.split(NUMBERED);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str("<w:p");
        text.push_str(piece.split_once('"').map_or(piece, |(_, rest)| rest));
    }
    text
}

/// Writes the document with the rows of each table in place of its mark.
fn fill(out: &mut impl Write, xml: &str, tables: &[&Rows<'_>]) -> Result<(), Fault> {
    let mut rest = xml;
    while let Some((before, behind)) = rest.split_once(MARK) {
        let (number, behind) = behind.split_once(MARK).unwrap_or_default();
        let begin = before.rfind("<w:p>").ok_or_else(|| Fault::internal("a mark outside of a paragraph"))?;
        out.write_all(before.get(..begin).unwrap_or_default().as_bytes()).map_err(Fault::internal)?;
        let table = number.parse::<usize>().ok().and_then(|at| tables.get(at));
        table.map_or(Ok(()), |rows| write_table(out, rows)).map_err(Fault::internal)?;
        rest = behind.split_once("</w:p>").map(|(_, rest)| rest).unwrap_or_default();
    }
    out.write_all(rest.as_bytes()).map_err(Fault::internal)
}

fn write_table(out: &mut impl Write, rows: &Rows<'_>) -> std::io::Result<()> {
    let empty = Table::new(Vec::new()).set_grid(grid()).width(WIDTH, WidthType::Dxa).layout(TableLayoutType::Fixed);
    let empty = String::from_utf8(empty.build()).unwrap_or_default();
    let open = empty.strip_suffix("</w:tbl>").unwrap_or(&empty);
    out.write_all(open.as_bytes())?;
    out.write_all(unnumbered(&row(COLUMNS.iter().map(|column| column.0), true)).as_bytes())?;
    for at in 0..rows.len() {
        if let Some(cells) = rows.cells(at) {
            out.write_all(unnumbered(&row(cells.iter().map(String::as_str), false)).as_bytes())?;
        }
    }
    out.write_all(b"</w:tbl>")
}
