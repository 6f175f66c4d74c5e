//! Until accounts come: private and small units, and every total over them, do not exist
//! for who has no token.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use serde_json::json;

const BASE: &str = "/api/v1/campaigns/hidden";

fn app() -> TestApp {
    let app = TestApp::at(TestDatabase::sqlite(), "2021-07-24T06:00:00Z");
    app.post(
        "/api/v1/campaigns",
        &json!({
            "code": "hidden",
            "time_zone": "Asia/Ho_Chi_Minh",
            "window": {"from": "2021-07-20", "to": "2021-07-30"},
            "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
            "kinds": [
                {"code": "ward", "figures": "reported"},
                {"code": "district", "figures": "derived", "derived_from": "ward"},
                {"code": "household", "figures": "reported"},
                {"code": "business", "figures": "reported"}
            ],
            "level_scheme": "counts-14d",
            "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}
        }),
    )
    .ok();
    app.post(
        &format!("{BASE}/units"),
        &json!([
            {"code": "open", "name": "Quận mở", "kind": "district"},
            {"code": "part", "name": "Quận có phường nhỏ", "kind": "district"},
            {"code": "w1", "name": "Phường 1", "kind": "ward", "parent_code": "open", "population": 900},
            {"code": "w2", "name": "Phường 2", "kind": "ward", "parent_code": "part", "population": 499},
            {"code": "h1", "name": "Hộ 1", "kind": "household", "population": 900},
            {"code": "b1", "name": "Xưởng 1", "kind": "business"},
            {"code": "b2", "name": "Xưởng 2", "kind": "business", "population": 700}
        ]),
    )
    .ok();
    for unit in ["w1", "w2", "h1", "b1", "b2"] {
        let figures: Vec<_> = (6..24)
            .map(|d| json!({"unit_code": unit, "date": format!("2021-07-{d:02}"), "community_f0": 77}))
            .collect();
        app.post(&format!("{BASE}/figures"), &json!(figures)).ok();
    }
    app
}

#[test]
fn private_and_small_units_and_totals_over_them_are_not_there_for_the_public() {
    let app = app();
    for hidden in ["w2", "h1", "b1", "part"] {
        for address in ["", "/figures", "/figures/2021-07-20/history", "/standing"] {
            let path = format!("{BASE}/units/{hidden}{address}");
            let public = app.get(&path);
            public.refused(404, "unit_not_found");
            let nobody = app.get(&path.replace(&format!("/{hidden}"), "/nobody"));
            assert_eq!(public.json()["code"], nobody.json()["code"], "hidden and not there read alike");
            assert_eq!(app.get_as_council(&path).status, 200, "{path}");
        }
        app.get(&format!("{BASE}/leaderboard/around/{hidden}")).refused(404, "unit_not_found");
        app.get(&format!("{BASE}/leaderboard?within={hidden}")).refused(404, "unit_not_found");
    }
    for shown in ["open", "w1", "b2"] {
        assert_eq!(app.get(&format!("{BASE}/units/{shown}/standing")).status, 200);
    }
}

#[test]
fn lists_and_boards_count_only_what_may_be_seen() {
    let app = app();
    assert_eq!(app.get(&format!("{BASE}/units")).ok()["total"], 3);
    assert_eq!(app.get_as_council(&format!("{BASE}/units")).ok()["total"], 7);
    let totals = |kind: &str| {
        let path = format!("{BASE}/leaderboard?kind={kind}");
        (app.get(&path).ok()["total"].clone(), app.get_as_council(&path).ok()["total"].clone())
    };
    assert_eq!(totals("ward"), (json!(1), json!(2)));
    assert_eq!(totals("district"), (json!(1), json!(2)));
    assert_eq!(totals("household"), (json!(0), json!(1)));
    assert_eq!(totals("business"), (json!(1), json!(2)));
    let figures = app.get(&format!("{BASE}/figures?date=2021-07-20")).ok();
    assert_eq!(figures["total"], 2);
    assert_eq!(app.get(&format!("{BASE}/levels")).ok()["total"], 3);
    let status = app.get(&format!("{BASE}/status")).ok();
    assert_eq!((&status["reporting_units"], &status["days"][0]["reported_units"]), (&json!(null), &json!(null)));
    let page = app.get("/c/hidden?kind=business").text();
    assert!(page.contains("Xưởng 2") && !page.contains("Xưởng 1"));
}
