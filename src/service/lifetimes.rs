//! Units that open, close, merge or split during a campaign.
//!
//! The rules know two things only: "one that ceases to exist is withdrawn and the council
//! excuses its remaining days" (domain.md section 2, State). A lifetime does both in one
//! revision, and takes both back in one: the days after its last are excused and the unit is
//! withdrawn; the days before its first are excused. So its figures stay where they were
//! reported, it counts on as child, neighbour and in sums, and the units above it are not
//! charged with days that nobody owes. Who goes on in its place is told, and scores nothing:
//! a successor's own figures rank it.

use super::Service;
use super::access::{Audience, Decisions, Grant};
use super::audit::Note;
use super::decisions::{find, store_state, tag, tagged};
use super::fault::{Code, Fault};
use super::figures::{check_reports, day_changed, taken_back};
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::contest::Stamp;
use crate::domain::unit::UnitState;
use crate::domain::{Campaign, Day, Instant};
use crate::store::campaigns::StoredCampaign;
use crate::store::decisions::{self, ExcuseRow, StateRow};
use crate::store::lifetimes::{self, LifetimeRow};
use crate::store::units::{self, StoredUnit};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

pub use crate::store::lifetimes::Lifetime;

/// A unit's lifetime as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LifetimeView {
    /// Code of the unit.
    pub unit_code: String,
    /// Its first day, where it opened during the campaign.
    #[schema(format = Date)]
    pub opens: Option<String>,
    /// Its last day, where it closed during the campaign.
    #[schema(format = Date)]
    pub closes: Option<String>,
    /// Codes of the units that go on in its place.
    pub successors: Vec<String>,
    /// Why; never public.
    pub reason: Option<String>,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
}

impl Service {
    /// Says when a unit opened or closed, and who goes on in its place.
    pub fn set_lifetime(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        lifetime: Lifetime,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            check_reports(&stored.campaign, &unit.unit)?;
            check_days(&stored.campaign, &lifetime)?;
            check_successors(work, &stored, &unit, &lifetime)?;
            let before = standing(work, &stored, &unit)?;
            let view = |row: &LifetimeRow| lifetime_view(&unit_code, row, true);
            request.check_if_match(before.as_ref().map(|row| tag(&view(row))).as_deref(), false)?;
            if let Some(row) = before.as_ref().filter(|row| row.lifetime() == lifetime) {
                return tagged(200, view(row), work.revision());
            }
            let (revision, at) = work.accept("lifetime")?;
            if let Some(before) = &before {
                undo(work, &stored, &unit, before, at, &lifetime.reason)?;
            }
            let row = LifetimeRow::new(stored.id, unit.id, &lifetime, at, revision);
            lifetimes::insert(work.conn()?, &row)?;
            excuse(work, &stored, &unit, &lifetime, at, revision)?;
            let closes = (before.as_ref(), lifetime.closes.is_some());
            settle_state(work, &stored, &unit, closes, &lifetime.reason, (at, revision))?;
            let (was, is) = (before.as_ref().map(view), view(&row));
            work.note(Note::of("lifetime.put", target(&unit_code), was.as_ref(), Some(&is)));
            tagged(if before.is_some() { 200 } else { 201 }, is, revision)
        })
    }

    /// Takes a lifetime back, with the excuses and the state that came with it.
    pub fn take_back_lifetime(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        unit_code: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let none = || Fault::new(Code::LifetimeNotFound, format!("{unit_code} neither opens nor closes"));
            let before = standing(work, &stored, &unit)?.ok_or_else(none)?;
            let view = lifetime_view(&unit_code, &before, true);
            request.check_if_match(Some(&tag(&view)), false)?;
            let (revision, at) = work.accept("lifetime taken back")?;
            undo(work, &stored, &unit, &before, at, &reason)?;
            settle_state(work, &stored, &unit, (Some(&before), false), &reason, (at, revision))?;
            let note = Note::of("lifetime.take_back", target(&unit_code), Some(&view), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }

    /// The lifetimes that stand, in the order of names. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign.
    pub fn lifetimes(&self, campaign: &str, audience: &Audience) -> Result<(i64, Vec<LifetimeView>), Fault> {
        self.list(campaign, audience, |conn, stored, visible| {
            let mut latest: HashMap<i64, LifetimeRow> = HashMap::new();
            for row in lifetimes::list(conn, stored.id)? {
                latest.insert(row.unit_id, row);
            }
            let rows = latest.into_values().filter(LifetimeRow::stands);
            let mut rows: Vec<(u32, LifetimeView)> = rows
                .filter_map(|row| {
                    let unit = visible.get(&row.unit_id)?;
                    Some((unit.name_rank, lifetime_view(&unit.code, &row, unit.is_confided)))
                })
                .collect();
            rows.sort_by_key(|(rank, _)| *rank);
            Ok(rows.into_iter().map(|(_, view)| view).collect())
        })
    }
}

fn standing(work: &mut Work<'_>, stored: &StoredCampaign, unit: &StoredUnit) -> Result<Option<LifetimeRow>, Fault> {
    Ok(lifetimes::latest(work.conn()?, stored.id, unit.id)?.filter(LifetimeRow::stands))
}

fn target(unit_code: &str) -> String {
    format!("units/{unit_code}/lifetime")
}

fn check_days(campaign: &Campaign, lifetime: &Lifetime) -> Result<(), Fault> {
    let wrong = |field: &str, expected: String| Err(Fault::of_field(Code::DayOutsideCampaign, field, expected));
    let (first, last) = (campaign.baseline.from, campaign.window.to);
    if let Some(opens) = lifetime.opens.filter(|day| *day <= first || *day > last) {
        return wrong("/opens", format!("expected a day after {first} and up to {last}, found {opens}"));
    }
    if let Some(closes) = lifetime.closes.filter(|day| *day < first || *day >= last) {
        return wrong("/closes", format!("expected a day from {first} on and before {last}, found {closes}"));
    }
    if lifetime.opens.zip(lifetime.closes).is_some_and(|(opens, closes)| closes < opens) {
        let message = "expected a last day that is not before the first";
        return Err(Fault::of_field(Code::InvalidRequest, "/closes", message));
    }
    Ok(())
}

fn check_successors(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    lifetime: &Lifetime,
) -> Result<(), Fault> {
    for (at, code) in lifetime.successors.iter().enumerate() {
        let found = units::find_opt(work.conn()?, stored.id, &stored.campaign, code)?;
        let is_sound = found.is_some_and(|u| u.id != unit.id && u.unit.kind == unit.unit.kind);
        if !is_sound {
            let message = format!("expected the code of another unit of the same kind, found {code:?}");
            return Err(Fault::of_field(Code::InvalidRequest, format!("/successors/{at}"), message));
        }
    }
    Ok(())
}

/// The days that are due to anybody: Bs…E.
fn days_of(campaign: &Campaign) -> impl Iterator<Item = Day> + use<> {
    let last = campaign.window.to;
    campaign.baseline.from.iter_days().take_while(move |day| *day <= last)
}

/// Excuses the days on which the unit does not exist; those that are excused stay as they are.
fn excuse(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    lifetime: &Lifetime,
    at: Instant,
    revision: i64,
) -> Result<(), Fault> {
    let campaign = &stored.campaign;
    let is_gone = |day: &Day| lifetime.opens.is_some_and(|o| *day < o) || lifetime.closes.is_some_and(|c| *day > c);
    for day in days_of(campaign).filter(is_gone) {
        let before = decisions::latest_excuse(work.conn()?, stored.id, unit.id, day)?;
        if before.is_some_and(|row| row.stamp().stands()) {
            continue;
        }
        let stamp = Stamp { recorded_at: at, withdrawn_at: None };
        let row = ExcuseRow::new(stored.id, unit.id, day, lifetime.reason.clone(), stamp, revision);
        decisions::insert_excuses(work.conn()?, std::slice::from_ref(&row))?;
        day_changed(work, stored, unit, day)?;
    }
    Ok(())
}

/// Withdraws a unit that closes, where it takes part; one that no lifetime closes any more
/// takes part again. A state that somebody else decided stays. One row, since two of one
/// instant cannot stand.
fn settle_state(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    (before, is_closed): (Option<&LifetimeRow>, bool),
    reason: &str,
    (at, revision): (Instant, i64),
) -> Result<(), Fault> {
    let standing = decisions::latest_state(work.conn()?, stored.id, unit.id)?;
    let came_with = |row: &StateRow| before.is_some_and(|before| before.revision == row.revision);
    let is_ours = standing.as_ref().is_some_and(came_with);
    let is_active = standing.as_ref().is_none_or(|row| row.state() == UnitState::Active);
    let state = match is_closed {
        true if is_ours || is_active => UnitState::Withdrawn,
        false if is_ours => UnitState::Active,
        _ => return Ok(()),
    };
    let row = StateRow::new(stored.id, unit.id, state, reason.to_owned(), at, revision);
    store_state(work, unit, &row)
}

/// Takes back a lifetime, and the excuses that came with it: they carry the same revision.
fn undo(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    before: &LifetimeRow,
    at: Instant,
    reason: &str,
) -> Result<(), Fault> {
    lifetimes::withdraw(work.conn()?, before, at, reason)?;
    for day in days_of(&stored.campaign) {
        let excuse = decisions::latest_excuse(work.conn()?, stored.id, unit.id, day)?;
        let is_of_it = |row: &ExcuseRow| row.revision == before.revision && row.stamp().stands();
        if let Some(row) = excuse.filter(is_of_it) {
            decisions::withdraw_excuse(work.conn()?, &row, at, Some(reason))?;
            day_changed(work, stored, unit, day)?;
        }
    }
    Ok(())
}

fn lifetime_view(unit_code: &str, row: &LifetimeRow, is_confided: bool) -> LifetimeView {
    let Lifetime { opens, closes, successors, reason } = row.lifetime();
    LifetimeView {
        unit_code: unit_code.to_owned(),
        opens: opens.map(|day| day.to_string()),
        closes: closes.map(|day| day.to_string()),
        successors,
        reason: Some(reason).filter(|_| is_confided),
        recorded_at: row.recorded_at(),
    }
}
