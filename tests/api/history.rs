use super::{Q6, hidden};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use serde_json::{Value, json};

#[test]
fn a_day_of_a_history_is_the_row_of_that_days_board() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for code in ["27382", "27346", "27385"] {
        for by in ["points", "level_drop"] {
            let history = app.get(&format!("{Q6}/units/{code}/history?by={by}")).ok();
            let days = history["items"].as_array().expect("days");
            assert_eq!(
                (days.len(), &days[0]["date"], &days[3]["date"]),
                (4, &json!("2021-07-09"), &json!("2021-07-12"))
            );
            for day in days {
                let (date, track) = (day["date"].as_str().unwrap(), day["track"].as_str().unwrap());
                let ask = format!("as_of={date}&track={track}&by={by}&include=days&limit=1000");
                let board = app.get(&format!("{Q6}/leaderboard?{ask}")).ok();
                let row = board["items"].as_array().unwrap().iter().find(|r| r["unit"]["code"] == *code).unwrap();
                let own = row["days"].as_array().unwrap().last().unwrap();
                let expected = json!([
                    row["rank"],
                    board["ranked"],
                    row["points"]["total"],
                    row["unranked"],
                    row["level"]["current"],
                    own["community_f0"],
                    own["state"]
                ]);
                let told = json!([
                    day["rank"],
                    day["ranked"],
                    day["points"],
                    day["unranked"],
                    day["level"],
                    day["community_f0"],
                    day["state"]
                ]);
                assert_eq!(told, expected, "{code} {by} {date}");
                assert_eq!(day["green"], json!(day["level"] == "green"));
            }
        }
    }
}

#[test]
fn a_history_is_cut_to_the_days_and_boards_that_are_asked_for() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let of = |query: &str| app.get(&format!("{Q6}/units/27382/history?{query}"));
    let dates = |history: &Value| {
        history["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["date"].as_str().unwrap()[8..].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(dates(&of("from=2021-07-10&to=2021-07-11").ok()), ["10", "11"]);
    assert_eq!(dates(&of("to=2021-07-14").ok()).len(), 6);
    assert_eq!(dates(&of("within=775").ok()).len(), 4);
    of("within=27379").refused(404, "not_on_this_board");
    of("block=none").refused(404, "not_on_this_board");
    of("within=nowhere").refused(404, "unit_not_found");
    of("from=2021-07-12&to=2021-07-11").refused(422, "day_outside_window");
    of("from=2021-07-08").refused(422, "day_outside_window");
    of("to=2021-07-24").refused(422, "day_outside_window");
    of("to=live").refused(422, "invalid_parameter");
    app.get(&format!("{Q6}/units/99999/history")).refused(404, "unit_not_found");
    assert_eq!(of("revision=1").status, 200);
}

#[test]
fn the_green_share_counts_an_unknown_level_as_not_green() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let share = app.get(&format!("{Q6}/green-share")).ok();
    assert_eq!(share["best_level"], "green");
    let kinds: Vec<&str> = share["items"].as_array().unwrap().iter().map(|k| k["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["district", "ward"]);
    let wards = &share["items"][1];
    assert_eq!(wards["units"], 14);
    let days = wards["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["date"]), (5, &json!("2021-07-08")));
    // one of 14 on the eve: 1/14 = 7.142… %; Ward 10 is unknown and counts below the line
    assert_eq!((&days[0]["counts"][0]["units"], &days[0]["green_percent"]), (&json!(1), &json!(7.14)));
    assert_eq!(days[4]["counts"][4], json!({"level": "unknown", "units": 1}));
    assert_eq!(days[4]["green_percent"], 0);
    let one = app.get(&format!("{Q6}/green-share?kind=ward&date=2021-07-12")).ok();
    assert_eq!(one["items"], json!([wards]));
    app.get(&format!("{Q6}/green-share?kind=planet")).refused(422, "unknown_kind");
    app.get(&format!("{Q6}/green-share?date=2021-07-24")).refused(422, "day_outside_window");
}

#[test]
fn the_public_sees_of_a_small_unit_its_default_day_and_of_a_private_one_nothing() {
    let app = TestApp::on(TestDatabase::sqlite());
    let base = hidden(&app);
    let public = app.get(&format!("{base}/units/b1/history")).ok();
    let days = public["items"].as_array().unwrap();
    let (last, before) = days.split_last().expect("days");
    assert_eq!((&last["track"], &last["level"]), (&json!("improvement"), &json!("red")));
    assert!(last["rank"].is_u64());
    for day in before {
        let told: Vec<&Value> =
            ["state", "community_f0", "track", "rank", "points", "level", "green"].map(|f| &day[f]).into();
        assert!(told.iter().all(|value| value.is_null()), "{day}");
        assert_eq!(day["unranked"], json!([]));
    }
    assert_eq!((&last["points"], &last["community_f0"], &last["state"]), (&Value::Null, &Value::Null, &Value::Null));
    let council = app.get_as_council(&format!("{base}/units/b1/history")).ok();
    assert!(
        council["items"].as_array().unwrap().iter().all(|day| day["points"].is_number() && day["community_f0"] == 77)
    );
    app.get(&format!("{base}/units/h1/history")).refused(404, "unit_not_found");
    assert_eq!(app.get_as_council(&format!("{base}/units/h1/history")).status, 200);

    // one small business of two: the number of green ones tells of it on every other day
    let share = app.get(&format!("{base}/green-share?kind=business")).ok();
    let days = share["items"][0]["days"].as_array().unwrap();
    let (last, before) = days.split_last().expect("days");
    assert_eq!(last["green_percent"], 0);
    assert!(before.iter().all(|day| day["green_percent"].is_null() && day["counts"][0]["units"].is_null()));
    let kinds = app.get(&format!("{base}/green-share")).ok();
    assert!(kinds["items"].as_array().unwrap().iter().all(|kind| kind["kind"] != "household"));
}
