//! Reporting days: their states by the clock, the closing that is run once whoever runs it,
//! who has not reported, and shares on time computed by hand.

use crate::support::app::{TestApp, machine_token, security};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use greenzone::service::Service;
use greenzone::service::scheduler::{Running, Scheduler};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const Q6: &str = "/api/v1/campaigns/q6-2021";

/// District 6 as it was read in on the evening of 12 July, the last day with figures: 13 of
/// its 14 wards have reported, 27385 never did.
fn on_the_evening(app: TestApp) -> TestApp {
    app.set_clock("2021-07-12T12:00:00Z");
    app.with_q6()
}

fn run_due(app: &TestApp) {
    Scheduler::new(app.service.clone()).run_due().expect("what is due is done");
}

/// Another process on the same database.
fn another(app: &TestApp) -> Arc<Service> {
    greenzone::app::open(app.address.clone(), app.clock.clone(), false, security()).expect("a service")
}

fn day_of(app: &TestApp, date: &str) -> Value {
    let days = app.get_as_council(&format!("{Q6}/days?limit=100")).ok();
    let found = days["items"].as_array().expect("days").iter().find(|day| day["date"] == date);
    found.unwrap_or_else(|| panic!("{date} in {days}")).clone()
}

/// On time, late, missing, excused, and the share on time.
fn reports(of: &Value) -> (i64, i64, i64, i64, f64) {
    let number = |name: &str| of[name].as_i64().unwrap_or_else(|| panic!("{name} of {of}"));
    assert_eq!(number("due"), number("on_time") + number("late") + number("missing"));
    (
        number("on_time"),
        number("late"),
        number("missing"),
        number("excused"),
        of["on_time_percent"].as_f64().expect("a share"),
    )
}

fn closings_in_the_log(app: &TestApp) -> Vec<(String, Value)> {
    let auditor = machine_token(&app.service, Role::Auditor, Scope::All);
    let path = "/api/v1/audit?campaign=q6-2021&action=day.close&limit=100";
    let mut entries =
        app.send("GET", path, Some(&auditor), &[], None).ok()["items"].as_array().cloned().expect("entries");
    entries.reverse();
    entries.into_iter().map(|entry| (entry["target"].as_str().unwrap_or_default().to_owned(), entry)).collect()
}

on_both! {
    fn a_day_opens_is_due_and_closes_by_the_clock_alone(app: TestApp) {
        let app = on_the_evening(app);
        let days = app.get(&format!("{Q6}/days?limit=100")).ok();
        assert_eq!((&days["total"], &days["items"][0]["part"]), (&json!(29), &json!("baseline")));
        let day = day_of(&app, "2021-07-12");
        assert_eq!(
            [&day["opens_at"], &day["ends_at"], &day["closes_at"]],
            ["2021-07-11T17:00:00Z", "2021-07-12T17:00:00Z", "2021-07-13T05:00:00Z"]
        );
        // 13 of 14 in time: 1300/14 = 92.857…
        assert_eq!(reports(&day["reports"]), (13, 0, 1, 0, 92.86));
        let tomorrow = day_of(&app, "2021-07-13");
        assert_eq!((&tomorrow["state"], &tomorrow["reports"]), (&json!("not_begun"), &Value::Null));
        // over before the campaign came here: closed, and nothing was run
        let before = day_of(&app, "2021-07-10");
        assert_eq!((&before["state"], &before["closing"]), (&json!("closed"), &Value::Null));
        for (now, state, status) in [
            ("2021-07-12T16:59:59Z", "open", "open"),
            ("2021-07-12T17:00:00Z", "due", "due"),
            ("2021-07-13T04:59:59Z", "due", "due"),
            ("2021-07-13T05:00:00Z", "closed", "closed"),
        ] {
            app.set_clock(now);
            assert_eq!(day_of(&app, "2021-07-12")["state"], state, "{now}");
            assert_eq!(app.get(&format!("{Q6}/status")).ok()["days"][3]["state"], status, "{now}");
        }
        // no scheduler has run, and the board shows the day all the same
        assert_eq!(day_of(&app, "2021-07-12")["closing"], Value::Null);
        assert_eq!(app.get(&format!("{Q6}/leaderboard")).ok()["as_of"], "2021-07-12");
        app.get(&format!("{Q6}/days/2021-07-24")).refused(422, "day_outside_campaign");
        app.get(&format!("{Q6}/days/soon")).refused(400, "malformed_parameter");
    }
}

on_both! {
    fn a_closing_notes_who_had_not_reported_and_makes_no_revision(app: TestApp) {
        let app = on_the_evening(app);
        app.set_clock("2021-07-13T05:00:00Z");
        let before = app.get(&format!("{Q6}/days"));
        let revision = app.revision("q6-2021");
        run_due(&app);
        run_due(&app);
        let after = app.get(&format!("{Q6}/days"));
        assert_eq!(app.revision("q6-2021"), revision, "no figure changed");
        assert_ne!(before.header("etag"), after.header("etag"), "the closing is told");
        let closing = day_of(&app, "2021-07-12")["closing"].clone();
        assert_eq!((&closing["closed_at"], &closing["is_early"]), (&json!("2021-07-13T05:00:00Z"), &json!(false)));
        assert_eq!((&closing["closed_by"], &closing["reason"]), (&json!("scheduler"), &Value::Null));
        assert_eq!(reports(&closing["reports"]), (13, 0, 1, 0, 92.86));
        let public = app.get(&format!("{Q6}/days/2021-07-12")).ok()["closing"].clone();
        assert_eq!((&public["closed_by"], &public["closed_at"]), (&Value::Null, &closing["closed_at"]));
        // a report that comes now is late; what was noted stays
        app.set_clock("2021-07-13T06:00:00Z");
        app.put(&format!("{Q6}/units/27385/figures/2021-07-12"), &json!({"community_f0": 0})).ok();
        let day = day_of(&app, "2021-07-12");
        assert_eq!(reports(&day["reports"]), (13, 1, 0, 0, 92.86));
        assert_eq!(day["closing"], closing);
        // an excused day is owed by nobody: 12 of 12 in time
        for unit in ["27385", "27382"] {
            app.put(&format!("{Q6}/units/{unit}/excuses/2021-07-12"), &json!({"reason": "phong tỏa"})).ok();
        }
        assert_eq!(reports(&day_of(&app, "2021-07-12")["reports"]), (12, 0, 0, 2, 100.0));
        let log = closings_in_the_log(&app);
        assert_eq!(log.len(), 1);
        assert_eq!((&*log[0].0, &log[0].1["actor"], &log[0].1["role"]), ("days/2021-07-12", &json!("scheduler"), &json!("scheduler")));
    }
}

on_both! {
    fn after_a_downtime_every_day_that_was_missed_is_closed_in_order(app: TestApp) {
        let app = on_the_evening(app);
        app.set_clock("2021-07-16T04:00:00Z");
        let service = another(&app);
        let next = Scheduler::new(service).run_due().expect("what is due is done");
        assert_eq!(next.and_then(|at| at.to_rfc3339()).as_deref(), Some("2021-07-16T05:00:00Z"), "then 15 July closes");
        let days: Vec<String> = closings_in_the_log(&app).into_iter().map(|(day, _)| day).collect();
        assert_eq!(days, ["days/2021-07-12", "days/2021-07-13", "days/2021-07-14"]);
        assert_eq!(reports(&day_of(&app, "2021-07-13")["closing"]["reports"]), (0, 0, 14, 0, 0.0));
        // to the end, and nothing after it
        app.set_clock("2021-09-01T00:00:00Z");
        let mut scheduler = Scheduler::new(app.service.clone());
        assert_eq!(scheduler.run_due().expect("done"), None);
        assert_eq!(closings_in_the_log(&app).len(), 12, "12 to 23 July");
        assert_eq!(scheduler.run_due().expect("done"), None);
        assert_eq!(closings_in_the_log(&app).len(), 12);
    }
}

on_both! {
    fn a_closing_runs_once_however_many_processes_run_it(app: TestApp) {
        let app = on_the_evening(app);
        app.post(&format!("{Q6}/webhooks"), &json!({"url": "https://example.invalid/hook", "events": ["day.closed"]})).ok();
        app.set_clock("2021-07-20T04:00:00Z");
        let services = [app.service.clone(), another(&app), another(&app)];
        std::thread::scope(|scope| {
            for service in &services {
                // they must not send, or the test would wait for a name that leads nowhere
                scope.spawn(|| Scheduler::new(service.clone()).run_closings_due().expect("done"));
            }
        });
        let days: Vec<String> = closings_in_the_log(&app).into_iter().map(|(day, _)| day).collect();
        let expected: Vec<String> = (12..=18).map(|day| format!("days/2021-07-{day}")).collect();
        assert_eq!(days, expected, "each once, and in order");
        let webhooks = app.get_as_council(&format!("{Q6}/webhooks")).ok();
        let id = webhooks["items"][0]["id"].as_str().expect("an id");
        assert_eq!(app.get_as_council(&format!("{Q6}/webhooks/{id}/deliveries")).ok()["total"], 7, "each is told once");
    }
}

on_both! {
    fn the_council_closes_a_day_that_is_over_before_its_hour(app: TestApp) {
        let app = on_the_evening(app);
        let close = |date: &str, reason: Value| app.post(&format!("{Q6}/days/{date}/close"), &json!({"reason": reason}));
        let early = close("2021-07-12", json!("đủ số liệu")).refused(409, "day_not_over");
        assert!(early["detail"].as_str().unwrap_or_default().contains("2021-07-12T17:00:00Z"), "{early}");
        close("2021-07-11", json!("x")).refused(409, "day_closed");
        close("2021-07-24", json!("x")).refused(422, "day_outside_campaign");
        app.set_clock("2021-07-12T18:00:00Z");
        close("2021-07-12", json!("")).refused(422, "invalid_request");
        let closed = close("2021-07-12", json!("không chờ được nữa")).ok();
        assert_eq!((&closed["state"], &closed["closing"]["is_early"]), (&json!("closed"), &json!(true)));
        close("2021-07-12", json!("x")).refused(409, "day_closed");
        let told = day_of(&app, "2021-07-12");
        assert_eq!((&told["state"], &told["closing"]["reason"]), (&json!("closed"), &json!("không chờ được nữa")));
        let public = app.get(&format!("{Q6}/days/2021-07-12")).text();
        assert!(!public.contains("không chờ") && !public.contains("token:"), "{public}");
        // boards follow the cut-off: the day is due there, and a report is still on time
        assert_eq!(app.get(&format!("{Q6}/status")).ok()["days"][3]["state"], "due");
        assert_eq!(app.get(&format!("{Q6}/leaderboard")).ok()["as_of"], "2021-07-11");
        app.put(&format!("{Q6}/units/27385/figures/2021-07-12"), &json!({"community_f0": 0, "reason": "x"})).ok();
        assert_eq!(reports(&day_of(&app, "2021-07-12")["reports"]), (14, 0, 0, 0, 100.0));
        // and the scheduler does not close it once more
        app.set_clock("2021-07-13T06:00:00Z");
        run_due(&app);
        let log = closings_in_the_log(&app);
        assert_eq!((log.len(), &log[0].1["role"]), (1, &json!("council")));
    }
}

#[test]
fn the_reminder_list_names_who_owes_the_day_to_whoever_answers_for_it() {
    let app = on_the_evening(TestApp::on(TestDatabase::sqlite()));
    app.set_clock("2021-07-13T10:00:00Z");
    app.put(&format!("{Q6}/units/27382/figures/2021-07-13"), &json!({"community_f0": 1})).ok();
    app.put(&format!("{Q6}/units/27379/excuses/2021-07-13"), &json!({"reason": "x"})).ok();
    let path = format!("{Q6}/days/2021-07-13");
    let first = app.get_as_council(&format!("{path}?limit=5")).ok();
    assert_eq!((&first["total"], first["items"].as_array().map(Vec::len)), (&json!(12), Some(5)));
    assert_eq!((&first["state"], reports(&first["reports"])), (&json!("open"), (1, 0, 12, 1, 7.69)));
    let mut codes = Vec::new();
    let mut page = first;
    loop {
        let items = page["items"].as_array().expect("units").clone();
        for item in &items {
            assert_eq!((&item["unit"]["parent_code"], &item["parent_name"]), (&json!("775"), &json!("Quận 6")));
        }
        codes.extend(items.iter().map(|item| item["unit"]["code"].as_str().unwrap_or_default().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        page = app.get_as_council(&format!("{path}?limit=5&cursor={cursor}")).ok();
    }
    assert_eq!(codes.len(), 12);
    assert!(codes.iter().all(|code| code != "27382" && code != "27379"), "{codes:?}");
    let names = app.get_as_council(&path).ok();
    let names: Vec<&str> =
        names["items"].as_array().expect("units").iter().filter_map(|item| item["unit"]["name"].as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    // never reported: every day since S; of the others one
    let never = app.get_as_council(&path).ok()["items"].as_array().cloned().expect("units");
    let never = never.iter().find(|item| item["unit"]["code"] == "27385").expect("the silent one").clone();
    assert_eq!((&never["missing_days"], &never["last_reported"]), (&json!(5), &Value::Null));
    // the public learns how many, and a reporter of its own
    let public = app.get(&path).ok();
    assert_eq!((&public["total"], &public["reports"]["missing"]), (&json!(0), &json!(12)));
    let reporter =
        machine_token(&app.service, Role::Reporter, Scope::Unit { campaign: "q6-2021".into(), unit: "27385".into() });
    let own = app.send("GET", &path, Some(&reporter), &[], None).ok();
    assert_eq!((&own["total"], &own["items"][0]["unit"]["code"]), (&json!(1), &json!("27385")));
    // nobody owes a day that has not begun
    let later = app.get_as_council(&format!("{Q6}/days/2021-07-14")).ok();
    assert_eq!((&later["total"], &later["state"]), (&json!(0), &json!("not_begun")));
}

#[test]
fn what_few_hidden_units_reported_is_not_public() {
    let app = TestApp::on(TestDatabase::sqlite());
    app.set_clock("2021-07-21T06:00:00Z");
    app.import(&with_households(2));
    let path = "/api/v1/campaigns/law/days/2021-07-20";
    let public = app.get(path).ok();
    assert_eq!((&public["reports"], &public["total"]), (&Value::Null, &json!(0)), "two households of one group");
    assert_eq!(app.get_as_council(path).ok()["reports"]["missing"], 3);
    assert!(!app.get("/api/v1/campaigns/law/days").text().contains("missing"));
}

/// A group that reports, with so many households below it.
pub fn with_households(number: usize) -> greenzone::domain::Contest {
    let campaign = r#"{"code": "law", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-20", "to": "2021-07-22"}, "baseline": {"from": "2021-07-18", "to": "2021-07-19"},
        "kinds": [{"code": "group", "figures": "reported"}, {"code": "household", "figures": "reported"}],
        "level_scheme": "counts-14d", "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}}"#;
    let mut units = "code,name,kind,parent_code,population\ng,Tổ 1,group,,900\n".to_owned();
    (0..number).for_each(|n| units += &format!("h{n},Hộ {n},household,g,\n"));
    let figures = "unit_code,date,community_f0\ng,2021-07-18,1\n";
    let files = [("campaign.json", campaign), ("units.csv", &units), ("figures.csv", figures)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    pack::read(&pack::Files(files.into_iter().collect())).unwrap_or_else(|e| panic!("{:#?}", e.errors))
}

#[test]
fn a_running_service_closes_the_day_when_its_hour_comes() {
    let app = on_the_evening(TestApp::on(TestDatabase::sqlite()));
    let scheduler = Running::start(app.service.clone(), Duration::from_millis(20)).expect("a thread");
    app.set_clock("2021-07-13T05:00:01Z");
    let is_closed = || day_of(&app, "2021-07-12")["closing"].is_object();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !is_closed() {
        assert!(std::time::Instant::now() < deadline, "the scheduler sleeps");
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = app.metrics.text(&app.service);
    for line in ["greenzone_day_closings_total 1", "greenzone_day_closing_lag_seconds 1"] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    // and ends at once when it is told to
    let begun = std::time::Instant::now();
    drop(scheduler);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
