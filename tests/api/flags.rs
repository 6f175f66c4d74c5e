use super::{Q6, figure};
use crate::rights::FLAG;
use crate::support::app::TestApp;
use crate::support::{on_all, on_both};
use greenzone::domain::account::{Role, Scope};
use greenzone::scoring::quality::{Rule, findings};
use greenzone::scoring::{Ledger, Register};
use serde_json::{Value, json};
use std::sync::Arc;

fn address(id: &str) -> String {
    format!("{Q6}/flags/{id}")
}

fn listed(app: &TestApp, token: &str, query: &str) -> Value {
    app.send("GET", &format!("{Q6}/flags?{query}"), Some(token), &[], None).ok()
}

fn ids(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|flag| flag["id"].as_str().unwrap().to_owned()).collect()
}

fn answer(app: &TestApp, token: &str, id: &str, words: &str) -> crate::support::app::Answer {
    let body = json!({"answer": words, "verdict": "as_reported"}).to_string();
    let json = [("content-type", "application/json")];
    app.send("PUT", &address(id), Some(token), &json, Some(body.as_bytes()))
}

/// Reporters of two wards, and a committee; their tokens.
fn people(app: &TestApp) -> [String; 3] {
    let ward = |code: &str| Scope::Unit { campaign: "q6-2021".into(), unit: code.into() };
    app.make_account("phuong-6", Role::Reporter, ward("27379"));
    app.make_account("phuong-7", Role::Reporter, ward("27382"));
    app.make_account("to-cong-tac", Role::Committee, Scope::Campaign("q6-2021".into()));
    ["phuong-6", "phuong-7", "to-cong-tac"].map(|name| app.sign_in(name))
}

/// 0, 0, 7: the file of F15, case 2.
fn report_f15(app: &TestApp) {
    let rows = [(13, 0), (14, 0), (15, 7)];
    let rows =
        rows.map(|(day, cases)| json!({"unit_code": "27379", "date": format!("2021-07-{day}"), "community_f0": cases}));
    app.post(&format!("{Q6}/figures"), &json!(rows)).ok();
}

on_all! {
    fn a_flag_is_raised_explained_closed_and_open_anew_once_its_figure_changes(app: TestApp) {
        let app = app.with_q6();
        let [own, other, committee] = people(&app);
        assert_eq!(listed(&app, &own, "")["total"], 0, "a reporter sees what lies in the scope");
        assert_eq!(ids(&listed(&app, &other, "")), [FLAG]);
        let before = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        report_f15(&app);
        let flag = listed(&app, &own, "")["items"][0].clone();
        assert_eq!((&flag["rule"], &flag["date"], &flag["state"]), (&json!("zero_streak"), &json!("2021-07-15"), &json!("open")));
        assert_eq!(flag["numbers"], json!({"community_f0": 7, "zero_days": 6, "allowance": 5}));
        assert_eq!(flag["days"][7], json!({"date": "2021-07-15", "state": "reported", "community_f0": 7}));
        assert!(flag["says"]["vi"].as_str().unwrap().starts_with("7 F0 sau 6 ngày"), "{flag}");
        let id = flag["id"].as_str().unwrap();

        answer(&app, &committee, id, "x").refused(403, "forbidden");
        answer(&app, &other, id, "x").refused(403, "forbidden");
        let revision = app.revision("q6-2021");
        let explained = answer(&app, &own, id, "ổ dịch ở chợ");
        assert_eq!((explained.status, &explained.json()["state"]), (201, &json!("open")));
        assert_eq!(explained.json()["revision"], revision + 1);
        assert_eq!(explained.json()["answers"][0]["by"], "user:phuong-6");
        let again = answer(&app, &own, id, "ổ dịch ở chợ");
        assert_eq!((again.status, &again.json()["revision"]), (200, &json!(revision + 1)), "said already");
        assert_eq!(app.service.open_flags(&app.service.snapshot("q6-2021").unwrap()).unwrap(), 4);

        let said = json!({"answer": "đã xác minh", "verdict": "as_reported"});
        app.put_with(&address(id), &[("if-match", "\"0\"")], &said).refused(412, "precondition_failed");
        assert_eq!(app.put(&address(id), &said).ok()["state"], "closed");
        assert_eq!(app.service.open_flags(&app.service.snapshot("q6-2021").unwrap()).unwrap(), 3);
        answer(&app, &own, id, "x").refused(409, "flag_closed");
        assert_eq!(ids(&listed(&app, &own, "state=closed")), [id]);
        assert_eq!(listed(&app, &own, "state=open")["total"], 0);

        let correct = |cases: u32| app.put(&figure("27379", "2021-07-15"), &json!({"community_f0": cases, "reason": "x"})).ok();
        correct(8);
        let both = listed(&app, &own, "");
        let states = |list: &Value| list["items"].as_array().unwrap().iter().map(|f| (f["state"].clone(), f["stands"].clone())).collect::<Vec<_>>();
        assert_eq!(both["total"], 2, "the answered one stays beside the new one: {both}");
        assert!(states(&both).contains(&(json!("open"), json!(true))) && states(&both).contains(&(json!("closed"), json!(false))));
        correct(7);
        assert_eq!(states(&listed(&app, &own, "")), [(json!("closed"), json!(true))], "the values stand again, and so does the answer");

        app.delete(&address(id)).refused(422, "reason_required");
        app.delete(&format!("{}?reason=x", address(id))).ok();
        let reopened = app.get_as_council(&address(id)).ok();
        assert_eq!((&reopened["state"], &reopened["answers"][1]["reopened_reason"]), (&json!("open"), &json!("x")));
        app.delete(&format!("{}?reason=x", address(id))).refused(409, "flag_not_closed");
        app.put(&format!("{Q6}/units/27379/excuses/2021-07-15"), &json!({"reason": "ngày dồn số"})).ok();
        assert_eq!(listed(&app, &own, "")["total"], 0, "an excused day asks nobody anything");
        app.get_as_council(&address(id)).refused(404, "flag_not_found");
        let mut after = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        after["revision"] = before["revision"].clone();
        assert_eq!(after, before, "a flag takes nothing from anybody");
    }
}

on_both! {
    fn flags_are_for_those_who_see_figures_and_what_is_answered_is_in_the_log(app: TestApp) {
        let app = app.with_q6();
        let [own, other, _] = people(&app);
        app.get(&format!("{Q6}/flags")).refused(401, "unauthenticated");
        app.get(&address(FLAG)).refused(401, "unauthenticated");
        app.send("GET", &address(FLAG), Some(&own), &[], None).refused(404, "flag_not_found");
        app.send("GET", &address(FLAG), Some(&other), &[], None).ok();
        app.make_account("kiem-toan", Role::Auditor, Scope::All);
        let auditor = app.sign_in("kiem-toan");
        assert_eq!(listed(&app, &auditor, "")["total"], 3);
        for (query, code) in [
            ("rule=none", "invalid_parameter"), ("state=x", "invalid_parameter"), ("kind=x", "unknown_kind"), ("kind=district", "derived_unit"),
        ] {
            app.get_as_council(&format!("{Q6}/flags?{query}")).refused(422, code);
        }
        for (query, total) in [("rule=unusual", 1), ("from=2021-07-02", 2), ("to=2021-07-02", 2), ("within=775", 3), ("kind=ward", 3)] {
            assert_eq!(listed(&app, &auditor, query)["total"], total, "{query}");
        }
        for wrong in [json!({"answer": "x"}), json!({"answer": "", "verdict": "corrected"}), json!({"answer": "x", "verdict": "guilty"})] {
            app.put(&address(FLAG), &wrong).refused(422, "invalid_request");
        }
        app.put(&address("backlog.2021-07-09.0000000000000000.27382"), &json!({"answer": "x", "verdict": "corrected"})).refused(404, "flag_not_found");
        app.put(&address(FLAG), &json!({"answer": "bí mật", "verdict": "booked_late"})).ok();
        let log = app.send("GET", "/api/v1/audit?campaign=q6-2021&action=flag.answer", Some(&auditor), &[], None).ok();
        assert_eq!((&log["total"], &log["items"][0]["target"]), (&json!(1), &json!(format!("flags/{FLAG}"))));
    }
}

on_both! {
    fn a_copied_week_names_the_other_unit_to_those_alone_who_may_see_it(app: TestApp) {
        let app = app.with_q6();
        let [own, ..] = people(&app);
        let week = [3, 1, 0, 4, 2, 6, 3];
        for ward in ["27379", "27346"] {
            let row = |(at, cases): (usize, &u32)| {
                json!({"unit_code": ward, "date": format!("2021-07-{:02}", 9 + at), "community_f0": cases})
            };
            let rows: Vec<Value> = week.iter().enumerate().map(row).collect();
            app.post(&format!("{Q6}/figures"), &json!(rows)).ok();
        }
        let whole = app.get_as_council(&format!("{Q6}/flags?rule=copied_units")).ok();
        assert_eq!((&whole["total"], &whole["items"][0]["date"]), (&json!(2), &json!("2021-07-15")));
        let alike = |list: &Value| list["items"].as_array().unwrap().iter().map(|flag| flag["alike"].clone()).collect::<Vec<_>>();
        assert_eq!(alike(&whole), [json!(["27346"]), json!(["27379"])], "by name: Phường 03, Phường 14");
        let part = listed(&app, &own, "rule=copied_units");
        assert_eq!((&part["total"], alike(&part)), (&json!(1), vec![json!([])]));
    }
}

on_both! {
    fn a_walk_through_flags_is_of_one_revision(app: TestApp) {
        let app = app.with_q6();
        let whole = ids(&app.get_as_council(&format!("{Q6}/flags")).ok());
        let first = app.get_as_council(&format!("{Q6}/flags?limit=1")).ok();
        // what is written meanwhile is on no page of the walk
        report_f15(&app);
        app.put(&address(FLAG), &json!({"answer": "x", "verdict": "as_reported"})).ok();
        let (mut walked, mut page) = (ids(&first), first);
        while let Some(cursor) = page["next_cursor"].as_str() {
            page = app.get_as_council(&format!("{Q6}/flags?limit=1&cursor={cursor}")).ok();
            assert_eq!(page["items"][0]["state"], "open");
            walked.extend(ids(&page));
        }
        assert_eq!(walked, whole);
        let tag = app.get_as_council(&format!("{Q6}/flags")).header("etag").map(str::to_owned).unwrap();
        let token = app.token.clone();
        let unchanged = app.send("GET", &format!("{Q6}/flags"), Some(&token), &[("if-none-match", &tag)], None);
        assert_eq!(unchanged.status, 304);
        app.delete(&format!("{}?reason=x", address(FLAG))).ok();
        let changed = app.send("GET", &format!("{Q6}/flags"), Some(&token), &[("if-none-match", &tag)], None);
        assert_eq!(changed.status, 200);
    }
}

on_both! {
    fn the_days_that_settle_are_learned_from_the_campaigns_own_delays(database: TestDatabase) {
        let app = TestApp::at(database, "2021-07-13T12:00:00Z").with_q6();
        let settling = |address: &str| app.get(address).ok()["settling"].clone();
        let status = format!("{Q6}/status");
        let unknown = settling(&status);
        assert_eq!((&unknown["settled_through"], &unknown["provisional_days"]), (&Value::Null, &Value::Null));
        assert_eq!(unknown["delays"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>(), 0, "a pack without instants tells nothing");
        let wards = ["27346", "27349", "27352", "27355", "27358"];
        for day in 13..=16 {
            // in the morning after
            app.set_clock(&format!("2021-07-{}T02:00:00Z", day + 1));
            for ward in wards {
                app.put(&figure(ward, &format!("2021-07-{day}")), &json!({"community_f0": 1})).ok();
            }
        }
        app.set_clock("2021-07-23T06:00:00Z");
        assert_eq!(settling(&status)["settled_through"], Value::Null, "15 unit-days that were watched for a week");
        app.set_clock("2021-07-24T06:00:00Z");
        let known = settling(&status);
        assert_eq!((&known["settled_through"], &known["days_to_settle"], &known["delays"][1]), (&json!("2021-07-22"), &json!(1), &json!(20)));
        assert_eq!(known["provisional_days"], json!(["2021-07-23"]));
        assert_eq!(settling(&format!("{Q6}/completeness")), known);
        let late = json!({"community_f0": 2, "reason": "x"});
        wards.iter().take(2).for_each(|ward| drop(app.put(&figure(ward, "2021-07-13"), &late).ok()));
        assert_eq!(settling(&status), known, "what came today is counted from tomorrow on");
        app.set_clock("2021-07-25T06:00:00Z");
        let later = settling(&status);
        assert_eq!((&later["days_to_settle"], &later["delays"][11]), (&json!(11), &json!(2)), "two of twenty are more than 5 of 100");
        assert_eq!(later["settled_through"], "2021-07-13");
    }
}

on_both! {
    fn completeness_is_drawn_by_unit_and_day(app: TestApp) {
        let app = app.with_q6();
        let grid = |query: &str| app.get(&format!("{Q6}/completeness/days?{query}"));
        app.put(&format!("{Q6}/units/27382/excuses/2021-07-11"), &json!({"reason": "x"})).ok();
        app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 1})).ok();
        let drawn = grid("from=2021-07-10&to=2021-07-13").ok();
        assert_eq!((&drawn["total"], &drawn["days"][3]), (&json!(14), &json!("2021-07-13")));
        let of = |code: &str| {
            let items = drawn["items"].as_array().unwrap();
            items.iter().find(|item| item["unit"]["code"] == code).unwrap()["states"].clone()
        };
        assert_eq!(of("27382"), json!(["on_time", "excused", "on_time", "late"]));
        assert_eq!(of("27385"), json!(["missing", "missing", "missing", "missing"]));
        let first = grid("limit=9").ok();
        let rest = grid(&format!("limit=9&cursor={}", first["next_cursor"].as_str().unwrap())).ok();
        assert_eq!((first["days"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (15, 5));
        grid("from=2021-06-24").refused(422, "day_outside_campaign");
        grid("from=2021-07-12&to=2021-07-11").refused(422, "invalid_request");
        grid("kind=district").refused(422, "derived_unit");
    }
}

#[test]
fn the_bundled_campaigns_raise_the_flags_that_the_documentation_counts() {
    let counts = greenzone::pack::bundled().map(|pack| {
        let contest = greenzone::pack::read(&pack.files()).unwrap();
        let found = findings(&Ledger::build(&contest, Arc::new(Register::new(&contest)), None));
        let of = |rule: &Rule| found.iter().filter(|f| f.rule == *rule).count();
        (contest.campaign.code.clone(), Rule::ALL.iter().map(of).collect::<Vec<_>>())
    });
    let counts: Vec<(&str, &[usize])> = counts.iter().map(|(code, n)| (code.as_str(), n.as_slice())).collect();
    let expected: [(&str, &[usize]); 3] = [
        ("q6-2021", &[0, 1, 1, 1, 0, 0, 0]),
        ("vn-provinces-2021", &[9, 8, 6, 2, 0, 1, 0]),
        ("vinh-phuc-239-2021", &[0, 0, 0, 0, 0, 0, 0]),
    ];
    assert_eq!(counts, expected);
}
