//! Imports as things that can be listed and undone.
//!
//! An import that changed something is kept in the transaction of the import itself; a dry
//! run, and a file that says only what stands, leave none. Undoing is all or nothing: what
//! the import recorded and nobody changed since goes back to what stood before it, as new
//! revisions and withdrawals, never by deleting.

use super::Service;
use super::access::{Contest, Grant};
use super::audit::Note;
use super::closing::cannot_wait;
use super::decisions::told;
use super::fault::{Code, Fault, FieldFault};
use super::figures::done;
use super::recording::{Incoming, Recording};
use super::views::{RowsView, WrittenView};
use super::writer::{Pending, Work, WriteRequest};
use crate::domain::Instant;
use crate::store::DbConn;
use crate::store::campaigns::StoredCampaign;
use crate::store::figures::{self, StoredFigure};
use crate::store::imports::{self, ImportRow};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// How many unit-days a refusal lists.
const MAX_LISTED: usize = 100;

/// An import that changed something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportRecordView {
    /// Its id, counted in the campaign.
    pub id: String,
    /// `figures`, `units` or `pack`.
    pub what: String,
    /// Who sent it, as the log names them.
    pub imported_by: String,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub imported_at: Option<Instant>,
    /// Rows that were new.
    pub new: i64,
    /// Rows that changed what stood.
    pub changed: i64,
    /// Rows that stood so already.
    pub same: i64,
    /// Units that it speaks of.
    pub units: i64,
    /// Days that it speaks of.
    pub days: i64,
    /// The last revision that it made.
    pub revision: i64,
    /// How it was undone; null while it stands.
    pub undone: Option<UndoneView>,
}

/// How an import was undone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UndoneView {
    /// Who undid it, as the log names them.
    pub undone_by: String,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Instant>,
    /// Why.
    pub reason: String,
    /// As which revision.
    pub revision: i64,
}

fn view_of(row: &ImportRow) -> ImportRecordView {
    let undone = row.undone_revision.map(|revision| UndoneView {
        undone_by: row.undone_by.clone().unwrap_or_default(),
        undone_at: row.undone_us.map(Instant::from_micros),
        reason: row.undone_reason.clone().unwrap_or_default(),
        revision,
    });
    ImportRecordView {
        id: row.import_id.to_string(),
        what: row.what.clone(),
        imported_by: row.actor.clone(),
        imported_at: told(Instant::from_micros(row.recorded_us)),
        new: row.new_rows,
        changed: row.changed_rows,
        same: row.same_rows,
        units: row.units,
        days: row.days,
        revision: row.revision,
        undone,
    }
}

/// An import by its id, which is written in one way alone.
fn find(conn: &mut DbConn, campaign_id: i64, id: &str) -> Result<ImportRow, Fault> {
    let row = match id.parse() {
        Ok(number) => imports::find_opt(conn, campaign_id, number)?,
        Err(_) => None,
    };
    let row = row.filter(|row| row.import_id.to_string() == id);
    row.ok_or_else(|| Fault::new(Code::ImportNotFound, format!("there is no import {id:?}")))
}

impl Service {
    /// The imports of a campaign that changed something, the latest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn imports(&self, _grant: &Grant<Contest>, campaign: &str) -> Result<Vec<ImportRecordView>, Fault> {
        self.read(|conn| {
            let stored = crate::store::campaigns::find_opt(conn, campaign)?;
            let stored = stored.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(imports::list(conn, stored.id)?.iter().rev().map(view_of).collect())
        })
    }

    /// An import by its id. May block.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn import(&self, _grant: &Grant<Contest>, campaign: &str, id: &str) -> Result<ImportRecordView, Fault> {
        self.read(|conn| {
            let stored = crate::store::campaigns::find_opt(conn, campaign)?;
            let stored = stored.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(view_of(&find(conn, stored.id, id)?))
        })
    }

    /// Undoes an import of figures as one revision, or refuses whole.
    pub fn undo_import(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        id: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let row = find(work.conn()?, stored.id, &id)?;
            check_undoable(&row, &stored)?;
            let histories = figures::histories_of(work.conn()?, stored.id, row.revision)?;
            let (at, revision) = put_back(work, &histories, row.revision, &reason)?;
            let row = ImportRow {
                undone_us: Some(at.micros()),
                undone_by: Some(work.actor().to_owned()),
                undone_reason: Some(reason.clone()),
                undone_revision: Some(revision),
                ..row
            };
            imports::mark_undone(work.conn()?, &row)?;
            let view = view_of(&row);
            let note = Note::of("import.undo", format!("imports/{id}"), None, Some(&view));
            work.note(note.with("reason", reason).with("revision", revision));
            done(200, &WrittenView { written: view, revision })
        })
    }
}

/// Keeps an import that changed something; answers its id.
pub(super) fn keep(
    work: &mut Work<'_>,
    what: &str,
    rows: &RowsView,
    (units, days): (u64, u64),
) -> Result<String, Fault> {
    let stored = work.campaign()?;
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let row = ImportRow {
        campaign_id: stored.id,
        import_id: imports::next_id(work.conn()?, stored.id)?,
        recorded_us: work.now.micros(),
        actor: work.author().to_owned(),
        what: what.to_owned(),
        new_rows: number(rows.new),
        changed_rows: number(rows.changed),
        same_rows: number(rows.same),
        units: number(units),
        days: number(days),
        revision: work.revision(),
        undone_us: None,
        undone_by: None,
        undone_reason: None,
        undone_revision: None,
    };
    imports::insert(work.conn()?, &row)?;
    Ok(row.import_id.to_string())
}

fn check_undoable(row: &ImportRow, stored: &StoredCampaign) -> Result<(), Fault> {
    if let Some(revision) = row.undone_revision {
        let detail = format!("import {} was undone as revision {revision}", row.import_id);
        return Err(Fault::new(Code::ImportUndone, detail));
    }
    let refused = |detail: &str| Err(Fault::new(Code::NotUndoable, detail.to_owned()));
    match row.what.as_str() {
        "units" => refused("an import of units is not undone whole: replace or delete the units that it brought"),
        "pack" => refused("a pack is not undone whole: import the pack as it was before, and take back what it lacks"),
        _ if !stored.campaign.sources.is_empty() => {
            refused("where several sources report, an import is not undone whole: take back what its source said")
        }
        _ => Ok(()),
    }
}

/// Puts back what stood before an import, where each of its figures still stands last.
fn put_back(
    work: &mut Work<'_>,
    histories: &[Vec<StoredFigure>],
    revision: i64,
    reason: &str,
) -> Result<(Instant, i64), Fault> {
    let mut recording = Recording::begin(work, "import undone", None)?;
    let (undone, at) = recording.stamp()?;
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
    if recording.finish()?.needs_two {
        return Err(cannot_wait("undoing figures of a closed day"));
    }
    Ok((at, undone))
}
