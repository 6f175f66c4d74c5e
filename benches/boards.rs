//! What the performance claims rest on: each figure beside a baseline of the same run.
//!
//! `cargo bench` prints medians; compare `board` with `bare_loop` of the same size.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use divan::{Bencher, black_box};
use greenzone::clock::Clock;
use greenzone::domain::scheme::Condition;
use greenzone::domain::{Counts, Policy, RulesChange, Scheme};
use greenzone::pack;
use greenzone::scoring::appraisal::Track;
use greenzone::scoring::board::{By, Query, rank};
use greenzone::scoring::quality::findings;
use greenzone::scoring::{Ledger, Register};
use greenzone::service::boards::Ask;
use greenzone::service::dry_run::{DryRun, Trial};
use greenzone::service::figures::NewFigure;
use greenzone::service::passwords::{DEFAULT_PARAMETERS, Passwords, parse_parameters};
use greenzone::service::writer::WriteRequest;
use greenzone::service::{Audience, Caller, Moment, Security};
use greenzone::store::Address;
use std::sync::{Arc, LazyLock};
use support::contest;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SMALL: usize = 60_000;
const LARGE: usize = 1_000_000;

fn main() {
    divan::main();
}

fn ledger(units: usize) -> Ledger {
    let contest = contest(units);
    Ledger::build(&contest, Arc::new(Register::new(&contest)), None)
}

static LEDGERS: [LazyLock<Ledger>; 2] = [LazyLock::new(|| ledger(SMALL)), LazyLock::new(|| ledger(LARGE))];

fn ledger_of(units: usize) -> &'static Ledger {
    if units == SMALL { &LEDGERS[0] } else { &LEDGERS[1] }
}

fn query(ledger: &Ledger) -> Query {
    let as_of = ledger.calendar.window.end - 1;
    Query { kind: 0, track: Track::Improvement, by: By::Points, as_of, within: None, block: None }
}

/// The API's own board: levels, points, exact keys, ranks. The day before is cached
/// where it is shown, so `rank_change` is no part of it.
#[divan::bench(args = [SMALL, LARGE], sample_count = 15)]
fn board(bencher: Bencher<'_, '_>, units: usize) {
    let ledger = ledger_of(units);
    let query = query(ledger);
    println!("\n{units} units: {} MiB of scoring columns", ledger.column_bytes() >> 20);
    bencher.bench(|| rank(black_box(ledger), &query));
}

/// Two threads over the same columns that make the same key – points, change, levels
/// dropped, level, cases, green days – in 16 bytes, and sort: the board without history,
/// missing days, blanks, other policies and exactness.
#[divan::bench(args = [SMALL, LARGE], sample_count = 15)]
fn bare_loop(bencher: Bencher<'_, '_>, units: usize) {
    let ledger = ledger_of(units);
    let days = ledger.calendar.len;
    let column: Vec<u32> = (0..units as u32).flat_map(|u| ledger.days(u).community.to_vec()).collect();
    let (baseline, window) = (ledger.calendar.baseline.clone(), ledger.calendar.window.clone());
    let level = |sum: u64, sum_of_15: u64| match sum {
        16.. => 3i64,
        6.. => 2,
        _ => i64::from(sum_of_15 > 0),
    };
    let key = |(unit, days): (usize, &[u32])| -> u128 {
        let sum = |range: std::ops::Range<usize>| -> i64 { days[range].iter().map(|v| i64::from(*v)).sum() };
        let (before, closing, all) = (sum(baseline.clone()), sum(window.end - 7..window.end), sum(window.clone()));
        let (e, c) = (before * 7, closing * baseline.len() as i64);
        let below = e.max(c) + 5 * baseline.len() as i64;
        let mut ends = [0u64; 64];
        for (at, value) in days.iter().enumerate() {
            ends[at + 1] = ends[at] + u64::from(*value);
        }
        let (mut start, mut current, mut green) = (0, 0, 0u64);
        for to in window.start..=window.end {
            current = level(ends[to] - ends[to - 14], ends[to] - ends[to.saturating_sub(15)]);
            if to == window.start {
                start = current;
            } else {
                green += u64::from(current == 0);
            }
        }
        let change = ((e - c) << 40) / below;
        let points = (e - c) * 6_000 / below + (start - current) * 4_000 / 3;
        let fields = [(10_000 - points) as u64, (3 - (start - current)) as u64, current as u64, all as u64, 15 - green];
        let mut packed = u128::from(((1i64 << 40) - change) as u64);
        for field in fields {
            packed = (packed << 12) | u128::from(field & 0xFFF);
        }
        (packed << 20) | unit as u128
    };
    bencher.bench(|| {
        let half = units / 2;
        let keys_of = |from: usize, to: usize| {
            let rows = column[from * days..to * days].chunks_exact(days).enumerate();
            let mut keys: Vec<u128> = rows.map(|(i, days)| key((from + i, days))).collect();
            keys.sort_unstable();
            keys
        };
        std::thread::scope(|scope| {
            let upper = scope.spawn(|| keys_of(half, units));
            let lower = keys_of(0, half);
            let upper = upper.join().expect("a thread");
            let mut merged = Vec::with_capacity(units);
            let (mut a, mut b) = (lower.iter().peekable(), upper.iter().peekable());
            while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
                merged.push(if x <= y { *a.next().expect("one") } else { *b.next().expect("one") });
            }
            merged.extend(a.chain(b));
            merged
        })
    });
}

/// All flags of a campaign, as the first reader of a revision waits for them; compare with
/// `bare_loop`, which reads the same days once.
#[divan::bench(args = [SMALL, LARGE], sample_count = 15)]
fn flags(bencher: Bencher<'_, '_>, units: usize) {
    let ledger = ledger_of(units);
    println!("\n{units} units: {} flags", findings(ledger).len());
    bencher.bench(|| findings(black_box(ledger)));
}

/// A pack of 60,000 units × 29 days as files in memory, read strictly.
#[divan::bench(sample_count = 5)]
fn read_pack(bencher: Bencher<'_, '_>) {
    let files = pack::files(&contest(SMALL));
    bencher.bench(|| pack::read(black_box(&files)).expect("a sound pack"));
}

/// What no reader can be faster than: the CSV parser alone over the same bytes.
#[divan::bench(sample_count = 5)]
fn bare_csv(bencher: Bencher<'_, '_>) {
    let files = pack::files(&contest(SMALL));
    let bytes = files.get("figures.csv").expect("figures").to_vec();
    bencher.bench(|| {
        let mut reader = csv::Reader::from_reader(black_box(&bytes[..]));
        let mut record = csv::ByteRecord::new();
        let mut rows = 0usize;
        while reader.read_byte_record(&mut record).expect("CSV") {
            rows += 1;
        }
        rows
    });
}

/// From an empty folder to District 6's first board: schema, import, load, rank.
#[divan::bench(sample_count = 10)]
fn empty_folder_to_first_board(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| tempfile::tempdir().expect("a folder")).bench_refs(|folder| {
        let address = Address::Sqlite(folder.path().join("greenzone.db"));
        let service = greenzone::app::open(address, Clock::System, true, security()).expect("a service");
        let [q6, ..] = pack::bundled();
        let contest = pack::read(&q6.files()).expect("the pack");
        let grant = Caller::Operator.may(None).expect("a grant");
        service.import_pack(&grant, contest, false, WriteRequest::default()).wait().expect("stored");
        first_board(&service, "q6-2021")
    });
}

static STORED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let address = Address::Sqlite(folder.path().join("greenzone.db"));
    let service = greenzone::app::open(address, Clock::System, true, security()).expect("a service");
    let grant = Caller::Operator.may(None).expect("a grant");
    service.import_pack(&grant, contest(SMALL), false, WriteRequest::default()).wait().expect("stored");
    folder
});

/// From a stored campaign of 60,000 units × 29 days to its first board.
#[divan::bench(sample_count = 5)]
fn start_to_first_board_of_60_000_units(bencher: Bencher<'_, '_>) {
    let address = Address::Sqlite(STORED.path().join("greenzone.db"));
    bencher.bench(|| {
        let service = greenzone::app::open(address.clone(), Clock::System, false, security()).expect("a service");
        first_board(&service, "bench")
    });
}

/// What a dry run cannot be faster than: the board as it stands and the one after.
#[divan::bench(sample_count = 15)]
fn two_boards(bencher: Bencher<'_, '_>) {
    let ledger = ledger_of(SMALL);
    let query = query(ledger);
    bencher.bench(|| [rank(black_box(ledger), &query), rank(black_box(ledger), &query)]);
}

/// What other points would change, on both tracks, with the campaign check.
#[divan::bench(sample_count = 15)]
fn dry_run_of_other_points(bencher: Bencher<'_, '_>) {
    let change = RulesChange { policy: Some(other_points()), ..RulesChange::default() };
    try_out(bencher, Trial::Policy(change));
}

/// What a scheme that looks back further would change: columns are laid anew.
#[divan::bench(sample_count = 15)]
fn dry_run_of_a_scheme_that_looks_back_further(bencher: Bencher<'_, '_>) {
    let mut scheme = Scheme::clone(&support::campaign().scheme);
    for condition in scheme.rules.iter_mut().flat_map(|rule| &mut rule.any) {
        if let Condition::Sum { days, .. } = condition {
            *days = 21;
        }
    }
    try_out(bencher, Trial::Policy(RulesChange { scheme: Some(Arc::new(scheme)), ..RulesChange::default() }));
}

/// What one correction would change.
#[divan::bench(sample_count = 15)]
fn dry_run_of_a_figure(bencher: Bencher<'_, '_>) {
    let counts = Counts::new([Some(40), None, None, None, None, None]).expect("counts");
    let figure = Some(NewFigure { counts, note: None, reason: None, source: None });
    let (unit_code, day) = ("u0000077".to_owned(), support::campaign().window.from);
    try_out(bencher, Trial::Figure { unit_code, day, figure });
}

fn other_points() -> Policy {
    let mut policy = support::campaign().policy.clone();
    policy.components.iter_mut().for_each(|component| component.max_points = 5_000);
    policy
}

/// Tries a change on the stored campaign of 60,000 units, on its last day.
fn try_out(bencher: Bencher<'_, '_>, trial: Trial) {
    let address = Address::Sqlite(STORED.path().join("greenzone.db"));
    let service = greenzone::app::open(address, Clock::System, false, security()).expect("a service");
    let view = service.at("bench", Moment::Now, &Audience::Full).expect("the campaign");
    let grant = Caller::Operator.may(None).expect("a grant");
    let asked = DryRun { trial, ask: Ask::default(), offset: 0, limit: 50 };
    let told = service.dry_run(&grant, &view, asked.clone()).expect("told");
    println!("\n{} of {SMALL} units change", told.total);
    bencher.bench(|| service.dry_run(&grant, black_box(&view), asked.clone()).expect("told"));
}

/// Nobody signs in here.
fn security() -> Security {
    let parameters = parse_parameters(DEFAULT_PARAMETERS).expect("parameters");
    Security { passwords: Passwords::new(parameters, 1), keys: None, result_keys: None, private_webhooks: false }
}

fn first_board(service: &greenzone::service::Service, campaign: &str) -> usize {
    let view = service.at(campaign, Moment::Now, &Audience::Full).expect("the campaign");
    let ledger = view.snapshot.ledger();
    let kind = ledger.register.campaign.default_kind();
    let as_of = ledger.calendar.window.start + 3;
    let query = Query { kind, track: Track::Improvement, by: By::Points, as_of, within: None, block: None };
    view.snapshot.boards.get(&query).places.len()
}
