//! Whole contests: loaded to be scored, written when a pack brings one.

use super::campaigns::StoredCampaign;
use super::conn::DbConn;
use super::decisions::{self, AdjustmentRow, ExcuseRow, NewAdjustment, StartLevelRow, StateRow};
use super::figures::StoredFigure;
use super::{StoreError, campaigns, criteria, figures, units};
use crate::domain::contest::{self, Contest};
use diesel::prelude::*;
use std::collections::HashMap;

/// A contest, and the keys of its units by their places.
#[derive(Debug)]
pub struct StoredContest {
    /// Everything with its history.
    pub contest: Contest,
    /// The units' keys.
    pub unit_ids: Vec<i64>,
    /// The campaign's revision.
    pub revision: i64,
}

/// Loads a contest with everything that was ever recorded in it.
///
/// # Errors
/// What the database says; none where there is no such campaign.
pub fn load(conn: &mut DbConn, code: &str) -> Result<Option<StoredContest>, StoreError> {
    let Some(stored) = campaigns::find_opt(conn, code)? else { return Ok(None) };
    load_stored(conn, &stored).map(Some)
}

/// Loads the contest of a campaign.
///
/// # Errors
/// What the database says.
pub fn load_stored(conn: &mut DbConn, stored: &StoredCampaign) -> Result<StoredContest, StoreError> {
    let campaign = &stored.campaign;
    let id = stored.id;
    let mut contest = Contest::new(campaign.clone());
    let stored_units = units::list_for(conn, id, campaign)?;
    let unit_ids = stored_units.iter().map(|u| u.id).collect();
    let (list, places) = units::as_contest(stored_units);
    contest.units = list;
    let pair = |(a, b): (i64, i64)| Some((*places.get(&a)?, *places.get(&b)?));
    contest.neighbours = units::list_neighbours(conn, id)?.into_iter().filter_map(pair).collect();
    contest.figures = figures::load(conn, id, &places)?;
    contest.excuses = excuses(conn, id, &places)?;
    contest.states = states(conn, id, &places)?;
    contest.start_levels = start_levels(conn, stored, &places)?;
    contest.adjustments = adjustments(conn, id, &places)?;
    contest.criteria = criteria::list(conn, id, campaign)?;
    contest.assessments = criteria::list_assessments(conn, id, &places)?;
    contest.boundaries = campaigns::boundaries(conn, id)?.map(Into::into);
    Ok(StoredContest { contest, unit_ids, revision: stored.revision })
}

fn excuses(
    conn: &mut DbConn,
    id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<contest::ExcuseRow>, StoreError> {
    let read = |row: ExcuseRow| {
        let (unit, day, stamp) = (*places.get(&row.unit_id)?, row.day(), row.stamp());
        Some(contest::ExcuseRow { unit, day, stamp, reason: row.reason })
    };
    Ok(decisions::list_excuses(conn, id)?.into_iter().filter_map(read).collect())
}

fn states(conn: &mut DbConn, id: i64, places: &HashMap<i64, u32>) -> Result<Vec<contest::StateRow>, StoreError> {
    let read = |row: StateRow| {
        let (unit, state, recorded_at) = (*places.get(&row.unit_id)?, row.state(), row.recorded_at());
        Some(contest::StateRow { unit, state, recorded_at, reason: row.reason })
    };
    Ok(decisions::list_states(conn, id)?.into_iter().filter_map(read).collect())
}

fn start_levels(
    conn: &mut DbConn,
    stored: &StoredCampaign,
    places: &HashMap<i64, u32>,
) -> Result<Vec<contest::StartLevelRow>, StoreError> {
    let mut found = Vec::new();
    for row in decisions::list_start_levels(conn, stored.id)? {
        let level = stored.campaign.scheme.level_index(&row.level);
        let level = level.ok_or_else(|| StoreError::Unreadable(format!("declared level {}", row.level)))?;
        if let Some(unit) = places.get(&row.unit_id) {
            let stamp = row.stamp();
            found.push(contest::StartLevelRow { unit: *unit, level, stamp, reason: row.reason });
        }
    }
    Ok(found)
}

fn adjustments(
    conn: &mut DbConn,
    id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<contest::AdjustmentRow>, StoreError> {
    let read = |row: AdjustmentRow| {
        let (unit, kind, stamp) = (*places.get(&row.unit_id)?, row.kind(), row.stamp());
        Some(contest::AdjustmentRow { unit, kind, points: row.points_hundredths, reason: row.reason, stamp })
    };
    Ok(decisions::list_adjustments(conn, id, None)?.into_iter().filter_map(read).collect())
}

/// Forgets everything of a campaign but its document and its revisions: only for a
/// campaign without figures, whose whole contest a pack brings.
///
/// # Errors
/// What the database says.
pub fn clear(conn: &mut DbConn, campaign_id: i64) -> Result<(), StoreError> {
    use super::schema::criteria;
    diesel::delete(criteria::table.filter(criteria::campaign_id.eq(campaign_id))).execute(conn)?;
    units::delete_all(conn, campaign_id)
}

/// Stores a contest with its own history into a campaign that holds nothing.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, campaign_id: i64, contest: &Contest, revision: i64) -> Result<(), StoreError> {
    let campaign = &contest.campaign;
    units::insert(conn, campaign_id, campaign, &units::from_contest(contest))?;
    let pair = |(a, b): &(u32, u32)| (i64::from(*a.min(b)), i64::from(*a.max(b)));
    let mut pairs: Vec<(i64, i64)> = contest.neighbours.iter().map(pair).collect();
    pairs.sort_unstable();
    pairs.dedup();
    units::replace_neighbours(conn, campaign_id, &pairs)?;
    for batch in contest.figures.chunks(super::BATCH) {
        let figure = |row: &contest::FigureRow| StoredFigure {
            unit_id: i64::from(row.unit),
            day: row.day,
            counts: row.counts,
            stamp: row.stamp,
            note: row.note.as_deref().map(str::to_owned),
            reason: None,
            revision,
            withdrawn_reason: None,
        };
        let rows: Vec<StoredFigure> = batch.iter().map(figure).collect();
        figures::insert(conn, campaign_id, &rows)?;
    }
    insert_decisions(conn, campaign_id, contest, revision)?;
    criteria::insert(conn, campaign_id, campaign, contest.criteria.iter(), revision)?;
    let assessments = contest.assessments.iter().map(|a| (i64::from(a.unit), a));
    criteria::insert_assessments(conn, campaign_id, assessments, revision)?;
    campaigns::set_boundaries(conn, campaign_id, contest.boundaries.as_deref())
}

fn insert_decisions(
    conn: &mut DbConn,
    campaign_id: i64,
    contest: &Contest,
    revision: i64,
) -> Result<(), StoreError> {
    let excuse = |r: &contest::ExcuseRow| {
        ExcuseRow::new(campaign_id, i64::from(r.unit), r.day, r.reason.clone(), r.stamp, revision)
    };
    let rows: Vec<ExcuseRow> = contest.excuses.iter().map(excuse).collect();
    decisions::insert_excuses(conn, &rows)?;
    let state = |r: &contest::StateRow| {
        StateRow::new(campaign_id, i64::from(r.unit), r.state, r.reason.clone(), r.recorded_at, revision)
    };
    let rows: Vec<StateRow> = contest.states.iter().map(state).collect();
    decisions::insert_states(conn, &rows)?;
    let start = |r: &contest::StartLevelRow| {
        let level = contest.campaign.scheme.level_code(r.level).to_owned();
        StartLevelRow::new(campaign_id, i64::from(r.unit), level, r.reason.clone(), r.stamp, revision)
    };
    let rows: Vec<StartLevelRow> = contest.start_levels.iter().map(start).collect();
    decisions::insert_start_levels(conn, &rows)?;
    let adjustment = |(r, id): (&contest::AdjustmentRow, i64)| {
        let (unit_id, reason) = (i64::from(r.unit), r.reason.clone());
        let new = NewAdjustment { unit_id, kind: r.kind, points: r.points, reason };
        AdjustmentRow::new(campaign_id, id, new, r.stamp, revision)
    };
    let rows: Vec<AdjustmentRow> = contest.adjustments.iter().zip(1..).map(adjustment).collect();
    decisions::insert_adjustments(conn, &rows)
}
