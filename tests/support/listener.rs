//! Who listens to server-sent events.

use serde_json::Value;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A stream that is open.
pub struct Listener {
    stream: BufReader<TcpStream>,
    /// Status and headers, in small letters.
    pub head: String,
}

/// An event: its name and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub id: String,
    pub data: Value,
}

impl Listener {
    /// Opens a stream; `base` is `http://` and an address.
    pub fn open(base: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(base.trim_start_matches("http://")).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\naccept: text/event-stream\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("asked");
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).expect("a head") > 0, "{head}");
        }
        Self { stream, head: head.to_lowercase() }
    }

    /// The next event; none where the stream ends.
    pub fn next(&mut self) -> Option<Told> {
        let (mut id, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            // an end without the last chunk is an end
            if self.stream.read_line(&mut line).unwrap_or_else(|e| panic!("nothing is told: {e}")) == 0 {
                return None;
            }
            if let Some(told) = line.trim_end().strip_prefix("id: ") {
                id = told.to_owned();
            }
            if let Some(told) = line.trim_end().strip_prefix("data: ") {
                return Some(Told { id, data: serde_json::from_str(told).expect("JSON") });
            }
            // the chunk that is the last
            if line == "0\r\n" {
                return None;
            }
        }
    }

    /// The next event.
    #[track_caller]
    pub fn told(&mut self) -> Told {
        self.next().expect("an event")
    }

    /// Whether nothing but signs of life comes for so long.
    pub fn is_silent(&mut self, wait: Duration) -> bool {
        self.stream.get_ref().set_read_timeout(Some(wait)).expect("a limit");
        let mut line = String::new();
        let is_silent = loop {
            line.clear();
            match self.stream.read_line(&mut line) {
                Ok(_) if line.starts_with("id:") || line.is_empty() => break false,
                Ok(_) => {}
                Err(e) => break matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            }
        };
        self.stream.get_ref().set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        is_silent
    }
}
