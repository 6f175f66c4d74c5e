//! A thousand people who look at a board while a figure comes in: `cargo bench --bench listeners`.
//!
//! Each listens to the events of the campaign on a connection of its own and, once told, reads
//! the new board on another one. Measured from the moment at which the figure is sent: until a
//! listener is told, and until it has the new board. Beside it, in the same run, what others
//! wait for a board while figures come in, with listeners and without.
//!
//! Clients and server share the process and its cores. It needs four descriptors a listener:
//! `ulimit -n 8192` where the shell gives fewer.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use greenzone::service::Caller;
use greenzone::service::writer::WriteRequest;
use greenzone::store::Address;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::http::{Client, put_figure, serve, token};
use support::{DAYS, contest, folder_on_disk, is_asked, median, service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNITS: usize = 1_311;
const LISTENERS: usize = 1_000;
/// Figures that are sent while nobody else reads.
const FIGURES: u64 = 9;
/// How long others read, with listeners and without, and in how many turns.
const FOR: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;
const BOARD: &str = "GET /api/v1/campaigns/bench/leaderboard HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\
                     accept-encoding: gzip\r\n";

/// A listener was told of a revision, and has its board.
#[derive(Clone, Copy)]
struct Seen {
    told: Instant,
    read: Instant,
}

/// The listeners of a round.
struct Crowd {
    seen: Receiver<Seen>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

fn main() {
    if !is_asked() {
        return;
    }
    let folder = folder_on_disk();
    let service = service(&Address::Sqlite(folder.path().join("listeners.db")));
    let grant = Caller::Operator.may(None).expect("the operator writes");
    service.import_pack(&grant, contest(UNITS), false, WriteRequest::default()).wait().expect("stored");
    let token = token(&service);
    let address = serve(service);
    let writes = AtomicU64::new(0);
    let write = || {
        let number = writes.fetch_add(1, Ordering::Relaxed);
        let mut writer = Client::new(address);
        assert!(writer.send(&put_figure(&token, (number % 7) as usize, DAYS - 1, 20 + number / 7 % 60)) < 300);
    };
    println!("{UNITS} units, {LISTENERS} listeners");
    told_of_figures(address, &write);
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let without = reads(address, &write);
        let crowd = Crowd::gather(address);
        let with = reads(address, &write);
        drop(crowd);
        println!(
            "reads while a figure a second comes in: without listeners p50 {:.2} ms, p99 {:.1} ms   with {LISTENERS} \
             that read each new board p50 {:.2} ms, p99 {:.1} ms",
            without.0, without.1, with.0, with.1
        );
        ratios.push((with.0 / without.0, with.1 / without.1));
    }
    let of = |pick: fn(&(f64, f64)) -> f64| median(ratios.iter().map(pick).collect());
    println!("median ratios: p50 {:.2} x   p99 {:.2} x", of(|r| r.0), of(|r| r.1));
}

/// Figures one after another, each when all have seen the one before.
fn told_of_figures(address: SocketAddr, write: &dyn Fn()) {
    let crowd = Crowd::gather(address);
    let (mut told, mut read) = (Vec::new(), Vec::new());
    for _ in 0..FIGURES {
        std::thread::sleep(Duration::from_millis(500));
        let sent = Instant::now();
        write();
        for _ in 0..LISTENERS {
            let seen = crowd.seen.recv_timeout(Duration::from_secs(30)).expect("all are told");
            told.push((seen.told - sent).as_secs_f64() * 1_000.0);
            read.push((seen.read - sent).as_secs_f64() * 1_000.0);
        }
    }
    for (what, times) in [("told", told), ("has the new board", read)] {
        let (p50, p99, max) = spread(times);
        println!("{what}: p50 {p50:.0} ms, p99 {p99:.0} ms, last {max:.0} ms (aim 1,000)");
    }
}

/// What two others wait for a board while a figure a second comes in, in ms: median and 99%.
fn reads(address: SocketAddr, write: &(dyn Fn() + Sync)) -> (f64, f64) {
    let begun = Instant::now();
    let times = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while begun.elapsed() < FOR {
                write();
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut client = Client::new(address);
                let mut own = Vec::new();
                while begun.elapsed() < FOR {
                    let asked = Instant::now();
                    assert_eq!(client.send(format!("{BOARD}\r\n").as_bytes()), 200);
                    own.push(asked.elapsed().as_secs_f64() * 1_000.0);
                    // people who read leave the cores free in between
                    std::thread::sleep(Duration::from_millis(2));
                }
                times.lock().expect("times").extend(own);
            });
        }
    });
    let (p50, p99, _) = spread(times.into_inner().expect("times"));
    (p50, p99)
}

fn spread(mut times: Vec<f64>) -> (f64, f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    (at(0.5), at(0.99), at(1.0))
}

impl Crowd {
    /// All are there, and have heard what is shown now.
    fn gather(address: SocketAddr) -> Self {
        let (sender, seen) = channel();
        let (ready, all) = channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let sender = Arc::new(sender);
                for _ in 0..LISTENERS {
                    let (sender, ready) = (sender.clone(), ready.clone());
                    tokio::spawn(async move { listen(address, &sender, &ready).await });
                }
                let _ = stopped.await;
            });
        });
        for _ in 0..LISTENERS {
            all.recv_timeout(Duration::from_secs(60)).expect("all are let in; see `ulimit -n`");
        }
        Self { seen, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

async fn listen(address: SocketAddr, seen: &Sender<Seen>, ready: &Sender<()>) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let ask = "GET /api/v1/campaigns/bench/events HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n";
    stream.write_all(ask.as_bytes()).await.expect("asked");
    let mut heard = Vec::new();
    next_event(&mut stream, &mut heard).await;
    ready.send(()).expect("the bench waits");
    let mut last = String::new();
    loop {
        let revision = next_event(&mut stream, &mut heard).await;
        let told = Instant::now();
        if revision == last {
            continue;
        }
        read_board(address).await;
        last = revision;
        if seen.send(Seen { told, read: Instant::now() }).is_err() {
            return;
        }
    }
}

/// Waits for the data of the next event; its text.
async fn next_event(stream: &mut TcpStream, heard: &mut Vec<u8>) -> String {
    loop {
        let text = String::from_utf8_lossy(heard).into_owned();
        if let Some((_, rest)) = text.split_once("data: ")
            && let Some((data, rest)) = rest.split_once("\n\n")
        {
            *heard = rest.as_bytes().to_vec();
            return data.to_owned();
        }
        assert!(stream.read_buf(heard).await.expect("news") > 0, "the stream has ended");
    }
}

async fn read_board(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(format!("{BOARD}connection: close\r\n\r\n").as_bytes()).await.expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..40.min(answer.len())]));
}
