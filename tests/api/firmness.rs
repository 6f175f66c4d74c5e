//! How certain and how firm ranks are, beside the official board.

use super::{Q6, figure, hidden};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_both;
use serde_json::{Value, json};

const DAY: &str = "as_of=2021-07-12";

fn ranks(rows: &Value) -> Vec<(String, Value)> {
    let rows = rows["items"].as_array().expect("rows").iter().filter(|row| !row["rank"].is_null());
    rows.map(|row| (row["unit"]["code"].as_str().unwrap().to_owned(), row["rank"].clone())).collect()
}

on_both! {
    fn a_seed_gives_the_same_bytes_everywhere_beside_the_official_ranks(app: TestApp) {
        let app = app.with_q6();
        let certainty = app.get_as_council(&format!("{Q6}/certainty?{DAY}&seed=2021&draws=400"));
        assert_eq!(certainty.header("cache-control"), Some("private, no-cache"));
        let certainty = certainty.ok();
        insta::assert_json_snapshot!("q6-certainty", certainty);
        let board = app.get(&format!("{Q6}/leaderboard?{DAY}")).ok();
        assert_eq!(ranks(&certainty), ranks(&board), "the official ranks, in the order of the board");
        assert_eq!(certainty["official"], false);
        for row in certainty["items"].as_array().unwrap() {
            let rank = |name: &str| row[name].as_u64().unwrap();
            assert!(1 <= rank("rank_p5") && rank("rank_p5") <= rank("rank_p50") && rank("rank_p50") <= rank("rank_p95"));
            assert!(rank("rank_p95") <= 12, "{row}");
        }
        let other = app.get_as_council(&format!("{Q6}/certainty?{DAY}&seed=2022&draws=400")).ok();
        assert_ne!(other["items"], certainty["items"]);
    }
}

#[test]
fn only_council_and_auditors_read_how_certain_ranks_are() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for report in ["certainty", "sensitivity"] {
        app.get(&format!("{Q6}/{report}")).refused(401, "unauthenticated");
        assert_eq!(
            app.get_as_council(&format!("{Q6}/{report}?kind=district")).ok()["items"].as_array().unwrap().len(),
            1
        );
        app.get_as_council(&format!("{Q6}/{report}?kind=planet")).refused(422, "unknown_kind");
        app.get_as_council(&format!("{Q6}/{report}?within=nowhere")).refused(404, "unit_not_found");
    }
    for wrong in ["draws=99", "draws=10001", "draws=x", "seed=-1", "seed=9007199254740992"] {
        app.get_as_council(&format!("{Q6}/certainty?{wrong}")).refused(422, "invalid_parameter");
    }
}

#[test]
fn what_the_readme_tells_of_district_6_is_so() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let certainty = app.get_as_council(&format!("{Q6}/certainty?{DAY}")).ok();
    assert_eq!(certainty["draws"], 1_000);
    let leader = &certainty["items"][0];
    assert_eq!(
        (&leader["unit"]["name"], &leader["rank_p5"], &leader["rank_p95"]),
        (&json!("Phường 07"), &json!(1), &json!(4))
    );
    assert_eq!(leader["first_percent"], 44.5);
    let sensitivity = app.get_as_council(&format!("{Q6}/sensitivity?{DAY}")).ok();
    let without = sensitivity["variants"].as_array().unwrap().iter().find(|v| v["date"] == "2021-07-09").unwrap();
    let ward_4 = sensitivity["items"].as_array().unwrap().iter().find(|i| i["unit"]["name"] == "Phường 04").unwrap();
    assert_eq!(ward_4["rank"], 7);
    let then = ward_4["changes"].as_array().unwrap().iter().find(|c| c["variant"] == without["number"]).unwrap();
    assert_eq!(then["rank"], 1);
    assert_eq!(app.get(&figure("27373", "2021-07-09")).ok()["community_f0"], 78);
}

#[test]
fn a_board_that_would_take_too_long_is_refused_and_told_so() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for day in ["2021-07-09", "2021-07-10", "2021-07-11", "2021-07-12"] {
        app.put(&figure("27382", day), &json!({"community_f0": 10_000_000, "reason": "x"})).ok();
    }
    let problem = app.get_as_council(&format!("{Q6}/certainty?{DAY}")).refused(422, "board_too_large");
    assert!(problem["detail"].as_str().unwrap().contains("within a unit or a block"), "{problem}");
}

#[test]
fn a_day_that_is_dropped_is_what_excusing_it_for_everybody_gives() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let report = app.get_as_council(&format!("{Q6}/sensitivity?{DAY}")).ok();
    let board = app.get(&format!("{Q6}/leaderboard?{DAY}")).ok();
    assert_eq!(ranks(&report), ranks(&board));
    let variants = report["variants"].as_array().unwrap();
    let of = |what: &str| variants.iter().filter(|v| v["what"] == *what).collect::<Vec<_>>();
    assert_eq!((of("weight").len(), of("day").len(), of("withdrawal").len()), (4, 4, 12));
    let maxima =
        |v: &Value| v["maxima"].as_array().unwrap().iter().map(|m| m["max_points"].clone()).collect::<Vec<_>>();
    assert_eq!(of("weight").into_iter().map(maxima).collect::<Vec<_>>(), [[66, 34], [54, 46], [56, 44], [64, 36]]);
    assert_eq!(of("weight")[0]["text"]["vi"], "kéo giảm F0: tối đa 66 điểm thay vì 60");
    assert!(of("withdrawal").iter().all(|v| v["changed"] == 0), "places close up, and that is all");

    let mut changed = 0;
    for variant in of("day") {
        let date = variant["date"].as_str().unwrap();
        let fresh = TestApp::on(TestDatabase::sqlite()).with_q6();
        for code in fresh.get(&format!("{Q6}/units?kind=ward&limit=1000")).ok()["items"].as_array().unwrap() {
            let code = code["code"].as_str().unwrap();
            fresh.put(&format!("{Q6}/units/{code}/excuses/{date}"), &json!({"reason": "x"})).ok();
        }
        let after = ranks(&fresh.get(&format!("{Q6}/leaderboard?{DAY}")).ok());
        for row in report["items"].as_array().unwrap() {
            let of_variant = row["changes"].as_array().unwrap().iter().find(|c| c["variant"] == variant["number"]);
            let then = of_variant.map_or(&row["rank"], |change| &change["rank"]);
            let code = row["unit"]["code"].as_str().unwrap();
            assert_eq!(
                Some(then),
                after.iter().find(|(c, _)| c == code).map(|(_, rank)| rank),
                "{code} without {date}"
            );
            changed += u32::from(of_variant.is_some());
        }
    }
    assert!(changed > 0, "a day decides something");
}

#[test]
fn chance_reaches_who_had_no_case_and_private_kinds_are_logged() {
    let app = TestApp::on(TestDatabase::sqlite());
    let base = hidden(&app);
    // two businesses with the same figures share the first place officially, not by chance
    let certainty = app.get_as_council(&format!("{base}/certainty?kind=business&draws=200")).ok();
    let rows = certainty["items"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| &row["rank"]).collect::<Vec<_>>(), [&json!(1), &json!(1)]);
    for row in rows {
        assert_eq!((&row["rank_p5"], &row["rank_p95"]), (&json!(1), &json!(2)), "{row}");
        let first = row["first_percent"].as_f64().unwrap();
        assert!((30.0..70.0).contains(&first), "{row}");
    }
    assert_eq!(app.get_as_council(&format!("{base}/certainty?kind=household&draws=100")).status, 200);
    app.make_account("kiem-tra", greenzone::domain::account::Role::Auditor, greenzone::domain::account::Scope::All);
    let token = app.sign_in("kiem-tra");
    let log = app.send("GET", "/api/v1/audit?campaign=hidden&action=private.read", Some(&token), &[], None).ok();
    assert!(log["items"].to_string().contains("/certainty?kind=household"), "{log}");
}
