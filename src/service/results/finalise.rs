//! Makes an issue of a campaign's result.
//!
//! Boards and documents are computed beside the writer, of a campaign as it stands at one
//! revision; the writer then looks whether that revision still stands and whether nothing
//! stands in the way, and stores what was made. Where the campaign changed meanwhile, all of
//! it is made anew. So nobody's report waits for boards of a whole city, only for its archive.

use super::awards::{self, Given, add_awards, are_the_same};
use super::blockers::{BlockerView, Ground, blockers, set_aside};
use super::boards::{self, IssueBoard, packed};
use super::difference::{self, DifferenceView, Places, add_places, difference};
use super::documents::{self, Documents, Imprint, documents};
use super::views::{OverrideView, ResultRowView};
use super::{Issues, PackedPart, Reader, pack};
use crate::domain::Instant;
use crate::pack::Files;
use crate::service::Service;
use crate::service::access::{Contest, Grant};
use crate::service::audit::Note;
use crate::service::awards::AwardDecision;
use crate::service::awards::decisions::at_revision;
use crate::service::boards::Show;
use crate::service::fault::{Code, Fault};
use crate::service::figures::{done, escape};
use crate::service::live::Snapshot;
use crate::service::packs::pack_files;
use crate::service::pins::{archive_now, pin};
use crate::service::views::WrittenView;
use crate::service::writer::{Done, Work, WriteRequest, Written};
use crate::store::pins::PinStatus;
use crate::store::results::{self, NewResult, PartRow, ResultRow};
use crate::store::{campaigns, contests};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Something that stands in the way and is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Code of the blocker.
    pub code: String,
    /// Why.
    pub reason: String,
}

/// An issue as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinaliseFor {
    /// Why it is made.
    pub reason: String,
    /// What is set aside for it.
    pub overrides: Vec<Override>,
}

/// How often an issue is made anew where the campaign changed meanwhile.
const TRIES: usize = 3;

/// A board of an issue as a reader sees it, packed.
type PackedBoard = (Reader, IssueBoard, Vec<u8>);

/// An issue that is ready to be stored.
struct Prepared {
    snapshot: Arc<Snapshot>,
    imprint: Imprint,
    whole_sha256: String,
    public_sha256: String,
    parts: Vec<PackedPart>,
}

/// What an issue is made of, read at one moment.
struct Material {
    issues: Issues,
    found: Vec<BlockerView>,
    known_at: Instant,
    files: Files,
    /// The awards as each reader sees them.
    awards: Given,
    decisions: Vec<AwardDecision>,
}

impl Service {
    /// Makes an issue of the result of a campaign.
    ///
    /// # Errors
    /// 404 where there is no such campaign; 409 where something stands in the way, where the
    /// issue that counts says the same, or where the campaign keeps changing; what the
    /// database says.
    pub async fn finalise(
        self: &Arc<Self>,
        grant: &Grant<Contest>,
        campaign: &str,
        ask: FinaliseFor,
        request: WriteRequest,
    ) -> Result<Written, Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (code, asked) = (campaign.to_owned(), ask.clone());
            // a refusal is given by the writer: an answer that is kept for a retry comes first
            let prepared = self.blocking(move |service| Ok(service.prepare(&code, &asked))).await?;
            let overrides = ask.overrides.clone();
            let pending = self.write(grant, campaign, request.clone(), move |work, _| {
                let prepared = prepared?;
                store(work, prepared, &overrides)
            });
            match pending.answer().await {
                Err(fault) if fault.code == Code::ResultStale && tries < TRIES => {}
                answer => return answer,
            }
        }
    }

    /// Computes all that an issue consists of. May block.
    fn prepare(&self, campaign: &str, ask: &FinaliseFor) -> Result<Prepared, Fault> {
        let (snapshot, created_at, keys) = (self.snapshot(campaign)?, self.clock.now(), self.result_keys()?);
        let Material { issues, found, known_at, files, awards, decisions } = self.read_all(&snapshot, created_at)?;
        let overrides = set_aside(&found, &ask.overrides)?;
        let imprint = Imprint {
            issue: issues.latest().map_or(0, |row| row.issue) + 1,
            created_at,
            as_of: snapshot.campaign().window.to,
            default_kind: default_kind(&snapshot),
            of: (snapshot.revision, known_at),
            policy_version: snapshot.policy_version,
            reason: ask.reason.clone(),
            overrides,
            against: issues.before().map(|row| row.issue),
        };
        let boards = compute(&snapshot, known_at)?;
        if let Some(standing) = issues.standing()
            && self.is_the_same(campaign, standing, &boards, &awards)?
        {
            let detail = format!("issue {} counts and says the same; nothing changed since", standing.issue);
            return Err(Fault::new(Code::ResultUnchanged, detail));
        }
        let mut parts = awards.parts()?;
        let mut whole_difference = None;
        if let Some(before) = issues.before() {
            for reader in Reader::ALL {
                let told = self.difference_from(campaign, before, reader, (&boards, &awards))?;
                let bytes = serde_json::to_vec(&told).map_err(Fault::internal)?;
                parts.push((reader, difference::PART.to_owned(), pack(&bytes)?));
                whole_difference = whole_difference.or(Some(told));
            }
        }
        let Documents { files, whole_sha256, public_sha256 } =
            documents(&imprint, files, (decisions, whole_difference.as_ref()), keys)?;
        for (reader, bytes) in files {
            parts.push((reader, documents::PART.to_owned(), pack(&bytes)?));
        }
        parts.extend(boards.into_iter().map(|(reader, board, packed)| (reader, board.part(), packed)));
        Ok(Prepared { snapshot, imprint, whole_sha256, public_sha256, parts })
    }

    fn read_all(&self, snapshot: &Snapshot, now: Instant) -> Result<Material, Fault> {
        let campaign = &snapshot.campaign().code;
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            let issues = Issues::new(results::list(conn, stored.id)?);
            let files = pack_files(contests::load_stored(conn, &stored)?.contest);
            let decisions = at_revision(conn, stored.id, snapshot.revision)?;
            let awards = Given::of(snapshot, &awards::computed(snapshot, &decisions))?;
            let found = blockers(&mut Ground { conn, campaign_id: stored.id, snapshot, now })?;
            Ok(Material { issues, found, known_at: stored.last_recorded_at, files, awards, decisions })
        })
    }

    /// Whether an issue has the very rows of these boards, for everybody.
    fn is_the_same(
        &self,
        campaign: &str,
        row: &ResultRow,
        boards: &[PackedBoard],
        awards: &Given,
    ) -> Result<bool, Fault> {
        for reader in Reader::ALL {
            if !are_the_same(awards.seen_by(reader), &self.result_awards(campaign, row.issue, reader)?) {
                return Ok(false);
            }
            let mut others: BTreeSet<String> =
                self.result_boards(campaign, row.issue, reader)?.iter().map(IssueBoard::part).collect();
            for (_, board, packed) in boards.iter().filter(|(of, ..)| *of == reader) {
                if !others.remove(&board.part()) {
                    return Ok(false);
                }
                let then = self.packed(campaign, row.issue, reader, &board.part())?.unwrap_or_default();
                if boards::rows(&then)? != boards::rows(packed)? {
                    return Ok(false);
                }
            }
            if !others.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What these boards have different from an issue.
    fn difference_from(
        &self,
        campaign: &str,
        before: &ResultRow,
        reader: Reader,
        (boards, awards): (&[PackedBoard], &Given),
    ) -> Result<DifferenceView, Fault> {
        let (mut then, mut now) = (Places::new(), Places::new());
        for board in self.result_boards(campaign, before.issue, reader)?.iter().filter(|board| board.is_main()) {
            let packed = self.packed(campaign, before.issue, reader, &board.part())?.unwrap_or_default();
            add_places(&mut then, board, &packed)?;
        }
        for (_, board, packed) in boards.iter().filter(|(of, board, _)| *of == reader && board.is_main()) {
            add_places(&mut now, board, packed)?;
        }
        add_awards(&mut then, &self.result_awards(campaign, before.issue, reader)?);
        add_awards(&mut now, awards.seen_by(reader));
        Ok(difference(before.issue, then, now))
    }
}

fn default_kind(snapshot: &Snapshot) -> String {
    let campaign = snapshot.campaign();
    campaign.kind(campaign.default_kind()).map(|kind| kind.code.clone()).unwrap_or_default()
}

/// The boards of an issue, for each reader.
fn compute(snapshot: &Snapshot, known_at: Instant) -> Result<Vec<PackedBoard>, Fault> {
    let show = Show {
        known_at: Some(known_at),
        revision: Some(snapshot.revision),
        policy_version: Some(snapshot.policy_version),
        status: Some("final"),
        ..Show::default()
    };
    let mut computed = Vec::new();
    for (board, query) in boards::all(snapshot) {
        for reader in Reader::ALL {
            if let Some(packed) = packed(snapshot, &query, &show, reader)? {
                computed.push((reader, board.clone(), packed));
            }
        }
    }
    Ok(computed)
}

/// Stores an issue, where what it was computed of still stands.
fn store(work: &mut Work<'_>, prepared: Prepared, overrides: &[Override]) -> Result<Done, Fault> {
    let Prepared { snapshot, imprint, whole_sha256, public_sha256, parts } = prepared;
    let stored = work.campaign()?;
    if stored.revision != snapshot.revision {
        return Err(Fault::new(Code::ResultStale, "the campaign has changed while its result was computed; try again"));
    }
    let now = work.now;
    // what makes no revision may have come meanwhile: a request, an appeal
    let ground = &mut Ground { conn: work.conn()?, campaign_id: stored.id, snapshot: &snapshot, now };
    let aside = set_aside(&blockers(ground)?, overrides)?;
    if aside != imprint.overrides {
        return Err(Fault::new(Code::ResultStale, "what stands in the way has changed meanwhile; try again"));
    }
    let (revision, _) = work.accept("result")?;
    let archive = archive_now(work)?;
    let row = row(work, stored.id, &imprint, archive, (whole_sha256, public_sha256))?;
    let part = |(reader, part, bytes): PackedPart| PartRow {
        campaign_id: stored.id,
        issue: row.issue,
        audience: reader.code(),
        part,
        bytes,
    };
    let parts: Vec<PartRow> = parts.into_iter().map(part).collect();
    results::insert(work.conn()?, &row, &parts)?;
    // from here on the public sees the campaign as it stood for this issue
    pin(work, PinStatus::Final, Some(row.issue), archive, &imprint.reason)?;
    let code = &stored.campaign.code;
    let view = ResultRowView::of(code, &row, "valid", Reader::Whole);
    let note = Note::of("result.finalise", format!("results/{}", row.issue), None, Some(&view));
    work.note(note.with("overrides", overrides_json(&aside)?));
    let location = Some(format!("/campaigns/{}/results/{}", escape(code), row.issue));
    Ok(Done { location, ..done(201, &WrittenView { written: view, revision })? })
}

fn row(
    work: &Work<'_>,
    campaign_id: i64,
    imprint: &Imprint,
    archive: i64,
    (whole_sha256, public_sha256): (String, String),
) -> Result<ResultRow, Fault> {
    let new = NewResult {
        issue: imprint.issue,
        created_at: imprint.created_at,
        author: work.author().to_owned(),
        reason: imprint.reason.clone(),
        overrides: overrides_json(&imprint.overrides)?.to_string(),
        of: imprint.of,
        as_of: imprint.as_of,
        default_kind: imprint.default_kind.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        archive,
        against: imprint.against,
        whole_sha256,
        public_sha256,
    };
    Ok(ResultRow::new(campaign_id, new))
}

fn overrides_json(overrides: &[OverrideView]) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(overrides).map_err(Fault::internal)
}
