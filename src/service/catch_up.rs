//! Brings the facts in memory to what other processes wrote, without loading them again.
//!
//! Each revision says which units' days it touched, where it touched no more than that, as
//! nearly all do; those days are read anew. After any other change – units, rules, a large
//! import – the campaign is loaded whole.

use super::fault::Fault;
use super::figures::entry_of;
use super::live::{Change, Snapshot};
use crate::domain::Day;
use crate::store::campaigns::{self, StoredCampaign};
use crate::store::{DbConn, decisions, figures};
use std::collections::BTreeSet;

/// More revisions, or more days, than this are loaded whole.
const MOST: i64 = 1_000;

/// The campaign at the revision that is stored, from an older one; none where it must be
/// loaded whole.
///
/// # Errors
/// What the database says.
pub(super) fn catch_up(conn: &mut DbConn, before: &Snapshot) -> Result<Option<Snapshot>, Fault> {
    let Some(stored) = campaigns::find_opt(conn, &before.campaign().code)? else { return Ok(None) };
    if stored.revision < before.revision || *stored.campaign != **before.campaign() {
        return Ok(None);
    }
    let between = (before.revision, stored.revision);
    let Some(touched) = campaigns::touched_between(conn, stored.id, between, MOST)? else { return Ok(None) };
    let touched: BTreeSet<(String, Day)> = touched.into_iter().collect();
    if i64::try_from(touched.len()).is_ok_and(|days| days > MOST) {
        return Ok(None);
    }
    let mut changes = Vec::with_capacity(touched.len());
    for (unit, day) in touched {
        match day_of(conn, &stored, before, unit, day)? {
            Some(change) => changes.push(change),
            None => return Ok(None),
        }
    }
    Ok(Some(before.after(&changes, stored.revision)))
}

/// What now stands for a unit's day; none where the unit is not in memory.
fn day_of(
    conn: &mut DbConn,
    stored: &StoredCampaign,
    before: &Snapshot,
    unit: String,
    day: Day,
) -> Result<Option<Change>, Fault> {
    let Some(id) = before.register().find(&unit).map(|at| before.key(at)) else { return Ok(None) };
    let history = figures::history(conn, stored.id, id, day)?;
    let excuse = decisions::latest_excuse(conn, stored.id, id, day)?;
    let excused = excuse.is_some_and(|e| e.stamp().stands());
    let entry = entry_of(&stored.campaign, day, history.iter(), excused);
    Ok(Some(Change::Day { unit, day, entry }))
}
