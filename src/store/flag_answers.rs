//! What people answered to flags: rows are added and marked as withdrawn, never changed
//! otherwise and never deleted.

use super::conn::DbConn;
use super::schema::flag_answers;
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// One answer to a flag.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = flag_answers, treat_none_as_default_value = false)]
pub struct FlagAnswerRow {
    campaign_id: i64,
    /// The key of the unit.
    pub unit_id: i64,
    /// Code of the rule.
    pub rule: String,
    day: i32,
    /// Of the values that the flag rests on, in hexadecimal digits.
    pub fingerprint: String,
    recorded_us: i64,
    /// What was found, in words.
    pub answer: String,
    /// What was found, as a code.
    pub verdict: String,
    /// Whether it closes the flag.
    pub closes: bool,
    /// By whom.
    pub author: String,
    /// What the rule compared: numbers by name, as JSON.
    pub numbers: String,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    withdrawn_us: Option<i64>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
    withdrawn_revision: Option<i64>,
}

/// Which flag an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flagged {
    /// The key of the unit.
    pub unit_id: i64,
    /// Code of the rule.
    pub rule: &'static str,
    /// The day.
    pub day: Day,
    /// Of the values that the flag rests on, in hexadecimal digits.
    pub fingerprint: String,
}

/// What is new about an answer.
#[derive(Clone, Debug)]
pub struct NewFlagAnswer {
    /// To which flag.
    pub flag: Flagged,
    /// What was found, in words.
    pub answer: String,
    /// What was found, as a code.
    pub verdict: &'static str,
    /// Whether it closes the flag.
    pub closes: bool,
    /// By whom.
    pub author: String,
    /// What the rule compared: numbers by name, as JSON.
    pub numbers: String,
}

impl FlagAnswerRow {
    /// A new one.
    pub fn new(campaign_id: i64, new: NewFlagAnswer, at: Instant, revision: i64) -> Self {
        Self {
            campaign_id,
            unit_id: new.flag.unit_id,
            rule: new.flag.rule.to_owned(),
            day: day_number(new.flag.day),
            fingerprint: new.flag.fingerprint,
            recorded_us: at.micros(),
            answer: new.answer,
            verdict: new.verdict.to_owned(),
            closes: new.closes,
            author: new.author,
            numbers: new.numbers,
            revision,
            withdrawn_us: None,
            withdrawn_reason: None,
            withdrawn_revision: None,
        }
    }

    /// The day of the flag.
    pub fn day(&self) -> Day {
        day_of(self.day)
    }

    /// When it was given.
    pub fn recorded_at(&self) -> Instant {
        Instant::from_micros(self.recorded_us)
    }

    /// When it was taken back, by a revision.
    pub fn withdrawn_at(&self, revision: i64) -> Option<Instant> {
        let is_known = self.withdrawn_revision.is_some_and(|withdrawn| withdrawn <= revision);
        self.withdrawn_us.filter(|_| is_known).map(Instant::from_micros)
    }
}

/// The answers of a campaign, of one unit where one is named, in the order of their instants.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64, unit_id: Option<i64>) -> Result<Vec<FlagAnswerRow>, StoreError> {
    let mut query = flag_answers::table.filter(flag_answers::campaign_id.eq(campaign_id)).into_boxed();
    if let Some(unit_id) = unit_id {
        query = query.filter(flag_answers::unit_id.eq(unit_id));
    }
    Ok(query.order((flag_answers::recorded_us.asc(), flag_answers::revision.asc())).load(conn)?)
}

/// Adds an answer.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &FlagAnswerRow) -> Result<(), StoreError> {
    diesel::insert_into(flag_answers::table).values(row).execute(conn)?;
    Ok(())
}

/// Takes an answer back.
///
/// # Errors
/// What the database says.
pub fn withdraw(
    conn: &mut DbConn,
    row: &FlagAnswerRow,
    (at, revision): (Instant, i64),
    reason: &str,
) -> Result<(), StoreError> {
    let key = (row.campaign_id, row.unit_id, row.rule.as_str(), row.day, row.fingerprint.as_str(), row.recorded_us);
    let values = (
        flag_answers::withdrawn_us.eq(at.micros()),
        flag_answers::withdrawn_reason.eq(reason),
        flag_answers::withdrawn_revision.eq(revision),
    );
    diesel::update(flag_answers::table.find(key)).set(values).execute(conn)?;
    Ok(())
}
