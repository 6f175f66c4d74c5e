//! What the council decided: excuses, states, declared starts, adjustments. Rows are
//! added and marked as withdrawn, never changed otherwise and never deleted.

use super::conn::{DbConn, on_each};
use super::schema::{adjustments, excuses, start_levels, unit_states};
use super::{BATCH, StoreError, day_number, day_of, micros};
use crate::domain::contest::{AdjustmentKind, Stamp};
use crate::domain::unit::UnitState;
use crate::domain::{Day, Instant};
use diesel::prelude::*;

fn stamp(recorded_us: i64, withdrawn_us: Option<i64>) -> Stamp {
    Stamp { recorded_at: Instant::from_micros(recorded_us), withdrawn_at: withdrawn_us.map(Instant::from_micros) }
}

/// One revision of an excuse.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = excuses, treat_none_as_default_value = false)]
pub struct ExcuseRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    day: i32,
    recorded_us: i64,
    /// Why.
    pub reason: String,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

impl ExcuseRow {
    /// A new one.
    pub fn new(campaign_id: i64, unit_id: i64, day: Day, reason: String, stamp: Stamp, revision: i64) -> Self {
        let (recorded_us, withdrawn_us) = (stamp.recorded_at.micros(), micros(stamp.withdrawn_at));
        let day = day_number(day);
        Self { campaign_id, unit_id, day, recorded_us, reason, revision, withdrawn_us, withdrawn_reason: None }
    }

    /// The day excused.
    pub fn day(&self) -> Day {
        day_of(self.day)
    }

    /// Its life.
    pub fn stamp(&self) -> Stamp {
        stamp(self.recorded_us, self.withdrawn_us)
    }
}

/// All revisions of a campaign's excuses, in the order of unit, day and instant.
///
/// # Errors
/// What the database says.
pub fn list_excuses(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<ExcuseRow>, StoreError> {
    let query = excuses::table.filter(excuses::campaign_id.eq(campaign_id)).order((
        excuses::unit_id.asc(),
        excuses::day.asc(),
        excuses::recorded_us.asc(),
    ));
    Ok(on_each!(conn, |c| query.load(c))?)
}

/// The latest revision of a day's excuse.
///
/// # Errors
/// What the database says.
pub fn latest_excuse(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_id: i64,
    day: Day,
) -> Result<Option<ExcuseRow>, StoreError> {
    let query = excuses::table
        .filter(excuses::campaign_id.eq(campaign_id))
        .filter(excuses::unit_id.eq(unit_id))
        .filter(excuses::day.eq(day_number(day)))
        .order(excuses::recorded_us.desc());
    Ok(query.get_result(conn).optional()?)
}

/// Adds excuses.
///
/// # Errors
/// What the database says.
pub fn insert_excuses(conn: &mut DbConn, rows: &[ExcuseRow]) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(excuses::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Takes an excuse back.
///
/// # Errors
/// What the database says.
pub fn withdraw_excuse(
    conn: &mut DbConn,
    row: &ExcuseRow,
    at: Instant,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let found = excuses::table.find((row.campaign_id, row.unit_id, row.day, row.recorded_us));
    let values = (excuses::withdrawn_us.eq(at.micros()), excuses::withdrawn_reason.eq(reason));
    diesel::update(found).set(values).execute(conn)?;
    Ok(())
}

/// One revision of a unit's state.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = unit_states)]
pub struct StateRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    recorded_us: i64,
    state: String,
    /// Why.
    pub reason: String,
    /// The revision of the campaign that brought it.
    pub revision: i64,
}

impl StateRow {
    /// A new one.
    pub fn new(campaign_id: i64, unit_id: i64, state: UnitState, reason: String, at: Instant, revision: i64) -> Self {
        Self { campaign_id, unit_id, recorded_us: at.micros(), state: state.code().to_owned(), reason, revision }
    }

    /// The state.
    pub fn state(&self) -> UnitState {
        UnitState::parse(&self.state).unwrap_or_default()
    }

    /// From when on.
    pub fn recorded_at(&self) -> Instant {
        Instant::from_micros(self.recorded_us)
    }
}

/// All revisions of a campaign's states, in the order of unit and instant.
///
/// # Errors
/// What the database says.
pub fn list_states(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<StateRow>, StoreError> {
    let query = unit_states::table
        .filter(unit_states::campaign_id.eq(campaign_id))
        .order((unit_states::unit_id.asc(), unit_states::recorded_us.asc()));
    Ok(on_each!(conn, |c| query.load(c))?)
}

/// The latest revision of a unit's state.
///
/// # Errors
/// What the database says.
pub fn latest_state(conn: &mut DbConn, campaign_id: i64, unit_id: i64) -> Result<Option<StateRow>, StoreError> {
    let query = unit_states::table
        .filter(unit_states::campaign_id.eq(campaign_id))
        .filter(unit_states::unit_id.eq(unit_id))
        .order(unit_states::recorded_us.desc());
    Ok(query.get_result(conn).optional()?)
}

/// Adds states.
///
/// # Errors
/// What the database says.
pub fn insert_states(conn: &mut DbConn, rows: &[StateRow]) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(unit_states::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// One revision of a declared start.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = start_levels, treat_none_as_default_value = false)]
pub struct StartLevelRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    recorded_us: i64,
    /// Code of the level.
    pub level: String,
    /// Why.
    pub reason: String,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

impl StartLevelRow {
    /// A new one.
    pub fn new(campaign_id: i64, unit_id: i64, level: String, reason: String, stamp: Stamp, revision: i64) -> Self {
        let (recorded_us, withdrawn_us) = (stamp.recorded_at.micros(), micros(stamp.withdrawn_at));
        Self { campaign_id, unit_id, recorded_us, level, reason, revision, withdrawn_us, withdrawn_reason: None }
    }

    /// Its life.
    pub fn stamp(&self) -> Stamp {
        stamp(self.recorded_us, self.withdrawn_us)
    }
}

/// All revisions of a campaign's declared starts, in the order of unit and instant.
///
/// # Errors
/// What the database says.
pub fn list_start_levels(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<StartLevelRow>, StoreError> {
    let query = start_levels::table
        .filter(start_levels::campaign_id.eq(campaign_id))
        .order((start_levels::unit_id.asc(), start_levels::recorded_us.asc()));
    Ok(on_each!(conn, |c| query.load(c))?)
}

/// The latest revision of a unit's declared start.
///
/// # Errors
/// What the database says.
pub fn latest_start_level(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_id: i64,
) -> Result<Option<StartLevelRow>, StoreError> {
    let query = start_levels::table
        .filter(start_levels::campaign_id.eq(campaign_id))
        .filter(start_levels::unit_id.eq(unit_id))
        .order(start_levels::recorded_us.desc());
    Ok(query.get_result(conn).optional()?)
}

/// Adds declared starts.
///
/// # Errors
/// What the database says.
pub fn insert_start_levels(conn: &mut DbConn, rows: &[StartLevelRow]) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(start_levels::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Takes a declared start back.
///
/// # Errors
/// What the database says.
pub fn withdraw_start_level(
    conn: &mut DbConn,
    row: &StartLevelRow,
    at: Instant,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let found = start_levels::table.find((row.campaign_id, row.unit_id, row.recorded_us));
    let values = (start_levels::withdrawn_us.eq(at.micros()), start_levels::withdrawn_reason.eq(reason));
    diesel::update(found).set(values).execute(conn)?;
    Ok(())
}

/// A bonus or deduction.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = adjustments, treat_none_as_default_value = false)]
pub struct AdjustmentRow {
    campaign_id: i64,
    /// Its key in the campaign.
    pub adjustment_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    recorded_us: i64,
    kind: String,
    /// Points, more than 0, in hundredths.
    pub points_hundredths: i64,
    /// Why.
    pub reason: String,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

/// A new bonus or deduction without its keys and life.
#[derive(Clone, Debug)]
pub struct NewAdjustment {
    /// The key of the unit.
    pub unit_id: i64,
    /// Gives or takes.
    pub kind: AdjustmentKind,
    /// Points in hundredths.
    pub points: i64,
    /// Why.
    pub reason: String,
}

impl AdjustmentRow {
    /// A new one.
    pub fn new(campaign_id: i64, id: i64, new: NewAdjustment, stamp: Stamp, revision: i64) -> Self {
        Self {
            campaign_id,
            adjustment_id: id,
            unit_id: new.unit_id,
            recorded_us: stamp.recorded_at.micros(),
            kind: new.kind.code().to_owned(),
            points_hundredths: new.points,
            reason: new.reason,
            revision,
            withdrawn_us: micros(stamp.withdrawn_at),
            withdrawn_reason: None,
        }
    }

    /// Gives or takes.
    pub fn kind(&self) -> AdjustmentKind {
        AdjustmentKind::parse(&self.kind).unwrap_or(AdjustmentKind::Deduction)
    }

    /// Its life.
    pub fn stamp(&self) -> Stamp {
        stamp(self.recorded_us, self.withdrawn_us)
    }
}

/// All adjustments of a campaign, or of one of its units, in the order of their keys.
///
/// # Errors
/// What the database says.
pub fn list_adjustments(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_id: Option<i64>,
) -> Result<Vec<AdjustmentRow>, StoreError> {
    let mut query = adjustments::table
        .filter(adjustments::campaign_id.eq(campaign_id))
        .order(adjustments::adjustment_id.asc())
        .into_boxed();
    if let Some(unit) = unit_id {
        query = query.filter(adjustments::unit_id.eq(unit));
    }
    Ok(query.load(conn)?)
}

/// The adjustment of a key.
///
/// # Errors
/// What the database says.
pub fn find_adjustment(conn: &mut DbConn, campaign_id: i64, id: i64) -> Result<Option<AdjustmentRow>, StoreError> {
    let query =
        adjustments::table.filter(adjustments::campaign_id.eq(campaign_id)).filter(adjustments::adjustment_id.eq(id));
    Ok(query.get_result(conn).optional()?)
}

/// The next free key.
///
/// # Errors
/// What the database says.
pub fn next_adjustment_id(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let of_campaign = adjustments::table.filter(adjustments::campaign_id.eq(campaign_id));
    let last: Option<i64> = of_campaign.select(diesel::dsl::max(adjustments::adjustment_id)).get_result(conn)?;
    Ok(last.map_or(1, |id| id + 1))
}

/// Adds adjustments.
///
/// # Errors
/// What the database says.
pub fn insert_adjustments(conn: &mut DbConn, rows: &[AdjustmentRow]) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(adjustments::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Takes an adjustment back.
///
/// # Errors
/// What the database says.
pub fn withdraw_adjustment(
    conn: &mut DbConn,
    row: &AdjustmentRow,
    at: Instant,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let found = adjustments::table.find((row.campaign_id, row.adjustment_id));
    let values = (adjustments::withdrawn_us.eq(at.micros()), adjustments::withdrawn_reason.eq(reason));
    diesel::update(found).set(values).execute(conn)?;
    Ok(())
}
