//! The service's promises over both databases: writes are durable, ordered and whole,
//! and what is served is what the stored facts say (law 7).

use crate::support::app::{Answer, TestApp, security};
use crate::support::database::TestDatabase;
use crate::support::on_all;
use greenzone::clock::Clock;
use greenzone::domain::contest::AdjustmentKind;
use greenzone::domain::json::{Json, Reader};
use greenzone::domain::unit::UnitState;
use greenzone::domain::{Counts, Day, Instant, RulesChange};
use greenzone::pack;
use greenzone::scoring::By;
use greenzone::service::access::Provable;
use greenzone::service::criteria::{AssessmentFor, CriterionFor, Given, Verdict};
use greenzone::service::decisions::AdjustmentFor;
use greenzone::service::figures::NewFigure;
use greenzone::service::lifetimes::Lifetime;
use greenzone::service::policies::Words;
use greenzone::service::writer::{Pending, WriteRequest};
use greenzone::service::{Caller, Grant, Service};
use serde_json::json;
use std::sync::Arc;

fn grant<R: Provable>() -> Grant<R> {
    Caller::Operator.may(None).expect("the operator may")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn figure(cases: u32) -> NewFigure {
    let counts = Counts::new([Some(cases), None, None, None, None, None]).expect("counts");
    NewFigure { counts, note: None, reason: Some("đếm lại".to_owned()), source: None }
}

/// The campaign's exported pack as bytes, and the board that is served.
fn state(app: &TestApp) -> (Vec<u8>, String) {
    let exported = pack::write_zip(&app.service.export("q6-2021").expect("an export"));
    let boards = By::ALL.map(|by| {
        let query = format!("as_of=live&by={}&include=days&limit=1000", by.code());
        let board = app.get_as_council(&format!("/api/v1/campaigns/q6-2021/leaderboard?{query}"));
        assert_eq!(board.status, 200, "{}", board.text());
        board.text()
    });
    (exported, boards.join("\n"))
}

on_all! {
    fn eight_writers_at_once_lose_nothing_and_revisions_have_no_gap(app: TestApp) {
        let app = app.with_q6();
        let wards = ["27382", "27379", "27364", "27352", "27355", "27349", "27373", "27367"];
        std::thread::scope(|scope| {
            for ward in wards {
                let app = &app;
                scope.spawn(move || {
                    for cases in 1..=20 {
                        let pending = app.service.record_figure(&grant(), "q6-2021", ward.to_owned(), day("2021-07-13"), figure(cases), WriteRequest::default());
                        pending.wait().expect("a write");
                    }
                });
            }
        });
        assert_eq!(app.revision("q6-2021"), 1 + 8 * 20);
        for ward in wards {
            let (_, history) = app.service.figure_history("q6-2021", ward, day("2021-07-13"), &greenzone::service::Audience::Full).expect("a history");
            assert_eq!(history.len(), 20);
            assert!(history.windows(2).all(|w| w[0].figure.recorded_at < w[1].figure.recorded_at), "instants rise on a clock that stands");
        }
    }
}

on_all! {
    fn a_refused_write_in_a_batch_costs_nobody_else(app: TestApp) {
        let app = app.with_q6();
        let pending: Vec<_> = (0..30).map(|n| {
            let unit = if n % 3 == 0 { "nobody" } else { "27382" };
            app.service.record_figure(&grant(), "q6-2021", unit.to_owned(), day("2021-07-13"), figure(n), WriteRequest::default())
        }).collect();
        let answers: Vec<_> = pending.into_iter().map(|p| p.wait()).collect();
        assert_eq!(answers.iter().filter(|a| a.is_err()).count(), 10);
        assert_eq!(app.revision("q6-2021"), 1 + 20);
    }
}

on_all! {
    fn another_process_is_seen_within_a_second(app: TestApp) {
        let app = app.with_q6();
        assert_eq!(app.revision("q6-2021"), 1);
        let other = greenzone::app::open(app.address.clone(), app.clock.clone(), false, security()).expect("a service");
        let pending = other.record_figure(&grant(), "q6-2021", "27382".to_owned(), day("2021-07-13"), figure(3), WriteRequest::default());
        assert_eq!(pending.wait().expect("a write").revision, 2);
        // min_revision waits for it
        let board = app.get("/api/v1/campaigns/q6-2021/leaderboard?as_of=live&min_revision=2").ok();
        assert_eq!((&board["revision"], &board["as_of"]), (&json!(2), &json!("2021-07-13")));
    }
}

/// A small generator that gives the same numbers everywhere (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Other rules: of two schemes and a third that does not know all levels of these.
fn rules(dice: &mut Dice) -> RulesChange {
    let far = r##"{"code": "far", "levels": [{"code": "green", "colour": "#0FA57F"}, {"code": "red", "colour": "#DA4711"}],
        "rules": [{"kinds": ["*"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 25, "at_least": 9}}]}]}"##;
    let scheme = ["\"counts-14d\"", "\"qd-2686-2021\"", far][dice.roll(3) as usize];
    let share = dice.roll(81);
    let text = format!(
        r#"{{"level_scheme": {scheme}, "scoring": {{"closing_days": {}, "components": [
            {{"measure": "level_drop", "max_points": {share}}}, {{"measure": "criteria", "max_points": 20}},
            {{"measure": "case_reduction", "max_points": {}}}]}}}}"#,
        1 + dice.roll(9),
        80 - share
    );
    let mut reader = Reader::default();
    let json = Json::parse(text.as_bytes()).expect("JSON");
    let of = reader.object("", &json, &RulesChange::FIELDS).expect("an object");
    RulesChange::read(&mut reader, &of)
}

fn criterion(dice: &mut Dice) -> String {
    format!("k{}", dice.roll(2))
}

fn of_weight(dice: &mut Dice) -> CriterionFor {
    CriterionFor {
        name_vi: None,
        name_en: None,
        value_type: None,
        weight: 500_000 * (1 + dice.roll(3)),
        required: Some(dice.roll(2) == 0),
        due: None,
        max_points: None,
        evidence: None,
        reason: Some("lý do".to_owned()),
    }
}

/// Does many things, some of which are refused; looks after each.
fn do_things(app: &TestApp, seed: u64, mut look: impl FnMut()) {
    let mut dice = Dice(seed);
    let wards = ["27382", "27379", "27364", "27385", "27346", "775", "nobody"];
    let days = [
        "2021-06-20",
        "2021-06-25",
        "2021-07-08",
        "2021-07-09",
        "2021-07-12",
        "2021-07-13",
        "2021-07-23",
        "2021-07-24",
    ];
    let service = &app.service;
    let mut now = 1_627_106_400_000_000i64;
    for _ in 0..120 {
        now += 1 + dice.roll(3_600_000_000) as i64;
        app.clock.set(Instant::from_micros(now));
        let unit = wards[dice.roll(wards.len() as u64) as usize].to_owned();
        let on = day(days[dice.roll(days.len() as u64) as usize]);
        let (request, why) = (WriteRequest::default(), "lý do".to_owned());
        let pending = match dice.roll(18) {
            0..=3 => service.record_figure(&grant(), "q6-2021", unit, on, figure(dice.roll(40) as u32), request),
            4 => service.take_back_figure(&grant(), "q6-2021", unit, on, why, request),
            5 => service.excuse_day(&grant(), "q6-2021", unit, on, why, request),
            6 => service.take_back_excuse(&grant(), "q6-2021", unit, on, why, request),
            7 => {
                let state = UnitState::ALL[dice.roll(3) as usize];
                service.set_state(&grant(), "q6-2021", unit, state, why, request)
            }
            8 => {
                let level = ["green", "orange", "red", "violet"][dice.roll(4) as usize].to_owned();
                service.set_start_level(&grant(), "q6-2021", unit, level, why, request)
            }
            9 => {
                let (change, words) = (rules(&mut dice), Words { reason: Some(why), legal_reference: None });
                service.create_policy(&grant(), "q6-2021", change, words, request)
            }
            10 => {
                let key = ("ward".to_owned(), criterion(&mut dice));
                match dice.roll(4) {
                    0 => service.take_back_criterion(&grant(), "q6-2021", key, why, request),
                    _ => service.put_criterion(&grant(), "q6-2021", key, of_weight(&mut dice), request),
                }
            }
            11 | 12 => {
                let (value, date, evidence) = (Given::Number(2_500 * dice.roll(5) as i64), on, None);
                let key = (unit, criterion(&mut dice));
                service.assess(&grant(), "q6-2021", key, AssessmentFor { value, date, evidence }, request)
            }
            13 | 14 => {
                let is_verified = dice.roll(4) > 0;
                let verdict = Verdict { date: Some(on), is_verified, value: None, reason: Some(why) };
                service.verify(&grant(), "q6-2021", (unit, criterion(&mut dice)), verdict, request)
            }
            15 => {
                let (opens, closes) = if dice.roll(2) == 0 { (Some(on), None) } else { (None, Some(on)) };
                let lifetime = Lifetime { opens, closes, successors: Vec::new(), reason: why.clone() };
                match dice.roll(3) {
                    0 => service.take_back_lifetime(&grant(), "q6-2021", unit, why, request),
                    _ => service.set_lifetime(&grant(), "q6-2021", unit, lifetime, request),
                }
            }
            16 => match dice.roll(3) {
                0 => service.take_back_declared_level(&grant(), "q6-2021", unit, on, why, request),
                _ => service.declare_level(&grant(), "q6-2021", unit, (on, "red".to_owned(), None), request),
            },
            _ => {
                let kind = if dice.roll(2) == 0 { AdjustmentKind::Bonus } else { AdjustmentKind::Deduction };
                let new = AdjustmentFor { unit_code: unit, kind, points: 1 + dice.roll(500) as i64, reason: why };
                service.adjust(&grant(), "q6-2021", new, request)
            }
        };
        // refusals are part of the story
        let _ = pending.wait();
        look();
    }
}

/// What a service that has just been started over the same database serves.
fn anew(app: &TestApp, database: &greenzone::store::Address) -> String {
    let service: Arc<Service> =
        greenzone::app::open(database.clone(), app.clock.clone(), false, security()).expect("a service");
    let view = service
        .at("q6-2021", greenzone::service::Moment::Now, &greenzone::service::Audience::Full)
        .expect("the campaign");
    use greenzone::service::boards::{AsOf, Ask, Show, board_view, resolve};
    let boards = By::ALL.map(|by| {
        let ask = Ask { as_of: Some(AsOf::Live), by: Some(by), ..Ask::default() };
        let query = resolve(view.snapshot.ledger(), &ask, view.judged_at).expect("a board");
        let (revision, policy_version) = (Some(view.snapshot.revision), Some(view.snapshot.policy_version));
        let show = Show { days: true, revision, policy_version, ..Show::default() };
        let board = board_view(&view.snapshot.boards, &query, &show, |_| greenzone::service::privacy::Shown::ALL);
        serde_json::to_string(&board).expect("JSON")
    });
    boards.join("\n")
}

#[test]
fn law_7_what_is_served_is_what_the_stored_facts_say_on_all_databases() {
    for seed in 1..=4 {
        let mut told: Option<(Vec<u8>, String)> = None;
        for database in TestDatabase::each() {
            let address = database.address.clone();
            let app = TestApp::on(database).with_q6();
            do_things(&app, seed, || {});
            let (exported, board) = state(&app);
            assert_eq!(anew(&app, &address), board, "seed {seed}: recomputed from the stored facts");
            let contest = pack::read_zip(&exported, pack::Limits::default()).expect("the export is sound");
            assert_eq!(pack::write_zip(&contest), exported);
            if let Some(before) = &told {
                assert_eq!(*before, (exported, board), "seed {seed}: all databases tell the same");
            } else {
                told = Some((exported, board));
            }
        }
    }
}

on_all! {
    fn what_was_announced_is_printed_again_whatever_changed_since(app: TestApp) {
        let app = app.with_q6();
        let read = |moment: &str| {
            let [points, green] = ["points", "green_on"].map(|by| {
                let query = format!("as_of=2021-07-12&by={by}&include=days&limit=1000{moment}");
                let mut board = app.get_as_council(&format!("/api/v1/campaigns/q6-2021/leaderboard?{query}")).ok();
                board["known_at"] = json!(null);
                board
            });
            json!({"revision": points["revision"], "policy_version": points["policy_version"], "boards": [points, green]})
        };
        let mut announced = Vec::new();
        do_things(&app, 11, || announced.push(read("")));
        announced.dedup();
        let versions: std::collections::BTreeSet<_> = announced.iter().map(|b| b["policy_version"].as_i64()).collect();
        assert!(announced.len() > 30 && versions.len() > 3, "{} boards, {versions:?}", announced.len());
        for board in announced {
            assert!(read(&format!("&revision={}", board["revision"])) == board, "revision {}", board["revision"]);
        }
    }
}

on_all! {
    fn what_was_acknowledged_is_there_after_the_process_is_gone(app: TestApp) {
        let app = app.with_q6();
        app.put("/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-13", &json!({"community_f0": 7})).ok();
        // another service over the same database, as after a restart
        let again = app.service.export("q6-2021").expect("an export");
        assert!(again.figures.iter().any(|f| f.day == day("2021-07-13") && f.counts.community_f0() == 7));
    }
}

#[test]
fn a_database_of_another_schema_is_not_served() {
    let database = TestDatabase::sqlite();
    let refused = greenzone::app::open(database.address.clone(), Clock::System, false, security());
    assert!(refused.is_err(), "an empty file has no schema");
    greenzone::app::open(database.address.clone(), Clock::System, true, security()).expect("migrated");
    greenzone::app::open(database.address.clone(), Clock::System, false, security()).expect("current");
}

/// Another process over the same database, as far as the service can tell.
fn beside(app: &TestApp) -> Arc<Service> {
    greenzone::app::open(app.address.clone(), app.clock.clone(), false, security()).expect("a service")
}

/// The boards of a service as they stand, after it noticed a revision: of the latest day with
/// a figure and of an earlier one, by each measure.
fn boards_at(service: &Arc<Service>, revision: i64) -> Vec<String> {
    use greenzone::service::boards::{AsOf, Ask, Show, board_view, resolve};
    use greenzone::service::privacy::Shown;
    use greenzone::service::{Audience, Moment};
    let look = service.look("q6-2021", Moment::Now, Some(revision), &Audience::Full);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let view = runtime.block_on(look).expect("the campaign");
    let board = |as_of: AsOf, by: By| {
        let ask = Ask { as_of: Some(as_of), by: Some(by), ..Ask::default() };
        let query = resolve(view.snapshot.ledger(), &ask, view.judged_at).expect("a board");
        let show = Show { days: true, revision: Some(view.snapshot.revision), ..Show::default() };
        serde_json::to_string(&board_view(&view.snapshot.boards, &query, &show, |_| Shown::ALL)).expect("JSON")
    };
    By::ALL.into_iter().flat_map(|by| [board(AsOf::Live, by), board(AsOf::Day(day("2021-07-11")), by)]).collect()
}

/// How often a process read a campaign whole, and how often only what others changed.
fn reads_of(service: &Arc<Service>) -> (u64, u64) {
    let text = greenzone::http::Metrics::new().expect("metrics").text(service);
    let count = |what: &str| {
        let name = format!("greenzone_campaign_reads_total{{what=\"{what}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(name.as_str())).expect("a measure");
        line.parse::<f64>().expect("a number") as u64
    };
    (count("whole"), count("changes"))
}

on_all! {
    fn law_7_a_process_that_follows_shows_what_a_new_one_loads(app: TestApp) {
        let app = app.with_q6();
        let follower = beside(&app);
        let mut seen = 1;
        boards_at(&follower, seen);
        do_things(&app, 23, || {
            let last = app.service.snapshot("q6-2021").expect("the campaign").revision;
            if last > seen {
                let followed = boards_at(&follower, last);
                assert!(followed == boards_at(&app.service, last), "it differs from who wrote at revision {last}");
                assert!(followed == boards_at(&beside(&app), last), "it differs from a new one at revision {last}");
                seen = last;
            }
        });
        let (whole, changes) = reads_of(&follower);
        // rules and criteria load whole
        assert!(changes > 30 && whole < changes / 2, "{whole} times whole, {changes} times what changed");
        let (whole, changes) = reads_of(&app.service);
        assert!(whole < 30 && changes == 0, "who writes alone follows itself: {whole}, {changes}");
    }
}

on_all! {
    fn another_process_follows_day_by_day_and_shows_what_a_new_one_loads(app: TestApp) {
        let app = app.with_q6();
        let follower = beside(&app);
        boards_at(&follower, 1);
        let known = follower.snapshot("q6-2021").expect("in memory").register().clone();
        let (here, code) = (&app.service, |text: &str| text.to_owned());
        let noted = NewFigure { note: Some("một ổ dịch".to_owned()), ..figure(7) };
        let request = WriteRequest::default;
        // one after another, so that nothing is written while the two are compared
        let follows_to = |last: i64| {
            assert!(boards_at(&follower, last) == boards_at(&beside(&app), last), "they differ at revision {last}");
        };
        let follows = |write: Pending| follows_to(write.wait().expect("written").revision);
        let ward = || code("27382");
        follows(here.record_figure(&grant(), "q6-2021", ward(), day("2021-07-13"), figure(9), request()));
        follows(here.record_figure(&grant(), "q6-2021", ward(), day("2021-07-13"), noted, request()));
        follows(here.take_back_figure(&grant(), "q6-2021", ward(), day("2021-07-12"), code("nhầm"), request()));
        follows(here.record_figure(&grant(), "q6-2021", ward(), day("2021-07-12"), figure(4), request()));
        follows(here.excuse_day(&grant(), "q6-2021", ward(), day("2021-07-12"), code("mất mạng"), request()));
        follows(here.take_back_excuse(&grant(), "q6-2021", ward(), day("2021-07-12"), code("có mạng"), request()));
        let followed = follower.snapshot("q6-2021").expect("in memory");
        assert!(Arc::ptr_eq(followed.register(), &known), "the campaign was loaded again for a day");
        follows(here.set_state(&grant(), "q6-2021", ward(), UnitState::Withdrawn, code("rút lui"), request()));
        let q6 = "/api/v1/campaigns/q6-2021";
        let is_followed = |answer: Answer| follows_to(answer.ok()["revision"].as_i64().expect("a revision"));
        // of a table, and when it is undone, whole days are read anew
        let table = "unit_code,date,community_f0\n27364,2021-07-11,9\n27364,2021-07-13,4\n27352,2021-07-13,0\n";
        let csv = [("content-type", "text/csv")];
        is_followed(app.send("POST", &format!("{q6}/import"), Some(&app.token), &csv, Some(table.as_bytes())));
        is_followed(app.post(&format!("{q6}/imports/2/undo"), &json!({"reason": "nhầm tệp"})));
        // what changes no fact is followed, too
        let flags = app.get_as_council(&format!("{q6}/flags")).ok();
        let flag = flags["items"][0]["id"].as_str().expect("a flag");
        let answer = json!({"answer": "đã kiểm tra", "verdict": "as_reported"});
        is_followed(app.put(&format!("{q6}/flags/{flag}"), &answer));
        let followed = follower.snapshot("q6-2021").expect("in memory");
        assert!(Arc::ptr_eq(followed.register(), &known), "the campaign was loaded again");
        assert_eq!(reads_of(&follower).0, 1);
        // units are loaded whole
        let unit = json!({"name": "Phường 15", "kind": "ward", "parent_code": "775"});
        is_followed(app.put(&format!("{q6}/units/new"), &unit));
        assert_eq!(reads_of(&follower).0, 2);
    }
}

on_all! {
    fn a_pack_that_is_said_again_changes_nothing_even_of_days_to_come(app: TestApp) {
        let app = app.with_q6();
        // the pack holds figures up to the 12th
        app.set_clock("2021-07-10T06:00:00Z");
        let contest = || pack::read(&pack::bundled()[0].files()).expect("the bundled pack");
        let again = |contest| app.service.import_pack(&grant(), contest, false, WriteRequest::default()).wait();
        let answer = again(contest()).expect("what already stands changes nothing");
        assert_eq!(answer.revision, 1);
        let rows: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((&rows["rows"]["new"], &rows["rows"]["changed"]), (&json!(0), &json!(0)), "{rows}");
        // another value for such a day is refused as ever
        let mut other = contest();
        let last = other.figures.iter_mut().find(|f| f.day == day("2021-07-12")).expect("a figure");
        last.counts = figure(99).counts;
        assert_eq!(again(other).expect_err("the day has not begun").code, greenzone::service::Code::DayNotBegun);
    }
}

#[test]
fn boards_of_the_days_before_a_write_stand_as_they_are() {
    use greenzone::service::boards::{AsOf, Ask, resolve};
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let board = |on: &str| {
        let snapshot = app.service.snapshot("q6-2021").expect("the campaign");
        let ask = Ask { as_of: Some(AsOf::Day(day(on))), ..Ask::default() };
        let query = resolve(snapshot.ledger(), &ask, app.clock.now()).expect("a board");
        (snapshot.boards.get(&query), greenzone::scoring::board::rank(snapshot.ledger(), &query))
    };
    let (eleventh, twelfth) = (board("2021-07-11").0, board("2021-07-12").0);
    let record = |on: &str, cases: u32| {
        let pending = app.service.record_figure(
            &grant(),
            "q6-2021",
            "27382".to_owned(),
            day(on),
            figure(cases),
            WriteRequest::default(),
        );
        pending.wait().expect("a write");
    };
    record("2021-07-13", 9);
    assert!(Arc::ptr_eq(&board("2021-07-12").0, &twelfth), "it was not computed again");
    record("2021-07-12", 30);
    let (after, anew) = board("2021-07-12");
    assert!(!Arc::ptr_eq(&after, &twelfth) && after.places != twelfth.places && *after == anew);
    assert!(Arc::ptr_eq(&board("2021-07-11").0, &eleventh));
    app.service
        .excuse_day(&grant(), "q6-2021", "27382".to_owned(), day("2021-07-08"), "x".to_owned(), WriteRequest::default())
        .wait()
        .expect("a write");
    assert!(!Arc::ptr_eq(&board("2021-07-11").0, &eleventh), "the baseline is on every board");
}
