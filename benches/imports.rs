//! Bulk imports beside the bare engine, in the same run: `cargo bench --bench imports`.
//!
//! SQLite: beside a loop of one prepared upsert a row in one transaction. PostgreSQL: beside
//! COPY into a temporary table and one merge. The bare programs keep no history, check
//! nothing and show nothing; ours reads and checks a CSV table, writes history and log, says
//! whom it moves on the boards and which flags it raises, commits durably, and the next read
//! shows it. A dry run does the same and undoes it at the end: once before anything stands,
//! and once with another count in every row, where both sides that are compared are full.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use greenzone::domain::{Contest, Indicator};
use greenzone::pack;
use greenzone::service::packs::FigureSource;
use greenzone::service::writer::WriteRequest;
use greenzone::service::{Audience, Caller, Moment, Service};
use greenzone::store::{Address, DbConn};
use std::io::{Cursor, Write};
use std::time::Instant;
use support::{Cluster, contest, folder_on_disk, is_asked, median, rank, registered, service, wants};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const UNITS: usize = 60_000;
const ROUNDS: usize = 3;

fn main() {
    if !is_asked() {
        return;
    }
    let whole = contest(UNITS);
    let files = pack::files(&whole);
    let table = without_instants(files.get("figures.csv").expect("figures"));
    let tables = Tables { corrected: with_one_more(&table), table };
    println!("{UNITS} units, {} figures, {ROUNDS} rounds", whole.figures.len());
    if wants("sqlite") {
        let rounds = (0..ROUNDS).map(|_| {
            let folder = folder_on_disk();
            let bare = bare_sqlite(&folder.path().join("bare.db"), &whole);
            let ours = ours(&Address::Sqlite(folder.path().join("ours.db")), &tables, &whole);
            (bare, ours)
        });
        report("SQLite, one prepared upsert a row", rounds.collect(), whole.figures.len());
    }
    if wants("postgres") {
        let rounds = (0..ROUNDS).filter_map(|_| {
            let cluster = Cluster::start()?;
            let ours = ours(&cluster.address(), &tables, &whole);
            let bare = bare_postgres(&cluster.address(), &whole);
            Some((bare, ours))
        });
        report("PostgreSQL, COPY and merge", rounds.collect(), whole.figures.len());
    }
}

/// What is imported.
struct Tables {
    table: Vec<u8>,
    /// The same with one case more in each row.
    corrected: Vec<u8>,
}

/// Seconds of each step.
struct Ours {
    /// A dry run of the table, before anything stands.
    dry: f64,
    /// Its import.
    first: f64,
    /// A read after it.
    read: f64,
    /// The same table again.
    again: f64,
    /// A dry run of the corrected table.
    corrected: f64,
}

fn report(engine: &str, rounds: Vec<(f64, Ours)>, rows: usize) {
    if rounds.is_empty() {
        return println!("{engine}: there is no PostgreSQL here");
    }
    let rate = |seconds: f64| rows as f64 / seconds;
    for (bare, ours) in &rounds {
        println!(
            "{engine}: bare {:9.0}/s   import {:9.0}/s   dry run {:9.0}/s   dry run of corrections {:9.0}/s   again {:.2} x as fast   first board after it {:.0} ms",
            rate(*bare),
            rate(ours.first),
            rate(ours.dry),
            rate(ours.corrected),
            ours.first / ours.again,
            ours.read * 1000.0
        );
    }
    let beside_bare = |of: fn(&Ours) -> f64| median(rounds.iter().map(|(bare, ours)| bare / of(ours)).collect());
    let again = median(rounds.iter().map(|(_, ours)| ours.first / ours.again).collect());
    println!(
        "{engine}: median ratio {:.2} (aim 0.4), of a dry run {:.2} (aim 0.4), of one of corrections {:.2}, again {again:.2} x (aim 1.5)",
        beside_bare(|ours| ours.first),
        beside_bare(|ours| ours.dry),
        beside_bare(|ours| ours.corrected)
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let value = work();
    (begun.elapsed().as_secs_f64(), value)
}

fn ours(address: &Address, tables: &Tables, whole: &Contest) -> Ours {
    let service = service(address);
    let mut empty = registered(UNITS);
    empty.campaign = whole.campaign.clone();
    let grant = Caller::Operator.may(None).expect("a grant");
    service.import_pack(&grant, empty, false, WriteRequest::default()).wait().expect("units");
    service.snapshot("bench").expect("in memory");
    let (dry, answer) = timed(|| import(&service, &tables.table, true));
    assert!(answer.contains("\"boards\":[{"), "a dry run says whom it moves");
    let (first, _) = timed(|| import(&service, &tables.table, false));
    let (read, ()) = timed(|| first_board(&service));
    let (again, _) = timed(|| import(&service, &tables.table, false));
    let (corrected, _) = timed(|| import(&service, &tables.corrected, true));
    Ours { dry, first, read, again, corrected }
}

fn import(service: &Service, table: &[u8], dry_run: bool) -> String {
    let grant = Caller::Operator.may(None).expect("a grant");
    let source = FigureSource::Table { source: Box::new(Cursor::new(table.to_vec())), audience: Audience::Full };
    let written = service.import_figures(&grant, "bench", source, dry_run, WriteRequest::default());
    String::from_utf8(written.wait().expect("stored").body).expect("a text")
}

fn first_board(service: &Service) {
    rank(&service.at("bench", Moment::Now, &Audience::Full).expect("the campaign"));
}

/// The table of a pack without the columns that only packs have.
fn without_instants(table: &[u8]) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(table);
    let header = reader.headers().expect("a header").clone();
    let kept: Vec<usize> =
        (0..header.len()).filter(|at| !["recorded_at", "withdrawn_at"].contains(&&header[*at])).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(kept.iter().map(|at| &header[*at])).expect("memory");
    for record in reader.records() {
        let record = record.expect("a record");
        writer.write_record(kept.iter().map(|at| &record[*at])).expect("memory");
    }
    writer.into_inner().expect("memory")
}

/// The table with one case more in each row.
fn with_one_more(table: &[u8]) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(table);
    let header = reader.headers().expect("a header").clone();
    let at = header.iter().position(|column| column == "community_f0").expect("the column");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("memory");
    for record in reader.records() {
        let record = record.expect("a record");
        let more = (record[at].parse::<u32>().expect("a count") + 1).to_string();
        let fields = record.iter().enumerate().map(|(place, field)| if place == at { more.as_str() } else { field });
        writer.write_record(fields).expect("memory");
    }
    writer.into_inner().expect("memory")
}

/// What a row of the table says; without history.
const COLUMNS: &str = "unit_id BIGINT NOT NULL, day INTEGER NOT NULL, community_f0 INTEGER NOT NULL, \
    contained_f0 INTEGER, unknown_source_f0 INTEGER, high_risk_setting_f0 INTEGER, households_f0 INTEGER, \
    linked_households_f0 INTEGER, note TEXT";

const ON_CONFLICT: &str = "ON CONFLICT (unit_id, day) DO UPDATE SET community_f0 = excluded.community_f0, \
    contained_f0 = excluded.contained_f0, unknown_source_f0 = excluded.unknown_source_f0, \
    high_risk_setting_f0 = excluded.high_risk_setting_f0, households_f0 = excluded.households_f0, \
    linked_households_f0 = excluded.linked_households_f0, note = excluded.note";

fn bare_sqlite(path: &std::path::Path, whole: &Contest) -> f64 {
    let mut conn = rusqlite::Connection::open(path).expect("a file");
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000;";
    conn.execute_batch(settings).expect("settings");
    let table = format!("CREATE TABLE bare ({COLUMNS}, PRIMARY KEY (unit_id, day)) WITHOUT ROWID");
    conn.execute_batch(&table).expect("a table");
    let (seconds, ()) = timed(|| {
        let transaction = conn.transaction().expect("a transaction");
        let upsert = format!("INSERT INTO bare VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) {ON_CONFLICT}");
        let mut statement = transaction.prepare(&upsert).expect("a statement");
        for row in &whole.figures {
            let day = chrono::Datelike::num_days_from_ce(&row.day);
            let [a, b, c, d, e, f] = Indicator::ALL.map(|i| row.counts.get(i));
            let values = (i64::from(row.unit), day, a, b, c, d, e, f, row.note.as_deref());
            statement.execute(values).expect("stored");
        }
        drop(statement);
        transaction.commit().expect("committed");
    });
    seconds
}

diesel::table! {
    fresh (unit_id, day) {
        unit_id -> BigInt,
        day -> Integer,
        community_f0 -> Integer,
        contained_f0 -> Nullable<Integer>,
        unknown_source_f0 -> Nullable<Integer>,
        high_risk_setting_f0 -> Nullable<Integer>,
        households_f0 -> Nullable<Integer>,
        linked_households_f0 -> Nullable<Integer>,
        note -> Nullable<Text>,
    }
}

fn bare_postgres(address: &Address, whole: &Contest) -> f64 {
    let DbConn::Pg(mut conn) = address.connect().expect("a connection") else { return f64::NAN };
    conn.batch_execute(&format!("CREATE TABLE bare ({COLUMNS}, PRIMARY KEY (unit_id, day))")).expect("a table");
    let (seconds, ()) = timed(|| {
        conn.transaction(|conn| {
            conn.batch_execute(&format!("CREATE TEMPORARY TABLE fresh ({COLUMNS}) ON COMMIT DROP"))?;
            let copy = |to: &mut dyn Write| -> diesel::QueryResult<()> {
                for row in &whole.figures {
                    let day = chrono::Datelike::num_days_from_ce(&row.day);
                    write!(to, "{}\t{day}", row.unit).expect("memory");
                    for count in Indicator::ALL.map(|i| row.counts.get(i)) {
                        match count {
                            Some(count) => write!(to, "\t{count}").expect("memory"),
                            None => to.write_all(b"\t\\N").expect("memory"),
                        }
                    }
                    to.write_all(b"\t\\N\n").expect("memory");
                }
                Ok(())
            };
            diesel::copy_from(fresh::table).from_raw_data(fresh::table, copy).execute(conn)?;
            conn.batch_execute(&format!("INSERT INTO bare SELECT * FROM fresh {ON_CONFLICT}"))
        })
        .expect("merged");
    });
    seconds
}
