//! The service over HTTP, and a client that costs next to nothing.

use super::campaign;
use greenzone::config::Edges;
use greenzone::domain::account::{Mandate, Role, Scope};
use greenzone::http::Metrics;
use greenzone::service::tokens::NewToken;
use greenzone::service::writer::WriteRequest;
use greenzone::service::{Caller, Service};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

/// Serves without limits; where.
pub fn serve(service: Arc<Service>) -> SocketAddr {
    let listener = greenzone::app::listen("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let metrics = Metrics::new().expect("metrics");
            let server = greenzone::app::server(service, &Edges::default(), metrics, listener, None);
            server.expect("a server").await.expect("it serves");
        });
    });
    address
}

/// A machine's token of the council.
pub fn token(service: &Service) -> String {
    let mandate = Mandate::new(Role::Council, Scope::All).expect("a mandate");
    let new = NewToken { name: "bench".to_owned(), mandate, days: 30 };
    let grant = Caller::Operator.may(None).expect("the operator may");
    let written = service.create_token(&grant, new, WriteRequest::on_this_machine()).wait().expect("a token");
    let answer: serde_json::Value = serde_json::from_slice(&written.body).expect("JSON");
    answer["token"].as_str().expect("told").to_owned()
}

/// A connection that is kept.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    have: usize,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a setting");
        Self { stream, buffer: vec![0; 256 << 10], have: 0 }
    }

    /// Sends a request and reads its answer to the end; the status.
    pub fn send(&mut self, request: &[u8]) -> u16 {
        self.stream.write_all(request).expect("sent");
        let mut have = 0;
        loop {
            have += match self.stream.read(&mut self.buffer[have..]).expect("an answer") {
                0 => panic!("the connection was closed"),
                n => n,
            };
            let Some(end) = self.buffer[..have].windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let length: usize = length.and_then(|l| l.parse().ok()).unwrap_or(0);
            if have >= end + 4 + length {
                self.have = have;
                return head[9..12].parse().expect("a status");
            }
        }
    }
}

impl Client {
    /// The last answer, head and body.
    pub fn last(&self) -> &[u8] {
        &self.buffer[..self.have]
    }

    /// The body of the last answer.
    pub fn json(&self) -> serde_json::Value {
        let start = self.last().windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        serde_json::from_slice(&self.last()[start..]).expect("JSON")
    }
}

/// A PUT of a figure, as it goes over the wire.
pub fn put_figure(token: &str, unit: usize, day: usize, cases: u64) -> Vec<u8> {
    put_figure_of("bench", token, unit, day, cases)
}

/// The same of a campaign of another code.
pub fn put_figure_of(code: &str, token: &str, unit: usize, day: usize, cases: u64) -> Vec<u8> {
    let day = campaign().baseline.from + chrono::Duration::days(day as i64);
    let body = format!("{{\"community_f0\": {cases}, \"reason\": \"x\"}}");
    with_json("PUT", &format!("/api/v1/campaigns/{code}/units/u{unit:07}/figures/{day}"), token, &body)
}

/// A request with a JSON body, as it goes over the wire.
pub fn with_json(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
