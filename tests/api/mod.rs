//! The API through the real server.

use crate::support::app::TestApp;
use serde_json::json;

mod appeals;
pub mod awards;
mod campaigns;
mod conventions;
mod course;
mod criteria;
mod decisions;
mod dirty;
mod events;
pub mod exports;
mod figures;
mod firmness;
mod flags;
mod freeze;
mod history;
mod import;
mod import_impact;
mod imports;
mod leaderboard;
mod levels;
mod loose;
mod policies;
mod privacy;
mod results;
mod standing;
mod units;

/// Addresses of the bundled campaign.
pub const Q6: &str = "/api/v1/campaigns/q6-2021";

/// The address of a figure of the bundled campaign.
pub fn figure(unit: &str, day: &str) -> String {
    format!("{Q6}/units/{unit}/figures/{day}")
}

/// A campaign with private and small units; its address.
pub fn hidden(app: &TestApp) -> &'static str {
    const BASE: &str = "/api/v1/campaigns/hidden";
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
    BASE
}
