//! Brings the facts in memory to what other processes wrote, without loading them again.
//!
//! Each revision says what it touched, where that can be said: figures are read anew, of a
//! unit's day or of a whole one; of anything else stands there what it is now. After any other
//! change – units, rules, criteria – the campaign is loaded whole.

use super::fault::Fault;
use super::figures::stored_day;
use super::live::{Change, Live, Snapshot};
use super::measures::{Measures, Read};
use super::writer::Follow;
use crate::domain::{Day, Instant};
use crate::scoring::Ledger;
use crate::store::{DbConn, StoreError, campaigns, figures};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// More revisions, or more units' days, than this are loaded whole.
const MOST: usize = 1_000;

/// One thing that a revision touched.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Touched {
    /// The figure of a unit on a day.
    Figure(String, Day),
    /// Figures of a day, of any units.
    Day(Day),
    /// Anything else, as it is now.
    Other(Change),
}

/// What a write's revision says that it touched; none where that is more than can be said.
pub(super) fn touched(follow: &Follow) -> Option<String> {
    let list: Vec<Touched> = match follow {
        Follow::By(changes) if changes.len() <= MOST => changes.iter().map(told).collect(),
        Follow::By(changes) => {
            let days: BTreeSet<Day> = changes.iter().map(day_of).collect::<Option<_>>()?;
            days.into_iter().map(Touched::Day).collect()
        }
        Follow::To(_, days) => days.iter().copied().map(Touched::Day).collect(),
        Follow::Nothing | Follow::Reload => return None,
    };
    serde_json::to_string(&list).ok()
}

fn told(change: &Change) -> Touched {
    match change {
        Change::Day { unit, day, .. } => Touched::Figure(unit.clone(), *day),
        other => Touched::Other(other.clone()),
    }
}

fn day_of(change: &Change) -> Option<Day> {
    match change {
        Change::Day { day, .. } => Some(*day),
        _ => None,
    }
}

/// How long whoever catches up may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Others wait for it: whole days are not read.
    Little,
    /// Nobody waits but who wants to read.
    Enough,
}

/// A campaign as it is stored: what is in memory brought up to it, or all of it loaded.
///
/// # Errors
/// 404 where there is none, or what the database says.
pub(super) fn load(conn: &mut DbConn, live: &Live, campaign: &str, measures: &Measures) -> Result<Snapshot, Fault> {
    if let Some(before) = live.last(campaign)
        && let Some(snapshot) = catch_up(conn, &before, Patience::Enough)?
    {
        measures.read(Read::Changes);
        return Ok(snapshot);
    }
    let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
    measures.read(Read::Whole);
    Ok(Snapshot::load(conn, &stored)?)
}

/// The campaign at the revision that is stored, from an older one; none where it must be
/// loaded whole, or where that takes more patience.
///
/// # Errors
/// What the database says.
pub(super) fn catch_up(
    conn: &mut DbConn,
    before: &Snapshot,
    patience: Patience,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(stored) = campaigns::find_opt(conn, &before.campaign().code)? else { return Ok(None) };
    if stored.revision < before.revision || *stored.campaign != **before.campaign() {
        return Ok(None);
    }
    let between = (before.revision, stored.revision);
    let Some(texts) = campaigns::touched_between(conn, stored.id, between, MOST as i64)? else { return Ok(None) };
    // a later program may say more than this one can read
    let read = texts.iter().map(|text| serde_json::from_str::<Vec<Touched>>(text));
    let Ok(touched) = read.collect::<Result<Vec<_>, _>>() else { return Ok(None) };
    let (mut figures, mut days, mut changes) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for one in touched.into_iter().flatten() {
        match one {
            Touched::Figure(unit, day) => drop(figures.insert((unit, day))),
            Touched::Day(day) => drop(days.insert(day)),
            Touched::Other(change) => changes.push(change),
        }
    }
    if figures.len() > MOST || (patience == Patience::Little && !days.is_empty()) {
        return Ok(None);
    }
    for (unit, day) in figures {
        let Some(at) = before.register().find(&unit) else { return Ok(None) };
        let (entry, _) = stored_day(conn, &stored, before.key(at), day)?;
        changes.push(Change::Day { unit, day, entry });
    }
    let mut ledger = Ledger::clone(before.ledger());
    if let Some((first, last)) = days.first().zip(days.last()) {
        // days between are read along: what stands there is what stood
        figures::for_each_day(conn, stored.id, before.keys(), *first..=*last, |revisions| {
            ledger.enter_day(revisions.iter(), Instant::from_micros(i64::MAX));
        })?;
    }
    let first_of_days = days.first().map(|day| ledger.calendar.index(*day).unwrap_or(0));
    let first_of_changes = changes.iter().map(|change| change.first_day(&ledger)).min();
    changes.iter().for_each(|change| change.enter(&mut ledger));
    let changed_from = first_of_days.into_iter().chain(first_of_changes).min().unwrap_or(usize::MAX);
    Ok(Some(before.with(ledger, (stored.revision, stored.last_recorded_at), changed_from)))
}
