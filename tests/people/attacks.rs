//! Tried as an attacker would; what is tried elsewhere is named in docs/security.md.

use crate::api::{Q6, figure};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::json;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn unit(code: &str) -> Scope {
    Scope::Unit { campaign: "q6-2021".to_owned(), unit: code.to_owned() }
}

#[test]
fn what_was_written_by_others_stays_theirs() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("phuong-07", Role::Reporter, unit("27382"));
    let token = app.sign_in("phuong-07");
    let send =
        |method: &str, path: &str, body: &str| app.send(method, path, Some(&token), &JSON, Some(body.as_bytes()));
    let before = app.revision("q6-2021");
    send("PUT", &figure("27379", "2021-07-13"), r#"{"community_f0":0}"#).refused(403, "forbidden");
    app.send("DELETE", &format!("{}?reason=x", figure("27379", "2021-07-12")), Some(&token), &[], None)
        .refused(403, "forbidden");
    // hidden among one's own, in a batch and in a file
    let batch = r#"[{"unit_code":"27382","date":"2021-07-13","community_f0":0},{"unit_code":"27379","date":"2021-07-13","community_f0":9}]"#;
    send("POST", &format!("{Q6}/figures"), batch).refused(403, "forbidden");
    let csv = b"unit_code,date,community_f0\n27382,2021-07-13,0\n27379,2021-07-13,9\n";
    let file = [("content-type", "text/csv")];
    app.send("POST", &format!("{Q6}/import"), Some(&token), &file, Some(csv)).refused(403, "forbidden");
    // another unit in the body than in the address
    send("PUT", &figure("27382", "2021-07-13"), r#"{"community_f0":0,"unit_code":"27379"}"#)
        .refused(422, "invalid_request");
    // another campaign's address
    send("PUT", "/api/v1/campaigns/vn-provinces-2021/units/27382/figures/2021-07-13", r#"{"community_f0":0}"#)
        .refused(403, "forbidden");
    assert_eq!(app.revision("q6-2021"), before, "nothing was half-stored");
    send("PUT", &figure("27382", "2021-07-13"), r#"{"community_f0":0}"#).ok();
}

#[test]
fn an_id_of_another_campaign_is_not_there() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let [_, other, _] = greenzone::pack::bundled();
    app.import(&greenzone::pack::read(&other.files()).expect("the other bundled pack"));
    let bonus = json!({"unit_code": "27382", "kind": "bonus", "points": 1, "reason": "x"});
    let id = app.post(&format!("{Q6}/adjustments"), &bonus).ok()["id"].as_str().expect("an id").to_owned();
    let other = format!("/api/v1/campaigns/vn-provinces-2021/adjustments/{id}");
    app.get_as_council(&other).refused(404, "adjustment_not_found");
    app.delete(&format!("{other}?reason=x")).refused(404, "adjustment_not_found");
    app.get_as_council(&format!("{Q6}/adjustments/{id}")).ok();
}

#[test]
fn a_unit_moved_out_of_or_into_a_scope_is_refused() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("hoi-dong-07", Role::Council, unit("27382"));
    let token = app.sign_in("hoi-dong-07");
    let put = |code: &str, body: &serde_json::Value| {
        let path = format!("{Q6}/units/{code}");
        let tag = app.get_as_council(&path).header("etag").unwrap_or("\"none\"").to_owned();
        let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
        let is_there = tag != "\"none\"";
        let headers = if is_there { &headers[..] } else { &headers[..1] };
        app.send("PUT", &path, Some(&token), headers, Some(body.to_string().as_bytes()))
    };
    let ward = |name: &str, parent: &str| json!({"name": name, "kind": "ward", "parent_code": parent});
    put("kp-1", &ward("Khu phố 1", "27382")).ok();
    put("kp-2", &ward("Khu phố 2", "kp-1")).ok();
    put("kp-2", &ward("Khu phố hai", "27382")).ok();
    put("kp-3", &ward("Khu phố 3", "27379")).refused(403, "forbidden");
    put("kp-2", &ward("Khu phố 2", "27379")).refused(403, "forbidden");
    put("27379", &ward("Của tôi", "27382")).refused(403, "forbidden");
    put("27382", &ward("Phường 07", "27379")).refused(403, "forbidden");
    put("27382", &ward("Phường Bảy", "775")).ok();
}

#[test]
fn fields_that_nobody_may_send_are_refused() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("phuong-07", Role::Reporter, unit("27382"));
    let token = app.sign_in("phuong-07");
    let send = |method: &str, path: &str, body: &serde_json::Value| {
        app.send(method, path, Some(&token), &JSON, Some(body.to_string().as_bytes()))
    };
    let new = "mười hai con giáp";
    for (field, value) in
        [("role", json!("admin")), ("unit", json!(null)), ("campaign", json!("x")), ("generation", json!(1))]
    {
        let mut body = json!({"current_password": PASSWORD, "new_password": new});
        body[field] = value.clone();
        // a null is a field that is not there
        let answer = send("PUT", "/api/v1/me/password", &body);
        answer.refused(422, "invalid_request");
    }
    let body = json!({"community_f0": 1, "recorded_by": "user:hoi-dong", "revision": 1});
    send("PUT", &figure("27382", "2021-07-13"), &body).refused(422, "invalid_request");
    send("PUT", &figure("27382", "2021-07-13"), &json!({"community_f0": 1, "recorded_at": "2021-07-13T00:00:00Z"}))
        .refused(422, "time_is_told_by_the_service");
    let login = json!({"username": "phuong-07", "password": PASSWORD, "role": "admin"});
    app.with_json("POST", "/api/v1/auth/login", &[], &login).refused(422, "invalid_request");
}

#[test]
fn an_idempotency_key_answers_its_owner_alone() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for name in ["mot", "hai2"] {
        app.make_account(name, Role::Council, Scope::All);
    }
    let (one, other) = (app.sign_in("mot"), app.sign_in("hai2"));
    let bonus = json!({"unit_code": "27382", "kind": "bonus", "points": 1, "reason": "lý do kín"}).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let path = format!("{Q6}/adjustments");
    let send = |token: Option<&str>| app.send("POST", &path, token, &headers, Some(bonus.as_bytes()));
    let first = send(Some(&one)).ok();
    assert_eq!(send(Some(&one)).ok(), first, "a retry");
    assert_ne!(send(Some(&other)).ok()["id"], first["id"], "somebody else's key is another key");
    send(None).refused(401, "unauthenticated");
    // another session of the same person is the same person
    assert_eq!(send(Some(&app.sign_in("mot"))).ok(), first);
    // and who may no longer write is not answered out of memory
    let grant = greenzone::service::Caller::Operator.may(None).expect("the operator may");
    let mut change = app.service.account_change(&grant, "mot").expect("an account");
    change.is_active = false;
    app.service.put_account(&grant, "mot".into(), change, Default::default()).wait().expect("changed");
    send(Some(&one)).refused(401, "invalid_token");
}

#[test]
fn a_right_that_is_taken_away_while_a_write_waits_is_gone() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("hoi-dong", Role::Council, Scope::All);
    let caller = app.service.identify(&app.sign_in("hoi-dong")).expect("known");
    let grant = caller.may(Some("q6-2021")).expect("the council may");
    let day = "2021-07-13".parse().expect("a day");
    let write = |cases: u32| {
        let counts = greenzone::domain::Counts::new([Some(cases), None, None, None, None, None]).expect("counts");
        let new = greenzone::service::figures::NewFigure { counts, note: None, reason: None, source: None };
        app.service.record_figure(&grant, "q6-2021", "27382".into(), day, new, Default::default()).wait()
    };
    write(1).expect("may");
    let operator = greenzone::service::Caller::Operator.may(None).expect("the operator may");
    let mut change = app.service.account_change(&operator, "hoi-dong").expect("an account");
    change.mandate.role = Role::Committee;
    app.service.put_account(&operator, "hoi-dong".into(), change, Default::default()).wait().expect("changed");
    let fault = write(2).expect_err("the grant was proven before, and is not worth anything now");
    assert_eq!(fault.code, greenzone::service::Code::InvalidToken);
}

#[test]
fn a_write_of_a_session_that_ended_while_it_waited_is_refused() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("hoi-dong", Role::Council, Scope::All);
    let token = app.sign_in("hoi-dong");
    let caller = app.service.identify(&token).expect("known");
    let grant = caller.may(Some("q6-2021")).expect("the council may");
    app.send("POST", "/api/v1/auth/logout", Some(&token), &JSON, Some(b"{}")).ok();
    let day = "2021-07-12".parse().expect("a day");
    let reason = "x".to_owned();
    let written =
        app.service.take_back_figure(&grant, "q6-2021", "27382".into(), day, reason, Default::default()).wait();
    assert_eq!(written.expect_err("signed out").code, greenzone::service::Code::InvalidToken);
    assert_eq!(app.revision("q6-2021"), 1);
}

#[test]
fn text_that_means_something_elsewhere_is_text() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let name = "'; DROP TABLE units; -- =cmd|' /C calc'!A0";
    let code = "x'\"; --";
    let body = json!([{"code": code, "name": name, "kind": "ward", "parent_code": "775"}]);
    app.post(&format!("{Q6}/units"), &body).ok();
    let units = app.get(&format!("{Q6}/units?q=DROP%20TABLE")).ok();
    assert_eq!((&units["total"], &units["items"][0]["name"]), (&json!(1), &json!(name)));
    for query in ["kind=ward'--", "within=775'%20OR%201=1", "q='%20OR%20''='", "block=%27;--", "state=active'"] {
        let answer = app.get(&format!("{Q6}/units?{query}"));
        assert!(answer.status == 200 && answer.json()["total"] == 0 || (400..500).contains(&answer.status), "{query}");
    }
    // a header that somebody else would read as two
    let split = app.send("GET", "/healthz", None, &[("x-request-id", "a b")], None);
    assert_ne!(split.header("x-request-id"), Some("a b"));
    let code = "a%0D%0ASet-Cookie:%20x=1";
    let made = app.put(&format!("{Q6}/units/{code}"), &json!({"name": "X", "kind": "ward"}));
    assert!(made.status == 400 || made.status == 422, "{}", made.text());
    assert!(made.header("set-cookie").is_none());
}

#[test]
fn paths_lead_nowhere_else() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for path in [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/..%2f..%2fetc/passwd",
        "/docs/..%2f..%2fCargo.toml",
        "/docs/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/api/v1/campaigns/q6-2021/../../users",
        "/api/v1/campaigns/q6-2021%2f..%2f..%2fusers",
        "/api/v1/users/%2e%2e",
        "/api/v1/%75sers",
    ] {
        let answer = app.get(path);
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
    }
}
