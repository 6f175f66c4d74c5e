//! Tuesday 13 to Sunday 18 July: the health centre speaks too, and Monday, when all is over.

use super::notebook::{Page, lines, text};
use super::people::{District, SEN, because, figure, of, waits};
use crate::support::app::Answer;
use greenzone::store::Address;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// The week as it was played.
pub fn played(sen: &District) {
    tuesday_less_care_and_a_second_source(sen);
    wednesday_the_wards_figure_takes_its_place(sen);
    thursday_twenty_five_cases(sen);
    friday_closes_early(sen);
    saturday_the_clean_ward_has_cases(sen);
    sunday(sen);
}

/// What one of several sources says cannot wait for a second person: so reasons must do from
/// now on, and that less care is asked for needs two persons itself.
fn tuesday_less_care_and_a_second_source(sen: &District) {
    sen.at(13, "14:00");
    let doubtful = waits(&sen.says("phuong-2", "w2", 9, &because(0, "ghi nhầm ngày")));
    let (_, seen) = sen.looks_at("thu-ky", &doubtful);
    let reasons = json!({"late_figures": "reason", "corrections": "reason", "rule_changes": "approval"});
    let looser = waits(&sen.changes_campaign("chu-tich", "reporting", reasons));
    let (_, tag) = sen.looks_at("chu-tich", &looser);
    sen.approves("chu-tich", &looser, &tag).refused(403, "own_request");
    sen.looks_and_approves("thu-ky", &looser);
    // ward 2 has counted again: neither 1 nor 0, but 2; whoever approves the 0 now is told
    assert_eq!(sen.says("phuong-2", "w2", 9, &because(2, "đếm lại danh sách")).status, 200);
    sen.approves("thu-ky", &doubtful, &seen).refused(409, "approval_stale");
    assert_eq!(sen.app.get(&figure("w2", 9)).ok()["community_f0"], 2);

    let sources = json!([{"code": "ward_report", "name": {"vi": "Báo cáo phường"}}, {"code": "health_centre", "name": {"vi": "Trung tâm y tế"}}]);
    sen.changes_campaign("chu-tich", "sources", sources).ok();
    sen.at(13, "20:00");
    sen.says("phuong-1", "w1", 13, &json!({"community_f0": 1})).refused(422, "invalid_request");
    sen.all_report_as_a_source(13, [Some(1), None, Some(1), Some(2), Some(0)]);
    // the centre knows of 3 in ward 1, and of 2 in ward 2, which is silent
    for (ward, cases) in [("w1", 3), ("w2", 2)] {
        assert_eq!(sen.says("y-te", ward, 13, &of("health_centre", cases)).status, 201);
    }
    sen.says("y-te", "sen", 13, &of("health_centre", 9)).refused(422, "derived_unit");
    sen.day_is_over(13, &Page {
        improvement: "1 w1 45.26 | 2 w3 43.25 | 3 w2 40.00 | 4 w4 30.13",
        kept_clean: "100.00",
        district: "40.87",
        reports: [5, 0, 0, 0],
        so_far: [41, 3, 0, 1],
        owing: "",
        flags: "",
        settled: "",
        log: "1 approval.approve, 2 approval.request, 1 approval.stale, 2 campaign.put, 1 day.close, 7 figure.record",
        revision: 49,
    });
    assert_eq!(sen.residuals(), "w1 2021-07-13 ward_report 1, health_centre +2");
    // of the four wards of this board: 8 days of before, but for the excused one; then three wards and the centre once
    let sources = json!([{"source": "ward_report", "unit_days": 3}, {"source": "health_centre", "unit_days": 1}, {"source": null, "unit_days": 31}]);
    assert_eq!(sen.app.get(&format!("{SEN}/leaderboard?kind=ward")).ok()["sources"], sources);
}

/// Ward 2 had one case on the 13th: its own word goes before the centre's, and the day was on
/// time by the centre's.
fn wednesday_the_wards_figure_takes_its_place(sen: &District) {
    sen.at(14, "14:00");
    sen.says("phuong-2", "w2", 13, &of("ward_report", 1)).refused(422, "reason_required");
    let told = json!({"community_f0": 1, "source": "ward_report", "reason": "phiếu đến muộn"});
    assert_eq!(sen.says("phuong-2", "w2", 13, &told).status, 201);
    assert_eq!(
        sen.residuals(),
        "w1 2021-07-13 ward_report 1, health_centre +2 | w2 2021-07-13 ward_report 1, health_centre +1"
    );
    sen.all_report_as_a_source(14, [Some(0), Some(0), Some(0), Some(1), Some(0)]);
    assert_eq!(sen.says("y-te", "w1", 14, &of("health_centre", 0)).status, 201);
    sen.day_is_over(
        14,
        &Page {
            improvement: "1 w1 57.89 | 2 w3 49.85 | 3 w2 46.67 | 4 w4 34.62",
            kept_clean: "100.00",
            district: "50.72",
            reports: [5, 0, 0, 0],
            so_far: [46, 3, 0, 1],
            owing: "",
            flags: "",
            // 20 unit-days are a week old, 4 to 7 July: 18 stood at once, 19 a day later
            settled: "2021-07-13",
            log: "1 day.close, 7 figure.record",
            revision: 56,
        },
    );
    assert!(!sen.residuals().contains("2021-07-14"), "both say 0");
}

/// Ward 4 finds 25 cases in a factory; the most of its 28 days before was 3.
fn thursday_twenty_five_cases(sen: &District) {
    sen.all_report_as_a_source(15, [Some(0), Some(0), Some(1), None, Some(0)]);
    let asked = sen.says("phuong-4", "w4", 15, &of("ward_report", 25)).refused(409, "confirm_unusual");
    assert!(asked["detail"].as_str().unwrap().contains("up to 19 (3 × 3 + 2 × 5)"), "{asked}");
    let sure = json!({"community_f0": 25, "source": "ward_report", "reason": "ổ dịch ở xưởng may"});
    assert_eq!(sen.says("phuong-4", "w4", 15, &sure).status, 201);
    sen.day_is_over(
        15,
        &Page {
            // e 14, c 33: 80 × −19/38, and on time on 9 of 10 days
            improvement: "1 w1 62.11 | 2 w3 50.21 | 3 w2 46.67 | 4 w4 -22.00",
            kept_clean: "100.00",
            district: "22.42",
            reports: [5, 0, 0, 0],
            so_far: [51, 3, 0, 1],
            owing: "",
            flags: "unusual w4 2021-07-15",
            settled: "2021-07-14",
            log: "1 day.close, 5 figure.record",
            revision: 61,
        },
    );
}

/// The ward explains, the council closes the question; the council closes the day before its
/// hour, and ward 5 still reports in time.
fn friday_closes_early(sen: &District) {
    sen.at(16, "14:00");
    answered(sen, "phuong-4", "ổ dịch ở xưởng may");
    assert_eq!(sen.flags("closed"), "unusual w4 2021-07-15");
    sen.all_report_as_a_source(16, [Some(1), Some(0), Some(0), Some(3), None]);
    sen.at(17, "07:00");
    let closed =
        sen.post("chu-tich", &format!("{SEN}/days/2021-07-16/close"), &json!({"reason": "họp giao ban sớm"})).ok();
    assert_eq!((&closed["closing"]["is_early"], &closed["reports"]["missing"]), (&json!(true), &json!(1)));
    sen.at(17, "08:00");
    sen.says("phuong-5", "w5", 16, &of("ward_report", 0)).refused(422, "reason_required");
    let told = json!({"community_f0": 0, "source": "ward_report", "reason": "điện thoại hết pin"});
    assert_eq!(sen.says("phuong-5", "w5", 16, &told).status, 201);
    sen.day_is_over(
        16,
        &Page {
            improvement: "1 w1 62.11 | 2 w2 60.00 | 3 w3 53.59 | 4 w4 -22.85",
            kept_clean: "100.00",
            district: "25.49",
            reports: [5, 0, 0, 0],
            so_far: [56, 3, 0, 1],
            owing: "",
            flags: "",
            settled: "2021-07-14",
            log: "1 day.close, 5 figure.record, 2 flag.answer",
            revision: 68,
        },
    );
}

/// Six cases in ward 5, the first since 21 June; the centre knows of none. Ward 3 passes ward 2 with the
/// same points: 60, of which it has more for the reduction.
fn saturday_the_clean_ward_has_cases(sen: &District) {
    sen.all_report_as_a_source(17, [Some(0), Some(0), Some(0), Some(2), Some(6)]);
    assert_eq!(sen.says("y-te", "w5", 17, &of("health_centre", 0)).status, 201);
    sen.day_is_over(
        17,
        &Page {
            improvement: "1 w1 62.11 | 2 w3 60.00 | 3 w2 60.00 | 4 w4 -23.67",
            // 12 of 13 days without a case
            kept_clean: "93.85",
            district: "19.31",
            reports: [5, 0, 0, 0],
            so_far: [61, 3, 0, 1],
            owing: "",
            flags: "zero_streak w5 2021-07-17",
            settled: "2021-07-15",
            log: "1 day.close, 6 figure.record",
            revision: 74,
        },
    );
    assert_eq!(sen.residuals().split(" | ").next(), Some("w5 2021-07-17 ward_report 6, health_centre -6"));
}

fn sunday(sen: &District) {
    sen.at(18, "14:00");
    answered(sen, "phuong-5", "sáu ca cùng một nhà trọ");
    sen.all_report_as_a_source(18, [Some(0), Some(0), Some(0), Some(1), Some(0)]);
    sen.day_is_over(
        18,
        &Page {
            improvement: "1 w3 66.37 | 2 w1 66.32 | 3 w2 60.00 | 4 w4 -23.54",
            kept_clean: "94.29",
            district: "23.58",
            reports: [5, 0, 0, 0],
            so_far: [66, 3, 0, 1],
            owing: "",
            // 1 after a week of 35 (2, 3, 25, 1, 2, 1 and, the 11th being excused, 1): a quarter of a mean of 5
            flags: "last_day_drop w4 2021-07-18",
            settled: "2021-07-16",
            log: "1 day.close, 5 figure.record, 2 flag.answer",
            revision: 81,
        },
    );
}

/// Whose figure is asked about explains it, and the council closes the question.
pub fn answered(sen: &District, who: &str, words: &str) {
    let flags = sen.reads(who, "/flags?state=open").ok();
    assert_eq!(flags["total"], 1, "{flags}");
    let flag = format!("{SEN}/flags/{}", text(&flags["items"][0]["id"]));
    let answer = json!({"answer": words, "verdict": "as_reported"});
    assert_eq!(
        sen.send(who, "PUT", &flag, &[], &answer).json()["state"],
        "open",
        "nobody closes a question about themselves"
    );
    assert_eq!(sen.send("chu-tich", "PUT", &flag, &[], &answer).json()["state"], "closed");
}

/// Monday the 19th: what was told, what each day became, and the board computed anew.
pub fn is_over(sen: &District) {
    let told: Vec<Value> = sen.listener.received().iter().map(|message| message.json()).collect();
    let of_type = |name: &str| {
        told.iter().filter(|message| message["type"] == name).map(|message| message["data"].clone()).collect::<Vec<_>>()
    };
    let mut days: Vec<String> = of_type("day.closed").iter().map(|data| text(&data["date"])[8..].to_owned()).collect();
    days.sort_unstable();
    assert_eq!(days.join(" "), "04 05 06 07 08 09 10 11 12 13 14 15 16 17 18", "each once");
    let silent = of_type("day.not_reported");
    let silent: Vec<String> =
        silent.iter().map(|data| format!("{} {}", &text(&data["date"])[8..], data["not_reported"]["units"])).collect();
    assert_eq!(silent, ["06 [\"w4\"]", "10 [\"w3\"]", "11 [\"w3\",\"w4\"]", "16 [\"w5\"]"]);

    let grid = sen.app.get(&format!("{SEN}/completeness/days?from=2021-07-05&to=2021-07-18&kind=ward")).ok();
    let letters =
        |item: &Value| item["states"].as_array().unwrap().iter().map(|state| &text(state)[..1]).collect::<String>();
    let rows: Vec<String> = grid["items"].as_array().unwrap().iter().map(letters).collect();
    assert_eq!(rows, ["o".repeat(14).as_str(), &"o".repeat(14), "ooooollooooooo", "olooooeooooooo", &"o".repeat(14)]);

    let board = sen.app.get(&format!("{SEN}/leaderboard?kind=ward&limit=1000"));
    let again = scored(&sen.app.address, sen.app.folder().as_path());
    assert_eq!(without_numbers(&board), again, "the stored facts say what was served");
    insta::assert_json_snapshot!("two-weeks-last-board", again);
    assert_eq!(lines(&again), "1 w3 66.37 | 2 w1 66.32 | 3 w2 60.00 | 4 w4 -23.54");
}

/// A served board without what a file cannot know.
fn without_numbers(board: &Answer) -> Value {
    let mut board = board.json();
    for name in ["revision", "policy_version"] {
        board[name] = Value::Null;
    }
    board
}

/// The board that `greenzone score` computes of the exported pack.
fn scored(address: &Address, folder: &Path) -> Value {
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    let url = match address {
        Address::Sqlite(path) => format!("sqlite:{}", path.display()),
        Address::Postgres(url) => url.clone(),
    };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greenzone"));
        let output =
            command.args(arguments).current_dir(folder.path()).env("DATABASE_URL", &url).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    run(&["export", "sen", "--out", "sen.zip"]);
    serde_json::from_slice(&run(&["score", "sen.zip", "--kind", "ward", "--as-of", "2021-07-18", "--format", "json"]))
        .expect("JSON")
}
