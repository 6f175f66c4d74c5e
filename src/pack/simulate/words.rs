//! What a simulated pack says of itself: that it is invented.

use super::{BASELINE_DAYS, DAYS, FIRST_DAY, Plan, Size};
use chrono::Days;
use serde_json::{Value, json};

/// The name of a unit, marked: a board may be shown without its title.
pub(super) fn marked(name: &str) -> String {
    format!("{name} (mô phỏng)")
}

fn day(days: usize) -> String {
    FIRST_DAY.checked_add_days(Days::new(days as u64)).unwrap_or(FIRST_DAY).to_string()
}

/// The bytes of `campaign.json`.
pub(super) fn campaign(plan: &Plan) -> Vec<u8> {
    let (vi, en) = match plan.size {
        Size::District6 => ("Quận 6 đầy đủ".to_owned(), "District 6 in full".to_owned()),
        Size::Groups(groups) => (format!("{groups} tổ dân phố"), format!("{groups} residential groups")),
    };
    let seed = plan.seed;
    let document = json!({
        "code": plan.code(),
        "title": {
            "vi": format!("MÔ PHỎNG: Mở rộng vùng xanh, {vi} (hạt giống {seed})"),
            "en": format!("SIMULATED: Expand the Green Zone, {en} (seed {seed})"),
        },
        "organiser": {"vi": "MÔ PHỎNG, không của cơ quan nào", "en": "SIMULATED, of no authority"},
        "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": day(BASELINE_DAYS), "to": day(DAYS - 1)},
        "baseline": {"from": day(0), "to": day(BASELINE_DAYS - 1)},
        "day_closes": "12:00",
        "kinds": kinds(plan.size),
        "level_scheme": "counts-14d",
        "scoring": {"components": [
            {"measure": "case_reduction", "max_points": 60},
            {"measure": "level_drop", "max_points": 40},
        ]},
    });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Wards of District 6 report, as they did in 2021; invented wards are the sums of their groups.
fn kinds(size: Size) -> Value {
    let derived = |code: &str, from: &str| json!({"code": code, "figures": "derived", "derived_from": from});
    // the baseline of anything below a ward is a case or two
    let below = |code: &str| json!({"code": code, "figures": "reported", "small_number_allowance": 1});
    match size {
        Size::District6 => json!([
            derived("district", "ward"),
            {"code": "ward", "figures": "reported"},
            derived("neighbourhood", "residential_group"),
            below("residential_group"),
            below("business"),
            {"code": "household", "figures": "reported", "private": true, "small": true, "small_number_allowance": 1},
        ]),
        Size::Groups(_) => {
            json!([derived("district", "ward"), derived("ward", "residential_group"), below("residential_group"),])
        }
    }
}

/// The text of `SOURCE.md`.
pub(super) fn source(plan: &Plan) -> String {
    let (units, option) = match plan.size {
        Size::District6 => ("District 6 in full".to_owned(), String::new()),
        Size::Groups(groups) => (format!("{groups} residential groups"), format!(" --units {groups}")),
    };
    let places = match plan.size {
        Size::District6 => {
            "Codes, names and points of the district and its 14 wards are real, as in the pack q6-2021. \
             Neighbourhoods, residential groups, businesses, households, populations and every figure are not."
        }
        Size::Groups(_) => "Every place is invented too.",
    };
    format!(
        "# {code}: SIMULATED (MÔ PHỎNG)\n\n\
         Invented for trials and load. No figure, report, decision or reason in this folder was ever true; \
         nothing here says anything about a real place or its people.\n\n\
         - {places}\n\
         - Units: {units}. Seed: {seed}. Program: greenzone {version}.\n\
         - Made by `greenzone simulate --out DIR --seed {seed}{option}`; the same program gives the same bytes again.\n",
        code = plan.code(),
        seed = plan.seed,
        version = env!("CARGO_PKG_VERSION"),
    )
}
