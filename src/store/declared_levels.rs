//! The levels that units declare to act at: rows are added and marked as withdrawn, never
//! changed otherwise and never deleted.

use super::conn::{DbConn, on_each};
use super::schema::declared_levels;
use super::{BATCH, StoreError, day_number, day_of, micros};
use crate::domain::contest::Stamp;
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// One revision of a declared level.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = declared_levels, treat_none_as_default_value = false)]
pub struct DeclaredLevelRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    from_day: i32,
    recorded_us: i64,
    /// Code of the level.
    pub level: String,
    /// Why.
    pub reason: Option<String>,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

/// What is new about a declared level.
#[derive(Clone, Debug)]
pub struct NewDeclaredLevel {
    /// The key of the unit.
    pub unit_id: i64,
    /// From this day on.
    pub from: Day,
    /// Code of the level.
    pub level: String,
    /// Why.
    pub reason: Option<String>,
}

impl DeclaredLevelRow {
    /// A new one.
    pub fn new(campaign_id: i64, new: NewDeclaredLevel, stamp: Stamp, revision: i64) -> Self {
        Self {
            campaign_id,
            unit_id: new.unit_id,
            from_day: day_number(new.from),
            recorded_us: stamp.recorded_at.micros(),
            level: new.level,
            reason: new.reason,
            revision,
            withdrawn_us: micros(stamp.withdrawn_at),
            withdrawn_reason: None,
        }
    }

    /// From this day on.
    pub fn from(&self) -> Day {
        day_of(self.from_day)
    }

    /// Its life.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            recorded_at: Instant::from_micros(self.recorded_us),
            withdrawn_at: self.withdrawn_us.map(Instant::from_micros),
        }
    }
}

/// All revisions of a campaign's declared levels, of one unit where one is named, by unit,
/// day and instant.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64, unit_id: Option<i64>) -> Result<Vec<DeclaredLevelRow>, StoreError> {
    let mut query = declared_levels::table.filter(declared_levels::campaign_id.eq(campaign_id)).into_boxed();
    if let Some(unit_id) = unit_id {
        query = query.filter(declared_levels::unit_id.eq(unit_id));
    }
    let query = query.order((
        declared_levels::unit_id.asc(),
        declared_levels::from_day.asc(),
        declared_levels::recorded_us.asc(),
    ));
    Ok(query.load(conn)?)
}

/// Adds declared levels.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, rows: &[DeclaredLevelRow]) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(declared_levels::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Takes a declared level back.
///
/// # Errors
/// What the database says.
pub fn withdraw(
    conn: &mut DbConn,
    row: &DeclaredLevelRow,
    at: Instant,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let found = declared_levels::table.find((row.campaign_id, row.unit_id, row.from_day, row.recorded_us));
    let values = (declared_levels::withdrawn_us.eq(at.micros()), declared_levels::withdrawn_reason.eq(reason));
    diesel::update(found).set(values).execute(conn)?;
    Ok(())
}
