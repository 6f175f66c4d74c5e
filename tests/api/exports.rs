//! Exported files, looked at by other people's readers: openpyxl, python-docx, pdftotext.

use super::{Q6, awards, hidden};
use crate::support::app::{TestApp, machine_token};
use crate::support::database::TestDatabase;
use crate::support::{at, on_both};
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::process::Command;

/// Whether a reader is there; where it is not, that is said loudly, and fails where the
/// environment demands that nothing is skipped.
fn is_there(reader: &str, found: bool) -> bool {
    let is_needed = std::env::var_os("GREENZONE_REQUIRE_CLIENTS").is_some();
    assert!(found || !is_needed, "{reader} is required here and is not installed; .ci/run installs it");
    if !found {
        eprintln!("\n*** SKIPPED: {reader} is not installed; .ci/run says how ***\n");
    }
    found
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// What a reader of workbooks or papers finds in a file.
pub fn read_back(name: &str, bytes: &[u8]) -> Option<Value> {
    let python = at("target/tools/readers/bin/python");
    if !is_there("a reader of workbooks and papers", python.exists()) {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("a file");
    let told = output(Command::new(python).arg(at("tests/files/read_back.py")).arg(&file));
    Some(serde_json::from_str(&told).expect("JSON"))
}

/// The text of a PDF, as it is laid out.
pub fn text_of_pdf(bytes: &[u8]) -> Option<String> {
    let is_installed = Command::new("pdftotext").arg("-v").output().is_ok();
    if !is_there("pdftotext", is_installed) {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("paper.pdf");
    std::fs::write(&file, bytes).expect("a file");
    Some(output(Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&file).arg("-")))
}

fn export(app: &TestApp, campaign: &str, what: &str) -> Vec<u8> {
    let answer = app.get_as_council(&format!("{campaign}/exports/{what}"));
    assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    answer.body
}

/// The rows of a sheet as texts, each with its type: `s`, `n`, `d`.
fn cells(sheet: &Value) -> Vec<Vec<(String, String)>> {
    let cell = |cell: &Value| {
        let value = cell[0].as_str().map_or_else(|| cell[0].to_string(), str::to_owned);
        (value, cell[1].as_str().unwrap_or_default().to_owned())
    };
    let rows = sheet["rows"].as_array().expect("rows");
    rows.iter().map(|row| row.as_array().expect("a row").iter().map(cell).collect()).collect()
}

on_both! {
    fn the_same_result_is_the_same_file_and_a_change_is_another(app: TestApp) {
        let app = app.with_q6();
        let formats = ["xlsx", "docx", "pdf", "csv", "json", "pack"];
        let all = |app: &TestApp| formats.map(|format| export(app, Q6, &format!("leaderboard?format={format}")));
        let first = all(&app);
        // the clock goes on, and nothing is kept of the answers
        app.set_clock("2021-07-30T01:02:03Z");
        let again = TestApp::at(TestDatabase::sqlite(), "2021-07-24T06:00:00Z").with_q6();
        assert!(first == all(&app), "an hour later");
        assert!(first == all(&again), "another database");
        app.put(&format!("{Q6}/units/27382/figures/2021-07-11"), &json!({"community_f0": 40, "reason": "x"})).ok();
        let changed = all(&app);
        for (at, format) in formats.iter().enumerate() {
            assert!(first[at] != changed[at], "{format}");
        }
    }
}

/// All exports of a campaign with awards, as of an issue or as it stands.
fn everything(app: &TestApp, of: &str) -> Vec<(String, Vec<u8>)> {
    let all = [
        ("leaderboard", &["json", "xlsx", "docx", "pdf", "csv", "pack"][..]),
        ("awards", &["json", "xlsx", "docx", "pdf", "csv"][..]),
        ("decision", &["docx", "pdf"][..]),
        ("certificates", &["pdf"][..]),
    ];
    let each =
        all.iter().flat_map(|(what, formats)| formats.iter().map(move |format| format!("{what}?format={format}{of}")));
    each.map(|what| (what.clone(), export(app, AWARDS, &what))).collect()
}

const AWARDS: &str = "/api/v1/campaigns/awards";

on_both! {
    fn an_issue_is_exported_as_it_was_made_whatever_is_corrected_later(app: TestApp) {
        app.import(&awards::contest());
        let decision = json!({"award": "second", "winners": ["c"], "reason": "nhiều cách làm mới"});
        app.post(&format!("{AWARDS}/awards/decisions"), &decision).ok();
        let given = app.get_as_council(&format!("{AWARDS}/awards")).ok();
        app.finalise("awards", "họp ngày 24/7").ok();
        let made = everything(&app, "&issue=1");
        app.set_clock("2021-07-30T01:02:03Z");
        app.put(&format!("{AWARDS}/units/b/figures/2021-07-12"), &json!({"community_f0": 1, "reason": "đính chính"})).ok();
        app.delete(&format!("{AWARDS}/awards/decisions/1?reason=x"));
        let again = everything(&app, "&issue=1");
        for ((what, before), (_, after)) in made.iter().zip(&again) {
            assert!(before == after, "{what} of an issue");
        }
        app.get_as_council(&format!("{AWARDS}/exports/leaderboard?issue=2")).refused(404, "result_not_found");
        let report: Value = serde_json::from_slice(&made[0].1).expect("JSON");
        assert_eq!((&report["status"], &report["issue"]["number"]), (&json!("final"), &json!(1)));
        let winners = report["awards"].as_array().expect("awards").iter().map(|a| a["winners"].as_array().map_or(0, Vec::len));
        assert_eq!(winners.sum::<usize>() as u64, given["total_winners"].as_u64().expect("winners"));
        let file = |name: &str| made.iter().find(|(what, _)| what.starts_with(name)).map(|(_, bytes)| bytes).expect("a file");
        let Some(pages) = text_of_pdf(file("certificates")) else { return };
        let pages: Vec<&str> = pages.split('\u{C}').filter(|page| !page.trim().is_empty()).collect();
        assert_eq!(pages.len() as u64, given["total_winners"].as_u64().expect("winners"));
        assert!(pages.iter().all(|page| page.contains("GIẤY KHEN") && page.contains("Đơn vị")), "{pages:?}");
        let pack = text_of_pdf(file("decision?format=pdf")).expect("pdftotext is there");
        let pack = pack.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["TỜ TRÌNH", "Kính gửi:", "kết quả chính thức lần 1", "QUYẾT ĐỊNH:", "Điều 1.", "DANH SÁCH KHEN THƯỞNG", "4.470.000 đồng", "nhiều cách làm mới"] {
            assert!(pack.contains(words), "{words} is not in it:\n{pack}");
        }
    }
}

#[test]
fn a_workbook_has_a_sheet_for_each_kind_and_track_with_real_numbers_and_days() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let Some(book) = read_back("q6.xlsx", &export(&app, Q6, "leaderboard?format=xlsx")) else { return };
    let names: Vec<&str> =
        book["sheets"].as_array().expect("sheets").iter().filter_map(|s| s["name"].as_str()).collect();
    let expected = ["Quận cải thiện", "Quận giữ sạch", "Phường cải thiện", "Phường giữ sạch", "Thuyết minh"];
    assert_eq!(names, expected);
    assert_eq!(book["created"], "2021-07-24T06:00:00");
    let sheet = &book["sheets"][2];
    assert_eq!(sheet["frozen"], "A6");
    let rows = cells(sheet);
    assert_eq!(rows[0][0].0, "Bảng xếp hạng: Phường – bảng cải thiện");
    assert_eq!(rows[2][4], ("2021-07-12T00:00:00".to_owned(), "d".to_owned()));
    let column = |head: &str| rows[4].iter().position(|cell| cell.0 == head).unwrap_or_else(|| panic!("{head}"));
    let board = app.get(&format!("{Q6}/leaderboard?kind=ward&limit=1000")).ok();
    let items = board["items"].as_array().expect("rows");
    assert_eq!(rows.len() - 5, items.len());
    for (row, item) in rows[5..].iter().zip(items) {
        assert_eq!(row[column("Đơn vị")].0, item["unit"]["name"].as_str().expect("a name"));
        assert_eq!(row[column("Mã")], (item["unit"]["code"].as_str().expect("a code").to_owned(), "s".to_owned()));
        let (points, kind) = &row[column("Tổng điểm")];
        assert_eq!(points.parse::<f64>().ok(), item["points"]["total"].as_f64(), "{row:?}");
        assert!(kind == "n", "{row:?}");
    }
}

#[test]
fn names_that_look_like_formulas_are_texts_in_every_file_and_numbers_stay_numbers() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let names =
        ["=HYPERLINK(\"http://x\",\"P\")", "+84 Phường", "-Phường 2", "@Phường", "－Phường", "Phường \"Kép\", 7"];
    for (at, name) in names.iter().enumerate() {
        let unit = json!({"name": name, "kind": "ward", "parent_code": "775"});
        app.put(&format!("{Q6}/units/x{at}"), &unit).ok();
    }
    let table = String::from_utf8(export(&app, Q6, "leaderboard?format=csv")).expect("UTF-8");
    assert!(table.starts_with('\u{FEFF}') && table.contains("\r\n"));
    let mut reader = csv::ReaderBuilder::new().from_reader(table.trim_start_matches('\u{FEFF}').as_bytes());
    let mut found = HashSet::new();
    let mut has_negative = false;
    for row in reader.records() {
        let row = row.expect("as many fields as the header");
        found.insert(row[5].trim_start_matches('\'').to_owned());
        for cell in &row {
            let is_number = cell.parse::<f64>().is_ok();
            has_negative |= is_number && cell.starts_with('-');
            assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '－', '\t']), "{cell}");
            assert!(!cell.starts_with("'-") || cell.starts_with("'-P"), "{cell}");
        }
    }
    assert!(has_negative && names.iter().all(|name| found.contains(*name)), "{found:?}");
    let Some(book) = read_back("q6.xlsx", &export(&app, Q6, "leaderboard?format=xlsx")) else { return };
    let rows: Vec<_> = book["sheets"].as_array().expect("sheets").iter().flat_map(cells).flatten().collect();
    for name in names {
        assert!(rows.contains(&(name.to_owned(), "s".to_owned())), "{name} as it is, a text");
    }
    assert!(rows.iter().all(|(_, kind)| kind != "f"), "no formula anywhere");
}

#[test]
fn a_printed_board_is_an_official_paper_whose_text_can_be_taken_out() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let Some(text) = text_of_pdf(&export(&app, Q6, "leaderboard?format=pdf")) else { return };
    for words in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN QUẬN 6",
        "Số: ………/QĐ-UBND",
        "Quận 6, ngày …… tháng …… năm ……",
        "BẢNG XẾP HẠNG",
        "(Kèm theo Quyết định số",
        "Kết quả tạm tính tính đến ngày 12/07/2021",
        "STT",
        "Nơi nhận:",
        "TM. ỦY BAN NHÂN DÂN",
        "Phường 07",
        "15,79",
        "-48,09",
    ] {
        assert!(text.contains(words), "{words} is not in it:\n{text}");
    }
    let is_composed = text.chars().all(|letter| !('\u{300}'..='\u{36F}').contains(&letter));
    assert!(is_composed, "letters come back composed");
}

#[test]
fn long_names_and_many_rows_stay_on_their_pages_with_heads_and_numbers() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let units: Vec<Value> = (0..120)
        .map(|n| {
            let name =
                format!("Ủy ban nhân dân phường số {n} Khu phố Nguyễn Thị Minh Khai nối dài {}", "Ưỡ".repeat(30));
            json!({"code": format!("n{n}"), "name": name, "kind": "ward", "parent_code": "775"})
        })
        .collect();
    app.post(&format!("{Q6}/units"), &json!(units)).ok();
    let Some(text) = text_of_pdf(&export(&app, Q6, "leaderboard?format=pdf")) else { return };
    let pages: Vec<&str> = text.split('\u{C}').filter(|page| !page.trim().is_empty()).collect();
    assert!(pages.len() > 5, "{}", pages.len());
    assert!(!pages[0].trim_start().starts_with('1'), "the first page has no number");
    for (at, page) in pages.iter().enumerate().skip(1) {
        assert_eq!(page.lines().next().map(str::trim), Some((at + 1).to_string().as_str()), "number of a page");
    }
    let heads = pages[1..pages.len() - 1].iter().filter(|page| page.contains("Hình thức"));
    assert!(heads.count() + 2 >= pages.len(), "each page has the head of its table");
}

#[test]
fn a_paper_to_edit_has_the_same_table_and_layout() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let Some(paper) = read_back("q6.docx", &export(&app, Q6, "leaderboard?format=docx")) else { return };
    assert_eq!(paper["margins_mm"], json!([30, 15, 20, 20]));
    assert!(paper["fonts"].as_u64() > Some(0));
    assert_eq!(paper["created"], "2021-07-24T06:00:00+00:00");
    let paragraphs: Vec<&str> =
        paper["paragraphs"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
    assert!(paragraphs.contains(&"BẢNG XẾP HẠNG"), "{paragraphs:?}");
    let tables = paper["tables"].as_array().expect("tables");
    assert_eq!(tables[0][0][1], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc");
    let heads = json!(["STT", "Đơn vị", "Điểm", "Điểm thưởng", "Xếp hạng", "Hình thức khen thưởng", "Ghi chú"]);
    let boards: Vec<&Value> = tables.iter().filter(|table| table[0] == heads).collect();
    assert_eq!(paper["repeated_heads"].as_u64(), Some(boards.len() as u64));
    let all = boards
        .iter()
        .flat_map(|table| table.as_array().expect("rows"))
        .any(|row| row[1] == "Phường 07" && row[2] == "15,79");
    assert!(all, "{boards:?}");
    for time in paper["times"].as_array().expect("times") {
        assert_eq!(*time, json!([2021, 7, 24, 6, 0, 0]));
    }
}

#[test]
fn the_pack_is_what_was_registered_and_the_report_is_json() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let zip = export(&app, Q6, "leaderboard?format=pack");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("q6.zip");
    std::fs::write(&path, zip).expect("a file");
    let again = pack::read_path(&path).expect("the pack is read");
    assert_eq!(again.units.len(), 15);
    let report: Value = serde_json::from_slice(&export(&app, Q6, "leaderboard")).expect("JSON");
    assert_eq!((&report["campaign"], &report["as_of"]), (&json!("q6-2021"), &json!("2021-07-12")));
    let rows: usize =
        report["sections"].as_array().expect("sections").iter().map(|s| s["rows"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(rows, 15, "every unit is in it once");
}

#[test]
fn what_cannot_be_had_is_refused_with_what_can() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let get = |path: &str| app.get_as_council(&format!("{Q6}/exports/{path}"));
    let problem = get("certificates?format=xlsx").refused(422, "invalid_parameter");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("pdf")), "{problem}");
    get("leaderboard?format=html").refused(422, "invalid_parameter");
    get("decision?format=csv").refused(422, "invalid_parameter");
    let problem = get("everything").refused(404, "export_not_found");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("certificates")), "{problem}");
    get("leaderboard?issue=1").refused(404, "result_not_found");
    for what in ["awards", "decision", "certificates"] {
        get(what).refused(409, "nothing_to_export");
    }
    let answer = get("leaderboard?format=xlsx");
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"q6-2021-leaderboard-2021-07-12.xlsx\"")
    );
    assert_eq!(answer.header("content-encoding"), None);
}

#[test]
fn who_takes_private_units_home_is_kept_in_the_log() {
    let app = TestApp::on(TestDatabase::sqlite());
    let base = hidden(&app);
    app.get(&format!("{base}/exports/leaderboard")).refused(401, "unauthenticated");
    let committee = machine_token(&app.service, Role::Committee, Scope::All);
    let answer = app.send("GET", &format!("{base}/exports/leaderboard?format=json"), Some(&committee), &[], None);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("Hộ 1"), "the private unit is in it");
    let auditor = machine_token(&app.service, Role::Auditor, Scope::All);
    let log = app.send("GET", "/api/v1/audit?campaign=hidden&action=private.read", Some(&auditor), &[], None).ok();
    let targets: Vec<&str> =
        log["items"].as_array().expect("entries").iter().filter_map(|e| e["target"].as_str()).collect();
    assert!(targets.iter().any(|target| target.contains("/exports/leaderboard")), "{targets:?}");
}

/// F53: kinds with names that a spreadsheet refuses as those of sheets.
#[test]
fn a_sheet_has_a_name_that_a_spreadsheet_takes_and_says_the_whole_one() {
    let app = TestApp::on(TestDatabase::sqlite());
    app.import(&pack::read_path(&at("tests/files/F53")).expect("a sound pack"));
    let Some(book) = read_back("f53.xlsx", &export(&app, "/api/v1/campaigns/f53", "leaderboard?format=xlsx")) else {
        return;
    };
    let mut names = HashSet::new();
    let sheets = book["sheets"].as_array().expect("sheets");
    for sheet in sheets {
        let name = sheet["name"].as_str().expect("a name");
        assert!((1..=31).contains(&name.encode_utf16().count()), "{name}");
        assert!(!name.contains([':', '\\', '/', '?', '*', '[', ']']) && !name.contains('\u{FFFD}'), "{name}");
        assert!(!name.starts_with('\'') && !name.ends_with('\''), "{name}");
        assert_ne!(name.to_lowercase(), "history");
        assert!(names.insert(name.to_lowercase()), "{name} is there twice");
    }
    let text = book.to_string();
    let campaign: Value =
        serde_json::from_slice(&std::fs::read(at("tests/files/F53/campaign.json")).expect("a file")).expect("JSON");
    for kind in campaign["kinds"].as_array().expect("kinds") {
        let whole = kind["name"]["vi"].as_str().or_else(|| kind["name"].as_str()).expect("a name");
        let escaped = Value::from(whole).to_string();
        assert!(text.contains(escaped.trim_matches('"')), "{whole} in {names:?}");
    }
}
