use super::Q6;
use crate::support::app::TestApp;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use serde_json::{Value, json};

fn define(app: &TestApp, code: &str, body: Value) -> Value {
    app.put(&format!("{Q6}/criteria/ward/{code}"), &body).ok()
}

fn as_json<'a>() -> [(&'a str, &'a str); 1] {
    [("content-type", "application/json")]
}

/// A reporter of one ward.
fn reporter(app: &TestApp) -> String {
    let scope = Scope::Unit { campaign: "q6-2021".into(), unit: "27382".into() };
    app.make_account("to-truong", Role::Reporter, scope);
    app.sign_in("to-truong")
}

on_both! {
    fn criteria_are_defined_changed_and_taken_back(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/criteria/ward/committee");
        app.put(&address, &json!({"weight": 1})).refused(422, "reason_required");
        let committee = json!({"name_vi": "Ban chỉ đạo", "name_en": "Steering committee", "type": "yes_no",
            "weight": 2.5, "required": true, "due": "2021-07-12", "evidence": "số quyết định", "reason": "bổ sung"});
        let made = app.put(&address, &committee);
        assert_eq!((made.status, made.header("location")), (201, Some(address.as_str())));
        assert_eq!(made.json()["weight"], 2.5);
        assert_eq!(app.put(&address, &committee).ok()["revision"], made.json()["revision"], "said again");
        let listed = app.get(&format!("{Q6}/criteria?kind=ward")).ok();
        assert_eq!((&listed["total"], &listed["items"][0]["type"]), (&json!(1), &json!("yes_no")));
        assert_eq!(app.get(&address).ok()["evidence"], "số quyết định");
        for (wrong, field) in [
            (json!({"weight": 0, "reason": "x"}), "/weight"),
            (json!({"weight": 0.0000001, "reason": "x"}), "/weight"),
            (json!({"weight": 1, "type": "stars", "reason": "x"}), "/type"),
            (json!({"weight": 1, "max_points": 15, "reason": "x"}), "/max_points"),
            (json!({"weight": 1, "code": "other", "reason": "x"}), "/code"),
            (json!({"weight": 1, "required": "yes", "reason": "x"}), "/required"),
        ] {
            let problem = app.put(&address, &wrong).refused(422, "invalid_request");
            assert_eq!(problem["errors"][0]["pointer"], field, "{problem}");
        }
        app.put(&format!("{Q6}/criteria/planet/x"), &json!({"weight": 1, "reason": "x"})).refused(422, "unknown_kind");
        assert_eq!(app.delete(&format!("{address}?reason=thua")).status, 200);
        app.get(&address).refused(404, "criterion_not_found");
        app.delete(&format!("{address}?reason=x")).refused(404, "criterion_not_found");
        assert_eq!(app.put(&address, &committee).status, 201, "and defined again");
        let history = app.get(&format!("{address}/history")).ok();
        let taken_back: Vec<bool> = history["items"].as_array().unwrap().iter().map(|i| !i["withdrawn_at"].is_null()).collect();
        assert_eq!(taken_back, [true, false]);
    }
}

on_both! {
    fn the_contents_of_a_plan_are_adopted_in_one_call(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/criteria");
        let sets = app.get("/api/v1/criteria-sets").ok();
        assert_eq!(sets["items"][0]["criteria"].as_array().map(Vec::len), Some(7));
        let adopt = json!({"set": "q6-259-contents", "kinds": ["ward"], "reason": "theo kế hoạch"});
        let made = app.post(&address, &adopt).ok();
        assert_eq!((made["items"].as_array().map(Vec::len), &made["revision"]), (Some(7), &json!(2)));
        let again = app.post(&address, &adopt).ok();
        assert_eq!((again["items"].as_array().map(Vec::len), &again["revision"]), (Some(7), &json!(2)));
        assert_eq!(app.get(&format!("{address}/ward/new-ways")).ok()["type"], "percent");
        app.post(&address, &json!({"set": "q6-259-contents", "kinds": ["ward", "planet"], "reason": "x"})).refused(422, "unknown_kind");
        app.post(&address, &json!({"set": "no-such", "kinds": ["ward"], "reason": "x"})).refused(422, "invalid_request");
        app.post(&address, &json!({"set": "q6-259-contents", "kinds": [], "reason": "x"})).refused(422, "invalid_request");
        app.post(&address, &json!({"set": "vinh-phuc-239-green", "kinds": ["ward"]})).refused(422, "reason_required");
    }
}

on_both! {
    fn hamlets_turn_green_in_time_and_are_counted_up_the_province(app: TestApp) {
        const VP: &str = "/api/v1/campaigns/vinh-phuc-239-2021";
        app.import(&greenzone::pack::read(&greenzone::pack::bundled()[2].files()).expect("the bundled pack"));
        app.set_clock("2021-09-20T06:00:00Z");
        assert_eq!(app.get(&format!("{VP}/units?kind=commune")).ok()["total"], 136);
        app.get(&format!("{VP}/leaderboard")).refused(409, "not_started");
        let hamlets = ["a", "b", "c"];
        let units: Vec<Value> = hamlets.iter().map(|code| json!({"code": code, "name": format!("Thôn {code}"), "kind": "hamlet",
            "parent_code": "08707", "population": 900})).collect();
        app.post(&format!("{VP}/units"), &json!(units)).ok();
        let days = (1..=31).map(|d| format!("2021-08-{d:02}")).chain((1..=19).map(|d| format!("2021-09-{d:02}")));
        let days: Vec<String> = days.skip(17).collect();
        for code in hamlets {
            // the last case of a on 3 September: green from 17 September on; c has one on the 18th
            let cases = |day: &str| u64::from((code == "a" && day == "2021-09-03") || (code == "c" && day == "2021-09-18"));
            let figures: Vec<Value> = days.iter().map(|day| json!({"unit_code": code, "date": day, "community_f0": cases(day)})).collect();
            app.post(&format!("{VP}/figures"), &json!(figures)).ok();
            for criterion in ["steering-committee", "safety-rules", "communication", "sources-controlled", "daily-assessment", "green-households"] {
                let value = if criterion == "green-households" { json!(100) } else { json!(true) };
                let date = if code == "b" { "2021-09-15" } else { "2021-09-14" };
                let address = format!("{VP}/units/{code}/assessments/{criterion}");
                app.put(&address, &json!({"value": value, "date": date})).ok();
                app.post(&format!("{address}/verify"), &json!({"date": date, "decision": "verified"})).ok();
            }
        }
        let board = app.get(&format!("{VP}/leaderboard?by=green_on&track=kept_clean")).ok();
        let rows = |board: &Value| -> Vec<Value> {
            let row = |r: &Value| json!([r["rank"], r["unit"]["code"], r["green_on"], r["green_by_kept"]]);
            board["items"].as_array().unwrap().iter().map(row).collect()
        };
        assert_eq!(rows(&board), [json!([1, "b", "2021-09-15", true]), json!([2, "c", null, false])]);
        let improved = app.get(&format!("{VP}/leaderboard?by=green_on")).ok();
        assert_eq!(rows(&improved), [json!([1, "a", "2021-09-17", true])]);
        // lost on the 18th: on the board of the day before it was green since the first day
        let before = app.get(&format!("{VP}/leaderboard?by=green_on&track=kept_clean&as_of=2021-09-17")).ok();
        assert_eq!(rows(&before), [json!([1, "c", "2021-09-14", null]), json!([2, "b", "2021-09-15", null])]);
        let view = app.get(&format!("{VP}/units/26/roll-up")).ok();
        let hamlet = view["kinds"].as_array().unwrap().iter().find(|k| k["kind"] == "hamlet").unwrap().clone();
        let by_day: Vec<u64> = hamlet["days"].as_array().unwrap().iter().filter_map(|d| d["green"].as_u64()).collect();
        assert_eq!(by_day, [1, 2, 2, 3, 2, 2]);
        let since: Vec<u64> = hamlet["days"].as_array().unwrap().iter().filter_map(|d| d["green_since"].as_u64()).collect();
        assert_eq!(since, [0, 1, 0, 1, 0, 0]);
        let history = app.get(&format!("{VP}/units/b/history")).ok();
        let green: Vec<bool> = history["items"].as_array().unwrap().iter().filter_map(|d| d["green"].as_bool()).collect();
        assert_eq!(green, [false, true, true, true, true, true]);
        // a criterion that is returned takes the green away from that day on
        let homes = format!("{VP}/units/b/assessments/green-households");
        app.put(&homes, &json!({"value": 99.5, "date": "2021-09-19"})).ok();
        app.post(&format!("{homes}/verify"), &json!({"date": "2021-09-19", "decision": "verified"})).ok();
        let lost = app.get(&format!("{VP}/leaderboard?by=green_on&track=kept_clean")).ok();
        assert_eq!(rows(&lost), [json!([1, "b", null, false]), json!([2, "c", null, false])]);
    }
}

on_both! {
    fn a_unit_assesses_itself_and_only_what_is_verified_scores(app: TestApp) {
        let q6 = greenzone::pack::read(&greenzone::pack::bundled()[0].files()).expect("the bundled pack");
        let mut contest = q6.clone();
        let mut document = q6.campaign.to_json();
        document["scoring"]["components"] =
            json!([{"measure": "case_reduction", "max_points": 60}, {"measure": "criteria", "max_points": 40}]);
        let campaign = greenzone::domain::Campaign::parse(document.to_string().as_bytes()).expect("a campaign");
        contest.campaign = std::sync::Arc::new(campaign);
        app.import(&contest);
        define(&app, "committee", json!({"type": "yes_no", "weight": 1, "evidence": "số quyết định", "reason": "x"}));
        define(&app, "ideas", json!({"type": "points", "max_points": 15, "weight": 3, "reason": "x"}));
        let token = reporter(&app);
        let say = |unit: &str, criterion: &str, body: Value| {
            let address = format!("{Q6}/units/{unit}/assessments/{criterion}");
            app.send("PUT", &address, Some(&token), &as_json(), Some(body.to_string().as_bytes()))
        };
        let verdict = |criterion: &str, body: Value| app.post(&format!("{Q6}/units/27382/assessments/{criterion}/verify"), &body);
        let points = || {
            let row = app.get(&format!("{Q6}/units/27382/standing?as_of=2021-07-12")).ok()["row"].clone();
            row["points"]["components"][1]["points"].clone()
        };
        say("27382", "committee", json!({"value": true, "date": "2021-07-12"})).refused(422, "invalid_request");
        let said = json!({"value": true, "date": "2021-07-12", "evidence": "QĐ 12"});
        let first = say("27382", "committee", said.clone());
        assert_eq!((first.status, &first.json()["status"], &first.json()["value"]), (201, &json!("submitted"), &json!(100)));
        assert_eq!(say("27382", "committee", said.clone()).ok()["revision"], first.json()["revision"]);
        assert_eq!(points(), 0, "what nobody verified is nothing");
        assert_eq!(app.get(&format!("{Q6}/assessments")).ok()["total"], 0, "a claim is not public");
        let queue = app.get_as_council(&format!("{Q6}/assessments?status=submitted")).ok();
        assert_eq!((&queue["total"], &queue["items"][0]["evidence"]), (&json!(1), &json!("QĐ 12")));
        assert_eq!(verdict("committee", json!({"date": "2021-07-12", "decision": "verified"})).ok()["status"], "verified");
        assert_eq!(points(), 10, "a quarter of the weights");
        let public = app.get(&format!("{Q6}/units/27382/assessments")).ok();
        assert_eq!((&public["total"], &public["items"][0]["evidence"]), (&json!(1), &Value::Null));
        say("27382", "ideas", json!({"value": 7, "date": "2021-07-11"})).ok();
        verdict("ideas", json!({"date": "2021-07-11", "decision": "verified", "value": 6})).refused(422, "reason_required");
        let changed = verdict("ideas", json!({"date": "2021-07-11", "decision": "verified", "value": 6, "reason": "một ý trùng"})).ok();
        assert_eq!((&changed["value"], &changed["given"]), (&json!(40), &json!(6)));
        assert_eq!(points(), 22, "40 × (100 + 3 × 40)/400");
        verdict("ideas", json!({"date": "2021-07-11", "decision": "returned"})).refused(422, "reason_required");
        verdict("ideas", json!({"date": "2021-07-11", "decision": "returned", "reason": "thiếu"})).ok();
        assert_eq!(points(), 10);
        let history = app.get_as_council(&format!("{Q6}/units/27382/assessments/ideas")).ok();
        let statuses: Vec<&str> = history["items"].as_array().unwrap().iter().filter_map(|i| i["status"].as_str()).collect();
        assert_eq!(statuses, ["submitted", "verified", "returned"]);
        for (wrong, code) in [
            (json!({"value": 15.01, "date": "2021-07-12"}), "invalid_request"),
            (json!({"value": true, "date": "2021-07-12"}), "invalid_request"),
            (json!({"value": 1, "date": "2021-07-25"}), "day_outside_campaign"),
            (json!({"value": 1}), "invalid_request"),
        ] {
            say("27382", "ideas", wrong).refused(422, code);
        }
        say("27382", "songs", json!({"value": 1, "date": "2021-07-12"})).refused(404, "criterion_not_found");
        say("27379", "ideas", json!({"value": 1, "date": "2021-07-12"})).refused(403, "forbidden");
        verdict("ideas", json!({"date": "2021-07-10", "decision": "verified"})).refused(404, "assessment_not_found");
        let locked = app.put(&format!("{Q6}/criteria/ward/ideas"), &json!({"type": "percent", "weight": 3, "reason": "x"}));
        locked.refused(409, "locked_field");
        assert_eq!(app.delete(&format!("{Q6}/criteria/ward/ideas?reason=thoi")).status, 200);
        assert_eq!(points(), 40, "the committee is all that is left");
        // a fresh load tells the same as what was kept up to date
        let served = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        let dir = app.folder().join(format!("criteria-{}", std::process::id()));
        let exported = app.service.export("q6-2021").expect("a contest");
        greenzone::pack::write_path(&exported, &dir).expect("a pack");
        let again = greenzone::pack::read_path(&dir).expect("what was written is sound");
        assert_eq!(again, exported);
        let board = crate::support::known_boards::score(&again, &json!({"as_of": "2021-07-12"})).expect("a board");
        assert_eq!(board["items"], served["items"]);
    }
}
