//! The whole database as one file, and back.
//!
//! A backup is a SQLite file with the service's own schema, whichever database it was
//! made from: so it goes into either, and a SQLite database without a service on it is
//! one, too. It holds one moment, and writers are not held up meanwhile.

mod tables;

use super::catalog::{self, Schema};
use super::conn::{DbConn, migrate, read, write};
use super::{Address, StoreError};
use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use tables::TABLES;

pub use super::catalog::stored_tables;

/// How many rows each table has.
pub type Counts = Vec<(&'static str, u64)>;

/// Why a backup is not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database's schema is not this version's; what it is instead.
    #[error("the schema of the database is {0}")]
    Schema(&'static str),
    /// The file is no backup, or a damaged one: why.
    #[error("{0}")]
    NotABackup(String),
    /// The table of the target that holds rows.
    #[error("the database is not empty: there are rows in {0}")]
    NotEmpty(String),
    /// The file system refuses.
    #[error("{path}: {cause}", path = .0.display(), cause = .1)]
    Io(PathBuf, io::Error),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which side of a copy failed.
#[derive(Debug)]
enum CopyError {
    Reading(StoreError),
    Writing(StoreError),
}

impl CopyError {
    fn reading(error: diesel::result::Error) -> Self {
        Self::Reading(error.into())
    }
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Writing(error)
    }
}

/// The names of the tables that a backup holds.
pub fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// Copies all tables into a database that [`catalog::expect_whole`] prepared.
fn copy_all(from: &mut DbConn, to: &mut DbConn) -> Result<Counts, CopyError> {
    let counts = TABLES.iter().map(|(name, copy)| Ok((*name, copy(from, to)?))).collect::<Result<_, CopyError>>()?;
    catalog::demand_whole(to)?;
    Ok(counts)
}

/// Copies what an archive holds of a campaign into an empty database of the current schema.
pub(super) fn copy_campaign(from: &mut DbConn, to: &mut DbConn, campaign_id: i64) -> Result<(), StoreError> {
    tables::ARCHIVED.iter().try_for_each(|(_, copy)| match copy(from, to, campaign_id) {
        Ok(_) => Ok(()),
        Err(CopyError::Reading(error) | CopyError::Writing(error)) => Err(error),
    })
}

/// Writes one moment of a database to a new file that its owner alone may read: first
/// under another name beside it, so that a file of that name is always whole and on
/// the disk.
///
/// # Errors
/// A schema that is not this version's, or what the databases and the file system say.
pub fn write_file(from: &mut DbConn, file: &Path) -> Result<Counts, BackupError> {
    match catalog::schema_of(from) {
        Schema::Current => {}
        Schema::None | Schema::Older => return Err(BackupError::Schema("older than this version")),
        Schema::Newer => return Err(BackupError::Schema("newer than this version")),
    }
    let part = beside(file);
    let done = write_part(from, &part).and_then(|counts| {
        std::fs::rename(&part, file).map_err(|e| BackupError::Io(file.to_owned(), e))?;
        let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync(folder)?;
        Ok(counts)
    });
    if done.is_err() {
        // what is left of it is of no use; the first error is what is told
        let _ = std::fs::remove_file(&part);
    }
    done
}

/// The name of a file while it is written.
fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    file.with_file_name(name)
}

fn write_part(from: &mut DbConn, part: &Path) -> Result<Counts, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // it holds hashes of passwords
        options.mode(0o600);
    }
    options.open(part).map_err(|e| BackupError::Io(part.to_owned(), e))?;
    let mut conn = SqliteConnection::establish(&uri(part, "rw")).map_err(StoreError::from)?;
    // a crash leaves a part that nobody uses: it is synced once, when it is whole
    let quick = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;";
    conn.batch_execute(quick).map_err(StoreError::from)?;
    let mut to = DbConn::Sqlite(conn);
    migrate(&mut to)?;
    catalog::expect_whole(&mut to)?;
    let copied = read(from, |from| write(&mut to, |to| copy_all(from, to)));
    let counts = copied.map_err(|(CopyError::Reading(e) | CopyError::Writing(e))| BackupError::Store(e))?;
    drop(to);
    sync(part)?;
    Ok(counts)
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|e| BackupError::Io(path.to_owned(), e))
}

/// A path as SQLite's URI, whatever it is made of.
fn uri(path: &Path, mode: &str) -> String {
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{name}?mode={mode}")
}

/// A file that was found to be a whole backup of this version.
pub struct Backup(DbConn);

impl Backup {
    /// Opens a file and checks it, page by page.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`] with the reason, or where the file cannot be read.
    pub fn open(file: &Path) -> Result<Self, BackupError> {
        File::open(file).map_err(|e| BackupError::Io(file.to_owned(), e))?;
        let no = |why: &str| BackupError::NotABackup(format!("{} {why}", file.display()));
        let conn = SqliteConnection::establish(&uri(file, "ro"));
        let mut conn = DbConn::Sqlite(conn.map_err(|e| no(&format!("is no backup: {e}")))?);
        if let Some(damage) = catalog::damage(&mut conn) {
            return Err(no(&format!("is damaged, or no backup: {damage}")));
        }
        match catalog::schema_of(&mut conn) {
            Schema::Current => Ok(Self(conn)),
            Schema::None => Err(no("is no backup: it does not have the schema of greenzone")),
            Schema::Older => Err(no("was made by an older version; run `greenzone migrate` on a copy of it, as \
                                     --database-url sqlite:COPY, and restore the copy")),
            Schema::Newer => Err(no("was made by a newer version of greenzone, which can restore it")),
        }
    }

    /// Puts everything into a database that holds nothing, and brings its schema there
    /// first; all or nothing.
    ///
    /// # Errors
    /// [`BackupError::NotEmpty`], rows that do not belong there, or what the database says.
    pub fn restore(mut self, to: &Address) -> Result<Counts, BackupError> {
        let mut to = to.connect()?;
        refuse_filled(&mut to)?;
        migrate(&mut to)?;
        catalog::expect_whole(&mut to)?;
        read(&mut self.0, |from| {
            write(&mut to, |to| {
                catalog::lock(to)?;
                // somebody may have been quicker
                refuse_filled(to)?;
                let counts = copy_all(from, to).map_err(|error| match error {
                    CopyError::Reading(e) => BackupError::NotABackup(format!("the backup cannot be read: {e}")),
                    CopyError::Writing(e) => BackupError::Store(e),
                })?;
                catalog::continue_identities(to)?;
                Ok(counts)
            })
        })
    }
}

fn refuse_filled(conn: &mut DbConn) -> Result<(), BackupError> {
    catalog::filled_table(conn)?.map_or(Ok(()), |table| Err(BackupError::NotEmpty(table)))
}
