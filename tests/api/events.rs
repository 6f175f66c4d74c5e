use super::{Q6, figure};
use crate::support::app::{TestApp, machine_token};
use crate::support::database::TestDatabase;
use crate::support::listener::Listener;
use crate::support::on_both;
use crate::survival::process::{Served, World};
use greenzone::config::Edges;
use greenzone::domain::account::{Role, Scope};
use serde_json::json;
use std::time::{Duration, Instant};

fn events() -> String {
    format!("{Q6}/events")
}

/// Long enough for news to come, were there any.
const A_WHILE: Duration = Duration::from_millis(700);

fn correct(app: &TestApp, cases: u32) {
    app.put(&figure("27382", "2021-07-12"), &json!({"community_f0": cases, "reason": "x"})).ok();
}

on_both! {
    fn who_listens_is_told_what_is_shown_and_each_change_of_it(app: TestApp) {
        let app = app.with_q6();
        let mut listener = Listener::open(&app.base, &events(), &[]);
        assert!(listener.head.starts_with("http/1.1 200") && listener.head.contains("content-type: text/event-stream"));
        assert!(listener.head.contains("cache-control: no-store") && !listener.head.contains("content-encoding"));
        let first = listener.told();
        assert_eq!(first.id, "1-2021-07-12-provisional");
        assert_eq!(first.data, json!({"campaign": "q6-2021", "revision": 1, "status": "provisional", "as_of": "2021-07-12"}));
        correct(&app, 4);
        let second = listener.told();
        assert_eq!((second.id.as_str(), &second.data["revision"]), ("2-2021-07-12-provisional", &json!(2)));
        let board = app.get(&format!("{Q6}/leaderboard")).ok();
        assert_eq!(board["revision"], 2, "what was told of is there");
        // who comes back hears what it missed, and not what it heard
        let mut again = Listener::open(&app.base, &events(), &[("last-event-id", &first.id)]);
        assert_eq!(again.told(), second);
        let mut knows = Listener::open(&app.base, &events(), &[("last-event-id", &second.id)]);
        assert!(knows.is_silent(A_WHILE));
        correct(&app, 5);
        assert_eq!([&mut listener, &mut again, &mut knows].map(|l| l.told().data["revision"].clone()), [3, 3, 3].map(|n| json!(n)));
    }
}

on_both! {
    fn through_a_freeze_the_public_hears_nothing_and_the_council_everything(app: TestApp) {
        let app = app.with_q6();
        let token = format!("Bearer {}", app.token);
        let mut public = Listener::open(&app.base, &events(), &[]);
        let mut as_public = Listener::open(&app.base, &format!("{}?audience=public", events()), &[("authorization", &token)]);
        let mut council = Listener::open(&app.base, &events(), &[("authorization", &token)]);
        for listener in [&mut public, &mut as_public, &mut council] {
            listener.told();
        }
        app.put(&format!("{Q6}/freeze"), &json!({"reason": "x"})).ok();
        let frozen = public.told();
        assert_eq!((&frozen.data["status"], &as_public.told()), (&json!("frozen"), &frozen));
        assert_eq!(council.told().data["status"], "provisional");
        correct(&app, 9);
        assert_eq!(council.told().data["revision"], app.revision("q6-2021"));
        assert!(public.is_silent(A_WHILE) && as_public.is_silent(A_WHILE));
        let mut late = Listener::open(&app.base, &events(), &[]);
        assert_eq!(late.told(), frozen, "who comes later hears the same");
        app.delete(&format!("{Q6}/freeze?reason=x")).ok();
        let thawed = public.told().data;
        assert_eq!((&thawed["status"], &thawed["revision"]), (&json!("provisional"), &json!(app.revision("q6-2021"))));
    }
}

#[test]
fn a_day_that_closes_and_a_planned_freeze_are_told_without_a_write() {
    // the cut-off of 11 July is 12:00 of the next day there
    let app = TestApp::at(TestDatabase::sqlite(), "2021-07-12T04:59:59.500Z").with_q6();
    let mut listener = Listener::open(&app.base, &events(), &[]);
    assert_eq!(listener.told().data["as_of"], "2021-07-10");
    app.set_clock("2021-07-12T05:00:00Z");
    let closed = listener.told().data;
    assert_eq!((&closed["as_of"], &closed["revision"]), (&json!("2021-07-11"), &json!(1)));
    app.set_clock("2021-07-14T16:59:59.500Z");
    app.put(&format!("{Q6}/freeze"), &json!({"reason": "x", "from": "2021-07-15"})).ok();
    assert_eq!(listener.told().data["status"], "provisional");
    app.set_clock("2021-07-14T17:00:00Z");
    assert_eq!(listener.told().data["status"], "frozen");
}

#[test]
fn who_loses_the_right_hears_nothing_more_of_what_is_live() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("hoi-dong", Role::Council, Scope::All);
    let token = app.sign_in("hoi-dong");
    app.put(&format!("{Q6}/freeze"), &json!({"reason": "x"})).ok();
    let mut council = Listener::open(&app.base, &events(), &[("authorization", &format!("Bearer {token}"))]);
    council.told();
    correct(&app, 7);
    council.told();
    app.make_account("quan-tri", Role::Admin, Scope::All);
    let admin = app.sign_in("quan-tri");
    let body = json!({"display_name": "X", "role": "council", "state": "disabled"}).to_string();
    let json = [("content-type", "application/json"), ("if-match", "*")];
    let disabled = app.send("PUT", "/api/v1/users/hoi-dong", Some(&admin), &json, Some(body.as_bytes()));
    disabled.ok();
    correct(&app, 8);
    assert_eq!(council.next(), None);
}

#[test]
fn places_are_bounded_and_given_back() {
    let app =
        TestApp::with_edges(TestDatabase::sqlite(), "2021-07-24T06:00:00Z", Edges { listeners: 2, ..Edges::default() })
            .with_q6();
    let first = Listener::open(&app.base, &events(), &[]);
    let _second = Listener::open(&app.base, &events(), &[]);
    let refused = app.get_events();
    refused.refused(503, "busy");
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(app.get(&format!("{Q6}/leaderboard")).status, 200, "reads are another matter");
    drop(first);
    let begun = Instant::now();
    while app.get_events().status != 200 {
        // a connection that is gone is found by the next thing that is said on it
        correct(&app, u32::try_from(begun.elapsed().as_millis()).expect("a while") % 90 + 10);
        assert!(begun.elapsed() < Duration::from_secs(20), "the place is not given back");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_no_stream_is_refused() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.get("/api/v1/campaigns/none/events").refused(404, "campaign_not_found");
    app.send("GET", &events(), None, &[("accept", "application/json")], None).refused(406, "not_acceptable");
    app.send("GET", &events(), Some("x"), &[], None).refused(401, "invalid_token");
    let head = app.send("HEAD", &events(), None, &[], None);
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    let token =
        machine_token(&app.service, Role::Reporter, Scope::Unit { campaign: "q6-2021".into(), unit: "27382".into() });
    assert_eq!(app.send("GET", &events(), Some(&token), &[], None).status, 200);
}

on_both! {
    fn a_process_with_listeners_ends_in_time_and_hears_of_others_within_a_second(app: TestApp) {
        let app = app.with_q6();
        let world = World::beside(&app.address);
        let mut other = Served::start(&world);
        let mut listener = Listener::open(&other.base, &events(), &[]);
        listener.told();
        let begun = Instant::now();
        correct(&app, 6);
        assert_eq!(listener.told().data["revision"], 2);
        // on SQLite nothing is told, and it is looked twice a second
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        let told = Instant::now();
        assert!(other.terminate(Duration::from_secs(5)).success());
        assert!(told.elapsed() < Duration::from_secs(5));
        assert_eq!(listener.next(), None);
    }
}
