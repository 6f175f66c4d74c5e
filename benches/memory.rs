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
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::http::Client;
use support::program::{Program, free_address};
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
    let program = Program::named().unwrap_or_else(|| env!("CARGO_BIN_EXE_greenzone").to_owned());
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
    let held = idle(&Program::serve(program, &database), &format!("/api/v1/campaigns/{code}/leaderboard"));
    println!("{what}: {held} (aim {aim} MB)");
}

fn bare() {
    let address = free_address();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env(BARE, address.to_string());
    println!("bare server: {}", idle(&Program::start(command, address), "/"));
}

fn serve_a_word(address: &str) {
    actix_web::rt::System::new().block_on(async {
        let build = || App::new().route("/", web::get().to(async || "word"));
        HttpServer::new(build).bind(address).expect("a port").run().await.expect("it serves");
    });
}

/// What a server holds after one answer and a while.
fn idle(server: &Program, place: &str) -> Held {
    let request = format!("GET {place} HTTP/1.1\r\nhost: bench\r\n\r\n");
    assert_eq!(Client::new(server.address).send(request.as_bytes()), 200, "{place}");
    std::thread::sleep(IDLE);
    Held::of(&PathBuf::from(format!("/proc/{}/status", server.id())))
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
