//! The database: the only place that knows there are two.
//!
//! A single row is read with `get_result`, not `first`: that asks for `LIMIT ?`, and SQLite
//! prepares a statement anew each time its limit is bound.
//!
//! Synchronous functions on [`DbConn`]; SQL never tells the time and never decides
//! a rank. Rows are of this module alone: other modules see the domain's types.
//! Start reading at [`conn`] for connections and transactions and at [`load`] for a
//! whole contest.

pub mod accounts;
pub mod appeals;
pub mod approvals;
pub mod archives;
pub mod audit;
pub mod award_decisions;
pub mod backup;
mod bulk;
pub mod campaigns;
mod catalog;
mod conn;
pub mod contests;
pub mod criteria;
pub mod days;
pub mod decisions;
pub mod declared_levels;
pub mod figures;
mod fixed;
pub mod flag_answers;
pub mod idempotency;
pub mod imports;
pub mod lifetimes;
pub mod partitions;
pub mod pins;
pub mod policies;
pub mod results;
mod schema;
pub mod sessions;
pub mod source_figures;
pub mod units;
pub mod webhooks;

pub use conn::{
    Address, Connector, Database, DbConn, Reader, begin_savepoint, end_savepoint, is_alive, is_current, migrate, read,
    revert, write,
};

use crate::domain::{Day, Instant};
use diesel::result::{ConnectionError, DatabaseErrorKind, Error};

/// What the database can answer instead of rows.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or takes nothing just now; later it may.
    #[error("the database cannot be used just now: {0}")]
    Unreachable(String),
    /// A key is taken; which one, the caller knows.
    #[error("a key is taken")]
    Taken,
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be read by this version.
    #[error("what is stored cannot be read: {0}")]
    Unreadable(String),
    /// Anything else.
    #[error(transparent)]
    Other(Error),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            Error::DatabaseError(kind, info) if will_pass(&kind, info.message()) => {
                Self::Unreachable(info.message().to_owned())
            }
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            // what ended the transaction before was no statement: a lost connection, a full disk
            Error::BrokenTransactionManager => Self::Unreachable("the connection is broken".to_owned()),
            other => Self::Other(other),
        }
    }
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// Whether an error is of the place where the database is, and not of what was asked of
/// it: then nothing of the transaction is kept, and later it may be.
fn will_pass(kind: &DatabaseErrorKind, message: &str) -> bool {
    // Diesel hands on no code of these
    const WORDS: [&str; 13] = [
        // SQLITE_FULL, _READONLY, _IOERR, _BUSY and _CANTOPEN
        "database or disk is full",
        "attempt to write a readonly database",
        "disk I/O error",
        "database is locked",
        "unable to open database file",
        // what PostgreSQL passes on of the system
        "No space left on device",
        // libpq, where a connection was lost in the midst of an answer
        "server closed the connection unexpectedly",
        "could not receive data from server",
        "could not send data to server",
        "no connection to the server",
        "connection has been closed unexpectedly",
        // PostgreSQL that stops or starts
        "terminating connection",
        "the database system is",
    ];
    let is_lost = matches!(
        kind,
        DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction
    );
    is_lost || (matches!(kind, DatabaseErrorKind::Unknown) && WORDS.iter().any(|words| message.contains(words)))
}

/// How many rows one statement inserts.
const BATCH: usize = 1_000;

fn day_number(day: Day) -> i32 {
    i32::try_from(day.signed_duration_since(Day::default()).num_days()).unwrap_or_default()
}

fn day_of(number: i32) -> Day {
    Day::default().checked_add_signed(chrono::Duration::days(i64::from(number))).unwrap_or_default()
}

fn micros(at: Option<Instant>) -> Option<i64> {
    at.map(Instant::micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_their_database_and_nothing_else_is_taken_for_a_file() {
        assert_eq!(Address::parse("sqlite:a/b.db"), Ok(Address::Sqlite("a/b.db".into())));
        assert_eq!(Address::parse("sqlite:///a/b.db"), Ok(Address::Sqlite("/a/b.db".into())));
        assert!(matches!(Address::parse("postgresql://h/d"), Ok(Address::Postgres(_))));
        for wrong in ["", "a.db", "mysql://h/d", "sqlite:", "sqlite::memory:", "postgre://h/d"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_full_disk_and_a_read_only_file_are_no_fault_of_what_was_asked() {
        use diesel::RunQueryDsl;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut conn = Address::Sqlite(path.clone()).connect().unwrap();
        migrate(&mut conn).unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                    INSERT INTO audit_heads SELECT printf('%0999d', i), i, 'x' FROM n";
        let ask = |conn: &mut DbConn, sql: &str| -> StoreError {
            let DbConn::Sqlite(c) = conn else { unreachable!() };
            diesel::sql_query(sql).execute(c).unwrap_err().into()
        };
        if let DbConn::Sqlite(c) = &mut conn {
            diesel::sql_query("PRAGMA max_page_count = 60").execute(c).unwrap();
        }
        let full = ask(&mut conn, fill);
        assert!(matches!(&full, StoreError::Unreachable(why) if why.contains("full")), "{full:?}");
        let mut conn = Address::Sqlite(path.clone()).connect().unwrap();
        if let DbConn::Sqlite(c) = &mut conn {
            diesel::sql_query("PRAGMA query_only = ON").execute(c).unwrap();
        }
        let read_only = ask(&mut conn, fill);
        assert!(matches!(&read_only, StoreError::Unreachable(why) if why.contains("readonly")), "{read_only:?}");
        let wrong = ask(&mut conn, "SELECT nothing");
        assert!(matches!(wrong, StoreError::Other(_)), "{wrong:?}");
    }

    #[test]
    fn days_are_numbers_and_come_back() {
        for text in ["1969-12-31", "1970-01-01", "2021-07-09"] {
            let day: Day = text.parse().unwrap();
            assert_eq!(day_of(day_number(day)), day);
        }
        assert_eq!(day_number("2021-07-09".parse().unwrap()), 18_817);
    }
}
