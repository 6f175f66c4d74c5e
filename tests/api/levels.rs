use super::Q6;
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use serde_json::json;

#[test]
fn levels_of_a_day_and_of_all_days() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let day = app.get(&format!("{Q6}/levels?date=2021-07-12&kind=ward&limit=1000")).ok();
    assert_eq!(day["total"], 14);
    let counts: Vec<_> = day["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["level"].as_str().unwrap(), c["units"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [("green", 0), ("yellow", 3), ("orange", 5), ("red", 5), ("unknown", 1)]);
    let history = app.get(&format!("{Q6}/levels/history?date=2021-07-12&kind=ward")).ok();
    let days = history["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["date"], &days[0]["counts"][0]["units"]), (5, &json!("2021-07-08"), &json!(1)));
    assert_eq!(days[4]["counts"], day["counts"]);
    let ward_14 = history["items"].as_array().unwrap().iter().find(|i| i["unit"]["code"] == "27346").unwrap().clone();
    assert_eq!(ward_14["levels"][0], "green");
    app.get(&format!("{Q6}/levels?date=2021-07-24")).refused(422, "day_outside_window");
    app.get(&format!("{Q6}/levels?kind=planet")).refused(422, "unknown_kind");
}
