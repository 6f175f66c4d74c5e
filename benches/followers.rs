//! How soon another process shows what one has written: `cargo bench --bench followers`.
//!
//! Two services share a database of 60,000 units × 29 days, as two replicas do. One writes;
//! measured is from its answer until the other has computed its board of that revision. It
//! hears of the write, reads what the write says that it touched, and ranks. Beside it, in
//! the same run, what it takes to load the campaign whole and rank, which is what it would
//! do if it were not told.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use greenzone::domain::unit::UnitState;
use greenzone::domain::{Counts, Day};
use greenzone::service::access::Provable;
use greenzone::service::figures::NewFigure;
use greenzone::service::packs::FigureSource;
use greenzone::service::writer::{Pending, WriteRequest};
use greenzone::service::{Audience, Caller, Grant, Moment, Service, View};
use greenzone::store::Address;
use std::fmt::Write;
use std::io::Cursor;
use std::time::Instant;
use support::{Cluster, Dice, campaign, contest, folder_on_disk, is_asked, median, rank, service, wants};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNITS: usize = 60_000;
const ROUNDS: usize = 3;
/// How soon the other one is to notice, in milliseconds.
const AIM: f64 = 1_000.0;

fn main() {
    if !is_asked() {
        return;
    }
    println!("{UNITS} units x 29 days, {ROUNDS} rounds");
    if wants("sqlite") {
        let folder = folder_on_disk();
        measure("SQLite", &Address::Sqlite(folder.path().join("followers.db")));
    }
    if wants("postgres") {
        match Cluster::start() {
            Some(cluster) => measure("PostgreSQL", &cluster.address()),
            None => println!("PostgreSQL: there is none here"),
        }
    }
}

fn grant<R: Provable>() -> Grant<R> {
    Caller::Operator.may(None).expect("the operator may")
}

fn measure(engine: &str, address: &Address) {
    let writer = service(address);
    writer.import_pack(&grant(), contest(UNITS), false, WriteRequest::default()).wait().expect("stored");
    let follower = service(address);
    rank(&follower.at("bench", Moment::Now, &Audience::Full).expect("the campaign"));
    let window = campaign().window;
    let days: Vec<Day> = window.from.iter_days().take_while(|day| *day <= window.to).collect();
    let mut dice = Dice(7);
    let mut of_a_kind = |what: &str, write: &mut dyn FnMut(&Service, &mut Dice) -> Pending| {
        let took = (0..ROUNDS).map(|_| {
            let revision = write(&writer, &mut dice).wait().expect("stored").revision;
            let followed = milliseconds(|| rank(&at_revision(&follower, revision)));
            // the same facts, with as much history
            (followed, milliseconds(|| show_anew(address)))
        });
        let (followed, whole): (Vec<f64>, Vec<f64>) = took.unzip();
        let (followed, whole) = (median(followed), median(whole));
        println!(
            "{engine}: {what} shown by the other after {followed:.0} ms (aim {AIM:.0}), by a new one after {whole:.0} ms: {:.2} of it",
            followed / whole
        );
    };
    of_a_kind("one figure", &mut |service, dice| {
        let (unit, cases) = (format!("u{:07}", dice.roll(UNITS as u64)), 30 + dice.roll(9) as u32);
        let counts = Counts::new([Some(cases), None, None, None, None, None]).expect("counts");
        let figure = NewFigure { counts, note: None, reason: Some("x".to_owned()), source: None };
        service.record_figure(&grant(), "bench", unit, window.to, figure, WriteRequest::default())
    });
    of_a_kind("a unit's state", &mut |service, dice| {
        let unit = format!("u{:07}", dice.roll(UNITS as u64));
        service.set_state(&grant(), "bench", unit, UnitState::Withdrawn, "x".to_owned(), WriteRequest::default())
    });
    of_a_kind("a table of one day", &mut |service, dice| import(service, &table(&days[14..], dice)));
    of_a_kind("a table of 15 days", &mut |service, dice| import(service, &table(&days, dice)));
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1_000.0
}

/// Loads the campaign whole and ranks, as a new process does.
fn show_anew(address: &Address) {
    rank(&service(address).at("bench", Moment::Now, &Audience::Full).expect("the campaign"));
}

/// What a process shows once it has a revision.
fn at_revision(service: &std::sync::Arc<Service>, revision: i64) -> View {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(service.look("bench", Moment::Now, Some(revision), &Audience::Full)).expect("the campaign")
}

/// A table that gives each unit another count on each of these days.
fn table(days: &[Day], dice: &mut Dice) -> Vec<u8> {
    let mut text = "unit_code,date,community_f0\n".to_owned();
    let more = 10 + dice.roll(80);
    for unit in 0..UNITS {
        for day in days {
            writeln!(text, "u{unit:07},{day},{}", more + dice.roll(9)).expect("memory");
        }
    }
    text.into_bytes()
}

fn import(service: &Service, table: &[u8]) -> Pending {
    let source = FigureSource::Table { source: Box::new(Cursor::new(table.to_vec())), audience: Audience::Full };
    let request = WriteRequest { reason: Some("x".to_owned()), ..WriteRequest::default() };
    service.import_figures(&grant(), "bench", source, false, request)
}
