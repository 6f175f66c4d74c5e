//! Single durable writes over HTTP beside what the disk and the bare engine do in the same
//! run: `cargo bench --bench writes`.
//!
//! Every write is an HTTP request of its own that is answered once its figure, its history
//! and its entry in the log are on the disk and the board shows it. SQLite: beside the
//! disk's own rate of fdatasync. PostgreSQL: beside pgbench, which inserts such a row and
//! such an entry, without revisions, checks, HTTP or a board.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use diesel::connection::SimpleConnection;
use greenzone::service::Caller;
use greenzone::service::writer::WriteRequest;
use greenzone::store::{Address, DbConn};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::http::{Client, put_figure, serve, token};
use support::{Cluster, DAYS, folder_on_disk, is_asked, median, registered, run, service, wants};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNITS: usize = 1_311;
const CLIENTS: usize = 32;
const ROUNDS: usize = 3;
const FOR: Duration = Duration::from_secs(4);

fn main() {
    if !is_asked() {
        return;
    }
    println!("{UNITS} units, {CLIENTS} clients, {ROUNDS} rounds of {} s", FOR.as_secs());
    if wants("sqlite") {
        sqlite();
    }
    if wants("postgres") {
        postgres();
    }
}

fn sqlite() {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let folder = folder_on_disk();
        let syncs = fdatasyncs(folder.path());
        let many = writes(&Address::Sqlite(folder.path().join("many.db")), CLIENTS);
        let one = writes(&Address::Sqlite(folder.path().join("one.db")), 1);
        println!(
            "SQLite: fdatasync {syncs:6.0}/s   {CLIENTS} clients {:6.0}/s ({:.2} x), slowest {:.1} x the median {:.2} ms   \
             one client {:6.0}/s ({:.2} x)",
            many.rate,
            many.rate / syncs,
            many.slowest / many.median,
            many.median,
            one.rate,
            one.rate / syncs
        );
        ratios.push((many.rate / syncs, many.slowest / many.median, one.rate / syncs));
    }
    let of = |pick: fn(&(f64, f64, f64)) -> f64| median(ratios.iter().map(pick).collect());
    println!(
        "SQLite: median ratios {:.2} x fdatasync (aim 2), slowest {:.1} x the median (aim 20), one client {:.2} x (aim 0.3)",
        of(|r| r.0),
        of(|r| r.1),
        of(|r| r.2)
    );
}

fn postgres() {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let Some(cluster) = Cluster::start() else { return println!("PostgreSQL: there is none here") };
        let bare = pgbench(&cluster);
        let many = writes(&cluster.address(), CLIENTS);
        let spread = writes(&cluster.partitioned(), CLIENTS);
        println!(
            "PostgreSQL: pgbench {bare:6.0}/s   {CLIENTS} clients {:6.0}/s ({:.2} x), slowest {:.1} x the median {:.2} ms   \
             on 16 partitions {:6.0}/s",
            many.rate,
            many.rate / bare,
            many.slowest / many.median,
            many.median,
            spread.rate
        );
        ratios.push((many.rate / bare, many.slowest / many.median));
    }
    let of = |pick: fn(&(f64, f64)) -> f64| median(ratios.iter().map(pick).collect());
    println!("PostgreSQL: median ratio {:.2} (aim 0.8), slowest {:.1} x the median (aim 20)", of(|r| r.0), of(|r| r.1));
}

/// Syncs of a page a second, one after another.
fn fdatasyncs(folder: &Path) -> f64 {
    let file = File::create(folder.join("sync")).expect("a file");
    let page = [7u8; 4096];
    let (begun, mut done) = (Instant::now(), 0u64);
    while begun.elapsed() < FOR / 2 {
        // appended, as a log is
        file.write_all_at(&page, done * 4096).expect("written");
        file.sync_data().expect("synced");
        done += 1;
    }
    done as f64 / begun.elapsed().as_secs_f64()
}

struct Writes {
    /// A second.
    rate: f64,
    /// Milliseconds.
    median: f64,
    /// Milliseconds.
    slowest: f64,
}

/// So many clients, each with one write at a time.
fn writes(address: &Address, clients: usize) -> Writes {
    let service = service(address);
    let grant = Caller::Operator.may(None).expect("a grant");
    service.import_pack(&grant, registered(UNITS), false, WriteRequest::default()).wait().expect("units");
    let token = token(&service);
    let address = serve(service);
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let took: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let client = || {
            let mut client = Client::new(address);
            let mut took = Vec::new();
            while begun.elapsed() < FOR {
                // each unit's day once, then again with another value
                let number = next.fetch_add(1, Ordering::Relaxed);
                let (unit, day, cases) = (number % UNITS, number / UNITS % DAYS, number / UNITS / DAYS);
                let request = put_figure(&token, unit, day, cases as u64);
                let one = Instant::now();
                let status = client.send(&request);
                took.push(one.elapsed().as_secs_f64() * 1000.0);
                assert!(status == 200 || status == 201, "{status}");
            }
            took
        };
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client")).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let all: Vec<f64> = took.into_iter().flatten().collect();
    let slowest = all.iter().copied().fold(0.0, f64::max);
    Writes { rate: all.len() as f64 / seconds, median: median(all), slowest }
}

/// Transactions a second of pgbench with such a row and such an entry of the log.
fn pgbench(cluster: &Cluster) -> f64 {
    let DbConn::Pg(mut conn) = cluster.address().connect().expect("a connection") else { return f64::NAN };
    conn.batch_execute(
        "CREATE TABLE bare_figures (campaign_id BIGINT, unit_id BIGINT, day INTEGER, recorded_us BIGINT, \
         community_f0 INTEGER, note TEXT, revision BIGINT, PRIMARY KEY (campaign_id, unit_id, day, recorded_us)); \
         CREATE TABLE bare_history (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at_us BIGINT, actor TEXT, \
         action TEXT, target TEXT, before TEXT, after TEXT, hash TEXT)",
    )
    .expect("tables");
    let script = "\\set unit random(1, 1311)\n\\set day random(1, 29)\n\\set at random(1, 9000000000000000)\nBEGIN;\n\
         INSERT INTO bare_figures VALUES (1, :unit, :day, :at, 3, NULL, 1);\n\
         INSERT INTO bare_history (at_us, actor, action, target, before, after, hash) VALUES (:at, 'token bench', \
         'figure.record', 'units/u0000001/figures/2021-07-09', NULL, repeat('x', 200), repeat('y', 64));\nCOMMIT;\n";
    let file = cluster.folder.join("script.sql");
    std::fs::write(&file, script).expect("a script");
    let program = cluster.binaries.join("pgbench");
    let program = if program.exists() { program.display().to_string() } else { "pgbench".to_owned() };
    let host = cluster.folder.display().to_string();
    let (clients, seconds) = (CLIENTS.to_string(), FOR.as_secs().to_string());
    let file = file.display().to_string();
    let arguments = [
        "-h", &host, "-U", "gz", "-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f", &file,
        "postgres",
    ];
    let said = run(&program, &arguments);
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    tps.and_then(|tps| tps.parse().ok()).expect("a rate")
}
