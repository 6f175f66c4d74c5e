//! Several processes on one PostgreSQL, behind a balancer that goes round.

use super::process::{Served, World};
use crate::support::database::TestDatabase;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BOARD: &str = "/api/v1/campaigns/q6-2021/leaderboard?as_of=2021-07-12&limit=1";
const WRITERS: u64 = 3;

/// Gives each connection to the next process that takes it.
struct Balancer {
    address: SocketAddr,
    behind: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Balancer {
    fn over(served: &[Served]) -> Self {
        let behind = Arc::new(Mutex::new(served.iter().map(address_of).collect::<Vec<_>>()));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (list, turn) = (behind.clone(), AtomicUsize::new(0));
        // it ends with the tests' process
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let known = list.lock().expect("a list").clone();
                let from = turn.fetch_add(1, Ordering::Relaxed);
                let next = (0..known.len()).map(|at| known[(from + at) % known.len()]);
                if let Some(server) = next.filter_map(|to| TcpStream::connect(to).ok()).next() {
                    carry(&client, &server);
                    carry(&server, &client);
                }
            }
        });
        Self { address, behind }
    }
}

fn address_of(served: &Served) -> SocketAddr {
    served.base.trim_start_matches("http://").parse().expect("an address")
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().expect("a stream"), to.try_clone().expect("a stream"));
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}

/// Asks on one connection; status, revision and body, or none where the connection broke.
fn ask(stream: &mut TcpStream, method: &str, path: &str, token: &str, body: &str) -> Option<(u16, i64, Value)> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let request = if body.is_empty() { request.replace("content-type: application/json\r\n", "") } else { request };
    stream.write_all(request.as_bytes()).ok()?;
    let (mut have, mut buffer) = (Vec::new(), [0; 16 << 10]);
    loop {
        let got = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        have.extend_from_slice(&buffer[..got]);
        let Some(end) = have.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&have[..end]).to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<i64>().ok());
        let length = header("content-length:").unwrap_or(0) as usize;
        if have.len() >= end + 4 + length {
            let json = serde_json::from_slice(&have[end + 4..]).unwrap_or_default();
            return Some((head[9..12].parse().expect("a status"), header("greenzone-revision:").unwrap_or(0), json));
        }
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream
}

/// A unit and days of its own for each writer.
const UNITS: [&str; WRITERS as usize] = ["27382", "27364", "27376"];

fn path_of(writer: u64, number: u64) -> String {
    let day = 1 + number % 12;
    format!("/api/v1/campaigns/q6-2021/units/{}/figures/2021-07-{day:02}", UNITS[writer as usize])
}

/// Writes through the balancer, and reads each write back from the next process.
fn write_and_read_back(world: &World, to: SocketAddr, writer: u64, stop: &AtomicBool, done: &AtomicU64) {
    let mut stream = connect(to);
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (path, value) = (path_of(writer, number), 10 + number);
        let body = json!({"community_f0": value}).to_string();
        // sent again where its process was killed: what already stands changes nothing
        let (status, revision) = loop {
            match ask(&mut stream, "PUT", &path, &world.token, &body) {
                Some((status, revision, _)) if status < 300 => break (status, revision),
                Some((status, _, said)) => panic!("{status}: {said}"),
                None => stream = connect(to),
            }
        };
        assert!(status == 200 || status == 201);
        let read = format!("{path}?min_revision={revision}");
        let (status, _, figure) = loop {
            let mut another = connect(to);
            if let Some(answer) = ask(&mut another, "GET", &read, &world.token, "") {
                break answer;
            }
        };
        assert_eq!((status, &figure["community_f0"]), (200, &json!(value)), "{figure}");
        let board = format!("{BOARD}&min_revision={revision}");
        if let Some((status, shown, said)) = ask(&mut connect(to), "GET", &board, &world.token, "") {
            assert!(status == 200 && shown >= revision, "{status} at {shown}, not {revision}: {said}");
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads boards on one connection as long as it lives: revisions never fall.
fn watch_revisions(world: &World, to: SocketAddr, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let (mut stream, mut last) = (connect(to), 0);
        while !stop.load(Ordering::Relaxed)
            && let Some((status, revision, said)) = ask(&mut stream, "GET", BOARD, &world.token, "")
        {
            assert_eq!(status, 200, "{said}");
            assert!(revision >= last, "revision {revision} after {last} on one connection");
            last = revision;
        }
    }
}

fn wait_for(done: &AtomicU64, more: u64) {
    let (wanted, deadline) = (done.load(Ordering::Relaxed) + more, Instant::now() + Duration::from_secs(60));
    while done.load(Ordering::Relaxed) < wanted {
        assert!(Instant::now() < deadline, "too little is written");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn three_processes_show_one_another_s_writes_while_one_is_killed_and_one_added() {
    let Some(database) = TestDatabase::postgres() else { return };
    let world = World::new(database.address.clone());
    let mut served: Vec<Served> = (0..3).map(|at| Served::start_named(&world, &format!("log{at}"))).collect();
    let balancer = Balancer::over(&served);
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn({
                    let (world, stop, done, to) = (&world, &stop, &done, balancer.address);
                    move || write_and_read_back(world, to, writer, stop, done)
                })
            })
            .chain((0..3).map(|_| scope.spawn(|| watch_revisions(&world, balancer.address, &stop))))
            .collect();
        wait_for(&done, 40);
        served.remove(0).kill();
        wait_for(&done, 40);
        let added = Served::start_named(&world, "log3");
        balancer.behind.lock().expect("a list").push(address_of(&added));
        served.push(added);
        wait_for(&done, 40);
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().expect("nothing was shown wrongly"));
    });
    told_within_a_second(&world, &served);
    world.is_sound();
}

/// Writes at one process and looks at the others, without `min_revision`.
fn told_within_a_second(world: &World, served: &[Served]) {
    for value in 1000..1005 {
        let body = json!({"community_f0": value}).to_string();
        let path = path_of(0, 3);
        let answer = ask(&mut connect(address_of(&served[0])), "PUT", &path, &world.token, &body);
        let (_, revision, _) = answer.expect("written");
        let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
        for other in &served[1..] {
            let mut stream = connect(address_of(other));
            while ask(&mut stream, "GET", BOARD, &world.token, "").expect("a board").1 < revision {
                assert!(begun.elapsed() < Duration::from_secs(1), "not told within a second");
                std::thread::sleep(Duration::from_millis(5));
            }
            slowest = slowest.max(begun.elapsed());
        }
        println!("the others show revision {revision} after {slowest:?}");
    }
}

#[test]
fn a_notification_that_was_lost_is_made_up_for_by_a_look() {
    let Some(database) = TestDatabase::postgres() else { return };
    let world = World::new(database.address.clone());
    let served = Served::start(&world);
    let mut stream = connect(address_of(&served));
    let (_, before, _) = ask(&mut stream, "GET", BOARD, &world.token, "").expect("a board");
    // a commit that tells nobody, as after a connection was lost at the wrong moment
    world.execute(
        "UPDATE campaigns SET revision = revision + 1; \
         INSERT INTO revisions SELECT id, revision, last_recorded_us + 1, 'nothing' FROM campaigns",
    );
    let begun = Instant::now();
    while ask(&mut stream, "GET", BOARD, &world.token, "").expect("a board").1 == before {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody looks");
        std::thread::sleep(Duration::from_millis(50));
    }
    // who demands the revision does not wait for that
    world.execute(
        "UPDATE campaigns SET revision = revision + 1; \
         INSERT INTO revisions SELECT id, revision, last_recorded_us + 2, 'nothing' FROM campaigns",
    );
    let demanded = format!("{BOARD}&min_revision={}", before + 2);
    let (status, shown, _) = ask(&mut stream, "GET", &demanded, &world.token, "").expect("a board");
    assert_eq!((status, shown), (200, before + 2));
}
