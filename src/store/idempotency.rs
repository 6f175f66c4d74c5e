//! Answers to writes, kept with the write itself so that a retry gets them again.

use super::StoreError;
use super::conn::DbConn;
use super::fixed::{Fixed, insert_arrays};
use super::schema::idempotency_keys;
use crate::domain::Instant;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};

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

/// Holds keys of callers against other writers until the transaction ends: whoever comes
/// second finds what the first one answered. On SQLite there is one writer at a time anyway.
///
/// # Errors
/// What the database says.
pub fn hold(conn: &mut DbConn, keys: &[(&str, &str)]) -> Result<(), StoreError> {
    let DbConn::Pg(conn) = conn else { return Ok(()) };
    // in one order, so that two processes cannot wait for each other
    let hold = Fixed::new(
        "SELECT pg_advisory_xact_lock(h) FROM \
         (SELECT DISTINCT hashtextextended(k, 0) AS h FROM unnest(?) AS k ORDER BY h) AS held",
    );
    let names: Vec<String> = keys.iter().map(|(caller, key)| format!("greenzone {caller} {key}")).collect();
    hold.bind::<Array<Text>, _>(names).execute(conn)?;
    Ok(())
}

/// The answers that are still kept under some keys of callers.
///
/// # Errors
/// What the database says.
pub fn find(conn: &mut DbConn, keys: &[(&str, &str)], now: Instant) -> Result<Vec<KeptAnswer>, StoreError> {
    let kept = idempotency_keys::table.filter(idempotency_keys::created_us.gt(now.micros() - KEPT_US));
    // the statement for one is prepared once
    if let [(caller, key)] = keys {
        let one = idempotency_keys::caller.eq(caller).and(idempotency_keys::idempotency_key.eq(key));
        return Ok(kept.filter(one).get_result(conn).optional()?.into_iter().collect());
    }
    let (callers, keys): (Vec<&str>, Vec<&str>) = keys.iter().copied().unzip();
    let some = idempotency_keys::caller.eq_any(callers).and(idempotency_keys::idempotency_key.eq_any(keys));
    Ok(kept.filter(some).load(conn)?)
}

/// Keeps answers, those that are too old make room.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, answers: &[KeptAnswer]) -> Result<(), StoreError> {
    let Some(first) = answers.first() else { return Ok(()) };
    forget_old(conn, Instant::from_micros(first.created_us))?;
    match conn {
        DbConn::Pg(c) => drop(insert_arrays!(c, "idempotency_keys", answers, {
            caller: Text,
            idempotency_key: Text,
            fingerprint: Text,
            status: Integer,
            revision: BigInt,
            body: Binary,
            etag: Nullable<Text>,
            location: Nullable<Text>,
            created_us: BigInt,
        })?),
        DbConn::Sqlite(c) => {
            for answer in answers {
                diesel::insert_into(idempotency_keys::table).values(answer).execute(c)?;
            }
        }
    }
    Ok(())
}

/// Forgets answers that are too old, so that the table holds a day's and no more.
fn forget_old(conn: &mut DbConn, now: Instant) -> Result<usize, StoreError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_us.le(now.micros() - KEPT_US));
    Ok(diesel::delete(old).execute(conn)?)
}
