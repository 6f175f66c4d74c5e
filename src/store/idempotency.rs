//! Answers to writes, kept with the write itself so that a retry gets them again.

use super::StoreError;
use super::conn::DbConn;
use super::schema::idempotency_keys;
use crate::domain::Instant;
use diesel::prelude::*;

/// An answer that was given.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
pub struct KeptAnswer {
    /// Whose key it is.
    pub caller: String,
    /// The key.
    pub idempotency_key: String,
    /// What was asked with it.
    pub fingerprint: String,
    /// Status of the answer.
    pub status: i32,
    /// Revision of the campaign.
    pub revision: i64,
    /// The answer's bytes.
    pub body: Vec<u8>,
    /// The answer's entity tag.
    pub etag: Option<String>,
    /// Where what was made is.
    pub location: Option<String>,
    /// When it was given, in microseconds since 1970 UTC.
    pub created_us: i64,
}

impl KeptAnswer {
    /// A new one; `body` and what describes it are set by the caller.
    pub fn new(caller: &str, key: &str, fingerprint: &str, created_at: Instant) -> Self {
        Self {
            caller: caller.to_owned(),
            idempotency_key: key.to_owned(),
            fingerprint: fingerprint.to_owned(),
            status: 0,
            revision: 0,
            body: Vec::new(),
            etag: None,
            location: None,
            created_us: created_at.micros(),
        }
    }
}

/// How long an answer is kept, in microseconds: 24 hours (contract.md section 3, Writes).
const KEPT_US: i64 = 24 * 3_600 * 1_000_000;

/// The answer to a key that is still kept.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, caller: &str, key: &str, now: Instant) -> Result<Option<KeptAnswer>, StoreError> {
    let query = idempotency_keys::table
        .filter(idempotency_keys::caller.eq(caller))
        .filter(idempotency_keys::idempotency_key.eq(key))
        .filter(idempotency_keys::created_us.gt(now.micros() - KEPT_US));
    Ok(query.get_result(conn).optional()?)
}

/// Keeps an answer; those that are too old make room.
///
/// # Errors
/// [`StoreError::Taken`] where another process keeps one under the same key, or what the database says.
pub fn insert(conn: &mut DbConn, answer: &KeptAnswer) -> Result<(), StoreError> {
    forget_old(conn, Instant::from_micros(answer.created_us))?;
    diesel::insert_into(idempotency_keys::table).values(answer.clone()).execute(conn)?;
    Ok(())
}

/// Forgets answers that are too old, so that the table holds a day's and no more.
fn forget_old(conn: &mut DbConn, now: Instant) -> Result<usize, StoreError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_us.le(now.micros() - KEPT_US));
    Ok(diesel::delete(old).execute(conn)?)
}
