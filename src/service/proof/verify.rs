//! Whether a file of a result is as it was issued: by its signature, its hashes, and by
//! making its boards again from its inputs. No database, no network, no clock.

mod compare;
mod report;

pub use report::{Finding, KeyView, Report};

use super::awards::{Both, of_part};
use super::boards::{Facts, Stand};
use super::canonical::{BoardPart, canonical, sha256};
use super::document::{Public, Whole};
use super::keys::{Pin, check};
use super::manifest::{InputSum, Manifest, PUBLIC, Program, PublicManifest, WHOLE};
use crate::domain::Instant;
use crate::domain::time::parse_day;
use crate::pack::Files;
use crate::service::fault::Fault;
use compare::{AGAIN, compare_boards, compare_values};
use report::Findings;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Checks a file of a result. A pin says which key must have signed; without one the key
/// that the file names is taken, and the report says so. `public` is the public file of a
/// whole one: then both must belong together.
pub fn verify(bytes: &[u8], pin: Option<&Pin>, public: Option<&[u8]>) -> Report {
    let mut findings = Findings::default();
    let mut report = match (format_of(bytes).as_deref(), public) {
        (Some(WHOLE), _) => verify_whole(bytes, pin, public, &mut findings),
        (Some(PUBLIC), None) => verify_public(bytes, pin, &mut findings),
        (Some(PUBLIC), Some(_)) => {
            findings.add("file", "a whole result; this is a public one, and belongs behind --public");
            None
        }
        (found, _) => {
            findings.found("file", found, format!("a result of the format {WHOLE} or {PUBLIC}"));
            None
        }
    }
    .unwrap_or_default();
    (report.total, report.findings) = findings.finish();
    report.holds = report.total == 0;
    report
}

/// The format that a file says it has.
fn format_of(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Outer {
        manifest: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        format: String,
    }
    serde_json::from_slice::<Outer>(bytes).ok().map(|outer| outer.manifest.format)
}

fn read<T: DeserializeOwned>(bytes: &[u8], findings: &mut Findings) -> Option<T> {
    serde_json::from_slice(bytes).map_err(|e| findings.add("file", format!("the parts of a result ({e})"))).ok()
}

fn verify_whole(bytes: &[u8], pin: Option<&Pin>, public: Option<&[u8]>, findings: &mut Findings) -> Option<Report> {
    let whole: Whole = read(bytes, findings)?;
    if !whole.is_written_as(bytes) {
        findings.add("file", CANONICAL);
    }
    let key = check_signature(&whole.manifest, &whole.signature, WHOLE, pin, findings);
    let manifest: Manifest = read_manifest(&whole.manifest, findings)?;
    check_values(
        [
            ("awards", &whole.awards, &manifest.sha256.awards),
            ("decisions", &whole.decisions, &manifest.sha256.decisions),
            ("difference", &whole.difference, &manifest.sha256.difference),
            ("overrides", &whole.overrides, &manifest.sha256.overrides),
        ],
        findings,
    );
    check_inputs(&whole.inputs, &manifest.sha256.inputs, findings);
    check_boards(&whole.boards, &manifest.sha256.boards, findings);
    let mut report = Report {
        format: WHOLE,
        campaign: manifest.campaign.clone(),
        issue: manifest.issue,
        as_of: manifest.as_of.clone(),
        issued_at: manifest.issued_at.clone(),
        made_by: manifest.program.to_string(),
        checked_by: Program::this().to_string(),
        key,
        inputs: whole.inputs.len() as u64,
        boards: whole.boards.len() as u64,
        rows: whole.boards.iter().map(|board| board.items.len() as u64).sum(),
        ..Report::default()
    };
    let Whole { inputs, boards, awards, decisions, manifest: signed, .. } = whole;
    let again = recompute(inputs, &decisions, &manifest, public.is_some(), findings);
    report.recomputed = again.is_some();
    if let Some(again) = &again {
        compare_boards("boards", &boards, &again.boards, findings);
        compare_values("awards", Some(&awards), Some(&again.awards.whole), AGAIN, findings);
    }
    if let Some(public) = public {
        let hash = canonical(&signed).ok().map(|bytes| sha256(&bytes));
        report.public = belongs_together(&manifest, hash.as_deref(), public, pin, again.as_ref(), findings);
    }
    Some(report)
}

fn verify_public(bytes: &[u8], pin: Option<&Pin>, findings: &mut Findings) -> Option<Report> {
    let public: Public = read(bytes, findings)?;
    if !public.is_written_as(bytes) {
        findings.add("file", CANONICAL);
    }
    let key = check_signature(&public.manifest, &public.signature, PUBLIC, pin, findings);
    let manifest: PublicManifest = read_manifest(&public.manifest, findings)?;
    check_values([("awards", &public.awards, &manifest.sha256.awards)], findings);
    check_boards(&public.boards, &manifest.sha256.boards, findings);
    Some(Report {
        format: PUBLIC,
        campaign: manifest.campaign,
        issue: manifest.issue,
        as_of: manifest.as_of,
        issued_at: manifest.issued_at,
        made_by: manifest.program.to_string(),
        checked_by: Program::this().to_string(),
        key,
        boards: public.boards.len() as u64,
        rows: public.boards.iter().map(|board| board.items.len() as u64).sum(),
        whole_sha256: Some(manifest.whole_sha256),
        ..Report::default()
    })
}

/// What a file must be that was written again by another program, or in which a number is
/// written otherwise or a name stands twice.
const CANONICAL: &str = "the bytes as they were written: canonical JSON (RFC 8785), each name once";

fn check_signature(
    manifest: &Value,
    signature: &str,
    purpose: &str,
    pin: Option<&Pin>,
    findings: &mut Findings,
) -> Option<KeyView> {
    let payload = canonical(manifest).ok()?;
    match check(signature, purpose, &payload) {
        Err(expected) => {
            findings.add("manifest and signature", expected);
            None
        }
        Ok(key) => {
            if let Some(pin) = pin.filter(|pin| !pin.is(&key)) {
                findings.found("key", Some(key.kid.clone()), format!("{}, which was pinned", pin.ids()));
            }
            Some(KeyView { id: key.kid, is_pinned: pin.is_some() })
        }
    }
}

fn read_manifest<T: DeserializeOwned>(manifest: &Value, findings: &mut Findings) -> Option<T> {
    T::deserialize(manifest).map_err(|e| findings.add("manifest", format!("the fields of a manifest ({e})"))).ok()
}

const SIGNED: &str = "what the manifest has the hash of: this was changed";

fn check_values<const N: usize>(parts: [(&str, &Value, &String); N], findings: &mut Findings) {
    for (name, value, sum) in parts {
        if canonical(value).ok().is_none_or(|bytes| sha256(&bytes) != *sum) {
            findings.add(name, SIGNED);
        }
    }
}

fn check_boards(boards: &[BoardPart], sums: &BTreeMap<String, String>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for board in boards {
        let place = format!("boards/{}", board.name());
        match sums.get(&board.name()) {
            _ if !seen.insert(board.name()) => findings.add(place, "each board once"),
            None => findings.add(place, "no such board: the manifest has none"),
            Some(sum) if *sum != board.sha256() => findings.add(place, SIGNED),
            Some(_) => {}
        }
    }
    for name in sums.keys().filter(|name| !seen.contains(*name)) {
        findings.add(format!("boards/{name}"), "this board: the manifest has its hash");
    }
}

fn check_inputs(inputs: &BTreeMap<String, String>, sums: &BTreeMap<String, InputSum>, findings: &mut Findings) {
    for (name, text) in inputs {
        let place = format!("inputs/{name}");
        let Some(sum) = sums.get(name) else {
            findings.add(place, "no such file: the manifest has none");
            continue;
        };
        if sha256(text.as_bytes()) == sum.sha256 {
            continue;
        }
        let lines = sum.differs(text);
        if lines.is_empty() {
            findings.add(place.as_str(), SIGNED);
        }
        for run in lines {
            let (from, to) = (*run.start(), *run.end());
            let expected = match to - from {
                0 => "the line that was signed: it was changed".to_owned(),
                _ => format!("lines {from} to {to} as they were signed: something in them was changed"),
            };
            findings.in_line(&place, from, expected);
        }
    }
    for name in sums.keys().filter(|name| !inputs.contains_key(*name)) {
        findings.add(format!("inputs/{name}"), "this file: the manifest has its hash");
    }
}

/// What the inputs and decisions of a result give.
struct Again {
    boards: Vec<BoardPart>,
    /// Only where a public file is looked at.
    public_boards: Vec<BoardPart>,
    awards: Both,
}

/// Makes everything again; none where that cannot be done, which is found then.
fn recompute(
    inputs: BTreeMap<String, String>,
    decisions: &Value,
    manifest: &Manifest,
    with_public: bool,
    findings: &mut Findings,
) -> Option<Again> {
    let as_of = parse_day(&manifest.as_of).map_err(|e| findings.add("manifest as_of", e)).ok()?;
    let known_at = Instant::parse(&manifest.known_at).map_err(|e| findings.add("manifest known_at", e)).ok()?;
    let decisions = of_part(decisions).map_err(|e| findings.add("decisions", e)).ok()?;
    let files = Files(inputs.into_iter().map(|(name, text)| (name, text.into_bytes())).collect());
    let facts = match Facts::read(&files, known_at) {
        Ok(facts) => facts,
        Err(refusal) => {
            refusal.errors.into_iter().for_each(|error| findings.of_pack(error));
            return None;
        }
    };
    drop(files);
    if facts.campaign_code() != manifest.campaign {
        findings.found("manifest campaign", Some(manifest.campaign.as_str()), facts.campaign_code());
    }
    let (revision, policy_version) = (manifest.revision, manifest.policy_version);
    let stand = Stand { as_of, known_at, revision, policy_version };
    let made = || -> Result<_, Fault> {
        let public_boards = if with_public { facts.public_boards(&stand)? } else { Some(Vec::new()) };
        Ok((facts.boards(&stand)?, public_boards, facts.awards(&stand, &decisions)?))
    };
    match made() {
        Ok((Some(boards), Some(public_boards), Some(awards))) => Some(Again { boards, public_boards, awards }),
        Ok(_) => {
            findings.found("manifest as_of", Some(manifest.as_of.as_str()), "a day of the window".to_owned());
            None
        }
        Err(fault) => {
            findings.add("boards", format!("boards that can be made again ({})", fault.detail));
            None
        }
    }
}

/// Whether a public file is the one of a whole result: signed by a key that holds, about
/// the same issue, with the hash of its manifest, and with the boards that its inputs give
/// to the public.
fn belongs_together(
    whole: &Manifest,
    hash: Option<&str>,
    bytes: &[u8],
    pin: Option<&Pin>,
    again: Option<&Again>,
    findings: &mut Findings,
) -> Option<KeyView> {
    let mut own = Findings::default();
    let report = match format_of(bytes).as_deref() {
        Some(PUBLIC) => verify_public(bytes, pin, &mut own),
        found => {
            own.found("file", found, format!("a result of the format {PUBLIC}"));
            None
        }
    };
    findings.of_public(own);
    let report = report?;
    if report.whole_sha256.as_deref() != hash {
        let expected = hash.unwrap_or_default();
        findings.found("public: manifest whole_sha256", report.whole_sha256, format!("{expected}, this whole result"));
    }
    let public: Public = serde_json::from_slice(bytes).ok()?;
    let own = serde_json::to_value(whole).ok()?;
    let same = ["campaign", "issue", "issued_at", "as_of", "known_at", "revision", "policy_version", "program"];
    for name in same {
        let (found, expected) = (public.manifest.get(name), own.get(name));
        compare_values(&format!("public: manifest {name}"), found, expected, "in the whole result", findings);
    }
    if let Some(again) = again {
        compare_boards("public: boards", &public.boards, &again.public_boards, findings);
        compare_values("public: awards", Some(&public.awards), Some(&again.awards.public), AGAIN, findings);
    }
    report.key
}
