//! Reporting days that were closed: one row a campaign and day, never changed.

use super::conn::DbConn;
use super::schema::{campaigns, day_closings};
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// A day that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The day.
    pub day: Day,
    /// When it was closed.
    pub closed_at: Instant,
    /// Who closed it, as the log names them.
    pub actor: String,
    /// Why it was closed before its hour.
    pub reason: Option<String>,
    /// What had become of the unit-days by then.
    pub counts: ClosingCounts,
}

/// Unit-days by what had become of them when their day was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClosingCounts {
    /// Reported in time.
    pub on_time: u64,
    /// First reported later.
    pub late: u64,
    /// Not reported.
    pub missing: u64,
    /// Excused by the council.
    pub excused: u64,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = day_closings, treat_none_as_default_value = false)]
struct ClosingRow {
    campaign_id: i64,
    day: i32,
    closed_us: i64,
    actor: String,
    reason: Option<String>,
    on_time: i64,
    late: i64,
    missing: i64,
    excused: i64,
}

impl ClosingRow {
    fn read(self) -> Closing {
        let [on_time, late, missing, excused] =
            [self.on_time, self.late, self.missing, self.excused].map(i64::unsigned_abs);
        Closing {
            day: day_of(self.day),
            closed_at: Instant::from_micros(self.closed_us),
            actor: self.actor,
            reason: self.reason,
            counts: ClosingCounts { on_time, late, missing, excused },
        }
    }
}

/// The days of a campaign that were closed, in their order.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<Closing>, StoreError> {
    let query = day_closings::table.filter(day_closings::campaign_id.eq(campaign_id)).order(day_closings::day.asc());
    Ok(query.load::<ClosingRow>(conn)?.into_iter().map(ClosingRow::read).collect())
}

/// The closing of a day, where it was closed.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, day: Day) -> Result<Option<Closing>, StoreError> {
    let row = day_closings::table.find((campaign_id, day_number(day)));
    Ok(row.get_result::<ClosingRow>(conn).optional()?.map(ClosingRow::read))
}

/// Adds a closing.
///
/// # Errors
/// [`StoreError::Taken`] where the day was closed already, or what the database says.
pub fn insert(conn: &mut DbConn, campaign_id: i64, closing: &Closing) -> Result<(), StoreError> {
    let Closing { day, closed_at, actor, reason, counts } = closing;
    let ClosingCounts { on_time, late, missing, excused } = counts;
    let [on_time, late, missing, excused] =
        [on_time, late, missing, excused].map(|n| i64::try_from(*n).unwrap_or(i64::MAX));
    let row = ClosingRow {
        campaign_id,
        day: day_number(*day),
        closed_us: closed_at.micros(),
        actor: actor.clone(),
        reason: reason.clone(),
        on_time,
        late,
        missing,
        excused,
    };
    diesel::insert_into(day_closings::table).values(row).execute(conn)?;
    Ok(())
}

/// When a campaign was opened in this database: days that were over before could be reported
/// to nobody here.
///
/// # Errors
/// What the database says.
pub fn opened_at(conn: &mut DbConn, campaign_id: i64) -> Result<Instant, StoreError> {
    let row = campaigns::table.filter(campaigns::id.eq(campaign_id)).select(campaigns::created_us);
    Ok(Instant::from_micros(row.get_result(conn)?))
}
