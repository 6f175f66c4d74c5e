use super::{Q6, figure};
use crate::support::app::{Answer, TestApp};
use crate::support::{on_all, on_both};
use greenzone::domain::account::{Role, Scope};
use greenzone::store::{appeals, campaigns};
use serde_json::{Value, json};

const WARD: &str = "27382";
const OTHER: &str = "27379";
const SAID: &str = "Ngày 11/7 có ca được ghi hai lần.";

fn list() -> String {
    format!("{Q6}/appeals")
}

fn address(id: &str) -> String {
    format!("{Q6}/appeals/{id}")
}

/// Who is there, each with an account of their own.
const PEOPLE: [(&str, Role, Option<&str>); 7] = [
    ("chu-tich", Role::Council, None),
    ("thu-ky", Role::Council, None),
    ("to-truong", Role::Council, Some(OTHER)),
    ("phuong-07", Role::Reporter, Some(WARD)),
    ("phuong-06", Role::Reporter, Some(OTHER)),
    ("to-cong-tac", Role::Committee, None),
    ("kiem-toan", Role::Auditor, None),
];

struct District {
    app: TestApp,
}

impl District {
    fn new(app: TestApp) -> Self {
        let app = app.with_q6();
        for (name, role, unit) in PEOPLE {
            let campaign = "q6-2021".to_owned();
            let scope = match unit {
                Some(unit) => Scope::Unit { campaign, unit: unit.to_owned() },
                None => Scope::Campaign(campaign),
            };
            app.make_account(name, role, scope);
        }
        Self { app }
    }

    fn send(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let token = self.app.sign_in(who);
        let body = body.map(|body| body.to_string());
        let json = body.iter().map(|_| ("content-type", "application/json"));
        let headers: Vec<_> = headers.iter().copied().chain(json).collect();
        self.app.send(method, path, Some(&token), &headers, body.as_deref().map(str::as_bytes))
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, &[], None)
    }

    fn lodge(&self, who: &str, unit: &str) -> Answer {
        self.send(who, "POST", &list(), &[], Some(json!({"unit_code": unit, "text": SAID})))
    }

    /// Lodges an appeal for the ward; its id.
    fn lodged(&self, who: &str) -> String {
        let answer = self.lodge(who, WARD);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    fn answer(&self, who: &str, id: &str, body: Value) -> Answer {
        self.send(who, "PUT", &address(id), &[], Some(body))
    }

    fn withdraw(&self, who: &str, id: &str) -> Answer {
        self.send(who, "DELETE", &format!("{}?reason=x", address(id)), &[], None)
    }

    fn correct(&self, unit: &str, day: &str, cases: u32) -> i64 {
        let body = json!({"community_f0": cases, "reason": "trùng ca"});
        self.app.put(&figure(unit, day), &body).ok()["revision"].as_i64().expect("a revision")
    }

    /// Lets appeals be lodged until a day.
    fn until(&self, day: &str) -> Answer {
        let now = self.app.get(Q6);
        let mut document = now.json();
        document["appeals"] = json!({"until": day});
        self.app.put_with(Q6, &[("if-match", now.header("etag").expect("a tag"))], &document)
    }

    /// How many appeals nobody has answered, as what closes the result asks.
    fn open(&self) -> i64 {
        let mut conn = self.app.address.connect().expect("a connection");
        let stored = campaigns::find_opt(&mut conn, "q6-2021").expect("readable").expect("the campaign");
        appeals::open_appeals(&mut conn, stored.id).expect("a number")
    }

    /// The place of each ward on the boards of a revision: track, rank, points, level.
    fn places(&self, revision: i64) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for track in ["improvement", "kept_clean"] {
            let board = format!("{Q6}/leaderboard?track={track}&as_of=2021-07-12&revision={revision}");
            let board = self.app.get_as_council(&board).ok();
            for row in board["items"].as_array().expect("rows") {
                let code = row["unit"]["code"].as_str().expect("a code").to_owned();
                let points = row["points"]["total"].clone();
                found.push((code, json!([track, row["rank"], points, row["level"]["current"]])));
            }
        }
        found.sort_by_key(|(code, _)| code.clone());
        found
    }
}

fn place(view: &Value) -> Value {
    json!([view["track"], view["rank"], view["points"], view["level"]["current"]])
}

on_all! {
    fn an_appeal_is_lodged_by_the_units_side_and_answered_by_the_council(app: TestApp) {
        let district = District::new(app);
        district.app.post(&list(), &json!({"unit_code": "nobody", "text": SAID})).refused(404, "unit_not_found");
        district.app.get(&list()).refused(401, "unauthenticated");
        for (who, unit) in [("phuong-06", WARD), ("to-cong-tac", WARD), ("kiem-toan", WARD), ("to-truong", WARD)] {
            district.lodge(who, unit).refused(403, "forbidden");
        }
        let revision = district.app.revision("q6-2021");
        let about = json!({"unit_code": WARD, "text": SAID, "about": {"date": "2021-07-11", "what": "figures"}});
        let lodged = district.send("phuong-07", "POST", &list(), &[], Some(about));
        assert_eq!((lodged.status, lodged.header("location")), (201, Some(address("1").as_str())));
        let lodged = lodged.json();
        assert_eq!((&lodged["state"], &lodged["on_behalf"], &lodged["lodged_by"]), (&json!("open"), &json!(false), &json!("user:phuong-07")));
        assert_eq!(lodged["state_words"], json!({"vi": "đang chờ trả lời", "en": "open"}));
        assert_eq!(lodged["about"]["date"], "2021-07-11");
        assert_eq!(lodged["about"]["what_words"], json!({"vi": "số liệu", "en": "figures"}));
        assert_eq!((&lodged["lodged_revision"], &lodged["revision"]), (&json!(revision), &json!(revision)), "an appeal is on no board");
        assert_eq!(lodged["as_of"], "2021-07-12");
        let places = district.places(revision);
        let own = places.iter().find(|(code, _)| code == WARD).expect("the ward").1.clone();
        assert_eq!(place(&lodged["place"]), own);
        assert_eq!(district.open(), 1);

        for (who, total) in [("phuong-07", 1), ("phuong-06", 0), ("to-truong", 0), ("to-cong-tac", 1), ("kiem-toan", 1), ("chu-tich", 1)] {
            assert_eq!(district.get(who, &list()).ok()["total"], total, "{who}");
            let one = district.get(who, &address("1"));
            match total {
                1 => assert_eq!(one.ok()["text"], SAID, "{who}"),
                _ => drop(one.refused(404, "appeal_not_found")),
            }
        }
        for (query, total) in [("state=open", 1), ("state=accepted", 0), ("unit=27382", 1), ("unit=27379", 0)] {
            assert_eq!(district.get("kiem-toan", &format!("{}?{query}", list())).ok()["total"], total, "{query}");
        }
        district.get("kiem-toan", &format!("{}?state=closed", list())).refused(422, "invalid_parameter");
        district.get("kiem-toan", &address("01")).refused(404, "appeal_not_found");

        let accepted = json!({"state": "accepted", "answer": "Đã rà lại."});
        for who in ["phuong-07", "to-cong-tac", "kiem-toan"] {
            district.answer(who, "1", accepted.clone()).refused(403, "forbidden");
        }
        district.answer("to-truong", "1", accepted.clone()).refused(404, "appeal_not_found");
        let answered = district.answer("chu-tich", "1", accepted);
        assert_eq!(answered.status, 201);
        let answered = answered.json();
        assert_eq!((&answered["state"], &answered["answer"]["answered_by"]), (&json!("accepted"), &json!("user:chu-tich")));
        assert_eq!(answered["revision"], revision, "an answer changes no figure");
        assert_eq!(district.open(), 0);
        assert_eq!(district.get("phuong-07", &address("1")).ok()["answer"]["answer"], "Đã rà lại.");
    }
}

on_both! {
    fn what_is_wrong_with_an_appeal_is_named(app: TestApp) {
        let district = District::new(app);
        let wrong = [
            (json!({"unit_code": WARD}), "invalid_request"),
            (json!({"unit_code": WARD, "text": " "}), "invalid_request"),
            (json!({"unit_code": WARD, "text": "x".repeat(4_001)}), "invalid_request"),
            (json!({"unit_code": WARD, "text": SAID, "about": {"what": "weather"}}), "invalid_request"),
            (json!({"unit_code": WARD, "text": SAID, "about": {"date": "2021-07-24"}}), "day_outside_campaign"),
            (json!({"unit_code": WARD, "text": SAID, "about": {"date": "2021-01-01"}}), "day_out_of_reach"),
            (json!({"unit_code": WARD, "text": SAID, "lodged_at": "x"}), "invalid_request"),
            (json!({"unit_code": WARD, "text": SAID, "recorded_at": "2021-07-12T00:00:00Z"}), "time_is_told_by_the_service"),
        ];
        for (body, code) in wrong {
            district.send("phuong-07", "POST", &list(), &[], Some(body)).refused(422, code);
        }
        let id = district.lodged("phuong-07");
        let last = district.correct(WARD, "2021-07-11", 2);
        let wrong = [
            json!({"state": "open", "answer": "x"}),
            json!({"state": "accepted"}),
            json!({"state": "accepted", "answer": "x", "corrections": [last - 1]}),
            json!({"state": "accepted", "answer": "x", "corrections": [last + 1]}),
            json!({"state": "accepted", "answer": "x", "corrections": [last, last]}),
        ];
        for body in wrong {
            district.answer("chu-tich", &id, body).refused(422, "invalid_request");
        }
        assert_eq!(district.open(), 1);
    }
}

on_both! {
    fn appeals_are_taken_until_the_end_of_the_last_day_in_the_campaigns_time_zone(app: TestApp) {
        let district = District::new(app);
        district.until("2021-07-08").refused(422, "invalid_request");
        district.until("2021-07-25").ok();
        assert_eq!(district.app.get(Q6).ok()["appeals"], json!({"until": "2021-07-25"}));
        // a second before midnight in Ho Chi Minh City
        district.app.set_clock("2021-07-25T16:59:59Z");
        let key = [("idempotency-key", "once")];
        let body = json!({"unit_code": WARD, "text": SAID});
        let first = district.send("phuong-07", "POST", &list(), &key, Some(body.clone()));
        assert_eq!(first.status, 201, "{}", first.text());
        district.app.set_clock("2021-07-25T17:00:00Z");
        district.lodge("phuong-07", WARD).refused(409, "appeals_closed");
        district.lodge("chu-tich", WARD).refused(409, "appeals_closed");
        let again = district.send("phuong-07", "POST", &list(), &key, Some(body));
        assert_eq!((again.status, again.json()["id"].clone()), (201, first.json()["id"].clone()), "the answer was lost, not the appeal");
        assert_eq!(district.get("kiem-toan", &list()).ok()["total"], 1);
        district.answer("chu-tich", "1", json!({"state": "rejected", "answer": "x"})).ok();
        district.until("2021-07-26").ok();
        assert_eq!(district.lodged("phuong-07"), "2", "the council gave another day");
    }
}

on_all! {
    fn the_effect_is_what_the_corrections_since_did_and_stays_as_it_was_at_the_answer(app: TestApp) {
        let district = District::new(app);
        let lodged = district.app.revision("q6-2021");
        let id = district.lodged("phuong-07");
        let effect = |who: &str| district.get(who, &address(&id)).ok()["effect"].clone();
        let still = effect("phuong-07");
        assert_eq!((&still["boards"], still["own"]["before"] == still["own"]["after"]), (&json!([]), true), "nothing has moved");

        // 16 cases were 6, and another ward has more than it said
        let own = district.correct(WARD, "2021-07-12", 9);
        let last = district.correct("27370", "2021-07-11", 6);
        let moved = effect("phuong-07");
        assert_eq!((&moved["as_of"], &moved["from_revision"], &moved["revision"]), (&json!("2021-07-12"), &json!(lodged), &json!(last)));
        assert_eq!(moved, effect("chu-tich"), "no unit of this district is hidden");
        let (before, after) = (district.places(lodged), district.places(last));
        let of = |places: &[(String, Value)], code: &str| places.iter().find(|(of, _)| of == code).expect("a ward").1.clone();
        assert_eq!((place(&moved["own"]["before"]), place(&moved["own"]["after"])), (of(&before, WARD), of(&after, WARD)));
        assert_ne!(of(&before, WARD), of(&after, WARD));
        let wards = moved["boards"].as_array().expect("boards").iter().find(|board| board["kind"] == "ward").expect("wards").clone();
        let items = wards["items"].as_array().expect("units");
        let differ: Vec<&str> = before.iter().zip(&after).filter(|(was, is)| was != is).map(|(was, _)| was.0.as_str()).collect();
        let mut named: Vec<&str> = items.iter().map(|item| item["unit"]["code"].as_str().expect("a code")).collect();
        named.sort_unstable();
        assert_eq!(named, differ);
        assert!(named.len() > 2, "others stand elsewhere now: {named:?}");
        for item in items {
            let code = item["unit"]["code"].as_str().expect("a code");
            assert_eq!((place(&item["before"]), place(&item["after"])), (of(&before, code), of(&after, code)), "{code}");
        }

        let seen = district.get("chu-tich", &address(&id)).header("etag").expect("a tag").to_owned();
        let accepted = json!({"state": "accepted", "answer": "Đã sửa.", "corrections": [last, own]});
        district.send("chu-tich", "PUT", &address(&id), &[("if-match", "\"0\"")], Some(accepted.clone())).refused(412, "precondition_failed");
        let answered = district.send("chu-tich", "PUT", &address(&id), &[("if-match", &seen)], Some(accepted)).ok();
        assert_eq!((&answered["answer"]["corrections"], &answered["answer"]["answered_revision"]), (&json!([own, last]), &json!(last)));
        assert_eq!(effect("phuong-07"), moved);
        let later = district.correct(WARD, "2021-07-12", 1);
        assert_eq!((effect("phuong-07"), effect("kiem-toan")), (moved.clone(), moved.clone()), "what was answered does not move");

        // an answer in its place counts anew
        let anew = json!({"state": "accepted", "answer": "Đã sửa lần nữa.", "corrections": [last, own, later], "reason": "sửa thêm"});
        district.answer("thu-ky", &id, anew).ok();
        assert_eq!((effect("phuong-07")["revision"].clone(), effect("phuong-07")["from_revision"].clone()), (json!(later), json!(lodged)));
        assert_ne!(effect("phuong-07")["own"]["after"], moved["own"]["after"]);
    }
}

on_both! {
    fn somebody_else_than_lodged_it_answers_and_what_was_answered_is_kept(app: TestApp) {
        let district = District::new(app);
        let id = district.lodged("chu-tich");
        let rejected = json!({"state": "rejected", "answer": "Số liệu đúng."});
        assert_eq!(district.get("phuong-07", &address(&id)).ok()["on_behalf"], true);
        district.answer("chu-tich", &id, rejected.clone()).refused(403, "own_request");
        let machine = district.app.put(&address(&id), &rejected);
        machine.refused(403, "forbidden");
        let first = district.answer("thu-ky", &id, rejected.clone());
        assert_eq!(first.status, 201);
        let again = district.answer("thu-ky", &id, rejected);
        assert_eq!((again.status, again.json()["answer"].clone()), (200, first.json()["answer"].clone()), "it says so already");
        let accepted = json!({"state": "accepted", "answer": "Đã đối chiếu lại."});
        district.answer("thu-ky", &id, accepted.clone()).refused(422, "reason_required");
        let mut with_reason = accepted;
        with_reason["reason"] = json!("có thêm hồ sơ");
        district.answer("chu-tich", &id, with_reason.clone()).refused(403, "own_request");
        assert_eq!(district.answer("thu-ky", &id, with_reason).ok()["state"], "accepted");
        let detail = district.get("phuong-07", &address(&id)).ok();
        let states: Vec<_> = detail["answers"].as_array().expect("answers").iter().map(|a| (&a["state"], &a["reason"])).collect();
        assert_eq!(states, [(&json!("rejected"), &Value::Null), (&json!("accepted"), &json!("có thêm hồ sơ"))]);
        assert_eq!(detail["answer"], detail["answers"][1]);
        district.withdraw("phuong-07", &id).refused(409, "appeal_not_open");
    }
}

on_both! {
    fn the_units_side_takes_an_appeal_back_and_nobody_answers_it_any_more(app: TestApp) {
        let district = District::new(app);
        let id = district.lodged("phuong-07");
        district.send("phuong-07", "DELETE", &address(&id), &[], None).refused(422, "reason_required");
        district.withdraw("chu-tich", &id).refused(403, "not_own_request");
        district.withdraw("phuong-06", &id).refused(404, "appeal_not_found");
        district.withdraw("kiem-toan", &id).refused(403, "forbidden");
        let withdrawn = district.withdraw("phuong-07", &id).ok();
        assert_eq!((&withdrawn["state"], &withdrawn["withdrawn_reason"], &withdrawn["withdrawn_by"]), (&json!("withdrawn"), &json!("x"), &json!("user:phuong-07")));
        assert_eq!(district.open(), 0);
        district.answer("chu-tich", &id, json!({"state": "accepted", "answer": "x"})).refused(409, "appeal_not_open");
        district.withdraw("phuong-07", &id).refused(409, "appeal_not_open");
        assert_eq!(district.get("phuong-07", &address(&id)).ok()["effect"], Value::Null);
        assert_eq!(district.get("phuong-07", &format!("{}?state=withdrawn", list())).ok()["total"], 1);
        // what the council lodged for the unit, either of both takes back
        let of_council = district.lodged("chu-tich");
        district.withdraw("thu-ky", &of_council).refused(403, "not_own_request");
        district.withdraw("chu-tich", &of_council).ok();
        let of_council = district.lodged("chu-tich");
        district.withdraw("phuong-07", &of_council).ok();
    }
}

on_both! {
    fn the_log_says_who_did_what_to_an_appeal_and_nothing_of_what_was_said(app: TestApp) {
        let district = District::new(app);
        let id = district.lodged("phuong-07");
        district.answer("chu-tich", &id, json!({"state": "rejected", "answer": "Số liệu đúng."})).ok();
        let second = district.lodged("phuong-07");
        district.withdraw("phuong-07", &second).ok();
        let log = |action: &str| {
            let path = format!("/api/v1/audit?campaign=q6-2021&action={action}");
            district.get("kiem-toan", &path).ok()
        };
        for (action, actor, total) in [("appeal.lodge", "user:phuong-07", 2), ("appeal.answer", "user:chu-tich", 1), ("appeal.withdraw", "user:phuong-07", 1)] {
            let entries = log(action);
            assert_eq!((&entries["total"], &entries["items"][0]["actor"]), (&json!(total), &json!(actor)), "{action}");
            assert_eq!(entries["items"][0]["after"]["unit_code"], WARD);
            assert!(!entries.to_string().contains("11/7") && !entries.to_string().contains("Số liệu đúng"), "{entries}");
        }
        assert_eq!(log("appeal.answer")["items"][0]["target"], "appeals/1");
    }
}

on_both! {
    fn an_effect_tells_a_reporter_nothing_of_units_hidden_from_them(app: TestApp) {
        let base = crate::api::hidden(&app);
        let scope = |unit: &str| Scope::Unit { campaign: "hidden".into(), unit: unit.into() };
        app.make_account("xuong-1", Role::Reporter, scope("b1"));
        app.make_account("chu-tich", Role::Council, Scope::All);
        app.make_account("kiem-toan", Role::Auditor, Scope::All);
        let (reporter, council, auditor) = (app.sign_in("xuong-1"), app.sign_in("chu-tich"), app.sign_in("kiem-toan"));
        let send = |token: &str, method: &str, path: &str, body: Value| {
            let json = [("content-type", "application/json")];
            app.send(method, &format!("{base}{path}"), Some(token), &json, Some(body.to_string().as_bytes()))
        };
        let get = |token: &str, path: &str| app.send("GET", &format!("{base}{path}"), Some(token), &[], None).ok();
        send(&reporter, "POST", "/appeals", json!({"unit_code": "h1", "text": SAID})).refused(404, "unit_not_found");
        send(&reporter, "POST", "/appeals", json!({"unit_code": "b1", "text": SAID})).ok();
        // a household, a small ward, and the workshop of that reporter
        for unit in ["h1", "w2", "b1"] {
            app.put(&format!("{base}/units/{unit}/figures/2021-07-20"), &json!({"community_f0": 1, "reason": "x"})).ok();
        }
        let kinds = |effect: &Value| -> Vec<String> {
            let boards = effect["boards"].as_array().expect("boards").iter();
            boards.map(|board| board["kind"].as_str().expect("a kind").to_owned()).collect()
        };
        let effects = || [&reporter, &council].map(|token| get(token, "/appeals/1")["effect"].clone());
        let [own, whole] = effects();
        assert_eq!(kinds(&own), ["ward", "district", "business"], "{own}");
        let named = |effect: &Value| {
            let items = effect["boards"][0]["items"].as_array().expect("units").iter();
            items.map(|item| item["unit"]["code"].as_str().expect("a code").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((named(&own), named(&whole)), (vec!["w1".to_owned()], vec!["w2".to_owned(), "w1".to_owned()]));
        assert_eq!((&own["boards"][0]["total"], &own["boards"][0]["changed"]["ranks"]), (&json!(1), &json!(1)));
        assert_eq!(kinds(&whole), ["ward", "district", "household", "business"], "{whole}");
        send(&council, "PUT", "/appeals/1", json!({"state": "accepted", "answer": "x"})).ok();
        assert_eq!(effects(), [own, whole], "as it was counted, for each as they saw it");
        get(&council, "/appeals/1");
        let log = app.send("GET", "/api/v1/audit?campaign=hidden&action=private.read&actor=user:chu-tich", Some(&auditor), &[], None).ok();
        assert!(log["total"].as_i64().is_some_and(|total| total > 0), "reading of a household leaves its mark: {log}");
    }
}

on_both! {
    fn an_appeal_before_the_first_board_stands_nowhere(app: TestApp) {
        app.set_clock("2021-07-09T04:00:00Z");
        let district = District::new(app);
        let lodged = district.lodge("phuong-07", WARD);
        assert_eq!(lodged.status, 201, "{}", lodged.text());
        assert_eq!((&lodged.json()["as_of"], &lodged.json()["place"]), (&Value::Null, &Value::Null));
        assert_eq!(district.get("phuong-07", &address("1")).ok()["effect"], Value::Null);
        assert_eq!(district.answer("chu-tich", "1", json!({"state": "rejected", "answer": "x"})).status, 201);
    }
}

on_both! {
    fn a_unit_that_appealed_stays(app: TestApp) {
        let district = District::new(app);
        district.app.post(&format!("{Q6}/units"), &json!([{"code": "new", "name": "Phường mới", "kind": "ward", "parent_code": "775"}])).ok();
        assert_eq!(district.lodge("chu-tich", "new").status, 201);
        district.app.delete(&format!("{Q6}/units/new?reason=x")).refused(409, "unit_in_use");
    }
}

on_both! {
    fn while_the_board_is_frozen_the_units_side_is_told_of_itself_alone(app: TestApp) {
        let district = District::new(app);
        let id = district.lodged("phuong-07");
        let effects = || ["phuong-07", "chu-tich"].map(|who| district.get(who, &address(&id)).ok()["effect"].clone());
        district.app.put(&format!("{Q6}/freeze"), &json!({"reason": "x"})).ok();
        district.correct(WARD, "2021-07-12", 9);
        let [own, whole] = effects();
        assert_eq!((&own["boards"], &own["own"]), (&json!([]), &whole["own"]));
        assert_ne!(own["own"]["before"], own["own"]["after"]);
        assert_ne!(whole["boards"], json!([]), "the council sees it as it stands");
        district.answer("chu-tich", &id, json!({"state": "accepted", "answer": "x"})).ok();
        assert_eq!(effects(), [own, whole]);
    }
}
