use super::Q6;
use crate::support::app::TestApp;
use crate::support::on_all;
use serde_json::{Value, json};

fn campaign(code: &str) -> Value {
    json!({
        "code": code,
        "title": {"vi": "Thử", "en": "Trial"},
        "time_zone": "Asia/Saigon",
        "window": {"from": "2021-07-20", "to": "2021-07-30"},
        "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
        "kinds": [{"code": "ward", "figures": "reported"}],
        "level_scheme": "counts-14d",
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 60}, {"measure": "level_drop", "max_points": 40}]}
    })
}

on_all! {
    fn a_campaign_is_opened_filled_ranked_and_explained(app: TestApp) {
        app.set_clock("2021-07-24T04:00:00Z");
        let made = app.post("/api/v1/campaigns", &campaign("trial"));
        assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/campaigns/trial")));
        assert_eq!(made.json()["time_zone"], "Asia/Saigon", "kept as given");
        app.post("/api/v1/campaigns", &campaign("trial")).refused(409, "code_taken");
        app.get("/api/v1/campaigns/trial/leaderboard").refused(409, "not_started");
        let base = "/api/v1/campaigns/trial";
        app.post(&format!("{base}/units"), &json!([
            {"code": "a", "name": "Phường A", "kind": "ward"}, {"code": "b", "name": "Phường B", "kind": "ward"}
        ])).ok();
        let mut figures = Vec::new();
        for day in 6..24 {
            for (unit, cases) in [("a", if day < 20 { 4 } else { 1 }), ("b", 3)] {
                figures.push(json!({"unit_code": unit, "date": format!("2021-07-{day:02}"), "community_f0": cases}));
            }
        }
        assert_eq!(app.post(&format!("{base}/figures"), &json!(figures)).ok()["new"], 36);
        let board = app.get(&format!("{base}/leaderboard")).ok();
        assert_eq!(board["as_of"], "2021-07-22", "23 July closes at noon of the 24th");
        assert_eq!(app.get(&format!("{base}/leaderboard?as_of=live")).ok()["as_of"], "2021-07-23");
        let ranks: Vec<_> = board["items"].as_array().unwrap().iter().map(|r| (r["unit"]["code"].clone(), r["rank"].clone())).collect();
        assert_eq!(ranks, [(json!("a"), json!(1)), (json!("b"), json!(2))]);
        // e = 3 days x 4, c = 3, allowance 5: 9 of 17
        let standing = app.get(&format!("{base}/units/a/standing")).ok();
        assert_eq!(standing["row"]["change_percent"], 52.94);
        assert_eq!(standing["row"]["rank"], 1);
        assert_eq!(standing["below"]["unit"]["code"], "b");
        assert_eq!(standing["below"]["separated_by"], "total");
        let status = app.get(&format!("{base}/status")).ok();
        assert_eq!((&status["state"], &status["today"], &status["default_day"]), (&json!("open"), &json!("2021-07-24"), &json!("2021-07-22")));
        let states: Vec<_> = status["days"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap().to_owned()).collect();
        assert_eq!(states[2..6], ["closed", "due", "open", "not_begun"]);
        assert_eq!(status["capabilities"]["write"], false);
        assert_eq!(app.get_as_council(&format!("{base}/status")).ok()["capabilities"]["write"], true);
    }
}

on_all! {
    fn what_figures_rest_on_is_locked_and_the_rest_is_not(app: TestApp) {
        let app = app.with_q6();
        let read = app.get(Q6);
        let etag = read.header("etag").expect("a tag").to_owned();
        let mut document = read.json();
        app.put(Q6, &{ let mut d = document.clone(); d["title"]["en"] = json!("x"); d }).refused(428, "precondition_required");
        let put = |document: &Value, etag: &str| app.put_with(Q6, &[("if-match", etag)], document);
        for (field, value) in [
            ("window", json!({"from": "2021-07-09", "to": "2021-07-24"})),
            ("time_zone", json!("Asia/Tokyo")),
            ("level_scheme", json!("qd-4800-2021")),
        ] {
            let mut changed = document.clone();
            changed[field] = value;
            let problem = put(&changed, &etag).refused(409, "locked_field");
            assert!(problem["detail"].as_str().unwrap().contains(field), "{problem}");
        }
        let mut scoring = document.clone();
        scoring["scoring"]["closing_days"] = json!(5);
        put(&scoring, &etag).refused(409, "locked_field");
        let mut other_code = document.clone();
        other_code["code"] = json!("another");
        put(&other_code, &etag).refused(409, "locked_field");
        document["title"]["en"] = json!("Expand the green zone");
        let replaced = put(&document, &etag);
        assert_eq!(replaced.status, 200, "{}", replaced.text());
        assert_eq!(app.get(Q6).header("etag"), replaced.header("etag"));
        put(&document, &etag).refused(412, "precondition_failed");
    }
}

on_all! {
    fn a_wrong_document_is_refused_with_every_place(app: TestApp) {
        let mut wrong = campaign("wrong");
        wrong["windw"] = json!(1);
        wrong["baseline"]["to"] = json!("2021-07-18");
        wrong["kinds"][0]["figures"] = json!("guessed");
        let problem = app.post("/api/v1/campaigns", &wrong).refused(422, "invalid_request");
        let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
        for pointer in ["/windw", "/baseline/to", "/kinds/0/figures"] {
            assert!(pointers.contains(&pointer.to_owned()), "{pointer} is not in {pointers:?}");
        }
        let deep = format!("{{\"code\":{}", "[".repeat(100_000));
        let answer = app.send("POST", "/api/v1/campaigns", Some(&app.token), &[("content-type", "application/json")], Some(deep.as_bytes()));
        answer.refused(400, "malformed_body");
        assert_eq!(app.get("/api/v1/campaigns").ok()["total"], 0);
    }
}

on_all! {
    fn campaigns_and_schemes_are_listed(app: TestApp) {
        for n in 0..3 {
            app.post("/api/v1/campaigns", &campaign(&format!("c{n}"))).ok();
        }
        let first = app.get("/api/v1/campaigns?limit=2").ok();
        assert_eq!((&first["total"], &first["items"][1]["code"]), (&json!(3), &json!("c1")));
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = app.get(&format!("/api/v1/campaigns?limit=2&cursor={cursor}")).ok();
        assert_eq!((&second["items"][0]["code"], &second["next_cursor"]), (&json!("c2"), &json!(null)));
        assert_eq!(app.get("/api/v1/level-schemes").ok()["total"], 5);
        assert_eq!(app.get("/api/v1/level-schemes/counts-14d").ok()["code"], "counts-14d");
        app.get("/api/v1/level-schemes/none").refused(404, "scheme_not_found");
    }
}
