//! Requests as people see them: in a list, one with its rows and its effect, and in short
//! beside the figures that they are about.

use super::effect;
use super::payload::Payload;
use super::{ApprovalState, is_current};
use crate::domain::{Day, Instant};
use crate::service::effects::EffectView;
use crate::service::fault::Fault;
use crate::service::figures::escape;
use crate::service::live::{Sight, Snapshot};
use crate::service::views::CountsView;
use crate::store::approvals::{ApprovalDay, ApprovalRow};
use crate::store::campaigns::StoredCampaign;
use crate::store::{DbConn, units};
use serde::Serialize;
use serde_json::Value;
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

/// How many rows of a request are shown.
const SHOWN: usize = 100;

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
    pub(super) fn of(row: &ApprovalRow) -> Self {
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
    pub(in crate::service) fn of(row: &ApprovalRow) -> Self {
        Self {
            approval: row.number.to_string(),
            requested_by: row.requested_by.clone(),
            approved_by: row.decided_by.clone().unwrap_or_default(),
        }
    }
}

/// The one day that a request is about, where it is about one.
pub(super) fn the_only(days: &[ApprovalDay]) -> Option<&ApprovalDay> {
    days.first().filter(|_| days.len() == 1)
}

pub(super) fn view(
    campaign: &str,
    row: &ApprovalRow,
    days: &[ApprovalDay],
    unit_code: Option<String>,
) -> Result<ApprovalView, Fault> {
    let date = the_only(days).map(|day| day.day().to_string());
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
pub(super) fn location(campaign: &str, number: &str) -> String {
    format!("/campaigns/{}/approvals/{number}", escape(campaign))
}

/// A request with what it says and would do.
pub(super) fn detail(
    conn: &mut DbConn,
    (stored, snapshot): (&StoredCampaign, &Snapshot),
    (row, days): (&ApprovalRow, &[ApprovalDay]),
    sight: Sight,
    now: Instant,
) -> Result<(ApprovalDetailView, Payload), Fault> {
    let payload = Payload::parse(&row.what, &row.payload)?;
    let waits = row.state()? == ApprovalState::Pending;
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
    let approval = stored_view(conn, stored, row, days)?;
    Ok((ApprovalDetailView { approval, rows, document, is_current, effect }, payload))
}

/// A request as it is shown, with the code of its unit.
pub(super) fn stored_view(
    conn: &mut DbConn,
    stored: &StoredCampaign,
    row: &ApprovalRow,
    days: &[ApprovalDay],
) -> Result<ApprovalView, Fault> {
    let only = match the_only(days) {
        Some(day) => units::find_place(conn, stored.id, day.unit_id)?.map(|(code, _)| code),
        None => None,
    };
    view(&stored.campaign.code, row, days, only)
}
