//! Sign-ins: a session, and the family of refresh tokens that keeps it going.

use super::StoreError;
use super::accounts::{Account, AccountRow};
use super::conn::DbConn;
use super::schema::{accounts, refresh_tokens, sessions};
use crate::domain::Instant;
use diesel::prelude::*;

/// A sign-in on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its key; access tokens name it.
    pub id: String,
    /// Whose it is.
    pub username: String,
    /// When it ends, whatever happens.
    pub until: Instant,
}

/// A refresh token, known by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token in hex.
    pub hash: String,
    /// The session that it keeps going.
    pub session: String,
    /// Until when it can be used.
    pub until: Instant,
    /// When it was first used.
    pub spent_at: Option<Instant>,
}

/// Adds a session.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, session: &Session, created_at: Instant) -> Result<(), StoreError> {
    let values = (
        sessions::id.eq(&session.id),
        sessions::username.eq(&session.username),
        sessions::created_us.eq(created_at.micros()),
        sessions::until_us.eq(session.until.micros()),
    );
    diesel::insert_into(sessions::table).values(values).execute(conn)?;
    Ok(())
}

/// A session that has not ended, with its account.
///
/// # Errors
/// What the database says.
pub fn find_open(conn: &mut DbConn, id: &str, now: Instant) -> Result<Option<(Session, Account)>, StoreError> {
    let query = sessions::table
        .inner_join(accounts::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::until_us.gt(now.micros()))
        .select((sessions::id, sessions::until_us, accounts::all_columns));
    let row: Option<OpenRow> = query.get_result(conn).optional()?;
    row.map(read_open).transpose()
}

/// Key and end of a session, and its account.
type OpenRow = (String, i64, AccountRow);

fn read_open((id, until, account): OpenRow) -> Result<(Session, Account), StoreError> {
    let account = account.read()?;
    let session = Session { id, username: account.username.clone(), until: Instant::from_micros(until) };
    Ok((session, account))
}

/// Those of some sessions that have not ended, each with its account.
///
/// # Errors
/// What the database says.
pub fn find_all_open(conn: &mut DbConn, ids: &[&str], now: Instant) -> Result<Vec<(Session, Account)>, StoreError> {
    // the statement for one is prepared once
    if let [one] = ids {
        return Ok(find_open(conn, one, now)?.into_iter().collect());
    }
    let query = sessions::table
        .inner_join(accounts::table)
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::until_us.gt(now.micros()))
        .select((sessions::id, sessions::until_us, accounts::all_columns));
    let rows: Vec<OpenRow> = query.load(conn)?;
    rows.into_iter().map(read_open).collect()
}

/// Ends a session; its tokens go with it.
///
/// # Errors
/// What the database says.
pub fn end(conn: &mut DbConn, id: &str) -> Result<(), StoreError> {
    diesel::delete(sessions::table.filter(sessions::id.eq(id))).execute(conn)?;
    Ok(())
}

/// Ends all sessions of an account; answers how many there were.
///
/// # Errors
/// What the database says.
pub fn end_all(conn: &mut DbConn, username: &str) -> Result<usize, StoreError> {
    Ok(diesel::delete(sessions::table.filter(sessions::username.eq(username))).execute(conn)?)
}

/// Forgets the sessions and refresh tokens whose time is over.
///
/// # Errors
/// What the database says.
pub fn forget_old(conn: &mut DbConn, now: Instant) -> Result<(), StoreError> {
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::until_us.le(now.micros()))).execute(conn)?;
    diesel::delete(sessions::table.filter(sessions::until_us.le(now.micros()))).execute(conn)?;
    Ok(())
}

/// Adds a refresh token.
///
/// # Errors
/// What the database says.
pub fn insert_refresh(conn: &mut DbConn, token: &RefreshToken) -> Result<(), StoreError> {
    let values = (
        refresh_tokens::hash.eq(&token.hash),
        refresh_tokens::session_id.eq(&token.session),
        refresh_tokens::until_us.eq(token.until.micros()),
        refresh_tokens::spent_us.eq(token.spent_at.map(Instant::micros)),
    );
    diesel::insert_into(refresh_tokens::table).values(values).execute(conn)?;
    Ok(())
}

/// The refresh token of a hash.
///
/// # Errors
/// What the database says.
pub fn find_refresh(conn: &mut DbConn, hash: &str) -> Result<Option<RefreshToken>, StoreError> {
    let row: Option<(String, String, i64, Option<i64>)> =
        refresh_tokens::table.filter(refresh_tokens::hash.eq(hash)).get_result(conn).optional()?;
    Ok(row.map(|(hash, session, until, spent)| RefreshToken {
        hash,
        session,
        until: Instant::from_micros(until),
        spent_at: spent.map(Instant::from_micros),
    }))
}

/// Notes that a refresh token was used.
///
/// # Errors
/// What the database says.
pub fn spend_refresh(conn: &mut DbConn, hash: &str, at: Instant) -> Result<(), StoreError> {
    let row = refresh_tokens::table.filter(refresh_tokens::hash.eq(hash));
    diesel::update(row).set(refresh_tokens::spent_us.eq(Some(at.micros()))).execute(conn)?;
    Ok(())
}
