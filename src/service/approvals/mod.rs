//! What waits for a second person: late figures, corrections of closed days and changes of
//! rules, where the campaign asks for it ([`super::closing`]).
//!
//! A request is kept whole and changes nothing: no board, no history, no revision. Somebody
//! else looks at what it would do ([`effect`]) and approves it, then it takes effect as new
//! revisions with who asked as author ([`decide`]). What it was asked against is kept with
//! it: where that has changed meanwhile, the request is stale and has to be asked anew.

mod decide;
mod effect;
mod payload;
mod views;

pub(super) use payload::Payload;
pub use views::{ApprovalDetailView, ApprovalLinks, ApprovalRowView, ApprovalView, PendingView, TwoPersonsView};
use views::{detail, location, stored_view, the_only, view};

pub use crate::store::approvals::ApprovalState;

use super::Service;
use super::access::{Audience, Caller};
use super::audit::Note;
use super::campaigns::campaign_json;
use super::fault::{Code, Fault};
use super::figures::done;
use super::live::{Sight, Snapshot};
use super::rendered::etag_of;
use super::views::WrittenView;
use super::writer::{Done, Work};
use crate::domain::{Day, Instant};
use crate::store::approvals::{self, ApprovalDay, ApprovalRow, NewApproval};
use crate::store::campaigns::{self as campaign_store, StoredCampaign};
use crate::store::{DbConn, figures, policies, units};
use std::collections::{HashMap, HashSet};

/// Who looks at requests: they see their own, and with the right those inside their scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Viewer {
    name: String,
    sees_others: bool,
    audience: Audience,
}

impl Viewer {
    /// What a caller sees of the requests of a campaign.
    ///
    /// # Errors
    /// 401 where nobody knows the caller.
    pub fn of(caller: &Caller, campaign: &str) -> Result<Self, Fault> {
        caller.known()?;
        let sees_others = caller.may::<super::access::Waiting>(Some(campaign)).is_ok();
        Ok(Self { name: caller.name(), sees_others, audience: caller.audience(campaign) })
    }

    /// Which requests a viewer sees of a campaign as it stands.
    fn reach<'v>(&'v self, snapshot: &Snapshot) -> Reach<'v> {
        let sight = snapshot.sight(&self.audience);
        let units = (sight != Sight::Full).then(|| {
            let units = 0..u32::try_from(snapshot.register().len()).unwrap_or_default();
            units.filter(|unit| snapshot.is_confided(*unit, sight)).map(|unit| snapshot.key(unit)).collect()
        });
        Reach { viewer: self, units }
    }
}

/// Which requests somebody sees.
struct Reach<'v> {
    viewer: &'v Viewer,
    /// The keys of the units in their scope; none where it is the whole campaign.
    units: Option<HashSet<i64>>,
}

impl Reach<'_> {
    /// One's own, and others' where all that they are about lies in the scope: rules and a
    /// campaign's document lie in the whole campaign alone.
    fn sees(&self, row: &ApprovalRow, days: &[ApprovalDay]) -> bool {
        let is_inside = || match &self.units {
            None => true,
            Some(units) => !days.is_empty() && days.iter().all(|day| units.contains(&day.unit_id)),
        };
        row.requested_by == self.viewer.name || (self.viewer.sees_others && is_inside())
    }
}

/// Which requests are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// Only in this state.
    pub state: Option<ApprovalState>,
    /// Only about this unit.
    pub unit: Option<String>,
}

/// Requests of a campaign as a reader sees them.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Revision of the campaign.
    pub revision: i64,
    /// Rises with each request and each decision of the campaign.
    pub version: i64,
    /// The requests, the latest first.
    pub items: Vec<ApprovalView>,
}

impl Service {
    /// What waits, or waited, for a second person. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn approvals(&self, campaign: &str, filter: &ApprovalFilter, viewer: &Viewer) -> Result<Requests, Fault> {
        let snapshot = self.snapshot(campaign)?;
        let reach = viewer.reach(&snapshot);
        self.read(|conn| {
            let stored = found(conn, campaign)?;
            let codes = units::codes(conn, stored.id)?;
            let mut by_number: HashMap<i64, Vec<ApprovalDay>> = HashMap::new();
            for day in approvals::days(conn, stored.id, None)? {
                by_number.entry(day.number).or_default().push(day);
            }
            let rows = approvals::list(conn, stored.id)?;
            let decided = rows.iter().filter(|row| row.decided_at().is_some()).count();
            let version = i64::try_from(rows.len() + decided).unwrap_or(i64::MAX);
            let mut items = Vec::new();
            for row in &rows {
                let days = by_number.remove(&row.number).unwrap_or_default();
                let code = |day: &ApprovalDay| codes.get(&day.unit_id);
                let is_about = filter.unit.as_ref().is_none_or(|unit| days.iter().any(|day| code(day) == Some(unit)));
                let is_in_state = match filter.state {
                    Some(state) => row.state()? == state,
                    None => true,
                };
                if is_about && is_in_state && reach.sees(row, &days) {
                    let only = the_only(&days).and_then(|day| codes.get(&day.unit_id).cloned());
                    items.push(view(campaign, row, &days, only)?);
                }
            }
            Ok(Requests { revision: stored.revision, version, items })
        })
    }

    /// A request with what it would do, and whether it is about a private unit. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or request, or none that the viewer may see, or
    /// what the database says.
    pub fn approval(
        &self,
        campaign: &str,
        number: &str,
        viewer: &Viewer,
    ) -> Result<(i64, ApprovalDetailView, bool), Fault> {
        let snapshot = self.snapshot(campaign)?;
        let now = self.clock.now();
        self.read(|conn| {
            let stored = found(conn, campaign)?;
            let (row, days) = find(conn, &stored, number)?;
            if !viewer.reach(&snapshot).sees(&row, &days) {
                return Err(Fault::no_approval(number));
            }
            let sight = snapshot.sight(&viewer.audience);
            let (view, payload) = detail(conn, (&stored, &snapshot), (&row, &days), sight, now)?;
            let is_private = |unit: &str| snapshot.register().find(unit).is_some_and(|unit| snapshot.is_private(unit));
            let moves_private = view.effect.iter().flat_map(|effect| &effect.boards).any(|board| {
                let kind = snapshot.campaign().kind_index(&board.kind);
                kind.is_some_and(|kind| snapshot.is_private_kind(kind))
            });
            let has_private = moves_private || payload.unit_days().iter().any(|(unit, _)| is_private(unit));
            Ok((stored.revision, view, has_private))
        })
    }
}

/// What waits for a second person about a unit's day.
pub(super) fn pending_about(
    conn: &mut DbConn,
    campaign_id: i64,
    (unit_id, day): (i64, Day),
) -> Result<Option<PendingView>, Fault> {
    let found = approvals::about(conn, campaign_id, (unit_id, Some(day)), ApprovalState::Pending)?;
    Ok(found.first().map(PendingView::of))
}

fn found(conn: &mut DbConn, campaign: &str) -> Result<StoredCampaign, Fault> {
    campaign_store::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))
}

/// The request of a number, with the days that it is about.
fn find(conn: &mut DbConn, stored: &StoredCampaign, number: &str) -> Result<(ApprovalRow, Vec<ApprovalDay>), Fault> {
    let none = || Fault::no_approval(number);
    // "01" is no other name of "1"
    let parsed: i64 = number.parse().ok().filter(|n: &i64| n.to_string() == number).ok_or_else(none)?;
    let row = approvals::find_opt(conn, stored.id, parsed)?.ok_or_else(none)?;
    let days = approvals::days(conn, stored.id, Some(parsed))?;
    Ok((row, days))
}

/// Whether what a request was asked against still stands.
fn is_current(
    conn: &mut DbConn,
    stored: &StoredCampaign,
    row: &ApprovalRow,
    days: &[ApprovalDay],
) -> Result<bool, Fault> {
    if base(conn, stored, &row.what)? != row.base {
        return Ok(false);
    }
    let of: Vec<(i64, Day)> = days.iter().map(|day| (day.unit_id, day.day())).collect();
    let now = last_changes(conn, stored.id, &of)?;
    Ok(days.iter().all(|day| now.get(&(day.unit_id, day.day())).copied() == day.standing()))
}

/// What a request of a kind is made against, where that is no figure.
fn base(conn: &mut DbConn, stored: &StoredCampaign, what: &str) -> Result<Option<String>, Fault> {
    Ok(match what {
        "policy" => Some(policies::latest_version(conn, stored.id)?.to_string()),
        "campaign" => Some(etag_of(&campaign_json(&stored.campaign))),
        _ => None,
    })
}

/// How many unit-days are asked for together.
const AT_A_TIME: usize = 1_000;

/// When each of some unit-days was last changed, where it ever was.
fn last_changes(conn: &mut DbConn, campaign_id: i64, of: &[(i64, Day)]) -> Result<HashMap<(i64, Day), Instant>, Fault> {
    let mut found = HashMap::with_capacity(of.len());
    for part in of.chunks(AT_A_TIME) {
        for figure in figures::latest(conn, campaign_id, part)? {
            let changed_at =
                figure.stamp.withdrawn_at.map_or(figure.stamp.recorded_at, |at| at.max(figure.stamp.recorded_at));
            found.insert((figure.unit_id, figure.day), changed_at);
        }
    }
    Ok(found)
}

/// Keeps a request until a second person decides: 202 with what waits. One that waits
/// already in the same words is answered again; another one about the same is refused,
/// unless its ground has moved: then it is stale, and makes room.
pub(super) fn ask(work: &mut Work<'_>, stored: &StoredCampaign, payload: Payload) -> Result<Done, Fault> {
    let mut about = Vec::new();
    for (unit_code, day) in payload.unit_days() {
        about.push((work.unit(stored, unit_code)?.id, day));
    }
    let (what, text, author) = (payload.what(), payload.to_text(), work.actor().to_owned());
    while let Some(mut waiting) = waiting_about(work, stored, what, &about)? {
        let days = approvals::days(work.conn()?, stored.id, Some(waiting.number))?;
        if !is_current(work.conn()?, stored, &waiting, &days)? {
            decide::become_stale(work, stored, &mut waiting, &days)?;
            continue;
        }
        if (waiting.what.as_str(), &waiting.payload, &waiting.requested_by) == (what, &text, &author) {
            return answer(work, stored, 202, &waiting, &days);
        }
        let detail = format!(
            "approval {} about the same waits for a second person; it is decided or taken back first",
            waiting.number
        );
        return Err(Fault::new(Code::ApprovalPending, detail));
    }
    let now = work.now;
    let conn = work.conn()?;
    let number = approvals::next_number(conn, stored.id)?;
    let base = base(conn, stored, what)?;
    let standing = last_changes(conn, stored.id, &about)?;
    let reason = payload.reason();
    let new = NewApproval { number, what, payload: text, base, requested_by: author, requested_at: now, reason };
    let row = ApprovalRow::new(stored.id, new);
    let day = |at: &(i64, Day)| ApprovalDay::new(stored.id, number, *at, standing.get(at).copied());
    let mut days: Vec<ApprovalDay> = about.iter().map(day).collect();
    days.sort_by_key(|day| (day.unit_id, day.day()));
    approvals::insert(conn, &row, &days)?;
    note(work, stored, "approval.request", &row, &days)?;
    answer(work, stored, 202, &row, &days)
}

/// What waits about any of the same unit-days; of rules and documents, about the same.
fn waiting_about(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    what: &str,
    about: &[(i64, Day)],
) -> Result<Option<ApprovalRow>, Fault> {
    let conn = work.conn()?;
    match about {
        [] => Ok(approvals::pending(conn, stored.id, what)?),
        [(unit_id, day)] => {
            let of_day = (*unit_id, Some(*day));
            Ok(approvals::about(conn, stored.id, of_day, ApprovalState::Pending)?.into_iter().next())
        }
        many => {
            let asked: HashSet<(i64, Day)> = many.iter().copied().collect();
            let waiting = approvals::pending_days(conn, stored.id)?;
            let same = waiting.iter().find(|day| asked.contains(&(day.unit_id, day.day())));
            Ok(same.map(|day| approvals::find_opt(conn, stored.id, day.number)).transpose()?.flatten())
        }
    }
}

/// Keeps in the log what became of a request; figures themselves are kept where they change.
fn note(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    action: &'static str,
    row: &ApprovalRow,
    days: &[ApprovalDay],
) -> Result<(), Fault> {
    let view = stored_view(work.conn()?, stored, row, days)?;
    let note = Note::of(action, format!("approvals/{}", row.number), None, Some(&view));
    work.note(note.with("payload_sha256", super::secrets::hash_of(&row.payload)));
    Ok(())
}

fn answer(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    status: u16,
    row: &ApprovalRow,
    days: &[ApprovalDay],
) -> Result<Done, Fault> {
    let written = stored_view(work.conn()?, stored, row, days)?;
    let location = Some(location(&stored.campaign.code, &written.id)).filter(|_| status == 202);
    Ok(Done { location, ..done(status, &WrittenView { written, revision: work.revision() })? })
}
