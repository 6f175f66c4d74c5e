//! Where the service meets the network: how often, how much, how slow, from where.

use crate::api::{Q6, figure};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use greenzone::config::{Edges, Rates, parse_networks};
use greenzone::domain::account::{Role, Scope};
use serde_json::json;
use std::io::{Read, Write};
use std::time::Duration;

const NOW: &str = "2021-07-24T06:00:00Z";

fn limited() -> TestApp {
    let rates = Rates { address_per_second: 2, account_per_second: 1, login_per_minute: 3, logins_per_minute: 8 };
    let trusted_proxies = parse_networks("127.0.0.0/8").expect("networks");
    TestApp::with_edges(TestDatabase::sqlite(), NOW, Edges { trusted_proxies, rates, ..Edges::default() })
}

fn login(app: &TestApp, from: &str, username: &str, password: &str) -> crate::support::app::Answer {
    let body = json!({"username": username, "password": password}).to_string();
    let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
    app.send("POST", "/api/v1/auth/login", None, &headers, Some(body.as_bytes()))
}

#[test]
fn who_guesses_waits_and_the_owner_does_not() {
    let app = limited();
    app.make_account("to-truong", Role::Reporter, Scope::All);
    for _ in 0..3 {
        login(&app, "192.0.2.1", "to-truong", "sai mật khẩu").refused(401, "invalid_credentials");
    }
    let hashes = app.service.passwords.made();
    let refused = login(&app, "192.0.2.1", "to-truong", PASSWORD);
    refused.refused(429, "too_many_requests");
    let wait: u64 = refused.header("retry-after").and_then(|v| v.parse().ok()).expect("how long");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(app.service.passwords.made(), hashes, "nothing was hashed for it");
    // the owner, from elsewhere, is not locked out
    login(&app, "192.0.2.2", "to-truong", PASSWORD).ok();
    // one address tries many names
    for n in 0..8 {
        login(&app, "192.0.2.3", &format!("name-{n}"), "x").refused(401, "invalid_credentials");
    }
    login(&app, "192.0.2.3", "name-9", "x").refused(429, "too_many_requests");
    // codes are counted as passwords are
    let code = |from: &str| {
        let body =
            json!({"username": "to-truong", "reset_code": "0000", "new_password": "mười hai con giáp"}).to_string();
        let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
        app.send("PUT", "/api/v1/me/password", None, &headers, Some(body.as_bytes())).status
    };
    assert_eq!([code("192.0.2.4"), code("192.0.2.4"), code("192.0.2.4"), code("192.0.2.4")], [401, 401, 401, 429]);
}

#[test]
fn requests_are_counted_by_address_and_account() {
    let app = limited();
    let from = |address: &str| app.send("GET", "/api/v1/campaigns", None, &[("x-forwarded-for", address)], None);
    let refused = (0..40).filter(|_| from("192.0.2.1").status == 429).count();
    assert!((10..=20).contains(&refused), "{refused} of 40 at 2 a second and 20 at once");
    assert_eq!(from("192.0.2.2").status, 200);
    let by = |n: u32| {
        let from = format!("192.0.2.{n}");
        app.send("GET", "/api/v1/me", Some(&app.token), &[("x-forwarded-for", &from)], None).status
    };
    // one token from many addresses
    let refused = (10..40).filter(|n| by(*n) == 429).count();
    assert!((10..=20).contains(&refused), "{refused} of 30 at 1 a second and 10 at once");
}

#[test]
fn the_log_names_whom_a_trusted_proxy_speaks_for() {
    let app = limited().with_q6();
    app.make_account("kiem-tra", Role::Auditor, Scope::All);
    let token = login(&app, "198.51.100.7, 203.0.113.9", "kiem-tra", PASSWORD).ok();
    let token = token["access_token"].as_str().expect("a token");
    let log = app.send("GET", "/api/v1/audit?action=session.open", Some(token), &[], None).ok();
    assert_eq!(log["items"][0]["origin"], "203.0.113.9", "what the proxy saw, not what the client said");
    let open = TestApp::on(TestDatabase::sqlite());
    open.make_account("kiem-tra", Role::Auditor, Scope::All);
    login(&open, "198.51.100.7", "kiem-tra", PASSWORD).ok();
    let token = open.sign_in("kiem-tra");
    let log = open.send("GET", "/api/v1/audit?action=session.open", Some(&token), &[], None).ok();
    assert_eq!(log["items"][1]["origin"], "127.0.0.1", "no proxy is trusted");
}

#[test]
fn other_origins_are_told_nothing_unless_they_are_named() {
    let closed = TestApp::on(TestDatabase::sqlite());
    let origin = [("origin", "https://app.example.vn")];
    let answer = closed.send("GET", "/api/v1/campaigns", None, &origin, None);
    assert!(answer.status == 200 && answer.header("access-control-allow-origin").is_none());
    let preflight = [
        ("origin", "https://app.example.vn"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,content-type,if-match"),
    ];
    closed.send("OPTIONS", "/api/v1/campaigns", None, &preflight, None).refused(405, "method_not_allowed");
    let cors_origins = vec!["https://app.example.vn".to_owned()];
    let open = TestApp::with_edges(TestDatabase::sqlite(), NOW, Edges { cors_origins, ..Edges::default() });
    let asked = open.send("OPTIONS", "/api/v1/campaigns", None, &preflight, None);
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (200, Some("https://app.example.vn")));
    assert!(asked.header("access-control-allow-credentials").is_none());
    let answer = open.send("GET", "/api/v1/campaigns", None, &origin, None);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.vn"));
    assert!(answer.header("access-control-expose-headers").is_some_and(|h| h.contains("greenzone-revision")));
    for name in ["authorization", "accept", "accept-encoding", "accept-language"] {
        let vary: Vec<_> = answer.headers.get_all("vary").iter().filter_map(|v| v.to_str().ok()).collect();
        assert!(vary.join(", ").to_lowercase().contains(name), "{vary:?}");
    }
    // a refusal can be read there too
    let refused = open.send("GET", "/api/v1/users", None, &origin, None);
    refused.refused(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.example.vn"));
    let stranger = open.send("GET", "/api/v1/campaigns", None, &[("origin", "https://evil.example")], None);
    assert!(stranger.header("access-control-allow-origin").is_none());
}

#[test]
fn every_answer_guards_itself_in_browsers() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for path in ["/", "/c/q6-2021", Q6, "/nothing", "/openapi.json", "/docs/", "/assets/style.css", "/problems/behind"]
    {
        let answer = app.get(path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        assert!(answer.header("referrer-policy").is_some(), "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .is_some_and(|p| p.contains("default-src 'none'") || p.contains("default-src 'self'")),
            "{path}"
        );
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none(), "{path}");
    }
}

fn speak(app: &TestApp, text: &str) -> String {
    let mut stream = std::net::TcpStream::connect(app.base.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    stream.write_all(text.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_head_that_never_ends_is_cut_off_and_a_huge_one_is_refused() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(300_000));
    let answer = speak(&app, &huge);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let begun = std::time::Instant::now();
    let answer = speak(&app, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(30), "it was cut off");
    assert_eq!(app.get("/healthz").status, 200);
}

#[test]
fn a_body_that_stalls_is_cut_off_and_stores_nothing() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        figure("27382", "2021-07-13"),
        app.token
    );
    let answer = speak(&app, &head);
    assert!(answer.contains("request_timeout"), "{answer}");
    assert_eq!(app.revision("q6-2021"), 1);
}
