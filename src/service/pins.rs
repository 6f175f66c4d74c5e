//! Freezing and thawing: what the public sees in place of a campaign that goes on.
//!
//! A freeze stores the campaign's whole history as an archive and pins the public to it, at
//! once or from the beginning of a day on; a planned one is put in force by the scheduler, by
//! the first write or by the first reader after its instant, whoever comes first, and always
//! before anything else is written. A result pins the public likewise, as final, and beats a
//! freeze. Each is a revision and an entry in the log. Reading is in [`super::frozen`].

use super::Service;
use super::access::{Contest, Grant, Results};
use super::audit::{Note, Origin};
use super::fault::{Code, Fault};
use super::figures::done;
use super::frozen::Pinned;
use super::secrets::hex;
use super::views::FreezeStatusView;
use super::writer::{Ask, Done, Pending, Subject, Work, WriteRequest};
use crate::domain::time::local_instant;
use crate::domain::{Day, Instant};
use crate::pack;
use crate::store::archives::{self, NewArchive};
use crate::store::campaigns::{self, Pinning, StoredCampaign};
use crate::store::contests;
use crate::store::pins::{self, NewPin, PinRow, PinStatus};
use chrono::NaiveTime;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// What the public sees in place of the campaign as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FreezeView {
    /// Code of the campaign.
    pub campaign: String,
    /// `provisional` (nothing: the public sees the campaign as it stands), `frozen` or `final`.
    pub status: &'static str,
    /// The pin in force; null: none.
    pub pin: Option<PinView>,
    /// The freeze that is planned; null: none.
    pub plan: Option<PinView>,
    /// All pins and plans that there were, the oldest first.
    pub pins: Vec<PinView>,
    /// Revision of the campaign.
    pub revision: i64,
}

/// A pin, or the plan of one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PinView {
    /// Its id, counted in the campaign.
    pub id: String,
    /// `frozen` or `final`.
    pub status: &'static str,
    /// Number of the result that it shows; null for a freeze.
    pub issue: Option<i64>,
    /// When it was planned to come into force; null: it came at once.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Instant>,
    /// Since when the public sees it, and when its days are judged; null while it is planned.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Instant>,
    /// The revision that the public sees; null while it is planned.
    pub revision: Option<i64>,
    /// Why; never public.
    pub reason: String,
    /// Who wanted it, as the log names them; never public.
    pub author: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// How it was lifted; null while it stands.
    pub lifted: Option<LiftedView>,
}

/// How a pin was lifted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LiftedView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// By whom, as the log names them.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl FreezeStatusView {
    /// What anybody may know of a pin.
    pub fn public(pinned: &Pinned) -> Self {
        let (status, since, issue) = (pinned.status.code(), Some(pinned.since), pinned.issue);
        Self { status, since, issue, planned_for: None, reason: None, author: None }
    }
}

impl From<PinView> for FreezeStatusView {
    fn from(pin: PinView) -> Self {
        Self {
            status: if pin.since.is_none() { "planned" } else { pin.status },
            since: pin.since,
            issue: pin.issue,
            planned_for: pin.from.filter(|_| pin.since.is_none()),
            reason: Some(pin.reason),
            author: Some(pin.author),
        }
    }
}

fn pin_view(row: &PinRow) -> PinView {
    let lifted = |at| LiftedView {
        at,
        by: row.lifted_by.clone().unwrap_or_default(),
        reason: row.lifted_reason.clone().unwrap_or_default(),
    };
    PinView {
        id: row.pin_id.to_string(),
        status: row.status().code(),
        issue: row.issue,
        from: row.planned_for(),
        since: row.pinned_at(),
        revision: row.revision,
        reason: row.reason.clone(),
        author: row.author.clone(),
        created_at: row.created_at(),
        lifted: row.lifted_at().map(lifted),
    }
}

fn freeze_view(stored: &StoredCampaign, rows: &[PinRow]) -> FreezeView {
    let pin = pins::in_force(rows);
    FreezeView {
        campaign: stored.campaign.code.clone(),
        status: pin.map_or("provisional", |pin| pin.status().code()),
        pin: pin.map(pin_view),
        plan: rows.iter().find(|row| row.is_planned()).map(pin_view),
        pins: rows.iter().map(pin_view).collect(),
        revision: stored.revision,
    }
}

/// Stores the campaign's whole history as it stands in this write; answers the archive's
/// number. What it shows has the revision that the write accepted last, so one is accepted
/// before.
///
/// # Errors
/// 404 where there is no campaign, or what the database says.
pub(super) fn archive_now(work: &mut Work<'_>) -> Result<i64, Fault> {
    let (stored, pending) = (work.campaign()?, work.pending_revisions());
    let conn = work.conn()?;
    let contest = contests::load_stored(conn, &stored)?.contest;
    // the others wait for this: the pack is packed while the rows are copied
    let (packed, facts) = std::thread::scope(|scope| {
        let packed = scope.spawn(move || {
            let pack = pack::write_zip(&contest);
            let sha256 = hex(&Sha256::digest(&pack));
            (pack, sha256)
        });
        let facts = archives::take(conn, &stored, &pending);
        (packed.join(), facts)
    });
    let (packed, facts) = (packed.map_err(|_| Fault::internal("packing an archive broke off"))?, facts?);
    let number = archives::next_id(conn, stored.id)?;
    archives::insert(conn, &NewArchive::new(&stored, number, packed, facts))?;
    Ok(number)
}

/// Pins the public to an archive; answers the pin's number. Its instant and revision are
/// those that the write accepted last.
///
/// # Errors
/// 404 where there is no campaign, or what the database says.
pub(super) fn pin(
    work: &mut Work<'_>,
    status: PinStatus,
    issue: Option<i64>,
    archive: i64,
    reason: &str,
) -> Result<i64, Fault> {
    let stored = work.campaign()?;
    let new = NewPin { status, issue, from: None, reason: reason.to_owned(), author: work.author().to_owned() };
    let mut row = PinRow::new((stored.id, next_id(work, &stored)?), new, work.now);
    row.show(archive, stored.revision, stored.last_recorded_at);
    pins::insert(work.conn()?, &row)?;
    settle(work)?;
    Ok(row.pin_id)
}

/// Lifts a pin, or a plan; whatever stands below comes into force again.
///
/// # Errors
/// 404 where there is no campaign, or what the database says.
pub(super) fn lift(work: &mut Work<'_>, pin: i64, reason: &str) -> Result<(), Fault> {
    let (stored, by) = (work.campaign()?, work.author().to_owned());
    let none = || Fault::internal(format!("there is no pin {pin}"));
    let mut row = pins::find_opt(work.conn()?, stored.id, pin)?.ok_or_else(none)?;
    row.lift(work.now, &by, reason);
    pins::mark(work.conn()?, &row)?;
    settle(work)
}

fn next_id(work: &mut Work<'_>, stored: &StoredCampaign) -> Result<i64, Fault> {
    Ok(pins::list(work.conn()?, stored.id)?.last().map_or(0, |row| row.pin_id) + 1)
}

/// Says with the campaign's revision which pin is in force, and what is planned.
fn settle(work: &mut Work<'_>) -> Result<(), Fault> {
    let stored = work.campaign()?;
    let rows = pins::list(work.conn()?, stored.id)?;
    let freezes_at = rows.iter().filter(|row| row.is_planned()).filter_map(PinRow::planned_for).min();
    let pinning = Pinning { pin: pins::in_force(&rows).map(|row| row.pin_id), freezes_at };
    campaigns::set_pinning(work.conn()?, stored.id, pinning)?;
    work.set_campaign(StoredCampaign { pinning, ..stored });
    Ok(())
}

/// How the service itself asks for what is due.
pub(super) fn by_the_clock(subject: Subject) -> Ask {
    let origin = Origin { address: "scheduler".to_owned(), request_id: None };
    let request = WriteRequest { origin, ..WriteRequest::default() };
    Ask { subject, proof: Grant::by_the_clock().proof(), within: None, about: None, request }
}

/// Puts the planned freezes in force that are due: the public sees the campaign as it stands
/// now, since nothing was written from their instant on, with days judged at that instant.
pub(super) fn put_in_force(work: &mut Work<'_>) -> Result<Done, Fault> {
    let (stored, now) = (work.campaign()?, work.now);
    let rows = pins::list(work.conn()?, stored.id)?;
    let due = rows.into_iter().filter(|row| row.is_planned());
    for mut row in due.filter(|row| row.planned_for().is_some_and(|from| from <= now)) {
        let before = pin_view(&row);
        let (revision, accepted_at) = work.accept("freeze")?;
        let archive = archive_now(work)?;
        row.show(archive, revision, row.planned_for().unwrap_or(accepted_at));
        pins::mark(work.conn()?, &row)?;
        settle(work)?;
        work.note(Note::of("freeze.run", "freeze", Some(&before), Some(&pin_view(&row))).with("revision", revision));
    }
    done(200, &())
}

fn has_begun(from: Option<Day>) -> Fault {
    let found = from.map(|day| day.to_string()).unwrap_or_default();
    let message = format!("expected a day that has not begun there, found {found}; leave it out to freeze at once");
    Fault::of_field(Code::InvalidRequest, "/from", message)
}

impl Service {
    /// Freezes what the public sees: at once, or from the beginning of a day there on. What
    /// was planned before is replaced.
    pub fn freeze(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        (reason, from): (String, Option<Day>),
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let rows = pins::list(work.conn()?, stored.id)?;
            let before = freeze_view(&stored, &rows);
            let midnight = |day| local_instant(stored.campaign.time_zone, day, NaiveTime::MIN);
            let at = from.map(midnight);
            let says_so = |row: &&PinRow| row.lifted_at().is_none() && row.planned_for() == at && row.reason == reason;
            if rows.iter().any(|row| says_so(&row) && row.status() == PinStatus::Frozen) {
                return done(200, &before);
            }
            if let Some(pin) = pins::in_force(&rows) {
                let detail =
                    format!("the public sees pin {} ({}) already; lift it first", pin.pin_id, pin.status().code());
                return Err(Fault::new(Code::AlreadyFrozen, detail));
            }
            if at.is_some_and(|at| at <= work.now) {
                return Err(has_begun(from));
            }
            let (revision, _) = work.accept("freeze")?;
            for plan in rows.iter().filter(|row| row.is_planned()) {
                lift(work, plan.pin_id, "replaced")?;
            }
            match at {
                None => {
                    let archive = archive_now(work)?;
                    pin(work, PinStatus::Frozen, None, archive, &reason)?;
                }
                Some(_) => {
                    let author = work.author().to_owned();
                    let new = NewPin { status: PinStatus::Frozen, issue: None, from: at, reason, author };
                    let row = PinRow::new((stored.id, next_id(work, &stored)?), new, work.now);
                    pins::insert(work.conn()?, &row)?;
                    settle(work)?;
                }
            }
            answer(work, "freeze.put", (201, revision), &before)
        })
    }

    /// Thaws: lifts the freeze and what is planned. A final result stays.
    pub fn thaw(&self, grant: &Grant<Contest>, campaign: &str, reason: String, request: WriteRequest) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let rows = pins::list(work.conn()?, stored.id)?;
            let before = freeze_view(&stored, &rows);
            let is_freeze = |row: &&PinRow| row.lifted_at().is_none() && row.status() == PinStatus::Frozen;
            let frozen: Vec<i64> = rows.iter().filter(is_freeze).map(|row| row.pin_id).collect();
            if frozen.is_empty() {
                return Err(Fault::new(Code::NotFrozen, "the boards are not frozen, and no freeze is planned"));
            }
            let (revision, _) = work.accept("thaw")?;
            for pin in frozen {
                lift(work, pin, &reason)?;
            }
            answer(work, "freeze.delete", (200, revision), &before)
        })
    }

    /// What the public sees in place of the campaign, and why. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn freeze_of(&self, _grant: &Grant<Results>, campaign: &str) -> Result<FreezeView, Fault> {
        self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            Ok(freeze_view(&stored, &pins::list(conn, stored.id)?))
        })
    }
}

fn answer(
    work: &mut Work<'_>,
    action: &'static str,
    (status, revision): (u16, i64),
    before: &FreezeView,
) -> Result<Done, Fault> {
    let stored = work.campaign()?;
    let view = freeze_view(&stored, &pins::list(work.conn()?, stored.id)?);
    let told = |view: &FreezeView| serde_json::json!({"status": view.status, "pin": view.pin, "plan": view.plan});
    work.note(Note::of(action, "freeze", Some(&told(before)), Some(&told(&view))).with("revision", revision));
    done(status, &view)
}
