//! Whole contests: loaded to be scored, written when a pack brings one.

use super::campaigns::StoredCampaign;
use super::conn::DbConn;
use super::decisions::{self, AdjustmentRow, ExcuseRow, NewAdjustment, StartLevelRow, StateRow};
use super::figures::StoredFigure;
use super::source_figures::{self, SourceFigure};
use super::{StoreError, campaigns, criteria, declared_levels, figures, units};
use crate::domain::contest::{self, Contest};
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
    let mut loaded = load_without_figures(conn, stored)?;
    let places = loaded.unit_ids.iter().copied().zip(0u32..).collect();
    loaded.contest.figures = figures::load(conn, stored.id, &places)?;
    Ok(loaded)
}

/// Loads everything of a contest but its figures, of which there are many.
///
/// # Errors
/// What the database says.
pub fn load_without_figures(conn: &mut DbConn, stored: &StoredCampaign) -> Result<StoredContest, StoreError> {
    let campaign = &stored.campaign;
    let id = stored.id;
    let mut contest = Contest::new(campaign.clone());
    let stored_units = units::list_for(conn, id, campaign)?;
    let unit_ids = stored_units.iter().map(|u| u.id).collect();
    let (list, places) = units::as_contest(stored_units);
    contest.units = list;
    let pair = |(a, b): (i64, i64)| Some((*places.get(&a)?, *places.get(&b)?));
    contest.neighbours = units::list_neighbours(conn, id)?.into_iter().filter_map(pair).collect();
    if !campaign.sources.is_empty() {
        contest.source_figures = said_by_sources(conn, id, &places)?;
    }
    contest.excuses = excuses(conn, id, &places)?;
    contest.states = states(conn, id, &places)?;
    contest.start_levels = start_levels(conn, id, &places)?;
    contest.adjustments = adjustments(conn, id, &places)?;
    contest.declared_levels = declared(conn, id, &places)?;
    contest.criteria = criteria::list(conn, id, campaign)?;
    contest.assessments = criteria::list_assessments(conn, id, &places)?;
    contest.boundaries = campaigns::boundaries(conn, id)?.map(Into::into);
    Ok(StoredContest { contest, unit_ids, revision: stored.revision })
}

fn said_by_sources(
    conn: &mut DbConn,
    id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<contest::SourceFigureRow>, StoreError> {
    let read = |SourceFigure { source, figure }: SourceFigure| {
        let unit = *places.get(&figure.unit_id)?;
        let (day, counts, stamp, note) = (figure.day, figure.counts, figure.stamp, figure.note);
        Some(contest::SourceFigureRow { unit, day, source, counts, stamp, note: note.map(String::into_boxed_str) })
    };
    Ok(source_figures::list(conn, id, source_figures::Filter::default())?.into_iter().filter_map(read).collect())
}

fn excuses(conn: &mut DbConn, id: i64, places: &HashMap<i64, u32>) -> Result<Vec<contest::ExcuseRow>, StoreError> {
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
    id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<contest::StartLevelRow>, StoreError> {
    let mut found = Vec::new();
    for row in decisions::list_start_levels(conn, id)? {
        if let Some(unit) = places.get(&row.unit_id) {
            let (stamp, reason) = (row.stamp(), row.reason);
            found.push(contest::StartLevelRow { unit: *unit, level: row.level, stamp, reason });
        }
    }
    Ok(found)
}

fn declared(
    conn: &mut DbConn,
    id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<contest::DeclaredLevelRow>, StoreError> {
    let read = |row: declared_levels::DeclaredLevelRow| {
        let (unit, from, stamp) = (*places.get(&row.unit_id)?, row.from(), row.stamp());
        Some(contest::DeclaredLevelRow { unit, from, level: row.level, stamp, reason: row.reason })
    };
    Ok(declared_levels::list(conn, id, None)?.into_iter().filter_map(read).collect())
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

/// Which tables of a contest take the pack's own history: those that hold nothing yet.
#[derive(Clone, Copy, Debug)]
pub struct EmptyTables {
    /// Figures.
    pub figures: bool,
    /// Excuses.
    pub excuses: bool,
    /// States.
    pub states: bool,
    /// Declared starts.
    pub start_levels: bool,
    /// Declared levels.
    pub declared_levels: bool,
    /// Adjustments.
    pub adjustments: bool,
    /// Criteria and assessments.
    pub criteria: bool,
}

/// Stores the history of a contest's facts as it stands, into the tables that are empty.
/// `unit_ids` are the keys of its units by their places.
///
/// # Errors
/// What the database says.
pub fn insert_history(
    conn: &mut DbConn,
    campaign_id: i64,
    contest: &Contest,
    unit_ids: &[i64],
    empty: EmptyTables,
    revision: i64,
) -> Result<(), StoreError> {
    let key = |unit: u32| unit_ids.get(unit as usize).copied().unwrap_or(-1);
    if empty.figures {
        for batch in contest.figures.chunks(super::BATCH) {
            let figure = |row: &contest::FigureRow| StoredFigure {
                unit_id: key(row.unit),
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
        let said = |row: &contest::SourceFigureRow| SourceFigure {
            source: row.source,
            figure: StoredFigure {
                unit_id: key(row.unit),
                day: row.day,
                counts: row.counts,
                stamp: row.stamp,
                note: row.note.as_deref().map(str::to_owned),
                reason: None,
                revision,
                withdrawn_reason: None,
            },
        };
        source_figures::insert(conn, campaign_id, &contest.source_figures.iter().map(said).collect::<Vec<_>>())?;
    }
    if empty.excuses {
        let rows = contest.excuses.iter();
        let rows = rows.map(|r| ExcuseRow::new(campaign_id, key(r.unit), r.day, r.reason.clone(), r.stamp, revision));
        decisions::insert_excuses(conn, &rows.collect::<Vec<_>>())?;
    }
    if empty.states {
        let rows = contest.states.iter();
        let rows =
            rows.map(|r| StateRow::new(campaign_id, key(r.unit), r.state, r.reason.clone(), r.recorded_at, revision));
        decisions::insert_states(conn, &rows.collect::<Vec<_>>())?;
    }
    if empty.start_levels {
        let row = |r: &contest::StartLevelRow| {
            StartLevelRow::new(campaign_id, key(r.unit), r.level.clone(), r.reason.clone(), r.stamp, revision)
        };
        decisions::insert_start_levels(conn, &contest.start_levels.iter().map(row).collect::<Vec<_>>())?;
    }
    if empty.declared_levels {
        let row = |r: &contest::DeclaredLevelRow| {
            let level = r.level.clone();
            let new = declared_levels::NewDeclaredLevel {
                unit_id: key(r.unit),
                from: r.from,
                level,
                reason: r.reason.clone(),
            };
            declared_levels::DeclaredLevelRow::new(campaign_id, new, r.stamp, revision)
        };
        declared_levels::insert(conn, &contest.declared_levels.iter().map(row).collect::<Vec<_>>())?;
    }
    if empty.adjustments {
        let row = |(r, id): (&contest::AdjustmentRow, i64)| {
            let new = NewAdjustment { unit_id: key(r.unit), kind: r.kind, points: r.points, reason: r.reason.clone() };
            AdjustmentRow::new(campaign_id, id, new, r.stamp, revision)
        };
        decisions::insert_adjustments(conn, &contest.adjustments.iter().zip(1..).map(row).collect::<Vec<_>>())?;
    }
    if empty.criteria {
        criteria::insert(conn, campaign_id, &contest.campaign, contest.criteria.iter(), revision)?;
        let rows = contest.assessments.iter().map(|a| (key(a.unit), a));
        criteria::insert_assessments(conn, campaign_id, rows, revision)?;
    }
    Ok(())
}
