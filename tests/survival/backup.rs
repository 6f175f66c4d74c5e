//! The whole database as a file, while the service writes; and back, into either database.

use crate::api::{Q6, figure};
use crate::rights::FLAG;
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_all;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use greenzone::service::audit::{Report, verify};
use greenzone::store::backup::{self, Backup, BackupError};
use greenzone::store::{Address, DbConn, migrate};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const CLIENTS: usize = 32;
const WARDS: [&str; 8] = ["27382", "27379", "27364", "27352", "27355", "27349", "27373", "27367"];

/// The bundled campaign with something in every table.
pub fn filled(database: TestDatabase) -> TestApp {
    let app = TestApp::on(database);
    // the last day is over and not closed yet
    app.set_clock("2021-07-23T20:00:00Z");
    let mut files = pack::bundled()[0].files();
    let tables = [
        ("states.csv", "unit_code,state,reason\n27382,withdrawn,x\n"),
        ("neighbours.csv", "a,b\n27382,27379\n"),
        ("excused.csv", "unit_code,date,reason\n27382,2021-07-09,x\n"),
        ("start_levels.csv", "unit_code,level,reason\n27382,red,x\n"),
        ("criteria.csv", "code,kind,weight\nc,ward,1\n"),
        ("assessments.csv", "unit_code,criterion_code,value,verified\n27382,c,50,true\n"),
        ("adjustments.csv", "unit_code,kind,points,reason\n27382,bonus,1,x\n"),
    ];
    files.0.extend(tables.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())));
    app.import(&pack::read(&files).expect("a pack"));
    let of = |what: &str| format!("/api/v1/campaigns/q6-2021/{what}");
    app.post(&of("webhooks"), &json!({"url": "https://example.vn/hook", "events": ["day.closed"]})).ok();
    app.post(&of("days/2021-07-23/close"), &json!({"reason": "x"})).ok();
    app.set_clock("2021-07-24T06:00:00Z");
    let of_unit = |what: &str| of(&format!("units/27382/{what}"));
    app.put(&of_unit("assessments/c"), &json!({"value": 70, "date": "2021-07-12", "evidence": "https://…"})).ok();
    app.post(
        &of_unit("assessments/c/verify"),
        &json!({"date": "2021-07-12", "decision": "verified", "value": 60, "reason": "x"}),
    )
    .ok();
    app.put(&of_unit("declared-levels/2021-07-12"), &json!({"level": "red", "reason": "x"})).ok();
    app.put(&of_unit("lifetime"), &json!({"closes": "2021-07-22", "reason": "x"})).ok();
    let now = app.get("/api/v1/campaigns/q6-2021");
    let mut document = now.json();
    document["reporting"] = json!({"corrections": "approval"});
    let seen = [("if-match", now.header("etag").expect("a tag"))];
    app.put_with("/api/v1/campaigns/q6-2021", &seen, &document).ok();
    assert_eq!(app.put(&figure("27379", "2021-07-12"), &json!({"community_f0": 3, "reason": "x"})).status, 202);
    let open = [("if-match", "*")];
    document["reporting"] = json!({});
    assert_eq!(app.put_with("/api/v1/campaigns/q6-2021", &open, &document).status, 202, "it waits for somebody else");
    app.make_account("chu-tich", Role::Council, Scope::All);
    let (token, address) = (app.sign_in("chu-tich"), "/api/v1/campaigns/q6-2021/approvals/2");
    let read = app.send("GET", address, Some(&token), &[], None);
    let headers = [("if-match", read.header("etag").expect("a tag")), ("content-type", "application/json")];
    app.send("POST", &format!("{address}/approve"), Some(&token), &headers, Some(b"{}")).ok();
    app.put(&format!("/api/v1/campaigns/q6-2021/flags/{FLAG}"), &json!({"answer": "x", "verdict": "as_reported"})).ok();
    app.post(&of("appeals"), &json!({"unit_code": "27382", "text": "x", "about": {"date": "2021-07-12"}})).ok();
    let answer = json!({"state": "rejected", "answer": "x"}).to_string();
    let json = [("content-type", "application/json")];
    app.send("PUT", &of("appeals/1"), Some(&token), &json, Some(answer.as_bytes())).ok();
    app.report_all("q6-2021");
    app.finalise("q6-2021", "chốt kết quả").ok();
    app.import(&with_sources());
    app.import(&crate::api::awards::contest());
    let decision = json!({"award": "second", "winners": ["b"], "reason": "x"});
    app.post("/api/v1/campaigns/awards/awards/decisions", &decision).ok();
    app.put("/api/v1/campaigns/sources/freeze", &json!({"reason": "x"})).ok();
    app.make_account("quan-tri", Role::Admin, Scope::All);
    app.sign_in("quan-tri");
    let key = [("idempotency-key", "first")];
    app.put_with(&figure("27382", "2021-07-13"), &key, &json!({"community_f0": 1, "note": "ghi chú 🏠"})).ok();
    app
}

/// A small campaign that declares sources.
fn with_sources() -> greenzone::domain::Contest {
    let campaign = json!({
        "code": "sources", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-09", "to": "2021-07-15"}, "baseline": {"from": "2021-07-02", "to": "2021-07-08"},
        "kinds": [{"code": "ward", "figures": "reported"}], "level_scheme": "counts-14d",
        "sources": [{"code": "ward_report"}, {"code": "national"}],
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}
    });
    let files = [
        ("campaign.json", campaign.to_string()),
        ("units.csv", "code,name,kind\nw,W,ward\n".to_owned()),
        ("figures.csv", "unit_code,date,community_f0\nw,2021-07-09,1\n".to_owned()),
        ("source_figures.csv", "unit_code,date,source,community_f0\nw,2021-07-09,national,1\n".to_owned()),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    pack::read(&pack::Files(files.into())).expect("a pack")
}

pub fn write_to(from: &Address, file: &Path) -> backup::Counts {
    backup::write_file(&mut from.connect().expect("a connection"), file).expect("a backup")
}

fn restore_from(file: &Path, to: &Address) -> backup::Counts {
    Backup::open(file).expect("a backup").restore(to).expect("restored")
}

fn log_of(address: &Address) -> Report {
    verify(&mut address.connect().expect("a connection"), &[]).expect("readable")
}

/// Rows that only one of two backups has, and how many there are in all.
fn differences(one: &Path, other: &Path) -> (Vec<String>, i64) {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let mut conn = SqliteConnection::establish(&one.display().to_string()).expect("a file");
    conn.batch_execute(&format!("ATTACH '{}' AS other", other.display())).expect("another");
    let mut number = |sql: String| -> i64 {
        let row: Number = diesel::sql_query(&sql).get_result(&mut conn).expect(&sql);
        row.n
    };
    let (mut found, mut total) = (Vec::new(), 0);
    for table in backup::tables() {
        let rows = number(format!("SELECT count(*) AS n FROM main.{table}"));
        assert!(rows > 0, "{table} is empty and proves nothing");
        total += rows;
        let count = |a: &str, b: &str| {
            format!("SELECT count(*) AS n FROM (SELECT * FROM {a}.{table} EXCEPT SELECT * FROM {b}.{table})")
        };
        if number(count("main", "other")) + number(count("other", "main")) > 0 {
            found.push(table.to_owned());
        }
    }
    (found, total)
}

/// Writes figures with 32 clients until `work` is done; answers how many were acknowledged.
fn while_clients_write(app: &TestApp, work: impl FnOnce()) -> u64 {
    let (is_over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (is_over, written) = (&is_over, &written);
            scope.spawn(move || {
                let address = figure(WARDS[client % 8], &format!("2021-07-{}", 14 + client / 8));
                for cases in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    app.put(&address, &json!({"community_f0": cases % 1_000, "reason": "x"})).ok();
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        work();
        std::thread::sleep(Duration::from_millis(100));
        is_over.store(true, Ordering::Relaxed);
    });
    written.into_inner()
}

on_all! {
    fn a_backup_beside_32_writing_clients_is_one_moment_and_restores_into_both(database: TestDatabase) {
        let app = filled(database);
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<PathBuf> = ["a.db", "b.db"].map(|name| folder.path().join(name)).into();
        let written = while_clients_write(&app, || files.iter().for_each(|file| drop(write_to(&app.address, file))));
        assert!(written > 32, "{written}");
        let last = app.revision("q6-2021");
        for (file, target) in files.iter().flat_map(|file| TestDatabase::each().map(move |target| (file, target))) {
            restore_from(file, &target.address);
            let heads = log_of(&target.address);
            assert_eq!(heads.broken, [], "the log is whole");
            // every head of the backup is an entry of the chains that went on
            let source = verify(&mut app.address.connect().expect("a connection"), &heads.heads).expect("readable");
            assert_eq!(source.broken, []);
            let restored = TestApp::on(target);
            let revision = restored.revision("q6-2021");
            assert!((2..last).contains(&revision), "{revision} of {last}: writes went on");
            for path in ["leaderboard?as_of=2021-07-12", "leaderboard?include=days&limit=1000", "units/27379/standing?as_of=2021-07-16"] {
                let path = format!("{Q6}/{path}&revision={revision}");
                let (was, is) = (app.get_as_council(&path), restored.get_as_council(&path));
                assert_eq!((was.status, was.text()), (200, is.text()), "{path}");
            }
            // and the database gives itself numbers as before
            let [_, other, _] = pack::bundled();
            restored.import(&pack::read(&other.files()).expect("a pack"));
        }
    }
}

on_all! {
    fn what_is_restored_has_the_same_rows_and_goes_back_the_same(database: TestDatabase) {
        let app = filled(database);
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let counts = write_to(&app.address, &file("first.db"));
        for (n, target) in TestDatabase::each().enumerate() {
            assert_eq!(restore_from(&file("first.db"), &target.address), counts);
            write_to(&target.address, &file(&format!("{n}.db")));
            let (found, total) = differences(&file("first.db"), &file(&format!("{n}.db")));
            assert_eq!(found, [""; 0]);
            assert_eq!(total as u64, counts.iter().map(|(_, rows)| rows).sum::<u64>());
            assert_eq!(log_of(&target.address), log_of(&app.address));
            // and once more, from the other database back
            let back = TestDatabase::sqlite();
            restore_from(&file(&format!("{n}.db")), &back.address);
            write_to(&back.address, &file(&format!("{n}-back.db")));
            assert_eq!(differences(&file("first.db"), &file(&format!("{n}-back.db"))).0, [""; 0]);
        }
    }
}

on_all! {
    fn every_table_is_in_a_backup(database: TestDatabase) {
        let mut conn = database.address.connect().expect("a connection");
        migrate(&mut conn).expect("a schema");
        let stored: BTreeSet<String> = backup::stored_tables(&mut conn).expect("names").into_iter().collect();
        let known: BTreeSet<String> = backup::tables().map(str::to_owned).collect();
        assert_eq!(stored, known, "a migration brought a table that src/store/backup/tables.rs lacks");
    }
}

on_all! {
    fn a_database_that_holds_anything_is_refused_and_stays_as_it_is(database: TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, before, after) = (folder.path().join("1.db"), folder.path().join("2.db"), folder.path().join("3.db"));
        write_to(&filled(TestDatabase::sqlite()).address, &first);
        let app = filled(database);
        write_to(&app.address, &before);
        let refused = Backup::open(&first).expect("a backup").restore(&app.address);
        assert!(matches!(refused, Err(BackupError::NotEmpty(_))), "{refused:?}");
        write_to(&app.address, &after);
        assert_eq!(differences(&before, &after).0, [""; 0]);
        drop(app);
        // somebody else's table, too
        for target in TestDatabase::each() {
            let mut conn = target.address.connect().expect("a connection");
            let sql = "CREATE TABLE theirs (n INTEGER); INSERT INTO theirs VALUES (1)";
            match &mut conn {
                DbConn::Pg(c) => c.batch_execute(sql).expect(sql),
                DbConn::Sqlite(c) => c.batch_execute(sql).expect(sql),
            }
            let had = backup::stored_tables(&mut conn).expect("names");
            let refused = Backup::open(&first).expect("a backup").restore(&target.address);
            assert!(matches!(&refused, Err(BackupError::NotEmpty(table)) if table == "theirs"), "{refused:?}");
            assert_eq!(backup::stored_tables(&mut conn).expect("names"), had, "no schema was brought");
        }
    }
}

on_all! {
    fn a_restore_that_fails_half_way_leaves_nothing(database: TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("1.db");
        write_to(&filled(TestDatabase::sqlite()).address, &file);
        let mut conn = SqliteConnection::establish(&file.display().to_string()).expect("a file");
        // a sound file, but no row of ours: its table comes after those of the figures
        conn.batch_execute("ALTER TABLE accounts DROP COLUMN generation").expect("changed");
        drop(conn);
        let refused = Backup::open(&file).expect("a sound file").restore(&database.address);
        assert!(matches!(refused, Err(BackupError::NotABackup(_))), "{refused:?}");
        let app = TestApp::on(database);
        assert_eq!(app.get("/api/v1/campaigns").ok()["items"], json!([]));
    }
}

#[test]
fn rows_that_belong_to_nothing_are_not_backed_up() {
    let app = filled(TestDatabase::sqlite());
    let folder = tempfile::tempdir().expect("a folder");
    let mut conn = app.address.connect().expect("a connection");
    if let DbConn::Sqlite(c) = &mut conn {
        // as somebody does with another program
        c.batch_execute("PRAGMA foreign_keys = OFF; UPDATE figures SET unit_id = unit_id + 4711 WHERE day = 18820")
            .expect("spoilt");
    }
    let file = folder.path().join("1.db");
    let refused = backup::write_file(&mut conn, &file).expect_err("not whole");
    assert!(refused.to_string().contains("a row of figures belongs to nothing"), "{refused}");
    assert!(!file.exists());
}
