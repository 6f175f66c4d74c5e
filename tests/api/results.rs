use crate::support::app::{Answer, TestApp};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use greenzone::service::proof::{Pin, verify};
use serde_json::{Value, json};

const BASE: &str = "/api/v1/campaigns/contest";

const CAMPAIGN: &str = r#"{
    "code": "contest", "time_zone": "Asia/Ho_Chi_Minh",
    "window": {"from": "2021-07-20", "to": "2021-07-23"}, "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
    "kinds": [
        {"code": "ward", "figures": "reported"},
        {"code": "district", "figures": "derived", "derived_from": "ward"},
        {"code": "household", "figures": "reported"}],
    "level_scheme": "counts-14d",
    "scoring": {"components": [{"measure": "case_reduction", "max_points": 60}, {"measure": "level_drop", "max_points": 40}], "closing_days": 3}
}"#;

const UNITS: &str = "code,name,kind,parent_code,population\nd,Quận,district,,90000\n\
    w1,Phường 1,ward,d,9000\nw2,Phường 2,ward,d,9000\nw3,Phường 3,ward,d,9000\nw4,Phường 4,ward,d,9000\n\
    s1,Phường nhỏ,ward,,120\nh1,Hộ 1,household,,\n";

/// Wards with two or three cases on each day of the baseline, so that nothing looks copied,
/// and every day reported but one of w3.
fn contest(app: &TestApp) {
    contest_with(app, 1);
}

/// The same, with so many cases a day of the private unit.
fn contest_with(app: &TestApp, of_household: u32) {
    let mut figures = "unit_code,date,community_f0\n".to_owned();
    for (unit, window) in [("w1", 0), ("w2", 1), ("w3", 2), ("w4", 4), ("s1", 1), ("h1", of_household)] {
        for day in 6..=23 {
            if (unit, day) != ("w3", 21) {
                figures += &format!("{unit},2021-07-{day:02},{}\n", if day < 20 { 2 + day % 2 } else { window });
            }
        }
    }
    let files = [("campaign.json", CAMPAIGN), ("units.csv", UNITS), ("figures.csv", &figures)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let contest = greenzone::pack::read(&greenzone::pack::Files(files.into_iter().collect()));
    app.import(&contest.unwrap_or_else(|e| panic!("{:#?}", e.errors)));
}

fn at(path: &str) -> String {
    format!("{BASE}/{path}")
}

fn blockers(app: &TestApp) -> Value {
    app.get_as_council(&at("blockers")).ok()["items"].clone()
}

fn codes(blockers: &Value) -> Vec<String> {
    blockers.as_array().unwrap().iter().map(|b| b["code"].as_str().unwrap().to_owned()).collect()
}

fn finalise(app: &TestApp, overrides: &[&str]) -> Answer {
    let overrides: Vec<Value> = overrides.iter().map(|code| json!({"code": code, "reason": "đã xem xét"})).collect();
    app.post(&at("finalise"), &json!({"reason": "họp ngày 24/7", "overrides": overrides}))
}

/// The codes of what still stands in the way.
fn refused(answer: &Answer) -> Vec<String> {
    let problem = answer.refused(409, "blocked");
    problem["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
}

fn state(app: &TestApp) -> Value {
    app.get(&at("status")).ok()["state"].clone()
}

fn report(app: &TestApp, unit: &str, day: &str, cases: u32) -> Answer {
    let figure = json!({"community_f0": cases, "reason": "đính chính"});
    app.put(&at(&format!("units/{unit}/figures/{day}")), &figure)
}

/// With nothing in the way.
fn complete(app: &TestApp) {
    contest(app);
    report(app, "w3", "2021-07-21", 2).ok();
}

on_both! {
    fn what_stands_in_the_way_is_told_by_name_and_figures_that_are_missing_are_set_aside_by_nobody(app: TestApp) {
        contest(&app);
        app.set_clock("2021-07-18T00:00:00Z");
        assert_eq!(state(&app), "draft", "the first day has not begun");
        app.set_clock("2021-07-22T06:00:00Z");
        assert_eq!(state(&app), "open");
        let found = blockers(&app);
        assert_eq!(codes(&found), ["days_open", "missing_figures"]);
        assert_eq!((&found[0]["count"], &found[0]["can_be_overridden"]), (&json!(2), &json!(false)));
        assert_eq!(found[0]["examples"][0], json!({"unit_code": null, "unit_name": null, "date": "2021-07-22"}));
        assert_eq!(refused(&finalise(&app, &["days_open", "missing_figures"])), ["days_open", "missing_figures"]);

        app.set_clock("2021-07-24T06:00:00Z");
        assert_eq!(state(&app), "closed");
        let found = blockers(&app);
        assert_eq!(codes(&found), ["missing_figures"]);
        assert_eq!(found[0]["count"], 1);
        assert_eq!(found[0]["examples"], json!([{"unit_code": "w3", "unit_name": "Phường 3", "date": "2021-07-21"}]));
        assert_eq!(found[0]["link"], at("completeness"));
        app.get(found[0]["link"].as_str().unwrap()).ok();
        assert_eq!(refused(&finalise(&app, &["missing_figures"])), ["missing_figures"]);
        assert_eq!(app.get(&at("results")).ok()["total"], 0);

        // out of the ranking it still counts in the district's sum; excused it is owed by nobody
        app.put(&at("units/w3/state"), &json!({"state": "withdrawn", "reason": "x"})).ok();
        assert_eq!(codes(&blockers(&app)), ["missing_figures"]);
        app.put(&at("units/d/state"), &json!({"state": "withdrawn", "reason": "x"})).ok();
        assert_eq!(blockers(&app), json!([]));
        app.delete(&at("units/d/state?reason=x")).ok();
        app.put(&at("units/w3/excuses/2021-07-21"), &json!({"reason": "ngập lụt"})).ok();
        assert_eq!(blockers(&app), json!([]));
        assert_eq!(finalise(&app, &[]).status, 201);
        assert_eq!(state(&app), "final");
    }
}

on_both! {
    fn flags_and_requests_are_set_aside_with_a_reason_that_stays_with_the_issue(app: TestApp) {
        complete(&app);
        report(&app, "w1", "2021-07-23", 9).ok();
        let now = app.get_as_council(BASE);
        let mut document = now.json();
        document["reporting"] = json!({"corrections": "approval"});
        app.put_with(BASE, &[("if-match", now.header("etag").unwrap())], &document).ok();
        assert_eq!(report(&app, "w2", "2021-07-22", 0).status, 202);
        app.post(&at("appeals"), &json!({"unit_code": "w1", "text": "xin xem lại ngày 23"})).ok();
        let found = blockers(&app);
        assert_eq!(codes(&found), ["unanswered_flags", "pending_approvals", "open_appeals"]);
        assert_eq!(found[1]["examples"], json!([{"unit_code": "w2", "unit_name": "Phường 2", "date": "2021-07-22"}]));
        for blocker in found.as_array().unwrap() {
            assert_eq!(blocker["can_be_overridden"], true);
            let listed = app.get_as_council(blocker["link"].as_str().unwrap()).ok();
            assert_eq!(listed["total"], blocker["count"], "{blocker}");
        }
        assert_eq!(refused(&finalise(&app, &[])), ["unanswered_flags", "pending_approvals", "open_appeals"]);
        assert_eq!(refused(&finalise(&app, &["unanswered_flags", "open_appeals"])), ["pending_approvals"]);
        let without = json!({"reason": "x", "overrides": [{"code": "unanswered_flags"}]});
        app.post(&at("finalise"), &without).refused(422, "invalid_request");
        finalise(&app, &["no_such"]).refused(422, "invalid_request");
        app.post(&at("finalise"), &json!({})).refused(422, "invalid_request");

        let made = finalise(&app, &["unanswered_flags", "pending_approvals", "open_appeals"]);
        assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/campaigns/contest/results/1")));
        let whole = app.get_as_council(&at("results/1")).ok();
        assert_eq!(whole["overrides"][0], json!({"code": "unanswered_flags", "reason": "đã xem xét", "count": found[0]["count"]}));
        assert_eq!((&whole["reason"], &whole["author"]), (&json!("họp ngày 24/7"), &made.json()["author"]));
        app.post(&at("appeals"), &json!({"unit_code": "w2", "text": "x"})).refused(409, "appeals_closed");
        let public = app.get(&at("results/1")).ok();
        for hidden in ["overrides", "reason", "author"] {
            assert_eq!(public[hidden], Value::Null, "{hidden}");
        }
        assert!(!app.get(&at("results/1")).text().contains("đã xem xét"));
        app.make_account("kiem-toan", Role::Auditor, Scope::All);
        let audit = app.send("GET", "/api/v1/audit?campaign=contest&action=result.finalise", Some(&app.sign_in("kiem-toan")), &[], None).ok();
        assert_eq!((&audit["total"], &audit["items"][0]["target"]), (&json!(1), &json!("results/1")));
    }
}

/// Everything of an issue that anybody can keep: its document and boards, to each reader, and exports.
fn kept(app: &TestApp, issue: u32) -> Vec<(String, Vec<u8>)> {
    let boards = ["kind=ward", "kind=ward&track=kept_clean", "kind=district", ""];
    let boards = boards.map(|query| at(&format!("boards/{issue}?{query}")));
    let mut kept = Vec::new();
    for path in boards.into_iter().chain([at(&format!("results/{issue}/document"))]) {
        for answer in [app.get(&path), app.get_as_council(&path)] {
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            kept.push((answer.header("etag").unwrap().to_owned(), answer.body));
        }
    }
    for format in ["json", "csv", "xlsx", "pack"] {
        let export = app.get_as_council(&at(&format!("exports/leaderboard?issue={issue}&format={format}")));
        assert_eq!(export.status, 200, "{format}: {}", export.text());
        kept.push((format.to_owned(), export.body));
    }
    kept
}

on_both! {
    // F32: finals changed afterwards, or were exported with rows still pending
    fn an_issue_keeps_its_bytes_whatever_is_corrected_and_a_further_one_says_what_changed(app: TestApp) {
        complete(&app);
        finalise(&app, &[]).ok();
        let first = kept(&app, 1);
        let shown = |app: &TestApp| app.get(&at("leaderboard?kind=ward")).ok();
        let result = shown(&app);
        assert_eq!((&result["status"], &result["as_of"]), (&json!("final"), &json!("2021-07-23")));
        let board = app.get(&at("boards/1")).ok();
        assert_eq!((&board["status"], &board["as_of"], &board["total"]), (&json!("final"), &json!("2021-07-23"), &json!(5)));
        finalise(&app, &[]).refused(409, "result_unchanged");

        report(&app, "w4", "2021-07-20", 0).ok();
        report(&app, "w4", "2021-07-22", 0).ok();
        report(&app, "w4", "2021-07-23", 0).ok();
        assert_eq!((kept(&app, 1), shown(&app)), (first.clone(), result.clone()));
        assert_eq!(state(&app), "final", "a correction changes no issue");
        let made = finalise(&app, &["unanswered_flags"]);
        assert_eq!((made.status, &made.json()["issue"], &made.json()["against"]), (201, &json!(2), &json!(1)));
        assert_eq!(kept(&app, 1), first);
        assert_ne!(kept(&app, 2), first);
        assert_ne!(shown(&app)["items"], result["items"], "the public sees the further issue");
        let status = app.get(&at("status")).ok();
        assert_eq!((&status["state"], &status["result"]), (&json!("re_issued"), &json!({"latest": 2, "is_revoked": false, "standing": 2})));

        let told = app.get(&at("results/2")).ok()["difference"].clone();
        let of_wards = told["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == "ward").unwrap();
        let w4 = of_wards["items"].as_array().unwrap().iter().find(|unit| unit["code"] == "w4").unwrap();
        let (before, after) = (&w4["before"], &w4["after"]);
        let of = |issue: u32| {
            let rows = app.get(&at(&format!("boards/{issue}?kind=ward"))).ok();
            rows["items"].as_array().unwrap().iter().find(|row| row["unit"]["code"] == "w4").unwrap().clone()
        };
        assert_eq!((&before["rank"], &before["points"]), (&of(1)["rank"], &of(1)["points"]["total"]));
        assert_eq!((&after["rank"], &after["points"], &after["level"]), (&of(2)["rank"], &of(2)["points"]["total"], &of(2)["level"]["current"]));
        assert_ne!(before["points"], after["points"]);
        let w1 = of_wards["items"].as_array().unwrap().iter().find(|unit| unit["code"] == "w1");
        assert!(w1.is_none(), "what stayed is not told: {of_wards}");

        let statuses = |app: &TestApp| {
            let list = app.get(&at("results")).ok();
            list["items"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(statuses(&app), ["valid", "superseded"]);
        let second = kept(&app, 2);
        app.post(&at("results/2/revoke"), &json!({"reason": "nhập nhầm"})).ok();
        app.post(&at("results/2/revoke"), &json!({"reason": "x"})).refused(409, "result_revoked");
        app.post(&at("results/9/revoke"), &json!({"reason": "x"})).refused(404, "result_not_found");
        assert_eq!((statuses(&app), state(&app)), (vec!["revoked".to_owned(), "valid".to_owned()], json!("revoked")));
        assert_eq!(kept(&app, 2), second, "a revoked issue is still to be read, and its bytes are its own");
        assert_eq!(app.get_as_council(&at("results/2")).ok()["revoked_reason"], "nhập nhầm");
        assert_eq!(app.get(&at("results/2")).ok()["revoked_reason"], Value::Null);
        assert_eq!(app.get(&at("status")).ok()["result"], json!({"latest": 2, "is_revoked": true, "standing": 1}));
        assert_eq!(shown(&app)["items"], result["items"], "the public sees the issue before again");

        finalise(&app, &["unanswered_flags"]).ok();
        assert_eq!((statuses(&app), state(&app)), (["valid", "revoked", "superseded"].map(str::to_owned).to_vec(), json!("re_issued")));
        assert_eq!(app.get(&at("results/3")).ok()["difference"]["against"], 1);
        for issue in [1, 3] {
            app.post(&at(&format!("results/{issue}/revoke")), &json!({"reason": "x"})).ok();
        }
        assert_eq!((&shown(&app)["status"], state(&app)), (&json!("provisional"), json!("revoked")), "no issue counts");
    }
}

on_both! {
    fn the_public_sees_of_an_issue_what_it_may_see_of_a_final_board(app: TestApp) {
        complete(&app);
        finalise(&app, &[]).ok();
        let public = app.get(&at("boards/1"));
        assert_eq!(public.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(app.get(&at("results/1/document")).header("cache-control"), public.header("cache-control"));
        assert_eq!(app.get(&at("results/1")).header("cache-control"), Some("public, no-cache"), "it may be revoked");
        assert!(app.get_as_council(&at("boards/1")).header("cache-control").unwrap().starts_with("private"));

        let row = |board: &Value, code: &str| {
            board["items"].as_array().unwrap().iter().find(|row| row["unit"]["code"] == code).unwrap().clone()
        };
        let whole = app.get_as_council(&at("boards/1")).ok();
        let (small, full) = (row(&public.ok(), "s1"), row(&whole, "s1"));
        assert!(full["points"]["total"].is_number() && full["community_f0"].is_number());
        assert_eq!((&small["rank"], &small["level"]["current"]), (&full["rank"], &full["level"]["current"]));
        assert_eq!((&small["points"], &small["community_f0"], &small["level"]["start"]), (&Value::Null, &Value::Null, &Value::Null));
        app.get(&at("boards/1?kind=household")).refused(404, "board_not_in_issue");
        app.get(&at("boards/1?kind=none")).refused(404, "board_not_in_issue");
        assert_eq!(app.get_as_council(&at("boards/1?kind=household")).ok()["total"], 1);
        let document = app.get(&at("results/1/document")).text();
        assert!(document.contains("Phường nhỏ") && !document.contains("Hộ 1"));
        assert!(app.get_as_council(&at("results/1/document")).text().contains("Hộ 1"));
        assert_eq!(app.get(&at("results/1")).ok()["document"], app.get(&at("results/1/document")).ok());
        app.get(&at("boards/2")).refused(404, "result_not_found");
        app.get(&at("results/01")).refused(404, "result_not_found");

        report(&app, "s1", "2021-07-22", 0).ok();
        report(&app, "h1", "2021-07-22", 0).ok();
        finalise(&app, &["unanswered_flags"]).ok();
        let of = |told: Value, kind: &str| told["difference"]["kinds"].as_array().unwrap().iter().find(|k| k["kind"] == kind).cloned();
        let (told, all) = (app.get(&at("results/2")).ok(), app.get_as_council(&at("results/2")).ok());
        assert!(of(all, "household").is_some() && of(told.clone(), "household").is_none());
        for unit in of(told, "ward").map(|kind| kind["items"].as_array().unwrap().clone()).unwrap_or_default() {
            assert!(unit["code"] != "s1" || (unit["before"]["points"].is_null() && unit["after"]["points"].is_null()), "{unit}");
        }
    }
}

on_both! {
    fn pages_of_a_board_fit_together_and_an_issue_is_made_once_for_a_key(app: TestApp) {
        complete(&app);
        let key = [("idempotency-key", "k1")];
        let ask = json!({"reason": "x"});
        let (one, two) = (app.with_json("POST", &at("finalise"), &key, &ask), app.with_json("POST", &at("finalise"), &key, &ask));
        assert_eq!((one.status, two.status, &one.body), (201, 201, &two.body));
        assert_eq!(app.get(&at("results")).ok()["total"], 1);
        let whole = app.get(&at("boards/1")).ok();
        let (mut rows, mut address) = (Vec::new(), at("boards/1?limit=2"));
        loop {
            let page = app.get(&address).ok();
            rows.extend(page["items"].as_array().unwrap().clone());
            assert_eq!(page["total"], whole["total"]);
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            address = at(&format!("boards/1?limit=2&cursor={cursor}"));
        }
        assert_eq!(Value::Array(rows), whole["items"]);
        let document = app.get(&at("results/1/document")).ok();
        let in_document = document["boards"].as_array().unwrap().iter().find(|b| (&b["kind"], &b["track"]) == (&whole["kind"], &whole["track"]));
        assert_eq!(in_document, Some(&whole));
        let [whole, public] = [app.get_as_council(&at("results/1/document")).body, app.get(&at("results/1/document")).body];
        let keys = Pin::parse(&app.get("/.well-known/result-keys.json").text()).unwrap();
        let (of_whole, of_public) = (verify(&whole, Some(&keys), Some(&public)), verify(&public, Some(&keys), None));
        assert!(of_whole.holds && of_public.holds, "{:#?} {:#?}", of_whole.findings, of_public.findings);
    }
}

on_both! {
    fn only_the_council_makes_and_revokes_and_who_may_know_sees_it_whole(app: TestApp) {
        complete(&app);
        let send = |method: &str, path: &str, token: Option<&str>| {
            let body = (method == "POST").then_some(br#"{"reason": "x"}"#.as_slice());
            app.send(method, &at(path), token, &[("content-type", "application/json")], body)
        };
        let campaign = || Scope::Campaign("contest".into());
        app.make_account("to-cong-tac", Role::Committee, campaign());
        app.make_account("kiem-toan", Role::Auditor, campaign());
        app.make_account("phuong-1", Role::Reporter, Scope::Unit { campaign: "contest".into(), unit: "w1".into() });
        send("POST", "finalise", None).refused(401, "unauthenticated");
        send("GET", "blockers", None).refused(401, "unauthenticated");
        let reporter = app.sign_in("phuong-1");
        send("GET", "blockers", Some(&reporter)).refused(403, "forbidden");
        finalise(&app, &[]).ok();
        for name in ["to-cong-tac", "kiem-toan"] {
            let token = app.sign_in(name);
            send("GET", "blockers", Some(&token)).ok();
            send("POST", "finalise", Some(&token)).refused(403, "forbidden");
            send("POST", "results/1/revoke", Some(&token)).refused(403, "forbidden");
            assert_eq!(send("GET", "results/1", Some(&token)).ok()["reason"], "họp ngày 24/7");
            assert_eq!(send("GET", "boards/1?kind=household", Some(&token)).ok()["total"], 1);
        }
        let seen = send("GET", "results/1", Some(&reporter)).ok();
        assert_eq!((&seen["reason"], &seen["document"]), (&Value::Null, &app.get(&at("results/1/document")).ok()), "a part of a campaign is not all of it");
        send("POST", "results/1/revoke", Some(&reporter)).refused(403, "forbidden");
        send("POST", "results/1/revoke", None).refused(401, "unauthenticated");
    }
}

on_both! {
    fn a_tie_waits_before_the_result_and_the_difference_tells_who_wins_now(app: TestApp) {
        app.import(&crate::api::awards::contest());
        let of = |path: &str| format!("/api/v1/campaigns/awards/{path}");
        let waits = || {
            let found = app.get_as_council(&of("blockers")).ok();
            found["items"].as_array().unwrap().iter().find(|blocker| blocker["code"] == "undecided_ties").cloned()
        };
        let tie = waits().expect("b and c are tied for one place");
        assert_eq!((&tie["count"], &tie["examples"][1]["unit_code"]), (&json!(1), &json!("c")));
        let decide = |winner: &str| {
            let decision = json!({"award": "second", "winners": [winner], "reason": "x"});
            app.post(&of("awards/decisions"), &decision).ok();
        };
        decide("c");
        assert_eq!(waits(), None);
        app.finalise("awards", "x").ok();
        let awards = app.get(&of("results/1/document")).ok()["awards"].clone();
        let won = |code: &str| awards["items"].as_array().unwrap().iter().find(|item| item["code"] == code).cloned();
        assert_eq!(won("second").unwrap()["winners"][0]["unit"]["code"], "c");
        assert_eq!(won("family"), None, "households do not exist to the public");

        app.delete(&of("awards/decisions/1?reason=x")).ok();
        decide("b");
        assert_eq!(app.finalise("awards", "x").ok()["issue"], 2);
        let told = app.get(&of("results/2")).ok()["difference"].clone();
        let wards = told["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == "ward").unwrap();
        let of_unit = |code: &str| wards["items"].as_array().unwrap().iter().find(|unit| unit["code"] == code).unwrap().clone();
        assert_eq!((&of_unit("c")["before"]["award"], &of_unit("b")["after"]["award"]), (&json!("second"), &json!("second")));
        assert_ne!(of_unit("c")["after"]["award"], "second");
        app.finalise("awards", "x").refused(409, "result_unchanged");
    }
}

/// Takes out what rests on the hash of the whole document, which holds a random number.
fn drop_hashes(told: &mut Value) {
    match told {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                !(["signature", "whole_sha256"].contains(&name.as_str()) || name == "sha256" && value.is_string())
            });
            fields.values_mut().for_each(drop_hashes);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_hashes),
        _ => {}
    }
}

#[test]
fn figures_of_a_private_unit_change_no_byte_of_what_the_public_gets_of_an_issue() {
    let seen = |of_household: u32| {
        let app = TestApp::on(TestDatabase::sqlite());
        contest_with(&app, of_household);
        report(&app, "w3", "2021-07-21", 2).ok();
        finalise(&app, &["unanswered_flags"]).ok();
        let mut seen: Vec<String> = ["kind=ward", "kind=ward&track=kept_clean", "kind=district", "kind=household"]
            .map(|query| {
                app.get(&at(&format!("boards/1?{query}"))).text().split("\"request_id\"").next().unwrap().to_owned()
            })
            .into();
        for path in ["results", "results/1", "results/1/document"] {
            let mut told = app.get(&at(path)).ok();
            drop_hashes(&mut told);
            seen.push(told.to_string());
        }
        seen
    };
    let (one, other) = (seen(1), seen(9));
    assert_eq!(one, other);
    assert!(one.iter().all(|text| text.len() > 100), "{one:?}");
}
