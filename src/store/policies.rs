//! The versions of a campaign's rules. Versions are only ever added.

use super::StoreError;
use super::conn::{DbConn, on_each};
use super::schema::policies;
use crate::domain::{Instant, Rules};
use diesel::prelude::*;

/// One version of a campaign's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPolicy {
    /// Its number, from 1.
    pub version: i64,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// From when on it counts: from its instant; the first version, and the one under which
    /// a pack brought its own history, from the beginning.
    pub known_from: Instant,
    /// The revision of the campaign that brought it.
    pub revision: i64,
    /// Who made it; none where nobody kept that.
    pub author: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What it rests on.
    pub legal_reference: Option<String>,
    /// The rules.
    pub rules: Rules,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = policies, treat_none_as_default_value = false)]
struct PolicyRow {
    campaign_id: i64,
    version: i64,
    recorded_us: i64,
    known_us: i64,
    revision: i64,
    author: Option<String>,
    reason: Option<String>,
    legal_reference: Option<String>,
    document: String,
}

impl PolicyRow {
    fn read(self) -> Result<StoredPolicy, StoreError> {
        let (campaign, version) = (self.campaign_id, self.version);
        let unreadable = |_| StoreError::Unreadable(format!("version {version} of the rules of campaign {campaign}"));
        Ok(StoredPolicy {
            version,
            recorded_at: Instant::from_micros(self.recorded_us),
            known_from: Instant::from_micros(self.known_us),
            revision: self.revision,
            author: self.author,
            reason: self.reason,
            legal_reference: self.legal_reference,
            rules: Rules::parse(&self.document).map_err(unreadable)?,
        })
    }
}

/// All versions of a campaign's rules, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<StoredPolicy>, StoreError> {
    let rows = policies::table.filter(policies::campaign_id.eq(campaign_id)).order(policies::version.asc());
    let rows: Vec<PolicyRow> = rows.load(conn)?;
    rows.into_iter().map(PolicyRow::read).collect()
}

/// The number of the version in force.
///
/// # Errors
/// What the database says.
pub fn latest_version(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let of_campaign = policies::table.filter(policies::campaign_id.eq(campaign_id));
    let last: Option<i64> = of_campaign.select(diesel::dsl::max(policies::version)).get_result(conn)?;
    last.ok_or_else(|| StoreError::Unreadable(format!("campaign {campaign_id} has no rules")))
}

/// The version of a number.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, version: i64) -> Result<Option<StoredPolicy>, StoreError> {
    let row = policies::table.find((campaign_id, version));
    let row: Option<PolicyRow> = row.get_result(conn).optional()?;
    row.map(PolicyRow::read).transpose()
}

/// Adds a version.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, campaign_id: i64, new: &StoredPolicy) -> Result<(), StoreError> {
    let row = PolicyRow {
        campaign_id,
        version: new.version,
        recorded_us: new.recorded_at.micros(),
        known_us: new.known_from.micros(),
        revision: new.revision,
        author: new.author.clone(),
        reason: new.reason.clone(),
        legal_reference: new.legal_reference.clone(),
        document: new.rules.to_json().to_string(),
    };
    on_each!(conn, |c| diesel::insert_into(policies::table).values(row).execute(c))?;
    Ok(())
}

/// Says that the version in force counted from the beginning: the history that a pack
/// brings was made under it.
///
/// # Errors
/// What the database says.
pub fn know_from_the_beginning(conn: &mut DbConn, campaign_id: i64) -> Result<(), StoreError> {
    let version = latest_version(conn, campaign_id)?;
    let row = policies::table.find((campaign_id, version));
    diesel::update(row).set(policies::known_us.eq(Instant::BEGINNING.micros())).execute(conn)?;
    Ok(())
}
