//! What the tests share: databases, the real server, a client.

pub mod app;
pub mod database;
pub mod described;
pub mod known_boards;
pub mod listener;

use std::path::PathBuf;

/// A path in the repository.
pub fn at(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// One test on each database. Where there is no PostgreSQL it says so loudly, and
/// fails where the environment demands that nothing is skipped.
macro_rules! on_both {
    (fn $name:ident($app:ident: $kind:ty) $body:block) => {
        $crate::support::on_databases! {
            fn $name($app: $kind) $body
            on_sqlite: Some(TestDatabase::sqlite()), on_postgres: TestDatabase::postgres()
        }
    };
}
pub(crate) use on_both;

/// The same, and on a PostgreSQL whose campaigns are spread over partitions.
macro_rules! on_all {
    (fn $name:ident($app:ident: $kind:ty) $body:block) => {
        $crate::support::on_databases! {
            fn $name($app: $kind) $body
            on_sqlite: Some(TestDatabase::sqlite()), on_postgres: TestDatabase::postgres(),
            on_partitions: TestDatabase::partitioned()
        }
    };
}
pub(crate) use on_all;

macro_rules! on_databases {
    (fn $name:ident($app:ident: $kind:ty) $body:block $($test:ident: $database:expr),+) => {
        mod $name {
            use super::*;
            use $crate::support::database::TestDatabase;

            fn story($app: $kind) $body

            $(
                #[test]
                fn $test() {
                    let database: Option<TestDatabase> = $database;
                    if let Some(database) = database {
                        story(<$kind>::on(database));
                    }
                }
            )+
        }
    };
}
pub(crate) use on_databases;
