//! Units that open or close during a campaign: rows are added and marked as withdrawn,
//! never changed otherwise and never deleted.

use super::conn::DbConn;
use super::schema::lifetimes;
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// One revision of a unit's lifetime.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = lifetimes, treat_none_as_default_value = false)]
pub struct LifetimeRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    recorded_us: i64,
    opens: Option<i32>,
    closes: Option<i32>,
    successors: String,
    /// Why.
    pub reason: String,
    /// The revision of the campaign that brought it, and the excuses and the state with it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

/// What is said of a unit's lifetime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Its first day, where it opened during the campaign.
    pub opens: Option<Day>,
    /// Its last day, where it closed during the campaign.
    pub closes: Option<Day>,
    /// Codes of the units that go on in its place.
    pub successors: Vec<String>,
    /// Why.
    pub reason: String,
}

impl LifetimeRow {
    /// A new one.
    pub fn new(campaign_id: i64, unit_id: i64, lifetime: &Lifetime, at: Instant, revision: i64) -> Self {
        Self {
            campaign_id,
            unit_id,
            recorded_us: at.micros(),
            opens: lifetime.opens.map(day_number),
            closes: lifetime.closes.map(day_number),
            successors: serde_json::to_string(&lifetime.successors).unwrap_or_default(),
            reason: lifetime.reason.clone(),
            revision,
            withdrawn_us: None,
            withdrawn_reason: None,
        }
    }

    /// What it says.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime {
            opens: self.opens.map(day_of),
            closes: self.closes.map(day_of),
            successors: serde_json::from_str(&self.successors).unwrap_or_default(),
            reason: self.reason.clone(),
        }
    }

    /// When.
    pub fn recorded_at(&self) -> Instant {
        Instant::from_micros(self.recorded_us)
    }

    /// Whether it was never taken back.
    pub fn stands(&self) -> bool {
        self.withdrawn_us.is_none()
    }
}

/// All revisions of a campaign's lifetimes, by unit and instant.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<LifetimeRow>, StoreError> {
    let query = lifetimes::table
        .filter(lifetimes::campaign_id.eq(campaign_id))
        .order((lifetimes::unit_id.asc(), lifetimes::recorded_us.asc()));
    Ok(query.load(conn)?)
}

/// The latest revision of a unit's lifetime.
///
/// # Errors
/// What the database says.
pub fn latest(conn: &mut DbConn, campaign_id: i64, unit_id: i64) -> Result<Option<LifetimeRow>, StoreError> {
    let query = lifetimes::table
        .filter(lifetimes::campaign_id.eq(campaign_id))
        .filter(lifetimes::unit_id.eq(unit_id))
        .order(lifetimes::recorded_us.desc());
    Ok(query.get_result(conn).optional()?)
}

/// Adds a lifetime.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &LifetimeRow) -> Result<(), StoreError> {
    diesel::insert_into(lifetimes::table).values(row).execute(conn)?;
    Ok(())
}

/// Takes a lifetime back.
///
/// # Errors
/// What the database says.
pub fn withdraw(conn: &mut DbConn, row: &LifetimeRow, at: Instant, reason: &str) -> Result<(), StoreError> {
    let found = lifetimes::table.find((row.campaign_id, row.unit_id, row.recorded_us));
    let values = (lifetimes::withdrawn_us.eq(at.micros()), lifetimes::withdrawn_reason.eq(reason));
    diesel::update(found).set(values).execute(conn)?;
    Ok(())
}
