//! One connection type for both databases, and how transactions begin.

use super::StoreError;
use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::PgConnection;
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum DbConn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs one body, written once and compiled for both databases: for what the
/// enum cannot do itself (batch inserts, upserts, loading many rows).
macro_rules! on_each {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::store::DbConn::Pg($c) => $body,
            $crate::store::DbConn::Sqlite($c) => $body,
        }
    };
}
pub(super) use on_each;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Where a database is: `sqlite:PATH` or `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A file.
    Sqlite(PathBuf),
    /// A server, as libpq reads it.
    Postgres(String),
}

impl Address {
    /// Reads a database URL. An unknown scheme is an error, never a new empty file.
    ///
    /// # Errors
    /// What is expected of it.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "a database URL: sqlite:PATH or postgres://USER@HOST/NAME";
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() && path != ":memory:" && !path.contains('\0') => {
                Ok(Self::Sqlite(Path::new(path.strip_prefix("//").unwrap_or(path)).to_owned()))
            }
            _ => Err(EXPECTED),
        }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub fn connect(&self) -> Result<DbConn, StoreError> {
        match self {
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                conn.batch_execute(
                    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000;",
                )?;
                Ok(DbConn::Sqlite(conn))
            }
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute("SET TIME ZONE 'UTC'; SET client_encoding TO 'UTF8';")?;
                Ok(DbConn::Pg(conn))
            }
        }
    }
}

/// Brings a database to the current schema; answers what was applied.
///
/// # Errors
/// A migration that fails, or a database that cannot be reached.
pub fn migrate(conn: &mut DbConn) -> Result<Vec<String>, StoreError> {
    let names = |versions: Vec<MigrationVersion<'_>>| versions.iter().map(ToString::to_string).collect();
    match conn {
        DbConn::Pg(c) => c.run_pending_migrations(POSTGRES_MIGRATIONS).map(names),
        DbConn::Sqlite(c) => c.run_pending_migrations(SQLITE_MIGRATIONS).map(names),
    }
    .map_err(StoreError::Migration)
}

/// The versions of the current schema, the oldest first; the same for both databases.
pub(super) fn schema_versions() -> Vec<String> {
    let migrations = MigrationSource::<Sqlite>::migrations(&SQLITE_MIGRATIONS).unwrap_or_default();
    let mut versions: Vec<String> = migrations.iter().map(|m| m.name().version().to_string()).collect();
    versions.sort_unstable();
    versions
}

/// Takes back all migrations.
///
/// # Errors
/// A migration that fails, or a database that cannot be reached.
pub fn revert(conn: &mut DbConn) -> Result<(), StoreError> {
    match conn {
        DbConn::Pg(c) => c.revert_all_migrations(POSTGRES_MIGRATIONS).map(drop),
        DbConn::Sqlite(c) => c.revert_all_migrations(SQLITE_MIGRATIONS).map(drop),
    }
    .map_err(StoreError::Migration)
}

/// Whether the database has the current schema.
///
/// # Errors
/// A database that cannot be reached.
pub fn is_current(conn: &mut DbConn) -> Result<bool, StoreError> {
    match conn {
        DbConn::Pg(c) => c.has_pending_migration(POSTGRES_MIGRATIONS),
        DbConn::Sqlite(c) => c.has_pending_migration(SQLITE_MIGRATIONS),
    }
    .map(|pending| !pending)
    .map_err(StoreError::Migration)
}

/// Runs `work` in a transaction that writes. On SQLite it takes the write lock at
/// once: a deferred one can fail busy half-way.
///
/// # Errors
/// What `work` answers, after a roll-back, or what the database says.
pub fn write<T, E: From<StoreError>>(
    conn: &mut DbConn,
    work: impl FnOnce(&mut DbConn) -> Result<T, E>,
) -> Result<T, E> {
    begin(conn, "BEGIN", "BEGIN IMMEDIATE").map_err(E::from)?;
    finish(conn, work)
}

/// Runs `work` in a transaction that reads one moment of the database.
///
/// # Errors
/// What `work` answers or what the database says.
pub fn read<T, E: From<StoreError>>(conn: &mut DbConn, work: impl FnOnce(&mut DbConn) -> Result<T, E>) -> Result<T, E> {
    begin(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN").map_err(E::from)?;
    finish(conn, work)
}

fn begin(conn: &mut DbConn, postgres: &str, sqlite: &str) -> Result<(), StoreError> {
    match conn {
        DbConn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(c, postgres)?,
        DbConn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, sqlite)?,
    }
    Ok(())
}

type Manager = <DbConn as Connection>::TransactionManager;

fn finish<T, E: From<StoreError>>(conn: &mut DbConn, work: impl FnOnce(&mut DbConn) -> Result<T, E>) -> Result<T, E> {
    match work(conn) {
        Ok(value) => {
            Manager::commit_transaction(conn).map_err(|e| E::from(e.into()))?;
            Ok(value)
        }
        Err(error) => {
            // the first error is what happened; a failed roll-back breaks the connection, which the pool then drops
            let _ = Manager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// Begins a savepoint in the transaction that is open.
///
/// # Errors
/// What the database says.
pub fn begin_savepoint(conn: &mut DbConn) -> Result<(), StoreError> {
    Ok(Manager::begin_transaction(conn)?)
}

/// Ends the savepoint that was begun last: what was done since is kept, or undone.
///
/// # Errors
/// What the database says.
pub fn end_savepoint(conn: &mut DbConn, is_kept: bool) -> Result<(), StoreError> {
    let end = if is_kept { Manager::commit_transaction(conn) } else { Manager::rollback_transaction(conn) };
    Ok(end?)
}

/// Whether the database still answers on a connection.
pub fn is_alive(conn: &mut DbConn) -> bool {
    conn.ping().is_ok()
}

/// A connection of the pool.
pub struct Reader {
    conn: DbConn,
    /// Whether it was found dead, so that nobody gets it again.
    is_dead: bool,
}

impl Reader {
    /// Says that it was found dead.
    pub fn is_found_dead(&mut self) {
        self.is_dead = true;
    }
}

impl Deref for Reader {
    type Target = DbConn;

    fn deref(&self) -> &DbConn {
        &self.conn
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut DbConn {
        &mut self.conn
    }
}

/// Opens connections for a pool of readers.
#[derive(Clone, Debug)]
pub struct Connector(Address);

impl ManageConnection for Connector {
    type Connection = Reader;
    type Error = StoreError;

    fn connect(&self) -> Result<Reader, StoreError> {
        let mut conn = self.0.connect()?;
        if let DbConn::Sqlite(c) = &mut conn {
            // readers hold the facts in memory; a second copy of the file would only lie there
            c.batch_execute("PRAGMA cache_size = -1000;")?;
        }
        Ok(Reader { conn, is_dead: false })
    }

    fn is_valid(&self, reader: &mut Reader) -> Result<(), StoreError> {
        Ok(reader.ping()?)
    }

    fn has_broken(&self, reader: &mut Reader) -> bool {
        std::thread::panicking() || reader.is_dead || reader.is_broken()
    }
}

/// A database: where it is, and its readers.
#[derive(Clone, Debug)]
pub struct Database {
    address: Address,
    readers: Pool<Connector>,
}

impl Database {
    /// The database of an address; connections are opened as they are needed.
    pub fn new(address: Address, readers: u32) -> Self {
        let readers = Pool::builder()
            .max_size(readers.max(1))
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(5))
            .error_handler(Box::new(Quiet))
            .build_unchecked(Connector(address.clone()));
        Self { address, readers }
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A connection of its own, for the writer.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub fn connect(&self) -> Result<DbConn, StoreError> {
        self.address.connect()
    }

    /// A reader's connection that answers.
    ///
    /// # Errors
    /// Where none is free in time or the database cannot be reached.
    pub fn reader(&self) -> Result<PooledConnection<Connector>, StoreError> {
        for _ in 0..=self.readers.max_size() {
            let mut reader = self.untried_reader()?;
            // a file does not go away by itself, as a server does
            if matches!(&**reader, DbConn::Sqlite(_)) || is_alive(&mut reader) {
                return Ok(reader);
            }
            reader.is_found_dead();
        }
        Err(StoreError::Unreachable("no connection stays alive".to_owned()))
    }

    /// A reader's connection that may be dead: for who asks one thing, and can ask again.
    ///
    /// # Errors
    /// As [`Database::reader`].
    pub fn untried_reader(&self) -> Result<PooledConnection<Connector>, StoreError> {
        self.readers.get().map_err(|e| StoreError::Unreachable(e.to_string()))
    }
}

/// The pool's errors reach whoever waits for a connection; they are told there.
#[derive(Debug)]
struct Quiet;

impl diesel::r2d2::HandleError<StoreError> for Quiet {
    fn handle_error(&self, _: StoreError) {}
}
