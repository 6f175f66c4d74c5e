//! The ledger: what stands at one instant, in columns of unit × day.
//!
//! Built from a contest's history as known at an instant K (domain.md section 4,
//! Two times). Columns hold *effective* values – a day without a figure or with
//! an excuse holds 0 – so that sums need no branches; flags say which is which.
//! Columns are cut into chunks behind `Arc`s: a changed day copies one chunk,
//! and boards that are being computed keep the ledger they started with.

use super::register::{Calendar, Register};
use crate::domain::contest::{
    AdjustmentKind, AdjustmentRow, AssessmentRow, CriterionRow, DeclaredLevelRow, FigureRow, SourceFigureRow, Stamp,
};
use crate::domain::unit::UnitState;
use crate::domain::{Contest, Counts, Day, Indicator, Instant, sources};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Units in a chunk.
const CHUNK: usize = 256;

/// The flag of a day with a figure that stands.
pub const REPORTED: u8 = 1;
/// The flag of an excused day.
pub const EXCUSED: u8 = 2;
/// The flag of a day whose first report, since it was last missing, came after the cut-off.
pub const LATE: u8 = 4;
/// The flag of a day whose figure has a note; no rule reads it.
const NOTED: u8 = 8;

/// The flags that say what stands on a day: [`REPORTED`] and [`EXCUSED`].
const STANDS: u8 = 3;

/// Whether a day is not excused.
pub fn is_due(flags: u8) -> bool {
    flags & EXCUSED == 0
}

/// Whether a figure stands that counts.
pub fn is_counted(flags: u8) -> bool {
    flags & STANDS == REPORTED
}

/// Whether nothing but a figure in time stands there.
pub fn is_in_time(flags: u8) -> bool {
    flags & !NOTED == REPORTED
}

/// Whether neither a figure nor an excuse stands.
pub fn is_missing(flags: u8) -> bool {
    flags & STANDS == 0
}

/// The state of a unit's day (domain.md section 2, State of a unit-day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// A figure stands.
    Reported,
    /// A figure is due and none stands.
    Missing,
    /// The council excused the day.
    Excused,
    /// Outside Bs…E, or after the board's day.
    NotDue,
}

impl DayState {
    /// The name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Missing => "missing",
            Self::Excused => "excused",
            Self::NotDue => "not_due",
        }
    }
}

/// What stands for one unit on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayEntry {
    /// The figure that stands, if any.
    pub counts: Option<Counts>,
    /// Whether its first report, since the day was last missing, came after the cut-off.
    pub late: bool,
    /// Whether the day is excused.
    pub excused: bool,
    /// Whether the figure has a note.
    pub noted: bool,
    /// Place of the source that the figure comes from, where the campaign declares sources.
    pub source: Option<u8>,
}

/// How many indicators may be blank: all but the first, community F0.
const OPTIONAL: usize = 5;

#[derive(Clone, Debug)]
struct Chunk {
    flags: Vec<u8>,
    community: Vec<u32>,
    /// The other indicators in their order.
    optional: [Column; OPTIONAL],
    /// Places of the sources; nothing until the first figure has one.
    sources: Vec<u8>,
}

impl Chunk {
    /// The same in rows with more days before the first of so many.
    fn with_days_before(&self, len: usize, more: usize) -> Self {
        Self {
            flags: with_days_before(&self.flags, len, more),
            community: with_days_before(&self.community, len, more),
            optional: self.optional.each_ref().map(|column| match column {
                Column::Unclassified => Column::Unclassified,
                Column::Narrow(values) => Column::Narrow(with_days_before(values, len, more)),
                Column::Wide(values) => Column::Wide(with_days_before(values, len, more)),
            }),
            sources: with_days_before(&self.sources, len, more),
        }
    }

    /// Says which source a day's figure comes from; 0 is none.
    fn set_source(&mut self, at: usize, source: Option<u8>) {
        if self.sources.is_empty() && source.is_some() {
            self.sources = vec![0; self.flags.len()];
        }
        self.sources.get_mut(at).into_iter().for_each(|s| *s = source.map_or(0, |source| source.saturating_add(1)));
    }
}

/// Rows of `len` days, each with more days before on which nothing stands.
fn with_days_before<T: Copy + Default>(values: &[T], len: usize, more: usize) -> Vec<T> {
    let rows = values.chunks(len.max(1));
    let mut longer = Vec::with_capacity(values.len() + rows.len() * more);
    for row in rows {
        longer.resize(longer.len() + more, T::default());
        longer.extend_from_slice(row);
    }
    longer
}

/// The values of an optional indicator in a chunk. Nearly all are small: a byte holds one
/// until a greater one comes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    /// Nobody ever classified it: blank where a figure counts, else 0.
    Unclassified,
    /// A byte each; [`Column::BLANK`] is a blank.
    Narrow(Vec<u8>),
    /// As they are.
    Wide(Vec<u32>),
}

impl Column {
    /// A blank in a byte.
    const BLANK: u8 = u8::MAX;

    /// A value as a byte, where it fits in one.
    fn narrow(value: u32) -> Option<u8> {
        match value {
            Counts::BLANK => Some(Self::BLANK),
            value => u8::try_from(value).ok().filter(|v| *v != Self::BLANK),
        }
    }

    /// A byte as the value that it stands for.
    fn widen(byte: u8) -> u32 {
        if byte == Self::BLANK { Counts::BLANK } else { u32::from(byte) }
    }

    /// The value at a place, [`Counts::BLANK`] for a blank; none where nobody classified it.
    fn get(&self, at: usize) -> Option<u32> {
        match self {
            Self::Unclassified => None,
            Self::Narrow(values) => values.get(at).copied().map(Self::widen),
            Self::Wide(values) => values.get(at).copied(),
        }
    }

    /// Sets the value at a place, in a column that holds it.
    fn set(&mut self, at: usize, value: u32) {
        match (&mut *self, Self::narrow(value)) {
            (Self::Unclassified, _) => {}
            (Self::Narrow(values), Some(byte)) => values.get_mut(at).into_iter().for_each(|v| *v = byte),
            (Self::Narrow(values), None) => {
                *self = Self::Wide(values.iter().copied().map(Self::widen).collect());
                self.set(at, value);
            }
            (Self::Wide(values), _) => values.get_mut(at).into_iter().for_each(|v| *v = value),
        }
    }

    /// A column of which the first value comes: blank where a figure counts.
    fn blank(flags: &[u8]) -> Self {
        Self::Narrow(flags.iter().map(|f| if is_counted(*f) { Self::BLANK } else { 0 }).collect())
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Unclassified => 0,
            Self::Narrow(values) => values.capacity(),
            Self::Wide(values) => values.capacity() * 4,
        }
    }
}

/// The days of one reported unit.
#[derive(Clone, Copy, Debug)]
pub struct UnitDays<'a> {
    /// Flags by day.
    pub flags: &'a [u8],
    /// Effective community cases by day.
    pub community: &'a [u32],
    chunk: Option<&'a Chunk>,
    /// Where the unit's days begin in the chunk.
    from: usize,
}

impl UnitDays<'_> {
    /// The effective value of an indicator; `None` is a blank on a reported day.
    pub fn value(&self, indicator: usize, day: usize) -> Option<u32> {
        let Some(optional) = indicator.checked_sub(1) else { return self.community.get(day).copied() };
        match self.chunk.and_then(|c| c.optional.get(optional)).and_then(|column| column.get(self.from + day)) {
            Some(value) => Some(value).filter(|v| *v != Counts::BLANK),
            None => {
                let flags = self.flags.get(day).copied().unwrap_or_default();
                (!is_counted(flags)).then_some(0)
            }
        }
    }
}

/// A criterion as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Its code.
    pub code: String,
    /// Its weight in millionths.
    pub weight: u64,
    /// Whether green status needs it.
    pub required: bool,
}

/// An assessment as it stands for one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Index of the criterion among those of the unit's kind.
    pub criterion: usize,
    /// The day it speaks of.
    pub date: Option<Day>,
    /// Its value in hundredths, 0 where it is not verified.
    pub value: u32,
}

/// Bonus and deduction of a unit, summed, before their caps; in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustments {
    /// Sum of bonuses.
    pub bonus: i64,
    /// Sum of deductions.
    pub deduction: i64,
}

impl Adjustments {
    /// Adds one; points in hundredths.
    pub fn add(&mut self, kind: AdjustmentKind, points: i64) {
        let sum = match kind {
            AdjustmentKind::Bonus => &mut self.bonus,
            AdjustmentKind::Deduction => &mut self.deduction,
        };
        *sum = sum.saturating_add(points);
    }
}

/// The facts of a contest as they stand at one instant.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Who competes.
    pub register: Arc<Register>,
    /// Which days there are.
    pub calendar: Calendar,
    chunks: Vec<Arc<Chunk>>,
    /// Figures on excused days: shown, but they count nowhere.
    set_aside: BTreeMap<(u32, usize), Counts>,
    states: HashMap<u32, UnitState>,
    start_levels: HashMap<u32, u8>,
    declared: HashMap<u32, BTreeMap<Day, u8>>,
    adjustments: HashMap<u32, Adjustments>,
    criteria: Arc<Vec<Vec<Criterion>>>,
    assessments: Arc<HashMap<u32, Vec<Assessment>>>,
    reports_per_day: Vec<u32>,
    /// Whether something was recorded on days that no rule looks at, before all others.
    has_days_before: bool,
}

impl Ledger {
    /// What stands in a contest at an instant; without one, what stands at the end.
    pub fn build(contest: &Contest, register: Arc<Register>, known_at: Option<Instant>) -> Self {
        let known_at = known_at.unwrap_or(Instant::from_micros(i64::MAX));
        let mut ledger = Self::empty(register);
        ledger.enter_excuses(contest, known_at);
        ledger.enter_sources(&contest.source_figures, known_at);
        ledger.enter_figures(&contest.figures, known_at);
        for (unit, row) in latest(contest.states.iter().map(|r| (r.unit, r.recorded_at, r)), known_at) {
            ledger.set_state(unit, row.state);
        }
        let declared = contest.start_levels.iter().map(|r| (r.unit, r.stamp.recorded_at, r));
        for (unit, row) in latest(declared, known_at) {
            // a level that the scheme does not know is no start under it
            let level = ledger.register.campaign.scheme.level_index(&row.level);
            ledger.set_start_level(unit, level.filter(|_| !row.stamp.is_withdrawn_at(known_at)));
        }
        ledger.enter_declared_levels(&contest.declared_levels, known_at);
        ledger.adjustments = sum_adjustments(&contest.adjustments, known_at);
        let criteria = standing_criteria(&contest.criteria, contest.campaign.kinds.len(), known_at);
        let assessments = standing_assessments(&contest.assessments, &criteria, &ledger.register, known_at);
        ledger.criteria = Arc::new(criteria);
        ledger.assessments = Arc::new(assessments);
        ledger
    }

    /// A ledger in which nothing stands.
    pub fn empty(register: Arc<Register>) -> Self {
        let calendar = Calendar::new(&register.campaign);
        let chunk = Arc::new(Chunk {
            flags: vec![0; CHUNK * calendar.len],
            community: vec![0; CHUNK * calendar.len],
            optional: [const { Column::Unclassified }; OPTIONAL],
            sources: Vec::new(),
        });
        let chunks = vec![chunk; register.len().div_ceil(CHUNK)];
        Self {
            reports_per_day: vec![0; calendar.len],
            has_days_before: false,
            register,
            calendar,
            chunks,
            set_aside: BTreeMap::new(),
            states: HashMap::new(),
            start_levels: HashMap::new(),
            declared: HashMap::new(),
            adjustments: HashMap::new(),
            criteria: Arc::default(),
            assessments: Arc::default(),
        }
    }

    /// The same facts under other rules of the campaign, which `register` holds. Columns are
    /// shared, unless the rules look further back than before: then there are more days, and
    /// what stands on them is for the caller to enter. Where they look back less far, the
    /// days before stay, and no rule reads them.
    pub fn under(&self, register: Arc<Register>) -> Self {
        let (before, scheme) = (&self.register.campaign.scheme, register.campaign.scheme.clone());
        let level = |(unit, level): (&u32, &u8)| Some((*unit, scheme.level_index(before.level_code(*level))?));
        let start_levels = self.start_levels.iter().filter_map(level).collect();
        let first = Calendar::new(&register.campaign).first;
        let more = usize::try_from((self.calendar.first - first).num_days()).unwrap_or(0);
        let mut ledger =
            if more > 0 { self.with_days_before(register, more) } else { Self { register, ..self.clone() } };
        ledger.start_levels = start_levels;
        let recoded = |levels: &BTreeMap<Day, u8>| {
            let level = |(from, level): (&Day, &u8)| Some((*from, scheme.level_index(before.level_code(*level))?));
            levels.iter().filter_map(level).collect()
        };
        ledger.declared = self.declared.iter().map(|(unit, levels)| (*unit, recoded(levels))).collect();
        ledger
    }

    /// Whether something was recorded on days that no rule looks at, before all others: rules
    /// that look back further would read it.
    pub fn has_days_before(&self) -> bool {
        self.has_days_before
    }

    /// The same facts in longer columns.
    fn with_days_before(&self, register: Arc<Register>, more: usize) -> Self {
        let calendar = Calendar::new(&register.campaign);
        let chunks = self.chunks.iter().map(|chunk| Arc::new(chunk.with_days_before(self.calendar.len, more)));
        let set_aside = self.set_aside.iter().map(|((unit, day), counts)| ((*unit, day + more), *counts));
        Self {
            register,
            calendar,
            chunks: chunks.collect(),
            set_aside: set_aside.collect(),
            reports_per_day: with_days_before(&self.reports_per_day, self.calendar.len, more),
            ..self.clone()
        }
    }

    fn enter_excuses(&mut self, contest: &Contest, known_at: Instant) {
        let rows = contest.excuses.iter().map(|r| ((r.unit, r.day), r.stamp.recorded_at, r));
        for ((unit, day), row) in latest(rows, known_at) {
            self.has_days_before |= day < self.calendar.first;
            if let Some(day) = self.calendar.index(day)
                && !row.stamp.is_withdrawn_at(known_at)
            {
                self.set_day(unit, day, DayEntry { excused: true, ..DayEntry::default() });
            }
        }
    }

    /// Which source each day's figure comes from: the first that stands, by precedence.
    fn enter_sources(&mut self, rows: &[SourceFigureRow], known_at: Instant) {
        let mut by_day: BTreeMap<(u32, Day), Vec<&SourceFigureRow>> = BTreeMap::new();
        for row in rows {
            by_day.entry((row.unit, row.day)).or_default().push(row);
        }
        for ((unit, day), rows) in by_day {
            let leader = sources::standing(rows.into_iter(), |row| (row.source, row.stamp), known_at);
            if let (Some(day), Some(source)) = (self.calendar.index(day), leader.keys().next()) {
                let entry = self.entry(unit, day);
                self.set_day(unit, day, DayEntry { source: Some(*source), ..entry });
            }
        }
    }

    fn enter_figures(&mut self, rows: &[FigureRow], known_at: Instant) {
        let key = |r: &FigureRow| (r.unit, r.day, r.stamp.recorded_at);
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        if !rows.is_sorted_by_key(key) {
            order.sort_by_key(|i| rows.get(*i as usize).map(key));
        }
        let row = |i: &u32| rows.get(*i as usize);
        for revisions in order.chunk_by(|a, b| row(a).map(|r| (r.unit, r.day)) == row(b).map(|r| (r.unit, r.day))) {
            self.enter_day(revisions.iter().filter_map(row), known_at);
        }
    }

    /// Enters the figures of a unit's day: all its revisions, in the order of their instants.
    pub fn enter_day<'r>(&mut self, revisions: impl Iterator<Item = &'r FigureRow> + Clone, known_at: Instant) {
        let Some((unit, day)) = revisions.clone().next().map(|r| (r.unit, r.day)) else { return };
        let Some(at) = self.calendar.index(day) else {
            self.has_days_before |= day < self.calendar.first;
            return;
        };
        let known = revisions.filter(|r| r.stamp.is_known_at(known_at));
        let cut_off = self.register.campaign.cut_off(day);
        let (counts, late) = standing_figure(known.clone().map(|r| (&r.counts, &r.stamp)), known_at, cut_off);
        let DayEntry { excused, source, .. } = self.entry(unit, at);
        let noted = counts.is_some() && known.last().is_some_and(|r| r.note.is_some());
        self.set_day(unit, at, DayEntry { counts, late, excused, noted, source });
    }

    /// Says what stands for a unit on a day.
    pub fn set_day(&mut self, unit: u32, day: usize, entry: DayEntry) {
        let len = self.calendar.len;
        let (Some(chunk), true) = (self.chunks.get_mut(unit as usize / CHUNK), day < len) else { return };
        let chunk = Arc::make_mut(chunk);
        let at = (unit as usize % CHUNK) * len + day;
        let counts = entry.counts.filter(|_| !entry.excused);
        chunk.community[at] = counts.map_or(0, |c| c.community_f0());
        for (column, indicator) in chunk.optional.iter_mut().zip(Indicator::ALL.into_iter().skip(1)) {
            let value = counts.map_or(0, |c| c.raw(indicator));
            if matches!(column, Column::Unclassified) && counts.is_some() && value != Counts::BLANK {
                *column = Column::blank(&chunk.flags);
            }
            column.set(at, value);
        }
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let was = chunk.flags[at];
        let now = flag(entry.counts.is_some(), REPORTED)
            | flag(entry.excused, EXCUSED)
            | flag(entry.late, LATE)
            | flag(entry.noted, NOTED);
        chunk.flags[at] = now;
        chunk.set_source(at, entry.source);
        let counted = |flags: u8| u32::from(is_counted(flags));
        self.reports_per_day[day] = self.reports_per_day[day] + counted(now) - counted(was);
        match entry.counts.filter(|_| entry.excused) {
            Some(counts) => self.set_aside.insert((unit, day), counts),
            None => self.set_aside.remove(&(unit, day)),
        };
    }

    /// What stands for a unit on a day.
    pub fn entry(&self, unit: u32, day: usize) -> DayEntry {
        let days = self.days(unit);
        let flags = days.flags.get(day).copied().unwrap_or_default();
        let excused = !is_due(flags);
        let counts = if excused {
            self.set_aside.get(&(unit, day)).copied()
        } else if flags & REPORTED != 0 {
            Counts::new(std::array::from_fn(|i| days.value(i, day))).ok()
        } else {
            None
        };
        let source = self.source(unit, day);
        DayEntry { counts, late: flags & LATE != 0, excused, noted: flags & NOTED != 0, source }
    }

    /// Place of the source that a day's figure comes from, where the campaign declares sources.
    pub fn source(&self, unit: u32, day: usize) -> Option<u8> {
        let chunk = self.chunks.get(unit as usize / CHUNK).filter(|_| day < self.calendar.len)?;
        let at = (unit as usize % CHUNK) * self.calendar.len + day;
        chunk.sources.get(at).and_then(|source| source.checked_sub(1))
    }

    /// The days of a reported unit; of others they are empty of reports.
    pub fn days(&self, unit: u32) -> UnitDays<'_> {
        let len = self.calendar.len;
        let from = (unit as usize % CHUNK) * len;
        let chunk = self.chunks.get(unit as usize / CHUNK);
        let chunk = chunk.map(|c| &**c);
        let flags = chunk.and_then(|c| c.flags.get(from..from + len)).unwrap_or_default();
        let community = chunk.and_then(|c| c.community.get(from..from + len)).unwrap_or_default();
        UnitDays { flags, community, chunk, from }
    }

    /// The state of a unit's day on the board of a day (domain.md section 2).
    pub fn day_state(&self, unit: u32, day: usize, as_of: usize) -> DayState {
        let flags = self.days(unit).flags.get(day).copied().unwrap_or_default();
        if !is_due(flags) {
            DayState::Excused
        } else if day < self.calendar.baseline.start || day > as_of {
            DayState::NotDue
        } else if flags & REPORTED != 0 {
            DayState::Reported
        } else {
            DayState::Missing
        }
    }

    /// How many units have a figure that counts on a day.
    pub fn reports_on(&self, day: usize) -> u32 {
        self.reports_per_day.get(day).copied().unwrap_or_default()
    }

    /// Whether a unit takes part.
    pub fn state(&self, unit: u32) -> UnitState {
        self.states.get(&unit).copied().unwrap_or_default()
    }

    /// Says whether a unit takes part.
    pub fn set_state(&mut self, unit: u32, state: UnitState) {
        match state {
            UnitState::Active => self.states.remove(&unit),
            state => self.states.insert(unit, state),
        };
    }

    /// The declared start level of a unit.
    pub fn start_level(&self, unit: u32) -> Option<u8> {
        self.start_levels.get(&unit).copied()
    }

    /// The units with a declared start, each with the index of its level; in no order.
    pub fn declared_starts(&self) -> impl Iterator<Item = (u32, u8)> + '_ {
        self.start_levels.iter().map(|(unit, level)| (*unit, *level))
    }

    /// Declares a start level, or takes it back.
    pub fn set_start_level(&mut self, unit: u32, level: Option<u8>) {
        match level {
            Some(level) => self.start_levels.insert(unit, level),
            None => self.start_levels.remove(&unit),
        };
    }

    /// The level that a unit declares to act at on a day: no score reads it (domain.md
    /// section 3, Declared levels).
    pub fn declared_level(&self, unit: u32, day: Day) -> Option<u8> {
        self.declared.get(&unit)?.range(..=day).next_back().map(|(_, level)| *level)
    }

    /// Declares the level that a unit acts at from a day on, or takes that back.
    pub fn set_declared_level(&mut self, unit: u32, from: Day, level: Option<u8>) {
        let of_unit = self.declared.entry(unit).or_default();
        match level {
            Some(level) => of_unit.insert(from, level),
            None => of_unit.remove(&from),
        };
    }

    fn enter_declared_levels(&mut self, rows: &[DeclaredLevelRow], known_at: Instant) {
        let keyed = rows.iter().map(|r| ((r.unit, r.from), r.stamp.recorded_at, r));
        for ((unit, from), row) in latest(keyed, known_at) {
            // a level that the scheme does not know says nothing under it
            let level = self.register.campaign.scheme.level_index(&row.level);
            if let Some(level) = level.filter(|_| !row.stamp.is_withdrawn_at(known_at)) {
                self.set_declared_level(unit, from, Some(level));
            }
        }
    }

    /// The adjustments of a unit.
    pub fn adjustments(&self, unit: u32) -> Adjustments {
        self.adjustments.get(&unit).copied().unwrap_or_default()
    }

    /// Says what adjustments of a unit stand.
    pub fn set_adjustments(&mut self, unit: u32, adjustments: Adjustments) {
        if adjustments == Adjustments::default() {
            self.adjustments.remove(&unit);
        } else {
            self.adjustments.insert(unit, adjustments);
        }
    }

    /// The criteria of a kind.
    pub fn criteria(&self, kind: u16) -> &[Criterion] {
        self.criteria.get(usize::from(kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The assessments of a unit, the latest date last.
    pub fn assessments(&self, unit: u32) -> &[Assessment] {
        self.assessments.get(&unit).map(Vec::as_slice).unwrap_or_default()
    }

    /// Says what an assessment of a unit for a date is worth; one by a criterion that does
    /// not stand is worth nothing.
    pub fn set_assessment(&mut self, unit: u32, criterion: &str, date: Option<Day>, value: u32) {
        let kind = self.register.unit(unit).map_or(u16::MAX, |unit| unit.kind);
        let Some(criterion) = self.criteria(kind).iter().position(|c| c.code == criterion) else { return };
        let of_unit = Arc::make_mut(&mut self.assessments).entry(unit).or_default();
        match of_unit.iter_mut().find(|a| (a.criterion, a.date) == (criterion, date)) {
            Some(assessment) => assessment.value = value,
            None => {
                // as they are built: none before all dates
                let at = of_unit.partition_point(|a| a.date <= date);
                of_unit.insert(at, Assessment { criterion, date, value });
            }
        }
    }

    /// Bytes held by the scoring columns, for benches and metrics.
    pub fn column_bytes(&self) -> usize {
        let optional = |c: &Chunk| c.optional.iter().map(Column::bytes).sum::<usize>();
        let of_chunk = |c: &Arc<Chunk>| c.flags.capacity() + c.community.capacity() * 4 + optional(c);
        self.chunks.iter().map(of_chunk).sum()
    }
}

/// The figure that stands among the known revisions of one unit-day, in order of
/// their instants, and whether its first report came late. "The value at an
/// instant is that of the latest row recorded by then; where that row is
/// withdrawn by then, there is none" (contract.md section 1). The first report is
/// that since the day was last missing (domain.md section 4, `reporting`): a day is
/// missing between two rows only where the first is withdrawn before the second
/// is recorded.
pub fn standing_figure<'a>(
    revisions: impl Iterator<Item = (&'a Counts, &'a Stamp)>,
    known_at: Instant,
    cut_off: Instant,
) -> (Option<Counts>, bool) {
    let mut first_report: Option<Instant> = None;
    let mut last: Option<(&Counts, &Stamp)> = None;
    for (counts, stamp) in revisions {
        let was_missing = last.is_none_or(|(_, before)| before.withdrawn_at.is_some_and(|w| w < stamp.recorded_at));
        if was_missing {
            first_report = Some(stamp.recorded_at);
        }
        last = Some((counts, stamp));
    }
    match last {
        Some((counts, stamp)) if !stamp.is_withdrawn_at(known_at) => {
            (Some(*counts), first_report.is_some_and(|at| at > cut_off))
        }
        _ => (None, false),
    }
}

/// Of rows with a key and an instant, the latest known one of each key.
fn latest<'a, K: Ord + Copy, R>(
    rows: impl Iterator<Item = (K, Instant, &'a R)>,
    known_at: Instant,
) -> BTreeMap<K, &'a R> {
    let mut found: BTreeMap<K, (Instant, &R)> = BTreeMap::new();
    for (key, recorded_at, row) in rows.filter(|(_, at, _)| *at <= known_at) {
        let entry = found.entry(key).or_insert((recorded_at, row));
        if recorded_at >= entry.0 {
            *entry = (recorded_at, row);
        }
    }
    found.into_iter().map(|(key, (_, row))| (key, row)).collect()
}

fn sum_adjustments(rows: &[AdjustmentRow], known_at: Instant) -> HashMap<u32, Adjustments> {
    let mut sums: HashMap<u32, Adjustments> = HashMap::new();
    for row in rows.iter().filter(|r| r.stamp.is_known_at(known_at) && !r.stamp.is_withdrawn_at(known_at)) {
        let sum = sums.entry(row.unit).or_default();
        sum.add(row.kind, row.points);
    }
    sums
}

fn standing_criteria(rows: &[CriterionRow], kinds: usize, known_at: Instant) -> Vec<Vec<Criterion>> {
    let mut criteria = vec![Vec::new(); kinds];
    let keyed = rows.iter().map(|r| ((r.kind, r.code.as_str()), r.stamp.recorded_at, r));
    for ((kind, code), row) in latest(keyed, known_at) {
        if let Some(list) = criteria.get_mut(usize::from(kind))
            && !row.stamp.is_withdrawn_at(known_at)
        {
            let (code, required) = (code.to_owned(), row.required.unwrap_or(false));
            list.push(Criterion { code, weight: row.weight, required });
        }
    }
    criteria
}

fn standing_assessments(
    rows: &[AssessmentRow],
    criteria: &[Vec<Criterion>],
    register: &Register,
    known_at: Instant,
) -> HashMap<u32, Vec<Assessment>> {
    let mut found: HashMap<u32, Vec<Assessment>> = HashMap::new();
    // None stands before all dates, and so it sorts; of one date the latest revision counts alone
    let keyed = rows.iter().map(|r| ((r.unit, r.date, r.criterion.as_str()), r.recorded_at, r));
    for ((unit, date, code), row) in latest(keyed, known_at) {
        let of_kind = register.unit(unit).and_then(|u| criteria.get(usize::from(u.kind)));
        if let Some(criterion) = of_kind.and_then(|list| list.iter().position(|c| c.code == code)) {
            let value = if row.verified { row.value } else { 0 };
            found.entry(unit).or_default().push(Assessment { criterion, date, value });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(community: u32) -> Counts {
        Counts::new([Some(community), None, None, None, None, None]).unwrap()
    }

    fn stamp(recorded: i64, withdrawn: Option<i64>) -> Stamp {
        Stamp { recorded_at: Instant::from_micros(recorded), withdrawn_at: withdrawn.map(Instant::from_micros) }
    }

    fn stands(rows: &[(u32, Stamp)], known_at: i64, cut_off: i64) -> (Option<u32>, bool) {
        let known_at = Instant::from_micros(known_at);
        let rows: Vec<(Counts, Stamp)> =
            rows.iter().filter(|(_, s)| s.is_known_at(known_at)).map(|(c, s)| (counts(*c), *s)).collect();
        let revisions = rows.iter().map(|(c, s)| (c, s));
        let (found, late) = standing_figure(revisions, known_at, Instant::from_micros(cut_off));
        (found.map(|c| c.community_f0()), late)
    }

    #[test]
    fn a_withdrawn_figure_leaves_the_day_missing_and_no_earlier_revision_comes_back() {
        let rows = [(1, stamp(10, None)), (2, stamp(20, Some(30)))];
        assert_eq!(stands(&rows, 9, 100), (None, false));
        assert_eq!(stands(&rows, 10, 100), (Some(1), false));
        assert_eq!(stands(&rows, 29, 100), (Some(2), false));
        assert_eq!(stands(&rows, 30, 100), (None, false));
    }

    #[test]
    fn a_report_after_a_withdrawal_is_a_first_report_again() {
        assert_eq!(stands(&[(1, stamp(10, Some(20))), (1, stamp(60, None))], 99, 50), (Some(1), true));
        assert_eq!(stands(&[(1, stamp(10, Some(60))), (2, stamp(60, None))], 99, 50), (Some(2), false));
        assert_eq!(stands(&[(1, stamp(10, Some(70))), (2, stamp(60, None))], 99, 50), (Some(2), false));
        assert_eq!(stands(&[(1, stamp(50, None))], 99, 50), (Some(1), false));
        assert_eq!(stands(&[(1, stamp(51, None))], 99, 50), (Some(1), true));
    }

    #[test]
    fn a_column_is_as_wide_as_its_greatest_value_and_tells_blanks_from_values() {
        use crate::scoring::small_contest::{RED_FROM_ONE, contest};
        let contest = contest(3, RED_FROM_ONE);
        let mut ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
        let values = [None, Some(0), Some(254), Some(255), None, Some(256), Some(10_000_000)];
        let entry = |contained: Option<u32>| {
            let counts = Counts::new([Some(1), contained, None, None, None, None]).unwrap();
            DayEntry { counts: Some(counts), ..DayEntry::default() }
        };
        for widest in 0..values.len() {
            let told = &values[..=widest];
            told.iter().enumerate().for_each(|(day, contained)| ledger.set_day(1, day, entry(*contained)));
            for (day, contained) in told.iter().enumerate() {
                assert_eq!(ledger.entry(1, day), entry(*contained), "day {day} of {told:?}");
            }
            assert_eq!(ledger.entry(0, 0), DayEntry::default());
        }
    }

    #[test]
    fn an_entry_says_what_stands_and_whether_it_came_late() {
        use crate::scoring::small_contest::{RED_FROM_ONE, contest};
        let mut contest = contest(1, RED_FROM_ONE);
        let first = contest.campaign.window.from;
        // noon of the day after, in UTC
        let late = Instant::parse("2021-07-11T05:00:01Z").unwrap();
        for (at, recorded_at) in [Instant::BEGINNING, late].into_iter().enumerate() {
            let day = first + chrono::Days::new(at as u64);
            let stamp = Stamp { recorded_at, withdrawn_at: None };
            contest.figures.push(FigureRow { unit: 0, day, counts: counts(7), stamp, note: None });
        }
        let ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
        let entry = |at: usize| ledger.entry(0, ledger.calendar.window.start + at);
        assert_eq!(
            entry(0),
            DayEntry { counts: Some(counts(7)), late: false, excused: false, noted: false, source: None }
        );
        assert_eq!(
            entry(1),
            DayEntry { counts: Some(counts(7)), late: true, excused: false, noted: false, source: None }
        );
        assert_eq!(entry(2), DayEntry::default());
    }
}
