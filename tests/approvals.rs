//! What waits for a second person: late figures, corrections of closed days, changes of
//! rules; asked for, looked at, approved, refused, taken back, gone stale.

use crate::api::{Q6, figure};
use crate::support::app::{Answer, TestApp};
use crate::support::{on_all, on_both};
use greenzone::domain::Contest;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use greenzone::store::backup::{self, Backup};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WARD: &str = "27382";
const OTHER: &str = "27379";

/// District 6 an hour after 12 July closed, with what its campaign asks for, and its people.
struct District {
    app: TestApp,
    tokens: BTreeMap<&'static str, String>,
}

/// Who is there: two of the council, one of it for the other ward alone, two reporters, an auditor.
const PEOPLE: [(&str, Role, Option<&str>); 6] = [
    ("chu-tich", Role::Council, None),
    ("thu-ky", Role::Council, None),
    ("to-truong", Role::Council, Some(OTHER)),
    ("phuong-07", Role::Reporter, Some(WARD)),
    ("phuong-06", Role::Reporter, Some(OTHER)),
    ("kiem-tra", Role::Auditor, None),
];

impl District {
    fn new(app: TestApp, reporting: Value) -> Self {
        let app = app.with_q6();
        app.set_clock("2021-07-13T06:00:00Z");
        let mut tokens = BTreeMap::new();
        for (name, role, unit) in PEOPLE {
            let campaign = "q6-2021".to_owned();
            let scope = match unit {
                Some(unit) => Scope::Unit { campaign, unit: unit.to_owned() },
                None => Scope::Campaign(campaign),
            };
            app.make_account(name, role, scope);
            tokens.insert(name, app.sign_in(name));
        }
        let district = Self { app, tokens };
        assert_eq!(district.set(reporting).status, 200);
        district
    }

    /// Replaces what the campaign asks for; the first of the council does it.
    fn set(&self, reporting: Value) -> Answer {
        let now = self.app.get(Q6);
        let tag = now.header("etag").expect("a tag").to_owned();
        let mut document = now.json();
        document["reporting"] = reporting;
        self.with("chu-tich", "PUT", Q6, &[("if-match", &tag)], &document)
    }

    fn with(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.app.send(method, path, Some(&self.tokens[who]), &headers, Some(body.to_string().as_bytes()))
    }

    fn put(&self, who: &str, unit: &str, day: &str, body: Value) -> Answer {
        self.with(who, "PUT", &figure(unit, day), &[], &body)
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        self.app.send("GET", path, Some(&self.tokens[who]), &[], None)
    }

    fn delete(&self, who: &str, path: &str) -> Answer {
        self.app.send("DELETE", path, Some(&self.tokens[who]), &[], None)
    }

    fn import(&self, who: &str, query: &str, csv: &str) -> Answer {
        let path = format!("{Q6}/import?what=figures{query}");
        self.app.send("POST", &path, Some(&self.tokens[who]), &[("content-type", "text/csv")], Some(csv.as_bytes()))
    }

    /// An approval as somebody reads it, with its tag.
    fn look(&self, who: &str, id: &str) -> (Value, String) {
        let answer = self.get(who, &format!("{Q6}/approvals/{id}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let tag = answer.header("etag").expect("a tag").to_owned();
        (answer.json(), tag)
    }

    fn approve(&self, who: &str, id: &str, tag: &str) -> Answer {
        let path = format!("{Q6}/approvals/{id}/approve");
        self.with(who, "POST", &path, &[("if-match", tag)], &json!({"reason": "đã đối chiếu"}))
    }

    /// Looks at an approval and approves it.
    fn look_and_approve(&self, who: &str, id: &str) -> Answer {
        let (_, tag) = self.look(who, id);
        self.approve(who, id, &tag)
    }

    fn state(&self, id: &str) -> Value {
        self.look("kiem-tra", id).0["state"].clone()
    }

    /// The places of a kind's units on the boards of both tracks, by code.
    fn places(&self, kind: &str) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        for track in ["improvement", "kept_clean"] {
            let board = self.app.get_as_council(&format!("{Q6}/leaderboard?kind={kind}&track={track}&limit=1000")).ok();
            for row in board["items"].as_array().expect("rows") {
                let code = row["unit"]["code"].as_str().expect("a code").to_owned();
                let points = row["points"]["total"].clone();
                found.insert(code, json!([track, row["rank"], points, row["level"]["current"]]));
            }
        }
        found
    }
}

/// The bundled pack that asks for more care, with one row of its figures in place of another.
fn pack_with(reporting: Value, (row, other): (&str, &str)) -> Contest {
    let mut files = pack::bundled()[0].files();
    for (name, text) in &mut files.0 {
        if name == "campaign.json" {
            let mut document: Value = serde_json::from_slice(text).expect("JSON");
            document["reporting"] = reporting.clone();
            *text = document.to_string().into_bytes();
        }
        if name == "figures.csv" && !row.is_empty() {
            *text = String::from_utf8_lossy(text).replace(row, other).into_bytes();
        }
    }
    pack::read(&files).expect("a pack")
}

/// The id of what waits.
#[track_caller]
fn waits(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let approval = answer.json();
    assert_eq!(approval["state"], "pending", "{approval}");
    let id = approval["id"].as_str().expect("an id").to_owned();
    assert_eq!(answer.header("location"), Some(format!("{Q6}/approvals/{id}").as_str()));
    assert_eq!(approval["links"]["approve"], format!("{Q6}/approvals/{id}/approve"));
    id
}

fn all_need_two() -> Value {
    json!({"late_figures": "approval", "corrections": "approval", "rule_changes": "approval"})
}

fn cases(n: u64) -> Value {
    json!({"community_f0": n, "reason": "ca ghi nhận muộn"})
}

on_both! {
    fn a_campaign_that_asks_for_nothing_takes_everything_at_once(app: TestApp) {
        let district = District::new(app, json!({}));
        assert_eq!(district.app.get(Q6).ok().get("reporting"), None, "defaults are not printed");
        assert_eq!(district.put("phuong-07", WARD, "2021-07-12", json!({"community_f0": 2})).status, 200);
        assert_eq!(district.app.put(&figure("27385", "2021-07-12"), &json!({"community_f0": 0})).status, 201);
        assert_eq!(district.import("phuong-07", "", "unit_code,date,community_f0\n27382,2021-07-10,4\n").status, 200);
        assert_eq!(district.get("chu-tich", &format!("{Q6}/approvals")).ok()["total"], 0);
    }
}

on_both! {
    fn where_a_reason_is_asked_for_late_figures_and_corrections_are_refused_without(app: TestApp) {
        let district = District::new(app, json!({"late_figures": "reason", "corrections": "reason"}));
        assert_eq!(district.app.get(Q6).ok()["reporting"]["rule_changes"], "open");
        let bare = json!({"community_f0": 2});
        for (unit, day, status) in [(WARD, "2021-07-12", 200), ("27385", "2021-07-12", 201)] {
            let refused = district.put("chu-tich", unit, day, bare.clone()).refused(422, "reason_required");
            assert_eq!(refused["errors"][0]["pointer"], "/reason", "{refused}");
            assert!(refused["detail"].as_str().unwrap().contains(day), "{refused}");
            assert_eq!(district.put("chu-tich", unit, day, cases(2)).status, status);
            // what already stands needs no reason
            assert_eq!(district.put("chu-tich", unit, day, bare.clone()).status, 200);
        }
        // an open day needs none, neither for the first figure nor for the next
        assert_eq!(district.put("phuong-07", WARD, "2021-07-13", bare.clone()).status, 201);
        assert_eq!(district.put("phuong-07", WARD, "2021-07-13", json!({"community_f0": 0})).status, 200);
        let batch = json!([
            {"unit_code": WARD, "date": "2021-07-13", "community_f0": 2},
            {"unit_code": WARD, "date": "2021-07-11", "community_f0": 2},
        ]);
        let refused = district.with("phuong-07", "POST", &format!("{Q6}/figures"), &[], &batch);
        assert_eq!(refused.refused(422, "reason_required")["errors"][0]["pointer"], "/1/reason");
        let csv = "unit_code,date,community_f0\n27382,2021-07-11,2\n27382,2021-07-13,2\n";
        district.import("phuong-07", "", csv).refused(422, "reason_required");
        district.import("phuong-07", "&dry_run=true", csv).refused(422, "reason_required");
        let taken = district.import("phuong-07", "&reason=d%E1%BB%93n%20s%E1%BB%91%20li%E1%BB%87u", csv).ok();
        assert_eq!(taken["rows"]["changed"], 2, "{taken}");
        let history = district.get("phuong-07", &format!("{}/history", figure(WARD, "2021-07-11"))).ok();
        assert_eq!(history["items"][1]["reason"], "dồn số liệu", "one reason for all rows");
        assert_eq!(district.get("chu-tich", &format!("{Q6}/approvals")).ok()["total"], 0);
    }
}

on_both! {
    fn a_correction_waits_is_looked_at_and_becomes_what_was_shown(app: TestApp) {
        let district = District::new(app, all_need_two());
        let (revision, before) = (district.app.revision("q6-2021"), district.places("ward"));
        let page = district.app.get(&format!("{Q6}/leaderboard"));
        district.put("phuong-07", WARD, "2021-07-12", json!({"community_f0": 40})).refused(409, "confirm_unusual");
        let asked = district.put("phuong-07", WARD, "2021-07-12", cases(9));
        let id = waits(&asked);
        let asked = asked.json();
        assert_eq!((&asked["what"], &asked["unit_code"], &asked["date"]), (&json!("figure"), &json!(WARD), &json!("2021-07-12")));
        assert_eq!((&asked["requested_by"], &asked["reason"]), (&json!("user:phuong-07"), &json!("ca ghi nhận muộn")));
        // nothing moved: no board, no history, no revision
        assert_eq!(district.app.revision("q6-2021"), revision);
        assert_eq!(district.app.get(&format!("{Q6}/leaderboard")).header("etag"), page.header("etag"));
        let history = district.get("chu-tich", &format!("{}/history", figure(WARD, "2021-07-12"))).ok();
        assert_eq!(history["total"], 1);
        // those of the unit see that something waits, nobody else does
        for (who, sees) in [("phuong-07", true), ("chu-tich", true), ("phuong-06", false)] {
            let read = district.get(who, &figure(WARD, "2021-07-12")).ok();
            assert_eq!(read["pending"]["approval"] == json!(id), sees, "{who}: {read}");
        }
        assert_eq!(district.app.get(&figure(WARD, "2021-07-12")).ok().get("pending"), None);

        let (shown, tag) = district.look("thu-ky", &id);
        assert_eq!(shown["is_current"], true);
        assert_eq!(shown["rows"][0]["after"]["community_f0"], 9);
        assert_eq!(shown["rows"][0]["before"]["community_f0"], 1);
        assert_eq!(shown["effect"]["as_of"], "2021-07-12");
        // who may not, or has not looked, is told so
        let path = format!("{Q6}/approvals/{id}/approve");
        district.with("phuong-07", "POST", &path, &[("if-match", &tag)], &json!({})).refused(403, "forbidden");
        district.with("to-truong", "POST", &path, &[("if-match", &tag)], &json!({})).refused(403, "forbidden");
        district.with("kiem-tra", "POST", &path, &[("if-match", &tag)], &json!({})).refused(403, "forbidden");
        district.app.post(&path, &json!({})).refused(403, "forbidden");
        district.with("thu-ky", "POST", &path, &[], &json!({})).refused(428, "precondition_required");
        district.with("thu-ky", "POST", &path, &[("if-match", "*")], &json!({})).refused(428, "precondition_required");
        district.approve("thu-ky", &id, "\"another\"").refused(412, "precondition_failed");
        assert_eq!(district.state(&id), "pending");

        let done = district.approve("thu-ky", &id, &tag);
        assert_eq!(done.status, 200, "{}", done.text());
        let done = done.json();
        assert_eq!((&done["state"], &done["applied_revision"]), (&json!("approved"), &json!(revision + 1)));
        assert_eq!((&done["decided_by"], &done["revision"]), (&json!("user:thu-ky"), &json!(revision + 1)));
        assert_eq!(district.app.get(&figure(WARD, "2021-07-12")).ok()["community_f0"], 9);

        // what was shown is what happened, for every unit, and nothing else moved
        let after = district.places("ward");
        let moved = &shown["effect"]["boards"].as_array().unwrap().iter().find(|b| b["kind"] == "ward").unwrap()["items"];
        let place = |side: &Value| json!([side["track"], side["rank"], side["points"], side["level"]["current"]]);
        for (code, was) in &before {
            let told = moved.as_array().unwrap().iter().find(|item| item["unit"]["code"] == json!(code));
            match told {
                Some(item) => assert_eq!((&place(&item["before"]), &place(&item["after"])), (was, &after[code]), "{code}"),
                None => assert_eq!(was, &after[code], "{code}"),
            }
        }
        assert!(before[WARD] != after[WARD] && before[WARD][1] != after[WARD][1], "{after:?}");

        // both people stand in the history, for those to whom the unit is confided
        let read = |who| district.get(who, &format!("{}/history", figure(WARD, "2021-07-12"))).ok()["items"][1].clone();
        let both = json!({"approval": id, "requested_by": "user:phuong-07", "approved_by": "user:thu-ky"});
        assert_eq!(read("phuong-07")["two_persons"], both);
        assert_eq!(read("phuong-06").get("two_persons"), None);
        assert_eq!(read("chu-tich")["reason"], "ca ghi nhận muộn");
        let log = district.get("kiem-tra", "/api/v1/audit?campaign=q6-2021&limit=1000").ok();
        let entry = |action: &str| {
            let mut of_action = log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == action);
            of_action.next_back().unwrap_or_else(|| panic!("{action}: {log}")).clone()
        };
        assert_eq!(entry("approval.request")["actor"], "user:phuong-07");
        assert_eq!(entry("approval.approve")["actor"], "user:thu-ky");
        let recorded = entry("figure.record");
        assert_eq!((&recorded["actor"], &recorded["after"]["requested_by"]), (&json!("user:thu-ky"), &json!("user:phuong-07")));
        assert_eq!(recorded["after"]["approval"], json!(id));
        // and it is over
        district.approve("chu-tich", &id, &tag).refused(409, "approval_decided");
    }
}

on_both! {
    fn nobody_decides_what_they_asked_for(app: TestApp) {
        let district = District::new(app, all_need_two());
        let id = waits(&district.put("chu-tich", WARD, "2021-07-12", cases(2)));
        district.look_and_approve("chu-tich", &id).refused(403, "own_request");
        let reject = format!("{Q6}/approvals/{id}/reject");
        district.with("chu-tich", "POST", &reject, &[], &json!({"reason": "x"})).refused(403, "own_request");
        assert_eq!(district.state(&id), "pending");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        // a machine of the council asks as anybody, and decides nothing
        let own = waits(&district.app.put(&figure(WARD, "2021-07-11"), &cases(2)));
        let other = waits(&district.put("phuong-07", WARD, "2021-07-10", cases(2)));
        for (id, code) in [(own, "own_request"), (other, "forbidden")] {
            let path = format!("{Q6}/approvals/{id}/reject");
            district.app.post(&path, &json!({"reason": "x"})).refused(403, code);
        }
    }
}

on_both! {
    fn a_late_figure_waits_with_its_reason_and_can_be_refused_or_taken_back(app: TestApp) {
        let district = District::new(app, json!({"late_figures": "approval"}));
        // corrections are open here
        assert_eq!(district.put("phuong-07", WARD, "2021-07-12", json!({"community_f0": 2})).status, 200);
        let address = figure("27385", "2021-07-12");
        district.put("chu-tich", "27385", "2021-07-12", json!({"community_f0": 1})).refused(422, "reason_required");
        let id = waits(&district.put("chu-tich", "27385", "2021-07-12", cases(1)));
        let missing = district.get("thu-ky", &address).refused(404, "figure_not_found");
        assert!(missing["detail"].as_str().unwrap().contains(&format!("approval {id}")), "{missing}");
        let public = district.app.get(&address).refused(404, "figure_not_found");
        assert!(!public["detail"].as_str().unwrap().contains("approval"), "{public}");
        // the same again is the same request; another one has to wait for its end
        assert_eq!(waits(&district.put("chu-tich", "27385", "2021-07-12", cases(1))), id);
        let second = district.put("chu-tich", "27385", "2021-07-12", cases(3)).refused(409, "approval_pending");
        assert!(second["detail"].as_str().unwrap().contains(&format!("approval {id}")), "{second}");
        district.put("thu-ky", "27385", "2021-07-12", cases(1)).refused(409, "approval_pending");
        let reject = format!("{Q6}/approvals/{id}/reject");
        district.with("thu-ky", "POST", &reject, &[], &json!({})).refused(422, "invalid_request");
        let refused = district.with("thu-ky", "POST", &reject, &[], &json!({"reason": "sai ngày"})).ok();
        assert_eq!((&refused["state"], &refused["decided_reason"]), (&json!("rejected"), &json!("sai ngày")));
        district.get("thu-ky", &address).refused(404, "figure_not_found");
        district.look_and_approve("thu-ky", &id).refused(409, "approval_decided");

        let id = waits(&district.put("chu-tich", "27385", "2021-07-12", cases(3)));
        let path = format!("{Q6}/approvals/{id}");
        district.delete("thu-ky", &format!("{path}?reason=x")).refused(403, "not_own_request");
        district.delete("phuong-06", &format!("{path}?reason=x")).refused(404, "approval_not_found");
        district.delete("chu-tich", &path).refused(422, "reason_required");
        let taken = district.delete("chu-tich", &format!("{path}?reason=x")).ok();
        assert_eq!((&taken["state"], &taken["effect"]), (&json!("withdrawn"), &Value::Null));
        district.delete("chu-tich", &format!("{path}?reason=x")).refused(409, "approval_decided");
        let id = waits(&district.put("chu-tich", "27385", "2021-07-12", cases(3)));
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        let shares = district.app.get(&format!("{Q6}/completeness?date=2021-07-12")).ok()["day"].clone();
        assert_eq!((&shares["late"], &shares["missing"]), (&json!(1), &json!(0)), "late it stays");
    }
}

on_both! {
    fn a_figure_taken_back_waits_too(app: TestApp) {
        let district = District::new(app, json!({"corrections": "approval"}));
        let address = figure(WARD, "2021-07-12");
        let id = waits(&district.delete("phuong-07", &format!("{address}?reason=nh%E1%BA%ADp%20nh%E1%BA%A7m")));
        assert_eq!(district.app.get(&address).status, 200);
        let (shown, _) = district.look("thu-ky", &id);
        assert_eq!((&shown["what"], &shown["rows"][0]["after"]), (&json!("take_back"), &Value::Null));
        // the tag of what is read while something waits still serves a later write
        let tag = district.get("phuong-07", &address).header("etag").expect("a tag").to_owned();
        district.with("phuong-07", "PUT", &address, &[("if-match", &tag)], &cases(2)).refused(409, "approval_pending");
        district.with("phuong-07", "PUT", &address, &[("if-match", "\"x\"")], &cases(2)).refused(412, "precondition_failed");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        district.app.get(&address).refused(404, "figure_not_found");
        let history = district.get("phuong-07", &format!("{address}/history")).ok();
        let row = &history["items"][0];
        assert_eq!(row["withdrawn_reason"], "nhập nhầm");
        assert_eq!(row["withdrawn_by_two"]["approved_by"], "user:thu-ky", "{row}");
        assert_eq!(row.get("two_persons"), None, "it was recorded by the pack");
    }
}

on_both! {
    fn figures_changed_meanwhile_make_an_approval_stale(app: TestApp) {
        let district = District::new(app, json!({"late_figures": "approval", "corrections": "approval"}));
        let id = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(5)));
        let (_, tag) = district.look("thu-ky", &id);
        // somebody takes the rule away, by the rule, and corrects the day at once
        let looser = waits(&district.set(json!({"late_figures": "approval"})));
        assert_eq!(district.look_and_approve("thu-ky", &looser).status, 200);
        assert_eq!(district.put("phuong-07", WARD, "2021-07-12", cases(2)).status, 200);
        let (shown, _) = district.look("thu-ky", &id);
        assert_eq!((&shown["state"], &shown["is_current"]), (&json!("pending"), &json!(false)));
        let revision = district.app.revision("q6-2021");
        district.approve("thu-ky", &id, &tag).refused(409, "approval_stale");
        assert_eq!(district.state(&id), "stale");
        assert_eq!(district.app.revision("q6-2021"), revision, "nothing took effect");
        assert_eq!(district.app.get(&figure(WARD, "2021-07-12")).ok()["community_f0"], 2);
        district.approve("thu-ky", &id, &tag).refused(409, "approval_decided");
        let stale = district.get("kiem-tra", "/api/v1/audit?campaign=q6-2021&action=approval.stale").ok();
        assert_eq!((&stale["total"], &stale["items"][0]["actor"]), (&json!(1), &json!("user:thu-ky")));
        // and it can be asked again
        assert_eq!(district.set(json!({"late_figures": "approval", "corrections": "approval"})).status, 200);
        let again = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(5)));
        assert_eq!(district.look_and_approve("thu-ky", &again).status, 200);
    }
}

on_both! {
    fn a_request_whose_ground_has_moved_makes_room_for_another(app: TestApp) {
        let district = District::new(app, json!({"corrections": "approval"}));
        let outdated = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(5)));
        let looser = waits(&district.set(json!({})));
        assert_eq!(district.look_and_approve("thu-ky", &looser).status, 200);
        assert_eq!(district.put("phuong-07", WARD, "2021-07-12", cases(2)).status, 200);
        assert_eq!(district.set(json!({"corrections": "approval"})).status, 200);
        // in the same words, and yet another request: it is made against what stands now
        let id = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(5)));
        assert!(id != outdated && district.state(&outdated) == "stale", "{id}");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        assert_eq!(district.app.get(&figure(WARD, "2021-07-12")).ok()["community_f0"], 5);
    }
}

on_both! {
    fn who_looked_at_another_effect_looks_again(app: TestApp) {
        let district = District::new(app, json!({"corrections": "approval"}));
        let id = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(5)));
        let (_, tag) = district.look("thu-ky", &id);
        // another ward reports an open day: the boards of 12 July stay as they are
        assert_eq!(district.put("phuong-06", OTHER, "2021-07-13", json!({"community_f0": 0})).status, 201);
        let (same, again) = district.look("thu-ky", &id);
        assert_eq!((&again, &same["is_current"]), (&tag, &json!(true)), "nothing of it moved");
        // the council gives the other ward points: the same correction now moves other ranks
        let bonus = json!({"unit_code": WARD, "kind": "bonus", "points": 40, "reason": "x"});
        district.app.post(&format!("{Q6}/adjustments"), &bonus).ok();
        district.approve("thu-ky", &id, &tag).refused(412, "precondition_failed");
        assert_eq!(district.state(&id), "pending");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
    }
}

on_both! {
    fn of_two_who_approve_at_once_one_wins(app: TestApp) {
        let district = District::new(app, all_need_two());
        for day in ["2021-07-10", "2021-07-11", "2021-07-12"] {
            let id = waits(&district.put("phuong-07", WARD, day, cases(6)));
            let tags = ["chu-tich", "thu-ky"].map(|who| (who, district.look(who, &id).1));
            let revision = district.app.revision("q6-2021");
            let mut statuses = std::thread::scope(|scope| {
                let tries = tags.each_ref().map(|(who, tag)| scope.spawn(|| district.approve(who, &id, tag).status));
                tries.map(|tried| tried.join().expect("an answer"))
            });
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
            assert_eq!(district.app.revision("q6-2021"), revision + 1, "it took effect once");
        }
    }
}

on_both! {
    fn a_file_with_a_row_of_a_closed_day_waits_whole(app: TestApp) {
        let district = District::new(app, all_need_two());
        let revision = district.app.revision("q6-2021");
        let batch = json!([
            {"unit_code": WARD, "date": "2021-07-13", "community_f0": 2},
            {"unit_code": WARD, "date": "2021-07-12", "community_f0": 2, "reason": "x"},
            {"unit_code": WARD, "date": "2021-07-11", "community_f0": 0},
        ]);
        let path = format!("{Q6}/figures");
        let id = waits(&district.with("phuong-07", "POST", &path, &[], &batch));
        assert_eq!(district.app.revision("q6-2021"), revision);
        district.app.get(&figure(WARD, "2021-07-13")).refused(404, "figure_not_found");
        let (shown, _) = district.look("thu-ky", &id);
        let rows = shown["rows"].as_array().unwrap();
        // the third row says what stands already: it is no part of it
        assert_eq!((rows.len(), &shown["unit_days"]), (2, &json!(2)), "{shown}");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        assert_eq!(district.app.get(&figure(WARD, "2021-07-13")).ok()["community_f0"], 2);
        // only open days: at once
        let open = json!([{"unit_code": WARD, "date": "2021-07-13", "community_f0": 3}]);
        assert_eq!(district.with("phuong-07", "POST", &path, &[], &open).status, 200);

        let csv = "unit_code,date,community_f0\n27379,2021-07-12,3\n27379,2021-07-13,1\n27382,2021-07-09,0\n";
        let tried = district.import("chu-tich", "&reason=x&dry_run=true", csv).ok();
        assert_eq!((&tried["needs_approval"], &tried["rows"]["changed"]), (&json!(true), &json!(1)), "{tried}");
        district.import("chu-tich", "", csv).refused(422, "reason_required");
        let id = waits(&district.import("chu-tich", "&reason=t%E1%BB%95ng%20h%E1%BB%A3p", csv));
        let (shown, _) = district.look("thu-ky", &id);
        assert_eq!((&shown["what"], &shown["reason"]), (&json!("import"), &json!("tổng hợp")));
        let before = district.app.revision("q6-2021");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        assert_eq!(district.app.revision("q6-2021"), before + 1, "one revision for all");
        let history = district.get("phuong-06", &format!("{}/history", figure(OTHER, "2021-07-12"))).ok();
        let last = &history["items"][1];
        assert_eq!((&last["source"], &last["two_persons"]["requested_by"]), (&json!("import"), &json!("user:chu-tich")));
        let open = "unit_code,date,community_f0\n27379,2021-07-13,2\n";
        assert_eq!(district.import("phuong-06", "", open).ok()["needs_approval"], false);
    }
}

on_both! {
    fn a_large_file_waits_and_is_written_as_it_was_sent(app: TestApp) {
        let district = District::new(app, json!({"corrections": "approval", "late_figures": "approval"}));
        // more rows than a small batch holds
        let wards: Vec<Value> = (0..60)
            .map(|n| json!({"code": format!("x{n:03}"), "name": format!("Phường {n}"), "kind": "ward", "parent_code": "775"}))
            .collect();
        district.app.post(&format!("{Q6}/units"), &json!(wards)).ok();
        let row = |n: usize, day: &str| json!({"unit_code": format!("x{n:03}"), "date": day, "community_f0": n % 7, "reason": "x"});
        let days: Vec<String> = (25..31).map(|d| format!("2021-06-{d}")).chain((1..13).map(|d| format!("2021-07-{d:02}"))).collect();
        let rows: Vec<Value> = (0..60).flat_map(|n| days.iter().map(move |day| row(n, day))).collect();
        let id = waits(&district.with("chu-tich", "POST", &format!("{Q6}/figures"), &[], &json!(rows)));
        let (shown, _) = district.look("thu-ky", &id);
        assert_eq!((&shown["unit_days"], shown["rows"].as_array().unwrap().len()), (&json!(60 * 18), 100));
        let board = &shown["effect"]["boards"].as_array().unwrap().iter().find(|b| b["kind"] == "ward").unwrap();
        assert!(board["total"].as_u64().unwrap() >= 60 && board["items"].as_array().unwrap().len() == 50, "{board}");
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        for n in [0, 5, 59] {
            let read = district.app.get(&figure(&format!("x{n:03}"), "2021-07-11")).ok();
            assert_eq!(read["community_f0"], n % 7);
        }
        // as many rows of which none changes a closed day need nobody
        let rows: Vec<Value> = (0..60).flat_map(|n| days.iter().map(move |day| row(n, day)).chain([row(n, "2021-07-13")])).collect();
        let taken = district.with("chu-tich", "POST", &format!("{Q6}/figures"), &[], &json!(rows)).ok();
        assert_eq!((&taken["new"], &taken["same"]), (&json!(60), &json!(60 * 18)), "{taken}");
    }
}

on_both! {
    fn rules_change_when_a_second_person_approves(app: TestApp) {
        let district = District::new(app, json!({"rule_changes": "approval"}));
        let path = format!("{Q6}/policies");
        let change = json!({
            "scoring": {"components": [{"measure": "level_drop", "max_points": 100}]},
            "reason": "họp ngày 13", "legal_reference": "12/QĐ-UBND"
        });
        // figures are open here
        assert_eq!(district.put("phuong-07", WARD, "2021-07-12", json!({"community_f0": 2})).status, 200);
        let id = waits(&district.with("chu-tich", "POST", &path, &[], &change));
        assert_eq!(district.app.get(&path).ok()["total"], 1);
        assert_eq!(waits(&district.with("chu-tich", "POST", &path, &[], &change)), id);
        let other = json!({"allowances": {"ward": 1}, "reason": "x"});
        district.with("thu-ky", "POST", &path, &[], &other).refused(409, "approval_pending");
        let (shown, tag) = district.look("thu-ky", &id);
        assert_eq!(shown["document"]["scoring"]["components"][0]["measure"], "level_drop");
        let board = shown["effect"]["boards"].as_array().unwrap().iter().find(|b| b["kind"] == "ward").unwrap();
        let before = district.places("ward");
        district.approve("to-truong", &id, &tag).refused(403, "forbidden");
        district.approve("chu-tich", &id, &tag).refused(403, "own_request");
        assert_eq!(district.approve("thu-ky", &id, &tag).status, 200);
        let policy = district.get("chu-tich", &format!("{path}/2")).ok();
        assert_eq!((&policy["author"], &policy["reason"]), (&json!("user:chu-tich"), &json!("họp ngày 13")));
        assert_eq!(policy["legal_reference"], "12/QĐ-UBND");
        let after = district.places("ward");
        let moved = before.iter().filter(|(code, was)| after[*code] != **was).count();
        assert_eq!(board["total"], json!(moved), "as it was shown");

        // a version that came meanwhile makes a request stale: here of the time before the rule
        let id = waits(&district.with("chu-tich", "POST", &path, &[], &other));
        let (_, tag) = district.look("thu-ky", &id);
        let open = waits(&district.set(json!({})));
        assert_eq!(district.look_and_approve("thu-ky", &open).status, 200);
        assert_eq!(district.with("thu-ky", "POST", &path, &[], &json!({"allowances": {"ward": 2}, "reason": "x"})).status, 201);
        district.approve("thu-ky", &id, &tag).refused(409, "approval_stale");
        assert_eq!(district.app.get(&path).ok()["total"], 3);
    }
}

on_both! {
    fn less_care_needs_a_second_person_and_more_needs_none(app: TestApp) {
        let district = District::new(app, json!({"corrections": "approval"}));
        // tighter: at once
        assert_eq!(district.set(json!({"corrections": "approval", "late_figures": "reason"})).status, 200);
        // looser in anything: waits, also where something else gets tighter
        let id = waits(&district.set(json!({"corrections": "approval", "rule_changes": "approval"})));
        assert_eq!(district.app.get(Q6).ok()["reporting"]["late_figures"], "reason");
        let (shown, tag) = district.look("thu-ky", &id);
        assert_eq!((&shown["what"], &shown["document"]["reporting"]["late_figures"]), (&json!("campaign"), &json!("open")));
        district.approve("chu-tich", &id, &tag).refused(403, "own_request");
        assert_eq!(district.approve("thu-ky", &id, &tag).status, 200);
        assert_eq!(district.app.get(Q6).ok()["reporting"], json!({"late_figures": "open", "corrections": "approval", "rule_changes": "approval"}));
        // a later hour would open the last day again
        let now = district.app.get(Q6);
        let mut document = now.json();
        document["day_closes"] = "23:00".into();
        let later = district.with("thu-ky", "PUT", Q6, &[("if-match", now.header("etag").unwrap())], &document);
        let id = waits(&later);
        // and no pack goes around it
        let send = |reporting: Value| {
            let zip = pack::write_zip(&pack_with(reporting, ("27382,2021-07-12,1", "27382,2021-07-12,8")));
            let token = Some(district.tokens["chu-tich"].as_str());
            let path = format!("{Q6}/import?reason=x");
            district.app.send("POST", &path, token, &[("content-type", "application/zip")], Some(&zip))
        };
        let refused = send(json!({})).refused(409, "approval_needed");
        assert!(refused["detail"].as_str().unwrap().contains("campaign.json"), "{refused}");
        let refused = send(district.app.get(Q6).ok()["reporting"].clone()).refused(409, "approval_needed");
        assert!(refused["detail"].as_str().unwrap().contains("closed day"), "{refused}");
        assert_eq!(district.state(&id), "pending");
    }
}

on_both! {
    fn what_is_loaded_before_the_contest_is_under_way_needs_nobody(app: TestApp) {
        let app = app;
        let campaign = json!({
            "code": "new", "time_zone": "Asia/Ho_Chi_Minh",
            "window": {"from": "2021-07-20", "to": "2021-07-30"}, "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
            "kinds": [{"code": "ward", "figures": "reported"}], "level_scheme": "counts-14d",
            "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]},
            "reporting": {"late_figures": "approval", "corrections": "approval", "rule_changes": "approval"},
        });
        app.set_clock("2021-07-23T06:00:00Z");
        app.post("/api/v1/campaigns", &campaign).ok();
        let base = "/api/v1/campaigns/new";
        app.post(&format!("{base}/units"), &json!([{"code": "w", "name": "W", "kind": "ward"}, {"code": "v", "name": "V", "kind": "ward"}])).ok();
        let put = |unit: &str, day: &str, cases: u64| {
            app.put(&format!("{base}/units/{unit}/figures/{day}"), &json!({"community_f0": cases, "reason": "x"}))
        };
        // rules are free until the contest has begun by the campaign's clock
        let rules = |cases: u64| app.post(&format!("{base}/policies"), &json!({"allowances": {"ward": cases}, "reason": "x"}));
        app.set_clock("2021-07-19T16:59:00Z");
        assert_eq!(rules(1).status, 201);
        app.set_clock("2021-07-19T17:00:00Z");
        assert_eq!(rules(2).status, 202);
        app.set_clock("2021-07-23T06:00:00Z");
        // the baseline, in any order and corrected
        assert_eq!(put("w", "2021-07-06", 5).status, 201);
        assert_eq!(put("w", "2021-07-06", 4).status, 200);
        let rows: Vec<Value> = (7..20).map(|day| json!({"unit_code": "w", "date": format!("2021-07-{day:02}"), "community_f0": 4})).collect();
        app.post(&format!("{base}/figures"), &json!(rows)).ok();
        // a closed day of the window is late, though no figure of the window is there yet
        assert_eq!(put("w", "2021-07-21", 3).status, 202);
        // from the first figure of the window on the baseline is history, too
        assert_eq!(put("w", "2021-07-23", 3).status, 201);
        assert_eq!(put("v", "2021-07-06", 5).status, 202);
        assert_eq!(put("w", "2021-07-07", 3).status, 202);
    }
}

on_both! {
    fn the_first_load_of_a_campaign_needs_nobody(app: TestApp) {
        let pack = pack_with(all_need_two(), ("", ""));
        app.import(&pack);
        assert_eq!(app.revision("q6-2021"), 1);
        assert_eq!(app.get(Q6).ok()["reporting"], all_need_two());
        // the same again changes nothing and needs nobody
        app.import(&pack);
        assert_eq!(app.revision("q6-2021"), 1);
        // and what is exported asks for as much
        let exported = app.service.export("q6-2021").expect("a contest");
        assert_eq!(exported.campaign.reporting.to_json(), all_need_two());
    }
}

on_both! {
    fn a_retry_with_its_key_is_answered_the_same(app: TestApp) {
        let district = District::new(app, all_need_two());
        let send = |cases: Value| {
            district.with("phuong-07", "PUT", &figure(WARD, "2021-07-12"), &[("idempotency-key", "first")], &cases)
        };
        let first = send(cases(2));
        let id = waits(&first);
        assert_eq!(district.look_and_approve("thu-ky", &id).status, 200);
        let again = send(cases(2));
        assert_eq!((again.status, again.text(), again.header("location")), (202, first.text(), first.header("location")));
        send(cases(3)).refused(422, "idempotency_key_reused");
        assert_eq!(district.get("thu-ky", &format!("{Q6}/approvals")).ok()["total"], 1);
    }
}

on_both! {
    fn everybody_sees_their_own_requests_and_the_council_those_of_its_scope(app: TestApp) {
        let district = District::new(app, all_need_two());
        let of_ward = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(2)));
        let of_other = waits(&district.put("phuong-06", OTHER, "2021-07-12", cases(2)));
        let of_rules = waits(&district.with("chu-tich", "POST", &format!("{Q6}/policies"), &[], &json!({"allowances": {"ward": 1}, "reason": "x"})));
        let path = format!("{Q6}/approvals");
        district.app.get(&path).refused(401, "unauthenticated");
        let ids = |who: &str, query: &str| -> String {
            let list = district.get(who, &format!("{path}{query}")).ok();
            let ids = list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
            ids.collect::<Vec<_>>().join(" ")
        };
        let all = [of_rules.as_str(), &of_other, &of_ward].join(" ");
        for who in ["chu-tich", "thu-ky", "kiem-tra"] {
            assert_eq!(ids(who, ""), all, "{who}");
        }
        assert_eq!(ids("phuong-07", ""), of_ward);
        assert_eq!(ids("to-truong", ""), of_other);
        for (who, id) in [("phuong-07", &of_other), ("phuong-06", &of_ward), ("to-truong", &of_ward), ("to-truong", &of_rules)] {
            district.get(who, &format!("{path}/{id}")).refused(404, "approval_not_found");
        }
        for id in ["0", "01", "x", "99"] {
            district.get("chu-tich", &format!("{path}/{id}")).refused(404, "approval_not_found");
        }
        // a council of a ward decides inside it
        assert_eq!(district.look_and_approve("to-truong", &of_other).status, 200);
        assert_eq!(ids("thu-ky", "?state=pending"), [of_rules.as_str(), &of_ward].join(" "));
        assert_eq!(ids("thu-ky", "?state=approved"), of_other);
        assert_eq!(ids("thu-ky", "?unit=27382"), of_ward);
        district.get("thu-ky", &format!("{path}?state=open")).refused(422, "invalid_parameter");
        // a walk through pages fits together, or ends
        let first = district.get("thu-ky", &format!("{path}?limit=2")).ok();
        let next = format!("{path}?limit=2&cursor={}", first["next_cursor"].as_str().expect("a cursor"));
        assert_eq!(district.get("thu-ky", &next).ok()["items"][0]["id"], json!(of_ward));
        waits(&district.put("phuong-07", WARD, "2021-07-11", cases(2)));
        district.get("thu-ky", &next).refused(410, "cursor_stale");
    }
}

on_both! {
    fn a_unit_about_which_something_waits_is_not_taken_out(app: TestApp) {
        let district = District::new(app, all_need_two());
        let new = json!([{"code": "new", "name": "Phường mới", "kind": "ward", "parent_code": "775"}]);
        district.app.post(&format!("{Q6}/units"), &new).ok();
        let id = waits(&district.put("chu-tich", "new", "2021-07-12", cases(2)));
        district.app.delete(&format!("{Q6}/units/new")).refused(409, "unit_in_use");
        let reject = format!("{Q6}/approvals/{id}/reject");
        district.with("thu-ky", "POST", &reject, &[], &json!({"reason": "x"})).ok();
        assert_eq!(district.app.delete(&format!("{Q6}/units/new")).status, 200);
        assert_eq!(district.state(&id), "rejected");
    }
}

on_all! {
    fn a_backup_keeps_what_waits(app: TestApp) {
        let district = District::new(app, all_need_two());
        let id = waits(&district.put("phuong-07", WARD, "2021-07-12", cases(5)));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        backup::write_file(&mut district.app.address.connect().expect("a connection"), &file).expect("a backup");
        let target = TestDatabase::sqlite();
        Backup::open(&file).expect("a backup").restore(&target.address).expect("restored");
        let restored = TestApp::at(target, "2021-07-13T06:00:00Z");
        let tokens = PEOPLE.map(|(name, ..)| (name, restored.sign_in(name))).into();
        let restored = District { app: restored, tokens };
        assert_eq!(restored.look_and_approve("thu-ky", &id).status, 200);
        assert_eq!(restored.app.get(&figure(WARD, "2021-07-12")).ok()["community_f0"], 5);
        assert_eq!(district.state(&id), "pending");
    }
}

/// Whether a value is as a schema of the document says; told where it is not.
fn check(document: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return check(document, document.pointer(reference.trim_start_matches('#')).expect(reference), value, path);
    }
    schema["allOf"].as_array().into_iter().flatten().for_each(|part| check(document, part, value, path));
    if let Some(any) = schema["oneOf"].as_array() {
        let takes = |one: &&Value| if one["type"] == "null" { value.is_null() } else { !value.is_null() };
        let one = any.iter().find(takes).unwrap_or_else(|| panic!("{path}: {value} is none of {schema}"));
        return check(document, one, value, path);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let named = |name: &Value| name == kind || (name == "number" && kind == "integer");
    let is_one = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(named),
        name => named(name),
    };
    assert!(is_one, "{path}: {value} is not {}", schema["type"]);
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(value.get(name).is_some(), "{path}: {name} is missing in {value}");
    }
    for (name, of_field) in schema["properties"].as_object().into_iter().flatten() {
        value.get(name).into_iter().for_each(|found| check(document, of_field, found, &format!("{path}/{name}")));
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{path}/{at}"));
    }
}

#[test]
fn what_waits_is_answered_as_the_document_says() {
    use crate::support::database::TestDatabase;
    let document: Value = serde_json::from_str(&greenzone::api::document_text()).expect("JSON");
    let schema = |path: &str, method: &str, status: &str| {
        let path = format!("/api/v1/campaigns/{{campaign}}{path}");
        let schema = &document["paths"][&path][method]["responses"][status]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {path} {status}");
        schema.clone()
    };
    let district = District::new(TestApp::on(TestDatabase::sqlite()), all_need_two());
    let csv = "unit_code,date,community_f0\n27379,2021-07-10,3\n";
    let batch = json!([{"unit_code": OTHER, "date": "2021-07-11", "community_f0": 5, "reason": "x"}]);
    let rules = json!({"allowances": {"ward": 1}, "reason": "x"});
    let answers = [
        ("/units/{code}/figures/{date}", "put", district.put("phuong-07", WARD, "2021-07-12", cases(2))),
        (
            "/units/{code}/figures/{date}",
            "delete",
            district.delete("phuong-07", &format!("{}?reason=x", figure(WARD, "2021-07-11"))),
        ),
        ("/figures", "post", district.with("chu-tich", "POST", &format!("{Q6}/figures"), &[], &batch)),
        ("/import", "post", district.import("chu-tich", "&reason=x", csv)),
        ("/policies", "post", district.with("chu-tich", "POST", &format!("{Q6}/policies"), &[], &rules)),
        ("", "put", district.set(json!({}))),
    ];
    for (path, method, answer) in answers {
        let id = waits(&answer);
        check(&document, &schema(path, method, "202"), &answer.json(), path);
        check(&document, &schema("/approvals/{id}", "get", "200"), &district.look("thu-ky", &id).0, path);
    }
    check(
        &document,
        &schema("/approvals", "get", "200"),
        &district.get("thu-ky", &format!("{Q6}/approvals")).json(),
        "list",
    );
    let done = district.look_and_approve("thu-ky", "1");
    check(&document, &schema("/approvals/{id}/approve", "post", "200"), &done.json(), "approved");
    check(&document, &schema("/approvals/{id}", "get", "200"), &district.look("thu-ky", "1").0, "approved");
}
