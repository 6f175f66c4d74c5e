//! Sign-ins over HTTP beside the bare library on the same cores in the same run, and board
//! reads with and without them: `cargo bench --bench logins`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use greenzone::clock::Clock;
use greenzone::domain::account::{Mandate, Role, Scope};
use greenzone::pack;
use greenzone::service::accounts::NewAccount;
use greenzone::service::keys::KeyRing;
use greenzone::service::passwords::{DEFAULT_PARAMETERS, Match, Passwords, parse_parameters};
use greenzone::service::writer::WriteRequest;
use greenzone::service::{Caller, Security};
use greenzone::store::Address;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PASSWORD: &str = "con mèo nằm trên mái";
const ROUNDS: usize = 3;
const FOR: Duration = Duration::from_secs(4);

fn main() {
    // `cargo test` runs benches too, with a flag of its own, and asks for nothing slow
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let base = serve(cores);
    let mut ratios = Vec::new();
    println!("argon2id {DEFAULT_PARAMETERS}, {cores} cores, {ROUNDS} rounds of {} s", FOR.as_secs());
    for _ in 0..ROUNDS {
        let bare = bare(cores);
        let logins = logins(&base, cores * 4);
        println!("bare library {bare:6.1}/s   sign-ins {logins:6.1}/s   ratio {:.2}", logins / bare);
        ratios.push(logins / bare);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios[ROUNDS / 2]);
    let alone = reads(&base);
    let stop = AtomicBool::new(false);
    let beside = std::thread::scope(|scope| {
        (0..cores * 4).for_each(|_| drop(scope.spawn(|| sign_in_until(&base, &stop, &AtomicU64::new(0)))));
        std::thread::sleep(Duration::from_millis(500));
        let found = reads(&base);
        stop.store(true, Ordering::Relaxed);
        found
    });
    println!("board reads alone       p50 {:6.2} ms  p99 {:6.2} ms", alone.0, alone.1);
    println!("board reads beside them p50 {:6.2} ms  p99 {:6.2} ms", beside.0, beside.1);
}

/// The service with District 6 and one account, without limits.
fn serve(cores: usize) -> String {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let address = Address::Sqlite(folder.join("bench.db"));
    let parameters = parse_parameters(DEFAULT_PARAMETERS).expect("parameters");
    let passwords = Passwords::new(parameters, cores);
    let security = Security {
        passwords,
        keys: Some(KeyRing::random().expect("random bytes")),
        result_keys: None,
        private_webhooks: false,
    };
    let service = greenzone::app::open(address, Clock::System, true, security).expect("a service");
    let [q6, ..] = pack::bundled();
    let contest = pack::read(&q6.files()).expect("the pack");
    let grant = Caller::Operator.may(None).expect("the operator may");
    service.import_pack(&grant, contest, false, WriteRequest::default()).wait().expect("stored");
    let mandate = Mandate::new(Role::Reporter, Scope::All).expect("a mandate");
    let new = NewAccount { username: "to-truong".into(), display_name: "X".into(), mandate };
    let grant = Caller::Operator.may(None).expect("the operator may");
    service.create_account_with_password(&grant, new, PASSWORD).expect("an account");
    format!("http://{}", support::http::serve(service))
}

/// Comparisons a second of the library alone, a thread a core.
fn bare(cores: usize) -> f64 {
    let passwords = Passwords::new(parse_parameters(DEFAULT_PARAMETERS).expect("parameters"), cores);
    let kept = passwords.hash(PASSWORD).expect("a hash");
    let begun = Instant::now();
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while begun.elapsed() < FOR {
                    assert_eq!(passwords.compare(PASSWORD, Some(&kept)), Match::Yes);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// Sign-ins a second of so many clients at once.
fn logins(base: &str, clients: usize) -> f64 {
    let (begun, stop, done) = (Instant::now(), AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        (0..clients).for_each(|_| drop(scope.spawn(|| sign_in_until(base, &stop, &done))));
        std::thread::sleep(FOR);
        stop.store(true, Ordering::Relaxed);
        done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
    })
}

fn sign_in_until(base: &str, stop: &AtomicBool, done: &AtomicU64) {
    let agent = ureq::agent();
    let body = serde_json::json!({"username": "to-truong", "password": PASSWORD});
    while !stop.load(Ordering::Relaxed) {
        let answer = agent.post(format!("{base}/api/v1/auth/login")).send_json(&body).expect("signed in");
        assert_eq!(answer.status().as_u16(), 200);
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Median and 99th percentile of board reads one after another, in milliseconds.
fn reads(base: &str) -> (f64, f64) {
    let agent = ureq::agent();
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < FOR {
        let one = Instant::now();
        let mut answer = agent.get(format!("{base}/api/v1/campaigns/q6-2021/leaderboard")).call().expect("a board");
        answer.body_mut().read_to_vec().expect("its bytes");
        took.push(one.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(Duration::from_millis(2));
    }
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}
