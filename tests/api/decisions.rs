use super::Q6;
use crate::support::app::TestApp;
use crate::support::on_all;
use serde_json::{Value, json};

fn row(app: &TestApp, unit: &str) -> Value {
    app.get(&format!("{Q6}/units/{unit}/standing?as_of=2021-07-12")).ok()["row"].clone()
}

on_all! {
    fn a_unit_is_withdrawn_and_comes_back(app: TestApp) {
        let app = app.with_q6();
        let before = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        let state = format!("{Q6}/units/27382/state");
        let put = app.put(&state, &json!({"state": "withdrawn", "reason": "xin rút"})).ok();
        assert_eq!((&put["state"], &put["revision"]), (&json!("withdrawn"), &json!(2)));
        let stale = app.put_with(&state, &[("if-match", "\"0\"")], &json!({"state": "active", "reason": "x"}));
        stale.refused(412, "precondition_failed");
        let again = app.put(&state, &json!({"state": "withdrawn", "reason": "xin rút"})).ok();
        assert_eq!(again["revision"], 2);
        assert_eq!(row(&app, "27382")["unranked"], json!(["withdrawn"]));
        assert_eq!(row(&app, "27379")["rank"], 1, "ranks close up");
        assert_eq!(app.get(&format!("{Q6}/units/27382")).ok()["state"], "withdrawn");
        app.delete(&state).refused(422, "reason_required");
        assert_eq!(app.delete(&format!("{state}?reason=rut%20nham")).ok()["state"], "active");
        app.delete(&format!("{state}?reason=x")).refused(404, "state_not_found");
        let mut after = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        after["revision"] = before["revision"].clone();
        assert_eq!(after["items"], before["items"], "taken back: every number as before");
        app.put(&state, &json!({"state": "asleep", "reason": "x"})).refused(422, "invalid_request");
        app.put(&state, &json!({"state": "withdrawn"})).refused(422, "invalid_request");
    }
}

on_all! {
    fn a_day_is_excused_and_due_again(app: TestApp) {
        let app = app.with_q6();
        let excuse = |day: &str| format!("{Q6}/units/27385/excuses/{day}");
        for day in ["2021-07-09", "2021-07-10", "2021-07-11", "2021-07-12"] {
            assert_eq!(app.put(&excuse(day), &json!({"reason": "mất điện"})).status, 201);
        }
        assert_eq!(row(&app, "27385")["missing_days"], 0);
        assert_eq!(app.put(&excuse("2021-07-12"), &json!({"reason": "mất điện"})).status, 200);
        let listed = app.get_as_council(&format!("{Q6}/excuses")).ok();
        assert_eq!((&listed["total"], &listed["items"][0]["reason"]), (&json!(4), &json!("mất điện")));
        assert_eq!(app.get(&format!("{Q6}/excuses")).ok()["items"][0]["reason"], Value::Null);
        assert_eq!(app.delete(&format!("{}?reason=x", excuse("2021-07-12"))).status, 200);
        assert_eq!(row(&app, "27385")["missing_days"], 1);
        app.delete(&format!("{}?reason=x", excuse("2021-07-12"))).refused(404, "excuse_not_found");
        app.put(&excuse("2021-07-24"), &json!({"reason": "x"})).refused(422, "day_outside_campaign");
        app.put(&format!("{Q6}/units/775/excuses/2021-07-12"), &json!({"reason": "x"})).refused(422, "derived_unit");
    }
}

on_all! {
    fn a_start_level_is_declared_and_taken_back(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/units/27382/start-level");
        let before = row(&app, "27382");
        assert_eq!(app.put(&address, &json!({"level": "red", "reason": "theo quyết định"})).status, 201);
        let declared = row(&app, "27382");
        assert_eq!((&declared["level"]["start"], &declared["level"]["dropped"]), (&json!("red"), &json!(1)));
        assert_eq!(app.get(&format!("{Q6}/start-levels")).ok()["items"][0]["level"], "red");
        app.put(&address, &json!({"level": "violet", "reason": "x"})).refused(422, "invalid_request");
        assert_eq!(app.delete(&format!("{address}?reason=x")).status, 200);
        assert_eq!(row(&app, "27382"), before);
        app.delete(&format!("{address}?reason=x")).refused(404, "start_level_not_found");
    }
}

on_all! {
    fn points_are_given_taken_and_given_back(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/adjustments");
        let total = |app: &TestApp| row(app, "27382")["points"]["total"].as_f64().unwrap();
        let before = total(&app);
        let give = |kind: &str, points: Value| app.post(&address, &json!({"unit_code": "27382", "kind": kind, "points": points, "reason": "sáng kiến"}));
        let bonus = give("bonus", json!(2.5));
        assert_eq!((bonus.status, bonus.header("location")), (201, Some(format!("{address}/1").as_str())));
        assert_eq!(bonus.json()["id"], "1");
        assert!(bonus.header("etag").is_some());
        give("deduction", json!(1)).ok();
        assert!((total(&app) - before - 1.5).abs() < 1e-9);
        give("bonus", json!(100)).ok();
        assert!((total(&app) - before - 9.0).abs() < 1e-9, "the sum is capped");
        for wrong in [json!(0), json!(-1), json!(0.125), json!("2")] {
            give("bonus", wrong).refused(422, "invalid_request");
        }
        assert_eq!(app.get(&address).ok()["total"], 3);
        let tag = app.get_as_council(&format!("{address}/1")).header("etag").map(str::to_owned);
        assert_eq!(tag.as_deref(), bonus.header("etag"));
        let stale = app.send("DELETE", &format!("{address}/1?reason=x"), Some(&app.token), &[("if-match", "\"0\"")], None);
        stale.refused(412, "precondition_failed");
        app.get(&format!("{address}/9")).refused(404, "adjustment_not_found");
        for id in ["1", "2", "3"] {
            assert_eq!(app.delete(&format!("{address}/{id}?reason=x")).status, 200);
        }
        app.delete(&format!("{address}/1?reason=x")).refused(404, "adjustment_not_found");
        app.delete(&format!("{address}/one?reason=x")).refused(404, "adjustment_not_found");
        assert!((total(&app) - before).abs() < 1e-9);
    }
}
