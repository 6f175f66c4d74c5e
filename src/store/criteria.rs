//! Criteria and assessments, each with its history: rows are added and marked as
//! withdrawn, never changed otherwise and never deleted.

use super::conn::{DbConn, on_each};
use super::schema::{assessments, criteria};
use super::{BATCH, StoreError, day_number, day_of, micros};
use crate::domain::contest::{AssessmentRow as Assessment, CriterionRow as Criterion, CriterionType, Stamp};
use crate::domain::{Campaign, Day, Instant};
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
    max_points_hundredths: Option<i64>,
    evidence: Option<String>,
    revision: i64,
    withdrawn_us: Option<i64>,
    withdrawn_reason: Option<String>,
}

impl CriterionRow {
    fn new(campaign_id: i64, campaign: &Campaign, c: &Criterion, revision: i64) -> Self {
        Self {
            campaign_id,
            kind: campaign.kind(c.kind).map(|k| k.code.clone()).unwrap_or_default(),
            code: c.code.clone(),
            recorded_us: c.stamp.recorded_at.micros(),
            name_vi: c.name_vi.clone(),
            name_en: c.name_en.clone(),
            value_type: c.value_type.map(|t| t.code().to_owned()),
            weight_millionths: i64::try_from(c.weight).unwrap_or(i64::MAX),
            required: c.required,
            due: c.due.map(day_number),
            max_points_hundredths: c.max_points,
            evidence: c.evidence.clone(),
            revision,
            withdrawn_us: micros(c.stamp.withdrawn_at),
            withdrawn_reason: None,
        }
    }

    fn read(self, campaign: &Campaign) -> Result<Criterion, StoreError> {
        let kind = campaign.kind_index(&self.kind);
        Ok(Criterion {
            kind: kind.ok_or_else(|| StoreError::Unreadable(format!("criterion of kind {}", self.kind)))?,
            code: self.code,
            name_vi: self.name_vi,
            name_en: self.name_en,
            value_type: self.value_type.as_deref().and_then(CriterionType::parse),
            weight: u64::try_from(self.weight_millionths).unwrap_or_default(),
            required: self.required,
            due: self.due.map(day_of),
            max_points: self.max_points_hundredths,
            evidence: self.evidence,
            stamp: Stamp {
                recorded_at: Instant::from_micros(self.recorded_us),
                withdrawn_at: self.withdrawn_us.map(Instant::from_micros),
            },
        })
    }
}

/// One revision of an assessment, as it is stored.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = assessments, treat_none_as_default_value = false)]
pub struct AssessmentRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    /// Code of the criterion.
    pub criterion: String,
    about_day: i32,
    recorded_us: i64,
    value_hundredths: i32,
    /// Whether it scores.
    pub verified: bool,
    /// What supports it.
    pub evidence: Option<String>,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    /// The value in the criterion's own measure, in hundredths, where it was given so.
    pub given_hundredths: Option<i64>,
    status: Option<String>,
    /// Why it was verified with another value, or returned.
    pub reason: Option<String>,
}

/// Where an assessment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssessmentStatus {
    /// A unit said so.
    Submitted,
    /// The council agreed, with this value: it scores.
    Verified,
    /// The council gave it back with a reason.
    Returned,
}

impl AssessmentStatus {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Submitted, Self::Verified, Self::Returned];

    /// The name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Verified => "verified",
            Self::Returned => "returned",
        }
    }

    /// The status of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// What is new about an assessment.
#[derive(Clone, Debug)]
pub struct NewAssessment {
    /// The key of the unit.
    pub unit_id: i64,
    /// Code of the criterion.
    pub criterion: String,
    /// The day that it speaks of.
    pub date: Option<Day>,
    /// 0 to 100, in hundredths.
    pub value: u32,
    /// The same in the criterion's own measure, in hundredths.
    pub given: i64,
    /// Where it stands.
    pub status: AssessmentStatus,
    /// What supports it.
    pub evidence: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl AssessmentRow {
    /// A new one.
    pub fn new(campaign_id: i64, new: NewAssessment, recorded_at: Instant, revision: i64) -> Self {
        Self {
            campaign_id,
            unit_id: new.unit_id,
            criterion: new.criterion,
            about_day: new.date.map_or(NO_DAY, day_number),
            recorded_us: recorded_at.micros(),
            value_hundredths: i32::try_from(new.value).unwrap_or_default(),
            verified: new.status == AssessmentStatus::Verified,
            evidence: new.evidence,
            revision,
            given_hundredths: Some(new.given),
            status: Some(new.status.code().to_owned()),
            reason: new.reason,
        }
    }

    /// The day that it speaks of.
    pub fn date(&self) -> Option<Day> {
        (self.about_day != NO_DAY).then(|| day_of(self.about_day))
    }

    /// 0 to 100, in hundredths.
    pub fn value(&self) -> u32 {
        u32::try_from(self.value_hundredths).unwrap_or_default()
    }

    /// What it is worth in hundredths: nothing where it is not verified.
    pub fn scored(&self) -> u32 {
        if self.verified { self.value() } else { 0 }
    }

    /// Where it stands; rows of a pack say only whether they are verified.
    pub fn status(&self) -> AssessmentStatus {
        let by_flag = if self.verified { AssessmentStatus::Verified } else { AssessmentStatus::Submitted };
        self.status.as_deref().and_then(AssessmentStatus::parse).unwrap_or(by_flag)
    }

    /// When.
    pub fn recorded_at(&self) -> Instant {
        Instant::from_micros(self.recorded_us)
    }
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
    rows.into_iter().map(|row| row.read(campaign)).collect()
}

/// The latest revision of a criterion.
///
/// # Errors
/// What the database says.
pub fn latest(
    conn: &mut DbConn,
    campaign_id: i64,
    campaign: &Campaign,
    (kind, code): (&str, &str),
) -> Result<Option<Criterion>, StoreError> {
    let query = criteria::table
        .filter(criteria::campaign_id.eq(campaign_id))
        .filter(criteria::kind.eq(kind))
        .filter(criteria::code.eq(code))
        .order(criteria::recorded_us.desc());
    let row: Option<CriterionRow> = query.get_result(conn).optional()?;
    row.map(|row| row.read(campaign)).transpose()
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
    let rows: Vec<CriterionRow> = new.map(|c| CriterionRow::new(campaign_id, campaign, c, revision)).collect();
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(criteria::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Takes a criterion back.
///
/// # Errors
/// What the database says.
pub fn withdraw(
    conn: &mut DbConn,
    campaign_id: i64,
    campaign: &Campaign,
    row: &Criterion,
    at: Instant,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let kind = campaign.kind(row.kind).map(|k| k.code.as_str()).unwrap_or_default();
    let found = criteria::table.find((campaign_id, kind, &row.code, row.stamp.recorded_at.micros()));
    let values = (criteria::withdrawn_us.eq(at.micros()), criteria::withdrawn_reason.eq(reason));
    diesel::update(found).set(values).execute(conn)?;
    Ok(())
}

/// All revisions of a campaign's assessments, of one unit where one is named, by unit,
/// criterion, day and instant.
///
/// # Errors
/// What the database says.
pub fn assessments(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_id: Option<i64>,
) -> Result<Vec<AssessmentRow>, StoreError> {
    let mut query = assessments::table.filter(assessments::campaign_id.eq(campaign_id)).into_boxed();
    if let Some(unit_id) = unit_id {
        query = query.filter(assessments::unit_id.eq(unit_id));
    }
    let query = query.order((
        assessments::unit_id.asc(),
        assessments::criterion.asc(),
        assessments::about_day.asc(),
        assessments::recorded_us.asc(),
    ));
    Ok(query.load(conn)?)
}

/// The latest revision of what a unit is assessed at by a criterion for a day.
///
/// # Errors
/// What the database says.
pub fn latest_assessment(
    conn: &mut DbConn,
    campaign_id: i64,
    unit_id: i64,
    criterion: &str,
    date: Option<Day>,
) -> Result<Option<AssessmentRow>, StoreError> {
    let query = assessments::table
        .filter(assessments::campaign_id.eq(campaign_id))
        .filter(assessments::unit_id.eq(unit_id))
        .filter(assessments::criterion.eq(criterion))
        .filter(assessments::about_day.eq(date.map_or(NO_DAY, day_number)))
        .order(assessments::recorded_us.desc());
    Ok(query.get_result(conn).optional()?)
}

/// All revisions of a campaign's assessments, by the units' places.
pub(super) fn list_assessments(
    conn: &mut DbConn,
    campaign_id: i64,
    places: &HashMap<i64, u32>,
) -> Result<Vec<Assessment>, StoreError> {
    let read = |row: AssessmentRow| {
        let (value, date, recorded_at) = (row.value(), row.date(), row.recorded_at());
        let (criterion, verified, evidence) = (row.criterion, row.verified, row.evidence);
        Some(Assessment { unit: *places.get(&row.unit_id)?, criterion, value, verified, date, evidence, recorded_at })
    };
    Ok(assessments(conn, campaign_id, None)?.into_iter().filter_map(read).collect())
}

/// Adds revisions of assessments.
///
/// # Errors
/// What the database says.
pub fn insert_assessment_rows(conn: &mut DbConn, rows: &[AssessmentRow]) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(assessments::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Adds revisions of a pack's assessments, each with the key of its unit.
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
        given_hundredths: None,
        status: None,
        reason: None,
    };
    let rows: Vec<AssessmentRow> = new.map(row).collect();
    insert_assessment_rows(conn, &rows)
}
