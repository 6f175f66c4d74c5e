//! Small texts and the field's workbooks, each with what it is read as or refused for.

use super::*;
use crate::pack::loose::Sheet;
use crate::pack::loose::options::SheetOptions;
use std::io::Cursor;

type Reader = fn(&str, &[u8], &SheetOptions, &mut Errors) -> Option<Sheet>;

fn read(reader: Reader, bytes: &[u8], options: &SheetOptions) -> (Option<Sheet>, String) {
    let mut errors = Errors::default();
    let sheet = reader("f", bytes, options, &mut errors);
    let said = errors.into_result().err().map(|r| r.errors.iter().map(|e| format!("{e}\n")).collect());
    (sheet, said.unwrap_or_default())
}

fn text(bytes: &[u8]) -> (Option<Sheet>, String) {
    read(read_text, bytes, &SheetOptions::default())
}

fn book(bytes: &[u8]) -> (Sheet, String) {
    let (sheet, said) = read(read_workbook, bytes, &SheetOptions::default());
    (sheet.unwrap(), said)
}

fn of(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn windows_1258_is_read_composed() {
    let (sheet, said) = text(include_bytes!("../../../../tests/files/loose/F20.csv"));
    let sheet = sheet.unwrap();
    assert_eq!((said.as_str(), sheet.encoding, sheet.separator), ("", Some("windows-1258"), Some(';')));
    assert_eq!(sheet.rows[1].cells[0], of("Phường 07"));
    assert_eq!(sheet.rows[2].cells[3], of("một ca ở hẻm Đặng Nguyên Cẩn"));
}

#[test]
fn marks_and_zero_bytes_tell_the_encoding() {
    let utf16 = |s: &str| s.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (bytes, name) in [
        (b"\xEF\xBB\xBFa\tb\n1\t2\n".to_vec(), "utf-8"),
        (utf16("\u{FEFF}a\tb\n1\t2\n"), "utf-16le"),
        (utf16("a\tb\n1\t2\n"), "utf-16le"),
    ] {
        let sheet = text(&bytes).0.unwrap();
        assert_eq!((sheet.encoding, sheet.separator), (Some(name), Some('\t')));
        assert_eq!(sheet.rows[0].cells, [of("a"), of("b")]);
    }
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    assert!(text(b"a,b\n1,\x00\n").1.contains("f:2"));
    assert!(text(b"a,b\nPh\xAD\xEAng,1\n").1.contains("TCVN3"));
    assert!(text(b"a,b\nPh\xF6\xF4\xF8ng,1\n").1.contains("VNI"));
    let options = SheetOptions { encoding: Some("klingon".to_owned()), ..SheetOptions::default() };
    assert!(read(read_text, b"a\n", &options).1.contains("windows-1258"));
}

#[test]
fn records_have_the_length_of_the_header_and_an_end() {
    let (sheet, said) = text(b"a,b\n\n1,2,3\n4,5\n,\n6\n");
    assert_eq!(sheet.unwrap().rows.len(), 2);
    assert!(said.contains("f:3: expected 2 fields") && said.contains("f:6: expected 2 fields"), "{said}");
    assert!(text(b"a,b\n1").1.contains("mid-line"));
    assert!(text(b"a,b\n1,\"2").1.contains("mid-line"));
    assert_eq!(text(b"a,b\n5\" tube,\"say \"\"x\"\"\"\n").1, "");
    assert!(text("a\n".repeat(65_536).as_bytes()).0.unwrap().remarks[0].contains("65536"));
}

#[test]
fn workbooks_keep_codes_numbers_and_days() {
    let (sheet, said) = book(include_bytes!("../../../../tests/files/loose/F5.xlsx"));
    assert_eq!(said, "");
    assert_eq!(sheet.rows[1].cells[0], Cell::Number("27346".to_owned()));
    let (sheet, _) = book(include_bytes!("../../../../tests/files/loose/F9.xlsx"));
    assert!(sheet.rows[1].cells.contains(&Cell::Number("1.229".to_owned())));
    let (sheet, _) = book(include_bytes!("../../../../tests/files/loose/F11.xlsx"));
    assert!(sheet.from_1904 && sheet.rows[1].cells.contains(&Cell::Day("2021-07-13".parse().unwrap())));
}

#[test]
fn formulas_without_value_and_errors_are_no_blanks() {
    let (sheet, _) = book(include_bytes!("../../../../tests/files/loose/F13.xlsx"));
    for row in &sheet.rows[2..5] {
        assert_eq!(row.cells[2], Cell::NoValue, "{}", row.line);
    }
    assert_eq!(sheet.rows[5].cells[2], Cell::Error("#N/A".to_owned()));
}

#[test]
fn other_workbooks_and_sheets_are_refused_by_name() {
    assert!(read(read_workbook, b"\xD0\xCF\x11\xE0", &SheetOptions::default()).1.contains(".xls"));
    let options = SheetOptions { sheet: Some("none".to_owned()), ..SheetOptions::default() };
    let file = include_bytes!("../../../../tests/files/loose/F5.xlsx");
    assert!(read(read_workbook, file, &options).1.contains("a sheet of the workbook"));
}

#[test]
fn bombs_and_names_that_climb_do_not_reach_the_reader() {
    use std::io::Write;
    for (name, size, expected) in [("xl/workbook.xml", 9 << 20, "bytes unpacked"), ("../x", 1, "without \"..\"")] {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![b'0'; size]).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        let said = read(read_workbook, &bytes, &SheetOptions::default()).1;
        assert!(said.contains(expected), "{said}");
    }
}
