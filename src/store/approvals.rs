//! What waits, or waited, for a second person: rows are added and decided once, never
//! changed otherwise and never deleted.

use super::conn::{DbConn, on_each};
use super::schema::{approval_days, approvals};
use super::{BATCH, StoreError, day_number, day_of, micros};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// Where something stands that waits, or waited, for a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApprovalState {
    /// Nobody has decided.
    Pending,
    /// It took effect.
    Approved,
    /// A second person refused it.
    Rejected,
    /// What it was asked against had changed when somebody wanted to approve it.
    Stale,
    /// Who asked took it back.
    Withdrawn,
}

impl ApprovalState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Approved, Self::Rejected, Self::Stale, Self::Withdrawn];

    /// Its word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Stale => "stale",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == text)
    }
}

/// Something that waits, or waited, as it is stored.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = approvals, treat_none_as_default_value = false)]
pub struct ApprovalRow {
    campaign_id: i64,
    /// Its number in the campaign, from 1.
    pub number: i64,
    /// What it is about, as a word of the service.
    pub what: String,
    /// What is asked for, as JSON.
    pub payload: String,
    /// What it was made against, where that is no figure.
    pub base: Option<String>,
    /// Who asked, as the log names them.
    pub requested_by: String,
    requested_us: i64,
    /// Why.
    pub reason: Option<String>,
    state: String,
    /// Who decided, as the log names them.
    pub decided_by: Option<String>,
    decided_us: Option<i64>,
    /// Why it was decided so.
    pub decided_reason: Option<String>,
    /// The revision of the campaign that it became.
    pub revision: Option<i64>,
}

/// Something new that waits.
#[derive(Clone, Debug)]
pub struct NewApproval {
    /// Its number in the campaign.
    pub number: i64,
    /// What it is about.
    pub what: &'static str,
    /// What is asked for, as JSON.
    pub payload: String,
    /// What it is made against, where that is no figure.
    pub base: Option<String>,
    /// Who asks.
    pub requested_by: String,
    /// When.
    pub requested_at: Instant,
    /// Why.
    pub reason: Option<String>,
}

impl ApprovalRow {
    /// A new one, which waits.
    pub fn new(campaign_id: i64, new: NewApproval) -> Self {
        Self {
            campaign_id,
            number: new.number,
            what: new.what.to_owned(),
            payload: new.payload,
            base: new.base,
            requested_by: new.requested_by,
            requested_us: new.requested_at.micros(),
            reason: new.reason,
            state: ApprovalState::Pending.code().to_owned(),
            decided_by: None,
            decided_us: None,
            decided_reason: None,
            revision: None,
        }
    }

    /// When it was asked for.
    pub fn requested_at(&self) -> Instant {
        Instant::from_micros(self.requested_us)
    }

    /// Where it stands.
    ///
    /// # Errors
    /// A word that this version does not know.
    pub fn state(&self) -> Result<ApprovalState, StoreError> {
        let unreadable = || StoreError::Unreadable(format!("state of approval {}: {:?}", self.number, self.state));
        ApprovalState::parse(&self.state).ok_or_else(unreadable)
    }

    /// When it was decided; of an approved one the instant of the revision that it became.
    pub fn decided_at(&self) -> Option<Instant> {
        self.decided_us.map(Instant::from_micros)
    }

    /// Decides it.
    pub fn decide(&mut self, decision: Decision) {
        self.state = decision.state.code().to_owned();
        self.decided_by = Some(decision.by);
        self.decided_us = Some(decision.at.micros());
        self.decided_reason = decision.reason;
        self.revision = decision.revision;
    }
}

/// How something was decided.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Where it stands now.
    pub state: ApprovalState,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: Option<String>,
    /// The revision that it became.
    pub revision: Option<i64>,
}

/// A unit's day that an approval is about.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = approval_days, treat_none_as_default_value = false)]
pub struct ApprovalDay {
    campaign_id: i64,
    /// The number of the approval.
    pub number: i64,
    /// The key of the unit.
    pub unit_id: i64,
    day: i32,
    standing_us: Option<i64>,
}

impl ApprovalDay {
    /// A new one; `standing` is when the day was last changed.
    pub fn new(campaign_id: i64, number: i64, (unit_id, day): (i64, Day), standing: Option<Instant>) -> Self {
        Self { campaign_id, number, unit_id, day: day_number(day), standing_us: micros(standing) }
    }

    /// The day.
    pub fn day(&self) -> Day {
        day_of(self.day)
    }

    /// When the day was last changed before it was asked for; none where it never was.
    pub fn standing(&self) -> Option<Instant> {
        self.standing_us.map(Instant::from_micros)
    }
}

/// The number of a campaign's next approval.
///
/// # Errors
/// What the database says.
pub fn next_number(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let of_campaign = approvals::table.filter(approvals::campaign_id.eq(campaign_id));
    let last: Option<i64> = of_campaign.select(diesel::dsl::max(approvals::number)).get_result(conn)?;
    Ok(last.unwrap_or_default() + 1)
}

/// Adds one that waits, with the days that it is about.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &ApprovalRow, days: &[ApprovalDay]) -> Result<(), StoreError> {
    diesel::insert_into(approvals::table).values(row).execute(conn)?;
    for batch in days.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(approval_days::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// All of a campaign, the latest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<ApprovalRow>, StoreError> {
    let query = approvals::table.filter(approvals::campaign_id.eq(campaign_id)).order(approvals::number.desc());
    Ok(query.load(conn)?)
}

/// The one of a number.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, number: i64) -> Result<Option<ApprovalRow>, StoreError> {
    Ok(approvals::table.find((campaign_id, number)).get_result(conn).optional()?)
}

/// The days that the approvals of a campaign are about, or that one of them is; in the order
/// of the keys of units.
///
/// # Errors
/// What the database says.
pub fn days(conn: &mut DbConn, campaign_id: i64, number: Option<i64>) -> Result<Vec<ApprovalDay>, StoreError> {
    let mut query = approval_days::table
        .filter(approval_days::campaign_id.eq(campaign_id))
        .order((approval_days::number.asc(), approval_days::unit_id.asc(), approval_days::day.asc()))
        .into_boxed();
    if let Some(number) = number {
        query = query.filter(approval_days::number.eq(number));
    }
    Ok(query.load(conn)?)
}

/// The approvals in a state that are about a unit, or one of its days; the earliest first.
///
/// # Errors
/// What the database says.
pub fn about(
    conn: &mut DbConn,
    campaign_id: i64,
    (unit_id, day): (i64, Option<Day>),
    state: ApprovalState,
) -> Result<Vec<ApprovalRow>, StoreError> {
    // one statement for both questions
    let (from, to) = day.map_or((i32::MIN, i32::MAX), |day| (day_number(day), day_number(day)));
    let of_unit = approval_days::table
        .filter(approval_days::campaign_id.eq(campaign_id))
        .filter(approval_days::unit_id.eq(unit_id))
        .filter(approval_days::day.between(from, to))
        .select(approval_days::number);
    let query = approvals::table
        .filter(approvals::campaign_id.eq(campaign_id))
        .filter(approvals::number.eq_any(of_unit))
        .filter(approvals::state.eq(state.code()))
        .order(approvals::number.asc());
    Ok(query.load(conn)?)
}

/// The first of a campaign that waits and is about something of a word.
///
/// # Errors
/// What the database says.
pub fn pending(conn: &mut DbConn, campaign_id: i64, what: &str) -> Result<Option<ApprovalRow>, StoreError> {
    let query = approvals::table
        .filter(approvals::campaign_id.eq(campaign_id))
        .filter(approvals::state.eq(ApprovalState::Pending.code()))
        .filter(approvals::what.eq(what))
        .order(approvals::number.asc());
    Ok(query.get_result(conn).optional()?)
}

/// The days that a campaign's approvals are about which wait.
///
/// # Errors
/// What the database says.
pub fn pending_days(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<ApprovalDay>, StoreError> {
    let waiting = approvals::table
        .filter(approvals::campaign_id.eq(campaign_id))
        .filter(approvals::state.eq(ApprovalState::Pending.code()))
        .select(approvals::number);
    let query = approval_days::table
        .filter(approval_days::campaign_id.eq(campaign_id))
        .filter(approval_days::number.eq_any(waiting))
        .order((approval_days::number.asc(), approval_days::unit_id.asc(), approval_days::day.asc()));
    Ok(query.load(conn)?)
}

/// Says how one was decided.
///
/// # Errors
/// What the database says.
pub fn decide(conn: &mut DbConn, row: &ApprovalRow) -> Result<(), StoreError> {
    let values = (
        approvals::state.eq(&row.state),
        approvals::decided_by.eq(&row.decided_by),
        approvals::decided_us.eq(row.decided_us),
        approvals::decided_reason.eq(&row.decided_reason),
        approvals::revision.eq(row.revision),
    );
    diesel::update(approvals::table.find((row.campaign_id, row.number))).set(values).execute(conn)?;
    Ok(())
}
