//! What an idle process holds: `cargo bench --bench memory`.
//!
//! The program itself serves a database, is asked for one board, and is left alone; then the
//! system says what is resident, and how much of it is the process's own (the rest are pages
//! of the program and its libraries, which the system may drop). Beside it, in the same run, a
//! bare server of the same framework that answers a word.
//!
//! `GREENZONE_PROGRAM=target/ordered/greenzone` measures the program that `deploy/release.sh`
//! makes, as the image has it, instead of the one that cargo makes. The environment is the
//! image's: `MIMALLOC_PURGE_DELAY=0`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use actix_web::{App, HttpServer, web};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::http::Client;
use support::{folder_on_disk, is_asked, run, wants};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where this variable holds an address, this process is the bare server.
const BARE: &str = "GREENZONE_BENCH_BARE";
/// How long a process is left alone before it is looked at.
const IDLE: Duration = Duration::from_secs(5);

fn main() {
    if let Ok(address) = std::env::var(BARE) {
        serve_a_word(&address);
        return;
    }
    if !is_asked() {
        return;
    }
    let program = std::env::var("GREENZONE_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_greenzone").to_owned());
    println!("{program}");
    let folder = folder_on_disk();
    bare();
    if wants("q6-2021") {
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/q6-2021");
        served(&program, folder.path(), "q6-2021", &pack, 25.0);
    }
    if wants("60000") {
        let pack = folder.path().join("simulated");
        let out = pack.to_str().expect("a path");
        run(&program, &["simulate", "--units", "60000", "--seed", "1", "--out", out]);
        served(&program, folder.path(), "60000 simulated units", &pack, 80.0);
    }
}

/// Imports a pack into a database of its own, serves it, and prints what that holds.
fn served(program: &str, folder: &Path, what: &str, pack: &Path, aim: f64) {
    let document = std::fs::read(pack.join("campaign.json")).expect("a campaign");
    let document: serde_json::Value = serde_json::from_slice(&document).expect("JSON");
    let code = document["code"].as_str().expect("a code");
    let database = format!("sqlite:{}", folder.join(code).with_extension("db").display());
    run(program, &["import", pack.to_str().expect("a path"), "--database-url", &database]);
    let address = free_address();
    let mut command = Command::new(program);
    command.args(["serve", "--database-url", &database, "--addr", &address.to_string()]);
    command.env("GREENZONE_METRICS_ADDR", "");
    let held = Idle::start(command, address).asked(&format!("/api/v1/campaigns/{code}/leaderboard"));
    println!("{what}: {held} (aim {aim} MB)");
}

fn bare() {
    let address = free_address();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env(BARE, address.to_string());
    println!("bare server: {}", Idle::start(command, address).asked("/"));
}

fn serve_a_word(address: &str) {
    actix_web::rt::System::new().block_on(async {
        let build = || App::new().route("/", web::get().to(async || "word"));
        HttpServer::new(build).bind(address).expect("a port").run().await.expect("it serves");
    });
}

/// An address that nobody listens on now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address")
}

/// A server that runs in a process of its own.
struct Idle {
    process: Child,
    address: SocketAddr,
}

impl Idle {
    fn start(mut command: Command, address: SocketAddr) -> Self {
        command.env("MIMALLOC_PURGE_DELAY", "0").stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("the program");
        let start = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing listens on {address}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, address }
    }

    /// What is held after one answer and a while.
    fn asked(&self, place: &str) -> Held {
        let request = format!("GET {place} HTTP/1.1\r\nhost: bench\r\n\r\n");
        assert_eq!(Client::new(self.address).send(request.as_bytes()), 200, "{place}");
        std::thread::sleep(IDLE);
        Held::of(&PathBuf::from(format!("/proc/{}/status", self.process.id())))
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Resident memory, in MB (1,000,000 bytes).
struct Held {
    all: f64,
    own: f64,
}

impl Held {
    fn of(status: &Path) -> Self {
        let text = std::fs::read_to_string(status).expect("a status");
        let kilobytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("a line of the status");
            line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number")
        };
        Self { all: kilobytes("VmRSS:") * 1.024e-3, own: kilobytes("RssAnon:") * 1.024e-3 }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { all, own } = self;
        write!(f, "{all:.1} MB resident, {own:.1} its own, {:.1} of the program", all - own)
    }
}
