//! Criteria and assessments, each with its history.

use super::conn::{DbConn, on_each};
use super::schema::{assessments, criteria};
use super::{BATCH, StoreError, day_number, day_of};
use crate::domain::contest::{AssessmentRow as Assessment, CriterionRow as Criterion, CriterionType};
use crate::domain::{Campaign, Instant};
use diesel::prelude::*;
use std::collections::HashMap;

/// Stands for "speaks of no day": a key column cannot be null.
const NO_DAY: i32 = i32::MIN;

#[derive(Insertable, Queryable)]
#[diesel(table_name = criteria, treat_none_as_default_value = false)]
struct CriterionRow {
    campaign_id: i64,
    kind: String,
    code: String,
    recorded_us: i64,
    name_vi: Option<String>,
    name_en: Option<String>,
    value_type: Option<String>,
    weight_millionths: i64,
    required: Option<bool>,
    due: Option<i32>,
    revision: i64,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = assessments, treat_none_as_default_value = false)]
struct AssessmentRow {
    campaign_id: i64,
    unit_id: i64,
    criterion: String,
    about_day: i32,
    recorded_us: i64,
    value_hundredths: i32,
    verified: bool,
    evidence: Option<String>,
    revision: i64,
}

/// All revisions of a campaign's criteria.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64, campaign: &Campaign) -> Result<Vec<Criterion>, StoreError> {
    let query = criteria::table.filter(criteria::campaign_id.eq(campaign_id)).order((
        criteria::kind.asc(),
        criteria::code.asc(),
        criteria::recorded_us.asc(),
    ));
    let rows: Vec<CriterionRow> = on_each!(conn, |c| query.load(c))?;
    let read = |row: CriterionRow| {
        let kind = campaign.kind_index(&row.kind);
        Ok(Criterion {
            kind: kind.ok_or_else(|| StoreError::Unreadable(format!("criterion of kind {}", row.kind)))?,
            code: row.code,
            name_vi: row.name_vi,
            name_en: row.name_en,
            value_type: row.value_type.as_deref().and_then(CriterionType::parse),
            weight: u64::try_from(row.weight_millionths).unwrap_or_default(),
            required: row.required,
            due: row.due.map(day_of),
            recorded_at: Instant::from_micros(row.recorded_us),
        })
    };
    rows.into_iter().map(read).collect()
}

/// Adds revisions of criteria.
///
/// # Errors
/// What the database says.
pub fn insert<'a>(
    conn: &mut DbConn,
    campaign_id: i64,
    campaign: &Campaign,
    new: impl Iterator<Item = &'a Criterion>,
    revision: i64,
) -> Result<(), StoreError> {
    let row = |c: &Criterion| CriterionRow {
        campaign_id,
        kind: campaign.kind(c.kind).map(|k| k.code.clone()).unwrap_or_default(),
        code: c.code.clone(),
        recorded_us: c.recorded_at.micros(),
        name_vi: c.name_vi.clone(),
        name_en: c.name_en.clone(),
        value_type: c.value_type.map(|t| t.code().to_owned()),
        weight_millionths: i64::try_from(c.weight).unwrap_or(i64::MAX),
        required: c.required,
        due: c.due.map(day_number),
        revision,
    };
    let rows: Vec<CriterionRow> = new.map(row).collect();
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(criteria::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// All revisions of a campaign's assessments, by the units' places.
pub(super) fn list_assessments(
    conn: &mut DbConn,
    campaign_id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<Assessment>, StoreError> {
    let query = assessments::table.filter(assessments::campaign_id.eq(campaign_id)).order((
        assessments::unit_id.asc(),
        assessments::criterion.asc(),
        assessments::about_day.asc(),
        assessments::recorded_us.asc(),
    ));
    let rows: Vec<AssessmentRow> = on_each!(conn, |c| query.load(c))?;
    let read = |row: AssessmentRow| {
        Some(Assessment {
            unit: *places.get(&row.unit_id)?,
            criterion: row.criterion,
            value: u32::try_from(row.value_hundredths).unwrap_or_default(),
            verified: row.verified,
            date: (row.about_day != NO_DAY).then(|| day_of(row.about_day)),
            evidence: row.evidence,
            recorded_at: Instant::from_micros(row.recorded_us),
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Adds revisions of assessments, each with the key of its unit.
///
/// # Errors
/// What the database says.
pub fn insert_assessments<'a>(
    conn: &mut DbConn,
    campaign_id: i64,
    new: impl Iterator<Item = (i64, &'a Assessment)>,
    revision: i64,
) -> Result<(), StoreError> {
    let row = |(unit_id, a): (i64, &Assessment)| AssessmentRow {
        campaign_id,
        unit_id,
        criterion: a.criterion.clone(),
        about_day: a.date.map_or(NO_DAY, day_number),
        recorded_us: a.recorded_at.micros(),
        value_hundredths: i32::try_from(a.value).unwrap_or_default(),
        verified: a.verified,
        evidence: a.evidence.clone(),
        revision,
    };
    let rows: Vec<AssessmentRow> = new.map(row).collect();
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(assessments::table).values(batch).execute(c))?;
    }
    Ok(())
}
