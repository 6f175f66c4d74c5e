//! What operators see.

use crate::support::app::TestApp;
use crate::support::at;
use crate::support::database::TestDatabase;
use greenzone::http::Metrics;
use serde_json::json;
use std::collections::BTreeSet;

/// Names of measures in a text.
fn names(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = parts.filter(|part| part.starts_with("greenzone_"));
    let base = |name: &str| name.trim_end_matches("_bucket").trim_end_matches("_count").to_owned();
    ours.map(base).collect()
}

#[test]
fn everything_that_the_dashboard_draws_is_measured() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let path = "/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-12";
    assert_eq!(app.put(path, &json!({"community_f0": 5})).status, 200);
    assert_eq!(app.put(&path.replace("27382", "nobody"), &json!({"community_f0": 5})).status, 404);
    for _ in 0..2 {
        assert_eq!(app.get("/api/v1/campaigns/q6-2021/leaderboard").status, 200);
    }
    let text = app.metrics.text(&app.service);
    for line in [
        "greenzone_writes_refused_total{code=\"unit_not_found\"} 1",
        "greenzone_writes_queued 0",
        "greenzone_answers_kept_total 1",
        "greenzone_answer_seconds_count 1",
        "greenzone_revisions_behind{campaign=\"q6-2021\"} 0",
    ] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    let dashboard = std::fs::read_to_string(at("deploy/grafana-dashboard.json")).expect("the dashboard");
    assert!(serde_json::from_str::<serde_json::Value>(&dashboard).is_ok());
    let (drawn, measured) = (names(&dashboard), names(&text));
    assert!(drawn.len() >= 9, "{drawn:?}");
    assert!(drawn.is_subset(&measured), "{:?}", drawn.difference(&measured).collect::<Vec<_>>());
}

#[test]
fn measures_begin_at_nought() {
    let app = TestApp::on(TestDatabase::sqlite());
    let text = Metrics::new().expect("metrics").text(&app.service);
    assert!(text.contains("greenzone_answers_kept_total 0"), "{text}");
}
