use super::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_all;
use serde_json::json;

on_all! {
    fn a_figure_is_recorded_corrected_taken_back_and_nothing_is_lost(app: TestApp) {
        let app = app.with_q6();
        let address = figure("27382", "2021-07-13");
        app.set_clock("2021-07-24T06:30:00Z");
        let made = app.put(&address, &json!({"community_f0": 3, "contained_f0": 1, "note": "trạm y tế"}));
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(made.header("location"), Some(address.as_str()));
        assert_eq!(made.header("greenzone-revision"), Some("2"));
        let etag = made.header("etag").expect("a tag").to_owned();
        let made = made.json();
        assert_eq!((&made["community_f0"], &made["unknown_source_f0"], &made["revision"]), (&json!(3), &json!(null), &json!(2)));
        assert_eq!(made["recorded_at"], "2021-07-24T06:30:00Z");

        let read = app.get_as_council(&address);
        assert_eq!((read.header("etag"), &read.json()["community_f0"]), (Some(etag.as_str()), &json!(3)));

        app.set_clock("2021-07-24T07:00:00Z");
        let same = app.put(&address, &json!({"community_f0": 3, "contained_f0": 1, "note": "trạm y tế"}));
        assert_eq!((same.status, same.json()["revision"].clone()), (200, json!(2)), "what stands makes no revision");
        let stale = app.put_with(&address, &[("if-match", "\"0000\"")], &json!({"community_f0": 4}));
        stale.refused(412, "precondition_failed");
        let corrected = app.put_with(&address, &[("if-match", &etag)], &json!({"community_f0": 4, "reason": "đếm lại"}));
        assert_eq!((corrected.status, corrected.json()["revision"].clone()), (200, json!(3)));

        let listed = app.get(&format!("{Q6}/units/27382/figures?from=2021-07-12&to=2021-07-13")).ok();
        let counts: Vec<_> = listed["items"].as_array().unwrap().iter().map(|f| f["community_f0"].clone()).collect();
        assert_eq!(counts.last(), Some(&json!(4)));
        app.set_clock("2021-07-24T08:00:00Z");
        let back = app.delete(&format!("{address}?reason=nh%E1%BA%A7m%20ng%C3%A0y")).ok();
        assert_eq!((back["reason"].as_str(), &back["revision"]), (Some("nhầm ngày"), &json!(4)));
        app.delete(&format!("{address}?reason=x")).refused(404, "figure_not_found");
        app.get(&address).refused(404, "figure_not_found");

        let history = app.get_as_council(&format!("{address}/history")).ok();
        let items = history["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!((&items[1]["reason"], &items[1]["source"]), (&json!("đếm lại"), &json!("api")));
        assert_eq!(items[1]["withdrawn_reason"], "nhầm ngày");
        assert_eq!(items[1]["withdrawn_at"], "2021-07-24T08:00:00Z");
        // a figure after the withdrawal is new again
        assert_eq!(app.put(&address, &json!({"community_f0": 1})).status, 201);
    }
}

#[test]
fn notes_and_reasons_are_never_public() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let address = figure("27382", "2021-07-13");
    app.put(&address, &json!({"community_f0": 1, "note": "ghi chú kín", "reason": "lý do kín"})).ok();
    for path in
        [format!("{Q6}/units/27382/figures"), format!("{Q6}/figures?date=2021-07-13"), format!("{address}/history")]
    {
        assert!(!app.get(&path).text().contains("kín"), "{path}");
    }
    assert!(app.get_as_council(&format!("{address}/history")).text().contains("lý do kín"));
}

on_all! {
    fn days_that_are_none_of_the_campaigns_are_refused(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-13T16:59:59.999999Z");
        let one = json!({"community_f0": 1});
        app.put(&figure("27382", "2021-07-24"), &one).refused(422, "day_outside_campaign");
        app.put(&figure("27382", "2021-01-01"), &one).refused(422, "day_out_of_reach");
        // in Ho Chi Minh City it is still 13 July
        app.put(&figure("27382", "2021-07-14"), &one).refused(422, "day_not_begun");
        assert_eq!(app.put(&figure("27382", "2021-07-13"), &one).status, 201);
        app.set_clock("2021-07-13T17:00:00Z");
        assert_eq!(app.put(&figure("27382", "2021-07-14"), &one).status, 201);
        app.put(&figure("775", "2021-07-13"), &one).refused(422, "derived_unit");
        app.put(&figure("1", "2021-07-13"), &one).refused(404, "unit_not_found");
        app.put("/api/v1/campaigns/none/units/1/figures/2021-07-13", &one).refused(404, "campaign_not_found");
    }
}

#[test]
fn every_wrong_field_is_named_by_its_pointer() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let address = figure("27382", "2021-07-13");
    let pointers = |body: serde_json::Value| -> Vec<String> {
        let problem = app.put(&address, &body).refused(422, "invalid_request");
        let errors = problem["errors"].as_array().expect("errors").clone();
        errors.iter().map(|e| e["pointer"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(pointers(json!({})), ["/community_f0"]);
    assert_eq!(
        pointers(json!({"community_f0": -1, "contained_f0": "2", "comunity_f0": 1})),
        ["/comunity_f0", "/community_f0", "/contained_f0"]
    );
    assert_eq!(pointers(json!({"community_f0": 1, "unknown_source_f0": 2})), ["/unknown_source_f0"]);
    assert_eq!(pointers(json!({"community_f0": 10_000_001})), ["/community_f0"]);
    assert_eq!(pointers(json!({"community_f0": 1.5})), ["/community_f0"]);
    assert_eq!(
        pointers(json!({"community_f0": 1, "unit_code": "27379", "date": "2021-07-12"})),
        ["/unit_code", "/date"]
    );
    assert_eq!(pointers(json!({"community_f0": 1, "note": "a\u{0}b"})), ["/note"]);
    assert_eq!(pointers(json!({"community_f0": 1, "reason": " "})), ["/reason"]);
    // whole however written
    assert_eq!(app.put(&address, &json!({"community_f0": 3.0})).status, 201);
    let told = app.put(&address, &json!({"community_f0": 1, "recorded_at": "2021-07-13T00:00:00Z"}));
    told.refused(422, "time_is_told_by_the_service");
}

on_all! {
    fn a_batch_is_recorded_whole_or_not_at_all(app: TestApp) {
        let app = app.with_q6();
        let address = format!("{Q6}/figures");
        let of = |unit: &str, day: &str, n: i64| json!({"unit_code": unit, "date": day, "community_f0": n});
        let wrong = app.post(&address, &json!([of("27382", "2021-07-13", 1), of("1", "2021-07-13", 1), of("775", "2021-07-13", 1)]));
        let problem = wrong.refused(422, "invalid_request");
        assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][1]["pointer"]), (&json!("/1/unit_code"), &json!("/2/unit_code")));
        assert_eq!(app.revision("q6-2021"), 1);
        let twice = app.post(&address, &json!([of("27382", "2021-07-13", 1), of("27382", "2021-07-13", 1)]));
        assert_eq!(twice.refused(422, "invalid_request")["errors"][0]["pointer"], "/1/date");
        let taken = app.post(&address, &json!([of("27382", "2021-07-13", 1), of("27379", "2021-07-13", 0), of("27382", "2021-07-12", 9)])).ok();
        assert_eq!((&taken["new"], &taken["changed"], &taken["same"], &taken["revision"]), (&json!(2), &json!(1), &json!(0), &json!(2)));
        let again = app.post(&address, &json!([of("27382", "2021-07-13", 1)])).ok();
        assert_eq!((&again["same"], &again["revision"]), (&json!(1), &json!(2)));
        let day = app.get(&format!("{Q6}/figures?date=2021-07-13")).ok();
        assert_eq!(day["total"], 2);
    }
}

on_all! {
    fn one_key_is_one_write_however_often_it_comes(app: TestApp) {
        let app = app.with_q6();
        let address = figure("27382", "2021-07-13");
        let send = |key: &str, n: i64, address: &str| {
            app.put_with(address, &[("idempotency-key", key)], &json!({"community_f0": n}))
        };
        let answers: Vec<_> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..8).map(|_| scope.spawn(|| send("k1", 1, &address))).collect();
            handles.into_iter().map(|h| h.join().expect("an answer")).collect()
        });
        assert!(answers.iter().all(|a| a.status == 201 && a.body == answers[0].body), "{answers:?}");
        assert_eq!(app.revision("q6-2021"), 2);
        assert_eq!(app.get_as_council(&format!("{address}/history")).ok()["total"], 1);
        send("k1", 2, &address).refused(422, "idempotency_key_reused");
        send("k1", 1, &figure("27379", "2021-07-13")).refused(422, "idempotency_key_reused");
        let again = send("k2", 1, &address);
        assert_eq!((again.status, app.revision("q6-2021")), (200, 2));
        // a refused write does not use its key up
        send("k3", 1, &figure("1", "2021-07-13")).refused(404, "unit_not_found");
        assert_eq!(send("k3", 2, &address).status, 200);
        let long = "k".repeat(256);
        send(&long, 1, &address).refused(422, "invalid_parameter");
        send("ký", 1, &address).problem();
        // a day later the key is free again
        app.set_clock("2021-07-25T06:00:01Z");
        assert_eq!(send("k1", 5, &address).status, 200);
    }
}

#[test]
fn a_delete_needs_its_reason_and_has_no_body() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let address = figure("27382", "2021-07-12");
    app.delete(&address).refused(422, "reason_required");
    app.delete(&format!("{address}?reason=")).refused(422, "invalid_parameter");
    let long = "x".repeat(501);
    app.delete(&format!("{address}?reason={long}")).refused(422, "invalid_parameter");
    let body = app.send("DELETE", &format!("{address}?reason=x"), Some(&app.token), &[], Some(b"{}"));
    body.refused(400, "body_not_allowed");
    assert_eq!(app.revision("q6-2021"), 1);
    assert_eq!(app.delete(&format!("{address}?reason=x")).status, 200);
}

#[test]
fn figures_of_a_derived_unit_are_the_sum() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let days = app.get(&format!("{Q6}/units/775/figures?from=2021-07-09&to=2021-07-12")).ok();
    let sum = |day: &str| -> i64 {
        let listed = app.get(&format!("{Q6}/figures?date={day}&kind=ward&limit=100")).ok();
        listed["items"].as_array().unwrap().iter().map(|f| f["community_f0"].as_i64().unwrap()).sum()
    };
    for figure in days["items"].as_array().expect("days") {
        assert_eq!(figure["community_f0"], sum(figure["date"].as_str().unwrap()), "{figure}");
    }
    assert_eq!(days["total"], 4);
}

on_all! {
    fn who_owes_a_report_is_listed_with_the_shares_on_time(app: TestApp) {
        app.set_clock("2021-07-13T12:00:00Z");
        let app = app.with_q6();
        app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 0})).ok();
        app.put(&format!("{Q6}/units/27379/excuses/2021-07-13"), &json!({"reason": "x"})).ok();
        let today = app.get(&format!("{Q6}/completeness?limit=5")).ok();
        assert_eq!((&today["date"], &today["closes_at"]), (&json!("2021-07-13"), &json!("2021-07-14T05:00:00Z")));
        let day = json!({"due": 13, "on_time": 1, "late": 0, "missing": 12, "excused": 1, "on_time_percent": 7.69});
        assert_eq!(today["day"], day);
        assert_eq!((&today["total"], today["items"].as_array().map(Vec::len)), (&json!(12), Some(5)));
        let ward_10 = app.get(&format!("{Q6}/completeness?date=2021-07-12")).ok();
        assert_eq!((&ward_10["total"], &ward_10["items"][0]["unit"]["code"]), (&json!(1), &json!("27385")));
        assert_eq!((&ward_10["items"][0]["missing_days"], &ward_10["items"][0]["last_reported"]), (&json!(4), &json!(null)));
        assert_eq!(ward_10["so_far"]["on_time_percent"], 92.86);
        // a first report after noon of the next day is late
        app.set_clock("2021-07-14T06:00:00Z");
        app.put(&figure("27364", "2021-07-13"), &json!({"community_f0": 0})).ok();
        assert_eq!(app.get(&format!("{Q6}/completeness?date=2021-07-13")).ok()["day"]["late"], 1);
        app.get(&format!("{Q6}/completeness?kind=district")).refused(422, "derived_unit");
        app.get(&format!("{Q6}/completeness?date=2021-07-24")).refused(422, "day_outside_window");
    }
}

on_all! {
    fn an_unusual_figure_is_asked_about_and_taken_with_a_reason(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-13T12:00:00Z");
        let address = figure("27379", "2021-07-13");
        let asked = app.put(&address, &json!({"community_f0": 505})).refused(409, "confirm_unusual");
        let detail = asked["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains("the most was 2, so up to 16 (3 × 2 + 2 × 5) is usual"), "{detail}");
        assert_eq!(asked["errors"][0]["pointer"], "/community_f0");
        app.get(&address).refused(404, "figure_not_found");
        assert_eq!(app.put(&address, &json!({"community_f0": 16})).status, 201, "the most that is usual");
        app.put(&address, &json!({"community_f0": 17})).refused(409, "confirm_unusual");
        let told = json!({"community_f0": 505, "reason": "gộp số của các ngày trước"});
        assert_eq!(app.put(&address, &told).status, 200);
        assert_eq!(app.put(&address, &json!({"community_f0": 505})).status, 200, "what stands is not asked about again");
        app.put(&address, &json!({"community_f0": 0})).ok();
        // who has no history yet is not asked
        app.put(&figure("27385", "2021-07-12"), &json!({"community_f0": 505})).ok();
    }
}
