//! What the council decides: states, excuses, start levels, bonuses and deductions.

use super::Errors;
use super::figures::{read_recorded_at, read_reporting_unit, read_stamp};
use super::table::{Columns, Row, read_table};
use super::units::UnitIndex;
use crate::domain::contest::{AdjustmentKind, AdjustmentRow, DeclaredLevelRow, ExcuseRow, StartLevelRow, StateRow};
use crate::domain::number::parse_decimal;
use crate::domain::text::{nfc, parse_reason};
use crate::domain::time::parse_day;
use crate::domain::unit::UnitState;
use crate::domain::{Campaign, Scheme, Unit};
use std::collections::HashMap;
use std::hash::Hash;

const STATES: Columns =
    Columns { file: "states.csv", names: &["unit_code", "state", "reason", "recorded_at"], required: 3 };
const EXCUSES: Columns = Columns {
    file: "excused.csv",
    names: &["unit_code", "date", "reason", "recorded_at", "withdrawn_at"],
    required: 3,
};
const START_LEVELS: Columns = Columns {
    file: "start_levels.csv",
    names: &["unit_code", "level", "reason", "recorded_at", "withdrawn_at"],
    required: 3,
};
const DECLARED_LEVELS: Columns = Columns {
    file: "declared_levels.csv",
    names: &["unit_code", "date", "level", "reason", "recorded_at", "withdrawn_at"],
    required: 3,
};
const ADJUSTMENTS: Columns = Columns {
    file: "adjustments.csv",
    names: &["unit_code", "kind", "points", "reason", "recorded_at", "withdrawn_at"],
    required: 4,
};

/// What the rows of a pack are read against.
#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    /// The campaign.
    pub(super) campaign: &'a Campaign,
    /// Its units.
    pub(super) units: &'a [Unit],
    /// Their codes.
    pub(super) index: &'a UnitIndex,
}

impl Against<'_> {
    /// The unit of a row.
    pub(super) fn unit(&self, row: &Row<'_>, errors: &mut Errors) -> Option<u32> {
        let unit = self.index.get(&*row.nfc_at(0)).copied();
        if unit.is_none() {
            row.wrong(errors, 0, "the code of a unit");
        }
        unit
    }
}

/// Says whether a row is the first of its key, and names the one before where it is not.
pub(super) fn is_first<K: Eq + Hash>(
    lines: &mut HashMap<K, u64>,
    key: K,
    row: &Row<'_>,
    what: &str,
    errors: &mut Errors,
) -> bool {
    let before = lines.insert(key, row.line);
    if let Some(line) = before {
        row.wrong_row(errors, format!("one row for {what}; line {line} has them already"));
    }
    before.is_none()
}

pub(super) fn read_states(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Vec<StateRow> {
    let (mut rows, mut lines) = (Vec::new(), HashMap::new());
    read_table(&STATES, bytes, errors, |row, errors| {
        let unit = against.unit(row, errors);
        let state = row.required(errors, 1, |t| UnitState::parse(t).ok_or("active, withdrawn or disqualified"));
        let reason = row.required(errors, 2, parse_reason);
        let recorded_at = read_recorded_at(row, 3, errors);
        let (Some(unit), Some(state), Some(reason), Some(recorded_at)) = (unit, state, reason, recorded_at) else {
            return;
        };
        if is_first(&mut lines, (unit, recorded_at), row, "a unit and recorded_at", errors) {
            rows.push(StateRow { unit, state, reason, recorded_at });
        }
    });
    rows
}

pub(super) fn read_excuses(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Vec<ExcuseRow> {
    let (mut rows, mut lines) = (Vec::new(), HashMap::new());
    let campaign = against.campaign;
    read_table(&EXCUSES, bytes, errors, |row, errors| {
        let unit =
            read_reporting_unit(campaign, against.units, |code| against.index.get(code).copied(), row, 0, errors);
        let day = row.required(errors, 1, parse_day).filter(|day| {
            let in_time = *day <= campaign.window.to;
            if !in_time {
                row.wrong(errors, 1, format!("a day up to {}, the window's last", campaign.window.to));
            }
            in_time
        });
        let reason = row.required(errors, 2, parse_reason);
        let stamp = read_stamp(row, 3, 4, errors);
        let (Some(unit), Some(day), Some(reason), Some(stamp)) = (unit, day, reason, stamp) else { return };
        if is_first(&mut lines, (unit, day, stamp.recorded_at), row, "a unit, day and recorded_at", errors) {
            rows.push(ExcuseRow { unit, day, reason, stamp });
        }
    });
    rows
}

fn parse_level(scheme: &Scheme, text: &str) -> Result<String, String> {
    let code = nfc(text);
    let is_known = scheme.level_index(&code).is_some();
    is_known.then_some(code).ok_or_else(|| format!("a level of the scheme: {}", scheme.level_codes()))
}

pub(super) fn read_declared_levels(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Vec<DeclaredLevelRow> {
    let (mut rows, mut lines) = (Vec::new(), HashMap::new());
    read_table(&DECLARED_LEVELS, bytes, errors, |row, errors| {
        let unit = against.unit(row, errors);
        let from = row.required(errors, 1, parse_day);
        let level = row.required(errors, 2, |t| parse_level(&against.campaign.scheme, t));
        let reason = row.optional(errors, 3, parse_reason);
        let stamp = read_stamp(row, 4, 5, errors);
        let (Some(unit), Some(from), Some(level)) = (unit, from, level) else { return };
        let (Some(reason), Some(stamp)) = (reason, stamp) else { return };
        if is_first(&mut lines, (unit, from, stamp.recorded_at), row, "a unit, date and recorded_at", errors) {
            rows.push(DeclaredLevelRow { unit, from, level, reason, stamp });
        }
    });
    rows
}

pub(super) fn read_start_levels(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Vec<StartLevelRow> {
    let (mut rows, mut lines) = (Vec::new(), HashMap::new());
    let scheme = &against.campaign.scheme;
    read_table(&START_LEVELS, bytes, errors, |row, errors| {
        let unit = against.unit(row, errors);
        let level = row.required(errors, 1, |t| parse_level(scheme, t));
        let reason = row.required(errors, 2, parse_reason);
        let stamp = read_stamp(row, 3, 4, errors);
        let (Some(unit), Some(level), Some(reason), Some(stamp)) = (unit, level, reason, stamp) else { return };
        if is_first(&mut lines, (unit, stamp.recorded_at), row, "a unit and recorded_at", errors) {
            rows.push(StartLevelRow { unit, level, reason, stamp });
        }
    });
    rows
}

/// The most points of one adjustment, in hundredths.
pub(crate) const MAX_ADJUSTMENT: i64 = 10_000_000;

pub(super) fn read_adjustments(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Vec<AdjustmentRow> {
    let mut rows = Vec::new();
    read_table(&ADJUSTMENTS, bytes, errors, |row, errors| {
        let unit = against.unit(row, errors);
        let kind = row.required(errors, 1, |t| AdjustmentKind::parse(t).ok_or("bonus or deduction"));
        let points = row.required(errors, 2, |t| {
            let points = parse_decimal(t, 2).filter(|p| (1..=MAX_ADJUSTMENT).contains(p));
            points.ok_or("points above 0 with at most two decimals")
        });
        let reason = row.required(errors, 3, parse_reason);
        let stamp = read_stamp(row, 4, 5, errors);
        let (Some(unit), Some(kind), Some(points), Some(reason), Some(stamp)) = (unit, kind, points, reason, stamp)
        else {
            return;
        };
        rows.push(AdjustmentRow { unit, kind, points, reason, stamp });
    });
    rows
}
