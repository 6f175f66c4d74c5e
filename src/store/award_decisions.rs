//! What the council decided about ties for awards: rows are added and marked as withdrawn,
//! never changed otherwise and never deleted.

use super::conn::DbConn;
use super::schema::award_decisions;
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// One decision.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = award_decisions, treat_none_as_default_value = false)]
pub struct AwardDecisionRow {
    campaign_id: i64,
    /// Its number in the campaign.
    pub decision_id: i64,
    /// Code of the award.
    pub award: String,
    /// Block that it is about.
    pub block: Option<String>,
    day: i32,
    tied: String,
    winners: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub author: String,
    recorded_us: i64,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
    withdrawn_revision: Option<i64>,
}

/// What is new about a decision.
#[derive(Clone, Debug)]
pub struct NewAwardDecision<'a> {
    /// Code of the award.
    pub award: String,
    /// Block that it is about.
    pub block: Option<String>,
    /// Day of the board.
    pub day: Day,
    /// Codes of the tied units.
    pub tied: &'a [String],
    /// Codes of those that win.
    pub winners: &'a [String],
    /// Why.
    pub reason: String,
    /// By whom.
    pub author: String,
}

impl AwardDecisionRow {
    /// A new one.
    pub fn new(campaign_id: i64, decision_id: i64, new: NewAwardDecision<'_>, at: Instant, revision: i64) -> Self {
        let codes = |codes: &[String]| serde_json::Value::from(codes).to_string();
        Self {
            campaign_id,
            decision_id,
            award: new.award,
            block: new.block,
            day: day_number(new.day),
            tied: codes(new.tied),
            winners: codes(new.winners),
            reason: new.reason,
            author: new.author,
            recorded_us: at.micros(),
            revision,
            withdrawn_us: None,
            withdrawn_reason: None,
            withdrawn_revision: None,
        }
    }

    /// The day of the board.
    pub fn day(&self) -> Day {
        day_of(self.day)
    }

    /// Codes of the units that were tied.
    ///
    /// # Errors
    /// Where the row holds no list.
    pub fn tied(&self) -> Result<Vec<String>, StoreError> {
        codes(&self.tied)
    }

    /// Codes of those that win.
    ///
    /// # Errors
    /// Where the row holds no list.
    pub fn winners(&self) -> Result<Vec<String>, StoreError> {
        codes(&self.winners)
    }

    /// When it was made.
    pub fn recorded_at(&self) -> Instant {
        Instant::from_micros(self.recorded_us)
    }

    /// When it was taken back, by a revision.
    pub fn withdrawn_at(&self, revision: i64) -> Option<Instant> {
        let is_known = self.withdrawn_revision.is_some_and(|withdrawn| withdrawn <= revision);
        self.withdrawn_us.filter(|_| is_known).map(Instant::from_micros)
    }
}

fn codes(text: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Unreadable(format!("codes of an award's decision: {e}")))
}

/// The decisions of a campaign, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<AwardDecisionRow>, StoreError> {
    let of_campaign = award_decisions::table.filter(award_decisions::campaign_id.eq(campaign_id));
    Ok(of_campaign.order(award_decisions::decision_id.asc()).load(conn)?)
}

/// Adds a decision.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &AwardDecisionRow) -> Result<(), StoreError> {
    diesel::insert_into(award_decisions::table).values(row).execute(conn)?;
    Ok(())
}

/// Takes a decision back.
///
/// # Errors
/// What the database says.
pub fn withdraw(
    conn: &mut DbConn,
    row: &AwardDecisionRow,
    (at, revision): (Instant, i64),
    reason: &str,
) -> Result<(), StoreError> {
    let values = (
        award_decisions::withdrawn_us.eq(at.micros()),
        award_decisions::withdrawn_reason.eq(reason),
        award_decisions::withdrawn_revision.eq(revision),
    );
    diesel::update(award_decisions::table.find((row.campaign_id, row.decision_id))).set(values).execute(conn)?;
    Ok(())
}
