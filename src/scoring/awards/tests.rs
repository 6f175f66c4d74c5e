//! Small contests whose winners can be told by hand: places, ties, thresholds, quotas, blocks.

use super::*;
use crate::domain::contest::{FigureRow, Stamp};
use crate::domain::unit::Unit;
use crate::domain::{Campaign, Contest, Counts, Day};
use crate::scoring::board::rank;
use crate::scoring::register::Register;
use serde_json::{Value, json};

/// A ward: its code, its cases in the two days of the baseline, and in the four of the
/// window. Cases of the baseline's pace are twice those of the baseline.
type Ward = (&'static str, Option<&'static str>, u32, u32);

/// A contest by case reduction alone, with nothing to break ties.
fn facts(wards: &[Ward], awards: Value, rank_within_blocks: bool) -> Ledger {
    let document = json!({
        "code": "t", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-09", "to": "2021-07-12"}, "baseline": {"from": "2021-07-07", "to": "2021-07-08"},
        "kinds": [{"code": "ward", "figures": "reported"}],
        "level_scheme": {"code": "s", "levels": [{"code": "green"}, {"code": "red"}],
            "rules": [{"kinds": ["ward"], "level": "red",
                "any": [{"sum": {"indicator": "community_f0", "days": 2, "at_least": 1}}]}]},
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}], "closing_days": 4,
            "small_number_allowance": 0, "min_baseline_days": 1, "tie_break": [],
            "rank_within_blocks": rank_within_blocks},
        "awards": {"list": awards},
    });
    let campaign = Campaign::parse(document.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let days = campaign.baseline.from.iter_days().take(6);
    let days: Vec<Day> = days.collect();
    let mut contest = Contest::new(Arc::new(campaign));
    for (unit, &(code, block, before, after)) in (0u32..).zip(wards) {
        contest.units.push(Unit {
            code: code.to_owned(),
            name: code.to_owned(),
            kind: 0,
            parent: None,
            block: block.map(str::to_owned),
            population: None,
            households: None,
            point: None,
        });
        for (at, day) in days.iter().enumerate() {
            let cases = if at == 0 {
                before
            } else if at == 5 {
                after
            } else {
                0
            };
            let counts = Counts::new([Some(cases), None, None, None, None, None]).unwrap();
            contest.figures.push(FigureRow { unit, day: *day, counts, stamp: Stamp::ALWAYS, note: None });
        }
    }
    Ledger::build(&contest, Arc::new(Register::new(&contest)), None)
}

fn award(code: &str, more: Value) -> Value {
    let mut award = json!({"code": code, "name": {"vi": "Giải"}, "form": {"vi": "Giấy khen"}, "kind": "ward", "track": "improvement"});
    if let (Some(fields), Value::Object(more)) = (award.as_object_mut(), more) {
        fields.extend(more);
    }
    award
}

fn place(code: &str, from: u32, to: u32) -> Value {
    award(code, json!({"places": {"from": from, "to": to}}))
}

/// Winners of an award, and why others in reach do not win it.
type Given = (Vec<String>, Vec<(String, Reason)>);

/// On the last day, by unit code: who wins each award, and who is passed over why.
fn given(facts: &Ledger, decisions: &[Decided]) -> Vec<Given> {
    let code = |unit: u32| facts.register.unit(unit).map(|u| u.code.clone()).unwrap_or_default();
    let outcome = on_last_day(facts, decisions);
    let of = |awarded: &Awarded| {
        let winners = awarded.winners.iter().map(|winner| code(winner.unit)).collect();
        (winners, awarded.passed_over.iter().map(|passed| (code(passed.unit), passed.reason)).collect())
    };
    outcome.awards.iter().map(of).collect()
}

fn on_last_day(facts: &Ledger, decisions: &[Decided]) -> Outcome {
    awards(facts, facts.calendar.window.end - 1, decisions, |query| Arc::new(rank(facts, query)))
}

fn decided(award: &str, tied: &[&str], winners: &[&str]) -> Decided {
    let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let as_of = Day::from_ymd_opt(2021, 7, 12).unwrap();
    Decided { award: award.to_owned(), block: None, as_of, tied: owned(tied), winners: owned(winners) }
}

fn won(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn over(all: &[(&str, Reason)]) -> Vec<(String, Reason)> {
    all.iter().map(|(code, reason)| ((*code).to_owned(), *reason)).collect()
}

/// Points 100, 50, 50, 0 and −50.
const FIVE: [Ward; 5] =
    [("a", None, 10, 0), ("b", None, 10, 10), ("c", None, 20, 20), ("d", None, 10, 20), ("e", None, 10, 40)];

#[test]
fn an_open_tie_is_put_to_the_council_and_later_places_wait_for_it() {
    let list = json!([place("first", 1, 1), place("second", 2, 2), place("third", 3, 3), place("fourth", 4, 4)]);
    let facts = facts(&FIVE, list, false);
    let open = given(&facts, &[]);
    assert_eq!(open[0], (won(&["a"]), over(&[])));
    assert_eq!(open[1], (won(&[]), over(&[("b", Reason::TieOpen), ("c", Reason::TieOpen)])));
    assert_eq!(open[2], (won(&[]), over(&[("b", Reason::Waits(1)), ("c", Reason::Waits(1))])));
    let nobody = over(&[("d", Reason::NoReduction)]);
    assert_eq!(open[3], (won(&[]), nobody), "the two hold the second and third place, whoever is chosen");
    let tie = on_last_day(&facts, &[]).awards[1].tie.clone().unwrap();
    assert_eq!((tie.rank, tie.places_left, tie.units.len(), tie.end), (2, 1, 2, TieEnd::Open));

    let chosen = given(&facts, &[decided("second", &["b", "c"], &["c"])]);
    assert_eq!(chosen[1], (won(&["c"]), over(&[("b", Reason::TieLost)])));
    assert_eq!(chosen[2], (won(&["b"]), over(&[])), "the third place is the other's");
}

#[test]
fn a_decision_about_another_tie_decides_nothing() {
    let facts = facts(&FIVE, json!([place("second", 2, 2)]), false);
    let others = [
        decided("second", &["b", "c", "d"], &["c"]),
        decided("second", &["b", "c"], &["b", "c"]),
        decided("first", &["b", "c"], &["c"]),
        Decided { block: Some("x".to_owned()), ..decided("second", &["b", "c"], &["c"]) },
        Decided { as_of: Day::from_ymd_opt(2021, 7, 11).unwrap(), ..decided("second", &["b", "c"], &["c"]) },
    ];
    let outcome = on_last_day(&facts, &others);
    assert_eq!(outcome.is_used, [false; 5]);
    assert_eq!(outcome.awards[0].tie.as_ref().map(|tie| tie.end), Some(TieEnd::Open));
    let two = [decided("second", &["b", "c"], &["b"]), decided("second", &["b", "c"], &["c"])];
    assert_eq!(on_last_day(&facts, &two).is_used, [false, true], "the latest counts");
}

#[test]
fn where_all_tied_win_the_next_places_stay_empty() {
    let second = award("second", json!({"places": {"from": 2, "to": 2}, "ties": "all"}));
    let facts = facts(&FIVE, json!([second, place("third", 3, 3)]), false);
    let given = given(&facts, &[]);
    assert_eq!(given[0], (won(&["b", "c"]), over(&[])));
    assert_eq!(given[1], (won(&[]), over(&[])));
    assert_eq!(on_last_day(&facts, &[]).awards[0].tie.as_ref().map(|tie| tie.end), Some(TieEnd::Shared));
}

#[test]
fn an_award_for_a_reduction_needs_one_and_its_place_passes_to_nobody() {
    let facts = facts(&FIVE, json!([place("all", 1, 5)]), false);
    let passed = over(&[("d", Reason::NoReduction), ("e", Reason::NoReduction)]);
    assert_eq!(given(&facts, &[]), [(won(&["a", "b", "c"]), passed)]);
}

#[test]
fn a_unit_wins_the_earliest_award_alone_and_what_else_it_won_passes_to_nobody() {
    let by_reduction = award("reduced", json!({"by": "reduction", "places": {"from": 1, "to": 1}}));
    let facts = facts(&FIVE, json!([place("first", 1, 1), by_reduction]), false);
    assert_eq!(given(&facts, &[])[1], (won(&[]), over(&[("a", Reason::HasAward(0))])));
}

#[test]
fn a_threshold_is_reached_exactly_and_a_quota_counts_awards_given() {
    let threshold = |more: Value| {
        let mut award = award("good", json!({"threshold": {"points_at_least": 50}}));
        award.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        award
    };
    let of = |more: Value| given(&facts(&FIVE, json!([place("first", 1, 1), threshold(more)]), false), &[]).remove(1);
    let has_award = ("a", Reason::HasAward(0));
    assert_eq!(of(json!({})), (won(&["b", "c"]), over(&[has_award])));
    assert_eq!(of(json!({"quota": {"at_most": 2}})), (won(&["b", "c"]), over(&[has_award])));
    let tied = over(&[has_award, ("b", Reason::TieOpen), ("c", Reason::TieOpen)]);
    assert_eq!(of(json!({"quota": {"at_most": 1}})), (won(&[]), tied));
    assert_eq!(of(json!({"quota": {"at_most": 1}, "ties": "all"})), (won(&["b", "c"]), over(&[has_award])));
    let over_quota = over(&[has_award, ("b", Reason::OverQuota), ("c", Reason::OverQuota)]);
    assert_eq!(of(json!({"quota": {"percent_of_ranked": 19.99}})), (won(&[]), over_quota));
    let reduction = |least: Value| json!({"threshold": {"reduction_percent_at_least": least}});
    assert_eq!(of(reduction(json!(50))).0, won(&["b", "c"]));
    assert_eq!(of(reduction(json!(50.01))).0, won(&[]));
}

#[test]
fn what_hangs_on_an_open_tie_waits_and_the_rest_is_certain() {
    // a and b share rank 1; c follows
    let wards: [Ward; 3] = [("a", None, 10, 0), ("b", None, 20, 0), ("c", None, 10, 10)];
    let good = award("good", json!({"threshold": {"points_at_least": 1}, "quota": {"at_most": 2}}));
    let some = award("some", json!({"threshold": {"points_at_least": 1}, "quota": {"at_most": 1}}));
    let facts = facts(&wards, json!([place("first", 1, 1), good, some]), false);
    let open = given(&facts, &[]);
    let waits = |code| (code, Reason::Waits(0));
    // one of a and b will be left for the second award; whichever it is, c gets the other one
    assert_eq!(open[1], (won(&["c"]), over(&[waits("a"), waits("b")])));
    assert_eq!(open[2], (won(&[]), over(&[waits("a"), waits("b"), ("c", Reason::HasAward(1))])));
    let chosen = given(&facts, &[decided("first", &["a", "b"], &["b"])]);
    assert_eq!(chosen[1].0, won(&["a", "c"]));
    assert_eq!(chosen[2].0, won(&[]));
}

#[test]
fn who_kept_clean_needs_the_best_level_known_on_the_day() {
    let wards: [Ward; 3] = [("a", None, 0, 0), ("b", None, 0, 1), ("c", None, 0, 0)];
    let clean = award("clean", json!({"track": "kept_clean", "places": {"from": 1, "to": 3}}));
    let facts = facts(&wards, json!([clean]), false);
    assert_eq!(given(&facts, &[]), [(won(&["a", "c"]), over(&[("b", Reason::LevelNotBest)]))]);
}

#[test]
fn each_block_has_winners_of_its_own_where_it_has_ranks_of_its_own() {
    let wards: [Ward; 4] =
        [("a", Some("y"), 10, 0), ("b", Some("x"), 10, 10), ("c", Some("y"), 10, 10), ("d", None, 10, 15)];
    let within = facts(&wards, json!([place("first", 1, 1)]), true);
    let outcome = on_last_day(&within, &[]);
    let blocks: Vec<_> = outcome.awards.iter().map(|awarded| (awarded.block.as_deref(), awarded.ranked)).collect();
    assert_eq!(blocks, [(None, 1), (Some("x"), 1), (Some("y"), 2)]);
    assert_eq!(given(&within, &[]).into_iter().map(|(winners, _)| winners).collect::<Vec<_>>(), [["d"], ["b"], ["a"]]);
    let of_block = award("first", json!({"block": "y", "places": {"from": 1, "to": 1}}));
    let one = facts(&wards, json!([of_block]), false);
    assert_eq!(given(&one, &[]), [(won(&["a"]), over(&[]))]);
}
