//! A campaign's whole history as it stood at a revision, kept for ever: what the public sees
//! while a board is frozen or final, and what a result rests on.
//!
//! Beside the pack, which people and proofs read, an archive holds the rows themselves as a
//! SQLite file of the schema of then, with what a pack does not hold: versions of the rules,
//! revisions, closings, the ids of rows. Read, it becomes a database in memory ([`open`]), so
//! that whatever reads a campaign reads an archived one with the same statements.

use super::backup::copy_campaign;
use super::campaigns::{self, NewRevision, Pinning, StoredCampaign};
use super::conn::{Address, Database, DbConn, migrate, on_each};
use super::schema::archives;
use super::{StoreError, catalog, read, write};
use crate::domain::{Campaign, Instant};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many readers an archive has at a time.
const READERS: u32 = 4;

/// What is stored of an archive beside its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct ArchiveHead {
    /// Its number in the campaign, from 1.
    pub archive_id: i64,
    /// SHA-256 of the pack's bytes, in hexadecimal digits.
    pub sha256: String,
    /// The revision that it shows.
    pub revision: i64,
    known_us: i64,
    created_us: i64,
}

impl ArchiveHead {
    /// The instant of its revision.
    pub fn known_at(&self) -> Instant {
        Instant::from_micros(self.known_us)
    }

    /// When it was made.
    pub fn created_at(&self) -> Instant {
        Instant::from_micros(self.created_us)
    }
}

/// An archive to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = archives, treat_none_as_default_value = false)]
pub struct NewArchive {
    campaign_id: i64,
    archive_id: i64,
    sha256: String,
    revision: i64,
    known_us: i64,
    created_us: i64,
    document: String,
    pack: Vec<u8>,
    facts: Vec<u8>,
}

impl NewArchive {
    /// One of a campaign as it stands.
    pub fn new(of: &StoredCampaign, archive_id: i64, (pack, sha256): (Vec<u8>, String), facts: Vec<u8>) -> Self {
        Self {
            campaign_id: of.id,
            archive_id,
            sha256,
            revision: of.revision,
            known_us: of.last_recorded_at.micros(),
            created_us: of.last_recorded_at.micros(),
            document: of.campaign.to_json().to_string(),
            pack,
            facts,
        }
    }
}

const HEAD: (archives::archive_id, archives::sha256, archives::revision, archives::known_us, archives::created_us) =
    (archives::archive_id, archives::sha256, archives::revision, archives::known_us, archives::created_us);

/// Adds one.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, new: &NewArchive) -> Result<(), StoreError> {
    on_each!(conn, |c| diesel::insert_into(archives::table).values(new).execute(c))?;
    Ok(())
}

/// The next free number.
///
/// # Errors
/// What the database says.
pub fn next_id(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let of_campaign = archives::table.filter(archives::campaign_id.eq(campaign_id));
    let last: Option<i64> = of_campaign.select(diesel::dsl::max(archives::archive_id)).get_result(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// What is stored of an archive beside its bytes.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, archive_id: i64) -> Result<Option<ArchiveHead>, StoreError> {
    Ok(archives::table.find((campaign_id, archive_id)).select(HEAD).get_result(conn).optional()?)
}

/// The campaign's document in an archive.
///
/// # Errors
/// What the database says.
pub fn document(conn: &mut DbConn, campaign_id: i64, archive_id: i64) -> Result<Option<Arc<Campaign>>, StoreError> {
    let row = archives::table.find((campaign_id, archive_id)).select(archives::document);
    let text: Option<String> = row.get_result(conn).optional()?;
    text.map(|text| campaigns::parse(campaign_id, text)).transpose()
}

/// The bytes of an archive's pack, a zip.
///
/// # Errors
/// What the database says.
pub fn pack(conn: &mut DbConn, campaign_id: i64, archive_id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(archives::table.find((campaign_id, archive_id)).select(archives::pack).get_result(conn).optional()?)
}

/// The rows of an archive, as [`take`] made them.
///
/// # Errors
/// What the database says.
pub fn facts(conn: &mut DbConn, campaign_id: i64, archive_id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(archives::table.find((campaign_id, archive_id)).select(archives::facts).get_result(conn).optional()?)
}

/// The rows of a campaign as they stand in this transaction; `pending` are revisions that it
/// has accepted and not stored yet.
///
/// # Errors
/// What the database says.
pub fn take(conn: &mut DbConn, of: &StoredCampaign, pending: &[NewRevision]) -> Result<Vec<u8>, StoreError> {
    let mut to = DbConn::Sqlite(SqliteConnection::establish(":memory:")?);
    migrate(&mut to)?;
    catalog::expect_whole(&mut to)?;
    write(&mut to, |to| {
        copy_campaign(conn, to, of.id)?;
        let pending: Vec<NewRevision> = pending.iter().filter(|revision| revision.is_of(of.id)).cloned().collect();
        campaigns::insert_revisions(to, &pending)?;
        campaigns::set_revision(to, of.id, of.revision, of.last_recorded_at)?;
        // in an archive nothing hides it
        campaigns::set_pinning(to, of.id, Pinning::default())
    })?;
    let DbConn::Sqlite(mut file) = to else { return Err(unreadable("no file")) };
    let bytes = file.serialize_database_to_buffer();
    let bytes = bytes.try_as_slice().map_err(|error| unreadable(&error.to_string()))?;
    // others wait meanwhile: a smaller archive is not worth three times as long
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(bytes).and_then(|()| zip.finish()).map_err(|error| unreadable(&error.to_string()))
}

fn unreadable(why: &str) -> StoreError {
    StoreError::Unreadable(format!("an archive: {why}"))
}

/// An archive as a database in memory; it lives as long as this.
pub struct Archived {
    database: Database,
    /// Without a connection, there is nothing left of it.
    _keep: std::sync::Mutex<DbConn>,
}

impl std::fmt::Debug for Archived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archived").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Archived {
    /// Reads one moment of it, which is its only one.
    ///
    /// # Errors
    /// What `work` answers.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut DbConn) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.database.reader()?;
        read(&mut conn, work)
    }
}

/// Opens the rows that [`take`] made, and brings them to the current schema.
///
/// # Errors
/// Bytes that are no archive.
pub fn open(facts: &[u8]) -> Result<Archived, StoreError> {
    // one name for all connections of this process to it, and for no other
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let mut bytes = Vec::new();
    GzDecoder::new(facts).read_to_end(&mut bytes).map_err(|error| unreadable(&error.to_string()))?;
    let name = format!("file:/archive-{}?vfs=memdb", OPENED.fetch_add(1, Ordering::Relaxed));
    let address = Address::Sqlite(name.clone().into());
    let mut keep = address.connect()?;
    {
        let mut file = SqliteConnection::establish(":memory:")?;
        file.deserialize_readonly_database_from_buffer(&bytes)?;
        file.batch_execute(&format!("VACUUM INTO '{name}'"))?;
    }
    migrate(&mut keep)?;
    Ok(Archived { database: Database::new(address, READERS), _keep: std::sync::Mutex::new(keep) })
}
