//! Until accounts come: private and small units, and every total over them, do not exist
//! for who has no token.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use serde_json::json;

const BASE: &str = "/api/v1/campaigns/hidden";

fn app() -> TestApp {
    let app = TestApp::on(TestDatabase::sqlite());
    super::hidden(&app);
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
