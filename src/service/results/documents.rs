//! The two documents of an issue: the files that prove it ([`crate::service::proof`]), made of
//! the campaign's history as it is known when the issue is made.

use super::Reader;
use super::difference::DifferenceView;
use super::views::OverrideView;
use crate::domain::{Day, Instant};
use crate::pack::Files;
use crate::service::awards::AwardDecision;
use crate::service::fault::Fault;
use crate::service::proof::{Draft, Nonce, ResultKeys, build};
use crate::service::secrets::hex;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The name of the part that holds one.
pub(super) const PART: &str = "document";

/// What an issue says of itself.
#[derive(Clone, Debug)]
pub(super) struct Imprint {
    /// Its number.
    pub(super) issue: i64,
    /// When it was made.
    pub(super) created_at: Instant,
    /// The day of its boards.
    pub(super) as_of: Day,
    /// Code of the kind that is shown where nobody asks for one.
    pub(super) default_kind: String,
    /// The revision that it was computed of, and by when that was known.
    pub(super) of: (i64, Instant),
    /// Version of the rules.
    pub(super) policy_version: i64,
    /// Why it was made.
    pub(super) reason: String,
    /// What was set aside.
    pub(super) overrides: Vec<OverrideView>,
    /// The issue that the difference is told from.
    pub(super) against: Option<i64>,
}

/// The documents of an issue.
pub(super) struct Documents {
    /// Each reader's.
    pub(super) files: [(Reader, Vec<u8>); 2],
    /// What the public one calls the whole one by.
    pub(super) whole_sha256: String,
    /// Of the public one.
    pub(super) public_sha256: String,
}

/// Makes the documents of an issue.
///
/// # Errors
/// Files that are no sound pack, or where the system gives no random bytes.
pub(super) fn documents(
    imprint: &Imprint,
    files: Files,
    (decisions, difference): (Vec<AwardDecision>, Option<&DifferenceView>),
    keys: &ResultKeys,
) -> Result<Documents, Fault> {
    let draft = Draft {
        files,
        issue: imprint.issue,
        issued_at: imprint.created_at,
        as_of: imprint.as_of,
        known_at: imprint.of.1,
        revision: imprint.of.0,
        policy_version: imprint.policy_version,
        reason: Some(imprint.reason.clone()),
        decisions,
        difference: json(&difference)?,
        overrides: json(&imprint.overrides)?,
        nonce: Nonce::random()?,
    };
    let proofs = build(&draft, keys)?;
    Ok(Documents {
        public_sha256: hex(&Sha256::digest(&proofs.public)),
        whole_sha256: proofs.sha256,
        files: [(Reader::Whole, proofs.whole), (Reader::Public, proofs.public)],
    })
}

fn json(value: &impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(Fault::internal)
}
