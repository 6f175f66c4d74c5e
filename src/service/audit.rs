//! The log of what was done and seen, which nobody can quietly rewrite.
//!
//! One chain a campaign and one for accounts. Each entry holds the hash of the one before
//! it, so that a changed, removed, inserted or moved entry is found ([`verify`]) with its
//! place; a head that was published finds a chain that was rewritten whole. Entries are
//! made where a write happens and stored with it, in the writer's transaction.

use super::Service;
use super::access::{Audit, Grant, Proof};
use super::fault::{Code, Fault};
use super::secrets::{hash_of, hex};
use super::writer::{Ask, Pending, Subject, WriteRequest};
use crate::domain::Instant;
pub use crate::store::audit::EntryFilter;
use crate::store::audit::{self, EntryRow, HeadRow};
use crate::store::{DbConn, StoreError};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The chain of what concerns accounts, sessions and tokens.
pub const ACCOUNTS: &str = "accounts";

/// The chain of a campaign.
pub fn chain_of(campaign: &str) -> String {
    format!("campaigns/{campaign}")
}

/// Something worth keeping; who and when is added by the writer.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// What was done, such as `figure.record`.
    pub action: &'static str,
    /// To what: an address below the chain's own.
    pub target: String,
    /// What stood before.
    pub before: Option<Value>,
    /// What stands after.
    pub after: Option<Value>,
}

impl Note {
    /// Something that was changed: what stood, what stands.
    pub(super) fn of<T: Serialize>(
        action: &'static str,
        target: impl Into<String>,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Self {
        let json = |view: &T| serde_json::to_value(view).ok();
        Self { action, target: target.into(), before: before.and_then(json), after: after.and_then(json) }
    }

    /// With what is said of the change beside what stands.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let after = self.after.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Value::Object(fields) = after {
            fields.insert(name.to_owned(), value.into());
        }
        self
    }
}

/// What a write of many rows leaves in the log: the rows where they are few, and of any
/// number their count and the hash of their lines, so that what is stored can be held
/// against it.
#[derive(Default)]
pub(super) struct Rows {
    listed: Vec<Value>,
    hash: Sha256,
    total: u64,
    line: Vec<u8>,
}

/// How many rows of a write are listed in the log.
const MAX_LISTED: u64 = 100;

impl Rows {
    /// Adds a row: what it is about, what stood and what stands.
    pub(super) fn add(&mut self, row: &impl Serialize) {
        self.line.clear();
        // writing into memory does not fail
        let _ = serde_json::to_writer(&mut self.line, row);
        self.line.push(b'\n');
        self.hash.update(&self.line);
        self.total += 1;
        if self.total <= MAX_LISTED {
            self.listed.extend(serde_json::to_value(row).ok());
        }
    }

    /// A note with what is kept of the rows.
    pub(super) fn keep_in(self, note: Note) -> Note {
        let note = note.with("rows_total", self.total).with("rows_sha256", hex(&self.hash.finalize()));
        if self.total <= MAX_LISTED { note.with("rows", self.listed) } else { note }
    }
}

/// Who did something, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Address of the client, or what else there was.
    pub address: String,
    /// The request.
    pub request_id: Option<String>,
}

/// An entry on its way into its chain.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: Instant,
    pub(super) actor: String,
    pub(super) role: &'static str,
    pub(super) origin: Origin,
    pub(super) note: Note,
}

/// Adds entries to a chain, each with the hash of the one before it.
///
/// # Errors
/// What the database says.
pub(super) fn append(conn: &mut DbConn, chain: &str, entries: Vec<Entry>) -> Result<(), StoreError> {
    let mut head = audit::lock(conn, chain)?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let text = |value: Option<Value>| value.map(|v| v.to_string());
        let mut row = EntryRow {
            chain: chain.to_owned(),
            number: head.number + 1,
            at_us: entry.at.micros(),
            actor: entry.actor,
            role: entry.role.to_owned(),
            origin: entry.origin.address,
            request_id: entry.origin.request_id,
            action: entry.note.action.to_owned(),
            target: entry.note.target,
            before: text(entry.note.before),
            after: text(entry.note.after),
            previous_hash: head.hash,
            hash: String::new(),
        };
        row.hash = seal(&row);
        (head.number, head.hash) = (row.number, row.hash.clone());
        rows.push(row);
    }
    audit::append(conn, &rows)
}

/// The hash of an entry: SHA-256 in hex over a JSON array of all its fields in their order,
/// the hash of the entry before among them. An array of texts and numbers has one form.
fn seal(row: &EntryRow) -> String {
    let EntryRow { chain, number, at_us, actor, role, origin, request_id, action, target, before, after, .. } = row;
    let fields = serde_json::json!([
        chain,
        number,
        at_us,
        actor,
        role,
        origin,
        request_id,
        action,
        target,
        before,
        after,
        row.previous_hash
    ]);
    hash_of(&fields.to_string())
}

/// Where a chain ends: what is published, and checked against later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeadView {
    /// The chain.
    pub chain: String,
    /// Number of its last entry; 0 where it has none.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub number: i64,
    /// Hash of its last entry; empty where it has none.
    pub hash: String,
}

impl HeadView {
    /// Reads a head as it was published: `chain:number:hash`.
    ///
    /// # Errors
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            // a chain's name may hold colons
            let (rest, hash) = text.trim().rsplit_once(':')?;
            let (chain, number) = rest.rsplit_once(':')?;
            let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
            let number = number.parse().ok().filter(|n| *n > 0)?;
            is_hash.then(|| Self { chain: chain.to_owned(), number, hash: hash.to_ascii_lowercase() })
        };
        read().ok_or_else(|| format!("a head as it was published, CHAIN:NUMBER:HASH; found {text:?}"))
    }
}

impl std::fmt::Display for HeadView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.chain, self.number, self.hash)
    }
}

/// An entry as the auditor reads it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// Its place in its chain, from 1.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who: `user:` and a username, `token:` and its id, or `operator` on the machine itself.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// From which address.
    pub origin: String,
    /// In which request.
    pub request_id: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: String,
    /// What stood before.
    pub before: Option<Value>,
    /// What stands after.
    pub after: Option<Value>,
    /// Hash of the entry before it; empty for the first.
    pub previous_hash: String,
    /// Its hash.
    pub hash: String,
}

fn entry_view(row: EntryRow) -> EntryView {
    let json = |text: Option<String>| text.map(|t| serde_json::from_str(&t).unwrap_or(Value::String(t)));
    EntryView {
        number: row.number,
        at: Instant::from_micros(row.at_us),
        actor: row.actor,
        role: row.role,
        origin: row.origin,
        request_id: row.request_id,
        action: row.action,
        target: row.target,
        before: json(row.before),
        after: json(row.after),
        previous_hash: row.previous_hash,
        hash: row.hash,
    }
}

/// Some entries of a chain, and where it ends.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// The entries, the latest first.
    pub items: Vec<EntryView>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many match.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub total: i64,
    /// Where the chain ends just now.
    pub head: HeadView,
}

impl Service {
    /// Entries of a chain, the latest first, before a number. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn audit(
        &self,
        _grant: &Grant<Audit>,
        campaign: Option<&str>,
        filter: &EntryFilter,
        before: i64,
        limit: i64,
    ) -> Result<AuditView, Fault> {
        let chain = campaign.map_or_else(|| ACCOUNTS.to_owned(), chain_of);
        self.read(|conn| {
            let head = audit::head(conn, &chain)?;
            if let (Some(campaign), None) = (campaign, &head) {
                let found = crate::store::campaigns::find_opt(conn, campaign)?;
                found.ok_or_else(|| Fault::no_campaign(campaign))?;
            }
            let rows = audit::search(conn, &chain, filter, before, limit)?;
            let is_full = i64::try_from(rows.len()).is_ok_and(|n| n == limit);
            let next_cursor = rows.last().filter(|row| is_full && row.number > 1).map(|row| row.number.to_string());
            let total = audit::count(conn, &chain, filter)?;
            let items = rows.into_iter().map(entry_view).collect();
            let head = head.unwrap_or(HeadRow { chain: chain.clone(), number: 0, hash: String::new() });
            let HeadRow { chain, number, hash } = head;
            Ok(AuditView { items, next_cursor, total, head: HeadView { chain, number, hash } })
        })
    }

    /// Keeps that figures of private units were read.
    pub fn note_private_read(
        &self,
        who: &super::access::Principal,
        campaign: &str,
        target: String,
        request: WriteRequest,
    ) -> Pending {
        let subject = Subject::Campaign(campaign.to_owned());
        let ask = Ask { subject, proof: Proof::of(who), within: None, about: None, request };
        self.writer.write(ask, move |work| {
            work.note(Note { action: "private.read", target, ..Note::default() });
            super::figures::done(200, &())
        })
    }

    /// Checks every chain; see [`verify`]. May block for long.
    ///
    /// # Errors
    /// What the database says.
    pub fn verify_audit(&self, _grant: &Grant<Audit>, published: &[HeadView]) -> Result<Report, Fault> {
        self.read(|conn| verify(conn, published).map_err(Fault::from))
    }
}

/// What a check of the chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Where each chain ends.
    pub heads: Vec<HeadView>,
    /// What is wrong, the first place of each chain.
    pub broken: Vec<Break>,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The chain.
    pub chain: String,
    /// The entry.
    pub number: i64,
    /// What is wrong there.
    pub what: String,
}

/// How many entries are read at a time.
const STEP: i64 = 1_000;

/// Reads every chain from its first entry to its last, and says the first place of each
/// where an entry was changed, removed, inserted or moved; and which published heads are
/// not of these chains.
///
/// # Errors
/// What the database says.
pub fn verify(conn: &mut DbConn, published: &[HeadView]) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let heads = audit::heads(conn)?;
    let mut chains: Vec<String> = heads.iter().map(|head| head.chain.clone()).collect();
    chains.extend(audit::chains(conn)?);
    chains.extend(published.iter().map(|head| head.chain.clone()));
    chains.sort_unstable();
    chains.dedup();
    for chain in chains {
        let head = heads.iter().find(|head| head.chain == chain);
        let expected: Vec<&HeadView> = published.iter().filter(|head| head.chain == chain).collect();
        match verify_chain(conn, &chain, head, &expected)? {
            Ok(head) => report.heads.push(head),
            Err(found) => report.broken.push(found),
        }
    }
    Ok(report)
}

fn verify_chain(
    conn: &mut DbConn,
    chain: &str,
    head: Option<&HeadRow>,
    published: &[&HeadView],
) -> Result<Result<HeadView, Break>, StoreError> {
    let broken = |number, what: &str| Ok(Err(Break { chain: chain.to_owned(), number, what: what.to_owned() }));
    let mut last = HeadView { chain: chain.to_owned(), number: 0, hash: String::new() };
    loop {
        let rows = audit::after(conn, chain, last.number, STEP)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let number = last.number + 1;
            if row.number != number {
                return broken(number, "the entry is missing");
            }
            if row.previous_hash != last.hash {
                return broken(number, "it does not follow the entry before it: one of the two was put in or changed");
            }
            if row.hash != seal(&row) {
                return broken(number, "the entry was changed");
            }
            if published.iter().any(|head| head.number == number && head.hash != row.hash) {
                return broken(number, "it is another entry than the published head");
            }
            (last.number, last.hash) = (number, row.hash);
        }
    }
    let is_cut = head.is_some_and(|head| head.number > last.number);
    if is_cut || published.iter().any(|head| head.number > last.number) {
        return broken(last.number + 1, "the entry is missing: the chain is cut");
    }
    match head {
        Some(head) if head.number == last.number && head.hash == last.hash => Ok(Ok(last)),
        _ => broken(last.number, "the chain does not end where it was written to end"),
    }
}

/// Reads a cursor of the log: the number of the last entry that was seen.
///
/// # Errors
/// 422 where it is none.
pub fn read_cursor(text: &str) -> Result<i64, Fault> {
    text.parse()
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| Fault::new(Code::InvalidCursor, "the cursor is none of this list"))
}
