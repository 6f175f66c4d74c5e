//! Two files that prove a final result (contract.md, *The two files of a result*).
//!
//! The **whole** one, for committee and auditors, holds the inputs, the rules, every board
//! and the awards; the **public** one holds what strangers see, and the hash of the whole
//! one's manifest. Each has a manifest with the hash of every part, and a signature of the
//! manifest. Whatever is written here is made from the files of a pack alone, so that
//! [`verify()`] can make it again on any machine. Start reading at [`build`].

mod boards;
mod canonical;
mod document;
mod keys;
mod manifest;
mod verify;

pub use canonical::canonical;
pub use keys::{Pin, ResultKeys};
pub use verify::{Finding, KeyView, Report, verify};

use super::Service;
use super::fault::{Code, Fault};
use super::keys::PublicKeys;
use crate::domain::{Day, Instant};
use crate::pack::{Files, Refusal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boards::{Facts, Stand};
use canonical::sha256;
use document::{Public, Whole};
use manifest::{Manifest, Program, PublicManifest, PublicSums, Sums};
use serde_json::Value;

/// The most bytes of a whole file that are read: what a pack may weigh, and its boards.
pub const MAX_BYTES: u64 = 4 << 30;

/// What a result is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The campaign's whole history as known at `known_at`, with the rules of then.
    pub files: Files,
    /// Number of the issue, from 1.
    pub issue: i64,
    /// When it was issued.
    pub issued_at: Instant,
    /// The day D of its boards.
    pub as_of: Day,
    /// K: what was recorded later is no part of it.
    pub known_at: Instant,
    /// Revision of the campaign at K.
    pub revision: i64,
    /// Version of the rules.
    pub policy_version: i64,
    /// Why there is another issue; never public.
    pub reason: Option<String>,
    /// The awards as committee and auditors see them; null without.
    pub awards: Value,
    /// The awards as the public sees them; null without.
    pub public_awards: Value,
    /// What differs from the issue before; null in the first.
    pub difference: Value,
    /// Blockers that were overridden, with reasons; never public.
    pub overrides: Value,
    /// What hides the hash of the manifest from guesses.
    pub nonce: Nonce,
}

/// 256 random bits in the whole manifest. Its hash is public: without them, who knows
/// everything but a small count could try counts until the hash fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn random() -> Result<Self, Fault> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(Fault::internal)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// One that is known, for tests.
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The two files of a result.
#[derive(Clone, Debug)]
pub struct Proofs {
    /// The whole one.
    pub whole: Vec<u8>,
    /// The public one.
    pub public: Vec<u8>,
    /// SHA-256 of the canonical form of the whole one's manifest, as the public one says it.
    pub sha256: String,
    /// Thumbprint of the key that signed both.
    pub key_id: String,
}

/// Makes the two files of a result.
///
/// # Errors
/// Files that are no sound pack, a day outside the window, or what the system says.
pub fn build(draft: &Draft, keys: &ResultKeys) -> Result<Proofs, Fault> {
    let unsound = |refusal: Refusal| {
        let first = refusal.errors.first().map(ToString::to_string);
        Fault::internal(first.unwrap_or(refusal.detail))
    };
    let facts = Facts::read(&draft.files, draft.known_at).map_err(unsound)?;
    let stand = Stand {
        as_of: draft.as_of,
        known_at: draft.known_at,
        revision: draft.revision,
        policy_version: draft.policy_version,
    };
    let outside = || Fault::internal("the day of a result lies outside the window");
    let public_boards = facts.public_boards(&stand)?.ok_or_else(outside)?;
    let boards = facts.boards(&stand)?.ok_or_else(outside)?;
    let campaign = facts.campaign_code();
    drop(facts);
    let inputs = document::texts(&draft.files)?;
    let manifest = Manifest {
        format: manifest::WHOLE.to_owned(),
        campaign,
        issue: draft.issue,
        issued_at: text(draft.issued_at)?,
        as_of: draft.as_of.to_string(),
        known_at: text(draft.known_at)?,
        revision: draft.revision,
        policy_version: draft.policy_version,
        reason: draft.reason.clone(),
        program: Program::this(),
        nonce: draft.nonce.0.clone(),
        sha256: Sums::of(&inputs, &boards, &draft.awards, &draft.difference, &draft.overrides)?,
    };
    let signed = canonical(&manifest)?;
    let hash = sha256(&signed);
    let public = public_file(&manifest, &hash, public_boards, draft.public_awards.clone(), keys)?;
    let whole = Whole {
        signature: keys.sign(manifest::WHOLE, &signed)?,
        manifest: serde_json::to_value(&manifest).map_err(Fault::internal)?,
        awards: draft.awards.clone(),
        boards,
        difference: draft.difference.clone(),
        inputs,
        overrides: draft.overrides.clone(),
    };
    Ok(Proofs { whole: whole.to_bytes()?, public, sha256: hash, key_id: keys.id() })
}

/// The public file of a whole one.
fn public_file(
    whole: &Manifest,
    whole_sha256: &str,
    boards: Vec<canonical::BoardPart>,
    awards: Value,
    keys: &ResultKeys,
) -> Result<Vec<u8>, Fault> {
    let manifest = PublicManifest {
        format: manifest::PUBLIC.to_owned(),
        campaign: whole.campaign.clone(),
        issue: whole.issue,
        issued_at: whole.issued_at.clone(),
        as_of: whole.as_of.clone(),
        known_at: whole.known_at.clone(),
        revision: whole.revision,
        policy_version: whole.policy_version,
        program: Program::this(),
        whole_sha256: whole_sha256.to_owned(),
        sha256: PublicSums::of(&boards, &awards)?,
    };
    let signature = keys.sign(manifest::PUBLIC, &canonical(&manifest)?)?;
    let manifest = serde_json::to_value(&manifest).map_err(Fault::internal)?;
    Public { manifest, boards, awards, signature }.to_bytes()
}

fn text(at: Instant) -> Result<String, Fault> {
    at.to_rfc3339().ok_or_else(|| Fault::internal("a result of no instant"))
}

impl Service {
    /// The keys that results are signed with.
    ///
    /// # Errors
    /// Where this process was started without.
    pub fn result_keys(&self) -> Result<&ResultKeys, Fault> {
        let missing = || {
            let detail = "this service has no keys to sign results with; its operator sets GREENZONE_RESULT_KEYS_FILE";
            Fault::new(Code::Unavailable, detail)
        };
        self.result_keys.as_ref().ok_or_else(missing)
    }

    /// The public keys of results, also of those that signed once; none where there are none.
    pub fn public_result_keys(&self) -> PublicKeys {
        self.result_keys.as_ref().map_or_else(|| PublicKeys { keys: Vec::new() }, ResultKeys::public)
    }
}
