use super::Q6;
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_all;
use greenzone::service::figures::escape;
use serde_json::json;

on_all! {
    fn units_are_registered_replaced_and_taken_out(app: TestApp) {
        let app = app.with_q6();
        let made = app.post(&format!("{Q6}/units"), &json!([
            {"code": "b", "name": "Phường B", "kind": "ward", "parent_code": "a"},
            {"code": "a", "name": "Quận A", "kind": "district", "population": 1000, "lat": 10.7, "lng": 106.6}
        ]));
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(made.json()["items"][0]["parent_code"], "a");
        let address = format!("{Q6}/units/b");
        let read = app.get(&address);
        let etag = read.header("etag").expect("a tag").to_owned();
        let unit = json!({"name": "Phường B mới", "kind": "ward", "parent_code": "775", "block": "Khối 1"});
        app.put(&address, &unit).refused(428, "precondition_required");
        app.put_with(&address, &[("if-match", "\"other\"")], &unit).refused(412, "precondition_failed");
        let replaced = app.put_with(&address, &[("if-match", &etag)], &unit);
        assert_eq!(replaced.status, 200, "{}", replaced.text());
        assert_eq!(app.get(&address).header("etag"), replaced.header("etag"));
        let same = app.put(&address, &unit);
        assert_eq!((same.status, app.revision("q6-2021")), (200, 3), "what stands needs no If-Match");
        app.delete(&format!("{Q6}/units/775")).refused(409, "unit_in_use");
        app.delete(&format!("{Q6}/units/27382")).refused(409, "unit_in_use");
        assert_eq!(app.delete(&address).status, 200);
        app.get(&address).refused(404, "unit_not_found");
    }
}

on_all! {
    fn wrong_units_are_refused_together_and_nothing_is_stored(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/units");
        let problem = app.post(&address, &json!([
            {"code": "27382", "name": "x", "kind": "ward"},
            {"code": "p", "name": "x", "kind": "planet"},
            {"code": "q", "name": "x", "kind": "ward", "parent_code": "nowhere"},
            {"code": "r", "name": "x", "kind": "ward", "parent_code": "s"},
            {"code": "s", "name": "x", "kind": "ward", "parent_code": "r"}
        ])).refused(422, "invalid_request");
        let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
        assert_eq!(pointers, ["/0/code", "/1/kind", "/2/parent_code", "/3/parent_code", "/4/parent_code"]);
        app.post(&address, &json!([{"code": "27382", "name": "x", "kind": "ward"}])).refused(409, "code_taken");
        app.put(&format!("{Q6}/units/t"), &json!({"name": "x", "kind": "ward", "parent_code": "t"})).refused(422, "invalid_request");
        app.post(&address, &json!([{"code": "t", "name": " ", "kind": "ward", "population": 0}])).refused(422, "invalid_request");
        assert_eq!(app.revision("q6-2021"), 1);
    }
}

on_all! {
    fn codes_are_opaque_however_strange(app: TestApp) {
        let app = app.with_q6();
        for code in ["12/3", "100%", "o'neil", "\"q\"", "🏠", "a b", "é", "%2F", "..a", "ĐĂK", "a+b", "?x#y"] {
            let address = format!("{Q6}/units/{}", escape(code));
            let made = app.put(&address, &json!({"name": "x", "kind": "ward"}));
            assert_eq!(made.status, 201, "{code}: {}", made.text());
            assert_eq!(made.json()["code"], code);
            assert_eq!(made.header("location"), Some(address.as_str()));
            assert_eq!(app.get(&address).ok()["code"], code);
            let day = format!("{address}/figures/2021-07-12");
            assert_eq!(app.put(&day, &json!({"community_f0": 1})).status, 201, "{code}");
            assert_eq!(app.get(&format!("{address}/standing")).status, 200, "{code}");
        }
        // decomposed and composed are one code
        let nfd = format!("{Q6}/units/{}", escape("e\u{301}"));
        assert_eq!(app.get(&nfd).ok()["code"], "é");
        for wrong in ["%2E", "%2E%2E", &"x".repeat(65), "a%0Ab"] {
            let answer = app.put(&format!("{Q6}/units/{wrong}"), &json!({"name": "x", "kind": "ward"}));
            assert!((400..500).contains(&answer.status), "{wrong}: {}", answer.text());
            answer.problem();
        }
    }
}

on_all! {
    fn a_search_needs_no_tones_and_takes_no_wildcards(app: TestApp) {
        let app = app.with_q6();
        app.put(&format!("{Q6}/units/F22"), &json!({"name": "Phường Đặng Đức Thuận", "kind": "ward", "parent_code": "775"})).ok();
        let found = |q: &str| -> Vec<String> {
            let list = app.get(&format!("{Q6}/units?q={}", escape(q))).ok();
            list["items"].as_array().unwrap().iter().map(|u| u["code"].as_str().unwrap().to_owned()).collect()
        };
        for q in ["dang duc", "ĐẶNG", "đa\u{323}\u{306}ng", "f22"] {
            assert_eq!(found(q), ["F22"], "{q}");
        }
        assert_eq!(found("phuong 7"), ["27382"]);
        assert_eq!(found("Phường 07"), ["27382"]);
        assert!(found("%").is_empty() && found("_").is_empty());
        let wards = app.get(&format!("{Q6}/units?kind=ward&parent=775&state=active&limit=1")).ok();
        assert_eq!(wards["total"], 15);
        assert_eq!(wards["items"].as_array().map(Vec::len), Some(1));
        app.get(&format!("{Q6}/units?kind=planet")).refused(422, "unknown_kind");
        app.get(&format!("{Q6}/units?within=nowhere")).refused(404, "unit_not_found");
        app.get(&format!("{Q6}/units?state=asleep")).refused(422, "invalid_parameter");
    }
}

on_all! {
    fn neighbours_are_replaced_whole(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/neighbours");
        let read = app.get(&address);
        assert_eq!(read.json()["total"], 0);
        let etag = read.header("etag").expect("a tag").to_owned();
        let pairs = json!([{"a": "27382", "b": "27379"}, {"a": "27379", "b": "27382"}]);
        app.put(&address, &pairs).refused(428, "precondition_required");
        let put = app.put_with(&address, &[("if-match", &etag)], &pairs);
        assert_eq!(put.json()["total"], 1, "a pair written both ways is one");
        assert_eq!(app.get(&address).header("etag"), put.header("etag"));
        let wrong = json!([{"a": "27382", "b": "775"}, {"a": "27382", "b": "27382"}, {"a": "x", "b": "27382"}]);
        let tag = put.header("etag").expect("a tag").to_owned();
        let problem = app.put_with(&address, &[("if-match", &tag)], &wrong).refused(422, "invalid_request");
        assert_eq!(problem["total"], 3);
    }
}

#[test]
fn units_come_in_pages_that_fit_together() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let address = format!("{Q6}/units?limit=4");
    let mut page = app.get(&address).ok();
    let mut seen: Vec<String> = Vec::new();
    loop {
        seen.extend(page["items"].as_array().unwrap().iter().map(|u| u["code"].as_str().unwrap().to_owned()));
        // a write between two pages does not shift them
        app.put(&super::figure("27382", "2021-07-13"), &json!({"community_f0": seen.len()})).ok();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        page = app.get(&format!("{address}&cursor={cursor}")).ok();
    }
    assert_eq!(seen.len(), 15);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 15);
    let cursor = app.get(&address).ok()["next_cursor"].as_str().unwrap().to_owned();
    app.get(&format!("{Q6}/units?limit=4&kind=ward&cursor={cursor}")).refused(422, "invalid_cursor");
    app.get(&format!("{address}&cursor=rubbish")).refused(422, "invalid_cursor");
    for n in 0..40 {
        app.put(&super::figure("27382", "2021-07-14"), &json!({"community_f0": n})).ok();
    }
    app.get(&format!("{address}&cursor={cursor}")).refused(410, "cursor_stale");
}
