//! Freezing what the public sees, at once and from a day on, and thawing it.

use super::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use greenzone::service::scheduler::Scheduler;
use serde_json::{Value, json};

const FREEZE: &str = "/api/v1/campaigns/q6-2021/freeze";
const BOARD: &str = "/api/v1/campaigns/q6-2021/leaderboard?limit=3";

fn cases(app: &TestApp, token: Option<&str>) -> Value {
    app.send("GET", &figure("27382", "2021-07-12"), token, &[], None).json()["community_f0"].clone()
}

fn correct(app: &TestApp, cases: u32) {
    app.put(&figure("27382", "2021-07-12"), &json!({"community_f0": cases, "reason": "x"})).ok();
}

on_both! {
    fn the_public_sees_what_was_frozen_and_the_council_sees_both(app: TestApp) {
        let app = app.with_q6();
        let before = app.get(BOARD).ok();
        assert_eq!((&before["status"], &app.get(&format!("{Q6}/status")).ok()["freeze"]), (&json!("provisional"), &Value::Null));
        app.set_clock("2021-07-24T06:30:00Z");
        let made = app.put(FREEZE, &json!({"reason": "chờ hội đồng xét"}));
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        assert_eq!((&made["status"], &made["pin"]["id"], &made["pin"]["issue"]), (&json!("frozen"), &json!("1"), &Value::Null));
        assert_eq!(made["pin"]["since"], "2021-07-24T06:30:00Z");
        assert!(made["pin"]["author"].as_str().expect("who").starts_with("token:"));
        let again = app.put(FREEZE, &json!({"reason": "chờ hội đồng xét"}));
        assert_eq!((again.status, again.json()["revision"].clone()), (200, made["revision"].clone()), "it stands so already");
        app.put(FREEZE, &json!({"reason": "khác"})).refused(409, "already_frozen");
        correct(&app, 40);

        let frozen = app.get(BOARD);
        assert_eq!(frozen.header("greenzone-revision"), Some(made["revision"].to_string().as_str()));
        let frozen = frozen.ok();
        assert_eq!((&frozen["status"], &frozen["items"]), (&json!("frozen"), &before["items"]));
        let live = app.get_as_council(BOARD).ok();
        assert_eq!(live["status"], "provisional");
        assert!(live["revision"].as_i64() > frozen["revision"].as_i64());
        let beside = app.get_as_council(&format!("{BOARD}&audience=public"));
        assert_eq!(beside.header("cache-control"), Some("private, no-cache"));
        assert_eq!(beside.ok(), frozen);
        app.get_as_council(&format!("{BOARD}&audience=council")).refused(422, "invalid_parameter");
        assert_eq!((cases(&app, None), cases(&app, Some(&app.token))), (json!(1), json!(40)));

        let told = json!({"status": "frozen", "since": "2021-07-24T06:30:00Z", "issue": null, "planned_for": null, "reason": null, "author": null});
        let status = app.get(&format!("{Q6}/status")).ok();
        assert_eq!((&status["freeze"], &status["revision"]), (&told, &made["revision"]));
        let council = app.get_as_council(&format!("{Q6}/status")).ok();
        assert_eq!(council["freeze"]["reason"], "chờ hội đồng xét");
        assert!(council["revision"].as_i64() > status["revision"].as_i64());
        assert_eq!(app.get_as_council(FREEZE).ok()["pin"], made["pin"]);
        app.get(FREEZE).refused(401, "unauthenticated");
        for (language, word) in [("vi", "Đã đóng băng"), ("en", "Frozen")] {
            let page = app.get(&format!("/c/q6-2021?lang={language}")).text();
            assert!(page.contains(word) && page.contains("13:30"), "{page}");
        }

        app.delete(FREEZE).refused(422, "reason_required");
        let thawed = app.delete(&format!("{FREEZE}?reason=xong")).ok();
        assert_eq!((&thawed["status"], &thawed["pins"][0]["lifted"]["reason"]), (&json!("provisional"), &json!("xong")));
        assert_eq!((cases(&app, None), app.get(BOARD).ok()["status"].clone()), (json!(40), json!("provisional")));
        app.delete(&format!("{FREEZE}?reason=x")).refused(409, "not_frozen");
        app.make_account("kiem-toan", Role::Auditor, Scope::All);
        let log = app.send("GET", "/api/v1/audit?campaign=q6-2021", Some(&app.sign_in("kiem-toan")), &[], None).text();
        assert!(log.contains("freeze.put") && log.contains("freeze.delete"), "{log}");
    }
}

on_both! {
    fn a_planned_freeze_holds_from_the_beginning_of_its_day_whoever_comes_first(app: TestApp) {
        let app = app.with_q6();
        app.put(FREEZE, &json!({"reason": "x", "from": "2021-07-24"})).refused(422, "invalid_request");
        app.put(FREEZE, &json!({"reason": "x", "from": "mai"})).refused(422, "invalid_request");
        for first in ["writer", "reader", "list", "scheduler"] {
            app.set_clock("2021-07-24T06:00:00Z");
            let plan = app.put(FREEZE, &json!({"reason": first, "from": "2021-07-26"})).ok();
            assert_eq!((&plan["status"], &plan["pin"]), (&json!("provisional"), &Value::Null));
            // another day takes its place
            let plan = app.put(FREEZE, &json!({"reason": first, "from": "2021-07-25"})).ok();
            assert_eq!(plan["plan"]["from"], "2021-07-24T17:00:00Z");
            assert_eq!(app.get(&format!("{Q6}/status")).ok()["freeze"], Value::Null, "a plan is not public");
            assert_eq!(app.get_as_council(&format!("{Q6}/status")).ok()["freeze"]["status"], "planned");
            app.set_clock("2021-07-24T16:59:59Z");
            correct(&app, 11);
            assert_eq!(cases(&app, None), 11, "nothing is frozen yet");
            app.set_clock("2021-07-24T17:00:00Z");
            match first {
                "reader" => drop(app.get(BOARD).ok()),
                "list" => drop(app.get("/api/v1/campaigns").ok()),
                "scheduler" => assert_eq!(Scheduler::new(app.service.clone()).run_freezes_due().expect("run"), None),
                _ => {}
            }
            correct(&app, 12);
            assert_eq!((cases(&app, None), cases(&app, Some(&app.token))), (json!(11), json!(12)), "{first}");
            assert_eq!(app.get(BOARD).ok()["status"], "frozen");
            let pin = app.get_as_council(FREEZE).ok()["pin"].clone();
            assert_eq!((&pin["since"], &pin["reason"]), (&json!("2021-07-24T17:00:00Z"), &json!(first)));
            app.delete(&format!("{FREEZE}?reason=x")).ok();
        }
        app.set_clock("2021-07-24T06:00:00Z");
        app.put(FREEZE, &json!({"reason": "x", "from": "2021-07-25"})).ok();
        app.delete(&format!("{FREEZE}?reason=x")).ok();
        app.set_clock("2021-07-25T06:00:00Z");
        correct(&app, 13);
        assert_eq!(cases(&app, None), 13, "what was called off does not come");
    }
}

on_both! {
    fn reporters_see_their_own_unit_as_it_stands_and_the_board_as_the_public_does(app: TestApp) {
        let app = app.with_q6();
        app.make_account("phuong-7", Role::Reporter, Scope::Unit { campaign: "q6-2021".into(), unit: "27382".into() });
        let token = app.sign_in("phuong-7");
        app.put(FREEZE, &json!({"reason": "x"})).ok();
        let frozen = app.get(BOARD).ok();
        correct(&app, 40);
        app.put(&figure("27379", "2021-07-12"), &json!({"community_f0": 41, "reason": "x"})).ok();
        let read = |address: &str| app.send("GET", address, Some(&token), &[], None).ok();
        assert_eq!(read(&figure("27382", "2021-07-12"))["community_f0"], 40);
        assert_ne!(read(&figure("27379", "2021-07-12"))["community_f0"], 41);
        assert_eq!(read(BOARD)["items"], frozen["items"]);
        assert_eq!(read(&format!("{Q6}/levels"))["revision"], frozen["revision"]);
        let listed = read(&format!("{Q6}/figures?date=2021-07-12&kind=ward&limit=1000"));
        let rows = listed["items"].as_array().expect("rows");
        assert!(rows.iter().all(|row| row["community_f0"] != 40 && row["community_f0"] != 41), "{listed}");
        let day = read(&format!("{Q6}/days/2021-07-13"));
        assert_eq!((&day["reports"], &day["items"][0]["unit"]["code"]), (&Value::Null, &json!("27382")), "{day}");
    }
}

on_both! {
    fn no_cursor_leads_the_public_past_a_freeze(app: TestApp) {
        let app = app.with_q6();
        app.put(FREEZE, &json!({"reason": "x"})).ok();
        correct(&app, 40);
        // a walk that is the public's but for its revision
        let cursor = app.get(BOARD).ok()["next_cursor"].as_str().expect("a cursor").to_owned();
        assert_eq!(app.get(&format!("{BOARD}&cursor={cursor}")).ok()["status"], "frozen");
        let live = app.get_as_council(BOARD).ok()["next_cursor"].as_str().expect("a cursor").to_owned();
        assert!(matches!(app.get(&format!("{BOARD}&cursor={live}")).status, 410 | 422));
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let text = String::from_utf8(engine.decode(&cursor).expect("base64")).expect("text");
        let (revision, rest) = text.split_once('.').expect("parts");
        let next = revision.parse::<i64>().expect("a number") + 1;
        let made = engine.encode(format!("{next}.{rest}"));
        app.get(&format!("{BOARD}&cursor={made}")).refused(410, "cursor_stale");
    }
}
