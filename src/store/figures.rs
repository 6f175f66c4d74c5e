//! Figures with their whole history: rows are added and marked as withdrawn, never
//! changed otherwise and never deleted.

use super::bulk;
use super::conn::DbConn;
use super::fixed::Fixed;
use super::schema::figures;
use super::{BATCH, StoreError, day_number, day_of, micros};
use crate::domain::contest::{FigureRow as Figure, Stamp};
use crate::domain::{Counts, Day, Indicator, Instant};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer};
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

/// One revision of a figure, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFigure {
    /// The key of the unit.
    pub unit_id: i64,
    /// The day.
    pub day: Day,
    /// The counts.
    pub counts: Counts,
    /// Its life.
    pub stamp: Stamp,
    /// A note for people.
    pub note: Option<String>,
    /// Why it was recorded.
    pub reason: Option<String>,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

#[derive(Clone, Insertable, Queryable, QueryableByName)]
#[diesel(table_name = figures, treat_none_as_default_value = false)]
pub(super) struct FigureRow {
    pub(super) campaign_id: i64,
    pub(super) unit_id: i64,
    pub(super) day: i32,
    pub(super) recorded_us: i64,
    pub(super) community_f0: i32,
    pub(super) contained_f0: Option<i32>,
    pub(super) unknown_source_f0: Option<i32>,
    pub(super) high_risk_setting_f0: Option<i32>,
    pub(super) households_f0: Option<i32>,
    pub(super) linked_households_f0: Option<i32>,
    pub(super) note: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) revision: i64,
    pub(super) withdrawn_us: Option<i64>,
    pub(super) withdrawn_reason: Option<String>,
}

impl FigureRow {
    pub(super) fn of(campaign_id: i64, figure: &StoredFigure) -> Self {
        let count = |indicator| figure.counts.get(indicator).and_then(|c| i32::try_from(c).ok());
        Self {
            campaign_id,
            unit_id: figure.unit_id,
            day: day_number(figure.day),
            recorded_us: figure.stamp.recorded_at.micros(),
            community_f0: count(Indicator::CommunityF0).unwrap_or_default(),
            contained_f0: count(Indicator::ContainedF0),
            unknown_source_f0: count(Indicator::UnknownSourceF0),
            high_risk_setting_f0: count(Indicator::HighRiskSettingF0),
            households_f0: count(Indicator::HouseholdsF0),
            linked_households_f0: count(Indicator::LinkedHouseholdsF0),
            note: figure.note.clone(),
            reason: figure.reason.clone(),
            revision: figure.revision,
            withdrawn_us: micros(figure.stamp.withdrawn_at),
            withdrawn_reason: figure.withdrawn_reason.clone(),
        }
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        let optional = [
            self.contained_f0,
            self.unknown_source_f0,
            self.high_risk_setting_f0,
            self.households_f0,
            self.linked_households_f0,
        ];
        let mut values = [u32::try_from(self.community_f0).ok(), None, None, None, None, None];
        for (value, stored) in values.iter_mut().skip(1).zip(optional) {
            *value = stored.and_then(|v| u32::try_from(v).ok());
        }
        Counts::new(values)
            .map_err(|_| StoreError::Unreadable(format!("figure of unit {} on day {}", self.unit_id, self.day)))
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            recorded_at: Instant::from_micros(self.recorded_us),
            withdrawn_at: self.withdrawn_us.map(Instant::from_micros),
        }
    }

    pub(super) fn read(self) -> Result<StoredFigure, StoreError> {
        Ok(StoredFigure {
            unit_id: self.unit_id,
            day: day_of(self.day),
            counts: self.counts()?,
            stamp: self.stamp(),
            note: self.note,
            reason: self.reason,
            revision: self.revision,
            withdrawn_reason: self.withdrawn_reason,
        })
    }
}

/// Every day that a figure can be of.
pub const ALL_DAYS: RangeInclusive<Day> = Day::MIN..=Day::MAX;

/// Hands out all revisions of a campaign's figures of some days as a contest holds them: by
/// unit, day and instant, one after another.
fn for_each(
    conn: &mut DbConn,
    campaign_id: i64,
    places: &HashMap<i64, u32>,
    days: RangeInclusive<Day>,
    mut each: impl FnMut(Figure),
) -> Result<(), StoreError> {
    let of_campaign = figures::table.filter(figures::campaign_id.eq(campaign_id));
    let (first, last) = (day_number(*days.start()), day_number(*days.end()));
    let query = of_campaign.filter(figures::day.between(first, last)).order((
        figures::unit_id.asc(),
        figures::day.asc(),
        figures::recorded_us.asc(),
    ));
    let mut hand = |row: QueryResult<FigureRow>| {
        let row = row?;
        let Some(unit) = places.get(&row.unit_id) else { return Ok(()) };
        each(Figure {
            unit: *unit,
            day: day_of(row.day),
            counts: row.counts()?,
            stamp: row.stamp(),
            note: row.note.map(String::into_boxed_str),
        });
        Ok::<_, StoreError>(())
    };
    match conn {
        // libpq would otherwise hold all rows before it gives the first
        DbConn::Pg(c) => query.load_iter::<FigureRow, PgRowByRowLoadingMode>(c)?.try_for_each(&mut hand)?,
        DbConn::Sqlite(c) => query.load_iter::<FigureRow, DefaultLoadingMode>(c)?.try_for_each(&mut hand)?,
    }
    Ok(())
}

/// All revisions of a campaign's figures.
pub(super) fn load(conn: &mut DbConn, campaign_id: i64, places: &HashMap<i64, u32>) -> Result<Vec<Figure>, StoreError> {
    let mut found = Vec::new();
    for_each(conn, campaign_id, places, ALL_DAYS, |figure| found.push(figure))?;
    Ok(found)
}

/// Hands out the revisions of each unit's day of some days that has any, in the order of their
/// instants.
///
/// # Errors
/// What the database says.
pub fn for_each_day(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_ids: &[i64],
    days: RangeInclusive<Day>,
    mut each: impl FnMut(&[Figure]),
) -> Result<(), StoreError> {
    let places: HashMap<i64, u32> = unit_ids.iter().copied().zip(0u32..).collect();
    let mut of_day: Vec<Figure> = Vec::new();
    for_each(conn, campaign_id, &places, days, |figure| {
        if of_day.first().is_some_and(|first| (first.unit, first.day) != (figure.unit, figure.day)) {
            each(&of_day);
            of_day.clear();
        }
        of_day.push(figure);
    })?;
    each(&of_day);
    Ok(())
}

/// The last change of each unit's day before an instant, of those whose whole history is
/// told: key of the unit, the day, when. What was known from the beginning tells nothing.
///
/// # Errors
/// What the database says.
pub fn last_changes(
    conn: &mut DbConn,
    campaign_id: i64,
    before: Instant,
) -> Result<Vec<(i64, Day, Instant)>, StoreError> {
    use diesel::dsl::{max, min};
    let of_campaign = figures::table.filter(figures::campaign_id.eq(campaign_id));
    let recorded: Vec<(i64, i32, Option<i64>, Option<i64>)> = of_campaign
        .filter(figures::recorded_us.lt(before.micros()))
        .group_by((figures::unit_id, figures::day))
        .select((figures::unit_id, figures::day, min(figures::recorded_us), max(figures::recorded_us)))
        .load(conn)?;
    let withdrawn: Vec<(i64, i32, Option<i64>)> = of_campaign
        .filter(figures::withdrawn_us.lt(before.micros()))
        .select((figures::unit_id, figures::day, figures::withdrawn_us))
        .load(conn)?;
    let mut last_withdrawn: HashMap<(i64, i32), i64> = HashMap::new();
    for (unit, day, at) in withdrawn {
        let last = last_withdrawn.entry((unit, day)).or_insert(i64::MIN);
        *last = at.unwrap_or(i64::MIN).max(*last);
    }
    let told = recorded.into_iter().filter_map(|(unit, day, first, last)| {
        let last = last.filter(|_| first.is_some_and(|first| first > Instant::BEGINNING.micros()))?;
        let withdrawn = last_withdrawn.get(&(unit, day)).copied().unwrap_or(i64::MIN);
        Some((unit, day_of(day), Instant::from_micros(last.max(withdrawn))))
    });
    Ok(told.collect())
}

/// All revisions of a unit's day, the oldest first.
///
/// # Errors
/// What the database says.
pub fn history(conn: &mut DbConn, campaign_id: i64, unit_id: i64, day: Day) -> Result<Vec<StoredFigure>, StoreError> {
    let query = figures::table
        .filter(figures::campaign_id.eq(campaign_id))
        .filter(figures::unit_id.eq(unit_id))
        .filter(figures::day.eq(day_number(day)))
        .order(figures::recorded_us.asc());
    let rows: Vec<FigureRow> = query.load(conn)?;
    rows.into_iter().map(FigureRow::read).collect()
}

/// Whether a campaign, or one of its units, has any figure, standing or not.
///
/// # Errors
/// What the database says.
pub fn any(conn: &mut DbConn, campaign_id: i64, unit_id: Option<i64>) -> Result<bool, StoreError> {
    let rows = figures::table.filter(figures::campaign_id.eq(campaign_id)).select(figures::unit_id).limit(1);
    let first: Option<i64> = match unit_id {
        Some(unit) => rows.filter(figures::unit_id.eq(unit)).first(conn).optional()?,
        None => rows.first(conn).optional()?,
    };
    Ok(first.is_some())
}

/// Whether a campaign has any figure of a day from one on, standing or not.
///
/// # Errors
/// What the database says.
pub fn any_from(conn: &mut DbConn, campaign_id: i64, from: Day) -> Result<bool, StoreError> {
    let rows = figures::table.filter(figures::campaign_id.eq(campaign_id)).filter(figures::day.ge(day_number(from)));
    let first: Option<i64> = rows.select(figures::unit_id).limit(1).first(conn).optional()?;
    Ok(first.is_some())
}

/// How many units' histories are read with one statement.
const UNITS_AT_A_TIME: usize = 500;

/// The unit-days that a revision recorded figures for, each with all its revisions, the
/// oldest first.
///
/// # Errors
/// What the database says.
pub fn histories_of(conn: &mut DbConn, campaign_id: i64, revision: i64) -> Result<Vec<Vec<StoredFigure>>, StoreError> {
    let of_campaign = figures::table.filter(figures::campaign_id.eq(campaign_id));
    let touched: Vec<(i64, i32)> = of_campaign
        .filter(figures::revision.eq(revision))
        .select((figures::unit_id, figures::day))
        .order((figures::unit_id.asc(), figures::day.asc()))
        .load(conn)?;
    let days = || touched.iter().map(|(_, day)| *day);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Ok(Vec::new()) };
    let mut units: Vec<i64> = touched.iter().map(|(unit, _)| *unit).collect();
    units.dedup();
    let is_touched: HashSet<(i64, i32)> = touched.iter().copied().collect();
    let mut found = Vec::with_capacity(touched.len());
    for units in units.chunks(UNITS_AT_A_TIME) {
        let rows: Vec<FigureRow> = of_campaign
            .filter(figures::unit_id.eq_any(units))
            .filter(figures::day.between(first, last))
            .order((figures::unit_id.asc(), figures::day.asc(), figures::recorded_us.asc()))
            .load(conn)?;
        let of_day = |a: &FigureRow, b: &FigureRow| (a.unit_id, a.day) == (b.unit_id, b.day);
        let is_asked =
            |history: &&[FigureRow]| history.first().is_some_and(|r| is_touched.contains(&(r.unit_id, r.day)));
        for history in rows.chunk_by(of_day).filter(is_asked) {
            found.push(history.iter().map(|row| row.clone().read()).collect::<Result<_, _>>()?);
        }
    }
    Ok(found)
}

/// Adds revisions.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, campaign_id: i64, new: &[StoredFigure]) -> Result<(), StoreError> {
    for batch in new.chunks(BATCH) {
        let rows: Vec<FigureRow> = batch.iter().map(|f| FigureRow::of(campaign_id, f)).collect();
        match conn {
            DbConn::Pg(c) => bulk::insert_figures(c, &rows)?,
            DbConn::Sqlite(c) => bulk::insert_values(c, &rows)?,
        }
    }
    Ok(())
}

/// The latest revision of each of some units' days that has any.
///
/// # Errors
/// What the database says.
pub fn latest(conn: &mut DbConn, campaign_id: i64, of: &[(i64, Day)]) -> Result<Vec<StoredFigure>, StoreError> {
    let DbConn::Pg(conn) = conn else {
        let mut latest = |(unit, day): &(i64, Day)| Ok(history(conn, campaign_id, *unit, *day)?.pop());
        return of.iter().filter_map(|at| latest(at).transpose()).collect();
    };
    let query = Fixed::new(
        "SELECT f.* FROM unnest(?, ?) AS q (unit_id, day) CROSS JOIN LATERAL (SELECT * FROM figures f \
         WHERE f.campaign_id = ? AND f.unit_id = q.unit_id AND f.day = q.day ORDER BY f.recorded_us DESC LIMIT 1) f",
    );
    let (units, days): (Vec<i64>, Vec<i32>) = of.iter().map(|(unit, day)| (*unit, day_number(*day))).unzip();
    let query = query.bind::<Array<BigInt>, _>(units).bind::<Array<Integer>, _>(days).bind::<BigInt, _>(campaign_id);
    let rows: Vec<FigureRow> = query.load(conn)?;
    rows.into_iter().map(FigureRow::read).collect()
}

/// Takes a revision back.
///
/// # Errors
/// What the database says.
pub fn withdraw(
    conn: &mut DbConn,
    campaign_id: i64,
    figure: &StoredFigure,
    at: Instant,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let row = figures::table
        .filter(figures::campaign_id.eq(campaign_id))
        .filter(figures::unit_id.eq(figure.unit_id))
        .filter(figures::day.eq(day_number(figure.day)))
        .filter(figures::recorded_us.eq(figure.stamp.recorded_at.micros()));
    let values = (figures::withdrawn_us.eq(at.micros()), figures::withdrawn_reason.eq(reason));
    diesel::update(row).set(values).execute(conn)?;
    Ok(())
}

/// The figures that stand, of one unit or of all, between two days.
///
/// # Errors
/// What the database says.
pub fn standing_between(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_id: Option<i64>,
    from: Option<Day>,
    to: Option<Day>,
) -> Result<Vec<StoredFigure>, StoreError> {
    let mut query = figures::table
        .filter(figures::campaign_id.eq(campaign_id))
        .order((figures::unit_id.asc(), figures::day.asc(), figures::recorded_us.asc()))
        .into_boxed();
    if let Some(unit) = unit_id {
        query = query.filter(figures::unit_id.eq(unit));
    }
    if let Some(from) = from {
        query = query.filter(figures::day.ge(day_number(from)));
    }
    if let Some(to) = to {
        query = query.filter(figures::day.le(day_number(to)));
    }
    let rows: Vec<FigureRow> = query.load(conn)?;
    let mut found: Vec<StoredFigure> = Vec::new();
    for row in rows {
        let figure = row.read()?;
        match found.last_mut() {
            Some(last) if (last.unit_id, last.day) == (figure.unit_id, figure.day) => *last = figure,
            _ => found.push(figure),
        }
    }
    found.retain(|f| f.stamp.stands());
    Ok(found)
}
