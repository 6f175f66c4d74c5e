//! Answers to flags: who is asked explains, and the council closes.
//!
//! Whoever may record a unit's figures may answer its flags; the flag stays open, with the
//! explanation beside it. The council's answer closes it, since nobody closes a question about
//! themselves. Each answer is a decision with a revision of its own, as others are; it changes
//! no figure.

use super::Service;
use super::access::{Decisions, Figures, Grant};
use super::audit::Note;
use super::decisions::{find, tag, tagged};
use super::fault::{Code, Fault};
use super::figures::taken_back;
use super::flags::{Flag, flags, no_flag};
use super::live::{Sight, Snapshot};
use super::writer::{Done, Pending, Work, WriteRequest};
use crate::scoring::quality::FlagId;
use crate::store::flag_answers::{self, FlagAnswerRow, Flagged, NewFlagAnswer};
use std::sync::Arc;

/// What was found about a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagVerdict {
    /// It is right as it was reported.
    AsReported,
    /// It was wrong, and was corrected.
    Corrected,
    /// It holds cases of days before, which nobody knows any more.
    BookedLate,
    /// The day is excused, or will be.
    Excused,
}

impl FlagVerdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AsReported, Self::Corrected, Self::BookedLate, Self::Excused];

    /// Its name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::AsReported => "as_reported",
            Self::Corrected => "corrected",
            Self::BookedLate => "booked_late",
            Self::Excused => "excused",
        }
    }

    /// The verdict of a name.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }
}

/// An answer to a flag as somebody sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagAnswerFor {
    /// What was found, in words.
    pub answer: String,
    /// What was found, as a code.
    pub verdict: FlagVerdict,
}

impl Service {
    /// Whoever reports for a unit explains a figure; the flag stays open.
    pub fn explain_flag(
        &self,
        grant: &Grant<Figures>,
        campaign: &str,
        id: String,
        answer: FlagAnswerFor,
        request: WriteRequest,
    ) -> Pending {
        let author = grant.proof().actor;
        self.write(grant, campaign, request, move |work, request| enter(work, request, &id, (answer, false), author))
    }

    /// The council answers a flag and closes it.
    pub fn close_flag(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        id: String,
        answer: FlagAnswerFor,
        request: WriteRequest,
    ) -> Pending {
        let author = grant.proof().actor;
        self.write(grant, campaign, request, move |work, request| enter(work, request, &id, (answer, true), author))
    }

    /// The council takes back what closed a flag: it is open again, where its values stand.
    pub fn reopen_flag(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        id: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (snapshot, flag, _) = flag_of(work, &id)?;
            let view = flag.view(&snapshot, Sight::Full);
            request.check_if_match(Some(&tag(&view)), false)?;
            let closing: Vec<FlagAnswerRow> = flag.standing(snapshot.revision).filter(|r| r.closes).cloned().collect();
            if closing.is_empty() {
                return Err(Fault::new(Code::FlagNotClosed, format!("the flag {id} is open already")));
            }
            let (revision, at) = work.accept("flag reopened")?;
            for row in &closing {
                flag_answers::withdraw(work.conn()?, row, (at, revision), &reason)?;
            }
            work.note(Note::of("flag.reopen", target(&id), Some(&view), None).with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }
}

fn target(id: &str) -> String {
    format!("flags/{id}")
}

/// The facts as they stand, the flag of a name, and the key of its unit, which the write must
/// be allowed to touch.
fn flag_of(work: &mut Work<'_>, id: &str) -> Result<(Arc<Snapshot>, Flag, i64), Fault> {
    let parsed = FlagId::parse(id).ok_or_else(|| no_flag(id))?;
    let (stored, unit) = find(work, &parsed.unit_code)?;
    let rows = flag_answers::list(work.conn()?, stored.id, Some(unit.id))?;
    // all that was accepted before stands in this transaction
    let mut snapshot = work.present(&stored)?;
    if snapshot.revision != work.revision() {
        snapshot = Arc::new(snapshot.after(&[], work.recorded()));
    }
    let found = flags(&snapshot, rows).into_iter().find(|flag| flag.id == parsed);
    let found = found.ok_or_else(|| no_flag(id))?;
    Ok((snapshot, found, unit.id))
}

fn enter(
    work: &mut Work<'_>,
    request: &WriteRequest,
    id: &str,
    (said, closes): (FlagAnswerFor, bool),
    author: String,
) -> Result<Done, Fault> {
    let (snapshot, mut flag, unit_id) = flag_of(work, id)?;
    let before = flag.view(&snapshot, Sight::Full);
    request.check_if_match(Some(&tag(&before)), false)?;
    if !closes && flag.is_closed(snapshot.revision) {
        let detail = format!("the council closed the flag {id}; it can be answered again once it is reopened");
        return Err(Fault::new(Code::FlagClosed, detail));
    }
    let is_said = |row: &&FlagAnswerRow| {
        (row.answer.as_str(), row.verdict.as_str(), row.closes) == (&said.answer, said.verdict.code(), closes)
    };
    if flag.standing(snapshot.revision).next_back().filter(is_said).is_some() {
        return tagged(200, before, work.revision());
    }
    let is_first = flag.standing(snapshot.revision).next().is_none();
    let (revision, at) = work.accept("flag answer")?;
    let new = NewFlagAnswer {
        flag: Flagged {
            unit_id,
            rule: flag.id.rule.code(),
            day: flag.id.day,
            fingerprint: format!("{:016x}", flag.id.fingerprint),
        },
        answer: said.answer,
        verdict: said.verdict.code(),
        closes,
        author,
        numbers: serde_json::to_string(&flag.numbers).map_err(Fault::internal)?,
    };
    let row = FlagAnswerRow::new(work.campaign()?.id, new, at, revision);
    flag_answers::insert(work.conn()?, &row)?;
    flag.answer(row);
    let after = flag.view(&snapshot, Sight::Full);
    work.note(Note::of("flag.answer", target(id), Some(&before), Some(&after)));
    tagged(if is_first { 201 } else { 200 }, after, revision)
}
