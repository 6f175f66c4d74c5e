//! Dirty files from the public record, kind by kind, each with the report it was met in. A
//! file is read right or refused by name; a refused one leaves nothing, and what was read
//! is what an undo takes away again.

use super::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::on_both;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What must come of a file.
enum Expected {
    /// So many new figures; one of them, by ward, day of July and cases; words of the answer.
    Read(u64, (&'static str, u32, u32), &'static str),
    /// The lines that the refusal names; words of it.
    Refused(&'static [u64], &'static str),
}
use Expected::{Read, Refused};

/// A dirty file: what is wrong with it, where that was reported, its bytes, what its sender
/// says beside it, and what must come of it.
struct Dirty {
    kind: &'static str,
    link: &'static str,
    file: Vec<u8>,
    query: &'static str,
    expected: Expected,
}

fn dirty(
    kind: &'static str,
    link: &'static str,
    file: impl Into<Vec<u8>>,
    query: &'static str,
    expected: Expected,
) -> Dirty {
    Dirty { kind, link, file: file.into(), query, expected }
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

const WARDS: &str = "Phường;Ngày;F0 cộng đồng\nPhường 07;2021-07-13;2\nPhường 06;2021-07-13;1\n";

/// Separators, encodings, headers.
fn of_text() -> Vec<Dirty> {
    let separator = "https://github.com/owid/covid-19-data/pull/622";
    let encoding = "https://github.com/CharlesStr/CSV-Dateien-mit-Covid-19-Infektionen-/issues/22";
    let old = "https://github.com/Funput/Funput/pull/255";
    let headers = "https://github.com/CSSEGISandData/COVID-19/issues/1385";
    let ward = ("27382", 13, 2);
    vec![
        dirty("the separator changed overnight", separator, WARDS, "", Read(2, ward, "semicolon")),
        dirty("the separator is said, and right", separator, WARDS, "&separator=semicolon", Read(2, ward, "semicolon")),
        dirty(
            "the separator is said, and wrong",
            separator,
            WARDS,
            "&separator=comma",
            Refused(&[1], "a known column"),
        ),
        dirty(
            "UTF-8 with a mark and CRLF",
            encoding,
            format!("\u{feff}{}", WARDS.replace('\n', "\r\n")),
            "",
            Read(2, ward, "utf-8"),
        ),
        dirty(
            "UTF-16, big end first",
            encoding,
            utf16(&format!("\u{feff}{WARDS}"), u16::to_be_bytes),
            "",
            Read(2, ward, "utf-16be"),
        ),
        dirty("UTF-16 without a mark", encoding, utf16(WARDS, u16::to_be_bytes), "", Read(2, ward, "utf-16be")),
        dirty(
            "UTF-16, said to be what it is not",
            encoding,
            utf16(WARDS, u16::to_le_bytes),
            "&encoding=utf-8",
            Refused(&[1], "no character of utf-8"),
        ),
        dirty("an encoding that nobody knows", encoding, WARDS, "&encoding=klingon", Refused(&[], "windows-1258")),
        dirty("an encoding that is not read", encoding, WARDS, "&encoding=shift_jis", Refused(&[], "windows-1258")),
        dirty(
            "TCVN3, as old offices write",
            old,
            b"Ph\xad\xeang;Ng\xb5y;F0\nPh\xad\xeang 07;2021-07-13;2\n".as_slice(),
            "",
            Refused(&[1], "TCVN3"),
        ),
        dirty(
            "VNI",
            old,
            b"Ph\xf6\xf4\xf8ng;Ng\xe0\xf8y;F0\nPh\xf6\xf4\xf8ng 07;2021-07-13;2\n".as_slice(),
            "",
            Refused(&[1], "VNI"),
        ),
        dirty(
            "renamed headers",
            headers,
            "Unit Code,Report-Date,Community_Cases\n27382,2021-07-13,2\n",
            "",
            Read(1, ward, "Community_Cases"),
        ),
        dirty(
            "headers that mean nothing here",
            headers,
            "FIPS,Last_Update,Confirmed\n27382,2021-07-13,2\n",
            "",
            Refused(&[1], "community_f0"),
        ),
        dirty(
            "a title above the header",
            "https://github.com/ccodwg/Covid19Canada/issues/5",
            "Báo cáo ngày 13/7,,\ncode,date,community_f0\n27382,2021-07-13,2\n",
            "",
            Refused(&[1], "a known column"),
        ),
    ]
}

/// Rows too many, too few, shifted, summed.
fn of_rows() -> Vec<Dirty> {
    let head = "code,date,community_f0\n27382,2021-07-13,2\n";
    let cut = "https://github.com/MinCiencia/Datos-COVID19/issues/259";
    let totals = "https://github.com/cedricguadalupe/FRANCE-COVID-19/issues/8";
    let sums = "https://github.com/nytimes/covid-19-data/issues/456";
    let limit = "https://github.com/tidyverse/readxl/issues/209";
    let ward = ("27382", 13, 2);
    let shifted = "https://github.com/CSSEGISandData/COVID-19/issues/2551";
    let full = format!("code,date,community_f0\n{}", "27382,2021-07-13,2\n".repeat(65_535));
    vec![
        dirty(
            "a spurious line at the end",
            "https://github.com/CSSEGISandData/COVID-19/issues/3309",
            format!("{head}garbage\n"),
            "",
            Refused(&[3], "3 fields"),
        ),
        dirty("a file that ends in mid-line", cut, format!("{head}27379,2021-07"), "", Refused(&[3], "mid-line")),
        dirty(
            "a file that ends inside quotes",
            cut,
            format!("{head}27379,2021-07-13,\"1\n"),
            "",
            Refused(&[3], "mid-line"),
        ),
        dirty("a last line without its end, but whole", cut, head.trim_end(), "", Read(1, ward, "comma")),
        dirty(
            "empty lines at the end",
            "https://github.com/COVID19StatePolicy/SocialDistancing/issues/3",
            format!("{head},,\n,,\n\n"),
            "",
            Read(1, ward, "comma"),
        ),
        dirty(
            "a column shifted in one row",
            shifted,
            format!("{head}27379,,2021-07-13,1\n"),
            "",
            Refused(&[3], "3 fields"),
        ),
        dirty(
            "a total that is the sum",
            totals,
            format!("{head}27379,2021-07-13,1\nTotal,,3\n"),
            "",
            Read(2, ward, "line 4 is a total"),
        ),
        dirty(
            "a total that is not the sum",
            totals,
            format!("{head}27379,2021-07-13,1\nTotal,,4\n"),
            "",
            Refused(&[4], "3, the sum of the rows"),
        ),
        dirty(
            "cumulative counts",
            sums,
            "code,date,community_f0\n27382,2021-07-12,9\n27382,2021-07-13,11\n",
            "&counts=cumulative",
            Read(1, ward, "cumulative"),
        ),
        dirty(
            "cumulative counts that fall",
            sums,
            "code,date,community_f0\n27382,2021-07-12,9\n27382,2021-07-13,8\n",
            "&counts=cumulative",
            Refused(&[3], "at least 9"),
        ),
        dirty(
            "a table that ends where old spreadsheets cut it",
            limit,
            full.clone(),
            "",
            Read(1, ward, "exactly 65536 lines"),
        ),
        dirty(
            "fewer rows than there were",
            limit,
            full,
            "&rows=65536",
            Refused(&[], "65536 rows, as was said; found 65535"),
        ),
    ]
}

/// Workbooks with a sheet of rows; texts that are numbers are number cells.
fn workbook(rows: &[&[&str]], far: Option<(u32, u16)>) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(*row) {
            let written = match cell.parse::<u32>() {
                Ok(number) => sheet.write(at, column, number),
                Err(_) => sheet.write(at, column, *cell),
            };
            written.expect("written");
        }
    }
    if let Some((row, column)) = far {
        sheet.write(row, column, "x").expect("written");
    }
    book.add_worksheet().set_name("Ghi chú").expect("a name").write(0, 0, "x").expect("written");
    book.save_to_buffer().expect("a workbook")
}

fn of_workbooks() -> Vec<Dirty> {
    let wide = "https://github.com/ToucanToco/fastexcel/issues/487";
    let (header, row): (&[&str], &[&str]) = (&["code", "date", "community_f0"], &["27382", "2021-07-13", "2"]);
    let ward = ("27382", 13, 2);
    let mut far = Workbook::new();
    let sheet = far.add_worksheet();
    // each row has a cell at the end of what is read: more blanks than fit
    for row in 0..8_300 {
        sheet.write(row, 255, "x").expect("written");
    }
    vec![
        dirty(
            "a second sheet that holds something",
            "https://github.com/ccodwg/Covid19Canada/issues/5",
            workbook(&[header, row], None),
            "",
            Read(1, ward, "Ghi chú"),
        ),
        dirty(
            "a sheet that is not there",
            "https://github.com/ccodwg/Covid19Canada/issues/5",
            workbook(&[header, row], None),
            "&sheet=T%E1%BB%95ng",
            Refused(&[], "Sheet1, Ghi chú"),
        ),
        dirty(
            "a stray cell in the last column",
            wide,
            workbook(&[header, row], Some((1, 16_383))),
            "",
            Refused(&[2], "at most 256 columns"),
        ),
        dirty(
            "a stray cell in the last row",
            "https://github.com/tafia/calamine/pull/428",
            workbook(&[header, row], Some((1_048_575, 0))),
            "",
            Refused(&[1_048_576], "a unit"),
        ),
        dirty(
            "more blanks than a table has",
            wide,
            far.save_to_buffer().expect("a workbook"),
            "",
            Refused(&[], "at most 2097152 cells"),
        ),
        dirty(
            "an old workbook by another name",
            "https://github.com/tidyverse/readxl/issues/209",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(),
            "",
            Refused(&[], "this is an .xls"),
        ),
    ]
}

on_both! {
    fn dirty_files_are_read_right_or_refused_by_name_and_none_is_half_loaded(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-16T08:00:00Z");
        let board = || {
            let mut board = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-15&include=days")).ok();
            board["revision"] = Value::Null;
            board
        };
        let before = board();
        for dirty in of_text().into_iter().chain(of_rows()).chain(of_workbooks()) {
            let what = format!("{} ({})", dirty.kind, dirty.link);
            let revision = app.revision("q6-2021");
            let content_type = if dirty.file.starts_with(b"PK") || dirty.file.starts_with(b"\xd0\xcf") { XLSX } else { "text/csv" };
            let path = format!("{Q6}/import?what=figures{}", dirty.query);
            let answer = app.send("POST", &path, Some(&app.token), &[("content-type", content_type)], Some(&dirty.file));
            match dirty.expected {
                Refused(lines, words) => {
                    let problem = answer.refused(422, "invalid_pack");
                    let named: Vec<u64> = problem["errors"].as_array().unwrap().iter().filter_map(|e| e["line"].as_u64()).collect();
                    assert!(lines.iter().all(|line| named.contains(line)), "{what}: {problem}");
                    assert!(problem["errors"].to_string().contains(words), "{what}: {problem}");
                    assert_eq!(app.revision("q6-2021"), revision, "{what}: nothing is stored");
                }
                Read(new, (ward, day, cases), words) => {
                    let taken = answer.ok();
                    assert_eq!(taken["rows"]["new"], new, "{what}: {taken}");
                    assert!(taken["reading"].to_string().contains(words), "{what}: {taken}");
                    assert_eq!(app.get(&figure(ward, &format!("2021-07-{day}"))).ok()["community_f0"], cases, "{what}");
                    let undo = format!("{Q6}/imports/{}/undo", taken["import"].as_str().unwrap());
                    app.post(&undo, &json!({"reason": "thử"})).ok();
                }
            }
            assert_eq!(board(), before, "{what}");
        }
        let links: std::collections::BTreeSet<_> = of_text().into_iter().chain(of_rows()).chain(of_workbooks()).map(|dirty| dirty.link).collect();
        assert!(links.len() >= 10, "{links:?}");
    }
}
