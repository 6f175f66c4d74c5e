//! A report as a workbook: a sheet for each kind and track, one of awards, one of notes.
//!
//! Rows go to a temporary file as they are written, so that the workbook is never held whole.
//! Texts are cells of text whatever they begin with; numbers and days are numbers and days.

use super::What;
use super::names::SheetNames;
use super::paper::award_class;
use super::phrases::{kind_name, notes, organiser, remark, status, title, track};
use super::report::{Report, ReportRow, ReportSection};
use crate::domain::number::Hundredths;
use crate::domain::time::parse_day;
use crate::service::fault::Fault;
use crate::service::words;
use chrono::{DateTime, Datelike, Timelike};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Writes a workbook.
///
/// # Errors
/// Where its rows cannot be put aside: the disk is full.
pub(super) fn workbook(report: &Report, what: What) -> Result<Vec<u8>, Fault> {
    write(report, what).map_err(Fault::internal)
}

fn write(report: &Report, what: What) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&properties(report)?);
    let mut names = SheetNames::default();
    let (styles, for_notes) = (Styles::new(), names.give("Thuyết minh", ""));
    if what == What::Awards {
        let name = names.give("Khen thưởng", "");
        awards(book.add_worksheet_with_constant_memory()?.set_name(name)?, report, &styles)?;
    } else {
        for section in &report.sections {
            let name = names.give(&kind_name(section), &format!(" {}", track(&section.track)));
            board(book.add_worksheet_with_constant_memory()?.set_name(name)?, report, section, &styles)?;
        }
    }
    let sheet = book.add_worksheet_with_constant_memory()?.set_name(for_notes)?;
    sheet.set_column_width(0, 120)?;
    sheet.write_string_with_format(0, 0, title(report), &styles.title)?;
    for (row, note) in (1..).zip(notes(report)) {
        sheet.write_string_with_format(row, 0, note, &styles.wrapped)?;
    }
    book.save_to_buffer()
}

/// Properties of the file: all times are the report's.
fn properties(report: &Report) -> Result<DocProperties, XlsxError> {
    let at = report.stood_at.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok()).map(|at| at.to_utc());
    let at = at.unwrap_or_default();
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default().max(1900);
    let time = ExcelDateTime::from_ymd(year, small(at.month()), small(at.day()))?;
    let time =
        time.and_hms(u16::try_from(at.hour()).unwrap_or_default(), small(at.minute()), f64::from(at.second()))?;
    Ok(DocProperties::new()
        .set_title(title(report))
        .set_company(report.organiser.vietnamese().unwrap_or_default())
        .set_author("greenzone")
        .set_creation_datetime(&time))
}

struct Styles {
    title: Format,
    plain: Format,
    head: Format,
    text: Format,
    points: Format,
    whole: Format,
    day: Format,
    wrapped: Format,
}

impl Styles {
    fn new() -> Self {
        let base = || Format::new().set_font_name("Times New Roman").set_font_size(11);
        let cell = || base().set_border(FormatBorder::Thin);
        let head = cell().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        Self {
            title: base().set_bold().set_font_size(14),
            plain: base(),
            head: head.set_align(FormatAlign::VerticalCenter).set_background_color(0x00DD_EBE3),
            text: cell(),
            points: cell().set_num_format("0.00"),
            whole: cell().set_num_format("0"),
            day: cell().set_num_format("dd/mm/yyyy"),
            wrapped: base().set_text_wrap(),
        }
    }
}

/// The value of a cell.
enum Value<'a> {
    Text(Option<&'a str>),
    Points(Option<Hundredths>),
    Whole(Option<i64>),
    Day(Option<&'a str>),
}

type Cell<'a> = (&'a str, f64, Value<'a>);

/// Title, what it is and as of when, and where the table begins.
const TABLE: u32 = 4;

fn top(sheet: &mut Worksheet, report: &Report, name: &str, styles: &Styles) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, name, &styles.title)?;
    sheet.write_string_with_format(1, 0, format!("{} – {}", title(report), organiser(report)), &styles.plain)?;
    sheet.write_string_with_format(2, 0, format!("Kết quả {}, tính đến ngày", status(report)), &styles.plain)?;
    write_value(sheet, (2, 4), &Value::Day(Some(&report.as_of)), styles)
}

fn board(sheet: &mut Worksheet, report: &Report, section: &ReportSection, styles: &Styles) -> Result<(), XlsxError> {
    let name = format!("Bảng xếp hạng: {} – bảng {}", kind_name(section), track(&section.track));
    top(sheet, report, &name, styles)?;
    let mut row = TABLE;
    for (at, of_board) in section.rows.iter().enumerate() {
        let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
        let mut beside = beside.filter_map(|at| section.rows.get(at));
        let is_tied = of_board.rank.is_some()
            && beside.any(|row| {
                row.rank == of_board.rank && (row.block == of_board.block || !report.rules.rank_within_blocks)
            });
        let remark = remark(of_board, is_tied);
        row = write_row(sheet, row, &cells(report, of_board, &remark), styles)?;
    }
    if section.rows.is_empty() {
        sheet.write_string_with_format(TABLE, 0, "Không có đơn vị nào.", &styles.plain)?;
    }
    freeze(sheet)
}

/// The cells of a row, with the heads and widths of their columns.
fn cells<'a>(report: &'a Report, row: &'a ReportRow, remark: &'a str) -> Vec<Cell<'a>> {
    use Value::{Day, Points, Text, Whole};
    fn whole<T: TryInto<i64>>(number: Option<T>) -> Value<'static> {
        Whole(number.and_then(|n| n.try_into().ok()))
    }
    let mut cells = vec![
        ("Hạng", 7.0, whole(row.rank)),
        ("Tăng hạng", 8.0, whole(row.rank_change)),
        ("Mã", 12.0, Text(Some(&row.code))),
        ("Đơn vị", 32.0, Text(Some(&row.name))),
        ("Đơn vị cấp trên", 24.0, Text(row.parent_name.as_deref())),
        ("Khối", 12.0, Text(row.block.as_deref())),
        ("Tổng điểm", 10.0, Points(row.points)),
    ];
    for (at, component) in report.rules.components.iter().enumerate() {
        let given = row.components.get(at).copied().flatten();
        cells.push((words::measure_name(&component.measure, true), 11.0, Points(given)));
    }
    cells.extend([
        ("Điểm thưởng", 10.0, Points(row.bonus)),
        ("Điểm trừ", 10.0, Points(row.deduction)),
        ("Kéo giảm (%)", 11.0, Points(row.reduction_percent)),
        ("Kéo giảm hiệu chỉnh (%)", 13.0, Points(row.change_percent)),
        ("F0 trung bình kỳ gốc", 11.0, Points(row.baseline_mean)),
        ("F0 trung bình cuối kỳ", 11.0, Points(row.closing_mean)),
        ("Cấp độ đầu", 12.0, Text(row.level_start.as_deref())),
        ("Cấp độ hiện tại", 12.0, Text(row.level_current.as_deref())),
        ("Số bậc hạ", 8.0, Whole(row.levels_dropped)),
        ("F0 cộng đồng", 10.0, whole(row.community_f0)),
        ("F0 tính thêm", 10.0, whole(row.imputed_f0)),
        ("Ngày xanh", 8.0, whole(row.green_days)),
        ("Ngày thiếu", 8.0, whole(row.missing_days)),
        ("Xanh từ ngày", 12.0, Day(row.green_on.as_deref())),
        ("Hình thức khen thưởng", 24.0, Text(row.award.as_ref().and_then(|award| award.vietnamese()))),
        ("Ghi chú", 40.0, Text(Some(remark))),
    ]);
    cells
}

fn awards(sheet: &mut Worksheet, report: &Report, styles: &Styles) -> Result<(), XlsxError> {
    use Value::{Points, Text, Whole};
    top(sheet, report, "Danh sách khen thưởng", styles)?;
    let mut row = TABLE;
    for award in &report.awards {
        let class = award_class(award);
        let remarks = award.remarks.join(" ");
        for winner in &award.winners {
            let cells = [
                ("Giải", 24.0, Text(award.name.vietnamese())),
                ("Loại", 24.0, Text(Some(&class))),
                ("Chỉ tiêu", 20.0, Text(Some(&award.quota))),
                ("Xếp hạng", 9.0, Whole(winner.rank.and_then(|rank| i64::try_from(rank).ok()))),
                ("Mã", 12.0, Text(Some(&winner.code))),
                ("Đơn vị", 32.0, Text(Some(&winner.name))),
                ("Đơn vị cấp trên", 24.0, Text(winner.parent_name.as_deref())),
                ("Điểm", 10.0, Points(winner.points)),
                ("Điểm thưởng", 10.0, Points(winner.bonus)),
                ("Hình thức khen thưởng", 24.0, Text(award.form.vietnamese())),
                ("Tiền thưởng (đồng)", 14.0, Whole(winner.money)),
                ("Ghi chú", 40.0, Text(winner.note.as_deref())),
                ("Ghi chú của giải", 60.0, Text(Some(&remarks))),
            ];
            row = write_row(sheet, row, &cells, styles)?;
        }
    }
    freeze(sheet)
}

/// Writes a row, above the first one its heads; answers where the next one goes.
fn write_row(sheet: &mut Worksheet, row: u32, cells: &[Cell<'_>], styles: &Styles) -> Result<u32, XlsxError> {
    let mut at = row;
    if at == TABLE {
        for (column, (head, width, _)) in (0..).zip(cells) {
            sheet.set_column_width(column, *width)?;
            sheet.write_string_with_format(at, column, *head, &styles.head)?;
        }
        at += 1;
    }
    for (column, (_, _, value)) in (0..).zip(cells) {
        write_value(sheet, (at, column), value, styles)?;
    }
    Ok(at + 1)
}

fn write_value(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &Value<'_>,
    styles: &Styles,
) -> Result<(), XlsxError> {
    match value {
        Value::Text(Some(text)) if !text.is_empty() => {
            sheet.write_string_with_format(row, column, *text, &styles.text)?;
        }
        // the quotient of an integer by 100 is the double nearest to the decimal
        Value::Points(Some(points)) => {
            sheet.write_number_with_format(row, column, points.0 as f64 / 100.0, &styles.points)?;
        }
        Value::Whole(Some(number)) => {
            sheet.write_number_with_format(row, column, *number as f64, &styles.whole)?;
        }
        Value::Day(Some(day)) => match parse_day(day) {
            Ok(day) => {
                let small = |number: u32| u8::try_from(number).unwrap_or_default();
                let year = u16::try_from(day.year()).unwrap_or_default();
                let day = ExcelDateTime::from_ymd(year, small(day.month()), small(day.day()))?;
                sheet.write_datetime_with_format(row, column, &day, &styles.day)?;
            }
            Err(_) => {
                sheet.write_string_with_format(row, column, *day, &styles.text)?;
            }
        },
        _ => {
            sheet.write_blank(row, column, &styles.text)?;
        }
    }
    Ok(())
}

/// The heads stay in sight, on the screen and on each page.
fn freeze(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(TABLE + 1, 0)?;
    sheet.set_repeat_rows(TABLE, TABLE)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(())
}
