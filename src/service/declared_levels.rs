//! Declared levels: the level that a unit says it acts at. "Measures may be applied earlier
//! or higher, never later or lower" (Vĩnh Phúc, plan 239; domain.md section 3, Declared
//! levels). No score reads them: acting early costs nothing.

use super::access::{Assess, Audience, Grant};
use super::audit::Note;
use super::boards::level_code;
use super::decisions::{find, level_of, tag, tagged, told};
use super::fault::{Code, Fault};
use super::figures::{taken_back, visible_unit};
use super::live::{Change, Snapshot};
use super::writer::{Pending, WriteRequest};
use super::{Moment, Service};
use crate::domain::contest::Stamp;
use crate::domain::{Day, Instant};
use crate::scoring::Ledger;
use crate::scoring::levels::{LevelReader, UnitLevels, demanded, known};
use crate::store::declared_levels::{self, DeclaredLevelRow, NewDeclaredLevel};
use crate::store::units;
use serde::Serialize;
use utoipa::ToSchema;

/// A declaration as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeclaredLevelView {
    /// Code of the unit.
    pub unit_code: String,
    /// From this day on, until a later declaration.
    #[schema(format = Date)]
    pub date: String,
    /// Code of the level.
    pub level: String,
    /// Why; never public.
    pub reason: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// A unit's levels on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EffectiveLevelView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// What the figures say; `unknown` where nobody knows.
    pub assessed: String,
    /// What the unit declares.
    pub declared: Option<String>,
    /// The stricter of the two; `unknown` where the figures may still demand a stricter one.
    pub effective: String,
}

/// What a unit declares, and what holds for it day by day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeclaredLevelsView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the unit.
    pub unit_code: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// The declarations that stand, the earliest first.
    pub items: Vec<DeclaredLevelView>,
    /// The days from S to today, or to E; empty where levels are not public, or there are none.
    pub days: Vec<EffectiveLevelView>,
}

impl Service {
    /// A unit declares that it acts at a level from a day on.
    pub fn declare_level(
        &self,
        grant: &Grant<Assess>,
        campaign: &str,
        unit_code: String,
        (from, level, reason): (Day, String, Option<String>),
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let index = level_of(&stored.campaign.scheme, &level)?;
            let present = work.present(&stored)?;
            let before = standing(work.conn()?, stored.id, unit.id, from)?;
            let view = |row: &DeclaredLevelRow| declared_view(&unit_code, row, true);
            request.check_if_match(before.as_ref().map(|row| tag(&view(row))).as_deref(), false)?;
            if let Some(row) = before.as_ref().filter(|row| row.level == level && row.reason == reason) {
                return tagged(200, view(row), work.revision());
            }
            check(&present, &unit_code, from, index, work.now)?;
            let (revision, at) = work.accept("declared level")?;
            let new = NewDeclaredLevel { unit_id: unit.id, from, level, reason };
            let stamp = Stamp { recorded_at: at, withdrawn_at: None };
            let row = DeclaredLevelRow::new(stored.id, new, stamp, revision);
            declared_levels::insert(work.conn()?, std::slice::from_ref(&row))?;
            work.changed(Change::DeclaredLevel { unit: unit_code.clone(), from, level: Some(index) });
            let (was, is) = (before.as_ref().map(view), view(&row));
            work.note(Note::of("declared_level.put", target(&unit_code, from), was.as_ref(), Some(&is)));
            tagged(if before.is_some() { 200 } else { 201 }, is, revision)
        })
    }

    /// Takes a declaration back: an earlier one holds again, if there is one.
    pub fn take_back_declared_level(
        &self,
        grant: &Grant<Assess>,
        campaign: &str,
        unit_code: String,
        from: Day,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit) = find(work, &unit_code)?;
            let before = standing(work.conn()?, stored.id, unit.id, from)?.ok_or_else(|| {
                Fault::new(Code::DeclaredLevelNotFound, format!("{unit_code} declares no level from {from} on"))
            })?;
            let view = declared_view(&unit_code, &before, true);
            request.check_if_match(Some(&tag(&view)), false)?;
            let (revision, at) = work.accept("declared level taken back")?;
            declared_levels::withdraw(work.conn()?, &before, at, Some(&reason))?;
            work.changed(Change::DeclaredLevel { unit: unit_code.clone(), from, level: None });
            let note = Note::of("declared_level.take_back", target(&unit_code, from), Some(&view), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }

    /// What a unit declares, and what holds for it day by day. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or unit, or none that may be seen.
    pub fn declared_levels(
        &self,
        campaign: &str,
        unit_code: &str,
        audience: &Audience,
    ) -> Result<DeclaredLevelsView, Fault> {
        let view = self.at(campaign, Moment::Now, audience)?;
        let snapshot = view.snapshot;
        let sight = snapshot.sight(audience);
        let unit = visible_unit(&snapshot, unit_code, sight)?;
        let is_confided = snapshot.is_confided(unit, sight);
        let shows_levels = snapshot.shown(unit, sight, false).levels;
        let rows = self.read_of(campaign, audience, |conn, stored| {
            let found = units::find_opt(conn, stored.id, &stored.campaign, unit_code)?;
            let found = found.ok_or_else(|| Fault::no_unit(unit_code))?;
            Ok(declared_levels::list(conn, stored.id, Some(found.id))?)
        })?;
        // the last of a day is the latest
        let latest: std::collections::BTreeMap<Day, DeclaredLevelRow> =
            rows.into_iter().map(|row| (row.from(), row)).collect();
        let standing = latest.values().filter(|row| shows_levels && row.stamp().stands());
        let last = last_day(snapshot.ledger(), view.judged_at);
        Ok(DeclaredLevelsView {
            campaign: campaign.to_owned(),
            unit_code: unit_code.to_owned(),
            revision: snapshot.revision,
            items: standing.map(|row| declared_view(unit_code, row, is_confided)).collect(),
            days: if shows_levels { effective_days(snapshot.ledger(), unit, last) } else { Vec::new() },
        })
    }
}

/// Refuses a level below what the figures demand, and one that comes after the day from
/// which they demand it.
fn check(snapshot: &Snapshot, unit_code: &str, from: Day, level: u8, now: Instant) -> Result<(), Fault> {
    let ledger = snapshot.ledger();
    let window = &snapshot.campaign().window;
    let no_unit = || Fault::no_unit(unit_code);
    let unit = snapshot.register().find(unit_code).ok_or_else(no_unit)?;
    if !(window.from..=window.to).contains(&from) {
        let message = format!("expected a day from {} to {}, found {from}", window.from, window.to);
        return Err(Fault::of_field(Code::DayOutsideWindow, "/date", message));
    }
    if !snapshot.register().rules_of(unit).is_some_and(|rules| rules.has_rules) {
        let message = "the level scheme has no rules for this kind, so there is nothing to act earlier or higher than";
        return Err(Fault::of_field(Code::InvalidRequest, "/level", message));
    }
    let Some(at) = ledger.calendar.index(from) else { return Err(no_unit()) };
    let eve = ledger.calendar.window.start - 1;
    let last = last_day(ledger, now);
    let Some(demands) = demanded(ledger, unit, eve..=last) else { return Ok(()) };
    // the latest assessed day stands for those to come
    let on = |day: usize| demands.get(day.min(last) - eve).copied().unwrap_or_default();
    let (scheme, date) = (&snapshot.campaign().scheme, |day: usize| ledger.calendar.day(day));
    let demand = on(at);
    if level < demand {
        let detail = format!(
            "{} is below {}, which the figures of {unit_code} demand on {}: levels may be applied earlier or higher, never later or lower",
            scheme.level_code(level),
            scheme.level_code(demand),
            date(at.min(last)),
        );
        return Err(Fault::of_field(Code::LevelTooLow, "/level", detail));
    }
    let is_demanded = |day: &usize| on(*day) == level;
    let since = (eve..at.min(last + 1)).rev().take_while(is_demanded).last();
    match since {
        Some(since) if level == demand => Err(Fault::of_field(
            Code::LevelTooLate,
            "/date",
            format!(
                "the figures of {unit_code} demand {} since {}: it may be applied earlier or higher, never later or lower",
                scheme.level_code(level),
                date(since),
            ),
        )),
        _ => Ok(()),
    }
}

/// Index of the last day that levels are told of: today, or the campaign's last day.
fn last_day(ledger: &Ledger, now: Instant) -> usize {
    let today = now.day_in(ledger.register.campaign.time_zone).unwrap_or_default();
    let (eve, last) = (ledger.calendar.window.start - 1, ledger.calendar.window.end - 1);
    ledger.calendar.index(today.min(ledger.calendar.day(last))).unwrap_or(eve).max(eve)
}

fn effective_days(ledger: &Ledger, unit: u32, last: usize) -> Vec<EffectiveLevelView> {
    let Some(kind) = ledger.register.unit(unit).map(|unit| unit.kind) else { return Vec::new() };
    let (first, scheme) = (ledger.calendar.window.start, &ledger.register.campaign.scheme);
    let reader = LevelReader::new(ledger, kind, first, last);
    if !reader.has_rules() || last < first {
        return Vec::new();
    }
    let mut levels = UnitLevels::default();
    reader.read(unit, &mut levels);
    let view = |day: usize| {
        let assessed = levels.by_day.get(day - reader.first_day()).copied().and_then(known);
        let declared = ledger.declared_level(unit, ledger.calendar.day(day));
        EffectiveLevelView {
            date: ledger.calendar.day(day).to_string(),
            assessed: level_code(scheme, assessed),
            declared: declared.map(|level| scheme.level_code(level).to_owned()),
            effective: level_code(scheme, effective(assessed, declared, scheme.worst())),
        }
    };
    (first..=last).map(view).collect()
}

/// "Effective level = the stricter of the two"; unknown where the assessed level is and might
/// be stricter than what is declared.
pub(super) fn effective(assessed: Option<u8>, declared: Option<u8>, worst: u8) -> Option<u8> {
    match (assessed, declared) {
        (None, declared) => declared.filter(|level| *level == worst),
        (assessed, declared) => assessed.max(declared),
    }
}

fn standing(
    conn: &mut crate::store::DbConn,
    campaign_id: i64,
    unit_id: i64,
    from: Day,
) -> Result<Option<DeclaredLevelRow>, Fault> {
    let rows = declared_levels::list(conn, campaign_id, Some(unit_id))?;
    let latest = rows.into_iter().rfind(|row| row.from() == from);
    Ok(latest.filter(|row| row.stamp().stands()))
}

fn target(unit_code: &str, from: Day) -> String {
    format!("units/{unit_code}/declared-levels/{from}")
}

fn declared_view(unit_code: &str, row: &DeclaredLevelRow, is_confided: bool) -> DeclaredLevelView {
    DeclaredLevelView {
        unit_code: unit_code.to_owned(),
        date: row.from().to_string(),
        level: row.level.clone(),
        reason: row.reason.clone().filter(|_| is_confided),
        recorded_at: told(row.stamp().recorded_at),
    }
}

#[cfg(test)]
mod tests {
    use super::effective;

    #[test]
    fn the_stricter_of_the_two_holds() {
        assert_eq!(effective(Some(1), Some(2), 3), Some(2));
        assert_eq!(effective(Some(2), Some(1), 3), Some(2));
        assert_eq!(effective(Some(2), None, 3), Some(2));
        assert_eq!(effective(None, Some(2), 3), None, "the figures may still say red");
        assert_eq!(effective(None, Some(3), 3), Some(3), "nothing is stricter");
        assert_eq!(effective(None, None, 3), None);
    }
}
