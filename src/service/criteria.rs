//! Criteria, and what units are assessed at by them: a unit says, the council verifies,
//! changes or returns it; only verified values score (domain.md section 4, `criteria`).

use super::Service;
use super::access::{Assess, Audience, Contest, Decisions, Grant};
use super::audit::Note;
use super::decisions::{tag, tagged, told};
use super::fault::{Code, Fault};
use super::figures::{done, escape, taken_back, visible_unit};
use super::live::Change;
use super::units::kind_of;
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::contest::{CriterionRow, CriterionType, Stamp, WEIGHT_DECIMALS};
use crate::domain::criteria_sets::{self, CriteriaSet, SetCriterion};
use crate::domain::number::Hundredths;
use crate::domain::{Campaign, Day, Instant};
use crate::store::campaigns::StoredCampaign;
pub use crate::store::criteria::AssessmentStatus;
use crate::store::criteria::{self, AssessmentRow, NewAssessment};
use crate::store::units;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A value of 100, in hundredths.
const WHOLE: i64 = 10_000;

/// How many days before the window an assessment may speak of.
const MOST_DAYS_BEFORE: u64 = 366;

/// A criterion as somebody defines it.
#[derive(Clone, Debug, PartialEq)]
pub struct CriterionFor {
    /// Name in Vietnamese.
    pub name_vi: Option<String>,
    /// Name in English.
    pub name_en: Option<String>,
    /// How its value is given.
    pub value_type: Option<CriterionType>,
    /// Its weight in millionths, more than 0.
    pub weight: u64,
    /// Whether green status needs it.
    pub required: Option<bool>,
    /// The day by which it should be met.
    pub due: Option<Day>,
    /// The most points, in hundredths; of type `points` alone.
    pub max_points: Option<i64>,
    /// What a unit should bring to support its value.
    pub evidence: Option<String>,
    /// Why; needed once the window has begun.
    pub reason: Option<String>,
}

/// A criterion as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CriterionView {
    /// Code of the kind that it is for.
    pub kind: String,
    /// Its code.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: Option<String>,
    /// Name in English.
    pub name_en: Option<String>,
    /// `yes_no`, `percent` or `points`; null: a number from 0 to 100.
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    pub value_type: Option<&'static str>,
    /// Its weight beside the other criteria of the kind.
    #[schema(value_type = f64)]
    pub weight: serde_json::Number,
    /// Whether green status needs it at 100.
    pub required: bool,
    /// The day by which it should be met.
    #[schema(format = Date)]
    pub due: Option<String>,
    /// The most points, of type `points`.
    #[schema(value_type = Option<f64>)]
    pub max_points: Option<Hundredths>,
    /// What a unit should bring to support its value.
    pub evidence: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

/// The criteria that a set gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CriteriaView {
    /// By kind and code.
    pub items: Vec<CriterionView>,
    /// Revision of the campaign after it.
    pub revision: i64,
}

/// A built-in set of criteria.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CriteriaSetView {
    /// Its code.
    pub code: &'static str,
    /// Its title in Vietnamese.
    pub title_vi: &'static str,
    /// Its title in English.
    pub title_en: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its criteria; their weight is 1.
    pub criteria: Vec<SetCriterionView>,
}

/// A criterion of a built-in set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SetCriterionView {
    /// Its code.
    pub code: &'static str,
    /// Name in Vietnamese.
    pub name_vi: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// `yes_no`, `percent` or `points`.
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    pub value_type: &'static str,
    /// Whether green status needs it at 100.
    pub required: bool,
}

/// The built-in sets of criteria.
pub fn criteria_sets() -> Vec<CriteriaSetView> {
    let criterion = |c: &'static SetCriterion| SetCriterionView {
        code: &c.code,
        name_vi: &c.name_vi,
        name_en: &c.name_en,
        value_type: c.value_type().code(),
        required: c.required,
    };
    let set = |set: &'static CriteriaSet| CriteriaSetView {
        code: &set.code,
        title_vi: &set.title.vi,
        title_en: &set.title.en,
        source: &set.source,
        criteria: set.criteria.iter().map(criterion).collect(),
    };
    criteria_sets::all().iter().map(set).collect()
}

fn adopted(criterion: &SetCriterion) -> CriterionFor {
    CriterionFor {
        name_vi: Some(criterion.name_vi.clone()),
        name_en: Some(criterion.name_en.clone()),
        value_type: Some(criterion.value_type()),
        weight: 10u64.pow(WEIGHT_DECIMALS as u32),
        required: Some(criterion.required),
        due: None,
        max_points: None,
        evidence: None,
        reason: None,
    }
}

/// One revision in a criterion's history.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CriterionRevisionView {
    /// The criterion.
    #[serde(flatten)]
    pub criterion: CriterionView,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Instant>,
}

/// A value in the measure of its criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Yes or no.
    Flag(bool),
    /// A number in hundredths.
    Number(i64),
}

/// A unit's own assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct AssessmentFor {
    /// The value in the criterion's measure.
    pub value: Given,
    /// The day that it speaks of.
    pub date: Day,
    /// What supports it: a text or a link.
    pub evidence: Option<String>,
}

/// What the council makes of an assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The day that the assessment speaks of; none for one of no day, out of a pack.
    pub date: Option<Day>,
    /// Whether it is verified; else it is returned.
    pub is_verified: bool,
    /// Another value, where it is verified so.
    pub value: Option<Given>,
    /// Why; needed where it is changed or returned.
    pub reason: Option<String>,
}

/// An assessment as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AssessmentView {
    /// Code of the unit.
    pub unit_code: String,
    /// Code of the criterion, of the unit's kind.
    pub criterion: String,
    /// The day that it speaks of; null: before all others.
    #[schema(format = Date)]
    pub date: Option<String>,
    /// The value from 0 to 100.
    #[schema(value_type = f64)]
    pub value: Hundredths,
    /// The same in the criterion's own measure, such as points; null out of a pack.
    #[schema(value_type = Option<f64>)]
    pub given: Option<Hundredths>,
    /// `submitted`, `verified` (it scores) or `returned`.
    pub status: &'static str,
    /// Whether it speaks of a day after the criterion's due day.
    pub after_due: bool,
    /// What supports it; never public.
    pub evidence: Option<String>,
    /// Why it was verified with another value, or returned; never public.
    pub reason: Option<String>,
    /// When it was recorded; null: before the service, from a pack.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Instant>,
}

impl CriterionFor {
    fn into_row(self, kind: u16, code: String) -> CriterionRow {
        CriterionRow {
            code,
            kind,
            name_vi: self.name_vi,
            name_en: self.name_en,
            value_type: self.value_type,
            weight: self.weight,
            required: self.required,
            due: self.due,
            max_points: self.max_points,
            evidence: self.evidence,
            stamp: Stamp::ALWAYS,
        }
    }
}

impl Service {
    /// Defines a criterion of a kind, or changes it.
    pub fn put_criterion(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        (kind, code): (String, String),
        new: CriterionFor,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let index = kind_of(&stored.campaign, &kind)?;
            let before = standing(work, &stored, &kind, &code)?;
            let view = |row: &CriterionRow| criterion_view(&stored.campaign, row);
            request.check_if_match(before.as_ref().map(|row| tag(&view(row))).as_deref(), false)?;
            let reason = new.reason.clone();
            let mut row = new.into_row(index, code.clone());
            if let Some(before) = &before {
                row.stamp = before.stamp;
                if row == *before {
                    return tagged(200, view(before), work.revision());
                }
                check_measure_kept(work, &stored, before, &row)?;
            }
            check_reason_of_rules(&stored.campaign, work.now, reason.as_deref())?;
            let (revision, at) = work.accept("criterion")?;
            row.stamp = Stamp { recorded_at: at, withdrawn_at: None };
            criteria::insert(work.conn()?, stored.id, &stored.campaign, std::iter::once(&row), revision)?;
            work.reload();
            let (was, is) = (before.as_ref().map(view), view(&row));
            let note = Note::of("criterion.put", target(&kind, &code), was.as_ref(), Some(&is));
            work.note(reason.into_iter().fold(note, |note, reason| note.with("reason", reason)));
            let mut done = tagged(if before.is_some() { 200 } else { 201 }, is, revision)?;
            let path = [&stored.campaign.code, &kind, &code].map(|part| escape(part));
            done.location = Some(format!("/campaigns/{}/criteria/{}/{}", path[0], path[1], path[2]));
            Ok(done)
        })
    }

    /// Defines the criteria of a built-in set for some kinds, all or nothing; those that stand
    /// so already stay.
    pub fn adopt_criteria(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        set: String,
        kinds: Vec<String>,
        reason: Option<String>,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let of_set = criteria_sets::find(&set).ok_or_else(|| {
                let known = criteria_sets::all().iter().map(|s| s.code.as_str()).collect::<Vec<_>>().join(", ");
                Fault::of_field(Code::InvalidRequest, "/set", format!("no set {set:?}; expected one of: {known}"))
            })?;
            let (mut all, mut new) = (Vec::new(), Vec::new());
            for kind in &kinds {
                let index = kind_of(&stored.campaign, kind)?;
                for criterion in &of_set.criteria {
                    let mut row = adopted(criterion).into_row(index, criterion.code.clone());
                    let before = standing(work, &stored, kind, &criterion.code)?;
                    row.stamp = before.as_ref().map_or(row.stamp, |before| before.stamp);
                    if let Some(before) = before.filter(|before| *before != row) {
                        check_measure_kept(work, &stored, &before, &row)?;
                    } else if row.stamp != Stamp::ALWAYS {
                        all.push(row);
                        continue;
                    }
                    new.push(row);
                }
            }
            if !new.is_empty() {
                check_reason_of_rules(&stored.campaign, work.now, reason.as_deref())?;
                let (revision, at) = work.accept("criterion")?;
                new.iter_mut().for_each(|row| row.stamp = Stamp { recorded_at: at, withdrawn_at: None });
                criteria::insert(work.conn()?, stored.id, &stored.campaign, new.iter(), revision)?;
                work.reload();
                for row in &new {
                    let is = criterion_view(&stored.campaign, row);
                    let note = Note::of("criterion.put", target(&is.kind, &is.code), None, Some(&is))
                        .with("set", set.as_str());
                    work.note(reason.iter().fold(note, |note, reason| note.with("reason", reason.as_str())));
                }
            }
            all.append(&mut new);
            all.sort_by(|a, b| (a.kind, &a.code).cmp(&(b.kind, &b.code)));
            let items = all.iter().map(|row| criterion_view(&stored.campaign, row)).collect();
            done(200, &CriteriaView { items, revision: work.revision() })
        })
    }

    /// Takes a criterion back: it scores and is required no more.
    pub fn take_back_criterion(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        (kind, code): (String, String),
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            kind_of(&stored.campaign, &kind)?;
            let before = standing(work, &stored, &kind, &code)?.ok_or_else(|| no_criterion(&kind, &code))?;
            let view = criterion_view(&stored.campaign, &before);
            request.check_if_match(Some(&tag(&view)), false)?;
            let (revision, at) = work.accept("criterion taken back")?;
            criteria::withdraw(work.conn()?, stored.id, &stored.campaign, &before, at, Some(&reason))?;
            work.reload();
            let note = Note::of("criterion.take_back", target(&kind, &code), Some(&view), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }

    /// A unit says how far it meets a criterion.
    pub fn assess(
        &self,
        grant: &Grant<Assess>,
        campaign: &str,
        (unit_code, code): (String, String),
        said: AssessmentFor,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit_id, criterion) = find(work, &unit_code, &code)?;
            check_date(&stored.campaign, said.date, work.now)?;
            let given = measured(&criterion, said.value, "/value")?;
            if criterion.evidence.is_some() && said.evidence.is_none() && given.value > 0 {
                let wanted = criterion.evidence.clone().unwrap_or_default();
                return Err(Fault::of_field(
                    Code::InvalidRequest,
                    "/evidence",
                    format!("this needs evidence: {wanted}"),
                ));
            }
            let before = criteria::latest_assessment(work.conn()?, stored.id, unit_id, &code, Some(said.date))?;
            let view = |row: &AssessmentRow| assessment_view(&unit_code, row, criterion.due, true);
            request.check_if_match(before.as_ref().map(|row| tag(&view(row))).as_deref(), false)?;
            if let Some(row) = before.as_ref().filter(|row| says(row, given, &said.evidence)) {
                return tagged(200, view(row), work.revision());
            }
            let new = NewAssessment {
                unit_id,
                criterion: code.clone(),
                date: Some(said.date),
                value: given.value,
                given: given.given,
                status: AssessmentStatus::Submitted,
                evidence: said.evidence,
                reason: None,
            };
            let row = enter(work, &stored, (&unit_code, "assessment.put"), before.as_ref(), new, criterion.due)?;
            tagged(if before.is_some() { 200 } else { 201 }, view(&row), row.revision)
        })
    }

    /// The council verifies an assessment, changes it, or returns it.
    pub fn verify(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        (unit_code, code): (String, String),
        verdict: Verdict,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, unit_id, criterion) = find(work, &unit_code, &code)?;
            let before = criteria::latest_assessment(work.conn()?, stored.id, unit_id, &code, verdict.date)?;
            let before = before.ok_or_else(|| no_assessment(&unit_code, &code, verdict.date))?;
            let view = |row: &AssessmentRow| assessment_view(&unit_code, row, criterion.due, true);
            request.check_if_match(Some(&tag(&view(&before))), false)?;
            let said =
                Measured { value: before.value(), given: before.given_hundredths.unwrap_or(i64::from(before.value())) };
            let found = match verdict.value {
                Some(value) => measured(&criterion, value, "/value")?,
                None => said,
            };
            if (!verdict.is_verified || found.value != said.value) && verdict.reason.is_none() {
                let message = "a value that is changed, or returned, needs a reason";
                return Err(Fault::of_field(Code::ReasonRequired, "/reason", message));
            }
            let status = if verdict.is_verified { AssessmentStatus::Verified } else { AssessmentStatus::Returned };
            if before.status() == status && found == said && before.reason == verdict.reason {
                return tagged(200, view(&before), work.revision());
            }
            let new = NewAssessment {
                unit_id,
                criterion: code.clone(),
                date: verdict.date,
                value: found.value,
                given: found.given,
                status,
                evidence: before.evidence.clone(),
                reason: verdict.reason,
            };
            let row = enter(work, &stored, (&unit_code, "assessment.verify"), Some(&before), new, criterion.due)?;
            tagged(200, view(&row), row.revision)
        })
    }

    /// The criteria that stand, of one kind where it is named. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, 422 for an unknown kind.
    pub fn criteria(
        &self,
        campaign: &str,
        kind: Option<&str>,
        audience: &Audience,
    ) -> Result<(i64, Vec<CriterionView>), Fault> {
        self.read_of(campaign, audience, |conn, stored| {
            let wanted = kind.map(|kind| kind_of(&stored.campaign, kind)).transpose()?;
            let rows = standing_criteria(criteria::list(conn, stored.id, &stored.campaign)?);
            let rows = rows.values().filter(|row| wanted.is_none_or(|kind| row.kind == kind));
            Ok((stored.revision, rows.map(|row| criterion_view(&stored.campaign, row)).collect()))
        })
    }

    /// Everything that a criterion was, the oldest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or never was such a criterion.
    pub fn criterion_history(
        &self,
        campaign: &str,
        (kind, code): (&str, &str),
        audience: &Audience,
    ) -> Result<(i64, Vec<CriterionRevisionView>), Fault> {
        self.read_of(campaign, audience, |conn, stored| {
            let index = stored.campaign.kind_index(kind);
            let rows = criteria::list(conn, stored.id, &stored.campaign)?;
            let rows = rows.iter().filter(|row| Some(row.kind) == index && row.code == code);
            let view = |row: &CriterionRow| CriterionRevisionView {
                criterion: criterion_view(&stored.campaign, row),
                withdrawn_at: row.stamp.withdrawn_at,
            };
            let history: Vec<_> = rows.map(view).collect();
            if history.is_empty() { Err(no_criterion(kind, code)) } else { Ok((stored.revision, history)) }
        })
    }

    /// The assessments of a campaign as they stand for each unit, criterion and day, in the
    /// order of names; the public sees what is verified. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign.
    pub fn assessments(
        &self,
        campaign: &str,
        audience: &Audience,
        status: Option<AssessmentStatus>,
    ) -> Result<(i64, Vec<AssessmentView>), Fault> {
        self.list(campaign, audience, |conn, stored, visible| {
            let due = due_days(conn, stored)?;
            let mut latest: BTreeMap<(i64, String, Option<Day>), AssessmentRow> = BTreeMap::new();
            for row in criteria::assessments(conn, stored.id, None)? {
                latest.insert((row.unit_id, row.criterion.clone(), row.date()), row);
            }
            let mut rows: Vec<(u32, AssessmentView)> = Vec::new();
            for row in latest.into_values().filter(|row| status.is_none_or(|status| row.status() == status)) {
                let Some(unit) = visible.get(&row.unit_id).filter(|unit| unit.is_confided || row.verified) else {
                    continue;
                };
                let due = due.get(&(unit.kind, row.criterion.clone())).copied().flatten();
                rows.push((unit.name_rank, assessment_view(&unit.code, &row, due, unit.is_confided)));
            }
            rows.sort_by_key(|(rank, _)| *rank);
            Ok(rows.into_iter().map(|(_, view)| view).collect())
        })
    }

    /// Everything that was said of a unit by a criterion, or by all: by criterion and day, the
    /// oldest first. The public sees what was verified. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or unit, or none that may be seen.
    pub fn assessments_of(
        &self,
        campaign: &str,
        unit_code: &str,
        criterion: Option<&str>,
        audience: &Audience,
    ) -> Result<(i64, Vec<AssessmentView>), Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let sight = snapshot.sight(audience);
        let unit = visible_unit(&snapshot, unit_code, sight)?;
        let is_confided = snapshot.is_confided(unit, sight);
        self.read_of(campaign, audience, |conn, stored| {
            let found = units::find_opt(conn, stored.id, &stored.campaign, unit_code)?;
            let found = found.ok_or_else(|| Fault::no_unit(unit_code))?;
            let due = due_days(conn, stored)?;
            let rows = criteria::assessments(conn, stored.id, Some(found.id))?.into_iter();
            let rows = rows.filter(|row| criterion.is_none_or(|code| row.criterion == code));
            let rows = rows.filter(|row| is_confided || row.verified).filter(|_| snapshot.shows_figures(unit, sight));
            let view = |row: AssessmentRow| {
                let due = due.get(&(found.unit.kind, row.criterion.clone())).copied().flatten();
                assessment_view(unit_code, &row, due, is_confided)
            };
            Ok((stored.revision, rows.map(view).collect()))
        })
    }
}

/// A value from 0 to 100 and as it was given, both in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
    value: u32,
    given: i64,
}

/// Brings a value in a criterion's measure to 0 to 100, rounded half away from zero.
fn measured(criterion: &CriterionRow, given: Given, at: &str) -> Result<Measured, Fault> {
    let most = match criterion.value_type {
        Some(CriterionType::Points) => criterion.max_points.unwrap_or(WHOLE),
        _ => WHOLE,
    };
    let is_flag = criterion.value_type == Some(CriterionType::YesNo);
    let given = match given {
        Given::Flag(yes) if is_flag => Some(if yes { WHOLE } else { 0 }),
        Given::Number(number) if !is_flag && (0..=most).contains(&number) => Some(number),
        Given::Flag(_) | Given::Number(_) => None,
    };
    let given = given.ok_or_else(|| {
        let expected = match is_flag {
            true => "true or false".to_owned(),
            false => format!("a number from 0 to {} with at most two decimals", Hundredths(most)),
        };
        Fault::of_field(Code::InvalidRequest, at, format!("expected {expected}"))
    })?;
    // at most 10⁷ × 10⁴: no overflow
    let value = (2 * given * WHOLE + most) / (2 * most);
    Ok(Measured { value: u32::try_from(value).unwrap_or_default(), given })
}

/// Whether a row that stands already says this: as it was said, or verified so.
fn says(row: &AssessmentRow, given: Measured, evidence: &Option<String>) -> bool {
    let is_open = row.status() != AssessmentStatus::Returned;
    is_open
        && row.value() == given.value
        && row.given_hundredths.is_none_or(|g| g == given.given)
        && row.evidence == *evidence
}

fn find(work: &mut Work<'_>, unit_code: &str, code: &str) -> Result<(StoredCampaign, i64, CriterionRow), Fault> {
    let stored = work.campaign()?;
    let unit = work.unit(&stored, unit_code)?;
    let kind = stored.campaign.kind(unit.unit.kind).map(|k| k.code.clone()).unwrap_or_default();
    let criterion = standing(work, &stored, &kind, code)?.ok_or_else(|| no_criterion(&kind, code))?;
    Ok((stored, unit.id, criterion))
}

/// Stores a revision of an assessment; the facts in memory and the log follow.
fn enter(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (unit_code, action): (&str, &'static str),
    before: Option<&AssessmentRow>,
    new: NewAssessment,
    due: Option<Day>,
) -> Result<AssessmentRow, Fault> {
    let (revision, at) = work.accept("assessment")?;
    let row = AssessmentRow::new(stored.id, new, at, revision);
    criteria::insert_assessment_rows(work.conn()?, std::slice::from_ref(&row))?;
    let (criterion, date, value) = (row.criterion.clone(), row.date(), row.scored());
    work.changed(Change::Assessment { unit: unit_code.to_owned(), criterion, date, value });
    let view = |row: &AssessmentRow| assessment_view(unit_code, row, due, true);
    let (was, is) = (before.map(view), view(&row));
    work.note(Note::of(action, format!("units/{unit_code}/assessments/{}", row.criterion), was.as_ref(), Some(&is)));
    Ok(row)
}

fn standing(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    kind: &str,
    code: &str,
) -> Result<Option<CriterionRow>, Fault> {
    let latest = criteria::latest(work.conn()?, stored.id, &stored.campaign, (kind, code))?;
    Ok(latest.filter(|row| row.stamp.stands()))
}

/// Of all revisions those that stand, by kind and code.
fn standing_criteria(rows: Vec<CriterionRow>) -> BTreeMap<(u16, String), CriterionRow> {
    let mut latest: BTreeMap<(u16, String), CriterionRow> = BTreeMap::new();
    for row in rows {
        latest.insert((row.kind, row.code.clone()), row);
    }
    latest.retain(|_, row| row.stamp.stands());
    latest
}

type DueDays = BTreeMap<(u16, String), Option<Day>>;

fn due_days(conn: &mut crate::store::DbConn, stored: &StoredCampaign) -> Result<DueDays, Fault> {
    let rows = standing_criteria(criteria::list(conn, stored.id, &stored.campaign)?);
    Ok(rows.into_iter().map(|(key, row)| (key, row.due)).collect())
}

/// What was given in one measure means nothing in another.
fn check_measure_kept(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    before: &CriterionRow,
    after: &CriterionRow,
) -> Result<(), Fault> {
    if (before.value_type, before.max_points) == (after.value_type, after.max_points) {
        return Ok(());
    }
    let is_used = |row: &AssessmentRow| row.criterion == before.code;
    if criteria::assessments(work.conn()?, stored.id, None)?.iter().any(is_used) {
        let field = if before.value_type == after.value_type { "/max_points" } else { "/type" };
        let detail = "units were assessed by this criterion, so its measure stays; take it back and define another";
        return Err(Fault::of_field(Code::LockedField, field, detail));
    }
    Ok(())
}

/// Criteria are rules: "after the start a change needs … a stated reason".
fn check_reason_of_rules(campaign: &Campaign, now: Instant, reason: Option<&str>) -> Result<(), Fault> {
    let today = now.day_in(campaign.time_zone).unwrap_or_default();
    if reason.is_none() && today >= campaign.window.from {
        let message = "the contest has begun, so a change of its criteria needs a reason";
        return Err(Fault::of_field(Code::ReasonRequired, "/reason", message));
    }
    Ok(())
}

fn check_date(campaign: &Campaign, date: Day, now: Instant) -> Result<(), Fault> {
    let first = campaign.window.from.checked_sub_days(chrono::Days::new(MOST_DAYS_BEFORE)).unwrap_or_default();
    let last = campaign.window.to;
    let refuse = |code, detail| Err(Fault::of_field(code, "/date", detail));
    if date > last || date < first {
        return refuse(Code::DayOutsideCampaign, format!("expected a day from {first} to {last}, found {date}"));
    }
    let today = now.day_in(campaign.time_zone).unwrap_or_default();
    if date > today {
        return refuse(
            Code::DayNotBegun,
            format!("{date} has not begun in {}; today is {today}", campaign.time_zone_name),
        );
    }
    Ok(())
}

fn target(kind: &str, code: &str) -> String {
    format!("criteria/{kind}/{code}")
}

/// No criterion of a kind and code stands.
pub fn no_criterion(kind: &str, code: &str) -> Fault {
    Fault::new(Code::CriterionNotFound, format!("there is no criterion {code:?} for the kind {kind:?}"))
}

fn no_assessment(unit_code: &str, code: &str, date: Option<Day>) -> Fault {
    let of = date.map_or("no day".to_owned(), |date| date.to_string());
    Fault::new(Code::AssessmentNotFound, format!("{unit_code} has no assessment by {code:?} of {of}"))
}

fn criterion_view(campaign: &Campaign, row: &CriterionRow) -> CriterionView {
    CriterionView {
        kind: campaign.kind(row.kind).map(|k| k.code.clone()).unwrap_or_default(),
        code: row.code.clone(),
        name_vi: row.name_vi.clone(),
        name_en: row.name_en.clone(),
        value_type: row.value_type.map(CriterionType::code),
        weight: weight_number(row.weight),
        required: row.required.unwrap_or(false),
        due: row.due.map(|day| day.to_string()),
        max_points: row.max_points.map(Hundredths),
        evidence: row.evidence.clone(),
        recorded_at: told(row.stamp.recorded_at),
    }
}

/// A weight in millionths as a JSON number: shown, never reckoned with.
fn weight_number(millionths: u64) -> serde_json::Number {
    const ONE: u64 = 10u64.pow(WEIGHT_DECIMALS as u32);
    let whole = || serde_json::Number::from(millionths / ONE);
    match millionths % ONE {
        0 => whole(),
        _ => serde_json::Number::from_f64(millionths as f64 / ONE as f64).unwrap_or_else(whole),
    }
}

fn assessment_view(unit_code: &str, row: &AssessmentRow, due: Option<Day>, is_confided: bool) -> AssessmentView {
    AssessmentView {
        unit_code: unit_code.to_owned(),
        criterion: row.criterion.clone(),
        date: row.date().map(|day| day.to_string()),
        value: Hundredths(i64::from(row.value())),
        given: row.given_hundredths.map(Hundredths),
        status: row.status().code(),
        after_due: due.is_some_and(|due| row.date().is_some_and(|date| date > due)),
        evidence: row.evidence.clone().filter(|_| is_confided),
        reason: row.reason.clone().filter(|_| is_confided),
        recorded_at: told(row.recorded_at()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(value_type: Option<CriterionType>, max_points: Option<i64>) -> CriterionRow {
        CriterionRow {
            code: "c".into(),
            kind: 0,
            name_vi: None,
            name_en: None,
            value_type,
            weight: 1_000_000,
            required: None,
            due: None,
            max_points,
            evidence: None,
            stamp: Stamp::ALWAYS,
        }
    }

    fn value(of: &CriterionRow, given: Given) -> Option<u32> {
        measured(of, given, "/value").ok().map(|m| m.value)
    }

    #[test]
    fn values_are_brought_to_a_hundred_from_each_measure() {
        let yes_no = criterion(Some(CriterionType::YesNo), None);
        assert_eq!(value(&yes_no, Given::Flag(true)), Some(10_000));
        assert_eq!(value(&yes_no, Given::Flag(false)), Some(0));
        assert_eq!(value(&yes_no, Given::Number(100)), None);
        let percent = criterion(Some(CriterionType::Percent), None);
        assert_eq!(value(&percent, Given::Number(9_950)), Some(9_950));
        assert_eq!(value(&percent, Given::Number(10_001)), None);
        assert_eq!(value(&percent, Given::Flag(true)), None);
        let points = criterion(Some(CriterionType::Points), Some(1_500));
        assert_eq!(value(&points, Given::Number(1_500)), Some(10_000));
        assert_eq!(value(&points, Given::Number(700)), Some(4_667), "7 of 15, half away from zero");
        assert_eq!(value(&points, Given::Number(1_501)), None);
        assert_eq!(value(&points, Given::Number(-1)), None);
    }
}
