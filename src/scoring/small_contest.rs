//! A contest of a few wards, for unit tests.

use crate::domain::unit::Unit;
use crate::domain::{Campaign, Contest};
use std::sync::Arc;

/// A condition: red from one case in 14 days on.
pub(super) const RED_FROM_ONE: &str = r#"{"sum": {"indicator": "community_f0", "days": 14, "at_least": 1}}"#;

/// Wards without figures; the baseline has 14 days up to 8 July.
pub(super) fn contest(wards: usize, condition: &str) -> Contest {
    let document = format!(
        r##"{{"code": "t", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {{"from": "2021-07-09", "to": "2021-07-12"}}, "baseline": {{"from": "2021-06-25", "to": "2021-07-08"}},
        "kinds": [{{"code": "ward", "figures": "reported"}}],
        "level_scheme": {{"code": "s",
            "levels": [{{"code": "green", "colour": "#0FA57F"}}, {{"code": "red", "colour": "#DA4711"}}],
            "rules": [{{"kinds": ["ward"], "level": "red", "any": [{condition}]}}]}},
        "scoring": {{"components": [{{"measure": "level_drop", "max_points": 100}}]}}}}"##
    );
    let campaign = Campaign::parse(document.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let mut contest = Contest::new(Arc::new(campaign));
    for at in 0..wards {
        let (code, name) = (format!("w{at}"), format!("Ward {at}"));
        let unit =
            Unit { code, name, kind: 0, parent: None, block: None, population: None, households: None, point: None };
        contest.units.push(unit);
    }
    contest
}
