//! Final results: what stands between a contest and its result, the numbered issues, and what
//! becomes of them.
//!
//! A campaign is `draft`, `open`, `closed`; then an issue of its result is made (`final`), and
//! where something is corrected after that, another one (`re_issued`); an issue can be revoked
//! (`revoked`), which is a record and never a deletion. Figures may be corrected at any time,
//! with a reason: that never changes an issue, it takes a further one, which says what became
//! different. What an issue consists of is stored as bytes, whole and as the public sees it.
//! Start reading at [`finalise`], and at [`blockers`] for what must be done before.

mod awards;
mod blockers;
mod boards;
mod difference;
mod documents;
mod finalise;
mod views;

pub use blockers::{BlockerView, BlockersView, ExampleView};
pub use boards::IssueBoard;
pub use difference::{ChangedUnitView, DifferenceView, IssuePlaceView, KindDifferenceView};
pub use finalise::{FinaliseFor, Override};
pub use views::{IssueDocument, OverrideView, ResultLinks, ResultRowView, ResultView, StatusResultView};

use super::Service;
use super::access::{Contest, Grant};
use super::audit::Note;
use super::boards::Ask;
use super::fault::{Code, Fault};
use super::figures::done;
use super::live::Snapshot;
use super::pins::lift;
use super::views::WrittenView;
use super::writer::{Pending, WriteRequest};
use crate::domain::Instant;
use crate::scoring::appraisal::Track;
use crate::scoring::board::By;
use crate::store::campaigns;
use crate::store::pins;
use crate::store::results::{self, ResultRow};
use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Who reads an issue: what is stored for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Those with the right: everything.
    Whole,
    /// Everybody.
    Public,
}

impl Reader {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Whole, Self::Public];

    /// Its name where parts are stored.
    fn code(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Public => "public",
        }
    }
}

/// A part of an issue on its way into the database: for whom, its name, its packed bytes.
type PackedPart = (Reader, String, Vec<u8>);

/// The issues of a campaign, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Issues {
    rows: Arc<[ResultRow]>,
}

impl Issues {
    fn new(rows: Vec<ResultRow>) -> Self {
        Self { rows: rows.into() }
    }

    /// The latest, revoked or not.
    fn latest(&self) -> Option<&ResultRow> {
        self.rows.last()
    }

    /// The one that counts: the latest that was not revoked.
    fn standing(&self) -> Option<&ResultRow> {
        self.rows.iter().rfind(|row| row.revoked_at().is_none())
    }

    /// What a further issue is told from: the one that counts, else the latest there was.
    fn before(&self) -> Option<&ResultRow> {
        self.standing().or_else(|| self.latest())
    }

    /// The issue of a number, as it stands in an address.
    fn find(&self, number: &str) -> Result<&ResultRow, Fault> {
        // "01" is no other name of "1"
        let found = self.rows.iter().find(|row| row.issue.to_string() == number);
        found.ok_or_else(|| Fault::new(Code::ResultNotFound, format!("this campaign has no issue {number:?}")))
    }

    /// `valid`, `superseded` or `revoked`.
    fn status(&self, row: &ResultRow) -> &'static str {
        match self.standing() {
            _ if row.revoked_at().is_some() => "revoked",
            Some(standing) if standing.issue == row.issue => "valid",
            _ => "superseded",
        }
    }

    /// Where a campaign stands at an instant: `draft`, `open`, `closed`, `final`, `re_issued`
    /// or `revoked`.
    pub fn state(&self, snapshot: &Snapshot, now: Instant) -> &'static str {
        let campaign = snapshot.campaign();
        let has_begun = now.day_in(campaign.time_zone).is_some_and(|today| today >= campaign.window.from);
        match self.latest() {
            Some(latest) if latest.revoked_at().is_some() => "revoked",
            Some(latest) if latest.issue > 1 => "re_issued",
            Some(_) => "final",
            None if snapshot.register().is_empty() || !has_begun => "draft",
            None if now < campaign.cut_off(campaign.window.to) => "open",
            None => "closed",
        }
    }
}

/// The issues of campaigns by the revision that they were read at; each issue and each
/// revocation is a revision.
#[derive(Debug, Default)]
pub(super) struct KeptIssues(Mutex<HashMap<String, (i64, Issues)>>);

impl Service {
    /// The issues of a campaign as it stands, whatever anybody is shown of it. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn issues(&self, campaign: &str) -> Result<Issues, Fault> {
        let revision = self.snapshot(campaign)?.revision;
        let kept = || self.issues.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, issues)) = kept().get(campaign).filter(|(at, _)| *at >= revision) {
            return Ok(issues.clone());
        }
        let (stored, issues) = self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            let issues = Issues::new(results::list(conn, stored.id)?);
            Ok((stored.revision, issues))
        })?;
        kept().insert(campaign.to_owned(), (stored, issues.clone()));
        Ok(issues)
    }

    /// An issue of a campaign by its number. May block.
    ///
    /// # Errors
    /// 404 where there is no such issue, or what the database says.
    pub fn issue(&self, campaign: &str, number: &str) -> Result<ResultRow, Fault> {
        Ok(self.issues(campaign)?.find(number)?.clone())
    }

    /// The issues of a campaign's result, the latest first. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn results(&self, campaign: &str, reader: Reader) -> Result<Vec<ResultRowView>, Fault> {
        let issues = self.issues(campaign)?;
        Ok(issues.rows.iter().rev().map(|row| ResultRowView::of(campaign, row, issues.status(row), reader)).collect())
    }

    /// An issue with its document, as JSON. May block.
    ///
    /// # Errors
    /// 404 where there is no such issue, or what the database says.
    pub fn result(&self, campaign: &str, number: &str, reader: Reader) -> Result<Vec<u8>, Fault> {
        let issues = self.issues(campaign)?;
        let row = issues.find(number)?;
        let view = ResultView {
            result: ResultRowView::of(campaign, row, issues.status(row), reader),
            overrides: (reader == Reader::Whole).then(|| views::overrides_of(row)).transpose()?,
            difference: self.difference(campaign, row, reader)?,
            document: IssueDocument,
        };
        let document = self.part(campaign, row.issue, reader, documents::PART)?;
        view.with_document(&document)
    }

    /// The document of an issue, byte for byte as it was made. May block.
    ///
    /// # Errors
    /// 404 where there is no such issue, or what the database says.
    pub fn result_document(&self, campaign: &str, number: &str, reader: Reader) -> Result<Vec<u8>, Fault> {
        let issues = self.issues(campaign)?;
        self.part(campaign, issues.find(number)?.issue, reader, documents::PART)
    }

    /// A part of a board of an issue, byte for byte the same at any time. May block.
    ///
    /// # Errors
    /// 404 where there is no such issue, or none with such a board, or what the database says.
    pub fn result_board(
        &self,
        campaign: &str,
        (number, ask): (&str, &Ask),
        reader: Reader,
        rows: Range<usize>,
        next: impl FnOnce(usize) -> Option<String>,
    ) -> Result<Vec<u8>, Fault> {
        let issues = self.issues(campaign)?;
        let row = issues.find(number)?;
        let issue = row.issue;
        let board = IssueBoard {
            kind: ask.kind.clone().unwrap_or_else(|| row.default_kind.clone()),
            track: ask.track.unwrap_or(Track::Improvement),
            by: ask.by.unwrap_or(By::Points),
            block: ask.block.clone(),
        };
        let packed = self.packed(campaign, issue, reader, &board.part())?;
        let packed = packed.ok_or_else(|| {
            let detail = format!("issue {issue} has no such board; it has those of each kind and track by points");
            Fault::new(Code::BoardNotInIssue, detail)
        })?;
        boards::page(&packed, rows, next)
    }

    /// The boards of an issue that a reader may see. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn result_boards(&self, campaign: &str, issue: i64, reader: Reader) -> Result<Vec<IssueBoard>, Fault> {
        let names =
            self.of_campaign(campaign, |conn, id| Ok(results::part_names(conn, (id, issue), reader.code())?))?;
        Ok(names.iter().filter_map(|name| IssueBoard::of_part(name)).collect())
    }

    fn difference(&self, campaign: &str, row: &ResultRow, reader: Reader) -> Result<Option<DifferenceView>, Fault> {
        if row.against.is_none() {
            return Ok(None);
        }
        let bytes = self.part(campaign, row.issue, reader, difference::PART)?;
        serde_json::from_slice(&bytes).map(Some).map_err(Fault::internal)
    }

    /// What became different with an issue, and what was set aside for it (nothing that the
    /// public may know). May block.
    ///
    /// # Errors
    /// 404 where there is no such issue, or what the database says.
    pub fn result_changes(
        &self,
        campaign: &str,
        number: &str,
        reader: Reader,
    ) -> Result<(Option<DifferenceView>, Vec<OverrideView>), Fault> {
        let issues = self.issues(campaign)?;
        let row = issues.find(number)?;
        let aside = if reader == Reader::Whole { views::overrides_of(row)? } else { Vec::new() };
        Ok((self.difference(campaign, row, reader)?, aside))
    }

    /// The awards of an issue as a reader sees them, as `/awards` shows them; null where the
    /// campaign gives none. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn result_awards(&self, campaign: &str, issue: i64, reader: Reader) -> Result<serde_json::Value, Fault> {
        serde_json::from_slice(&self.part(campaign, issue, reader, awards::PART)?).map_err(Fault::internal)
    }

    fn part(&self, campaign: &str, issue: i64, reader: Reader, part: &str) -> Result<Vec<u8>, Fault> {
        let packed = self.packed(campaign, issue, reader, part)?;
        let packed = packed.ok_or_else(|| Fault::internal(format!("issue {issue} of {campaign} lacks {part:?}")))?;
        unpack(&packed)
    }

    fn packed(&self, campaign: &str, issue: i64, reader: Reader, part: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.of_campaign(campaign, |conn, id| Ok(results::part(conn, (id, issue), reader.code(), part)?))
    }

    fn of_campaign<T>(
        &self,
        campaign: &str,
        work: impl FnOnce(&mut crate::store::DbConn, i64) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            work(conn, stored.id)
        })
    }

    /// Revokes an issue: it stays to be read, and says so. Where an earlier one was not
    /// revoked, that one counts again.
    pub fn revoke_result(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        number: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let issues = Issues::new(results::list(work.conn()?, stored.id)?);
            let mut row = issues.find(&number)?.clone();
            if row.revoked_at().is_some() {
                return Err(Fault::new(Code::ResultRevoked, format!("issue {number} is revoked already")));
            }
            let code = stored.campaign.code.clone();
            let before = ResultRowView::of(&code, &row, issues.status(&row), Reader::Whole);
            let (revision, at) = work.accept("result revoked")?;
            row.revoke(at, work.author().to_owned(), reason.clone());
            results::mark_revoked(work.conn()?, &row)?;
            let shown = pins::list(work.conn()?, stored.id)?;
            let of_issue = shown.iter().find(|pin| pin.issue == Some(row.issue) && pin.lifted_at().is_none());
            if let Some(pin) = of_issue {
                lift(work, pin.pin_id, &reason)?;
            }
            let view = ResultRowView::of(&code, &row, "revoked", Reader::Whole);
            work.note(Note::of("result.revoke", format!("results/{number}"), Some(&before), Some(&view)));
            done(200, &WrittenView { written: view, revision })
        })
    }
}

/// Packs the bytes of a part.
fn pack(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).map_err(Fault::internal)?;
    encoder.finish().map_err(Fault::internal)
}

/// The bytes of a part.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).map_err(Fault::internal)?;
    Ok(bytes)
}
