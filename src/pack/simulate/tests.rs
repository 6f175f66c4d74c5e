//! Simulated packs as the strict reader and the scoring see them.

use super::*;
use crate::domain::unit::UnitState;
use crate::domain::{Contest, Indicator};
use crate::pack::{Files, read};
use crate::scoring::By;
use crate::scoring::appraisal::{Appraisal, Appraiser, Track, Unranked};
use crate::scoring::{Ledger, Register};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

fn files(plan: &Plan) -> Files {
    let mut files = Files::default();
    let written = simulate(plan, &mut files, |_| {}).unwrap();
    let lines = |name| files.get(name).unwrap_or_default().iter().filter(|b| **b == b'\n').count() as u64 - 1;
    assert_eq!(written, Simulated { units: lines("units.csv"), figures: lines("figures.csv") });
    files
}

fn contest(plan: &Plan) -> Contest {
    read(&files(plan)).unwrap_or_else(|refusal| panic!("{:?}", refusal.errors))
}

fn groups(seed: u64, groups: u32) -> Plan {
    Plan { seed, size: Size::Groups(groups) }
}

const IN_FULL: Plan = Plan { seed: 7, size: Size::District6 };

#[test]
fn the_same_plan_gives_the_same_bytes_and_another_seed_others() {
    let (one, same, other) = (files(&groups(1, 300)), files(&groups(1, 300)), files(&groups(2, 300)));
    assert_eq!(one, same);
    for name in ["campaign.json", "figures.csv", "SOURCE.md"] {
        assert_ne!(one.get(name), other.get(name), "{name}");
    }
}

/// What a seed means changes with a version at most, never with the machine.
#[test]
fn a_seed_means_the_same_on_every_machine() {
    let files = files(&groups(1, 50));
    let mut digest = Sha256::new();
    files.0.iter().filter(|(name, _)| *name != "SOURCE.md").for_each(|(_, bytes)| digest.update(bytes));
    let digest: String = digest.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    assert_eq!(digest, "cab17322e524cbcc");
}

#[test]
fn it_says_that_it_is_simulated_wherever_it_shows() {
    for plan in [groups(5, 40), IN_FULL] {
        let files = files(&plan);
        let source = String::from_utf8_lossy(files.get("SOURCE.md").unwrap_or_default()).into_owned();
        assert!(source.contains("SIMULATED") && source.contains("MÔ PHỎNG"), "{source}");
        assert!(source.contains(&format!("Seed: {}", plan.seed)) && source.contains(env!("CARGO_PKG_VERSION")));
        let contest = contest(&plan);
        assert_eq!(contest.campaign.code, plan.code());
        assert!(contest.campaign.code.starts_with(&format!("simulated-{}", plan.seed)));
        for words in [&contest.campaign.title, &contest.campaign.organiser] {
            let words = words.to_json();
            assert!(words["vi"].as_str().is_some_and(|t| t.starts_with("MÔ PHỎNG")), "{words}");
            assert!(words["en"].as_str().is_some_and(|t| t.starts_with("SIMULATED")), "{words}");
        }
        assert!(contest.units.iter().all(|u| u.name.ends_with("(mô phỏng)")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_number_of_units_is_a_pack_with_a_board(seed: u64, units in 1u32..200) {
        let contest = contest(&groups(seed, units));
        let reporting = contest.campaign.default_kind();
        prop_assert_eq!(contest.units.iter().filter(|u| u.kind == reporting).count(), units as usize);
        prop_assert!(standing(&contest, "residential_group").ranked > 0);
    }
}

#[test]
fn district_6_is_there_in_full() {
    let contest = contest(&IN_FULL);
    let count = |kind: &str| {
        let kind = contest.campaign.kind_index(kind);
        contest.units.iter().filter(|u| Some(u.kind) == kind).count()
    };
    let kinds = ["district", "ward", "neighbourhood", "residential_group", "business", "household"];
    assert_eq!(kinds.map(count), [1, 14, 74, 1_311, 370, 3_933]);
    let household = contest.campaign.kind_index("household").and_then(|k| contest.campaign.kind(k));
    assert!(household.is_some_and(|k| k.private && k.small));
    let people: u64 = contest.units.iter().filter(|u| u.parent.is_none()).filter_map(|u| u.population).sum();
    assert!((200_000..270_000).contains(&people), "{people}");
}

#[test]
fn it_holds_gaps_and_late_corrected_and_withdrawn_reports() {
    let contest = contest(&groups(3, 600));
    let mut rows: HashMap<(u32, Day), usize> = HashMap::new();
    contest.figures.iter().for_each(|r| *rows.entry((r.unit, r.day)).or_default() += 1);
    let missing = 600 * DAYS - rows.len();
    let late = contest.figures.iter().filter(|r| r.stamp.recorded_at > contest.campaign.cut_off(r.day)).count();
    let corrected = rows.values().filter(|n| **n > 1).count();
    let withdrawn = contest.figures.iter().filter(|r| !r.stamp.stands()).count();
    for (what, count, least) in
        [("missing", missing, 300), ("late", late, 300), ("corrected", corrected, 60), ("withdrawn", withdrawn, 15)]
    {
        assert!(count > least && count < 600 * DAYS / 8, "{count} {what}");
    }
    let reporters: BTreeSet<u32> = contest.figures.iter().map(|r| r.unit).collect();
    assert!(reporters.len() < 600, "some never report");
    let states: BTreeSet<_> = contest.states.iter().map(|r| r.state.code()).collect();
    assert!(states.contains(UnitState::Withdrawn.code()));
    assert!(!contest.excuses.is_empty() && !contest.start_levels.is_empty() && !contest.adjustments.is_empty());
    assert!(!contest.neighbours.is_empty());
}

/// How the rows of a kind stand on the last day.
#[derive(Debug, Default)]
struct Standing {
    /// Rows by their current level, known or imputed.
    levels: BTreeMap<Option<u8>, usize>,
    improving: usize,
    ranked: usize,
    reasons: BTreeSet<&'static str>,
    totals: BTreeSet<i64>,
    rows: usize,
}

fn standing(contest: &Contest, kind: &str) -> Standing {
    let ledger = Ledger::build(contest, Arc::new(Register::new(contest)), None);
    let kind = contest.campaign.kind_index(kind).unwrap();
    let appraiser = Appraiser::new(&ledger, kind, ledger.calendar.window.end - 1, By::Points);
    let (mut found, mut appraisal) = (Standing::default(), Appraisal::default());
    for unit in &ledger.register.of_kind[usize::from(kind)] {
        appraiser.appraise(*unit, &mut appraisal);
        *found.levels.entry(appraisal.levels.current).or_default() += 1;
        found.improving += usize::from(appraisal.track == Track::Improvement);
        found.ranked += usize::from(appraisal.is_ranked());
        found.reasons.extend(appraisal.unranked().map(Unranked::code));
        found.totals.insert(appraisal.total);
        found.rows += 1;
    }
    found
}

#[test]
fn its_boards_have_many_levels_both_tracks_and_ranked_and_unranked_rows() {
    for plan in [IN_FULL, groups(1, 1_500)] {
        let contest = contest(&plan);
        let found = standing(&contest, "residential_group");
        assert!(found.levels.len() >= 4 && found.levels.values().all(|n| *n > found.rows / 50), "{found:?}");
        assert!(found.improving > found.rows / 10 && found.improving < found.rows * 9 / 10, "{found:?}");
        assert!(found.ranked > found.rows * 9 / 10 && found.ranked < found.rows, "{found:?}");
        for reason in ["withdrawn", "disqualified", "no_baseline", "too_many_missing"] {
            assert!(found.reasons.contains(reason), "{found:?}");
        }
        assert!(found.totals.len() > 30, "{found:?}");
        assert!(standing(&contest, "ward").levels.len() >= 3);
    }
    let contest = contest(&IN_FULL);
    for kind in ["neighbourhood", "business", "household"] {
        assert_eq!(standing(&contest, kind).levels.len(), 4, "{kind}");
    }
}

#[test]
fn wards_report_what_befell_their_groups_and_homes_no_more_than_they_hold() {
    let contest = contest(&IN_FULL);
    let mut cases = vec![0u64; contest.units.len()];
    let mut last: BTreeMap<(u32, Day), u32> = BTreeMap::new();
    for row in contest.figures.iter().filter(|r| r.stamp.stands()) {
        last.insert((row.unit, row.day), row.counts.get(Indicator::CommunityF0).unwrap_or_default());
    }
    last.iter().for_each(|((unit, _), count)| cases[*unit as usize] += u64::from(*count));
    let sum = |kind: &str| -> u64 {
        let kind = contest.campaign.kind_index(kind);
        (0..).zip(&contest.units).filter(|(_, u)| Some(u.kind) == kind).map(|(i, _): (usize, _)| cases[i]).sum()
    };
    // both tell of the same people; some wards and some groups are silent
    let (wards, groups) = (sum("ward"), sum("residential_group"));
    assert!(wards * 10 > groups * 8 && wards * 8 < groups * 10, "{wards} and {groups}");
    let household = contest.campaign.kind_index("household");
    for (unit, cases) in contest.units.iter().zip(&cases).filter(|(u, _)| Some(u.kind) == household) {
        assert!(unit.population.is_some_and(|people| people >= *cases), "{unit:?}: {cases}");
    }
}

/// A disk with so many bytes left.
struct Small(usize);

impl std::io::Write for Small {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink for Small {
    type File = Small;

    fn open(&mut self, _: &'static str) -> std::io::Result<Small> {
        Ok(Small(self.0))
    }

    fn close(&mut self, _: &'static str, _: Small) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_wherever_it_ends() {
    for bytes in [0, 100, 5_000, 100_000] {
        let refused = simulate(&groups(1, 300), &mut Small(bytes), |_| {}).err().map(|e| e.to_string());
        assert!(refused.is_some_and(|why| why.contains("storage")), "{bytes}");
    }
    assert!(simulate(&groups(1, 300), &mut Small(10_000_000), |_| {}).is_ok());
}
