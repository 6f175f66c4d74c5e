//! Migrations go up, down and up again, and are the same on both databases.

use crate::support::at;
use crate::support::database::TestDatabase;
use diesel::connection::SimpleConnection;
use greenzone::store::{DbConn, is_current, migrate, revert};
use std::collections::BTreeSet;

fn names(engine: &str) -> BTreeSet<String> {
    let listed = std::fs::read_dir(at("migrations").join(engine)).expect("migrations");
    listed.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn both_databases_have_the_same_migrations_each_with_a_way_back() {
    assert_eq!(names("sqlite"), names("postgres"));
    for engine in ["sqlite", "postgres"] {
        for name in names(engine) {
            for file in ["up.sql", "down.sql"] {
                assert!(at("migrations").join(engine).join(&name).join(file).exists(), "{engine}/{name}/{file}");
            }
        }
    }
}

fn up_down_up(database: &TestDatabase) {
    let mut conn = database.address.connect().expect("a connection");
    let applied = migrate(&mut conn).expect("up");
    assert_eq!(applied.len(), names("sqlite").len());
    assert!(is_current(&mut conn).expect("a state"));
    assert!(migrate(&mut conn).expect("nothing to do").is_empty());
    revert(&mut conn).expect("down");
    assert!(!is_current(&mut conn).expect("a state"));
    let probe = "SELECT 1 FROM campaigns";
    let is_gone = match &mut conn {
        DbConn::Pg(c) => c.batch_execute(probe).is_err(),
        DbConn::Sqlite(c) => c.batch_execute(probe).is_err(),
    };
    assert!(is_gone, "down leaves nothing behind");
    assert_eq!(migrate(&mut conn).expect("up again"), applied);
}

#[test]
fn up_down_up_on_sqlite() {
    up_down_up(&TestDatabase::sqlite());
}

#[test]
fn up_down_up_on_postgres() {
    if let Some(database) = TestDatabase::postgres() {
        up_down_up(&database);
    }
}
