//! Workbooks: unpacked within bounds, and read cell by cell.

use super::{bounds, cut_off, push, text_cell};
use crate::domain::Day;
use crate::pack::Errors;
use crate::pack::loose::options::SheetOptions;
use crate::pack::loose::{Cell, Sheet, SheetRow};
use calamine::{Data, Reader, Xlsx};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Columns of a workbook that are read: one stray cell at the far end of each row would
/// otherwise cost the memory of all that lie before it.
const MAX_COLUMNS: u32 = 256;

/// Cells of a sheet that are kept in memory, with the blanks before them.
const MAX_CELLS: usize = 2 << 20;

/// How many other sheets are looked at, for whether they hold anything.
const OTHER_SHEETS: usize = 20;

/// Reads a sheet of an XLSX workbook. None where it cannot be read at all.
pub fn read_workbook(file: &str, bytes: &[u8], options: &SheetOptions, errors: &mut Errors) -> Option<Sheet> {
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        errors.in_file(file, "an .xlsx workbook without a password; this is an .xls or an encrypted one");
        return None;
    }
    bounds::check(file, bytes, errors)?;
    let Ok(mut book) = Xlsx::new(Cursor::new(bytes)) else {
        errors.in_file(file, "an .xlsx workbook that can be read");
        return None;
    };
    let names = book.sheet_names();
    let Some(name) = options.sheet.clone().or_else(|| names.first().cloned()).filter(|n| names.contains(n)) else {
        let asked = options.sheet.as_deref().unwrap_or_default();
        push(errors, file, None, Some("sheet"), asked, format!("a sheet of the workbook: {}", names.join(", ")));
        return None;
    };
    let mut sheet = Sheet { sheet: Some(name.clone()), from_1904: book.has_1904_epoch(), ..Sheet::default() };
    let before = errors.total();
    let Some(rows) = cells(file, &mut book, &name, errors) else {
        if errors.total() == before {
            errors.in_file(file, format!("a sheet {name:?} that can be read"));
        }
        return None;
    };
    sheet.remarks.extend(rows.last().and_then(|r| cut_off(r.line)));
    sheet.rows = rows;
    for other in names.iter().filter(|n| **n != name).take(OTHER_SHEETS) {
        let holds = book.worksheet_cells_reader(other).is_ok_and(|mut r| matches!(r.next_cell(), Ok(Some(_))));
        if holds {
            sheet.remarks.push(format!("the sheet {other:?} holds rows too and was not read"));
        }
    }
    Some(sheet)
}

/// The rows of a sheet, cell by cell: the reader's own table would be as large as the
/// farthest cell says. None where it cannot be read, or holds too much, which is told.
fn cells(file: &str, book: &mut Xlsx<Cursor<&[u8]>>, name: &str, errors: &mut Errors) -> Option<Vec<SheetRow>> {
    let mut found: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    let mut slots = 0;
    let mut put = |(row, column): (u32, u32), cell: Cell| {
        if cell == Cell::Blank {
            return Some(());
        }
        if column >= MAX_COLUMNS {
            let expected = format!("at most {MAX_COLUMNS} columns; column {} holds a value", column + 1);
            push(errors, file, Some(u64::from(row) + 1), None, &format!("{cell:?}"), expected);
            return Some(());
        }
        let (cells, at) = (found.entry(row).or_default(), column as usize);
        if cells.len() <= at {
            slots += at + 1 - cells.len();
            if slots > MAX_CELLS {
                errors.in_file(file, format!("at most {MAX_CELLS} cells, blank ones before others among them"));
                return None;
            }
            cells.resize(at + 1, Cell::Blank);
        }
        cells[at] = cell;
        Some(())
    };
    let mut reader = book.worksheet_cells_reader(name).ok()?;
    // with formulas as they are written: one that is shared would be spread, by a number of its own
    while let Some(cell) = reader.next_cell_with_formula_metadata().ok()? {
        let read = match Data::from(cell.value) {
            Data::Empty if cell.formula.is_some() => Cell::NoValue,
            data => workbook_cell(data),
        };
        put(cell.pos, read)?;
    }
    Some(found.into_iter().map(|(row, cells)| SheetRow { line: u64::from(row) + 1, cells }).collect())
}

fn workbook_cell(data: Data) -> Cell {
    match data {
        Data::Empty => Cell::Blank,
        Data::Int(n) => Cell::Number(n.to_string()),
        Data::Float(n) => Cell::Number(n.to_string()),
        Data::String(text) => text_cell(&text),
        Data::Bool(is) => Cell::Other(is.to_string().to_uppercase()),
        Data::Error(error) => Cell::Error(error.to_string()),
        Data::DurationIso(text) => Cell::Other(text),
        Data::DateTimeIso(text) => {
            let day = text.strip_suffix("T00:00:00").unwrap_or(&text);
            day.parse::<Day>().map_or_else(|_| Cell::Other(text.clone()), Cell::Day)
        }
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
            let shown = format!("{year:04}-{month:02}-{day:02}");
            let is_day = at.is_datetime() && (hour, minute, second, milli) == (0, 0, 0, 0);
            match shown.parse::<Day>() {
                Ok(day) if is_day => Cell::Day(day),
                _ => Cell::Other(format!("{shown} {hour:02}:{minute:02}:{second:02}")),
            }
        }
    }
}
