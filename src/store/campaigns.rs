//! Campaigns and their revisions.

use super::StoreError;
use super::conn::{DbConn, on_each};
use super::fixed::{Fixed, insert_arrays};
use super::schema::{campaigns, revisions};
use crate::domain::{Campaign, Instant};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// A campaign as it is stored.
#[derive(Clone, Debug)]
pub struct StoredCampaign {
    /// Its key.
    pub id: i64,
    /// Its document.
    pub campaign: Arc<Campaign>,
    /// Its revision.
    pub revision: i64,
    /// The last instant given to a record.
    pub last_recorded_at: Instant,
    /// What the public sees in its place, if anything.
    pub pinning: Pinning,
}

/// What the public sees in place of a campaign as it stands: it is stored with the revision,
/// so that whoever knows of one knows of the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pinning {
    /// Number of the pin in force.
    pub pin: Option<i64>,
    /// When a planned freeze comes into force.
    pub freezes_at: Option<Instant>,
}

impl Pinning {
    /// Whether a planned freeze should be in force by now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.freezes_at.is_some_and(|at| at <= now)
    }
}

#[derive(Queryable)]
struct CampaignRow {
    id: i64,
    document: String,
    revision: i64,
    last_recorded_us: i64,
    pin_id: Option<i64>,
    freezes_us: Option<i64>,
}

type Columns = (
    campaigns::id,
    campaigns::document,
    campaigns::revision,
    campaigns::last_recorded_us,
    campaigns::pin_id,
    campaigns::freezes_us,
);

const COLUMNS: Columns = (
    campaigns::id,
    campaigns::document,
    campaigns::revision,
    campaigns::last_recorded_us,
    campaigns::pin_id,
    campaigns::freezes_us,
);

/// How many documents are kept as they were parsed: every write and many reads begin with
/// one, and it hardly ever changes.
const PARSED: usize = 16;

/// The documents that were parsed last, with what they say.
static LAST_PARSED: Mutex<VecDeque<(String, Arc<Campaign>)>> = Mutex::new(VecDeque::new());

pub(super) fn parse(id: i64, document: String) -> Result<Arc<Campaign>, StoreError> {
    let mut last = LAST_PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, campaign)) = last.iter().find(|(text, _)| *text == document) {
        return Ok(campaign.clone());
    }
    let campaign = Campaign::parse(document.as_bytes()).map_err(|wrong| {
        let places: Vec<_> = wrong.iter().map(|e| format!("{}: expected {}", e.path, e.expected)).collect();
        StoreError::Unreadable(format!("campaign {id}: {}", places.join("; ")))
    })?;
    let campaign = Arc::new(campaign);
    last.push_front((document, campaign.clone()));
    last.truncate(PARSED);
    Ok(campaign)
}

impl CampaignRow {
    fn read(self) -> Result<StoredCampaign, StoreError> {
        Ok(StoredCampaign {
            id: self.id,
            campaign: parse(self.id, self.document)?,
            revision: self.revision,
            last_recorded_at: Instant::from_micros(self.last_recorded_us),
            pinning: Pinning { pin: self.pin_id, freezes_at: self.freezes_us.map(Instant::from_micros) },
        })
    }
}

/// The campaign of a code.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, code: &str) -> Result<Option<StoredCampaign>, StoreError> {
    let row: Option<CampaignRow> =
        campaigns::table.filter(campaigns::code.eq(code)).select(COLUMNS).get_result(conn).optional()?;
    row.map(CampaignRow::read).transpose()
}

/// Codes and revisions of all campaigns, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn) -> Result<Vec<(String, i64)>, StoreError> {
    let columns = (campaigns::code, campaigns::revision);
    Ok(campaigns::table.order(campaigns::id.asc()).select(columns).load(conn)?)
}

/// The campaign of a code, held against other writers until the transaction ends: an update
/// that changes nothing takes the row's lock on both databases.
///
/// # Errors
/// What the database says.
pub fn lock(conn: &mut DbConn, code: &str) -> Result<Option<StoredCampaign>, StoreError> {
    let row = campaigns::table.filter(campaigns::code.eq(code));
    let touch = diesel::update(row).set(campaigns::revision.eq(campaigns::revision)).returning(COLUMNS);
    let row: Option<CampaignRow> = on_each!(conn, |c| touch.get_result(c).optional())?;
    row.map(CampaignRow::read).transpose()
}

/// Adds a campaign at revision 0 and answers its key.
///
/// # Errors
/// [`StoreError::Taken`] where the code is, or what the database says.
pub fn insert(conn: &mut DbConn, campaign: &Campaign, created_at: Instant) -> Result<i64, StoreError> {
    let values = (
        campaigns::code.eq(&campaign.code),
        campaigns::document.eq(campaign.to_json().to_string()),
        campaigns::revision.eq(0i64),
        campaigns::last_recorded_us.eq(Instant::BEGINNING.micros()),
        campaigns::created_us.eq(created_at.micros()),
    );
    let insert = diesel::insert_into(campaigns::table).values(values).returning(campaigns::id);
    Ok(on_each!(conn, |c| insert.get_result(c))?)
}

/// Replaces a campaign's document.
///
/// # Errors
/// [`StoreError::Taken`] where the new code is, or what the database says.
pub fn update(conn: &mut DbConn, id: i64, campaign: &Campaign) -> Result<(), StoreError> {
    let values = (campaigns::code.eq(&campaign.code), campaigns::document.eq(campaign.to_json().to_string()));
    diesel::update(campaigns::table.filter(campaigns::id.eq(id))).set(values).execute(conn)?;
    Ok(())
}

/// Says where a campaign's units lie.
///
/// # Errors
/// What the database says.
pub fn set_boundaries(conn: &mut DbConn, id: i64, boundaries: Option<&str>) -> Result<(), StoreError> {
    let row = campaigns::table.filter(campaigns::id.eq(id));
    diesel::update(row).set(campaigns::boundaries.eq(boundaries)).execute(conn)?;
    Ok(())
}

/// The boundaries of a campaign, as GeoJSON.
///
/// # Errors
/// What the database says.
pub fn boundaries(conn: &mut DbConn, id: i64) -> Result<Option<String>, StoreError> {
    let row = campaigns::table.filter(campaigns::id.eq(id));
    Ok(row.select(campaigns::boundaries).get_result::<Option<String>>(conn).optional()?.flatten())
}

/// An accepted change of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = revisions, treat_none_as_default_value = false)]
pub struct NewRevision {
    campaign_id: i64,
    revision: i64,
    recorded_us: i64,
    what: &'static str,
    touched: Option<String>,
}

impl NewRevision {
    /// One of a campaign: its number, its instant and what it was.
    pub fn new(campaign_id: i64, revision: i64, recorded_at: Instant, what: &'static str) -> Self {
        Self { campaign_id, revision, recorded_us: recorded_at.micros(), what, touched: None }
    }

    /// Whether it is of a campaign.
    pub fn is_of(&self, campaign_id: i64) -> bool {
        self.campaign_id == campaign_id
    }

    /// Says what it touched of the facts, if that is all of it, in words of whoever reads them.
    pub fn touch(&mut self, touched: Option<String>) {
        self.touched = touched;
    }
}

/// Notes that changes were accepted.
///
/// # Errors
/// What the database says.
pub fn insert_revisions(conn: &mut DbConn, new: &[NewRevision]) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    match conn {
        DbConn::Pg(c) => drop(insert_arrays!(c, "revisions", new, {
            campaign_id: BigInt,
            revision: BigInt,
            recorded_us: BigInt,
            what: Text,
            touched: Nullable<Text>,
        })?),
        // the statement for one is prepared once
        DbConn::Sqlite(c) => {
            for one in new {
                diesel::insert_into(revisions::table).values(one).execute(c)?;
            }
        }
    }
    Ok(())
}

/// What each change from one revision to another said that it touched, in their order; none
/// where one of them did not say, or there are more than `most`.
///
/// # Errors
/// What the database says.
pub fn touched_between(
    conn: &mut DbConn,
    id: i64,
    (from, to): (i64, i64),
    most: i64,
) -> Result<Option<Vec<String>>, StoreError> {
    let rows = revisions::table.filter(revisions::campaign_id.eq(id)).filter(revisions::revision.gt(from));
    let rows = rows.filter(revisions::revision.le(to)).order(revisions::revision.asc()).select(revisions::touched);
    if to - from > most {
        return Ok(None);
    }
    let rows: Vec<Option<String>> = rows.load(conn)?;
    if i64::try_from(rows.len()) != Ok(to - from) {
        return Ok(None);
    }
    Ok(rows.into_iter().collect())
}

/// Says at which revision and instant a campaign stands.
///
/// # Errors
/// What the database says.
pub fn set_revision(conn: &mut DbConn, id: i64, revision: i64, last_recorded_at: Instant) -> Result<(), StoreError> {
    let values = (campaigns::revision.eq(revision), campaigns::last_recorded_us.eq(last_recorded_at.micros()));
    diesel::update(campaigns::table.filter(campaigns::id.eq(id))).set(values).execute(conn)?;
    Ok(())
}

/// Says what the public sees in place of a campaign.
///
/// # Errors
/// What the database says.
pub fn set_pinning(conn: &mut DbConn, id: i64, pinning: Pinning) -> Result<(), StoreError> {
    let values = (campaigns::pin_id.eq(pinning.pin), campaigns::freezes_us.eq(pinning.freezes_at.map(Instant::micros)));
    diesel::update(campaigns::table.filter(campaigns::id.eq(id))).set(values).execute(conn)?;
    Ok(())
}

/// The campaigns with a planned freeze, and when it comes into force.
///
/// # Errors
/// What the database says.
pub fn list_freezes(conn: &mut DbConn) -> Result<Vec<(String, Instant)>, StoreError> {
    let rows = campaigns::table.filter(campaigns::freezes_us.is_not_null()).order(campaigns::id.asc());
    let rows: Vec<(String, Option<i64>)> = rows.select((campaigns::code, campaigns::freezes_us)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(code, at)| Some((code, Instant::from_micros(at?)))).collect())
}

/// The channel on which PostgreSQL tells of commits.
const CHANNEL: &str = "greenzone_revisions";

/// Tells other processes, once this transaction is committed, at which revision a campaign
/// stands; `teller` is this one. SQLite has no means to.
///
/// # Errors
/// What the database says.
pub fn tell(conn: &mut DbConn, teller: u64, code: &str, revision: i64) -> Result<(), StoreError> {
    let DbConn::Pg(conn) = conn else { return Ok(()) };
    let notify = Fixed::new("SELECT pg_notify(?, ?)")
        .bind::<Text, _>(CHANNEL)
        .bind::<Text, _>(format!("{teller:x} {revision} {code}"));
    notify.execute(conn)?;
    Ok(())
}

/// Asks to be told of other processes' commits on this connection.
///
/// # Errors
/// What the database says.
pub fn listen(conn: &mut DbConn) -> Result<(), StoreError> {
    let DbConn::Pg(conn) = conn else { return Ok(()) };
    diesel::sql_query(format!("LISTEN {CHANNEL}")).execute(conn)?;
    Ok(())
}

/// Codes and revisions of the campaigns that others than `teller` told on this connection
/// since the last call; does not wait.
///
/// # Errors
/// A lost connection.
pub fn told(conn: &mut DbConn, teller: u64) -> Result<Vec<(String, i64)>, StoreError> {
    let DbConn::Pg(conn) = conn else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for notification in conn.notifications_iter() {
        let payload = notification?.payload;
        let mut parts = payload.splitn(3, ' ');
        let by = parts.next().and_then(|by| u64::from_str_radix(by, 16).ok());
        let revision = parts.next().and_then(|revision| revision.parse().ok());
        if by != Some(teller) {
            found.extend(parts.next().map(str::to_owned).zip(revision));
        }
    }
    Ok(found)
}

/// The revision at which a campaign stands; none where there is no such campaign.
///
/// # Errors
/// What the database says.
pub fn revision_of(conn: &mut DbConn, code: &str) -> Result<Option<i64>, StoreError> {
    let row = campaigns::table.filter(campaigns::code.eq(code)).select(campaigns::revision);
    Ok(row.get_result(conn).optional()?)
}

/// All revisions of a campaign with their instants, rising.
///
/// # Errors
/// What the database says.
pub fn list_revisions(conn: &mut DbConn, id: i64) -> Result<Vec<(i64, Instant)>, StoreError> {
    let rows = revisions::table.filter(revisions::campaign_id.eq(id)).order(revisions::revision.asc());
    let rows: Vec<(i64, i64)> = rows.select((revisions::revision, revisions::recorded_us)).load(conn)?;
    Ok(rows.into_iter().map(|(revision, at)| (revision, Instant::from_micros(at))).collect())
}

/// The last revision of a campaign that was one of some kinds of change; none where none was.
///
/// # Errors
/// What the database says.
pub fn last_revision_of(conn: &mut DbConn, id: i64, kinds: &[&str]) -> Result<Option<i64>, StoreError> {
    let rows = revisions::table.filter(revisions::campaign_id.eq(id)).filter(revisions::what.eq_any(kinds));
    Ok(rows.select(diesel::dsl::max(revisions::revision)).get_result(conn)?)
}

/// When a revision of a campaign was made, if there is one.
///
/// # Errors
/// What the database says.
pub fn instant_of(conn: &mut DbConn, code: &str, revision: i64) -> Result<Option<Instant>, StoreError> {
    let campaign = campaigns::table.filter(campaigns::code.eq(code)).select(campaigns::id);
    let Some(id) = campaign.get_result::<i64>(conn).optional()? else { return Ok(None) };
    let row = revisions::table.filter(revisions::campaign_id.eq(id)).filter(revisions::revision.eq(revision));
    let at: Option<i64> = row.select(revisions::recorded_us).get_result(conn).optional()?;
    Ok(at.map(Instant::from_micros))
}

/// What made some revisions: their words, by number.
///
/// # Errors
/// What the database says.
pub fn words_of(conn: &mut DbConn, id: i64, of: &[i64]) -> Result<std::collections::HashMap<i64, String>, StoreError> {
    let rows = revisions::table.filter(revisions::campaign_id.eq(id)).filter(revisions::revision.eq_any(of));
    let rows: Vec<(i64, String)> = rows.select((revisions::revision, revisions::what)).load(conn)?;
    Ok(rows.into_iter().collect())
}
