//! Imports that changed something, so that they can be listed and undone.

use super::StoreError;
use super::conn::DbConn;
use super::schema::imports;
use diesel::prelude::*;

/// An import as it is stored; instants are microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = imports, treat_none_as_default_value = false)]
pub struct ImportRow {
    /// The key of the campaign.
    pub campaign_id: i64,
    /// Its number in the campaign, from 1.
    pub import_id: i64,
    /// When.
    pub recorded_us: i64,
    /// By whom, as the log names them.
    pub actor: String,
    /// `figures`, `units` or `pack`.
    pub what: String,
    /// Rows that were new.
    pub new_rows: i64,
    /// Rows that changed what stood.
    pub changed_rows: i64,
    /// Rows that changed nothing.
    pub same_rows: i64,
    /// Units that it speaks of.
    pub units: i64,
    /// Days that it speaks of.
    pub days: i64,
    /// The last revision that it made.
    pub revision: i64,
    /// When it was undone.
    pub undone_us: Option<i64>,
    /// By whom.
    pub undone_by: Option<String>,
    /// Why.
    pub undone_reason: Option<String>,
    /// As which revision.
    pub undone_revision: Option<i64>,
}

/// All imports of a campaign, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<ImportRow>, StoreError> {
    let query = imports::table.filter(imports::campaign_id.eq(campaign_id)).order(imports::import_id.asc());
    Ok(query.load(conn)?)
}

/// An import by its number.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, import_id: i64) -> Result<Option<ImportRow>, StoreError> {
    Ok(imports::table.find((campaign_id, import_id)).get_result(conn).optional()?)
}

/// The next free number.
///
/// # Errors
/// What the database says.
pub fn next_id(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let of_campaign = imports::table.filter(imports::campaign_id.eq(campaign_id));
    let last: Option<i64> = of_campaign.select(diesel::dsl::max(imports::import_id)).get_result(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// Adds one.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &ImportRow) -> Result<(), StoreError> {
    diesel::insert_into(imports::table).values(row).execute(conn)?;
    Ok(())
}

/// Stores that one was undone, as the row now says.
///
/// # Errors
/// What the database says.
pub fn mark_undone(conn: &mut DbConn, row: &ImportRow) -> Result<(), StoreError> {
    let values = (
        imports::undone_us.eq(row.undone_us),
        imports::undone_by.eq(&row.undone_by),
        imports::undone_reason.eq(&row.undone_reason),
        imports::undone_revision.eq(row.undone_revision),
    );
    diesel::update(imports::table.find((row.campaign_id, row.import_id))).set(values).execute(conn)?;
    Ok(())
}
