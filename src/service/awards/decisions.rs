//! The council's decisions about ties: which of the tied units get the last places.
//!
//! A decision is bound to what it decided: the award, the block, the day of the board, the
//! units tied and how many of them win. Where the tie changes, it decides nothing any more
//! and is shown as stale; where it stands again, so does the decision. It is made only where
//! exactly such a tie is open, and taken back with a reason. It is a revision of the campaign
//! and changes no figure.

use super::views::AwardDecisionView;
use super::{Service, outcome};
use crate::domain::{Day, Instant};
use crate::scoring::awards::{Decided, Tie, TieEnd};
use crate::service::Pending;
use crate::service::access::{Contest, Grant, Results};
use crate::service::audit::Note;
use crate::service::boards::{AsOf, Ask, resolve};
use crate::service::decisions::{tag, tagged};
use crate::service::fault::{Code, Fault};
use crate::service::figures::{escape, taken_back};
use crate::service::live::Snapshot;
use crate::service::writer::{Done, Work, WriteRequest};
use crate::store::award_decisions::{self, AwardDecisionRow, NewAwardDecision};
use crate::store::{DbConn, campaigns};
use std::collections::BTreeSet;

/// A decision about a tie, with who made it and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwardDecision {
    /// Its id.
    pub id: String,
    /// What was decided.
    pub decided: Decided,
    /// Why.
    pub reason: String,
    /// By whom.
    pub decided_by: String,
    /// When.
    pub decided_at: Instant,
    /// When and why it was taken back.
    pub withdrawn: Option<(Instant, String)>,
}

/// A decision as somebody sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwardDecisionFor {
    /// Code of the award.
    pub award: String,
    /// The block, where the award is given in each.
    pub block: Option<String>,
    /// Day of the board; the one shown by default without.
    pub as_of: Option<Day>,
    /// Codes of those that win.
    pub winners: Vec<String>,
    /// Why.
    pub reason: String,
}

impl AwardDecision {
    /// As it stood at a revision.
    fn of(row: &AwardDecisionRow, revision: i64) -> Result<Self, Fault> {
        let withdrawn = row.withdrawn_at(revision).map(|at| (at, row.withdrawn_reason.clone().unwrap_or_default()));
        Ok(Self {
            id: row.decision_id.to_string(),
            decided: Decided {
                award: row.award.clone(),
                block: row.block.clone(),
                as_of: row.day(),
                tied: row.tied()?,
                winners: row.winners()?,
            },
            reason: row.reason.clone(),
            decided_by: row.author.clone(),
            decided_at: row.recorded_at(),
            withdrawn,
        })
    }

    /// As it is shown; `state` of one that was not taken back: `standing` or `stale`.
    pub(super) fn view(&self, state: &'static str) -> AwardDecisionView {
        AwardDecisionView {
            id: self.id.clone(),
            award: self.decided.award.clone(),
            block: self.decided.block.clone(),
            as_of: self.decided.as_of.to_string(),
            tied: self.decided.tied.clone(),
            winners: self.decided.winners.clone(),
            reason: self.reason.clone(),
            decided_by: self.decided_by.clone(),
            decided_at: self.decided_at,
            state: if self.withdrawn.is_some() { "withdrawn" } else { state },
            withdrawn_at: self.withdrawn.as_ref().map(|(at, _)| *at),
            withdrawn_reason: self.withdrawn.as_ref().map(|(_, reason)| reason.clone()),
        }
    }
}

/// The decisions that were made by a revision, as they stood then; the oldest first.
pub(in crate::service) fn at_revision(
    conn: &mut DbConn,
    campaign_id: i64,
    revision: i64,
) -> Result<Vec<AwardDecision>, Fault> {
    let rows = award_decisions::list(conn, campaign_id)?;
    let known = rows.iter().filter(|row| row.revision <= revision);
    known.map(|row| AwardDecision::of(row, revision)).collect()
}

/// Each decision with its state on the boards of a snapshot.
fn with_states(snapshot: &Snapshot, decisions: &[AwardDecision]) -> Vec<AwardDecisionView> {
    let standing: Vec<&AwardDecision> = decisions.iter().filter(|d| d.withdrawn.is_none()).collect();
    let days: BTreeSet<Day> = standing.iter().map(|decision| decision.decided.as_of).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for day in days.into_iter().filter_map(|day| snapshot.ledger().calendar.index(day)) {
        let is_used = outcome(&snapshot.boards, day, &standing).is_used;
        let of_day = standing.iter().zip(is_used).filter(|(_, is_used)| *is_used);
        used.extend(of_day.map(|(decision, _)| decision.id.as_str()));
    }
    let view = |d: &AwardDecision| d.view(if used.contains(d.id.as_str()) { "standing" } else { "stale" });
    decisions.iter().map(view).collect()
}

impl Service {
    /// The decisions about ties as they stood at a snapshot's revision, the oldest first.
    /// May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn award_decisions_at(&self, snapshot: &Snapshot) -> Result<Vec<AwardDecision>, Fault> {
        let code = &snapshot.campaign().code;
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, code)?.ok_or_else(|| Fault::no_campaign(code))?;
            at_revision(conn, stored.id, snapshot.revision)
        })
    }

    /// The decisions about ties with what became of them, the latest first. May block.
    ///
    /// # Errors
    /// As [`Service::award_decisions_at`].
    pub fn award_decisions(
        &self,
        _grant: &Grant<Results>,
        snapshot: &Snapshot,
    ) -> Result<Vec<AwardDecisionView>, Fault> {
        let mut views = with_states(snapshot, &self.award_decisions_at(snapshot)?);
        views.reverse();
        Ok(views)
    }

    /// The council decides an open tie.
    pub fn decide_tie(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        new: AwardDecisionFor,
        request: WriteRequest,
    ) -> Pending {
        let author = grant.proof().actor;
        self.write(grant, campaign, request, move |work, _| decide(work, new, author))
    }

    /// The council takes a decision back: the tie is open again, where it stands.
    pub fn take_back_tie(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        id: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let rows = award_decisions::list(work.conn()?, stored.id)?;
            let now = work.revision();
            let row = rows.into_iter().find(|r| r.decision_id.to_string() == id && r.withdrawn_at(now).is_none());
            let row = row.ok_or_else(|| {
                Fault::new(Code::AwardDecisionNotFound, format!("no decision {id:?} about a tie stands"))
            })?;
            let snapshot = work.present(&stored)?;
            let before = with_states(&snapshot, &[AwardDecision::of(&row, now)?]).pop();
            request.check_if_match(before.as_ref().map(tag).as_deref(), false)?;
            let (revision, at) = work.accept("award decision taken back")?;
            award_decisions::withdraw(work.conn()?, &row, (at, revision), &reason)?;
            let note = Note::of("award.take_back", format!("awards/decisions/{id}"), before.as_ref(), None);
            work.note(note.with("reason", reason.clone()));
            taken_back(at, reason, revision)
        })
    }
}

fn decide(work: &mut Work<'_>, new: AwardDecisionFor, author: String) -> Result<Done, Fault> {
    let stored = work.campaign()?;
    let (now, revision) = (work.now, work.revision());
    let decisions = at_revision(work.conn()?, stored.id, revision)?;
    let snapshot = work.present(&stored)?;
    let asked = resolve(snapshot.ledger(), &Ask { as_of: new.as_of.map(AsOf::Day), ..Ask::default() }, now)?;
    let tie = open_tie(&snapshot, asked.as_of, &decisions, &new)?;
    let code = |unit: &u32| snapshot.register().unit(*unit).map(|unit| unit.code.clone()).unwrap_or_default();
    let mut tied: Vec<String> = tie.units.iter().map(code).collect();
    tied.sort_unstable();
    let mut winners = new.winners;
    winners.sort_unstable();
    check_winners(&winners, &tied, tie.places_left)?;
    let (revision, at) = work.accept("award decision")?;
    let id = decisions.iter().filter_map(|d| d.id.parse::<i64>().ok()).max().unwrap_or(0) + 1;
    let day = snapshot.ledger().calendar.day(asked.as_of);
    let (award, block, reason) = (new.award, new.block, new.reason);
    let row = NewAwardDecision { award, block, day, tied: &tied, winners: &winners, reason, author };
    let row = AwardDecisionRow::new(stored.id, id, row, at, revision);
    award_decisions::insert(work.conn()?, &row)?;
    let view = AwardDecision::of(&row, revision)?.view("standing");
    work.note(Note::of("award.decide", format!("awards/decisions/{id}"), None, Some(&view)));
    let mut answer = tagged(201, view, revision)?;
    answer.location = Some(format!("/campaigns/{}/awards/decisions/{id}", escape(&stored.campaign.code)));
    Ok(answer)
}

/// The tie that a decision is about, where exactly such a one is open.
fn open_tie(
    snapshot: &Snapshot,
    as_of: usize,
    decisions: &[AwardDecision],
    new: &AwardDecisionFor,
) -> Result<Tie, Fault> {
    let catalogue = &snapshot.campaign().awards;
    if catalogue.find(&new.award).is_none() {
        let codes = catalogue.list.iter().map(|award| award.code.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!("no award {:?} in this campaign; expected one of: {codes}", new.award);
        return Err(Fault::of_field(Code::InvalidRequest, "/award", detail));
    }
    let standing: Vec<&AwardDecision> = decisions.iter().filter(|d| d.withdrawn.is_none()).collect();
    let outcome = outcome(&snapshot.boards, as_of, &standing);
    let found = outcome.awards.into_iter().find(|awarded| {
        let award = catalogue.list.get(awarded.award);
        award.is_some_and(|award| award.code == new.award) && awarded.block == new.block
    });
    let day = snapshot.ledger().calendar.day(as_of);
    match found.and_then(|awarded| awarded.tie) {
        Some(tie) if tie.end == TieEnd::Open => Ok(tie),
        Some(Tie { end: TieEnd::Decided(at), .. }) => {
            let id = standing.get(at).map_or("", |decision| &decision.id);
            Err(no_tie(&new.award, day, &format!("decision {id} decided it already; take that back first")))
        }
        _ => Err(no_tie(&new.award, day, "there is none")),
    }
}

fn no_tie(award: &str, day: Day, why: &str) -> Fault {
    Fault::new(Code::NoOpenTie, format!("no tie for award {award:?} is open on the board of {day}: {why}"))
}

/// Refuses anybody who is not among the tied, and more or fewer than there are places.
fn check_winners(winners: &[String], tied: &[String], places: u64) -> Result<(), Fault> {
    let other = winners.iter().find(|code| !tied.contains(code));
    let is_repeated = winners.windows(2).any(|pair| pair.first() == pair.get(1));
    if other.is_none() && !is_repeated && winners.len() as u64 == places {
        return Ok(());
    }
    let detail = format!("expected {places} of the tied units, each once: {}", tied.join(", "));
    Err(Fault::of_field(Code::InvalidRequest, "/winners", detail))
}
