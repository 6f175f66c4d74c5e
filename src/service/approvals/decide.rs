//! Requests decided: approved by a second person who has seen what they do, refused, or
//! taken back by who asked.

use super::{ApprovalState, Payload, answer, detail, find, is_current, note};
use crate::domain::{Campaign, Day, Instant};
use crate::service::Service;
use crate::service::access::{Approve, Grant, Known};
use crate::service::campaigns::{check_replaceable, replace_document};
use crate::service::decisions::tag;
use crate::service::fault::{Code, Fault};
use crate::service::figures::{Entered, check_figure, enter_figure, no_figure, record_many, withdraw_figure};
use crate::service::imports::keep;
use crate::service::policies::{Words, adopt};
use crate::service::sources::source_asked;
use crate::service::views::RowsView;
use crate::service::writer::{Behalf, Done, IfMatch, Pending, Work, WriteRequest};
use crate::store::approvals::{self, ApprovalDay, ApprovalRow, Decision};
use crate::store::campaigns::StoredCampaign;
use std::collections::HashSet;
use std::sync::Arc;

impl Service {
    /// A second person approves a request: it takes effect as new revisions whose author is
    /// who asked. `If-Match` names what was looked at: the request with its effect.
    pub fn approve(
        &self,
        grant: &Grant<Approve>,
        campaign: &str,
        number: String,
        reason: Option<String>,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let (mut row, days, payload) = open(work, &stored, &number)?;
            if !is_current(work.conn()?, &stored, &row, &days)? {
                return mark_stale(work, &stored, &mut row, &days);
            }
            check_seen(work, &stored, (&row, &days), request)?;
            let at = carry_out(work, &stored, &row, payload)?;
            let revision = Some(work.revision());
            let stored = work.campaign()?;
            decide(work, &mut row, ApprovalState::Approved, (at, reason, revision))?;
            note(work, &stored, "approval.approve", &row, &days)?;
            answer(work, &stored, 200, &row, &days)
        })
    }

    /// A second person refuses a request: nothing changes.
    pub fn reject(
        &self,
        grant: &Grant<Approve>,
        campaign: &str,
        number: String,
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let (mut row, days, _) = open(work, &stored, &number)?;
            let now = work.now;
            decide(work, &mut row, ApprovalState::Rejected, (now, Some(reason), None))?;
            note(work, &stored, "approval.reject", &row, &days)?;
            answer(work, &stored, 200, &row, &days)
        })
    }

    /// Who asked takes a request back; `sees_others` where the caller may know of others'.
    pub fn withdraw_request(
        &self,
        grant: &Grant<Known>,
        campaign: &str,
        (number, sees_others): (String, bool),
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let (mut row, days) = find(work.conn()?, &stored, &number)?;
            if row.requested_by != work.actor() {
                let detail = "only who asked takes it back; a second person refuses it";
                let fault = Fault::new(Code::NotOwnRequest, detail);
                return Err(if sees_others { fault } else { Fault::no_approval(&number) });
            }
            check_open(&row)?;
            let now = work.now;
            decide(work, &mut row, ApprovalState::Withdrawn, (now, Some(reason), None))?;
            note(work, &stored, "approval.withdraw", &row, &days)?;
            answer(work, &stored, 200, &row, &days)
        })
    }
}

/// A request that nobody has decided, for a second person who may decide it.
fn open(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    number: &str,
) -> Result<(ApprovalRow, Vec<ApprovalDay>, Payload), Fault> {
    let (row, days) = find(work.conn()?, stored, number)?;
    let payload = Payload::parse(&row.what, &row.payload)?;
    // who may not touch what a request is about is told that first
    check_scope(work, stored, &payload)?;
    check_second_person(work, &row)?;
    check_open(&row)?;
    Ok((row, days, payload))
}

fn check_open(row: &ApprovalRow) -> Result<(), Fault> {
    match row.state()? {
        ApprovalState::Pending => Ok(()),
        state => Err(Fault::new(Code::ApprovalDecided, format!("approval {} is {} already", row.number, state.code()))),
    }
}

/// Never oneself, and never a machine: two people stand behind what an approval becomes.
fn check_second_person(work: &Work<'_>, row: &ApprovalRow) -> Result<(), Fault> {
    if row.requested_by == work.actor() {
        let detail = "nobody decides what they asked for; somebody else with the right does, and you may take it back";
        return Err(Fault::new(Code::OwnRequest, detail));
    }
    if work.is_machine() {
        return Err(Fault::new(Code::Forbidden, "a machine's token decides no request: a person with an account does"));
    }
    Ok(())
}

/// Refuses who does not reach all units of a request; rules and documents are of the whole campaign.
fn check_scope(work: &mut Work<'_>, stored: &StoredCampaign, payload: &Payload) -> Result<(), Fault> {
    if work.within().is_none() {
        return Ok(());
    }
    let days = payload.unit_days();
    if days.is_empty() {
        return Err(Fault::new(Code::Forbidden, "this concerns the whole campaign, which lies outside your scope"));
    }
    let codes: std::collections::BTreeSet<&str> = days.into_iter().map(|(code, _)| code).collect();
    codes.into_iter().try_for_each(|code| work.unit(stored, code).map(drop))
}

/// Checks that what the caller has looked at is what would happen.
fn check_seen(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (row, days): (&ApprovalRow, &[ApprovalDay]),
    request: &WriteRequest,
) -> Result<(), Fault> {
    let Some(IfMatch::Tags(seen)) = &request.if_match else {
        let detail = "approving needs If-Match with the ETag of the approval as you have read it, with its effect";
        return Err(Fault::new(Code::PreconditionRequired, detail));
    };
    let (snapshot, now) = (work.present(stored)?, work.now);
    let sight = snapshot.sight(&work.audience());
    let (view, _) = detail(work.conn()?, (stored, &snapshot), (row, days), sight, now)?;
    if seen.contains(&tag(&view)) {
        return Ok(());
    }
    let detail = "the approval would do something else by now than when you read it; look at its effect again";
    Err(Fault::new(Code::PreconditionFailed, detail))
}

/// Marks a request whose ground has moved; nothing of it takes effect.
pub(super) fn become_stale(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    row: &mut ApprovalRow,
    days: &[ApprovalDay],
) -> Result<(), Fault> {
    let now = work.now;
    decide(work, row, ApprovalState::Stale, (now, None, None))?;
    note(work, stored, "approval.stale", row, days)
}

/// Marks a request whose ground has moved, and refuses to approve it.
fn mark_stale(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    row: &mut ApprovalRow,
    days: &[ApprovalDay],
) -> Result<Done, Fault> {
    become_stale(work, stored, row, days)?;
    let detail = format!(
        "what approval {} was asked against has changed since; nothing took effect, and it has to be asked anew",
        row.number
    );
    work.refuse_but_keep(Fault::new(Code::ApprovalStale, detail));
    answer(work, stored, 200, row, days)
}

fn decide(
    work: &mut Work<'_>,
    row: &mut ApprovalRow,
    state: ApprovalState,
    (at, reason, revision): (Instant, Option<String>, Option<i64>),
) -> Result<(), Fault> {
    row.decide(Decision { state, by: work.actor().to_owned(), at, reason, revision });
    Ok(approvals::decide(work.conn()?, row)?)
}

/// Does what was asked for; answers the instant of the revision that it became.
fn carry_out(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    row: &ApprovalRow,
    payload: Payload,
) -> Result<Instant, Fault> {
    work.act_on_behalf(Behalf { approval: row.number, requested_by: row.requested_by.clone() });
    match payload {
        Payload::Figure(figure) => {
            // the campaign may have declared sources meanwhile
            source_asked(&stored.campaign.sources, None)?;
            let unit = work.unit(stored, &figure.unit_code)?;
            check_figure(&stored.campaign, &unit.unit, figure.day, work.now)?;
            let standing = work.standing(stored, &unit, figure.day)?;
            enter_figure(work, stored, (&unit, figure.day), standing, figure.figure)?;
        }
        Payload::TakeBack { unit_code, day, reason } => take_back(work, stored, &unit_code, day, &reason)?,
        Payload::Figures(rows) => {
            write_all(record_many(work, rows, "figures")?)?;
        }
        Payload::Import(rows) => {
            let units: HashSet<&str> = rows.iter().map(|row| row.unit_code.as_str()).collect();
            let days: HashSet<Day> = rows.iter().map(|row| row.day).collect();
            let named = (units.len() as u64, days.len() as u64);
            let rows = write_all(record_many(work, rows, "import")?)?;
            keep(work, "figures", &rows, named)?;
        }
        Payload::Rules(rules, words) => {
            let campaign = rules.put_on(&stored.campaign);
            let words = Words { reason: row.reason.clone(), ..words };
            adopt(work, stored, campaign, words)?;
        }
        Payload::Campaign(campaign) => put_document(work, stored, *campaign)?,
    }
    Ok(work.campaign()?.last_recorded_at)
}

fn take_back(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    unit_code: &str,
    day: Day,
    reason: &str,
) -> Result<(), Fault> {
    let unit = work.unit(stored, unit_code)?;
    let (_, standing) = work.standing(stored, &unit, day)?;
    let standing = standing.ok_or_else(|| no_figure(unit_code, day))?;
    withdraw_figure(work, stored, (&unit, day), &standing, reason).map(drop)
}

fn write_all(entered: Entered) -> Result<RowsView, Fault> {
    match entered {
        Entered::Written(rows) => Ok(rows),
        Entered::Held(_) => Err(Fault::internal("what was approved would wait again")),
    }
}

fn put_document(work: &mut Work<'_>, stored: &StoredCampaign, campaign: Campaign) -> Result<(), Fault> {
    check_replaceable(work.conn()?, stored, &campaign)?;
    replace_document(work, stored, Arc::new(campaign))
}
