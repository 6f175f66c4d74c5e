//! What every answer keeps to: problems, caching, languages, methods.

use super::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_both;
use serde_json::json;
use std::io::{Read, Write};

on_both! {
    fn mistakes_before_a_handler_are_problems_too(app: TestApp) {
        let app = app.with_q6();
        let day = figure("27382", "2021-07-13");
        let put = |content_type: &str, body: &str| {
            app.send("PUT", &day, Some(&app.token), &[("content-type", content_type)], Some(body.as_bytes()))
        };
        let json_type = "application/json";
        put(json_type, "{\"community_f0\":").refused(400, "malformed_body");
        put(json_type, "[]").refused(422, "invalid_request");
        put(json_type, "{\"community_f0\":1,\"community_f0\":2}").refused(422, "invalid_request");
        put("text/plain", "x").refused(415, "unsupported_media_type");
        put(json_type, "").refused(400, "malformed_body");
        put(json_type, "{\"community_f0\":1,\"note\":\"a\\u0000b\"}").refused(422, "invalid_request");
        for path in ["2021-02-30", "13-07-2021"] {
            app.put(&figure("27382", path), &json!({"community_f0": 1})).refused(400, "malformed_parameter");
        }
        app.get(&format!("{Q6}/units/%FF%FE")).refused(400, "malformed_address");
        app.get(&format!("{Q6}/units/%00")).refused(400, "malformed_address");
        for limit in ["-1", "0", "1001", "99999999999999999999", "ten", "1.5", "+5", ""] {
            app.get(&format!("{Q6}/leaderboard?limit={limit}")).refused(422, "invalid_parameter");
        }
        app.get(&format!("{Q6}/leaderboard?kind=ward&kind=district")).refused(422, "invalid_parameter");
        app.get(&format!("{Q6}/leaderboard?kind=%FF")).refused(400, "malformed_parameter");
        app.get(&format!("{Q6}/leaderboard?q=%00")).refused(400, "malformed_parameter");
        app.get("/api/v1/nothing").refused(404, "no_such_address");
        app.get("/api/v2/campaigns").refused(404, "no_such_address");
        app.send("POST", &day, Some(&app.token), &[("content-type", json_type)], Some(b"{}")).refused(405, "method_not_allowed");
        assert_eq!(app.revision("q6-2021"), 1);
    }
}

#[test]
fn problems_speak_the_callers_language_and_carry_an_id() {
    let app = TestApp::on(TestDatabase::sqlite());
    let title = |language: &str| {
        let answer = app.send("GET", "/api/v1/campaigns/none", None, &[("accept-language", language)], None);
        answer.json()["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(title("vi-VN,vi;q=0.9"), "Không có đợt thi đua này");
    assert_eq!(title("en"), "No such campaign");
    let given = app.send("GET", "/healthz", None, &[("x-request-id", "abc-123")], None);
    assert_eq!(given.header("x-request-id"), Some("abc-123"));
    let strange = app.send("GET", "/healthz", None, &[("x-request-id", "a b\"c")], None);
    assert_ne!(strange.header("x-request-id"), Some("a b\"c"));
    let page = app.send("GET", "/c/none", None, &[("accept", "text/html"), ("accept-language", "vi")], None);
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("Không có đợt thi đua này"));
    assert_eq!(app.get("/problems/behind").status, 200);
    app.get("/problems/nothing").refused(404, "no_such_address");
}

#[test]
fn an_unchanged_answer_is_304_and_each_encoding_has_its_tag() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let path = format!("{Q6}/leaderboard");
    let plain = app.get(&path);
    let etag = plain.header("etag").expect("a tag").to_owned();
    assert!(etag.starts_with('"'), "strong");
    assert_eq!(plain.header("cache-control"), Some("public, no-cache"));
    assert_eq!(plain.header("vary"), Some("Authorization, Accept, Accept-Encoding, Accept-Language"));
    assert_eq!(plain.header("greenzone-revision"), Some("1"));
    let ask = |headers: &[(&str, &str)]| app.send("GET", &path, None, headers, None);
    let known = ask(&[("if-none-match", &etag)]);
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(etag.as_str())));
    assert_eq!(ask(&[("if-none-match", &format!("W/{etag}"))]).status, 304, "compared weakly");
    assert_eq!(ask(&[("if-none-match", "\"x\", *")]).status, 200);
    assert_eq!(ask(&[("if-none-match", "*")]).status, 304);
    let zipped = ask(&[("accept-encoding", "gzip")]);
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_ne!(zipped.header("etag"), Some(etag.as_str()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&zipped.body[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, plain.text());
    assert_eq!(ask(&[("accept-encoding", "gzip;q=0")]).header("content-encoding"), None);
    let signed_in = app.get_as_council(&path);
    assert_eq!(signed_in.header("cache-control"), Some("private, no-cache"));
    app.put(&figure("27382", "2021-07-12"), &json!({"community_f0": 9})).ok();
    assert_eq!(ask(&[("if-none-match", &etag)]).status, 200, "changed");
}

#[test]
fn a_service_takes_no_writes_of_strangers() {
    let app = TestApp::on(TestDatabase::sqlite());
    let post =
        |token| app.send("POST", "/api/v1/campaigns", token, &[("content-type", "application/json")], Some(b"{}"));
    post(None).refused(401, "unauthenticated");
    post(Some("")).refused(401, "invalid_token");
    post(Some("anything-at-all-0000")).refused(401, "invalid_token");
    assert_eq!(app.get("/api/v1/campaigns").status, 200);
}

#[test]
fn health_is_of_the_process_and_readiness_of_the_database() {
    let app = TestApp::on(TestDatabase::sqlite());
    for path in ["/healthz", "/readyz"] {
        let answer = app.get(path);
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        assert_eq!(app.send("HEAD", path, None, &[], None).status, 200);
    }
    let docs = app.get("/docs/");
    assert_eq!(docs.status, 200);
    assert!(!docs.text().contains("https://") && docs.header("content-security-policy").is_some());
    assert_eq!(app.get("/docs").status, 308);
    app.get("/docs/nothing").problem();
}

#[test]
fn a_cut_or_broken_request_hurts_nobody_else() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let address = app.base.trim_start_matches("http://").to_owned();
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        figure("27382", "2021-07-13"),
        app.token
    );
    let requests = [
        format!("{head}Content-Length: 100\r\n\r\n{{\"community_f0\":"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"com"),
        format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "GARBAGE\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
    ];
    for request in requests {
        let mut stream = std::net::TcpStream::connect(&address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        drop(stream);
    }
    assert_eq!(app.get("/healthz").status, 200);
    assert_eq!(app.revision("q6-2021"), 1);
}
