//! Small bodies that are huge inside do not grow the process, whoever sends them.
//!
//! Measured is the largest resident memory that the system saw (`VmHWM`), before and after.
//! Reports of what happens elsewhere: <https://github.com/bobmatnyc/trusty-tools/issues/4894>,
//! <https://github.com/tafia/calamine/pull/428>, <https://github.com/getsentry/relay/pull/1117>.

use super::process::{Place, Served};
use crate::support::database::TestDatabase;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The most memory that a process ever had, in MiB.
fn high_water(served: &Served) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.child.id())).expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1024
}

/// A workbook with these entries, and bytes that cannot be packed, so that much may be unpacked.
fn workbook(ballast: usize, entries: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, options: SimpleFileOptions, parts: &[&[u8]]| {
        zip.start_file(name, options).expect("an entry");
        parts.iter().for_each(|part| zip.write_all(part).expect("written"));
    };
    let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    put(
        "[Content_Types].xml",
        plain,
        &[br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#],
    );
    put("_rels/.rels", plain, &[br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#]);
    put("xl/workbook.xml", plain, &[br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#]);
    put("xl/_rels/workbook.xml.rels", plain, &[br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#]);
    put("ballast", plain, &[&vec![7_u8; ballast]]);
    for (name, parts) in entries {
        put(name, SimpleFileOptions::default(), parts);
    }
    zip.finish().expect("a workbook").into_inner()
}

const SHEET: &[u8] = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;

/// What each of them is unpacked; a workbook may be a hundred times its size.
const UNPACKED: usize = 90 << 20;

#[test]
fn a_workbook_that_is_huge_inside_is_refused_with_memory_flat() {
    let place = Place::on(TestDatabase::sqlite());
    let served = Served::start(&place.world);
    let send = |body: &[u8]| {
        let url = format!("{}/api/v1/campaigns/q6-2021/import?what=figures&dry_run=true", served.base);
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent: ureq::Agent = config.build().into();
        let request = agent.post(url).header("authorization", format!("Bearer {}", place.world.token));
        let mut answer = request.header("content-type", XLSX).send(body).expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a text"))
    };
    let sheet = "xl/worksheets/sheet1.xml";
    let spaces = vec![b' '; 1 << 20];
    let texts = b"<si><t>0123456789</t></si>".repeat(1 << 15);
    // without a position each cell is the next one of its row
    let cells = |cell: &str| format!("<row>{}</row>", cell.repeat(200)).repeat(200).into_bytes();
    let (cells, formulas) = (cells("<c><v>1</v></c>"), cells("<c><f>1</f></c>"));
    let many = |head: &'static [u8], part: &'static [u8]| {
        [head].into_iter().chain(std::iter::repeat_n(part, UNPACKED / part.len())).collect::<Vec<_>>()
    };
    let strings = "xl/sharedStrings.xml";
    let announced = br#"<sst uniqueCount="3000000000"><si><t>x</t></si></sst>"#.as_slice();
    let shared =
        br#"<row><c><f t="shared" si="3000000000" ref="A1:A2">1</f></c></row></sheetData></worksheet>"#.as_slice();
    let styles = b"<font/>".repeat(1 << 15);
    // what is said, what holds it, and what it may cost in MiB: a full table costs what it holds
    let bombs = [
        ("bytes unpacked", workbook(0, &[(sheet, &many(SHEET, spaces.leak()))]), 100),
        (
            "beside the sheets",
            workbook(UNPACKED / 90, &[(strings, &many(b"<sst>", texts.leak())), (sheet, &[SHEET])]),
            100,
        ),
        ("elements of styles", workbook(0, &[("xl/styles.xml", &[&styles[..]; 30]), (sheet, &[SHEET])]), 100),
        ("uniqueCount", workbook(0, &[(strings, &[announced]), (sheet, &[SHEET])]), 100),
        // read as one formula without its result, in a table without a header that means anything
        ("a known column", workbook(0, &[(sheet, &[SHEET, shared])]), 100),
        ("at most 2097152 cells", workbook(UNPACKED / 90, &[(sheet, &many(SHEET, cells.leak()))]), 300),
        ("at most 2097152 cells", workbook(UNPACKED / 90, &[(sheet, &many(SHEET, formulas.leak()))]), 300),
    ];
    let before = high_water(&served);
    for (words, bomb, most) in bombs {
        let begun = std::time::Instant::now();
        let (status, said) = send(&bomb);
        let grown = high_water(&served) - before;
        eprintln!("{words}: {} KiB sent, {status} after {:?}, {grown} MiB more", bomb.len() >> 10, begun.elapsed());
        assert_eq!(status, 422, "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(grown < most, "{words}: {grown} MiB more");
    }
}
