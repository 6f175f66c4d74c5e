//! Several sources for one unit's day: kept side by side, the first by precedence standing.
//!
//! What a source says is written to its own history. The figure of the day, which everything
//! else reads, is that of the first source that stands: where a write changes which one that
//! is, or what it says, the same transaction writes the figure with the same instant. So
//! which source a figure came from can be read off the sources' history at its instant, and
//! is kept nowhere else. A figure recorded before the campaign declared sources came from
//! none; the first report of any source takes its place.

use super::Service;
use super::access::Audience;
use super::audit::{Note, Rows};
use super::closing::{Gate, care_of_one, no_reason};
use super::decisions::told;
use super::fault::{Code, Fault};
use super::figures::{
    FigureFor, NewFigure, Planned, check_usual, done, entry_with, entry_without, figure_row, figure_view, no_figure,
    note_many, plan, row_of, taken_back, target, visible_unit,
};
use super::live::Change;
use super::rendered::etag_of;
use super::views::{CountsView, FigureView, OtherSourceView, RowsView, SourceRevisionView, WrittenView};
use super::writer::{Done, Work, WriteRequest};
use crate::domain::contest::Stamp;
use crate::domain::sources::{self, Sources};
use crate::domain::{Care, Day, Instant};
use crate::scoring::ledger::DayEntry;
use crate::store::campaigns::StoredCampaign;
use crate::store::figures::{self, StoredFigure};
use crate::store::source_figures::{self, Filter, SourceFigure};
use crate::store::units::{self, StoredUnit};
use crate::store::{DbConn, StoreError};
use std::collections::BTreeMap;

/// What stands of the sources of a unit's day, the first by precedence first.
pub(super) type Standing = BTreeMap<u8, SourceFigure>;

/// More reports than this are compared with all that stands, read at once.
const FEW: usize = 500;

/// What stands now of the sources of a unit's day.
fn standing_now(rows: &[SourceFigure]) -> Standing {
    standing_at(rows, Instant::from_micros(i64::MAX))
}

fn standing_at(rows: &[SourceFigure], at: Instant) -> Standing {
    let found = sources::standing(rows.iter(), |said| (said.source, said.figure.stamp), at);
    found.into_iter().map(|(source, said)| (source, said.clone())).collect()
}

/// The place of the source that a report names.
///
/// # Errors
/// 422 where the campaign declares sources and the report names none of them, or the campaign
/// declares none and the report names one.
pub(super) fn source_asked(sources: &Sources, code: Option<&str>) -> Result<Option<u8>, Fault> {
    let wrong = |message: String| Err(Fault::of_field(Code::InvalidRequest, "/source", message));
    match (sources.is_empty(), code) {
        (true, None) => Ok(None),
        (true, Some(code)) => {
            wrong(format!("this campaign declares no sources: expected a figure without one, found {code:?}"))
        }
        (false, None) => {
            wrong(format!("figures of this campaign name their source: expected one of {}", sources.codes()))
        }
        (false, Some(code)) => match sources.index(code) {
            Some(source) => Ok(Some(source)),
            None => wrong(format!("expected a source of this campaign ({}), found {code:?}", sources.codes())),
        },
    }
}

/// Which source leads a unit's day now; none where the campaign declares no sources.
pub(super) fn leader_of_day(
    conn: &mut DbConn,
    stored: &StoredCampaign,
    unit_id: i64,
    day: Day,
) -> Result<Option<u8>, StoreError> {
    if stored.campaign.sources.is_empty() {
        return Ok(None);
    }
    let rows = source_figures::of_day(conn, stored.id, unit_id, day)?;
    Ok(standing_now(&rows).keys().next().copied())
}

/// Records what a source says of a day: 201 where it had said nothing, else 200.
pub(super) fn record(
    work: &mut Work<'_>,
    request: &WriteRequest,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    (day, source): (Day, u8),
    new: NewFigure,
) -> Result<Done, Fault> {
    let (before, figure) = work.standing(stored, unit, day)?;
    let mut standing = standing_now(&source_figures::of_day(work.conn()?, stored.id, unit.id, day)?);
    let code = unit.unit.code.as_str();
    let view = |figure: &StoredFigure, standing: &Standing| {
        sourced_view(code, figure, &stored.campaign.sources, standing, true)
    };
    let tag = figure.as_ref().filter(|_| request.if_match.is_some()).map(|f| tag_of(&view(f, &standing)));
    request.check_if_match(tag.as_deref(), false)?;
    let said = standing.get(&source).map(|said| &said.figure);
    if let (Some(said), Some(figure)) = (said, &figure)
        && (said.counts, &said.note) == (new.counts, &new.note)
    {
        return answer(200, view(figure, &standing), work.revision());
    }
    check_usual(work, stored, unit, day, &new)?;
    if care_of_one(work, stored, (day, figure.is_some()), new.reason.as_deref())? == Care::Approval {
        return Err(source_cannot_wait(day));
    }
    let status = if said.is_some() { 200 } else { 201 };
    let (revision, at) = work.accept("figure")?;
    let was = said.map(|said| figure_view(code, said, true));
    let said = SourceFigure { source, figure: row_of(unit.id, day, new, at, revision) };
    let is = figure_view(code, &said.figure, true);
    let reason = said.figure.reason.clone();
    source_figures::insert(work.conn()?, stored.id, std::slice::from_ref(&said))?;
    standing.insert(source, said);
    let Some(figure) = settle(work, stored, (unit, day), (before, figure), &standing, (revision, at), None)? else {
        return Err(Fault::internal("a source that stands gives the day its figure"));
    };
    let note = Note::of("figure.record", target(code, day), was.as_ref(), Some(&is));
    let note = note.with("source", stored.campaign.sources.code(source).to_owned());
    work.note(note.with("reason", reason).with("revision", revision));
    answer(status, view(&figure, &standing), revision)
}

fn tag_of(view: &FigureView) -> String {
    etag_of(&serde_json::to_vec(view).unwrap_or_default())
}

fn answer(status: u16, written: FigureView, revision: i64) -> Result<Done, Fault> {
    let etag = tag_of(&written);
    let mut answer = done(status, &WrittenView { written, revision })?;
    answer.etag = Some(etag);
    Ok(answer)
}

/// Makes the figure of a day that of the first source that stands; answers it.
fn settle(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (unit, day): (&StoredUnit, Day),
    (before, figure): (DayEntry, Option<StoredFigure>),
    standing: &Standing,
    (revision, at): (i64, Instant),
    reason: Option<&str>,
) -> Result<Option<StoredFigure>, Fault> {
    let (entry, figure) = match standing.first_key_value() {
        Some((source, said)) if before.source == Some(*source) && said.figure.revision != revision => (before, figure),
        Some((source, said)) => {
            let stamp = Stamp { recorded_at: at, withdrawn_at: None };
            let why = reason.map(str::to_owned).or_else(|| said.figure.reason.clone());
            let row = StoredFigure { stamp, revision, reason: why, ..said.figure.clone() };
            let entry = entry_with(&stored.campaign, day, before, row.counts, row.note.is_some(), at);
            work.record(row.clone());
            (DayEntry { source: Some(*source), ..entry }, Some(row))
        }
        None => {
            if let Some(figure) = &figure {
                figures::withdraw(work.conn()?, stored.id, figure, at, reason)?;
            }
            (entry_without(before), None)
        }
    };
    work.changed(Change::Day { unit: unit.unit.code.clone(), day, entry });
    Ok(figure)
}

/// The refusal of a report that would have to wait for a second person: what one of several
/// sources says cannot wait yet.
fn source_cannot_wait(day: Day) -> Fault {
    let detail = format!(
        "{day} has closed: what a source says of it needs a second person in this campaign, and what one of several sources says cannot wait for one"
    );
    Fault::new(Code::ApprovalNeeded, detail)
}

/// Whether a change of what a source says may go on; `stands` where the day has a figure.
fn check_care(
    work: &mut Work<'_>,
    gate: &mut Option<Gate>,
    (day, stands): (Day, bool),
    reason: Option<&str>,
) -> Result<(), Fault> {
    let Some(gate) = gate else { return Ok(()) };
    match gate.care(work, day, stands)? {
        Care::Open => Ok(()),
        _ if reason.is_none() => Err(no_reason(day, stands, "reason")),
        Care::Reason => Ok(()),
        Care::Approval => Err(source_cannot_wait(day)),
    }
}

/// Takes back what a source said of a day: the next one by precedence stands, or the day is
/// missing. None where no source said anything and none is named: the figure that came from
/// no source is meant.
pub(super) fn take_back(
    work: &mut Work<'_>,
    request: &WriteRequest,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    (day, source): (Day, Option<&str>),
    reason: &str,
) -> Result<Option<Done>, Fault> {
    let sources = &stored.campaign.sources;
    let (before, figure) = work.standing(stored, unit, day)?;
    let mut standing = standing_now(&source_figures::of_day(work.conn()?, stored.id, unit.id, day)?);
    let code = unit.unit.code.as_str();
    if source.is_none() && standing.is_empty() {
        return Ok(None);
    }
    let source = match source {
        Some(_) => source_asked(sources, source)?,
        None => None,
    };
    let Some(source) = source else {
        let said = standing.keys().map(|source| sources.code(*source)).collect::<Vec<_>>().join(", ");
        let message = format!("{code} has figures of {said} on {day}: expected the source whose figure is taken back");
        return Err(Fault::of_field(Code::InvalidRequest, "source", message));
    };
    let tag = figure.as_ref().map(|f| tag_of(&sourced_view(code, f, sources, &standing, true)));
    request.check_if_match(tag.as_deref(), false)?;
    let Some(said) = standing.remove(&source) else {
        let detail = format!("{code} has no figure of {} on {day}", sources.code(source));
        return Err(Fault { detail: detail.into(), ..no_figure(code, day) });
    };
    if care_of_one(work, stored, (day, true), Some(reason))? == Care::Approval {
        return Err(source_cannot_wait(day));
    }
    let (revision, at) = work.accept("figure taken back")?;
    source_figures::withdraw(work.conn()?, stored.id, &said, at, reason)?;
    settle(work, stored, (unit, day), (before, figure), &standing, (revision, at), Some(reason))?;
    let was = figure_view(code, &said.figure, true);
    let note = Note::of("figure.take_back", target(code, day), Some(&was), None);
    let note = note.with("source", sources.code(source).to_owned());
    work.note(note.with("reason", reason.to_owned()).with("revision", revision));
    taken_back(at, reason.to_owned(), revision).map(Some)
}

/// Reports on their way in, and those to take back.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// What sources say.
    pub(super) new: Vec<FigureFor>,
    /// Whose report of which day is taken back: unit, day and source.
    pub(super) gone: Vec<(String, Day, u8)>,
}

/// Why a report is taken back that a pack says is none.
const TAKEN_BACK: &str = "taken back in the imported pack";

/// What a batch of reports did: rows by what they did, and the revision and instant where
/// anything changed.
pub(super) type Reported = (RowsView, Option<(i64, Instant)>);

/// Records what sources say, all or none, as one revision: rows of one unit's day stand
/// together, and its figure is written once. `stamp` is that of a write that has changed
/// something already.
pub(super) fn record_reports(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    Reports { mut new, gone }: Reports,
    what: &'static str,
    mut stamp: Option<(i64, Instant)>,
) -> Result<Reported, Fault> {
    let of_all = work.request().reason.clone();
    for report in &mut new {
        report.figure.reason = report.figure.reason.take().or_else(|| of_all.clone());
    }
    let planned = plan(work, stored, new)?;
    let mut gate = Gate::of(work, stored)?;
    let mut all = match planned.len() > FEW {
        true => Some(standing_of_all(work, stored, Filter::default())?),
        false => None,
    };
    let mut by_day: BTreeMap<(i64, Day), Vec<Planned>> = BTreeMap::new();
    let mut leaving: BTreeMap<(i64, Day), Vec<(StoredUnit, u8)>> = BTreeMap::new();
    for (code, day, source) in gone {
        let unit = work.unit(stored, &code)?;
        by_day.entry((unit.id, day)).or_default();
        leaving.entry((unit.id, day)).or_default().push((unit, source));
    }
    for planned in planned {
        by_day.entry((planned.unit.id, planned.day)).or_default().push(planned);
    }
    let (mut rows, mut log, mut fresh) = (RowsView::default(), Rows::default(), Vec::new());
    for ((unit_id, day), reports) in by_day {
        let mut standing = match &mut all {
            Some(all) => all.remove(&(unit_id, day)).unwrap_or_default(),
            None => standing_now(&source_figures::of_day(work.conn()?, stored.id, unit_id, day)?),
        };
        let mut changed = None;
        for (unit, source) in leaving.remove(&(unit_id, day)).unwrap_or_default() {
            let Some(said) = standing.remove(&source) else { continue };
            let before = work.standing(stored, &unit, day)?;
            check_care(work, &mut gate, (day, true), Some(TAKEN_BACK))?;
            let (_, at) = match stamp {
                Some(stamp) => stamp,
                None => *stamp.insert(work.accept(what)?),
            };
            source_figures::withdraw(work.conn()?, stored.id, &said, at, TAKEN_BACK)?;
            rows.changed += 1;
            changed = Some((unit, before));
        }
        for Planned { unit, figure, before, standing: stands, source, .. } in reports {
            let Some(source) = source else { continue };
            let said = standing.get(&source).map(|said| &said.figure);
            match said {
                Some(said) if (said.counts, &said.note) == (figure.counts, &figure.note) => {
                    rows.same += 1;
                    continue;
                }
                Some(_) => rows.changed += 1,
                None => rows.new += 1,
            }
            check_care(work, &mut gate, (day, stands.is_some()), figure.reason.as_deref())?;
            log.add(&figure_row(&unit.unit.code, day, said.map(|said| &said.counts), &figure.counts));
            let (revision, at) = match stamp {
                Some(stamp) => stamp,
                None => *stamp.insert(work.accept(what)?),
            };
            let said = SourceFigure { source, figure: row_of(unit.id, day, figure, at, revision) };
            fresh.push(said.clone());
            standing.insert(source, said);
            changed = Some((unit, (before, stands)));
        }
        if let (Some((unit, before)), Some(stamp)) = (changed, stamp) {
            settle(work, stored, (&unit, day), before, &standing, stamp, None)?;
        }
    }
    source_figures::insert(work.conn()?, stored.id, &fresh)?;
    if let (Some((revision, _)), false) = (stamp, fresh.is_empty()) {
        note_many(work, what, log, &rows, revision);
    }
    Ok((rows, stamp))
}

type ByDay = BTreeMap<(i64, Day), Standing>;

fn standing_of_all(work: &mut Work<'_>, stored: &StoredCampaign, filter: Filter) -> Result<ByDay, Fault> {
    Ok(by_day(source_figures::list(work.conn()?, stored.id, filter)?))
}

/// What stands of the sources by unit and day; rows come in the order of both.
pub(super) fn by_day(rows: Vec<SourceFigure>) -> ByDay {
    let key = |said: &SourceFigure| (said.figure.unit_id, said.figure.day);
    let days = rows.chunk_by(|a, b| key(a) == key(b));
    days.filter_map(|rows| Some((key(rows.first()?), standing_now(rows)))).collect()
}

/// A figure with the source that it comes from and, where it `is_confided`, what the others say.
pub(super) fn sourced_view(
    unit_code: &str,
    figure: &StoredFigure,
    sources: &Sources,
    standing: &Standing,
    is_confided: bool,
) -> FigureView {
    let mut view = figure_view(unit_code, figure, is_confided);
    view.source = standing.keys().next().map(|source| sources.code(*source).to_owned());
    let other = |(source, said): (&u8, &SourceFigure)| OtherSourceView {
        source: sources.code(*source).to_owned(),
        counts: CountsView::of(&said.figure.counts),
        recorded_at: told(said.figure.stamp.recorded_at),
    };
    view.others = is_confided.then(|| standing.iter().skip(1).map(other).collect());
    view
}

/// Code of the source that led a unit's day at an instant.
pub(super) fn leader_at(sources: &Sources, rows: &[SourceFigure], at: Instant) -> Option<String> {
    standing_at(rows, at).keys().next().map(|source| sources.code(*source).to_owned())
}

impl Service {
    /// Everything that the sources said of a unit's day, by precedence and instant; empty for
    /// readers who may see no more than the figure that stands. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or unit, or what the database says.
    pub fn figure_sources(
        &self,
        campaign: &str,
        unit_code: &str,
        day: Day,
        audience: &Audience,
    ) -> Result<(i64, Vec<SourceRevisionView>), Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let sight = snapshot.sight(audience);
        let unit = visible_unit(&snapshot, unit_code, sight)?;
        if !snapshot.is_confided(unit, sight) {
            return Ok((snapshot.revision, Vec::new()));
        }
        self.read_of(campaign, audience, |conn, stored| {
            let unit = units::find_opt(conn, stored.id, &stored.campaign, unit_code)?;
            let unit = unit.ok_or_else(|| Fault::no_unit(unit_code))?;
            let rows = source_figures::of_day(conn, stored.id, unit.id, day)?;
            let standing = standing_now(&rows);
            let leader = standing.values().next();
            let view = |said: &SourceFigure| SourceRevisionView {
                source: stored.campaign.sources.code(said.source).to_owned(),
                counts: CountsView::of(&said.figure.counts),
                stands: standing.get(&said.source) == Some(said),
                leads: leader == Some(said),
                note: said.figure.note.clone(),
                reason: said.figure.reason.clone(),
                revision: said.figure.revision,
                recorded_at: told(said.figure.stamp.recorded_at),
                withdrawn_at: said.figure.stamp.withdrawn_at,
                withdrawn_reason: said.figure.withdrawn_reason.clone(),
            };
            Ok((stored.revision, rows.iter().map(view).collect()))
        })
    }
}
