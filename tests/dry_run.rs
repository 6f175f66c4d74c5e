//! A dry run tells what then really happens: every change is tried, made, and the boards
//! before and after are held against what was told.

use crate::api::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::known_boards::packs;
use crate::support::on_both;
use greenzone::domain::contest::{ExcuseRow, FigureRow, Stamp};
use greenzone::domain::{Contest, Counts, Day};
use greenzone::pack;
use greenzone::service::figures::escape;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

struct Dice(u64);

impl Dice {
    /// A number below `sides` (Knuth's MMIX constants).
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

/// A scheme that fits all kinds and looks back further than any built-in.
fn far_sighted(at_least: usize) -> Value {
    json!({
        "code": "far", "levels": [{"code": "green", "colour": "#0FA57F"}, {"code": "orange", "colour": "#F28E12"}, {"code": "red", "colour": "#DA4711"}],
        "rules": [
            {"kinds": ["*"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 24, "at_least": at_least + 4}}]},
            {"kinds": ["*"], "level": "orange", "any": [{"sum": {"indicator": "community_f0", "days": 24, "at_least": at_least}}]}]
    })
}

/// A change of rules that many campaigns take.
fn policy(dice: &mut Dice, contest: &Contest) -> Value {
    let mut change = serde_json::Map::new();
    if dice.roll(2) == 0 {
        let share = dice.roll(101);
        let measures = ["case_reduction", "level_drop", "green_days", "reporting", "criteria"];
        let first = dice.roll(measures.len());
        let second = (first + 1 + dice.roll(measures.len() - 1)) % measures.len();
        let scoring = json!({
            "components": [{"measure": measures[first], "max_points": share}, {"measure": measures[second], "max_points": 100 - share}],
            "closing_days": 1 + dice.roll(9), "max_missing_days": dice.roll(5), "negative_points": dice.roll(2) == 0,
            "rank_within_blocks": dice.roll(3) == 0, "tie_break": ["community_f0", "missing_days"]
        });
        change.insert("scoring".to_owned(), scoring);
    }
    match dice.roll(4) {
        0 => drop(change.insert("level_scheme".to_owned(), far_sighted(1 + dice.roll(5)))),
        1 => {
            let code = *dice.pick(&["counts-14d", "qd-4800-2021", "qd-2686-2021"]);
            change.insert("level_scheme".to_owned(), code.into());
        }
        _ => {}
    }
    if change.is_empty() || dice.roll(3) == 0 {
        let kind = dice.pick(&contest.campaign.kinds).code.clone();
        change.insert("allowances".to_owned(), json!({kind: dice.pick(&[None, Some(0), Some(1), Some(9)])}));
    }
    change.into()
}

/// Where everybody of a kind stands, by code: both boards, as a dry run tells it.
fn standing(app: &TestApp, base: &str, kind: &str, by: &str, day: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for track in ["improvement", "kept_clean"] {
        let query = format!("kind={}&track={track}&by={by}&as_of={day}&limit=1000", escape(kind));
        let board = app.get_as_council(&format!("{base}/leaderboard?{query}")).ok();
        for row in board["items"].as_array().expect("rows") {
            let level = if row["level"].is_null() {
                Value::Null
            } else {
                json!({"start": row["level"]["start"], "current": row["level"]["current"]})
            };
            let place = json!({"track": track, "rank": row["rank"], "points": row["points"]["total"], "level": level, "unranked": row["unranked"]});
            found.insert(row["unit"]["code"].as_str().expect("a code").to_owned(), place);
        }
    }
    found
}

/// What is compared: the reasons alone are no change.
fn without_reasons(place: &Value) -> Value {
    let mut place = place.clone();
    place.as_object_mut().expect("a place").remove("unranked");
    place
}

fn hold(told: &Value, before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>, case: &str) {
    let mut moves = BTreeMap::new();
    let mut count = [0u64; 4];
    for (code, was) in before {
        let is = &after[code];
        if without_reasons(was) != without_reasons(is) {
            moves.insert(code.clone(), (was.clone(), is.clone()));
        }
        let has_other_track = was["track"] != is["track"];
        let ranks = was["rank"] != is["rank"] || (has_other_track && !was["rank"].is_null());
        let changes = [ranks, has_other_track, was["points"] != is["points"], was["level"] != is["level"]];
        count.iter_mut().zip(changes).for_each(|(n, changed)| *n += u64::from(changed));
    }
    let items = told["items"].as_array().expect("items");
    let listed: BTreeMap<String, (Value, Value)> = items
        .iter()
        .map(|item| {
            (item["unit"]["code"].as_str().expect("a code").to_owned(), (item["before"].clone(), item["after"].clone()))
        })
        .collect();
    assert_eq!(listed, moves, "{case}");
    let [ranks, tracks, points, levels] = count;
    assert_eq!(
        told["changed"],
        json!({"ranks": ranks, "tracks": tracks, "points": points, "levels": levels}),
        "{case}"
    );
    let ranked = |all: &BTreeMap<String, Value>| all.values().filter(|place| !place["rank"].is_null()).count();
    assert_eq!(told["ranked"], json!({"before": ranked(before), "after": ranked(after)}), "{case}");
    assert_eq!(told["total"].as_u64(), u64::try_from(items.len()).ok(), "{case}");
    // in the order of the new boards
    let key =
        |item: &Value| (item["after"]["track"] == "kept_clean", item["after"]["rank"].as_u64().unwrap_or(u64::MAX));
    assert!(items.is_sorted_by_key(key), "{case}");
}

/// Days before any rule's reach with a few cases, which a pack may bring.
fn with_early_days(mut contest: Contest) -> Contest {
    let first = contest.campaign.earliest_day();
    for unit in 0..contest.units.len() as u32 {
        let kind = contest.units.get(unit as usize).and_then(|u| contest.campaign.kind(u.kind));
        if kind.is_none_or(|k| k.figures != greenzone::domain::campaign::Figures::Reported) {
            continue;
        }
        for back in 1..9u64 {
            let day: Day = first - chrono::Days::new(back);
            let counts = Counts::new([Some((unit + back as u32) % 4), None, None, None, None, None]).expect("counts");
            contest.figures.retain(|row| (row.unit, row.day) != (unit, day));
            contest.figures.push(FigureRow { unit, day, counts, stamp: Stamp::ALWAYS, note: None });
            if (unit + back as u32).is_multiple_of(5) {
                contest.excuses.retain(|row| (row.unit, row.day) != (unit, day));
                contest.excuses.push(ExcuseRow { unit, day, reason: "x".to_owned(), stamp: Stamp::ALWAYS });
            }
        }
    }
    contest
}

/// A trial, and how it is really made: method, address and body.
fn trial(dice: &mut Dice, contest: &Contest, base: &str) -> (Value, (&'static str, String, Value)) {
    if dice.roll(2) == 0 {
        let change = policy(dice, contest);
        let mut body = change.clone();
        body["reason"] = "lý do".into();
        return (json!({"policy": change}), ("POST", format!("{base}/policies"), body));
    }
    let unit = dice.pick(&contest.units).code.clone();
    let first = contest.campaign.earliest_day();
    let days = contest.campaign.window.to.signed_duration_since(first).num_days() as usize;
    let day = first + chrono::Days::new(dice.roll(days + 2) as u64);
    let address = format!("{base}/units/{}/figures/{day}", escape(&unit));
    if dice.roll(4) == 0 {
        let taken_back = json!({"figure": {"unit_code": unit, "date": day.to_string(), "withdrawn": true}});
        return (taken_back, ("DELETE", format!("{address}?reason=x"), Value::Null));
    }
    let cases = *dice.pick(&[0, 1, 3, 8, 40]);
    let counts = match dice.roll(3) {
        0 => json!({"community_f0": cases}),
        1 => {
            json!({"community_f0": cases, "unknown_source_f0": dice.roll(cases + 1), "households_f0": dice.roll(4), "note": "x"})
        }
        // sometimes more than the whole
        _ => json!({"community_f0": cases, "high_risk_setting_f0": dice.roll(cases + 2)}),
    };
    let mut tried = counts.clone();
    (tried["unit_code"], tried["date"]) = (unit.into(), day.to_string().into());
    let mut told = counts;
    // what is unusual is recorded with a reason; what it does is told without
    told["reason"] = "x".into();
    (json!({"figure": tried}), ("PUT", address, told))
}

/// Where the places of a refusal lie, wherever the change stood.
fn refusal(problem: &Value) -> Value {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let pointer = |e: &Value| {
        e["pointer"].as_str().expect("a pointer").trim_start_matches("/policy").trim_start_matches("/figure").to_owned()
    };
    json!([problem["code"], errors.iter().map(pointer).collect::<Vec<_>>()])
}

on_both! {
    fn what_is_told_is_what_happens(app: TestApp) {
        app.set_clock("2022-01-01T00:00:00Z");
        let mut dice = Dice(7);
        let (mut held, mut far, mut refused, mut moved) = (0, 0, 0, 0);
        for (number, path) in packs("random").into_iter().step_by(2).take(20).enumerate() {
            let mut contest = with_early_days(pack::read_path(&path).expect("a sound pack"));
            let mut campaign = (*contest.campaign).clone();
            campaign.code = format!("pack-{number}");
            contest.campaign = Arc::new(campaign);
            app.import(&contest);
            let base = format!("/api/v1/campaigns/pack-{number}");
            for round in 0..10 {
                let (change, (method, address, body)) = trial(&mut dice, &contest, &base);
                let kind = dice.pick(&contest.campaign.kinds).code.clone();
                let by = *dice.pick(&["points", "reduction", "level_drop"]);
                let span = contest.campaign.window.days() as usize;
                let day = (contest.campaign.window.from + chrono::Days::new(dice.roll(span) as u64)).to_string();
                let case = format!("{} round {round}, {kind} by {by} on {day}: {change}", path.display());
                let before = standing(&app, &base, &kind, by, &day);
                let revision = app.revision(&format!("pack-{number}"));
                let mut asked = change.clone();
                for (name, value) in [("kind", kind.as_str()), ("by", by), ("as_of", day.as_str())] {
                    asked[name] = value.into();
                }
                asked["limit"] = 1000.into();
                let told = app.post(&format!("{base}/dry-run"), &asked);
                assert_eq!(app.revision(&format!("pack-{number}")), revision, "{case}: nothing is written");
                let made = match &body {
                    Value::Null => app.delete(&address),
                    body => app.with_json(method, &address, &[], body),
                };
                if made.status >= 400 {
                    assert_eq!(refusal(&told.problem()), refusal(&made.problem()), "{case}");
                    refused += 1;
                    continue;
                }
                let told = told.ok();
                assert_eq!(told["revision"], revision, "{case}");
                moved += told["total"].as_u64().expect("a number");
                hold(&told, &before, &standing(&app, &base, &kind, by, &day), &case);
                held += 1;
                far += usize::from(change["policy"]["level_scheme"]["code"] == "far");
            }
        }
        let told = format!("{held} held, {far} of them far-sighted, {refused} refused, {moved} moved");
        assert!(held > 100 && far > 5 && refused > 20 && moved > 100, "{told}");
    }
}

on_both! {
    fn a_board_is_asked_for_as_ever_and_moves_are_listed_page_by_page(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-13T06:00:00Z");
        let try_out = |body: Value| app.post(&format!("{Q6}/dry-run"), &body);
        let change = json!({"scoring": {"components": [{"measure": "reporting", "max_points": 100}]}});
        let all = try_out(json!({"policy": change})).ok();
        assert_eq!((&all["kind"], &all["by"], &all["as_of"], &all["track"]), (&json!("ward"), &json!("points"), &json!("2021-07-12"), &json!(null)));
        assert_eq!((&all["revision"], &all["policy_version"]), (&json!(1), &json!(1)));
        let codes = |told: &Value| told["items"].as_array().expect("items").iter().map(|i| i["unit"]["code"].clone()).collect::<Vec<_>>();
        let pages = [0, 3].map(|offset| codes(&try_out(json!({"policy": change, "limit": 3, "offset": offset})).ok()));
        assert_eq!(pages.concat(), codes(&all)[..6]);
        let of_track = try_out(json!({"policy": change, "track": "kept_clean"})).ok();
        assert_eq!(codes(&of_track), codes(&all).split_off(codes(&all).len() - codes(&of_track).len()));
        // without a kind, that of the figure's unit; the day before its own
        let one = json!({"unit_code": "27382", "date": "2021-07-12", "community_f0": 30});
        assert_eq!(try_out(json!({"figure": one, "as_of": "2021-07-11"})).ok()["total"], 0);
        let told = try_out(json!({"figure": one})).ok();
        assert!(codes(&told).contains(&json!("27382")), "{told}");
        assert_eq!(try_out(json!({"figure": one, "kind": "district", "as_of": "live"})).ok()["kind"], "district");
        // the campaign check speaks of the new rules
        assert_eq!(told["level_scheme"], json!({"before": "counts-14d", "after": "counts-14d"}));
        let rate = try_out(json!({"policy": {"level_scheme": "qd-4800-2021"}})).ok();
        let warned: Vec<_> = rate["warnings"].as_array().expect("warnings").iter().map(|w| w["code"].clone()).collect();
        assert!(warned.contains(&json!("no_population")), "{rate}");
        assert_eq!(rate["level_scheme"]["after"], "qd-4800-2021");
    }
}

#[test]
fn a_trial_is_refused_for_what_it_is_or_what_it_is_asked_of() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.set_clock("2021-07-13T06:00:00Z");
    let path = format!("{Q6}/dry-run");
    let refused = |body: Value, status: u16, code: &str| {
        let problem = app.post(&path, &body).refused(status, code);
        problem["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned()
    };
    let policy = json!({"allowances": {"ward": 1}});
    let one = |unit: &str, day: &str| json!({"unit_code": unit, "date": day, "community_f0": 1});
    let invalid = "invalid_request";
    assert_eq!(refused(json!({}), 422, invalid), "/policy");
    assert_eq!(refused(json!({"policy": policy, "figure": one("27382", "2021-07-12")}), 422, invalid), "/policy");
    assert_eq!(refused(json!({"policy": {}}), 422, invalid), "/policy/scoring");
    assert_eq!(refused(json!({"policy": {"scoring": {"components": []}}}), 422, invalid), "/policy/scoring/components");
    assert_eq!(refused(json!({"policy": policy, "limit": 1001}), 422, invalid), "/limit");
    assert_eq!(refused(json!({"policy": policy, "track": "x"}), 422, invalid), "/track");
    assert_eq!(refused(json!({"policy": policy, "as_of": "2021-07-24"}), 422, "day_outside_window"), "as_of");
    assert_eq!(refused(json!({"policy": policy, "kind": "hamlet"}), 422, "unknown_kind"), "kind");
    assert_eq!(refused(json!({"policy": policy, "within": "x"}), 404, "unit_not_found"), "within");
    refused(json!({"figure": one("x", "2021-07-12")}), 404, "unit_not_found");
    refused(json!({"figure": one("775", "2021-07-12")}), 422, "derived_unit");
    refused(json!({"figure": one("27382", "2021-07-14")}), 422, "day_not_begun");
    refused(json!({"figure": one("27382", "2021-06-01")}), 422, "day_out_of_reach");
    refused(
        json!({"figure": {"unit_code": "27382", "date": "2021-07-13", "withdrawn": true}}),
        404,
        "figure_not_found",
    );
    let no = json!({"unit_code": "27382", "date": "2021-07-12", "withdrawn": false});
    assert_eq!(refused(json!({"figure": no}), 422, invalid), "/figure/withdrawn");
    let mut told_time = one("27382", "2021-07-12");
    told_time["recorded_at"] = "2021-07-12T00:00:00Z".into();
    refused(json!({"figure": told_time}), 422, "time_is_told_by_the_service");
    app.put(&format!("{Q6}/units/27382/start-level"), &json!({"level": "yellow", "reason": "x"})).ok();
    assert_eq!(refused(json!({"policy": {"level_scheme": far_sighted(1)}}), 422, invalid), "/policy/level_scheme");
    // an answer is nobody else's, and what was tried is nowhere
    let answer = app.post(&path, &json!({"figure": one("27382", "2021-07-12")}));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert_eq!(app.get(&figure("27382", "2021-07-12")).ok()["community_f0"], 1);
    let log = app.service.verify_audit(&greenzone::service::Caller::Operator.may(None).expect("a grant"), &[]);
    assert_eq!(log.expect("readable").heads.iter().map(|h| h.number).max(), Some(2), "the import and the start");
}
