//! What the tests share: databases, the real server, a client.

pub mod app;
pub mod database;
pub mod known_boards;

use std::path::PathBuf;

/// A path in the repository.
pub fn at(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// One test on each database. Where there is no PostgreSQL it says so loudly, and
/// fails where the environment demands that nothing is skipped.
macro_rules! on_both {
    ($(#[$meta:meta])* fn $name:ident($app:ident: $kind:ty) $body:block) => {
        mod $name {
            use super::*;

            fn story($app: $kind) $body

            $(#[$meta])*
            #[test]
            fn on_sqlite() {
                story(<$kind>::on($crate::support::database::TestDatabase::sqlite()));
            }

            $(#[$meta])*
            #[test]
            fn on_postgres() {
                if let Some(database) = $crate::support::database::TestDatabase::postgres() {
                    story(<$kind>::on(database));
                }
            }
        }
    };
}
pub(crate) use on_both;
