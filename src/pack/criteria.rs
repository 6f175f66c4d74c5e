//! `criteria.csv` and `assessments.csv`: what units are assessed by.

use super::Errors;
use super::decisions::{Against, is_first};
use super::figures::{read_recorded_at, read_stamp};
use super::table::{Columns, read_table};
use crate::domain::contest::{AssessmentRow, CriterionRow, CriterionType, MAX_CRITERION_POINTS, WEIGHT_DECIMALS};
use crate::domain::number::parse_decimal;
use crate::domain::text::{nfc, parse_code, parse_name, parse_note};
use crate::domain::time::parse_day;
use std::collections::{HashMap, HashSet};

const CRITERIA: Columns = Columns {
    file: "criteria.csv",
    names: &[
        "code",
        "kind",
        "weight",
        "name_vi",
        "name_en",
        "type",
        "required",
        "due",
        "max_points",
        "evidence",
        "recorded_at",
        "withdrawn_at",
    ],
    required: 3,
};
const ASSESSMENTS: Columns = Columns {
    file: "assessments.csv",
    names: &["unit_code", "criterion_code", "value", "verified", "date", "evidence", "recorded_at"],
    required: 4,
};

fn parse_flag(text: &str) -> Result<bool, &'static str> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("true or false"),
    }
}

pub(super) fn read_criteria(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Vec<CriterionRow> {
    let (mut rows, mut lines) = (Vec::new(), HashMap::new());
    let campaign = against.campaign;
    read_table(&CRITERIA, bytes, errors, |row, errors| {
        let code = row.required(errors, 0, parse_code);
        let kind = row.required(errors, 1, |t| {
            campaign.kind_index(&nfc(t)).ok_or_else(|| format!("a kind of this campaign: {}", campaign.kind_codes()))
        });
        let weight = row.required(errors, 2, |t| {
            let weight = parse_decimal(t, WEIGHT_DECIMALS).and_then(|w| u64::try_from(w).ok()).filter(|w| *w > 0);
            weight.ok_or("a decimal above 0 with at most six decimals")
        });
        let name_vi = row.optional(errors, 3, parse_name);
        let name_en = row.optional(errors, 4, parse_name);
        let value_type =
            row.optional(errors, 5, |t| CriterionType::parse(t).ok_or("yes_no, percent, points or nothing"));
        let required = row.optional(errors, 6, |t| parse_flag(t).map_err(|_| "true, false or nothing"));
        let due = row.optional(errors, 7, parse_day);
        let max_points = row.optional(errors, 8, |t| {
            let is_points = value_type == Some(Some(CriterionType::Points));
            let points = parse_decimal(t, 2).filter(|p| is_points && (1..=MAX_CRITERION_POINTS).contains(p));
            points.ok_or("points above 0 with at most two decimals, of type points alone")
        });
        let evidence = row.optional(errors, 9, parse_note);
        let stamp = read_stamp(row, 10, 11, errors);
        let (Some(code), Some(kind), Some(weight), Some(stamp)) = (code, kind, weight, stamp) else { return };
        let (Some(name_vi), Some(name_en), Some(value_type), Some(required), Some(due)) =
            (name_vi, name_en, value_type, required, due)
        else {
            return;
        };
        let (Some(max_points), Some(evidence)) = (max_points, evidence) else { return };
        let key = (kind, code.clone(), stamp.recorded_at);
        if is_first(&mut lines, key, row, "a criterion and recorded_at", errors) {
            rows.push(CriterionRow {
                code,
                kind,
                name_vi,
                name_en,
                value_type,
                weight,
                required,
                due,
                max_points,
                evidence,
                stamp,
            });
        }
    });
    rows
}

pub(super) fn read_assessments(
    against: Against<'_>,
    criteria: &[CriterionRow],
    bytes: &[u8],
    errors: &mut Errors,
) -> Vec<AssessmentRow> {
    let known: HashSet<(u16, &str)> = criteria.iter().map(|c| (c.kind, c.code.as_str())).collect();
    let (mut rows, mut lines) = (Vec::new(), HashMap::new());
    read_table(&ASSESSMENTS, bytes, errors, |row, errors| {
        let unit = against.unit(row, errors);
        let kind = unit.and_then(|u| against.units.get(u as usize)).map(|u| u.kind);
        let criterion = row.required(errors, 1, |t| {
            let code = nfc(t);
            let is_known = kind.is_none_or(|k| known.contains(&(k, code.as_str())));
            if is_known { Ok(code) } else { Err("a criterion of the unit's kind") }
        });
        let value = row.required(errors, 2, |t| {
            let value = parse_decimal(t, 2).filter(|v| (0..=10_000).contains(v)).and_then(|v| u32::try_from(v).ok());
            value.ok_or("a number from 0 to 100 with at most two decimals")
        });
        let verified = row.required(errors, 3, parse_flag);
        let date = row.optional(errors, 4, parse_day);
        let evidence = row.optional(errors, 5, parse_note);
        let recorded_at = read_recorded_at(row, 6, errors);
        let (Some(unit), Some(criterion), Some(value), Some(verified)) = (unit, criterion, value, verified) else {
            return;
        };
        let (Some(date), Some(evidence), Some(recorded_at)) = (date, evidence, recorded_at) else { return };
        let key = (unit, criterion.clone(), date, recorded_at);
        if is_first(&mut lines, key, row, "a unit, criterion, date and recorded_at", errors) {
            rows.push(AssessmentRow { unit, criterion, value, verified, date, evidence, recorded_at });
        }
    });
    rows
}
