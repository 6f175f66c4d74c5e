//! Monday 5 to Monday 12 July: two persons for whatever changes a closed day.

use super::notebook::{Page, lines};
use super::people::{District, SEN, because, figure, waits};
use serde_json::{Value, json};

/// The week as it was played.
pub fn played(sen: &District) {
    monday(sen);
    tuesday_ward_4_is_silent(sen);
    wednesday_its_figure_comes_late_and_two_figures_come_twice(sen);
    thursday_a_file_is_undone(sen);
    friday_one_correction_is_approved_and_one_rejected(sen);
    weekend(sen);
    next_monday_the_weekend_comes_in_one_figure(sen);
}

/// What an approval would do to a ward.
#[track_caller]
fn effect_on(shown: &Value, ward: &str) -> Value {
    let boards = shown["effect"]["boards"].as_array().expect("boards");
    let wards = boards.iter().find(|board| board["kind"] == "ward").unwrap_or_else(|| panic!("{shown}"));
    let moved = wards["items"].as_array().expect("items").iter().find(|item| item["unit"]["code"] == ward);
    moved.unwrap_or_else(|| panic!("{ward} in {shown}")).clone()
}

/// All equal: each kept the baseline's pace. Ward 2 has the better level and is first, wards
/// 1 and 4 are alike in everything and share a place, ward 3 had one case more.
fn monday(sen: &District) {
    sen.all_report(5, [Some(2), Some(1), Some(3), Some(2), Some(0)]);
    sen.day_is_over(
        5,
        &Page {
            improvement: "1 w2 20.00 | 2 w1 20.00 | 2 w4 20.00 | 4 w3 20.00",
            kept_clean: "100.00",
            district: "20.00",
            reports: [5, 0, 0, 0],
            so_far: [5, 0, 0, 0],
            owing: "",
            flags: "",
            settled: "",
            log: "1 campaign.create, 2 day.close, 5 figure.record, 1 figures.import, 1 units.register, 1 webhook.create",
            revision: 8,
        },
    );
}

/// Ward 4 counts as 3, its largest day: e 4, c 2 + 3, so 80 × −1/10; on time on 1 of 2 days.
fn tuesday_ward_4_is_silent(sen: &District) {
    sen.all_report(6, [Some(1), Some(1), Some(2), None, Some(0)]);
    sen.at(6, "21:00");
    let reminded = sen.reads("y-te", "/days/2021-07-06").ok();
    assert_eq!((&reminded["state"], &reminded["items"][0]["unit"]["name"]), (&json!("open"), &json!("Phường 4")));
    assert_eq!((&reminded["total"], &reminded["items"][0]["last_reported"]), (&json!(1), &json!("2021-07-05")));
    sen.day_is_over(
        6,
        &Page {
            improvement: "1 w1 28.89 | 2 w3 27.27 | 3 w2 20.00 | 4 w4 2.00",
            kept_clean: "100.00",
            district: "13.81",
            reports: [4, 0, 1, 0],
            so_far: [9, 0, 1, 0],
            owing: "w4 1",
            flags: "",
            settled: "",
            log: "1 day.close, 4 figure.record",
            revision: 12,
        },
    );
}

fn wednesday_its_figure_comes_late_and_two_figures_come_twice(sen: &District) {
    sen.at(7, "14:00");
    sen.says("phuong-4", "w4", 6, &json!({"community_f0": 2})).refused(422, "reason_required");
    let late = waits(&sen.says("phuong-4", "w4", 6, &because(2, "mất mạng")));
    sen.reads("phuong-4", "/units/w4/figures/2021-07-06").refused(404, "figure_not_found");
    let (shown, tag) = sen.looks_at("thu-ky", &late);
    // e = c = 4: nothing of the 80, and late is not on time
    let moved = effect_on(&shown, "w4");
    assert_eq!((&moved["before"]["points"], &moved["after"]["points"]), (&json!(2), &json!(10)), "{shown}");
    sen.approves("phuong-4", &late, &tag).refused(403, "forbidden");
    assert_eq!(sen.approves("thu-ky", &late, &tag).ok()["state"], "approved");

    sen.at(7, "20:00");
    [(1, 1), (2, 0), (4, 2), (5, 0)].into_iter().for_each(|(ward, cases)| sen.reports(ward, 7, cases));
    // once more, from a telephone that got no answer; and a slip of the finger
    let revision = sen.revision();
    assert_eq!(sen.says("phuong-2", "w2", 7, &json!({"community_f0": 0})).status, 200);
    let asked = sen.says("phuong-3", "w3", 7, &json!({"community_f0": 23})).refused(409, "confirm_unusual");
    assert!(asked["detail"].as_str().unwrap().contains("up to 22 (3 × 4 + 2 × 5)"), "{asked}");
    assert_eq!(sen.revision(), revision, "neither changed anything");
    sen.reports(3, 7, 2);
    sen.day_is_over(
        7,
        &Page {
            improvement: "1 w1 34.55 | 2 w3 31.43 | 3 w2 30.00 | 4 w4 13.33",
            kept_clean: "100.00",
            district: "27.12",
            reports: [5, 0, 0, 0],
            so_far: [14, 1, 0, 0],
            owing: "",
            flags: "",
            settled: "",
            log: "1 approval.approve, 1 approval.request, 1 day.close, 6 figure.record",
            revision: 18,
        },
    );
}

/// The secretary sends a sheet for all wards: first the wrong one.
fn thursday_a_file_is_undone(sen: &District) {
    sen.at(8, "20:00");
    let wrong = "Phường;Ngày;F0 cộng đồng\r\nP.1;08/07/2021;4\r\nP.2;08/07/2021;4\r\nP.5;08/07/2021;4\r\n";
    let revision = sen.revision();
    let order = sen.sends_file("thu-ky", "", wrong).refused(422, "invalid_pack");
    assert!(order["errors"][0]["expected"].as_str().unwrap().contains("date_order=dmy"), "8 July or 7 August: {order}");
    assert_eq!(sen.revision(), revision);
    let taken = sen.sends_file("thu-ky", "&date_order=dmy", wrong).ok();
    assert_eq!((&taken["rows"]["new"], &taken["reading"]["names"]["P.5"]), (&json!(3), &json!("w5")), "{taken}");
    let import = taken["import"].as_str().expect("an id").to_owned();
    let undo = format!("{SEN}/imports/{import}/undo");
    sen.post("phuong-1", &undo, &json!({"reason": "x"})).refused(403, "forbidden");
    sen.post("thu-ky", &undo, &json!({"reason": "nhầm tệp"})).ok();
    sen.post("thu-ky", &undo, &json!({"reason": "nhầm tệp"})).refused(409, "import_undone");
    // the right one holds a ward twice
    let right = "Phường;Ngày;F0 cộng đồng\r\nP.1;08/07/2021;1\r\nP.2;08/07/2021;0\r\nP.3;08/07/2021;1\r\n\
                 P.4;08/07/2021;2\r\nP.5;08/07/2021;0\r\nP.2;08/07/2021;0\r\nTổng cộng;;4\r\n";
    let taken = sen.sends_file("thu-ky", "&date_order=dmy", right).ok();
    assert_eq!((&taken["rows"]["new"], &taken["rows"]["repeated"]), (&json!(5), &json!(1)), "{taken}");
    let revision = sen.revision();
    assert_eq!(sen.sends_file("thu-ky", "&date_order=dmy", right).ok()["rows"]["same"], 5);
    assert_eq!(sen.revision(), revision, "the same file again changes nothing");
    sen.day_is_over(
        8,
        &Page {
            improvement: "1 w3 38.82 | 2 w1 38.46 | 3 w2 37.78 | 4 w4 15.00",
            kept_clean: "100.00",
            district: "34.46",
            reports: [5, 0, 0, 0],
            so_far: [19, 1, 0, 0],
            owing: "",
            flags: "",
            settled: "",
            log: "1 day.close, 2 figures.import, 1 import.undo",
            revision: 21,
        },
    );
}

/// Ward 1 had 3 cases on the 7th and not 1; ward 3 wants 0 on the 6th and cannot show why.
fn friday_one_correction_is_approved_and_one_rejected(sen: &District) {
    sen.at(9, "14:00");
    let more = waits(&sen.says("phuong-1", "w1", 7, &because(3, "hai ca xét nghiệm lại")));
    let less = waits(&sen.says("phuong-3", "w3", 6, &because(0, "không nhớ rõ")));
    let (shown, _) = sen.looks_at("thu-ky", &more);
    // on the board of the 8th: e 8, c 7, so 80 × 1/13 + 20, and from the second place to the third
    let place = |item: &Value| (item["rank"].clone(), item["points"].clone());
    assert_eq!(place(&effect_on(&shown, "w1")["before"]), (json!(2), json!(38.46)));
    assert_eq!(place(&effect_on(&shown, "w1")["after"]), (json!(3), json!(26.15)));
    assert_eq!(place(&effect_on(&shown, "w2")["after"]), (json!(2), json!(37.78)));
    sen.looks_and_approves("thu-ky", &more);
    let then = sen.app.get(&format!("{SEN}/leaderboard?kind=ward&as_of=2021-07-08")).ok();
    assert_eq!(lines(&then), "1 w3 38.82 | 2 w2 37.78 | 3 w1 26.15 | 4 w4 15.00", "what was shown is what happened");
    let known =
        sen.app.get(&format!("{SEN}/leaderboard?kind=ward&as_of=2021-07-08&known_at=2021-07-09T06:00:00Z")).ok();
    assert_eq!(
        lines(&known),
        "1 w3 38.82 | 2 w1 38.46 | 3 w2 37.78 | 4 w4 15.00",
        "what was announced stays what was known"
    );
    let reject = format!("{SEN}/approvals/{less}/reject");
    assert_eq!(sen.post("chu-tich", &reject, &json!({"reason": "không có căn cứ"})).ok()["state"], "rejected");
    assert_eq!(sen.app.get(&figure("w3", 6)).ok()["community_f0"], 2);

    sen.all_report(9, [Some(1), Some(1), Some(1), Some(1), Some(0)]);
    sen.day_is_over(
        9,
        &Page {
            improvement: "1 w3 44.00 | 2 w2 36.00 | 3 w1 30.67 | 4 w4 21.33",
            kept_clean: "100.00",
            district: "35.56",
            reports: [5, 0, 0, 0],
            so_far: [24, 1, 0, 0],
            owing: "",
            flags: "",
            settled: "",
            log: "1 approval.approve, 1 approval.reject, 2 approval.request, 1 day.close, 6 figure.record",
            revision: 27,
        },
    );
}

/// Ward 3 is closed on Saturday and Sunday (each counts as 4), ward 4 has no electricity on Sunday.
fn weekend(sen: &District) {
    sen.all_report(10, [Some(0), Some(0), None, Some(1), Some(0)]);
    sen.day_is_over(
        10,
        &Page {
            improvement: "1 w2 41.82 | 2 w1 38.82 | 3 w3 34.06 | 4 w4 26.08",
            kept_clean: "100.00",
            district: "34.46",
            reports: [4, 0, 1, 0],
            so_far: [28, 1, 1, 0],
            owing: "w3 1",
            flags: "",
            settled: "",
            log: "1 day.close, 4 figure.record",
            revision: 31,
        },
    );
    sen.all_report(11, [Some(1), Some(0), None, None, Some(0)]);
    sen.day_is_over(
        11,
        &Page {
            improvement: "1 w2 46.67 | 2 w1 41.05 | 3 w3 26.60 | 4 w4 18.50",
            kept_clean: "100.00",
            district: "29.79",
            reports: [3, 0, 2, 0],
            so_far: [31, 1, 3, 0],
            owing: "w3 2 | w4 1",
            flags: "",
            settled: "",
            log: "1 day.close, 3 figure.record",
            revision: 34,
        },
    );
}

/// Ward 3 sends 7 cases for three days: 2, 2 and 3. Two of them have closed, so all wait.
fn next_monday_the_weekend_comes_in_one_figure(sen: &District) {
    sen.at(12, "14:00");
    let dump = "ma;tu_ngay;den_ngay;f0_cong_dong\nw3;2021-07-10;2021-07-12;7\n";
    sen.sends_file("phuong-3", "", dump).refused(422, "reason_required");
    let weekend =
        waits(&sen.sends_file("phuong-3", "&reason=tr%E1%BA%A1m%20ngh%E1%BB%89%20cu%E1%BB%91i%20tu%E1%BA%A7n", dump));
    let (shown, _) = sen.looks_at("thu-ky", &weekend);
    let rows: Vec<&Value> =
        shown["rows"].as_array().expect("rows").iter().map(|row| &row["after"]["community_f0"]).collect();
    assert_eq!(rows, [2, 2, 3], "{shown}");
    sen.looks_and_approves("thu-ky", &weekend);
    let note = sen.reads("phuong-3", "/units/w3/figures/2021-07-11").ok()["note"].clone();
    assert_eq!(note, "share of 7 over 3 days, 2021-07-10 to 2021-07-12");
    let excuse = format!("{SEN}/units/w4/excuses/2021-07-11");
    sen.send("phuong-4", "PUT", &excuse, &[], &json!({"reason": "mất điện"})).refused(403, "forbidden");
    sen.send("chu-tich", "PUT", &excuse, &[], &json!({"reason": "mất điện cả phường"})).ok();
    sen.at(12, "20:00");
    [(1, 1), (2, 0), (4, 1), (5, 0)].into_iter().for_each(|(ward, cases)| sen.reports(ward, 12, cases));
    sen.day_is_over(
        12,
        &Page {
            improvement: "1 w2 53.33 | 2 w1 45.26 | 3 w3 39.62 | 4 w4 29.77",
            kept_clean: "100.00",
            district: "41.35",
            reports: [5, 0, 0, 0],
            so_far: [36, 3, 0, 1],
            owing: "",
            flags: "",
            settled: "",
            log: "1 approval.approve, 1 approval.request, 1 day.close, 1 excuse.put, 4 figure.record, 1 figures.import",
            revision: 40,
        },
    );
}
