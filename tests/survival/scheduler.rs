//! SIGTERM while days are being closed and messages sent: the process ends within its limit,
//! and whoever starts next goes on where it stopped.

use super::process::{Place, Served};
use crate::support::on_both;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Somebody who takes every call and says nothing, until it is told to answer.
#[derive(Default)]
struct Silent {
    answers: AtomicBool,
    calls: AtomicUsize,
    ids: Mutex<Vec<String>>,
    held: Mutex<Vec<TcpStream>>,
}

impl Silent {
    fn listen() -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let silent = Arc::new(Self::default());
        let kept = silent.clone();
        // it ends with the program of the tests
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                kept.calls.fetch_add(1, Ordering::SeqCst);
                if kept.answers.load(Ordering::SeqCst) {
                    let id = answer(&stream).unwrap_or_default();
                    kept.ids.lock().expect("kept").push(id);
                } else {
                    kept.held.lock().expect("kept").push(stream);
                }
            }
        });
        (silent, url)
    }
}

/// Takes a message; its id.
fn answer(mut stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut id) = (0, None);
    // the line of the request is no header
    reader.read_line(&mut String::new()).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "webhook-id" => id = Some(value.to_owned()),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    id
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What compose and systemd wait before they kill: less than their defaults, and the ten
/// seconds that requests have.
const LIMIT: Duration = Duration::from_secs(12);

on_both! {
    fn a_service_that_closes_days_and_sends_messages_ends_when_it_is_asked_to(place: Place) {
        let world = &place.world;
        let (silent, url) = Silent::listen();
        let private = ["env", "GREENZONE_WEBHOOKS_ALLOW_PRIVATE=true"];
        let mut served = Served::start_under(world, &private);
        let hook = json!({"url": url, "events": ["day.closed", "day.not_reported"]});
        let client = crate::survival::clients::Client::new(&world.token);
        let made = client.send("POST", &format!("{}/api/v1/campaigns/q6-2021/webhooks", served.base), Some(&hook));
        let (status, _, made) = made.expect("an answer");
        assert_eq!(status, 201, "{made}");
        let made: Value = serde_json::from_str(&made).expect("JSON");
        assert!(made["secret"].is_string());
        assert_eq!(served.terminate(LIMIT).code(), Some(0), "{}", served.said());

        // as if the campaign had been here from the beginning: 29 days are to be closed
        world.execute("UPDATE campaigns SET created_us = 0");
        let mut served = Served::start_under(world, &private);
        // until it answers it does not yet listen to signals either, and ends by them at once
        let answers = |served: &Served| client.send("GET", &format!("{}/healthz", served.base), None).is_some();
        until("an answer", || answers(&served));
        until("a call", || silent.calls.load(Ordering::SeqCst) > 0);
        let begun = Instant::now();
        assert_eq!(served.terminate(LIMIT).code(), Some(0), "{}", served.said());
        eprintln!("with {} messages on their way it ended after {:?}", silent.calls.load(Ordering::SeqCst), begun.elapsed());
        world.is_sound();
        let delivered = || world.numbers("SELECT count(*) AS n FROM webhook_deliveries WHERE state = 'delivered'")[0];
        assert_eq!(delivered(), 0, "nobody answered");

        // the next one goes on, once the leases of what was on its way are over
        silent.answers.store(true, Ordering::SeqCst);
        silent.held.lock().expect("kept").clear();
        world.execute("UPDATE webhook_deliveries SET due_us = 0");
        let mut served = Served::start_under(world, &private);
        until("an answer", || answers(&served));
        until("the last message", || {
            world.numbers("SELECT count(*) AS n FROM webhook_deliveries WHERE state <> 'delivered'") == [0]
                && world.numbers("SELECT count(*) AS n FROM day_closings") == [29]
        });
        assert_eq!(served.terminate(LIMIT).code(), Some(0), "{}", served.said());
        let messages = world.numbers("SELECT count(*) AS n FROM webhook_deliveries")[0];
        assert_eq!((messages, delivered()), (58, 58), "each day is told as closed and as not reported once");
        let mut ids = silent.ids.lock().expect("kept").clone();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 58);
        world.is_sound();
    }
}
