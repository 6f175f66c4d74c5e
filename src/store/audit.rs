//! The log of what was done and seen, as chains of entries.

use super::StoreError;
use super::conn::{DbConn, on_each};
use super::fixed::insert_arrays;
use super::schema::{audit_entries, audit_heads};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

/// An entry of a chain, as it is stored; what it says is the business of others.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
pub struct EntryRow {
    /// The chain: `accounts`, or `campaigns/` and a code.
    pub chain: String,
    /// Place in it, from 1.
    pub number: i64,
    /// When, in microseconds since 1970 UTC.
    pub at_us: i64,
    /// Who.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// From where.
    pub origin: String,
    /// In which request.
    pub request_id: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// What stood before, as JSON.
    pub before: Option<String>,
    /// What stands after, as JSON.
    pub after: Option<String>,
    /// Hash of the entry before it.
    pub previous_hash: String,
    /// Hash of all of this.
    pub hash: String,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = audit_heads)]
pub struct HeadRow {
    /// The chain.
    pub chain: String,
    /// Number of its last entry.
    pub number: i64,
    /// Hash of its last entry.
    pub hash: String,
}

/// Holds a chain against other writers until the transaction ends, and says where it ends.
///
/// # Errors
/// What the database says.
pub fn lock(conn: &mut DbConn, chain: &str) -> Result<HeadRow, StoreError> {
    let hold = |conn: &mut DbConn| -> Result<Option<HeadRow>, StoreError> {
        let row = audit_heads::table.filter(audit_heads::chain.eq(chain));
        let touch = diesel::update(row).set(audit_heads::number.eq(audit_heads::number));
        Ok(on_each!(conn, |c| touch.get_result(c).optional())?)
    };
    if let Some(head) = hold(conn)? {
        return Ok(head);
    }
    let first = HeadRow { chain: chain.to_owned(), number: 0, hash: String::new() };
    let new = &first;
    on_each!(conn, |c| diesel::insert_into(audit_heads::table).values(new).on_conflict_do_nothing().execute(c))?;
    // whoever came second waited for the first one's commit, and finds its row here
    Ok(hold(conn)?.unwrap_or(first))
}

/// Adds entries to a chain that is held, and moves its end.
///
/// # Errors
/// What the database says.
pub fn append(conn: &mut DbConn, entries: &[EntryRow]) -> Result<(), StoreError> {
    let Some(last) = entries.last() else { return Ok(()) };
    match conn {
        DbConn::Pg(c) => drop(insert_arrays!(c, "audit_entries", entries, {
            chain: Text,
            number: BigInt,
            at_us: BigInt,
            actor: Text,
            role: Text,
            origin: Text,
            request_id: Nullable<Text>,
            action: Text,
            target: Text,
            before: Nullable<Text>,
            after: Nullable<Text>,
            previous_hash: Text,
            hash: Text,
        })?),
        // the statement for one is prepared once
        DbConn::Sqlite(c) => {
            for entry in entries {
                diesel::insert_into(audit_entries::table).values(entry).execute(c)?;
            }
        }
    }
    let row = audit_heads::table.filter(audit_heads::chain.eq(&last.chain));
    let values = (audit_heads::number.eq(last.number), audit_heads::hash.eq(&last.hash));
    diesel::update(row).set(values).execute(conn)?;
    Ok(())
}

/// Where all chains end, in the order of their names.
///
/// # Errors
/// What the database says.
pub fn heads(conn: &mut DbConn) -> Result<Vec<HeadRow>, StoreError> {
    Ok(audit_heads::table.order(audit_heads::chain.asc()).load(conn)?)
}

/// Where a chain ends, if there is one.
///
/// # Errors
/// What the database says.
pub fn head(conn: &mut DbConn, chain: &str) -> Result<Option<HeadRow>, StoreError> {
    Ok(audit_heads::table.filter(audit_heads::chain.eq(chain)).get_result(conn).optional()?)
}

/// The names of the chains that have entries.
///
/// # Errors
/// What the database says.
pub fn chains(conn: &mut DbConn) -> Result<Vec<String>, StoreError> {
    Ok(audit_entries::table.select(audit_entries::chain).distinct().order(audit_entries::chain.asc()).load(conn)?)
}

/// Entries of a chain after a number, in their order, no more than `limit`.
///
/// # Errors
/// What the database says.
pub fn after(conn: &mut DbConn, chain: &str, number: i64, limit: i64) -> Result<Vec<EntryRow>, StoreError> {
    let query = audit_entries::table
        .filter(audit_entries::chain.eq(chain))
        .filter(audit_entries::number.gt(number))
        .order(audit_entries::number.asc())
        .limit(limit);
    Ok(query.load(conn)?)
}

/// Which entries are looked for; nothing given, all of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EntryFilter {
    /// Only of this actor.
    pub actor: Option<String>,
    /// Only of this action.
    pub action: Option<String>,
    /// Only about this target.
    pub target: Option<String>,
    /// Only in this request.
    pub request_id: Option<String>,
    /// From this instant on, in microseconds.
    pub from_us: Option<i64>,
    /// Before this instant, in microseconds.
    pub to_us: Option<i64>,
}

/// The entries of a chain that match; a macro, since the query's type is the database's.
macro_rules! matching {
    ($chain:expr, $filter:expr) => {{
        let mut query = audit_entries::table.filter(audit_entries::chain.eq($chain)).into_boxed();
        if let Some(actor) = &$filter.actor {
            query = query.filter(audit_entries::actor.eq(actor));
        }
        if let Some(action) = &$filter.action {
            query = query.filter(audit_entries::action.eq(action));
        }
        if let Some(target) = &$filter.target {
            query = query.filter(audit_entries::target.eq(target));
        }
        if let Some(request_id) = &$filter.request_id {
            query = query.filter(audit_entries::request_id.eq(request_id));
        }
        if let Some(from) = $filter.from_us {
            query = query.filter(audit_entries::at_us.ge(from));
        }
        if let Some(to) = $filter.to_us {
            query = query.filter(audit_entries::at_us.lt(to));
        }
        query
    }};
}

/// Entries of a chain that match and stand before a number, the latest first, no more
/// than `limit`.
///
/// # Errors
/// What the database says.
pub fn search(
    conn: &mut DbConn,
    chain: &str,
    filter: &EntryFilter,
    before: i64,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    on_each!(conn, |c| {
        let rows = matching!(chain, filter).filter(audit_entries::number.lt(before));
        Ok(rows.order(audit_entries::number.desc()).limit(limit).load(c)?)
    })
}

/// How many entries of a chain match.
///
/// # Errors
/// What the database says.
pub fn count(conn: &mut DbConn, chain: &str, filter: &EntryFilter) -> Result<i64, StoreError> {
    on_each!(conn, |c| Ok(matching!(chain, filter).count().get_result(c)?))
}
