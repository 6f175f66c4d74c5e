//! What the council decides about units: state, declared start, excuses, bonuses and
//! deductions. Every one has a reason.

use super::Service;
use super::access::{Audience, Decisions, Grant};
use super::audit::Note;
use super::fault::{Code, Fault};
use super::figures::{check_reports, day_changed, done, escape, taken_back};
use super::live::Change;
use super::rendered::etag_of;
use super::views::{AdjustmentView, ExcuseView, StartLevelView, StateView, WrittenView};
use super::writer::{Done, Pending, Work, WriteRequest};
use crate::domain::contest::{AdjustmentKind, Stamp};
use crate::domain::number::Hundredths;
use crate::domain::unit::UnitState;
use crate::domain::{Day, Instant, Scheme};
use crate::scoring::ledger::Adjustments;
use crate::store::campaigns::StoredCampaign;
use crate::store::decisions::{self, AdjustmentRow, ExcuseRow, NewAdjustment, StartLevelRow, StateRow};
use crate::store::units::{self, StoredUnit};
use serde::Serialize;
use std::collections::HashMap;

fn stamp(recorded_at: Instant) -> Stamp {
    Stamp { recorded_at, withdrawn_at: None }
}

/// When something was recorded; none for what was known from the beginning, out of a pack.
pub(super) fn told(recorded_at: Instant) -> Option<Instant> {
    Some(recorded_at).filter(|at| *at != Instant::BEGINNING)
}

/// The campaign, and the unit of a code that the write may touch.
pub(super) fn find(work: &mut Work<'_>, unit_code: &str) -> Result<(StoredCampaign, StoredUnit), Fault> {
    let stored = work.campaign()?;
    let unit = work.unit(&stored, unit_code)?;
    Ok((stored, unit))
}

/// A unit that a reader of a list may see.
pub(super) struct Seen {
    /// Its place in the order of names.
    pub(super) name_rank: u32,
    pub(super) code: String,
    /// Index of its kind.
    pub(super) kind: u16,
    /// Whether the reader may see reasons.
    pub(super) is_confided: bool,
}

/// A bonus or deduction as somebody sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustmentFor {
    /// Code of the unit.
    pub unit_code: String,
    /// Gives or takes.
    pub kind: AdjustmentKind,
    /// Points, more than 0, in hundredths.
    pub points: i64,
    /// Why.
    pub reason: String,
}

impl Service {
    /// Says whether a unit takes part.
    pub fn set_state(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        state: UnitState,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let before = decisions::latest_state(work.conn()?, stored.id, unit.id)?;
            request.check_if_match(before.as_ref().map(|row| tag(&state_view(&unit_code, row))).as_deref(), false)?;
            if let Some(row) = before.as_ref().filter(|row| row.state() == state && row.reason == reason) {
                return state_done(&unit_code, row, work.revision());
            }
            enter_state(work, &stored, unit, before, state, reason)
        })
    }

    /// Takes a unit's state back: it takes part again.
    pub fn reset_state(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let before = decisions::latest_state(work.conn()?, stored.id, unit.id)?;
            request.check_if_match(before.as_ref().map(|row| tag(&state_view(&unit_code, row))).as_deref(), false)?;
            if before.as_ref().is_none_or(|row| row.state() == UnitState::Active) {
                return Err(Fault::new(Code::StateNotFound, format!("{unit_code} takes part already")));
            }
            enter_state(work, &stored, unit, before, UnitState::Active, reason)
        })
    }

    /// Declares a unit's start level.
    pub fn set_start_level(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        level: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let index = level_of(&stored.campaign.scheme, &level)?;
            let before = standing_start(work, &stored, &unit)?;
            let view = |row| tag(&start_view(&unit_code, row, true));
            request.check_if_match(before.as_ref().map(view).as_deref(), false)?;
            if let Some(row) = before.as_ref().filter(|row| row.level == level && row.reason == reason) {
                return start_done(200, &unit_code, row, work.revision());
            }
            let (revision, at) = work.accept("start level")?;
            let row = StartLevelRow::new(stored.id, unit.id, level, reason, stamp(at), revision);
            decisions::insert_start_levels(work.conn()?, std::slice::from_ref(&row))?;
            work.changed(Change::StartLevel { unit: unit.unit.code, level: Some(index) });
            let view = |row: &StartLevelRow| start_view(&unit_code, row, true);
            let (was, is) = (before.as_ref().map(view), view(&row));
            work.note(Note::of("start_level.put", format!("units/{unit_code}/start-level"), was.as_ref(), Some(&is)));
            start_done(if before.is_some() { 200 } else { 201 }, &unit_code, &row, revision)
        })
    }

    /// Takes a unit's declared start back.
    pub fn take_back_start_level(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let none = || Fault::new(Code::StartLevelNotFound, format!("{unit_code} has no declared start"));
            let before = standing_start(work, &stored, &unit)?.ok_or_else(none)?;
            request.check_if_match(Some(&tag(&start_view(&unit_code, &before, true))), false)?;
            let (revision, at) = work.accept("start level taken back")?;
            decisions::withdraw_start_level(work.conn()?, &before, at, Some(&reason))?;
            work.changed(Change::StartLevel { unit: unit.unit.code, level: None });
            let was = start_view(&unit_code, &before, true);
            let note = Note::of("start_level.take_back", format!("units/{unit_code}/start-level"), Some(&was), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }

    /// Excuses a unit's day: it is not due.
    pub fn excuse_day(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        day: Day,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            check_reports(&stored.campaign, &unit.unit)?;
            check_day(&stored, day, "date")?;
            let before = standing_excuse(work, &stored, &unit, day)?;
            let view = |row| tag(&excuse_view(&unit_code, row, true));
            request.check_if_match(before.as_ref().map(view).as_deref(), false)?;
            if let Some(row) = before.as_ref().filter(|row| row.reason == reason) {
                return excuse_done(200, &unit_code, row, work.revision());
            }
            let (revision, at) = work.accept("excuse")?;
            let row = ExcuseRow::new(stored.id, unit.id, day, reason, stamp(at), revision);
            decisions::insert_excuses(work.conn()?, std::slice::from_ref(&row))?;
            day_changed(work, &stored, &unit, day)?;
            let view = |row: &ExcuseRow| excuse_view(&unit_code, row, true);
            let (was, is) = (before.as_ref().map(view), view(&row));
            work.note(Note::of("excuse.put", format!("units/{unit_code}/excuses/{day}"), was.as_ref(), Some(&is)));
            excuse_done(if before.is_some() { 200 } else { 201 }, &unit_code, &row, revision)
        })
    }

    /// Takes an excuse back: the day is due again.
    pub fn take_back_excuse(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        day: Day,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let none = || Fault::new(Code::ExcuseNotFound, format!("{day} of {unit_code} is not excused"));
            let before = standing_excuse(work, &stored, &unit, day)?.ok_or_else(none)?;
            request.check_if_match(Some(&tag(&excuse_view(&unit_code, &before, true))), false)?;
            let (revision, at) = work.accept("excuse taken back")?;
            decisions::withdraw_excuse(work.conn()?, &before, at, Some(&reason))?;
            day_changed(work, &stored, &unit, day)?;
            let was = excuse_view(&unit_code, &before, true);
            let note = Note::of("excuse.take_back", format!("units/{unit_code}/excuses/{day}"), Some(&was), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }

    /// Gives a bonus or takes a deduction.
    pub fn adjust(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        new: AdjustmentFor,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let AdjustmentFor { unit_code, kind, points, reason } = new;
            let (stored, unit) = find(work, &unit_code)?;
            let (revision, at) = work.accept("adjustment")?;
            let id = decisions::next_adjustment_id(work.conn()?, stored.id)?;
            let new = NewAdjustment { unit_id: unit.id, kind, points, reason };
            let row = AdjustmentRow::new(stored.id, id, new, stamp(at), revision);
            decisions::insert_adjustments(work.conn()?, std::slice::from_ref(&row))?;
            adjustments_changed(work, &stored, unit.id, &unit_code)?;
            let view = adjustment_view(&unit_code, &row, true);
            work.note(Note::of("adjustment.create", format!("adjustments/{id}"), None, Some(&view)));
            let mut answer = tagged(201, view, revision)?;
            answer.location = Some(format!("/campaigns/{}/adjustments/{id}", escape(&stored.campaign.code)));
            Ok(answer)
        })
    }

    /// Takes a bonus or deduction back.
    pub fn take_back_adjustment(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        id: i64,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let row = decisions::find_adjustment(work.conn()?, stored.id, id)?;
            let none = || Fault::new(Code::AdjustmentNotFound, format!("no adjustment {id} stands"));
            let row = row.filter(|r| r.stamp().stands()).ok_or_else(none)?;
            let codes = units::codes(work.conn()?, stored.id)?;
            let code = codes.get(&row.unit_id).map(String::as_str).unwrap_or_default();
            work.unit(&stored, code)?;
            request.check_if_match(Some(&tag(&adjustment_view(code, &row, true))), false)?;
            let (revision, at) = work.accept("adjustment taken back")?;
            decisions::withdraw_adjustment(work.conn()?, &row, at, Some(&reason))?;
            adjustments_changed(work, &stored, row.unit_id, code)?;
            let was = adjustment_view(code, &row, true);
            let note = Note::of("adjustment.take_back", format!("adjustments/{id}"), Some(&was), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }

    /// The excuses that stand, in the order of names and days. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn excuses(&self, campaign: &str, audience: &Audience) -> Result<(i64, Vec<ExcuseView>), Fault> {
        self.list(campaign, audience, |conn, stored, visible| {
            let mut latest: HashMap<(i64, Day), ExcuseRow> = HashMap::new();
            for row in decisions::list_excuses(conn, stored.id)? {
                latest.insert((row.unit_id, row.day()), row);
            }
            let rows = latest.into_values().filter(|r| r.stamp().stands());
            let mut rows: Vec<(u32, ExcuseRow)> =
                rows.filter_map(|r| visible.get(&r.unit_id).map(|u| (u.name_rank, r))).collect();
            rows.sort_by_key(|(rank, r)| (*rank, r.day()));
            let view =
                |(_, r): &(u32, ExcuseRow)| visible.get(&r.unit_id).map(|u| excuse_view(&u.code, r, u.is_confided));
            Ok(rows.iter().filter_map(view).collect())
        })
    }

    /// The declared starts that stand, in the order of names. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn start_levels(&self, campaign: &str, audience: &Audience) -> Result<(i64, Vec<StartLevelView>), Fault> {
        self.list(campaign, audience, |conn, stored, visible| {
            let mut latest: HashMap<i64, StartLevelRow> = HashMap::new();
            for row in decisions::list_start_levels(conn, stored.id)? {
                latest.insert(row.unit_id, row);
            }
            let rows = latest.into_values().filter(|r| r.stamp().stands());
            let mut rows: Vec<(u32, StartLevelView)> = rows
                .filter_map(|r| visible.get(&r.unit_id).map(|u| (u.name_rank, start_view(&u.code, &r, u.is_confided))))
                .collect();
            rows.sort_by_key(|(rank, _)| *rank);
            Ok(rows.into_iter().map(|(_, view)| view).collect())
        })
    }

    /// The bonuses and deductions that stand, the oldest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn adjustments(&self, campaign: &str, audience: &Audience) -> Result<(i64, Vec<AdjustmentView>), Fault> {
        self.list(campaign, audience, |conn, stored, visible| {
            let rows = decisions::list_adjustments(conn, stored.id, None)?;
            let standing = rows.iter().filter(|r| r.stamp().stands());
            let view = |r: &AdjustmentRow| visible.get(&r.unit_id).map(|u| adjustment_view(&u.code, r, u.is_confided));
            Ok(standing.filter_map(view).collect())
        })
    }

    /// Reads a list of decisions with the visible units' ranks by name and codes, by key.
    pub(super) fn list<T>(
        &self,
        campaign: &str,
        audience: &Audience,
        read: impl FnOnce(&mut crate::store::DbConn, &StoredCampaign, &HashMap<i64, Seen>) -> Result<Vec<T>, Fault>,
    ) -> Result<(i64, Vec<T>), Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let sight = snapshot.sight(audience);
        self.read_of(campaign, audience, |conn, stored| {
            let register = snapshot.register();
            let visible = units::codes(conn, stored.id)?.into_iter().filter_map(|(id, code)| {
                let unit = register.find(&code).filter(|u| snapshot.shows_figures(*u, sight))?;
                let (name_rank, kind) = (register.name_rank(unit), register.unit(unit)?.kind);
                let is_confided = snapshot.is_confided(unit, sight);
                Some((id, Seen { name_rank, code, kind, is_confided }))
            });
            let visible = visible.collect();
            Ok((stored.revision, read(conn, stored, &visible)?))
        })
    }
}

/// The index of a level that somebody declares.
pub(super) fn level_of(scheme: &Scheme, code: &str) -> Result<u8, Fault> {
    scheme.level_index(code).ok_or_else(|| {
        let levels = scheme.level_codes();
        Fault::of_field(Code::InvalidRequest, "/level", format!("no level {code:?}; expected one of: {levels}"))
    })
}

/// Stores a unit's state; the facts in memory follow.
pub(super) fn store_state(work: &mut Work<'_>, unit: &StoredUnit, row: &StateRow) -> Result<(), Fault> {
    decisions::insert_states(work.conn()?, std::slice::from_ref(row))?;
    work.changed(Change::State { unit: unit.unit.code.clone(), state: row.state() });
    Ok(())
}

fn enter_state(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: StoredUnit,
    before: Option<StateRow>,
    state: UnitState,
    reason: String,
) -> Result<Done, Fault> {
    let (revision, at) = work.accept("state")?;
    let row = StateRow::new(stored.id, unit.id, state, reason, at, revision);
    store_state(work, &unit, &row)?;
    let view = |row: &StateRow| state_view(&unit.unit.code, row);
    let (was, is) = (before.as_ref().map(view), view(&row));
    work.note(Note::of("state.put", format!("units/{}/state", unit.unit.code), was.as_ref(), Some(&is)));
    state_done(&unit.unit.code, &row, revision)
}

fn state_view(unit_code: &str, row: &StateRow) -> StateView {
    StateView {
        unit_code: unit_code.to_owned(),
        state: row.state().code(),
        reason: row.reason.clone(),
        recorded_at: row.recorded_at(),
    }
}

/// The entity tag of a decision as who may write reads it.
pub(super) fn tag(view: &impl Serialize) -> String {
    etag_of(&serde_json::to_vec(view).unwrap_or_default())
}

/// An answer with the entity tag of what now is there.
pub(super) fn tagged<T: Serialize>(status: u16, written: T, revision: i64) -> Result<Done, Fault> {
    let etag = Some(tag(&written));
    Ok(Done { etag, ..done(status, &WrittenView { written, revision })? })
}

fn state_done(unit_code: &str, row: &StateRow, revision: i64) -> Result<Done, Fault> {
    tagged(200, state_view(unit_code, row), revision)
}

fn standing_start(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
) -> Result<Option<StartLevelRow>, Fault> {
    let latest = decisions::latest_start_level(work.conn()?, stored.id, unit.id)?;
    Ok(latest.filter(|row| row.stamp().stands()))
}

fn start_view(unit_code: &str, row: &StartLevelRow, is_confided: bool) -> StartLevelView {
    StartLevelView {
        unit_code: unit_code.to_owned(),
        level: row.level.clone(),
        reason: Some(row.reason.clone()).filter(|_| is_confided),
        recorded_at: told(row.stamp().recorded_at),
    }
}

fn start_done(status: u16, unit_code: &str, row: &StartLevelRow, revision: i64) -> Result<Done, Fault> {
    tagged(status, start_view(unit_code, row, true), revision)
}

fn standing_excuse(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    day: Day,
) -> Result<Option<ExcuseRow>, Fault> {
    let latest = decisions::latest_excuse(work.conn()?, stored.id, unit.id, day)?;
    Ok(latest.filter(|row| row.stamp().stands()))
}

/// A day that is not due by itself needs no excuse, but the levels may look at it.
pub(super) fn check_day(stored: &StoredCampaign, day: Day, pointer: &str) -> Result<(), Fault> {
    let (first, last) = (stored.campaign.earliest_day(), stored.campaign.window.to);
    if (first..=last).contains(&day) {
        return Ok(());
    }
    let code = if day > last { Code::DayOutsideCampaign } else { Code::DayOutOfReach };
    Err(Fault::of_field(code, pointer, format!("expected a day from {first} to {last}")))
}

fn excuse_view(unit_code: &str, row: &ExcuseRow, is_confided: bool) -> ExcuseView {
    ExcuseView {
        unit_code: unit_code.to_owned(),
        date: row.day().to_string(),
        reason: Some(row.reason.clone()).filter(|_| is_confided),
        recorded_at: told(row.stamp().recorded_at),
    }
}

fn excuse_done(status: u16, unit_code: &str, row: &ExcuseRow, revision: i64) -> Result<Done, Fault> {
    tagged(status, excuse_view(unit_code, row, true), revision)
}

fn adjustment_view(unit_code: &str, row: &AdjustmentRow, is_confided: bool) -> AdjustmentView {
    AdjustmentView {
        id: row.adjustment_id.to_string(),
        unit_code: unit_code.to_owned(),
        kind: row.kind().code(),
        points: Hundredths(row.points_hundredths),
        reason: Some(row.reason.clone()).filter(|_| is_confided),
        recorded_at: told(row.stamp().recorded_at),
    }
}

/// Tells the facts in memory what bonuses and deductions of a unit now stand.
pub(super) fn adjustments_changed(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit_id: i64,
    unit_code: &str,
) -> Result<(), Fault> {
    let mut sums = Adjustments::default();
    for row in decisions::list_adjustments(work.conn()?, stored.id, Some(unit_id))? {
        if row.stamp().stands() {
            sums.add(row.kind(), row.points_hundredths);
        }
    }
    work.changed(Change::Adjustments { unit: unit_code.to_owned(), sums });
    Ok(())
}
