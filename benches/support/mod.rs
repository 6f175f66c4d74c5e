//! What benches share: databases of their own, the campaign, medians.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod http;
pub mod program;

use diesel::connection::SimpleConnection;
use greenzone::clock::Clock;
use greenzone::domain::contest::{FigureRow, Stamp};
use greenzone::domain::unit::Unit;
use greenzone::domain::{Campaign, Contest, Counts};
use greenzone::scoring::appraisal::Track;
use greenzone::scoring::board::{By, Query};
use greenzone::service::keys::KeyRing;
use greenzone::service::passwords::{DEFAULT_PARAMETERS, Passwords, parse_parameters};
use greenzone::service::proof::ResultKeys;
use greenzone::service::{Security, Service, View};
use greenzone::store::{Address, DbConn, partitions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Days of [`campaign`]: 14 of the baseline, 15 of the window.
pub const DAYS: usize = 29;

/// One kind, the policy of District 6.
pub fn campaign() -> Arc<Campaign> {
    campaign_of("bench")
}

/// The same under another code.
pub fn campaign_of(code: &str) -> Arc<Campaign> {
    let document = r#"{
        "code": "CODE", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-09", "to": "2021-07-23"}, "baseline": {"from": "2021-06-25", "to": "2021-07-08"},
        "kinds": [{"code": "ward", "figures": "reported"}], "level_scheme": "counts-14d",
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 60}, {"measure": "level_drop", "max_points": 40}]}
    }"#;
    Arc::new(Campaign::parse(document.replace("CODE", code).as_bytes()).expect("the campaign"))
}

/// Numbers that look random and are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A plausible epidemic: most days 0, few cases, some units silent on some days.
pub fn contest(units: usize) -> Contest {
    reported(units, |dice| dice.roll(100) == 0)
}

/// The same without a gap, as it is when a result is made.
pub fn reported_whole(units: usize) -> Contest {
    reported(units, |_| false)
}

fn reported(units: usize, is_silent: impl Fn(&mut Dice) -> bool) -> Contest {
    let mut contest = registered(units);
    let campaign = contest.campaign.clone();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for unit in 0..units {
        for day in campaign.baseline.from.iter_days().take(DAYS) {
            if is_silent(&mut dice) {
                continue;
            }
            let cases = if dice.roll(4) == 0 { dice.roll(9) as u32 } else { 0 };
            let counts = Counts::new([Some(cases), None, None, None, None, None]).expect("counts");
            contest.figures.push(FigureRow { unit: unit as u32, day, counts, stamp: Stamp::ALWAYS, note: None });
        }
    }
    contest
}

/// Units without figures.
pub fn registered(units: usize) -> Contest {
    let mut contest = Contest::new(campaign());
    let unit = |unit: usize| Unit {
        code: format!("u{unit:07}"),
        name: format!("Tổ dân phố {unit}"),
        kind: 0,
        parent: None,
        block: None,
        population: Some(1_000),
        households: None,
        point: None,
    };
    contest.units.extend((0..units).map(unit));
    contest
}

/// The service over a database; its present lies after the window.
pub fn service(address: &Address) -> Arc<Service> {
    let parameters = parse_parameters(DEFAULT_PARAMETERS).expect("parameters");
    let keys = Some(KeyRing::random().expect("random bytes"));
    let security = Security {
        passwords: Passwords::new(parameters, 1),
        keys,
        result_keys: ResultKeys::random().ok(),
        private_webhooks: false,
    };
    greenzone::app::open(address.clone(), Clock::System, true, security).expect("a service")
}

/// Ranks a campaign's units on the last day of its window.
pub fn rank(view: &View) {
    let as_of = view.snapshot.ledger().calendar.window.end - 1;
    let query = Query { kind: 0, track: Track::Improvement, by: By::Points, as_of, within: None, block: None };
    assert!(!view.snapshot.boards.get(&query).places.is_empty());
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Whether `cargo bench` asks; `cargo test` runs benches too, and wants nothing slow.
pub fn is_asked() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Whether a part of a bench is asked for by its name, or all are.
pub fn wants(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|a| !a.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|a| part.contains(&a))
}

/// A PostgreSQL of the bench's own, with the durability that it comes with.
pub struct Cluster {
    pub folder: PathBuf,
    pub binaries: PathBuf,
    process: Child,
}

impl Cluster {
    /// None where no PostgreSQL is installed.
    pub fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<PathBuf> = versions.flatten().map(|v| v.path().join("bin")).collect();
        found.sort();
        let binaries = found.pop().filter(|b| b.join("initdb").exists())?;
        let folder = tempfile::Builder::new().prefix("gzbench").tempdir_in("/tmp").expect("a folder").keep();
        let is_root = run("id", &["-u"]).trim() == "0";
        if is_root {
            // initdb refuses root
            run("chown", &["postgres", &folder.display().to_string()]);
        }
        let as_user = if is_root { "runuser -u postgres -- " } else { "" };
        let (bin, dir) = (binaries.display(), folder.display());
        run(
            "sh",
            &["-c", &format!("{as_user}{bin}/initdb -D {dir}/data -U gz --auth=trust --encoding=UTF8 --locale=C")],
        );
        let settings = "-c listen_addresses= -c max_connections=100 -c shared_buffers=1GB -c max_wal_size=4GB";
        let start = format!("exec {as_user}{bin}/postgres -D {dir}/data -k {dir} {settings} >{dir}/log 2>&1");
        let process = Command::new("sh").args(["-c", &start]).stdin(Stdio::null()).spawn().expect("PostgreSQL");
        let cluster = Self { folder, binaries, process };
        for _ in 0..200 {
            if cluster.address().connect().is_ok() {
                return Some(cluster);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("PostgreSQL does not come up; see {}/log", cluster.folder.display());
    }

    pub fn address(&self) -> Address {
        self.database("postgres")
    }

    fn database(&self, name: &str) -> Address {
        Address::Postgres(format!("postgres://gz@/{name}?host={}", self.folder.display()))
    }

    /// Another database, whose campaigns are spread over 16 partitions.
    pub fn partitioned(&self) -> Address {
        if let DbConn::Pg(mut conn) = self.address().connect().expect("a connection") {
            conn.batch_execute("CREATE DATABASE partitioned").expect("a database");
        }
        let address = self.database("partitioned");
        partitions::prepare(&mut address.connect().expect("a connection"), 16).expect("partitions");
        address
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            run("kill", &["-INT", pid]);
        }
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder on the disk that the bench is run from, for what must be durable.
pub fn folder_on_disk() -> tempfile::TempDir {
    tempfile::tempdir_in(std::env::var_os("CARGO_TARGET_TMPDIR").map_or_else(|| "target".into(), PathBuf::from))
        .or_else(|_| tempfile::tempdir_in(Path::new(".")))
        .expect("a folder")
}

pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
