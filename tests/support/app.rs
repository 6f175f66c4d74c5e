//! The real server on a free port, and a client that sees status, headers and body.

use super::database::TestDatabase;
use super::described;
use greenzone::clock::Clock;
use greenzone::config::Edges;
use greenzone::domain::Instant;
use greenzone::domain::account::{Mandate, Role, Scope};
use greenzone::http::Metrics;
use greenzone::pack;
use greenzone::scoring::DayState;
use greenzone::service::accounts::NewAccount;
use greenzone::service::keys::KeyRing;
use greenzone::service::passwords::Passwords;
use greenzone::service::proof::ResultKeys;
use greenzone::service::tokens::NewToken;
use greenzone::service::writer::WriteRequest;
use greenzone::service::{Caller, Security, Service};
use serde_json::Value;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

pub const PASSWORD: &str = "con mèo nằm trên mái";

/// A running service over a database of its own.
pub struct TestApp {
    pub base: String,
    pub service: Arc<Service>,
    pub clock: Clock,
    pub metrics: Metrics,
    pub address: greenzone::store::Address,
    /// A machine's token of the council: it may do everything in a contest.
    pub token: String,
    agent: ureq::Agent,
    stop: Option<actix_web::dev::ServerHandle>,
    thread: Option<JoinHandle<()>>,
    /// Dropped last.
    _database: TestDatabase,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Checks status and code of a refusal, and that it is a problem as promised.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let problem = self.problem();
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    /// Checks that a refusal is a problem as promised.
    #[track_caller]
    pub fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{}", problem["code"].as_str().unwrap_or_default()));
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{problem}");
        let text = self.text().to_lowercase();
        for word in ["serde", "diesel", "actix", "panicked", "sqlstate", "0x00", "src/"] {
            assert!(!text.contains(word), "an internal word, {word}: {text}");
        }
        problem
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status == 200 || self.status == 201, "{}: {}", self.status, self.text());
        self.json()
    }
}

impl TestApp {
    /// An empty service; its clock stands on 24 July 2021, after the window of q6-2021.
    pub fn on(database: TestDatabase) -> Self {
        Self::at(database, "2021-07-24T06:00:00Z")
    }

    pub fn at(database: TestDatabase, now: &str) -> Self {
        Self::with_edges(database, now, Edges::default())
    }

    /// With limits, other origins, proxies.
    pub fn with_edges(database: TestDatabase, now: &str, edges: Edges) -> Self {
        Self::with_security(database, now, edges, security())
    }

    /// Whose webhooks may lead to this machine.
    pub fn calling_private(database: TestDatabase, now: &str) -> Self {
        Self::with_security(database, now, Edges::default(), Security { private_webhooks: true, ..security() })
    }

    fn with_security(database: TestDatabase, now: &str, edges: Edges, security: Security) -> Self {
        let clock = Clock::fixed(Instant::parse(now).expect("an instant"));
        let address = database.address.clone();
        let service = greenzone::app::open(database.address.clone(), clock.clone(), true, security).expect("a service");
        let token = machine_token(&service, Role::Council, Scope::All);
        let listener = greenzone::app::listen("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, receiver) = mpsc::channel();
        let of_server = service.clone();
        let metrics = Metrics::new().expect("metrics");
        let counted = metrics.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = greenzone::app::server(of_server, &edges, counted, listener, Some(2)).expect("a server");
                sender.send(server.handle()).expect("the test waits");
                server.await.expect("the server ends well");
            });
        });
        let stop = receiver.recv().ok();
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .build()
            .into();
        Self { base, service, clock, metrics, address, token, agent, stop, thread: Some(thread), _database: database }
    }

    /// A folder that is gone after the test.
    pub fn folder(&self) -> std::path::PathBuf {
        match &self.address {
            greenzone::store::Address::Sqlite(path) => path.parent().expect("a folder").to_owned(),
            greenzone::store::Address::Postgres(_) => std::env::temp_dir(),
        }
    }

    /// With the bundled campaign of District 6 in it.
    pub fn with_q6(self) -> Self {
        let [q6, ..] = pack::bundled();
        self.import(&pack::read(&q6.files()).expect("the bundled pack"));
        self
    }

    pub fn import(&self, contest: &greenzone::domain::Contest) {
        let grant = Caller::Operator.may(None).expect("the operator writes");
        let request = WriteRequest::default();
        self.service.import_pack(&grant, contest.clone(), false, request).wait().expect("the pack is taken");
    }

    /// Reports no case for every day from Bs to E of which a campaign knows nothing yet.
    pub fn report_all(&self, campaign: &str) {
        let snapshot = self.service.snapshot(campaign).expect("a campaign");
        let (register, ledger) = (snapshot.register(), snapshot.ledger());
        let days = || ledger.calendar.baseline.start..ledger.calendar.window.end;
        let last = ledger.calendar.window.end - 1;
        let mut rows = Vec::new();
        for unit in (0..).take(register.len()).filter(|unit| !register.is_derived(*unit)) {
            let code = &register.unit(unit).expect("a unit").code;
            for day in days().filter(|day| ledger.day_state(unit, *day, last) == DayState::Missing) {
                let date = ledger.calendar.day(day).to_string();
                rows.push(serde_json::json!({"unit_code": code, "date": date, "community_f0": 0}));
            }
        }
        self.post(&format!("/api/v1/campaigns/{campaign}/figures"), &Value::Array(rows)).ok();
    }

    /// Makes an issue of a campaign's result; what can be set aside for it is.
    pub fn finalise(&self, campaign: &str, reason: &str) -> Answer {
        let base = format!("/api/v1/campaigns/{campaign}");
        let blockers = self.get_as_council(&format!("{base}/blockers")).ok();
        let items = blockers["items"].as_array().expect("blockers");
        let aside = items.iter().filter(|blocker| blocker["can_be_overridden"] == true);
        let overrides: Vec<Value> =
            aside.map(|blocker| serde_json::json!({"code": blocker["code"], "reason": "x"})).collect();
        self.post(&format!("{base}/finalise"), &serde_json::json!({"reason": reason, "overrides": overrides}))
    }

    /// An account whose password is [`PASSWORD`].
    pub fn make_account(&self, username: &str, role: Role, scope: Scope) {
        let mandate = Mandate::new(role, scope).expect("a mandate");
        let new = NewAccount { username: username.to_owned(), display_name: username.to_owned(), mandate };
        let grant = Caller::Operator.may(None).expect("the operator makes accounts");
        self.service.create_account_with_password(&grant, new, PASSWORD).expect("an account");
    }

    /// Signs in with [`PASSWORD`]; the tokens.
    pub fn tokens(&self, username: &str) -> Value {
        let body = serde_json::json!({"username": username, "password": PASSWORD});
        let json = [("content-type", "application/json")];
        self.send("POST", "/api/v1/auth/login", None, &json, Some(body.to_string().as_bytes())).ok()
    }

    /// Signs in; the access token.
    pub fn sign_in(&self, username: &str) -> String {
        self.tokens(username)["access_token"].as_str().expect("a token").to_owned()
    }

    pub fn set_clock(&self, now: &str) {
        self.clock.set(Instant::parse(now).expect("an instant"));
    }

    /// Any request; `headers` beside the token, which is sent where `token` is.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = response.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let is_stream = response.headers().get("content-type").is_some_and(|t| t == "text/event-stream");
        let body = if is_stream && method != "HEAD" {
            first_event(response.body_mut().as_reader())
        } else {
            response.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap_or_default()
        };
        let answer = Answer { status: response.status().as_u16(), headers: response.headers().clone(), body };
        let is_json = answer.header("content-type") == Some("application/json") && method != "HEAD";
        if is_json && path.starts_with("/api/") && answer.header("content-encoding").is_none() {
            described::check(method, path, answer.status, &answer.json());
        }
        answer
    }

    /// The events of the bundled campaign, up to the first.
    pub fn get_events(&self) -> Answer {
        self.get("/api/v1/campaigns/q6-2021/events")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[], None)
    }

    pub fn get_as_council(&self, path: &str) -> Answer {
        self.send("GET", path, Some(&self.token), &[], None)
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.put_with(path, &[], body)
    }

    pub fn put_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.with_json("PUT", path, headers, body)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.with_json("POST", path, &[], body)
    }

    pub fn with_json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers: Vec<(&str, &str)> =
            headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.send(method, path, Some(&self.token), &headers, Some(body.to_string().as_bytes()))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Some(&self.token), &[], None)
    }

    pub fn revision(&self, campaign: &str) -> i64 {
        let status = self.get_as_council(&format!("/api/v1/campaigns/{campaign}/status")).ok();
        status["revision"].as_i64().expect("a revision")
    }
}

/// A stream has no end: what it says until the first event is over.
fn first_event(mut stream: impl std::io::Read) -> Vec<u8> {
    let (mut told, mut byte) = (Vec::new(), [0]);
    while !told.ends_with(b"\n\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
        told.extend(byte);
    }
    told
}

/// Passwords that are quick to hash, and keys of this process alone.
pub fn security() -> Security {
    let parameters = argon2::Params::new(8, 1, 1, None).expect("parameters");
    let passwords = Passwords::new(parameters, 2);
    let (keys, result_keys) = (KeyRing::random().expect("random bytes"), ResultKeys::random().expect("random bytes"));
    Security { passwords, keys: Some(keys), result_keys: Some(result_keys), private_webhooks: false }
}

/// A machine's token of a role and scope, for a year.
pub fn machine_token(service: &Service, role: Role, scope: Scope) -> String {
    let mandate = Mandate::new(role, scope).expect("a mandate");
    let new = NewToken { name: format!("tests, {}", role.code()), mandate, days: 366 };
    let grant = Caller::Operator.may(None).expect("the operator makes tokens");
    let written = service.create_token(&grant, new, WriteRequest::on_this_machine()).wait().expect("a token");
    let answer: Value = serde_json::from_slice(&written.body).expect("JSON");
    answer["token"].as_str().expect("the token is told").to_owned()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(handle) = self.stop.take() {
            drop(handle.stop(false));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
