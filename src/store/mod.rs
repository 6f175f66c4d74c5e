//! The database: the only place that knows there are two.
//!
//! Synchronous functions on [`DbConn`]; SQL never tells the time and never decides
//! a rank. Rows are of this module alone: other modules see the domain's types.
//! Start reading at [`conn`] for connections and transactions and at [`load`] for a
//! whole contest.

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod campaigns;
mod conn;
pub mod contests;
pub mod criteria;
pub mod decisions;
pub mod figures;
pub mod idempotency;
mod schema;
pub mod sessions;
pub mod units;

pub use conn::{Address, Connector, Database, DbConn, is_current, migrate, read, revert, savepoint, write};

use crate::domain::{Day, Instant};
use diesel::result::{ConnectionError, DatabaseErrorKind, Error};

/// What the database can answer instead of rows.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached.
    #[error("the database cannot be reached: {0}")]
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
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                Self::Unreachable(info.message().to_owned())
            }
            other => Self::Other(other),
        }
    }
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        Self::Unreachable(error.to_string())
    }
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
    fn days_are_numbers_and_come_back() {
        for text in ["1969-12-31", "1970-01-01", "2021-07-09"] {
            let day: Day = text.parse().unwrap();
            assert_eq!(day_of(day_number(day)), day);
        }
        assert_eq!(day_number("2021-07-09".parse().unwrap()), 18_817);
    }
}
