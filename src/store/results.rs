//! Final results, numbered within their campaign: written once, revoked at most once, never
//! deleted. What an issue consists of stands beside it as bytes, each part for itself, so that
//! one board is read without the others.

use super::conn::DbConn;
use super::schema::{result_parts, results};
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// An issue of a result as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = results, treat_none_as_default_value = false)]
pub struct ResultRow {
    campaign_id: i64,
    /// Its number, from 1.
    pub issue: i64,
    created_us: i64,
    /// By whom, as the log names them.
    pub author: String,
    /// Why.
    pub reason: String,
    /// What stood in the way and was set aside, as JSON.
    pub overrides: String,
    /// The revision of the campaign that it was computed of.
    pub revision: i64,
    known_us: i64,
    as_of: i32,
    /// Code of the kind that is shown where nobody asks for one.
    pub default_kind: String,
    /// Version of the program that computed it.
    pub program: String,
    /// Key of the campaign's history as it was known then.
    pub archive: i64,
    /// The issue that its difference is told from.
    pub against: Option<i64>,
    /// The hash by which the public document names the whole one.
    pub whole_sha256: String,
    /// SHA-256 of the public document.
    pub public_sha256: String,
    revoked_us: Option<i64>,
    /// By whom it was revoked.
    pub revoked_by: Option<String>,
    /// Why it was revoked.
    pub revoked_reason: Option<String>,
}

/// What is new about an issue.
#[derive(Clone, Debug)]
pub struct NewResult {
    /// Its number.
    pub issue: i64,
    /// When.
    pub created_at: Instant,
    /// By whom, as the log names them.
    pub author: String,
    /// Why.
    pub reason: String,
    /// What was set aside, as JSON.
    pub overrides: String,
    /// The revision that it was computed of, and the instant by which that is known.
    pub of: (i64, Instant),
    /// The day of its boards.
    pub as_of: Day,
    /// Code of the kind that is shown where nobody asks for one.
    pub default_kind: String,
    /// Version of the program.
    pub program: String,
    /// Key of the campaign's history.
    pub archive: i64,
    /// The issue that its difference is told from.
    pub against: Option<i64>,
    /// The hash by which the public document names the whole one.
    pub whole_sha256: String,
    /// SHA-256 of the public document.
    pub public_sha256: String,
}

impl ResultRow {
    /// A new one.
    pub fn new(campaign_id: i64, new: NewResult) -> Self {
        Self {
            campaign_id,
            issue: new.issue,
            created_us: new.created_at.micros(),
            author: new.author,
            reason: new.reason,
            overrides: new.overrides,
            revision: new.of.0,
            known_us: new.of.1.micros(),
            as_of: day_number(new.as_of),
            default_kind: new.default_kind,
            program: new.program,
            archive: new.archive,
            against: new.against,
            whole_sha256: new.whole_sha256,
            public_sha256: new.public_sha256,
            revoked_us: None,
            revoked_by: None,
            revoked_reason: None,
        }
    }

    /// When it was made.
    pub fn created_at(&self) -> Instant {
        Instant::from_micros(self.created_us)
    }

    /// By which instant what it was computed of was known.
    pub fn known_at(&self) -> Instant {
        Instant::from_micros(self.known_us)
    }

    /// The day of its boards.
    pub fn as_of(&self) -> Day {
        day_of(self.as_of)
    }

    /// When it was revoked.
    pub fn revoked_at(&self) -> Option<Instant> {
        self.revoked_us.map(Instant::from_micros)
    }

    /// Revokes it.
    pub fn revoke(&mut self, at: Instant, by: String, reason: String) {
        self.revoked_us = Some(at.micros());
        self.revoked_by = Some(by);
        self.revoked_reason = Some(reason);
    }
}

/// A part of an issue.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = result_parts, treat_none_as_default_value = false)]
pub struct PartRow {
    /// The key of the campaign.
    pub campaign_id: i64,
    /// Number of the issue.
    pub issue: i64,
    /// `whole` or `public`.
    pub audience: &'static str,
    /// Which part.
    pub part: String,
    /// Its bytes, gzip.
    pub bytes: Vec<u8>,
}

/// The issues of a campaign, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<ResultRow>, StoreError> {
    let of_campaign = results::table.filter(results::campaign_id.eq(campaign_id));
    Ok(of_campaign.order(results::issue.asc()).load(conn)?)
}

/// Whether an issue of a campaign counts.
///
/// # Errors
/// What the database says.
pub fn any_stands(conn: &mut DbConn, campaign_id: i64) -> Result<bool, StoreError> {
    let of_campaign = results::table.filter(results::campaign_id.eq(campaign_id));
    let standing: i64 = of_campaign.filter(results::revoked_us.is_null()).count().get_result(conn)?;
    Ok(standing > 0)
}

/// Adds an issue with its parts.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &ResultRow, parts: &[PartRow]) -> Result<(), StoreError> {
    diesel::insert_into(results::table).values(row).execute(conn)?;
    // one after another: each may be large
    for part in parts {
        diesel::insert_into(result_parts::table).values(part).execute(conn)?;
    }
    Ok(())
}

/// Stores that an issue was revoked, as the row now says.
///
/// # Errors
/// What the database says.
pub fn mark_revoked(conn: &mut DbConn, row: &ResultRow) -> Result<(), StoreError> {
    let values = (
        results::revoked_us.eq(row.revoked_us),
        results::revoked_by.eq(&row.revoked_by),
        results::revoked_reason.eq(&row.revoked_reason),
    );
    diesel::update(results::table.find((row.campaign_id, row.issue))).set(values).execute(conn)?;
    Ok(())
}

/// The bytes of a part of an issue, gzip, where the issue has it.
///
/// # Errors
/// What the database says.
pub fn part(
    conn: &mut DbConn,
    (campaign_id, issue): (i64, i64),
    audience: &str,
    part: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = result_parts::table.find((campaign_id, issue, audience, part));
    Ok(found.select(result_parts::bytes).get_result(conn).optional()?)
}

/// The names of an issue's parts for an audience, in their order.
///
/// # Errors
/// What the database says.
pub fn part_names(
    conn: &mut DbConn,
    (campaign_id, issue): (i64, i64),
    audience: &str,
) -> Result<Vec<String>, StoreError> {
    let of_issue = result_parts::table.filter(result_parts::campaign_id.eq(campaign_id));
    let of_issue = of_issue.filter(result_parts::issue.eq(issue)).filter(result_parts::audience.eq(audience));
    let mut names: Vec<String> = of_issue.select(result_parts::part).load(conn)?;
    // databases sort texts each in its own way
    names.sort_unstable();
    Ok(names)
}
