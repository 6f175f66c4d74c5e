//! What strangers see of private and small units (domain.md section 6), and what those see
//! who may.

use crate::support::app::{TestApp, machine_token};
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::{Value, json};

const BASE: &str = "/api/v1/campaigns/hidden";

fn app() -> TestApp {
    let app = TestApp::on(TestDatabase::sqlite());
    super::hidden(&app);
    app
}

fn row(app: &TestApp, query: &str, code: &str) -> Value {
    let board = app.get(&format!("{BASE}/leaderboard?{query}")).ok();
    let rows = board["items"].as_array().expect("rows");
    rows.iter().find(|row| row["unit"]["code"] == code).unwrap_or_else(|| panic!("{code}: {board}")).clone()
}

#[test]
fn private_units_are_not_there_for_the_public() {
    let app = app();
    for address in ["", "/figures", "/figures/2021-07-20", "/figures/2021-07-20/history", "/standing"] {
        let path = format!("{BASE}/units/h1{address}");
        let public = app.get(&path);
        public.refused(404, "unit_not_found");
        let nobody = app.get(&path.replace("/h1", "/nobody"));
        assert_eq!(public.json()["code"], nobody.json()["code"], "hidden and not there read alike");
        assert_eq!(app.get_as_council(&path).status, 200, "{path}");
    }
    app.get(&format!("{BASE}/leaderboard/around/h1")).refused(404, "unit_not_found");
    app.get(&format!("{BASE}/leaderboard?within=h1")).refused(404, "unit_not_found");
    let totals = |path: &str| {
        let path = format!("{BASE}{path}");
        (app.get(&path).ok()["total"].clone(), app.get_as_council(&path).ok()["total"].clone())
    };
    assert_eq!(totals("/units"), (json!(6), json!(7)));
    assert_eq!(totals("/leaderboard?kind=household"), (json!(0), json!(1)));
    assert_eq!(totals("/leaderboard?kind=ward"), (json!(2), json!(2)));
    assert_eq!(totals("/levels?kind=household"), (json!(0), json!(1)));
}

#[test]
fn of_small_units_and_telling_totals_the_public_sees_rank_and_level_of_the_day_alone() {
    let app = app();
    let revision = format!("revision={}", app.revision("hidden"));
    // a small ward, a business of unknown size, a district over one small ward
    for (kind, code) in [("ward", "w2"), ("business", "b1"), ("district", "part")] {
        let seen = row(&app, &format!("kind={kind}&include=days"), code);
        assert!(seen["rank"].is_number(), "{seen}");
        assert!(seen["level"]["current"].is_string(), "{seen}");
        for field in [
            "points",
            "community_f0",
            "imputed_f0",
            "imputed_days",
            "missing_days",
            "green_days",
            "baseline_mean",
            "closing_mean",
            "change_percent",
            "reduction_percent",
            "rank_change",
        ] {
            assert_eq!(seen[field], Value::Null, "{field} of {code}");
        }
        for field in ["start", "start_used", "dropped", "current_used"] {
            assert_eq!(seen["level"][field], Value::Null, "{field} of {code}");
        }
        assert_eq!(seen["days"], json!([]));
        for query in ["as_of=2021-07-20", "known_at=2021-07-24T06:30:00Z", revision.as_str()] {
            let elsewhere = row(&app, &format!("kind={kind}&{query}"), code);
            let nothing = (&elsewhere["rank"], &elsewhere["level"]["current"], &elsewhere["unranked"]);
            assert_eq!(nothing, (&Value::Null, &Value::Null, &json!([])), "{query} of {code}");
        }
        let unit = app.get(&format!("{BASE}/units/{code}")).ok();
        assert_eq!((&unit["population"], &unit["households"]), (&Value::Null, &Value::Null));
        assert_eq!(app.get(&format!("{BASE}/units/{code}/figures")).ok()["total"], 0);
        app.get(&format!("{BASE}/units/{code}/figures/2021-07-20")).refused(404, "figure_not_found");
        assert_eq!(app.get(&format!("{BASE}/units/{code}/figures/2021-07-20/history")).ok()["total"], 0);
        let standing = app.get(&format!("{BASE}/units/{code}/standing")).ok();
        assert!(standing["row"]["rank"].is_number());
        assert_eq!((&standing["days"], &standing["change"], &standing["keys"]), (&json!([]), &Value::Null, &json!([])));
        assert_eq!(
            (&standing["above"], &standing["start_level"], &standing["parts"]),
            (&Value::Null, &Value::Null, &json!([]))
        );
    }
    // who is open shows everything
    let seen = row(&app, "kind=ward&as_of=2021-07-20&include=days", "w1");
    assert!(seen["points"]["total"].is_number() && seen["level"]["start"].is_string() && seen["community_f0"] == 77);
    assert_eq!(row(&app, "kind=district", "open")["community_f0"], row(&app, "kind=ward", "w1")["community_f0"]);
    assert_eq!(app.get(&format!("{BASE}/figures?date=2021-07-20")).ok()["total"], 2);
    let status = app.get(&format!("{BASE}/status")).ok();
    assert_eq!((&status["reporting_units"], &status["days"][0]["reported_units"]), (&Value::Null, &Value::Null));
}

#[test]
fn what_the_council_decides_of_small_units_is_not_public() {
    let app = app();
    let reason = json!({"reason": "x"});
    for unit in ["w1", "w2"] {
        app.put(&format!("{BASE}/units/{unit}/excuses/2021-07-21"), &reason).ok();
        app.put(&format!("{BASE}/units/{unit}/start-level"), &json!({"level": "red", "reason": "x"})).ok();
        app.post(
            &format!("{BASE}/adjustments"),
            &json!({"unit_code": unit, "kind": "bonus", "points": 1, "reason": "x"}),
        )
        .ok();
    }
    for list in ["excuses", "start-levels", "adjustments"] {
        let listed = app.get(&format!("{BASE}/{list}")).ok();
        assert_eq!((&listed["total"], &listed["items"][0]["unit_code"]), (&json!(1), &json!("w1")), "{list}");
        assert_eq!(app.get_as_council(&format!("{BASE}/{list}")).ok()["total"], 2, "{list}");
    }
    app.get(&format!("{BASE}/adjustments/2")).refused(404, "adjustment_not_found");
}

#[test]
fn levels_of_small_units_are_those_of_the_day_and_numbers_tell_of_none() {
    let app = app();
    let levels = |query: &str| app.get(&format!("{BASE}/levels{query}")).ok();
    let of = |levels: &Value, code: &str| {
        let items = levels["items"].as_array().expect("items");
        items.iter().find(|item| item["unit"]["code"] == code).map(|item| item["level"].clone()).expect("a row")
    };
    let today = levels("?kind=ward");
    assert!(of(&today, "w1").is_string() && of(&today, "w2").is_string() && today["counts"][0]["units"].is_number());
    let before = levels("?kind=ward&date=2021-07-20");
    assert!(of(&before, "w1").is_string() && of(&before, "w2").is_null());
    assert_eq!(before["counts"][0]["units"], Value::Null, "one hidden ward among them");
    let history = app.get(&format!("{BASE}/levels/history?kind=ward")).ok();
    let w2 = history["items"]
        .as_array()
        .and_then(|items| items.iter().find(|item| item["unit"]["code"] == "w2").cloned())
        .expect("w2");
    let told: Vec<bool> = w2["levels"].as_array().expect("levels").iter().map(Value::is_string).collect();
    assert_eq!(told.iter().filter(|told| **told).count(), 1, "{w2}");
    assert!(told.last() == Some(&true), "the day of the board");
}

#[test]
fn pages_and_their_tables_show_no_more() {
    let app = app();
    let page = app.get("/c/hidden?kind=business&lang=vi").text();
    assert!(page.contains("Xưởng 2") && page.contains("Xưởng 1") && page.contains("không công bố"));
    assert!(!app.get("/c/hidden?kind=household").text().contains("Hộ 1"));
    let csv = app.get("/c/hidden/board.csv?kind=business").text();
    let line = csv.lines().find(|line| line.contains("Xưởng 1")).expect("its row");
    assert!(!line.contains("77") && line.split(',').filter(|cell| !cell.trim().is_empty()).count() < 8, "{line}");
    let elsewhere = app.get("/c/hidden?kind=business&as_of=2021-07-20&lang=vi").text();
    assert!(elsewhere.contains("Không công bố cho ngày này"));
}

#[test]
fn a_reporter_sees_what_lies_below_and_strangers_bytes_stay_strangers() {
    let app = app();
    let scope = |unit: &str| Scope::Unit { campaign: "hidden".to_owned(), unit: unit.to_owned() };
    let token = machine_token(&app.service, Role::Reporter, scope("part"));
    let get = |path: &str| app.send("GET", &format!("{BASE}{path}"), Some(&token), &[], None);
    assert!(get("/units/w2/figures").ok()["total"].as_i64() > Some(0));
    assert_eq!(get("/units/w2").ok()["population"], 499);
    assert_eq!(get("/units/b1/figures").ok()["total"], 0);
    get("/units/h1").refused(404, "unit_not_found");
    let path = format!("{BASE}/leaderboard?kind=ward");
    let first = app.get(&path);
    let full = app.get_as_council(&path);
    let below = app.send("GET", &path, Some(&token), &[], None);
    let again = app.get(&path);
    assert_eq!((first.body.clone(), first.header("etag")), (again.body.clone(), again.header("etag")));
    assert!(first.body != full.body && first.header("etag") != full.header("etag"));
    assert_eq!(below.header("cache-control"), Some("private, no-cache"));
    // a household's reporter: nobody else's
    let household = machine_token(&app.service, Role::Reporter, scope("h1"));
    let of_household = app.send("GET", &format!("{BASE}/units/h1/figures"), Some(&household), &[], None);
    assert!(of_household.ok()["total"].as_i64() > Some(0));
}

#[test]
fn a_days_sum_that_only_one_hidden_unit_reported_to_is_not_public() {
    let app = TestApp::on(TestDatabase::sqlite());
    let campaign = json!({
        "code": "sums", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-20", "to": "2021-07-30"}, "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
        "kinds": [{"code": "ward", "figures": "derived", "derived_from": "group"}, {"code": "group", "figures": "reported"}],
        "level_scheme": "counts-14d", "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}
    });
    app.post("/api/v1/campaigns", &campaign).ok();
    let base = "/api/v1/campaigns/sums";
    let group =
        |code: &str| json!({"code": code, "name": code, "kind": "group", "parent_code": "w", "population": 100});
    let units =
        json!([{"code": "w", "name": "W", "kind": "ward", "population": 9000}, group("a"), group("b"), group("c")]);
    app.post(&format!("{base}/units"), &units).ok();
    let figure =
        |unit: &str, day: u32| json!({"unit_code": unit, "date": format!("2021-07-{day:02}"), "community_f0": 4});
    let all: Vec<Value> = ["a", "b", "c"].iter().flat_map(|unit| (6..=21).map(|day| figure(unit, day))).collect();
    app.post(&format!("{base}/figures"), &json!(all)).ok();
    // on the 22nd one of three reports
    app.post(&format!("{base}/figures"), &json!([figure("a", 22)])).ok();
    let days = |answer: Value| {
        answer["items"].as_array().expect("items").iter().map(|f| f["date"].to_string()).collect::<Vec<_>>()
    };
    let path = format!("{base}/units/w/figures?from=2021-07-21");
    assert_eq!(days(app.get(&path).ok()), ["\"2021-07-21\""]);
    assert_eq!(days(app.get_as_council(&path).ok()).len(), 2);
    app.get(&format!("{base}/units/w/figures/2021-07-22")).refused(404, "figure_not_found");
    let board = app.get(&format!("{base}/leaderboard?kind=ward&as_of=2021-07-22&include=days")).ok();
    let shown =
        board["items"][0]["days"].as_array().expect("days").iter().rev().take(2).map(|day| day["community_f0"].clone());
    assert_eq!(shown.collect::<Vec<_>>(), [Value::Null, json!(12)]);
    let page = app.get("/c/sums?kind=ward&as_of=2021-07-22&lang=en").text();
    assert!(page.contains("– new F0, the day before 12"), "nor on the page");
    let standing = app.get(&format!("{base}/units/w/standing?as_of=2021-07-22")).ok();
    assert_eq!(standing["days"].as_array().and_then(|days| days.last()).expect("a day")["community_f0"], Value::Null);
}
