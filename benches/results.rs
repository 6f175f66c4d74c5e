//! The two files of a result of 60,000 units, made and checked: time, size, and the most
//! memory above what was there before: `cargo bench --bench results`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use greenzone::domain::Instant as At;
use greenzone::pack;
use greenzone::service::proof::{Draft, Nonce, ResultKeys, build, verify};
use std::time::Instant;
use support::{contest, is_asked};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNITS: usize = 60_000;

fn main() {
    if !is_asked() {
        return;
    }
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
        awards: serde_json::Value::Null,
        public_awards: serde_json::Value::Null,
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
