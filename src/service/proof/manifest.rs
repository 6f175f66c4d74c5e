//! What a result says of itself: when it was issued, of what it was made, and the hash of
//! each of its parts.

use super::canonical::{BoardPart, Hasher, canonical, sha256};
use crate::service::fault::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::RangeInclusive;

/// Format of a whole result, also what its signature is for.
pub(super) const WHOLE: &str = "greenzone-result/1";
/// Format of a public result, also what its signature is for.
pub(super) const PUBLIC: &str = "greenzone-public-result/1";

/// The most groups of lines of a file that have a hash of their own.
const MAX_GROUPS: u64 = 1_000;

/// The program that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) version: String,
}

impl Program {
    /// This program.
    pub(super) fn this() -> Self {
        Self { name: "greenzone".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// The manifest of a whole result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) campaign: String,
    pub(super) issue: i64,
    pub(super) issued_at: String,
    pub(super) as_of: String,
    pub(super) known_at: String,
    pub(super) revision: i64,
    pub(super) policy_version: i64,
    pub(super) reason: Option<String>,
    pub(super) program: Program,
    pub(super) nonce: String,
    pub(super) sha256: Sums,
}

/// The manifest of a public result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicManifest {
    pub(super) format: String,
    pub(super) campaign: String,
    pub(super) issue: i64,
    pub(super) issued_at: String,
    pub(super) as_of: String,
    pub(super) known_at: String,
    pub(super) revision: i64,
    pub(super) policy_version: i64,
    pub(super) program: Program,
    pub(super) whole_sha256: String,
    pub(super) sha256: PublicSums,
}

/// Hashes of the parts of a whole result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sums {
    pub(super) awards: String,
    pub(super) boards: BTreeMap<String, String>,
    pub(super) decisions: String,
    pub(super) difference: String,
    pub(super) inputs: BTreeMap<String, InputSum>,
    pub(super) overrides: String,
}

/// Hashes of the parts of a public result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicSums {
    pub(super) awards: String,
    pub(super) boards: BTreeMap<String, String>,
}

/// The hash of a value.
///
/// # Errors
/// A value that JSON cannot hold.
pub(super) fn sum(value: &Value) -> Result<String, Fault> {
    Ok(sha256(&canonical(value)?))
}

/// The hashes of boards.
pub(super) fn board_sums(boards: &[BoardPart]) -> BTreeMap<String, String> {
    boards.iter().map(|board| (board.name(), board.sha256())).collect()
}

/// Hashes of an input: of the whole file, and of groups of its lines, so that the place of
/// a change can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputSum {
    /// How many lines it has; the last one need not end.
    pub(super) lines: u64,
    /// So many lines stand in a group.
    pub(super) lines_each: u64,
    /// Hashes of the groups, with the ends of their lines.
    pub(super) of_lines: Vec<String>,
    /// Hash of the whole.
    pub(super) sha256: String,
}

impl InputSum {
    /// The hashes of a file, in groups of so many lines; where nobody says, of as few as
    /// give no more than a thousand groups.
    pub(super) fn of(text: &str, lines_each: Option<u64>) -> Self {
        let lines = text.split_inclusive('\n').count() as u64;
        let lines_each = lines_each.unwrap_or_else(|| lines.div_ceil(MAX_GROUPS)).max(1);
        let (mut of_lines, mut group) = (Vec::new(), Hasher::default());
        for (at, line) in (1u64..).zip(text.split_inclusive('\n')) {
            // hashing does not fail
            let _ = group.write_all(line.as_bytes());
            if at.is_multiple_of(lines_each) || at == lines {
                of_lines.push(std::mem::take(&mut group).finish());
            }
        }
        Self { lines, lines_each, of_lines, sha256: sha256(text.as_bytes()) }
    }

    /// The lines, counted from 1, in which a file differs from what was signed: each run of
    /// groups is one; with another number of lines, everything from the first one on.
    pub(super) fn differs(&self, text: &str) -> Vec<RangeInclusive<u64>> {
        let found = Self::of(text, Some(self.lines_each));
        // what a file says is not believed: nothing may overflow
        let first_of = |group: usize| (group as u64).saturating_mul(found.lines_each).saturating_add(1);
        let differing = |at: &usize| self.of_lines.get(*at) != found.of_lines.get(*at);
        let groups: Vec<usize> = (0..self.of_lines.len().max(found.of_lines.len())).filter(differing).collect();
        if found.lines != self.lines {
            let last = found.lines.max(self.lines);
            return groups.first().map(|group| first_of(*group)..=last).into_iter().collect();
        }
        let mut runs: Vec<RangeInclusive<u64>> = Vec::new();
        for group in groups {
            let (from, to) = (first_of(group), first_of(group + 1).saturating_sub(1).min(found.lines));
            match runs.last_mut() {
                Some(run) if *run.end() + 1 == from => *run = *run.start()..=to,
                _ => runs.push(from..=to),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_change_are_told() {
        let told = |sum: &InputSum, text: &str| -> Vec<(u64, u64)> {
            sum.differs(text).iter().map(|run| (*run.start(), *run.end())).collect()
        };
        let text = "header\na,1\nb,2\nc,3";
        let sum = InputSum::of(text, None);
        assert_eq!((sum.lines, sum.lines_each, sum.of_lines.len()), (4, 1, 4));
        assert!(sum.differs(text).is_empty());
        assert_eq!(told(&sum, "header\na,1\nb,9\nc,3"), [(3, 3)]);
        assert_eq!(told(&sum, "header\na,7\nb,9\nc,3"), [(2, 3)]);
        assert_eq!(told(&sum, "heaDer\na,1\nb,2\nc,4"), [(1, 1), (4, 4)]);
        assert_eq!(told(&sum, "header\na,1\nc,3"), [(3, 4)]);
        assert_eq!(told(&sum, ""), [(1, 4)]);
        let long: String = (0..2_500).map(|n| format!("{n}\n")).collect();
        let sum = InputSum::of(&long, None);
        assert_eq!((sum.lines_each, sum.of_lines.len()), (3, 834));
        assert_eq!(told(&sum, &long.replace("\n1000\n", "\n1001\n")), [(1_000, 1_002)]);
        assert_eq!(told(&sum, &long.replace("\n2499\n", "\n2490\n")), [(2_500, 2_500)]);
        let wild = InputSum { lines_each: u64::MAX, ..sum };
        assert_eq!(told(&wild, "a\nb\n").len(), 1, "nothing overflows");
        assert!(InputSum::of("", None).of_lines.is_empty());
    }
}
