//! Law 8 (domain.md section 5): what the public sees while a board is frozen, on any address,
//! does not depend on anything recorded after the freeze.
//!
//! Everything that the OpenAPI document and the pages offer to strangers is asked when the
//! boards are frozen, and again after everything was written that can be written and days have
//! closed: each byte and each header stays.

use crate::privacy_law::{Dice, World, questions, world};
use crate::rights::role_for;
use crate::support::app::{Answer, TestApp, security};
use crate::support::on_both;
use greenzone::service::figures::FigureFilter;
use greenzone::service::scheduler::Scheduler;
use greenzone::service::{Audience, Moment};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const BASE: &str = "/api/v1/campaigns/law";

/// What strangers can ask beside what law 9 asks: what has an id, and moments that are not there yet.
fn more_questions() -> Vec<(String, &'static str)> {
    let of = [
        "/policies/1",
        "/policies/2",
        "/criteria/group/homes",
        "/criteria/group/homes/history",
        "/criteria/group/later",
        "/units/w0g0/assessments/homes",
        "/units/new-one",
        "/units/new-one/standing",
        "/adjustments/1",
        "/adjustments/2",
        "/leaderboard?as_of=live&kind=group",
        "/leaderboard?as_of=live&kind=ward&include=days",
        "/leaderboard?kind=ward&known_at=2030-01-01T00:00:00Z",
        "/leaderboard?kind=ward&min_revision=999999",
        "/levels?kind=ward&min_revision=999999",
        "/status?min_revision=999999",
        "/units/w0/figures?min_revision=999999",
        "/units/w0/standing?as_of=live",
        "/figures?limit=1000",
    ];
    let mut asked: Vec<(String, &str)> = of.iter().map(|of| (format!("{BASE}{of}"), "application/json")).collect();
    asked.extend((1..40).map(|n| (format!("{BASE}/leaderboard?kind=ward&revision={n}"), "application/json")));
    asked.push(("/api/v1/campaigns".to_owned(), "application/json"));
    for page in ["/?lang=vi", "/?lang=en", "/c/law?lang=en&as_of=live", "/c/law/levels.css"] {
        asked.push((page.to_owned(), "*/*"));
    }
    // what listeners hear first; that they hear nothing more, tests/api/events.rs listens for
    asked.push(("/c/law/events".to_owned(), "text/event-stream"));
    for page in ["map", "map.svg", "levels.geojson", "rules", "u/w0"] {
        asked.push((format!("/c/law/{page}"), "*/*"));
    }
    asked
}

type Told = (u16, Vec<(String, String)>, String);

fn told(app: &TestApp, (address, accept): &(String, &'static str)) -> Told {
    let answer = app.send("GET", address, None, &[("accept", *accept), ("x-request-id", "r")], None);
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
    headers.sort();
    (answer.status, headers, answer.text())
}

/// Each operation that is open to everybody was asked, and answered.
fn covers_every_public_operation(asked: &[(String, &str)], told: &[Told]) {
    let document: Value = serde_json::from_str(&greenzone::api::document_text()).expect("JSON");
    let answered: Vec<&str> =
        asked.iter().zip(told).filter(|(_, told)| told.0 == 200).map(|(q, _)| q.0.as_str()).collect();
    for (path, item) in document["paths"].as_object().expect("paths") {
        // an issue cannot be made before the last day has closed, and pins the public itself
        if !path.contains("{campaign}")
            || path.contains("{issue}")
            || item.get("get").is_none()
            || role_for("GET", path).is_some()
        {
            continue;
        }
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |address: &&str| {
            let address: Vec<&str> = address.split('?').next().unwrap_or_default().split('/').collect();
            address.len() == parts.len() && parts.iter().zip(&address).all(|(p, a)| p.starts_with('{') || p == a)
        };
        assert!(answered.iter().any(fits), "{path} was never answered with 200");
    }
}

#[track_caller]
fn done(answer: Answer) -> Value {
    assert!(matches!(answer.status, 200 | 201), "{}: {}", answer.status, answer.text());
    answer.json()
}

/// Writes everything that a council can write.
fn write_everything(app: &TestApp) {
    let of = |path: &str| format!("{BASE}{path}");
    let any = [("if-match", "*")];
    for day in 10..=23 {
        done(app.put(&of(&format!("/units/w0g0/figures/2021-07-{day}")), &json!({"community_f0": 4, "reason": "x"})));
    }
    let row = json!([{"unit_code": "w1g0", "date": "2021-07-23", "community_f0": 7, "reason": "x"}]);
    done(app.post(&of("/figures"), &row));
    done(app.delete(&of("/units/w0g0/figures/2021-07-12?reason=x")));
    done(app.put(&of("/units/w0g1/excuses/2021-07-21"), &json!({"reason": "x"})));
    done(app.put(&of("/units/w1g1/state"), &json!({"state": "withdrawn", "reason": "x"})));
    done(app.put(&of("/units/w0g0/start-level"), &json!({"level": "red", "reason": "x"})));
    done(app.put_with(
        &of("/units/w0"),
        &any,
        &json!({"name": "Đổi tên", "kind": "ward", "parent_code": "d", "population": 1}),
    ));
    done(app.post(
        &of("/units"),
        &json!([{"code": "new-one", "name": "Mới", "kind": "group", "parent_code": "w0", "population": 900}]),
    ));
    done(app.put(&of("/units/new-one/figures/2021-07-22"), &json!({"community_f0": 50, "reason": "x"})));
    done(app.put_with(&of("/neighbours"), &any, &json!([{"a": "w0g0", "b": "new-one"}])));
    let rules = json!({"scoring": {"components": [{"measure": "green_days", "max_points": 100}], "closing_days": 2}, "reason": "x"});
    done(app.post(&of("/policies"), &rules));
    done(app.put(&of("/criteria/group/homes"), &json!({"weight": 2, "required": false, "reason": "x"})));
    done(app.put(&of("/criteria/group/later"), &json!({"weight": 1, "reason": "x"})));
    done(app.put(&of("/units/w0g0/assessments/homes"), &json!({"value": 10, "date": "2021-07-23"})));
    let verdict = json!({"date": "2021-07-23", "decision": "verified"});
    done(app.post(&of("/units/w0g0/assessments/homes/verify"), &verdict));
    done(app.post(&of("/adjustments"), &json!({"unit_code": "w0", "kind": "bonus", "points": 5, "reason": "x"})));
    done(app.delete(&of("/adjustments/1?reason=x")));
    done(app.put(&of("/units/w0g1/declared-levels/2021-07-23"), &json!({"level": "red"})));
    done(app.put(&of("/units/w1g0/lifetime"), &json!({"closes": "2021-07-24", "reason": "x"})));
    let flags = app.get_as_council(&of("/flags")).ok();
    let flag = flags["items"][0]["id"].as_str().expect("the figures raise a flag");
    done(app.put(&of(&format!("/flags/{flag}")), &json!({"answer": "x", "verdict": "as_reported"})));
    app.set_clock("2021-07-24T20:00:00Z");
    done(app.put(&of("/units/w0g0/figures/2021-07-24"), &json!({"community_f0": 6, "reason": "x"})));
    done(app.post(&of("/days/2021-07-24/close"), &json!({"reason": "x"})));
    let mut document = app.get_as_council(BASE).ok();
    document["title"] = json!({"vi": "Tên khác", "en": "Another title"});
    document["small_cell_population"] = json!(1);
    document["sources"] = json!([{"code": "ward_report"}]);
    done(app.put_with(BASE, &any, &document));
    let said = json!({"community_f0": 8, "source": "ward_report", "reason": "x"});
    done(app.put(&of("/units/w1g0/figures/2021-07-22"), &said));
}

on_both! {
    fn law_8_nothing_recorded_after_a_freeze_moves_a_public_byte(app: TestApp) {
        let is_open = |world: &World, code: &String| code.contains('g') && !world.hidden.contains(code);
        let worlds = (3..).map(|seed| world(&mut Dice(seed)));
        let found = |world: World| {
            let open = world.codes.iter().rfind(|code| is_open(&world, code)).filter(|code| !code.ends_with("g0"))?.clone();
            Some((world, open))
        };
        let (world, open) = worlds.filter_map(found).next().expect("a world with an open group");
        app.import(&world.contest());
        let adjustment = json!({"unit_code": open, "kind": "bonus", "points": 2, "reason": "x"});
        done(app.post(&format!("{BASE}/adjustments"), &adjustment));
        let closes = json!({"closes": "2021-07-25", "reason": "x"});
        done(app.put(&format!("{BASE}/units/{open}/lifetime"), &closes));
        let mut asked = questions(&world.codes);
        let live: Vec<Told> = asked.iter().map(|question| told(&app, question)).collect();
        asked.extend(more_questions());
        let frozen = done(app.put(&format!("{BASE}/freeze"), &json!({"reason": "chờ kết quả"})));
        let before: Vec<Told> = asked.iter().map(|question| told(&app, question)).collect();
        covers_every_public_operation(&asked, &before);
        for ((question, live), frozen) in asked.iter().zip(&live).zip(&before) {
            assert_eq!(live.0, frozen.0, "a freeze shows what was there: {question:?}");
        }

        write_everything(&app);
        for now in ["2021-07-25T08:00:00Z", "2021-07-26T08:00:00Z", "2021-08-02T08:00:00Z"] {
            app.set_clock(now);
            Scheduler::new(app.service.clone()).run_due().expect("days are closed");
        }
        assert_eq!(app.get_as_council(&format!("{BASE}/status")).ok()["state"], "closed");
        for (question, was) in asked.iter().zip(&before) {
            let is = told(&app, question);
            assert!(is == *was, "{} as {}:\n{was:?}\n{is:?}", question.0, question.1);
        }
        let council = app.get_as_council(&format!("{BASE}/leaderboard?kind=ward")).ok();
        assert_eq!(council["status"], "provisional", "who works in it sees it as it stands");
        assert!(council["revision"].as_i64() > frozen["revision"].as_i64());
        assert_eq!(council["as_of"], "2021-07-24");

        done(app.delete(&format!("{BASE}/freeze?reason=x")));
        let moved: BTreeSet<&str> = asked
            .iter()
            .zip(&before)
            .filter(|(question, was)| told(&app, question).2 != was.2)
            .map(|(question, _)| question.0.split('?').next().unwrap_or_default())
            .collect();
        assert!(moved.len() > 40, "once it is thawed all of it moves: {moved:?}");
    }
}

on_both! {
    fn another_process_and_a_restarted_one_show_a_freeze_and_never_more(app: TestApp) {
        let app = app.with_q6();
        let open = || greenzone::app::open(app.address.clone(), app.clock.clone(), true, security()).expect("a service");
        let other = open();
        let public = Audience::Public;
        let figure = |service: &greenzone::service::Service| {
            let filter = FigureFilter { unit: Some("27382".into()), ..FigureFilter::default() };
            let (revision, figures) = service.figures("q6-2021", &filter, &public).expect("figures");
            (revision, serde_json::to_value(figures).expect("JSON"))
        };
        assert!(other.at("q6-2021", Moment::Now, &public).expect("a campaign").frozen.is_none());
        let frozen = app.put("/api/v1/campaigns/q6-2021/freeze", &json!({"reason": "x"})).ok();
        let revision = frozen["revision"].as_i64().expect("a revision");
        let shown = figure(&app.service);
        assert_eq!(shown.0, revision);
        app.put("/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-12", &json!({"community_f0": 99, "reason": "x"})).ok();
        // what it reads in the database, it knows at once; what it has in memory is older
        assert_eq!(figure(&other), shown);
        let begun = Instant::now();
        loop {
            let view = other.at("q6-2021", Moment::Now, &public).expect("a campaign");
            assert!(view.snapshot.revision <= revision);
            if view.frozen.is_some() {
                assert_eq!(view.snapshot.revision, revision);
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "it is not told of the freeze");
            std::thread::sleep(Duration::from_millis(20));
        }
        let restarted = open();
        assert_eq!(figure(&restarted), shown);
        let view = restarted.at("q6-2021", Moment::Now, &public).expect("a campaign");
        assert_eq!((view.snapshot.revision, view.snapshot.status()), (revision, "frozen"));
        assert!(restarted.at("q6-2021", Moment::Revision(revision + 1), &public).is_err(), "as if it did not exist");
        let full = restarted.at("q6-2021", Moment::Now, &Audience::Full).expect("a campaign");
        assert_eq!((full.snapshot.revision, full.snapshot.status()), (revision + 1, "provisional"));
    }
}
