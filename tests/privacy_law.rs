//! Law 9 (domain.md section 6): change hidden figures in any way that leaves the public
//! ranks, tracks, levels of the day and the still public totals as they are, and every byte
//! that the public can get stays as it was.
//!
//! Two worlds that differ in hidden figures alone are asked everything the OpenAPI document
//! and the pages offer to strangers. Where what may differ does not, nothing may.

use crate::rights::role_for;
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use greenzone::pack;
use serde_json::Value;
use std::collections::BTreeMap;

pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides` (Knuth's MMIX constants).
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const CAMPAIGN: &str = r##"{
    "code": "law", "time_zone": "Asia/Ho_Chi_Minh", "green_by": "2021-07-22",
    "window": {"from": "2021-07-20", "to": "2021-07-26"}, "baseline": {"from": "2021-07-10", "to": "2021-07-19"},
    "kinds": [
        {"code": "group", "figures": "reported"},
        {"code": "ward", "figures": "derived", "derived_from": "group"},
        {"code": "district", "figures": "derived", "derived_from": "ward"},
        {"code": "household", "figures": "reported"}],
    "level_scheme": {"code": "s",
        "levels": [{"code": "green", "colour": "#0FA57F"}, {"code": "yellow", "colour": "#FFDD00"}, {"code": "red", "colour": "#DA4711"}],
        "rules": [
            {"kinds": ["group"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 3, "at_least": 6}}]},
            {"kinds": ["group"], "level": "yellow", "any": [{"sum": {"indicator": "community_f0", "days": 3, "at_least": 3}}, {"neighbour": {"level": "red"}}]},
            {"kinds": ["ward"], "level": "red", "any": [{"children": {"level": "red", "count_at_least": 2}}]},
            {"kinds": ["ward"], "level": "yellow", "any": [{"children": {"level": "yellow", "count_at_least": 1}}]},
            {"kinds": ["district"], "level": "red", "any": [{"children": {"level": "red", "share_at_least": 50}}]},
            {"kinds": ["household"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 3, "at_least": 1}}]}]},
    "scoring": {"components": [{"measure": "case_reduction", "max_points": 60}, {"measure": "level_drop", "max_points": 30}, {"measure": "green_days", "max_points": 10}], "closing_days": 3}
}"##;

/// A tree, and figures by unit and day; which units are small or private.
pub struct World {
    campaign: String,
    units: String,
    neighbours: String,
    pub hidden: Vec<String>,
    pub codes: Vec<String>,
    figures: BTreeMap<(String, u64), u64>,
}

pub fn world(dice: &mut Dice) -> World {
    let mut units = "code,name,kind,parent_code,population\nd,Quận,district,,90000\n".to_owned();
    let (mut hidden, mut codes, mut groups) = (Vec::new(), vec!["d".to_owned()], Vec::new());
    for ward in 0..2 + dice.roll(2) {
        units += &format!("w{ward},Phường {ward},ward,d,9000\n");
        codes.push(format!("w{ward}"));
        let few = dice.roll(3);
        for group in 0..2 + dice.roll(4) {
            let code = format!("w{ward}g{group}");
            let is_small = group < few + dice.roll(2);
            units += &format!("{code},Tổ {ward}.{group},group,w{ward},{}\n", if is_small { 120 } else { 800 });
            if is_small {
                hidden.push(code.clone());
            }
            groups.push(code);
        }
    }
    for (household, group) in groups.iter().enumerate().take(2) {
        units += &format!("h{household},Hộ {household},household,{group},\n");
        hidden.push(format!("h{household}"));
    }
    let mut figures = BTreeMap::new();
    for code in groups.iter().chain(&["h0".to_owned(), "h1".to_owned()]) {
        for day in 8..=23 {
            if dice.roll(12) > 0 {
                figures.insert((code.clone(), day), dice.roll(5) * dice.roll(2));
            }
        }
    }
    let mut neighbours = "a,b\n".to_owned();
    for pair in groups.windows(2).filter(|_| dice.roll(3) > 0) {
        neighbours += &format!("{},{}\n", pair[0], pair[1]);
    }
    codes.extend(groups);
    codes.extend(["h0".to_owned(), "h1".to_owned()]);
    // without neighbours, what it would take to pass a unit is public between open ones
    let neighbour = r#", {"neighbour": {"level": "red"}}"#;
    let campaign = if dice.roll(2) == 0 { CAMPAIGN.to_owned() } else { CAMPAIGN.replace(neighbour, "") };
    World { campaign, units, neighbours, hidden, codes, figures }
}

impl World {
    fn served(&self) -> TestApp {
        let app = TestApp::on(TestDatabase::sqlite());
        app.import(&self.contest());
        app
    }

    pub fn contest(&self) -> greenzone::domain::Contest {
        let mut figures = "unit_code,date,community_f0\n".to_owned();
        for ((code, day), cases) in &self.figures {
            figures += &format!("{code},2021-07-{day:02},{cases}\n");
        }
        // the council's part is the same in all worlds
        let mut assessments = "unit_code,criterion_code,value,verified,date,evidence\n".to_owned();
        let mut declared = "unit_code,date,level,reason\n".to_owned();
        for code in self.codes.iter().filter(|code| code.contains('g')) {
            assessments += &format!("{code},homes,100,true,2021-07-2{},x\n", code.len() % 3);
            declared += &format!("{code},2021-07-22,red,x\n");
        }
        let files = [
            ("campaign.json", self.campaign.as_str()),
            ("criteria.csv", "code,kind,weight,required\nhomes,group,1,true\n"),
            ("assessments.csv", &assessments),
            ("declared_levels.csv", &declared),
            ("units.csv", &self.units),
            ("neighbours.csv", &self.neighbours),
            ("figures.csv", &figures),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        pack::read(&pack::Files(files.into_iter().collect())).unwrap_or_else(|e| panic!("{:#?}", e.errors))
    }

    /// The same world with other figures of some hidden units: one kept sum where there are
    /// several, so that totals often stay.
    fn flipped(&self, dice: &mut Dice) -> Self {
        let mut figures = self.figures.clone();
        for _ in 0..1 + dice.roll(3) {
            let unit = &self.hidden[dice.roll(self.hidden.len() as u64) as usize];
            let other = &self.hidden[dice.roll(self.hidden.len() as u64) as usize];
            let day = 8 + dice.roll(16);
            let mut change = |unit: &String, by: i64| {
                if let Some(cases) = figures.get_mut(&(unit.clone(), day)) {
                    *cases = cases.saturating_add_signed(by);
                }
            };
            change(unit, 1);
            change(other, -1);
        }
        Self {
            campaign: self.campaign.clone(),
            units: self.units.clone(),
            neighbours: self.neighbours.clone(),
            hidden: self.hidden.clone(),
            codes: self.codes.clone(),
            figures,
        }
    }
}

/// Everything that a stranger can ask of a campaign.
pub fn questions(codes: &[String]) -> Vec<(String, &'static str)> {
    let document: Value = serde_json::from_str(&greenzone::api::document_text()).expect("JSON");
    let days = ["2021-07-18", "2021-07-20", "2021-07-21", "2021-07-22", "2021-07-23"];
    let mut asked = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let is_of_campaign = path.contains("{campaign}") && !path.contains("{id}");
        let Some(operation) = item.get("get").filter(|_| is_of_campaign && role_for("GET", path).is_none()) else {
            continue;
        };
        let mut addresses = vec![path.replace("{campaign}", "law").replace("{issue}", "1")];
        if path.contains("{code}") {
            addresses = codes.iter().map(|code| addresses[0].replace("{code}", code)).collect();
        }
        if path.contains("{date}") {
            let on_each =
                |address: String| days.iter().map(move |day| address.replace("{date}", day)).collect::<Vec<_>>();
            addresses = addresses.into_iter().flat_map(on_each).collect();
        }
        let names: Vec<&str> =
            operation["parameters"].as_array().into_iter().flatten().filter_map(|p| p["name"].as_str()).collect();
        let mut queries = vec![String::new()];
        let kinds = ["group", "ward", "district", "household"];
        if names.contains(&"kind") {
            queries = kinds.map(|kind| format!("kind={kind}")).into();
        }
        let mut more = Vec::new();
        for query in &queries {
            for (name, values) in [
                ("as_of", &days[1..]),
                ("date", &days[..]),
                ("to", &days[1..]),
                ("track", &["kept_clean"][..]),
                ("by", &["reduction", "level_drop", "green_on"][..]),
                ("include", &["days"][..]),
                ("known_at", &["2021-07-22T00:00:00Z"][..]),
                ("revision", &["1"][..]),
                ("within", &["w0"][..]),
                ("q", &["T"][..]),
                ("limit", &["2"][..]),
            ] {
                if names.contains(&name) {
                    more.extend(values.iter().map(|value| format!("{query}&{name}={value}")));
                    if name == "as_of" {
                        more.extend(
                            values.iter().map(|value| format!("{query}&{name}={value}&track=kept_clean&include=days")),
                        );
                    }
                }
            }
        }
        queries.extend(more);
        // not every operation that takes a day takes days or a track
        queries.retain(|query| {
            query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .all(|pair| names.contains(&pair.split('=').next().unwrap_or_default()))
        });
        let accept = if path.ends_with("/events") { "text/event-stream" } else { "application/json" };
        for address in &addresses {
            asked.extend(queries.iter().map(|query| (format!("{address}?{}", query.trim_start_matches('&')), accept)));
        }
        if path.ends_with("/leaderboard") {
            asked.extend(
                queries.iter().map(|query| (format!("{}?{}", addresses[0], query.trim_start_matches('&')), "text/csv")),
            );
        }
    }
    for code in codes {
        asked.push((format!("/c/law/u/{code}?lang=vi"), "text/html"));
        asked.push((format!("/c/law/u/{code}?lang=en&as_of=2021-07-21"), "text/html"));
    }
    for kind in ["group", "ward", "district", "household"] {
        for as_of in ["", "&as_of=2021-07-21", "&as_of=2021-07-23", "&track=kept_clean", "&by=level_drop"] {
            asked.push((format!("/c/law?lang=vi&kind={kind}{as_of}"), "text/html"));
            asked.push((format!("/c/law/board.csv?kind={kind}{as_of}"), "text/csv"));
            if as_of.starts_with("&track") || as_of.starts_with("&by") {
                continue;
            }
            let date = as_of.replace("as_of", "date");
            asked.push((format!("/c/law/map?lang=vi&kind={kind}{date}"), "text/html"));
            asked.push((format!("/c/law/map.svg?kind={kind}{date}"), "image/svg+xml"));
            asked.push((format!("/c/law/levels.geojson?kind={kind}{date}"), "application/geo+json"));
        }
    }
    asked
}

/// What may differ: ranks, tracks, reasons and levels of the default day, ranks of open
/// units on other days, and the rows of public totals.
fn premise(app: &TestApp, hidden: &[String]) -> Vec<Value> {
    let mut kept = Vec::new();
    for kind in ["group", "ward", "district"] {
        for track in ["improvement", "kept_clean"] {
            for by in ["points", "reduction", "level_drop", "green_on"] {
                for as_of in ["", "&as_of=2021-07-20", "&as_of=2021-07-21", "&as_of=2021-07-22", "&as_of=2021-07-23"] {
                    let board = app.get(&format!("/api/v1/campaigns/law/leaderboard?kind={kind}&track={track}&by={by}{as_of}&include=days&limit=1000")).ok();
                    for row in board["items"].as_array().expect("rows") {
                        // what the test knows to be hidden is public on the default day alone
                        if !as_of.is_empty() && hidden.iter().any(|code| row["unit"]["code"] == *code) {
                            continue;
                        }
                        let current = if as_of.is_empty() { row["level"]["current"].clone() } else { Value::Null };
                        kept.push(serde_json::json!([
                            kind,
                            track,
                            by,
                            as_of,
                            row["unit"]["code"],
                            row["rank"],
                            row["unranked"],
                            current
                        ]));
                        if kind != "group" {
                            let mut numbers = row.clone();
                            // made of levels, which are public or null
                            numbers["level"] = Value::Null;
                            numbers["green_on"] = Value::Null;
                            numbers["green_by_kept"] = Value::Null;
                            kept.push(numbers);
                        }
                    }
                }
            }
        }
    }
    for kind in ["ward", "district", "group"] {
        for day in ["2021-07-19", "2021-07-20", "2021-07-21", "2021-07-22", "2021-07-23"] {
            // numbers of units by level are totals; they are public or null
            kept.push(app.get(&format!("/api/v1/campaigns/law/levels?kind={kind}&date={day}")).ok()["counts"].clone());
        }
    }
    for code in ["d", "w0", "w1", "w2", "w3"] {
        kept.push(app.get(&format!("/api/v1/campaigns/law/units/{code}/figures?limit=1000")).json()["items"].clone());
    }
    kept
}

pub fn answer(app: &TestApp, question: &(String, &'static str)) -> (u16, String, Vec<Option<String>>) {
    let headers = [("accept", question.1), ("x-request-id", "r")];
    let answer = app.send("GET", &question.0, None, &headers, None);
    let told = ["etag", "greenzone-revision", "content-type", "cache-control", "location"];
    (answer.status, answer.text(), told.map(|name| answer.header(name).map(str::to_owned)).into())
}

#[test]
fn law_9_hidden_figures_change_no_public_byte() {
    let (mut compared, mut differed, mut told) = (0, 0, 0);
    for seed in 0..6 {
        let mut dice = Dice(seed);
        let world = world(&mut dice);
        let app = world.served();
        let before = premise(&app, &world.hidden);
        let questions = questions(&world.codes);
        assert!(questions.len() > 300, "{}", questions.len());
        let asked: Vec<_> = questions.iter().map(|question| answer(&app, question)).collect();
        assert!(asked.iter().filter(|(status, ..)| *status == 200).count() > 150);
        told += asked.iter().filter(|(_, body, _)| body.contains("\"fewer_cases\":{")).count();
        for _ in 0..4 {
            let flipped = world.flipped(&mut dice);
            if flipped.figures == world.figures {
                continue;
            }
            let other = flipped.served();
            if premise(&other, &world.hidden) != before {
                differed += 1;
                continue;
            }
            compared += 1;
            for (question, was) in questions.iter().zip(&asked) {
                let is = answer(&other, question);
                assert!(is == *was, "seed {seed}, {} as {}:\n{}\n{}", question.0, question.1, was.1, is.1);
            }
        }
    }
    assert!(told > 10, "standings tell {told} times what it would take");
    assert!(
        compared >= 4,
        "{compared} of {} pairs of worlds had the same public ranks and totals",
        compared + differed
    );
}
