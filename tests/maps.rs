//! The map, the rules, a unit's page and the guides: what they say, and to whom.

use crate::api::hidden;
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use serde_json::{Value, json};

const SCHEMATIC: &str = "Schematic; boundaries are not official";

fn app() -> TestApp {
    TestApp::on(TestDatabase::sqlite()).with_q6()
}

/// The bundled campaign, to which the boundary of one ward came later, in a pack over the API.
fn bounded() -> TestApp {
    let app = app();
    assert_eq!(feature(&app.get("/c/q6-2021/levels.geojson").json(), "27385")["geometry"]["type"], "Point");
    let [q6, ..] = greenzone::pack::bundled();
    let mut contest = greenzone::pack::read(&q6.files()).expect("the pack");
    let ring = [[106.62, 10.73], [106.63, 10.73], [106.63, 10.74], [106.62, 10.74], [106.62, 10.73]];
    let collection = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": "27385"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]});
    contest.boundaries = Some(collection.to_string().into());
    let zip = greenzone::pack::write_zip(&contest);
    let headers = [("content-type", "application/zip")];
    app.send("POST", "/api/v1/campaigns/q6-2021/import", Some(&app.token), &headers, Some(&zip)).ok();
    app
}

fn feature(collection: &Value, code: &str) -> Value {
    let features = collection["features"].as_array().expect("features");
    features.iter().find(|f| f["properties"]["code"] == code).unwrap_or_else(|| panic!("{code}: {collection}")).clone()
}

#[test]
fn each_cell_says_its_level_in_words_and_leads_to_its_unit() {
    let app = app();
    let page = app.get("/c/q6-2021/map?date=2021-07-12&lang=en").text();
    for words in [
        "Map of 14 wards",
        "0 green, 3 yellow, 5 orange, 5 red, 1 unknown",
        "aria-label=\"Phường 10: Unknown, no report\"",
        "aria-label=\"Phường 01: Red, 10 cases\"",
        "href=\"/c/q6-2021/u/27370?as_of=2021-07-12&amp;lang=en\"",
        SCHEMATIC,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let levels = app.get("/api/v1/campaigns/q6-2021/levels?date=2021-07-12&kind=ward").ok();
    for item in levels["items"].as_array().expect("items") {
        let name = item["unit"]["name"].as_str().expect("a name");
        let row =
            page.split("<tr>").find(|row| row.contains(&format!(">{name}</a></th>"))).expect("a row of the table");
        let level = item["level"].as_str().expect("a level");
        let word = format!("{}{}", level[..1].to_uppercase(), &level[1..]);
        assert!(row.contains(&word), "{name} {word}: {row}");
    }
    let vietnamese = app.get("/c/q6-2021/map?lang=vi").text();
    assert!(vietnamese.contains("Bản đồ giản lược; ranh giới là ước lệ, không phải ranh giới hành chính"));
    assert!(vietnamese.contains("Phường 10: Chưa rõ, chưa báo"));
}

#[test]
fn the_map_is_a_page_of_links() {
    let app = app();
    let page = app.get("/c/q6-2021/map?lang=en");
    let html = page.text();
    assert!(html.matches("<script").count() == 1 && !html.contains(" style="));
    assert_eq!(html.matches("<h1").count(), 1);
    assert_eq!(html.matches("aria-current=\"date\"").count(), 2, "in the row of days, and among the small maps");
    assert_eq!(html.matches("<table").count(), html.matches("<caption").count());
    let again =
        app.send("GET", "/c/q6-2021/map?lang=en", None, &[("if-none-match", page.header("etag").unwrap())], None);
    assert_eq!(again.status, 304);
    let eve = app.get("/c/q6-2021/map?date=2021-07-08&lang=en").text();
    assert!(eve.contains("1 green") && eve.contains("as_of=2021-07-09"), "a unit has no board of the eve");
    app.get("/c/q6-2021/map?date=2021-07-07").refused(422, "day_outside_window");
    app.get("/c/q6-2021/map?kind=planet").refused(422, "unknown_kind");
}

#[test]
fn the_picture_stands_alone_and_is_the_same_each_time() {
    let (one, other) = (app(), app());
    let picture = one.get("/c/q6-2021/map.svg?date=2021-07-12&lang=en");
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    let text = picture.text();
    assert!(text.contains("Provisional") && text.contains(SCHEMATIC) && text.contains("Phường 10: Unknown"), "{text}");
    assert!(!text.contains("class=") && !text.contains("href"), "it needs no stylesheet");
    assert_eq!(text, other.get("/c/q6-2021/map.svg?date=2021-07-12&lang=en").text());
}

#[test]
fn levels_go_out_with_the_centres_and_never_with_lines_that_are_ours() {
    let app = app();
    let answer = app.get("/c/q6-2021/levels.geojson?date=2021-07-12");
    assert_eq!(answer.header("content-type"), Some("application/geo+json"));
    let collection = answer.json();
    assert_eq!((&collection["type"], &collection["date"]), (&json!("FeatureCollection"), &json!("2021-07-12")));
    let silent = feature(&collection, "27385");
    assert_eq!(silent["geometry"], json!({"type": "Point", "coordinates": [106.627336, 10.738396]}));
    assert_eq!(silent["properties"]["level"], "unknown");
    assert_eq!((&silent["properties"]["state"], &silent["properties"]["colour"]), (&json!("missing"), &Value::Null));
    assert_eq!(feature(&collection, "27370")["properties"]["community_f0"], 10);
}

#[test]
fn boundaries_of_the_campaign_are_drawn_and_given_as_they_are() {
    let app = bounded();
    let collection = app.get("/c/q6-2021/levels.geojson").json();
    assert_eq!(feature(&collection, "27385")["geometry"]["type"], "Polygon");
    assert_eq!(feature(&collection, "27370")["geometry"]["type"], "Point");
    let page = app.get("/c/q6-2021/map?lang=en").text();
    assert!(page.contains("Boundaries as given by the campaign.") && !page.contains(SCHEMATIC), "{page}");
    assert!(page.contains("Squares below: 13 units"), "{page}");
}

#[test]
fn the_public_map_knows_no_private_unit_and_no_number_of_a_small_one() {
    let app = TestApp::on(TestDatabase::sqlite());
    hidden(&app);
    for what in ["map", "map.svg", "levels.geojson"] {
        app.get(&format!("/c/hidden/{what}?kind=household")).refused(422, "unknown_kind");
        let seen = app.get_as_council(&format!("/c/hidden/{what}?kind=household"));
        assert!(seen.status == 200 && seen.text().contains("Hộ 1"), "{what}: {}", seen.text());
    }
    let default = feature(&app.get("/c/hidden/levels.geojson?kind=ward").json(), "w2");
    assert!(default["properties"]["level"].is_string(), "{default}");
    assert_eq!((&default["properties"]["community_f0"], &default["properties"]["state"]), (&Value::Null, &Value::Null));
    let earlier = feature(&app.get("/c/hidden/levels.geojson?kind=ward&date=2021-07-20").json(), "w2");
    assert_eq!(earlier["properties"]["level"], Value::Null);
    let page = app.get("/c/hidden/map?kind=ward&date=2021-07-20&lang=en").text();
    assert!(page.contains("Phường 2: level not public\""), "{page}");
    assert!(page.contains("this is no geography"), "nobody said where these lie");
}

#[test]
fn before_the_first_report_there_is_no_map() {
    let app = TestApp::on(TestDatabase::sqlite());
    let [q6, ..] = greenzone::pack::bundled();
    let mut contest = greenzone::pack::read(&q6.files()).expect("the pack");
    contest.figures.clear();
    app.import(&contest);
    assert!(app.get("/c/q6-2021/map?lang=en").text().contains("There is no board yet"));
    app.get("/c/q6-2021/map.svg").refused(409, "not_started");
    app.get("/c/q6-2021/levels.geojson").refused(409, "not_started");
}

#[test]
fn the_rules_are_those_of_the_campaign_in_words() {
    let app = app();
    let campaign = app.get("/api/v1/campaigns/q6-2021").ok();
    let page = app.get("/c/q6-2021/rules?lang=en").text();
    let closing = campaign["scoring"]["closing_days"].as_u64().expect("days");
    let max = campaign["scoring"]["components"][0]["max_points"].as_f64().expect("points");
    for words in [
        "9 July 2021 to the end of 23 July 2021".to_owned(),
        format!("last {closing} due days"),
        format!("at most {max:.2} points"),
        "community F0 in 14 days: 16 or more".to_owned(),
        "30% or more of the units right below at red or worse".to_owned(),
        "(in force)".to_owned(),
    ] {
        assert!(page.contains(&words), "{words}: {page}");
    }
    let vietnamese = app.get("/c/q6-2021/rules?lang=vi").text();
    assert!(vietnamese.contains("F0 cộng đồng trong 14 ngày từ 16 trở lên"), "{vietnamese}");
}

#[test]
fn why_the_rules_changed_is_told_to_those_who_may_know() {
    let app = app();
    let change = json!({"scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]},
        "reason": "simpler to explain", "legal_reference": "Notice 12"});
    app.post("/api/v1/campaigns/q6-2021/policies", &change).ok();
    let public = app.get("/c/q6-2021/rules?lang=en").text();
    assert!(public.contains("Notice 12") && public.contains("at most 100.00 points"), "{public}");
    assert!(!public.contains("simpler to explain"));
    let seen = app.get_as_council("/c/q6-2021/rules?lang=en").text();
    assert!(seen.contains("simpler to explain"), "{seen}");
}

#[test]
fn a_unit_shows_its_ranks_by_day_its_corrections_and_what_the_next_place_takes() {
    let app = app();
    let figure = "/api/v1/campaigns/q6-2021/units/27349/figures/2021-07-12";
    app.put(figure, &json!({"community_f0": 3, "reason": "counted twice"})).ok();
    let page = app.get("/c/q6-2021/u/27349?as_of=2021-07-12&lang=en").text();
    for words in ["Rank and level by day", "History of corrections", "What the next place would take", "To pass "] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let corrections = &page[page.find("History of corrections").expect("a section")..];
    assert!(
        corrections.contains("<td class=\"num\">4") && corrections.contains("<td class=\"num\">3"),
        "{corrections}"
    );
    assert!(!page.contains("counted twice"), "reasons are never public");
    let seen = app.get_as_council("/c/q6-2021/u/27349?as_of=2021-07-12&lang=en").text();
    assert!(seen.contains("counted twice"));
    let history = app.get("/api/v1/campaigns/q6-2021/units/27349/history").ok();
    let last = history["items"].as_array().and_then(|items| items.last().cloned()).expect("a day");
    assert!(page.contains(&format!("<b>{}</b> / {}", last["rank"], last["ranked"])), "{last}");
}

#[test]
fn the_guides_are_there_in_both_languages_with_the_pictures_they_name() {
    let app = app();
    for (lang, title) in [("vi", "Hướng dẫn"), ("en", "Help")] {
        let list = app.get(&format!("/help?lang={lang}")).text();
        assert!(list.contains(title));
        for guide in ["reporter", "council", "committee", "operator"] {
            assert!(list.contains(&format!("/help/{guide}?lang={lang}")), "{guide}");
            let page = app.get(&format!("/help/{guide}?lang={lang}"));
            let html = page.text();
            assert_eq!((page.status, html.matches("<h1").count()), (200, 1), "{guide} {lang}");
            for image in html.split("<img src=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let picture = app.get(image);
                assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")), "{image}");
            }
        }
    }
    assert_eq!(app.get("/help/nobody").status, 404);
    assert_eq!(app.get("/help/images/none.png").status, 404);
    assert!(app.get("/c/q6-2021?lang=en").text().contains("href=\"/help?lang=en\""));
}
