//! One set of figures, written in every way that people write tables, is read as that set.

use super::figures::{FigureOptions, LooseFigures, read_figures};
use super::sheet::{read_text, read_workbook};
use super::units::UnitBook;
use super::values::DateOrder;
use super::{Sheet, SheetOptions};
use crate::domain::{Contest, Day};
use crate::pack::Errors;
use chrono::{Datelike, NaiveDate};
use encoding_rs::WINDOWS_1258;
use proptest::prelude::*;
use proptest::sample::select;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

static Q6: LazyLock<Contest> = LazyLock::new(|| {
    crate::pack::read_path(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/q6-2021")).unwrap()
});

/// Cases by unit (its place in the campaign) and day.
type Table = BTreeMap<(usize, Day), u32>;

/// How a date is written.
#[derive(Clone, Copy, Debug)]
enum Dates {
    Iso,
    /// Day first, or month first, with a mark between, with two digits each or as few as it takes.
    Numbers {
        dmy: bool,
        mark: char,
        padded: bool,
    },
}

/// How a unit is named.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Named {
    Code,
    Name,
    Short,
    Decomposed,
    /// By number inside its parent, which stands in a column of its own.
    InParent,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16 { little: bool, marked: bool },
    Windows1258,
}

/// A way of writing a table.
#[derive(Clone, Debug)]
struct Way {
    dates: Dates,
    named: Named,
    /// Headers of code, name, parent, date, cases.
    headers: [&'static str; 5],
    is_wide: bool,
    thousands: Option<char>,
    has_total: bool,
}

/// A text file's further ways.
#[derive(Clone, Debug)]
struct Text {
    separator: char,
    encoding: Encoding,
    is_crlf: bool,
    is_quoted: bool,
    ends: bool,
}

fn days() -> impl Strategy<Value = Day> {
    // baseline and window of the campaign: ambiguous dates and clear ones
    (0_u64..29).prop_map(|n| Q6.campaign.baseline.from + chrono::Days::new(n))
}

fn table() -> impl Strategy<Value = Table> {
    let count = prop_oneof![3 => 0_u32..10, 1 => 10_u32..1_000, 1 => 1_000_u32..200_000];
    // the first unit is the district, whose figures are sums
    prop::collection::btree_map((1_usize..14, days()), count, 1..40)
}

fn way() -> impl Strategy<Value = Way> {
    let numbers = (any::<bool>(), select(vec!['/', '-', '.']), any::<bool>());
    let dates = prop_oneof![
        1 => Just(Dates::Iso),
        3 => numbers.prop_map(|(dmy, mark, padded)| Dates::Numbers { dmy, mark, padded })
    ];
    let named = select(vec![Named::Code, Named::Name, Named::Short, Named::Decomposed, Named::InParent]);
    let headers = select(vec![
        ["unit_code", "name", "parent", "date", "community_f0"],
        ["Mã đơn vị", "Phường/Xã", "Quận/Huyện", "Ngày báo cáo", "F0 cộng đồng"],
        ["MÃ\u{a0}ĐƠN VỊ", "tên đơn vị ", "Cấp trên", "NGÀY", "Ca cộng đồng:"],
        ["Code", "Unit Name", "District", "Report Date", "Community Cases"],
    ]);
    let thousands = select(vec![None, Some('.'), Some(' '), Some('\u{a0}')]);
    (dates, named, headers, any::<bool>(), thousands, any::<bool>()).prop_map(
        |(dates, named, headers, is_wide, thousands, has_total)| Way {
            dates,
            named,
            headers,
            is_wide,
            thousands,
            has_total,
        },
    )
}

fn text() -> impl Strategy<Value = Text> {
    let utf16 = (any::<bool>(), any::<bool>()).prop_map(|(little, marked)| Encoding::Utf16 { little, marked });
    let encoding = prop_oneof![Just(Encoding::Utf8), Just(Encoding::Utf8Marked), utf16, Just(Encoding::Windows1258)];
    (select(vec![',', ';', '\t']), encoding, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(separator, encoding, is_crlf, is_quoted, ends)| Text { separator, encoding, is_crlf, is_quoted, ends },
    )
}

impl Way {
    fn date(&self, day: Day) -> String {
        let (d, m, y) = (day.day(), day.month(), day.year());
        match self.dates {
            Dates::Iso => day.to_string(),
            Dates::Numbers { dmy, mark, padded } => {
                let (a, b) = if dmy { (d, m) } else { (m, d) };
                if padded { format!("{a:02}{mark}{b:02}{mark}{y}") } else { format!("{a}{mark}{b}{mark}{y}") }
            }
        }
    }

    /// What must be said beside the file: the order of days that can be read both ways.
    fn said(&self, table: &Table) -> FigureOptions {
        let Dates::Numbers { dmy, .. } = self.dates else { return FigureOptions::default() };
        let is_clear =
            table.keys().all(|(_, day)| day.day() == day.month()) || table.keys().any(|(_, day)| day.day() > 12);
        let order = if dmy { DateOrder::Dmy } else { DateOrder::Mdy };
        FigureOptions { date_order: Some(order).filter(|_| !is_clear), ..FigureOptions::default() }
    }

    fn count(&self, cases: u32) -> String {
        let plain = cases.to_string();
        let Some(mark) = self.thousands else { return plain };
        let mut grouped = String::new();
        for (at, digit) in plain.chars().enumerate() {
            if at > 0 && (plain.len() - at).is_multiple_of(3) {
                grouped.push(mark);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// The cells that name a unit.
    fn unit(&self, unit: usize) -> Vec<String> {
        let of = &Q6.units[unit];
        let number = of.name.rsplit(' ').next().unwrap_or_default();
        match self.named {
            Named::Code => vec![of.code.clone()],
            Named::Name => vec![of.name.clone()],
            Named::Short => vec![format!("P.{}", number.trim_start_matches('0'))],
            Named::Decomposed => vec![of.name.nfd().collect()],
            Named::InParent => vec![format!("p {number}"), "Q. 6".to_owned()],
        }
    }

    /// The table as rows of texts.
    fn rows(&self, table: &Table) -> Vec<Vec<String>> {
        let [code, name, parent, date, cases] = self.headers.map(str::to_owned);
        let mut header = match self.named {
            Named::Code => vec![code],
            Named::InParent => vec![name, parent],
            _ => vec![name],
        };
        let width = header.len();
        let mut days: Vec<Day> = table.keys().map(|(_, day)| *day).collect();
        days.sort_unstable();
        days.dedup();
        let total = |sums: Vec<u64>| {
            let first = (0..width).map(|at| if at == 0 { "Tổng cộng".to_owned() } else { String::new() });
            first.chain(sums.iter().map(|sum| self.count(u32::try_from(*sum).unwrap()))).collect::<Vec<_>>()
        };
        let mut body: Vec<Vec<String>> = Vec::new();
        if self.is_wide {
            header.extend(days.iter().map(|day| self.date(*day)));
            for unit in 1..14 {
                let cell = |day: &Day| table.get(&(unit, *day)).map(|n| self.count(*n)).unwrap_or_default();
                let cells: Vec<String> = days.iter().map(cell).collect();
                if cells.iter().any(|cell| !cell.is_empty()) {
                    body.push(self.unit(unit).into_iter().chain(cells).collect());
                }
            }
            let of_day =
                |day: &Day| table.iter().filter(|((_, d), _)| d == day).map(|(_, n)| u64::from(*n)).sum::<u64>();
            if self.has_total {
                body.push(total(days.iter().map(of_day).collect()));
            }
        } else {
            header.extend([date, cases]);
            for ((unit, day), n) in table {
                body.push(self.unit(*unit).into_iter().chain([self.date(*day), self.count(*n)]).collect());
            }
            let sum = table.values().map(|n| u64::from(*n)).sum::<u64>();
            if self.has_total {
                let mut row = total(vec![sum]);
                row.insert(width, String::new());
                body.push(row);
            }
        }
        [header].into_iter().chain(body).collect()
    }
}

impl Text {
    fn bytes(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let field = |field: &String| {
            let is_quoted = self.is_quoted || field.contains(self.separator);
            if is_quoted { format!("\"{field}\"") } else { field.clone() }
        };
        let line = |row: &Vec<String>| row.iter().map(field).collect::<Vec<_>>().join(&self.separator.to_string());
        let end = if self.is_crlf { "\r\n" } else { "\n" };
        let mut text = rows.iter().map(line).collect::<Vec<_>>().join(end);
        if self.ends {
            text += end;
        }
        match self.encoding {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Utf8Marked => format!("\u{feff}{text}").into_bytes(),
            Encoding::Utf16 { little, marked } => {
                let text = if marked { format!("\u{feff}{text}") } else { text };
                let unit = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
                text.encode_utf16().flat_map(unit).collect()
            }
            Encoding::Windows1258 => {
                let apart = tones_apart(&text);
                let (bytes, _, is_lossy) = WINDOWS_1258.encode(&apart);
                assert!(!is_lossy, "{text}");
                bytes.into_owned()
            }
        }
    }
}

/// A text with its tones as marks of their own, as windows-1258 has them, and nothing else apart.
fn tones_apart(text: &str) -> String {
    let is_tone = |c: char| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
    let mut out = String::new();
    for c in text.nfc() {
        let parts: Vec<char> = std::iter::once(c).nfd().collect();
        out.extend(parts.iter().copied().filter(|c| !is_tone(*c)).nfc());
        out.extend(parts.iter().copied().filter(|c| is_tone(*c) && is_combining_mark(*c)));
    }
    out
}

/// How cells of a workbook hold what they show.
#[derive(Clone, Copy, Debug)]
struct Cells {
    dates: bool,
    numbers: bool,
    codes: bool,
    from_1904: bool,
}

fn cells() -> impl Strategy<Value = Cells> {
    any::<(bool, bool, bool, bool)>().prop_map(|(dates, numbers, codes, from_1904)| Cells {
        dates,
        numbers,
        codes,
        from_1904,
    })
}

impl Cells {
    fn workbook(&self, way: &Way, table: &Table) -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let rows = way.rows(table);
        let width = way.unit(1).len();
        for (at, row) in (0_u32..).zip(&rows) {
            for (column, text) in (0_u16..).zip(row) {
                let is_date = if way.is_wide {
                    at == 0 && usize::from(column) >= width
                } else {
                    at > 0 && usize::from(column) == width
                };
                let is_count = at > 0 && usize::from(column) >= width + usize::from(!way.is_wide);
                let is_code = at > 0 && column == 0 && way.named == Named::Code;
                self.write(sheet, (at, column), text, (is_date, is_count, is_code), way, table);
            }
        }
        let bytes = book.save_to_buffer().unwrap();
        if self.from_1904 { counted_from_1904(&bytes) } else { bytes }
    }

    fn write(
        &self,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        text: &str,
        (is_date, is_count, is_code): (bool, bool, bool),
        way: &Way,
        table: &Table,
    ) {
        let day = table.keys().map(|(_, day)| *day).find(|day| way.date(*day) == text);
        let number = text.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u32>().ok();
        match (day.filter(|_| is_date && self.dates), number) {
            (Some(day), _) => {
                let format = Format::new().set_num_format("dd/mm/yyyy");
                // 1,462 days lie between the two first days
                let shift = chrono::Days::new(if self.from_1904 { 1_462 } else { 0 });
                let day: NaiveDate = day - shift;
                let at = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8).unwrap();
                sheet.write_with_format(row, column, &at, &format).unwrap();
            }
            (None, Some(number)) if (is_count && self.numbers) || (is_code && self.codes) => {
                sheet.write(row, column, number).unwrap();
            }
            _ if text.is_empty() => {}
            _ => {
                sheet.write(row, column, text).unwrap();
            }
        }
    }
}

/// The workbook with the flag of old Macintosh programs.
fn counted_from_1904(bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if name == "xl/workbook.xml" {
            let text = String::from_utf8(content).unwrap();
            assert!(text.contains("<workbookPr "), "{text}");
            content = text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ").into_bytes();
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&content).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// What was read; the mistakes as text otherwise.
fn read(sheet: Option<Sheet>, options: &FigureOptions, mut errors: Errors) -> Result<LooseFigures, String> {
    let book = UnitBook::new(&Q6.campaign, &Q6.units, |_| true);
    let found = sheet.and_then(|sheet| read_figures(&Q6.campaign, &book, "f", sheet, options, &mut errors));
    match errors.into_result() {
        Ok(()) => found.ok_or_else(|| "nothing, and no mistake".to_owned()),
        Err(refusal) => Err(refusal.errors.iter().map(|e| format!("{e}\n")).collect()),
    }
}

fn as_table(read: &LooseFigures) -> Table {
    read.rows.iter().map(|row| ((row.unit as usize, row.day), row.counts.community_f0())).collect()
}

/// What was read is the table, and nothing beside it; where days can be read in two ways and
/// nobody said which, nothing was.
fn is_told(
    way: &Way,
    table: &Table,
    is_clear_anyway: bool,
    read: impl Fn(&FigureOptions) -> Result<LooseFigures, String>,
) -> Result<(), TestCaseError> {
    let said = way.said(table);
    let found = read(&said);
    let found = match found {
        Ok(found) => found,
        Err(wrong) => return Err(TestCaseError::fail(wrong)),
    };
    prop_assert_eq!(&as_table(&found), table);
    prop_assert_eq!((found.rows.len(), found.repeated), (table.len(), 0));
    prop_assert_eq!(found.read_as.layout, if way.is_wide { "wide" } else { "long" });
    let has_order = found.read_as.date_order.is_some();
    prop_assert!(has_order, "{:?}", found.read_as);
    if said.date_order.is_some() && !is_clear_anyway {
        let guessed = read(&FigureOptions::default());
        prop_assert!(guessed.as_ref().is_err_and(|wrong| wrong.contains("date_order=dmy")), "{:?}", guessed);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_read_as_what_was_written_however_it_was(table in table(), way in way(), text in text()) {
        let bytes = text.bytes(&way.rows(&table));
        is_told(&way, &table, false, |options| {
            let mut errors = Errors::default();
            let sheet = read_text("f", &bytes, &SheetOptions::default(), &mut errors);
            read(sheet, options, errors)
        })?;
    }

    #[test]
    fn a_workbook_is_read_as_what_was_written_however_it_was(table in table(), way in way(), cells in cells()) {
        let bytes = cells.workbook(&way, &table);
        is_told(&way, &table, cells.dates, |options| {
            let mut errors = Errors::default();
            let sheet = read_workbook("f", &bytes, &SheetOptions::default(), &mut errors);
            read(sheet, options, errors)
        })?;
    }
}
