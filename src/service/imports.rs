//! Imports as things that can be listed and undone.
//!
//! An import that changed something is kept in the transaction of the import itself; a dry
//! run, and a file that says only what stands, leave none. Undoing is all or nothing: what
//! the import recorded and nobody changed since goes back to what stood before it, as new
//! revisions and withdrawals, never by deleting.

use super::Service;
use super::access::{Contest, Grant};
use super::audit::Note;
use super::fault::{Code, Fault, FieldFault};
use super::figures::done;
use super::recording::{Incoming, Recording};
use super::views::{ImportView, RowsView, WrittenView};
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::Instant;
use crate::store::figures::{self, StoredFigure};
use crate::store::imports::{self, ImportRow};
use serde::Serialize;
use std::collections::HashMap;

/// How many unit-days a refusal lists.
const MAX_LISTED: usize = 100;

/// An import that was undone.
#[derive(Clone, Debug, Serialize)]
pub struct UndoneView {
    /// Number of the import.
    pub id: i64,
    /// Why it was undone.
    pub reason: String,
    /// When.
    pub undone_at: Instant,
    /// Unit-days that went back to what stood before.
    pub rows: RowsView,
}

impl Service {
    /// The imports of a campaign that changed something, the oldest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn imports(&self, _grant: &Grant<Contest>, campaign: &str) -> Result<Vec<ImportRow>, Fault> {
        self.read(|conn| {
            let stored = crate::store::campaigns::find_opt(conn, campaign)?;
            let stored = stored.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(imports::list(conn, stored.id)?)
        })
    }

    /// Undoes an import of figures as one revision, or refuses whole.
    pub fn undo_import(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        id: i64,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let row = imports::find_opt(work.conn()?, stored.id, id)?;
            let row = row.ok_or_else(|| Fault::new(Code::ImportNotFound, format!("no import {id}")))?;
            check_undoable(&row)?;
            let histories = figures::histories_of(work.conn()?, stored.id, row.revision)?;
            let (rows, at, revision) = put_back(work, &histories, row.revision, &reason)?;
            let row = ImportRow {
                undone_us: Some(at.micros()),
                undone_by: Some(work.actor().to_owned()),
                undone_reason: Some(reason.clone()),
                undone_revision: Some(revision),
                ..row
            };
            imports::mark_undone(work.conn()?, &row)?;
            let view = UndoneView { id, reason, undone_at: at, rows };
            let note = Note::of("import.undo", format!("imports/{id}"), None, Some(&view));
            work.note(note.with("revision", revision));
            done(200, &WrittenView { written: view, revision })
        })
    }
}

/// Keeps an import that changed something.
pub(super) fn keep(work: &mut Work<'_>, view: &ImportView, what: &str) -> Result<(), Fault> {
    let stored = work.campaign()?;
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let row = ImportRow {
        campaign_id: stored.id,
        import_id: imports::next_id(work.conn()?, stored.id)?,
        recorded_us: work.now.micros(),
        actor: work.actor().to_owned(),
        what: what.to_owned(),
        new_rows: number(view.rows.new),
        changed_rows: number(view.rows.changed),
        same_rows: number(view.rows.same),
        units: number(view.units),
        days: number(view.days),
        revision: work.revision(),
        undone_us: None,
        undone_by: None,
        undone_reason: None,
        undone_revision: None,
    };
    Ok(imports::insert(work.conn()?, &row)?)
}

fn check_undoable(row: &ImportRow) -> Result<(), Fault> {
    if let Some(revision) = row.undone_revision {
        let detail = format!("import {} was undone as revision {revision}", row.import_id);
        return Err(Fault::new(Code::ImportUndone, detail));
    }
    match row.what.as_str() {
        "figures" => Ok(()),
        what => {
            let detail = format!("an import of {what} is not undone whole; change back what it brought, one by one");
            Err(Fault::new(Code::NotUndoable, detail))
        }
    }
}

/// Puts back what stood before an import, where each of its figures still stands last.
fn put_back(
    work: &mut Work<'_>,
    histories: &[Vec<StoredFigure>],
    revision: i64,
    reason: &str,
) -> Result<(RowsView, Instant, i64), Fault> {
    let stamp = work.accept("import undone")?;
    let mut recording = Recording::begin(work, "undo", Some(stamp))?;
    let before = recording.before.clone();
    let register = before.register();
    let places: HashMap<i64, u32> = (0u32..).take(register.len()).map(|at| (before.key(at), at)).collect();
    let (mut errors, mut total) = (Vec::new(), 0);
    for history in histories {
        let Some((last, earlier)) = history.split_last() else { continue };
        let unit = places.get(&last.unit_id).copied().ok_or_else(|| Fault::internal("a figure without a unit"))?;
        let at = || format!("{}/{}", register.unit(unit).map_or("", |u| u.code.as_str()), last.day);
        if last.revision != revision || !last.stamp.stands() {
            total += 1;
            if errors.len() < MAX_LISTED {
                let message = "changed since the import".to_owned();
                errors.push(FieldFault { pointer: at(), code: "changed_since", message, place: None });
            }
        } else if let Some(former) = earlier.last().filter(|f| f.stamp.stands()) {
            let (day, counts, note) = (last.day, former.counts, former.note.as_deref());
            recording.take(&Incoming { unit, day, counts, note, reason: Some(reason) }, at)?;
        } else {
            recording.take_back(unit, last.day, reason)?;
        }
    }
    if total > 0 {
        let detail = format!("{total} unit-days were changed since; nothing was undone");
        return Err(Fault { errors, total: Some(total), ..Fault::new(Code::ChangedSince, detail) });
    }
    let rows = recording.finish()?.rows;
    Ok((rows, stamp.1, stamp.0))
}
