//! Flags about figures: what a person should look at, and what was answered.
//!
//! Open flags are computed from the facts ([`crate::scoring::quality`]) and can never be out
//! of date; answers are kept ([`super::flag_answers`]). A flag is known by its rule, unit, day
//! and the values that it rests on: an answered one stays closed while these stand, and where
//! they change a new one is open beside it. Flags are never public: they name units, values
//! and people. They take nothing from anybody. Start reading at [`flags`].

use super::Service;
use super::boards::named;
use super::fault::{Code, Fault};
use super::live::{Sight, Snapshot};
use super::views::UnitRef;
use crate::domain::{Day, Instant};
use crate::scoring::DayState;
use crate::scoring::quality::{Finding, FlagId, Rule, Words, flag_id};
use crate::store::campaigns;
use crate::store::flag_answers::{self, FlagAnswerRow};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// So many days up to the flag's own are shown with it: the day, and the week before.
const DAYS_SHOWN: usize = 8;

/// How many units with the same series are named with a flag.
const ALIKE_LISTED: usize = 100;

/// A text in Vietnamese and English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordsView {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl From<Words> for WordsView {
    fn from(Words { vi, en }: Words) -> Self {
        Self { vi, en }
    }
}

/// What was answered to a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlagAnswerView {
    /// What was found, in words.
    pub answer: String,
    /// `as_reported`, `corrected`, `booked_late` (cases of days before, which nobody knows any
    /// more) or `excused`.
    pub verdict: String,
    /// Whether it closes the flag: the council's does, a reporter's explains.
    pub closes: bool,
    /// By whom.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// When it was taken back; null: it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reopened_at: Option<Instant>,
    /// Why it was taken back.
    pub reopened_reason: Option<String>,
}

/// A day that is shown with a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlagDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// `reported`, `missing`, `excused` or `not_due`.
    pub state: &'static str,
    /// The figure that stands.
    pub community_f0: Option<u32>,
}

/// A flag: something about a figure that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlagView {
    /// Its name; it stays while the values that it rests on stand.
    pub id: String,
    /// `backlog`, `zero_streak`, `unusual`, `last_day_drop`, `parent_children`, `copied_days` or `copied_units`.
    pub rule: String,
    /// Whose figure.
    pub unit: FlaggedUnitView,
    /// The day of the figure.
    #[schema(format = Date)]
    pub date: String,
    /// `open` or `closed`.
    pub state: &'static str,
    /// Whether the rule still finds these values; an open flag always stands.
    pub stands: bool,
    /// What it says.
    pub says: WordsView,
    /// The rule, to compute it by hand.
    pub rule_words: WordsView,
    /// The numbers that the rule compared, by name.
    pub numbers: BTreeMap<String, u64>,
    /// Codes of other units with the same series, as far as the reader may know them; the first
    /// hundred.
    pub alike: Vec<String>,
    /// The day and those before it, as they stand now.
    pub days: Vec<FlagDayView>,
    /// What was answered, the oldest first, what was taken back included.
    pub answers: Vec<FlagAnswerView>,
}

/// A unit as flags name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlaggedUnitView {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Code of its kind.
    pub kind: String,
}

/// Which flags are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagFilter {
    /// Only of this rule.
    pub rule: Option<Rule>,
    /// Only open ones, or only closed ones.
    pub is_open: Option<bool>,
    /// Only of this kind.
    pub kind: Option<u16>,
    /// Only of units below this one.
    pub within: Option<u32>,
    /// From this day on.
    pub from: Option<Day>,
    /// Up to this day.
    pub to: Option<Day>,
}

/// A flag with what was answered.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    /// Its name.
    pub(super) id: FlagId,
    /// The numbers that the rule compared.
    pub(super) numbers: BTreeMap<String, u64>,
    /// Whether the rule finds it in the facts.
    pub(super) stands: bool,
    /// Place of its unit.
    pub(super) unit: u32,
    alike: Arc<[u32]>,
    answers: Vec<FlagAnswerRow>,
}

impl Flag {
    pub(super) fn of(snapshot: &Snapshot, finding: &Finding) -> Option<Self> {
        let day = snapshot.ledger().calendar.day(finding.day);
        let unit_code = snapshot.register().unit(finding.unit)?.code.clone();
        Some(Self {
            id: FlagId { rule: finding.rule, day, fingerprint: finding.fingerprint, unit_code },
            numbers: finding.numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
            stands: true,
            unit: finding.unit,
            alike: finding.alike.clone(),
            answers: Vec::new(),
        })
    }

    /// One that was answered, of values that stand no more.
    fn past(snapshot: &Snapshot, id: FlagId, row: &FlagAnswerRow) -> Option<Self> {
        let unit = snapshot.register().find(&id.unit_code)?;
        let numbers = serde_json::from_str(&row.numbers).unwrap_or_default();
        Some(Self { id, numbers, stands: false, unit, alike: Arc::default(), answers: Vec::new() })
    }

    /// Whether somebody with the right closed it, by a revision.
    pub(super) fn is_closed(&self, revision: i64) -> bool {
        self.answers.iter().any(|row| row.closes && row.withdrawn_at(revision).is_none())
    }

    /// The answers that stand, the latest last.
    pub(super) fn standing(&self, revision: i64) -> impl DoubleEndedIterator<Item = &FlagAnswerRow> {
        self.answers.iter().filter(move |row| row.withdrawn_at(revision).is_none())
    }

    /// Adds an answer that was just given.
    pub(super) fn answer(&mut self, row: FlagAnswerRow) {
        self.answers.push(row);
    }

    /// Its name as a text.
    pub(super) fn name(&self) -> String {
        flag_id(self.id.rule, self.id.day, self.id.fingerprint, &self.id.unit_code)
    }

    /// What it says, in words.
    pub(super) fn says(&self) -> WordsView {
        self.id.rule.says(|name| self.numbers.get(name).copied().unwrap_or_default()).into()
    }

    /// The flag as a reader sees it.
    pub(super) fn view(&self, snapshot: &Snapshot, sight: Sight) -> FlagView {
        let (ledger, revision) = (snapshot.ledger(), snapshot.revision);
        let UnitRef { code, name, kind, .. } = named(ledger, self.unit, |_| true);
        let known = |unit: &&u32| **unit != self.unit && snapshot.is_confided(**unit, sight);
        let code_of = |unit: &u32| ledger.register.unit(*unit).map(|unit| unit.code.clone());
        FlagView {
            id: self.name(),
            rule: self.id.rule.code().to_owned(),
            unit: FlaggedUnitView { code, name, kind },
            date: self.id.day.to_string(),
            state: if self.is_closed(revision) { "closed" } else { "open" },
            stands: self.stands,
            says: self.says(),
            rule_words: self.id.rule.words().into(),
            numbers: self.numbers.clone(),
            alike: self.alike.iter().filter(known).filter_map(code_of).take(ALIKE_LISTED).collect(),
            days: days_before(snapshot, self.unit, self.id.day),
            answers: self.answers.iter().map(|row| answer_view(row, revision)).collect(),
        }
    }
}

fn answer_view(row: &FlagAnswerRow, revision: i64) -> FlagAnswerView {
    let reopened_at = row.withdrawn_at(revision);
    FlagAnswerView {
        answer: row.answer.clone(),
        verdict: row.verdict.clone(),
        closes: row.closes,
        by: row.author.clone(),
        at: row.recorded_at(),
        reopened_at,
        reopened_reason: row.withdrawn_reason.clone().filter(|_| reopened_at.is_some()),
    }
}

fn days_before(snapshot: &Snapshot, unit: u32, day: Day) -> Vec<FlagDayView> {
    let ledger = snapshot.ledger();
    let Some(last) = ledger.calendar.index(day) else { return Vec::new() };
    let shown = (last + 1).saturating_sub(DAYS_SHOWN)..=last;
    let view = |day: usize| {
        let state: DayState = ledger.day_state(unit, day, last);
        let community_f0 = ledger.entry(unit, day).counts.map(|counts| counts.community_f0());
        FlagDayView { date: ledger.calendar.day(day).to_string(), state: state.code(), community_f0 }
    };
    shown.map(view).collect()
}

/// All flags of a campaign: those that the facts raise, and those that were closed. `rows` are
/// the answers with the units' places; what came after the snapshot's revision is left out.
pub(super) fn flags(snapshot: &Snapshot, rows: Vec<FlagAnswerRow>) -> Vec<Flag> {
    let mut found: Vec<Flag> = snapshot.findings().iter().filter_map(|finding| Flag::of(snapshot, finding)).collect();
    let key = |id: &FlagId| (id.unit_code.clone(), id.day, id.rule, id.fingerprint);
    let mut at: HashMap<_, usize> = found.iter().enumerate().map(|(at, flag)| (key(&flag.id), at)).collect();
    let codes = places(snapshot);
    for row in rows.into_iter().filter(|row| row.revision <= snapshot.revision) {
        let unit = codes.get(&row.unit_id).and_then(|unit| snapshot.register().unit(*unit));
        let fingerprint = u64::from_str_radix(&row.fingerprint, 16).ok();
        let parts = unit.zip(Rule::of(&row.rule)).zip(fingerprint);
        let Some(((unit, rule), fingerprint)) = parts else { continue };
        let id = FlagId { rule, day: row.day(), fingerprint, unit_code: unit.code.clone() };
        let place = match at.get(&key(&id)) {
            Some(place) => *place,
            None => {
                let Some(flag) = Flag::past(snapshot, id.clone(), &row) else { continue };
                at.insert(key(&id), found.len());
                found.push(flag);
                found.len() - 1
            }
        };
        found.get_mut(place).into_iter().for_each(|flag| flag.answers.push(row.clone()));
    }
    // what was only explained or reopened, and stands no more, asks nobody anything
    found.retain(|flag| flag.stands || flag.is_closed(snapshot.revision));
    found
}

impl FlagFilter {
    fn takes(&self, snapshot: &Snapshot, sight: Sight, flag: &Flag) -> bool {
        let register = snapshot.register();
        snapshot.is_confided(flag.unit, sight)
            && self.rule.is_none_or(|rule| flag.id.rule == rule)
            && self.is_open.is_none_or(|is_open| flag.is_closed(snapshot.revision) != is_open)
            && self.kind.is_none_or(|kind| register.unit(flag.unit).is_some_and(|unit| unit.kind == kind))
            && self.within.is_none_or(|above| register.is_below(flag.unit, above))
            && self.from.is_none_or(|from| flag.id.day >= from)
            && self.to.is_none_or(|to| flag.id.day <= to)
    }
}

impl Service {
    /// The flags of a campaign that a reader may see, the latest day first, then by name and
    /// rule; with how many there are, and the views of a part of them. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn flags(
        &self,
        snapshot: &Snapshot,
        filter: &FlagFilter,
        sight: Sight,
        rows: std::ops::Range<usize>,
    ) -> Result<(usize, Vec<FlagView>), Fault> {
        let mut found = flags(snapshot, self.flag_answers(snapshot)?);
        found.retain(|flag| filter.takes(snapshot, sight, flag));
        let rank = |flag: &Flag| snapshot.register().name_rank(flag.unit);
        found.sort_by_key(|flag| (std::cmp::Reverse(flag.id.day), rank(flag), flag.id.rule, flag.id.fingerprint));
        let shown = found.iter().skip(rows.start).take(rows.len());
        Ok((found.len(), shown.map(|flag| flag.view(snapshot, sight)).collect()))
    }

    /// One flag. May block.
    ///
    /// # Errors
    /// 404 where there is none that the reader may see.
    pub fn flag(&self, snapshot: &Snapshot, id: &str, sight: Sight) -> Result<FlagView, Fault> {
        let found = flags(snapshot, self.flag_answers(snapshot)?);
        let found = found.into_iter().find(|flag| flag.name() == id && snapshot.is_confided(flag.unit, sight));
        Ok(found.ok_or_else(|| no_flag(id))?.view(snapshot, sight))
    }

    /// How many flags of a campaign nobody has closed: what stands between it and its result.
    /// May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn open_flags(&self, snapshot: &Snapshot) -> Result<usize, Fault> {
        let filter = FlagFilter { is_open: Some(true), ..FlagFilter::default() };
        Ok(self.flags(snapshot, &filter, Sight::Full, 0..0)?.0)
    }

    fn flag_answers(&self, snapshot: &Snapshot) -> Result<Vec<FlagAnswerRow>, Fault> {
        let campaign = &snapshot.campaign().code;
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(flag_answers::list(conn, stored.id, None)?)
        })
    }
}

/// What tells a flag from others: rule, place of the unit, day and fingerprint.
pub(super) type FlagKey = (Rule, u32, Day, u64);

/// The flags that somebody with the right closed, as a snapshot stands; `rows` are the answers
/// of the campaign.
pub(super) fn closed(snapshot: &Snapshot, rows: &[FlagAnswerRow]) -> HashSet<FlagKey> {
    let is_known = |row: &&FlagAnswerRow| row.revision <= snapshot.revision;
    let stands = |row: &&FlagAnswerRow| row.withdrawn_at(snapshot.revision).is_none();
    let rows: Vec<_> = rows.iter().filter(|row| row.closes).filter(is_known).filter(stands).collect();
    if rows.is_empty() {
        return HashSet::new();
    }
    let places = places(snapshot);
    let key = |row: &FlagAnswerRow| {
        let fingerprint = u64::from_str_radix(&row.fingerprint, 16).ok()?;
        Some((Rule::of(&row.rule)?, *places.get(&row.unit_id)?, row.day(), fingerprint))
    };
    rows.into_iter().filter_map(key).collect()
}

/// The units' places by their keys in the database.
fn places(snapshot: &Snapshot) -> HashMap<i64, u32> {
    (0..snapshot.register().len() as u32).map(|unit| (snapshot.key(unit), unit)).collect()
}

/// There is no such flag, or none that may be seen.
pub(super) fn no_flag(id: &str) -> Fault {
    Fault::new(Code::FlagNotFound, format!("there is no flag {id:?}; the values that it rested on may have changed"))
}
