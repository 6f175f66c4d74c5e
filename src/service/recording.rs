//! Many figures at once: checked, compared with what stands, written with their history.
//!
//! What stands is read from the facts in memory, at the very revision that the write begins
//! at, so that a row that changes nothing costs no query; what is written is also entered
//! into a copy of them, so that nothing is loaded again. Rows come one after another and
//! are never held together, however many there are.

use super::audit::Rows;
use super::closing::{Gate, cannot_wait, no_reason};
use super::fault::{Code, Fault, FieldFault};
use super::figures::{FigureFor, NewFigure, check_day, entry_with, entry_without, figure_row, no_report};
use super::live::Snapshot;
use super::sources::leader_of_day;
use super::views::RowsView;
use super::writer::{Work, outside};
use crate::domain::contest::Stamp;
use crate::domain::{Care, Counts, Day, Instant};
use crate::scoring::Ledger;
use crate::scoring::ledger::DayEntry;
use crate::store::campaigns::StoredCampaign;
use crate::store::figures::{self, StoredFigure};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows that are written with one call of the store.
const AT_A_TIME: usize = 1_000;

/// How many rows wait for a second person together at most: somebody is to look at them.
const MAX_HELD: usize = 100_000;

/// A figure on its way in.
#[derive(Clone, Copy)]
pub(super) struct Incoming<'r> {
    /// Place of its unit in the register.
    pub(super) unit: u32,
    /// The day.
    pub(super) day: Day,
    /// The counts.
    pub(super) counts: Counts,
    /// A note for people.
    pub(super) note: Option<&'r str>,
    /// Why it is recorded.
    pub(super) reason: Option<&'r str>,
}

/// What a recording has done.
pub(super) struct Recorded {
    /// What stood before.
    pub(super) before: Arc<Snapshot>,
    /// Rows by what they did.
    pub(super) rows: RowsView,
    /// Revision and instant, where anything changed.
    pub(super) stamp: Option<(i64, Instant)>,
    /// Whether each unit of the register was named.
    pub(super) named: Vec<bool>,
    /// The days that were named.
    pub(super) days: BTreeSet<Day>,
    /// What the log keeps of the rows.
    pub(super) log: Rows,
    /// Whether rows of closed days among them need a second person.
    pub(super) needs_two: bool,
    /// Then, unless everything is undone at the end: what would change. Nothing is written.
    pub(super) held: Vec<FigureFor>,
}

/// Figures on their way into the database, inside a write.
pub(super) struct Recording<'a, 'w> {
    work: &'a mut Work<'w>,
    stored: StoredCampaign,
    /// What stood before.
    pub(super) before: Arc<Snapshot>,
    /// What stands so far.
    ledger: Ledger,
    /// The unit that the caller's scope ends at; none where it is all.
    within: Option<u32>,
    /// Which days of the calendar take figures now.
    open_days: Vec<bool>,
    what: &'static str,
    waiting: Vec<StoredFigure>,
    /// The days of which figures changed.
    changed: BTreeSet<Day>,
    /// What rows of closed days need; none where all are free.
    gate: Option<Gate>,
    /// Why, of rows without a reason of their own.
    reason: Option<String>,
    faults: Faults,
    done: Recorded,
}

impl<'a, 'w> Recording<'a, 'w> {
    /// Begins one; `stamp` is that of a write that has changed something already.
    pub(super) fn begin(
        work: &'a mut Work<'w>,
        what: &'static str,
        stamp: Option<(i64, Instant)>,
    ) -> Result<Self, Fault> {
        let stored = work.campaign()?;
        let before = work.present(&stored)?;
        let ledger = Ledger::clone(before.ledger());
        let within = match work.within() {
            None => None,
            Some(code) => Some(before.register().find(code).ok_or_else(|| Fault::no_unit(code))?),
        };
        let gate = Gate::of(work, &stored)?;
        let calendar = &ledger.calendar;
        let is_open = |at: usize| check_day(&stored.campaign, calendar.day(at), work.now).is_ok();
        let done = Recorded {
            before: before.clone(),
            rows: RowsView::default(),
            stamp,
            named: vec![false; before.register().len()],
            days: BTreeSet::new(),
            log: Rows::default(),
            needs_two: false,
            held: Vec::new(),
        };
        Ok(Self {
            reason: work.request().reason.clone(),
            gate,
            open_days: (0..calendar.len).map(is_open).collect(),
            waiting: Vec::with_capacity(AT_A_TIME),
            changed: BTreeSet::new(),
            faults: Faults::default(),
            work,
            stored,
            before,
            ledger,
            within,
            what,
            done,
        })
    }

    /// Takes a figure; one that cannot be taken is listed, and named by `at`.
    pub(super) fn take(&mut self, new: &Incoming<'_>, at: impl Fn() -> String) -> Result<(), Fault> {
        let refused = self.check(new).err();
        // a pack may say again what it brought itself, whenever that was for
        if let Some((field, fault)) = refused.as_ref().filter(|_| self.what != "pack") {
            self.faults.add(&at(), field, fault.clone());
            return Ok(());
        }
        if let Some(named) = self.done.named.get_mut(new.unit as usize) {
            *named = true;
        }
        self.done.days.insert(new.day);
        let standing = self.standing(new.unit, new.day)?;
        if standing.counts == Some(new.counts) && self.has_note(new, &standing)? {
            self.done.rows.same += 1;
            return Ok(());
        }
        if let Some((field, fault)) = refused {
            self.faults.add(&at(), field, fault);
            return Ok(());
        }
        if let Some(source) = standing.source {
            self.faults.add(&at(), "date", source_stands(&self.stored, source));
            return Ok(());
        }
        let rows = &mut self.done.rows;
        *(if standing.counts.is_some() { &mut rows.changed } else { &mut rows.new }) += 1;
        let reason = new.reason.map(str::to_owned).or_else(|| self.reason.clone());
        let new = Incoming { reason: reason.as_deref(), ..*new };
        let refused = match self.care(new.day, standing.counts.is_some())? {
            Care::Reason | Care::Approval if new.reason.is_none() => {
                Some(("reason", no_reason(new.day, standing.counts.is_some(), "reason")))
            }
            Care::Approval if self.what == "pack" => Some(("date", cannot_wait("a figure of a closed day"))),
            _ => None,
        };
        match refused {
            Some((field, fault)) => self.faults.add(&at(), field, fault),
            None if self.faults.is_empty() => return self.enter(&new, standing),
            None => {}
        }
        Ok(())
    }

    /// What a row needs.
    fn care(&mut self, day: Day, is_correction: bool) -> Result<Care, Fault> {
        let Some(gate) = &mut self.gate else { return Ok(Care::Open) };
        let care = gate.care(self.work, day, is_correction)?;
        self.done.needs_two |= care == Care::Approval;
        Ok(care)
    }

    /// Writes a row, or holds it: whether a later one needs a second person is not known yet,
    /// and then all of them wait together.
    fn enter(&mut self, new: &Incoming<'_>, standing: DayEntry) -> Result<(), Fault> {
        if self.gate.is_none() || self.work.is_dry() {
            return self.write(new, standing);
        }
        if self.done.needs_two && self.done.held.len() >= MAX_HELD {
            let detail = format!("at most {MAX_HELD} rows wait for a second person together; send fewer at once");
            return Err(Fault::new(Code::InvalidRequest, detail));
        }
        let unit_code = self.before.register().unit(new.unit).map(|u| u.code.clone()).unwrap_or_default();
        let (note, reason) = (new.note.map(str::to_owned), new.reason.map(str::to_owned));
        let figure = NewFigure { counts: new.counts, note, reason, source: None };
        self.done.held.push(FigureFor { unit_code, day: new.day, figure, at: String::new() });
        Ok(())
    }

    /// Writes what was held, since nobody else need look at it.
    fn write_held(&mut self) -> Result<(), Fault> {
        let before = self.before.clone();
        for FigureFor { unit_code, day, figure, .. } in std::mem::take(&mut self.done.held) {
            let unit = before.register().find(&unit_code).ok_or_else(|| Fault::no_unit(&unit_code))?;
            let standing = self.standing(unit, day)?;
            let (note, reason) = (figure.note.as_deref(), figure.reason.as_deref());
            self.write(&Incoming { unit, day, counts: figure.counts, note, reason }, standing)?;
        }
        Ok(())
    }

    fn check(&self, new: &Incoming<'_>) -> Result<(), (&'static str, Fault)> {
        let register = self.before.register();
        let Some(unit) = register.unit(new.unit) else { return Err(("unit_code", Fault::no_unit(""))) };
        if self.within.is_some_and(|within| new.unit != within && !register.is_below(new.unit, within)) {
            return Err(("unit_code", outside(&self.stored, unit)));
        }
        if register.is_derived(new.unit) {
            return Err(("unit_code", no_report(&unit.code)));
        }
        let is_open = self.ledger.calendar.index(new.day).and_then(|at| self.open_days.get(at).copied());
        if is_open == Some(true) {
            return Ok(());
        }
        match check_day(&self.stored.campaign, new.day, self.work.now) {
            // a pack may bring figures that no rule looks at
            Err(fault) if self.what == "pack" && fault.code != Code::DayNotBegun => Ok(()),
            result => result.map_err(|fault| ("date", fault)),
        }
    }

    /// What stands for a unit's day.
    pub(super) fn standing(&mut self, unit: u32, day: Day) -> Result<DayEntry, Fault> {
        if let Some(at) = self.ledger.calendar.index(day) {
            return Ok(self.ledger.entry(unit, at));
        }
        // days that no rule looks at are not in memory
        let found = self.stored_figure(unit, day)?;
        let noted = found.as_ref().is_some_and(|f| f.note.is_some());
        let (stored, id) = (self.stored.clone(), self.before.key(unit));
        let source = leader_of_day(self.work.conn()?, &stored, id, day)?;
        Ok(DayEntry { counts: found.map(|f| f.counts), noted, source, ..DayEntry::default() })
    }

    /// Whether the note that stands is the new one.
    fn has_note(&mut self, new: &Incoming<'_>, standing: &DayEntry) -> Result<bool, Fault> {
        match (standing.noted, new.note) {
            (false, None) => Ok(true),
            (true, Some(note)) => {
                Ok(self.stored_figure(new.unit, new.day)?.is_some_and(|f| f.note.as_deref() == Some(note)))
            }
            _ => Ok(false),
        }
    }

    /// The figure that stands for a unit's day, as it is stored.
    fn stored_figure(&mut self, unit: u32, day: Day) -> Result<Option<StoredFigure>, Fault> {
        self.flush()?;
        let id = self.before.key(unit);
        let found = figures::history(self.work.conn()?, self.stored.id, id, day)?.pop();
        Ok(found.filter(|f| f.stamp.stands()))
    }

    /// The stamp of what changes; the first change makes the revision.
    pub(super) fn stamp(&mut self) -> Result<(i64, Instant), Fault> {
        match self.done.stamp {
            Some(stamp) => Ok(stamp),
            None => Ok(*self.done.stamp.insert(self.work.accept(self.what)?)),
        }
    }

    fn write(&mut self, new: &Incoming<'_>, standing: DayEntry) -> Result<(), Fault> {
        let (revision, at) = self.stamp()?;
        self.changed.insert(new.day);
        let code = self.before.register().unit(new.unit).map_or("", |u| u.code.as_str());
        self.done.log.add(&figure_row(code, new.day, standing.counts.as_ref(), &new.counts));
        self.waiting.push(StoredFigure {
            unit_id: self.before.key(new.unit),
            day: new.day,
            counts: new.counts,
            stamp: Stamp { recorded_at: at, withdrawn_at: None },
            note: new.note.map(str::to_owned),
            reason: new.reason.map(str::to_owned),
            revision,
            withdrawn_reason: None,
        });
        if let Some(day) = self.ledger.calendar.index(new.day) {
            let entry = entry_with(&self.stored.campaign, new.day, standing, new.counts, new.note.is_some(), at);
            self.ledger.set_day(new.unit, day, entry);
        }
        if self.waiting.len() >= AT_A_TIME { self.flush() } else { Ok(()) }
    }

    /// Takes back what stands for a unit's day; where nothing does, it is as it should be.
    pub(super) fn take_back(&mut self, unit: u32, day: Day, reason: &str) -> Result<(), Fault> {
        let Some(figure) = self.stored_figure(unit, day)? else {
            self.done.rows.same += 1;
            return Ok(());
        };
        if self.care(day, true)? == Care::Approval {
            return Err(cannot_wait("taking back a figure of a closed day"));
        }
        let (stored, id) = (self.stored.clone(), self.before.key(unit));
        if let Some(source) = leader_of_day(self.work.conn()?, &stored, id, day)? {
            let code = self.before.register().unit(unit).map_or("", |u| u.code.as_str());
            self.faults.add(&format!("figures.csv {code} {day}"), "date", source_stands(&stored, source));
            return Ok(());
        }
        let (_, at) = self.stamp()?;
        figures::withdraw(self.work.conn()?, self.stored.id, &figure, at, Some(reason))?;
        self.changed.insert(day);
        if let Some(at) = self.ledger.calendar.index(day) {
            let entry = entry_without(self.ledger.entry(unit, at));
            self.ledger.set_day(unit, at, entry);
        }
        self.done.rows.changed += 1;
        Ok(())
    }

    /// Lists a fault of a row that cannot be taken.
    pub(super) fn refuse(&mut self, at: &str, field: &str, fault: Fault) {
        self.faults.add(at, field, fault);
    }

    fn flush(&mut self) -> Result<(), Fault> {
        figures::insert(self.work.conn()?, self.stored.id, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Ends it: all is written, and the facts in memory will follow.
    pub(super) fn finish(mut self) -> Result<Recorded, Fault> {
        std::mem::take(&mut self.faults).into_result()?;
        if self.done.needs_two && !self.work.is_dry() {
            return Ok(self.done);
        }
        self.write_held()?;
        self.flush()?;
        if self.done.rows.new + self.done.rows.changed > 0 {
            // boards before the first day that changed stand as they are
            let first = self.changed.first().and_then(|day| self.ledger.calendar.index(*day));
            let snapshot = self.before.with(self.ledger, self.work.recorded(), first.unwrap_or(0));
            self.work.follow_with(snapshot, self.changed);
        }
        Ok(self.done)
    }
}

/// The refusal of a figure without a source for a day of which one speaks.
fn source_stands(stored: &StoredCampaign, source: u8) -> Fault {
    let said = stored.campaign.sources.code(source);
    let detail = format!("what {said} says of this day stands; expected its figure in source_figures.csv");
    Fault::new(Code::InvalidRequest, detail)
}

/// Faults of the members of a batch, listed together.
#[derive(Debug, Default)]
pub(super) struct Faults {
    first: Option<Fault>,
    is_forbidden: bool,
    /// How many lack nothing but a reason.
    without_reason: u64,
    errors: Vec<FieldFault>,
    total: u64,
}

/// How many faults of a batch are listed.
const MAX_LISTED: usize = 100;

impl Faults {
    /// Notes a fault of the member at a place.
    pub(super) fn add(&mut self, at: &str, field: &str, fault: Fault) {
        self.total += 1;
        self.is_forbidden |= fault.code == Code::Forbidden;
        self.without_reason += u64::from(fault.code == Code::ReasonRequired);
        if self.errors.len() < MAX_LISTED {
            let message = fault.detail.to_string();
            self.errors.push(FieldFault { pointer: format!("{at}/{field}"), code: "invalid", message, place: None });
        }
        self.first.get_or_insert(fault);
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Nothing where there is none; a single fault keeps its code, so do any number that lack
    /// nothing but a reason, and who reaches beyond their scope is told that first.
    pub(super) fn into_result(self) -> Result<(), Fault> {
        let Some(first) = self.first else { return Ok(()) };
        let code = match (self.total, first.code) {
            _ if self.is_forbidden => Code::Forbidden,
            (1, Code::UnitNotFound) => Code::InvalidRequest,
            (1, code) => code,
            (total, code) if total == self.without_reason => code,
            _ => Code::InvalidRequest,
        };
        let detail = if self.total == 1 { first.detail } else { format!("{} members are wrong", self.total).into() };
        Err(Fault { errors: self.errors, total: Some(self.total), ..Fault::new(code, detail) })
    }
}
