//! Brings the facts in memory to what other processes wrote, without loading them again.
//!
//! Each revision says which units' days it touched, where it touched no more than that, as
//! nearly all do; those days are read anew. After any other change – units, rules, a large
//! import – the campaign is loaded whole.

use super::fault::Fault;
use super::figures::stored_day;
use super::live::{Change, Live, Snapshot};
use crate::domain::Day;
use crate::store::{DbConn, StoreError, campaigns};
use std::collections::BTreeSet;

/// More revisions, or more days, than this are loaded whole.
const MOST: i64 = 1_000;

/// A campaign as it is stored: what is in memory brought up to it, or all of it loaded.
///
/// # Errors
/// 404 where there is none, or what the database says.
pub(super) fn load(conn: &mut DbConn, live: &Live, campaign: &str) -> Result<Snapshot, Fault> {
    if let Some(before) = live.last(campaign)
        && let Some(snapshot) = catch_up(conn, &before)?
    {
        return Ok(snapshot);
    }
    let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
    Ok(Snapshot::load(conn, &stored)?)
}

/// The campaign at the revision that is stored, from an older one; none where it must be
/// loaded whole.
///
/// # Errors
/// What the database says.
pub(super) fn catch_up(conn: &mut DbConn, before: &Snapshot) -> Result<Option<Snapshot>, StoreError> {
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
        let Some(at) = before.register().find(&unit) else { return Ok(None) };
        let (entry, _) = stored_day(conn, &stored, before.key(at), day)?;
        changes.push(Change::Day { unit, day, entry });
    }
    Ok(Some(before.after(&changes, (stored.revision, stored.last_recorded_at))))
}
