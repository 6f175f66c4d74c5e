//! Several sources for one unit's day: whose figure stands, what the others say, and what
//! does not fit together.

use crate::forms::{Browser, form, hidden_fields};
use crate::support::app::{Answer, TestApp, machine_token};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use greenzone::store::backup::{self, Backup};
use serde_json::{Value, json};

const BASE: &str = "/api/v1/campaigns/sources";

const CAMPAIGN: &str = r#"{
    "code": "sources", "time_zone": "Asia/Ho_Chi_Minh",
    "window": {"from": "2021-07-09", "to": "2021-07-15"}, "baseline": {"from": "2021-07-02", "to": "2021-07-08"},
    "kinds": [{"code": "ward", "figures": "reported"}, {"code": "group", "figures": "reported"}],
    "level_scheme": "counts-14d",
    "sources": [{"code": "ward_report", "name": {"vi": "Báo cáo phường", "en": "Ward report"}},
                {"code": "health_centre", "name": {"vi": "Trung tâm y tế"}}, {"code": "national"}],
    "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}
}"#;

const UNITS: &str = "code,name,kind,parent_code,population\nw1,Phường 1,ward,,9000\nw2,Phường 2,ward,,9000\n\
     g1,Tổ 1,group,w1,900\ng2,Tổ 2,group,w1,900\ng3,Tổ 3,group,w2,100\n";

fn contest(campaign: &str, figures: &str) -> greenzone::domain::Contest {
    let figures = format!("unit_code,date,community_f0\n{figures}");
    let files = [("campaign.json", campaign), ("units.csv", UNITS), ("figures.csv", figures.as_str())];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    pack::read(&pack::Files(files.into())).unwrap_or_else(|e| panic!("{:#?}", e.errors))
}

fn started(app: TestApp) -> TestApp {
    app.import(&contest(CAMPAIGN, ""));
    app
}

fn address(unit: &str, day: u32) -> String {
    format!("{BASE}/units/{unit}/figures/2021-07-{day:02}")
}

fn say(app: &TestApp, unit: &str, day: u32, source: &str, cases: u32) -> u16 {
    let body = json!({"community_f0": cases, "source": source, "reason": "kiểm tra"});
    let answer = app.put(&address(unit, day), &body);
    assert!(answer.status < 300, "{}", answer.text());
    answer.status
}

fn unsay(app: &TestApp, unit: &str, day: u32, source: &str) {
    app.delete(&format!("{}?reason=nh%E1%BA%A7m&source={source}", address(unit, day))).ok();
}

/// What stands: cases and source.
fn stands(app: &TestApp, unit: &str, day: u32) -> Option<(u64, String)> {
    let answer = app.get_as_council(&address(unit, day));
    if answer.status == 404 {
        return None;
    }
    let figure = answer.ok();
    Some((figure["community_f0"].as_u64()?, figure["source"].as_str().unwrap_or("-").to_owned()))
}

fn some(cases: u64, source: &str) -> Option<(u64, String)> {
    Some((cases, source.to_owned()))
}

/// Cases of a day as the board has it, with its source.
fn on_board(app: &TestApp, query: &str, unit: &str, day: usize) -> (Value, Value) {
    let board = app.get(&format!("{BASE}/leaderboard?as_of=2021-07-15&include=days{query}")).ok();
    let row = board["items"].as_array().unwrap().iter().find(|row| row["unit"]["code"] == unit).unwrap().clone();
    let of_day = row["days"].as_array().unwrap().iter().find(|d| d["date"] == format!("2021-07-{day:02}")).unwrap();
    (of_day["community_f0"].clone(), of_day["source"].clone())
}

#[test]
fn whose_figure_it_is_is_chosen_on_the_form_and_stays_chosen() {
    let app = started(TestApp::at(TestDatabase::sqlite(), "2021-07-12T05:00:00Z"));
    let unit = Scope::Unit { campaign: "sources".into(), unit: "w1".into() };
    app.make_account("clerk", Role::Reporter, unit);
    let clerk = Browser::of(&app, "clerk");
    let send = |page: &Answer, fields: &[(&str, &str)]| {
        let html = page.text();
        let hidden = hidden_fields(&html);
        let all = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(fields.iter().copied());
        form(&app, "/c/sources/enter?lang=en", Some(&clerk.cookie), &all.collect::<Vec<_>>())
    };
    let page = clerk.get("/c/sources/enter?unit=w1&day=2021-07-12&lang=en");
    assert!(page.text().contains("<select id=\"source\" name=\"source\" required>"));
    let unsaid = send(&page, &[("community_f0", "4"), ("source", "")]);
    assert!(unsaid.text().contains("Say whose figure it is"));
    assert_eq!(stands(&app, "w1", 12), None);
    let sent = send(&unsaid, &[("community_f0", "4"), ("source", "health_centre")]);
    let page = clerk.get(sent.header("location").expect("where to"));
    assert!(page.text().contains("value=\"health_centre\" selected"));
    assert_eq!(stands(&app, "w1", 12), Some((4, "health_centre".to_owned())));
    let sent = send(&page, &[("community_f0", "6"), ("source", "ward_report")]);
    let page = clerk.get(sent.header("location").expect("where to")).text();
    let so_far = page.split("So far: ").nth(1).and_then(|rest| rest.split("<").next());
    assert_eq!(so_far, Some("Ward report 6; Trung tâm y tế 4"));
    assert_eq!(stands(&app, "w1", 12), Some((6, "ward_report".to_owned())));
}

on_both! {
    fn the_first_source_stands_and_a_lower_one_moves_no_board(app: TestApp) {
        let app = started(app);
        assert_eq!(say(&app, "w1", 10, "health_centre", 4), 201);
        assert_eq!(stands(&app, "w1", 10), some(4, "health_centre"));
        let board = app.get(&format!("{BASE}/leaderboard?as_of=2021-07-15")).ok()["items"].clone();
        let before = app.revision("sources");
        assert_eq!(say(&app, "w1", 10, "national", 9), 201, "the source had said nothing");
        assert_eq!(app.revision("sources"), before + 1, "it is a fact all the same");
        assert_eq!(stands(&app, "w1", 10), some(4, "health_centre"));
        assert_eq!(app.get(&format!("{BASE}/leaderboard?as_of=2021-07-15")).ok()["items"], board);
        assert_eq!(say(&app, "w1", 10, "national", 9), 200, "the same again");
        assert_eq!(app.revision("sources"), before + 1, "changes nothing");
        let written = app.put(&address("w1", 10), &json!({"community_f0": 6, "source": "ward_report", "reason": "x"}));
        assert_eq!((written.status, &written.json()["source"]), (201, &json!("ward_report")));
        let figure = app.get_as_council(&address("w1", 10));
        assert_eq!(figure.header("etag"), written.header("etag"), "the tag of the write is that of the read");
        let others: Vec<_> = figure.json()["others"].as_array().unwrap().iter()
            .map(|o| (o["source"].clone(), o["counts"]["community_f0"].clone())).collect();
        assert_eq!(others, [(json!("health_centre"), json!(4)), (json!("national"), json!(9))]);
        assert_eq!(on_board(&app, "", "w1", 10), (json!(6), json!("ward_report")));
        let board = app.get(&format!("{BASE}/leaderboard?as_of=2021-07-15")).ok();
        assert_eq!(board["sources"], json!([{"source": "ward_report", "unit_days": 1},
            {"source": "health_centre", "unit_days": 0}, {"source": "national", "unit_days": 0}]));
        let standing = app.get(&format!("{BASE}/units/w1/standing?as_of=2021-07-15")).ok();
        let day = standing["days"].as_array().unwrap().iter().find(|d| d["date"] == "2021-07-10").unwrap();
        assert_eq!(day["source"], "ward_report");
    }
}

on_both! {
    fn taking_the_leading_one_back_lets_the_next_one_stand(app: TestApp) {
        let app = started(app);
        for (source, cases) in [("national", 9), ("health_centre", 4), ("ward_report", 6)] {
            say(&app, "w1", 10, source, cases);
        }
        let known = app.get_as_council(&address("w1", 10)).ok()["recorded_at"].as_str().unwrap().to_owned();
        unsay(&app, "w1", 10, "ward_report");
        assert_eq!(stands(&app, "w1", 10), some(4, "health_centre"));
        assert_eq!(on_board(&app, "", "w1", 10), (json!(4), json!("health_centre")));
        assert_eq!(on_board(&app, &format!("&known_at={known}"), "w1", 10), (json!(6), json!("ward_report")));
        let again = format!("{}?reason=x&source=ward_report", address("w1", 10));
        app.delete(&again).refused(404, "figure_not_found");
        unsay(&app, "w1", 10, "national");
        assert_eq!(stands(&app, "w1", 10), some(4, "health_centre"), "a lower one changes nothing");
        let which = app.delete(&format!("{}?reason=x", address("w1", 10))).refused(422, "invalid_request");
        assert!(which["errors"][0]["message"].as_str().unwrap().contains("health_centre"), "{which}");
        unsay(&app, "w1", 10, "health_centre");
        assert_eq!(stands(&app, "w1", 10), None, "the day is missing again");
        let history = app.get_as_council(&format!("{}/history", address("w1", 10))).ok();
        let of: Vec<_> = history["items"].as_array().unwrap().iter()
            .map(|r| (r["community_f0"].as_u64().unwrap(), r["of_source"].as_str().unwrap_or("-").to_owned(), r["withdrawn_at"].is_null()))
            .collect();
        let row = |cases, source: &str, stands| (cases, source.to_owned(), stands);
        assert_eq!(of, [row(9, "national", true), row(4, "health_centre", true), row(6, "ward_report", true), row(4, "health_centre", false)]);
        let said = app.get_as_council(&format!("{}/sources", address("w1", 10))).ok();
        assert_eq!(said["total"], 3);
        assert!(said["items"].as_array().unwrap().iter().all(|s| s["stands"] == false && !s["withdrawn_reason"].is_null()), "{said}");
    }
}

on_both! {
    fn a_source_is_named_where_there_are_any_and_only_there(app: TestApp) {
        let app = started(app);
        let message = |problem: Value| problem["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
        let none = message(app.put(&address("w1", 10), &json!({"community_f0": 1})).refused(422, "invalid_request"));
        assert!(none.contains("ward_report, health_centre, national"), "{none}");
        let unknown = app.put(&address("w1", 10), &json!({"community_f0": 1, "source": "radio"}));
        let unknown = message(unknown.refused(422, "invalid_request"));
        assert!(unknown.contains("radio") && unknown.contains("ward_report, health_centre, national"), "{unknown}");
        let rows = json!([{"unit_code": "w1", "date": "2021-07-10", "community_f0": 1, "source": "radio"}]);
        let batch = app.post(&format!("{BASE}/figures"), &rows).refused(422, "invalid_request");
        assert_eq!(batch["errors"][0]["pointer"], "/0/source", "{batch}");
        let app = app.with_q6();
        let q6 = "/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-12";
        app.put(q6, &json!({"community_f0": 1, "source": "radio", "reason": "x"})).refused(422, "invalid_request");
        app.delete(&format!("{q6}?reason=x&source=radio")).refused(422, "invalid_request");
        let figure = app.get_as_council(q6).ok();
        assert!(figure.get("source").is_none() && figure.get("others").is_none(), "{figure}");
    }
}

on_both! {
    fn a_batch_takes_several_sources_of_one_day_at_once(app: TestApp) {
        let app = started(app);
        let row = |unit: &str, source: &str, cases: u32| json!({"unit_code": unit, "date": "2021-07-10", "community_f0": cases, "source": source});
        let rows = json!([row("w1", "national", 9), row("w1", "ward_report", 6), row("w2", "health_centre", 2)]);
        let written = app.post(&format!("{BASE}/figures"), &rows).ok();
        assert_eq!((&written["new"], &written["revision"]), (&json!(3), &json!(app.revision("sources"))));
        assert_eq!(stands(&app, "w1", 10), some(6, "ward_report"));
        assert_eq!(stands(&app, "w2", 10), some(2, "health_centre"));
        assert_eq!(app.post(&format!("{BASE}/figures"), &rows).ok()["same"], 3);
        app.post(&format!("{BASE}/figures"), &json!([row("w1", "national", 9), row("w1", "national", 8)])).refused(422, "invalid_request");
        let send = |table: &str| {
            let csv = [("content-type", "text/csv")];
            app.send("POST", &format!("{BASE}/import?what=figures"), Some(&app.token), &csv, Some(table.as_bytes()))
        };
        let table = "unit_code,date,source,community_f0\nw1,2021-07-10,ward_report,7\nw1,2021-07-11,national,3\nw1,2021-07-11,health_centre,5\n";
        let imported = send(table).ok();
        assert_eq!((&imported["rows"]["changed"], &imported["rows"]["new"]), (&json!(1), &json!(2)), "{imported}");
        assert_eq!((stands(&app, "w1", 10), stands(&app, "w1", 11)), (some(7, "ward_report"), some(5, "health_centre")));
        assert_eq!(on_board(&app, "", "w1", 11), (json!(5), json!("health_centre")));
        let without = send("unit_code,date,community_f0\nw1,2021-07-10,7\n");
        assert_eq!(without.status, 422, "{}", without.text());
        assert!(without.text().contains("source"), "{}", without.text());
    }
}

on_both! {
    fn sources_may_be_added_behind_and_nothing_else_once_there_are_figures(app: TestApp) {
        let plain = CAMPAIGN.replace("\"sources\": [", "\"boundary\": [");
        let plain = plain.split("\"boundary\"").next().unwrap().to_owned()
            + "\"scoring\": {\"components\": [{\"measure\": \"case_reduction\", \"max_points\": 100}]}}";
        app.import(&contest(&plain, "w1,2021-07-10,3\nw1,2021-07-11,8\n"));
        let change = |sources: Value| {
            let before = app.get(BASE);
            let mut document = before.json();
            document.as_object_mut().unwrap().remove("revision");
            document["sources"] = sources;
            app.put_with(BASE, &[("if-match", before.header("etag").unwrap())], &document)
        };
        let of = |codes: &[&str]| Value::from_iter(codes.iter().map(|code| json!({"code": code})));
        change(of(&["ward_report"])).ok();
        assert_eq!(stands(&app, "w1", 10), some(3, "-"), "what came from no source stands until one speaks");
        change(of(&["ward_report", "national"])).ok();
        for wrong in [of(&["national", "ward_report"]), of(&["ward_report"]), of(&[])] {
            let refused = change(wrong).refused(409, "locked_field");
            assert_eq!(refused["errors"][0]["pointer"], "/sources");
        }
        say(&app, "w1", 10, "national", 4);
        assert_eq!(stands(&app, "w1", 10), some(4, "national"), "any source takes its place");
        app.delete(&format!("{}?reason=x", address("w1", 11))).ok();
        assert_eq!(stands(&app, "w1", 11), None);
        let board = app.get(&format!("{BASE}/leaderboard?as_of=2021-07-15")).ok();
        assert_eq!(board["sources"], json!([{"source": "ward_report", "unit_days": 0}, {"source": "national", "unit_days": 1}]));
    }
}

on_both! {
    fn an_export_brings_everything_back_and_a_backup_too(app: TestApp) {
        let app = started(app);
        say(&app, "w1", 10, "national", 9);
        say(&app, "w1", 10, "health_centre", 4);
        say(&app, "w1", 10, "ward_report", 6);
        unsay(&app, "w1", 10, "ward_report");
        say(&app, "w2", 11, "national", 1);
        unsay(&app, "w2", 11, "national");
        let exported = app.service.export("sources").expect("a contest");
        let again = pack::read(&pack::files(&exported)).expect("what was written is sound");
        assert_eq!(again, exported);
        assert_eq!(exported.source_figures.len(), 4);
        let other = TestApp::on(TestDatabase::sqlite());
        other.import(&again);
        assert_eq!(other.service.export("sources").expect("a contest"), exported);
        for at in ["", "&known_at=2021-07-24T06:00:00.000003Z"] {
            assert_eq!(on_board(&other, at, "w1", 10), on_board(&app, at, "w1", 10), "{at}");
        }
        // into a campaign that has figures, every difference is one of a source
        say(&other, "w1", 10, "ward_report", 8);
        unsay(&other, "w1", 10, "health_centre");
        other.import(&again);
        assert_eq!(stands(&other, "w1", 10), some(4, "health_centre"));
        let revision = other.revision("sources");
        other.import(&again);
        assert_eq!(other.revision("sources"), revision, "what already stands changes nothing");
        let mut wrong = pack::files(&exported);
        wrong.0.remove("figures.csv");
        wrong.0.insert("figures.csv".to_owned(), b"unit_code,date,community_f0\nw1,2021-07-10,5\n".to_vec());
        let refused = pack::read(&wrong).expect_err("figures.csv says something else than its first source");
        assert_eq!((refused.total, refused.errors[0].file.as_str()), (1, "source_figures.csv"), "{refused:#?}");
        let file = app.folder().join(format!("sources-{}.backup", app.base.rsplit(':').next().unwrap()));
        backup::write_file(&mut app.address.connect().expect("a connection"), &file).expect("a backup");
        let empty = TestDatabase::sqlite();
        Backup::open(&file).expect("a backup").restore(&empty.address).expect("restored");
        let _ = std::fs::remove_file(&file);
        let restored = TestApp::on(empty);
        assert_eq!(restored.service.export("sources").expect("a contest"), exported);
    }
}

fn residuals(app: &TestApp, token: Option<&str>, query: &str) -> Vec<Value> {
    let answer = app.send("GET", &format!("{BASE}/reconciliation{query}"), token, &[], None).ok();
    assert_eq!(answer["total"].as_u64(), answer["items"].as_array().map(|items| items.len() as u64));
    answer["items"].as_array().cloned().unwrap_or_default()
}

on_both! {
    fn residuals_are_listed_by_day_to_whoever_may_see_them(app: TestApp) {
        let app = started(app);
        // sources of one day: 6 stands; 4 and 9 are 2 less and 3 more
        for (source, cases) in [("ward_report", 6), ("health_centre", 4), ("national", 9)] {
            say(&app, "w1", 10, source, cases);
        }
        // below ward 1: 3 + 2 = 5, one less than the ward's own 6
        say(&app, "g1", 10, "ward_report", 3);
        say(&app, "g2", 10, "ward_report", 2);
        // the next day 7, but one group is silent: nothing can be said yet
        say(&app, "w1", 11, "ward_report", 7);
        say(&app, "g1", 11, "ward_report", 1);
        // the day after, all fits
        say(&app, "w1", 12, "ward_report", 2);
        say(&app, "g1", 12, "ward_report", 0);
        say(&app, "g2", 12, "ward_report", 2);
        say(&app, "w1", 12, "national", 2);
        // ward 2 has one group, which is small
        say(&app, "w2", 10, "ward_report", 5);
        say(&app, "g3", 10, "ward_report", 1);
        let seen = |items: &[Value]| -> Vec<(String, String, Value)> {
            let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
            items.iter().map(|i| (text(&i["what"]), text(&i["date"]) + " " + i["unit"]["code"].as_str().unwrap(), i["children"]["difference"].clone())).collect()
        };
        let parent = |at: &str, difference: Value| ("parent_children".to_owned(), at.to_owned(), difference);
        let of_sources = ("sources".to_owned(), "2021-07-10 w1".to_owned(), Value::Null);
        let open = [parent("2021-07-11 w1", Value::Null), parent("2021-07-10 w1", json!(1))];
        let all = residuals(&app, Some(&app.token), "");
        let hidden = parent("2021-07-10 w2", json!(4));
        assert_eq!(seen(&all), [open[0].clone(), open[1].clone(), of_sources.clone(), hidden.clone()]);
        assert_eq!((&all[0]["children"]["complete"], &all[0]["children"]["reported"], &all[0]["children"]["units"]), (&json!(false), &json!(1), &json!(2)));
        let against: Vec<_> = all[2]["against"].as_array().unwrap().iter()
            .map(|a| (a["source"].clone(), a["difference"]["community_f0"].clone())).collect();
        assert_eq!(against, [(json!("health_centre"), json!(-2)), (json!("national"), json!(3))]);
        assert_eq!((&all[2]["source"], &all[2]["community_f0"]), (&json!("ward_report"), &json!(6)));
        // the public sees neither other sources nor a sum of few small units
        assert_eq!(seen(&residuals(&app, None, "")), open);
        let auditor = machine_token(&app.service, Role::Auditor, Scope::All);
        assert_eq!(residuals(&app, Some(&auditor), "").len(), 4);
        let of_w2 = Scope::Unit { campaign: "sources".to_owned(), unit: "w2".to_owned() };
        let reporter = machine_token(&app.service, Role::Reporter, of_w2);
        assert_eq!(seen(&residuals(&app, Some(&reporter), "")), [open[0].clone(), open[1].clone(), hidden]);
        assert_eq!(seen(&residuals(&app, Some(&app.token), "?date=2021-07-11")), [open[0].clone()]);
        assert_eq!(residuals(&app, Some(&app.token), "?from=2021-07-12").len(), 0);
        assert_eq!(residuals(&app, Some(&app.token), "?kind=group").len(), 0);
        let mixed = app.get(&format!("{BASE}/reconciliation?date=2021-07-11&from=2021-07-11"));
        mixed.refused(422, "invalid_request");
    }
}

on_both! {
    fn strangers_see_the_source_of_public_figures_and_no_other(app: TestApp) {
        let app = started(app);
        for unit in ["w1", "g3"] {
            say(&app, unit, 10, "ward_report", 6);
            say(&app, unit, 10, "national", 9);
        }
        let figure = app.get(&address("w1", 10)).ok();
        assert_eq!((&figure["source"], figure.get("others")), (&json!("ward_report"), None));
        assert_eq!(app.get(&format!("{}/sources", address("w1", 10))).ok()["total"], 0);
        assert_eq!(app.get_as_council(&format!("{}/sources", address("w1", 10))).ok()["total"], 2);
        app.get(&address("g3", 10)).refused(404, "figure_not_found");
        let board = |token| app.send("GET", &format!("{BASE}/leaderboard?kind=group&as_of=2021-07-15"), token, &[], None).ok();
        assert_eq!(board(None)["sources"], Value::Null, "one of the groups is hidden");
        assert_eq!(board(Some(&app.token))["sources"][0]["unit_days"], 1);
        let of_w2 = Scope::Unit { campaign: "sources".to_owned(), unit: "w2".to_owned() };
        let reporter = machine_token(&app.service, Role::Reporter, of_w2);
        let json = [("content-type", "application/json")];
        let body = json!({"community_f0": 1, "source": "national"}).to_string();
        let put = |unit| app.send("PUT", &address(unit, 11), Some(&reporter), &json, Some(body.as_bytes())).status;
        assert_eq!((put("w1"), put("g3")), (403, 201));
        assert_eq!(app.send("GET", &address("w1", 10), Some(&reporter), &[], None).ok().get("others"), None);
        assert!(app.send("GET", &address("g3", 10), Some(&reporter), &[], None).ok().get("others").is_some());
    }
}

on_both! {
    fn the_figure_is_that_of_the_first_that_stands_whatever_the_order_of_writes(app: TestApp) {
        let app = started(app);
        let codes = ["ward_report", "health_centre", "national"];
        let mut state = 20210709u64;
        let mut roll = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % sides
        };
        let mut said: [[Option<u64>; 3]; 2] = [[None; 3]; 2];
        for _ in 0..60 {
            let (day, source, cases) = (roll(2) as usize, roll(3) as usize, roll(5));
            let at = 10 + day as u32;
            if roll(3) == 0 && said[day][source].is_some() {
                unsay(&app, "w1", at, codes[source]);
                said[day][source] = None;
            } else {
                say(&app, "w1", at, codes[source], cases as u32);
                said[day][source] = Some(cases);
            }
            let first = (0..3).find_map(|s| said[day][s].map(|cases| (cases, codes[s].to_owned())));
            assert_eq!(stands(&app, "w1", at), first);
            let board = on_board(&app, "", "w1", at as usize);
            let expected = first.map_or((Value::Null, Value::Null), |(cases, code)| (json!(cases), json!(code)));
            assert_eq!(board, expected);
        }
        // the facts loaded anew are those that followed the writes
        let fresh = greenzone::scoring::Ledger::build(
            &app.service.export("sources").expect("a contest"),
            std::sync::Arc::new(greenzone::scoring::Register::new(&app.service.export("sources").expect("a contest"))),
            None,
        );
        for (day, said) in said.iter().enumerate() {
            let index = fresh.calendar.index(fresh.calendar.day(fresh.calendar.window.start + 1 + day)).unwrap();
            let first = (0..3).find(|source| said[*source].is_some());
            assert_eq!(fresh.source(0, index).map(usize::from), first);
            assert_eq!(fresh.entry(0, index).counts.map(|c| u64::from(c.community_f0())), first.and_then(|s| said[s]));
        }
    }
}
