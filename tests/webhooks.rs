//! Webhooks: told, signed, tried again, given up, refused where they must not lead, and their
//! secrets nowhere.

use crate::days::with_households;
use crate::support::app::{TestApp, machine_token, security};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use greenzone::domain::Instant;
use greenzone::domain::account::{Role, Scope};
use greenzone::service::scheduler::Scheduler;
use greenzone::service::{Security, Service};
use greenzone::store;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

const Q6: &str = "/api/v1/campaigns/q6-2021";

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    head: String,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        line.unwrap_or_else(|| panic!("{name} in {}", self.head)).trim()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// Somebody who listens on this machine and answers as it was told to, 204 after that.
pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    pub fn answering(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook?key=in-the-address", listener.local_addr().expect("an address"));
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answers) = (received.clone(), answers.to_vec());
        let thread = std::thread::spawn(move || {
            let mut answers = answers.into_iter();
            for stream in listener.incoming().flatten() {
                let Some(message) = read(&stream) else { break };
                kept.lock().expect("kept").push(message);
                let answer = answers.next().unwrap_or("204 No Content");
                let _ = (&stream).write_all(
                    format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes(),
                );
            }
        });
        Self { url, received, thread: Some(thread) }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("kept").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // a connection that says nothing ends the thread
        let address = self.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        drop(TcpStream::connect(address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned()));
    let mut body = vec![0; length?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Received { head, body: String::from_utf8(body).ok()? })
}

/// HMAC-SHA256 as RFC 2104 writes it down, apart from the code that signs.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ with).collect() };
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    Sha256::digest([pad(0x5C), inner.to_vec()].concat()).to_vec()
}

#[track_caller]
fn is_signed(message: &Received, secret: &str) {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("the form of a secret")).expect("base64");
    let signed = format!("{}.{}.{}", message.header("webhook-id"), message.header("webhook-timestamp"), message.body);
    let expected = format!("v1,{}", STANDARD.encode(hmac(&key, signed.as_bytes())));
    assert_eq!(message.header("webhook-signature"), expected);
}

fn make(app: &TestApp, url: &str, events: &[&str]) -> (String, String) {
    let made = app.post(&format!("{Q6}/webhooks"), &json!({"url": url, "events": events})).ok();
    let text = |name: &str| made[name].as_str().expect(name).to_owned();
    (text("id"), text("secret"))
}

fn run_due(app: &TestApp) -> Option<Instant> {
    Scheduler::new(app.service.clone()).run_due().expect("what is due is done")
}

fn deliveries(app: &TestApp, id: &str) -> Vec<Value> {
    let found = app.get_as_council(&format!("{Q6}/webhooks/{id}/deliveries")).ok();
    found["items"].as_array().cloned().expect("messages")
}

fn evening(database: TestDatabase) -> TestApp {
    TestApp::calling_private(database, "2021-07-12T12:00:00Z").with_q6()
}

/// Another process on the same database, after the first one or beside it.
fn another(app: &TestApp) -> Arc<Service> {
    let security = Security { private_webhooks: true, ..security() };
    greenzone::app::open(app.address.clone(), app.clock.clone(), false, security).expect("a service")
}

on_both! {
    fn who_listens_is_told_once_signed_and_in_full(database: TestDatabase) {
        let app = evening(database);
        let (both, closed) = (Receiver::answering(&[]), Receiver::answering(&[]));
        let (id, secret) = make(&app, &both.url, &["day.not_reported", "day.closed"]);
        make(&app, &closed.url, &["day.closed"]);
        run_due(&app);
        assert_eq!(both.received().len(), 0, "nothing was closed yet");
        app.set_clock("2021-07-13T05:00:00Z");
        run_due(&app);
        run_due(&app);
        assert_eq!((both.received().len(), closed.received().len()), (2, 1));
        for message in both.received() {
            is_signed(&message, &secret);
            assert_eq!(message.header("webhook-timestamp"), "1626152400");
            assert_eq!(message.header("content-type"), "application/json");
            let body = message.json();
            assert_eq!(body["timestamp"], "2021-07-13T05:00:00Z");
            let data = &body["data"];
            assert_eq!((&data["campaign"], &data["date"]), (&json!("q6-2021"), &json!("2021-07-12")));
            assert_eq!((&data["closed_at"], &data["is_early"]), (&json!("2021-07-13T05:00:00Z"), &json!(false)));
            let expected = json!({"due": 14, "on_time": 13, "late": 0, "missing": 1, "excused": 0, "on_time_percent": 92.86});
            assert_eq!(data["reports"], expected);
            match body["type"].as_str() {
                Some("day.closed") => assert_eq!(data["not_reported"], Value::Null),
                Some("day.not_reported") => {
                    assert_eq!(data["not_reported"], json!({"total": 1, "units": ["27385"], "private_total": 0}));
                }
                other => panic!("{other:?}"),
            }
        }
        let ids: Vec<Value> = deliveries(&app, &id).into_iter().map(|d| d["id"].clone()).collect();
        assert_eq!(ids.len(), 2);
        for message in both.received() {
            assert!(ids.contains(&json!(message.header("webhook-id"))));
        }
        for delivery in deliveries(&app, &id) {
            assert_eq!((&delivery["state"], &delivery["attempts"], &delivery["last_status"]), (&json!("delivered"), &json!(1), &json!(204)));
        }
        // where everybody has reported, nobody is told of silence
        app.set_clock("2021-07-13T18:00:00Z");
        let units = app.get("/api/v1/campaigns/q6-2021/units?kind=ward").ok();
        for unit in units["items"].as_array().expect("units") {
            let code = unit["code"].as_str().expect("a code");
            app.put(&format!("{Q6}/units/{code}/figures/2021-07-13"), &json!({"community_f0": 0})).ok();
        }
        app.post(&format!("{Q6}/days/2021-07-13/close"), &json!({"reason": "đủ"})).ok();
        run_due(&app);
        let told: Vec<Value> = both.received()[2..].iter().map(|message| message.json()["type"].clone()).collect();
        assert_eq!(told, ["day.closed"]);
    }
}

on_both! {
    fn a_message_is_tried_again_with_growing_pauses_and_given_up(database: TestDatabase) {
        let app = evening(database);
        let receiver = Receiver::answering(&["500 Oops", "307 Elsewhere\r\nlocation: http://127.0.0.1:1/", "200 OK"]);
        let (id, secret) = make(&app, &receiver.url, &["day.closed"]);
        app.post(&format!("{Q6}/webhooks/{id}/ping"), &json!({})).ok();
        let mut waited = Vec::new();
        for (attempt, status, state) in [(1, 500, "pending"), (2, 307, "pending"), (3, 200, "delivered")] {
            let now = app.clock.now();
            run_due(&app);
            let delivery = deliveries(&app, &id).remove(0);
            assert_eq!((&delivery["attempts"], &delivery["state"]), (&json!(attempt), &json!(state)), "{delivery}");
            assert!(delivery["last_status"] == status || status == 307, "{delivery}");
            if let Some(next) = delivery["next_attempt_at"].as_str() {
                assert_eq!(run_due(&app), Instant::parse(next).ok(), "nothing is due before");
                let next = Instant::parse(next).expect("an instant");
                waited.push((next.micros() - now.micros()) / 1_000_000);
                app.clock.set(next);
            }
        }
        assert!((5..=6).contains(&waited[0]) && (30..=36).contains(&waited[1]), "{waited:?}");
        let received = receiver.received();
        assert_eq!(received.len(), 3, "a redirect is not followed");
        for message in &received {
            is_signed(message, &secret);
            assert_eq!(message.header("webhook-id"), received[0].header("webhook-id"), "known again");
            assert_eq!(message.json(), json!({"type": "ping", "timestamp": "2021-07-12T12:00:00Z", "data": {"campaign": "q6-2021"}}));
        }
        // one that nobody ever takes
        let url = receiver.url.clone();
        drop(receiver);
        let (id, _) = make(&app, &url, &["day.closed"]);
        app.post(&format!("{Q6}/webhooks/{id}/ping"), &json!({})).ok();
        let begun = app.clock.now();
        // days are closed meanwhile, and told of
        let ping = || deliveries(&app, &id).pop().expect("the first message");
        let mut tries = 0;
        while let Some(next) = ping()["next_attempt_at"].as_str() {
            app.clock.set(Instant::parse(next).expect("an instant"));
            run_due(&app);
            tries += 1;
        }
        let given_up = ping();
        assert_eq!((&given_up["event"], &given_up["attempts"]), (&json!("ping"), &json!(10)));
        assert_eq!((tries, &given_up["state"], &given_up["last_error"]), (10, &json!("failed"), &json!("no connection")));
        let days = (app.clock.now().micros() - begun.micros()) / 86_400_000_000;
        assert!((1..=3).contains(&days), "{days}");
        let text = app.metrics.text(&app.service);
        for line in ["greenzone_webhook_messages{state=\"failed\"} 1", "greenzone_webhook_attempts_total{state=\"failed\"} 1"] {
            assert!(text.contains(line), "{line} is missing:\n{text}");
        }
    }
}

on_both! {
    fn a_message_survives_a_restart_and_no_two_processes_send_it_at_once(database: TestDatabase) {
        let app = evening(database);
        let receiver = Receiver::answering(&[]);
        let (id, _) = make(&app, &receiver.url, &["day.closed"]);
        app.post(&format!("{Q6}/webhooks/{id}/ping"), &json!({})).ok();
        // a process takes it and ends before it can say how it went
        let message = deliveries(&app, &id)[0]["id"].as_str().expect("an id").to_owned();
        let now = app.clock.now();
        let mut conn = app.address.connect().expect("a connection");
        let campaign = store::campaigns::find_opt(&mut conn, "q6-2021").expect("readable").expect("there").id;
        let until = Instant::from_micros(now.micros() + 60_000_000);
        let mut claim = || store::webhooks::claim(&mut conn, campaign, &message, now, until).expect("an answer");
        assert!(claim().is_some());
        assert!(claim().is_none(), "somebody has it");
        run_due(&app);
        assert_eq!(receiver.received().len(), 0);
        // after the lease another one sends it, and only one of several
        app.clock.set(until);
        let services = [another(&app), another(&app), app.service.clone()];
        std::thread::scope(|scope| {
            for service in &services {
                scope.spawn(|| Scheduler::new(service.clone()).run_due().expect("done"));
            }
        });
        assert_eq!(receiver.received().len(), 1);
        let delivery = deliveries(&app, &id).remove(0);
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
    }
}

#[test]
fn webhooks_lead_to_the_public_internet_alone() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for url in [
        "http://example.vn/",
        "https://127.0.0.1/",
        "https://[::1]/x",
        "https://169.254.169.254/",
        "https://localhost/",
        "https://u:p@example.vn/",
        "hook",
        "",
    ] {
        let problem = app.post(&format!("{Q6}/webhooks"), &json!({"url": url, "events": ["day.closed"]}));
        let problem = problem.refused(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{problem}");
    }
    let wrong = app.post(&format!("{Q6}/webhooks"), &json!({"url": "https://example.vn/", "events": ["day.opened"]}));
    assert!(wrong.refused(422, "invalid_request").to_string().contains("/events/0"));
    app.post(&format!("{Q6}/webhooks"), &json!({"url": "https://example.vn/", "events": []}))
        .refused(422, "invalid_request");
}

#[test]
fn an_address_is_looked_at_when_it_is_called_and_not_only_when_it_was_given() {
    // made while private addresses were allowed
    let app = evening(TestDatabase::sqlite());
    let receiver = Receiver::answering(&[]);
    let (plain, _) = make(&app, &receiver.url, &["day.closed"]);
    let (private, _) = make(&app, "https://10.255.255.1/hook", &["day.closed"]);
    let ids = [plain, private];
    for id in &ids {
        app.post(&format!("{Q6}/webhooks/{id}/ping"), &json!({})).ok();
    }
    let strict = greenzone::app::open(app.address.clone(), app.clock.clone(), false, security()).expect("a service");
    Scheduler::new(strict).run_due().expect("done");
    assert_eq!(receiver.received().len(), 0);
    for id in &ids {
        let delivery = deliveries(&app, id).remove(0);
        let expected = (&json!("pending"), &json!("the address is not allowed"));
        assert_eq!((&delivery["state"], &delivery["last_error"]), expected, "{delivery}");
    }
}

on_both! {
    fn a_secret_is_told_once_and_is_nowhere_else(database: TestDatabase) {
        let app = evening(database);
        let receiver = Receiver::answering(&[]);
        let body = json!({"url": receiver.url, "events": ["day.closed"]});
        let key = [("idempotency-key", "first")];
        let made = app.with_json("POST", &format!("{Q6}/webhooks"), &key, &body).ok();
        let (id, secret) = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
        let again = app.with_json("POST", &format!("{Q6}/webhooks"), &key, &body).ok();
        assert_eq!((&again["id"], &again["secret"]), (&made["id"], &Value::Null));
        let address = format!("{Q6}/webhooks/{id}");
        let found = app.get_as_council(&address);
        let etag = found.header("etag").expect("a tag").to_owned();
        let other = json!({"url": receiver.url, "events": ["day.not_reported"]});
        let put = app.put_with(&address, &[("if-match", &etag)], &other);
        assert_eq!(put.json()["events"], json!(["day.not_reported"]), "{}", put.text());
        app.put_with(&address, &[("if-match", &etag)], &body).refused(412, "precondition_failed");
        app.post(&format!("{address}/ping"), &json!({})).ok();
        run_due(&app);
        is_signed(&receiver.received()[0], secret);
        let auditor = machine_token(&app.service, Role::Auditor, Scope::All);
        let log = app.send("GET", "/api/v1/audit?campaign=q6-2021&limit=100", Some(&auditor), &[], None).text();
        assert!(log.contains("webhook.create") && log.contains("webhook.put"), "{log}");
        let lists = [format!("{Q6}/webhooks"), address.clone(), format!("{address}/deliveries")].map(|path| app.get_as_council(&path).text());
        for text in lists.iter().chain([&log, &put.text(), &found.text()]) {
            assert!(!text.contains(secret) && !text.contains("whsec_"), "{text}");
        }
        assert!(!log.contains("in-the-address"), "an address may hold a secret, too: {log}");
        assert_eq!(app.delete(&format!("{address}?reason=x")).status, 200);
        app.get_as_council(&address).refused(404, "webhook_not_found");
        app.get_as_council(&format!("{address}/deliveries")).refused(404, "webhook_not_found");
        assert!(app.send("GET", "/api/v1/audit?campaign=q6-2021&action=webhook.delete", Some(&auditor), &[], None).text().contains(id));
        app.get(&format!("{Q6}/webhooks")).refused(401, "unauthenticated");
    }
}

#[test]
fn private_units_are_told_as_a_number() {
    let app = TestApp::calling_private(TestDatabase::sqlite(), "2021-07-20T06:00:00Z");
    app.import(&with_households(4));
    let receiver = Receiver::answering(&[]);
    let webhooks = "/api/v1/campaigns/law/webhooks";
    app.post(webhooks, &json!({"url": receiver.url, "events": ["day.not_reported"]})).ok();
    app.set_clock("2021-07-21T06:00:00Z");
    run_due(&app);
    let told = receiver.received();
    let data =
        told.iter().map(Received::json).find(|body| body["data"]["date"] == "2021-07-20").expect("the day")["data"]
            .clone();
    assert_eq!(data["not_reported"], json!({"total": 5, "units": ["g"], "private_total": 4}));
    assert!(told.iter().all(|message| !message.body.contains("h0")));
}

#[test]
fn a_campaign_has_a_bounded_number_of_webhooks() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for _ in 0..20 {
        make(&app, "https://example.vn/hook", &["day.closed"]);
    }
    let one_more =
        app.post(&format!("{Q6}/webhooks"), &json!({"url": "https://example.vn/", "events": ["day.closed"]}));
    one_more.refused(409, "too_many_webhooks");
}
