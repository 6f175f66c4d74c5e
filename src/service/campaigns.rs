//! Campaigns: opened, replaced, read; and what a client needs for its first screen.

use super::Service;
use super::access::{Audience, Caller, Campaigns, Figures as RecordFigures, Grant};
use super::approvals::{self, Payload};
use super::audit::Note;
use super::closing::document_needs_two;
use super::days::DayTimes;
use super::fault::{Code, Fault, FieldFault};
use super::figures::{done, escape};
use super::live::Snapshot;
use super::policies::{Words, first_version, replace};
use super::rendered::etag_of;
use super::results::Issues;
use super::settling::Learned;
use super::views::{CapabilitiesView, FreezeStatusView, StatusDayView, StatusView};
use super::writer::{Pending, WriteRequest};
use crate::domain::campaign::{Campaign, Figures};
use crate::domain::{Day, Instant};
use crate::scoring::board::{self, By};
use crate::store::campaigns::{self, Pinning, StoredCampaign};
use crate::store::{StoreError, archives, figures, pins, units};
use std::sync::Arc;

impl Service {
    /// The campaigns as a caller sees them, the oldest first. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn campaigns(&self, caller: &Caller) -> Result<Vec<Arc<Campaign>>, Fault> {
        let now = self.clock.now();
        let due = self.read(|conn| Ok(campaigns::list_freezes(conn)?))?;
        for (code, _) in due.iter().filter(|(_, at)| *at <= now) {
            self.freeze_due(code)?;
        }
        self.read(|conn| {
            let listed = campaigns::list(conn)?;
            let found = listed.iter().map(|(code, _)| -> Result<Option<Arc<Campaign>>, Fault> {
                let Some(stored) = campaigns::find_opt(conn, code)? else { return Ok(None) };
                match stored.pinning.pin.filter(|_| !caller.audience(code).sees_live()) {
                    Some(pin) => frozen_document(conn, &stored, pin).map(Some),
                    None => Ok(Some(stored.campaign)),
                }
            });
            found.filter_map(Result::transpose).collect()
        })
    }

    /// Opens a campaign.
    pub fn create_campaign(&self, grant: &Grant<Campaigns>, campaign: Campaign, request: WriteRequest) -> Pending {
        let code = campaign.code.clone();
        self.write(grant, &code, request, move |work, _| {
            if work.campaign_opt().is_some() {
                return Err(Fault::new(Code::CodeTaken, format!("there is a campaign {} already", campaign.code)));
            }
            let id = insert(work, &campaign)?;
            work.set_campaign(new_campaign(id, Arc::new(campaign.clone())));
            let (revision, at) = work.accept("campaign")?;
            first_version(work, id, &campaign, (revision, at))?;
            work.note(Note::of("campaign.create", "", None, Some(&campaign.to_json())));
            let mut answer = done(201, &with_revision(&campaign, revision))?;
            answer.etag = Some(etag_of(&campaign_json(&campaign)));
            answer.location = Some(format!("/campaigns/{}", escape(&campaign.code)));
            Ok(answer)
        })
    }

    /// Replaces a campaign's document; once figures exist, what they rest on is locked.
    pub fn put_campaign(
        &self,
        grant: &Grant<Campaigns>,
        code: &str,
        campaign: Campaign,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, code, request, move |work, request| {
            let stored = work.campaign()?;
            let before = &stored.campaign;
            let is_changed = **before != campaign;
            request.check_if_match(Some(&etag_of(&campaign_json(before))), is_changed)?;
            if is_changed {
                check_replaceable(work.conn()?, &stored, &campaign)?;
                if document_needs_two(work, &stored, &campaign)? {
                    return approvals::ask(work, &stored, Payload::Campaign(Box::new(campaign)));
                }
                replace_document(work, &stored, Arc::new(campaign.clone()))?;
            }
            let mut answer = done(200, &with_revision(&campaign, work.revision()))?;
            answer.etag = Some(etag_of(&campaign_json(&campaign)));
            Ok(answer)
        })
    }
}

/// A campaign's document as the public sees it.
fn frozen_document(conn: &mut crate::store::DbConn, stored: &StoredCampaign, pin: i64) -> Result<Arc<Campaign>, Fault> {
    let archive = pins::find_opt(conn, stored.id, pin)?.and_then(|pin| pin.archive_id);
    let document = archive.map(|archive| archives::document(conn, stored.id, archive)).transpose()?.flatten();
    document.ok_or_else(|| Fault::internal(format!("pin {pin} shows no archive")))
}

/// Puts another document in place inside a write.
pub(super) fn replace_document(
    work: &mut super::writer::Work<'_>,
    stored: &StoredCampaign,
    campaign: Arc<Campaign>,
) -> Result<(), Fault> {
    let stamp = work.accept("campaign")?;
    work.note(Note::of("campaign.put", "", Some(&stored.campaign.to_json()), Some(&campaign.to_json())));
    replace(work, campaign, stamp, Words::default()).map(drop)
}

/// Adds a campaign to the database.
pub(super) fn insert(work: &mut super::writer::Work<'_>, campaign: &Campaign) -> Result<i64, Fault> {
    let now = work.now;
    match campaigns::insert(work.conn()?, campaign, now) {
        Err(StoreError::Taken) => {
            Err(Fault::new(Code::CodeTaken, format!("there is a campaign {} already", campaign.code)))
        }
        other => Ok(other?),
    }
}

/// A campaign that was just added.
pub(super) fn new_campaign(id: i64, campaign: Arc<Campaign>) -> StoredCampaign {
    let pinning = Pinning::default();
    StoredCampaign { id, campaign, revision: 0, last_recorded_at: Instant::BEGINNING, pinning }
}

/// The bytes of a campaign as it is read.
pub fn campaign_json(campaign: &Campaign) -> Vec<u8> {
    serde_json::to_vec(&campaign.to_json()).unwrap_or_default()
}

fn with_revision(campaign: &Campaign, revision: i64) -> serde_json::Value {
    let mut document = campaign.to_json();
    if let serde_json::Value::Object(fields) = &mut document {
        fields.insert("revision".to_owned(), revision.into());
    }
    document
}

/// Refuses to change what figures rest on (contract.md section 3), and to drop a kind
/// that units are of.
pub(super) fn check_replaceable(
    conn: &mut crate::store::DbConn,
    stored: &StoredCampaign,
    new: &Campaign,
) -> Result<(), Fault> {
    let before = &stored.campaign;
    if before.code != new.code {
        return Err(Fault::of_field(Code::LockedField, "/code", "a campaign keeps its code"));
    }
    for unit in units::list_for(conn, stored.id, before)? {
        let kind = before.kind(unit.unit.kind).map(|k| k.code.as_str()).unwrap_or_default();
        if new.kind_index(kind).is_none() {
            let detail = format!("kind {kind:?} cannot go: unit {} is of it", unit.unit.code);
            return Err(Fault::of_field(Code::LockedField, "/kinds", detail));
        }
    }
    let has_facts = figures::any(conn, stored.id, None)?
        || !crate::store::decisions::list_start_levels(conn, stored.id)?.is_empty();
    let locked = if has_facts { locked_fields(before, new) } else { Vec::new() };
    if locked.is_empty() {
        return Ok(());
    }
    let names = locked.iter().map(|f| f.trim_start_matches('/')).collect::<Vec<_>>().join(", ");
    let is_rule = |pointer: &String| RULE_FIELDS.iter().any(|rule| pointer.ends_with(rule));
    let detail = match locked.iter().filter(|pointer| is_rule(pointer)).count() {
        0 => format!("figures exist, so these can no longer be changed: {names}"),
        n if n == locked.len() => format!("figures exist, so these are changed through /policies: {names}"),
        _ => format!("figures exist, so these can no longer be changed, or only through /policies: {names}"),
    };
    let field = |pointer: String| {
        let way = if is_rule(&pointer) { ": change it through /policies" } else { "" };
        FieldFault { message: format!("locked since figures exist{way}"), pointer, code: "locked_field", place: None }
    };
    Err(Fault { errors: locked.into_iter().map(field).collect(), ..Fault::new(Code::LockedField, detail) })
}

/// The locked fields that versions of the rules change.
const RULE_FIELDS: [&str; 3] = ["/level_scheme", "/scoring", "/small_number_allowance"];

fn locked_fields(before: &Campaign, new: &Campaign) -> Vec<String> {
    let figures_of = |campaign: &Campaign, code: &str| {
        let kind = campaign.kind_index(code).and_then(|k| campaign.kind(k))?;
        match kind.figures {
            Figures::Reported => Some(None),
            Figures::Derived(from) => Some(campaign.kind(from).map(|k| k.code.clone())),
        }
    };
    let kinds = before.kinds.iter().zip(0..).filter_map(|(kind, at)| {
        let is_changed = figures_of(new, &kind.code) != figures_of(before, &kind.code);
        is_changed.then(|| format!("/kinds/{at}/figures"))
    });
    let allowances = before.kinds.iter().zip(0..).filter_map(|(kind, at)| {
        let same = new.kinds.iter().find(|k| k.code == kind.code).map(|k| k.small_number_allowance);
        (same != Some(kind.small_number_allowance)).then(|| format!("/kinds/{at}/small_number_allowance"))
    });
    let fields = [
        ("/window", before.window != new.window),
        ("/baseline", before.baseline != new.baseline),
        ("/time_zone", before.time_zone != new.time_zone),
        ("/level_scheme", before.scheme != new.scheme),
        ("/scoring", before.policy != new.policy),
        ("/sources", !new.sources.only_adds_to(&before.sources)),
    ];
    let fields = fields.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name.to_owned());
    fields.chain(kinds).chain(allowances).collect()
}

/// What a status tells beside the facts.
#[derive(Debug)]
pub struct Told<'a> {
    /// The campaign's delays.
    pub learned: &'a Learned,
    /// The issues of its result.
    pub issues: &'a Issues,
    /// What the caller may know of the freeze.
    pub freeze: Option<FreezeStatusView>,
}

/// All that a client needs to draw its first screen.
pub fn status(
    snapshot: &Snapshot,
    now: Instant,
    caller: &Caller,
    Told { learned, issues, freeze }: Told<'_>,
) -> StatusView {
    let ledger = snapshot.ledger();
    let campaign = snapshot.campaign();
    let today = now.day_in(campaign.time_zone).unwrap_or_default();
    let audience = caller.audience(&campaign.code);
    // a number of reports says something about each of few hidden units
    let tells_all = audience == Audience::Full || snapshot.privacy.is_open();
    let window = ledger.calendar.window.clone();
    let day_code = |day: Result<usize, board::StartedError>| day.ok().map(|d| ledger.calendar.day(d).to_string());
    let reporting = (0..snapshot.register().len() as u32).filter(|u| !snapshot.register().is_derived(*u)).count();
    StatusView {
        campaign: campaign.code.clone(),
        state: issues.state(snapshot, now),
        result: issues.status_view(),
        today: today.to_string(),
        time_zone: campaign.time_zone_name.clone(),
        default_day: day_code(board::default_day(ledger, now)),
        live_day: day_code(board::live_day(ledger)),
        days: window
            .map(|index| status_day(campaign, ledger.calendar.day(index), now, ledger.reports_on(index), tells_all))
            .collect(),
        reporting_units: tells_all.then_some(reporting as u64),
        settling: learned.view(snapshot, snapshot.sight(&audience)),
        revision: snapshot.revision,
        freeze,
        capabilities: CapabilitiesView {
            write: caller.may::<RecordFigures>(Some(&campaign.code)).is_ok(),
            tracks: ["improvement", "kept_clean"],
            by: By::ALL.map(By::code),
            languages: ["vi", "en"],
        },
    }
}

fn status_day(campaign: &Campaign, day: Day, now: Instant, reported: u32, tells_all: bool) -> StatusDayView {
    let times = DayTimes::of(campaign, day);
    let (state, opens_at, closes_at) = (times.state(now), times.opens_at, times.closes_at);
    let reported_units = tells_all.then_some(u64::from(reported));
    StatusDayView { date: day.to_string(), state, opens_at, closes_at, reported_units }
}
