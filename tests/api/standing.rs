//! What a standing tells: sentences, and what it would have taken to pass the unit above.

use super::{Q6, figure, hidden};
use crate::support::app::TestApp;
use crate::support::at;
use crate::support::database::TestDatabase;
use serde_json::{Value, json};

fn standing(app: &TestApp, unit: &str) -> Value {
    app.get(&format!("{Q6}/units/{unit}/standing?as_of=2021-07-12")).ok()
}

fn texts(standing: &Value, language: &str) -> Vec<String> {
    let list = standing["sentences"][language].as_array().expect("sentences").clone();
    list.iter().map(|s| s.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn the_readme_works_a_standing_out_that_is_answered_so() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let readme = std::fs::read_to_string(at("README.md")).expect("README.md");
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in texts(&standing(&app, "27364"), "en") {
        assert!(readme.contains(&sentence), "README.md does not hold: {sentence}");
    }
}

#[test]
fn what_it_would_take_is_true_once_it_is_written() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let board = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
    let mut tried = 0;
    for row in board["items"].as_array().unwrap().iter().filter(|r| r["rank"].is_u64()) {
        let code = row["unit"]["code"].as_str().unwrap();
        let effort = standing(&app, code)["what_would_it_take"].clone();
        if row["rank"] == 1 {
            assert_eq!((&effort["reason"], &effort["unit"]), (&json!("already_first"), &Value::Null));
            continue;
        }
        assert_eq!(effort["rank"].as_u64().unwrap() + 1, row["rank"].as_u64().unwrap());
        let Some(dates) = effort["clean_days"]["dates"].as_array() else {
            assert_eq!(effort["reason"], "not_enough");
            continue;
        };
        let rank = |app: &TestApp, unit: &str| standing(app, unit)["row"]["rank"].clone();
        let mut before = Vec::new();
        for (at, date) in dates.iter().map(|date| date.as_str().unwrap()).enumerate() {
            let address = figure(code, date);
            before.push((address.clone(), app.get(&address).ok()["community_f0"].clone()));
            app.put(&address, &json!({"community_f0": 0})).ok();
            let other = rank(&app, effort["unit"]["code"].as_str().unwrap());
            let passes = rank(&app, code).as_u64() < other.as_u64();
            assert_eq!(passes, at + 1 == dates.len(), "{code} after {} of {dates:?}", at + 1);
        }
        assert_eq!(rank(&app, code), effort["clean_days"]["rank"], "{code}");
        for (address, cases) in before {
            app.put(&address, &json!({"community_f0": cases})).ok();
        }
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
}

#[test]
fn of_a_small_unit_the_sentences_tell_rank_and_level_at_most() {
    let app = TestApp::on(TestDatabase::sqlite());
    let base = hidden(&app);
    let small = app.get(&format!("{base}/units/b1/standing")).ok();
    assert_eq!(
        texts(&small, "en"),
        ["Xưởng 1 has rank 1 on the improvement track, by points, at the end of 2021-07-23."]
    );
    assert_eq!(small["what_would_it_take"], Value::Null);
    assert_eq!(small["workings"], json!([]));
    let another_day = app.get(&format!("{base}/units/b1/standing?as_of=2021-07-22")).ok();
    assert_eq!(texts(&another_day, "en"), ["The rank of Xưởng 1 on 2021-07-22 is not public."]);
    let council = app.get_as_council(&format!("{base}/units/b1/standing")).ok();
    assert!(texts(&council, "vi").len() > 8);

    // b2 stands level with the hidden b1 or after it: what separates them is not told
    let open = app.get(&format!("{base}/units/b2/standing")).ok();
    assert!(!texts(&open, "en").iter().any(|s| s.contains("separates")), "{open}");
    let district = app.get_as_council(&format!("{base}/units/open/standing")).ok();
    assert!(["already_first", "sum_of_others"].contains(&district["what_would_it_take"]["reason"].as_str().unwrap()));
}

#[test]
fn a_unit_without_a_rank_is_told_why() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let told = standing(&app, "27385");
    assert!(texts(&told, "en")[0].starts_with("Phường 10 has no rank on 2021-07-12: no baseline"), "{told}");
    assert!(texts(&told, "vi")[0].starts_with("Phường 10 không được xếp hạng ngày 12/7/2021: không có kỳ gốc"));
    assert_eq!(told["what_would_it_take"]["reason"], "unranked");
}

#[test]
fn what_it_would_take_is_told_only_where_nobody_hidden_stands_between() {
    let app = TestApp::on(TestDatabase::sqlite());
    hidden(&app);
    let base = "/api/v1/campaigns/between";
    let mut document = app.get("/api/v1/campaigns/hidden").ok();
    document["code"] = json!("between");
    let fields = ["code", "time_zone", "window", "baseline", "kinds", "level_scheme", "scoring"];
    let document: serde_json::Map<String, Value> =
        fields.iter().map(|f| ((*f).to_owned(), document[f].clone())).collect();
    app.post("/api/v1/campaigns", &Value::Object(document)).ok();
    // the later in the alphabet, the more cases since 20 July; only c has so few people
    let units = ["a", "b", "c", "d", "e"].map(|code| {
        let population = if code == "c" { 120 } else { 700 };
        json!({"code": code, "name": code, "kind": "business", "population": population})
    });
    app.post(&format!("{base}/units"), &json!(units)).ok();
    for (unit, cases) in [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)] {
        let figure = |day: u32| json!({"unit_code": unit, "date": format!("2021-07-{day:02}"), "community_f0": if day < 20 { 9 } else { cases }});
        app.post(&format!("{base}/figures"), &json!((6..24).map(figure).collect::<Vec<_>>())).ok();
    }
    let effort = |unit: &str| app.get(&format!("{base}/units/{unit}/standing")).ok()["what_would_it_take"].clone();
    let council =
        |unit: &str| app.get_as_council(&format!("{base}/units/{unit}/standing")).ok()["what_would_it_take"].clone();
    assert_eq!(effort("a")["reason"], "already_first");
    for (unit, above) in [("b", "a"), ("e", "d")] {
        assert_eq!(effort(unit)["unit"]["code"], above);
        assert_eq!(effort(unit), council(unit));
        // four days of one case less make four fewer, one more passes
        assert_eq!(effort(unit)["fewer_cases"]["cases"], 5);
    }
    assert_eq!((effort("c"), effort("d")), (Value::Null, Value::Null), "c is hidden, and stands above d");
    assert_eq!((&council("c")["unit"]["code"], &council("d")["unit"]["code"]), (&json!("b"), &json!("c")));
}
