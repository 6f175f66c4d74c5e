//! The two documents of an issue, as canonical JSON (RFC 8785): the whole one, and the public
//! one with its hash.
//!
//! The whole one holds a random number, so that nobody finds hidden figures by trying which
//! of them give its public hash (domain.md section 6, law 9).

use super::Reader;
use super::boards::{IssueBoard, whole};
use super::views::OverrideView;
use crate::domain::{Day, Instant};
use crate::service::fault::Fault;
use crate::service::secrets::{hex, secret};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The name of the part that holds one.
pub(super) const PART: &str = "document";

/// What an issue says of itself.
#[derive(Clone, Debug)]
pub(super) struct Imprint {
    /// Code of the campaign.
    pub(super) campaign: String,
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
    /// Why it was made.
    pub(super) reason: String,
    /// What was set aside.
    pub(super) overrides: Vec<OverrideView>,
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    campaign: &'a str,
    issue: i64,
    created_at: Instant,
    as_of: String,
    revision: i64,
    known_at: Instant,
    program: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overrides: Option<&'a [OverrideView]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    whole_sha256: Option<&'a str>,
    boards: Vec<Value>,
}

/// A document with its hash.
#[derive(Clone, Debug)]
pub(super) struct Hashed {
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
}

/// The documents of an issue: the whole one, and the public one.
///
/// # Errors
/// Where the system gives no random bytes.
pub(super) fn documents(
    imprint: &Imprint,
    boards: &[(Reader, IssueBoard, Vec<u8>)],
) -> Result<(Hashed, Hashed), Fault> {
    let whole = hashed(&Document {
        reason: Some(&imprint.reason),
        overrides: Some(&imprint.overrides),
        salt: Some(secret()?),
        ..document(imprint, boards, Reader::Whole)?
    })?;
    let public = hashed(&Document { whole_sha256: Some(&whole.sha256), ..document(imprint, boards, Reader::Public)? })?;
    Ok((whole, public))
}

fn document<'a>(
    imprint: &'a Imprint,
    boards: &[(Reader, IssueBoard, Vec<u8>)],
    reader: Reader,
) -> Result<Document<'a>, Fault> {
    let of_reader = boards.iter().filter(|(of, ..)| *of == reader);
    let boards = of_reader.map(|(.., packed)| serde_json::from_slice(&whole(packed)?).map_err(Fault::internal));
    Ok(Document {
        format: match reader {
            Reader::Whole => "greenzone.result.whole/1",
            Reader::Public => "greenzone.result.public/1",
        },
        campaign: &imprint.campaign,
        issue: imprint.issue,
        created_at: imprint.created_at,
        as_of: imprint.as_of.to_string(),
        revision: imprint.of.0,
        known_at: imprint.of.1,
        program: env!("CARGO_PKG_VERSION"),
        reason: None,
        overrides: None,
        salt: None,
        whole_sha256: None,
        boards: boards.collect::<Result<_, _>>()?,
    })
}

fn hashed(document: &Document<'_>) -> Result<Hashed, Fault> {
    let bytes = serde_json_canonicalizer::to_vec(document).map_err(Fault::internal)?;
    Ok(Hashed { sha256: hex(&Sha256::digest(&bytes)), bytes })
}
