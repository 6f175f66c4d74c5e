//! Figures: recorded, corrected, taken back, read with their history.

use super::Service;
use super::access::{Audience, Figures as RecordFigures, Grant};
use super::approvals::{self, ApprovalState, Payload, PendingView, TwoPersonsView};
use super::audit::{Note, Rows};
use super::boards::shown_day;
use super::closing::{Gate, care_of_one, no_reason};
use super::decisions::{tag, told};
use super::fault::{Code, Fault};
use super::live::{Change, Sight, Snapshot};
use super::recording::{Faults, Incoming, Recorded, Recording};
use super::rendered::etag_of;
use super::sources::{self, Reports, leader_at, leader_of_day, source_asked, sourced_view};
use super::views::{FigureRevisionView, FigureView, RowsView, TakenBackView, WrittenView};
use super::writer::{Done, Pending, Work, WriteRequest};
use crate::domain::campaign::{Campaign, Figures};
use crate::domain::contest::Stamp;
use crate::domain::{Care, Counts, Day, Indicator, Instant, Unit};
use crate::scoring::ledger::{DayEntry, standing_figure};
use crate::scoring::usual::{DAYS, Usual};
use crate::store::approvals::{self as approvals_store, ApprovalRow};
use crate::store::campaigns::StoredCampaign;
use crate::store::figures::{self, StoredFigure};
use crate::store::source_figures::{self, Filter};
use crate::store::units::{self, StoredUnit};
use crate::store::{DbConn, StoreError, decisions};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// A figure as somebody sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFigure {
    /// The counts.
    pub counts: Counts,
    /// A note for people.
    pub note: Option<String>,
    /// Why it is recorded.
    pub reason: Option<String>,
    /// Code of the source that says so, where the campaign declares sources.
    pub source: Option<String>,
}

/// What of a day is taken back, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeBack {
    /// Code of the source whose figure it is, where the campaign declares sources.
    pub source: Option<String>,
    /// Why.
    pub reason: String,
}

impl From<String> for TakeBack {
    fn from(reason: String) -> Self {
        Self { source: None, reason }
    }
}

/// A figure with the unit and day that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureFor {
    /// Code of the unit.
    pub unit_code: String,
    /// The day.
    pub day: Day,
    /// The figure.
    pub figure: NewFigure,
    /// Where it stands in what was sent, for errors.
    pub at: String,
}

/// Batches up to this size ask the database what stands; larger ones the facts in memory.
const SMALL_BATCH: usize = 500;

impl Service {
    /// Records the figure of a day (contract.md section 3): 201 where the day had none,
    /// else 200; what already stands changes nothing.
    pub fn record_figure(
        &self,
        grant: &Grant<RecordFigures>,
        campaign: &str,
        unit_code: String,
        day: Day,
        new: NewFigure,
        request: WriteRequest,
    ) -> Pending {
        let about = Some((unit_code.clone(), day));
        self.write_about(grant, campaign, about, request, move |work, request| {
            let stored = work.campaign()?;
            let unit = reporting_unit(work, &stored, &unit_code, day)?;
            if let Some(source) = source_asked(&stored.campaign.sources, new.source.as_deref())? {
                return sources::record(work, request, &stored, &unit, (day, source), new);
            }
            let (before, standing) = work.standing(&stored, &unit, day)?;
            check_read(work, &stored, (&unit, day), standing.as_ref(), request)?;
            if let Some(standing) = standing.as_ref().filter(|f| f.counts == new.counts && f.note == new.note) {
                return figure_done(200, &stored.campaign.code, &unit_code, standing, work.revision());
            }
            check_usual(work, &stored, &unit, day, &new)?;
            let of_day = (day, standing.is_some());
            if care_of_one(work, &stored, of_day, new.reason.as_deref())? == Care::Approval {
                let row = FigureFor { unit_code, day, figure: new, at: String::new() };
                return approvals::ask(work, &stored, Payload::Figure(Box::new(row)));
            }
            let status = if standing.is_some() { 200 } else { 201 };
            let row = enter_figure(work, &stored, (&unit, day), (before, standing), new)?;
            figure_done(status, &stored.campaign.code, &unit_code, &row, work.revision())
        })
    }

    /// Takes the figure of a day back: the day is missing again, unless another source says
    /// what it was.
    pub fn take_back_figure(
        &self,
        grant: &Grant<RecordFigures>,
        campaign: &str,
        unit_code: String,
        day: Day,
        of: impl Into<TakeBack>,
        request: WriteRequest,
    ) -> Pending {
        let TakeBack { source, reason } = of.into();
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let unit = work.unit(&stored, &unit_code)?;
            if stored.campaign.sources.is_empty() {
                source_asked(&stored.campaign.sources, source.as_deref())?;
            } else {
                let of = (day, source.as_deref());
                if let Some(done) = sources::take_back(work, request, &stored, &unit, of, &reason)? {
                    return Ok(done);
                }
            }
            let before = figures::history(work.conn()?, stored.id, unit.id, day)?;
            let standing = standing(&before).ok_or_else(|| no_figure(&unit_code, day))?;
            check_read(work, &stored, (&unit, day), Some(standing), request)?;
            if care_of_one(work, &stored, (day, true), Some(&reason))? == Care::Approval {
                return approvals::ask(work, &stored, Payload::TakeBack { unit_code, day, reason });
            }
            let (revision, at) = withdraw_figure(work, &stored, (&unit, day), standing, &reason)?;
            taken_back(at, reason, revision)
        })
    }

    /// Records many figures, all or none, as one revision.
    pub fn record_figures(
        &self,
        grant: &Grant<RecordFigures>,
        campaign: &str,
        new: Vec<FigureFor>,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let rows = match record_many(work, new, "figures")? {
                Entered::Written(rows) => rows,
                Entered::Held(rows) => {
                    let stored = work.campaign()?;
                    return approvals::ask(work, &stored, Payload::Figures(rows));
                }
            };
            let status = if rows.new > 0 { 201 } else { 200 };
            done(status, &WrittenView { written: rows, revision: work.revision() })
        })
    }

    /// The figures that stand, of a unit or of all, between two days; in the order of
    /// names and days. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or unit, or what the database says.
    pub fn figures(
        &self,
        campaign: &str,
        filter: &FigureFilter,
        audience: &Audience,
    ) -> Result<(i64, Vec<FigureView>), Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let sight = snapshot.sight(audience);
        let units = filter.units(&snapshot, sight)?;
        if units.is_empty() {
            return Ok((snapshot.revision, Vec::new()));
        }
        if let [unit] = units.as_slice()
            && snapshot.register().is_derived(*unit)
        {
            return Ok((snapshot.revision, derived_figures(&snapshot, *unit, filter, sight)));
        }
        self.read_of(campaign, audience, |conn, stored| {
            let only = match (&filter.unit, units.as_slice()) {
                (Some(code), [_]) => units::find_opt(conn, stored.id, &stored.campaign, code)?.map(|u| u.id),
                _ => None,
            };
            let rows = figures::standing_between(conn, stored.id, only, filter.from, filter.to)?;
            let sources = &stored.campaign.sources;
            let mut said = match sources.is_empty() {
                true => BTreeMap::new(),
                false => {
                    let asked = Filter { unit_id: only, from: filter.from, to: filter.to };
                    sources::by_day(source_figures::list(conn, stored.id, asked)?)
                }
            };
            let keys = units::codes(conn, stored.id)?;
            let mut by_code: HashMap<&str, Vec<&StoredFigure>> = HashMap::new();
            for row in &rows {
                if let Some(code) = keys.get(&row.unit_id) {
                    by_code.entry(code).or_default().push(row);
                }
            }
            let mut found = Vec::with_capacity(rows.len());
            for index in units {
                let Some(unit) = snapshot.register().unit(index) else { continue };
                let of_unit = by_code.remove(unit.code.as_str()).unwrap_or_default();
                let is_confided = snapshot.is_confided(index, sight);
                found.extend(of_unit.into_iter().map(|row| match sources.is_empty() {
                    true => figure_view(&unit.code, row, is_confided),
                    false => {
                        let said = said.remove(&(row.unit_id, row.day)).unwrap_or_default();
                        sourced_view(&unit.code, row, sources, &said, is_confided)
                    }
                }));
            }
            Ok((stored.revision, found))
        })
    }

    /// The figure of a unit's day that stands. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, unit or figure, or what the database says.
    pub fn figure(
        &self,
        campaign: &str,
        unit_code: &str,
        day: Day,
        audience: &Audience,
    ) -> Result<(i64, FigureView), Fault> {
        let unit = Some(unit_code.to_owned());
        let filter = FigureFilter { unit, from: Some(day), to: Some(day), ..FigureFilter::default() };
        let (revision, mut found) = self.figures(campaign, &filter, audience)?;
        let pending = self.pending_figure(campaign, (unit_code, day), audience)?;
        match (found.pop(), pending) {
            (Some(figure), pending) => Ok((revision, FigureView { pending, ..figure })),
            (None, None) => Err(no_figure(unit_code, day)),
            (None, Some(pending)) => {
                let detail = format!(
                    "{unit_code} has no figure on {day}; one waits for a second person (approval {})",
                    pending.approval
                );
                Err(Fault::new(Code::FigureNotFound, detail))
            }
        }
    }

    /// What waits for a second person about a unit's day, for those to whom it is confided.
    fn pending_figure(
        &self,
        campaign: &str,
        (unit_code, day): (&str, Day),
        audience: &Audience,
    ) -> Result<Option<PendingView>, Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let unit = visible_unit(&snapshot, unit_code, snapshot.sight(audience))?;
        if !snapshot.is_confided(unit, snapshot.sight(audience)) {
            return Ok(None);
        }
        self.read_of(campaign, audience, |conn, stored| {
            approvals::pending_about(conn, stored.id, (snapshot.key(unit), day))
        })
    }

    /// Everything that was recorded for a unit's day, the oldest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or unit, or what the database says.
    pub fn figure_history(
        &self,
        campaign: &str,
        unit_code: &str,
        day: Day,
        audience: &Audience,
    ) -> Result<(i64, Vec<FigureRevisionView>), Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let sight = snapshot.sight(audience);
        let unit = visible_unit(&snapshot, unit_code, sight)?;
        let is_confided = snapshot.is_confided(unit, sight);
        if !snapshot.shows_figures(unit, sight) {
            return Ok((snapshot.revision, Vec::new()));
        }
        self.read_of(campaign, audience, |conn, stored| {
            let unit = units::find_opt(conn, stored.id, &stored.campaign, unit_code)?;
            let unit = unit.ok_or_else(|| Fault::no_unit(unit_code))?;
            let rows = figures::history(conn, stored.id, unit.id, day)?;
            let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
            let words = crate::store::campaigns::words_of(conn, stored.id, &revisions)?;
            let approved = match is_confided {
                true => approvals_store::about(conn, stored.id, (unit.id, Some(day)), ApprovalState::Approved)?,
                false => Vec::new(),
            };
            let by_two = |is_it: &dyn Fn(&ApprovalRow) -> bool| {
                approved.iter().find(|approval| is_it(approval)).map(TwoPersonsView::of)
            };
            let sources = &stored.campaign.sources;
            let said = match sources.is_empty() {
                true => Vec::new(),
                false => source_figures::of_day(conn, stored.id, unit.id, day)?,
            };
            let view = |row: &StoredFigure| FigureRevisionView {
                of_source: leader_at(sources, &said, row.stamp.recorded_at),
                source: source_of(words.get(&row.revision).map_or("", String::as_str)),
                figure: figure_view(unit_code, row, is_confided),
                reason: row.reason.clone().filter(|_| is_confided),
                revision: row.revision,
                withdrawn_at: row.stamp.withdrawn_at,
                withdrawn_reason: row.withdrawn_reason.clone().filter(|_| is_confided),
                two_persons: by_two(&|approval| approval.revision == Some(row.revision)),
                withdrawn_by_two: by_two(&|approval| {
                    row.stamp.withdrawn_at.is_some() && approval.decided_at() == row.stamp.withdrawn_at
                }),
            };
            Ok((stored.revision, rows.iter().map(view).collect()))
        })
    }
}

/// Which figures are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FigureFilter {
    /// Only of this unit.
    pub unit: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only of units below this one.
    pub within: Option<String>,
    /// From this day on.
    pub from: Option<Day>,
    /// Up to this day.
    pub to: Option<Day>,
}

impl FigureFilter {
    /// The units whose figures are read, in the order of names.
    pub(super) fn units(&self, snapshot: &Snapshot, sight: Sight) -> Result<Vec<u32>, Fault> {
        if let Some(code) = &self.unit {
            let unit = visible_unit(snapshot, code, sight)?;
            return Ok(Some(unit).filter(|unit| snapshot.shows_figures(*unit, sight)).into_iter().collect());
        }
        let filter = super::units::UnitFilter {
            kind: self.kind.clone(),
            within: self.within.clone(),
            ..super::units::UnitFilter::default()
        };
        let mut units = filter.find(snapshot, sight)?;
        units.retain(|unit| snapshot.shows_figures(*unit, sight));
        Ok(units)
    }
}

/// The unit of a code, if the reader may see it.
///
/// # Errors
/// 404 where there is none, or none that may be seen: both read alike.
pub fn visible_unit(snapshot: &Snapshot, code: &str, sight: Sight) -> Result<u32, Fault> {
    let unit = snapshot.register().find(code);
    unit.filter(|u| snapshot.is_visible(*u, sight)).ok_or_else(|| Fault::no_unit(code))
}

/// The figure that stands: the latest, unless it was taken back.
fn standing(history: &[StoredFigure]) -> Option<&StoredFigure> {
    history.last().filter(|f| f.stamp.stands())
}

/// Which way a figure came in, from the words of its revision.
fn source_of(words: &str) -> &'static str {
    match words {
        "pack" => "pack",
        "import" => "import",
        _ => "api",
    }
}

pub(super) fn no_figure(unit_code: &str, day: Day) -> Fault {
    Fault::new(Code::FigureNotFound, format!("{unit_code} has no figure on {day}"))
}

/// The address of a figure below its campaign.
pub(super) fn target(unit_code: &str, day: Day) -> String {
    format!("units/{unit_code}/figures/{day}")
}

fn reporting_unit(work: &mut Work<'_>, stored: &StoredCampaign, code: &str, day: Day) -> Result<StoredUnit, Fault> {
    let unit = work.unit(stored, code)?;
    check_figure(&stored.campaign, &unit.unit, day, work.now)?;
    Ok(unit)
}

/// Checks a demand against a figure as it is read: also with what waits about its day.
fn check_read(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (unit, day): (&StoredUnit, Day),
    standing: Option<&StoredFigure>,
    request: &WriteRequest,
) -> Result<(), Fault> {
    // an entity tag is made only where one is demanded
    let (Some(standing), Some(_)) = (standing, &request.if_match) else {
        return request.check_if_match(None, false);
    };
    let plain = etag_of(&figure_json(&unit.unit.code, standing));
    request.check_if_match(Some(&plain), false).or_else(|fault| {
        let pending = approvals::pending_about(work.conn()?, stored.id, (unit.id, day))?.ok_or(fault)?;
        let view = FigureView { pending: Some(pending), ..figure_view(&unit.unit.code, standing, true) };
        request.check_if_match(Some(&tag(&view)), false)
    })
}

/// Asks for a reason where a figure is far beyond what the unit reported before: most are
/// slips of the finger, or several days booked on one.
pub(super) fn check_usual(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    day: Day,
    new: &NewFigure,
) -> Result<(), Fault> {
    let cases = new.counts.community_f0();
    if new.reason.is_some() || cases == 0 {
        return Ok(());
    }
    let Some(usual) = work.usual(stored, unit, day)?.filter(|usual| u64::from(cases) > usual.most()) else {
        return Ok(());
    };
    let Usual { largest, reported, allowance } = usual;
    Err(Fault::of_field(
        Code::ConfirmUnusual,
        "/community_f0",
        format!(
            "{cases} is unusual for {}: on {reported} reported days of the {DAYS} before {day} the most was {largest}, \
             so up to {} (3 × {largest} + 2 × {allowance}) is usual; send it again with a reason if it is right. Late \
             cases belong on their own days; where these are not known the council may excuse the day",
            unit.unit.code,
            usual.most(),
        ),
    ))
}

/// Refuses a figure that the unit or the campaign's days take none of.
pub(super) fn check_figure(campaign: &Campaign, unit: &Unit, day: Day, now: Instant) -> Result<(), Fault> {
    check_reports(campaign, unit)?;
    check_day(campaign, day, now)
}

/// Refuses figures of a unit that does not report any itself.
pub(super) fn check_reports(campaign: &Campaign, unit: &Unit) -> Result<(), Fault> {
    match campaign.kind(unit.kind).map(|k| k.figures) {
        Some(Figures::Reported) => Ok(()),
        _ => Err(no_report(&unit.code)),
    }
}

/// What stands once a figure is recorded at an instant over what stood there: the first
/// report since the day was last missing says whether it came late.
pub(super) fn entry_with(
    campaign: &Campaign,
    day: Day,
    standing: DayEntry,
    counts: Counts,
    noted: bool,
    at: Instant,
) -> DayEntry {
    let is_first = standing.counts.is_none();
    let late = if is_first { at > campaign.cut_off(day) } else { standing.late };
    DayEntry { counts: Some(counts), late, noted, ..standing }
}

/// What stands once a figure is taken back: a missing day, or an excused one.
pub(super) fn entry_without(standing: DayEntry) -> DayEntry {
    DayEntry { excused: standing.excused, ..DayEntry::default() }
}

/// The refusal of figures of a unit that reports none.
pub(super) fn no_report(code: &str) -> Fault {
    let detail = format!("{code} reports no figures: they are the sum of the units below it");
    Fault::new(Code::DerivedUnit, detail)
}

/// Refuses figures of days that are none of the campaign's (domain.md section 2,
/// Figure), or that have not begun there.
pub(super) fn check_day(campaign: &Campaign, day: Day, now: Instant) -> Result<(), Fault> {
    let refuse = |code, detail: String| Err(Fault::of_field(code, "date", detail));
    let (first, last) = (campaign.earliest_day(), campaign.window.to);
    if day > last {
        return refuse(Code::DayOutsideCampaign, format!("{day} is after {last}, the campaign's last day"));
    }
    if day < first {
        return refuse(Code::DayOutOfReach, format!("{day} is before {first}, the first day that any rule looks at"));
    }
    match now.day_in(campaign.time_zone) {
        Some(today) if day > today => {
            let zone = &campaign.time_zone_name;
            refuse(Code::DayNotBegun, format!("{day} has not begun: it is {today} in {zone}"))
        }
        _ => Ok(()),
    }
}

pub(super) fn row_of(unit_id: i64, day: Day, new: NewFigure, at: Instant, revision: i64) -> StoredFigure {
    StoredFigure {
        unit_id,
        day,
        counts: new.counts,
        stamp: Stamp { recorded_at: at, withdrawn_at: None },
        note: new.note,
        reason: new.reason,
        revision,
        withdrawn_reason: None,
    }
}

/// Tells the facts in memory what now stands for a unit's day.
pub(super) fn day_changed(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit: &StoredUnit,
    day: Day,
) -> Result<(), Fault> {
    let (entry, _) = stored_day(work.conn()?, stored, unit.id, day)?;
    work.changed(Change::Day { unit: unit.unit.code.clone(), day, entry });
    Ok(())
}

/// What the database says that stands for a unit's day, with the figure itself.
pub(super) fn stored_day(
    conn: &mut DbConn,
    stored: &StoredCampaign,
    unit_id: i64,
    day: Day,
) -> Result<(DayEntry, Option<StoredFigure>), StoreError> {
    let mut history = figures::history(conn, stored.id, unit_id, day)?;
    let excuse = decisions::latest_excuse(conn, stored.id, unit_id, day)?;
    let excused = excuse.is_some_and(|e| e.stamp().stands());
    let mut entry = entry_of(&stored.campaign, day, history.iter(), excused);
    entry.source = leader_of_day(conn, stored, unit_id, day)?;
    Ok((entry, history.pop().filter(|f| f.stamp.stands())))
}

/// What stands for a unit's day by all its revisions.
fn entry_of<'f>(
    campaign: &Campaign,
    day: Day,
    history: impl Iterator<Item = &'f StoredFigure> + Clone,
    excused: bool,
) -> DayEntry {
    let revisions = history.clone().map(|f| (&f.counts, &f.stamp));
    let (counts, late) = standing_figure(revisions, Instant::from_micros(i64::MAX), campaign.cut_off(day));
    let noted = counts.is_some() && history.last().is_some_and(|f| f.note.is_some());
    DayEntry { counts, late, excused, noted, source: None }
}

/// Enters a figure over what stands for its day, inside a write.
pub(super) fn enter_figure(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (unit, day): (&StoredUnit, Day),
    (before, standing): (DayEntry, Option<StoredFigure>),
    new: NewFigure,
) -> Result<StoredFigure, Fault> {
    let (revision, at) = work.accept("figure")?;
    let unit_code = &unit.unit.code;
    let entry = entry_with(&stored.campaign, day, before, new.counts, new.note.is_some(), at);
    let row = row_of(unit.id, day, new, at, revision);
    work.changed(Change::Day { unit: unit_code.clone(), day, entry });
    let view = |row: &StoredFigure| figure_view(unit_code, row, true);
    let (was, is) = (standing.as_ref().map(view), view(&row));
    let note = Note::of("figure.record", target(unit_code, day), was.as_ref(), Some(&is));
    work.note(note.with("reason", row.reason.clone()).with("revision", revision));
    work.record(row.clone());
    Ok(row)
}

/// Takes back the figure that stands for a day, inside a write.
pub(super) fn withdraw_figure(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (unit, day): (&StoredUnit, Day),
    standing: &StoredFigure,
    reason: &str,
) -> Result<(i64, Instant), Fault> {
    let (revision, at) = work.accept("figure taken back")?;
    figures::withdraw(work.conn()?, stored.id, standing, at, Some(reason))?;
    day_changed(work, stored, unit, day)?;
    let was = figure_view(&unit.unit.code, standing, true);
    let note = Note::of("figure.take_back", target(&unit.unit.code, day), Some(&was), None);
    work.note(note.with("reason", reason).with("revision", revision));
    Ok((revision, at))
}

/// What became of figures that were sent together.
pub(super) enum Entered {
    /// They are written.
    Written(RowsView),
    /// They need a second person: what would change. Nothing is written.
    Held(Vec<FigureFor>),
}

/// Records figures inside a write, all or none: the first faults are listed together.
pub(super) fn record_many(work: &mut Work<'_>, new: Vec<FigureFor>, what: &'static str) -> Result<Entered, Fault> {
    let stored = work.campaign()?;
    if !stored.campaign.sources.is_empty() {
        let (rows, _) = sources::record_reports(work, &stored, Reports { new, ..Reports::default() }, what, None)?;
        return Ok(Entered::Written(rows));
    }
    if new.len() > SMALL_BATCH {
        let Recorded { needs_two, held, rows, .. } = record_all(work, new, what)?;
        return Ok(if needs_two { Entered::Held(held) } else { Entered::Written(rows) });
    }
    let planned = plan(work, &stored, new)?;
    let mut rows = RowsView::default();
    let mut to_write = Vec::new();
    let mut log = Rows::default();
    for planned in planned {
        let Planned { unit, day, figure, before, .. } = &planned;
        match planned.does() {
            Does::Nothing => {
                rows.same += 1;
                continue;
            }
            Does::Correct => rows.changed += 1,
            Does::Report => rows.new += 1,
        }
        log.add(&figure_row(&unit.unit.code, *day, before.counts.as_ref(), &figure.counts));
        to_write.push(planned);
    }
    if to_write.is_empty() {
        return Ok(Entered::Written(rows));
    }
    if to_write.iter().any(|planned| planned.care == Care::Approval) {
        return Ok(Entered::Held(to_write.into_iter().map(Planned::into_figure).collect()));
    }
    let (revision, at) = work.accept(what)?;
    for Planned { unit, day, figure, before, .. } in to_write {
        let entry = entry_with(&stored.campaign, day, before, figure.counts, figure.note.is_some(), at);
        work.record(row_of(unit.id, day, figure, at, revision));
        work.changed(Change::Day { unit: unit.unit.code, day, entry });
    }
    note_many(work, what, log, &rows, revision);
    Ok(Entered::Written(rows))
}

/// Records any number of figures inside a write, all or none.
pub(super) fn record_all(work: &mut Work<'_>, new: Vec<FigureFor>, what: &'static str) -> Result<Recorded, Fault> {
    let stored = work.campaign()?;
    if !stored.campaign.sources.is_empty() {
        return record_all_reports(work, &stored, new, what);
    }
    let mut recording = Recording::begin(work, what, None)?;
    let mut seen: HashMap<(u32, Day), usize> = HashMap::new();
    for (number, FigureFor { unit_code, day, figure, at }) in new.iter().enumerate() {
        let Some(unit) = recording.before.register().find(unit_code) else {
            recording.refuse(at, "unit_code", Fault::no_unit(unit_code));
            continue;
        };
        if let Err(fault) = source_asked(&stored.campaign.sources, figure.source.as_deref()) {
            recording.refuse(at, "source", fault);
            continue;
        }
        if let Some(before) = seen.insert((unit, *day), number).and_then(|before| new.get(before)) {
            let detail = format!("one figure for a unit and day; {} has them already", before.at);
            recording.refuse(at, "date", Fault::new(Code::InvalidRequest, detail));
            continue;
        }
        let (note, reason) = (figure.note.as_deref(), figure.reason.as_deref());
        recording.take(&Incoming { unit, day: *day, counts: figure.counts, note, reason }, || at.clone())?;
    }
    let mut recorded = recording.finish()?;
    if let Some((revision, _)) = recorded.stamp {
        note_many(work, what, std::mem::take(&mut recorded.log), &recorded.rows, revision);
    }
    Ok(recorded)
}

/// Records what sources say, as a recording of any number of figures.
fn record_all_reports(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    new: Vec<FigureFor>,
    what: &'static str,
) -> Result<Recorded, Fault> {
    let before = work.present(stored)?;
    let mut named = vec![false; before.register().len()];
    let days = new.iter().map(|figure| figure.day).collect();
    for unit in new.iter().filter_map(|figure| before.register().find(&figure.unit_code)) {
        named.get_mut(unit as usize).into_iter().for_each(|named| *named = true);
    }
    let (rows, stamp) = sources::record_reports(work, stored, Reports { new, ..Reports::default() }, what, None)?;
    Ok(Recorded { before, rows, stamp, named, days, log: Rows::default(), needs_two: false, held: Vec::new() })
}

/// Keeps in the log that many figures were recorded.
pub(super) fn note_many(work: &mut Work<'_>, what: &str, log: Rows, rows: &RowsView, revision: i64) {
    let action = if what == "import" { "figures.import" } else { "figures.record" };
    work.note(log.keep_in(Note::of(action, "figures", None, Some(rows)).with("revision", revision)));
}

/// A figure as the log of a batch has it: unit, day, the counts that stood and that stand.
pub(super) fn figure_row<'a>(
    unit_code: &'a str,
    day: Day,
    before: Option<&Counts>,
    after: &Counts,
) -> impl serde::Serialize + use<'a> {
    let counts = |counts: &Counts| Indicator::ALL.map(|indicator| counts.get(indicator));
    (unit_code, day.to_string(), before.map(counts), counts(after))
}

/// A row of a batch that can be taken.
pub(super) struct Planned {
    pub(super) unit: StoredUnit,
    pub(super) day: Day,
    pub(super) figure: NewFigure,
    /// Place of the source that says so.
    pub(super) source: Option<u8>,
    /// What stands, with the figure itself.
    pub(super) before: DayEntry,
    pub(super) standing: Option<StoredFigure>,
    /// What it needs; of a report of a source, the source's own path finds out.
    care: Care,
}

/// What a row does to what stands in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    Correct,
    Report,
}

impl Planned {
    fn does(&self) -> Does {
        match &self.standing {
            Some(stands) if stands.counts == self.figure.counts && stands.note == self.figure.note => Does::Nothing,
            Some(_) => Does::Correct,
            None => Does::Report,
        }
    }

    fn into_figure(self) -> FigureFor {
        FigureFor { unit_code: self.unit.unit.code, day: self.day, figure: self.figure, at: String::new() }
    }
}

/// Checks every row of a small batch against the campaign and finds what stands in its place.
pub(super) fn plan(work: &mut Work<'_>, stored: &StoredCampaign, new: Vec<FigureFor>) -> Result<Vec<Planned>, Fault> {
    let mut faults = Faults::default();
    let mut gate = Gate::of(work, stored)?;
    let mut units: HashMap<String, Result<StoredUnit, Fault>> = HashMap::new();
    let mut seen: HashMap<(i64, Day, Option<u8>), String> = HashMap::new();
    let mut planned = Vec::with_capacity(new.len());
    for FigureFor { unit_code, day, figure, at } in new {
        let found = match units.entry(unit_code) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(vacant) => {
                let found = reporting(work, stored, vacant.key())?;
                vacant.insert(found)
            }
        };
        let unit = match found {
            Ok(unit) => unit.clone(),
            Err(fault) => {
                faults.add(&at, "unit_code", fault.clone());
                continue;
            }
        };
        if let Err(fault) = check_day(&stored.campaign, day, work.now) {
            faults.add(&at, "date", fault);
            continue;
        }
        let source = match source_asked(&stored.campaign.sources, figure.source.as_deref()) {
            Ok(source) => source,
            Err(fault) => {
                faults.add(&at, "source", fault);
                continue;
            }
        };
        if let Some(before) = seen.insert((unit.id, day, source), at.clone()) {
            let of = if source.is_some() { ", day and source" } else { " and day" };
            let detail = format!("one figure for a unit{of}; {before} has them already");
            faults.add(&at, "date", Fault::new(Code::InvalidRequest, detail));
            continue;
        }
        let (before, standing) = work.standing(stored, &unit, day)?;
        let mut row = Planned { unit, day, figure, source, before, standing, care: Care::Open };
        let does = row.does();
        if let Some(gate) = gate.as_mut().filter(|_| does != Does::Nothing && source.is_none()) {
            row.care = gate.care(work, day, does == Does::Correct)?;
        }
        if row.care != Care::Open && row.figure.reason.is_none() {
            faults.add(&at, "reason", no_reason(day, does == Does::Correct, "reason"));
            continue;
        }
        planned.push(row);
    }
    faults.into_result()?;
    Ok(planned)
}

/// A unit that the caller may report for, or why it is none; the outer error is the database's.
fn reporting(work: &mut Work<'_>, stored: &StoredCampaign, code: &str) -> Result<Result<StoredUnit, Fault>, Fault> {
    let found = work.unit(stored, code).and_then(|unit| check_reports(&stored.campaign, &unit.unit).map(|()| unit));
    match found {
        Err(fault) if matches!(fault.code, Code::Unavailable | Code::Internal) => Err(fault),
        found => Ok(found),
    }
}

/// How a figure is shown; its note only where it `is_confided`.
pub(super) fn figure_view(unit_code: &str, figure: &StoredFigure, is_confided: bool) -> FigureView {
    let count = |indicator| figure.counts.get(indicator).map(u64::from);
    FigureView {
        unit_code: unit_code.to_owned(),
        date: figure.day.to_string(),
        community_f0: u64::from(figure.counts.community_f0()),
        contained_f0: count(Indicator::ContainedF0),
        unknown_source_f0: count(Indicator::UnknownSourceF0),
        high_risk_setting_f0: count(Indicator::HighRiskSettingF0),
        households_f0: count(Indicator::HouseholdsF0),
        linked_households_f0: count(Indicator::LinkedHouseholdsF0),
        note: figure.note.clone().filter(|_| is_confided),
        recorded_at: told(figure.stamp.recorded_at),
        pending: None,
        source: None,
        others: None,
    }
}

fn derived_figures(snapshot: &Snapshot, unit: u32, filter: &FigureFilter, sight: Sight) -> Vec<FigureView> {
    let ledger = snapshot.ledger();
    let code = ledger.register.unit(unit).map(|u| u.code.clone()).unwrap_or_default();
    let of_day = |index: usize| {
        let day = ledger.calendar.day(index);
        let is_wanted = filter.from.is_none_or(|from| from <= day) && filter.to.is_none_or(|to| day <= to);
        let shown = |unit| snapshot.shown(unit, sight, false);
        let (_, cases) = shown_day(ledger, unit, index, ledger.calendar.len.saturating_sub(1), shown);
        Some(FigureView {
            unit_code: code.clone(),
            date: day.to_string(),
            community_f0: cases.filter(|_| is_wanted)?,
            contained_f0: None,
            unknown_source_f0: None,
            high_risk_setting_f0: None,
            households_f0: None,
            linked_households_f0: None,
            note: None,
            recorded_at: None,
            pending: None,
            source: None,
            others: None,
        })
    };
    (0..ledger.calendar.len).filter_map(of_day).collect()
}

/// The bytes of a figure by which its entity tag is made.
fn figure_json(unit_code: &str, figure: &StoredFigure) -> Vec<u8> {
    serde_json::to_vec(&figure_view(unit_code, figure, true)).unwrap_or_default()
}

fn figure_done(
    status: u16,
    campaign: &str,
    unit_code: &str,
    figure: &StoredFigure,
    revision: i64,
) -> Result<Done, Fault> {
    let written = figure_view(unit_code, figure, true);
    let mut answer = done(status, &WrittenView { written, revision })?;
    answer.etag = Some(etag_of(&figure_json(unit_code, figure)));
    if status == 201 {
        let path = [campaign, "units", unit_code, "figures", &figure.day.to_string()].map(escape).join("/");
        answer.location = Some(format!("/campaigns/{path}"));
    }
    Ok(answer)
}

/// What taking something back answers.
pub(super) fn taken_back(withdrawn_at: Instant, reason: String, revision: i64) -> Result<Done, Fault> {
    done(200, &WrittenView { written: TakenBackView { withdrawn_at, reason }, revision })
}

/// An answer without more.
pub(super) fn done(status: u16, body: &impl serde::Serialize) -> Result<Done, Fault> {
    let body = serde_json::to_vec(body).map_err(Fault::internal)?;
    Ok(Done { status, body, etag: None, location: None, kept_body: None })
}

/// A part of a path, percent-encoded.
pub fn escape(part: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(part, KEPT).to_string()
}
