//! Packs and tables: imported whole or not at all, and given back.
//!
//! "Import of a pack into a campaign without figures keeps its history …; into a
//! campaign that has figures every difference is stamped by the service, and a row that
//! says what already stands changes nothing" (contract.md section 1). What a pack does
//! not speak of stays as it is.

use super::Service;
use super::access::{Audience, Contest as RunContest, Figures as RecordFigures, Grant, Units};
use super::approvals::{self, Payload};
use super::audit::{Note, Rows};
use super::campaigns::{check_replaceable, insert, new_campaign};
use super::closing::{cannot_wait, document_needs_two};
use super::fault::{Code, Fault};
use super::figures::{FigureFor, NewFigure, done, figure_row, note_many, record_all};
use super::impact::{impact, impact_of_all};
use super::imports::keep;
use super::live::Snapshot;
use super::policies::{Words, first_version, replace};
use super::recording::{Incoming, Recorded, Recording};
use super::sources::{Reports, by_day, record_reports};
use super::units::{NewUnit, plan};
use super::views::{ImportView, ReadingView, RowsView, WrittenView};
use super::writer::{Pending, Work, WriteRequest, last_instant};
use crate::domain::contest::{AdjustmentKind, AssessmentRow, Contest, CriterionRow, FigureRow, Stamp};
use crate::domain::unit::UnitState;
use crate::domain::{Campaign, Day, Instant, Unit};
use crate::pack::loose::options::{FigureOptions, SheetOptions};
use crate::pack::loose::sheet::{read_text, read_workbook};
use crate::pack::loose::units::UnitBook;
use crate::pack::{self, Refusal};
use crate::store::campaigns::{self, StoredCampaign};
use crate::store::contests::{self, EmptyTables, StoredContest};
use crate::store::decisions::{self, AdjustmentRow, ExcuseRow, NewAdjustment, StartLevelRow, StateRow};
use crate::store::declared_levels::{DeclaredLevelRow, NewDeclaredLevel};
use crate::store::figures;
use crate::store::source_figures;
use crate::store::{criteria, declared_levels, policies, units};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// Why something that the pack says is taken back has no other reason.
const TAKEN_BACK: &str = "taken back in the imported pack";

impl Service {
    /// Imports a pack.
    pub fn import_pack(
        &self,
        grant: &Grant<RunContest>,
        contest: Contest,
        dry_run: bool,
        request: WriteRequest,
    ) -> Pending {
        let code = contest.campaign.code.clone();
        let sent = rows_of(&contest);
        self.write(grant, &code, request, move |work, _| {
            let is_new = work.campaign_opt().is_none();
            let from = work.revision();
            let before = work.campaign_opt().map(|stored| work.present(&stored)).transpose()?;
            let rows = Import::new(work, &contest)?.run()?;
            let mut view = ImportView { dry_run, ..pack_view(&contest, rows) };
            if work.revision() != from {
                let note = Note::of("pack.import", "", None, Some(&view)).with("revision", work.revision());
                work.note(sent.keep_in(note));
                if !dry_run {
                    view.import = Some(keep(work, "pack", &view.rows, (view.units, view.days))?);
                }
            }
            if let Some(before) = before {
                view.tell(impact_of_all(work, &before)?);
            }
            finish(work, view, dry_run, is_new)
        })
    }

    /// Imports figures, all or none.
    pub fn import_figures(
        &self,
        grant: &Grant<RecordFigures>,
        campaign: &str,
        new: FigureSource,
        dry_run: bool,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            if dry_run {
                // so that rows of closed days are tried, and none of them waits
                work.undo_at_the_end();
            }
            let (mut reading, mut blank, mut repeated) = (None, 0, 0);
            let mut recorded = match new {
                FigureSource::Rows(rows) => record_all(work, rows, "import")?,
                FigureSource::Table { source, audience } => import_table(work, source, &audience)?,
                FigureSource::Loose(read) => {
                    (reading, blank, repeated) = (Some(read.reading), read.blank, read.repeated);
                    record_all(work, read.rows, "import")?
                }
            };
            let stored = work.campaign()?;
            if recorded.needs_two && !dry_run {
                let held = std::mem::take(&mut recorded.held);
                return approvals::ask(work, &stored, Payload::Import(held));
            }
            let Recorded { rows, before, named, days, .. } = &recorded;
            let register = before.register();
            let within = work.within().and_then(|code| register.find(code));
            let is_asked = |at: u32| within.is_none_or(|within| at == within || register.is_below(at, within));
            let asked = register.units.iter().zip(0u32..).filter(|(_, at)| is_asked(*at));
            let is_named = |at: u32| named.get(at as usize).copied().unwrap_or_default();
            let silent = asked.filter(|(_, at)| !is_named(*at)).map(|(unit, _)| unit);
            let mut view = ImportView {
                read_as: "figures",
                dry_run,
                reading,
                rows: RowsView { blank, repeated, ..rows.clone() },
                units: named.iter().filter(|named| **named).count() as u64,
                days: days.len() as u64,
                silent_units: silent_of(&stored.campaign, silent),
                needs_approval: recorded.needs_two,
                import: None,
                effects: None,
                flags: None,
            };
            view.tell(Some(impact(work, before, named)?));
            if recorded.stamp.is_some() && !dry_run {
                view.import = Some(keep(work, "figures", &view.rows, (view.units, view.days))?);
            }
            finish(work, view, dry_run, false)
        })
    }

    /// Imports units: new ones are registered, others replaced where they differ.
    pub fn import_units(
        &self,
        grant: &Grant<Units>,
        campaign: &str,
        new: Vec<NewUnit>,
        dry_run: bool,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let named = new.len() as u64;
            let changes = plan(work, &stored, new, true)?;
            let (new, changed) = (changes.new.len() as u64, changes.changed.len() as u64);
            if new + changed > 0 {
                let (revision, _) = work.accept("units imported")?;
                let note = Note { action: "units.import", target: "units".to_owned(), ..Note::default() };
                work.note(changes.rows(&stored.campaign).keep_in(note.with("revision", revision)));
                units::insert(work.conn()?, stored.id, &stored.campaign, &changes.new)?;
                for unit in &changes.changed {
                    units::update(work.conn()?, stored.id, &stored.campaign, unit)?;
                }
                work.reload();
            }
            let rows = RowsView { new, changed, same: changes.same, ..RowsView::default() };
            let mut view = ImportView {
                read_as: "units",
                dry_run,
                reading: None,
                rows,
                units: named,
                days: 0,
                silent_units: Vec::new(),
                needs_approval: false,
                import: None,
                effects: None,
                flags: None,
            };
            if new + changed > 0 && !dry_run {
                view.import = Some(keep(work, "units", &view.rows, (named, 0))?);
            }
            finish(work, view, dry_run, false)
        })
    }

    /// A campaign as a pack holds it. May block.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn export(&self, campaign: &str) -> Result<Contest, Fault> {
        let stored: Option<StoredContest> = self.read(|conn| Ok(contests::load(conn, campaign)?))?;
        let mut contest = stored.map(|s| s.contest).ok_or_else(|| Fault::no_campaign(campaign))?;
        leave_out_unknown_starts(&mut contest);
        Ok(contest)
    }
}

/// The files of a campaign's pack, such that they are read back.
pub(super) fn pack_files(mut contest: Contest) -> pack::Files {
    leave_out_unknown_starts(&mut contest);
    pack::files(&contest)
}

/// Leaves out declared starts whose level the rules in force do not know, as a pack can
/// only name levels of its scheme: under it they are no starts, and end the one before.
fn leave_out_unknown_starts(contest: &mut Contest) {
    let scheme = contest.campaign.scheme.clone();
    contest.start_levels.sort_by_key(|row| (row.unit, row.stamp.recorded_at));
    let mut kept: Vec<crate::domain::contest::StartLevelRow> = Vec::with_capacity(contest.start_levels.len());
    for row in contest.start_levels.drain(..) {
        if scheme.level_index(&row.level).is_some() {
            kept.push(row);
        } else if let Some(before) = kept.last_mut().filter(|before| before.unit == row.unit) {
            let ended = before.stamp.withdrawn_at.map_or(row.stamp.recorded_at, |at| at.min(row.stamp.recorded_at));
            before.stamp.withdrawn_at = Some(ended);
        }
    }
    contest.start_levels = kept;
}

/// Where figures of an import come from.
pub enum FigureSource {
    /// From what was read already.
    Rows(Vec<FigureFor>),
    /// From a strict table, which is read while it is stored.
    Table {
        /// The table.
        source: Box<dyn Read + Send>,
        /// Who sends it: a unit that they may not see is not there.
        audience: Audience,
    },
    /// From a table as people send them, read by [`read_loose`].
    Loose(LooseRead),
}

/// A table as people send them.
#[derive(Clone, Debug)]
pub struct LooseFile {
    /// Its name, for messages.
    pub name: String,
    /// What it holds.
    pub bytes: Bytes,
    /// Whether it is a workbook; a text else.
    pub is_workbook: bool,
    /// What the sender said of the file.
    pub sheet: SheetOptions,
    /// What the sender said of its figures.
    pub figures: FigureOptions,
}

impl LooseFile {
    /// Whether the sender said how it is to be read: then nobody else decides.
    pub fn has_options(&self) -> bool {
        self.sheet != SheetOptions::default() || self.figures != FigureOptions::default()
    }

    /// Its first line, of a text.
    fn header(&self) -> &[u8] {
        self.bytes.split(|b| *b == b'\n').next().unwrap_or_default()
    }
}

/// Whether a file is read as a strict table first: its header is one, and the sender said
/// nothing of how to read it. Such a file is stored while it is read, whatever its size.
pub fn is_strict(file: &LooseFile) -> bool {
    !file.is_workbook && !file.has_options() && pack::is_figures_header(file.header())
}

/// Whether a table that was refused as a strict one may still be read as people send them:
/// it is the table that was wrong, and no figure of it has to name its source. One that tells
/// its own time comes out of a pack, and no reader of other tables knows such columns: what is
/// wrong with it as a strict one says more.
pub fn may_be_loose(campaign: &Campaign, file: &LooseFile, refused: &Fault) -> bool {
    refused.code == Code::InvalidPack && campaign.sources.is_empty() && !pack::tells_time(file.header())
}

/// Figures of a loose table, and how it was read.
pub struct LooseRead {
    rows: Vec<FigureFor>,
    reading: ReadingView,
    blank: u64,
    repeated: u64,
}

/// Reads a table of figures as people send them; a unit that the audience may not see is
/// not there. May block.
///
/// # Errors
/// Everything that is wrong with it, by line.
pub fn read_loose(snapshot: &Snapshot, audience: &Audience, file: &LooseFile) -> Result<LooseRead, Fault> {
    let (register, sight) = (snapshot.register(), snapshot.sight(audience));
    let campaign = snapshot.campaign();
    if !campaign.sources.is_empty() {
        let detail = "where several sources report, a table names the source of each figure: send it as a strict table with the column source";
        return Err(Fault::new(Code::InvalidRequest, detail));
    }
    let mut errors = pack::Errors::default();
    let read_sheet = if file.is_workbook { read_workbook } else { read_text };
    let sheet = read_sheet(&file.name, &file.bytes, &file.sheet, &mut errors);
    let book = UnitBook::new(campaign, &register.units, |unit| snapshot.is_visible(unit, sight));
    // a file whose rows cannot all be told apart is not read on
    let sheet = sheet.filter(|_| errors.is_empty());
    let read = sheet.and_then(|sheet| {
        pack::loose::figures::read_figures(campaign, &book, &file.name, sheet, &file.figures, &mut errors)
    });
    errors.into_result().map_err(in_table)?;
    let read = read.ok_or_else(|| Fault::internal("a loose table without figures and without a mistake"))?;
    let figure = |row: pack::loose::figures::LooseFigure| {
        let unit_code = book.code(row.unit).to_owned();
        let at = format!("{} {unit_code} {}", file.name, row.day);
        let figure = NewFigure { counts: row.counts, note: row.note, reason: None, source: None };
        FigureFor { unit_code, day: row.day, figure, at }
    };
    let rows = read.rows.into_iter().map(figure).collect();
    Ok(LooseRead { rows, reading: ReadingView::of(read.read_as), blank: read.blank, repeated: read.repeated })
}

/// Rows that are handed from the thread that reads to the one that writes.
const HANDED: usize = 1_000;

/// Lots of [`HANDED`] rows that may wait for the one that writes.
const LOTS: usize = 8;

/// Stores the figures of a strict table: one thread reads and checks it, line by line, while
/// this one compares its rows with what stands and writes them. A mistake in the last line
/// undoes the first.
fn import_table(work: &mut Work<'_>, source: impl Read + Send, audience: &Audience) -> Result<Recorded, Fault> {
    let stored = work.campaign()?;
    if !stored.campaign.sources.is_empty() {
        return import_reports(work, &stored, source, audience);
    }
    let mut recording = Recording::begin(work, "import", None)?;
    let before = recording.before.clone();
    let (register, sight) = (before.register(), before.sight(audience));
    let find = |code: &str| register.find(code).filter(|unit| before.is_visible(*unit, sight));
    let (hand, handed) = sync_channel::<Vec<FigureRow>>(LOTS);
    let read_all = move || {
        let (mut errors, mut tells_time) = (pack::Errors::default(), false);
        let mut lot = Vec::with_capacity(HANDED);
        // whoever takes them may have given up
        let mut is_wanted = true;
        let read =
            pack::stream_figures(&register.campaign, &register.units, find, source, &mut errors, |row, errors| {
                tells_time |= row.stamp != Stamp::ALWAYS;
                if !is_wanted || !errors.is_empty() || tells_time {
                    return;
                }
                lot.push(row);
                if lot.len() == HANDED {
                    is_wanted = hand.send(std::mem::replace(&mut lot, Vec::with_capacity(HANDED))).is_ok();
                }
            });
        if errors.is_empty() && !tells_time {
            let _ = hand.send(lot);
        }
        (read, errors, tells_time)
    };
    let (read, taken) = std::thread::scope(|scope| {
        let reader = scope.spawn(read_all);
        let taken = handed.into_iter().flatten().try_for_each(|row| {
            let (unit, day, counts, note) = (row.unit, row.day, row.counts, row.note.as_deref());
            let at = || format!("figures.csv {} {day}", register.unit(unit).map_or("", |u| u.code.as_str()));
            recording.take(&Incoming { unit, day, counts, note, reason: None }, at)
        });
        (reader.join(), taken)
    });
    taken?;
    let (read, errors, tells_time) = read.map_err(|_| Fault::internal("the reader of a table broke off"))?;
    read.map_err(Fault::internal)?;
    errors.into_result().map_err(in_table)?;
    if tells_time {
        return Err(time_is_told());
    }
    let mut recorded = recording.finish()?;
    if let Some((revision, _)) = recorded.stamp {
        note_many(work, "import", std::mem::take(&mut recorded.log), &recorded.rows, revision);
    }
    Ok(recorded)
}

/// Stores the figures of a strict table that names the source of each.
fn import_reports(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    source: impl Read,
    audience: &Audience,
) -> Result<Recorded, Fault> {
    let before = work.present(stored)?;
    let (register, sight) = (before.register(), before.sight(audience));
    let find = |code: &str| register.find(code).filter(|unit| before.is_visible(*unit, sight));
    let (mut errors, mut rows, mut tells_time) = (pack::Errors::default(), Vec::new(), false);
    let read = pack::stream_source_figures(&register.campaign, &register.units, find, source, &mut errors, |row| {
        tells_time |= row.stamp != Stamp::ALWAYS;
        let unit_code = register.unit(row.unit).map(|u| u.code.clone()).unwrap_or_default();
        let at = format!("figures.csv {unit_code} {}", row.day);
        let (note, source) = (row.note.map(String::from), Some(register.campaign.sources.code(row.source).to_owned()));
        let figure = NewFigure { counts: row.counts, note, reason: None, source };
        rows.push(FigureFor { unit_code, day: row.day, figure, at });
    });
    read.map_err(Fault::internal)?;
    errors.into_result().map_err(in_table)?;
    if tells_time {
        return Err(time_is_told());
    }
    record_all(work, rows, "import")
}

fn time_is_told() -> Fault {
    Fault::of_field(
        Code::TimeIsToldByTheService,
        "recorded_at",
        "recorded_at and withdrawn_at are told by the service; leave these columns out",
    )
}

/// Reads a strict table of units. Parents stand in the table.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_units(campaign: &Campaign, bytes: &[u8]) -> Result<Vec<NewUnit>, Fault> {
    let mut errors = pack::Errors::default();
    let (read, _) = pack::read_units(campaign, bytes, &mut errors);
    errors.into_result().map_err(in_table)?;
    Ok(new_units(campaign, &read))
}

fn in_table(refusal: Refusal) -> Fault {
    let detail = match refusal.total {
        1 => "the table has 1 error; nothing was stored".to_owned(),
        n => format!("the table has {n} errors; nothing was stored"),
    };
    Fault { detail: detail.into(), ..refusal.into() }
}

fn finish(work: &mut Work<'_>, view: ImportView, dry_run: bool, is_new: bool) -> Result<super::writer::Done, Fault> {
    if dry_run {
        work.undo_at_the_end();
    }
    let status = if is_new && !dry_run { 201 } else { 200 };
    done(status, &WrittenView { written: view, revision: work.revision() })
}

fn new_units(campaign: &Campaign, units: &[Unit]) -> Vec<NewUnit> {
    let code_of = |index: u32| units.get(index as usize).map(|u| u.code.clone());
    let new = |unit: &Unit| NewUnit {
        code: unit.code.clone(),
        name: unit.name.clone(),
        kind: campaign.kind(unit.kind).map(|k| k.code.clone()).unwrap_or_default(),
        parent_code: unit.parent.and_then(code_of),
        block: unit.block.clone(),
        population: unit.population,
        households: unit.households,
        point: unit.point,
        state: None,
        at: format!("units.csv {}", unit.code),
    };
    units.iter().map(new).collect()
}

/// Codes of the units among these that report figures.
fn silent_of<'a>(campaign: &Campaign, units: impl Iterator<Item = &'a Unit>) -> Vec<String> {
    let reports =
        |u: &&Unit| campaign.kind(u.kind).is_some_and(|k| k.figures == crate::domain::campaign::Figures::Reported);
    units.filter(reports).map(|u| u.code.clone()).collect()
}

/// The figures of a pack as the log has them: what was sent, whatever stood there.
fn rows_of(contest: &Contest) -> Rows {
    let mut rows = Rows::default();
    for figure in &contest.figures {
        let code = contest.units.get(figure.unit as usize).map(|u| u.code.as_str()).unwrap_or_default();
        rows.add(&figure_row(code, figure.day, None, &figure.counts));
    }
    rows
}

fn pack_view(contest: &Contest, rows: RowsView) -> ImportView {
    let named: HashSet<u32> = contest.figures.iter().map(|f| f.unit).collect();
    let days: HashSet<Day> = contest.figures.iter().map(|f| f.day).collect();
    let silent = contest.units.iter().zip(0u32..).filter(|(_, at)| !named.contains(at)).map(|(unit, _)| unit);
    ImportView {
        read_as: "pack",
        dry_run: false,
        reading: None,
        rows,
        units: contest.units.len() as u64,
        days: days.len() as u64,
        silent_units: silent_of(&contest.campaign, silent),
        needs_approval: false,
        import: None,
        effects: None,
        flags: None,
    }
}

/// A pack on its way into the database, inside a write.
struct Import<'a, 'w> {
    work: &'a mut Work<'w>,
    contest: &'a Contest,
    stored: StoredCampaign,
    /// Keys of the pack's units by their places.
    unit_ids: Vec<i64>,
    empty: EmptyTables,
    /// Revision and instant, once something changed.
    stamp: Option<(i64, Instant)>,
}

impl<'a, 'w> Import<'a, 'w> {
    fn new(work: &'a mut Work<'w>, contest: &'a Contest) -> Result<Self, Fault> {
        let mut stamp = None;
        let stored = match work.campaign_opt() {
            Some(stored) => stored,
            None => {
                let id = insert(work, &contest.campaign)?;
                work.set_campaign(new_campaign(id, contest.campaign.clone()));
                let made = work.accept("pack")?;
                first_version(work, id, &contest.campaign, made)?;
                stamp = Some(made);
                work.campaign()?
            }
        };
        let conn = work.conn()?;
        let has_figures = figures::any(conn, stored.id, None)?;
        let empty = EmptyTables {
            figures: !has_figures,
            excuses: !has_figures && decisions::list_excuses(conn, stored.id)?.is_empty(),
            states: !has_figures && decisions::list_states(conn, stored.id)?.is_empty(),
            start_levels: !has_figures && decisions::list_start_levels(conn, stored.id)?.is_empty(),
            declared_levels: !has_figures && declared_levels::list(conn, stored.id, None)?.is_empty(),
            adjustments: !has_figures && decisions::list_adjustments(conn, stored.id, None)?.is_empty(),
            criteria: !has_figures && criteria::list(conn, stored.id, &stored.campaign)?.is_empty(),
        };
        Ok(Self { work, contest, stored, unit_ids: Vec::new(), empty, stamp })
    }

    fn run(mut self) -> Result<RowsView, Fault> {
        self.document()?;
        self.units()?;
        self.neighbours()?;
        self.boundaries()?;
        let rows = if self.empty.figures { self.own_history()? } else { self.figures()? };
        self.excuses()?;
        self.states()?;
        self.start_levels()?;
        self.declared_levels()?;
        self.adjustments()?;
        self.criteria()?;
        if self.stamp.is_some() {
            self.work.reload();
        }
        Ok(rows)
    }

    /// The stamp of this import's differences; the first one makes the revision.
    fn stamp(&mut self) -> Result<(i64, Instant), Fault> {
        match self.stamp {
            Some(stamp) => Ok(stamp),
            None => Ok(*self.stamp.insert(self.work.accept("pack")?)),
        }
    }

    fn id(&self, unit: u32) -> i64 {
        self.unit_ids.get(unit as usize).copied().unwrap_or(-1)
    }

    fn document(&mut self) -> Result<(), Fault> {
        let new = &self.contest.campaign;
        if *self.stored.campaign == **new {
            return Ok(());
        }
        check_replaceable(self.work.conn()?, &self.stored, new)?;
        if document_needs_two(self.work, &self.stored, new)? {
            return Err(cannot_wait("less care, a later hour or other rules in campaign.json"));
        }
        let stamp = self.stamp()?;
        replace(self.work, Arc::clone(new), stamp, Words::default())?;
        self.stored = self.work.campaign()?;
        Ok(())
    }

    fn units(&mut self) -> Result<(), Fault> {
        let campaign = self.contest.campaign.clone();
        let changes = plan(self.work, &self.stored, new_units(&campaign, &self.contest.units), true)?;
        if !(changes.new.is_empty() && changes.changed.is_empty()) {
            self.stamp()?;
            units::insert(self.work.conn()?, self.stored.id, &campaign, &changes.new)?;
            for unit in &changes.changed {
                units::update(self.work.conn()?, self.stored.id, &campaign, unit)?;
            }
        }
        let codes = units::codes(self.work.conn()?, self.stored.id)?;
        let ids: HashMap<&str, i64> = codes.iter().map(|(id, code)| (code.as_str(), *id)).collect();
        let id = |u: &Unit| ids.get(u.code.as_str()).copied().unwrap_or(-1);
        self.unit_ids = self.contest.units.iter().map(id).collect();
        Ok(())
    }

    fn neighbours(&mut self) -> Result<(), Fault> {
        if self.contest.neighbours.is_empty() {
            return Ok(());
        }
        let key = |(a, b): &(u32, u32)| {
            let (a, b) = (self.id(*a), self.id(*b));
            (a.min(b), a.max(b))
        };
        let mut wanted: Vec<(i64, i64)> = self.contest.neighbours.iter().map(key).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if units::list_neighbours(self.work.conn()?, self.stored.id)? != wanted {
            self.stamp()?;
            units::replace_neighbours(self.work.conn()?, self.stored.id, &wanted)?;
        }
        Ok(())
    }

    fn boundaries(&mut self) -> Result<(), Fault> {
        let Some(new) = self.contest.boundaries.as_deref() else { return Ok(()) };
        if campaigns::boundaries(self.work.conn()?, self.stored.id)?.as_deref() != Some(new) {
            self.stamp()?;
            campaigns::set_boundaries(self.work.conn()?, self.stored.id, Some(new))?;
        }
        Ok(())
    }

    /// The pack's own history, into the tables that hold nothing yet.
    fn own_history(&mut self) -> Result<RowsView, Fault> {
        let contest = self.contest;
        let days: HashSet<(u32, Day)> = contest.figures.iter().map(|f| (f.unit, f.day)).collect();
        if contest.instants().next().is_some() {
            let (revision, _) = self.stamp()?;
            contests::insert_history(self.work.conn()?, self.stored.id, contest, &self.unit_ids, self.empty, revision)?;
            self.work.raise_last_recorded(last_instant(contest));
            policies::know_from_the_beginning(self.work.conn()?, self.stored.id)?;
        }
        Ok(RowsView { new: days.len() as u64, ..RowsView::default() })
    }

    fn figures(&mut self) -> Result<RowsView, Fault> {
        let said: HashSet<(u32, Day)> = self.contest.source_figures.iter().map(|s| (s.unit, s.day)).collect();
        let mut last: BTreeMap<(u32, Day), &crate::domain::contest::FigureRow> = BTreeMap::new();
        // the figure of a day that sources speak of follows from what they say
        for row in self.contest.figures.iter().filter(|row| !said.contains(&(row.unit, row.day))) {
            let latest = last.entry((row.unit, row.day)).or_insert(row);
            if row.stamp.recorded_at >= latest.stamp.recorded_at {
                *latest = row;
            }
        }
        let code = |unit: u32| self.contest.units.get(unit as usize).map_or("", |u| u.code.as_str());
        let mut recording = Recording::begin(self.work, "pack", self.stamp)?;
        let register = recording.before.register().clone();
        for ((place, day), row) in last {
            let unit = register.find(code(place)).ok_or_else(|| Fault::no_unit(code(place)))?;
            if row.stamp.stands() {
                let new = Incoming { unit, day, counts: row.counts, note: row.note.as_deref(), reason: None };
                recording.take(&new, || format!("figures.csv {} {day}", code(place)))?;
            } else {
                recording.take_back(unit, day, TAKEN_BACK)?;
            }
        }
        let recorded = recording.finish()?;
        self.stamp = recorded.stamp;
        self.source_figures(recorded.rows)
    }

    /// What the sources say, after all other figures; `rows` are those so far.
    fn source_figures(&mut self, mut rows: RowsView) -> Result<RowsView, Fault> {
        if self.contest.source_figures.is_empty() {
            return Ok(rows);
        }
        let filter = source_figures::Filter::default();
        let standing = by_day(source_figures::list(self.work.conn()?, self.stored.id, filter)?);
        let said = self.contest.source_figures.iter();
        let said = said.map(|r| ((r.unit, r.day, r.source), r.stamp.recorded_at, r));
        let mut reports = Reports::default();
        for ((place, day, source), row) in latest(said) {
            let unit_code = self.contest.units.get(place as usize).map_or("", |u| u.code.as_str()).to_owned();
            let stands = standing.get(&(self.id(place), day)).and_then(|said| said.get(&source)).map(|s| &s.figure);
            match (stands, row.stamp.stands()) {
                (Some(s), true) if (s.counts, s.note.as_deref()) == (row.counts, row.note.as_deref()) => rows.same += 1,
                (None, false) => rows.same += 1,
                (Some(_), false) => reports.gone.push((unit_code, day, source)),
                (_, true) => {
                    let at = format!("source_figures.csv {unit_code} {day}");
                    let source = Some(self.contest.campaign.sources.code(source).to_owned());
                    let note = row.note.as_deref().map(str::to_owned);
                    let figure = NewFigure { counts: row.counts, note, reason: None, source };
                    reports.new.push(FigureFor { unit_code, day, figure, at });
                }
            }
        }
        let (reported, stamp) = record_reports(self.work, &self.stored, reports, "pack", self.stamp)?;
        self.stamp = stamp;
        rows.new += reported.new;
        rows.changed += reported.changed;
        rows.same += reported.same;
        Ok(rows)
    }

    fn excuses(&mut self) -> Result<(), Fault> {
        if self.empty.excuses {
            return Ok(());
        }
        let id = self.stored.id;
        let mut before: HashMap<(i64, Day), ExcuseRow> = HashMap::new();
        for row in decisions::list_excuses(self.work.conn()?, id)? {
            before.insert((row.unit_id, row.day()), row);
        }
        let rows = self.contest.excuses.iter().map(|r| ((r.unit, r.day), r.stamp.recorded_at, r));
        for ((unit, day), row) in latest(rows) {
            let unit_id = self.id(unit);
            let standing = before.get(&(unit_id, day)).filter(|r| r.stamp().stands());
            match (standing, row.stamp.withdrawn_at) {
                (Some(before), None) if before.reason == row.reason => {}
                (_, None) => {
                    let (revision, at) = self.stamp()?;
                    let stamp = Stamp { recorded_at: at, withdrawn_at: None };
                    let new = ExcuseRow::new(id, unit_id, day, row.reason.clone(), stamp, revision);
                    decisions::insert_excuses(self.work.conn()?, &[new])?;
                }
                (Some(before), Some(_)) => {
                    let (_, at) = self.stamp()?;
                    decisions::withdraw_excuse(self.work.conn()?, before, at, Some(TAKEN_BACK))?;
                }
                (None, Some(_)) => {}
            }
        }
        Ok(())
    }

    fn states(&mut self) -> Result<(), Fault> {
        if self.empty.states {
            return Ok(());
        }
        let id = self.stored.id;
        let mut before: HashMap<i64, StateRow> = HashMap::new();
        for row in decisions::list_states(self.work.conn()?, id)? {
            before.insert(row.unit_id, row);
        }
        let rows = self.contest.states.iter().map(|r| (r.unit, r.recorded_at, r));
        for (unit, row) in latest(rows) {
            let unit_id = self.id(unit);
            let stands = before.get(&unit_id).map_or(UnitState::Active, StateRow::state);
            let is_said = before.get(&unit_id).is_none_or(|b| b.reason == row.reason);
            if stands != row.state || !is_said {
                let (revision, at) = self.stamp()?;
                let new = StateRow::new(id, unit_id, row.state, row.reason.clone(), at, revision);
                decisions::insert_states(self.work.conn()?, &[new])?;
            }
        }
        Ok(())
    }

    fn start_levels(&mut self) -> Result<(), Fault> {
        if self.empty.start_levels {
            return Ok(());
        }
        let id = self.stored.id;
        let mut before: HashMap<i64, StartLevelRow> = HashMap::new();
        for row in decisions::list_start_levels(self.work.conn()?, id)? {
            before.insert(row.unit_id, row);
        }
        let rows = self.contest.start_levels.iter().map(|r| (r.unit, r.stamp.recorded_at, r));
        for (unit, row) in latest(rows) {
            let unit_id = self.id(unit);
            let standing = before.get(&unit_id).filter(|r| r.stamp().stands());
            match (standing, row.stamp.withdrawn_at) {
                (Some(before), None) if before.level == row.level && before.reason == row.reason => {}
                (_, None) => {
                    let (revision, at) = self.stamp()?;
                    let stamp = Stamp { recorded_at: at, withdrawn_at: None };
                    let new = StartLevelRow::new(id, unit_id, row.level.clone(), row.reason.clone(), stamp, revision);
                    decisions::insert_start_levels(self.work.conn()?, &[new])?;
                }
                (Some(before), Some(_)) => {
                    let (_, at) = self.stamp()?;
                    decisions::withdraw_start_level(self.work.conn()?, before, at, Some(TAKEN_BACK))?;
                }
                (None, Some(_)) => {}
            }
        }
        Ok(())
    }

    fn declared_levels(&mut self) -> Result<(), Fault> {
        if self.empty.declared_levels {
            return Ok(());
        }
        let id = self.stored.id;
        let before = declared_levels::list(self.work.conn()?, id, None)?;
        // ordered by instant within a unit's day: the last one is the latest
        let before: HashMap<(i64, Day), DeclaredLevelRow> =
            before.into_iter().map(|row| ((row.unit_id, row.from()), row)).collect();
        let rows = self.contest.declared_levels.iter().map(|r| ((r.unit, r.from), r.stamp.recorded_at, r));
        for ((unit, from), row) in latest(rows) {
            let unit_id = self.id(unit);
            let level = &row.level;
            let standing = before.get(&(unit_id, from)).filter(|r| r.stamp().stands());
            match (standing, row.stamp.withdrawn_at) {
                (Some(before), None) if before.level == *level && before.reason == row.reason => {}
                (_, None) => {
                    let (revision, at) = self.stamp()?;
                    let stamp = Stamp { recorded_at: at, withdrawn_at: None };
                    let (level, reason) = (level.clone(), row.reason.clone());
                    let new = NewDeclaredLevel { unit_id, from, level, reason };
                    declared_levels::insert(self.work.conn()?, &[DeclaredLevelRow::new(id, new, stamp, revision)])?;
                }
                (Some(before), Some(_)) => {
                    let (_, at) = self.stamp()?;
                    declared_levels::withdraw(self.work.conn()?, before, at, Some(TAKEN_BACK))?;
                }
                (None, Some(_)) => {}
            }
        }
        Ok(())
    }

    /// Adjustments have no key: of equal ones, as many stand as the pack says.
    fn adjustments(&mut self) -> Result<(), Fault> {
        if self.empty.adjustments {
            return Ok(());
        }
        type Key = (i64, &'static str, i64, String);
        let id = self.stored.id;
        let mut before: HashMap<Key, Vec<AdjustmentRow>> = HashMap::new();
        for row in decisions::list_adjustments(self.work.conn()?, id, None)? {
            if row.stamp().stands() {
                let key = (row.unit_id, row.kind().code(), row.points_hundredths, row.reason.clone());
                before.entry(key).or_default().push(row);
            }
        }
        let mut wanted: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
        for row in &self.contest.adjustments {
            let key = (self.id(row.unit), row.kind.code(), row.points, row.reason.clone());
            let (standing, withdrawn) = wanted.entry(key).or_default();
            *(if row.stamp.stands() { standing } else { withdrawn }) += 1;
        }
        for (key, (standing, withdrawn)) in wanted {
            let have = before.remove(&key).unwrap_or_default();
            let (unit_id, kind, points, reason) = key;
            for _ in have.len()..standing {
                let (revision, at) = self.stamp()?;
                let adjustment = decisions::next_adjustment_id(self.work.conn()?, id)?;
                let kind = AdjustmentKind::parse(kind).unwrap_or(AdjustmentKind::Deduction);
                let new = NewAdjustment { unit_id, kind, points, reason: reason.clone() };
                let stamp = Stamp { recorded_at: at, withdrawn_at: None };
                let row = AdjustmentRow::new(id, adjustment, new, stamp, revision);
                decisions::insert_adjustments(self.work.conn()?, &[row])?;
            }
            for row in have.iter().skip(standing).take(withdrawn) {
                let (_, at) = self.stamp()?;
                decisions::withdraw_adjustment(self.work.conn()?, row, at, Some(TAKEN_BACK))?;
            }
        }
        Ok(())
    }

    fn criteria(&mut self) -> Result<(), Fault> {
        if self.empty.criteria || (self.contest.criteria.is_empty() && self.contest.assessments.is_empty()) {
            return Ok(());
        }
        let before = contests::load_without_figures(self.work.conn()?, &self.stored)?;
        fn by_code(rows: &[CriterionRow]) -> BTreeMap<(u16, &str), &CriterionRow> {
            latest(rows.iter().map(|c| ((c.kind, c.code.as_str()), c.stamp.recorded_at, c)))
        }
        let known = by_code(&before.contest.criteria);
        let (mut new, mut gone) = (Vec::new(), Vec::new());
        for (key, said) in by_code(&self.contest.criteria) {
            let standing = known.get(&key).filter(|row| row.stamp.stands());
            match (said.stamp.stands(), standing) {
                (true, Some(row)) if CriterionRow { stamp: said.stamp, ..CriterionRow::clone(row) } == *said => {}
                (true, _) => new.push(said.clone()),
                (false, Some(row)) => gone.push(CriterionRow::clone(row)),
                (false, None) => {}
            }
        }
        if !new.is_empty() || !gone.is_empty() {
            let (revision, at) = self.stamp()?;
            let (id, campaign) = (self.stored.id, self.contest.campaign.clone());
            new.iter_mut().for_each(|row| row.stamp = Stamp { recorded_at: at, withdrawn_at: None });
            criteria::insert(self.work.conn()?, id, &campaign, new.iter(), revision)?;
            for row in &gone {
                criteria::withdraw(self.work.conn()?, id, &campaign, row, at, Some(TAKEN_BACK))?;
            }
        }
        self.assessments(&before)
    }

    fn assessments(&mut self, before: &StoredContest) -> Result<(), Fault> {
        let stored_id = |a: &AssessmentRow| before.unit_ids.get(a.unit as usize).copied().unwrap_or(-1);
        let known =
            before.contest.assessments.iter().map(|a| ((stored_id(a), a.criterion.as_str(), a.date), a.recorded_at, a));
        let known = latest(known);
        let said = self.contest.assessments.iter();
        let said = said.map(|a| ((self.id(a.unit), a.criterion.as_str(), a.date), a.recorded_at, a));
        let is_same = |b: &AssessmentRow, a: &AssessmentRow| {
            (b.value, b.verified, &b.evidence) == (a.value, a.verified, &a.evidence)
        };
        let new: Vec<(i64, AssessmentRow)> = latest(said)
            .into_iter()
            .filter(|(key, row)| known.get(key).is_none_or(|b| !is_same(b, row)))
            .map(|((unit_id, ..), row)| (unit_id, row.clone()))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let (revision, at) = self.stamp()?;
        let new: Vec<(i64, AssessmentRow)> =
            new.into_iter().map(|(id, a)| (id, AssessmentRow { recorded_at: at, ..a })).collect();
        let rows = new.iter().map(|(id, a)| (*id, a));
        Ok(criteria::insert_assessments(self.work.conn()?, self.stored.id, rows, revision)?)
    }
}

/// Of rows with a key and an instant, the latest of each key.
fn latest<'r, K: Ord, R>(rows: impl Iterator<Item = (K, Instant, &'r R)>) -> BTreeMap<K, &'r R> {
    let mut found: BTreeMap<K, (Instant, &R)> = BTreeMap::new();
    for (key, at, row) in rows {
        match found.get(&key) {
            Some((before, _)) if *before > at => {}
            _ => {
                found.insert(key, (at, row));
            }
        }
    }
    found.into_iter().map(|(key, (_, row))| (key, row)).collect()
}
