//! The leaderboard's page in full: what it says of itself, how large it is, how it pages, and
//! what its script is given to tell of a newer board and to keep a form.

use crate::forms::Browser;
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::listener::Listener;
use greenzone::domain::account::{Role, Scope};
use serde_json::json;

const BASE: &str = "/api/v1/campaigns/many";
const AT_ONCE: usize = 10_000;

/// A campaign of so many wards in two blocks, of which all report on all days.
fn with_wards(number: usize) -> TestApp {
    let days = (25..=30).map(|d| format!("2021-06-{d}")).chain((1..=23).map(|d| format!("2021-07-{d:02}")));
    with_wards_on(number, days)
}

/// The same, with reports of some days alone.
fn with_wards_on(number: usize, days: impl Iterator<Item = String>) -> TestApp {
    let app = TestApp::on(TestDatabase::sqlite());
    let kinds = json!([{"code": "ward", "name": {"vi": "Phường", "en": "Ward"}, "figures": "reported"}]);
    let scoring = json!({"components": [
        {"measure": "case_reduction", "max_points": 60}, {"measure": "level_drop", "max_points": 40}
    ]});
    let campaign = json!({
        "code": "many", "time_zone": "Asia/Ho_Chi_Minh", "kinds": kinds, "level_scheme": "counts-14d",
        "window": {"from": "2021-07-09", "to": "2021-07-23"},
        "baseline": {"from": "2021-06-25", "to": "2021-07-08"}, "scoring": scoring
    });
    app.post("/api/v1/campaigns", &campaign).ok();
    let code = |n: usize| format!("w{n:05}");
    let unit = |n: usize| {
        let block = if n.is_multiple_of(2) { "Đô thị" } else { "Nông thôn" };
        json!({"code": code(n), "name": format!("Phường số {n}"), "kind": "ward", "block": block, "population": 9_000})
    };
    let units: Vec<_> = (0..number).map(unit).collect();
    for units in units.chunks(AT_ONCE) {
        app.post(&format!("{BASE}/units"), &json!(units)).ok();
    }
    for (at, day) in days.enumerate() {
        // numbers that differ from ward to ward, as those of a city do
        let cases = |n: usize| (n * 7_919 + at * 104_729) % 23 * usize::from((n + at).is_multiple_of(3));
        let row = |n: usize| json!({"unit_code": code(n), "date": day, "community_f0": cases(n)});
        let rows: Vec<_> = (0..number).map(row).collect();
        for rows in rows.chunks(AT_ONCE) {
            app.post(&format!("{BASE}/figures"), &json!(rows)).ok();
        }
    }
    app
}

#[test]
fn a_board_of_380_units_is_under_60_kb_on_the_wire_and_says_where_it_goes_on() {
    let app = with_wards(380);
    let page = app.send("GET", "/c/many?lang=vi", None, &[("accept-encoding", "gzip")], None);
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    assert!(page.body.len() < 60_000, "{} bytes", page.body.len());
    let first = app.get("/c/many?lang=en").text();
    assert!(first.contains("Page 1/2") && !first.contains(">w00379<"), "200 rows a page");
    let rows = |html: &str| html.matches("role=\"rowheader\" scope=\"row\"").count();
    let second = app.get("/c/many?lang=en&page=2").text();
    assert_eq!((rows(&first), rows(&second)), (200, 180));
    // a picture whose size is not said moves what stands below it
    for svg in first.split("<svg").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let is_sized = svg.contains("height=") || svg.contains("aria-hidden") || svg.contains("class=");
        assert!(is_sized && !first.contains("<img"), "{svg}");
    }
}

#[test]
fn a_board_and_a_grid_of_60_000_units_are_read_page_by_page() {
    let app = with_wards_on(60_000, ["2021-07-08", "2021-07-09"].map(str::to_owned).into_iter());
    let read = |path: &str| {
        let page = app.send("GET", path, None, &[("accept-encoding", "gzip")], None);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() < 60_000, "{path}: {} bytes", page.body.len());
        app.get(path).text()
    };
    let rows = |html: &str| html.matches("role=\"rowheader\" scope=\"row\"").count();
    let first = read("/c/many?lang=en");
    assert_eq!((rows(&first), first.contains("Page 1/300")), (200, true));
    let last = read("/c/many?lang=en&page=300");
    assert_eq!((rows(&last), last.contains("Page 300/300")), (200, true));
    let map = read("/c/many/map?lang=en");
    assert!(map.contains("60,000") || map.contains("rel=\"next\""), "{map}");
    app.make_account("council", Role::Council, Scope::Campaign("many".into()));
    let council = Browser::of(&app, "council");
    let grid = council.get("/c/many/console?lang=en").text();
    assert!(grid.contains("Page 1 of 600") && grid.len() < 1_500_000, "{}", grid.len());
    assert!(council.get("/c/many/console?lang=en&page=600").text().contains("Page 600 of 600"));
}

#[test]
fn a_block_can_be_chosen_and_left() {
    let app = with_wards(12);
    let all = app.get("/c/many?lang=en").text();
    assert!(
        all.contains("<label for=\"block\">Only the block</label>") && all.contains("<option value=\"Đô thị\">"),
        "{all}"
    );
    let of_block = app.get("/c/many?lang=en&block=%C4%90%C3%B4%20th%E1%BB%8B").text();
    assert_eq!(of_block.matches("role=\"rowheader\" scope=\"row\"").count(), 6);
    assert!(of_block.contains("<option value=\"Đô thị\" selected>") && of_block.contains("All blocks"));
}

#[test]
fn a_board_says_when_it_was_updated_and_its_script_when_there_is_another() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let version =
        |html: &str| html.split("data-version=\"").nth(1).and_then(|v| v.split('"').next()).map(str::to_owned);
    let before = app.get("/c/q6-2021?lang=en").text();
    assert!(before.contains("role=\"status\" data-events=\"/c/q6-2021/events\""), "{before}");
    assert!(before.contains("data-said=\"There is a newer board.\"") && before.contains("data-show=\"Show it\""));
    assert!(app.get("/c/q6-2021?lang=vi").text().contains("data-said=\"Có bảng mới.\""));
    let mut listener = Listener::open(&app.base, "/c/q6-2021/events", &[]);
    assert_eq!(Some(listener.told().id), version(&before), "what the page shows is no news to it");
    app.set_clock("2021-07-24T07:30:00Z");
    app.put("/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-12", &json!({"community_f0": 4, "reason": "x"}))
        .ok();
    let told = Some(listener.told().id);
    assert_ne!(told, version(&before));
    for (lang, words) in
        [("en", "Updated 14:30, 24 July 2021 · revision 2"), ("vi", "Cập nhật 14:30, 24/7/2021 · bản số 2")]
    {
        let after = app.get(&format!("/c/q6-2021?lang={lang}")).text();
        assert_eq!(told, version(&after));
        assert!(after.contains(words), "{words}");
    }
    app.put("/api/v1/campaigns/q6-2021/freeze", &json!({"reason": "x"})).ok();
    let frozen = app.get("/c/q6-2021?lang=en").text();
    assert!(frozen.contains("ribbon frozen") && frozen.contains("Frozen"));
    assert_eq!(Some(listener.told().id), version(&frozen));
    app.get("/c/none/events").refused(404, "campaign_not_found");
}

#[test]
fn a_final_board_leads_to_its_result() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.report_all("q6-2021");
    app.finalise("q6-2021", "x").ok();
    let page = app.get("/c/q6-2021?lang=en").text();
    assert!(page.contains("ribbon final") && page.contains("/c/q6-2021/result?issue=1&amp;lang=en"), "{page}");
}
