//! What each source said of a unit's day: rows are added and marked as withdrawn, never
//! changed otherwise and never deleted. The figure that the first of them gives the day
//! stands among [`super::figures`].

use super::conn::{DbConn, on_each};
use super::figures::{FigureRow, StoredFigure};
use super::schema::source_figures;
use super::{BATCH, StoreError, day_number};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// One revision of what a source said.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFigure {
    /// Place of the source among the campaign's.
    pub source: u8,
    /// What it said.
    pub figure: StoredFigure,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = source_figures, treat_none_as_default_value = false)]
struct SourceFigureRow {
    campaign_id: i64,
    unit_id: i64,
    day: i32,
    source: i32,
    recorded_us: i64,
    community_f0: i32,
    contained_f0: Option<i32>,
    unknown_source_f0: Option<i32>,
    high_risk_setting_f0: Option<i32>,
    households_f0: Option<i32>,
    linked_households_f0: Option<i32>,
    note: Option<String>,
    reason: Option<String>,
    revision: i64,
    withdrawn_us: Option<i64>,
    withdrawn_reason: Option<String>,
}

impl SourceFigureRow {
    fn of(campaign_id: i64, said: &SourceFigure) -> Self {
        let row = FigureRow::of(campaign_id, &said.figure);
        Self {
            campaign_id,
            unit_id: row.unit_id,
            day: row.day,
            source: i32::from(said.source),
            recorded_us: row.recorded_us,
            community_f0: row.community_f0,
            contained_f0: row.contained_f0,
            unknown_source_f0: row.unknown_source_f0,
            high_risk_setting_f0: row.high_risk_setting_f0,
            households_f0: row.households_f0,
            linked_households_f0: row.linked_households_f0,
            note: row.note,
            reason: row.reason,
            revision: row.revision,
            withdrawn_us: row.withdrawn_us,
            withdrawn_reason: row.withdrawn_reason,
        }
    }

    fn read(self) -> Result<SourceFigure, StoreError> {
        let source = u8::try_from(self.source)
            .map_err(|_| StoreError::Unreadable(format!("source {} of unit {}", self.source, self.unit_id)))?;
        let row = FigureRow {
            campaign_id: self.campaign_id,
            unit_id: self.unit_id,
            day: self.day,
            recorded_us: self.recorded_us,
            community_f0: self.community_f0,
            contained_f0: self.contained_f0,
            unknown_source_f0: self.unknown_source_f0,
            high_risk_setting_f0: self.high_risk_setting_f0,
            households_f0: self.households_f0,
            linked_households_f0: self.linked_households_f0,
            note: self.note,
            reason: self.reason,
            revision: self.revision,
            withdrawn_us: self.withdrawn_us,
            withdrawn_reason: self.withdrawn_reason,
        };
        Ok(SourceFigure { source, figure: row.read()? })
    }
}

/// Which reports are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only of the unit with this key.
    pub unit_id: Option<i64>,
    /// From this day on.
    pub from: Option<Day>,
    /// Up to this day.
    pub to: Option<Day>,
}

/// All revisions of what a campaign's sources said, by unit, day, source and instant.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64, filter: Filter) -> Result<Vec<SourceFigure>, StoreError> {
    let mut query = source_figures::table
        .filter(source_figures::campaign_id.eq(campaign_id))
        .order((
            source_figures::unit_id.asc(),
            source_figures::day.asc(),
            source_figures::source.asc(),
            source_figures::recorded_us.asc(),
        ))
        .into_boxed();
    if let Some(unit) = filter.unit_id {
        query = query.filter(source_figures::unit_id.eq(unit));
    }
    if let Some(from) = filter.from {
        query = query.filter(source_figures::day.ge(day_number(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(source_figures::day.le(day_number(to)));
    }
    let rows: Vec<SourceFigureRow> = query.load(conn)?;
    rows.into_iter().map(SourceFigureRow::read).collect()
}

/// All revisions of what the sources said of a unit's day, by source and instant.
///
/// # Errors
/// What the database says.
pub fn of_day(conn: &mut DbConn, campaign_id: i64, unit_id: i64, day: Day) -> Result<Vec<SourceFigure>, StoreError> {
    list(conn, campaign_id, Filter { unit_id: Some(unit_id), from: Some(day), to: Some(day) })
}

/// Adds revisions.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, campaign_id: i64, new: &[SourceFigure]) -> Result<(), StoreError> {
    for batch in new.chunks(BATCH) {
        let rows: Vec<SourceFigureRow> = batch.iter().map(|said| SourceFigureRow::of(campaign_id, said)).collect();
        on_each!(conn, |c| diesel::insert_into(source_figures::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Takes a revision back.
///
/// # Errors
/// What the database says.
pub fn withdraw(
    conn: &mut DbConn,
    campaign_id: i64,
    said: &SourceFigure,
    at: Instant,
    reason: &str,
) -> Result<(), StoreError> {
    let row = source_figures::table
        .filter(source_figures::campaign_id.eq(campaign_id))
        .filter(source_figures::unit_id.eq(said.figure.unit_id))
        .filter(source_figures::day.eq(day_number(said.figure.day)))
        .filter(source_figures::source.eq(i32::from(said.source)))
        .filter(source_figures::recorded_us.eq(said.figure.stamp.recorded_at.micros()));
    let values = (source_figures::withdrawn_us.eq(at.micros()), source_figures::withdrawn_reason.eq(reason));
    diesel::update(row).set(values).execute(conn)?;
    Ok(())
}
