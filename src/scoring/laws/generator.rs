//! Contests that are not tidy, made from a seed.
//!
//! Small counts make ties, short windows make edges, and everything that can be
//! left out, sent late, corrected or taken back is, now and then. A test in the
//! parent module fails where a condition becomes too rare to prove anything.

use crate::domain::contest::*;
use crate::domain::unit::UnitState;
use crate::domain::{Campaign, Contest, Counts, Day, Instant, Unit};
use serde_json::{Value, json};
use std::sync::Arc;

/// A small generator of numbers (SplitMix64): the same seed, the same contest, on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `below` − 1.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.next() % below.max(1)
    }

    /// True in `percent` of all throws.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at as u64 + 1) as usize);
        }
    }
}

/// Which conditions a contest's scheme may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// All of them.
    All,
    /// None by `neighbour` or `children`, as laws 2 to 4 demand.
    OwnFiguresOnly,
}

const INDICATORS: [&str; 6] = [
    "community_f0",
    "contained_f0",
    "unknown_source_f0",
    "high_risk_setting_f0",
    "households_f0",
    "linked_households_f0",
];

/// A contest from a seed.
pub(crate) fn contest(seed: u64, rules: Rules) -> Contest {
    let mut dice = Dice::new(seed);
    let campaign = campaign(&mut dice, rules);
    let mut contest = Contest::new(Arc::new(campaign));
    add_units(&mut dice, &mut contest);
    add_figures(&mut dice, &mut contest);
    add_decisions(&mut dice, &mut contest);
    add_criteria(&mut dice, &mut contest);
    contest
}

fn campaign(dice: &mut Dice, rules: Rules) -> Campaign {
    let start = Day::from_ymd_opt(2021, 7, 9).unwrap();
    let day = |offset: i64| (start + chrono::Duration::days(offset)).to_string();
    let baseline = 2 + dice.below(5) as i64;
    let measures = ["case_reduction", "level_drop", "green_days", "reporting", "criteria"];
    let mut chosen: Vec<&str> = measures.into_iter().filter(|_| dice.chance(50)).collect();
    if chosen.is_empty() {
        chosen = vec!["case_reduction", "level_drop"];
    }
    let share = 10_000 / chosen.len() as u64;
    let components: Vec<Value> = chosen
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let points = if i == 0 { 10_000 - share * (chosen.len() as u64 - 1) } else { share };
            json!({"measure": m, "max_points": points as f64 / 100.0})
        })
        .collect();
    let mut ties = ["change", "levels_dropped", "current_level", "community_f0", "green_days", "missing_days"];
    dice.shuffle(&mut ties);
    let kept = dice.below(7) as usize;
    let document = json!({
        "code": "law", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": day(0), "to": day(1 + dice.below(7) as i64)},
        "baseline": {"from": day(-baseline), "to": day(-1)},
        "kinds": [
            {"code": "city", "figures": "derived", "derived_from": "district"},
            {"code": "district", "figures": "derived", "derived_from": "ward"},
            {"code": "ward", "figures": "reported", "small_number_allowance": dice.below(3)},
        ],
        "level_scheme": scheme(dice, rules),
        "scoring": {
            "components": components,
            "closing_days": 1 + dice.below(5),
            "small_number_allowance": dice.below(6),
            "negative_points": dice.chance(80),
            "min_baseline_days": dice.below(3),
            "max_missing_days": dice.below(4),
            "max_missing_children_percent": dice.below(101),
            "rank_within_blocks": dice.chance(20),
            "max_bonus": 3, "max_deduction": 2.5,
            "tie_break": ties[..kept],
        },
    });
    Campaign::parse(document.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e:?}\n{document}"))
}

fn scheme(dice: &mut Dice, rules: Rules) -> Value {
    let levels = ["green", "yellow", "orange", "red"];
    let count = 2 + dice.below(3) as usize;
    let own = |dice: &mut Dice, level: usize| {
        let indicator = *dice.pick(&INDICATORS);
        let indicator = if dice.chance(60) { "community_f0" } else { indicator };
        let days = 1 + dice.below(5);
        match dice.below(4) {
            0 => json!({"days_since": {"indicator": indicator, "at_most": days}}),
            1 => {
                json!({"rate": {"indicator": indicator, "days": days, "per_days": 7, "at_least": 50.25 * level as f64}})
            }
            _ => {
                json!({"sum": {"indicator": indicator, "days": days, "at_least": 1 + dice.below(3) + 2 * level as u64}})
            }
        }
    };
    let by_children = dice.chance(60);
    let mut list = Vec::new();
    for (level, code) in levels.iter().enumerate().take(count).skip(1).rev() {
        let mut any = vec![own(dice, level)];
        if rules == Rules::All && dice.chance(50) {
            any.push(json!({"neighbour": {"level": dice.pick(&levels[1..count])}}));
        }
        list.push(json!({"kinds": ["ward"], "level": code, "any": any}));
        let above = if rules == Rules::All && by_children {
            let child = dice.pick(&levels[1..count]);
            match dice.below(2) {
                0 => json!({"children": {"level": child, "share_at_least": 1 + dice.below(100)}}),
                _ => json!({"children": {"level": child, "count_at_least": 1 + dice.below(3)}}),
            }
        } else {
            own(dice, 2 * level)
        };
        list.push(json!({"kinds": ["district", "city"], "level": code, "any": [above]}));
    }
    let mut unclassified = serde_json::Map::new();
    for indicator in &INDICATORS[1..] {
        let reading = *dice.pick(&["as_community", "zero", "unknown"]);
        unclassified.insert((*indicator).to_owned(), reading.into());
    }
    let levels: Vec<Value> = levels.iter().take(count).map(|l| json!({"code": l})).collect();
    json!({"code": "law", "unclassified": unclassified, "levels": levels, "rules": list})
}

fn add_units(dice: &mut Dice, contest: &mut Contest) {
    let unit = |code: String, kind: &str, parent: Option<u32>, block: Option<&str>, population: Option<u64>| Unit {
        name: code.clone(),
        code,
        kind: contest.campaign.kind_index(kind).unwrap(),
        parent,
        block: block.map(str::to_owned),
        population,
        households: None,
        point: None,
    };
    let mut units = vec![unit("city".into(), "city", None, None, Some(90_000))];
    for d in 0..1 + dice.below(3) {
        units.push(unit(format!("d{d}"), "district", Some(0), None, Some(30_000)));
    }
    let districts = units.len() as u64 - 1;
    for w in 0..3 + dice.below(6) {
        let parent = dice.chance(90).then(|| 1 + dice.below(districts) as u32);
        let block = *dice.pick(&[None, Some("A"), Some("B")]);
        let population = dice.chance(85).then_some(1_000 * (1 + dice.below(5)));
        units.push(unit(format!("w{w}"), "ward", parent, block, population));
    }
    let wards: Vec<u32> = (1 + districts as u32..units.len() as u32).collect();
    for (at, a) in wards.iter().enumerate() {
        for b in wards.iter().skip(at + 1) {
            if dice.chance(25) {
                contest.neighbours.push((*a, *b));
            }
        }
    }
    contest.units = units;
}

/// Units that report.
pub(crate) fn wards(contest: &Contest) -> Vec<u32> {
    let kind = contest.campaign.kind_index("ward");
    (0u32..).zip(&contest.units).filter(|(_, u)| Some(u.kind) == kind).map(|(i, _)| i).collect()
}

/// An instant some hours after the beginning of a day.
fn hours_after(day: Day, hours: u64) -> Instant {
    let micros = day.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_micros();
    Instant::from_micros(micros + hours as i64 * 3_600_000_000)
}

fn stamp(dice: &mut Dice, day: Day) -> Stamp {
    let recorded = hours_after(day, dice.below(40));
    let recorded_at = if dice.chance(50) { Instant::BEGINNING } else { recorded };
    let withdrawn = Instant::from_micros(recorded.micros() + dice.below(30) as i64 * 3_600_000_000);
    Stamp { recorded_at, withdrawn_at: dice.chance(8).then_some(withdrawn) }
}

/// Counts of a day: mostly none or few cases, parts often blank.
pub(crate) fn counts(dice: &mut Dice, community: u32) -> Counts {
    let mut part = |whole: u32| dice.chance(50).then(|| dice.below(u64::from(whole) + 1) as u32);
    let unknown_source = part(community);
    let high_risk = part(community).map(|n| n / 2);
    let households = part(community);
    let linked = part(households.unwrap_or(0)).filter(|_| households.is_some());
    let contained = part(3);
    Counts::new([Some(community), contained, unknown_source, high_risk, households, linked]).unwrap()
}

fn add_figures(dice: &mut Dice, contest: &mut Contest) {
    let (from, to) = (contest.campaign.earliest_day(), contest.campaign.window.to);
    let silence = dice.below(25);
    let busy = 1 + dice.below(4);
    for unit in wards(contest) {
        let clean = dice.chance(30);
        for day in from.iter_days().take_while(|d| *d <= to) {
            let before = day < contest.campaign.baseline.from;
            if dice.chance(silence) || (before && dice.chance(60)) {
                continue;
            }
            let community = if clean || dice.chance(50) { 0 } else { dice.below(busy * 2) as u32 };
            let first = FigureRow { unit, day, counts: counts(dice, community), stamp: stamp(dice, day), note: None };
            if dice.chance(15) {
                let later = Instant::from_micros(hours_after(day, 41 + dice.below(30)).micros());
                let community = dice.below(4) as u32;
                let counts = counts(dice, community);
                let stamp = Stamp { recorded_at: later, withdrawn_at: None };
                contest.figures.push(FigureRow { unit, day, counts, stamp, note: None });
            }
            contest.figures.push(first);
        }
    }
}

fn add_decisions(dice: &mut Dice, contest: &mut Contest) {
    let (from, to) = (contest.campaign.baseline.from, contest.campaign.window.to);
    let reason = || "council".to_owned();
    let excuses = dice.below(12);
    let worst = u64::from(contest.campaign.scheme.worst());
    for unit in wards(contest) {
        for day in from.iter_days().take_while(|d| *d <= to) {
            if dice.chance(excuses) {
                let row = ExcuseRow { unit, day, reason: reason(), stamp: stamp(dice, day) };
                contest.excuses.push(row);
            }
        }
        if dice.chance(10) {
            let stamp = stamp(dice, from);
            contest.start_levels.push(StartLevelRow {
                unit,
                level: contest.campaign.scheme.level_code(dice.below(worst + 1) as u8).to_owned(),
                reason: reason(),
                stamp,
            });
        }
        if dice.chance(8) {
            let state = *dice.pick(&UnitState::ALL);
            let recorded_at = hours_after(to, dice.below(40));
            contest.states.push(StateRow { unit, state, reason: reason(), recorded_at });
        }
        if dice.chance(20) {
            let kind = *dice.pick(&[AdjustmentKind::Bonus, AdjustmentKind::Deduction]);
            let (points, stamp) = (25 * (1 + dice.below(20) as i64), stamp(dice, from));
            contest.adjustments.push(AdjustmentRow { unit, kind, points, reason: reason(), stamp });
        }
    }
}

fn add_criteria(dice: &mut Dice, contest: &mut Contest) {
    let kind_of = |code: &str| contest.campaign.kind_index(code).unwrap();
    let (ward, district) = (kind_of("ward"), kind_of("district"));
    let from = contest.campaign.window.from;
    // sums are assessed too
    for (kind, code, revisions) in [(ward, "k0", 1 + dice.below(2)), (ward, "k1", 1), (district, "k0", 1)] {
        for revision in 0..revisions {
            let recorded_at = if revision == 0 { Instant::BEGINNING } else { hours_after(from, 30) };
            contest.criteria.push(CriterionRow {
                code: code.to_owned(),
                kind,
                name_vi: None,
                name_en: None,
                value_type: None,
                weight: 500_000 * (1 + dice.below(4)),
                required: dice.chance(50).then(|| dice.chance(50)),
                due: None,
                max_points: None,
                evidence: None,
                stamp: Stamp { recorded_at, withdrawn_at: None },
            });
        }
    }
    let assessed: Vec<(u32, u16)> = (0u32..).zip(&contest.units).map(|(unit, u)| (unit, u.kind)).collect();
    for (unit, kind) in assessed.into_iter().filter(|(_, kind)| [ward, district].contains(kind)) {
        for criterion in ["k0", "k1"] {
            if dice.chance(60) || (kind, criterion) == (district, "k1") {
                continue;
            }
            let date = dice.chance(60).then(|| from + chrono::Duration::days(dice.below(4) as i64));
            contest.assessments.push(AssessmentRow {
                unit,
                criterion: criterion.to_owned(),
                value: if dice.chance(50) { 10_000 } else { 2_500 * dice.below(5) as u32 },
                verified: dice.chance(70),
                date,
                evidence: None,
                recorded_at: hours_after(from, dice.below(48)),
            });
        }
    }
}
