//! The result of 60,000 units: its two files made and checked, and an issue made whole by
//! `/finalise` on both databases, while somebody reports to another campaign. Printed are
//! time, size, the most memory above what was there before, and how long those reports wait:
//! `cargo bench --bench results`, `-- files`, `-- sqlite` or `-- postgres` for a part.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use greenzone::domain::{Contest, Instant as At};
use greenzone::pack;
use greenzone::service::Caller;
use greenzone::service::proof::{Draft, Nonce, ResultKeys, build, verify};
use greenzone::service::writer::WriteRequest;
use greenzone::store::Address;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::http::{Client, put_figure_of, serve, token, with_json};
use support::{
    Cluster, campaign_of, contest, folder_on_disk, is_asked, median, registered, reported_whole, service, wants,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNITS: usize = 60_000;
/// Of a report, so that none says what stands already.
static NUMBER: AtomicU64 = AtomicU64::new(1);

fn main() {
    if !is_asked() {
        return;
    }
    if wants("files") {
        files();
    }
    if wants("sqlite") {
        let folder = folder_on_disk();
        finalise("SQLite", &Address::Sqlite(folder.path().join("results.db")));
    }
    if wants("postgres") {
        match Cluster::start() {
            Some(cluster) => finalise("PostgreSQL", &cluster.address()),
            None => println!("PostgreSQL: not installed here"),
        }
    }
}

/// An issue as the council makes it.
fn finalise(name: &str, address: &Address) {
    let service = service(address);
    let grant = Caller::Operator.may(None).expect("the operator writes");
    let import = |contest| service.import_pack(&grant, contest, false, WriteRequest::default()).wait().expect("stored");
    import(reported_whole(UNITS));
    import(Contest { campaign: campaign_of("other"), ..registered(1) });
    let token = token(&service);
    let at = serve(service);
    let mut council = Client::new(at);
    assert_eq!(council.send(&with_json("GET", "/api/v1/campaigns/bench/blockers", &token, "")), 200);
    let blockers = council.json();
    let aside = blockers["items"].as_array().expect("blockers").iter().map(|blocker| {
        assert_eq!(blocker["can_be_overridden"], true, "{blocker}");
        serde_json::json!({"code": blocker["code"], "reason": "x"})
    });
    let ask = serde_json::json!({"reason": "the end", "overrides": aside.collect::<Vec<_>>()}).to_string();
    let ask = with_json("POST", "/api/v1/campaigns/bench/finalise", &token, &ask);

    let quiet = reports(at, &token, |wait| wait(Duration::from_secs(2)));
    let during = reports(at, &token, |_| {
        measured(&format!("{name}: issue 1 made by /finalise"), || {
            assert_eq!(council.send(&ask), 201, "{}", String::from_utf8_lossy(council.last()));
        });
    });
    println!(
        "{name}: a report to another campaign waits: before p50 {:.1} ms, longest {:.0} ms   meanwhile p50 {:.1} ms, \
         longest {:.0} ms",
        quiet.0, quiet.1, during.0, during.1
    );
}

/// How long reports to another campaign wait while something goes on, in ms: the median and
/// the longest of one every 10 ms.
fn reports(at: SocketAddr, token: &str, meanwhile: impl FnOnce(&dyn Fn(Duration))) -> (f64, f64) {
    let is_over = AtomicBool::new(false);
    let mut waits = Vec::new();
    std::thread::scope(|scope| {
        let reporter = scope.spawn(|| {
            let (mut client, mut waits) = (Client::new(at), Vec::new());
            while !is_over.load(Ordering::Relaxed) {
                let sent = Instant::now();
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                assert!(client.send(&put_figure_of("other", token, 0, (number % 29) as usize, number % 1_000)) < 300);
                waits.push(sent.elapsed().as_secs_f64() * 1_000.0);
                std::thread::sleep(Duration::from_millis(10));
            }
            waits
        });
        meanwhile(&std::thread::sleep);
        is_over.store(true, Ordering::Relaxed);
        waits = reporter.join().expect("reports");
    });
    let longest = waits.iter().copied().fold(0.0, f64::max);
    (median(waits), longest)
}

/// The two files alone.
fn files() {
    let contest = contest(UNITS);
    let (as_of, figures) = (contest.campaign.window.to, contest.figures.len());
    let files = pack::files(&contest);
    drop(contest);
    let weight: usize = files.0.values().map(Vec::len).sum();
    println!("{UNITS} units, {figures} figures, a pack of {} MiB", weight >> 20);
    let at = |text: &str| At::parse(text).expect("an instant");
    let draft = Draft {
        files,
        issue: 1,
        issued_at: at("2021-07-28T01:00:00Z"),
        as_of,
        known_at: at("2021-07-28T00:00:00Z"),
        revision: 1,
        policy_version: 1,
        reason: None,
        decisions: Vec::new(),
        difference: serde_json::Value::Null,
        overrides: serde_json::Value::Null,
        nonce: Nonce::random().expect("random bytes"),
    };
    let keys = ResultKeys::random().expect("random bytes");
    let proofs = measured("made", || build(&draft, &keys).expect("a result"));
    println!("whole {} MiB, public {} MiB", proofs.whole.len() >> 20, proofs.public.len() >> 20);
    drop(draft);
    let whole = measured("whole checked", || verify(&proofs.whole, None, None));
    let public = measured("public checked", || verify(&proofs.public, None, None));
    assert!(whole.holds && whole.recomputed && public.holds, "{:?} {:?}", whole.findings, public.findings);
}

fn measured<T>(what: &str, work: impl FnOnce() -> T) -> T {
    // a 5 sets the peak back (proc(5))
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS:");
    let start = Instant::now();
    let done = work();
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {seconds:.2} s, {} MiB above {before}", memory("VmHWM:").saturating_sub(before));
    done
}

/// A number of this process, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}
