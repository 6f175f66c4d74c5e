//! What an import says that it does to the boards, and which questions it raises: told by the
//! dry run, then by the import, and found on the boards themselves.

use super::Q6;
use crate::support::app::TestApp;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn import(app: &TestApp, token: &str, address: &str, content_type: &str, body: &[u8]) -> Value {
    app.send("POST", address, Some(token), &[("content-type", content_type)], Some(body)).ok()
}

fn table(app: &TestApp, dry_run: bool, text: &str) -> Value {
    let address = format!("{Q6}/import?dry_run={dry_run}");
    import(app, &app.token, &address, "text/csv", text.as_bytes())
}

/// What an answer says beside its rows.
fn said(answer: &Value) -> (Value, Value) {
    (answer["effects"].clone(), answer["flags"].clone())
}

fn nothing() -> (Value, Value) {
    (json!({"as_of": null, "boards": []}), json!({"total": 0, "by_rule": {}, "items": []}))
}

/// Where each unit of a kind stands on a day, in the words of an effect.
fn places(app: &TestApp, kind: &str, as_of: &str) -> BTreeMap<String, Value> {
    let mut places = BTreeMap::new();
    for track in ["improvement", "kept_clean"] {
        let board = app.get_as_council(&format!("{Q6}/leaderboard?kind={kind}&track={track}&as_of={as_of}")).ok();
        for row in board["items"].as_array().expect("rows") {
            let level = json!({"start": row["level"]["start"], "current": row["level"]["current"]});
            let place = json!({"track": track, "rank": row["rank"], "points": row["points"]["total"], "level": level});
            places.insert(row["unit"]["code"].as_str().expect("a code").to_owned(), place);
        }
    }
    places
}

fn without_reasons(place: &Value) -> Value {
    let mut place = place.clone();
    place.as_object_mut().expect("a place").remove("unranked");
    place
}

/// 0, 0, 7 after days of zero, and 9 in another ward.
const ROWS: [(&str, u32, u32); 4] = [("27379", 13, 0), ("27379", 14, 0), ("27379", 15, 7), ("27382", 13, 9)];

fn csv(separator: &str) -> String {
    let row = |(unit, day, cases)| format!("{unit}{separator}2021-07-{day}{separator}{cases}\n");
    let header = ["unit_code", "date", "community_f0"].join(separator);
    format!("{header}\n{}", ROWS.map(row).concat())
}

on_both! {
    fn a_dry_run_says_who_moves_and_what_is_asked_and_the_import_then_has_exactly_that(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-16T08:00:00Z");
        let dry = table(&app, true, &csv(","));
        let (effects, flags) = said(&dry);
        let as_of = effects["as_of"].as_str().expect("a day").to_owned();
        let kinds: Vec<&Value> = effects["boards"].as_array().expect("boards").iter().map(|board| &board["kind"]).collect();
        assert!(kinds.contains(&&json!("ward")), "{dry}");
        assert_eq!(flags["by_rule"]["zero_streak"], 1, "{dry}");
        assert_eq!(app.revision("q6-2021"), 1);

        let lines = ROWS.map(|(unit, day, cases)| json!({"unit_code": unit, "date": format!("2021-07-{day}"), "community_f0": cases}).to_string());
        let by_lines = import(&app, &app.token, &format!("{Q6}/import?dry_run=true"), "application/x-ndjson", lines.join("\n").as_bytes());
        assert_eq!(said(&by_lines), said(&dry), "JSON lines");
        assert_eq!(said(&table(&app, true, &csv(";"))), said(&dry), "as people send them");

        let before: BTreeMap<_, _> = kinds.iter().map(|kind| (kind.to_string(), places(&app, kind.as_str().unwrap(), &as_of))).collect();
        let done = table(&app, false, &csv(","));
        assert_eq!(said(&done), said(&dry));
        assert_eq!(done["revision"], 2);
        for board in effects["boards"].as_array().unwrap() {
            let kind = board["kind"].as_str().unwrap();
            let (was, is) = (&before[&board["kind"].to_string()], places(&app, kind, &as_of));
            let moved = is.iter().filter(|(code, place)| was[*code] != **place).count();
            assert!(moved > 0);
            assert_eq!(board["total"], moved, "{kind}: as many as the boards show");
            for item in board["items"].as_array().unwrap() {
                let code = item["unit"]["code"].as_str().unwrap();
                assert_eq!(without_reasons(&item["before"]), was[code], "{kind} {code} before");
                assert_eq!(without_reasons(&item["after"]), is[code], "{kind} {code} after");
            }
        }
        for flag in flags["items"].as_array().unwrap() {
            let kept = app.get_as_council(flag["link"].as_str().unwrap()).ok();
            assert_eq!((&kept["id"], &kept["state"], &kept["says"]), (&flag["id"], &json!("open"), &flag["says"]));
        }
        assert_eq!(said(&table(&app, true, &csv(","))), nothing(), "it all stands so already");
        assert_eq!(said(&table(&app, false, &csv(";"))), nothing());
    }
}

on_both! {
    fn a_flag_that_stood_or_was_closed_is_not_raised_again(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-16T08:00:00Z");
        let of_15 = |cases: u32| format!("unit_code,date,community_f0\n27379,2021-07-15,{cases}\n");
        let raised = table(&app, false, &csv(","))["flags"].clone();
        let is_streak = |flag: &&Value| flag["rule"] == "zero_streak";
        let link = raised["items"].as_array().unwrap().iter().find(is_streak).unwrap()["link"].as_str().unwrap().to_owned();
        let other = table(&app, true, "unit_code,date,community_f0\n27346,2021-07-13,0\n");
        assert_eq!(other["flags"]["by_rule"]["zero_streak"], Value::Null, "it stood before: {other}");
        app.put(&link, &json!({"answer": "đã xác minh", "verdict": "as_reported"})).ok();
        let again = |cases: u32| table(&app, false, &of_15(cases))["flags"]["by_rule"]["zero_streak"].clone();
        assert_eq!(again(8), 1, "other values are another question");
        assert_eq!(again(7), Value::Null, "these were answered");
    }
}

on_both! {
    fn a_pack_says_it_too_unless_units_come_with_it(app: TestApp) {
        let app = app.with_q6();
        app.set_clock("2021-07-16T08:00:00Z");
        let [q6, ..] = pack::bundled();
        let mut contest = pack::read(&q6.files()).expect("the pack");
        let send = |contest: &greenzone::domain::Contest, dry_run: bool| {
            let address = format!("{Q6}/import?dry_run={dry_run}");
            import(&app, &app.token, &address, "application/zip", &pack::write_zip(contest))
        };
        assert_eq!(said(&send(&contest, false)), nothing());
        let last = contest.figures.last_mut().expect("a figure");
        last.counts = greenzone::domain::Counts::new([Some(99), None, None, None, None, None]).expect("counts");
        let (code, day) = (contest.units[last.unit as usize].code.clone(), last.day);
        let by_table = table(&app, true, &format!("unit_code,date,community_f0\n{code},{day},99\n"));
        let by_pack = send(&contest, true);
        assert!(by_pack["effects"]["boards"].as_array().is_some_and(|boards| !boards.is_empty()), "{by_pack}");
        assert_eq!(said(&by_pack), said(&by_table));
        assert_eq!(said(&send(&contest, false)), said(&by_table));
        let mut more = contest.units[1].clone();
        (more.code, more.name) = ("moi".to_owned(), "Phường mới".to_owned());
        contest.units.push(more);
        assert_eq!(said(&send(&contest, true)), (Value::Null, Value::Null));
    }
}

on_both! {
    fn of_units_that_a_sender_may_not_see_nothing_is_told(app: TestApp) {
        let base = crate::api::hidden(&app);
        let unit = |code: &str| json!({"code": code, "name": code, "kind": "household", "parent_code": "w1", "population": 900});
        app.post(&format!("{base}/units"), &json!([unit("h2"), unit("h3")])).ok();
        let row = |unit: &str, day: usize, cases: u32| json!({"unit_code": unit, "date": format!("2021-07-{day:02}"), "community_f0": cases});
        let week = [3, 1, 0, 4, 2, 0, 3];
        let of_h3 = (6..24).map(|day| row("h3", day, if (13..20).contains(&day) { week[day - 13] } else { 7 }));
        let of_h2 = (6..24).map(|day| row("h2", day, if day < 9 { 7 } else { 8 }));
        app.post(&format!("{base}/figures"), &json!(of_h3.chain(of_h2).collect::<Vec<_>>())).ok();
        app.make_account("to-truong", Role::Reporter, Scope::Unit { campaign: "hidden".into(), unit: "h2".into() });
        let reporter = app.sign_in("to-truong");

        // the week of its neighbour, and then no case any more
        let of_week = (13..20).map(|day| row("h2", day, week[day - 13]));
        let lines: Vec<String> = of_week.chain((20..24).map(|day| row("h2", day, 0))).map(|row| row.to_string()).collect();
        let send = |token: &str, dry_run: bool| {
            let address = format!("{base}/import?dry_run={dry_run}");
            import(&app, token, &address, "application/x-ndjson", lines.join("\n").as_bytes())
        };
        let (whole, part) = (send(&app.token, true), send(&reporter, true));
        let codes = |answer: &Value| {
            let boards = answer["effects"]["boards"].as_array().unwrap().iter();
            let items = boards.flat_map(|board| board["items"].as_array().unwrap());
            items.map(|item| item["unit"]["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(codes(&whole).contains(&"h2".to_owned()) && codes(&whole).len() > 1, "{whole}");
        assert_eq!(codes(&part), ["h2"]);
        assert_eq!(part["effects"]["boards"][0]["total"], 1, "nor are they counted");
        let asked = |answer: &Value| (answer["flags"]["by_rule"]["copied_units"].clone(), answer["flags"]["items"].as_array().unwrap().len());
        assert_eq!(asked(&whole).0, 2, "both weeks: {whole}");
        assert_eq!(asked(&part).0, 1, "its own alone: {part}");
        for other in ["h1", "h3"] {
            assert!(!part.to_string().contains(&format!("\"{other}\"")), "{other}: {part}");
        }
        assert_eq!(said(&send(&reporter, false)), said(&part));
    }
}
