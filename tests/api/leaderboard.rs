use super::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_both;
use serde_json::{Value, json};

fn ranks(board: &Value) -> String {
    let items = board["items"].as_array().expect("rows");
    items.iter().map(|r| format!("{}:{}", r["unit"]["code"].as_str().unwrap(), r["rank"])).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_board_of_district_6_is_what_it_was() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let board = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&include=days")).ok();
    insta::assert_json_snapshot!("q6-2021-07-12", board);
}

#[test]
fn the_standing_of_a_ward_is_explained_whole() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let standing = app.get(&format!("{Q6}/units/27382/standing?as_of=2021-07-12")).ok();
    insta::assert_json_snapshot!("q6-27382-standing", standing);
}

#[test]
fn the_rows_around_a_unit_stop_at_the_ends() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let around = |unit: &str, span: u32| {
        ranks(&app.get(&format!("{Q6}/leaderboard/around/{unit}?kind=ward&as_of=2021-07-12&span={span}")).ok())
    };
    assert_eq!(around("27382", 2), "27382:1 27379:2 27364:3");
    assert_eq!(around("27379", 2), "27382:1 27379:2 27364:3 27352:4");
    assert_eq!(around("27349", 1), "27355:5 27349:6 27373:7");
    assert_eq!(around("27385", 2), "27370:11 27376:12 27385:null");
    assert_eq!(around("27364", 0), "27364:3");
    let base = format!("{Q6}/leaderboard/around");
    let own = app.get(&format!("{base}/27346")).ok();
    assert_eq!(
        (&own["track"], &own["items"][0]["rank"]),
        (&json!("kept_clean"), &json!(1)),
        "without a track, its own"
    );
    app.get(&format!("{base}/27346?track=improvement")).refused(404, "not_on_this_board");
    app.get(&format!("{base}/27382?kind=district")).refused(404, "not_on_this_board");
    app.get(&format!("{base}/99999")).refused(404, "unit_not_found");
    app.get(&format!("{base}/27382?span=-1")).refused(422, "invalid_parameter");
    app.get(&format!("{base}/27382?span=1001")).refused(422, "invalid_parameter");
}

on_both! {
    fn a_writer_reads_its_own_write_and_the_past_stays(app: TestApp) {
        let app = app.with_q6();
        let live = |app: &TestApp| app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        let before = live(&app);
        app.set_clock("2021-07-24T07:00:00Z");
        let put = app.put(&figure("27382", "2021-07-12"), &json!({"community_f0": 30, "reason": "x"})).ok();
        let after = live(&app);
        assert_eq!(after["revision"], put["revision"]);
        assert_ne!(ranks(&before), ranks(&after));
        let pinned = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&revision=1")).ok();
        assert_eq!(pinned["items"], before["items"]);
        assert_eq!(pinned["revision"], 1);
        assert_eq!(pinned["known_at"], "2021-07-24T06:00:00Z");
        // any two instants between two changes are one board
        let at = |t: &str| app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&known_at={t}"));
        let (a, b) = (at("2021-07-24T06:00:00Z"), at("2021-07-24T13:59:59.999999%2B07:00"));
        assert_eq!(a.header("etag"), b.header("etag"));
        assert_eq!(a.json()["known_at"], "2021-07-24T06:00:00Z");
        assert_eq!(ranks(&at("2099-01-01T00:00:00Z").json()), ranks(&after));
        app.get(&format!("{Q6}/leaderboard?revision=9")).refused(404, "revision_not_found");
        app.get(&format!("{Q6}/leaderboard?min_revision=9")).refused(503, "behind");
        assert_eq!(app.get(&format!("{Q6}/leaderboard?min_revision=2")).status, 200);
    }
}

#[test]
fn instants_are_read_strictly_and_a_lost_plus_is_hinted_at() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let at = |t: &str| app.get(&format!("{Q6}/leaderboard?known_at={t}"));
    let problem = at("2099-01-01T07:00:00+07:00").refused(400, "malformed_parameter");
    assert!(problem["detail"].as_str().unwrap().contains("%2B"), "{problem}");
    for wrong in ["2099-01-01", "2099-01-01T00:00:00", "1626109200", "now", "2099-13-01T00:00:00Z", ""] {
        at(wrong).refused(400, "malformed_parameter");
    }
    for (known_at, revision) in [("2099-01-01T00:00:00Z", 1), ("2020-01-01T00:00:00Z", 1)] {
        let pinned = app.get(&format!("{Q6}/leaderboard?known_at={known_at}&revision={revision}"));
        pinned.refused(422, "invalid_request");
    }
    app.get(&format!("{Q6}/leaderboard?known_at=2021-07-24T06:00:00Z&revision=9")).refused(404, "revision_not_found");
}

const FOR_EVER: &str = "public, max-age=31536000, immutable";

on_both! {
    fn a_pinned_board_is_the_same_for_ever_or_gone(app: TestApp) {
        let app = app.with_q6();
        let day = "2021-07-12";
        let live = app.get(&format!("{Q6}/leaderboard?as_of={day}"));
        assert_eq!(live.header("cache-control"), Some("public, no-cache"));
        let revision = live.json()["revision"].as_i64().unwrap();
        let pin = format!("as_of={day}&known_at=2021-07-24T06:00:00Z&revision={revision}");
        let addresses = [
            format!("{Q6}/leaderboard?{pin}&limit=7"),
            format!("{Q6}/leaderboard?{pin}&kind=district&include=days"),
            format!("{Q6}/leaderboard/around/27382?{pin}"),
            format!("{Q6}/units/27382/standing?{pin}"),
        ];
        let read = |app: &TestApp| -> Vec<_> {
            let bytes = |address: &String| {
                let answer = app.get(address);
                assert_eq!(answer.status, 200, "{address}: {}", answer.text());
                assert_eq!(answer.header("cache-control"), Some(FOR_EVER), "{address}");
                (answer.header("etag").map(str::to_owned), answer.text())
            };
            addresses.iter().map(bytes).collect()
        };
        let first = read(&app);
        // who reads by a right asks anew: the same address is another board to the public
        assert_eq!(app.get_as_council(&addresses[0]).header("cache-control"), Some("private, no-cache"));

        // whatever is recorded, closed, ruled or frozen afterwards
        app.set_clock("2021-07-24T07:00:00Z");
        app.put(&figure("27382", day), &json!({"community_f0": 30, "reason": "x"})).ok();
        app.put(&format!("{Q6}/units/27346/excuses/2021-07-11"), &json!({"reason": "lost"})).ok();
        assert_eq!(read(&app), first);
        let next = first[0].1.parse::<Value>().unwrap()["next_cursor"].as_str().map(str::to_owned).expect("a second page");
        let second = app.get(&format!("{}&cursor={next}", addresses[0])).ok();
        assert_eq!((second["items"].as_array().map(Vec::len), &second["revision"]), (Some(6), &json!(revision)));
        app.set_clock("2021-07-25T07:00:00Z");
        app.put(&format!("{Q6}/freeze"), &json!({"reason": "the council sits"})).ok();
        assert_eq!(read(&app), first);
        app.delete(&format!("{Q6}/freeze?reason=done")).ok();
        assert_eq!(read(&app), first);

        // names have no history: a board with other names is no answer to this address
        let unit = app.get(&format!("{Q6}/units/27346")).ok();
        let etag = app.get(&format!("{Q6}/units/27346")).header("etag").unwrap().to_owned();
        let body = json!({"name": "Another name", "kind": unit["kind"], "parent_code": unit["parent_code"]});
        app.put_with(&format!("{Q6}/units/27346"), &[("if-match", &etag)], &body).ok();
        for address in &addresses {
            app.get(address).refused(410, "board_passed");
        }
        let unpinned = app.get(&format!("{Q6}/leaderboard?as_of={day}&revision={revision}"));
        assert_eq!(unpinned.header("cache-control"), Some("public, no-cache"));
        // and the next pin holds from there on
        app.set_clock("2021-07-25T08:00:00Z");
        let now = app.get(&format!("{Q6}/leaderboard?as_of={day}")).ok()["revision"].clone();
        let pinned = app.get(&format!("{Q6}/leaderboard?as_of={day}&known_at=2021-07-25T08:00:00Z&revision={now}"));
        assert_eq!(pinned.header("cache-control"), Some(FOR_EVER), "{}", pinned.text());
    }
}

#[test]
fn pages_of_a_board_fit_together_across_a_write() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let whole = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&limit=1000")).ok();
    let first = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&limit=7")).ok();
    app.put(&figure("27382", "2021-07-12"), &json!({"community_f0": 30, "reason": "x"})).ok();
    let cursor = first["next_cursor"].as_str().expect("a second page");
    let second = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&limit=7&cursor={cursor}")).ok();
    assert_eq!(second["revision"], first["revision"]);
    let items: Vec<Value> = [&first, &second].iter().flat_map(|p| p["items"].as_array().unwrap().clone()).collect();
    assert_eq!(json!(items), whole["items"]);
    assert_eq!((&first["total"], &second["next_cursor"]), (&json!(13), &Value::Null));
}

#[test]
fn a_spreadsheet_gets_its_table_and_no_formula() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    for (code, name) in [("f1", "=1+1"), ("f2", "+84"), ("f3", "-x"), ("f4", "@SUM(A1)"), ("f5", "＝1")] {
        app.put(&format!("{Q6}/units/{code}"), &json!({"name": name, "kind": "ward", "parent_code": "775"})).ok();
    }
    let csv = app.send("GET", &format!("{Q6}/leaderboard?as_of=2021-07-12"), None, &[("accept", "text/csv")], None);
    assert!(csv.header("content-type").is_some_and(|t| t.starts_with("text/csv")));
    let text = csv.text();
    assert!(text.starts_with('\u{feff}') && text.contains("\r\n"));
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 1 + 13 + 5, "all rows, without pages");
    for name in ["'=1+1", "'+84", "'-x", "'@SUM(A1)", "'＝1"] {
        assert!(text.contains(name), "{name}");
    }
    assert!(text.contains(",-48.09,"), "numbers are never touched");
    app.send("GET", &format!("{Q6}/leaderboard"), None, &[("accept", "application/x-yaml")], None)
        .refused(406, "not_acceptable");
}

#[test]
fn what_does_not_exist_is_said_by_parameter() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let board = |query: &str| app.get(&format!("{Q6}/leaderboard?{query}"));
    board("kind=planet").refused(422, "unknown_kind");
    board("as_of=2021-07-24").refused(422, "day_outside_window");
    board("as_of=2021-07-08").refused(422, "day_outside_window");
    board("as_of=2021-07-40").refused(422, "invalid_parameter");
    board("within=nowhere").refused(404, "unit_not_found");
    board("track=sideways").refused(422, "invalid_parameter");
    board("by=luck").refused(422, "invalid_parameter");
    board("include=everything").refused(422, "invalid_parameter");
    assert_eq!(board("block=none").ok()["total"], 0);
    assert_eq!(board("within=775").ok()["total"], 13);
}
