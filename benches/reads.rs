//! What an unchanged page of 50 rows costs the server, beside a handler that returns the
//! same bytes from memory, in CPU time per request: `cargo bench --bench reads`.
//!
//! Rounds of the two are interleaved; the clients' threads do not count. The bare handler is
//! the same framework with one route and no middleware. `GREENZONE_PROGRAM=target/ordered/greenzone`
//! measures the program that `deploy/release.sh` makes, as the image has it, as well.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use greenzone::service::Caller;
use greenzone::service::writer::WriteRequest;
use greenzone::store::Address;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};
use support::http::{Client, put_figure, serve, token};
use support::program::Program;
use support::{contest, is_asked, median, service};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 9;
/// The last day, by its number: the one that the board shows.
const LAST: usize = 28;
const FOR: Duration = Duration::from_millis(1_000);
const CLIENTS: usize = 4;
const BOARD: &str = "/api/v1/campaigns/bench/leaderboard?as_of=2021-07-23";

fn main() {
    if !is_asked() {
        return;
    }
    let sizes = [380, if std::env::args().any(|a| a == "large") { 1_000_000 } else { 60_000 }];
    println!("{ROUNDS} interleaved rounds of {} ms, {CLIENTS} clients", FOR.as_millis());
    for units in sizes {
        of_size(units);
    }
}

fn of_size(units: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("reads.db");
    let service = service(&Address::Sqlite(database.clone()));
    let grant = Caller::Operator.may(None).expect("a grant");
    service.import_pack(&grant, contest(units), false, WriteRequest::default()).wait().expect("stored");
    let token = token(&service);
    let ours = serve(service);
    let plain = get("");
    let (first, ()) = timed(|| drop(body_of(ours, &plain)));
    println!("{units} units: the first page after the start {:.1} ms", first * 1000.0);
    beside_bare(&format!("{units} units"), ours, None);
    if let Some(program) = Program::named() {
        let served = Program::serve(&program, &format!("sqlite:{}", database.display()));
        beside_bare(&format!("{units} units, {program}"), served.address, Some(served.id()));
    }
    let mut writer = Client::new(ours);
    let mut reader = Client::new(ours);
    let took: Vec<f64> = (0..9u64)
        .map(|round| {
            assert!(writer.send(&put_figure(&token, 0, LAST, 20 + round)) < 300);
            timed(|| assert_eq!(reader.send(&plain), 200)).0 * 1000.0
        })
        .collect();
    println!("{units} units: the first page after a write {:.1} ms", median(took));
}

/// What pages of a server cost beside a bare handler of the same bytes: of this process, or
/// of another one.
fn beside_bare(whose: &str, ours: SocketAddr, process: Option<u32>) {
    let (plain, gzip) = (get(""), get("accept-encoding: gzip\r\n"));
    let (bytes, _) = body_of(ours, &plain);
    let (compressed, tag) = body_of(ours, &gzip);
    let known = get(&format!("accept-encoding: gzip\r\nif-none-match: {tag}\r\n"));
    let bare = serve_bare(bytes, compressed, tag);
    for (what, request) in [("page", &plain), ("gzip", &gzip), ("304", &known)] {
        let mut pairs = Vec::new();
        for _ in 0..ROUNDS {
            pairs.push((cost(bare, None, request), cost(ours, process, request)));
        }
        let ratio = median(pairs.iter().map(|(bare, ours)| ours / bare).collect());
        let of = |pick: fn(&(f64, f64)) -> f64| median(pairs.iter().map(pick).collect());
        println!(
            "{whose}, {what}: bare {:5.1} µs   ours {:5.1} µs   median ratio {ratio:.2} (aim 1.25)",
            of(|p| p.0),
            of(|p| p.1)
        );
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let value = work();
    (begun.elapsed().as_secs_f64(), value)
}

fn get(headers: &str) -> Vec<u8> {
    format!("GET {BOARD} HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n{headers}\r\n").into_bytes()
}

/// Body and entity tag of an answer.
fn body_of(address: SocketAddr, request: &[u8]) -> (Vec<u8>, String) {
    let mut client = Client::new(address);
    assert_eq!(client.send(request), 200);
    let answer = client.last();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("an entity tag");
    (answer[end + 4..].to_vec(), tag.to_owned())
}

fn serve_bare(plain: Vec<u8>, gzip: Vec<u8>, tag: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let answers = web::Data::new((Bytes::from(plain), Bytes::from(gzip), tag));
    let answer = |request: HttpRequest, answers: web::Data<(Bytes, Bytes, String)>| async move {
        let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if header("if-none-match") == answers.2 {
            return HttpResponse::NotModified().insert_header(("etag", answers.2.as_str())).finish();
        }
        let mut response = HttpResponse::Ok();
        response.content_type("application/json").insert_header(("etag", answers.2.as_str()));
        if header("accept-encoding") == "gzip" {
            return response.insert_header(("content-encoding", "gzip")).body(answers.1.clone());
        }
        response.body(answers.0.clone())
    };
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let build = move || {
                let path = "/api/v1/campaigns/{campaign}/leaderboard";
                App::new().app_data(answers.clone()).route(path, web::get().to(answer))
            };
            let workers = std::thread::available_parallelism().map_or(2, usize::from);
            let server = HttpServer::new(build).workers(workers).listen(listener).expect("a server");
            server.run().await.expect("it serves");
        });
    });
    address
}

/// CPU time of the server per request, in microseconds: one of this process, or another process.
fn cost(address: SocketAddr, process: Option<u32>, request: &[u8]) -> f64 {
    let (before, begun) = (cpu_of_servers(process), Instant::now());
    let done: u64 = std::thread::scope(|scope| {
        let client = || {
            let mut client = Client::new(address);
            let mut done = 0;
            while begun.elapsed() < FOR {
                let status = client.send(request);
                assert!(status == 200 || status == 304, "{status}");
                done += 1;
            }
            done
        };
        let named = || std::thread::Builder::new().name("client".to_owned());
        let threads: Vec<_> = (0..CLIENTS).map(|_| named().spawn_scoped(scope, client).expect("a thread")).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client")).sum()
    });
    (cpu_of_servers(process) - before) as f64 / 1_000.0 / done as f64
}

/// Nanoseconds that a process's threads have run; of this one without the clients' and the first.
fn cpu_of_servers(process: Option<u32>) -> u64 {
    let whose = process.map_or("self".to_owned(), |id| id.to_string());
    let tasks = std::fs::read_dir(format!("/proc/{whose}/task")).expect("/proc");
    let of_task = |task: std::path::PathBuf| {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let counts = std::fs::read_to_string(task.join("schedstat")).ok()?;
        let is_server = process.is_some() || name.starts_with("actix") || name.starts_with("tokio");
        counts.split(' ').next()?.parse::<u64>().ok().filter(|_| is_server)
    };
    tasks.flatten().filter_map(|task| of_task(task.path())).sum()
}
