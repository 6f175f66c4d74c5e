//! Reporting days: when each opens, is due and closes, who has not reported, and the closing
//! itself.
//!
//! For boards a day is closed at its cut-off (domain.md section 4), whether or not anything
//! ran then. What runs is the *closing*: once a campaign and day, whichever process does it,
//! it notes who had not reported and puts what webhooks are told into the outbox, in one
//! transaction. It changes no figure and so makes no revision. The council may close a day
//! for reporting before its hour; boards still wait for the cut-off.

use super::Service;
use super::access::{Audience, Contest, Grant};
use super::audit::{Note, Origin};
use super::closing::is_closed;
use super::completeness::{SharesView, SilentUnitView, shares_on, silent, total_is_shown, with_share};
use super::fault::{Code, Fault};
use super::figures::done;
use super::live::{Sight, Snapshot};
use super::outbox::{self, Told};
use super::views::WrittenView;
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::time::local_instant;
use crate::domain::{Campaign, Day, Instant};
use crate::scoring::ledger::DayState;
use crate::store::campaigns::{self, StoredCampaign};
use crate::store::days::{self, Closing, ClosingCounts};
use chrono::NaiveTime;
use serde::Serialize;
use std::ops::Range;
use utoipa::ToSchema;

/// When a day begins, ends and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTimes {
    /// When it begins in the campaign's zone.
    pub opens_at: Instant,
    /// When it is over, and its figures are due.
    pub ends_at: Instant,
    /// Its cut-off: a first report after that is late.
    pub closes_at: Instant,
}

impl DayTimes {
    /// Those of a campaign's day.
    pub fn of(campaign: &Campaign, day: Day) -> Self {
        let midnight = |day: Day| local_instant(campaign.time_zone, day, NaiveTime::MIN);
        let ends_at = midnight(day.succ_opt().unwrap_or(day));
        Self { opens_at: midnight(day), ends_at, closes_at: campaign.cut_off(day) }
    }

    /// How far the day is at an instant.
    pub fn state(&self, now: Instant) -> &'static str {
        match now {
            now if now < self.opens_at => "not_begun",
            now if now >= self.closes_at => "closed",
            now if now < self.ends_at => "open",
            _ => "due",
        }
    }
}

/// A reporting day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// `baseline` or `window`.
    pub part: &'static str,
    /// `not_begun`, `open` (the day itself), `due` (over, until it closes) or `closed` (its
    /// cut-off is over, or the council closed it before).
    pub state: &'static str,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Instant,
    /// When it is over: from now on its figures are due.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Instant,
    /// Its cut-off: a first report after that is late, and boards take the day as closed.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Instant,
    /// What became of the day of all units that report, as it stands now; null before it
    /// begins, and where it tells of a hidden unit.
    pub reports: Option<SharesView>,
    /// The closing, once it was run; null too for days that were over before the campaign
    /// came to this service.
    pub closing: Option<ClosingView>,
}

impl DayView {
    /// Tells nothing of what was reported by others.
    pub fn hide_reports(&mut self) {
        self.reports = None;
        self.closing.iter_mut().for_each(|closing| closing.reports = None);
    }
}

/// The closing of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClosingView {
    /// When it was closed.
    #[schema(value_type = String, format = DateTime)]
    pub closed_at: Instant,
    /// Whether the council closed it before its cut-off.
    pub is_early: bool,
    /// Who closed it, `scheduler` where the service did; never public.
    pub closed_by: Option<String>,
    /// Why it was closed early; never public.
    pub reason: Option<String>,
    /// What had become of the day by then; null where it tells of a hidden unit.
    pub reports: Option<SharesView>,
}

/// A unit that has not reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReminderView {
    /// Which one, and since when.
    #[serde(flatten)]
    pub silent: SilentUnitView,
    /// Name of the unit above.
    pub parent_name: Option<String>,
}

/// A reporting day, and who owes its report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DayReportView {
    /// Code of the campaign.
    pub campaign: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// The day.
    #[serde(flatten)]
    pub day: DayView,
    /// Units that owe the day and have not reported, by the unit above and by name: those
    /// that the caller is entrusted with, so none to the public.
    pub items: Vec<ReminderView>,
    /// Where the next page starts; null on the last.
    pub next_cursor: Option<String>,
    /// How many units all pages have together.
    pub total: u64,
}

/// The units that report for themselves.
fn reporting_units(snapshot: &Snapshot) -> Vec<u32> {
    let register = snapshot.register();
    (0..u32::try_from(register.len()).unwrap_or(u32::MAX)).filter(|unit| !register.is_derived(*unit)).collect()
}

/// The index of a day that somebody owes: Bs…E.
///
/// # Errors
/// A day outside.
pub fn index_of(snapshot: &Snapshot, day: Day) -> Result<usize, Fault> {
    let (campaign, calendar) = (snapshot.campaign(), &snapshot.ledger().calendar);
    let index = calendar.index(day).filter(|at| (calendar.baseline.start..calendar.window.end).contains(at));
    index.ok_or_else(|| outside(campaign, day))
}

fn outside(campaign: &Campaign, day: Day) -> Fault {
    let message = format!("expected a day from {} to {}, found {day}", campaign.baseline.from, campaign.window.to);
    Fault::of_field(Code::DayOutsideCampaign, "date", message)
}

/// How far each day of baseline and window is by the clock alone.
pub fn day_states(snapshot: &Snapshot, now: Instant) -> Vec<&'static str> {
    let (campaign, calendar) = (snapshot.campaign(), &snapshot.ledger().calendar);
    let state = |at: usize| DayTimes::of(campaign, calendar.day(at)).state(now);
    (calendar.baseline.start..calendar.window.end).map(state).collect()
}

/// The days of baseline and window.
pub fn days_view(snapshot: &Snapshot, closings: &[Closing], now: Instant, sight: Sight) -> Vec<DayView> {
    let units = reporting_units(snapshot);
    let is_shown = total_is_shown(snapshot, &units, sight);
    let calendar = &snapshot.ledger().calendar;
    let days = calendar.baseline.start..calendar.window.end;
    let view = |at: usize| day_view(snapshot, at, closings, now, (&units, is_shown, sight));
    days.map(view).collect()
}

/// One day, with the units that have not reported.
pub fn day_report(
    snapshot: &Snapshot,
    at: usize,
    closings: &[Closing],
    now: Instant,
    rows: Range<usize>,
    sight: Sight,
) -> DayReportView {
    let units = reporting_units(snapshot);
    let is_shown = total_is_shown(snapshot, &units, sight);
    let day = day_view(snapshot, at, closings, now, (&units, is_shown, sight));
    let owing = if now < day.opens_at { Vec::new() } else { missing(snapshot, &units, at) };
    let mut owing: Vec<u32> = owing.into_iter().filter(|unit| snapshot.is_confided(*unit, sight)).collect();
    let (register, ledger) = (snapshot.register(), snapshot.ledger());
    let above = |unit: u32| register.unit(unit).and_then(|u| u.parent);
    owing.sort_by_key(|unit| (above(*unit).map(|above| register.name_rank(above)), register.name_rank(*unit)));
    let from = if ledger.calendar.window.contains(&at) {
        ledger.calendar.window.start
    } else {
        ledger.calendar.baseline.start
    };
    let reminder = |unit: &u32| {
        let missing_days = (from..=at).filter(|day| ledger.day_state(*unit, *day, at) == DayState::Missing).count();
        let parent = above(*unit).filter(|above| snapshot.is_visible(*above, sight));
        ReminderView {
            silent: silent(snapshot, *unit, at, missing_days as u64, sight),
            parent_name: parent.and_then(|above| register.unit(above)).map(|above| above.name.clone()),
        }
    };
    let shown = owing.get(rows.start.min(owing.len())..rows.end.min(owing.len())).unwrap_or_default();
    DayReportView {
        campaign: snapshot.campaign().code.clone(),
        revision: snapshot.revision,
        day,
        items: shown.iter().map(reminder).collect(),
        next_cursor: None,
        total: owing.len() as u64,
    }
}

/// Those of these units that owe a day and have not reported.
fn missing(snapshot: &Snapshot, units: &[u32], at: usize) -> Vec<u32> {
    let is_missing = |unit: &u32| snapshot.ledger().day_state(*unit, at, at) == DayState::Missing;
    units.iter().copied().filter(is_missing).collect()
}

fn day_view(
    snapshot: &Snapshot,
    at: usize,
    closings: &[Closing],
    now: Instant,
    (units, is_shown, sight): (&[u32], bool, Sight),
) -> DayView {
    let (campaign, calendar) = (snapshot.campaign(), &snapshot.ledger().calendar);
    let date = calendar.day(at);
    let times = DayTimes::of(campaign, date);
    let closing = closings.iter().find(|closing| closing.day == date);
    DayView {
        date: date.to_string(),
        part: if calendar.window.contains(&at) { "window" } else { "baseline" },
        state: if closing.is_some() { "closed" } else { times.state(now) },
        opens_at: times.opens_at,
        ends_at: times.ends_at,
        closes_at: times.closes_at,
        reports: (is_shown && now >= times.opens_at).then(|| shares_on(snapshot, units, at)),
        closing: closing.map(|closing| ClosingView {
            closed_at: closing.closed_at,
            is_early: closing.closed_at < times.closes_at,
            closed_by: Some(closing.actor.clone()).filter(|_| sight == Sight::Full),
            reason: closing.reason.clone().filter(|_| sight == Sight::Full),
            reports: is_shown.then(|| shares_of(closing.counts)),
        }),
    }
}

/// The shares of a closing's counts.
pub(super) fn shares_of(counts: ClosingCounts) -> SharesView {
    let ClosingCounts { on_time, late, missing, excused } = counts;
    with_share(SharesView { on_time, late, missing, excused, ..SharesView::default() })
}

/// Closes a day: notes who had not reported, and tells whoever wants to be told. Refused
/// where it was closed already.
fn close(work: &mut Work<'_>, stored: &StoredCampaign, day: Day, reason: Option<String>) -> Result<DayView, Fault> {
    let snapshot = work.present(stored)?;
    let (at, units) = (index_of(&snapshot, day)?, reporting_units(&snapshot));
    let SharesView { on_time, late, missing: silent, excused, .. } = shares_on(&snapshot, &units, at);
    let counts = ClosingCounts { on_time, late, missing: silent, excused };
    let closing = Closing { day, closed_at: work.now, actor: work.actor().to_owned(), reason, counts };
    days::insert(work.conn()?, stored.id, &closing)?;
    let view = day_view(&snapshot, at, std::slice::from_ref(&closing), work.now, (&units, true, Sight::Full));
    work.note(Note::of("day.close", format!("days/{day}"), None, view.closing.as_ref()));
    let told = Told { snapshot: &snapshot, closing: &closing, silent: &missing(&snapshot, &units, at) };
    outbox::tell(work, stored, &told)?;
    Ok(view)
}

impl Service {
    /// Closes a day for reporting before its cut-off, once it is over.
    pub fn close_day(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        day: Day,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let days = stored.campaign.baseline.from..=stored.campaign.window.to;
            if !days.contains(&day) {
                return Err(outside(&stored.campaign, day));
            }
            if is_closed(work, &stored, day)? {
                return Err(Fault::new(Code::DayClosed, format!("{day} is closed for reporting already")));
            }
            let ends_at = DayTimes::of(&stored.campaign, day).ends_at;
            if work.now < ends_at {
                let until = ends_at.to_rfc3339().unwrap_or_default();
                let detail = format!("{day} is not over before {until}; it can be closed from then on");
                return Err(Fault::new(Code::DayNotOver, detail));
            }
            let view = close(work, &stored, day, Some(reason))?;
            done(200, &WrittenView { written: view, revision: work.revision() })
        })
    }

    /// The days of a campaign that were closed, in their order. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn closings(&self, campaign: &str, audience: &Audience) -> Result<Vec<Closing>, Fault> {
        self.read_of(campaign, audience, |conn, stored| Ok(days::list(conn, stored.id)?))
    }

    /// The days of a campaign whose closing was not run, in their order, each with its
    /// cut-off. Days that were over before the campaign came to this service are none of
    /// them: nobody could have reported them here.
    pub(super) fn days_to_close(&self, campaign: &str) -> Result<Vec<(Day, Instant)>, Fault> {
        self.read(|conn| {
            let Some(stored) = campaigns::find_opt(conn, campaign)? else { return Ok(Vec::new()) };
            let opened_at = days::opened_at(conn, stored.id)?;
            let closed = days::list(conn, stored.id)?;
            let (first, last) = (stored.campaign.baseline.from, stored.campaign.window.to);
            let all = first.iter_days().take_while(|day| *day <= last);
            let with_hour = all.map(|day| (day, stored.campaign.cut_off(day)));
            let is_open = |(day, at): &(Day, Instant)| *at > opened_at && closed.iter().all(|c| c.day != *day);
            Ok(with_hour.filter(is_open).collect())
        })
    }

    /// Runs the closing of a day whose cut-off is over, unless somebody did already; says
    /// whether it ran. May block.
    pub(super) fn run_closing(&self, campaign: &str, day: Day) -> Result<bool, Fault> {
        // what is not in memory is loaded here, and not while others wait for the writer
        self.snapshot(campaign)?;
        let origin = Origin { address: "scheduler".to_owned(), request_id: None };
        let request = WriteRequest { origin, ..WriteRequest::default() };
        let written = self.write(&Grant::by_the_clock(), campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let is_due = work.now >= stored.campaign.cut_off(day);
            let is_ours = is_due && days::find_opt(work.conn()?, stored.id, day)?.is_none();
            if is_ours {
                close(work, &stored, day, None)?;
            }
            done(200, &is_ours)
        });
        Ok(written.wait()?.body == b"true")
    }
}
