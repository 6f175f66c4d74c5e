//! From Monday 19 July, the last day, to Sunday 25 July: the public sees a frozen board,
//! two wards appeal, the result is signed and exported, and a correction makes a second one.

use super::notebook::{lines, text};
use super::people::{District, SEN, because, of};
use super::second_week::answered;
use crate::api::exports::{read_back, text_of_pdf};
use crate::proof::{command, python};
use crate::support::app::Answer;
use crate::support::at;
use greenzone::service::scheduler::Scheduler;
use serde_json::{Value, json};
use std::path::Path;

/// The days as they were played.
pub fn played(sen: &District) {
    monday_the_public_sees_the_board_of_the_day_before(sen);
    tuesday_two_wards_appeal(sen);
    let first = wednesday_the_result_stands(sen);
    sunday_a_correction_makes_another(sen, &first);
}

/// The board of the wards with cases, as somebody reads it.
fn board(sen: &District, who: &str) -> String {
    lines(&sen.reads(who, "/leaderboard?kind=ward").ok())
}

/// What the public reads, whole.
fn public(sen: &District) -> Vec<String> {
    let paths = ["/leaderboard?kind=ward", "/levels", "/figures?limit=1000", "/units/w1/standing", "/status"];
    let ask = |path: &str| sen.app.get(&format!("{SEN}{path}"));
    paths.map(|path| ask(path).text()).to_vec()
}

/// Nothing that came later moves a byte of what the public reads.
#[track_caller]
fn unmoved(sen: &District, frozen: &[String]) {
    for (is, was) in public(sen).iter().zip(frozen) {
        assert_eq!(is, was);
    }
}

fn blockers(sen: &District) -> String {
    let all = sen.reads("chu-tich", "/blockers").ok();
    let line = |item: &Value| format!("{} {}", item["count"], text(&item["code"]));
    all["items"].as_array().expect("items").iter().map(line).collect::<Vec<_>>().join(", ")
}

fn finalise(sen: &District, reason: &str) -> Answer {
    sen.post("chu-tich", &format!("{SEN}/finalise"), &json!({"reason": reason}))
}

/// Closing days 13 to 19. w3: e 21, c 3, 80 × 18/26 and on time on 13 of 15 days, each rounded; w1: e 14,
/// c 2; w2: e 7, c 1; w4: e 14, c 34, on time on 13 of 14 days, one being excused.
fn monday_the_public_sees_the_board_of_the_day_before(sen: &District) {
    sen.at(19, "14:00");
    let freeze = json!({"reason": "giữ kín kết quả đến lễ tổng kết"});
    sen.post("phuong-1", &format!("{SEN}/appeals"), &json!({"unit_code": "w2", "text": "x"})).refused(403, "forbidden");
    sen.send("phuong-1", "PUT", &format!("{SEN}/freeze"), &[], &freeze).refused(403, "forbidden");
    assert_eq!(sen.send("chu-tich", "PUT", &format!("{SEN}/freeze"), &[], &freeze).status, 201);
    let frozen = public(sen);
    assert_eq!(
        lines(&serde_json::from_str(&frozen[0]).expect("JSON")),
        "1 w3 66.37 | 2 w1 66.32 | 3 w2 60.00 | 4 w4 -23.54"
    );
    sen.all_report_as_a_source(19, [Some(0), Some(0), Some(1), Some(0), Some(0)]);
    sen.at(20, "13:00");
    Scheduler::new(sen.app.service.clone()).run_due().expect("what is due is done");
    unmoved(sen, &frozen);
    let live = "1 w3 72.71 | 2 w1 70.53 | 3 w2 60.00 | 4 w4 -22.46";
    assert_eq!((board(sen, "chu-tich").as_str(), board(sen, "kiem-tra").as_str()), (live, live));
    let beside = sen.reads("chu-tich", "/leaderboard?kind=ward&audience=public");
    assert_eq!(lines(&beside.ok()), "1 w3 66.37 | 2 w1 66.32 | 3 w2 60.00 | 4 w4 -23.54", "frozen beside live");
}

/// Ward 1 shows that its case of the 13th was counted in another district, and leads by it:
/// c 1, 80 × 13/19. What ward 2 says changes nothing.
fn tuesday_two_wards_appeal(sen: &District) {
    sen.at(20, "14:00");
    let frozen = public(sen);
    let appeals = format!("{SEN}/appeals");
    let lodge = |ward: u32, words: &str, day: u32| {
        let body = json!({"unit_code": format!("w{ward}"), "text": words, "about": {"date": format!("2021-07-{day}")}});
        let lodged = sen.post(&format!("phuong-{ward}"), &appeals, &body);
        assert_eq!(lodged.status, 201, "{}", lodged.text());
        format!("{appeals}/{}", text(&lodged.json()["id"]))
    };
    let (first, second) = (lodge(1, "Ca ngày 13 ở Quận Súng.", 13), lodge(2, "Ca ngày 13 là ca nhập cảnh.", 13));
    assert!(blockers(sen).contains("2 open_appeals"), "{}", blockers(sen));
    finalise(sen, "x").refused(409, "blocked");
    let corrected = json!({"community_f0": 0, "source": "ward_report", "reason": "theo khiếu nại của phường 1"});
    let corrected = sen.says("thu-ky", "w1", 13, &corrected).ok()["revision"].clone();
    let accepted = json!({"state": "accepted", "answer": "Đã đối chiếu với Quận Súng.", "corrections": [corrected]});
    assert_eq!(sen.send("chu-tich", "PUT", &first, &[], &accepted).ok()["place"]["points"], 70.53, "as it was lodged");
    let told = sen.reads("phuong-1", first.trim_start_matches(SEN)).ok();
    assert!(told.to_string().contains("74.74"), "{told}");
    sen.send("phuong-2", "PUT", &second, &[], &json!({"state": "accepted", "answer": "x"})).refused(403, "forbidden");
    let rejected = json!({"state": "rejected", "answer": "Trung tâm y tế xác nhận là ca cộng đồng."});
    sen.send("chu-tich", "PUT", &second, &[], &rejected).ok();
    assert_eq!(board(sen, "chu-tich"), "1 w1 74.74 | 2 w3 72.71 | 3 w2 60.00 | 4 w4 -22.46");
    unmoved(sen, &frozen);
}

/// What everybody can keep of an issue.
fn kept(sen: &District, issue: u32) -> Vec<(String, Vec<u8>)> {
    let of = [
        format!("/boards/{issue}?kind=ward"),
        format!("/boards/{issue}?kind=ward&track=kept_clean"),
        format!("/results/{issue}/document"),
    ];
    let exports = [
        "leaderboard?format=xlsx&",
        "awards?format=docx&",
        "awards?format=pdf&",
        "certificates?",
        "decision?format=pdf&",
        "leaderboard?format=csv&",
        "leaderboard?format=pack&",
    ];
    let exports = exports.map(|what| format!("/exports/{what}issue={issue}"));
    let mut kept = Vec::new();
    for path in of {
        let answer = sen.app.get(&format!("{SEN}{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        kept.push((path, answer.body));
    }
    for path in exports.into_iter().chain([format!("/results/{issue}/document")]) {
        let answer = sen.reads("hoi-dong", &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        kept.push((format!("committee {path}"), answer.body));
    }
    kept
}

fn file<'a>(kept: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    let found = kept.iter().find(|(path, _)| path.contains(name));
    found.map(|(_, bytes)| bytes.as_slice()).unwrap_or_else(|| panic!("{name}"))
}

/// Who wins what, as the awards of the moment or of an issue say it.
fn winners(awards: &Value) -> String {
    let of = |award: &Value| {
        let winners = award["winners"].as_array().expect("winners").iter();
        let codes: Vec<&str> = winners.map(|winner| text(&winner["unit"]["code"])).collect();
        format!("{}: {} {}", text(&award["code"]), codes.join(" "), award["money"])
    };
    awards["items"].as_array().expect("items").iter().map(of).collect::<Vec<_>>().join(" | ")
}

/// The result is computed again from the file alone, and its signature checked by another
/// program as well.
fn verify(sen: &District, kept: &[(String, Vec<u8>)], issue: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let write = |name: &str, bytes: &[u8]| std::fs::write(here.join(name), bytes).expect("a file");
    write("keys.json", &sen.app.get("/.well-known/result-keys.json").body);
    write("whole.json", file(kept, &format!("committee /results/{issue}/document")));
    let public = kept.iter().find(|(path, _)| *path == format!("/results/{issue}/document")).expect("the public file");
    write("public.json", &public.1);
    let (status, said, wrong) =
        command::greenzone(here, &["verify", "whole.json", "--key", "keys.json", "--public", "public.json"]);
    assert!(status == Some(0) && said.contains("everything holds"), "{said}{wrong}");
    let mut forged: Value = serde_json::from_slice(&public.1).expect("JSON");
    forged["boards"][0]["items"][0]["rank"] = json!(2);
    write("forged.json", forged.to_string().as_bytes());
    assert_ne!(command::greenzone(here, &["verify", "forged.json", "--key", "keys.json"]).0, Some(0));
    let Some(python) = python::python() else { return };
    let keys: Value = serde_json::from_slice(&std::fs::read(here.join("keys.json")).expect("keys")).expect("JSON");
    let id = text(&keys["keys"][0]["kid"]).to_owned();
    let example = at("examples/verify_public.py").display().to_string();
    let check = |name: &str| python::run(&python, here, &[&example, name, &id]);
    let (holds, said) = check("public.json");
    assert!(holds, "{said}");
    assert!(!check("forged.json").0);
}

/// The committee's files, read by other people's programs.
fn read(kept: &[(String, Vec<u8>)], first: &str) {
    if let Some(book) = read_back("sen.xlsx", file(kept, "format=xlsx")) {
        let sheets = book["sheets"].as_array().expect("sheets");
        let rows: Vec<String> =
            sheets.iter().flat_map(|sheet| sheet["rows"].as_array().expect("rows")).map(Value::to_string).collect();
        let leads = rows.iter().find(|row| row.contains(first)).unwrap_or_else(|| panic!("{first} in {rows:#?}"));
        assert!(leads.contains("[1,\"n\"]"), "{leads}");
    }
    if let Some(paper) = read_back("sen.docx", file(kept, "format=docx")) {
        assert!(paper["tables"].to_string().contains(first), "{paper}");
    }
    for (name, words) in
        [("awards?format=pdf", "XÃ HỘI CHỦ NGHĨA"), ("certificates", "GIẤY KHEN"), ("decision", "TỜ TRÌNH")]
    {
        if let Some(pages) = text_of_pdf(file(kept, name)) {
            assert!(pages.contains(words) && pages.contains(first), "{name}: {pages}");
        }
    }
}

/// Issue 1: ward 1 before ward 3. Ward 5 has kept clean but on one day, and is not at the
/// best level on the last one, so that award is won by nobody.
fn wednesday_the_result_stands(sen: &District) -> Vec<(String, Vec<u8>)> {
    sen.at(21, "09:00");
    for who in ["phuong-1", "hoi-dong"] {
        sen.post(who, &format!("{SEN}/finalise"), &json!({"reason": "x"})).refused(403, "forbidden");
    }
    // 0 after a week of 36 (1, 2, 1, 25, 3, 2, 1): nobody is punished for it, but it is asked about
    assert_eq!(
        (sen.flags("open").as_str(), blockers(sen).as_str()),
        ("last_day_drop w4 2021-07-19", "1 unanswered_flags")
    );
    finalise(sen, "x").refused(409, "blocked");
    answered(sen, "phuong-4", "ổ dịch đã qua");
    assert_eq!(blockers(sen), "");
    let made = finalise(sen, "biên bản họp ngày 21/7");
    assert_eq!((made.status, &made.json()["issue"]), (201, &json!(1)), "{}", made.text());
    let final_board = sen.app.get(&format!("{SEN}/leaderboard?kind=ward")).ok();
    assert_eq!(lines(&final_board), "1 w1 74.74 | 2 w3 72.71 | 3 w2 60.00 | 4 w4 -22.46", "the public sees the result");
    assert_eq!(final_board["status"], "final");
    let awards = sen.reads("hoi-dong", "/awards").ok();
    assert_eq!(winners(&awards), "nhat: w1 900000 | nhi: w3 600000 | giu-sach:  450000");
    let kept = kept(sen, 1);
    read(&kept, "Phường 1");
    verify(sen, &kept, 1);
    // whoever sees the result can still appeal, until the 22nd
    let lodged =
        json!({"unit_code": "w3", "text": "Ca ngày 19 là của phường bên cạnh.", "about": {"date": "2021-07-19"}});
    assert_eq!(sen.post("phuong-3", &format!("{SEN}/appeals"), &lodged).status, 201);
    kept
}

/// Ward 3 counted a case of the 19th that was not its own: c 2, 80 × 19/26, and it leads.
/// The first issue stays as it was; the second says why, and what is different.
fn sunday_a_correction_makes_another(sen: &District, first: &[(String, Vec<u8>)]) {
    sen.at(25, "09:00");
    sen.says("phuong-3", "w3", 19, &of("ward_report", 0)).refused(422, "reason_required");
    let mut told = because(0, "ca của phường bên cạnh");
    told["source"] = json!("ward_report");
    let appeals = format!("{SEN}/appeals");
    sen.post("phuong-3", &appeals, &json!({"unit_code": "w3", "text": "x"})).refused(409, "appeals_closed");
    let corrected = sen.says("phuong-3", "w3", 19, &told).ok()["revision"].clone();
    assert_eq!(kept(sen, 1), first, "a correction changes no issue");
    let shown = |sen: &District| lines(&sen.app.get(&format!("{SEN}/leaderboard?kind=ward")).ok());
    assert_eq!(shown(sen), "1 w1 74.74 | 2 w3 72.71 | 3 w2 60.00 | 4 w4 -22.46");
    finalise(sen, "x").refused(409, "blocked");
    let accepted = json!({"state": "accepted", "answer": "Hai phường đã đối chiếu.", "corrections": [corrected]});
    sen.send("chu-tich", "PUT", &format!("{appeals}/3"), &[], &accepted).ok();
    let made = finalise(sen, "đính chính số liệu ngày 19/7 của phường 3");
    assert_eq!(
        (made.status, &made.json()["issue"], &made.json()["against"]),
        (201, &json!(2), &json!(1)),
        "{}",
        made.text()
    );
    assert_eq!(shown(sen), "1 w3 75.79 | 2 w1 74.74 | 3 w2 60.00 | 4 w4 -22.46");
    let whole = sen.reads("hoi-dong", "/results/2").ok();
    assert_eq!(whole["reason"], "đính chính số liệu ngày 19/7 của phường 3");
    let kinds = whole["difference"]["kinds"].as_array().expect("kinds");
    let wards = kinds.iter().find(|kind| kind["kind"] == "ward").expect("wards");
    let line = |unit: &Value| format!("{} {} {}", text(&unit["code"]), unit["before"]["rank"], unit["after"]["rank"]);
    let mut moved: Vec<String> = wards["items"].as_array().expect("items").iter().map(line).collect();
    moved.sort_unstable();
    assert_eq!(moved, ["w1 1 2", "w3 2 1"], "{wards}");
    assert_eq!(winners(&sen.reads("hoi-dong", "/awards").ok()), "nhat: w3 900000 | nhi: w1 600000 | giu-sach:  450000");
    assert_eq!(kept(sen, 1), first, "nor does another issue");
    let second = kept(sen, 2);
    read(&second, "Phường 3");
    verify(sen, &second, 2);
    verify(sen, first, 1);
    scored_again(&second);
}

/// The pack of the second issue gives its board to whoever has the program.
fn scored_again(kept: &[(String, Vec<u8>)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = Path::new("sen.zip");
    std::fs::write(folder.path().join(pack), file(kept, "format=pack")).expect("a file");
    let (status, said, wrong) = command::greenzone(
        folder.path(),
        &["score", "sen.zip", "--kind", "ward", "--as-of", "2021-07-19", "--format", "json"],
    );
    assert_eq!(status, Some(0), "{wrong}");
    assert_eq!(
        lines(&serde_json::from_str(&said).expect("JSON")),
        "1 w3 75.79 | 2 w1 74.74 | 3 w2 60.00 | 4 w4 -22.46"
    );
}
