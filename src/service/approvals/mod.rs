//! What waits for a second person (issue: the two-person rule): late figures, corrections
//! of closed days and changes of rules, where the campaign asks for it ([`super::closing`]).
//!
//! A request is kept whole and changes nothing: no board, no history, no revision. Somebody
//! else looks at what it would do ([`effect`]) and approves it, then it takes effect as new
//! revisions with who asked as author ([`decide`]). What it was asked against is kept with
//! it: where that has changed meanwhile, the request is stale and has to be asked anew.

mod decide;
mod effect;
mod payload;

pub use effect::{BoardEffectView, EffectView};
pub(super) use payload::Payload;

pub use crate::store::approvals::ApprovalState;

use super::Service;
use super::access::{Approve, Audience, Caller};
use super::audit::Note;
use super::campaigns::campaign_json;
use super::fault::{Code, Fault};
use super::figures::{done, escape};
use super::live::{Sight, Snapshot};
use super::rendered::etag_of;
use super::views::WrittenView;
use super::writer::{Done, Work};
use crate::domain::{Counts, Day, Indicator, Instant};
use crate::store::approvals::{self, ApprovalDay, ApprovalRow, NewApproval};
use crate::store::campaigns::{self as campaign_store, StoredCampaign};
use crate::store::{DbConn, figures, policies, units};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A request that waits, or waited, for a second person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    /// Its id.
    pub id: String,
    /// `figure`, `take_back`, `figures` (a batch), `import`, `policy` or `campaign`.
    pub what: String,
    /// `pending`, `approved`, `rejected`, `stale` or `withdrawn`.
    pub state: &'static str,
    /// Who asked, as the log names them.
    pub requested_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
    /// Why; null where nobody said, or where the rows have reasons of their own.
    pub reason: Option<String>,
    /// How many unit-days it is about.
    pub unit_days: u64,
    /// Code of the unit, where it is about one unit-day.
    pub unit_code: Option<String>,
    /// The day, where it is about one unit-day.
    #[schema(format = Date)]
    pub date: Option<String>,
    /// Who decided, as the log names them.
    pub decided_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Instant>,
    /// Why it was decided so.
    pub decided_reason: Option<String>,
    /// Revision of the campaign that it became.
    pub applied_revision: Option<i64>,
    /// Where to go from here.
    pub links: ApprovalLinks,
}

/// Addresses of an approval.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalLinks {
    /// What it would do: GET. Who asked takes it back here: DELETE.
    pub approval: String,
    /// A second person approves it: POST.
    pub approve: String,
    /// A second person refuses it: POST.
    pub reject: String,
}

/// A request with what it says and, while it waits, what it would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalDetailView {
    /// The request.
    #[serde(flatten)]
    pub approval: ApprovalView,
    /// Of figures: the first hundred rows.
    pub rows: Vec<ApprovalRowView>,
    /// Of rules: those asked for; of a campaign: its document.
    #[schema(value_type = Option<Object>)]
    pub document: Option<Value>,
    /// While it waits: whether what it was asked against still stands, so that it can be approved.
    pub is_current: Option<bool>,
    /// While it waits: what it would do now.
    pub effect: Option<EffectView>,
}

/// A figure that is asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalRowView {
    /// Code of the unit.
    pub unit_code: String,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// What stands, while it waits.
    pub before: Option<CountsView>,
    /// What would stand; null: the figure would be taken back.
    pub after: Option<CountsView>,
    /// The note that would stand.
    pub note: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The counts of a figure; null where a count is not classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsView {
    /// Cases found outside quarantine and locked-down areas.
    pub community_f0: u64,
    /// Cases found in quarantine, locked-down areas, at entry.
    pub contained_f0: Option<u64>,
    /// Community cases of unknown source.
    pub unknown_source_f0: Option<u64>,
    /// Community cases from settings of high risk.
    pub high_risk_setting_f0: Option<u64>,
    /// Households with their first case.
    pub households_f0: Option<u64>,
    /// Those of them linked to other households.
    pub linked_households_f0: Option<u64>,
}

impl CountsView {
    fn of(counts: &Counts) -> Self {
        let count = |indicator| counts.get(indicator).map(u64::from);
        Self {
            community_f0: u64::from(counts.community_f0()),
            contained_f0: count(Indicator::ContainedF0),
            unknown_source_f0: count(Indicator::UnknownSourceF0),
            high_risk_setting_f0: count(Indicator::HighRiskSettingF0),
            households_f0: count(Indicator::HouseholdsF0),
            linked_households_f0: count(Indicator::LinkedHouseholdsF0),
        }
    }
}

/// How many rows of a request are shown.
const SHOWN: usize = 100;

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

    fn sees(&self, row: &ApprovalRow, days: &[ApprovalDay], snapshot: &Snapshot) -> bool {
        if row.requested_by == self.name {
            return true;
        }
        self.sees_others && self.reaches(days, snapshot)
    }

    /// Whether all that a request is about lies in the scope; rules and a campaign's document
    /// lie in the whole campaign alone.
    fn reaches(&self, days: &[ApprovalDay], snapshot: &Snapshot) -> bool {
        let sight = snapshot.sight(&self.audience);
        if sight == Sight::Full {
            return true;
        }
        let is_confided = |id: i64| {
            let mut units = 0..u32::try_from(snapshot.register().len()).unwrap_or_default();
            units.find(|unit| snapshot.key(*unit) == id).is_some_and(|unit| snapshot.is_confided(unit, sight))
        };
        let mut known: HashMap<i64, bool> = HashMap::new();
        !days.is_empty() && days.iter().all(|day| *known.entry(day.unit_id).or_insert_with(|| is_confided(day.unit_id)))
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
                if is_about && is_in_state && viewer.sees(row, &days, &snapshot) {
                    items.push(view(campaign, row, &days, &codes)?);
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
            if !viewer.sees(&row, &days, &snapshot) {
                return Err(Fault::no_approval(number));
            }
            let sight = snapshot.sight(&viewer.audience);
            let (view, payload) = detail(conn, (&stored, &snapshot), (&row, &days), sight, now)?;
            let is_private = |unit: &str| snapshot.register().find(unit).is_some_and(|unit| snapshot.is_private(unit));
            let has_private = payload.unit_days().iter().any(|(unit, _)| is_private(unit));
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

/// That something waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PendingView {
    /// Id of the approval.
    pub approval: String,
    /// `figure`, `take_back`, `figures` or `import`.
    pub what: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
}

impl PendingView {
    fn of(row: &ApprovalRow) -> Self {
        Self { approval: row.number.to_string(), what: row.what.clone(), requested_at: row.requested_at() }
    }
}

/// Both people behind what an approval became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TwoPersonsView {
    /// Id of the approval.
    pub approval: String,
    /// Who asked, as the log names them.
    pub requested_by: String,
    /// Who approved, as the log names them.
    pub approved_by: String,
}

impl TwoPersonsView {
    pub(super) fn of(row: &ApprovalRow) -> Self {
        Self {
            approval: row.number.to_string(),
            requested_by: row.requested_by.clone(),
            approved_by: row.decided_by.clone().unwrap_or_default(),
        }
    }
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

fn view(
    campaign: &str,
    row: &ApprovalRow,
    days: &[ApprovalDay],
    codes: &HashMap<i64, String>,
) -> Result<ApprovalView, Fault> {
    let only = match days {
        [day] => codes.get(&day.unit_id).map(|code| (code.clone(), day.day().to_string())),
        _ => None,
    };
    let (unit_code, date) = only.unzip();
    let id = row.number.to_string();
    let address = format!("/api/v1{}", location(campaign, &id));
    Ok(ApprovalView {
        what: row.what.clone(),
        state: row.state()?.code(),
        requested_by: row.requested_by.clone(),
        requested_at: row.requested_at(),
        reason: row.reason.clone(),
        unit_days: days.len() as u64,
        unit_code,
        date,
        decided_by: row.decided_by.clone(),
        decided_at: row.decided_at(),
        decided_reason: row.decided_reason.clone(),
        applied_revision: row.revision,
        links: ApprovalLinks {
            approve: format!("{address}/approve"),
            reject: format!("{address}/reject"),
            approval: address,
        },
        id,
    })
}

/// Where an approval is, below `/api/v1`.
fn location(campaign: &str, number: &str) -> String {
    format!("/campaigns/{}/approvals/{number}", escape(campaign))
}

/// A request with what it says and would do.
fn detail(
    conn: &mut DbConn,
    (stored, snapshot): (&StoredCampaign, &Snapshot),
    (row, days): (&ApprovalRow, &[ApprovalDay]),
    sight: Sight,
    now: Instant,
) -> Result<(ApprovalDetailView, Payload), Fault> {
    let payload = Payload::parse(&row.what, &row.payload)?;
    let waits = row.state()? == ApprovalState::Pending;
    let codes = units::codes(conn, stored.id)?;
    let stands = |unit: &str, day: Day| {
        let place = snapshot.register().find(unit).zip(snapshot.ledger().calendar.index(day)).filter(|_| waits);
        place.and_then(|(unit, at)| snapshot.ledger().entry(unit, at).counts).map(|counts| CountsView::of(&counts))
    };
    let mut rows: Vec<ApprovalRowView> = Vec::new();
    if let Payload::TakeBack { unit_code, day, reason } = &payload {
        let (before, reason) = (stands(unit_code, *day), Some(reason.clone()));
        let (unit_code, date) = (unit_code.clone(), day.to_string());
        rows.push(ApprovalRowView { unit_code, date, before, after: None, note: None, reason });
    }
    rows.extend(payload.figures().iter().take(SHOWN).map(|row| ApprovalRowView {
        unit_code: row.unit_code.clone(),
        date: row.day.to_string(),
        before: stands(&row.unit_code, row.day),
        after: Some(CountsView::of(&row.figure.counts)),
        note: row.figure.note.clone(),
        reason: row.figure.reason.clone(),
    }));
    let document = match &payload {
        Payload::Rules(rules, _) => Some(rules.to_json()),
        Payload::Campaign(campaign) => Some(campaign.to_json()),
        _ => None,
    };
    let (is_current, effect) = match waits {
        true => {
            let is_current = is_current(conn, stored, row, days)?;
            (Some(is_current), Some(effect::effect(conn, snapshot, &payload, sight, now)?))
        }
        false => (None, None),
    };
    let approval = view(&stored.campaign.code, row, days, &codes)?;
    Ok((ApprovalDetailView { approval, rows, document, is_current, effect }, payload))
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
/// already in the same words is answered again; another one about the same is refused.
pub(super) fn ask(work: &mut Work<'_>, stored: &StoredCampaign, payload: Payload) -> Result<Done, Fault> {
    let mut about = Vec::new();
    for (unit_code, day) in payload.unit_days() {
        about.push((work.unit(stored, unit_code)?.id, day));
    }
    let (what, text, author) = (payload.what(), payload.to_text(), work.actor().to_owned());
    if let Some(waiting) = waiting_about(work, stored, what, &about)? {
        if (waiting.what.as_str(), &waiting.payload, &waiting.requested_by) == (what, &text, &author) {
            let days = approvals::days(work.conn()?, stored.id, Some(waiting.number))?;
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
    if let [(unit_id, day)] = about {
        let of_day = (*unit_id, Some(*day));
        return Ok(approvals::about(conn, stored.id, of_day, ApprovalState::Pending)?.into_iter().next());
    }
    let asked: std::collections::HashSet<(i64, Day)> = about.iter().copied().collect();
    for row in approvals::pending(conn, stored.id)? {
        let is_same = match asked.is_empty() {
            true => row.what == what,
            false => {
                let days = approvals::days(conn, stored.id, Some(row.number))?;
                days.iter().any(|day| asked.contains(&(day.unit_id, day.day())))
            }
        };
        if is_same {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn current_view(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    row: &ApprovalRow,
    days: &[ApprovalDay],
) -> Result<ApprovalView, Fault> {
    let codes = units::codes(work.conn()?, stored.id)?;
    view(&stored.campaign.code, row, days, &codes)
}

/// Keeps in the log what became of a request; figures themselves are kept where they change.
fn note(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    action: &'static str,
    row: &ApprovalRow,
    days: &[ApprovalDay],
) -> Result<(), Fault> {
    let view = current_view(work, stored, row, days)?;
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
    let written = current_view(work, stored, row, days)?;
    let location = Some(location(&stored.campaign.code, &written.id)).filter(|_| status == 202);
    Ok(Done { location, ..done(status, &WrittenView { written, revision: work.revision() })? })
}

/// The audience of who decides, as the right was proven.
fn audience_of(work: &Work<'_>) -> Audience {
    work.within().map_or(Audience::Full, |unit| Audience::Within(unit.into()))
}

/// The right to decide.
pub type MayApprove = super::access::Grant<Approve>;
