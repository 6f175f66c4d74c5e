//! `backup` and `restore`: the whole database as one file, and back.

use super::Failure;
use super::audit::broken;
use super::database::DatabaseOptions;
use super::packs::{refuse_to_overwrite, spinner};
use crate::service::audit::verify;
use crate::store::backup::{self, BackupError, Counts};
use clap::Args;
use std::path::PathBuf;

/// Write one moment of the whole database to a file, while the service goes on.
///
/// The file is a SQLite database, whichever database it is made from, and can be restored
/// into either. It holds hashes of passwords; its owner alone may read it. The keys that
/// sign-ins are signed with are not in it. For a PostgreSQL of very many rows, pg_dump
/// serves better.
#[derive(Clone, Debug, Args)]
pub(super) struct Backup {
    /// File to write; there must be none yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    database: DatabaseOptions,
}

impl Backup {
    pub(super) fn run(&self) -> Result<(), Failure> {
        refuse_to_overwrite(&self.out)?;
        if self.out.is_dir() {
            let detail = format!("{} is a folder; a backup is a file", self.out.display());
            return Err(Failure::of_request("file_exists", Some("out"), detail));
        }
        let bar = spinner("copying the database");
        let mut conn = self.database.existing_address()?.connect()?;
        let counts = backup::write_file(&mut conn, &self.out)?;
        bar.finish_and_clear();
        anstream::println!("{} is written: {}", self.out.display(), sum(&counts));
        Ok(())
    }
}

/// Put a backup into a database that holds nothing, all of it or nothing.
///
/// The database is made where there is none. SQLite to PostgreSQL and back are possible.
/// For a PostgreSQL of very many rows, pg_dump and pg_restore serve better.
#[derive(Clone, Debug, Args)]
pub(super) struct Restore {
    /// File that `greenzone backup` has written
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseOptions,
}

impl Restore {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let bar = spinner("checking the backup");
        let backup = backup::Backup::open(&self.file)?;
        bar.set_message("copying into the database");
        let counts = backup.restore(&address)?;
        bar.set_message("checking the log");
        let report = verify(&mut address.connect()?, &[])?;
        bar.finish_and_clear();
        anstream::println!("{} is restored: {}", self.file.display(), sum(&counts));
        for (table, rows) in counts.iter().filter(|(_, rows)| *rows > 0) {
            anstream::println!("  {table}: {rows}");
        }
        // the figures are worth having even so, but nobody may overlook it
        if !report.broken.is_empty() {
            return Err(broken(&report));
        }
        anstream::println!("every chain of the log is whole:");
        report.heads.iter().for_each(|head| anstream::println!("{head}"));
        Ok(())
    }
}

fn sum(counts: &Counts) -> String {
    let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
    format!("{rows} rows of {} tables", counts.len())
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::NotABackup(why) => Self::of_request("invalid_backup", None, why),
            error @ BackupError::NotEmpty(_) => Self::of_request("database_not_empty", None, error.to_string()),
            BackupError::Schema(what) => {
                let what = format!("the schema of the database is {what}; the version that serves it can back it up");
                Self::of_request("schema_not_current", None, what)
            }
            error @ BackupError::Io(..) => Self::Environment(error.to_string()),
            BackupError::Store(error) => error.into(),
        }
    }
}
