//! `greenzone backup` and `greenzone restore` as commands: what they say, and what they refuse.

use super::backup::{filled, write_to};
use crate::support::database::TestDatabase;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn greenzone(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenzone"));
    command.args(arguments).current_dir(folder).env_remove("DATABASE_URL");
    command.output().expect("the program runs")
}

#[track_caller]
fn ended(output: &Output, status: i32, word: &str) {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(word), "{said}");
}

#[test]
fn the_commands_say_what_they_did_and_why_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let run = |arguments: &[&str]| greenzone(here, arguments);
    ended(&run(&["backup", "--out", "b.db"]), 3, "there is no database");
    let q6 = crate::support::at("packs/q6-2021").display().to_string();
    ended(&run(&["import", &q6]), 0, "revision 1");
    ended(&run(&["backup", "--out", "b.db"]), 0, "b.db is written");
    ended(&run(&["backup", "--out", "b.db"]), 1, "exists");
    ended(&run(&["backup", "--out", "no/such/b.db"]), 3, "no/such");
    ended(&run(&["restore", "b.db"]), 1, "not empty");
    ended(&run(&["restore", "none.db"]), 3, "none.db");
    let to = ["--database-url", "sqlite:new.db"];
    let restored = run(&[&["restore", "b.db"][..], &to].concat());
    ended(&restored, 0, "every chain of the log is whole");
    ended(&restored, 0, "figures: 234");
    ended(&run(&[&["audit", "verify"][..], &to].concat()), 0, "campaigns/q6-2021:1:");
    let names: BTreeSet<String> =
        std::fs::read_dir(here).expect("a folder").flatten().map(|e| e.file_name().to_string_lossy().into()).collect();
    assert!(!names.iter().any(|name| name.starts_with("b.db-") || name.contains(".part")), "{names:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(here.join("b.db")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it holds hashes of passwords");
    }
}

#[test]
fn a_damaged_or_foreign_file_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let run = |arguments: &[&str]| greenzone(here, arguments);
    let q6 = crate::support::at("packs/q6-2021").display().to_string();
    ended(&run(&["import", &q6]), 0, "revision 1");
    ended(&run(&["backup", "--out", "whole.db"]), 0, "whole.db");
    let whole = std::fs::read(here.join("whole.db")).expect("the backup");
    let harmed = |sql: &str| {
        std::fs::write(here.join("harmed.db"), &whole).expect("written");
        let mut conn = SqliteConnection::establish(&here.join("harmed.db").display().to_string()).expect("a file");
        conn.batch_execute(sql).expect(sql);
        drop(conn);
        std::fs::read(here.join("harmed.db")).expect("a file")
    };
    let mut flipped = whole.clone();
    // the root page of a table
    flipped[4_096..4_196].fill(0xff);
    let cases = [
        ("cut", whole[..whole.len() / 2].to_vec(), "damaged"),
        ("cut to a page", whole[..4_096].to_vec(), "damaged"),
        ("flipped", flipped, "damaged"),
        ("empty", Vec::new(), "no backup"),
        ("text", b"unit_code,date,community_f0\n".repeat(400), "no backup"),
        ("another program's", harmed("DROP TABLE __diesel_schema_migrations"), "no backup"),
        ("older", harmed("DELETE FROM __diesel_schema_migrations WHERE version <> '0001'"), "greenzone migrate"),
        ("newer", harmed("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')"), "newer version"),
        ("an orphan", harmed("PRAGMA foreign_keys = OFF; DELETE FROM campaigns"), "belongs to nothing"),
        ("without a table", harmed("DROP TABLE audit_heads"), "audit_heads"),
    ];
    for (name, bytes, word) in cases {
        let file = format!("{name}.db");
        std::fs::write(here.join(&file), bytes).expect("written");
        let refused = run(&["restore", &file, "--database-url", "sqlite:target.db"]);
        ended(&refused, 1, word);
        ended(&refused, 1, if name == "without a table" { "backup" } else { &file });
    }
    let to = ["--database-url", "sqlite:target.db"];
    ended(&run(&[&["restore", "whole.db"][..], &to].concat()), 0, "is restored");
}

#[test]
fn a_log_that_was_broken_before_is_restored_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("b.db");
    write_to(&filled(TestDatabase::sqlite()).address, &file);
    let mut conn = SqliteConnection::establish(&file.display().to_string()).expect("a file");
    conn.batch_execute("UPDATE audit_entries SET actor = 'user:x' WHERE number = 1").expect("changed");
    drop(conn);
    let restored = greenzone(folder.path(), &["restore", "b.db"]);
    ended(&restored, 1, "is restored");
    ended(&restored, 1, "the log is not as it was written");
}
