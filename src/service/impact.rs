//! What an import does beside storing its rows: who moves on the boards, and which questions
//! about figures it raises. A dry run is told what the import itself then says.
//!
//! Both compare the facts that the write began at with those that it leaves, once each: the
//! time is that of a board of each kind concerned and of one reading of all figures, before
//! and after. Nothing is told of what whoever imports may not see. Start reading at [`impact`].

use super::boards::named;
use super::effects::{EffectView, effect};
use super::fault::Fault;
use super::figures::escape;
use super::flags::{Flag, FlagKey, FlaggedUnitView, WordsView, closed};
use super::live::{Sight, Snapshot};
use super::views::UnitRef;
use super::writer::Work;
use crate::scoring::Register;
use crate::scoring::quality::{Finding, Rule};
use crate::store::flag_answers::{self, FlagAnswerRow};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use utoipa::ToSchema;

/// How many of the flags that a write raises are listed.
const LISTED: usize = 50;

/// Flags that a write raises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RaisedFlagsView {
    /// How many.
    pub total: u64,
    /// How many by rule.
    pub by_rule: BTreeMap<String, u64>,
    /// The first of them, the latest day first.
    pub items: Vec<RaisedFlagView>,
}

/// A flag that a write raises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RaisedFlagView {
    /// Its name.
    pub id: String,
    /// By which rule.
    pub rule: String,
    /// Whose figure.
    pub unit: FlaggedUnitView,
    /// The day of the figure.
    #[schema(format = Date)]
    pub date: String,
    /// What it says.
    pub says: WordsView,
    /// Where it is read and answered, once what raises it is stored.
    pub link: String,
}

/// What an import does beside storing its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Impact {
    /// Who moves on the boards.
    pub(super) effects: EffectView,
    /// Which flags it raises.
    pub(super) flags: RaisedFlagsView,
}

/// What an import of figures does, as whoever imports sees it: `before` are the facts that the
/// write began at, `is_named` says which units the file has figures of.
///
/// # Errors
/// What the database says.
pub(super) fn impact(work: &mut Work<'_>, before: &Snapshot, is_named: &[bool]) -> Result<Impact, Fault> {
    let Some(after) = work.left(before) else { return Ok(Impact::default()) };
    let kinds = kinds_concerned(before.register(), is_named);
    let concerns = |kind: u16| kinds.get(usize::from(kind)).copied().unwrap_or_default();
    between(work, before, &after, concerns)
}

/// What an import of whatever else does, where the units, their kinds and the campaign's days
/// are as they were; none where they are not, since then no place can be compared with another.
///
/// # Errors
/// What the database says.
pub(super) fn impact_of_all(work: &mut Work<'_>, before: &Snapshot) -> Result<Option<Impact>, Fault> {
    if !work.is_reloaded() {
        return Ok(Some(Impact::default()));
    }
    let stored = work.campaign()?;
    let after = Snapshot::load(work.conn()?, &stored)?;
    let has_same_days = before.ledger().calendar == after.ledger().calendar;
    if !has_same_days || !has_same_units(before.register(), after.register()) {
        return Ok(None);
    }
    between(work, before, &after, |_| true).map(Some)
}

fn has_same_units(before: &Register, after: &Register) -> bool {
    let kinds = |register: &Register| register.campaign.kinds.iter().map(|kind| kind.code.clone()).collect::<Vec<_>>();
    let (old, new) = (&before.units, &after.units);
    let is_same = || old.iter().zip(new.iter()).all(|(old, new)| (&old.code, old.kind) == (&new.code, new.kind));
    old.len() == new.len() && kinds(before) == kinds(after) && is_same()
}

fn between(
    work: &mut Work<'_>,
    before: &Snapshot,
    after: &Snapshot,
    concerns: impl Fn(u16) -> bool,
) -> Result<Impact, Fault> {
    let (stored, now) = (work.campaign()?, work.now);
    let answers = flag_answers::list(work.conn()?, stored.id, None)?;
    let sight = before.sight(&work.audience());
    Ok(Impact {
        effects: effect(before, after.ledger(), concerns, sight, now)?,
        flags: raised(before, after, &answers, sight),
    })
}

/// Of each kind, whether figures of these units may move anybody of it: theirs, and step by
/// step the kinds of the units above, which sum and look at those below, and of neighbours.
fn kinds_concerned(register: &Register, is_named: &[bool]) -> Vec<bool> {
    let mut is_concerned = vec![false; register.campaign.kinds.len()];
    let mark = |kinds: &mut Vec<bool>, unit: u32| {
        let kind = register.unit(unit).and_then(|unit| kinds.get_mut(usize::from(unit.kind)));
        kind.is_some_and(|is_concerned| !std::mem::replace(is_concerned, true))
    };
    for (unit, _) in (0u32..).zip(is_named).filter(|(_, is_named)| **is_named) {
        mark(&mut is_concerned, unit);
    }
    // each round but the last adds a kind
    let mut has_grown = true;
    while has_grown {
        has_grown = false;
        for (unit, place) in register.units.iter().zip(0u32..) {
            if is_concerned.get(usize::from(unit.kind)) == Some(&true) {
                for other in unit.parent.iter().chain(register.neighbours.of(place)) {
                    has_grown |= mark(&mut is_concerned, *other);
                }
            }
        }
    }
    is_concerned
}

/// The open flags that the facts of `after` raise and those of `before` did not, the latest
/// day first. One whose values were changed is new; one of values that were answered and
/// closed before is not. `rows` are the answers of the campaign. A first import raises as many
/// as it has doubtful figures, so that only those that are listed are put in words.
fn raised(before: &Snapshot, after: &Snapshot, rows: &[FlagAnswerRow], sight: Sight) -> RaisedFlagsView {
    let key =
        |of: &Snapshot, f: &Finding| -> FlagKey { (f.rule, f.unit, of.ledger().calendar.day(f.day), f.fingerprint) };
    let had: HashSet<FlagKey> = before.findings().iter().map(|finding| key(before, finding)).collect();
    let closed = closed(after, rows);
    let is_raised = |finding: &&Finding| {
        let key = key(after, finding);
        !had.contains(&key) && !closed.contains(&key) && after.is_confided(finding.unit, sight)
    };
    let mut found: Vec<&Finding> = after.findings().iter().filter(is_raised).collect();
    let rank = |finding: &Finding| after.register().name_rank(finding.unit);
    found.sort_by_key(|finding| (Reverse(finding.day), rank(finding), finding.rule, finding.fingerprint));
    let mut counts: BTreeMap<Rule, u64> = BTreeMap::new();
    for finding in &found {
        *counts.entry(finding.rule).or_default() += 1;
    }
    let listed = found.iter().take(LISTED).filter_map(|finding| Flag::of(after, finding));
    RaisedFlagsView {
        total: found.len() as u64,
        by_rule: counts.into_iter().map(|(rule, count)| (rule.code().to_owned(), count)).collect(),
        items: listed.map(|flag| raised_view(after, &flag)).collect(),
    }
}

fn raised_view(snapshot: &Snapshot, flag: &Flag) -> RaisedFlagView {
    let UnitRef { code, name, kind, .. } = named(snapshot.ledger(), flag.unit, |_| true);
    let id = flag.name();
    RaisedFlagView {
        link: format!("/api/v1/campaigns/{}/flags/{}", escape(&snapshot.campaign().code), escape(&id)),
        id,
        rule: flag.id.rule.code().to_owned(),
        unit: FlaggedUnitView { code, name, kind },
        date: flag.id.day.to_string(),
        says: flag.says(),
    }
}
