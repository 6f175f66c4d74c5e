use super::Q6;
use crate::support::app::TestApp;
use crate::support::on_both;
use serde_json::{Value, json};

fn levels(app: &TestApp, unit: &str) -> Vec<[String; 3]> {
    let view = app.get(&format!("{Q6}/units/{unit}/declared-levels")).ok();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let day = |day: &Value| [text(&day["assessed"]), text(&day["declared"]), text(&day["effective"])];
    view["days"].as_array().expect("days").iter().map(day).collect()
}

on_both! {
    fn levels_are_declared_earlier_or_higher_never_later_or_lower(app: TestApp) {
        // on the evening of 12 July, the last day with figures
        let app = app.with_q6();
        app.set_clock("2021-07-12T12:00:00Z");
        let declare = |unit: &str, day: &str, level: &str| {
            app.put(&format!("{Q6}/units/{unit}/declared-levels/{day}"), &json!({"level": level, "reason": "chủ động"}))
        };
        let assessed: Vec<String> = levels(&app, "27382").into_iter().map(|[assessed, ..]| assessed).collect();
        assert_eq!(assessed, ["orange", "orange", "orange", "orange"]);
        let low = declare("27382", "2021-07-12", "yellow").refused(422, "level_too_low");
        assert!(low["detail"].as_str().unwrap_or_default().contains("orange"), "{low}");
        declare("27382", "2021-07-14", "yellow").refused(422, "level_too_low");
        let late = declare("27382", "2021-07-12", "orange").refused(422, "level_too_late");
        assert!(late["detail"].as_str().unwrap_or_default().contains("2021-07-08"), "{late}");
        declare("27382", "2021-07-13", "orange").refused(422, "level_too_late");
        let higher = declare("27382", "2021-07-11", "red");
        assert_eq!((higher.status, &higher.json()["level"]), (201, &json!("red")));
        assert_eq!(declare("27382", "2021-07-11", "red").status, 200);
        let now = levels(&app, "27382");
        assert_eq!(now[1], ["orange", "-", "orange"]);
        assert_eq!(now[2], ["orange", "red", "red"]);
        let shown = app.get(&format!("{Q6}/levels?date=2021-07-12&kind=ward")).ok();
        let row = shown["items"].as_array().unwrap().iter().find(|i| i["unit"]["code"] == "27382").unwrap();
        assert_eq!((&row["level"], &row["declared"], &row["effective"]), (&json!("orange"), &json!("red"), &json!("red")));
        let before = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok()["items"].clone();
        declare("27379", "2021-07-12", "red").ok();
        assert_eq!(app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok()["items"], before, "no score reads it");
        declare("27382", "2021-07-24", "red").refused(422, "day_outside_window");
        declare("27382", "2021-07-12", "violet").refused(422, "invalid_request");
        let address = format!("{Q6}/units/27382/declared-levels/2021-07-11");
        assert_eq!(app.delete(&format!("{address}?reason=x")).status, 200);
        app.delete(&format!("{address}?reason=x")).refused(404, "declared_level_not_found");
        assert_eq!(levels(&app, "27382")[2], ["orange", "-", "orange"]);
    }
}

on_both! {
    fn nobody_knows_what_a_silent_unit_may_not_declare(app: TestApp) {
        // 27385 has no record at all: unknown, never green
        let app = app.with_q6();
        app.set_clock("2021-07-12T12:00:00Z");
        let address = format!("{Q6}/units/27385/declared-levels/2021-07-12");
        app.put(&address, &json!({"level": "yellow"})).ok();
        assert_eq!(levels(&app, "27385")[3], ["unknown", "yellow", "unknown"]);
        app.put(&address, &json!({"level": "red"})).ok();
        assert_eq!(levels(&app, "27385")[3], ["unknown", "red", "red"]);
    }
}

fn rows(app: &TestApp, kind: &str) -> Vec<Value> {
    app.get(&format!("{Q6}/leaderboard?kind={kind}&as_of=2021-07-12")).ok()["items"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

on_both! {
    fn a_ward_that_ends_is_withdrawn_its_days_excused_and_its_district_stays(app: TestApp) {
        let app = app.with_q6();
        let (wards, district) = (rows(&app, "ward"), rows(&app, "district"));
        // it reports no more from 11 July on
        for day in ["2021-07-11", "2021-07-12"] {
            app.delete(&format!("{Q6}/units/27379/figures/{day}?reason=x")).ok();
        }
        let address = format!("{Q6}/units/27379/lifetime");
        let merged = json!({"closes": "2021-07-10", "successors": ["27373"], "reason": "nhập vào Phường 04"});
        let made = app.put(&address, &merged);
        assert_eq!((made.status, &made.json()["successors"]), (201, &json!(["27373"])));
        assert_eq!(app.put(&address, &merged).ok()["revision"], made.json()["revision"]);
        let after = rows(&app, "ward");
        let order = |rows: &[Value]| -> Vec<(String, Value)> {
            let code = |row: &Value| row["unit"]["code"].as_str().unwrap_or_default().to_owned();
            let others = rows.iter().filter(|row| code(row) != "27379" && !row["rank"].is_null());
            others.map(|row| (code(row), row["points"]["total"].clone())).collect()
        };
        assert_eq!(order(&after), order(&wards), "the others keep order and points");
        let gone = after.iter().find(|row| row["unit"]["code"] == "27379").unwrap();
        assert_eq!((&gone["unranked"], &gone["points"]["total"]), (&json!(["withdrawn"]), &json!(6.15)));
        let above = &rows(&app, "district")[0];
        assert_eq!(above["rank"], 1);
        assert_eq!((&above["points"]["total"], &above["community_f0"]), (&json!(-35.74), &json!(168)));
        assert_eq!(above["missing_days"], 4);
        assert_eq!(app.get(&format!("{Q6}/lifetimes")).ok()["items"][0]["closes"], "2021-07-10");
        assert_eq!(app.get(&address).ok()["reason"], Value::Null);
        // another last day takes the place of the first, in one write
        let earlier = json!({"closes": "2021-07-09", "successors": ["27373"], "reason": "nhập sớm hơn"});
        assert_eq!(app.put(&address, &earlier).status, 200);
        assert_eq!(app.get_as_council(&format!("{Q6}/excuses")).ok()["total"], 14);
        let opened = json!({"opens": "2021-07-10", "reason": "nhầm, mới mở"});
        assert_eq!(app.put(&address, &opened).status, 200);
        assert_eq!(app.get(&format!("{Q6}/units/27379")).ok()["state"], "active");
        assert_eq!(app.put(&address, &merged).status, 200);
        assert_eq!(app.get(&format!("{Q6}/units/27379")).ok()["state"], "withdrawn");
        // and all of it is taken back together
        assert_eq!(app.delete(&format!("{address}?reason=nham")).status, 200);
        app.get(&address).refused(404, "lifetime_not_found");
        assert_eq!(app.get(&format!("{Q6}/units/27379")).ok()["state"], "active");
        assert_eq!(app.get_as_council(&format!("{Q6}/excuses")).ok()["total"], 0);
        for (day, cases) in [("2021-07-11", 0), ("2021-07-12", 0)] {
            app.put(&format!("{Q6}/units/27379/figures/{day}"), &json!({"community_f0": cases})).ok();
        }
        let _ = district;
    }
}

on_both! {
    fn a_unit_that_opens_late_owes_no_day_before(app: TestApp) {
        let app = app.with_q6();
        let unit = json!({"name": "Phường 15", "kind": "ward", "parent_code": "775"});
        app.put(&format!("{Q6}/units/new"), &unit).ok();
        let missing = rows(&app, "district")[0]["missing_days"].as_u64().unwrap();
        let address = format!("{Q6}/units/new/lifetime");
        app.put(&address, &json!({"opens": "2021-07-12", "reason": "tách từ Phường 14"})).ok();
        assert_eq!(rows(&app, "district")[0]["missing_days"].as_u64().unwrap(), missing - 3);
        let row = rows(&app, "ward").into_iter().find(|row| row["unit"]["code"] == "new").unwrap();
        assert_eq!(row["unranked"], json!(["no_baseline", "no_start_level"]), "it has no baseline to be measured by");
        for wrong in [
            json!({"reason": "x"}),
            json!({"closes": "2021-07-12", "successors": ["new"], "reason": "x"}),
            json!({"closes": "2021-07-12", "successors": ["775"], "reason": "x"}),
            json!({"opens": "2021-07-12", "successors": ["27373"], "reason": "x"}),
            json!({"opens": "2021-07-12", "closes": "2021-07-11", "reason": "x"}),
        ] {
            app.put(&address, &wrong).refused(422, "invalid_request");
        }
        app.put(&address, &json!({"closes": "2021-07-23", "reason": "x"})).refused(422, "day_outside_campaign");
        app.put(&address, &json!({"opens": "2021-06-25", "reason": "x"})).refused(422, "day_outside_campaign");
        app.put(&format!("{Q6}/units/775/lifetime"), &json!({"closes": "2021-07-12", "reason": "x"})).refused(422, "derived_unit");
    }
}

on_both! {
    fn green_units_are_counted_up_the_tree_day_by_day(app: TestApp) {
        let app = app.with_q6();
        let view = app.get(&format!("{Q6}/units/775/roll-up?as_of=2021-07-12")).ok();
        let wards = &view["kinds"][0];
        assert_eq!((&wards["kind"], &wards["units"]), (&json!("ward"), &json!(14)));
        let board = app.get(&format!("{Q6}/levels?date=2021-07-12&kind=ward")).ok();
        assert_eq!(wards["green"], board["counts"][0]["units"], "as the map says");
        assert_eq!(wards["days"].as_array().map(Vec::len), Some(4));
        // a required criterion that nobody meets: no ward is green
        app.put(&format!("{Q6}/criteria/ward/homes"), &json!({"weight": 1, "required": true, "reason": "x"})).ok();
        let view = app.get(&format!("{Q6}/units/775/roll-up?as_of=2021-07-12")).ok();
        assert_eq!(view["kinds"][0]["green"], 0);
    }
}
